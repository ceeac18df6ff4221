package templates

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "端末を紛失した。\n\t詳細は別紙 <1> & \"2\"", "端末を紛失した。\n\t詳細は別紙 <1> & \"2\""},
		{"astral characters stay", "𠮷田 👨‍👩‍👧 🇯🇵", "𠮷田 👨‍👩‍👧 🇯🇵"},
		{"combining and variation selectors stay", "が 葛\U000E0100", "が 葛\U000E0100"},
		{"line ends of every system", "a\r\nb\rc\u0085d\u2028e\u2029f\r\r\ng", "a\nb\nc\nd\ne\nf\n\ng"},
		{"C0 controls", "a\x00b\x1bc\x0b\x0c", "a〈U+0000〉b〈U+001B〉c〈U+000B〉〈U+000C〉"},
		{"DEL and C1", "\x7f\u0080\u009f", "〈U+007F〉〈U+0080〉〈U+009F〉"},
		{"overrides of direction", "請求書\u202efdp.exe\u202c", "請求書〈U+202E〉fdp.exe〈U+202C〉"},
		{"isolates", "\u2066a\u2069", "〈U+2066〉a〈U+2069〉"},
		{"right-to-left letters themselves stay", "שלום", "שלום"},
		{"bytes that are no UTF-8", "a\xff\xc3z", "a\ufffd\ufffdz"},
		{"a lone surrogate", "\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
		{"noncharacters", "\ufffe\uffff\ufdd0\U0001fffe", "\ufffd\ufffd\ufffd\ufffd"},
		{"the replacement character itself", "\ufffd", "\ufffd"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Printable(c.in); got != c.want {
				t.Errorf("Printable(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestPrintableIsCleanAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := hostileText().Draw(t, "text")
		got := Printable(in)
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		if i := strings.IndexFunc(got, forbiddenOnPaper); i >= 0 {
			t.Fatalf("%q still has something unseen at byte %d", got, i)
		}
		if again := Printable(got); again != got {
			t.Fatalf("a second pass changed %q to %q", got, again)
		}
	})
}

// forbiddenOnPaper is the production Char of XML 1.0, inverted, with the other characters that
// Printable promises to show.
func forbiddenOnPaper(r rune) bool {
	allowed := r == 0x9 || r == 0xa || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
	return !allowed || r == 0x7f || r >= 0x80 && r <= 0x9f || strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r)
}

// hostileText draws what people type and what attackers paste: every rune, raw bytes, and
// pieces that mean something in Markdown, HTML or XML.
func hostileText() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune("a1.)#+-*_=~`|\\<>[]()!&;:/@$ \t\n　漢字ー。、𠮷🔥"))),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"\u202e", "\u2066", "\x00", "\x1b[31m", "\r\n", "\r", "\u2028", "\ufffe", "\xed\xa0\x80", "𠮷", "👨‍👩‍👧", "]]>", "&#0;", "<!--",
			"```\n", "\n---\n", "\n===\n", "\n:-:\n", "| --- |", "\\|", "\\", "<script>", "![x](y)", "[a]: b", "https://evil.example", "www.evil.example", "&lt;",
			"\n# x", "\n1. x", "\n    x", "\n> x", "<br>", "**",
		}),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 6), func(p []string) string { return strings.Join(p, "") })
}
