package report_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// everySentence has each way in which an entry can be said.
var everySentence = []incident.Event{
	incident.ReportReceived{Reporter: "tanaka", Text: incident.T("鍵をなくした"), What: incident.KindLoss},
	incident.ReportReceived{Reporter: "tanaka", Text: incident.T("鍵をなくした"), What: incident.KindLoss, Contractor: incident.T("警備会社")},
	incident.Planned{Plan: incident.PlanKey{Category: incident.Virus, Effect: incident.Leak, Level: incident.Level2}, Steps: make([]incident.Step, 3)},
	incident.Planned{Plan: incident.PlanKey{Category: incident.Other, Level: incident.Unassessed}},
	incident.Paged{Person: "sato", Because: "added"},
	incident.Paged{Person: "sato", Roles: []incident.Role{incident.IncidentLead, incident.SystemAdmin}, Because: "report"},
	incident.Acknowledged{},
	incident.Acknowledged{Roles: []incident.Role{incident.IncidentLead}},
	incident.Declined{},
	incident.Declined{Reason: incident.T("入院中")},
	incident.Declined{Reason: incident.T("手が離せない"), Besides: true},
	incident.PageStopped{Person: "sato", Because: "answered"},
	incident.RoundPassed{Round: 2},
	incident.RoundPassed{Round: 2, Exhausted: true},
	incident.Paged{Person: "kato", Roles: []incident.Role{"system_admin"}, Because: "report", By: []incident.Means{"chat", "mail"}},
	incident.MeansUsed{Person: "kato", By: []incident.Means{"phone"}, Because: "waited"},
	incident.MeansFailed{Person: "kato", Means: "chat", Why: "slow"},
	incident.Unreached{Person: "kato"},
	incident.LeadTaken{Person: "ogawa", How: incident.LeadDeputy},
	incident.HandoverOffered{To: "sato"},
	incident.HandoverOffered{To: "sato", Reason: incident.T("夜勤を終えるため")},
	incident.HandoverRefused{Reason: incident.T("出張中")},
	incident.HandoverWaited{To: "sato"},
	incident.CalledAgain{Calls: []incident.Paged{
		{Person: "sato", Roles: []incident.Role{incident.IncidentLead}, Round: 9, Because: "round", By: []incident.Means{"chat", "phone"}},
		{Person: "kato", Roles: []incident.Role{incident.SystemAdmin}, Round: 9, Because: "round"},
	}},
	incident.PhaseMoved{From: incident.Reported, To: incident.Containment},
	incident.PhaseMoved{From: incident.Recovery, To: incident.Investigation, Reason: incident.T("原因が違った")},
	incident.LevelSet{From: incident.Unassessed, To: incident.Level2},
	incident.LevelSet{From: incident.Level1, To: incident.Level3, Reason: incident.T("お客様に届いた")},
	incident.LevelSet{From: incident.Level3, To: incident.Level2, Reason: incident.T("社内だけだった")},
	incident.LevelSet{From: incident.Level2, To: incident.Level2, Reason: incident.T("証拠がない")},
	incident.LevelProposed{Level: incident.Level3, Reason: incident.T("広がっている")},
	incident.Recategorised{From: incident.Other, To: incident.Virus, Effect: incident.Damage, Reason: incident.T("感染していた")},
	incident.Assigned{Person: "ito"},
	incident.Assigned{Person: "ito", Step: "contain"},
	incident.StepDone{Step: "contain"},
	incident.StepDone{Step: "contain", Result: incident.T("止めた")},
	incident.StepWaived{Step: "contain", Reason: incident.T("もう止まっている")},
	incident.StepReopened{Step: "contain"},
	incident.FactSet{Fact: incident.FactOutsiders, Answer: incident.Yes},
	incident.FactSet{Fact: incident.FactPersons, Answer: "1200", Before: incident.Unknown},
	incident.FieldSet{Field: incident.FieldScope, Value: incident.T("全社")},
	incident.FieldSet{Field: incident.FieldScope, Value: incident.T("本社のみ"), Before: incident.T("全社")},
	incident.FieldSet{Field: incident.FieldScope, Value: incident.T("本社のみ"), BeforeUnknown: true},
	incident.FieldSet{Field: incident.FieldOccurredAt, Value: incident.T("2026-11-21T15:30:00Z")},
	incident.FieldSet{Field: incident.FieldScope, Unknown: true, Reason: incident.T("調査中")},
	incident.FieldSet{Field: incident.FieldScope, Cleared: true, Before: incident.T("全社")},
	incident.NoteAdded{Text: incident.T("電話した")},
	incident.Informed{Text: incident.T("思い出しました")},
	incident.Informed{Text: incident.T("鍵がありました"), FalseAlarm: true},
	incident.Asked{Text: incident.T("どこで気づきましたか")},
	incident.Corrected{Seq: 12, Text: incident.T("電話とメールをした")},
	incident.Undone{Seq: 12, What: "note_added", Reason: incident.T("重複")},
	incident.Undone{Seq: 12, What: "field_set"},
	incident.EvidenceRecorded{Name: incident.T("入館記録"), Where: incident.T("総務の金庫")},
	incident.FileAttached{Name: incident.T("画面.png"), Size: 12_600, Type: "image/png", SHA256: strings.Repeat("0f", 32)},
	incident.FileAttached{Name: incident.T("請求書.eml"), Size: 3 << 20, Type: "text/plain", SHA256: strings.Repeat("1e", 32), Where: incident.T("メールサーバー")},
	incident.PreventionSet{N: 1, Text: incident.T("鍵を電子化する")},
	incident.PreventionSet{N: 1, Text: incident.T("鍵を電子化する"), Owner: "suzuki", Due: "2026-12-18"},
	incident.PreventionSet{N: 1, Text: incident.T("鍵を電子化する"), Owner: "suzuki", Due: "2026-12-18", Done: true},
	incident.PreventionRemoved{N: 1},
	incident.ReportMade{Version: 2},
	incident.Approved{Role: incident.IncidentLead},
	incident.Approved{Role: incident.Representative, Deputy: true, Publication: incident.PublishAffected, Comment: incident.T("急いで")},
	incident.ApprovalVoided{Because: "field_set"},
	incident.IncidentClosed{From: incident.FinalReport},
	incident.IncidentClosed{From: incident.FinalReport, Comment: incident.T("お疲れさまでした")},
	incident.IncidentDismissed{From: incident.Reported, Reason: incident.T("鍵は机にあった")},
	incident.IncidentReopened{From: incident.Dismissed, To: incident.Reported, Reason: incident.T("別の鍵だった")},
	incident.MergedIntoOther{Into: "INC-2026-0003", From: incident.Reported},
	incident.ReportMerged{From: "INC-2026-0004", Reporters: []incident.PersonID{"mori", ""}, Names: []incident.Text{incident.T("森 誠"), incident.T("協力会社の方")}, Departments: []string{"総務部", ""}, Text: incident.T("鍵がない")},
	incident.CircleRestricted{Excluded: []incident.PersonID{"sato", "mori"}, Reason: incident.T("本人の件のため")},
	incident.CircleRestricted{},
	incident.Joined{Person: "kato", Why: incident.WhyRole, Role: incident.PrivacyManager},
	incident.Joined{Person: "ito", Why: incident.WhyAdded},
	incident.LeftCircle{Person: "sato"},
	incident.ClocksDrawn{Because: incident.DrawnReport, Started: []incident.Duty{
		{Rule: "ppc-preliminary", Provisional: true, Target: "2026-11-24", Due: "2026-11-26", DueAt: endOf("2026-11-26")},
		{Rule: "ppc-individuals"}, {Rule: "ipa-virus", Target: "2026-11-30"},
		{Rule: "gdpr33", Due: "2026-11-25", DueAt: time.Date(2026, 11, 25, 2, 0, 0, 0, incident.Tokyo)},
	}},
	incident.ClocksDrawn{Because: incident.DrawnFact, Facts: []incident.Answered{{Fact: incident.FactPersonalData, Answer: incident.Yes}, {Fact: incident.FactPersons, Answer: "1200"}},
		Changed: []incident.Duty{{Rule: "ppc-final", Due: "2027-01-04", DueAt: endOf("2027-01-04")}}, Lapsed: []incident.Rule{"ipa-virus"}},
	incident.ClocksDrawn{Because: incident.DrawnFact, Facts: []incident.Answered{{Fact: incident.FactPersonalData, Answer: incident.Yes}, {Fact: incident.FactPersons, Answer: "1200"}, {Fact: incident.FactMyNumber, Answer: incident.No}},
		Changed: []incident.Duty{{Rule: "ppc-final", Due: "2027-01-04", DueAt: endOf("2027-01-04"), Provisional: true}}, Lapsed: []incident.Rule{"mynumber-preliminary", "mynumber-final"}},
	incident.ClocksDrawn{Because: incident.DrawnFact, Facts: []incident.Answered{{Fact: incident.FactWrongfulPurpose, Answer: incident.Yes}},
		Changed: []incident.Duty{{Rule: "ppc-final", Due: "2027-01-20", DueAt: endOf("2027-01-20")}, {Rule: "ipa-virus"}}, Firm: []incident.Rule{"ppc-final"}},
	incident.ClocksDrawn{Because: incident.DrawnFact, Facts: []incident.Answered{{Fact: incident.FactEntrusted, Answer: incident.No}},
		Started: []incident.Duty{{Rule: "ppc-preliminary", Due: "2026-11-26", DueAt: endOf("2026-11-26")}, {Rule: "ipa-virus"}}, Again: []incident.Rule{"ppc-preliminary"}},
	incident.ClocksDrawn{Because: incident.DrawnAware}, incident.ClocksDrawn{Because: incident.DrawnMerged}, incident.ClocksDrawn{Because: incident.DrawnReopened},
	incident.ClocksDrawn{Because: incident.DrawnDismissed}, incident.ClocksDrawn{Because: incident.DrawnElsewhere}, incident.ClocksDrawn{Because: incident.DrawnLevel},
	incident.ClocksDrawn{Because: incident.DrawnRules},
	incident.ClockSettled{Rule: "ppc-preliminary", How: incident.ClockFiled, On: "2026-11-24", Receipt: incident.T("R8-1234"), To: incident.T("委員会の漏えい報告窓口"), File: 12},
	incident.ClockSettled{Rule: "ppc-preliminary", How: incident.ClockPassed, On: "2026-11-24", To: incident.T("みなと商事の総務部")},
	incident.ClockSettled{Rule: "police", How: incident.ClockUnneeded, Reason: incident.T("被害がない")},
	incident.ClockReopened{Rule: "police"},
	incident.RemindersPlanned{Rule: "police", At: []time.Time{time.Date(2026, 11, 25, 9, 0, 0, 0, incident.Tokyo)}, Reason: incident.T("担当者が休むため")},
	incident.RemindersPlanned{Rule: "police"},
	incident.ClocksReminded{List: []incident.Reminder{{Rule: "ppc-preliminary", To: []incident.PersonID{"sato"}}, {Rule: "ppc-final", Overdue: true, To: []incident.PersonID{"sato", "mori"}}}},
	incident.OutsideProposed{What: incident.TextPress, Version: 1, Text: incident.T("お知らせ\nこのたび…"), Length: 10},
	incident.OutsideApproved{What: incident.TextPress, Version: 1, Role: incident.Representative, Comment: incident.T("結構です")},
	incident.OutsideApproved{What: incident.TextCustomers, Version: 2, Role: incident.Representative, Deputy: true, Own: true},
	incident.OutsideRefused{What: incident.TextIndividuals, Version: 3, Reason: incident.T("件数が古い")},
	incident.OutsidePublished{What: incident.TextEntruster, Version: 1, On: time.Date(2026, 11, 25, 9, 0, 0, 0, incident.Tokyo), Where: incident.T("書留で郵送")},
	incident.OutsideSetBack{What: incident.TextPress, Version: 1, To: incident.TextProposed},
	incident.OutsideSetBack{What: incident.TextPress, Version: 1, To: incident.TextWithdrawn},
	incident.PartySet{N: 1, Who: incident.PartyPersons, Name: incident.T("通販の会員"), Count: 1200},
	incident.PartySet{N: 1, Who: incident.PartyOrgs, Name: incident.T("みなと商事"), Before: incident.T("通販の会員"), BeforeWho: incident.PartyPersons, BeforeCount: 1200},
	incident.PartyTold{N: 1, Topics: []incident.Topic{incident.TopicFact, incident.TopicMeasure}, On: "2026-11-25", How: incident.T("電話")},
	incident.PartyTold{N: 7, Topics: []incident.Topic{incident.TopicRestore}, On: "2026-11-25", How: incident.T("郵送")},
	incident.PartyUntold{N: 1, Seq: 12},
	incident.PartyRemoved{N: 1, Reason: incident.T("影響がなかった")},
	incident.PartyRemoved{N: 1},
	incident.PartyRestored{N: 1},
}

