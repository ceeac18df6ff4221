package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"hikeshi/store"
	"hikeshi/store/archive"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// kinds are the databases, by what makes an empty one.
var kinds = map[string]func(t testing.TB) string{
	"sqlite":   sqlite,
	"postgres": func(t testing.TB) string { return pgtest.Shared(t).Empty(t) },
}

func backUp(t testing.TB, url string, o store.BackupOptions) (string, store.Saved) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	if o.Mode == "" {
		o.Mode = "live"
	}
	o.Version, o.Now = "test", time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	saved, err := store.Backup(context.Background(), url, file, o)
	if err != nil {
		t.Fatal(err)
	}
	return file, saved
}

func opened(t testing.TB, file string) *archive.Archive {
	t.Helper()
	a, err := archive.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func restored(t testing.TB, file, url string) store.Restored {
	t.Helper()
	a := opened(t, file)
	done, err := store.Restore(context.Background(), url, a, store.RestoreOptions{Mode: a.About.Mode})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// rowsOf gives the rows of an archive by table.
func rowsOf(t testing.TB, file string) map[string][][]any {
	t.Helper()
	rows := map[string][][]any{}
	err := opened(t, file).Read(func(p archive.Part) error {
		if p.Kind != archive.KindTable {
			return nil
		}
		return p.Rows(func(row []any) error {
			rows[p.Name] = append(rows[p.Name], row)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func clean(t testing.TB, s workflows.Store) workflows.Verification {
	t.Helper()
	v, err := workflows.Verify(context.Background(), s)
	if err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	return v
}

func exec(t testing.TB, url, statement string, args ...any) {
	t.Helper()
	ctx := context.Background()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		db, err := sql.Open("sqlite", "file:"+path+"?_busy_timeout=5000")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		return
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SET search_path = hikeshi"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// story fills a database with what a night brings: reports, notes, pages under way, sent,
// failed and refreshed, timers, drafts, contacts.
func story(t testing.TB, url string, seed int) *company {
	t.Helper()
	ctx := context.Background()
	c := newCompany(t, url)
	for n := range 3 + seed%3 {
		id := c.report(t, n+seed*100)
		for range (seed + n) % 4 {
			c.note(t, id)
		}
		list, err := c.store.ClaimMessages(ctx, c.tick, "old", time.Minute, 2+n, false)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range list[:len(list)-1] { // the last one stays leased
			res := workflows.Sent{OK: i%3 != 1, At: c.tick, Frontend: "web", Message: fmt.Sprint("m", i), Error: "refused"}
			if err := c.store.FinishMessage(ctx, m, "old", res); err != nil {
				t.Fatal(err)
			}
		}
		c.note(t, id) // refreshes the card, whatever became of it
	}
	if _, err := c.store.ClaimTimers(ctx, c.tick.Add(time.Hour), "old", time.Minute, 1); err != nil {
		t.Fatal(err)
	}
	if err := c.store.SaveDraft(ctx, workflows.Draft{ID: "d", By: c.leader.ID, Values: map[string]string{"text": "𠮷野で\n\"紛失\""}, Saved: c.tick}); err != nil {
		t.Fatal(err)
	}
	version, err := c.store.ContactsVersion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	away := workflows.AbsenceChange{Contacts: version, Save: []workflows.Absence{{Person: c.leader.ID, Absence: contact.Absence{From: "2026-12-29", To: "2027-01-03"}, At: c.tick}}}
	if err := c.store.Write(ctx, func(tx workflows.Tx) error { return tx.Save(ctx, workflows.Change{At: c.tick, Absences: &away}) }); err != nil {
		t.Fatal(err)
	}
	if err := c.store.SetSetting(ctx, "a", "値"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.store.KeepSetting(ctx, workflows.AnswerKeySetting, "secret"); err != nil {
		t.Fatal(err)
	}
	if err := c.store.Remember(ctx, "slack", "channel:inc-2026-0001", []byte{0, 0xff, 'C'}); err != nil {
		t.Fatal(err)
	}
	if err := c.store.SaveSignIn(ctx, openSession); err != nil {
		t.Fatal(err)
	}
	return c
}

var openSession = workflows.SignIn{
	Digest: strings.Repeat("ab", 32), Kind: workflows.SignInSession, Person: "slack:U1",
	Expires: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), Created: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
}

// A restore brings back which channel is whose, and lets nobody in.
func TestABackupRemembersChannelsAndNoSessions(t *testing.T) {
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			source, target := made(t), made(t)
			c := story(t, source, 0)
			if _, err := c.store.Session(ctx, openSession.Digest, c.tick); err != nil {
				t.Fatal(err)
			}
			file, saved := backUp(t, source, store.BackupOptions{})
			if saved.Manifest.Rows["sign_ins"] != 0 || saved.Manifest.Rows["memories"] != 1 {
				t.Errorf("rows %v", saved.Manifest.Rows)
			}
			restored(t, file, target)
			s := newStore(t, target)
			if v, err := s.Recall(ctx, "slack", "channel:inc-2026-0001"); err != nil || string(v) != "\x00\xffC" {
				t.Errorf("recalled %q, %v", v, err)
			}
			if _, err := s.Session(ctx, openSession.Digest, c.tick); !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("a session is in force after a restore: %v", err)
			}
			// The key of the answer links is not in it: whoever has a backup must not be able to
			// decline calls.
			if v, err := s.Setting(ctx, workflows.AnswerKeySetting); err != nil || v != "" {
				t.Errorf("the key of the answer links is in a backup: %q %v", v, err)
			}
		})
	}
}

// Each database is restored into each: every row is what it was, but for what was on its
// way; the record is clean, and work goes on with the next numbers.
func TestRestoreIntoEitherDatabase(t *testing.T) {
	for from, madeFrom := range kinds {
		for to, madeTo := range kinds {
			for seed := range 3 {
				t.Run(fmt.Sprintf("%s to %s %d", from, to, seed), func(t *testing.T) {
					source, target := madeFrom(t), madeTo(t)
					c := story(t, source, seed)
					file, saved := backUp(t, source, store.BackupOptions{})
					if saved.About.Kind != from || saved.Manifest.Rows["incidents"] == 0 {
						t.Errorf("the backup says %+v", saved)
					}
					done := restored(t, file, target)
					again, _ := backUp(t, target, store.BackupOptions{})
					sameRows(t, opened(t, file), rowsOf(t, file), rowsOf(t, again), done)
					s := newStore(t, target)
					if v := clean(t, s); v.Incidents != int(saved.Manifest.Rows["incidents"]) || v.Entries != int(saved.Manifest.Rows["entries"]) {
						t.Errorf("%+v of %v", v, saved.Manifest.Rows)
					}
					goesOn(t, c, s)
				})
			}
		}
	}
}

// Whatever the tables hold, comes back: here rows that no program of ours has written.
func TestRandomRowsComeBack(t *testing.T) {
	for from, madeFrom := range kinds {
		for to, madeTo := range kinds {
			for seed := range 2 {
				t.Run(fmt.Sprintf("%s to %s %d", from, to, seed), func(t *testing.T) {
					source, target := madeFrom(t), madeTo(t)
					if _, _, err := store.Migrate(t.Context(), source); err != nil {
						t.Fatal(err)
					}
					randomRows(t, source, seed)
					file, _ := backUp(t, source, store.BackupOptions{})
					done := restored(t, file, target)
					again, _ := backUp(t, target, store.BackupOptions{})
					sameRows(t, opened(t, file), rowsOf(t, file), rowsOf(t, again), done)
				})
			}
		}
	}
}

func randomRows(t testing.TB, url string, seed int) {
	t.Helper()
	// Without the zero character, which PostgreSQL does not take.
	texts := rapid.Map(rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("\x01\n\t\"'\\\u2028<&>𠮷\ufffd\u200d\ufeff「")))), func(s string) string {
		return strings.ReplaceAll(s, "\x00", "")
	})
	_, saved := backUp(t, url, store.BackupOptions{})
	for _, table := range saved.About.Tables {
		if table.Name == "file_bodies" {
			continue // they come as files, of rows that name them
		}
		exec(t, url, `DELETE FROM `+table.Name)
		for n := range 4 {
			seed += 7
			var names, places []string
			var row []any
			for i, c := range table.Columns {
				names, places = append(names, `"`+c.Name+`"`), append(places, fmt.Sprintf("$%d", i+1))
				switch {
				case c.Name == "next" && n%2 == 0 && table.Name == "messages":
					row = append(row, nil)
				case c.Name == "state" && table.Name == "messages":
					row = append(row, []string{"sent", "pending", "failed", "pending"}[n])
				case c.Type == archive.Text:
					row = append(row, fmt.Sprint(n)+texts.Example(seed+i)) // keys are different
				case c.Type == archive.Blob:
					row = append(row, rapid.SliceOf(rapid.Byte()).Example(seed+i))
				case c.Name == "id" || c.Name == "position" || c.Name == "n":
					row = append(row, int64(n)<<50+int64(seed))
				default:
					row = append(row, int64(rapid.Int16().Example(seed+i))) // what the narrowest column takes
				}
			}
			exec(t, url, fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table.Name, strings.Join(names, ", "), strings.Join(places, ", ")), row...)
		}
	}
}

