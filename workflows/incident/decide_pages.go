package incident

import (
	"slices"
	"time"
)

// becauseRound marks the pages of a round that passed: they follow a page that nobody answered.
const becauseRound = "round"

// Chased reports whether calls that nobody answers are followed by others: not at level 0. A
// proposed raise is chased like the level it asks for.
func (in *Incident) Chased() bool { return in.pagedLevel() != Level0 }

// PageWait is how long a page may stay unanswered before the next people are called; zero is
// a message that nobody chases.
func (in *Incident) PageWait(p PagePolicy) time.Duration {
	return p.orUsual().wait(in.pagedLevel(), in.Level.Confirmed())
}

func (in *Incident) pagedLevel() Level {
	l := in.WorkingLevel()
	if in.Proposed != nil {
		l = max(l, in.Proposed.Level)
	}
	return l
}

// waiting lists the pages whose answer somebody waits for: open, for a role, and of one who
// is not left out.
func (in *Incident) waiting() []Page {
	return slices.DeleteFunc(in.OpenPages(), func(p Page) bool { return len(p.Roles) == 0 || in.IsExcluded(p.Person) })
}

// runsOut is when the wait for the answer to a page is over. A page that stayed open over a
// round waits another one: somebody else is being called meanwhile.
func (in *Incident) runsOut(p Page, policy PagePolicy) time.Time {
	policy = policy.orUsual()
	wait := in.PageWait(policy)
	switch {
	case in.Exhausted && in.Lead != "":
		wait = max(wait, policy.AgainLed)
	case in.Exhausted:
		wait = max(wait, policy.Again)
	}
	if in.RoundAt.After(p.At) {
		return in.RoundAt.Add(wait)
	}
	return p.At.Add(wait)
}

// NextRound says when the wait for an answer runs out first, and for which round; ok is
// false when nobody is waited for. Calling one more person never puts off the others.
func (in *Incident) NextRound(policy PagePolicy) (due time.Time, round int, ok bool) {
	if !in.Chased() || in.Phase.Ended() {
		return time.Time{}, 0, false
	}
	for _, p := range in.waiting() {
		if t := in.runsOut(p, policy); !ok || t.Before(due) {
			due, ok = t, true
		}
	}
	return due, in.Round, ok
}

// callPeople pages who is to be told at this level and was not called yet.
func (d *decision) callPeople() {
	in := d.in
	if in.Phase.Ended() {
		return
	}
	because, opened := "report", false
	for _, e := range d.events {
		switch e.(type) {
		case LevelSet, LevelProposed, FactSet, Recategorised:
			because = "level"
		case IncidentReopened:
			because = "reopened"
		case CircleRestricted:
			if !opened {
				because = "restricted"
			}
		case ReportReceived:
			opened = true
		}
	}
	calls := newCalls(in)
	for _, role := range FirstTold(d.calledLevel(), in.Facts.Get(FactPersonalData)) {
		for _, p := range d.toCall(role) {
			calls.add(p, role)
		}
	}
	d.place(calls, because)
	if opened && len(in.Pages) == 0 {
		// Nobody stands in the contact list for this: the reporter must hear it at once.
		d.emit(RoundPassed{Round: in.Round + 1, Exhausted: true})
	}
}

// calledLevel is the level whose people are called: a proposed raise pages at once.
func (d *decision) calledLevel() Level { return d.in.pagedLevel() }

// toCall gives whom to call first for a role: nobody while somebody acts for it or is being
// called; else who holds it; else the next of its line. A page that ended unanswered (the
// incident had ended, another had answered and left) does not count as a call.
func (d *decision) toCall(role Role) []PersonID {
	in := d.in
	if d.answered(role) {
		return nil
	}
	for _, p := range in.waiting() {
		if slices.Contains(p.Roles, role) {
			return nil
		}
	}
	var out []PersonID
	for _, p := range in.office(d.env.People, role) {
		pg, paged := in.Page(p)
		if !paged || pg.Status == PageEnded || pg.Status == PageOpen && len(pg.Roles) == 0 {
			out = append(out, p)
		} else if pg.Status == PageOpen {
			return nil // called for another of his roles, and will see this one
		}
	}
	if out == nil {
		if p, _, ok := d.nextAfter(role); ok {
			out = []PersonID{p}
		}
	}
	return out
}

// answered reports whether somebody acts for a role: the acting lead; who took a page for
// it; a holder of it who took whatever page. Whoever was left out since does not count.
func (d *decision) answered(role Role) bool {
	if role == IncidentLead && d.in.actingLead(d.env.People) != "" {
		return true
	}
	if role == Representative && !slices.Contains(FirstTold(d.calledLevel(), d.in.Facts.Get(FactPersonalData)), role) && !d.nobodyActs() {
		return true // below level 3 he is called only because nobody else acts (§9.3)
	}
	office := d.in.office(d.env.People, role)
	return slices.ContainsFunc(d.in.Responders(), func(p Page) bool {
		return !d.in.IsExcluded(p.Person) && d.env.People.Known(p.Person) &&
			(slices.Contains(p.Roles, role) || slices.Contains(office, p.Person))
	})
}

// nobodyActs reports whether no one at all has answered who may still act.
func (d *decision) nobodyActs() bool {
	return d.in.actingLead(d.env.People) == "" && !slices.ContainsFunc(d.in.Responders(), func(p Page) bool {
		return !d.in.IsExcluded(p.Person) && d.env.People.Known(p.Person)
	})
}

// calls collects whom to page for which roles, one page a person.
type calls struct {
	in     *Incident
	people []PersonID
	roles  map[PersonID][]Role
}

func newCalls(in *Incident) *calls { return &calls{in: in, roles: map[PersonID][]Role{}} }

