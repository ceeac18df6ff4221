package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func (a *tale) handover(lang string) report.Document {
	a.t.Helper()
	return report.Handover(a.in, a.stored(""), a.options(lang))
}

// outage is in the middle of the night: the deputy asks the lead to take over, a raise is
// proposed, a question waits, steps are given away, and facts have overtaken the level.
func outage(t testing.TB) *tale {
	t.Helper()
	a := newTale(t, "TRN-2026-0003")
	a.do("tanaka", incident.Report{
		Text: "共有フォルダのファイルが開けません\n名前の末尾が変わっています", What: incident.KindServiceStop, Practice: true,
		Facts: incident.Facts{incident.FactBusinessStopped: incident.Yes},
	})
	a.do("sato", incident.Decline{Reason: "移動中"}).do("ogawa", incident.Take{}).do("suzuki", incident.Take{})
	a.do("ogawa", incident.SetLevel{Level: incident.Level2, Reason: "受注が止まっている"})
	a.do("ogawa", incident.Advance{})
	a.do("ogawa", incident.Assign{Person: "ito", Step: "contain"})
	a.do("suzuki", incident.SetField{Field: incident.FieldAffectedSystems, Value: "ファイルサーバー FS01"})
	a.do("suzuki", incident.SetField{Field: incident.FieldScope, Unknown: true, Reason: "営業部のPCを確認中"})
	a.do("suzuki", incident.RecordEvidence{Name: "FS01のディスクの写し", Where: "金庫"})
	a.do("suzuki", incident.SetLevel{Level: incident.Level3, Reason: "取引先の図面が読めない"})
	a.do("ogawa", incident.Ask{Text: "最後に開けたのはいつですか"})
	a.do("ogawa", incident.SetPrevention{Text: "バックアップを別の場所にも置く"})
	a.do("ogawa", incident.HandOver{To: "sato", Reason: "朝になったため"})
	return a
}

func TestHandoverGolden(t *testing.T) {
	a := outage(t)
	for _, lang := range templates.Languages {
		golden(t, "handover."+lang+".md", templates.Markdown(a.handover(lang)))
	}
}

// What whoever takes over must find: each of these stands in the summary of the night above.
func TestHandoverSaysWhatMattersNow(t *testing.T) {
	a := outage(t)
	d := a.handover("ja")
	all := strings.Join(textsOf(d), "\n")
	for _, s := range []string{
		"名前の末尾が変わっています", "初動", "事故レベル2：会社の事業に影響がある", "受注が止まっている", "事故レベル3へ引き上げる提案（鈴木 一郎",
		"取引先の図面が読めない", "小川 直子から佐藤 健へ", "朝になったため", "担当：伊藤 翔", "最後に開けたのはいつですか",
		"「発生日時」がまだ書かれていません", "不明（理由：営業部のPCを確認中）", "FS01のディスクの写し", "バックアップを別の場所にも置く", "対応できない",
	} {
		if !strings.Contains(all, s) {
			t.Errorf("says nowhere %q", s)
		}
	}
	if !slices.Contains(d.Banner, "訓練") || strings.Contains(all, "第1版") {
		t.Errorf("banner %v, footer %q", d.Banner, d.Footer)
	}
	if c := value(t, d, "決まっていない提案"); !c.Gap {
		t.Error("an undecided proposal does not stand out")
	}
}

// At every moment of an incident it is complete in both languages, and says of an ended
// incident how it ended.
func TestHandoverAtEveryMoment(t *testing.T) {
	for _, c := range endings {
		t.Run(c.name, func(t *testing.T) {
			a := c.live(t)
			before := fmt.Sprint(a.in.Snapshot())
			for _, lang := range templates.Languages {
				d := a.handover(lang)
				if d.Title == "" || len(d.Sections) < 6 {
					t.Errorf("%s: %d sections under %q", lang, len(d.Sections), d.Title)
				}
				for _, s := range d.Sections {
					if len(s.Blocks) == 0 {
						t.Errorf("%s: nothing under %q", lang, s.Title)
					}
				}
			}
			if a.in.Phase.Ended() && a.in.Phase != incident.Closed && a.handover("ja").Sections[0].Title != "この件の扱い" {
				t.Error("does not begin with how it ended")
			}
			if fmt.Sprint(a.in.Snapshot()) != before {
				t.Error("making it changed the incident")
			}
			o := a.options("ja")
			o.Procedures = nil
			report.Handover(a.in, a.stored(""), o) // without procedures nobody can say what is missing
		})
	}
}

func TestHandoverRepeatsTheLastEntriesOnly(t *testing.T) {
	a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"}).do("sato", incident.Take{})
	for i := range 30 {
		a.do("sato", incident.Note{Text: fmt.Sprintf("電話%02d回目", i+1)})
	}
	d := a.handover("ja")
	last := d.Sections[len(d.Sections)-1]
	rows := last.Blocks[1].(report.Table).Rows
	if len(rows) != 20 || rows[0][3].Text != "電話11回目" || rows[19][3].Text != "電話30回目" {
		t.Errorf("%d rows, from %v to %v", len(rows), rows[0], rows[len(rows)-1])
	}
	if how := last.Blocks[0].(report.Paragraph).Text; !strings.Contains(how, "件は、報告書の「対応経過」にあります。") {
		t.Errorf("nothing tells of the older ones: %q", how)
	}
}

// What is erased from the record is not brought back by the state it is printed from.
func TestHandoverKeepsErasedTextsErased(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, typed, _ := lived(t, rt)
		n := rapid.IntRange(0, len(typed)-1).Draw(rt, "erased")
		mark := fmt.Sprintf("〔%d〕", n)
		d := report.Handover(a.in, a.stored(mark), a.options("ja"))
		if strings.Contains(strings.Join(textsOf(d), "\x00"), mark) {
			rt.Errorf("%q was erased and is still there", typed[n])
		}
	})
	a := outage(t)
	a.now = a.now.Add(time.Hour)
	for erased, want := range map[string]string{"朝になったため": "返事待ち\n理由：消去済み", "取引先の図面が読めない": "理由：消去済み"} {
		all := strings.Join(textsOf(report.Handover(a.in, a.stored(erased), a.options("ja"))), "\n")
		if strings.Contains(all, erased) || !strings.Contains(all, want) {
			t.Errorf("%q is erased, but %q is nowhere", erased, want)
		}
	}
}
