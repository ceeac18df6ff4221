package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/web"
	"hikeshi/workflows/incident"
)

// guest is a browser without a script: it keeps cookies and posts forms.
type guest struct {
	t      testing.TB
	at     *room
	client *http.Client
	token  string
}

func (r *room) guest(t testing.TB, who chat.UserID) *guest {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{t: t, at: r, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if who != "" {
		g.be(who)
	}
	return g
}

func (g *guest) be(who chat.UserID) {
	g.t.Helper()
	g.get("/be")
	if status, _ := g.post("/be", "who", string(who), "back", "/"); status != http.StatusSeeOther {
		g.t.Fatalf("choosing %s: %d", who, status)
	}
	g.get("/")
}

func (g *guest) do(method, path, body string, header ...string) (int, http.Header, string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, g.at.URL+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	res, err := g.client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

var tokenPattern = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (g *guest) get(path string) (int, string) {
	g.t.Helper()
	status, _, body := g.do(http.MethodGet, path, "")
	if m := tokenPattern.FindStringSubmatch(body); m != nil {
		g.token = m[1]
	}
	return status, body
}

func values(token string, pairs ...string) string {
	v := url.Values{"csrf": {token}}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func (g *guest) post(path string, pairs ...string) (int, string) {
	g.t.Helper()
	status, _, body := g.do(http.MethodPost, path, values(g.token, pairs...))
	return status, body
}

type answer struct {
	Cards, Form, Go string
	Refused         bool
}

// script posts as the page's script does.
func (g *guest) script(path string, pairs ...string) (int, answer) {
	g.t.Helper()
	status, _, body := g.do(http.MethodPost, path, values(g.token, pairs...), "Accept", "application/json")
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		g.t.Fatalf("%s: %v in %q", path, err, body)
	}
	return status, a
}

func TestPagesCarryTheirGuards(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	for _, path := range []string{"/", "/?c=" + channel, "/incidents", "/incidents/" + incidentID, "/contacts", "/be", "/nowhere"} {
		_, h, body := g.do(http.MethodGet, path, "")
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy lacks %q: %s", path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", path, h)
		}
		if m := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\son[a-z]+="|\sstyle="|(?:src|href)="(?:https?:)?//`).FindString(body); m != "" {
			t.Errorf("%s: something inline or from elsewhere: %s", path, m)
		}
	}
}

func TestTheCookieSaysNothingAndIsKeptFromScripts(t *testing.T) {
	r := openRoom(t)
	_, h, _ := r.guest(t, "").do(http.MethodGet, "/", "")
	cookie := h.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	if len(cookie) < 26 || strings.Contains(cookie, "p-0") {
		t.Errorf("the cookie is guessable or names somebody: %s", cookie)
	}
}

func TestRequestsFromElsewhereAreRefused(t *testing.T) {
	r := openRoom(t, func(c *web.Config) { c.PublicURL = "https://hikeshi.example.co.jp" })
	g := r.guest(t, suzuki)
	own, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookie := g.client.Jar.Cookies(own)[0].String()
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"our own page", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"another port of this machine", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"another origin, older browser", []string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{"another name for this machine", []string{"Host", "evil.example:8119"}, http.StatusMisdirectedRequest},
		{"a name that only begins well", []string{"Host", "localhost.evil.example"}, http.StatusMisdirectedRequest},
		{"a name that is no host", []string{"Host", "127.0.0.1:80:80"}, http.StatusMisdirectedRequest},
		{"localhost", []string{"Host", "localhost:1"}, http.StatusSeeOther},
		{"loopback by IPv6", []string{"Host", "[::1]:8119"}, http.StatusSeeOther},
		{"the public name", []string{"Host", "HIKESHI.example.co.jp"}, http.StatusSeeOther},
	} {
		before := len(r.desk.seen())
		status, _, body := g.do(http.MethodPost, "/say", values(g.token, "text", "x", "line", c.name, "c", channel), append(c.header, "Cookie", cookie)...)
		if status != c.want {
			t.Errorf("%s: %d, want %d", c.name, status, c.want)
		}
		if done := len(r.desk.seen()) > before; done != (c.want == http.StatusSeeOther) {
			t.Errorf("%s: carried out: %v", c.name, done)
		}
		if c.want != http.StatusSeeOther && !strings.Contains(body, "。") {
			t.Errorf("%s: no sentence for people: %.200s", c.name, body)
		}
	}
}

