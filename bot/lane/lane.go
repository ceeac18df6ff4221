package lane

import (
	"slices"
	"time"
)

// Lane counts the calls that a platform counts together: those of a method, of a bucket, the
// messages of one conversation. It is kept under the lock of its [Turns].
type Lane struct {
	// Limit is how many calls a window takes, and Ordinary how many of them what is not a page may
	// be. Both may change while calls wait.
	Limit, Ordinary int
	Window          time.Duration
	Spread          Spread
	// InLine says that whoever comes late to his turn stays at the head of the line: at its end he
	// would come after all that happened later, and again after that.
	InLine bool

	slots   []slot    // by time
	blocked time.Time // the platform asked to wait until then
}

// Spread says which promised turns of a lane keep apart, by a window divided by the number of
// ordinary calls in it.
type Spread int

// When turns keep apart.
const (
	// SpreadNever lets turns stand as close as their window allows.
	SpreadNever Spread = iota
	// SpreadRefused spreads the turns of the window after a refusal: how much of it others have
	// used up is not known.
	SpreadRefused
	// SpreadAlways spreads all turns that are promised for later: who waits in one conversation
	// comes in the order of asking, though each comes back a moment late.
	SpreadAlways
)

// grace is how long a promised turn is kept for a caller that does not come back; the courier lets
// some come up to a minute late.
const grace = 90 * time.Second

// slot is one call: made, or promised for later.
type slot struct {
	at     time.Time
	urgent bool
	used   bool
	ticket string
	late   bool // the turn is overdue: its caller waits in line, and not for another time
}

// takes says whether a slot is taken for who comes now: by a call that was made, or, for what is not
// a page, by a page whose turn has come. It is on its way, and is not to find that an ordinary
// message, of which hundreds may stand in line, was there a moment before it; a page that never
// comes holds them up for one window.
func (s slot) takes(now time.Time, urgent bool) bool {
	return s.used || s.urgent && !urgent && !s.at.After(now)
}

// Block lets no call into the lane before an instant.
func (l *Lane) Block(until time.Time) {
	if until.After(l.blocked) {
		l.blocked = until
	}
}

// Promised is how long after now the turn of a ticket is; zero where it has none.
func (l *Lane) Promised(ticket string, now time.Time) time.Duration {
	if i := l.of(ticket); i >= 0 {
		return max(0, l.slots[i].at.Sub(now))
	}
	return 0
}

// Join moves what was counted in another lane here; it turned out to be the same.
func (l *Lane) Join(other *Lane) {
	if l == other {
		return
	}
	for _, s := range other.slots {
		l.add(s)
	}
	l.Block(other.blocked)
	other.slots = nil
}

// Tidy forgets calls that are out of every window, and promises that nobody came back for. It
// reports whether the lane can be forgotten itself.
func (l *Lane) Tidy(now time.Time) (idle bool) {
	l.slots = slices.DeleteFunc(l.slots, func(s slot) bool {
		if s.used {
			return !s.at.After(now.Add(-l.Window))
		}
		return s.at.Before(now.Add(-grace))
	})
	return len(l.slots) == 0 && !l.blocked.After(now)
}

// free says whether a call fits in now, by the calls that were made.
func (l *Lane) free(now time.Time, urgent bool) bool {
	if now.Before(l.blocked) {
		return false
	}
	all, ordinary := 0, 0
	for _, s := range l.slots {
		if s.takes(now, urgent) && s.at.After(now.Add(-l.Window)) {
			all++
			if !s.urgent {
				ordinary++
			}
		}
	}
	return all < l.Limit && (urgent || ordinary < l.Ordinary)
}

// next is when a call fits in, by the calls that were made.
func (l *Lane) next(now time.Time, urgent bool) time.Time {
	at := now
	for _, s := range l.slots {
		if end := s.at.Add(l.Window); s.takes(now, urgent) && end.After(at) && !l.free(at, urgent) {
			at = end
		}
	}
	return at
}

// earliest is the first instant from t on at which a call fits in. Thousands of turns may be
// promised, and a page waits for the answer, too: they are gone through once, in order.
func (l *Lane) earliest(t, now time.Time, urgent bool) time.Time {
	if t.Before(l.blocked) {
		t = l.blocked
	}
	look := around{Lane: l, urgent: urgent, now: now}
	ends, gaps := l.after(t.Add(-l.Window)), l.after(t.Add(-l.gap()))
	for at := t; ; {
		if look.fits(at) {
			return at
		}
		// Something changes where the window after a call ends, or the gap after one.
		for ends < len(l.slots) && !l.slots[ends].at.Add(l.Window).After(at) {
			ends++
		}
		for gaps < len(l.slots) && !l.slots[gaps].at.Add(l.gap()).After(at) {
			gaps++
		}
		if ends == len(l.slots) {
			return at // a window after the last call everything fits
		}
		next := l.slots[ends].at.Add(l.Window)
		if gaps < len(l.slots) {
			if end := l.slots[gaps].at.Add(l.gap()); look.apart(end) && end.Before(next) {
				next = end
			}
		}
		at = next
	}
}

// around is the calls around an instant that moves on: those within a window on either side.
type around struct {
	*Lane
	urgent        bool
	now           time.Time
	from, to      int // slots[from:to]
	all, ordinary int
}

// fits says whether one more call at this instant, no earlier than the one before, keeps every
// window around it in bounds. A page counts the pages around it and the ordinary calls that
// were made; whom it displaces is promised another turn when he comes.
func (v *around) fits(at time.Time) bool {
	if v.to == 0 {
		v.from = v.after(at.Add(-v.Window))
		v.to = v.from
	}
	for ; v.to < len(v.slots) && v.slots[v.to].at.Before(at.Add(v.Window)); v.to++ {
		v.count(v.slots[v.to], 1)
	}
	for ; v.from < v.to && !v.slots[v.from].at.After(at.Add(-v.Window)); v.from++ {
		v.count(v.slots[v.from], -1)
	}
	if v.apart(at) {
		if i := v.after(at.Add(-v.gap())); i < len(v.slots) && v.slots[i].at.Before(at.Add(v.gap())) {
			return false
		}
	}
	return v.all < v.Limit && (v.urgent || v.ordinary < v.Ordinary)
}

// apart says that a turn at this instant keeps away from those around it.
func (v *around) apart(at time.Time) bool {
	switch {
	case v.urgent:
		return false
	case v.Spread == SpreadRefused:
		return !at.Before(v.blocked) && at.Before(v.blocked.Add(v.Window))
	}
	return v.Spread == SpreadAlways && at.After(v.now)
}

func (v *around) count(s slot, n int) {
	if v.urgent && !s.urgent && !s.used {
		return
	}
	v.all += n
	if !s.urgent {
		v.ordinary += n
	}
}

func (l *Lane) gap() time.Duration { return l.Window / time.Duration(max(1, l.Ordinary)) }

// after is the first slot later than t.
func (l *Lane) after(t time.Time) int {
	i, _ := slices.BinarySearchFunc(l.slots, t, func(s slot, t time.Time) int {
		if s.at.After(t) {
			return 1
		}
		return -1
	})
	return i
}

func (l *Lane) add(s slot) { l.slots = slices.Insert(l.slots, l.after(s.at), s) }

func (l *Lane) of(ticket string) int {
	return slices.IndexFunc(l.slots, func(s slot) bool { return !s.used && s.ticket == ticket })
}

func (l *Lane) drop(ticket string) {
	if i := l.of(ticket); i >= 0 {
		l.slots = slices.Delete(l.slots, i, i+1)
	}
}
