package contact

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"

	"hikeshi/workflows/incident"
)

// Export writes the active people as a contact file that a Japanese Excel opens by double
// click: UTF-8 with BOM, Japanese headers, CRLF, one row per person and role. Parse reads
// it back to the same people. Cells that a spreadsheet would take for a formula or for a
// quantity have an apostrophe in front.
func Export(people []Person) []byte {
	var out bytes.Buffer
	out.Write(utf8Mark)
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for _, r := range Table(people) {
		for i, n := range columnNames {
			if n.column != colOrder {
				r[i] = guard(r[i], n.column == colPhone || n.column == colDiscord)
			}
		}
		_ = w.Write(r) // a bytes.Buffer takes everything
	}
	w.Flush()
	return out.Bytes()
}

// Table gives the active people as rows of cells, the Japanese headers first, in the order
// of Columns: one row per person and role.
func Table(people []Person) [][]string {
	head := make([]string, 0, len(columnNames))
	for _, n := range columnNames {
		head = append(head, n.japanese)
	}
	table := [][]string{head}
	active := slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return !p.Active })
	refs := newReferences(active)
	row := func(p Person, role, note, order string) {
		absence, deputy := refs.writeAbsences(p, active)
		table = append(table, []string{p.Name, p.Department, role, note, p.Phone, p.Email, p.SlackID, p.DiscordID, order, absence, deputy})
	}
	for _, p := range active {
		if len(p.Duties) == 0 {
			row(p, "", "", "")
		}
		for _, d := range p.Duties {
			row(p, japaneseTitle(d.Role), d.Note, strconv.Itoa(d.Order))
		}
	}
	return table
}

// TextCell is how a value is written into a cell that a spreadsheet keeps as text, so that
// ParseWorkbook reads the value: as it is, but for the few values whose own apostrophe would
// be taken for one that a spreadsheet put in front.
func TextCell(value string) string {
	if unguard(value) != value {
		return "'" + value
	}
	return value
}

// Columns gives the English and the Japanese header of each column, in the order of Table.
func Columns() (english, japanese []string) {
	for _, n := range columnNames {
		english, japanese = append(english, string(n.column)), append(japanese, n.japanese)
	}
	return english, japanese
}

// Titles gives the Japanese title of each role that a list may name, as Table writes it, in
// the order of incident.Roles.
func Titles() []string {
	titles := make([]string, 0, len(incident.Roles))
	for _, r := range incident.Roles {
		titles = append(titles, japaneseTitle(r))
	}
	return titles
}
