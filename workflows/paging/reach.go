package paging

import (
	"slices"

	"hikeshi/workflows/incident"
)

// office gives who stands first for a role and is there: its holders, in the place of one who
// is away whoever he has named; else the next of the line who is there. If everybody is away
// they are called all the same: better a spoilt holiday than nobody.
func (v view) office(role incident.Role) []incident.PersonID {
	first := v.in.Office(v.dir, role)
	if out := v.present(first); len(out) > 0 {
		return out
	}
	if out := v.chain(role); len(out) > 0 {
		return out[:1]
	}
	return first
}

// chain gives the line of a role without those who are away, each with whom he has named in
// his place.
func (v view) chain(role incident.Role) []incident.PersonID {
	return v.present(v.in.Chain(v.dir, role))
}

func (v view) present(people []incident.PersonID) (out []incident.PersonID) {
	for _, p := range people {
		if deputy, away := v.dir.Away(p, v.now); away {
			p = deputy
		}
		if p != "" && v.dir.Known(p) && !v.in.IsExcluded(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// rungs are the means by which a person can be reached, in the order in which they are used,
// those of one rung at once. Where the policy names none that reaches him, all that do; but
// nobody is rung at night for a near miss.
func (v view) rungs(p incident.PersonID) (out [][]incident.Means) {
	var before []incident.Means
	for _, together := range v.plan(v.now).Means {
		rung := slices.DeleteFunc(v.reaching(p, together), func(m incident.Means) bool { return slices.Contains(before, m) })
		if len(rung) > 0 {
			out, before = append(out, rung), append(before, rung...)
		}
	}
	if out == nil && v.in.Chased() {
		if all := v.reaching(p, incident.AllMeans); len(all) > 0 {
			out = [][]incident.Means{all}
		}
	}
	return out
}

func (v view) reaching(p incident.PersonID, means []incident.Means) []incident.Means {
	return slices.DeleteFunc(slices.Clone(means), func(m incident.Means) bool { return !v.dir.Reaches(p, m) })
}

// everyMeans is all that the policy has for a person, at once.
func (v view) everyMeans(p incident.PersonID) []incident.Means {
	return slices.Concat(v.rungs(p)...)
}
