package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var ctx = context.Background()

func TestOneLineIsEnoughToReport(t *testing.T) {
	b := newBench(t, "ja")
	r := b.must(b.say("山本", "", "/incident 社用PCを電車に置き忘れた"))
	shown := showReply(r)
	for _, want := range []string{"INC-2026-0001", "（仮）", "[すること]", "[してはいけない]", "090-0000-0002", "追加情報を送る", "誤報かもしれません", "詳しく知らせる"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the first answer has no %q:\n%s", want, shown)
		}
	}
	in := b.incident("INC-2026-0001")
	if in.Title != "社用PCを電車に置き忘れた" || in.Reporter().Name != "山本 直子" || in.Reporter().Department != "営業部" {
		t.Errorf("%+v", in.Reporters)
	}
}

// A request that is delivered twice is one report, and is answered the same.
func TestADeliveryThatComesAgainIsNotASecondReport(t *testing.T) {
	b := newBench(t, "ja")
	req := chat.Request{ID: "slack:Ev1", Kind: chat.Said, From: b.user("山本"), Text: "/incident 画面が固まった"}
	first, again := b.must(b.ask(req)), b.must(b.ask(req))
	if showReply(first) != showReply(again) {
		t.Errorf("answered differently:\n%s\n%s", showReply(first), showReply(again))
	}
	f := b.say("山本", "", "/incident").Form
	b.must(b.send("山本", f, "event", "別のこと"))
	b.must(b.send("山本", f, "event", "別のこと"))
	if ids, err := b.store.AllIDs(ctx); err != nil || len(ids) != 2 {
		t.Errorf("%v %v", ids, err)
	}
}

func TestTheSameTextAgainIsAskedAbout(t *testing.T) {
	b := newBench(t, "ja")
	b.must(b.say("山本", "", "/incident 画面が固まった"))
	r := b.say("山本", "", "/incident 画面が固まった")
	if r.Accepted || !strings.Contains(showReply(r), "INC-2026-0001") || !strings.Contains(showReply(r), "画面が固まった") {
		t.Fatalf("not asked:\n%s", showReply(r))
	}
	second := b.must(b.press("山本", b.button(r.Cards[0], "別の件として報告する").Action))
	if !strings.Contains(second.Cards[0].Title, "INC-2026-0002") {
		t.Errorf("no second incident: %s", showReply(second))
	}
	b.must(b.press("山本", b.button(r.Cards[0], "別の件として報告する").Action)) // pressed twice: once
	// The whole form is kept, not only its text.
	f := b.say("山本", "", "/incident").Form
	r = b.send("山本", f, "event", "画面が固まった", "kind", "virus", "personal_data", "yes")
	b.must(b.press("山本", b.button(r.Cards[0], "別の件として報告する").Action))
	if in := b.incident("INC-2026-0003"); in.Kind != incident.KindVirus || !in.Facts.Is(incident.FactPersonalData) {
		t.Errorf("the form was not kept: %s %v", in.Kind, in.Facts)
	}
	if ids, _ := b.store.AllIDs(ctx); len(ids) != 3 {
		t.Errorf("%v", ids)
	}
}

// Whoever is not on the contact list can report, add to it, and do nothing else.
func TestAStrangerCanReportAndNothingElse(t *testing.T) {
	b := newBench(t, "ja")
	r := b.must(b.say("slack:U777", "", "/incident 不審なメールを開いた"))
	in := b.incident("INC-2026-0001")
	if in.Reporter().ID != "slack:U777" || in.Reporter().Name != "slack:U777" {
		t.Errorf("%+v", in.Reporter())
	}
	b.must(b.send("slack:U777", b.press("slack:U777", b.button(r.Cards[0], "追加情報を送る").Action).Form, "text", "リンクも押した"))
	for _, line := range []string{"/incident 進める INC-2026-0001", "/incident 記録 INC-2026-0001 書きます", "/incident 連絡先", "/incident 状況", "/incident 承認 INC-2026-0001"} {
		if r := b.say("slack:U777", "", line); r.Accepted || strings.Contains(showReply(r), "090-") {
			t.Errorf("%s: %s", line, showReply(r))
		}
	}
	if r := b.say("slack:U888", "", "/incident 状況 INC-2026-0001"); !strings.Contains(showReply(r), "見つかりません") {
		t.Errorf("another stranger learns of it: %s", showReply(r))
	}
}

