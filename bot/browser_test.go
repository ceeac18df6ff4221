package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
)

// The tests of browser_….go run the program as it is started (run, serve), with its own
// database, courier and sockets, and use it as people do: in a browser, each person with
// cookies of their own. What is pressed is found by the words on it, and is pressed by the
// mouse or the keyboard where it lies, so that what is covered or out of sight fails.

// spoken is a text of the product in Japanese, the language these tests read.
func spoken(key string, pairs ...string) string {
	return spokenTexts().Say("ja", key, pairs...)
}

var spokenTexts = sync.OnceValue(func() *templates.Texts {
	t, err := templates.LoadTexts(nil)
	if err != nil {
		panic(err)
	}
	return t
})

// written is what the program prints, while it runs.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// complaints are the lines of a log that tell of something wrong, and whatever else was
// written beside them.
func complaints(errs *written) string {
	var out strings.Builder
	for line := range strings.Lines(errs.String()) {
		if !strings.Contains(line, `"level":"INFO"`) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// running is the program, serving on a free port of this machine.
type running struct {
	url      string
	data     string
	database string
	stop     func() // as by Ctrl+C; it must end well, and with nothing to complain of in its log
}

var printedAddress = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// serveFor starts the program on an empty data folder, and stops it at the end of the test.
func serveFor(t *testing.T) *running {
	t.Helper()
	r := &running{data: t.TempDir()}
	r.database = pgtest.Database(t, filepath.Join(r.data, "practice.db"), store.Migrate)
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs written
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve"}, []string{"HIKESHI_DATA=" + r.data, "DATABASE_URL=" + r.database, "HIKESHI_LISTEN=127.0.0.1:0"}, &out, &errs)
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("the program ended with %d: %s", code, errs.String())
			}
		case <-time.After(stopWithin + 10*time.Second):
			t.Error("the program did not stop")
		}
		if s := complaints(&errs); s != "" {
			t.Errorf("the program logged: %s", s)
		}
	})
	t.Cleanup(r.stop)
	for limit := time.After(20 * time.Second); r.url == ""; {
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("the program ended with %d at once: %s%s", code, out.String(), errs.String())
		case <-limit:
			t.Fatal("the program printed no address:", out.String(), errs.String())
		case <-time.After(5 * time.Millisecond):
			r.url = printedAddress.FindString(out.String())
		}
	}
	return r
}

// absent stops where everything must run, and says loudly elsewhere that something did not.
func absent(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
		t.Fatal(what + ": run make tools")
	}
	t.Skip("NOT TESTED: " + what + ": run make tools")
}

func browserPath() string {
	if p := os.Getenv("HIKESHI_CHROMIUM"); p != "" {
		return p
	}
	for _, name := range []string{"headless_shell", "headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

// openBrowser starts one browser for a test.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	path := browserPath()
	if path == "" {
		absent(t, "no chromium")
	}
	profile := t.TempDir() // before the cleanup below: it is removed after it
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(profile), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
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

// widths are the windows everything is shown in: a desk, and a phone.
var widths = []struct{ wide, high int64 }{{1280, 900}, {390, 844}}

const phone390 = 390

// atDesk is one person at a browser window of their own.
type atDesk struct {
	t     *testing.T
	ctx   context.Context
	at    *running
	name  string
	width int64
	seen  map[string]bool // pages already looked at, shared within a test
}

// sit opens a window and chooses who to be; nobody for an empty name.
func (r *running) sit(browser context.Context, t *testing.T, name string, width int, seen map[string]bool) *atDesk {
	t.Helper()
	own, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(own); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(own, 5*time.Minute)
	t.Cleanup(stop)
	p := &atDesk{t: t, ctx: ctx, at: r, name: name, width: widths[width].wide, seen: seen}
	p.listenToConsole()
	size := []chromedp.EmulateViewportOption{}
	if p.width == phone390 {
		size = append(size, chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do(chromedp.EmulateViewport(p.width, widths[width].high, size...))
	// Several windows of one screen: each takes itself for the one that is looked at.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.open("/")
	if name != "" {
		p.look("choose")
		p.press(".people", name)
		p.until(`document.querySelector("#posts")`)
		p.sees(".me", name)
	}
	return p
}

// listenToConsole fails the test on what a page complains of. That a page was not found,
// that it is not known who asks, or that a stopped program does not answer, is asked for.
func (p *atDesk) listenToConsole() {
	ctx, stop := context.WithCancel(p.ctx)
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			expected := regexp.MustCompile(`status of 40[134]|net::ERR_(ABORTED|CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)`)
			bad := m.IsException() || m.Type == "error" || m.Type == "warning"
			if bad && !expected.MatchString(m.Text) {
				p.t.Errorf("%s's browser says: %s", p.name, m)
			}
		}
	}()
	p.t.Cleanup(func() { stop(); <-done })
}

func (p *atDesk) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

func (p *atDesk) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.at.url + path))
}

// tells gives the value of an expression of the page.
func tells[T any](p *atDesk, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, expression, err)
	}
	return v
}

// patienceOfTests is how long something may take to appear.
const patienceOfTests = 20 * time.Second

// until waits for a condition of the page, across navigations.
func (p *atDesk) until(condition string) {
	p.t.Helper()
	p.untilOr(condition, func() string { return "never came true: " + condition })
}

func (p *atDesk) untilOr(condition string, why func() string) {
	p.t.Helper()
	asked := `new Promise(done => setTimeout(() => done(!!(` + condition + `)), 20))`
	for limit := time.Now().Add(patienceOfTests); ; {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](asked, chromedp.EvalAwaitPromise))
		if err == nil && ok {
			return
		}
		if time.Now().After(limit) || p.ctx.Err() != nil {
			p.shoot("failed-" + p.name)
			p.t.Fatalf("%s: %s (%v)\n%s", p.name, why(), err, tells[string](p, `location.href + "\n" + document.body.innerText.slice(0, 6000)`))
		}
	}
}

// sees waits for a text in a part of the page; missing parts of it are named.
func (p *atDesk) sees(selector string, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.untilOr(fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.checkVisibility() && e.innerText.replace(/\s+/g, "").includes(%q))`, selector, strings.Join(strings.Fields(text), "")),
			func() string { return fmt.Sprintf("%s never showed %q", selector, text) })
	}
}

// hides fails when a part of the page shows a text now.
func (p *atDesk) hides(selector, text string) {
	p.t.Helper()
	if tells[bool](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))`, selector, text)) {
		p.t.Errorf("%s: %s shows %q", p.name, selector, text)
	}
}

// shoot keeps a picture where somebody wants to look at it.
func (p *atDesk) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("HIKESHI_SHOTS")
	if dir == "" {
		return
	}
	take := chromedp.FullScreenshot(100)
	if tells[bool](p, `document.querySelector("dialog[open], #posts") !== null`) {
		take = chromedp.CaptureScreenshot() // a dialog and a room are as large as the window
	}
	png, err := chromedp.Run(p.ctx, take)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, p.width)), png, 0o600)
	}
	if err != nil {
		p.t.Error(err)
	}
}
