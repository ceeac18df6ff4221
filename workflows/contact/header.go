package contact

import "hikeshi/workflows/incident"

// columnByName and roleByName accept every spelling of titles.go, folded.
var (
	columnByName = foldColumns()
	roleByName   = foldRoles()
)

func foldColumns() map[string]column {
	m := make(map[string]column, 2*len(columnNames))
	for _, n := range columnNames {
		m[foldLabel(string(n.column))] = n.column
		m[foldLabel(n.japanese)] = n.column
	}
	return m
}

func foldRoles() map[string]incident.Role {
	m := make(map[string]incident.Role)
	for _, t := range roleTitles {
		m[foldLabel(string(t.role))] = t.role
		for _, title := range t.titles {
			m[foldLabel(title)] = t.role
		}
	}
	return m
}

// requiredColumns are those without which a list says nothing. The others may be left out
// by a company that has no use for them.
var requiredColumns = []column{colName, colRole}

// header says which cell of a record is which column.
type header struct {
	at    map[column]int // index of the cell
	names []string       // as the file writes them, tidied
	known int            // number of cells that are a column
}

// maxColumns is far beyond any contact list; what stands further right counts as unnamed.
const maxColumns = 50

// readHeader recognises the columns. Cells without a name pass here; they are a fault only
// where something is written under them.
func readHeader(r record) (header, Faults) {
	h := header{at: make(map[column]int)}
	var faults Faults
	for i, cell := range r.cells[:min(len(r.cells), maxColumns)] {
		name := unguard(tidy(cell))
		h.names = append(h.names, name)
		if name == "" {
			continue
		}
		c, ok := columnByName[foldLabel(name)]
		if !ok {
			faults = append(faults, newFault(FaultHeaderUnknown, r.line, i+1, name,
				"value", name, "suggestion", suggestColumn(name)))
			continue
		}
		h.known++
		if first, twice := h.at[c]; twice {
			faults = append(faults, newFault(FaultHeaderDuplicate, r.line, i+1, name,
				"value", name, "other", h.names[first]))
			continue
		}
		h.at[c] = i
	}
	if h.known == 0 {
		return h, Faults{newFault(FaultHeaderNone, r.line, 0, "", "suggestion", suggestColumn(""))}
	}
	for _, c := range requiredColumns {
		if _, ok := h.at[c]; !ok {
			faults = append(faults, newFault(FaultHeaderMissing, r.line, 0, "",
				"value", japaneseHeader(c), "suggestion", string(c)))
		}
	}
	return h, faults
}

// cell gives the tidied content of a column, "" where the file has no such column.
func (h header) cell(r record, c column) string {
	i, ok := h.at[c]
	if !ok || i >= len(r.cells) {
		return ""
	}
	return unguard(tidy(r.cells[i]))
}

// misread judges how a spreadsheet kept the cell of a column.
func (h header) misread(r record, c column) verdict {
	i, ok := h.at[c]
	if !ok || i >= len(r.kinds) {
		return verdict{}
	}
	return misread(c, r.kinds[i], tidy(r.cells[i]))
}

// fault places a fault in a column.
func (h header) fault(key string, line int, c column, args ...string) Fault {
	i, ok := h.at[c]
	if !ok {
		return newFault(key, line, 0, japaneseHeader(c), args...)
	}
	return newFault(key, line, i+1, h.names[i], args...)
}
