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

// Redraw has the clocks of every open incident follow the rules in force, where they do not:
// after the rules changed, another edition of a law came into force, or the program learned of
// clocks. It is done once for each day and version of the rules, however often and by however
// many processes it is asked for. What fails for one incident does not keep it from the others.
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
			Key:      fmt.Sprintf("redraw:%s:%s:%s", in.ID, clocks.Version(), s.Now().In(incident.Tokyo).Format(time.DateOnly)),
			Incident: in.ID, Bot: true, Source: incident.FromTimer, Do: incident.RedrawClocks{},
		})
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// clocksTimer names the timer of an incident's reminders.
func clocksTimer(id incident.ID) string { return "clocks:" + string(id) }

func (w *work) rescheduleReminders(before, in *incident.Incident) {
	clocks, key := w.s.Clocks(), clocksTimer(in.ID)
	due, ok := in.NextReminder(clocks, w.now)
	if before == nil {
		if !ok {
			return
		}
	} else if d, was := before.NextReminder(clocks, w.now); was == ok && d.Equal(due) && w.c.Timer != key {
		return
	}
	if !ok {
		w.change.Cancel = append(w.change.Cancel, key)
		return
	}
	w.change.Timers = append(w.change.Timers, Timer{Key: key, Kind: TimerClocks, Incident: in.ID, Due: due})
}
