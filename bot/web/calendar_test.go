package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/web"
)

const calendarBody = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"

// fakeCalendars give each person one address at a time: 1made1.ics, 1made2.ics and so on.
type fakeCalendars struct {
	*fakeDesk
	mu    sync.Mutex
	made  int
	owner map[string]chat.UserID // by file
	fail  error
	// slow, where it is set, holds back the answer to a press whose address is made.
	slow *slowPress
}

type slowPress struct{ made, answer chan struct{} }

func (f *fakeCalendars) fileOf(who chat.UserID) string {
	for file, o := range f.owner {
		if o == who {
			return file
		}
	}
	return ""
}

func (f *fakeCalendars) Calendar(_ context.Context, file string) (desk.CalendarFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	who, ok := f.owner[file]
	switch {
	case !ok:
		return desk.CalendarFile{}, fmt.Errorf("wrapped: %w", desk.ErrCalendarUnknown)
	case f.fail != nil:
		return desk.CalendarFile{}, f.fail
	}
	return desk.CalendarFile{User: who, Type: "text/calendar; charset=utf-8", Body: []byte(calendarBody)}, nil
}

func (f *fakeCalendars) MakeCalendar(ctx context.Context, who chat.UserID, ref string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.fileOf(who)
	if f.fail != nil {
		return "", f.fail
	}
	if before != "" && ref != "ref-"+before || before == "" && ref != "" {
		return "", desk.ErrCalendarOther
	}
	delete(f.owner, before)
	f.made++
	file := fmt.Sprintf("1made%d.ics", f.made)
	f.owner[file] = who
	if f.slow != nil {
		f.slow.made <- struct{}{}
		<-f.slow.answer
	}
	return desk.PathCalendars + file, ctx.Err()
}

func (f *fakeCalendars) EndCalendar(_ context.Context, who chat.UserID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.owner, f.fileOf(who))
	return f.fail
}

func (f *fakeCalendars) Clocks(ctx context.Context, who chat.UserID) (desk.ClocksPage, error) {
	page, err := f.fakeDesk.Clocks(ctx, who)
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.fileOf(who); file != "" {
		page.Calendar = desk.CalendarLine{Ref: "ref-" + file, Made: "カレンダー用のアドレスを作成済みです（02:00）。"}
	}
	return page, err
}

// withCalendars puts them into a room.
func withCalendars(f *fakeCalendars) func(*web.Config) {
	return func(c *web.Config) {
		f.fakeDesk, f.owner = c.Desk.(*fakeDesk), map[string]chat.UserID{}
		c.Desk, c.Calendars = f, f
	}
}

var addressPattern = regexp.MustCompile(`id="calendar-address"[^>]*value="([^"]+)"`)

// make presses the button of the page and gives the path of the address that is shown.
func (g *guest) makeCalendar() (path string) {
	g.t.Helper()
	_, body := g.get("/clocks")
	ref := ""
	if m := regexp.MustCompile(`name="ref" value="([^"]*)"`).FindStringSubmatch(body); m != nil {
		ref = m[1]
	}
	status, body := g.post("/clocks", "do", "make", "ref", ref)
	m := addressPattern.FindStringSubmatch(body)
	if status != http.StatusOK || m == nil {
		g.t.Fatalf("%d %s", status, body)
	}
	path, ok := strings.CutPrefix(m[1], g.at.URL)
	if !ok {
		g.t.Fatalf("the address %s is not one of %s", m[1], g.at.URL)
	}
	return path
}

func TestACalendarIsReadWithoutASession(t *testing.T) {
	f := &fakeCalendars{}
	r := openRoom(t, withCalendars(f))
	path := r.guest(t, suzuki).makeCalendar()
	g := r.guest(t, "")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		status, h, body := g.do(method, path, "")
		if status != http.StatusOK || method == http.MethodGet && body != calendarBody {
			t.Fatalf("%s: %d %q", method, status, body)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/calendar; charset=utf-8", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive",
			"X-Content-Type-Options": "nosniff", "Content-Disposition": `attachment; filename="hikeshi.ics"`, "Content-Length": fmt.Sprint(len(calendarBody)), "Set-Cookie": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s %s: %q, want %q", method, name, got, want)
			}
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		if status, _, _ := g.do(method, path, ""); status != http.StatusMethodNotAllowed && status != http.StatusNotFound {
			t.Errorf("%s: %d", method, status)
		}
	}
	if status, _, _ := g.do(http.MethodGet, path, "", "Host", "elsewhere.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %d", status)
	}
}

