package contact

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
)

// Those that a reader of the file format tells (FileFault), and those of workbookCases.
var (
	formatFaults   = []string{FaultNotWorkbook, FaultOldWorkbook, FaultBinaryWorkbook, FaultOtherFormat, FaultLocked, FaultDamaged, FaultUnpacked}
	workbookFaults = append(slices.Clone(formatFaults), FaultSheetSeveral, FaultRowHidden, FaultCellMerged, FaultCellFormula, FaultCellError, FaultCellDate, FaultCellNumber, FaultPhoneNumber)
)

// tab makes a worksheet of lines with cells between bars; a cell may begin with its kind,
// as in "number:110". An empty line is an empty row.
func tab(name string, lines ...string) Worksheet {
	w := Worksheet{Name: name}
	for i, line := range lines {
		row := WorksheetRow{Line: i + 1}
		row.Hidden = strings.HasPrefix(line, "hidden ")
		for c, text := range strings.Split(strings.TrimPrefix(line, "hidden "), "|") {
			cell := WorksheetCell{Column: c + 1, Text: text}
			for _, k := range []CellKind{CellNumber, CellShown, CellDate, CellFormula, CellError, CellBool} {
				if rest, ok := strings.CutPrefix(text, string(k)+":"); ok {
					cell.Kind, cell.Text = k, rest
				}
			}
			if cell.Text != "" {
				row.Cells = append(row.Cells, cell)
			}
		}
		if len(row.Cells) > 0 {
			w.Rows = append(w.Rows, row)
		}
	}
	return w
}

func book(sheets ...Worksheet) Workbook { return Workbook{Worksheets: sheets} }

const sheetHead = "従業員名|所属|役割|担当役割の概要|電話番号|メールアドレス|SlackユーザーID|DiscordユーザーID|代理順"

func merged(w Worksheet, m ...MergedCells) Worksheet { w.Merged = m; return w }

