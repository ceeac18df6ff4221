package incident

import (
	"slices"
	"time"
)

// clocks tells those who are in charge of clocks that they began or changed, and whom it
// concerns what is due.
func (a *announcement) clocks(r Record) {
	switch e := r.Event.(type) {
	case ClocksDrawn:
		for _, d := range slices.Concat(e.Started, e.Changed) {
			a.clockTold(r, a.in.ClockOwners(a.dir, d, r.At))
		}
		for _, rule := range e.Again {
			if c, _ := a.in.Clock(rule); c.Law { // he was shown that it was settled
				a.clockTold(r, a.represented(r))
			}
		}
		if a.before != nil && (a.before.eases(e, r.At) || a.in.callsOff(e)) {
			for _, rule := range e.Lapsed {
				if c, _ := a.in.Clock(rule); c.Law {
					a.clockTold(r, a.in.ClockOwners(a.dir, c.Duty, r.At))
				}
			}
			a.clockTold(r, a.in.ClockChiefs(a.dir, r.At))
		}
	case ClocksReminded:
		for _, m := range e.List {
			for _, p := range m.To {
				a.dm(NoticeClocks, p, r.Seq, false)
			}
		}
	}
}

// clockTold tells people of clocks; who did it reads it in the answer to what he did, where that
// shows them.
func (a *announcement) clockTold(r Record, people []PersonID) {
	for _, p := range people {
		if p != r.By || a.unanswered {
			a.dm(NoticeClocks, p, r.Seq, false)
		}
	}
}

// eases reports whether of an incident as it was a drawing takes away, makes less certain or
// moves to a later day what a statute asks for. Of what was provisional it is the course of
// things that answers end it, unless its last day had passed. The end of the incident has a
// message of its own (IncidentDismissed, MergedIntoOther).
func (in *Incident) eases(e ClocksDrawn, at time.Time) bool {
	if e.Because == DrawnDismissed || e.Because == DrawnElsewhere {
		return false
	}
	for _, rule := range e.Lapsed {
		if c, _ := in.Clock(rule); c.Open() && c.Law && (!c.Provisional || c.Overdue(at)) {
			return true
		}
	}
	return slices.ContainsFunc(e.Changed, func(d Duty) bool {
		c, _ := in.Clock(d.Rule)
		firm := !c.Provisional || c.Overdue(at) || e.Because == DrawnAware
		later := !c.DueAt.IsZero() && (d.DueAt.IsZero() || d.DueAt.After(c.DueAt))
		return c.Open() && c.Law && firm && (!c.Provisional && d.Provisional || !d.Law || later)
	})
}

// callsOff reports whether a drawing ends what a statute asks for because what was an incident is
// called a ヒヤリハット: by one person's word, whether what ends was certain or not. Who answers for
// the duty is to hear of it while it can be taken back.
func (in *Incident) callsOff(e ClocksDrawn) bool {
	return in.NearMiss() && slices.ContainsFunc(e.Lapsed, func(rule Rule) bool { c, _ := in.Clock(rule); return c.Law })
}

// CalledOff reports whether it was by that entry that a ヒヤリハット came to owe nothing.
func (in *Incident) CalledOff(seq int64) bool {
	return in.NearMiss() && !slices.ContainsFunc(in.Clocks, func(c Clock) bool { return c.Seq > seq })
}

// represented gives who is shown what was judged of a statute's duty: the representative, or who
// stands in for him while he is away, unless it was he who judged.
func (a *announcement) represented(r Record) []PersonID {
	people := a.in.present(a.dir, Representative, a.in.Office(a.dir, Representative), r.At)
	return slices.DeleteFunc(slices.Clone(people), func(p PersonID) bool { return p == r.By })
}

// judgedAgain says that a judgement was taken back to whom it was shown, and brings the message
// up to date that told of it.
func (a *announcement) judgedAgain(r Record, rule Rule) {
	if a.before == nil {
		return
	}
	c, _ := a.before.Clock(rule)
	if !c.Law || c.Status != ClockUnneeded && c.Status != ClockPassed {
		return
	}
	for _, p := range a.represented(r) {
		a.dm(NoticeClocks, p, r.Seq, false)
	}
	for _, p := range a.in.Chain(a.dir, Representative) {
		if a.in.InCircle(p) {
			a.dm(NoticeClocks, p, c.Seq, false)
		}
	}
}
