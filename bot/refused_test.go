package main

import (
	"strings"
	"testing"

	"hikeshi/bot/discord/discordtest"
)

// A token that looks right and is not taken is said at the start, in the sentence that doctor has
// for it, and once in the log; until then no connection counts as one.
func TestARefusedTokenIsSaidAtTheStart(t *testing.T) {
	g, w := discordtest.New(t), workspace(t)
	wrong := "MTIzNDU2Nzg5MDEyMzQ1Njc4.AAAAAA.another"
	for name, c := range map[string]struct {
		settings []string
		says     string
		want     []string
		errors   int
	}{
		"Discord": {
			[]string{"DISCORD_BOT_TOKEN=" + wrong, "DISCORD_GUILD_ID=" + g.ID(), "DISCORD_API_URL=" + g.URL()}, "Discord",
			[]string{spoken("discord.check.token_refused", "code", "401")}, 1,
		},
		"Slack": {
			[]string{"SLACK_BOT_TOKEN=xoxb-another", "SLACK_APP_TOKEN=xapp-another", "SLACK_API_URL=" + w.URL()}, "Slack",
			[]string{spoken("slack.check.token_refused", "code", "invalid_auth"), spoken("slack.check.socket_token", "code", "invalid_auth")}, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := &onDuty{t: t, data: t.TempDir(), says: c.says}
			d.environ = append([]string{"HIKESHI_DATA=" + d.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=http://localhost", "HIKESHI_LOG=json"}, c.settings...)
			d.start()
			parts := d.parts()
			for _, part := range []string{partSlack, partDiscord} {
				if parts[part] {
					t.Errorf("%s is ready, and was never connected", part)
				}
			}
			for _, want := range c.want {
				waitFor(t, d.out, want)
			}
			for _, want := range c.want {
				if n := strings.Count(d.out.String(), want); n != 1 {
					t.Errorf("it is said %d times: %s", n, d.out)
				}
			}
			log := complaints(d.errs)
			if n := strings.Count(log, `"level":"ERROR"`); n != c.errors || strings.Contains(log, "was lost") || strings.Count(log, "hikeshi doctor") != c.errors || strings.Count(log, `_TOKEN","reason":"`) != c.errors {
				t.Errorf("%d lines at Error:\n%s", n, log)
			}
			if strings.Contains(log+d.out.String(), "another") {
				t.Error("a token is shown")
			}
		})
	}
}
