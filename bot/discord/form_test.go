package discord

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

const longDraft = "report|||abcdefghijklmnop"

// longForm is a form of three pages.
func longForm(values chat.Values) chat.Form {
	f := chat.Form{Draft: longDraft, Title: "事故を報告する", Intro: "分かるところだけで構いません。", Submit: "報告する"}
	f.Inputs = []chat.Input{{Name: "optional", Label: "任意", Kind: chat.Line}, {Name: "event", Label: "何が起きましたか", Kind: chat.Lines, Required: true, Max: 8000}, {Name: "when", Label: "いつ", Kind: chat.DateTime, Value: "2026-11-27T01:00"}}
	for n := range 6 {
		f.Inputs = append(f.Inputs, chat.Input{Name: fmt.Sprintf("q%d", n), Label: fmt.Sprintf("質問%d", n), Kind: chat.Choice, Value: "unknown", Options: []chat.Option{
			{Value: "yes", Label: "はい"}, {Value: "no", Label: "いいえ"}, {Value: "unknown", Label: "分からない"},
		}})
	}
	var people []chat.Option
	for n := range 200 {
		people = append(people, chat.Option{Value: fmt.Sprintf("p-%03d", n), Label: fmt.Sprintf("社員 %03d（営業部）", n)})
	}
	f.Inputs = append(f.Inputs, chat.Input{Name: "person", Label: "誰が", Kind: chat.Choice, Options: people}, chat.Input{Name: "day", Label: "日", Kind: chat.Date})
	for n, i := range f.Inputs {
		if v, ok := values[i.Name]; ok {
			f.Inputs[n].Value = v
		}
	}
	return f
}

// formDesk opens the long form and takes it.
func formDesk() *doorDesk {
	d := &doorDesk{}
	d.handle = func(_ context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted {
			return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "INC-2026-0001 を受け付けました"}}}
		}
		form := longForm(nil)
		return chat.Reply{Form: &form}
	}
	d.draft = func(_ context.Context, draft string) (chat.Form, error) {
		if draft != longDraft {
			return chat.Form{}, errors.New("no such form")
		}
		return longForm(nil), nil
	}
	d.suggest = func(_ context.Context, _, typed string) (found []chat.Option, err error) {
		for _, o := range longForm(nil).Inputs[9].Options {
			if strings.Contains(o.Label, typed) {
				found = append(found, o)
			}
		}
		return found[:min(len(found), 2)], nil
	}
	return d
}

func submitted(t *testing.T, d *doorDesk) []chat.Request {
	t.Helper()
	return slices.DeleteFunc(d.requests(), func(r chat.Request) bool { return r.Kind != chat.Submitted })
}

