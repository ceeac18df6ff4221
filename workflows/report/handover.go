package report

import (
	"slices"
	"strconv"

	"hikeshi/workflows/incident"
)

// lastEntries is how much of the record a handover repeats: about two pages. Older entries
// stand in the report.
const lastEntries = 20

// Handover makes the summary for whoever takes an incident over: what it is and how bad, what
// is still to be done and who holds what, what is known and what is still open, and the last
// entries of the record. It is made for the moment, has no number, and what nobody filled in
// stands there as a gap. records and options are those of Final; Version and Deliveries are
// not used.
func Handover(in *incident.Incident, records []incident.Record, o Options) Document {
	b := read(in, records, o)
	d := Document{
		Lang: o.Lang, Title: b.say("report.handover.title"), Subtitle: b.subject(), Banner: b.banner(), Meta: b.handoverMeta(),
		Footer: b.say("report.handover.footer", "company", o.Company, "id", string(b.in.ID)),
	}
	for _, part := range []func() []Section{
		b.end, b.situation, b.next, b.openSteps, b.holders, b.facts, b.toldChapter, b.openQuestions, b.evidence, b.prevention, b.lastCourse,
	} {
		d.Sections = append(d.Sections, part()...)
	}
	return d
}

func (b *builder) handoverMeta() []Pair {
	pairs := []Pair{
		b.pair("report.number", b.filled(string(b.in.ID))),
		b.pair("report.company", b.filled(b.o.Company)),
		b.pair("report.made_at", b.filled(Instant(b.o.MadeAt, b.say))),
		b.pair("report.handover.state", Cell{Text: b.say("report.handover.upto", "count", number(b.in.Seq))}),
		b.pair("report.lead", b.lead()),
	}
	if h := b.in.Handover; h != nil {
		asked := b.say("report.handover.asked", "from", b.voice.name(h.From), "to", b.voice.name(h.To), "at", Instant(h.At, b.say))
		reason := b.reason(h.Reason, func(e incident.Event) (incident.Text, bool) {
			o, ok := e.(incident.HandoverOffered)
			return o.Reason, ok
		})
		pairs = append(pairs, b.pair("report.handover.request", Cell{Text: asked + reason}))
	}
	return append(pairs, b.pair("report.times", Cell{Text: b.say("time.zone")}))
}

// reason is the line with the reason of something that waits, as its entry has it: there an
// erased text shows as erased.
func (b *builder) reason(stored string, of func(incident.Event) (incident.Text, bool)) string {
	text := incident.T(stored)
	for _, r := range b.records {
		if t, ok := of(r.Event); ok {
			text = t
		}
	}
	return b.voice.part("reason", text)
}

// situation is the first chapter: what it is, how bad, and how far.
func (b *builder) situation() []Section {
	pairs := Pairs{
		b.field(incident.FieldEvent),
		b.pair("report.phase", b.phaseCell()),
		b.pair("report.since", b.filled(Instant(b.in.PhaseSince[b.in.Phase], b.say))),
		b.pair("report.level", b.levelCell()),
		b.pair("report.handover.why", b.levelWhy()),
		b.pair("field.classification", b.classification()),
		b.pair("report.kind", b.kind()),
		b.pair("report.reporter", b.reporters()),
		b.pair("report.reported_at", b.filled(Instant(b.in.ReportedAt, b.say))),
	}
	if p := b.in.Proposed; p != nil {
		text := b.say("report.handover.proposed", "level", b.say("level."+p.Level.String()), "name", b.voice.name(p.By), "at", Instant(p.At, b.say))
		text += b.reason(p.Reason, func(e incident.Event) (incident.Text, bool) {
			l, ok := e.(incident.LevelProposed)
			return l.Reason, ok
		})
		pairs = append(pairs, b.pair("report.handover.proposal", Cell{Text: text, Gap: true}))
	}
	needed := b.in.NeededFields(b.in.Phase)
	for _, f := range incident.Fields {
		_, filled := b.in.Fields[f]
		if f != incident.FieldEvent && (filled || slices.Contains(needed, f)) {
			pairs = append(pairs, b.field(f))
		}
	}
	return []Section{b.begin(b.say("report.handover.situation"), pairs)}
}

// levelWhy says on what the level rests: the decision, or else what the facts point to.
func (b *builder) levelWhy() Cell {
	if b.in.Level.Confirmed() && !b.in.Provisional() {
		for _, l := range slices.Backward(b.levels) {
			if e, ok := l.record.Event.(incident.LevelSet); ok {
				text := b.say("report.handover.set", "name", Author(l.record, b.voice), "at", Instant(l.record.Occurred, b.say))
				return Cell{Text: text + b.voice.part("reason", e.Reason)}
			}
		}
	}
	return Cell{Text: b.suggestion(levelAt(b.in, incident.Record{}))}
}

