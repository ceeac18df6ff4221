package slacktest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	sl "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"hikeshi/bot/slack/slacktest"
)

// line is a connection by hand.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

type frame struct {
	Type       string `json:"type"`
	Reason     string `json:"reason"`
	EnvelopeID string `json:"envelope_id"`
	Attempt    int    `json:"retry_attempt"`
	Why        string `json:"retry_reason"`
	Payload    struct {
		Text      string `json:"text"`
		TriggerID string `json:"trigger_id"`
	} `json:"payload"`
}

func dial(t *testing.T, w *slacktest.Workspace) *line {
	t.Helper()
	_, to, err := newApp(w).StartSocketModeContext(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(context.Background(), to, nil) //nolint:bodyclose // the library closes it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	before := w.Sockets()
	l := &line{t, conn}
	if f := l.read(); f.Type != "hello" {
		t.Fatalf("the first frame is %+v", f)
	}
	w.Wait("the socket", func() bool { return w.Sockets() >= max(1, before) })
	return l
}

func (l *line) read() (f frame) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, raw, err := l.conn.Read(ctx)
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		l.t.Fatalf("no frame: %v", err)
	}
	return f
}

func (l *line) ack(f frame, payload string) {
	l.t.Helper()
	body := fmt.Sprintf(`{"envelope_id":%q,"payload":%s}`, f.EnvelopeID, payload)
	if err := l.conn.Write(context.Background(), websocket.MessageText, []byte(body)); err != nil {
		l.t.Fatal(err)
	}
}

func TestATicketOpensOneSocket(t *testing.T) {
	w := slacktest.New(t)
	_, to, err := newApp(w).StartSocketModeContext(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := websocket.Dial(context.Background(), to, nil) //nolint:bodyclose // the library closes it
	if err != nil {
		t.Fatal(err)
	}
	defer first.CloseNow()                                          //nolint:errcheck // the test is over
	second, _, err := websocket.Dial(context.Background(), to, nil) //nolint:bodyclose // the library closes it
	if err == nil {
		_ = second.CloseNow()
		t.Error("one ticket opened two sockets")
	}
}

func TestWhatIsNotAcknowledgedComesAgain(t *testing.T) {
	w := slacktest.New(t, slacktest.AckWithin(100*time.Millisecond))
	p := w.AddUser(slacktest.User{ID: "U1"})
	l := dial(t, w)
	p.Slash("", "いち") // gives up after 100 ms
	first := l.read()
	again := l.read()
	if again.EnvelopeID == first.EnvelopeID || again.Payload != first.Payload || again.Attempt != 1 || again.Why != "timeout" || first.Attempt != 0 {
		t.Fatalf("first %+v, then %+v", first, again)
	}
	// an answer to the first is too late, and one that is too big is dropped
	l.ack(first, `{"text":"遅い"}`)
	l.ack(again, `{"text":"`+strings.Repeat("x", 20_000)+`"}`)
	third := l.read()
	if third.Attempt != 2 {
		t.Fatalf("then %+v", third)
	}
	l.ack(third, `{"text":"はい"}`)
	p.WaitText("", "はい")
	if got := w.Mistakes(); len(got) != 1 || !strings.Contains(got[0], "ack_too_large") {
		t.Errorf("mistakes: %q", got)
	}
	if got := w.Acks(); len(got) != 1 || got[0].Attempt != 2 || got[0].Took > 100*time.Millisecond {
		t.Errorf("acks: %+v", got)
	}
}

func TestThePlatformRepeatsARequest(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	l := dial(t, w)
	var ran sync.WaitGroup
	ran.Go(func() { p.Slash("", "いち"); p.Repeat() })
	first := l.read()
	l.ack(first, "null")
	second := l.read()
	l.ack(second, "null")
	ran.Wait()
	if second.EnvelopeID == first.EnvelopeID || second.Payload != first.Payload || second.Attempt != 1 {
		t.Errorf("first %+v, then %+v", first, second)
	}
}

// heard collects what an app on slack-go was told, by text.
type heard struct {
	mu    sync.Mutex
	texts []string
}

func (h *heard) hear(_ *sl.Client, e socketmode.Event) any {
	if cmd, ok := e.Data.(sl.SlashCommand); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.texts = append(h.texts, cmd.Text)
	}
	return nil
}

func (h *heard) all() []string { h.mu.Lock(); defer h.mu.Unlock(); return slices.Clone(h.texts) }

func TestSocketsThatBreak(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	var h heard
	connect(t, w, h.hear)
	w.DropDuring(4)
	var people sync.WaitGroup
	for n := range 8 {
		people.Go(func() { p.Slash("", fmt.Sprint(n)) })
	}
	people.Wait()
	w.Wait("every command is acknowledged", func() bool { return len(w.Acks()) == 8 })
	got := h.all()
	slices.Sort(got)
	if w.Dropped() != 4 || len(slices.Compact(got)) != 8 || len(w.Lost()) != 0 {
		t.Errorf("%d drops, heard %q, lost %q", w.Dropped(), got, w.Lost())
	}
	w.DropSockets()
	p.Slash("", "after")
	if !slices.Contains(h.all(), "after") {
		t.Errorf("heard %q", h.all())
	}
	w.Disconnect("refresh_requested")
	p.Slash("", "moved")
	if !slices.Contains(h.all(), "moved") {
		t.Errorf("heard %q", h.all())
	}
	none(t, w)
}

func TestEverythingTwiceAndBackwards(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	var one, other heard
	connect(t, w, one.hear)
	connect(t, w, other.hear)
	w.Twice(true)
	p.Slash("", "twice")
	w.Wait("both are acknowledged", func() bool { return len(w.Acks()) == 2 })
	if len(one.all()) != 1 || len(other.all()) != 1 {
		t.Errorf("one heard %q, the other %q", one.all(), other.all())
	}
	w.Twice(false)
	w.Hold()
	for _, text := range []string{"1", "2", "3"} {
		p.Slash("", text)
	}
	w.Release(true)
	var order []string
	for _, a := range w.Acks()[2:] {
		order = append(order, a.What)
	}
	if got := strings.Join(order, " "); got != "/incident 3 /incident 2 /incident 1" {
		t.Errorf("the order is %q", got)
	}
}

func TestASocketThatStalls(t *testing.T) {
	w := slacktest.New(t, slacktest.AckWithin(100*time.Millisecond), slacktest.PingEvery(10*time.Millisecond))
	p := w.AddUser(slacktest.User{ID: "U1"})
	l := dial(t, w)
	w.Stall()
	p.Slash("", "いち")
	if len(w.Acks()) != 0 {
		t.Fatal("acknowledged over a socket that stalls")
	}
	fresh := dial(t, w)
	f := fresh.read()
	fresh.ack(f, "null")
	w.Wait("the acknowledgement", func() bool { return len(w.Acks()) == 1 })
	if f.Attempt == 0 {
		t.Errorf("it came as %+v", f)
	}
	// the stalled one is open, and silent
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, raw, err := l.conn.Read(ctx); err == nil {
		t.Errorf("through the stalled socket came %s", raw)
	}
}
