package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Several servers on one PostgreSQL: each timer is acted on once, also when one of them is
// killed with timers in its hands, and each hears at once of what another has written.

// firing is the moment at which timers are claimed and nothing is done about them yet.
const firing = "firing"

func (s *doomedStore) ClaimTimers(ctx context.Context, now time.Time, owner string, lease time.Duration, n int) ([]workflows.Timer, error) {
	list, err := s.Store.ClaimTimers(ctx, now, owner, lease, n)
	if len(list) > 0 {
		s.doom.at(firing)
	}
	return list, err
}

// TestReplica is one of several servers: it works until its input ends. Called as a test it
// does nothing.
func TestReplica(t *testing.T) {
	url := os.Getenv("REPLICA_DATABASE")
	if url == "" {
		return
	}
	d := &doom{moment: firing}
	n, err1 := strconv.ParseInt(os.Getenv("REPLICA_DIES"), 10, 64)
	d.left.Store(n)
	file, err2 := os.OpenFile(os.Getenv("REPLICA_PLATFORM"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	by, err3 := time.ParseDuration(os.Getenv("REPLICA_CLOCK"))
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	r := newReplica(t, url, movedClock{by}, func(s workflows.Store) workflows.Store { return &doomedStore{s, d} }, &platform{file, d})
	stop := r.work(t)
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
	stop()
	fmt.Println("ended")
}

// replica is a server without its listeners: what it shares with the others.
type replica struct{ house *house }

func newReplica(t testing.TB, url string, clock workflows.Clock, around func(workflows.Store) workflows.Store, fe chat.Frontend) *replica {
	t.Helper()
	ctx := context.Background()
	p := &program{out: io.Discard, errs: os.Stderr, settings: settings{DatabaseURL: url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0"}}
	o := &opened{clock: clock}
	set, err := p.templates()
	if err != nil {
		t.Fatal(err)
	}
	o.take(set)
	real, err := store.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	o.store = around(real)
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	route := h.courier.Route
	h.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
		_, to, err := route(m)
		return fe, to, err
	}
	return &replica{h}
}

// work begins to do what is due and to listen, as duty does. stop ends it and closes the store.
func (r *replica) work(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	worked, listened := make(chan struct{}), make(chan struct{})
	go func() { r.house.courier.Run(ctx); close(worked) }()
	go func() {
		defer close(listened)
		if err := r.house.store.Listen(ctx, r.house.changed); err != nil {
			t.Error(err)
		}
	}()
	return func() {
		cancel()
		<-worked
		<-listened
		r.close(t)
	}
}

func (r *replica) close(t testing.TB) {
	t.Helper()
	r.house.web.Stop()
	if err := r.house.store.Close(); err != nil {
		t.Error(err)
	}
}

func TestReplicas(t *testing.T)     { replicas(t, 160, 15*time.Millisecond) }
func TestReplicasSoak(t *testing.T) { soak(t); replicas(t, 2000, 20*time.Millisecond) }

// replicas lets timers fall due one after the other on three servers, of which one is killed
// with some in its hands.
func replicas(t *testing.T, due int, apart time.Duration) {
	const together = 8 // so that one claim takes several
	url := pgtest.Start(t, pgtest.Durable...).Empty(t)
	db, err := sql.Open("pgx", url+"&search_path=hikeshi")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	clock := &settableClock{}
	first := newReplica(t, url, clock, func(s workflows.Store) workflows.Store { return s }, nil)
	ctx := context.Background()
	falls, begins, last := fallingDue(t, first.house, clock, due, apart, together)
	first.close(t)
	// What was said at the time of the reports was said.
	if _, err := db.Exec(`UPDATE messages SET state = 'sent', next = NULL, first_sent = created, last_sent = created, frontend = 'platform', sent = key`); err != nil {
		t.Fatal(err)
	}

	// By the clock of the three, the first falls due in a moment.
	ahead := time.Until(begins) - 4*time.Second
	platform := filepath.Join(t.TempDir(), "platform.jsonl")
	var all []*exec.Cmd
	var ends []io.WriteCloser
	for i := range 3 {
		c := exec.Command(os.Args[0], "-test.run=^TestReplica$")
		dies := "0"
		if i == 1 {
			dies = strconv.Itoa(due / together / 6) // of its claims, about a third of them all: midway
		}
		c.Env = append(os.Environ(), "REPLICA_DATABASE="+url, "REPLICA_PLATFORM="+platform, "REPLICA_DIES="+dies, "REPLICA_CLOCK="+ahead.String())
		c.Stderr = os.Stderr
		in, err1 := c.StdinPipe()
		out, err2 := c.StdoutPipe()
		if err := errors.Join(err1, err2, c.Start()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill() })
		if lines := bufio.NewScanner(out); !lines.Scan() || lines.Text() != "ready" {
			t.Fatalf("server %d said %q", i, lines.Text())
		} else {
			go func() {
				for lines.Scan() {
				}
			}()
		}
		all, ends = append(all, c), append(ends, in)
	}
	var ended *exec.ExitError
	if err := all[1].Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the second server was to be killed: %v", err)
	}
	killed := time.Now().Add(ahead)
	var held int
	if err := db.QueryRow(`SELECT count(*) FROM timers WHERE owner LIKE '%/' || $1 || '/%'`, strconv.Itoa(all[1].Process.Pid)).Scan(&held); err != nil || held == 0 {
		t.Errorf("the killed one held %d timers, %v", held, err)
	}
	patiently(t, "every timer is acted on", last.Sub(begins)+courier.TimerLease+patienceOfTests, func() bool {
		var left int
		if err := db.QueryRow(`SELECT count(*) FROM timers WHERE due <= $1`, last.UnixMicro()).Scan(&left); err != nil {
			t.Fatal(err)
		}
		return left == 0
	})
	for i, c := range all {
		if i != 1 {
			ends[i].Close()
			if err := c.Wait(); err != nil {
				t.Errorf("server %d: %v", i, err)
			}
		}
	}

	var late []time.Duration
	after := 0
	look, err := store.Open(ctx, url, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	for id, at := range falls {
		passed := roundsOf(t, look, id)
		if len(passed) != 1 {
			t.Errorf("%s: its timer was acted on %d times", id, len(passed))
			continue
		}
		by := passed[0].Sub(at)
		if late = append(late, by); by > time.Second && passed[0].After(killed) {
			after++
		}
	}
	slices.Sort(late)
	if len(late) == 0 {
		t.Fatal("nothing was done")
	}
	if most := late[len(late)-1]; most >= courier.TimerLease+time.Second {
		t.Errorf("the latest was acted on after %v, want less than %v", most, courier.TimerLease+time.Second)
	}
	onceEach(t, platform)
	t.Logf("%d timers, %d in the hands of the killed one and %d late after it; p50 %v, p99 %v, latest %v", due, held, after, late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
}

// fallingDue makes incidents whose waits run out one after the other, or some together. It
// gives when.
func fallingDue(t testing.TB, h *house, clock *settableClock, due int, apart time.Duration, together int) (falls map[incident.ID]time.Time, first, last time.Time) {
	t.Helper()
	who := h.desk.People("ja")[0]
	falls = map[incident.ID]time.Time{}
	begun := time.Now().Truncate(time.Second)
	for n := range due {
		clock.set(begun.Add(time.Duration(n/together*together) * apart))
		reply := h.desk.Handle(context.Background(), chat.Request{ID: fmt.Sprint("line-", n), Kind: chat.Said, From: who.User, Name: who.Name, Text: fmt.Sprintf("/incident 画面が固まりました（%d）", n), At: clock.Now()})
		if !reply.Accepted {
			t.Fatal("a report was not taken")
		}
		id := incident.ID(printedNumber.FindString(reply.Cards[0].Title))
		in, err := h.store.Incident(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := h.inForce.Load().Paging.Due(in, h.service.People())
		if !ok {
			t.Fatalf("nobody waits for an answer to %s", id)
		}
		if falls[id] = at; n == 0 {
			first = at
		}
		last = at
	}
	return falls, first, last
}

// roundsOf are when the rounds of an incident passed.
func roundsOf(t testing.TB, s workflows.Store, id incident.ID) (at []time.Time) {
	t.Helper()
	records, err := s.Records(context.Background(), id, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if _, ok := r.Event.(incident.RoundPassed); ok {
			at = append(at, r.At)
		}
	}
	return at
}

// patiently waits until something is so.
func patiently(t testing.TB, what string, patience time.Duration, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(patience); !so(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited %v in vain for: %s", patience, what)
		}
	}
}

// onceEach checks what a platform remembers: what came again was a second try, and says so.
func onceEach(t *testing.T, platform string) {
	t.Helper()
	file, err := os.ReadFile(platform)
	if err != nil {
		t.Fatal(err)
	}
	came := map[string]int{}
	for line := range strings.Lines(string(file)) {
		var r received
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		name := r.To + " " + r.Key
		if came[name]++; came[name] > 1 && !r.Again && !r.Update {
			t.Errorf("%s came twice, and does not say so", name)
		}
	}
	if len(came) == 0 {
		t.Error("nobody was called")
	}
}
