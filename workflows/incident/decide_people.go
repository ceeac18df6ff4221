package incident

import "slices"

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
		if in.Applies(d.env.Procedures, s) == No {
			continue // 該当なし: nobody acts, nobody needs to know
		}
		if s.Role != Discoverer && !slices.Contains(roles, s.Role) {
			roles = append(roles, s.Role)
		}
	}
	if in.Facts.Get(FactPersonalData) != No {
		roles = append(roles, PrivacyManager)
	}
	for _, r := range roles {
		for _, p := range in.Office(d.env.People, r) {
			in2(p, WhyRole, r)
		}
	}
	for c := range in.running() {
		for _, p := range in.ClockOwners(d.env.People, c.Duty, d.env.Now) {
			in2(p, WhyRole, c.Owner)
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
		case OutsideProposed:
			for _, p := range in.TextApprovers(d.env.People, d.env.By.ID, d.env.Now) {
				in2(p, WhyRole, Representative) // who is asked in the place of somebody who is away
			}
		case OutsideSetBack:
			for _, t := range in.Texts {
				if t.What != e.What || t.Status != TextProposed {
					continue // the one that waits by it: itself, or the one that it had taken the place of
				}
				for _, p := range in.TextApprovers(d.env.People, t.By, d.env.Now) {
					in2(p, WhyRole, Representative)
				}
			}
		case ClocksReminded:
			for _, m := range e.List {
				for _, p := range m.To {
					in2(p, WhyRole, "") // who stands in for somebody who is away must see what he is told of
				}
			}
		}
	}
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
		switch {
		case slices.Contains(d.env.People.Holders(IncidentLead, in.Reporter().Department), c.To):
			how = LeadOffice
		case slices.Contains(in.Chain(d.env.People, IncidentLead), c.To):
			how = LeadDeputy
		}
		d.lead(how)
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
	d.lead(LeadHandover)
	return nil
}

// lead makes the acting person the acting lead; that answers an open page of his, too.
func (d *decision) lead(how LeadHow) {
	p := d.env.By.ID
	if pg, paged := d.in.Page(p); paged && pg.Status == PageOpen {
		d.emit(Acknowledged{Roles: pg.Roles})
	}
	d.emit(LeadTaken{Person: p, How: how})
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
	pg, called := d.in.Page(c.Person)
	if waiting := called && (pg.Status == PageOpen || pg.Status == PageAcknowledged); !waiting && c.Person != d.env.By.ID {
		d.place([]Attempt{{Person: c.Person, By: d.env.Paging.By(d.in, d.env.People, d.env.Now, c.Person)}}, BecauseAdded)
	}
	return nil
}
