package templates

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func sayIn(t testing.TB, lang string) report.Say {
	t.Helper()
	texts := mustTexts(t)
	return func(key string, pairs ...string) string { return texts.Say(lang, key, pairs...) }
}

// anyContacts draws a list of people with names that a spreadsheet mistakes.
func anyContacts() *rapid.Generator[[]contact.Person] {
	return rapid.Custom(func(t *rapid.T) []contact.Person {
		var people []contact.Person
		for i := range rapid.IntRange(1, 12).Draw(t, "people") {
			p := contact.Person{
				Name:       rapid.SampledFrom([]string{"田中", "=1+1", "+佐藤", "-鈴木", "@高橋", "'伊藤", "'=x", "''9", "9", "＝渡辺", "a,b\"c", "<b>&amp;", "_x0041_", "_x005F_x0041_", "髙橋 ①", "葛󠄀城", "𠮷田"}).Draw(t, "name"),
				Department: fmt.Sprintf("%s%d課", rapid.SampledFrom([]string{"", "営業", "'=", "+"}).Draw(t, "department"), i),
				Phone:      rapid.SampledFrom([]string{"", "090-0000-0001", "09000000001", "+81-90-0000-0001", "(03)0000-0001", "#9110", "110"}).Draw(t, "phone"),
				Active:     true,
			}
			if rapid.Bool().Draw(t, "mail") {
				p.Email = fmt.Sprintf("%sp%d@example.co.jp", rapid.SampledFrom([]string{"", "=", "+", "-", "'"}).Draw(t, "local"), i)
			}
			if rapid.Bool().Draw(t, "discord") {
				p.DiscordID = fmt.Sprintf("%018d", i)
			}
			for _, r := range rapid.SliceOfNDistinct(rapid.SampledFrom(incident.Roles), 0, 3, rapid.ID[incident.Role]).Draw(t, "roles") {
				p.Duties = append(p.Duties, contact.Duty{Role: r, Note: rapid.SampledFrom([]string{"", "復旧", "=cmd", "'- x"}).Draw(t, "note"), Order: rapid.IntRange(0, contact.MaxOrder).Draw(t, "order")})
			}
			if rapid.Bool().Draw(t, "away") {
				p.Absences = []contact.Absence{{From: "2026-12-20", To: "2026-12-20"}, {From: "2026-12-29", To: "2027-01-03", Named: rapid.SampledFrom([]string{"", "田中", "退職者"}).Draw(t, "deputy")}}
			}
			people = append(people, p)
		}
		return people
	})
}

// What is written as xlsx is read back as what is written as CSV, which is the same people.
func TestContactsAreReadBackAsTheSamePeople(t *testing.T) {
	say := map[string]report.Say{"ja": sayIn(t, "ja"), "en": sayIn(t, "en")}
	rapid.Check(t, func(t *rapid.T) {
		rows, faults := contact.Parse(contact.Export(anyContacts().Draw(t, "people")))
		if faults != nil {
			t.Fatalf("%v %v", faults, faults[0].Args)
		}
		people := contact.Merge(nil, rows, registerMade)
		lang := rapid.SampledFrom(Languages).Draw(t, "lang")
		file, err := ContactsXlsx(people, lang, say[lang], registerMade)
		if err != nil {
			t.Fatal(err)
		}
		again, faults := ReadContacts("連絡先.xlsx", file)
		if faults != nil {
			t.Fatalf("%v %v", faults, faults[0].Args)
		}
		if diff := cmp.Diff(rows, again); diff != "" {
			t.Fatal(diff)
		}
		if changes := contact.Compare(people, contact.Merge(people, again, registerMade)); !changes.Empty() {
			t.Fatalf("%+v", changes)
		}
	})
}

var oneContact = []contact.Person{{ID: "p-1", Name: "=田中", Department: "営業部", Phone: "09000000001", Email: "t@example.co.jp", Active: true,
	Duties: []contact.Duty{{Role: incident.Press, Note: "報道", Order: 1}}}, {ID: "p-2", Name: "去った人"}}

