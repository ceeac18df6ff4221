package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// findPressable finds what can be pressed by its words within a part of the page, and gives
// the middle of it once it lies still and nothing covers it. As a person would, it scrolls until
// that is between what stays in sight at both ends of the window. With beside, only parts that
// show that text count: a row of a table, an item of a list.
const findPressable = `(async (within, beside, label, last) => {
	const plain = s => s.replace(/\s+/g, "");
	const parts = [...document.querySelectorAll(within)].filter(s => plain(s.innerText).includes(plain(beside)));
	const inside = kinds => parts.flatMap(s => [...s.querySelectorAll(kinds)]);
	const partly = ".person, .menu, summary, .side a, tr a";
	const fitting = e => e.checkVisibility() && !e.closest("[data-busy]") && (plain(e.innerText) === plain(label) || e.matches(partly) && plain(e.innerText).includes(plain(label)));
	const all = inside("button, a, summary, label").filter(fitting);
	const e = last ? all.at(-1) : all[0];
	if (!e) return {why: "there is none, only: " + [...new Set(inside("button, a, summary").map(b => b.innerText.trim()))].join(" | ").slice(0, 1500)};
	` + intoTheFree + `(e);
	const place = () => { const r = e.getBoundingClientRect(); return {x: r.x + r.width / 2, y: r.y + r.height / 2}; };
	const before = place();
	await new Promise(done => setTimeout(done, 30));
	const {x, y} = place();
	if (before.x !== x || before.y !== y || !e.isConnected) return {why: "it moves"};
	const top = document.elementFromPoint(x, y);
	if (!top || !e.contains(top)) return {why: "it is covered by " + top?.outerHTML.slice(0, 200)};
	return {x, y, found: true};
})`

// intoTheFree scrolls something to the middle of what the card of the channel and the line to
// type leave free.
const intoTheFree = `(e => {
	e.scrollIntoView({block: "center"});
	const sticks = s => { const b = document.querySelector(s); return b?.checkVisibility() && getComputedStyle(b).position === "sticky" ? b.getBoundingClientRect() : undefined; };
	const begin = e.closest("#posts") && sticks("#pinned")?.bottom || 0, end = (sticks("#latest") ?? sticks(".newer"))?.top ?? innerHeight;
	const r = e.getBoundingClientRect();
	if (!e.closest("#latest, dialog") && (r.top < begin || r.bottom > end)) scrollBy(0, r.top + r.height / 2 - (begin + end) / 2);
})`

type spot struct {
	X, Y  float64
	Found bool
	Why   string
}

func (p *atDesk) find(within, beside, label string, last bool) spot {
	p.t.Helper()
	for limit := time.Now().Add(patienceOfTests); ; {
		s, err := chromedp.Run(p.ctx, chromedp.Evaluate[spot](fmt.Sprintf(`%s(%q, %q, %q, %t)`, findPressable, within, beside, label, last), chromedp.EvalAwaitPromise))
		if err == nil && s.Found {
			return s
		}
		if time.Now().After(limit) || p.ctx.Err() != nil {
			p.shoot("failed-" + p.name)
			p.t.Fatalf("%s cannot press [%s] within %s %s: %s %v\n%s", p.name, label, within, beside, s.Why, err, tells[string](p, `location.href + "\n" + document.body.innerText.slice(0, 3000)`))
		}
	}
}

func (p *atDesk) click(s spot, options ...chromedp.MouseOption) {
	p.t.Helper()
	p.do(chromedp.MouseClickXY(s.X, s.Y, options...))
}

// watchClick notes what the next click really struck, where the page that it leads to finds it, and
// gives where it was struck.
const watchClick = `(sessionStorage.struck = "", addEventListener("click", e => { sessionStorage.struck = e.target.closest("button, a, summary, label")?.innerText ?? "" }, {capture: true, once: true}), location.href)`

