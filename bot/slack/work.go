package slack

import (
	"context"
	"sync"
	"time"
)

// maxUnderWay bounds the deliveries worked on at once. What finds no room is not acknowledged,
// so that Slack delivers it again or tells the person itself: never taken in and forgotten.
const maxUnderWay = 1000

// work is what is being worked on.
type work struct {
	room chan struct{}
	base context.Context //nolint:containedctx // not a request's: that of all work, which outlives each delivery's connection
	stop context.CancelFunc
	// ending is done as soon as nothing more is taken in: for what nobody waits for.
	ending context.Context //nolint:containedctx // as base
	end    context.CancelFunc
	mu     sync.Mutex
	ended  bool
	under  sync.WaitGroup
}

func newWork(most int) *work {
	base, stop := context.WithCancel(context.Background())
	ending, end := context.WithCancel(base)
	return &work{room: make(chan struct{}, most), base: base, stop: stop, ending: ending, end: end}
}

// start does something on its own, once there is room; false: there was none for so long, or
// the work is ending.
func (w *work) start(wait time.Duration, do func(ctx context.Context)) bool {
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

// finish takes nothing more and waits for what is under way; false: it had to be broken off.
func (w *work) finish(grace time.Duration) bool {
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
