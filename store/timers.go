package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hikeshi/workflows"
)

var insertTimers = &insert{
	into:    `INSERT INTO timers (attempt, owner, key, kind, incident, round, day, due, next) VALUES`,
	columns: 7,
	row:     `(0, '', ?, ?, ?, ?, ?, ?, ?)`,
	conflict: ` ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, incident = excluded.incident, due = excluded.due,
		round = excluded.round, day = excluded.day, attempt = 0, owner = '', next = excluded.next`,
}

const (
	deleteTimer  = `DELETE FROM timers WHERE key = $1`
	releaseTimer = `UPDATE timers SET owner = '', next = $1 WHERE key = $2 AND owner = $3 AND attempt = $4`
	nextTimer    = `SELECT min(next) FROM timers`
	// The ends of messages_next, one for each rank, and the one of timers_next, each a look at one entry.
	nextDue = `SELECT min(n) FROM (
		SELECT min(next) AS n FROM timers
		UNION ALL SELECT min(next) FROM messages WHERE urgent = 1 AND next IS NOT NULL
		UNION ALL SELECT min(next) FROM messages WHERE urgent = 0 AND next IS NOT NULL
		UNION ALL SELECT min(next) FROM messages WHERE urgent = -1 AND next IS NOT NULL) x`
)

func claimTimers(d dialect) string {
	return `UPDATE timers SET owner = $1, next = $2, attempt = attempt + 1 WHERE key ` +
		d.among(`SELECT key FROM timers WHERE next <= $3 ORDER BY next, key LIMIT $4`+d.skipLocked) +
		` RETURNING key, kind, incident, due, round, day, attempt`
}

func (t *tx) saveTimers(ctx context.Context, timers []workflows.Timer, cancel []string) error {
	for _, key := range cancel {
		if err := t.s.later(ctx, deleteTimer, key); err != nil {
			return err
		}
	}
	var rows []any
	for i, x := range timers {
		// Of two with one key the later counts: one statement cannot write a row twice.
		if slices.ContainsFunc(timers[i+1:], func(o workflows.Timer) bool { return o.Key == x.Key }) {
			continue
		}
		due := micro(x.Due)
		rows = append(rows, x.Key, string(x.Kind), string(x.Incident), int64(x.Round), x.Day, due, due)
	}
	return insertTimers.run(ctx, t.s, rows)
}

// ClaimTimers leases up to n due timers to owner, the earliest first.
func (d *database) ClaimTimers(ctx context.Context, now time.Time, owner string, lease time.Duration, n int) (claimed []workflows.Timer, err error) {
	err = d.write(ctx, func(s statements) (err error) {
		claimed, err = all(ctx, s, d.sql.claimTimers, []any{owner, micro(now.Add(lease)), micro(now), int64(n)}, scanTimer)
		return err
	})
	if errors.Is(err, workflows.ErrUnsure) { // as with messages
		claimed, err = all(ctx, d.reading(), leasedTimers, []any{owner, micro(now.Add(lease))}, scanTimer)
	}
	if err != nil {
		return nil, fmt.Errorf("claim timers: %w", err)
	}
	slices.SortFunc(claimed, func(a, b workflows.Timer) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Key, b.Key)) })
	return claimed, nil
}

const leasedTimers = `SELECT key, kind, incident, due, round, day, attempt FROM timers WHERE next = $2 AND owner = $1`

func scanTimer(rows rows) (t workflows.Timer, err error) {
	var due int64
	err = rows.Scan(&t.Key, &t.Kind, &t.Incident, &due, &t.Round, &t.Day, &t.Attempt)
	t.Due = instant(due)
	return t, err
}

// ReleaseTimer sets a claimed timer's next try; its Due stays what it was. It changes
// nothing when the lease was lost or the timer replaced meanwhile (ErrConflict).
func (d *database) ReleaseTimer(ctx context.Context, t workflows.Timer, owner string, due time.Time) error {
	return d.write(ctx, func(s statements) error {
		err := s.mustChange(ctx, workflows.ErrConflict, 1, []string{releaseTimer}, micro(due), t.Key, owner, int64(t.Attempt))
		if err != nil {
			return fmt.Errorf("release timer %s: %w", t.Key, err)
		}
		return nil
	})
}

// NextTimer says when the next timer is due or the lease on one runs out.
func (d *database) NextTimer(ctx context.Context) (time.Time, bool, error) {
	var next sql.NullInt64
	if _, err := row(ctx, d.reading(), nextTimer, nil, &next); err != nil {
		return time.Time{}, false, fmt.Errorf("next timer: %w", err)
	}
	return instant(next.Int64), next.Valid, nil
}

// NextDue says when the next timer or message is due or its lease runs out.
func (d *database) NextDue(ctx context.Context) (time.Time, bool, error) {
	var next sql.NullInt64
	if _, err := row(ctx, d.reading(), nextDue, nil, &next); err != nil {
		return time.Time{}, false, fmt.Errorf("next due: %w", err)
	}
	return instant(next.Int64), next.Valid, nil
}
