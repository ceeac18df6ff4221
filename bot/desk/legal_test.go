package desk_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// lawful is the desk of a company with the shipped rules, where a theft was reported and taken.
func lawful(t *testing.T, lang string, flags map[company.Flag]bool) (*bench, incident.ID) {
	t.Helper()
	set, err := templates.Load(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, lang)
	b.service.UseClocks(set.Rules.For(company.Profile{Flags: flags}))
	id := b.report("山本", "名簿を載せたノートPCを盗まれた", "kind", "theft")
	b.must(b.say("佐藤", "", "/incident take "+string(id)))
	return b, id
}

func (b *bench) ask5(id incident.ID, form string) *chat.Form {
	b.t.Helper()
	r := b.press("佐藤", chat.Action("form|"+string(id)+"||"+form))
	if r.Form == nil {
		b.t.Fatalf("%s does not open:\n%s", form, showReply(r))
	}
	return r.Form
}

func inputNames(f *chat.Form) (names []string) {
	for _, i := range f.Inputs {
		names = append(names, i.Name)
	}
	return names
}

// Every form fits a modal of Slack and one of Discord, however much of it is known or disputed:
// five components; a label of 45 characters with a description of 100; a title of 24 (Slack).
func TestTheLegalFormsFitTheModalsOfEveryPlatform(t *testing.T) {
	known := []incident.Facts{
		nil,
		{incident.FactPersonalData: incident.Yes, incident.FactRansomware: incident.Yes, incident.FactPersons: "1200"},
		{incident.FactPersonalData: incident.No, incident.FactSpecialCare: incident.Yes, incident.FactPersons: "12", incident.FactMyNumber: incident.Yes, incident.FactCards: incident.Yes},
		{incident.FactRansomware: incident.Yes, incident.FactUnauthorizedAccess: incident.Yes, incident.FactWrongfulPurpose: incident.No, incident.FactPersons: "9", incident.FactPersonsMax: "3"},
	}
	for _, lang := range templates.Languages {
		for _, flags := range []map[company.Flag]bool{nil, {company.PMark: false, company.EUCustomers: false, company.HandlesCards: false, company.MyNumberHolder: false}} {
			for n, facts := range known {
				b, id := lawful(t, lang, flags)
				if facts != nil {
					b.do("佐藤", id, incident.SetFacts{Facts: facts})
				}
				for _, name := range desk.LegalForms() {
					f := b.ask5(id, name)
					if c := utf8.RuneCountInString(f.Title); c > 24 || f.Title == "" {
						t.Errorf("%s %s: a title of %d characters", lang, name, c)
					}
					if len(f.Inputs) > 5 || len(f.Inputs) == 0 {
						t.Errorf("%s %s %d: %d inputs", lang, name, n, len(f.Inputs))
					}
					if len(f.Draft) > 100 {
						t.Errorf("%s: a draft of %d bytes", name, len(f.Draft))
					}
					for _, i := range f.Inputs {
						if i.Kind == chat.Fixed {
							continue
						}
						if c := utf8.RuneCountInString(i.Label); c > 45 {
							t.Errorf("%s %s: a label of %d characters", lang, i.Name, c)
						}
						if c := utf8.RuneCountInString(i.Hint); c > 100 || c == 0 {
							t.Errorf("%s %s: a line of %d characters", lang, i.Name, c)
						}
						if i.Kind == chat.Choice && (len(i.Options) != 3 || !slices.ContainsFunc(i.Options, func(o chat.Option) bool { return o.Value == i.Value })) {
							t.Errorf("%s %s: %+v, chosen %q", lang, i.Name, i.Options, i.Value)
						}
					}
				}
			}
		}
	}
}