func newStore(t testing.TB, url string) workflows.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// goesOn works on in a restored database: the next number is the next, and what follows from
// it is sent.
func goesOn(t testing.TB, c *company, s workflows.Store) {
	t.Helper()
	ctx := context.Background()
	before, err := s.Counters(ctx)
	if err != nil {
		t.Fatal(err)
	}
	late := &company{store: s, tick: c.tick.Add(time.Minute), leader: c.leader, keys: 1000}
	late.Service, err = workflows.New(ctx, workflows.Options{Store: s, Clock: late, Book: c.Book()})
	if err != nil {
		t.Fatal(err)
	}
	if id, want := late.report(t, 9999), fmt.Sprintf("INC-2026-%04d", before["INC-2026"]+1); string(id) != want {
		t.Errorf("the next number is %s, want %s", id, want)
	}
	due, err := s.ClaimMessages(ctx, late.tick, "new", time.Minute, 100, false)
	if err != nil || len(due) == 0 {
		t.Fatalf("%d messages due, %v", len(due), err)
	}
	for _, m := range due {
		if m.Created.Before(late.tick) {
			t.Errorf("sent again: %+v", m)
		}
	}
	clean(t, s)
}

// sameRows compares the rows before and after. Of messages and timers it says what a
// restore may have changed, column by column.
func sameRows(t testing.TB, a *archive.Archive, before, after map[string][][]any, done store.Restored) {
	t.Helper()
	held := int64(0)
	for _, table := range a.About.Tables {
		column := func(name string) int {
			return slices.IndexFunc(table.Columns, func(c archive.Column) bool { return c.Name == name })
		}
		set := func(row []any, pairs ...any) {
			for i := 0; i < len(pairs); i += 2 {
				row[column(pairs[i].(string))] = pairs[i+1]
			}
		}
		var want [][]any
		for _, row := range before[table.Name] {
			switch table.Name {
			case "messages":
				if row[column("state")] == "pending" {
					held++
					if row[column("first_sent")] == int64(0) {
						set(row, "resent", int64(1))
					}
					set(row, "state", "failed", "error", "restored", "next", nil, "owner", "", "leased_revision", int64(0), "leased_attempt", int64(0))
				}
			case "timers":
				if row[column("incident")] == "" {
					continue
				}
				if row[column("owner")] != "" {
					set(row, "owner", "", "attempt", int64(0), "next", row[column("due")])
				}
			}
			want = append(want, row)
		}
		if diff := cmp.Diff(want, after[table.Name]); diff != "" {
			t.Errorf("table %s (- want, + got):\n%s", table.Name, diff)
		}
	}
	if done.Held != held || held == 0 {
		t.Errorf("%d messages were held, want %d and more than none", done.Held, held)
	}
}