// endOf is the last second of a day in Tokyo.
func endOf(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, incident.Tokyo)
	if err != nil {
		panic(err)
	}
	return t.AddDate(0, 0, 1).Add(-time.Second)
}

func voice(t testing.TB, lang string) report.Voice {
	return report.Voice{
		Say: strictSay(t, lang), Name: list{}.name,
		Step: func(_ int64, key string) string { return "〈" + key + "〉" },
		Rule: func(r incident.Rule) string {
			if r == "police" {
				return "" // a rule that nobody knows any more is called by its name
			}
			return "〈" + string(r) + "〉"
		},
		Party: func(n int) string {
			if n == 1 {
				return "みなと商事"
			}
			return ""
		},
	}
}

func TestSentencesGolden(t *testing.T) {
	for _, lang := range templates.Languages {
		var b strings.Builder
		v := voice(t, lang)
		for _, e := range everySentence {
			b.WriteString(string(e.Kind()) + ": " + report.Sentence(incident.Record{Event: e}, v) + "\n")
		}
		v.Brief = true
		for _, e := range everySentence {
			if e, ok := e.(incident.OutsideProposed); ok {
				b.WriteString("brief " + string(e.Kind()) + ": " + report.Sentence(incident.Record{Event: e}, v) + "\n")
			}
		}
		golden(t, "sentences."+lang+".txt", []byte(b.String()))
	}
}