// From nothing known to a certain deadline: each answer says what it did to the clocks.
func TestAnAnswerSaysWhatBecameOfTheClocks(t *testing.T) {
	b, id := lawful(t, "ja", nil)
	clocks := b.say("佐藤", "", "/incident 期限 "+string(id))
	first := b.button(clocks.Cards[0], "1 個人情報（残り4問）")
	if first.Style != chat.Primary {
		t.Errorf("the clocks are provisional, and the button is %q", first.Style)
	}
	form := b.press("佐藤", first.Action).Form
	if form == nil || form.Title != "届出の確認 1 個人情報" {
		t.Fatalf("%+v", form)
	}
	said := showReply(b.must(b.send("佐藤", form, "personal_data", "yes", "special_care", "yes", "encrypted_safe", "no")))
	for _, want := range []string{"変わった期限は、個人情報保護委員会への速報（暫定から確定へ。目安", "ほか", "2 人数（残り1問）", "記録したこと"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if strings.Contains(said, "食い違い") {
		t.Errorf("a contradiction where there is none:\n%s", said)
	}
	if again := b.ask5(id, "legal_data"); valueOf(again, "special_care") != "yes" || valueOf(again, "financial_damage") != "unknown" {
		t.Errorf("the form does not show what is known:\n%s", showForm(again))
	}
	c, _ := b.incident(id).Clock("ppc-final")
	thirty := c.Due
	said = showReply(b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "wrongful_purpose", "yes")))
	c, _ = b.incident(id).Clock("ppc-final")
	if c.Due == thirty || !strings.Contains(said, "個人情報保護委員会への確報（期限 2026年12月21日（月） → 期限 2027年1月20日（水））") {
		t.Errorf("60 days in the place of 30: %s, then %s\n%s", thirty, c.Due, said)
	}
	said = showReply(b.must(b.send("佐藤", b.ask5(id, "legal_others"), "entrusted", "yes", "cards", "yes", "eu_persons", "no", "pmark", "no")))
	for _, want := range []string{"変わった期限は、", "必要がなくなった期限は、"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	said = showReply(b.must(b.send("佐藤", b.ask5(id, "legal_others"))))
	if !strings.Contains(said, "すでに同じ答えが記録されています") {
		t.Errorf("nothing was changed:\n%s", said)
	}
	said = showReply(b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "no", "special_care", "unknown")))
	if !strings.Contains(said, "必要がなくなった期限は、個人情報保護委員会への速報、個人情報保護委員会への確報、ほか") {
		t.Errorf("without personal data nothing is reported:\n%s", said)
	}
}

func valueOf(f *chat.Form, name string) string {
	for _, i := range f.Inputs {
		if i.Name == name {
			return i.Value
		}
	}
	return "(not asked)"
}

// People write numbers as they speak: what is certain is taken, and what is not comes back with
// everything that was typed.
func TestNumbersAsPeopleWriteThem(t *testing.T) {
	b, id := lawful(t, "ja", nil)
	for typed, want := range map[string]incident.Answer{
		"１，２００人": "1200", "1,200人": "1200", " 1200 名": "1200", "３０人分": "30", "0": "0", "1,234,567": "1234567", "50 people": "50", "不明": "unknown", "まだ分からない": "unknown", "": "unknown",
	} {
		b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons", "7"))
		b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons", typed))
		if got := b.incident(id).Facts.Get(incident.FactPersons); got != want {
			t.Errorf("%q is taken for %q", typed, got)
		}
	}
	for _, typed := range []string{"約千人", "千二百", "1,20人", "1200件", "1000人以上", "-3", "12.5", "99999999999", "約1000人"} {
		r := b.send("佐藤", b.ask5(id, "legal_persons"), "persons", typed, "persons_max", "１，５００人")
		if r.Accepted || r.Form == nil {
			t.Fatalf("%q is taken:\n%s", typed, showReply(r))
		}
		if valueOf(r.Form, "persons") != typed || valueOf(r.Form, "persons_max") != "１，５００人" {
			t.Errorf("what was typed is gone:\n%s", showForm(r.Form))
		}
		for _, i := range r.Form.Inputs {
			if (i.Name == "persons") != strings.Contains(i.Error, "例：1200") {
				t.Errorf("%s: %q", i.Name, i.Error)
			}
		}
		kept, err := b.desk.Draft(ctx, b.user("佐藤"), r.Form.Draft)
		if err != nil || valueOf(&kept, "persons") != typed {
			t.Errorf("opened again: %v\n%s", err, showForm(&kept))
		}
	}
	// The same by the word, and in the form of the other facts.
	b.must(b.say("佐藤", "", "/incident 事実 "+string(id)+" 人数 1,200人"))
	if got := b.incident(id).Facts.Get(incident.FactPersons); got != "1200" {
		t.Errorf("by the word: %q", got)
	}
	if r := b.say("佐藤", "", "/incident 事実 "+string(id)+" 最大人数 約千人"); r.Accepted || !strings.Contains(showReply(r), "約千人") {
		t.Errorf("by the word:\n%s", showReply(r))
	}
	b.must(b.send("佐藤", b.ask5(id, "fact"), "persons", "１，３００人"))
	if got := b.incident(id).Facts.Get(incident.FactPersons); got != "1300" {
		t.Errorf("in the form of facts: %q", got)
	}
	if r := b.send("佐藤", b.ask5(id, "fact"), "persons", "約千人"); r.Accepted || valueOf(r.Form, "persons") != "約千人" {
		t.Errorf("in the form of facts: %s", showReply(r))
	}
}

