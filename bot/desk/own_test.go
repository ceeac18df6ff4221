package desk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// everything is all that the desk shows a person of an incident, as text.
func (b *bench) everything(name string, id incident.ID) string {
	b.t.Helper()
	b.deliver()
	var all []any
	add := func(x any, err error) {
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, x)
	}
	who := b.user(name)
	room, err := b.desk.Room(ctx, who)
	add(room, err)
	list, err := b.desk.List(ctx, who, "")
	add(list, err)
	page, err := b.desk.Incident(ctx, who, string(id))
	add(page, err)
	for _, channel := range []string{"", b.desk.Channel(id)} {
		feed, err := b.desk.Feed(ctx, who, channel)
		add(feed, err)
		for _, p := range feed.Posts {
			for _, x := range buttonsOf(p.Card) {
				if strings.HasPrefix(string(x.Action), "form|") {
					add(b.press(name, x.Action), nil)
				}
			}
		}
	}
	for _, line := range []string{"/incident 一覧", "/incident 状況", "/incident 状況 " + string(id), "/incident 誰 " + string(id)} {
		add(b.say(name, "", line), nil)
	}
	text, err := json.Marshal(all)
	add(nil, err)
	return string(text)
}

// The name of a draft is no secret in practice, where a browser is several people: whoever
// comes by it has a form of his own, and his report is his.
func TestTheSameDraftOfTwoPeopleIsTwoForms(t *testing.T) {
	b := newBench(t, "ja")
	f := b.say("山本", "", "/incident").Form
	if err := b.desk.SaveDraft(ctx, b.user("山本"), f.Draft, chat.Values{"event": "山本の書きかけ"}); err != nil {
		t.Fatal(err)
	}
	if other, err := b.desk.Draft(ctx, b.user("中村"), f.Draft); err != nil || other.Inputs[0].Value != "" {
		t.Errorf("another's form opens as %+v %v", other, err)
	}
	if err := b.desk.SaveDraft(ctx, b.user("中村"), f.Draft, chat.Values{"event": "中村の書きかけ"}); err != nil {
		t.Fatal(err)
	}
	if own, err := b.desk.Draft(ctx, b.user("山本"), f.Draft); err != nil || own.Inputs[0].Value != "山本の書きかけ" {
		t.Errorf("the own draft has become %+v %v", own, err)
	}
	b.must(b.send("山本", f, "event", "ノートPCを置き忘れた"))
	b.must(b.send("山本", f, "event", "ノートPCを置き忘れた")) // the same form twice is one report
	r := b.must(b.send("中村", f, "event", "受注システムが動かない"))
	if !strings.Contains(r.Cards[0].Title, "INC-2026-0002") {
		t.Fatal(showReply(r))
	}
	if in := b.incident("INC-2026-0002"); in.Title != "受注システムが動かない" || in.Reporter().ID != b.person("中村") {
		t.Errorf("%q by %s", in.Title, in.Reporter().ID)
	}

	// A question about a typed line belongs to who typed it.
	asked := b.say("山本", "", "電源が入らない")
	send := b.button(asked.Cards[0], "報告として送る").Action
	if r := b.press("中村", send); r.Accepted {
		t.Errorf("another sends the line:\n%s", showReply(r))
	}
	b.must(b.press("山本", send))
	if r := b.press("中村", send); r.Accepted {
		t.Errorf("another sees what became of the line:\n%s", showReply(r))
	}
}

func TestAfterAMergeAReporterReadsTheOwnWords(t *testing.T) {
	b := newBench(t, "ja")
	first := b.report("山本", "退職予定の者が名簿を持ち出した", "kind", "misdelivery")
	second := b.report("中村", "共有フォルダが空になった", "kind", "misdelivery")
	b.do("佐藤", second, incident.Merge{Into: first})
	for _, c := range []struct{ name, own, other string }{
		{"中村", "共有フォルダが空になった", "退職予定の者が"},
		{"山本", "退職予定の者が", "共有フォルダが空になった"},
	} {
		seen := b.everything(c.name, first)
		if !strings.Contains(seen, c.own) {
			t.Errorf("%s does not see the own words", c.name)
		}
		if at := strings.Index(seen, c.other); at >= 0 {
			t.Errorf("%s reads what the other wrote: …%s…", c.name, seen[max(0, at-200):min(len(seen), at+200)])
		}
	}
	b.do("佐藤", first, incident.Take{})
	b.do("佐藤", first, incident.Ask{Text: "いつからですか"})
	b.do("佐藤", first, incident.Dismiss{Reason: "退避していただけ"})
	if seen := b.everything("中村", first); strings.Contains(seen, "退職予定の者が") {
		t.Error("中村 reads at the end what the other wrote")
	}
	b.do("佐藤", first, incident.Reopen{Reason: "まだ分からない"})
	if seen := b.everything("中村", first); strings.Contains(seen, "退職予定の者が") || !strings.Contains(seen, "終わりました：共有フォルダが空になった") {
		t.Errorf("中村 reads, when it goes on, what the other wrote: %s", seen)
	}
	if seen := b.everything("佐藤", first); !strings.Contains(seen, "退職予定の者が") {
		t.Error("whoever works on it does not read the title")
	}
}

