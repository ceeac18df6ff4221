package incident

import (
	"slices"
	"time"
)

// overdueHour is when the lead and the representative hear of what is overdue, each morning
// until it is settled: with the office's day, in Tokyo.
const overdueHour = 9

// Reminder is what is said of one clock to some people.
type Reminder struct {
	Rule Rule `json:"rule"`
	// At is when it was planned for: of several that were missed, the latest. UTC.
	At      time.Time  `json:"at"`
	Overdue bool       `json:"overdue,omitempty"`
	To      []PersonID `json:"to"`
}

// NextReminder says when somebody is to be reminded of a clock next; ok is false when nobody is.
func (in *Incident) NextReminder(clocks Clocks, now time.Time) (at time.Time, ok bool) {
	if clocks == nil || in.Phase.Ended() {
		return time.Time{}, false
	}
	open := in.OpenClocks()
	if len(open) == 0 {
		return time.Time{}, false
	}
	duties := clocks.Duties(in.Facts, in.Aware(), now)
	for _, c := range open {
		if t, found := c.next(duties, c.Reminded); found && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}

// next is the first reminder of an open clock after an instant.
func (c Clock) next(duties []Duty, after time.Time) (time.Time, bool) {
	for _, t := range c.moments(duties) {
		if t.After(after) && (c.DueAt.IsZero() || !t.After(c.DueAt)) {
			return t, true
		}
	}
	if c.DueAt.IsZero() {
		return time.Time{}, false
	}
	return morningAfter(later(after, c.DueAt)), true
}

// due gives the latest reminder of an open clock up to now that was not sent.
func (c Clock) due(duties []Duty, now time.Time) (at time.Time, overdue, ok bool) {
	if !c.DueAt.IsZero() {
		// The morning of today, or of yesterday before it came.
		last := morningAfter(now.Add(-24 * time.Hour))
		if last.After(now) {
			last = last.Add(-24 * time.Hour)
		}
		if last.After(c.DueAt) && last.After(c.Reminded) {
			return last, true, true
		}
	}
	for _, t := range slices.Backward(c.moments(duties)) {
		if !t.After(now) && t.After(c.Reminded) && (c.DueAt.IsZero() || !t.After(c.DueAt)) {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

// moments gives the instants of the reminders of a clock before its end, ascending.
func (c Clock) moments(duties []Duty) []time.Time {
	if c.Chosen {
		return c.Own
	}
	if i := slices.IndexFunc(duties, func(d Duty) bool { return d.Rule == c.Rule }); i >= 0 {
		return duties[i].Remind
	}
	return nil
}

// morningAfter is the first nine o'clock in Tokyo after an instant.
func morningAfter(t time.Time) time.Time {
	local := t.In(Tokyo)
	at := time.Date(local.Year(), local.Month(), local.Day(), overdueHour, 0, 0, 0, Tokyo)
	if !at.After(t) {
		at = at.AddDate(0, 0, 1)
	}
	return at.UTC()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
