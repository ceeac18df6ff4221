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

// TestWhoIsLetInMeanwhile: so is who was let in while there was no session, as the next one begins;
// in a thread with the intent for members and without.
func TestWhoIsLetInMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		thread, ended bool
		intent        discordtest.Intent
	}{
		"a channel":                 {},
		"a thread":                  {thread: true},
		"a thread, with the intent": {thread: true, intent: discordtest.IntentGuildMembers},
		"a thread that is over, and was reopened": {thread: true, ended: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := discordtest.New(t, discordtest.Privileged(c.intent))
			g.Unlimited(true)
			one, two, three := g.AddMember("一"), g.AddMember("二"), g.AddMember("三")
			if c.thread {
				g.AddChannels(nearFull)
			}
			memory := &doorMemory{}
			first := newDoor(t, g, remembering(memory))
			first.Use(&doorDesk{})
			stop := runDoor(t, g, first)
			p := chat.Place{Channel: inc, Members: members(one)}
			if kept, err := first.Keep(t.Context(), p); err != nil || kept.ID == "" {
				t.Fatalf("%+v %v", kept, err)
			}
			if c.thread { // he was taken out before, which is not said again
				one.AddToThread(inc, three.ID)
				g.Wait("he is taken out, and it is said", func() bool { return !g.CanSee(three.ID, inc) && takenOut(g) == 1 })
			}
			if p.Ended = c.ended; c.ended {
				if _, err := first.Keep(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
			idle(g, first)
			stop()
			switch {
			case c.ended:
				g.ChangeChannel(inc, func(c *discordtest.Channel) { c.Archived, c.Locked = false, false })
				fallthrough
			case c.thread:
				one.AddToThread(inc, two.ID)
			default:
				g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
			}
			g.ForgetSessions()
			before := takenOut(g)
			second := newDoor(t, g, remembering(memory))
			second.Use(&doorDesk{})
			runDoor(t, g, second)
			g.Wait("he is taken out", func() bool { return !g.CanSee(two.ID, inc) })
			idle(g, second)
			if !g.CanSee(one.ID, inc) {
				t.Error("who belongs there was taken out, too")
			}
			if n := takenOut(g) - before; n > 1 || n == 0 && !c.ended {
				t.Errorf("it is said %d times", n)
			}
			if now, _ := g.Channel(inc); c.thread && now.Archived != c.ended {
				t.Errorf("put away: %v", now.Archived)
			}
			blameless(t, g)
		})
	}
}

// takenOut is how often it is said in the channel that somebody was taken out.
func takenOut(g *discordtest.Guild) (n int) {
	c, _ := g.Channel(inc)
	for _, m := range c.Messages {
		if strings.Contains(m.Content, "外しました") {
			n++
		}
	}
	return n
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
