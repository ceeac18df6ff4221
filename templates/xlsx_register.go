package templates

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"

	"hikeshi/workflows/report"
)

// registerPagesWide is over how many sheets of A4 beside each other a row is printed: all of
// §9.5 on one would be print of two points. The number stands at the left of each.
const registerPagesWide = 4

// Register writes a 台帳 as a workbook: one row for each incident under a frozen header with
// a filter, instants as dates that a spreadsheet can sort, gaps coloured, and a second sheet
// that says how it was made and what the columns mean. rows are read as they come, and none
// is kept in memory; an error of theirs ends the writing, and nothing is written to w. What
// outgrows 16 MB waits in a file below tmp (empty: the system's folder) for the end.
//
// Equal registers, rows and times give equal bytes.
func Register(w io.Writer, r report.Register, rows iter.Seq2[[]report.RegisterCell, error], tmp string) (err error) {
	b, err := newXlsx(r.Sheet, r.Clipped, tmp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	book := &registerBook{xlsxBook: b, head: r, sheet: sheetName(r.Sheet)}
	for _, step := range []func() error{book.styles, book.pages, func() error { return book.list(rows) }, book.about} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := b.properties(r.Title, r.Company, r.Lang, r.MadeAt); err != nil {
		return err
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("xlsx: write: %w", err)
	}
	return nil
}

type registerBook struct {
	*xlsxBook
	head  report.Register
	sheet string
	rows  int // incidents listed

	header, plain, gap, instant, number int
	title, label, note                  int
}

const (
	xlsxHeaderFill = "1F3864"
	xlsxGapFill    = "FFE699"
	xlsxLine       = "BFBFBF"
	instantFormat  = "yyyy/mm/dd hh:mm"
)

// xlsxGrid draws the lines between cells.
func xlsxGrid() []excelize.Border {
	var all []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		all = append(all, excelize.Border{Type: side, Color: xlsxLine, Style: 1})
	}
	return all
}

func xlsxFilled(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func (b *registerBook) styles() error {
	format := instantFormat
	top := excelize.Alignment{Vertical: "top", WrapText: true}
	date := excelize.Alignment{Vertical: "top", Horizontal: "left", WrapText: true}
	middle := excelize.Alignment{Vertical: "center", WrapText: true}
	font := func(size float64, bold bool, colour string) *excelize.Font {
		return &excelize.Font{Family: xlsxFont, Size: size, Bold: bold, Color: colour}
	}
	var err error
	add := func(into *int, s excelize.Style) {
		id, e := b.style(s)
		*into, err = id, errors.Join(err, e)
	}
	add(&b.header, excelize.Style{Border: xlsxGrid(), Fill: xlsxFilled(xlsxHeaderFill), Font: font(10, true, "FFFFFF"), Alignment: &middle})
	add(&b.plain, excelize.Style{Border: xlsxGrid(), Font: font(10, false, "000000"), Alignment: &top})
	add(&b.gap, excelize.Style{Border: xlsxGrid(), Fill: xlsxFilled(xlsxGapFill), Font: font(10, false, "7F3F00"), Alignment: &top})
	add(&b.instant, excelize.Style{Border: xlsxGrid(), Font: font(10, false, "000000"), Alignment: &date, CustomNumFmt: &format})
	add(&b.number, excelize.Style{Border: xlsxGrid(), Font: font(10, false, "000000"), Alignment: &date, NumFmt: 1})
	add(&b.title, excelize.Style{Font: font(16, true, "000000")})
	add(&b.label, excelize.Style{Border: xlsxGrid(), Fill: xlsxFilled("D9E2F3"), Font: font(10, true, "000000"), Alignment: &top})
	add(&b.note, excelize.Style{Border: xlsxGrid(), Font: font(10, false, "000000"), Alignment: &top})
	return err
}

// banner is what stands at the head of every page.
func (b *registerBook) banner() string {
	return strings.Join(append(b.head.Banner[:len(b.head.Banner):len(b.head.Banner)], b.head.Title), " / ")
}

// pages comes before the rows: a sheet that is streamed begins with its page setup.
func (b *registerBook) pages() error {
	name := quotedSheet(b.sheet)
	return b.printed(b.sheet, b.banner(), b.head.Company, registerPagesWide, name+"!$A:$A,"+name+"!$1:$1")
}

// list streams the first sheet.
func (b *registerBook) list(rows iter.Seq2[[]report.RegisterCell, error]) error {
	s, err := b.NewStreamWriter(b.sheet)
	if err != nil {
		return fmt.Errorf("xlsx: begin the sheet: %w", err)
	}
	err = s.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: "B2", ActiveCell: "B2", Pane: "bottomRight"}},
	})
	header := make([]any, len(b.head.Columns))
	for i, c := range b.head.Columns {
		header[i] = b.text(c.Title, b.header)
		err = errors.Join(err, s.SetColWidth(i+1, i+1, float64(c.Width)))
	}
	if err = errors.Join(err, s.SetRow("A1", header, excelize.RowOpts{Height: 36})); err != nil {
		return fmt.Errorf("xlsx: begin the sheet: %w", err)
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if b.rows+2 > excelize.TotalRows {
			return fmt.Errorf("xlsx: a sheet holds %d rows and no more", excelize.TotalRows)
		}
		b.rows++
		height := excelize.RowOpts{Height: b.height(row)}
		if err := s.SetRow(fmt.Sprintf("A%d", b.rows+1), b.cells(row), height); err != nil {
			return fmt.Errorf("xlsx: row %d: %w", b.rows+1, err)
		}
	}
	last, err := excelize.CoordinatesToCellName(len(b.head.Columns), b.rows+1)
	if err == nil {
		err = b.AutoFilter(b.sheet, "A1:"+last, nil)
	}
	if err = errors.Join(err, s.Flush()); err != nil {
		return fmt.Errorf("xlsx: end the sheet: %w", err)
	}
	return nil
}

