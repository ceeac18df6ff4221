package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

var axeSource = sync.OnceValues(func() (string, error) {
	path := os.Getenv("HIKESHI_AXE")
	if path == "" {
		path = "../.tools/axe/node_modules/axe-core/axe.min.js"
	}
	b, err := os.ReadFile(path)
	return string(b), err
})

// look keeps a picture of a page or dialog and fails on what somebody with a screen reader,
// a keyboard, weak eyes or a small window would stumble over. A page that a test comes by
// again under the same name and width is looked at once.
func (p *atDesk) look(name string) {
	p.t.Helper()
	where := fmt.Sprintf("%s-%d", name, p.width)
	if p.seen[where] {
		return
	}
	p.seen[where] = true
	p.shoot(name)
	p.axe(where)
	if over := tells[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		p.t.Errorf("%s: wider than the window by %d px: %s", where, over,
			tells[string](p, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`))
	}
	// A key that is shown as itself is a sentence somebody forgot to write.
	for _, key := range tells[[]string](p, `[...new Set(document.body.innerText.match(/\b[a-z]+(?:\.[a-z_0-9]+)+\b/g) ?? [])]`) {
		if head, _, _ := strings.Cut(key, "."); spokenHeads()[head] {
			p.t.Errorf("%s: the text %q is missing", where, key)
		}
	}
	for _, hole := range tells[[]string](p, `[...new Set(document.body.innerText.match(/\{[a-z_]+\}/g) ?? [])]`) {
		p.t.Errorf("%s: %s is not filled in", where, hole)
	}
}

// spokenHeads are the first parts of the texts' keys.
var spokenHeads = sync.OnceValue(func() map[string]bool {
	heads := map[string]bool{}
	for _, key := range spokenTexts().Keys() {
		head, _, _ := strings.Cut(key, ".")
		heads[head] = true
	}
	for _, head := range []string{"form", "input", "page", "reporter", "notice", "missing", "button", "choice", "question"} {
		heads[head] = true
	}
	return heads
})

func (p *atDesk) axe(where string) {
	p.t.Helper()
	source, err := axeSource()
	if err != nil {
		absent(p.t, "no axe-core at HIKESHI_AXE")
	}
	if !tells[bool](p, `typeof axe === "object"`) {
		p.do(chromedp.Evaluate[chromedp.Void](source))
	}
	found := tells[string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify({passes: r.passes.length, violations: r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, at: v.nodes.map(n => n.target.join(" ") + " " + n.html.slice(0, 160))}))}))`)
	var r struct {
		Passes     int
		Violations []struct {
			ID, Impact, Help string
			At               []string
		}
	}
	if err := json.Unmarshal([]byte(found), &r); err != nil {
		p.t.Fatal(err)
	}
	if r.Passes == 0 {
		p.t.Errorf("%s: axe checked nothing", where)
	}
	for _, v := range r.Violations {
		say := p.t.Logf
		if v.Impact == "serious" || v.Impact == "critical" {
			say = p.t.Errorf
		}
		say("%s: %s (%s): %s\n  %s", where, v.ID, v.Impact, v.Help, strings.Join(v.At, "\n  "))
	}
}
