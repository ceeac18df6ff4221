package store

import (
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DefaultPath is the SQLite file that an empty DATABASE_URL means.
var DefaultPath = filepath.Join("data", "hikeshi.db")

func isPostgres(url string) bool {
	scheme, _, found := strings.Cut(url, "://")
	return found && (strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql"))
}

// Shown is the address of a database as it may be printed: without a password, wherever in
// the address it stands.
func Shown(address string) string {
	if scheme, _, _ := strings.Cut(address, ":"); strings.EqualFold(scheme, "sqlite") {
		return address
	}
	if !isPostgres(address) {
		return "…" // whatever it is, it may hold a password
	}
	c, err := pgx.ParseConfig(address)
	// A password with a / or # in it, not written as %2F, has ended the host too early.
	if _, rest, _ := strings.Cut(address, "://"); err != nil || strings.Contains(rest[strings.IndexAny(rest+"/", "/?#"):], "@") {
		return "postgres://…"
	}
	// Of a socket's folder only the path would be left of an address with a host.
	host := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	return (&url.URL{Scheme: "postgres", User: url.User(c.User), Host: host, Path: c.Database}).String()
}

// sqlitePath reads the address of a database. The address itself stands in no error: it may
// hold a password.
func sqlitePath(url string) (string, error) {
	scheme, path, found := strings.Cut(url, ":")
	switch {
	case url == "":
		return DefaultPath, nil
	case !found:
		return "", errors.New("DATABASE_URL has no kind of database in front: give sqlite:PATH for a file, or postgres://USER:PASSWORD@HOST/DATABASE")
	case !strings.EqualFold(scheme, "sqlite"):
		return "", errors.New("DATABASE_URL names a kind of database that hikeshi does not know: unset it, or give sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")
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
