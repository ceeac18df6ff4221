package discord

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// mark is how far a person's direct conversation is noted to be heard.
func (m *doorMemory) mark(p *discordtest.Person) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return string(m.by[heardPrefix+p.Direct()])
}

// soonAgain lets a front end look again soon, and not wait for the pace of calls that fail.
func soonAgain(log *watched) func(*Front) {
	return func(f *Front) {
		f.patience.missed, f.log = 50*time.Millisecond, log.logger()
		f.api.pace.guess = bucket{limit: 1e6, window: time.Nanosecond}
	}
}

func asked(desk *doorDesk, text string) bool {
	return slices.ContainsFunc(desk.requests(), func(r chat.Request) bool { return r.Text == text })
}

// Two messages of one person are worked on side by side, and the process is gone when the later one
// is done with: the next one looks for the earlier one.
func TestAMessageUnderWayIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	release := make(chan struct{})
	desk, memory := &doorDesk{}, &doorMemory{}
	desk.handle = func(_ context.Context, r chat.Request) chat.Reply {
		if r.Text == "PCを落とした" {
			<-release
		}
		return chat.Reply{Cards: []chat.Card{{Title: r.Text + "、ですね"}}}
	}
	f := openDoor(t, g, desk, remembering(memory))
	first := p.DM("PCを落とした")
	g.Wait("the first", func() bool { return len(desk.requests()) == 1 })
	second := p.DM("見つからない")
	p.WaitText("", "見つからない、ですね")
	g.Wait("a note", func() bool { return memory.mark(p) != "" })
	if mark := memory.mark(p); !newerID(first, mark) {
		t.Errorf("heard up to %s, while %s is under way", mark, first)
	}
	left := &doorMemory{} // as the process would leave it
	memory.mu.Lock()
	left.by = maps.Clone(memory.by)
	memory.mu.Unlock()
	next := &doorDesk{}
	openDoor(t, g, next, remembering(left))
	g.Wait("the first to be heard", func() bool { return asked(next, "PCを落とした") })
	close(release)
	p.WaitText("", "PCを落とした、ですね")
	idle(g, f)
	if mark := memory.mark(p); mark != second {
		t.Errorf("heard up to %s, want %s", mark, second)
	}
}

// The answer to a direct message cannot be shown: the message is not heard, and is answered when
// Discord takes it, also where another process has begun by then, and where more is written
// meanwhile.
func TestWhatCouldNotBeAnsweredIsAnsweredLater(t *testing.T) {
	t.Parallel()
	for name, restarts := range map[string]bool{"the same process": false, "the next one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := discordtest.New(t)
			g.Unlimited(true)
			p := g.AddMember("山本")
			g.AddChannel("general")
			desk, memory, log := &doorDesk{}, &doorMemory{}, &watched{}
			desk.handle = func(_ context.Context, r chat.Request) chat.Reply {
				return chat.Reply{Cards: []chat.Card{{Title: r.Text + "、ですね"}}}
			}
			soon := soonAgain(log)
			f := newDoor(t, g, remembering(memory), soon)
			f.Use(desk)
			stop := runDoor(t, g, f)
			g.Fail(discordtest.CreateMessage, 1000, discordtest.ServerError)
			first := p.DM("PCを落とした")
			g.Wait("a second look", func() bool { return strings.Count(log.String(), "an answer could not be shown") >= 2 })
			g.Mend()
			g.Fail(discordtest.ListMessages, 1, discordtest.ServerError)
			second := p.DM("見つからない")
			if restarts {
				stop()
				if mark := memory.mark(p); mark != "" && !newerID(first, mark) {
					t.Errorf("heard up to %s, while %s is not answered", mark, first)
				}
				g.ForgetSessions()
				f = newDoor(t, g, remembering(memory), soon)
				f.Use(desk)
				runDoor(t, g, f)
			}
			p.WaitText("", "PCを落とした、ですね")
			p.WaitText("", "見つからない、ですね")
			g.Wait("it to be noted", func() bool { return memory.mark(p) != "" && !newerID(second, memory.mark(p)) })
			idle(g, f)
			if len(f.hearing.gaps()) > 0 || told(p, "PCを落とした、ですね") != 1 || told(p, "見つからない、ですね") != 1 {
				t.Errorf("left %v: %s", f.hearing.gaps(), discordtest.Texts(p.DMs()))
			}
		})
	}
}

