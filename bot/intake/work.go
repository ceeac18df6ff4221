// Package intake is what the front ends for Slack and Discord share when they take something in:
// how much is worked on at once and finished at a stop, what was delivered before, and which channels
// have to be looked at before anything is said in them.
//
// It knows no platform and no request. It must not import anything but the standard library.
package intake

import (
	"context"
	"sync"
	"time"
)

// Work is what is being worked on.
type Work struct {
	room chan struct{}
	base context.Context //nolint:containedctx // not a request's: that of all work, which outlives each delivery's connection
	stop context.CancelFunc
	// Ending is done as soon as nothing more is taken in: for what nobody waits for.
	Ending context.Context //nolint:containedctx // as base
	end    context.CancelFunc
	mu     sync.Mutex
	ended  bool
	under  sync.WaitGroup
}

// NewWork bounds what is worked on at once.
func NewWork(most int) *Work {
	base, stop := context.WithCancel(context.Background())
	ending, end := context.WithCancel(base)
	return &Work{room: make(chan struct{}, most), base: base, stop: stop, Ending: ending, end: end}
}

// Start does something on its own, once there is room; false: there was none for so long, or
// the work is ending.
func (w *Work) Start(wait time.Duration, do func(ctx context.Context)) bool {
	select {
	case w.room <- struct{}{}:
	default:
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case w.room <- struct{}{}:
		case <-timer.C:
			return false
		case <-w.base.Done():
			return false
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		<-w.room
		return false
	}
	w.under.Go(func() {
		defer func() { <-w.room }()
		do(w.base)
	})
	return true
}

// Finish takes nothing more and waits for what is under way; false: it had to be broken off.
func (w *Work) Finish(grace time.Duration) bool {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.end()
	done := make(chan struct{})
	go func() {
		w.under.Wait()
		close(done)
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	defer w.stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// Idle reports whether nothing is under way.
func (w *Work) Idle() bool { return len(w.room) == 0 }
