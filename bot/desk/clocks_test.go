package desk_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// twoRules are a first report that a statute asks for and a notice without a day.
type twoRules struct{}

func (twoRules) Version() string { return "two" }

func (twoRules) Duties(f incident.Facts, aware, _ time.Time) []incident.Duty {
	if f.Get(incident.FactPersonalData) == incident.No {
		return nil
	}
	local := aware.In(incident.Tokyo)
	day := func(n int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+n, 0, 0, 0, 0, incident.Tokyo)
	}
	first := incident.Duty{
		Rule: "ppc-preliminary", Owner: incident.IncidentLead, Law: true, Passes: true, Provisional: f.Get(incident.FactPersonalData) == incident.Unknown,
		Because: []incident.FactKey{incident.FactPersonalData}, Aware: aware, Target: day(2).Format(time.DateOnly), Due: day(4).Format(time.DateOnly), Raw: day(4).Format(time.DateOnly),
		DueAt: day(5).Add(-time.Second).UTC(), Remind: []time.Time{day(4).Add(9 * time.Hour).UTC()},
	}
	told := incident.Duty{Rule: "ppc-individuals", Owner: incident.PrivacyManager, Law: true, Provisional: first.Provisional, Because: first.Because, Aware: aware}
	return []incident.Duty{first, told}
}

func (twoRules) Words(r incident.Rule, _ time.Time) (incident.RuleWords, bool) {
	title := map[incident.Rule]incident.Words{"ppc-preliminary": {JA: "委員会への速報", EN: "First report"}, "ppc-individuals": {JA: "本人への通知", EN: "Notice to the individuals"}}[r]
	return incident.RuleWords{
		Title: title, Whom: incident.Words{JA: "委員会", EN: "the Commission"}, Basis: incident.Words{JA: "個人情報保護法26条", EN: "APPI Art. 26"},
		Why: incident.Words{JA: "報告が必要なためです。", EN: "It has to be reported."}, Source: "https://www.ppc.go.jp/", Checked: "2026-11-22", Unsure: true,
	}, title.JA != ""
}

func theftWithClocks(t *testing.T, lang string) (*bench, incident.ID) {
	b := newBench(t, lang)
	b.service.UseClocks(twoRules{})
	id := b.report("山本", "名簿を載せたノートPCを盗まれた", "kind", "theft")
	b.must(b.say("佐藤", "", "/incident take "+string(id)))
	return b, id
}

func TestClocksAreSaidInBothLanguages(t *testing.T) {
	for lang, want := range map[string][]string{
		"ja": {"委員会への速報", "目安まであと2日、期限まであと4日", "目安 2026年11月24日（火）、期限 2026年11月26日（木）", "暫定です。答えがまだの質問が1問あります。", "根拠：個人情報保護法26条【要確認】", "法律上の助言ではありません"},
		"en": {"First report", "2 days to the target, 4 days to the deadline", "aim for 24 Nov 2026 (Tue), due 26 Nov 2026 (Thu)", "Provisional", "Basis: APPI Art. 26 [please verify]", "not legal advice"},
	} {
		b, id := theftWithClocks(t, lang)
		got := showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-preliminary")))
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is not said:\n%s", lang, w, got)
			}
		}
		promptly := showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-individuals")))
		if lang == "ja" && (!strings.Contains(promptly, "速やかに") || strings.Contains(promptly, "期限 2026")) {
			t.Errorf("the notice to individuals has a day:\n%s", promptly)
		}
		if card := showCard(b.card(incident.NoticeCard, "")); strings.Count(card, want[len(want)-1]) != 1 || !strings.Contains(card, want[0]) {
			t.Errorf("%s: the channel's card does not name the nearest clock, or not once that it is no advice:\n%s", lang, card)
		}
		if dm := showCard(b.card(incident.NoticeClocks, "佐藤")); !strings.Contains(dm, want[0]) {
			t.Errorf("%s: the lead is told\n%s", lang, dm)
		}
	}
}

