package workflows_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func (p *place) calendar(t *testing.T, name string) string {
	t.Helper()
	who := p.person(t, name).ID
	had, err := p.service.CalendarOf(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.service.MakeCalendar(t.Context(), who, had.Ref)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *place) noCalendar(t *testing.T, what, token string) {
	t.Helper()
	if r, err := p.service.ReadCalendar(t.Context(), token); !errors.Is(err, workflows.ErrCalendarUnknown) || r.Person != "" {
		t.Errorf("%s: %+v %v", what, r, err)
	}
}

func TestACalendarAddressIsItsPersonsAlone(t *testing.T) {
	p := newPlace(t)
	sato, suzuki := p.person(t, "佐藤").ID, p.person(t, "鈴木").ID
	if had, err := p.service.CalendarOf(t.Context(), sato); err != nil || had != (workflows.Calendar{}) {
		t.Errorf("before the first: %+v %v", had, err)
	}
	first, other := p.calendar(t, "佐藤"), p.calendar(t, "鈴木")
	if !regexp.MustCompile(`^1[A-Za-z0-9_-]{43}$`).MatchString(first) || first == other {
		t.Errorf("tokens %s, %s", first, other)
	}
	for token, who := range map[string]incident.PersonID{first: sato, other: suzuki} {
		if r, err := p.service.ReadCalendar(t.Context(), token); err != nil || r.Person != who {
			t.Errorf("%+v %v", r, err)
		}
	}
	had, err := p.service.CalendarOf(t.Context(), sato)
	if err != nil || had.Ref == "" || strings.Contains(first, had.Ref) || !had.Made.Equal(p.service.Now()) {
		t.Errorf("%+v %v", had, err)
	}
	// The same press again, and one on a page that is no longer so: neither makes nor ends one.
	for _, ref := range []string{"", "0123456789abcdef", had.Ref[:15]} {
		if token, err := p.service.MakeCalendar(t.Context(), sato, ref); !errors.Is(err, workflows.ErrConflict) || token != "" {
			t.Errorf("over %q: %q %v", ref, token, err)
		}
	}
	if _, err := p.service.ReadCalendar(t.Context(), first); err != nil {
		t.Error(err)
	}
	second := p.calendar(t, "佐藤")
	p.noCalendar(t, "replaced", first)
	a, err := p.service.ReadCalendar(t.Context(), second)
	if err != nil || a.Person != sato {
		t.Errorf("%+v %v", a, err)
	}
	// What stands in calendars stays the same over a change of address, and for everybody.
	b, err := p.service.ReadCalendar(t.Context(), other)
	if err != nil || a.UID("x") != b.UID("x") || a.UID("x") == a.UID("y") || len(a.UID("x")) != 32 {
		t.Errorf("%v: %s %s %s", err, a.UID("x"), b.UID("x"), a.UID("y"))
	}
	elsewhere := newPlace(t)
	if r, err := elsewhere.service.ReadCalendar(t.Context(), elsewhere.calendar(t, "佐藤")); err != nil || r.UID("x") == a.UID("x") {
		t.Errorf("another system names a date alike: %v", err)
	}
	if err := p.service.EndCalendar(t.Context(), sato); err != nil {
		t.Fatal(err)
	}
	p.noCalendar(t, "taken back", second)
	if _, err := p.service.ReadCalendar(t.Context(), other); err != nil {
		t.Error("another's:", err)
	}
	if err := p.service.EndCalendar(t.Context(), sato); err != nil {
		t.Error("none to take back:", err)
	}
	if token, err := p.service.MakeCalendar(t.Context(), "p-nobody", ""); !errors.Is(err, workflows.ErrNotFound) || token != "" {
		t.Errorf("a stranger: %q %v", token, err)
	}
}

func TestWhatIsNoCalendarOfOurs(t *testing.T) {
	p, other := newPlace(t), newPlace(t)
	p.noCalendar(t, "before the first", "1"+strings.Repeat("A", 43))
	if kept, err := p.store.Setting(t.Context(), workflows.AnswerKeySetting); kept != "" || err != nil {
		t.Error("reading an address has made a key")
	}
	id := p.reported(t, "紛失")
	token := p.calendar(t, "佐藤")
	said, err := base64.RawURLEncoding.DecodeString(token[1:])
	if err != nil {
		t.Fatal(err)
	}
	form, err := p.service.AnswerForm(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"nothing": "", "a version alone": "1", "another version": "2" + token[1:], "no version": token[1:], "a longer one": token + "A",
		"a shorter one": token[:len(token)-1], "of another system": other.calendar(t, "佐藤"), "an answer link": p.answerToken(t, id, "佐藤"),
		"the form of one": "1" + form[:43], "with a line end": token[:20] + "\n" + token[20:], "padded": token + "=", "a lot": strings.Repeat("A", 1<<20), "zeros": "1" + strings.Repeat("A", 43),
	}
	for i := range said {
		changed := bytes.Clone(said)
		changed[i] ^= 1
		bad[fmt.Sprintf("with byte %d changed", i)] = "1" + base64.RawURLEncoding.EncodeToString(changed)
	}
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if other := token[:len(token)-1] + string(c); other != token {
			bad["ending in "+string(c)] = other
		}
	}
	for what, token := range bad {
		p.noCalendar(t, what, token)
	}
	if _, err := p.service.ReadAnswer(t.Context(), token); !errors.Is(err, workflows.ErrAnswerUnknown) {
		t.Error("a calendar answers a call:", err)
	}
	// A token that was signed here and is nobody's: the key alone, which stands in the database,
	// opens nothing.
	if err := p.store.DropCalendars(t.Context(), string(p.person(t, "佐藤").ID)); err != nil {
		t.Fatal(err)
	}
	p.noCalendar(t, "signed, and not kept", token)
}

