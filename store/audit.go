package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The timer of each is asked for by its key, as values: of a join PostgreSQL might make a walk
// through a million timers.
const (
	itsRound  = ` FROM timers t WHERE t.key = 'round:' || i.id AND t.kind = 'round' AND t.incident = i.id)`
	itsClocks = ` FROM timers t WHERE t.key = 'clocks:' || i.id AND t.kind = 'clocks' AND t.incident = i.id)`
	itsOffer  = ` FROM timers t WHERE t.key = 'offer:' || i.id AND t.kind = 'offer' AND t.incident = i.id)`
	itsTimers = `(SELECT t.due` + itsRound + `, (SELECT t.next` + itsRound + `, (SELECT t.owner` + itsRound +
		`, (SELECT t.due` + itsClocks + `, (SELECT t.next` + itsClocks + `, (SELECT t.owner` + itsClocks +
		`, (SELECT t.due` + itsOffer + `, (SELECT t.next` + itsOffer + `, (SELECT t.owner` + itsOffer
	selectOpen  = `SELECT ` + incidentColumns + `, ` + itsTimers + ` FROM incidents i WHERE TRUE` + stillOpen
	openRows    = selectOpen + ` ORDER BY i.reported_at, i.id`
	openRow     = selectOpen + ` AND i.id = $1`
	waitsTimer  = `SELECT 0 AS message, 0 AS urgent, key, incident, next FROM timers WHERE next <= $1 ORDER BY next, key LIMIT 1`
	waitsUrgent = `SELECT 1 AS message, 1 AS urgent, key, incident, next FROM messages WHERE urgent = 1 AND next IS NOT NULL AND next <= $1 ORDER BY next, id LIMIT 1`
	waitsPlain  = `SELECT 1 AS message, 0 AS urgent, key, incident, next FROM messages WHERE urgent = 0 AND next IS NOT NULL AND next <= $1 ORDER BY next, id LIMIT 1`
	undelivered = selectMessage + ` WHERE state = 'failed' AND id < $1` + said + missed + `
		AND (created > $2 OR (SELECT 1 FROM incidents i WHERE i.id = messages.incident` + stillOpen + `) = 1) ORDER BY id DESC LIMIT $3`
	// Whose receiver may not see it any more, nobody has to be told.
	missed    = ` AND error <> '` + workflows.ReasonHidden + `'`
	sendAgain = `UPDATE messages SET state = 'pending', error = '', attempt = 0, due = $1, next = $1 WHERE id = $2 AND state = 'failed'`
)

// What is to come last (urgent -1) waits as long as there is anything else: that says nothing.
var overdue = []string{waitsTimer, waitsUrgent, waitsPlain}

// OpenRows lists the incidents that have not ended, each with its timers.
func (d *database) OpenRows(ctx context.Context) ([]workflows.OpenRow, error) {
	list, err := all(ctx, d.reading(), openRows, nil, scanOpenRow)
	if err != nil {
		return nil, fmt.Errorf("list what is open: %w", err)
	}
	return list, nil
}

func (t *tx) OpenRow(ctx context.Context, id incident.ID) (workflows.OpenRow, error) {
	list, err := all(ctx, t.s, openRow, []any{string(id)}, scanOpenRow)
	if err != nil {
		return workflows.OpenRow{}, err
	}
	if len(list) == 0 {
		return workflows.OpenRow{}, fmt.Errorf("open incident %s: %w", id, workflows.ErrNotFound)
	}
	return list[0], nil
}

// scanOpenRow keeps the fault of a state that cannot be read beside the row.
func scanOpenRow(rows rows) (o workflows.OpenRow, err error) {
	var phase string
	var seq, level, reported int64
	var state []byte
	var timers [3]struct {
		due, next sql.NullInt64
		owner     sql.NullString
	}
	to := []any{&o.ID, &seq, &phase, &level, &reported, &state}
	for i := range timers {
		to = append(to, &timers[i].due, &timers[i].next, &timers[i].owner)
	}
	if err := rows.Scan(to...); err != nil {
		return o, err
	}
	o.Incident, o.Err = incidentOf(string(o.ID), phase, seq, level, reported, state)
	for i, its := range []*workflows.RowTimer{&o.Round, &o.Clocks, &o.Offer} {
		if t := timers[i]; t.due.Valid {
			*its = workflows.RowTimer{Due: exactly(t.due.Int64), Next: exactly(t.next.Int64), Leased: t.owner.String != ""}
		}
	}
	return o, nil
}

