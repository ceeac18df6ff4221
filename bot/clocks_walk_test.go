package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// A full case over ten weeks: the practice clock is moved by the buttons of the web room, day
// by day, the server is started again on many of the days, and every message that reaches
// somebody is kept as it was delivered. Whom it ought to reach, of what and on which morning, is
// computed a second time in clocks_reminded_test.go.

// walk is the server and who is told what.
type walk struct {
	t       *testing.T
	url     string
	program *program
	house   *house
	clock   *practiceClock
	browser *http.Client
	address string
	csrf    string
	keys    int
	told    []string // reminders, as walkCase gives them
	began   []string // notices of clocks that began or changed
	other   []string // anything else about clocks
	end     func()
}

func (w *walk) open() {
	ctx := w.t.Context()
	set, err := w.program.templates()
	if err != nil {
		w.t.Fatal(err)
	}
	o := &opened{}
	o.take(set)
	if o.store, err = store.Open(ctx, w.url); err != nil {
		w.t.Fatal(err)
	}
	if w.clock, err = newPracticeClock(ctx, o.store); err != nil {
		w.t.Fatal(err)
	}
	o.clock = w.clock
	if w.house, err = w.program.wire(ctx, o, slog.New(slog.DiscardHandler)); err != nil {
		w.t.Fatal(err)
	}
	route := w.house.courier.Route
	w.house.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
		front, to, err := route(m)
		if err != nil {
			return nil, to, err
		}
		return walkEar{front, w, m}, to, nil
	}
	server := httptest.NewServer(w.house.web.Handler())
	w.end = func() {
		w.house.web.Stop()
		server.Close()
		if err := o.store.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.address = server.URL
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.browser = &http.Client{Jar: jar}
	page := w.page("/be")
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		w.t.Fatalf("no form: %s", page)
	}
	w.post("/be", url.Values{"csrf": {token[1]}, "who": {"web:" + string(w.person("小林").ID)}, "back": {"/"}})
	if token = regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(w.page("/")); token == nil {
		w.t.Fatal("the room has no form")
	}
	w.csrf = token[1]
	// What a start does at once: the calendar's work of the day, and what is due.
	if err := w.house.step(ctx, func() error { return nil }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) page(path string) string {
	r, err := w.browser.Get(w.address + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s, %v", path, r.Status, err)
	}
	return string(body)
}

func (w *walk) post(path string, values url.Values) {
	r, err := w.browser.PostForm(w.address+path, values)
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s", path, r.Status)
	}
}

// walkEar hears what reaches somebody.
type walkEar struct {
	chat.Frontend
	w *walk
	m workflows.Message
}

func (e walkEar) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	id, err := e.Frontend.Send(ctx, d)
	if err == nil && e.m.Kind == incident.NoticeClocks {
		e.w.hear(e.m, d.Card)
	}
	return id, err
}

// hear notes what a card says. Time is that of the practice clock, to the ten minutes: a clock
// that is moved in steps of five minutes comes by within five.
func (w *walk) hear(m workflows.Message, card chat.Card) {
	at := w.house.service.Now().In(jst).Truncate(10 * time.Minute).Format("2006-01-02 15:04")
	who, _, _ := strings.Cut(w.house.service.Name(nil, m.To), " ")
	head := fmt.Sprintf("%s %s %s", at, who, m.Incident)
	var text string
	var titles []string
	for _, b := range card.Blocks {
		if text == "" {
			text = b.Text
		}
		for _, i := range b.Items {
			titles = append(titles, i.Text)
		}
	}
	text, _, _ = strings.Cut(text, "\n") // below it stands what 暫定 is
	late := text == spoken("notice.clocks.late")
	switch {
	case late, text == spoken("notice.clocks.remind"), text == spoken("notice.clocks.last_day"):
		for _, title := range titles {
			line := head + " " + title
			if late && w.overdue(m.Incident, title) {
				line += "（期限切れ）"
			}
			w.told = append(w.told, line)
		}
	case strings.HasPrefix(text, strings.SplitN(spoken("notice.clocks.drawn"), "{", 2)[0]):
		w.began = append(w.began, head)
	default:
		w.other = append(w.other, head+" "+text)
	}
}