func TestAFormInPages(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	f := openDoor(t, g, desk)
	if d := p.Command("general", "incident report", nil); d.First() != answersWithForm {
		t.Fatalf("the first page did not open at once: %d", d.First())
	}
	m := p.Modal()
	if m.Title != "事故を報告する 1/3" || len(m.Inputs) != 4 || !strings.Contains(m.Text(), "この画面を送っても、まだ終わりません") || m.Inputs[0].ID != "l.event" || !m.Inputs[0].Required || m.Input("when").Value != "2026-11-27 01:00" {
		t.Fatalf("page 1: %s\n%+v", m.Title, m.Inputs)
	}
	p.Type("event", "PCを落とした")
	p.Fill("q0", "yes")
	p.Submit()
	w := p.WaitWhisper("まだ送っていません")
	for _, want := range []string{"PCを落とした", "はい", "何が起きましたか", "入力した内容"} {
		if !strings.Contains(w.Text(), want) {
			t.Errorf("what was typed is not in sight: %q in\n%s", want, w.Text())
		}
	}
	for _, came := range []string{"分からない", "2026-11-27 01:00"} {
		if strings.Contains(w.Text(), came) {
			t.Errorf("what he did not type stands among what he typed: %q in\n%s", came, w.Text())
		}
	}
	if got := w.Buttons(); !slices.Equal(got, []string{"このまま送る", "続き 2/3"}) {
		t.Errorf("buttons %q", got)
	}
	if d := p.Press(discordtest.Whisper, "続き 2/3", ""); d.First() != answersWithForm {
		t.Fatalf("page 2: %d", d.First())
	}
	p.Fill("q3", "no")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "続き 3/3", "")
	p.Type("person", "社員 150")
	p.Type("day", "12/1")
	p.Submit()
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	sent := submitted(t, desk)
	want := chat.Values{"event": "PCを落とした", "optional": "", "when": "2026-11-27T01:00", "q0": "yes", "q1": "unknown", "q2": "unknown", "q3": "no", "q4": "unknown", "q5": "unknown", "person": "p-150", "day": sent[0].Values["day"]}
	if len(sent) != 1 || !maps.Equal(sent[0].Values, want) || !strings.HasSuffix(want["day"], "-12-01") || sent[0].Draft != longDraft {
		t.Errorf("sent %+v", sent)
	}
	// It is sent, and both messages that said otherwise say so.
	for _, m := range p.Whispers() {
		if strings.Contains(m.Text(), "まだ送っていません") || len(m.Buttons()) > 0 {
			t.Errorf("still to be sent: %s %q", m.Text(), m.Buttons())
		}
	}
	p.PressAgain(w.Channel, w.ID, w.ButtonID("このまま送る"))
	if n := len(p.Whispers()); n == 0 || !strings.Contains(p.Whispers()[n-1].Text(), "送信済みです：INC-2026-0001") {
		p.WaitWhisper("送信済みです：INC-2026-0001")
	}
	idle(g, f)
	if n := len(submitted(t, desk)); n != 1 {
		t.Errorf("%d submissions", n)
	}
	blameless(t, g)
}

// A form that is left alone keeps its message, and can be sent as it is or gone on with after a
// restart, by this person alone.
func TestAFormGoesOnAfterARestart(t *testing.T) {
	g := discordtest.New(t)
	p, other := g.AddMember("山本"), g.AddMember("別人")
	g.AddChannel("general")
	desk, memory := formDesk(), &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	w := p.WaitWhisper("まだ送っていません")
	p.Press(discordtest.Whisper, "続き 2/3", "")
	p.Fill("q3", "no")
	stop() // the window of page 2 stays open meanwhile
	f = newDoor(t, g, remembering(memory))
	f.Use(desk)
	runDoor(t, g, f)
	p.Submit()
	w2 := p.WaitWhisper("続き 3/3")
	if !strings.Contains(w2.Text(), "PCを落とした") || w2.ID == w.ID {
		t.Errorf("what was typed before the restart: %s", w2.Text())
	}
	p.Press(discordtest.Whisper, "このまま送る", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" || sent[0].Values["q3"] != "no" || sent[0].Values["q0"] != "unknown" {
		t.Errorf("sent %+v", sent)
	}
	g.Wait("what was typed to be forgotten", func() bool {
		all, _ := memory.All(t.Context(), sheetPrefix)
		for _, raw := range all {
			if strings.Contains(string(raw), "PCを落とした") || !strings.Contains(string(raw), "INC-2026-0001") {
				return false
			}
		}
		return len(all) == 1
	})
	// Somebody else with the same draft has a form of his own.
	s := &stage{user: other.ID, at: f.clock()}
	at, _, err := f.sheetOf(t.Context(), desk, s, longDraft)
	if err != nil || at.Values["event"] != "" {
		t.Errorf("another's form: %+v %v", at, err)
	}
	blameless(t, g)
}

