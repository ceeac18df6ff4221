// Package storetest says what every workflows.Store must do, as tests: Run takes a database
// and goes through transactions, records, lists, timers, messages and the small tables,
// and through what verify finds when somebody changes the tables by hand.
//
// It knows nothing of a particular database beyond the names of tables and columns, which
// all share. It must not look into an implementation, wait by sleeping, or depend on
// templates: the company and the procedures of its incidents are its own.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Database is what the suite runs on.
type Database struct {
	// Open gives an empty store, closed at the end of the test.
	Open func(t testing.TB) workflows.Store
	// Again opens the database of s once more, as another process would, closed at the end.
	Again func(t testing.TB, s workflows.Store) workflows.Store
	// Exec runs a statement on the database of s past the store, as somebody with the
	// database's own tools would.
	Exec func(t testing.TB, s workflows.Store, statement string, args ...any)
	// Harm replaces the bytes of a file past the store, or removes them when b is nil. Without
	// it the files are in the tables.
	Harm func(t testing.TB, s workflows.Store, id incident.ID, digest string, b []byte)
}

// Run runs the whole suite.
func Run(t *testing.T, db Database) {
	for _, group := range []struct {
		name  string
		tests []testCase
	}{
		{"Transactions", transactions}, {"Records", recordTests}, {"Lists", lists}, {"Timers", timers},
		{"Messages", messages}, {"FrontEnds", frontEnds}, {"Joined", joinedTests}, {"Small", small}, {"Absences", absences}, {"Backlog", backlogs}, {"Audit", audits}, {"Files", files}, {"Verify", verify},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.tests {
				t.Run(c.name, func(t *testing.T) { c.run(t, db) })
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, db Database)
}

// The instant at which the suite begins, with microseconds.
var start = time.Date(2026, 11, 22, 2, 7, 31, 123456000, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func got[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// same compares; an empty list or map is the same as none.
func same(t testing.TB, what string, got, want any, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, append(opts, cmpopts.EquateEmpty())...); diff != "" {
		t.Errorf("%s (- want, + got):\n%s", what, diff)
	}
}

func is(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// write runs f in a transaction that must succeed.
func write(t testing.TB, s workflows.Store, f func(tx workflows.Tx) error) {
	t.Helper()
	must(t, s.Write(context.Background(), f))
}

// save saves a change in a transaction of its own.
func save(t testing.TB, s workflows.Store, c workflows.Change) {
	t.Helper()
	if c.At.IsZero() {
		c.At = start
	}
	write(t, s, func(tx workflows.Tx) error { return tx.Save(context.Background(), c) })
}

// RunFiles runs what the suite says of files alone, for a second way to keep them.
func RunFiles(t *testing.T, db Database) {
	for _, c := range files {
		t.Run(c.name, func(t *testing.T) { c.run(t, db) })
	}
}
