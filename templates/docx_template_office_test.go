package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hikeshi/workflows/report"
)

// The default form on paper: the same pages as those that we write ourselves.
func TestDefaultFormInLibreOffice(t *testing.T) {
	d := longRenderingSample(30)
	filledIn, err := defaultForms(t).For("ja").Fill(paper{document: d, values: map[string]report.Value{
		"practice": filled("訓練"), "internal": filled("社外秘"), "restricted": {},
	}}, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	own, form := officePages(t, mustDocx(t, d)), officePages(t, filledIn)
	if len(own) != len(form) {
		t.Fatalf("%d pages of our own, %d of the form", len(own), len(form))
	}
	for i := range own {
		if own[i] != form[i] {
			t.Errorf("page %d is\n%s\nand of the form\n%s", i+1, own[i], form[i])
		}
	}
}

// The exported form, opened in a word processor and saved again, is still the same form:
// whatever it did to runs, styles and numbers.
func TestDefaultFormSavedByLibreOffice(t *testing.T) {
	exported, err := DefaultReport("ja")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(throughLibreOffice(t, exported, "docx:MS Word 2007 XML"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := ReadReportForm(ReportFile, saved)
	if err != nil {
		t.Fatal(err)
	}
	d := longRenderingSample(30)
	filledIn, err := form.Fill(paper{document: d, values: map[string]report.Value{
		"practice": filled("訓練"), "internal": filled("社外秘"), "restricted": {},
	}}, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	// Of our own styles none is lost, so none is added a second time.
	if _, styles, _ := strings.Cut(string(docxParts(t, filledIn)["word/styles.xml"]), "<w:styles"); strings.Contains(styles, "Hikeshi") {
		t.Errorf("a style was not found again:\n%s", styles)
	}
	own, again := strings.Join(officePages(t, mustDocx(t, d)), "\n"), strings.Join(officePages(t, filledIn), "\n")
	if own != again {
		t.Errorf("our own pages are\n%s\nand those of the saved form\n%s", own, again)
	}
}

// A company's form that LibreOffice saved, filled in, opens in it again: letterhead, chapter
// in the form's styles, repeated rows over several pages, text box, header and footer.
func TestCompanyFormInLibreOffice(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "company_form.docx"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := ReadReportForm(ReportFile, body)
	if err != nil {
		t.Fatal(err)
	}
	with := samplePaper()
	log := with.entries["log"]
	for range 5 {
		log.Rows = append(log.Rows, log.Rows...)
	}
	with.entries["log"] = log
	with.values["lead"] = filled("佐藤 健")
	filledIn, err := form.Fill(with, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	pages := officePages(t, filledIn)
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, page := range pages {
		if !strings.HasPrefix(page, "【訓練】") || !strings.Contains(page, "株式会社みなと<精工>&Co.INC-2026-0001") {
			t.Errorf("page %d lacks its header or footer: %s", i+1, page)
		}
	}
	whole := strings.Join(pages, "")
	for text, times := range map[string]int{
		"02:09": len(log.Rows) / 2, "応答": len(log.Rows) / 2, "担当：佐藤健": 1, "社内の記録として報告します": 1, "お客様・お取引先の皆様": 0,
		"手順": 1, "{{": 0, "｛": 0, "委託先": 0, "承認しました": 0, "一行目": 1,
	} {
		if n := strings.Count(whole, text); n != times {
			t.Errorf("%q stands there %d times, want %d", text, n, times)
		}
	}
}
