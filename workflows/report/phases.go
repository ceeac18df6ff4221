package report

import (
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// end says first of all why there is no more to read, where the incident was dismissed or
// belongs to another.
func (b *builder) end() []Section {
	if !b.in.Phase.Ended() || b.in.Phase == incident.Closed && b.in.MergedInto == "" {
		return nil
	}
	pairs := Pairs{b.pair("report.end.outcome", b.outcome())}
	if b.in.MergedInto == "" {
		pairs = append(pairs, b.pair("report.end.reason", Cell{Text: b.kept(b.in.EndReason)}))
	}
	return []Section{{Level: 1, Title: b.say("report.end"), Blocks: []Block{append(pairs, b.endedWhen()...)}}}
}

// outcome is how it ended, or a gap while it goes on.
func (b *builder) outcome() Cell {
	switch {
	case b.in.MergedInto != "":
		return Cell{Text: b.say("report.end.merged", "id", string(b.in.MergedInto))}
	case b.in.Phase == incident.Dismissed:
		return Cell{Text: b.say("report.end.dismissed")}
	case b.in.Phase.Ended():
		return b.phaseCell()
	}
	return Cell{Text: b.say("report.closing.none"), Gap: true}
}

func (b *builder) endedAt() Cell { return b.filled(Instant(b.in.PhaseSince[b.in.Phase], b.say)) }

func (b *builder) endedWhen() Pairs {
	pairs := Pairs{b.pair("report.end.at", b.endedAt())}
	if b.ended != nil {
		pairs = append(pairs, b.pair("report.end.by", b.endedBy()))
	}
	return pairs
}

// reported is chapter 1, 発見報告.
func (b *builder) reported() []Section {
	pairs := Pairs{
		b.pair("field.classification", b.classification()),
		b.pair("report.kind", b.kind()),
		b.pair("report.reporter", b.reporters()),
		b.pair("report.reported_at", b.filled(Instant(b.in.ReportedAt, b.say))),
		b.field(incident.FieldDiscoveredAt),
		b.field(incident.FieldEvent),
	}
	if _, ok := b.in.Fields[incident.FieldExpectedDamage]; ok || b.in.WorkingLevel() == incident.Level0 {
		pairs = append(pairs, b.field(incident.FieldExpectedDamage))
	}
	if b.first != nil {
		if contractor := b.contractor(); contractor != "" {
			pairs = append(pairs, b.pair("report.contractor", Cell{Text: contractor}))
		}
		pairs = append(pairs, b.pair("report.first_facts", b.firstFacts()))
	}
	return append([]Section{b.begin(b.voice.phase(incident.Reported), pairs)}, b.steps(incident.Reported)...)
}

// contractor is the 委託先 that the report named, empty where it named none.
func (b *builder) contractor() string {
	if b.first == nil || b.first.Contractor.IsZero() {
		return ""
	}
	return b.voice.body(b.first.Contractor)
}

// firstFacts are the answers that came with the report itself.
func (b *builder) firstFacts() Cell {
	if b.first == nil {
		return b.gap()
	}
	var known []string
	for _, k := range incident.FactKeys {
		if a, ok := b.first.Facts[k]; ok {
			known = append(known, b.say("report.fact", "fact", b.say("fact."+string(k)), "answer", b.voice.answer(a)))
		}
	}
	if known == nil {
		return Cell{Text: b.say("report.first_facts.none")}
	}
	return Cell{Text: strings.Join(known, "\n")}
}

func (b *builder) classification() Cell {
	if b.in.Category == "" {
		return b.gap()
	}
	return Cell{Text: b.voice.category(b.in.Category, b.in.Effect)}
}

func (b *builder) kind() Cell {
	if b.in.Kind == "" {
		return b.gap()
	}
	return Cell{Text: b.say("kind." + string(b.in.Kind))}
}

func (b *builder) reporters() Cell {
	var names []string
	for _, r := range b.in.Reporters {
		name := b.reporter(r)
		if r.Department != "" {
			name = b.say("person.of", "name", name, "of", r.Department)
		}
		names = append(names, name)
	}
	return b.filled(strings.Join(names, "\n"))
}

func (b *builder) reporter(r incident.Reporter) string {
	if r.Name == "" {
		return b.say("person.erased")
	}
	return b.voice.knownAs(r.ID, r.Name)
}

// containment is chapter 2, 初動.
func (b *builder) containment() []Section {
	return b.work(incident.Containment, incident.FieldOccurredAt, incident.FieldAffectedSystems, incident.FieldScope)
}

// investigation is chapter 3, 調査・対応.
func (b *builder) investigation() []Section {
	return b.work(incident.Investigation, incident.FieldCause, incident.FieldBackground)
}

// recovery is chapter 4, 復旧.
func (b *builder) recovery() []Section {
	return append(b.work(incident.Recovery, incident.FieldPrevention), b.part("report.actions", b.lay(b.actions())))
}

func (b *builder) work(p incident.Phase, fields ...incident.Field) []Section {
	pairs := Pairs{b.since(p)}
	for _, f := range fields {
		pairs = append(pairs, b.field(f))
	}
	return append([]Section{b.begin(b.voice.phase(p), pairs)}, b.steps(p)...)
}

func (b *builder) since(p incident.Phase) Pair {
	at, ok := b.in.PhaseSince[p]
	if !ok {
		return b.pair("report.since", Cell{Text: b.say("report.since.none")})
	}
	return b.pair("report.since", Cell{Text: Instant(at, b.say)})
}

func (b *builder) actions() lines {
	l := lines{keys: []string{"number", "action", "owner", "due", "state"}, widths: []int{6, 44, 18, 20, 12}}
	if b.notNeeded(incident.Recovery) {
		l.none = Paragraph{Text: b.say("report.not_needed")}
	} else {
		l.none = Paragraph{Text: b.say("text.unfilled"), Gap: true}
	}
	for _, a := range b.in.Actions {
		owner, due := b.gap(), b.filled(Day(a.Due, b.say))
		if a.Owner != "" {
			owner = Cell{Text: b.voice.name(a.Owner)}
		}
		state := b.say("report.action.open")
		if a.Done {
			state = b.say("report.action.done")
		}
		l.rows = append(l.rows, []Cell{{Text: strconv.Itoa(a.N)}, {Text: b.kept(a.Text)}, owner, due, {Text: state}})
	}
	return l
}

// finalReport is chapter 5, 最終報告: what goes outside, the approval, the end.
func (b *builder) finalReport() []Section {
	sections := []Section{
		b.begin(b.voice.phase(incident.FinalReport), Pairs{b.since(incident.FinalReport)}),
		b.part("report.outside", b.lay(b.outside())),
	}
	if filings := b.filings(); filings.rows != nil {
		sections = append(sections, b.part("report.filings", b.lay(filings)))
	}
	sections = append(sections, b.told()...)
	return append(sections, b.part("report.approval", b.approval()), b.part("report.closing", b.closing()))
}

// outside are the steps that reach beyond the company.
func (b *builder) outside() lines {
	return b.stepLines(func(s incident.StepState) bool {
		return s.Kind == incident.StepAuthority || s.Kind == incident.StepPublish || !slices.Contains(workPhases, s.Phase)
	})
}

// unapproved says why there is no approval, where there is none.
func (b *builder) unapproved() (Cell, bool) {
	switch {
	case b.in.Approval != nil:
		return Cell{}, false
	case b.in.Phase.Ended():
		return Cell{Text: b.say("report.approval.not_needed")}, true
	}
	return Cell{Text: b.say("report.approval.none"), Gap: true}, true
}

func (b *builder) approval() Block {
	if none, ok := b.unapproved(); ok {
		return Paragraph(none)
	}
	pairs := Pairs{b.pair("report.approval.by", b.approvedBy()), b.pair("report.approval.at", b.approvedAt())}
	if decision := b.publication(); decision != (Cell{}) {
		pairs = append(pairs, b.pair("report.approval.publication", decision))
	}
	if comment := b.approvalComment(); comment != "" {
		pairs = append(pairs, b.pair("report.comment", Cell{Text: comment}))
	}
	return pairs
}

func (b *builder) approvedBy() Cell {
	a := b.in.Approval
	return Cell{Text: b.say("person.of", "name", b.voice.name(a.By), "of", b.voice.approver(a.Role, a.Deputy))}
}

func (b *builder) approvedAt() Cell { return Cell{Text: Instant(b.in.Approval.At, b.say)} }

// publication is the decision on publication that came with the approval; nothing at all
// where none was called for.
func (b *builder) publication() Cell {
	switch a := b.in.Approval; {
	case a.Publication != "":
		return Cell{Text: b.say("publication." + string(a.Publication))}
	case b.in.WorkingLevel() == incident.Level3:
		return b.gap()
	}
	return Cell{}
}

func (b *builder) approvalComment() string {
	a := b.in.Approval
	return b.optional(a.Seq, a.Comment, func(e incident.Event) incident.Text { return e.(incident.Approved).Comment })
}

func (b *builder) closing() Block {
	switch {
	case !b.in.Phase.Ended():
		return Paragraph{Text: b.say("report.closing.none"), Gap: true}
	case b.in.Phase == incident.Dismissed, b.in.MergedInto != "":
		return Paragraph{Text: b.say("report.closing.elsewhere")}
	}
	pairs := b.endedWhen()
	if comment := b.closingComment(); comment != "" {
		pairs = append(pairs, b.pair("report.comment", Cell{Text: comment}))
	}
	return pairs
}

// closingComment is what was said at the closing, if anything was.
func (b *builder) closingComment() string {
	if b.ended != nil {
		if e, ok := b.ended.Event.(incident.IncidentClosed); ok && e.Comment.Erased {
			return b.say("text.erased")
		}
	}
	return b.in.EndReason
}
