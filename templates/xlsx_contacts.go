package templates

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// ContactsXlsx writes the contact list as a workbook that ReadContacts reads back to the same
// people: every cell of the list is kept as text, empty rows below it too, so that a phone
// number keeps its leading zero; roles can be chosen from a list; a second sheet says what
// belongs into the columns. say gives the texts under "contactbook." and the titles of roles.
func ContactsXlsx(people []contact.Person, lang string, say report.Say, made time.Time) (file []byte, err error) {
	b, err := newXlsx(say("contactbook.sheet"), "", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	w := contactsBook{xlsxBook: b, say: say, sheet: sheetName(say("contactbook.sheet"))}
	if err := errors.Join(w.list(contact.Table(people)), w.help()); err != nil {
		return nil, fmt.Errorf("xlsx: contacts: %w", err)
	}
	if err := b.properties(say("contactbook.title"), "", lang, made); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if _, err := b.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("xlsx: write: %w", err)
	}
	return out.Bytes(), nil
}

type contactsBook struct {
	*xlsxBook
	say   report.Say
	sheet string
}

// contactWidths are those of the columns of a contact list, in half-width characters.
var contactWidths = []float64{18, 18, 28, 30, 18, 30, 20, 24, 9, 26, 24}

// textFormat is the built-in number format "@": what is typed stays text.
const textFormat = 49

func (b *contactsBook) list(table [][]string) error {
	font := &excelize.Font{Family: xlsxFont, Size: 11, Color: "000000"}
	header, err := b.style(excelize.Style{Border: xlsxGrid(), Fill: xlsxFilled(xlsxHeaderFill), NumFmt: textFormat,
		Font: &excelize.Font{Family: xlsxFont, Size: 11, Bold: true, Color: "FFFFFF"}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	cell, e := b.style(excelize.Style{Border: xlsxGrid(), NumFmt: textFormat, Font: font, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	empty, e2 := b.style(excelize.Style{NumFmt: textFormat, Font: font})
	if err := errors.Join(err, e, e2); err != nil {
		return err
	}
	// A sheet that is streamed begins with its page setup.
	err = b.printed(b.sheet, b.say("contactbook.banner"), b.say("contactbook.title"), 1, quotedSheet(b.sheet)+"!$1:$1")
	if err != nil {
		return err
	}
	s, err := b.NewStreamWriter(b.sheet)
	if err != nil {
		return err
	}
	for i, width := range contactWidths {
		err = errors.Join(err, s.SetColWidth(i+1, i+1, width), s.SetColStyle(i+1, i+1, empty))
	}
	err = errors.Join(err, s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}}}))
	for i, row := range table {
		style := cell
		if i == 0 {
			style = header
		}
		cells := make([]any, len(row))
		for c, value := range row {
			cells[c] = b.text(contact.TextCell(value), style)
		}
		err = errors.Join(err, s.SetRow(fmt.Sprintf("A%d", i+1), cells))
	}
	return errors.Join(err, b.roles(), s.Flush())
}

// roles lets a role be chosen instead of typed. Another word is refused only when the file is
// read, where it is said what was meant: titles by ID and shorter ones are roles as well.
func (b *contactsBook) roles() error {
	english, _ := contact.Columns()
	for i, name := range english {
		if name != "role" {
			continue
		}
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		v := excelize.NewDataValidation(true)
		v.Sqref = fmt.Sprintf("%s2:%s%d", column, column, contact.MaxRows+1)
		v.SetError(excelize.DataValidationErrorStyleWarning, clipUnits(b.say("contactbook.role.title"), 32), clipUnits(b.say("contactbook.role.unknown"), 255))
		v.SetInput(clipUnits(b.say("contactbook.role.title"), 32), clipUnits(b.say("contactbook.role.input"), 255))
		if err := v.SetDropList(contact.Titles()); err != nil {
			return fmt.Errorf("the list of roles: %w", err)
		}
		return b.AddDataValidation(b.sheet, v)
	}
	return errors.New("no column of a role")
}

// clipUnits keeps a text within what Excel takes as the title or the text of a hint.
func clipUnits(s string, most int) string {
	for unitsOf(s) > most {
		runes := []rune(s)
		s = string(runes[:len(runes)-1])
	}
	return s
}

// help writes the second sheet. It never holds the names of two columns in a row: that would
// make it a list.
func (b *contactsBook) help() error {
	name := sheetName(b.say("contactbook.help"))
	if name == b.sheet {
		name = sheetName(name + " 2")
	}
	if _, err := b.NewSheet(name); err != nil {
		return err
	}
	font := func(size float64, bold bool) *excelize.Font {
		return &excelize.Font{Family: xlsxFont, Size: size, Bold: bold, Color: "000000"}
	}
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	title, err := b.style(excelize.Style{Font: font(16, true)})
	label, e := b.style(excelize.Style{Border: xlsxGrid(), Fill: xlsxFilled("D9E2F3"), Font: font(10, true), Alignment: wrap})
	note, e2 := b.style(excelize.Style{Border: xlsxGrid(), Font: font(10, false), Alignment: wrap})
	if err := errors.Join(err, e, e2); err != nil {
		return err
	}
	page := &xlsxPage{book: b.xlsxBook, sheet: name}
	page.widths(32, 90)
	page.row(b.text(b.say("contactbook.help"), title))
	for line := range strings.SplitSeq(b.say("contactbook.help.text"), "\n") {
		page.row(b.text("", label), b.text(line, note))
	}
	page.row()
	english, japanese := contact.Columns()
	for i := range english {
		page.row(b.text(japanese[i], label), b.text(b.say(contactColumnTexts[english[i]]), note))
	}
	page.row()
	for i, role := range contact.Titles() {
		page.row(b.text(role, label), b.text(b.say("contactbook.role.id", "id", string(incident.Roles[i])), note))
	}
	return errors.Join(page.err, b.printed(name, b.say("contactbook.banner"), b.say("contactbook.title"), 1, quotedSheet(name)+"!$1:$1"))
}

var contactColumnTexts = map[string]string{
	"name":           "contactbook.column.name",
	"department":     "contactbook.column.department",
	"role":           "contactbook.column.role",
	"duty":           "contactbook.column.duty",
	"phone":          "contactbook.column.phone",
	"email":          "contactbook.column.email",
	"slack_id":       "contactbook.column.slack_id",
	"discord_id":     "contactbook.column.discord_id",
	"deputy_order":   "contactbook.column.deputy_order",
	"absence":        "contactbook.column.absence",
	"absence_deputy": "contactbook.column.absence_deputy",
}
