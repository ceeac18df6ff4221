package contact

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold gives the form in which two texts are compared: width, case and white space do not
// count. What is stored stays as written, because NFKC also replaces characters of names
// (CJK compatibility ideographs) that their owners insist on.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// foldLabel compares headers and titles, where underscores, hyphens and middle dots are
// left out or added at will.
func foldLabel(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', '\u30fb': // katakana middle dot
			return -1
		}
		return r
	}, fold(s))
}

// tidy trims a cell and makes every run of white space one space; a line break that a
// spreadsheet allows inside a cell becomes a space as well.
func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

// halfWidth is for cells that hold codes: digits, addresses and IDs typed in full width.
func halfWidth(s string) string { return tidy(norm.NFKC.String(s)) }

// ascii reports whether s has no character beyond ASCII.
func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
