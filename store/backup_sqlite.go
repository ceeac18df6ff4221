package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"

	"hikeshi/store/archive"
)

// sqliteSession is one connection to a SQLite file.
type sqliteSession struct {
	conn *sql.Conn
	path string
}

func backupSQLite(ctx context.Context, url, file string, o BackupOptions) (saved Saved, err error) {
	path, err := sqlitePath(url)
	if err != nil {
		return saved, err
	}
	if err := errors.Join(brokenOff(path), checkFile(path)); err != nil {
		return saved, err
	}
	e, err := openReads(ctx, path)
	if err != nil {
		return saved, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if _, err := e.checkOurs(ctx); err != nil {
		return saved, err
	}
	conn, err := e.reads.Conn(ctx)
	if err != nil {
		return saved, explain(path, err)
	}
	s := &sqliteSession{conn: conn, path: path}
	// Deferred, and so never in the way of the server's writes; the first read takes the
	// snapshot, which the write-ahead log keeps until ROLLBACK.
	if _, err := s.exec(ctx, "BEGIN DEFERRED"); err != nil {
		return saved, errors.Join(err, conn.Close())
	}
	defer func() {
		_, rerr := s.exec(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, rerr, conn.Close())
	}()
	schema, err := s.version(ctx)
	if err != nil {
		return saved, err
	}
	p, err := migrator(e.reads)
	if err != nil {
		return saved, err
	}
	// One of an older version is fine: to save it before an upgrade is what a backup is for.
	if err := checkKnown(fmt.Sprintf("the database %q", path), schema, newest(p), options{migrate: true}); err != nil {
		return saved, err
	}
	if schema == 0 {
		return saved, fmt.Errorf("the database %q holds nothing of hikeshi yet: start the server once, or correct the path", path)
	}
	return backUp(ctx, s, "sqlite", schema, file, fromFolder(filesBeside(path)), o)
}

// filesBeside is the folder of the attached files of a SQLite file.
func filesBeside(path string) string { return filepath.Join(filepath.Dir(resolved(path)), "files") }

func (s *sqliteSession) version(ctx context.Context) (v int64, err error) {
	known := false
	err = s.each(ctx, `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1`, []any{goose.DefaultTablename}, func([]any) error {
		known = true
		return nil
	})
	if err != nil || !known {
		return 0, err
	}
	err = s.each(ctx, `SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename+` WHERE is_applied = 1`, nil, func(row []any) error {
		v, _ = row[0].(int64)
		return nil
	})
	return v, err
}

// tables lists every table but those of SQLite and of the migrations.
func (s *sqliteSession) tables(ctx context.Context) (list []tableRead, err error) {
	var names []string
	err = s.each(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> $1 ORDER BY name`,
		[]any{goose.DefaultTablename}, func(row []any) error {
			names = append(names, fmt.Sprint(row[0]))
			return nil
		})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		t := tableRead{Table: archive.Table{Name: name}}
		key := map[int64]string{}
		err := s.each(ctx, `SELECT name, upper(type), pk FROM pragma_table_info($1) ORDER BY cid`, []any{name}, func(row []any) error {
			column, declared := fmt.Sprint(row[0]), fmt.Sprint(row[1])
			kind, err := columnType(declared)
			if err != nil {
				return fmt.Errorf("table %s, column %s: %w", name, column, err)
			}
			t.Columns = append(t.Columns, archive.Column{Name: column, Type: kind})
			if n, _ := row[2].(int64); n > 0 {
				key[n] = column
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for n := int64(1); key[n] != ""; n++ {
			t.key = append(t.key, key[n])
		}
		list = append(list, t)
	}
	return list, nil
}

// columnType is what a declared type holds, in either database.
func columnType(declared string) (archive.Type, error) {
	switch strings.ToUpper(declared) {
	case "INTEGER", "BIGINT", "SMALLINT":
		return archive.Integer, nil
	case "TEXT":
		return archive.Text, nil
	case "BLOB", "BYTEA":
		return archive.Blob, nil
	}
	return "", fmt.Errorf("the type %s cannot be kept in a backup", declared)
}

func (s *sqliteSession) each(ctx context.Context, query string, args []any, f func([]any) error) error {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(s.path, fmt.Errorf("%s: %w", head(query), err))
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("%s: %w", head(query), err)
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return explain(s.path, rows.Err())
}

func (s *sqliteSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := s.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, explain(s.path, fmt.Errorf("%s: %w", head(query), err))
	}
	return res.RowsAffected()
}

// fill adds rows in a transaction of their own: the file has not its name yet.
func (s *sqliteSession) fill(ctx context.Context, t archive.Table, rows [][]any) (err error) {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quoted(c.Name)
	}
	query := "INSERT INTO " + quoted(t.Name) + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")" //nolint:gosec // the schema's own names, quoted
	if _, err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_, rerr := s.exec(context.WithoutCancel(ctx), "ROLLBACK")
			err = errors.Join(err, rerr)
		}
	}()
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return explain(s.path, err)
	}
	defer st.Close()
	for _, row := range rows {
		for i, v := range row {
			if odd, ok := v.(archive.OddText); ok {
				row[i] = string(odd)
			}
		}
		if _, err := st.ExecContext(ctx, row...); err != nil {
			return explain(s.path, fmt.Errorf("fill table %s: %w", t.Name, err))
		}
	}
	if _, err := s.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	done = true
	return nil
}
