package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrator runs the migrations on a SQLite file.
func migrator(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files)
}

// newest is the version of the schema that this program knows.
func newest(p *goose.Provider) int64 {
	var v int64
	for _, s := range p.ListSources() {
		v = max(v, s.Version)
	}
	return v
}

func tooNew(path string, version, known int64) error {
	return fmt.Errorf("the database %q was made by a newer version of hikeshi (schema %d, this one knows %d): start that version, or restore an older backup", path, version, known)
}

// migrateUp brings the schema up to date. Each migration is one transaction.
func (e *sqliteEngine) migrateUp(ctx context.Context) (from, to int64, err error) {
	p, err := migrator(e.writes)
	if err != nil {
		return 0, 0, err
	}
	if from, err = e.version(ctx, e.writes); err != nil {
		return 0, 0, err
	}
	if to = newest(p); from > to {
		return from, from, tooNew(e.path, from, to)
	}
	if from == to {
		return from, to, nil
	}
	if _, err := p.Up(ctx); err != nil {
		// Another process may have migrated at the same time; then there is nothing left to do.
		if now, verr := e.version(ctx, e.writes); verr == nil && now == to {
			return from, to, nil
		}
		return from, from, fmt.Errorf("the database %q could not be brought up to date: restore the last backup and try again: %w", e.path, explain(e.path, err))
	}
	return from, to, nil
}

// checkVersion refuses a schema that is not this program's.
func (e *sqliteEngine) checkVersion(ctx context.Context) error {
	p, err := migrator(e.reads)
	if err != nil {
		return err
	}
	version, err := e.version(ctx, e.reads)
	if err != nil {
		return err
	}
	switch known := newest(p); {
	case version > known:
		return tooNew(e.path, version, known)
	case version < known:
		return fmt.Errorf("the database %q is of an older version of hikeshi (schema %d, this one needs %d): run \"hikeshi migrate\"", e.path, version, known)
	}
	return nil
}

// version reads the version of the schema without changing anything; 0 in an empty file.
func (e *sqliteEngine) version(ctx context.Context, db *sql.DB) (v int64, err error) {
	var known int64
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1`, goose.DefaultTablename).Scan(&known); err != nil {
		return 0, explain(e.path, err)
	}
	if known == 0 {
		return 0, nil
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename+` WHERE is_applied = 1`).Scan(&v)
	return v, explain(e.path, err)
}

func migrateSQLite(ctx context.Context, path string) (from, to int64, err error) {
	if err := createFile(path); err != nil {
		return 0, 0, err
	}
	if err := checkFile(path); err != nil {
		return 0, 0, err
	}
	e, err := openFile(ctx, path, options{migrate: true})
	if err != nil {
		return 0, 0, err
	}
	if err = e.checkSound(ctx, options{migrate: true}); err == nil {
		from, to, err = e.migrateUp(ctx)
	}
	return from, to, errors.Join(err, e.Close())
}
