package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// named is a platform under another name.
type named struct {
	*platform
	name string
}

func (n named) Name() string { return n.name }

// ways is a bench at which people are reached by chat, mail and phone.
type ways struct {
	*bench
	by     map[incident.Means]*platform
	closed atomic.Bool // chat is marked as compromised
}

func newWays(t *testing.T) *ways {
	t.Helper()
	w := &ways{bench: newBench(t), by: map[incident.Means]*platform{}}
	for _, m := range incident.AllMeans {
		w.by[m] = &platform{}
	}
	w.live(w.clock)
	return w
}

// live has the bench go by a clock.
func (w *ways) live(clock workflows.Clock) {
	t := w.t
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.service, err = workflows.New(t.Context(), workflows.Options{
		Store: w.store, Clock: clock, Book: book, Practice: true, Log: slog.New(slog.DiscardHandler),
		Reaches: func(contact.Person, incident.Means) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.courier = w.another("first")
}

func (w *ways) another(owner string) *courier.Courier {
	by := maps.Clone(w.by)
	return courier.New(courier.Config{
		Service: w.service, Owner: owner, Log: slog.New(slog.DiscardHandler),
		Render: func(_ context.Context, m workflows.Message) (chat.Card, error) {
			return chat.Card{Key: m.Key, Title: string(m.Kind)}, nil
		},
		Call: func(ctx context.Context, list ...workflows.Message) (*chat.Call, error) {
			in, err := w.service.Called(ctx, list[0])
			if err != nil {
				return nil, err
			}
			return &chat.Call{Incident: string(in.ID)}, nil
		},
		Closed: func(_ context.Context, frontend string) (bool, error) {
			return frontend == "chat" && w.closed.Load(), nil
		},
		Route: func(m workflows.Message) (chat.Frontend, chat.Target, error) {
			fe := named{by[m.By()], string(m.By())}
			if m.To == "" {
				return fe, chat.Target{Channel: strings.ToLower(string(m.Incident))}, nil
			}
			return fe, chat.Target{User: chat.UserID(string(m.By()) + ":" + string(m.To))}, nil
		},
	})
}

// pages are those that have arrived by a means for somebody.
func (w *ways) pages(by incident.Means, name string) (n int) {
	for _, key := range w.by[by].keys("page:") {
		if strings.Contains(key+":", ":"+string(w.person(name).ID)+":") {
			n++
		}
	}
	return n
}

// trouble gives why a means did not get through to somebody, as the record says it.
func (w *ways) trouble(id incident.ID, name string) (out []incident.MeansTrouble) {
	w.t.Helper()
	records, err := w.store.Records(w.t.Context(), id, 1, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range records {
		if e, ok := r.Event.(incident.MeansFailed); ok && e.Person == w.person(name).ID {
			out = append(out, e.Why)
		}
	}
	return out
}

// A call that chat refuses, or that mail refuses too, rings at once, and arrives everywhere once
// that works again.
func TestTheNextMeansIsTakenAtTheFirstFailure(t *testing.T) {
	for why, fault := range map[incident.MeansTrouble]error{
		incident.TroubleRefused:     errors.New("500"),
		incident.TroubleUnreachable: fmt.Errorf("no account: %w", chat.ErrGone),
		incident.TroubleSlow:        chat.ErrUnsure,
	} {
		t.Run(string(why), func(t *testing.T) {
			w := newWays(t)
			broken := func(context.Context, chat.Delivery) error { return fault }
			w.by[incident.ByChat].answer, w.by[incident.ByMail].answer = broken, broken
			id := w.report("r1")
			w.drain()
			if w.pages(incident.ByPhone, "佐藤") != 1 || w.pages(incident.ByPhone, "鈴木") != 1 {
				t.Fatalf("rang %q", w.by[incident.ByPhone].keys("page:"))
			}
			if got := w.trouble(id, "佐藤"); !slices.Equal(got, []incident.MeansTrouble{why, why}) {
				t.Errorf("the record says %q", got)
			}
			for range 4 { // tried again and again, recorded once
				w.clock.move(time.Minute)
				w.drain()
			}
			if got := len(w.trouble(id, "佐藤")); got != 2 {
				t.Errorf("%d failures are recorded", got)
			}
			w.by[incident.ByChat].answer, w.by[incident.ByMail].answer = nil, nil
			w.clock.move(time.Minute)
			w.drain()
			want := 1
			if why == incident.TroubleUnreachable {
				want = 0 // given up
			}
			if got := w.pages(incident.ByChat, "佐藤"); got < want {
				t.Errorf("%d cards have arrived afterwards", got)
			}
		})
	}
}

// What was answered meanwhile is not rung late; the card of chat comes all the same, as it is.
func TestALateCallIsDroppedWhenItWasAnswered(t *testing.T) {
	w := newWays(t)
	broken := func(context.Context, chat.Delivery) error { return errors.New("500") }
	w.by[incident.ByChat].answer, w.by[incident.ByMail].answer = broken, broken
	id := w.report("r1")
	w.drain()
	w.do("t", "佐藤", id, incident.Take{})
	w.by[incident.ByChat].answer, w.by[incident.ByMail].answer = nil, nil
	w.clock.move(time.Minute)
	w.drain()
	if w.pages(incident.ByMail, "佐藤") != 0 || w.pages(incident.ByChat, "佐藤") != 1 {
		t.Errorf("mails %q, cards %q", w.by[incident.ByMail].keys("page:"), w.by[incident.ByChat].keys("page:"))
	}
	list, err := w.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		t.Fatal(err)
	}
	dropped := 0
	for _, m := range list {
		if m.State == workflows.MessageDropped {
			dropped++
		}
		if m.State == workflows.MessageFailed {
			t.Errorf("%s counts as undelivered", m.Key)
		}
	}
	if dropped == 0 {
		t.Error("no mail was dropped")
	}
}

// A page that is put off is passed on as soon as it would be too late in all.
func TestAPageThatIsPutOffForTooLongIsPassedOn(t *testing.T) {
	w := newWays(t)
	wait := 6 * time.Second
	w.by[incident.ByChat].answer = func(_ context.Context, d chat.Delivery) error {
		if d.Urgent {
			return &chat.Later{Wait: wait}
		}
		return nil
	}
	id := w.report("r1")
	w.drain()
	if got := w.pages(incident.ByPhone, "佐藤"); got != 0 {
		t.Errorf("rang after a wait of %v", wait)
	}
	w.clock.move(11 * time.Second)
	w.drain()
	if w.pages(incident.ByPhone, "佐藤") != 1 || !slices.Contains(w.trouble(id, "佐藤"), incident.TroubleSlow) {
		t.Errorf("not passed on: %q", w.trouble(id, "佐藤"))
	}
}

// A front end by which nothing gets through is known to be down: the next call is passed on
// before it is tried, and few of the tries are spent on it.
func TestAFrontEndThatIsDownIsBypassed(t *testing.T) {
	w := newWays(t)
	tried := atomic.Int64{}
	w.by[incident.ByChat].answer = func(context.Context, chat.Delivery) error {
		tried.Add(1)
		return errors.New("500")
	}
	w.report("r1")
	w.drain()
	if !w.courier.Down("chat") || w.courier.Down("mail") {
		t.Fatalf("chat down %v, mail down %v", w.courier.Down("chat"), w.courier.Down("mail"))
	}
	id := w.report("r2")
	w.drain()
	if got := w.trouble(id, "佐藤"); !slices.Equal(got, []incident.MeansTrouble{incident.TroubleDown}) {
		t.Errorf("the record says %q", got)
	}
	w.by[incident.ByChat].answer = nil
	w.clock.move(3 * time.Minute)
	if w.courier.Down("chat") {
		t.Error("still down when nothing was tried for minutes")
	}
	w.drain()
	if w.pages(incident.ByChat, "佐藤") == 0 || w.courier.Down("chat") {
		t.Error("nothing has arrived afterwards")
	}
}

// Nothing goes out to a platform that is marked: calls go on by other means at once, the rest
// waits without a try, and comes when the mark is lifted.
func TestNothingGoesOutToAMarkedPlatform(t *testing.T) {
	w := newWays(t)
	w.closed.Store(true)
	id := w.report("r1")
	for range 30 {
		w.drain()
		w.clock.move(10 * time.Second)
	}
	if sent := w.by[incident.ByChat].keys(""); sent != nil {
		t.Fatalf("sent %q", sent)
	}
	if w.pages(incident.ByPhone, "佐藤") == 0 || !slices.Contains(w.trouble(id, "佐藤"), incident.TroubleCompromised) {
		t.Errorf("not passed on: %q", w.trouble(id, "佐藤"))
	}
	list, err := w.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.By() == incident.ByChat && (m.State != workflows.MessagePending || m.Attempt > 0) {
			t.Errorf("%s is %s after %d tries", m.Key, m.State, m.Attempt)
		}
	}
	w.closed.Store(false)
	w.clock.move(time.Minute)
	w.drain()
	w.clock.move(time.Minute)
	w.drain()
	if w.pages(incident.ByChat, "佐藤") == 0 || len(w.by[incident.ByChat].keys("card:")) == 0 || len(w.by[incident.ByChat].keys("reporter:")) == 0 {
		t.Errorf("after the mark was lifted came %q", w.by[incident.ByChat].keys(""))
	}
}

// A platform that hangs holds up nobody: after five seconds the others are asked, also for the
// calls that wait for a lane.
func TestAPlatformThatHangsHoldsNobodyUp(t *testing.T) {
	if os.Getenv("HIKESHI_TEST_DATABASE") == "postgres" {
		t.Skip("in a bubble of time nothing is heard of a server; what is tested here asks none")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWays(t)
		freed := make(chan struct{})
		w.by[incident.ByChat].answer = func(ctx context.Context, d chat.Delivery) error {
			select {
			case <-freed:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		rang := make(chan time.Time, 100)
		w.by[incident.ByPhone].answer = func(context.Context, chat.Delivery) error { rang <- time.Now(); return nil }
		w.by[incident.ByMail].answer = func(context.Context, chat.Delivery) error { return errors.New("500") }
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.courier.Run(ctx); close(done) }()
		begun := time.Now()
		for i := range 6 {
			w.report(fmt.Sprintf("r%d", i))
		}
		w.courier.Wake()
		for range 12 { // the lead and the system administrator of each
			if at := <-rang; at.Sub(begun) > 12*time.Second {
				t.Errorf("rang after %v", at.Sub(begun))
			}
		}
		close(freed)
		for range 6 {
			<-time.After(30 * time.Second) // of the bubble's time
			w.clock.move(30 * time.Second)
			w.courier.Wake()
		}
		<-time.After(time.Minute)
		if got := w.pages(incident.ByChat, "佐藤"); got < 6 {
			t.Errorf("%d cards have arrived afterwards", got)
		}
		stop()
		<-done
	})
}

// Where an account has to be looked up and the platform does not answer, nobody else waits for the
// lookup: the timers and the other calls go on.
func TestALookupThatHangsHoldsNobodyUp(t *testing.T) {
	if os.Getenv("HIKESHI_TEST_DATABASE") == "postgres" {
		t.Skip("in a bubble of time nothing is heard of a server; what is tested here asks none")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWays(t)
		route := w.courier.Route
		w.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
			if m.By() == incident.ByChat {
				<-time.After(5 * time.Second) // of the bubble's time
				return nil, chat.Target{}, errors.New("no answer")
			}
			return route(m)
		}
		w.courier.RenderJoined = func(context.Context, []workflows.Message) (chat.Card, error) { return chat.Card{}, nil }
		w.courier.Joins = func(workflows.Message) bool { return false }
		rang := make(chan time.Time, 100)
		w.by[incident.ByPhone].answer = func(context.Context, chat.Delivery) error { rang <- time.Now(); return nil }
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.courier.Run(ctx); close(done) }()
		begun := time.Now()
		for i := range 6 {
			w.report(fmt.Sprintf("r%d", i))
		}
		w.courier.Wake()
		for range 12 { // the lead and the system administrator of each
			if at := <-rang; at.Sub(begun) > 12*time.Second {
				t.Errorf("rang after %v", at.Sub(begun))
			}
		}
		stop()
		<-done
	})
}

