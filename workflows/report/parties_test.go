package report_test

import (
	"strings"
	"testing"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func toldOutside(t testing.TB) *tale {
	a := newTale(t, "INC-2026-0001")
	a.do("tanaka", incident.Report{Text: "名簿を誤って送った", What: incident.KindMisdelivery, Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})
	a.do("sato", incident.Take{})
	a.do("sato", incident.SetParty{Kind: incident.PartyPersons, Name: "通販の会員", Count: "1200"})
	a.do("sato", incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicFact}, How: "書留で郵送"})
	a.do("sato", incident.SetParty{Kind: incident.PartyOrgs, Name: "外した会社"})
	a.do("sato", incident.RemoveParty{N: 2, Reason: "影響がなかった"})
	a.do("sato", incident.ProposeText{What: incident.TextIndividuals, Text: "お詫びの文面\n" + strings.Repeat("経緯を説明します。", 200)})
	a.do("yamada", incident.ApproveText{What: incident.TextIndividuals, Version: 1})
	a.do("sato", incident.PublishText{What: incident.TextIndividuals, Version: 1, Where: "対象の方全員に郵送"})
	a.do("sato", incident.ProposeText{What: incident.TextPress, Text: "発表文"})
	return a
}

func TestWhoWasToldStandsInTheReportAndTheHandover(t *testing.T) {
	a := toldOutside(t)
	for name, d := range map[string]report.Document{
		"report": report.Final(a.in, a.stored(""), a.options("ja")), "handover": report.Handover(a.in, a.stored(""), a.options("ja")),
	} {
		for _, c := range [][]string{
			{"通販の会員", "1,200人", "書留で郵送"},
			{"本人への通知 第1版", "「お詫びの文面」", "公表・通知済み", "山田 太郎（代表取締役、"},
			{"プレスリリース 第1版", "承認待ち"},
		} {
			got := strings.Join(rowOf(t, d, c[0]), "|")
			for _, want := range c[1:] {
				if !strings.Contains(got, want) {
					t.Errorf("%s: %q lacks %q", name, got, want)
				}
			}
		}
		if got := rowOf(t, d, "通販の会員"); len(got) != 5 || got[3] != "未" || got[4] != "未" {
			t.Errorf("%s: what nobody was told does not show: %v", name, got)
		}
		for _, s := range d.Sections {
			for _, b := range s.Blocks {
				if table, ok := b.(report.Table); ok && s.Title == "影響を受けた相手" && len(table.Rows) != 1 {
					t.Errorf("%s: %d parties, one was taken off", name, len(table.Rows))
				}
			}
		}
	}
}

// A text for people outside is named in the report by its beginning; it may be longer than the
// report itself, and stands whole in the record and on the page.
func TestATextIsNamedByItsBeginning(t *testing.T) {
	a := toldOutside(t)
	for _, d := range []report.Document{report.Final(a.in, a.stored(""), a.options("ja")), report.Handover(a.in, a.stored(""), a.options("ja"))} {
		all := strings.Join(textsOf(d), "\n")
		if strings.Contains(all, "経緯を説明します") || !strings.Contains(all, "文面のはじめ：お詫びの文面（全1,807文字）") {
			t.Errorf("not by its beginning:\n%s", all)
		}
	}
	d := report.Final(a.in, a.stored("経緯を説明します"), a.options("ja"))
	if all := strings.Join(textsOf(d), "\n"); strings.Contains(all, "お詫びの文面") {
		t.Errorf("an erased text begins:\n%s", all)
	}
}

// What was erased from the record does not come back by the row.
func TestAnErasedPartyIsNamedNowhere(t *testing.T) {
	a := toldOutside(t)
	d := report.Final(a.in, a.stored("通販の会員"), a.options("ja"))
	if all := strings.Join(textsOf(d), "\n"); strings.Contains(all, "通販の会員") {
		t.Errorf("it is named:\n%s", all)
	}
}

// rowOf gives the cells of the row that begins with a text.
func rowOf(t *testing.T, d report.Document, first string) (cells []string) {
	t.Helper()
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			table, ok := b.(report.Table)
			if !ok {
				continue
			}
			for _, row := range table.Rows {
				if name, _, _ := strings.Cut(row[0].Text, "\n"); name == first {
					for _, c := range row {
						cells = append(cells, c.Text)
					}
					return cells
				}
			}
		}
	}
	t.Errorf("no row begins with %q", first)
	return nil
}
