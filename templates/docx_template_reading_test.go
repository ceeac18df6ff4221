package templates

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"

	"hikeshi/workflows/report"
)

// paper is what a test fills a form in with: a document, and values of the test's own.
type paper struct {
	document report.Document
	values   map[string]report.Value
	entries  map[string]report.Entries
	sections map[string][]report.Section
}

func (p paper) Document() report.Document { return p.document }

func (p paper) Value(name string) report.Value {
	if v, ok := p.values[name]; ok {
		return v
	}
	word := func(s string) report.Value { return report.Value{Cell: report.Cell{Text: s}, Holds: s != ""} }
	switch name {
	case "title":
		return word(p.document.Title)
	case "subject":
		return word(p.document.Subtitle)
	case "footer":
		return word(p.document.Footer)
	case "practice", "restricted":
		return word("")
	}
	return report.Value{Cell: report.Cell{Text: "未記入", Gap: true}}
}

func (p paper) Entries(name string) report.Entries   { return p.entries[name] }
func (p paper) Section(name string) []report.Section { return p.sections[name] }
func (p paper) Absent() report.Cell {
	return report.Cell{Text: "この章に書くことはありません。"}
}
func filled(s string) report.Value { return report.Value{Cell: report.Cell{Text: s}, Holds: true} }
func row(texts ...string) (cells []report.Cell) {
	for _, s := range texts {
		cells = append(cells, report.Cell{Text: s})
	}
	return cells
}

// packed makes a .docx of parts; nil leaves a part of the default form out.
func packed(t fataler, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bareForm is the smallest .docx around a text.
func bareForm(body string) map[string]string {
	return map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="` + mainContentType + `"/><Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relationsSpace + `officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   xmlHead + `<w:document ` + wordSpace + ` ` + relsSpace + ` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"><w:body>` + body + `</w:body></w:document>`,
	}
}

func withHeader(parts map[string]string, header string) map[string]string {
	parts["word/_rels/document.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" Type="` + relationsSpace + `header" Target="header1.xml"/></Relationships>`
	parts["word/header1.xml"] = xmlHead + `<w:hdr ` + wordSpace + `>` + header + `</w:hdr>`
	return parts
}

func mustForm(t fataler, parts map[string]string) *ReportForm {
	t.Helper()
	form, err := ReadReportForm(ReportFile, packed(t, parts))
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func mustFill(t fataler, form *ReportForm, with Particulars) map[string][]byte {
	t.Helper()
	b, err := form.Fill(with, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	parts := docxParts(t, b)
	for name, content := range parts {
		if isXML(name) {
			if err := wellFormed(content); err != nil {
				t.Fatal(name, err, string(content))
			}
		}
	}
	return parts
}

// fillText fills a text in and reads it back, a line for each paragraph.
func fillText(t fataler, body string, with Particulars) string {
	t.Helper()
	parts := mustFill(t, mustForm(t, withHeader(bareForm(body), p("{{訓練}}"))), with)
	return strings.Join(docxTexts(t, parts["word/document.xml"]), "\n")
}

func p(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func cellsOf(texts ...string) string {
	var b strings.Builder
	for _, s := range texts {
		b.WriteString(`<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/></w:tcPr>` + p(s) + `</w:tc>`)
	}
	return `<w:tr>` + b.String() + `</w:tr>`
}

func tableOf(rows ...string) string {
	return `<w:tbl><w:tblPr/><w:tblGrid/>` + strings.Join(rows, "") + `</w:tbl>`
}

// faultsOf reads a form that is expected to be wrong, and gives the sentences.
func faultsOf(t fataler, parts map[string]string) []DocxFault {
	t.Helper()
	_, err := ReadReportForm(ReportFile, packed(t, parts))
	return docxFaults(t, err)
}

func docxFaults(t fataler, err error) []DocxFault {
	t.Helper()
	if err == nil {
		return nil
	}
	var all []DocxFault
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatal("no list of faults:", err)
		return nil
	}
	for _, e := range joined.Unwrap() {
		var f DocxFault
		if !errors.As(e, &f) {
			t.Fatal("no fault of a form:", e)
		}
		all = append(all, f)
	}
	return all
}

func defaultForms(t fataler) *ReportForms {
	t.Helper()
	forms, err := LoadReportForms(nil)
	if err != nil {
		t.Fatal(err)
	}
	if forms.Own() {
		t.Fatal("the default is nobody's own")
	}
	return forms
}
