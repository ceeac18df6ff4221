package report

import (
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// Sentence says what an entry of the record did, in one sentence, and below it, each on a
// line of its own, what somebody typed. Who did it is not part of it: it is meant to stand
// beside Author and the time, in the report, in the incident's channel and on its page.
// A text that was erased is shown as erased. The texts are those under "log." and the terms.
// Nothing in the result is escaped or made printable: that is the renderer's.
func Sentence(r incident.Record, v Voice) string {
	switch e := r.Event.(type) {
	case incident.ReportReceived:
		return v.say(r, "", "kind", v.Say("kind."+string(e.What)), "text", v.body(e.Text)) +
			v.part("contractor", e.Contractor)
	case incident.Planned:
		return v.say(r, "",
			"category", v.category(e.Plan.Category, e.Plan.Effect),
			"level", v.Say("level."+e.Plan.Level.String()), "count", strconv.Itoa(len(e.Steps)))
	case incident.Paged:
		by := ""
		if len(e.By) > 1 || len(e.By) == 1 && e.By[0] != incident.ByChat { // by chat: as ever
			by = "\n" + v.Say("log.part.by", "means", v.means(e.By))
		}
		if len(e.Roles) == 0 {
			return v.say(r, "", "name", v.name(e.Person), "because", v.Say("log.because."+e.Because)) + by
		}
		return v.say(r, "roles", "name", v.name(e.Person), "roles", v.roles(e.Roles), "because", v.Say("log.because."+e.Because)) + by
	case incident.CalledAgain:
		text := v.say(r, "")
		for _, c := range e.Calls {
			by := v.Say("log.called_again.none")
			if len(c.By) > 0 {
				by = v.means(c.By)
			}
			text += "\n" + v.Say("log.called_again.call", "name", v.name(c.Person), "means", by)
		}
		return text
	case incident.MeansUsed:
		return v.say(r, "", "name", v.name(e.Person), "means", v.means(e.By), "because", v.Say("log.because."+e.Because))
	case incident.MeansFailed:
		return v.say(r, "", "name", v.name(e.Person), "means", v.Say("means."+string(e.Means)), "why", v.Say("trouble."+string(e.Why)))
	case incident.Unreached:
		return v.say(r, "", "name", v.name(e.Person))
	case incident.Acknowledged:
		if len(e.Roles) == 0 {
			return v.say(r, "")
		}
		return v.say(r, "roles", "roles", v.roles(e.Roles))
	case incident.Declined:
		return v.say(r, when("besides", e.Besides)) + v.part("reason", e.Reason)
	case incident.PageStopped:
		return v.say(r, "", "name", v.name(e.Person), "because", v.Say("log.because."+e.Because))
	case incident.RoundPassed:
		if e.Exhausted {
			return v.say(r, "exhausted")
		}
		return v.say(r, "", "round", strconv.Itoa(e.Round))
	case incident.LeadTaken:
		// Of who takes it for himself the name stands beside the sentence already.
		return v.say(r, when("self", e.Person == r.By), "name", v.name(e.Person), "how", v.Say("leadhow."+string(e.How)))
	case incident.HandoverOffered:
		return v.say(r, "", "name", v.name(e.To)) + v.part("reason", e.Reason)
	case incident.HandoverRefused:
		return v.say(r, "") + v.part("reason", e.Reason)
	case incident.HandoverWaited:
		return v.say(r, "", "name", v.name(e.To))
	case incident.Joined:
		return v.say(r, "", "name", v.name(e.Person), "why", v.why(e.Why, e.Role))
	case incident.LeftCircle:
		return v.say(r, "", "name", v.name(e.Person))
	case incident.Assigned:
		if e.Step == "" {
			return v.say(r, "", "name", v.name(e.Person))
		}
		return v.say(r, "step", "name", v.name(e.Person), "step", v.step(r, e.Step))
	case incident.CircleRestricted:
		if len(e.Excluded) == 0 {
			return v.say(r, "lifted") + v.part("reason", e.Reason)
		}
		return v.say(r, "", "names", v.names(e.Excluded)) + v.part("reason", e.Reason)
	}
	if s, ok := v.judged(r); ok {
		return s
	}
	if s, ok := v.clocked(r); ok {
		return s
	}
	if s, ok := v.outside(r); ok {
		return s
	}
	return v.written(r)
}

// judged says the entries of phase, level, approval and end.
func (v Voice) judged(r incident.Record) (string, bool) {
	switch e := r.Event.(type) {
	case incident.PhaseMoved:
		return v.say(r, when("back", e.To.Before(e.From)), "from", v.phase(e.From), "to", v.phase(e.To)) + v.part("reason", e.Reason), true
	case incident.LevelSet:
		level := v.Say("level." + e.To.String())
		way := "raised"
		switch {
		case e.From == e.To: // a proposed raise was turned down
			return v.say(r, "kept", "level", level) + v.part("reason", e.Reason), true
		case !e.From.Confirmed():
			return v.say(r, "", "level", level) + v.part("reason", e.Reason), true
		case e.To < e.From:
			way = "lowered"
		}
		return v.say(r, way, "from", v.Say("level."+e.From.String()), "level", level) + v.part("reason", e.Reason), true
	case incident.LevelProposed:
		return v.say(r, "", "level", v.Say("level."+e.Level.String())) + v.part("reason", e.Reason), true
	case incident.Recategorised:
		return v.say(r, "", "from", v.category(e.From, ""), "to", v.category(e.To, e.Effect)) + v.part("reason", e.Reason), true
	case incident.ReportMade:
		return v.say(r, "", "version", strconv.Itoa(e.Version)), true
	case incident.Approved:
		s := v.say(r, "", "role", v.approver(e.Role, e.Deputy))
		if e.Publication != "" {
			s += "\n" + v.Say("log.part.publication", "text", v.Say("publication."+string(e.Publication)))
		}
		return s + v.part("comment", e.Comment), true
	case incident.ApprovalVoided:
		return v.say(r, "", "what", v.what(e.Because)), true
	case incident.IncidentClosed:
		return v.say(r, "") + v.part("comment", e.Comment), true
	case incident.IncidentDismissed:
		return v.say(r, "") + v.part("reason", e.Reason), true
	case incident.IncidentReopened:
		return v.say(r, "", "from", v.phase(e.From), "to", v.phase(e.To)) + v.part("reason", e.Reason), true
	case incident.MergedIntoOther:
		return v.say(r, "", "id", string(e.Into)), true
	case incident.ReportMerged:
		return v.say(r, "", "id", string(e.From), "names", v.merged(e), "text", v.body(e.Text)), true
	}
	return "", false
}

// written says the entries of the work itself: steps, facts, fields, notes.
func (v Voice) written(r incident.Record) string {
	switch e := r.Event.(type) {
	case incident.StepDone:
		return v.say(r, "", "step", v.step(r, e.Step)) + v.part("result", e.Result)
	case incident.StepWaived:
		return v.say(r, "", "step", v.step(r, e.Step)) + v.part("reason", e.Reason)
	case incident.StepReopened:
		return v.say(r, "", "step", v.step(r, e.Step))
	case incident.FactSet:
		fact, answer := v.Say("fact."+string(e.Fact)), v.answer(e.Answer)
		if e.Before == "" {
			return v.say(r, "", "fact", fact, "answer", answer)
		}
		return v.say(r, "changed", "fact", fact, "before", v.answer(e.Before), "answer", answer)
	case incident.FieldSet:
		return v.field(r, e)
	case incident.NoteAdded:
		return v.say(r, "", "text", v.body(e.Text))
	case incident.Informed:
		return v.say(r, when("false_alarm", e.FalseAlarm), "text", v.body(e.Text))
	case incident.Asked:
		return v.say(r, "", "text", v.body(e.Text))
	case incident.Corrected:
		return v.say(r, "", "number", strconv.FormatInt(e.Seq, 10), "text", v.body(e.Text))
	case incident.Undone:
		return v.say(r, "", "number", strconv.FormatInt(e.Seq, 10), "what", v.what(e.What)) + v.part("reason", e.Reason)
	case incident.EvidenceRecorded:
		return v.say(r, "", "name", v.body(e.Name), "where", v.body(e.Where))
	case incident.FileAttached:
		return v.say(r, "", "name", v.body(e.Name), "size", Size(e.Size, v.Say), "digest", e.SHA256) + v.part("original", e.Where)
	case incident.PreventionSet:
		owner, due := v.Say("text.unfilled"), v.Say("text.unfilled")
		if e.Owner != "" {
			owner = v.name(e.Owner)
		}
		if e.Due != "" {
			due = Day(e.Due, v.Say)
		}
		return v.say(r, when("done", e.Done), "number", strconv.Itoa(e.N), "owner", owner, "due", due, "text", v.body(e.Text))
	case incident.PreventionRemoved:
		return v.say(r, "", "number", strconv.Itoa(e.N))
	}
	return v.what(r.Event.Kind())
}

func (v Voice) field(r incident.Record, e incident.FieldSet) string {
	name := v.Say("field." + string(e.Field))
	switch {
	case e.Cleared:
		return v.say(r, "cleared", "field", name)
	case e.Unknown:
		return v.say(r, "unknown", "field", name) + v.part("reason", e.Reason)
	}
	text := v.body(e.Value)
	if e.Field.IsTime() && !e.Value.Erased {
		text = v.moment(text)
	}
	again := !e.Before.IsZero() || e.BeforeUnknown
	return v.say(r, when("changed", again), "field", name, "text", text)
}

// Author says who made an entry, as he was called then. What follows of itself from
// somebody's deed (calls, the circle, the steps of a level) is nobody's.
func Author(r incident.Record, v Voice) string {
	switch r.Event.(type) {
	case incident.Planned, incident.Paged, incident.CalledAgain, incident.PageStopped, incident.RoundPassed,
		incident.MeansUsed, incident.MeansFailed, incident.Unreached,
		incident.Joined, incident.LeftCircle, incident.ApprovalVoided, incident.ClocksDrawn, incident.ClocksReminded:
		return v.Say("person.bot")
	}
	switch {
	case r.ByName.Erased:
		return v.Say("person.erased")
	case r.ByName.Body != "":
		return v.knownAs(r.By, r.ByName.Body)
	case r.By != "":
		return v.name(r.By)
	}
	return v.Say("person.bot")
}

func (v Voice) say(r incident.Record, variant string, pairs ...string) string {
	key := "log." + string(r.Event.Kind())
	if variant != "" {
		key += "." + variant
	}
	return v.Say(key, pairs...)
}

func when(variant string, so bool) string {
	if so {
		return variant
	}
	return ""
}

// means lists ways of reaching somebody.
func (v Voice) means(by []incident.Means) string {
	var names []string
	for _, m := range by {
		names = append(names, v.Say("means."+string(m)))
	}
	return strings.Join(names, v.Say("separator"))
}

// part is a further line with a typed text, or nothing where none was typed.
func (v Voice) part(key string, t incident.Text) string {
	if t.IsZero() {
		return ""
	}
	return "\n" + v.Say("log.part."+key, "text", v.body(t))
}
