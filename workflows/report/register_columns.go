package report

import "hikeshi/workflows/incident"

// registerColumns is the register, from left to right: which incident and how grave; when;
// who; what happened, in the order of the phases (seed 001 §9.5); and what proves it. The
// titles of instants say that they are in Japan time.
var registerColumns = []struct {
	title, meaning string
	width          int
	of             func(*builder) RegisterCell
}{
	{"report.number", "register.means.number", 16, func(b *builder) RegisterCell { return RegisterCell{Text: string(b.in.ID)} }},
	{"register.mark", "register.means.mark", 9, (*builder).mark},
	{"report.level", "register.means.level", 12, (*builder).shortLevel},
	{"field.classification", "register.means.classification", 16, func(b *builder) RegisterCell { return textCell(b.classification()) }},
	{"report.kind", "register.means.kind", 14, func(b *builder) RegisterCell { return textCell(b.kind()) }},
	{"report.phase", "register.means.phase", 11, func(b *builder) RegisterCell { return textCell(b.phaseCell()) }},

	{"register.reported_at", "register.means.reported_at", 17, func(b *builder) RegisterCell { return b.orText(b.in.ReportedAt, "text.unfilled") }},
	{"register.discovered_at", "register.means.discovered_at", 17, func(b *builder) RegisterCell { return b.instantField(incident.FieldDiscoveredAt) }},
	{"register.occurred_at", "register.means.occurred_at", 17, func(b *builder) RegisterCell { return b.instantField(incident.FieldOccurredAt) }},
	{"register.level_at", "register.means.level_at", 17, (*builder).levelSince},
	{"register.ended_at", "register.means.ended_at", 17, (*builder).endInstant},
	{"register.outcome", "register.means.outcome", 20, (*builder).shortOutcome},

	{"report.reporter", "register.means.reporter", 16, func(b *builder) RegisterCell { return textCell(b.reporters()) }},
	{"report.responsible", "register.means.responsible", 22, func(b *builder) RegisterCell { return textCell(b.responsible()) }},
	{"report.lead", "register.means.lead", 18, func(b *builder) RegisterCell { return textCell(b.lead()) }},
	{"register.acting", "register.means.acting", 18, (*builder).acting},
	{"register.personal_data", "register.means.personal_data", 12, (*builder).personalData},

	{"field.event", "register.means.event", 36, func(b *builder) RegisterCell { return b.ofField(incident.FieldEvent) }},
	{"field.expected_damage", "register.means.expected_damage", 20, (*builder).expectedDamage},
	{"field.affected_systems", "register.means.affected_systems", 28, func(b *builder) RegisterCell { return b.ofField(incident.FieldAffectedSystems) }},
	{"field.scope", "register.means.scope", 28, func(b *builder) RegisterCell { return b.ofField(incident.FieldScope) }},
	{"field.cause", "register.means.cause", 28, func(b *builder) RegisterCell { return b.ofField(incident.FieldCause) }},
	{"field.background", "register.means.background", 28, func(b *builder) RegisterCell { return b.ofField(incident.FieldBackground) }},
	{"field.prevention", "register.means.prevention", 28, func(b *builder) RegisterCell { return b.ofField(incident.FieldPrevention) }},
	{"report.actions", "register.means.actions", 32, (*builder).actionLines},
	{"field.log", "register.means.log", 48, (*builder).milestones},

	{"report.approval", "register.means.approval", 22, (*builder).approvalBy},
	{"register.approved_at", "register.means.approved_at", 17, (*builder).approvalInstant},
	{"register.entries", "register.means.entries", 11, func(b *builder) RegisterCell { return RegisterCell{Number: b.in.Seq} }},
	{"report.head", "register.means.head", 20, (*builder).checkValue},
}

// expectedDamage is asked for at level 0 alone.
func (b *builder) expectedDamage() RegisterCell {
	if _, ok := b.in.Fields[incident.FieldExpectedDamage]; !ok && b.in.WorkingLevel() != incident.Level0 {
		return RegisterCell{Text: b.say("report.step.not_applicable")}
	}
	return b.ofField(incident.FieldExpectedDamage)
}
