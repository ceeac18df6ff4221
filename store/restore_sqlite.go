package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"

	"hikeshi/store/archive"
	"hikeshi/workflows"
)

// restoringSuffix ends the name of a file that is being filled. While it is there, nothing
// opens the database: a restore was broken off, or is under way.
const restoringSuffix = ".restoring"

// brokenOff refuses a database whose restore has not come to its end.
func brokenOff(path string) error {
	if strings.HasSuffix(path, restoringSuffix) {
		return nil
	}
	work := resolved(path) + restoringSuffix
	if _, err := os.Lstat(work); err != nil {
		return nil //nolint:nilerr // what cannot be seen is told of by what opens the database
	}
	return fmt.Errorf("a restore into the database %q is under way or was broken off: if it no longer runs, run \"hikeshi restore\" again, or delete %q to do without it", path, work)
}

// sqliteFilling is a new file beside the one that it will replace.
type sqliteFilling struct {
	sqliteSession
	e          *sqliteEngine
	migrations fs.FS
	files      string // folder of the attached files, under its name for now
}

func restoreSQLite(ctx context.Context, url string, a *archive.Archive, o RestoreOptions) (restored Restored, err error) {
	path, err := sqlitePath(url)
	if err != nil {
		return restored, err
	}
	unlock, err := Lock(url)
	if err != nil {
		return restored, err
	}
	defer unlock()
	path = resolved(path)
	work := path + restoringSuffix
	if err := sqliteFree(ctx, path); err != nil {
		return restored, err
	}
	if err := clearBroken(path, a); err != nil {
		return restored, err
	}
	done := false
	defer func() {
		if !done {
			// A later restore clears away what cannot be removed now.
			files := filesBeside(path) // there were none before
			err = errors.Join(err, o.overlay.undo(), removeAll(files, files+restoringSuffix, work+"-wal", work+"-shm", work))
		}
	}()
	restored, err = fillSQLite(ctx, path, a, o)
	if err != nil {
		return restored, err
	}
	if err := o.overlay.place(); err != nil {
		return restored, err
	}
	o.step("overlay")
	if err := sqliteFree(ctx, path); err != nil { // whoever opened it before may have written meanwhile
		return restored, err
	}
	if err := placeSQLite(path, o); err != nil {
		return restored, err
	}
	done = true
	return restored, nil
}

// sqliteFree sees that there is no file at path, or an empty database of ours.
func sqliteFree(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := checkFile(path); err != nil {
		return err
	}
	e, err := openReads(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if _, err := e.checkOurs(ctx); err != nil {
		return err
	}
	conn, err := e.reads.Conn(ctx)
	if err != nil {
		return explain(path, err)
	}
	defer conn.Close()
	s := &sqliteSession{conn: conn, path: path}
	tables, err := s.tables(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.Name)
	}
	full, err := occupied(ctx, s, names, quoted)
	if err == nil && full {
		return refusedRestore("restore.not_empty", "database", path)
	}
	return err
}

// clearBroken removes what a restore that was broken off has left, and refuses attached
// files that are not its.
func clearBroken(path string, a *archive.Archive) error {
	work, files := path+restoringSuffix, filesBeside(path)
	_, err := os.Lstat(work)
	broken := err == nil
	known := map[string]bool{}
	for _, m := range a.Manifest.Members {
		known[m.Name] = true
	}
	err = filepath.WalkDir(files, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == files {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(files, name)
		if err == nil && !(broken && known["files/"+filepath.ToSlash(rel)]) {
			err = refusedRestore("restore.files", "folder", files)
		}
		return err
	})
	if err != nil {
		return err
	}
	// The file itself last: while it is there, nothing opens the database.
	return removeAll(files, files+restoringSuffix, work+"-wal", work+"-shm", work)
}

func removeAll(paths ...string) error {
	for _, p := range paths {
		if err := os.RemoveAll(p); err != nil {
			return err
		}
	}
	return nil
}

