package store

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"hikeshi/workflows/incident"
)

// foreseen is what a transaction has read ahead. Each of it is given once: what is asked for
// again may have been changed by the transaction itself.
type foreseen struct {
	outcomes map[string][]byte // nil: not done
	rows     map[incident.ID]readRow
}

// readRow is a row, or what is wrong with it.
type readRow struct {
	in  *incident.Incident
	err error
}

func (f *foreseen) done(key string) (outcome []byte, known bool) {
	outcome, known = f.outcomes[key]
	delete(f.outcomes, key)
	return outcome, known
}

func (f *foreseen) row(id incident.ID) (r readRow, known bool) {
	r, known = f.rows[id]
	delete(f.rows, id)
	return r, known
}

// foreseenAtOnce is how many rows one statement asks for. Where fewer are wanted it is filled up with
// what no row has, so that there is one statement.
const foreseenAtOnce = 128

var (
	places      = placeholders(foreseenAtOnce)
	selectDones = `SELECT key, outcome FROM requests WHERE key IN (` + places + `)`
)

func placeholders(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = "$" + strconv.Itoa(i+1)
	}
	return strings.Join(all, ", ")
}

// lockIncidents takes the rows in one order, so that two who want some of the same do not hold
// a part each.
func lockIncidents(d dialect) string {
	return `SELECT ` + incidentColumns + ` FROM incidents i WHERE i.id IN (` + places + `) ORDER BY i.id` + d.lockRow
}

func (t *tx) Foresee(ctx context.Context, keys []string, ids []incident.ID) error {
	if _, err := t.ContactsVersion(ctx); err != nil {
		return err
	}
	t.foreseen = foreseen{outcomes: make(map[string][]byte, len(keys)), rows: make(map[incident.ID]readRow, len(ids))}
	for part := range slices.Chunk(keys, foreseenAtOnce) {
		type done struct {
			key     string
			outcome []byte
		}
		list, err := all(ctx, t.s, selectDones, filled(part), func(rows rows) (d done, err error) { return d, rows.Scan(&d.key, &d.outcome) })
		if err != nil {
			return err
		}
		for _, key := range part {
			t.foreseen.outcomes[key] = nil
		}
		for _, d := range list {
			t.foreseen.outcomes[d.key] = d.outcome
		}
	}
	ids = slices.Sorted(slices.Values(ids))
	for part := range slices.Chunk(ids, foreseenAtOnce) {
		list, err := all(ctx, t.s, t.sql.lockIncidents, filled(part), scanRow)
		if err != nil {
			return err
		}
		read := make([]readRow, len(list))
		onAllCores(len(list), func(i int) { read[i].in, read[i].err = list[i].incident() })
		for i, r := range list {
			t.foreseen.rows[incident.ID(r.id)] = read[i]
		}
	}
	return nil
}

// onAllCores does f for 0 to n-1, beside one another: most of the time that many incidents take
// goes into reading and writing their states.
func onAllCores(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/8) // for a few, others have better use of the cores
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}

func filled[T ~string](part []T) []any {
	args := make([]any, foreseenAtOnce)
	for i := range args {
		args[i] = ""
		if i < len(part) {
			args[i] = string(part[i])
		}
	}
	return args
}