// Two answers that cannot both be right are said at once, with the form that mends them, and the
// one that counts does.
func TestAContradictionIsSaidAtOnce(t *testing.T) {
	for lang, want := range map[string]string{"ja": "食い違っています", "en": "contradict each other"} {
		b, id := lawful(t, lang, nil)
		b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "yes"))
		r := b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "ransomware", "yes", "wrongful_purpose", "no"))
		if said := showReply(r); !strings.Contains(said, want) || r.Cards[0].Tone != chat.Notice {
			t.Errorf("%s: not said at once:\n%s", lang, said)
		}
		if c, _ := b.incident(id).Clock("ppc-final"); c.Due != "2027-01-20" {
			t.Errorf("the yes does not count: %s", c.Due)
		}
		f := b.ask5(id, "legal_cause")
		for _, i := range f.Inputs {
			if (i.Name == "wrongful_purpose") != strings.Contains(i.Error, want) {
				t.Errorf("%s %s: %q", lang, i.Name, i.Error)
			}
		}
		for _, place := range []string{
			showReply(b.say("佐藤", "", "/incident clocks "+string(id))), showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-final"))),
			showReply(b.must(b.say("佐藤", "", "/incident fact "+string(id)+" virus yes"))),
		} {
			if !strings.Contains(place, want) {
				t.Errorf("%s: not said in\n%s", lang, place)
			}
		}
		if said := showReply(b.must(b.send("佐藤", f, "wrongful_purpose", "yes"))); strings.Contains(said, want) {
			t.Errorf("%s: still said after it was mended:\n%s", lang, said)
		}
	}
}

// Nobody is asked what cannot matter.
func TestWhatCannotMatterIsNotAsked(t *testing.T) {
	b, id := lawful(t, "ja", map[company.Flag]bool{company.PMark: false, company.EUCustomers: false, company.HandlesCards: false})
	others := b.ask5(id, "legal_others")
	if names := inputNames(others); !slices.Equal(names, []string{"entrusted", "left"}) { // and no contract to keep secrets for
		t.Errorf("%q", names)
	}
	if note := valueOf(others, "left"); !strings.Contains(note, "会社はプライバシーマークを持っていますか → いいえ") || !strings.Contains(note, "EU・EEA") || !strings.Contains(note, "カード") {
		t.Errorf("what is not asked is not said: %q", note)
	}
	b.must(b.send("佐藤", others, "entrusted", "no"))
	b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "unauthorized_access", "yes", "ransomware", "no", "virus", "no"))
	if names := inputNames(b.ask5(id, "legal_cause")); slices.Contains(names, "wrongful_purpose") {
		t.Errorf("a wrongful purpose follows from the intrusion: %q", names)
	}
	said := showReply(b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "no")))
	if !strings.Contains(said, "今は聞くことがありません") || strings.Contains(said, "マイナンバー（") || strings.Contains(said, "2 人数") {
		t.Errorf("the rest is still asked:\n%s", said)
	}
	if names := inputNames(b.ask5(id, "legal_data")); !slices.Equal(names, []string{"personal_data", "left"}) {
		t.Errorf("%q", names)
	}
	if names := inputNames(b.ask5(id, "legal_mynumber")); !slices.Equal(names, []string{"my_number", "left"}) {
		t.Errorf("%q", names)
	}
}

