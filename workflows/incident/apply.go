package incident

import (
	"slices"
	"time"
)

// Fold makes the state of a whole record. It is how verify checks the stored row.
func Fold(id ID, records []Record) *Incident {
	in := New(id)
	for _, r := range records {
		in.Apply(r)
	}
	return in
}

// New is an incident before its first event.
func New(id ID) *Incident { return &Incident{ID: id, Level: Unassessed} }

// Apply makes the next state. It must not refuse, read anything but the record, or depend
// on the contact list of today: the same record always folds to the same state.
func (in *Incident) Apply(r Record) {
	in.Seq, in.Head = r.Seq, r.Digest
	if pg, called := in.Page(r.By); in.Means && r.By != "" &&
		(called && pg.Status == PageAcknowledged && r.At.After(pg.Reply) || r.By == in.Lead && r.At.After(in.LeadAt)) {
		in.ActedAt = r.At
	}
	in.judge(r)
	switch e := r.Event.(type) {
	case ReportReceived:
		in.Practice, in.Kind, in.Category, in.Effect = e.Practice, e.What, e.Category, e.Effect
		in.Title = Title(e.Text.Body)
		in.Contractor = e.Contractor.Body
		in.Reporters = []Reporter{{ID: e.Reporter, Name: e.Name.Body, Department: e.Department, Title: in.Title}}
		in.ReportedAt = r.At
		in.Procedure, in.Frequent = e.Procedure, e.Frequent
		in.enter(Reported, r.At)
		for k, a := range e.Facts {
			in.setFact(k, a, r.Seq)
		}
	case Planned:
		in.plan(e)
	case Paged:
		in.call(e, r)
	case CalledAgain:
		for _, c := range e.Calls {
			in.call(c, r)
			// Of whom nothing reached before it is not said with each round.
			in.onPage(c.Person, func(p *Page) { p.Unreached = len(c.By) == 0 })
		}
	case MeansUsed:
		in.onPage(e.Person, func(p *Page) { p.By, p.ByAt = append(slices.Clip(p.Used()), e.By...), r.At })
	case MeansFailed:
		in.onPage(e.Person, func(p *Page) { p.Failed = append(slices.Clip(p.Failed), e.Means) })
	case Unreached:
		in.Means = true
		in.onPage(e.Person, func(p *Page) { p.Unreached = true })
	case Acknowledged:
		in.answerPage(r.By, PageAcknowledged, r.At, "")
		in.onPage(r.By, func(pg *Page) { pg.Kept, pg.Spared = nil, false })
		if r.By == in.Lead {
			in.missNoLead()
		}
		in.Exhausted = false
	case Declined:
		if e.Besides {
			in.onPage(r.By, func(pg *Page) { pg.goOn(); pg.Spared = true })
		} else {
			in.answerPage(r.By, PageDeclined, r.At, e.Reason.Body)
		}
	case PageStopped:
		for i := range in.Pages {
			if pg := &in.Pages[i]; pg.Person == e.Person && pg.Status == PageOpen {
				if pg.Besides() {
					pg.goOn()
				} else {
					pg.Status = PageEnded
				}
			}
		}
	case RoundPassed:
		in.Round, in.RoundAt, in.Exhausted = e.Round, r.At, e.Exhausted
	case LeadTaken:
		in.Lead, in.LeadHow, in.Handover = e.Person, e.How, nil
		in.missNoLead()
		if in.Means {
			in.LeadAt = r.At
		}
	case HandoverOffered:
		in.Handover = &Handover{From: r.By, To: e.To, At: r.At, Reason: e.Reason.Body}
	case HandoverRefused:
		in.Handover = nil
	case HandoverWaited:
		if in.Handover != nil {
			h := *in.Handover
			h.Waited, in.Handover = true, &h
		}
	case PhaseMoved:
		in.enter(e.To, r.At)
	case LevelSet:
		in.Level = e.To
		in.LevelHistory = append(in.LevelHistory, LevelChange{From: e.From, To: e.To, At: r.At, By: r.By, Reason: e.Reason.Body})
		in.Proposed = nil // whoever sets a level has decided what was proposed
	case LevelProposed:
		in.Proposed = &Proposal{Level: e.Level, By: r.By, At: r.At, Reason: e.Reason.Body}
	case Recategorised:
		in.Category, in.Effect = e.To, e.Effect
	case Assigned:
		for i := range in.Steps {
			if e.Step != "" && in.Steps[i].Key == e.Step {
				in.Steps[i].Assigned = e.Person
			}
		}
	case StepDone:
		in.settleStep(e.Step, r, false, e.Result.Body)
	case StepWaived:
		in.settleStep(e.Step, r, true, e.Reason.Body)
	case StepReopened:
		for i := range in.Steps {
			if s := &in.Steps[i]; s.Key == e.Step {
				s.Done, s.Waived, s.Reason, s.By, s.At, s.Seq = false, false, "", "", time.Time{}, 0
			}
		}
		// Only what was settled keeps a step of an earlier table in the list.
		in.Steps = slices.DeleteFunc(in.Steps, func(s StepState) bool { return s.Former && !s.Settled() })
	case FactSet:
		in.setFact(e.Fact, e.Answer, r.Seq)
	case FieldSet:
		if in.Fields == nil {
			in.Fields = map[Field]FieldValue{}
		}
		if e.Cleared {
			delete(in.Fields, e.Field)
		} else {
			in.Fields[e.Field] = FieldValue{Value: e.Value.Body, Unknown: e.Unknown, Reason: e.Reason.Body, By: r.By, At: r.At, Seq: r.Seq}
		}
	case Informed:
		for i := range in.Questions {
			q := &in.Questions[i]
			q.Answered = q.Answered || slices.Contains(e.Answers, q.Seq)
		}
	case Asked:
		in.Questions = append(in.Questions, Question{Seq: r.Seq, Text: e.Text.Body, By: r.By, At: r.At})
	case Undone:
		in.Undone = append(in.Undone, e.Seq)
		if e.Restored {
			in.Restored = append(in.Restored, r.Seq+1)
		}
		in.Evidence = slices.DeleteFunc(in.Evidence, func(v Evidence) bool { return v.Seq == e.Seq })
		in.Questions = slices.DeleteFunc(in.Questions, func(q Question) bool { return q.Seq == e.Seq })
	case EvidenceRecorded:
		in.Evidence = append(in.Evidence, Evidence{Seq: r.Seq, Name: e.Name.Body, Where: e.Where.Body, By: r.By, At: r.At})
	case FileAttached:
		in.Files++
		in.FileBytes += e.Size
		in.Evidence = append(in.Evidence, Evidence{
			Seq: r.Seq, Name: e.Name.Body, Where: e.Where.Body, By: r.By, At: r.At, Size: e.Size, Type: e.Type, SHA256: e.SHA256,
		})
	case PreventionSet:
		a := Prevention{N: e.N, Text: e.Text.Body, Owner: e.Owner, Due: e.Due, Done: e.Done, At: r.At, Seq: r.Seq}
		if i := slices.IndexFunc(in.Actions, func(p Prevention) bool { return p.N == e.N }); i >= 0 {
			in.Actions[i] = a
		} else {
			in.Actions = append(in.Actions, a)
		}
	case PreventionRemoved:
		in.Actions = slices.DeleteFunc(in.Actions, func(p Prevention) bool { return p.N == e.N })
	case ReportMade:
		in.Reports, in.ReportSeq = e.Version, r.Seq
	case Approved:
		in.Approval = &Approval{By: r.By, Role: e.Role, Deputy: e.Deputy, At: r.At, Publication: e.Publication, Comment: e.Comment.Body, Seq: r.Seq}
	case ApprovalVoided:
		in.Approval = nil
	case IncidentClosed:
		in.end(Closed, r.At, e.Comment.Body)
	case IncidentDismissed:
		in.end(Dismissed, r.At, e.Reason.Body)
	case MergedIntoOther:
		in.MergedInto = e.Into
		in.end(Closed, r.At, "")
	case IncidentReopened:
		in.EndReason, in.Left, in.Approval = "", "", nil
		in.enter(e.To, r.At)
	case ReportMerged:
		in.Merged = append(in.Merged, e.From)
		if !e.Aware.IsZero() && (in.MergedAware.IsZero() || e.Aware.Before(in.MergedAware)) {
			in.MergedAware = e.Aware
		}
		for i, p := range e.Reporters {
			if in.ReportedBy(p) {
				continue
			}
			who := Reporter{ID: p}
			if i < len(e.Names) {
				who.Name = e.Names[i].Body
			}
			if i < len(e.Departments) {
				who.Department = e.Departments[i]
			}
			if i < len(e.Titles) {
				who.Title = e.Titles[i].Body
			}
			in.Reporters = append(in.Reporters, who)
		}
	case CircleRestricted:
		in.restrict(e.Excluded)
	case Joined:
		in.Circle = append(in.Circle, Member{Person: e.Person, Why: e.Why, Role: e.Role, Since: r.At})
	case LeftCircle:
		in.Circle = slices.DeleteFunc(in.Circle, func(m Member) bool { return m.Person == e.Person })
	case ClocksDrawn, ClockSettled, ClockReopened, RemindersPlanned, ClocksReminded:
		in.applyClocks(r)
	case OutsideProposed, OutsideApproved, OutsideRefused, OutsidePublished, OutsideSetBack:
		in.applyTexts(r)
	case PartySet, PartyTold, PartyUntold, PartyRemoved, PartyRestored:
		in.applyParties(r)
	case NoteAdded, Corrected:
		// These live in the record only.
	}
	switch r.Event.(type) {
	case Planned, Joined, LeftCircle, PageStopped, ClocksReminded:
		// A report does not tell of these: they do not make its last version stale.
		if in.ReportSeq > 0 && in.ReportSeq == r.Seq-1 {
			in.ReportSeq = r.Seq
		}
	}
}

