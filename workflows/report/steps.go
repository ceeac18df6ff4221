package report

import (
	"strconv"

	"hikeshi/workflows/incident"
)

// workPhases have a chapter with steps of their own before the final report.
var workPhases = []incident.Phase{incident.Reported, incident.Containment, incident.Investigation, incident.Recovery}

// steps is the part with the steps of a phase; a phase without any has none.
func (b *builder) steps(p incident.Phase) []Section {
	table := b.stepTable(func(s incident.StepState) bool { return s.Phase == p })
	if _, ok := table.(Table); !ok {
		return nil
	}
	return []Section{b.part("report.steps", table)}
}

func (b *builder) stepTable(of func(incident.StepState) bool) Block {
	t := Table{Header: b.header("number", "step", "state", "when", "result"), Widths: []int{6, 36, 12, 24, 22}}
	for _, s := range b.in.Steps {
		if of(s) {
			t.Rows = append(t.Rows, b.step(s))
		}
	}
	if t.Rows == nil {
		return Paragraph{Text: b.say("report.steps.none")}
	}
	return t
}

func (b *builder) step(s incident.StepState) []Cell {
	number := b.say("report.step.extra")
	if s.N > 0 {
		number = strconv.Itoa(s.N)
	}
	text := b.say("report.step", "text", s.Text.In(b.o.Lang), "role", b.say("role."+string(s.Role)), "kind", b.say("stepkind."+string(s.Kind)))
	if s.Former {
		text += "\n" + b.say("report.step.former")
	}
	when := ""
	switch {
	case s.Settled():
		when = Instant(s.At, b.say) + "\n" + b.voice.name(s.By)
	case s.Assigned != "":
		when = b.say("report.step.assigned", "name", b.voice.name(s.Assigned))
	}
	return []Cell{{Text: number}, {Text: text}, b.stepState(s), {Text: when}, {Text: b.stepResult(s)}}
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
