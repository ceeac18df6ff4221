package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"hikeshi/workflows/incident"
)

// screenshot is a picture as a reporter sends one.
func screenshot(t *testing.T) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 300, 200))
	for i := range m.Pix {
		m.SetGray(i%300, i/300, color.Gray{Y: uint8(i * i % 251)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file puts a file somewhere a person could choose it.
func (w *tale) file(name string, body []byte) string {
	w.Helper()
	path := filepath.Join(w.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// chooses sets files in the open form, as the browser's own dialog does.
func (p *atDesk) chooses(paths ...string) {
	p.t.Helper()
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#ask input[type=file]"), paths))
}

// TestBrowserFiles attaches files by the form and downloads them, on a desk and on a phone:
// the reporter his screenshot, the lead what he has, and somebody outside of it nothing.
func TestBrowserFiles(t *testing.T) {
	browser := openBrowser(t)
	for i := range widths {
		t.Run(fmt.Sprint(widths[i].wide), func(t *testing.T) {
			w := &tale{T: t, running: serveFor(t)}
			seen := map[string]bool{}
			w.reporter = w.sit(browser, t, yamamoto, i, seen)
			w.lead = w.sit(browser, t, sato, i, seen)
			w.admin = w.sit(browser, t, suzuki, i, seen)
			w.report()
			w.answerCalls()
			picture := screenshot(t)
			w.reporterAttaches(picture)
			w.leadAttaches()
			w.circleDownloads(picture)
			w.outsiderDownloads(w.sit(browser, t, nakamura, i, seen))
			w.stop()
			w.verifies()
		})
	}
}

func (w *tale) reporterAttaches(picture []byte) {
	p := w.reporter
	p.pressLast("#posts", spoken("button.attach"))
	p.until(`document.querySelector("#ask[open] input[type=file]")`)
	p.look("form-attach-reporter")
	// Sent without a file, the form says what is missing.
	p.press("#ask", spoken("form.attach.submit"))
	p.sees("#ask .error", spoken("file.none"))
	p.chooses(w.file("警告の画面.png", picture))
	p.send()
	p.sees(answer, spoken("done.attached.title", "id", w.id, "count", "1"), "警告の画面.png")
	p.look("answer-attached-reporter")
	p.open(w.page())
	p.sees("#evidence", "警告の画面.png")
	p.look("incident-reporter-files")
}

func (w *tale) leadAttaches() {
	p := w.lead
	p.open(w.page())
	p.sees("#evidence", "警告の画面.png", spoken("person.named", "name", yamamoto))
	p.press("#evidence", spoken("button.attach"))
	p.until(`document.querySelector("#ask[open] input[type=file]")`)
	p.fill("where", "ファイルサーバーの /証拠/2026")
	p.look("form-attach")
	// What is too large is said at once, and what was typed stays.
	p.chooses(w.file("ディスクの写し.img", make([]byte, incident.MaxFile+1)))
	p.press("#ask", spoken("form.attach.submit"))
	p.sees("#ask .error", "ディスクの写し.img", "25 MB")
	p.look("form-attach-large")
	if got := tells[string](p, `document.querySelector("#ask [name='v.where']").value`); !strings.Contains(got, "証拠") {
		w.Errorf("the form lost %q", got)
	}
	p.chooses(w.file("イベントログ.csv", []byte("時刻,内容\n01:50,失敗\n")), w.file("請求書.pdf.js", []byte("WScript.Echo(1)")), w.file("検体.exe", append([]byte("MZ"), make([]byte, 200)...)))
	p.send()
	p.sees(answer, spoken("done.attached.title", "id", w.id, "count", "2"), "イベントログ.csv", spoken("file.not_taken"), "検体.exe", spoken("refuse.file_program"))
	p.look("answer-attached-partly")
	p.sees("#evidence", "イベントログ.csv", "請求書.pdf.js")
	p.press("#evidence tr:last-child", "…")
	p.until(`document.querySelector("#evidence tr:last-child .digest").checkVisibility()`)
	p.look("incident-files")
}

func (w *tale) circleDownloads(picture []byte) {
	p := w.admin
	p.open(w.page())
	p.sees("#evidence", "警告の画面.png", "ファイルサーバーの /証拠/2026")
	if name, body := p.downloads("#evidence tr", "警告の画面.png", spoken("web.incident.save"), "警告"); name != "警告の画面.png" || !bytes.Equal(body, picture) {
		w.Errorf("%s: %d bytes of %d", name, len(body), len(picture))
	}
	if name, body := p.downloads("#evidence tr", "請求書.pdf.js", spoken("web.incident.save"), "請求書"); name != "請求書.pdf.js.txt" || string(body) != "WScript.Echo(1)" {
		w.Errorf("%s: %q", name, body)
	}
}

// verifies: the record with its files is clean, and a file that somebody changes is named.
func (w *tale) verifies() {
	verify := func() (int, string) {
		var out, errs written
		code := run(context.Background(), []string{"verify"}, []string{"HIKESHI_DATA=" + w.data, "DATABASE_URL=" + w.database}, &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, said := verify(); code != 0 || !strings.Contains(said, "添付ファイル 3個") {
		w.Errorf("verify ends with %d: %s", code, said)
	}
	if !strings.HasPrefix(w.database, "sqlite:") {
		return // the files are in its tables: what is changed there, the suite of stores changes
	}
	files, err := filepath.Glob(filepath.Join(w.data, "files", w.id, "*"))
	if err != nil || len(files) != 3 {
		w.Fatal(files, err)
	}
	for _, record := range w.records() {
		e, ok := record.Event.(incident.FileAttached)
		if !ok || e.Type != "image/png" {
			continue
		}
		if err := os.WriteFile(filepath.Join(w.data, "files", w.id, e.SHA256), make([]byte, e.Size), 0o600); err != nil {
			w.Fatal(err)
		}
		code, said := verify()
		if want := spoken("verify.file_changed", "id", w.id, "seq", fmt.Sprint(record.Seq)); code == 0 || !strings.Contains(said, want) {
			w.Errorf("verify ends with %d: %s", code, said)
		}
	}
}

// outsiderDownloads: for somebody who has nothing to do with it there is no such page.
func (w *tale) outsiderDownloads(p *atDesk) {
	for _, record := range w.records() {
		if record.Event.Kind() != (incident.FileAttached{}).Kind() {
			continue
		}
		path := fmt.Sprintf("%s/files/%d", w.page(), record.Seq)
		if status := tells[int](p, fmt.Sprintf(`fetch(%q).then(r => r.status)`, path)); status != http.StatusNotFound {
			w.Errorf("%s: an outsider is answered %d", path, status)
		}
		p.open(path)
		p.sees("main", spoken("web.error.notfound"))
	}
}
