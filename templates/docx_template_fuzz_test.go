package templates

import (
	"bytes"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// plainText draws what somebody may have written into a form, without double braces.
func plainText() *rapid.Generator[string] {
	hostile := hostileText()
	return rapid.Custom(func(t *rapid.T) string {
		s := Printable(hostile.Draw(t, "text"))
		return strings.NewReplacer("{", "(", "}", ")", "｛", "（", "｝", "）", "\r", " ", "\n", " ", "\t", " ").Replace(s)
	})
}

// cut writes a text over several runs, with what Word leaves between them.
func cut(t *rapid.T, text string) string {
	between := []string{
		"", `<w:proofErr w:type="spellStart"/>`, `<w:bookmarkStart w:id="0" w:name="_GoBack"/><w:bookmarkEnd w:id="0"/>`,
		`<w:r><w:lastRenderedPageBreak/></w:r>`, `<w:r><w:rPr><w:b/></w:rPr><w:t></w:t></w:r>`, `<w:del w:id="9"><w:r><w:delText>x}}</w:delText></w:r></w:del>`,
	}
	open := []string{`<w:r>`, `<w:r w:rsidR="00AB12CD">`, `<w:r><w:rPr><w:i/><w:rFonts w:hint="eastAsia"/></w:rPr>`}
	var b strings.Builder
	for runes := []rune(text); len(runes) > 0; {
		n := rapid.IntRange(1, len(runes)).Draw(t, "piece")
		b.WriteString(rapid.SampledFrom(open).Draw(t, "run") + `<w:t xml:space="preserve">` + escaped(string(runes[:n])) + `</w:t></w:r>`)
		b.WriteString(rapid.SampledFrom(between).Draw(t, "between"))
		runes = runes[n:]
	}
	return `<w:p>` + b.String() + `</w:p>`
}

// Whatever a form says beside its placeholders comes out as it went in, however Word cut it
// into runs; and a placeholder is found however it was cut.
func TestFormTextInTextOut(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var body, want strings.Builder
		for range rapid.IntRange(0, 4).Draw(rt, "paragraphs") {
			var in, out strings.Builder
			for range rapid.IntRange(0, 3).Draw(rt, "parts") {
				s := plainText().Draw(rt, "text")
				in.WriteString(s)
				out.WriteString(s)
				tag := rapid.SampledFrom([][2]string{
					{"", ""}, {"{{番号}}", "INC-2026-0001"}, {"｛{ number｝}", "INC-2026-0001"}, {"{{#訓練}}甲{{/訓練}}", "甲"},
					{"{{#限定}}乙{{番号}}{{/限定}}", ""}, {"{{^限定}}丙{{/}}", "丙"}, {"{{影響範囲}}", "{{番号}} と {{#原因}}"},
				}).Draw(rt, "tag")
				in.WriteString(tag[0])
				out.WriteString(tag[1])
			}
			body.WriteString(cut(rt, in.String()))
			if out.Len() > 0 {
				want.WriteString(out.String() + "\n")
			}
		}
		got := fillText(rt, body.String(), samplePaper())
		if diff := cmp.Diff(strings.TrimSuffix(want.String(), "\n"), got); diff != "" {
			rt.Fatalf("text (-want +got):\n%s", diff)
		}
	})
}

// Without a placeholder the file comes out as it went in, byte by byte.
func TestFormWithoutPlaceholdersIsUntouched(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var body strings.Builder
		for range rapid.IntRange(0, 5).Draw(rt, "paragraphs") {
			s := cut(rt, plainText().Draw(rt, "text"))
			if rapid.Bool().Draw(rt, "in a table") {
				s = `<w:tbl><w:tr><w:tc>` + s + `</w:tc></w:tr></w:tbl>`
			}
			body.WriteString(s)
		}
		before := withHeader(bareForm(body.String()+p("")), p("{{訓練}}"))
		after := mustFill(rt, mustForm(rt, before), samplePaper())
		if got := string(after["word/document.xml"]); got != before["word/document.xml"] {
			rt.Fatalf("text (-before +after):\n%s", cmp.Diff(before["word/document.xml"], got))
		}
	})
}

