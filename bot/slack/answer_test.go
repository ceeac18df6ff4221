package slack

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

func doorForm(draft string) chat.Form {
	return chat.Form{Draft: draft, Title: "事故を報告する", Submit: "報告する", Inputs: []chat.Input{
		{Name: "text", Label: "何が起きましたか", Kind: chat.Lines},
	}}
}

// A slow database keeps nobody waiting for the acknowledgement. After a while it is shown whom
// to phone, and the answer when there is one.
func TestASlowDeskIsAcknowledgedAndThePhonesAreShown(t *testing.T) {
	for name, way := range map[string]bool{"Socket Mode": overSocket, "HTTP": overHTTP} {
		t.Run(name, func(t *testing.T) {
			w := slacktest.New(t)
			p := w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
			answer := make(chan struct{})
			desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
				<-answer
				return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "INC-2026-0001 " + r.Name}}}
			}}
			openDoor(t, w, desk, way, func(p *patience) { p.emergency = 300 * time.Millisecond })
			p.Slash("", "PCを置き忘れた")
			if w.Slowest() > time.Second {
				t.Errorf("acknowledged after %v", w.Slowest())
			}
			p.WaitText("", "受信中")
			if got := slacktest.Texts(p.DMs()); strings.Contains(got, "INC-") {
				t.Errorf("a number before anything is accepted: %s", got)
			}
			got := p.WaitText("", "03-0000-0000").Text()
			if !strings.Contains(got, "PCを置き忘れた") || !strings.Contains(got, "受け付けは済んでいません") {
				t.Errorf("whom to phone, and what was typed: %s", got)
			}
			close(answer)
			p.WaitText("", "INC-2026-0001 佐藤")
		})
	}
}

func TestAFormThatWaitsShowsWhatWasTypedAndThenTheAnswer(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1", RealName: "佐藤"})
	answer := make(chan chat.Reply)
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		if r.Kind != chat.Submitted {
			form := doorForm("d-1")
			return chat.Reply{Form: &form}
		}
		return <-answer
	}}
	openDoor(t, w, desk, overSocket, func(p *patience) { p.submitted, p.emergency = 50*time.Millisecond, 300*time.Millisecond })
	p.Slash("", "")
	p.WaitModal("何が起きましたか")
	p.Type("text", "倉庫の鍵がない")
	p.Submit()
	if w.Slowest() > time.Second {
		t.Errorf("acknowledged after %v", w.Slowest())
	}
	if got := p.Modal().Text(); !strings.Contains(got, "受信中") || !strings.Contains(got, "倉庫の鍵がない") {
		t.Fatalf("while it waits: %s", got)
	}
	if got := p.WaitModal("03-0000-0000").Text(); !strings.Contains(got, "倉庫の鍵がない") {
		t.Errorf("beside the phones: %s", got)
	}

	// when it is refused, then the form comes back with what was typed
	form := doorForm("d-1")
	form.Inputs[0].Value, form.Inputs[0].Error = "倉庫の鍵がない", "もう少しくわしく"
	answer <- chat.Reply{Form: &form}
	if in := p.WaitModal("もう少しくわしく").Input("text"); in.Value != "倉庫の鍵がない" {
		t.Errorf("the refused form: %+v", in)
	}

	// when he has closed the window meanwhile, then the answer comes by direct message
	p.Submit()
	p.WaitModal("受信中")
	p.CloseModal()
	answer <- chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "INC-2026-0002"}}}
	p.WaitText("", "INC-2026-0002")
}

