package slack

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

// memory is a chat.Memory that can die: from then on it keeps nothing, as if the process had
// been killed.
type memory struct {
	mu   sync.Mutex
	all  map[string][]byte
	dead bool
}

var errDead = errors.New("killed")

func (m *memory) Recall(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return nil, errDead
	}
	return bytes.Clone(m.all[name]), nil
}

func (m *memory) Remember(_ context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.dead:
		return errDead
	case value == nil:
		delete(m.all, name)
	default:
		m.all[name] = bytes.Clone(value)
	}
	return nil
}

func (m *memory) All(_ context.Context, prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := maps.Clone(m.all)
	maps.DeleteFunc(out, func(name string, _ []byte) bool { return !strings.HasPrefix(name, prefix) })
	return out, nil
}

func (m *memory) die(dead bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = dead
}

// titleOnly draws a card as its title.
type titleOnly struct{}

func (titleOnly) message(c chat.Card) ([]sl.Block, string) {
	return []sl.Block{sl.NewSectionBlock(sl.NewTextBlockObject(sl.PlainTextType, c.Title, false, false), nil, nil)}, c.Title
}

// bench is a workspace with a few people and the outgoing half of the front end in it.
type bench struct {
	*slacktest.Workspace
	*sender
	t      *testing.T
	memory *memory
	log    *bytes.Buffer
}

func newBench(t *testing.T, options ...slacktest.Option) *bench {
	t.Helper()
	b := &bench{Workspace: slacktest.New(t, options...), t: t, memory: &memory{all: map[string][]byte{}}, log: &bytes.Buffer{}}
	for _, u := range []slacktest.User{
		{ID: "U1", Email: "one@example.co.jp", EmailConfirmed: true},
		{ID: "U2", Email: "two@example.co.jp"},
		{ID: "U3"}, {ID: "U4"},
		{ID: "UGUEST", Guest: true}, {ID: "USINGLE", SingleChannelGuest: true},
		{ID: "UGONE", Deleted: true, Email: "gone@example.co.jp", EmailConfirmed: true},
		{ID: "UBOT", Bot: true}, {ID: "UOTHER", TeamID: "T0OTHER"},
	} {
		b.AddUser(u)
	}
	b.restart()
	return b
}

// restart begins with nothing but what the memory holds.
func (b *bench) restart() {
	b.limited(Limits{Channel: time.Nanosecond, Tiers: [4]int{1e6, 1e6, 1e6, 1e6}})
}

// limited is restart with limits as Slack has them.
func (b *bench) limited(l Limits) {
	b.memory.die(false)
	b.sender = newSender(Config{
		BotToken: b.BotToken, AppToken: b.AppToken, APIURL: b.URL(), Memory: b.memory,
		Limits: l,
		Log:    slog.New(slog.NewTextHandler(b.log, nil)),
	}, titleOnly{})
	b.t.Cleanup(b.http.CloseIdleConnections)
}

// clean says that nothing was asked of Slack that no workspace allows.
func (b *bench) clean() {
	b.t.Helper()
	if m := b.Mistakes(); len(m) > 0 {
		b.t.Errorf("mistakes: %q", m)
	}
}

func (b *bench) send(d chat.Delivery) chat.MessageID {
	b.t.Helper()
	id, err := b.Send(b.t.Context(), d)
	if err != nil {
		b.t.Fatalf("send %s: %v", d.Key, err)
	}
	return id
}

func (b *bench) keep(p chat.Place) chat.Kept {
	b.t.Helper()
	kept, err := b.Keep(b.t.Context(), p)
	if err != nil {
		b.t.Fatalf("keep %s: %v", p.Channel, err)
	}
	return kept
}

func (b *bench) channel(name string) slacktest.Channel {
	b.t.Helper()
	c, ok := b.Channel(name)
	if !ok {
		b.t.Fatalf("there is no channel %s", name)
	}
	return c
}

func titles(messages []slacktest.Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Fallback)
	}
	return strings.Join(out, " | ")
}

func toUser(key, user, title string) chat.Delivery {
	return chat.Delivery{Key: key, To: chat.Target{User: userID(user)}, Card: chat.Card{Title: title}}
}

func toChannel(key, title string) chat.Delivery {
	return chat.Delivery{Key: key, To: chat.Target{Channel: inc}, Card: chat.Card{Title: title}}
}

const inc = "inc-2026-0001"

func members(ids ...string) (out []chat.UserID) {
	for _, id := range ids {
		out = append(out, userID(id))
	}
	return out
}
