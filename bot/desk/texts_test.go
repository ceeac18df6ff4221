package desk_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// leaked is an incident that the lead has taken.
func leaked(t *testing.T, lang string) (*bench, incident.ID) {
	t.Helper()
	b := newBench(t, lang)
	id := b.report("山本", "会員名簿を誤って外部に送った", "kind", "misdelivery", "personal_data", "yes")
	b.must(b.say("佐藤", "", "/incident take "+string(id)))
	return b, id
}

func (b *bench) form(who string, id incident.ID, arg string) *chat.Form {
	b.t.Helper()
	r := b.press(who, chat.Action("form|"+string(id)+"||"+arg))
	if r.Form == nil {
		b.t.Fatalf("no form %s:\n%s", arg, showReply(r))
	}
	return r.Form
}

// letter is longer than a card shows, and than one input of Slack's takes.
var letter = "お客様各位\n\n" + strings.Repeat("このたびはご心配をおかけし、誠に申し訳ございません。\n", 200) + "以上、結びの言葉。"

func TestATextFromTheDraftToThePublication(t *testing.T) {
	b, id := leaked(t, "ja")
	if got := showReply(b.say("佐藤", "", "/incident 文面 "+string(id))); !strings.Contains(got, "社外への文面は、まだありません") {
		t.Errorf("before anything:\n%s", got)
	}
	for left, text := range map[string]string{"（空欄）": "問合せ先：（空欄）", "【要記入】": "【要記入：お願い】 不明（判明次第追完）"} {
		unready := b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", text)
		if unready.Form == nil || unready.Accepted || !strings.Contains(showReply(unready), "「"+left+"」が残っています") {
			t.Errorf("what nobody has filled in goes to the representative:\n%s", showReply(unready))
		}
	}
	b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "individuals", "outside_text", letter))

	ask := b.card(incident.NoticeSign, "田中")
	text := showCard(ask)
	if ask.Tone != chat.Notice || !strings.Contains(text, "承認のお願い") || !strings.Contains(text, "お客様各位") || strings.Contains(text, "結びの言葉") || !strings.Contains(text, "全文を見る") {
		t.Errorf("the representative is asked:\n%s", text)
	}
	if m := b.message(incident.NoticeSign, "田中"); !m.Urgent {
		t.Error("the request stands in line behind everything else")
	}
	whole := showReply(b.press("田中", b.button(ask, "全文を見る").Action))
	if !strings.Contains(whole, "結びの言葉") {
		t.Errorf("the whole text is not whole:\n%s", whole)
	}
	approve := b.button(ask, "承認")
	if approve.Confirm == "" {
		t.Error("one slip of the finger sends it out")
	}
	if r := b.press("佐藤", approve.Action); r.Accepted {
		t.Errorf("the lead approves:\n%s", showReply(r))
	}
	if r := b.press("佐藤", chat.Action("form|"+string(id)+"||publish.individuals-1")); r.Form != nil {
		t.Error("the form of the publication opens before the approval")
	}
	if got := showCard(b.card(incident.NoticeCard, "")); !strings.Contains(got, "「本人への通知 第1版」（承認待ち）") {
		t.Errorf("the channel's card does not say what waits:\n%s", got)
	}
	b.must(b.press("田中", approve.Action))
	if told := showCard(b.card(incident.NoticeSigned, "佐藤")); !strings.Contains(told, "承認されました") || !strings.Contains(told, "公表・通知を記録") {
		t.Errorf("who proposed it hears:\n%s", told)
	}
	if over := b.card(incident.NoticeSign, "田中"); over.Tone != chat.Plain || !strings.Contains(showCard(over), "「承認済み（公表前）」になりました") {
		t.Errorf("the request after the answer:\n%s", showCard(over))
	}
	early := b.send("佐藤", b.form("佐藤", id, "publish.individuals-1"), "outside_when", "2026-11-01T10:00", "outside_where", "郵送")
	if early.Form == nil || early.Accepted {
		t.Fatalf("published before the approval:\n%s", showReply(early))
	}
	for _, i := range early.Form.Inputs {
		if (i.Name == "outside_when") != (i.Error != "") {
			t.Errorf("%s: %q", i.Name, i.Error)
		}
	}
	b.must(b.send("佐藤", b.form("佐藤", id, "publish.individuals-1"), "outside_where", "対象の方全員に郵送"))
	got, _ := b.incident(id).Text(incident.TextIndividuals, 1)
	if got.Status != incident.TextPublished || got.Publication.Where != "対象の方全員に郵送" || got.Approval.By != b.person("田中") {
		t.Errorf("%+v", got)
	}
	list := showReply(b.say("佐藤", "", "/incident 文面 "+string(id)))
	if !strings.Contains(list, "公表・通知済み") || strings.Contains(showCard(b.card(incident.NoticeCard, "")), "承認待ち") {
		t.Errorf("the list:\n%s", list)
	}
}

