package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var timers = []testCase{
	{"Claim", claimTimers},
	{"LeaseRunsOut", timerLease},
	{"ReplaceAndCancel", replaceTimers},
	{"Release", releaseTimer},
	{"TwoClaimers", twoClaimers},
	{"NextDue", nextDue},
}

const lease = 30 * time.Second

func round(n int, due time.Duration) workflows.Timer {
	id := incident.ID(fmt.Sprintf("INC-2026-%04d", n))
	return workflows.Timer{Key: "round:" + string(id), Kind: workflows.TimerRound, Incident: id, Due: at(due), Round: n}
}

func claim(t testing.TB, s workflows.Store, now time.Duration, owner string, n int) []workflows.Timer {
	t.Helper()
	return got(s.ClaimTimers(t.Context(), at(now), owner, lease, n))(t)
}

func claimed(x workflows.Timer, attempt int) workflows.Timer {
	x.Attempt = attempt
	return x
}

func claimTimers(t *testing.T, db Database) {
	s := db.Open(t)
	one, two, three := round(1, 0), round(2, time.Minute), round(3, time.Minute+time.Microsecond)
	digest := workflows.Timer{Key: "digest:2026-11-24", Kind: workflows.TimerDigest, Due: at(-time.Hour), Day: "2026-11-24"}
	save(t, s, workflows.Change{Timers: []workflows.Timer{three, two, one, digest}})
	same(t, "nothing is due before its time", claim(t, s, -time.Hour-time.Microsecond, "a", 10), []workflows.Timer(nil))
	same(t, "the earliest first", claim(t, s, time.Minute, "a", 2), []workflows.Timer{claimed(digest, 1), claimed(one, 1)})
	same(t, "what is left", claim(t, s, time.Minute, "b", 10), []workflows.Timer{claimed(two, 1)})
	same(t, "nothing twice", claim(t, s, time.Minute, "c", 10), []workflows.Timer(nil))
	same(t, "at its microsecond", claim(t, s, time.Minute+time.Microsecond, "c", 10), []workflows.Timer{claimed(three, 1)})
}

func timerLease(t *testing.T, db Database) {
	s := db.Open(t)
	one := round(1, 0)
	save(t, s, workflows.Change{Timers: []workflows.Timer{one}})
	same(t, "first claim", claim(t, s, time.Second, "a", 1), []workflows.Timer{claimed(one, 1)})
	same(t, "under a lease", claim(t, s, time.Second+lease-time.Microsecond, "b", 1), []workflows.Timer(nil))
	same(t, "after the lease", claim(t, s, time.Second+lease, "b", 1), []workflows.Timer{claimed(one, 2)})
	is(t, "release of a lost lease", s.ReleaseTimer(t.Context(), claimed(one, 1), "a", start), workflows.ErrConflict)
	same(t, "still under the second lease", claim(t, s, time.Second+lease, "c", 1), []workflows.Timer(nil))
}

func replaceTimers(t *testing.T, db Database) {
	s := db.Open(t)
	save(t, s, workflows.Change{Timers: []workflows.Timer{round(1, 0), round(2, 0), round(3, 0)}})
	same(t, "claimed", len(claim(t, s, 0, "a", 10)), 3)
	later := round(1, time.Minute)
	later.Round = 7
	save(t, s, workflows.Change{Timers: []workflows.Timer{later}, Cancel: []string{round(2, 0).Key, "unknown"}})
	same(t, "replaced: not yet due", claim(t, s, time.Minute-time.Microsecond, "b", 10), []workflows.Timer{claimed(round(3, 0), 2)})
	same(t, "replaced: due, and its lease is gone", claim(t, s, time.Minute, "b", 10), []workflows.Timer{claimed(later, 1)})
	is(t, "release of the replaced one", s.ReleaseTimer(t.Context(), claimed(round(1, 0), 1), "a", start), workflows.ErrConflict)
	is(t, "release of the cancelled one", s.ReleaseTimer(t.Context(), claimed(round(2, 0), 1), "a", start), workflows.ErrConflict)

	// Cancelled and set in one change, it is set; of two with one key the later counts.
	save(t, s, workflows.Change{Cancel: []string{later.Key}, Timers: []workflows.Timer{round(1, 5*time.Minute), round(1, 4*time.Minute)}})
	want := round(1, 4*time.Minute)
	same(t, "set after all", claim(t, s, 4*time.Minute, "d", 1), []workflows.Timer{claimed(round(3, 0), 3)})
	same(t, "the later of two", claim(t, s, 4*time.Minute, "d", 1), []workflows.Timer{claimed(want, 1)})
}

