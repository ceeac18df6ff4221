package desk

import (
	"slices"
	"strings"

	"hikeshi/workflows/incident"
)

// curbed says that not everybody is called, because the report is one of many of somebody
// unlisted; empty: everybody is called as always. It stays true after the lead has answered or
// others were called in his place: whoever takes it must know that the rest were not.
func (v voice) curbed(in *incident.Incident) string {
	if !in.Curbed() || in.Phase.Ended() {
		return ""
	}
	return v.say("frequent.curbed", "count", number(in.Frequent))
}

// pageWhy says why somebody is called where the incident itself does not tell it, and by what
// other means he was called; empty: there is nothing to say.
func (v voice) pageWhy(in *incident.Incident, p incident.Page) string {
	var said []string
	if lead := in.ActingLead(v.service.People()); p.Besides() && lead != "" {
		said = append(said, v.say("page.why.besides", "person", v.person(in, lead)))
	}
	switch p.Because {
	case incident.BecauseSilent:
		said = append(said, v.say("page.why.silent"))
	case incident.BecauseDeputy:
		said = append(said, v.say("page.why.deputy"))
	case incident.BecauseUnreached:
		said = append(said, v.say("page.why.unreached"))
	case incident.BecauseRecall:
		said = append(said, v.say("page.why.recall"))
	case incident.BecauseLevel:
		if n := len(in.LevelHistory); n > 0 && !in.LevelHistory[n-1].At.After(p.At) && in.LevelHistory[n-1].From < in.LevelHistory[n-1].To && in.LevelHistory[n-1].From.Confirmed() {
			last := in.LevelHistory[n-1]
			said = append(said, v.withReason(v.say("page.why.level", "from", v.level(last.From), "to", v.level(last.To)), last.Reason))
		}
	}
	if curbed := v.curbed(in); curbed != "" {
		said = append(said, curbed)
	}
	var others []string
	for _, m := range incident.AllMeans {
		if m != incident.ByChat && slices.Contains(p.By, m) {
			others = append(others, v.say("means."+string(m)))
		}
	}
	if others != nil {
		said = append(said, v.say("page.why.means", "means", v.join(others)))
	}
	return strings.Join(said, "\n")
}