func TestTheTokenBelongsToOnePersonInOneBrowser(t *testing.T) {
	r := openRoom(t)
	mine, other := r.guest(t, suzuki), r.guest(t, suzuki)
	try := func(g *guest, token string) int {
		status, _, _ := g.do(http.MethodPost, "/say", values(token, "text", "x", "line", "1", "c", channel))
		return status
	}
	if got := try(mine, ""); got != http.StatusForbidden {
		t.Error("without a token:", got)
	}
	if got := try(mine, other.token); got != http.StatusForbidden {
		t.Error("with another browser's token:", got)
	}
	if got := try(mine, mine.token); got != http.StatusSeeOther {
		t.Error("with the own token:", got)
	}
	old := mine.token
	mine.be(sato)
	if got := try(mine, old); got != http.StatusForbidden {
		t.Error("a page that was opened as somebody else:", got)
	}
}

func TestTooMuchIsRefusedWithASentence(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	before := len(r.desk.seen())
	status, body := g.post("/say", "text", strings.Repeat("x", 3<<20), "line", "1")
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "2 MB") || len(r.desk.seen()) > before {
		t.Errorf("%d %.300s", status, body)
	}
	if status, body := g.post("/say", "text", strings.Repeat("あ", 20000), "line", "2"); status != http.StatusSeeOther {
		t.Errorf("a long report: %d %.300s", status, body)
	}
	full := strings.Repeat("あ", incident.MaxText)
	if status, body := g.post("/submit", "draft", "every|||draft-2", "v.lines", full, "v.text", full); status >= 400 {
		t.Errorf("a form with two full texts: %d %.300s", status, body)
	}
}

// Nobody learns from the answer which numbers exist.
func TestAnOutsiderSeesWhatDoesNotExist(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, nakamura)
	random := regexp.MustCompile(`name="line" value="[^"]+"`)
	page := func(path string) string {
		status, body := g.get(path)
		if status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		return random.ReplaceAllString(body, "")
	}
	want := page("/incidents/TRN-2026-9999")
	for _, path := range []string{
		"/incidents/" + incidentID, "/incidents/" + incidentID + "/report.md", "/incidents/" + incidentID + "/report.exe", "/incidents/" + incidentID + "/letter.md",
		"/incidents/" + incidentID + "/files/7", "/incidents/" + incidentID + "/files/99", "/incidents/TRN-2026-9999/files/7",
		"/?c=" + channel, "/?c=trn-2026-9999", "/feed?c=" + channel, "/draft?d=nothing", "/no/such/page",
	} {
		if got := page(path); got != want {
			t.Errorf("%s differs from a number that was never given out:\n%s", path, got)
		}
	}
	if _, body := r.guest(t, suzuki).get("/incidents/" + incidentID); !strings.Contains(body, "社用PC") {
		t.Error("the circle does not see it either")
	}
}

func TestLiveModeLetsNobodyInWithoutSignIn(t *testing.T) {
	r := openRoom(t, func(c *web.Config) { c.Practice = false })
	g := r.guest(t, "")
	for _, path := range []string{"/", "/incidents", "/incidents/" + incidentID, "/contacts", "/feed", "/events", "/draft?d=1", "/be"} {
		status, h, body := g.do(http.MethodGet, path, "")
		if status != http.StatusUnauthorized || !strings.Contains(body, "サインイン") || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v %.200s", path, status, h, body)
		}
	}
	for _, path := range []string{"/say", "/press", "/submit", "/draft", "/confirm"} {
		if status, _ := g.post(path, "text", "x"); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/be", "/clock"} {
		if status, _ := g.post(path, "who", string(suzuki), "by", "24h"); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, status)
		}
	}
	if len(r.desk.seen()) > 0 {
		t.Error("something reached the desk")
	}
}

// lines collects a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *lines) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