// A number that exists and one that does not are answered alike to who may not know.
func TestWhoMayNotKnowLearnsNothing(t *testing.T) {
	b := newBench(t, "ja")
	b.report("山本", "社長が名簿を持ち出した", "exclude", string(b.person("田中")))
	for _, line := range []string{"/incident 状況 INC-2026-000%", "/incident 記録 INC-2026-000% 見ています", "/incident 訂正 INC-2026-000%", "/incident 区分 INC-2026-000%", "/incident 担当 INC-2026-000% 鈴木"} {
		there := showReply(b.say("田中", "", strings.ReplaceAll(line, "%", "1")))
		gone := showReply(b.say("田中", "", strings.ReplaceAll(line, "%", "9")))
		if strings.ReplaceAll(there, "0001", "0009") != gone {
			t.Errorf("%s tells the difference:\n%s\n%s", line, there, gone)
		}
	}
	for _, a := range []chat.Action{"status|INC-2026-0001||", "take|INC-2026-0001||", "form|INC-2026-0001||level", "menu|INC-2026-0001||", "who|INC-2026-0001||"} {
		there := showReply(b.press("田中", a))
		gone := showReply(b.press("田中", chat.Action(strings.ReplaceAll(string(a), "0001", "0009"))))
		if strings.ReplaceAll(there, "0001", "0009") != gone {
			t.Errorf("%s tells the difference:\n%s\n%s", a, there, gone)
		}
	}
	room, err := b.desk.Room(ctx, b.user("田中"))
	if err != nil || len(room.Channels)+len(room.Reports) != 0 || room.Direct.Waiting {
		t.Errorf("%+v %v", room, err)
	}
	if _, err := b.desk.Feed(ctx, b.user("田中"), "inc-2026-0001"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("the channel: %v", err)
	}
	if _, err := b.desk.Incident(ctx, b.user("田中"), "INC-2026-0001"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("the page: %v", err)
	}
	if _, err := b.desk.Download(ctx, b.user("田中"), "INC-2026-0001", desk.KindReport, "docx"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("the report: %v", err)
	}
	// Nobody is told to phone him either.
	for _, m := range b.deliver() {
		if c, err := b.desk.Card(ctx, m); err != nil || m.To == b.person("田中") || strings.Contains(showCard(c), "090-0000-0001") {
			t.Errorf("%s to %s: %v\n%s", m.Kind, m.To, err, showCard(c))
		}
	}
}

// A message of somebody who was left out meanwhile is not shown again.
func TestAMessageIsNotShownToWhoWasLeftOut(t *testing.T) {
	b := newBench(t, "ja")
	b.report("山本", "名簿が漏れた", "personal_data", "yes")
	m := b.message(incident.NoticePage, "高橋")
	if _, err := b.desk.Card(ctx, m); err != nil {
		t.Fatal(err)
	}
	b.must(b.say("佐藤", "", "/incident take"))
	b.must(b.send("佐藤", b.say("佐藤", "", "/incident restrict 関わっている疑い").Form, "exclude", "高橋 由美"))
	if c, err := b.desk.Card(ctx, m); err != nil || strings.Contains(showCard(c), "名簿") || strings.Contains(showCard(c), "INC-") {
		t.Errorf("still shown: %v %s", err, showCard(c))
	}
	if f, err := b.desk.Feed(ctx, b.user("高橋"), ""); err != nil || len(f.Posts) != 0 {
		t.Errorf("%d posts, %v", len(f.Posts), err)
	}
}

// While the database does not answer, nothing claims to be recorded, nothing typed is lost,
// and whom to phone is said from memory.
func TestWithoutADatabase(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	b.store.down = true
	for _, line := range []string{"/incident 社用PCを置き忘れた", "社用PCを置き忘れた", "/incident 記録 " + string(id) + " 社用PCを置き忘れた"} {
		r := b.say("佐藤", "", line)
		shown := showReply(r)
		if r.Accepted || !strings.Contains(shown, "社用PCを置き忘れた") || !strings.Contains(shown, "090-0000-0002") || !strings.Contains(shown, "何も記録されていません") {
			t.Errorf("%s:\n%s", line, shown)
		}
		if strings.Contains(shown, "INC-2026-0002") {
			t.Errorf("a number is promised:\n%s", shown)
		}
	}
	// The report form opens, and comes back with everything typed.
	f := b.say("山本", "", "/incident").Form
	r := b.send("山本", f, "event", "社用PCを置き忘れた", "kind", "loss", "exclude", string(b.person("佐藤")))
	if r.Accepted || r.Form == nil || r.Form.Draft != f.Draft || r.Form.Error == "" {
		t.Fatalf("the form is gone:\n%s", showReply(r))
	}
	if !strings.Contains(showForm(r.Form), `"社用PCを置き忘れた"`) || !strings.Contains(showForm(r.Form), `"loss"`) {
		t.Errorf("typed text is lost:\n%s", showForm(r.Form))
	}
	if strings.Contains(showCard(r.Cards[0]), "090-0000-0002") {
		t.Errorf("whom the report leaves out is to be phoned:\n%s", showReply(r))
	}
	// A button opens its form from memory.
	if r := b.press("佐藤", "form|"+chat.Action(id)+"||level"); r.Form == nil {
		t.Errorf("the level form needs the database:\n%s", showReply(r))
	}
	b.store.down = false
	b.must(b.send("山本", f, "event", "社用PCを置き忘れた"))
	if log := b.log.String(); strings.Contains(log, "社用PC") || strings.Contains(log, "山本") || !strings.Contains(log, "reference=") {
		t.Errorf("the log: %s", log)
	}
}

