package discord

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"hikeshi/bot/chat"
)

// What Discord allows ("Rate Limits").
const (
	// globalCalls is how many requests a bot may make in a second, whatever they are.
	globalCalls = 50
	// pageCalls of them are left to pages.
	pageCalls = 10
	// An address that made 10,000 invalid requests (401, 403, or 429 of our own making) in ten
	// minutes is shut out. Several processes may share one address, so that we stop long before:
	// first what is not a page.
	invalidWithin   = 10 * time.Minute
	invalidOrdinary = 1_000
	invalidAll      = 3_000
	// Until the first answer of a route says what its bucket holds: five in five seconds, what
	// messages to a channel have.
	guessCalls  = 5
	guessWithin = 5 * time.Second
	// leastWait is how long we wait where Discord asks to wait and does not say how long.
	leastWait = time.Second
	// grace is how long a promised turn is kept for a caller that does not come back; the
	// courier lets some come up to a minute late.
	grace = 90 * time.Second
	// moment is how long a caller whose turn is overdue waits in line whatever his patience.
	moment = time.Second
)

// pace says when a route may be called, so that Discord need not refuse: no more often than its
// bucket allows, fifty calls a second in all. Every caller that has to wait is promised a turn
// of its own, so that many who wait do not all come back at once. Pages take no notice of what
// ordinary messages were promised, and a part of each budget is theirs alone.
//
// Each process paces itself; where several run, the answers' headers tell them the rest.
type pace struct {
	mu      sync.Mutex
	buckets map[string]bucket // by the route's kind: what its first answer said
	lanes   map[string]*lane
	guess   bucket // of a kind that has not answered yet
	all     *lane
	invalid []time.Time // of the last ten minutes
	last    int         // names the turns of callers without a ticket
}

// bucket is what Discord says of the limit of a kind of route. Routes with the same hash share
// one, for each channel, server or webhook (Discord, "Rate Limits", top-level resources).
type bucket struct {
	hash   string
	limit  int
	window time.Duration
}

// turn is what somebody wants to call.
type turn struct {
	route route // set by do
	// as tells changes with a limit of their own from others of the same path; empty: none.
	as     string
	urgent bool
	// free is an answer to an interaction: it is not counted, and never waits (Discord, "Rate
	// Limits": interaction endpoints are not bound to the bot's global limit).
	free bool
	// apart is called on a connection of its own.
	apart bool
	// ticket is the same for every try of the same thing: who was asked to wait finds his
	// promised turn under it. Empty: nothing is kept.
	ticket string
	// patience is how long the caller waits in line; beyond it he is told *chat.Later. A
	// negative one waits as long as it takes.
	patience time.Duration
}

func newPace(l Limits) *pace {
	l.Global, l.Guess = cmp.Or(l.Global, globalCalls), cmp.Or(l.Guess, guessCalls)
	return &pace{
		buckets: map[string]bucket{}, lanes: map[string]*lane{}, guess: bucket{limit: l.Guess, window: guessWithin},
		all: &lane{limit: l.Global, ordinary: max(1, l.Global-pageCalls), window: time.Second},
	}
}

// wait returns when it is this caller's turn, or *chat.Later with exactly how long that takes.
func (p *pace) wait(ctx context.Context, t turn) error {
	if t.free {
		return ctx.Err()
	}
	keep := t.ticket != ""
	if !keep {
		p.mu.Lock()
		p.last++
		t.ticket = "#" + strconv.Itoa(p.last)
		p.mu.Unlock()
	}
	for {
		now := time.Now()
		if wait := p.shut(t, now); wait > 0 {
			return &chat.Later{Wait: wait}
		}
		wait := p.book(t, now).Sub(now)
		switch {
		case wait <= 0:
			return nil
		case t.patience >= 0 && wait > t.patience && !p.late(t, now):
			if !keep {
				p.forget(t)
			}
			return &chat.Later{Wait: wait, Turn: keep}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			p.forget(t)
			return ctx.Err()
		}
	}
}

// late says that a caller's turn is overdue and comes within a moment: sent away, he would
// come late again, and be overtaken again.
func (p *pace) late(t turn, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(t.route)
	i := l.of(t.ticket)
	return i >= 0 && l.slots[i].late && l.slots[i].at.Sub(now) <= moment
}

// shut is how long nothing is called at all, because too much of it was invalid.
func (p *pace) shut(t turn, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := invalidOrdinary
	if t.urgent {
		most = invalidAll
	}
	p.forgetInvalid(now)
	if len(p.invalid) < most {
		return 0
	}
	return max(leastWait, p.invalid[len(p.invalid)-most].Add(invalidWithin).Sub(now))
}

func (p *pace) forgetInvalid(now time.Time) {
	n := 0
	for n < len(p.invalid) && !p.invalid[n].After(now.Add(-invalidWithin)) {
		n++
	}
	p.invalid = p.invalid[n:]
}

