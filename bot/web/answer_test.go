package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/web"
)

const goodLink = "1GOODLINK_-"

// fakeAnswers has one good link, with the form value "form".
type fakeAnswers struct {
	mu    sync.Mutex
	given []desk.Given
	fail  error
	page  desk.AnswerPage
}

func (f *fakeAnswers) AnswerPage(_ context.Context, token string) (desk.AnswerPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case token == "1EXPIRED":
		return desk.AnswerPage{}, desk.ErrAnswerExpired
	case token != goodLink:
		return desk.AnswerPage{}, fmt.Errorf("wrapped: %w", desk.ErrAnswerUnknown)
	case f.fail != nil:
		return desk.AnswerPage{User: suzuki}, f.fail
	}
	return f.page, nil
}

func (f *fakeAnswers) Answer(ctx context.Context, token string, g desk.Given) (desk.AnswerPage, error) {
	p, err := f.AnswerPage(ctx, token)
	if err != nil {
		return p, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if g.Form != "form" {
		return desk.AnswerPage{}, desk.ErrAnswerForm
	}
	f.given = append(f.given, g)
	return p, nil
}

func (f *fakeAnswers) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.given) }

func openAnswers(t testing.TB, change ...func(*web.Config)) (*room, *fakeAnswers) {
	f := &fakeAnswers{page: desk.AnswerPage{User: suzuki, Lang: "ja", To: "鈴木 健太さんへの呼び出しです。", Form: "form", Calls: []desk.AnswerCall{{
		Ref: "INC-2026-0001.6.", ID: "INC-2026-0001", Level: "事故レベル2（仮）", Tone: chat.Urgent, State: "02:00に呼び出しました。", Waits: true,
		Phones: []chat.Phone{{Name: "佐藤 美咲", Role: "インシデント対応責任者", Number: "090-0000-0002"}},
	}}}}
	r := openRoom(t, append([]func(*web.Config){func(c *web.Config) { c.Practice, c.Move, c.Answers = false, nil, f }}, change...)...)
	return r, f
}

func filled(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// Mail scanners, previews and browsers that read ahead open links; none of them answers.
func TestToLookAtAnAnswerLinkAnswersNothing(t *testing.T) {
	r, f := openAnswers(t)
	g := r.guest(t, "")
	for i := range 50 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			status, h, body := g.do(method, "/answer/"+goodLink, "", "Sec-Purpose", "prefetch;prerender", "User-Agent", fmt.Sprint("scanner ", i))
			if status != http.StatusOK || method == http.MethodGet && !strings.Contains(body, "INC-2026-0001") {
				t.Fatalf("%s: %d %s", method, status, body)
			}
			for name, want := range map[string]string{
				"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
			} {
				if !strings.Contains(h.Get(name), want) {
					t.Fatalf("%s: %q", name, h.Get(name))
				}
			}
			if h.Get("Set-Cookie") != "" {
				t.Fatal("a cookie:", h.Get("Set-Cookie"))
			}
			if strings.Contains(body, goodLink) {
				t.Fatal("the page repeats its own address, which is the secret")
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if status, _, _ := g.do(method, "/answer/"+goodLink, ""); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, status)
		}
	}
	// A program that sends whatever form it finds the address of.
	for _, body := range []string{"", "choice=take", filled("choice", "take", "call", "INC-2026-0001.6."), filled("form", goodLink, "choice", "take"), "%"} {
		if status, _, _ := g.do(http.MethodPost, "/answer/"+goodLink, body); status != http.StatusForbidden && status != http.StatusBadRequest {
			t.Errorf("%q: %d", body, status)
		}
	}
	if f.count() != 0 {
		t.Errorf("answered: %+v", f.given)
	}
}

func TestAnAnswerFromThePageOfItsLink(t *testing.T) {
	r, f := openAnswers(t)
	g := r.guest(t, "")
	body := filled("form", "form", "call", "INC-2026-0001.6.", "call", "INC-2026-0002.7.", "choice", "decline", "reason", "熱が\x00あります\xff")
	// A browser that is told no-referrer names no origin, and an old one, or one that reached
	// us by plain HTTP, says nothing else either.
	for _, header := range [][]string{{"Origin", "null"}, {"Origin", "null", "Sec-Fetch-Site", "same-origin"}, {}} {
		if status, _, body := g.do(http.MethodPost, "/answer/"+goodLink, body, header...); status != http.StatusOK {
			t.Fatalf("%v: %d %.300s", header, status, body)
		}
	}
	want := desk.Given{Form: "form", Choice: "decline", Calls: []string{"INC-2026-0001.6.", "INC-2026-0002.7."}, Reason: "熱があります\uFFFD"}
	if f.count() != 3 || fmt.Sprint(f.given[0]) != fmt.Sprint(want) {
		t.Errorf("%+v", f.given)
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if status, _, _ := g.do(http.MethodPost, "/answer/"+goodLink, body, "Sec-Fetch-Site", site, "Origin", "https://elsewhere.example"); status != http.StatusForbidden {
			t.Errorf("%s: %d", site, status)
		}
	}
	if status, _, _ := g.do(http.MethodPost, "/answer/"+goodLink, body, "Host", "elsewhere.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", status)
	}
	if status, _, _ := g.do(http.MethodPost, "/answer/"+goodLink, filled("form", strings.Repeat("x", 200<<10))); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", status)
	}
	if _, _, _ = g.do(http.MethodPost, "/answer/"+goodLink, filled("form", "form", "choice", "decline", "reason", strings.Repeat("長", 5000))); len([]rune(f.given[3].Reason)) != 200 {
		t.Errorf("a reason of %d characters", len([]rune(f.given[3].Reason)))
	}
	if f.count() != 4 {
		t.Errorf("%d answers", f.count())
	}
}