func TestAnAnswerGoesToTheQuestionsOfItsForm(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	b.do("佐藤", id, incident.Take{})
	open := func() (texts []string) {
		for _, q := range b.incident(id).Questions {
			if !q.Answered {
				texts = append(texts, q.Text)
			}
		}
		return texts
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if got := open(); !slices.Equal(got, want) {
			t.Errorf("%s: open are %q, want %q", what, got, want)
		}
	}
	b.do("佐藤", id, incident.Ask{Text: "いつからですか"})
	form := func(name string) *chat.Form {
		return b.press("山本", chat.Action(fmt.Sprintf("form|%s||%s", id, name))).Form
	}
	b.must(b.send("山本", form("alarm")))
	b.must(b.send("山本", form("alarm"), "text", "押し間違いかもしれません"))
	b.must(b.say("山本", "", "/incident 追加 電源は切りました"))
	b.must(b.send("山本", form("detail"), "text", "二台目も固まりました"))
	expect("what answers nothing", "いつからですか")

	f := form("inform")
	b.do("佐藤", id, incident.Ask{Text: "だれが使っていますか"})
	b.must(b.send("山本", f, "text", "8時からです"))
	expect("asked while he wrote", "だれが使っていますか")
	b.must(b.send("山本", form("inform"), "text", "私だけです"))
	expect("all answered")
}

// A file name that is read backwards must not pass for another on any page or card. What
// stands in an input stays as it was typed, or sending it again would change it.
func TestWhatCannotBeSeenIsShown(t *testing.T) {
	const turned = "請求書\u202efdp.exe"
	b := newBench(t, "ja")
	report := b.say("山本", "", "/incident").Form
	if r := b.send("山本", report, "event", turned, "occurred_at", "いつか"); r.Form == nil || r.Form.Inputs[0].Value != turned {
		t.Fatalf("the input has changed:\n%s", showReply(r))
	}
	if again, err := b.desk.Draft(ctx, b.user("山本"), report.Draft); err != nil || again.Inputs[0].Value != turned {
		t.Errorf("the draft has changed: %+v %v", again, err)
	}
	b.must(b.send("山本", report, "event", turned))
	id := incident.ID("INC-2026-0001")
	if in := b.incident(id); in.Title != turned {
		t.Fatalf("the evidence has changed: %q", in.Title)
	}
	b.do("佐藤", id, incident.Take{})
	b.do("佐藤", id, incident.Note{Text: turned})
	b.do("佐藤", id, incident.Ask{Text: turned + "を開きましたか"})
	b.do("佐藤", id, incident.SetPrevention{Text: turned + "を止める"})
	for _, name := range []string{"佐藤", "山本"} {
		seen := b.everything(name, id)
		if !strings.Contains(seen, "請求書〈U+202E〉fdp.exe") {
			t.Errorf("%s does not see the mark", name)
		}
		if at := strings.Index(seen, "\u202e"); at >= 0 {
			t.Errorf("%s is shown the name turned around: …%q…", name, seen[max(0, at-200):min(len(seen), at+100)])
		}
	}
	if card := showCard(b.card(incident.NoticeCard, "")); strings.Contains(card, "\u202e") {
		t.Errorf("delivered turned around:\n%s", card)
	}
}

func TestTheFrameLooksForNoMessages(t *testing.T) {
	b := newBench(t, "ja")
	for i := range 3 {
		b.report("山本", fmt.Sprint("画面が固まった ", i))
	}
	b.deliver()
	b.store.messages = 0
	if room, err := b.desk.Room(ctx, b.user("佐藤")); err != nil || len(room.Channels) != 3 || b.store.messages != 0 {
		t.Errorf("%d channels, %d queries, %v", len(room.Channels), b.store.messages, err)
	}
}
