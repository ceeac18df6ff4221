package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// handClock is moved by the test only.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// platform stands in for a chat platform: it answers as the test says and remembers.
type platform struct {
	mu     sync.Mutex
	sent   []chat.Delivery
	answer func(ctx context.Context, d chat.Delivery) error
	// partly gives the ID of those who have it, and the error of the others; an empty ID: it says
	// nothing about the delivery.
	partly func(d chat.Delivery) (chat.MessageID, error)
}

func (*platform) Name() string { return "test" }

func (p *platform) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	if p.answer != nil {
		if err := p.answer(ctx, d); err != nil {
			return "", err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.partly != nil {
		if id, err := p.partly(d); id != "" {
			return id, err
		}
	}
	p.sent = append(p.sent, d)
	return chat.MessageID(fmt.Sprintf("m%d", len(p.sent))), nil
}

func (p *platform) keys(prefix string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, d := range p.sent {
		if strings.HasPrefix(d.Key, prefix) {
			out = append(out, d.Key)
		}
	}
	return out
}

type bench struct {
	t        *testing.T
	clock    *handClock
	store    workflows.Store
	service  *workflows.Service
	platform *platform
	courier  *courier.Courier
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ctx := t.Context()
	b := &bench{t: t, clock: &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)}, platform: &platform{}}
	var err error
	if b.store, err = store.Open(ctx, pgtest.Database(t, filepath.Join(t.TempDir(), "test.db"), store.Migrate)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
	})
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.service, err = workflows.New(ctx, workflows.Options{Store: b.store, Clock: b.clock, Book: book, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := b.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	b.courier = b.newCourier("first")
	return b
}

func (b *bench) newCourier(owner string) *courier.Courier {
	return courier.New(courier.Config{
		Service: b.service, Owner: owner, Log: slog.New(slog.DiscardHandler),
		Render: func(_ context.Context, m workflows.Message) (chat.Card, error) {
			return chat.Card{Key: m.Key, Title: string(m.Kind)}, nil
		},
		Route: func(m workflows.Message) (chat.Frontend, chat.Target, error) {
			if m.To == "" {
				return b.platform, chat.Target{Channel: strings.ToLower(string(m.Incident))}, nil
			}
			return b.platform, chat.Target{User: chat.UserID("test:" + string(m.To))}, nil
		},
	})
}

func (b *bench) person(name string) incident.Actor {
	b.t.Helper()
	found := b.service.Contacts().Find(name)
	if len(found) != 1 {
		b.t.Fatalf("%q: %v", name, found)
	}
	p, _ := b.service.Contacts().Person(found[0])
	return incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
}

func (b *bench) do(key, name string, id incident.ID, c incident.Command) workflows.Outcome {
	b.t.Helper()
	out, err := b.service.Do(b.t.Context(), workflows.Command{Key: key, By: b.person(name), Incident: id, Source: incident.FromPerson, Do: c})
	if err != nil {
		b.t.Fatal(err)
	}
	if !out.Accepted() {
		b.t.Fatalf("%s: %+v", key, out.Refusal)
	}
	return out
}

func (b *bench) report(key string) incident.ID {
	return b.do(key, "山本", "", incident.Report{Text: "画面が固まった " + key, What: incident.KindVirus}).Incident
}

func (b *bench) drain() {
	b.t.Helper()
	if err := b.courier.Drain(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func TestEveryMessageIsSentOnce(t *testing.T) {
	b := newBench(t)
	id := b.report("r1")
	b.drain()
	b.drain()
	pages := b.platform.keys("page:" + string(id))
	if len(pages) < 3 {
		t.Errorf("pages %q; the lead, the system administrator and the privacy manager are to be called", pages)
	}
	seen := map[string]bool{}
	for _, d := range b.platform.sent {
		if seen[d.Key] {
			t.Errorf("%s was sent twice", d.Key)
		}
		seen[d.Key] = true
		if d.Again {
			t.Errorf("%s is marked as sent again", d.Key)
		}
	}
}

// A page must not wait behind ordinary messages, however many and however slow they are.
func TestPagesOvertakeSlowMessages(t *testing.T) {
	b := newBench(t)
	first := b.report("r1")
	b.drain()
	for i := range 40 {
		b.do(fmt.Sprintf("n%d", i), "佐藤", first, incident.Note{Text: fmt.Sprintf("記録 %d", i)})
	}
	hold, held := make(chan struct{}), make(chan struct{}, 50)
	paged := make(chan string, 50)
	b.platform.answer = func(_ context.Context, d chat.Delivery) error {
		if d.Urgent {
			paged <- d.Key
			return nil
		}
		held <- struct{}{}
		<-hold // the platform does not answer ordinary messages
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.courier.Run(ctx); close(done) }()
	for full := false; !full; { // until no more of them are begun
		select {
		case <-held:
		case <-time.After(time.Second):
			full = true
		}
	}
	second := b.report("r2")
	b.courier.Wake()
	select {
	case key := <-paged:
		if !strings.Contains(key, string(second)) {
			t.Errorf("%s was sent first", key)
		}
	case <-time.After(10 * time.Second):
		t.Error("no page left while ordinary messages hung")
	}
	close(hold)
	stop()
	<-done
}

func TestFailedSendsAreTriedAgainAndMarkedWhenUnsure(t *testing.T) {
	b := newBench(t)
	fail := errors.New("500")
	b.platform.answer = func(_ context.Context, d chat.Delivery) error {
		if d.Urgent {
			return fail
		}
		return nil
	}
	id := b.report("r1")
	b.drain()
	if got := b.platform.keys("page:"); got != nil {
		t.Fatalf("sent %q though the platform refused", got)
	}
	fail = context.DeadlineExceeded
	b.clock.move(3 * time.Second)
	b.drain()
	b.platform.answer = nil
	b.clock.move(time.Minute)
	b.drain()
	pages := b.platform.keys("page:" + string(id))
	if len(pages) == 0 {
		t.Fatal("no page arrived after the platform recovered")
	}
	for _, d := range b.platform.sent {
		if d.Urgent && !d.Again {
			t.Errorf("%s may have arrived before, but is not marked", d.Key)
		}
	}
}

func TestWhoeverIsGoneIsGivenUp(t *testing.T) {
	b := newBench(t)
	var tries atomic.Int64
	b.platform.answer = func(context.Context, chat.Delivery) error {
		tries.Add(1)
		return fmt.Errorf("no such user: %w", chat.ErrGone)
	}
	b.courier = b.newCourier("alone")
	id := b.report("r1")
	b.drain()
	n := tries.Load()
	b.clock.move(time.Hour)
	// The call round passes meanwhile and calls more people; the first ones are not tried again.
	b.drain()
	msgs, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	for _, m := range msgs {
		if m.State == workflows.MessagePending && m.Attempt > 1 {
			t.Errorf("%s is tried again though its receiver is gone", m.Key)
		}
	}
	if !slices.ContainsFunc(msgs, func(m workflows.Message) bool { return m.State == workflows.MessageFailed && m.Error == "unreachable" }) {
		t.Error("nothing says that a message could not be brought")
	}
}

// What some have already and others do not is tried again, knowing who has it; where it does not get
// better it has arrived all the same.
func TestWhatSomeHaveIsTriedForTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		fails int // before all have it; below zero: always
		err   error
		tries int
		last  string
	}{
		"an error":            {fails: 3, err: errors.New("500"), tries: 4, last: "all"},
		"it is asked to wait": {fails: 30, err: &chat.Later{Wait: time.Second}, tries: 31, last: "all"},
		"an error for good":   {fails: -1, err: errors.New("500"), tries: 20, last: "some"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var updates []chat.MessageID
			b.platform.partly = func(d chat.Delivery) (chat.MessageID, error) {
				if d.To.Channel == "" || !strings.HasPrefix(d.Key, "card:") {
					return "", nil
				}
				if updates = append(updates, d.Update); c.fails >= 0 && len(updates) > c.fails {
					return "all", nil
				}
				return "some", c.err
			}
			id := b.do("r1", "山本", "", incident.Report{Text: "送る前に気づいた", What: incident.KindNearMiss}).Incident
			for range 40 {
				b.drain()
				b.clock.move(15 * time.Minute)
			}
			msgs, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(msgs, func(m workflows.Message) bool { return m.To == "" && strings.HasPrefix(m.Key, "card:") })
			if i < 0 {
				t.Fatal("there is no card of the channel")
			}
			if m := msgs[i]; m.State != workflows.MessageSent || m.Sent != c.last || m.FirstSent.IsZero() {
				t.Errorf("it ended as %s, in %q, first at %v", m.State, m.Sent, m.FirstSent)
			}
			if len(updates) != c.tries {
				t.Errorf("tried %d times, want %d", len(updates), c.tries)
			}
			for i, u := range updates {
				if want := map[bool]chat.MessageID{true: "some"}[i > 0]; u != want {
					t.Errorf("try %d: it stands in %q, want %q", i+1, u, want)
				}
			}
		})
	}
}

