package contact

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// firstTold is who is phoned at which level, in order: seed 001 §9.2 names who answers for
// a level, §9.4 ① whom the discoverer tells. At level 2 the representative comes after
// nobody else answered.
var firstTold = []struct {
	level incident.Level
	roles []incident.Role
}{
	{incident.Level3, []incident.Role{incident.Representative, incident.IncidentLead, incident.SystemAdmin}},
	{incident.Level2, []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.Representative}},
	{incident.Level1, []incident.Role{incident.SystemAdmin, incident.IncidentLead}},
	{incident.Level0, []incident.Role{incident.SystemAdmin}},
}

// sheet lays the wall sheet out in one language.
type sheet struct {
	dir    *Directory
	labels func(key string) string
}

// Sheet is the emergency sheet for the wall: whom to phone first at each level, then every
// role with holder, deputies and phones. Who is away within 30 days of today stands before them. What is missing is shown as a gap, so that it is
// mended before it is needed. labels gives the text of a message key in lang; madeOn is
// the day as it is to be printed.
func Sheet(dir *Directory, lang string, labels func(key string) string, madeOn string, today time.Time) report.Document {
	s := sheet{dir, labels}
	sections := []report.Section{{Level: 1, Title: labels(sheetFirst), Blocks: []report.Block{
		report.List{Ordered: true, Items: []string{labels(sheetFirst1), labels(sheetFirst2), labels(sheetFirst3)}},
	}}}
	sections = append(sections, s.away(today)...)
	sections = append(sections, s.levels()...)
	sections = append(sections, s.privacy(), s.roles(), s.outside())
	return report.Document{
		Lang: lang, Title: labels(sheetTitle), Subtitle: labels(sheetSubtitle),
		Banner:   []string{labels(sheetBanner)},
		Meta:     []report.Pair{{Label: labels(sheetMadeOn), Value: report.Cell{Text: madeOn}}},
		Sections: sections, Footer: labels(sheetFooter), Large: true,
	}
}

// away lists who with a duty is away now or soon, and whom to phone instead.
func (s sheet) away(today time.Time) []report.Section {
	last := Day(today.In(incident.Tokyo).AddDate(0, 0, awayAhead))
	var rows [][]report.Cell
	for _, a := range s.dir.Absences(today) {
		p, _ := s.dir.Person(a.Person)
		if len(p.Duties) == 0 || a.From > last {
			continue
		}
		instead := report.Cell{Text: s.labels(sheetInstead)}
		if deputy, ok := s.dir.Person(a.Deputy); ok && deputy.Active {
			instead = s.call(deputy)
		}
		rows = append(rows, []report.Cell{{Text: p.Name}, {Text: daysIn(a.Absence, s.labels)}, instead})
	}
	if rows == nil {
		return nil
	}
	return []report.Section{{Level: 1, Title: s.labels(sheetAway), Blocks: []report.Block{
		report.Paragraph{Text: s.labels(sheetAwayNote)},
		report.Table{
			Header: []string{s.labels(sheetColName), s.labels(sheetColAway), s.labels(sheetColInstead)},
			Widths: []int{4, 6, 5}, Rows: rows,
		},
	}}}
}

func (s sheet) levels() []report.Section {
	out := []report.Section{{Level: 1, Title: s.labels(sheetOrder), Blocks: []report.Block{
		report.Paragraph{Text: s.labels(sheetOrderNote)},
	}}}
	for _, told := range firstTold {
		var rows [][]report.Cell
		for i, r := range told.roles {
			rows = append(rows, s.callRows(strconv.Itoa(i+1), r, "")...)
		}
		out = append(out, report.Section{
			Level: 2, Title: s.labels(sheetLevel(told.level)), Blocks: []report.Block{s.callTable(rows)},
		})
	}
	return out
}

// privacy is for personal data, known or not ruled out, at any level.
func (s sheet) privacy() report.Section {
	rows := s.callRows("1", incident.PrivacyManager, "")
	for _, department := range s.dir.Departments() {
		rows = append(rows, s.callRows("2", incident.DepartmentLead, department)...)
	}
	return report.Section{Level: 1, Title: s.labels(sheetPrivacy), Blocks: []report.Block{
		report.Paragraph{Text: s.labels(sheetPrivacyOn)}, s.callTable(rows),
	}}
}

func (s sheet) callTable(rows [][]report.Cell) report.Table {
	return report.Table{
		Header: []string{
			s.labels(sheetColNo), s.labels(sheetColRole), s.labels(sheetColCall), s.labels(sheetColDeputy),
		},
		Widths: []int{1, 5, 5, 5}, Rows: rows,
	}
}

