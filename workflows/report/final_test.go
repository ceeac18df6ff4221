package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("HIKESHI_UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); HIKESHI_UPDATE_GOLDEN=1 writes it anew:\n%s", path, diff)
	}
}

// misdelivered is a leak lived through from the report to the end, with everything that can
// happen on the way: a deputy, a raise, questions, a correction, an undo, evidence, a merge.
func misdelivered(t testing.TB) *tale {
	t.Helper()
	a := newTale(t, "INC-2026-0007")
	a.do("tanaka", incident.Report{
		Text: "顧客名簿を別の会社に送ってしまいました\n宛先の補完で選び間違えました", What: incident.KindMisdelivery,
		OccurredAt: a.now.Add(-90 * time.Minute), Contractor: "配送会社に預けた名簿も同じもの",
		Facts: incident.Facts{incident.FactOutsiders: incident.Yes, incident.FactVirus: incident.No},
	})
	a.do("sato", incident.Decline{Reason: "移動中"}).do("ogawa", incident.Take{}).do("suzuki", incident.Take{}).do("kato", incident.Take{})
	a.do("ogawa", incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactPersons: "120", incident.FactUnauthorizedAccess: incident.No, incident.FactRansomware: incident.No, incident.FactWideScope: incident.Unknown}})
	a.do("ogawa", incident.SetLevel{Level: incident.Level3, Reason: "個人情報が社外に出た"})
	a.do("ogawa", incident.Ask{Text: "送り先の会社名は分かりますか"}).do("tanaka", incident.Inform{Text: "株式会社ひかり商事です", Answers: []int64{a.last(incident.Asked{}.Kind())}})
	a.do("ogawa", incident.Note{Text: "送り先に電話し、削除を頼んだ"})
	noted := a.last(incident.NoteAdded{}.Kind())
	a.do("ogawa", incident.Correct{Seq: noted, Text: "送り先に電話とメールで、削除を頼んだ"})
	a.doSince("suzuki", incident.Note{Text: "送信の取り消しを試したが、間に合わなかった"}, 40*time.Minute)
	a.do("suzuki", incident.Note{Text: "別の件を書いてしまった"})
	a.do("suzuki", incident.Undo{Seq: a.in.Seq, Reason: "書き間違い"})
	a.do("suzuki", incident.RecordEvidence{Name: "送信ログ", Where: "監査用サーバー /logs/2026-11-22"})
	a.do("tanaka", incident.Attach{Name: "送信済みの画面.png", Size: 245_760, Type: "image/png", SHA256: strings.Repeat("0f", 32)})
	a.do("suzuki", incident.Attach{Name: "送ったメール.eml", Size: 812, Type: "text/plain", SHA256: strings.Repeat("1e", 32), Where: "メールサーバーの保管庫"})
	a.settleSteps("ogawa", false).do("ogawa", incident.Advance{})
	a.do("ogawa", incident.Assign{Person: "ito", Step: "contain"}).do("ito", incident.Take{})
	a.do("ogawa", incident.SetFacts{Facts: incident.Facts{incident.FactWideScope: incident.No}})
	a.do("ito", incident.DoStep{Step: "contain", Result: "送り先での削除を書面で確認"})
	a.do("ogawa", incident.Waive{Step: "prepare_inquiries", Reason: "問い合わせは営業部が個別に受ける"})
	a.do("suzuki", incident.SetField{Field: incident.FieldAffectedSystems, Value: "メールのみ。ほかに影響なし"})
	a.do("suzuki", incident.SetField{Field: incident.FieldScope, Unknown: true, Reason: "転送の有無を確認中"})
	a.do("suzuki", incident.SetField{Field: incident.FieldScope, Value: "名簿に載る120名"})
	a.settleSteps("ogawa", false).do("ogawa", incident.Advance{})
	a.do("ogawa", incident.SetField{Field: incident.FieldCause, Value: "宛先の補完で似た名前を選んだ"})
	a.do("ogawa", incident.SetField{Field: incident.FieldBackground, Unknown: true, Reason: "担当者が交代しており経緯を確かめられない"})
	a.settleSteps("ogawa", false).do("ogawa", incident.HandOver{To: "sato", Reason: "出社したため"}).do("sato", incident.AcceptHandover{})
	a.do("sato", incident.Advance{})
	a.do("sato", incident.SetField{Field: incident.FieldPrevention, Value: "送信前に宛先を確かめる画面を出す"})
	a.do("sato", incident.SetPrevention{Text: "宛先確認の仕組みを入れる", Owner: "suzuki", Due: "2026-12-18"})
	a.do("sato", incident.SetPrevention{Text: "全員に研修をする", Owner: "mori", Due: "2027-01-29"})
	a.do("sato", incident.SetPrevention{N: 1, Text: "宛先確認の仕組みを入れる", Owner: "suzuki", Due: "2026-12-18", Done: true})
	a.settleSteps("sato", false).do("sato", incident.Advance{}).settleSteps("sato", true)
	a.do("ogawa", incident.Approve{Publication: incident.PublishAffected, Comment: "関係する皆さまへの連絡を続けること"})
	a.do("sato", incident.Close{Comment: "送り先の削除証明を受け取った"})
	return a
}

