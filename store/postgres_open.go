package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	// schemaName is where the tables lie, unless the address has a search_path: the database
	// may have other programs' tables in its public schema.
	schemaName = "hikeshi"
	// oldestPostgres is the oldest major version the suite runs on.
	oldestPostgres = 15
	// connectWithin bounds a try to connect: a reporter waits for it.
	connectWithin = 3 * time.Second
	// poolSize is how many connections a process uses at most, besides the one that listens.
	poolSize = 12
)

// postgresConfig reads an address. Neither it nor its password stands in an error.
func postgresConfig(url string, o options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("DATABASE_URL is not an address of PostgreSQL: give postgres://USER:PASSWORD@HOST:5432/DATABASE, with %-codes for special characters in the password")
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = poolSize
	}
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectWithin
	}
	preset(c, "application_name", "hikeshi")
	preset(c, "search_path", schemaName)
	// A process that hangs or vanished in a transaction must not keep its rows locked.
	preset(c, "idle_in_transaction_session_timeout", "30000") // ms
	if o.readOnly {
		c.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if _, given := c.RuntimeParams[compression]; !given && !strings.Contains(c.RuntimeParams["options"], compression) {
		c.AfterConnect = compressLightly
	}
	return config, nil
}

// compression is the setting by which a server compresses what is large.
const compression = "default_toast_compression"

// compressLightly asks a server that knows lz4 for it. The state of an incident is some kilobytes,
// written with every command: to compress it as a server does by default is most of what saving it
// costs. What was written before stays readable as it is. It is asked for on each connection, and
// not as a parameter of connecting: the next may be to another server, or through a pooler, that
// refuses who connects with what it does not know.
func compressLightly(ctx context.Context, c *pgconn.PgConn) error {
	_, err := c.Exec(ctx, `SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = '`+compression+`' AND 'lz4' = ANY(enumvals)`).ReadAll()
	if err != nil && c.IsClosed() {
		return err
	}
	return nil // without it everything works, only slower
}

func preset(c *pgx.ConnConfig, name, value string) {
	if _, given := c.RuntimeParams[name]; !given {
		c.RuntimeParams[name] = value
	}
}

// openPostgres opens the database at url for the program, in the state that o asks for.
func openPostgres(ctx context.Context, url string, o options) (*postgresEngine, error) {
	config, err := postgresConfig(url, o)
	if err != nil {
		return nil, err
	}
	if _, err := preparePostgres(ctx, config.ConnConfig, o); err != nil {
		return nil, explainPostgres(err)
	}
	var name [8]byte
	rand.Read(name[:]) // never fails: it ends the program instead
	e := &postgresEngine{config: config.ConnConfig.Copy(), name: hex.EncodeToString(name[:]), readOnly: o.readOnly}
	if e.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, explainPostgres(err)
	}
	return e, nil
}

// preparePostgres looks at the server and brings the schema into the state that o asks for.
// It gives the version of the schema that it found.
func preparePostgres(ctx context.Context, c *pgx.ConnConfig, o options) (found int64, err error) {
	db := stdlib.OpenDB(*c)
	defer db.Close()
	if err := checkServer(ctx, db, c); err != nil {
		return 0, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, translated{migrationFiles()}, goose.WithSessionLocker(migrationLock()))
	if err != nil {
		return 0, err
	}
	if found, err = postgresVersion(ctx, db); err != nil {
		return 0, err
	}
	if err := checkKnown("the PostgreSQL database", found, newest(p), o); err != nil || !o.migrate || found == newest(p) {
		return found, err
	}
	schema, _, _ := strings.Cut(c.RuntimeParams["search_path"], ",")
	schema = strings.Trim(strings.TrimSpace(schema), `"`)
	// Only where it is missing: who has prepared it need not let the user make others.
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regnamespace(quote_ident($1)) IS NOT NULL`, schema).Scan(&there); err != nil {
		return found, err
	}
	if !there {
		_, err = db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgx.Identifier{schema}.Sanitize())
	}
	// Of two that make it at the same moment, the second is told that it is there.
	var pe *pgconn.PgError
	if err != nil && (!errors.As(err, &pe) || pe.Code != "23505" && pe.Code != "42P06") {
		return found, err
	}
	up := p.Up
	if o.schema > 0 {
		up = func(ctx context.Context) ([]*goose.MigrationResult, error) { return p.UpTo(ctx, o.schema) }
	}
	if _, err := up(ctx); err != nil {
		return found, fmt.Errorf("the PostgreSQL database could not be brought up to date: restore the last backup and try again: %w", explainPostgres(err))
	}
	return found, nil
}

// migrationLock keeps processes that start together from migrating together. It is asked
// for each second, for five minutes.
func migrationLock() lock.SessionLocker {
	l, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		panic(err) // the numbers above are wrong
	}
	return l
}

// checkServer refuses a server that cannot keep what hikeshi promises.
func checkServer(ctx context.Context, db *sql.DB, c *pgx.ConnConfig) error {
	var version int
	var encoding, commit string
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('synchronous_commit')`).
		Scan(&version, &encoding, &commit)
	switch {
	case err != nil:
		return err
	case version/10000 < oldestPostgres:
		return fmt.Errorf("PostgreSQL there is version %d: hikeshi needs %d or newer", version/10000, oldestPostgres)
	case encoding != "UTF8":
		return fmt.Errorf("the PostgreSQL database has the encoding %s, which cannot hold every name: make one with ENCODING 'UTF8'", encoding)
	}
	if commit == "off" {
		// An accepted report is on the disk before its number is shown.
		c.RuntimeParams["synchronous_commit"] = "on"
	}
	return nil
}

// postgresVersion reads the version of the schema without changing anything; 0 where there
// is none.
func postgresVersion(ctx context.Context, db *sql.DB) (v int64, err error) {
	var table, ours sql.NullString
	if err := db.QueryRowContext(ctx, `SELECT to_regclass($1)::text, to_regclass('entries')::text`, goose.DefaultTablename).Scan(&table, &ours); err != nil {
		return 0, err
	}
	if !table.Valid {
		if ours.Valid {
			return 0, errForeign
		}
		return 0, nil
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename+` WHERE is_applied`).Scan(&v)
	if err == nil && v > 0 && !ours.Valid {
		return 0, errForeign
	}
	return v, err
}

var errForeign = errors.New("the schema in the PostgreSQL database belongs to another program: give DATABASE_URL another database, or a search_path of its own (?search_path=NAME)")

func migratePostgres(ctx context.Context, url string, schema int64) (from, to int64, err error) {
	o := options{migrate: true, schema: schema}
	config, err := postgresConfig(url, o)
	if err != nil {
		return 0, 0, err
	}
	if from, err = preparePostgres(ctx, config.ConnConfig, o); err != nil {
		return from, from, explainPostgres(err)
	}
	db := stdlib.OpenDB(*config.ConnConfig)
	defer db.Close()
	to, err = postgresVersion(ctx, db)
	return from, to, explainPostgres(err)
}
