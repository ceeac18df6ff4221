package incident_test

import (
	"strings"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

// undo takes an entry back, as the service does.
func (s *scene) undo(by incident.PersonID, seq int64) *incident.Refusal {
	s.t.Helper()
	_, ref := s.decide(incident.Undo{Seq: seq, Reason: "間違い"}, s.target(by, seq))
	return ref
}

func wantKey(t *testing.T, ref *incident.Refusal, key string) {
	t.Helper()
	switch {
	case ref == nil && key != "":
		t.Errorf("accepted, want %s", key)
	case ref != nil && ref.Key != key:
		t.Errorf("refused with %s %v, want %q", ref.Key, ref.Args, key)
	}
}

// Each kind that can be taken back: what was set is as before, and twice is once.
func TestUndo(t *testing.T) {
	action := incident.SetPrevention{Text: "研修", Owner: admin, Due: "2026-12-24"}
	for _, tt := range []struct {
		name    string
		first   incident.Command // set before
		c       incident.Command
		kind    incident.EventKind
		then    incident.Command // overtakes it
		look    func(in *incident.Incident) any
		changes bool
	}{
		{"a note", nil, incident.Note{Text: "x"}, "note_added", nil, func(in *incident.Incident) any { return in.Phase }, false},
		{"a question", nil, incident.Ask{Text: "x"}, "asked", nil, func(in *incident.Incident) any { return len(in.Questions) }, true},
		{"evidence", nil, incident.RecordEvidence{Name: "x", Where: "y"}, "evidence_recorded", nil, func(in *incident.Incident) any { return len(in.Evidence) }, true},
		{"a file", nil, screenshot, "file_attached", nil, func(in *incident.Incident) any { return len(in.Evidence) }, true},
		{"a step", nil, incident.DoStep{Step: "contain", Result: "x"}, "step_done", nil, func(in *incident.Incident) any { s, _ := in.StepByKey("contain"); return s }, true},
		{"a waiver", nil, incident.Waive{Step: "contain", Reason: "x"}, "step_waived", nil, func(in *incident.Incident) any { s, _ := in.StepByKey("contain"); return s }, true},
		{"an answer", nil, incident.SetFacts{Facts: yes(incident.FactVirus)}, "fact_set", incident.SetFacts{Facts: incident.Facts{incident.FactVirus: incident.No}},
			func(in *incident.Incident) any { return in.Facts.Get(incident.FactVirus) }, true},
		{"an answer that was another", incident.SetFacts{Facts: incident.Facts{incident.FactVirus: incident.No}}, incident.SetFacts{Facts: yes(incident.FactVirus)}, "fact_set", nil,
			func(in *incident.Incident) any { return in.Facts.Get(incident.FactVirus) }, true},
		{"a field", nil, incident.SetField{Field: incident.FieldScope, Value: "x"}, "field_set", incident.SetField{Field: incident.FieldScope, Value: "z"},
			func(in *incident.Incident) any { _, ok := in.Fields[incident.FieldScope]; return ok }, true},
		{"a field that was another", incident.SetField{Field: incident.FieldScope, Value: "a"}, incident.SetField{Field: incident.FieldScope, Value: "b"}, "field_set", nil,
			func(in *incident.Incident) any { return in.Fields[incident.FieldScope].Value }, true},
		{"a field that was marked unknown", incident.SetField{Field: incident.FieldScope, Unknown: true, Reason: "調査中"}, incident.SetField{Field: incident.FieldScope, Value: "b"}, "field_set", nil,
			func(in *incident.Incident) any {
				v := in.Fields[incident.FieldScope]
				return []any{v.Unknown, v.Reason, v.Value}
			}, true},
		{"an action", nil, action, "prevention_set", incident.SetPrevention{N: 1, Text: "別"}, func(in *incident.Incident) any { return len(in.Actions) }, true},
		{"a changed action", action, incident.SetPrevention{N: 1, Text: "研修", Done: true}, "prevention_set", nil,
			func(in *incident.Incident) any { a := in.Actions[0]; return []any{a.N, a.Text, a.Owner, a.Due, a.Done} }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tampering(t, l2, impersonal)
			if tt.first != nil {
				s.do(leader, tt.first)
			}
			was := asJSON(t, tt.look(s.in))
			s.do(leader, tt.c)
			seq := s.last(tt.kind)
			if got := asJSON(t, tt.look(s.in)); (got != was) != tt.changes {
				t.Fatalf("%s before, %s after it", was, got)
			}
			overtaken := replay(t, s)
			wantKey(t, s.undo(leader, seq), "")
			if got := asJSON(t, tt.look(s.in)); got != was {
				t.Errorf("taken back to %s, it was %s", got, was)
			}
			u := of[incident.Undone](s.events())
			if len(u) != 1 || u[0].Seq != seq || u[0].What != tt.kind {
				t.Errorf("the record says %+v", u)
			}
			wantKey(t, s.undo(leader, seq), "refuse.entry_undone")
			if tt.then != nil {
				overtaken.do(leader, tt.then)
				wantKey(t, overtaken.undo(leader, seq), "refuse.entry_overtaken")
			}
		})
	}
}

