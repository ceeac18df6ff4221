package desk

import (
	"strconv"

	"hikeshi/workflows/incident"
)

// entry says in one sentence what an entry of the record records. Who and when stand beside
// it; texts that people typed are shown as they are.
func (v voice) entry(in *incident.Incident, r incident.Record) string {
	switch e := r.Event.(type) {
	case incident.ReportReceived:
		return v.say("event.report_received", "kind", v.say("kind."+string(e.What)), "text", v.text(e.Text))
	case incident.Planned:
		return v.say("event.planned", "count", number(len(e.Steps)), "level", v.level(e.Plan.Level), "category", v.say("category."+string(e.Plan.Category)))
	case incident.Paged:
		if len(e.Roles) == 0 {
			return v.say("event.paged.added", "person", v.person(in, e.Person))
		}
		return v.say("event.paged", "person", v.person(in, e.Person), "roles", v.roles(e.Roles), "because", v.say("because."+e.Because))
	case incident.Acknowledged:
		return v.say("event.acknowledged")
	case incident.Declined:
		return v.reasoned("event.declined", e.Reason)
	case incident.PageStopped:
		return v.say("event.page_stopped", "person", v.person(in, e.Person), "because", v.say("stopped."+e.Because))
	case incident.RoundPassed:
		if e.Exhausted {
			return v.say("event.round_passed.exhausted")
		}
		return v.say("event.round_passed", "round", number(e.Round))
	case incident.LeadTaken:
		return v.say("event.lead_taken", "person", v.person(in, e.Person), "how", v.say("leadhow."+string(e.How)))
	case incident.HandoverOffered:
		return v.reasoned("event.handover_offered", e.Reason, "person", v.person(in, e.To))
	case incident.HandoverRefused:
		return v.reasoned("event.handover_refused", e.Reason)
	case incident.PhaseMoved:
		key := "event.phase_moved"
		if e.To.Before(e.From) {
			key = "event.phase_moved.back"
		}
		return v.reasoned(key, e.Reason, "from", v.phase(e.From), "to", v.phase(e.To))
	case incident.LevelSet:
		key := "event.level_set.confirm"
		switch {
		case e.From.Confirmed() && e.To > e.From:
			key = "event.level_set.raise"
		case e.From.Confirmed():
			key = "event.level_set.lower"
		}
		return v.reasoned(key, e.Reason, "from", v.level(e.From), "to", v.level(e.To))
	case incident.LevelProposed:
		return v.reasoned("event.level_proposed", e.Reason, "level", v.level(e.Level))
	case incident.Recategorised:
		to := v.say("category." + string(e.To))
		if e.Effect != "" {
			to = v.say("category.with_effect", "value", to, "effect", v.say("category."+string(e.Effect)))
		}
		return v.reasoned("event.recategorised", e.Reason, "from", v.say("category."+string(e.From)), "to", to)
	case incident.Assigned:
		if e.Step == "" {
			return v.say("event.assigned", "person", v.person(in, e.Person))
		}
		return v.say("event.assigned.step", "person", v.person(in, e.Person), "step", v.stepOf(in, e.Step))
	case incident.StepDone:
		return v.reasoned("event.step_done", e.Result, "step", v.stepOf(in, e.Step))
	case incident.StepWaived:
		return v.reasoned("event.step_waived", e.Reason, "step", v.stepOf(in, e.Step))
	case incident.StepReopened:
		return v.say("event.step_reopened", "step", v.stepOf(in, e.Step))
	}
	return v.recordEntry(in, r)
}

