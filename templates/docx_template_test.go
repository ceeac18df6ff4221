package templates

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/workflows/report"
)

// samplePaper has what the cases below fill in.
func samplePaper() paper {
	return paper{
		document: renderingSample(),
		values: map[string]report.Value{
			"number": filled("INC-2026-0001"), "event": filled("一行目\n二行目\t続き"), "company": filled("株式会社みなと <精工> & Co."),
			"scope": filled("{{番号}} と {{#原因}}"), "cause": {Cell: report.Cell{Text: "未記入", Gap: true}}, "practice": filled("訓練"),
			"restricted": {}, "level_3": {}, "subject": filled("a\x00b\ufffe"),
		},
		entries: map[string]report.Entries{
			"log":     {Columns: []string{"entry", "occurred", "who", "done"}, Rows: [][]report.Cell{row("1", "02:07", "田中", "報告"), row("2", "02:09", "佐藤", "応答\n電話で")}},
			"actions": {Columns: []string{"number", "action", "owner", "due", "state"}, None: report.Cell{Text: "未記入", Gap: true}},
		},
		sections: map[string][]report.Section{"containment": {
			{Blocks: []report.Block{report.Pairs{{Label: "発生日時", Value: report.Cell{Text: "01:00"}}}}},
			{Level: 2, Title: "手順", Blocks: []report.Block{report.Table{Header: []string{"番号"}, Rows: [][]report.Cell{row("1")}}, report.List{Items: []string{"点"}}, report.List{Items: []string{"順"}, Ordered: true}}},
		}},
	}
}

