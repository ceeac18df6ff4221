package draft

import (
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// course is the 経過: what happened and what was done, in the order of time. What was taken
// back is left out, a correction stands in the place of what it corrects. Who did it is not
// said, and neither is the book-keeping of the record.
func course(r *reader) answer {
	type line struct {
		record incident.Record
		text   string
	}
	var found []line
	for _, rec := range r.records {
		if r.undone[rec.Seq] {
			continue
		}
		if text := r.entry(rec); text != "" {
			found = append(found, line{rec, text})
		}
	}
	if found == nil {
		return r.unknown()
	}
	slices.SortStableFunc(found, func(a, b line) int { return a.record.Occurred.Compare(b.record.Occurred) })
	out := make([]string, len(found))
	for i, l := range found {
		out[i] = r.say("draft.course.line", "at", report.Instant(l.record.Occurred, r.say), "text", strings.ReplaceAll(l.text, "\n", "\n　"))
	}
	return known(strings.Join(out, "\n"))
}

// entry says what an entry of the record means to somebody outside; empty: nothing.
func (r *reader) entry(rec incident.Record) string {
	corrected := func(t incident.Text) string {
		if better, ok := r.corrections[rec.Seq]; ok {
			t = better
		}
		return r.body(t)
	}
	switch e := rec.Event.(type) {
	case incident.ReportReceived:
		return r.say("draft.course.reported", "text", corrected(e.Text))
	case incident.ReportMerged:
		return r.say("draft.course.reported", "text", corrected(e.Text))
	case incident.NoteAdded:
		return corrected(e.Text)
	case incident.Informed:
		return corrected(e.Text)
	case incident.StepDone:
		if e.Step == "report" { // it is the report itself
			return ""
		}
		return lines(r.did(rec, e.Step), corrected(e.Result))
	case incident.EvidenceRecorded:
		return r.say("draft.course.evidence", "name", corrected(e.Name))
	case incident.FileAttached:
		return r.say("draft.course.evidence", "name", corrected(e.Name))
	case incident.LevelSet:
		if e.From == e.To {
			return ""
		}
		return r.say("draft.course.level", "level", r.say("level."+e.To.String()))
	case incident.PhaseMoved:
		return r.say("draft.course.phase", "phase", r.say("phase."+string(e.To)))
	case incident.IncidentClosed:
		return r.say("draft.course.phase", "phase", r.say("phase."+string(incident.Closed)))
	}
	return ""
}

// deeds are the steps of the procedures that come with the product. A step is worded as an
// instruction; here is what was done by it.
var deeds = []string{
	"contain", "investigate", "preserve_evidence", "prepare_victims", "prepare_inquiries", "prepare_press", "report_police", "report_ppc",
	"tell_staff", "restore", "restore_data", "restore_device", "restore_paper", "remedy", "publish",
}

// did says that a step was carried out.
func (r *reader) did(rec incident.Record, step string) string {
	if slices.Contains(deeds, step) {
		return r.say("draft.did." + step)
	}
	return r.say("draft.course.step", "step", r.step(rec.Seq, step))
}

// evidence is the list of what is kept, for whoever investigates. Digests let him check that
// what he is handed is what was kept.
func evidence(r *reader) answer {
	var out []string
	for _, e := range r.in.Evidence {
		name := r.typed(e.Name)
		if name == "" {
			name = r.say("text.erased")
		}
		if e.SHA256 != "" {
			out = append(out, r.say("draft.evidence.file", "name", name, "digest", e.SHA256))
		} else {
			out = append(out, r.say("draft.evidence", "name", name, "where", r.typed(e.Where)))
		}
	}
	if out == nil {
		return r.fill("evidence", "")
	}
	return known(strings.Join(out, "\n"))
}

// done finds whether work of a kind was done, and what was written about it.
func (r *reader) done(keys ...string) (settled bool, result string) {
	var results []string
	for _, s := range r.in.Steps {
		if slices.Contains(keys, s.Key) && s.Done {
			settled = true
			results = append(results, r.typed(s.Reason))
		}
	}
	return settled, lines(results...)
}

// actions are the measures against a repetition: those that are done, or those that are not.
func (r *reader) actions(done bool) string {
	var out []string
	for _, a := range r.in.Actions {
		if a.Done != done || a.Text == "" {
			continue
		}
		text := r.typed(a.Text)
		if a.Due != "" && !done {
			text = r.say("draft.action.due", "text", text, "due", report.Day(a.Due, r.say))
		}
		out = append(out, r.say("draft.action", "number", strconv.Itoa(a.N), "text", text))
	}
	return strings.Join(out, "\n")
}
