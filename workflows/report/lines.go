package report

// lines are the rows of a table before they are laid out: the report makes a Table of them,
// a company's form takes their columns by name.
type lines struct {
	// keys name the columns; the first len(widths) of them are those that the report shows,
	// under the titles "report.column.<key>".
	keys   []string
	widths []int
	rows   [][]Cell
	none   Paragraph // stands in their place where there are none
}

func (b *builder) lay(l lines) Block {
	if l.rows == nil {
		return l.none
	}
	shown := len(l.widths)
	t := Table{Header: b.header(l.keys[:shown]...), Widths: l.widths, Rows: make([][]Cell, len(l.rows))}
	for i, row := range l.rows {
		t.Rows[i] = row[:shown:shown]
	}
	return t
}
