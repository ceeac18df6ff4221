package paging

import (
	"slices"
	"time"

	"hikeshi/workflows/incident"
)

var _ incident.Pager = (*Policy)(nil)

// view is an incident with its calls as they stand at an instant.
type view struct {
	policy *Policy
	in     *incident.Incident
	dir    incident.Directory
	now    time.Time
}

func (p *Policy) look(in *incident.Incident, dir incident.Directory, now time.Time) view {
	return view{policy: p, in: in, dir: dir, now: now}
}

// plan is what holds at an instant. A proposed raise is called and waited for like the level it
// asks for.
func (v view) plan(at time.Time) Plan {
	return v.policy.At(v.in.CalledLevel(), v.in.Level.Confirmed(), at)
}

func (v view) roles() []incident.Role {
	roles := v.plan(v.now).Roles(v.in.Facts.Get(incident.FactPersonalData))
	if v.in.Curbed() {
		return alone(roles)
	}
	return roles
}

// alone is the one role of several that is called where not everybody is to be woken: the lead's;
// where the policy does not call it, the first.
func alone(roles []incident.Role) []incident.Role {
	if slices.Contains(roles, incident.IncidentLead) {
		return []incident.Role{incident.IncidentLead}
	}
	return roles[:min(1, len(roles))]
}

// Roles gives who is to be told of an incident at an instant, in order.
func (p *Policy) Roles(in *incident.Incident, now time.Time) []incident.Role {
	return p.look(in, nil, now).roles()
}

// Wait is how long a call that goes out at an instant may stay unanswered before the next
// means or the next person; zero is a message that nobody chases.
func (p *Policy) Wait(in *incident.Incident, at time.Time) time.Duration {
	if !in.Chased() {
		return 0
	}
	return p.look(in, nil, at).plan(at).Wait
}

// Start gives whom to call now: of everybody to be told at this level, those whose role nobody
// acts for or is being called for.
func (p *Policy) Start(in *incident.Incident, dir incident.Directory, now time.Time) []incident.Attempt {
	v := p.look(in, dir, now)
	c := newCalls(in)
	for _, role := range v.roles() {
		for _, person := range v.toCall(role) {
			c.add(person, role)
		}
	}
	return v.first(c)
}

// Instead gives who is called in the place of somebody whose call came to nothing: for each of
// its roles the next who was not called.
func (p *Policy) Instead(in *incident.Incident, dir incident.Directory, now time.Time, roles []incident.Role) []incident.Attempt {
	v := p.look(in, dir, now)
	c := newCalls(in)
	v.callNext(c, roles, nil)
	return v.first(c)
}

// Further gives the means to use next for an open call; none: all have been used.
func (p *Policy) Further(in *incident.Incident, dir incident.Directory, now time.Time, pg incident.Page) []incident.Means {
	v := p.look(in, dir, now)
	used := pg.Used()
	for _, together := range v.rungs(pg.Person) {
		next := slices.DeleteFunc(slices.Clone(together), func(m incident.Means) bool { return slices.Contains(used, m) })
		if len(next) > 0 {
			return next
		}
	}
	// The policy names no other; but a call of which every means has failed must get through.
	if !in.Chased() || slices.ContainsFunc(used, func(m incident.Means) bool { return !slices.Contains(pg.Failed, m) }) {
		return nil
	}
	return slices.DeleteFunc(v.reaching(pg.Person, incident.AllMeans), func(m incident.Means) bool { return slices.Contains(used, m) })
}

// Late gives what follows from the waits that have run out.
func (p *Policy) Late(in *incident.Incident, dir incident.Directory, now time.Time) incident.Round {
	v := p.look(in, dir, now)
	r := incident.Round{Silent: v.silent()}
	waiting := v.waiting()
	if len(waiting) == 0 {
		if in.Attended(dir) || v.round().After(now) {
			return r
		}
		return v.restart(r)
	}
	// Who was called a moment ago has the whole wait. If a clock is behind, all are late rather
	// than none: a round that was lost would never come again.
	late := slices.DeleteFunc(slices.Clone(waiting), func(pg incident.Page) bool { return v.runsOut(pg).After(now) })
	turn := slices.DeleteFunc(slices.Clone(waiting), func(pg incident.Page) bool { return !v.inTurn(pg) })
	if len(late) == 0 {
		if len(r.Silent) > 0 {
			return r
		}
		late, turn = waiting, nil
	}
	r.Passed = true
	c := newCalls(in)
	for _, pg := range late {
		if next := p.Further(in, dir, now, pg); len(next) > 0 {
			r.Further = append(r.Further, incident.Attempt{Person: pg.Person, Roles: pg.Roles, By: next})
			continue
		}
		v.callNext(c, pg.Roles, turn)
	}
	if !in.Attended(dir) {
		for _, l := range v.plan(now).Later {
			if in.Round+1 >= l.Rounds {
				v.callUncalled(c, l.Role, turn)
			}
		}
	}
	r.Next = v.first(c)
	r.Further, r.Next = unite(r.Further, r.Next)
	if len(r.Next) > 0 || len(r.Further) > 0 {
		return r
	}
	if len(turn) > 0 {
		return r // the line ends with those who still have their turn, whenever it began
	}
	// Nobody is left: those who have not answered are called once more, by everything there is.
	r.Exhausted = true
	for _, pg := range waiting {
		if dir.Known(pg.Person) { // else he has left the company since
			r.Again = append(r.Again, incident.Attempt{Person: pg.Person, Roles: pg.Roles, By: v.everyMeans(pg.Person)})
		}
	}
	if len(r.Again) == 0 && !in.Attended(dir) {
		return v.restart(r)
	}
	return r
}

