package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/courier"
	"hikeshi/bot/metrics"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
)

// well is a readiness at which nothing is wrong.
func well(t *testing.T, log *slog.Logger) *readiness {
	t.Helper()
	ctx := context.Background()
	p := &program{settings: settings{Lang: "en", Mode: modePractice}}
	book, err := p.book()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, err := workflows.New(ctx, workflows.Options{Store: db, Clock: realClock{}, Book: book, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := loadSample(ctx, s); err != nil {
		t.Fatal(err)
	}
	live := func() (bool, time.Time) { return true, time.Now() }
	r := &readiness{
		service: s, log: log, turned: time.Now, ticked: time.Now, audited: time.Now, platforms: map[string]func() (bool, time.Time){partSlack: live, partDiscord: live},
		write: func(ctx context.Context) error { return db.SetSetting(ctx, readySetting, "now") },
	}
	r.accepting.Store(true)
	return r
}

func TestReadinessNamesThePartThatDoesNotWork(t *testing.T) {
	ago := func(d time.Duration) func() time.Time {
		return func() time.Time { return time.Now().Add(-d) }
	}
	away := func() (bool, time.Time) { return false, time.Now().Add(-platformAway - time.Second) }
	for name, c := range map[string]struct {
		harm func(t *testing.T, r *readiness)
		part string
	}{
		"all is well": {func(*testing.T, *readiness) {}, ""},
		"stopping":    {func(_ *testing.T, r *readiness) { r.accepting.Store(false) }, partAccepting},
		"no writes": {func(_ *testing.T, r *readiness) {
			r.write = func(context.Context) error { return errors.New("disk full") }
		}, partDatabase},
		"a database that hangs": {func(_ *testing.T, r *readiness) {
			r.write = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		}, partDatabase},
		"a courier that hangs":     {func(_ *testing.T, r *readiness) { r.turned = ago(courier.Late + time.Second) }, partCourier},
		"a courier that never ran": {func(_ *testing.T, r *readiness) { r.turned = func() time.Time { return time.Time{} } }, partCourier},
		"a calendar that hangs":    {func(_ *testing.T, r *readiness) { r.ticked = ago(courier.LateTick + time.Second) }, partCalendar},
		"an audit that hangs":      {func(_ *testing.T, r *readiness) { r.audited = ago(courier.LateAudit + time.Second) }, partAudit},
		"Slack is away": {func(_ *testing.T, r *readiness) {
			r.platforms[partSlack] = away
			delete(r.platforms, partDiscord)
		}, partSlack},
		"Discord is away": {func(_ *testing.T, r *readiness) {
			r.platforms[partDiscord] = away
			delete(r.platforms, partSlack)
		}, partDiscord},
		"Slack renews its connection": {func(_ *testing.T, r *readiness) {
			r.platforms[partSlack] = func() (bool, time.Time) { return false, time.Now() }
		}, ""},
		"nobody leads": {func(t *testing.T, r *readiness) {
			if _, err := r.service.ImportContacts(context.Background(), []contact.Row{}); err != nil {
				t.Fatal(err)
			}
		}, partContacts},
	} {
		t.Run(name, func(t *testing.T) {
			r := well(t, slog.New(slog.DiscardHandler))
			c.harm(t, r)
			begun := time.Now()
			w := httptest.NewRecorder()
			handler := &probes{parts: r.parts, metrics: metrics.New(), log: slog.New(slog.DiscardHandler)}
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, readyPath, nil))
			if took := time.Since(begun); took > readyWithin+5*time.Second {
				t.Errorf("it took %v", took)
			}
			var answer readyAnswer
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			want := http.StatusOK
			if c.part != "" {
				want = http.StatusServiceUnavailable
			}
			if w.Code != want || answer.Ready != (c.part == "") || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			told := 0
			for _, part := range parts {
				if _, set := r.platforms[part]; !set && (part == partSlack || part == partDiscord) {
					continue
				}
				told++
				if works, known := answer.Parts[part]; !known || works == (part == c.part) {
					t.Errorf("%s: %t", part, works)
				}
			}
			if len(answer.Parts) != told {
				t.Errorf("parts %v", answer.Parts)
			}
		})
	}
}

