package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// A simulated year of a company: reports at any hour, people who answer late, never or no, who
// fall silent, hand over, go on holiday and leave; means that fail; servers that die in the
// middle of a send and are started again. The program is wired as serve does it; only the
// means, the clock and the people are the test's. After every step it is checked that nobody
// sleeps through anything (year_checks_test.go).
//
// Time goes from one thing that falls due to the next. For some minutes after anything has
// happened the calendar ticks every minute, as it does for real; in between, when nothing
// changes from one tick to the next, only at nine in the morning.

// TestAYear simulates a fortnight, TestAYearSoak a whole year.
func TestAYear(t *testing.T) {
	yearOn(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "live.db") }, 14*24*time.Hour, 0.8)
}

func TestAYearSoak(t *testing.T) {
	soak(t)
	t.Run("SQLite", func(t *testing.T) {
		yearOn(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "live.db") }, 365*24*time.Hour, 0.6)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := pgtest.Shared(t)
		yearOn(t, func(t *testing.T) string { return server.Empty(t) }, 28*24*time.Hour, 1)
	})
}

// yearSeed chooses another year: HIKESHI_YEAR_SEED=7 go test ./bot -run AYear. What a platform's
// failure costs in time is chance all the same: the courier's waits have a jitter of their own.
func yearSeed(t *testing.T) uint64 {
	t.Helper()
	s := os.Getenv("HIKESHI_YEAR_SEED")
	if s == "" {
		return 1
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("HIKESHI_YEAR_SEED=%q: %v", s, err)
	}
	return n
}

type year struct {
	t     *testing.T
	seed  uint64
	rnd   *rand.Rand
	clock *nightClock
	begun time.Time
	end   time.Time
	busy  float64 // reports a day
	url   string
	db    *sql.DB         // to look only
	file  workflows.Store // the store without the server's mortality, to look only
	house *house
	life  *life
	rows  []contact.Row // of the whole company

	mu      sync.Mutex // of what the means touch
	plans   []happening
	outages []failingTime
	reached map[string]bool
	faults  []string
	// unreachable is when it last turned out that a message reaches nobody.
	unreachable map[string]time.Time
	// channels are the accounts in each channel, by platform and name.
	channels map[string][]chat.UserID

	known    map[incident.ID]*followed
	said     map[string]bool // reminders: of which clock of which incident, and when
	imported time.Time       // when the contact list was last changed
	awake    time.Time       // until when the calendar ticks every minute
	started  time.Time       // of the server that runs
	acts     int

	// Figures.
	reports, rounds, exhausted, restarts, imports, absences, steps, tries, failures, arrivals, kept int
	pages                                                                                           map[string]int
	repaired                                                                                        map[workflows.FindingKind]int
	waited                                                                                          []time.Duration
	duties                                                                                          duties
}

// happening is something that people do, or that is done to them.
type happening struct {
	at time.Time
	do func()
}

func yearOn(t *testing.T, database func(t *testing.T) string, long time.Duration, busy float64) {
	begun := time.Date(2026, 12, 21, 8, 0, 0, 0, incident.Tokyo) // so that a fortnight has the New Year in it
	seed := yearSeed(t)
	y := &year{
		t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 1)),
		clock: &nightClock{now: begun}, begun: begun, end: begun.Add(long), busy: busy, url: database(t),
		reached: map[string]bool{}, channels: map[string][]chat.UserID{}, unreachable: map[string]time.Time{}, known: map[incident.ID]*followed{}, said: map[string]bool{}, duties: duties{settled: map[incident.ClockStatus]int{}}, pages: map[string]int{}, repaired: map[workflows.FindingKind]int{},
	}
	t.Logf("seed %d", y.seed)
	y.open()
	defer func() { y.close() }()
	driver, source := "sqlite", "file:"+strings.TrimPrefix(y.url, "sqlite:")+"?_pragma=busy_timeout(5000)"
	if !strings.HasPrefix(y.url, "sqlite:") {
		driver, source = "pgx", y.url+"&search_path=hikeshi"
	}
	var err error
	if y.db, err = sql.Open(driver, source); err != nil {
		t.Fatal(err)
	}
	defer y.db.Close()
	var faults contact.Faults
	if y.rows, faults = contact.Parse(templates.SampleContacts()); faults != nil {
		t.Fatal(faults)
	}
	y.rows = withAccounts(y.rows)
	y.mayFail(y.importContacts(y.rows))
	y.fate()
	for y.step() {
	}
	y.settle()
	y.judge()
	y.tell()
}

