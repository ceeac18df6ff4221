package workflows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	Files     int // entries that name a file
	Gone      int // of them, those whose bytes were erased
	Breaches  []incident.Breach
}

// Verify folds the record of every incident again and compares it with the stored row, and
// walks every chain of digests. It names what was changed, removed, reordered, inserted or
// cut off, and numbers that were given out but are gone. It reads every attached file, and
// names the entries whose bytes are missing or are not those that were attached. It needs no
// service: it also runs beside a stopped server.
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
			id := numbered(series, n)
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

// verifyOne checks one incident beside a server that may be working on it: the row is read
// first, and entries that came after it are left to the next check, if the row of afterwards
// knows of them.
func verifyOne(ctx context.Context, store Store, id incident.ID, v *Verification) error {
	row, err := incidentOrNil(ctx, store, id)
	if err != nil {
		return err
	}
	if row != nil && row.Newer {
		return ErrNewer // half of it says nothing, neither good nor bad
	}
	records, bodies, err := store.Evidence(ctx, id)
	if err != nil {
		return err
	}
	after, err := incidentOrNil(ctx, store, id)
	if err != nil {
		return err
	}
	if row == nil && after != nil {
		return verifyOne(ctx, store, id, v) // it was reported just now
	}
	v.Incidents++
	if row == nil {
		v.Entries += len(records)
		v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Key: "verify.row_missing"})
		return nil
	}
	for n := len(records); n > 0 && after != nil && records[n-1].Seq > row.Seq && records[n-1].Seq <= after.Seq; n-- {
		records, bodies = records[:n-1], bodies[:n-1]
	}
	v.Entries += len(records)
	breaches := incident.CheckChain(id, records, bodies, row.Seq, row.Head)
	v.Breaches = append(v.Breaches, breaches...)
	erased := 0
	for i := range records {
		erased += incident.ErasedTexts(&records[i])
	}
	v.Erased += erased
	if err := verifyFiles(ctx, store, id, records, breaches, v); err != nil {
		return err
	}
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

// verifyFiles compares the bytes of the files that entries name with what was attached. An
// entry that was changed itself says nothing about a file.
func verifyFiles(ctx context.Context, store Store, id incident.ID, records []incident.Record, broken []incident.Breach, v *Verification) error {
	found := map[string]fileFound{} // by digest: the same bytes may be attached under several names
	for _, r := range records {
		e, ok := r.Event.(incident.FileAttached)
		if !ok || slices.ContainsFunc(broken, func(b incident.Breach) bool { return b.Seq == r.Seq }) {
			continue
		}
		v.Files++
		f, known := found[e.SHA256]
		if !known {
			var err error
			if f, err = findFile(ctx, store, id, e.SHA256); err != nil {
				return fmt.Errorf("the file of entry %d: %w", r.Seq, err)
			}
			found[e.SHA256] = f
		}
		switch {
		case f.erased:
			v.Gone++
		case f.missing:
			v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Seq: r.Seq, Key: "verify.file_missing"})
		case f.size != e.Size:
			v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Seq: r.Seq, Key: "verify.file_size"})
		case f.sha256 != e.SHA256:
			v.Breaches = append(v.Breaches, incident.Breach{Incident: id, Seq: r.Seq, Key: "verify.file_changed"})
		}
	}
	return nil
}

// fileFound is what lies under a digest.
type fileFound struct {
	size            int64
	sha256          string
	missing, erased bool
}

func findFile(ctx context.Context, store Files, id incident.ID, digest string) (f fileFound, err error) {
	r, _, err := store.OpenFile(ctx, id, digest)
	switch {
	case errors.Is(err, ErrErased):
		return fileFound{erased: true}, nil
	case errors.Is(err, ErrNotFound):
		return fileFound{missing: true}, nil
	case err != nil:
		return f, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	f.size, err = io.Copy(h, r)
	f.sha256 = hex.EncodeToString(h.Sum(nil))
	return f, err
}

func incidentOrNil(ctx context.Context, store Store, id incident.ID) (*incident.Incident, error) {
	in, err := store.Incident(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return in, err
}
