package main

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hikeshi/store"
)

// Of what is to be sent when the program has ended, only what fell due meanwhile is excused.
func TestWhatIsStuckIsNotLeftOver(t *testing.T) {
	begun := time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC)
	k := &killable{t: t, url: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), ending: begun, ended: begun.Add(2 * time.Second)}
	s, err := store.Open(t.Context(), k.url)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := k.open()
	defer db.Close()
	before, during, after := begun.Add(-time.Hour), begun.Add(time.Second), begun.Add(time.Minute)
	for i, c := range []struct {
		created, due time.Time
		attempt      int
	}{
		1: {during, during, 0}, // made meanwhile
		2: {during, after, 1},  // and tried
		3: {before, during, 0}, // worded anew meanwhile
		4: {before, during, 5}, // stuck, and due again by chance
		5: {before, after, 5},
		6: {before, after, 0},  // waits for a platform that asked to wait
		7: {before, before, 0}, // never tried
	} {
		_, err := db.Exec(`INSERT INTO messages (id, key, kind, incident, person, seq, urgent, day, created, due, next, attempt, state)
			VALUES ($1, $2, 'feed', 'INC-2026-0001', '', 1, 0, '', $3, $4, $4, $5, 'pending')`, i, i, c.created.UnixMicro(), c.due.UnixMicro(), c.attempt)
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := slices.Sorted(maps.Keys(k.leftOver())); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("left over: %d", got)
	}
}