func TestEveryKindOfEntryHasASentence(t *testing.T) {
	said := map[incident.EventKind]bool{}
	for _, e := range everySentence {
		said[e.Kind()] = true
	}
	for _, e := range incident.Events {
		if !said[e.Kind()] {
			t.Errorf("no sentence of %s is tried out", e.Kind())
		}
		for _, lang := range templates.Languages {
			strictSay(t, lang)("log.what." + string(e.Kind()))
		}
	}
}

// Nothing that somebody typed is left out, and what was erased is shown as erased.
func TestASentenceHasEveryTextOfItsEntry(t *testing.T) {
	textType := reflect.TypeFor[incident.Text]()
	for _, e := range everySentence {
		typed := reflect.New(reflect.TypeOf(e)).Elem()
		typed.Set(reflect.ValueOf(e))
		gone := reflect.New(reflect.TypeOf(e)).Elem()
		gone.Set(reflect.ValueOf(e))
		var words []string
		for i := range typed.NumField() {
			name := typed.Type().Field(i).Name
			text, ok := typed.Field(i).Interface().(incident.Text)
			if !ok || typed.Field(i).Type() != textType || text.IsZero() || strings.HasPrefix(name, "Before") {
				continue // what stood there before has an entry of its own
			}
			words = append(words, text.Body)
			gone.Field(i).Set(reflect.ValueOf(incident.Text{Digest: "0a", Erased: true}))
		}
		v := voice(t, "ja")
		erased := report.Sentence(incident.Record{Event: gone.Interface().(incident.Event)}, v)
		for _, w := range words {
			if fs, ok := e.(incident.FieldSet); ok && fs.Field.IsTime() {
				w = "2026年11月22日（日） 00:30"
			}
			if s := report.Sentence(incident.Record{Event: e}, v); !strings.Contains(s, w) {
				t.Errorf("%s: %q lacks %q", e.Kind(), s, w)
			}
			if strings.Contains(erased, w) || !strings.Contains(erased, "消去済み") {
				t.Errorf("%s: %q should show %q as erased", e.Kind(), erased, w)
			}
		}
	}
}