// recordEntry says the entries that only write something down, and the ends.
func (v voice) recordEntry(in *incident.Incident, r incident.Record) string {
	switch e := r.Event.(type) {
	case incident.FactSet:
		return v.say("event.fact_set", "fact", v.fact(e.Fact), "answer", v.answer(e.Fact, e.Answer))
	case incident.FieldSet:
		switch {
		case e.Cleared:
			return v.say("event.field_set.cleared", "field", v.field(e.Field))
		case e.Unknown:
			return v.say("event.field_set.unknown", "field", v.field(e.Field), "reason", v.text(e.Reason))
		}
		return v.say("event.field_set", "field", v.field(e.Field), "value", v.fieldText(e.Field, v.text(e.Value)))
	case incident.NoteAdded:
		return v.text(e.Text)
	case incident.Informed:
		if e.FalseAlarm {
			return v.say("event.informed.alarm", "text", v.text(e.Text))
		}
		return v.say("event.informed", "text", v.text(e.Text))
	case incident.Asked:
		return v.say("event.asked", "text", v.text(e.Text))
	case incident.Corrected:
		return v.say("event.corrected", "seq", strconv.FormatInt(e.Seq, 10), "text", v.text(e.Text))
	case incident.Undone:
		return v.reasoned("event.undone", e.Reason, "seq", strconv.FormatInt(e.Seq, 10))
	case incident.EvidenceRecorded:
		return v.say("event.evidence_recorded", "name", v.text(e.Name), "where", v.text(e.Where))
	case incident.PreventionSet:
		return v.say("event.prevention_set", "n", number(e.N), "text", v.text(e.Text), "owner", v.owner(in, e.Owner), "due", v.due(e.Due), "state", v.doneState(e.Done))
	case incident.PreventionRemoved:
		return v.say("event.prevention_removed", "n", number(e.N))
	case incident.ReportMade:
		return v.say("event.report_made", "version", number(e.Version))
	case incident.Approved:
		role := v.role(e.Role)
		if e.Deputy {
			role = v.say("role.deputy", "value", role)
		}
		if e.Publication != "" {
			return v.reasoned("event.approved.publication", e.Comment, "role", role, "publication", v.say("publication."+string(e.Publication)))
		}
		return v.reasoned("event.approved", e.Comment, "role", role)
	case incident.ApprovalVoided:
		return v.say("event.approval_voided", "because", v.say("changed."+string(e.Because)))
	case incident.IncidentClosed:
		return v.reasoned("event.closed", e.Comment)
	case incident.IncidentDismissed:
		return v.reasoned("event.dismissed", e.Reason)
	case incident.IncidentReopened:
		return v.reasoned("event.reopened", e.Reason, "to", v.phase(e.To))
	case incident.MergedIntoOther:
		return v.say("event.merged_into", "id", string(e.Into))
	case incident.ReportMerged:
		var names []string
		for _, n := range e.Names {
			names = append(names, v.say("person.named", "name", v.text(n)))
		}
		return v.say("event.report_merged", "id", string(e.From), "people", v.join(names), "text", v.text(e.Text))
	case incident.CircleRestricted:
		if len(e.Excluded) == 0 {
			return v.reasoned("event.restricted.lifted", e.Reason)
		}
		return v.reasoned("event.restricted", e.Reason, "count", number(len(e.Excluded)))
	case incident.Joined:
		return v.say("event.joined", "person", v.person(in, e.Person), "why", v.say("why."+string(e.Why)))
	case incident.LeftCircle:
		return v.say("event.left", "person", v.person(in, e.Person))
	}
	return string(r.Event.Kind())
}

// text is a typed text, or that it was erased.
func (v voice) text(t incident.Text) string {
	if t.Erased {
		return v.say("text.erased")
	}
	return t.Body
}

// reasoned says a sentence, and the reason or comment after it where one was given.
func (v voice) reasoned(key string, reason incident.Text, pairs ...string) string {
	sentence := v.say(key, pairs...)
	if reason.IsZero() {
		return sentence
	}
	return v.say("event.with_reason", "sentence", sentence, "reason", v.text(reason))
}

func (v voice) stepOf(in *incident.Incident, key string) string {
	if s, ok := in.StepByKey(key); ok {
		return v.stepLine(s)
	}
	return v.say("step.former")
}

func (v voice) owner(in *incident.Incident, p incident.PersonID) string {
	if p == "" {
		return v.say("action.no_owner")
	}
	return v.person(in, p)
}

func (v voice) due(day string) string {
	if day == "" {
		return v.say("action.no_due")
	}
	return day
}

func (v voice) doneState(done bool) string {
	if done {
		return v.say("state.finished")
	}
	return v.say("state.open")
}

// author is who wrote an entry, as he was called then.
func (v voice) author(in *incident.Incident, r incident.Record) string {
	switch {
	case r.ByName.Erased:
		return v.say("person.erased")
	case r.ByName.Body != "":
		return v.say("person.named", "name", r.ByName.Body)
	}
	return v.person(in, r.By)
}
