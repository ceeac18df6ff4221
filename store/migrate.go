package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

func migrationFiles() fs.FS {
	if nextVersion != nil {
		return nextVersion
	}
	return shippedMigrations()
}

// nextVersion are the migrations of the version that comes after this one, where the program
// is built to stand for it in a test (tag nextversion).
var nextVersion fs.FS

func shippedMigrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}

// migrator runs the migrations on a SQLite file.
func migrator(db *sql.DB) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, db, migrationFiles())
}

// newest is the version of the schema that this program knows.
func newest(p *goose.Provider) int64 {
	var v int64
	for _, s := range p.ListSources() {
		v = max(v, s.Version)
	}
	return v
}

// checkVersion reads the version of the schema, and refuses one that this program cannot
// work with.
func (e *sqliteEngine) checkVersion(ctx context.Context, o options) (found int64, err error) {
	p, err := migrator(e.reads)
	if err != nil {
		return 0, err
	}
	if found, err = e.version(ctx); err != nil {
		return 0, err
	}
	return found, checkKnown(fmt.Sprintf("the database %q", e.path), found, newest(p), o)
}

// checkKnown refuses a schema that this program cannot work with.
func checkKnown(database string, found, known int64, o options) error {
	switch {
	case found > known:
		return fmt.Errorf("%s was made by a newer version of hikeshi (schema %d, this one knows %d): start that version, or restore an older backup", database, found, known)
	case found == 0 && o.readOnly && strings.HasPrefix(database, "the PostgreSQL"):
		return fmt.Errorf("%s holds nothing of hikeshi yet: start the server once, or correct DATABASE_URL", database)
	case found < known && !o.migrate:
		return fmt.Errorf("%s is of an older version of hikeshi (schema %d, this one needs %d): run \"hikeshi migrate\"", database, found, known)
	}
	return nil
}

// version reads the version of the schema without changing anything; 0 in an empty file.
func (e *sqliteEngine) version(ctx context.Context) (v int64, err error) {
	var known int64
	if err := e.reads.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1`, goose.DefaultTablename).Scan(&known); err != nil {
		return 0, explain(e.path, err)
	}
	if known == 0 {
		return 0, nil
	}
	err = e.reads.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename+` WHERE is_applied = 1`).Scan(&v)
	return v, explain(e.path, err)
}

// migrateUp brings the schema up to date. Each migration is one transaction.
func (e *sqliteEngine) migrateUp(ctx context.Context, schema int64) error {
	p, err := migrator(e.writes)
	if err != nil {
		return err
	}
	before, err := e.version(ctx)
	if err != nil || before == newest(p) {
		return err
	}
	up := p.Up
	if schema > 0 {
		up = func(ctx context.Context) ([]*goose.MigrationResult, error) { return p.UpTo(ctx, schema) }
	}
	for tries := 20; ; tries-- {
		_, err := up(ctx)
		if err == nil {
			return nil
		}
		// Another process may be migrating at the same time: then the schema has moved or is
		// about to, and there is less left to do, or nothing.
		now, verr := e.version(ctx)
		switch {
		case verr == nil && now == newest(p):
			return nil
		case verr != nil || now == before && tries == 0:
			return fmt.Errorf("the database %q could not be brought up to date: restore the last backup and try again: %w", e.path, explain(e.path, err))
		}
		if now == before {
			select {
			case <-time.After(25 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		before = now
	}
}

func migrateSQLite(ctx context.Context, path string, schema int64) (from, to int64, err error) {
	e, from, err := prepareSQLite(ctx, path, options{migrate: true, schema: schema})
	if err != nil {
		return from, from, err
	}
	to, err = e.version(ctx)
	return from, to, errors.Join(err, e.Close())
}
