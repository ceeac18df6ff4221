package store

import (
	"context"
	"fmt"
	"time"

	"hikeshi/workflows/incident"
)

// tx is one write transaction.
type tx struct {
	s   statements
	sql *queries
	// contacts is the version of the contact list, once Done has read it; -1 before.
	contacts int64
	foreseen foreseen
}

const (
	// Both are asked at the beginning of every command.
	selectDone      = `SELECT v.n, r.outcome FROM versions v LEFT JOIN requests r ON r.key = $1 WHERE v.name = 'contacts'`
	countReports    = `SELECT count(*) FROM requests WHERE person = $1 AND digest <> '' AND at >= $2`
	selectSame      = `SELECT incident FROM requests WHERE person = $1 AND digest = $2 AND digest <> '' AND at >= $3 ORDER BY at DESC LIMIT 1`
	contactsVersion = `SELECT n FROM versions WHERE name = 'contacts'`
	nextNumber      = `INSERT INTO counters (series, n) VALUES ($1, 1) ON CONFLICT (series) DO UPDATE SET n = counters.n + 1 RETURNING n`
)

func (t *tx) Done(ctx context.Context, key string) (outcome []byte, ok bool, err error) {
	if outcome, known := t.foreseen.done(key); known {
		return outcome, outcome != nil, nil
	}
	if _, err = row(ctx, t.s, selectDone, []any{key}, &t.contacts, &outcome); err != nil {
		return nil, false, err
	}
	return outcome, outcome != nil, nil
}

func (t *tx) SameReport(ctx context.Context, by incident.PersonID, digest string, since time.Time) (id incident.ID, ok bool, err error) {
	if digest == "" {
		return "", false, nil
	}
	if t.sql.oneAtATime != "" {
		if err := t.s.later(ctx, t.sql.oneAtATime, string(by), digest); err != nil {
			return "", false, err
		}
	}
	ok, err = row(ctx, t.s, selectSame, []any{string(by), digest, micro(since)}, &id)
	return id, ok, err
}

func (t *tx) Reports(ctx context.Context, by incident.PersonID, since time.Time) (n int, err error) {
	_, err = row(ctx, t.s, countReports, []any{string(by), micro(since)}, &n)
	return n, err
}

func (t *tx) Turn(ctx context.Context, name string) error {
	if t.sql.oneAtATime == "" {
		return nil
	}
	return t.s.later(ctx, t.sql.oneAtATime, "turn", name)
}

func (t *tx) Incident(ctx context.Context, id incident.ID) (*incident.Incident, error) {
	if r, known := t.foreseen.row(id); known {
		return r.in, r.err
	}
	return oneIncident(ctx, t.s, t.sql.lockIncident, id)
}

func (t *tx) Records(ctx context.Context, id incident.ID, from int64, limit int) ([]incident.Record, error) {
	return records(ctx, t.s, id, from, limit)
}

func (t *tx) LastBy(ctx context.Context, id incident.ID, by incident.PersonID, kinds []incident.EventKind, except []int64) (incident.Record, error) {
	return lastBy(ctx, t.s, id, by, kinds, except)
}

func (t *tx) ContactsVersion(ctx context.Context) (v int64, err error) {
	if t.contacts < 0 {
		_, err = row(ctx, t.s, contactsVersion, nil, &t.contacts)
	}
	return t.contacts, err
}

func (t *tx) Edition(ctx context.Context, version string) ([]byte, error) {
	return editionBody(ctx, t.s, version)
}

func (t *tx) NextNumber(ctx context.Context, series string) (n int, err error) {
	ok, err := row(ctx, t.s, nextNumber, []any{series}, &n)
	if err == nil && !ok {
		err = fmt.Errorf("no number of %s was given out", series)
	}
	return n, err
}
