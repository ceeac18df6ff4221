package incident

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Procedures is what the core asks of the company's procedures.
type Procedures interface {
	// Steps gives the steps of a table in the order an incident carries them; ok is false
	// where there is no such table (a leak below 2).
	Steps(c, effect Category, l Level) (steps []Step, ok bool)
	// Holds evaluates a step's condition over the facts: yes, no, or unknown.
	Holds(when string, f Facts) Answer
	// Version is the content hash of the procedures.
	Version() string
}

// Actor is who asks.
type Actor struct {
	ID         PersonID
	Name       string
	Department string
}

// Env is everything a decision may look at beside the incident. Nothing in it is asked twice
// with different answers during one decision.
type Env struct {
	Now        time.Time // UTC
	By         Actor
	Bot        bool // a timer or the other half of a merge: not a person
	People     Directory
	Procedures Procedures
	Paging     Pager
	Clocks     Clocks    // nil: there are none
	Target     *Record   // the entry an Undo or Correct names, loaded
	Other      *Incident // the incident a Merge names, loaded
}

// Decide says what a command causes. It never changes the incident; the events it gives are
// to be sealed, stored and applied together, in this order. A refusal changes nothing.
func Decide(in *Incident, c Command, env Env) ([]Event, *Refusal) {
	d := &decision{in: in.Snapshot(), env: env}
	if ref := d.allowed(c); ref != nil {
		return nil, ref
	}
	if ref := d.run(c); ref != nil {
		return nil, ref
	}
	d.settle()
	return d.events, nil
}

// decision is one try of a command on a copy of the incident: every event is applied at
// once, so that what follows from it (steps, pages, circle) sees the new state.
type decision struct {
	in     *Incident
	env    Env
	events []Event
}

func (d *decision) emit(e Event) {
	d.events = append(d.events, e)
	d.in.Apply(Record{
		Incident: d.in.ID, Seq: d.in.Seq + 1, At: d.env.Now, Occurred: d.env.Now,
		By: d.env.By.ID, ByName: T(d.env.By.Name), Event: e,
	})
}

// allowed checks the permission table, and that the incident is in a state in which anything
// of the kind can be done at all.
func (d *decision) allowed(c Command) *Refusal {
	if _, first := c.(Report); first {
		return nil
	}
	in, w := d.in, c.Word()
	if d.env.Bot {
		if !slices.Contains(permissions[w], StandBot) {
			return refuse("refuse.not_allowed", "word", w)
		}
		return nil
	}
	may := in.May(d.env.People, d.env.By.ID, w)
	if w == WordLevel && !may {
		may = in.May(d.env.People, d.env.By.ID, WordPropose)
	}
	if !may {
		// Whoever may not even see the incident learns nothing about it, not that it exists.
		if !in.CanRead(d.env.People, d.env.By.ID) && !(in.ReportedBy(d.env.By.ID) && !in.IsExcluded(d.env.By.ID)) {
			return refuse("refuse.unknown_incident", "id", in.ID)
		}
		switch c.(type) {
		case AcceptHandover:
			return refuse("refuse.handover_none") // taken back, or answered meanwhile
		case Decline:
			return refuse("refuse.not_paged")
		}
		return refuse("refuse.not_allowed", "word", w, "who", permissions[w])
	}
	if in.MergedInto != "" {
		switch c.(type) {
		case Note, MakeReport, Restrict:
		default:
			// What a reporter adds belongs where the work goes on.
			return refuse("refuse.merged", "id", in.MergedInto)
		}
	}
	if in.Phase.Ended() {
		switch c.(type) {
		case Reopen, Note, Correct, Inform, MakeReport, RecordEvidence, Attach, Restrict, SetPrevention:
			// Written after the end, they are entries like any other.
		case ProposeText, ApproveText, RefuseText, PublishText, SetParty, TellParty, RemoveParty:
			// What was done is often told when all is over (seed 001 §9.4 ⑤).
		default:
			return refuse("refuse.ended", "phase", in.Phase)
		}
	}
	return nil
}

