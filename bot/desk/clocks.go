package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// How a notification clock is said: what, by when, why, and who has to do it. State is always
// in words. Every card with a date says once that it is no legal advice (adviceBlock).

// ruleTitle names a rule as people call it; of one that nobody knows any more its name.
func (v voice) ruleTitle(r incident.Rule) string {
	if words, ok := v.service.RuleWords(r); ok {
		return words.Title.In(v.lang)
	}
	return string(r)
}

func (v voice) adviceBlock() chat.Block {
	return chat.Block{Text: v.say("clocks.advice"), Small: true}
}

// daysTo counts the days in Tokyo from today to the day of an instant.
func (v voice) daysTo(t time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(incident.Tokyo).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(t).Sub(midnight(v.now)).Hours() / 24)
}

// aim is the end of the day the company aims at; zero where there is none.
func aim(d incident.Duty) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, d.Target, incident.Tokyo)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1).Add(-time.Second)
}

// nearest is what comes next of a clock: the day it aims at, and after it the last one. Zero
// where there is neither.
func (v voice) nearest(d incident.Duty) time.Time {
	if t := aim(d); !t.IsZero() && (d.DueAt.IsZero() || v.daysTo(t) >= 0 && t.Before(d.DueAt)) {
		return t
	}
	return d.DueAt
}

// compareClocks puts what comes next first, and what has no day last.
func (v voice) compareClocks(a, b incident.Clock) int {
	x, y := v.nearest(a.Duty), v.nearest(b.Duty)
	switch {
	case x.IsZero() && y.IsZero():
		return 0
	case x.IsZero():
		return 1
	case y.IsZero():
		return -1
	}
	return cmp.Or(x.Compare(y), cmp.Compare(a.Rule, b.Rule))
}

// sorted lists the open clocks of an incident, the nearest first.
func (v voice) openClocks(in *incident.Incident) []incident.Clock {
	open := in.OpenClocks()
	slices.SortStableFunc(open, v.compareClocks)
	return open
}

// left says how much time there is.
func (v voice) left(d incident.Duty) string {
	target := aim(d)
	if d.DueAt.IsZero() {
		if target.IsZero() {
			return v.say("clock.left.promptly")
		}
		return v.leftToTarget(v.daysTo(target))
	}
	last := v.leftToEnd(d)
	if !target.IsZero() && target.Before(d.DueAt.Add(-time.Minute)) && v.daysTo(target) >= 0 {
		return v.join([]string{v.leftToTarget(v.daysTo(target)), last})
	}
	return last
}

func (v voice) leftToTarget(days int) string {
	switch {
	case days < 0:
		return v.say("clock.left.target_over", "n", number(-days))
	case days == 0:
		return v.say("clock.left.target_today")
	case days == 1:
		return v.say("clock.left.target_day")
	}
	return v.say("clock.left.target_days", "n", number(days))
}

// inHours is up to when what ends at an hour is told in hours.
const inHours = 48 * time.Hour

func (v voice) leftToEnd(d incident.Duty) string {
	days, rest := v.daysTo(d.DueAt), d.DueAt.Sub(v.now)
	toTheHour := d.DueAt.In(incident.Tokyo).Format(time.TimeOnly) != "23:59:59"
	switch {
	case rest < 0 && days == 0:
		return v.say("clock.left.over_today")
	case rest < 0:
		return v.say("clock.left.over", "n", number(-days))
	case toTheHour && rest < time.Hour:
		return v.say("clock.left.hour")
	case toTheHour && rest < inHours:
		return v.say("clock.left.hours", "n", number(int(rest.Hours())))
	case days == 0:
		return v.say("clock.left.today")
	case days == 1:
		return v.say("clock.left.day")
	}
	return v.say("clock.left.days", "n", number(days))
}

// clockMark is the state of a clock in a few words.
func (v voice) clockMark(c incident.Clock) string {
	if c.Open() {
		return v.left(c.Duty)
	}
	return v.say("clockstatus." + string(c.Status))
}

// clockOwners names who has to see to it.
func (v voice) clockOwners(in *incident.Incident, d incident.Duty) string {
	people := in.ClockOwners(v.service.People(), d, v.now)
	if len(people) == 0 {
		return v.role(d.Owner)
	}
	return v.persons(in, people)
}

