package phone

import (
	"context"
	"maps"
	"sync"
	"time"
)

// mostReplays bounds what is remembered. Only the gateway's own requests are, and a company
// does not press ten thousand keys in ten minutes.
const mostReplays = 10_000

// replays remembers what was answered to which request for as long as its timestamp holds, so
// that one that comes again, from the gateway or from somebody who has recorded it, does
// nothing a second time.
type replays struct {
	mu    sync.Mutex
	by    map[seal]*replay
	sweep time.Time // when the next look for what does not count any more is due
}

type replay struct {
	until    time.Time
	done     chan struct{} // closed when heard is there
	answered bool
	heard    heard
}

// once gives the answer to a request: the one it got, or that of do. One that is under way is
// waited for; false: for longer than ctx. What failed on our side is not remembered, and may be
// tried again as it is.
func (r *replays) once(ctx context.Context, s seal, now, until time.Time, do func() heard) (heard, bool) {
	one, first := r.take(s, now, until)
	if !first {
		select {
		case <-one.done:
			if one.answered {
				return one.heard, true
			}
			return heard{}, false
		case <-ctx.Done():
			return heard{}, false
		}
	}
	defer close(one.done)
	defer func() {
		if !one.answered {
			r.forget(s)
		}
	}()
	h := do()
	one.heard, one.answered = h, h.status < 500
	return h, true
}

func (r *replays) take(s seal, now, until time.Time) (one *replay, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.by[s]; one != nil {
		return one, false
	}
	if now.After(r.sweep) || len(r.by) >= mostReplays {
		r.sweep = now.Add(time.Minute)
		maps.DeleteFunc(r.by, func(_ seal, old *replay) bool { return now.After(old.until) })
	}
	one = &replay{until: until, done: make(chan struct{})}
	if r.by == nil {
		r.by = map[seal]*replay{}
	}
	if len(r.by) < mostReplays {
		r.by[s] = one
	}
	return one, true
}

func (r *replays) forget(s seal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.by, s)
}
