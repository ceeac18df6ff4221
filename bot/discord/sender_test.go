package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/templates"
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

func texts(t testing.TB) func(lang, key string, pairs ...string) string {
	t.Helper()
	all, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return all.Say
}

// pen draws in a language.
func pen(t testing.TB, lang, publicURL string) drawing {
	say := texts(t)
	return drawing{say: func(key string, pairs ...string) string { return say(lang, key, pairs...) }, publicURL: publicURL}
}

// bench is a server with a few people and the outgoing half of the front end in it.
type bench struct {
	*discordtest.Guild
	*sender
	t                     *testing.T
	memory                *memory
	log                   *bytes.Buffer
	one, two, three, four *discordtest.Person
}

func newBench(t *testing.T, options ...discordtest.Option) *bench {
	t.Helper()
	b := &bench{Guild: discordtest.New(t, options...), t: t, memory: &memory{all: map[string][]byte{}}, log: &bytes.Buffer{}}
	b.one, b.two, b.three, b.four = b.AddMember("一"), b.AddMember("二"), b.AddMember("三"), b.AddMember("四")
	b.Unlimited(true)
	b.restart()
	b.api.pace.guess = bucket{limit: 1e6, window: time.Nanosecond}
	b.api.pace.all.Limit, b.api.pace.all.Ordinary = 1e6, 1e6
	return b
}

// restart begins with nothing but what the memory holds.
func (b *bench) restart() {
	b.paced()
	b.api.pace.guess = bucket{limit: 1e6, window: time.Nanosecond}
	b.api.pace.all.Limit, b.api.pace.all.Ordinary = 1e6, 1e6
}

// paced is restart with Discord's own pace.
func (b *bench) paced() {
	b.memory.die(false)
	b.sender = newSender(Config{
		Token: b.Token(), Guild: b.ID(), APIURL: b.URL(), Memory: b.memory, Say: texts(b.t), Lang: "ja",
		Log: slog.New(slog.NewTextHandler(b.log, nil)),
	}, pen(b.t, "ja", "https://hikeshi.example.jp"))
	b.t.Cleanup(b.api.http.CloseIdleConnections)
}

// clean says that nothing was asked of Discord that no server allows.
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

func (b *bench) channel(name string) discordtest.Channel {
	b.t.Helper()
	c, ok := b.Channel(name)
	if !ok {
		b.t.Fatalf("there is no channel %s", name)
	}
	return c
}

// dms are the messages of the bot to somebody, as their titles.
func (b *bench) dms(p *discordtest.Person) string { return titles(b.dmsOf(p)) }

func (b *bench) dmsOf(p *discordtest.Person) []discordtest.Message {
	b.mu.Lock()
	id := b.sender.dms[p.ID]
	b.mu.Unlock()
	c, _ := b.Channel(id)
	return c.Messages
}

func titles(messages []discordtest.Message) string {
	var out []string
	for _, m := range messages {
		if m.Kind == 0 {
			out = append(out, strings.ReplaceAll(m.Content, "**", ""))
		}
	}
	return strings.Join(out, " | ")
}

func toUser(key string, p *discordtest.Person, title string) chat.Delivery {
	return chat.Delivery{Key: key, To: chat.Target{User: userID(p.ID)}, Card: chat.Card{Title: title}}
}

func toChannel(key, title string) chat.Delivery {
	return chat.Delivery{Key: key, To: chat.Target{Channel: inc}, Card: chat.Card{Title: title}}
}

const inc = "inc-2026-0001"

func members(people ...*discordtest.Person) (out []chat.UserID) {
	for _, p := range people {
		out = append(out, userID(p.ID))
	}
	return out
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
