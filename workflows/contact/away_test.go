package contact

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
)

func noon(t testing.TB, day string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateOnly, day, incident.Tokyo)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(12 * time.Hour)
}

func TestAbsencesOfAList(t *testing.T) {
	people := Merge(nil, mustParse(t, `name,department,role,absence,absence_deputy,email
田中 誠一,経営,代表取締役,12/29-1/3、2027/2/1,佐藤美咲さん,
田中 誠一,経営,部門責任者,,,
佐藤 美咲,管理部,incident_lead,2026-12-30;2025-12-29/2026-01-03,suzuki@example.co.jp;-,
鈴木 健太,管理部,system_admin,12月31日,高橋(営業部),suzuki@example.co.jp
高橋,営業部,,1/4,山田,
高橋,製造部,,1/5,高橋,
`), today)
	id := func(name, department string) incident.PersonID {
		for _, p := range people {
			if p.Name == name && p.Department == department {
				return p.ID
			}
		}
		t.Fatalf("%s is not on the list", name)
		return ""
	}
	want := map[string][]Absence{
		"田中 誠一": {{From: "2026-12-29", To: "2027-01-03", Deputy: id("佐藤 美咲", "管理部")}, {From: "2027-02-01", To: "2027-02-01", Deputy: id("佐藤 美咲", "管理部")}},
		"佐藤 美咲": {{From: "2025-12-29", To: "2026-01-03"}, {From: "2026-12-30", To: "2026-12-30", Deputy: id("鈴木 健太", "管理部")}},
		"鈴木 健太": {{From: "2026-12-31", To: "2026-12-31", Deputy: id("高橋", "営業部")}},
	}
	for _, p := range people {
		if w, ok := want[p.Name]; ok {
			if diff := cmp.Diff(w, p.Absences); diff != "" {
				t.Errorf("%s: %s", p.Name, diff)
			}
		}
	}
	if got := people[3].Absences; len(got) != 1 || got[0].Named != "山田" || got[0].Deputy != "" {
		t.Errorf("a deputy who is not on the list became %+v", got)
	}
	if got := people[4].Absences; len(got) != 1 || got[0].Named != "高橋" {
		t.Errorf("a deputy who may be two people became %+v", got)
	}
	// An import a month later does not move what has ended.
	again := Merge(people, mustParse(t, string(Export(people))), today.AddDate(0, 1, 0))
	if c := Compare(people, again); !c.Empty() {
		t.Errorf("read again: %+v", c)
	}
	c := Compare(people, Merge(people, mustParse(t, strings.Replace(string(Export(people)), "2026-12-31", "2027-12-31", 1)), today))
	if len(c.Changed) != 1 || !slices.Equal(c.Changed[0].Columns, []string{"absence"}) {
		t.Errorf("another day: %+v", c)
	}
}