func TestATextSentBackIsChangedAndProposedAnew(t *testing.T) {
	b, id := leaked(t, "ja")
	b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", "約千人の情報が漏れました。"))
	r := b.send("田中", b.form("田中", id, "sendback.press-1"))
	if r.Accepted {
		t.Error("sent back without a reason")
	}
	b.must(b.send("田中", b.form("田中", id, "sendback.press-1"), "reason", "件数を確かめてから"))
	told := b.card(incident.NoticeSigned, "佐藤")
	if got := showCard(told); !strings.Contains(got, "差し戻されました") || !strings.Contains(got, "件数を確かめてから") {
		t.Errorf("who proposed it hears:\n%s", got)
	}
	f := b.press("佐藤", b.button(told, "直して新しい版にする").Action).Form
	if f == nil || f.Inputs[0].Value != "press" || f.Inputs[1].Value != "約千人の情報が漏れました。" {
		t.Fatalf("the new version does not begin with the old one: %+v", f)
	}
	b.must(b.send("佐藤", f, "outside_text", "1,200人の情報が漏れました。"))
	if got, _ := b.incident(id).Text(incident.TextPress, 0); got.Version != 2 || got.Status != incident.TextProposed {
		t.Errorf("%+v", got)
	}
	// A button of the first version decides nothing about the second.
	if r := b.press("田中", chat.Action("sign|"+string(id)+"||press-1")); r.Accepted || !strings.Contains(showReply(r), "差し戻し") {
		t.Errorf("%s", showReply(r))
	}
}

// Whoever approves reads of it in a new message; the old one sends him there.
func TestATextAskedAboutAgainIsANewMessage(t *testing.T) {
	b, id := leaked(t, "ja")
	b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", letter))
	first := b.message(incident.NoticeSign, "田中")
	b.must(b.press("田中", b.button(b.card(incident.NoticeSign, "田中"), "承認").Action))
	text, _ := b.incident(id).Text(incident.TextPress, 1)
	b.must(b.press("田中", chat.Action("undo|"+string(id)+"||"+strconv.FormatInt(text.Approval.Seq, 10))))
	asked := b.message(incident.NoticeSign, "田中")
	if asked.Key == first.Key || !asked.Urgent {
		t.Fatalf("asked again by %+v", asked)
	}
	card := b.card(incident.NoticeSign, "田中")
	if got := showCard(card); card.Tone != chat.Notice || !strings.Contains(got, "もう一度承認が必要です") || !strings.Contains(got, "お客様各位") {
		t.Errorf("asked again:\n%s", got)
	}
	old, err := b.desk.Card(context.Background(), first)
	if got := showCard(old); err != nil || old.Tone != chat.Plain || !strings.Contains(got, "別のメッセージでお願いしています") || strings.Contains(got, "差し戻す") {
		t.Errorf("%v, the request of before:\n%s", err, got)
	}
	for _, x := range buttonsOf(old) {
		if x.Style == chat.Primary {
			t.Errorf("the request of before can still be answered: %+v", x)
		}
	}
	whole := b.press("田中", card.Whole)
	if got := showReply(whole); !strings.Contains(got, "もう一度承認が必要です") {
		t.Errorf("the whole of it:\n%s", got)
	}
	b.must(b.press("田中", b.button(card, "承認").Action))
	if got := showReply(b.press("田中", card.Whole)); !strings.Contains(got, "「承認済み（公表前）」になりました") {
		t.Errorf("the whole of it after the answer:\n%s", got)
	}
	if got, _ := b.incident(id).Text(incident.TextPress, 1); got.Status != incident.TextApproved {
		t.Errorf("%+v", got)
	}
	if over := showCard(b.card(incident.NoticeSign, "田中")); !strings.Contains(over, "「承認済み（公表前）」になりました") {
		t.Errorf("after the answer:\n%s", over)
	}
}

