package incident

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (d *decision) openStep(key string) (StepState, *Refusal) {
	s, ok := d.in.StepByKey(key)
	switch {
	case !ok:
		return s, refuse("refuse.step_unknown")
	case s.Settled():
		return s, refuse("refuse.step_settled", "step", key)
	}
	return s, nil
}

func (d *decision) doStep(c DoStep) *Refusal {
	result, ref := freeText("result", c.Result, false)
	if ref != nil {
		return ref
	}
	s, ref := d.openStep(c.Step)
	if ref != nil {
		return ref
	}
	if d.in.Applies(d.env.Procedures, s) == No {
		return refuse("refuse.step_not_applicable", "step", s.Key)
	}
	if s.Kind == StepRestore {
		if e, open := d.in.evidenceOpen(d.env.Procedures); open {
			return refuse("refuse.evidence_first", "step", s.Key, "evidence", e)
		}
	}
	d.emit(StepDone{Step: s.Key, Result: result})
	return nil
}

// evidenceOpen gives the step that preserves evidence while it is neither done, left out,
// nor without object: restoring would overwrite what it is to preserve (seed 001 §3.8.6).
// Evidence steps are the supplements of a table that investigate.
func (in *Incident) evidenceOpen(p Procedures) (key string, open bool) {
	for _, s := range in.Steps {
		if s.N == 0 && s.Kind == StepInvestigate && !s.Settled() && !s.Former && in.Applies(p, s) == Yes {
			return s.Key, true
		}
	}
	return "", false
}

func (d *decision) waive(c Waive) *Refusal {
	s, ref := d.openStep(c.Step)
	if ref != nil {
		return ref
	}
	if d.in.Applies(d.env.Procedures, s) == No {
		return refuse("refuse.step_not_applicable", "step", s.Key)
	}
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	d.emit(StepWaived{Step: s.Key, Reason: reason})
	return nil
}

func (d *decision) inform(c Inform) *Refusal {
	t, ref := freeText("addition", c.Text, true)
	if ref != nil {
		return ref
	}
	e := Informed{Text: t, FalseAlarm: c.FalseAlarm}
	for _, q := range d.in.Questions {
		if !q.Answered && !c.FalseAlarm && slices.Contains(c.Answers, q.Seq) {
			e.Answers = append(e.Answers, q.Seq)
		}
	}
	d.emit(e)
	return nil
}

func (d *decision) evidence(c RecordEvidence) *Refusal {
	name, ref := freeText("evidence_name", c.Name, true)
	if ref != nil {
		return ref
	}
	where, ref := freeText("evidence_where", c.Where, true)
	if ref != nil {
		return ref
	}
	d.emit(EvidenceRecorded{Name: name, Where: where})
	return nil
}

// setField fills a field. Times are RFC 3339 or 2006-01-02T15:04 in Asia/Tokyo; they must
// not lie in the future, 発生 not after 発覚, and 発覚 not after the report, by which the company
// knew at the latest.
func (d *decision) setField(c SetField) *Refusal {
	in := d.in
	if !slices.Contains(Fields, c.Field) {
		return refuse("refuse.field_unknown", "field", string(c.Field))
	}
	if c.Field == FieldExpectedDamage && in.WorkingLevel() != Level0 {
		return refuse("refuse.field_not_at_level")
	}
	before := in.Fields[c.Field]
	e := FieldSet{Field: c.Field, Before: T(before.Value), BeforeUnknown: before.Unknown, BeforeReason: T(before.Reason)}
	aware := in.Aware()
	if c.Unknown {
		reason, ref := needReason(c.Reason)
		if ref != nil {
			return ref
		}
		e.Unknown, e.Reason = true, reason
		d.emit(e)
		return d.awareLater(aware)
	}
	value, ref := freeText("field", c.Value, false)
	if ref != nil {
		return ref
	}
	if value.Body == "" {
		return refuse("refuse.field_empty", "field", c.Field)
	}
	if c.Field.IsTime() {
		t, ok := ParseTime(value.Body, d.env.Now)
		if !ok {
			return refuse("refuse.time_bad", "value", value.Body)
		}
		discovered, occurred := in.Discovered(), time.Time{}
		if c.Field == FieldDiscoveredAt {
			discovered = t
			if t.After(in.ReportedAt) && t.After(in.Discovered()) {
				return refuse("refuse.aware_after_report", "at", in.ReportedAt)
			}
			if o, err := time.Parse(time.RFC3339, in.Fields[FieldOccurredAt].Value); err == nil {
				occurred = o
			}
		} else {
			occurred = t
		}
		if ref := d.checkTimes(discovered, occurred); ref != nil {
			return ref
		}
		value = T(stamp(t))
	}
	e.Value = value
	d.emit(e)
	return d.awareLater(aware)
}