func TestAClockIsSettledAndTakenBack(t *testing.T) {
	b, id := theftWithClocks(t, "ja")
	open := func(form, rule string) *chat.Form {
		t.Helper()
		r := b.press("佐藤", chat.Action("form|"+string(id)+"||"+form+"."+rule))
		if r.Form == nil {
			t.Fatalf("no form:\n%s", showReply(r))
		}
		return r.Form
	}
	early := b.send("佐藤", open("filed", "ppc-preliminary"), "on", "2026-11-01")
	if early.Form == nil || early.Accepted {
		t.Fatal("a day before awareness is taken")
	}
	for _, i := range early.Form.Inputs {
		if (i.Name == "on") != (i.Error != "") {
			t.Errorf("%s: %q", i.Name, i.Error)
		}
	}
	b.must(b.send("佐藤", open("filed", "ppc-preliminary"), "receipt", "R8-1"))
	c, _ := b.incident(id).Clock("ppc-preliminary")
	if c.Status != incident.ClockFiled || c.Receipt != "R8-1" || c.On != "2026-11-22" {
		t.Fatalf("%+v", c)
	}
	whole := b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-preliminary")).Cards[0]
	b.must(b.press("佐藤", b.button(whole, "取り消す").Action))
	if c, _ = b.incident(id).Clock("ppc-preliminary"); !c.Open() {
		t.Errorf("after undo it is %s", c.Status)
	}
	// Of a statute only the lead judges that it need not be done: who may not is told before he types.
	if r := b.press("鈴木", chat.Action("form|"+string(id)+"||unneeded.ppc-preliminary")); r.Form != nil {
		t.Error("the system administrator gets the form")
	}
	b.must(b.send("佐藤", open("unneeded", "ppc-individuals"), "reason", "暗号化していた"))
	if told := showCard(b.card(incident.NoticeClocks, "田中")); !strings.Contains(told, "不要と判断") || !strings.Contains(told, "暗号化していた") {
		t.Errorf("the representative is told\n%s", told)
	}
	b.must(b.send("佐藤", open("reminders", "ppc-preliminary"), "times", "2026-11-25 10:30\n11/26 8:00"))
	if c, _ = b.incident(id).Clock("ppc-preliminary"); len(c.Own) != 2 || !c.Own[1].Equal(time.Date(2026, 11, 26, 8, 0, 0, 0, incident.Tokyo)) {
		t.Errorf("reminded at %v", c.Own)
	}
}

// Nobody sees clocks of an incident that he may not read: not the reporter, not a stranger, not
// who was left out.
func TestClocksAreSeenByWhoMayReadTheIncident(t *testing.T) {
	b, id := theftWithClocks(t, "ja")
	if got := showReply(b.say("佐藤", "", "/incident 期限")); !strings.Contains(got, "委員会への速報") {
		t.Errorf("the lead sees\n%s", got)
	}
	page, err := b.desk.Clocks(context.Background(), b.user("佐藤"))
	if err != nil || !strings.Contains(showCard(page.Card), "委員会への速報") {
		t.Errorf("%v\n%s", err, showCard(page.Card))
	}
	for _, who := range []string{"山本", "渡辺"} {
		for _, got := range []string{
			showReply(b.say(who, "", "/incident 期限")), showReply(b.say(who, "", "/incident 期限 "+string(id))),
			showReply(b.press(who, chat.Action("clock|"+string(id)+"||ppc-preliminary"))),
		} {
			if strings.Contains(got, "委員会への速報") {
				t.Errorf("%s sees\n%s", who, got)
			}
		}
		page, err := b.desk.Clocks(context.Background(), b.user(who))
		if err != nil || strings.Contains(showCard(page.Card), "委員会への速報") {
			t.Errorf("%s: %v\n%s", who, err, showCard(page.Card))
		}
	}
	if _, err := b.desk.Clocks(context.Background(), "web:nobody"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("a stranger gets the page: %v", err)
	}
	whole, err := b.desk.Incident(context.Background(), b.user("佐藤"), string(id))
	if err != nil || len(whole.Unsure) != 2 || whole.Advice == "" {
		t.Errorf("%v, %+v", err, whole.Unsure)
	}
	if own, err := b.desk.Incident(context.Background(), b.user("山本"), string(id)); err != nil || own.Clocks != nil || own.Unsure != nil {
		t.Errorf("the reporter's page: %v, %+v", err, own.Clocks)
	}
}

// The lead's word that nothing has happened ends what no answer had made certain as well: the
// representative reads of which, and by what; and nothing more once it is taken back.
func TestANearMissSaysWhatItEnds(t *testing.T) {
	for lang, want := range map[string][]string{
		"ja": {"法令の届出・連絡が変わりました", "委員会への速報", "ヒヤリハット", "指揮をとる人にすぐ伝えてください"},
		"en": {"a statute's notifications have changed", "First report", "near miss", "tell the lead at once"},
	} {
		b := newBench(t, lang)
		b.service.UseClocks(twoRules{})
		id := b.report("山本", "サーバーの画面が書き換えられた", "kind", "tampering")
		b.must(b.say("佐藤", "", "/incident take "+string(id)))
		b.must(b.say("佐藤", "", "/incident fact near_miss yes"))
		told := showCard(b.card(incident.NoticeClocks, "田中"))
		for _, w := range want {
			if !strings.Contains(strings.ToLower(told), strings.ToLower(w)) {
				t.Errorf("%s: the representative does not read %q:\n%s", lang, w, told)
			}
		}
		b.must(b.say("佐藤", "", "/incident fact near_miss no"))
		if c, _ := b.incident(id).Clock("ppc-preliminary"); !c.Open() {
			t.Errorf("%s: taken back, it is %s", lang, c.Status)
		}
	}
}

