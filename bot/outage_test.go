package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
)

// TestOutage takes PostgreSQL away while people report: once stopped as its operator would,
// once as a power cut would.
func TestOutage(t *testing.T)     { outages(t, 2*time.Second) }
func TestOutageSoak(t *testing.T) { soak(t); outages(t, 30*time.Second) }

func outages(t *testing.T, lasts time.Duration) {
	t.Run("stopped", func(t *testing.T) { outage(t, lasts, (*pgtest.Server).Down) })
	t.Run("crashed", func(t *testing.T) { outage(t, lasts, (*pgtest.Server).Crash) })
}

// reporters type reports one after the other, each again until it is accepted.
type reporters struct {
	t *testing.T
	h *house

	mu       sync.Mutex
	shown    map[string]string // key → number
	pending  []string
	faults   int
	slowest  time.Duration // until an answer of either kind
	accepted int
}

// answer looks at one answer: a number, or the people to phone.
func (r *reporters) answer(key string, reply chat.Reply, took time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slowest = max(r.slowest, took)
	if reply.Accepted {
		r.shown[key] = printedNumber.FindString(reply.Cards[0].Title)
		r.accepted++
		return true
	}
	r.faults++
	text := fmt.Sprint(reply.Cards)
	if !strings.Contains(text, "090-0000-") || !strings.Contains(text, "電車に忘れた "+key) {
		r.t.Errorf("without a number, the reporter is told neither whom to phone nor what he typed: %s", text)
	}
	return false
}

func (r *reporters) report(who int, until <-chan struct{}) {
	people := r.h.desk.People("ja")
	p := people[who%len(people)]
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		key := fmt.Sprintf("%d-%d", who, n)
		for begun, done := time.Now(), false; !done; begun = time.Now() {
			select {
			case <-until:
				r.mu.Lock()
				r.pending = append(r.pending, key)
				r.mu.Unlock()
				return
			case <-pause.C:
			}
			reply := r.h.desk.Handle(context.Background(), chat.Request{ID: key, Kind: chat.Said, From: p.User, Name: p.Name, Text: "/incident 電車に忘れた " + key, At: time.Now()})
			done = r.answer(key, reply, time.Since(begun))
		}
	}
}

type shiftedClock struct{ by atomic.Int64 }

func (c *shiftedClock) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func outage(t *testing.T, lasts time.Duration, end func(*pgtest.Server) error) {
	server := pgtest.Start(t, pgtest.Durable...)
	url := server.Empty(t)
	ctx := context.Background()
	p := &program{settings: settings{DatabaseURL: url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0"}}
	clock := &shiftedClock{}
	o := &opened{clock: clock}
	var err error
	if o.texts, err = p.texts(); err != nil {
		t.Fatal(err)
	}
	if o.book, err = p.book(); err != nil {
		t.Fatal(err)
	}
	if o.store, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	defer o.store.Close()
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.web.Stop()
	work, stop := context.WithCancel(ctx)
	couriered := make(chan struct{})
	go func() { h.courier.Run(work); close(couriered) }()
	r := &reporters{t: t, h: h, shown: map[string]string{}}
	until := make(chan struct{})
	var wg sync.WaitGroup
	for who := range 4 {
		wg.Go(func() { r.report(who, until) })
	}
	count := func() (accepted, faults int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.accepted, r.faults
	}
	reaches := func(what string, enough func(accepted, faults int) bool) {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for limit := time.After(time.Minute); ; {
			if enough(count()) {
				return
			}
			select {
			case <-tick.C:
			case <-limit:
				a, f := count()
				t.Fatalf("%s: %d accepted, %d told whom to phone", what, a, f)
			}
		}
	}
	reaches("before", func(accepted, _ int) bool { return accepted >= 40 })
	if err := end(server); err != nil {
		t.Log(err) // the shell tells that the server was ended
	}
	away := time.After(lasts)
	reaches("while it is away", func(_, faults int) bool { return faults >= 8 })
	<-away
	before, faults := count()
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	reaches("afterwards", func(accepted, _ int) bool { return accepted >= before+40 })
	t.Logf("reports went on within %v of the server's return", time.Since(back).Round(time.Millisecond))
	close(until)
	wg.Wait()
	stop()
	<-couriered
	// Leases of tries that could not be recorded have to run out.
	clock.by.Store(int64(2 * time.Minute))
	if err := h.courier.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	r.look(o.store)
	if r.slowest > 10*time.Second {
		t.Errorf("a reporter waited %v for an answer of any kind", r.slowest)
	}
	t.Logf("%d accepted, %d told whom to phone, the slowest answer after %v", r.accepted, faults, r.slowest.Round(time.Millisecond))
}

// look checks that what was accepted is there once, and what was not at most once.
func (r *reporters) look(s workflows.Store) {
	t := r.t
	ctx := context.Background()
	rows, err := s.Incidents(ctx, workflows.IncidentQuery{})
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	numbers := map[string]string{}
	for _, in := range rows {
		key := strings.TrimPrefix(in.Title, "電車に忘れた ")
		times[key]++
		numbers[key] = string(in.ID)
		list, err := s.Messages(ctx, workflows.MessageQuery{Incident: in.ID, All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m.State != workflows.MessageSent {
				t.Errorf("%s of %s: %s", m.Key, in.ID, m.State)
			}
		}
	}
	for key, number := range r.shown {
		if times[key] != 1 || numbers[key] != number {
			t.Errorf("report %s was shown %s; it is there %d times as %s", key, number, times[key], numbers[key])
		}
	}
	for key, n := range times {
		if n > 1 || r.shown[key] == "" && !slices.Contains(r.pending, key) {
			t.Errorf("report %s is there %d times, shown %q", key, n, r.shown[key])
		}
	}
	if v, err := workflows.Verify(ctx, s); err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
}

// TestPagesWhileTheDatabaseIsAway opens pages anew while PostgreSQL is stopped: each says whom
// to phone.
func TestPagesWhileTheDatabaseIsAway(t *testing.T) {
	server := pgtest.Start(t)
	database := server.Empty(t)
	ctx, stop := context.WithCancel(t.Context())
	var out, errs written
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, nil, []string{"HIKESHI_DATA=" + t.TempDir(), "DATABASE_URL=" + database, "HIKESHI_LISTEN=127.0.0.1:0"}, &out, &errs)
	}()
	defer func() {
		if t.Failed() {
			t.Log(out.String(), errs.String())
		}
	}()
	until(t, "the address", func() bool { return printedAddress.MatchString(out.String()) })
	address := printedAddress.FindString(out.String())
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	get := func(path string) (int, string) {
		r, err := c.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(body)
	}
	_, chosen := get("/be")
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(chosen)
	person := regexp.MustCompile(`name="who" value="([^"]+)"`).FindStringSubmatch(chosen)
	if token == nil || person == nil {
		t.Fatalf("nobody can be chosen: %s", chosen)
	}
	r, err := c.PostForm(address+"/be", url.Values{"csrf": {token[1]}, "who": {person[1]}, "back": {"/"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if status, _ := get("/"); status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	if err := server.Down(); err != nil {
		t.Log(err)
	}
	for _, path := range []string{"/", "/contacts", "/incidents"} {
		if status, body := get(path); status != http.StatusInternalServerError || !strings.Contains(body, "090-0000-") {
			t.Errorf("%s: %d without phone numbers", path, status)
		}
	}
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	if status, _ := get("/"); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
	stop()
	<-ended
}