func TestAuthor(t *testing.T) {
	v := voice(t, "ja")
	for _, c := range []struct {
		r    incident.Record
		want string
	}{
		{incident.Record{By: "sato", ByName: incident.T("佐藤（旧姓）"), Event: incident.NoteAdded{}}, "佐藤（旧姓）"},
		{incident.Record{By: "sato", ByName: incident.Text{Digest: "0a", Erased: true}, Event: incident.NoteAdded{}}, "（氏名は消去済み）"},
		{incident.Record{By: "sato", Event: incident.NoteAdded{}}, "佐藤 健"},
		{incident.Record{By: "gone", Event: incident.NoteAdded{}}, "gone"},
		{incident.Record{Event: incident.NoteAdded{}}, "自動"},
		{incident.Record{By: "sato", ByName: incident.T("佐藤 健"), Event: incident.Paged{}}, "自動"},
	} {
		if got := report.Author(c.r, v); got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
	}
}

func TestStepTitles(t *testing.T) {
	step := func(key, ja, en string) incident.Step {
		return incident.Step{Key: key, Text: incident.Words{JA: ja, EN: en}}
	}
	in := &incident.Incident{Steps: []incident.StepState{
		{Step: step("stop", "止めてください。次に知らせてください。", "Stop it. Then tell.")},
		{Step: step("long", strings.Repeat("長", 50), strings.Repeat("l", 40))},
	}}
	records := []incident.Record{
		{Seq: 2, Event: incident.Planned{Steps: []incident.Step{
			step("past", "以前の手順\n説明", "A step of before."), step("stop", "古い言葉", "Old words"),
		}}},
		{Seq: 5, Event: incident.Planned{Steps: []incident.Step{in.Steps[0].Step}}},
	}
	for _, c := range []struct {
		lang string
		seq  int64
		key  string
		want string
	}{
		{"ja", 4, "stop", "古い言葉"},
		{"en", 4, "stop", "Old words"},
		{"ja", 5, "stop", "止めてください"},
		{"en", 6, "stop", "Stop it"},
		{"ja", 1, "stop", "古い言葉"},
		{"ja", 6, "long", strings.Repeat("長", 39) + "…"},
		{"en", 6, "long", strings.Repeat("l", 40)},
		{"ja", 6, "past", "以前の手順"},
		{"en", 6, "past", "A step of before"},
		{"ja", 6, "none", "none"},
	} {
		if got := report.StepTitles(c.lang, in, records)(c.seq, c.key); got != c.want {
			t.Errorf("%s %d %s: %q, want %q", c.lang, c.seq, c.key, got, c.want)
		}
	}
	if got := report.StepTitles("ja", in, nil)(4, "stop"); got != "止めてください" {
		t.Errorf("without a record it is %q", got)
	}
}

