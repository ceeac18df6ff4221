package desk

import (
	"strconv"

	"hikeshi/workflows/incident"
)

// The pages of the web front end that cards link to.
const (
	PathIncidents = "/incidents"
	PathContacts  = "/contacts"
	PathRegister  = "/register.xlsx"
	PathClocks    = "/clocks"
)

// PathIncidentsBefore is the page of the list that goes on behind an incident.
func PathIncidentsBefore(id incident.ID) string { return PathIncidents + "?before=" + string(id) }

// PathIncident is the page of an incident.
func PathIncident(id incident.ID) string { return PathIncidents + "/" + string(id) }

// Kind is a document that is made of an incident when somebody downloads it.
type Kind string

// The documents: the final report (one in progress until the end), and the summary for
// whoever takes the incident over.
const (
	KindReport   Kind = "report"
	KindHandover Kind = "handover"
)

// PathDocument is where a document is downloaded, in one of the Formats.
func PathDocument(id incident.ID, kind Kind, format string) string {
	return PathIncident(id) + "/" + string(kind) + "." + format
}

// PathFile is where a file is downloaded that an entry names.
func PathFile(id incident.ID, seq int64) string {
	return PathIncident(id) + "/files/" + strconv.FormatInt(seq, 10)
}

// Formats are the formats of a document, the usual one first: a PDF opens on every phone.
var Formats = []string{"pdf", "docx", "md"}