// nowhere is an address at which nothing answers: what the year does not carry must not leave.
const nowhere = "http://127.0.0.1:1"

// open starts a server on the file, as serve does.
func (y *year) open() {
	ctx := context.Background()
	y.life = &life{}
	p := &program{out: io.Discard, errs: os.Stderr, settings: settings{
		DatabaseURL: y.url, Lang: "ja", Mode: modeLive, Listen: "127.0.0.1:0", PublicURL: "https://hikeshi.example.co.jp",
		SMTPURL: "smtps://user:secret@smtp.example.co.jp", SMTPFrom: "hikeshi@example.co.jp",
		PhoneURL: "https://phone.example.co.jp/call", PhoneSecret: strings.Repeat("s", 40),
		SlackBotToken: "xoxb-1", SlackAppToken: "xapp-1", SlackAPIURL: nowhere, DiscordBotToken: "discord", DiscordGuildID: "900000000000000001", DiscordAPIURL: nowhere,
	}}
	set, err := p.templates()
	if err != nil {
		y.t.Fatal(err)
	}
	o := &opened{clock: y.clock}
	o.take(set)
	if y.house != nil {
		o.paging = y.house.inForce.Load().Paging // what the company's folder says has not changed by the restart
	}
	if y.file, err = store.Open(ctx, y.url); err != nil {
		y.t.Fatal(err)
	}
	o.store = &mortalStore{y.file, y.life}
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		y.t.Fatal(err)
	}
	y.furnish(h)
	carried := func(fe chat.Frontend, m workflows.Message) chat.Frontend {
		c := carrier{y, fe.Name(), m}
		switch fe := fe.(type) {
		case room:
			return talker{joiner{c}, fe}
		case chat.Joiner:
			return joiner{c}
		}
		return c
	}
	route, instead := h.courier.Route, h.courier.Instead
	h.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
		fe, to, err := route(m)
		if errors.Is(err, chat.ErrGone) {
			y.mu.Lock()
			y.unreachable[m.Key] = y.clock.Now()
			y.mu.Unlock()
		}
		if err != nil {
			return nil, to, err
		}
		return carried(fe, m), to, nil
	}
	h.courier.Instead = func(m workflows.Message, tried []string) (chat.Frontend, chat.Target, bool) {
		fe, to, ok := instead(m, tried)
		if !ok {
			return nil, to, false
		}
		return carried(fe, m), to, true
	}
	y.house, y.started = h, y.clock.Now()
	// Every third server dies by itself, at some moment of its work.
	if y.rnd.IntN(3) == 0 {
		y.life.moment = dyings[y.rnd.IntN(len(dyings))]
		y.life.left.Store(int64(1 + y.rnd.IntN(60)))
	}
}

func (y *year) close() {
	y.house.web.Stop()
	if err := y.file.Close(); err != nil {
		y.t.Error(err)
	}
}

// restart ends the server and starts the next, some time later where nobody noticed at once.
func (y *year) restart() {
	y.restarts++
	y.close()
	y.open()
	y.awake = y.clock.Now().Add(3 * time.Minute)
}

// at plans something.
func (y *year) at(when time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(y.plans, when, func(h happening, t time.Time) int {
		return cmp.Or(h.at.Compare(t), -1) // behind what is planned for the same instant
	})
	y.plans = slices.Insert(y.plans, i, happening{when, do})
}

func (y *year) in(wait time.Duration, do func()) { y.at(y.clock.Now().Add(wait), do) }

