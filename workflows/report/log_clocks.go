package report

import (
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// clocked says the entries about notification clocks.
func (v Voice) clocked(r incident.Record) (string, bool) {
	switch e := r.Event.(type) {
	case incident.ClocksDrawn:
		return v.drawn(r, e), true
	case incident.ClockSettled:
		clock := v.rule(e.Rule)
		switch e.How {
		case incident.ClockUnneeded:
			return v.say(r, "unneeded", "clock", clock) + v.part("reason", e.Reason), true
		case incident.ClockPassed:
			return v.say(r, "passed", "clock", clock, "day", Day(e.On, v.Say)) + v.part("to", e.To), true
		}
		s := v.say(r, "", "clock", clock, "day", Day(e.On, v.Say)) + v.part("to", e.To) + v.part("receipt", e.Receipt) + v.part("reason", e.Reason)
		if e.File != 0 {
			s += "\n" + v.Say("log.part.file", "number", strconv.FormatInt(e.File, 10))
		}
		return s, true
	case incident.ClockReopened:
		return v.say(r, "", "clock", v.rule(e.Rule)), true
	case incident.RemindersPlanned:
		if len(e.At) == 0 {
			return v.say(r, "rule", "clock", v.rule(e.Rule)) + v.part("reason", e.Reason), true
		}
		var times []string
		for _, t := range e.At {
			times = append(times, Instant(t, v.Say))
		}
		return v.say(r, "", "clock", v.rule(e.Rule), "times", strings.Join(times, v.Say("separator"))) + v.part("reason", e.Reason), true
	case incident.ClocksReminded:
		lines := []string{v.say(r, "")}
		for _, m := range e.List {
			key := "log.clocks_reminded.line"
			if m.Overdue {
				key = "log.clocks_reminded.overdue"
			}
			lines = append(lines, v.Say(key, "clock", v.rule(m.Rule), "names", v.names(m.To)))
		}
		return strings.Join(lines, "\n"), true
	}
	return "", false
}

// drawn says which clocks an entry started, changed or ended, and why.
func (v Voice) drawn(r incident.Record, e incident.ClocksDrawn) string {
	lines := []string{v.say(r, "", "because", v.DrawnBecause(e))}
	duty := func(key string, d incident.Duty) {
		s := v.Say(key, "clock", v.rule(d.Rule), "until", Until(d, v.Say))
		if d.Provisional {
			s = v.Say("log.clocks_drawn.provisional", "line", s)
		}
		lines = append(lines, s)
	}
	for _, d := range e.Started {
		duty("log.clocks_drawn.started", d)
	}
	for _, d := range e.Changed {
		duty("log.clocks_drawn.changed", d)
	}
	for _, rule := range e.Lapsed {
		lines = append(lines, v.Say("log.clocks_drawn.lapsed", "clock", v.rule(rule)))
	}
	return strings.Join(lines, "\n")
}

// DrawnBecause says why clocks were drawn.
func (v Voice) DrawnBecause(e incident.ClocksDrawn) string {
	if e.Because != incident.DrawnFact {
		return v.Say("log.drawn." + e.Because)
	}
	var facts []string
	for _, a := range e.Facts {
		facts = append(facts, v.Say("log.drawn.answer", "fact", v.Say("fact."+string(a.Fact)), "answer", v.answer(a.Answer)))
	}
	return v.Say("log.drawn.fact", "facts", strings.Join(facts, v.Say("separator")))
}

// Until says by when a duty is to be done: the day aimed at, the last day, the hour where it is
// counted in hours, or that it is to be done promptly where there is no day.
func Until(d incident.Duty, say Say) string {
	target := Day(d.Target, say)
	switch last := LastDay(d, say); {
	case last == "" && d.Target == "":
		return say("until.promptly")
	case last == "":
		return say("until.target", "target", target)
	case d.Target == "":
		return say("until.due", "due", last)
	default:
		return say("until.both", "target", target, "due", last)
	}
}

// LastDay gives the last day of a duty, with the hour where it does not end with the day; ""
// where there is none.
func LastDay(d incident.Duty, say Say) string {
	switch {
	case d.DueAt.IsZero():
		return ""
	case d.DueAt.In(incident.Tokyo).Format(time.TimeOnly) == "23:59:59":
		return Day(d.Due, say)
	}
	return Instant(d.DueAt, say)
}

func (v Voice) rule(r incident.Rule) string {
	if v.Rule != nil {
		if title := v.Rule(r); title != "" {
			return title
		}
	}
	return string(r)
}
