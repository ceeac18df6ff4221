package discord

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// TestWhoIsLetInByHand: as soon as Discord tells that somebody was let into a channel who does
// not belong there, he is taken out again, and it is said how it is done.
func TestWhoIsLetInByHand(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one, two := g.AddMember("一"), g.AddMember("二")
	f := openDoor(t, g, &doorDesk{})
	if kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)}); err != nil || kept.ID == "" {
		t.Fatalf("%+v %v", kept, err)
	}
	role := g.AddRole("営業", discordtest.DefaultEveryone, two.ID)
	g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	g.Overwrite(inc, discordtest.Overwrite{ID: role, Role: true, Allow: discordtest.ViewChannel})
	g.Wait("he is taken out, and it is said", func() bool {
		c, _ := g.Channel(inc)
		said := slices.ContainsFunc(c.Messages, func(m discordtest.Message) bool { return strings.Contains(m.Content, "外しました") })
		return said && !g.CanSee(two.ID, inc)
	})
	if !g.CanSee(one.ID, inc) {
		t.Error("who belongs there was taken out, too")
	}
	idle(g, f)
	blameless(t, g)
}

// TestWhoIsLetInMeanwhile: so is who was let in while there was no session, as the next one begins.
func TestWhoIsLetInMeanwhile(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one, two := g.AddMember("一"), g.AddMember("二")
	memory := &doorMemory{}
	first := newDoor(t, g, remembering(memory))
	first.Use(&doorDesk{})
	stop := runDoor(t, g, first)
	if kept, err := first.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)}); err != nil || kept.ID == "" {
		t.Fatalf("%+v %v", kept, err)
	}
	idle(g, first)
	stop()
	g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	second := newDoor(t, g, remembering(memory))
	second.Use(&doorDesk{})
	runDoor(t, g, second)
	g.Wait("he is taken out", func() bool { return !g.CanSee(two.ID, inc) })
	if !g.CanSee(one.ID, inc) {
		t.Error("who belongs there was taken out, too")
	}
	idle(g, second)
	blameless(t, g)
}

// TestDeletedByHand: those who belong in it are told by direct messages from then on, before
// anything is tried in the channel.
func TestDeletedByHand(t *testing.T) {
	g := discordtest.New(t)
	one := g.AddMember("一")
	f := openDoor(t, g, &doorDesk{})
	kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)})
	if err != nil {
		t.Fatal(err)
	}
	g.RemoveChannel(inc)
	g.Wait("the loss", func() bool {
		lost, err := f.lost(t.Context(), string(kept.ID))
		return err == nil && lost
	})
	if _, err := f.Send(t.Context(), toChannel("one", "one")); err != nil {
		t.Fatal(err)
	}
	if calls := g.Calls(discordtest.CreateMessage); len(calls) != 1 || calls[0].Channel == string(kept.ID) {
		t.Errorf("said: %+v", calls)
	}
	blameless(t, g)
}
