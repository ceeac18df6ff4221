package storetest

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var backlogs = []testCase{
	{"Nothing", emptyBacklog},
	{"Open", openBacklog},
	{"Messages", messageBacklog},
	{"Timers", timerBacklog},
	{"Facts", facts},
}

func waiting(t testing.TB, s workflows.Store) workflows.Backlog {
	t.Helper()
	b := got(s.Backlog(t.Context()))(t)
	slices.SortFunc(b.Open, func(x, y workflows.OpenCount) int { return int(x.Level) - int(y.Level) })
	return b
}

func emptyBacklog(t *testing.T, db Database) {
	same(t, "an empty database", waiting(t, db.Open(t)), workflows.Backlog{})
}

func openBacklog(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	for range 3 {
		c.report(t, yamada, "鍵をなくした")
	}
	ended := c.report(t, yamada, "見つかった").Row.ID
	c.carry(t, ended, sato, incident.Dismiss{Reason: "鞄の中にあった"})
	c.carry(t, "INC-2026-0002", sato, incident.SetLevel{Level: incident.Level3})
	same(t, "by phase and confirmed level", waiting(t, s).Open, []workflows.OpenCount{
		{Phase: incident.Reported, Level: incident.Unassessed, Count: 2}, {Phase: incident.Reported, Level: incident.Level3, Count: 1},
	})
}

// A message waits since it was made; a newer wording of one that has arrived, since then.
func messageBacklog(t *testing.T, db Database) {
	s := db.Open(t)
	id := newClerk(s).report(t, yamada, "鍵をなくした").Row.ID
	same(t, "the suite's incident", id, about)
	pending := func(what string, n, failed int, since time.Time) {
		t.Helper()
		b := waiting(t, s)
		same(t, what, []any{b.Pending, b.Undelivered, b.OldestPending}, []any{n, failed, since})
	}
	announce(t, s, 0, notice("card", ""))
	announce(t, s, time.Minute, urgent("page", sato))
	pending("two on their way", 2, 0, at(0))
	card := claimMessages(t, s, time.Minute, "a", 10)
	pending("under way", 2, 0, at(0))
	for _, m := range card {
		if m.Key == "card" {
			finish(t, s, m, "a", arrived(time.Minute, "m1"))
		} else {
			finish(t, s, m, "a", workflows.Sent{Error: "timeout", Retry: at(time.Hour)})
		}
	}
	pending("a failed try waits since it was made", 1, 0, at(time.Minute))
	announce(t, s, 3*time.Hour, notice("card", ""))
	page := claimMessages(t, s, time.Hour, "a", 10)
	same(t, "claimed again", keys(page), []string{"page"})
	finish(t, s, page[0], "a", workflows.Sent{Error: "unreachable"})
	pending("given up, and a newer wording", 1, 1, at(3*time.Hour))
	c := newClerk(s)
	c.now = at(4 * time.Hour)
	c.carry(t, id, sato, incident.Dismiss{Reason: "鞄の中にあった"})
	pending("nobody waits for what was about an incident that has ended", 1, 0, at(3*time.Hour))
}

func timerBacklog(t *testing.T, db Database) {
	s := db.Open(t)
	save(t, s, workflows.Change{Timers: []workflows.Timer{round(1, time.Minute), round(2, time.Second)}})
	claim(t, s, time.Second, "a", 1)
	b := waiting(t, s)
	same(t, "a lease changes nothing of when it is due", []any{b.Timers, b.NextTimer}, []any{2, at(time.Second)})
}

func facts(t *testing.T, db Database) {
	s := db.Open(t)
	f := got(s.Facts(t.Context()))(t)
	if f.Kind == "" || f.Version == "" || f.Version[0] < '0' || f.Version[0] > '9' || f.Schema < 1 || f.Size < 10_000 {
		t.Errorf("facts of the database: %+v", f)
	}
}
