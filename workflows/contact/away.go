package contact

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// WithTold gives the directory with what people have told of their absences themselves, beside
// the list. told is by person; it must not be changed afterwards.
func (d *Directory) WithTold(told map[incident.PersonID][]Absence) *Directory {
	with := *d
	with.told = told
	return &with
}

// Away reports whether a person is away at an instant, by the day in Asia/Tokyo, and who is to
// be called instead. Where the deputy is away too it is his deputy, and so on. deputy is empty
// where nobody is named, or the named ones are away in a circle, have left or are unknown.
func (d *Directory) Away(p incident.PersonID, at time.Time) (deputy incident.PersonID, away bool) {
	day := Day(at)
	a, away := d.awayOn(p, day)
	if !away {
		return "", false
	}
	asked := map[incident.PersonID]bool{p: true}
	for next := a.Deputy; next != "" && !asked[next] && d.active(next); next = a.Deputy {
		asked[next] = true
		if a, away = d.awayOn(next, day); !away {
			return next, true
		}
	}
	return "", true
}

// AbsenceAt gives the absence of a person that counts at an instant, as it was named.
func (d *Directory) AbsenceAt(p incident.PersonID, at time.Time) (Absence, bool) {
	return d.awayOn(p, Day(at))
}

// Absent is an absence of somebody. Told says that it was told to the bot, and does not stand
// in the list.
type Absent struct {
	Person incident.PersonID
	Absence
	Told bool
}

// Absences lists what of all absences of active people is not over on a day, those first that
// begin first.
func (d *Directory) Absences(today time.Time) []Absent {
	day := Day(today)
	var out []Absent
	for _, p := range d.people {
		if !p.Active {
			continue
		}
		for _, a := range p.Absences {
			out = append(out, Absent{p.ID, a, false})
		}
		for _, a := range d.told[p.ID] {
			out = append(out, Absent{p.ID, a, true})
		}
	}
	out = slices.DeleteFunc(out, func(a Absent) bool { return a.To < day })
	slices.SortStableFunc(out, func(a, b Absent) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return out
}

// told people may be on no list any more; those do not count.
func (d *Directory) active(p incident.PersonID) bool {
	i, ok := d.at[p]
	return ok && d.people[i].Active
}

// The keys of what can be wrong with absences.
const (
	CheckLineAway      = "contacts.check.line_away"
	CheckDeputyAway    = "contacts.check.absence_deputy_away"
	CheckDeputySelf    = "contacts.check.absence_deputy_self"
	CheckDeputyUnknown = "contacts.check.absence_deputy_unknown"
	CheckDeputyLeft    = "contacts.check.absence_deputy_left"
)

// awayAhead is for how many days from today absences are looked at.
const awayAhead = 30

// CheckAbsences tells what absences of the next 30 days leave open: roles whose whole line is
// away on one day, and deputies who are not there. today is any instant of the day; days are
// Asia/Tokyo's. Whatever is over is fine.
func CheckAbsences(d *Directory, today time.Time) []Finding {
	local := today.In(incident.Tokyo)
	var days []string
	for n := range awayAhead + 1 {
		days = append(days, local.AddDate(0, 0, n).Format(time.DateOnly))
	}
	var out []Finding
	for _, r := range pagedRoles {
		out = append(out, d.lineAway(r, "", days)...)
	}
	for _, department := range d.Departments() {
		out = append(out, d.lineAway(incident.DepartmentLead, department, days)...)
	}
	for _, a := range d.Absences(today) {
		if a.From <= days[len(days)-1] {
			out = append(out, d.wrongDeputy(a, days)...)
		}
	}
	return out
}

// lineAway tells each run of days on which nobody of a role is there and nobody stands in.
func (d *Directory) lineAway(role incident.Role, department string, days []string) []Finding {
	line := d.Chain(role, department)
	if len(line) == 0 {
		return nil
	}
	gone := func(day string) bool {
		at, _ := time.ParseInLocation(time.DateOnly, day, incident.Tokyo) // made by Format
		return !slices.ContainsFunc(line, func(p incident.PersonID) bool {
			deputy, away := d.Away(p, at)
			return !away || deputy != ""
		})
	}
	var out []Finding
	for i := 0; i < len(days); i++ {
		if !gone(days[i]) {
			continue
		}
		from := i
		for i+1 < len(days) && gone(days[i+1]) {
			i++
		}
		out = append(out, Finding{
			Key: CheckLineAway, Severity: Warning, Roles: []incident.Role{role}, Department: department,
			Days: Absence{From: days[from], To: days[i]},
		})
	}
	return out
}

// wrongDeputy tells what is wrong with the deputy of an absence.
func (d *Directory) wrongDeputy(a Absent, days []string) []Finding {
	p, _ := d.Person(a.Person)
	f := Finding{Severity: Warning, Person: a.Person, Days: a.Absence, Args: map[string]string{"name": p.Name}}
	deputy, listed := d.Person(a.Deputy)
	f.Args["deputy"] = deputy.Name
	switch {
	case a.Named != "":
		f.Key, f.Args["deputy"] = CheckDeputyUnknown, a.Named
	case a.Deputy == "":
		return nil
	case a.Deputy == a.Person:
		f.Key = CheckDeputySelf
	case !listed:
		f.Key, f.Args["deputy"] = CheckDeputyUnknown, string(a.Deputy)
	case !deputy.Active:
		f.Key = CheckDeputyLeft
	default:
		// Only the days that are still to come.
		rest := Absence{From: max(a.From, days[0]), To: min(a.To, days[len(days)-1])}
		for _, b := range slices.Concat(d.told[a.Deputy], deputy.Absences) {
			if b.Overlaps(rest) {
				f.Key, f.Days = CheckDeputyAway, Absence{From: max(rest.From, b.From), To: min(rest.To, b.To)}
				return []Finding{f}
			}
		}
		return nil
	}
	return []Finding{f}
}

// dayIn writes a day in the reader's language.
func dayIn(date string, texts func(key string) string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return fill(texts(labelDay), map[string]string{"year": t.Format("2006"), "month": t.Format("1"), "day": t.Format("2")})
}

// daysIn writes from when until when.
func daysIn(a Absence, texts func(key string) string) string {
	if a.From == a.To {
		return dayIn(a.From, texts)
	}
	return fill(texts(labelDays), map[string]string{"from": dayIn(a.From, texts), "to": dayIn(a.To, texts)})
}

func (f Finding) args(texts func(key string) string) map[string]string {
	args := map[string]string{"roles": roleNames(f.Roles, texts)}
	if f.Key == CheckLineAway && f.Department != "" {
		args["roles"] = fill(texts(sheetOfPart), map[string]string{"role": args["roles"], "department": f.Department})
	}
	if f.Days.From != "" {
		args["days"] = daysIn(f.Days, texts)
	}
	if len(f.Mends) > 0 {
		mends := make([]string, len(f.Mends))
		for i, key := range f.Mends {
			mends[i] = texts(key)
		}
		args["mends"] = strings.Join(mends, texts(labelSeparator))
	}
	maps.Copy(args, f.Args)
	return args
}
