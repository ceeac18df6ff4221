package incident

import (
	"slices"
)

// Why people are called, as Paged and MeansUsed say it.
const (
	BecauseReport     = "report"
	BecauseLevel      = "level" // the level, the category or an answer has changed
	BecauseReopened   = "reopened"
	BecauseRestricted = "restricted"
	BecauseAdded      = "added"     // somebody brought him in
	BecauseDeputy     = "deputy"    // another cannot come
	BecauseUnreached  = "unreached" // nothing reaches another
	BecauseRound      = "round"     // nobody answered in time
	BecauseWaited     = "waited"    // he has not answered by the means before
	BecauseSilent     = "silent"    // he took it and wrote nothing since
	BecauseFailed     = "failed"    // the means before did not get through
	BecauseRecall     = "recall"    // nobody is responsible any more
)

// Chased reports whether calls that nobody answers are followed by others: not at level 0.
func (in *Incident) Chased() bool { return in.CalledLevel() != Level0 }

// CalledLevel is the level whose people are called: a proposed raise pages at once.
func (in *Incident) CalledLevel() Level {
	l := in.WorkingLevel()
	if in.Proposed != nil {
		l = max(l, in.Proposed.Level)
	}
	return l
}

func (d *decision) start() []Attempt { return d.env.Paging.Start(d.in, d.env.People, d.env.Now) }

func (d *decision) answered(role Role) bool {
	return d.env.Paging.Answered(d.in, d.env.People, d.env.Now, role)
}

// callPeople pages who is to be told at this level and was not called yet.
func (d *decision) callPeople() {
	in := d.in
	if in.Phase.Ended() {
		return
	}
	because, opened := BecauseReport, false
	for _, e := range d.events {
		switch e.(type) {
		case LevelSet, LevelProposed, FactSet, Recategorised:
			because = BecauseLevel
		case IncidentReopened:
			because = BecauseReopened
		case CircleRestricted:
			if !opened {
				because = BecauseRestricted
			}
		case ReportReceived:
			opened = true
		}
	}
	d.place(d.start(), because)
	if opened && !slices.ContainsFunc(in.Pages, func(p Page) bool { return !p.Unreached }) {
		// Nobody stands in the contact list for this, or nothing reaches those who do: the
		// reporter must hear it at once.
		d.exhausted()
	}
}

// exhausted notes that nobody is left to call.
func (d *decision) exhausted() {
	if !d.in.Exhausted {
		d.emit(RoundPassed{Round: d.in.Round + 1, Exhausted: true})
	}
}

// place calls people. Whom nothing reaches is called all the same, so that he finds the page
// wherever he looks, and somebody else at once in his place.
func (d *decision) place(attempts []Attempt, because string) {
	for len(attempts) > 0 {
		var lost []Role
		for _, a := range attempts {
			d.emit(Paged{Person: a.Person, Roles: a.Roles, Round: d.in.Round, Because: d.because(a.Person, because), By: a.By})
			if len(a.By) == 0 {
				d.emit(Unreached{Person: a.Person})
				lost = append(lost, a.Roles...)
			}
		}
		if lost == nil || !d.in.Chased() {
			return
		}
		attempts, because = d.env.Paging.Instead(d.in, d.env.People, d.env.Now, lost), BecauseUnreached
	}
}

// because is why somebody is called: who fell silent stays so until he answers, whatever else he
// is called for meanwhile.
func (d *decision) because(p PersonID, why string) string {
	if d.in.Silent(p) {
		return BecauseSilent
	}
	return why
}

// stopPages ends pages that need no answer any more: when the incident has ended, when the
// person is left out, or when every role the page is for has been taken by somebody.
func (d *decision) stopPages() {
	in := d.in
	for _, p := range in.OpenPages() {
		because := ""
		switch {
		case in.Phase.Ended():
			because = "ended"
		case in.IsExcluded(p.Person):
			because = "excluded"
		case len(p.Roles) > 0 && !slices.ContainsFunc(p.Roles, func(r Role) bool { return !d.answered(r) }):
			because = "answered"
		}
		if because != "" {
			d.emit(PageStopped{Person: p.Person, Because: because})
		}
	}
}

