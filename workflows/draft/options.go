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
	// Procedures evaluate the conditions of steps; nil takes every step as applying.
	Procedures incident.Procedures
	// Number is the n of 第n報; 0: left open.
	Number int
	MadeAt time.Time // UTC
}

// Contact is how to reach whoever holds a role. What is empty is not known.
type Contact struct{ Department, Name, Phone, Email string }
