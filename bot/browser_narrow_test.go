package main

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBrowserNothingIsCovered goes through the room by keyboard in windows that are too small for
// all that stays in sight at once: the card of the channel above, an answer, the hint of new
// messages and the line to type below. Whatever holds the focus is to be seen (WCAG 2.2, 2.4.11),
// and what is brought between the two ends is free to be pressed.
func TestBrowserNothingIsCovered(t *testing.T) {
	browser := openBrowser(t)
	r := serveFor(t)
	seen := map[string]bool{}
	w := &tale{T: t, running: r, lead: r.sit(browser, t, sato, 0, seen), admin: r.sit(browser, t, suzuki, 0, seen), reporter: r.sit(browser, t, yamamoto, 0, seen)}
	w.report()
	w.answerCalls()
	for _, window := range []struct {
		name       string
		wide, high int64
		hand       bool
	}{
		{"a phone", 390, 844, true},
		{"a small phone", 320, 568, true},
		{"a phone on its side", 844, 390, true},
		{"a desk at twice the size", 640, 450, false},
		{"a desk at four times the size", 320, 225, false},
	} {
		t.Run(window.name, func(t *testing.T) {
			p := *w.lead
			p.t = t
			size := []chromedp.EmulateViewportOption{}
			if window.hand {
				size = append(size, chromedp.EmulateMobile, chromedp.EmulateTouch)
			}
			p.do(chromedp.EmulateViewport(window.wide, window.high, size...))
			p.open(w.channel())
			p.sees("#pinned", w.id)
			p.unfold()
			p.press("#pinned", spoken("button.advance"))
			p.sees(answer, spoken("refused.title"))
			// Whoever reads further up is told of what comes, and is not carried away.
			tells[bool](&p, `(scrollTo(0, 0), true)`)
			w.admin.says("席を外していた人に聞いた：" + window.name)
			p.sees("#newer", spoken("web.feed.newer"))
			p.shoot("covered-" + window.name)
			if covered := tells[[]string](&p, allFree); len(covered) > 0 {
				t.Errorf("between the two ends and covered: %q", covered)
			}
			tells[bool](&p, `(document.activeElement.blur(), scrollTo(0, 0), one("#main").focus(), true)`)
			p.tabTo("text")
			p.tabBack(spoken("button.advance"))
			if wider := tells[string](&p, `document.documentElement.scrollWidth > innerWidth ? document.documentElement.scrollWidth + " of " + innerWidth : ""`); wider != "" {
				t.Error("the page is wider than the window:", wider)
			}
			// A form has its buttons in sight as well.
			p.press("#side", spoken("web.report"))
			p.until(`document.querySelector("#ask[open]")`)
			p.shoot("covered-form-" + window.name)
			p.tabTo(spoken("form.report.submit"))
			p.tabBack("v.event")
			p.key(kb.Escape)
			p.until(`!document.querySelector("#ask[open]")`)
		})
	}
}

// allFree brings everything that can be pressed between the two ends, one after the other, and names what is covered there.
var allFree = fmt.Sprintf(`(async () => {
	const covered = [];
	for (const e of document.querySelectorAll(%s)) {
		if (!e.checkVisibility()) continue;
		%s(e);
		await new Promise(done => requestAnimationFrame(done));
		const r = e.getBoundingClientRect();
		const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
		if (!top || !e.contains(top)) covered.push(e.innerText + " by " + (top?.outerHTML ?? "nothing, at " + Math.round(r.y)).slice(0, 80));
	}
	return covered;
})()`, strconv.Quote("#pinned :is(button, a, summary), #posts :is(button, a, summary), #latest :is(button, a, textarea)"), intoTheFree)