// learn takes what an answer says of its bucket, and gives how long Discord asks to wait.
func (p *pace) learn(t turn, status int, h http.Header, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A limit that is shared with others is no fault of ours.
	if status == http.StatusUnauthorized || status == http.StatusForbidden ||
		status == http.StatusTooManyRequests && h.Get("X-RateLimit-Scope") != "shared" {
		p.forgetInvalid(now)
		p.invalid = append(p.invalid, now)
	}
	wait := leastWait
	if s, ok := seconds(h.Get("Retry-After")); ok {
		wait = max(s, 0)
	}
	after, known := seconds(h.Get("X-RateLimit-Reset-After"))
	if known && status == http.StatusTooManyRequests && h.Get("X-RateLimit-Global") == "" {
		wait = max(wait, after)
	}
	if t.free {
		return wait
	}
	if hash := h.Get("X-RateLimit-Bucket"); hash != "" {
		limit, err := strconv.Atoi(h.Get("X-RateLimit-Limit"))
		if err == nil && limit > 0 && known {
			p.bucketIs(t.route, hash, limit, after, h.Get("X-RateLimit-Remaining"))
		}
	} else if _, learnt := p.buckets[t.route.kind]; !learnt && status < http.StatusMultipleChoices {
		// What was done and names no bucket has no limit but the one of all calls: going on to
		// guess would let hundreds wait for channels and conversations that are free to be made.
		p.buckets[t.route.kind] = bucket{hash: t.route.kind, limit: p.all.limit, window: p.all.window}
	}
	l := p.lane(t.route)
	if h.Get("X-RateLimit-Remaining") == "0" && known {
		l.block(now.Add(after))
	}
	remaining := h.Get("X-RateLimit-Remaining")
	// Some changes have a narrower limit of their own, such as a channel's name and topic: the
	// rest of the route goes on.
	if narrower := remaining != "" && remaining != "0"; status == http.StatusTooManyRequests && !narrower {
		if h.Get("X-RateLimit-Global") != "" || h.Get("X-RateLimit-Scope") == "global" || h.Get("X-RateLimit-Bucket") == "" && h.Get("X-RateLimit-Scope") == "" {
			l = p.all // or it comes from the wall before Discord: of the address as a whole
		}
		l.block(now.Add(wait))
	}
	return wait
}

// bucketIs notes what a kind of route may, and moves what was counted to the lane of its bucket.
func (p *pace) bucketIs(r route, hash string, limit int, after time.Duration, remaining string) {
	b := p.buckets[r.kind]
	window := max(after, 10*time.Millisecond)
	if b.hash == hash && b.limit == limit && remaining != strconv.Itoa(limit-1) {
		window = max(window, b.window) // a part of it is over already
	}
	before := p.lane(r)
	p.buckets[r.kind] = bucket{hash: hash, limit: limit, window: window}
	l := p.lane(r)
	if l != before {
		for _, s := range before.slots {
			l.add(s)
		}
		if before.blocked.After(l.blocked) {
			l.blocked = before.blocked
		}
		before.slots = nil
	}
}

// promised is how long until a caller's turn; zero where he has none.
func (p *pace) promised(method, path, ticket string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.lane(routeOf(method, path)).promise(ticket); ok {
		return max(0, time.Until(at))
	}
	return 0
}

// book takes the turn when it is due now, else keeps a promise; it gives when.
func (p *pace) book(t turn, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	lanes := p.of(t, now)
	if at, ok := lanes[0].promise(t.ticket); ok {
		due := !at.After(now)
		valid := true
		for _, l := range lanes {
			valid = valid && !at.Before(l.blocked) && (!due || l.free(now, t.urgent))
		}
		if valid && !due {
			return at
		}
		for _, l := range lanes {
			l.drop(t.ticket)
		}
		if valid {
			for _, l := range lanes {
				l.add(slot{at: now, urgent: t.urgent, used: true})
			}
			return now
		}
		if own := lanes[0]; due && !now.Before(own.blocked) {
			// Others before him came a moment late. To the end of the line he would come after all
			// that happened later, and again after that.
			if next := own.next(now, t.urgent); next.After(now) {
				for _, l := range lanes {
					l.add(slot{at: next, urgent: t.urgent, ticket: t.ticket, late: true})
				}
				return next
			}
		}
	}
	for _, l := range lanes {
		l.drop(t.ticket) // promised before the bucket was known
	}
	at := now
	for {
		from := at
		for _, l := range lanes {
			at = l.earliest(at, now, t.urgent)
		}
		if at.Equal(from) {
			break
		}
	}
	for _, l := range lanes {
		l.add(slot{at: at, urgent: t.urgent, used: !at.After(now), ticket: t.ticket})
	}
	return at
}

func (p *pace) forget(t turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.of(t, time.Now()) {
		l.drop(t.ticket)
	}
}

// of gives the lanes of a call, without what has run out in them.
func (p *pace) of(t turn, now time.Time) []*lane {
	own := p.lane(t.route)
	own.tidy(now)
	p.all.tidy(now)
	if len(p.lanes) > 2000 { // conversations nobody writes to any more
		for name, l := range p.lanes {
			if l.tidy(now); l != own && len(l.slots) == 0 && !l.blocked.After(now) {
				delete(p.lanes, name)
			}
		}
	}
	own.spread = true
	return []*lane{own, p.all}
}

// lane is where the calls of a route are counted.
func (p *pace) lane(r route) *lane {
	b, ok := p.buckets[r.kind]
	if !ok {
		b = p.guess
		b.hash = r.kind
	}
	name := b.hash + " " + r.of
	l, ok := p.lanes[name]
	if !ok {
		l = &lane{}
		p.lanes[name] = l
	}
	l.limit, l.window = b.limit, b.window
	l.ordinary = l.limit
	if l.limit > 1 {
		l.ordinary = l.limit - max(1, l.limit/5)
	}
	return l
}
