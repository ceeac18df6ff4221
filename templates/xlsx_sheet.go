package templates

import (
	"encoding/xml"
	"strconv"
	"strings"

	"hikeshi/workflows/contact"
)

// The size of a worksheet (ECMA-376 leaves it to the program; Excel's).
const (
	sheetRows    = 1 << 20
	sheetColumns = 1 << 14
)

// enoughRows is how many rows with content are read of a sheet: what a contact list may have
// above its header and below it, and one more, which tells that there are too many.
const enoughRows = contact.MaxRows + 40

// sheetReader reads one worksheet, row by row.
type sheetReader struct {
	sheet  contact.Worksheet
	shared []string
	kinds  []contact.CellKind // of numbers, by style

	line, column int // of the row and the cell now, or the last
	row          contact.WorksheetRow
	kind         string // attribute t of the cell
	value        strings.Builder
	style        int
	formula      bool
	given        int // bytes of the cells so far
	inline       xlsxText
}

func (s *sheetReader) start(around []string, attrs []xml.Attr) error {
	switch {
	case len(around) == 3 && around[1] == "sheetData" && around[2] == "row":
		return s.beginRow(attrs)
	case len(around) == 4 && around[2] == "row" && around[3] == "c":
		return s.beginCell(attrs)
	case len(around) == 5 && around[3] == "c" && around[4] == "f":
		s.formula = true
	case len(around) == 3 && around[1] == "mergeCells" && around[2] == "mergeCell":
		return s.merge(xlsxAttr(attrs, "ref"))
	}
	return nil
}

func (s *sheetReader) beginRow(attrs []xml.Attr) error {
	line, ok := nextNumber(xlsxAttr(attrs, "r"), s.line, sheetRows)
	if !ok {
		return errXlsxDamaged
	}
	s.line, s.column = line, 0
	s.row = contact.WorksheetRow{Line: line, Hidden: xlsxTrue(xlsxAttr(attrs, "hidden")) || xlsxAttr(attrs, "ht") == "0"}
	return nil
}

// nextNumber gives the number that an element has, which grows; without one it is the next.
func nextNumber(number string, last, most int) (int, bool) {
	if number == "" {
		return last + 1, last < most
	}
	n, err := strconv.Atoi(number)
	return n, err == nil && n > last && n <= most
}

func (s *sheetReader) beginCell(attrs []xml.Attr) error {
	column, ok := s.column+1, true
	if ref := xlsxAttr(attrs, "r"); ref != "" {
		_, column, ok = cellAt(ref)
	}
	if !ok || column <= s.column || column > sheetColumns {
		return errXlsxDamaged
	}
	s.column, s.formula = column, false
	s.value.Reset()
	s.kind = xlsxAttr(attrs, "t")
	s.style, _ = strconv.Atoi(xlsxAttr(attrs, "s"))
	return nil
}

func (s *sheetReader) text(around []string, b []byte) {
	if len(around) < 5 || around[3] != "c" {
		return
	}
	switch around[4] {
	case "v":
		s.value.Write(b)
	case "is":
		s.inline.add(around, b)
	}
}

func (s *sheetReader) end(around []string) error {
	switch {
	case len(around) == 4 && around[2] == "row" && around[3] == "c":
		cell, err := s.cell()
		if err != nil {
			return err
		}
		// A text that many cells share stands in the file once, and is looked at in each.
		if s.given += len(cell.Text); s.given > xlsxMaxSheet {
			return errXlsxUnpacked
		}
		if cell.Text != "" || cell.Kind == contact.CellFormula {
			s.row.Cells = append(s.row.Cells, cell)
		}
	case len(around) == 3 && around[1] == "sheetData" && around[2] == "row" && len(s.row.Cells) > 0:
		if s.sheet.Rows = append(s.sheet.Rows, s.row); len(s.sheet.Rows) >= enoughRows {
			return errXlsxEnough
		}
	}
	return nil
}

// cell makes sense of what stood in the cell that ends now.
func (s *sheetReader) cell() (contact.WorksheetCell, error) {
	value, inline := s.value.String(), s.inline.take()
	c := contact.WorksheetCell{Column: s.column, Text: value}
	switch s.kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 || n >= len(s.shared) {
			return c, errXlsxDamaged
		}
		c.Text = s.shared[n]
	case "inlineStr":
		c.Text = inline
	case "str":
		c.Text = unescaped(value)
	case "b":
		c.Kind, c.Text = contact.CellBool, strings.ToUpper(strconv.FormatBool(xlsxTrue(value)))
	case "e":
		c.Kind = contact.CellError
	case "d":
		c.Kind = contact.CellDate
	case "", "n":
		if c.Text = plainNumber(value); c.Text != "" {
			c.Kind = contact.CellNumber
			if s.style >= 0 && s.style < len(s.kinds) {
				c.Kind = s.kinds[s.style]
			}
		}
	default:
		return c, errXlsxDamaged
	}
	if s.formula {
		c.Kind = contact.CellFormula
	}
	return c, nil
}

func (s *sheetReader) merge(ref string) error {
	from, to, found := strings.Cut(ref, ":")
	if !found {
		return nil
	}
	m := contact.MergedCells{}
	var ok, also bool
	m.Line, m.Column, ok = cellAt(from)
	m.LastLine, m.LastColumn, also = cellAt(to)
	if !ok || !also {
		return errXlsxDamaged
	}
	s.sheet.Merged = append(s.sheet.Merged, m)
	return nil
}

// cellAt reads the name of a cell, such as B7 or $B$7.
func cellAt(ref string) (line, column int, ok bool) {
	ref = strings.ReplaceAll(ref, "$", "")
	letters := strings.TrimRight(ref, "0123456789")
	if len(letters) == 0 || len(letters) > 3 || len(letters) == len(ref) {
		return 0, 0, false
	}
	for _, r := range strings.ToUpper(letters) {
		if r < 'A' || r > 'Z' {
			return 0, 0, false
		}
		column = column*26 + int(r-'A') + 1
	}
	line, err := strconv.Atoi(ref[len(letters):])
	return line, column, err == nil && line > 0 && line <= sheetRows && column <= sheetColumns
}
