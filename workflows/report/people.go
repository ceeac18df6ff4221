package report

import (
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// people is the chapter 責任者・担当者: who answers for it, who led, who was called, who knew.
func (b *builder) people() []Section {
	return []Section{
		b.begin(b.say("field.responsible"), Pairs{
			b.pair("report.responsible", b.responsible()),
			b.pair("report.lead", b.lead()),
		}),
		b.part("report.leads", b.lay(b.leads())),
		b.part("report.responders", b.lay(b.responders())),
		b.part("report.circle", Paragraph(b.circleText())),
	}
}

// responsible is the role that §9.2 names for the level, with who of the circle holds it.
func (b *builder) responsible() Cell {
	level := b.in.WorkingLevel()
	role := level.Responsible()
	var people []incident.PersonID
	if role == incident.IncidentLead && b.in.Lead != "" {
		people = append(people, b.in.Lead)
	}
	for _, m := range b.in.Circle {
		if m.Role == role && !slices.Contains(people, m.Person) {
			people = append(people, m.Person)
		}
	}
	pairs := []string{"role", b.say("role." + string(role)), "level", b.say("level." + level.String())}
	if people == nil {
		return Cell{Text: b.say("report.responsible.none", pairs...), Gap: true}
	}
	return Cell{Text: b.say("report.responsible.is", append(pairs, "names", b.voice.names(people))...)}
}

func (b *builder) lead() Cell {
	if b.in.Lead == "" {
		if b.in.Phase.Ended() {
			return Cell{Text: b.say("report.lead.none")}
		}
		return Cell{Text: b.say("report.lead.none"), Gap: true}
	}
	return Cell{Text: b.say("person.of", "name", b.voice.name(b.in.Lead), "of", b.say("leadhow."+string(b.in.LeadHow)))}
}

func (b *builder) leads() lines {
	l := lines{keys: []string{"at", "name", "how"}, widths: []int{32, 28, 40}, none: Paragraph{Text: b.say("report.leads.none")}}
	for _, r := range b.taken {
		e := r.Event.(incident.LeadTaken)
		l.rows = append(l.rows, cells(Instant(r.Occurred, b.say), b.voice.name(e.Person), b.say("leadhow."+string(e.How))))
	}
	return l
}

func (b *builder) responders() lines {
	l := lines{
		keys: []string{"name", "roles", "called", "answered", "answer"}, widths: []int{14, 24, 24, 24, 14},
		none: Paragraph{Text: b.say("report.responders.none")},
	}
	for _, p := range b.in.Pages {
		roles := b.voice.roles(p.Roles)
		l.rows = append(l.rows, cells(b.voice.name(p.Person), roles, b.calledAt(p), Instant(p.Reply, b.say), b.say("pagestatus."+string(p.Status))))
	}
	return l
}

// calledAt says when somebody was called. The page is that of his last call, and who reads when the
// night began needs the first one. Calls of one minute, as for a role and then for the level, are one.
func (b *builder) calledAt(p incident.Page) string {
	if p.Uncalled {
		return b.say("report.page.uncalled")
	}
	var calls []string
	for _, at := range b.calls[p.Person] {
		calls = append(calls, Instant(at, b.say))
	}
	calls = slices.Compact(calls)
	switch n := len(calls) - 1; {
	case n > 0:
		return b.say("report.page.again", "first", calls[0], "count", strconv.Itoa(n), "last", calls[n])
	case n == 0:
		return calls[0]
	}
	return Instant(p.At, b.say) // of a record that does not begin at its beginning
}

func (b *builder) circle() lines {
	l := lines{keys: []string{"name", "why"}, none: Paragraph{Text: b.say("report.circle.none")}}
	for _, m := range b.in.Circle {
		l.rows = append(l.rows, cells(b.voice.name(m.Person), b.voice.why(m.Why, m.Role)))
	}
	return l
}

// circleText has one person a line, and those who were left out.
func (b *builder) circleText() Cell {
	l := b.circle()
	if l.rows == nil {
		return Cell(l.none)
	}
	var people []string
	for _, r := range l.rows {
		people = append(people, b.say("person.of", "name", r[0].Text, "of", r[1].Text))
	}
	if len(b.in.Excluded) > 0 {
		people = append(people, b.say("report.circle.excluded", "names", b.voice.names(b.in.Excluded)))
	}
	return Cell{Text: strings.Join(people, "\n")}
}
