package templates

import (
	"slices"
	"strings"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// ClockReason says in plain words why there is a duty: what its rule says, the facts that make
// it apply, those that are missing, and which answers contradict each other.
func (t *Texts) ClockReason(lang string, r clock.Rule, d incident.Duty, c clock.Considered) string {
	var holds, missing []string
	for _, k := range d.Because {
		words, own := r.About(k)
		text := words.In(lang)
		if !own {
			text = t.Say(lang, "fact."+string(k))
		}
		switch {
		case c.Facts.Get(k) == incident.Unknown:
			missing = append(missing, t.Say(lang, "fact."+string(k)))
		case own, c.Facts.Is(k):
			holds = append(holds, text)
		}
	}
	join := func(list []string) string { return strings.Join(list, t.Say(lang, "clock.reason.between")) }
	var parts []string
	if holds == nil {
		parts = append(parts, r.Why.In(lang))
	} else {
		parts = append(parts, t.Say(lang, "clock.reason", "why", r.Why.In(lang), "facts", join(holds)))
	}
	if missing != nil {
		parts = append(parts, t.Say(lang, "clock.reason.open", "facts", join(missing)))
	}
	for _, x := range c.Contradictions {
		if slices.Contains(d.Because, x.Taken) || slices.Contains(d.Because, x.Against) {
			parts = append(parts, t.ClockContradiction(lang, x, c))
		}
	}
	between := " "
	if lang != "en" {
		between = ""
	}
	return strings.Join(parts, between)
}

// ClockContradiction says which two answers cannot both be right, what they are, and which one
// counts.
func (t *Texts) ClockContradiction(lang string, x clock.Contradiction, c clock.Considered) string {
	return c.Contradiction(x, func(key string, pairs ...string) string { return t.Say(lang, key, pairs...) })
}
