package incident

import "slices"

// Reporter is a discoverer as the record names him; ID may be unknown to the contact list,
// because anybody may report. Title is of the own report, which after a merge is not that
// of the incident.
type Reporter struct {
	ID         PersonID `json:"id"`
	Name       string   `json:"name"`
	Department string   `json:"department,omitempty"`
	Title      string   `json:"title,omitempty"`
}

// Reporter gives the first reporter.
func (in *Incident) Reporter() Reporter {
	if len(in.Reporters) == 0 {
		return Reporter{}
	}
	return in.Reporters[0]
}

// ReportedBy reports whether a person is one of the reporters.
func (in *Incident) ReportedBy(p PersonID) bool {
	return p != "" && slices.ContainsFunc(in.Reporters, func(r Reporter) bool { return r.ID == p })
}

// TitleFor is the incident's title in a reporter's own words: whoever only reported may not
// read what another reporter wrote. Empty for somebody who reported nothing.
func (in *Incident) TitleFor(p PersonID) string {
	for _, r := range in.Reporters {
		if p != "" && r.ID == p {
			return r.Title
		}
	}
	return ""
}
