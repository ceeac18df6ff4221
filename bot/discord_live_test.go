package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hikeshi/bot/discord/discordtest"
)

// goOnDiscord starts the program as an administrator would.
func goOnDiscord(t *testing.T, g *discordtest.Guild, settings ...string) *onDuty {
	t.Helper()
	d := &onDuty{t: t, data: t.TempDir(), says: "Discord"}
	d.environ = append([]string{
		"HIKESHI_DATA=" + d.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=http://localhost", "HIKESHI_LOG=json",
		"DISCORD_BOT_TOKEN=" + g.Token(), "DISCORD_GUILD_ID=" + g.ID(), "DISCORD_API_URL=" + g.URL(),
	}, settings...)
	d.start()
	return d
}

// On Discord alone the program is at work and says so, with what of it can be away; a stop leaves
// nothing behind. Beside Slack, both are.
func TestStartAndStopWithDiscord(t *testing.T) {
	g, w := discordtest.New(t, discordtest.IdentifyEvery(0)), workspace(t)
	before := goleak.IgnoreCurrent()
	both := []string{"SLACK_BOT_TOKEN=" + w.BotToken, "SLACK_APP_TOKEN=" + w.AppToken, "SLACK_API_URL=" + w.URL()}
	for name, settings := range map[string][]string{"alone": nil, "with Slack": both} {
		d := goOnDiscord(t, g, settings...)
		g.Wait("Discord is connected", func() bool { return d.parts()[partDiscord] && g.Sockets() > 0 })
		if !strings.Contains(d.out.String(), spoken("cli.serve.discord.gateway")) {
			t.Errorf("%s: it said %s", name, d.out)
		}
		if _, asked := d.parts()[partSlack]; asked != (settings != nil) {
			t.Errorf("%s: %v", name, d.parts())
		}
		list := filepath.Join(d.data, "contacts.csv")
		if err := os.WriteFile(list, []byte(companyOnSlack), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, errs, code := d.run("contacts", "import", list); code != 0 {
			t.Errorf("%s: import: %s%s", name, out, errs)
		}
		if code := d.end(); code != 0 || complaints(d.errs) != "" {
			t.Errorf("%s: exit %d: %s", name, code, complaints(d.errs))
		}
		g.Wait("nothing is connected", func() bool { return g.Sockets() == 0 })
		for _, secret := range []string{g.Token(), w.BotToken, w.AppToken} {
			if strings.Contains(d.errs.String()+d.out.String(), secret) {
				t.Errorf("%s: the log shows a token", name)
			}
		}
	}
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

// Practice that was asked for leaves Discord alone.
func TestPracticeLeavesDiscordAlone(t *testing.T) {
	g := discordtest.New(t)
	d := goOnDiscord(t, g, "HIKESHI_MODE=practice")
	if !strings.Contains(d.out.String(), spoken("cli.serve.discord.unused")) {
		t.Error("it does not say so:", d.out)
	}
	if _, asked := d.parts()[partDiscord]; asked {
		t.Error("it waits for Discord")
	}
	if code := d.end(); code != 0 || g.Sockets() > 0 || len(g.Calls("")) > 0 {
		t.Errorf("exit %d, %d connections", code, g.Sockets())
	}
}
