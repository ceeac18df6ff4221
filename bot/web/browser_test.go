package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hikeshi/bot/chat"
	"hikeshi/bot/web"
)

// room is a web room that listens, with a fake desk behind it.
type room struct {
	*httptest.Server
	web  *web.Server
	desk *fakeDesk
}

func openRoom(t testing.TB, change ...func(*web.Config)) *room {
	t.Helper()
	d := newFakeDesk()
	c := web.Config{
		Desk: d, NotFound: errNotFound, Say: texts.Say, Lang: "ja", Practice: true, Listen: "127.0.0.1:8119",
		Clock: func() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.now },
		Move:  func(_ context.Context, by time.Duration) error { d.set(func() { d.now = d.now.Add(by) }); return nil },
	}
	for _, f := range change {
		f(&c)
	}
	s := web.New(c)
	d.changed = s.Changed
	r := &room{Server: httptest.NewServer(s.Handler()), web: s, desk: d}
	t.Cleanup(func() { s.Stop(); r.Close() })
	return r
}

// missing stops where everything must run, and says loudly elsewhere that something did not.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
		t.Fatal(what + ": run make tools")
	}
	t.Skip("NOT TESTED: " + what + ": run make tools")
}

var chromium = sync.OnceValue(func() string {
	if p := os.Getenv("HIKESHI_CHROMIUM"); p != "" {
		return p
	}
	for _, name := range []string{"headless_shell", "headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
})

// browser starts one browser for a test; persons are opened in it with their own cookies.
func browser(t *testing.T) context.Context {
	t.Helper()
	if chromium() == "" {
		missing(t, "no chromium")
	}
	profile := t.TempDir() // before the cleanup below: it is removed after it
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(profile), chromedp.ExecPath(chromium()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true), chromedp.Flag("lang", "ja"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		end, done := context.WithTimeout(ctx, 20*time.Second)
		defer done()
		if err := chromedp.Cancel(end); err != nil {
			t.Log("close the browser:", err)
		}
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal("start the browser:", err)
	}
	return ctx
}

// person is somebody at a browser of his own.
type person struct {
	t   *testing.T
	ctx context.Context
	at  *room
}

const (
	wide   = 1280
	narrow = 390
)

// sitDown opens a browser window of a width and chooses who to be.
func (r *room) sitDown(parent context.Context, t *testing.T, who chat.UserID, width int64) *person {
	t.Helper()
	own, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(own); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(own, 90*time.Second)
	t.Cleanup(stop)
	p := &person{t: t, ctx: ctx, at: r}
	p.size(width)
	if who != "" {
		p.open("/")
		p.js(fmt.Sprintf(`document.querySelector('.people input[value=%q]').form.querySelector("button").click()`, who))
		p.until(`document.querySelector("#posts") !== null`)
	}
	return p
}

func (p *person) size(width int64) {
	p.t.Helper()
	if width == narrow {
		p.do(chromedp.EmulateViewport(narrow, 844, chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch))
	} else {
		p.do(chromedp.EmulateViewport(width, 900))
	}
}

func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// click presses what stands there. Where the page has put a new one in its place between the
// finding and the pressing, it is found again.
func (p *person) click(selector string) {
	p.t.Helper()
	for {
		err := chromedp.Do(p.ctx, chromedp.Click(chromedp.CSS(selector)))
		switch {
		case err == nil:
			return
		case p.ctx.Err() != nil, !strings.Contains(err.Error(), "Could not find node"):
			p.t.Fatal(err)
		}
	}
}

func (p *person) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.at.URL + path))
}

// js runs an expression for what it does.
func (p *person) js(expression string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void]("void(" + expression + ")"))
}

// ask gives the value of an expression.
func ask[T any](p *person, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for a condition of the page, across navigations.
func (p *person) until(condition string) {
	p.t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`new Promise(done => requestAnimationFrame(() => done(!!(`+condition+`))))`, chromedp.EvalAwaitPromise))
		if err == nil && ok {
			return
		}
		if time.Now().After(limit) || p.ctx.Err() != nil {
			p.t.Fatalf("never came true: %s (%v)\n%s", condition, err, ask[string](p, `document.body.innerText + "\n" + document.activeElement.outerHTML + document.querySelector("#text")?.value`))
		}
	}
}

func (p *person) untilText(selector, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, text))
}

// say types a line and sends it with Enter.
func (p *person) say(text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS("#text"), text+"\r"))
}

// shoot keeps a picture where somebody wants to look at it.
func (p *person) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("HIKESHI_SHOTS")
	if dir == "" {
		return
	}
	take := chromedp.FullScreenshot(100)
	if ask[bool](p, `document.querySelector("dialog[open]") !== null`) {
		take = chromedp.CaptureScreenshot() // a dialog is as large as the window
	}
	png, err := chromedp.Run(p.ctx, take)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// axe looks for what somebody with a screen reader, a keyboard or weak eyes would stumble over.
func (p *person) axe(where string) {
	p.t.Helper()
	path := os.Getenv("HIKESHI_AXE")
	if path == "" {
		path = "../../.tools/axe/node_modules/axe-core/axe.min.js"
	}
	source, err := os.ReadFile(path)
	if err != nil {
		missing(p.t, "no axe-core at HIKESHI_AXE")
	}
	p.do(chromedp.Evaluate[chromedp.Void](string(source)))
	found := ask[string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify({passes: r.passes.length, violations: r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, at: v.nodes.map(n => n.target.join(" ") + " " + n.html.slice(0, 160))}))}))`)
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
		p.t.Errorf("%s: %s (%s): %s\n  %s", where, v.ID, v.Impact, v.Help, strings.Join(v.At, "\n  "))
	}
}

// fits fails when the page scrolls sideways or has something too small for a thumb.
func (p *person) fits(where string) {
	p.t.Helper()
	if over := ask[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		p.t.Errorf("%s: wider than the window by %d px: %s", where, over,
			ask[string](p, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`))
	}
}
