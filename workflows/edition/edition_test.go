package edition_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/templates"
	"hikeshi/workflows/edition"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

func shipped(t testing.TB) *procedure.Book {
	t.Helper()
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func made(t testing.TB, book *procedure.Book, p *paging.Policy) *edition.Edition {
	t.Helper()
	e, err := edition.New(book, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What is read again answers every question as the first did, and is written the same.
func TestAnEditionIsReadAsItWasWritten(t *testing.T) {
	first := made(t, shipped(t), anyPolicy())
	again, err := edition.Decode(first.Version(), first.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if again.Version() != first.Version() || !cmp.Equal(again.Paging, first.Paging) || again.Book.Version != first.Book.Version {
		t.Errorf("got %s %+v %s, want %s %+v %s", again.Version(), again.Paging, again.Book.Version, first.Version(), first.Paging, first.Book.Version)
	}
	anew := made(t, again.Book, again.Paging)
	if !bytes.Equal(anew.Encode(), first.Encode()) || anew.Version() != first.Version() {
		t.Error("written again, it is another content")
	}
	for _, c := range incident.Categories {
		for _, effect := range []incident.Category{"", incident.Leak, incident.Damage} {
			for _, l := range append([]incident.Level{incident.Unassessed, 9}, incident.Levels...) {
				want, wantOK := first.Steps(c, effect, l)
				got, ok := again.Steps(c, effect, l)
				if diff := cmp.Diff(want, got); diff != "" || ok != wantOK {
					t.Errorf("%s %s %s: %v, %s", c, effect, l, ok, diff)
				}
				for _, s := range want {
					for _, a := range []incident.Answer{incident.Yes, incident.No, incident.Unknown} {
						facts := incident.Facts{}
						for _, k := range incident.FactKeys {
							facts[k] = a
						}
						if got, want := again.Holds(s.When, facts), first.Holds(s.When, facts); got != want {
							t.Errorf("%q with %s: %s, want %s", s.When, a, got, want)
						}
					}
				}
			}
		}
		if diff := cmp.Diff(first.Book.CategoryFirstAid(c), again.Book.CategoryFirstAid(c)); diff != "" {
			t.Error(diff)
		}
	}
	for _, k := range incident.Kinds {
		if diff := cmp.Diff(first.Book.FirstAid(k), again.Book.FirstAid(k)); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(first.Book.Handover(), again.Book.Handover()); diff != "" {
		t.Error(diff)
	}
}

// anyPolicy is one in which every part says something.
func anyPolicy() *paging.Policy {
	p := paging.Usual()
	p.Hours = []paging.Hours{{Name: "night", Days: []string{"workday"}, From: 22 * 60, To: 7 * 60}}
	p.Level3.Everyone = []incident.Role{incident.SystemAdmin}
	p.Level3.At = []paging.Shift{{Hours: "night", Plan: paging.Plan{Wait: 61 * time.Second, Means: [][]incident.Means{{incident.ByPhone}}}}}
	return p
}

func TestEveryPolicyHasAVersionOfItsOwn(t *testing.T) {
	book := shipped(t)
	usual := made(t, book, nil)
	if made(t, book, paging.Usual()).Version() != usual.Version() {
		t.Error("no policy is not the usual one")
	}
	rapid.Check(t, func(t *rapid.T) {
		p := paging.Usual()
		waits := []*time.Duration{&p.Unconfirmed.Wait, &p.Level3.Wait, &p.Level2.Silence, &p.Level1.Again, &p.Level3.AgainLed}
		w := waits[rapid.IntRange(0, len(waits)-1).Draw(t, "wait")]
		*w += time.Duration(rapid.IntRange(-50, 5000).Draw(t, "seconds")) * time.Second
		e, err := edition.New(book, p)
		if err != nil {
			t.Fatal(err)
		}
		if same := cmp.Equal(p, paging.Usual()); same != (e.Version() == usual.Version()) {
			t.Fatalf("%+v: version %s, usual %s", p, e.Version(), usual.Version())
		}
		again, err := edition.Decode(e.Version(), e.Encode())
		if err != nil || !cmp.Equal(again.Paging, p) {
			t.Fatalf("%+v was read as %+v, %v", p, again, err)
		}
	})
}

// Somebody who changes an edition in the database is found, whatever he changed.
func TestAChangedEditionIsRefused(t *testing.T) {
	e := made(t, shipped(t), paging.Usual())
	body := string(e.Encode())
	for name, changed := range map[string]string{
		"a wait": strings.Replace(body, `"wait":300000000000`, `"wait":3000000000000`, 1), "a space": body + " ", "nothing left": "", "cut off": body[:len(body)/2],
	} {
		if changed == body {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := edition.Decode(e.Version(), []byte(changed)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// What was stored once must be read by every later version of the program: the shape here is
// that of the first.
func TestTheStoredShapeStays(t *testing.T) {
	body := []byte(`{"procedures":{"sheets":[{"category":"damage","tables":[{"level":1,"steps":[{"key":"report","n":1,"role":"discoverer","phase":"reported","kind":"report","required":"always","text":{"ja":"知らせる","en":"tell"},"section":"9.4"}]}],"first_aid":[{"avoid":true,"text":{"ja":"a","en":"b"},"section":"9.4"}]}],"kinds":[],"handover":null},"paging":{"unconfirmed":300,"level_3":300,"level_2":900,"level_1":3600,"again":900,"again_led":3600}}`)
	if !json.Valid(body) {
		t.Fatal("the test's own body is no JSON")
	}
	e, err := edition.Decode("b2a912c6166e", body)
	if err != nil {
		t.Fatal(err)
	}
	before := paging.Waits{
		Unconfirmed: 5 * time.Minute, Level3: 5 * time.Minute, Level2: 15 * time.Minute, Level1: time.Hour,
		Again: 15 * time.Minute, AgainLed: time.Hour,
	}
	steps, ok := e.Steps(incident.Damage, "", incident.Level1)
	if !ok || len(steps) != 1 || steps[0].Text.JA != "知らせる" || steps[0].Role != incident.Discoverer || !cmp.Equal(e.Paging, paging.FromWaits(before)) || e.Paging.Level2.Silence != 0 {
		t.Errorf("read %+v %v, %+v", steps, ok, e.Paging)
	}
	if aid := e.Book.CategoryFirstAid(incident.Damage); len(aid) != 1 || !aid[0].Avoid || aid[0].N != 1 {
		t.Errorf("read the first aid %+v", aid)
	}
}

func FuzzDecode(f *testing.F) {
	e := made(f, shipped(f), paging.Usual())
	f.Add(e.Version(), e.Encode())
	f.Add("", []byte(`{"procedures":null}`))
	f.Fuzz(func(t *testing.T, version string, body []byte) {
		if e, err := edition.Decode(version, body); err == nil && (e.Version() != version || e.Book == nil) {
			t.Errorf("%q was read from %q", e.Version(), version)
		}
		var book procedure.Book
		if book.UnmarshalJSON(body) == nil {
			if _, err := edition.New(&book, paging.Usual()); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
	})
}
