// Package store keeps everything in a database: it fills workflows.Store. Open takes the
// address of the database as DATABASE_URL gives it: a SQLite file, or PostgreSQL.
//
// It owns the schema (migrations), the SQL, the leases of timers and messages, and the
// sentences an operator reads when a database cannot be opened. The SQL is written once
// and kept portable; what differs between databases stands in a dialect, and how a
// transaction is run stands in an engine.
//
// With SQLite, there are on disk PATH, PATH-wal and PATH-shm, which belong together and are
// copied together, and PATH.lock, which says that a server is running (Lock). One connection
// writes, several read beside it. Attached files lie in the folder files beside PATH, as
// files/INCIDENT/SHA256. With PostgreSQL, the tables lie in the schema "hikeshi", attached
// files among them; several processes may work at once, and tell each other what they changed
// by NOTIFY. With either, a transaction is on the disk when Write returns.
//
// While a newer version takes over on the same PostgreSQL, the older server goes on working
// beside it: migrations only add, with defaults, and a row in which the newer one has written
// more than the older knows is read for showing and refused for saving (incident.ErrNewer),
// because what is not known would be lost, or would no longer follow from the record. An older
// server is not started on a newer schema.
//
// It must not decide anything about incidents, read a clock (every time is handed in), or
// write a text, a name or an address into an error or a log.
package store

import (
	"context"
	"errors"
	"fmt"

	"hikeshi/workflows"
)

type options struct {
	readOnly bool
	migrate  bool
	schema   int64 // to migrate to; 0: the newest
}

// Option changes how a database is opened.
type Option func(*options)

// WithoutMigration leaves the schema as it is; a database of an older version is refused.
func WithoutMigration() Option { return func(o *options) { o.migrate = false } }

// WithReadOnly opens for reading, beside a running server too. Nothing is created or
// migrated, and every write is refused.
func WithReadOnly() Option {
	return func(o *options) { o.readOnly, o.migrate = true, false }
}

// ErrReadOnly says that something was to be written into a database opened for reading.
var ErrReadOnly = errors.New("the database was opened for reading only")

// Open opens the database at url, creating and migrating it as needed. An empty url is
// DefaultPath, sqlite:PATH a file, postgres://… a database of PostgreSQL. Every error is one sentence that says what to do.
func Open(ctx context.Context, url string, opts ...Option) (workflows.Store, error) {
	o := options{migrate: true}
	for _, opt := range opts {
		opt(&o)
	}
	if isPostgres(url) {
		e, err := openPostgres(ctx, url, o)
		if err != nil {
			return nil, err
		}
		return newDatabase(e, postgresDialect, table{e}), nil
	}
	path, err := sqlitePath(url)
	if err != nil {
		return nil, err
	}
	e, err := openSQLite(ctx, path, o)
	if err != nil {
		return nil, err
	}
	return newDatabase(e, sqliteDialect, folderOf(path)), nil
}

// Migrate brings the schema of the database at url up to this program's version, creating
// the database if there is none. It gives the version before and after; 0 is an empty one.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	if isPostgres(url) {
		return migratePostgres(ctx, url, 0)
	}
	path, err := sqlitePath(url)
	if err != nil {
		return 0, 0, err
	}
	return migrateSQLite(ctx, path, 0)
}

// MigrateTo makes the schema of an empty database as an earlier version made it, to be
// filled with what that version has written.
func MigrateTo(ctx context.Context, url string, schema int64) error {
	if isPostgres(url) {
		_, _, err := migratePostgres(ctx, url, schema)
		return err
	}
	path, err := sqlitePath(url)
	if err != nil {
		return err
	}
	_, _, err = migrateSQLite(ctx, path, schema)
	return err
}

// database fills workflows.Store with SQL over an engine.
type database struct {
	engine
	sql    *queries
	bodies bodies // of attached files
}

func newDatabase(e engine, d dialect, b bodies) *database {
	return &database{engine: e, sql: newQueries(d), bodies: b}
}

// engine runs statements: in one write transaction after the other, or for reading beside
// them.
type engine interface {
	// write runs f in a transaction and makes it durable, or undoes it when f fails.
	write(ctx context.Context, f func(statements) error) error
	// reading gives what statements that only read run on.
	reading() statements
	// sound gives the damage that a look at the whole database has found, if it has.
	sound() error
	Close() error
}

// Write runs f in one transaction.
func (d *database) Write(ctx context.Context, f func(tx workflows.Tx) error) error {
	return d.write(ctx, func(s statements) error { return f(&tx{s: s, sql: d.sql, contacts: -1}) })
}

// Ping checks that the database answers a reader, and that a writer gets its turn.
func (d *database) Ping(ctx context.Context) error {
	if err := d.sound(); err != nil {
		return err
	}
	if _, err := d.Counters(ctx); err != nil {
		return err
	}
	err := d.write(ctx, func(statements) error { return nil })
	if errors.Is(err, ErrReadOnly) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the database takes no writes: %w", err)
	}
	return nil
}