// An outage of one chat platform is the same for every server: none is taken out of use for it
// while another platform works, though the answer names it.
func TestOneOfTwoPlatformsIsEnoughToBeReady(t *testing.T) {
	for _, c := range []struct {
		slack, discord bool
		want           int
	}{{true, true, http.StatusOK}, {false, true, http.StatusOK}, {true, false, http.StatusOK}, {false, false, http.StatusServiceUnavailable}} {
		r := well(t, slog.New(slog.DiscardHandler))
		state := func(live bool) func() (bool, time.Time) {
			return func() (bool, time.Time) { return live, time.Now().Add(-platformAway - time.Second) }
		}
		r.platforms = map[string]func() (bool, time.Time){partSlack: state(c.slack), partDiscord: state(c.discord)}
		w := httptest.NewRecorder()
		handler := &probes{parts: r.parts, metrics: metrics.New(), log: slog.New(slog.DiscardHandler)}
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, readyPath, nil))
		var answer readyAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.want || answer.Ready != (c.want == http.StatusOK) || answer.Parts[partSlack] != c.slack || answer.Parts[partDiscord] != c.discord {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

// Anybody may ask as often as he likes: the database is asked once every two seconds, and
// its failing and mending are logged once each.
func TestReadinessAsksTheDatabaseNowAndThen(t *testing.T) {
	log := &written{}
	r := well(t, slog.New(slog.NewTextHandler(log, nil)))
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var broken atomic.Bool
		r.write = func(context.Context) error {
			asked++
			if broken.Load() {
				return errors.New("disk full")
			}
			return nil
		}
		ask := func(want bool, times int) {
			t.Helper()
			for range 100 {
				if r.databaseWorks(t.Context()) != want {
					t.Fatalf("works: %t", !want)
				}
			}
			if asked != times {
				t.Errorf("asked %d times, want %d", asked, times)
			}
		}
		ask(true, 1)
		broken.Store(true)
		ask(true, 1)
		<-time.After(readyKeeps)
		ask(false, 2)
		<-time.After(readyKeeps)
		ask(false, 3)
		broken.Store(false)
		<-time.After(readyKeeps)
		ask(true, 4)
	})
	if n := strings.Count(log.String(), "does not work"); n != 1 {
		t.Errorf("%d lines of the failure:\n%s", n, log)
	}
	if n := strings.Count(log.String(), "works again"); n != 1 {
		t.Errorf("%d lines of the mending:\n%s", n, log)
	}
}

func TestEveryRequestIsCountedByItsRoute(t *testing.T) {
	room := http.NewServeMux()
	room.HandleFunc("GET /incidents/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "secret" {
			w.WriteHeader(http.StatusForbidden)
			w.WriteHeader(http.StatusOK)
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})
	room.HandleFunc("GET /panic/{why}", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	m, log := metrics.New(), &written{}
	h := &probes{
		room: room, metrics: m, log: slog.New(slog.NewTextHandler(log, nil)), figures: m.Handler(metrics.Access{}),
		parts: func(context.Context) map[string]bool { return map[string]bool{"database": true} },
	}
	for _, path := range []string{"/incidents/TRN-2026-0001", "/incidents/secret", "/nowhere/secret", "/healthz", "/readyz", "/panic/secret"} {
		func() {
			defer func() { _ = recover() }()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
		}()
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil)
	r.RemoteAddr = "127.0.0.1:7"
	h.ServeHTTP(w, r)
	for _, line := range []string{
		`hikeshi_http_requests_total{route="GET /incidents/{id}",status="200"} 1`,
		`hikeshi_http_requests_total{route="GET /incidents/{id}",status="403"} 1`,
		`hikeshi_http_requests_total{route="-",status="404"} 1`,
		`hikeshi_http_requests_total{route="/healthz",status="200"} 1`,
		`hikeshi_http_requests_total{route="/readyz",status="200"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("no line %s", line)
		}
	}
	if strings.Contains(w.Body.String(), "secret") || strings.Contains(log.String(), "secret") {
		t.Errorf("a path is told: %s", log)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "status=403") {
		t.Errorf("logged %d lines: %s", n, log)
	}
}
