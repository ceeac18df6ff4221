package report_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/report"
)

func fill(t *testing.T, forms *templates.ReportForms, a *tale, lang string) []byte {
	t.Helper()
	b, err := forms.For(lang).Fill(report.ParticularsOf(a.in, a.stored(""), a.options(lang)), a.now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func docxPart(t *testing.T, b []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var (
	betweenTags = regexp.MustCompile(`<[^>]*>`)
	lineEnds    = regexp.MustCompile(`</w:p>|<w:br/>`)
	lists       = regexp.MustCompile(`<w:numId w:val="\d+"/>`)
)

func visible(xml string) string {
	lines := strings.Split(betweenTags.ReplaceAllString(lineEnds.ReplaceAllString(xml, "\n"), ""), "\n")
	return strings.TrimSpace(strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n"))
}

// The default form gives the same report as our own pages do, of every incident and in both
// languages; that those say what Markdown says is tested where they are made.
func TestDefaultFormOfEveryEnding(t *testing.T) {
	forms, err := templates.LoadReportForms(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range endings {
		for _, lang := range []string{"ja", "en"} {
			t.Run(c.name+" "+lang, func(t *testing.T) {
				a := c.live(t)
				d := report.ParticularsOf(a.in, a.stored(""), a.options(lang)).Document()
				own, err := templates.Docx(d, a.now)
				if err != nil {
					t.Fatal(err)
				}
				form := fill(t, forms, a, lang)
				if out := os.Getenv("HIKESHI_TEST_OUT"); out != "" {
					if err := os.WriteFile(filepath.Join(out, c.name+"."+lang+".docx"), form, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				lines := func(b []byte) []string {
					var kept []string
					for _, line := range strings.Split(lists.ReplaceAllString(docxPart(t, b, "word/document.xml"), ""), "\n") {
						if line != "" {
							kept = append(kept, line)
						}
					}
					return kept
				}
				if diff := cmp.Diff(lines(own), lines(form)); diff != "" {
					t.Errorf("text (-own +form):\n%s", diff)
				}
				for _, part := range []string{"word/header1.xml", "word/footer1.xml"} {
					if diff := cmp.Diff(visible(docxPart(t, own, part)), visible(docxPart(t, form, part))); diff != "" {
						t.Errorf("%s (-own +form):\n%s", part, diff)
					}
				}
			})
		}
	}
}

// A company's form as LibreOffice saved it, with placeholders in pieces, filled in with a
// whole incident.
func TestCompanyFormGolden(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("..", "..", "templates", "testdata", "company_form.docx"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := templates.ReadReportForm("report.docx", body)
	if err != nil {
		t.Fatal(err)
	}
	a := misdelivered(t)
	filled, err := form.Fill(report.ParticularsOf(a.in, a.stored(""), a.options("ja")), a.now)
	if err != nil {
		t.Fatal(err)
	}
	if out := os.Getenv("HIKESHI_TEST_OUT"); out != "" {
		if err := os.WriteFile(filepath.Join(out, "company.docx"), filled, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var text strings.Builder
	for _, part := range []string{"word/header1.xml", "word/document.xml", "word/footer1.xml"} {
		text.WriteString("== " + part + "\n" + visible(docxPart(t, filled, part)) + "\n")
	}
	golden(t, "company_form.txt", []byte(text.String()))
	if strings.Contains(text.String(), "{{") || strings.Contains(text.String(), "｛｛") {
		t.Error("a placeholder is left")
	}
}