func TestWhatCannotBeReadIsSaidAndKept(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	f := openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Type("when", "きのうの夜")
	p.Submit()
	w := p.WaitWhisper("日時として読み取れません")
	if !strings.Contains(w.Text(), "きのうの夜") || !strings.Contains(w.Text(), "PCを落とした") || !slices.Equal(w.Buttons(), []string{"直す 1/3"}) {
		t.Errorf("%s %q", w.Text(), w.Buttons())
	}
	p.Press(discordtest.Whisper, "直す 1/3", "")
	if m := p.Modal(); m.Input("when").Value != "きのうの夜" || m.Input("event").Value != "PCを落とした" {
		t.Errorf("the form has lost something: %s", m.Text())
	}
	p.Type("when", "２０２６／１１／２６　２３：５０")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "続き 2/3", "")
	p.WaitModal("2/3")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "続き 3/3", "")
	p.Type("person", "社員") // 200 of them
	p.Submit()
	w = p.WaitWhisper("一つに決まりません")
	if !slices.Equal(w.Buttons(), []string{"直す 3/3"}) {
		t.Errorf("buttons %q", w.Buttons())
	}
	p.Press(discordtest.Whisper, "直す 3/3", "")
	p.Type("person", "社員 007（営業部）")
	p.Submit()
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["when"] != "2026-11-26T23:50" || sent[0].Values["person"] != "p-007" {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

func TestARefusedFormIsMendedWhereItIsWrong(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	take := desk.handle
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted && r.Values["q5"] != "yes" {
			form := longForm(r.Values)
			form.Error = "まだ記録していません。"
			form.Inputs[slices.IndexFunc(form.Inputs, func(i chat.Input) bool { return i.Name == "q5" })].Error = "答えてください。"
			return chat.Reply{Form: &form, Cards: []chat.Card{{Title: "足りないもの"}}}
		}
		return take(ctx, r)
	}
	f := openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした *強調* @everyone")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "")
	w := p.WaitWhisper("まだ記録していません")
	if !strings.Contains(w.Text(), "答えてください。") || !strings.Contains(w.Text(), "PCを落とした *強調* @everyone") || !slices.Equal(w.Buttons(), []string{"直す 2/3"}) {
		t.Errorf("%s %q", w.Text(), w.Buttons())
	}
	p.WaitWhisper("足りないもの")
	p.Press(discordtest.Visible, "直す 2/3", "")
	if m := p.Modal(); !strings.Contains(m.Input("q5").Hint, "答えてください。") {
		t.Errorf("what is wrong does not stand at the question: %s", m.Text())
	}
	p.Fill("q5", "yes")
	p.Submit()
	p.WaitPress(discordtest.Visible, "このまま送る", "続き 3/3")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	sent := submitted(t, desk)
	if len(sent) != 2 || sent[1].Values["event"] != "PCを落とした *強調* @everyone" || sent[0].ID != sent[1].ID {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

// Whoever is late, for the desk was slow, opens his form by a button.
func TestAFormThatComesTooLateIsOpenedByAButton(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	slow := make(chan struct{})
	take := desk.handle
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		<-slow
		return take(ctx, r)
	}
	f := openDoor(t, g, desk, func(f *Front) { f.patience.answered = 100 * time.Millisecond })
	if d := p.Command("general", "incident report", nil); d.First() != answersLater {
		t.Fatalf("first answer %d", d.First())
	}
	close(slow)
	p.WaitPress(discordtest.Whisper, "記入画面を開く", "")
	p.WaitModal("何が起きましたか")
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	blameless(t, g)
}

// The database does not answer: what was typed is kept in the process, and in the memory once
// it is back.
func TestAFormOutlivesTheDatabase(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory := formDesk(), &doorMemory{}
	f := openDoor(t, g, desk, remembering(memory), func(f *Front) { f.patience.lookup = 50 * time.Millisecond })
	memory.is(true)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "続き 2/3", "まだ送っていません")
	p.WaitModal("2/3")
	p.CloseModal()
	memory.is(false)
	g.Wait("what was typed to stand in the memory", func() bool {
		all, _ := memory.All(t.Context(), sheetPrefix)
		for _, raw := range all {
			return strings.Contains(string(raw), "PCを落とした")
		}
		return false
	})
	p.Press(discordtest.Whisper, "このまま送る", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	blameless(t, g)
}

// The desk has no answer: it is said, with what was typed, and can be sent again.
func TestAFormThatFailsCanBeSentAgain(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	take, broken := desk.handle, true
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted && broken {
			broken = false
			panic("the desk stumbles")
		}
		return take(ctx, r)
	}
	f := openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "")
	w := p.WaitWhisper("いまは処理できません")
	if !strings.Contains(w.Text(), "PCを落とした") {
		t.Errorf("what was typed is out of sight: %s", w.Text())
	}
	p.Press(discordtest.Whisper, "もう一度送る", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	sent := submitted(t, desk)
	if len(sent) != 2 || sent[0].ID != sent[1].ID || sent[1].Values["event"] != "PCを落とした" {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

// After a restart the desk may not know the form, or not answer: what is typed into a window
// that is still open goes on to it all the same.
func TestAWindowOutlivesEverything(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := formDesk()
	f := newDoor(t, g)
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Type("when", "１１／２６ １：０５")
	p.Fill("q0", "yes")
	stop()
	desk.draft = func(context.Context, string) (chat.Form, error) { return chat.Form{}, errors.New("nobody knows") }
	f = newDoor(t, g) // with another memory
	f.Use(desk)
	runDoor(t, g, f)
	p.Submit()
	p.WaitPress(discordtest.Whisper, "このまま送る", "PCを落とした") // whether it is all, he alone can say
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" || sent[0].Values["q0"] != "yes" || !strings.HasSuffix(sent[0].Values["when"], "-11-26T01:05") {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

// A restart while the database is away: what was typed before it is not written over, and not
// sent without.
func TestPagesBeforeARestartAreNotWrittenOver(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory := formDesk(), &doorMemory{}
	f := newDoor(t, g, remembering(memory))
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitPress(discordtest.Whisper, "続き 2/3", "")
	p.Fill("q3", "no")
	stop()
	memory.is(true)
	f = newDoor(t, g, remembering(memory))
	f.Use(desk)
	runDoor(t, g, f)
	p.Submit()
	p.WaitPress(discordtest.Whisper, "もう一度送る", "いまは確かめられません") // too early
	idle(g, f)
	if n := len(submitted(t, desk)); n != 0 {
		t.Fatalf("a part of a form was sent: %+v", submitted(t, desk))
	}
	memory.is(false)
	p.Press(discordtest.Whisper, "もう一度送る", "")
	p.WaitWhisper("INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" || sent[0].Values["q3"] != "no" {
		t.Errorf("sent %+v", sent)
	}
}

func TestOldSheetsAreForgotten(t *testing.T) {
	memory := &doorMemory{}
	g := discordtest.New(t)
	now := time.Now()
	s := newSheets(memory, newDoor(t, g).log)
	<-s.keep(&sheet{Draft: "old", By: "1", Values: chat.Values{"a": "b"}}, now.Add(-8*24*time.Hour))
	<-s.keep(&sheet{Draft: "new", By: "1", Values: chat.Values{"a": "b"}}, now.Add(-6*24*time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.sweep(ctx, func() time.Time { return now }) }()
	g.Wait("the old one to go", func() bool { all, _ := memory.All(t.Context(), sheetPrefix); return len(all) == 1 })
	cancel()
	<-done
	s.finish()
	other := newSheets(memory, s.log)
	if at, err := other.get(t.Context(), "1", "new"); err != nil || at == nil || at.Values["a"] != "b" {
		t.Errorf("%+v %v", at, err)
	}
	if at, _ := other.get(t.Context(), "2", "new"); at != nil {
		t.Errorf("another's: %+v", at)
	}
	if at, _ := other.get(t.Context(), "1", "old"); at != nil {
		t.Errorf("an old one: %+v", at)
	}
}
