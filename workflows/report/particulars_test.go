package report_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// onlyWhenSo are words that a report has only where they are true: nothing is missing where
// they are not.
var onlyWhenSo = []string{
	"practice", "restricted", "draft", "closed", "dismissed", "merged_into", "provisional", "level_0", "level_1", "level_2", "level_3",
}

func particulars(t *testing.T, a *tale, lang string) *report.Particulars {
	t.Helper()
	return report.ParticularsOf(a.in, a.stored(""), a.options(lang))
}

// What nobody filled in says so, whatever became of the incident: nothing is ever empty.
func TestParticularsAreNeverEmpty(t *testing.T) {
	for _, c := range endings {
		for _, lang := range []string{"ja", "en"} {
			a := c.live(t)
			p := particulars(t, a, lang)
			if diff := cmp.Diff(a.final(lang), p.Document()); diff != "" {
				t.Errorf("%s: another document (-Final +Particulars):\n%s", c.name, diff)
			}
			for _, name := range report.ValueNames() {
				v := p.Value(name)
				if v.Text == "" && !slices.Contains(onlyWhenSo, name) {
					t.Errorf("%s, %s: %s is empty", c.name, lang, name)
				}
				if v.Holds && (v.Gap || v.Text == "") {
					t.Errorf("%s, %s: %s holds and is missing", c.name, lang, name)
				}
				if slices.Contains(onlyWhenSo, name) && v.Holds != (v.Text != "") {
					t.Errorf("%s, %s: %s says %q but holds: %v", c.name, lang, name, v.Text, v.Holds)
				}
			}
			names, columns := report.ListNames()
			for _, name := range names {
				e := p.Entries(name)
				if diff := cmp.Diff(columns[name], e.Columns); diff != "" {
					t.Errorf("%s: columns of %s (-want +got):\n%s", c.name, name, diff)
				}
				if len(e.Rows) == 0 && e.None.Text == "" {
					t.Errorf("%s, %s: nothing says that there is none of %s", c.name, lang, name)
				}
				for _, row := range e.Rows {
					if len(row) != len(e.Columns) {
						t.Errorf("%s: a row of %s has %d cells for %d columns", c.name, name, len(row), len(e.Columns))
					}
				}
			}
			if p.Absent().Text == "" {
				t.Error("nothing says that there is no such chapter")
			}
		}
	}
}

// A form must not say anything else than our own pages: its rows are theirs.
func TestParticularsAreThoseOfTheReport(t *testing.T) {
	a := misdelivered(t)
	p, d := particulars(t, a, "ja"), a.final("ja")
	tables := map[string][]report.Table{}
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if table, ok := b.(report.Table); ok {
				tables[s.Title] = append(tables[s.Title], table)
			}
		}
	}
	for name, title := range map[string]string{
		"log": "12　対応経過", "actions": "再発防止の対策", "steps_outside": "届出と公表", "leads": "指揮をとった人の移り変わり",
		"responders": "呼び出しと回答", "levels": "7　事故レベルの経過", "evidence": "9　証拠の保管", "questions": "11　報告した人への質問と回答",
	} {
		if len(tables[title]) != 1 {
			t.Fatalf("%d tables under %s", len(tables[title]), title)
		}
		want, entries := tables[title][0].Rows, p.Entries(name)
		var got [][]report.Cell
		for _, row := range entries.Rows {
			got = append(got, row[:len(want[0])])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-report +form):\n%s", name, diff)
		}
	}
	for name, want := range map[string]string{
		"number": "INC-2026-0007", "made_on": "2026年11月22日（日）", "event": "顧客名簿を別の会社に送ってしまいました\n宛先の補完で選び間違えました",
		"scope": "名簿に載る120名", "background": "不明（理由：担当者が交代しており経緯を確かめられない）", "contractor": "配送会社に預けた名簿も同じもの",
		"approved_by": "小川 直子（代表取締役の代行）", "ended_by": "佐藤 健", "end_reason": "送り先の削除証明を受け取った", "fact_persons": "120人",
		"fact_personal_data": "はい", "fact_my_number": "未記入", "industry": "未記入", "level_3": "事故レベル3", "level_2": "", "outcome": "終結",
		"lead": "佐藤 健（引継ぎを受けて）", "containment_at": "2026年11月22日（日） 02:24", "approval_comment": "関係する皆さまへの連絡を続けること",
	} {
		if got := p.Value(name).Text; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{
		"fact_personal_data": true, "fact_persons": true, "fact_ransomware": false, "fact_my_number": false, "industry": false,
		"closed": true, "dismissed": false, "draft": false, "practice": false, "internal": true, "expected_damage": false,
	} {
		if got := p.Value(name).Holds; got != want {
			t.Errorf("%s holds: %v", name, got)
		}
	}
}