// tablesThere lists the tables of a database by other means than the backup does.
func tablesThere(t *testing.T, url string) (names []string) {
	t.Helper()
	ctx := context.Background()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		names = tables(t, db)
	} else {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		rows, err := conn.Query(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'hikeshi' AND table_name <> 'goose_db_version'`)
		if err != nil {
			t.Fatal(err)
		}
		if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	return names
}

// Every table is in the backup, also one that only a later version has, with every value it
// can hold; and both databases make the same of it.
func TestEveryTableIsBackedUp(t *testing.T) {
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			url := made(t)
			newCompany(t, url)
			text, number, blob := "TEXT", "INTEGER PRIMARY KEY", "BLOB"
			if kind == "postgres" {
				number, blob = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "BYTEA"
			}
			exec(t, url, fmt.Sprintf(`CREATE TABLE a_later_one (n %s, t %s, small SMALLINT, "order" %s)`, number, text, blob))
			exec(t, url, `INSERT INTO a_later_one (n, t, small, "order") VALUES (1, '𠮷', -3, NULL), (9223372036854775807, NULL, NULL, NULL)`)
			file, saved := backUp(t, url, store.BackupOptions{})
			var names []string
			for _, table := range saved.About.Tables {
				names = append(names, table.Name)
			}
			if diff := cmp.Diff(tablesThere(t, url), names); diff != "" || len(names) < 12 {
				t.Errorf("tables (- in the database, + in the backup):\n%s", diff)
			}
			want := [][]any{{int64(1), "𠮷", int64(-3), nil}, {int64(9223372036854775807), nil, nil, nil}}
			if diff := cmp.Diff(want, rowsOf(t, file)["a_later_one"]); diff != "" {
				t.Error(diff)
			}
			// This program does not know the table: nothing is left out silently.
			_, err := store.Restore(t.Context(), made(t), opened(t, file), store.RestoreOptions{Mode: "live"})
			fault(t, "a table that is not known", err, "restore.table")
		})
	}
}

func fault(t testing.TB, what string, err error, key string) {
	t.Helper()
	var f *archive.Fault
	if !errors.As(err, &f) || f.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

// later is a program with one more migration.
func later(t testing.TB) fs.FS {
	t.Helper()
	files := fstest.MapFS{"00999_later.sql": {Data: []byte("-- +goose Up\nCREATE TABLE later (n INTEGER PRIMARY KEY, b BLOB);\nALTER TABLE settings ADD COLUMN note TEXT NOT NULL DEFAULT 'none';\n")}}
	err := fs.WalkDir(store.MigrationFiles(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := fs.ReadFile(store.MigrationFiles(), name)
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// An archive of an older schema is brought up to date; one of a newer is refused.
func TestSchemasOfOtherVersions(t *testing.T) {
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			source, target := made(t), made(t)
			story(t, source, 1)
			file, old := backUp(t, source, store.BackupOptions{})
			_, err := store.Restore(t.Context(), target, opened(t, file), store.RestoreOptions{Mode: "live"}.Migrating(later(t)))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(tablesThere(t, target), "later") {
				t.Error("the database was not brought up to date")
			}
			_, err = store.Open(t.Context(), target)
			if err == nil || !strings.Contains(err.Error(), "newer version") {
				t.Errorf("this program opens it: %v", err)
			}
			exec(t, source, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, `+map[string]string{"sqlite": "1", "postgres": "true"}[kind]+`)`)
			if _, err := store.Backup(t.Context(), source, filepath.Join(t.TempDir(), "x"), store.BackupOptions{Mode: "live"}); err == nil || !strings.Contains(err.Error(), "newer version") {
				t.Errorf("a newer database is backed up: %v", err)
			}
			// Of the later version, with its rows.
			exec(t, target, `INSERT INTO later (n) VALUES (7)`)
			third := made(t)
			if _, err := store.Restore(t.Context(), third, opened(t, file), store.RestoreOptions{Mode: "live"}.Migrating(fstest.MapFS{})); err == nil {
				t.Error("an archive of a newer version was restored")
			} else {
				fault(t, "a newer archive", err, "restore.newer")
			}
			if old.About.Schema < 1 {
				t.Errorf("the archive says schema %d", old.About.Schema)
			}
		})
	}
}

