package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/workflows"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		url, path, problem string
	}{
		{"", DefaultPath, ""},
		{"sqlite:data/x.db", "data/x.db", ""},
		{"SQLite:/srv/x.db", "/srv/x.db", ""},
		{"sqlite:///srv/x.db", "/srv/x.db", ""},
		{"sqlite://x.db", "x.db", ""},
		{"sqlite:事故 100%?#.db", "事故 100%?#.db", ""},
		{"sqlite:", "", "names no file"},
		{"sqlite:///", "/", ""}, // a folder: Open says so
		{"sqlite::memory:", "", "lose every incident"},
		{"sqlite:a\x00b", "", "zero byte"},
		{"data/x.db", "", "sqlite:PATH"},
		{"host=db user=hikeshi password=geheim", "", "postgres://USER"},
		{"postgres:hikeshi:geheim@db/x", "", "postgres://USER"},
		{"mysql://hikeshi:geheim@db/x", "", "does not know"},
	} {
		path, err := sqlitePath(c.url)
		if path != c.path || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%q: got %q, %v; want %q, %q", c.url, path, err, c.path, c.problem)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: the password is in %q", c.url, err)
		}
	}
}

// refusal checks that an error is one line that holds every one of the words.
func refusal(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q does not say %q", what, err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %q is more than one line", what, err)
	}
}

func TestOpenMakesTheFileForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "新しい 100%?#", "x.db")
	s := open(t, path)
	if err := s.SetSetting(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, st.Mode().Perm())
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the write-ahead log was not moved into the file: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	byHand(t, foreign, `CREATE TABLE accounts (id INTEGER PRIMARY KEY)`)
	newer := newFile(t)
	byHand(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	text := put("notes.txt", []byte("買い物: 牛乳、卵、SQLite format 3"))
	for _, c := range []struct {
		name, path string
		words      []string
		untouched  bool
	}{
		{"a folder", dir, []string{"is a folder", "hikeshi.db"}, false},
		{"a text", text, []string{"not a SQLite database", "move it away"}, true},
		{"a short file", put("short", []byte("S")), []string{"not a SQLite database"}, true},
		{"a device", "/dev/null", []string{"is not a file"}, false},
		{"below a file", filepath.Join(text, "x.db"), []string{"cannot be made"}, false},
		{"another program's", foreign, []string{"belongs to another program"}, true},
		{"a newer version's", newer, []string{"newer version", "schema 9999"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := os.ReadFile(c.path)
			_, err := Open(t.Context(), "sqlite:"+c.path)
			refusal(t, "open", err, c.words...)
			_, _, err = Migrate(t.Context(), "sqlite:"+c.path)
			refusal(t, "migrate", err, c.words...)
			if c.name != "below a file" {
				_, err = Open(t.Context(), "sqlite:"+c.path, WithReadOnly())
				refusal(t, "open for reading", err, c.words...)
			}
			after, _ := os.ReadFile(c.path)
			if c.untouched && !bytes.Equal(before, after) && c.name != "a newer version's" { // WAL mode is written into the head
				t.Error("the file was changed")
			}
		})
	}
}

func TestOpenRefusesWhatItMayNotWrite(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	path := newFile(t)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), "sqlite:"+path)
	refusal(t, "a file", err, "cannot be written", "permission")
	open(t, path, WithReadOnly())
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), "sqlite:"+path)
	refusal(t, "an unreadable file", err, "cannot be read", "permission")
	path = newFile(t)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(filepath.Dir(path), 0o700); err != nil {
			t.Error(err)
		}
	})
	_, err = Open(t.Context(), "sqlite:"+path)
	refusal(t, "a folder", err, "cannot be written", "its folder")
	_, err = Open(t.Context(), "sqlite:"+filepath.Join(filepath.Dir(path), "new.db"))
	refusal(t, "a new file", err, "cannot be made", "permission")
}