// unanswered are the questions on which a provisional clock rests.
func unanswered(in *incident.Incident, d incident.Duty) (out []incident.FactKey) {
	for _, k := range d.Because {
		if in.Facts.Get(k) == incident.Unknown && slices.Contains(incident.FactKeys, k) {
			out = append(out, k)
		}
	}
	return out
}

func (v voice) provisionalText(in *incident.Incident, d incident.Duty) string {
	var words []string
	for _, k := range unanswered(in, d) {
		words = append(words, v.say("factword."+string(k)))
	}
	if words == nil {
		return v.say("clock.provisional_bare")
	}
	return v.say("clock.provisional", "facts", v.join(words))
}

func (v voice) settledText(in *incident.Incident, c incident.Clock) []string {
	if c.Status == incident.ClockLapsed {
		return []string{v.say("clock.lapsed")}
	}
	status, by, at := v.say("clockstatus."+string(c.Status)), v.person(in, c.By), v.when(c.At)
	lines := []string{v.say("clock.settled_bare", "status", status, "person", by, "at", at)}
	if c.On != "" {
		lines[0] = v.say("clock.settled", "status", status, "day", report.Day(c.On, v.say), "person", by, "at", at)
	}
	for _, part := range []struct{ key, text string }{{"log.part.to", c.To}, {"log.part.receipt", c.Receipt}, {"log.part.reason", c.Reason}} {
		if part.text != "" {
			lines = append(lines, v.say(part.key, "text", part.text))
		}
	}
	if c.File != 0 {
		lines = append(lines, v.say("log.part.file", "number", number(int(c.File))))
	}
	return lines
}

// clockBrief is a clock in a list: by when, who, and whether it is provisional.
func (v voice) clockBrief(in *incident.Incident, c incident.Clock) string {
	if !c.Open() {
		return strings.Join(v.settledText(in, c), "\n")
	}
	lines := []string{report.Until(c.Duty, v.say), v.say("clock.owner", "names", v.clockOwners(in, c.Duty))}
	if c.Provisional {
		lines = append(lines, v.provisionalText(in, c.Duty))
	}
	return strings.Join(lines, "\n")
}

// clockWhole is everything about a clock.
func (v voice) clockWhole(in *incident.Incident, c incident.Clock) string {
	var lines []string
	if !c.Open() {
		lines = v.settledText(in, c)
	}
	lines = append(lines, report.Until(c.Duty, v.say))
	if c.Raw != "" && c.Rolled() {
		lines = append(lines, v.say("clock.rolled", "raw", report.Day(c.Raw, v.say)))
	}
	if c.HolidayOpen {
		lines = append(lines, v.say("clocks.holiday"))
	}
	if c.Open() {
		if c.Provisional {
			lines = append(lines, v.provisionalText(in, c.Duty))
		}
		lines = append(lines, v.say("clock.owner", "names", v.clockOwners(in, c.Duty)))
	}
	lines = append(lines, v.say("clock.aware", "at", v.when(c.Aware)))
	words, ok := v.service.RuleWords(c.Rule)
	if !ok {
		return strings.Join(append(lines, v.say("clocks.unknown_rule")), "\n")
	}
	lines = append(lines, v.say("clock.whom", "whom", words.Whom.In(v.lang)), v.say("clock.why", "why", words.Why.In(v.lang)))
	lines = append(lines, v.becauseLines(in, c.Duty, words)...)
	basis := "clock.basis"
	if words.Unsure {
		basis = "clock.basis_unsure"
	}
	lines = append(lines, v.say(basis, "basis", words.Basis.In(v.lang)))
	if words.Source != "" {
		lines = append(lines, v.say("clock.source", "source", words.Source, "day", report.Day(words.Checked, v.say)))
	}
	return strings.Join(lines, "\n")
}

// becauseLines say what the answers have to do with it: in the rule's own words where it is so,
// and as the question with its answer where it has none, or nobody knows yet.
func (v voice) becauseLines(in *incident.Incident, d incident.Duty, words incident.RuleWords) (lines []string) {
	for _, k := range d.Because {
		said, plain := words.Because[k]
		answer := in.Facts.Get(k)
		switch {
		case plain && answer != incident.Unknown:
			lines = append(lines, v.say("clock.because", "fact", said.In(v.lang)))
		case slices.Contains(incident.FactKeys, k):
			lines = append(lines, v.say("clock.because_asked", "fact", v.fact(k), "answer", v.answer(k, answer)))
		}
	}
	return lines
}

