package incident

import (
	"slices"
	"time"
)

// FirstTold gives the roles that are told first (design: "who is told first"; seed 001 §9.3
// and §9.4): level 3 representative, incident_lead, system_admin; 2 incident_lead and
// system_admin; 1 system_admin and incident_lead; 0 system_admin. Where personal information
// is concerned or that is not known, the privacy manager and the reporter's department lead
// are told at any level.
func FirstTold(l Level, personal Answer) []Role {
	var roles []Role
	switch l {
	case Level3:
		roles = []Role{Representative, IncidentLead, SystemAdmin}
	case Level1:
		roles = []Role{SystemAdmin, IncidentLead}
	case Level0:
		roles = []Role{SystemAdmin}
	default:
		roles = []Role{IncidentLead, SystemAdmin}
	}
	if personal != No {
		roles = append(roles, PrivacyManager, DepartmentLead)
	}
	return roles
}

// PageWait is how long a page may stay unanswered before the next people are called:
// level 3 and an unconfirmed level 5 minutes, 2 15 minutes, 1 an hour; 0 is a message that
// nobody chases (zero).
func (in *Incident) PageWait() time.Duration {
	switch l := in.WorkingLevel(); {
	case l == Level0:
		return 0
	case !in.Level.Confirmed() || l == Level3:
		return 5 * time.Minute
	case l == Level2:
		return 15 * time.Minute
	default:
		return time.Hour
	}
}

