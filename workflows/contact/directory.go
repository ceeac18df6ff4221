package contact

import (
	"cmp"
	"slices"
	"strings"

	"hikeshi/workflows/incident"
)

// Directory answers questions about a contact list. It never changes after NewDirectory,
// so any number of readers may use it at once. Except for Person, it knows active people only.
type Directory struct {
	people    []Person // all, in the order given
	at        map[incident.PersonID]int
	byUser    map[string]map[string]incident.PersonID // front end → platform's ID
	posts     map[post]seats
	names     []lookup
	exact     map[string][]incident.PersonID // folded names, and with variant characters made alike
	divisions []string
	// told are the absences that people have told of themselves, beside those of the list.
	told map[incident.PersonID][]Absence
}

// post is a role, of a department where each department has its own.
type post struct {
	role       incident.Role
	department string // folded
}

type seats struct{ holders, deputies []incident.PersonID }

// NewDirectory builds the lookups of a list. Of two people with one ID the first counts.
func NewDirectory(people []Person) *Directory {
	d := &Directory{
		at:     make(map[incident.PersonID]int, len(people)),
		byUser: map[string]map[string]incident.PersonID{"web": {}, "mail": {}, "slack": {}, "discord": {}},
		posts:  make(map[post]seats),
		exact:  make(map[string][]incident.PersonID),
	}
	type seat struct {
		id    incident.PersonID
		order int
	}
	taken := make(map[post][]seat)
	departments := make(map[string]bool)
	for _, p := range people {
		if _, twice := d.at[p.ID]; twice {
			continue
		}
		d.at[p.ID] = len(d.people)
		d.people = append(d.people, p.clone())
		if !p.Active {
			continue
		}
		d.index(p)
		for _, duty := range p.Duties {
			k := postOf(duty.Role, p.Department)
			taken[k] = append(taken[k], seat{p.ID, duty.Order})
		}
		if key := fold(p.Department); key != "" && !p.Outsider() && !departments[key] {
			departments[key] = true
			d.divisions = append(d.divisions, p.Department)
		}
	}
	for k, line := range taken {
		slices.SortStableFunc(line, func(a, b seat) int { return cmp.Compare(a.order, b.order) })
		var s seats
		for _, x := range line {
			if x.order <= 0 {
				s.holders = append(s.holders, x.id)
			} else {
				s.deputies = append(s.deputies, x.id)
			}
		}
		d.posts[k] = s
	}
	return d
}

func (d *Directory) index(p Person) {
	for frontend, id := range map[string]string{
		"web": string(p.ID), "mail": p.Email, "slack": p.SlackID, "discord": p.DiscordID,
	} {
		users := d.byUser[frontend]
		if _, twice := users[userKey(id)]; id != "" && !twice {
			users[userKey(id)] = p.ID
		}
	}
	name := newLookup(p)
	d.names = append(d.names, name)
	d.exact[name.plain] = append(d.exact[name.plain], p.ID)
	if name.alike != name.plain {
		d.exact[name.alike] = append(d.exact[name.alike], p.ID)
	}
}

// postOf leaves the department out of every role that the company has once.
func postOf(role incident.Role, department string) post {
	if role != incident.DepartmentLead {
		return post{role: role}
	}
	return post{role, fold(department)}
}

func userKey(id string) string { return strings.ToLower(id) }

// Person gives the entry of an ID, inactive people included.
func (d *Directory) Person(id incident.PersonID) (Person, bool) {
	i, ok := d.at[id]
	if !ok {
		return Person{}, false
	}
	return d.people[i].clone(), true
}

// Active reports whether somebody is listed who still belongs to the company. It is asked more
// often than anything else, and copies nobody.
func (d *Directory) Active(id incident.PersonID) bool {
	i, ok := d.at[id]
	return ok && d.people[i].Active
}

// People lists the active people in the order of the list.
func (d *Directory) People() []Person {
	var out []Person
	for _, p := range d.people {
		if p.Active {
			out = append(out, p.clone())
		}
	}
	return out
}

// Departments lists the company's own departments that have people, in the order of the
// list. The organisations of outside contacts are not among them.
func (d *Directory) Departments() []string { return slices.Clone(d.divisions) }

// Holders gives who holds a role (deputy order 0). The department counts for
// department_lead only; without one nobody is the lead.
func (d *Directory) Holders(role incident.Role, department string) []incident.PersonID {
	return slices.Clone(d.seats(role, department).holders)
}

// Deputies gives who stands in for a role, the first deputy first.
func (d *Directory) Deputies(role incident.Role, department string) []incident.PersonID {
	return slices.Clone(d.seats(role, department).deputies)
}

// Chain gives the holders of a role, then the deputies in their order.
func (d *Directory) Chain(role incident.Role, department string) []incident.PersonID {
	s := d.seats(role, department)
	return slices.Concat(s.holders, s.deputies)
}

func (d *Directory) seats(role incident.Role, department string) seats {
	k := postOf(role, department)
	if role == incident.DepartmentLead && k.department == "" {
		return seats{}
	}
	return d.posts[k]
}

// Roles gives the roles that a person holds, as holder, in the order of incident.Roles.
// Standing in as a deputy is not holding.
func (d *Directory) Roles(id incident.PersonID) []incident.Role {
	var out []incident.Role
	for _, r := range incident.Roles {
		if d.Holds(id, r) {
			out = append(out, r)
		}
	}
	return out
}

// Holds reports whether a person holds a role, of whichever department.
func (d *Directory) Holds(id incident.PersonID, role incident.Role) bool {
	i, ok := d.at[id]
	return ok && d.people[i].Active && slices.ContainsFunc(d.people[i].Duties, func(duty Duty) bool {
		return duty.Role == role && duty.Order <= 0
	})
}

// ByUser gives the person behind a platform's own user ID. Front ends are slack, discord,
// web (where the ID is the person's own) and mail (the address).
func (d *Directory) ByUser(frontend, platformID string) (incident.PersonID, bool) {
	id, ok := d.byUser[frontend][userKey(platformID)]
	return id, ok
}