// A refused form that cannot be shown any more is offered by a button, with what was typed.
func TestARefusedFormIsNotLostWithItsWindow(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	answer := make(chan struct{})
	refused := doorForm("d-1")
	refused.Error, refused.Inputs[0].Value = "記録できませんでした", "倉庫の鍵がない"
	desk := &doorDesk{
		handle: func(_ context.Context, r chat.Request) chat.Reply {
			if r.Kind != chat.Submitted {
				form := doorForm("d-1")
				return chat.Reply{Form: &form}
			}
			<-answer
			return chat.Reply{Form: &refused}
		},
		draft: func(string) (chat.Form, error) { return refused, nil },
	}
	openDoor(t, w, desk, overSocket, func(p *patience) { p.submitted = 20 * time.Millisecond })
	p.Slash("", "")
	p.WaitModal("何が起きましたか")
	p.Type("text", "倉庫の鍵がない")
	p.Submit()
	p.CloseModal()
	close(answer)
	if got := p.WaitText("", "記録できませんでした").Text(); !strings.Contains(got, "倉庫の鍵がない") {
		t.Errorf("what was typed is lost: %s", got)
	}
	p.WaitPress("", "フォームを開く", "")
	if in := p.WaitModal("何が起きましたか").Input("text"); in.Value != "倉庫の鍵がない" {
		t.Errorf("opened again: %+v", in)
	}
}

// A trigger lives three seconds. A form that comes later is opened by a button.
func TestAFormThatComesTooLateIsOfferedByAButton(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	desk := &doorDesk{
		handle: func(context.Context, chat.Request) chat.Reply {
			w.AgeTriggers(4 * time.Second)
			form := doorForm("d-9")
			return chat.Reply{Form: &form}
		},
		draft: func(draft string) (chat.Form, error) { return doorForm(draft), nil },
	}
	openDoor(t, w, desk, overSocket)
	p.Slash("", "")
	p.WaitPress("", "フォームを開く", "")
	m := p.WaitModal("何が起きましたか")
	if on, err := readSheet(m.Metadata); err != nil || on.Draft != "d-9" {
		t.Errorf("the form of another draft: %+v %v", on, err)
	}
}

// A form opened from memory becomes whole, and what was typed into it meanwhile stays.
func TestAFormFromMemoryBecomesWhole(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	var up atomic.Bool
	desk := &doorDesk{
		handle: func(context.Context, chat.Request) chat.Reply {
			form := doorForm("d-1")
			form.Partial = true
			return chat.Reply{Form: &form}
		},
		draft: func(draft string) (chat.Form, error) {
			if !up.Load() {
				return chat.Form{}, io.ErrUnexpectedEOF
			}
			form := doorForm(draft)
			form.Inputs = append(form.Inputs, chat.Input{Name: "where", Label: "どこで", Kind: chat.Line})
			return form, nil
		},
	}
	openDoor(t, w, desk, overSocket)
	p.Slash("", "")
	p.WaitModal("何が起きましたか")
	p.Type("text", "書きかけ")
	up.Store(true)
	if in := p.WaitModal("どこで").Input("text"); in.Value != "書きかけ" {
		t.Errorf("what was typed meanwhile: %+v", in)
	}
}

func TestRepliesGoWhereTheyBelong(t *testing.T) {
	w := slacktest.New(t)
	p, other := w.AddUser(slacktest.User{ID: "U1"}), w.AddUser(slacktest.User{ID: "U2"})
	general := w.AddChannel("general", false, "U1", "U2")
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		switch {
		case strings.HasSuffix(r.Text, "web"):
			return chat.Reply{Accepted: true, Direct: true, Cards: []chat.Card{{Title: "入口のリンク"}}}
		case strings.HasSuffix(r.Text, "黙って"):
			return chat.Reply{Accepted: true}
		case r.Kind == chat.Pressed:
			return chat.Reply{Cards: []chat.Card{{Title: "全体 " + string(r.Action)}}}
		case strings.HasSuffix(r.Text, "長い"):
			c := chat.Card{Title: "長いカード", Whole: "card|x"}
			for i := range 200 {
				c.Blocks = append(c.Blocks, chat.Block{Heading: fmt.Sprint("見出し", i), Text: strings.Repeat("あ", 300)})
			}
			return chat.Reply{Cards: []chat.Card{c}}
		}
		return chat.Reply{Cards: []chat.Card{{Title: "返答"}}}
	}}
	openDoor(t, w, desk, overSocket)
	p.Slash(general.ID, "web")
	p.WaitText(general.ID, "ダイレクトメッセージ")
	p.WaitText("", "入口のリンク")
	if got := slacktest.Texts(other.Look(general.ID)) + slacktest.Texts(p.Look(general.ID)); strings.Contains(got, "入口のリンク") {
		t.Errorf("the link stands in the channel: %s", got)
	}
	p.Slash(general.ID, "黙って")
	p.WaitText(general.ID, "記録しました")
	p.Slash(general.ID, "長い")
	p.WaitPress(general.ID, "続きを見る", "")
	p.WaitModal("全体 card|x")
	p.GlobalShortcut(shortcutReport)
	p.WaitModal("返答")
	p.DM("返事して")
	p.WaitText("", "返答")
	if wrong := w.Mistakes(); len(wrong) > 0 {
		t.Errorf("Slack refused: %q", wrong)
	}
}

