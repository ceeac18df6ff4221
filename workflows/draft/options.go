package draft

import (
	"time"

	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// Options are what a draft needs beside the incident and its record.
type Options struct {
	Lang string // "ja" or "en"
	Say  report.Say
	// Name calls a person as the contact list does today; a draft only uses it to leave the
	// reporter's name out.
	Name    func(incident.PersonID) string
	Company company.Profile
	// Contacts are the holders of roles, as the contact list has them.
	Contacts map[incident.Role]Contact
	// Duties are the clocks of the incident: by when something is due. Without them no day is
	// shown.
	Duties []incident.Duty
	// Filings are what was handed in already, by the rule.
	Filings map[incident.Rule]Filing
	// Procedures evaluate the conditions of steps; nil takes every step as applying.
	Procedures incident.Procedures
	// Number is the n of 第n報; 0: left open.
	Number int
	MadeAt time.Time // UTC
}

// Contact is how to reach whoever holds a role. What is empty is not known.
type Contact struct{ Department, Name, Phone, Email string }

// Filing is that something was handed in: on a day in Tokyo (2006-01-02), under a number of
// the receiver.
type Filing struct{ Day, Receipt string }
