package draft_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows/company"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
	"hikeshi/workflows/report"
)

var staff = map[incident.Role][]incident.PersonID{
	incident.Representative: {"yamada"},
	incident.IncidentLead:   {"sato"},
	incident.SystemAdmin:    {"suzuki"},
	incident.PrivacyManager: {"kato"},
}

var called = map[incident.PersonID]string{
	"yamada": "山田 太郎", "sato": "佐藤 健", "suzuki": "鈴木 一郎", "kato": "加藤 恵", "nakamura": "中村 拓也",
}

type list struct{}

func (list) Known(p incident.PersonID) bool                              { return called[p] != "" }
func (list) Department(incident.PersonID) string                         { return "製造部" }
func (list) Away(incident.PersonID, time.Time) (incident.PersonID, bool) { return "", false }
func (list) Reaches(incident.PersonID, incident.Means) bool              { return true }
func (list) Deputies(incident.Role, string) []incident.PersonID          { return nil }
func (list) Holders(r incident.Role, _ string) []incident.PersonID       { return staff[r] }

type rules struct{ *procedure.Book }

func (r rules) Steps(c, effect incident.Category, l incident.Level) ([]incident.Step, bool) {
	plan, ref := r.Lookup(c, effect, l)
	if ref != nil {
		return nil, false
	}
	return plan.All(), true
}

func (r rules) Version() string { return r.Book.Version }

// tale is an incident that is lived through command by command.
type tale struct {
	t       testing.TB
	book    rules
	in      *incident.Incident
	records []incident.Record
	now     time.Time
}

func newTale(t testing.TB) *tale {
	t.Helper()
	// Tuesday, 2026-12-01, 02:00 in Tokyo.
	return &tale{t: t, book: book(t), in: incident.New("INC-2026-0042"), now: time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)}
}

func (a *tale) at(clock string) *tale {
	a.t.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", clock, incident.Tokyo)
	if err != nil {
		a.t.Fatal(err)
	}
	a.now = t.UTC()
	return a
}

func (a *tale) do(by incident.PersonID, c incident.Command) *tale {
	a.t.Helper()
	env := incident.Env{Now: a.now, By: incident.Actor{ID: by, Name: called[by], Department: "製造部"}, People: list{}, Procedures: a.book, Paging: paging.Usual()}
	switch c := c.(type) {
	case incident.Undo:
		env.Target = &a.records[c.Seq-1]
	case incident.Correct:
		env.Target = &a.records[c.Seq-1]
	}
	events, ref := incident.Decide(a.in, c, env)
	if ref != nil {
		a.t.Fatalf("%s by %q: %s %v %v", c.Word(), by, ref.Key, ref.Args, ref.Missing)
	}
	for _, e := range events {
		a.add(by, e)
	}
	a.now = a.now.Add(time.Minute)
	return a
}

func (a *tale) add(by incident.PersonID, e incident.Event) *tale {
	r := incident.Record{Incident: a.in.ID, Seq: a.in.Seq + 1, At: a.now, Occurred: a.now, By: by, ByName: incident.T(called[by]), Source: incident.FromPerson, Event: e}
	a.in.Apply(r)
	a.records = append(a.records, r)
	return a
}

// fact answers a question as it will be recorded, whichever questions are asked today.
func (a *tale) fact(by incident.PersonID, k incident.FactKey, answer incident.Answer) *tale {
	a.t.Helper()
	return a.add(by, incident.FactSet{Fact: k, Answer: answer})
}

func (a *tale) last(kind incident.EventKind) int64 {
	for _, r := range slices.Backward(a.records) {
		if r.Event.Kind() == kind {
			return r.Seq
		}
	}
	a.t.Fatalf("no entry of kind %s", kind)
	return 0
}

var loaded = sync.OnceValues(func() (*templates.Texts, error) { return templates.LoadTexts(nil) })