// A desk that stumbles ends nothing, and nobody is left without an answer.
func TestAPanicIsAnswered(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	var calm atomic.Bool
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		if !calm.Load() {
			panic("on purpose")
		}
		return chat.Reply{Cards: []chat.Card{{Title: "返答"}}}
	}}
	f := openDoor(t, w, desk, overSocket)
	p.Slash("", "倉庫の鍵")
	if got := p.WaitText("", "いまは処理できません").Text(); !strings.Contains(got, "倉庫の鍵") {
		t.Errorf("what was typed is lost: %s", got)
	}
	idle(w, f)
	calm.Store(true)
	p.Repeat() // what failed is handled again
	p.WaitText("", "返答")
}

func TestStrangersAndBotsAreNotLetIn(t *testing.T) {
	w := slacktest.New(t)
	desk := &doorDesk{}
	f := openDoor(t, w, desk, overSocket)
	for _, u := range []slacktest.User{
		{ID: "U7", TeamID: "T0OTHER"}, {ID: "U8", Bot: true}, {ID: "U9", Deleted: true},
	} {
		w.AddUser(u).Slash("", "報告 他社から")
	}
	guest := w.AddUser(slacktest.User{ID: "U6", Guest: true})
	guest.Slash("", "ゲストから")
	guest.WaitText("", "受け付けました")
	idle(w, f)
	for _, r := range desk.requests() {
		if r.From != "slack:U6" {
			t.Errorf("let in: %+v", r)
		}
	}
	w.Person("U7").WaitText("", "このワークスペースの方だけ")
}

func TestAListIsSearchedWhileTyping(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	var many []chat.Option
	for i := range 500 {
		many = append(many, chat.Option{Value: fmt.Sprint("v", i), Label: fmt.Sprint(strings.Repeat("長", 60), i)})
	}
	form := doorForm("d-1")
	form.Inputs = append(form.Inputs, chat.Input{Name: "into", Label: "どの事故", Kind: chat.Choice, Options: many})
	slow := make(chan struct{})
	desk := &doorDesk{
		handle: func(context.Context, chat.Request) chat.Reply { return chat.Reply{Form: &form} },
		suggest: func(ctx context.Context, input, typed string) ([]chat.Option, error) {
			if typed == "slow" {
				<-slow
			}
			if input != "into" {
				t.Errorf("searched %q", input)
			}
			return many[:150], nil
		},
	}
	openDoor(t, w, desk, overSocket, func(p *patience) { p.suggested = 200 * time.Millisecond })
	t.Cleanup(func() { close(slow) })
	p.Slash("", "")
	p.WaitModal("どの事故")
	if got := p.Suggest("into", "長"); len(got) == 0 || len(got) > 100 {
		t.Errorf("%d options", len(got))
	}
	if got := p.Suggest("into", "slow"); len(got) != 0 || w.Slowest() > time.Second {
		t.Errorf("%d options after %v", len(got), w.Slowest())
	}
	if wrong := w.Mistakes(); len(wrong) > 0 {
		t.Errorf("Slack refused: %q", wrong)
	}
}