// A form whose text cannot be read asks for none and says so; read a little later it is whole, and
// what was typed into a whole one is not lost on the way.
func TestTheFormOfATextDoesNotOpenEmpty(t *testing.T) {
	for lang, want := range map[string]map[string]string{
		"ja": {"unread": "まだ読み込めていません", "wait": "送っていません", "check": "文面を読み込みました"},
		"en": {"unread": "could not be read yet", "wait": "nothing was sent", "check": "The text is here now"},
	} {
		b, id := theftWithDrafts(t, lang)
		b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", "約千人の情報が漏れました。"))
		for _, c := range []struct {
			arg, begins string
			fails       *bool
		}{
			{"texts.press-1", "約千人の情報が漏れました。", &b.store.unread},
			{"texts.press-1", "約千人の情報が漏れました。", &b.store.down},
			{"texts.individuals", b.form("佐藤", id, "texts.individuals").Inputs[1].Value, &b.store.unread},
		} {
			*c.fails = true
			f := b.form("佐藤", id, c.arg)
			if !f.Partial || valueOf(f, "outside_text") != "(not asked)" || len(f.Inputs) != 2 || !strings.Contains(valueOf(f, "outside_note"), want["unread"]) {
				t.Fatalf("%s %s: %s", lang, c.arg, showForm(f))
			}
			if !b.store.down {
				r := b.send("佐藤", f)
				if r.Accepted || r.Form == nil || !strings.Contains(showForm(r.Form), want["wait"]) {
					t.Errorf("%s %s, sent unread:\n%s", lang, c.arg, showReply(r))
				}
			}
			*c.fails = false
			whole, err := b.desk.Draft(context.Background(), b.user("佐藤"), f.Draft)
			if err != nil || whole.Partial || c.begins == "" || valueOf(&whole, "outside_text") != c.begins || valueOf(&whole, "outside_note") != "(not asked)" {
				t.Errorf("%v, %s %s made whole:\n%s", err, lang, c.arg, showForm(&whole))
			}
			late := b.send("佐藤", f)
			if late.Accepted || late.Form == nil || valueOf(late.Form, "outside_text") != c.begins || !strings.Contains(showForm(late.Form), want["check"]) {
				t.Errorf("%s %s, sent as it was opened:\n%s", lang, c.arg, showReply(late))
			}
		}
		f := b.form("佐藤", id, "texts.press-1")
		b.store.unread = true
		kept := b.send("佐藤", f, "outside_text", "お詫び（空欄）")
		b.store.unread = false
		if kept.Accepted || kept.Form == nil || valueOf(kept.Form, "outside_text") != "お詫び（空欄）" {
			t.Errorf("%s: what was typed is lost:\n%s", lang, showReply(kept))
		}
		if got, _ := b.incident(id).Text(incident.TextPress, 0); got.Version != 1 {
			t.Errorf("%s: proposed unseen: %+v", lang, got)
		}
	}
}

func TestTheFormsOfTextsFitEveryFrontEnd(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		b, id := leaked(t, lang)
		b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", letter))
		b.must(b.send("佐藤", b.form("佐藤", id, "party"), "party_name", "会員"))
		for _, arg := range []string{"texts", "texts.press-1", "sendback.press-1", "party", "party.1", "partytold.1", "partygone.1"} {
			f := b.form("佐藤", id, arg)
			if strings.HasPrefix(arg, "sendback") {
				f = b.form("田中", id, arg)
			}
			if len([]rune(f.Title)) > 24 || len(f.Draft) > 100 {
				t.Errorf("%s %s: %q has %d characters", lang, arg, f.Title, len([]rune(f.Title)))
			}
		}
	}
}

