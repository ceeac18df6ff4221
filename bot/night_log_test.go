package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/journal"
	"hikeshi/bot/metrics"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
)

// gossip is a store that fails, and whose errors tell everything: what somebody typed, who
// he is, his phone and his address, quoted and unquoted.
type gossip struct {
	workflows.Store
	says     func() error
	timers   []workflows.Timer
	messages []workflows.Message
}

func (g *gossip) Write(context.Context, func(workflows.Tx) error) error  { return g.says() }
func (g *gossip) SaveDraft(context.Context, workflows.Draft) error       { return g.says() }
func (g *gossip) Ping(context.Context) error                             { return g.says() }
func (g *gossip) SetSetting(context.Context, string, string) error       { return g.says() }
func (g *gossip) Backlog(context.Context) (b workflows.Backlog, e error) { return b, g.says() }
func (g *gossip) ReleaseTimer(context.Context, workflows.Timer, string, time.Time) error {
	return g.says()
}

func (g *gossip) ClaimTimers(context.Context, time.Time, string, time.Duration, int) ([]workflows.Timer, error) {
	claimed := g.timers
	g.timers = nil
	return claimed, nil
}

func (g *gossip) ClaimMessages(context.Context, time.Time, string, time.Duration, int, bool) ([]workflows.Message, error) {
	claimed := g.messages
	g.messages = nil
	return claimed, nil
}

func (g *gossip) FinishMessage(context.Context, workflows.Message, string, workflows.Sent) error {
	return g.says()
}

// babbler is a platform that refuses every message and quotes it.
type babbler struct{ panics bool }

func (babbler) Name() string { return "web" }

func (b babbler) Send(_ context.Context, d chat.Delivery) (chat.MessageID, error) {
	if b.panics {
		panic(fmt.Sprint(d.Card))
	}
	return "", fmt.Errorf("the platform refused %v to %s", d.Card, d.To.User)
}

// The four nights are played with a log, and beside them, with everything that people did, a
// house in which everything fails and every error tells all it knows. Nothing of it may be
// read in the log; a log without the journal's rules shows that it would be.
func TestTheLogOfTheNightsNamesNobody(t *testing.T) {
	scripts, err := filepath.Glob("testdata/nights/*.txt")
	if err != nil || len(scripts) < 4 {
		t.Fatalf("%d nights, %v; want four", len(scripts), err)
	}
	var kept, loose written
	var references []string // that people were told
	both := twice{
		journal.New(&kept, journal.Options{JSON: true, Level: slog.LevelDebug, Class: classOf}).Handler(),
		slog.NewTextHandler(&loose, &slog.HandlerOptions{Level: slog.LevelDebug}),
	}
	for _, file := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			n := newNight(t, "ja")
			n.end()
			n.log = slog.New(both)
			n.open()
			bad := n.gossiping(func(ref string) { references = append(references, ref) })
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for sc := bufio.NewScanner(f); sc.Scan(); {
				line := strings.TrimRight(sc.Text(), " ")
				n.line(line)
				bad.live(line)
			}
			figures(t, n.house)
			figures(t, bad.house)
		})
	}
	log := kept.String()
	if lines := strings.Count(log, "\n"); lines < 200 || lines != strings.Count(loose.String(), "\n") {
		t.Errorf("%d lines were logged, %d without rules: too few to tell anything", lines, strings.Count(loose.String(), "\n"))
	}
	for _, what := range []string{"a request could not be answered", "a message could not be sent", "a message could not be worded", "a draft could not be kept", "a due timer failed", "the database does not work", "what became of a message could not be recorded", "what waits could not be counted"} {
		if !strings.Contains(log, what) {
			t.Errorf("nothing tested that %s", what)
		}
	}
	for _, r := range log {
		if r > '~' {
			t.Fatalf("something beyond plain ASCII was logged: %s", around(log, string(r)))
		}
	}
	if len(references) < 50 {
		t.Errorf("%d people were told a reference", len(references))
	}
	for _, ref := range references {
		if n := strings.Count(log, `"reference":"`+ref+`"`); n != 1 {
			t.Errorf("the reference %s that a person was told stands in %d lines of the log", ref, n)
		}
	}
	for _, p := range samplePeople(t) {
		for _, secret := range []string{p.Name, p.Phone, p.Email, string(p.ID)} {
			if secret == "" {
				continue
			}
			if strings.Contains(log, secret) {
				t.Errorf("%q was logged: %s", secret, around(log, secret))
			}
		}
		if !strings.Contains(loose.String(), p.Phone) {
			t.Errorf("%q is not even in the log without rules: the test tests nothing", p.Phone)
		}
	}
	for _, typed := range []string{"脅迫文", ".locked", "Wi-Fi"} {
		if strings.Contains(log, typed) {
			t.Errorf("%q was logged: %s", typed, around(log, typed))
		}
		if !strings.Contains(loose.String(), typed) {
			t.Errorf("%q is not even in the log without rules: the test tests nothing", typed)
		}
	}
	if !strings.Contains(log, `"class":"database"`) || !strings.Contains(log, "TRN-2026-0001") {
		t.Error("the log does not tell what kind of failure it was, and of which incident")
	}
}

