package templates

import (
	"slices"

	"hikeshi/workflows/report"
)

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
	text  string // drawable
	lines []pdfLine
	fill  pdfColor // black means none
	gap   bool
}

// Shares of a page: what a row may take and still be moved to the next page as a whole, the
// same for a table, and the most at which a header row is repeated.
const unbrokenShare, wholeShare, headShare = 0.4, 0.25, 0.25

// laidTable lays the table of a block out. The one before it is kept, because a heading asks
// for the table below it first.
func (w *pdfWriter) laidTable(block *report.Block) pdfTable {
	if w.laid == block {
		return w.laidAs
	}
	w.laid = block
	switch b := (*block).(type) {
	case report.Pairs:
		w.laidAs = w.pairRows(b)
	case report.Table:
		w.laidAs = w.tableRows(b)
	}
	return w.laidAs
}

func (w *pdfWriter) pairRows(pairs []report.Pair) pdfTable {
	rows := make([][]pdfCell, len(pairs))
	for i, p := range pairs {
		rows[i] = []pdfCell{w.cell(w.labelType, fillLabel, report.Cell{Text: p.Label}), w.cell(w.cellType, inkBlack, p.Value)}
	}
	return w.newTable([]int{labelShare, 100 - labelShare}, nil, rows)
}

func (w *pdfWriter) tableRows(from report.Table) pdfTable {
	columns := columnCount(from)
	var head []pdfCell
	if len(from.Header) > 0 {
		head = make([]pdfCell, columns)
		for i := range head {
			title := ""
			if i < len(from.Header) {
				title = from.Header[i]
			}
			head[i] = w.cell(w.headType, fillHead, report.Cell{Text: title})
		}
	}
	rows := make([][]pdfCell, len(from.Rows))
	for r, row := range from.Rows {
		rows[r] = make([]pdfCell, columns)
		for i := range columns {
			var c report.Cell
			if i < len(row) {
				c = row[i]
			}
			rows[r][i] = w.cell(w.cellType, inkBlack, c)
		}
	}
	shares := from.Widths
	if len(shares) != columns {
		shares = slices.Repeat([]int{1}, columns)
	}
	return w.newTable(shares, head, rows)
}

func (w *pdfWriter) cell(t pdfType, fill pdfColor, c report.Cell) pdfCell {
	if c.Gap {
		fill = fillGap
	}
	return pdfCell{t: t, text: w.face(t).drawable(gapText(c.Text, c.Gap)), fill: fill, gap: c.Gap}
}

// newTable finds the widths of the columns and breaks the texts of the cells into lines. In a
// column that is narrower than a character the type is smaller: that nothing is lost counts
// for more than that it is easily read.
func (w *pdfWriter) newTable(shares []int, head []pdfCell, rows [][]pdfCell) pdfTable {
	all := rows
	if head != nil {
		all = append([][]pdfCell{head}, rows...)
	}
	t := pdfTable{widths: w.columnWidths(shares, all), leading: w.cellType.leading}
	for i, cells := range all {
		r := pdfRow{cells: cells, lines: 1}
		for c := range cells {
			cell, room := &cells[c], w.cellRoom(t.widths[c])
			cell.t.size = min(cell.t.size, room*0.999)
			cell.lines = w.face(cell.t).lines(cell.text, int(room*1000/cell.t.size))
			r.lines = max(r.lines, len(cell.lines))
		}
		if head != nil && i == 0 {
			t.head = r
		} else {
			t.rows = append(t.rows, r)
		}
	}
	return t
}

// wordShare of the width of the page is the most that a column is widened to for one long word.
const wordShare = 0.4

// columnWidths shares the width of the page as the columns ask, or equally where a share makes
// no sense. Then a column takes from its neighbours what its longest word needs, so that no
// telephone number is broken.
func (w *pdfWriter) columnWidths(shares []int, rows [][]pdfCell) []float64 {
	total := 0.0
	for _, s := range shares {
		if s <= 0 {
			shares, total = slices.Repeat([]int{1}, len(shares)), float64(len(shares))
			break
		}
		total += float64(s)
	}
	widths, least := make([]float64, len(shares)), make([]float64, len(shares)) // points
	for i, s := range shares {
		widths[i] = w.width * float64(s) / total
		least[i] = min(w.pt(20), w.width/float64(len(shares)))
		for _, row := range rows {
			c := row[i]
			word := float64(w.face(c.t).longestWord(c.text))*c.t.size/1000 + 2*w.pt(cellPad) + 0.1
			least[i] = max(least[i], min(word, w.width*wordShare))
		}
	}
	lacking, spare, sum := 0.0, 0.0, 0.0
	for i := range widths {
		lacking += max(0, least[i]-widths[i])
		spare += max(0, widths[i]-least[i])
		sum += least[i]
	}
	for i := range widths {
		switch {
		case sum >= w.width:
			widths[i] = w.width * least[i] / sum
		case widths[i] < least[i]:
			widths[i] = least[i]
		case spare > 0:
			widths[i] -= lacking * (widths[i] - least[i]) / spare
		}
	}
	return widths
}

// cellPad is at the left and right of a cell, in points of normal type.
const cellPad = 5

func (w *pdfWriter) cellPad(width float64) float64 { return min(w.pt(cellPad), width/6) }

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

// tableBeginning is the height of what must stand together: a small table as a whole, of a
// large one the header row and what follows it.
func (w *pdfWriter) tableBeginning(t pdfTable) float64 {
	height := 0.0
	if t.head.cells != nil {
		height += w.rowHeight(t, t.head.lines)
	}
	if len(t.rows) == 0 {
		return height
	}
	whole := height
	for _, r := range t.rows {
		if whole += w.rowHeight(t, r.lines); whole > (w.bottom-w.top)*wholeShare {
			break
		}
	}
	if whole <= (w.bottom-w.top)*wholeShare {
		return whole
	}
	if first := t.rows[0]; w.short(t, first) {
		return height + w.rowHeight(t, first.lines)
	}
	return height + w.rowHeight(t, keptLines)
}

// setTable writes a table; one without columns or without any row is nothing.
func (w *pdfWriter) setTable(t pdfTable) {
	if len(t.widths) == 0 || t.head.cells == nil && len(t.rows) == 0 {
		return
	}
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
