//go:build !windows

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"hikeshi/bot/desk"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// woken is the program with its pages on a socket, in one of its modes, and people who are
// called and have nothing but the link of a mail.
type woken struct {
	t     *testing.T
	house *house
	clock *nightClock
	url   string
}

func wake(t *testing.T, mode, lang string) *woken {
	t.Helper()
	ctx := context.Background()
	w := &woken{t: t, clock: &nightClock{now: time.Date(2026, 11, 22, 2, 0, 0, 0, incident.Tokyo)}}
	p := &program{out: io.Discard, errs: io.Discard, settings: settings{
		DatabaseURL: pgtest.Database(t, filepath.Join(t.TempDir(), mode+".db"), store.Migrate), Lang: lang, Mode: mode, Listen: "127.0.0.1:0",
	}}
	o := &opened{clock: w.clock}
	set, err := p.templates()
	if err != nil {
		t.Fatal(err)
	}
	o.take(set)
	if o.store, err = store.Open(ctx, p.settings.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	if w.house, err = p.wire(ctx, o, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if mode == modeLive {
		rows, faults := contact.Parse(templates.SampleContacts())
		if faults != nil {
			t.Fatal(faults)
		}
		if _, err := w.house.service.ImportContacts(ctx, rows); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(w.house.web.Handler())
	w.url = server.URL
	t.Cleanup(func() {
		w.house.web.Stop()
		server.Close()
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *woken) person(name string) incident.Actor {
	w.t.Helper()
	found := w.house.service.Contacts().Find(name)
	if len(found) != 1 {
		w.t.Fatalf("%q: %v", name, found)
	}
	p, _ := w.house.service.Contacts().Person(found[0])
	return incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
}

func (w *woken) do(name string, id incident.ID, do incident.Command) incident.ID {
	w.t.Helper()
	out, err := w.house.service.Do(context.Background(), workflows.Command{
		Key: fmt.Sprint(name, id, do), Incident: id, By: w.person(name), Source: incident.FromPerson, Do: do,
	})
	if err != nil || !out.Accepted() {
		w.t.Fatalf("%+v %v", out.Refusal, err)
	}
	return out.Incident
}

func (w *woken) in(id incident.ID) *incident.Incident {
	w.t.Helper()
	in, err := w.house.store.Incident(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *woken) page(id incident.ID, name string) incident.Page {
	w.t.Helper()
	p, called := w.in(id).Page(w.person(name).ID)
	if !called {
		w.t.Fatalf("%s was not called", name)
	}
	return p
}

// link is the path that a mail brings.
func (w *woken) link(id incident.ID, name string) string {
	w.t.Helper()
	token, _, err := w.house.service.AnswerToken(context.Background(), w.person(name).ID, id, w.page(id, name).Seq)
	if err != nil {
		w.t.Fatal(err)
	}
	return desk.PathAnswer(token)
}

// fetch asks for a page as a program without a script and without cookies.
func (w *woken) fetch(method, path string, form url.Values) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="(form|call)" value="([^"]*)">`)

// button reads the first form of a page, and fills in what its button sends.
func button(page, choice string) url.Values {
	form := url.Values{"choice": {choice}}
	for _, m := range hiddenInput.FindAllStringSubmatch(page, -1) {
		if !form.Has(m[1]) {
			form.Set(m[1], m[2])
		}
	}
	return form
}

// Without a session and without a script: look, press, press again.
func TestAnAnswerLinkNeedsNoSession(t *testing.T) {
	for _, mode := range []string{modePractice, modeLive} {
		t.Run(mode, func(t *testing.T) {
			w := wake(t, mode, "ja")
			id := w.do("山本", "", incident.Report{Text: "顧客名簿の入ったPCを盗まれた"})
			path := w.link(id, "佐藤")
			seq := w.in(id).Seq
			var page string
			for range 50 {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					status, body := w.fetch(method, path, nil)
					if status != http.StatusOK {
						t.Fatalf("%s: %d %s", method, status, body)
					}
					if method == http.MethodGet {
						page = body
					}
				}
			}
			for _, form := range []url.Values{{}, {"choice": {"take"}}, {"choice": {"take"}, "call": button(page, "take")["call"]}} {
				if status, _ := w.fetch(http.MethodPost, path, form); status != http.StatusForbidden {
					t.Errorf("%v: %d", form, status)
				}
			}
			if w.in(id).Seq != seq {
				t.Fatal("something was recorded before anybody pressed")
			}
			if strings.Contains(page, "名簿") || strings.Contains(page, "山本") || !strings.Contains(page, string(id)) || !strings.Contains(page, "（仮）") {
				t.Errorf("the page: %s", page)
			}
			if practice := strings.Contains(page, "訓練"); practice != (mode == modePractice) {
				t.Errorf("practice: %v", practice)
			}
			for range 3 {
				status, body := w.fetch(http.MethodPost, path, button(page, "take"))
				if status != http.StatusOK || !strings.Contains(body, "「対応します」を記録しました") || !strings.Contains(body, `href="/incidents/`+string(id)+`"`) {
					t.Fatalf("%d %s", status, body)
				}
			}
			in := w.in(id)
			if in.Lead != w.person("佐藤").ID {
				t.Errorf("not taken: %+v", in.Pages)
			}
			// The link opens nothing else: what is behind it asks who one is.
			for _, other := range []string{desk.PathIncident(id), "/", desk.PathContacts} {
				_, body := w.fetch(http.MethodGet, other, nil)
				if strings.Contains(body, "名簿") {
					t.Errorf("%s: %s", other, body)
				}
			}
		})
	}
}

// What is no good link is told so, with nobody's number; one for another person, or for an
// incident that leaves its person out, opens nothing of it.
func TestAnswerLinksThatAreNoGood(t *testing.T) {
	w := wake(t, modeLive, "ja")
	id := w.do("山本", "", incident.Report{Text: "PCを盗まれた"})
	sato, suzuki := w.link(id, "佐藤"), w.link(id, "鈴木")
	_, page := w.fetch(http.MethodGet, sato, nil)
	if status, _ := w.fetch(http.MethodPost, suzuki, button(page, "take")); status != http.StatusForbidden {
		t.Errorf("another's form: %d", status)
	}
	w.do("佐藤", id, incident.Take{})
	w.do("佐藤", id, incident.Restrict{Exclude: []incident.PersonID{w.person("鈴木").ID}, Reason: "関係者"})
	_, forged := w.fetch(http.MethodGet, suzuki[:len(suzuki)-3]+"AAA", nil)
	status, out := w.fetch(http.MethodGet, suzuki, nil)
	if status != http.StatusNotFound || out != forged || strings.Contains(out, "090-") || strings.Contains(out, string(id)) {
		t.Errorf("somebody left out: %d %s", status, out)
	}
	w.clock.set(w.clock.Now().Add(24 * time.Hour))
	if status, body := w.fetch(http.MethodGet, sato, nil); status != http.StatusGone || strings.Contains(body, "090-") || strings.Contains(body, string(id)) {
		t.Errorf("after a day: %d %s", status, body)
	}
	if status, _ := w.fetch(http.MethodPost, sato, button(page, "decline")); status != http.StatusGone {
		t.Errorf("an answer after a day: %d", status)
	}
}

// Two are woken by the same call and press at the same moment.
func TestTwoLinksAtOnce(t *testing.T) {
	w := wake(t, modeLive, "ja")
	for range 10 {
		id := w.do("山本", "", incident.Report{Text: fmt.Sprint("盗難 ", time.Now().UnixNano())})
		names := []string{"佐藤", "鈴木"}
		said := make([]string, len(names))
		var wg sync.WaitGroup
		for i, name := range names {
			path := w.link(id, name)
			_, page := w.fetch(http.MethodGet, path, nil)
			wg.Go(func() { _, said[i] = w.fetch(http.MethodPost, path, button(page, "take")) })
		}
		wg.Wait()
		if in := w.in(id); in.Lead == "" {
			t.Fatalf("nobody leads: %+v", in.Pages)
		}
		for i, name := range names {
			took := w.page(id, name).Status == incident.PageAcknowledged
			if took != strings.Contains(said[i], "「対応します」を記録しました") || took == strings.Contains(said[i], "何も記録していません") {
				t.Errorf("%s: taken %v, and reads %s", name, took, said[i])
			}
		}
	}
}

// wakeUp opens a browser window of a person who is called, at a width.
func (w *woken) wakeUp(browser context.Context, name string, width int, seen map[string]bool) *atDesk {
	w.t.Helper()
	own, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	w.t.Cleanup(cancel)
	if err := chromedp.Do(own); err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(own, 2*time.Minute)
	w.t.Cleanup(stop)
	p := &atDesk{t: w.t, ctx: ctx, at: &running{url: w.url}, name: name, width: widths[width].wide, seen: seen}
	size := []chromedp.EmulateViewportOption{}
	if p.width == phone390 {
		size = append(size, chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do(chromedp.EmulateViewport(p.width, widths[width].high, size...))
	return p
}

// The story of people who are woken by a mail, at the desk and with a phone: they look, take
// one, decline one with a reason, and take all that is left.
func TestWokenByAMail(t *testing.T) {
	browser, seen := openBrowser(t), map[string]bool{}
	for width := range widths {
		w := wake(t, modeLive, "ja")
		id := w.do("山本", "", incident.Report{Text: "顧客名簿の入ったPCを盗まれた", What: incident.KindTheft})
		p := w.wakeUp(browser, "佐藤", width, seen)
		p.listenToConsole()
		p.open(w.link(id, "佐藤"))
		p.sees("main", string(id), "（仮）", "まだ誰も引き受けていません", "鈴木 健太", "090-0000-0003")
		p.look("answer")
		p.press("main", "対応します")
		p.sees(".said", "「対応します」を記録しました")
		p.look("answer-taken")
		if w.in(id).Lead != w.person("佐藤").ID {
			t.Fatal("not taken")
		}
		// His way on: the page of the incident tells how to sign in.
		p.hides("main", "名簿")

		// A phone beside him, woken by the same call, and then by two more.
		s := w.wakeUp(browser, "鈴木", width, seen)
		s.listenToConsole()
		s.open(w.link(id, "鈴木"))
		s.sees("main", "もう対応している人：佐藤 美咲さん")
		w.clock.set(w.clock.Now().Add(3 * time.Minute))
		var more []incident.ID
		for _, text := range []string{"誤送信しました", "画面が固まった", "不審なメール"} {
			more = append(more, w.do("中村", "", incident.Report{Text: text}))
		}
		s.open(w.link(more[0], "鈴木"))
		s.sees("main", string(more[0]), string(more[1]), string(more[2]), "すべて対応します（4件）")
		s.look("answer-several")
		s.press("main", "電話する相手")
		s.look("answer-several-phones")
		// Enter in the reason declines, and does not take.
		s.do(chromedp.SendKeys(chromedp.CSS(fmt.Sprintf("#reason-%s", more[0])), "出張中で回線がない\r"))
		s.sees(".said", "「対応できません」を記録しました")
		s.look("answer-declined")
		if got := w.page(more[0], "鈴木"); got.Status != incident.PageDeclined || got.Reason != "出張中で回線がない" {
			t.Errorf("%+v", got)
		}
		s.press("main", "すべて対応します（3件）")
		s.sees(".said", "「対応します」を記録しました")
		for _, id := range more[1:] {
			if got := w.page(id, "鈴木"); got.Status != incident.PageAcknowledged {
				t.Errorf("%s: %+v", id, got)
			}
		}
		s.press("main", "やはり対応します")
		s.untilOr(`document.querySelectorAll(".call form").length === 0`, func() string { return "something waits still" })
		s.look("answer-all")

		w.do("佐藤", id, incident.Dismiss{Reason: "見つかった"})
		p.open(w.link(id, "佐藤"))
		p.sees("main", "この事故の対応は終わりました")
		p.look("answer-over")
	}
}

// Links that are no good, as people see them; the browser complains of their status itself.
func TestBadAnswerLinksCanBeReadByEverybody(t *testing.T) {
	browser, seen := openBrowser(t), map[string]bool{}
	for width := range widths {
		w := wake(t, modePractice, "ja")
		id := w.do("山本", "", incident.Report{Text: "盗難"})
		path := w.link(id, "佐藤")
		p := w.wakeUp(browser, "佐藤", width, seen)
		p.open(path + "A")
		p.sees("main", "使えないリンク", "緊急連絡先")
		p.look("answer-unknown")
		w.clock.set(w.clock.Now().Add(25 * time.Hour))
		p.open(path)
		p.sees("main", "期限（24時間）")
		p.look("answer-expired")
	}
}

// With scripts switched off, and in English.
func TestAnAnswerLinkWithoutScripts(t *testing.T) {
	w := wake(t, modePractice, "en")
	id := w.do("山本", "", incident.Report{Text: "盗難"})
	p := w.wakeUp(openBrowser(t), "佐藤", 1, map[string]bool{})
	p.open(w.link(id, "佐藤"))
	p.look("answer-english")
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.open(w.link(id, "佐藤"))
	// Nothing of a page can be waited for with a script: a key press goes through the window.
	for range 20 {
		p.do(chromedp.KeyEvent("\t"))
		if tells[string](p, `document.activeElement.value ?? ""`) == "take" {
			break
		}
	}
	p.do(chromedp.KeyEvent("\r"))
	until(t, "the call is taken", func() bool { return w.page(id, "佐藤").Status == incident.PageAcknowledged })
}