var head = regexp.MustCompile(`[0-9a-f]{64}`)

func TestReportGolden(t *testing.T) {
	a := misdelivered(t)
	for _, lang := range templates.Languages {
		d := a.final(lang)
		if got := head.FindString(strings.Join(textsOf(d), "\n")); got != a.records[len(a.records)-1].Digest {
			t.Errorf("%s: the check value is %q, want the digest of the last entry", lang, got)
		}
		// The digest covers the version of the procedures, which is none of this file's business.
		golden(t, "report."+lang+".md", head.ReplaceAll(templates.Markdown(d), []byte("0123…cdef")))
	}
}

// The items that seed 001 §9.5 asks a report to have.
func TestAnEmptyReportShowsEveryItemAsAGap(t *testing.T) {
	for _, lang := range templates.Languages {
		say := strictSay(t, lang)
		d := report.Final(incident.New("INC-2026-0001"), nil, report.Options{Lang: lang, Say: say, Name: list{}.name})
		for _, f := range append(slices.Clone(incident.Fields), "classification", "responsible") {
			if f == incident.FieldExpectedDamage {
				continue // of level 0 only
			}
			label := say("field." + string(f))
			if f == "responsible" {
				label = say("report.responsible")
			}
			if c := value(t, d, label); !c.Gap || strings.TrimSpace(c.Text) == "" {
				t.Errorf("%s: %s is %+v, want a gap that says so", lang, f, c)
			}
		}
		if i := slices.IndexFunc(d.Sections, func(s report.Section) bool { return strings.HasSuffix(s.Title, say("field.log")) }); i < 0 {
			t.Errorf("%s: no chapter for the course of the response", lang)
		} else if p, ok := d.Sections[i].Blocks[0].(report.Paragraph); !ok || !p.Gap {
			t.Errorf("%s: the empty course is %+v, want a gap", lang, d.Sections[i].Blocks)
		}
		if c := value(t, d, say("report.made_at")); !c.Gap {
			t.Errorf("%s: made at nothing is %+v", lang, c)
		}
	}
}

// The five phases are the first five chapters, in their order.
func TestChaptersFollowThePhases(t *testing.T) {
	var titles []string
	for _, s := range misdelivered(t).final("ja").Sections {
		if s.Level == 1 {
			titles = append(titles, s.Title)
		}
	}
	want := []string{"1　発見報告", "2　初動", "3　調査・対応", "4　復旧", "5　最終報告", "6　責任者・担当者"}
	if diff := cmp.Diff(want, titles[:len(want)]); diff != "" {
		t.Error(diff)
	}
}

