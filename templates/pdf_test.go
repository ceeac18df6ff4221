package templates

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/workflows/report"
)

func mustPDF(t testing.TB, d report.Document) []byte {
	t.Helper()
	b, err := PDF(d, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// onPaper gives every line that a document puts on paper, in the order of drawing.
func onPaper(t failing, d report.Document) []drawn {
	t.Helper()
	var lines []drawn
	b, err := drawPDF(d, renderingMade, func(l drawn) { lines = append(lines, l) })
	if err != nil {
		t.Fatalf("%v", err)
	}
	if !bytes.HasPrefix(b, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(b), []byte("%%EOF")) {
		t.Fatalf("no PDF: %.20q … %q", b, b[max(0, len(b)-20):])
	}
	return lines
}

func isBanner(l drawn) bool  { return l.t.ink == inkRed }
func isFoot(l drawn) bool    { return l.t.leading == 11 && !l.t.bold }
func isHeading(l drawn) bool { return l.t.bold && l.t.after > 0 }
func isHeaderRow(l drawn) bool {
	return l.t.bold && l.t.centred && (l.t.leading == 13 || l.t.leading == 13*largeType)
}

func TestPDFIsDeterministic(t *testing.T) {
	first := mustPDF(t, longRenderingSample(30))
	again, err := PDF(longRenderingSample(30), renderingMade.UTC())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same document at the same instant gave other bytes")
	}
	later, err := PDF(longRenderingSample(30), renderingMade.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, later) {
		t.Error("the time of making left no trace")
	}
	never, err := PDF(renderingSample(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(never, []byte("(D:19800101000000)")) {
		t.Error("a time of zero is not the beginning of 1980, but today perhaps")
	}
}

func TestPDFProperties(t *testing.T) {
	for lang, tag := range map[string]string{"ja": "ja-JP", "en": "en-US", "": "ja-JP"} {
		b := mustPDF(t, report.Document{Lang: lang, Title: "a\n𠮷 (b)"})
		for _, want := range []string{"/Lang (" + tag + ")", "(D:20260109003000)", "/Creator (\xfe\xff\x00h\x00i"} {
			if !bytes.Contains(b, []byte(want)) {
				t.Errorf("%q: nowhere stands %q", lang, want)
			}
		}
		// The title keeps what the font lacks, as UTF-16 with its surrogates.
		if !bytes.Contains(b, []byte("/Title (\xfe\xff\x00a\x00 \xd8\x42\xdf\xb7\x00 \x00\\(\x00b\x00\\))")) {
			t.Errorf("%q: the title is not there whole", lang)
		}
	}
}

func TestPDFRefusesUnknownBlocks(t *testing.T) {
	d := report.Document{Sections: []report.Section{{Title: "初動", Blocks: []report.Block{&report.Paragraph{Text: "x"}}}}}
	if _, err := PDF(d, renderingMade); err == nil || !strings.Contains(err.Error(), "*report.Paragraph") {
		t.Errorf("error is %v", err)
	}
}

// fpdf writes into a font file when it is asked for certain glyphs: every other user of the
// file would see it.
func TestPDFOfEveryCharacterLeavesTheFontAlone(t *testing.T) {
	before := [2][]byte{bytes.Clone(pdfRegularFile), bytes.Clone(pdfBoldFile)}
	var all strings.Builder
	for r := rune(0x20); r <= 0xffff; r++ {
		if !regular(t).has(r) {
			continue
		}
		all.WriteRune(r)
	}
	if all.Len() < 20000 {
		t.Fatalf("only %d bytes of characters", all.Len())
	}
	mustPDF(t, report.Document{Title: all.String(), Sections: []report.Section{{Blocks: []report.Block{report.Paragraph{Text: all.String()}}}}})
	if !bytes.Equal(before[0], pdfRegularFile) || !bytes.Equal(before[1], pdfBoldFile) {
		t.Error("the font files in memory changed")
	}
}

func TestPDFsInParallel(t *testing.T) {
	want := mustPDF(t, renderingSample())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if b, err := PDF(renderingSample(), renderingMade); err != nil || !bytes.Equal(b, want) {
				t.Errorf("differs, %v", err)
			}
		})
	}
	all.Wait()
}

// A gap is seen in black and white, too, and is never empty.
func TestPDFGaps(t *testing.T) {
	d := report.Document{Sections: []report.Section{{Blocks: []report.Block{
		report.Paragraph{Text: "原因は未記入です。", Gap: true},
		report.Paragraph{Text: "ふつうの文"},
		report.Table{Rows: [][]report.Cell{{{Text: "未記入", Gap: true}}, {{Gap: true}}, {{Text: "済"}}}},
	}}}}
	var marked []string
	for _, l := range onPaper(t, d) {
		if l.t.ink == inkGap {
			marked = append(marked, l.text)
		}
	}
	if diff := cmp.Diff([]string{"原因は未記入です。", "未記入", "—"}, marked); diff != "" {
		t.Errorf("marked as gaps (-want +got):\n%s", diff)
	}
}

