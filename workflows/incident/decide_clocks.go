package incident

import (
	"slices"
	"time"
)

// Why the clocks of an incident were drawn anew, as ClocksDrawn says it.
const (
	DrawnReport    = "report"
	DrawnFact      = "fact"      // an answer changed
	DrawnAware     = "aware"     // 発覚日時 changed
	DrawnMerged    = "merged"    // another report of the same thing came in
	DrawnReopened  = "reopened"  // the incident was reopened
	DrawnDismissed = "dismissed" // 非該当
	DrawnElsewhere = "elsewhere" // it was merged into another, where its clocks run
	DrawnLevel     = "level"     // what was a ヒヤリハット is none, or the other way about
	DrawnRules     = "rules"     // the rules changed, or another edition of a law is in force
)

// drawClocks starts, changes and ends clocks as what is known now asks for. One entry says all
// of it: a report that leaves everything open starts a dozen.
func (d *decision) drawClocks() {
	in := d.in
	if d.env.Clocks == nil || in.Phase == Closed && in.MergedInto == "" {
		return // what is closed had none open, and stays as it was
	}
	e, some := in.drawn(d.env.Clocks, d.env.Now)
	if !some {
		return
	}
	e.Rules = d.env.Clocks.Version()
	e.Because, e.Facts = d.drawnBecause()
	eased := in.eases(e, d.env.Now) || in.callsOff(e)
	d.emit(e)
	for _, rule := range e.Again {
		c, _ := in.Clock(rule)
		d.showJudged(c)
	}
	if eased {
		d.join(in.ClockChiefs(d.env.People, d.env.Now), Representative)
	}
}

// drawn compares the clocks that an incident has with those that the rules ask for; false: they are
// the same. It asks for nothing but the rules: whoever only wants to know has no list of people.
func (in *Incident) drawn(clocks Clocks, now time.Time) (e ClocksDrawn, some bool) {
	want := in.duties(clocks, now)
	for _, duty := range want {
		c, there := in.Clock(duty.Rule)
		switch {
		case !there, c.Status == ClockLapsed, c.Status == ClockUnneeded && c.Provisional && !duty.Provisional:
			// What was judged 不要 while an answer was missing is open again when the answer asks for it.
			e.Started = append(e.Started, duty)
		case c.Status == ClockPassed && !duty.Passes:
			// Only who handles personal data for somebody else is released by telling him (個人情報保護法
			// 26条1項ただし書, 番号法29条の4第1項ただし書).
			e.Started, e.Again = append(e.Started, duty), append(e.Again, duty.Rule)
		case c.Open() && !c.same(duty):
			e.Changed = append(e.Changed, duty)
			if !c.Provisional {
				e.Firm = append(e.Firm, duty.Rule)
			}
		}
	}
	for c := range in.running() {
		if !slices.ContainsFunc(want, func(duty Duty) bool { return duty.Rule == c.Rule }) {
			e.Lapsed = append(e.Lapsed, c.Rule)
		}
	}
	return e, len(e.Started)+len(e.Changed)+len(e.Lapsed) > 0
}

// join has people see the incident who are to be told of it in the place of somebody who is away.
func (d *decision) join(people []PersonID, role Role) {
	for _, p := range people {
		if !d.in.InCircle(p) {
			d.emit(Joined{Person: p, Why: WhyRole, Role: role})
		}
	}
}

// Owes reports whether an incident can owe a notification at all. A ヒヤリハット, of which
// somebody has said that nothing happened, owes nothing; nor does what is 非該当, or goes on
// under another number.
func (in *Incident) Owes() bool {
	return !in.Phase.Ended() && !in.NearMiss()
}

// NearMiss reports whether an incident counts as a ヒヤリハット: somebody has said so, and no other
// answer and no level stands against it.
func (in *Incident) NearMiss() bool {
	return in.Facts.Is(FactNearMiss) && in.WorkingLevel() == Level0
}

