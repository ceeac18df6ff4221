package report

import (
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// outside says the entries about texts for people outside, and about who is affected.
func (v Voice) outside(r incident.Record) (string, bool) {
	text := func(k incident.TextKind, version int, variant string, more ...string) string {
		pairs := append([]string{"text", v.Say("outside." + string(k)), "version", strconv.Itoa(version)}, more...)
		return v.say(r, variant, pairs...)
	}
	switch e := r.Event.(type) {
	case incident.OutsideProposed:
		if v.Brief && !e.Text.Erased {
			return text(e.What, e.Version, "") + "\n" + v.Say("log.part.outside_begins", "text", beginning(e.Text.Body), "length", Thousands(e.Length)), true
		}
		return text(e.What, e.Version, "") + v.part("outside", e.Text), true
	case incident.OutsideApproved:
		return text(e.What, e.Version, when("own", e.Own), "role", v.approver(e.Role, e.Deputy)) + v.part("comment", e.Comment), true
	case incident.OutsideRefused:
		return text(e.What, e.Version, "") + v.part("reason", e.Reason), true
	case incident.OutsidePublished:
		return text(e.What, e.Version, "", "at", Instant(e.On, v.Say)) + v.part("published", e.Where), true
	case incident.OutsideSetBack:
		return text(e.What, e.Version, "", "status", v.Say("outsidestatus."+string(e.To))), true
	case incident.PartySet:
		return v.say(r, when("changed", e.BeforeWho != ""), "number", strconv.Itoa(e.N), "name", v.body(e.Name), "count", Heads(e.Who, e.Count, v.Say)), true
	case incident.PartyTold:
		return v.say(r, "", "party", v.party(e.N), "topics", v.topics(e.Topics), "day", Day(e.On, v.Say)) + v.part("how", e.How), true
	case incident.PartyUntold:
		return v.say(r, "", "party", v.party(e.N), "number", strconv.FormatInt(e.Seq, 10)), true
	case incident.PartyRemoved:
		return v.say(r, "", "party", v.party(e.N)) + v.part("reason", e.Reason), true
	case incident.PartyRestored:
		return v.say(r, "", "party", v.party(e.N)), true
	}
	return "", false
}

// beginningRunes is how much of a long text names it, in the sentence about it.
const beginningRunes = 60

// beginning is the first line of a text that has anything on it, clipped.
func beginning(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.TrimSpace(line)
	if r := []rune(line); len(r) > beginningRunes {
		return string(r[:beginningRunes-1]) + "…"
	}
	return line
}

// Heads says how many an affected party is.
func Heads(k incident.PartyKind, count int, say Say) string {
	if count == 0 {
		return say("party.count.unknown")
	}
	return say("party.count."+string(k), "n", Thousands(count))
}

// Thousands writes a count as people read it: 1,200.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (v Voice) topics(ts []incident.Topic) string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = v.Say("topic." + string(t))
	}
	return strings.Join(out, v.Say("separator"))
}

// party names an affected party by its number, and by what it is called where that is known.
func (v Voice) party(n int) string {
	number := strconv.Itoa(n)
	if v.Party != nil {
		if name := v.Party(n); name != "" {
			return v.Say("party.named", "number", number, "name", name)
		}
	}
	return v.Say("party.numbered", "number", number)
}

// PartyNames gives what the affected parties of an incident are called.
func PartyNames(in *incident.Incident) func(n int) string {
	return func(n int) string {
		if in == nil {
			return ""
		}
		p, _ := in.Party(n)
		return p.Name
	}
}
