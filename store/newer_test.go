package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A newer server on the same database has written a field into a row, or an entry, that this
// one does not know: the row is shown and not changed, and nobody acts on half of a record.
func TestARowOfANewerVersionIsShownAndNotChanged(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		url := sqlite(t)
		rowOfANewerVersion(t, url, "sqlite", strings.TrimPrefix(url, "sqlite:"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := pgtest.Shared(t).Empty(t)
		rowOfANewerVersion(t, url, "pgx", url+"&search_path=hikeshi")
	})
}

func rowOfANewerVersion(t *testing.T, url, driver, source string) {
	ctx := t.Context()
	c := newCompany(t, url)
	id, other := c.report(t, 1), c.report(t, 2)
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	state := func(of incident.ID) (body []byte) {
		t.Helper()
		if err := db.QueryRow(`SELECT state FROM incidents WHERE id = $1`, string(of)).Scan(&body); err != nil {
			t.Fatal(err)
		}
		return body
	}
	write := func(body []byte) {
		t.Helper()
		if _, err := db.Exec(`UPDATE incidents SET state = $1 WHERE id = $2`, string(body), string(id)); err != nil {
			t.Fatal(err)
		}
	}
	ours := state(id)
	theirs := bytes.Replace(ours, []byte(`"person":`), []byte(`"moon":"full","person":`), 1)
	if bytes.Equal(ours, theirs) {
		t.Fatal("nothing was changed")
	}
	write(theirs)

	in, err := c.store.Incident(ctx, id)
	if err != nil || !in.Newer || in.Title == "" || in.Seq == 0 {
		t.Fatalf("it cannot be shown: %+v, %v", in, err)
	}
	if list, err := c.store.Incidents(ctx, workflows.IncidentQuery{}); err != nil || len(list) != 2 {
		t.Errorf("the list has %d, %v", len(list), err)
	}
	do := func(of incident.ID, what incident.Command, timer string) error {
		c.keys++
		_, err := c.Do(context.Background(), workflows.Command{
			Key: "newer-" + string(of) + timer + string(what.Word()), Incident: of, By: c.leader, Bot: timer != "", Source: incident.FromPerson, Do: what, Timer: timer,
		})
		return err
	}
	if err := do(id, incident.Note{Text: "x"}, ""); !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("a note: %v", err)
	}
	due, ok := c.InForce().Paging.Due(in, c.People())
	if !ok {
		t.Fatal("nobody is waited for")
	}
	c.tick = due
	if err := do(id, incident.PassRound{Round: in.Round, Due: due}, "round:"+string(id)); !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("a round: %v", err)
	}
	if err := do(other, incident.Merge{Into: id}, ""); !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("a merge into it: %v", err)
	}
	err = c.store.Write(ctx, func(tx workflows.Tx) error {
		in.Seq++
		return tx.Save(ctx, workflows.Change{At: c.tick, Incidents: []workflows.SavedIncident{{Row: in, Before: in.Seq - 1}}})
	})
	if !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("it was saved: %v", err)
	}
	if !bytes.Equal(state(id), theirs) {
		t.Errorf("the row was changed to %s", state(id))
	}
	if _, err := workflows.Verify(ctx, c.store); !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("verify judges what it cannot read: %v", err)
	}

	// The same with the rules that it began with.
	rules := bytes.Replace(c.InForce().Encode(), []byte(`{"procedures":`), []byte(`{"moon":"full","procedures":`), 1)
	sum := sha256.Sum256(rules)
	version := hex.EncodeToString(sum[:])[:len(c.InForce().Version())]
	if err := c.store.SaveEdition(ctx, version, rules, c.tick); err != nil {
		t.Fatal(err)
	}
	write(bytes.Replace(ours, []byte(c.InForce().Version()), []byte(version), 1))
	if err := do(id, incident.Note{Text: "y"}, ""); !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("a note by rules that are not known: %v", err)
	}
	if _, _, err := c.Incident(ctx, c.leader.ID, id); err != nil {
		t.Errorf("it cannot be shown: %v", err)
	}

	// The same with an entry: what need not read it goes on.
	write(ours)
	if seq := c.note(t, id); seq != in.Seq {
		t.Errorf("a note became entry %d, want %d", seq, in.Seq)
	}
	if _, err := db.Exec(`UPDATE entries SET kind = 'moon_rose' WHERE incident = $1 AND seq = $2`, string(id), in.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := c.store.Records(ctx, id, 1, 0); !errors.Is(err, workflows.ErrNewer) {
		t.Errorf("the record is read without it: %v", err)
	}
	if seq := c.note(t, id); seq != in.Seq+1 {
		t.Errorf("the next note became entry %d, want %d", seq, in.Seq+1)
	}
}
