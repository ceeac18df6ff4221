package slack

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

func TestTheHomeTabFollowsChangesWithoutATide(t *testing.T) {
	w := slacktest.New(t)
	p, other := w.AddUser(slacktest.User{ID: "U1"}), w.AddUser(slacktest.User{ID: "U2"})
	var version, asked atomic.Int64
	desk := &doorDesk{home: func(who chat.UserID) ([]chat.Card, error) {
		asked.Add(1)
		return []chat.Card{{Title: fmt.Sprint("版", version.Load(), who), Buttons: []chat.Button{{Label: "報告する", Action: "form|||report"}}}}, nil
	}}
	f := openDoor(t, w, desk, overSocket)
	p.OpenHome()
	p.WaitHome("版0slack:U1")
	version.Store(1)
	for range 100 {
		f.Changed("inc-2026-0001")
	}
	p.WaitHome("版1")
	if other.HomeView() != nil {
		t.Error("a Home tab that nobody opened was published")
	}
	if n := w.Done("views.publish"); n > 3 {
		t.Errorf("%d publications for one change", n)
	}
	// What did not change is asked for and not published.
	before, n := w.Done("views.publish"), asked.Load()
	f.Changed("")
	w.Wait("the desk was asked", func() bool { return asked.Load() > n })
	w.Wait("it was looked at", func() bool { user, wait := f.homes.next(time.Now(), 0); return user == "" && wait == 0 })
	if got := w.Done("views.publish"); got != before {
		t.Error("the same was published again")
	}
	// A button of the Home tab opens a window.
	p.Press(slacktest.Home, "報告する", "")
	p.WaitModal("受け付けました")
}

func TestAHomeTabThatCannotBeMadeShowsThePhones(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	var down atomic.Bool
	down.Store(true)
	desk := &doorDesk{home: func(chat.UserID) ([]chat.Card, error) {
		if down.Load() {
			return nil, fmt.Errorf("the database is down")
		}
		return []chat.Card{{Title: "あなたの事故"}}, nil
	}}
	openDoor(t, w, desk, overSocket)
	p.OpenHome()
	p.WaitHome("03-0000-0000")
	down.Store(false)
	p.WaitHome("あなたの事故")
}

func TestHomesAreBounded(t *testing.T) {
	h, now := newHomes(), time.Unix(1000, 0)
	for i := range maxHomes + 10 {
		h.opened(fmt.Sprint(i), now.Add(time.Duration(i)))
	}
	if len(h.by) != maxHomes || h.by["0"] != nil {
		t.Errorf("%d homes, the first %v", len(h.by), h.by["0"])
	}
	h.changed("")
	if user, _ := h.next(now.Add(homeFor+time.Hour), time.Second); user != "" || len(h.by) != 0 {
		t.Errorf("after its time: %q of %d", user, len(h.by))
	}
}

func TestAQuotedMessageComesWithTheForm(t *testing.T) {
	w := slacktest.New(t)
	author, p := w.AddUser(slacktest.User{ID: "U2", Name: "鈴木"}), w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
	general := w.AddChannel("general", false, "U1", "U2", w.BotUser)
	long := strings.Repeat("不審なメールが届きました。<b>&", 300)
	ts := author.Share(general.ID, long, "画面.png", []byte("png"))
	type taken struct {
		r    chat.Request
		file []chat.File
	}
	got := make(chan taken, 2)
	first := atomic.Bool{}
	desk := &doorDesk{}
	desk.handle = func(_ context.Context, r chat.Request) chat.Reply {
		switch r.Kind {
		case chat.Quoted:
			got <- taken{r: r}
			form := doorForm("d-q")
			form.Inputs[0].Value = "下書き"
			return chat.Reply{Form: &form}
		case chat.Submitted:
			out := taken{r: r}
			for file, err := range r.Files {
				if err != nil {
					t.Error(err)
					break
				}
				out.file = append(out.file, chat.File{Input: file.Input, Name: file.Name})
			}
			got <- out
			if first.CompareAndSwap(false, true) {
				form := doorForm("d-q")
				form.Error = "もう一度"
				return chat.Reply{Form: &form}
			}
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
	}
	f := openDoor(t, w, desk, overSocket)
	memory := f.config.Memory.(*doorMemory)
	p.MessageShortcut(shortcutQuote, general.ID, ts)
	q := (<-got).r.Quote
	if q.For != chat.ForReport || q.Text != long || q.From != "slack:U2" || q.Name != "鈴木" || !slices.Equal(q.Files, []string{"画面.png"}) || q.Link == "" || q.At.IsZero() {
		t.Errorf("quoted: %+v", q)
	}
	p.WaitModal("何が起きましたか")
	w.Wait("the words are kept", func() bool { all, _ := memory.All(t.Context(), quotePrefix); return len(all) == 1 })
	for range 2 { // refused, then accepted: the quote comes both times, and from memory alone
		f.quotes.by = map[string]keptQuote{}
		p.Submit()
		sent := <-got
		if sent.r.Quote == nil || sent.r.Quote.Text != long || sent.r.Quote.Name != "鈴木" || !sent.r.Quote.At.Equal(q.At) {
			t.Errorf("sent with %+v", sent.r.Quote)
		}
		if len(sent.file) != 1 || sent.file[0].Input != chat.QuotedFile || sent.file[0].Name != "画面.png" {
			t.Errorf("files: %+v", sent.file)
		}
	}
	p.WaitModal("受け付けました")
	idle(w, f)
	if all, _ := memory.All(t.Context(), quotePrefix); len(all) != 0 {
		t.Errorf("the words are still kept: %d", len(all))
	}
}

func TestAPinIsARecordInTheIncidentsChannelAlone(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1", Name: "佐藤"})
	general := w.AddChannel("general", false, "U1", w.BotUser)
	desk := &doorDesk{}
	f := openDoor(t, w, desk, overSocket)
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{"slack:U1"}}); err != nil {
		t.Fatal(err)
	}
	p.Post("inc-2026-0001", "何でもない話")
	ts := p.Post("inc-2026-0001", "サーバを切り離した &")
	elsewhere := p.Post(general.ID, "ほかの話")
	p.React(general.ID, elsewhere, "pushpin")
	p.React("inc-2026-0001", ts, "eyes")
	p.React("inc-2026-0001", ts, "pushpin")
	p.WaitText("inc-2026-0001", "受け付けました")
	idle(w, f)
	asked := desk.requests()
	if len(asked) != 1 {
		t.Fatalf("%d requests: %+v", len(asked), asked)
	}
	r := asked[0]
	if r.Kind != chat.Quoted || r.Quote.For != chat.ForNote || r.Quote.Text != "サーバを切り離した &" || r.Channel != "inc-2026-0001" || r.From != "slack:U1" || !r.Quote.At.Equal(instant(ts, time.Time{})) {
		t.Errorf("the request: %+v, %+v", r, r.Quote)
	}
	// The shortcut on the same message is the same entry.
	p.MessageShortcut(shortcutNote, "inc-2026-0001", ts)
	idle(w, f)
	if asked := desk.requests(); len(asked) != 2 || asked[1].ID != r.ID {
		t.Errorf("the shortcut: %+v", asked)
	}
}