// The same answer given again by another is newer, even though nothing looks different.
func TestUndoSeesWhatIsNewer(t *testing.T) {
	s := tampering(t, l2, impersonal)
	fact := func(a incident.Answer) {
		s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactVirus: a}})
	}
	fact(incident.Yes)
	seq := s.last("fact_set")
	fact(incident.No)
	fact(incident.Yes)
	wantKey(t, s.undo(leader, seq), "refuse.entry_overtaken")
}

func TestUndosThatAreRefused(t *testing.T) {
	s := tampering(t, l2, impersonal)
	wantKey(t, s.undo(leader, 0), "refuse.nothing_to_undo")
	wantKey(t, s.undo(leader, 999), "refuse.entry_unknown")
	for _, k := range []incident.EventKind{"report_received", "planned", "paged", "level_set", "lead_taken", "joined"} {
		wantKey(t, s.undo(leader, s.last(k)), "refuse.entry_fixed")
	}
	s.do(admin, incident.Note{Text: "x"})
	wantKey(t, s.undo(president, s.last("note_added")), "refuse.not_allowed") // another's
	wantKey(t, s.undo(leader, s.last("note_added")), "")                      // the lead may

	env := s.env(leader) // an entry of another incident
	r := s.records[s.last("note_added")-1]
	r.Incident = "INC-2026-0002"
	env.Target = &r
	_, ref := s.decide(incident.Undo{Seq: r.Seq}, env)
	wantKey(t, ref, "refuse.entry_unknown")

	t.Run("where what stood there before was erased", func(t *testing.T) {
		for kind, cs := range map[incident.EventKind][2]incident.Command{
			"field_set":      {incident.SetField{Field: incident.FieldScope, Value: "a"}, incident.SetField{Field: incident.FieldScope, Value: "b"}},
			"prevention_set": {incident.SetPrevention{Text: "a"}, incident.SetPrevention{N: 1, Text: "b"}},
		} {
			s := tampering(t, l2, impersonal)
			s.do(leader, cs[0])
			s.do(leader, cs[1])
			env := s.target(leader, s.last(kind))
			incident.Restore(env.Target, nil)
			_, ref := s.decide(incident.Undo{Seq: env.Target.Seq}, env)
			wantKey(t, ref, "refuse.entry_fixed")
		}
	})
}

func TestCorrect(t *testing.T) {
	s := tampering(t, l2, impersonal)
	s.do(admin, incident.Note{Text: "23時に停止"})
	seq := s.last("note_added")
	correct := func(by incident.PersonID, seq int64, text string) *incident.Refusal {
		_, ref := s.decide(incident.Correct{Seq: seq, Text: text}, s.target(by, seq))
		return ref
	}
	wantKey(t, correct(president, seq, "x"), "refuse.not_allowed")
	wantKey(t, correct(admin, seq, "\u200b"), "refuse.text_empty")
	wantKey(t, correct(admin, seq, "22時に停止"), "")
	wantKey(t, correct(leader, seq, "22時頃に停止"), "")
	wantKey(t, correct(leader, 1, "発生事象の訂正"), "")
	wantKey(t, correct(leader, s.last("level_set"), "x"), "refuse.entry_fixed")
	wantKey(t, correct(leader, 0, "x"), "refuse.entry_unknown")
	if n, ok := s.records[seq-1].Event.(incident.NoteAdded); !ok || n.Text.Body != "23時に停止" {
		t.Error("the original is not readable any more")
	}
	wantKey(t, s.undo(admin, seq), "")
	wantKey(t, correct(admin, seq, "x"), "refuse.entry_undone")
}