// call makes the page of a call: one for each person, since a chain that nobody answers for a
// weekend must not fill the row.
func (in *Incident) call(e Paged, r Record) {
	pg := Page{Person: e.Person, Roles: e.Roles, Status: PageOpen, At: r.At, Round: e.Round, Seq: r.Seq, By: e.By}
	if in.Means = in.Means || len(e.By) > 0; in.Means {
		pg.Because = e.Because
	}
	if old, called := in.Page(e.Person); called && e.Because == BecauseSilent {
		pg.Silences = old.Silences
		if old.Status == PageAcknowledged {
			pg.Silences++
		}
	}
	if old, called := in.Page(e.Person); called && e.Because != BecauseSilent && old.Took() {
		// Asked besides for the lead, he goes on with what he took.
		pg.Reply, pg.Silences, pg.Spared = old.Reply, old.Silences, old.Spared
		pg.Kept = old.Taken()
	}
	in.Pages = slices.DeleteFunc(in.Pages, func(p Page) bool { return p.Person == e.Person })
	in.Pages = append(in.Pages, pg)
	if e.Because != BecauseRound && e.Because != BecauseSilent {
		in.Exhausted = false
	}
}

func (in *Incident) enter(p Phase, at time.Time) {
	in.Phase = p
	if in.PhaseSince == nil {
		in.PhaseSince = map[Phase]time.Time{}
	}
	in.PhaseSince[p] = at
}