func TestFilesOfADirectMessageAreAskedAbout(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	desk := &doorDesk{
		handle: func(_ context.Context, r chat.Request) chat.Reply {
			if r.Kind == chat.Quoted {
				form := doorForm("d-f")
				return chat.Reply{Form: &form}
			}
			return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
		},
		draft: func(d string) (chat.Form, error) { return doorForm(d), nil },
	}
	f := openDoor(t, w, desk, overSocket)
	p.Share("", "これを見てください", "a.png", []byte("x"))
	p.WaitText("", "受け付けました")
	p.WaitText("", "ファイルはまだ記録されていません")
	p.Share("", "", "b.png", []byte("y"))
	p.WaitPress("", "フォームを開く", "")
	p.WaitModal("何が起きましたか")
	p.Submit()
	p.WaitModal("受け付けました")
	idle(w, f)
	asked := desk.requests()
	if last := asked[len(asked)-1]; last.Kind != chat.Submitted || last.Quote == nil || !slices.Equal(last.Quote.Files, []string{"b.png"}) || last.Files == nil {
		t.Errorf("sent: %+v", last)
	}
}

func TestAMessageIsReadAsItsAuthorSawIt(t *testing.T) {
	f := newDoor(t, slacktest.New(t), overHTTP)
	f.people.keep(person{ID: "U1", Name: "佐藤"}, time.Now())
	for text, want := range map[string]string{
		"a &lt;b&gt; &amp;amp; c":                      "a <b> &amp; c",
		"<@U1>さん <@U2|suzuki> <@U3>":                   "@佐藤さん @suzuki @U3",
		"<#C1|general> <#C2> <!here> <!date^1^{x}|昨日>": "#general #C2 @here 昨日",
		"<https://a.example/x?a=1&amp;b=2>":            "https://a.example/x?a=1&b=2",
		"<https://a.example|a.example>":                "https://a.example",
		"<https://evil.example|銀行>":                    "銀行 (https://evil.example)",
		"<mailto:a@b.example|a@b.example>":             "a@b.example",
		"1 < 2 <> <|>":                                 "1 < 2 <> <|>",
	} {
		if got := f.plain(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if got, want := f.spoken("担当 <@U1|sato> &amp; <https://a.example|a.example>"), "担当 <@U1|sato> & https://a.example"; got != want {
		t.Errorf("after the command %q, want %q", got, want)
	}
}

func TestQuotesOfFormsNeverSentAreForgotten(t *testing.T) {
	memory := &doorMemory{}
	q, now := newQuotes(memory), time.Now()
	for name, kept := range map[string]string{
		"old": fmt.Sprintf(`{"text":"x","kept":%q}`, now.Add(-quoteFor-time.Minute).Format(time.RFC3339)),
		"new": fmt.Sprintf(`{"text":"x","kept":%q}`, now.Add(-time.Hour).Format(time.RFC3339)),
		"bad": `{`,
	} {
		if err := memory.Remember(t.Context(), quotePrefix+name, []byte(kept)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // one round
	q.sweep(ctx, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	if all, _ := memory.All(t.Context(), quotePrefix); len(all) != 1 || all["quote/new"] == nil {
		t.Errorf("kept: %v", all)
	}
}
