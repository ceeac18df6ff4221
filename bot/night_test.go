package main

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A night is a script of what people do, run through the real desk, service, store and
// courier, and beside it what they were shown. The script's lines:
//
//	clock 2026-11-21 02:00            moves the clock on to a time (Asia/Tokyo); what falls due happens
//	wait 5m                           moves it on
//	山本: /incident …                  types a line (in the own messages)
//	山本 @TRN-2026-0001: …             types a line in an incident's channel
//	山本 [対応します]                   presses a button: of the last answer, else of the newest message that has it
//	山本 [実施した] 手順2               … the one beside the line that says 手順2
//	山本 @TRN-2026-0001 [進める]        presses a button in a channel
//	山本 keeps @TRN-2026-0001 [進める]  looks at a button without pressing it yet
//	山本 presses                       presses the button that was kept: it may be stale by now
//	山本 again                         the last request comes a second time
//	山本 = kind:ウイルス; text:…        fills the form that is open and sends it
//	山本 ~ text:…                      types into the form that is open, and sends nothing
//	山本 ~                             opens again the form that was left
//	山本 ?                             looks at the own messages
//	山本 @TRN-2026-0001 ?              looks at a channel
//	山本 page TRN-2026-0001            looks at the incident's page
//	! restart                         closes everything and opens it again
//
// A choice of a form may be given by what its option says. {あ*300} stands for 300 あ, and
// \u202e for that character. A name that is not on the contact list is a stranger's. Lines
// of # are told as they are.
type night struct {
	t       *testing.T
	program *program
	clock   *nightClock
	url     string
	log     *slog.Logger // nil: none is kept
	house   *house
	script  string
	out     strings.Builder
	said    int
	begun   bool                    // somebody has done something
	last    map[string]chat.Request // by name: the last request, to be repeated
	kept    map[string]chat.Action  // by name: a button that was looked at
	drafts  map[string]string       // by name: the draft of the last form
	forms   map[string]*chat.Form
	replies map[string][]chat.Card
	fresh   map[string][]chat.Card // answers that are still to be told
	seen    map[string]string      // message key, or draft → what was last told of it
	updates []string               // told of messages that were brought up to date, since the last act
	end     func()
	// On another stage than the web room: what is done when everything was opened, how a line
	// is acted, and how what has come since is told.
	wired func()
	acts  func(ctx context.Context, line string)
	tells func(timed int)
}

// nightClock goes as a script says. Only the script's goroutine moves it.
type nightClock struct {
	mu  sync.RWMutex
	now time.Time
}

func (c *nightClock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.now
}

func (c *nightClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func newNight(t *testing.T, lang string) *night {
	return newNightOn(t, lang, pgtest.Database(t, filepath.Join(t.TempDir(), "practice.db"), store.Migrate))
}

func newNightOn(t *testing.T, lang, url string) *night {
	t.Helper()
	n := emptyNight(t, lang, url)
	n.open()
	t.Cleanup(func() { n.end() })
	return n
}

// emptyNight is a night before anything was opened.
func emptyNight(t *testing.T, lang, url string) *night {
	t.Helper()
	n := &night{
		t: t, clock: &nightClock{now: time.Date(2026, 11, 16, 9, 0, 0, 0, incident.Tokyo)},
		url:  url,
		last: map[string]chat.Request{}, kept: map[string]chat.Action{}, drafts: map[string]string{},
		forms: map[string]*chat.Form{}, replies: map[string][]chat.Card{}, fresh: map[string][]chat.Card{}, seen: map[string]string{},
	}
	n.wired, n.acts, n.tells = func() {}, n.act, n.tellNews
	n.program = &program{out: os.Stderr, errs: os.Stderr, settings: settings{DatabaseURL: n.url, Lang: lang, Mode: modePractice, Listen: "127.0.0.1:0"}}
	return n
}

func (n *night) open() {
	ctx := context.Background()
	o := &opened{clock: n.clock}
	set, err := n.program.templates()
	if err != nil {
		n.t.Fatal(err)
	}
	o.take(set)
	if o.store, err = store.Open(ctx, n.url); err != nil {
		n.t.Fatal(err)
	}
	log := n.log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	n.house, err = n.program.wire(ctx, o, log)
	if err != nil {
		n.t.Fatal(err)
	}
	n.end = func() {
		n.house.web.Stop()
		if err := o.store.Close(); err != nil {
			n.t.Error(err)
		}
	}
	n.wired()
}

// who finds a person by the beginning of the name, or makes a stranger of it.
func (n *night) who(name string) desk.PersonLine {
	n.t.Helper()
	for _, p := range n.house.desk.People(n.program.settings.Lang) {
		if strings.HasPrefix(strings.ReplaceAll(p.Name, " ", ""), strings.TrimSpace(name)) {
			return p
		}
	}
	return desk.PersonLine{User: chat.UserID("web:stranger-" + name), Name: name}
}

var (
	speaks  = regexp.MustCompile(`^(\S+?)(?: @(\S+))?: ?(.*)$`)
	presses = regexp.MustCompile(`^(\S+)( keeps)?(?: @(\S+))? \[([^]]+)\](?: (.+))?$`)
	stale   = regexp.MustCompile(`^(\S+) presses$`)
	again   = regexp.MustCompile(`^(\S+) again$`)
	fills   = regexp.MustCompile(`^(\S+) =(?: (.*))?$`)
	types   = regexp.MustCompile(`^(\S+) ~(?: (.*))?$`)
	looks   = regexp.MustCompile(`^(\S+)(?: @(\S+))? \?$`)
	pages   = regexp.MustCompile(`^(\S+) page (\S+)$`)
	repeats = regexp.MustCompile(`\{([^{}*]+)\*([0-9]+)\}`)
	escaped = regexp.MustCompile(`\\u([0-9a-fA-F]{4})`)
)

func (n *night) line(line string) {
	ctx := context.Background()
	n.script = line
	if line == "" || strings.HasPrefix(line, "#") {
		n.tell(0, line)
		return
	}
	n.tell(0, n.clock.now.In(incident.Tokyo).Format("15:04")+" > "+line)
	switch {
	case strings.HasPrefix(line, "clock "):
		at, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimPrefix(line, "clock "), incident.Tokyo)
		if err != nil {
			n.t.Fatal(err)
		}
		if !n.begun {
			n.clock.set(at) // nothing has happened yet
			break
		}
		if at.Before(n.clock.now) {
			n.t.Fatalf("%q turns the clock back", line)
		}
		n.wait(at.Sub(n.clock.now))
	case strings.HasPrefix(line, "wait "):
		d, err := time.ParseDuration(strings.TrimPrefix(line, "wait "))
		if err != nil {
			n.t.Fatal(err)
		}
		n.wait(d)
	case line == "! restart":
		n.end()
		n.open()
	default:
		n.begun = true
		n.acts(ctx, spelledOut(line))
	}
	n.deliver()
	n.tellReplies()
	n.tells(0)
}

