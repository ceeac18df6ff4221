package templates

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"hikeshi/workflows/report"
)

func TestMarkdownGolden(t *testing.T) {
	checkRendered(t, "rendering.md", Markdown(renderingSample()))
}

func TestMarkdownEscapes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"対応を終えました。", "対応を終えました。"},
		{"# 見出し", `\# 見出し`},
		{"- 項目", `\- 項目`},
		{"+ 項目", `\+ 項目`},
		{"* 項目", `\* 項目`},
		{"1. 項目", `1\. 項目`},
		{"12) 項目", `12\) 項目`},
		{"2026-01-05 08:40 に 1.5 台", "2026-01-05 08:40 に 1.5 台"},
		{"題\n===", "題\\\n\\==="},
		{"題\n---", "題\\\n\\---"},
		{"題\n:-:", "題\\\n\\:-:"},
		{"> 引用", "&gt; 引用"},
		{"```\nrm\n```", "\\`\\`\\`\\\nrm\\\n\\`\\`\\`"},
		{"~~~", `\~\~\~`},
		{"    字下げ  ", "&nbsp;&nbsp;&nbsp;&nbsp;字下げ"},
		{"\t字下げ", "&nbsp;&nbsp;&nbsp;&nbsp;字下げ"},
		{"[文字](https://evil.example/?a=1&b=2 x)", "\\[文字\\](`https://evil.example/?a=1&b=2` x)"},
		{"![x](HTTP://evil.example/`a)", "!\\[x\\](`HTTP://evil.example/`\\`a)"},
		{"詳細はWWW.evil.exampleへ", "詳細は`WWW.evil.example`へ"},
		{"<mailto:a_b@evil.example>", "&lt;mailto:`a_b@evil.example`&gt;"},
		{"<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"},
		{"R&D &lt; &#60;", `R&amp;D &amp;lt; &amp;\#60;`},
		{"a|b", "a&#124;b"},
		{`C:\temp\*`, `C:\\temp\\\*`},
		{"一\r\n二\n\n\n三", "一\\\n二\n\n三"},
		{"$x$", `\$x\$`},
	} {
		got := string(Markdown(report.Document{Sections: []report.Section{{Title: "s", Blocks: []report.Block{report.Paragraph{Text: c.in}}}}}))
		if want := "# \n\n## s\n\n" + c.want + "\n"; got != want {
			t.Errorf("%q gives %q, want %q", c.in, got, want)
		}
	}
}