// duties gives what an incident owes now.
func (in *Incident) duties(clocks Clocks, now time.Time) []Duty {
	if !in.Owes() {
		return nil
	}
	return clocks.Duties(in.Facts, in.Aware(), now)
}

// ClocksStale reports whether the clocks of an open incident are not those that the rules now
// ask for.
func (in *Incident) ClocksStale(clocks Clocks, now time.Time) bool {
	if clocks == nil || in.Phase.Ended() {
		return false
	}
	_, stale := in.drawn(clocks, now)
	return stale
}

func (d *decision) drawnBecause() (because string, facts []Answered) {
	because = DrawnRules
	for _, e := range d.events {
		switch e := e.(type) {
		case ReportReceived:
			return DrawnReport, nil
		case IncidentDismissed:
			return DrawnDismissed, nil
		case MergedIntoOther:
			return DrawnElsewhere, nil
		case IncidentReopened:
			return DrawnReopened, nil
		case ReportMerged:
			return DrawnMerged, nil
		case FactSet:
			because, facts = DrawnFact, append(facts, Answered{e.Fact, e.Answer})
		case FieldSet:
			if e.Field == FieldDiscoveredAt && because == DrawnRules {
				because = DrawnAware
			}
		case LevelSet:
			if because == DrawnRules {
				because = DrawnLevel
			}
		}
	}
	return because, facts
}

// openClock gives the clock of a rule that is still to be settled.
func (d *decision) openClock(r Rule) (Clock, *Refusal) {
	c, there := d.in.Clock(r)
	switch {
	case !there:
		return c, refuse("refuse.clock_unknown", "rule", string(r))
	case !c.Open():
		return c, refuse("refuse.clock_settled", "clock", r, "status", c.Status)
	}
	return c, nil
}

// settleClock records that a duty was done, passed on or judged 不要.
func (d *decision) settleClock(c SettleClock) *Refusal {
	in := d.in
	clock, ref := d.openClock(c.Rule)
	if ref != nil {
		return ref
	}
	e := ClockSettled{Rule: c.Rule, How: c.How}
	// That somebody else's data alone are concerned releases from a statute's duty no less than
	// that it does not apply (個人情報保護法26条1項ただし書).
	if judged := c.How == ClockUnneeded || c.How == ClockPassed; judged && clock.Law && !in.May(d.env.People, d.env.By.ID, WordWaive) {
		return refuse("refuse.not_allowed", "word", WordClock, "who", permissions[WordWaive], "clock", c.Rule)
	}
	switch c.How {
	case ClockUnneeded:
		if e.Reason, ref = needReason(c.Reason); ref != nil {
			return ref
		}
		d.emit(e)
		d.showJudged(clock)
		return nil
	case ClockPassed:
		if !clock.Passes {
			return refuse("refuse.clock_not_passed", "clock", c.Rule)
		}
		if e.To, ref = freeText("clock_to", c.To, true); ref != nil {
			return ref
		}
	case ClockFiled:
		if e.Receipt, ref = freeText("receipt", c.Receipt, false); ref != nil {
			return ref
		}
		if e.To, ref = freeText("clock_to", c.To, false); ref != nil {
			return ref
		}
		if c.File != 0 && !slices.ContainsFunc(in.Evidence, func(v Evidence) bool { return v.Seq == c.File && v.SHA256 != "" }) {
			return refuse("refuse.file_unknown", "seq", c.File)
		}
		e.File = c.File
	default:
		return refuse("refuse.clock_how")
	}
	if e.On, ref = d.dayPassed(c.On, clock.Aware); ref != nil {
		return ref
	}
	d.emit(e)
	said := in.Seq
	if c.How == ClockPassed {
		d.showJudged(clock)
	}
	if entruster, there := in.Clock(RuleEntruster); c.How == ClockPassed && there && entruster.Open() {
		d.emit(ClockSettled{Rule: RuleEntruster, How: ClockFiled, On: e.On, To: e.To, With: said})
	}
	return nil
}

