package discord

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/bot/intake"
)

// held lets a desk wait for the test.
func held(reply chat.Reply) (desk *doorDesk, release func()) {
	wait := make(chan struct{})
	return &doorDesk{emergency: true, handle: func(context.Context, chat.Request) chat.Reply {
		<-wait
		return reply
	}}, func() { close(wait) }
}

func TestASlowDeskIsWaitedForInSight(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, release := held(chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}, {Title: "二つ目"}}})
	f := openDoor(t, g, desk, func(f *Front) {
		f.patience.answered, f.patience.emergency = 100*time.Millisecond, 400*time.Millisecond
	})
	d := p.Command("general", "incident report", map[string]string{"text": "サーバーが止まった"})
	if d.First() != answersLater {
		t.Fatalf("first answer %d", d.First())
	}
	if w := p.Whispers(); len(w) != 1 || !w[0].Loading() || w[0].OnlyFor != p.ID {
		t.Fatalf("while it is worked on: %v", w)
	}
	w := p.WaitWhisper("03-0000-0000") // whom to phone takes the place of the deferral
	if w.Loading() || !strings.Contains(w.Text(), "サーバーが止まった") || !strings.Contains(w.Text(), "受け付けは済んでいません") {
		t.Errorf("whom to phone: %s", w.Text())
	}
	release()
	p.WaitWhisper("受け付けました")
	p.WaitWhisper("二つ目")
	idle(g, f)
	for _, w := range p.Whispers() {
		if w.Loading() {
			t.Error("something is said to be worked on for ever")
		}
	}
	blameless(t, g)
}

// A button of a direct message is answered there for everybody to see who reads it: him.
func TestAnswersInDirectMessagesStay(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	f := openDoor(t, g, &doorDesk{})
	if _, err := f.Send(t.Context(), chat.Delivery{Key: "1", To: chat.Target{User: userID(p.ID)}, Card: chat.Card{Title: "呼び出し", Buttons: []chat.Button{{Label: "対応します", Action: "take|1"}}}}); err != nil {
		t.Fatal(err)
	}
	p.Press("", "対応します", "")
	idle(g, f)
	if m := p.WaitText("", "受け付けました"); m.OnlyFor != "" || m.Flags&ephemeral != 0 {
		t.Errorf("%+v", m)
	}
	blameless(t, g)
}

// What no answer can be shown by is brought to the direct messages.
func TestAnAnswerThatComesTooLateIsBrought(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, release := held(chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}})
	f := openDoor(t, g, desk, func(f *Front) { f.patience.answered = 100 * time.Millisecond })
	p.Command("general", "incident list", nil)
	g.AgeTokens(20 * time.Minute)
	release()
	p.WaitText("", "受け付けました")
	idle(g, f)
}

func TestAFirstAnswerThatGotLostIsNotGivenTwice(t *testing.T) {
	for _, kind := range []discordtest.Kind{discordtest.CutAfter, discordtest.CutBefore, discordtest.ServerError, discordtest.Limited} {
		g := discordtest.New(t)
		p := g.AddMember("山本")
		g.AddChannel("general")
		f := openDoor(t, g, &doorDesk{})
		g.Fail(discordtest.Callback, 1, kind, 50*time.Millisecond)
		p.Command("general", "incident list", nil)
		idle(g, f)
		p.WaitWhisper("受け付けました")
		if n := len(p.Whispers()) + len(p.DMs()); n != 1 {
			t.Errorf("%v: %d answers", kind, n)
		}
	}
}

// Two of our processes hear everything; one of them answers.
func TestTwoProcessesAnswerOnce(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	memory := &doorMemory{}
	one, two := &doorDesk{}, &doorDesk{}
	f := openDoor(t, g, one, remembering(memory))
	second := newDoor(t, g, remembering(memory))
	second.Use(two)
	runDoor(t, g, second)
	p.Command("general", "incident list", nil)
	idle(g, f)
	idle(g, second)
	g.Wait("both to have heard", func() bool { return len(one.requests()) == 1 && len(two.requests()) == 1 })
	if a, b := one.only(t), two.only(t); a.ID != b.ID {
		t.Errorf("%s and %s are one thing", a.ID, b.ID)
	}
	idle(g, f)
	idle(g, second)
	if n := len(p.Whispers()) + len(p.DMs()); n != 1 {
		t.Errorf("%d answers", n)
	}
}