// overdue tells of a card that is about several clocks which of them are, by the mark that
// stands on it for everybody to read: on the page as well.
func (w *walk) overdue(id incident.ID, title string) bool {
	in, err := w.house.store.Incident(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, clock := range walkTable {
		if clock.title == title {
			c, _ := in.Clock(incident.Rule(clock.rule))
			return c.Overdue(w.house.service.Now())
		}
	}
	return false
}

// reach presses the buttons of the practice clock until it is a time.
func (w *walk) reach(at time.Time) {
	for left := at.Sub(w.house.service.Now()); left > 0; left = at.Sub(w.house.service.Now()) {
		by := ""
		switch {
		case left >= 24*time.Hour:
			by = "24h"
		case left >= time.Hour:
			by = "1h"
		case left >= 5*time.Minute:
			by = "5m"
		default:
			if err := w.house.moveOn(w.t.Context(), w.clock, left); err != nil {
				w.t.Fatal(err)
			}
			continue
		}
		w.post("/clock", url.Values{"csrf": {w.csrf}, "by": {by}, "back": {"/"}})
	}
}

// stop ends the server for a while; the practice clock goes on as a clock does.
func (w *walk) stop(until time.Time) {
	left := until.Sub(w.house.service.Now())
	w.end()
	s, err := store.Open(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	if left > 0 {
		offset := time.Duration(w.clock.offset.Load()) + left
		if err := s.SetSetting(w.t.Context(), offsetSetting, offset.String()); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

func (w *walk) person(name string) incident.Actor {
	for _, p := range w.house.service.Contacts().People() {
		if strings.HasPrefix(p.Name, name) {
			return incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
		}
	}
	w.t.Fatalf("nobody is called %s", name)
	return incident.Actor{}
}

func (w *walk) do(who string, id string, do incident.Command) workflows.Outcome {
	w.keys++
	out, err := w.house.service.Do(w.t.Context(), workflows.Command{
		Key: fmt.Sprint("walk-", w.keys), Incident: incident.ID(id), By: w.person(who), Source: incident.FromPerson, Do: do,
	})
	if err != nil || !out.Accepted() {
		w.t.Fatalf("%s %s %+v: %+v, %v", w.house.service.Now().In(jst), who, do, out.Refusal, err)
	}
	if err := w.house.courier.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// answered has everybody answer the call, the lead first, so that nobody is called for ten weeks.
func (w *walk) answered(id string) {
	w.do("佐藤", id, incident.Take{})
	in, err := w.house.store.Incident(w.t.Context(), incident.ID(id))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range in.Pages {
		if name := w.house.service.Name(in, p.Person); !strings.HasPrefix(name, "佐藤") {
			w.do(name, id, incident.Take{})
		}
	}
	w.do("佐藤", id, incident.SetLevel{Level: incident.Level3})
}

func (w *walk) filed(who, id string, rules ...string) {
	for _, r := range rules {
		w.do(who, id, incident.SettleClock{Rule: incident.Rule(r), How: incident.ClockFiled})
	}
}

func (w *walk) answer(who, id string, pairs ...string) {
	f := incident.Facts{}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		f[incident.FactKey(k)] = incident.Answer(v)
	}
	w.do(who, id, incident.SetFacts{Facts: f})
}

func TestRemindersOverAFullCase(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { walked70(t, "sqlite:"+filepath.Join(t.TempDir(), "practice.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { walked70(t, pgtest.Shared(t).Empty(t)) })
}

func walked70(t *testing.T, database string) {
	const (
		full, dismissed, merged = "TRN-2026-0001", "TRN-2026-0002", "TRN-2026-0003"
		always                  = "2027-02-01 00:00"
	)
	begin, end := walkTime("2026-11-02 08:50"), walkTime("2027-01-11 12:00") // ten weeks
	own := t.TempDir()
	put(t, own, "rules/contracts.yaml", walkOwn)
	put(t, own, "rules/systems.yaml", walkSystems)
	w := &walk{t: t, url: database}
	w.program = &program{out: io.Discard, errs: io.Discard, settings: settings{DatabaseURL: database, Config: own, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0"}}
	s, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetSetting(t.Context(), offsetSetting, time.Until(begin).String()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w.open()
	defer func() { w.end() }()

	var undone int64
	acts := []struct {
		at string
		do func()
	}{
		{"2026-11-02 08:50", func() {
			w.do("中村", "", incident.Report{
				Text: "受注サーバーのファイルが開けず、身代金を求める画面が出た", What: incident.KindVirus, DiscoveredAt: walkTime("2026-11-02 08:40"),
				Facts: incident.Facts{incident.FactRansomware: incident.Yes, incident.FactBusinessStopped: incident.Yes},
			})
			w.answered(full)
		}},
		{"2026-11-02 09:50", func() {
			w.do("山本", "", incident.Report{Text: "顧客名簿の入ったUSBメモリーが見つからない", What: incident.KindLoss, DiscoveredAt: walkTime("2026-11-02 09:40")})
			w.answered(dismissed)
		}},
		{"2026-11-02 10:10", func() {
			w.do("伊藤", "", incident.Report{Text: "受注システムにつながらない", What: incident.KindServiceStop, DiscoveredAt: walkTime("2026-11-02 10:00")})
		}},
		{"2026-11-02 10:30", func() { w.do("佐藤", merged, incident.Merge{Into: full}) }},
		{"2026-11-02 15:00", func() { w.filed("鈴木", full, "recovery:受注システム") }},
		{"2026-11-03 11:00", func() { w.answer("佐藤", full, "personal_data=yes", "persons=1200", "encrypted_safe=no") }},
		{"2026-11-03 12:00", func() {
			w.do("佐藤", full, incident.PlanReminders{Rule: "mynumber-preliminary", At: []time.Time{walkTime("2026-11-05 13:30"), walkTime("2026-11-06 10:00")}, Reason: "会議に合わせる"})
		}},
		{"2026-11-04 12:00", func() { w.answer("高橋", full, "my_number=yes", "my_number_persons=30") }},
		{"2026-11-05 10:00", func() { w.do("佐藤", dismissed, incident.Dismiss{Reason: "机の中にあった"}) }},
		{"2026-11-05 11:00", func() { w.answer("佐藤", full, "entrusted=yes") }},
		{"2026-11-05 11:10", func() { w.answer("鈴木", full, "unauthorized_access=yes") }},
		{"2026-11-05 18:00", func() { w.filed("佐藤", full, "ppc-entruster") }},
		{"2026-11-06 11:00", func() { w.filed("佐藤", full, "mynumber-preliminary") }},
		{"2026-11-06 14:00", func() {
			undone = w.do("佐藤", full, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled}).First
		}},
		{"2026-11-06 14:30", func() { w.do("佐藤", full, incident.Undo{Seq: undone, Reason: "送信できていなかった"}) }},
		{"2026-11-06 16:00", func() { w.filed("佐藤", full, "ppc-preliminary") }},
		{walkPause[0], func() { w.stop(walkTime(walkPause[1])) }},
		{"2026-11-07 20:00", func() { w.filed("佐藤", full, "contract:見本商事") }},
		{"2026-11-08 18:00", func() {
			for i, a := range walkAbsences {
				var deputy incident.PersonID
				if a.deputy != "" {
					deputy = w.person(a.deputy).ID
				}
				who := w.person(a.who).ID
				out, err := w.house.service.SetAbsence(t.Context(), fmt.Sprint("away-", i), who, who, contact.Absence{From: a.from, To: a.to, Deputy: deputy})
				if err != nil || out.Refusal != nil {
					t.Fatalf("%+v: %+v, %v", a, out.Refusal, err)
				}
			}
		}},
		{"2026-11-09 12:00", func() {
			w.do("佐藤", full, incident.SettleClock{Rule: "ipa-access", How: incident.ClockUnneeded, Reason: "ウイルスの届出に含める"})
		}},
		{"2026-11-20 17:00", func() { w.filed("佐藤", full, "police", "jpcert", "ppc-individuals") }},
		{"2026-11-25 17:00", func() { w.filed("鈴木", full, "ipa-virus") }},
		{"2027-01-03 12:00", func() { w.filed("鈴木", full, "mynumber-final") }},
		{"2027-01-08 12:00", func() { w.filed("佐藤", full, "ppc-final") }},
	}
	// The server is started again on every third day, at some hour, and around what falls due.
	var restarts []time.Time
	rnd := rand.New(rand.NewPCG(6, 1))
	for day := begin; day.Before(end); day = day.AddDate(0, 0, 1+rnd.IntN(5)) {
		restarts = append(restarts, day.Add(time.Duration(rnd.IntN(24*60))*time.Minute))
	}
	for _, stamp := range []string{"2026-11-04 08:59", "2026-11-05 09:02", "2026-11-06 14:59", "2026-11-06 15:01", "2027-01-02 09:01", "2027-01-04 14:58", "2027-01-06 08:58", "2027-01-07 09:06"} {
		restarts = append(restarts, walkTime(stamp))
	}
	slices.SortFunc(restarts, time.Time.Compare)

	to := func(at time.Time) {
		for len(restarts) > 0 && !restarts[0].After(at) {
			before := w.house.service.Now()
			if w.reach(restarts[0]); w.house.service.Now().Before(before) {
				t.Fatal("the clock went back")
			}
			restarts = restarts[1:]
			w.stop(w.house.service.Now())
			if a, err := w.house.service.Audit(t.Context()); err != nil || len(a.Found)+len(a.Repaired) > 0 {
				t.Errorf("%s: the audit found %v, mended %v: %v", w.house.service.Now().In(jst), a.Found, a.Repaired, err)
			}
		}
		w.reach(at)
	}
	for _, act := range acts {
		to(walkTime(act.at))
		act.do()
	}
	to(end)

	all := func(rules map[string][][2]string, from, until string) map[string][][2]string {
		open := map[string][][2]string{}
		for _, c := range walkTable {
			open[c.rule] = [][2]string{{from, until}}
		}
		for rule, spans := range rules {
			open[rule] = spans
		}
		return open
	}
	from := "2026-11-02 08:50"
	cases := []walkCase{
		{
			id: full, aware: walkTime("2026-11-02 08:40"), days: 60,
			open: all(map[string][][2]string{
				"recovery:受注システム":      {{from, "2026-11-02 15:00"}},
				"ppc-entruster":        {{from, "2026-11-05 18:00"}},
				"mynumber-preliminary": {{from, "2026-11-06 11:00"}},
				"ppc-preliminary":      {{from, "2026-11-06 14:00"}, {"2026-11-06 14:30", "2026-11-06 16:00"}},
				"contract:見本商事":        {{from, "2026-11-07 20:00"}},
				"ipa-access":           {{from, "2026-11-09 12:00"}},
				"ipa-virus":            {{from, "2026-11-25 17:00"}},
				"mynumber-final":       {{from, "2027-01-03 12:00"}},
				"ppc-final":            {{from, "2027-01-08 12:00"}},
			}, from, always),
			own: map[string][]string{"mynumber-preliminary": {"2026-11-05 13:30", "2026-11-06 10:00"}},
		},
		{id: dismissed, aware: walkTime("2026-11-02 09:40"), days: 30, open: all(nil, "2026-11-02 09:50", "2026-11-05 10:00")},
		{id: merged, aware: walkTime("2026-11-02 10:00"), days: 30, open: all(nil, "2026-11-02 10:10", "2026-11-02 10:30")},
	}
	var want []string
	table := readHolidays(t)
	for _, c := range cases {
		want = append(want, c.reminders(table, end)...)
	}
	// Written out, so that the second method cannot be empty either.
	for _, line := range []string{
		"2026-11-06 15:00 佐藤 TRN-2026-0001 個人情報保護委員会への速報", "2026-11-09 09:00 渡辺 TRN-2026-0001 IPAへのコンピュータウイルスの届出",
		"2026-11-10 15:00 鈴木 TRN-2026-0001 IPAへのコンピュータウイルスの届出", // 文化の日 is no working day
		"2026-11-07 10:20 田中 TRN-2026-0001 契約による連絡（見本商事）（期限切れ）",
		"2027-01-02 09:00 鈴木 TRN-2026-0001 個人情報保護委員会への確報", "2027-01-04 15:00 佐藤 TRN-2026-0001 個人情報保護委員会への確報",
		"2027-01-08 09:00 田中 TRN-2026-0001 個人情報保護委員会への確報（期限切れ）",
	} {
		if !slices.Contains(want, line) {
			t.Errorf("not even expected: %s", line)
		}
	}
	differ(t, "reminded", w.told, want)
	differ(t, "told of clocks that began or changed", w.began, []string{
		"2026-11-02 08:50 佐藤 " + full, "2026-11-02 08:50 鈴木 " + full, "2026-11-02 08:50 高橋 " + full,
		"2026-11-02 09:50 佐藤 " + dismissed, "2026-11-02 09:50 鈴木 " + dismissed, "2026-11-02 09:50 高橋 " + dismissed,
		"2026-11-02 10:10 佐藤 " + merged, "2026-11-02 10:10 鈴木 " + merged, "2026-11-02 10:10 高橋 " + merged,
		"2026-11-03 11:00 高橋 " + full, // who answered knows
		"2026-11-04 12:00 佐藤 " + full,
	})
	differ(t, "anything else", w.other, nil)
	if v, err := workflows.Verify(t.Context(), w.house.store); err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
}

// differ says line by line what is there too often and what is missing.
func differ(t *testing.T, what string, got, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, line := range got {
		count[line]++
	}
	for _, line := range want {
		count[line]--
	}
	var lines []string
	for line, n := range count {
		if n != 0 {
			lines = append(lines, fmt.Sprintf("%+d %s", n, line))
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[3:], b[3:]) })
	if len(lines) > 0 {
		t.Errorf("%s: %d of %d differ (+ too often, - missing):\n%s", what, len(lines), len(want), strings.Join(lines, "\n"))
	}
}
