package main

import (
	"bufio"
	"log/slog"
	"os"
	"strings"
	"testing"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/bot/journal"
)

// A night on Discord is played with a log while Discord fails now and then, and takes direct
// messages to nobody at first: nothing of what people typed, of who they are, or of what opens
// Discord to whoever has it, may be read in the log.
func TestTheLogOfADiscordNightNamesNobody(t *testing.T) {
	var kept written
	s := newDiscordNight(t)
	s.end()
	s.log = slog.New(journal.New(&kept, journal.Options{JSON: true, Level: slog.LevelDebug, Class: classOf}).Handler())
	s.night.open()
	f, err := os.Open("testdata/nights/ransomware.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); n++ {
		switch n % 9 {
		case 2:
			s.guild.Fail(discordtest.Callback, 1, discordtest.ServerError)
		case 5:
			s.guild.Fail(discordtest.EditMessage, 1, discordtest.CutAfter)
		case 8:
			s.guild.Fail(discordtest.FollowUp, 1, discordtest.Limited)
		}
		s.line(strings.TrimRight(sc.Text(), " "))
	}
	s.guild.Mend()
	// Who cannot be reached, who is a stranger, and what cannot be read is told of in the log.
	someone := s.accounts[s.names[0]]
	s.guild.CloseDMs(someone.ID, true)
	someone.Command(lobby, "incident その他", map[string]string{"内容": "/web"})
	for _, odd := range someone.Odds(lobby) {
		odd.Send()
	}
	s.guild.ResetToken()
	s.guild.Wait("the log tells of the token", func() bool { return strings.Contains(kept.String(), `"level":"ERROR"`) })

	log := kept.String()
	if lines := strings.Count(log, "\n"); lines < 10 || !strings.Contains(log, `"component":"discord"`) {
		t.Errorf("%d lines were logged, and of Discord nothing: too few to tell anything\n%s", lines, log)
	}
	secrets := []string{"bot-token", "interaction-token", "脅迫文", ".locked", "Wi-Fi"}
	for _, p := range s.house.service.Contacts().People() {
		secrets = append(secrets, p.Name, p.Phone, p.Email, string(p.ID), p.DiscordID)
	}
	for _, name := range s.names {
		secrets = append(secrets, name, s.accounts[name].ID, s.accounts[name].Direct())
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(log, secret) {
			t.Errorf("%q was logged: %s", secret, around(log, secret))
		}
	}
	for _, r := range log {
		if r > '~' {
			t.Fatalf("something beyond plain ASCII was logged: %s", around(log, string(r)))
		}
	}
}