// settledWith gives the clock that one command settled together with that of an entry: that the
// 委託元 was told is one statement, of which no half stays behind when it is taken back.
func (in *Incident) settledWith(seq int64, e ClockSettled) (other Clock, there bool) {
	for _, c := range in.Clocks {
		if c.Open() || c.Status == ClockLapsed {
			continue
		}
		if c.With == seq || e.With != 0 && c.Seq == e.With {
			return c, true
		}
	}
	return Clock{}, false
}

// showJudged lets who stands in for the representative see what was judged of a statute's duty.
func (d *decision) showJudged(c Clock) {
	if c.Law {
		d.join(d.in.present(d.env.People, Representative, d.in.Office(d.env.People, Representative), d.env.Now), Representative)
	}
}

// dayPassed reads a day in Tokyo that is not to come and does not lie before the company
// became aware; empty: today.
func (d *decision) dayPassed(typed string, aware time.Time) (string, *Refusal) {
	today := d.env.Now.In(Tokyo).Format(time.DateOnly)
	if typed == "" {
		return today, nil
	}
	day, ok := parseDay(typed)
	switch {
	case !ok:
		return "", refuse("refuse.date_bad", "value", typed)
	case day > today:
		return "", refuse("refuse.clock_day_future", "value", day)
	case day < aware.In(Tokyo).Format(time.DateOnly):
		return "", refuse("refuse.clock_day_early", "value", day, "aware", aware)
	}
	return day, nil
}

// maxReminders is how many instants somebody may choose for one clock.
const maxReminders = 20

// planReminders chooses when the owner is reminded; no instants: as the rule has it. What is
// overdue is said all the same.
func (d *decision) planReminders(c PlanReminders) *Refusal {
	clock, ref := d.openClock(c.Rule)
	if ref != nil {
		return ref
	}
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	if len(c.At) > maxReminders {
		return refuse("refuse.too_many", "max", maxReminders)
	}
	e := RemindersPlanned{Rule: c.Rule, Before: clock.Own, Reason: reason}
	for _, t := range c.At {
		t = t.UTC().Truncate(time.Second)
		switch {
		case !t.After(d.env.Now):
			return refuse("refuse.remind_past", "at", t)
		case !clock.DueAt.IsZero() && t.After(clock.DueAt):
			return refuse("refuse.remind_late", "at", t, "due", clock.DueAt)
		case !slices.ContainsFunc(e.At, t.Equal):
			e.At = append(e.At, t)
		}
	}
	slices.SortFunc(e.At, time.Time.Compare)
	if slices.EqualFunc(e.At, clock.Own, time.Time.Equal) {
		return nil
	}
	d.emit(e)
	return nil
}

// remindClocks says everything that is due, once. What was missed while the program stood
// still is said once as well: the latest of each clock.
func (d *decision) remindClocks() *Refusal {
	in := d.in
	if d.env.Clocks == nil || in.Phase.Ended() {
		return nil
	}
	e := ClocksReminded{}
	duties := d.env.Clocks.Duties(in.Facts, in.Aware(), d.env.Now)
	for c := range in.running() {
		at, overdue, ok := c.due(duties, d.env.Now, in.awareSaid())
		if !ok {
			continue
		}
		r := Reminder{Rule: c.Rule, At: at, Overdue: overdue, To: in.ClockOwners(d.env.People, c.Duty, d.env.Now)}
		if overdue {
			r.To = in.ClockChiefs(d.env.People, d.env.Now)
		}
		e.List = append(e.List, r)
	}
	if len(e.List) > 0 {
		d.emit(e)
	}
	return nil
}

// redrawClocks has the clocks drawn although nothing was recorded: the rules have changed.
func (d *decision) redrawClocks() *Refusal {
	d.drawClocks()
	return nil
}
