package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hikeshi/bot/courier"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The parts of the program that readiness names.
const (
	partAccepting = "accepting" // not while the program starts or stops
	partDatabase  = "database"
	partCourier   = "courier"
	partCalendar  = "calendar"
	partContacts  = "contacts"
	// That audits are made, not what they find: a restart mends none of it, and one bad
	// incident is the same for every server, which all would be taken out of use for it.
	partAudit = "audit"
	// The chat platforms, each only where it is set up.
	partSlack   = frontendSlack
	partDiscord = frontendDiscord
)

// parts are all of them.
var parts = []string{partAccepting, partDatabase, partCourier, partCalendar, partContacts, partAudit, partSlack, partDiscord}

const (
	// readyWithin is how long the database may take to answer before it counts as ill.
	readyWithin = 2 * time.Second
	// readyKeeps is how long an answer of the database is good for: anybody may ask, and
	// each question is a write.
	readyKeeps = 2 * time.Second
	// platformAway is how long a chat platform may be away before it counts.
	platformAway = 10 * time.Second
)

// readySetting is what the database writes to show that it can.
const readySetting = "ready.asked_at"

// readiness says whether this server can do its work: take a report, call people, keep the
// days. It is not whether the process is alive: a restart mends none of what it names.
type readiness struct {
	service *workflows.Service
	write   func(ctx context.Context) error
	turned  func() time.Time // of the courier
	ticked  func() time.Time // of the calendar
	audited func() time.Time // likewise, when an audit last ended
	// platforms are those that are set up, by their names.
	platforms map[string]func() (live bool, since time.Time)
	log       *slog.Logger
	accepting atomic.Bool

	mu       sync.Mutex
	asked    time.Time
	database bool
}

// parts asks every part. It takes no longer than readyWithin.
func (r *readiness) parts(ctx context.Context) map[string]bool {
	now := time.Now()
	all := map[string]bool{
		partAccepting: r.accepting.Load(),
		partDatabase:  r.databaseWorks(ctx),
		partCourier:   now.Sub(r.turned()) < courier.Late,
		partCalendar:  now.Sub(r.ticked()) < courier.LateTick,
		partAudit:     now.Sub(r.audited()) < courier.LateAudit,
		partContacts:  len(r.service.Contacts().Chain(incident.IncidentLead, "")) > 0,
	}
	for name, state := range r.platforms {
		// Platforms renew their connections now and then; a moment without one is no illness. One
		// that never was connected (since is zero then) does not work yet.
		live, since := state()
		all[name] = live || now.Sub(since) < platformAway
	}
	return all
}

// databaseWorks reports whether the database answered a reader and took a write just now.
func (r *readiness) databaseWorks(ctx context.Context) bool {
	r.mu.Lock() // whoever asks meanwhile waits for the same answer
	defer r.mu.Unlock()
	if time.Since(r.asked) < readyKeeps {
		return r.database
	}
	// One caller who goes away must not count as an ill database for the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	err := r.service.Ready(ctx)
	if err == nil {
		err = r.write(ctx)
	}
	if err != nil && (r.database || r.asked.IsZero()) {
		r.log.Error("the database does not work", "component", "readiness", "error", err)
	}
	if err == nil && !r.database && !r.asked.IsZero() {
		r.log.Info("the database works again", "component", "readiness")
	}
	r.asked, r.database = time.Now(), err == nil
	return r.database
}

// ready reports whether this server can do its work: every part works, and of the chat platforms
// any one. Where one of several is away, it is away for every server: all of them would be taken
// out of use, and nothing be left to take in what comes by the other and by the web pages.
func ready(parts map[string]bool) bool {
	platforms, live := false, false
	for part, works := range parts {
		switch {
		case part == partSlack || part == partDiscord:
			platforms, live = true, live || works
		case !works:
			return false
		}
	}
	return live || !platforms
}
