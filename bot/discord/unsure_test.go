package discord

import (
	"context"
	"sync/atomic"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// longAgo lets all that is known of people be old.
func longAgo(f *Front) {
	f.people.mu.Lock()
	defer f.people.mu.Unlock()
	for id, k := range f.people.by {
		k.at = k.at.Add(-2 * absentFresh)
		f.people.by[id] = k
	}
}

// TestWhoWasKickedMayNotGoOnInDirectMessages: whoever is not in the server any more is known to be
// so within a minute, whatever was known of him; where Discord cannot be asked, the desk knows
// that it is not sure.
func TestWhoWasKickedMayNotGoOnInDirectMessages(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one := g.AddMember("一")
	var unsure atomic.Int32
	desk := &doorDesk{handle: func(ctx context.Context, _ chat.Request) chat.Reply {
		if chat.IsUnsure(ctx) {
			unsure.Add(1)
		}
		return chat.Reply{Cards: []chat.Card{{Title: "答え"}}}
	}}
	f := openDoor(t, g, desk)
	one.DM("一つ目")
	g.Wait("the answer", func() bool { return len(desk.requests()) == 1 })
	idle(g, f)
	asked := g.Done(discordtest.GetMember)
	one.DM("二つ目")
	g.Wait("the answer", func() bool { return len(desk.requests()) == 2 })
	idle(g, f)
	if n := g.Done(discordtest.GetMember); n != asked || unsure.Load() != 0 {
		t.Errorf("asked again within a minute: %d", n-asked)
	}
	longAgo(f)
	g.Fail(discordtest.GetMember, 1, discordtest.ServerError)
	one.DM("三つ目")
	g.Wait("the answer", func() bool { return len(desk.requests()) == 3 })
	idle(g, f)
	if unsure.Load() != 1 {
		t.Error("the desk is not told that it is not known whether he is there")
	}
	longAgo(f)
	g.Kick(one.ID)
	one.DM("四つ目")
	g.Wait("it is asked whether he is there", func() bool {
		who, ok := f.people.get(one.ID)
		return ok && who.Outside
	})
	idle(g, f)
	if n := len(desk.requests()); n != 3 {
		t.Errorf("%d requests reached the desk", n)
	}
}
