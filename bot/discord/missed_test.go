package discord

import (
	"strings"
	"testing"
	"time"

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
