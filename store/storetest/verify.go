package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var verify = []testCase{
	{"Untouched", untouched},
	{"Tampering", tampering},
	{"Erasure", erasure},
	{"UnreadableRow", unreadableRow},
	{"UnreadableRowListed", unreadableRowListed},
}

// tale is two incidents with some entries each: the first with seq 1 to last of each.
type tale struct {
	store     workflows.Store
	one, two  incident.ID
	last      int64 // of one
	note      int64 // an entry of one with a text, before the last
	noteText  string
	otherLast int64
}

func tell(t testing.TB, db Database) tale {
	t.Helper()
	s := db.Open(t)
	c := newClerk(s)
	x := tale{store: s, one: c.report(t, yamada, "電車に忘れた").Row.ID, two: c.report(t, yamada, "画面が動かない").Row.ID}
	note := c.carry(t, x.one, sato, incident.Note{Text: "遺失物係に電話した"}).Sealed[0].Record
	x.note, x.noteText = note.Seq, note.Event.(incident.NoteAdded).Text.Digest
	c.carry(t, x.one, sato, incident.SetField{Field: incident.FieldScope, Value: "営業部の一台"})
	x.last = c.carry(t, x.one, sato, incident.Note{Text: "見つかった"}).Row.Seq
	x.otherLast = c.carry(t, x.two, suzuki, incident.Note{Text: "再起動した"}).Row.Seq
	return x
}

func untouched(t *testing.T, db Database) {
	x := tell(t, db)
	v := got(workflows.Verify(t.Context(), x.store))(t)
	same(t, "verification", v, workflows.Verification{Incidents: 2, Entries: int(x.last + x.otherLast)})
}

