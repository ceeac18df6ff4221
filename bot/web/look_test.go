package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Every page and dialog, on a desk and on a phone, is free of what axe-core finds, fits the
// window, and has nothing too small for a thumb. With HIKESHI_SHOTS a picture of each is kept.
func TestEveryPageCanBeReadByEverybody(t *testing.T) {
	r := openRoom(t)
	ctx := browser(t)
	for _, width := range []int64{wide, narrow} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			stranger := r.sitDown(ctx, t, "", width)
			stranger.open("/")
			stranger.check("choose", width)

			lead := r.sitDown(ctx, t, suzuki, width)
			for _, page := range []struct{ name, path, ready string }{
				{"direct", "/", "#posts"},
				{"channel", "/?c=" + channel, "#pinned"},
				{"list", "/incidents", "#list table"},
				{"incident", "/incidents/" + incidentID, "#steps"},
				{"contacts", "/contacts", "table"},
				{"switch", "/be", ".people"},
				{"notfound", "/incidents/TRN-2026-9999", ".tone-refused"},
			} {
				lead.open(page.path)
				lead.until(fmt.Sprintf("document.querySelector(%q)", page.ready))
				lead.check(page.name, width)
			}
			if width == narrow {
				lead.open("/")
				lead.js(`document.querySelector(".menu").click()`)
				lead.check("menu", width)
			}

			reporter := r.sitDown(ctx, t, yamamoto, width)
			reporter.check("reporter", width)
			reporter.open("/incidents/" + incidentID)
			reporter.check("report", width)
			outsider := r.sitDown(ctx, t, nakamura, width)
			outsider.check("empty", width)
			outsider.open("/incidents")
			outsider.check("empty-list", width)
		})
	}
}

func TestEveryDialogCanBeReadByEverybody(t *testing.T) {
	r := openRoom(t)
	ctx := browser(t)
	for _, width := range []int64{wide, narrow} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			p := r.sitDown(ctx, t, suzuki, width)
			p.open("/?c=" + channel)
			p.say("/incident")
			p.until(`document.querySelector("#ask").open`)
			p.check("dialog-report", width)
			p.js(`document.querySelector("#ask .primary").click()`)
			p.untilText("#ask", "ひとことでも")
			p.check("dialog-refused", width)
			p.js(`document.querySelector("#ask [data-close]").click()`)

			p.say("/incident 全部")
			p.untilText("#ask", "すべての種類")
			p.check("dialog-every", width)
			p.js(`document.querySelector("#ask [name='v.count']").scrollIntoView()`)
			p.check("dialog-every-end", width)
			p.js(`document.querySelector("#ask [data-close]").click()`)

			p.say("/incident だめ")
			p.untilText("#answers", "先へ進めません")
			p.check("answer", width)
			p.js(`document.querySelector("#pinned .danger").click()`)
			p.until(`document.querySelector("#sure").open`)
			p.check("dialog-sure", width)
		})
	}
}

// In the dark, and in English, the words are others and the colours are others.
func TestDarkAndEnglish(t *testing.T) {
	r := openRoom(t)
	r.desk.set(func() { r.desk.lang = "en" })
	ctx := browser(t)
	p := r.sitDown(ctx, t, suzuki, wide)
	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, dark); err != nil {
		t.Fatal(err)
	}
	for _, page := range []struct{ name, path string }{{"dark-channel", "/?c=" + channel}, {"dark-incident", "/incidents/" + incidentID}} {
		p.open(page.path)
		if lang := ask[string](p, "document.documentElement.lang"); lang != "en" {
			t.Errorf("%s: lang is %q", page.name, lang)
		}
		p.check(page.name, wide)
	}
	p.open("/?c=" + channel)
	p.say("/incident 全部")
	p.until(`document.querySelector("#ask").open`)
	p.check("dark-dialog", wide)
}

// check looks at what is shown, and fails on what the eye and axe-core would.
func (p *person) check(name string, width int64) {
	p.t.Helper()
	where := fmt.Sprintf("%s-%d", name, width)
	p.shoot(where)
	p.axe(where)
	p.fits(where)
	if width == narrow {
		for _, small := range ask[[]string](p, tooSmall) {
			p.t.Errorf("%s: too small for a thumb: %s", where, small)
		}
	}
	if n := ask[int](p, `document.querySelectorAll("h1").length`); n != 1 {
		p.t.Errorf("%s: %d first headings", where, n)
	}
	if ask[string](p, "document.title") == "" || ask[string](p, `document.querySelector(".practice strong")?.innerText ?? ""`) == "" {
		p.t.Errorf("%s: no title, or no word that this is practice", where)
	}
}

// tooSmall lists what is pressed and lower than 44 px; a link within a sentence may be.
const tooSmall = `[...document.querySelectorAll("dialog[open] :is(button, select, textarea, input:not([type=hidden]), .option)").length
	? document.querySelectorAll("dialog[open] :is(button, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio]), .option)")
	: document.querySelectorAll("body :is(button, .button, select, textarea, .side a, .rows a, summary)")]
	.filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 43.5)
	.map(e => Math.round(e.getBoundingClientRect().height) + " px: " + e.outerHTML.slice(0, 140))`
