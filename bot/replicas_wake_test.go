package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// arrivals is a chat platform that tells when what arrived first.
type arrivals struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (*arrivals) Name() string { return "platform" }

func (a *arrivals) Send(_ context.Context, d chat.Delivery) (chat.MessageID, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, came := a.at[d.Key]; !came {
		a.at[d.Key] = time.Now()
	}
	return chat.MessageID("p:" + d.Key), nil
}

// called is when the first call of an incident arrived; zero: none has.
func (a *arrivals) called(id incident.ID) (first time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, at := range a.at {
		if strings.HasPrefix(key, "page:"+string(id)+":") && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// A server that has nothing to do sleeps for half a minute. What another one writes wakes it at
// once, a page as well as a timer; and what was written while nobody listened it finds as soon
// as it listens again.
func TestWhatOneServerWritesWakesAnother(t *testing.T) {
	url := pgtest.Shared(t).Empty(t)
	as := func(s workflows.Store) workflows.Store { return s }
	came := &arrivals{at: map[string]time.Time{}}
	writes := newReplica(t, url, realClock{}, as, came) // and does nothing that is due
	defer writes.close(t)
	sleeps := newReplica(t, url, realClock{}, as, came)
	defer sleeps.work(t)()
	db, err := sql.Open("pgx", url+"&search_path=hikeshi")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	listeners := func() (pids []int) {
		rows, err := db.Query(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var pid int
			if err := rows.Scan(&pid); err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return pids
	}
	patiently(t, "it listens", patienceOfTests, func() bool { return len(listeners()) == 1 })
	who := writes.house.desk.People("ja")[0]
	reports := 0
	report := func() incident.ID {
		reports++
		reply := writes.house.desk.Handle(t.Context(), chat.Request{ID: fmt.Sprint("line-", reports), Kind: chat.Said, From: who.User, Name: who.Name, Text: fmt.Sprintf("/incident メールが送れません（%d）", reports), At: time.Now()})
		if !reply.Accepted {
			t.Fatal("a report was not taken")
		}
		return incident.ID(printedNumber.FindString(reply.Cards[0].Title))
	}
	asleep := func() {
		patiently(t, "nothing is left to do", patienceOfTests, func() bool {
			b, err := sleeps.house.service.Backlog(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return b.Pending == 0
		})
	}

	const atOnce = 100 * time.Millisecond
	// The machine may have other things to do now and then, and so the quickest of a few counts;
	// none may have waited until the sleeper woke by itself.
	quick := func(what string, took func() time.Duration) {
		best := time.Hour
		for range 10 {
			asleep()
			by := took()
			if best = min(best, by); by > 10*time.Second {
				t.Errorf("%s after %v", what, by)
			}
		}
		if best >= atOnce {
			t.Errorf("%s after %v at the best, want less than %v", what, best, atOnce)
		}
	}
	quick("a call is out", func() time.Duration {
		id := report()
		written := time.Now()
		patiently(t, "somebody is called", patienceOfTests, func() bool { return !came.called(id).IsZero() })
		return came.called(id).Sub(written)
	})
	days := 0
	quick("a timer is acted on", func() time.Duration {
		days++
		due := time.Now().Add(300 * time.Millisecond)
		day := fmt.Sprintf("2020-01-%02d", days)
		timer := workflows.Timer{Key: "digest:" + day, Kind: workflows.TimerDigest, Due: due, Day: day}
		if err := writes.house.store.Write(t.Context(), func(tx workflows.Tx) error {
			return tx.Save(t.Context(), workflows.Change{At: time.Now(), Timers: []workflows.Timer{timer}})
		}); err != nil {
			t.Fatal(err)
		}
		patiently(t, "the timer is gone", patienceOfTests, func() bool {
			var n int
			if err := db.QueryRow(`SELECT count(*) FROM timers WHERE key = $1`, timer.Key).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n == 0
		})
		return time.Since(due)
	})

	asleep()
	for _, pid := range listeners() {
		if _, err := db.Exec(`SELECT pg_terminate_backend($1, 5000)`, pid); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(listeners()); n > 0 {
		t.Fatalf("%d listen still", n)
	}
	id, written := report(), time.Now()
	patiently(t, "who is called while nobody listened", patienceOfTests, func() bool { return !came.called(id).IsZero() })
	if took := came.called(id).Sub(written); took > 10*time.Second {
		t.Errorf("what was written while nobody listened was found after %v", took)
	} else {
		t.Logf("after the gap it was found within %v", took)
	}
}
