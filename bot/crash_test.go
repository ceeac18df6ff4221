package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
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

// The moments at which a server is killed, each by its nth occurrence. At the last it is
// killed from outside, wherever it is.
const (
	beforeCommit = "before commit"
	afterCommit  = "after commit"
	sending      = "sending"      // before the platform has the message
	sent         = "sent"         // the platform has it, and nobody here knows
	recording    = "recording"    // before what became of it is written down
	recorded     = "recorded"     // after that
	claiming     = "claiming"     // what is due is leased and not begun
	fromOutside  = "from outside" // at any moment
)

var moments = []string{beforeCommit, afterCommit, sending, sent, recording, recorded, claiming, fromOutside}

// doom kills this process at the nth occurrence of a moment.
type doom struct {
	moment string
	left   atomic.Int64
}

func (d *doom) at(moment string) {
	if moment == d.moment && d.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // not a step further
	}
}

// doomedStore is the real store of a process that is about to be killed.
type doomedStore struct {
	workflows.Store
	doom *doom
}

func (s *doomedStore) Write(ctx context.Context, f func(workflows.Tx) error) error {
	err := s.Store.Write(ctx, func(tx workflows.Tx) error {
		err := f(tx)
		s.doom.at(beforeCommit)
		return err
	})
	s.doom.at(afterCommit)
	return err
}

func (s *doomedStore) ClaimMessages(ctx context.Context, now time.Time, owner string, lease time.Duration, n int, urgentOnly bool) ([]workflows.Message, error) {
	list, err := s.Store.ClaimMessages(ctx, now, owner, lease, n, urgentOnly)
	if len(list) > 0 {
		s.doom.at(claiming)
	}
	return list, err
}

func (s *doomedStore) FinishMessage(ctx context.Context, m workflows.Message, owner string, res workflows.Sent) error {
	s.doom.at(recording)
	err := s.Store.FinishMessage(ctx, m, owner, res)
	s.doom.at(recorded)
	return err
}

// platform is a chat platform that remembers what it was sent, whatever becomes of the
// sender: a line of a file for each message.
type platform struct {
	file *os.File
	doom *doom
}

// received is what the platform remembers of a message.
type received struct {
	Key, To, Mark string
	Again         bool
	Update        bool
}

func (p *platform) Name() string { return "platform" }

func (p *platform) Send(_ context.Context, d chat.Delivery) (chat.MessageID, error) {
	p.doom.at(sending)
	line, err := json.Marshal(received{d.Key, string(d.To.User) + d.To.Channel, d.Card.Mark, d.Again, d.Update != ""})
	if err != nil {
		return "", err
	}
	if _, err := p.file.Write(append(line, '\n')); err != nil {
		return "", err
	}
	p.doom.at(sent)
	return chat.MessageID("p:" + d.Key), nil
}

// printedNumber is the number of an incident in what a person is shown.
var printedNumber = regexp.MustCompile(`TRN-\d{4}-\d{4,}`)

type movedClock struct{ by time.Duration }

func (c movedClock) Now() time.Time { return time.Now().Add(c.by) }