func (c *calls) add(p PersonID, r Role) {
	if p == "" || c.in.IsExcluded(p) {
		return
	}
	if _, there := c.roles[p]; !there {
		c.people = append(c.people, p)
		if pg, called := c.in.Page(p); called && pg.Status == PageOpen {
			c.roles[p] = slices.Clone(pg.Roles) // one page a person: it goes on asking for these
		}
	}
	if !slices.Contains(c.roles[p], r) {
		c.roles[p] = append(c.roles[p], r)
	}
}

func (d *decision) place(c *calls, because string) {
	for _, p := range c.people {
		d.emit(Paged{Person: p, Roles: c.roles[p], Round: d.in.Round, Because: because})
	}
}

// nextAfter gives the next of a role who was not called for it, and the role he is called as;
// when a role that has to act has nobody left, the representative (the last resort). Nobody
// wakes him in the place of one who only has to know. A deputy who is being called for another
// role of his is called for this one, too: in a small company the same few people stand in
// every line, and whoever takes it must know that the lead is wanted of him. ok is false when
// there is nobody left at all.
func (d *decision) nextAfter(role Role) (p PersonID, as Role, ok bool) {
	line := []Role{role}
	if role == IncidentLead || role == SystemAdmin {
		line = append(line, Representative)
	}
	for _, r := range line {
		for _, p := range d.in.Chain(d.env.People, r) {
			pg, called := d.in.Page(p)
			elsewhere := pg.Status == PageOpen && len(pg.Roles) > 0 && !slices.Contains(pg.Roles, r)
			if !called || pg.Status == PageEnded || elsewhere {
				return p, r, true
			}
		}
	}
	return "", "", false
}

// callNext calls the next of every role of a page that nobody acts for yet.
func (d *decision) callNext(c *calls, roles []Role) {
	for _, role := range roles {
		if d.answered(role) {
			continue
		}
		if p, as, ok := d.nextAfter(role); ok {
			c.add(p, role)
			c.add(p, as)
		}
	}
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

// take is 「対応します」: it answers the page, and makes an acting lead of whoever stands in
// the lead's line while nobody has taken it.
func (d *decision) take() *Refusal {
	in, p := d.in, d.env.By.ID
	pg, paged := in.Page(p)
	if in.Handover != nil && in.Handover.To == p {
		d.lead(LeadHandover)
		return nil
	}
	if paged && pg.Status == PageAcknowledged {
		return refuse("refuse.already_taken", "at", pg.Reply)
	}
	d.emit(Acknowledged{Roles: pg.Roles})
	if in.actingLead(d.env.People) != "" {
		return nil
	}
	dept := in.Reporter().Department
	switch {
	case slices.Contains(d.env.People.Holders(IncidentLead, dept), p):
		d.emit(LeadTaken{Person: p, How: LeadOffice})
	case slices.Contains(in.Chain(d.env.People, IncidentLead), p) && slices.Contains(pg.Roles, IncidentLead):
		d.emit(LeadTaken{Person: p, How: LeadDeputy})
	case slices.Contains(pg.Roles, IncidentLead), len(in.office(d.env.People, IncidentLead)) == 0 && slices.Contains(in.Chain(d.env.People, Representative), p):
		// Called for the lead because the lead's line had nobody left.
		d.emit(LeadTaken{Person: p, How: LeadLast})
	}
	return nil
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
	d.emit(Declined{Reason: reason})
	if d.in.Handover != nil && d.in.Handover.To == d.env.By.ID {
		d.emit(HandoverRefused{Reason: reason})
	}
	calls := newCalls(d.in)
	d.callNext(calls, pg.Roles)
	d.place(calls, "deputy")
	if len(d.in.waiting()) == 0 && d.nobodyActs() {
		d.emit(RoundPassed{Round: d.in.Round + 1, Exhausted: true})
	}
	return nil
}

// passRound is the due timer: somebody has not answered in time. The deputies are called,
// and at level 2 the representative after one round that nobody at all answered. When nobody
// is left, those who have not answered are called again; if nobody acts, the channel and the
// reporter get the phone numbers.
func (d *decision) passRound(c PassRound) *Refusal {
	in := d.in
	waiting := in.waiting()
	if in.Phase.Ended() || c.Round != in.Round || len(waiting) == 0 {
		return nil // answered meanwhile: the timer has nothing left to do
	}
	if due, _, ok := in.NextRound(d.env.Paging); ok && !c.Due.IsZero() && due.After(c.Due) {
		return nil // somebody else was called since, and has the whole wait
	}
	// Who was called a moment ago has the whole wait. If a clock is behind, all are late
	// rather than none: a round that was lost would never come again.
	late := slices.DeleteFunc(slices.Clone(waiting), func(p Page) bool { return in.runsOut(p, d.env.Paging).After(d.env.Now) })
	if len(late) == 0 {
		late = waiting
	}
	calls := newCalls(in)
	for _, pg := range late {
		d.callNext(calls, pg.Roles)
	}
	if in.WorkingLevel() == Level2 && d.nobodyActs() {
		for _, p := range in.office(d.env.People, Representative) {
			if pg, called := in.Page(p); !called || pg.Status == PageEnded {
				calls.add(p, Representative)
			}
		}
	}
	nobodyLeft := len(calls.people) == 0
	d.emit(RoundPassed{Round: in.Round + 1, Exhausted: nobodyLeft && len(late) == len(waiting)})
	if nobodyLeft {
		for _, pg := range late {
			d.emit(PageStopped{Person: pg.Person, Because: "again"})
			calls.people = append(calls.people, pg.Person)
			calls.roles[pg.Person] = pg.Roles
		}
	}
	d.place(calls, becauseRound)
	return nil
}
