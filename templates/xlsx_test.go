package templates

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

var registerMade = time.Date(2026, 11, 21, 17, 7, 0, 0, time.UTC)

func mustTexts(t testing.TB) *Texts {
	t.Helper()
	texts, err := LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func registerHead(t testing.TB, lang string) report.Register {
	t.Helper()
	texts := mustTexts(t)
	say := func(key string, pairs ...string) string { return texts.Say(lang, key, pairs...) }
	return report.NewRegister(report.RegisterOptions{
		Lang: lang, Say: say, Name: func(*incident.Incident, incident.PersonID) string { return "" },
		Company: "A&B 株式会社", Practice: true, MadeAt: registerMade, Chosen: say("register.chosen.all"),
	})
}

// registerRows fills every column with a text, and the others as they come.
func registerRows(head report.Register, cells ...report.RegisterCell) [][]report.RegisterCell {
	var rows [][]report.RegisterCell
	for _, c := range cells {
		row := make([]report.RegisterCell, len(head.Columns))
		for i := range row {
			row[i] = report.RegisterCell{Text: "x"}
		}
		row[1] = c
		rows = append(rows, row)
	}
	return rows
}

func inTurn(rows [][]report.RegisterCell) iter.Seq2[[]report.RegisterCell, error] {
	return func(yield func([]report.RegisterCell, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func mustRegister(t testing.TB, head report.Register, rows [][]report.RegisterCell) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Register(&b, head, inTurn(rows), ""); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func reopened(t testing.TB, file []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// poisoned are texts that a spreadsheet could run, or that could break the file.
var poisoned = []string{
	"=1+1", "=HYPERLINK(\"http://example.com\",\"x\")", "=cmd|' /C calc'!A0", "+81-90-0000-0001", "-2+3", "@SUM(1)", "\t=1+1", " =1+1", "\n=1",
	"＝１＋１", "＋x", "－x", "＠x", "'=1", "{=1}", "<x>&amp;", "_x000D_", "_x005F_x0041_", "a\x00b\x1bc", "exe.\u202efdp", "]]>", "\ufffe", "𠮷野家 👍",
	"先頭\n二行目", " 前後 ", "090", "1e5", "2026/11/22", "TRUE", "#N/A",
}

func TestRegisterKeepsEveryTextAText(t *testing.T) {
	head := registerHead(t, "ja")
	var cells []report.RegisterCell
	for _, p := range poisoned {
		cells = append(cells, report.RegisterCell{Text: p})
	}
	f := reopened(t, mustRegister(t, head, registerRows(head, cells...)))
	for i, p := range poisoned {
		at, _ := excelize.CoordinatesToCellName(2, i+2)
		formula, err := f.GetCellFormula("台帳", at)
		if err != nil || formula != "" {
			t.Errorf("%q became the formula %q, %v", p, formula, err)
		}
		kind, err := f.GetCellType("台帳", at)
		if err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("%q is kept as %v, %v", p, kind, err)
		}
		if got, err := f.GetCellValue("台帳", at); err != nil || got != Printable(p) {
			t.Errorf("%q is read back as %q, %v", p, got, err)
		}
		style, err := f.GetCellStyle("台帳", at)
		if err != nil {
			t.Fatal(err)
		}
		quoted := f.Styles.CellXfs.Xf[style].QuotePrefix
		if want := strings.IndexAny(strings.TrimSpace(p), "=+-@＝＋－＠") == 0; want != (quoted != nil && *quoted) {
			t.Errorf("%q is marked as text for who edits it: %v, want %v", p, !want, want)
		}
	}
}

func TestRegisterPartsAreWellFormedXML(t *testing.T) {
	for _, lang := range Languages {
		head := registerHead(t, lang)
		for name, part := range docxParts(t, mustRegister(t, head, registerRows(head, report.RegisterCell{Text: strings.Join(poisoned, "\n")}))) {
			if err := wellFormed(part); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestRegisterGivesEqualBytesForEqualInput(t *testing.T) {
	head := registerHead(t, "ja")
	rows := registerRows(head, report.RegisterCell{At: registerMade}, report.RegisterCell{Text: "=x", Gap: true}, report.RegisterCell{Number: 12})
	first := mustRegister(t, head, rows)
	for range 5 {
		if !bytes.Equal(first, mustRegister(t, head, rows)) {
			t.Fatal("the bytes differ")
		}
	}
}

func TestRegisterInstantsAreDatesOfTokyo(t *testing.T) {
	head := registerHead(t, "ja")
	year10000 := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	f := reopened(t, mustRegister(t, head, registerRows(head,
		report.RegisterCell{At: registerMade}, report.RegisterCell{At: time.Date(2024, 2, 28, 15, 0, 59, 999, time.UTC)}, report.RegisterCell{At: year10000}, report.RegisterCell{Number: 97})))
	for at, want := range map[string]string{"B2": "2026/11/22 02:07", "B3": "2024/02/29 00:00", "B4": "10000-01-01T00:00:00Z", "B5": "97"} {
		if got, err := f.GetCellValue("台帳", at); err != nil || got != want {
			t.Errorf("%s shows %q, want %q, %v", at, got, want, err)
		}
	}
	raw, err := f.GetCellValue("台帳", "B2", excelize.Options{RawCellValue: true})
	if err != nil || !strings.HasPrefix(raw, "46348.088") {
		t.Errorf("the instant is kept as %s, %v", raw, err)
	}
}

func TestRegisterIsSetUpForReadingAndPrinting(t *testing.T) {
	head := registerHead(t, "ja")
	f := reopened(t, mustRegister(t, head, registerRows(head, report.RegisterCell{Text: "仮", Gap: true}, report.RegisterCell{Text: "x"})))
	if sheets := f.GetSheetList(); len(sheets) != 2 || sheets[0] != "台帳" || sheets[1] != "この台帳について" {
		t.Errorf("sheets %v", sheets)
	}
	panes, err := f.GetPanes("台帳")
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.XSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	layout, err := f.GetPageLayout("台帳")
	if err != nil || *layout.Size != 9 || *layout.Orientation != "landscape" || *layout.FitToHeight != 0 || *layout.FitToWidth != registerPagesWide {
		t.Errorf("layout %+v, %v", layout, err)
	}
	props, err := f.GetSheetProps("台帳")
	if err != nil || props.FitToPage == nil || !*props.FitToPage {
		t.Errorf("not fitted to the page: %+v, %v", props, err)
	}
	pages, err := f.GetHeaderFooter("台帳")
	if err != nil || pages.OddHeader != "&L訓練 / 社外秘 / インシデント台帳" || pages.OddFooter != "&LA&&B 株式会社&R&P / &N" {
		t.Errorf("header and footer %+v, %v", pages, err)
	}
	names := map[string]string{}
	for _, n := range f.GetDefinedName() {
		names[n.Name+"@"+n.Scope] = n.RefersTo
	}
	last, _ := excelize.ColumnNumberToName(len(head.Columns))
	if got := names["_xlnm.Print_Titles@台帳"]; got != "'台帳'!$A:$A,'台帳'!$1:$1" {
		t.Errorf("repeated on every page: %q", got)
	}
	if got := names["_xlnm._FilterDatabase@台帳"]; got != "'台帳'!$A$1:$"+last+"$3" {
		t.Errorf("filtered: %q", got)
	}
	doc, err := f.GetDocProps()
	if err != nil || doc.Title != "インシデント台帳" || doc.Created != "2026-11-21T17:07:00Z" || doc.Creator != "hikeshi" {
		t.Errorf("properties %+v, %v", doc, err)
	}
	about, err := f.GetRows("この台帳について")
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, r := range about {
		said += strings.Join(r, "|") + "\n"
	}
	for _, want := range []string{"インシデント台帳 / 訓練 / 社外秘", "作成日時|2026年11月22日（日） 02:07", "載せたもの|すべてのインシデント", "件数|2件", "訓練の記録です", "記録の照合値|"} {
		if !strings.Contains(said, want) {
			t.Errorf("the second sheet does not say %q:\n%s", want, said)
		}
	}
	plain, _ := f.GetCellStyle("台帳", "B3")
	gap, _ := f.GetCellStyle("台帳", "B2")
	if plain == gap {
		t.Error("a gap looks like any other cell")
	}
}

// A text that a cell cannot hold ends with words that say so, and the cell stays within what
// Excel opens without repair.
func TestALongTextIsClippedInSight(t *testing.T) {
	const words = "…（ここまで）"
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"あ", "𠮷", "a", "a\n", "\n"}).Draw(t, "unit")
		text := strings.Repeat(unit, rapid.IntRange(0, 40_000).Draw(t, "times"))
		got := fitsCell(text, words)
		if n := len(utf16.Encode([]rune(got))); n > cellUnits {
			t.Fatalf("%d units", n)
		}
		if n := strings.Count(got, "\n"); n > cellLines {
			t.Fatalf("%d lines", n)
		}
		if got != text && !strings.HasSuffix(got, words) {
			t.Fatal("clipped unseen")
		}
		fits := len(utf16.Encode([]rune(text))) <= cellUnits && strings.Count(text, "\n") <= cellLines
		if fits != (got == text) {
			t.Fatalf("fits: %v, changed: %v", fits, got != text)
		}
	})
}

func TestSheetNamesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := sheetName(rapid.String().Draw(t, "name"))
		f := excelize.NewFile()
		defer f.Close()
		if _, err := f.NewSheet(name); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
	})
	for in, want := range map[string]string{"台帳": "台帳", "a/b:c": "a b c", "'x'": "x", "": "1", "[*?]": "1", strings.Repeat("長", 40): strings.Repeat("長", 31)} {
		if got := sheetName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestHeaderTextsStayWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := headerText(rapid.StringOf(rapid.SampledFrom([]rune("&a1社\n"))).Draw(t, "text"))
		if unitsOf(got) > 121 || strings.Count(got, "&")%2 != 0 || strings.ContainsAny(strings.ReplaceAll(got, "&&", ""), "&\n") {
			t.Fatalf("%q", got)
		}
		if got != "" && got[0] >= '0' && got[0] <= '9' {
			t.Fatalf("a size of type: %q", got)
		}
	})
}

