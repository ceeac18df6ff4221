package contact

import (
	"bytes"
	"encoding/csv"
	"strconv"
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
	head := make([]string, 0, len(columnNames))
	for _, n := range columnNames {
		head = append(head, n.japanese)
	}
	_ = w.Write(head) // a bytes.Buffer takes everything
	for _, p := range people {
		if !p.Active {
			continue
		}
		if len(p.Duties) == 0 {
			_ = w.Write(exportRow(p, "", "", ""))
		}
		for _, d := range p.Duties {
			_ = w.Write(exportRow(p, japaneseTitle(d.Role), d.Note, strconv.Itoa(d.Order)))
		}
	}
	w.Flush()
	return out.Bytes()
}

// exportRow is in the order of columnNames.
func exportRow(p Person, role, note, order string) []string {
	return []string{
		guard(p.Name, false), guard(p.Department, false), guard(role, false), guard(note, false),
		guard(p.Phone, true), guard(p.Email, false), guard(p.SlackID, false), guard(p.DiscordID, true), order,
	}
}
