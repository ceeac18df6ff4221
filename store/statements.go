package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// statements runs SQL: in a write transaction, or for reading.
type statements interface {
	query(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
	exec(ctx context.Context, sql string, args ...any) (changed int64, err error)
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
func all[T any](ctx context.Context, s statements, query string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
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

	made [maxRows + 1]string
	once [maxRows + 1]sync.Once
}

// text is the statement for a number of rows. A row's own placeholders have no numbers:
// SQLite would look each up by name, by a walk through all of them.
func (i *insert) text(rows int) string {
	i.once[rows].Do(func() {
		i.made[rows] = i.into + " " + i.row + strings.Repeat(", "+i.row, rows-1) + i.conflict
	})
	return i.made[rows]
}

// run inserts the rows: args holds the shared values, and then the rows' own one row after
// the other.
func (i *insert) run(ctx context.Context, s statements, args []any) error {
	for part := range slices.Chunk(args[i.shared:], maxRows*i.columns) {
		values := args
		if len(part) < len(args)-i.shared {
			values = slices.Concat(args[:i.shared], part)
		}
		if _, err := s.exec(ctx, i.text(len(part)/i.columns), values...); err != nil {
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