func TestContactsWorkbookKeepsTextsAndOffersRoles(t *testing.T) {
	file, err := ContactsXlsx(oneContact, "ja", sayIn(t, "ja"), registerMade)
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range docxParts(t, file) {
		if err := wellFormed(part); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again, _ := ContactsXlsx(oneContact, "ja", sayIn(t, "ja"), registerMade); !bytes.Equal(file, again) {
		t.Error("equal lists give other bytes")
	}
	f := reopened(t, file)
	rows, err := f.GetRows("連絡先")
	if err != nil || len(rows) != 2 || rows[1][0] != "=田中" || rows[1][4] != "09000000001" {
		t.Errorf("rows %v, %v", rows, err)
	}
	for _, at := range []string{"E2", "E3", "E1999", "H3"} { // also where nobody has written yet
		id, err := f.GetCellStyle("連絡先", at)
		if err != nil {
			t.Fatal(err)
		}
		if id == 0 {
			if id, err = f.GetColStyle("連絡先", at[:1]); err != nil {
				t.Fatal(err)
			}
		}
		if f.Styles.CellXfs.Xf[id].NumFmtID == nil || *f.Styles.CellXfs.Xf[id].NumFmtID != textFormat {
			t.Errorf("%s is not kept as text", at)
		}
	}
	rules, err := f.GetDataValidations("連絡先")
	if err != nil || len(rules) != 1 || rules[0].Sqref != "C2:C2001" || !strings.Contains(rules[0].Formula1, "代表取締役,インシデント対応責任者") {
		t.Errorf("rules %+v, %v", rules, err)
	}
	if help, err := f.GetRows("書き方"); err != nil || len(help) < 20 {
		t.Errorf("help %v, %v", help, err)
	}
}

// A workbook is made by somebody else's hand: its cells by name, with their values.
func handmade(t testing.TB, cells map[string]any, then func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for at, value := range cells {
		var err error
		if formula, ok := value.(formula); ok {
			err = f.SetCellFormula("Sheet1", at, string(formula))
		} else {
			err = f.SetCellValue("Sheet1", at, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if then != nil {
		then(f)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type formula string

func styled(t testing.TB, f *excelize.File, at string, s excelize.Style) {
	t.Helper()
	id, err := f.NewStyle(&s)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStyle("Sheet1", at, at, id); err != nil {
		t.Fatal(err)
	}
}

func at(cells map[string]any) map[string]any {
	all := map[string]any{"A1": "従業員名", "B1": "所属", "C1": "役割", "D1": "電話番号", "E1": "代理順", "F1": "DiscordユーザーID", "A2": "田中"}
	for k, v := range cells {
		all[k] = v
	}
	return all
}

func TestReadContactsSaysWhatIsWrongWithAWorkbook(t *testing.T) {
	zeros, wareki := "00000000000", `[$-411]ge"年"m"月"d"日"`
	for _, c := range []struct {
		name string
		file []byte
		key  string
		says string
	}{
		{"a phone as a number", handmade(t, at(map[string]any{"D2": 9000000001}), nil), contact.FaultPhoneZeroLost, "シート「Sheet1」のセルD2（電話番号）：「9000000001」は先頭の 0 が消えているようです。09000000001"},
		{"a phone shown with its zero", handmade(t, at(map[string]any{"D2": 9000000001}), func(f *excelize.File) { styled(t, f, "D2", excelize.Style{CustomNumFmt: &zeros}) }), contact.FaultCellNumber, "セルD2（電話番号）"},
		{"an extension as a number", handmade(t, at(map[string]any{"D2": 123}), nil), contact.FaultPhoneNumber, "セルD2"},
		{"a day", handmade(t, at(map[string]any{"D2": time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)}), nil), contact.FaultCellDate, "セルD2"},
		{"a day of an era", handmade(t, at(map[string]any{"B2": 46000}), func(f *excelize.File) { styled(t, f, "B2", excelize.Style{CustomNumFmt: &wareki}) }), contact.FaultCellDate, "セルB2"},
		{"a share", handmade(t, at(map[string]any{"B2": 0.5}), func(f *excelize.File) { styled(t, f, "B2", excelize.Style{NumFmt: 9}) }), contact.FaultCellNumber, "（0.5）"},
		{"a formula", handmade(t, at(map[string]any{"B2": formula("A2&\"課\"")}), nil), contact.FaultCellFormula, "セルB2（所属）：数式"},
		{"a truth", handmade(t, at(map[string]any{"B2": true}), nil), contact.FaultCellNumber, "（TRUE）"},
		{"a Discord ID as a number", handmade(t, at(map[string]any{"F2": 123456789012345678}), nil), contact.FaultDiscordRounded, "「123456789012345680」"},
		{"merged cells", handmade(t, at(map[string]any{"A3": "佐藤"}), func(f *excelize.File) { _ = f.MergeCell("Sheet1", "B2", "B3") }), contact.FaultCellMerged, "（B2:B3）"},
		{"a hidden row", handmade(t, at(map[string]any{"A3": "佐藤"}), func(f *excelize.File) { _ = f.SetRowVisible("Sheet1", 3, false) }), contact.FaultRowHidden, "シート「Sheet1」の3行目など、隠れている行が 1 行"},
		{"two lists", handmade(t, at(nil), func(f *excelize.File) {
			_, _ = f.NewSheet("工場")
			_ = f.SetSheetRow("工場", "A1", &[]any{"name", "role"})
		}), contact.FaultSheetSeveral, "（Sheet1 / 工場）"},
		{"nothing", handmade(t, nil, nil), contact.FaultEmpty, "空です"},
		{"no header", handmade(t, map[string]any{"A1": "田中"}, nil), contact.FaultHeaderNone, "シート「Sheet1」の1行目に列の名前がありません"},
		{"CSV under another name", []byte("従業員名,役割\n田中,\n"), contact.FaultNotWorkbook, ".csv"},
		{"a workbook of before 2007", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)), contact.FaultOldWorkbook, "（.xls）"},
		{"a workbook with a password", locked(t), contact.FaultLocked, "パスワード"},
		{"a binary workbook", zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.bin", "x"), contact.FaultBinaryWorkbook, "（.xlsb）"},
		{"another spreadsheet", zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), contact.FaultOtherFormat, "別の種類"},
		{"a document", mustDocx(t, longRenderingSample(1)), contact.FaultOtherFormat, "別の種類"},
		{"half a workbook", handmade(t, at(nil), nil)[:900], contact.FaultDamaged, "壊れていて"},
		{"an archive without anything", zipped(t), contact.FaultOtherFormat, "別の種類"},
		{"too large", bytes.Repeat([]byte("PK\x03\x04"), contact.MaxFileBytes/4+1), contact.FaultTooLarge, "大きすぎ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, faults := ReadContacts("連絡先.XLSX", c.file)
			if rows != nil || len(faults) != 1 || faults[0].Key != c.key {
				t.Fatalf("%d rows, %v %+v; want %s", len(rows), faults, faults, c.key)
			}
			for _, lang := range Languages {
				texts := sayIn(t, lang)
				said := faults[0].Say(func(key string) string { return texts(key) })
				if strings.ContainsAny(said, "{}") || lang == "ja" && !strings.Contains(said, c.says) {
					t.Errorf("said %s; want %s", said, c.says)
				}
			}
		})
	}
}

func locked(t testing.TB) []byte {
	t.Helper()
	b, err := excelize.Encrypt(handmade(t, at(nil), nil), &excelize.Options{Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// zipped makes an archive of names and contents in turn.
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	minimalRels = `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	minimalBook = `<workbook xmlns:r="r"><sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>`
	sheetRels   = `<Relationships><Relationship Id="rId1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
)

// minimal is a workbook of the parts that matter, with a sheet and shared strings in XML.
func minimal(t testing.TB, sheet, shared string) []byte {
	t.Helper()
	return zipped(t, "_rels/.rels", minimalRels, "xl/workbook.xml", minimalBook, "xl/_rels/workbook.xml.rels", sheetRels,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+sheet+`</sheetData></worksheet>`, "xl/sharedStrings.xml", `<sst>`+shared+`</sst>`)
}

const listHead = `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>役割</t></is></c><c r="C2" t="str"><v>電話番号</v></c></row>`

// What a Japanese Excel writes: readings beside the text, text in pieces, escapes, and rows
// far below that hold nothing.
func TestReadContactsAsExcelWritesThem(t *testing.T) {
	shared := `<si><t>従業員名</t></si><si><r><t>田中</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 一郎</t></r><rPh sb="0" eb="2"><t>タナカ</t></rPh><phoneticPr fontId="1"/></si><si><t>090_x002D_0000-0001</t></si>`
	sheet := `<row r="1" spans="1:3"><c r="A1" t="inlineStr"><is><t>連絡先一覧</t></is></c></row>` + listHead +
		`<row r="5"><c r="A5" t="s"><v>1</v></c><c r="B5" s="3"/><c r="C5" t="s"><v>2</v></c></row>` +
		`<row><c t="inlineStr"><is><t>次の人</t></is></c></row>` +
		`<row r="1048576" ht="15" customHeight="1"><c r="XFD1048576" s="1"/></row>`
	rows, faults := ReadContacts("x", minimal(t, sheet, shared))
	want := []contact.Row{{Line: 5, Name: "田中 一郎", Phone: "090-0000-0001"}, {Line: 6, Name: "次の人"}}
	if faults != nil || !cmp.Equal(rows, want) {
		t.Errorf("rows %+v, faults %v", rows, faults)
	}
}

func TestReadContactsRefusesWhatCannotBe(t *testing.T) {
	for name, sheet := range map[string]string{
		"rows out of order":    `<row r="2"/><row r="1"/>`,
		"a row twice":          `<row r="2"/><row r="2"/>`,
		"a row beyond the end": `<row r="1048577"/>`,
		"a column beyond it":   `<row r="1"><c r="XFE1"><v>1</v></c></row>`,
		"cells out of order":   `<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>`,
		"a cell without place": `<row r="1"><c r="?"><v>1</v></c></row>`,
		"a text that is none":  `<row r="1"><c r="A1" t="s"><v>99</v></c></row>`,
		"a text at minus one":  `<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`,
		"an unknown kind":      `<row r="1"><c r="A1" t="q"><v>1</v></c></row>`,
		"tags across":          `<row r="1"></c></row>`,
		"an unknown entity":    `<row r="1"><c r="A1" t="str"><v>&x;</v></c></row>`,
		"depth":                strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
	} {
		if rows, faults := ReadContacts("x", minimal(t, sheet, "")); rows != nil || len(faults) != 1 || faults[0].Key != contact.FaultDamaged {
			t.Errorf("%s: %d rows, %v", name, len(rows), faults)
		}
	}
}

// Small files that unpack to a lot end soon, and say so.
func TestReadContactsBoundsWhatItUnpacks(t *testing.T) {
	const much = xlsxMaxUnpacked + 1<<20
	for name, file := range map[string][]byte{
		"elements without content": minimal(t, strings.Repeat("<a/>", much/4), ""),
		"one text in many cells":   minimal(t, strings.Repeat(`<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 100)+`</row>`, 100), `<si><t>`+strings.Repeat("a", xlsxMaxToken/2)+`</t></si>`),
		"shared strings":           minimal(t, "", strings.Repeat("<si/>", xlsxMaxStrings+1)),
		"one long text":            minimal(t, `<row><c t="str"><v>`+strings.Repeat("x", much)+`</v></c></row>`, ""),
		"one long tag":             minimal(t, `<row `+strings.Repeat(`a="" `, 2<<20)+`/>`, ""),
		"text in pieces":           minimal(t, `<row><c t="str"><v>`+strings.Repeat("x<!-- -->", much/9)+`</v></c></row>`, ""),
		"many parts":               zipped(t, slices.Concat(slices.Repeat([]string{"_rels/.rels", ""}, 1), numbered(xlsxMaxParts))...),
	} {
		if len(file) > contact.MaxFileBytes {
			t.Fatalf("%s: the file itself is too large for the test: %d", name, len(file))
		}
		begun := time.Now()
		rows, faults := ReadContacts("x", file)
		if rows != nil || len(faults) != 1 || faults[0].Key != contact.FaultUnpacked {
			t.Errorf("%s: %d rows, %v", name, len(rows), faults)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	// More rows than a list may have are told as such, and not read to the end.
	rows, faults := ReadContacts("x", minimal(t, listHead+strings.Repeat(`<row><c t="str"><v>x</v></c></row>`, 900_000), "<si><t>name</t></si>"))
	if rows != nil || len(faults) != 1 || faults[0].Key != contact.FaultTooManyRows {
		t.Errorf("many rows: %d rows, %v", len(rows), faults)
	}
}

func numbered(n int) []string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprint("x", i), "")
	}
	return parts
}

func TestReadContactsStillReadsText(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte("従業員名,役割\n田中,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"名簿.csv": sjis, "list": []byte("name,role\n田中,\n")} {
		if rows, faults := ReadContacts(name, file); faults != nil || len(rows) != 1 || rows[0].Name != "田中" {
			t.Errorf("%s: %v, %v", name, rows, faults)
		}
	}
	if _, faults := ReadContacts("空.xlsx", nil); len(faults) != 1 || faults[0].Key != contact.FaultEmpty {
		t.Errorf("an empty file: %v", faults)
	}
}

func TestNumberFormats(t *testing.T) {
	for code, want := range map[string]contact.CellKind{
		"General": contact.CellNumber, "0": contact.CellNumber, "@": contact.CellNumber, `General"名"`: contact.CellNumber,
		"yyyy/m/d": contact.CellDate, `[$-411]ggge"年"m"月"d"日"`: contact.CellDate, "h:mm": contact.CellDate, "[h]:mm:ss": contact.CellDate,
		"0%": contact.CellShown, `"day"0`: contact.CellNumber, "000-0000-0000": contact.CellShown, "#,##0": contact.CellShown, `[Red]\d0.0`: contact.CellShown,
	} {
		if got := kindOfNumber(170, code); got != want {
			t.Errorf("%s is %q, want %q", code, got, want)
		}
	}
}

func FuzzReadContacts(f *testing.F) {
	file, err := ContactsXlsx(oneContact, "ja", sayIn(f, "ja"), registerMade)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(handmade(f, at(map[string]any{"D2": 9000000001, "B2": formula("A2"), "E2": true}), func(x *excelize.File) { _ = x.MergeCell("Sheet1", "B2", "B3") }))
	f.Add(minimal(f, listHead+`<row hidden="1"><c t="s"><v>0</v></c><c t="e"><v>#N/A</v></c></row>`, "<si><t>name</t></si>"))
	f.Add(locked(f))
	f.Add([]byte("name,role\n田中,\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, faults := ReadContacts("x.xlsx", file)
		checkReading(t, rows, faults)
	})
}

// FuzzReadSheet mutates the XML itself, which the checksums of an archive would hide.
func FuzzReadSheet(f *testing.F) {
	f.Add(listHead+`<row r="5"><c r="A5" t="s"><v>1</v></c><c r="B5" s="3"/><c r="C5"><f>1</f><v>2</v></c></row>`, `<si><t>name</t></si><si><r><t>a</t></r><rPh><t>b</t></rPh></si>`)
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		rows, faults := ReadContacts("x.xlsx", minimal(t, sheet, shared))
		checkReading(t, rows, faults)
	})
}

func checkReading(t *testing.T, rows []contact.Row, faults contact.Faults) {
	t.Helper()
	if (len(rows) > 0) == (len(faults) > 0) {
		t.Fatalf("%d rows and %d faults", len(rows), len(faults))
	}
	for _, f := range faults {
		if f.Key == "" || f.Line < 0 || f.Column < 0 {
			t.Fatalf("fault without a place: %+v", f)
		}
	}
	// Of escapes that share an underscore (_x0041_x0042_) excelize writes the second as it is.
	if len(faults) > 0 || slices.ContainsFunc(rows, func(r contact.Row) bool {
		return strings.Contains(r.Name+r.Department+r.Note+r.Email, "_x")
	}) {
		return
	}
	people := contact.Merge(nil, rows, registerMade)
	file, err := ContactsXlsx(people, "ja", func(key string, _ ...string) string { return key }, registerMade)
	if err != nil {
		t.Fatal(err)
	}
	again, faults := ReadContacts("x.xlsx", file)
	if faults != nil {
		t.Fatalf("the export is refused: %v %v", faults, faults[0].Args)
	}
	if diff := cmp.Diff(people, contact.Merge(nil, again, registerMade)); diff != "" {
		t.Fatal(diff)
	}
}
