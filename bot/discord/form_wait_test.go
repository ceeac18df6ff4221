package discord

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// waitingDesk opens the long form, which must not lie about unsent.
func waitingDesk() *doorDesk {
	desk := formDesk()
	desk.emergency = true
	take, opens := desk.handle, desk.draft
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		reply := take(ctx, r)
		if reply.Form != nil {
			reply.Form.Waits = 3 * time.Minute
		}
		return reply
	}
	desk.draft = func(ctx context.Context, draft string) (chat.Form, error) {
		form, err := opens(ctx, draft)
		form.Waits = 3 * time.Minute
		return form, err
	}
	return desk
}

// ahead is a clock that can be put forward.
type ahead struct{ by atomic.Int64 }

func (a *ahead) is(d time.Duration) { a.by.Store(int64(d)) }

func (a *ahead) clock(f *Front) {
	f.clock = func() time.Time { return time.Now().Add(time.Duration(a.by.Load())) }
	f.patience.forms = 20 * time.Millisecond
}

// told are a person's direct messages that say something.
func told(p *discordtest.Person, text string) (n int) {
	for _, m := range p.DMs() {
		if strings.Contains(m.Text(), text) {
			n++
		}
	}
	return n
}

// Whoever sends page 1 and believes that all is said is heard, once, whichever of two processes
// does it: with what cannot be read as words, and with the receipt where he reads it.
func TestAHalfWrittenReportIsSentOn(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory, now := waitingDesk(), &doorMemory{}, &ahead{}
	f := openDoor(t, g, desk, remembering(memory), now.clock)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Type("when", "さっき")
	p.Submit()
	w := p.WaitWhisper("まだ送っていません")
	for _, want := range []string{"🚨", "⚠️", "3分のあいだに続きを送らなければ", "03-0000-0000", "さっき", "例：昨日 23:50、11/27 14:30"} {
		if !strings.Contains(w.Text(), want) {
			t.Errorf("%q is not said:\n%s", want, w.Text())
		}
	}
	now.is(2 * time.Minute)
	taken(g, f, p)
	if n := len(submitted(t, desk)); n != 0 {
		t.Fatalf("sent before its time: %d", n)
	}
	other := newDoor(t, g, remembering(memory), now.clock)
	other.Use(desk)
	runDoor(t, g, other)
	now.is(4 * time.Minute)
	g.Wait("the receipt", func() bool { return told(p, "INC-2026-0001") > 0 })
	g.Wait("the card to say so", func() bool {
		return slices.ContainsFunc(p.Whispers(), func(m discordtest.Message) bool {
			return m.ID == w.ID && strings.Contains(m.Text(), "送信済みです：INC-2026-0001") && len(m.Buttons()) == 0
		})
	})
	idle(g, f)
	idle(g, other)
	sent := submitted(t, desk)
	for _, r := range sent {
		if r.ID != sent[0].ID || r.Values["when"] != "" || r.Values["event"] != "PCを落とした\nいつ：さっき（入力のまま。読み取れませんでした）" || r.Name != "山本" || r.At.IsZero() {
			t.Errorf("sent %+v", r)
		}
	}
	if len(sent) == 0 || len(sent) > 2 || told(p, "INC-2026-0001") != 1 || told(p, "入力されたところまで") != 1 {
		t.Errorf("%d requests, messages %v", len(sent), p.DMs())
	}
	// A window that was still open says what of it did not arrive. The process that did not send it
	// hears of it when it looks at the forms that wait the next time.
	g.Wait("it cannot be opened again", func() bool {
		_, _, err := f.sheetOf(t.Context(), desk, &stage{user: p.ID, at: f.clock()}, longDraft)
		return errors.Is(err, errSentForm)
	})
	blameless(t, g)
}

