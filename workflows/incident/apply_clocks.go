package incident

import (
	"slices"
	"time"
)

// applyClocks makes the next state of an entry about clocks.
func (in *Incident) applyClocks(r Record) {
	switch e := r.Event.(type) {
	case ClocksDrawn:
		for _, d := range e.Started {
			c := Clock{Duty: d, Status: ClockOpen, Since: r.At, Seq: r.Seq, Reminded: r.At}
			if i := in.clockAt(d.Rule); i >= 0 {
				in.Clocks[i] = c
			} else {
				in.Clocks = append(in.Clocks, c)
			}
		}
		for _, d := range e.Changed {
			in.onClock(d.Rule, func(c *Clock) {
				if !c.counted(d) {
					// What somebody chose for other days would come at the wrong time. (Before the first
					// release with clocks it was cleared with every change; no record holds one of those.)
					c.Own, c.Chosen = nil, false
				}
				c.Duty, c.Seq = d, r.Seq
			})
		}
		for _, rule := range e.Lapsed {
			in.onClock(rule, func(c *Clock) { c.Status, c.Seq = ClockLapsed, r.Seq })
		}
	case ClockSettled:
		in.onClock(e.Rule, func(c *Clock) {
			c.Status, c.Seq, c.By, c.At = e.How, r.Seq, r.By, r.Occurred
			c.On, c.Receipt, c.To, c.Reason, c.File, c.With = e.On, e.Receipt.Body, e.To.Body, e.Reason.Body, e.File, e.With
		})
	case ClockReopened:
		in.onClock(e.Rule, func(c *Clock) {
			c.Status, c.Seq, c.By, c.At = ClockOpen, r.Seq, "", time.Time{}
			c.On, c.Receipt, c.To, c.Reason, c.File, c.With = "", "", "", "", 0, 0
		})
	case RemindersPlanned:
		in.onClock(e.Rule, func(c *Clock) { c.Own, c.Chosen, c.Seq = slices.Clone(e.At), len(e.At) > 0, r.Seq })
	case ClocksReminded:
		for _, m := range e.List {
			in.onClock(m.Rule, func(c *Clock) { c.Reminded = r.At })
		}
	}
}

func (in *Incident) onClock(rule Rule, change func(*Clock)) {
	if i := in.clockAt(rule); i >= 0 {
		change(&in.Clocks[i])
	}
}