// inTurn reports whether somebody who is being called has time left, or a means: the next of the
// line is called when he has had both. A chain at its end starts again by its own interval,
// whatever a single wait is.
func (v view) inTurn(pg incident.Page) bool {
	if pg.Unreached {
		return false
	}
	begun := pg.At
	if pg.ByAt.After(begun) {
		begun = pg.ByAt
	}
	return !v.in.Exhausted && begun.Add(v.plan(begun).Wait).After(v.now) || len(v.policy.Further(v.in, v.dir, v.now, pg)) > 0
}

// unite has whoever is to be called by a further means and for a role more be called once, by
// both: there is one page a person, and the further means would be that of a page that is over.
func unite(further, next []incident.Attempt) (left, called []incident.Attempt) {
	for _, f := range further {
		i := slices.IndexFunc(next, func(a incident.Attempt) bool { return a.Person == f.Person })
		if i < 0 {
			left = append(left, f)
			continue
		}
		for _, m := range f.By {
			if !slices.Contains(next[i].By, m) {
				next[i].By = append(slices.Clip(next[i].By), m)
			}
		}
	}
	return left, next
}

// restart begins the chain anew, where everybody has said that he cannot come, or has left: the
// whole line of every role at once, for by now it is late.
func (v view) restart(r incident.Round) incident.Round {
	r.Passed, r.Exhausted = true, true
	c := newCalls(v.in)
	for _, role := range v.roles() {
		for _, p := range slices.Concat(v.office(role), v.chain(role)) {
			c.add(p, role)
		}
	}
	for _, p := range slices.Concat(v.office(incident.Representative), v.chain(incident.Representative)) {
		c.add(p, incident.Representative)
	}
	for _, p := range c.people {
		r.Again = append(r.Again, incident.Attempt{Person: p, Roles: c.roles[p], By: v.everyMeans(p)})
	}
	return r
}

// calls collects whom to call for which roles, one call a person.
type calls struct {
	in     *incident.Incident
	people []incident.PersonID
	roles  map[incident.PersonID][]incident.Role
}

func newCalls(in *incident.Incident) *calls {
	return &calls{in: in, roles: map[incident.PersonID][]incident.Role{}}
}

func (c *calls) add(p incident.PersonID, r incident.Role) {
	if p == "" || c.in.IsExcluded(p) {
		return
	}
	if _, there := c.roles[p]; !there {
		c.people = append(c.people, p)
		if pg, called := c.in.Page(p); called && (pg.Status == incident.PageOpen || pg.Took()) {
			c.roles[p] = slices.Clone(pg.Roles) // one page a person: it goes on asking for these
		}
	}
	if !slices.Contains(c.roles[p], r) {
		c.roles[p] = append(c.roles[p], r)
	}
}

// first gives each of those to be called with the means that he is called by first.
func (v view) first(c *calls) (out []incident.Attempt) {
	for _, p := range c.people {
		out = append(out, incident.Attempt{Person: p, Roles: c.roles[p], By: v.by(p)})
	}
	return out
}

// By gives the means by which a person is called first; none: nothing reaches him.
func (p *Policy) By(in *incident.Incident, dir incident.Directory, now time.Time, person incident.PersonID) []incident.Means {
	return p.look(in, dir, now).by(person)
}

func (v view) by(p incident.PersonID) []incident.Means {
	if rungs := v.rungs(p); len(rungs) > 0 {
		return rungs[0]
	}
	return nil
}

// toCall gives whom to call first for a role: nobody while somebody acts for it or is being
// called; else who holds it; else the next of its line. A call that ended unanswered (the
// incident had ended, another had answered and left) does not count as one.
func (v view) toCall(role incident.Role) []incident.PersonID {
	if v.answered(role) {
		return nil
	}
	for i := range v.in.Pages {
		if pg := &v.in.Pages[i]; v.waitsFor(pg) && slices.Contains(pg.Roles, role) && !pg.Unreached {
			return nil
		}
	}
	var out []incident.PersonID
	for _, p := range v.office(role) {
		pg, paged := v.in.Page(p)
		if !paged || pg.Status == incident.PageEnded || pg.Status == incident.PageOpen && len(pg.Roles) == 0 {
			out = append(out, p)
		} else if pg.Status == incident.PageOpen && !pg.Unreached {
			return nil // called for another of his roles, and will see this one
		}
	}
	if out == nil {
		if p, _, ok := v.nextAfter(role); ok {
			out = []incident.PersonID{p}
		}
	}
	return out
}

