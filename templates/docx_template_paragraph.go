package templates

import "hikeshi/workflows/report"

// stretch is a part of a paragraph's text after filling in.
type stretch struct {
	from, to int
	keep     bool // the text as it is
	value    report.Cell
	tag      bool
}

// fill settles what becomes of each stretch of a paragraph.
func (f *filling) fill(p *paragraph, s *scope) []stretch {
	hidden := make([]bool, len(p.tags)+1) // the text before tag i, or behind the last
	hiddenTag := make([]bool, len(p.tags))
	for _, pair := range p.inline {
		begin := p.tags[pair[0]]
		if f.holds(begin.place, s) != (begin.sign == '^') {
			continue
		}
		for i := pair[0] + 1; i <= pair[1]; i++ {
			hidden[i] = true
			hiddenTag[i] = true
		}
	}
	out := make([]stretch, 0, 2*len(p.tags)+1)
	at := 0
	for i, t := range p.tags {
		out = append(out, stretch{from: at, to: t.from, keep: !hidden[i]})
		place := stretch{from: t.from, to: t.to, tag: true}
		if !t.silent && !hiddenTag[i] {
			place.value = f.value(t, s)
		}
		out = append(out, place)
		at = t.to
	}
	return append(out, stretch{from: at, to: len(p.text), keep: true})
}

// paragraphInside writes what a paragraph holds: its text filled in, all else as it was.
func (f *filling) paragraphInside(n *node, text []stretch, s *scope) {
	copied := s.isCopy()
	para := n.plan.para
	var inside func(n *node)
	inside = func(n *node) {
		for _, k := range n.kids {
			if copied && onlyOnce[k.name] {
				continue
			}
			if piece, ok := para.pieces[k]; ok {
				f.piece(k, piece, text, s)
				continue
			}
			switch {
			case k.plan != nil:
				f.node(k, s)
			case len(k.kids) == 0:
				f.open(k, copied)
				f.close(k)
			default:
				f.open(k, copied)
				inside(k)
				f.close(k)
			}
		}
	}
	inside(n)
}

// piece writes an element of text as far as it is kept, and each value where its
// placeholder began, in the form of the run that it began in.
func (f *filling) piece(n *node, p *piece, text []stretch, s *scope) {
	whole := true
	for _, st := range text {
		if !st.keep && st.from < p.to && p.from < st.to {
			whole = false
		}
	}
	if whole {
		f.node(n, s)
		return
	}
	source := wordText
	if n.name != "w:t" {
		source = nil
	}
	for _, st := range text {
		from, to := max(st.from, p.from), min(st.to, p.to)
		switch {
		case st.keep && from < to && source == nil:
			f.node(n, s)
		case st.keep && from < to:
			f.text(source(n)[from-p.from : to-p.from])
		case st.tag && p.from <= st.from && st.from < p.to && p.run != nil:
			f.inRun(p.run, st.value)
		}
	}
}

// inRun writes a value into a run. What is missing is marked, in a run of its own.
func (f *filling) inRun(run *node, c report.Cell) {
	if !c.Gap {
		f.text(c.Text)
		return
	}
	properties := run.child("w:rPr")
	f.WriteString(`</w:r><w:r><w:rPr><w:rStyle w:val="`)
	f.WriteString(f.styleID(styleGap))
	f.WriteString(`"/>`)
	if properties != nil {
		for _, k := range properties.kids {
			if k.name != "w:rStyle" && k.name != "" {
				f.Write(f.part.src[k.start:k.end])
			}
		}
	}
	f.WriteString(`</w:rPr>`)
	f.text(gapText(c.Text, true))
	f.WriteString(`</w:r><w:r>`)
	if properties != nil {
		f.Write(f.part.src[properties.start:properties.end])
	}
}
