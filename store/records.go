package store

import (
	"context"
	"fmt"
	"slices"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const (
	entryColumns = `incident, seq, at, occurred, person, source, kind, body, name_digest, prev, digest`

	selectEntries  = `SELECT ` + entryColumns + ` FROM entries WHERE incident = $1 AND seq >= $2 ORDER BY seq LIMIT $3`
	selectEvidence = `SELECT ` + entryColumns + ` FROM entries WHERE incident = $1 ORDER BY id`
	selectTexts    = `SELECT digest, salt, body FROM texts WHERE incident = $1`
	someTexts      = selectTexts + ` AND digest IN ($2, $3, $4, $5, $6, $7, $8, $9)`
	selectAuthored = `SELECT seq, kind FROM entries WHERE incident = $1 AND person = $2 ORDER BY seq DESC`
)

// stored is an entry as it lies in the database: its event still encoded.
type stored struct {
	record incident.Record
	kind   incident.EventKind
	body   []byte
}

func scanEntry(rows rows) (e stored, err error) {
	r := &e.record
	var at, occurred int64
	err = rows.Scan(&r.Incident, &r.Seq, &at, &occurred, &r.By, &r.Source, &e.kind, &e.body, &r.ByName.Digest, &r.Prev, &r.Digest)
	r.At, r.Occurred = exactly(at), exactly(occurred)
	return e, err
}

// addTexts reads texts of an incident that are still there.
func addTexts(ctx context.Context, s statements, into map[string]incident.Text, query string, args ...any) error {
	list, err := all(ctx, s, query, args, func(rows rows) (t incident.Text, err error) {
		return t, rows.Scan(&t.Digest, &t.Salt, &t.Body)
	})
	for _, t := range list {
		into[t.Digest] = t
	}
	return err
}

// few is how many texts are asked for by one statement, and how many of those are fewer
// than reading every text of the incident.
const few, fewTimes = 8, 8

// restore puts the texts back into entries.
func restore(ctx context.Context, s statements, id incident.ID, entries []stored) error {
	var digests []any
	for i := range entries {
		for _, d := range incident.TextDigests(&entries[i].record) {
			digests = append(digests, d)
		}
	}
	texts := make(map[string]incident.Text, len(digests))
	if len(digests) > few*fewTimes {
		if err := addTexts(ctx, s, texts, selectTexts, string(id)); err != nil {
			return err
		}
	} else {
		for part := range slices.Chunk(digests, few) {
			args := append([]any{string(id)}, part...)
			for len(args) < 1+few {
				args = append(args, "") // no text has this digest
			}
			if err := addTexts(ctx, s, texts, someTexts, args...); err != nil {
				return err
			}
		}
	}
	for i := range entries {
		incident.Restore(&entries[i].record, texts)
	}
	return nil
}

func records(ctx context.Context, s statements, id incident.ID, from int64, limit int) ([]incident.Record, error) {
	list, err := all(ctx, s, selectEntries, []any{string(id), from, atMost(limit)}, scanEntry)
	if err != nil {
		return nil, err
	}
	for i := range list {
		e := &list[i]
		if e.record.Event, err = incident.Decode(e.kind, e.body); err != nil {
			return nil, fmt.Errorf("entry %d of %s: %w", e.record.Seq, id, err)
		}
	}
	if err := restore(ctx, s, id, list); err != nil {
		return nil, err
	}
	var out []incident.Record
	for _, e := range list {
		out = append(out, e.record)
	}
	return out, nil
}

// Records gives the entries of an incident from a sequence number on, with their texts.
func (d *database) Records(ctx context.Context, id incident.ID, from int64, limit int) ([]incident.Record, error) {
	return records(ctx, d.reading(), id, from, limit)
}

// unreadable stands in evidence for an event that cannot be decoded: its body was changed
// into something else, which the chain of digests will show.
type unreadable struct{ kind incident.EventKind }

func (u unreadable) Kind() incident.EventKind { return u.kind }

// Evidence gives the entries in the order of insertion with their bodies as they are stored.
// One that cannot be decoded any more is given all the same, so that it can be named.
func (d *database) Evidence(ctx context.Context, id incident.ID) ([]incident.Record, [][]byte, error) {
	s := d.reading()
	list, err := all(ctx, s, selectEvidence, []any{string(id)}, scanEntry)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		e := &list[i]
		if e.record.Event, err = incident.Decode(e.kind, e.body); err != nil {
			e.record.Event = unreadable{e.kind}
		}
	}
	if err := restore(ctx, s, id, list); err != nil {
		return nil, nil, err
	}
	var out []incident.Record
	var bodies [][]byte
	for _, e := range list {
		out, bodies = append(out, e.record), append(bodies, e.body)
	}
	return out, bodies, nil
}

// lastBy finds the last entry of a person, reading backwards until one fits.
func lastBy(ctx context.Context, s statements, id incident.ID, by incident.PersonID, kinds []incident.EventKind, except []int64) (incident.Record, error) {
	seq, err := lastSeq(ctx, s, id, by, kinds, except)
	if err != nil {
		return incident.Record{}, err
	}
	list, err := records(ctx, s, id, seq, 1)
	if err != nil {
		return incident.Record{}, err
	}
	if len(list) == 0 || list[0].Seq != seq {
		return incident.Record{}, fmt.Errorf("entry %d of %s: %w", seq, id, workflows.ErrNotFound)
	}
	return list[0], nil
}

func lastSeq(ctx context.Context, s statements, id incident.ID, by incident.PersonID, kinds []incident.EventKind, except []int64) (int64, error) {
	rows, err := s.query(ctx, selectAuthored, string(id), string(by))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var kind incident.EventKind
		if err := rows.Scan(&seq, &kind); err != nil {
			return 0, err
		}
		if slices.Contains(kinds, kind) && !slices.Contains(except, seq) {
			return seq, nil
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("an entry of this person in %s: %w", id, workflows.ErrNotFound)
}
