package workflows_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// contended is a store to whose incidents somebody else always writes first.
type contended struct{ workflows.Store }

func (contended) Write(context.Context, func(workflows.Tx) error) error { return workflows.ErrConflict }

// That a means has failed is not taken for recorded when others wrote to the incident at once: the
// caller has to tell it again.
func TestAFailedMeansThatCouldNotBeRecordedIsAFault(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	list, err := p.store.Messages(t.Context(), workflows.MessageQuery{Person: p.person(t, "佐藤").ID, Incident: id})
	if err != nil || len(list) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	busy, err := workflows.New(t.Context(), workflows.Options{Store: contended{p.store}, Clock: p.clock, Book: p.service.Book(), Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := busy.MeansFailed(t.Context(), list[0], incident.TroubleRefused); !errors.Is(err, workflows.ErrConflict) {
		t.Errorf("%v", err)
	}
	if err := p.service.MeansFailed(t.Context(), list[0], incident.TroubleRefused); err != nil {
		t.Errorf("told again: %v", err)
	}
}

// Who marks a platform at the console reads there what he has done, in his language, and no line of
// a log; that of the server says who did it by chat.
func TestAMarkAtTheConsoleIsNotLogged(t *testing.T) {
	p := newPlace(t)
	var log bytes.Buffer
	s, err := workflows.New(t.Context(), workflows.Options{Store: p.store, Clock: p.clock, Book: p.service.Book(), Practice: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := s.Compromise(t.Context(), "1", "", "slack", true, workflows.DoorConsole); err != nil || !out.Accepted() || log.Len() > 0 {
		t.Errorf("%+v %v: %s", out, err, log.String())
	}
	if out, err := s.Compromise(t.Context(), "2", p.person(t, "佐藤").ID, "slack", false, "web"); err != nil || !out.Accepted() || log.Len() == 0 {
		t.Errorf("%+v %v: %s", out, err, log.String())
	}
}

// A message that somebody has in hand may reach its person at any moment, and so may have one whose
// try was cut short: only what waits to be tried, and was never, is unheard of.
func TestWhatIsUnderWayIsNotUnheard(t *testing.T) {
	p := newPlace(t)
	id, ctx := p.loss(t, "1"), t.Context()
	list, err := p.service.ClaimMessages(ctx, "w", time.Minute, 1, true)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	m := list[0]
	unheard := func(what string, want bool) {
		t.Helper()
		if got, err := p.service.Unheard(ctx, m.Kind, id, m.Seq, m.To); err != nil || got != want {
			t.Errorf("%s: unheard of: %v, want %v; %v", what, got, want, err)
		}
	}
	finish := func(res workflows.Sent) {
		t.Helper()
		if err := p.store.FinishMessage(ctx, m, "w", res); err != nil {
			t.Fatal(err)
		}
	}
	claim := func() {
		t.Helper()
		p.clock.move(time.Minute)
		list, err := p.service.ClaimMessages(ctx, "w", time.Minute, 100, true)
		i := slices.IndexFunc(list, func(o workflows.Message) bool { return o.ID == m.ID })
		if err != nil || i < 0 {
			t.Fatalf("%v %v", list, err)
		}
		m = list[i]
	}
	unheard("under way", false)
	finish(workflows.Sent{Waited: true, Retry: p.clock.Now()})
	unheard("put off, untried", true)
	claim()
	p.clock.move(time.Hour)
	unheard("cut short long ago", false)
}