// What Discord refuses for good is not tried for an hour; nor is what its author has deleted.
func TestWhatCannotBeAnsweredIsLeft(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	g.Unlimited(true)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory, log := &doorDesk{}, &doorMemory{}, &watched{}
	f := openDoor(t, g, desk, remembering(memory), soonAgain(log))
	g.CloseDMs(p.ID, true)
	refused := p.DM("PCを落とした")
	g.Wait("it to be noted", func() bool { return memory.mark(p) == refused })
	idle(g, f)
	if n := len(desk.requests()); n != 1 {
		t.Errorf("asked %d times", n)
	}
	g.CloseDMs(p.ID, false)
	g.Fail(discordtest.CreateMessage, 1000, discordtest.ServerError)
	deleted := p.DM("見つからない")
	g.Wait("it to wait", func() bool { return len(f.hearing.waiting(p.Direct())) == 1 })
	g.RemoveMessage(p.Direct(), deleted)
	g.Wait("it to be left", func() bool { return len(f.hearing.gaps()) == 0 })
	idle(g, f)
}

// A look that comes too late gives up what is older than an hour, and nothing else.
func TestAnAnswerWaitsForAnHour(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	f := newDoor(t, g)
	now := f.clock()
	f.hearing.waits("1001", "7", now.Add(-missedWithin-time.Minute))
	f.hearing.waits("1001", "8", now)
	f.hearing.behind["1001"] = gap{after: "5", since: now}
	if g := f.hearing.gaps()["1001"]; g.after != "5" || !g.since.Before(now) {
		t.Errorf("%+v", g)
	}
	if err := f.lookThrough(t.Context(), &doorDesk{}, "1001", f.hearing.gaps()["1001"]); err != nil {
		t.Error(err)
	}
	if g := f.hearing.gaps()["1001"]; g.after != "5" || len(f.hearing.waiting("1001")) != 1 {
		t.Errorf("left %+v, waiting %v", g, f.hearing.waiting("1001"))
	}
	delete(f.hearing.behind, "1001")
	if g := f.hearing.gaps()["1001"]; g.after != "7" {
		t.Errorf("it is looked after %s", g.after)
	}
}

// slowMemory keeps the first note waiting.
type slowMemory struct {
	*doorMemory
	held           atomic.Bool
	under, release chan struct{}
}

func (m *slowMemory) Remember(ctx context.Context, name string, value []byte) error {
	if m.held.CompareAndSwap(false, true) {
		close(m.under)
		<-m.release
	}
	return m.doorMemory.Remember(ctx, name, value)
}

// A note that is slow to be written does not take the place of one that goes further.
func TestASlowNoteDoesNotTakeANewerOnesPlace(t *testing.T) {
	t.Parallel()
	memory := &slowMemory{doorMemory: &doorMemory{}, under: make(chan struct{}), release: make(chan struct{})}
	f := newDoor(t, discordtest.New(t), func(f *Front) { f.config.Memory = memory })
	var first sync.WaitGroup
	first.Go(func() { f.heard(t.Context(), "1001", "7") })
	<-memory.under
	f.heard(t.Context(), "1001", "8")
	close(memory.release)
	first.Wait()
	if got := string(memory.by[heardPrefix+"1001"]); got != "8" {
		t.Errorf("heard up to %s", got)
	}
}

// What is delivered again holds nothing up.
func TestWhatIsDeliveredAgainIsNotUnderWay(t *testing.T) {
	t.Parallel()
	f := newDoor(t, discordtest.New(t))
	if !f.hearing.comes("1001", "7") || f.hearing.comes("1001", "7") {
		t.Error("it comes once")
	}
	f.heard(t.Context(), "1001", "7")
	if f.hearing.comes("1001", "7") || len(f.hearing.under) > 0 {
		t.Errorf("under way: %v", f.hearing.under)
	}
}

func TestTheIDBefore(t *testing.T) {
	for id, want := range map[string]string{"1000": "999", "1476123456789012345": "1476123456789012344", "0": "0", "x": "x"} {
		if got := before(id); got != want {
			t.Errorf("before %s is %s, want %s", id, got, want)
		}
	}
}
