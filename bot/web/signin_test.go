package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/web"
)

// register keeps passes as the database does.
type register struct {
	mu       sync.Mutex
	links    map[string]web.Pass
	sessions map[string]web.Pass
	broken   error
}

func (r *register) SaveLink(_ context.Context, digest string, who chat.UserID, now, expires time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links[digest] = web.Pass{Who: who, Begun: now, Expires: expires}
	return r.broken
}

func (r *register) TakeLink(_ context.Context, digest string, now time.Time) (chat.UserID, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.links[digest]
	delete(r.links, digest)
	return l.Who, ok && now.Before(l.Expires), r.broken
}

func (r *register) SaveSession(_ context.Context, digest string, who chat.UserID, now, expires time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[digest] = web.Pass{Who: who, Begun: now, Expires: expires}
	return r.broken
}

func (r *register) Session(_ context.Context, digest string, now time.Time) (web.Pass, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[digest]
	return s, ok && now.Before(s.Expires) && r.broken == nil, r.broken
}

func (r *register) Prolong(_ context.Context, digest string, _, expires time.Time) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[digest]
	if ok {
		s.Expires = expires
		r.sessions[digest] = s
	}
	return ok, r.broken
}

func (r *register) End(_ context.Context, digest string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sessions, digest)
	return r.broken
}

// gate is a live room with its passes.
type gate struct {
	*room
	register *register
	passes   *web.Passes
	mu       sync.Mutex
	now      time.Time
	listed   map[chat.UserID]bool
}

func (g *gate) pass(d time.Duration) { g.mu.Lock(); defer g.mu.Unlock(); g.now = g.now.Add(d) }
func (g *gate) strike(who chat.UserID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.listed, who)
}

func openGate(t testing.TB, change ...func(*web.Config)) *gate {
	g := &gate{
		register: &register{links: map[string]web.Pass{}, sessions: map[string]web.Pass{}},
		now:      time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC), listed: map[chat.UserID]bool{suzuki: true, sato: true},
	}
	g.passes = &web.Passes{
		Register: g.register,
		Known:    func(who chat.UserID) (string, bool) { g.mu.Lock(); defer g.mu.Unlock(); return "鈴木", g.listed[who] },
		Now:      func() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return g.now },
	}
	g.room = openRoom(t, append([]func(*web.Config){func(c *web.Config) { c.Practice, c.Move, c.SignIn = false, nil, g.passes }}, change...)...)
	return g
}