func TestARefusedFormKeepsWhatWasTyped(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった", "kind", "virus")
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	f := b.press("佐藤", chat.Action("form|"+string(id)+"||dismiss")).Form
	r := b.send("佐藤", f, "reason", "   ")
	if r.Accepted || r.Form == nil || r.Form.Draft != f.Draft || r.Form.Inputs[0].Error == "" || r.Form.Error == "" {
		t.Fatalf("%s", showReply(r))
	}
	field := b.press("佐藤", chat.Action("form|"+string(id)+"||field.occurred_at")).Form
	r = b.send("佐藤", field, "value", "きのうの夜")
	at := slices.IndexFunc(r.Form.Inputs, func(i chat.Input) bool { return i.Name == "value" })
	if r.Accepted || !strings.Contains(r.Form.Inputs[at].Error, "きのうの夜") || r.Form.Inputs[at].Value != "きのうの夜" {
		t.Fatalf("%s", showReply(r))
	}
	// It is there again after the window was closed, for its author only.
	again, err := b.desk.Draft(ctx, b.user("佐藤"), field.Draft)
	if err != nil || again.Inputs[at].Value != "きのうの夜" {
		t.Errorf("%v %v", again, err)
	}
	if other, err := b.desk.Draft(ctx, b.user("鈴木"), field.Draft); err == nil && other.Inputs[at].Value == "きのうの夜" {
		t.Error("another reads what he typed")
	}
	b.must(b.send("佐藤", r.Form, "value", "2026-11-22T01:30"))
	if _, err := b.desk.Draft(ctx, b.user("佐藤"), field.Draft); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("an accepted form opens again: %v", err)
	}
	if in := b.incident(id); in.Fields[incident.FieldOccurredAt].Value != "2026-11-21T16:30:00Z" {
		t.Errorf("%+v", in.Fields[incident.FieldOccurredAt])
	}
}

func TestATypedDraftIsKept(t *testing.T) {
	b := newBench(t, "ja")
	f := b.say("山本", "", "/incident").Form
	if err := b.desk.SaveDraft(ctx, b.user("山本"), f.Draft, chat.Values{"event": "書きかけ"}); err != nil {
		t.Fatal(err)
	}
	again, err := b.desk.Draft(ctx, b.user("山本"), f.Draft)
	if err != nil || again.Inputs[0].Value != "書きかけ" || again.Draft != f.Draft {
		t.Errorf("%+v %v", again, err)
	}
	b.must(b.send("山本", f, "event", "書きかけ"))
	if err := b.desk.SaveDraft(ctx, b.user("山本"), f.Draft, chat.Values{"event": "遅れて届いた"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Draft(ctx, b.user("山本"), f.Draft); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("a late autosave brings the form back: %v", err)
	}
	for _, bad := range []string{"", "said||||abcdefghijklmnop", "report||||short", "nonsense||||abcdefghijklmnop"} {
		if err := b.desk.SaveDraft(ctx, b.user("山本"), bad, nil); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%q is kept: %v", bad, err)
		}
		if _, err := b.desk.Draft(ctx, b.user("山本"), bad); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%q opens: %v", bad, err)
		}
	}
}

