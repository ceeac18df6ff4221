package slack

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/templates"
)

// doorMemory is a memory that lives as long as a test.
type doorMemory struct {
	mu sync.Mutex
	by map[string][]byte
}

func (m *doorMemory) Recall(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.by[name], nil
}

func (m *doorMemory) Remember(_ context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[string][]byte{}
	}
	if m.by[name] = value; value == nil {
		delete(m.by, name)
	}
	return nil
}

func (m *doorMemory) All(_ context.Context, prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := maps.Clone(m.by)
	maps.DeleteFunc(all, func(k string, _ []byte) bool { return !strings.HasPrefix(k, prefix) })
	return all, nil
}

// doorDesk is a desk of a test: every answer is a function.
type doorDesk struct {
	mu      sync.Mutex
	asked   []chat.Request
	handle  func(context.Context, chat.Request) chat.Reply
	home    func(chat.UserID) ([]chat.Card, error)
	draft   func(string) (chat.Form, error)
	suggest func(context.Context, string, string) ([]chat.Option, error)
}

func (d *doorDesk) Handle(ctx context.Context, r chat.Request) chat.Reply {
	d.mu.Lock()
	d.asked = append(d.asked, r)
	handle := d.handle
	d.mu.Unlock()
	if handle == nil {
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Key: "k", Title: "受け付けました"}}}
	}
	return handle(ctx, r)
}

func (d *doorDesk) requests() []chat.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]chat.Request(nil), d.asked...)
}

func (d *doorDesk) Home(_ context.Context, who chat.UserID) ([]chat.Card, error) {
	if d.home == nil {
		return nil, nil
	}
	return d.home(who)
}

func (d *doorDesk) Draft(_ context.Context, _ chat.UserID, draft string) (chat.Form, error) {
	if d.draft == nil {
		return chat.Form{}, io.EOF
	}
	return d.draft(draft)
}

func (d *doorDesk) Suggest(ctx context.Context, _ chat.UserID, _, input, typed string, _ int) ([]chat.Option, error) {
	if d.suggest == nil {
		return nil, nil
	}
	return d.suggest(ctx, input, typed)
}

func (d *doorDesk) Emergency(who chat.UserID) (chat.Card, bool) {
	return chat.Card{Title: "電話してください", Blocks: []chat.Block{{Text: "03-0000-0000"}}}, who == "slack:U1"
}

const (
	overSocket = false
	overHTTP   = true
)

// openDoor runs a front end on a workspace until the test ends.
func openDoor(t testing.TB, w *slacktest.Workspace, desk Desk, http bool, tune ...func(*patience)) *Front {
	t.Helper()
	f := newDoor(t, w, http, tune...)
	f.Use(desk)
	run(t, w, f)
	return f
}

func newDoor(t testing.TB, w *slacktest.Workspace, http bool, tune ...func(*patience)) *Front {
	t.Helper()
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		BotToken: w.BotToken, SigningSecret: w.SigningSecret, APIURL: w.URL(), Memory: &doorMemory{}, Say: texts.Say, Lang: "ja",
		Limits: Limits{Channel: time.Millisecond, Tiers: [4]int{10000, 10000, 10000, 10000}}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	if !http {
		c.AppToken = w.AppToken
	}
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	f.patience.backoff, f.patience.publish, f.patience.home, f.patience.between = 20*time.Millisecond, time.Millisecond, 20*time.Millisecond, 20*time.Millisecond
	for _, change := range tune {
		change(&f.patience)
	}
	return f
}

// run lets a front end run until the test ends, or until stop.
func run(t testing.TB, w *slacktest.Workspace, f *Front) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	if h := f.Handler(); h != nil {
		w.UseHTTP(serve(t, h))
	} else {
		w.Wait("both sockets", func() bool { return w.Sockets() == sockets })
	}
	return stop
}

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// idle waits until nothing is worked on.
func idle(w *slacktest.Workspace, f *Front) {
	w.Wait("nothing under way", func() bool { return f.work.Idle() })
}
