package contact

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// record is one row of the file's table; line is where it begins in the file, which is not
// its number among the rows when a quoted cell spans lines.
type record struct {
	line  int
	cells []string
	kinds []CellKind // of the cells of a spreadsheet; nil where every cell is text
}

// blank reports a record without any content, such as the ",,,," that spreadsheets leave
// under the last row.
func (r record) blank() bool {
	for _, c := range r.cells {
		if tidy(c) != "" {
			return false
		}
	}
	return true
}

var (
	utf8Mark   = []byte{0xEF, 0xBB, 0xBF}
	utf16Marks = [][]byte{{0xFF, 0xFE}, {0xFE, 0xFF}}
	// xlsx files are zip archives, xls files are OLE containers.
	workbooks = [][]byte{[]byte("PK\x03\x04"), {0xD0, 0xCF, 0x11, 0xE0}}
)

// decode turns the file into text with \n line ends. What is not valid UTF-8 is taken as
// Shift_JIS, which is what a Japanese Excel writes as "CSV".
func decode(file []byte) (string, Faults) {
	if len(file) > MaxFileBytes {
		return "", Faults{newFault(FaultTooLarge, 0, 0, "", "max", strconv.Itoa(MaxFileBytes>>20))}
	}
	for _, m := range workbooks {
		if bytes.HasPrefix(file, m) {
			return "", Faults{newFault(FaultNotText, 0, 0, "")}
		}
	}
	for _, m := range utf16Marks {
		if bytes.HasPrefix(file, m) {
			return "", Faults{newFault(FaultEncoding, 0, 0, "")}
		}
	}
	unmarked, marked := bytes.CutPrefix(file, utf8Mark)
	text := string(unmarked)
	if !utf8.ValidString(text) {
		if marked {
			return "", Faults{newFault(FaultEncoding, 0, 0, "")}
		}
		decoded, err := japanese.ShiftJIS.NewDecoder().Bytes(file)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return "", Faults{newFault(FaultEncoding, 0, 0, "")}
		}
		text = string(decoded)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	if strings.TrimFunc(text, unicode.IsSpace) == "" {
		return "", Faults{newFault(FaultEmpty, 0, 0, "")}
	}
	return text, nil
}

// split cuts the text into records that have content. After a line with broken quotes it
// goes on with the next, so that the other faults are seen as well; an unclosed quote
// swallows the rest of the file and is told once.
func split(text string) ([]record, Faults) {
	comma := delimiter(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = comma
	r.FieldsPerRecord = -1
	// A tab is white space to the reader: trimming would eat empty cells.
	r.TrimLeadingSpace = comma != '\t'
	var (
		records []record
		faults  Faults
	)
	for len(records)+len(faults) <= MaxRows+1 { // one more than the header and every row
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			faults = append(faults, newFault(FaultQuote, broken.StartLine, 0, ""))
			continue
		}
		if err != nil { // a strings.Reader has no other errors
			return nil, Faults{newFault(FaultEncoding, 0, 0, "")}
		}
		line, _ := r.FieldPos(0)
		rec := record{line: line, cells: cells}
		if rec.blank() {
			continue
		}
		records = append(records, rec)
	}
	return records, faults
}

// delimiter picks the separator under which the header line has most known names.
func delimiter(text string) rune {
	header, _, _ := strings.Cut(strings.TrimLeftFunc(text, func(r rune) bool { return r == '\n' }), "\n")
	best, most := ',', 0
	for _, d := range []rune{',', '\t', ';'} {
		known := 0
		for cell := range strings.SplitSeq(header, string(d)) {
			if _, ok := columnByName[foldLabel(strings.Trim(cell, `" `))]; ok {
				known++
			}
		}
		if known > most {
			best, most = d, known
		}
	}
	return best
}