// awareLater refuses to anybody but the lead that the company became aware later than was
// recorded: every legal period counts from it (個人情報保護法施行規則8条1項), so that each would
// end later.
func (d *decision) awareLater(before time.Time) *Refusal {
	if !d.in.Aware().Truncate(time.Second).After(before) || d.in.May(d.env.People, d.env.By.ID, WordWaive) {
		return nil
	}
	return refuse("refuse.aware_later", "who", permissions[WordWaive], "aware", before)
}

// nearMissSaid refuses to anybody but the lead that an incident becomes a ヒヤリハット after it was
// reported: it would end what statutes ask for, and leave the rest to the system administrator
// alone. Nor may another answer do it that so far stood against a yes to that question; owed says
// whether the incident could owe anything before, changed what was answered anew.
func (d *decision) nearMissSaid(owed bool, changed []Answered) *Refusal {
	said := slices.Contains(changed, Answered{FactNearMiss, Yes})
	if changed == nil || !said && (!owed || d.in.Owes()) || d.in.May(d.env.People, d.env.By.ID, WordLevel) {
		return nil
	}
	fact := changed[0].Fact
	if said {
		fact = FactNearMiss
	}
	return refuse("refuse.near_miss", "who", permissions[WordLevel], "fact", fact)
}

// setFacts answers questions. Answers that are already there change nothing.
func (d *decision) setFacts(c SetFacts) *Refusal {
	owed, changed := d.in.Owes(), []Answered(nil)
	for k := range c.Facts {
		if !slices.Contains(FactKeys, k) {
			return refuse("refuse.fact_unknown", "fact", string(k))
		}
	}
	for _, k := range FactKeys {
		a, given := c.Facts[k]
		if !given {
			continue
		}
		a, ref := checkAnswer(k, a)
		if ref != nil {
			return ref
		}
		if before := d.in.Facts[k]; before != a && !(before == "" && a == Unknown) {
			d.emit(FactSet{Fact: k, Answer: a, Before: before})
			changed = append(changed, Answered{k, a})
		}
	}
	return d.nearMissSaid(owed, changed)
}

func checkAnswer(k FactKey, a Answer) (Answer, *Refusal) {
	if !slices.Contains(FactKeys, k) {
		return "", refuse("refuse.fact_unknown", "fact", string(k))
	}
	if a == Unknown || a == "" {
		return Unknown, nil
	}
	if k.Numeric() {
		n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(narrow(string(a))), ",", ""))
		if err != nil || n < 0 || n > 2_000_000_000 {
			return "", refuse("refuse.fact_answer", "fact", k, "value", string(a))
		}
		return Answer(strconv.Itoa(n)), nil
	}
	if a != Yes && a != No {
		return "", refuse("refuse.fact_answer", "fact", k, "value", string(a))
	}
	return a, nil
}

// prevention adds or changes an action of 再発防止.
func (d *decision) prevention(c SetPrevention) *Refusal {
	in := d.in
	text, ref := freeText("action", c.Text, true)
	if ref != nil {
		return ref
	}
	if c.Owner != "" && !d.env.People.Known(c.Owner) {
		return refuse("refuse.person_unknown")
	}
	if c.Owner != "" && in.IsExcluded(c.Owner) {
		return refuse("refuse.person_excluded", "person", c.Owner)
	}
	if c.Due != "" {
		day, ok := parseDay(c.Due)
		if !ok {
			return refuse("refuse.date_bad", "value", c.Due)
		}
		c.Due = day
	}
	n, before := c.N, Prevention{}
	if i := slices.IndexFunc(in.Actions, func(a Prevention) bool { return a.N == n }); i >= 0 {
		before = in.Actions[i]
	}
	if n == 0 {
		for _, a := range in.Actions {
			n = max(n, a.N)
		}
		n++
		if n > maxActions {
			return refuse("refuse.too_many", "max", maxActions)
		}
	} else if before.N == 0 {
		return refuse("refuse.action_unknown", "n", n)
	}
	d.emit(PreventionSet{
		N: n, Text: text, Owner: c.Owner, Due: c.Due, Done: c.Done,
		Before: T(before.Text), BeforeOwner: before.Owner, BeforeDue: before.Due, BeforeDone: before.Done,
	})
	return nil
}

