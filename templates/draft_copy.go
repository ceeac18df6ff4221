package templates

import (
	"strconv"
	"strings"

	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// The lines by which the copy view is parted. What is copied never begins a line like one of
// them: such a line of somebody's text is set off by copyQuote.
const (
	copyField = "▼"
	copyPart  = "◆"
	copyRule  = "────────────────────────"
	copyQuote = "› "
)

// DraftCopy renders a draft to be copied field by field into a form: each field has a line of
// its own with its number and heading, one with its state, and below it nothing but what is to
// be copied, up to the next rule. Equal drafts give equal bytes.
func DraftCopy(d draft.Draft) []byte {
	var b strings.Builder
	line := func(texts ...string) {
		for _, t := range texts {
			b.WriteString(t)
		}
		b.WriteByte('\n')
	}
	doc := d.Document()
	line(oneLineOf(strings.Join(doc.Banner, " / ")))
	line(oneLineOf(d.Title))
	for _, p := range doc.Meta {
		line(oneLineOf(p.Label), ": ", oneLineOf(p.Value.Text))
	}
	for _, n := range d.Notes {
		line("・", oneLineOf(n))
	}
	if d.Opening != nil {
		line("")
		for _, t := range d.Opening {
			line(copied(t))
		}
	}
	number, all := 0, strconv.Itoa(len(d.Fields()))
	for _, p := range d.Parts {
		line("")
		line(copyPart, " ", oneLineOf(p.Heading))
		for _, f := range p.Fields {
			number++
			line(copyRule)
			line(copyField, " ", strconv.Itoa(number), "/", all, " ", oneLineOf(d.HeadingOf(f)))
			line(d.Say("draft.copy.state", "state", oneLineOf(d.StateOf(f))))
			if text := d.Copied(f); text != "" {
				line(copied(text))
			}
		}
	}
	line(copyRule)
	for _, t := range d.Closing {
		line(copied(t))
	}
	return []byte(b.String())
}

// oneLineOf is for headings and states.
func oneLineOf(s string) string { return strings.Join(strings.Fields(Printable(s)), " ") }

// copied keeps a text's own lines apart from those of the view.
func copied(text string) string {
	all := strings.Split(Printable(text), "\n")
	for i, l := range all {
		l = strings.TrimRight(l, " \t")
		start := strings.TrimLeftFunc(l, func(r rune) bool { return !incident.Visible(string(r)) })
		for _, mark := range []string{copyField, copyPart, copyRule[:len("─")]} {
			if strings.HasPrefix(start, mark) {
				l = copyQuote + start
			}
		}
		all[i] = l
	}
	return strings.Join(all, "\n")
}
