package storetest

import (
	"fmt"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// savedTogether is what many commands caused, each of an incident of its own: more than one
// statement takes.
func savedTogether(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	c := newClerk(s)
	const many = 140
	whole := workflows.Change{At: start}
	var keys []string
	var ids []incident.ID
	for n := range many {
		id := incident.ID(fmt.Sprintf("INC-2026-%04d", n+1))
		in := incident.New(id)
		whole.Incidents = append(whole.Incidents, c.sealed(t, in, yamada, c.decide(t, in, yamada, incident.Report{Text: fmt.Sprint("紛失 ", n), What: incident.KindLoss})...))
		// The same key of each: a message belongs to its incident.
		whole.Messages = append(whole.Messages, incident.Notice{Key: "page", Incident: id, To: sato, Urgent: true})
		whole.Timers = append(whole.Timers, workflows.Timer{Key: "clocks:" + string(id), Kind: workflows.TimerClocks, Incident: id, Due: start})
		keys, ids = append(keys, fmt.Sprint("k", n)), append(ids, id)
		whole.Requests = append(whole.Requests, workflows.DoneRequest{Key: keys[n], By: yamada, Incident: id, Outcome: fmt.Appendf(nil, `{"seq":%d}`, n)})
	}
	save(t, s, whole)
	for n, id := range ids {
		records := got(s.Records(ctx, id, 1, 0))(t)
		same(t, "entries", len(records), len(whole.Incidents[n].Sealed))
		same(t, "text", records[0].Event.(incident.ReportReceived).Text.Body, fmt.Sprint("紛失 ", n))
		same(t, "messages", len(got(s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true}))(t)), 1)
	}
	same(t, "of the reporter", len(got(s.Incidents(ctx, workflows.IncidentQuery{Person: yamada}))(t)), many)
	same(t, "timers", len(got(s.ClaimTimers(ctx, start, "w", time.Minute, 2*many))(t)), many)

	note := func(in *incident.Incident) workflows.SavedIncident {
		return c.sealed(t, in, sato, incident.NoteAdded{Text: incident.T("見つかった")})
	}
	for name, harm := range map[string]func(w *workflows.Change) error{
		"one that changed meanwhile": func(w *workflows.Change) error { w.Incidents[many/2].Before--; return workflows.ErrConflict },
		"one that was done":          func(w *workflows.Change) error { w.Requests[many-1].Key = keys[3]; return workflows.ErrDone },
	} {
		var want error
		err := s.Write(ctx, func(tx workflows.Tx) error {
			w := workflows.Change{At: start}
			for n, id := range ids {
				in, err := tx.Incident(ctx, id)
				must(t, err)
				w.Incidents = append(w.Incidents, note(in))
				w.Requests = append(w.Requests, workflows.DoneRequest{Key: fmt.Sprint(name, n), Outcome: []byte("{}")})
			}
			want = harm(&w)
			return tx.Save(ctx, w)
		})
		is(t, name, err, want)
		same(t, name+": nothing of the others is left", got(s.Incident(ctx, ids[0]))(t).Seq, whole.Incidents[0].Row.Seq)
	}
}

// foreseen reads many at once and then asks for each.
func foreseen(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	c := newClerk(s)
	const many = 150
	var keys []string
	var ids []incident.ID
	for n := range many {
		id := incident.ID(fmt.Sprintf("INC-2026-%04d", n+1))
		in := incident.New(id)
		saved := c.sealed(t, in, yamada, c.decide(t, in, yamada, incident.Report{Text: fmt.Sprint("紛失 ", n), What: incident.KindLoss})...)
		keys, ids = append(keys, fmt.Sprint("k", n)), append(ids, id)
		change := workflows.Change{Incidents: []workflows.SavedIncident{saved}}
		if n%2 == 0 {
			change.Request = &workflows.DoneRequest{Key: keys[n], Incident: id, Outcome: fmt.Appendf(nil, `{"seq":%d}`, n)}
		}
		save(t, s, change)
	}
	db.Exec(t, s, `UPDATE incidents SET state = 'damaged' WHERE id = '`+string(ids[7])+`'`)
	before := got(s.Incident(ctx, ids[0]))(t)
	write(t, s, func(tx workflows.Tx) error {
		must(t, tx.Foresee(ctx, append(keys, "of nobody"), append(ids, "INC-2026-9999")))
		for n, key := range keys {
			outcome, ok, err := tx.Done(ctx, key)
			must(t, err)
			want := ""
			if n%2 == 0 {
				want = fmt.Sprintf(`{"seq":%d}`, n)
			}
			if ok != (want != "") || string(outcome) != want {
				t.Errorf("%s: %q, %v; want %q", key, outcome, ok, want)
			}
		}
		if _, ok, err := tx.Done(ctx, "of nobody"); ok || err != nil {
			t.Errorf("what nobody did is done (error %v)", err)
		}
		_, err := tx.Incident(ctx, "INC-2026-9999")
		is(t, "one that is not there", err, workflows.ErrNotFound)
		_, err = tx.Incident(ctx, ids[7])
		is(t, "one that cannot be read", err, workflows.ErrUnreadable)
		same(t, "the first", got(tx.Incident(ctx, ids[0]))(t), before)
		same(t, "the last", got(tx.Incident(ctx, ids[many-1]))(t).ID, ids[many-1])
		// What the transaction itself wrote is seen all the same.
		in := got(tx.Incident(ctx, ids[0]))(t)
		seq := in.Seq
		must(t, tx.Save(ctx, workflows.Change{
			At: start, Incidents: []workflows.SavedIncident{c.sealed(t, in, sato, incident.NoteAdded{Text: incident.T("見つかった")})},
			Request: &workflows.DoneRequest{Key: keys[1], Outcome: []byte("{}")},
		}))
		same(t, "after a change", got(tx.Incident(ctx, ids[0]))(t).Seq, seq+1)
		_, ok, err := tx.Done(ctx, keys[1])
		must(t, err)
		same(t, "a request done since", ok, true)
		return nil
	})
}
