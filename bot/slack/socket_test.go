package slack

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

// numbered is a desk that does each request once, as the real one does, and answers a repeat
// as the first.
type numberedDesk struct {
	doorDesk
	mu      sync.Mutex
	numbers map[string]int
}

func newNumbered() *numberedDesk {
	d := &numberedDesk{numbers: map[string]int{}}
	d.handle = func(_ context.Context, r chat.Request) chat.Reply {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.numbers[r.ID] == 0 {
			d.numbers[r.ID] = len(d.numbers) + 1
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: fmt.Sprintf("番号〔%d〕", d.numbers[r.ID])}}}
	}
	return d
}

func (d *numberedDesk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.numbers)
}

// Every event comes twice, under new envelopes, on two connections, and some connections break
// while it is on its way: each is done once and answered once.
func TestEachIsDoneOnceThroughBrokenSockets(t *testing.T) {
	w := slacktest.New(t)
	desk := newNumbered()
	f := openDoor(t, w, desk, overSocket)
	w.Twice(true)
	const people = 12
	var all sync.WaitGroup
	for i := range people {
		p := w.AddUser(slacktest.User{ID: fmt.Sprint("U10", i)})
		if i%3 == 0 {
			w.DropDuring(1)
		}
		all.Go(func() { p.DM("報告です") })
	}
	all.Wait()
	w.Wait("all requests", func() bool { return desk.count() == people })
	for i := range people {
		p := w.Person(fmt.Sprint("U10", i))
		p.WaitText("", "番号〔")
	}
	w.Wait("both sockets again", func() bool { return w.Sockets() == sockets })
	idle(w, f)
	for i := range people {
		if n := strings.Count(slacktest.Texts(w.Person(fmt.Sprint("U10", i)).DMs()), "番号〔"); n != 1 {
			t.Errorf("person %d was answered %d times", i, n)
		}
	}
	if lost := w.Lost(); len(lost) > 0 {
		t.Errorf("lost: %q", lost)
	}
}

// A form whose acknowledgement got lost is acknowledged as before when it comes again: else
// its window would hang.
func TestARepeatedFormIsAcknowledgedAsBefore(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		form := doorForm("d-1")
		if r.Kind == chat.Submitted {
			form.Inputs[0].Error = "短すぎます"
		}
		return chat.Reply{Form: &form}
	}}
	f := openDoor(t, w, desk, overSocket)
	p.Slash("", "")
	p.WaitModal("何が起きましたか")
	p.Type("text", "x")
	p.Submit()
	if got := p.Modal().Input("text").Error; got != "短すぎます" {
		t.Fatalf("the error: %q", got)
	}
	before := len(desk.requests())
	p.Repeat()
	idle(w, f)
	if n := len(desk.requests()) - before; n != 0 {
		t.Errorf("a repeat that was answered reached the desk %d times", n)
	}
	// The same form sent again is another sending, under the same ID.
	p.Submit()
	idle(w, f)
	asked := desk.requests()
	if len(asked) != before+1 || asked[len(asked)-1].ID != asked[len(asked)-2].ID {
		t.Errorf("sent again: %+v", asked)
	}
}

func TestAStalledSocketIsNoticed(t *testing.T) {
	w := slacktest.New(t, slacktest.PingEvery(50*time.Millisecond))
	p := w.AddUser(slacktest.User{ID: "U1"})
	f := openDoor(t, w, &doorDesk{}, overSocket, func(p *patience) { p.ping = 300 * time.Millisecond })
	opened := w.Done("apps.connections.open")
	w.Stall()
	w.Wait("new sockets", func() bool { return w.Done("apps.connections.open") >= opened+sockets && w.Sockets() == sockets })
	p.DM("聞こえますか")
	p.WaitText("", "受け付けました")
	if ok, _ := f.Live(); !ok {
		t.Error("it is live again and says otherwise")
	}
}

// Slack that lets nobody in for a while is asked again and again, with pauses.
func TestTheSocketIsOpenedAgainForEver(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	f := openDoor(t, w, &doorDesk{}, overSocket)
	w.Wait("live", func() bool { ok, _ := f.Live(); return ok })
	w.Fail("apps.connections.open", 6, slacktest.ServerError)
	w.DropSockets()
	w.Wait("the line is down", func() bool { ok, _ := f.Live(); return !ok })
	w.Wait("both sockets again", func() bool { return w.Sockets() == sockets })
	for range 4 { // as Slack refreshes them
		w.Disconnect("refresh_requested")
		w.Wait("both sockets again", func() bool { return w.Sockets() == sockets })
	}
	p.DM("聞こえますか")
	p.WaitText("", "受け付けました")
}

// What is under way when the program ends is finished; what comes after is not acknowledged.
func TestWhatIsUnderWayIsFinished(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	answer, asked := make(chan struct{}), make(chan struct{})
	desk := &doorDesk{handle: func(context.Context, chat.Request) chat.Reply {
		close(asked)
		<-answer
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "最後の返答"}}}
	}}
	f := newDoor(t, w, overSocket)
	f.Use(desk)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	w.Wait("both sockets", func() bool { return w.Sockets() == sockets })
	p.Slash("", "報告")
	<-asked
	cancel()
	close(answer)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := slacktest.Texts(p.DMs()); !strings.Contains(got, "最後の返答") {
		t.Errorf("shown: %s", got)
	}
	w.Wait("no socket", func() bool { return w.Sockets() == 0 })
}

// What was held up arrives in the wrong order: each is answered for itself.
func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	desk := newNumbered()
	f := openDoor(t, w, desk, overSocket)
	w.Hold()
	w.Twice(true)
	first, second := p.DM("一つ目"), p.DM("二つ目")
	w.Release(true)
	w.Wait("both", func() bool { return desk.count() == 2 })
	idle(w, f)
	for _, r := range desk.requests() {
		want := map[string]string{"一つ目": first, "二つ目": second}[r.Text]
		if !strings.HasSuffix(r.ID, ":"+want) || !r.At.Equal(instant(want, time.Time{})) {
			t.Errorf("%q came as %s at %v", r.Text, r.ID, r.At)
		}
	}
	if n := strings.Count(slacktest.Texts(p.DMs()), "番号〔"); n != 2 {
		t.Errorf("%d answers", n)
	}
}
