package discord

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// A page comes so late that Discord takes no answer any more: its card is in the direct messages.
// Once the form is sent, that card says so, and no message is edited that there never was.
func TestACardThatCameTooLateSaysThatItIsSent(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory := formDesk(), &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	stop()
	draft := desk.draft
	desk.draft = func(ctx context.Context, d string) (chat.Form, error) {
		desk.draft = draft
		g.AgeTokens(4 * time.Second) // so long it took
		return draft(ctx, d)
	}
	f = newDoor(t, g, remembering(memory))
	f.Use(desk)
	runDoor(t, g, f)
	p.Submit()
	g.Wait("the card in the direct messages", func() bool { return told(p, "まだ送っていません") == 1 })
	unsent := p.DMs()
	p.WaitPress(discordtest.Visible, "このまま送る", "")
	g.Wait("the card to say so", func() bool {
		return slices.ContainsFunc(p.DMs(), func(m discordtest.Message) bool {
			return m.ID == unsent[0].ID && strings.Contains(m.Text(), "送信済みです：INC-2026-0001") && len(m.Buttons()) == 0
		})
	})
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" {
		t.Errorf("sent %+v", sent)
	}
	if wrong := g.Refused(); len(wrong) != 1 || !strings.Contains(wrong[0], "10062") {
		t.Errorf("Discord refused: %q", wrong)
	}
}

// Somebody sends a form while Discord has shown him that it is not sent yet and has not told us
// so: the card says that it is sent all the same.
func TestACardThatWeHearOfLateSaysThatItIsSent(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	f := openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	sent, held := make(chan struct{}), atomic.Bool{}
	g.After(discordtest.Callback, func() {
		if held.CompareAndSwap(false, true) {
			<-sent
		}
	})
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "")
	p.WaitWhisper("INC-2026-0001")
	close(sent)
	g.Wait("the card to say so", func() bool {
		return !slices.ContainsFunc(p.Whispers(), func(m discordtest.Message) bool {
			return strings.Contains(m.Text(), "まだ送っていません") || len(m.Buttons()) > 0
		})
	})
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}
