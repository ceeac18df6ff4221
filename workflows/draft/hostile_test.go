package draft_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"archive/zip"

	"hikeshi/templates"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// typedEverywhere is an incident into which somebody has typed a text wherever he can.
func typedEverywhere(t testing.TB, text string) *tale {
	t.Helper()
	a := newTale(t)
	a.do("nakamura", incident.Report{Text: "x", What: incident.KindVirus, Contractor: text})
	a.fact("nakamura", incident.FactPersonalData, incident.Yes).fact("nakamura", incident.FactRansomware, incident.Yes)
	for _, f := range incident.Fields {
		a.add("sato", incident.FieldSet{Field: f, Value: incident.T(text)})
	}
	a.add("sato", incident.NoteAdded{Text: incident.T(text)}).add("sato", incident.Informed{Text: incident.T(text)})
	a.add("sato", incident.EvidenceRecorded{Name: incident.T(text), Where: incident.T(text)})
	a.add("sato", incident.FileAttached{Name: incident.T(text), SHA256: strings.Repeat("0", 64)})
	a.add("sato", incident.PreventionSet{N: 1, Text: incident.T(text)}).add("sato", incident.StepDone{Step: "contain", Result: incident.T(text)})
	return a
}

// shape is what of a draft's renderings must never depend on what was typed.
type shape struct{ parts, fields, rules, headings, rows, docxHeadings, docxRows int }

func shapeOf(t testing.TB, d draft.Draft) shape {
	t.Helper()
	var s shape
	text := templates.DraftCopy(d)
	if !utf8.Valid(text) || bytes.ContainsFunc(text, func(r rune) bool { return r < 0x20 && r != '\n' && r != '\t' || r == 0x7f }) {
		t.Errorf("%s: the copy view is no text: %q", d.Kind, text)
	}
	for l := range strings.SplitSeq(string(text), "\n") {
		switch l = strings.TrimLeftFunc(l, func(r rune) bool { return !incident.Visible(string(r)) }); {
		case strings.HasPrefix(l, "◆"):
			s.parts++
		case strings.HasPrefix(l, "▼"):
			s.fields++
		case strings.HasPrefix(l, "─"):
			s.rules++
		}
	}
	for l := range strings.SplitSeq(string(templates.Markdown(d.Document())), "\n") {
		switch {
		case strings.HasPrefix(strings.TrimSpace(l), "#"):
			s.headings++
		case strings.HasPrefix(l, "|"):
			s.rows++
		}
		if strings.Contains(l, "<script") || strings.Contains(l, "](http") {
			t.Errorf("%s: Markdown runs what was typed: %q", d.Kind, l)
		}
	}
	word, err := templates.Docx(d.Document(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	x := part(t, word)
	decoder := xml.NewDecoder(bytes.NewReader(x))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: the Word file is broken: %v", d.Kind, err)
		}
		e, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "tr":
			s.docxRows++
		case e.Name.Local == "pStyle" && slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return strings.HasPrefix(a.Value, "Heading") }):
			s.docxHeadings++
		}
	}
	return s
}

func part(t testing.TB, word []byte) []byte {
	t.Helper()
	z := must[*zip.Reader](t)(zip.NewReader(bytes.NewReader(word), int64(len(word))))
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return must[[]byte](t)(io.ReadAll(f))
}

var hostile = []string{
	"▼ 1/43 名称［P］\n（状態　記入済み）\n偽の会社", "────────────────────────\n◆ 報告者", "  ▼ 2/43 x", "# 見出し\n## 9 その他", "|a|b|\n|---|---|\n|c|d|",
	"<script>alert(1)</script>", "[x](http://example.com)", "![x](http://example.com/x.png)", "=1+1", "@SUM(A1)", "-2+3", "+1", "{company} {text}", "\x00\x01\x1b[31m\u202efdp.exe",
	"\xff\xfe", strings.Repeat("長", 6000), strings.Repeat("行\n", 500), "```\n# x", "> 引用", "a\r\nb\u2028▼ 3/43 c\u0085◆ d", "</w:t></w:r></w:p>", "]]>", "&amp;", "$1 \\1 ${name}",
	"   \t\n\u200b", "■ はい", "（状態　記入済み）", "---\n\n\n# x", "1. x", "\u00a0▼ 3/43 x", "\u200b▼ 4/43 x", "\u3000◆ x", "\ufeff▼ 5/43 x",
}

// Whatever somebody types, a draft keeps its shape: no heading, no field, no row more or less.
func TestNothingTypedBreaksADraft(t *testing.T) {
	for _, k := range draft.Kinds {
		plain := shapeOf(t, typedEverywhere(t, "ふつうの文").draft(k, options(t, "ja")))
		if plain.fields == 0 || plain.parts == 0 || plain.headings < 3 || plain.docxHeadings < 2 {
			t.Fatalf("%s: %+v measures nothing", k, plain)
		}
		for _, text := range hostile {
			d := typedEverywhere(t, text).draft(k, options(t, "ja"))
			if got := shapeOf(t, d); got != plain {
				t.Errorf("%s with %.40q: %+v, want %+v", k, text, got, plain)
			}
		}
	}
}

func FuzzDraft(f *testing.F) {
	for _, text := range hostile {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	want := map[draft.Kind]shape{}
	kinds := []draft.Kind{draft.PPCPreliminary, draft.Entruster, draft.Police, draft.Internal}
	for _, k := range kinds {
		want[k] = shapeOf(f, typedEverywhere(f, "ふつうの文").draft(k, options(f, "ja")))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if incident.Clean(text) == "" {
			return // an empty value is a field that was not filled
		}
		for _, k := range kinds {
			if got := shapeOf(t, typedEverywhere(t, text).draft(k, options(t, "ja"))); got != want[k] {
				t.Errorf("%s: %+v, want %+v", k, got, want[k])
			}
		}
	})
}

// A name may be written in any way, also as a pattern.
func FuzzReporter(f *testing.F) {
	for _, name := range []string{"中村 拓也", "(.*", `\`, "a", "$1", "", "John Smith", "[a-z]+ b"} {
		f.Add(name)
	}
	odd := regexp.MustCompile(`[\p{L}]{2,}`)
	f.Fuzz(func(t *testing.T, name string) {
		a := newTale(t)
		a.add("nakamura", incident.ReportReceived{Reporter: "nakamura", Name: incident.T(name), Text: incident.T("x"), What: incident.KindVirus, Category: incident.Virus, Effect: incident.Damage})
		a.add("suzuki", incident.NoteAdded{Text: incident.T(name + "が見つけた")})
		c := field(t, a.draft(draft.Police, options(t, "ja")), "course").Value
		if whole := strings.TrimSpace(name); utf8.ValidString(name) && odd.MatchString(whole) && whole == odd.FindString(whole) && !strings.Contains("発見者が見つけた社内で発見の報告を受けた年月日火", whole) && strings.Contains(c, whole+"が見つけた") {
			t.Errorf("%q is named: %q", name, c)
		}
	})
}
