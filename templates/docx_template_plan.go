package templates

import (
	"slices"
	"strings"
)

// plan is what is to be done at a node when a form is filled in.
type plan struct {
	// guards must all hold, or the node and all below it is left out.
	guards []guard
	// gone nodes held nothing but the mark of an optional part.
	gone bool
	// repeat is the list for whose entries the node is written once each.
	repeat string
	// first is the placeholder that says it when the list has no entries.
	first *tag
	para  *paragraph
	// block is a chapter, or more, in the place of this paragraph.
	block place
	width int // of the column it stands in, in twentieths of a point
	// unbound properties of a content control lose what would bring the old content back.
	unbound bool
}

// guard is the condition of an optional part.
type guard struct {
	place  place
	negate bool
}

// formPart is one XML part of a form with its plan.
type formPart struct {
	name string
	kind string // "", "header", "footer", "note": DocxFault.Part
	src  []byte
	root *node
	used bool // there is something to fill in
	// marked says that a drill is told from a real incident: there is a place for the word.
	marked bool
}

// planner reads the placeholders of one part.
type planner struct {
	file   string
	part   *formPart
	pages  pageCount
	faults []DocxFault
	// fallback is more than 0 inside the second copy that Word keeps of a drawing for old
	// programs: its faults are those of the first.
	fallback int
	sections []sectionWidth
}

// mark is the beginning or the end of an optional part, with all that surrounds it.
type mark struct {
	tag   *tag
	para  *paragraph
	node  *node
	chain []*node // from the root to node
	index int     // of tag in para
}

// stories are texts of their own: no optional part reaches out of one.
var stories = []string{"w:txbxContent", "w:footnote", "w:endnote", "w:comment"}

// planPart finds everything that is to be done in a part.
func planPart(file string, part *formPart) []DocxFault {
	p := &planner{file: file, part: part, pages: countPages(part.root), sections: sectionWidths(part.root)}
	if body := part.root.child("w:body"); body != nil {
		// Always written anew: a drill may have to be marked there.
		part.root.planned()
		body.planned()
		part.used = true
	}
	var open []*mark
	p.walk(part.root, nil, 0, &open)
	p.unclosed(open)
	return p.faults
}

func (p *planner) fault(n *node, key string, pairs ...string) {
	if p.fallback > 0 {
		return
	}
	f := docxFault(p.file, key, pairs...)
	f.Part = p.part.kind
	if f.Part == "" {
		f.Page, f.Estimated = p.pages.at(n.start)
	}
	p.faults = append(p.faults, f)
}

func (p *planner) unclosed(open []*mark) {
	for _, m := range open {
		p.fault(m.node, "docx.fault.never_ends", "placeholder", m.tag.written, "end", "{{/"+m.tag.name+"}}")
	}
}

func (n *node) planned() *plan {
	if n.plan == nil {
		n.plan = &plan{}
	}
	return n.plan
}

// walk goes down to the paragraphs. story is where in the chain the text at hand begins.
func (p *planner) walk(n *node, chain []*node, story int, open *[]*mark) {
	if n.name == "mc:Fallback" {
		p.fallback++
		defer func() { p.fallback-- }()
	}
	chain = append(slices.Clip(chain), n)
	if n.name == "w:p" {
		p.paragraph(n, chain, story, open)
	}
	for _, k := range n.kids {
		if slices.Contains(stories, k.name) {
			var own []*mark
			p.walk(k, chain, len(chain), &own)
			p.unclosed(own)
			continue
		}
		p.walk(k, chain, story, open)
	}
}

func (p *planner) paragraph(n *node, chain []*node, story int, open *[]*mark) {
	para := readParagraph(n)
	tags, stray := scanTags(para.text)
	for _, s := range stray {
		key := "docx.fault.stray_close"
		if s.opens {
			key = "docx.fault.stray_open"
		}
		p.fault(para.nodeAt(s.at, n), key, "text", s.text)
	}
	if len(tags) == 0 {
		return
	}
	para.tags = tags
	p.part.used = true
	for _, a := range chain {
		a.planned()
		if pr := a.child("w:sdtPr"); pr != nil {
			pr.planned().unbound = true
		}
	}
	n.plan.para = para
	n.each(func(k *node) {
		if k.name == "w:sdtPr" {
			k.planned().unbound = true
		}
	})
	for i, t := range tags {
		p.tag(mark{tag: t, para: para, node: n, chain: chain, index: i}, story, open)
	}
}

func (p *planner) tag(m mark, story int, open *[]*mark) {
	t := m.tag
	at := m.para.nodeAt(t.from, m.node)
	if t.sign == '/' {
		t.silent = true
		p.end(m, at, open)
		return
	}
	if t.sign != 0 {
		t.silent = true
		*open = append(*open, &m)
	}
	if !t.known {
		t.silent = true
		if meant := nearestName(t.name); meant != "" {
			p.fault(at, "docx.fault.unknown_near", "placeholder", t.written, "meant", signed(t.sign, meant))
		} else {
			p.fault(at, "docx.fault.unknown", "placeholder", t.written)
		}
		return
	}
	switch t.place.kind {
	case valuePlace:
		p.part.marked = p.part.marked || t.sign == 0 && (t.place.id == "practice" || t.place.id == "marking")
	case columnPlace:
		p.repeat(m, at, story)
	case listPlace:
		if t.sign == 0 {
			p.fault(at, "docx.fault.list", "placeholder", t.written, "example", exampleColumn(t))
		}
	case sectionPlace, bodyPlace, coverPlace:
		switch {
		case t.sign != 0:
			if t.place.kind != sectionPlace {
				p.fault(at, "docx.fault.no_condition", "placeholder", t.written)
			}
		case p.part.kind != "" || story > 0:
			p.fault(at, "docx.fault.chapter_place", "placeholder", t.written)
		case !m.para.alone():
			p.fault(at, "docx.fault.chapter_alone", "placeholder", t.written)
		default:
			m.node.plan.block = t.place
			m.node.plan.width = p.width(m.chain)
		}
	}
}

