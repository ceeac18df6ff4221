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

var (
	insertMembers = &insert{
		into: `INSERT INTO members (incident, person) VALUES`, columns: 2,
		row: `(?, ?)`, conflict: ` ON CONFLICT DO NOTHING`,
	}
	insertEntries = &insert{
		into: `INSERT INTO entries (` + entryColumns + `) VALUES`, columns: 11,
		row: `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	}
	insertTexts = &insert{
		into: `INSERT INTO texts (incident, digest, salt, body) VALUES`, columns: 4,
		row: `(?, ?, ?, ?)`, conflict: ` ON CONFLICT DO NOTHING`,
	}
	insertRequests = &insert{
		into: `INSERT INTO requests (at, key, person, incident, digest, outcome) VALUES`, shared: 1, columns: 5,
		row: `(?1, ?, ?, ?, ?, ?)`, conflict: ` ON CONFLICT DO NOTHING`,
	}
)

const (
	insertIncident = `INSERT INTO incidents (id, phase, seq, level, changed_at, state, reported_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	// Most commands leave the phase as it is; naming it would have its index written again.
	updateIncident = `UPDATE incidents SET seq = $3, level = $4, changed_at = $5, state = $6 WHERE id = $1 AND phase = $2 AND seq = $7`
	movedIncident  = `UPDATE incidents SET phase = $2, seq = $3, level = $4, changed_at = $5, state = $6 WHERE id = $1 AND seq = $7`
	deleteMember   = `DELETE FROM members WHERE incident = $1 AND person = $2`
)

// Save writes everything one command caused, or several together: as many rows in a statement
// as there are.
func (t *tx) Save(ctx context.Context, c workflows.Change) error {
	if err := t.saveIncidents(ctx, c.Incidents, c.At); err != nil {
		return err
	}
	if err := saveMessages(ctx, t.s, c.Messages, c.At); err != nil {
		return fmt.Errorf("save the messages: %w", err)
	}
	if c.Hasten != "" {
		if err := t.s.later(ctx, hastenMessages, micro(c.At), string(c.Hasten), onFront(c.HastenOn)); err != nil {
			return fmt.Errorf("hasten the messages: %w", err)
		}
	}
	if err := t.saveTimers(ctx, c.Timers, c.Cancel); err != nil {
		return fmt.Errorf("save the timers: %w", err)
	}
	if err := t.saveAbsences(ctx, c.Absences); err != nil {
		return fmt.Errorf("save the absences: %w", err)
	}
	if c.Contacts != 0 {
		if err := t.nextContacts(ctx, c.Contacts); err != nil {
			return fmt.Errorf("save whose an account is: %w", err)
		}
	}
	if err := t.saveRequests(ctx, c); err != nil {
		return fmt.Errorf("save the request: %w", err)
	}
	return t.notify(ctx, c)
}

func (t *tx) saveRequests(ctx context.Context, c workflows.Change) error {
	requests := c.Requests
	if c.Request != nil {
		requests = append(slices.Clip(requests), *c.Request)
	}
	if len(requests) == 0 {
		return nil
	}
	rows := append(make([]any, 0, 1+len(requests)*insertRequests.columns), micro(c.At))
	for _, r := range requests {
		rows = append(rows, r.Key, string(r.By), string(r.Incident), r.Digest, string(r.Outcome))
	}
	return insertRequests.all(ctx, t.s, workflows.ErrDone, rows)
}

// notify tells the other processes which incidents changed, and whether there is work.
func (t *tx) notify(ctx context.Context, c workflows.Change) error {
	work := len(c.Messages) > 0 || len(c.Timers) > 0 || c.Hasten != ""
	var changes []workflows.Changed
	for _, saved := range c.Incidents {
		changes = append(changes, workflows.Changed{Incident: saved.Row.ID, Work: work})
	}
	if work && len(c.Incidents) == 0 {
		changes = []workflows.Changed{{Work: true}}
	}
	return t.s.notify(ctx, changes...)
}

func (t *tx) saveIncidents(ctx context.Context, list []workflows.SavedIncident, at time.Time) error {
	states := make([]encoded, len(list))
	onAllCores(len(list), func(i int) { states[i] = encode(list[i].Row) })
	for i, saved := range list {
		if err := t.saveRow(ctx, saved, states[i], at); err != nil {
			return fmt.Errorf("save %s: %w", saved.Row.ID, err)
		}
	}
	if err := t.saveMembers(ctx, list); err != nil {
		return fmt.Errorf("save the members: %w", err)
	}
	if err := t.saveEntries(ctx, list); err != nil {
		return fmt.Errorf("save the entries: %w", err)
	}
	return nil
}

// saveRow writes the row, if it still is the one that was read.
func (t *tx) saveRow(ctx context.Context, saved workflows.SavedIncident, state encoded, at time.Time) error {
	if state.err != nil {
		return state.err
	}
	in := saved.Row
	forms, last := updates, saved.Before
	if saved.Before == 0 {
		forms, last = inserts, in.ReportedAt.UnixMicro()
	}
	return t.s.mustChange(ctx, workflows.ErrConflict, 1, forms,
		string(in.ID), string(in.Phase), in.Seq, int64(in.Level), micro(at), state.body, last)
}

// encoded is the state of an incident as it is stored.
type encoded struct {
	body string
	err  error
}

func encode(in *incident.Incident) encoded {
	if in.Newer {
		return encoded{err: workflows.ErrNewer} // what is not known here would be lost
	}
	state, err := json.Marshal(in)
	if err != nil {
		return encoded{err: err}
	}
	return encoded{body: padded(state)}
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
func (t *tx) saveMembers(ctx context.Context, list []workflows.SavedIncident) error {
	var rows []any
	for _, saved := range list {
		in := saved.Row
		for _, p := range saved.Left {
			if in.ReportedBy(p) {
				continue
			}
			if err := t.s.later(ctx, deleteMember, string(in.ID), string(p)); err != nil {
				return err
			}
		}
		for i, p := range saved.Joined {
			left := slices.Contains(saved.Left, p) && !in.ReportedBy(p) && !slices.ContainsFunc(in.Circle, func(m incident.Member) bool { return m.Person == p })
			if !left && !slices.Contains(saved.Joined[:i], p) {
				rows = append(rows, string(in.ID), string(p))
			}
		}
	}
	return insertMembers.run(ctx, t.s, rows)
}

func (t *tx) saveEntries(ctx context.Context, list []workflows.SavedIncident) error {
	sealed := 0
	for _, saved := range list {
		sealed += len(saved.Sealed)
	}
	entries := make([]any, 0, sealed*insertEntries.columns)
	texts := make([]any, 0, 2*sealed*insertTexts.columns)
	// What all entries of one command have in common.
	var at, occurred once[int64]
	var by, source, name once[string]
	for _, saved := range list {
		id := any(string(saved.Row.ID))
		for i := range saved.Sealed {
			e := &saved.Sealed[i]
			r := &e.Record
			entries = append(entries, id, r.Seq, at.of(r.At.UnixMicro()), occurred.of(r.Occurred.UnixMicro()), by.of(string(r.By)),
				source.of(string(r.Source)), string(r.Event.Kind()), string(e.Body), name.of(r.ByName.Digest), r.Prev, r.Digest)
			for _, x := range e.Texts {
				texts = append(texts, id, x.Digest, x.Salt, x.Body)
			}
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
