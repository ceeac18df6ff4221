package contact

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hikeshi/workflows/incident"
)

// nobody stands in a list of deputies for a period that has none.
const nobody = "-"

// references find the people of a list by what a cell may name them by: a mail address or
// chat ID, a name, or a name with the department, where a name alone is several people's.
type references map[string][]int

func newReferences(people []Person) references {
	r := references{}
	for i, p := range people {
		for _, key := range p.references() {
			if key = fold(key); !slices.Contains(r[key], i) {
				r[key] = append(r[key], i)
			}
		}
	}
	return r
}

// references are the ways to name a person.
func (p Person) references() []string {
	var out []string
	for _, c := range idColumns {
		if id := p.id(c); id != "" {
			out = append(out, id)
		}
	}
	out = append(out, p.Name)
	if p.Department != "" {
		out = append(out, p.Name+"("+p.Department+")")
	}
	return out
}

// find gives whom a part of a cell names.
func (r references) find(part string) []int {
	key := fold(part)
	if found := r[key]; found != nil {
		return found
	}
	for _, h := range honorifics {
		if bare, ok := strings.CutSuffix(key, h); ok && r[bare] != nil {
			return r[bare]
		}
	}
	return nil
}

// name gives the shortest way to name a person that find understands, so that a cell never
// outgrows the one it was read from; "" where there is none.
func (r references) name(i int, p Person) string {
	ways := p.references()
	slices.SortStableFunc(ways, func(a, b string) int {
		return utf8.RuneCountInString(a) - utf8.RuneCountInString(b)
	})
	for _, strict := range []bool{true, false} {
		for _, name := range ways {
			if strict && (strings.ContainsFunc(name, isPartMark) || tidy(name) == nobody) {
				continue
			}
			if found := r.find(name); len(found) == 1 && found[0] == i {
				return name
			}
		}
	}
	return ""
}

// stand is who a cell names for one absence: somebody of the list, or a name that nobody of
// the list has, or that several have.
type stand struct {
	at    int // -1: nobody certain
	named string
}

// deputies reads a cell with the deputies of as many absences. A name that is not found is no
// fault of the file: whoever left must not keep a list with his past absences from being read.
func (r references) deputies(cell string, absences int) ([]stand, verdict) {
	out := slices.Repeat([]stand{{at: -1}}, absences)
	named := parts(cell)
	if len(r.find(cell)) > 0 {
		named = []string{cell} // whoever is called so, whatever marks stand in the name
	}
	switch {
	case len(named) == 0:
		return out, verdict{}
	case absences == 0:
		return out, wrong(FaultDeputyWithoutAbsence, "value", cell)
	case len(named) != 1 && len(named) != absences:
		return out, wrong(FaultAbsenceDeputies, "value", cell)
	}
	for i := range out {
		part := named[min(i, len(named)-1)]
		if tidy(part) == nobody {
			continue
		}
		if found := r.find(part); len(found) == 1 {
			out[i].at = found[0]
		} else {
			out[i].named = part
		}
	}
	return out, verdict{}
}

// checkDeputies finds cells with more or fewer deputies than absences, each person's once.
func checkDeputies(h header, rows []Row) Faults {
	if _, named := h.at[colAbsenceDeputy]; !named {
		return nil
	}
	groups, _ := recognise(rows)
	people := make([]Person, len(groups))
	for i, members := range groups {
		people[i] = rows[members[0]].person()
	}
	var faults Faults
	refs := newReferences(people)
	for _, members := range groups {
		row := rows[members[0]]
		if _, v := refs.deputies(row.AbsenceDeputy, len(parts(row.Absence))); v.key != "" {
			faults = append(faults, h.fault(v.key, row.Line, colAbsenceDeputy, v.args...))
		}
	}
	return faults
}

// person is who a row is about, without duties and ID.
func (r Row) person() Person {
	return Person{
		Name: r.Name, Department: r.Department, Phone: r.Phone,
		Email: r.Email, SlackID: r.SlackID, DiscordID: r.DiscordID, Active: true,
	}
}

// setAbsences dates the absences of a list's people, whose IDs are known by now, and finds
// their deputies. cells are what the list has for each.
func setAbsences(people []Person, cells []Row, today time.Time) {
	refs := newReferences(people)
	for i, cell := range cells {
		absences := dated(cell.Absence, today)
		deputies, _ := refs.deputies(cell.AbsenceDeputy, len(absences)) // checked when it was read
		for n := range absences {
			if absences[n].Named = deputies[n].named; deputies[n].at >= 0 {
				absences[n].Deputy = people[deputies[n].at].ID
			}
		}
		slices.SortStableFunc(absences, func(a, b Absence) int { return strings.Compare(a.From+a.To, b.From+b.To) })
		people[i].Absences = absences
	}
}

// writeAbsences gives the cells of a person's absences and of their deputies, as they are read.
func (r references) writeAbsences(p Person, people []Person) (absence, deputy string) {
	periods := make([]string, len(p.Absences))
	deputies := make([]string, len(p.Absences))
	for i, a := range p.Absences {
		periods[i], deputies[i] = a.Written(), cmp.Or(a.Named, nobody)
		if at := slices.IndexFunc(people, func(o Person) bool { return o.ID == a.Deputy }); a.Deputy != "" && at >= 0 {
			if name := r.name(at, people[at]); name != "" {
				deputies[i] = name
			}
		}
	}
	if one := slices.Compact(slices.Clone(deputies)); len(one) == 1 {
		deputies = one
	}
	if len(deputies) == 1 && deputies[0] == nobody {
		deputies = nil
	}
	return strings.Join(periods, partSeparator), strings.Join(deputies, partSeparator)
}

// awayOn gives the absence of a person that counts on a day: what he has told himself goes
// before the list, which names the deputy where he has named none.
func (d *Directory) awayOn(p incident.PersonID, day string) (Absence, bool) {
	var out Absence
	found := false
	listed := []Absence(nil)
	if i, ok := d.at[p]; ok {
		listed = d.people[i].Absences
	}
	for _, a := range slices.Concat(d.told[p], listed) {
		switch {
		case !a.On(day):
		case !found:
			out, found = a, true
		case out.Deputy == "":
			out.Deputy = a.Deputy
		}
	}
	return out, found
}
