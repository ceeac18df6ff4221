package discord

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// asMade says that a category is as we made it: seen by nobody but the bot.
func (b *bench) asMade(name string) {
	b.t.Helper()
	b.alone(name)
	if n := len(b.channel(name).Overwrites); n != 2 {
		b.t.Errorf("%s has %d overwrites", name, n)
	}
}

// Somebody opens our category, or takes from the bot what it needs there: it is put right before
// the next channel is made in it, and doctor says so until then.
func TestOurCategoryIsPutRight(t *testing.T) {
	const category = "インシデント対応"
	for name, change := range map[string]func(b *bench){
		"opened to everybody": func(b *bench) {
			b.Overwrite(category, discordtest.Overwrite{ID: b.ID(), Role: true, Allow: discordtest.ViewChannel})
		},
		"opened to a role and to somebody": func(b *bench) {
			role := b.AddRole("営業", discordtest.DefaultEveryone, b.four.ID)
			b.Overwrite(category, discordtest.Overwrite{ID: role, Role: true, Allow: discordtest.ViewChannel})
			b.Overwrite(category, discordtest.Overwrite{ID: b.three.ID, Allow: discordtest.ViewChannel})
		},
		"the bot may not write": func(b *bench) {
			b.Overwrite(category, discordtest.Overwrite{ID: b.BotID(), Allow: discordtest.ViewChannel, Deny: discordtest.SendMessages})
		},
		"all is open, and the bot named no more": func(b *bench) {
			b.ChangeChannel(category, func(c *discordtest.Channel) { c.Overwrites = nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.keep(place1(b))
			change(b)
			found, faults := look(t, b, b.config)
			if !slices.Contains(found, "shared_changed") || len(faults) > 0 {
				t.Errorf("doctor finds %v", found)
			}
			next := chat.Place{Channel: "inc-2026-0002", Members: members(b.one)}
			kept := b.keep(next)
			if kept.Problem != "" || b.channel(next.Channel).Parent != b.channel(inc).Parent {
				t.Errorf("kept %+v", kept)
			}
			b.asMade(category)
			b.alone(inc, b.one, b.two)
			b.alone(next.Channel, b.one)
			if found, _ := look(t, b, b.config); slices.Contains(found, "shared_changed") {
				t.Error("doctor still finds it")
			}
			b.clean()
		})
	}
}

// The bot is kept out of its own category: that cannot be put right. The channel is made in
// another one, as private as ever, and it is said until somebody has mended it.
func TestACategoryThatIsShut(t *testing.T) {
	const category = "インシデント対応"
	mended := map[string]func(b *bench){
		"put right": func(b *bench) {
			b.Overwrite(category, discordtest.Overwrite{ID: b.BotID(), Allow: discordtest.DefaultBot})
		},
		"deleted": func(b *bench) { b.RemoveChannel(category) },
	}
	for name, mend := range mended {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.keep(place1(b))
			first := b.channel(inc).Parent
			b.Overwrite(category, discordtest.Overwrite{ID: b.BotID(), Deny: discordtest.ViewChannel})
			next := chat.Place{Channel: "inc-2026-0002", Members: members(b.one)}
			kept := b.keep(next)
			in := b.channel(b.channel(next.Channel).Parent)
			if kept.ID == "" || kept.Problem != chat.ProblemCategory || in.ID == first || in.Name != category+" 2" {
				t.Fatalf("kept %+v in %+v", kept, in)
			}
			b.asMade(in.Name)
			b.alone(next.Channel, b.one)
			if found, faults := look(t, b, b.config); !slices.Equal(faults, []string{"shared_shut"}) || slices.Contains(found, "shared_changed") {
				t.Errorf("doctor finds %v", found)
			}
			b.restart()
			if kept := b.keep(next); kept.Problem != chat.ProblemCategory {
				t.Errorf("after a restart: %+v", kept)
			}
			mend(b)
			if kept := b.keep(next); kept.Problem != "" {
				t.Errorf("mended: %+v", kept)
			}
			if _, faults := look(t, b, b.config); len(faults) > 0 {
				t.Errorf("doctor finds %v", faults)
			}
			third := chat.Place{Channel: "inc-2026-0003", Members: members(b.one)}
			if kept := b.keep(third); kept.Problem != "" {
				t.Errorf("the next one: %+v", kept)
			}
			if used := b.channel(third.Channel).Parent == first; used != (name == "put right") {
				t.Errorf("the next one is in the first category: %v", used)
			}
			for _, m := range b.Mistakes() {
				if !strings.Contains(m, "403/50001 Missing Access") { // what it meets at the door
					t.Error(m)
				}
			}
		})
	}
}

// Where no other category can be made, either, there is no channel, and who responds is told by
// direct messages: never an open one.
func TestNoCategoryNoChannel(t *testing.T) {
	b := newBench(t)
	b.keep(place1(b))
	b.Overwrite("インシデント対応", discordtest.Overwrite{ID: b.BotID(), Deny: discordtest.ViewChannel})
	b.Allow(b.BotRole(), discordtest.DefaultBot&^discordtest.ManageChannels)
	kept := b.keep(chat.Place{Channel: "inc-2026-0002", Members: members(b.one)})
	if kept.ID != "" || kept.Problem != chat.ProblemForbidden {
		t.Errorf("kept %+v", kept)
	}
	if _, there := b.Channel("inc-2026-0002"); there {
		t.Error("there is a channel")
	}
}

// Somebody lets everybody write in the channel for threads, or takes the bot out of it.
func TestTheChannelForThreadsIsPutRight(t *testing.T) {
	b := newBench(t)
	b.AddChannels(nearFull)
	b.keep(place1(b))
	parent := b.channel(inc).Parent
	b.Overwrite(parent, discordtest.Overwrite{ID: b.ID(), Role: true, Allow: discordtest.ViewChannel | discordtest.SendMessages})
	b.Overwrite(parent, discordtest.Overwrite{ID: b.one.ID, Deny: discordtest.ViewChannel})
	next := chat.Place{Channel: "inc-2026-0002", Members: members(b.one)}
	if kept := b.keep(next); kept.Problem != "" || b.channel(next.Channel).Parent != parent {
		t.Errorf("kept %+v", kept)
	}
	if b.four.CanWrite(parent) || !b.CanSee(b.one.ID, parent) || len(b.channel(parent).Overwrites) != 2 {
		t.Errorf("it is %+v", b.channel(parent).Overwrites)
	}
	b.clean()
	b.Overwrite(parent, discordtest.Overwrite{ID: b.BotID(), Deny: discordtest.ViewChannel})
	third := chat.Place{Channel: "inc-2026-0003", Members: members(b.one)}
	if kept := b.keep(third); kept.ID == "" || kept.Problem != chat.ProblemCategory || b.channel(third.Channel).Parent == parent {
		t.Errorf("kept %+v", kept)
	}
	b.alone(third.Channel, b.one)
}