// What is no address of a calendar is answered with nothing at all, whatever is wrong with it.
func TestWhatIsNoCalendarSaysNothing(t *testing.T) {
	var log strings.Builder
	f := &fakeCalendars{}
	r := openRoom(t, withCalendars(f), func(c *web.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	owner := r.guest(t, suzuki)
	old := owner.makeCalendar()
	path := owner.makeCalendar()
	if old == path {
		t.Fatal("the same address again")
	}
	g := r.guest(t, "")
	for i, bad := range []string{old, "/calendar/x", "/calendar/%00%FF%0A.ics", "/calendar/" + strings.Repeat("A", 5000) + ".ics", path + "x", "/calendar/.ics"} {
		status, h, body := g.do(http.MethodGet, bad, "", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
		if status != http.StatusNotFound || body != "" || h.Get("Content-Type") != "" || h.Get("Cache-Control") != "private, no-store" || h.Get("Set-Cookie") != "" {
			t.Errorf("%.40s: %d %q %v", bad, status, body, h)
		}
	}
	if log.Len() > 0 {
		t.Error("logged:", log.String())
	}
	// A fault of ours is no empty calendar, which would take away what a program has.
	f.fail = errors.New("no database")
	status, h, body := g.do(http.MethodGet, path, "")
	if status != http.StatusServiceUnavailable || body != "" || h.Get("Retry-After") == "" {
		t.Errorf("%d %q %v", status, body, h)
	}
	if said := log.String(); !strings.Contains(said, "no database") || strings.Contains(said, "1made") {
		t.Error("logged:", said)
	}
	f.fail = nil
	if status, _ := owner.post("/clocks", "do", "end"); status != http.StatusSeeOther {
		t.Errorf("taking it back: %d", status)
	}
	if status, _, body := g.do(http.MethodGet, path, ""); status != http.StatusNotFound || body != "" {
		t.Errorf("taken back: %d %q", status, body)
	}
}

func TestTryingCalendarsIsSlowedDown(t *testing.T) {
	f := &fakeCalendars{}
	r := openRoom(t, withCalendars(f))
	path, g := r.guest(t, suzuki).makeCalendar(), r.guest(t, "")
	from := []string{"X-Forwarded-For", "203.0.113.7"}
	for i := range 10 {
		if status, _, _ := g.do(http.MethodGet, fmt.Sprintf("/calendar/1GUESS%d.ics", i), "", from...); status != http.StatusNotFound {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	if status, h, body := g.do(http.MethodGet, "/calendar/1GUESS11.ics", "", from...); status != http.StatusTooManyRequests || h.Get("Retry-After") == "" || body != "" {
		t.Errorf("the eleventh: %d %q", status, body)
	}
	// Colleagues behind the same address, and the programs of a large provider, are answered.
	if status, _, _ := g.do(http.MethodGet, path, "", from...); status != http.StatusOK {
		t.Errorf("a good one has to wait: %d", status)
	}
	if status, _, _ := g.do(http.MethodGet, "/calendar/1GUESS12.ics", "", "X-Forwarded-For", "203.0.113.8"); status != http.StatusNotFound {
		t.Error("somebody else has to wait:", status)
	}
}

// In live mode nobody reads who cannot sign in any more, though his address is as good as ever:
// his account was switched off.
func TestWhoCannotSignInReadsNoCalendar(t *testing.T) {
	f := &fakeCalendars{}
	gate := openGate(t, withCalendars(f))
	path := gate.signedIn(t, suzuki).makeCalendar()
	g := gate.guest(t, "")
	if status, _, body := g.do(http.MethodGet, path, ""); status != http.StatusOK || body != calendarBody {
		t.Fatalf("%d %q", status, body)
	}
	gate.strike(suzuki)
	if status, _, body := g.do(http.MethodGet, path, ""); status != http.StatusNotFound || body != "" {
		t.Errorf("%d %q", status, body)
	}
}

func TestTheAddressOfACalendarIsShownOnce(t *testing.T) {
	f := &fakeCalendars{}
	r := openRoom(t, withCalendars(f), func(c *web.Config) { c.PublicURL = "https://hikeshi.example.co.jp/" })
	g := r.guest(t, suzuki)
	_, body := g.get("/clocks")
	if !strings.Contains(body, "カレンダーに登録する") || strings.Contains(body, "アドレスを作り直す") || strings.Contains(body, "/calendar/") {
		t.Fatal(body)
	}
	status, body := g.post("/clocks", "do", "make")
	m := addressPattern.FindStringSubmatch(body)
	if status != http.StatusOK || m == nil || m[1] != "https://hikeshi.example.co.jp/calendar/1made1.ics" || strings.Count(body, "1made1") != 1 {
		t.Fatalf("%d %v %s", status, m, body)
	}
	// Pressing twice, and reloading that page, send the same press again: nobody loses the address
	// by it, and none is made.
	status, _, body = g.do(http.MethodPost, "/clocks", values(g.token, "do", "make"))
	if m := addressPattern.FindStringSubmatch(body); status != http.StatusOK || m == nil || !strings.HasSuffix(m[1], "/calendar/1made1.ics") || f.made != 1 {
		t.Errorf("again: %d %s", status, body)
	}
	// Another press, and another browser, do not learn it: they are told how to make another.
	for what, other := range map[string]*guest{"another press": g, "another browser": r.guest(t, suzuki)} {
		ref := map[string]string{"another press": "ref-1made0.ics"}[what]
		status, h, body := other.do(http.MethodPost, "/clocks", values(other.token, "do", "make", "ref", ref))
		if status != http.StatusSeeOther || h.Get("Location") != "/clocks" || strings.Contains(body, "1made1") || f.made != 1 {
			t.Errorf("%s: %d %s", what, status, body)
		}
		if _, body := other.get("/clocks"); !strings.Contains(body, "もう作られています") || strings.Contains(strings.ReplaceAll(body, "ref-1made1", ""), "1made1") {
			t.Errorf("%s is told:\n%s", what, body)
		}
	}
	_, body = g.get("/clocks")
	if strings.Contains(strings.ReplaceAll(body, "ref-1made1", ""), "1made1") || !strings.Contains(body, "アドレスを作り直す") || !strings.Contains(body, "作成済み") {
		t.Error("afterwards:", body)
	}
	for what, pairs := range map[string][]string{"no button": {}, "another button": {"do", "show"}} {
		if status, body := g.post("/clocks", pairs...); status != http.StatusSeeOther || f.made != 1 || len(f.owner) != 1 {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	// Nobody makes or ends one for somebody else, from another site, or without having read the page.
	for what, c := range map[string]struct {
		body   string
		header []string
		status int
	}{
		"no token":        {values("", "do", "end"), nil, http.StatusForbidden},
		"another token":   {values("x", "do", "make", "ref", "ref-1made1.ics"), nil, http.StatusForbidden},
		"another site":    {values(g.token, "do", "end"), []string{"Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"under no server": {values(g.token, "do", "end"), []string{"Host", "elsewhere.example"}, http.StatusMisdirectedRequest},
	} {
		if status, _, _ := g.do(http.MethodPost, "/clocks", c.body, c.header...); status != c.status {
			t.Errorf("%s: %d", what, status)
		}
	}
	if status, _, _ := r.guest(t, "").do(http.MethodPost, "/clocks", values("", "do", "end")); status != http.StatusForbidden && status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", status)
	}
	if len(f.owner) != 1 {
		t.Errorf("there are %v", f.owner)
	}
	r.desk.set(func() { r.desk.lang = "en" })
	if _, body := g.get("/clocks"); !strings.Contains(body, "Make a new address") {
		t.Error("in English:", body)
	}
}

// One that is not in force any more is not shown again, nor brought back.
func TestAnEndedAddressIsNotShownAgain(t *testing.T) {
	f := &fakeCalendars{}
	r := openRoom(t, withCalendars(f))
	g := r.guest(t, suzuki)
	if path := g.makeCalendar(); path != "/calendar/1made1.ics" {
		t.Fatal(path)
	}
	elsewhere := r.guest(t, suzuki)
	if path := elsewhere.makeCalendar(); path != "/calendar/1made2.ics" {
		t.Fatal(path)
	}
	if status, _, body := g.do(http.MethodPost, "/clocks", values(g.token, "do", "make")); status != http.StatusSeeOther || strings.Contains(body, "1made") {
		t.Errorf("replaced: %d %s", status, body)
	}
	if status, _ := elsewhere.post("/clocks", "do", "end"); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if status, _, body := g.do(http.MethodPost, "/clocks", values(g.token, "do", "make")); status != http.StatusOK || strings.Contains(body, "1made1") || !strings.Contains(body, "1made3") {
		t.Errorf("ended: %d %s", status, body)
	}
	// What was made as somebody else is not his to see, though the browser is the same.
	g.be(sato)
	f.mu.Lock()
	f.owner["1other.ics"] = sato
	f.mu.Unlock()
	if status, _, body := g.do(http.MethodPost, "/clocks", values(g.token, "do", "make")); status != http.StatusSeeOther || strings.Contains(body, "1made3") {
		t.Errorf("as somebody else: %d %s", status, body)
	}
}

// A browser that presses twice gives the first answer up: the address is made and shown all the same.
func TestAPressThatWasGivenUpIsNotLost(t *testing.T) {
	f := &fakeCalendars{slow: &slowPress{make(chan struct{}), make(chan struct{})}}
	r := openRoom(t, withCalendars(f))
	g := r.guest(t, suzuki)
	g.get("/clocks")
	ctx, giveUp := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/clocks", strings.NewReader(values(g.token, "do", "make")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	first := make(chan error)
	go func() {
		res, err := g.client.Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		first <- err
	}()
	<-f.slow.made
	giveUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(f.slow.answer)
	status, _, body := g.do(http.MethodPost, "/clocks", values(g.token, "do", "make"))
	if m := addressPattern.FindStringSubmatch(body); status != http.StatusOK || m == nil || f.made != 1 {
		t.Errorf("%d %d %s", status, f.made, body)
	}
}

func TestNoCalendarsWithoutCalendars(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	if _, body := g.get("/clocks"); strings.Contains(body, "カレンダー") {
		t.Error(body)
	}
	if status, _, _ := g.do(http.MethodGet, "/calendar/1made1.ics", ""); status != http.StatusNotFound {
		t.Error(status)
	}
	if status, _ := g.post("/clocks", "do", "make"); status != http.StatusMethodNotAllowed && status != http.StatusNotFound {
		t.Error(status)
	}
}

// In a browser: the press shows the address with a button that copies it, and what changes on the
// page meanwhile does not take it away.
func TestAnAddressIsCopiedInTheBrowser(t *testing.T) {
	ctx := browser(t)
	for _, width := range []int64{wide, narrow} {
		f := &fakeCalendars{}
		r := openRoom(t, withCalendars(f))
		p := r.sitDown(ctx, t, suzuki, width)
		p.open(desk.PathClocks)
		p.check("calendar-none", width)
		// Pressed again before the answer is there, it sends nothing; a page that comes back may.
		sent := ask[string](p, `(() => {
			const sent = [], stop = event => { sent.push(!event.defaultPrevented); event.preventDefault(); };
			const make = document.querySelector(".calendar .primary");
			addEventListener("submit", stop);
			make.click(); make.click(); sent.push(make.getAttribute("aria-disabled"));
			dispatchEvent(new Event("pageshow"));
			sent.push(make.getAttribute("aria-disabled")); make.click();
			removeEventListener("submit", stop);
			dispatchEvent(new Event("pageshow"));
			return sent.join();
		})()`)
		if sent != "true,false,true,,true" {
			t.Errorf("sent: %s", sent)
		}
		p.js(`document.querySelector(".calendar .primary").click()`)
		p.until(`document.querySelector("#calendar-address") && document.querySelector("[data-copy-from]").checkVisibility()`)
		p.check("calendar-address", width)
		p.js(`navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }`)
		p.js(`document.querySelector("[data-copy-from]").click()`)
		p.untilText("[data-copy-from]", "コピーしました")
		want := r.URL + "/calendar/1made1.ics"
		if copied := ask[string](p, `window.copied`); copied != want {
			t.Errorf("copied %q", copied)
		}
		p.js(`document.querySelector("#clocks").dataset.old = "1"`)
		r.web.Changed("")
		p.until(`document.querySelector("#clocks") && !document.querySelector("#clocks").dataset.old`)
		if still := ask[string](p, `document.querySelector("#calendar-address").value`); still != want {
			t.Errorf("after a change there is %q", still)
		}
		p.open(desk.PathClocks)
		p.check("calendar-made", width)
		if body := ask[string](p, `document.documentElement.outerHTML`); strings.Contains(strings.ReplaceAll(body, "ref-1made1", ""), "1made1") {
			t.Error("the address is shown a second time")
		}
	}
}