// next lists everything that holds the incident in its phase.
func (b *builder) next() []Section {
	if b.in.Phase.Ended() || b.o.Procedures == nil {
		return nil
	}
	closing := b.in.Phase == incident.FinalReport || b.in.Phase == incident.Reported && b.in.Level == incident.Level0
	title, free := "report.handover.missing", "report.handover.free"
	missing := b.in.MissingForAdvance
	if closing {
		title, free = "report.handover.missing_close", "report.handover.free_close"
		missing = func(p incident.Procedures) []incident.Missing { return b.in.MissingForClose(p) }
	}
	var items []string
	for _, m := range missing(b.o.Procedures) {
		items = append(items, b.missing(m))
	}
	if items == nil {
		return []Section{b.begin(b.say(title), Paragraph{Text: b.say(free)})}
	}
	return []Section{b.begin(b.say(title), List{Items: items})}
}

// missing says in the words of the cards what is missing.
func (b *builder) missing(m incident.Missing) string {
	key := "missing." + string(m.What)
	switch m.What {
	case incident.MissingLevel:
		return b.say(key, "level", b.say("level.provisional", "value", b.say("level."+b.in.WorkingLevel().String())))
	case incident.MissingFloor:
		return b.say(key, "level", b.say("level."+m.Ref))
	case incident.MissingField:
		return b.say(key, "field", b.say("field."+m.Ref))
	case incident.MissingStep, incident.MissingFact:
		s, _ := b.in.StepByKey(m.Ref)
		text := b.say("step.extra")
		if s.N > 0 {
			text = b.say("step.number", "n", strconv.Itoa(s.N))
		}
		if m.What == incident.MissingFact {
			return b.say(key, "step", text)
		}
		return b.say(key, "step", text, "role", b.say("role."+string(s.Role)))
	case incident.MissingActionOwner, incident.MissingActionDue:
		return b.say(key, "n", m.Ref)
	case incident.MissingApproval:
		return b.say(key, "role", b.say("role."+string(b.in.WorkingLevel().Responsible())))
	case incident.MissingClock:
		return b.say(key, "clock", m.Ref)
	}
	return b.say(key)
}

// openSteps lists what is left to do before what is done.
func (b *builder) openSteps() []Section {
	open := b.lay(b.stepLines(func(s incident.StepState) bool { return !s.Settled() && b.applies(s) != incident.No }))
	sections := []Section{b.begin(b.say("report.handover.open"), open)}
	settled := b.lay(b.stepLines(incident.StepState.Settled))
	return append(sections, b.part("report.handover.settled", settled))
}

// holders says who answers for it, who was called and answered, and who knows.
func (b *builder) holders() []Section {
	return []Section{
		b.begin(b.say("report.handover.holders"), Pairs{b.pair("report.responsible", b.responsible()), b.pair("report.lead", b.lead())}),
		b.part("report.responders", b.lay(b.responders())),
		b.part("report.circle", Paragraph(b.circleText())),
	}
}

// openQuestions are those that the reporters have not answered.
func (b *builder) openQuestions() []Section {
	t := Table{Header: b.header("entry", "at", "who", "text"), Widths: []int{8, 24, 16, 52}}
	for _, q := range b.in.Questions {
		if !q.Answered {
			t.Rows = append(t.Rows, cells(number(q.Seq), Instant(q.At, b.say), b.voice.name(q.By), b.kept(q.Text)))
		}
	}
	if t.Rows == nil {
		return []Section{b.begin(b.say("report.handover.questions"), Paragraph{Text: b.say("report.handover.questions.none")})}
	}
	return []Section{b.begin(b.say("report.handover.questions"), t)}
}

// prevention is left out before there is any.
func (b *builder) prevention() []Section {
	if len(b.in.Actions) == 0 {
		return nil
	}
	return []Section{b.begin(b.say("report.actions"), b.lay(b.actions()))}
}

// lastCourse is the end of the 対応経過.
func (b *builder) lastCourse() []Section {
	l, _ := b.entries()
	if l.rows == nil {
		return []Section{b.begin(b.say("report.handover.last"), l.none)}
	}
	how := Paragraph{Text: b.say("report.course.how")}
	if more := len(l.rows) - lastEntries; more > 0 {
		l.rows = l.rows[more:]
		how.Text += "\n" + b.say("report.handover.older", "count", strconv.Itoa(more))
	}
	return []Section{b.begin(b.say("report.handover.last"), how, b.lay(l))}
}