func TestAway(t *testing.T) {
	person := func(id incident.PersonID, absences ...Absence) Person {
		return Person{ID: id, Name: string(id), Active: id != "left", Absences: absences}
	}
	d := NewDirectory([]Person{
		person("a", Absence{"2026-12-29", "2027-01-03", "b", ""}),
		person("b", Absence{"2026-12-31", "2026-12-31", "c", ""}, Absence{"2027-01-01", "2027-01-01", "a", ""}, Absence{"2027-01-02", "2027-01-02", "left", ""}, Absence{"2027-01-03", "2027-01-03", "", ""}),
		person("c"), person("left"), person("self", Absence{"2026-12-29", "2026-12-29", "self", ""}),
		person("lost", Absence{"2026-12-29", "2026-12-29", "unknown", ""}),
	}).WithTold(map[incident.PersonID][]Absence{
		"c":    {{"2026-12-31", "2026-12-31", "b", ""}},
		"d":    {{"2026-12-29", "2026-12-29", "c", ""}},
		"lost": {{"2026-12-29", "2026-12-30", "", ""}, {"2027-01-05", "2027-01-05", "c", ""}},
	})
	for _, c := range []struct {
		who    incident.PersonID
		at     string
		deputy incident.PersonID
		away   bool
	}{
		{"a", "2026-12-28T23:59:59.999999+09:00", "", false},
		{"a", "2026-12-29T00:00:00+09:00", "b", true}, // days begin and end in Tokyo
		{"a", "2026-12-28T15:00:00Z", "b", true},
		{"a", "2027-01-04T00:00:00+09:00", "", false},
		{"a", "2026-12-31T12:00:00+09:00", "", true}, // b, and c for him, whose deputy is b: nobody is left
		{"a", "2027-01-01T12:00:00+09:00", "", true}, // each is the other's deputy
		{"a", "2027-01-02T12:00:00+09:00", "", true}, // the deputy's deputy has left
		{"a", "2027-01-03T12:00:00+09:00", "", true}, // the deputy is away without one
		{"self", "2026-12-29T12:00:00+09:00", "", true},
		{"lost", "2026-12-29T12:00:00+09:00", "", true},
		{"lost", "2026-12-30T12:00:00+09:00", "", true},
		{"lost", "2027-01-05T12:00:00+09:00", "c", true},
		{"d", "2026-12-29T12:00:00+09:00", "c", true}, // told, and not on the list any more
		{"nobody", "2026-12-29T12:00:00+09:00", "", false},
		{"", "2026-12-29T12:00:00+09:00", "", false},
	} {
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if deputy, away := d.Away(c.who, at); deputy != c.deputy || away != c.away {
			t.Errorf("%s at %s: %q %v, want %q %v", c.who, c.at, deputy, away, c.deputy, c.away)
		}
	}
	// One chain, without a circle.
	chain := NewDirectory([]Person{person("a", Absence{"2026-12-29", "2026-12-29", "b", ""}), person("b", Absence{"2026-12-29", "2026-12-29", "c", ""}), person("c")})
	if deputy, _ := chain.Away("a", noon(t, "2026-12-29")); deputy != "c" {
		t.Errorf("the deputy's deputy is %q", deputy)
	}
}

// What somebody has told himself counts before the list, which still names the deputy.
func TestWhatWasToldGoesBeforeTheList(t *testing.T) {
	d := NewDirectory([]Person{
		{ID: "a", Active: true, Absences: []Absence{{"2026-12-29", "2027-01-03", "b", ""}}},
		{ID: "b", Active: true}, {ID: "c", Active: true},
	})
	for deputy, want := range map[incident.PersonID]incident.PersonID{"c": "c", "": "b"} {
		told := d.WithTold(map[incident.PersonID][]Absence{"a": {{"2026-12-28", "2027-01-10", deputy, ""}}})
		if got, away := told.Away("a", noon(t, "2026-12-30")); !away || got != want {
			t.Errorf("told with the deputy %q: %q %v", deputy, got, away)
		}
		if a, ok := told.AbsenceAt("a", noon(t, "2026-12-30")); !ok || a.To != "2027-01-10" {
			t.Errorf("it lasts until %s", a.To)
		}
	}
	if _, away := d.Away("a", noon(t, "2027-01-10")); away {
		t.Error("the list itself has changed")
	}
}