// step goes on to the next thing that falls due, has everything happen that does, and checks.
// It reports whether the year goes on.
func (y *year) step() bool {
	ctx := context.Background()
	now := y.clock.Now()
	tick := now.Truncate(time.Minute).Add(time.Minute)
	next := tick
	if tick.After(y.awake) {
		local := now.In(incident.Tokyo)
		next = time.Date(local.Year(), local.Month(), local.Day(), 9, 0, 0, 0, incident.Tokyo)
		if !next.After(now) {
			next = next.AddDate(0, 0, 1)
		}
	}
	if due, ok, err := y.file.NextDue(ctx); err != nil {
		y.t.Fatal(err)
	} else if ok && due.Before(next) {
		next = due
	}
	y.mu.Lock()
	if len(y.plans) > 0 && y.plans[0].at.Before(next) {
		next = y.plans[0].at
	}
	y.mu.Unlock()
	if !next.After(now) {
		next = now.Add(time.Millisecond) // a lease that was lost in between
	}
	if next.After(y.end) {
		return false
	}
	y.steps++
	if y.clock.set(next); y.clock.Now().Before(y.awake) || next.Equal(tick) || next.In(incident.Tokyo).Hour() == 9 {
		y.tick(ctx)
	}
	for {
		y.mu.Lock()
		if len(y.plans) == 0 || y.plans[0].at.After(next) {
			y.mu.Unlock()
			break
		}
		do := y.plans[0].do
		y.plans = y.plans[1:]
		y.mu.Unlock()
		do()
		y.work(ctx)
		y.awake = next.Add(2 * time.Minute)
	}
	y.work(ctx)
	y.check()
	return true
}

// tick is the calendar's minute.
func (y *year) tick(ctx context.Context) {
	local := y.clock.Now().In(incident.Tokyo)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, incident.Tokyo)
	y.mayFail(y.house.service.Tick(ctx, today))
	y.audit(ctx)
}

// work does what is due. A server that has died meanwhile is started again, soon or later.
func (y *year) work(ctx context.Context) {
	for {
		err := y.house.courier.Drain(ctx)
		if !y.life.dead.Load() {
			if err != nil {
				y.t.Fatalf("seed %d, %s: %v", y.seed, y.when(), err)
			}
			return
		}
		y.restart()
	}
}

// mayFail takes the error of something that the server may have died at: then it is started
// again.
func (y *year) mayFail(err error) (done bool) {
	if err == nil {
		return true
	}
	if !errors.Is(err, errDied) && !y.life.dead.Load() {
		y.t.Fatalf("seed %d, %s: %v", y.seed, y.when(), err)
	}
	y.restart()
	return false
}

func (y *year) when() string {
	return y.clock.Now().In(incident.Tokyo).Format("2006-01-02 15:04:05.000")
}

// wrong notes what must not be; the step's check ends with it.
func (y *year) wrong(format string, args ...any) {
	y.faults = append(y.faults, fmt.Sprintf(format, args...))
}

