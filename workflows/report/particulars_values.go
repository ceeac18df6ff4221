package report

import (
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// values are the single things a report says, by name.
var values = func() map[string]func(*builder) Value {
	m := map[string]func(*builder) Value{
		"title":       func(b *builder) Value { return said(b.title()) },
		"subject":     func(b *builder) Value { return said(b.subject()) },
		"footer":      func(b *builder) Value { return said(b.footer()) },
		"marking":     func(b *builder) Value { return said(strings.Join(b.banner(), b.say("separator"))) },
		"number":      func(b *builder) Value { return shown(b.filled(string(b.in.ID))) },
		"version":     func(b *builder) Value { return said(b.version()) },
		"made_at":     func(b *builder) Value { return shown(b.filled(Instant(b.o.MadeAt, b.say))) },
		"made_on":     func(b *builder) Value { return shown(b.filled(b.madeOn())) },
		"phase":       func(b *builder) Value { return shown(b.phaseCell()) },
		"level":       func(b *builder) Value { return shown(b.levelCell()) },
		"check_value": func(b *builder) Value { return shown(b.filled(b.in.Head)) },
		"entry_count": func(b *builder) Value { return said(strconv.FormatInt(b.in.Seq, 10)) },
		"time_zone":   func(b *builder) Value { return said(b.say("time.zone")) },

		"company":          func(b *builder) Value { return shown(b.filled(b.o.Company)) },
		"address":          func(b *builder) Value { return shown(b.filled(b.o.Address)) },
		"corporate_number": func(b *builder) Value { return shown(b.filled(b.o.Number)) },
		"industry":         func(b *builder) Value { return shown(b.filled(b.o.Industry)) },
		"departments": func(b *builder) Value {
			return shown(b.filled(strings.Join(b.o.Departments, b.say("separator"))))
		},

		"classification": func(b *builder) Value { return shown(b.classification()) },
		"kind":           func(b *builder) Value { return shown(b.kind()) },
		"reporter":       func(b *builder) Value { return shown(b.reporters()) },
		"reported_at":    func(b *builder) Value { return shown(b.filled(Instant(b.in.ReportedAt, b.say))) },
		"contractor":     func(b *builder) Value { return b.optionally(b.contractor()) },
		"first_facts":    func(b *builder) Value { return shown(b.firstFacts()) },

		"responsible": func(b *builder) Value { return shown(b.responsible()) },
		"lead":        func(b *builder) Value { return Value{Cell: b.lead(), Holds: b.in.Lead != ""} },
		"circle":      func(b *builder) Value { return shown(b.circleText()) },

		"approved_by":      func(b *builder) Value { return b.ofApproval(b.approvedBy) },
		"approved_at":      func(b *builder) Value { return b.ofApproval(b.approvedAt) },
		"publication":      func(b *builder) Value { return b.ofApproval(b.publication) },
		"approval_comment": func(b *builder) Value { return b.ofApproval(func() Cell { return Cell{Text: b.approvalComment()} }) },
		"outcome":          func(b *builder) Value { return shown(b.outcome()) },
		"ended_at":         func(b *builder) Value { return b.ofEnd(b.endedAt) },
		"ended_by":         func(b *builder) Value { return b.ofEnd(b.endedBy) },
		"end_reason":       func(b *builder) Value { return b.ofEnd(b.endReason) },

		"practice":   func(b *builder) Value { return word(b.in.Practice, b.say("report.banner.practice")) },
		"internal":   func(b *builder) Value { return said(b.say("report.banner.internal")) },
		"restricted": func(b *builder) Value { return word(len(b.in.Excluded) > 0, b.say("report.banner.restricted")) },
		"draft":      func(b *builder) Value { return word(b.o.Version == 0, b.say("report.version.draft")) },
		"closed": func(b *builder) Value {
			return word(b.in.Phase == incident.Closed && b.in.MergedInto == "", b.voice.phase(incident.Closed))
		},
		"dismissed": func(b *builder) Value {
			return word(b.in.Phase == incident.Dismissed, b.voice.phase(incident.Dismissed))
		},
		"merged_into": func(b *builder) Value { return word(b.in.MergedInto != "", string(b.in.MergedInto)) },
		"provisional": func(b *builder) Value {
			level := b.say("level." + b.in.WorkingLevel().String())
			return word(b.in.Provisional() || !b.in.Level.Confirmed(), b.say("level.provisional", "value", level))
		},
	}
	for _, f := range []incident.Field{
		incident.FieldEvent, incident.FieldDiscoveredAt, incident.FieldExpectedDamage, incident.FieldOccurredAt,
		incident.FieldAffectedSystems, incident.FieldScope, incident.FieldCause, incident.FieldBackground, incident.FieldPrevention,
	} {
		m[string(f)] = func(b *builder) Value {
			_, ok := b.in.Fields[f]
			return Value{Cell: b.field(f).Value, Holds: ok}
		}
	}
	for _, p := range []incident.Phase{incident.Containment, incident.Investigation, incident.Recovery, incident.FinalReport} {
		m[string(p)+"_at"] = func(b *builder) Value {
			_, ok := b.in.PhaseSince[p]
			return Value{Cell: b.since(p).Value, Holds: ok}
		}
	}
	for _, l := range []incident.Level{incident.Level0, incident.Level1, incident.Level2, incident.Level3} {
		m["level_"+l.String()] = func(b *builder) Value { return word(b.in.WorkingLevel() == l, b.say("level."+l.String())) }
	}
	for _, k := range incident.FactKeys {
		m["fact_"+string(k)] = func(b *builder) Value {
			a := b.in.Facts[k]
			return Value{Cell: b.fact(k), Holds: a == incident.Yes || k.Numeric() && a != "" && a != incident.Unknown && a != incident.No && a != "0"}
		}
	}
	return m
}()

// ValueNames are the names that Value knows, sorted.
func ValueNames() []string { return sortedNames(values) }

func said(text string) Value { return Value{Cell: Cell{Text: text}, Holds: text != ""} }

func shown(c Cell) Value { return Value{Cell: c, Holds: !c.Gap && c.Text != ""} }

// word is printed only where it is true: it is no gap where it is not.
func word(so bool, text string) Value {
	if !so {
		return Value{}
	}
	return said(text)
}

// optionally is a text that need not have been given.
func (b *builder) optionally(text string) Value {
	if text == "" {
		return Value{Cell: Cell{Text: b.say("text.none")}}
	}
	return said(text)
}

func (b *builder) ofApproval(of func() Cell) Value {
	if none, ok := b.unapproved(); ok {
		return Value{Cell: none}
	}
	c := of()
	if c == (Cell{}) {
		return b.optionally("")
	}
	return shown(c)
}

func (b *builder) ofEnd(of func() Cell) Value {
	if !b.in.Phase.Ended() {
		return Value{Cell: Cell{Text: b.say("report.closing.none"), Gap: true}}
	}
	c := of()
	if c == (Cell{}) {
		return b.optionally("")
	}
	return shown(c)
}

func (b *builder) endedBy() Cell {
	if b.ended == nil {
		return b.gap()
	}
	return Cell{Text: Author(*b.ended, b.voice)}
}

// endReason is why it was dismissed, or what was said at its closing.
func (b *builder) endReason() Cell {
	if b.in.Phase == incident.Dismissed {
		return Cell{Text: b.kept(b.in.EndReason)}
	}
	return Cell{Text: b.closingComment()}
}

func (b *builder) madeOn() string {
	if b.o.MadeAt.IsZero() {
		return ""
	}
	return Day(b.o.MadeAt.In(incident.Tokyo).Format(time.DateOnly), b.say)
}

func (b *builder) reporterLines() lines {
	l := lines{keys: []string{"name", "department"}, none: Paragraph(b.gap())}
	for _, r := range b.in.Reporters {
		l.rows = append(l.rows, []Cell{{Text: b.reporter(r)}, b.filled(r.Department)})
	}
	return l
}