func TestAQuestionIsAskedBefore(t *testing.T) {
	g := discordtest.New(t)
	p, other := g.AddMember("山本"), g.AddMember("別人")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{userID(p.ID), userID(other.ID)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Send(t.Context(), chat.Delivery{Key: "1", To: chat.Target{Channel: "inc-2026-0001"}, Card: chat.Card{Title: "終結", Buttons: []chat.Button{{Label: "終結する", Action: "close|INC-2026-0001||", Confirm: "この件を終結にします。よろしいですか？"}}}}); err != nil {
		t.Fatal(err)
	}
	p.Press("inc-2026-0001", "終結する", "")
	idle(g, f)
	if n := len(desk.requests()); n != 0 {
		t.Fatalf("%d requests before the question is answered", n)
	}
	w := p.WaitWhisper("この件を終結にします")
	if w.OnlyFor != p.ID || len(other.Whispers()) > 0 {
		t.Error("the question is not for him alone")
	}
	if !strings.Contains(w.Text(), "確認：この件を終結にします") || !slices.Equal(w.Buttons(), []string{"はい、実行します", "やめる"}) {
		t.Errorf("%s %q", w.Text(), w.Buttons())
	}
	p.Press(discordtest.Whisper, "やめる", "")
	if m := p.WaitWhisper("何も変わっていません"); m.ID != w.ID || len(m.Buttons()) > 0 || len(desk.requests()) > 0 {
		t.Errorf("it was not stopped: %s %q", m.Text(), m.Buttons())
	}
	p.Press("inc-2026-0001", "終結する", "")
	p.WaitPress(discordtest.Whisper, "はい、実行します", "")
	idle(g, f)
	if r := desk.only(t); r.Action != "close|INC-2026-0001||" || r.Channel != "inc-2026-0001" || r.Kind != chat.Pressed {
		t.Errorf("%+v", r)
	}
	blameless(t, g)
}

func TestALongCardIsReadPageByPage(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	var items []chat.Item
	for range 400 {
		items = append(items, chat.Item{Text: strings.Repeat("長い説明", 15)})
	}
	items[399].Text = "最後の項目"
	desk := &doorDesk{handle: func(context.Context, chat.Request) chat.Reply {
		return chat.Reply{Cards: []chat.Card{{Title: "一覧", Whole: "show|all", Blocks: []chat.Block{{Items: items}}}}}
	}}
	f := openDoor(t, g, desk)
	p.Command("general", "incident list", nil)
	p.WaitPress(discordtest.Whisper, "続きを見る", "")
	idle(g, f)
	for range 20 {
		if !p.CanPress(discordtest.Whisper, "次のページ", "") {
			break
		}
		p.Press(discordtest.Whisper, "次のページ", "")
		idle(g, f)
	}
	w := p.Whispers()
	if got := w[len(w)-1].Text(); !strings.Contains(got, "最後の項目") {
		t.Errorf("the last page: %s", got)
	}
	if last := desk.requests()[len(desk.requests())-1]; last.Kind != chat.Pressed || last.Action != "show|all" {
		t.Errorf("%+v", last)
	}
	blameless(t, g)
}

func TestWhatIsBroughtDirectly(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		return chat.Reply{Accepted: true, Direct: true, Cards: []chat.Card{{Title: "サインインのリンク"}}, Document: &chat.Document{Name: "台帳.xlsx", Type: "application/octet-stream", Body: []byte("x")}}
	}}
	f := openDoor(t, g, desk)
	p.Command("general", "incident line", map[string]string{"text": "web"})
	p.WaitWhisper("ダイレクトメッセージ")
	p.WaitText("", "サインインのリンク")
	g.Wait("the file", func() bool {
		return slices.ContainsFunc(p.DMs(), func(m discordtest.Message) bool {
			return len(m.Attachments) == 1 && string(m.Attachments[0].Body) == "x"
		})
	})
	idle(g, f)
	if strings.Contains(discordtest.Texts(p.Whispers()), "サインイン") {
		t.Error("it is shown elsewhere, too")
	}
	g.CloseDMs(p.ID, true)
	p.Command("general", "incident line", map[string]string{"text": "web"})
	p.WaitWhisper("サインインのリンク") // where he asked
	idle(g, f)
	blameless(t, g)
}

