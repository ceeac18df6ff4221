package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hikeshi/store"
	"hikeshi/workflows/incident"
)

// fetched gives status and text of a page of this person's, without what differs between
// any two loads: the number asked for, the time, and the IDs of lines not yet written.
const fetched = `(async (path, number, init) => {
	const r = await fetch(path, init), text = await r.text();
	const plain = text.replaceAll(number, "N").replaceAll(number.toLowerCase(), "n").replace(/<time.*?<\/time>/gs, "").replace(/name="line" value="[^"]*"/g, "");
	return r.status + " " + r.headers.get("content-type") + "\n" + plain;
})`

// TestBrowserOutsiders looks at everything as somebody whom an incident does not concern: it
// must not differ from a number that was never given. The practice clock, which anybody may
// move, then calls the next people.
func TestBrowserOutsiders(t *testing.T) {
	browser := openBrowser(t)
	r := serveFor(t)
	seen := map[string]bool{}
	w := &tale{T: t, running: r}
	out := r.sit(browser, t, nakamura, 0, seen)
	tells[bool](out, `new Promise(done => {
		window.pings = [];
		const stream = new EventSource("/events");
		stream.addEventListener("changed", e => pings.push(e.data));
		stream.onopen = () => done(true);
	})`)

	w.reporter = r.sit(browser, t, yamamoto, 0, seen)
	w.reporter.says("/incident " + happened)
	w.reporter.sees("#posts", "TRN-")
	w.id = tells[string](w.reporter, `document.querySelector("#posts").innerText.match(/TRN-[0-9]{4}-[0-9]{4}/)[0]`)
	director := r.sit(browser, t, tanaka, 0, seen)
	director.hides("#posts", w.id)

	// Nobody answers for five minutes: the next are called, at level 2 the representative.
	out.press("#top", spoken("web.clock.5m"))
	director.sees("#posts", w.notice("page"), spoken("button.take"))
	director.look("direct-round")
	out.until(`pings.includes("*")`)
	if pings := tells[[]string](out, `[...new Set(pings)]`); len(pings) != 1 {
		t.Errorf("the stream of somebody outside told of %q", pings)
	}
	director.pressLast("#posts", spoken("button.take"))
	w.reporter.sees("#posts", comes(tanaka))
	w.reporter.look("direct-reporter-late")

	never := w.id[:len(w.id)-4] + "9999"
	channel := func(id string) string { return "/?c=" + strings.ToLower(id) }
	for _, path := range []func(id string) string{
		channel,
		func(id string) string { return "/feed?c=" + strings.ToLower(id) },
		func(id string) string { return "/incidents/" + id },
		func(id string) string { return "/incidents/" + id + "/report.docx" },
		func(id string) string { return "/incidents/" + id + "/report.md" },
		func(id string) string { return "/incidents/" + id + "/report.pdf" },
		func(id string) string { return "/incidents/" + id + "/handover.pdf" },
	} {
		got := tells[string](out, fmt.Sprintf(`%s(%q, %q)`, fetched, path(w.id), w.id))
		want := tells[string](out, fmt.Sprintf(`%s(%q, %q)`, fetched, path(never), never))
		if got != want || !strings.HasPrefix(got, "404 ") || strings.Contains(got, happened) {
			t.Errorf("%s differs from a number that was never given:\n%s\n---\n%s", path(w.id), got, want)
		}
	}
	// Neither does the reporter get what only the circle may read.
	if got := tells[string](w.reporter, fmt.Sprintf(`%s(%q, %q)`, fetched, "/incidents/"+w.id+"/report.md", w.id)); !strings.HasPrefix(got, "404 ") {
		t.Errorf("the reporter downloads the report: %.80s", got)
	}
	// What he types and presses about it, with all that belongs to his own page.
	for _, act := range []struct{ path, field, value string }{
		{"/say", "text", "/incident %s 状況"}, {"/say", "text", "/incident %s 進める"}, {"/say", "text", "/incident 記録 %s x"},
		{"/press", "action", "take|%s||"}, {"/press", "action", "status|%s||"}, {"/press", "action", "doc|%s||"},
		{"/press", "action", "form|%s||level"}, {"/press", "action", "form|%s||inform"},
	} {
		answered := func(id string) string {
			return tells[string](out, fmt.Sprintf(`%s(%q, %q, {method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams({
				csrf: document.querySelector("[name=csrf]").value, c: "", back: "/", line: crypto.randomUUID(), %s: %q})})`,
				fetched, act.path, id, act.field, fmt.Sprintf(act.value, id)))
		}
		got, want := answered(w.id), answered(never)
		if got != want || strings.Contains(got, happened) {
			t.Errorf("%s %s differs from a number that was never given:\n%s\n---\n%s", act.path, act.value, got, want)
		}
	}
	for i := range widths {
		p := r.sit(browser, t, nakamura, i, seen)
		p.open("/incidents")
		p.sees("#list", spoken("list.empty"))
		p.hides("body", w.id)
		p.look("list-outsider")
		p.open("/incidents/" + w.id)
		p.sees(".tone-refused", spoken("web.error.notfound"))
		p.look("notfound")
		p.open("/contacts")
		p.sees("#contacts", tanaka)
		p.look("contacts")
		p.open("/")
		p.says("/incident ヘルプ")
		p.sees(answer, spoken("help.title"))
		p.look("answer-help")
		p.says("パソコンの調子が悪い")
		p.sees(answer, spoken("ask.loose.title"), "パソコンの調子が悪い")
		p.look("answer-loose")
	}
	director.open("/incidents")
	director.sees("#list", w.id)
	director.look("list")

	// The program ends although windows are open, and they say that they hear nothing more.
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > stopWithin/2 {
		t.Errorf("open windows held up the end for %v", took)
	}
	director.sees("#lost", spoken("web.lost"))
}

