package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"hikeshi/workflows"
)

const (
	// writeWithin bounds a transaction, waiting for locks included. A reporter is shown whom
	// to phone after 10 s without a number.
	writeWithin = 8 * time.Second
	// readWithin bounds a query, so that nobody waits for a server that has vanished without a
	// word. A list is read in milliseconds, every entry for verify in seconds.
	readWithin = 30 * time.Second
	// writeTries is how often a transaction is begun that the database asked to repeat, or
	// whose connection was lost before anything of it counted.
	writeTries = 5
)

// postgresEngine runs each transaction on a connection of a pool. The statements of one
// command travel together where nobody waits for their results, so that a report takes as
// many round trips as a plain transaction of two inserts.
type postgresEngine struct {
	pool     *pgxpool.Pool
	config   *pgx.ConnConfig // of connections outside of the pool
	name     string          // of this process among those on the database
	readOnly bool
}

func (e *postgresEngine) reading() statements { return poolReader{e} }

// sound: PostgreSQL looks after its pages itself.
func (e *postgresEngine) sound() error { return nil }

// write runs f in a transaction of its own. Rows that are about to be changed are locked
// when they are read (dialect.lockRow), so that what f reads is still so when it writes.
// Nothing counts before COMMIT: until then a lost connection costs a repetition only. A
// connection lost during COMMIT leaves open what counts: ErrUnsure.
func (e *postgresEngine) write(ctx context.Context, f func(statements) error) error {
	if e.readOnly {
		return ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// As in SQLite, a transaction that has begun is not interrupted by its caller: it is
	// short, and either all of it counts or nothing.
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	for try := 1; ; try++ {
		err := e.writeOnce(ctx, whole, f)
		if err == nil || errors.Is(err, workflows.ErrUnsure) || try == writeTries || whole.Err() != nil || !repeatable(err) {
			return explainPostgres(err)
		}
	}
}

func (e *postgresEngine) writeOnce(ctx, whole context.Context, f func(statements) error) error {
	conn, err := e.pool.Acquire(whole)
	if err != nil {
		return err
	}
	defer conn.Release() // one that is broken is not used again
	t := &pipeline{conn: conn.Conn(), whole: whole, self: e.name}
	done := false
	defer func() {
		// Also when f panicked. A connection that cannot say ROLLBACK is broken, and what was
		// begun on it goes with it.
		if !done && t.begun && !t.conn.IsClosed() {
			if _, err := t.conn.Exec(whole, "ROLLBACK"); err != nil {
				t.conn.Close(whole)
			}
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.commit(); err != nil {
		return err
	}
	done = true
	return nil
}

// pipeline is the write transaction in hand: what was queued goes out with the next
// statement whose result is needed, BEGIN with the first and COMMIT with the last.
type pipeline struct {
	conn   *pgx.Conn
	whole  context.Context
	self   string
	begun  bool
	queued []queuedStatement
}

type queuedStatement struct {
	sql       string
	args      []any
	otherwise error // when no row was changed; nil: that does not matter
}

func (p *pipeline) numbered() bool   { return true }
func (p *pipeline) again(error) bool { return false } // the whole transaction is repeated

func (p *pipeline) later(_ context.Context, sql string, args ...any) error {
	p.queued = append(p.queued, queuedStatement{sql: sql, args: storable(args)})
	return nil
}

// mustChange uses the widest form, as setting a column to the value it has costs nothing
// here, and lets the statement itself fail where it changes too little: a COMMIT that travels
// behind it is then not carried out.
func (p *pipeline) mustChange(_ context.Context, otherwise error, rows int, forms []string, args ...any) error {
	sql := `WITH changed AS (` + forms[len(forms)-1] + ` RETURNING 1) SELECT 1 / (count(*) / ` + strconv.Itoa(rows) + `) FROM changed`
	p.queued = append(p.queued, queuedStatement{sql: sql, args: storable(args), otherwise: otherwise})
	return nil
}

func (p *pipeline) exec(_ context.Context, sql string, args ...any) (int64, error) {
	args = storable(args)
	if p.begun && len(p.queued) == 0 {
		tag, err := p.conn.Exec(p.whole, sql, args...)
		return tag.RowsAffected(), named(sql, err)
	}
	res, err := p.send(sql, args)
	if err != nil {
		return 0, err
	}
	tag, err := res.Exec()
	return tag.RowsAffected(), named(sql, errors.Join(err, res.Close()))
}

func (p *pipeline) query(_ context.Context, sql string, args ...any) (rows, error) {
	args = storable(args)
	if p.begun && len(p.queued) == 0 {
		found, err := p.conn.Query(p.whole, sql, args...)
		if err != nil {
			return nil, named(sql, err)
		}
		return &pgxRows{Rows: found}, nil
	}
	res, err := p.send(sql, args)
	if err != nil {
		return nil, err
	}
	found, err := res.Query()
	if err != nil {
		return nil, named(sql, errors.Join(err, res.Close()))
	}
	return &pgxRows{Rows: found, batch: res}, nil
}

// send sends what is queued and one statement behind it, and gives the results from that
// statement's on.
func (p *pipeline) send(sql string, args []any) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	begin := !p.begun
	if begin {
		b.Queue("BEGIN")
	}
	queued := p.queued
	for _, q := range queued {
		b.Queue(q.sql, q.args...)
	}
	b.Queue(sql, args...)
	p.begun, p.queued = true, nil
	res := p.conn.SendBatch(p.whole, b)
	if begin {
		if _, err := res.Exec(); err != nil {
			return nil, errors.Join(named("BEGIN", err), res.Close())
		}
	}
	for _, q := range queued {
		if _, err := res.Exec(); err != nil {
			return nil, q.failed(err, res.Close())
		}
	}
	return res, nil
}

// failed says what a queued statement's failure means. Closing the results repeats the
// error that ended them, which is told once.
func (q queuedStatement) failed(err, closing error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		if q.otherwise != nil && pe.Code == divisionByZero {
			return q.otherwise
		}
		return named(q.sql, err)
	}
	return named(q.sql, errors.Join(err, closing))
}

func (p *pipeline) commit() error {
	if !p.begun && len(p.queued) == 0 {
		return nil // f asked for nothing
	}
	res, err := p.send("COMMIT", nil)
	if err != nil {
		return committing(err)
	}
	tag, err := res.Exec()
	if err = errors.Join(err, res.Close()); err != nil {
		return committing(named("COMMIT", err))
	}
	if tag.String() != "COMMIT" {
		// A statement had failed, and f went on all the same.
		return errors.New("the transaction was undone: one of its statements had failed")
	}
	return nil
}

// committing tells a transaction that failed from one whose end nobody heard of. An error
// the server itself sent is a failure: it undid the transaction. That does not hold for a
// server being shut down, which may say so after the commit.
func committing(err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code[:2] != operatorIntervention {
		return err
	}
	if errors.Is(err, workflows.ErrConflict) || errors.Is(err, workflows.ErrDone) {
		return err
	}
	return fmt.Errorf("%w: %w", workflows.ErrUnsure, err)
}

func (p *pipeline) notify(ctx context.Context, changes ...workflows.Changed) error {
	if len(changes) == 0 {
		return nil
	}
	payloads := make([]string, len(changes))
	for i, c := range changes {
		payloads[i] = payload(p.self, c)
	}
	return p.later(ctx, `SELECT pg_notify('`+channel+`', p) FROM unnest($1::text[]) p`, payloads)
}

// storable gives arguments as PostgreSQL takes them: a text of it has no zero byte and is
// UTF-8, while a key or the name of a draft is what a browser sent. Changed the same way when
// it is looked for, it is found again, or not at all.
func storable(args []any) []any {
	copied := false
	for i, a := range args {
		s, ok := a.(string)
		if !ok || utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
			continue
		}
		if !copied {
			args, copied = slices.Clone(args), true
		}
		args[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	}
	return args
}

// pgxRows lets rows of pgx be read as those of database/sql, together with the results of
// the batch they are part of.
type pgxRows struct {
	pgx.Rows
	batch  pgx.BatchResults
	cancel context.CancelFunc // nil: the context is somebody else's
}

func (r *pgxRows) Close() error {
	r.Rows.Close()
	err := r.Err()
	if r.batch != nil {
		err = errors.Join(err, r.batch.Close())
		r.batch = nil
	}
	if r.cancel != nil {
		r.cancel()
	}
	return err
}

// poolReader is any connection that reads.
type poolReader struct{ e *postgresEngine }

// query asks again on another connection when the one at hand turns out to be dead: after a
// restart of the server, every connection that waited in the pool is.
func (r poolReader) query(ctx context.Context, sql string, args ...any) (rows, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	args = storable(args)
	for try := 1; ; try++ {
		found, err := r.e.pool.Query(ctx, sql, args...)
		if err == nil {
			return &pgxRows{Rows: found, cancel: cancel}, nil
		}
		if try == writeTries || ctx.Err() != nil || !repeatable(err) {
			cancel()
			return nil, explainPostgres(named(sql, err))
		}
	}
}

// again: what a connection that has died answers shows only when its rows are read.
func (r poolReader) again(err error) bool { return repeatable(err) }

func (r poolReader) exec(context.Context, string, ...any) (int64, error) { return 0, ErrReadOnly }
func (r poolReader) later(context.Context, string, ...any) error         { return ErrReadOnly }
func (r poolReader) notify(context.Context, ...workflows.Changed) error  { return ErrReadOnly }
func (r poolReader) numbered() bool                                      { return true }

func (r poolReader) mustChange(context.Context, error, int, []string, ...any) error {
	return ErrReadOnly
}

// Close waits for what is under way.
func (e *postgresEngine) Close() error {
	e.pool.Close()
	return nil
}

// named puts the first words of a statement in front of an error.
func named(sql string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", head(sql), err)
}