// endings are incidents as a report may find them.
var endings = []struct {
	name   string
	live   func(t testing.TB) *tale
	title  string
	banner []string
	says   []string // somewhere in the document
	hides  []string
}{
	{
		"closed", misdelivered, "インシデント最終報告書", []string{"社外秘"},
		[]string{"小川 直子（代表取締役の代行）", "影響を受けた方に知らせ、一般には公表しない", "送り先の削除証明を受け取った"}, []string{"まだ終結していません。"},
	},
	{
		"nothing yet", func(t testing.TB) *tale { return newTale(t, "INC-2026-0001") },
		"インシデント報告書（作成中）", []string{"社外秘"}, []string{"関係者はまだいません。"}, nil,
	},
	{
		"work given away", func(t testing.TB) *tale {
			a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました", What: incident.KindMisdelivery})
			return a.do("sato", incident.Take{}).do("sato", incident.Assign{Person: "ito", Step: "investigate"})
		},
		"インシデント報告書（作成中）", []string{"社外秘"}, []string{"担当：伊藤 翔", "事故レベル2（漏えい・流出はすべてレベル2以上）"}, nil,
	},
	{
		"in the middle", func(t testing.TB) *tale {
			a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "止まりました", What: incident.KindServiceStop})
			a.do("sato", incident.Take{}).do("suzuki", incident.SetLevel{Level: incident.Level3}).do("sato", incident.Ask{Text: "いつからですか"})
			if ref := a.try("", incident.Absorb{From: "INC-2026-0002", Reporters: []incident.Reporter{{ID: "ito", Name: "伊藤 翔", Department: "製造部"}}, Text: "こちらも止まっています"}, 0, nil); ref != nil {
				t.Fatal(ref.Key)
			}
			a.do("ito", incident.Inform{Text: "勘違いかもしれません", FalseAlarm: true}).do("sato", incident.Ask{Text: "もう一度見てもらえますか"})
			a.settleSteps("sato", false)
			return a.do("suzuki", incident.DoStep{Step: "contain"}).do("sato", incident.Categorise{Category: incident.Leak, Reason: "情報が出ていた"})
		},
		"インシデント報告書（作成中）", []string{"社外秘"},
		[]string{"まだ回答のない質問があります（記録", "誤報かもしれないとの連絡", "伊藤 翔（製造部）", "こちらも止まっています", "事故レベル3への引き上げの提案"}, nil,
	},
	{
		"in progress", func(t testing.TB) *tale {
			return newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"})
		},
		"インシデント報告書（作成中）", []string{"社外秘"},
		[]string{"未判定。判定されるまでは事故レベル2（仮）として対応：会社の事業に影響がある", "まだ承認されていません。", "まだ終結していません。", "下書き"}, nil,
	},
	{
		"practice", func(t testing.TB) *tale {
			return newTale(t, "TRN-2026-0001").do("tanaka", incident.Report{Text: "訓練です", Practice: true})
		},
		"インシデント報告書（作成中）", []string{"訓練", "社外秘"}, nil, nil,
	},
	{
		"restricted", func(t testing.TB) *tale {
			return newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "社内の人の持ち出しです", Exclude: []incident.PersonID{"sato"}})
		},
		"インシデント報告書（作成中）", []string{"社外秘", "限定（決められた人のみ閲覧可）"},
		[]string{"関係者から外した人：佐藤 健"}, nil,
	},
	{
		"dismissed", func(t testing.TB) *tale {
			return newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "画面が真っ暗です"}).
				do("sato", incident.Take{}).do("sato", incident.Dismiss{Reason: "電源が抜けていただけ"})
		},
		"インシデント報告書（非該当）", []string{"社外秘"},
		[]string{"この件の扱い", "電源が抜けていただけ", "承認の対象ではありません。", "未記入（この段階の前に終わったため、記入は不要）"},
		[]string{"まだ承認されていません。", "まだ終結していません。"},
	},
	{
		"merged", func(t testing.TB) *tale {
			other := newTale(t, "INC-2026-0001").do("ito", incident.Report{Text: "同じ件の報告"})
			other.do("sato", incident.Take{})
			a := newTale(t, "INC-2026-0002").do("tanaka", incident.Report{Text: "こちらでも気づきました"}).do("sato", incident.Take{})
			if ref := a.try("sato", incident.Merge{Into: "INC-2026-0001"}, 0, other.in); ref != nil {
				t.Fatal(ref.Key)
			}
			return a
		},
		"インシデント報告書（INC-2026-0001に統合）", []string{"社外秘"},
		[]string{"INC-2026-0001と同じ件のため統合しました。"}, []string{"まだ終結していません。"},
	},
	{
		"near miss closed at once", func(t testing.TB) *tale {
			a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "あやうく送るところでした", What: incident.KindNearMiss, ExpectedDamage: "名簿が漏れる"})
			a.do("suzuki", incident.Take{}).do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level0}).do("suzuki", incident.Approve{})
			return a.settleSteps("suzuki", true).do("sato", incident.Close{})
		},
		"インシデント最終報告書", []string{"社外秘"},
		[]string{"名簿が漏れる", "未記入（この段階の前に終わったため、記入は不要）", "システム管理者（事故レベル0の責任者）：鈴木 一郎"}, nil,
	},
	{
		"facts above the level", func(t testing.TB) *tale {
			return newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "止まりました", What: incident.KindServiceStop}).
				do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level1}).
				do("sato", incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})
		},
		"インシデント報告書（作成中）", []string{"社外秘"},
		[]string{"判定は事故レベル1ですが、分かっている事実からは事故レベル3以上です：お客様・取引先・株主に影響がある、または個人情報が漏れた"}, nil,
	},
}