// What ends a statute's duty says so by name, and a judgement that was taken back does not stay.
func TestTheEndOfAStatutesDutyIsSaid(t *testing.T) {
	b, id := theftWithClocks(t, "ja")
	b.must(b.say("佐藤", "", "/incident fact 個人情報 はい"))
	form := func(name string) *chat.Form {
		t.Helper()
		r := b.press("佐藤", chat.Action("form|"+string(id)+"||"+name))
		if r.Form == nil {
			t.Fatalf("no form:\n%s", showReply(r))
		}
		return r.Form
	}
	b.must(b.send("佐藤", form("passed.ppc-preliminary"), "clock_to", "みなと商事"))
	if told := showCard(b.card(incident.NoticeClocks, "田中")); !strings.Contains(told, "自社の報告が別に要ります") {
		t.Errorf("the representative is told\n%s", told)
	}
	whole := b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-preliminary")).Cards[0]
	b.must(b.press("佐藤", b.button(whole, "取り消す").Action))
	if told := showCard(b.card(incident.NoticeClocks, "田中")); !strings.Contains(told, "取り消されました（") || !strings.Contains(told, "佐藤") {
		t.Errorf("the representative is told of what was taken back\n%s", told)
	}
	dismiss := form("dismiss")
	if !strings.Contains(dismiss.Intro, "委員会への速報、本人への通知") {
		t.Errorf("the form says %s", dismiss.Intro)
	}
	b.must(b.say("佐藤", "", "/incident fact 個人情報 いいえ"))
	if told := showCard(b.card(incident.NoticeClocks, "田中")); !strings.Contains(told, "委員会への速報") || !strings.Contains(told, "不要になったか") {
		t.Errorf("the representative is told\n%s", told)
	}
	b.must(b.say("佐藤", "", "/incident fact 個人情報 はい"))
	b.must(b.send("佐藤", dismiss, "reason", "訓練だった"))
	if told := showCard(b.card(incident.NoticeEnded, "田中")); !strings.Contains(told, "これで必要がないものとした法令の届出・連絡：委員会への速報、本人への通知") {
		t.Errorf("the representative is told\n%s", told)
	}
}

// By mail the same is said in words that others may read: nothing that somebody typed, and none of
// the answers. It is said once.
func TestClocksByMailTellNothingOfWhatHappened(t *testing.T) {
	for _, lang := range templates.Languages {
		b, id := theftWithClocks(t, lang)
		b.must(b.say("佐藤", b.desk.Channel(id), "/incident fact personal_data yes"))
		said := 0
		for i, m := range b.deliver() {
			if m.Kind != incident.NoticeClocks {
				continue
			}
			said++
			m.Means = incident.ByMail
			m.FirstSent = time.Time{}
			card, err := b.desk.Card(context.Background(), m)
			if err != nil {
				t.Fatal(err)
			}
			got := showCard(card)
			for _, typed := range []string{"名簿", "盗まれた", "個人情報が含まれる", "personal data are"} {
				if strings.Contains(got, typed) {
					t.Errorf("%s: %q is in the mail:\n%s", lang, typed, got)
				}
			}
			want := map[string]string{"ja": "このメールからは操作できません", "en": "Nothing can be done from this mail"}[lang]
			if !strings.Contains(got, want) || !strings.Contains(got, string(id)) || len(buttonsOf(card)) != 1 {
				t.Errorf("%s, message %d:\n%s", lang, i, got)
			}
			m.FirstSent = b.clock.Now()
			if _, err := b.desk.Card(context.Background(), m); !errors.Is(err, workflows.ErrSettled) {
				t.Errorf("%s: said twice: %v", lang, err)
			}
		}
		if said < 2 {
			t.Errorf("%s: only %d messages are about clocks", lang, said)
		}
	}
}

// Of the notice to the individuals, which has no day, nothing reminds but the morning's overview: it
// is named to whoever has to give it, however many clocks of others have a day.
func TestTheMorningNamesTheReadersOwnClocks(t *testing.T) {
	b := newBench(t, "ja")
	b.service.UseClocks(twoRules{})
	const incidents = 7
	for n := range incidents {
		id := b.report("山本", strconv.Itoa(n+1)+"人目も、名簿を載せたノートPCを盗まれた", "kind", "theft")
		b.must(b.say("佐藤", "", "/incident take "+string(id)))
		b.must(b.say("佐藤", "", "/incident 事実 "+string(id)+" 個人情報 はい"))
	}
	morning := func(who string) string {
		t.Helper()
		card, err := b.desk.Card(t.Context(), workflows.Message{Notice: incident.Notice{
			Key: "digest:2026-11-22:" + string(b.person(who)), Kind: incident.NoticeDigest, To: b.person(who), Day: "2026-11-22",
		}})
		if err != nil {
			t.Fatal(err)
		}
		return showCard(card)
	}
	if got := morning("高橋"); strings.Count(got, "本人への通知") != incidents || strings.Contains(got, "委員会への速報") {
		t.Errorf("the privacy manager reads\n%s", got)
	}
	if got := morning("佐藤"); strings.Count(got, "委員会への速報") != 5 || strings.Contains(got, "本人への通知") {
		t.Errorf("the lead reads\n%s", got)
	}
}
