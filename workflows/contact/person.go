// Package contact owns the contact list: who holds which role and who stands in, how a
// person is reached, and whom a platform's user is. It reads the list from the bytes of a
// file (Parse), carries it over the list in force (Merge), says what is missing for an
// emergency (Check), writes it back (Export) and lays out the sheet for the wall (Sheet).
//
// A file is taken as a whole or not at all: Parse gives every fault at once, each with the
// place and a message key, and no rows beside faults. People are never removed, only made
// inactive, so that an old record can still name them.
//
// The package is pure. It reads no clock, no file and no network, opens no spreadsheet
// format other than delimited text (ParseWorkbook is given the cells), and decides nothing about who is paged when. Sentences
// live in the message files; only the names that a contact file may contain (titles.go)
// are text here, because they are data of the file format and not speech.
package contact

import (
	"slices"

	"hikeshi/workflows/incident"
)

// Person is one entry of the contact list. The details are empty where unknown.
type Person struct {
	// ID stays the same for good, whatever else changes.
	ID incident.PersonID `json:"id"`
	// Name as the company writes it; only runs of white space are made one space.
	Name string `json:"name"`
	// Department the person belongs to; of an outside contact, the organisation.
	Department string `json:"department,omitempty"`
	// Phone as written, in half width: digits, +, -, #, parentheses and spaces.
	Phone string `json:"phone,omitempty"`
	// Email in lower case.
	Email     string `json:"email,omitempty"`
	SlackID   string `json:"slack_id,omitempty"`
	DiscordID string `json:"discord_id,omitempty"`
	// Duties in the order of the list; none for an employee without a duty.
	Duties []Duty `json:"duties,omitempty"`
	// Absences in their order, ended ones among them.
	Absences []Absence `json:"absences,omitempty"`
	// Active is false once the person is no longer on the list.
	Active bool `json:"active"`
}

// Duty is one role that a person holds or stands in for.
type Duty struct {
	Role incident.Role `json:"role"`
	// Note outlines the duty in the company's words (担当役割の概要).
	Note string `json:"note,omitempty"`
	// Order is 0 for the holder, 1 for the first deputy, and so on.
	Order int `json:"order"`
}

// Outsider reports whether a person is on the list only as an outside contact: such a
// person belongs to no department of the company and is not expected to use its chat.
func (p Person) Outsider() bool {
	return len(p.Duties) > 0 && !slices.ContainsFunc(p.Duties, func(d Duty) bool {
		return d.Role != incident.OutsideContact
	})
}

func (p Person) clone() Person {
	p.Duties = slices.Clone(p.Duties)
	p.Absences = slices.Clone(p.Absences)
	return p
}
