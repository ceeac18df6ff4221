package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var recordTests = []testCase{
	{"RoundTrip", roundTrip},
	{"FromAndLimit", fromAndLimit},
	{"Evidence", evidence},
	{"ErasedTexts", erasedTexts},
	{"LastBy", lastBy},
	{"Row", rowRoundTrip},
}

// What people type: characters beyond the basic plane, signs that SQL or JSON treat
// specially, and as long as a text may be.
var typed = []string{
	"𠮷野の端末で🔥を確認。\t「'; DROP TABLE entries; --」\\ \u2028 \" </script> ％_",
	strings.Repeat("長", incident.MaxText-1) + "🧯",
	"e\u0301\u202egpj.exe",
	"a",
}

func written(saved ...workflows.SavedIncident) (records []incident.Record, bodies [][]byte) {
	for _, x := range saved {
		for _, e := range x.Sealed {
			records = append(records, e.Record)
			bodies = append(bodies, e.Body)
		}
	}
	return records, bodies
}

func roundTrip(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	saved := []workflows.SavedIncident{c.report(t, yamada, typed[0])}
	id := saved[0].Row.ID
	for _, text := range typed[1:] {
		saved = append(saved, c.carry(t, id, sato, incident.Note{Text: text}))
	}
	saved = append(saved,
		c.carry(t, id, sato, incident.SetField{Field: incident.FieldScope, Unknown: true, Reason: "調査中のため"}),
		c.add(t, id, "", incident.RoundPassed{Round: 1}), // the bot itself, without any text
		c.add(t, id, sato, incident.ReportMerged{From: "INC-2026-0009", Reporters: []incident.PersonID{suzuki}, Names: []incident.Text{incident.T("鈴木")}, Text: incident.T("同じ件")}),
	)
	want, _ := written(saved...)
	records := got(s.Records(t.Context(), id, 1, 0))(t)
	same(t, "records", records, want)
	for _, r := range records {
		if r.At.Location() != time.UTC || r.Occurred.Location() != time.UTC {
			t.Errorf("entry %d: times are not in UTC: %s, %s", r.Seq, r.At, r.Occurred)
		}
		if r.At.Nanosecond()%1_000_000 == 0 {
			t.Errorf("entry %d: the microseconds are gone: %s", r.Seq, r.At)
		}
	}
}

func fromAndLimit(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	id := c.report(t, yamada, "長い記録").Row.ID
	c.report(t, yamada, "別の件")
	for i := range 40 {
		c.carry(t, id, sato, incident.Note{Text: fmt.Sprintf("%d 件目の記録", i)})
	}
	all := got(s.Records(t.Context(), id, 1, 0))(t)
	n := int64(len(all))
	for _, c := range []struct {
		from  int64
		limit int
		want  []incident.Record
	}{
		{0, 0, all}, {1, 3, all[:3]}, {7, 0, all[6:]}, {7, 5, all[6:11]}, {n, 1, all[n-1:]}, {n, 9, all[n-1:]}, {n + 1, 0, nil},
	} {
		same(t, fmt.Sprintf("from %d, at most %d", c.from, c.limit), got(s.Records(t.Context(), id, c.from, c.limit))(t), c.want)
	}
	same(t, "of an unknown incident", len(got(s.Records(t.Context(), "INC-2026-0404", 1, 0))(t)), 0)
}

func evidence(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	first := c.report(t, yamada, "一件目")
	second := c.report(t, sato, "二件目")
	more := c.carry(t, first.Row.ID, sato, incident.Note{Text: "一件目の続き"})
	for _, saved := range [][]workflows.SavedIncident{{first, more}, {second}} {
		wantRecords, wantBodies := written(saved...)
		records, bodies, err := s.Evidence(t.Context(), saved[0].Row.ID)
		must(t, err)
		same(t, "records", records, wantRecords)
		same(t, "bodies", bodies, wantBodies)
	}
}

func erasedTexts(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	id := c.report(t, yamada, "名前を書いてしまった").Row.ID
	saved := c.carry(t, id, sato, incident.Note{Text: "消してほしい話"})
	want, _ := written(saved)
	digest := want[0].Event.(incident.NoteAdded).Text.Digest
	db.Exec(t, s, `DELETE FROM texts WHERE incident = $1 AND digest = $2`, string(id), digest)
	want[0].Event = incident.NoteAdded{Text: incident.Text{Digest: digest, Erased: true}}
	same(t, "record", got(s.Records(t.Context(), id, want[0].Seq, 0))(t), want)
	all := got(s.Records(t.Context(), id, 1, 0))(t)
	same(t, "record among all", all[len(all)-1:], want)
}

func lastBy(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	c := newClerk(s)
	id := c.report(t, yamada, "取り消し").Row.ID
	other := c.report(t, yamada, "別の件").Row.ID
	note1 := c.carry(t, id, sato, incident.Note{Text: "一つ目"}).Sealed[0].Record
	field := c.carry(t, id, sato, incident.SetField{Field: incident.FieldScope, Value: "営業部のみ"}).Sealed[0].Record
	note2 := c.carry(t, id, sato, incident.Note{Text: "二つ目"}).Sealed[0].Record
	c.carry(t, id, suzuki, incident.Note{Text: "鈴木の記録"})
	c.carry(t, other, sato, incident.Note{Text: "別の件の記録"})
	notes := []incident.EventKind{incident.NoteAdded{}.Kind()}
	both := append(slices.Clone(notes), incident.FieldSet{}.Kind())
	for _, c := range []struct {
		name   string
		kinds  []incident.EventKind
		except []int64
		want   incident.Record
	}{
		{"the last", notes, nil, note2},
		{"of two kinds", both, nil, note2},
		{"but that", both, []int64{note2.Seq}, field},
		{"of one kind but that", notes, []int64{note2.Seq}, note1},
		{"none left", notes, []int64{note1.Seq, note2.Seq}, incident.Record{}},
		{"no kind", nil, nil, incident.Record{}},
	} {
		write(t, s, func(tx workflows.Tx) error {
			r, err := tx.LastBy(ctx, id, sato, c.kinds, c.except)
			if c.want.Seq == 0 {
				is(t, c.name, err, workflows.ErrNotFound)
				return nil
			}
			must(t, err)
			same(t, c.name, r, c.want)
			return nil
		})
	}
}

func rowRoundTrip(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	c := newClerk(s)
	saved := c.report(t, yamada, typed[0])
	same(t, "new row", got(s.Incident(ctx, saved.Row.ID))(t), saved.Row)
	saved = c.carry(t, saved.Row.ID, sato, incident.Dismiss{Reason: "事故ではなかった"})
	same(t, "ended row", got(s.Incident(ctx, saved.Row.ID))(t), saved.Row)
	write(t, s, func(tx workflows.Tx) error {
		same(t, "row in a transaction", got(tx.Incident(ctx, saved.Row.ID))(t), saved.Row)
		_, err := tx.Incident(ctx, "INC-2026-0404")
		is(t, "unknown row", err, workflows.ErrNotFound)
		return nil
	})
	_, err := s.Incident(ctx, "INC-2026-0404")
	is(t, "unknown row", err, workflows.ErrNotFound)
}
