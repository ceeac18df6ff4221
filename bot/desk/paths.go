package desk

import "hikeshi/workflows/incident"

// The pages of the web front end that cards link to.
const (
	PathIncidents = "/incidents"
	PathContacts  = "/contacts"
)

// PathIncidentsBefore is the page of the list that goes on behind an incident.
func PathIncidentsBefore(id incident.ID) string { return PathIncidents + "?before=" + string(id) }

// PathIncident is the page of an incident.
func PathIncident(id incident.ID) string { return PathIncidents + "/" + string(id) }

// PathReport is where the final report is downloaded, in a format (md, docx).
func PathReport(id incident.ID, format string) string {
	return PathIncident(id) + "/report." + format
}

// Formats are the formats of a report, the usual one first.
var Formats = []string{"docx", "md"}
