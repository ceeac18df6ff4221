package templates

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/report"
)

// poppler runs one of its programs on a document, as a reader's own program would open it.
func poppler(t *testing.T, d report.Document, tool string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
			t.Fatalf("%s is not installed, and HIKESHI_TEST_REQUIRE=1 asks for it: install poppler-utils", tool)
		}
		t.Skipf("NOT TESTED: %s is not installed, so nobody has read the PDF back. Install poppler-utils; HIKESHI_TEST_REQUIRE=1 makes this a failure.", tool)
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, mustPDF(t, d), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	var said strings.Builder
	run := exec.CommandContext(ctx, tool, args...)
	run.Stderr = &said
	out, err := run.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%s: %v\n%s", tool, err, said.String())
	}
	return string(out)
}

// pagesOf checks the banner and the foot of every page and gives what stands between them.
func pagesOf(t *testing.T, text, banner, foot string) []string {
	t.Helper()
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	for i, page := range pages {
		page, found := strings.CutPrefix(withoutSpace(page), banner)
		if !found {
			t.Errorf("page %d does not begin with the banner: %.60s", i+1, page)
		}
		page, found = strings.CutSuffix(page, foot+strconv.Itoa(i+1)+"/"+strconv.Itoa(len(pages)))
		if !found {
			t.Errorf("page %d does not end with its footer: %s", i+1, page[max(0, len(page)-80):])
		}
		pages[i] = page
	}
	return pages
}

// Whoever searches or copies finds every text, in the order of the document.
func TestPDFTextReadsInOrder(t *testing.T) {
	const banner, foot = "訓練社外秘", "TRN-2026-0001第1版株式会社さくら製作所"
	d := longRenderingSample(120)
	pages := pagesOf(t, poppler(t, d, "pdftotext", "-raw", "FILE", "-"), banner, foot)
	if len(pages) < 8 {
		t.Fatalf("%d pages, want at least 8", len(pages))
	}
	header := "番号発生時刻記録時刻記録者内容"
	for i, page := range pages {
		if strings.Contains(page, "経過0") && strings.Count(page, header) != 1 {
			t.Errorf("page %d has rows of the record and its header row %d times", i+1, strings.Count(page, header))
		}
		if i > 0 { // what is repeated
			pages[i] = strings.TrimPrefix(strings.TrimPrefix(page, header), "発生時刻記録時刻記録者内容")
		}
	}
	whole, at := strings.Join(pages, ""), 0
	for _, text := range expectedTexts(d) {
		want := withoutSpace(regular(t).drawable(text))
		next := strings.Index(whole[at:], want)
		if next < 0 {
			t.Fatalf("%q is missing or not in its place; there stands %.60q", want, whole[at:])
		}
		if next > 4 { // a mark of a list may stand between
			t.Errorf("%q comes late, after %q", want, whole[at:at+next])
		}
		at += next + len(want)
	}
}

// As it looks: in a row the cells stand side by side.
func TestPDFRowsStandSideBySide(t *testing.T) {
	text := poppler(t, longRenderingSample(30), "pdftotext", "-layout", "FILE", "-")
	for i := range 30 {
		n := strconv.Itoa(i + 1)
		row := regexp.MustCompile(`(?m)^\s*` + n + `\s+2026-01-05\s+2026-01-05\s+佐藤 花子.*経過` + strconv.Itoa(1000 + i + 1)[1:])
		if !row.MatchString(text) {
			t.Errorf("row %s is no row", n)
		}
	}
}

func TestPDFBookmarks(t *testing.T) {
	d := report.Document{Title: "t", Sections: []report.Section{
		{Level: 2, Title: "部から始まる"}, {Level: 1, Title: "章 (一)"},
		{Level: 2, Title: "𠮷田さん", Blocks: []report.Block{report.Paragraph{Text: strings.Repeat("行\n", 60)}}}, {Level: 2, Title: "部\nの続き"}, {Level: 1}, {Level: 1, Title: "章 二"},
	}}
	xml := poppler(t, d, "pdftohtml", "-xml", "-i", "-stdout", "FILE")
	_, outline, found := strings.Cut(xml, "<outline>")
	if !found {
		t.Fatalf("no outline:\n%.400s", xml)
	}
	var got []string
	depth := 0
	for _, m := range regexp.MustCompile(`<outline>|</outline>|<item page="(\d+)">([^<]*)</item>`).FindAllStringSubmatch(outline, -1) {
		switch m[0] {
		case "<outline>":
			depth++
		case "</outline>":
			depth--
		default:
			got = append(got, strings.Repeat("-", depth)+m[2]+" "+m[1])
		}
	}
	want := []string{"部から始まる 1", "章 (一) 1", "-〓田さん 1", "-部 の続き 2", "章 二 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bookmarks (-want +got):\n%s\n%s", diff, outline)
	}
}

// Only what is used is embedded, so that the file can be mailed.
func TestPDFEmbedsItsFonts(t *testing.T) {
	fonts := poppler(t, renderingSample(), "pdffonts", "FILE")
	if n := strings.Count(fonts, "CID TrueType"); n != 2 {
		t.Errorf("%d fonts, want two:\n%s", n, fonts)
	}
	if embedded := regexp.MustCompile(`(?m)Identity-H\s+yes\s`).FindAllString(fonts, -1); len(embedded) != 2 {
		t.Errorf("not embedded:\n%s", fonts)
	}
	if b := mustPDF(t, longRenderingSample(500)); len(b) > 500_000 {
		t.Errorf("%d bytes for 500 entries", len(b))
	}
}
