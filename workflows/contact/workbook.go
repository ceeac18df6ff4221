package contact

import (
	"slices"
	"strconv"
	"strings"
)

// Workbook is what a spreadsheet file holds, cell by cell, as the reader of its format found
// it. Hidden worksheets are in it too: what they mean is decided here.
type Workbook struct{ Worksheets []Worksheet }

// Worksheet is one tab of a workbook.
type Worksheet struct {
	Name   string
	Hidden bool
	// Rows are those with content, in the order of the sheet.
	Rows   []WorksheetRow
	Merged []MergedCells
}

// WorksheetRow is one row of a worksheet.
type WorksheetRow struct {
	Line   int // from 1
	Hidden bool
	// Cells are those with content, in the order of their columns.
	Cells []WorksheetCell
}

// WorksheetCell is what a cell holds. Text of a number is its exact value in plain digits,
// whatever the sheet shows; of a formula, the value it had when the file was saved.
type WorksheetCell struct {
	Column int // from 1
	Kind   CellKind
	Text   string
}

// CellKind says what a spreadsheet took the content of a cell for.
type CellKind string

// The kinds of cells. The zero value is text.
const (
	CellText    CellKind = ""
	CellNumber  CellKind = "number"
	CellShown   CellKind = "shown" // a number that the sheet shows as something else: 10%, ¥1,000, 0001
	CellDate    CellKind = "date"  // a number shown as a day or a time
	CellFormula CellKind = "formula"
	CellError   CellKind = "error" // #N/A and its like
	CellBool    CellKind = "bool"
)

// MergedCells is a rectangle of cells that a sheet shows as one. Lines and columns count from 1.
type MergedCells struct{ Line, Column, LastLine, LastColumn int }

// headerSearch is how many rows with content may stand before the header: a title, a date,
// who keeps the list.
const headerSearch = 20

// maxMergedTold bounds how many merged cells are told one by one.
const maxMergedTold = 20

// ParseWorkbook reads the contact list from a workbook: the table under the header row of the
// one visible worksheet that has one. It is stricter than Parse where a spreadsheet shows
// something else than it holds, because a wrong digit is found out at night, on the phone.
// Every fault names its cell as the spreadsheet does (B7), and there are no rows beside faults.
func ParseWorkbook(w Workbook) ([]Row, Faults) {
	sheet, header, faults := findList(w)
	if faults != nil {
		return nil, faults
	}
	if sheet == nil {
		return nil, Faults{newFault(FaultEmpty, 0, 0, "")}
	}
	records, faults := sheet.records(header)
	if faults == nil {
		var rows []Row
		if rows, faults = readTable(records, sheet.strays(header)); faults == nil {
			return rows, nil
		}
	}
	for i := range faults {
		faults[i].Sheet = displayable(sheet.Name)
	}
	return nil, faults.sorted()
}

// findList gives the worksheet with the list and the index of its header row. Two sheets
// with a list are a fault: whoever stood on the second would be taken off the list.
func findList(w Workbook) (found *Worksheet, header int, faults Faults) {
	var names []string
	best := 0
	for i := range w.Worksheets {
		s := &w.Worksheets[i]
		if s.Hidden || len(s.Rows) == 0 {
			continue
		}
		at, known := s.header()
		if known >= len(requiredColumns) {
			names = append(names, s.Name)
		}
		if found == nil || known > best {
			found, header, best = s, at, known
		}
	}
	if len(names) > 1 {
		return nil, 0, Faults{newFault(FaultSheetSeveral, 0, 0, "", "value", strings.Join(names, " / "))}
	}
	return found, header, nil
}

// header gives the row with the most columns of a contact list, the first row where none
// has any.
func (s *Worksheet) header() (at, known int) {
	for i, r := range s.Rows[:min(len(s.Rows), headerSearch)] {
		columns := map[column]bool{}
		for _, c := range r.Cells {
			if found, ok := columnByName[foldLabel(unguard(tidy(c.Text)))]; ok {
				columns[found] = true
			}
		}
		if len(columns) > known {
			at, known = i, len(columns)
		}
	}
	return at, known
}

