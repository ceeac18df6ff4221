package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var transactions = []testCase{
	{"AllOrNothing", allOrNothing},
	{"Panic", panics},
	{"Cancelled", cancelled},
	{"OwnWritesAreSeen", ownWrites},
	{"ConflictOnAnotherSeq", conflict},
	{"RequestsAreDoneOnce", requests},
	{"SameReport", sameReport},
	{"Reports", reports},
	{"NumbersWithoutGaps", numbers},
	{"Durable", durable},
	{"ManyWriters", manyWriters},
	{"SavedTogether", savedTogether},
	{"Foreseen", foreseen},
}

var errStop = errors.New("stop")

// everything is a change that touches every table a change can touch.
func everything(t *testing.T, c *clerk, tx workflows.Tx, n int) workflows.Change {
	in := incident.New(incident.ID(fmt.Sprintf("INC-2026-%04d", n)))
	saved := c.sealed(t, in, yamada, c.decide(t, in, yamada, incident.Report{Text: "電車に忘れた", What: incident.KindLoss})...)
	return workflows.Change{
		At: start, Incidents: []workflows.SavedIncident{saved},
		Request:  &workflows.DoneRequest{Key: "k", By: yamada, Incident: in.ID, Digest: "d", Outcome: []byte("{}")},
		Messages: []incident.Notice{{Key: "page", Incident: in.ID, To: sato, Urgent: true}},
		Timers:   []workflows.Timer{{Key: "round", Incident: in.ID, Due: start}},
	}
}

// nothing checks that none of everything is there.
func nothing(t *testing.T, s workflows.Store) {
	t.Helper()
	ctx := t.Context()
	same(t, "incidents", len(got(s.AllIDs(ctx))(t)), 0)
	same(t, "counters", got(s.Counters(ctx))(t), map[string]int{})
	same(t, "messages", len(got(s.Messages(ctx, workflows.MessageQuery{Incident: "INC-2026-0001", All: true}))(t)), 0)
	if next, ok, err := s.NextDue(ctx); ok || err != nil {
		t.Errorf("something is due at %s (error %v)", next, err)
	}
	write(t, s, func(tx workflows.Tx) error {
		if _, ok, err := tx.Done(ctx, "k"); ok || err != nil {
			t.Errorf("the request counts as done (error %v)", err)
		}
		if id, ok, err := tx.SameReport(ctx, yamada, "d", start); ok || err != nil {
			t.Errorf("the report is found as %s (error %v)", id, err)
		}
		return nil
	})
}

func saveEverything(t *testing.T, s workflows.Store, tx workflows.Tx) {
	t.Helper()
	n, err := tx.NextNumber(context.Background(), "INC-2026")
	must(t, err)
	must(t, tx.Save(context.Background(), everything(t, newClerk(s), tx, n)))
}

func allOrNothing(t *testing.T, db Database) {
	s := db.Open(t)
	err := s.Write(t.Context(), func(tx workflows.Tx) error {
		saveEverything(t, s, tx)
		return errStop
	})
	is(t, "write", err, errStop)
	nothing(t, s)
	write(t, s, func(tx workflows.Tx) error {
		saveEverything(t, s, tx)
		return nil
	})
	same(t, "incidents", got(s.AllIDs(t.Context()))(t), []incident.ID{"INC-2026-0001"})
}

func panics(t *testing.T, db Database) {
	s := db.Open(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not come through")
			}
		}()
		_ = s.Write(t.Context(), func(tx workflows.Tx) error {
			saveEverything(t, s, tx)
			panic("on the way")
		})
	}()
	nothing(t, s)
}

func cancelled(t *testing.T, db Database) {
	s := db.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Write(ctx, func(tx workflows.Tx) error {
		saveEverything(t, s, tx)
		cancel()
		return nil
	})
	is(t, "write", err, context.Canceled)
	nothing(t, s)
	called := false
	err = s.Write(ctx, func(workflows.Tx) error { called = true; return nil })
	is(t, "write with an ended context", err, context.Canceled)
	if called {
		t.Error("a transaction was begun for nobody")
	}
}

func ownWrites(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	write(t, s, func(tx workflows.Tx) error {
		saveEverything(t, s, tx)
		in, err := tx.Incident(ctx, "INC-2026-0001")
		must(t, err)
		same(t, "records", int64(len(got(tx.Records(ctx, in.ID, 1, 0))(t))), in.Seq)
		if _, ok, err := tx.Done(ctx, "k"); !ok || err != nil {
			t.Errorf("the request is not done (error %v)", err)
		}
		// Others see nothing of it yet, and do not wait.
		_, err = s.Incident(ctx, in.ID)
		is(t, "read beside the transaction", err, workflows.ErrNotFound)
		return nil
	})
}

