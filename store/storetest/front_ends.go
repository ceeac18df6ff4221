package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/contact"
)

var frontEnds = []testCase{
	{"Memory", memory},
	{"MemoryInATransaction", memoryInTransaction},
	{"TurnsOneAfterTheOther", turns},
	{"AccountsMakeTheListNewer", accountsNewer},
	{"LinkIsTakenOnce", takenOnce},
	{"Sessions", sessions},
	{"Calendars", calendars},
}

func memory(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	recalled := func(s workflows.Store, frontend, name string) []byte {
		t.Helper()
		return got(s.Recall(ctx, frontend, name))(t)
	}
	if v := recalled(s, "slack", "a"); v != nil {
		t.Errorf("recalled %q, want nothing", v)
	}
	value := []byte{0, 0xff, 'x', '\''}
	must(t, s.Remember(ctx, "slack", "channel:inc-2026-0001", value))
	must(t, s.Remember(ctx, "discord", "channel:inc-2026-0001", []byte("other")))
	beside := db.Again(t, s)
	same(t, "byte for byte, in another process", recalled(beside, "slack", "channel:inc-2026-0001"), value)
	must(t, beside.Remember(ctx, "slack", "channel:inc-2026-0001", []byte("newer")))
	same(t, "the newer value", string(recalled(s, "slack", "channel:inc-2026-0001")), "newer")
	same(t, "another front end's", string(recalled(s, "discord", "channel:inc-2026-0001")), "other")
	must(t, s.Remember(ctx, "slack", "empty", []byte{}))
	if v := recalled(s, "slack", "empty"); v == nil || len(v) > 0 {
		t.Errorf("an empty value came back as %#v", v)
	}
	for _, name := range []string{"channel:inc-2026-0002", "channel;", "channel", "chan%nel:", "𠮷"} {
		must(t, s.Remember(ctx, "slack", name, []byte(name)))
	}
	text := func(m map[string][]byte, err error) map[string]string {
		t.Helper()
		must(t, err)
		out := map[string]string{}
		for k, v := range m {
			out[k] = string(v)
		}
		return out
	}
	same(t, "by prefix", text(s.AllRemembered(ctx, "slack", "channel:")), map[string]string{"channel:inc-2026-0001": "newer", "channel:inc-2026-0002": "channel:inc-2026-0002"})
	same(t, "all", len(text(s.AllRemembered(ctx, "slack", ""))), 7)
	same(t, "nobody's", text(s.AllRemembered(ctx, "web", "")), map[string]string{})
	must(t, s.Remember(ctx, "slack", "channel:inc-2026-0001", nil))
	if v := recalled(beside, "slack", "channel:inc-2026-0001"); v != nil {
		t.Errorf("%q was to be forgotten", v)
	}
	must(t, s.Remember(ctx, "slack", "never there", nil))
	same(t, "another front end's stays", string(recalled(s, "discord", "channel:inc-2026-0001")), "other")
}

func memoryInTransaction(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	fail := errors.New("no")
	err := s.Write(ctx, func(tx workflows.Tx) error {
		must(t, tx.Remember(ctx, "place", "a", []byte("1")))
		same(t, "in the transaction", string(got(tx.Recall(ctx, "place", "a"))(t)), "1")
		return fail
	})
	is(t, "the failure", err, fail)
	if v := got(s.Recall(ctx, "place", "a"))(t); v != nil {
		t.Errorf("%q of a transaction that failed is remembered", v)
	}
	write(t, s, func(tx workflows.Tx) error { return tx.Remember(ctx, "place", "a", []byte("2")) })
	same(t, "after it", string(got(s.Recall(ctx, "place", "a"))(t)), "2")
}

