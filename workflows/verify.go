package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// Verification is what a check of the whole record found.
type Verification struct {
	Incidents int
	Entries   int
	Erased    int // texts that were erased; the chain holds without them
	Breaches  []incident.Breach
}

// Verify folds the record of every incident again and compares it with the stored row, and
// walks every chain of digests. It names what was changed, removed, reordered, inserted or
// cut off, and numbers that were given out but are gone. It needs no service: it also runs
// beside a stopped server.
func Verify(ctx context.Context, store Store) (Verification, error) {
	var v Verification
	// Before the list, and again after it: beside a running server, numbers are given out and
	// entries written while this reads.
	counters, err := store.Counters(ctx)
	if err != nil {
		return v, fmt.Errorf("read the counters: %w", err)
	}
	ids, err := store.AllIDs(ctx)
	if err != nil {
		return v, fmt.Errorf("list the incidents: %w", err)
	}
	for _, id := range ids {
		if err := verifyOne(ctx, store, id, &v); err != nil {
			return v, fmt.Errorf("%s: %w", id, err)
		}
	}
	for series, last := range counters {
		for n := 1; n <= last; n++ {
			id := incident.ID(fmt.Sprintf("%s-%04d", series, n))
			if !slices.Contains(ids, id) {
				v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Key: "verify.missing"})
			}
		}
	}
	if counters, err = store.Counters(ctx); err != nil {
		return v, fmt.Errorf("read the counters: %w", err)
	}
	for _, id := range ids {
		series, number, ok := cutLast(string(id))
		if n, err := strconv.Atoi(number); !ok || err != nil || n > counters[series] {
			v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Key: "verify.not_numbered"})
		}
	}
	slices.SortFunc(v.Breaches, func(a, b incident.Breach) int {
		if c := strings.Compare(string(a.Incident), string(b.Incident)); c != 0 {
			return c
		}
		return int(a.Seq - b.Seq)
	})
	return v, nil
}

func cutLast(id string) (series, number string, ok bool) {
	i := strings.LastIndexByte(id, '-')
	if i < 0 {
		return "", "", false
	}
	return id[:i], id[i+1:], true
}

// readings is how often an incident is read again because it changed while it was read. It
// changes at the pace of people.
const readings = 20

func verifyOne(ctx context.Context, store Store, id incident.ID, v *Verification) error {
	var row *incident.Incident
	var records []incident.Record
	var bodies [][]byte
	for try := 0; ; try++ {
		before, err := store.Incident(ctx, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if records, bodies, err = store.Evidence(ctx, id); err != nil {
			return err
		}
		if row, err = store.Incident(ctx, id); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if before == nil && row == nil || before != nil && row != nil && before.Seq == row.Seq || try == readings {
			break
		}
	}
	v.Incidents++
	v.Entries += len(records)
	if row == nil {
		v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Key: "verify.row_missing"})
		return nil
	}
	breaches := incident.CheckChain(id, records, bodies, row.Seq, row.Head)
	v.Breaches = append(v.Breaches, breaches...)
	erased := 0
	for i := range records {
		erased += incident.ErasedTexts(&records[i])
	}
	v.Erased += erased
	if len(breaches) > 0 {
		return nil // the fold of a broken record says nothing about the row
	}
	folded := incident.Fold(id, records)
	if erased > 0 {
		folded, row = folded.Bare(), row.Bare()
	}
	want, err := json.Marshal(folded)
	if err != nil {
		return err
	}
	got, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if string(want) != string(got) {
		v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Seq: row.Seq, Key: "verify.state"})
	}
	return nil
}