// parseDay reads a day as somebody types it: 2026/4/1, or with full-width digits.
func parseDay(typed string) (string, bool) {
	day, err := time.Parse("2006-1-2", strings.ReplaceAll(strings.TrimSpace(narrow(typed)), "/", "-"))
	return day.Format(time.DateOnly), err == nil
}

// maxActions keeps the row of one incident small; no plan anybody follows is longer.
const maxActions = 100

// ReportCurrent reports whether the last numbered version of the report still tells
// everything.
func (in *Incident) ReportCurrent() bool { return in.Reports > 0 && in.Seq == in.ReportSeq }

// makeReport numbers a new version if anything was recorded since the last one.
func (d *decision) makeReport() *Refusal {
	if d.in.ReportCurrent() {
		return nil
	}
	d.emit(ReportMade{Version: d.in.Reports + 1})
	return nil
}

func (d *decision) approve(c Approve) *Refusal {
	in := d.in
	comment, ref := freeText("comment", c.Comment, false)
	if ref != nil {
		return ref
	}
	levelZero := in.Phase == Reported && in.Level == Level0
	if in.Phase != FinalReport && !levelZero {
		return refuse("refuse.approve_phase", "phase", in.Phase)
	}
	if known := slices.Contains(Publications, c.Publication); !known && (c.Publication != "" || in.WorkingLevel() == Level3) {
		return refuse("refuse.publication_needed")
	}
	role, deputy, ok := in.responsibleRole(d.env.People, d.env.By.ID)
	if !ok {
		return refuse("refuse.not_allowed", "word", WordApprove, "who", permissions[WordApprove])
	}
	d.emit(Approved{Role: role, Deputy: deputy, Publication: c.Publication, Comment: comment})
	return nil
}

// correct puts a better wording beside an entry of one's own, or any entry for the lead.
func (d *decision) correct(c Correct) *Refusal {
	target, ref := d.target(c.Seq)
	if ref != nil {
		return ref
	}
	switch target.Event.(type) {
	case NoteAdded, Informed, ReportReceived:
	default:
		return refuse("refuse.entry_fixed", "seq", target.Seq)
	}
	if ref := d.ownEntry(target, WordCorrect); ref != nil {
		return ref
	}
	return d.text("correction", c.Text, func(t Text) Event { return Corrected{Seq: target.Seq, Text: t} })
}

func (d *decision) target(seq int64) (*Record, *Refusal) {
	t := d.env.Target
	if t == nil || t.Incident != d.in.ID || seq != 0 && t.Seq != seq {
		return nil, refuse("refuse.entry_unknown", "seq", seq)
	}
	if d.in.isUndone(t.Seq) {
		return nil, refuse("refuse.entry_undone", "seq", t.Seq)
	}
	return t, nil
}

func (d *decision) ownEntry(r *Record, w Word) *Refusal {
	if r.By == d.env.By.ID || d.in.May(d.env.People, d.env.By.ID, WordWaive) {
		return nil
	}
	return refuse("refuse.not_allowed", "word", w, "who", []Standing{StandLead})
}

// CanUndo reports whether an entry of this kind can be taken back at all.
func CanUndo(k EventKind) bool {
	switch k {
	case NoteAdded{}.Kind(), StepDone{}.Kind(), StepWaived{}.Kind(), FactSet{}.Kind(), FieldSet{}.Kind(),
		EvidenceRecorded{}.Kind(), FileAttached{}.Kind(), PreventionSet{}.Kind(), Asked{}.Kind(), Corrected{}.Kind(),
		ClockSettled{}.Kind(), RemindersPlanned{}.Kind(),
		OutsideProposed{}.Kind(), OutsideApproved{}.Kind(), OutsideRefused{}.Kind(), OutsidePublished{}.Kind(),
		PartySet{}.Kind(), PartyTold{}.Kind(), PartyRemoved{}.Kind():
		return true
	}
	return false
}

