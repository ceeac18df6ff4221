package web_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hikeshi/bot/chat"
)

// Two people in two browsers: what one does appears at the other's without a reload.
func TestTwoPeopleSeeEachOtherWork(t *testing.T) {
	r := openRoom(t)
	ctx := browser(t)
	a, b := r.sitDown(ctx, t, suzuki, wide), r.sitDown(ctx, t, sato, narrow)
	for _, p := range []*person{a, b} {
		p.open("/?c=" + channel)
		p.js(`window.notReloaded = true`)
	}
	b.js(`document.querySelector("#text").value = "書きかけ"`)
	b.js(`document.querySelector("#pinned").open = true`)
	a.say("駅に電話した")
	a.untilText("#posts", "駅に電話した")
	b.untilText("#posts", "駅に電話した")
	a.until(`document.querySelector("#text").value === ""`)

	a.js(`[...document.querySelectorAll("#side a")].at(0).click()`)
	a.untilText("#posts", "対応をお願いします")
	a.click("#posts .primary")
	a.untilText("#answers", "担当になりました")
	b.untilText("#pinned", "鈴木さん（代理）")
	if !ask[bool](b, `window.notReloaded && document.querySelector("#text").value === "書きかけ" && document.querySelector("#pinned").open`) {
		t.Error("the page was loaded again, or what was typed or open is gone")
	}
	if n := ask[int](b, `document.querySelectorAll('#posts [data-key=r1]').length`); n != 1 {
		t.Errorf("a message is shown %d times", n)
	}
	if n := len(r.desk.seen()); n != 2 {
		t.Errorf("%d requests, want the note and the press", n)
	}
	// The clock is everybody's.
	a.click(`button[value="1h"]`)
	b.untilText("#top", "03:07")
}

// Nothing but the keyboard: from the first key to an accepted report.
func TestTheKeyboardAloneIsEnough(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, yamamoto, wide)
	p.open("/")
	press := func(key string, mods ...chromedp.Modifier) {
		t.Helper()
		p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(mods...)))
	}
	at := func() string {
		return ask[string](p, `(e => e.id || e.innerText || e.name || e.tagName)(document.activeElement).trim().split("\n")[0]`)
	}
	tabTo := func(want string) {
		t.Helper()
		var path []string
		for range 60 {
			press(kb.Tab)
			got := at()
			path = append(path, got)
			if visible := ask[bool](p, `(e => { const s = getComputedStyle(e); return e === document.body || s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 })(document.activeElement)`); !visible {
				t.Errorf("the focus on %q cannot be seen", got)
			}
			if got == want {
				return
			}
		}
		t.Fatalf("%q cannot be reached: %v", want, path)
	}
	press(kb.Tab)
	if got := at(); got != "本文へ移動" {
		t.Errorf("the first stop is %q, not the way past the frame", got)
	}
	press(kb.Enter)
	p.until(`document.activeElement.id === "main"`)
	tabTo("text")
	press(kb.Tab, chromedp.ModifierShift)
	p.open("/")
	tabTo("事故を報告する")
	press(kb.Enter)
	p.until(`document.activeElement.id === "in-text"`)
	p.do(chromedp.KeyEvent("かばん"))

	// What changes by itself meanwhile takes the place of the button that opened it.
	p.js(`[...document.querySelectorAll("button")].find(b => b.innerText === "事故を報告する").closest("[data-swap]").append(document.createElement("i"))`)
	r.web.Changed("")
	p.until(`![...document.querySelectorAll("button")].find(b => b.innerText === "事故を報告する").closest("[data-swap]").querySelector(":scope > i")`)
	// Escape closes and keeps; the way back leads to what was typed.
	press(kb.Escape)
	p.until(`!document.querySelector("#ask").open && !document.querySelector("#kept").hidden`)
	if got := at(); got != "事故を報告する" {
		t.Errorf("after the dialog the focus is on %q", got)
	}
	<-r.desk.stored
	tabTo("続きを書く")
	press(kb.Enter)
	p.until(`document.querySelector("#in-text")?.value === "かばん" && document.querySelector("#ask").open`)
	// The dialog keeps the focus among its own.
	for range 12 {
		press(kb.Tab)
		if !ask[bool](p, `document.activeElement === document.body || document.querySelector("#ask").contains(document.activeElement)`) {
			t.Errorf("the focus left the dialog for %q", at())
		}
	}
	tabTo("報告する")
	press(kb.Enter)
	p.untilText("#answers", "かばん")
	if got := last(t, r.desk); got.Kind != chat.Submitted || got.Values["text"] != "かばん" || got.Values["discovered_at"] != "2026-11-22T01:45" {
		t.Errorf("%+v", got)
	}
	p.until(`document.querySelector("#kept").hidden`)
}

