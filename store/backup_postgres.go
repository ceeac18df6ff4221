package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"hikeshi/store/archive"
)

// postgresSession is one connection to PostgreSQL.
type postgresSession struct{ conn *pgx.Conn }

// connectAlone opens a connection for one long piece of work, which is told from a server's.
func connectAlone(ctx context.Context, url, application string, o options) (*pgx.Conn, error) {
	config, err := postgresConfig(url, o)
	if err != nil {
		return nil, err
	}
	c := config.ConnConfig
	c.RuntimeParams["application_name"] = application
	c.RuntimeParams["idle_in_transaction_session_timeout"] = "0" // the archive's disk may be slow
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, explainPostgres(err)
	}
	return conn, nil
}

func backupPostgres(ctx context.Context, url, file string, o BackupOptions) (saved Saved, err error) {
	conn, err := connectAlone(ctx, url, "hikeshi backup", options{readOnly: true})
	if err != nil {
		return saved, err
	}
	defer func() { conn.Close(context.WithoutCancel(ctx)) }() // it only read
	s := &postgresSession{conn: conn}
	if _, err := s.exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return saved, err
	}
	schema, err := s.version(ctx)
	if err != nil {
		return saved, err
	}
	newest, err := newestMigration(migrationFiles())
	if err != nil {
		return saved, err
	}
	if err := checkKnown("the PostgreSQL database", schema, newest, options{migrate: true, readOnly: true}); err != nil {
		return saved, err
	}
	return backUp(ctx, s, "postgres", schema, file, fromTable(s), o)
}

// version is the version of the schema, 0 where there is none.
func (s *postgresSession) version(ctx context.Context) (v int64, err error) {
	known := false
	err = s.each(ctx, `SELECT 1 FROM pg_class WHERE oid = to_regclass($1)`, []any{goose.DefaultTablename}, func([]any) error {
		known = true
		return nil
	})
	if err != nil || !known {
		return 0, err
	}
	err = s.each(ctx, `SELECT coalesce(max(version_id), 0)::bigint FROM `+goose.DefaultTablename+` WHERE is_applied`, nil, func(row []any) error {
		v, _ = row[0].(int64)
		return nil
	})
	return v, err
}

// tables lists every table of the schema but that of the migrations.
func (s *postgresSession) tables(ctx context.Context) (list []tableRead, err error) {
	const query = `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), coalesce(array_position(i.indkey::smallint[], a.attnum), -1)::bigint
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> $1
		ORDER BY c.relname COLLATE "C", a.attnum`
	keys := map[string]map[int64]string{}
	err = s.each(ctx, query, []any{goose.DefaultTablename}, func(row []any) error {
		table, column, declared := fmt.Sprint(row[0]), fmt.Sprint(row[1]), fmt.Sprint(row[2])
		kind, err := columnType(declared)
		if err != nil {
			return fmt.Errorf("table %s, column %s: %w", table, column, err)
		}
		if len(list) == 0 || list[len(list)-1].Name != table {
			list = append(list, tableRead{Table: archive.Table{Name: table}})
			keys[table] = map[int64]string{}
		}
		t := &list[len(list)-1]
		t.Columns = append(t.Columns, archive.Column{Name: column, Type: kind})
		if n, _ := row[3].(int64); n >= 0 {
			keys[table][n] = column // from 0: an index's columns are a vector that counts so
		}
		return nil
	})
	for i := range list {
		t := &list[i]
		for n := int64(0); keys[t.Name][n] != ""; n++ {
			t.key = append(t.key, keys[t.Name][n])
		}
	}
	return list, err
}

func (s *postgresSession) each(ctx context.Context, query string, args []any, f func([]any) error) error {
	rows, err := s.conn.Query(ctx, query, args...)
	if err != nil {
		return explainPostgres(named(query, err))
	}
	defer rows.Close()
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return named(query, err)
		}
		for i, v := range row {
			switch v := v.(type) {
			case int16:
				row[i] = int64(v)
			case int32:
				row[i] = int64(v)
			}
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return explainPostgres(named(query, rows.Err()))
}

func (s *postgresSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := s.conn.Exec(ctx, query, args...)
	return tag.RowsAffected(), explainPostgres(named(query, err))
}

// fill adds rows by COPY.
func (s *postgresSession) fill(ctx context.Context, t archive.Table, rows [][]any) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	for _, row := range rows {
		for i, v := range row {
			switch v := v.(type) {
			case archive.OddText:
				return notText(t.Name)
			case string:
				if strings.ContainsRune(v, 0) {
					return notText(t.Name)
				}
			case []byte:
				if t.Columns[i].Type == archive.Text {
					row[i] = string(v)
				}
			}
		}
	}
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{t.Name}, names, pgx.CopyFromRows(rows))
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "22021" { // character_not_in_repertoire
		return notText(t.Name)
	}
	if err != nil {
		return explainPostgres(fmt.Errorf("fill table %s: %w", t.Name, err))
	}
	return nil
}

// notText is for what a SQLite file can hold and PostgreSQL cannot. The product writes none.
func notText(table string) error {
	return &archive.Fault{Key: "restore.text", Args: []string{"table", table}}
}
