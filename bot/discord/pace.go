package discord

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/lane"
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
	// moment is how long a caller whose turn is overdue waits in line whatever his patience.
	moment = time.Second
)

// pace says when a route may be called, so that Discord need not refuse: no more often than its
// bucket allows, fifty calls a second in all.
type pace struct {
	turns   lane.Turns        // its lock guards the rest as well
	buckets map[string]bucket // by the route's kind: what its first answer said
	lanes   map[string]*lane.Lane
	guess   bucket // of a kind that has not answered yet
	all     *lane.Lane
	invalid []time.Time // of the last ten minutes
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
	apart    bool
	ticket   string        // as that of [lane.Turn]
	patience time.Duration // as well
}

func (t turn) asked() lane.Turn {
	return lane.Turn{Urgent: t.urgent, Ticket: t.ticket, Patience: t.patience}
}

func newPace(l Limits) *pace {
	l.Global, l.Guess = cmp.Or(l.Global, globalCalls), cmp.Or(l.Guess, guessCalls)
	return &pace{
		turns:   lane.Turns{Moment: moment},
		buckets: map[string]bucket{}, lanes: map[string]*lane.Lane{}, guess: bucket{limit: l.Guess, window: guessWithin},
		all: &lane.Lane{Limit: l.Global, Ordinary: max(1, l.Global-pageCalls), Window: time.Second},
	}
}

// wait returns when it is this caller's turn, or *chat.Later with exactly how long that takes.
func (p *pace) wait(ctx context.Context, t turn) error {
	if t.free {
		return ctx.Err()
	}
	if err := p.open(t); err != nil {
		return err
	}
	if err := p.turns.Wait(ctx, t.asked(), p.of(t)); err != nil {
		return err
	}
	return p.open(t) // while he waited, others may have been refused
}

// again promises a turn to a caller who was refused; it gives how long that takes.
func (p *pace) again(t turn) time.Duration { return p.turns.Book(t.asked(), time.Now(), p.of(t)) }

// open says *chat.Later where nothing is called at all.
func (p *pace) open(t turn) error {
	if wait := p.shut(t, time.Now()); wait > 0 {
		return &chat.Later{Wait: wait}
	}
	return nil
}

// shut is how long nothing is called at all, because too much of it was invalid.
func (p *pace) shut(t turn, now time.Time) time.Duration {
	p.turns.Lock()
	defer p.turns.Unlock()
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
	p.turns.Lock()
	defer p.turns.Unlock()
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
		p.buckets[t.route.kind] = bucket{hash: t.route.kind, limit: p.all.Limit, window: p.all.Window}
	}
	l := p.lane(t.route)
	if h.Get("X-RateLimit-Remaining") == "0" && known {
		l.Block(now.Add(after))
	}
	remaining := h.Get("X-RateLimit-Remaining")
	// Some changes have a narrower limit of their own, such as a channel's name and topic: the
	// rest of the route goes on.
	if narrower := remaining != "" && remaining != "0"; status == http.StatusTooManyRequests && !narrower {
		if h.Get("X-RateLimit-Global") != "" || h.Get("X-RateLimit-Scope") == "global" || h.Get("X-RateLimit-Bucket") == "" && h.Get("X-RateLimit-Scope") == "" {
			l = p.all // or it comes from the wall before Discord: of the address as a whole
		}
		l.Block(now.Add(wait))
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
	l.Join(before)
}

// promised is how long until a caller's turn; zero where he has none.
func (p *pace) promised(method, path, ticket string) time.Duration {
	p.turns.Lock()
	defer p.turns.Unlock()
	return p.lane(routeOf(method, path)).Promised(ticket, time.Now())
}

// of gives the lanes of a call, without what has run out in them.
func (p *pace) of(t turn) lane.Lanes {
	return func(now time.Time) []*lane.Lane {
		own := p.lane(t.route)
		own.Tidy(now)
		p.all.Tidy(now)
		if len(p.lanes) > 2000 { // conversations nobody writes to any more
			for name, l := range p.lanes {
				if l.Tidy(now) && l != own {
					delete(p.lanes, name)
				}
			}
		}
		return []*lane.Lane{own, p.all}
	}
}

// lane is where the calls of a route are counted.
func (p *pace) lane(r route) *lane.Lane {
	b, ok := p.buckets[r.kind]
	if !ok {
		b = p.guess
		b.hash = r.kind
	}
	name := b.hash + " " + r.of
	l, ok := p.lanes[name]
	if !ok {
		l = &lane.Lane{Spread: lane.SpreadAlways, InLine: true}
		p.lanes[name] = l
	}
	l.Limit, l.Ordinary, l.Window = b.limit, b.limit, b.window
	if l.Limit > 1 {
		l.Ordinary -= max(1, l.Limit/5)
	}
	return l
}
