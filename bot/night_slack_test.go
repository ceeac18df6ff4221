package main

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
)

// A night on Slack is the same script, done by people in their Slack clients. Its lines mean:
//
//	山本: /incident …              the slash command, typed in the own messages with the bot
//	山本: text                     a message to the bot
//	山本 @TRN-2026-0001: /word …   the slash command with the word, typed in the incident's channel
//	山本 @TRN-2026-0001: text      a message in the channel, and 📌 on it
//	山本 = …                       fills the window that is open and sends it
//	山本 ~ …                       types into it, and sends nothing; it stays open
//	山本 again                     Slack delivers the last thing once more
//	! restart                     the program ends and starts again; Slack and its windows stay
//
// Who is not in the channel, or finds it archived, does what he could: the slash command in
// the own messages, with the incident's number. What Slack's own client does not let through
// reaches nobody, and a later line of the script mends it.
type slackNight struct {
	*stage
	slack *slacktest.Workspace
	front *slack.Front
	// room takes HTTP deliveries, whichever life of the program is running.
	room     *httptest.Server
	handler  atomic.Pointer[http.Handler]
	accounts map[string]*slacktest.Person // by name
	held     map[string]*slacktest.Held   // by the name in the script: a button that was looked at
}

// transport is how Slack reaches the program.
type transport string

const (
	bySocket transport = "Socket Mode"
	byHTTP   transport = "HTTP"
)

func newSlackNight(t *testing.T, by transport) *slackNight {
	t.Helper()
	s := &slackNight{held: map[string]*slacktest.Held{}}
	n := emptyNight(t, "ja", "sqlite:"+filepath.Join(t.TempDir(), "practice.db"))
	s.stage = newStage(n, s)
	s.slack = slacktest.New(t, slacktest.Clock(n.clock.Now), slacktest.Scopes(slack.Scopes()...))
	n.program.slackLimits = fast
	n.program.settings.SlackBotToken, n.program.settings.SlackAPIURL = s.slack.BotToken, s.slack.URL()
	// The links of cards lead to the web pages, as they do for a company that has both.
	n.program.settings.PublicURL = "https://hikeshi.example.co.jp"
	switch by {
	case bySocket:
		n.program.settings.SlackAppToken = s.slack.AppToken
	case byHTTP:
		n.program.settings.SlackSigningSecret = s.slack.SigningSecret
		s.room = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := s.handler.Load(); h != nil {
				(*h).ServeHTTP(w, r)
				return
			}
			http.Error(w, "nobody is here", http.StatusServiceUnavailable)
		}))
		t.Cleanup(s.room.Close)
		s.slack.UseHTTP(s.room.URL)
	}
	n.wired, n.acts, n.tells = s.wired, s.act, s.tellShown
	n.open()
	t.Cleanup(func() { n.end() })
	s.names, s.accounts = moveIn(s.slack, s.house.service.Contacts().People())
	return s
}

// wired takes the program on duty: the front end runs, and the ear hears what it asks.
func (s *slackNight) wired() {
	s.front = s.house.slack
	s.ear = &ear{Desk: s.house.desk}
	s.front.Use(s.ear)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.front.Run(ctx); err != nil {
			s.t.Error(err)
		}
	}()
	if h := s.front.Handler(); h != nil {
		s.handler.Store(&h)
	} else {
		s.slack.Wait("the program is connected", func() bool { return s.slack.Sockets() > 0 })
	}
	closeHouse := s.end
	s.end = func() {
		s.handler.Store(nil)
		stop()
		<-ended
		closeHouse()
	}
}

// TestSlackNights plays every script of testdata/nights in Slack, over either transport. What
// is recorded is what the web room's nights record, but for onlyOnPlatform.
func TestSlackNights(t *testing.T) {
	scripts, err := filepath.Glob("testdata/nights/*.txt")
	if err != nil || len(scripts) < 4 {
		t.Errorf("%d nights, %v; want four", len(scripts), err)
	}
	for _, by := range []transport{bySocket, byHTTP} {
		t.Run(string(by), func(t *testing.T) {
			for _, file := range scripts {
				name := strings.TrimSuffix(filepath.Base(file), ".txt")
				t.Run(name, func(t *testing.T) { slackScript(t, by, file, name == "ransomware") })
			}
		})
	}
}

func slackScript(t *testing.T, by transport, file string, transcript bool) {
	s := newSlackNight(t, by)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	base := strings.TrimSuffix(file, ".txt")
	defer func() {
		if t.Failed() && transcriptFolder != "" { // as far as it came, for whoever looks
			_ = os.WriteFile(filepath.Join(transcriptFolder, filepath.Base(base)+".slack"), []byte(s.out.String()), 0o644)
		}
	}()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		s.line(strings.TrimRight(sc.Text(), " "))
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	sameRecord(t, base+".report.md", s.reports())
	sameRecord(t, base+".register", s.register())
	v, err := workflows.Verify(context.Background(), s.house.store)
	if err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
	s.asLeft()
	if transcript {
		// When a message was sent is chance: it depends on what had to be said before it.
		golden(t, base+".slack.shown", messageLinks.ReplaceAllString(s.out.String(), "${1}(message)"))
	}
}

// transcriptFolder takes the transcripts of nights that failed.
var transcriptFolder = os.Getenv("HIKESHI_TRANSCRIPTS")

// fast is how a night calls Slack: as fast as it can. Slack's pace has tests of its own.
var fast = slack.Limits{Channel: time.Nanosecond, Tiers: [4]int{1 << 30, 1 << 30, 1 << 30, 1 << 30}}