func TestRegisterWritesNothingAfterAFailedRow(t *testing.T) {
	head := registerHead(t, "ja")
	broken := errors.New("the database went away")
	var b bytes.Buffer
	err := Register(&b, head, func(yield func([]report.RegisterCell, error) bool) {
		_ = yield(registerRows(head, report.RegisterCell{Text: "x"})[0], nil) && yield(nil, broken)
	}, "")
	if !errors.Is(err, broken) || b.Len() > 0 {
		t.Errorf("%v, and %d bytes were written", err, b.Len())
	}
}

// What does not fit into memory waits in the folder given, and is gone afterwards.
func TestALongRegisterLeavesNothingBehind(t *testing.T) {
	head, folder := registerHead(t, "ja"), t.TempDir()
	row := registerRows(head, report.RegisterCell{Text: strings.Repeat("あいう", 3000)})[0]
	const rows = 1000 // 27 MB of sheet
	spooled := false
	var b bytes.Buffer
	err := Register(&b, head, func(yield func([]report.RegisterCell, error) bool) {
		for range rows {
			if !yield(row, nil) {
				return
			}
			spooled = spooled || entries(t, folder) > 0
		}
	}, folder)
	if err != nil {
		t.Fatal(err)
	}
	if left := entries(t, folder); !spooled || left != 0 {
		t.Errorf("spooled: %v, left behind: %d", spooled, left)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(sheet)
	if err != nil || bytes.Count(content, []byte("<row ")) != rows+1 {
		t.Errorf("%d rows, %v", bytes.Count(content, []byte("<row ")), err)
	}
}

func BenchmarkRegister10000(b *testing.B) {
	head := registerHead(b, "ja")
	row := registerRows(head, report.RegisterCell{At: registerMade})[0]
	for i := 17; i < 26; i++ {
		row[i].Text = strings.Repeat("図面のファイルが開けません。", 8)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := Register(io.Discard, head, func(yield func([]report.RegisterCell, error) bool) {
			for range 10_000 {
				if !yield(row, nil) {
					return
				}
			}
		}, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
	}
}

func entries(t testing.TB, folder string) int {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
