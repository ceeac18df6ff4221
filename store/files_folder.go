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
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// folder keeps files beside the database file, as files/INCIDENT/SHA256, for this user alone.
// A file is written under another name, made to last, and then gets its own: under a digest
// there is always the whole file.
type folder struct{ path string }

// fileReserve is the room that attached files leave to the record on the same disk, in bytes:
// some ten thousand reports.
var fileReserve = float64(256 << 20)

// incoming begins the names of files that are being written.
const incoming = ".incoming-"

// folderOf is the folder of a database file.
func folderOf(path string) folder {
	return folder{filepath.Join(filepath.Dir(resolved(path)), "files")}
}

func (d folder) of(id incident.ID) string { return filepath.Join(d.path, string(id)) }
func (d folder) temporary(f file) string  { return filepath.Join(d.of(f.id), incoming+f.body) }
func (d folder) final(f file) string      { return filepath.Join(d.of(f.id), f.digest) }

func (d folder) receive(_ context.Context, f file, r io.Reader) (err error) {
	if err := makeLasting(d.path, d.of(f.id)); err != nil {
		return err
	}
	// Evidence can wait for somebody to make room; a report cannot.
	if free, _, err := Room(d.path); err == nil && free < fileReserve {
		return workflows.ErrNoRoom
	}
	w, err := os.OpenFile(d.temporary(f), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the folder %q for attached files cannot be written: give this user write permission to it: %w", d.path, err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return w.Sync()
}

// makeLasting makes the folders that are not there yet, so that they survive a power cut.
func makeLasting(dirs ...string) error {
	for _, dir := range dirs {
		err := os.Mkdir(dir, 0o700)
		switch {
		case err == nil:
			if err := syncFolder(filepath.Dir(dir)); err != nil {
				return err
			}
		case !errors.Is(err, fs.ErrExist):
			return fmt.Errorf("the folder %q for attached files cannot be made: give this user write permission above it: %w", dir, err)
		}
	}
	return nil
}

func (d folder) keep(ctx context.Context, s statements, f file, first bool) error {
	if !first {
		return nil
	}
	_, err := s.exec(ctx, insertFile, f.body, string(f.id), f.digest, f.size, micro(f.stored))
	return err
}

// kept comes after the note in the database: a body without a note would stay for ever.
func (d folder) kept(f file) error {
	if err := os.Rename(d.temporary(f), d.final(f)); err != nil {
		return err
	}
	return syncFolder(d.of(f.id))
}

func (d folder) drop(_ context.Context, f file) {
	_ = os.Remove(d.temporary(f)) // a sweep removes what cannot be removed now
}

func (d folder) open(_ context.Context, _ statements, id incident.ID, digest string) (io.ReadCloser, int64, error) {
	r, err := os.Open(d.final(file{id: id, digest: digest}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, workflows.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	st, err := r.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = workflows.ErrNotFound
	}
	if err != nil {
		return nil, 0, errors.Join(err, r.Close())
	}
	return r, st.Size(), nil
}

func (d folder) remove(context.Context, statements, file) error { return nil }

func (d folder) removed(f file) error {
	if f.body != "" { // killed before kept, it has still its first name
		d.drop(context.Background(), f)
	}
	err := os.Remove(d.final(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncFolder(d.of(f.id))
}

// sweep removes half-written files.
func (d folder) sweep(before time.Time) (swept int, err error) {
	incidents, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, dir := range incidents {
		if !dir.IsDir() || !numberPattern.MatchString(dir.Name()) {
			continue
		}
		files, rerr := os.ReadDir(filepath.Join(d.path, dir.Name()))
		err = errors.Join(err, rerr)
		for _, f := range files {
			st, serr := f.Info()
			if serr != nil || !strings.HasPrefix(f.Name(), incoming) || !st.ModTime().Before(before) {
				continue // it went meanwhile, or is in use
			}
			if rerr := os.Remove(filepath.Join(d.path, dir.Name(), f.Name())); rerr != nil {
				err = errors.Join(err, rerr)
				continue
			}
			swept++
		}
	}
	return swept, err
}