func TestFormsAreFilledIn(t *testing.T) {
	run := func(text string) string { return `<w:r><w:t>` + text + `</w:t></w:r>` }
	for _, c := range []struct{ name, body, want string }{
		{"a value", p("番号は {{番号}} です"), "番号は INC-2026-0001 です"},
		{"English names", p("{{number}}/{{ Number }}"), "INC-2026-0001/INC-2026-0001"},
		{"full width", p("｛｛　番号　｝｝"), "INC-2026-0001"},
		{"mixed braces and width", p("{｛ＮＵＭＢＥＲ｝}"), "INC-2026-0001"},
		{"a name with blanks and case", p("{{Level 3}}{{LEVEL_3}}|"), "|"},
		{"three braces", p("{{{番号}}}"), "{INC-2026-0001}"},
		{"two in a row", p("{{番号}}{{番号}}"), "INC-2026-0001INC-2026-0001"},
		{"runs split as Word does", `<w:p>` + run("番{") + `<w:proofErr w:type="spellStart"/>` + run("{番") + `<w:bookmarkStart w:id="1" w:name="x"/>` + `<w:r w:rsidR="00A1"><w:rPr><w:b/></w:rPr><w:lastRenderedPageBreak/><w:t>号</w:t></w:r>` + run("}") + run("}です") + `</w:p>`, "番INC-2026-0001です"},
		{"in a link and an insertion", `<w:p><w:hyperlink r:id="x">` + run("{{番") + `</w:hyperlink><w:ins w:id="2">` + run("号}}") + `</w:ins></w:p>`, "INC-2026-0001"},
		{"deleted text is not there", `<w:p>` + run("{{番") + `<w:del><w:r><w:delText>x</w:delText></w:r></w:del>` + run("号}}") + `</w:p>`, "INC-2026-0001"},
		{"lines and tabs of a value", p("{{発生事象}}"), "一行目\n二行目\t続き"},
		{"markup in a value", p("{{会社名}}"), "株式会社みなと <精工> & Co."},
		{"placeholders in a value", p("{{影響範囲}}"), "{{番号}} と {{#原因}}"},
		{"what XML forbids", p("{{件名}}"), "a〈U+0000〉b\ufffd"},
		{"a gap", p("原因：{{想定される原因}}。"), "原因：未記入。"},
		{"entities in the form", p("&lt;{{番号}}&gt; &amp; &#x3042;"), "<INC-2026-0001> & あ"},
		{"optional, shown", p("{{#訓練}}これは訓練です。{{/訓練}}以上"), "これは訓練です。以上"},
		{"optional, hidden", p("{{#限定}}限定です。{{/限定}}以上"), "以上"},
		{"inverted", p("{{^限定}}限定なし。{{/}}{{^訓練}}本番{{/訓練}}"), "限定なし。"},
		{"nested in a line", p("{{#訓練}}a{{#限定}}b{{番号}}{{/限定}}c{{/訓練}}"), "ac"},
		{"filled in is a condition", p("{{#番号}}有{{/番号}}{{#想定される原因}}原因{{/想定される原因}}{{^想定される原因}}調査中{{/想定される原因}}"), "有調査中"},
		{"paragraphs, shown", p("{{#訓練}}") + p("a") + p("{{/訓練}}") + p("b"), "a\nb"},
		{"paragraphs and a table, hidden", p("{{#限定}}") + p("a {{番号}}") + tableOf(cellsOf("x")) + p("{{/限定}}") + p("b"), "b"},
		{"paragraphs, nested", p("{{#訓練}}") + p("{{^限定}}") + p("a") + p("{{/限定}}") + p("{{/訓練}}"), "a"},
		{"rows", tableOf(cellsOf("{{#限定}}"), cellsOf("限", "定"), cellsOf("{{/限定}}"), cellsOf("c")) + p(""), "c"},
		{"a row by marks in its cells", tableOf(cellsOf("{{#限定}}限", "定{{/限定}}"), cellsOf("{{#訓練}}訓", "練{{/訓練}}")) + p(""), "訓\n練"},
		{"rows with marks beside text", tableOf(cellsOf("{{#訓練}}甲"), cellsOf("乙{{/訓練}}")) + p(""), "甲\n乙"},
		{"a whole table goes", p("a") + tableOf(cellsOf("{{#限定}}x", "y{{/限定}}")) + p("b"), "a\nb"},
		{"entries", tableOf(cellsOf("日時", "内容"), cellsOf("{{対応経過.日時}}", "{{対応経過.記録者}}：{{log.done}}（{{番号}}）")) + p(""), "日時\n内容\n02:07\n田中：報告（INC-2026-0001）\n02:09\n佐藤：応答\n電話で（INC-2026-0001）"},
		{"no entries", tableOf(cellsOf("対策", "担当"), cellsOf("{{再発防止の対策.対策}}", "{{再発防止の対策.担当}}")) + p(""), "対策\n担当\n未記入"},
		{"entries in paragraphs", p("・{{対応経過.内容}}"), "・報告\n・応答\n電話で"},
		{"a list as condition", p("{{#対応経過}}有{{/対応経過}}{{#再発防止の対策}}有{{/再発防止の対策}}{{^actions}}無{{/actions}}"), "有無"},
		{"a condition in a row", tableOf(cellsOf("{{対応経過.番号}}{{#対応経過.記録者}}!{{/対応経過.記録者}}")) + p(""), "1!\n2!"},
		{"a row of a table in a row", tableOf(`<w:tr><w:tc>`+p("外")+tableOf(cellsOf("{{対応経過.番号}}"))+p("内")+`</w:tc></w:tr>`) + p(""), "外\n1\n2\n内"},
		{"a chapter", p("a") + p("{{節：初動}}") + p("b"), "a\n発生日時\n01:00\n手順\n番号\n1\n点\n順\nb"},
		{"a chapter that there is not", p("{{section:end}}"), "この章に書くことはありません。"},
		{"a chapter as condition", p("{{#節:初動}}初動{{/節:初動}}{{#節:この件の扱い}}x{{/節:この件の扱い}}"), "初動"},
		{"a content control", `<w:sdt><w:sdtPr><w:showingPlcHdr/><w:dataBinding w:xpath="x"/></w:sdtPr><w:sdtContent>` + p("{{番号}}") + `</w:sdtContent></w:sdt>`, "INC-2026-0001"},
		{"a content control left empty", `<w:sdt><w:sdtPr/><w:sdtContent>` + p("{{#限定}}") + p("x") + p("{{/限定}}") + `</w:sdtContent></w:sdt>` + p("y"), "y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, fillText(t, c.body, samplePaper())); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormKeepsTheFormatOfTheFirstRun(t *testing.T) {
	body := `<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>{{番</w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t>号}}後</w:t></w:r></w:p>`
	got := string(mustFill(t, mustForm(t, bareForm(body)), samplePaper())["word/document.xml"])
	for _, want := range []string{
		`<w:pPr><w:jc w:val="center"/></w:pPr>`,
		`<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">INC-2026-0001</w:t></w:r>`,
		`<w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">後</w:t></w:r>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s:\n%s", want, got)
		}
	}
}

func TestFormMarksGaps(t *testing.T) {
	body := `<w:p><w:r><w:rPr><w:rStyle w:val="Own"/><w:sz w:val="30"/></w:rPr><w:t>原因 {{想定される原因}} 以上</w:t></w:r></w:p>`
	parts := mustFill(t, mustForm(t, bareForm(body)), samplePaper())
	want := `<w:r><w:rPr><w:rStyle w:val="Gap"/><w:sz w:val="30"/></w:rPr><w:t xml:space="preserve">未記入</w:t></w:r>`
	if got := string(parts["word/document.xml"]); !strings.Contains(got, want) {
		t.Errorf("no gap is marked:\n%s", got)
	}
	if !bytes.Contains(parts["word/styles.xml"], []byte(`w:styleId="Gap"`)) {
		t.Error("the style of gaps is not defined")
	}
}

func TestFormBreaksAndPicturesStay(t *testing.T) {
	body := `<w:p><w:r><w:t>a</w:t><w:br w:type="page"/><w:t>{{番号}}</w:t><w:drawing><x/></w:drawing><w:fldChar w:fldCharType="begin"/></w:r></w:p>` +
		`<w:p><w:r><w:t>{{#限定}}x</w:t><w:drawing><y/></w:drawing><w:t>{{/限定}}z</w:t></w:r></w:p>` +
		`<w:p><w:pPr><w:sectPr><w:type w:val="nextPage"/></w:sectPr></w:pPr><w:r><w:t>{{#限定}}</w:t></w:r></w:p>` + p("gone") + p("{{/限定}}")
	got := string(mustFill(t, mustForm(t, bareForm(body)), samplePaper())["word/document.xml"])
	for _, want := range []string{`<w:br w:type="page"/>`, `<w:drawing><x/></w:drawing>`, `<w:fldChar w:fldCharType="begin"/>`, `<w:type w:val="nextPage"/>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is lost:\n%s", want, got)
		}
	}
	for _, gone := range []string{"<y/>", "gone"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s is still there:\n%s", gone, got)
		}
	}
}

// What is left out must not leave what Word refuses: a body or a cell that ends with a table,
// a header without a paragraph.
func TestFormLeavesNoGapsInTheStructure(t *testing.T) {
	hidden := p("{{#限定}}") + p("x") + p("{{/限定}}")
	parts := mustFill(t, mustForm(t, withHeader(bareForm(tableOf(cellsOf("a"))+hidden+tableOf(`<w:tr><w:tc>`+tableOf(cellsOf("b"))+hidden+`</w:tc></w:tr>`)+hidden+`<w:sectPr/>`), hidden)), samplePaper())
	document, header := string(parts["word/document.xml"]), string(parts["word/header1.xml"])
	if !strings.Contains(document, `</w:tbl><w:p/><w:sectPr/>`) || !strings.Contains(document, `</w:tbl><w:p/></w:tc>`) {
		t.Errorf("a table ends it:\n%s", document)
	}
	if !strings.Contains(header, `><w:p/></w:hdr>`) {
		t.Errorf("the header is empty:\n%s", header)
	}
}

func TestFormCopiesOfARowHaveNoNumbersTwice(t *testing.T) {
	body := tableOf(`<w:tr w14:paraId="1A" w:rsidR="00"><w:tc><w:p w14:paraId="2B" w14:textId="77"><w:bookmarkStart w:id="4" w:name="b"/><w:r><w:t>{{対応経過.番号}}</w:t></w:r><w:bookmarkEnd w:id="4"/></w:p></w:tc></w:tr>`) + p("")
	got := string(mustFill(t, mustForm(t, bareForm(body)), samplePaper())["word/document.xml"])
	for text, want := range map[string]int{"paraId": 2, "textId": 1, "bookmarkStart": 1, "bookmarkEnd": 1, "<w:tr": 2, `w:rsidR="00"`: 2} {
		if n := strings.Count(got, text); n != want {
			t.Errorf("%s stands there %d times, want %d:\n%s", text, n, want, got)
		}
	}
}

func TestFormFillsHeadersAndTextBoxes(t *testing.T) {
	box := `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><w:txbxContent>` + p("箱 {{番号}}") + `</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>` + p("箱 {{番号}}") + `</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>`
	form := mustForm(t, withHeader(bareForm(`<w:p>`+box+`<w:r><w:t>外 {{番号}}</w:t></w:r></w:p>`), p("{{#訓練}}【{{訓練}}】{{/訓練}}{{会社名}}")))
	parts := mustFill(t, form, samplePaper())
	if n := bytes.Count(parts["word/document.xml"], []byte("INC-2026-0001")); n != 3 {
		t.Errorf("the number stands there %d times, want 3:\n%s", n, parts["word/document.xml"])
	}
	if got := strings.Join(docxTexts(t, parts["word/header1.xml"]), "\n"); got != "【訓練】株式会社みなと <精工> & Co." {
		t.Errorf("header says %q", got)
	}
}

// Nobody may take a drill for real because the company's form has no place for the word.
func TestFormMarksDrillsByItself(t *testing.T) {
	real := samplePaper()
	real.values["practice"] = report.Value{}
	for name, c := range map[string]struct {
		parts map[string]string
		with  paper
		want  string
	}{
		"no place":            {bareForm(p("{{番号}}")), samplePaper(), "\u00a0訓練\u00a0\nINC-2026-0001"},
		"only a condition":    {bareForm(p("{{#訓練}}x{{/訓練}}")), samplePaper(), "\u00a0訓練\u00a0\nx"},
		"nothing to fill in":  {bareForm(p("x")), samplePaper(), "\u00a0訓練\u00a0\nx"},
		"a place":             {bareForm(p("[{{訓練}}]")), samplePaper(), "[訓練]"},
		"a place in a header": {withHeader(bareForm(p("x")), p("{{訓練}}")), samplePaper(), "x"},
		"no drill":            {bareForm(p("x")), real, "x"},
	} {
		parts := mustFill(t, mustForm(t, c.parts), c.with)
		if got := strings.Join(docxTexts(t, parts["word/document.xml"]), "\n"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A Japanese Word calls its styles by numbers; the names inside are the same everywhere.
func TestFormChaptersAreInTheStylesOfTheForm(t *testing.T) {
	parts := bareForm(p("{{節:初動}}"))
	parts["[Content_Types].xml"] = strings.Replace(parts["[Content_Types].xml"], "</Types>", `<Override PartName="/word/styles.xml" ContentType="x"/><Override PartName="/word/numbering.xml" ContentType="x"/></Types>`, 1)
	parts["word/_rels/document.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="` + relationsSpace + `styles" Target="styles.xml"/><Relationship Id="b" Type="` + relationsSpace + `numbering" Target="/word/numbering.xml"/></Relationships>`
	parts["word/styles.xml"] = `<w:styles ` + wordSpace + `><w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/></w:style><w:style w:type="paragraph" w:styleId="TableHead"><w:name w:val="Other"/></w:style></w:styles>`
	parts["word/numbering.xml"] = `<w:numbering ` + wordSpace + `><w:abstractNum w:abstractNumId="5"/><w:num w:numId="7"><w:abstractNumId w:val="5"/></w:num></w:numbering>`
	got := mustFill(t, mustForm(t, parts), samplePaper())
	document, styles, numbering := string(got["word/document.xml"]), string(got["word/styles.xml"]), string(got["word/numbering.xml"])
	if !strings.Contains(document, `<w:pStyle w:val="2"/>`) || !strings.Contains(document, `<w:pStyle w:val="HikeshiTableHead"/>`) {
		t.Errorf("not in the form's styles:\n%s", document)
	}
	if strings.Contains(styles, `w:styleId="Heading2"`) || !strings.Contains(styles, `w:styleId="HikeshiTableHead"`) || !strings.Contains(styles, `<w:basedOn w:val="a"/>`) {
		t.Errorf("styles are\n%s", styles)
	}
	for _, want := range []string{`<w:numId w:val="8"/>`, `<w:numId w:val="9"/>`} {
		if !strings.Contains(document, want) {
			t.Errorf("no list is numbered %s:\n%s", want, document)
		}
	}
	var order []string
	for _, k := range []string{"abstractNum", "num"} {
		for _, e := range elements(t, got["word/numbering.xml"], k) {
			order = append(order, k+attribute(e, k+"Id"))
		}
	}
	if diff := cmp.Diff([]string{"abstractNum5", "abstractNum6", "abstractNum7", "num7", "num8", "num9"}, order); diff != "" {
		t.Errorf("numbering (-want +got):\n%s", diff)
	}
	if strings.Index(numbering, `w:abstractNumId="7"`) > strings.Index(numbering, `<w:num `) {
		t.Error("the kinds of lists must stand before the lists")
	}
}

// Our own page, by way of the form: every text that the document has, in the same order.
func TestDefaultFormSaysAllOfTheDocument(t *testing.T) {
	forms := defaultForms(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := randomDocument().Draw(rt, "document")
		form := forms.For(rapid.SampledFrom(Languages).Draw(rt, "lang"))
		parts := mustFill(rt, form, paper{document: d})
		if diff := cmp.Diff(expectedTexts(d), docxTexts(rt, parts["word/document.xml"])); diff != "" {
			rt.Fatalf("texts (-want +got):\n%s", diff)
		}
		if got, want := strings.Join(docxTexts(rt, parts["word/footer1.xml"]), ""), Printable(d.Footer)+"\t1 / 1"; got != want {
			rt.Fatalf("footer says %q, want %q", got, want)
		}
	})
}

// The default form must look as the pages that we write ourselves.
func TestDefaultFormGivesOurOwnPages(t *testing.T) {
	form := defaultForms(t).For("ja")
	d := renderingSample()
	filledIn, own := mustFill(t, form, paper{document: d}), docxParts(t, mustDocx(t, d))
	strip := func(b []byte) string {
		var out strings.Builder
		for _, line := range strings.Split(string(b), "\n") {
			if i := strings.Index(line, `<w:numId w:val="`); i >= 0 {
				line = line[:i] + line[i+len(`<w:numId w:val="1"/>`):]
			}
			if line != "" {
				out.WriteString(line + "\n")
			}
		}
		return out.String()
	}
	if diff := cmp.Diff(strip(own["word/document.xml"]), strip(filledIn["word/document.xml"])); diff != "" {
		t.Errorf("pages (-own +form):\n%s", diff)
	}
	if !bytes.Equal(own["word/styles.xml"], filledIn["word/styles.xml"]) {
		t.Error("other styles")
	}
	if !bytes.Equal(own["docProps/core.xml"], filledIn["docProps/core.xml"]) {
		t.Error("other properties")
	}
	again, err := form.Fill(paper{document: d}, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	first, err := form.Fill(paper{document: d}, renderingMade.UTC())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same report at the same instant gave other bytes")
	}
}

func BenchmarkDocxForm500(b *testing.B) {
	form := defaultForms(b).For("ja")
	with := paper{document: longRenderingSample(500)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := form.Fill(with, renderingMade); err != nil {
			b.Fatal(err)
		}
	}
}

// A form of which every entry is a row of its own table.
func BenchmarkDocxFormRows500(b *testing.B) {
	form := mustForm(b, bareForm(tableOf(cellsOf("{{対応経過.番号}}", "{{対応経過.日時}}", "{{対応経過.記録者}}", "{{対応経過.内容}}"))+p("")))
	entries := report.Entries{Columns: []string{"entry", "occurred", "who", "done"}}
	for range 500 {
		entries.Rows = append(entries.Rows, row("1", "2026年11月22日（日） 02:07", "佐藤 健", strings.Repeat("電話で状況を確認した。", 8)))
	}
	with := paper{document: renderingSample(), entries: map[string]report.Entries{"log": entries}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := form.Fill(with, renderingMade); err != nil {
			b.Fatal(err)
		}
	}
}
