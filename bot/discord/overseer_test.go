package discord

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// TestWhoAdministersTheServer: somebody who was left out of an incident, and sees every channel of
// the server, reads nothing of it: it is said to those who belong in it, each by himself.
func TestWhoAdministersTheServer(t *testing.T) {
	for name, mighty := range map[string]func(b *bench) *discordtest.Person{
		"an administrator": func(b *bench) *discordtest.Person {
			b.AddRole("社長室", discordtest.Administrator, b.three.ID)
			return b.three
		},
		"the owner": func(b *bench) *discordtest.Person { return b.Owner() },
	} {
		for _, began := range []string{"from the first", "later", "in a thread"} {
			t.Run(name+" "+began, func(t *testing.T) {
				b := newBench(t)
				who := mighty(b)
				p := place1(b)
				if began == "in a thread" {
					b.AddChannels(nearFull)
				}
				if began == "later" {
					b.keep(p)
				}
				before := 0
				if c, ok := b.Channel(inc); ok {
					before = len(c.Messages)
				}
				p.Out = members(who, b.four)
				// What is on its way before the channel is kept accordingly does not go there either.
				for _, u := range p.Out {
					if held, err := b.Holds(t.Context(), inc, u); err != nil || held {
						t.Fatalf("held %v: %v", held, err)
					}
				}
				if began == "later" {
					b.send(toChannel("secret", "secret"))
				}
				kept := b.keep(p)
				if want := []chat.Missing{{User: userID(who.ID), Why: chat.ProblemSeesAll}}; kept.Problem != chat.ProblemStays || !slices.Equal(kept.Missing, want) {
					t.Errorf("kept %+v", kept)
				}
				b.send(toChannel("secret", "secret"))
				c := b.channel(inc)
				if read := titles(c.Messages[before:]); read != "" {
					t.Errorf("he reads %q", read)
				}
				if began != "later" && strings.Contains(c.Topic, "紛失") {
					t.Errorf("the topic says %q", c.Topic)
				}
				if got := b.dms(b.one) + "/" + b.dms(b.two) + "/" + b.dms(who); got != "secret/secret/" {
					t.Errorf("said to %q", got)
				}
				// What somebody does by hand does not open it.
				if _, err := b.tidy(t.Context(), inc, string(kept.ID), hands{}); err != nil {
					t.Fatal(err)
				}
				if p, err := b.recallPlace(t.Context(), inc); err != nil || !p.Stays {
					t.Errorf("after it was put right: %+v %v", p, err)
				}
				b.clean()
			})
		}
	}
}

// TestTheCardComesBackToTheChannel: the card that went to each by himself, while nothing could be said
// in the channel, is missed there afterwards; there is still one.
func TestTheCardComesBackToTheChannel(t *testing.T) {
	b := newBench(t)
	b.AddRole("社長室", discordtest.Administrator, b.three.ID)
	p := place1(b)
	b.keep(p)
	card := func(title string) {
		t.Helper()
		d := toChannel("card", title)
		d.Update = p.Pinned
		p.Pinned = b.send(d)
	}
	card("old")
	if kept := b.keep(p); kept.NoCard {
		t.Errorf("kept %+v", kept)
	}
	before := len(b.channel(inc).Messages)
	p.Out = members(b.three)
	if kept := b.keep(p); kept.Problem != chat.ProblemStays || kept.NoCard {
		t.Errorf("kept %+v", kept)
	}
	card("secret")
	if kept := b.keep(p); kept.Problem != chat.ProblemStays || kept.NoCard {
		t.Errorf("kept %+v", kept)
	}
	p.Out = nil
	if kept := b.keep(p); kept.Problem != "" || !kept.NoCard {
		t.Errorf("kept %+v", kept)
	}
	card("new")
	if kept := b.keep(p); kept.NoCard {
		t.Errorf("kept %+v", kept)
	}
	if got, n := titles(b.channel(inc).Messages), len(b.channel(inc).Messages); !strings.HasSuffix(got, "new") || n != before {
		t.Errorf("the channel holds %q", got)
	}
	b.clean()
}

// TestWhetherHeSeesItIsNotKnown: until Discord says whether somebody who was left out sees the
// channel, nothing is said there. Nor is it said to each by himself at once: the card in the channel
// would stay as it was, when a moment later everything is well.
func TestWhetherHeSeesItIsNotKnown(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	p.Out = members(b.three)
	b.Fail(discordtest.GetMember, 1, discordtest.ServerError)
	if _, err := b.Keep(t.Context(), p); err == nil {
		t.Error("it is not said that it is to be tried again")
	}
	before := len(b.channel(inc).Messages)
	waits(t, b, toChannel("one", "one"))
	if kept := b.keep(p); kept.Problem != "" {
		t.Errorf("kept %+v", kept)
	}
	b.send(toChannel("one", "one"))
	if got := titles(b.channel(inc).Messages[before:]) + "/" + b.dms(b.one); got != "one/" {
		t.Errorf("said %q", got)
	}
	b.clean()
}
