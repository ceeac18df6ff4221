package workflows

import (
	"context"
	"slices"
	"sync"

	"hikeshi/workflows/incident"
)

// FireAll carries out claimed timers, as Fire does each. Reminders, of which a morning may bring
// one for every open incident at the same instant, go many to a transaction, and two such
// transactions at a time: what takes long is to wait for the disk, or for a database elsewhere.
// If anything goes wrong in one of them, each reminder of it is carried out by itself, so that a
// fault of one keeps no other from being said. failed is told of each that could not be carried
// out.
func (s *Service) FireAll(ctx context.Context, timers []Timer, failed func(Timer, error)) {
	var reminders []Timer
	each := func(list []Timer) {
		for _, t := range list {
			if err := s.Fire(ctx, t); err != nil {
				failed(t, err)
			}
		}
	}
	for i, t := range timers {
		if t.Kind == TimerClocks {
			reminders = append(reminders, t)
		} else {
			each(timers[i : i+1]) // a call waits for no reminder
		}
	}
	for _, left := range s.remindBeside(ctx, reminders) {
		each(left)
	}
}

const (
	// remindedTogether is how many reminders one transaction carries out at most.
	remindedTogether = 128
	// remindedBeside is how many such transactions are under way at once: while the database
	// saves what one has decided, the next is read and decided. Where one writer has the
	// database to itself they take turns, and nothing is lost by it.
	remindedBeside = 2
)

// remindBeside carries reminders out in transactions beside one another: they are of different
// incidents, and know nothing of each other. It gives those that are not done.
func (s *Service) remindBeside(ctx context.Context, reminders []Timer) (left [][]Timer) {
	parts := slices.Collect(slices.Chunk(reminders, remindedTogether))
	done := make([]bool, len(parts))
	turns := make(chan struct{}, remindedBeside)
	var all sync.WaitGroup
	for i, part := range parts {
		if len(part) < 2 {
			continue // nothing is gained
		}
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			done[i] = s.remindAll(ctx, part)
		})
	}
	all.Wait()
	for i, part := range parts {
		if !done[i] {
			left = append(left, part)
		}
	}
	return left
}

// remindAll reports whether all of it is done.
func (s *Service) remindAll(ctx context.Context, timers []Timer) bool {
	var outs []Outcome
	var changed []incident.ID
	keys, ids := make([]string, len(timers)), make([]incident.ID, len(timers))
	for i, t := range timers {
		if slices.Contains(ids[:i], t.Incident) {
			return false // the second would not know of what the first has done
		}
		keys[i], ids[i] = timerKey(t), t.Incident
	}
	err := s.store.Write(ctx, func(tx Tx) error {
		outs, changed = nil, nil
		if err := tx.Foresee(ctx, keys, ids); err != nil {
			return err
		}
		whole := Change{At: s.Now()}
		for _, t := range timers {
			out, change, err := s.prepare(ctx, tx, reminding(t), whole.At)
			if err != nil {
				return err
			}
			outs = append(outs, out)
			if change != nil {
				whole.add(change)
			}
		}
		for _, i := range whole.Incidents {
			changed = append(changed, i.Row.ID)
		}
		return tx.Save(ctx, whole)
	})
	if err != nil {
		return false
	}
	for i, t := range timers {
		s.observer.Doing(incident.WordRemind)(endingOf(outs[i]))
		s.observer.Fired(t.Kind, s.Now().Sub(t.Due))
	}
	for _, id := range changed {
		s.changed(Changed{Incident: id, Work: true})
	}
	return true
}

// add takes in what the reminders of another incident have caused.
func (c *Change) add(o *Change) {
	c.Incidents = append(c.Incidents, o.Incidents...)
	c.Messages = append(c.Messages, o.Messages...)
	c.Timers = append(c.Timers, o.Timers...)
	c.Cancel = append(c.Cancel, o.Cancel...)
	if o.Request != nil {
		c.Requests = append(c.Requests, *o.Request)
	}
}

// reminding is the command of a due timer of reminders.
func reminding(t Timer) Command {
	return Command{Key: timerKey(t), Incident: t.Incident, Bot: true, Source: incident.FromTimer, Do: incident.RemindClocks{}, Timer: t.Key}
}