// undo takes an entry back: a new entry says so, and what the old one had set is set back.
// Where something newer stands on it, it is refused: taking it back would change more than
// the person sees.
func (d *decision) undo(c Undo) *Refusal {
	in := d.in
	reason, ref := freeText("reason", c.Reason, false)
	if ref != nil {
		return ref
	}
	if c.Seq == 0 && d.env.Target == nil {
		return refuse("refuse.nothing_to_undo")
	}
	t, ref := d.target(c.Seq)
	if ref != nil {
		return ref
	}
	if !CanUndo(t.Event.Kind()) {
		return refuse("refuse.entry_fixed", "seq", t.Seq)
	}
	if ref := d.ownJudgement(t); ref != nil {
		return ref
	}
	undone := Undone{Seq: t.Seq, What: t.Event.Kind(), Reason: reason}
	var restore Event
	overtaken := false
	switch e := t.Event.(type) {
	case StepDone:
		s, _ := in.StepByKey(e.Step)
		overtaken, restore = s.Seq != t.Seq, StepReopened{Step: e.Step}
	case StepWaived:
		s, _ := in.StepByKey(e.Step)
		overtaken, restore = s.Seq != t.Seq, StepReopened{Step: e.Step}
	case FactSet:
		before := e.Before
		if before == "" {
			before = Unknown
		}
		overtaken, restore = in.FactSeqs[e.Fact] != t.Seq, FactSet{Fact: e.Fact, Answer: before, Before: e.Answer}
	case FieldSet:
		if e.Before.Erased || e.BeforeReason.Erased {
			return refuse("refuse.entry_fixed", "seq", t.Seq) // what stood there is gone for good
		}
		now := in.Fields[e.Field]
		overtaken = now.Seq != t.Seq && !(e.Cleared && now.Seq == 0)
		restore = FieldSet{
			Field: e.Field, Value: T(e.Before.Body), Unknown: e.BeforeUnknown, Reason: T(e.BeforeReason.Body),
			Cleared: e.Before.IsZero() && !e.BeforeUnknown,
			Before:  T(now.Value), BeforeUnknown: now.Unknown, BeforeReason: T(now.Reason),
		}
	case PreventionSet:
		i := slices.IndexFunc(in.Actions, func(a Prevention) bool { return a.N == e.N && a.Seq == t.Seq })
		overtaken, restore = i < 0, PreventionRemoved{N: e.N}
		if e.Before.Erased {
			return refuse("refuse.entry_fixed", "seq", t.Seq)
		}
		if i >= 0 && !e.Before.IsZero() {
			now := in.Actions[i]
			restore = PreventionSet{
				N: e.N, Text: T(e.Before.Body), Owner: e.BeforeOwner, Due: e.BeforeDue, Done: e.BeforeDone,
				Before: T(now.Text), BeforeOwner: now.Owner, BeforeDue: now.Due, BeforeDone: now.Done,
			}
		}
	case ClockSettled:
		clock, _ := in.Clock(e.Rule)
		overtaken, restore = clock.Seq != t.Seq, ClockReopened{Rule: e.Rule}
	case RemindersPlanned:
		clock, _ := in.Clock(e.Rule)
		overtaken, restore = clock.Seq != t.Seq, RemindersPlanned{Rule: e.Rule, At: e.Before, Before: e.At}
	}
	switch t.Event.(type) {
	case OutsideProposed, OutsideApproved, OutsideRefused, OutsidePublished:
		restore, overtaken = in.setBackText(t, d.env.By.ID)
	case PartySet, PartyTold, PartyRemoved:
		var fixed bool
		if restore, overtaken, fixed = in.setBackParty(t); fixed {
			return refuse("refuse.entry_fixed", "seq", t.Seq)
		}
	}
	if overtaken {
		return refuse("refuse.entry_overtaken", "seq", t.Seq)
	}
	undone.Restored = restore != nil
	aware, owed, changed := in.Aware(), in.Owes(), []Answered(nil)
	d.emit(undone)
	if restore != nil {
		d.emit(restore)
	}
	if e, ok := t.Event.(ClockSettled); ok {
		if c, there := in.settledWith(t.Seq, e); there {
			d.emit(Undone{Seq: c.Seq, What: e.Kind(), Reason: reason, Restored: true})
			d.emit(ClockReopened{Rule: c.Rule})
		}
	}
	if back, ok := restore.(FactSet); ok {
		changed = append(changed, Answered{back.Fact, back.Answer})
	}
	return cmp.Or(d.awareLater(aware), d.nearMissSaid(owed, changed))
}
