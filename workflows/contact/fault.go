package contact

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The keys of everything that can be wrong with a contact file.
const (
	FaultEmpty             = "contacts.fault.empty"
	FaultTooLarge          = "contacts.fault.too_large"
	FaultEncoding          = "contacts.fault.encoding"
	FaultNotText           = "contacts.fault.not_text"
	FaultQuote             = "contacts.fault.quote"
	FaultHeaderNone        = "contacts.fault.header_none"
	FaultHeaderMissing     = "contacts.fault.header_missing"
	FaultHeaderDuplicate   = "contacts.fault.header_duplicate"
	FaultHeaderUnknown     = "contacts.fault.header_unknown"
	FaultNoRows            = "contacts.fault.no_rows"
	FaultTooManyRows       = "contacts.fault.too_many_rows"
	FaultCellExtra         = "contacts.fault.cell_extra"
	FaultCharacter         = "contacts.fault.character"
	FaultTooLong           = "contacts.fault.too_long"
	FaultNameMissing       = "contacts.fault.name_missing"
	FaultDepartmentMissing = "contacts.fault.department_missing"
	FaultRoleUnknown       = "contacts.fault.role_unknown"
	FaultRoleSeveral       = "contacts.fault.role_several"
	FaultOrderShape        = "contacts.fault.order_shape"
	FaultOrderRange        = "contacts.fault.order_range"
	FaultOrderWithoutRole  = "contacts.fault.order_without_role"
	FaultDutyWithoutRole   = "contacts.fault.duty_without_role"
	FaultPhoneShape        = "contacts.fault.phone_shape"
	FaultPhoneZeroLost     = "contacts.fault.phone_zero_lost"
	FaultEmailShape        = "contacts.fault.email_shape"
	FaultSlackShape        = "contacts.fault.slack_shape"
	FaultDiscordShape      = "contacts.fault.discord_shape"
	FaultDiscordRounded    = "contacts.fault.discord_rounded"
	FaultDuplicate         = "contacts.fault.duplicate"
	FaultDuplicatePerson   = "contacts.fault.duplicate_person"
	FaultEmailShared       = "contacts.fault.email_shared"
	FaultSlackShared       = "contacts.fault.slack_shared"
	FaultDiscordShared     = "contacts.fault.discord_shared"
	FaultContradiction     = "contacts.fault.contradiction"
	FaultPersonAmbiguous   = "contacts.fault.person_ambiguous"

	// Of absences.
	FaultAbsenceShape         = "contacts.fault.absence_shape"
	FaultAbsenceDay           = "contacts.fault.absence_day"
	FaultAbsenceOrder         = "contacts.fault.absence_order"
	FaultAbsenceMany          = "contacts.fault.absence_many"
	FaultDeputyWithoutAbsence = "contacts.fault.deputy_without_absence"
	FaultAbsenceDeputies      = "contacts.fault.absence_deputies"

	// Of workbooks, before their cells can be read.
	FaultNotWorkbook    = "contacts.fault.not_workbook"
	FaultOldWorkbook    = "contacts.fault.old_workbook"
	FaultBinaryWorkbook = "contacts.fault.binary_workbook"
	FaultOtherFormat    = "contacts.fault.other_format"
	FaultLocked         = "contacts.fault.locked"
	FaultDamaged        = "contacts.fault.damaged"
	FaultUnpacked       = "contacts.fault.unpacked"
	// Of their cells.
	FaultSheetSeveral = "contacts.fault.sheet_several"
	FaultRowHidden    = "contacts.fault.row_hidden"
	FaultCellMerged   = "contacts.fault.cell_merged"
	FaultCellFormula  = "contacts.fault.cell_formula"
	FaultCellError    = "contacts.fault.cell_error"
	FaultCellDate     = "contacts.fault.cell_date"
	FaultCellNumber   = "contacts.fault.cell_number"
	FaultPhoneNumber  = "contacts.fault.phone_number"
)

