package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"hikeshi/store/archive"
	"hikeshi/workflows"
)

// The new tables are made in a schema of their own, which takes the place of the empty one
// in one transaction at the end.
const (
	// schemaRemark tells a schema that a restore has left from one of somebody else.
	schemaRemark = "hikeshi: a restore that has not come to its end"
	// pieceOfFile is how much of an attached file goes into a row.
	pieceOfFile = 256 << 10
)

// postgresFilling is a new schema beside the one that it will replace.
type postgresFilling struct {
	postgresSession
	config     *pgxpool.Config // leads into the new schema
	migrations fs.FS
	target     string // the schema that it will be
	work       string // what it is called for now
}

func restorePostgres(ctx context.Context, url string, a *archive.Archive, o RestoreOptions) (restored Restored, err error) {
	config, err := postgresConfig(url, options{})
	if err != nil {
		return restored, err
	}
	d := &postgresFilling{config: config, migrations: o.migrations}
	params := config.ConnConfig.RuntimeParams
	target, _, _ := strings.Cut(params["search_path"], ",")
	d.target = strings.Trim(strings.TrimSpace(target), `"`)
	d.work = workSchema(d.target)
	params["application_name"] = "hikeshi restore"
	params["search_path"] = pgx.Identifier{d.work}.Sanitize()
	params["idle_in_transaction_session_timeout"] = "0"
	if d.conn, err = pgx.ConnectConfig(ctx, config.ConnConfig.Copy()); err != nil {
		return restored, explainPostgres(err)
	}
	defer func() { d.conn.Close(context.WithoutCancel(ctx)) }() // everything was committed, or is to go
	db := stdlib.OpenDB(*config.ConnConfig)
	err = checkServer(ctx, db, config.ConnConfig)
	if err = errors.Join(err, db.Close()); err != nil {
		return restored, explainPostgres(err)
	}
	if err := d.free(ctx, false); err != nil {
		return restored, err
	}
	if err := d.begin(ctx); err != nil {
		return restored, err
	}
	done := false
	defer func() {
		if !done { // a later restore drops what cannot be dropped now
			_, derr := d.exec(context.WithoutCancel(ctx), "DROP SCHEMA IF EXISTS "+pgx.Identifier{d.work}.Sanitize()+" CASCADE")
			err = errors.Join(err, derr, o.overlay.undo())
		}
	}()
	if restored, err = fillFrom(ctx, d, a, o); err != nil {
		return restored, err
	}
	if err := o.overlay.place(); err != nil {
		return restored, err
	}
	o.step("overlay")
	if err := d.place(ctx); err != nil {
		return restored, err
	}
	done = true
	return restored, nil
}

// workSchema is a name for the new schema. A name of PostgreSQL has 63 bytes at most.
func workSchema(target string) string {
	h := sha256.Sum256([]byte(target))
	return "hikeshi_restoring_" + hex.EncodeToString(h[:6])
}

// begin makes the new schema, and drops the one that a restore which was broken off has left.
func (d *postgresFilling) begin(ctx context.Context) error {
	remark, there := "", false
	err := d.each(ctx, `SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1`, []any{d.work}, func(row []any) error {
		remark, there = fmt.Sprint(row[0]), true
		return nil
	})
	if err != nil {
		return err
	}
	name := pgx.Identifier{d.work}.Sanitize()
	if there && remark != schemaRemark {
		return refusedRestore("restore.schema", "schema", d.work)
	}
	statements := []string{"BEGIN", "DROP SCHEMA IF EXISTS " + name + " CASCADE", "CREATE SCHEMA " + name, "COMMENT ON SCHEMA " + name + " IS '" + schemaRemark + "'", "COMMIT"}
	return d.together(ctx, statements)
}

// together runs the statements of one transaction.
func (d *postgresFilling) together(ctx context.Context, statements []string) error {
	for _, s := range statements {
		if _, err := d.exec(ctx, s); err != nil {
			_, rerr := d.exec(context.WithoutCancel(ctx), "ROLLBACK")
			return errors.Join(err, rerr)
		}
	}
	return nil
}

