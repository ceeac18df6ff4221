package templates

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"hikeshi/workflows/report"
)

// mdGapSign stands before a text that says that something is missing, because bold type alone
// is lost where Markdown is read as plain text.
const mdGapSign = "⚠ "

// Markdown renders a document as CommonMark with the tables of GitHub Flavored Markdown.
// Every text is escaped: what somebody typed cannot become a heading, a link, an image, HTML,
// a code fence or a new table column. Addresses of web pages and of mail stand in code spans,
// so that nobody lands at an attacker's with a click on a report.
// Equal documents give equal bytes.
func Markdown(d report.Document) []byte {
	var m markdownWriter
	if len(d.Banner) > 0 {
		m.part("> **" + mdOneLine(strings.Join(d.Banner, " / ")) + "**")
	}
	m.part("# " + mdOneLine(d.Title))
	if d.Subtitle != "" {
		m.paragraph(report.Paragraph{Text: d.Subtitle})
	}
	if len(d.Meta) > 0 {
		m.pairs(d.Meta)
	}
	for _, s := range d.Sections {
		mark := "## "
		if s.Level > 1 {
			mark = "### "
		}
		m.part(mark + mdOneLine(s.Title))
		for _, block := range s.Blocks {
			m.block(block)
		}
	}
	if d.Footer != "" {
		m.part("---")
		m.paragraph(report.Paragraph{Text: d.Footer})
	}
	return []byte(m.String())
}

type markdownWriter struct {
	strings.Builder
	// lastList is the mark of the list just written. Two lists in a row need different
	// marks, or a reader joins them into one.
	lastList string
}

// part writes one block and parts it from the one before by an empty line.
func (m *markdownWriter) part(lines ...string) {
	if m.Len() > 0 {
		m.WriteByte('\n')
	}
	for _, line := range lines {
		m.WriteString(line)
		m.WriteByte('\n')
	}
	m.lastList = ""
}

func (m *markdownWriter) block(block report.Block) {
	switch b := block.(type) {
	case report.Paragraph:
		m.paragraph(b)
	case report.List:
		m.list(b)
	case report.Pairs:
		m.pairs(b)
	case report.Table:
		m.table(b)
	default:
		// Without an error to return, a kind of block that is unknown here must at
		// least be seen.
		m.part("**" + mdGapSign + mdEscape(fmt.Sprintf("%T", b), false) + "**")
	}
}

// paragraph keeps line breaks as hard breaks; an empty line parts two paragraphs.
func (m *markdownWriter) paragraph(p report.Paragraph) {
	text := Printable(p.Text)
	if p.Gap && strings.TrimSpace(text) == "" {
		text = emptyGap
	}
	var group []string
	flush := func() {
		if len(group) == 0 {
			return
		}
		if p.Gap {
			group[0] = "**" + mdGapSign + group[0]
			group[len(group)-1] += "**"
		}
		m.part(strings.Join(group, "\\\n"))
		group = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if p.Gap {
			// Bold does not close after white space of any kind.
			line = strings.TrimSpace(line)
		}
		line = mdEscape(line, true)
		if line == "" {
			flush()
			continue
		}
		group = append(group, line)
	}
	flush()
}

func (m *markdownWriter) list(l report.List) {
	if len(l.Items) == 0 {
		return
	}
	mark, other := "-", "*"
	if l.Ordered {
		mark, other = ".", ")"
	}
	if m.lastList == mark {
		mark = other
	}
	lines := make([]string, len(l.Items))
	for i, item := range l.Items {
		start := mark + " "
		if l.Ordered {
			start = strconv.Itoa(i+1) + start
		}
		lines[i] = strings.TrimRight(start+mdBroken(item, true), " ")
	}
	m.part(lines...)
	m.lastList = mark
}

// pairs has an empty header row, since a table of GFM cannot be without one.
func (m *markdownWriter) pairs(pairs []report.Pair) {
	if len(pairs) == 0 {
		return
	}
	lines := []string{"|  |  |", "| --- | --- |"}
	for _, p := range pairs {
		lines = append(lines, mdRow(mdBroken(p.Label, false), mdCell(p.Value)))
	}
	m.part(lines...)
}

