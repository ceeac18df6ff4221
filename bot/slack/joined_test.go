package slack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

// Any member of a private channel can bring in anybody on Slack: whoever does not work on the
// incident is taken out again, and his host told how it is done.
func TestWhoIsBroughtInByHandIsTakenOut(t *testing.T) {
	w := slacktest.New(t)
	sato := w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
	w.AddUser(slacktest.User{ID: "U2", Name: "鈴木"})
	w.AddUser(slacktest.User{ID: "U3", RealName: "渡辺"})
	w.AddUser(slacktest.User{ID: "U4", Name: "高橋"})
	f := openDoor(t, w, &doorDesk{}, overSocket)
	kept, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Topic: "x", Members: []chat.UserID{"slack:U1", "slack:U2"}})
	if err != nil || kept.ID == "" {
		t.Fatal(kept, err)
	}
	id := string(kept.ID)
	members := func() []string {
		c, _ := w.Channel(id)
		return c.Members
	}
	sato.Invite(id, "U3")
	w.Wait("the stranger is out", func() bool { return !slices.Contains(members(), "U3") })
	sato.WaitText("", "渡辺さんが#inc-2026-0001に加わったため、外しました")
	// Also where he was seen there, and taken out, before Slack tells of it.
	w.Hold()
	sato.Invite(id, "U4")
	if err := f.lookAround(t.Context()); err != nil || slices.Contains(members(), "U4") {
		t.Errorf("members %q, %v", members(), err)
	}
	w.Release(false)
	sato.WaitText("", "高橋さんが#inc-2026-0001に加わったため、外しました")
	// Somebody who does belong there may come in by hand, too.
	w.Leave(id, "U2")
	sato.Invite(id, "U2")
	idle(w, f)
	if got := members(); !slices.Contains(got, "U2") || len(got) != 3 {
		t.Errorf("members %q", got)
	}
	// Where he cannot be taken out just now, nothing is said in the channel until he is.
	w.Fail("conversations.kick", 20, slacktest.ServerError)
	sato.Invite(id, "U3")
	idle(w, f)
	d := chat.Delivery{Key: "feed:1", To: chat.Target{Channel: "inc-2026-0001"}, Card: chat.Card{Title: "内密の話"}}
	if _, err := f.Send(t.Context(), d); !isLater(err) {
		t.Errorf("sent with %v", err)
	}
	if got := slacktest.Texts(w.Person("U3").Look(id)); strings.Contains(got, "内密の話") {
		t.Error("somebody who does not belong there reads on")
	}
	w.Mend()
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Topic: "x", Members: []chat.UserID{"slack:U1", "slack:U2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Send(t.Context(), d); err != nil || slices.Contains(members(), "U3") {
		t.Errorf("members %q, sent with %v", members(), err)
	}
	sato.WaitText(id, "内密の話")
}

func isLater(err error) bool {
	_, later := errors.AsType[*chat.Later](err)
	return later
}

// Who was brought in while Slack could not reach us is taken out when it can again, and when the next
// process begins.
func TestWhoIsBroughtInMeanwhileIsTakenOut(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		t.Run(map[bool]string{false: "the line was lost", true: "the process was away"}[restarts], func(t *testing.T) {
			w := slacktest.New(t)
			sato := w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
			w.AddUser(slacktest.User{ID: "U3", RealName: "渡辺"})
			f := newDoor(t, w, overSocket)
			memory := f.config.Memory
			f.Use(&doorDesk{})
			stop := run(t, w, f)
			kept, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Topic: "x", Members: []chat.UserID{"slack:U1"}})
			if err != nil || kept.ID == "" {
				t.Fatal(kept, err)
			}
			id := string(kept.ID)
			stranger := func() bool {
				c, _ := w.Channel(id)
				return slices.Contains(c.Members, "U3")
			}
			if restarts {
				stop()
				w.Join(id, "U3")
				f = newDoor(t, w, overSocket)
				f.config.Memory, f.sender.config.Memory = memory, memory
				f.Use(&doorDesk{})
				run(t, w, f)
			} else {
				w.Join(id, "U3")
				w.DropSockets()
			}
			w.Wait("the stranger is out", func() bool { return !stranger() })
			idle(w, f)
			if c, _ := w.Channel(id); !slices.Contains(c.Members, sato.ID) {
				t.Error("who belongs there was taken out, too")
			}
		})
	}
}

// awayMemory is a memory whose database may be away.
type awayMemory struct {
	*doorMemory
	away atomic.Bool
}

var errAway = errors.New("the database does not answer")

func (m *awayMemory) Recall(ctx context.Context, name string) ([]byte, error) {
	if m.away.Load() {
		return nil, errAway
	}
	return m.doorMemory.Recall(ctx, name)
}

func (m *awayMemory) All(ctx context.Context, prefix string) (map[string][]byte, error) {
	if m.away.Load() {
		return nil, errAway
	}
	return m.doorMemory.All(ctx, prefix)
}

// Who is brought in while the database does not answer is taken out when it does again; until then nothing
// is said in that channel, and people are not kept waiting for ever.
func TestWhoIsBroughtInWhileTheDatabaseIsAway(t *testing.T) {
	w := slacktest.New(t)
	sato := w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
	w.AddUser(slacktest.User{ID: "U3", RealName: "渡辺"})
	f := newDoor(t, w, overSocket, func(p *patience) { p.doubt = 10 * time.Millisecond })
	memory := &awayMemory{doorMemory: &doorMemory{}}
	f.config.Memory, f.sender.config.Memory = memory, memory
	f.Use(&doorDesk{})
	run(t, w, f)
	kept, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Topic: "x", Members: []chat.UserID{"slack:U1"}})
	if err != nil || kept.ID == "" {
		t.Fatal(kept, err)
	}
	id := string(kept.ID)
	idle(w, f)
	memory.away.Store(true)
	sato.Invite(id, "U3")
	w.Wait("the channel is in doubt", func() bool { is, _ := f.doubted(id); return is })
	memory.away.Store(false)
	w.Wait("the stranger is out", func() bool {
		c, _ := w.Channel(id)
		is, _ := f.doubted(id)
		return !is && !slices.Contains(c.Members, "U3")
	})
	idle(w, f)
	d := chat.Delivery{Key: "feed:1", To: chat.Target{Channel: "inc-2026-0001"}, Card: chat.Card{Title: "内密の話"}}
	if _, err := f.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	sato.WaitText(id, "内密の話")
}

// What is to be said in a channel in doubt waits for a moment, and then goes to each by himself.
func TestNothingIsSaidInDoubt(t *testing.T) {
	w := slacktest.New(t)
	sato := w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
	f := newDoor(t, w, overSocket)
	kept, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Topic: "x", Members: []chat.UserID{"slack:U1"}})
	if err != nil || kept.ID == "" {
		t.Fatal(kept, err)
	}
	d := chat.Delivery{Key: "feed:1", To: chat.Target{Channel: "inc-2026-0001"}, Card: chat.Card{Title: "内密の話"}}
	f.doubt(string(kept.ID), errAway)
	if _, err := f.Send(t.Context(), d); !isLater(err) {
		t.Errorf("sent with %v", err)
	}
	f.doubts.Postpone(time.Now().Add(-leaving))
	if _, err := f.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	sato.WaitText("", "内密の話")
	if got := slacktest.Texts(sato.Look(string(kept.ID))); strings.Contains(got, "内密の話") {
		t.Error("it was said in the channel")
	}
}