// damage is what disks and careless copies do to a file.
func TestOpenTellsDamage(t *testing.T) {
	whole := newFile(t)
	s := open(t, whole)
	for i := range 200 {
		if err := s.SetSetting(t.Context(), fmt.Sprint("setting ", i), strings.Repeat("値", 200)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	const page = 2048
	for _, c := range []struct {
		name   string
		damage func(b []byte) []byte
	}{
		{"cut in half", func(b []byte) []byte { return b[:len(b)/2/page*page] }},
		{"cut within a page", func(b []byte) []byte { return b[:len(b)/3] }},
		{"a hole of zeros", func(b []byte) []byte { clear(b[len(b)/3/page*page : len(b)/2/page*page]); return b }},
		{"the schema overwritten", func(b []byte) []byte { copy(b[100:page], bytes.Repeat([]byte("x"), page)); return b }},
		{"everything but the head", func(b []byte) []byte { copy(b[page:], bytes.Repeat([]byte{0xff}, len(b))); return b }},
	} {
		path := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(path, c.damage(bytes.Clone(content)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), "sqlite:"+path)
		refusal(t, c.name, err, "is damaged", "restore the last backup")
	}
}

// TestDamageFoundBesideTheWork has no time for the look at the file when it opens: what the
// look finds is told by Ping.
func TestDamageFoundBesideTheWork(t *testing.T) {
	defer func(d time.Duration) { checkWithin = d }(checkWithin)
	checkWithin = 0
	path := newFile(t)
	s := open(t, path)
	for i := range 200 {
		if err := s.SetSetting(t.Context(), fmt.Sprint("setting ", i), strings.Repeat("値", 200)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []bool{false, true} {
		if damaged {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			clear(content[len(content)/2 : len(content)*3/4])
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s = open(t, path)
		e := s.(*database).engine.(*sqliteEngine)
		if !e.unchecked {
			t.Fatal("the file was looked at before it was open")
		}
		e.checking.Wait()
		if err := s.Ping(t.Context()); damaged {
			refusal(t, "ping", err, "is damaged", "restore the last backup")
		} else if err != nil {
			t.Errorf("ping of a sound file: %v", err)
		}
	}
}

func TestReadingBesideAServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	_, err := Open(t.Context(), "sqlite:"+path, WithReadOnly())
	refusal(t, "nothing there", err, "no database", "start the server")
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made a file: %v", err)
	}
	unlock, err := Lock("sqlite:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	server := open(t, path)
	reading := open(t, path, WithReadOnly())
	for _, v := range []string{"one", "two"} {
		if err := server.SetSetting(t.Context(), "a", v); err != nil {
			t.Fatal(err)
		}
		if got, err := reading.Setting(t.Context(), "a"); got != v || err != nil {
			t.Errorf("read %q, %v; want %q", got, err, v)
		}
	}
	if err := reading.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"a setting": reading.SetSetting(t.Context(), "a", "three"),
		"a write":   reading.Write(t.Context(), func(workflows.Tx) error { return nil }),
		"a draft":   reading.SaveDraft(t.Context(), workflows.Draft{ID: "d"}),
		"contacts":  reading.ReplaceContacts(t.Context(), nil),
	} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: got %v, want it refused", what, err)
		}
	}
	if _, err := reading.ClaimTimers(t.Context(), time.Time{}, "x", 0, 1); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a claim: got %v, want it refused", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path, WithReadOnly()).Setting(t.Context(), "a"); got != "two" || err != nil {
		t.Errorf("beside no server: read %q, %v", got, err)
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := createFile(path); err != nil {
		t.Fatal(err)
	}
	for _, opt := range []Option{WithoutMigration(), WithReadOnly()} {
		_, err := Open(t.Context(), "sqlite:"+path, opt)
		refusal(t, "an empty file", err, "older version", "hikeshi migrate")
	}
	from, to, err := Migrate(t.Context(), "sqlite:"+path)
	if err != nil || from != 0 || to < 1 {
		t.Fatalf("migrated from %d to %d: %v", from, to, err)
	}
	again, now, err := Migrate(t.Context(), "sqlite:"+path)
	if err != nil || again != to || now != to {
		t.Errorf("migrated again from %d to %d: %v", again, now, err)
	}
	open(t, path, WithoutMigration())
}

// TestOpenAtOnce starts several processes on a folder without a database.
func TestOpenAtOnce(t *testing.T) {
	openAtOnce(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"), 6)
}

// openAtOnce has each of several processes make the database, write and end.
func openAtOnce(t *testing.T, url string, processes int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			s, err := Open(context.Background(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.SetSetting(t.Context(), fmt.Sprint(i), "x"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := openURL(t, url)
	for i := range processes {
		if v, err := s.Setting(t.Context(), fmt.Sprint(i)); v != "x" || err != nil {
			t.Errorf("setting %d: %q, %v", i, v, err)
		}
	}
}
