package report_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func register(t testing.TB, lang string) report.Register {
	t.Helper()
	return report.NewRegister(report.RegisterOptions{
		Lang: lang, Say: strictSay(t, lang), Name: func(_ *incident.Incident, p incident.PersonID) string { return called[p] },
		Company: "見本商事", Practice: true, Chosen: "すべて",
	})
}

// What nobody filled in is shown as a gap, and no cell is ever empty.
func TestTheRegisterShowsGapsAndInventsNothing(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		head := register(t, lang)
		row := head.Row(incident.New("TRN-2026-0001"), nil)
		if len(row) != len(head.Columns) {
			t.Fatalf("%d cells under %d columns", len(row), len(head.Columns))
		}
		for i, c := range row {
			if c.Text == "" && c.At.IsZero() && i != len(row)-2 { // the number of entries is 0
				t.Errorf("%s: %s is empty", lang, head.Columns[i].Title)
			}
			if !c.At.IsZero() {
				t.Errorf("%s: %s has an instant", lang, head.Columns[i].Title)
			}
		}
		for _, c := range head.Columns {
			if c.Title == "" || c.Meaning == "" || c.Width < 5 {
				t.Errorf("column %+v", c)
			}
		}
	}
}

// Every item of seed 001 §9.5 has a column of its own.
func TestTheRegisterHasEveryItemOfTheReport(t *testing.T) {
	head := register(t, "ja")
	var titles []string
	for _, c := range head.Columns {
		titles = append(titles, c.Title)
	}
	all := strings.Join(titles, "\n")
	for _, item := range []string{"分類", "責任者", "担当者", "発覚日時（日本時間）", "発生日時（日本時間）", "発生事象", "対応経過", "想定される原因", "原因発生の背景", "被害を受けたシステムの状況", "再発防止策", "影響範囲", "想定される被害"} {
		if !strings.Contains("\n"+all+"\n", "\n"+item+"\n") {
			t.Errorf("no column %s", item)
		}
	}
}

// A text that was erased from the record does not come back through the register.
func TestAnErasedTextStaysOutOfTheRegister(t *testing.T) {
	head := register(t, "ja")
	rapid.Check(t, func(rt *rapid.T) {
		a, typed, _ := lived(t, rt)
		mark := fmt.Sprintf("〔%d〕", rapid.IntRange(0, len(typed)-1).Draw(rt, "erased"))
		for _, c := range head.Row(a.in, a.stored(mark)) {
			if strings.Contains(c.Text, mark) {
				rt.Fatalf("%s was erased and came back: %s", mark, c.Text)
			}
		}
	})
}
