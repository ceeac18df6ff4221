package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hikeshi/workflows/incident"
)

// Clocks gives the rules of the notification clocks in force; nil: there are none.
func (s *Service) Clocks() incident.Clocks { return *s.clocks.Load() }

// UseClocks puts other rules of the notification clocks in force, for open incidents as well:
// Redraw has them follow.
func (s *Service) UseClocks(c incident.Clocks) { s.clocks.Store(&c) }

// RuleWords gives what a reader is told of a rule of the notification clocks; ok is false where
// the rules in force do not know it, or say nothing of themselves.
func (s *Service) RuleWords(r incident.Rule) (w incident.RuleWords, ok bool) {
	if worded, can := s.Clocks().(incident.WordedClocks); can {
		return worded.Words(r, s.Now())
	}
	return w, false
}

// Shorter gives the last day that a duty would have if the reason for the longer length of its
// rule did not hold, and that length in days; "" where there is no such reason. A person has to
// decide which counts, where the reason was found out later: no text says what restarts then.
func (s *Service) Shorter(d incident.Duty) (day string, days int) {
	if of, can := s.Clocks().(interface {
		Shorter(d incident.Duty, now time.Time) (string, int)
	}); can {
		return of.Shorter(d, s.Now())
	}
	return "", 0
}

// Redraw has the clocks of every open incident follow the rules in force, where they do not:
// after the rules changed, another edition of a law came into force, or the program learned of
// clocks. It is done once, however many processes ask for it. What fails for one incident does
// not keep it from the others.
func (s *Service) Redraw(ctx context.Context) error {
	clocks := s.Clocks()
	if clocks == nil {
		return nil
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return fmt.Errorf("draw the clocks anew: %w", err)
	}
	var faults []error
	for _, in := range rows {
		if in.Newer || in.Unreadable || !in.ClocksStale(clocks, s.Now()) {
			continue
		}
		_, err := s.Do(ctx, Command{
			// By the state that is stale: rules that are taken back are to be followed, too.
			Key:      fmt.Sprintf("redraw:%s:%s:%d", in.ID, clocks.Version(), in.Seq),
			Incident: in.ID, Bot: true, Source: incident.FromTimer, Do: incident.RedrawClocks{},
		})
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// redrawToday has the clocks drawn anew where that was not done yet with the rules in force on
// this day: after the start, after other rules were read, and after each midnight in Tokyo.
func (s *Service) redrawToday(ctx context.Context) error {
	clocks := s.Clocks()
	if clocks == nil {
		return nil
	}
	today := clocks.Version() + " " + s.Now().In(incident.Tokyo).Format(time.DateOnly)
	if done := s.redrawn.Load(); done != nil && *done == today {
		return nil
	}
	if err := s.Redraw(ctx); err != nil {
		return err
	}
	s.redrawn.Store(&today)
	return nil
}

// clocksTimer names the timer of an incident's reminders.
func clocksTimer(id incident.ID) string { return "clocks:" + string(id) }

func (w *work) rescheduleReminders(before, in *incident.Incident) {
	clocks, key := w.clocks, clocksTimer(in.ID)
	due, ok := in.NextReminder(clocks, w.now)
	if before == nil {
		if !ok {
			return
		}
	} else if w.c.Timer != key { // else the one that was is spent
		if d, was := before.NextReminder(clocks, w.now); was == ok && d.Equal(due) {
			return
		}
	}
	if !ok {
		w.change.Cancel = append(w.change.Cancel, key)
		return
	}
	w.change.Timers = append(w.change.Timers, remindTimer(in, due))
}

// remindTimer carries the state it follows from: a clock that was settled and is open again
// may have to be said at the same instant once more, and that is another command.
func remindTimer(in *incident.Incident, due time.Time) Timer {
	return Timer{Key: clocksTimer(in.ID), Kind: TimerClocks, Incident: in.ID, Due: due, Round: int(in.Seq)}
}
