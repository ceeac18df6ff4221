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

// longAgo lets all that is known of people be old.
func longAgo(f *Front) {
	f.people.mu.Lock()
	defer f.people.mu.Unlock()
	for id, k := range f.people.by {
		k.at = k.at.Add(-2 * absentFresh)
		f.people.by[id] = k
	}
}

// TestWhoWasKickedMayNotGoOnInDirectMessages: whoever is not in the server any more is known to be
// so within a minute, whatever was known of him; where Discord cannot be asked, the desk knows
// that it is not sure.
func TestWhoWasKickedMayNotGoOnInDirectMessages(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one := g.AddMember("一")
	var unsure atomic.Int32
	desk := &doorDesk{handle: func(ctx context.Context, _ chat.Request) chat.Reply {
		if chat.IsUnsure(ctx) {
			unsure.Add(1)
		}
		return chat.Reply{Cards: []chat.Card{{Title: "答え"}}}
	}}
	f := openDoor(t, g, desk)
	one.DM("一つ目")
	g.Wait("the answer", func() bool { return len(desk.requests()) == 1 })
	idle(g, f)
	asked := g.Done(discordtest.GetMember)
	one.DM("二つ目")
	g.Wait("the answer", func() bool { return len(desk.requests()) == 2 })
	idle(g, f)
	if n := g.Done(discordtest.GetMember); n != asked || unsure.Load() != 0 {
		t.Errorf("asked again within a minute: %d", n-asked)
	}
	longAgo(f)
	g.Fail(discordtest.GetMember, 1, discordtest.ServerError)
	one.DM("三つ目")
	g.Wait("the answer", func() bool { return len(desk.requests()) == 3 })
	idle(g, f)
	if unsure.Load() != 1 {
		t.Error("the desk is not told that it is not known whether he is there")
	}
	longAgo(f)
	g.Kick(one.ID)
	one.DM("四つ目")
	g.Wait("it is asked whether he is there", func() bool {
		who, ok := f.people.get(one.ID)
		return ok && who.Outside
	})
	idle(g, f)
	if n := len(desk.requests()); n != 3 {
		t.Errorf("%d requests reached the desk", n)
	}
}

// unsureDesk opens the long form, and takes it only from whom Discord says to be there.
func unsureDesk() *doorDesk {
	desk := formDesk()
	take, opens := desk.handle, desk.draft
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if chat.IsUnsure(ctx) {
			return chat.Reply{Cards: []chat.Card{{Title: "確かめられません"}}}
		}
		return take(ctx, r)
	}
	desk.draft = func(ctx context.Context, draft string) (chat.Form, error) {
		if chat.IsUnsure(ctx) {
			return chat.Form{}, errAway
		}
		return opens(ctx, draft)
	}
	return desk
}

// withButton puts a card with one button into somebody's direct messages.
func withButton(t *testing.T, f *Front, p *discordtest.Person, label string) {
	t.Helper()
	card := chat.Card{Title: "呼び出し", Buttons: []chat.Button{{Label: label, Action: "take|1"}}}
	if _, err := f.Send(t.Context(), chat.Delivery{Key: label, To: chat.Target{User: userID(p.ID)}, Card: card}); err != nil {
		t.Fatal(err)
	}
}

// TestAPressIsNotTurnedAwayForOneFailedLookUp: whoever answers a call in his direct messages is
// asked for again, as long as Discord says nothing.
func TestAPressIsNotTurnedAwayForOneFailedLookUp(t *testing.T) {
	for name, c := range map[string]struct {
		times int
		kind  discordtest.Kind
	}{
		"refused": {3, discordtest.ServerError}, "busy": {1, discordtest.Limited}, "cut": {2, discordtest.CutBefore}, "dead": {1, discordtest.Silent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := discordtest.New(t)
			p := g.AddMember("山本")
			var unsure atomic.Bool
			desk := &doorDesk{handle: func(ctx context.Context, _ chat.Request) chat.Reply {
				unsure.Store(chat.IsUnsure(ctx))
				return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "対応者になりました"}}}
			}}
			f := openDoor(t, g, desk)
			withButton(t, f, p, "対応します")
			longAgo(f)
			g.Fail(discordtest.GetMember, c.times, c.kind, 50*time.Millisecond)
			p.Press("", "対応します", "")
			p.WaitText("", "対応者になりました")
			if unsure.Load() {
				t.Error("the desk is told that it is not known whether he is there")
			}
			idle(g, f)
		})
	}
}

