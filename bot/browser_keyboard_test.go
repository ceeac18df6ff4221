package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hikeshi/workflows/incident"
)

// held is what has the focus: its words or its name, and whether it can be seen.
type held struct {
	Label, Name, Type string
	Seen              bool
}

const whatHolds = `(e => {
	const r = e.getBoundingClientRect(), plain = s => (s ?? "").replace(/\s+/g, "");
	const dots = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) => document.elementFromPoint(r.x + r.width * x, r.y + r.height * y));
	return {label: plain(e.matches("input, select, textarea") ? "" : e.innerText || e.getAttribute("aria-label")), name: e.name ?? "", type: e.type ?? "",
		seen: e === document.body || dots.some(d => d && (e.contains(d) || d.contains(e)))};
})(document.activeElement)`

func (p *atDesk) key(key string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// tabTo goes on by Tab until something holds the focus, and fails when the way there leads
// through something that nobody can see.
func (p *atDesk) tabTo(label string) { p.t.Helper(); p.travel(label, kb.Tab) }

// tabBack is tabTo by Shift+Tab.
func (p *atDesk) tabBack(label string) { p.t.Helper(); p.travel(label, kb.Tab, chromedp.ModifierShift) }

func (p *atDesk) travel(label, key string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	plain := strings.Join(strings.Fields(label), "")
	var way []string
	for range 150 {
		p.key(key, modifiers...)
		h := tells[held](p, whatHolds)
		if !h.Seen {
			p.t.Errorf("%s: on the way to %q the focus is on something covered: %+v", p.name, label, h)
		}
		if h.Label == plain || h.Name == label || plain != "" && strings.HasPrefix(h.Label, plain) {
			return
		}
		way = append(way, h.Label+h.Name)
	}
	p.t.Fatalf("%s: Tab does not lead to %q, only to %q", p.name, label, way)
}

// keepsFocus fails when the focus fell back to the page's beginning: whoever cannot see would
// have to start again.
func (p *atDesk) keepsFocus(after string) {
	p.t.Helper()
	if tells[bool](p, `document.activeElement === document.body || document.activeElement === null`) {
		p.t.Errorf("%s: after %s the focus is nowhere", p.name, after)
	}
}

// TestBrowserKeyboard goes the way from the report to the next phase without a mouse: Tab,
// Enter, Space, the arrows, Escape and typing.
func TestBrowserKeyboard(t *testing.T) {
	browser := openBrowser(t)
	r := serveFor(t)
	seen := map[string]bool{}
	w := &tale{T: t, running: r}

	p := r.sit(browser, t, "", 0, seen)
	p.name = yamamoto
	p.tabTo(spoken("web.skip"))
	p.tabTo(yamamoto)
	p.key(kb.Enter)
	p.until(`document.querySelector("#posts")`)
	p.tabTo(spoken("web.report"))
	p.key(kb.Enter)
	p.until(`document.querySelector("#ask[open]")`)
	if h := tells[held](p, whatHolds); h.Name != "v.event" {
		t.Errorf("the dialog begins at %+v", h)
	}
	p.key("見積書が開けない")
	p.key(kb.Enter)
	p.key("拡張子が変わっている")
	p.key(kb.Escape)
	p.until(`!document.querySelector("#ask[open]")`)
	p.keepsFocus("closing the dialog")
	p.sees("#kept", spoken("web.draft.kept"))
	p.look("keyboard-kept")
	p.tabTo(spoken("web.draft.open"))
	p.key(" ")
	p.until(`document.querySelector("#ask[open]")`)
	const text = "見積書が開けない\n拡張子が変わっている"
	if got := tells[string](p, `document.querySelector("#ask [name='v.event']").value`); got != text {
		t.Errorf("Escape lost what was typed: %q", got)
	}
	p.tabTo("v.kind")
	p.key(kb.Home)
	for range 2 {
		p.key(kb.ArrowDown)
	}
	if got := tells[string](p, `document.querySelector("#ask [name='v.kind']").value`); got != string(incident.KindPCAbnormal) {
		t.Errorf("the arrows chose %q", got)
	}
	// A question begins at 分からない; one up is いいえ.
	for _, question := range []string{"personal_data", "outsiders"} {
		p.tabTo("v." + question)
		p.key(kb.ArrowUp)
		if got := tells[string](p, fmt.Sprintf(`document.querySelector("#ask [name='v.%s']:checked").value`, question)); got != "no" {
			t.Errorf("%s: the arrows chose %q", question, got)
		}
	}
	p.tabTo("v.exclude")
	p.key(" ")
	if !tells[bool](p, `document.activeElement.checked`) {
		t.Error("Space ticks nothing")
	}
	p.key(" ")
	p.tabTo(spoken("form.report.submit"))
	p.key(kb.Enter)
	p.until(`!document.querySelector("#ask[open]")`)
	p.sees("#posts", "TRN-")
	p.keepsFocus("sending the form")
	w.id = tells[string](p, `document.querySelector("#posts").innerText.match(/TRN-[0-9]{4}-[0-9]{4}/)[0]`)
	w.reporter = p

	p = r.sit(browser, t, sato, 0, seen)
	p.sees("#posts", w.id)
	p.tabTo(spoken("button.take"))
	p.key(kb.Enter)
	p.until(fmt.Sprintf(`location.search === %q && document.querySelector("#pinned")`, w.channel()[1:]))
	w.reporter.sees("#posts", comes(sato))

	p.tabTo(spoken("button.advance"))
	// What somebody else does changes the card under the one who is on a button low in it.
	q := r.sit(browser, t, suzuki, 0, seen)
	q.sees("#posts", w.id)
	q.tabTo(spoken("button.take"))
	q.key(kb.Enter)
	p.sees("#pinned", comes(suzuki))
	if h := tells[held](p, whatHolds); !h.Seen || h.Label != spoken("button.advance") {
		t.Errorf("after the card changed the focus is on %+v", h)
	}
	p.key(kb.Enter)
	p.sees(answer, spoken("refused.title"))
	p.keepsFocus("a refusal")
	// The answer comes after what was pressed: it is on the way, before what is typed.
	p.tabTo(spoken("button.level"))
	p.key(kb.Enter)
	p.until(`document.querySelector("#ask[open]")`)
	if h := tells[held](p, whatHolds); h.Name != "v.level" {
		t.Errorf("the dialog begins at %+v", h)
	}
	p.key(kb.ArrowUp)
	p.tabTo("v.reason")
	p.key("仕事が止まっている人は一人")
	p.key(kb.Escape)
	p.until(`!document.querySelector("#ask[open]")`)
	p.keepsFocus("closing the dialog")
	if h := tells[held](p, whatHolds); h.Label != spoken("button.level") {
		t.Errorf("after Escape the focus is on %+v, not on the button that opened the dialog", h)
	}
	p.tabTo(spoken("web.draft.open"))
	p.key(kb.Enter)
	p.until(`document.querySelector("#ask[open]")`)
	if got := tells[string](p, `document.querySelector("#ask [name='v.level']:checked").value + document.querySelector("#ask [name='v.reason']").value`); got != "1仕事が止まっている人は一人" {
		t.Errorf("Escape lost what was chosen: %q", got)
	}
	p.tabTo(spoken("form.level.submit"))
	p.key(kb.Enter)
	p.until(`!document.querySelector("#ask[open]")`)
	p.sees("#place .sub", spoken("level.1"))
	p.sees(answer, spoken("button.advance"))
	p.keepsFocus("sending the form")
	p.tabBack(spoken("button.advance"))
	p.key(kb.Enter)
	p.sees("#place .sub", spoken("phase.containment"))

	// A line is sent by Enter, a new line is Shift+Enter, and a question is answered No by Escape.
	p.tabTo("text")
	p.key("第一行")
	p.key(kb.Enter, chromedp.ModifierShift)
	p.key("第二行")
	p.key(kb.Enter)
	p.sees("#posts", "第一行第二行")
	p.hides(answer, spoken("refused.title"))
}