// What the page says is kept is kept: however long it is, only once the server has it, and
// for nobody else.
func TestOnlyWhatIsKeptIsSaidToBeKept(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, yamamoto, wide)
	write := func(text string) {
		t.Helper()
		p.say("/incident")
		p.until(`document.activeElement.id === "in-text"`)
		p.js(fmt.Sprintf(`document.querySelector("#in-text").value = %s`, text))
		p.js(`document.querySelector("#ask [data-close]").click()`)
		p.until(`!document.querySelector("#ask").open`)
	}
	kept := func() bool {
		return ask[bool](p, `!document.querySelector("#kept").hidden && Object.keys(sessionStorage).length > 0`)
	}

	p.js(`window.answers = [], window.really = fetch, window.fetch = (...a) => really(...a).then(r => { if (a[0] === "/draft") setTimeout(() => answers.push(r.status)); return r; })`)
	r.desk.set(func() { r.desk.unkept = errors.New("the disk is full") })
	write(`"短い"`)
	p.until(`answers.length === 1`)
	if kept() {
		t.Error("a draft that the server could not keep is said to be kept")
	}
	r.desk.set(func() { r.desk.unkept = nil })

	write(`"あ".repeat(18000)`)
	p.until(`!document.querySelector("#kept").hidden`)
	<-r.desk.stored
	p.js(`document.querySelector("#kept button").click()`)
	p.until(`document.querySelector("#ask").open && document.querySelector("#in-text").value.length === 18000`)
	p.js(`document.querySelector("#ask [data-close]").click()`)

	// Somebody else at the same browser is offered nothing; its author is, again.
	for _, c := range []struct {
		who  chat.UserID
		kept bool
	}{{suzuki, false}, {yamamoto, true}} {
		p.open("/be")
		p.js(fmt.Sprintf(`document.querySelector('.people input[value=%q]').form.querySelector("button").click()`, c.who))
		p.until(fmt.Sprintf(`document.querySelector("#posts") && document.querySelector("#top").dataset.me === %q`, c.who))
		if got := ask[bool](p, `!document.querySelector("#kept").hidden`); got != c.kept {
			t.Errorf("%s is offered a draft: %v", c.who, got)
		}
	}
}

func TestARefusedFormLeadsToItsFirstFault(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, suzuki, narrow)
	p.say("/incident")
	p.until(`document.activeElement.id === "in-text"`)
	p.js(`document.querySelector("[name='v.kind']").value = "loss"`)
	p.js(`document.querySelector("#ask .primary").click()`)
	p.until(`document.activeElement.getAttribute("aria-invalid") === "true"`)
	got := ask[string](p, `[document.activeElement.id, document.getElementById(document.activeElement.getAttribute("aria-describedby").split(" ")[0]).innerText, document.querySelector("[name='v.kind']").value].join("|")`)
	if want := "in-text|要修正 何が起きたかを、ひとことでも書いてください。|loss"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAJapaneseConversionIsNotSent(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, suzuki, wide)
	p.js(`document.querySelector("#text").value = "しゃよう"`)
	enter := func(more string) {
		p.js(fmt.Sprintf(`document.querySelector("#text").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, %s}))`, more))
	}
	before := len(r.desk.seen())
	enter(`isComposing: true`)
	enter(`keyCode: 229`)
	enter(`shiftKey: true`)
	p.js(`document.querySelector("#text").value = "社用PC"`)
	enter(`keyCode: 13`)
	p.until(`document.querySelector("#text").value === ""`)
	if got := r.desk.seen()[before:]; len(got) != 1 || got[0].Text != "社用PC" {
		t.Errorf("%+v", got)
	}
}