// Whatever stands in a form, it is refused with a fault, or gives XML that Word can read and
// in which no placeholder is left.
func FuzzForm(f *testing.F) {
	// Small ones: a fuzzer changes bytes one by one.
	for _, s := range []string{
		p("{{#訓練}}") + tableOf(cellsOf("{{対応経過.番号}}", "{{#対応経過.日時}}a{{/対応経過.日時}}")) + p("{{/訓練}}"),
		tableOf(cellsOf("{{#限定}}"), cellsOf("{{再発防止の対策.期限}}"), cellsOf("{{/限定}}")),
		`<w:sdt><w:sdtPr><w:dataBinding/></w:sdtPr><w:sdtContent>` + p("{{節：初動}}") + `</w:sdtContent></w:sdt>`,
		`<w:p><w:r><w:t>{{番号</w:t></w:r><w:r><w:pict><w:txbxContent>` + p("{{番号}}") + `</w:txbxContent></w:pict><w:t>}}</w:t></w:r></w:p>`,
		`<w:p><w:pPr><w:sectPr/></w:pPr><w:r><w:t>{{本文}}</w:t></w:r></w:p>`,
	} {
		f.Add(s, `<w:p><w:r><w:t>{{会社名}}</w:t></w:r></w:p>`)
	}
	// Without packing and unpacking, which would take nearly all of the time.
	look := mustForm(f, bareForm("")).look
	f.Fuzz(func(t *testing.T, body, header string) {
		for i, src := range []string{bareForm(body)["word/document.xml"], withHeader(bareForm(""), header)["word/header1.xml"]} {
			part := &formPart{kind: []string{"", "header"}[i], src: []byte(src)}
			var err error
			if part.root, err = parseTree(part.src); err != nil {
				continue
			}
			before := sound(part.root)
			if faults := planPart(ReportFile, part); len(faults) > 0 {
				for _, fault := range faults {
					if said := fault.Error(); strings.Contains(said, "docx.fault") {
						t.Errorf("said as %q", said)
					}
				}
				continue
			}
			fill := &filling{with: samplePaper(), part: part}
			fill.look = look
			made, err := fill.whole()
			if err != nil {
				t.Fatal(err)
			}
			after, err := parseTree(made)
			if err != nil {
				t.Fatalf("%v\n%s\nbecame\n%s", err, src, made)
			}
			if before && !sound(after) {
				t.Errorf("was sound, and is not:\n%s\nbecame\n%s", src, made)
			}
		}
	})
}

// However the parts of a file hang together, it is refused with a fault or it has a text.
// Unpacking is the standard library's.
func FuzzFormFile(f *testing.F) {
	bare := bareForm("")
	f.Add(bare["[Content_Types].xml"], bare["_rels/.rels"], "word/_rels/document.xml.rels", withHeader(bare, "")["word/_rels/document.xml.rels"])
	f.Add(bare["[Content_Types].xml"], bare["_rels/.rels"], "word/vbaProject.bin", "")
	f.Add(bare["[Content_Types].xml"], `<Relationships><Relationship Type="/attachedTemplate" Target="file:///x" TargetMode="External"/></Relationships>`, "a.xml", "<!DOCTYPE a><a/>")
	f.Fuzz(func(t *testing.T, types, rels, name, content string) {
		pack := &docxPackage{parts: map[string][]byte{"[Content_Types].xml": []byte(types), "_rels/.rels": []byte(rels), "word/document.xml": []byte(bare["word/document.xml"])}}
		if plainPartName(name) {
			pack.parts[name] = []byte(content)
		}
		pack.names = append(pack.names, slices.Sorted(maps.Keys(pack.parts))...)
		faults := pack.connect(ReportFile)
		if faults == nil && (pack.parts[pack.main] == nil || len(pack.textParts()) == 0) {
			t.Error("a form without a text")
		}
		for _, fault := range faults {
			if said := fault.Error(); strings.Contains(said, "docx.fault") {
				t.Errorf("said as %q", said)
			}
		}
	})
}

// sound looks for what makes Word repair a file: a run in a run, a cell that does not end
// with a paragraph, a table without rows.
func sound(root *node) bool {
	good := true
	var down func(n *node, inRun bool)
	down = func(n *node, inRun bool) {
		last, rows := "", 0
		for _, k := range n.kids {
			if k.name != "" {
				last = k.name
			}
			if k.name == "w:tr" || k.name == "w:sdt" {
				rows++
			}
			down(k, n.name == "w:r" || inRun && n.name != "w:p")
		}
		if n.name == "w:r" && inRun || n.name == "w:tc" && last != "w:p" || n.name == "w:tbl" && rows == 0 {
			good = false
		}
	}
	down(root, false)
	return good
}
