package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks a SQLite file as ours ("hksh"), so that another program's database is
// never taken for an empty one.
const applicationID = 0x686b7368

// openSQLite opens the file at path for the program, in the state that o asks for.
func openSQLite(ctx context.Context, path string, o options) (*sqliteEngine, error) {
	e, _, err := prepareSQLite(ctx, path, o)
	if err != nil {
		return nil, err
	}
	if !o.readOnly {
		if err := e.takeWriter(ctx); err != nil {
			e.Close()
			return nil, err
		}
	}
	return e, nil
}

// prepareSQLite makes and migrates the file as o asks for, and gives the version of the
// schema that it found. Before it changes anything it has seen that the file is ours.
func prepareSQLite(ctx context.Context, path string, o options) (e *sqliteEngine, found int64, err error) {
	if err := brokenOff(path); err != nil {
		return nil, 0, err
	}
	if o.migrate {
		if err := createFile(path); err != nil {
			return nil, 0, err
		}
	}
	if err := checkFile(path); err != nil {
		return nil, 0, err
	}
	if e, err = openReads(ctx, path); err != nil {
		return nil, 0, err
	}
	if found, err = e.prepare(ctx, o); err != nil {
		e.Close()
		return nil, found, err
	}
	return e, found, nil
}

func (e *sqliteEngine) prepare(ctx context.Context, o options) (found int64, err error) {
	blank, err := e.checkOurs(ctx)
	if err != nil {
		return 0, err
	}
	if found, err = e.checkVersion(ctx, o); err != nil || o.readOnly {
		return found, err
	}
	if err := writable(e.path); err != nil {
		return found, err
	}
	if err := e.openWrites(ctx); err != nil {
		return found, err
	}
	if blank {
		if _, err := e.writes.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
			return found, explain(e.path, err)
		}
	} else if err := e.checkSound(ctx); err != nil {
		return found, err
	}
	if o.migrate {
		return found, e.migrateUp(ctx, o.schema)
	}
	return found, nil
}

// createFile makes an empty file for this user alone; SQLite gives its other files the same
// rights. A file that is there stays as it is.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("the folder %q for the database cannot be made: give this user write permission above it, or another path: %w", filepath.Dir(path), err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return fmt.Errorf("the database %q cannot be made: give this user write permission to the folder, or another path: %w", path, err)
	}
	return f.Close()
}

// checkFile looks at the file before SQLite does, whose errors do not tell these apart.
func checkFile(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no database at %q yet: start the server once, or correct the path", path)
	case err != nil:
		return fmt.Errorf("the database %q cannot be reached: check the path and its permissions: %w", path, err)
	case st.IsDir():
		return fmt.Errorf("the database %q is a folder: give the path of a file, such as %q", path, filepath.Join(path, "hikeshi.db"))
	case !st.Mode().IsRegular():
		return fmt.Errorf("the database %q is not a file: give the path of a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the database %q cannot be read: give this user permission to read it: %w", path, err)
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	start := make([]byte, len(magic))
	n, err := io.ReadFull(f, start)
	switch {
	case n == 0 && errors.Is(err, io.EOF): // new, or only in the write-ahead log yet
		return nil
	case string(start[:n]) != magic:
		return fmt.Errorf("the file %q is not a SQLite database: move it away or give another path", path)
	}
	return nil
}

// checkOurs sees whose file it is; blank says that there is nothing in it yet.
func (e *sqliteEngine) checkOurs(ctx context.Context) (blank bool, err error) {
	var id, tables int64
	err = e.reads.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`).Scan(&id, &tables)
	if err != nil {
		return false, explain(e.path, err)
	}
	if tables > 0 && id != applicationID {
		return false, fmt.Errorf("the database %q belongs to another program: give another path", e.path)
	}
	return tables == 0, nil
}

// checkWithin is how long a start waits for the look at the whole file: enough for some
// thousand incidents. Of a larger file the look goes on beside the work, and Ping tells what
// it finds: on the worst night nobody waits for a disk to be read.
var checkWithin = 100 * time.Millisecond

// checkSound reads the whole file once for damage. Reading commands do without: they run
// beside a server that has done it.
func (e *sqliteEngine) checkSound(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	err := e.check(short, e.writes)
	if short.Err() != nil && ctx.Err() == nil {
		e.unchecked = true
		return nil
	}
	return err
}

func (e *sqliteEngine) check(ctx context.Context, on *sql.DB) error {
	var found string
	if err := on.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return explain(e.path, err)
	}
	if found != "ok" {
		return damaged(e.path, errors.New(strings.Join(strings.Fields(found), " ")))
	}
	return nil
}

// writable tells early what SQLite would tell at the first incident.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return readOnlyFile(path, err)
	}
	return f.Close()
}

func readOnlyFile(path string, err error) error {
	return fmt.Errorf("the database %q cannot be written: give this user write permission to the file and its folder: %w", path, err)
}

func damaged(path string, err error) error {
	return fmt.Errorf("the database %q is damaged: stop hikeshi, keep a copy of the file, and restore the last backup: %w", path, err)
}

// explain turns SQLite's codes that an operator can do something about into sentences.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return err
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the file %q is not a SQLite database, or is encrypted: move it away or give another path: %w", path, err)
	case sqlite3.SQLITE_CORRUPT:
		return damaged(path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return readOnlyFile(path, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("the database %q cannot be opened: check the path, and that this user may write into its folder: %w", path, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk of the database %q is full: make room: %w", path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk of the database %q fails: check the disk and its free space: %w", path, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("the database %q is in use by another program: try again when that has ended: %w", path, err)
	}
	return err
}
