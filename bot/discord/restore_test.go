package discord

import (
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// TestWhoIsTakenOutByHand: whoever works on the incident is let in again as soon as Discord tells that
// somebody took him out of its channel, or kept him from writing.
func TestWhoIsTakenOutByHand(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	g.AddChannel("general")
	one, two := g.AddMember("一"), g.AddMember("二")
	f := openDoor(t, g, &doorDesk{})
	p := chat.Place{Channel: inc, Members: members(one, two)}
	if kept, err := f.Keep(t.Context(), p); err != nil || kept.ID == "" {
		t.Fatalf("%+v %v", kept, err)
	}
	taken(g, f, one)
	in := func() bool {
		c, _ := g.Channel(inc)
		return mayAll(c, one.ID, two.ID)
	}
	for name, change := range map[string]func(c *discordtest.Channel){
		"one is deleted": func(c *discordtest.Channel) { c.Overwrites = without1(c.Overwrites, two.ID) },
		"all are, as by the category's": func(c *discordtest.Channel) {
			c.Overwrites = without1(without1(c.Overwrites, two.ID), one.ID)
		},
		"one is kept from writing": func(c *discordtest.Channel) {
			c.Overwrites = append(without1(c.Overwrites, two.ID), discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel, Deny: discordtest.SendMessages})
		},
	} {
		g.ChangeChannel(inc, change)
		if in() {
			t.Fatalf("%s: nothing was changed", name)
		}
		g.Wait(name+": they are let in again", in)
		idle(g, f)
	}
	if n := takenOut(g); n > 0 {
		t.Errorf("it is said %d times that somebody was taken out", n)
	}
	// Once the incident is over nobody has to write there.
	p.Ended = true
	if _, err := f.Keep(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	idle(g, f)
	g.ChangeChannel(inc, func(c *discordtest.Channel) { c.Overwrites = without1(c.Overwrites, two.ID) })
	taken(g, f, one)
	if g.CanSee(two.ID, inc) {
		t.Error("somebody was let into a channel that is put away")
	}
	blameless(t, g)
}

func without1(all []discordtest.Overwrite, id string) (left []discordtest.Overwrite) {
	for _, o := range all {
		if o.ID != id {
			left = append(left, o)
		}
	}
	return left
}

// mayAll says whether people may read and write in a channel.
func mayAll(c discordtest.Channel, people ...string) bool {
	n := 0
	for _, o := range c.Overwrites {
		for _, id := range people {
			if o.ID == id && o.Allow&discordtest.ViewChannel != 0 && o.Allow&discordtest.SendMessages != 0 && o.Deny == 0 {
				n++
			}
		}
	}
	return n == len(people)
}

// TestWhoIsRemovedFromAThread: so is he in a thread, with the intent for members and
// without; but whoever leaves by himself stays out.
func TestWhoIsRemovedFromAThread(t *testing.T) {
	for _, intent := range []discordtest.Intent{0, discordtest.IntentGuildMembers} {
		g := discordtest.New(t, discordtest.Privileged(intent))
		g.Unlimited(true)
		g.AddChannel("general")
		one, two, three := g.AddMember("一"), g.AddMember("二"), g.AddMember("三")
		g.AddChannels(nearFull)
		f := openDoor(t, g, &doorDesk{})
		if kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one, two, three)}); err != nil || kept.ID == "" {
			t.Fatalf("%+v %v", kept, err)
		}
		taken(g, f, one)
		one.TakeOutOfThread(inc, two.ID)
		let := func(n int) func() bool {
			return func() bool { return len(g.Calls(discordtest.AddThreadMember)) == n && g.CanSee(two.ID, inc) }
		}
		g.Wait("he is let in again", let(4))
		idle(g, f)
		three.TakeOutOfThread(inc, three.ID)
		taken(g, f, one)
		if g.CanSee(three.ID, inc) {
			t.Error("who left by himself was let in again")
		}
		one.TakeOutOfThread(inc, two.ID)
		g.Wait("he is let in once more", let(5))
		taken(g, f, one)
		if g.CanSee(three.ID, inc) {
			t.Error("who left by himself was let in beside another")
		}
		blameless(t, g)
	}
}

// TestWhoIsRemovedMeanwhile: and so is he where there was no session, and as the next one begins.
func TestWhoIsRemovedMeanwhile(t *testing.T) {
	for _, thread := range []bool{false, true} {
		g := discordtest.New(t)
		g.Unlimited(true)
		one, two, three := g.AddMember("一"), g.AddMember("二"), g.AddMember("三")
		if thread {
			g.AddChannels(nearFull)
		}
		memory := &doorMemory{}
		first := newDoor(t, g, remembering(memory))
		first.Use(&doorDesk{})
		stop := runDoor(t, g, first)
		if kept, err := first.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one, two, three)}); err != nil || kept.ID == "" {
			t.Fatalf("%+v %v", kept, err)
		}
		idle(g, first)
		stop()
		if thread {
			one.TakeOutOfThread(inc, two.ID)
			three.TakeOutOfThread(inc, three.ID)
		} else {
			g.ChangeChannel(inc, func(c *discordtest.Channel) { c.Overwrites = without1(c.Overwrites, two.ID) })
		}
		g.ForgetSessions()
		second := newDoor(t, g, remembering(memory))
		second.Use(&doorDesk{})
		runDoor(t, g, second)
		g.Wait("he is let in again", func() bool { return g.CanSee(two.ID, inc) })
		idle(g, second)
		if thread == g.CanSee(three.ID, inc) {
			t.Errorf("a thread: %v; who left it by himself, and only it, is to be out", thread)
		}
		blameless(t, g)
	}
}

// TestWhoIsTakenOutAgainAndAgain: somebody's bot takes people out as often as they are let in. That ends,
// they are told so once, and the incident says who is missing.
func TestWhoIsTakenOutAgainAndAgain(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	kept := b.keep(p)
	takeOut := func() {
		b.ChangeChannel(inc, func(c *discordtest.Channel) { c.Overwrites = without1(c.Overwrites, b.two.ID) })
		if _, err := b.tidy(t.Context(), inc, string(kept.ID), hands{}); err != nil {
			t.Fatal(err)
		}
	}
	for range restoreMost {
		takeOut()
		b.alone(inc, b.one, b.two)
	}
	for range 2 {
		takeOut()
		b.alone(inc, b.one)
	}
	if got := b.dms(b.two); got != "🚨 この件のチャンネルを使えなくなっています" {
		t.Errorf("he is told %q", got)
	}
	want := chat.Missing{User: userID(b.two.ID), Why: chat.ProblemRefused}
	if kept := b.keep(p); len(kept.Missing) != 1 || kept.Missing[0] != want {
		t.Errorf("missing %+v, want %+v", kept.Missing, want)
	}
	b.restored.by[string(kept.ID)].at = []time.Time{time.Now().Add(-restoreWithin)}
	b.later(askAgain)
	b.keep(p)
	takeOut()
	b.alone(inc, b.one, b.two)
	b.clean()
}
