package templates

import (
	"bytes"
	"regexp"

	"hikeshi/workflows/report"
)

// Particulars are what a form is filled in with: report.Particulars, or a document alone.
type Particulars interface {
	Document() report.Document
	Value(name string) report.Value
	Entries(name string) report.Entries
	Section(name string) []report.Section
	// Absent is said in the place of a chapter that there is not.
	Absent() report.Cell
}

// filling is one part being written.
type filling struct {
	wordWriter
	with Particulars
	part *formPart
	// marked says that the form has a place for the word that marks a drill.
	marked bool
	err    error
}

// whole makes the part.
func (f *filling) whole() ([]byte, error) {
	f.Write(f.part.src[:f.part.root.start])
	f.node(f.part.root, nil)
	f.Write(f.part.src[f.part.root.end:])
	return f.Bytes(), f.err
}

// drill marks the report of a drill where the form has no place for it: nobody may take one
// for real, in whatever form it is.
func (f *filling) drill() {
	if word := f.with.Value("practice"); word.Holds && !f.marked {
		f.paragraph("", styleBanner, "\u00a0"+word.Text+"\u00a0")
	}
}

// scope is the entry of a list at hand.
type scope struct {
	list    string
	entries report.Entries
	row     []report.Cell // nil where the list has none
	first   *tag
	copied  bool // the row was written before
	outer   *scope
}

func (s *scope) of(list string) *scope {
	for ; s != nil; s = s.outer {
		if s.list == list {
			return s
		}
	}
	return nil
}

func (s *scope) isCopy() bool {
	for ; s != nil; s = s.outer {
		if s.copied {
			return true
		}
	}
	return false
}

// node writes an element with all that lies below it.
func (f *filling) node(n *node, s *scope) {
	if f.err != nil {
		return
	}
	if n.plan == nil && !s.isCopy() {
		f.Write(f.part.src[n.start:n.end])
		return
	}
	if n.plan == nil || n.plan.repeat == "" || s.of(n.plan.repeat) != nil {
		f.once(n, s)
		return
	}
	entries := f.with.Entries(n.plan.repeat)
	row := &scope{list: n.plan.repeat, entries: entries, first: n.plan.first, outer: s}
	if len(entries.Rows) == 0 {
		f.once(n, row)
		return
	}
	for i, cells := range entries.Rows {
		row.row, row.copied = cells, i > 0
		f.once(n, row)
	}
}

func (f *filling) once(n *node, s *scope) {
	copied := s.isCopy()
	if copied && onlyOnce[n.name] {
		return
	}
	pl := n.plan
	if pl != nil {
		for _, g := range pl.guards {
			if f.holds(g.place, s) == g.negate {
				return
			}
		}
		switch {
		case pl.gone:
			f.sectionEnd(n)
			return
		case pl.block.kind != 0:
			f.chapters(pl)
			f.sectionEnd(n)
			return
		case pl.unbound:
			f.unbound(n)
			return
		case pl.para != nil:
			f.open(n, copied)
			f.paragraphInside(n, f.fill(pl.para, s), s)
			f.close(n)
			return
		}
	}
	before := f.Len()
	f.open(n, copied)
	inside := f.Len()
	if n.name == "w:body" {
		f.drill()
	}
	for _, k := range n.kids {
		if k.name == "w:sectPr" && bytes.HasSuffix(bytes.TrimSpace(f.Bytes()), []byte("</w:tbl>")) {
			f.WriteString("<w:p/>") // Word refuses a body that ends with a table
		}
		f.node(k, s)
	}
	if pl != nil && !f.sound(n, inside) {
		f.Truncate(before)
		return
	}
	f.close(n)
}

// onlyOnce are marks with numbers of their own: in a repeated row only the first keeps them.
var onlyOnce = map[string]bool{
	"w:bookmarkStart": true, "w:bookmarkEnd": true, "w:commentRangeStart": true, "w:commentRangeEnd": true,
	"w:permStart": true, "w:permEnd": true,
}

// sound mends what leaving out has made invalid: a cell needs a paragraph, and neither a
// table without rows nor a content control without content can be. It reports false where
// the element as a whole must go.
func (f *filling) sound(n *node, inside int) bool {
	switch n.name {
	case "w:txbxContent", "w:hdr", "w:ftr", "w:footnote", "w:endnote":
		if !bytes.Contains(f.Bytes()[inside:], []byte("<w:p")) {
			f.WriteString("<w:p/>")
		}
	case "w:tc":
		if !endsWithParagraph(f.Bytes()[inside:]) {
			f.WriteString("<w:p/>")
		}
	case "w:tbl":
		return bytes.Contains(f.Bytes()[inside:], []byte("<w:tr"))
	case "w:sdt":
		content := n.child("w:sdtContent")
		return content == nil || bytes.Contains(f.Bytes()[inside:], f.part.src[content.start:content.opened])
	case "w:sdtContent":
		return len(bytes.TrimSpace(f.Bytes()[inside:])) > 0 // the w:sdt around it sees it and goes, too
	}
	return true
}