// What a line of type takes in points, and a column's width loses to its margins.
const (
	registerLine   = 15
	registerMargin = 2
)

// height is what the longest cell of a row needs. Programs do not agree on who measures a
// wrapped row, so it is given.
func (b *registerBook) height(row []report.RegisterCell) float64 {
	most := 1
	for i, c := range row {
		if i < len(b.head.Columns) {
			most = max(most, linesIn(c.Text, b.head.Columns[i].Width-registerMargin))
		}
	}
	return min(float64(most*registerLine+4), excelize.MaxRowHeight)
}

// linesIn counts the lines that a text fills in a column of a width in half-width characters.
func linesIn(text string, width int) int {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		used := 0
		for _, r := range line {
			used++
			if r > 0x7f {
				used++ // kana and kanji are twice as wide
			}
		}
		lines += max(1, (used+width-1)/max(1, width))
	}
	return lines
}

func (b *registerBook) cells(row []report.RegisterCell) []any {
	cells := make([]any, len(row))
	for i, c := range row {
		style := b.plain
		if c.Gap {
			style = b.gap
		}
		if days, ok := serial(c.At); !c.At.IsZero() && ok {
			cells[i] = excelize.Cell{StyleID: b.instant, Value: days}
			continue
		}
		switch {
		case !c.At.IsZero():
			cells[i] = b.text(c.At.UTC().Format("2006-01-02T15:04:05Z"), style)
		case c.Text == "":
			cells[i] = excelize.Cell{StyleID: b.number, Value: c.Number}
		default:
			cells[i] = b.text(c.Text, style)
		}
	}
	return cells
}

// about writes the second sheet.
func (b *registerBook) about() error {
	name := sheetName(b.head.AboutSheet)
	if name == b.sheet {
		name = sheetName(name + " 2")
	}
	if _, err := b.NewSheet(name); err != nil {
		return fmt.Errorf("xlsx: the second sheet: %w", err)
	}
	page := &xlsxPage{book: b.xlsxBook, sheet: name}
	page.widths(28, 90)
	page.row(b.text(strings.Join(append([]string{b.head.Title}, b.head.Banner...), " / "), b.title))
	page.row()
	for _, p := range append(b.head.About[:len(b.head.About):len(b.head.About)], b.head.Counted(b.rows)) {
		page.row(b.text(p.Label, b.label), b.text(p.Value.Text, b.note))
	}
	page.row()
	page.row(b.text(b.head.ColumnHead, b.header), b.text(b.head.MeaningHead, b.header))
	for _, c := range b.head.Columns {
		page.row(b.text(c.Title, b.label), b.text(c.Meaning, b.note))
	}
	quoted := quotedSheet(name)
	return errors.Join(page.err, b.printed(name, b.banner(), b.head.Company, 1, quoted+"!$1:$1"))
}

// xlsxPage writes a small sheet of our own words row by row. What others wrote is streamed:
// excelize confuses shared strings that look like its escapes (_x0041_).
type xlsxPage struct {
	book  *xlsxBook
	sheet string
	line  int
	err   error
}

func (p *xlsxPage) widths(widths ...float64) {
	for i, w := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		p.err = errors.Join(p.err, err, p.book.SetColWidth(p.sheet, name, name, w))
	}
}

func (p *xlsxPage) row(cells ...excelize.Cell) {
	p.line++
	for i, c := range cells {
		at, err := excelize.CoordinatesToCellName(i+1, p.line)
		p.err = errors.Join(p.err, err)
		if s, ok := c.Value.(string); ok {
			p.err = errors.Join(p.err, p.book.SetCellStr(p.sheet, at, s))
		}
		p.err = errors.Join(p.err, p.book.SetCellStyle(p.sheet, at, at, c.StyleID))
	}
}