func TestCheckAbsences(t *testing.T) {
	at := func(p []Person, n int, absences ...Absence) { p[n].Absences = absences }
	holidays := func(deputy incident.PersonID) Absence { return Absence{"2026-12-29", "2027-01-03", deputy, ""} }
	for _, c := range []struct {
		name  string
		spoil func(p []Person)
		want  []string // a part of the Japanese sentence
	}{
		{"nothing", func([]Person) {}, nil},
		{"one of a line", func(p []Person) { at(p, 2, holidays("")) }, nil},
		{"a whole line", func(p []Person) {
			at(p, 2, holidays(""))
			at(p, 3, Absence{"2027-01-02", "2027-01-10", "", ""})
		}, []string{"2027年1月2日〜2027年1月3日は、システム管理者の担当者と代理の人が全員不在です", "営業部"}},
		{"twice", func(p []Person) {
			at(p, 2, Absence{"2026-12-21", "2026-12-31", "", ""})
			at(p, 3, Absence{"2026-12-22", "2026-12-22", "p-5", ""}, Absence{"2026-12-24", "2026-12-24", "", ""}, Absence{"2026-12-26", "2026-12-27", "", ""})
		}, []string{"2026年12月24日は、システム管理者", "2026年12月26日〜2026年12月27日は、システム管理者", "2026年12月24日は、情報セキュリティ部門責任者（営業部）", "2026年12月26日"}},
		{"a deputy of the absence is enough", func(p []Person) {
			at(p, 2, holidays("p-5"))
			at(p, 3, holidays("p-5"))
		}, nil},
		{"over, or later than a month", func(p []Person) {
			at(p, 2, Absence{"2026-12-01", "2026-12-19", "p-3", ""}, Absence{"2027-01-20", "2027-01-21", "p-3", ""})
			at(p, 3, Absence{"2026-12-01", "2026-12-19", "gone", ""}, Absence{"2027-01-20", "2027-01-21", "", "山田"})
		}, nil},
		{"a deputy who is away", func(p []Person) {
			at(p, 2, holidays("p-5"))
			at(p, 4, Absence{"2027-01-01", "2027-01-20", "", ""})
		}, []string{"社員3さんの不在時の代理の社員5さんも、2027年1月1日〜2027年1月3日は不在です"}},
		{"one's own deputy", func(p []Person) { at(p, 2, holidays("p-3")) }, []string{"社員3さんの不在（2026年12月29日〜2027年1月3日）の代理が、本人"}},
		{"a deputy who left", func(p []Person) { at(p, 2, holidays("p-5")); p[4].Active = false }, []string{"代理の社員5さんは、連絡先から外れています"}},
		{"a deputy who was never there", func(p []Person) { at(p, 2, holidays("p-99")) }, []string{"の代理「p-99」は"}},
		{"a name that is nobody's", func(p []Person) { at(p, 2, Absence{"2026-12-29", "2026-12-29", "", "山田"}) }, []string{"（2026年12月29日）の代理「山田」は、連絡先の中の1人に決まりません"}},
		{"somebody who left", func(p []Person) { at(p, 4, holidays("p-99")); p[4].Active = false }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			people := soundCompany()
			c.spoil(people)
			got := CheckAbsences(NewDirectory(people), today)
			var said []string
			for _, f := range got {
				said = append(said, f.Say(texts(t, "ja")))
				if sentence := f.Say(texts(t, "en")); place.MatchString(sentence) || place.MatchString(said[len(said)-1]) || f.Severity != Warning {
					t.Errorf("%s: %s", f.Severity, sentence)
				}
			}
			if len(said) != len(c.want) {
				t.Fatalf("found %q, want %q", said, c.want)
			}
			for i := range said {
				if !strings.Contains(said[i], c.want[i]) {
					t.Errorf("%s; want %s", said[i], c.want[i])
				}
			}
		})
	}
}

func TestTheSheetSaysWhoIsAway(t *testing.T) {
	people := []Person{
		{ID: "p-1", Name: "田中 誠一", Phone: "090-0000-0001", Active: true, Duties: []Duty{{incident.Representative, "", 0}}, Absences: []Absence{
			{"2026-01-01", "2026-01-03", "p-2", ""}, {"2026-12-20", "2026-12-20", "p-2", ""}, {"2026-12-29", "2027-01-03", "", ""}, {"2027-02-01", "2027-02-01", "p-2", ""}}},
		{ID: "p-2", Name: "佐藤 美咲", Phone: "090-0000-0002", Active: true, Duties: []Duty{{incident.SystemAdmin, "", 0}}},
		{ID: "p-3", Name: "山本", Active: true, Absences: []Absence{{"2026-12-20", "2026-12-25", "p-2", ""}}},
	}
	d := NewDirectory(people).WithTold(map[incident.PersonID][]Absence{"p-2": {{"2027-01-19", "2027-01-25", "p-1", ""}}})
	golden(t, "sheet.away.ja.txt", sheetLines(Sheet(d, "ja", texts(t, "ja"), "2026年12月20日", today)))
	golden(t, "sheet.away.en.txt", sheetLines(Sheet(d, "en", texts(t, "en"), "20 December 2026", today)))
}
