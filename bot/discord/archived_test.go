package discord

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// TestWhoMayNotReadWhatIsOver: whoever may not see an incident any more after its end is taken out
// of its channel; those who belong there go on reading it, and nobody writes.
func TestWhoMayNotReadWhatIsOver(t *testing.T) {
	for _, thread := range []bool{false, true} {
		b := newBench(t, discordtest.Privileged(discordtest.IntentGuildMembers))
		if thread {
			b.AddChannels(nearFull)
		}
		p := place1(b)
		b.keep(p)
		p.Ended = true
		b.keep(p)
		calls := len(b.Calls(""))
		b.keep(p)
		if n := len(b.Calls("")); n != calls {
			t.Errorf("where nobody lost his right, Discord is asked %d times", n-calls)
		}
		p.Members, p.Out = members(b.two), members(b.one)
		b.keep(p)
		b.alone(inc, b.two)
		// Somebody is let in by hand.
		b.ChangeChannel(inc, func(c *discordtest.Channel) {
			if thread {
				c.Members = append(c.Members, b.three.ID)
				c.Archived, c.Locked = false, false
			}
		})
		if !thread {
			b.Overwrite(inc, discordtest.Overwrite{ID: b.three.ID, Allow: discordtest.ViewChannel})
			b.Overwrite(inc, discordtest.Overwrite{ID: b.ID(), Role: true, Allow: discordtest.ViewChannel})
		}
		if _, err := b.tidy(t.Context(), inc, b.channel(inc).ID, hands{}); err != nil {
			t.Fatal(err)
		}
		b.alone(inc, b.two)
		c := b.channel(inc)
		if thread && (!c.Archived || !c.Locked) {
			t.Errorf("the thread is open: %+v", c)
		}
		for _, o := range c.Overwrites {
			if o.ID != b.BotID() && o.Deny&discordtest.SendMessages == 0 {
				t.Errorf("somebody can write: %+v", o)
			}
		}
		b.clean()
	}
}

// TestHandsOnAThread: who is brought into a thread by hand is taken out as soon as it is heard of,
// with the intent for members and without; and a thread that is over is put away again.
func TestHandsOnAThread(t *testing.T) {
	for _, intent := range []discordtest.Intent{0, discordtest.IntentGuildMembers} {
		g := discordtest.New(t, discordtest.Privileged(intent))
		g.Unlimited(true)
		one, two := g.AddMember("一"), g.AddMember("二")
		g.AddChannels(nearFull)
		f := openDoor(t, g, &doorDesk{})
		p := chat.Place{Channel: inc, Members: members(one)}
		if kept, err := f.Keep(t.Context(), p); err != nil || kept.ID == "" {
			t.Fatalf("%+v %v", kept, err)
		}
		out := func() {
			g.Wait("he is taken out", func() bool { return !g.CanSee(two.ID, inc) })
		}
		one.AddToThread(inc, two.ID)
		out()
		g.Wait("and it is said", func() bool {
			c, _ := g.Channel(inc)
			return slices.ContainsFunc(c.Messages, func(m discordtest.Message) bool { return strings.Contains(m.Content, "外しました") })
		})
		p.Ended = true
		if _, err := f.Keep(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		g.ChangeChannel(inc, func(c *discordtest.Channel) { c.Archived, c.Locked = false, false })
		one.AddToThread(inc, two.ID)
		out()
		g.Wait("it is put away", func() bool {
			c, _ := g.Channel(inc)
			return c.Archived && c.Locked
		})
		if !g.CanSee(one.ID, inc) {
			t.Error("who belongs there was taken out, too")
		}
		idle(g, f)
		blameless(t, g)
	}
}