// callRows gives one row for each holder of a role; the deputies stand in the last column.
func (s sheet) callRows(number string, role incident.Role, department string) [][]report.Cell {
	deputies := s.deputies(role, department)
	holders := s.dir.Holders(role, department)
	if len(holders) == 0 {
		nobody := report.Cell{Text: s.labels(sheetNobody), Gap: true}
		return [][]report.Cell{{{Text: number}, {Text: s.title(role, department)}, nobody, deputies}}
	}
	var rows [][]report.Cell
	for _, id := range holders {
		p, _ := s.dir.Person(id)
		rows = append(rows, []report.Cell{
			{Text: number}, {Text: s.title(role, department)}, s.call(p), deputies,
		})
	}
	return rows
}

// call is whom to phone. The number stands below the name: on a wall the type is so large
// that two columns of numbers leave no room for the roles.
func (s sheet) call(p Person) report.Cell {
	phone := s.phone(p)
	return report.Cell{Text: p.Name + "\n" + phone.Text, Gap: phone.Gap}
}

// deputies lists whom to phone if nobody answers.
func (s sheet) deputies(role incident.Role, department string) report.Cell {
	ids := s.dir.Deputies(role, department)
	if len(ids) == 0 {
		return report.Cell{Text: s.labels(sheetNoDeputy), Gap: true}
	}
	var cell report.Cell
	lines := make([]string, len(ids))
	for i, id := range ids {
		p, _ := s.dir.Person(id)
		call := s.call(p)
		lines[i] = call.Text
		cell.Gap = cell.Gap || call.Gap
	}
	cell.Text = strings.Join(lines, "\n")
	return cell
}

func (s sheet) phone(p Person) report.Cell {
	if p.Phone == "" {
		return report.Cell{Text: s.labels(sheetNoPhone), Gap: true}
	}
	return report.Cell{Text: p.Phone}
}

func (s sheet) title(role incident.Role, department string) string {
	if role != incident.DepartmentLead {
		return s.labels(RoleKey(role))
	}
	return fill(s.labels(sheetOfPart), map[string]string{
		"role": s.labels(RoleKey(role)), "department": department,
	})
}

// roles lists everybody with a duty, each on a row.
func (s sheet) roles() report.Section {
	var rows [][]report.Cell
	for _, r := range incident.Roles {
		switch r {
		case incident.OutsideContact:
		case incident.DepartmentLead:
			for _, department := range s.dir.Departments() {
				rows = append(rows, s.seatRows(r, department)...)
			}
		default:
			rows = append(rows, s.seatRows(r, "")...)
		}
	}
	return report.Section{Level: 1, Title: s.labels(sheetRoles), Blocks: []report.Block{report.Table{
		Header: []string{
			s.labels(sheetColRole), s.labels(sheetColSeat), s.labels(sheetColName), s.labels(sheetColPhone),
		},
		Widths: []int{6, 3, 4, 5}, Rows: rows,
	}}}
}

func (s sheet) seatRows(role incident.Role, department string) [][]report.Cell {
	title := report.Cell{Text: s.title(role, department)}
	holders := s.dir.Holders(role, department)
	var rows [][]report.Cell
	if len(holders) == 0 {
		nobody := report.Cell{Text: s.labels(sheetNobody), Gap: true}
		rows = append(rows, []report.Cell{title, {Text: s.labels(sheetHolder)}, nobody, nobody})
	}
	for _, id := range holders {
		p, _ := s.dir.Person(id)
		rows = append(rows, []report.Cell{title, {Text: s.labels(sheetHolder)}, {Text: p.Name}, s.phone(p)})
	}
	for i, id := range s.dir.Deputies(role, department) {
		p, _ := s.dir.Person(id)
		seat := fill(s.labels(sheetDeputy), map[string]string{"number": strconv.Itoa(i + 1)})
		rows = append(rows, []report.Cell{title, {Text: seat}, {Text: p.Name}, s.phone(p)})
	}
	return rows
}

// outside lists the recovery partners and authorities of seed 001 §9.8.
func (s sheet) outside() report.Section {
	section := report.Section{Level: 1, Title: s.labels(sheetOutside)}
	chain := s.dir.Chain(incident.OutsideContact, "")
	if len(chain) == 0 {
		section.Blocks = []report.Block{report.Paragraph{Text: s.labels(sheetNoOutside), Gap: true}}
		return section
	}
	var rows [][]report.Cell
	for _, id := range chain {
		p, _ := s.dir.Person(id)
		at := slices.IndexFunc(p.Duties, func(d Duty) bool { return d.Role == incident.OutsideContact })
		rows = append(rows, []report.Cell{{Text: p.Department}, {Text: p.Name}, s.phone(p), {Text: p.Duties[at].Note}})
	}
	section.Blocks = []report.Block{report.Table{
		Header: []string{
			s.labels(sheetColPlace), s.labels(sheetColName), s.labels(sheetColPhone), s.labels(sheetColPurpose),
		},
		Widths: []int{5, 4, 5, 6}, Rows: rows,
	}}
	return section
}
