package slack

import (
	"errors"
	"slices"
	"strings"
	"testing"

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