// strictSay fails the test on a key that has no text, and on a placeholder left open.
func strictSay(t testing.TB, lang string, heard func(string)) report.Say {
	t.Helper()
	texts, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return func(key string, pairs ...string) string {
		if !texts.Has(key) {
			t.Errorf("there is no text %q", key)
		}
		if heard != nil {
			heard(key)
		}
		for _, p := range templates.Placeholders(texts.Say(lang, key)) {
			if i := slices.Index(pairs, p); i < 0 || i%2 != 0 {
				t.Errorf("%s: nothing is given for {%s}", key, p)
			}
		}
		return texts.Say(lang, key, pairs...)
	}
}

func options(t testing.TB, lang string) draft.Options {
	t.Helper()
	contact := func(id incident.PersonID, department string) draft.Contact {
		return draft.Contact{Department: department, Name: called[id], Phone: "03-0000-0000", Email: string(id) + "@example.co.jp"}
	}
	return draft.Options{
		Lang: lang, Say: strictSay(t, lang, nil), Name: func(p incident.PersonID) string { return called[p] },
		Company: company.Profile{
			Name: "株式会社みなと精工", NameEN: "Minato Precision Works", Address: "東京都見本区港町1-2-3", CorporateNumber: "9999999999999", Industry: "製造業（金属部品の加工）",
			Flags: map[company.Flag]bool{company.Delegated: false, company.Entrusted: true},
		},
		Contacts: map[incident.Role]draft.Contact{
			incident.Representative: contact("yamada", "経営"), incident.IncidentLead: contact("sato", "管理部"),
			incident.SystemAdmin: contact("suzuki", "管理部"), incident.PrivacyManager: contact("kato", "管理部"),
			incident.PrivacyDesk: {Department: "お客様相談窓口", Name: "加藤 恵", Phone: "03-0000-1111", Email: "desk@example.co.jp"},
		},
		Procedures: book(t), MadeAt: time.Date(2026, 12, 2, 1, 0, 0, 0, time.UTC),
	}
}