var workbookCases = []struct {
	name string
	book Workbook
	want []at
	says string // a part of the first Japanese sentence
}{
	{"no sheet", book(), []at{{0, 0, FaultEmpty}}, "空です"},
	{"only hidden sheets", book(Worksheet{Name: "旧", Hidden: true, Rows: tab("", sheetHead, "田中").Rows}), []at{{0, 0, FaultEmpty}}, "空です"},
	{"no header", book(tab("名簿", "田中|営業部"), tab("別", "x")), []at{{1, 0, FaultHeaderNone}}, "シート「名簿」の1行目に列の名前がありません"},
	{"lists on two sheets", book(tab("本社", sheetHead, "田中"), tab("表紙", "連絡先"), tab("工場", sheetHead, "佐藤")), []at{{0, 0, FaultSheetSeveral}}, "（本社 / 工場）"},
	{"a hidden row", book(tab("表", sheetHead, "田中", "hidden 佐藤", "hidden 鈴木")), []at{{3, 0, FaultRowHidden}}, "シート「表」の3行目など、隠れている行が 2 行"},
	{"merged cells", merged2(), []at{{3, 2, FaultCellMerged}}, "シート「表」のセルB3：セルが結合されています（B3:B4）"},
	{"a formula", book(tab("表", sheetHead, "formula:田中|営業部")), []at{{2, 1, FaultCellFormula}}, "シート「表」のセルA2（従業員名）：数式が入っています（今の値は「田中」）"},
	{"a formula for a role", book(tab("表", sheetHead, "田中|営業部|formula:教育責任者")), []at{{2, 3, FaultCellFormula}}, "セルC2（役割）"},
	{"an error of the spreadsheet", book(tab("表", sheetHead, "田中|error:#N/A")), []at{{2, 2, FaultCellError}}, "（#N/A）"},
	{"a department taken for a day", book(tab("表", sheetHead, "田中|date:46023")), []at{{2, 2, FaultCellDate}}, "日付や時刻"},
	{"a phone taken for a day", book(tab("表", sheetHead, "田中||||date:46023")), []at{{2, 5, FaultCellDate}}, "セルE2（電話番号）"},
	{"a department shown otherwise", book(tab("表", sheetHead, "田中|shown:1")), []at{{2, 2, FaultCellNumber}}, "「文字列」にしてから"},
	{"a department with a fraction", book(tab("表", sheetHead, "田中|number:1.5")), []at{{2, 2, FaultCellNumber}}, "（1.5）"},
	{"a truth", book(tab("表", sheetHead, "田中|bool:TRUE")), []at{{2, 2, FaultCellNumber}}, "（TRUE）"},
	{"a phone as a number", book(tab("表", "", sheetHead, "", "田中||||number:9000000001")), []at{{4, 5, FaultPhoneZeroLost}}, "シート「表」のセルE4（電話番号）：「9000000001」は先頭の 0 が消えているようです。09000000001"},
	{"an extension as a number", book(tab("表", sheetHead, "田中||||number:123")), []at{{2, 5, FaultPhoneNumber}}, "先頭の 0 が消えているおそれ"},
	{"a phone shown with its zero", book(tab("表", sheetHead, "田中||||shown:9000000001")), []at{{2, 5, FaultCellNumber}}, "セルE2"},
	{"a Discord ID as a number", book(tab("表", sheetHead, "田中|||||||number:123456789012345680")), []at{{2, 8, FaultDiscordRounded}}, "桁を丸めた"},
	{"an order that is none", book(tab("表", sheetHead, "田中||教育責任者||||||number:1.5")), []at{{2, 9, FaultOrderShape}}, "セルI2（代理順）"},
	{"an order from a formula", book(tab("表", sheetHead, "田中||教育責任者||||||formula:1")), []at{{2, 9, FaultCellFormula}}, "セルI2（代理順）"},
	{"beside the table", book(tab("表", sheetHead, "田中|||||||||おまけ")), []at{{2, 10, FaultCellExtra}}, "セルJ2"},
	{"far beside the table", book(Worksheet{Name: "表", Rows: append(tab("", sheetHead).Rows,
		WorksheetRow{Line: 2, Cells: []WorksheetCell{{Column: 1, Text: "田中"}, {Column: 16384, Text: "x"}}})}), []at{{2, 16384, FaultCellExtra}}, "セルXFD2"},
	{"all at once", book(tab("表", sheetHead, "|営業部|社長室長||number:1", "hidden 佐藤|||||x")), []at{
		{2, 1, FaultNameMissing}, {2, 3, FaultRoleUnknown}, {2, 5, FaultPhoneNumber}, {3, 0, FaultRowHidden}, {3, 6, FaultEmailShape}}, "セルA2"},
}

// A title above the table may be merged; the cells of a person may not.
func merged2() Workbook {
	return book(merged(tab("表", "連絡先", sheetHead, "田中|営業部", "佐藤"), MergedCells{1, 1, 1, 9}, MergedCells{3, 2, 4, 2}))
}

func TestParseWorkbookTellsEveryFaultWithItsCell(t *testing.T) {
	ja, en := texts(t, "ja"), texts(t, "en")
	seen := slices.Clone(formatFaults)
	for _, c := range workbookCases {
		t.Run(c.name, func(t *testing.T) {
			rows, faults := ParseWorkbook(c.book)
			if rows != nil {
				t.Errorf("rows %v were accepted beside faults", rows)
			}
			if got := places(faults); !slices.Equal(got, c.want) {
				t.Fatalf("faults %v, want %v", got, c.want)
			}
			for _, f := range faults {
				seen = append(seen, f.Key)
				for _, sentence := range []string{f.Say(ja), f.Say(en)} {
					if place.MatchString(sentence) {
						t.Errorf("not filled: %s", sentence)
					}
					if f.Column > 0 && !strings.Contains(sentence, CellName(f.Line, f.Column)) {
						t.Errorf("does not name cell %s: %s", CellName(f.Line, f.Column), sentence)
					}
				}
			}
			if said := faults[0].Say(ja); !strings.Contains(said, c.says) {
				t.Errorf("said %s, want %s", said, c.says)
			}
		})
	}
	for _, key := range workbookFaults {
		if !slices.Contains(seen, key) {
			t.Errorf("no case shows %s", key)
		}
	}
}