func TestFrontPages(t *testing.T) {
	for _, c := range endings {
		t.Run(c.name, func(t *testing.T) {
			a := c.live(t)
			d := a.final("ja")
			a.final("en") // strictSay looks after its texts
			if d.Title != c.title {
				t.Errorf("title %q, want %q", d.Title, c.title)
			}
			if diff := cmp.Diff(c.banner, d.Banner); diff != "" {
				t.Error(diff)
			}
			all := strings.Join(textsOf(d), "\n")
			for _, s := range c.says {
				if !strings.Contains(all, s) {
					t.Errorf("says nowhere %q", s)
				}
			}
			for _, s := range c.hides {
				if strings.Contains(all, s) {
					t.Errorf("says %q", s)
				}
			}
		})
	}
}

// At a level 3 the facts that pointed there stand beside every change of the level.
func TestLevelHistorySaysWhatTheFactsPointedTo(t *testing.T) {
	a := newTale(t, "INC-2026-0001")
	a.do("tanaka", incident.Report{Text: "送り間違えました", What: incident.KindMisdelivery}).do("sato", incident.Take{}).
		do("sato", incident.SetLevel{Level: incident.Level2}).
		do("suzuki", incident.Take{}).do("suzuki", incident.SetLevel{Level: incident.Level3, Reason: "お客様の名簿だった"}).
		do("sato", incident.SetFacts{Facts: incident.Facts{incident.FactOutsiders: incident.Yes}}).
		do("sato", incident.SetLevel{Level: incident.Level3})
	d := a.final("ja")
	var got [][]string
	for _, s := range d.Sections {
		if !strings.HasSuffix(s.Title, "事故レベルの経過") {
			continue
		}
		for _, cells := range s.Blocks[1].(report.Table).Rows {
			var line []string
			for _, c := range cells[1:] {
				line = append(line, c.Text)
			}
			got = append(got, line)
		}
	}
	want := [][]string{
		{"報告のとき", "田中 美咲", "事故レベル2（漏えい・流出はすべてレベル2以上）", ""},
		{"未判定 → 事故レベル2", "佐藤 健", "事故レベル2（漏えい・流出はすべてレベル2以上）", ""},
		{"事故レベル3への引き上げの提案", "鈴木 一郎", "事故レベル2（漏えい・流出はすべてレベル2以上）", "お客様の名簿だった"},
		{"事故レベル2 → 事故レベル3", "佐藤 健", "事故レベル3（お客様・取引先・株主に影響がある）", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What was taken back stays readable, and is marked; so is what was corrected.
func TestUndoneAndCorrectedEntries(t *testing.T) {
	a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"}).do("sato", incident.Take{})
	a.do("sato", incident.Note{Text: "初めの言葉"})
	noted := a.last(incident.NoteAdded{}.Kind())
	a.do("sato", incident.Correct{Seq: noted, Text: "間違った訂正"}).do("sato", incident.Undo{Seq: noted + 1})
	a.do("sato", incident.Correct{Seq: noted, Text: "正しい訂正"})
	a.do("sato", incident.Note{Text: "消したい言葉"})
	wrong := a.last(incident.NoteAdded{}.Kind())
	a.do("sato", incident.Undo{Seq: wrong})
	a.do("sato", incident.Ask{Text: "これは何ですか"})
	question := a.last(incident.Asked{}.Kind())
	a.do("sato", incident.Undo{Seq: question})
	d := a.final("ja")
	text := func(chapter string, seq int64) string {
		cells := row(t, d, chapter, number(seq))
		return cells[len(cells)-1].Text
	}
	if got, want := text("対応経過", noted), "初めの言葉\n【訂正】記録"+number(noted+3)+"：正しい訂正"; got != want {
		t.Errorf("corrected: %q, want %q", got, want)
	}
	if got, want := text("対応経過", noted+1), "【取消】記録"+number(noted+2)+"で取り消し済み\n"; !strings.HasPrefix(got, want) || !strings.Contains(got, "間違った訂正") {
		t.Errorf("correction taken back: %q, want %q and its words", got, want)
	}
	if got, want := text("対応経過", wrong), "【取消】記録"+number(wrong+1)+"で取り消し済み\n消したい言葉"; got != want {
		t.Errorf("taken back: %q, want %q", got, want)
	}
	if got := text("質問と回答", question); !strings.HasPrefix(got, "【取消】") {
		t.Errorf("a question taken back: %q", got)
	}
}

func TestLaterRecordedEntriesShowBothTimes(t *testing.T) {
	a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"}).do("sato", incident.Take{})
	a.doSince("sato", incident.Note{Text: "先に電話した"}, 90*time.Minute)
	late := a.last(incident.NoteAdded{}.Kind())
	a.do("sato", incident.Note{Text: "いま電話した"})
	now := a.last(incident.NoteAdded{}.Kind())
	for _, c := range []struct {
		lang, chapter string
		seq           int64
		want          string
	}{
		{"ja", "対応経過", late, "2026年11月22日（日） 00:39\n（記録した日時：2026年11月22日（日） 02:09）"},
		{"ja", "対応経過", now, "2026年11月22日（日） 02:10"},
		{"en", "Course of the response", late, "22 Nov 2026 (Sun) 00:39 JST\n(recorded at 22 Nov 2026 (Sun) 02:09 JST)"},
	} {
		if got := row(t, a.final(c.lang), c.chapter, number(c.seq))[1].Text; got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.seq, got, c.want)
		}
	}
}

func TestStepStates(t *testing.T) {
	a := newTale(t, "INC-2026-0001")
	a.do("tanaka", incident.Report{Text: "送り間違えました", What: incident.KindMisdelivery, Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactUnauthorizedAccess: incident.No, incident.FactRansomware: incident.No}})
	a.do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level3})
	a.do("sato", incident.Waive{Step: "prepare_inquiries", Reason: "窓口は足りている"})
	a.do("sato", incident.Assign{Person: "ito", Step: "contain"})
	d := a.final("ja")
	for _, c := range []struct {
		n, state, last string
		gap            bool
	}{
		{"2", "未実施", "", true},
		{"4", "省略", "省略の理由：窓口は足りている", false},
		{"5", "必要かどうか未確認", "", true},
		{"6", "該当なし", "", false},
		{"7", "未実施", "", true},
	} {
		var cells []report.Cell
		for i, s := range d.Sections {
			if s.Title == "2　初動" {
				sub := report.Document{Sections: d.Sections[i+1 : i+2]}
				cells = row(t, sub, "手順", c.n)
			}
		}
		if cells[2] != (report.Cell{Text: c.state, Gap: c.gap}) || cells[4].Text != c.last {
			t.Errorf("step %s: %+v, want %q (gap %v), %q", c.n, cells, c.state, c.gap, c.last)
		}
		if c.n == "2" && cells[3].Text != "担当：伊藤 翔" {
			t.Errorf("assigned: %q", cells[3].Text)
		}
	}
	// Without procedures nobody can say whether a condition holds.
	o := a.options("ja")
	o.Procedures = nil
	if all := strings.Join(textsOf(report.Final(a.in, a.stored(""), o)), "\n"); strings.Contains(all, "該当なし") {
		t.Error("a condition was answered without procedures")
	}
}

