package main

import (
	"bytes"
	"context"
	"strings"

	"github.com/xuri/excelize/v2"

	"hikeshi/workflows"
)

// register is the register of every incident of the night, column by column, as another
// program reads it out of the workbook.
func (n *night) register() string {
	n.t.Helper()
	o := n.house.opened
	all := workflows.EachIncident(context.Background(), o.store, workflows.IncidentQuery{})
	body, listed, err := n.program.register(o, "ja", o.texts.Say("ja", "register.chosen.all"), all)
	if err != nil {
		n.t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	defer f.Close()
	table, err := f.GetRows(o.texts.Say("ja", "register.sheet"))
	if err != nil || len(table) != listed+1 {
		n.t.Fatalf("%d rows for %d incidents, %v", len(table), listed, err)
	}
	var out strings.Builder
	for _, row := range table[1:] {
		if len(row) != len(table[0]) {
			n.t.Errorf("%s has %d of %d cells", row[0], len(row), len(table[0]))
		}
		for i, cell := range row {
			out.WriteString(table[0][i] + ": " + strings.ReplaceAll(visible(cell), "\n", "\n    ") + "\n")
		}
		out.WriteString("\n")
	}
	return version.ReplaceAllString(out.String(), "(digest)")
}
