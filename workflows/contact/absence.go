package contact

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// Absence is a time during which somebody is not to be called. From and To are days of
// Asia/Tokyo, 2006-01-02, both included.
type Absence struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Deputy is called instead; empty: whoever is next in each of the roles.
	Deputy incident.PersonID `json:"deputy,omitempty"`
	// Named is the deputy as the list writes him, where nobody or more than one is called so.
	Named string `json:"named,omitempty"`
}

// On reports whether the absence lasts on a day.
func (a Absence) On(day string) bool { return a.From <= day && day <= a.To }

// Overlaps reports whether two absences have a day in common.
func (a Absence) Overlaps(b Absence) bool { return a.From <= b.To && b.From <= a.To }

// Written is the absence as a contact list has it, without the deputy.
func (a Absence) Written() string { return written(a.From, a.To) }

// maxAbsences is how many periods one cell of a list may hold.
const maxAbsences = 8

// parts splits a cell that may hold several things.
func parts(cell string) []string {
	list := strings.FieldsFunc(cell, isPartMark)
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func isPartMark(r rune) bool { return r == ';' || r == '\uff1b' || r == '\u3001' } // ；、

const partSeparator = ";"

// readAbsence checks a cell with periods and gives it in one spelling.
func readAbsence(s string) (string, verdict) {
	var list []string
	for _, part := range parts(s) {
		p, err := ReadPeriod(part)
		switch {
		case err == nil:
		case errors.Is(err, ErrPeriodDay):
			return "", wrong(FaultAbsenceDay, "value", part)
		case errors.Is(err, ErrPeriodOrder):
			return "", wrong(FaultAbsenceOrder, "value", part)
		default:
			return "", wrong(FaultAbsenceShape, "value", part)
		}
		list = append(list, p.String())
	}
	if len(list) > maxAbsences {
		return "", wrong(FaultAbsenceMany, "max", strconv.Itoa(maxAbsences))
	}
	if s != "" && list == nil {
		return "", wrong(FaultAbsenceShape, "value", s)
	}
	return strings.Join(list, partSeparator), verdict{}
}

// dated makes absences of a checked cell; their deputies are still to be found.
func dated(cell string, today time.Time) []Absence {
	var out []Absence
	for _, part := range parts(cell) {
		if p, err := ReadPeriod(part); err == nil { // readAbsence has let it pass
			out = append(out, p.On(today))
		}
	}
	return out
}
