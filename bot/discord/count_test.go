package discord

import (
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// Channels that the bot cannot see take up room, too, and are in no list that it gets: near the
// limit an incident becomes a thread all the same.
func TestHiddenChannelsCountTowardsTheLimit(t *testing.T) {
	g := discordtest.New(t)
	g.AddHiddenChannels(nearFull)
	one := g.AddMember("佐藤")
	f := openDoor(t, g, &doorDesk{})
	p := chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{userID(one.ID)}}
	g.Wait("the channels are counted", func() bool { return f.headcount.count() >= nearFull })
	if kept, err := f.Keep(t.Context(), p); err != nil || kept.Problem != "" {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	if c, _ := g.Channel(p.Channel); c.Kind != discordtest.PrivateThread {
		t.Errorf("it became %+v", c)
	}
	more := g.AddChannel("more")
	counted := func() bool {
		f.headcount.mu.Lock()
		defer f.headcount.mu.Unlock()
		_, there := f.headcount.of[more.ID]
		return there
	}
	g.Wait("another is counted", counted)
	g.RemoveChannel("more")
	g.Wait("it is gone", func() bool { return !counted() })
	blameless(t, g)
}
