package report

import (
	"strconv"

	"hikeshi/workflows/incident"
)

// workPhases have a chapter with steps of their own before the final report.
var workPhases = []incident.Phase{incident.Reported, incident.Containment, incident.Investigation, incident.Recovery}

// steps is the part with the steps of a phase; a phase without any has none.
func (b *builder) steps(p incident.Phase) []Section {
	l := b.phaseSteps(p)
	if l.rows == nil {
		return nil
	}
	return []Section{b.part("report.steps", b.lay(l))}
}

func (b *builder) phaseSteps(p incident.Phase) lines {
	return b.stepLines(func(s incident.StepState) bool { return s.Phase == p })
}

// stepColumns are the five that the report shows, and what they are made of for those who
// lay them out otherwise.
var stepColumns = []string{"number", "step", "state", "when", "result", "phase", "role", "kind", "task", "at", "by"}

func (b *builder) stepLines(of func(incident.StepState) bool) lines {
	l := lines{keys: stepColumns, widths: []int{6, 36, 12, 24, 22}, none: Paragraph{Text: b.say("report.steps.none")}}
	for _, s := range b.in.Steps {
		if of(s) {
			l.rows = append(l.rows, b.step(s))
		}
	}
	return l
}

func (b *builder) step(s incident.StepState) []Cell {
	number := b.say("report.step.extra")
	if s.N > 0 {
		number = strconv.Itoa(s.N)
	}
	task, role, kind := b.task(s), b.say("role."+string(s.Role)), b.say("stepkind."+string(s.Kind))
	text := b.say("report.step", "text", task, "role", role, "kind", kind)
	if s.Former {
		text += "\n" + b.say("report.step.former")
	}
	when, at, by := "", "", ""
	switch {
	case s.Settled():
		at, by = Instant(s.At, b.say), b.voice.name(s.By)
		when = at + "\n" + by
	case s.Assigned != "":
		when = b.say("report.step.assigned", "name", b.voice.name(s.Assigned))
		by = when
	}
	return []Cell{
		{Text: number}, {Text: text}, b.stepState(s), {Text: when}, {Text: b.stepResult(s)},
		{Text: b.voice.phase(s.Phase)}, {Text: role}, {Text: kind}, {Text: task}, {Text: at}, {Text: by},
	}
}

// task is what a step asks for; of one that is settled, what it asked for when it was.
func (b *builder) task(s incident.StepState) string {
	if s.Settled() {
		if text, ok := b.worded.at(s.Seq, s.Key); ok {
			return text.In(b.o.Lang)
		}
	}
	return s.Text.In(b.o.Lang)
}

// stepState says what became of a step. Open work is a gap only where it holds something
// back: neither what does not apply nor what is optional does.
func (b *builder) stepState(s incident.StepState) Cell {
	switch {
	case s.Done:
		return Cell{Text: b.say("report.step.done")}
	case s.Waived:
		return Cell{Text: b.say("report.step.waived")}
	}
	switch b.applies(s) {
	case incident.No:
		return Cell{Text: b.say("report.step.not_applicable")}
	case incident.Unknown:
		return Cell{Text: b.say("report.step.undecided"), Gap: !b.in.Phase.Ended()}
	}
	if s.Required == incident.Optional {
		return Cell{Text: b.say("report.step.optional")}
	}
	return Cell{Text: b.say("report.step.open"), Gap: !b.notNeeded(s.Phase)}
}

func (b *builder) applies(s incident.StepState) incident.Answer {
	if b.o.Procedures == nil {
		if s.When == "" {
			return incident.Yes
		}
		return incident.Unknown
	}
	return b.in.Applies(b.o.Procedures, s)
}

func (b *builder) stepResult(s incident.StepState) string {
	switch {
	case s.Waived:
		return b.say("report.step.reason", "text", b.kept(s.Reason))
	case s.Done:
		return b.optional(s.Seq, s.Reason, func(e incident.Event) incident.Text {
			if d, ok := e.(incident.StepDone); ok {
				return d.Result
			}
			return incident.Text{}
		})
	}
	return ""
}