// Before an upgrade, this program saves what an earlier version has written as it is, and
// brings it up to date when it is restored.
func TestBackupOfAnEarlierVersion(t *testing.T) {
	packed, err := filepath.Glob("testdata/schema*.db.gz")
	if err != nil || len(packed) == 0 {
		t.Fatalf("no databases of earlier versions: %v", err)
	}
	for _, old := range packed {
		for kind, made := range kinds {
			t.Run(filepath.Base(old)+" to "+kind, func(t *testing.T) {
				source, target := "sqlite:"+previous(t, old), made(t)
				file, saved := backUp(t, source, store.BackupOptions{})
				if !strings.HasPrefix(filepath.Base(old), fmt.Sprintf("schema%d.", saved.About.Schema)) {
					t.Errorf("the archive says schema %d", saved.About.Schema)
				}
				restored(t, file, target)
				if v := clean(t, newStore(t, target)); v.Incidents != 2 {
					t.Errorf("%+v", v)
				}
			})
		}
	}
}

// A server goes on writing while backups are made: each of them is the whole of one moment.
func TestBackupWhileRunning(t *testing.T) {
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			source := made(t)
			c := story(t, source, 2)
			unlock, err := store.Lock(source)
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			ctx, stop := context.WithCancel(t.Context())
			var writers sync.WaitGroup
			for w := range 3 {
				writers.Go(func() {
					own := &company{Service: c.Service, store: c.store, leader: c.leader, tick: c.tick, keys: 10_000 * (w + 1)}
					for n := 0; ctx.Err() == nil; n++ {
						id := own.report(t, 100_000*(w+1)+n)
						own.note(t, id)
					}
				})
			}
			var files []string
			grew := int64(0)
			for len(files) < 4 {
				file, saved := backUp(t, source, store.BackupOptions{})
				if n := saved.Manifest.Rows["incidents"]; n > grew {
					files, grew = append(files, file), n
				}
			}
			stop()
			writers.Wait()
			for _, file := range files {
				target := sqlite(t)
				restored(t, file, target)
				prefix(t, newStore(t, target), c.store)
			}
		})
	}
}