// Whoever has a copy of the database has no address: it stands there nowhere, in no spelling.
func TestNoAddressStandsInTheDatabase(t *testing.T) {
	p := newPlace(t)
	token := p.calendar(t, "佐藤")
	path, ok := strings.CutPrefix(p.url, "sqlite:")
	if !ok {
		t.Skip("the file of the database is looked at with SQLite alone")
	}
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	secret, err := base64.RawURLEncoding.DecodeString(token[1:])
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		read += len(b)
		for _, s := range []string{token[1:], token[:22], token[23:], string(secret[:16]), string(secret[16:]), fmt.Sprintf("%x", secret[:16])} {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%s: a part of %d bytes of the address is in it", name, len(s))
			}
		}
		if !bytes.Contains(b, []byte(p.person(t, "佐藤").ID)) {
			t.Errorf("%s does not have the row", name)
		}
	}
	if read == 0 {
		t.Fatal("nothing was read")
	}
	p.store = open(t, p.url, p.clock).store // for the cleanup to close
}

// An address ends by itself when nobody uses it, and never while somebody does.
func TestAForgottenAddressEnds(t *testing.T) {
	p := newPlace(t)
	used, forgotten := p.calendar(t, "佐藤"), p.calendar(t, "鈴木")
	for day := range 400 {
		if _, err := p.service.ReadCalendar(t.Context(), used); err != nil {
			t.Fatalf("on day %d: %v", day, err)
		}
		if day == 179 {
			if c, err := p.service.CalendarOf(t.Context(), p.person(t, "鈴木").ID); c.Ref == "" || err != nil {
				t.Errorf("the forgotten one on its last day: %+v %v", c, err)
			}
		}
		p.clock.move(24 * time.Hour)
	}
	p.noCalendar(t, "forgotten", forgotten)
	if c, err := p.service.CalendarOf(t.Context(), p.person(t, "鈴木").ID); c.Ref != "" || err != nil {
		t.Errorf("%+v %v", c, err)
	}
	again := p.calendar(t, "鈴木")
	if _, err := p.service.ReadCalendar(t.Context(), again); err != nil {
		t.Error(err)
	}
	p.noCalendar(t, "the old one beside the new one", forgotten)
}

// Whoever has left the company reads nothing any more, also when another process has changed the
// list, and to be listed again does not bring his address back.
func TestWhoHasLeftHasNoCalendar(t *testing.T) {
	p := newPlace(t)
	token, other := p.calendar(t, "佐藤"), p.calendar(t, "鈴木")
	beside := open(t, p.url, p.clock)
	defer beside.store.Close()
	list, _, err := beside.store.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sato := p.person(t, "佐藤").ID
	without := slices.DeleteFunc(slices.Clone(list), func(c contact.Person) bool { return c.ID == sato })
	if err := beside.store.ReplaceContacts(t.Context(), without); err != nil {
		t.Fatal(err)
	}
	p.noCalendar(t, "somebody who has left", token)
	if token, err := p.service.MakeCalendar(t.Context(), sato, ""); !errors.Is(err, workflows.ErrNotFound) || token != "" {
		t.Errorf("somebody who has left makes one: %q %v", token, err)
	}
	if err := beside.store.ReplaceContacts(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	p.noCalendar(t, "somebody who is back", token)
	if _, err := p.service.ReadCalendar(t.Context(), other); err != nil {
		t.Error(err)
	}
}

// However many presses and servers at once: one address is in force, and it is one that was given.
func TestOneAddressAtATime(t *testing.T) {
	p := newPlace(t)
	beside := open(t, p.url, p.clock)
	defer beside.store.Close()
	sato := p.person(t, "佐藤").ID
	for round := range 5 {
		before, err := p.service.CalendarOf(t.Context(), sato)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		var given []string
		for i := range 8 {
			s := []*place{p, beside}[i%2]
			wg.Go(func() {
				token, err := s.service.MakeCalendar(t.Context(), sato, before.Ref)
				if err != nil && !errors.Is(err, workflows.ErrConflict) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					given = append(given, token)
				}
			})
		}
		wg.Wait()
		inForce := 0
		for _, token := range given {
			switch _, err := p.service.ReadCalendar(t.Context(), token); {
			case err == nil:
				inForce++
			case !errors.Is(err, workflows.ErrCalendarUnknown):
				t.Error(err)
			}
		}
		if inForce != 1 {
			t.Errorf("round %d: %d of %d given are in force", round, inForce, len(given))
		}
	}
}

func FuzzReadCalendar(f *testing.F) {
	p := open(f, pgtest.Database(f, filepath.Join(f.TempDir(), "fuzz.db"), store.Migrate), &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)})
	f.Cleanup(func() { _ = p.store.Close() })
	sato := p.service.Contacts().Find("佐藤")[0]
	good, err := p.service.MakeCalendar(f.Context(), sato, "")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "1", good, good + "A", good[:40], "2" + good[1:], "1" + strings.Repeat("A", 43), strings.ToUpper(good), "1期限", good + ".ics"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		r, err := p.service.ReadCalendar(t.Context(), token)
		switch {
		case token == good:
			if err != nil || r.Person != sato {
				t.Fatalf("the good one: %+v %v", r, err)
			}
		case !errors.Is(err, workflows.ErrCalendarUnknown) || r.Person != "":
			t.Fatalf("%q: %+v %v", token, r, err)
		}
	})
}
