package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// watcher writes down what it is told.
type watcher struct {
	mu   sync.Mutex
	told []string
}

func (w *watcher) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

func (w *watcher) since() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := strings.Join(w.told, "; ")
	w.told = nil
	return said
}

func (w *watcher) Doing(word incident.Word) func(workflows.Ending) {
	return func(e workflows.Ending) { w.note("%s %s", word, e) }
}
func (w *watcher) Claimed(what workflows.Claimed, n int) { w.note("claimed %d %s", n, what) }
func (w *watcher) Fired(k workflows.TimerKind, late time.Duration) {
	w.note("fired %s after %v", k, late)
}
func (w *watcher) Tried(m workflows.Message, res workflows.Sent, waited time.Duration) {
	w.note("tried %s ok %t after %v", m.Kind, res.OK, waited)
}

func (w *watcher) Audited(a workflows.Audited) {
	w.note("audited %d, found %d, repaired %d", a.Open, len(a.Found), len(a.Repaired))
}

// broken fails every transaction.
type broken struct{ workflows.Store }

func (broken) Write(context.Context, func(workflows.Tx) error) error { return errors.New("disk full") }

func TestAnObserverIsToldHowEverythingEnded(t *testing.T) {
	p := newPlace(t)
	w := &watcher{}
	watched := func(s workflows.Store) *workflows.Service {
		t.Helper()
		svc, err := workflows.New(t.Context(), workflows.Options{Store: s, Clock: p.clock, Book: p.service.Book(), Practice: true, Observer: w})
		if err != nil {
			t.Fatal(err)
		}
		return svc
	}
	s := watched(p.store)
	ctx := t.Context()
	yamamoto := p.person(t, "山本")
	do := func(s *workflows.Service, c workflows.Command, want string) workflows.Outcome {
		t.Helper()
		c.Source = incident.FromPerson
		out, err := s.Do(ctx, c)
		if (err != nil) != strings.HasSuffix(want, "failed") {
			t.Fatal(err)
		}
		if got := w.since(); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		return out
	}
	report := workflows.Command{Key: "1", By: yamamoto, Do: incident.Report{Text: "誤送信しました"}}
	id := do(s, report, "report accepted").Incident
	do(s, report, "report repeated")
	again := report
	again.Key = "2"
	do(s, again, "report asked")
	do(s, workflows.Command{Key: "3", By: yamamoto, Incident: id, Do: incident.Close{}}, "close refused")
	do(watched(broken{p.store}), workflows.Command{Key: "4", By: yamamoto, Incident: id, Do: incident.Inform{Text: "続き"}}, "inform failed")

	p.clock.move(5*time.Minute + 3*time.Second)
	messages, err := s.ClaimMessages(ctx, "a", time.Minute, 100, true)
	if err != nil || len(messages) < 2 {
		t.Fatal(len(messages), err)
	}
	for i, res := range []workflows.Sent{{OK: true, At: s.Now()}, {Error: "timeout", At: s.Now(), Retry: s.Now()}} {
		if err := s.FinishMessage(ctx, messages[i], "a", res); err != nil {
			t.Fatal(err)
		}
	}
	want := fmt.Sprintf("claimed %d messages; tried page ok true after 5m3s; tried page ok false after 0s", len(messages))
	if got := w.since(); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	timers, err := s.Claim(ctx, "a", time.Minute, 10)
	if err != nil || len(timers) != 1 {
		t.Fatal(timers, err)
	}
	if err := s.Fire(ctx, timers[0]); err != nil {
		t.Fatal(err)
	}
	if got, want := w.since(), "claimed 1 timers; round accepted; fired round after 3s"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	if more, err := s.Claim(ctx, "a", time.Minute, 10); err != nil || len(more) > 0 || slices.Contains(w.told, "claimed 0 timers") {
		t.Errorf("nothing was due: %v %v %q", more, err, w.told)
	}
	unknown := timers[0]
	unknown.Kind = "?"
	if err := s.Fire(ctx, unknown); err == nil || w.since() != "" {
		t.Error("a timer that failed was told as done")
	}
}
