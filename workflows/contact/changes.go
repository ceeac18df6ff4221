package contact

import (
	"slices"

	"hikeshi/workflows/incident"
)

// Changes says what a new list changes, to be shown before or after it is taken over.
type Changes struct {
	// Added are new people and those who come back.
	Added []Person
	// Changed are people whose details or duties differ.
	Changed []Change
	// Removed are people who are no longer active, as they were.
	Removed []Person
}

// Change is one person before and after.
type Change struct {
	Before, After Person
	// Columns are the columns of the contact file that differ, by their English names;
	// role stands for every difference in duties.
	Columns []string
}

// Empty reports that nothing differs.
func (c Changes) Empty() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

// Compare gives the differences between two lists of the same people.
func Compare(before, after []Person) Changes {
	old := make(map[incident.PersonID]Person, len(before))
	for _, p := range before {
		old[p.ID] = p
	}
	var out Changes
	for _, p := range after {
		was := old[p.ID]
		switch {
		case p.Active && !was.Active:
			out.Added = append(out.Added, p.clone())
		case !p.Active && was.Active:
			out.Removed = append(out.Removed, was.clone())
		case p.Active:
			if columns := differing(was, p); len(columns) > 0 {
				out.Changed = append(out.Changed, Change{was.clone(), p.clone(), columns})
			}
		}
	}
	return out
}

func differing(a, b Person) []string {
	var out []string
	for _, d := range []struct {
		column column
		differ bool
	}{
		{colName, a.Name != b.Name},
		{colDepartment, a.Department != b.Department},
		{colRole, !slices.Equal(a.Duties, b.Duties)},
		{colPhone, a.Phone != b.Phone},
		{colEmail, a.Email != b.Email},
		{colSlack, a.SlackID != b.SlackID},
		{colDiscord, a.DiscordID != b.DiscordID},
		{colAbsence, !slices.EqualFunc(a.Absences, b.Absences, func(x, y Absence) bool { return x.From == y.From && x.To == y.To })},
		{colAbsenceDeputy, !slices.EqualFunc(a.Absences, b.Absences, func(x, y Absence) bool { return x.Deputy == y.Deputy && x.Named == y.Named })},
	} {
		if d.differ {
			out = append(out, string(d.column))
		}
	}
	return out
}
