package incident

import (
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
	for _, p := range c.Exclude {
		if p == d.env.By.ID {
			return refuse("refuse.restrict_self")
		}
		if !d.env.People.Known(p) {
			return refuse("refuse.person_unknown")
		}
	}
	facts := Facts{}
	for k, a := range c.Facts {
		a, ref := checkAnswer(k, a)
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
	d.emit(ReportReceived{
		Practice: c.Practice, Reporter: d.env.By.ID, Name: T(d.env.By.Name), Department: d.env.By.Department,
		Text: text, What: c.What, Category: category, Effect: effect, Contractor: contractor, Facts: facts,
		Procedure: d.env.Procedures.Version(),
	})
	if len(c.Exclude) > 0 {
		d.emit(CircleRestricted{Excluded: c.Exclude})
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
	if missing := in.MissingForClose(d.env.Procedures, d.env.Clocks); len(missing) > 0 {
		return &Refusal{Key: "refuse.close_guard", Args: map[string]any{"phase": in.Phase, "to": Closed}, Missing: missing}
	}
	// What is approved and closed is the version that everybody gets.
	d.emit(ReportMade{Version: in.Reports + 1})
	d.emit(IncidentClosed{From: in.Phase, Comment: comment})
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
	// A restricted incident must not leak into one that the left-out people can see.
	for _, p := range in.Excluded {
		if !other.IsExcluded(p) {
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
	for _, r := range c.Reporters {
		e.Reporters = append(e.Reporters, r.ID)
		e.Names = append(e.Names, T(r.Name))
		e.Department = r.Department
	}
	d.emit(e)
	// What the second reporter knew counts, where the first did not know.
	for _, k := range FactKeys {
		if a := c.Facts.Get(k); a != Unknown && a != No && d.in.Facts.Get(k) != a {
			d.emit(FactSet{Fact: k, Answer: a, Before: d.in.Facts[k]})
		}
	}
	return nil
}

// restrict sets who is left out. Somebody must remain who can lead and answer for it.
func (d *decision) restrict(c Restrict) *Refusal {
	reason, ref := freeText("reason", c.Reason, len(c.Exclude) > 0)
	if ref != nil {
		return refuse("refuse.reason_needed")
	}
	if slices.Contains(c.Exclude, d.env.By.ID) {
		return refuse("refuse.restrict_self")
	}
	for _, p := range c.Exclude {
		if !d.env.People.Known(p) {
			return refuse("refuse.person_unknown")
		}
	}
	d.emit(CircleRestricted{Excluded: slices.Clone(c.Exclude), Reason: reason})
	if d.in.IsExcluded(d.in.Lead) {
		for _, p := range d.in.Leads(d.env.People) {
			d.emit(LeadTaken{Person: p, How: LeadHandover})
			break
		}
	}
	return d.somebodyLeft()
}

func (d *decision) somebodyLeft() *Refusal {
	if len(d.in.Leads(d.env.People)) == 0 || d.in.office(d.env.People, d.in.WorkingLevel().Responsible()) == nil {
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
	if !in.May(d.env.People, d.env.By.ID, WordLevel) {
		if c.Level <= in.WorkingLevel() && !(in.Proposed != nil && c.Level > in.Proposed.Level) {
			return refuse("refuse.raise_needs_higher", "level", in.WorkingLevel())
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
	if !ok {
		return refuse("refuse.level_same", "level", c.Level)
	}
	if move == "lower" && reason.Body == "" {
		return refuse("refuse.reason_needed")
	}
	d.emit(LevelSet{From: in.Level, To: c.Level, Reason: reason})
	return nil
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
