// Package lane tells when a platform may be called, so that it need not refuse: no more often than
// it allows in any window of each lane a call counts in. Every caller that has to wait is promised
// a turn of its own, so that many who wait do not all come back at once. Pages take no notice of
// what ordinary messages were promised, and a part of each lane may be theirs alone.
//
// Each process paces itself; where several run, the platform's own answers tell them the rest
// ([Lane.Block]). It knows no platform: which lanes there are, and what they hold, the front ends
// say. A library's limiter (golang.org/x/time/rate) has no second class of callers, no turn that is
// kept for who comes back for it, and counts a bucket that refills, where platforms count windows.
//
// It must not import anything of ours but chat.
package lane

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"hikeshi/bot/chat"
)

// mostLate is how many moments whoever is late waits in line, whatever his patience: pages may go
// first for many seconds, and what takes long counts as a platform that does not answer.
const mostLate = 3

// Turns hands out turns. Its lock guards the lanes as well, and whatever the front end keeps beside
// them to find them.
type Turns struct {
	sync.Mutex
	// Moment is how far off the turn of somebody late may be for him to wait for it in line: sent
	// away, he would come late again, and be overtaken again.
	Moment time.Duration

	last int // names the turns of callers without a ticket
}

// Turn is what somebody asks for.
type Turn struct {
	// Urgent is a page.
	Urgent bool
	// Ticket is the same for every try of the same thing: who was asked to wait finds his promised
	// turn under it. Empty: nothing is kept.
	Ticket string
	// Patience is how long the caller waits in line; beyond it he is told [chat.Later]. A negative
	// one waits as long as it takes.
	Patience time.Duration
}

// Lanes gives the lanes that a call counts in, the narrowest first, without what has run out in
// them. It is called under the lock.
type Lanes func(now time.Time) []*Lane

// Wait returns when it is this caller's turn, or *chat.Later with exactly how long that takes.
func (s *Turns) Wait(ctx context.Context, t Turn, lanes Lanes) error {
	keep := t.Ticket != ""
	if !keep {
		s.Lock()
		s.last++
		t.Ticket = "#" + strconv.Itoa(s.last)
		s.Unlock()
	}
	for begun := time.Now(); ; {
		now := time.Now()
		at, late := s.book(t, now, lanes)
		wait := at.Sub(now)
		stays := late && wait <= s.Moment && now.Sub(begun)+wait <= mostLate*s.Moment
		switch {
		case wait <= 0:
			return nil
		case t.Patience >= 0 && wait > t.Patience && !stays:
			if !keep {
				s.forget(t, lanes)
			}
			return &chat.Later{Wait: wait, Turn: keep}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			s.forget(t, lanes)
			return ctx.Err()
		}
	}
}

// Book takes the turn when it is due now, else keeps a promise; it gives how long after now it is.
func (s *Turns) Book(t Turn, now time.Time, lanes Lanes) time.Duration {
	at, _ := s.book(t, now, lanes)
	return at.Sub(now)
}

func (s *Turns) forget(t Turn, lanes Lanes) {
	s.Lock()
	defer s.Unlock()
	drop(lanes(time.Now()), t.Ticket)
}

func drop(lanes []*Lane, ticket string) {
	for _, l := range lanes {
		l.drop(ticket)
	}
}

func (s *Turns) book(t Turn, now time.Time, of Lanes) (at time.Time, late bool) {
	s.Lock()
	defer s.Unlock()
	lanes := of(now)
	add := func(n slot) {
		n.urgent = t.Urgent
		for _, l := range lanes {
			l.add(n)
		}
	}
	if i := lanes[0].of(t.Ticket); i >= 0 && t.Ticket != "" {
		mine := lanes[0].slots[i]
		due := !mine.at.After(now)
		valid := !slices.ContainsFunc(lanes, func(l *Lane) bool {
			return mine.at.Before(l.blocked) || due && !l.free(now, t.Urgent)
		})
		if valid && !due {
			return mine.at, mine.late
		}
		drop(lanes, t.Ticket)
		if valid {
			add(slot{at: now, used: true})
			return now, false
		}
		// Others before him came a moment late.
		if l := lanes[0]; due && l.InLine && !now.Before(l.blocked) {
			if at := l.next(now, t.Urgent); at.After(now) {
				add(slot{at: at, ticket: t.Ticket, late: true})
				return at, true
			}
		}
	}
	drop(lanes, t.Ticket) // promised in another lane, before it was known which they are
	at = earliest(lanes, now, t.Urgent)
	add(slot{at: at, used: !at.After(now), ticket: t.Ticket})
	return at, false
}

// earliest is the first instant at which a call fits into all lanes.
func earliest(lanes []*Lane, now time.Time, urgent bool) time.Time {
	for at := now; ; {
		from := at
		for _, l := range lanes {
			at = l.earliest(at, now, urgent)
		}
		if at.Equal(from) {
			return at
		}
	}
}
