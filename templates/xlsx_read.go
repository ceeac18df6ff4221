package templates

import (
	"bytes"
	"encoding/xml"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"hikeshi/workflows/contact"
)

// ReadContacts reads a contact list from the bytes of a file: a workbook (.xlsx), or
// delimited text in UTF-8 or Shift_JIS. What the file holds decides; its name counts only
// where it promises a workbook and there is none. It gives the rows, or every fault at once
// and no rows. Work and memory are bounded whatever the bytes are.
func ReadContacts(name string, file []byte) ([]contact.Row, contact.Faults) {
	if len(file) > contact.MaxFileBytes {
		return contact.Parse(file) // which says so
	}
	switch {
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")):
		return nil, contact.FileFault(oldContainer(file))
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("PK\x05\x06")):
		w, err := readWorkbook(file)
		if err != nil {
			return nil, contact.FileFault(workbookFault(err), "max", strconv.Itoa(xlsxMaxUnpacked>>20))
		}
		return contact.ParseWorkbook(w)
	case namesWorkbook(name) && len(file) > 0:
		return nil, contact.FileFault(contact.FaultNotWorkbook)
	}
	return contact.Parse(file)
}

func namesWorkbook(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".xlsx") || strings.HasSuffix(name, ".xlsm")
}

// oldContainer tells a workbook that Excel has encrypted from one in the format of before
// 2007: both are OLE containers, whose names are UTF-16.
func oldContainer(file []byte) string {
	var name []byte
	for _, r := range "EncryptedPackage" {
		name = append(name, byte(r), 0) //nolint:gosec // the letters above
	}
	if bytes.Contains(file, name) {
		return contact.FaultLocked
	}
	return contact.FaultOldWorkbook
}

// Kinds of archives that are no workbook.
var (
	errXlsxBinary = errors.New("xlsx: a binary workbook")
	errXlsxOther  = errors.New("xlsx: another format in an archive")
)

func workbookFault(err error) string {
	switch {
	case errors.Is(err, errXlsxUnpacked):
		return contact.FaultUnpacked
	case errors.Is(err, errXlsxBinary):
		return contact.FaultBinaryWorkbook
	case errors.Is(err, errXlsxOther):
		return contact.FaultOtherFormat
	}
	return contact.FaultDamaged
}

// readWorkbook reads the visible worksheets of a workbook as far as a contact list can
// reach. It reads the parts themselves instead of going through a library: what matters here
// is how a cell is kept (as text, number, formula), which rows are hidden, and a bound on all
// of it.
func readWorkbook(file []byte) (contact.Workbook, error) {
	p, err := openXlsx(file)
	if err != nil {
		return contact.Workbook{}, err
	}
	top, err := p.relationsOf("")
	if err != nil {
		return contact.Workbook{}, err
	}
	main := top.byType["officeDocument"]
	switch {
	case strings.HasSuffix(main, ".bin"), main == "" && p.has("xl/workbook.bin"):
		return contact.Workbook{}, errXlsxBinary
	case main == "":
		main = "xl/workbook.xml"
	}
	list := &sheetList{}
	if err := p.walk(main, list); err != nil {
		return contact.Workbook{}, err
	}
	if !list.workbook {
		return contact.Workbook{}, errXlsxOther
	}
	related, err := p.relationsOf(strings.TrimPrefix(main, "/"))
	if err != nil {
		return contact.Workbook{}, err
	}
	var styles cellStyles
	if err := p.walk(related.byType["styles"], &styles); err != nil {
		return contact.Workbook{}, err
	}
	var shared sharedStrings
	if err := p.walk(related.byType["sharedStrings"], &shared); err != nil {
		return contact.Workbook{}, err
	}
	var w contact.Workbook
	for _, s := range list.sheets {
		if related.types[s.id] != "worksheet" {
			continue // a chart on a tab of its own
		}
		reader := &sheetReader{sheet: contact.Worksheet{Name: s.name, Hidden: s.hidden}, shared: shared.list, kinds: styles.kinds()}
		if !s.hidden {
			if err := p.walk(related.byID[s.id], reader); err != nil {
				return contact.Workbook{}, err
			}
		}
		w.Worksheets = append(w.Worksheets, reader.sheet)
	}
	return w, nil
}