// records gives the table from its header on, or what makes it another than it looks.
func (s *Worksheet) records(header int) ([]record, Faults) {
	rows := s.Rows[header:]
	var faults Faults
	first, last := rows[0].Line, rows[len(rows)-1].Line
	for _, m := range s.Merged {
		if m.LastLine >= first && m.Line <= last && m.Column <= maxColumns && len(faults) < maxMergedTold {
			faults = append(faults, newFault(FaultCellMerged, max(m.Line, 1), max(m.Column, 1), "", "value", m.name()))
		}
	}
	if faults != nil {
		return nil, faults // the cells below the first would be told as empty ones
	}
	records := make([]record, 0, len(rows))
	for _, r := range rows {
		rec := record{line: r.Line}
		for _, c := range r.Cells {
			if c.Column > maxColumns {
				break
			}
			for len(rec.cells) < c.Column {
				rec.cells, rec.kinds = append(rec.cells, ""), append(rec.kinds, CellText)
			}
			rec.cells[c.Column-1], rec.kinds[c.Column-1] = c.Text, c.Kind
		}
		if !rec.blank() {
			records = append(records, rec)
		}
	}
	return records, nil
}

// strays tells what the table itself does not show: rows that are hidden, and cells far
// right of it.
func (s *Worksheet) strays(header int) Faults {
	var faults Faults
	hidden, firstHidden := 0, 0
	for _, r := range s.Rows[header:] {
		if r.Hidden && slices.ContainsFunc(r.Cells, func(c WorksheetCell) bool { return tidy(c.Text) != "" }) {
			if hidden++; hidden == 1 {
				firstHidden = r.Line
			}
		}
		for _, c := range r.Cells {
			if c.Column > maxColumns && r.Line != s.Rows[header].Line && tidy(c.Text) != "" {
				faults = append(faults, newFault(FaultCellExtra, r.Line, c.Column, "", "value", tidy(c.Text)))
				break
			}
		}
		if len(faults) > MaxRows {
			break
		}
	}
	if hidden > 0 {
		faults = append(faults, newFault(FaultRowHidden, firstHidden, 0, "", "count", strconv.Itoa(hidden)))
	}
	return faults
}

func (m MergedCells) name() string {
	return CellName(m.Line, m.Column) + ":" + CellName(m.LastLine, m.LastColumn)
}

// CellName names a cell as a spreadsheet does: line 7, column 2 is B7.
func CellName(line, column int) string {
	var letters []byte
	for n := column; n > 0; n = (n - 1) / 26 {
		letters = append([]byte{byte('A' + (n-1)%26)}, letters...)
	}
	return string(letters) + strconv.Itoa(line)
}

// misread judges a cell of the list that a spreadsheet did not keep as text. What is certain
// to be what was typed passes: whole numbers in columns that are read as words, and in the
// order of deputies.
func misread(c column, kind CellKind, value string) verdict {
	switch kind {
	case CellFormula:
		return wrong(FaultCellFormula, "value", value)
	case CellError:
		return wrong(FaultCellError, "value", value)
	case CellDate:
		return wrong(FaultCellDate)
	case CellShown, CellBool:
		return wrong(FaultCellNumber, "value", value)
	case CellNumber:
		switch c {
		case colPhone:
			// Nine or ten digits have lost their zero, which readPhone says with the number meant.
			if _, v := readPhone(value); v.key != FaultPhoneZeroLost {
				return wrong(FaultPhoneNumber, "value", value)
			}
		case colDiscord:
			// A spreadsheet keeps 15 digits; an ID has 17 and more.
			return wrong(FaultDiscordRounded, "value", value)
		case colName, colDepartment, colDuty:
			if len(value) > 15 || !allDigits(value) {
				return wrong(FaultCellNumber, "value", value)
			}
		}
	}
	return verdict{}
}
