package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// DefaultPath is the SQLite file that an empty DATABASE_URL means.
var DefaultPath = filepath.Join("data", "hikeshi.db")

// sqlitePath reads the address of a database. The address itself stands in no error: it may
// hold a password.
func sqlitePath(url string) (string, error) {
	scheme, path, found := strings.Cut(url, ":")
	switch {
	case url == "":
		return DefaultPath, nil
	case !found:
		return "", fmt.Errorf("DATABASE_URL has no kind of database in front: to use the file %q give sqlite:%s", url, url)
	case strings.EqualFold(scheme, "postgres"), strings.EqualFold(scheme, "postgresql"):
		return "", errors.New("PostgreSQL is not in this version of hikeshi: unset DATABASE_URL or give sqlite:PATH")
	case !strings.EqualFold(scheme, "sqlite"):
		return "", errors.New("DATABASE_URL names a kind of database that hikeshi does not know: unset it or give sqlite:PATH")
	}
	// sqlite:///srv/x.db and sqlite://x.db are how other programs write /srv/x.db and x.db.
	path = strings.TrimPrefix(path, "//")
	switch {
	case path == "":
		return "", errors.New("DATABASE_URL names no file: give sqlite:PATH, such as sqlite:data/hikeshi.db")
	case strings.HasPrefix(path, ":memory:"):
		return "", errors.New("DATABASE_URL names a database in memory, which would lose every incident: give sqlite:PATH with the path of a file")
	case strings.ContainsRune(path, 0):
		return "", errors.New("DATABASE_URL holds a zero byte: give sqlite:PATH with the path of a file")
	}
	return path, nil
}

// resolved follows links, so that the same file has the same lock by whatever name it is
// reached. What does not exist yet stays as it is.
func resolved(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
