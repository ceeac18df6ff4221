package discord

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

const inc2 = "inc-2026-0002"

// called is a page to somebody whose direct messages are closed.
func called(key string, p *discordtest.Person) chat.Delivery {
	d := toUser(key, p, "呼び出し")
	d.Urgent, d.About = true, "INC-2026-0001"
	d.Card.Tone = chat.Urgent
	d.Card.Buttons = []chat.Button{{Label: "応答する", Action: "ack|INC-2026-0001"}}
	return d
}

// refusedToHim sends what his direct messages refuse.
func (b *bench) refusedToHim(d chat.Delivery) {
	b.t.Helper()
	if _, err := b.Send(b.t.Context(), d); !errors.Is(err, chat.ErrGone) {
		b.t.Errorf("got %v, want one that wraps ErrGone, so that the next means is taken", err)
	}
}

// TestACallAboutSeveralIncidentsShowsNoneOfThem: whoever is in the channel of one knows nothing of
// the other.
func TestACallAboutSeveralIncidentsShowsNoneOfThem(t *testing.T) {
	b := newBench(t)
	b.keep(place1(b))
	b.keep(chat.Place{Channel: inc2, Topic: "秘密の件", Members: members(b.one)})
	b.CloseDMs(b.one.ID, true)
	before := map[string]int{inc: len(b.channel(inc).Messages), inc2: len(b.channel(inc2).Messages)}
	b.refusedToHim(called("page:1", b.one)) // alone at first, with its words
	d := called("page:1", b.one)
	d.Card.Title, d.About = "INC-2026-0001 ほか1件", ""
	d.Card.Blocks = []chat.Block{{Items: []chat.Item{{Text: "INC-2026-0002 秘密の件"}}}}
	d.Parts = []chat.Part{{Key: "page:1", About: "INC-2026-0001"}, {Key: "page:2", About: "INC-2026-0002"}}
	b.refusedToHim(d)
	for _, channel := range []string{inc, inc2} {
		said := b.channel(channel).Messages[before[channel]:]
		if len(said) != 1 || len(said[0].Mentions) != 1 || said[0].Mentions[0] != b.one.ID {
			t.Fatalf("in %s: %+v", channel, said)
		}
		if text := said[0].Text(); strings.Contains(text, "秘密") || strings.Contains(text, "INC-") || len(said[0].Components) > 0 || len(said[0].Embeds) > 0 {
			t.Errorf("in %s: %s", channel, text)
		}
	}
	b.clean()
}

// TestACallInTheChannelIsBroughtUpToDate: once it is answered nothing is open there any more, also
// after a restart, and when he opens his direct messages meanwhile.
func TestACallInTheChannelIsBroughtUpToDate(t *testing.T) {
	for _, opened := range []bool{false, true} {
		b := newBench(t)
		b.keep(chat.Place{Channel: inc, Topic: "x", Members: members(b.one, b.two)})
		b.CloseDMs(b.one.ID, true)
		b.refusedToHim(called("page:1", b.one))
		if said := b.channel(inc).Messages; len(said) != 1 || !strings.Contains(said[0].Text(), "🚨") || len(said[0].Components) != 1 {
			t.Fatalf("in the channel: %+v", said)
		}
		b.restart()
		b.ForgetNonces()
		d := called("page:1", b.one)
		d.Card = chat.Card{Tone: chat.Good, Title: "応答済み"}
		if b.CloseDMs(b.one.ID, !opened); opened {
			b.send(d)
		} else {
			b.refusedToHim(d)
		}
		said := b.channel(inc).Messages
		if len(said) != 1 || strings.Contains(said[0].Text(), "🚨") || !strings.Contains(said[0].Text(), "応答済み") || len(said[0].Components) > 0 {
			t.Errorf("direct messages open: %v; in the channel: %+v", opened, said)
		}
		b.clean()
	}
}

// TestNobodyWhoWasLeftOutReadsACall: until he is out of the channel nothing is said there.
func TestNobodyWhoWasLeftOutReadsACall(t *testing.T) {
	b := newBench(t)
	b.keep(chat.Place{Channel: inc, Topic: "x", Members: members(b.one, b.two)})
	b.CloseDMs(b.one.ID, true)
	out, asked := false, 0
	b.config.Vacated = func(ctx context.Context, channel string) error {
		asked++
		switch {
		case channel != inc:
			t.Errorf("asked about %s", channel)
		case out:
			return errAway
		case asked == 2:
			return nil
		}
		return &chat.Later{}
	}
	b.refusedToHim(called("page:1", b.one))
	if said := b.channel(inc).Messages; len(said) != 1 || asked != 2 {
		t.Errorf("asked %d times; in the channel: %+v", asked, said)
	}
	out = true
	b.refusedToHim(called("page:2", b.one))
	if said := b.channel(inc).Messages; len(said) != 1 {
		t.Errorf("in the channel: %+v", said)
	}
	b.clean()
}
