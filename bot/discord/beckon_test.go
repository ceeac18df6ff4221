package discord

import (
	"context"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// accepting answers each request as the desk does: under one ID the same.
func accepting() *doorDesk {
	return &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Key: "k", Title: "INC-2026-0001 として受け付けました", Blocks: []chat.Block{{Text: r.Text}}}}}
	}}
}

// Who names the bot in a channel and takes no direct messages is told there that there is an
// answer, with nothing of it, by two processes once; he alone is shown it, and then the line goes.
func TestClosedMessagesAreAnsweredWhereHeWrote(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p, q := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	g.CloseDMs(p.ID, true)
	desk, memory := accepting(), &doorMemory{}
	f := openDoor(t, g, desk, remembering(memory))
	other := openDoor(t, g, desk, remembering(memory))
	before := len(q.Look("general"))
	p.Post("general", "<@"+g.BotID()+"> 社用PCを電車に置き忘れた")
	line := q.WaitText("general", "お返事を送れませんでした")
	taken(g, f, p)
	idle(g, other)
	if all := q.Look("general"); len(all) != before+2 {
		t.Fatalf("%d messages in the channel, want his and ours: %v", len(all)-before, all)
	}
	if text := line.Text(); strings.Contains(text, "INC-") || strings.Contains(text, "PC") || strings.Contains(text, "受け付けました") || !strings.Contains(text, "/incident 報告") || !strings.Contains(text, "@山本") {
		t.Errorf("others read\n%s", text)
	}
	if got := line.Mentions; len(got) != 1 || got[0] != p.ID {
		t.Errorf("mentioned are %v", got)
	}
	q.Press("general", "返事を見る（自分だけに表示）", "")
	q.WaitWhisper("ほかの方への返事です")
	p.Press("general", "返事を見る（自分だけに表示）", "")
	if w := p.WaitWhisper("INC-2026-0001"); !strings.Contains(w.Text(), "社用PCを電車に置き忘れた") {
		t.Errorf("he is shown\n%s", w.Text())
	}
	g.Wait("the line to go", func() bool { return !strings.Contains(discordtest.Texts(q.Look("general")), "お返事を") })
	if strings.Contains(discordtest.Texts(q.Whispers()), "INC-") {
		t.Error("somebody else is shown it")
	}
	ids := map[string]bool{}
	for _, r := range desk.requests() {
		ids[r.ID] = true
		if r.From != userID(p.ID) || r.Text != "/incident 社用PCを電車に置き忘れた" {
			t.Errorf("the desk is asked %+v", r)
		}
	}
	if len(ids) != 1 {
		t.Errorf("one message is %d requests", len(ids))
	}
	g.Wait("nothing remembered", func() bool { all, _ := memory.All(t.Context(), beckonPrefix); return len(all) == 0 })
	blameless(t, g)
}

// Where Discord lets the bot begin no conversation, nobody is told before others that a setting of his
// is the cause.
func TestAnAnswerThatCannotBeSentJustNow(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	g.TooManyDMs(true)
	f := openDoor(t, g, accepting())
	p.Post("general", "<@"+g.BotID()+"> PCを落とした")
	if text := p.WaitText("general", "お返事を送れませんでした").Text(); strings.Contains(text, "設定") || !strings.Contains(text, "電話") {
		t.Errorf("others read\n%s", text)
	}
	p.Press("general", "返事を見る（自分だけに表示）", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
}

// What he wrote was deleted: there is nothing to answer, and it is said.
func TestADeletedMessageIsNotAnswered(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	g.CloseDMs(p.ID, true)
	desk := accepting()
	f := openDoor(t, g, desk)
	m := p.Post("general", "<@"+g.BotID()+"> PCを落とした")
	p.WaitText("general", "お返事を送れませんでした")
	g.RemoveMessage("general", m)
	desk.only(t)
	p.Press("general", "返事を見る（自分だけに表示）", "")
	p.WaitWhisper("元のメッセージがありません")
	g.Wait("the line to go", func() bool { return !strings.Contains(discordtest.Texts(p.Look("general")), "お返事を") })
	idle(g, f)
	if n := len(desk.requests()); n != 0 {
		t.Errorf("%d requests reached the desk", n)
	}
	blameless(t, g)
}

// A line that nobody presses on is taken away after a day; one that cannot be, later.
func TestALineThatNobodyPressesGoes(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	g.CloseDMs(p.ID, true)
	memory, now := &doorMemory{}, &ahead{}
	f := openDoor(t, g, accepting(), remembering(memory), now.clock, func(f *Front) { f.patience.sweep = 20 * time.Millisecond })
	p.Post("general", "<@"+g.BotID()+"> PCを落とした")
	p.WaitText("general", "お返事を送れませんでした")
	idle(g, f)
	now.is(beckonFor - time.Minute)
	taken(g, f, p)
	if g.Done(discordtest.DeleteMessage) != 0 {
		t.Error("taken away before its time")
	}
	g.Fail(discordtest.DeleteMessage, 1, discordtest.ServerError)
	now.is(beckonFor + time.Minute)
	g.Wait("the line to go", func() bool { return !strings.Contains(discordtest.Texts(p.Look("general")), "お返事を") })
	g.Wait("nothing remembered", func() bool { all, _ := memory.All(t.Context(), beckonPrefix); return len(all) == 0 })
	blameless(t, g)
}
