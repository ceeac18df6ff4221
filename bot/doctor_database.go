package main

import (
	"context"
	"strconv"
	"time"

	"hikeshi/store"
)

// checkDatabase tells which database it is, or why it cannot be opened.
func checkDatabase(ctx context.Context, x *patient) []finding {
	name := x.say("cli.doctor.database", "database", store.Shown(x.settings.database()))
	if x.opened == nil {
		return faulty(below(name, x.inWords(x.unopened)))
	}
	f, err := x.opened.store.Facts(ctx)
	if err == nil {
		err = x.opened.store.Ping(ctx)
	}
	if err != nil {
		return faulty(below(name, x.inWords(err)))
	}
	return fine(below(name, x.say("cli.doctor.database_facts",
		"kind", f.Kind, "version", f.Version, "schema", strconv.FormatInt(f.Schema, 10), "size", size(float64(f.Size)))))
}

// stuckAfter is how long a message may wait to be sent before it is told of. Longer waits
// between the tries of one that fails again and again are the courier's longest.
const stuckAfter = 15 * time.Minute

// checkMessages looks at what has not reached its people.
func checkMessages(ctx context.Context, x *patient) []finding {
	if x.opened == nil {
		return nil // told by checkDatabase
	}
	b, err := x.opened.service.Backlog(ctx)
	if err != nil {
		return faulty(x.inWords(err))
	}
	var found []finding
	if b.Undelivered > 0 {
		found = append(found, notice(x.say("cli.doctor.undelivered", "count", strconv.Itoa(b.Undelivered))))
	}
	if waits := x.opened.service.Now().Sub(b.OldestPending); !b.OldestPending.IsZero() && waits > stuckAfter {
		found = append(found, notice(x.say("cli.doctor.stuck", "count", strconv.Itoa(b.Pending), "minutes", strconv.Itoa(int(waits.Minutes())))))
	}
	if found == nil {
		return fine(x.say("cli.doctor.messages", "count", strconv.Itoa(b.Pending)))
	}
	return found
}