// What a refused form has no place for, such as whom to phone, comes beside it.
func TestARefusedFormComesWithItsCards(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		form := doorForm("d-1")
		if r.Kind != chat.Submitted {
			return chat.Reply{Form: &form}
		}
		form.Error, form.Inputs[0].Value = "記録できませんでした", r.Values["text"]
		return chat.Reply{Form: &form, Cards: []chat.Card{{Title: "足りないもの"}}}
	}}
	openDoor(t, w, desk, overSocket)
	p.Slash("", "")
	p.WaitModal("何が起きましたか")
	p.Type("text", "倉庫の鍵がない")
	p.Submit()
	m := p.WaitModal("記録できませんでした")
	if in := m.Input("text"); in.Value != "倉庫の鍵がない" {
		t.Errorf("what was typed: %+v", in)
	}
	p.WaitText("", "足りないもの")
}

// Somebody whom Slack is slow to name reports under the name that came with the command, and
// his report does not wait.
func TestASlowLookupHoldsNobodyUp(t *testing.T) {
	w := slacktest.New(t)
	desk := &doorDesk{}
	f := openDoor(t, w, desk, overSocket, func(p *patience) { p.lookup = 50 * time.Millisecond })
	p := w.AddUser(slacktest.User{ID: "U5", Name: "tanaka"})
	hold := make(chan struct{})
	w.After("users.info", func() { <-hold })
	defer close(hold)
	p.Slash("", "報告")
	w.Wait("the report", func() bool { return len(desk.requests()) == 1 })
	if r := desk.requests()[0]; r.Name != "tanaka" || r.From != "slack:U5" {
		t.Errorf("reported by %+v", r)
	}
	idle(w, f)
}

// A window that is closed by hand is nothing that anybody did.
func TestAClosedWindowIsNoRequest(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	desk := &doorDesk{handle: func(context.Context, chat.Request) chat.Reply {
		form := doorForm("d-1")
		return chat.Reply{Form: &form}
	}}
	f := openDoor(t, w, desk, overSocket)
	p.Slash("", "")
	p.WaitModal("何が起きましたか")
	p.CloseModal()
	idle(w, f)
	if n := len(desk.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A file goes to the direct messages of the one who asked, and nowhere else; where it cannot be
// sent, he is told.
func TestAFileIsHandedToTheOneWhoAsked(t *testing.T) {
	for name, fails := range map[string]bool{"it arrives": false, "it cannot be sent": true} {
		t.Run(name, func(t *testing.T) {
			w := slacktest.New(t)
			p, other := w.AddUser(slacktest.User{ID: "U1"}), w.AddUser(slacktest.User{ID: "U2"})
			general := w.AddChannel("general", false, "U1", "U2")
			desk := &doorDesk{handle: func(context.Context, chat.Request) chat.Reply {
				return chat.Reply{Direct: true, Cards: []chat.Card{{Title: "速報の下書き"}}, Document: &chat.Document{Name: "INC-2026-0001-ppc-preliminary.docx", Type: "application/msword", Body: []byte("body")}}
			}}
			openDoor(t, w, desk, overSocket)
			if fails {
				w.Fail("files.completeUploadExternal", 9, slacktest.ServerError)
			}
			p.Slash(general.ID, "下書き")
			p.WaitText("", "速報の下書き")
			p.WaitText(general.ID, "ダイレクトメッセージ")
			if fails {
				p.WaitText("", "ファイルを送れませんでした")
			} else if files := w.Files(); len(files) != 1 || string(files[0].Body) != "body" || files[0].Name != "INC-2026-0001-ppc-preliminary.docx" || len(files[0].Channels) != 1 || files[0].Channels[0] == general.ID {
				t.Errorf("files: %+v", files)
			}
			if got := slacktest.Texts(other.Look(general.ID)) + slacktest.Texts(other.DMs()) + slacktest.Texts(p.Look(general.ID)); strings.Contains(got, "速報の下書き") || strings.Contains(got, "ppc-preliminary") {
				t.Errorf("others see: %s", got)
			}
		})
	}
}
