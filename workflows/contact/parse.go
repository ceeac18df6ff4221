package contact

import (
	"strconv"

	"hikeshi/workflows/incident"
)

// Row is one accepted row of a contact file: a person, and one role of that person or none.
// Every row of a person carries all the details that any of them gave.
type Row struct {
	// Line of the file, from 1.
	Line int
	// Name and the other details are as in Person.
	Name, Department, Phone, Email, SlackID, DiscordID string
	// Role is empty for an employee without a duty.
	Role  incident.Role
	Note  string
	Order int
	// Absence has the person's periods in one spelling, separated by semicolons, the year left
	// out where the file does; AbsenceDeputy the deputies as the file writes them.
	Absence, AbsenceDeputy string
}

// detail gives the value of a column that describes the person, not the duty.
func (r *Row) detail(c column) *string {
	switch c {
	case colName:
		return &r.Name
	case colDepartment:
		return &r.Department
	case colPhone:
		return &r.Phone
	case colEmail:
		return &r.Email
	case colSlack:
		return &r.SlackID
	case colDiscord:
		return &r.DiscordID
	case colAbsence:
		return &r.Absence
	case colAbsenceDeputy:
		return &r.AbsenceDeputy
	}
	panic("contact: no detail of a person: " + string(c))
}

// Parse reads a contact file: delimited text (comma, tab or semicolon) in UTF-8 or
// Shift_JIS, with any line ends, a header row of English or Japanese names in any order,
// and one row per person and role. It gives the rows, or every fault and no rows.
func Parse(file []byte) ([]Row, Faults) {
	text, faults := decode(file)
	if len(faults) > 0 {
		return nil, faults
	}
	records, faults := split(text)
	return readTable(records, faults)
}

func readTable(records []record, faults Faults) ([]Row, Faults) {
	if len(records) == 0 {
		if len(faults) == 0 {
			faults = append(faults, newFault(FaultEmpty, 0, 0, ""))
		}
		return nil, faults
	}
	h, wrongHeader := readHeader(records[0])
	faults = append(faults, wrongHeader...)
	body := records[1:]
	switch {
	case h.known == 0:
		return nil, faults.sorted()
	case len(body) > MaxRows:
		return nil, append(faults, newFault(FaultTooManyRows, body[MaxRows].line, 0, "", "max", strconv.Itoa(MaxRows))).sorted()
	case len(body) == 0 && len(faults) == 0:
		return nil, append(faults, newFault(FaultNoRows, records[0].line, 0, ""))
	}
	_, named := h.at[colName]
	_, roled := h.at[colRole]
	var rows []Row
	for _, r := range body {
		row, found, sound := readRow(h, r)
		faults = append(faults, found...)
		if sound && named && roled {
			rows = append(rows, row)
		}
	}
	rows, clashes := reconcile(rows)
	for _, c := range clashes {
		faults = append(faults, c.fault(h))
	}
	if len(faults) == 0 {
		faults = checkDeputies(h, rows)
	}
	if len(faults) > 0 {
		return nil, faults.sorted()
	}
	return rows, nil
}

// readRow checks each cell on its own. A row is sound when the person and the role are
// certain; only such rows are compared with each other, or one wrong cell would be told
// as several faults.
func readRow(h header, r record) (row Row, faults Faults, sound bool) {
	sound = true
	take := func(c column, v verdict) bool {
		if v.key == "" {
			return true
		}
		faults = append(faults, h.fault(v.key, r.line, c, v.args...))
		if c != colPhone && c != colDuty && c != colOrder && c != colAbsence && c != colAbsenceDeputy {
			sound = false
		}
		return false
	}
	row.Line = r.line
	for _, c := range []struct {
		column column
		into   *string
		check  func(string) (string, verdict)
	}{
		{colName, &row.Name, readName},
		{colDepartment, &row.Department, func(s string) (string, verdict) { return readText(s, maxName) }},
		{colDuty, &row.Note, func(s string) (string, verdict) { return readText(s, maxNote) }},
		{colPhone, &row.Phone, readPhone},
		{colEmail, &row.Email, readEmail},
		{colSlack, &row.SlackID, readSlack},
		{colDiscord, &row.DiscordID, readDiscord},
		{colAbsence, &row.Absence, readAbsence},
		{colAbsenceDeputy, &row.AbsenceDeputy, func(s string) (string, verdict) { return readText(s, maxAway) }},
	} {
		if _, ok := h.at[c.column]; !ok {
			continue // a required one is missed once, by readHeader
		}
		if !take(c.column, h.misread(r, c.column)) {
			continue
		}
		value, v := c.check(h.cell(r, c.column))
		take(c.column, v)
		*c.into = value
	}
	role, known := incident.Role(""), take(colRole, h.misread(r, colRole))
	if known {
		var v verdict
		role, v = readRole(h.cell(r, colRole))
		known = take(colRole, v)
	}
	order := 0
	if take(colOrder, h.misread(r, colOrder)) {
		var v verdict
		order, v = readOrder(h.cell(r, colOrder))
		take(colOrder, v)
	}
	row.Role, row.Order = role, order

	if known && role == "" {
		if row.Note != "" {
			take(colDuty, wrong(FaultDutyWithoutRole, "value", row.Note))
		}
		if order > 0 {
			take(colOrder, wrong(FaultOrderWithoutRole, "value", strconv.Itoa(order)))
		}
	}
	for i := range r.cells {
		if unnamed := i >= len(h.names) || h.names[i] == ""; unnamed && tidy(r.cells[i]) != "" {
			faults = append(faults, newFault(FaultCellExtra, r.line, i+1, "", "value", tidy(r.cells[i])))
			break // the cells after it have the same cause
		}
	}
	return row, faults, sound
}

func readName(s string) (string, verdict) {
	if s == "" {
		return "", wrong(FaultNameMissing)
	}
	return readText(s, maxName)
}
