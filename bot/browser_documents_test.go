package main

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

// documents downloads the final report in every format through the page, as the auditor
// does, and compares what stands in it with what happened and with the database.
func (w *tale) documents(auditor *atDesk) {
	w.Helper()
	auditor.sees("#posts", w.notice("head"))
	auditor.look("direct-auditor")
	head := tells[string](auditor, `document.querySelector("#posts").innerText.match(/[0-9a-f]{64}/)?.[0] ?? ""`)
	records := w.records()
	if last := records[len(records)-1].Digest; head != last {
		w.Errorf("the auditor was given the head %q; the record ends with %q", head, last)
	}
	auditor.open(w.page())
	md := string(auditor.download(spoken("format.md")))
	docx := textOfDocx(w, auditor.download(spoken("format.docx")))
	pdf := w.textOfPDF(auditor.download(spoken("format.pdf")))
	if handover := w.textOfPDF(auditor.download(spoken("format.handover"))); handover != "" && !strings.Contains(handover, spoken("report.handover.title")) {
		w.Errorf("no summary for a handover: %.200q", handover)
	}
	if now := w.records(); len(now) != len(records) {
		w.Errorf("looking at the report added %d entries to the record", len(now)-len(records))
	}
	want := []string{
		w.id, spoken("report.title.final"), head, spoken("report.banner.practice"), sampleName(w),
		happened, systems, reach, causeText, behindText, prevention, actionText, "共有フォルダーを切り離した", reason3, "図面の持ち主に知らせること", receipt, noCrime,
		yamamoto, sato, suzuki, tanaka, kobaya, "2027", spoken("publication.affected"), spoken("level.3"), spoken("role.representative"),
	}
	// The items that seed 001 §9.5 asks of a report.
	for _, f := range []string{"event", "discovered_at", "occurred_at", "classification", "affected_systems", "scope", "cause", "background", "responsible", "log", "prevention"} {
		want = append(want, spoken("field."+f))
	}
	for _, p := range incident.Phases[:5] {
		want = append(want, spoken("phase."+string(p)))
	}
	for _, text := range want {
		if !strings.Contains(md, text) {
			w.Errorf("the Markdown report lacks %q", text)
		}
		if !strings.Contains(docx, text) {
			w.Errorf("the Word report lacks %q", text)
		}
		if pdf != "" && !strings.Contains(pdf, strings.Join(strings.Fields(text), "")) {
			w.Errorf("the PDF report lacks %q", text)
		}
	}
	for _, hole := range regexp.MustCompile(`\{[a-z_]+\}|\b(report|field|log|step)\.[a-z_.]+`).FindAllString(docx+md+pdf, -1) {
		w.Errorf("the report prints %q", hole)
	}
}

func (w *tale) records() []incident.Record {
	w.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, w.database, store.WithReadOnly())
	if err != nil {
		w.Fatal(err)
	}
	defer s.Close()
	records, err := s.Records(ctx, incident.ID(w.id), 1, 0)
	if err != nil || len(records) == 0 {
		w.Fatal(len(records), err)
	}
	return records
}

// download presses a link of a document and waits for the file in the browser's download folder.
func (p *atDesk) download(label string) []byte {
	p.t.Helper()
	_, body := p.downloads("#reports", "", label, "TRN-")
	return body
}

// downloads presses a link and waits for a file whose name begins as said.
func (p *atDesk) downloads(within, beside, label, begins string) (string, []byte) {
	p.t.Helper()
	dir := p.t.TempDir()
	yes := true
	_, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		DownloadPath: dir, EventsEnabled: &yes,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(p.ctx, patienceOfTests)
	defer stop()
	events := chromedp.BrowserEvents(ctx, browser.DownloadProgress)
	p.pressBeside(within, beside, label)
	for e, err := range events {
		if err != nil {
			p.t.Fatalf("download %s: %v", label, err)
		}
		if e.State == browser.DownloadProgressStateCanceled {
			p.t.Fatalf("download %s: cancelled", label)
		}
		if e.State == browser.DownloadProgressStateCompleted {
			break
		}
	}
	for limit := time.Now().Add(patienceOfTests); time.Now().Before(limit); {
		files, err := os.ReadDir(dir)
		if err != nil {
			p.t.Fatal(err)
		}
		i := slices.IndexFunc(files, func(f os.DirEntry) bool {
			return strings.HasPrefix(f.Name(), begins) && !strings.HasSuffix(f.Name(), ".crdownload")
		})
		if i < 0 {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, files[i].Name()))
		if err != nil || len(body) == 0 {
			p.t.Fatalf("%s: %d bytes, %v", files[i].Name(), len(body), err)
		}
		return files[i].Name(), body
	}
	p.t.Fatalf("download %s: no file arrived", label)
	return "", nil
}

// textOfPDF gives the text of a PDF file in the order of its content, without white space,
// since a line ends anywhere; nothing where poppler is not at hand.
func (w *tale) textOfPDF(file []byte) string {
	w.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
			w.Fatal("pdftotext is not installed, and HIKESHI_TEST_REQUIRE=1 asks for it: install poppler-utils")
		}
		w.Log("NOT TESTED: pdftotext is not installed, so nobody has read the PDF. Install poppler-utils; HIKESHI_TEST_REQUIRE=1 makes this a failure.")
		return ""
	}
	path := filepath.Join(w.TempDir(), "report.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		w.Fatal(err)
	}
	out, err := exec.CommandContext(w.Context(), "pdftotext", "-raw", path, "-").Output()
	if err != nil {
		w.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

// textOfDocx gives the text of a Word document as it is read, paragraph by paragraph.
func textOfDocx(t interface {
	Helper()
	Fatal(...any)
}, file []byte) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(string(file)), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		if !regexp.MustCompile(`^word/(document|header[0-9]*|footer[0-9]*)\.xml$`).MatchString(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(r)
		in := ""
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(f.Name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				in = e.Name.Local
			case xml.EndElement:
				in = ""
				if e.Name.Local == "p" {
					all.WriteString("\n")
				}
			case xml.CharData:
				if in == "t" {
					all.Write(e)
				}
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// sampleName is what the sample company is called.
func sampleName(t testing.TB) string {
	t.Helper()
	p, err := templates.LoadProfile(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	return p.Name
}
