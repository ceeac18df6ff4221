package templates

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const pageBreak = `<w:p><w:r><w:br w:type="page"/></w:r></w:p>`

// Every mistake of whoever writes a form is told in one sentence, with its page.
func TestFormFaults(t *testing.T) {
	texts, err := LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	box := func(s string) string {
		return `<w:p><w:r><w:pict><w:txbxContent>` + s + `</w:txbxContent></w:pict></w:r></w:p>`
	}
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"an unknown name", p("a") + pageBreak + p("{{発生日次}}"), []string{"report.docx（約2ページ目）: 「発生日次」という項目はありません。「発生日時」のことですか？"}},
		{"the page that Word wrote down", `<w:p><w:r><w:lastRenderedPageBreak/><w:t>x</w:t></w:r></w:p>` + `<w:p><w:r><w:lastRenderedPageBreak/><w:t>{{天気}}</w:t></w:r></w:p>`, []string{"report.docx（3ページ目）: 「天気」という項目はありません。hikeshi templates fields の一覧から選んでください。"}},
		{"sections and breaks before", `<w:p><w:pPr><w:sectPr/></w:pPr></w:p>` + `<w:p><w:pPr><w:pageBreakBefore/></w:pPr></w:p>` + `<w:p><w:pPr><w:pageBreakBefore w:val="0"/><w:sectPr/></w:pPr></w:p>` + p("{{?}}") + `<w:sectPr><w:type w:val="continuous"/></w:sectPr>`, []string{"report.docx（約3ページ目）: 「?」という項目はありません。hikeshi templates fields の一覧から選んでください。"}},
		{"an unknown condition", p("{{#発生日次}}x{{/発生日次}}"), []string{"report.docx（約1ページ目）: 「#発生日次」という項目はありません。「#発生日時」のことですか？"}},
		{"no name", p("{{}}"), []string{"report.docx（約1ページ目）: 「」という項目はありません。hikeshi templates fields の一覧から選んでください。"}},
		{"open braces", p("{{番号 です") + p("}}"), []string{
			"report.docx（約1ページ目）: 「{{番号 です」のかっこが、同じ段落の中で閉じていません。{{番号}} のように、名前の前後に二つずつ書いてください。",
			"report.docx（約1ページ目）: 「}}」に、閉じるかっこだけがあります。{{番号}} のように、名前の前後に二つずつ書いてください。",
		}},
		{"one brace at the end", p("{{番号} です"), []string{"report.docx（約1ページ目）: 「{{番号} です」のかっこが、同じ段落の中で閉じていません。{{番号}} のように、名前の前後に二つずつ書いてください。"}},
		{"no end", p("{{#訓練}}a"), []string{"report.docx（約1ページ目）: 「#訓練」で始まる部分に、終わりの印がありません。{{/訓練}} を、同じ本文、ヘッダー、テキストボックスの中に書いてください。"}},
		{"no beginning", p("a{{/訓練}}"), []string{"report.docx（約1ページ目）: 「/訓練」で終わる部分に、始まりの印がありません。{{#番号}} を前に書くか、この印を消してください。"}},
		{"crossed", p("{{#訓練}}{{#限定}}a{{/訓練}}{{/限定}}"), []string{
			"report.docx（約1ページ目）: 「/訓練」の前に「/限定」が要ります。始まりの印と逆の順に終わらせてください。",
			"report.docx（約1ページ目）: 「/限定」で終わる部分に、始まりの印がありません。{{#番号}} を前に書くか、この印を消してください。",
		}},
		{"out of a text box", p("{{#訓練}}") + box(p("{{/訓練}}")) + p("{{/訓練}}"), []string{"report.docx（約1ページ目）: 「/訓練」で終わる部分に、始まりの印がありません。{{#番号}} を前に書くか、この印を消してください。"}},
		{"marks beside text", p("{{#訓練}}a") + p("b{{/訓練}}"), []string{"report.docx（約1ページ目）: 「#訓練」の部分は段落をまたいでいます。始まりの印と終わりの印を、それぞれ一つだけの段落に書いてください。"}},
		{"into a table", p("{{#訓練}}") + tableOf(cellsOf("{{/訓練}}")) + p(""), []string{"report.docx（約1ページ目）: 「#訓練」の部分が、表や枠の中と外にまたがっています。始まりの印と終わりの印を、同じ表の行か、同じ並びの段落に書いてください。"}},
		{"a list as a value", p("{{証拠}}"), []string{"report.docx（約1ページ目）: 「証拠」は一覧です。表の行に {{証拠.名前}} のように列の名前を付けて書くか、「節：」を付けて一つの段落に書いてください。"}},
		{"two lists in a row", tableOf(cellsOf("{{対応経過.番号}}", "{{証拠.名前}}")) + p(""), []string{"report.docx（約1ページ目）: 「証拠.名前」は、同じ行にある別の一覧と一緒には使えません。行を分けてください。"}},
		{"a chapter in a line", p("本文：{{本文}}"), []string{"report.docx（約1ページ目）: 「本文」は、ほかの文字や図のない、一つだけの段落に書いてください。"}},
		{"a chapter beside a picture", `<w:p><w:r><w:t>{{本文}}</w:t><w:drawing/></w:r></w:p>`, []string{"report.docx（約1ページ目）: 「本文」は、ほかの文字や図のない、一つだけの段落に書いてください。"}},
		{"a chapter in a text box", box(p("{{本文}}")), []string{"report.docx（約1ページ目）: 「本文」は、ヘッダー、フッター、脚注、テキストボックスでは使えません。本文の段落に書いてください。"}},
		{"the body as a condition", p("{{#本文}}a{{/本文}}"), []string{"report.docx（約1ページ目）: 「#本文」は、表示するかどうかの条件にはできません。いつもあるものなので、印を外してください。"}},
		{"hidden characters", p("{{番\u202e号}}"), []string{"report.docx（約1ページ目）: 「番〈U+202E〉号」という項目はありません。「番号」のことですか？"}},
		{"once in the two copies of a drawing", `<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:txbxContent>` + p("{{天気}}") + `</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>` + p("{{天気}}") + `</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>`, []string{"report.docx（約1ページ目）: 「天気」という項目はありません。hikeshi templates fields の一覧から選んでください。"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range faultsOf(t, bareForm(c.body)) {
				got = append(got, f.Say(texts, "ja"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormFaultsBesideTheText(t *testing.T) {
	faults := faultsOf(t, withHeader(bareForm(p("x")), p("{{会社}}{{本文}}")))
	var got []string
	for _, f := range faults {
		got = append(got, f.Error())
	}
	want := []string{
		`report.docx (header): There is no item "会社". Did you mean "会社名"?`,
		`report.docx (header): "本文" cannot be used in headers, footers, footnotes or text boxes. Write it in a paragraph of the text.`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// Files that are no form, or could do harm when the report is opened by others.
func TestFormsThatAreRefused(t *testing.T) {
	change := func(name, from, to string) []byte {
		parts := withHeader(bareForm(p("{{番号}}")), p("x"))
		if from != "" && !strings.Contains(parts[name], from) {
			t.Fatalf("%s has no %s", name, from)
		}
		parts[name] = strings.Replace(parts[name], from, to, 1)
		return packed(t, parts)
	}
	with := func(name, content string) []byte {
		parts := withHeader(bareForm(p("{{番号}}")), p("x"))
		parts[name] = content
		return packed(t, parts)
	}
	without := func(name string) []byte {
		parts := bareForm(p("{{番号}}"))
		delete(parts, name)
		return packed(t, parts)
	}
	link := func(kind, target string) []byte {
		return change("word/_rels/document.xml.rels", "</Relationships>", `<Relationship Id="e" Type="`+relationsSpace+kind+`" Target="`+target+`" TargetMode="External"/></Relationships>`)
	}
	many := bareForm("")
	for i := range maxFormEntries {
		many["x/"+strings.Repeat("a", i%50)+string(rune('0'+i%10))+strings.Repeat("b", i/50)] = ""
	}
	twice := func() []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for _, name := range []string{"[Content_Types].xml", "word/document.xml", "word/document.xml"} {
			if _, err := z.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	locked := packed(t, bareForm(""))
	for _, sign := range []string{"PK\x03\x04", "PK\x01\x02"} {
		at := bytes.Index(locked, []byte(sign))
		locked[at+map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[sign]] |= 1
	}
	main := `PartName="/word/document.xml" ContentType="` + mainContentType
	for _, c := range []struct {
		name string
		body []byte
		key  string
	}{
		{"nothing", nil, "docx.fault.no_docx"},
		{"a text", []byte("hello"), "docx.fault.no_docx"},
		{"another zip", packed(t, map[string]string{"a.txt": "x"}), "docx.fault.no_docx"},
		{"an old .doc, or a password", append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1}, make([]byte, 600)...), "docx.fault.locked"},
		{"an encrypted entry", locked, "docx.fault.locked"},
		{"no relationships", without("_rels/.rels"), "docx.fault.no_docx"},
		{"no text", without("word/document.xml"), "docx.fault.no_docx"},
		{"a workbook", change("[Content_Types].xml", main, `PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml`), "docx.fault.no_docx"},
		{"a template", change("[Content_Types].xml", main, `PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml`), "docx.fault.dotx"},
		{"macros", change("[Content_Types].xml", main, `PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml`), "docx.fault.macros"},
		{"macros beside it", with("word/vbaProject.bin", "x"), "docx.fault.macros"},
		{"macros under another name", change("[Content_Types].xml", "</Types>", `<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/><Override PartName="/word/a.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`), "docx.fault.macros"},
		{"active parts", with("word/activeX/activeX1.xml", "<x/>"), "docx.fault.macros"},
		{"a picture from outside", link("image", "https://example.com/seen.png"), "docx.fault.external"},
		{"a page to click on by file", link("hyperlink", `file://server/share`), "docx.fault.external"},
		{"a field that runs something", change("word/document.xml", "<w:body>", `<w:body><w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO cmd.exe "/c x"</w:instrText></w:r></w:p>`), "docx.fault.external"},
		{"a field that fetches something", change("word/document.xml", "<w:body>", `<w:body><w:p><w:fldSimple w:instr=" IncludePicture &quot;http://example.com/x.png&quot; "/></w:p>`), "docx.fault.external"},
		{"a template from outside", link("attachedTemplate", "file:///C:/x.dotm"), "docx.fault.attached"},
		{"a document type", change("word/document.xml", "<w:document", `<!DOCTYPE x [<!ENTITY a "b">]><w:document`), "docx.fault.dtd"},
		{"a document type elsewhere", with("word/theme/theme1.xml", `<!DOCTYPE a><a/>`), "docx.fault.dtd"},
		{"UTF-16", with("word/theme/theme1.xml", "\xff\xfe<\x00a\x00/\x00>\x00"), "docx.fault.encoding"},
		{"another encoding", change("word/document.xml", `encoding="UTF-8"`, `encoding="Shift_JIS"`), "docx.fault.xml"},
		{"the strict kind", change("word/document.xml", wordNamespace, "http://purl.oclc.org/ooxml/wordprocessingml/main"), "docx.fault.strict"},
		{"no declaration of w:", change("word/document.xml", `xmlns:w="`+wordNamespace+`"`, ""), "docx.fault.strict"},
		{"broken XML", change("word/document.xml", "</w:body>", ""), "docx.fault.xml"},
		{"two roots", change("word/document.xml", "</w:document>", "</w:document><x/>"), "docx.fault.xml"},
		{"too deep", change("word/document.xml", "<w:body>", "<w:body>"+strings.Repeat("<w:sdt>", maxDepth)+strings.Repeat("</w:sdt>", maxDepth)), "docx.fault.xml"},
		{"a broken header", change("word/header1.xml", "</w:hdr>", ""), "docx.fault.xml"},
		{"broken relationships", change("word/_rels/document.xml.rels", "</Relationships>", ""), "docx.fault.xml"},
		{"too large inside", with("word/big.xml", "<a>"+strings.Repeat(" ", maxFormPart)+"</a>"), "docx.fault.large_inside"},
		{"too large", bytes.Repeat([]byte("PK\x03\x04"), maxFormBytes/4+1), "docx.fault.large"},
		{"too many parts", packed(t, many), "docx.fault.entries"},
		{"a name that leaves the file", with("../evil.xml", "<a/>"), "docx.fault.no_docx"},
		{"a name of Windows", with(`word\evil.xml`, "<a/>"), "docx.fault.no_docx"},
		{"an entry twice", twice(), "docx.fault.no_docx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadReportForm(ReportFile, c.body)
			faults := docxFaults(t, err)
			if len(faults) != 1 || faults[0].Key != c.key || faults[0].Page != 0 {
				t.Fatalf("faults are %+v, want %s", faults, c.key)
			}
			if said := faults[0].Error(); strings.Contains(said, "{") || !strings.HasSuffix(said, ".") {
				t.Errorf("said as %q", said)
			}
		})
	}
	if _, err := ReadReportForm(ReportFile, link("hyperlink", "https://example.com/")); err != nil {
		t.Error("a link to click on is refused:", err)
	}
}

func TestLoadReportForms(t *testing.T) {
	overlay := func(body []byte) fs.FS { return fstest.MapFS{ReportFile: {Data: body}} }
	own, err := LoadReportForms(overlay(packed(t, bareForm(p("{{番号}}")))))
	if err != nil {
		t.Fatal(err)
	}
	if !own.Own() || own.For("ja") != own.For("en") {
		t.Error("the company's form is not used in every language")
	}
	for name, folder := range map[string]fs.FS{"none": nil, "empty": fstest.MapFS{}} {
		forms, err := LoadReportForms(folder)
		if err != nil || forms.Own() || forms.For("ja") == forms.For("en") || forms.For("") != forms.For("ja") {
			t.Errorf("%s: %v %+v", name, err, forms)
		}
	}
	for key, folder := range map[string]fs.FS{
		"docx.fault.no_docx":    overlay([]byte("x")),
		"docx.fault.large":      overlay(make([]byte, maxFormBytes+1)),
		"docx.fault.unreadable": fstest.MapFS{ReportFile + "/a": {}},
	} {
		_, err := LoadReportForms(folder)
		if faults := docxFaults(t, err); len(faults) != 1 || faults[0].Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// Numbers and styles are added to a form that has neither, without touching what is there.
func TestFormLacksNothingAfterwards(t *testing.T) {
	parts := mustFill(t, mustForm(t, bareForm(p("{{節:初動}}"))), samplePaper())
	named := map[string]bool{}
	for _, e := range elements(t, parts["[Content_Types].xml"], "Override") {
		named[strings.TrimPrefix(attribute(e, "PartName"), "/")] = true
	}
	for _, e := range elements(t, parts["word/_rels/document.xml.rels"], "Relationship") {
		if target := "word/" + attribute(e, "Target"); parts[target] == nil || !named[target] {
			t.Errorf("%s is related and not there, or not named", target)
		}
	}
	defined := map[string]bool{}
	for _, e := range elements(t, parts["word/styles.xml"], "style") {
		defined[attribute(e, "styleId")] = true
	}
	for _, e := range elements(t, parts["word/numbering.xml"], "num") {
		defined[attribute(e, "numId")] = true
	}
	uses := 0
	for _, kind := range []string{"pStyle", "rStyle", "tblStyle", "numId"} {
		for _, e := range elements(t, parts["word/document.xml"], kind) {
			uses++
			if !defined[attribute(e, "val")] {
				t.Errorf("%s uses the undefined %s", kind, attribute(e, "val"))
			}
		}
	}
	if uses < 8 {
		t.Errorf("looked at %d uses only", uses)
	}
}