// FaultKeys lists the key of every fault, so that message files can be tested for completeness.
var FaultKeys = []string{
	FaultEmpty, FaultTooLarge, FaultEncoding, FaultNotText, FaultQuote,
	FaultHeaderNone, FaultHeaderMissing, FaultHeaderDuplicate, FaultHeaderUnknown,
	FaultNoRows, FaultTooManyRows, FaultCellExtra, FaultCharacter, FaultTooLong,
	FaultNameMissing, FaultDepartmentMissing, FaultRoleUnknown, FaultRoleSeveral,
	FaultOrderShape, FaultOrderRange, FaultOrderWithoutRole, FaultDutyWithoutRole,
	FaultPhoneShape, FaultPhoneZeroLost, FaultEmailShape, FaultSlackShape,
	FaultDiscordShape, FaultDiscordRounded, FaultDuplicate, FaultDuplicatePerson,
	FaultEmailShared, FaultSlackShared, FaultDiscordShared, FaultContradiction, FaultPersonAmbiguous,
	FaultAbsenceShape, FaultAbsenceDay, FaultAbsenceOrder, FaultAbsenceMany, FaultDeputyWithoutAbsence, FaultAbsenceDeputies,
	FaultNotWorkbook, FaultOldWorkbook, FaultBinaryWorkbook, FaultOtherFormat, FaultLocked, FaultDamaged, FaultUnpacked,
	FaultSheetSeveral, FaultRowHidden, FaultCellMerged, FaultCellFormula, FaultCellError, FaultCellDate, FaultCellNumber, FaultPhoneNumber,
}

// Fault is one thing that is wrong with a contact file, and where.
type Fault struct {
	// Line of the file, from 1; 0 when the fault is the whole file's.
	Line int
	// Column is the column's number in the file's table, from 1; 0 when it is no single column's.
	Column int
	// ColumnName is the column's header as the file writes it.
	ColumnName string
	// Sheet is the worksheet it is on; empty in a text file.
	Sheet string
	// Key of the sentence, one of FaultKeys.
	Key string
	// Args fill the sentence. Line, column and column_name are always among them; the
	// others are the faulty value, what to write instead, a limit or another line. {place}
	// is filled by Say, in the reader's language.
	Args map[string]string
}

// FileFault is a fault of a whole file, found before its cells could be read. key is one of
// FaultKeys, args are pairs of name and value.
func FileFault(key string, args ...string) Faults { return Faults{newFault(key, 0, 0, "", args...)} }

// Say gives the sentence for a person; texts gives the text of a message key.
func (f Fault) Say(texts func(key string) string) string {
	args := map[string]string{"place": f.where(texts)}
	for k, v := range f.Args {
		args[k] = v
	}
	if f.Key == FaultHeaderNone {
		args["suggestion"] = texts(headerNames) // a file without any name is in no language
	}
	return fill(texts(f.Key), args)
}

// where says the place as the program shows it in which the file was made: lines and columns
// by number, or the cell of a worksheet by name.
func (f Fault) where(texts func(key string) string) string {
	switch {
	case f.Line == 0:
		return ""
	case f.Sheet == "" && f.Column == 0:
		return fill(texts(placeLine), f.Args)
	case f.Sheet == "":
		return fill(texts(placeCell), f.Args)
	case f.Column == 0:
		return fill(texts(placeSheetLine), map[string]string{"sheet": f.Sheet, "line": strconv.Itoa(f.Line)})
	}
	return fill(texts(placeSheetCell), map[string]string{"sheet": f.Sheet, "cell": CellName(f.Line, f.Column)})
}

// Faults are all the faults of a file, in the order of the file. Empty means accepted.
type Faults []Fault

// Error gives the first fault and the number of all, for a log; people are shown every Say.
func (f Faults) Error() string {
	if len(f) == 0 {
		return "contact file: no fault"
	}
	return fmt.Sprintf("contact file: %d faults, the first at line %d, column %d: %s", len(f), f[0].Line, f[0].Column, f[0].Key)
}

func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}

// newFault takes args as pairs of name and value.
func newFault(key string, line, col int, colName string, args ...string) Fault {
	m := map[string]string{
		"line": strconv.Itoa(line), "column": strconv.Itoa(col), "column_name": displayable(colName),
	}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = displayable(args[i+1])
	}
	return Fault{Line: line, Column: col, ColumnName: displayable(colName), Key: key, Args: m}
}

// longestShown bounds a value that is quoted in a sentence, in runes. It is longer than
// the list of every role, which is the longest suggestion.
const longestShown = 200

// displayable makes a value of a foreign file safe to quote: a direction mark would turn
// the sentence around, and a control character could do worse in a terminal.
func displayable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > longestShown {
			b.WriteRune('\u2026')
			break
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			fmt.Fprintf(&b, "U+%04X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fill puts the arguments into a sentence's {places}, each once: what a value contains is
// not filled again.
func fill(sentence string, args map[string]string) string {
	pairs := make([]string, 0, 2*len(args))
	for k, v := range args {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}
