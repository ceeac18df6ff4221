package clock

import "hikeshi/workflows/incident"

// Contradiction says of two answers that cannot both be right what they are, and which one counts;
// say gives the texts of one language.
func (c Considered) Contradiction(x Contradiction, say func(key string, pairs ...string) string) string {
	answer := func(k incident.FactKey) string {
		switch a := c.Given.Get(k); a {
		case incident.Yes, incident.No, incident.Unknown:
			return say("answer." + string(a))
		default:
			return say("answer.count", "value", string(a))
		}
	}
	key := "clock.reason.contradiction"
	if c.Nobody(x) {
		key = "clock.reason.nobody"
	}
	return say(key, "taken", say("fact."+string(x.Taken)), "taken_answer", answer(x.Taken), "against", say("fact."+string(x.Against)), "against_answer", answer(x.Against))
}