// atOnce is how many messages are asked for in one statement.
const atOnce = 32

// What has arrived does not count as given up, should a later wording of it have been.
const oneState = `SELECT incident, key, CASE WHEN state = 'failed' AND first_sent > 0 THEN 'sent' ELSE state END FROM messages WHERE incident = $%d AND key = $%d`

// states asks for many messages, each by the index of their keys.
var states = sync.OnceValue(func() string {
	parts := make([]string, atOnce)
	for i := range parts {
		parts[i] = fmt.Sprintf(oneState, 2*i+1, 2*i+2)
	}
	return strings.Join(parts, " UNION ALL ")
})

// MessageStates says of each message how far it has come.
func (d *database) MessageStates(ctx context.Context, keys []workflows.MessageKey) ([]workflows.MessageState, error) {
	return messageStates(ctx, d.reading(), keys)
}

func (t *tx) MessageStates(ctx context.Context, keys []workflows.MessageKey) ([]workflows.MessageState, error) {
	return messageStates(ctx, t.s, keys)
}

func messageStates(ctx context.Context, s statements, keys []workflows.MessageKey) ([]workflows.MessageState, error) {
	type found struct {
		workflows.MessageKey
		state workflows.MessageState
	}
	there := make(map[workflows.MessageKey]workflows.MessageState, len(keys))
	for at := 0; at < len(keys); at += atOnce {
		args := make([]any, 0, 2*atOnce)
		for i := range atOnce {
			k := keys[min(at+i, len(keys)-1)] // the last ones again: one statement for any number
			args = append(args, string(k.Incident), k.Key)
		}
		list, err := all(ctx, s, states(), args, func(rows rows) (f found, err error) {
			return f, rows.Scan(&f.Incident, &f.Key, &f.state)
		})
		if err != nil {
			return nil, fmt.Errorf("look for messages: %w", err)
		}
		for _, f := range list {
			there[f.MessageKey] = f.state
		}
	}
	out := make([]workflows.MessageState, len(keys))
	for i, k := range keys {
		out[i] = there[k]
	}
	return out, nil
}

// Overdue gives what has waited longest of each sort.
func (d *database) Overdue(ctx context.Context, before time.Time) ([]workflows.DueRow, error) {
	var out []workflows.DueRow
	for _, query := range overdue {
		list, err := all(ctx, d.reading(), query, []any{micro(before)}, func(rows rows) (r workflows.DueRow, err error) {
			var message, urgent, next int64
			err = rows.Scan(&message, &urgent, &r.Key, &r.Incident, &next)
			r.Message, r.Urgent, r.Next = message != 0, urgent != 0, exactly(next)
			return r, err
		})
		if err != nil {
			return nil, fmt.Errorf("look for what is overdue: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// Undelivered lists messages that were given up, the newest first.
func (d *database) Undelivered(ctx context.Context, q workflows.UndeliveredQuery) ([]workflows.Message, error) {
	before := q.Before
	if before <= 0 {
		before = atMost(0)
	}
	list, err := all(ctx, d.reading(), undelivered, []any{before, micro(q.Since), atMost(q.Limit)}, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("list what was not delivered: %w", err)
	}
	return plain(list), nil
}

func (t *tx) SendAgain(ctx context.Context, id int64, at time.Time) (bool, error) {
	changed, err := t.s.exec(ctx, sendAgain, micro(at), id)
	if err != nil {
		return false, fmt.Errorf("send message %d again: %w", id, err)
	}
	if changed == 0 {
		return false, nil
	}
	return true, t.s.notify(ctx, workflows.Changed{Work: true})
}
