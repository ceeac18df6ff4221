package storetest

import (
	"errors"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

var absences = []testCase{
	{"SavedReplacedRemoved", absencesKept},
	{"TwoAtOnce", absencesAtOnce},
}

func awayFrom(p incident.PersonID, from, to string, deputy incident.PersonID, at time.Time) workflows.Absence {
	return workflows.Absence{Person: p, Absence: contact.Absence{From: from, To: to, Deputy: deputy}, At: at}
}

// change saves absences on top of a version of the contact list.
func changeAbsences(t testing.TB, s workflows.Store, c workflows.AbsenceChange, key string) error {
	t.Helper()
	return s.Write(t.Context(), func(tx workflows.Tx) error {
		return tx.Save(t.Context(), workflows.Change{At: start, Absences: &c, Request: &workflows.DoneRequest{Key: key, By: yamada, Outcome: []byte(`{}`)}})
	})
}

func absencesKept(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	version := func() int64 { t.Helper(); return got(s.ContactsVersion(ctx))(t) }
	same(t, "none", len(got(s.Absences(ctx))(t)), 0)
	first := version()
	holidays := awayFrom(sato, "2026-12-29", "2027-01-03", suzuki, at(time.Microsecond))
	day := awayFrom(sato, "2026-11-30", "2026-11-30", "", start)
	other := awayFrom("𠮷田", "2026-12-29", "2026-12-29", sato, start)
	must(t, changeAbsences(t, s, workflows.AbsenceChange{Contacts: first, Save: []workflows.Absence{holidays, other, day}}, "a"))
	same(t, "by person and day", got(s.Absences(ctx))(t), []workflows.Absence{day, holidays, other})
	if version() <= first {
		t.Error("the version of the contact list did not grow: others go on with the absences of before")
	}
	if _, ok, err := done(t, s, "a"); err != nil || !ok {
		t.Errorf("the request is not done: %v", err)
	}

	// The list is replaced as a whole; what people have told themselves stays.
	must(t, s.ReplaceContacts(ctx, []contact.Person{{ID: sato, Name: "佐藤", Active: true, Absences: []contact.Absence{{From: "2026-12-01", To: "2026-12-02", Named: "鈴木"}}}}))
	people, _, err := s.Contacts(ctx)
	must(t, err)
	same(t, "absences of the list", people[0].Absences, []contact.Absence{{From: "2026-12-01", To: "2026-12-02", Named: "鈴木"}})
	same(t, "after an import", len(got(s.Absences(ctx))(t)), 3)

	// What rests on the list of before changes nothing, and is not done.
	err = changeAbsences(t, s, workflows.AbsenceChange{Contacts: first, Drop: []workflows.Absence{holidays}}, "b")
	is(t, "an old list", err, workflows.ErrConflict)
	if _, ok, err := done(t, s, "b"); err != nil || ok {
		t.Errorf("a refused change is done: %v", err)
	}
	same(t, "after a conflict", len(got(s.Absences(ctx))(t)), 3)

	longer := awayFrom(sato, "2026-12-29", "2027-01-10", "", at(time.Second))
	must(t, changeAbsences(t, s, workflows.AbsenceChange{Contacts: version(), Drop: []workflows.Absence{holidays, day}, Save: []workflows.Absence{longer}}, "c"))
	beside := db.Again(t, s)
	same(t, "replaced, for another process", got(beside.Absences(ctx))(t), []workflows.Absence{longer, other})
	must(t, changeAbsences(t, beside, workflows.AbsenceChange{Contacts: version(), Drop: []workflows.Absence{longer, other, day}}, "d"))
	same(t, "removed", len(got(s.Absences(ctx))(t)), 0)
}

func done(t testing.TB, s workflows.Store, key string) (outcome []byte, ok bool, err error) {
	t.Helper()
	err = s.Write(t.Context(), func(tx workflows.Tx) (err error) {
		outcome, ok, err = tx.Done(t.Context(), key)
		return err
	})
	return outcome, ok, err
}

// Of several changes that rest on the same list one counts; the others are to look again.
func absencesAtOnce(t *testing.T, db Database) {
	s := db.Open(t)
	beside := db.Again(t, s)
	version := got(s.ContactsVersion(t.Context()))(t)
	const n = 8
	results := make(chan error, n)
	for i := range n {
		from := []workflows.Store{s, beside}[i%2]
		go func() {
			a := awayFrom(sato, time.Date(2026, 12, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), "2026-12-31", "", start)
			results <- changeAbsences(t, from, workflows.AbsenceChange{Contacts: version, Save: []workflows.Absence{a}}, "k"+a.From)
		}()
	}
	counted := 0
	for range n {
		switch err := <-results; {
		case err == nil:
			counted++
		case !errors.Is(err, workflows.ErrConflict):
			t.Errorf("beside others: %v", err)
		}
	}
	if list := got(s.Absences(t.Context()))(t); counted != 1 || len(list) != 1 {
		t.Errorf("%d counted, %d are there", counted, len(list))
	}
}