// A courier that dies between sending and recording has left a lease; whoever comes next
// sends again and says so.
func TestAClaimOfADeadCourierIsTakenOver(t *testing.T) {
	b := newBench(t)
	id := b.report("r1")
	dead, err := b.service.ClaimMessages(t.Context(), "dead", time.Minute, 100, false)
	if err != nil || len(dead) == 0 {
		t.Fatal(len(dead), err)
	}
	b.drain()
	if len(b.platform.sent) != 0 {
		t.Fatal("sent what another process holds")
	}
	b.clock.move(61 * time.Second)
	b.drain()
	if got := b.platform.keys("page:" + string(id)); len(got) < 3 {
		t.Errorf("pages after the lease ran out: %q", got)
	}
	for _, d := range b.platform.sent {
		if !d.Again {
			t.Errorf("%s may have been sent by the dead one, but is not marked", d.Key)
		}
	}
	// The dead one comes back to life and reports its success: the row is not its own any more.
	err = b.service.FinishMessage(t.Context(), dead[0], "dead", workflows.Sent{OK: true, At: b.clock.Now()})
	if !errors.Is(err, workflows.ErrConflict) {
		t.Errorf("a lost lease was finished: %v", err)
	}
}

func TestAnUnansweredPageCallsTheNextPeople(t *testing.T) {
	b := newBench(t)
	id := b.report("r1")
	b.drain()
	before := len(b.platform.keys("page:" + string(id)))
	b.clock.move(4 * time.Minute)
	b.drain()
	if n := len(b.platform.keys("page:" + string(id))); n != before {
		t.Fatalf("%d pages after four minutes, %d before: too early", n, before)
	}
	b.clock.move(time.Minute)
	b.drain()
	president := b.person("田中").ID
	if got := b.platform.keys("page:" + string(id)); !slices.ContainsFunc(got, func(k string) bool { return strings.HasSuffix(k, ":"+string(president)) }) {
		t.Errorf("the representative was not called after one unanswered round: %q", got)
	}
}

