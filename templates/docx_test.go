package templates

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/workflows/report"
)

func TestDocxGolden(t *testing.T) {
	parts := docxParts(t, mustDocx(t, renderingSample()))
	checkRendered(t, "rendering_document.xml", parts["word/document.xml"])
}

func TestDocxHasEveryPartItNames(t *testing.T) {
	parts := docxParts(t, mustDocx(t, renderingSample()))
	for name, content := range parts {
		if err := wellFormed(content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	named := map[string]bool{"[Content_Types].xml": true, "_rels/.rels": true, "word/_rels/document.xml.rels": true}
	for _, e := range elements(t, parts["[Content_Types].xml"], "Override") {
		named[strings.TrimPrefix(attribute(e, "PartName"), "/")] = true
	}
	for folder, rels := range map[string]string{"": "_rels/.rels", "word/": "word/_rels/document.xml.rels"} {
		ids := map[string]bool{}
		for _, e := range elements(t, parts[rels], "Relationship") {
			if target := folder + attribute(e, "Target"); !named[target] {
				t.Errorf("%s names %s, which has no content type", rels, target)
			}
			ids[attribute(e, "Id")] = true
		}
		for _, kind := range []string{"headerReference", "footerReference"} {
			for _, e := range elements(t, parts["word/document.xml"], kind) {
				if folder != "" && !ids[attribute(e, "id")] {
					t.Errorf("%s has no relationship %q", kind, attribute(e, "id"))
				}
			}
		}
	}
	for name := range named {
		if parts[name] == nil {
			t.Errorf("%s is named but missing", name)
		}
	}
	for name := range parts {
		if !named[name] {
			t.Errorf("%s is there but not named", name)
		}
	}
}

// Word repairs, or refuses, a file whose styles or numbers do not exist.
func TestDocxUsesOnlyWhatItDefines(t *testing.T) {
	parts := docxParts(t, mustDocx(t, renderingSample()))
	defined := map[string]bool{}
	for _, e := range elements(t, parts["word/styles.xml"], "style") {
		defined["style "+attribute(e, "styleId")] = true
	}
	for _, e := range elements(t, parts["word/numbering.xml"], "num") {
		defined["number "+attribute(e, "numId")] = true
	}
	used := 0
	for _, part := range []string{"word/document.xml", "word/header1.xml", "word/footer1.xml", "word/styles.xml"} {
		for element, what := range map[string]string{
			"pStyle": "style ", "rStyle": "style ", "tblStyle": "style ", "basedOn": "style ", "next": "style ", "numId": "number ",
		} {
			for _, e := range elements(t, parts[part], element) {
				used++
				if key := what + attribute(e, "val"); !defined[key] {
					t.Errorf("%s uses the undefined %s", part, key)
				}
			}
		}
	}
	if used < 50 {
		t.Errorf("looked at %d uses only", used)
	}
}

func TestDocxOrderedListsBeginAtOne(t *testing.T) {
	d := report.Document{Sections: []report.Section{{Blocks: []report.Block{
		report.List{Ordered: true, Items: []string{"a", "b"}},
		report.List{Items: []string{"c"}},
		report.List{Ordered: true, Items: []string{"d"}},
	}}}}
	parts := docxParts(t, mustDocx(t, d))
	var got []string
	for _, e := range elements(t, parts["word/document.xml"], "numId") {
		got = append(got, attribute(e, "val"))
	}
	if diff := cmp.Diff([]string{"2", "2", "1", "3"}, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if n := len(elements(t, parts["word/numbering.xml"], "startOverride")); n != 2 {
		t.Errorf("%d numberings begin anew, want 2", n)
	}
}

func TestDocxBanner(t *testing.T) {
	parts := docxParts(t, mustDocx(t, report.Document{Banner: []string{"訓練", "社外秘"}, Footer: "INC-2026-0001"}))
	if got := strings.Join(docxTexts(t, parts["word/header1.xml"]), ""); got != "\u00a0訓練\u00a0　\u00a0社外秘\u00a0" {
		t.Errorf("header says %q", got)
	}
	if got := strings.Join(docxTexts(t, parts["word/footer1.xml"]), ""); got != "INC-2026-0001\t1 / 1" {
		t.Errorf("footer says %q", got)
	}
	var fields []string
	for _, e := range elements(t, parts["word/footer1.xml"], "fldSimple") {
		fields = append(fields, strings.TrimSpace(attribute(e, "instr")))
	}
	if diff := cmp.Diff([]string{"PAGE", "NUMPAGES"}, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestDocxProperties(t *testing.T) {
	for _, c := range []struct {
		lang string
		made time.Time
		want []string
	}{
		{"ja", renderingMade, []string{"<dc:title>a b &lt;c&gt;</dc:title>", "<dc:language>ja-JP</dc:language>", ">2026-01-09T00:30:00Z<"}},
		{"en", renderingMade.UTC(), []string{"<dc:language>en-US</dc:language>", ">2026-01-09T00:30:00Z<"}},
		{"", time.Time{}, []string{"<dc:language>ja-JP</dc:language>", ">0001-01-01T00:00:00Z<"}},
	} {
		b, err := Docx(report.Document{Lang: c.lang, Title: "a\nb <c>"}, c.made)
		if err != nil {
			t.Fatal(err)
		}
		parts := docxParts(t, b)
		for _, want := range c.want {
			if !bytes.Contains(parts["docProps/core.xml"], []byte(want)) {
				t.Errorf("%q: core properties lack %s:\n%s", c.lang, want, parts["docProps/core.xml"])
			}
		}
		if !bytes.Contains(parts["word/styles.xml"], []byte(`w:eastAsia="ja-JP"`)) {
			t.Errorf("%q: Japanese text has no language", c.lang)
		}
	}
}

func TestDocxIsDeterministic(t *testing.T) {
	first := mustDocx(t, renderingSample())
	again, err := Docx(renderingSample(), renderingMade.UTC())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same document at the same instant gave other bytes")
	}
	later, err := Docx(renderingSample(), renderingMade.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, later) {
		t.Error("the time of making left no trace")
	}
}

func TestDocxGaps(t *testing.T) {
	d := report.Document{Title: "t", Sections: []report.Section{{Title: "s", Blocks: []report.Block{
		report.Paragraph{Text: "原因は未記入です。", Gap: true},
		report.Paragraph{Text: "ふつうの文"},
		report.Table{Header: []string{"a"}, Rows: [][]report.Cell{{{Text: "未記入", Gap: true}}, {{Gap: true}}, {{Text: "済"}}}},
	}}}}
	document := docxParts(t, mustDocx(t, d))["word/document.xml"]
	var marked []string
	for _, run := range bytes.SplitAfter(document, []byte("</w:r>")) {
		if bytes.Contains(run, []byte(`<w:rStyle w:val="Gap"/>`)) {
			marked = append(marked, string(run[bytes.Index(run, []byte(`preserve">`))+10:bytes.Index(run, []byte("</w:t>"))]))
		}
	}
	if diff := cmp.Diff([]string{"原因は未記入です。", "未記入", "—"}, marked); diff != "" {
		t.Errorf("marked as gaps (-want +got):\n%s", diff)
	}
}

func TestDocxRowsBreakOnlyWhenTall(t *testing.T) {
	for _, c := range []struct {
		name  string
		text  string
		share int // of 100
		whole bool
	}{
		{"short", "済", 50, true},
		{"some lines", strings.Repeat("対応を行った。", 20), 50, true},
		{"600 characters", strings.Repeat("あ", 600), 90, false},
		{"few characters on many lines", strings.Repeat("あ\n", 40), 50, false},
		{"a narrow column", strings.Repeat("あ", 300), 8, false},
		{"10,000 characters", strings.Repeat("経過", 5000), 50, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := report.Document{Sections: []report.Section{{Blocks: []report.Block{report.Table{
				Header: []string{"a", "b"}, Widths: []int{c.share, 100 - c.share}, Rows: [][]report.Cell{{{Text: c.text}, {Text: "x"}}},
			}}}}}
			document := docxParts(t, mustDocx(t, d))["word/document.xml"]
			rows := bytes.Split(document, []byte("<w:tr>"))[1:]
			if len(rows) != 2 {
				t.Fatalf("%d rows, want 2", len(rows))
			}
			if !bytes.Contains(rows[0], []byte("<w:tblHeader/>")) {
				t.Error("the header row is not repeated")
			}
			if got := bytes.Contains(rows[1], []byte("<w:cantSplit/>")); got != c.whole {
				t.Errorf("kept whole: %v, want %v", got, c.whole)
			}
			if !bytes.Contains(document, []byte(strings.ReplaceAll(c.text, "\n", `</w:t><w:br/><w:t xml:space="preserve">`)[:len(c.text)])) {
				t.Error("the text is not there whole")
			}
		})
	}
}

func TestColumnWidths(t *testing.T) {
	for _, c := range []struct {
		shares  []int
		columns int
		want    []int
	}{
		{[]int{1, 3}, 2, []int{2409, 7229}},
		{nil, 2, []int{4819, 4819}},
		{[]int{5}, 2, []int{4819, 4819}},
		{[]int{0, 7}, 2, []int{4819, 4819}},
		{[]int{-1, 7}, 2, []int{4819, 4819}},
		{[]int{7, 7, 7}, 3, []int{3212, 3213, 3213}},
		{nil, 1, []int{9638}},
	} {
		if diff := cmp.Diff(c.want, columnWidths(textWidth, c.shares, c.columns)); diff != "" {
			t.Errorf("columnWidths(%v, %d) (-want +got):\n%s", c.shares, c.columns, diff)
		}
	}
}

// A pointer to a block is a block for the compiler but nothing that a report contains.
func TestDocxRefusesUnknownBlocks(t *testing.T) {
	d := report.Document{Sections: []report.Section{{Title: "初動", Blocks: []report.Block{&report.Paragraph{Text: "x"}}}}}
	if _, err := Docx(d, renderingMade); err == nil || !strings.Contains(err.Error(), "*report.Paragraph") {
		t.Errorf("error is %v", err)
	}
}

func TestDocxSaysAllItWasGiven(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := randomDocument().Draw(rt, "document")
		b, err := Docx(d, renderingMade)
		if err != nil {
			rt.Fatal(err)
		}
		parts := docxParts(rt, b)
		for name, content := range parts {
			if err := wellFormed(content); err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(expectedTexts(d), docxTexts(rt, parts["word/document.xml"])); diff != "" {
			rt.Fatalf("texts (-want +got):\n%s", diff)
		}
		if got, want := strings.Join(docxTexts(rt, parts["word/footer1.xml"]), ""), Printable(d.Footer)+"\t1 / 1"; got != want {
			rt.Fatalf("footer says %q, want %q", got, want)
		}
		var banner strings.Builder
		for _, b := range d.Banner {
			banner.WriteString(Printable(b)) // each by itself: bytes of two must not make one character
		}
		if got, want := withoutSpace(strings.Join(docxTexts(rt, parts["word/header1.xml"]), "")), withoutSpace(banner.String()); got != want {
			rt.Fatalf("header says %q, want %q", got, want)
		}
	})
}

func BenchmarkDocx500(b *testing.B) {
	d := longRenderingSample(500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Docx(d, renderingMade); err != nil {
			b.Fatal(err)
		}
	}
}

func TestDocxLargeType(t *testing.T) {
	sizes := func(large bool) (out []int) {
		d := renderingSample()
		d.Large = large
		for _, e := range elements(t, docxParts(t, mustDocx(t, d))["word/styles.xml"], "sz") {
			n, err := strconv.Atoi(attribute(e, "val"))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, n)
		}
		return out
	}
	normal, large := sizes(false), sizes(true)
	if len(normal) < 8 || len(large) != len(normal) {
		t.Fatalf("%d and %d sizes", len(normal), len(large))
	}
	for i := range normal {
		if want := int(float64(normal[i]) * largeType); large[i] != want {
			t.Errorf("%d half points became %d, want %d", normal[i], large[i], want)
		}
	}
}
