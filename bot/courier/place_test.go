package courier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// house stands in for a platform with channels of its own: what goes to one that is not
// there yet is put off.
type house struct {
	platform
	keep   func(p chat.Place) (chat.Kept, error)
	places map[string]chat.Place // as they are
	order  []string
	key    sync.Mutex
}

func (h *house) Keep(_ context.Context, p chat.Place) (chat.Kept, error) {
	h.key.Lock()
	defer h.key.Unlock()
	kept, err := h.keep(p)
	if kept.ID != "" {
		h.places[p.Channel] = p
	}
	h.order = append(h.order, fmt.Sprintf("keep %s ended=%v", p.Channel, p.Ended))
	return kept, err
}

func (h *house) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	h.key.Lock()
	place, there := h.places[d.To.Channel]
	if d.To.Channel != "" {
		h.order = append(h.order, "say "+d.Key)
	}
	h.key.Unlock()
	if d.To.Channel != "" && !there {
		if h.answer != nil && errors.Is(h.answer(ctx, d), chat.ErrGone) {
			return "", chat.ErrGone
		}
		return "", &chat.Later{Wait: 5 * time.Second}
	}
	if place.Ended {
		return "", errors.New("is_archived")
	}
	return h.platform.Send(ctx, d)
}

func newHouse() *house {
	return &house{places: map[string]chat.Place{}, keep: func(p chat.Place) (chat.Kept, error) {
		return chat.Kept{ID: chat.PlaceID("C-" + p.Channel), Link: "https://chat.example/" + p.Channel}, nil
	}}
}

