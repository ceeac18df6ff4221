package contact

import "strings"

// A spreadsheet takes a cell that begins like a formula for one, and digits for a quantity:
// it drops the leading zero of a phone number and rounds a Discord ID. An apostrophe in
// front keeps such a cell as text (OWASP, CSV injection). guard and unguard undo each other.

// formulaStart are the characters that begin a formula, with the full-width forms that
// Japanese spreadsheets take as well.
const formulaStart = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"

// guard adds the apostrophe where the cell needs one, or where unguard would otherwise take
// away one that belongs to the text. digits says that the column holds digits that must
// stay text.
func guard(s string, digits bool) string {
	core := strings.TrimLeft(s, "'")
	apostrophes := len(s) - len(core)
	if core == "" {
		return s
	}
	if beginsFormula(core) || beginsDigit(core) && (apostrophes > 0 || digits && allDigits(core)) {
		return "'" + s
	}
	return s
}

// unguard removes the apostrophe that guard or a spreadsheet put in front.
func unguard(s string) string {
	core := strings.TrimLeft(s, "'")
	if core != s && core != "" && (beginsFormula(core) || beginsDigit(core)) {
		return s[1:]
	}
	return s
}

func beginsFormula(s string) bool { return strings.IndexAny(s, formulaStart) == 0 }

func beginsDigit(s string) bool { return s[0] >= '0' && s[0] <= '9' }

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