// checkPaper holds for every document: what was given is there, once and in its place; lines
// stay inside their boxes and on the page, and cover nothing.
func checkPaper(t failing, d report.Document) {
	t.Helper()
	lines := onPaper(t, d)
	byPage := map[int][]drawn{}
	for _, l := range lines {
		const close = 0.01
		if l.x < l.boxX-close || l.x+l.width > l.boxX+l.boxWidth+close {
			t.Fatalf("%q from %.2f to %.2f is wider than its box from %.2f to %.2f", l.text, l.x, l.x+l.width, l.boxX, l.boxX+l.boxWidth)
		}
		if l.boxX < 0 || l.boxX+l.boxWidth > pdfPageWidth || l.upper < 0 || l.lower > pdfPageHeight {
			t.Fatalf("%q leaves the page: %+v", l.text, l)
		}
		if l.text != "" {
			byPage[l.page] = append(byPage[l.page], l)
		}
	}
	for page, on := range byPage {
		for i, a := range on {
			for _, b := range on[i+1:] {
				across := min(a.x+a.width, b.x+b.width) - max(a.x, b.x)
				down := min(a.lower, b.lower) - max(a.upper, b.upper)
				if across > 0.5 && down > 0.5 {
					t.Fatalf("page %d: %q covers %q", page, b.text, a.text)
				}
			}
		}
	}
	checkNothingLost(t, d, lines)
}

// checkNothingLost counts characters: rows that break over pages part the texts of their cells.
func checkNothingLost(t failing, d report.Document, lines []drawn) {
	t.Helper()
	face, err := pdfFaces()
	if err != nil {
		t.Fatalf("%v", err)
	}
	count := func(into map[rune]int, s string) {
		for _, r := range withoutSpace(strings.ReplaceAll(s, "\u3000", "")) {
			into[r]++
		}
	}
	want, got := map[rune]int{}, map[rune]int{}
	for _, s := range expectedTexts(d) {
		count(want, face[0].drawable(s))
	}
	for _, s := range d.Sections {
		for _, block := range s.Blocks {
			switch b := block.(type) {
			case report.List:
				for i := range b.Items {
					if b.Ordered {
						count(want, fmt.Sprintf("%d.", i+1))
					} else {
						count(want, "・")
					}
				}
			case report.Table: // repeated on every page: looked at elsewhere
				for _, title := range b.Header {
					for _, r := range withoutSpace(strings.ReplaceAll(face[1].drawable(Printable(title)), "\u3000", "")) {
						want[r]--
					}
				}
			}
		}
	}
	for _, l := range lines {
		if !isBanner(l) && !isFoot(l) && !isHeaderRow(l) {
			count(got, l.text)
		}
	}
	maps.DeleteFunc(want, func(_ rune, n int) bool { return n == 0 })
	if !maps.Equal(want, got) {
		t.Fatalf("characters (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestPDFSaysAllItWasGiven(t *testing.T) {
	checkPaper(t, renderingSample())
	checkPaper(t, longRenderingSample(60))
	large := renderingSample()
	large.Large = true
	checkPaper(t, large)
	rapid.Check(t, func(rt *rapid.T) {
		d := randomDocument().Draw(rt, "document")
		d.Large = rapid.Bool().Draw(rt, "large")
		checkPaper(rt, d)
	})
}

// A row taller than a page goes on under a header row on each of them; a hundred columns, a
// header row taller than a page and a banner without end still make a document.
func TestPDFOfExtremes(t *testing.T) {
	many := func(n int, text string) []string { return slices.Repeat([]string{text}, n) }
	var wide []report.Cell
	for range 100 {
		wide = append(wide, report.Cell{Text: "あa"})
	}
	for name, d := range map[string]report.Document{
		"nothing":           {},
		"a tall row":        {Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.Table{Header: []string{"列一", "列二"}, Rows: [][]report.Cell{{{Text: strings.Repeat("経過を記録した。", 900)}, {Text: "x"}}}}}}}},
		"a hundred columns": {Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.Table{Header: many(100, "い"), Rows: [][]report.Cell{wide}}}}}},
		"a tall header":     {Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.Table{Header: many(2, "終わりのない見出し"), Widths: []int{1, 1 << 40}, Rows: [][]report.Cell{wide[:2]}}}}}},
		"a long heading":    {Sections: []report.Section{{Title: strings.Repeat("終わりのない見出し", 600)}, {Level: 2, Title: "次"}}},
		"many words above":  {Banner: many(60, "社外秘である"), Footer: strings.Repeat("足元の長い文。", 100), Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.Paragraph{Text: strings.Repeat("文。", 3000)}}}}},
		"one long word":     {Title: strings.Repeat("x", 5000), Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.List{Items: many(2000, "y"), Ordered: true}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := onPaper(t, d)
			pages := lines[len(lines)-1].page
			for _, l := range lines {
				if l.x+l.width > l.boxX+l.boxWidth+0.01 || l.lower > pdfPageHeight || l.boxX+l.boxWidth > pdfPageWidth {
					t.Fatalf("%q is out of place: %+v", l.text, l)
				}
			}
			if name != "many words above" && name != "a tall header" {
				checkNothingLost(t, d, lines)
			}
			if name != "a tall row" {
				return
			}
			if pages < 3 {
				t.Fatalf("%d pages", pages)
			}
			for page := 1; page <= pages; page++ {
				n := 0
				for _, l := range lines {
					if l.page == page && l.text == "列一" {
						n++
					}
				}
				if n != 1 {
					t.Errorf("page %d has the header row %d times", page, n)
				}
			}
		})
	}
}

