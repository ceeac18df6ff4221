package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// All rows share the incident's number.
var (
	insertMembers = &insert{
		into: `INSERT INTO members (incident, person) VALUES`, shared: 1, columns: 1,
		row: `(?1, ?)`, conflict: ` ON CONFLICT DO NOTHING`,
	}
	insertEntries = &insert{
		into: `INSERT INTO entries (` + entryColumns + `) VALUES`, shared: 1, columns: 10,
		row: `(?1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	}
	insertTexts = &insert{
		into: `INSERT INTO texts (incident, digest, salt, body) VALUES`, shared: 1, columns: 3,
		row: `(?1, ?, ?, ?)`, conflict: ` ON CONFLICT DO NOTHING`,
	}
)

const (
	insertIncident = `INSERT INTO incidents (id, phase, seq, level, changed_at, state, reported_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	// Most commands leave the phase as it is; naming it would have its index written again.
	updateIncident = `UPDATE incidents SET seq = $3, level = $4, changed_at = $5, state = $6 WHERE id = $1 AND phase = $2 AND seq = $7`
	movedIncident  = `UPDATE incidents SET phase = $2, seq = $3, level = $4, changed_at = $5, state = $6 WHERE id = $1 AND seq = $7`
	deleteMember   = `DELETE FROM members WHERE incident = $1 AND person = $2`
	insertRequest  = `INSERT INTO requests (key, person, incident, digest, outcome, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
)

// Save writes everything one command caused.
func (t *tx) Save(ctx context.Context, c workflows.Change) error {
	for _, saved := range c.Incidents {
		if err := t.saveIncident(ctx, saved, c.At); err != nil {
			return fmt.Errorf("save %s: %w", saved.Row.ID, err)
		}
	}
	if err := saveMessages(ctx, t.s, c.Messages, c.At); err != nil {
		return fmt.Errorf("save the messages: %w", err)
	}
	if c.Hasten != "" {
		if err := t.s.later(ctx, hastenMessages, micro(c.At), string(c.Hasten)); err != nil {
			return fmt.Errorf("hasten the messages: %w", err)
		}
	}
	if err := t.saveTimers(ctx, c.Timers, c.Cancel); err != nil {
		return fmt.Errorf("save the timers: %w", err)
	}
	if err := t.saveAbsences(ctx, c.Absences); err != nil {
		return fmt.Errorf("save the absences: %w", err)
	}
	if r := c.Request; r != nil {
		err := t.s.mustChange(ctx, workflows.ErrDone, []string{insertRequest},
			r.Key, string(r.By), string(r.Incident), r.Digest, string(r.Outcome), micro(c.At))
		if err != nil {
			return fmt.Errorf("save the request: %w", err)
		}
	}
	return t.notify(ctx, c)
}

// notify tells the other processes which incidents changed, and whether there is work.
func (t *tx) notify(ctx context.Context, c workflows.Change) error {
	work := len(c.Messages) > 0 || len(c.Timers) > 0 || c.Hasten != ""
	for _, saved := range c.Incidents {
		if err := t.s.notify(ctx, workflows.Changed{Incident: saved.Row.ID, Work: work}); err != nil {
			return err
		}
	}
	if work && len(c.Incidents) == 0 {
		return t.s.notify(ctx, workflows.Changed{Work: true})
	}
	return nil
}

func (t *tx) saveIncident(ctx context.Context, saved workflows.SavedIncident, at time.Time) error {
	if err := t.saveRow(ctx, saved, at); err != nil {
		return err
	}
	if err := t.saveMembers(ctx, saved); err != nil {
		return err
	}
	return t.saveEntries(ctx, saved)
}

// saveRow writes the row, if it still is the one that was read.
func (t *tx) saveRow(ctx context.Context, saved workflows.SavedIncident, at time.Time) error {
	in := saved.Row
	if in.Newer {
		return workflows.ErrNewer // what is not known here would be lost
	}
	state, err := json.Marshal(in)
	if err != nil {
		return err
	}
	forms, last := updates, saved.Before
	if saved.Before == 0 {
		forms, last = inserts, in.ReportedAt.UnixMicro()
	}
	return t.s.mustChange(ctx, workflows.ErrConflict, forms,
		string(in.ID), string(in.Phase), in.Seq, int64(in.Level), micro(at), padded(state), last)
}

var (
	updates = []string{updateIncident, movedIncident}
	inserts = []string{insertIncident}
)

// block is what the stored length of a state is a multiple of. A row that keeps its length is
// overwritten in place, and of its pages only those are written that differ.
const block = 1024

var spaces = strings.Repeat(" ", block)

func padded(state []byte) string {
	var b strings.Builder
	b.Grow(len(state) + block)
	b.Write(state)
	b.WriteString(spaces[len(state)%block:])
	return b.String()
}

// saveMembers keeps the lists in which people find the incident. A reporter who leaves the
// circle still finds his own report.
func (t *tx) saveMembers(ctx context.Context, saved workflows.SavedIncident) error {
	in := saved.Row
	for _, p := range saved.Left {
		if in.ReportedBy(p) {
			continue
		}
		if err := t.s.later(ctx, deleteMember, string(in.ID), string(p)); err != nil {
			return err
		}
	}
	rows := []any{string(in.ID)}
	for i, p := range saved.Joined {
		left := slices.Contains(saved.Left, p) && !in.ReportedBy(p) && !slices.ContainsFunc(in.Circle, func(m incident.Member) bool { return m.Person == p })
		if !left && !slices.Contains(saved.Joined[:i], p) {
			rows = append(rows, string(p))
		}
	}
	return insertMembers.run(ctx, t.s, rows)
}

func (t *tx) saveEntries(ctx context.Context, saved workflows.SavedIncident) error {
	id := any(string(saved.Row.ID))
	entries := append(make([]any, 0, 1+len(saved.Sealed)*insertEntries.columns), id)
	texts := append(make([]any, 0, 1+2*len(saved.Sealed)*insertTexts.columns), id)
	// What all entries of one command have in common.
	var at, occurred once[int64]
	var by, source, name once[string]
	for i := range saved.Sealed {
		e := &saved.Sealed[i]
		r := &e.Record
		entries = append(entries, r.Seq, at.of(r.At.UnixMicro()), occurred.of(r.Occurred.UnixMicro()), by.of(string(r.By)),
			source.of(string(r.Source)), string(r.Event.Kind()), string(e.Body), name.of(r.ByName.Digest), r.Prev, r.Digest)
		for _, x := range e.Texts {
			texts = append(texts, x.Digest, x.Salt, x.Body)
		}
	}
	if err := insertEntries.run(ctx, t.s, entries); err != nil {
		return err
	}
	return insertTexts.run(ctx, t.s, texts)
}

// once turns a value into an argument, the same value again into the same argument: with a
// dozen entries of eleven columns the copies would be most of what a report allocates.
type once[T comparable] struct {
	v T
	a any
}

func (o *once[T]) of(v T) any {
	if o.a == nil || o.v != v {
		o.v, o.a = v, v
	}
	return o.a
}
