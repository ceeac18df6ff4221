package draft

import (
	"slices"
	"strconv"

	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// hints are where the text goes and by when, and what it is about.
func (r *reader) hints(k Kind, f form) []report.Pair {
	pair := func(key, text string) report.Pair {
		return report.Pair{Label: r.say("draft.hint." + key), Value: report.Cell{Text: text}}
	}
	out := []report.Pair{pair("incident", string(r.in.ID))}
	if f.where != "" {
		where := f.where
		if where == "ppc" && r.o.Company.Is(company.Delegated) == incident.Yes {
			where = "ministry"
		}
		out = append(out, pair("where", r.say("draft.where."+where)))
	}
	if f.mail != "" {
		out = append(out, pair("to", f.mail), pair("subject", r.say("draft.subject."+string(k), "company", r.companyOrBlank())))
	}
	if until := r.until(k); until != "" {
		out = append(out, pair("until", until))
	}
	return out
}

// until is by when a draft is due, as the clocks of the incident have it; empty where there
// is none that is still open.
func (r *reader) until(k Kind) string {
	d, ok := r.clock(k)
	if !ok || !d.Open() {
		return ""
	}
	var out []string
	if d.Target != "" {
		out = append(out, r.say("draft.until.target", "day", report.Day(d.Target, r.say)))
	}
	if d.Due != "" {
		out = append(out, r.say("draft.until.due", "day", report.Day(d.Due, r.say)))
	}
	if d.Provisional {
		out = append(out, r.say("draft.until.provisional"))
	}
	return lines(out...)
}

// clock is the clock of the duty that a draft fulfils.
func (r *reader) clock(k Kind) (incident.Clock, bool) {
	i := slices.IndexFunc(r.in.Clocks, func(c incident.Clock) bool { return c.Rule == k.Rule() })
	if k.Rule() == "" || i < 0 {
		return incident.Clock{}, false
	}
	return r.in.Clocks[i], true
}

// notes are what to see to before the text is used.
func (r *reader) notes(k Kind, f form) []string {
	out := []string{r.say("draft.note.draft"), r.say("draft.note.unknown")}
	switch {
	case k == Entruster:
		out = append(out, r.say("draft.note.nine"))
	case k == Individuals:
		out = append(out, r.say("draft.note.five"))
	case f.letter == nil:
		out = append(out, r.say("draft.note.marks"))
	}
	if k.External() {
		out = append(out, r.say("draft.note.external"))
	}
	if k.approved() {
		out = append(out, r.say("draft.note.approval"))
	}
	for _, c := range r.facts.Contradictions {
		out = append(out, r.facts.Contradiction(c, r.say))
	}
	switch k {
	case PPCPreliminary, PPCFinal:
		if r.is(incident.FactMyNumber) != incident.No {
			out = append(out, r.say("draft.note.also_my_number"))
		}
		out = append(out, r.say("draft.note.receipt"))
	case MyNumberPreliminary, MyNumberFinal:
		out = append(out, r.say("draft.note.receipt"))
	case Police:
		out = append(out, r.say("draft.note.police"))
	case IPAVirus, IPAAccess:
		out = append(out, r.say("draft.note.ipa"))
		if k == IPAAccess { // the address was found in no text of IPA itself
			out = append(out, r.say("draft.note.ipa_access", "address", f.mail))
		}
	case FormDDoS, FormRansomware, FormOther:
		out = append(out, r.say("draft.note.common"))
	}
	return out
}

// Tally says how many fields are in which state.
func (d Draft) Tally() string {
	return d.say("draft.tally", "known", strconv.Itoa(d.Count(Known)), "unknown", strconv.Itoa(d.Count(Unknown)), "to_fill", strconv.Itoa(d.Count(ToFill)))
}