// spelledOut puts the long and the odd texts of a script in the place of their shorthand.
func spelledOut(line string) string {
	line = repeats.ReplaceAllStringFunc(line, func(s string) string {
		m := repeats.FindStringSubmatch(s)
		times, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], times)
	})
	return escaped.ReplaceAllStringFunc(line, func(s string) string {
		r, _ := strconv.ParseUint(s[2:], 16, 32)
		return string(rune(r))
	})
}

// wait moves the clock on as practice does, tick by tick, and tells what comes when. Ticks
// at which nothing can be due are passed over.
func (n *night) wait(d time.Duration) {
	const tick = 5 * time.Minute
	for end := n.clock.now.Add(d); n.clock.now.Before(end); {
		step := max(tick, n.quiet().Truncate(tick))
		n.clock.set(n.clock.now.Add(min(step, end.Sub(n.clock.now))))
		if err := n.house.step(context.Background(), func() error { return nil }); err != nil {
			n.t.Fatal(err)
		}
		n.tells(1)
	}
}

// quiet is how long nothing falls due: no call, no message, and no morning.
func (n *night) quiet() time.Duration {
	now := n.clock.now.In(incident.Tokyo)
	morning := time.Date(now.Year(), now.Month(), now.Day(), 9, 0, 0, 0, incident.Tokyo)
	if !morning.After(now) {
		morning = morning.AddDate(0, 0, 1)
	}
	next := morning
	if due, ok, err := n.house.service.NextDue(context.Background()); err != nil {
		n.t.Fatal(err)
	} else if ok && due.Before(next) {
		next = due
	}
	return next.Sub(now)
}

func (n *night) deliver() {
	n.t.Helper()
	if err := n.house.courier.Drain(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

// TestNights runs every script of testdata/nights and compares what was shown, and the
// reports at the end, with what stands beside it: the same on either database.
func TestNights(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		nights(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "practice.db") })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := pgtest.Shared(t)
		if *update {
			return // SQLite's have been written; the next run compares
		}
		nights(t, func(t *testing.T) string { return server.Empty(t) })
	})
}

func nights(t *testing.T, database func(t *testing.T) string) {
	scripts, err := filepath.Glob("testdata/nights/*.txt")
	if err != nil || len(scripts) < 4 {
		t.Errorf("%d nights, %v; want four", len(scripts), err)
	}
	for _, file := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			n := newNightOn(t, "ja", database(t))
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			shown := strings.TrimSuffix(file, ".txt") + ".shown"
			defer func() {
				if t.Failed() && *update { // as far as it came, for whoever writes the script
					_ = os.WriteFile(shown, []byte(n.out.String()), 0o644)
				}
			}()
			sc := bufio.NewScanner(f)
			for sc.Scan() {
				n.line(strings.TrimRight(sc.Text(), " "))
				n.nothingAmiss()
			}
			if err := sc.Err(); err != nil {
				t.Fatal(err)
			}
			golden(t, shown, n.out.String())
			golden(t, strings.TrimSuffix(file, ".txt")+".report.md", n.reports())
			golden(t, strings.TrimSuffix(file, ".txt")+".register", n.register())
			v, err := workflows.Verify(context.Background(), n.house.store)
			if err != nil || len(v.Breaches) > 0 {
				t.Errorf("verify: %+v, %v", v.Breaches, err)
			}
		})
	}
}

// nothingAmiss has the auditor look: whatever happens in a night, he finds no gap and mends nothing.
func (n *night) nothingAmiss() {
	n.t.Helper()
	a, err := n.house.service.Audit(context.Background())
	if err != nil || len(a.Found) > 0 || len(a.Repaired) > 0 {
		n.t.Errorf("the audit found %v and mended %v, %v", a.Found, a.Repaired, err)
	}
}

// reports are the final reports of every incident of the night, one after the other.
func (n *night) reports() string {
	ctx := context.Background()
	ids, err := n.house.store.AllIDs(ctx)
	if err != nil || len(ids) == 0 {
		n.t.Fatal(ids, err)
	}
	var b strings.Builder
	for i, id := range ids {
		body, err := n.program.document(ctx, n.house.opened, string(id), desk.KindReport, "md")
		if err != nil {
			n.t.Fatal(err)
		}
		if i > 0 {
			b.WriteString("\n----\n\n")
		}
		b.Write(body)
	}
	return visible(b.String())
}