// The process is gone before the time is over: another one, which never saw the form, sends it.
// What the desk refuses is left out, and is in the text.
func TestAHalfWrittenReportOutlivesItsProcess(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory, now := waitingDesk(), &doorMemory{}, &ahead{}
	take := desk.handle
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted && r.Values["q0"] == "yes" {
			form := longForm(r.Values)
			form.Inputs[slices.IndexFunc(form.Inputs, func(i chat.Input) bool { return i.Name == "q0" })].Error = "これは選べません。"
			return chat.Reply{Form: &form}
		}
		return take(ctx, r)
	}
	f := newDoor(t, g, remembering(memory), now.clock)
	f.Use(desk)
	stop := runDoor(t, g, f)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Fill("q0", "yes")
	p.Submit()
	p.WaitWhisper("まだ送っていません")
	stop()
	now.is(4 * time.Minute)
	openDoor(t, g, desk, remembering(memory), now.clock)
	g.Wait("the receipt", func() bool { return told(p, "INC-2026-0001") == 1 })
	sent := submitted(t, desk)
	last := sent[len(sent)-1]
	if len(sent) != 2 || last.ID != sent[0].ID || last.Values["q0"] != "" || !strings.Contains(last.Values["event"], "質問0：はい") {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

// The desk has no answer when the time is over: its person is told once, with whom to phone, and
// it is sent when the desk is back.
func TestAHalfWrittenReportWaitsForTheDesk(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory, now := waitingDesk(), &doorMemory{}, &ahead{}
	take, broken, tries := desk.handle, atomic.Bool{}, atomic.Int64{}
	broken.Store(true)
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted && broken.Load() {
			tries.Add(1)
			return chat.Reply{Failed: true}
		}
		return take(ctx, r)
	}
	openDoor(t, g, desk, remembering(memory), now.clock)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitWhisper("まだ送っていません")
	now.is(4 * time.Minute)
	g.Wait("three tries", func() bool { return tries.Load() >= 3 })
	broken.Store(false)
	g.Wait("the receipt", func() bool { return told(p, "送信済みです") == 1 && told(p, "を受け付けました") >= 1 })
	if told(p, "報告をまだ送れていません") != 0 { // it was edited
		t.Errorf("messages %v", p.DMs())
	}
	blameless(t, g)
}

// The desk does not take it, and Discord is away when its person is to be told so: he is told when it
// is back.
func TestARefusedHalfWrittenReportDoesNotEndInSilence(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk, memory, now, log := waitingDesk(), &doorMemory{}, &ahead{}, &watched{}
	take := desk.handle
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted {
			form := longForm(r.Values)
			form.Error = "この報告は受け付けられません。"
			return chat.Reply{Form: &form}
		}
		return take(ctx, r)
	}
	f := openDoor(t, g, desk, remembering(memory), now.clock, func(f *Front) { f.patience.call, f.log = time.Second, log.logger() })
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitWhisper("まだ送っていません")
	idle(g, f)
	g.Fail(discordtest.CreateMessage, 1000, discordtest.ServerError)
	now.is(20 * time.Minute) // no token shows anything any more
	g.Wait("a try", func() bool { return strings.Contains(log.String(), "could not be brought to its person; trying again") })
	g.Mend()
	g.Wait("him to be told", func() bool { return told(p, "この報告は受け付けられません") == 1 })
	idle(g, f)
	if at, err := f.sheets.get(t.Context(), p.ID, longDraft); err != nil || !at.Due.IsZero() || told(p, "PCを落とした") != 1 {
		t.Errorf("kept %+v, %v; messages %v", at, err, p.DMs())
	}
	blameless(t, g)
}

// Whoever begins anew is offered what he has begun.
func TestABegunReportIsOfferedFirst(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := waitingDesk()
	take, drafts := desk.handle, 0
	desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
		reply := take(ctx, r)
		if reply.Form != nil {
			drafts++
			reply.Form.Draft += string(rune('0' + drafts))
		}
		return reply
	}
	f := openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	p.WaitWhisper("まだ送っていません")
	p.Command("general", "incident report", nil)
	w := p.WaitWhisper("書きかけの報告が残っています")
	if !strings.Contains(w.Text(), "PCを落とした") || !slices.Equal(w.Buttons(), []string{"このまま報告する", "続き 2/3", "新しく報告する"}) {
		t.Errorf("offered: %s %q", w.Text(), w.Buttons())
	}
	p.Press(discordtest.Whisper, "新しく報告する", "")
	if m := p.WaitModal("1/3"); m.Input("event").Value != "" {
		t.Errorf("the new one is not empty: %s", m.Text())
	}
	p.CloseModal()
	p.PressAgain(w.Channel, w.ID, w.ButtonID("このまま報告する"))
	p.WaitWhisper("送信済みです：INC-2026-0001")
	idle(g, f)
	if sent := submitted(t, desk); len(sent) != 1 || sent[0].Values["event"] != "PCを落とした" || sent[0].Draft != longDraft+"1" {
		t.Errorf("sent %+v", sent)
	}
	blameless(t, g)
}

