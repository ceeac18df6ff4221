package contact

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

var update = flag.Bool("update", false, "write the golden files again")

// sheetLines lays a document out as plain lines; a gap is marked with [!].
func sheetLines(d report.Document) string {
	var b strings.Builder
	cell := func(c report.Cell) string {
		text := strings.ReplaceAll(c.Text, "\n", " / ")
		if c.Gap {
			text += " [!]"
		}
		return text
	}
	fmt.Fprintf(&b, "%s: %s (%s) %v\n", d.Lang, d.Title, d.Subtitle, d.Banner)
	for _, m := range d.Meta {
		fmt.Fprintf(&b, "%s: %s\n", m.Label, cell(m.Value))
	}
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "\n%s %s\n", strings.Repeat("#", s.Level), s.Title)
		for _, block := range s.Blocks {
			switch x := block.(type) {
			case report.Paragraph:
				fmt.Fprintln(&b, cell(report.Cell(x)))
			case report.List:
				for i, item := range x.Items {
					fmt.Fprintf(&b, "%d. %s\n", i+1, item)
				}
			case report.Table:
				fmt.Fprintln(&b, strings.Join(x.Header, " | "))
				for _, row := range x.Rows {
					var cells []string
					for _, c := range row {
						cells = append(cells, cell(c))
					}
					fmt.Fprintln(&b, strings.Join(cells, " | "))
				}
			}
		}
	}
	fmt.Fprintf(&b, "\n-- %s\n", d.Footer)
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

func TestSheet(t *testing.T) {
	file, err := os.ReadFile("../../templates/sample/contacts.csv")
	if err != nil {
		t.Fatal(err)
	}
	sample := NewDirectory(Merge(nil, mustParse(t, string(file)), today))
	golden(t, "sheet.ja.txt", sheetLines(Sheet(sample, "ja", texts(t, "ja"), "2026年11月22日", today)))
	golden(t, "sheet.en.txt", sheetLines(Sheet(sample, "en", texts(t, "en"), "22 November 2026", today)))

	gaps := NewDirectory([]Person{
		{ID: "p-1", Name: "田中 誠一", Department: "営業部", Active: true, Duties: []Duty{{incident.Representative, "", 0}}},
		{ID: "p-2", Name: "佐藤 美咲", Phone: "090-0000-0002", Active: true, Duties: []Duty{{incident.Representative, "", 1}, {incident.SystemAdmin, "", 0}}},
		{ID: "p-3", Name: "鈴木 健太", Phone: "090-0000-0003", Active: true, Duties: []Duty{{incident.SystemAdmin, "", 0}}},
	})
	golden(t, "sheet.gaps.txt", sheetLines(Sheet(gaps, "ja", texts(t, "ja"), "2026年11月22日", today)))
}

func TestSheetTablesAreWhole(t *testing.T) {
	for _, s := range Sheet(NewDirectory(company), "ja", texts(t, "ja"), "x", today).Sections {
		for _, block := range s.Blocks {
			table, ok := block.(report.Table)
			if !ok {
				continue
			}
			if len(table.Widths) != len(table.Header) {
				t.Errorf("%s: %d widths for %d columns", s.Title, len(table.Widths), len(table.Header))
			}
			for _, row := range table.Rows {
				if len(row) != len(table.Header) {
					t.Errorf("%s: %d cells in %d columns", s.Title, len(row), len(table.Header))
				}
			}
		}
	}
}
