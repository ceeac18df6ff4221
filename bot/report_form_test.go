package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

// formed is a company's folder with the exported form, its texts changed from one to another.
func formed(t *testing.T, changes ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if code, _, errs := invoked(t, nil, "templates", "export", "-o", folder); code != 0 {
		t.Fatal(errs)
	}
	file := filepath.Join(folder, templates.ReportFile)
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		content := []byte(textOfEntry(t, f))
		if f.Name == "word/document.xml" {
			content = []byte(strings.NewReplacer(changes...).Replace(string(content)))
		}
		entry, err := w.Create(f.Name)
		if err == nil {
			_, err = entry.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func textOfEntry(t *testing.T, f *zip.File) string {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func invoked(t *testing.T, environ []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	code = run(ctx, args, environ, &o, &e)
	return code, o.String(), e.String()
}

// practised is a practice database with two incidents, and the settings for it.
func practised(t *testing.T, config string) []string {
	t.Helper()
	tr := &transcript{t: t, folder: t.TempDir(), env: map[string]string{}}
	tr.env["HIKESHI_DATA"] = filepath.Join(tr.folder, "data")
	tr.company()
	return []string{"HIKESHI_DATA=" + tr.env["HIKESHI_DATA"], "HIKESHI_CONFIG=" + config, "HIKESHI_LISTEN=127.0.0.1:0"}
}

// The company's form is what the report on the command line is filled into.
func TestReportInTheCompanysForm(t *testing.T) {
	environ := practised(t, formed(t, "{{表題}}", "当社様式 {{番号}}／{{会社名}}"))
	code, out, errs := invoked(t, environ, "report", "TRN-2026-0001", "--format", "docx")
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	text := textOfDocx(t, []byte(out))
	for _, want := range []string{"当社様式 TRN-2026-0001／株式会社みなと精工", "感染した端末のLANを抜いた"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	if code, said, _ := invoked(t, environ, "doctor"); code != 0 && strings.Contains(said, "report.docx（") || !strings.Contains(said, "[正常] 報告書の様式: 会社の report.docx") {
		t.Errorf("doctor says\n%s", said)
	}
}

// A form with faults: the doctor tells each with its page, a start is refused, and a report
// that somebody needs now is made in the default form, which is said aloud.
func TestReportFormWithFaults(t *testing.T) {
	environ := practised(t, formed(t, "{{件名}}", "{{件目}} {{#訓練}}"))
	faults := []string{
		"report.docx（約1ページ目）: 「件目」という項目はありません。「件名」のことですか？",
		"report.docx（約1ページ目）: 「#訓練」で始まる部分に、終わりの印がありません。",
	}
	all := func(said string) {
		t.Helper()
		for _, f := range faults {
			if !strings.Contains(said, f) {
				t.Errorf("lacks %q:\n%s", f, said)
			}
		}
	}
	code, said, _ := invoked(t, environ, "doctor")
	if code != exitFailed || !strings.Contains(said, "[異常] 報告書の様式: 会社の report.docx") {
		t.Errorf("doctor: exit %d\n%s", code, said)
	}
	all(said)

	begin := time.Now()
	code, _, errs := invoked(t, environ, "serve")
	if code != exitFailed || time.Since(begin) > patienceOfTests/2 {
		t.Errorf("serve: exit %d", code)
	}
	all(errs)

	code, out, errs := invoked(t, environ, "report", "TRN-2026-0001", "--format", "docx")
	if code != 0 || !strings.Contains(errs, "標準の様式で作りました") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	all(errs)
	if text := textOfDocx(t, []byte(out)); !strings.Contains(text, "感染した端末のLANを抜いた") {
		t.Errorf("the report is\n%s", text)
	}
	// What needs no form is not held up by it.
	if code, _, errs := invoked(t, environ, "report", "TRN-2026-0001"); code != 0 || errs != "" {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// A running server takes a changed form, and keeps the old one while the new has faults.
func TestReloadOfTheForm(t *testing.T) {
	n := newNight(t, "ja")
	n.program.settings.Config = t.TempDir()
	log := slog.New(slog.DiscardHandler)
	swap := func(changes ...string) (said string) {
		t.Helper()
		body, err := os.ReadFile(filepath.Join(formed(t, changes...), templates.ReportFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(n.program.settings.Config, templates.ReportFile), body, 0o600); err != nil {
			t.Fatal(err)
		}
		return n.program.readAgain(t.Context(), n.house, log)
	}
	title := func() string {
		t.Helper()
		in := incident.New("TRN-2026-0009")
		in.Title = "様式の確認"
		body, err := renderDocument(n.house.now(), in, nil, desk.KindReport, "ja", "docx", n.house.service.Now())
		if err != nil {
			t.Fatal(err)
		}
		return textOfDocx(t, body)
	}
	if n.house.inForce.Load().Forms.Own() {
		t.Fatal("there is a form of the company already")
	}
	if said := swap("{{表題}}", "一番目の様式"); !n.house.inForce.Load().Forms.Own() || !strings.Contains(title(), "一番目の様式") {
		t.Fatalf("not taken: %s", said)
	}
	if said := swap("{{表題}}", "{{二番目"); !strings.Contains(said, "「{{二番目」のかっこが") || !strings.Contains(title(), "一番目の様式") {
		t.Errorf("it said %s and the report is %s", said, title())
	}
	if swap("{{表題}}", "三番目の様式"); !strings.Contains(title(), "三番目の様式") {
		t.Errorf("the report is %s", title())
	}
}
