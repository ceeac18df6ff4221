package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hikeshi/workflows"
)

// statements runs SQL: in a write transaction, or for reading.
type statements interface {
	query(ctx context.Context, sql string, args ...any) (rows, error)
	exec(ctx context.Context, sql string, args ...any) (changed int64, err error)
	// later runs a statement whose result nobody waits for: at once, or together with what
	// comes next in one round trip. Its failure shows at the latest at the end of the
	// transaction.
	later(ctx context.Context, sql string, args ...any) error
	// mustChange is later for a statement that has to change so many rows: otherwise is the
	// error when it does not. Of several forms of a statement, each narrower one comes before a
	// wider one and may change nothing where the wider one does.
	mustChange(ctx context.Context, otherwise error, rows int, forms []string, args ...any) error
	// notify tells the other processes on the database, with the commit, what was changed.
	notify(ctx context.Context, changes ...workflows.Changed) error
	// again reports whether a query that failed before it gave a row may just be asked again.
	again(err error) bool
	// numbered says that placeholders need their numbers ($1); otherwise ? is quicker.
	numbered() bool
}

// rows are what a query gives, from either driver.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// preparer prepares a statement: a pool, or a single connection.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// prepared keeps every statement it has run ready for the next time. The program has a
// fixed set of them: nothing that somebody typed ever becomes part of a statement.
type prepared struct {
	on preparer

	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

func newPrepared(on preparer) *prepared { return &prepared{on: on, stmts: map[string]*sql.Stmt{}} }

func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.stmts[query]; ok {
		return s, nil
	}
	s, err := p.on.PrepareContext(context.WithoutCancel(ctx), query) //nolint:sqlclosecheck // kept, until close
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", head(query), err)
	}
	p.stmts[query] = s
	return s, nil
}

func (p *prepared) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query) //nolint:sqlclosecheck // kept, until close
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", head(query), err)
	}
	return rows, nil
}

func (p *prepared) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := p.stmt(ctx, query) //nolint:sqlclosecheck // kept, until close
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", head(query), err)
	}
	return res.RowsAffected()
}

func (p *prepared) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.stmts {
		s.Close()
	}
}

// head names a statement in an error by its first words.
func head(query string) string {
	words := strings.Fields(query)
	return strings.ToLower(strings.Join(words[:min(3, len(words))], " "))
}

// row reads the one row of a query into dest; ok is false when there is none.
func row(ctx context.Context, s statements, query string, args []any, dest ...any) (ok bool, err error) {
	if ok, err = rowOnce(ctx, s, query, args, dest); err != nil && ctx.Err() == nil && s.again(err) {
		ok, err = rowOnce(ctx, s, query, args, dest)
	}
	return ok, err
}

func rowOnce(ctx context.Context, s statements, query string, args, dest []any) (ok bool, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return false, fmt.Errorf("%s: %w", head(query), err)
		}
		ok = true
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("%s: %w", head(query), err)
	}
	return ok, nil
}

// all reads every row of a query by scan.
func all[T any](ctx context.Context, s statements, query string, args []any, scan func(rows) (T, error)) ([]T, error) {
	list, err := allOnce(ctx, s, query, args, scan)
	if err != nil && ctx.Err() == nil && s.again(err) {
		list, err = allOnce(ctx, s, query, args, scan)
	}
	return list, err
}

func allOnce[T any](ctx context.Context, s statements, query string, args []any, scan func(rows) (T, error)) ([]T, error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", head(query), err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", head(query), err)
	}
	return out, nil
}

// maxRows is how many rows one INSERT carries. It bounds the number of different
// statements, and stays far below the parameters a statement may have (SQLite 32,766).
const maxRows = 32

// insert is an INSERT of as many rows as there are, with its texts made once.
type insert struct {
	into     string // INSERT INTO t (a, b, c) VALUES
	shared   int    // values that all rows share: ?1, …
	columns  int    // values of a row's own
	row      string // (?1, ?, ?)
	conflict string // ON CONFLICT …

	plain, numbered texts
}

// texts are the statement for each number of rows.
type texts struct {
	made [maxRows + 1]string
	once [maxRows + 1]sync.Once
}

// text is the statement for a number of rows. Where a row's own placeholders need no
// numbers they have none: SQLite would look each up by name, by a walk through all of them.
func (i *insert) text(rows int, numbered bool) string {
	t := &i.plain
	if numbered {
		t = &i.numbered
	}
	t.once[rows].Do(func() {
		values := i.row + strings.Repeat(", "+i.row, rows-1)
		if numbered {
			values = withNumbers(values, i.shared)
		}
		t.made[rows] = i.into + " " + values + i.conflict
	})
	return t.made[rows]
}

// withNumbers turns ?1 into $1, and each ? without a number into the next one after shared.
func withNumbers(values string, shared int) string {
	var b strings.Builder
	next := shared
	for n := 0; n < len(values); n++ {
		if values[n] != '?' {
			b.WriteByte(values[n])
			continue
		}
		b.WriteByte('$')
		if n+1 == len(values) || values[n+1] < '0' || values[n+1] > '9' {
			next++
			b.WriteString(strconv.Itoa(next))
		}
	}
	return b.String()
}

// run inserts the rows: args holds the shared values, and then the rows' own one row after
// the other.
func (i *insert) run(ctx context.Context, s statements, args []any) error {
	return i.parts(s, args, func(_ int, query string, values []any) error { return s.later(ctx, query, values...) })
}

// all is run where each row has to be inserted: otherwise is the error when one is not.
func (i *insert) all(ctx context.Context, s statements, otherwise error, args []any) error {
	return i.parts(s, args, func(rows int, query string, values []any) error {
		return s.mustChange(ctx, otherwise, rows, []string{query}, values...)
	})
}

func (i *insert) parts(s statements, args []any, do func(rows int, query string, values []any) error) error {
	for part := range slices.Chunk(args[i.shared:], maxRows*i.columns) {
		values := args
		if len(part) < len(args)-i.shared {
			values = slices.Concat(args[:i.shared], part)
		}
		n := len(part) / i.columns
		if err := do(n, i.text(n, s.numbered()), values); err != nil {
			return err
		}
	}
	return nil
}

// micro is how an instant is stored that may be missing: microseconds since 1970 UTC, 0
// for none.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return exactly(us)
}

// exactly is for instants that enter a digest: whatever was written is read again.
func exactly(us int64) time.Time { return time.UnixMicro(us).UTC() }

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
