package mail_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"hikeshi/bot/chat"
	"hikeshi/bot/mail/mailtest"
)

// browser starts a browser, where there is one.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("HIKESHI_CHROMIUM")
	for _, name := range []string{"headless_shell", "headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("HIKESHI_TEST_REQUIRE") == "1" {
			t.Fatal("no chromium: run make tools")
		}
		t.Skip("NOT TESTED: no chromium: run make tools")
	}
	profile := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(profile), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
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

// A mail can be read on a phone and on a desk, by day and in the dark: nothing is cut off, what
// is pressed is large enough for a thumb, and every letter stands out (WCAG 2.2, 1.4.3: 4.5:1).
func TestAMailCanBeReadEverywhere(t *testing.T) {
	parent := browser(t)
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	long := page(aCall())
	long.Call.Phones = append(long.Call.Phones, chat.Phone{Name: "x123456789012345678901234567890123456789012345678901234567890", Role: "システム管理者", Number: "+81 90-0000-0004"})
	long.Call.Avoid, long.Call.More, long.Call.Practice = "Slack", 2, true
	card := page(aCall())
	card.Call, card.Card = nil, aCard()
	n := 0
	for name, d := range map[string]chat.Delivery{"page": page(aCall()), "long": long, "card": card} {
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "mail.html")
		if err := os.WriteFile(file, []byte(s.Messages()[n].HTML), 0o600); err != nil {
			t.Fatal(err)
		}
		n++
		for _, width := range []int64{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				where := fmt.Sprintf("mail-%s-%d-%s", name, width, scheme)
				ctx, cancel := context.WithTimeout(parent, 30*time.Second)
				look := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
				if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, look); err != nil {
					t.Fatal(err)
				}
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 844), chromedp.Navigate("file://"+file)); err != nil {
					t.Fatal(err)
				}
				wrong, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](faint))
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range wrong {
					t.Errorf("%s: %s", where, w)
				}
				if dir := os.Getenv("HIKESHI_SHOTS"); dir != "" {
					png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					if err == nil {
						err = os.WriteFile(filepath.Join(dir, where+".png"), png, 0o600)
					}
					if err != nil {
						t.Error(err)
					}
				}
				cancel()
			}
		}
	}
}

// faint lists what does not fit, is too small to press, or is too pale to read.
const faint = `(() => {
	const wrong = []
	if (document.documentElement.scrollWidth > innerWidth) wrong.push("it is wider than the window: " + document.documentElement.scrollWidth)
	for (const a of document.querySelectorAll("td > a")) {
		const h = a.getBoundingClientRect().height
		if (h < 44) wrong.push("too small for a thumb: " + h)
	}
	const c = document.createElement("canvas").getContext("2d", {willReadFrequently: true})
	const rgba = s => { c.clearRect(0, 0, 1, 1); c.fillStyle = s; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data] }
	const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
	const dark = matchMedia("(prefers-color-scheme: dark)").matches
	const ground = e => { for (; e; e = e.parentElement) { const b = rgba(getComputedStyle(e).backgroundColor); if (b[3] === 255) return b } return dark ? [18, 18, 18] : [255, 255, 255] }
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	while (walk.nextNode()) {
		if (!walk.currentNode.data.trim()) continue
		const e = walk.currentNode.parentElement
		const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x)
		const ratio = (a + 0.05) / (b + 0.05)
		if (ratio < 4.5) wrong.push("too pale, " + ratio.toFixed(1) + ": " + walk.currentNode.data.trim())
	}
	return wrong
})()`