// A higher level has other words for the same step. What was done before it was set stays told in
// the words that were in force then.
func TestADoneStepKeepsItsWordsWhenTheLevelIsRaised(t *testing.T) {
	for lang, step := range map[string]string{"ja": "手順", "en": "Steps"} {
		a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"}).do("sato", incident.Take{})
		a.do("sato", incident.SetLevel{Level: incident.Level2})
		done := number(a.last(incident.StepDone{}.Kind()))
		asked := func() string { return a.in.Steps[0].Text.In(lang) }
		task := func() string { return row(t, a.final(lang), step, "1")[1].Text }
		entry := func() string { return row(t, a.final(lang), strictSay(t, lang)("field.log"), done)[3].Text }
		first, askedFirst, said := task(), asked(), entry()
		a.do("sato", incident.SetLevel{Level: incident.Level3, Reason: "お客様に届いた"})
		if asked() == askedFirst {
			t.Fatalf("%s: the level does not change the words: %s", lang, askedFirst)
		}
		if got := entry(); got != said {
			t.Errorf("%s: entry %s was %q, and is %q at the higher level", lang, done, said, got)
		}
		if got := task(); got != first {
			t.Errorf("%s: the step was done as %q, and stands as %q", lang, first, got)
		}
		a.do("sato", incident.Undo{Seq: a.last(incident.StepDone{}.Kind()), Reason: "まだ知らせていない"})
		if got := task(); !strings.Contains(got, asked()) {
			t.Errorf("%s: what is to be done again is %q, want %q", lang, got, asked())
		}
	}
}

