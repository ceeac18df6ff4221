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
	var duties []Duty
	asked := false
	for c := range in.running() {
		if !asked { // what has no clock needs none of it
			duties, asked = clocks.Duties(in.Facts, in.Aware(), now), true
		}
		if t, found := c.next(duties, c.Reminded, in.awareSaid()); found && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}

// awareSaid is when 発覚日時 was last recorded. A reminder for the days that it gives, of an instant
// before, would only repeat the message that they changed.
func (in *Incident) awareSaid() time.Time { return in.Fields[FieldDiscoveredAt].At }

// next is the first reminder of an open clock after an instant; of those before its end, also
// after the days were said.
func (c Clock) next(duties []Duty, after, said time.Time) (time.Time, bool) {
	for _, t := range c.moments(duties) {
		if t.After(later(after, said)) && (c.DueAt.IsZero() || !t.After(c.DueAt)) {
			return t, true
		}
	}
	if c.DueAt.IsZero() {
		return time.Time{}, false
	}
	return morningAfter(later(after, c.DueAt)), true
}

// due gives the latest reminder of an open clock up to now that was not sent.
func (c Clock) due(duties []Duty, now, said time.Time) (at time.Time, overdue, ok bool) {
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
		if !t.After(now) && t.After(later(c.Reminded, said)) && (c.DueAt.IsZero() || !t.After(c.DueAt)) {
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