// ransomware is the full case: ransomware, 1,200 customers, the My Numbers of 30 employees, and
// a client that had entrusted part of the data.
func ransomware(t testing.TB) *tale {
	t.Helper()
	a := newTale(t)
	a.do("nakamura", incident.Report{Text: "図面のファイルが全部開けません。英語の脅迫文が出ています", What: incident.KindVirus})
	a.do("suzuki", incident.Take{}).do("sato", incident.Take{})
	a.fact("sato", incident.FactRansomware, incident.Yes).fact("sato", incident.FactUnauthorizedAccess, incident.Yes)
	a.fact("sato", incident.FactPersonalData, incident.Yes).fact("sato", incident.FactOutsiders, incident.Yes)
	a.fact("sato", incident.FactPersons, "1200").fact("sato", incident.FactMyNumber, incident.Yes).fact("sato", "my_number_persons", "30")
	a.fact("sato", "entrusted", incident.Yes).fact("sato", incident.FactBusinessStopped, incident.Yes).fact("sato", incident.FactDamagedData, incident.Yes)
	a.fact("sato", "special_care", incident.No).fact("sato", incident.FactAtContractor, incident.No)
	a.do("sato", incident.Categorise{Category: incident.Virus, Effect: incident.Leak, Reason: "データを盗んだとの脅迫文があるため"})
	a.do("sato", incident.SetLevel{Level: incident.Level3, Reason: "お客様の名簿が盗まれた疑いがあるため"})
	a.do("suzuki", incident.SetField{Field: incident.FieldOccurredAt, Value: "2026-11-30 23:40"})
	a.do("suzuki", incident.SetField{Field: incident.FieldAffectedSystems, Value: "ファイルサーバー FS-01 と製造部の端末3台が暗号化"})
	a.do("suzuki", incident.SetField{Field: incident.FieldScope, Value: "お客様名簿 1,200人分、従業員30人分の給与データ（マイナンバーを含む）、みなと商事から預かった出荷先の一覧"})
	a.do("suzuki", incident.Note{Text: "中村さんの端末で同じ脅迫文を確認"})
	a.do("suzuki", incident.Note{Text: "書き間違い"})
	a.do("suzuki", incident.Undo{Seq: a.last("note_added")})
	a.do("suzuki", incident.Note{Text: "ファイルサーバーのLANを2:30に抜いた"})
	a.do("suzuki", incident.Correct{Seq: a.last("note_added"), Text: "ファイルサーバーのLANを2:35に抜いた"})
	a.do("suzuki", incident.RecordEvidence{Name: "ファイルサーバーのディスクイメージ", Where: "金庫のHDD"})
	a.add("", incident.ClocksDrawn{Because: incident.DrawnReport, Started: []incident.Duty{
		{Rule: "ppc-preliminary", Target: "2026-12-03", Due: "2026-12-05"}, {Rule: "ppc-final", Due: "2027-01-29", Raw: "2027-01-29"},
		{Rule: "mynumber-preliminary", Target: "2026-12-03", Due: "2026-12-05"}, {Rule: "ipa-virus", Target: "2026-12-07", Provisional: true},
	}})
	a.at("2026-12-01 09:30")
	a.do("sato", incident.DoStep{Step: "contain", Result: "感染した3台とファイルサーバーを切り離した"})
	a.do("sato", incident.DoStep{Step: "report_police", Result: "県警のサイバー犯罪相談窓口に相談した"})
	a.do("kato", incident.DoStep{Step: "prepare_victims", Result: "お知らせ文の案を作った"})
	a.do("suzuki", incident.SetField{Field: incident.FieldCause, Value: "VPN装置の古い脆弱性から侵入された"})
	a.do("suzuki", incident.SetField{Field: incident.FieldBackground, Unknown: true, Reason: "更新の担当を中村さんに確認中"})
	a.do("sato", incident.SetField{Field: incident.FieldPrevention, Value: "VPN装置を更新し、担当者を決める"})
	a.do("sato", incident.SetPrevention{Text: "バックアップを切り離して保管する", Owner: "suzuki", Due: "2026-12-25"})
	a.do("kato", incident.SetParty{Kind: incident.PartyPersons, Name: "通販サイトの会員", Count: "1200"})
	a.do("kato", incident.SetParty{Kind: incident.PartyPersons, Name: "従業員", Count: "30"})
	a.do("kato", incident.SetParty{Kind: incident.PartyOrgs, Name: "みなと商事"})
	a.do("kato", incident.ProposeText{What: incident.TextIndividuals, Text: "お詫びとお知らせ"})
	a.do("yamada", incident.ApproveText{What: incident.TextIndividuals, Version: 1})
	a.do("kato", incident.PublishText{What: incident.TextIndividuals, Version: 1, Where: "会員全員に郵送"})
	a.do("kato", incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicFact, incident.TopicMeasure}, How: "郵送"})
	a.do("kato", incident.TellParty{N: 3, Topics: []incident.Topic{incident.TopicFact}, How: "電話"})
	for v := range 2 {
		a.do("kato", incident.ProposeText{What: incident.TextPress, Text: "情報の漏えいのおそれについて"})
		if v == 1 {
			a.do("yamada", incident.ApproveText{What: incident.TextPress, Version: 2})
			a.do("kato", incident.PublishText{What: incident.TextPress, Version: 2, Where: "https://minato.example/news/1"})
		}
	}
	return a
}

func (a *tale) draft(k draft.Kind, o draft.Options) draft.Draft {
	return draft.Of(k, a.in, a.records, o)
}

// whole is everything that a draft says, in its order.
func whole(d draft.Draft) string {
	return string(templates.DraftCopy(d)) + "\n" + string(templates.Markdown(d.Document())) + "\n" + d.Plain()
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func field(t testing.TB, d draft.Draft, key string) draft.Field {
	t.Helper()
	for _, f := range d.Fields() {
		if f.Key == key {
			return f
		}
	}
	t.Fatalf("%s has no field %s", d.Kind, key)
	return draft.Field{}
}

func ticked(f draft.Field) string {
	var out []string
	for _, c := range f.Choices {
		switch c.Ticked {
		case incident.Yes:
			out = append(out, c.Text)
		case incident.Unknown:
			out = append(out, fmt.Sprintf("%s?", c.Text))
		}
	}
	return strings.Join(out, " ")
}

var procedures = sync.OnceValues(func() (*procedure.Book, error) { return templates.LoadProcedures(nil) })

func book(t testing.TB) rules {
	t.Helper()
	return rules{must[*procedure.Book](t)(procedures())}
}
