package report

import "hikeshi/workflows/incident"

// told are the parts that say who is affected and what they were told, and which texts went
// outside; nothing where nothing of it was recorded.
func (b *builder) told() (parts []Section) {
	if t := b.parties(); t.Rows != nil {
		parts = append(parts, b.part("report.parties", t))
	}
	if t := b.texts(); t.Rows != nil {
		parts = append(parts, b.part("report.texts", t))
	}
	return parts
}

// toldChapter is the same as a chapter of its own.
func (b *builder) toldChapter() []Section {
	parts := b.told()
	if parts == nil {
		return nil
	}
	return append([]Section{b.begin(b.say("report.told"))}, parts...)
}

func (b *builder) parties() Table {
	t := Table{Header: b.header("party", "heads", "told_fact", "told_measure", "told_restore"), Widths: []int{24, 12, 22, 21, 21}}
	for _, p := range b.in.AffectedParties() {
		row := cells(b.kept(p.Name), Heads(p.Kind, p.Count, b.say))
		for _, topic := range incident.Topics {
			cell := Cell{Text: b.say("report.told.not_yet"), Gap: true}
			if told, ok := p.ToldOf(topic); ok {
				cell = Cell{Text: b.say("report.told.on", "day", Day(told.On, b.say), "how", b.kept(told.How))}
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// texts are those that went out or wait for it, and who approved them. What was sent back,
// replaced or withdrawn stands in the 対応経過.
func (b *builder) texts() Table {
	t := Table{Header: b.header("outside_text", "state", "approved", "published"), Widths: []int{26, 18, 26, 30}}
	for _, x := range b.in.Texts {
		if x.Status != incident.TextPublished && !x.Unfinished() {
			continue
		}
		approved, published := b.gap(), b.gap()
		if a := x.Approval; a != nil {
			approved = Cell{Text: b.say("report.told.approved", "person", b.voice.name(a.By), "role", b.voice.approver(a.Role, a.Deputy), "at", Instant(a.At, b.say))}
		}
		if p := x.Publication; p != nil {
			published = Cell{Text: b.say("report.told.on", "day", Instant(p.At, b.say), "how", b.kept(p.Where))}
		}
		name := b.say("outside.version", "text", b.say("outside."+string(x.What)), "version", number(int64(x.Version)))
		if e, ok := b.bySeq[x.Seq].Event.(incident.OutsideProposed); ok {
			name += "\n" + b.quoted(e.Text)
		}
		t.Rows = append(t.Rows, []Cell{{Text: name}, {Text: b.say("outsidestatus." + string(x.Status))}, approved, published})
	}
	return t
}

// quoted is how a text begins, so that a reader knows it again; the whole stands in the record.
func (b *builder) quoted(t incident.Text) string {
	if t.Erased {
		return b.say("text.erased")
	}
	return b.say("report.told.begins", "text", beginning(t.Body))
}