// clockItem is a clock of a list, clockDetail all of it with all that can be done.
func (v voice) clockItem(in *incident.Incident, c incident.Clock) chat.Item {
	item := chat.Item{Mark: v.clockMark(c), Text: v.ruleTitle(c.Rule), Small: v.clockBrief(in, c)}
	if c.Open() && !in.Phase.Ended() {
		item.Buttons = []chat.Button{v.formButton("button.clock_filed", formFiled, in, string(c.Rule))}
	}
	item.Buttons = append(item.Buttons, chat.Button{Label: v.say("button.clock"), Action: v.act(string(incident.WordClock), in.ID, 0, string(c.Rule))})
	return item
}

func (v voice) clockDetail(in *incident.Incident, c incident.Clock) chat.Item {
	return chat.Item{Mark: v.clockMark(c), Text: v.ruleTitle(c.Rule), Small: v.clockWhole(in, c), Buttons: v.clockButtons(in, c)}
}

func (v voice) clockButtons(in *incident.Incident, c incident.Clock) []chat.Button {
	if in.Phase.Ended() || c.Status == incident.ClockLapsed {
		return nil
	}
	if !c.Open() {
		return []chat.Button{{Label: v.say("button.clock_undo"), Action: v.act(string(incident.WordUndo), in.ID, in.Seq, number(int(c.Seq)))}}
	}
	rule := string(c.Rule)
	buttons := []chat.Button{v.formButton("button.clock_filed", formFiled, in, rule)}
	if c.Passes {
		buttons = append(buttons, v.formButton("button.clock_passed", formPassed, in, rule))
	}
	if len(unanswered(in, c.Duty)) > 0 {
		buttons = append(buttons, v.formButton("button.clock_answer", formFact, in, clockArg+rule))
	}
	return append(buttons, v.formButton("button.clock_unneeded", formUnneeded, in, rule), v.formButton("button.clock_reminders", formReminders, in, rule))
}

// clockArg marks the rule whose questions a form of answers asks.
const clockArg = "@"

// findRule gives the rule that an argument names, or the digest of a long one; the argument
// itself where the incident has none such.
func findRule(in *incident.Incident, arg string) incident.Rule {
	if in != nil {
		for _, c := range in.Clocks {
			if string(c.Rule) == arg || short(string(c.Rule)) == arg {
				return c.Rule
			}
		}
	}
	return incident.Rule(arg)
}

// clockOfFacts gives the clock whose questions an argument asks.
func clockOfFacts(in *incident.Incident, arg string) (incident.Clock, bool) {
	for _, c := range in.Clocks {
		if a := clockArg + string(c.Rule); a == arg || short(a) == arg {
			return c, true
		}
	}
	return incident.Clock{}, false
}

// clockLine tells in one line how many clocks are open and which comes next; nothing where none
// is open.
func (v voice) clockLine(in *incident.Incident) []chat.Block {
	open := v.openClocks(in)
	if len(open) == 0 || in.Phase.Ended() {
		return nil
	}
	unsure := 0
	for _, c := range open {
		if c.Provisional {
			unsure++
		}
	}
	key := "clocks.line"
	if unsure > 0 {
		key = "clocks.line_provisional"
	}
	text := v.say(key, "count", number(len(open)), "unsure", number(unsure), "clock", v.ruleTitle(open[0].Rule), "left", v.left(open[0].Duty))
	return []chat.Block{{Items: []chat.Item{{Text: text, Small: v.say("clocks.advice"), Buttons: []chat.Button{v.clocksButton(in)}}}}}
}

func (v voice) clocksButton(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.clocks"), Action: v.act(string(incident.WordClock), in.ID, 0, "")}
}

// clockDetails lists every clock of an incident with all that is known of it.
func (v voice) clockDetails(in *incident.Incident) (items []chat.Item) {
	for _, c := range v.openClocks(in) {
		items = append(items, v.clockDetail(in, c))
	}
	for _, c := range in.Clocks {
		if !c.Open() {
			items = append(items, v.clockDetail(in, c))
		}
	}
	return items
}
