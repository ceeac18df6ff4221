package paging

import (
	"slices"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// Hole is something by which calls may reach nobody. What does not apply is empty.
type Hole struct {
	Key    string
	Role   incident.Role
	Person incident.PersonID
}

// What may be wrong.
const (
	HoleRoleEmpty = "role_empty"   // nobody stands in the contact list for a role that is called
	HoleNoDeputy  = "no_deputy"    // one person, and nobody behind him
	HoleAllAway   = "all_away"     // everybody of a role is away, and nobody stands in
	HoleUnreached = "unreached"    // nothing reaches a person who is called
	HoleNight     = "night"        // nobody is called by phone: nobody wakes up
	HoleSingle    = "single"       // whoever is called, it is the same person
	HoleMail      = "mail_unused"  // mail is set up, and none of those who are called has an address
	HolePhone     = "phone_unused" // the same of the phone
	HoleNobody    = "nobody"       // there is nobody at all to call
)

// HoleKeys lists every key.
var HoleKeys = []string{HoleNobody, HoleRoleEmpty, HoleNoDeputy, HoleAllAway, HoleUnreached, HoleNight, HoleSingle, HoleMail, HolePhone}

// Holes finds what may keep the calls of a supposed incident from reaching anybody. ready are
// the means that are set up.
func (p *Policy) Holes(c Case, course Course, dir incident.Directory, ready []incident.Means) (out []Hole) {
	in, err := c.incident()
	if err != nil {
		return nil
	}
	v := p.look(in, dir, c.At)
	if len(course.Steps) == 0 {
		out = append(out, Hole{Key: HoleNobody})
	}
	out = append(out, v.roleHoles()...)
	var people []incident.PersonID
	for _, s := range course.Steps {
		if !slices.Contains(people, s.Person) {
			people = append(people, s.Person)
		}
	}
	for _, person := range people {
		if len(v.reaching(person, incident.AllMeans)) == 0 {
			out = append(out, Hole{Key: HoleUnreached, Person: person})
		}
	}
	by := func(m incident.Means) bool {
		return slices.ContainsFunc(course.Steps, func(s Step) bool { return slices.Contains(s.Means, m) })
	}
	// A company may leave the phone out by day; where it names it, somebody should be rung.
	wakes := slices.Contains(slices.Concat(v.plan(c.At).Means...), incident.ByPhone) || asleep(c.At)
	if in.Chased() && len(people) > 0 && wakes && !by(incident.ByPhone) {
		out = append(out, Hole{Key: HoleNight})
	}
	if in.Chased() && len(people) == 1 {
		out = append(out, Hole{Key: HoleSingle, Person: people[0]})
	}
	for _, unused := range []struct {
		means incident.Means
		key   string
	}{{incident.ByMail, HoleMail}, {incident.ByPhone, HolePhone}} {
		m, key := unused.means, unused.key
		if slices.Contains(ready, m) && len(people) > 0 && slices.Contains(slices.Concat(v.plan(c.At).Means...), m) && !by(m) {
			out = append(out, Hole{Key: key})
		}
	}
	return out
}

// asleep reports whether people sleep or are at home: from 22 to 7 o'clock, and on holidays.
func asleep(at time.Time) bool {
	hour := at.In(incident.Tokyo).Hour()
	return hour < 7 || hour >= 22 || !clock.WorkingDay(at)
}

// roleHoles looks at the roles that are called, now or later. Whose department nobody has named
// has no lead.
func (v view) roleHoles() (out []Hole) {
	plan := v.plan(v.now)
	roles := v.roles()
	for _, l := range plan.Later {
		roles = append(roles, l.Role)
	}
	for i, r := range roles {
		if slices.Contains(roles[:i], r) || r == incident.DepartmentLead && v.in.Reporter().Department == "" {
			continue
		}
		chain := v.in.Chain(v.dir, r)
		switch {
		case len(chain) == 0:
			out = append(out, Hole{Key: HoleRoleEmpty, Role: r})
		case len(v.chain(r)) == 0:
			out = append(out, Hole{Key: HoleAllAway, Role: r})
		case len(chain) == 1 && v.in.Chased() && r != incident.DepartmentLead:
			out = append(out, Hole{Key: HoleNoDeputy, Role: r, Person: chain[0]})
		}
	}
	return out
}