func releaseTimer(t *testing.T, db Database) {
	s := db.Open(t)
	one := round(1, 0)
	save(t, s, workflows.Change{Timers: []workflows.Timer{one}})
	c := claim(t, s, 0, "a", 1)[0]
	is(t, "release by another", s.ReleaseTimer(t.Context(), c, "b", start), workflows.ErrConflict)
	must(t, s.ReleaseTimer(t.Context(), c, "a", at(5*time.Second)))
	same(t, "before its next try", claim(t, s, 5*time.Second-time.Microsecond, "b", 1), []workflows.Timer(nil))
	same(t, "at its next try, still due when it was", claim(t, s, 5*time.Second, "b", 1), []workflows.Timer{claimed(one, 2)})
}

// twoClaimers lets two processes claim at once: every timer goes to one of them.
func twoClaimers(t *testing.T, db Database) {
	s := db.Open(t)
	beside := db.Again(t, s)
	const n = 200
	var all []workflows.Timer
	for i := range n {
		all = append(all, round(i, time.Duration(i)*time.Millisecond))
	}
	save(t, s, workflows.Change{Timers: all})
	var mu sync.Mutex
	by := map[string][]string{}
	var wg sync.WaitGroup
	for i, store := range []workflows.Store{s, beside, s, beside} {
		owner := fmt.Sprint("claimer ", i)
		wg.Go(func() {
			for {
				list, err := store.ClaimTimers(t.Context(), at(time.Hour), owner, lease, 7)
				if err != nil {
					t.Error(err)
				}
				if len(list) == 0 {
					return
				}
				mu.Lock()
				for _, x := range list {
					by[x.Key] = append(by[x.Key], owner)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	same(t, "claimed", len(by), n)
	for key, owners := range by {
		if len(owners) != 1 {
			t.Errorf("%s was claimed by %v", key, owners)
		}
	}
}

func nextDue(t *testing.T, db Database) {
	s := db.Open(t)
	next := func(what string, want time.Duration) {
		t.Helper()
		due, ok, err := s.NextDue(t.Context())
		must(t, err)
		if !ok || !due.Equal(at(want)) || due.Location() != time.UTC {
			t.Errorf("%s: next due %s (%v), want %s", what, due, ok, at(want))
		}
	}
	none := func(what string) {
		t.Helper()
		if due, ok, err := s.NextDue(t.Context()); ok || err != nil {
			t.Errorf("%s: next due %s (error %v), want none", what, due, err)
		}
	}
	none("empty")
	save(t, s, workflows.Change{Timers: []workflows.Timer{round(1, time.Hour), round(2, 2*time.Hour)}})
	next("a timer", time.Hour)
	save(t, s, workflows.Change{At: at(time.Minute), Messages: []incident.Notice{notice("card", "")}})
	next("a message", time.Minute)
	save(t, s, workflows.Change{At: at(30 * time.Second), Messages: []incident.Notice{urgent("page", sato)}})
	next("an urgent message", 30*time.Second)
	timer := func(want time.Duration) {
		t.Helper()
		if due, ok, err := s.NextTimer(t.Context()); err != nil || !ok || !due.Equal(at(want)) || due.Location() != time.UTC {
			t.Errorf("next timer due %s (%v, %v), want %s", due, ok, err, at(want))
		}
	}
	timer(time.Hour)
	list := claimMessages(t, s, time.Minute, "a", 10)
	next("the end of a lease", time.Minute+lease)
	finish(t, s, list[0], "a", workflows.Sent{OK: true, At: start})
	finish(t, s, list[1], "a", workflows.Sent{Retry: at(10 * time.Minute)})
	next("a retry", 10*time.Minute)
	finish(t, s, claimMessages(t, s, 10*time.Minute, "a", 10)[0], "a", workflows.Sent{Error: "gone"})
	next("after giving up", time.Hour)
	claim(t, s, time.Hour, "a", 10)
	next("the end of a timer's lease", time.Hour+lease)
	timer(time.Hour + lease)
	save(t, s, workflows.Change{Cancel: []string{round(1, 0).Key}})
	next("after a cancel", 2*time.Hour)
	save(t, s, workflows.Change{Cancel: []string{round(2, 0).Key}})
	none("after everything")
	if due, ok, err := s.NextTimer(t.Context()); ok || err != nil {
		t.Errorf("after everything the next timer is due %s, %v", due, err)
	}
}
