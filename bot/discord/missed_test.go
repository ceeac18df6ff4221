package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// What was written to the bot while no session was there is handled at the next beginning, once,
// and nothing else.
func TestWhatWasWrittenMeanwhileIsHeard(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p, known := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	desk, memory := &doorDesk{}, &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.DM("前の話")
	g.Wait("it to be handled", func() bool { return strings.Contains(discordtest.Texts(p.DMs()), "受け付けました") })
	idle(g, f)
	if _, err := f.direct(t.Context(), userID(known.ID), "", f.sentence(saysDone, "")); err != nil {
		t.Fatal(err)
	}
	stop()
	g.ForgetSessions()
	p.DM("PCを落とした")
	p.DM("見つからない")
	known.DM("怪しいメールが来た")
	f = newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop = runDoor(t, g, f)
	g.Wait("what was missed", func() bool { return len(desk.requests()) >= 4 })
	taken(g, f, p)
	heard := map[string]int{}
	for _, r := range desk.requests() {
		heard[r.Text]++
	}
	if len(heard) != 4 || heard["前の話"] != 1 || heard["PCを落とした"] != 1 || heard["見つからない"] != 1 || heard["怪しいメールが来た"] != 1 {
		t.Errorf("heard %v", heard)
	}
	// The next one begins with nothing missed; and what is older than an hour is left alone.
	stop()
	g.ForgetSessions()
	known.DM("古い話")
	f = newDoor(t, g, remembering(memory), func(f *Front) { f.clock = func() time.Time { return time.Now().Add(2 * time.Hour) } })
	f.Use(desk)
	looked := g.Done(discordtest.ListMessages)
	runDoor(t, g, f)
	g.Wait("a look", func() bool { return g.Done(discordtest.ListMessages) >= looked+2 })
	idle(g, f)
	if n := len(desk.requests()); n != 4 {
		t.Errorf("%d requests: %+v", n, desk.requests()[4:])
	}
	blameless(t, g)
}

// What cannot be looked up at first, because Discord or the database does not answer, is heard a
// little later: also where somebody has written once more meanwhile, and the process ends in between.
func TestWhatCannotBeLookedUpAtOnceIsHeardLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		memory, ends bool
	}{{name: "discord"}, {name: "discord, and a restart", ends: true}, {name: "the database", memory: true}, {name: "the database, and a restart", memory: true, ends: true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := discordtest.New(t)
			p := g.AddMember("山本")
			g.AddChannel("general")
			desk, memory := &doorDesk{}, &doorMemory{}
			log := &watched{}
			soon := func(f *Front) { f.patience.missed, f.log = 100*time.Millisecond, log.logger() }
			f := newDoor(t, g, remembering(memory), soon)
			f.Use(desk)
			stop := runDoor(t, g, f)
			p.DM("前の話")
			g.Wait("it to be handled", func() bool { return len(desk.requests()) == 1 })
			idle(g, f)
			stop()
			g.ForgetSessions()
			p.DM("PCを落とした")
			if c.memory {
				memory.is(true)
			} else {
				g.Fail(discordtest.ListMessages, 1000, discordtest.ServerError)
			}
			f = newDoor(t, g, remembering(memory), soon)
			f.Use(desk)
			stop = runDoor(t, g, f)
			p.DM("見つからない")
			g.Wait("what he writes now", func() bool { return len(desk.requests()) == 2 })
			if c.ends {
				g.Wait("a few tries", func() bool { return strings.Count(log.String(), "could not be looked up; trying again") >= 2 })
				stop()
				g.ForgetSessions()
			}
			memory.is(false)
			g.Mend()
			if c.ends {
				f = newDoor(t, g, remembering(memory), soon)
				f.Use(desk)
				runDoor(t, g, f)
			}
			g.Wait("what was missed", func() bool {
				return slices.ContainsFunc(desk.requests(), func(r chat.Request) bool { return r.Text == "PCを落とした" })
			})
			taken(g, f, p)
			g.Wait("how far it was heard", func() bool {
				f.hearing.Lock()
				defer f.hearing.Unlock()
				return len(f.hearing.behind) == 0 && f.hearing.listed.IsZero()
			})
			keys := map[string]string{}
			for _, r := range desk.requests() {
				keys[r.ID] = r.Text // a restart may bring it twice, under its own key
			}
			if len(keys) != 3 || !c.ends && len(desk.requests()) != 3 {
				t.Errorf("heard %v", desk.requests())
			}
			blameless(t, g)
		})
	}
}

// More than one page of what was written is heard whole, in order.
func TestMuchThatWasWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory := &doorDesk{}, &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.DM("前の話")
	g.Wait("it to be handled", func() bool { return len(desk.requests()) == 1 })
	idle(g, f)
	stop()
	g.ForgetSessions()
	const many = 8
	for n := range many {
		p.DM(fmt.Sprintf("%03d", n))
	}
	f = newDoor(t, g, remembering(memory), func(f *Front) { f.hearing.each = 3 })
	f.Use(desk)
	runDoor(t, g, f)
	g.Wait("all of it", func() bool { return len(desk.requests()) >= many+1 })
	idle(g, f)
	for n, r := range desk.requests()[1:] {
		if r.Text != fmt.Sprintf("%03d", n) {
			t.Fatalf("message %d says %q", n, r.Text)
		}
	}
	blameless(t, g)
}

// In a company of many people the one who lost his PC may not have written for a year: his
// conversation is looked through like that of everybody else.
func TestEveryConversationIsLookedThrough(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	g.Unlimited(true)
	g.AddChannel("general")
	memory := &doorMemory{}
	const many = 60
	var people []*discordtest.Person
	for n := range many {
		p := g.AddMember(fmt.Sprintf("社員%02d", n))
		people = append(people, p)
		if err := memory.Remember(t.Context(), "dm/"+p.ID, []byte(p.Direct())); err != nil {
			t.Fatal(err)
		}
	}
	people[0].DM("PCを落とした") // the oldest conversation of all
	desk, log := &doorDesk{}, &watched{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	g.Wait("it to be heard", func() bool { return len(desk.requests()) == 1 })
	g.Wait("all to be looked through", func() bool { return g.Done(discordtest.ListMessages) == many })
	idle(g, f)
	stop()
	g.ForgetSessions()
	f = newDoor(t, g, remembering(memory), func(f *Front) { f.hearing.most, f.log = many-1, log.logger() })
	f.Use(desk)
	runDoor(t, g, f)
	g.Wait("it to be said that there are more", func() bool { return strings.Contains(log.String(), "count=1") })
	idle(g, f)
	blameless(t, g)
}