// settle puts a service with channels over the bench's store, and a courier for a house.
func (b *bench) settle(fe chat.Frontend, log *slog.Logger) {
	b.t.Helper()
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.service, err = workflows.New(b.t.Context(), workflows.Options{Store: b.store, Clock: b.clock, Book: book, Practice: true, Places: []string{"test"}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.courier = courier.New(courier.Config{
		Service: b.service, Owner: "first", Log: log,
		Render: func(_ context.Context, m workflows.Message) (chat.Card, error) {
			return chat.Card{Key: m.Key, Title: string(m.Kind)}, nil
		},
		Route: func(m workflows.Message) (chat.Frontend, chat.Target, error) {
			if m.To == "" {
				return fe, chat.Target{Channel: strings.ToLower(string(m.Incident))}, nil
			}
			return fe, chat.Target{User: chat.UserID("test:" + string(m.To))}, nil
		},
		Attach: func(_ context.Context, m workflows.Message) (*chat.Document, error) {
			return &chat.Document{Name: "report." + string(m.ReportFormat())}, nil
		},
		Place: func(ctx context.Context, m workflows.Message) (chat.Place, []workflows.PlaceMissing, error) {
			in, err := b.store.Incident(ctx, m.Incident)
			if err != nil {
				return chat.Place{}, nil, err
			}
			p := chat.Place{Channel: strings.ToLower(string(in.ID)), Topic: in.Title, Ended: in.Phase.Ended()}
			for _, x := range in.Circle {
				p.Members = append(p.Members, chat.UserID("test:"+string(x.Person)))
			}
			return p, []workflows.PlaceMissing{{Person: "p-none", Why: "gone"}}, nil
		},
		Person: func(u chat.UserID) incident.PersonID {
			return incident.PersonID(strings.TrimPrefix(string(u), "test:"))
		},
	})
}

// The reason that no other channel makes up for goes by one name.
func TestWhoStaysIsCalledTheSame(t *testing.T) {
	if string(chat.ProblemSeesAll) != workflows.WhySeesAll {
		t.Errorf("%q and %q", chat.ProblemSeesAll, workflows.WhySeesAll)
	}
	if string(chat.ProblemStays) != workflows.WhyStays {
		t.Errorf("%q and %q", chat.ProblemStays, workflows.WhyStays)
	}
}

// On a platform that others read no channel is made, changed or filled with people; it is when
// the mark is lifted.
func TestNoChannelIsKeptOnAClosedPlatform(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	b.settle(h, slog.New(slog.DiscardHandler))
	closed := true
	b.courier.Closed = func(context.Context, string) (bool, error) { return closed, nil }
	id := b.report("the ledger was stolen")
	b.drain()
	if len(h.order) > 0 {
		t.Fatalf("while it is closed: %q", h.order)
	}
	closed = false
	b.clock.move(time.Minute)
	b.drain()
	if want := "keep " + strings.ToLower(string(id)) + " ended=false"; !slices.Contains(h.order, want) {
		t.Errorf("when it is open again: %q, want %s", h.order, want)
	}
}

// The card that went elsewhere meanwhile comes back to its channel.
func TestTheCardComesBackToTheChannel(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		b := newBench(t)
		h := newHouse()
		b.settle(h, slog.New(slog.DiscardHandler))
		keep, kept := h.keep, 0
		h.keep = func(p chat.Place) (chat.Kept, error) {
			got, err := keep(p)
			kept++
			got.NoCard = elsewhere && kept == 2 // when the card has gone out
			return got, err
		}
		id := b.report("r1")
		b.drain()
		cards := len(slices.DeleteFunc(h.order, func(s string) bool { return s != "say card:"+string(id) }))
		if want := map[bool]int{false: 1, true: 2}[elsewhere]; cards != want {
			t.Errorf("elsewhere: %v; the card went to the channel %d times, want %d", elsewhere, cards, want)
		}
	}
}

func TestTheChannelComesFirstAndItsEndLast(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	b.settle(h, slog.New(slog.DiscardHandler))
	id := b.report("r1")
	channel := strings.ToLower(string(id))
	b.drain()
	if len(h.order) < 2 || h.order[0] != "keep "+channel+" ended=false" || h.order[1] != "say card:"+string(id) {
		t.Errorf("a new incident: %q", h.order)
	}
	kept, ok, err := b.service.PlaceOf(t.Context(), id, "")
	if err != nil || !ok || kept.ID != "C-"+channel || kept.Link == "" || len(kept.Missing) != 1 || kept.Missing[0].Person != "p-none" {
		t.Errorf("remembered %+v, %v, %v", kept, ok, err)
	}
	if got := h.keys("absent:"); !slices.Equal(got, []string{"absent:" + string(id)}) {
		t.Errorf("of the missing is said %q", got)
	}
	// What is put off or refused comes before the end all the same.
	h.order = nil
	refuse := true
	h.answer = func(_ context.Context, d chat.Delivery) error {
		if refuse && strings.HasPrefix(d.Key, "feed:") {
			return &chat.Later{Wait: time.Second}
		}
		return nil
	}
	b.do("end", "佐藤", id, incident.Dismiss{Reason: "誤報"})
	b.drain()
	if slices.Contains(h.order, "keep "+channel+" ended=true") {
		t.Errorf("the channel ended before all was said: %q", h.order)
	}
	refuse = false
	for range 5 {
		b.clock.move(5 * time.Second)
		b.drain()
	}
	if n := len(h.order); n == 0 || h.order[n-1] != "keep "+channel+" ended=true" {
		t.Errorf("in the end: %q", h.order)
	}
	if len(h.keys("feed:")) == 0 {
		t.Error("the end was not said in the channel")
	}
}

// What waits for a channel that never came must not keep its end from coming, or both would
// wait for each other for ever.
func TestAnIncidentThatEndsBeforeItsChannelIsMadeComesToRest(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	b.settle(h, slog.New(slog.DiscardHandler))
	ended := map[string]bool{}
	h.keep = func(p chat.Place) (chat.Kept, error) {
		if !p.Ended {
			return chat.Kept{}, &chat.Later{Wait: 3 * time.Second}
		}
		ended[p.Channel] = true
		return chat.Kept{}, nil
	}
	h.answer = func(_ context.Context, d chat.Delivery) error {
		if d.To.Channel != "" && ended[d.To.Channel] {
			return chat.ErrGone
		}
		return nil
	}
	id := b.report("r1")
	b.drain()
	b.do("end", "佐藤", id, incident.Dismiss{Reason: "誤報"})
	for range 10 {
		b.clock.move(10 * time.Second)
		b.drain()
	}
	if waits, err := b.service.ChannelWaits(t.Context(), id, ""); err != nil || waits || !ended[strings.ToLower(string(id))] {
		t.Errorf("waiting for the channel: %v, %v; ended %v", waits, err, ended)
	}
	if got := h.keys("absent:"); len(got) > 0 {
		t.Errorf("people are told of a channel that nobody needs: %q", got)
	}
}

// Nothing is said in a channel in which somebody is who was left out; its end waits for what
// is to be said. So he goes first, also at the end.
func TestWhoWasLeftOutGoesBeforeTheEnd(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	b.settle(h, slog.New(slog.DiscardHandler))
	id := b.report("r1")
	channel := strings.ToLower(string(id))
	b.drain()
	out := b.person("鈴木").ID
	h.answer = func(_ context.Context, d chat.Delivery) error {
		h.key.Lock()
		defer h.key.Unlock()
		if d.To.Channel != "" && slices.Contains(h.places[channel].Members, chat.UserID("test:"+string(out))) {
			return &chat.Later{Wait: time.Second}
		}
		return nil
	}
	b.do("out", "佐藤", id, incident.Restrict{Exclude: []incident.PersonID{out}, Reason: "関係者"})
	b.do("end", "佐藤", id, incident.Dismiss{Reason: "誤報"})
	h.order = nil
	for range 10 {
		b.clock.move(5 * time.Second)
		b.drain()
	}
	if n := len(h.order); n == 0 || h.order[n-1] != "keep "+channel+" ended=true" {
		t.Errorf("in the end: %q", h.order)
	}
	if waits, err := b.service.ChannelWaits(t.Context(), id, ""); err != nil || waits {
		t.Errorf("still waiting: %v, %v", waits, err)
	}
}

func TestWhatIsPutOffIsNoTry(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	var log bytes.Buffer
	b.settle(h, slog.New(slog.NewTextHandler(&log, nil)))
	made := h.keep
	calls := 0
	h.keep = func(chat.Place) (chat.Kept, error) {
		calls++
		return chat.Kept{}, &chat.Later{Wait: 3 * time.Second}
	}
	const many = 40
	var ids []incident.ID
	for i := range many {
		ids = append(ids, b.report(fmt.Sprint("r", i)))
	}
	b.drain()
	if pages := b.platformPages(h); pages < many {
		t.Errorf("%d pages left while the channels were waited for", pages)
	}
	if calls != many {
		t.Errorf("%d tries of %d channels within an instant", calls, many)
	}
	// They come back spread out, and not all of them each time.
	calls = 0
	for range 30 {
		b.clock.move(time.Second)
		b.drain()
	}
	if calls < many || calls > 30*many/6 {
		t.Errorf("%d tries of %d channels in 30 s", calls, many)
	}
	for _, id := range ids {
		list, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true, Places: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if (m.Kind == incident.NoticePlace || m.Kind == incident.NoticeCard) && (m.Attempt != 0 || m.Resent || m.Error != "" || m.State != workflows.MessagePending) {
				t.Errorf("%s: %+v", m.Key, m)
			}
		}
	}
	if strings.Contains(log.String(), "WARN") {
		t.Errorf("somebody is warned of a wait:\n%s", log.String())
	}
	// As soon as the channel is there, what waited for it leaves, whenever it was put off to.
	h.keep = made
	at := b.clock.Now()
	for len(h.keys("card:")) < many && b.clock.Now().Sub(at) < 3*time.Minute {
		b.clock.move(time.Second)
		b.drain()
		if got := len(h.keys("card:")); got < len(h.places) {
			t.Fatalf("%d channels are there and %d cards", len(h.places), got)
		}
	}
	if got := len(h.keys("card:")); got != many {
		t.Errorf("%d cards after three minutes, want %d", got, many)
	}
	for _, d := range h.sent {
		if d.Again {
			t.Errorf("%s is marked as sent again", d.Key)
		}
	}
}