func TestFields(t *testing.T) {
	s := tampering(t, l2, impersonal)
	for _, tt := range []struct {
		name string
		c    incident.SetField
		want string // stored value, or the key of the refusal
	}{
		{"a text", incident.SetField{Field: incident.FieldScope, Value: " 受注\r\n全部 "}, "受注\n全部"},
		{"empty", incident.SetField{Field: incident.FieldScope}, "refuse.field_empty"},
		{"invisible", incident.SetField{Field: incident.FieldScope, Value: "\u2060"}, "refuse.field_empty"},
		{"too long", incident.SetField{Field: incident.FieldScope, Value: strings.Repeat("x", 20001)}, "refuse.text_long"},
		{"a field there is not", incident.SetField{Field: "weather", Value: "x"}, "refuse.field_unknown"},
		{"unknown without a reason", incident.SetField{Field: incident.FieldCause, Unknown: true}, "refuse.reason_needed"},
		{"unknown", incident.SetField{Field: incident.FieldCause, Unknown: true, Reason: "調査中"}, ""},
		{"a time", incident.SetField{Field: incident.FieldOccurredAt, Value: "11/22 1:30"}, "2026-11-21T16:30:00Z"},
		{"a time in full-width digits", incident.SetField{Field: incident.FieldOccurredAt, Value: "２０２６年１１月２２日　１時５分"}, "2026-11-21T16:05:00Z"},
		{"no time", incident.SetField{Field: incident.FieldOccurredAt, Value: "昨夜"}, "refuse.time_bad"},
		{"in the future", incident.SetField{Field: incident.FieldOccurredAt, Value: "2026-11-23 2:00"}, "refuse.time_future"},
		{"occurred after it was discovered", incident.SetField{Field: incident.FieldOccurredAt, Value: "2026-11-22 2:08"}, "refuse.time_order"},
		{"discovered before it occurred", incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-22 1:00"}, "refuse.time_order"},
		{"discovered earlier than reported", incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-22 1:30"}, "2026-11-21T16:30:00Z"},
		{"discovered in the year one", incident.SetField{Field: incident.FieldDiscoveredAt, Value: "0001-01-01"}, "refuse.time_bad"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.t = t
			if strings.HasPrefix(tt.want, "refuse.") {
				s.refused(admin, tt.c, tt.want)
				return
			}
			s.do(admin, tt.c)
			v := s.in.Fields[tt.c.Field]
			if v.Value != tt.want || v.Unknown != tt.c.Unknown || v.By != admin {
				t.Errorf("stored %+v, want %q", v, tt.want)
			}
		})
	}
	if want := night.Add(-37 * time.Minute); !s.in.Discovered().Equal(want) {
		t.Errorf("discovered %s, want %s", s.in.Discovered(), want)
	}
}

func TestPreventionActions(t *testing.T) {
	s := tampering(t, l2, impersonal)
	for key, c := range map[string]incident.SetPrevention{
		"refuse.text_empty":      {Text: " "},
		"refuse.person_unknown":  {Text: "x", Owner: passerby},
		"refuse.date_bad":        {Text: "x", Due: "2026-02-30"},
		"refuse.action_unknown":  {Text: "x", N: 7},
		"refuse.person_excluded": {Text: "x", Owner: suspect},
	} {
		if key == "refuse.person_excluded" {
			s.do(leader, incident.Restrict{Exclude: []incident.PersonID{suspect}, Reason: "x"})
		}
		s.refused(admin, c, key)
	}
	for range 100 {
		s.do(admin, incident.SetPrevention{Text: "x"})
	}
	s.refused(admin, incident.SetPrevention{Text: "x"}, "refuse.too_many")
	s.do(admin, incident.SetPrevention{N: 100, Text: "まだ変えられる"})
}

func TestVersionsOfTheReport(t *testing.T) {
	s := tampering(t, l2, impersonal)
	s.do(leader, incident.MakeReport{})
	if events := s.do(leader, incident.MakeReport{}); len(events) > 0 || s.in.Reports != 1 {
		t.Errorf("a second version of the same: %v", kinds(events))
	}
	s.do(leader, incident.Note{Text: "x"})
	s.do(leader, incident.MakeReport{})
	if s.in.Reports != 2 {
		t.Errorf("version %d", s.in.Reports)
	}
}