// Wherever the page happens to end, a heading or a header row never ends it.
func TestPDFHeadingsNeverEndAPage(t *testing.T) {
	blocks := map[string][]report.Block{
		"table":        {report.Table{Header: []string{"番号", "内容"}, Rows: [][]report.Cell{{{Text: "1"}, {Text: strings.Repeat("長い内容です。", 20)}}, {{Text: "2"}, {Text: "内容"}}}}},
		"pairs":        {report.Pairs{{Label: "番号", Value: report.Cell{Text: "一\n二\n三"}}}},
		"paragraph":    {report.Paragraph{Text: strings.Repeat("文章が続きます。", 30)}},
		"list":         {report.List{Items: []string{strings.Repeat("項目が続きます。", 20), "二"}}},
		"introduction": {report.Paragraph{Text: "次のとおりです。"}, report.Table{Header: []string{"番号"}, Rows: [][]report.Cell{{{Text: "1"}}}}},
	}
	for name, b := range blocks {
		for filler := 22; filler < 48; filler++ { // a page has room for 43 lines
			d := report.Document{Title: "t", Sections: []report.Section{
				{Level: 1, Title: "初め", Blocks: []report.Block{report.Paragraph{Text: strings.Repeat("行\n", filler) + "終わり"}}},
				{Level: 1, Title: "見出し"}, {Level: 2, Title: "小見出し", Blocks: b},
			}}
			last := map[int]drawn{}
			for _, l := range onPaper(t, d) {
				if !isBanner(l) && !isFoot(l) {
					last[l.page] = l
				}
			}
			for page, l := range last {
				if isHeading(l) || isHeaderRow(l) || l.text == "次のとおりです。" {
					t.Errorf("%s after %d lines: page %d ends with %q", name, filler, page, l.text)
				}
			}
		}
	}
}

func TestPDFColumnsMakeRoomForLongWords(t *testing.T) {
	d := report.Document{Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.Table{
		Widths: []int{1, 6, 1}, Header: []string{"順", "役割", "電話番号"},
		Rows: [][]report.Cell{{{Text: "1"}, {Text: "代表取締役"}, {Text: "090-0000-0001"}}, {{Text: "2"}, {Text: "責任者"}, {Text: strings.Repeat("x", 300)}}},
	}}}}}
	var whole bool
	for _, l := range onPaper(t, d) {
		whole = whole || l.text == "090-0000-0001"
		if strings.HasPrefix(l.text, "xxx") && l.boxWidth > 0.4*pdfPageWidth {
			t.Errorf("a word without end takes %.0f points", l.boxWidth)
		}
	}
	if !whole {
		t.Error("a telephone number is broken")
	}
}

func FuzzPDF(f *testing.F) {
	for _, s := range []string{"", "a", "𠮷👨‍👩‍👧", "\u202e\x00\xff", "が\u3099（（", strings.Repeat("長", 300), "1\n2\n\n3\t", "\ufffe\ud7ff\ue000"} {
		f.Add(s, "社外秘", uint8(3))
	}
	f.Fuzz(func(t *testing.T, text, other string, shape uint8) {
		cell := report.Cell{Text: text, Gap: shape&1 != 0}
		checkPaper(t, report.Document{
			Title: text, Subtitle: other, Banner: []string{other}, Footer: other, Large: shape&2 != 0,
			Meta: report.Pairs{{Label: other, Value: cell}},
			Sections: []report.Section{
				{Level: int(shape >> 6), Title: other, Blocks: []report.Block{
					report.Paragraph{Text: text, Gap: shape&4 != 0}, report.List{Items: []string{text, other}, Ordered: shape&8 != 0},
				}},
				{Level: 2, Title: text, Blocks: []report.Block{
					report.Table{Header: []string{other}, Widths: []int{int(shape), 1}, Rows: [][]report.Cell{{cell, {Text: other}}, {{Text: text}}}},
				}},
			},
		})
	})
}

func BenchmarkPDF500(b *testing.B) {
	d := longRenderingSample(500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := PDF(d, renderingMade); err != nil {
			b.Fatal(err)
		}
	}
}
