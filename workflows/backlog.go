package workflows

import (
	"context"
	"time"

	"hikeshi/workflows/incident"
)

// Backlog is what is under way and what waits, in numbers alone.
type Backlog struct {
	Open []OpenCount
	// Pending messages are on their way; the oldest waits since OldestPending, zero when
	// there is none.
	Pending       int
	OldestPending time.Time
	// Undelivered messages are about incidents that are still open, and were given up: whom
	// they were for has to hear of it in another way. Those that their receivers may not see
	// any more are none.
	Undelivered int
	// Timers wait; the next falls due, or fell due, at NextTimer, zero when there is none.
	Timers    int
	NextTimer time.Time
}

// OpenCount is how many incidents that have not ended are in a phase at a level.
type OpenCount struct {
	Phase incident.Phase
	Level incident.Level
	Count int
}

// Facts are what an operator may want to know of a database.
type Facts struct {
	Kind    string // SQLite or PostgreSQL
	Version string // of the database program
	Schema  int64  // the last migration
	Size    int64  // bytes
}

// Backlog counts what is under way and what waits.
func (s *Service) Backlog(ctx context.Context) (Backlog, error) { return s.store.Backlog(ctx) }
