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
	pairs := Pairs{}
	if b.in.MergedInto != "" {
		pairs = append(pairs, b.pair("report.end.outcome", Cell{Text: b.say("report.end.merged", "id", string(b.in.MergedInto))}))
	} else {
		pairs = append(pairs,
			b.pair("report.end.outcome", Cell{Text: b.say("report.end.dismissed")}),
			b.pair("report.end.reason", Cell{Text: b.kept(b.in.EndReason)}))
	}
	return []Section{{Level: 1, Title: b.say("report.end"), Blocks: []Block{append(pairs, b.endedWhen()...)}}}
}

func (b *builder) endedWhen() Pairs {
	pairs := Pairs{b.pair("report.end.at", b.filled(Instant(b.in.PhaseSince[b.in.Phase], b.say)))}
	if b.ended != nil {
		pairs = append(pairs, b.pair("report.end.by", Cell{Text: Author(*b.ended, b.voice)}))
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
	for _, r := range b.records {
		e, ok := r.Event.(incident.ReportReceived)
		if !ok {
			continue
		}
		if !e.Contractor.IsZero() {
			pairs = append(pairs, b.pair("report.contractor", Cell{Text: b.voice.body(e.Contractor)}))
		}
		var known []string
		for _, k := range incident.FactKeys {
			if a, ok := e.Facts[k]; ok {
				known = append(known, b.say("report.fact", "fact", b.say("fact."+string(k)), "answer", b.voice.answer(a)))
			}
		}
		first := Cell{Text: strings.Join(known, "\n")}
		if known == nil {
			first.Text = b.say("report.first_facts.none")
		}
		pairs = append(pairs, b.pair("report.first_facts", first))
	}
	return append([]Section{b.begin(b.voice.phase(incident.Reported), pairs)}, b.steps(incident.Reported)...)
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
	var lines []string
	for _, r := range b.in.Reporters {
		name := r.Name
		if name == "" {
			name = b.say("person.erased")
		}
		if r.Department != "" {
			name = b.say("person.of", "name", name, "of", r.Department)
		}
		lines = append(lines, name)
	}
	return b.filled(strings.Join(lines, "\n"))
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
	return append(b.work(incident.Recovery, incident.FieldPrevention), b.part("report.actions", b.actions()))
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

func (b *builder) actions() Block {
	if len(b.in.Actions) == 0 {
		if b.notNeeded(incident.Recovery) {
			return Paragraph{Text: b.say("report.not_needed")}
		}
		return Paragraph{Text: b.say("text.unfilled"), Gap: true}
	}
	t := Table{Header: b.header("number", "action", "owner", "due", "state"), Widths: []int{6, 44, 18, 20, 12}}
	for _, a := range b.in.Actions {
		owner, due := b.gap(), b.filled(Day(a.Due, b.say))
		if a.Owner != "" {
			owner = Cell{Text: b.voice.name(a.Owner)}
		}
		state := b.say("report.action.open")
		if a.Done {
			state = b.say("report.action.done")
		}
		t.Rows = append(t.Rows, []Cell{{Text: strconv.Itoa(a.N)}, {Text: b.kept(a.Text)}, owner, due, {Text: state}})
	}
	return t
}

// finalReport is chapter 5, 最終報告: what goes outside, the approval, the end.
func (b *builder) finalReport() []Section {
	s := []Section{b.begin(b.voice.phase(incident.FinalReport), Pairs{b.since(incident.FinalReport)})}
	outside := b.stepTable(func(s incident.StepState) bool {
		return s.Kind == incident.StepAuthority || s.Kind == incident.StepPublish || !slices.Contains(workPhases, s.Phase)
	})
	return append(s,
		b.part("report.outside", outside),
		b.part("report.approval", b.approval()),
		b.part("report.closing", b.closing()))
}

func (b *builder) approval() Block {
	a := b.in.Approval
	switch {
	case a == nil && b.in.Phase.Ended():
		return Paragraph{Text: b.say("report.approval.not_needed")}
	case a == nil:
		return Paragraph{Text: b.say("report.approval.none"), Gap: true}
	}
	pairs := Pairs{
		b.pair("report.approval.by", Cell{Text: b.say("person.of", "name", b.voice.name(a.By), "of", b.voice.approver(a.Role, a.Deputy))}),
		b.pair("report.approval.at", Cell{Text: Instant(a.At, b.say)}),
	}
	switch {
	case a.Publication != "":
		pairs = append(pairs, b.pair("report.approval.publication", Cell{Text: b.say("publication." + string(a.Publication))}))
	case b.in.WorkingLevel() == incident.Level3:
		pairs = append(pairs, b.pair("report.approval.publication", b.gap()))
	}
	comment := b.optional(a.Seq, a.Comment, func(e incident.Event) incident.Text { return e.(incident.Approved).Comment })
	if comment != "" {
		pairs = append(pairs, b.pair("report.comment", Cell{Text: comment}))
	}
	return pairs
}

func (b *builder) closing() Block {
	switch {
	case !b.in.Phase.Ended():
		return Paragraph{Text: b.say("report.closing.none"), Gap: true}
	case b.in.Phase == incident.Dismissed, b.in.MergedInto != "":
		return Paragraph{Text: b.say("report.closing.elsewhere")}
	}
	pairs := b.endedWhen()
	comment := b.in.EndReason
	if b.ended != nil {
		if e, ok := b.ended.Event.(incident.IncidentClosed); ok && e.Comment.Erased {
			comment = b.say("text.erased")
		}
	}
	if comment != "" {
		pairs = append(pairs, b.pair("report.comment", Cell{Text: comment}))
	}
	return pairs
}