// fate plans what befalls the company: reports, outages, absences, changed lists, restarts.
func (y *year) fate() {
	often := func(every time.Duration, do func(at time.Time)) {
		for at := y.begun; ; {
			if at = at.Add(time.Duration(y.rnd.ExpFloat64() * float64(every))); at.After(y.end.Add(-time.Hour)) {
				return
			}
			do(at)
		}
	}
	day := 24 * time.Hour
	often(time.Duration(float64(day)/y.busy), func(at time.Time) {
		for range 1 + max(0, y.rnd.IntN(20)-17) { // now and then several people see the same
			y.at(at, y.report)
		}
	})
	length := func(least, most time.Duration) time.Duration {
		return least + time.Duration(y.rnd.Int64N(int64(most-least)))
	}
	breaks := func(every time.Duration, means string, least, most time.Duration, kinds ...trouble) {
		often(every, func(at time.Time) {
			y.outages = append(y.outages, failingTime{means: means, kind: kinds[y.rnd.IntN(len(kinds))], from: at, to: at.Add(length(least, most))})
		})
	}
	for _, platform := range platforms {
		breaks(9*day, platform, 10*time.Minute, 4*time.Hour, refusing, hanging, busy)
	}
	breaks(8*day, "mail", 10*time.Minute, 5*time.Hour, refusing, refusing, hanging)
	breaks(6*day, "phone", 10*time.Minute, 6*time.Hour, refusing, hanging, hanging, busy)
	// No year without a night in which the chat is down and something happens.
	night := y.begun.Add(18 * time.Hour)
	for _, platform := range platforms {
		y.outages = append(y.outages, failingTime{means: platform, kind: refusing, from: night, to: night.Add(time.Hour)})
	}
	y.at(night.Add(5*time.Minute), y.report)
	// And none without a duty that is seen to too late.
	drag := y.begun.Add(30 * time.Hour)
	y.at(drag, y.drag)
	y.at(drag.Add(6*day+day/2), y.late)
	often(4*day, func(at time.Time) {
		o := failingTime{means: []string{frontendSlack, frontendDiscord, "mail", "phone"}[y.rnd.IntN(4)], kind: gone, from: at, to: at.Add(length(time.Hour, 4*day))}
		y.at(at, func() { // who it is, is chosen of those that are there
			if people := y.house.service.Contacts().People(); len(people) > 0 {
				o.person = people[y.rnd.IntN(len(people))].ID
				y.outages = append(y.outages, o)
			}
		})
	})
	often(2*day, func(at time.Time) { y.at(at, y.away) })
	often(9*day, func(at time.Time) { y.at(at, y.reorganise) })
	often(20*day, func(at time.Time) { y.at(at, y.newRules) })
	often(20*day, func(at time.Time) { y.at(at, y.compromise) })
	often(day, func(at time.Time) { y.at(at, y.restart) })
	for at := y.begun.Add(26 * time.Hour); at.Before(y.end); at = at.Add(day) {
		y.at(at, y.tidy)
	}
}

// newRules puts other rules of calling in force for the incidents to come, as a reload does.
func (y *year) newRules() {
	usual := paging.Usual()
	switch y.rnd.IntN(4) {
	case 0:
		one := [][]incident.Means{{incident.ByChat}, {incident.ByMail}, {incident.ByPhone}}
		usual.Level3.Means, usual.Level2.Means, usual.Level1.Means = one, one, one
	case 1:
		usual.Level3.Everyone = []incident.Role{incident.SystemAdmin}
		usual.Unconfirmed.Wait = 10 * time.Minute
	case 2:
		usual.Hours = []paging.Hours{{Name: "night", From: 22 * 60, To: 7 * 60}}
		usual.Level2.At = []paging.Shift{{Hours: "night", Plan: paging.Plan{Wait: 30 * time.Minute, Means: [][]incident.Means{{incident.ByPhone}}}}}
	}
	set := *y.house.inForce.Load()
	set.Paging = usual
	y.mayFail(y.house.use(context.Background(), &set, "ja"))
}

func (y *year) tell() {
	slices.Sort(y.waited)
	var sum time.Duration
	for _, w := range y.waited {
		sum += w
	}
	mean, median := time.Duration(0), time.Duration(0)
	if n := len(y.waited); n > 0 {
		mean, median = sum/time.Duration(n), y.waited[n/2]
	}
	y.t.Logf("seed %d: %.0f days, %d steps: %d incidents, %d acts of people; pages that arrived: %v; %d rounds, %d chains at their end; %d tries, %d of them failed, %d messages arrived; %d times a channel was kept; %d restarts, %d imports, %d absences; the audit mended %v; until somebody was responsible: mean %v, median %v, of %d; clocks: %+v",
		y.seed, y.end.Sub(y.begun).Hours()/24, y.steps, y.reports, y.acts, y.pages, y.rounds, y.exhausted, y.tries, y.failures, y.arrivals, y.kept,
		y.restarts, y.imports, y.absences, y.repaired, mean.Round(time.Second), median.Round(time.Second), len(y.waited), y.duties)
}
