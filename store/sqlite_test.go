package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"hikeshi/store/storetest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// empty is a migrated file without any rows; copying it is quicker than making it anew.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "hikeshi")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	if _, _, err := Migrate(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// newFile gives the path of a migrated file without any rows.
func newFile(t testing.TB) string {
	t.Helper()
	b, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string, opts ...Option) workflows.Store {
	t.Helper()
	s, err := Open(context.Background(), "sqlite:"+path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fileOf(s workflows.Store) string { return s.(*database).engine.(*sqliteEngine).path }

// byHand runs a statement on a file as another program would: without our settings.
func byHand(t testing.TB, path, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestSQLite runs the suite, and then looks at how SQLite carries out every statement that
// the suite has used: none may look through a whole table.
func TestSQLite(t *testing.T) {
	var mu sync.Mutex
	used := map[string]bool{}
	watched := func(t testing.TB, path string) workflows.Store {
		s := open(t, path)
		e := s.(*database).engine.(*sqliteEngine)
		t.Cleanup(func() {
			mu.Lock()
			defer mu.Unlock()
			for _, p := range []*prepared{e.writer, e.readers} {
				for query := range p.stmts {
					used[query] = true
				}
			}
		})
		return s
	}
	storetest.Run(t, storetest.Database{
		Open:  func(t testing.TB) workflows.Store { return watched(t, newFile(t)) },
		Again: func(t testing.TB, s workflows.Store) workflows.Store { return watched(t, fileOf(s)) },
		Exec: func(t testing.TB, s workflows.Store, statement string, args ...any) {
			byHand(t, fileOf(s), statement, args...)
		},
		Harm: func(t testing.TB, s workflows.Store, id incident.ID, digest string, b []byte) {
			path := filepath.Join(filepath.Dir(fileOf(s)), "files", string(id), digest)
			err := os.Remove(path)
			if b != nil {
				err = os.WriteFile(path, b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	})
	t.Run("Plans", func(t *testing.T) { checkPlans(t, used) })
}

// wholeTables are the statements that are meant to read a whole table, which is small or
// is read for verify.
var wholeTables = []string{
	"SELECT series, n FROM counters",
	"SELECT id FROM incidents UNION SELECT incident FROM entries",
	"DELETE FROM contacts",
	// As many rows as browsers are signed in, and asked when somebody signs out or at leisure.
	"DELETE FROM sign_ins WHERE person", "DELETE FROM sign_ins WHERE expires",
	// And when a calendar program asks, every few hours.
	"SELECT digest, kind, person, expires, created FROM sign_ins s WHERE digest", "SELECT digest, kind, person, expires, created FROM sign_ins WHERE person",
	"SELECT v.n, c.entry FROM versions v",
	"SELECT person, begins, ends, deputy, at FROM absences", // read with the contact list
	"SELECT sqlite_version()",
	"SELECT body, incident, digest, size FROM files WHERE stored <", // once, at the start
	"SELECT incident, digest FROM file_erasures",
}

// unfinished are the walks of the backlog: the indexes of what is open, of what is to be
// sent and of what was given up, and the timers, of which each open incident has one.
var unfinished = []string{"SCAN incidents USING INDEX incidents_open", "SCAN messages USING INDEX messages_next", "SCAN messages USING INDEX messages_failed", "SCAN timers"}

func checkPlans(t *testing.T, used map[string]bool) {
	// A new company's tables and a large one's have the same plans: SQLite is given no
	// statistics.
	for _, query := range []string{claimTimers(sqliteDialect), claimMessages(sqliteDialect, 0), claimMessages(sqliteDialect, 1), claimMessages(sqliteDialect, -1), claimPages(sqliteDialect), claimGroup(sqliteDialect), partPages(sqliteDialect), busyGroup, selectMemory, selectMemories, hastenMessages, channelWaits, nextDue, selectDones, lockIncidents(sqliteDialect), openRows, openRow, states(), waitsTimer, waitsUrgent, waitsPlain, undelivered, sendAgain, listAll + stillOpen + ofMember + newestFirst} {
		if !used[query] {
			t.Errorf("the suite did not use %q", query)
		}
	}
	checkPlansOf(t, used)
}

func checkPlansOf(t *testing.T, used map[string]bool) {
	db, err := sql.Open("sqlite", "file:"+newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query := range used {
		if verb := strings.Fields(query)[0]; verb == "BEGIN" || verb == "COMMIT" || verb == "ROLLBACK" {
			continue
		}
		for _, step := range plan(t, db, query) {
			whole := strings.HasPrefix(step, "SCAN") && !strings.HasSuffix(step, "VALUES CLAUSE") && step != "SCAN x"
			allowed := query == backlog && slices.Contains(unfinished, step) || query == openRows && step == "SCAN i USING INDEX incidents_open"
			for _, w := range wholeTables {
				allowed = allowed || strings.HasPrefix(query, w)
			}
			if whole && !allowed {
				t.Errorf("%s\n\tlooks through a whole table: %s", query, step)
			}
		}
	}
}

func plan(t *testing.T, db *sql.DB, query string) (steps []string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")+max(2*atOnce, foreseenAtOnce))...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