func conflict(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	c := newClerk(s)
	id := c.report(t, yamada, "電車に忘れた").Row.ID
	stale := got(s.Incident(ctx, id))(t)
	c.carry(t, id, sato, incident.Note{Text: "先に書いた"})
	before := got(s.Incident(ctx, id))(t)
	late := c.sealed(t, stale, suzuki, incident.NoteAdded{Text: incident.T("後から書いた")})
	err := s.Write(ctx, func(tx workflows.Tx) error {
		return tx.Save(ctx, workflows.Change{At: start, Incidents: []workflows.SavedIncident{late}, Messages: []incident.Notice{{Key: "late", Incident: id}}})
	})
	is(t, "save on what was changed", err, workflows.ErrConflict)
	same(t, "row", got(s.Incident(ctx, id))(t), before)
	same(t, "messages", len(got(s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true}))(t)), 0)

	again := incident.New(id)
	twice := c.sealed(t, again, yamada, c.decide(t, again, yamada, incident.Report{Text: "同じ番号", What: incident.KindLoss})...)
	err = s.Write(ctx, func(tx workflows.Tx) error {
		return tx.Save(ctx, workflows.Change{At: start, Incidents: []workflows.SavedIncident{twice}})
	})
	is(t, "save a new one under a number in use", err, workflows.ErrConflict)

	unknown := incident.New("INC-2026-0099")
	unknown.Seq = 5
	gone := c.sealed(t, unknown, yamada, incident.NoteAdded{Text: incident.T("どこにもない")})
	err = s.Write(ctx, func(tx workflows.Tx) error {
		return tx.Save(ctx, workflows.Change{At: start, Incidents: []workflows.SavedIncident{gone}})
	})
	is(t, "save a change of nothing", err, workflows.ErrConflict)
	_, err = s.Incident(ctx, "INC-2026-0099")
	is(t, "read nothing", err, workflows.ErrNotFound)
}

func requests(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	outcome := []byte(`{"incident":"INC-2026-0001","seq":12,"text":"𠮷野家"}`)
	save(t, s, workflows.Change{Request: &workflows.DoneRequest{Key: "event:1", By: yamada, Outcome: outcome}})
	write(t, s, func(tx workflows.Tx) error {
		stored, ok, err := tx.Done(ctx, "event:1")
		must(t, err)
		if !ok {
			t.Error("the request is not done")
		}
		same(t, "outcome", string(stored), string(outcome))
		_, ok, err = tx.Done(ctx, "event:2")
		must(t, err)
		if ok {
			t.Error("a request that nobody made is done")
		}
		return nil
	})
	// The second delivery, which did not see the first: nothing of it may stay.
	err := s.Write(ctx, func(tx workflows.Tx) error {
		return tx.Save(ctx, workflows.Change{
			At: start, Request: &workflows.DoneRequest{Key: "event:1", By: sato, Outcome: []byte(`{}`)},
			Timers: []workflows.Timer{{Key: "late", Due: start}},
		})
	})
	is(t, "save a request twice", err, workflows.ErrDone)
	if _, ok, err := s.NextDue(ctx); ok || err != nil {
		t.Errorf("the second delivery left a timer (error %v)", err)
	}
	write(t, s, func(tx workflows.Tx) error {
		stored, _, err := tx.Done(ctx, "event:1")
		must(t, err)
		same(t, "outcome", string(stored), string(outcome))
		return nil
	})
}

func sameReport(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	for i, r := range []workflows.DoneRequest{
		{Key: "1", By: yamada, Incident: "INC-2026-0001", Digest: "aa"},
		{Key: "2", By: sato, Incident: "INC-2026-0002", Digest: "aa"},
		{Key: "3", By: yamada, Incident: "INC-2026-0003", Digest: "aa"},
		{Key: "4", By: yamada, Incident: "INC-2026-0004", Digest: "bb"},
		{Key: "5", By: yamada, Incident: "INC-2026-0005"}, // a note: no digest
	} {
		r.Outcome = []byte("{}")
		save(t, s, workflows.Change{At: at(time.Duration(i) * time.Minute), Request: &r})
	}
	for _, c := range []struct {
		name   string
		by     incident.PersonID
		digest string
		since  time.Duration
		want   incident.ID
	}{
		{"the latest of the same", yamada, "aa", 0, "INC-2026-0003"},
		{"at the very instant", yamada, "aa", 2 * time.Minute, "INC-2026-0003"},
		{"too long ago", yamada, "aa", 2*time.Minute + time.Microsecond, ""},
		{"another person's", sato, "aa", 0, "INC-2026-0002"},
		{"another text", yamada, "bb", 0, "INC-2026-0004"},
		{"an unknown text", yamada, "cc", 0, ""},
		{"no text", yamada, "", 0, ""},
	} {
		write(t, s, func(tx workflows.Tx) error {
			id, ok, err := tx.SameReport(ctx, c.by, c.digest, at(c.since))
			must(t, err)
			same(t, c.name, id, c.want)
			same(t, c.name+": found", ok, c.want != "")
			return nil
		})
	}
}