func fillSQLite(ctx context.Context, path string, a *archive.Archive, o RestoreOptions) (restored Restored, err error) {
	work := path + restoringSuffix
	if err := createFile(work); err != nil {
		return restored, err
	}
	e, err := openReads(ctx, work)
	if err != nil {
		return restored, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.openWrites(ctx); err != nil {
		return restored, err
	}
	d := &sqliteFilling{e: e, migrations: o.migrations, files: filesBeside(path) + restoringSuffix}
	d.path = work
	if _, err := e.writes.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
		return restored, explain(work, err)
	}
	defer func() {
		if d.conn != nil {
			err = errors.Join(err, d.conn.Close())
		}
	}()
	return fillFrom(ctx, d, a, o)
}

// migrate needs the only writing connection for itself.
func (d *sqliteFilling) migrate(ctx context.Context, to int64) (err error) {
	if d.conn != nil {
		if err := d.conn.Close(); err != nil {
			return err
		}
		d.conn = nil
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, d.e.writes, d.migrations)
	if err != nil {
		return err
	}
	if err := up(ctx, p, to); err != nil {
		return explain(d.path, err)
	}
	d.conn, err = d.e.writes.Conn(ctx)
	return explain(d.path, err)
}

func up(ctx context.Context, p *goose.Provider, to int64) (err error) {
	if to == 0 {
		_, err = p.Up(ctx)
	} else {
		_, err = p.UpTo(ctx, to)
	}
	if err != nil {
		return migrationFailed(err)
	}
	return nil
}

func (d *sqliteFilling) put(_ context.Context, incident, digest string, r io.Reader) error {
	return writeLasting(filepath.Join(d.files, incident, digest), r)
}

// writeLasting makes a file for this user alone, with its folders.
func writeLasting(path string, r io.Reader) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("the folder %q cannot be made: give this user write permission above it: %w", filepath.Dir(path), err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the file %q cannot be made: give this user write permission to its folder: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.Sync()
}

func (d *sqliteFilling) prepare(ctx context.Context, f func(context.Context, workflows.Store) error) error {
	if err := d.conn.Close(); err != nil {
		return err
	}
	d.conn = nil
	e, _, err := prepareSQLite(ctx, d.path, options{})
	if err != nil {
		return err
	}
	if err := e.takeWriter(ctx); err != nil {
		return errors.Join(err, e.Close())
	}
	s := newDatabase(e, sqliteDialect, folder{d.files})
	return errors.Join(f(ctx, s), s.Close())
}

// placeSQLite gives everything its name, the database last.
func placeSQLite(path string, o RestoreOptions) error {
	work, files := path+restoringSuffix, filesBeside(path)
	if st, err := os.Stat(work + "-wal"); err == nil && st.Size() > 0 {
		return fmt.Errorf("the database %q is still in use by another program: end that, and restore again", work)
	}
	if err := syncPath(work); err != nil {
		return err
	}
	if err := removeAll(work+"-wal", work+"-shm", path+"-wal", path+"-shm"); err != nil {
		return err
	}
	if _, err := os.Lstat(files + restoringSuffix); err == nil {
		if err := errors.Join(syncTree(files+restoringSuffix), removeAll(files), os.Rename(files+restoringSuffix, files)); err != nil {
			return err
		}
		if err := syncPath(filepath.Dir(path)); err != nil {
			return err
		}
	}
	o.step("files")
	if err := os.Rename(work, path); err != nil {
		return fmt.Errorf("the database %q cannot be put in place: %w", path, err)
	}
	return syncPath(filepath.Dir(path))
}

// syncPath makes a file, or the names in a folder, last. Windows has no such thing for folders.
func syncPath(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		if f, err = os.Open(path); err != nil {
			return err
		}
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// syncTree makes the names in a folder and in those below it last.
func syncTree(path string) error {
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncPath(name)
	})
}
