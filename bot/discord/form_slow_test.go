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

// After a restart the first page of three comes, and the form is slow to look up: it is waited
// for, and the page is not taken for the whole form.
func TestAPageOfASlowFormIsNotSentAlone(t *testing.T) {
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
	slow := make(chan struct{})
	draft := desk.draft
	desk.draft = func(ctx context.Context, d string) (chat.Form, error) { <-slow; return draft(ctx, d) }
	f = newDoor(t, g, remembering(memory), func(f *Front) { f.patience.answered = 100 * time.Millisecond })
	f.Use(desk)
	runDoor(t, g, f)
	if d := p.Submit(); d.First() != answersLater {
		t.Fatalf("first answer %d", d.First())
	}
	close(slow)
	w := p.WaitWhisper("まだ送っていません")
	idle(g, f)
	if !slices.Equal(w.Buttons(), []string{"このまま送る", "続き 2/3"}) || !strings.Contains(w.Text(), "PCを落とした") {
		t.Errorf("%s %q", w.Text(), w.Buttons())
	}
	if sent := submitted(t, desk); len(sent) != 0 {
		t.Errorf("a part of the form was sent: %+v", sent)
	}
	blameless(t, g)
}

// The desk does not find the form again in time: he alone can say whether it is all.
func TestAPageOfAFormNobodyFindsIsSentByHand(t *testing.T) {
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
	var back atomic.Bool
	desk.draft = func(ctx context.Context, d string) (chat.Form, error) {
		if !back.Load() {
			return chat.Form{}, errAway
		}
		return draft(ctx, d)
	}
	f = newDoor(t, g, remembering(memory))
	f.Use(desk)
	runDoor(t, g, f)
	p.Submit()
	w := p.WaitWhisper("続きの質問があるかどうか")
	idle(g, f)
	if !slices.Equal(w.Buttons(), []string{"続きを開く", "このまま送る"}) || !strings.Contains(w.Text(), "PCを落とした") {
		t.Errorf("%s %q", w.Text(), w.Buttons())
	}
	if sent := submitted(t, desk); len(sent) != 0 {
		t.Errorf("a part of the form was sent: %+v", sent)
	}
	back.Store(true)
	p.Press(discordtest.Whisper, "続きを開く", "")
	p.WaitModal("2/3")
	p.Fill("q3", "no")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "続き 3/3")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" || sent[0].Values["q3"] != "no" {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

// A page is gone on with while the memory is away, by the button that still stands there: what
// the form came with does not take the place of what was answered on the page before.
func TestWhatAFormCameWithDoesNotTakeTheAnswersPlace(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory := formDesk(), &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Fill("q0", "yes")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "続き 2/3", "")
	p.Fill("q3", "no")
	stop()
	memory.is(true)
	f = newDoor(t, g, remembering(memory))
	f.Use(desk)
	runDoor(t, g, f)
	p.Submit()
	p.WaitWhisper("いまは確かめられません")
	p.Press(discordtest.Whisper, "続き 2/3", "")
	m := p.WaitModal("2/3")
	if got := m.Input("q3").Value; got != "いいえ" {
		t.Errorf("page 2 has lost its own answer: %q", got)
	}
	p.Submit()
	idle(g, f)
	memory.is(false)
	p.Press(discordtest.Whisper, "もう一度送る", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" || sent[0].Values["q0"] != "yes" || sent[0].Values["q3"] != "no" {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}