func (b *bench) platformPages(h *house) int { return len(h.keys("page:")) }

func TestWhereNobodyKeepsChannelsNothingFails(t *testing.T) {
	b := newBench(t)
	b.settle(b.platform, slog.New(slog.DiscardHandler))
	id := b.report("r1")
	b.drain()
	list, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true, Places: true})
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(list, func(m workflows.Message) bool { return m.Kind == incident.NoticePlace }); i < 0 || list[i].State != workflows.MessageSent {
		t.Errorf("the notice of the channel is not finished: %+v", list)
	}
}

func TestWithoutAChannelEachOfTheCircleHears(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	h.keep = func(p chat.Place) (chat.Kept, error) {
		return chat.Kept{Problem: chat.ProblemForbidden, Missing: []chat.Missing{{User: p.Members[0], Why: chat.ProblemGuest}}}, nil
	}
	b.settle(h, slog.New(slog.DiscardHandler))
	id := b.report("r1")
	b.drain()
	in, err := b.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.keys("absent:" + string(id) + ":"); len(got) != len(in.Circle) {
		t.Errorf("%q hear of it, want %d", got, len(in.Circle))
	}
	kept, _, err := b.service.PlaceOf(t.Context(), id, "")
	if err != nil || kept.Problem != "forbidden" || !slices.Contains(kept.Missing, workflows.PlaceMissing{Person: in.Circle[0].Person, Why: "guest"}) {
		t.Errorf("remembered %+v, %v", kept, err)
	}
}