// TestCrashedServer is the server that is killed: it takes reports line by line, as
// "person key text", and prints the number that the person was shown. Called as a test it
// does nothing.
func TestCrashedServer(t *testing.T) {
	url := os.Getenv("CRASH_DATABASE")
	if url == "" {
		return
	}
	ctx := context.Background()
	d := &doom{moment: os.Getenv("CRASH_MOMENT")}
	n, err1 := strconv.ParseInt(os.Getenv("CRASH_N"), 10, 64)
	d.left.Store(n)
	by, err2 := time.ParseDuration(os.Getenv("CRASH_CLOCK"))
	file, err3 := os.OpenFile(os.Getenv("CRASH_PLATFORM"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	p := &program{out: io.Discard, errs: os.Stderr, settings: settings{DatabaseURL: url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0"}}
	o := &opened{clock: movedClock{by}}
	var err error
	if o.texts, err = p.texts(); err != nil {
		t.Fatal(err)
	}
	if o.book, err = p.book(); err != nil {
		t.Fatal(err)
	}
	real, err := store.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	o.store = &doomedStore{real, d}
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h.courier = courier.New(courier.Config{
		Service: o.service, Render: h.desk.Card, Owner: owner(), Log: slog.New(slog.DiscardHandler),
		Route: func(m workflows.Message) (chat.Frontend, chat.Target, error) {
			_, to, err := h.route(m)
			return &platform{file, d}, to, err
		},
	})
	work, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { h.courier.Run(work); close(ended) }()
	fmt.Println("ready")
	people := h.desk.People("ja")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		part := strings.SplitN(lines.Text(), " ", 3)
		n, err := strconv.Atoi(part[0])
		if err != nil {
			t.Fatal(err)
		}
		who := people[n%len(people)]
		reply := h.desk.Handle(ctx, chat.Request{ID: part[1], Kind: chat.Said, From: who.User, Name: who.Name, Text: "/incident " + part[2], At: o.clock.Now()})
		shown := ""
		if reply.Accepted {
			shown = printedNumber.FindString(reply.Cards[0].Title)
		}
		fmt.Println("shown", part[1], shown)
	}
	if err := h.courier.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	stop()
	<-ended
	fmt.Println("quiet")
	h.web.Stop()
	if err := real.Close(); err != nil {
		t.Fatal(err)
	}
}

// crashes is a company whose server is killed again and again.
type crashes struct {
	t        *testing.T
	url      string
	platform string
	random   *rand.Rand
	kills    int
	clock    time.Duration
	reports  int
	open     []string          // keys that nobody was shown a number for yet
	shown    map[string]string // key → number
}

// life runs a server until it is killed, or until it has nothing left to do.
func (c *crashes) life(moment string, n int) {
	t := c.t
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashedServer$")
	// Leases of the killed are to have run out.
	c.clock += 61 * time.Second
	cmd.Env = append(os.Environ(), "CRASH_DATABASE="+c.url, "CRASH_PLATFORM="+c.platform, "CRASH_MOMENT="+moment,
		"CRASH_N="+strconv.Itoa(n), "CRASH_CLOCK="+c.clock.String())
	var errs strings.Builder
	cmd.Stderr = &errs
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	lines := bufio.NewScanner(out)
	quiet := false
	read := func() bool {
		for lines.Scan() {
			switch part := strings.Fields(lines.Text()); {
			case lines.Text() == "quiet":
				quiet = true
			case lines.Text() == "ready":
				return true
			case len(part) >= 2 && part[0] == "shown":
				if len(part) == 3 {
					if was := c.shown[part[1]]; was != "" && was != part[2] {
						t.Errorf("%s was shown %s and %s", part[1], was, part[2])
					}
					c.shown[part[1]] = part[2]
				}
				return true
			}
		}
		return false
	}
	say := func(n int, key string) bool {
		// A broken pipe is a server that is gone.
		_, err := fmt.Fprintf(in, "%d %s 電車に忘れた %s\n", n, key, key)
		return err == nil && read()
	}
	alive := read()
	unanswered := c.open
	c.open = nil
	for i, key := range unanswered {
		if !alive {
			c.open = append(c.open, unanswered[i:]...)
			break
		}
		if alive = say(c.number(key), key); c.shown[key] == "" {
			c.open = append(c.open, key)
		}
	}
	for i := 0; alive && moment != "" && i < 20; i++ {
		if moment == fromOutside && i == n {
			_ = cmd.Process.Kill()
		}
		c.reports++
		key := fmt.Sprintf("r%d", c.reports)
		if alive = say(c.reports, key); c.shown[key] == "" {
			c.open = append(c.open, key)
		}
	}
	in.Close()
	for read() {
	}
	err := cmd.Wait()
	var ended *exec.ExitError
	killed := errors.As(err, &ended) && ended.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	switch {
	case killed:
		c.kills++
	case err != nil || !quiet:
		t.Fatalf("the server ended by itself: %v\n%s", err, errs.String())
	}
}

func (c *crashes) number(key string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(key, "r")) // made by life
	return n
}

// crash kills a server many times, and then looks at what is there.
func crash(t *testing.T, url string, kills int) {
	c := &crashes{
		t: t, url: url, platform: filepath.Join(t.TempDir(), "platform.jsonl"),
		random: rand.New(rand.NewPCG(20261126, 1)), shown: map[string]string{},
	}
	at := map[string]int{}
	for lives := 0; c.kills < kills; lives++ {
		if lives > 2*kills {
			t.Fatalf("only %d of %d lives were ended", c.kills, lives)
		}
		moment := moments[lives%len(moments)]
		before := c.kills
		c.life(moment, 1+c.random.IntN(12))
		at[moment] += c.kills - before
	}
	for range 2 { // the second brings what the first found under a lease
		c.life("", 0)
	}
	if len(c.open) > 0 {
		t.Errorf("%d people never saw a number: %v", len(c.open), c.open)
	}
	for _, m := range moments {
		if at[m] == 0 && kills >= len(moments) {
			t.Errorf("nobody was killed %s", m)
		}
	}
	c.look(at)
}

// look checks what the platform and the database hold in the end.
func (c *crashes) look(at map[string]int) {
	t := c.t
	ctx := context.Background()
	s, err := store.Open(ctx, c.url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := workflows.Verify(ctx, s)
	if err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
	ids, err := s.AllIDs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, id := range ids {
		there[string(id)] = true
	}
	numbers := map[string]string{}
	for key, number := range c.shown {
		if !there[number] {
			t.Errorf("%s was shown %s, which is not there", key, number)
		}
		if other := numbers[number]; other != "" {
			t.Errorf("%s and %s were both shown %s", key, other, number)
		}
		numbers[number] = key
	}
	if len(ids) != len(c.shown) {
		t.Errorf("%d incidents of %d reports", len(ids), len(c.shown))
	}

	arrivals := map[string]int{}
	repeats, marked, messages := 0, 0, 0
	file, err := os.ReadFile(c.platform)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		var r received
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		name := r.To + " " + r.Key
		arrivals[name]++
		if arrivals[name] > 1 && !r.Update {
			repeats++
		}
		if r.Again {
			marked++
			if !strings.Contains(r.Mark, "再送") {
				t.Errorf("%s came again, marked %q", name, r.Mark)
			}
		}
		if arrivals[name] > 1 && !r.Again && !r.Update {
			t.Errorf("%s came twice, and does not say so", name)
		}
	}
	for _, id := range ids {
		list, err := s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			t.Fatal(err)
		}
		messages += len(list)
		pages := 0
		for _, m := range list {
			to := string(m.To)
			if to == "" {
				to = strings.ToLower(string(id))
			} else {
				to = "web:" + to
			}
			if m.State != workflows.MessageSent || arrivals[to+" "+m.Key] == 0 {
				t.Errorf("%s to %s: %s, arrived %d times", m.Key, to, m.State, arrivals[to+" "+m.Key])
			}
			if m.Kind == incident.NoticePage {
				pages++
			}
		}
		if pages == 0 {
			t.Errorf("nobody was called to %s", id)
		}
	}
	if repeats > c.kills {
		t.Errorf("%d messages came again after %d kills", repeats, c.kills)
	}
	t.Logf("%d kills %v: %d reports, %d messages, %d came again, %d marked as perhaps having come before, %d entries verified", c.kills, at, len(ids), messages, repeats, marked, v.Entries)
}

func TestCrash(t *testing.T)     { crashBoth(t, len(moments)) }
func TestCrashSoak(t *testing.T) { soak(t); crashBoth(t, 120) }

// soak leaves out a test that takes minutes, but for make soak.
func soak(t *testing.T) {
	t.Helper()
	if os.Getenv("HIKESHI_SOAK") == "" {
		t.Skip("a long test: make soak runs it")
	}
}

func crashBoth(t *testing.T, kills int) {
	t.Run("SQLite", func(t *testing.T) { crash(t, "sqlite:"+filepath.Join(t.TempDir(), "practice.db"), kills) })
	t.Run("PostgreSQL", func(t *testing.T) { crash(t, pgtest.Start(t, pgtest.Durable...).Empty(t), kills) })
}
