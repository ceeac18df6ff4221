package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

var errLocked = errors.New("locked")

// Locked is the error of Lock when another server holds the database.
type Locked struct {
	Path    string
	Process string // "" when it cannot be told
}

func (l *Locked) Error() string {
	return fmt.Sprintf("another hikeshi server (process %s) is already running on the database %q: stop it first, or give this one another DATABASE_URL", l.Process, l.Path)
}

// Lock keeps a second server from the database at url: two would each send every message.
// The lock is the operating system's and goes with the process, however that ends; the file
// PATH.lock stays behind and means nothing. Reading commands need no lock, and on PostgreSQL
// several servers share the work: there is nothing to lock.
func Lock(url string) (unlock func(), err error) {
	if isPostgres(url) {
		return func() {}, nil
	}
	path, err := sqlitePath(url)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the folder %q for the database cannot be made: give this user write permission above it, or another path: %w", filepath.Dir(path), err)
	}
	name := resolved(path) + ".lock"
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the file %q, which keeps a second server away, cannot be written: give this user write permission to it and its folder: %w", name, err)
	}
	if err := lockFile(f); err != nil {
		defer f.Close()
		if errors.Is(err, errLocked) {
			return nil, &Locked{Path: path, Process: holder(f)}
		}
		return nil, fmt.Errorf("the file %q, which keeps a second server away, cannot be locked: use a disk of this machine instead of a shared folder: %w", name, err)
	}
	// Who holds it is only a courtesy to whoever is refused: a failure here harms nothing.
	if err := f.Truncate(0); err == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) //nolint:errcheck // see above
	}
	return func() { f.Close() }, nil
}

// holder gives the number of the process in the lock file, "" when it cannot be read.
func holder(f *os.File) string {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0) // what was read counts, also at the end of the file
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil {
		return ""
	}
	return strconv.Itoa(pid)
}
