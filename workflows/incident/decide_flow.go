package incident

import (
	"maps"
	"slices"
	"time"
)

// report opens the incident. Nothing in it is refused but a text that says nothing: a
// frightened employee must get through with one line.
func (d *decision) report(c Report) *Refusal {
	text, ref := freeText("event", c.Text, true)
	if ref != nil {
		return ref
	}
	contractor, ref := freeText("contractor", c.Contractor, false)
	if ref != nil {
		return ref
	}
	damage, ref := freeText("expected_damage", c.ExpectedDamage, false)
	if ref != nil {
		return ref
	}
	if c.What == "" {
		c.What = KindUnknown
	}
	if !slices.Contains(Kinds, c.What) {
		return refuse("refuse.kind_unknown", "kind", string(c.What))
	}
	if ref := d.checkTimes(c.DiscoveredAt, c.OccurredAt); ref != nil {
		return ref
	}
	excluded, ref := d.leftOut(c.Exclude)
	if ref != nil {
		return ref
	}
	facts := Facts{}
	for _, k := range slices.Sorted(maps.Keys(c.Facts)) {
		a, ref := checkAnswer(k, c.Facts[k])
		if ref != nil {
			return ref
		}
		facts[k] = a
	}
	switch c.What {
	case KindNearMiss:
		facts[FactNearMiss] = Yes
	case KindUnauthorizedAccess:
		facts[FactUnauthorizedAccess] = Yes
	case KindVirus:
		facts[FactVirus] = Yes
	}
	if contractor.Body != "" {
		facts[FactAtContractor] = Yes
	}
	category, effect := c.What.Category(), Category("")
	// A near miss of a leak is other/0: nothing has leaked.
	if s, by := Suggest(facts); by == FactNearMiss && s == Level0 && category == Leak {
		category = Other
	}
	if category == Virus {
		effect = Damage
	}
	frequent := 0
	if c.Earlier >= FreeReports {
		frequent = c.Earlier + 1
	}
	d.emit(ReportReceived{
		Practice: c.Practice, Reporter: d.env.By.ID, Name: T(d.env.By.Name), Department: d.env.By.Department,
		Text: text, What: c.What, Category: category, Effect: effect, Contractor: contractor, Facts: facts,
		Procedure: d.env.Procedures.Version(), Frequent: frequent,
	})
	if len(excluded) > 0 {
		d.emit(CircleRestricted{Excluded: excluded})
		if ref := d.somebodyLeft(); ref != nil {
			return ref
		}
	}
	d.emit(FieldSet{Field: FieldEvent, Value: text})
	discovered := c.DiscoveredAt
	if discovered.IsZero() {
		discovered = d.env.Now
	}
	d.emit(FieldSet{Field: FieldDiscoveredAt, Value: T(stamp(discovered))})
	if !c.OccurredAt.IsZero() {
		d.emit(FieldSet{Field: FieldOccurredAt, Value: T(stamp(c.OccurredAt))})
	}
	if damage.Body != "" {
		d.emit(FieldSet{Field: FieldExpectedDamage, Value: damage})
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// clockSlack is how far ahead of ours a person's clock may be before a time counts as
// lying in the future.
const clockSlack = 2 * time.Minute

func (d *decision) checkTimes(discovered, occurred time.Time) *Refusal {
	limit := d.env.Now.Add(clockSlack)
	if discovered.After(limit) {
		return refuse("refuse.time_future", "field", FieldDiscoveredAt)
	}
	if occurred.After(limit) {
		return refuse("refuse.time_future", "field", FieldOccurredAt)
	}
	if !occurred.IsZero() && !discovered.IsZero() && occurred.After(discovered) {
		return refuse("refuse.time_order")
	}
	return nil
}

func (d *decision) advance(c Advance) *Refusal {
	in := d.in
	if c.From != "" && c.From != in.Phase {
		return refuse("refuse.phase_stale", "phase", in.Phase)
	}
	if in.Phase == FinalReport {
		return refuse("refuse.close_instead")
	}
	to, ok := nextPhase(in.Phase, moveAdvance)
	if !ok {
		return refuse("refuse.last_phase", "phase", in.Phase)
	}
	if missing := in.MissingForAdvance(d.env.Procedures); len(missing) > 0 {
		return &Refusal{Key: "refuse.guard", Args: map[string]any{"phase": in.Phase, "to": to}, Missing: missing}
	}
	d.emit(PhaseMoved{From: in.Phase, To: to})
	return nil
}

func (d *decision) back(c Back) *Refusal {
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	to, ok := nextPhase(d.in.Phase, moveBack)
	if !ok {
		return refuse("refuse.no_phase_before", "phase", d.in.Phase)
	}
	d.emit(PhaseMoved{From: d.in.Phase, To: to, Reason: reason})
	return nil
}

func needReason(s string) (Text, *Refusal) {
	if !Visible(Clean(s)) {
		return Text{}, refuse("refuse.reason_needed")
	}
	return freeText("reason", s, true)
}

func (d *decision) close(c Close) *Refusal {
	in := d.in
	comment, ref := freeText("comment", c.Comment, false)
	if ref != nil {
		return ref
	}
	_, ok := nextPhase(in.Phase, moveClose)
	if !ok || in.Phase == Reported && in.Level != Level0 {
		missing := in.MissingForAdvance(d.env.Procedures)
		return &Refusal{Key: "refuse.close_guard", Args: map[string]any{"phase": in.Phase, "to": FinalReport}, Missing: missing}
	}
	if missing := in.MissingForClose(d.env.Procedures); len(missing) > 0 {
		return &Refusal{Key: "refuse.close_guard", Args: map[string]any{"phase": in.Phase, "to": Closed}, Missing: missing}
	}
	// What is approved and closed is the version that everybody gets.
	d.emit(IncidentClosed{From: in.Phase, Comment: comment})
	d.emit(ReportMade{Version: in.Reports + 1})
	return nil
}

func (d *decision) dismiss(c Dismiss) *Refusal {
	if _, ok := nextPhase(d.in.Phase, moveDismiss); !ok {
		return refuse("refuse.dismiss_phase", "phase", d.in.Phase)
	}
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	d.emit(IncidentDismissed{From: d.in.Phase, Reason: reason})
	return nil
}

func (d *decision) reopen(c Reopen) *Refusal {
	in := d.in
	move := moveReopen
	if in.Phase == Dismissed {
		move += "_" + string(in.Left)
	}
	to, ok := nextPhase(in.Phase, move)
	if !ok {
		return refuse("refuse.not_ended", "phase", in.Phase)
	}
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	d.emit(IncidentReopened{From: in.Phase, To: to, Reason: reason})
	return nil
}

// merge ends this incident as a second report of another. The other half (Absorb) is
// decided in the same transaction.
func (d *decision) merge(c Merge) *Refusal {
	in, other := d.in, d.env.Other
	if c.Into == in.ID {
		return refuse("refuse.merge_self")
	}
	if other == nil || !other.CanRead(d.env.People, d.env.By.ID) {
		return refuse("refuse.merge_not_seen", "id", c.Into)
	}
	if other.Phase.Ended() {
		return refuse("refuse.merge_ended", "id", c.Into)
	}
	if _, ok := nextPhase(in.Phase, moveMerge); !ok {
		return refuse("refuse.ended", "phase", in.Phase)
	}
	// A restricted incident must not leak into one that the left-out people can see; nor may
	// its existence, through the number that everybody here is told.
	for _, p := range in.Excluded {
		if !other.IsExcluded(p) {
			return refuse("refuse.merge_not_seen", "id", c.Into)
		}
	}
	for _, p := range other.Excluded {
		if in.CanRead(d.env.People, p) || in.ReportedBy(p) && !in.IsExcluded(p) {
			return refuse("refuse.merge_not_seen", "id", c.Into)
		}
	}
	d.emit(MergedIntoOther{Into: c.Into, From: in.Phase})
	return nil
}

func (d *decision) absorb(c Absorb) *Refusal {
	if d.in.Phase.Ended() {
		return refuse("refuse.merge_ended", "id", d.in.ID)
	}
	e := ReportMerged{From: c.From, Text: T(c.Text)}
	if d.env.Clocks != nil {
		e.Aware = c.Aware // only a clock asks for it
	}
	for _, r := range c.Reporters {
		e.Reporters = append(e.Reporters, r.ID)
		e.Names = append(e.Names, T(r.Name))
		e.Departments = append(e.Departments, r.Department)
		e.Titles = append(e.Titles, T(r.Title))
	}
	d.emit(e)
	// Of two answers the graver counts: yes, and the larger number. That one of the two took
	// it for a ヒヤリハット says nothing about the other; that the other one did not is an open
	// question here, so that what it owed goes on, even at a level 0 that is confirmed.
	if !c.NearMiss && d.in.Facts.Is(FactNearMiss) {
		d.emit(FactSet{Fact: FactNearMiss, Answer: Unknown, Before: Yes})
	}
	for _, k := range FactKeys {
		answer := c.Facts.Get(k)
		if k != FactNearMiss && graver(k, answer, d.in.Facts.Get(k)) && !d.releases(k, answer) {
			d.emit(FactSet{Fact: k, Answer: answer, Before: d.in.Facts[k]})
		}
	}
	return nil
}

// graver reports whether an answer weighs more than another. That data is safely encrypted
// releases from duties, so that there the no does.
func graver(k FactKey, a, than Answer) bool {
	switch {
	case k == FactEncryptedSafe:
		return a == No && than != No
	case !k.Numeric():
		return a == Yes && than != Yes
	}
	return a != Unknown && (than == Unknown || len(a) > len(than) || len(a) == len(than) && a > than)
}

// releases reports whether an answer would end a duty of a statute: a count that takes the place
// of unknown may be below the law's number. Nobody has decided that, so it is not taken over
// with a merge; it can be read in the other report.
func (d *decision) releases(k FactKey, a Answer) bool {
	in := d.in
	if d.env.Clocks == nil {
		return false
	}
	with := maps.Clone(in.Facts)
	if with == nil {
		with = Facts{}
	}
	with[k] = a
	after := d.env.Clocks.Duties(with, in.Aware(), d.env.Now)
	for _, duty := range d.env.Clocks.Duties(in.Facts, in.Aware(), d.env.Now) {
		if duty.Law && !slices.ContainsFunc(after, func(o Duty) bool { return o.Rule == duty.Rule }) {
			return true
		}
	}
	return false
}

// leftOut checks a list of people to leave out, and gives it without repetitions.
func (d *decision) leftOut(people []PersonID) ([]PersonID, *Refusal) {
	if slices.Contains(people, d.env.By.ID) {
		return nil, refuse("refuse.restrict_self")
	}
	out := slices.Clone(people)
	slices.Sort(out)
	for _, p := range out {
		if !d.env.People.Known(p) && !d.in.ReportedBy(p) {
			return nil, refuse("refuse.person_unknown")
		}
	}
	return slices.Compact(out), nil
}

// restrict sets who is left out. Somebody must remain who can lead and answer for it. A lead
// who is left out stops being it (Apply), and the office is called in his place: nobody is
// made the lead of an insider case without having said yes.
func (d *decision) restrict(c Restrict) *Refusal {
	excluded, ref := d.leftOut(c.Exclude)
	if ref != nil {
		return ref
	}
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	if reason.Body == "" && len(excluded) > 0 {
		return refuse("refuse.reason_needed")
	}
	d.emit(CircleRestricted{Excluded: excluded, Reason: reason})
	return d.somebodyLeft()
}

// somebodyLeft refuses to leave out everybody who could lead. Whoever leads also answers for
// a level whose own line is left out (responsibleRole).
func (d *decision) somebodyLeft() *Refusal {
	if len(d.in.Leads(d.env.People)) == 0 {
		return refuse("refuse.restrict_nobody_left")
	}
	return nil
}

// setLevel confirms, raises or lowers; a raise by who may not decide it becomes a proposal,
// which calls the people of that level at once.
func (d *decision) setLevel(c SetLevel) *Refusal {
	in := d.in
	if !c.Level.Confirmed() {
		return refuse("refuse.level_unknown")
	}
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	if !in.May(d.env.People, d.env.By.ID, WordLevel) && !d.looksAtNearMiss(c.Level) {
		over := in.WorkingLevel()
		if in.Proposed != nil {
			over = max(over, in.Proposed.Level) // that much is asked for already
		}
		if c.Level <= over {
			return refuse("refuse.raise_needs_higher", "level", over)
		}
		d.emit(LevelProposed{Level: c.Level, Reason: reason})
		return nil
	}
	if floor, why := in.Floor(); c.Level < floor {
		if why == string(Leak) {
			return refuse("refuse.leak_below_2", "level", c.Level)
		}
		return refuse("refuse.level_floor", "level", c.Level, "floor", floor, "fact", FactKey(why))
	}
	move, ok := levelMove(in.Level, c.Level)
	turnedDown := !ok && in.Proposed != nil // the level stays, and the proposal is decided
	if !ok && !turnedDown {
		return refuse("refuse.level_same", "level", c.Level)
	}
	if (move == "lower" || turnedDown) && reason.Body == "" {
		return refuse("refuse.reason_needed")
	}
	d.emit(LevelSet{From: in.Level, To: c.Level, Reason: reason})
	return nil
}

// looksAtNearMiss reports whether the acting person answers for level 0 and confirms it: the
// system administrator's look is all that a ヒヤリハット needs (§9.4, level 0), and the lead is
// not even told of it.
func (d *decision) looksAtNearMiss(to Level) bool {
	in := d.in
	if to != Level0 || in.Level.Confirmed() || in.WorkingLevel() != Level0 {
		return false
	}
	_, _, ok := in.responsibleRole(d.env.People, d.env.By.ID)
	return ok && in.InCircle(d.env.By.ID)
}

func (d *decision) categorise(c Categorise) *Refusal {
	in := d.in
	if !slices.Contains(Categories, c.Category) {
		return refuse("refuse.category_unknown")
	}
	effect := Category("")
	if c.Category == Virus {
		effect = c.Effect
		if effect == "" {
			effect = Damage
		}
		if effect != Leak && effect != Damage {
			return refuse("refuse.effect_unknown")
		}
	}
	if c.Category == in.Category && effect == in.Effect {
		return refuse("refuse.category_same", "category", c.Category)
	}
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	d.emit(Recategorised{From: in.Category, To: c.Category, Effect: effect, Reason: reason})
	return nil
}