// free sees that no server works on the database and that the schema to be replaced holds
// nothing; with locked, nobody can write into it until the transaction ends.
func (d *postgresFilling) free(ctx context.Context, locked bool) error {
	busy, err := d.busy(ctx)
	for try := 0; err == nil && busy && !locked && try < 20; try++ {
		select { // a server that has just ended is there for a moment more
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		busy, err = d.busy(ctx)
	}
	if err != nil {
		return err
	}
	if busy {
		return refusedRestore("restore.server")
	}
	tables, err := d.old(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if locked {
			if _, err := d.exec(ctx, "LOCK TABLE "+d.qualified(t)+" IN ACCESS EXCLUSIVE MODE"); err != nil {
				return err
			}
		}
	}
	migrated := false
	err = d.each(ctx, `SELECT 1 FROM pg_class WHERE oid = to_regclass($1)`, []any{d.qualified(goose.DefaultTablename)}, func([]any) error {
		migrated = true
		return nil
	})
	if err != nil {
		return err
	}
	if len(tables) > 0 && !migrated {
		return errForeign
	}
	full, err := occupied(ctx, d, tables, d.qualified)
	if err == nil && full {
		return refusedRestore("restore.not_empty", "database", Shown(d.config.ConnString()))
	}
	return err
}

func (d *postgresFilling) busy(ctx context.Context) (busy bool, err error) {
	err = d.each(ctx, `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hikeshi' LIMIT 1`, nil, func([]any) error {
		busy = true
		return nil
	})
	return busy, err
}

func (d *postgresFilling) qualified(table string) string {
	return pgx.Identifier{d.target, table}.Sanitize()
}

// old lists the tables of the schema to be replaced.
func (d *postgresFilling) old(ctx context.Context) (list []string, err error) {
	err = d.each(ctx, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> $2 ORDER BY c.relname`, []any{d.target, goose.DefaultTablename}, func(row []any) error {
		list = append(list, fmt.Sprint(row[0]))
		return nil
	})
	return list, err
}

func (d *postgresFilling) migrate(ctx context.Context, to int64) error {
	db := stdlib.OpenDB(*d.config.ConnConfig)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, translated{d.migrations}, goose.WithSessionLocker(migrationLock()))
	if err != nil {
		return err
	}
	return explainPostgres(up(ctx, p, to))
}

// put keeps a file under each row that names it: two servers may have taken the same file
// at the same moment.
func (d *postgresFilling) put(ctx context.Context, incident, digest string, r io.Reader) error {
	var bodies []string
	err := d.each(ctx, `SELECT body FROM files WHERE incident = $1 AND digest = $2`, []any{incident, digest}, func(row []any) error {
		bodies = append(bodies, fmt.Sprint(row[0]))
		return nil
	})
	if err != nil {
		return err
	}
	piece := make([]byte, pieceOfFile)
	for n := int64(0); ; n++ {
		size, rerr := io.ReadFull(r, piece)
		last := errors.Is(rerr, io.EOF) || errors.Is(rerr, io.ErrUnexpectedEOF)
		if rerr != nil && !last {
			return rerr
		}
		for _, body := range bodies {
			if size == 0 {
				break
			}
			if _, err := d.exec(ctx, `INSERT INTO file_bodies (body, n, piece) VALUES ($1, $2, $3)`, body, n, piece[:size]); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

func (d *postgresFilling) prepare(ctx context.Context, f func(context.Context, workflows.Store) error) error {
	pool, err := pgxpool.NewWithConfig(ctx, d.config.Copy())
	if err != nil {
		return explainPostgres(err)
	}
	e := &postgresEngine{pool: pool, config: d.config.ConnConfig.Copy(), name: "restore"}
	s := newDatabase(e, postgresDialect, table{e})
	return errors.Join(f(ctx, s), s.Close())
}

// place puts the new schema in the place of the empty one.
func (d *postgresFilling) place(ctx context.Context) (err error) {
	if err := d.numberOn(ctx); err != nil {
		return err
	}
	if _, err := d.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, rerr := d.exec(context.WithoutCancel(ctx), "ROLLBACK")
			err = errors.Join(err, rerr)
		}
	}()
	if err := d.free(ctx, true); err != nil {
		return err
	}
	tables, err := d.old(ctx)
	if err != nil {
		return err
	}
	ours, err := d.tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if !has(ours, t) {
			return errForeign
		}
	}
	for _, t := range append(tables, goose.DefaultTablename) {
		if _, err := d.exec(ctx, "DROP TABLE IF EXISTS "+d.qualified(t)); err != nil {
			return err
		}
	}
	target, work := pgx.Identifier{d.target}.Sanitize(), pgx.Identifier{d.work}.Sanitize()
	// Without CASCADE: whatever else lies there is not ours.
	for _, s := range []string{"DROP SCHEMA IF EXISTS " + target, "COMMENT ON SCHEMA " + work + " IS NULL", "ALTER SCHEMA " + work + " RENAME TO " + target, "COMMIT"} {
		_, err := d.exec(ctx, s)
		var pe *pgconn.PgError
		if errors.As(err, &pe) && pe.Code == "2BP01" { // dependent_objects_still_exist
			return errForeign
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numberOn lets the columns that number rows go on behind the rows that are there, and has
// the tables measured for the planner.
func (d *postgresFilling) numberOn(ctx context.Context) error {
	var statements []string
	err := d.each(ctx, `SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relname <> $1`, []any{goose.DefaultTablename}, func(row []any) error {
		table, column := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		statements = append(statements, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%s', '%s'), coalesce(max(%s), 1), max(%[3]s) IS NOT NULL) FROM %s`,
			quoted(table), column, quoted(column), quoted(table)))
		return nil
	})
	if err != nil {
		return err
	}
	tables, err := d.tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		statements = append(statements, "ANALYZE "+quoted(t.Name))
	}
	for _, s := range statements {
		if _, err := d.exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