func signed(sign rune, name string) string {
	if sign == 0 {
		return name
	}
	return string(sign) + name
}

func exampleColumn(t *tag) string {
	for _, l := range listNames {
		if l.en == t.place.id {
			if foldName(t.name) == foldName(l.en) {
				return "{{" + l.en + "." + l.columns[0].en + "}}"
			}
			return "{{" + l.ja + "." + l.columns[0].ja + "}}"
		}
	}
	return ""
}

// repeat makes the row in which the placeholder stands, or else its paragraph, one that is
// written for each entry.
func (p *planner) repeat(m mark, at *node, story int) {
	row := m.node
	for i := len(m.chain) - 1; i >= story; i-- {
		if m.chain[i].name == "w:tr" {
			row = m.chain[i]
			break
		}
	}
	pl := row.planned()
	switch {
	case pl.repeat == "":
		pl.repeat = m.tag.place.id
		clearCopies(p.part.src, row)
	case pl.repeat != m.tag.place.id:
		m.tag.silent = true
		p.fault(at, "docx.fault.two_lists", "placeholder", m.tag.written)
		return
	}
	if pl.first == nil && m.tag.sign == 0 {
		pl.first = m.tag
	}
}

// end closes the optional part that was opened last, and settles what belongs to it.
func (p *planner) end(m mark, at *node, open *[]*mark) {
	if len(*open) == 0 {
		p.fault(at, "docx.fault.never_begins", "placeholder", m.tag.written)
		return
	}
	begin := (*open)[len(*open)-1]
	if m.tag.name != "" && foldName(m.tag.name) != foldName(begin.tag.name) && (!m.tag.known || m.tag.place != begin.tag.place) {
		p.fault(at, "docx.fault.other_end", "placeholder", m.tag.written, "expected", "/"+begin.tag.name)
		// Whichever of the two was meant, going on with the outer one tells the fewest follow-ups.
		if i := slices.IndexFunc(*open, func(o *mark) bool { return o.tag.place == m.tag.place && m.tag.known }); i >= 0 {
			*open = (*open)[:i]
		}
		return
	}
	*open = (*open)[:len(*open)-1]
	p.optional(begin, &m, at)
}

// optional decides what an optional part consists of by where its two marks stand: pieces
// of one line, whole paragraphs, or whole rows of a table.
func (p *planner) optional(begin, end *mark, at *node) {
	g := guard{place: begin.tag.place, negate: begin.tag.sign == '^'}
	if begin.node == end.node {
		begin.para.inline = append(begin.para.inline, [2]int{begin.index, end.index})
		return
	}
	common := 0
	for common < len(begin.chain) && common < len(end.chain) && begin.chain[common] == end.chain[common] {
		common++
	}
	parent, from, to := begin.chain[common-1], begin.chain[common], end.chain[common]
	switch {
	case parent.name == "w:tr":
		parent.planned().guards = append(parent.planned().guards, g)
	case from.name == "w:tr" && to.name == "w:tr":
		p.guardBetween(parent, from, to, true, g)
		for _, side := range []struct {
			row *node
			m   *mark
		}{{from, begin}, {to, end}} {
			if rowText(side.row) == strings.TrimSpace(side.m.para.text) && side.m.para.alone() {
				side.row.planned().gone = true
			}
		}
	case from == begin.node && to == end.node && begin.para.alone() && end.para.alone():
		p.guardBetween(parent, from, to, false, g)
		from.plan.gone, to.plan.gone = true, true
	case from == begin.node && to == end.node:
		p.fault(at, "docx.fault.mark_alone", "placeholder", begin.tag.written)
	default:
		p.fault(at, "docx.fault.crossing", "placeholder", begin.tag.written)
	}
}

// guardBetween puts a condition on the children from one to another.
func (p *planner) guardBetween(parent, from, to *node, ends bool, g guard) {
	inside := false
	for _, k := range parent.kids {
		if k == to && !ends {
			break
		}
		if k == from {
			inside = true
			if !ends {
				continue
			}
		}
		if inside && k.name != "" {
			k.planned().guards = append(k.planned().guards, g)
		}
		if k == to {
			break
		}
	}
}

func rowText(row *node) string {
	var b strings.Builder
	row.each(func(n *node) {
		if n.name == "w:t" {
			b.WriteString(wordText(n))
		}
	})
	return strings.TrimSpace(b.String())
}

// nodeAt is the element in which a place of the paragraph's text stands.
func (p *paragraph) nodeAt(at int, otherwise *node) *node {
	var found *node
	for _, piece := range p.pieces {
		if piece.from <= at && at < piece.to {
			found = piece.n
		}
	}
	if found == nil {
		return otherwise
	}
	return found
}
