package discord

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errAway = errors.New("the database does not answer")

// doorMemory is a memory that outlives a front end, and can be away.
type doorMemory struct {
	mu   sync.Mutex
	by   map[string][]byte
	away bool
}

func (m *doorMemory) Recall(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, errAway
	}
	return m.by[name], nil
}

func (m *doorMemory) Remember(_ context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errAway
	}
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
	if m.away {
		return nil, errAway
	}
	all := maps.Clone(m.by)
	maps.DeleteFunc(all, func(k string, _ []byte) bool { return !strings.HasPrefix(k, prefix) })
	return all, nil
}

func (m *doorMemory) is(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

// doorDesk is a desk of a test: every answer is a function.
type doorDesk struct {
	mu        sync.Mutex
	asked     []chat.Request
	handle    func(context.Context, chat.Request) chat.Reply
	draft     func(ctx context.Context, draft string) (chat.Form, error)
	suggest   func(ctx context.Context, input, typed string) ([]chat.Option, error)
	complete  func(ctx context.Context, channel string, of chat.Completion, typed string) ([]chat.Option, error)
	emergency bool
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

func (d *doorDesk) only(t *testing.T) chat.Request {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.asked) != 1 {
		t.Fatalf("%d requests reached the desk, want one: %+v", len(d.asked), d.asked)
	}
	r := d.asked[0]
	d.asked = nil
	return r
}

func (d *doorDesk) Draft(ctx context.Context, _ chat.UserID, draft string) (chat.Form, error) {
	if d.draft == nil {
		return chat.Form{}, errors.New("no such form")
	}
	return d.draft(ctx, draft)
}

func (d *doorDesk) Suggest(ctx context.Context, _ chat.UserID, _, input, typed string, _ int) ([]chat.Option, error) {
	if d.suggest == nil {
		return nil, nil
	}
	return d.suggest(ctx, input, typed)
}

func (d *doorDesk) Complete(ctx context.Context, _ chat.UserID, channel string, of chat.Completion, typed string, _ int) ([]chat.Option, error) {
	if d.complete == nil {
		return nil, nil
	}
	return d.complete(ctx, channel, of, typed)
}

func (d *doorDesk) Emergency(chat.UserID) (chat.Card, bool) {
	return chat.Card{Title: "電話してください", Blocks: []chat.Block{{Text: "03-0000-0000"}}}, d.emergency
}

// openDoor runs a front end on a server until the test ends.
func openDoor(t testing.TB, g *discordtest.Guild, desk Desk, tune ...func(*Front)) *Front {
	t.Helper()
	f := newDoor(t, g, tune...)
	f.Use(desk)
	runDoor(t, g, f)
	return f
}

func newDoor(t testing.TB, g *discordtest.Guild, tune ...func(*Front)) *Front {
	t.Helper()
	all, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(Config{
		Token: g.Token(), Guild: g.ID(), APIURL: g.URL(), Memory: &doorMemory{}, Say: all.Say, Lang: "ja",
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.patience.backoff, f.patience.invalid, f.patience.look = 20*time.Millisecond, 10*time.Millisecond, 20*time.Millisecond
	g.PaceIdentifies(0)
	f.patience.identify = 10 * time.Millisecond
	f.patience.settle, f.patience.register = 50*time.Millisecond, 50*time.Millisecond
	for _, change := range tune {
		change(f)
	}
	return f
}

// remembering lets a front end remember in a memory of the test's.
func remembering(m *doorMemory) func(*Front) {
	return func(f *Front) {
		f.config.Memory, f.sender.config.Memory, f.sheets.memory = m, m, m
	}
}

// runDoor runs a front end until the returned function is called, or the test ends.
func runDoor(t testing.TB, g *discordtest.Guild, f *Front) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	g.Wait("the gateway", func() bool { ok, _ := f.Live(); return ok })
	g.Wait("the commands", func() bool { return g.Done("PUT /applications/{application}/guilds/{guild}/commands") > 0 })
	return stop
}

// idle waits until nothing is worked on.
func idle(g *discordtest.Guild, f *Front) {
	g.Wait("nothing under way", func() bool { return f.work.Idle() })
}

// blameless ends the test with an error where Discord had to refuse something.
func blameless(t testing.TB, g *discordtest.Guild) {
	t.Helper()
	if wrong := g.Mistakes(); len(wrong) > 0 {
		t.Errorf("Discord refused: %q", wrong)
	}
	if lost := g.Lost(); len(lost) > 0 {
		t.Errorf("never answered: %q", lost)
	}
}

// taken waits until everything that somebody has done was worked on: events come in order, and
// what comes after them is answered.
func taken(g *discordtest.Guild, f *Front, p *discordtest.Person) {
	p.Autocomplete("general", "incident line", "text", "")
	idle(g, f)
}

// watched is a log that can be read while it is written.
type watched struct {
	mu sync.Mutex
	s  strings.Builder
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.s.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.s.String()
}

func (w *watched) logger() *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// newClock is a clock that stands still.
func newClock() func() time.Time {
	now := time.Date(2026, 11, 27, 1, 10, 0, 0, tokyo)
	return func() time.Time { return now }
}
