package slack

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

// What is answered at once is answered by one message: a sentence that it has been received
// would stay above the answer, and would speak of a number to who has asked for help.
func TestAQuickAnswerStandsAlone(t *testing.T) {
	for name, way := range map[string]bool{"Socket Mode": overSocket, "HTTP": overHTTP} {
		t.Run(name, func(t *testing.T) {
			w := slacktest.New(t)
			p := w.AddUser(slacktest.User{ID: "U1", RealName: "佐藤"})
			f := openDoor(t, w, &doorDesk{}, way, func(p *patience) { p.received = time.Minute })
			p.Slash("", "ヘルプ")
			p.WaitText("", "受け付けました")
			idle(w, f)
			if all := p.DMs(); len(all) != 1 {
				t.Errorf("%d messages: %s", len(all), slacktest.Texts(all))
			}
			if took := w.Slowest(); took > time.Second {
				t.Errorf("acknowledged after %v", took)
			}
		})
	}
}

// Who reports is written into the record with his name, not with what friends call him.
func TestARecordHasFullNames(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1", Name: "やまちゃん", RealName: "山田 太郎"})
	desk := &doorDesk{}
	openDoor(t, w, desk, overSocket)
	p.Slash("", "PCを置き忘れた")
	w.Wait("the request", func() bool { return len(desk.requests()) == 1 })
	if got := desk.requests()[0].Name; got != "山田 太郎" {
		t.Errorf("the reporter is called %q", got)
	}
}

// An answer in the direct messages of who wrote there is where it belongs: nothing to warn of.
func TestAnAnswerToADirectMessageIsNoDetour(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1", RealName: "佐藤"})
	var log noted
	f := newDoor(t, w, overSocket)
	f.log = slog.New(slog.NewTextHandler(&log, nil))
	f.Use(&doorDesk{handle: func(context.Context, chat.Request) chat.Reply {
		return chat.Reply{Cards: []chat.Card{{Key: "k", Title: "これは報告ですか"}}}
	}})
	run(t, w, f)
	p.DM("こんにちは")
	p.WaitText("", "これは報告ですか")
	idle(w, f)
	if got := log.String(); strings.Contains(got, "level=WARN") {
		t.Error(got)
	}
}

// A bot token that Slack does not take answers nobody, however well the socket is connected:
// the server is not ready and says where to look.
func TestARefusedBotTokenIsNotReady(t *testing.T) {
	w := slacktest.New(t)
	var log noted
	f := newDoor(t, w, overSocket)
	w.BotToken = "xoxb-another"
	f.config.Log = slog.New(slog.NewTextHandler(&log, nil))
	f.sender.config.Log = f.config.Log
	f.Use(&doorDesk{})
	run(t, w, f)
	w.Wait("what Slack says of the token", func() bool { return !f.people.refusedSince().IsZero() })
	if live, since := f.Live(); live || !since.IsZero() { // Slack has never taken it
		t.Errorf("live %v, since %v", live, since)
	}
	w.Wait("the log", func() bool {
		return strings.Contains(log.String(), "level=ERROR") && strings.Contains(log.String(), "hikeshi doctor")
	})
	if strings.Contains(log.String(), "xoxb-") {
		t.Error("the log shows the token")
	}
	f.people.token(nil, time.Now())
	w.Wait("to be ready when Slack takes the token again", func() bool { live, _ := f.Live(); return live })
}

// The log tells a refusal of Slack from a connection that was lost.
func TestARefusedSocketIsNamedSo(t *testing.T) {
	w := slacktest.New(t)
	var log noted
	f := newDoor(t, w, overSocket)
	w.AppToken = "xapp-another"
	f.log = slog.New(slog.NewTextHandler(&log, nil))
	f.Use(&doorDesk{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = f.Run(ctx) }()
	w.Wait("the log", func() bool { return strings.Contains(log.String(), "Slack refuses") })
	cancel()
	<-ended
	if strings.Contains(log.String(), "was lost") {
		t.Error(log.String())
	}
}

// noted is what was logged.
type noted struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *noted) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *noted) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}