// turns has many count at once: nobody overwrites what another has counted.
func turns(t *testing.T, db Database) {
	s := db.Open(t)
	beside := db.Again(t, s)
	ctx := t.Context()
	const n = 24
	var wg sync.WaitGroup
	for i := range n {
		who := []workflows.Store{s, beside}[i%2]
		wg.Go(func() {
			err := who.Write(ctx, func(tx workflows.Tx) error {
				if err := tx.Turn(ctx, "count"); err != nil {
					return err
				}
				v, err := tx.Recall(ctx, "x", "n")
				if err != nil {
					return err
				}
				return tx.Remember(ctx, "x", "n", append(v, '1'))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	same(t, "counted", len(got(s.Recall(ctx, "x", "n"))(t)), n)
}

// accountsNewer has the list be of another version where whose an account is has changed, and
// refuses what rests on an old list.
func accountsNewer(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	must(t, s.ReplaceContacts(ctx, []contact.Person{{ID: sato, Name: "佐藤", Active: true}}))
	first := got(s.ContactsVersion(ctx))(t)
	link := func(version int64, key string) error {
		return s.Write(ctx, func(tx workflows.Tx) error {
			if err := tx.Remember(ctx, "links", "account", []byte(key)); err != nil {
				return err
			}
			return tx.Save(ctx, workflows.Change{At: start, Contacts: version, Request: &workflows.DoneRequest{Key: key, By: sato, Outcome: []byte(`{}`)}})
		})
	}
	must(t, link(first, "a"))
	if v := got(s.ContactsVersion(ctx))(t); v <= first {
		t.Errorf("version %d after %d", v, first)
	}
	is(t, "an old list", link(first, "b"), workflows.ErrConflict)
	same(t, "what is remembered", string(got(s.Recall(ctx, "links", "account"))(t)), "a")
}

func takenOnce(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	link := workflows.SignIn{Digest: digestOf([]byte("one")), Kind: workflows.SignInLink, Person: "slack:U1", Expires: at(time.Hour), Created: start}
	must(t, s.SaveSignIn(ctx, link))
	if err := s.SaveSignIn(ctx, link); err == nil {
		t.Error("two links have one token")
	}
	_, err := s.TakeSignIn(ctx, digestOf([]byte("another")), start)
	is(t, "an unknown link", err, workflows.ErrNotFound)
	_, err = s.Session(ctx, link.Digest, start)
	is(t, "a link is no session", err, workflows.ErrNotFound)
	beside := db.Again(t, s)
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := []workflows.SignIn{}
	for _, who := range []workflows.Store{s, beside, s, beside, s, beside} {
		wg.Go(func() {
			x, err := who.TakeSignIn(ctx, link.Digest, at(time.Hour-time.Microsecond))
			if err != nil && !errors.Is(err, workflows.ErrNotFound) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				taken = append(taken, x)
			}
		})
	}
	wg.Wait()
	same(t, "taken by one", taken, []workflows.SignIn{link})
	link.Digest = digestOf([]byte("two"))
	must(t, s.SaveSignIn(ctx, link))
	_, err = s.TakeSignIn(ctx, link.Digest, at(time.Hour))
	is(t, "an expired link", err, workflows.ErrNotFound)
	session := workflows.SignIn{Digest: digestOf([]byte("three")), Kind: workflows.SignInSession, Person: "slack:U1", Expires: at(time.Hour), Created: start}
	must(t, s.SaveSignIn(ctx, session))
	_, err = s.TakeSignIn(ctx, session.Digest, start)
	is(t, "a session is no link", err, workflows.ErrNotFound)
	same(t, "and is not used up", got(s.Session(ctx, session.Digest, start))(t), session)
}

func sessions(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	one := func(n int, kind workflows.SignInKind, person string, lasts time.Duration) workflows.SignIn {
		x := workflows.SignIn{Digest: digestOf([]byte(fmt.Sprint(n))), Kind: kind, Person: person, Expires: at(lasts), Created: start}
		must(t, s.SaveSignIn(ctx, x))
		return x
	}
	a := one(1, workflows.SignInSession, "slack:U1", time.Hour)
	b := one(2, workflows.SignInSession, "slack:U1", 3*time.Hour)
	link := one(3, workflows.SignInLink, "slack:U1", 3*time.Hour)
	other := one(4, workflows.SignInSession, "slack:U2", 3*time.Hour)
	gone := func(what string, x workflows.SignIn, now time.Duration) {
		t.Helper()
		_, err := s.Session(ctx, x.Digest, at(now))
		is(t, what, err, workflows.ErrNotFound)
	}
	same(t, "in force", got(s.Session(ctx, a.Digest, at(time.Hour-time.Microsecond)))(t), a)
	gone("expired", a, time.Hour)
	must(t, s.TouchSession(ctx, a.Digest, at(time.Minute), at(2*time.Hour)))
	a.Expires = at(2 * time.Hour)
	same(t, "prolonged", got(s.Session(ctx, a.Digest, at(time.Hour)))(t), a)
	is(t, "prolong an expired one", s.TouchSession(ctx, a.Digest, at(2*time.Hour), at(9*time.Hour)), workflows.ErrNotFound)
	is(t, "prolong a link", s.TouchSession(ctx, link.Digest, start, at(9*time.Hour)), workflows.ErrNotFound)
	must(t, s.SweepSignIns(ctx, at(2*time.Hour)))
	gone("swept", a, 0) // also by an earlier clock
	same(t, "not swept", got(s.Session(ctx, b.Digest, at(time.Hour)))(t), b)
	must(t, s.DropSignIn(ctx, b.Digest))
	must(t, s.DropSignIn(ctx, b.Digest))
	gone("ended", b, 0)
	must(t, s.DropSignIn(ctx, link.Digest))
	_, err := s.TakeSignIn(ctx, link.Digest, start)
	is(t, "a link taken back", err, workflows.ErrNotFound)
	same(t, "another's", got(s.Session(ctx, other.Digest, start))(t), other)
}

func calendars(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	const day = 24 * time.Hour
	made := func(n int, person string, after time.Duration) workflows.SignIn {
		return workflows.SignIn{Digest: digestOf(fmt.Append(nil, "calendar", n)), Kind: workflows.SignInCalendar, Person: person, Created: at(after), Expires: at(after + 10*day)}
	}
	unknown := func(what string, x workflows.SignIn, now time.Duration) {
		t.Helper()
		_, err := s.Calendar(ctx, x.Digest, at(now))
		is(t, what, err, workflows.ErrNotFound)
	}
	a, b, c, other := made(1, "p-1", 0), made(2, "p-1", time.Hour), made(3, "p-1", 2*time.Hour), made(4, "p-2", 0)
	_, err := s.CalendarOf(ctx, "p-1", start)
	is(t, "none yet", err, workflows.ErrNotFound)
	is(t, "in the place of one that is not there", s.SaveCalendar(ctx, a, b.Digest), workflows.ErrConflict)
	must(t, s.SaveCalendar(ctx, a, ""))
	must(t, s.SaveCalendar(ctx, other, ""))
	beside := db.Again(t, s)
	same(t, "in another process", got(beside.Calendar(ctx, a.Digest, at(10*day-time.Microsecond)))(t), a)
	unknown("expired", a, 10*day)
	is(t, "as if there were none", beside.SaveCalendar(ctx, b, ""), workflows.ErrConflict)
	must(t, beside.SaveCalendar(ctx, b, a.Digest))
	unknown("replaced", a, 0)
	same(t, "the new one", got(s.CalendarOf(ctx, "p-1", at(time.Hour)))(t), b)
	// Two servers that did it at the same instant: one of the two counts.
	must(t, s.SaveSignIn(ctx, c))
	unknown("the earlier of two", b, time.Hour)
	same(t, "the later of two", got(s.Calendar(ctx, c.Digest, at(2*time.Hour)))(t), c)
	same(t, "and it alone is named", got(s.CalendarOf(ctx, "p-1", at(2*time.Hour)))(t), c)
	must(t, s.TouchCalendar(ctx, c.Digest, at(day), at(20*day)))
	c.Expires = at(20 * day)
	same(t, "prolonged", got(s.Calendar(ctx, c.Digest, at(15*day)))(t), c)
	must(t, s.TouchCalendar(ctx, c.Digest, at(20*day), at(30*day)))
	unknown("one that is over is not prolonged", c, 20*day)
	// Neither a link nor a session, and none of them a calendar.
	_, err = s.TakeSignIn(ctx, c.Digest, at(day))
	is(t, "a calendar is no link", err, workflows.ErrNotFound)
	_, err = s.Session(ctx, c.Digest, at(day))
	is(t, "a calendar is no session", err, workflows.ErrNotFound)
	session := workflows.SignIn{Digest: digestOf([]byte("session")), Kind: workflows.SignInSession, Person: "p-1", Expires: at(day), Created: at(3 * time.Hour)}
	must(t, s.SaveSignIn(ctx, session))
	unknown("a session is no calendar", session, 0)
	same(t, "a session replaces none", got(s.Calendar(ctx, c.Digest, at(day)))(t), c)
	// An expired one is in nobody's way.
	must(t, s.SaveCalendar(ctx, made(5, "p-1", 40*day), ""))
	must(t, s.DropCalendars(ctx, "p-1"))
	must(t, s.DropCalendars(ctx, "p-1"))
	_, err = s.CalendarOf(ctx, "p-1", at(40*day))
	is(t, "taken back", err, workflows.ErrNotFound)
	same(t, "another's", got(s.Calendar(ctx, other.Digest, start))(t), other)
	same(t, "the session stays", got(s.Session(ctx, session.Digest, start))(t), session)
}
