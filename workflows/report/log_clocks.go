package report

import (
	"slices"
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

// drawn says which clocks an entry started, changed or ended, and why. Those of which the same
// is to be said stand in one line: a report that leaves everything open starts a dozen. Those whose
// dates stay are left out.
func (v Voice) drawn(r incident.Record, e incident.ClocksDrawn) string {
	lines := []string{v.say(r, "", "because", v.DrawnBecause(e))}
	var kinds [][2]string // the key and by when, in their order
	clocks := map[[2]string][]string{}
	duty := func(key string, d incident.Duty) {
		until := Until(d, v.Say)
		if d.Provisional {
			until = v.Say("log.clocks_drawn.provisional", "until", until)
		}
		kind := [2]string{key, until}
		if clocks[kind] == nil {
			kinds = append(kinds, kind)
		}
		clocks[kind] = append(clocks[kind], v.rule(d.Rule))
	}
	for _, d := range e.Started {
		key := "log.clocks_drawn.started"
		if slices.Contains(e.Again, d.Rule) {
			key = "log.clocks_drawn.again"
		}
		duty(key, d)
	}
	changed := slices.DeleteFunc(slices.Clone(e.Changed), func(d incident.Duty) bool {
		return v.Restated != nil && v.Restated(r.Seq, d.Rule)
	})
	for _, d := range changed {
		key := "log.clocks_drawn.changed"
		if e.Because == incident.DrawnFact && !d.Provisional && !slices.Contains(e.Firm, d.Rule) {
			key = "log.clocks_drawn.firm"
		}
		duty(key, d)
	}
	for _, kind := range kinds {
		lines = append(lines, v.Say(kind[0], "clock", strings.Join(clocks[kind], v.Say("separator")), "until", kind[1]))
	}
	var lapsed []string
	for _, rule := range e.Lapsed {
		lapsed = append(lapsed, v.rule(rule))
	}
	if lapsed != nil {
		lines = append(lines, v.Say("log.clocks_drawn.lapsed", "clock", strings.Join(lapsed, v.Say("separator"))))
	}
	if len(lines) == 1 && len(changed) < len(e.Changed) {
		lines = append(lines, v.Say("log.clocks_drawn.unchanged"))
	}
	return strings.Join(lines, "\n")
}

// manyAnswers is of how many answers it is said one by one that they changed the clocks. Each
// has an entry of its own beside it.
const manyAnswers = 2

// DrawnBecause says why clocks were drawn.
func (v Voice) DrawnBecause(e incident.ClocksDrawn) string {
	if e.Because != incident.DrawnFact {
		return v.Say("log.drawn." + e.Because)
	}
	if len(e.Facts) > manyAnswers {
		return v.Say("log.drawn.facts", "count", strconv.Itoa(len(e.Facts)))
	}
	var facts []string
	for _, a := range e.Facts {
		facts = append(facts, v.Say("log.drawn.answer", "fact", v.Say("fact."+string(a.Fact)), "answer", v.answer(a.Answer)))
	}
	return v.Say("log.drawn.fact", "facts", strings.Join(facts, v.Say("separator")))
}

// Until says by when a duty is to be done: the day aimed at, the last day, the hour where it is
// counted in hours, or that it is to be done promptly where there is no day. Of what is voluntary
// it says so: nobody is to take the company's own target for a deadline.
func Until(d incident.Duty, say Say) string {
	target := Day(d.Target, say)
	switch last := LastDay(d, say); {
	case last == "" && d.Target == "" && d.Voluntary:
		return say("until.voluntary")
	case last == "" && d.Target == "":
		return say("until.promptly")
	case last == "" && d.Voluntary:
		return say("until.target_voluntary", "target", target)
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
