package draft

import (
	"slices"
	"strings"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// Document lays a draft out for printing: first what whoever works on it has to know, then the
// fields in the order of the form. A form is a table for each of its parts; a letter is read as
// a letter.
func (d Draft) Document() report.Document {
	say := d.say
	doc := report.Document{Lang: d.Lang, Title: d.Title, Banner: d.banner(), Meta: d.Hints}
	doc.Meta = append(doc.Meta[:len(doc.Meta):len(doc.Meta)], report.Pair{Label: say("draft.hint.tally"), Value: report.Cell{Text: d.Tally()}})
	doc.Footer = say("draft.footer", "company", d.Company, "id", string(d.Incident))
	doc.Sections = append(doc.Sections, report.Section{Level: 1, Title: say("draft.section.notes"), Blocks: []report.Block{report.List{Items: d.Notes}}})
	if d.Opening != nil {
		// The text alone, so that the page before it can be taken away.
		s := report.Section{Level: 1, Title: say("draft.section.text"), NewPage: true}
		for _, t := range d.Opening {
			s.Blocks = append(s.Blocks, report.Paragraph{Text: t})
		}
		doc.Sections = append(doc.Sections, s)
	}
	for _, p := range d.Parts {
		if d.Opening == nil {
			doc.Sections = append(doc.Sections, d.table(p))
			continue
		}
		for _, f := range p.Fields {
			doc.Sections = append(doc.Sections, d.passage(f))
		}
	}
	if d.Closing != nil {
		s := &doc.Sections[len(doc.Sections)-1]
		for _, t := range d.Closing {
			s.Blocks = append(s.Blocks, report.Paragraph{Text: t})
		}
	}
	return doc
}

func (d Draft) banner() []string {
	var out []string
	if d.Practice {
		out = append(out, d.say("report.banner.practice"))
	}
	if d.Kind.approved() {
		return append(out, d.say("draft.banner.external"))
	}
	return append(out, d.say("draft.banner"), d.say("report.banner.internal"))
}

func (d Draft) table(p Part) report.Section {
	t := report.Table{
		Header: []string{d.say("draft.column.field"), d.say("draft.column.value"), d.say("draft.column.state")},
		Widths: []int{24, 52, 24},
	}
	for _, f := range p.Fields {
		value := report.Cell{Text: f.Text(d.say)}
		if value.Text == "" {
			value.Text = d.say("draft.blank")
			value.Gap = true
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: d.HeadingOf(f)}, value, {Text: d.StateOf(f), Gap: f.State != Known}})
	}
	return report.Section{Level: 1, Title: p.Heading, Blocks: []report.Block{t}}
}

func (d Draft) passage(f Field) report.Section {
	s := report.Section{Level: 2, Title: f.Heading}
	if text := f.Text(d.say); text != "" {
		s.Blocks = append(s.Blocks, report.Paragraph{Text: text})
	}
	if f.State != Known {
		s.Blocks = append(s.Blocks, report.Paragraph{Text: d.say("draft.todo", "text", d.StateOf(f)), Gap: true})
	}
	return s
}

// HeadingOf is a field's heading with the mark of its source.
func (d Draft) HeadingOf(f Field) string {
	if d.Opening != nil {
		return f.Heading // a letter is sent with its headings
	}
	return d.say("draft.heading."+strings.ToLower(string(f.Mark)), "heading", f.Heading)
}

// StateOf says how sure a field is, and what is left to do.
func (d Draft) StateOf(f Field) string {
	state := d.say("draft.state." + string(f.State))
	if f.Ask == "" {
		return state
	}
	return d.say("draft.state.ask", "state", state, "ask", f.Ask)
}

// Text is the value of a field, with its boxes in one line before it.
func (f Field) Text(say report.Say) string {
	if f.Choices == nil {
		return f.Value
	}
	row := ""
	for i, box := range f.Boxes(say) {
		if i == 0 {
			row = box
		} else {
			row = say("draft.choice.beside", "before", row, "choice", box)
		}
	}
	return lines(row, f.Value)
}

// Boxes are the boxes of a field, ticked or not. They are copied: that it is not known yet whether
// one applies is said beside it, by Ask.
func (f Field) Boxes(say report.Say) []string {
	out := make([]string, len(f.Choices))
	for i, c := range f.Choices {
		key := "draft.box.off"
		if c.Ticked == incident.Yes {
			key = "draft.box.on"
		}
		out[i] = say(key, "text", c.Text)
	}
	return out
}

// Copied is the value of a field as it is copied into a form: each box on a line.
func (d Draft) Copied(f Field) string {
	return lines(append(f.Boxes(d.say), f.Value)...)
}

// Plain is a letter or a mail as it is sent: what stands around its fields, and each field with
// its heading. Of boxes only those that are ticked are said. What is left to do is not in it.
func (d Draft) Plain() string {
	paragraphs := slices.Clone(d.Opening)
	for _, f := range d.Fields() {
		var ticked []string
		for _, c := range f.Choices {
			if c.Ticked == incident.Yes {
				ticked = append(ticked, c.Text)
			}
		}
		text := lines(strings.Join(ticked, d.say("separator")), f.Value)
		if text == "" {
			text = d.say("draft.blank")
		}
		paragraphs = append(paragraphs, d.say("draft.plain.field", "heading", f.Heading, "text", text))
	}
	return strings.Join(append(paragraphs, d.Closing...), "\n\n")
}

// Say gives a text in the draft's language, for whoever lays it out otherwise.
func (d Draft) Say(key string, pairs ...string) string { return d.say(key, pairs...) }