func TestFaultsAreToldByNumberAlone(t *testing.T) {
	log := &lines{}
	r := openRoom(t, func(c *web.Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) })
	g := r.guest(t, suzuki)
	number := regexp.MustCompile(`[A-Z2-7]{8}`)

	r.desk.set(func() { r.desk.fail = errors.New("the database is locked") })
	status, body := g.get("/incidents")
	ref := number.FindString(body)
	if status != http.StatusInternalServerError || ref == "" || strings.Contains(body, "locked") || !strings.Contains(log.String(), ref) || !strings.Contains(log.String(), "locked") {
		t.Errorf("%d %q\nlog: %s", status, body, log)
	}
	// Whoever cannot report is told whom to phone, on every page; a stranger is not.
	for _, path := range []string{"/", "/contacts", "/incidents"} {
		if status, body := g.get(path); status != http.StatusInternalServerError || !strings.Contains(body, "090-0000-0002") {
			t.Errorf("%s: %d without the phone numbers: %s", path, status, body)
		}
	}
	if _, body := r.guest(t, nakamura).get("/"); strings.Contains(body, "090-0000-0002") {
		t.Error("somebody who is not on the list reads the phone numbers")
	}
	r.desk.set(func() { r.desk.fail, r.desk.panic = nil, true })
	status, a := g.script("/say", "text", "社用PC", "line", "1")
	if status != http.StatusInternalServerError || !a.Refused || !strings.Contains(log.String(), number.FindString(a.Cards)) {
		t.Errorf("%d %+v\nlog: %s", status, a, log)
	}
	if strings.Contains(log.String(), "社用PC") {
		t.Error("what somebody typed is in the log:", log)
	}
}

func TestAReportIsAFileAndNeverAPage(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	status, h, body := g.do(http.MethodGet, "/incidents/"+incidentID+"/report.md", "")
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename*=utf-8''") || !strings.HasPrefix(h.Get("Content-Type"), "text/markdown") || !strings.Contains(body, "# 報告書") {
		t.Errorf("%d %v", status, h)
	}
}

func TestTheRegisterIsAFileForWhomItIsFor(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	if _, page := g.get("/incidents"); !strings.Contains(page, `href="/register.xlsx" download>台帳（Excel）</a>`) {
		t.Error("the list offers no register:", page)
	}
	status, h, body := g.do(http.MethodGet, "/register.xlsx", "")
	if status != http.StatusOK || h.Get("Content-Disposition") != "attachment; filename=register-20261122.xlsx" || !strings.HasSuffix(h.Get("Content-Type"), "spreadsheetml.sheet") || body != "PK 台帳" {
		t.Errorf("%d %v", status, h)
	}
	other := r.guest(t, yamamoto)
	if _, page := other.get("/incidents"); strings.Contains(page, "register.xlsx") {
		t.Error("somebody else is offered the register")
	}
	if status, _, body := other.do(http.MethodGet, "/register.xlsx", ""); status != http.StatusNotFound || strings.Contains(body, "PK") {
		t.Errorf("somebody else gets it: %d %s", status, body)
	}
}

func TestAssetsAreKeptUnderTheirDigest(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, "")
	_, body := g.get("/")
	found := regexp.MustCompile(`/static/[a-z]+\.[0-9a-f]{12}\.(css|js|svg)`).FindAllString(body, -1)
	if len(found) < 3 {
		t.Fatal("assets:", found)
	}
	for _, path := range found {
		status, h, _ := g.do(http.MethodGet, path, "")
		if status != http.StatusOK || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", path, status, h)
		}
	}
	for _, path := range []string{"/static/room.css", "/static/..%2fweb.go", "/static/"} {
		if status, _, _ := g.do(http.MethodGet, path, ""); status == http.StatusOK && path != "/static/" {
			t.Errorf("%s was served", path)
		}
	}
}

func TestTheClockMovesOnlyByItsButtons(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	start := r.desk.now
	for _, by := range []string{"5m", "1h", "24h"} {
		if status, _ := g.post("/clock", "by", by); status != http.StatusSeeOther {
			t.Errorf("%s: %d", by, status)
		}
	}
	if status, _ := g.post("/clock", "by", "-1h"); status != http.StatusBadRequest {
		t.Error("back in time:", status)
	}
	if got, want := r.desk.now.Sub(start), 25*time.Hour+5*time.Minute; got != want {
		t.Errorf("moved by %v, want %v", got, want)
	}
}
