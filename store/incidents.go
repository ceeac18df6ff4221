package store

import (
	"context"
	"errors"
	"fmt"
	"math"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const incidentColumns = `i.id, i.seq, i.phase, i.level, i.reported_at, i.state`

const selectIncident = `SELECT ` + incidentColumns + ` FROM incidents i WHERE i.id = $1`

// scanIncident reads a row. What stands in a column of its own counts, so that a column
// that somebody changed by hand shows in what verify compares.
func scanIncident(rows rows) (*incident.Incident, error) {
	r, err := scanRow(rows)
	if err != nil {
		return nil, err
	}
	return r.incident()
}

// incidentRow is a row whose state is not decoded yet.
type incidentRow struct {
	id, phase            string
	seq, level, reported int64
	state                []byte
}

func scanRow(rows rows) (r incidentRow, err error) {
	return r, rows.Scan(&r.id, &r.seq, &r.phase, &r.level, &r.reported, &r.state)
}

func (r incidentRow) incident() (*incident.Incident, error) {
	return incidentOf(r.id, r.phase, r.seq, r.level, r.reported, r.state)
}

// scanAny reads a row whose state may be damaged.
func scanAny(rows rows) (*incident.Incident, error) {
	r, err := scanRow(rows)
	if err != nil {
		return nil, err
	}
	in, err := r.incident()
	if errors.Is(err, workflows.ErrUnreadable) {
		return &incident.Incident{
			ID: incident.ID(r.id), Seq: r.seq, Phase: incident.Phase(r.phase), Level: incident.Level(r.level), ReportedAt: exactly(r.reported), Unreadable: true,
		}, nil
	}
	return in, err
}

func incidentOf(id, phase string, seq, level, reported int64, state []byte) (*incident.Incident, error) {
	in := new(incident.Incident)
	if err := incident.ReadWhole(state, in); errors.Is(err, incident.ErrNewer) {
		in.Newer = true
	} else if err != nil {
		return nil, fmt.Errorf("the state of %s: %w: %w", id, workflows.ErrUnreadable, err)
	}
	in.ID, in.Seq, in.Phase, in.Level = incident.ID(id), seq, incident.Phase(phase), incident.Level(level)
	in.ReportedAt = exactly(reported)
	return in, nil
}

func oneIncident(ctx context.Context, s statements, query string, id incident.ID) (*incident.Incident, error) {
	rows, err := all(ctx, s, query, []any{string(id)}, scanIncident)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("incident %s: %w", id, workflows.ErrNotFound)
	}
	return rows[0], nil
}

// Incident gives a row.
func (d *database) Incident(ctx context.Context, id incident.ID) (*incident.Incident, error) {
	return oneIncident(ctx, d.reading(), selectIncident, id)
}

// The lists, newest report first. The few open ones have an index of their own.
const (
	newestFirst = ` AND (i.reported_at, i.id) < ($1, $2) ORDER BY i.reported_at DESC, i.id DESC LIMIT $3`
	stillOpen   = ` AND i.phase NOT IN ('closed', 'dismissed')`
	ended       = ` AND i.phase IN ('closed', 'dismissed')`
	// A value, not EXISTS: PostgreSQL would make a join of that, and sort all incidents for the
	// first page as long as it has no statistics of a new table.
	ofMember   = ` AND (SELECT 1 FROM members m WHERE m.incident = i.id AND m.person = $4) = 1`
	listAll    = `SELECT ` + incidentColumns + ` FROM incidents i WHERE TRUE`
	reportedAt = `SELECT reported_at FROM incidents WHERE id = $1`
)

// Incidents lists rows, newest report first. A Before that is no incident is ErrNotFound.
func (d *database) Incidents(ctx context.Context, q workflows.IncidentQuery) ([]*incident.Incident, error) {
	s := d.reading()
	at := int64(math.MaxInt64)
	if q.Before != "" {
		ok, err := row(ctx, s, reportedAt, []any{string(q.Before)}, &at)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("incident %s: %w", q.Before, workflows.ErrNotFound)
		}
	}
	args := []any{at, string(q.Before), atMost(q.Limit)}
	query := listAll
	if q.OpenOnly {
		query += stillOpen
	}
	if q.EndedOnly {
		query += ended
	}
	if q.Person != "" {
		query += ofMember
		args = append(args, string(q.Person))
	}
	query += newestFirst
	scan := scanIncident
	if q.Unreadable {
		scan = scanAny
	}
	return all(ctx, s, query, args, scan)
}

// atMost is a LIMIT; 0 is none.
func atMost(n int) int64 {
	if n <= 0 {
		return math.MaxInt64
	}
	return int64(n)
}

// AllIDs lists every incident that has a row or an entry.
func (d *database) AllIDs(ctx context.Context) ([]incident.ID, error) {
	return all(ctx, d.reading(), `SELECT id FROM incidents UNION SELECT incident FROM entries ORDER BY 1`, nil,
		func(rows rows) (id incident.ID, err error) { return id, rows.Scan(&id) })
}

// Counters gives the highest number handed out per series.
func (d *database) Counters(ctx context.Context) (map[string]int, error) {
	type counter struct {
		series string
		n      int
	}
	list, err := all(ctx, d.reading(), `SELECT series, n FROM counters`, nil,
		func(rows rows) (c counter, err error) { return c, rows.Scan(&c.series, &c.n) })
	if err != nil {
		return nil, err
	}
	m := make(map[string]int, len(list))
	for _, c := range list {
		m[c.series] = c.n
	}
	return m, nil
}