func endsWithParagraph(b []byte) bool {
	b = bytes.TrimRight(b, " \t\r\n")
	if bytes.HasSuffix(b, []byte("</w:p>")) {
		return true
	}
	empty := b[max(bytes.LastIndexByte(b, '<'), 0):]
	return bytes.HasSuffix(empty, []byte("/>")) && (bytes.HasPrefix(empty, []byte("<w:p/")) || bytes.HasPrefix(empty, []byte("<w:p ")))
}

func (f *filling) open(n *node, copied bool) {
	if copied && n.again != nil {
		f.Write(n.again)
		return
	}
	f.Write(f.part.src[n.start:n.opened])
}

func (f *filling) close(n *node) { f.Write(f.part.src[n.closing:n.end]) }

// sectionEnd keeps the end of a section that a removed paragraph carried.
func (f *filling) sectionEnd(p *node) {
	pr := p.child("w:pPr")
	if pr == nil {
		return
	}
	if end := pr.child("w:sectPr"); end != nil {
		f.WriteString("<w:p><w:pPr>")
		f.Write(f.part.src[end.start:end.end])
		f.WriteString("</w:pPr></w:p>")
	}
}

// unbound writes the properties of a content control without what makes Word put the old
// content back, or show it as a hint to type over.
func (f *filling) unbound(n *node) {
	f.Write(f.part.src[n.start:n.opened])
	for _, k := range n.kids {
		switch k.name {
		case "w:dataBinding", "w15:dataBinding", "w:showingPlcHdr":
		default:
			f.Write(f.part.src[k.start:k.end])
		}
	}
	f.close(n)
}

func (f *filling) value(t *tag, s *scope) report.Cell {
	if t.place.kind == valuePlace {
		return f.with.Value(t.place.id).Cell
	}
	entry := s.of(t.place.id)
	switch {
	case entry == nil:
		return report.Cell{Gap: true}
	case entry.row == nil && t == entry.first:
		return entry.entries.None
	case entry.row == nil:
		return report.Cell{}
	}
	return entry.cell(t.place.column)
}

func (s *scope) cell(column string) report.Cell {
	if i := s.entries.Column(column); i >= 0 && i < len(s.row) {
		return s.row[i]
	}
	return report.Cell{}
}

// holds reports whether an optional part about something is shown.
func (f *filling) holds(p place, s *scope) bool {
	switch p.kind {
	case valuePlace:
		return f.with.Value(p.id).Holds
	case listPlace:
		return len(f.with.Entries(p.id).Rows) > 0
	case sectionPlace:
		return len(f.with.Section(p.id)) > 0
	case columnPlace:
		if entry := s.of(p.id); entry != nil && entry.row != nil {
			c := entry.cell(p.column)
			return !c.Gap && c.Text != ""
		}
	}
	return false
}

// chapters puts blocks in the place of a paragraph.
func (f *filling) chapters(pl *plan) {
	f.width = pl.width
	var sections []report.Section
	switch pl.block.kind {
	case coverPlace:
		f.pairs(f.with.Document().Meta)
		return
	case bodyPlace:
		sections = f.with.Document().Sections
	default:
		sections = f.with.Section(pl.block.id)
	}
	if len(sections) == 0 && pl.block.kind == sectionPlace {
		absent := f.with.Absent()
		f.paragraph("", gapStyle(absent.Gap), gapText(absent.Text, absent.Gap))
		return
	}
	if err := f.sections(sections); err != nil {
		f.err = err
	}
}

// copyMarks are the numbers Word gives a paragraph: two with the same confuse its comparing.
var copyMarks = regexp.MustCompile(`\s(w14:paraId|w14:textId)\s*=\s*("[^"]*"|'[^']*')`)

// clearCopies prepares a row for being written more than once.
func clearCopies(src []byte, row *node) {
	row.each(func(n *node) {
		if n.name != "w:tr" && n.name != "w:p" {
			return
		}
		if tag := src[n.start:n.opened]; copyMarks.Match(tag) {
			n.again = copyMarks.ReplaceAll(tag, nil)
		}
	})
}
