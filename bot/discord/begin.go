package discord

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Discord lets one session begin in 5 s, and 1,000 in a day; whose sessions begin more often loses
// the token ("Identifying", "Session Start Limit Object"). Going on with a session costs nothing.

const (
	// atOnce is how many may follow one another at that pace: on a bad line a session ends again
	// and again, and whoever reports then must not wait for the line.
	atOnce = 10
	// regained is the time in which one more may begin: 720 a day, with those at once 730.
	regained = 2 * time.Minute
	// aDay is how many may begin in a day where Discord does not say ("Session Start Limit Object").
	aDay = 1000
	// spentFor is how long a budget that is spent is believed: the owner may reset it with the token.
	spentFor = 10 * time.Minute
)

// beginnings are the sessions that we have begun.
type beginnings struct {
	last    time.Time // the last one
	renewed time.Time // when all that were begun count no more
}

// began notes that a session was begun.
func (b *beginnings) began(now time.Time) {
	if b.renewed.Before(now) {
		b.renewed = now
	}
	b.last, b.renewed = now, b.renewed.Add(regained)
}

// pause is how long the next one has to wait.
func (b *beginnings) pause(least time.Duration, now time.Time) time.Duration {
	if b.last.IsZero() {
		return 0
	}
	return max(0, b.last.Add(least).Sub(now), b.renewed.Sub(now)-(atOnce-1)*regained)
}

// mayBegin waits until a session may begin; false: ctx ended.
func (f *Front) mayBegin(ctx context.Context, b *beginnings) bool {
	if !pauseFor(ctx, b.pause(f.patience.identify, f.clock())) {
		return false
	}
	for {
		left, known := f.sessions(ctx)
		if !known {
			break
		}
		wait := left.pause(b.last, f.patience.identify, f.patience.scarce, f.clock())
		if wait <= 0 {
			break
		}
		if left.Remaining <= 0 {
			f.log.Error("Discord lets no more sessions of the bot begin today; trying again later", "wait", wait)
		} else {
			f.log.Warn("few sessions of the bot are left for today; the next one waits", "wait", wait)
		}
		if !pauseFor(ctx, wait) {
			return false
		}
	}
	return ctx.Err() == nil
}

// sessions are how many sessions may still begin, of all our processes together.
type sessions struct {
	Total      int   `json:"total"`
	Remaining  int   `json:"remaining"`
	ResetAfter int64 `json:"reset_after"` // ms
}

// pause is how long the next one has to wait after the last that this process began. Our own pace is
// a process's: several with one token would use up a day's. So of the last quarter one begins in
// five minutes at most, and no more than the rest of the day has room for where three of us do so.
// The last hundredth is for processes that start: two that see the same one left may begin both.
func (l sessions) pause(last time.Time, least, scarce time.Duration, now time.Time) time.Duration {
	total, reset := l.Total, time.Duration(l.ResetAfter)*time.Millisecond
	if total <= 0 {
		total = aDay
	}
	switch {
	case l.Remaining <= 0:
		return min(max(reset, least), spentFor)
	case l.Remaining >= total/4, last.IsZero():
		return 0
	}
	next := now.Add(max(reset, scarce)) // when there are more
	if spare := l.Remaining - total/100; spare > 0 {
		next = last.Add(max(scarce, 3*reset/time.Duration(spare)))
	}
	return min(next.Sub(now), spentFor)
}

// sessions asks Discord; false: it does not say, and a session is tried.
func (f *Front) sessions(ctx context.Context) (sessions, bool) {
	ctx, cancel := context.WithTimeout(ctx, f.patience.lookup)
	defer cancel()
	var answer struct {
		Limit *sessions `json:"session_start_limit"`
	}
	if err := f.api.do(ctx, turn{urgent: true, patience: -1}, "GET", "gateway/bot", nil, &answer); err != nil || answer.Limit == nil {
		if ctx.Err() == nil {
			f.log.Warn("how many sessions may begin could not be looked up", "error", err)
		}
		return sessions{}, false
	}
	return *answer.Limit, true
}

// errBegins says that the library was about to begin a session where it should have gone on.
var errBegins = errors.New("discord gateway: a session would begin before its turn")

// opIdentify begins a session ("Gateway Opcodes").
const opIdentify = 2

// permit lets one session begin on a connection.
type permit struct {
	given atomic.Bool // it may
	used  atomic.Bool // one did
	asked atomic.Bool // another would have, and may not
}

// check looks at the first message that is sent on a connection: IDENTIFY needs a permit.
func (p *permit) check(sent []byte) error {
	if op, ok := firstOp(sent); !ok || op != opIdentify {
		return nil
	}
	if p.given.Swap(false) {
		p.used.Store(true)
		return nil
	}
	p.asked.Store(true)
	return errBegins
}