// callUncalled calls who stands first for a role and was not called. They do not wait for one
// another, but for who was called in their place and has his turn.
func (v view) callUncalled(c *calls, role incident.Role, turn []incident.Page) {
	office := v.office(role)
	if hasTurn(slices.DeleteFunc(slices.Clone(turn), func(pg incident.Page) bool { return slices.Contains(office, pg.Person) }), role) {
		return
	}
	for _, p := range office {
		if pg, called := v.in.Page(p); !called || pg.Status == incident.PageEnded {
			c.add(p, role)
		}
	}
}

// callNext calls the next of every role that nobody acts for yet, unless somebody of the line has
// his turn.
func (v view) callNext(c *calls, roles []incident.Role, turn []incident.Page) {
	for _, role := range roles {
		if v.answered(role) || hasTurn(turn, role) {
			continue
		}
		if p, as, ok := v.nextAfter(role); ok && !hasTurn(turn, as) {
			c.add(p, role)
			c.add(p, as)
		}
	}
}

// hasTurn reports whether one of those who have time left is called for a role.
func hasTurn(turn []incident.Page, role incident.Role) bool {
	return slices.ContainsFunc(turn, func(pg incident.Page) bool { return slices.Contains(pg.Roles, role) })
}

// nextAfter gives the next of a role who was not called for it, and the role he is called as;
// when a role that has to act has nobody left, the representative (the last resort), and when
// everybody is away, whoever is. Nobody wakes the representative in the place of one who only
// has to know. A deputy who is being called for another role of his is called for this one,
// too: in a small company the same few people stand in every line, and whoever takes it must
// know that the lead is wanted of him. While the acting lead is silent, whoever of the lead's line,
// or of the representative's, has answered his call is asked anew: he may have handed the lead over,
// or have taken a call of his own, and nothing but a call tells him that it lies there. It makes an open page of his, so that he is asked once. ok is false
// when there is nobody left at all.
func (v view) nextAfter(role incident.Role) (p incident.PersonID, as incident.Role, ok bool) {
	line := []incident.Role{role}
	if role == incident.IncidentLead || role == incident.SystemAdmin {
		line = append(line, incident.Representative)
	}
	for _, chain := range []func(incident.Role) []incident.PersonID{v.chain, func(r incident.Role) []incident.PersonID { return v.in.Chain(v.dir, r) }} {
		for _, r := range line {
			for _, p := range chain(r) {
				pg, called := v.in.Page(p)
				elsewhere := pg.Status == incident.PageOpen && !pg.Unreached && len(pg.Roles) > 0 && !slices.Contains(pg.Roles, r)
				awake := pg.Status == incident.PageAcknowledged && role == incident.IncidentLead && !pg.Spared && v.leadSilent()
				if !called || pg.Status == incident.PageEnded || elsewhere || awake {
					return p, r, true
				}
			}
		}
	}
	return "", "", false
}

// Answered reports whether somebody acts for a role: the acting lead; who took a call for it;
// a holder of it who took whatever call. Of a role of which everyone is wanted, each has to.
// Whoever was left out since, or fell silent, does not count.
func (p *Policy) Answered(in *incident.Incident, dir incident.Directory, now time.Time, role incident.Role) bool {
	return p.look(in, dir, now).answered(role)
}

func (v view) answered(role incident.Role) bool {
	plan := v.plan(v.now)
	office := v.in.Office(v.dir, role)
	took := func(p incident.PersonID) bool {
		pg, called := v.in.Page(p)
		return called && pg.Took()
	}
	if role == incident.IncidentLead && v.leadSilent() {
		return false // whoever else has taken a call: it is who takes it in his place that leads
	}
	if slices.Contains(plan.Everyone, role) {
		wanted := v.office(role)
		return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(p incident.PersonID) bool { return !took(p) })
	}
	if role == incident.IncidentLead && v.led() {
		return true // who took the lead's call before him has handed the lead over, or left it to him
	}
	if role == incident.Representative && !slices.Contains(v.roles(), role) && v.in.Attended(v.dir) {
		return true // where he is not told first he is called only because nobody else acts (§9.3)
	}
	return slices.ContainsFunc(v.in.Responders(), func(p incident.Page) bool {
		return !v.in.IsExcluded(p.Person) && v.dir.Known(p.Person) &&
			(slices.Contains(p.Roles, role) || slices.Contains(office, p.Person))
	})
}