// Nobody sees a text, or who is affected, who may not read the incident.
func TestTextsAreSeenByWhoMayReadTheIncident(t *testing.T) {
	b, id := leaked(t, "ja")
	b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", "まだ出してはいけない言葉"))
	b.must(b.send("佐藤", b.form("佐藤", id, "party"), "party_name", "秘密の取引先", "party_kind", "orgs"))
	for _, who := range []string{"山本", "渡辺"} {
		for _, line := range []string{"/incident 文面 " + string(id), "/incident 影響先 " + string(id)} {
			if got := showReply(b.say(who, "", line)); strings.Contains(got, "プレスリリース") || strings.Contains(got, "秘密の取引先") {
				t.Errorf("%s sees\n%s", who, got)
			}
		}
		if got := showReply(b.press(who, chat.Action("texts|"+string(id)+"||press-1"))); strings.Contains(got, "まだ出してはいけない言葉") {
			t.Errorf("%s sees\n%s", who, got)
		}
		page, err := b.desk.Incident(context.Background(), b.user(who), string(id))
		if err == nil && (page.Texts != nil || page.Parties != nil || page.Outside != nil) {
			t.Errorf("%s sees on the page %+v %+v", who, page.Texts, page.Parties)
		}
	}
	page, err := b.desk.Incident(context.Background(), b.user("佐藤"), string(id))
	if err != nil || len(page.Texts) != 1 || page.Texts[0].Body != "まだ出してはいけない言葉" || !page.Texts[0].Open || len(page.Parties) != 1 || len(page.Outside) != 4 || len(page.AddParty) != 1 {
		t.Errorf("%v, %+v %+v", err, page.Texts, page.Parties)
	}
}

func TestClosingNamesTheTextsThatAreNotFinished(t *testing.T) {
	b, id := leaked(t, "ja")
	b.do("佐藤", id, incident.SetLevel{Level: incident.Level3})
	b.settle("佐藤", id)
	for b.incident(id).Phase != incident.FinalReport {
		b.must(b.say("佐藤", "", "/incident advance "+string(id)))
		b.settle("佐藤", id)
	}
	b.must(b.send("佐藤", b.form("佐藤", id, "texts"), "outside_kind", "press", "outside_text", "お知らせ"))
	f := b.form("佐藤", id, "close")
	if f.Inputs[0].Kind != chat.Fixed || f.Inputs[0].Value != "「プレスリリース 第1版」（承認待ち）" {
		t.Errorf("%+v", f.Inputs)
	}
}

func TestAffectedPartiesAreToldAndTakenOff(t *testing.T) {
	b, id := leaked(t, "ja")
	bad := b.send("佐藤", b.form("佐藤", id, "party"), "party_name", "会員", "party_count", "約千人")
	if bad.Form == nil || bad.Accepted || bad.Form.Inputs[2].Error == "" {
		t.Fatalf("%s", showReply(bad))
	}
	b.must(b.send("佐藤", b.form("佐藤", id, "party"), "party_name", "会員", "party_count", "1,200"))
	b.must(b.send("佐藤", b.form("佐藤", id, "party"), "party_name", "みなと商事", "party_kind", "orgs"))
	none := b.send("佐藤", b.form("佐藤", id, "partytold.1"), "party_how", "郵送")
	if none.Form == nil || none.Accepted || none.Form.Inputs[1].Error == "" {
		t.Fatalf("told nothing:\n%s", showReply(none))
	}
	b.must(b.send("佐藤", b.form("佐藤", id, "partytold.1"), "party_topics", "fact,measure", "party_how", "郵送"))
	got := showReply(b.say("佐藤", "", "/incident 影響先 "+string(id)))
	for _, want := range []string{"会員（1,200人）", "一部連絡済み", "事実：済（2026年11月22日（日）、郵送）", "復旧：未", "みなと商事（数は不明）", "影響先2件（まだ事実を知らせていない相手：1件）"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said:\n%s", want, got)
		}
	}
	f := b.form("佐藤", id, "party.2")
	if f.Inputs[0].Value != "orgs" || f.Inputs[1].Value != "みなと商事" {
		t.Errorf("%+v", f.Inputs)
	}
	b.must(b.send("佐藤", b.form("佐藤", id, "partygone.2"), "reason", "影響がなかった"))
	if got := showReply(b.say("佐藤", "", "/incident 影響先 "+string(id))); strings.Contains(got, "みなと商事") {
		t.Errorf("still there:\n%s", got)
	}
	if r := b.press("佐藤", chat.Action("form|"+string(id)+"||partytold.2")); r.Form != nil {
		t.Error("who was taken off can still be told")
	}
	page, err := b.desk.Incident(context.Background(), b.user("佐藤"), string(id))
	if err != nil || len(page.Parties) != 1 || len(page.Parties[0].Told) != 3 || page.Parties[0].Told[0].Gap || !page.Parties[0].Told[2].Gap {
		t.Errorf("%v, %+v", err, page.Parties)
	}
	if p, _ := b.incident(id).Party(1); p.Told[0].On != b.clock.Now().In(incident.Tokyo).Format(time.DateOnly) {
		t.Errorf("%+v", p)
	}
}

