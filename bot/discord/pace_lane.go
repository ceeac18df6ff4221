package discord

import (
	"slices"
	"strings"
	"time"
)

// route is a kind of call and what its bucket is counted for: a channel, a server, a webhook.
type route struct {
	kind string // such as POST channels/*/messages
	of   string // the ID of the channel, server or webhook; empty: of the bot as a whole
}

func (r route) String() string { return r.kind }

// routeOf tells the route of a path below /api/v9/. What stands in an error or a lane's name
// has no token of an interaction in it.
func routeOf(method, path string) route {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	of := ""
	for i := range parts {
		switch {
		case i == 1 && slices.Contains([]string{"channels", "guilds", "webhooks", "interactions"}, parts[0]):
			of, parts[i] = parts[i], "*"
		case i == 2 && slices.Contains([]string{"webhooks", "interactions"}, parts[0]):
			parts[i] = "*"
		case i > 1 && parts[i-1] == "reactions", isID(parts[i]):
			parts[i] = "*"
		}
	}
	return route{kind: method + " " + strings.Join(parts, "/"), of: of}
}

func isID(s string) bool {
	return len(s) > 0 && strings.Trim(s, "0123456789") == ""
}

// lane counts the calls of one bucket.
type lane struct {
	limit    int // calls in a window
	ordinary int // of them, for what is not a page
	window   time.Duration
	// spread says that turns which are promised for later keep apart: who waits in one
	// conversation comes in the order of asking, though each comes back a moment late.
	spread  bool
	slots   []slot    // by time
	blocked time.Time // Discord asked to wait until then
}

// slot is one call: made, or promised for later.
type slot struct {
	at     time.Time
	urgent bool
	used   bool
	ticket string
	late   bool // the turn is overdue: its caller waits in line, and not for another time
}

func (l *lane) block(until time.Time) {
	if until.After(l.blocked) {
		l.blocked = until
	}
}

// free says whether a call fits in now, by the calls that were made.
func (l *lane) free(now time.Time, urgent bool) bool {
	if now.Before(l.blocked) {
		return false
	}
	all, ordinary := 0, 0
	for _, s := range l.slots {
		if s.used && s.at.After(now.Add(-l.window)) {
			all++
			if !s.urgent {
				ordinary++
			}
		}
	}
	return all < l.limit && (urgent || ordinary < l.ordinary)
}

// next is when a call fits in, by the calls that were made.
func (l *lane) next(now time.Time, urgent bool) time.Time {
	at := now
	for _, s := range l.slots {
		if !l.free(at, urgent) && s.used && s.at.Add(l.window).After(at) {
			at = s.at.Add(l.window)
		}
	}
	return at
}

// earliest is the first instant from t on at which a call fits in. Thousands of turns may be
// promised, and a page waits for the answer, too: they are gone through once, in order.
func (l *lane) earliest(t, now time.Time, urgent bool) time.Time {
	if t.Before(l.blocked) {
		t = l.blocked
	}
	look := around{lane: l, urgent: urgent, now: now}
	ends, gaps := l.after(t.Add(-l.window)), l.after(t.Add(-l.gap()))
	for at := t; ; {
		if look.fits(at) {
			return at
		}
		// Something changes where the window after a call ends, or the gap after one.
		for ends < len(l.slots) && !l.slots[ends].at.Add(l.window).After(at) {
			ends++
		}
		for gaps < len(l.slots) && !l.slots[gaps].at.Add(l.gap()).After(at) {
			gaps++
		}
		if ends == len(l.slots) {
			return at // a window after the last call everything fits
		}
		next := l.slots[ends].at.Add(l.window)
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
	*lane
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
		v.from = v.after(at.Add(-v.window))
		v.to = v.from
	}
	for ; v.to < len(v.slots) && v.slots[v.to].at.Before(at.Add(v.window)); v.to++ {
		v.count(v.slots[v.to], 1)
	}
	for ; v.from < v.to && !v.slots[v.from].at.After(at.Add(-v.window)); v.from++ {
		v.count(v.slots[v.from], -1)
	}
	if v.apart(at) {
		if i := v.after(at.Add(-v.gap())); i < len(v.slots) && v.slots[i].at.Before(at.Add(v.gap())) {
			return false
		}
	}
	return v.all < v.limit && (v.urgent || v.ordinary < v.lane.ordinary)
}

// apart says that a turn at this instant keeps away from those around it.
func (v *around) apart(at time.Time) bool { return v.spread && !v.urgent && at.After(v.now) }

func (l *lane) gap() time.Duration { return l.window / time.Duration(max(1, l.ordinary)) }

func (v *around) count(s slot, n int) {
	if v.urgent && !s.urgent && !s.used {
		return
	}
	v.all += n
	if !s.urgent {
		v.ordinary += n
	}
}

// after is the first slot later than t.
func (l *lane) after(t time.Time) int {
	i, _ := slices.BinarySearchFunc(l.slots, t, func(s slot, t time.Time) int {
		if s.at.After(t) {
			return 1
		}
		return -1
	})
	return i
}

func (l *lane) add(s slot) { l.slots = slices.Insert(l.slots, l.after(s.at), s) }

func (l *lane) of(ticket string) int {
	return slices.IndexFunc(l.slots, func(s slot) bool { return !s.used && s.ticket == ticket })
}

func (l *lane) promise(ticket string) (time.Time, bool) {
	if i := l.of(ticket); i >= 0 {
		return l.slots[i].at, true
	}
	return time.Time{}, false
}

func (l *lane) drop(ticket string) {
	if i := l.of(ticket); i >= 0 {
		l.slots = slices.Delete(l.slots, i, i+1)
	}
}

// tidy forgets calls that are out of every window, and promises nobody came back for.
func (l *lane) tidy(now time.Time) {
	l.slots = slices.DeleteFunc(l.slots, func(s slot) bool {
		if s.used {
			return !s.at.After(now.Add(-l.window))
		}
		return s.at.Before(now.Add(-grace))
	})
}