// TestBrowserOnce does things twice that may happen once, and things too late.
func TestBrowserOnce(t *testing.T) {
	browser := openBrowser(t)
	r := serveFor(t)
	seen := map[string]bool{}
	w := &tale{T: t, running: r}
	w.reporter = r.sit(browser, t, yamamoto, 0, seen)
	p := w.reporter

	// The same form, sent twice at the same moment and then once more by its button.
	p.press("#side", spoken("web.report"))
	p.fill("event", happened)
	var numbers [2]string
	for i, text := range tells[[]string](p, `(form => Promise.all([1, 2].map(() => fetch("/submit", {
		method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams(new FormData(form))}).then(r => r.text()))))(document.querySelector("#ask form"))`) {
		_, rest, _ := strings.Cut(text, "TRN-")
		numbers[i] = "TRN-" + rest[:min(9, len(rest))]
	}
	if numbers[0] != numbers[1] {
		t.Errorf("one form became %v", numbers)
	}
	p.send()
	if ids := r.numbers(t); len(ids) != 1 {
		t.Errorf("one form became %v", ids)
	}
	w.id = numbers[0]

	// A button and a form, pressed twice as fast as a hand can.
	p.press("#side", spoken("web.report"))
	p.fill("event", "複合機から知らない紙が出てきた")
	p.doubleClick("#ask", spoken("form.report.submit"))
	p.until(`!document.querySelector("#ask[open]")`)
	p.sees("#posts", "複合機から知らない紙が出てきた")
	if ids := r.numbers(t); len(ids) != 2 {
		t.Errorf("two forms became %v", ids)
	}
	// The same words once more are asked about.
	p.says("/incident " + happened)
	p.sees(answer, spoken("same.title", "id", w.id), spoken("button.anyway"))
	p.look("answer-same")

	w.lead = r.sit(browser, t, sato, 0, seen)
	w.director = r.sit(browser, t, tanaka, 0, seen)
	p = w.lead
	p.open(w.channel())
	p.unfold()
	p.doubleClick("#pinned", spoken("button.take"))
	p.sees(answer, w.id)
	p.says("/incident レベル 1 業務に大きな影響はない")
	p.sees("#place .sub", spoken("level.1"))
	p.says("/incident 状況")
	p.sees(answer, spoken("button.advance"))

	// What stands in an answer stays as it was; meanwhile somebody else goes on.
	w.director.open(w.channel())
	w.director.says("/incident 進める")
	w.director.sees("#place .sub", spoken("phase.containment"))
	p.sees("#place .sub", spoken("phase.containment"))
	p.press(answer, spoken("button.advance"))
	p.sees(answer, spoken("refused.title"), spoken("refuse.conflict"), spoken("refused.changes"), spoken("log.what.phase_moved"))
	p.look("answer-stale")
	p.press(answer, spoken("button.status"))
	p.sees(answer, spoken("phaseline.now", "phase", spoken("phase.containment")))

	// A form that is refused comes back as it was filled in, on the phone, too.
	for i := range widths {
		a := r.sit(browser, t, sato, i, seen)
		a.open(w.channel())
		a.says("/incident 項目 " + spoken("field.occurred_at"))
		a.fill("value", time.Now().In(incident.Tokyo).Add(24*time.Hour).Format("2006-01-02T15:04"), "reason", "推定")
		a.press("#ask", spoken("form.field.submit"))
		a.sees("#ask .error", spoken("form.not_recorded"))
		a.look("form-field-refused")
		if got := tells[string](a, `document.querySelector("#ask [name='v.reason']").value`); got != "推定" {
			t.Errorf("the refused form lost what was typed: %q", got)
		}
		a.press("#ask", spoken("web.form.close"))
		a.until(`!document.querySelector("#ask[open]")`)
	}

	count := map[incident.EventKind]int{}
	for _, rec := range w.records() {
		count[rec.Event.Kind()]++
	}
	taken, moved := incident.Acknowledged{}.Kind(), incident.PhaseMoved{}.Kind()
	if count[taken] != 1 || count[moved] != 1 {
		t.Errorf("recorded %s %d and %s %d times, want once each", taken, count[taken], moved, count[moved])
	}
}

func (p *atDesk) doubleClick(within, label string) {
	p.t.Helper()
	s := p.find(within, "", label, false)
	p.do(chromedp.MouseClickXY(s.X, s.Y), chromedp.MouseClickXY(s.X, s.Y, chromedp.ClickCount(2)))
}

// numbers are the incidents in the database.
func (r *running) numbers(t *testing.T) []incident.ID {
	t.Helper()
	s, err := store.Open(context.Background(), r.database, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids, err := s.AllIDs(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
