package desk_test

import (
	"context"
	"fmt"
	"testing"

	"hikeshi/templates"
	"hikeshi/workflows/company"
)

// BenchmarkClocksPage is the overview of all clocks, of 1,000 open incidents with ten clocks each,
// for somebody who leads them: read, put in order, and said.
func BenchmarkClocksPage(b *testing.B) {
	d := newBench(b, "ja")
	src, err := templates.LoadRules(nil)
	if err != nil {
		b.Fatal(err)
	}
	d.service.UseClocks(src.For(company.Profile{}))
	for n := range 1000 {
		d.report("山本", fmt.Sprintf("名簿を載せたノートPCを盗まれた（%d）", n), "kind", "theft")
	}
	for b.Loop() {
		page, err := d.desk.Clocks(context.Background(), d.user("佐藤"))
		if err != nil || len(page.Card.Blocks) == 0 {
			b.Fatal(err, page.Card)
		}
	}
}
