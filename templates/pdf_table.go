package templates

import "hikeshi/workflows/report"

// pdfTable is a table with its texts broken into lines.
type pdfTable struct {
	widths  []float64
	head    pdfRow // without cells if there is none
	rows    []pdfRow
	leading float64
}

type pdfRow struct {
	cells []pdfCell
	lines int // of the tallest cell; at least one
}

type pdfCell struct {
	t     pdfType
	lines []pdfLine
	fill  pdfColor // black means none
	gap   bool
}

// unbrokenShare of a page is what a row may take and still be moved to the next page as a
// whole; headShare is the most that a header row is repeated at.
const unbrokenShare, headShare = 0.4, 0.25

func (w *pdfWriter) pairs(pairs []report.Pair) {
	if len(pairs) > 0 {
		w.setTable(w.pairRows(pairs))
	}
}

func (w *pdfWriter) table(t report.Table) {
	if columnCount(t) > 0 {
		w.setTable(w.tableRows(t))
	}
}

func (w *pdfWriter) pairRows(pairs []report.Pair) pdfTable {
	t := w.newTable([]int{labelShare, 100 - labelShare}, 2)
	for _, p := range pairs {
		t.rows = append(t.rows, newRow(
			w.cell(t, 0, w.labelType, fillLabel, report.Cell{Text: p.Label}),
			w.cell(t, 1, w.cellType, inkBlack, p.Value)))
	}
	return t
}

func (w *pdfWriter) tableRows(from report.Table) pdfTable {
	columns := columnCount(from)
	t := w.newTable(from.Widths, columns)
	if len(from.Header) > 0 {
		cells := make([]pdfCell, columns)
		for i := range cells {
			title := ""
			if i < len(from.Header) {
				title = from.Header[i]
			}
			cells[i] = w.cell(t, i, w.headType, fillHead, report.Cell{Text: title})
		}
		t.head = newRow(cells...)
	}
	for _, row := range from.Rows {
		cells := make([]pdfCell, columns)
		for i := range cells {
			var c report.Cell
			if i < len(row) {
				c = row[i]
			}
			cells[i] = w.cell(t, i, w.cellType, inkBlack, c)
		}
		t.rows = append(t.rows, newRow(cells...))
	}
	return t
}

func newRow(cells ...pdfCell) pdfRow {
	r := pdfRow{cells: cells, lines: 1}
	for _, c := range cells {
		r.lines = max(r.lines, len(c.lines))
	}
	return r
}

// newTable shares the width of the page among the columns as they ask; shares that do not fit
// the columns are ignored in favour of equal ones. No column is narrower than two characters
// while the page has room for that.
func (w *pdfWriter) newTable(shares []int, columns int) pdfTable {
	t := pdfTable{widths: make([]float64, columns), leading: w.cellType.leading}
	total := 0.0
	for _, s := range shares {
		if s <= 0 {
			total = 0
			break
		}
		total += float64(s)
	}
	equal := len(shares) != columns || total == 0
	least, narrow := min(w.pt(30), w.width/float64(columns)), false
	for i := range t.widths {
		t.widths[i] = w.width / float64(columns)
		if !equal {
			t.widths[i] = w.width * float64(shares[i]) / total
		}
		narrow = narrow || t.widths[i] < least
	}
	if narrow {
		for i := range t.widths {
			t.widths[i] = least + (w.width-least*float64(columns))*t.widths[i]/w.width
		}
	}
	return t
}

// cell breaks a text for its column. In a column that is narrower than a character the type
// is smaller: that nothing is lost counts for more than that it is easily read.
func (w *pdfWriter) cell(t pdfTable, column int, kind pdfType, fill pdfColor, c report.Cell) pdfCell {
	room := w.cellRoom(t.widths[column])
	kind.size = min(kind.size, room*0.999)
	if c.Gap {
		fill = fillGap
	}
	return pdfCell{t: kind, lines: w.broken(kind, gapText(c.Text, c.Gap), room), fill: fill, gap: c.Gap}
}

func (w *pdfWriter) cellPad(width float64) float64 { return min(w.pt(5), width/6) }

func (w *pdfWriter) cellRoom(width float64) float64 { return width - 2*w.cellPad(width) }

// rowPad is above and below the text of a row.
func (w *pdfWriter) rowPad() float64 { return w.pt(3) }

func (w *pdfWriter) rowHeight(t pdfTable, lines int) float64 {
	return float64(lines)*t.leading + 2*w.rowPad()
}

// short tells whether a row is kept on one page.
func (w *pdfWriter) short(t pdfTable, r pdfRow) bool {
	return w.rowHeight(t, r.lines) <= (w.bottom-w.top)*unbrokenShare
}

// tableBeginning is the height of the header row and of what must stand below it.
func (w *pdfWriter) tableBeginning(t pdfTable) float64 {
	height := 0.0
	if t.head.cells != nil {
		height += w.rowHeight(t, t.head.lines)
	}
	if len(t.rows) == 0 {
		return height
	}
	if first := t.rows[0]; w.short(t, first) {
		return height + w.rowHeight(t, first.lines)
	}
	return height + w.rowHeight(t, keptLines)
}

func (w *pdfWriter) setTable(t pdfTable) {
	if !w.fits(w.tableBeginning(t)) {
		w.newPage()
	}
	rows := t.rows
	if t.head.cells != nil {
		if w.rowHeight(t, t.head.lines) > (w.bottom-w.top)*headShare {
			rows = append([]pdfRow{t.head}, rows...) // too tall to repeat
			t.head = pdfRow{}
		} else {
			w.piece(t, t.head, 0, t.head.lines)
		}
	}
	for _, r := range rows {
		w.row(t, r)
	}
	w.space(w.pt(10))
}

// row writes a row, over several pages if it is tall.
func (w *pdfWriter) row(t pdfTable, r pdfRow) {
	begun := w.top // where rows begin on a new page
	if t.head.cells != nil {
		begun += w.rowHeight(t, t.head.lines)
	}
	for done := 0; done < r.lines; {
		atTop := w.y <= begun+0.01
		n := w.room(w.bottom-w.y-2*w.rowPad(), t.leading, r.lines-done, atTop)
		if n < r.lines && !atTop && w.short(t, r) {
			n = 0
		}
		if n > 0 {
			w.piece(t, r, done, n)
			done += n
		}
		if done < r.lines {
			w.newPage()
			if t.head.cells != nil {
				w.piece(t, t.head, 0, t.head.lines)
			}
		}
	}
}

// piece writes some lines of a row, with the frames of its cells.
func (w *pdfWriter) piece(t pdfTable, r pdfRow, from, lines int) {
	height := w.rowHeight(t, lines)
	x := w.left
	for i, c := range r.cells {
		width := t.widths[i]
		if c.fill != inkBlack {
			w.area(c.fill, x, w.y, width, height)
		}
		w.frame(lineGrey, 0.5, x, w.y, width, height)
		pad := w.cellPad(width)
		upper := w.y + w.rowPad()
		for _, l := range c.lines[min(from, len(c.lines)):min(from+lines, len(c.lines))] {
			w.line(c.t, l, upper, x+pad, width-2*pad, c.gap)
			upper += t.leading
		}
		x += width
	}
	w.y += height
}