func TestMoments(t *testing.T) {
	for _, c := range []struct {
		lang, instant, day, odd string
	}{
		{"ja", "2026年11月22日（日） 02:07", "2026年12月18日（金）", "来週"},
		{"en", "22 Nov 2026 (Sun) 02:07 JST", "18 Dec 2026 (Fri)", "来週"},
	} {
		say := strictSay(t, c.lang)
		if got := report.Instant(time.Date(2026, 11, 21, 17, 7, 59, 0, time.UTC), say); got != c.instant {
			t.Errorf("%q, want %q", got, c.instant)
		}
		if got := report.Day("2026-12-18", say); got != c.day {
			t.Errorf("%q, want %q", got, c.day)
		}
		if got := report.Day(c.odd, say); got != c.odd {
			t.Errorf("%q, want it as it stands", got)
		}
		if got := report.Instant(time.Time{}, say); got != "" {
			t.Errorf("the zero instant is %q", got)
		}
	}
}

// What nobody has to do has no deadline, and a target of the company's own is not shown as one; a
// law without a number of days is another matter.
func TestUntilSaysWhatIsVoluntary(t *testing.T) {
	for lang, want := range map[string][3]string{
		"ja": {"速やかに。日数の定めなし", "任意・期限なし", "目安 2026年12月4日（金）（任意・期限なし）"},
		"en": {"promptly, no number of days is set", "voluntary, no deadline", "aim for 4 Dec 2026 (Fri) (voluntary, no deadline)"},
	} {
		for i, d := range []incident.Duty{{Law: true}, {Voluntary: true}, {Voluntary: true, Target: "2026-12-04"}} {
			if got := report.Until(d, strictSay(t, lang)); got != want[i] {
				t.Errorf("%s %+v: %q, want %q", lang, d, got, want[i])
			}
		}
	}
}