// The button stands where something is unknown, and goes when nothing is.
func TestWhereTheQuestionsAreOffered(t *testing.T) {
	b, id := lawful(t, "ja", map[company.Flag]bool{company.PMark: false, company.EUCustomers: false, company.HandlesCards: false, company.MyNumberHolder: false})
	second := b.report("山本", "別の名簿をなくした", "kind", "loss")
	b.must(b.say("佐藤", "", "/incident take "+string(second)))
	const label = "届出の確認に答える"
	has := func(c chat.Card) (n int) {
		for _, x := range buttonsOf(c) {
			if x.Label == label {
				n++
			}
		}
		return n
	}
	card := func() chat.Card { return b.press("佐藤", chat.Action("card|"+string(id)+"||")).Cards[0] }
	if c := card(); has(c) != 1 || b.button(c, label).Style != chat.Primary {
		t.Errorf("on the incident's card:\n%s", showCard(c))
	}
	if dm := b.card(incident.NoticeClocks, "佐藤"); has(dm) != 1 {
		t.Errorf("in the lead's message:\n%s", showCard(dm))
	}
	if all := b.say("佐藤", "", "/incident 期限").Cards[0]; has(all) != 2 {
		t.Errorf("once for each incident:\n%s", showCard(all))
	}
	detail := b.press("佐藤", chat.Action("clock|"+string(id)+"||ipa-access")).Cards[0]
	if f := b.press("佐藤", b.button(detail, "質問に答える").Action).Form; f == nil || f.Title != "届出の確認 4 原因" {
		t.Errorf("the question of a clock: %+v", f)
	}
	page, err := b.desk.Incident(ctx, b.user("佐藤"), string(id))
	if err != nil || len(page.Duties) != 1 || len(page.Duties[0].Buttons) != 4 {
		t.Errorf("on the page: %v %+v", err, page.Duties)
	}
	if own, err := b.desk.Incident(ctx, b.user("山本"), string(id)); err != nil || own.Duties != nil {
		t.Errorf("the reporter is asked: %v %+v", err, own.Duties)
	}
	b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "yes", "special_care", "no", "financial_damage", "no", "encrypted_safe", "no"))
	b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons_max", "1001"))
	b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "ransomware", "no", "unauthorized_access", "no", "virus", "no"))
	if c := card(); has(c) != 1 || b.button(c, label).Style == chat.Primary && provisional(b.incident(id)) == 0 {
		t.Errorf("60 days are still open:\n%s", showCard(c))
	}
	b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "wrongful_purpose", "no"))
	last := b.must(b.send("佐藤", b.ask5(id, "legal_others"), "entrusted", "no"))
	if c := card(); has(c) != 0 || provisional(b.incident(id)) != 0 {
		t.Errorf("nothing is unknown:\n%s", showCard(c))
	}
	if said := showReply(last); !strings.Contains(said, "今は聞くことがありません") || !strings.Contains(said, "1 個人情報") {
		t.Errorf("the answers cannot be changed any more:\n%s", said)
	}
	b.must(b.send("佐藤", b.press("佐藤", chat.Action("form|"+string(id)+"||dismiss")).Form, "reason", "見つかった"))
	if c := card(); has(c) != 0 || strings.Contains(showReply(b.say("佐藤", "", "/incident 期限 "+string(id))), "届出の確認") {
		t.Errorf("asked of what is 非該当:\n%s", showCard(c))
	}
}

