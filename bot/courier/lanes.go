package courier

import (
	"context"
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

func (c *Courier) begin(urgent bool) {
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
	c.begun = time.Now()
}

// pause is how long to wait until the next send may begin.
func (c *Courier) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 {
		return 0
	}
	return pace - time.Since(c.begun)
}

func (c *Courier) end(urgent bool) {
	<-c.lanes
	if !urgent {
		<-c.slow
	}
	c.mu.Lock()
	if c.under--; c.under == 0 {
		close(c.calm)
	}
	c.mu.Unlock()
	c.Wake()
}
