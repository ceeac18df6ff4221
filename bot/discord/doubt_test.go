package discord

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/bot/intake"
)

// TestWhatCannotBeLookedAtIsLookedAtLater: somebody is let into a channel by hand while the database does
// not answer, or while there is no room. Nothing is said there until he is out.
func TestWhatCannotBeLookedAtIsLookedAtLater(t *testing.T) {
	const room = 50
	letIn := func(g *discordtest.Guild, who string) {
		g.Overwrite(inc, discordtest.Overwrite{ID: who, Allow: discordtest.ViewChannel})
	}
	for name, c := range map[string]struct {
		thread, full, all bool
		letIn             func(g *discordtest.Guild, one *discordtest.Person, who string)
	}{
		"a channel": {letIn: func(g *discordtest.Guild, _ *discordtest.Person, who string) { letIn(g, who) }},
		"a channel, as a session begins": {all: true, letIn: func(g *discordtest.Guild, _ *discordtest.Person, who string) {
			letIn(g, who)
			g.InvalidSession(false)
		}},
		"a thread":                {thread: true, letIn: func(_ *discordtest.Guild, one *discordtest.Person, who string) { one.AddToThread(inc, who) }},
		"a channel, without room": {full: true, letIn: func(g *discordtest.Guild, _ *discordtest.Person, who string) { letIn(g, who) }},
		"a thread, without room":  {thread: true, full: true, letIn: func(_ *discordtest.Guild, one *discordtest.Person, who string) { one.AddToThread(inc, who) }},
		"more than are kept":      {all: true, letIn: manyAtOnce},
	} {
		t.Run(name, func(t *testing.T) {
			g := discordtest.New(t)
			g.Unlimited(true)
			one, two := g.AddMember("一"), g.AddMember("二")
			g.AddChannel("general")
			if c.thread {
				g.AddChannels(nearFull)
			}
			memory := &doorMemory{}
			f := openDoor(t, g, &doorDesk{}, remembering(memory), func(f *Front) {
				f.patience.doubt = time.Hour // the test looks
				f.work = intake.NewWork(room)
			})
			kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)})
			if err != nil || kept.ID == "" {
				t.Fatalf("%+v %v", kept, err)
			}
			taken(g, f, one) // what comes of the channel's making finds room
			free := func() { memory.is(false) }
			if c.full {
				free = fill(t, g, f, room)
			} else {
				memory.is(true)
				forgetChannels(f)
			}
			c.letIn(g, one, two.ID)
			g.Wait("it is in doubt", func() bool {
				open := f.doubts.Open()
				return len(open) > 0 && (open[0].ID == "") == c.all
			})
			if !c.full {
				idle(g, f)
			}
			free()
			idle(g, f)
			if !g.CanSee(two.ID, inc) {
				t.Fatal("he is out already: the test proves nothing")
			}
			if _, err := f.Send(t.Context(), toChannel("secret", "内密の話")); !isLater(err) {
				t.Errorf("it does not wait: %v", err)
			}
			f.lookAtDoubts(t.Context())
			if g.CanSee(two.ID, inc) || !g.CanSee(one.ID, inc) || len(f.doubts.Open()) > 0 {
				t.Errorf("two sees it: %v, one: %v, in doubt: %v", g.CanSee(two.ID, inc), g.CanSee(one.ID, inc), f.doubts.Open())
			}
			if _, err := f.Send(t.Context(), toChannel("secret", "内密の話")); err != nil {
				t.Error(err)
			}
			if now, _ := g.Channel(inc); !strings.Contains(titles(now.Messages), "内密の話") {
				t.Errorf("it was not said in the channel: %q", titles(now.Messages))
			}
			blameless(t, g)
		})
	}
}

// manyAtOnce changes more channels than are kept one by one.
func manyAtOnce(g *discordtest.Guild, _ *discordtest.Person, who string) {
	g.Overwrite(inc, discordtest.Overwrite{ID: who, Allow: discordtest.ViewChannel})
	g.AddChannels(250)
	for _, c := range g.Channels() {
		if c.Name == "filler" {
			g.ChangeChannel(c.ID, func(*discordtest.Channel) {})
		}
	}
}