func (in *Incident) end(p Phase, at time.Time, reason string) {
	in.Left, in.EndReason, in.Handover, in.Proposed = in.Phase, reason, nil, nil
	in.enter(p, at)
}

func (in *Incident) setFact(k FactKey, a Answer, seq int64) {
	if in.Facts == nil {
		in.Facts = Facts{}
	}
	if in.FactSeqs == nil {
		in.FactSeqs = map[FactKey]int64{}
	}
	in.Facts[k], in.FactSeqs[k] = a, seq
}

// restrict leaves people out, and takes from them what they held: the lead falls back to
// the office, which is called, and work that was theirs is nobody's until it is given anew.
func (in *Incident) restrict(excluded []PersonID) {
	in.Excluded = slices.Clone(excluded)
	if in.IsExcluded(in.Lead) {
		in.Lead, in.LeadHow, in.LeadAt = "", "", time.Time{}
	}
	if h := in.Handover; h != nil && (in.IsExcluded(h.From) || in.IsExcluded(h.To)) {
		in.Handover = nil
	}
	for i := range in.Steps {
		if in.IsExcluded(in.Steps[i].Assigned) {
			in.Steps[i].Assigned = ""
		}
	}
}

// onPage changes the page of a person, if he has one.
func (in *Incident) onPage(p PersonID, change func(*Page)) bool {
	for i := range in.Pages {
		if pg := &in.Pages[i]; p != "" && pg.Person == p {
			change(pg)
			return true
		}
	}
	return false
}