// around shows where something stands.
func around(log, what string) string {
	i := strings.Index(log, what)
	return log[max(0, i-200):min(len(log), i+200)]
}

func samplePeople(t *testing.T) []contact.Person {
	t.Helper()
	n := newNight(t, "ja")
	return n.house.service.Contacts().People()
}

// twice hands every record to two handlers.
type twice [2]slog.Handler

func (w twice) Enabled(context.Context, slog.Level) bool { return true }
func (w twice) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(w[0].Handle(ctx, r.Clone()), w[1].Handle(ctx, r.Clone()))
}
func (w twice) WithAttrs(a []slog.Attr) slog.Handler {
	return twice{w[0].WithAttrs(a), w[1].WithAttrs(a)}
}
func (w twice) WithGroup(s string) slog.Handler { return twice{w[0].WithGroup(s), w[1].WithGroup(s)} }

// failing is a house on a gossiping store, beside a night's own.
type failing struct {
	*house
	night *night
	store *gossip
	ready *readiness
	line  string
	turn  atomic.Int64
	done  map[string]string // by name: the request that was made last
	told  func(reference string)
}

// gossiping opens it. What it reads is the night's.
func (n *night) gossiping(told func(reference string)) *failing {
	f := &failing{night: n, told: told, done: map[string]string{}}
	f.store = &gossip{says: f.says}
	return f
}

// driverError is what a database's driver gives.
type driverError struct{ text string }

func (e driverError) Error() string  { return e.text }
func (driverError) SQLState() string { return "22P02" }

func (f *failing) says() error {
	people := f.night.house.service.Contacts().People()
	p := people[int(f.turn.Add(1))%len(people)]
	return fmt.Errorf("save %q: %w", f.line, driverError{fmt.Sprintf(
		"invalid input %q of %v, %s, %s (%s): %s", f.line, p.Name, p.Phone, p.Email, p.Department, strings.Join(strings.FieldsFunc(f.line, func(r rune) bool { return r < 0x80 }), " "))})
}

// live does in the failing house what was just done in the night's.
func (f *failing) live(line string) {
	f.line = line
	ctx := context.Background()
	// A restart has opened the night's store anew.
	f.store.Store = f.night.house.store
	o := *f.night.house.opened
	o.store = f.store
	var err error
	if f.house, err = f.night.program.wire(ctx, &o, f.night.log); err != nil {
		f.night.t.Fatal(err)
	}
	f.ready = &readiness{service: f.service, write: func(context.Context) error { return f.says() }, turned: time.Now, ticked: time.Now, audited: time.Now, log: f.night.log}
	for name, r := range f.night.last {
		if f.done[name] == r.ID {
			continue
		}
		f.done[name] = r.ID
		r.ID += ":again " + line
		reply := f.desk.Handle(ctx, r)
		if reply.Accepted {
			f.night.t.Errorf("%q was accepted though nothing can be written", line)
		}
		for _, card := range reply.Cards {
			if ref, ok := strings.CutPrefix(card.Key, "fault:"); ok {
				f.told(ref)
			}
		}
	}
	ids, err := f.store.AllIDs(ctx)
	if err != nil {
		f.night.t.Fatal(err)
	}
	for i, id := range ids {
		m, err := f.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true, Limit: 3})
		if err != nil {
			f.night.t.Fatal(err)
		}
		f.store.messages = append(f.store.messages, m...)
		f.store.timers = append(f.store.timers, workflows.Timer{Key: "round:" + string(id), Kind: workflows.TimerRound, Incident: id, Round: i, Due: f.service.Now()})
	}
	for i := range f.store.messages {
		f.store.messages[i].Attempt = i * 11 // some are given up
	}
	f.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
		_, to, err := f.route(m)
		return babbler{panics: m.ID%2 == 0}, to, err
	}
	if err := f.courier.Drain(ctx); err != nil {
		f.night.t.Fatal(err)
	}
	f.ready.databaseWorks(ctx)
	f.metrics = metrics.New()
	f.metrics.Watch(metrics.Sources{
		Backlog: f.service.Backlog, Now: f.service.Now, Streams: f.web.Streams, Ready: f.ready.parts,
		Failed: f.uncounted,
	})
	figures(f.night.t, f.house)
}

func (f *failing) uncounted(err error) { uncounted(f.night.log, err) }

// figures reads a house's figures, which name nobody and no incident.
func figures(t *testing.T, h *house) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil)
	r.RemoteAddr = "127.0.0.1:7"
	h.metrics.Handler(metrics.Access{}).ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	text := string(body)
	if err != nil || !strings.Contains(text, "hikeshi_commands_total") {
		t.Fatal(err, text)
	}
	for _, p := range h.service.Contacts().People() {
		if strings.Contains(text, string(p.ID)) {
			t.Errorf("a person is among the figures: %s", around(text, string(p.ID)))
		}
	}
	if strings.Contains(text, "TRN-") || strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		t.Error("the figures hold what no label may hold")
	}
}
