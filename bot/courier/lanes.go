package courier

import (
	"context"
	"sync"
	"time"
)

// await waits until no send is under way.
func (c *Courier) await(ctx context.Context) error {
	select {
	case <-c.quiet():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quiet is closed as soon as no send is under way.
func (c *Courier) quiet() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	return c.calm
}

// lane is the place of one send among those under way.
type lane struct {
	courier *Courier
	urgent  bool
	number  int64
	once    sync.Once
}

func (c *Courier) begin(urgent bool) *lane {
	c.lanes <- struct{}{}
	if !urgent {
		c.slow <- struct{}{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 {
		c.calm = make(chan struct{})
	}
	c.under++
	c.last++
	c.begun = time.Now()
	return &lane{courier: c, urgent: urgent, number: c.last}
}

// pause is how long to wait until the next send may begin: for the last one to end.
func (c *Courier) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 || c.begun.IsZero() {
		return 0
	}
	return pace - time.Since(c.begun)
}

// free gives the lane back before the send has ended: one that hangs is to be in nobody's way.
func (l *lane) free() {
	l.once.Do(func() {
		<-l.courier.lanes
		if !l.urgent {
			<-l.courier.slow
		}
	})
	l.courier.Wake()
}

func (l *lane) end() {
	c := l.courier
	c.mu.Lock()
	if c.last == l.number {
		c.begun = time.Time{}
	}
	if c.under--; c.under == 0 {
		close(c.calm)
	}
	c.mu.Unlock()
	l.free()
}
