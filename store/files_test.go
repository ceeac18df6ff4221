package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hikeshi/store/storetest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// inTable opens a store whose files are in its tables, as those of a database server are.
func inTable(t testing.TB, path string) workflows.Store {
	s := open(t, path).(*database)
	s.bodies = table{s.engine}
	return s
}

// TestFilesInTheDatabase runs the suite of files on the tables, and looks at their plans.
func TestFilesInTheDatabase(t *testing.T) {
	storetest.RunFiles(t, storetest.Database{
		Open:  func(t testing.TB) workflows.Store { return inTable(t, newFile(t)) },
		Again: func(t testing.TB, s workflows.Store) workflows.Store { return inTable(t, fileOf(s)) },
		Exec: func(t testing.TB, s workflows.Store, statement string, args ...any) {
			byHand(t, fileOf(s), statement, args...)
		},
	})
	used := map[string]bool{}
	for _, query := range []string{completeFile, insertPiece, selectPiece, deletePieces} {
		used[query] = true
	}
	checkPlansOf(t, used)
}

const anID incident.ID = "INC-2026-0001"

var noon = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	f, err := s.PutFile(t.Context(), anID, noon, 100, strings.NewReader("証拠"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(filepath.Dir(path), "files")
	for _, name := range []string{folder, filepath.Join(folder, string(anID)), filepath.Join(folder, string(anID), f.SHA256)} {
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the rights %v", name, st.Mode())
		}
	}
}

// What lies under a digest but is no file is not handed out, and a link out of the folder
// least of all.
func TestAFolderIsNoFile(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	digest := strings.Repeat("0", 64)
	if err := os.MkdirAll(filepath.Join(filepath.Dir(path), "files", string(anID), digest), 0o700); err != nil {
		t.Fatal(err)
	}
	if r, _, err := s.OpenFile(t.Context(), anID, digest); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("opened %v, %v", r, err)
	}
}

// A database beside another, or an older copy of it, shares the folder: its sweep removes
// nothing that it has not put there itself.
func TestASweepKeepsTheFilesOfADatabaseBeside(t *testing.T) {
	path := newFile(t)
	older := filepath.Join(filepath.Dir(path), "older.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(older, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, old := open(t, path), open(t, older)
	f, err := s.PutFile(t.Context(), anID, noon, 100, strings.NewReader("証拠"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := old.SweepFiles(t.Context(), noon.AddDate(1, 0, 0)); err != nil || n != 0 {
		t.Errorf("swept %d, %v", n, err)
	}
	r, _, err := s.OpenFile(t.Context(), anID, f.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

// A half-written file is left by a crash alone, and goes when it is old.
func TestASweepRemovesHalfWrittenFiles(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	dir := filepath.Join(filepath.Dir(path), "files", string(anID))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{incoming + "OLD", incoming + "NEW", "somebody's own"} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte("半分"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := noon
		if strings.HasSuffix(name, "NEW") {
			at = noon.Add(2 * time.Hour)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.SweepFiles(t.Context(), noon.Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 2 || left[0].Name() != incoming+"NEW" {
		t.Errorf("left %v", left)
	}
}

// A full disk is said as such, on either way, and leaves nothing.
func TestAFullDisk(t *testing.T) {
	full := func(io.Reader) error { return &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC} }
	path := newFile(t)
	s := open(t, path).(*database)
	s.bodies = fullBodies{s.bodies, full}
	_, err := s.PutFile(t.Context(), anID, noon, 100, strings.NewReader("証拠"))
	if !errors.Is(err, workflows.ErrNoRoom) {
		t.Errorf("in a folder: %v", err)
	}
	// A database that may not grow any more.
	s = inTable(t, newFile(t)).(*database)
	if err := s.write(t.Context(), func(st statements) error {
		rows, err := st.query(t.Context(), `PRAGMA max_page_count = 60`)
		if err != nil {
			return err
		}
		return rows.Close()
	}); err != nil {
		t.Fatal(err)
	}
	_, err = s.PutFile(t.Context(), anID, noon, 1<<20, bytes.NewReader(make([]byte, 1<<20)))
	if !errors.Is(err, workflows.ErrNoRoom) {
		t.Errorf("in a table: %v", err)
	}
	if list, err := s.StoredFiles(t.Context(), anID); err != nil || len(list) != 0 {
		t.Errorf("kept %v, %v", list, err)
	}
}

type fullBodies struct {
	bodies
	full func(io.Reader) error
}

func (b fullBodies) receive(_ context.Context, _ file, r io.Reader) error { return b.full(r) }

// Attached files leave room on the disk for reports.
func TestFilesLeaveRoomForReports(t *testing.T) {
	defer func(r float64) { fileReserve = r }(fileReserve)
	s := open(t, newFile(t))
	put := func() error {
		_, err := s.PutFile(t.Context(), "INC-2026-0001", time.Now(), 1<<20, strings.NewReader("画面の写真"))
		return err
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	fileReserve = 1e18
	if err := put(); !errors.Is(err, workflows.ErrNoRoom) {
		t.Errorf("with less room than is kept: %v", err)
	}
	if err := s.SetSetting(t.Context(), "a", "b"); err != nil {
		t.Errorf("the record: %v", err)
	}
}