// strike finds and clicks, and clicks again when the click struck something else: between the look
// and the click a message may have come and moved what was looked at, as it can for a person. A form
// that another button opened by such a slip is put away, and a page that a link led to left again,
// as a person would.
func (p *atDesk) strike(within, beside, label string, last bool) {
	p.t.Helper()
	plain := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for range 5 {
		s := p.find(within, beside, label, last)
		here := tells[string](p, watchClick)
		p.click(s)
		if strings.Contains(plain(calmly(p, `sessionStorage.struck ?? ""`)), plain(label)) {
			return
		}
		p.until(`!document.querySelector("[data-busy]")`)
		if calmly(p, `location.href`) != here {
			p.do(chromedp.Navigate(here))
		}
		if within != "#ask" && tells[bool](p, `!!document.querySelector("#ask[open]")`) {
			p.do(chromedp.KeyEvent(kb.Escape))
			p.until(`!document.querySelector("#ask[open]")`)
		}
	}
	p.t.Fatalf("%s pressed [%s] five times and struck something else", p.name, label)
}

// calmly gives the value of an expression where a page may just be going, of the one that comes.
func calmly(p *atDesk, expression string) string {
	p.t.Helper()
	for limit := time.Now().Add(patienceOfTests); ; {
		v, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression))
		if err == nil {
			return v
		}
		if time.Now().After(limit) || p.ctx.Err() != nil {
			p.t.Fatalf("%s: %s: %v", p.name, expression, err)
		}
	}
}

// press clicks what bears these words, the first within a part of the page.
func (p *atDesk) press(within, label string) {
	p.t.Helper()
	p.strike(within, "", label, false)
}

// pressLast clicks the last of what bears these words: the newest message is the lowest.
func (p *atDesk) pressLast(within, label string) {
	p.t.Helper()
	p.strike(within, "", label, true)
}

// pressBeside clicks what bears these words in the row or item that shows a text.
func (p *atDesk) pressBeside(within, beside, label string) {
	p.t.Helper()
	p.strike(within, beside, label, false)
}

// types writes where the cursor is, in place of what is selected, as a Japanese input
// method does it.
func (p *atDesk) types(text string) {
	p.t.Helper()
	if text == "" {
		p.do(chromedp.KeyEvent(kb.Delete))
		return
	}
	if _, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		p.t.Fatalf("%s types %q: %v", p.name, text, err)
	}
}

// says types a line into the room and sends it with Enter.
func (p *atDesk) says(line string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS("#text")))
	p.types(line)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until(`document.querySelector("#text")?.value === "" && !document.querySelector("#say")?.dataset.busy || document.querySelector("#ask[open]")`)
}

// fill answers inputs of the open form: text is typed, choices are set.
func (p *atDesk) fill(values ...string) {
	p.t.Helper()
	p.until(`document.querySelector("#ask[open] form")`)
	for pair := range slices.Chunk(values, 2) {
		name := "v." + pair[0]
		kind := tells[string](p, fmt.Sprintf(`(e => e ? e.type : "none")([...document.querySelectorAll("#ask [name=" + CSS.escape(%q) + "]")].find(e => e.type !== "hidden"))`, name))
		switch kind {
		case "text", "textarea":
			p.until(fmt.Sprintf(`(e => { e.focus(); e.select(); return document.activeElement === e })([...document.querySelectorAll("#ask [name=" + CSS.escape(%q) + "]")].find(e => e.type !== "hidden"))`, name))
			p.types(pair[1])
		case "radio", "checkbox":
			p.until(fmt.Sprintf(`(e => { e?.click(); return e?.checked })(document.querySelector('#ask [name=%q][value=%q]'))`, name, pair[1]))
		case "none":
			p.t.Fatalf("%s: the form has no input %s:\n%s", p.name, pair[0], tells[string](p, `document.querySelector("#ask").innerText`))
		default: // what opens a picker of the browser's own
			p.until(fmt.Sprintf(`(e => { e.value = %[1]q; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === %[1]q })(document.querySelector('#ask [name=%[2]q]'))`, pair[1], name))
		}
	}
}

// send sends the open form and waits until it is gone.
func (p *atDesk) send() {
	p.t.Helper()
	p.press("#ask", tells[string](p, `document.querySelector("#ask .primary").innerText`))
	p.untilOr(`!document.querySelector("#ask[open]")`, func() string {
		return "the form stayed open: " + tells[string](p, `[...document.querySelectorAll("#ask .error")].map(e => e.innerText).join(" / ")`)
	})
}
