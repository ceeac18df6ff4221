package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hikeshi/workflows"
)

// realClock is the machine's time: the only clock in live mode.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

// offsetSetting keeps how far the practice clock was moved on, so that a restart does not
// turn time back.
const offsetSetting = "practice.clock_offset"

// practiceClock is the machine's time moved on. It is never moved back: a record whose
// entries go back in time would be worthless even as practice.
type practiceClock struct {
	store  workflows.Store
	moving sync.Mutex // two people may press at once; each move counts
	offset atomic.Int64
}

func newPracticeClock(ctx context.Context, store workflows.Store) (*practiceClock, error) {
	c := &practiceClock{store: store}
	d, err := storedOffset(ctx, store)
	if err != nil {
		return nil, err
	}
	c.offset.Store(int64(d))
	return c, nil
}

func storedOffset(ctx context.Context, store workflows.Store) (time.Duration, error) {
	v, err := store.Setting(ctx, offsetSetting)
	if err != nil {
		return 0, fmt.Errorf("read the practice clock: %w", err)
	}
	if v == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		return 0, fmt.Errorf("the practice clock is stored as %q, which is no duration: %w", v, err)
	}
	return d, nil
}

// Now is the practice time.
func (c *practiceClock) Now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// maxOffset keeps the year in four digits and the numbers of the year plausible.
const maxOffset = 5 * 366 * 24 * time.Hour

var errClock = errors.New("the practice clock can be moved on by at most five years; delete the practice database to start again")

// Move moves the practice clock on by d.
func (c *practiceClock) Move(ctx context.Context, d time.Duration) error {
	c.moving.Lock()
	defer c.moving.Unlock()
	// Another server on the same database may have moved it on since: it is never moved back.
	stored, err := storedOffset(ctx, c.store)
	if err != nil {
		return err
	}
	next := max(stored, time.Duration(c.offset.Load())) + d
	if d <= 0 || next > maxOffset {
		return errClock
	}
	if err := c.store.SetSetting(ctx, offsetSetting, next.String()); err != nil {
		return fmt.Errorf("keep the practice clock: %w", err)
	}
	c.offset.Store(int64(next))
	return nil
}