// forgetChannels lets a front end know no more of whose channel is whose than after a restart.
func forgetChannels(f *Front) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.channels)
}

// fill takes all room until the returned function is called.
func fill(t *testing.T, g *discordtest.Guild, f *Front, room int) (free func()) {
	t.Helper()
	held := make(chan struct{})
	for range room {
		if !f.work.Start(0, func(ctx context.Context) {
			select {
			case <-held:
			case <-ctx.Done():
			}
		}) {
			t.Fatal("there was no room")
		}
	}
	return func() {
		close(held)
		idle(g, f)
	}
}

func isLater(err error) bool {
	_, later := errors.AsType[*chat.Later](err)
	return later
}

// TestDoubtsEndByThemselves: once the database answers again. A channel that was deleted meanwhile is lost,
// and what is none of an incident's is in nobody's way.
func TestDoubtsEndByThemselves(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one, two := g.AddMember("一"), g.AddMember("二")
	g.AddChannel("general")
	memory := &doorMemory{}
	f := openDoor(t, g, &doorDesk{}, remembering(memory), func(f *Front) { f.patience.doubt = 10 * time.Millisecond })
	kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)})
	if err != nil || kept.ID == "" {
		t.Fatalf("%+v %v", kept, err)
	}
	taken(g, f, one)
	memory.is(true)
	forgetChannels(f)
	g.AddChannel("room")
	g.Overwrite("room", discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	g.Wait("both are in doubt", func() bool { return len(f.doubts.Open()) == 2 })
	memory.is(false)
	g.Wait("he is taken out", func() bool { return !g.CanSee(two.ID, inc) && len(f.doubts.Open()) == 0 })
	if !g.CanSee(two.ID, "room") {
		t.Error("he was taken out of a channel that is none of an incident's")
	}
	// So is he where Discord does not answer at first.
	g.Fail(discordtest.DeleteOverwrite, 1, discordtest.ServerError)
	g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	g.Wait("he is taken out again", func() bool { return !g.CanSee(two.ID, inc) && len(f.doubts.Open()) == 0 })
	if lost, err := f.lost(t.Context(), string(kept.ID)); err != nil || lost {
		t.Errorf("lost %v, %v", lost, err)
	}
	idle(g, f)
	memory.is(true)
	g.RemoveChannel(inc)
	g.Wait("it is in doubt", func() bool { is, _ := f.doubted(string(kept.ID)); return is })
	memory.is(false)
	g.Wait("it is lost", func() bool { lost, err := f.lost(t.Context(), string(kept.ID)); return err == nil && lost })
	idle(g, f)
	blameless(t, g)
}

// TestWhoStayedWhereAProcessEnded: a session that begins takes out whom the one before could not.
func TestWhoStayedWhereAProcessEnded(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one, two := g.AddMember("一"), g.AddMember("二")
	f := openDoor(t, g, &doorDesk{}, func(f *Front) { f.patience.doubt = time.Hour })
	if kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)}); err != nil || kept.ID == "" {
		t.Fatalf("%+v %v", kept, err)
	}
	idle(g, f)
	g.Fail(discordtest.DeleteOverwrite, 1, discordtest.ServerError)
	g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	g.Wait("he stays", func() bool { return len(f.doubts.Open()) == 1 })
	idle(g, f)
	g.InvalidSession(false)
	g.Wait("he is taken out", func() bool { return !g.CanSee(two.ID, inc) })
	idle(g, f)
	blameless(t, g)
}

// TestNobodyWaitsForEverForADoubt: where Discord does not let us look, those who belong there are told by
// direct messages after a while.
func TestNobodyWaitsForEverForADoubt(t *testing.T) {
	b := newBench(t)
	kept := b.keep(place1(b))
	b.doubts.Add(string(kept.ID), time.Now())
	waits(t, b, toChannel("one", "one"))
	b.doubts.Postpone(time.Now().Add(-leaving))
	b.send(toChannel("one", "one"))
	if got := b.dms(b.one) + "/" + b.dms(b.two); got != "one/one" {
		t.Errorf("in the place of the channel: %q", got)
	}
	b.clean()
}