// Pressing again and again while the first press is under way is one press; the line that
// was not answered keeps its ID when it is sent again.
func TestImpatienceDoesNothingTwice(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, suzuki, wide)
	hold := make(chan struct{})
	r.desk.set(func() { r.desk.hold = hold })
	p.js(`document.querySelector("#text").value = "/incident 鍵をなくした"`)
	p.js(`[1, 2, 3].forEach(() => document.querySelector("#say button").click())`)
	p.until(`document.querySelector("#say button").getAttribute("aria-disabled") === "true"`)
	if got := ask[string](p, `document.querySelector("#say button").innerText`); got != "送信中" {
		t.Errorf("the button says %q", got)
	}
	close(hold)
	p.untilText("#answers", "鍵をなくした")
	if n := len(r.desk.seen()); n != 1 {
		t.Errorf("%d requests", n)
	}

	// Nothing is heard for ten seconds: whom to phone is said, and what was typed stays.
	p.js(`void (window.realFetch = window.fetch, window.fetch = () => Promise.reject(new DOMException("too long", "TimeoutError")))`)
	p.js(`document.querySelector("#text").value = "もう一度"`)
	line := ask[string](p, `document.querySelector("#say").elements.line.value`)
	p.js(`document.querySelector("#say button").click()`)
	p.untilText("#answers", "090-0000-0002")
	p.shoot("slow-1280")
	p.axe("slow-1280")
	if got := ask[string](p, `[document.querySelector("#text").value, document.querySelector("#say").elements.line.value].join("|")`); got != "もう一度|"+line {
		t.Errorf("%q, want the text and %q", got, line)
	}
	p.js(`void (window.fetch = window.realFetch)`)
	p.js(`document.querySelector("#say button").click()`)
	p.until(`document.querySelector("#text").value === "" && document.querySelector("#say").elements.line.value !== "` + line + `" && !document.querySelector(".slow")`)
}

func TestAButtonThatIsHardToTakeBackAsksFirst(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, suzuki, wide)
	p.open("/?c=" + channel)
	p.js(`document.querySelector("#pinned .danger").click()`)
	p.untilText("#sure", "よろしいですか")
	p.do(chromedp.KeyEvent(kb.Enter)) // the first button is the harmless one
	p.until(`!document.querySelector("#sure").open`)
	if len(r.desk.seen()) > 0 {
		t.Fatal("done without a yes")
	}
	p.js(`document.querySelector("#pinned .danger").click()`)
	p.until(`document.querySelector("#sure").open`)
	p.do(chromedp.Click(chromedp.CSS("#sure-yes")))
	p.untilText("#answers", "非該当として終えました")
	if got := last(t, r.desk); got.Action != "close|2" {
		t.Errorf("%+v", got)
	}
}

// A page that was opened as somebody else is not acted on in the wrong name.
func TestAnotherTabIsTheNewPersons(t *testing.T) {
	r := openRoom(t)
	p := r.sitDown(browser(t), t, suzuki, wide)
	p.open("/?c=" + channel)
	p.js(`fetch("/be").then(r => r.text()).then(html => { const d = new DOMParser().parseFromString(html, "text/html");
		fetch("/be", {method: "POST", body: new URLSearchParams({csrf: d.querySelector("[name=csrf]").value, who: "` + string(nakamura) + `", back: "/"})}) })`)
	p.until(`document.body.classList.contains("is-error")`)
	p.open("/")
	p.untilText("#top", "中村 拓也")
}