// Of a form that was sent meanwhile, a window that was still open says what did not arrive.
func TestAWindowOfASentFormSaysWhatDidNotArrive(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := waitingDesk()
	f := openDoor(t, g, desk)
	p.Command("general", "incident report", nil)
	p.Type("event", "PCを落とした")
	p.Submit()
	w := p.WaitWhisper("まだ送っていません")
	p.Press(discordtest.Whisper, "続き 2/3", "")
	p.WaitModal("2/3")
	f.sheets.done(&sheet{By: p.ID, Draft: longDraft}, "INC-2026-0001 を受け付けました", f.clock())
	p.Fill("q3", "no")
	p.Submit()
	if m := p.WaitWhisper("送信済みです：INC-2026-0001"); !strings.Contains(m.Text(), "まだ届いていません") || m.ID == w.ID {
		t.Errorf("%s", m.Text())
	}
	idle(g, f)
	if n := len(submitted(t, desk)); n != 0 {
		t.Errorf("%d submissions", n)
	}
	blameless(t, g)
}

// His next page comes while what he had typed before is being sent on. Where the desk has no answer,
// the page is sent with the rest when its time is over; where it takes the form, he is told what is
// not in it.
func TestAPageThatComesWhileTheFormIsSentOn(t *testing.T) {
	for _, takes := range []bool{false, true} {
		t.Run(map[bool]string{false: "no answer", true: "taken"}[takes], func(t *testing.T) {
			g := discordtest.New(t)
			p := g.AddMember("山本")
			g.AddChannel("general")
			desk, memory, now := waitingDesk(), &doorMemory{}, &ahead{}
			take, under, release := desk.handle, make(chan struct{}), make(chan struct{})
			var once sync.Once
			desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
				failed := false
				if r.Kind == chat.Submitted {
					once.Do(func() {
						close(under)
						<-release
						failed = !takes
					})
				}
				if failed {
					return chat.Reply{Failed: true}
				}
				return take(ctx, r)
			}
			f := openDoor(t, g, desk, remembering(memory), now.clock)
			p.Command("general", "incident report", nil)
			p.Type("event", "PCを落とした")
			p.Submit()
			p.WaitWhisper("まだ送っていません")
			p.Press(discordtest.Whisper, "続き 2/3", "")
			p.WaitModal("2/3")
			now.is(4 * time.Minute)
			<-under
			p.Fill("q3", "no")
			p.Submit()
			g.Wait("page 2", func() bool {
				at, err := f.sheets.get(t.Context(), p.ID, longDraft)
				return err == nil && at != nil && at.Values["q3"] == "no"
			})
			close(release)
			if takes {
				g.Wait("the receipt", func() bool { return told(p, "INC-2026-0001") == 1 })
				if told(p, "質問3: いいえ") != 1 || told(p, "この受け付けに入っていません") != 1 {
					t.Errorf("messages %v", p.DMs())
				}
			} else {
				g.Wait("what is wrong", func() bool { return told(p, "報告をまだ送れていません") == 1 })
				idle(g, f)
				at, err := f.sheets.get(t.Context(), p.ID, longDraft)
				if err != nil || at.Values["q3"] != "no" || at.Due.IsZero() || at.Due.Before(f.clock()) {
					t.Fatalf("kept %+v, %v", at, err)
				}
				now.is(20 * time.Minute)
				g.Wait("the receipt", func() bool { return told(p, "送信済みです") == 1 })
				if sent := submitted(t, desk); len(sent) != 2 || sent[1].Values["q3"] != "no" || told(p, "報告をまだ送れていません") != 0 {
					t.Errorf("sent %+v, messages %v", sent, p.DMs())
				}
			}
			idle(g, f)
			blameless(t, g)
		})
	}
}