// What a line means that names an incident in one of several ways, or none.
func TestWhichIncidentALineIsAbout(t *testing.T) {
	b := newBench(t, "ja")
	if r := b.say("佐藤", "", "/incident 進める"); r.Accepted || !strings.Contains(showReply(r), "対応中の件がありません") {
		t.Errorf("%s", showReply(r))
	}
	first := b.report("山本", "画面が固まった")
	b.must(b.say("佐藤", "", "/incident 記録 ただ一つの件")) // the only open one
	second := b.report("中村", "メールを送り間違えた")
	b.must(b.say("佐藤", "inc-2026-0001", "/incident 記録 チャンネルの件"))
	b.must(b.say("佐藤", "inc-2026-0001", "/incident 記録 INC-2026-0002 番号の件"))
	b.must(b.say("佐藤", "", "/incident 記録 0002 短い番号の件"))
	r := b.say("佐藤", "", "/incident 記録 どちらの件でしょう")
	if r.Accepted || !strings.Contains(showReply(r), "どちらの件でしょう") {
		t.Fatalf("%s", showReply(r))
	}
	b.must(b.press("佐藤", b.button(r.Cards[0], string(second)).Action))
	b.must(b.say("佐藤", "inc-2026-0001", "/incident 記録 0120 で始まる番号から電話")) // no incident's number: text
	notes := func(id incident.ID) (out []string) {
		records, err := b.store.Records(ctx, id, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if n, ok := r.Event.(incident.NoteAdded); ok {
				out = append(out, n.Text.Body)
			}
		}
		return out
	}
	if got := notes(first); !slices.Equal(got, []string{"ただ一つの件", "チャンネルの件", "0120 で始まる番号から電話"}) {
		t.Errorf("%q", got)
	}
	if got := notes(second); !slices.Equal(got, []string{"番号の件", "短い番号の件", "どちらの件でしょう"}) {
		t.Errorf("%q", got)
	}
}

func TestALineInAChannelIsANote(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	b.clock.move(time.Hour)
	b.must(b.say("佐藤", "inc-2026-0001", "２：３０ 電源を確認した"))
	records, err := b.store.Records(ctx, id, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := records[len(records)-1]
	n, ok := last.Event.(incident.NoteAdded)
	if want := time.Date(2026, 11, 22, 2, 30, 0, 0, incident.Tokyo); !ok || n.Text.Body != "電源を確認した" || !last.Occurred.Equal(want) || last.At.Equal(last.Occurred) {
		t.Errorf("%+v", last)
	}
	// Elsewhere the same line is asked about, and can still become a report.
	r := b.say("佐藤", "", "電源が入らない")
	if r.Accepted {
		t.Fatal(showReply(r))
	}
	rep := b.must(b.press("佐藤", b.button(r.Cards[0], "報告として送る").Action))
	if !strings.Contains(rep.Cards[0].Title, "INC-2026-0002") || b.incident("INC-2026-0002").Title != "電源が入らない" {
		t.Error(showReply(rep))
	}
}

func TestANameThatFitsSeveralPeopleIsAskedAbout(t *testing.T) {
	b := newBench(t, "ja")
	b.report("山本", "画面が固まった")
	b.must(b.say("佐藤", "", "/incident take"))
	r := b.say("佐藤", "", "/incident 担当 美 2") // 美咲, 由美
	if r.Accepted || len(r.Cards) == 0 {
		t.Fatal(showReply(r))
	}
	b.must(b.press("佐藤", b.button(r.Cards[0], "高橋 由美").Action))
	if s, _ := b.incident("INC-2026-0001").StepByKey("contain"); s.Assigned != b.person("高橋") {
		t.Errorf("assigned to %q", s.Assigned)
	}
	r = b.say("佐藤", "", "/incident 担当 中村 拓也")
	b.must(r)
	if !b.incident("INC-2026-0001").InCircle(b.person("中村")) {
		t.Error("not brought in")
	}
	// Nobody of that name: the form asks, with what was typed.
	r = b.say("佐藤", "", "/incident 引継ぎ 存在しない人")
	if r.Form == nil || !strings.Contains(showForm(r.Form), "存在しない人") {
		t.Fatal(showReply(r))
	}
}

// Whoever presses it: every button of an incident's page is answered, without a hole in the answer.
func TestEveryButtonOfTheMenuLeadsSomewhere(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		b := newBench(t, lang)
		id := b.report("山本", "画面が固まった", "kind", "virus")
		b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
		page, err := b.desk.Incident(ctx, b.user("佐藤"), string(id))
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"佐藤", "高橋", "鈴木", "田中"} {
			for _, x := range append(page.More, buttonsOf(page.Card)...) {
				if x.Page != "" || strings.HasPrefix(string(x.Action), "decline") || strings.HasPrefix(string(x.Action), "step") {
					continue
				}
				shown := showReply(b.press(who, x.Action))
				if strings.Contains(shown, "{") || !strings.Contains(shown, "#") {
					t.Errorf("%s %s by %s:\n%s", lang, x.Label, who, shown)
				}
			}
		}
	}
}