func TestTheDigestGoesOutOnceOnAWorkingDayMorning(t *testing.T) {
	b := newBench(t)
	b.report("r1")
	b.drain()
	day := func(d, h, m int) {
		b.clock.mu.Lock()
		b.clock.now = time.Date(2026, 11, d, h, m, 0, 0, incident.Tokyo)
		b.clock.mu.Unlock()
		now := b.clock.Now()
		if err := b.service.Tick(t.Context(), now.Add(-9*time.Hour)); err != nil {
			t.Fatal(err)
		}
		b.drain()
	}
	for _, c := range []struct {
		day, hour, minute int
		want              string // the days that had a digest so far
	}{
		{24, 8, 59, ""},
		{24, 9, 0, "2026-11-24"},
		{24, 9, 1, "2026-11-24"},
		{25, 9, 30, "2026-11-24 2026-11-25"}, // started late: today's missed tick is inserted
		{28, 9, 30, "2026-11-24 2026-11-25"}, // Saturday
	} {
		day(c.day, c.hour, c.minute)
		days := map[string]bool{}
		for _, k := range b.platform.keys("digest:") {
			days[strings.Split(k, ":")[1]] = true
		}
		var got []string
		for d := range days {
			got = append(got, d)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d November %d:%02d: digests of %q, want %q", c.day, c.hour, c.minute, got, c.want)
		}
	}
}

// The practice clock is moved in a request while the courier runs: no send may be repeated,
// because its lease ran out on the moved clock, and no two rounds may meet.
func TestMovingTheClockBesideARunningCourier(t *testing.T) {
	b := newBench(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.courier.Run(ctx); close(done) }()
	b.report("r1")
	b.courier.Wake()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 10 {
				if err := b.courier.Step(ctx, func() error { b.clock.move(5 * time.Minute); return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	stop()
	<-done
	for _, d := range b.platform.sent {
		if d.Again {
			t.Errorf("%s was sent again", d.Key)
		}
	}
	if got, want := b.clock.Now(), time.Date(2026, 11, 24, 3, 40, 0, 0, incident.Tokyo); !got.Equal(want) {
		t.Errorf("the clock stands at %v, want %v", got, want)
	}
}

func TestAPanicInWordingOneMessageEndsNothing(t *testing.T) {
	b := newBench(t)
	b.platform.answer = func(_ context.Context, d chat.Delivery) error {
		if strings.HasPrefix(d.Key, "card:") {
			panic("a card that cannot be worded")
		}
		return nil
	}
	id := b.report("r1")
	b.drain()
	if len(b.platform.keys("page:"+string(id))) < 3 {
		t.Error("the pages did not leave")
	}
}
