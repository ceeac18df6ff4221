package templates

import (
	_ "embed" // the sample company is part of the program
	"slices"
)

//go:embed sample/contacts.csv
var sampleContacts []byte

// SampleContacts gives the contact list of the sample company for practice, as a contact
// file: ten people with every role filled. Names are made up, phone numbers are of the
// unassigned kind 090-0000-…, mail addresses stand under example.co.jp, which nobody owns.
func SampleContacts() []byte { return slices.Clone(sampleContacts) }
