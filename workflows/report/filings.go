package report

import "hikeshi/workflows/incident"

// filings are the notifications to authorities, individuals and partners: to whom, by when, and
// what became of each. What nothing asks for any more stands in the 対応経過 alone. A form takes
// the columns by name.
func (b *builder) filings() lines {
	l := lines{
		keys:   []string{"filing", "filed_to", "filed_by", "filed_on", "filed_note"},
		widths: []int{23, 19, 20, 15, 23},
		none:   Paragraph{Text: b.say("report.filings.none")},
	}
	for _, c := range b.in.Clocks {
		if c.Status == incident.ClockLapsed {
			continue
		}
		by := Until(c.Duty, b.say)
		if c.Open() && c.Provisional {
			by = b.say("log.clocks_drawn.provisional", "until", by)
		}
		row := []Cell{{Text: b.voice.rule(c.Rule)}, {Text: b.whom(c.Rule)}, {Text: by}}
		l.rows = append(l.rows, append(row, b.filed(c)...))
	}
	return l
}

// filed says when something was done and under which number, or why it need not be.
func (b *builder) filed(c incident.Clock) []Cell {
	settled := func(of func(incident.ClockSettled) incident.Text, text string) string {
		return b.optional(c.Seq, text, func(e incident.Event) incident.Text {
			s, _ := e.(incident.ClockSettled)
			return of(s)
		})
	}
	to := settled(func(e incident.ClockSettled) incident.Text { return e.To }, c.To)
	switch c.Status {
	case incident.ClockFiled:
		receipt := settled(func(e incident.ClockSettled) incident.Text { return e.Receipt }, c.Receipt)
		note := b.say("report.filings.no_receipt")
		if receipt != "" {
			note = b.say("log.part.receipt", "text", receipt)
		}
		if to != "" {
			note += "\n" + b.say("log.part.to", "text", to)
		}
		return cells(Day(c.On, b.say), note)
	case incident.ClockPassed:
		return cells(Day(c.On, b.say), b.say("report.filings.passed", "to", to))
	case incident.ClockUnneeded:
		reason := settled(func(e incident.ClockSettled) incident.Text { return e.Reason }, c.Reason)
		return cells(b.say("clockstatus."+string(c.Status)), b.say("report.filings.unneeded", "reason", reason, "person", b.voice.name(c.By)))
	default:
		return []Cell{{Text: b.say("report.filings.open"), Gap: true}, {}}
	}
}

// whom is who is told by a rule; "" where its words are not known.
func (b *builder) whom(r incident.Rule) string {
	if b.o.Whom == nil {
		return ""
	}
	return b.o.Whom(r)
}
