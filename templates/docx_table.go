package templates

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"hikeshi/workflows/report"
)

// labelShare is the width of the labels in a table of pairs, in percent.
const labelShare = 26

// A row is kept on one page only while it is short: a tall one that may not break would leave
// half a page empty, and one taller than a page must break.
const (
	unbrokenRunes = 600
	unbrokenLines = 24
)

// fullWidth is the width of one Japanese character in a table, and cellPadding what a cell
// loses at both sides; both agree with docx_styles.go.
const (
	fullWidth   = 190
	cellPadding = 2 * 100
)

const (
	shadeHeader = "DCE6F1"
	shadeLabel  = "F2F2F2"
)

// columnCount is the widest row's: a cell beyond the header is shown, never dropped.
func columnCount(t report.Table) int {
	columns := len(t.Header)
	for _, row := range t.Rows {
		columns = max(columns, len(row))
	}
	return columns
}

// columnWidths shares a width; the columns sum up to it exactly. Shares that do not fit the
// columns are ignored in favour of equal ones.
func columnWidths(width int, shares []int, columns int) []int {
	total := 0
	for _, s := range shares {
		if s <= 0 {
			total = 0
			break
		}
		total += s
	}
	if len(shares) != columns || total == 0 {
		shares, total = make([]int, columns), columns
		for i := range shares {
			shares[i] = 1
		}
	}
	widths := make([]int, columns)
	before, sum := 0, 0
	for i, s := range shares {
		sum += s
		end := int(int64(width) * int64(sum) / int64(total))
		widths[i] = end - before
		before = end
	}
	return widths
}

func (w *wordWriter) pairs(pairs []report.Pair) {
	if len(pairs) == 0 {
		return
	}
	widths := columnWidths(w.textWidth(), []int{labelShare, 100 - labelShare}, 2)
	w.beginTable(widths, false)
	for _, p := range pairs {
		w.beginRow(fitsOnePage(p.Label, widths[0]) && fitsOnePage(p.Value.Text, widths[1]), false)
		w.cell(widths[0], shadeLabel, styleLabel, report.Cell{Text: p.Label})
		w.cell(widths[1], "", styleCell, p.Value)
		w.endRow()
	}
	w.endTable()
}

func (w *wordWriter) table(t report.Table) {
	columns := columnCount(t)
	if columns == 0 {
		return
	}
	widths := columnWidths(w.textWidth(), t.Widths, columns)
	w.beginTable(widths, len(t.Header) > 0)
	if len(t.Header) > 0 {
		w.beginRow(true, true)
		for i := range columns {
			title := ""
			if i < len(t.Header) {
				title = t.Header[i]
			}
			w.cell(widths[i], shadeHeader, styleHeadCell, report.Cell{Text: title})
		}
		w.endRow()
	}
	for _, row := range t.Rows {
		whole := true
		for i, c := range row {
			whole = whole && fitsOnePage(c.Text, widths[i])
		}
		w.beginRow(whole, false)
		for i := range columns {
			var c report.Cell
			if i < len(row) {
				c = row[i]
			}
			w.cell(widths[i], "", styleCell, c)
		}
		w.endRow()
	}
	w.endTable()
}

func (w *wordWriter) beginTable(widths []int, header bool) {
	// tblLook tells a screen reader whether the first row or the first column is the heading.
	look := `<w:tblLook w:val="0680" w:firstRow="0" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>`
	if header {
		look = `<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>`
	}
	w.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="`)
	w.WriteString(w.styleID(styleTable))
	w.WriteString(`"/><w:tblW w:w="` + strconv.Itoa(w.textWidth()) + `" w:type="dxa"/><w:tblLayout w:type="fixed"/>` + look + `</w:tblPr><w:tblGrid>`)
	for _, width := range widths {
		w.WriteString(`<w:gridCol w:w="` + strconv.Itoa(width) + `"/>`)
	}
	w.WriteString("</w:tblGrid>\n")
}

// endTable adds a low empty paragraph: without one, Word joins two tables that follow each
// other, and refuses a body that ends with a table.
func (w *wordWriter) endTable() {
	w.WriteString("</w:tbl>\n")
	w.paragraph(styleSpacer, "", "")
}

func (w *wordWriter) beginRow(whole, header bool) {
	w.WriteString(`<w:tr>`)
	if !whole && !header {
		return
	}
	w.WriteString(`<w:trPr>`)
	if whole {
		w.WriteString(`<w:cantSplit/>`)
	}
	if header {
		w.WriteString(`<w:tblHeader/>`)
	}
	w.WriteString(`</w:trPr>`)
}

func (w *wordWriter) endRow() { w.WriteString("</w:tr>\n") }

func (w *wordWriter) cell(width int, shade, style string, c report.Cell) {
	w.WriteString(`<w:tc><w:tcPr><w:tcW w:w="` + strconv.Itoa(width) + `" w:type="dxa"/>`)
	if shade != "" {
		w.WriteString(`<w:shd w:val="clear" w:color="auto" w:fill="` + shade + `"/>`)
	}
	w.WriteString(`</w:tcPr>`)
	w.paragraph(style, gapStyle(c.Gap), gapText(c.Text, c.Gap))
	w.WriteString(`</w:tc>`)
}

// fitsOnePage estimates from above: every character counts as a full-width one.
func fitsOnePage(text string, width int) bool {
	if len(text) < 20 {
		return true
	}
	if utf8.RuneCountInString(text) >= unbrokenRunes {
		return false
	}
	perLine := max(1, (width-cellPadding)/fullWidth)
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		lines += 1 + utf8.RuneCountInString(line)/perLine
	}
	return lines <= unbrokenLines
}
