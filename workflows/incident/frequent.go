package incident

import "time"

// Anybody may report, also a guest whom the contact list does not know, and no report is ever
// refused. But one guest could ring everybody's phone again and again. So the first reports of
// somebody unlisted call everybody as always; of further ones within the hour the lead alone is
// called, with all that follows where he does not answer. As soon as somebody else has judged it,
// or where the answers ask for level 3, everybody is called.
//
// Whoever is on the contact list is known, can be asked, and is not held back by this, as long as
// he is recognised: one who writes from an account that is not linked to his entry counts as
// unlisted.
const (
	// FreeReports is how many reports of one unlisted person within FrequentWithin call everybody.
	// It is ours, and a matter of judgement: somebody who writes in haste may send two or three
	// about the same thing.
	FreeReports = 3
	// FrequentWithin is how far back they are counted.
	FrequentWithin = time.Hour
)

// Curbed reports whether the lead alone is called first, because the report is one of many of the
// same unlisted person and nobody has judged it yet. A second reporter is a second opinion; at
// level 0 nobody is woken anyway. Answers that make it level 3 are believed, the reporter's own, too:
// whoever answers for customers and personal information must not hear of it only when the lead
// has found the time.
func (in *Incident) Curbed() bool {
	return in.Frequent > 0 && len(in.Reporters) == 1 && !in.Level.Confirmed() && in.Proposed == nil &&
		in.Chased() && in.CalledLevel() < Level3
}

// judge ends the curb for good with the first entry by which somebody but the reporter treats the
// report as one to be dealt with. The bot's own entries carry no person. Of the level Curbed knows
// itself, and no phase is left without one.
func (in *Incident) judge(r Record) {
	if r.By == "" || in.ReportedBy(r.By) {
		return
	}
	switch r.Event.(type) { // with a merge, the answers of the other report, which the lead has read
	case FactSet, Recategorised, StepDone, PartySet, IncidentReopened:
		in.Frequent = 0
	}
}
