package store

import (
	"context"
	"database/sql"
	"fmt"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Each part walks only what has not ended: the open incidents, what is to be sent, and what
// was given up. What keeps channels is no
// message. A message that has never arrived waits since it was made, a newer wording since it
// was due.
const backlog = `SELECT 'open' AS what, phase, level, count(*) AS n, 0 AS since FROM incidents
		WHERE phase NOT IN ('closed', 'dismissed') GROUP BY phase, level
	UNION ALL SELECT 'pending', '', 0, count(*), min(CASE WHEN first_sent = 0 THEN created ELSE due END) FROM messages WHERE next IS NOT NULL AND kind <> 'place'
	UNION ALL SELECT 'failed', '', 0, count(*), 0 FROM messages WHERE state = 'failed' AND kind <> 'place'` + missed + `
		AND (SELECT 1 FROM incidents i WHERE i.id = messages.incident` + stillOpen + `) = 1
	UNION ALL SELECT 'timers', '', 0, count(*), min(due) FROM timers`

// Backlog counts what is under way and what waits.
func (d *database) Backlog(ctx context.Context) (b workflows.Backlog, err error) {
	rows, err := all(ctx, d.reading(), backlog, nil, scanBacklog)
	if err != nil {
		return b, fmt.Errorf("count what waits: %w", err)
	}
	for _, r := range rows {
		switch r.what {
		case "open":
			b.Open = append(b.Open, workflows.OpenCount{Phase: r.phase, Level: r.level, Count: r.n})
		case "pending":
			b.Pending, b.OldestPending = r.n, instant(r.since.Int64)
		case "failed":
			b.Undelivered = r.n
		case "timers":
			b.Timers, b.NextTimer = r.n, instant(r.since.Int64)
		}
	}
	return b, nil
}

type backlogRow struct {
	what  string
	phase incident.Phase
	level incident.Level
	n     int
	since sql.NullInt64
}

func scanBacklog(rows rows) (r backlogRow, err error) {
	err = rows.Scan(&r.what, &r.phase, &r.level, &r.n, &r.since)
	return r, err
}