// callPeople pages who is to be told at this level and was not called yet.
func (d *decision) callPeople() {
	in := d.in
	if in.Phase.Ended() {
		return
	}
	because := "report"
	for _, e := range d.events {
		switch e.(type) {
		case LevelSet, LevelProposed, FactSet, Recategorised:
			because = "level"
		case IncidentReopened:
			because = "reopened"
		case CircleRestricted:
			because = "restricted"
		case ReportReceived:
			because = "report"
		}
	}
	level := in.WorkingLevel()
	if in.Proposed != nil {
		level = max(level, in.Proposed.Level) // a proposed raise pages at once
	}
	calls := newCalls(in)
	for _, role := range FirstTold(level, in.Facts.Get(FactPersonalData)) {
		people := in.office(d.env.People, role)
		if called := slices.ContainsFunc(people, func(p PersonID) bool { _, ok := in.Page(p); return ok }); called {
			continue
		}
		for _, p := range people {
			calls.add(p, role)
		}
	}
	d.place(calls, because)
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

// nextAfter gives the next of a role who has not been called, the representative when the
// role has nobody left, and false when there is nobody at all.
func (d *decision) nextAfter(role Role) (PersonID, Role, bool) {
	for _, r := range []Role{role, Representative} {
		for _, p := range d.in.Chain(d.env.People, r) {
			if _, called := d.in.Page(p); !called {
				return p, r, true
			}
		}
	}
	return "", "", false
}

// drawCircle lets in who needs to know now. Whoever was let in stays until he is left out
// by a restriction: what somebody has seen cannot be unseen, and a hidden hole in the list
// of readers would be worse.
func (d *decision) drawCircle() {
	in := d.in
	in2 := func(p PersonID, why Why, role Role) {
		if p != "" && !in.IsExcluded(p) && !in.InCircle(p) {
			d.emit(Joined{Person: p, Why: why, Role: role})
		}
	}
	for _, m := range slices.Clone(in.Circle) {
		if in.IsExcluded(m.Person) {
			d.emit(LeftCircle{Person: m.Person})
		}
	}
	roles := []Role{in.WorkingLevel().Responsible(), IncidentLead, Representative}
	for _, s := range in.Steps {
		if s.Role != Discoverer && !slices.Contains(roles, s.Role) {
			roles = append(roles, s.Role)
		}
	}
	if in.Facts.Get(FactPersonalData) != No {
		roles = append(roles, PrivacyManager)
	}
	for _, r := range roles {
		for _, p := range in.office(d.env.People, r) {
			in2(p, WhyRole, r)
		}
	}
	for _, p := range in.Pages {
		var role Role
		if len(p.Roles) > 0 {
			role = p.Roles[0]
		}
		in2(p.Person, WhyPaged, role)
	}
	in2(in.Lead, WhyRole, IncidentLead)
	for _, e := range slices.Clone(d.events) {
		switch e := e.(type) {
		case Assigned:
			in2(e.Person, WhyAdded, "")
		case HandoverOffered:
			in2(e.To, WhyAdded, "")
		}
	}
}

// stopPages ends pages that need no answer any more: when the incident has ended, when the
// person is left out, or when every role the page is for has been taken by somebody.
func (d *decision) stopPages() {
	in := d.in
	taken := map[Role]bool{}
	for _, p := range in.Responders() {
		for _, r := range p.Roles {
			taken[r] = true
		}
	}
	if in.Lead != "" {
		taken[IncidentLead] = true
	}
	for _, p := range in.OpenPages() {
		because := ""
		switch {
		case in.Phase.Ended():
			because = "ended"
		case in.IsExcluded(p.Person):
			because = "excluded"
		case len(p.Roles) > 0 && !slices.ContainsFunc(p.Roles, func(r Role) bool { return !taken[r] }):
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
	if paged && pg.Status == PageAcknowledged {
		return refuse("refuse.already_taken", "at", pg.Reply)
	}
	d.emit(Acknowledged{Roles: pg.Roles})
	if in.Handover != nil && in.Handover.To == p {
		d.emit(LeadTaken{Person: p, How: LeadHandover})
		return nil
	}
	if in.Lead != "" && !in.IsExcluded(in.Lead) && d.env.People.Known(in.Lead) {
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

// decline is 「対応できません」: the next of the same roles is called at once.
func (d *decision) decline(c Decline) *Refusal {
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	pg, ok := d.in.Page(d.env.By.ID)
	if !ok {
		return refuse("refuse.not_paged")
	}
	d.emit(Declined{Reason: reason})
	if d.in.Handover != nil && d.in.Handover.To == d.env.By.ID {
		d.emit(HandoverRefused{Reason: reason})
		return nil
	}
	calls := newCalls(d.in)
	for _, role := range pg.Roles {
		if d.roleAnswered(role) {
			continue
		}
		if p, as, ok := d.nextAfter(role); ok {
			calls.add(p, role)
			if as != role {
				calls.add(p, as)
			}
		}
	}
	d.place(calls, "deputy")
	if len(calls.people) == 0 && len(d.in.OpenPages()) == 0 && len(d.in.Responders()) == 0 {
		d.emit(RoundPassed{Round: d.in.Round + 1, Exhausted: true})
	}
	return nil
}

// roleAnswered reports whether somebody acts for a role already.
func (d *decision) roleAnswered(role Role) bool {
	if role == IncidentLead && d.in.Lead != "" {
		return true
	}
	return slices.ContainsFunc(d.in.Responders(), func(p Page) bool { return slices.Contains(p.Roles, role) })
}

// passRound is the due timer: nobody has answered in time. The deputies are called, and at
// levels 1 and 2 the representative after one unanswered round. When nobody is left, the
// channel and the reporter get the phone numbers, and those who have not answered are
// called again.
func (d *decision) passRound(c PassRound) *Refusal {
	in := d.in
	open := in.OpenPages()
	if in.Phase.Ended() || c.Round != in.Round || len(open) == 0 {
		return nil // answered meanwhile: the timer has nothing left to do
	}
	calls := newCalls(in)
	for _, pg := range open {
		for _, role := range pg.Roles {
			if !d.roleAnswered(role) {
				if p, as, ok := d.nextAfter(role); ok {
					calls.add(p, role)
					if as != role {
						calls.add(p, as)
					}
				}
			}
		}
	}
	if in.WorkingLevel() < Level3 && len(in.Responders()) == 0 {
		for _, p := range in.office(d.env.People, Representative) {
			if _, called := in.Page(p); !called {
				calls.add(p, Representative)
			}
		}
	}
	exhausted := len(calls.people) == 0
	d.emit(RoundPassed{Round: in.Round + 1, Exhausted: exhausted})
	if exhausted {
		for _, pg := range open {
			d.emit(PageStopped{Person: pg.Person, Because: "again"})
			calls.people = append(calls.people, pg.Person)
			calls.roles[pg.Person] = pg.Roles
		}
	}
	d.place(calls, "round")
	return nil
}

// handOver offers the lead; to oneself it takes the lead back, which only the office or the
// representative can do (the permission table says so).
func (d *decision) handOver(c HandOver) *Refusal {
	in := d.in
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	switch {
	case !d.env.People.Known(c.To):
		return refuse("refuse.person_unknown")
	case in.IsExcluded(c.To):
		return refuse("refuse.person_excluded", "person", c.To)
	case in.Lead == c.To:
		return refuse("refuse.handover_self", "person", c.To)
	case c.To == d.env.By.ID:
		if !in.May(d.env.People, c.To, WordHandover) {
			return refuse("refuse.not_allowed", "word", WordHandover)
		}
		how := LeadLast
		if slices.Contains(d.env.People.Holders(IncidentLead, in.Reporter().Department), c.To) {
			how = LeadOffice
		}
		d.emit(LeadTaken{Person: c.To, How: how})
		return nil
	case in.Handover != nil && in.Handover.To == c.To:
		return refuse("refuse.handover_already", "person", c.To)
	}
	d.emit(HandoverOffered{To: c.To, Reason: reason})
	return nil
}

func (d *decision) acceptHandover(c AcceptHandover) *Refusal {
	if d.in.Handover == nil {
		return refuse("refuse.handover_none")
	}
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	if c.Refuse {
		d.emit(HandoverRefused{Reason: reason})
		return nil
	}
	d.emit(LeadTaken{Person: d.env.By.ID, How: LeadHandover})
	return nil
}

// assign brings somebody in and calls him; with a step, the step becomes his.
func (d *decision) assign(c Assign) *Refusal {
	switch {
	case !d.env.People.Known(c.Person):
		return refuse("refuse.person_unknown")
	case d.in.IsExcluded(c.Person):
		return refuse("refuse.person_excluded", "person", c.Person)
	}
	if c.Step != "" {
		s, ok := d.in.StepByKey(c.Step)
		if !ok {
			return refuse("refuse.step_unknown")
		}
		if s.Settled() {
			return refuse("refuse.step_settled", "step", c.Step)
		}
	}
	d.emit(Assigned(c))
	if _, called := d.in.Page(c.Person); !called && c.Person != d.env.By.ID {
		d.emit(Paged{Person: c.Person, Round: d.in.Round, Because: "added"})
	}
	return nil
}