// TestWhatWasTypedIsGivenBack: the form of somebody of whom it is not known whether he is still
// there is not taken, and its window is gone; what he typed is not.
func TestWhatWasTypedIsGivenBack(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	desk := unsureDesk()
	f := openDoor(t, g, desk, func(f *Front) { f.patience.surely = 200 * time.Millisecond })
	withButton(t, f, p, "記入する")
	p.Press("", "記入する", "")
	p.WaitModal("1/3")
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitPress("", "続き 2/3", "")
	p.WaitModal("2/3")
	p.Submit()
	p.WaitPress("", "続き 3/3", "")
	p.WaitModal("3/3")
	longAgo(f)
	g.Fail(discordtest.GetMember, 1000, discordtest.ServerError)
	p.Submit()
	m := p.WaitText("", "確かめられません")
	idle(g, f)
	if !strings.Contains(m.Text(), "PCを落とした") || !slices.Equal(m.Buttons(), []string{"もう一度送る"}) {
		t.Fatalf("given back: %s %q", m.Text(), m.Buttons())
	}
	g.Mend()
	p.Press("", "もう一度送る", "")
	p.WaitText("", "INC-2026-0001 を受け付けました")
	idle(g, f)
	sent := submitted(t, desk)
	if last := sent[len(sent)-1]; last.Values["event"] != "PCを落とした" {
		t.Errorf("sent %+v", sent)
	}
	g.Wait("the card to say so", func() bool {
		return slices.ContainsFunc(p.DMs(), func(now discordtest.Message) bool {
			return now.ID == m.ID && strings.Contains(now.Text(), "送信済みです") && len(now.Buttons()) == 0
		})
	})
	blameless(t, g)
}

// TestAQuestionOfTheDeskIsNotSentAgain: what has buttons of its own says how to go on.
func TestAQuestionOfTheDeskIsNotSentAgain(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	take := desk.handle
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted {
			return chat.Reply{Cards: []chat.Card{{Title: "同じ報告ですか", Buttons: []chat.Button{{Label: "別の報告です", Action: "again|1"}}}}}
		}
		return take(ctx, r)
	}
	openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "")
	if m := p.WaitWhisper("同じ報告ですか"); !slices.Equal(m.Buttons(), []string{"別の報告です"}) {
		t.Errorf("%q", m.Buttons())
	}
}

// TestAFormIsNotTooOldWhereNobodyKnowsWhoAsks: after a restart the desk shows a form to nobody who may
// have left; that says nothing of the form.
func TestAFormIsNotTooOldWhereNobodyKnowsWhoAsks(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	desk, memory := unsureDesk(), &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	withButton(t, f, p, "記入する")
	p.Press("", "記入する", "")
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitText("", "まだ送っていません")
	stop()
	g.Fail(discordtest.GetMember, 1000, discordtest.ServerError)
	f = openDoor(t, g, desk, remembering(memory), func(f *Front) { f.patience.lookup = 200 * time.Millisecond })
	p.Press("", "続き 2/3", "")
	m := p.WaitText("", "いまは確かめられません")
	idle(g, f)
	if told(p, "この記入画面は開けません") != 0 || len(m.Buttons()) != 1 {
		t.Errorf("%s", discordtest.Texts(p.DMs()))
	}
	g.Mend()
	p.Press("", m.Buttons()[0], "")
	p.WaitModal("2/3")
}
