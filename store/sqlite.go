package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite", without cgo

	"hikeshi/workflows"
)

// busyWait is how long a statement waits for a write of another process, such as an import
// beside the server. A reporter is shown whom to phone after 10 s without a number.
const busyWait = "5000" // ms

var errClosed = errors.New("the database is closed")

// sqliteEngine has one connection that writes and a pool of those that read. SQLite lets
// one transaction write at a time; taking turns here instead of there keeps the order and
// costs no waiting in sleeps.
type sqliteEngine struct {
	path    string
	writes  *sql.DB
	reads   *sql.DB
	conn    *sql.Conn // the only one of writes; nil when opened for reading only
	turn    chan struct{}
	writer  *prepared
	readers *prepared
	closing sync.Once
	closed  chan struct{}
	// What a look at the whole file finds that goes on after opening.
	unchecked bool
	checking  sync.WaitGroup
	stopCheck context.CancelFunc
	damage    atomic.Pointer[error]
}

// dsn is the file as SQLite is to open it. FULL makes a commit wait until the write-ahead
// log is on the disk: an accepted report survives a power cut.
func dsn(path string, readOnly bool) string {
	v := url.Values{
		"_busy_timeout": {busyWait},
		"_foreign_keys": {"1"},
		"_synchronous":  {"FULL"},
		"_txlock":       {"immediate"},
		"_defensive":    {"1"}, // no SQL of ours may damage the file
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
		"_pragma": {
			"page_size(2048)",          // of a new file: a command changes a little on many pages, and each is written whole
			"cache_size(-16000)",       // kB: the pages that every command touches stay in memory
			"wal_autocheckpoint(4000)", // pages, 8 MB: more commands share the move into the file
		},
		"mode": {"rw"}, // the file is made by createFile, for this user alone
	}
	if readOnly {
		// Not mode=ro: beside no server the files of the write-ahead log must be made.
		v.Set("_query_only", "1")
		v.Del("_synchronous")
	} else {
		v.Set("_journal_mode", "WAL")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

// openReads opens the reading side of a file that is there. It changes nothing in it.
func openReads(ctx context.Context, path string) (*sqliteEngine, error) {
	e := &sqliteEngine{path: path, turn: make(chan struct{}, 1), closed: make(chan struct{})}
	var err error
	if e.reads, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		return nil, explain(path, err)
	}
	n := max(4, runtime.GOMAXPROCS(0))
	e.reads.SetMaxOpenConns(n)
	e.reads.SetMaxIdleConns(n)
	if err := e.reads.PingContext(ctx); err != nil {
		e.Close()
		return nil, explain(path, err)
	}
	e.readers = newPrepared(e.reads)
	return e, nil
}

// openWrites opens the writing side.
func (e *sqliteEngine) openWrites(ctx context.Context) (err error) {
	if e.writes, err = sql.Open("sqlite", dsn(e.path, false)); err != nil {
		return explain(e.path, err)
	}
	e.writes.SetMaxOpenConns(1)
	return explain(e.path, e.writes.PingContext(ctx))
}

// takeWriter keeps the writing connection for the statements prepared on it.
func (e *sqliteEngine) takeWriter(ctx context.Context) (err error) {
	if e.conn, err = e.writes.Conn(ctx); err != nil {
		return explain(e.path, err)
	}
	e.writer = newPrepared(e.conn)
	if e.unchecked {
		var whole context.Context
		whole, e.stopCheck = context.WithCancel(context.WithoutCancel(ctx))
		e.checking.Go(func() {
			if err := e.check(whole, e.reads); err != nil && whole.Err() == nil {
				e.damage.Store(&err)
			}
		})
	}
	return nil
}

func (e *sqliteEngine) sound() error {
	if err := e.damage.Load(); err != nil {
		return *err
	}
	return nil
}

func (e *sqliteEngine) reading() statements { return reader{e} }

// write runs f in a transaction that has the database to itself from the beginning, so
// that what f reads is still so when it writes.
func (e *sqliteEngine) write(ctx context.Context, f func(statements) error) (err error) {
	if e.writer == nil {
		return ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closed:
		return errClosed
	}
	// A transaction that has begun is not interrupted in the middle of a statement: it is
	// short, and either all of it counts or nothing.
	whole := context.WithoutCancel(ctx)
	if _, err := e.writer.exec(whole, "BEGIN IMMEDIATE"); err != nil {
		return explain(e.path, err)
	}
	done := false
	defer func() {
		if !done { // f failed or panicked, or the commit failed
			if _, rerr := e.writer.exec(whole, "ROLLBACK"); rerr != nil && err == nil {
				err = rerr
			}
		}
	}()
	if err := f(&writing{e, whole}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := e.writer.exec(whole, "COMMIT"); err != nil {
		return explain(e.path, err)
	}
	done = true
	return nil
}

// writing is the write transaction in hand. Its context has no end: see write.
type writing struct {
	e     *sqliteEngine
	whole context.Context
}

func (w *writing) query(_ context.Context, q string, args ...any) (rows, error) {
	found, err := w.e.writer.query(w.whole, q, args...) //nolint:rowserrcheck // the caller reads them
	if err != nil {
		return nil, explain(w.e.path, err)
	}
	return found, nil
}

// later runs the statement at once: the database is in this process.
func (w *writing) later(ctx context.Context, q string, args ...any) error {
	_, err := w.exec(ctx, q, args...)
	return err
}

func (w *writing) mustChange(ctx context.Context, otherwise error, rows int, forms []string, args ...any) error {
	for _, q := range forms {
		if n, err := w.exec(ctx, q, args...); err != nil || n == int64(rows) {
			return err
		}
	}
	return otherwise
}

// notify has nobody to tell: a second server is kept away (Lock).
func (w *writing) notify(context.Context, ...workflows.Changed) error { return nil }

func (w *writing) numbered() bool   { return false }
func (w *writing) again(error) bool { return false }

func (w *writing) exec(_ context.Context, q string, args ...any) (int64, error) {
	n, err := w.e.writer.exec(w.whole, q, args...)
	return n, explain(w.e.path, err)
}

// reader is any of the connections that read.
type reader struct{ e *sqliteEngine }

func (r reader) query(ctx context.Context, q string, args ...any) (rows, error) {
	found, err := r.e.readers.query(ctx, q, args...) //nolint:rowserrcheck // the caller reads them
	if err != nil {
		return nil, explain(r.e.path, err)
	}
	return found, nil
}

func (r reader) exec(context.Context, string, ...any) (int64, error) { return 0, ErrReadOnly }
func (r reader) later(context.Context, string, ...any) error         { return ErrReadOnly }
func (r reader) notify(context.Context, ...workflows.Changed) error  { return ErrReadOnly }
func (r reader) numbered() bool                                      { return false }
func (r reader) again(error) bool                                    { return false }

func (r reader) mustChange(context.Context, error, int, []string, ...any) error { return ErrReadOnly }

// Close ends the reading side first: the last connection to close moves the write-ahead log
// into the file, and only the writing one may. A second call does nothing.
func (e *sqliteEngine) Close() (err error) {
	e.closing.Do(func() {
		close(e.closed)
		err = e.close()
	})
	return err
}

func (e *sqliteEngine) close() error {
	if e.stopCheck != nil {
		e.stopCheck()
		e.checking.Wait()
	}
	var errs []error
	if e.readers != nil {
		e.readers.close()
	}
	if e.reads != nil {
		errs = append(errs, e.reads.Close())
	}
	if e.writer != nil {
		e.turn <- struct{}{} // let the transaction in hand end; none begins after it
		e.writer.close()
		errs = append(errs, e.conn.Close())
	}
	if e.writes != nil {
		errs = append(errs, e.writes.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}