func TestAReportComesAsAFile(t *testing.T) {
	b := newBench(t)
	h := newHouse()
	b.settle(h, slog.New(slog.DiscardHandler))
	id := b.report("r1")
	if err := b.service.Share(t.Context(), "press", b.person("佐藤").ID, id, incident.ReportDocx); err != nil {
		t.Fatal(err)
	}
	b.drain()
	for _, d := range h.sent {
		if want := strings.HasPrefix(d.Key, "report:"); (d.Document != nil) != want || want && d.Document.Name != "report.docx" {
			t.Errorf("%s brings %+v", d.Key, d.Document)
		}
	}
	if len(h.keys("report:")) != 1 {
		t.Error("the report was not sent")
	}
}

// What need not be said any more was not lost on anybody: it does not count as undelivered.
func TestWhatIsSettledIsDropped(t *testing.T) {
	b := newBench(t)
	id := b.report("r1")
	b.courier.Render = func(_ context.Context, m workflows.Message) (chat.Card, error) {
		if m.Kind == incident.NoticeReporter {
			return chat.Card{}, fmt.Errorf("over: %w", workflows.ErrSettled)
		}
		return chat.Card{Key: m.Key}, nil
	}
	b.drain()
	list, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		want := workflows.MessageSent
		if m.Kind == incident.NoticeReporter {
			want = workflows.MessageDropped
		}
		if m.State != want || m.Error != "" {
			t.Errorf("%s is %s (%s), want %s", m.Key, m.State, m.Error, want)
		}
	}
	if w, err := b.service.Backlog(t.Context()); err != nil || w.Undelivered != 0 {
		t.Errorf("%d undelivered, %v", w.Undelivered, err)
	}
}

// slowHouse takes its time for each channel, as a platform does that lets nobody ask too often.
type slowHouse struct {
	*house
	begun chan struct{}
}

func (h slowHouse) Keep(ctx context.Context, p chat.Place) (chat.Kept, error) {
	h.begun <- struct{}{}
	<-time.After(8 * time.Second)
	return h.house.Keep(ctx, p)
}

// Channels that take their time do not make a platform count as down: everybody would be called by
// other means, though it works.
func TestSlowChannelsSayNothingOfThePlatform(t *testing.T) {
	if os.Getenv("HIKESHI_TEST_DATABASE") == "postgres" {
		t.Skip("in a bubble of time nothing is heard of a server; what is tested here asks none")
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		h := slowHouse{newHouse(), make(chan struct{}, 10)}
		b.settle(h, slog.New(slog.DiscardHandler))
		for _, key := range []string{"r1", "r2", "r3", "r4"} {
			b.report(key)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.courier.Run(ctx); close(ended) }()
		for range 4 {
			<-h.begun
		}
		<-time.After(7 * time.Second)
		if b.courier.Down(h.Name()) {
			t.Error("it counts as down")
		}
		stop()
		<-ended
	})
}