func TestFormatFaultsSayWhatToDo(t *testing.T) {
	for _, key := range formatFaults {
		f := FileFault(key, "max", "64")
		for _, lang := range []string{"ja", "en"} {
			if said := f[0].Say(texts(t, lang)); said == "" || place.MatchString(said) {
				t.Errorf("%s: %q", key, said)
			}
		}
	}
}

func TestParseWorkbookAccepts(t *testing.T) {
	for _, c := range []struct {
		name string
		book Workbook
		want []Row
	}{
		{"a title above, sheets around, full-width names of columns",
			book(tab("表紙", "使い方"), tab("名簿", "連絡先（2026年）", "", "Ｎａｍｅ|役 割", "", "田中|教育責任者", ""), tab("説明", "従業員名|name|名前", "役割|role|x")),
			[]Row{{Line: 5, Name: "田中", Role: incident.Educator}}},
		{"numbers where digits are certain", book(tab("表", sheetHead, "田中|number:3|教育責任者|number:2026|||||number:2")),
			[]Row{{Line: 2, Name: "田中", Department: "3", Role: incident.Educator, Note: "2026", Order: 2}}},
		{"an old list that is hidden", book(tab("表", "name|role", "田中"), Worksheet{Name: "旧", Hidden: true, Rows: tab("", sheetHead, "佐藤").Rows}),
			[]Row{{Line: 2, Name: "田中"}}},
		{"a hidden row that is empty", book(tab("表", "name|role", "hidden 　", "田中")), []Row{{Line: 3, Name: "田中"}}},
		{"apostrophes that came from a CSV file", book(tab("表", "name|role|phone", "'=田中||'09000000001")),
			[]Row{{Line: 2, Name: "=田中", Phone: "09000000001"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, faults := ParseWorkbook(c.book)
			if len(faults) > 0 {
				t.Fatalf("%v %v", faults, faults[0].Args)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTableIsReadBackAsTheSamePeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := anyPeople().Draw(t, "list")
		w := Worksheet{Name: "連絡先"}
		for i, r := range Table(people) {
			row := WorksheetRow{Line: i + 1}
			for c, value := range r {
				row.Cells = append(row.Cells, WorksheetCell{Column: c + 1, Text: TextCell(value)})
			}
			w.Rows = append(w.Rows, row)
		}
		rows, faults := ParseWorkbook(book(w))
		if len(faults) > 0 {
			t.Fatalf("%v\n%v", faults, faults[0].Args)
		}
		if diff := cmp.Diff(people, Merge(nil, rows, today)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCellNames(t *testing.T) {
	for want, at := range map[string][2]int{"A1": {1, 1}, "B7": {7, 2}, "Z9": {9, 26}, "AA10": {10, 27}, "AZ1": {1, 52}, "BA1": {1, 53}, "ZZ1": {1, 702}, "AAA1": {1, 703}, "XFD1048576": {1048576, 16384}} {
		if got := CellName(at[0], at[1]); got != want {
			t.Errorf("line %d, column %d is %s, want %s", at[0], at[1], got, want)
		}
	}
}

// However a sheet is made, the answer stays small enough to show.
func TestFaultsOfAWorkbookAreBounded(t *testing.T) {
	var w Worksheet
	w.Rows = tab("", sheetHead).Rows
	for i := range MaxRows + 5 {
		w.Rows = append(w.Rows, WorksheetRow{Line: i + 2, Hidden: true, Cells: []WorksheetCell{{Column: 1, Kind: CellFormula, Text: "x"}, {Column: 99, Text: "x"}}})
		w.Merged = append(w.Merged, MergedCells{i + 2, 1, i + 2, 2})
	}
	if _, faults := ParseWorkbook(book(w)); len(faults) != maxMergedTold {
		t.Errorf("%d faults of merged cells", len(faults))
	}
	w.Merged = nil
	if _, faults := ParseWorkbook(book(w)); len(faults) == 0 || len(faults) > 2*MaxRows+5 {
		t.Errorf("%d faults", len(faults))
	}
	if _, faults := ParseWorkbook(book(tab("表", fmt.Sprint(sheetHead, strings.Repeat("|x", 1000)), "田中"))); len(faults) == 0 || len(faults) > maxColumns {
		t.Errorf("%d faults of columns", len(faults))
	}
}