func (d *decision) run(c Command) *Refusal {
	switch c := c.(type) {
	case Report:
		return d.report(c)
	case Take:
		return d.take()
	case Decline:
		return d.decline(c)
	case PassRound:
		return d.passRound(c)
	case FailMeans:
		return d.failMeans(c)
	case PassOffer:
		return d.passOffer(c)
	case Recall:
		return d.recall()
	case HandOver:
		return d.handOver(c)
	case AcceptHandover:
		return d.acceptHandover(c)
	case Assign:
		return d.assign(c)
	case Advance:
		return d.advance(c)
	case Back:
		return d.back(c)
	case Close:
		return d.close(c)
	case Dismiss:
		return d.dismiss(c)
	case Reopen:
		return d.reopen(c)
	case Merge:
		return d.merge(c)
	case Absorb:
		return d.absorb(c)
	case Restrict:
		return d.restrict(c)
	case SetLevel:
		return d.setLevel(c)
	case Categorise:
		return d.categorise(c)
	case DoStep:
		return d.doStep(c)
	case Waive:
		return d.waive(c)
	case Note:
		return d.text("note", c.Text, func(t Text) Event { return NoteAdded{Text: t} })
	case Ask:
		return d.text("question", c.Text, func(t Text) Event { return Asked{Text: t} })
	case Inform:
		return d.inform(c)
	case Correct:
		return d.correct(c)
	case Undo:
		return d.undo(c)
	case SetField:
		return d.setField(c)
	case SetFacts:
		return d.setFacts(c)
	case RecordEvidence:
		return d.evidence(c)
	case Attach:
		return d.attach(c)
	case SetPrevention:
		return d.prevention(c)
	case MakeReport:
		return d.makeReport()
	case Approve:
		return d.approve(c)
	case SettleClock:
		return d.settleClock(c)
	case PlanReminders:
		return d.planReminders(c)
	case RemindClocks:
		return d.remindClocks()
	case RedrawClocks:
		return d.redrawClocks()
	case ProposeText:
		return d.proposeText(c)
	case ApproveText:
		return d.approveText(c)
	case RefuseText:
		return d.refuseText(c)
	case PublishText:
		return d.publishText(c)
	case SetParty:
		return d.setParty(c)
	case TellParty:
		return d.tellParty(c)
	case RemoveParty:
		return d.removeParty(c)
	}
	return refuse("refuse.not_allowed", "word", c.Word())
}

// freeText cleans a typed text and refuses one that is empty or too long.
func freeText(what, s string, required bool) (Text, *Refusal) {
	s = Clean(s)
	if !Visible(s) {
		if required {
			return Text{}, refuse("refuse.text_empty", "what", what)
		}
		return Text{}, nil
	}
	if n := utf8.RuneCountInString(s); n > MaxText {
		return Text{}, refuse("refuse.text_long", "what", what, "length", n, "max", MaxText)
	}
	return T(s), nil
}

func (d *decision) text(what, s string, make func(Text) Event) *Refusal {
	t, ref := freeText(what, s, true)
	if ref != nil {
		return ref
	}
	d.emit(make(t))
	return nil
}

// settle draws the consequences of whatever happened: the steps of the level, who belongs
// to the circle, whom to call, which pages need no answer any more, and whether an approval
// still fits what was approved.
func (d *decision) settle() {
	if len(d.events) == 0 {
		return
	}
	d.breakSilence()
	d.replan()
	d.drawClocks()
	d.callPeople()
	d.drawCircle()
	d.stopPages()
	d.voidApproval()
}

// replan lays down the steps of the table that now applies.
func (d *decision) replan() {
	in := d.in
	if in.Phase.Ended() {
		return
	}
	key := PlanKey{Category: in.Category, Effect: in.Effect, Level: in.WorkingLevel()}
	if key == in.Plan && in.Steps != nil {
		return
	}
	steps, ok := d.env.Procedures.Steps(key.Category, key.Effect, key.Level)
	if !ok {
		return // the floor keeps every leak at 2 or more; a table that is missing changes nothing
	}
	d.emit(Planned{Plan: key, Steps: steps})
	// The report itself is the first step of every table: it has just been made.
	for _, s := range in.Steps {
		if s.Kind == StepReport && s.Role == Discoverer && !s.Settled() {
			d.emit(StepDone{Step: s.Key})
		}
	}
}

// voidApproval takes an approval back when what was approved has changed since.
func (d *decision) voidApproval() {
	if d.in.Approval == nil || d.in.Phase.Ended() {
		return
	}
	for _, e := range slices.Backward(d.events) {
		if _, now := e.(Approved); now {
			return
		}
		if step, done := e.(StepDone); done {
			if s, ok := d.in.StepByKey(step.Step); ok && (s.Kind == StepPublish || s.Kind == StepAuthority) {
				continue // telling the world and the authorities follows from the approval
			}
		}
		if ChangesReport(e) {
			d.emit(ApprovalVoided{Because: e.Kind()})
			return
		}
	}
}

// ChangesReport reports whether an entry changes what the final report says beside its
// 対応経過: whoever approves must have seen it, and an approval given before does not cover it.
func ChangesReport(e Event) bool {
	switch e := e.(type) {
	case LevelSet:
		return e.From != e.To // otherwise a proposal was turned down
	case FieldSet, FactSet, StepDone, StepWaived, StepReopened, Recategorised, PreventionSet, PreventionRemoved, PhaseMoved, Corrected, ReportMerged,
		PartySet, PartyRemoved, PartyRestored:
		return true // that a party was told something follows from the approval
	}
	return false
}
