package main

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestBrowserAnotherSession: whoever has to say again who he is, in the middle of typing, loses
// neither the line nor the form.
func TestBrowserAnotherSession(t *testing.T) {
	browser := openBrowser(t)
	r := serveFor(t)
	seen := map[string]bool{}
	p := r.sit(browser, t, yamamoto, 0, seen)
	forget := func() {
		t.Helper()
		if _, err := chromedp.Call(p.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}

	// The line: the page asks who it is, and has it again.
	p.do(chromedp.Click(chromedp.CSS("#text")))
	p.types("社用PCを置き忘れた")
	forget()
	p.press("#say", spoken("web.say.send"))
	p.press(".people", yamamoto)
	p.until(`document.querySelector("#text")?.value === "社用PCを置き忘れた"`)
	p.press("#say", spoken("web.say.send"))
	p.sees(answer, spoken("ask.loose.title"), "社用PCを置き忘れた")
	p.until(`document.querySelector("#text").value === ""`)

	// The form: it stays as it is, and is taken when he has said so in another window.
	p.press("#side", spoken("web.report"))
	p.fill("event", happened, "contractor", "なし")
	forget()
	p.press("#ask", spoken("form.report.submit"))
	p.sees("#ask .form-trouble", spoken("web.error.token"))
	p.look("form-who")
	again := r.sit(browser, t, yamamoto, 0, seen)
	got, err := chromedp.Call(again.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil || len(got.Cookies) == 0 {
		t.Fatal(got, err)
	}
	for _, c := range got.Cookies {
		if _, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: r.url, HTTPOnly: new(true)}); err != nil {
			t.Fatal(err)
		}
	}
	tells[bool](p, `(dispatchEvent(new Event("visibilitychange")), refresh(), true)`) // he comes back to this one
	p.until(`document.querySelector("#ask [name=csrf]").value === document.querySelector("#side [name=csrf]").value && !document.querySelector("[data-busy]")`)
	p.send()
	p.sees("#posts", "TRN-")
	// What was sent is not there again.
	p.open("/")
	p.until(`document.querySelector("#text")?.value === ""`)
	p.hides("#posts", spoken("web.feed.empty"))

	// Whoever signs out leaves nothing of it in the browser. In practice nobody does: the form is put there.
	p.do(chromedp.Click(chromedp.CSS("#text")))
	p.types("まだ送っていない")
	if left := tells[string](p, `(() => {
		sessionStorage.setItem("line:elsewhere", "まだ送っていない");
		const form = document.createElement("form");
		form.className = "leave";
		form.addEventListener("submit", e => e.preventDefault());
		document.body.append(form);
		form.requestSubmit();
		dispatchEvent(new Event("pagehide"));
		return JSON.stringify(sessionStorage);
	})()`); left != "{}" {
		t.Errorf("signed out, it left %s", left)
	}
}