func provisional(in *incident.Incident) (n int) {
	for _, c := range in.OpenClocks() {
		if c.Provisional {
			n++
		}
	}
	return n
}

// Whoever does not know takes nothing away from somebody who answered meanwhile; whoever sees an
// answer can take it back.
func TestNotKnowingTakesNothingAway(t *testing.T) {
	b, id := lawful(t, "ja", nil)
	mine := b.ask5(id, "legal_cause")
	b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "ransomware", "yes"))
	b.must(b.send("佐藤", mine, "virus", "yes"))
	if f := b.incident(id).Facts; f.Get(incident.FactRansomware) != incident.Yes || f.Get(incident.FactVirus) != incident.Yes {
		t.Errorf("an answer was taken away: %v", f)
	}
	b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "ransomware", "unknown"))
	if f := b.incident(id).Facts; f.Get(incident.FactRansomware) != incident.Unknown {
		t.Errorf("an answer cannot be taken back: %v", f)
	}
	// Opened from memory, nothing is chosen beforehand, and what is not chosen is no answer.
	b.store.down = true
	blank := b.ask5(id, "legal_cause")
	b.store.down = false
	if !blank.Partial || valueOf(blank, "virus") != "" {
		t.Fatalf("%s", showForm(blank))
	}
	b.must(b.send("佐藤", blank, "unauthorized_access", "no"))
	if f := b.incident(id).Facts; f.Get(incident.FactVirus) != incident.Yes || f.Get(incident.FactUnauthorizedAccess) != incident.No {
		t.Errorf("what was not chosen counts: %v", f)
	}
}

// A form that was opened before somebody answered does not put his answer back to what it shows.
func TestAStaleFormPutsNothingBack(t *testing.T) {
	for _, lang := range templates.Languages {
		b, id := lawful(t, lang, nil)
		b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons", "500"))
		b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "yes", "special_care", "no"))
		persons, care := b.ask5(id, "legal_persons"), b.ask5(id, "legal_data")
		b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons", "1,200"))
		b.must(b.send("佐藤", b.ask5(id, "legal_data"), "special_care", "yes"))
		for form, change := range map[*chat.Form][3]string{persons: {"persons", "1200", "1300"}, care: {"special_care", "yes", "no"}} {
			r := b.send("佐藤", form)
			key := incident.FactKey(change[0])
			if got := b.incident(id).Facts.Get(key); r.Accepted || r.Form == nil || string(got) != change[1] {
				t.Fatalf("%s: %s is put back to %s:\n%s", lang, key, got, showReply(r))
			}
			if r.Form.Draft == form.Draft || valueOf(r.Form, change[0]) != change[1] || !strings.Contains(showForm(r.Form), map[string]string{"ja": "あなたの答えは「", "en": "your answer was “"}[lang]) {
				t.Errorf("%s: what changed is not shown:\n%s", lang, showForm(r.Form))
			}
			b.must(b.send("佐藤", r.Form, change[0], change[2]))
			if got := b.incident(id).Facts.Get(key); string(got) != change[2] {
				t.Errorf("%s: who has seen it cannot change it: %s is %s", lang, key, got)
			}
		}
	}
}

// A number that is left empty in a form opened without what is known erases none.
func TestABlankNumberErasesNone(t *testing.T) {
	b, id := lawful(t, "ja", nil)
	b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons", "1200"))
	b.store.down = true
	blank := b.ask5(id, "legal_persons")
	b.store.down = false
	if !blank.Partial || valueOf(blank, "persons") != "" {
		t.Fatalf("%s", showForm(blank))
	}
	b.must(b.send("佐藤", blank, "persons_max", "1500"))
	if f := b.incident(id).Facts; f.Get(incident.FactPersons) != "1200" || f.Get(incident.FactPersonsMax) != "1500" {
		t.Errorf("%v", f)
	}
}

