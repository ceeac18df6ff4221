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

// compareClocks puts what comes next first, and what has no day last; of one day what is
// certain before what is provisional, and else as the rules stand.
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
	return cmp.Or(x.Compare(y), cmp.Compare(place(a), place(b)))
}

func place(c incident.Clock) int {
	if c.Provisional {
		return 1
	}
	return 0
}

// openClocks lists the open clocks of an incident, the nearest first.
func (v voice) openClocks(in *incident.Incident) []incident.Clock {
	open := in.OpenClocks()
	slices.SortStableFunc(open, v.compareClocks)
	return open
}

// left says how much time there is.
func (v voice) left(d incident.Duty) string {
	target := aim(d)
	if d.DueAt.IsZero() {
		if target.IsZero() && d.Voluntary {
			return v.say("clock.left.voluntary")
		}
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

// toTheHour reports whether a duty ends at an instant, and not with a day.
func toTheHour(d incident.Duty) bool {
	return d.DueAt.In(incident.Tokyo).Format(time.TimeOnly) != "23:59:59"
}

func (v voice) leftToEnd(d incident.Duty) string {
	days, rest := v.daysTo(d.DueAt), d.DueAt.Sub(v.now)
	switch {
	case rest < 0 && days == 0:
		return v.say("clock.left.over_today")
	case rest < 0:
		return v.say("clock.left.over", "n", number(-days))
	case toTheHour(d) && rest < time.Hour:
		return v.say("clock.left.hour")
	case toTheHour(d) && rest < inHours:
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
func (v voice) unanswered(in *incident.Incident, d incident.Duty) (out []incident.FactKey) {
	for _, k := range in.Reasons(v.service.Clocks(), d, v.now) {
		if in.Facts.Get(k) == incident.Unknown && slices.Contains(incident.FactKeys, k) {
			out = append(out, k)
		}
	}
	return out
}

// provisionalText says on how many answers a clock waits; which they are, clockWhole says.
func (v voice) provisionalText(in *incident.Incident, d incident.Duty) string {
	n := len(v.unanswered(in, d))
	if n == 0 {
		return v.say("clock.provisional_bare")
	}
	return v.say("clock.provisional", "count", number(n))
}

func (v voice) settledText(in *incident.Incident, c incident.Clock) []string {
	switch {
	case c.Status != incident.ClockLapsed:
	case in.MergedInto != "":
		return []string{v.say("clock.lapsed.merged", "id", string(in.MergedInto))}
	case in.Phase == incident.Dismissed:
		return []string{v.say("clock.lapsed.dismissed")}
	default:
		return []string{v.say("clock.lapsed")}
	}
	by, at := v.person(in, c.By), v.when(c.At)
	lines := []string{v.say("clock.settled_bare", "person", by, "at", at)}
	if c.On != "" {
		lines[0] = v.say("clock.settled", "day", report.Day(c.On, v.say), "person", by, "at", at)
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
	lines := []string{report.Until(c.Duty, v.say)}
	if day, days := v.service.Shorter(c.Duty); day != "" {
		lines = append(lines, v.say("clock.shorter", "day", report.Day(day, v.say), "days", number(days)))
	}
	lines = append(lines, v.say("clock.owner", "names", v.clockOwners(in, c.Duty)))
	if c.Provisional {
		lines = append(lines, v.provisionalText(in, c.Duty))
	}
	return strings.Join(lines, "\n")
}

// clockWhole is everything about a clock.
func (v voice) clockWhole(in *incident.Incident, c incident.Clock) string {
	return v.clockBrief(in, c) + "\n" + v.clockReasons(in, c)
}

// clockReasons say why there is a clock, and where its days come from.
func (v voice) clockReasons(in *incident.Incident, c incident.Clock) string {
	var lines []string
	if !c.Open() {
		lines = append(lines, report.Until(c.Duty, v.say))
	}
	if c.Raw != "" && c.Rolled() {
		lines = append(lines, v.say("clock.rolled", "raw", report.Day(c.Raw, v.say)))
	}
	if c.HolidayOpen {
		lines = append(lines, v.say("clocks.holiday"))
	}
	lines = append(lines, v.say("clock.aware", "at", v.when(c.Aware)))
	words, ok := v.service.RuleWords(c.Rule)
	if !ok {
		return strings.Join(append(lines, v.say("clocks.unknown_rule")), "\n")
	}
	why := "clock.why"
	if c.Provisional {
		why = "clock.why_provisional" // nobody knows yet whether it is so
	}
	lines = append(lines, v.say("clock.whom", "whom", words.Whom.In(v.lang)), v.say(why, "why", words.Why.In(v.lang)))
	lines = append(lines, v.becauseLines(in, c.Duty, words)...)
	lines = append(lines, v.disputedLines(in, c.Duty)...)
	basis := "clock.basis"
	if words.Unsure {
		basis = "clock.basis_unsure"
	}
	lines = append(lines, v.say(basis, "basis", words.Basis.In(v.lang)))
	if words.Source != "" {
		day := report.Day(words.Checked, v.say)
		if words.Mark == "" {
			lines = append(lines, v.say("clock.source", "source", words.Source, "day", day))
		} else {
			lines = append(lines, v.say("clock.source_marked", "source", words.Source, "day", day, "mark", v.say("clock.source."+words.Mark)))
		}
	}
	return strings.Join(lines, "\n")
}

// becauseLines say what the answers have to do with it: in the rule's own words where it is so,
// and as the question with its answer where it has none, or nobody knows yet.
func (v voice) becauseLines(in *incident.Incident, d incident.Duty, words incident.RuleWords) (lines []string) {
	for _, k := range in.Reasons(v.service.Clocks(), d, v.now) {
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
		item.Buttons = append(v.draftButtons(in, c), v.formButton("button.clock_filed", formFiled, in, string(c.Rule)))
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
	buttons := append(v.draftButtons(in, c), v.formButton("button.clock_filed", formFiled, in, rule))
	if c.Passes {
		buttons = append(buttons, v.formButton("button.clock_passed", formPassed, in, rule))
	}
	buttons = append(buttons, v.answerButton(in, c.Duty)...)
	return append(buttons, v.formButton("button.clock_unneeded", formUnneeded, in, rule), v.formButton("button.clock_reminders", formReminders, in, rule))
}

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
	return []chat.Block{{Items: []chat.Item{{Text: text, Small: v.say("clocks.advice_brief"), Buttons: append(v.legalButtons(in), v.clocksButton(in))}}}}
}

// firmLaw names what a statute certainly asks for, of the clocks that are meant; empty where there
// is none.
func (v voice) firmLaw(in *incident.Incident, meant func(incident.Clock) bool) string {
	var names []string
	for _, c := range in.Clocks {
		if c.Law && !c.Provisional && meant(c) {
			names = append(names, v.ruleTitle(c.Rule))
		}
	}
	if names == nil {
		return ""
	}
	return v.join(names)
}

func (v voice) clocksButton(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.clocks"), Action: v.act(string(incident.WordClock), in.ID, 0, "")}
}

// clockRows lists every clock of an incident with all that is known of it, what is still
// provisional apart.
func (v voice) clockRows(in *incident.Incident) (rows, unsure []ClockRow) {
	row := func(c incident.Clock) ClockRow {
		item := v.clockDetail(in, c)
		item.Small = v.clockBrief(in, c)
		return ClockRow{Rule: short(string(c.Rule)), Item: item, Reasons: v.clockReasons(in, c)}
	}
	for _, c := range v.openClocks(in) {
		if c.Provisional && !c.Overdue(v.now) {
			unsure = append(unsure, row(c))
		} else {
			rows = append(rows, row(c))
		}
	}
	for _, c := range in.Clocks {
		if !c.Open() {
			rows = append(rows, row(c))
		}
	}
	return rows, unsure
}