// prefix sees that a restored database is what the other one was at some moment.
func prefix(t testing.TB, s, of workflows.Store) {
	t.Helper()
	ctx := context.Background()
	v := clean(t, s)
	counters, err := s.Counters(ctx)
	if err != nil || counters["INC-2026"] != v.Incidents {
		t.Errorf("%d incidents, and the last number is %v, %v", v.Incidents, counters, err)
	}
	ids, err := s.AllIDs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		got, _, err := s.Evidence(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := of.Evidence(ctx, id)
		if err != nil || len(want) < len(got) || len(got) == 0 {
			t.Fatalf("%s: %d entries of %d, %v", id, len(got), len(want), err)
		}
		for i := range got {
			if got[i].Digest != want[i].Digest {
				t.Errorf("%s: entry %d is another", id, i+1)
			}
		}
		pages, err := s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
		if err != nil || len(pages) == 0 {
			t.Errorf("%s: %d messages, %v: its calls are not in the same moment", id, len(pages), err)
		}
	}
}

// A restore never writes over anything.
func TestRestoreRefuses(t *testing.T) {
	source := sqlite(t)
	story(t, source, 0)
	overlay := fstest.MapFS{"profile.yaml": {Data: []byte("name: 株式会社\n")}}
	file, _ := backUp(t, source, store.BackupOptions{Overlay: overlay})
	nobody := sqlite(t)
	newCompany(t, nobody)
	practice, _ := backUp(t, nobody, store.BackupOptions{Mode: "practice"})
	// Numbers that were given out tell more than what is set.
	if _, saved := backUp(t, source, store.BackupOptions{Mode: "practice"}); saved.About.Mode != "live" {
		t.Errorf("a backup of %s", saved.About.Mode)
	}
	exec(t, nobody, `INSERT INTO counters (series, n) VALUES ('TRN-2026', 3)`)
	if _, saved := backUp(t, nobody, store.BackupOptions{Mode: "live"}); saved.About.Mode != "practice" {
		t.Errorf("a backup of %s", saved.About.Mode)
	}
	try := func(url, file string, o store.RestoreOptions) error {
		if o.Mode == "" {
			o.Mode = "live"
		}
		_, err := store.Restore(t.Context(), url, opened(t, file), o)
		return err
	}
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			fault(t, "practice into live", try(made(t), practice, store.RestoreOptions{}), "restore.practice_into_live")
			fault(t, "live into practice", try(made(t), file, store.RestoreOptions{Mode: "practice"}), "restore.live_into_practice")

			one := made(t)
			if err := newStoreOnce(t, one).SetSetting(t.Context(), "a", "b"); err != nil {
				t.Fatal(err)
			}
			closeAll(t, one)
			fault(t, "a setting is there", try(one, file, store.RestoreOptions{}), "restore.not_empty")
			if v, err := newStore(t, one).Setting(t.Context(), "a"); v != "b" || err != nil {
				t.Errorf("it is %q now, %v", v, err)
			}

			full := t.TempDir()
			if err := os.WriteFile(filepath.Join(full, "own.yaml"), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			two := made(t)
			fault(t, "an overlay is there", try(two, file, store.RestoreOptions{Overlay: full}), "restore.overlay")

			// A database that was made by a start, and holds nothing yet, may be filled.
			newStoreOnce(t, two)
			closeAll(t, two)
			exec(t, two, `INSERT INTO editions (version, body, at) VALUES ('x', '{}', 1)`)
			into := filepath.Join(t.TempDir(), "new")
			if err := try(two, file, store.RestoreOptions{Overlay: into}); err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(filepath.Join(into, "profile.yaml")); err != nil || string(b) != "name: 株式会社\n" {
				t.Errorf("the overlay is %q, %v", b, err)
			}
			if list, err := os.ReadDir(into); err != nil || len(list) != 1 {
				t.Errorf("in the overlay: %v, %v", list, err)
			}
			clean(t, newStoreOnce(t, two))
			closeAll(t, two)
			fault(t, "a second time", try(two, file, store.RestoreOptions{}), "restore.not_empty")
		})
	}
	t.Run("a server is running", func(t *testing.T) {
		one := sqlite(t)
		unlock, err := store.Lock(one)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		var locked *store.Locked
		if err := try(one, file, store.RestoreOptions{}); !errors.As(err, &locked) {
			t.Errorf("beside a server: %v", err)
		}
		two := kinds["postgres"](t)
		if err := newStore(t, two).Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		fault(t, "beside a server on PostgreSQL", try(two, file, store.RestoreOptions{}), "restore.server")
	})
	t.Run("files are there", func(t *testing.T) {
		one := sqlite(t)
		folder := filepath.Join(filepath.Dir(strings.TrimPrefix(one, "sqlite:")), "files", "INC-2026-0001")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, strings.Repeat("0", 64)), []byte("evidence"), 0o600); err != nil {
			t.Fatal(err)
		}
		fault(t, "files are there", try(one, file, store.RestoreOptions{}), "restore.files")
		if b, err := os.ReadFile(filepath.Join(folder, strings.Repeat("0", 64))); err != nil || string(b) != "evidence" {
			t.Errorf("it is %q now, %v", b, err)
		}
	})
	t.Run("another program's", func(t *testing.T) {
		one := sqlite(t)
		exec(t, one, `CREATE TABLE accounts (id INTEGER PRIMARY KEY)`)
		if err := try(one, file, store.RestoreOptions{}); err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("into another program's file: %v", err)
		}
		for _, made := range []string{
			`CREATE SCHEMA hikeshi; CREATE TABLE hikeshi.accounts (id INT)`,
			`CREATE SCHEMA hikeshi; CREATE TABLE hikeshi.goose_db_version (id INT, version_id BIGINT, is_applied BOOLEAN); CREATE TABLE hikeshi.accounts (id INT)`,
			`CREATE SCHEMA hikeshi; CREATE TABLE hikeshi.goose_db_version (id INT, version_id BIGINT, is_applied BOOLEAN); CREATE VIEW hikeshi.accounts AS SELECT 1`,
		} {
			two := kinds["postgres"](t)
			conn, err := pgx.Connect(t.Context(), two)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			if _, err := conn.Exec(t.Context(), made); err != nil {
				t.Fatal(err)
			}
			if err := try(two, file, store.RestoreOptions{}); err == nil || !strings.Contains(err.Error(), "another program") {
				t.Errorf("into another program's schema: %v", err)
			}
			if _, err := conn.Exec(t.Context(), `SELECT 1 FROM hikeshi.accounts`); err != nil {
				t.Errorf("another program's tables: %v", err)
			}
			var schemas int
			if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'hikeshi%'`).Scan(&schemas); err != nil || schemas != 1 {
				t.Errorf("%d schemas, %v", schemas, err)
			}
		}
	})
}

// newStoreOnce opens a store that closeAll closes.
var openStores sync.Map

func newStoreOnce(t testing.TB, url string) workflows.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	openStores.Store(url, s)
	return s
}

func closeAll(t testing.TB, url string) {
	t.Helper()
	s, ok := openStores.LoadAndDelete(url)
	if !ok {
		t.Fatal("it is not open")
	}
	if err := s.(workflows.Store).Close(); err != nil {
		t.Fatal(err)
	}
}

// A restore that is killed leaves nothing that anybody would take for the whole, and one that
// is begun again comes to its end.
func TestKilledRestore(t *testing.T) {
	source := sqlite(t)
	story(t, source, 1)
	file, saved := backUp(t, source, store.BackupOptions{Overlay: fstest.MapFS{"messages/x.ja.yaml": {Data: []byte("a: b\n")}, "profile.yaml": {Data: []byte("x")}}})
	for kind, made := range kinds {
		for _, step := range []string{"part", "filled", "migrated", "prepared", "overlay", "files"} {
			if kind == "postgres" && step == "files" {
				continue // they are in the tables
			}
			t.Run(kind+" "+step, func(t *testing.T) {
				url, overlay := made(t), filepath.Join(t.TempDir(), "overlay")
				store.KilledRestore(t, file, url, overlay, step)
				s, err := store.Open(t.Context(), url)
				switch {
				case kind == "sqlite" && (err == nil || !strings.Contains(err.Error(), "hikeshi restore") || strings.Contains(err.Error(), "\n")):
					t.Errorf("what was left opens: %v", err)
				case kind == "postgres" && err != nil:
					t.Fatal(err)
				}
				if err == nil { // nothing of it is there
					if ids, err := s.AllIDs(t.Context()); err != nil || len(ids) > 0 {
						t.Errorf("%d incidents, %v", len(ids), err)
					}
					if people, _, err := s.Contacts(t.Context()); err != nil || len(people) > 0 {
						t.Errorf("%d contacts, %v", len(people), err)
					}
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
				}
				again := filepath.Join(t.TempDir(), "overlay")
				done, err := store.Restore(t.Context(), url, opened(t, file), store.RestoreOptions{Mode: "live", Overlay: again})
				if err != nil {
					t.Fatal(err)
				}
				if done.Overlay != 2 {
					t.Errorf("%d files of the overlay", done.Overlay)
				}
				if v := clean(t, newStore(t, url)); v.Incidents != int(saved.Manifest.Rows["incidents"]) {
					t.Errorf("%+v", v)
				}
			})
		}
	}
}

// One that fails half way leaves everything as it was.
func TestFailedRestore(t *testing.T) {
	source := sqlite(t)
	story(t, source, 1)
	file, _ := backUp(t, source, store.BackupOptions{Overlay: fstest.MapFS{"profile.yaml": {Data: []byte("x")}}})
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			url, overlay := made(t), t.TempDir()
			broken := errors.New("no")
			_, err := store.Restore(t.Context(), url, opened(t, file), store.RestoreOptions{Mode: "live", Overlay: overlay, Prepare: func(ctx context.Context, s workflows.Store) error {
				clean(t, s)
				return broken
			}})
			if !errors.Is(err, broken) {
				t.Fatalf("it went on: %v", err)
			}
			if list, err := os.ReadDir(overlay); err != nil || len(list) > 0 {
				t.Errorf("left in the overlay: %v, %v", list, err)
			}
			if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
				list, err := os.ReadDir(filepath.Dir(path))
				if err != nil || len(list) != 1 || list[0].Name() != "company.db.lock" {
					t.Errorf("left beside the database: %v, %v", list, err)
				}
			}
			restored(t, file, url)
			clean(t, newStore(t, url))
		})
	}
}

// A page that was on its way is not sent by a new server; the wait for an answer goes on,
// and calls anew.
func TestNothingIsSentAgain(t *testing.T) {
	ctx := t.Context()
	source, target := sqlite(t), sqlite(t)
	c := newCompany(t, source)
	id := c.report(t, 1)
	sent := 0
	for sent < 2 {
		list, err := c.store.ClaimMessages(ctx, c.tick, "old", time.Minute, 2, false)
		if err != nil || len(list) < 2 {
			t.Fatalf("%d claimed, %v", len(list), err)
		}
		for _, m := range list {
			sent++
			if err := c.store.FinishMessage(ctx, m, "old", workflows.Sent{OK: true, At: c.tick, Frontend: "web", Message: "x"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if leased, err := c.store.ClaimMessages(ctx, c.tick, "old", time.Minute, 1, false); err != nil || len(leased) != 1 {
		t.Fatalf("%d claimed, %v", len(leased), err) // and is under way
	}
	all, err := c.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil || len(all) <= sent || sent == 0 {
		t.Fatalf("%d messages, %d sent, %v", len(all), sent, err)
	}
	file, _ := backUp(t, source, store.BackupOptions{})
	if done := restored(t, file, target); done.Held != int64(len(all)-sent) {
		t.Errorf("%d were held, want %d", done.Held, len(all)-sent)
	}
	s := newStore(t, target)
	far := c.tick.AddDate(0, 0, 3)
	if due, err := s.ClaimMessages(ctx, far, "new", time.Minute, 100, false); err != nil || len(due) > 0 {
		t.Errorf("sent again: %+v, %v", due, err)
	}
	list, err := s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil || len(list) != len(all) {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	for _, m := range list {
		if m.State == workflows.MessagePending || m.State == workflows.MessageFailed && m.Error != "restored" {
			t.Errorf("%+v", m)
		}
	}
	timers, err := s.ClaimTimers(ctx, far, "new", time.Minute, 10)
	if err != nil || len(timers) != 1 || timers[0].Kind != workflows.TimerRound {
		t.Fatalf("timers %+v, %v", timers, err)
	}
	late := &company{store: s, tick: far}
	if late.Service, err = workflows.New(ctx, workflows.Options{Store: s, Clock: late, Book: c.Book()}); err != nil {
		t.Fatal(err)
	}
	if err := late.Fire(ctx, timers[0]); err != nil {
		t.Fatal(err)
	}
	due, err := s.ClaimMessages(ctx, far, "new", time.Minute, 100, true)
	if err != nil || len(due) == 0 {
		t.Fatalf("nobody is called any more: %v", err)
	}
	for _, m := range due {
		// The round calls anew; what may have arrived before says so.
		was := slices.IndexFunc(all, func(o workflows.Message) bool { return o.Key == m.Key })
		if was >= 0 && (m.Revision != all[was].Revision+1 || m.FirstSent.IsZero() && !m.Resent) {
			t.Errorf("an old call goes out again unmarked: %+v", m)
		}
	}
}

// The overview of a morning that is past is not sent by the new server, the next one is.
func TestTheOverviewOfThisMorningIsPassedOver(t *testing.T) {
	source := sqlite(t)
	c := story(t, source, 1)
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, incident.Tokyo) // a Wednesday
	c.tick = day.Add(9*time.Hour + time.Second)
	if err := c.Tick(t.Context(), day); err != nil { // of the day of the backup: still waiting in it
		t.Fatal(err)
	}
	file, _ := backUp(t, source, store.BackupOptions{})
	for _, at := range []struct {
		now    time.Time
		digest bool
	}{
		{day.Add(10 * time.Hour), false},                               // the same morning
		{day.Add(34 * time.Hour), false},                               // the next, after nine
		{day.Add(32*time.Hour + 59*time.Minute), true},                 // before nine
		{day.Add(32*time.Hour + 59*time.Minute + 72*time.Hour), false}, // a Sunday
	} {
		target := sqlite(t)
		_, err := store.Restore(t.Context(), target, opened(t, file), store.RestoreOptions{Mode: "live", Prepare: func(ctx context.Context, s workflows.Store) error {
			return workflows.PassOver(ctx, s, at.now)
		}})
		if err != nil {
			t.Fatal(err)
		}
		s := newStore(t, target)
		late := &company{store: s, tick: at.now.Add(time.Hour)}
		if late.Service, err = workflows.New(t.Context(), workflows.Options{Store: s, Clock: late, Book: c.Book()}); err != nil {
			t.Fatal(err)
		}
		local := late.tick.In(incident.Tokyo)
		if err := late.Tick(t.Context(), time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, incident.Tokyo)); err != nil {
			t.Fatal(err)
		}
		timers, err := s.ClaimTimers(t.Context(), late.tick, "new", time.Minute, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.ContainsFunc(timers, func(x workflows.Timer) bool { return x.Kind == workflows.TimerDigest })
		if got != at.digest {
			t.Errorf("restored at %s: an overview an hour later: %v, want %v", at.now, got, at.digest)
		}
	}
}
