package templates

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hikeshi/workflows/report"
)

// defaultForm makes the embedded form with our own writer of Word files: a page of ours
// whose texts are placeholders. It is stored, not packed, so that its bytes do not depend
// on a version of the compressor.
func defaultForm(t testing.TB, lang string) []byte {
	t.Helper()
	name := func(en, ja string) string {
		if lang == "en" {
			return "{{" + en + "}}"
		}
		return "{{" + ja + "}}"
	}
	begin := func(en, ja string) string { return name("#"+en, "#"+ja) }
	end := func(en, ja string) string { return name("/"+en, "/"+ja) }

	document, _, err := docxDocument(report.Document{
		Lang: lang, Title: name("title", "表題"), Subtitle: name("subject", "件名"),
		Sections: []report.Section{{Blocks: []report.Block{
			report.Paragraph{Text: name("cover", "表紙の表")},
			report.Paragraph{Text: name("body", "本文")},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// Each word of the banner in a frame of its own, as docxHeader shows it.
	var header wordWriter
	header.WriteString(xmlHead + `<w:hdr ` + wordSpace + `><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>`)
	framed := func(text string) { header.run(styleBanner, "\u00a0"+text+"\u00a0") }
	header.run("", begin("practice", "訓練"))
	framed(name("practice", "訓練"))
	header.run("", "　"+end("practice", "訓練"))
	framed(name("internal", "社外秘"))
	header.run("", begin("restricted", "限定")+"　")
	framed(name("restricted", "限定"))
	header.run("", end("restricted", "限定"))
	header.WriteString(`</w:p></w:hdr>`)

	var out bytes.Buffer
	z := zip.NewWriter(&out)
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range []struct{ name, content string }{
		{"[Content_Types].xml", docxContentTypes},
		{"_rels/.rels", docxPackageRels},
		{"docProps/core.xml", string(docxCore(report.Document{Lang: lang, Title: "report.docx"}, made))},
		{"docProps/app.xml", docxApp},
		{"word/document.xml", string(document)},
		{"word/_rels/document.xml.rels", docxDocumentRels},
		{"word/styles.xml", string(docxStyles(lang, false))},
		{"word/settings.xml", docxSettings},
		{"word/fontTable.xml", docxFontTable},
		{"word/numbering.xml", string(docxNumbering(0))},
		{"word/header1.xml", header.String()},
		{"word/footer1.xml", string(docxFooter(name("footer", "欄外")))},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store, Modified: made})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The file that is embedded, and handed to a company to start from, is made from our source.
func TestDefaultFormIsMadeFromSource(t *testing.T) {
	for _, lang := range Languages {
		made := defaultForm(t, lang)
		path := filepath.Join("report", "report."+lang+".docx")
		if os.Getenv("HIKESHI_UPDATE_GOLDEN") == "1" {
			if err := os.WriteFile(path, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, stored) {
			t.Errorf("%s is not what the source makes; HIKESHI_UPDATE_GOLDEN=1 writes it anew", path)
		}
	}
}