// The form begins with the draft, and what the draft left open cannot go to the representative.
func TestATextBeginsWithItsDraft(t *testing.T) {
	b, id := theftWithDrafts(t, "ja")
	f := b.form("佐藤", id, "texts.individuals")
	if f.Inputs[0].Value != "individuals" || len([]rune(f.Inputs[1].Value)) < 100 {
		t.Fatalf("%+v", f.Inputs)
	}
	if r := b.send("佐藤", b.form("佐藤", id, "texts.press")); r.Accepted {
		t.Errorf("a draft with blanks is proposed as it is:\n%s", showReply(r))
	}
	page, err := b.desk.DraftCopy(context.Background(), b.user("佐藤"), string(id), "press")
	if err != nil || len(page.Propose) != 2 || page.Propose[0].Label != "承認を依頼する" {
		t.Errorf("%v, %+v", err, page.Propose)
	}
	if other, err := b.desk.DraftCopy(context.Background(), b.user("佐藤"), string(id), "police"); err != nil || other.Propose != nil {
		t.Errorf("the memo for the police: %v, %+v", err, other.Propose)
	}
}

// A text that is not out yet is said before the closing, though nothing else is asked about.
func TestTheTypedClosingSaysWhichTextsAreNotOut(t *testing.T) {
	b, id := leaked(t, "ja")
	b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactVirus: incident.No, incident.FactRansomware: incident.No, incident.FactUnauthorizedAccess: incident.No}})
	b.do("佐藤", id, incident.ProposeText{What: incident.TextPress, Text: letter})
	b.toTheEnd("佐藤", id)
	r := b.say("佐藤", "", "/incident close "+string(id))
	if r.Form == nil || r.Accepted || !strings.Contains(showForm(r.Form), "「プレスリリース 第1版」（承認待ち）") {
		t.Fatalf("closed without a word of it:\n%s", showReply(r))
	}
	if question := b.desk.ClosingQuestion(b.incident(id)); !strings.Contains(strings.SplitN(question, "\n", 2)[0], "プレスリリース") {
		t.Errorf("the button asks %q", question)
	}
}

// Of a report that goes on under another number nothing can be decided any more.
func TestTheTextsOfWhatWasMergedAskForNothing(t *testing.T) {
	b, into := leaked(t, "ja")
	id := b.report("山本", "会員名簿の誤送信", "kind", "misdelivery", "personal_data", "yes")
	b.must(b.say("佐藤", "", "/incident take "+string(id)))
	b.do("佐藤", id, incident.ProposeText{What: incident.TextPress, Text: letter})
	if ask := b.card(incident.NoticeSign, "田中"); ask.Tone != chat.Notice {
		t.Fatalf("the representative is not asked:\n%s", showCard(ask))
	}
	b.do("佐藤", id, incident.Merge{Into: into})
	if card := showCard(b.card(incident.NoticeCard, "")); strings.Contains(card, "「プレスリリース 第1版」") {
		t.Errorf("the card of what was merged waits for it:\n%s", card)
	}
	m := b.message(incident.NoticeSign, "田中")
	m.FirstSent = time.Time{}
	if _, err := b.desk.Card(context.Background(), m); err == nil {
		t.Error("who was never asked is asked about a text of what was merged")
	}
	m.FirstSent = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	over, err := b.desk.Card(context.Background(), m)
	if err != nil || over.Tone != chat.Plain {
		t.Errorf("the request after the merge: %v\n%s", err, showCard(over))
	}
}