// Every interaction has an answer, also one that says nothing.
func TestNothingIsSaidInWords(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) {
		f.config.PublicURL = "https://hikeshi.example.jp"
		f.draw.publicURL = f.config.PublicURL
	})
	for _, c := range []struct {
		reply chat.Reply
		want  string
	}{
		{chat.Reply{Accepted: true}, "記録しました"},
		{chat.Reply{}, "変わったことはありません"},
		{chat.Reply{Accepted: true, Channel: "inc-2026-0001"}, "inc-2026-0001"},
		{chat.Reply{Page: "/incidents/INC-2026-0001"}, "ページを開く"},
	} {
		desk.mu.Lock()
		desk.handle = func(context.Context, chat.Request) chat.Reply { return c.reply }
		desk.mu.Unlock()
		p.Dismiss()
		p.Command("general", "incident list", nil)
		idle(g, f)
		if got := discordtest.Texts(p.Whispers()); !strings.Contains(got, c.want) {
			t.Errorf("%+v is shown as %q", c.reply, got)
		}
	}
	blameless(t, g)
}

func TestWhoIsNotOfTheCompany(t *testing.T) {
	g := discordtest.New(t)
	p, gone := g.AddMember("山本"), g.AddMember("退職者")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	if _, err := f.Send(t.Context(), chat.Delivery{Key: "1", To: chat.Target{User: userID(gone.ID)}, Card: chat.Card{Title: "呼び出し", Buttons: []chat.Button{{Label: "対応します", Action: "take|1"}}}}); err != nil {
		t.Fatal(err)
	}
	g.Kick(gone.ID)
	if _, err := f.ask(t.Context(), gone.ID); err != nil { // else within the hour
		t.Fatal(err)
	}
	gone.Press("", "対応します", "")
	idle(g, f)
	if got := discordtest.Texts(gone.DMs()); !strings.Contains(got, "このサーバーの方だけが使えます") {
		t.Errorf("who has left is told %q", got)
	}
	// A second server: nothing is taken in from there, and it is said once.
	other := g.AddGuild("別の会社", p.ID)
	g.Wait("it to be said", func() bool { return len(g.Calls(discordtest.CreateMessage)) > 1 })
	p.Raw("general", didCommand, func(o map[string]any) { o["guild_id"] = other })
	taken(g, f, p)
	if got := discordtest.Texts(p.Whispers()); !strings.Contains(got, "このサーバーでは使えません") {
		t.Errorf("from another server: %q", got)
	}
	if n := len(desk.requests()); n != 0 {
		t.Errorf("%d requests reached the desk: %+v", n, desk.requests())
	}
}

func TestNoRoomIsSaid(t *testing.T) {
	g := discordtest.New(t)
	p, q := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	desk, release := held(chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}})
	f := openDoor(t, g, desk, func(f *Front) {
		f.work = intake.NewWork(1)
		f.patience.answered = 100 * time.Millisecond
	})
	p.Command("general", "incident list", nil)
	q.Command("general", "incident list", nil)
	w := q.WaitWhisper("受け付けは済んでいません")
	if !strings.Contains(w.Text(), "03-0000-0000") {
		t.Errorf("without a number to phone: %s", w.Text())
	}
	release()
	p.WaitWhisper("受け付けました")
	idle(g, f)
	blameless(t, g)
}

// discordgo may keep a session locked for good; then another takes its place.
func TestASessionThatIsStuckIsGivenUp(t *testing.T) {
	g := discordtest.New(t)
	f := newDoor(t, g, func(f *Front) { f.patience.open, f.patience.let = 50*time.Millisecond, 50*time.Millisecond })
	l := f.newLine()
	l.session.Lock()
	opened, err := f.hold(t.Context(), l)
	if opened || !errors.Is(err, errStuck) {
		t.Errorf("%v %v", opened, err)
	}
	l.session.Unlock() // it would open after all, and be nobody's
	l.session.Lock()
	defer l.session.Unlock()
	if n := g.Sockets(); n != 0 {
		t.Errorf("%d connections of a session that was given up", n)
	}
}

// Discord is busy or out of reach for a moment: who has written to the bot is answered all the same,
// once.
func TestAnAnswerInDirectMessagesIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		times int
		kind  discordtest.Kind
	}{
		"refused": {4, discordtest.ServerError}, "busy": {2, discordtest.Limited}, "cut before": {2, discordtest.CutBefore}, "cut after": {2, discordtest.CutAfter},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := discordtest.New(t)
			p := g.AddMember("山本")
			f := openDoor(t, g, &doorDesk{})
			g.Fail(discordtest.CreateMessage, c.times, c.kind, 50*time.Millisecond)
			p.DM("PCを落とした")
			p.WaitText("", "受け付けました")
			idle(g, f)
			if n := told(p, "受け付けました"); n != 1 {
				t.Errorf("answered %d times", n)
			}
		})
	}
}