// missNoLead ends the time in which who cannot take the lead besides is not asked again: somebody
// leads, and if he falls silent, it is another night.
func (in *Incident) missNoLead() {
	for i := range in.Pages {
		in.Pages[i].Spared = false
	}
}

// goOn ends what somebody was asked besides, and not what he had taken.
func (p *Page) goOn() { p.Status, p.Roles, p.Kept = PageAcknowledged, p.Kept, nil }

func (in *Incident) answerPage(p PersonID, s PageStatus, at time.Time, reason string) {
	if in.onPage(p, func(pg *Page) { pg.Status, pg.Reply, pg.Reason = s, at, reason }) {
		return
	}
	// Somebody of the circle who was not called took it: that is an answer too.
	in.Pages = append(in.Pages, Page{Person: p, Status: s, At: at, Reply: at, Round: in.Round, Seq: in.Seq, Reason: reason, Uncalled: true})
}

func (in *Incident) settleStep(key string, r Record, waived bool, why string) {
	for i := range in.Steps {
		if s := &in.Steps[i]; s.Key == key {
			s.Done, s.Waived, s.Reason = !waived, waived, why
			s.By, s.At, s.Seq = r.By, r.Occurred, r.Seq
		}
	}
}

// plan lays a table over the steps there are: work settled under the same key stays
// settled, settled work the new table does not know is kept as former, the rest goes.
func (in *Incident) plan(e Planned) {
	old := in.Steps
	in.Plan = e.Plan
	in.Steps = make([]StepState, 0, len(e.Steps)+len(old))
	for _, s := range e.Steps {
		st := StepState{Step: s}
		if i := slices.IndexFunc(old, func(o StepState) bool { return o.Key == s.Key }); i >= 0 {
			o := old[i]
			st.Done, st.Waived, st.Reason, st.By, st.At, st.Seq, st.Assigned = o.Done, o.Waived, o.Reason, o.By, o.At, o.Seq, o.Assigned
		}
		in.Steps = append(in.Steps, st)
	}
	for _, o := range old {
		switch {
		case slices.ContainsFunc(e.Steps, func(s Step) bool { return s.Key == o.Key }):
		case o.Settled():
			o.Former = true
			in.Steps = append(in.Steps, o)
		case o.Kind == StepAuthority:
			// What may be owed to an authority does not go away because the incident is
			// called by another name: it is settled, or it turns out not to apply.
			in.Steps = append(in.Steps, o)
		}
	}
}

// titleRunes is how much of the first line of a report names the incident on cards.
const titleRunes = 60

// Title makes a title of a report's text: the first line that is not blank, clipped.
func Title(text string) string {
	for line := range linesOf(text) {
		r := []rune(line)
		if len(r) > titleRunes {
			return string(r[:titleRunes-1]) + "…"
		}
		return line
	}
	return ""
}