// tampering changes the tables by hand in every way there is, each on a new database, and
// sees that verify finds it and names the incident, the entry and what was done.
func tampering(t *testing.T, db Database) {
	type do func(x tale, exec func(string, ...any))
	entry := func(set string, args ...any) do {
		return func(x tale, exec func(string, ...any)) {
			exec(`UPDATE entries SET `+set+` WHERE incident = $1 AND seq = $2`, append([]any{string(x.one), x.note}, args...)...)
		}
	}
	for _, c := range []struct {
		name string
		do   do
		key  string
		seq  func(x tale) int64 // 0: any
		also bool               // the second incident is found as well
	}{
		{"a body", entry(`body = '{"text":{"sha256":"00"}}'`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"a body into no JSON", entry(`body = 'x'`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"a kind", entry(`kind = 'asked'`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"a kind into none", entry(`kind = 'x'`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"a time by a microsecond", entry(`at = at + 1`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"when it happened", entry(`occurred = occurred - 1`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"who", entry(`person = 'yamada'`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"the way", entry(`source = 'timer'`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"whose name", entry(`name_digest = ''`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"a link", entry(`prev = ''`), "verify.link", func(x tale) int64 { return x.note }, false},
		{"a digest", entry(`digest = prev`), "verify.changed", func(x tale) int64 { return x.note }, false},
		{"a text", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE texts SET body = '何もしていない' WHERE incident = $1 AND digest = $2`, string(x.one), x.noteText)
		}, "verify.text_changed", func(x tale) int64 { return x.note }, false},
		{"a text into nothing", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE texts SET body = '' WHERE incident = $1 AND digest = $2`, string(x.one), x.noteText)
		}, "verify.text_changed", func(x tale) int64 { return x.note }, false},
		{"a salt", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE texts SET salt = '00' WHERE incident = $1 AND digest = $2`, string(x.one), x.noteText)
		}, "verify.text_changed", func(x tale) int64 { return x.note }, false},
		{"removed", func(x tale, exec func(string, ...any)) {
			exec(`DELETE FROM entries WHERE incident = $1 AND seq = $2`, string(x.one), x.note)
		}, "verify.gap", func(x tale) int64 { return x.note }, false},
		{"removed and renumbered", func(x tale, exec func(string, ...any)) {
			exec(`DELETE FROM entries WHERE incident = $1 AND seq = $2`, string(x.one), x.note)
			exec(`UPDATE entries SET seq = seq - 1 WHERE incident = $1 AND seq = $2`, string(x.one), x.note+1)
			exec(`UPDATE entries SET seq = seq - 1 WHERE incident = $1 AND seq = $2`, string(x.one), x.note+2)
		}, "verify.changed", func(x tale) int64 { return x.note }, false},
		{"the first removed", func(x tale, exec func(string, ...any)) {
			exec(`DELETE FROM entries WHERE incident = $1 AND seq = 1`, string(x.one))
		}, "verify.gap", func(tale) int64 { return 1 }, false},
		{"reordered by number", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE entries SET seq = -1 WHERE incident = $1 AND seq = $2`, string(x.one), x.note)
			exec(`UPDATE entries SET seq = $2 WHERE incident = $1 AND seq = $3`, string(x.one), x.note, x.note+1)
			exec(`UPDATE entries SET seq = $2 WHERE incident = $1 AND seq = -1`, string(x.one), x.note+1)
		}, "verify.order", func(x tale) int64 { return x.note }, false},
		{"reordered by writing it again", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE entries SET id = 1000000 WHERE incident = $1 AND seq = $2`, string(x.one), x.note)
		}, "verify.order", func(x tale) int64 { return x.note }, false},
		{"inserted at the end", func(x tale, exec func(string, ...any)) {
			exec(`INSERT INTO entries (incident, seq, at, occurred, person, source, kind, body, name_digest, prev, digest)
				SELECT incident, $2, at, occurred, person, source, kind, body, name_digest, prev, digest FROM entries WHERE incident = $1 AND seq = $3`,
				string(x.one), x.last+1, x.note)
		}, "verify.changed", func(x tale) int64 { return x.last + 1 }, false},
		{"inserted in the middle", func(x tale, exec func(string, ...any)) {
			for seq := x.last; seq >= x.note; seq-- {
				exec(`UPDATE entries SET seq = seq + 1 WHERE incident = $1 AND seq = $2`, string(x.one), seq)
			}
			exec(`INSERT INTO entries (incident, seq, at, occurred, person, source, kind, body, name_digest, prev, digest)
				SELECT incident, $2, at, occurred, person, source, kind, body, name_digest, prev, digest FROM entries WHERE incident = $1 AND seq = $3`,
				string(x.one), x.note, x.note+1)
		}, "verify.order", func(x tale) int64 { return x.note }, false},
		{"the end cut off", func(x tale, exec func(string, ...any)) {
			exec(`DELETE FROM entries WHERE incident = $1 AND seq >= $2`, string(x.one), x.last-1)
		}, "verify.cut_off", func(x tale) int64 { return x.last - 1 }, false},
		{"every entry removed", func(x tale, exec func(string, ...any)) {
			exec(`DELETE FROM entries WHERE incident = $1`, string(x.one))
		}, "verify.cut_off", func(tale) int64 { return 1 }, false},
		{"two incidents' entries exchanged", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE entries SET incident = 'x' WHERE incident = $1 AND seq = 2`, string(x.one))
			exec(`UPDATE entries SET incident = $1 WHERE incident = $2 AND seq = 2`, string(x.one), string(x.two))
			exec(`UPDATE entries SET incident = $1 WHERE incident = 'x'`, string(x.two))
		}, "verify.changed", func(tale) int64 { return 2 }, true},
		{"the row's state", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE incidents SET state = replace(state, '営業部の一台', '被害はなし') WHERE id = $1`, string(x.one))
		}, "verify.state", nil, false},
		{"the row's phase", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE incidents SET phase = 'closed' WHERE id = $1`, string(x.one))
		}, "verify.state", nil, false},
		{"the row's level", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE incidents SET level = 1 WHERE id = $1`, string(x.one))
		}, "verify.state", nil, false},
		{"when it was reported", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE incidents SET reported_at = reported_at - 1 WHERE id = $1`, string(x.one))
		}, "verify.state", nil, false},
		{"how many entries the row has", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE incidents SET seq = seq + 1 WHERE id = $1`, string(x.one))
		}, "verify.cut_off", func(x tale) int64 { return x.last + 1 }, false},
		{"the row removed", func(x tale, exec func(string, ...any)) {
			exec(`DELETE FROM members WHERE incident = $1`, string(x.one))
			exec(`DELETE FROM incidents WHERE id = $1`, string(x.one))
		}, "verify.row_missing", nil, false},
		{"the whole incident removed", func(x tale, exec func(string, ...any)) {
			for _, table := range []string{"entries", "texts", "members", "messages"} {
				exec(`DELETE FROM `+table+` WHERE incident = $1`, string(x.one))
			}
			exec(`DELETE FROM incidents WHERE id = $1`, string(x.one))
		}, "verify.missing", nil, false},
		{"a number made up", func(x tale, exec func(string, ...any)) {
			exec(`UPDATE counters SET n = 1`)
		}, "verify.not_numbered", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := tell(t, db)
			c.do(x, func(statement string, args ...any) { db.Exec(t, x.store, statement, args...) })
			v := got(workflows.Verify(t.Context(), x.store))(t)
			who := x.one
			if c.key == "verify.not_numbered" {
				who = x.two
			}
			if !slices.ContainsFunc(v.Breaches, func(b incident.Breach) bool {
				return b.Incident == who && b.Key == c.key && (c.seq == nil || b.Seq == c.seq(x))
			}) {
				t.Errorf("found %+v, want %s of %s", v.Breaches, c.key, who)
			}
			named := slices.ContainsFunc(v.Breaches, func(b incident.Breach) bool { return b.Incident == x.two })
			if named != c.also {
				t.Errorf("found %+v: the other incident is named: %v, want %v", v.Breaches, named, c.also)
			}
		})
	}
}

// erasure is allowed: the chain holds without the text.
func erasure(t *testing.T, db Database) {
	x := tell(t, db)
	db.Exec(t, x.store, `DELETE FROM texts WHERE incident = $1 AND digest = $2`, string(x.one), x.noteText)
	v := got(workflows.Verify(t.Context(), x.store))(t)
	same(t, "breaches", v.Breaches, []incident.Breach(nil))
	same(t, "erased", v.Erased, 1)
	db.Exec(t, x.store, `DELETE FROM texts`)
	v = got(workflows.Verify(t.Context(), x.store))(t)
	same(t, "breaches with every text erased", v.Breaches, []incident.Breach(nil))
	db.Exec(t, x.store, `UPDATE entries SET body = replace(body, 'text', 'taxt') WHERE incident = $1 AND seq = $2`, string(x.one), x.note)
	v = got(workflows.Verify(t.Context(), x.store))(t)
	same(t, "a change beside an erasure", v.Breaches, []incident.Breach{{Incident: x.one, Seq: x.note, Key: "verify.changed"}})
}

// unreadableRow is a state that is no JSON any more: the incident is named, as a breach or
// in the error.
func unreadableRow(t *testing.T, db Database) {
	x := tell(t, db)
	db.Exec(t, x.store, `UPDATE incidents SET state = '{' WHERE id = $1`, string(x.one))
	v, err := workflows.Verify(t.Context(), x.store)
	if err != nil {
		if !strings.Contains(err.Error(), string(x.one)) {
			t.Errorf("the error does not name the incident: %v", err)
		}
		return
	}
	if !slices.ContainsFunc(v.Breaches, func(b incident.Breach) bool { return b.Incident == x.one }) {
		t.Errorf("found %+v, want %s named", v.Breaches, x.one)
	}
}

// unreadableRowListed: who asks for such rows is given what stands beside the state; to everybody
// else the list is an error, so that nothing is left out unseen.
func unreadableRowListed(t *testing.T, db Database) {
	x := tell(t, db)
	db.Exec(t, x.store, `UPDATE incidents SET state = '{' WHERE id = $1`, string(x.one))
	if _, err := x.store.Incidents(t.Context(), workflows.IncidentQuery{}); !errors.Is(err, workflows.ErrUnreadable) {
		t.Errorf("a list of all: %v", err)
	}
	list, err := x.store.Incidents(t.Context(), workflows.IncidentQuery{Unreadable: true})
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, in := range list {
		switch {
		case in.ID == x.one && (!in.Unreadable || in.Phase == "" || in.ReportedAt.IsZero()):
			t.Errorf("%+v", in)
		case in.ID != x.one && !in.Unreadable:
			whole++
		}
	}
	if whole == 0 || whole != len(list)-1 {
		t.Errorf("%d of %d can be read", whole, len(list))
	}
}
