package courier

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-co-op/gocron/v2"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Calendar inserts the rows of calendar work, such as the digest at 09:00 on working days.
// It runs every minute instead of at the hour itself, because the row is idempotent and a
// practice clock may be moved past the hour; what fell due today before the start is
// inserted at the start. After that it has the service audit what is open.
type Calendar struct {
	service   *workflows.Service
	log       *slog.Logger
	scheduler gocron.Scheduler
	ticked    atomic.Int64 // on the machine's clock, as Courier.turned
	audited   atomic.Int64 // likewise: when an audit last ended
}

// NewCalendar makes a calendar; Start starts it, Stop ends it.
func NewCalendar(s *workflows.Service, wake func(), log *slog.Logger) (*Calendar, error) {
	sch, err := gocron.NewScheduler(gocron.WithLocation(incident.Tokyo), gocron.WithStopTimeout(time.Second))
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	c := &Calendar{service: s, log: log, scheduler: sch}
	_, err = sch.NewJob(
		gocron.DurationJob(time.Minute),
		gocron.NewTask(func(ctx context.Context) {
			if c.Tick(ctx) {
				wake()
			}
			c.Audit(ctx)
		}),
		gocron.WithSingletonMode(gocron.LimitModeReschedule),
		gocron.WithStartAt(gocron.WithStartImmediately()),
	)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	return c, nil
}

// Start begins to tick.
func (c *Calendar) Start() { c.scheduler.Start() }

// auditWithin bounds one audit, so that the next comes in its turn.
const auditWithin = 45 * time.Second

// LateAudit is how long without an audit it counts as stuck.
const LateAudit = 3 * time.Minute

// Audit looks after everything that is open. What it writes is claimed like everything else.
func (c *Calendar) Audit(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, auditWithin)
	defer cancel()
	_, err := c.service.Audit(bounded)
	if ctx.Err() != nil {
		return // the program is stopping
	}
	// One that failed has ended, too: the database has a part of its own in readiness, and a
	// fault in what is stored would take every server out of use at once.
	c.audited.Store(time.Now().UnixNano())
	if err != nil {
		c.log.Error("what is open could not be audited; trying again in a minute", "component", "audit", "error", err)
	}
}

// Audited is when an audit last ended, whatever came of it; zero before the first.
func (c *Calendar) Audited() time.Time {
	if at := c.audited.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// LateTick is how long without a tick the calendar counts as stuck.
const LateTick = 3 * time.Minute

// Ticked is when the calendar last ticked, zero before the first time.
func (c *Calendar) Ticked() time.Time {
	if at := c.ticked.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Stop ends the ticking and waits for a tick under way.
func (c *Calendar) Stop() error { return c.scheduler.Shutdown() }

// Tick inserts what is due today. It reports whether it could.
func (c *Calendar) Tick(ctx context.Context) bool {
	c.ticked.Store(time.Now().UnixNano())
	now := c.service.Now().In(incident.Tokyo)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, incident.Tokyo)
	if err := c.service.Tick(ctx, today); ctx.Err() != nil {
		return false // the program is stopping
	} else if err != nil {
		c.log.Error("the calendar's work could not be noted; trying again in a minute", "component", "calendar", "error", err)
		return false
	}
	return true
}
