package templates

import (
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hikeshi/workflows/report"
)

// office converts a file with LibreOffice Calc, a program that we did not write, and gives
// what it made.
func office(t *testing.T, file []byte, to, ending string) []byte {
	t.Helper()
	for _, tool := range []string{"soffice", "pdftotext"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
				t.Fatalf("%s is not installed, and HIKESHI_TEST_REQUIRE=1 asks for it: install libreoffice-calc and poppler-utils", tool)
			}
			t.Skipf("NOT TESTED: %s is not installed, so no spreadsheet program has opened the xlsx. Install libreoffice-calc and poppler-utils; HIKESHI_TEST_REQUIRE=1 makes this a failure.", tool)
		}
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "book.xlsx")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	convert := exec.CommandContext(ctx, "soffice", "-env:UserInstallation=file://"+filepath.Join(folder, "profile"),
		"--headless", "--convert-to", to, "--outdir", folder, path)
	said, err := convert.CombinedOutput()
	if err != nil {
		t.Fatalf("soffice: %v\n%s", err, said)
	}
	made, err := os.ReadFile(filepath.Join(folder, "book."+ending))
	if err != nil {
		t.Fatalf("soffice made no %s (is libreoffice-calc installed?): %s", ending, said)
	}
	return made
}

// A spreadsheet program calculates nothing of what people typed, and shows instants in JST.
func TestRegisterInLibreOffice(t *testing.T) {
	head := registerHead(t, "ja")
	var cells []report.RegisterCell
	for _, p := range poisoned {
		cells = append(cells, report.RegisterCell{Text: p})
	}
	cells = append(cells, report.RegisterCell{At: registerMade})
	file := mustRegister(t, head, registerRows(head, cells...))
	table, err := csv.NewReader(strings.NewReader(string(office(t, file, "csv:Text - txt - csv (StarCalc):44,34,76", "csv")))).ReadAll()
	if err != nil || len(table) != len(cells)+1 {
		t.Fatalf("%d rows, %v", len(table), err)
	}
	for i, p := range poisoned {
		if got := table[i+1][1]; withoutSpace(got) != withoutSpace(Printable(p)) {
			t.Errorf("%q became %q", p, got)
		}
	}
	if got := table[len(table)-1][1]; got != "2026/11/22 02:07" {
		t.Errorf("the instant is shown as %q", got)
	}
}

func TestContactsInLibreOffice(t *testing.T) {
	file, err := ContactsXlsx(oneContact, "ja", sayIn(t, "ja"), registerMade)
	if err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(string(office(t, file, "csv:Text - txt - csv (StarCalc):44,34,76", "csv")))).ReadAll()
	if err != nil || len(table) != 2 || table[1][0] != "=田中" || table[1][4] != "09000000001" {
		t.Errorf("%v, %v", table, err)
	}
	// Saved again by the other program, it is still the same list.
	again := office(t, file, "xlsx:Calc MS Excel 2007 XML:", "xlsx")
	rows, faults := ReadContacts("x.xlsx", again)
	if faults != nil || len(rows) != 1 || rows[0].Name != "=田中" || rows[0].Phone != "09000000001" || rows[0].Order != 1 {
		t.Errorf("saved again: %+v, %v", rows, faults)
	}
}

// The pages as they are printed: each with its banner, header row, number and page number.
func TestRegisterPagesInLibreOffice(t *testing.T) {
	head := registerHead(t, "ja")
	var cells []report.RegisterCell
	for range 60 {
		cells = append(cells, report.RegisterCell{Text: "訓練"})
	}
	rows := registerRows(head, cells...)
	for i := range rows {
		rows[i][0].Text = "TRN-2026-0001"
	}
	pdf := office(t, mustRegister(t, head, rows), "pdf", "pdf")
	path := filepath.Join(t.TempDir(), "book.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	pages := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
	if len(pages) < 2*registerPagesWide {
		t.Fatalf("%d pages", len(pages))
	}
	for i, page := range pages {
		text := withoutSpace(page)
		if !strings.HasPrefix(text, "訓練/社外秘/インシデント台帳") || !strings.Contains(text, "A&B株式会社") {
			t.Errorf("page %d has no banner or no company: %.80s", i+1, text)
		}
		if strings.Contains(text, "TRN-2026-0001") && strings.Count(text, "番号") != 1 {
			t.Errorf("page %d does not repeat the header row: %.200s", i+1, text)
		}
	}
}