// breakSilence takes whatever somebody writes who was called again for his silence as the
// answer to that call.
func (d *decision) breakSilence() {
	if p := d.env.By.ID; !d.env.Bot && d.in.Silent(p) {
		pg, _ := d.in.Page(p)
		d.emit(Acknowledged{Roles: pg.Roles})
	}
}

// take is 「対応します」: it answers the page, and makes an acting lead of whoever stands in
// the lead's line while nobody has taken it.
func (d *decision) take() *Refusal {
	in, p := d.in, d.env.By.ID
	pg, paged := in.Page(p)
	if in.Handover != nil && in.Handover.To == p {
		d.lead(LeadHandover)
		return nil
	}
	if paged && pg.Status == PageAcknowledged && !d.takesBack(pg) {
		return refuse("refuse.already_taken", "at", pg.Reply)
	}
	d.emit(Acknowledged{Roles: pg.Roles})
	if lead := in.ActingLead(d.env.People); lead != "" && (lead == p || !in.Silent(lead)) {
		return nil
	}
	dept := in.Reporter().Department
	switch {
	case slices.Contains(d.env.People.Holders(IncidentLead, dept), p):
		d.emit(LeadTaken{Person: p, How: LeadOffice})
	case slices.Contains(in.Chain(d.env.People, IncidentLead), p) && slices.Contains(pg.Roles, IncidentLead):
		d.emit(LeadTaken{Person: p, How: LeadDeputy})
	case slices.Contains(pg.Roles, IncidentLead) && !slices.Contains(in.Chain(d.env.People, Representative), p):
		// Named by somebody of the lead's line who is away.
		d.emit(LeadTaken{Person: p, How: LeadDeputy})
	case slices.Contains(pg.Roles, IncidentLead), len(in.Office(d.env.People, IncidentLead)) == 0 && slices.Contains(in.Chain(d.env.People, Representative), p):
		// Called for the lead because the lead's line had nobody left.
		d.emit(LeadTaken{Person: p, How: LeadLast})
	}
	return nil
}

// takesBack reports whether who has answered his call may answer once more, for the lead: he took
// it, or holds the office, and who leads since then has fallen silent.
func (d *decision) takesBack(pg Page) bool {
	lead := d.in.ActingLead(d.env.People)
	if lead == "" || lead == pg.Person || !d.in.Silent(lead) {
		return false
	}
	return slices.Contains(pg.Roles, IncidentLead) || slices.Contains(d.env.People.Holders(IncidentLead, d.in.Reporter().Department), pg.Person)
}

// decline is 「対応できません」: the next of the same roles is called at once. The acting lead
// hands over instead, so that an incident is never without one.
func (d *decision) decline(c Decline) *Refusal {
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	pg, ok := d.in.Page(d.env.By.ID)
	switch {
	case !ok:
		return refuse("refuse.not_paged")
	case d.in.Lead == d.env.By.ID:
		at := pg.Reply
		if at.IsZero() {
			at = pg.At // his page ended when he was handed the lead
		}
		return refuse("refuse.already_taken", "at", at)
	case pg.Status == PageDeclined:
		return nil // said twice, called once
	}
	d.emit(Declined{Reason: reason, Besides: pg.Besides()})
	if d.in.Handover != nil && d.in.Handover.To == d.env.By.ID {
		d.emit(HandoverRefused{Reason: reason})
	}
	d.instead(pg.Asked(), BecauseDeputy)
	return nil
}

// instead calls who comes next for some roles; where nobody is left and nobody acts, that is the
// end of the chain.
func (d *decision) instead(roles []Role, because string) {
	d.place(d.env.Paging.Instead(d.in, d.env.People, d.env.Now, roles), because)
	if !d.calling() && !d.in.Attended(d.env.People) {
		d.exhausted()
	}
}