func (m *markdownWriter) table(t report.Table) {
	columns := columnCount(t)
	if columns == 0 {
		return
	}
	cells := make([]string, columns)
	for i, title := range t.Header {
		cells[i] = mdBroken(title, false)
	}
	lines := []string{mdRow(cells...), "|" + strings.Repeat(" --- |", columns)}
	for _, row := range t.Rows {
		clear(cells)
		for i, c := range row {
			cells[i] = mdCell(c)
		}
		lines = append(lines, mdRow(cells...))
	}
	m.part(lines...)
}

func mdRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |" }

func mdCell(c report.Cell) string {
	text := mdBroken(c.Text, false)
	if !c.Gap {
		return text
	}
	if text == "" {
		text = emptyGap
	}
	return "**" + mdGapSign + text + "**"
}

// mdBroken is for places where a line feed would end the cell or the item.
func mdBroken(s string, atStart bool) string {
	lines := strings.Split(strings.TrimSpace(Printable(s)), "\n")
	for i, line := range lines {
		lines[i] = mdEscape(line, atStart && i == 0)
	}
	return strings.Join(lines, "<br>")
}

// mdOneLine is for headings and the banner.
func mdOneLine(s string) string {
	return mdEscape(strings.Join(strings.Fields(Printable(s)), " "), false)
}

// mdEscape makes one printable line stand for itself. atStart is set where the line may begin
// a line of Markdown, so that it cannot begin a list, a heading or a table. White space at
// the end is dropped (two spaces would be a hard break); at the beginning it is kept by
// entities, since four spaces would be a code block.
//
// The bar is an entity rather than a backslash and a bar, because readers differ in how they
// count the backslashes before a bar.
func mdEscape(line string, atStart bool) string {
	line = strings.TrimRight(line, " \t")
	var b strings.Builder
	b.Grow(len(line) + 16)
	body := strings.TrimLeft(line, " \t")
	for _, r := range line[:len(line)-len(body)] {
		if r == '\t' {
			b.WriteString("&nbsp;&nbsp;&nbsp;")
		}
		b.WriteString("&nbsp;")
	}
	if atStart && len(body) == len(line) {
		body = mdEscapeStart(&b, body)
	}
	for body != "" {
		from, to := mdAddress(body)
		mdEscapeText(&b, body[:from])
		if from < to {
			b.WriteString("`" + body[from:to] + "`")
		}
		body = body[to:]
	}
	return b.String()
}

func mdEscapeText(b *strings.Builder, text string) {
	for i := range len(text) {
		switch c := text[i]; c {
		case '\\', '`', '*', '_', '[', ']', '~', '#', '$':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '|':
			b.WriteString("&#124;")
		case '\t':
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
}

// mdAddressForm finds what GFM makes a link of its own accord. A backslash does not prevent
// it everywhere, since GitHub looks for addresses a second time after all escapes are undone;
// a code span does. The characters are those of RFC 3986, so there is neither a back quote
// nor a bar among them.
var mdAddressForm = regexp.MustCompile(
	"(?i)(?:[a-z][a-z0-9+.-]*://|www\\.)[a-z0-9._~:/?#\\[\\]@!$&'()*+,;=%-]*" +
		"|[a-z0-9._+%-]+@[a-z0-9._-]+")

// mdAddress returns where the first address stands in the text; both are its length if there
// is none.
func mdAddress(text string) (from, to int) {
	// The expression is slow, and most texts have no address.
	if strings.ContainsAny(text, "@:.") {
		if at := mdAddressForm.FindStringIndex(text); at != nil {
			return at[0], at[1]
		}
	}
	return len(text), len(text)
}

// mdEscapeStart writes what is special only at the start of a line and returns the rest:
// marks of a list, of an underlined heading, of a table's second row (":--"), and numbers of
// an ordered list.
func mdEscapeStart(b *strings.Builder, body string) string {
	if body == "" {
		return body
	}
	if strings.IndexByte("+-=:", body[0]) >= 0 {
		b.WriteByte('\\')
		b.WriteByte(body[0])
		return body[1:]
	}
	digits := len(body) - len(strings.TrimLeft(body, "0123456789"))
	if digits > 0 && digits < len(body) && (body[digits] == '.' || body[digits] == ')') {
		b.WriteString(body[:digits])
		b.WriteByte('\\')
		b.WriteByte(body[digits])
		return body[digits+1:]
	}
	return body
}