// Whoever has a link that is no good is told what to do, and nobody's number.
func TestLinksThatAnswerNothing(t *testing.T) {
	var log strings.Builder
	r, f := openAnswers(t, func(c *web.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	g := r.guest(t, "")
	f.page.To = "someone"
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/answer/1FORGED":                      {http.StatusNotFound, "使えないリンク"},
		"/answer/1EXPIRED":                     {http.StatusGone, "24時間"},
		"/answer/%00%FF%0A":                    {http.StatusNotFound, "使えないリンク"},
		"/answer/" + strings.Repeat("A", 5000): {http.StatusNotFound, "使えないリンク"},
	} {
		status, _, body := g.do(http.MethodGet, path, "")
		if status != want.status || !strings.Contains(body, want.says) || !strings.Contains(body, "緊急連絡先") || strings.Contains(body, "090-") || strings.Contains(body, `name="choice"`) {
			t.Errorf("%.30s: %d %s", path, status, body)
		}
	}
	if log.Len() > 0 {
		t.Error("logged:", log.String())
	}
	// A fault of ours: the link is good, so its person is told whom to phone.
	f.fail = errors.New("no database")
	status, _, body := g.do(http.MethodGet, "/answer/"+goodLink, "")
	if status != http.StatusInternalServerError || !strings.Contains(body, "090-0000-0002") {
		t.Errorf("%d %s", status, body)
	}
	if !strings.Contains(log.String(), "no database") || strings.Contains(log.String(), goodLink) {
		t.Error("logged:", log.String())
	}
}

func TestTryingAnswerLinksIsSlowedDown(t *testing.T) {
	r, _ := openAnswers(t)
	g := r.guest(t, "")
	from := []string{"X-Forwarded-For", "203.0.113.7"}
	for i := range 10 {
		if status, _, _ := g.do(http.MethodGet, fmt.Sprint("/answer/1GUESS", i), "", from...); status != http.StatusNotFound {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if status, _, body := g.do(method, "/answer/1GUESS11", "", from...); status != http.StatusTooManyRequests || !strings.Contains(body, "1分") {
			t.Errorf("%s: the eleventh: %d", method, status)
		}
	}
	// Somebody of the same office is called, and answers.
	if status, _, _ := g.do(http.MethodGet, "/answer/"+goodLink, "", from...); status != http.StatusOK {
		t.Errorf("a good link has to wait: %d", status)
	}
	if status, _, _ := g.do(http.MethodGet, "/answer/1GUESS12", "", "X-Forwarded-For", "203.0.113.8"); status != http.StatusNotFound {
		t.Error("somebody else has to wait:", status)
	}
}

func TestNoAnswerLinksWithoutAnswers(t *testing.T) {
	r := openRoom(t, func(c *web.Config) { c.Practice, c.Move = false, nil })
	if status, _, body := r.guest(t, "").do(http.MethodGet, "/answer/"+goodLink, ""); status != http.StatusUnauthorized || strings.Contains(body, `name="choice"`) {
		t.Errorf("%d %s", status, body)
	}
}

// Every sentence that the page and the phone ask for exists, and none is left over.
func TestEverySentenceOfAnAnswerIsThereAndUsed(t *testing.T) {
	var asked []string
	for _, pattern := range []string{"html/answer.html", "answer.go", "../desk/answer_link.go", "../desk/answer_phone.go", "../desk/elsewhere.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) != 1 {
			t.Fatal(pattern, files, err)
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(answerlink\.[a-z0-9_.]+)"`).FindAllStringSubmatch(string(b), -1) {
			asked = append(asked, m[1])
		}
	}
	for _, key := range asked {
		if !texts.Has(key) {
			t.Errorf("there is no text %q", key)
		}
	}
	for _, key := range texts.Keys() {
		if strings.HasPrefix(key, "answerlink.") && !slices.Contains(asked, key) {
			t.Errorf("the text %q is not used", key)
		}
	}
}
