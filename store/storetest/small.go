package storetest

import (
	"fmt"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

var small = []testCase{
	{"Drafts", drafts},
	{"Settings", settings},
	{"Contacts", contacts},
	{"Editions", storedEditions},
	{"Ping", ping},
}

func drafts(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	_, err := s.Draft(ctx, yamada, "d1")
	is(t, "an unknown draft", err, workflows.ErrNotFound)
	d := workflows.Draft{ID: "d1", By: yamada, Form: "report", Values: map[string]string{"text": "𠮷野で\n紛失", "": "x"}, Saved: start}
	must(t, s.SaveDraft(ctx, d))
	same(t, "draft", got(s.Draft(ctx, yamada, "d1"))(t), d)
	_, err = s.Draft(ctx, sato, "d1")
	is(t, "another's draft", err, workflows.ErrNotFound)
	own := workflows.Draft{ID: "d1", By: sato, Form: "note", Values: map[string]string{"text": "別の人"}, Saved: at(time.Second)}
	must(t, s.SaveDraft(ctx, own))
	same(t, "the first draft under the same name", got(s.Draft(ctx, yamada, "d1"))(t), d)
	d.Values, d.Saved, d.Done = map[string]string{"text": "書き直し"}, at(time.Microsecond), true
	must(t, s.SaveDraft(ctx, d))
	must(t, s.SaveDraft(ctx, workflows.Draft{ID: "d2", By: sato, Form: "field:INC-2026-0001", Saved: start}))
	same(t, "replaced draft", got(s.Draft(ctx, yamada, "d1"))(t), d)
	same(t, "the second draft under the same name", got(s.Draft(ctx, sato, "d1"))(t), own)
	same(t, "empty draft", len(got(s.Draft(ctx, sato, "d2"))(t).Values), 0)
}

func settings(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	same(t, "unset", got(s.Setting(ctx, "clock"))(t), "")
	must(t, s.SetSetting(ctx, "clock", "2026-11-22T02:07:31Z"))
	must(t, s.SetSetting(ctx, "other", "値"))
	same(t, "set", got(s.Setting(ctx, "clock"))(t), "2026-11-22T02:07:31Z")
	must(t, s.SetSetting(ctx, "clock", ""))
	same(t, "emptied", got(s.Setting(ctx, "clock"))(t), "")
	same(t, "another", got(s.Setting(ctx, "other"))(t), "値")
	same(t, "kept", got(s.KeepSetting(ctx, "key", "first"))(t), "first")
	same(t, "kept again", got(s.KeepSetting(ctx, "key", "second"))(t), "first")
	same(t, "kept beside one that was set", got(s.KeepSetting(ctx, "other", "x"))(t), "値")
}

func contacts(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	read := func() ([]contact.Person, int64) {
		t.Helper()
		people, version, err := s.Contacts(ctx)
		must(t, err)
		write(t, s, func(tx workflows.Tx) error {
			same(t, "version in a transaction", got(tx.ContactsVersion(ctx))(t), version)
			return nil
		})
		return people, version
	}
	people, first := read()
	same(t, "empty list", len(people), 0)
	var list []contact.Person
	for i := range 70 { // more than one statement carries
		list = append(list, contact.Person{
			ID: incident.PersonID(fmt.Sprint("p", 99-i)), Name: fmt.Sprint("𠮷田 ", i), Department: "営業部", Phone: "090-0000-0001",
			Email: "a@example.co.jp", SlackID: "U1", DiscordID: "2", Active: i%2 == 0,
			Duties: []contact.Duty{{Role: incident.IncidentLead, Note: "指揮", Order: i}},
		})
	}
	must(t, s.ReplaceContacts(ctx, list))
	people, second := read()
	same(t, "list in its own order", people, list)
	if second <= first {
		t.Errorf("the version did not grow: %d after %d", second, first)
	}
	beside := db.Again(t, s)
	must(t, beside.ReplaceContacts(ctx, list[:1]))
	people, third := read()
	same(t, "list replaced by another process", people, list[:1])
	if third <= second {
		t.Errorf("the version did not grow: %d after %d", third, second)
	}
	// A list that cannot be kept as a whole changes nothing: here two people with one ID.
	if err := s.ReplaceContacts(ctx, []contact.Person{list[1], list[2], list[1]}); err == nil {
		t.Error("a list with one person twice was taken")
	}
	people, fourth := read()
	same(t, "list after a refusal", people, list[:1])
	same(t, "version after a refusal", fourth, third)
	must(t, s.ReplaceContacts(ctx, nil))
	people, _ = read()
	same(t, "emptied list", len(people), 0)
}

func storedEditions(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	_, err := s.Edition(ctx, "aaaaaaaaaaaa")
	is(t, "an unknown edition", err, workflows.ErrNotFound)
	first := []byte(`{"procedures":{"handover":[{"ja":"𠮷 \\n <&>","en":"x"}]},"paging":{}}`)
	must(t, s.SaveEdition(ctx, "aaaaaaaaaaaa", first, start))
	must(t, s.SaveEdition(ctx, "bbbbbbbbbbbb", []byte(`{}`), at(time.Second)))
	must(t, s.SaveEdition(ctx, "aaaaaaaaaaaa", []byte("another content"), at(time.Hour)))
	beside := db.Again(t, s)
	same(t, "the first content stays, byte for byte", string(got(beside.Edition(ctx, "aaaaaaaaaaaa"))(t)), string(first))
	write(t, s, func(tx workflows.Tx) error {
		same(t, "in a transaction", string(got(tx.Edition(ctx, "bbbbbbbbbbbb"))(t)), "{}")
		_, err := tx.Edition(ctx, "cccccccccccc")
		is(t, "an unknown edition in a transaction", err, workflows.ErrNotFound)
		return nil
	})
}

func ping(t *testing.T, db Database) {
	s := db.Open(t)
	must(t, s.Ping(t.Context()))
	must(t, s.Close())
	if err := s.Ping(t.Context()); err == nil {
		t.Error("a closed store answers")
	}
	if err := s.SetSetting(t.Context(), "a", "b"); err == nil {
		t.Error("a closed store took a write")
	}
	must(t, s.Close()) // closing twice is harmless
}