// sheetList reads the tabs of a workbook from its main part.
type sheetList struct {
	workbook bool
	sheets   []struct {
		name, id string
		hidden   bool
	}
}

func (l *sheetList) start(around []string, attrs []xml.Attr) error {
	l.workbook = l.workbook || around[0] == "workbook"
	if len(around) == 3 && around[1] == "sheets" && around[2] == "sheet" {
		state := xlsxAttr(attrs, "state")
		l.sheets = append(l.sheets, struct {
			name, id string
			hidden   bool
		}{xlsxAttr(attrs, "name"), xlsxAttr(attrs, "id"), state != "" && state != "visible"})
	}
	return nil
}

func (l *sheetList) text([]string, []byte) {}
func (l *sheetList) end([]string) error    { return nil }

// xlsxText gathers the text of a string that may be written in pieces of different fonts.
// The reading of Japanese words that Excel keeps beside it (phonetic, rPh) is no part of it.
type xlsxText struct{ b strings.Builder }

func (t *xlsxText) add(around []string, s []byte) {
	if around[len(around)-1] == "t" && (len(around) < 2 || around[len(around)-2] != "rPh") {
		t.b.Write(s)
	}
}

func (t *xlsxText) take() string {
	s := unescaped(t.b.String())
	t.b.Reset()
	return s
}

// An escape of a character that XML cannot hold (ECMA-376 part 1, section 22.9.2.19).
var escapedUnit = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escapedUnit.ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.ParseUint(m[2:6], 16, 16)
		if err != nil {
			return m
		}
		return string(utf16.Decode([]uint16{uint16(n)}))
	})
}

// sharedStrings is the table of texts that cells point into.
type sharedStrings struct {
	list []string
	now  xlsxText
}

func (s *sharedStrings) start([]string, []xml.Attr) error { return nil }

func (s *sharedStrings) text(around []string, b []byte) {
	if len(around) > 2 && around[1] == "si" {
		s.now.add(around, b)
	}
}

func (s *sharedStrings) end(around []string) error {
	if len(around) == 2 && around[1] == "si" {
		if s.list = append(s.list, s.now.take()); len(s.list) > xlsxMaxStrings {
			return errXlsxUnpacked
		}
	}
	return nil
}

// cellStyles reads what the styles of cells make of a number.
type cellStyles struct {
	codes map[int]string // number formats of the workbook's own
	ids   []int          // number format of each style
}

func (c *cellStyles) start(around []string, attrs []xml.Attr) error {
	if len(around) != 3 {
		return nil
	}
	id, err := strconv.Atoi(xlsxAttr(attrs, "numFmtId"))
	if err != nil {
		id = 0
	}
	switch {
	case around[1] == "numFmts" && around[2] == "numFmt":
		if c.codes == nil {
			c.codes = map[int]string{}
		}
		c.codes[id] = xlsxAttr(attrs, "formatCode")
	case around[1] == "cellXfs" && around[2] == "xf":
		c.ids = append(c.ids, id)
	}
	return nil
}

func (c *cellStyles) text([]string, []byte) {}
func (c *cellStyles) end([]string) error    { return nil }

func (c *cellStyles) kinds() []contact.CellKind {
	kinds := make([]contact.CellKind, len(c.ids))
	for i, id := range c.ids {
		kinds[i] = kindOfNumber(id, c.codes[id])
	}
	return kinds
}

// Parts of a number format that are shown as they stand, or say a colour or a language.
var formatLiterals = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)

// kindOfNumber says what a number format makes of a number. The formats up to 163 are the
// program's own (ECMA-376 part 1, section 18.8.30); those of 27 to 36 and 50 to 58 are the
// dates of East Asia.
func kindOfNumber(id int, code string) contact.CellKind {
	switch {
	case id == 0, id == 1, id == 49:
		return contact.CellNumber // as it is, whole, or as text
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return contact.CellDate
	case code == "":
		return contact.CellShown
	}
	plain := strings.ToLower(formatLiterals.ReplaceAllString(code, ""))
	switch {
	case plain == "general", plain == "0", plain == "@":
		return contact.CellNumber
	case !strings.Contains(plain, "general") && strings.ContainsAny(plain, "ymdhsge"):
		return contact.CellDate
	}
	return contact.CellShown
}

// plainNumber writes a number in plain digits; what is none stays as it stands.
func plainNumber(s string) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
