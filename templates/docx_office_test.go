package templates

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// throughLibreOffice gives a Word file as LibreOffice converts it to a format, or skips.
func throughLibreOffice(t *testing.T, body []byte, format string) (file string) {
	t.Helper()
	for _, tool := range []string{"soffice", "pdftotext"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
				t.Fatalf("%s is not installed, and HIKESHI_TEST_REQUIRE=1 asks for it: install libreoffice-writer and poppler-utils", tool)
			}
			t.Skipf("NOT TESTED: %s is not installed, so nobody has looked at the docx pages. Install libreoffice-writer and poppler-utils; HIKESHI_TEST_REQUIRE=1 makes this a failure.", tool)
		}
	}
	folder := t.TempDir()
	path, to := filepath.Join(folder, "report.docx"), filepath.Join(folder, "converted")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// A profile of its own: soffice hands its work to another one that runs on the same profile.
	convert := exec.CommandContext(ctx, "soffice", "-env:UserInstallation=file://"+filepath.Join(folder, "profile"),
		"--headless", "--convert-to", format, "--outdir", to, path)
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	kind, _, _ := strings.Cut(format, ":")
	return filepath.Join(to, "report."+kind)
}

// officePages are the pages of a Word file as a real word processor lays them out, without
// spaces: how many stand between words is a guess of pdftotext.
func officePages(t *testing.T, body []byte) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", throughLibreOffice(t, body, "pdf"), "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	pages := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f") // each ends with a form feed
	for i := range pages {
		pages[i] = withoutSpace(pages[i])
	}
	return pages
}

// The order of the text, header rows repeated, banner and page number on each page.
func TestDocxInLibreOffice(t *testing.T) {
	const rows = 45
	pages := officePages(t, mustDocx(t, longRenderingSample(rows)))
	if len(pages) < 3 {
		t.Fatalf("%d pages, want at least 3", len(pages))
	}
	for i, page := range pages {
		if !strings.HasPrefix(page, "訓練社外秘") {
			t.Errorf("page %d does not begin with the banner: %.60s", i+1, page)
		}
		foot := "TRN-2026-0001第1版株式会社さくら製作所" + strconv.Itoa(i+1) + "/" + strconv.Itoa(len(pages))
		if !strings.HasSuffix(page, foot) {
			t.Errorf("page %d does not end with %s: %s", i+1, foot, page[max(0, len(page)-80):])
		}
		header := "番号発生時刻記録時刻記録者内容"
		if strings.Contains(page, "経過0") && strings.Count(page, header) != 1 {
			t.Errorf("page %d has rows of the record and its header row %d times", i+1, strings.Count(page, header))
		}
	}
	whole := strings.Join(pages, "\f")
	wanted := []string{"情報セキュリティインシデント最終報告書", "記録の先頭", "1.発見報告", "社用PCを電車に置き忘れた。", "原因発生の背景未記入",
		"聞き取りは次のとおり", "2.初動", "2.1実施した手順", "遠隔で端末をロックした", "2.個人情報保護管理者へ報告した", "1.", "3.対応経過", "〈U+202E〉fdp.exe", "4.全記録"}
	for i := range rows {
		// Only the beginning of a cell stands on one line with its row.
		wanted = append(wanted, "経過"+strconv.Itoa(1000 + i + 1)[1:])
	}
	wanted = append(wanted, "5.再発防止策", "端末の持ち出しは申請制")
	at := 0
	for _, text := range wanted {
		next := strings.Index(whole[at:], text)
		if next < 0 {
			t.Fatalf("%q is missing or not in its place", text)
		}
		at += next
	}
}