// calling reports whether somebody is being called whom something may reach.
func (d *decision) calling() bool {
	return slices.ContainsFunc(d.in.Pages, func(p Page) bool {
		return p.Status == PageOpen && len(p.Roles) > 0 && !p.Unreached && !d.in.IsExcluded(p.Person)
	})
}

// passRound is the due timer: somebody has not answered in time, or has taken it and fallen
// silent. When nobody is left, those who have not answered are called again; if nobody acts,
// the channel and the reporter get the phone numbers.
func (d *decision) passRound(c PassRound) *Refusal {
	in, paging := d.in, d.env.Paging
	due, ok := paging.Due(in, d.env.People)
	if in.Phase.Ended() || c.Round != in.Round || !ok {
		return nil // answered meanwhile: the timer has nothing left to do
	}
	if !c.Due.IsZero() && due.After(c.Due) {
		return nil // somebody else was called since, and has the whole wait
	}
	r := paging.Late(in, d.env.People, d.env.Now)
	if r.Passed {
		d.emit(RoundPassed{Round: in.Round + 1, Exhausted: r.Exhausted})
	}
	for _, a := range r.Silent {
		d.emit(Paged{Person: a.Person, Roles: a.Roles, Round: in.Round, Because: BecauseSilent, By: a.By})
	}
	for _, a := range r.Further {
		d.emit(MeansUsed{Person: a.Person, By: a.By, Because: BecauseWaited})
	}
	d.place(r.Next, BecauseRound)
	d.callAgain(r.Again)
	return nil
}

// callAgain calls those of a round for whom nobody is left, in one entry. Of whom nothing reaches
// it is said once, and not in each round.
func (d *decision) callAgain(attempts []Attempt) {
	if len(attempts) == 0 {
		return
	}
	var again CalledAgain
	var lost []PersonID
	for _, a := range attempts {
		again.Calls = append(again.Calls, Paged{Person: a.Person, Roles: a.Roles, Round: d.in.Round, Because: d.because(a.Person, BecauseRound), By: a.By})
		if pg, called := d.in.Page(a.Person); len(a.By) == 0 && (!called || !pg.Unreached) {
			lost = append(lost, a.Person)
		}
	}
	d.emit(again)
	for _, p := range lost {
		d.emit(Unreached{Person: p})
	}
}

// failMeans records that a means did not get through, and takes the next at once; where there
// is none, nothing reaches the person, and the next is called in his place.
func (d *decision) failMeans(c FailMeans) *Refusal {
	in := d.in
	pg, called := in.Page(c.Person)
	if !called || pg.Seq != c.Page || pg.Status != PageOpen || in.Phase.Ended() ||
		!slices.Contains(pg.Used(), c.Means) || slices.Contains(pg.Failed, c.Means) {
		return nil // answered, or told already
	}
	d.emit(MeansFailed{Person: c.Person, Means: c.Means, Why: c.Why})
	pg, _ = in.Page(c.Person)
	if next := d.env.Paging.Further(in, d.env.People, d.env.Now, pg); len(next) > 0 {
		d.emit(MeansUsed{Person: c.Person, By: next, Because: BecauseFailed})
		return nil
	}
	if slices.ContainsFunc(pg.Used(), func(m Means) bool { return !slices.Contains(pg.Failed, m) }) {
		return nil
	}
	d.emit(Unreached{Person: c.Person})
	if in.Chased() && len(pg.Roles) > 0 {
		d.instead(pg.Roles, BecauseUnreached)
	}
	return nil
}

// recall has whoever is to be told called anew where nobody is responsible: who had taken it has
// left, or nobody could be called.
func (d *decision) recall() *Refusal {
	in := d.in
	if in.Phase.Ended() || in.Attended(d.env.People) {
		return nil
	}
	d.place(d.start(), BecauseRecall)
	if in.Chased() && !d.calling() {
		d.exhausted()
	}
	return nil
}