func TestMarkdownCellsStayCells(t *testing.T) {
	got := string(Markdown(report.Document{Title: "t", Sections: []report.Section{{Title: "s", Blocks: []report.Block{
		report.Table{Header: []string{"a|b"}, Rows: [][]report.Cell{
			{{Text: "一\n二 | 三"}, {Text: "余り"}},
			{{Text: `\|`, Gap: true}},
			{{Gap: true}},
		}},
	}}}}))
	want := "# t\n\n## s\n\n| a&#124;b |  |\n| --- | --- |\n| 一<br>二 &#124; 三 | 余り |\n| **⚠ \\\\&#124;** |  |\n| **⚠ —** |  |\n"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestMarkdownShowsAnUnknownBlock(t *testing.T) {
	got := string(Markdown(report.Document{Sections: []report.Section{{Blocks: []report.Block{&report.Paragraph{Text: "x"}}}}}))
	if !strings.Contains(got, `**⚠ \*report.Paragraph**`) {
		t.Errorf("nothing tells of it: %q", got)
	}
}

var blockStart = regexp.MustCompile(`^(?:[-+=:]|\d+[.)]|[ \t])`)

// readBack undoes the escapes as a Markdown reader does, and fails at whatever such a reader
// would take for more than text.
func readBack(t *rapid.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c, rest := s[i], s[i+1:]
		switch {
		case c == '\\' && rest != "" && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", rest[0]) >= 0:
			b.WriteByte(rest[0])
			i++
		case c == '`':
			code, _, closed := strings.Cut(rest, "`")
			if !closed || strings.ContainsAny(code, " \n<>|") {
				t.Fatalf("a bad code span at byte %d of %q", i, s)
			}
			b.WriteString(code)
			i += len(code) + 1
		case strings.HasPrefix(s[i:], "<br>"):
			b.WriteByte('\n')
			i += len("<br>") - 1
		case c == '&':
			entity, _, _ := strings.Cut(rest, ";")
			text := html.UnescapeString("&" + entity + ";")
			if strings.HasPrefix(text, "&") && entity != "amp" {
				t.Fatalf("a bare ampersand at byte %d of %q", i, s)
			}
			b.WriteString(text)
			i += len(entity) + 1
		case strings.IndexByte("*_[]~#$<>|\\", c) >= 0 && !strings.HasPrefix(s[i:], "\\\n"):
			t.Fatalf("%q at byte %d means something in %q", c, i, s)
		case strings.HasPrefix(s[i:], "://") && i > 0 && s[i-1] < 0x80 && unicode.IsLetter(rune(s[i-1])),
			len(s) >= i+4 && strings.EqualFold(s[i:i+4], "www."):
			t.Fatalf("an address is a link at byte %d of %q", i, s)
		case c == '\\': // before a line feed: a hard break
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func TestMarkdownKeepsEveryTextInItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText().Draw(t, "text")
		other := hostileText().Draw(t, "other")
		for name, c := range map[string]struct {
			block report.Block
			lines func(body []string) []string // the texts that a reader finds
			want  []string
		}{
			"paragraph": {report.Paragraph{Text: text}, func(body []string) []string {
				for _, line := range body {
					if blockStart.MatchString(line) {
						t.Fatalf("line %q begins a block", line)
					}
				}
				return []string{strings.Join(body, "\n")}
			}, []string{text}},
			"list": {report.List{Items: []string{text, other}}, func(body []string) []string {
				for i, line := range body {
					rest, found := strings.CutPrefix(line, "-")
					if !found || blockStart.MatchString(strings.TrimPrefix(rest, " ")) {
						t.Fatalf("line %q is no plain item", line)
					}
					body[i] = rest
				}
				return body
			}, []string{text, other}},
			"table": {report.Table{Header: []string{"一", "二"}, Rows: [][]report.Cell{{{Text: text}, {Text: other}}, {{Text: other}}}}, func(body []string) []string {
				if len(body) != 4 {
					t.Fatalf("%d rows, want 4: %q", len(body), body)
				}
				var cells []string
				for _, line := range body[2:] {
					fields := strings.Split(line, "|")
					if len(fields) != 4 {
						t.Fatalf("%d bars in %q, want 3", len(fields)-1, line)
					}
					cells = append(cells, fields[1:3]...)
				}
				return cells
			}, []string{text, other, other, ""}},
		} {
			out := string(Markdown(report.Document{Title: "t", Sections: []report.Section{{Title: "s", Blocks: []report.Block{c.block}}}}))
			body, found := strings.CutPrefix(out, "# t\n\n## s\n")
			if !found {
				t.Fatalf("%s: the head is lost: %q", name, out)
			}
			lines := c.lines(strings.Split(strings.Trim(body, "\n"), "\n"))
			if len(lines) != len(c.want) {
				t.Fatalf("%s: %d texts, want %d: %q", name, len(lines), len(c.want), lines)
			}
			for i, want := range c.want {
				if got := withoutSpace(readBack(t, lines[i])); got != withoutSpace(Printable(want)) {
					t.Fatalf("%s: %q reads back as %q, want %q", name, lines[i], got, want)
				}
			}
		}
	})
}

func TestMarkdownIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDocument().Draw(t, "document")
		if !bytes.Equal(Markdown(d), Markdown(d)) {
			t.Fatal("the same document gave other bytes")
		}
	})
}