func TestParticularsOfTheCompany(t *testing.T) {
	a := misdelivered(t)
	o := a.options("ja")
	o.Address, o.Number, o.Industry, o.Departments = "東京都港区1-2-3", "1234567890123", "製造業", []string{"営業部", "製造部"}
	p := report.ParticularsOf(a.in, a.stored(""), o)
	for name, want := range map[string]string{
		"company": "株式会社みなと精工", "address": "東京都港区1-2-3", "corporate_number": "1234567890123", "industry": "製造業", "departments": "営業部、製造部",
	} {
		if got := p.Value(name); got.Text != want || got.Gap || !got.Holds {
			t.Errorf("%s is %+v, want %q", name, got, want)
		}
	}
}

// A chapter of a form is that of the report without its title.
func TestParticularsHaveTheChapters(t *testing.T) {
	a := misdelivered(t)
	p, d := particulars(t, a, "ja"), a.final("ja")
	blocks := 0
	for _, name := range report.SectionNames() {
		sections := p.Section(name)
		if name == "end" || name == "deliveries" {
			if sections != nil {
				t.Errorf("there is a chapter %s", name)
			}
			continue
		}
		if len(sections) == 0 || sections[0].Title != "" || sections[0].Level != 0 || len(sections[0].Blocks) == 0 {
			t.Errorf("chapter %s is %+v", name, sections)
		}
		for _, s := range sections {
			blocks += len(s.Blocks)
		}
	}
	want := 1 // that there is nothing to be filed, which the report does not say
	for _, s := range d.Sections {
		want += len(s.Blocks)
		switch s.Title { // those that can be had alone, too
		case "再発防止の対策", "届出と公表", "承認", "終結", "指揮をとった人の移り変わり", "呼び出しと回答", "内容を知る関係者":
			want += len(s.Blocks)
		}
	}
	if blocks != want {
		t.Errorf("the chapters have %d blocks, the report has %d", blocks, want)
	}
	if p.Section("nothing") != nil || p.Entries("nothing").Rows != nil || !p.Value("nothing").Gap {
		t.Error("what has no name is there")
	}
}

// A text erased from the record does not come back by way of a form.
func TestParticularsForgetWhatWasErased(t *testing.T) {
	a := misdelivered(t)
	p := report.ParticularsOf(a.in, a.stored("顧客名簿"), a.options("ja"))
	var all strings.Builder
	for _, name := range report.ValueNames() {
		all.WriteString(p.Value(name).Text + "\n")
	}
	names, _ := report.ListNames()
	for _, name := range names {
		for _, row := range p.Entries(name).Rows {
			for _, c := range row {
				all.WriteString(c.Text + "\n")
			}
		}
	}
	if strings.Contains(all.String(), "顧客名簿") {
		t.Error("the erased text is still there")
	}
	if !strings.Contains(p.Value(string(incident.FieldEvent)).Text, "消去済み") {
		t.Errorf("the event is %q", p.Value(string(incident.FieldEvent)).Text)
	}
}