func (g *gate) link(t testing.TB, who chat.UserID) string {
	t.Helper()
	path, _, err := g.passes.Link(context.Background(), who)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func tokenIn(path string) string { return strings.TrimPrefix(path, "/sign-in?token=") }

// signedIn is a browser that has used a link.
func (g *gate) signedIn(t testing.TB, who chat.UserID) *guest {
	t.Helper()
	b := g.guest(t, "")
	if status, _, body := b.do(http.MethodPost, "/sign-in", "token="+tokenIn(g.link(t, who))); status != http.StatusSeeOther {
		t.Fatalf("signing in: %d %s", status, body)
	}
	if status, body := b.get("/incidents"); status != http.StatusOK || !strings.Contains(body, incidentID) {
		t.Fatalf("signed in: %d %.300s", status, body)
	}
	return b
}

// In live mode a link from the chat lets in its person, once, and nobody is asked who he
// would like to be. Looking at a link uses nothing up: previews and scanners do that.
func TestALinkSignsInOnce(t *testing.T) {
	g := openGate(t)
	link := g.link(t, suzuki)
	for range 3 {
		status, _, body := g.guest(t, "").do(http.MethodGet, link, "")
		if status != http.StatusOK || !strings.Contains(body, tokenIn(link)) || !strings.Contains(body, "サインインする") {
			t.Fatalf("the link's page: %d %s", status, body)
		}
	}
	b := g.guest(t, "")
	status, h, _ := b.do(http.MethodPost, "/sign-in", "token="+tokenIn(link))
	cookie := h.Get("Set-Cookie")
	if status != http.StatusSeeOther || h.Get("Location") != "/" {
		t.Fatalf("%d %v", status, h)
	}
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	if strings.Contains(cookie, "Domain") || strings.Contains(cookie, "Secure") {
		t.Errorf("the cookie of plain HTTP: %s", cookie)
	}
	status, body := b.get("/incidents")
	if status != http.StatusOK || !strings.Contains(body, incidentID) || strings.Contains(body, `class="practice"`) || strings.Contains(body, `href="/be"`) || strings.Contains(body, `action="/clock"`) || !strings.Contains(body, `action="/sign-out"`) {
		t.Errorf("%d %.600s", status, body)
	}
	if status, _ := b.post("/say", "text", "駅に電話した", "line", "1", "c", channel); status != http.StatusSeeOther {
		t.Errorf("a line: %d", status)
	}
	if seen := g.desk.seen(); len(seen) != 1 || seen[0].From != suzuki || seen[0].Name != "鈴木" {
		t.Errorf("the desk saw %+v", seen)
	}
	// The second one, and a replay by whoever has read the link, stay outside.
	other := g.guest(t, "")
	status, h, body = other.do(http.MethodPost, "/sign-in", "token="+tokenIn(link))
	if status != http.StatusGone || h.Get("Set-Cookie") != "" || !strings.Contains(body, "/incident web") {
		t.Errorf("the link again: %d %v %s", status, h, body)
	}
	if status, _ := other.get("/incidents"); status != http.StatusUnauthorized {
		t.Errorf("and then: %d", status)
	}
	// The button pressed twice in the same browser is no fault.
	if status, h, _ := b.do(http.MethodPost, "/sign-in", "token="+tokenIn(link)); status != http.StatusSeeOther || h.Get("Set-Cookie") != "" {
		t.Errorf("pressed twice: %d %v", status, h)
	}
}

// Of many who come with one link at once, one gets in.
func TestALinkLetsInOneOfMany(t *testing.T) {
	g := openGate(t)
	token := tokenIn(g.link(t, suzuki))
	var in sync.WaitGroup
	statuses := make(chan int, 20)
	for range cap(statuses) {
		b := g.guest(t, "")
		in.Go(func() {
			status, _, _ := b.do(http.MethodPost, "/sign-in", "token="+token)
			statuses <- status
		})
	}
	in.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	if count[http.StatusSeeOther] != 1 || len(g.register.sessions) != 1 {
		t.Errorf("%v; %d sessions", count, len(g.register.sessions))
	}
}

func TestALinkThatIsOverSaysWhatToDo(t *testing.T) {
	g := openGate(t)
	old := g.link(t, suzuki)
	g.pass(10 * time.Minute)
	left := g.link(t, sato)
	g.strike(sato)
	for name, token := range map[string]string{"too old": tokenIn(old), "not listed any more": tokenIn(left), "invented": "AAAA", "none": ""} {
		status, h, body := g.guest(t, "").do(http.MethodPost, "/sign-in", "token="+token)
		if status != http.StatusGone || h.Get("Set-Cookie") != "" || !strings.Contains(body, "/incident web") {
			t.Errorf("%s: %d %v %.300s", name, status, h, body)
		}
	}
	if len(g.register.sessions) != 0 {
		t.Error("a session was begun")
	}
	// Without any link one is told where to get one; a page that was asked for says so, too.
	for path, want := range map[string]int{"/sign-in": http.StatusOK, "/": http.StatusUnauthorized, "/incidents/" + incidentID: http.StatusUnauthorized, "/nowhere": http.StatusUnauthorized} {
		if status, _, body := g.guest(t, "").do(http.MethodGet, path, ""); status != want || !strings.Contains(body, "/incident web") || strings.Contains(body, "社用PC") {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
	}
}

// Where to ask for a link is said of the platforms that the company has, and of no other.
func TestSigningInNamesThePlatformsThatAreSetUp(t *testing.T) {
	for _, c := range []struct {
		lang      string
		platforms []string
		how, over string
	}{
		{"ja", []string{"slack"}, "Slackで「/incident web」と送ると、ボット", "Slackで「/incident web」と送ると、新しい"},
		{"ja", []string{"discord"}, "Discordで「/incident web」と送ると、ボット", "Discordで「/incident web」と送ると、新しい"},
		{"ja", []string{"slack", "discord"}, "SlackかDiscordで「/incident web」と送ると、ボット", "SlackかDiscordで「/incident web」と送ると、新しい"},
		{"en", []string{"discord"}, "in Discord: the bot", "in Discord to get a new one"},
		{"en", []string{"slack", "discord"}, "in Slack or Discord: the bot", "in Slack or Discord to get a new one"},
	} {
		g := openGate(t, func(w *web.Config) { w.Lang, w.Platforms = c.lang, c.platforms })
		_, _, how := g.guest(t, "").do(http.MethodGet, "/sign-in", "")
		_, _, over := g.guest(t, "").do(http.MethodPost, "/sign-in", "token=AAAA")
		for page, want := range map[string]string{how: c.how, over: c.over} {
			if !strings.Contains(page, want) {
				t.Errorf("%s %v: no %q in %s", c.lang, c.platforms, want, page)
			}
			// Beside the sentence, what to do when it is urgent.
			for name, set := range map[string]bool{"Slack": slices.Contains(c.platforms, "slack"), "Discord": slices.Contains(c.platforms, "discord")} {
				if n := strings.Count(page, name); set != (n == 2) || !set && n > 0 {
					t.Errorf("%s %v: %d times %s in %s", c.lang, c.platforms, n, name, page)
				}
			}
		}
	}
}

// A press on another site's page signs nobody in or out, no form works without its own
// token, and after signing in nobody is sent to another site.
func TestSigningInCannotBeForged(t *testing.T) {
	g := openGate(t)
	token := tokenIn(g.link(t, suzuki))
	for _, header := range [][2]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Host", "evil.example"}} {
		if status, h, _ := g.guest(t, "").do(http.MethodPost, "/sign-in", "token="+token, header[0], header[1]); status != http.StatusForbidden && status != http.StatusMisdirectedRequest || h.Get("Set-Cookie") != "" {
			t.Errorf("%v: %d %v", header, status, h)
		}
	}
	// The refused presses did not use the link up.
	b := g.guest(t, "")
	if status, h, _ := b.do(http.MethodPost, "/sign-in", "to=https%3A%2F%2Fevil.example&token="+token); status != http.StatusSeeOther || h.Get("Location") != "/" {
		t.Fatalf("%d %v", status, h)
	}
	for _, to := range []string{"//evil.example", "/\\evil.example", "https://evil.example", "/\tx", "javascript:alert(1)"} {
		status, h, body := b.do(http.MethodGet, "/sign-in?to="+strings.NewReplacer("\\", "%5C", "\t", "%09").Replace(to), "")
		if status != http.StatusSeeOther || h.Get("Location") != "/" {
			t.Errorf("%q: %d %v %.100s", to, status, h, body)
		}
	}
	if status, h, _ := b.do(http.MethodGet, "/sign-in?to=/incidents", ""); status != http.StatusSeeOther || h.Get("Location") != "/incidents" {
		t.Errorf("%d %v", status, h)
	}
	for _, path := range []string{"/sign-out", "/say", "/press"} {
		if status, _, _ := b.do(http.MethodPost, path, "csrf=wrong&text=x&line=1"); status != http.StatusForbidden {
			t.Errorf("%s without its token: %d", path, status)
		}
	}
	if status, _ := b.get("/"); status != http.StatusOK {
		t.Error("signed out by somebody else:", status)
	}
	// What stands in an address is text and nothing else.
	if _, _, body := g.guest(t, "").do(http.MethodGet, "/sign-in?token=%22%3E%3Cscript%3E&to=%22%3E%3Cscript%3E", ""); strings.Contains(body, `"><script>`) {
		t.Error("a token runs:", body)
	}
	for _, path := range []string{"/be", "/clock"} {
		if status, _ := b.post(path, "who", string(sato), "by", "24h"); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// A session that somebody else put into a browser is not the one that is signed in, and who
// was signed in before is signed out.
func TestASessionCannotBeFixed(t *testing.T) {
	g := openGate(t)
	b := g.guest(t, "")
	const planted = "hikeshi_session=PLANTED"
	status, h, _ := b.do(http.MethodPost, "/sign-in", "token="+tokenIn(g.link(t, suzuki)), "Cookie", planted)
	if status != http.StatusSeeOther || strings.Contains(h.Get("Set-Cookie"), "PLANTED") {
		t.Fatalf("%d %v", status, h)
	}
	if status, _, _ := g.guest(t, "").do(http.MethodGet, "/", "", "Cookie", planted); status != http.StatusUnauthorized {
		t.Error("the planted session is signed in:", status)
	}
	before := cookieOf(b)
	if status, _, _ := b.do(http.MethodPost, "/sign-in", "token="+tokenIn(g.link(t, sato))); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if status, _, _ := g.guest(t, "").do(http.MethodGet, "/", "", "Cookie", before); status != http.StatusUnauthorized {
		t.Error("the session before goes on:", status)
	}
}

func cookieOf(g *guest) string {
	req := httptest.NewRequest(http.MethodGet, g.at.URL, nil)
	return g.client.Jar.Cookies(req.URL)[0].String()
}

// A session ends after half a day without a request, after a week in any case, by signing
// out, and at once when its person leaves the contact list.
func TestASessionEnds(t *testing.T) {
	g := openGate(t)
	in := func(b *guest) bool { status, _ := b.get("/incidents"); return status == http.StatusOK }

	idle := g.signedIn(t, suzuki)
	g.pass(11 * time.Hour)
	if !in(idle) {
		t.Error("signed out after eleven hours")
	}
	g.pass(11 * time.Hour)
	if !in(idle) {
		t.Error("its use did not keep it alive")
	}
	g.pass(12 * time.Hour)
	if in(idle) {
		t.Error("signed in after half a day without a request")
	}

	busy := g.signedIn(t, suzuki)
	for range 6*24/8 + 2 {
		g.pass(8 * time.Hour)
		if !in(busy) {
			t.Fatal("signed out within the week")
		}
	}
	g.pass(8 * time.Hour)
	if in(busy) {
		t.Error("signed in after a week")
	}

	out, elsewhere := g.signedIn(t, suzuki), g.signedIn(t, suzuki)
	cookie := cookieOf(out)
	status, h, _ := out.do(http.MethodPost, "/sign-out", values(out.token))
	if status != http.StatusSeeOther || h.Get("Location") != "/sign-in" || !strings.Contains(h.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("signing out: %d %v", status, h)
	}
	if status, _, _ := g.guest(t, "").do(http.MethodGet, "/", "", "Cookie", cookie); status != http.StatusUnauthorized {
		t.Error("the cookie still lets in:", status)
	}
	if !in(elsewhere) {
		t.Error("another browser was signed out, too")
	}
	g.strike(suzuki)
	if in(elsewhere) {
		t.Error("somebody who has left the list reads on")
	}
	g.mu.Lock()
	g.listed[suzuki] = true
	g.mu.Unlock()
	if in(elsewhere) {
		t.Error("he comes back with his old session")
	}
}

// Another server on the same database, and the same after a restart, knows who is signed in
// and takes the forms of the other's pages.
func TestASessionIsGoodOnEveryServer(t *testing.T) {
	g := openGate(t)
	b := g.signedIn(t, suzuki)
	other := openRoom(t, func(c *web.Config) { c.Practice, c.SignIn = false, g.passes })
	there := other.guest(t, "")
	cookie := cookieOf(b)
	if status, _, _ := there.do(http.MethodPost, "/say", values(b.token, "text", "x", "line", "1", "c", channel), "Cookie", cookie); status != http.StatusSeeOther {
		t.Errorf("the other server: %d", status)
	}
	if status, _, _ := there.do(http.MethodPost, "/sign-out", values(b.token), "Cookie", cookie); status != http.StatusSeeOther {
		t.Errorf("signing out there: %d", status)
	}
	if status, _ := b.get("/"); status != http.StatusUnauthorized {
		t.Error("signed out on one server, signed in on the other:", status)
	}
}

// While the database is away, who is signed in here still reads whom to phone; a stranger
// does not.
func TestWhoIsSignedInIsToldWhomToPhone(t *testing.T) {
	g := openGate(t)
	b := g.signedIn(t, suzuki)
	g.register.mu.Lock()
	g.register.broken = errors.New("no database")
	g.register.mu.Unlock()
	g.desk.set(func() { g.desk.fail = errors.New("no database") })
	if status, body := b.get("/"); status != http.StatusInternalServerError || !strings.Contains(body, "090-0000-0002") {
		t.Errorf("%d %.300s", status, body)
	}
	if status, _, body := g.guest(t, "").do(http.MethodGet, "/", "", "Cookie", "hikeshi_session=X"); status != http.StatusUnauthorized || strings.Contains(body, "090-") {
		t.Errorf("a stranger: %d %.300s", status, body)
	}
}

// Who keeps coming with wrong links has to wait; others do not.
func TestGuessingIsSlowedDown(t *testing.T) {
	g := openGate(t)
	b := g.guest(t, "")
	guess := func(i int, from string) int {
		status, _, _ := b.do(http.MethodPost, "/sign-in", fmt.Sprintf("token=GUESS%d", i), "X-Forwarded-For", from)
		return status
	}
	for i := range 10 {
		if status := guess(i, "203.0.113.7"); status != http.StatusGone {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	// What the caller writes in front of what the proxy has seen changes nothing.
	for _, from := range []string{"203.0.113.7", "198.51.100.1, 203.0.113.7"} {
		if status := guess(11, from); status != http.StatusTooManyRequests {
			t.Errorf("the eleventh from %s: %d", from, status)
		}
	}
	if status, _, _ := b.do(http.MethodPost, "/sign-in", "token="+tokenIn(g.link(t, suzuki)), "X-Forwarded-For", "203.0.113.8"); status != http.StatusSeeOther {
		t.Error("somebody else has to wait:", status)
	}
}

// Behind https the cookie travels by https alone, and no other host can have set it.
func TestTheCookieBehindHTTPS(t *testing.T) {
	g := openGate(t, func(c *web.Config) { c.PublicURL = "https://hikeshi.example.co.jp" })
	_, h, _ := g.guest(t, "").do(http.MethodPost, "/sign-in", "token="+tokenIn(g.link(t, suzuki)), "Host", "hikeshi.example.co.jp")
	if c := h.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-hikeshi_session=") || !strings.Contains(c, "Secure") {
		t.Errorf("%q", c)
	}
}

// An open page of somebody who has signed out elsewhere, or left the list, is told nothing more.
func TestAStreamEndsWithItsSession(t *testing.T) {
	g := openGate(t)
	b := g.signedIn(t, suzuki)
	res, err := b.client.Get(g.URL + "/events") //nolint:bodyclose // closed below
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	g.strike(suzuki)
	g.web.Changed("")
	ended := make(chan string, 1)
	go func() {
		var all strings.Builder
		buffer := make([]byte, 4096)
		for {
			n, err := res.Body.Read(buffer)
			all.Write(buffer[:n])
			if err != nil {
				ended <- all.String()
				return
			}
		}
	}()
	select {
	case told := <-ended:
		if strings.Contains(told, "changed") {
			t.Error("he was told:", told)
		}
	case <-time.After(20 * time.Second):
		t.Error("the stream goes on")
	}
}

// What a person sees before he is in, on a desk and on a phone, and the way out.
func TestSigningInCanBeReadByEverybody(t *testing.T) {
	g := openGate(t)
	ctx := browser(t)
	for _, width := range []int64{wide, narrow} {
		p := g.sitDown(ctx, t, "", width)
		look := func(name string) {
			t.Helper()
			where := fmt.Sprintf("signin-%s-%d", name, width)
			p.shoot(where)
			p.axe(where)
			p.fits(where)
			if ask[bool](p, `document.querySelector(".practice") !== null`) {
				t.Errorf("%s: it says that this is practice", where)
			}
		}
		p.open("/incidents/" + incidentID)
		look("stranger")
		p.open("/sign-in?token=AAAA")
		p.js(`document.querySelector("main button").click()`)
		p.untilText("main", "期限切れ")
		look("over")
		p.open(g.link(t, suzuki))
		look("link")
		p.js(`document.querySelector("main button").click()`)
		p.until(`document.querySelector("#posts") !== null`)
		look("in")
		p.js(`document.querySelector(".leave button").click()`)
		p.untilText("main", "/incident web")
	}
}