// unanswered is a night in which nobody answers, and everybody is called again until one does.
func unanswered(t testing.TB) *tale {
	t.Helper()
	a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"})
	for range 6 {
		a.now = a.now.Add(30 * time.Minute)
		a.do("", incident.PassRound{Round: a.in.Round})
	}
	return a.do("sato", incident.Take{})
}

// When somebody was called is when he was called first; that he was called again stands beside it.
func TestTheFirstCallIsTheTimeOfTheCall(t *testing.T) {
	a := unanswered(t)
	var calls []time.Time
	for _, r := range a.records {
		switch e := r.Event.(type) {
		case incident.Paged:
			if e.Person == "sato" {
				calls = append(calls, r.At)
			}
		case incident.CalledAgain:
			for _, c := range e.Calls {
				if c.Person == "sato" {
					calls = append(calls, r.At)
				}
			}
		}
	}
	if len(calls) < 3 {
		t.Fatalf("he was called %d times only", len(calls))
	}
	for lang, want := range map[string]string{"ja": "%s\n再度の呼び出し%d回（最後は%s）", "en": "%s\nfurther calls: %d, the last at %s"} {
		say := strictSay(t, lang)
		got := row(t, a.final(lang), say("report.responders"), called["sato"])
		want = fmt.Sprintf(want, report.Instant(calls[0], say), len(calls)-1, report.Instant(calls[len(calls)-1], say))
		if got[2].Text != want {
			t.Errorf("%s: called %q, want %q", lang, got[2].Text, want)
		}
	}
	once := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"})
	for _, r := range once.records {
		if e, ok := r.Event.(incident.Paged); ok && e.Person == "sato" {
			r.Seq, r.At = once.in.Seq+1, r.At.Add(time.Second) // for another role, in the same minute
			once.in.Apply(r)
			once.records = append(once.records, r)
			break
		}
	}
	if got := row(t, report.Final(once.in, once.records, once.options("ja")), "呼び出しと回答", called["sato"]); got[2].Text != "2026年11月22日（日） 02:07" {
		t.Errorf("of one call: %q", got[2].Text)
	}
}

func TestDeliveriesAreAChapterOnlyWhereGiven(t *testing.T) {
	a := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"})
	o := a.options("ja")
	o.Deliveries = []report.Delivery{{At: a.now, To: "佐藤 健", What: "呼び出し", State: "届いた"}}
	got := row(t, report.Final(a.in, a.stored(""), o), "知らせた記録", "2026年11月22日（日） 02:08")
	if got[1].Text != "佐藤 健" || got[2].Text != "呼び出し" || got[3].Text != "届いた" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(strings.Join(textsOf(a.final("ja")), "\n"), "知らせた記録") {
		t.Error("a chapter of messages that nobody gave")
	}
}

func BenchmarkFinal500(b *testing.B) {
	a := newTale(b, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"}).do("sato", incident.Take{})
	for len(a.records) < 500 {
		a.do("sato", incident.Note{Text: "取引先に電話し、受け取ったファイルの削除を確かめた。折り返しを待つ。"})
	}
	records, o := a.stored(""), a.options("ja")
	texts, _ := loaded()
	o.Say = func(key string, pairs ...string) string { return texts.Say("ja", key, pairs...) }
	b.ReportAllocs()
	for b.Loop() {
		report.Final(a.in, records, o)
	}
}