// How the questions and the answers to them read.
func TestHowTheQuestionsRead(t *testing.T) {
	for _, lang := range templates.Languages {
		b, id := lawful(t, lang, map[company.Flag]bool{company.EUCustomers: false, company.PMark: false})
		var s strings.Builder
		show := func(r chat.Reply) { s.WriteString(showReply(r) + "\n") }
		show(b.say("佐藤", "", "/incident clocks "+string(id)))
		for _, name := range desk.LegalForms() {
			s.WriteString(showForm(b.ask5(id, name)) + "\n")
		}
		show(b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "yes", "special_care", "yes", "encrypted_safe", "no")))
		show(b.send("佐藤", b.ask5(id, "legal_persons"), "persons", "約千人"))
		show(b.must(b.send("佐藤", b.ask5(id, "legal_persons"), "persons_max", "１，２００人")))
		show(b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "ransomware", "yes", "wrongful_purpose", "no")))
		s.WriteString(showForm(b.ask5(id, "legal_cause")) + "\n")
		show(b.must(b.send("佐藤", b.ask5(id, "legal_others"), "entrusted", "no", "cards", "yes")))
		show(b.must(b.send("佐藤", b.ask5(id, "legal_data"), "personal_data", "no", "special_care", "unknown")))
		s.WriteString(showForm(b.ask5(id, "legal_mynumber")) + "\n")
		golden(t, "legal."+lang, s.String())
	}
}

// Of what nobody knows yet it is not said as if it were so, and how sure a source is stands
// beside it.
func TestAProvisionalClockAssertsNothing(t *testing.T) {
	for lang, want := range map[string][3]string{
		"ja": {"理由（次に当たる場合）：他社から任された", "に確認、二次資料）", "理由：他社から任された"},
		"en": {"Why (if it is so): The data were entrusted", ", a secondary source)", "Why: The data were entrusted"},
	} {
		b, id := lawful(t, lang, nil)
		said := func() string {
			return showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-entruster")))
		}
		if got := said(); !strings.Contains(got, want[0]) || !strings.Contains(got, want[1]) {
			t.Errorf("%s provisional:\n%s", lang, got)
		}
		b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.Yes, incident.FactPersonalData: incident.Yes, incident.FactSpecialCare: incident.Yes, incident.FactEncryptedSafe: incident.No}})
		if got := said(); !strings.Contains(got, want[2]) {
			t.Errorf("%s certain:\n%s", lang, got)
		}
	}
}

// Whoever is told is not notified as an authority is.
func TestTheDayOfTellingIsCalledSo(t *testing.T) {
	b, id := lawful(t, "ja", nil)
	for form, want := range map[string]string{"passed.ppc-preliminary": "知らせた日", "filed.ppc-preliminary": "届け出た日・知らせた日"} {
		f := b.ask5(id, form)
		i := slices.IndexFunc(f.Inputs, func(i chat.Input) bool { return i.Name == "on" })
		if i < 0 || f.Inputs[i].Label != want {
			t.Errorf("%s:\n%s", form, showForm(f))
		}
	}
}

// On cards and in lists, what is voluntary is not said to be due promptly.
func TestWhatIsVoluntaryIsSaidToBe(t *testing.T) {
	for lang, want := range map[string][2]string{"ja": {"任意・期限なし", "速やかに"}, "en": {"voluntary, no deadline", "promptly"}} {
		b, id := lawful(t, lang, nil)
		b.must(b.send("佐藤", b.ask5(id, "legal_cause"), "ransomware", "yes"))
		for _, rule := range []string{"police", "jpcert", "ipa-virus"} {
			if got := showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||"+rule))); strings.Count(got, want[0]) == 0 || strings.Contains(got, want[1]) {
				t.Errorf("%s:\n%s", rule, got)
			}
		}
		if got := showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-individuals"))); strings.Contains(got, want[0]) || !strings.Contains(got, want[1]) {
			t.Errorf("the notice to the individuals:\n%s", got)
		}
		if got := showReply(b.say("佐藤", "", "/incident clocks "+string(id))); strings.Count(got, want[0]) < 2 {
			t.Errorf("the list:\n%s", got)
		}
	}
}