// Killed while a call is being made, by whatever means: it is made again, marked.
func TestACallThatWasUnderWayIsMadeAgainByEveryMeans(t *testing.T) {
	for _, by := range incident.AllMeans {
		t.Run(string(by), func(t *testing.T) {
			w := newWays(t)
			if by == incident.ByPhone {
				w.by[incident.ByChat].answer = func(context.Context, chat.Delivery) error { return errors.New("500") }
				w.by[incident.ByMail].answer = w.by[incident.ByChat].answer
			}
			reached, dead := make(chan struct{}, 50), make(chan struct{})
			w.by[by].answer = func(_ context.Context, d chat.Delivery) error {
				if d.Urgent {
					reached <- struct{}{}
					<-dead // whoever asked is never heard of again
				}
				return nil
			}
			w.report("r1")
			victim := w.another("victim")
			gone := make(chan struct{})
			ctx, stop := context.WithCancel(context.Background())
			go func() { victim.Run(ctx); close(gone) }()
			<-reached
			stop()
			w.by[by] = &platform{}
			w.courier = w.another("second")
			w.clock.move(2 * time.Minute) // every lease of his has run out
			w.drain()
			again := 0
			for _, d := range w.by[by].sent {
				if d.Again && strings.HasPrefix(d.Key, "page:") {
					again++
				}
			}
			if again == 0 {
				t.Errorf("no call came again: %q", w.by[by].keys(""))
			}
			close(dead)
			<-gone
		})
	}
}