// reports counts what one person has reported since, whatever the text, and nothing else.
func reports(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	for i, r := range []struct {
		by     incident.PersonID
		digest string
		at     time.Duration
	}{{yamada, "aa", 0}, {yamada, "bb", time.Minute}, {yamada, "aa", 2 * time.Minute}, {yamada, "", 2 * time.Minute}, {sato, "aa", 2 * time.Minute}} {
		write(t, s, func(tx workflows.Tx) error {
			return tx.Save(ctx, workflows.Change{At: at(r.at), Request: &workflows.DoneRequest{Key: "r" + strconv.Itoa(i), By: r.by, Digest: r.digest, Outcome: []byte("{}")}})
		})
	}
	for _, c := range []struct {
		by    incident.PersonID
		since time.Duration
		want  int
	}{{yamada, 0, 3}, {yamada, time.Minute, 2}, {yamada, 2*time.Minute + time.Microsecond, 0}, {sato, 0, 1}, {"nobody", 0, 0}} {
		write(t, s, func(tx workflows.Tx) error {
			n, err := tx.Reports(ctx, c.by, at(c.since))
			must(t, err)
			same(t, string(c.by)+" since "+c.since.String(), n, c.want)
			return nil
		})
	}
}

func numbers(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	take := func(series string, fail error) int {
		var n int
		err := s.Write(ctx, func(tx workflows.Tx) (err error) {
			n, err = tx.NextNumber(ctx, series)
			must(t, err)
			return fail
		})
		is(t, "write", err, fail)
		return n
	}
	same(t, "first", take("INC-2026", nil), 1)
	same(t, "taken back", take("INC-2026", errStop), 2)
	same(t, "given out again", take("INC-2026", nil), 2)
	same(t, "another series", take("TRN-2026", nil), 1)
	same(t, "counters", got(s.Counters(ctx))(t), map[string]int{"INC-2026": 2, "TRN-2026": 1})
}

func durable(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	c := newClerk(s)
	id := c.report(t, yamada, "電車に忘れた").Row.ID
	row, records := got(s.Incident(ctx, id))(t), got(s.Records(ctx, id, 1, 0))(t)
	beside := db.Again(t, s)
	same(t, "row, seen by another process", got(beside.Incident(ctx, id))(t), row)
	must(t, beside.Close())
	must(t, s.Close())
	after := db.Again(t, s)
	same(t, "row after a restart", got(after.Incident(ctx, id))(t), row)
	same(t, "records after a restart", got(after.Records(ctx, id, 1, 0))(t), records)
	must(t, after.Ping(ctx))
}

// manyWriters lets eight writers work on three incidents through two processes at once:
// every entry is there, in one unbroken chain, and every number was given out once.
func manyWriters(t *testing.T, db Database) {
	s := db.Open(t)
	beside := db.Again(t, s)
	ctx := t.Context()
	c := newClerk(s)
	var ids []incident.ID
	written := int64(0)
	for range 3 {
		saved := c.report(t, yamada, "同時に書く")
		ids = append(ids, saved.Row.ID)
		written += saved.Row.Seq
	}
	const writers, each = 8, 15
	var wg sync.WaitGroup
	for w := range writers {
		store := []workflows.Store{s, beside}[w%2]
		wg.Go(func() {
			own := newClerk(store)
			own.salts = (w + 1) * 1_000_000
			for i := range each {
				id := ids[(w+i)%len(ids)]
				for {
					err := store.Write(ctx, func(tx workflows.Tx) error {
						in, err := tx.Incident(ctx, id)
						if err != nil {
							return err
						}
						if _, err := tx.NextNumber(ctx, "NOTE"); err != nil {
							return err
						}
						saved := own.sealed(t, in, sato, incident.NoteAdded{Text: incident.T(fmt.Sprintf("%d-%d", w, i))})
						return tx.Save(ctx, workflows.Change{
							At: start, Incidents: []workflows.SavedIncident{saved},
							Request: &workflows.DoneRequest{Key: fmt.Sprintf("%d-%d", w, i), Outcome: []byte("{}")},
						})
					})
					if errors.Is(err, workflows.ErrConflict) {
						continue
					}
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	wg.Wait()
	same(t, "notes counted", got(s.Counters(ctx))(t)["NOTE"], writers*each)
	total := int64(0)
	seen := map[string]bool{}
	for _, id := range ids {
		row := got(s.Incident(ctx, id))(t)
		records, bodies, err := s.Evidence(ctx, id)
		must(t, err)
		same(t, "breaches of "+string(id), incident.CheckChain(id, records, bodies, row.Seq, row.Head), []incident.Breach(nil))
		total += int64(len(records))
		for _, r := range records {
			if n, ok := r.Event.(incident.NoteAdded); ok {
				seen[n.Text.Body] = true
			}
		}
	}
	same(t, "entries", total, written+writers*each)
	same(t, "different notes", len(seen), writers*each)
}
