package desk

import (
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// tongue is what the record is said with, the same words as in the report.
func (v voice) tongue(in *incident.Incident) report.Voice {
	return report.Voice{
		Say:  v.say,
		Name: func(p incident.PersonID) string { return v.person(in, p) }, KnownAs: v.knownAs,
		Step: report.StepTitles(v.lang, in, nil),
		Rule: v.ruleTitle, Party: report.PartyNames(in),
	}
}

// entry says what an entry of the record did. Who and when stand beside it.
func (v voice) entry(in *incident.Incident, r incident.Record) string {
	return report.Sentence(r, v.tongue(in))
}

// author is who made an entry, as he was called then.
func (v voice) author(in *incident.Incident, r incident.Record) string {
	name := report.Author(r, v.tongue(in))
	if r.ByName.Body != "" && name == v.knownAs(r.By, r.ByName.Body) {
		return v.named(r.By, r.ByName.Body)
	}
	return name
}

// occurredNote says when something happened that was written down later.
func (v voice) occurredNote(r incident.Record) string {
	if r.At.Equal(r.Occurred) {
		return ""
	}
	return v.say("entry.occurred", "at", v.when(r.Occurred))
}

// text is a typed text, or that it was erased.
func (v voice) text(t incident.Text) string {
	if t.Erased {
		return v.say("text.erased")
	}
	return t.Body
}

// withReason adds a typed reason to a sentence, on a line of its own.
func (v voice) withReason(sentence, reason string) string {
	if reason == "" {
		return sentence
	}
	return sentence + "\n" + v.say("log.part.reason", "text", reason)
}

func (v voice) owner(in *incident.Incident, p incident.PersonID) string {
	if p == "" {
		return v.say("text.unfilled")
	}
	return v.person(in, p)
}

func (v voice) due(day string) string {
	if day == "" {
		return v.say("text.unfilled")
	}
	return report.Day(day, v.say)
}

func (v voice) doneState(done bool) string {
	if done {
		return v.say("state.done")
	}
	return v.say("state.open")
}
