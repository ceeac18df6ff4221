package templates

import (
	"slices"
	"sort"
	"strconv"
)

// pageCount estimates on which page something stands. A file knows no pages: Word writes
// down where they ended when it last laid them out; otherwise there are only the breaks the
// author put in.
type pageCount struct{ rendered, explicit []int } // places in the source, ascending

func countPages(root *node) pageCount {
	var c pageCount
	var sections []*node
	var ends []int // of the paragraphs that end a section, one for each but the last
	root.each(func(n *node) {
		switch n.name {
		case "w:lastRenderedPageBreak":
			c.rendered = append(c.rendered, n.start)
		case "w:br":
			if n.attr("w:type") == "page" {
				c.explicit = append(c.explicit, n.start)
			}
		case "w:pageBreakBefore":
			if v := n.attr("w:val"); v != "0" && v != "false" && v != "off" {
				c.explicit = append(c.explicit, n.start)
			}
		case "w:sectPr":
			sections = append(sections, n)
			ends = append(ends, n.end)
		}
	})
	// How a section begins is said at its own end.
	for i := 1; i < len(sections); i++ {
		how := ""
		if t := sections[i].child("w:type"); t != nil {
			how = t.attr("w:val")
		}
		if how != "continuous" && how != "nextColumn" {
			c.explicit = append(c.explicit, ends[i-1])
		}
	}
	slices.Sort(c.explicit)
	return c
}

// at gives the page of a place in the source, and whether it is only an estimate.
func (c pageCount) at(place int) (page int, estimated bool) {
	rendered, explicit := sort.SearchInts(c.rendered, place), sort.SearchInts(c.explicit, place)
	return 1 + max(rendered, explicit), len(c.rendered) == 0
}

// sectionWidth is how wide the text of a section is, up to where the section ends.
type sectionWidth struct{ end, width int }

// narrowest and widest bound what a page may say of itself: a table must have a width.
const narrowest, widest = 1000, 31680

func sectionWidths(root *node) []sectionWidth {
	var out []sectionWidth
	root.each(func(n *node) {
		if n.name != "w:sectPr" {
			return
		}
		s := sectionWidth{end: n.end, width: textWidth}
		size, margin := n.child("w:pgSz"), n.child("w:pgMar")
		if size != nil && margin != nil {
			s.width = measure(size.attr("w:w")) - measure(margin.attr("w:left")) - measure(margin.attr("w:right")) - measure(margin.attr("w:gutter"))
		}
		if cols := n.child("w:cols"); cols != nil {
			if count := measure(cols.attr("w:num")); count > 1 {
				s.width = (s.width - (count-1)*measure(cols.attr("w:space"))) / count
			}
		}
		s.width = min(max(s.width, narrowest), widest)
		out = append(out, s)
	})
	return out
}

func measure(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < -widest || n > widest {
		return 0
	}
	return n
}

// width is how much room a paragraph has: its table cell's or its section's.
func (p *planner) width(chain []*node) int {
	for i := len(chain) - 1; i >= 0; i-- {
		if chain[i].name != "w:tc" {
			continue
		}
		if pr := chain[i].child("w:tcPr"); pr != nil {
			if w := pr.child("w:tcW"); w != nil && w.attr("w:type") == "dxa" {
				return min(max(measure(w.attr("w:w"))-2*108, narrowest), widest)
			}
		}
		return narrowest * 4
	}
	at := chain[len(chain)-1].start
	for _, s := range p.sections {
		if s.end > at {
			return s.width
		}
	}
	return textWidth
}
