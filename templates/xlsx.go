package templates

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"hikeshi/workflows/incident"
)

// XlsxType is the media type of a workbook.
const XlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// What a cell can hold (Microsoft, "Excel specifications and limits").
const (
	cellUnits = excelize.TotalCellChars // UTF-16 units
	cellLines = 253                     // line feeds
)

// xlsxBook is a workbook being written: every text goes through it, so that none becomes a
// formula, breaks the file or is cut off unseen.
type xlsxBook struct {
	*excelize.File
	clipped string // ends a text that is too long
	// quoted is for each style the same with quotePrefix, the mark of Excel's own apostrophe:
	// without it a text that begins like a formula becomes one when somebody edits the cell.
	quoted map[int]int
}

// newXlsx begins a workbook with its first sheet. What outgrows memory is written to a file
// of its own below tmp, which only its owner can read, and is removed by Close.
func newXlsx(sheet, clipped, tmp string) (*xlsxBook, error) {
	b := &xlsxBook{File: excelize.NewFile(excelize.Options{TmpDir: tmp}), clipped: clipped, quoted: map[int]int{}}
	if err := b.SetDefaultFont(xlsxFont); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if err := b.SetSheetName("Sheet1", sheetName(sheet)); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// xlsxFont is on every machine with a Japanese Excel of the last ten years.
const xlsxFont = "游ゴシック"

// style registers a style with its quoted twin.
func (b *xlsxBook) style(s excelize.Style) (int, error) {
	id, err := b.NewStyle(&s)
	if err != nil {
		return 0, fmt.Errorf("xlsx: style: %w", err)
	}
	if _, known := b.quoted[id]; !known {
		twin, yes := b.Styles.CellXfs.Xf[id], true
		twin.QuotePrefix = &yes
		b.Styles.CellXfs.Xf = append(b.Styles.CellXfs.Xf, twin)
		b.Styles.CellXfs.Count = len(b.Styles.CellXfs.Xf)
		b.quoted[id] = b.Styles.CellXfs.Count - 1
	}
	return id, nil
}

// text is a cell of text in a style; an empty one is a cell without content.
func (b *xlsxBook) text(s string, style int) excelize.Cell {
	s = fitsCell(Printable(s), b.clipped)
	if looksLikeFormula(s) {
		style = b.quoted[style]
	}
	if s == "" {
		return excelize.Cell{StyleID: style}
	}
	return excelize.Cell{StyleID: style, Value: s}
}

// looksLikeFormula reports whether a spreadsheet could take a text for a formula when it is
// typed or pasted again; full-width signs count in a Japanese one.
func looksLikeFormula(s string) bool {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	return strings.IndexAny(s, "=+-@＝＋－＠") == 0
}

// fitsCell clips a text that a cell cannot hold, and says so at its end.
func fitsCell(s, clipped string) string {
	if unitsOf(s) <= cellUnits && strings.Count(s, "\n") <= cellLines {
		return s
	}
	room := cellUnits - unitsOf(clipped)
	units, lines := 0, 0
	for i, r := range s {
		if r == '\n' {
			lines++
		}
		if units += utf16.RuneLen(r); units > room || lines > cellLines {
			return s[:i] + clipped
		}
	}
	return s + clipped // it fitted but for the room of the words
}

func unitsOf(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// sheetName makes a text fit to name a sheet: at most 31 UTF-16 units, without : \ / ? * [ ],
// and without an apostrophe at either end.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`:\/?*[]`, r), r == '\n', r == '\t':
			return ' '
		}
		return r
	}, Printable(s))
	s = strings.Trim(s, "' ")
	for unitsOf(s) > 31 {
		runes := []rune(s)
		s = strings.TrimRight(string(runes[:len(runes)-1]), "' ")
	}
	if s == "" {
		return "1"
	}
	return s
}

// excelDay1 is the day before day 1 of a spreadsheet's calendar as everything after February
// 1900 counts it.
var excelDay1 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// serial gives an instant as a spreadsheet keeps it: days and their fraction on the clock of
// Tokyo, to the second. ok is false for what its calendar does not reach.
func serial(t time.Time) (days float64, ok bool) {
	t = t.In(incident.Tokyo)
	if t.Year() < 1901 || t.Year() > 9999 {
		return 0, false
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	return float64((wall.Unix() - excelDay1.Unix())) / (24 * 60 * 60), true
}

// properties describe the file. Equal descriptions and times give equal bytes.
func (b *xlsxBook) properties(title, company, lang string, made time.Time) error {
	at := made.UTC().Format("2006-01-02T15:04:05Z")
	if err := b.SetDocProps(&excelize.DocProperties{
		Title: Printable(title), Creator: "hikeshi", LastModifiedBy: "hikeshi", Language: lang, Created: at, Modified: at,
	}); err != nil {
		return fmt.Errorf("xlsx: properties: %w", err)
	}
	if err := b.SetAppProps(&excelize.AppProperties{Application: "hikeshi", Company: Printable(company)}); err != nil {
		return fmt.Errorf("xlsx: properties: %w", err)
	}
	return nil
}

// printed sets a sheet up for A4 paper lying down: as wide as so many pages, its header row
// on each, what it is at the head and where one is at the foot.
func (b *xlsxBook) printed(sheet, header, footer string, pagesWide int, titles string) error {
	paper, orientation, tall, order := 9, "landscape", 0, "overThenDown" // paper 9 is A4
	side, top, edge := 0.4, 0.7, 0.3                                     // inches
	fit := true
	if err := errors.Join(
		b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, FitToWidth: &pagesWide, FitToHeight: &tall, PageOrder: &order}),
		b.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &top, Header: &edge, Footer: &edge}),
		b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
			OddHeader: "&L" + headerText(header), OddFooter: "&L" + headerText(footer) + "&R&P / &N",
		}),
		b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: titles, Scope: sheet}),
	); err != nil {
		return fmt.Errorf("xlsx: page setup: %w", err)
	}
	return nil
}

// headerText writes a text into a page header, where & begins a code and 255 units end it.
func headerText(s string) string {
	const most = 120
	s = strings.ReplaceAll(Printable(s), "\n", " ")
	for unitsOf(s) > most {
		runes := []rune(s)
		s = string(runes[:len(runes)-1])
	}
	s = strings.ReplaceAll(s, "&", "&&")
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		s = " " + s // digits behind &L would be a size of type
	}
	for unitsOf(s) > most {
		s = strings.TrimSuffix(s[:strings.LastIndex(s, "&&")], "&&") // all but ampersands fitted
	}
	return s
}

// quotedSheet is a sheet's name as formulas write it.
func quotedSheet(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
