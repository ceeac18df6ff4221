package templates

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/report"
)

var renderingMade = time.Date(2026, 1, 9, 9, 30, 0, 0, time.FixedZone("JST", 9*60*60))

// renderingSample has every kind of block, gaps, two lists of a kind in a row, and texts that
// would mean something else in Markdown, XML or on paper if they were not escaped.
func renderingSample() report.Document {
	return report.Document{
		Lang:     "ja",
		Title:    "情報セキュリティインシデント最終報告書",
		Subtitle: "TRN-2026-0001　第1版",
		Banner:   []string{"訓練", "社外秘"},
		Footer:   "TRN-2026-0001 第1版　株式会社さくら製作所",
		Meta: report.Pairs{
			{Label: "番号", Value: report.Cell{Text: "TRN-2026-0001"}},
			{Label: "版", Value: report.Cell{Text: "第1版（2026年1月9日 18:30 作成）"}},
			{Label: "記録の先頭", Value: report.Cell{Text: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}},
		},
		Sections: []report.Section{
			{Level: 1, Title: "1. 発見報告", Blocks: []report.Block{
				report.Pairs{
					{Label: "発生事象", Value: report.Cell{Text: "社用PCを電車に置き忘れた。\n鞄ごと、網棚に置いたまま降りた。"}},
					{Label: "発覚日時", Value: report.Cell{Text: "2026年1月5日 08:40"}},
					{Label: "原因発生の背景", Value: report.Cell{Text: "未記入", Gap: true}},
				},
				report.Paragraph{Text: "発見者からの聞き取りは次のとおりです。\n\n1. 路線は中央線、車両は8両目\n- 鍵はかけていない\n    暗号化: 有効 <確認済> & 記録あり"},
				report.Paragraph{Text: "想定される原因は未記入です。", Gap: true},
			}},
			{Level: 1, Title: "2. 初動", Blocks: nil},
			{Level: 2, Title: "2.1 実施した手順 #1", Blocks: []report.Block{
				report.List{Items: []string{"遺失物センターへ届け出た", "遠隔で端末をロックした\n（09:05 に完了）", "*重要* [詳しくは](https://evil.example/|x)"}},
				report.List{Items: []string{"社用アカウントを停止した", "- パスワードを変更した"}},
				report.List{Ordered: true, Items: []string{"代表取締役へ報告した", "個人情報保護管理者へ報告した"}},
				report.List{Ordered: true, Items: []string{"𠮷田さんへ電話した 📞"}},
			}},
			{Level: 1, Title: "3. 対応経過", Blocks: []report.Block{
				report.Table{
					Header: []string{"発生時刻", "記録時刻", "記録者", "内容"},
					Widths: []int{18, 18, 16, 48},
					Rows: [][]report.Cell{
						{{Text: "01-05 08:40"}, {Text: "01-05 08:52"}, {Text: "佐藤 花子"}, {Text: "発見報告を受け付けた。"}},
						{{Text: "01-05 09:05"}, {Text: "01-05 09:06"}, {Text: "𠮷田 健"}, {Text: "端末を遠隔ロックした。\n応答: `OK` | 200\t済"}},
						{{Text: "01-05 09:20"}, {Text: "未記入", Gap: true}, {Text: "鈴木"}, {Text: "添付「請求書\u202efdp.exe」を確認。制御文字\x00\x1bあり。"}},
						{{Text: "01-05 09:30"}},
					},
				},
				report.Table{Header: []string{"対策", "担当"}, Rows: nil},
			}},
		},
	}
}

// checkRendered compares with a golden file. HIKESHI_UPDATE_GOLDEN=1 writes the file anew,
// to be read before it is kept.
func checkRendered(t *testing.T, name string, got []byte) {
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
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// longRenderingSample has a table over several pages, as the record of a long incident.
func longRenderingSample(rows int) report.Document {
	d := renderingSample()
	log := report.Table{
		Header: []string{"番号", "発生時刻", "記録時刻", "記録者", "内容"},
		Widths: []int{8, 17, 17, 16, 42},
	}
	for i := range rows {
		log.Rows = append(log.Rows, []report.Cell{
			{Text: fmt.Sprint(i + 1)},
			{Text: fmt.Sprintf("2026-01-05 %02d:%02d", 8+i/60%12, i%60)},
			{Text: fmt.Sprintf("2026-01-05 %02d:%02d", 8+i/60%12, i%60)},
			{Text: "佐藤 花子（総務部）"},
			{Text: fmt.Sprintf("経過%03d 遺失物センターへ問い合わせたが、該当する届け出はまだないとの回答。次は午後に確認する。", i+1)},
		})
	}
	d.Sections = append(d.Sections,
		report.Section{Level: 1, Title: "4. 全記録", Blocks: []report.Block{log}},
		report.Section{Level: 1, Title: "5. 再発防止策", Blocks: []report.Block{
			report.Paragraph{Text: "端末の持ち出しは申請制とし、退社時に確認します。"},
		}})
	return d
}
