package slack

import (
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
	// Somebody who does belong there may come in by hand, too.
	w.Leave(id, "U2")
	sato.Invite(id, "U2")
	idle(w, f)
	if got := members(); !slices.Contains(got, "U2") || len(got) != 3 {
		t.Errorf("members %q", got)
	}
	// Where nobody may be taken out, nothing is said in the channel any more.
	w.Fail("conversations.kick", 1, slacktest.ServerError)
	sato.Invite(id, "U3")
	idle(w, f)
	d := chat.Delivery{Key: "feed:1", To: chat.Target{Channel: "inc-2026-0001"}, Card: chat.Card{Title: "内密の話"}}
	if _, err := f.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := slacktest.Texts(w.Person("U3").Look(id)); strings.Contains(got, "内密の話") {
		t.Error("somebody who does not belong there reads on")
	}
	sato.WaitText("", "内密の話")
}
