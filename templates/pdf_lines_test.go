package templates

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func regular(t testing.TB) *pdfFace {
	t.Helper()
	faces, err := pdfFaces()
	if err != nil {
		t.Fatal(err)
	}
	return faces[0]
}

func texts(lines []pdfLine) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.text
	}
	return out
}

// A kanji is 1000 wide; kana, marks and Latin letters are narrower and differ.
func TestLines(t *testing.T) {
	f := regular(t)
	for _, c := range []struct {
		name  string
		in    string
		limit int
		want  []string
	}{
		{"fits", "対応を終えた。", 10000, []string{"対応を終えた。"}},
		{"line feeds are kept", "一\n\n二", 10000, []string{"一", "", "二"}},
		{"nothing", "", 10000, []string{""}},
		{"a full stop begins no line", "漢字漢字漢字。漢字", 6000, []string{"漢字漢字漢", "字。漢字"}},
		{"several closing marks stay together", "「漢字漢字」）。漢", 6000, []string{"「漢字漢", "字」）。漢"}},
		{"small kana begin no line", "漢字漢字シャツ", 5000, []string{"漢字漢字", "シャツ"}},
		{"the long vowel mark begins no line", "漢字漢字サーバ", 5000, []string{"漢字漢字", "サーバ"}},
		{"an opening bracket ends no line", "漢字漢字「漢字」漢", 5000, []string{"漢字漢字", "「漢字」漢"}},
		{"nor before a space", "漢字漢字「 漢字」", 5000, []string{"漢字漢字", "「 漢字」"}},
		{"iteration marks begin no line", "漢字漢人々漢字", 4000, []string{"漢字漢", "人々漢字"}},
		{"words stay whole", "漢字 server 漢字", 5000, []string{"漢字", "server", "漢字"}},
		{"numbers stay whole", "電話 090-0000-0002 です", 9500, []string{"電話", "090-0000-0002", "です"}},
		{"a sign stays with its number", "漢字漢字￥1,000です", 5000, []string{"漢字漢字", "￥1,000", "です"}},
		{"spaces hang", "漢字漢字　　漢字", 4000, []string{"漢字漢字", "漢字"}},
		{"an indent is kept", "  漢字漢字漢字", 5000, []string{"  漢字漢字", "漢字"}},
		{"an indent beside which no word fits is dropped", "          server", 4200, []string{"server"}},
		{"a no-break space holds", "漢字漢字\u00a0漢字漢", 5000, []string{"漢字漢", "字\u00a0漢字漢"}},
		{"two dashes are one sign", "漢字漢字――漢字", 5000, []string{"漢字漢字", "――漢字"}},
		{"a long address is cut after a slash", "https://example.co.jp/aaaa/bbbb/cccc", 10000, []string{"https://example.", "co.jp/aaaa/bbbb/", "cccc"}},
		{"a digest is cut anywhere", "9f86d081884c7d659a2feaa0c55ad015", 9000, []string{"9f86d081884c", "7d659a2feaa0", "c55ad015"}},
		{"no character is left alone", "漢字漢字漢字漢", 6000, []string{"漢字漢字漢", "字漢"}},
		{"nothing but closing marks", "））））））", 1500, nil},
		{"a character wider than the line", "漢字", 500, []string{"漢", "字"}},
		{"half-width katakana", "漢字ﾊﾞﾊﾞ", 3500, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := texts(f.lines(c.in, c.limit))
			if c.want != nil {
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
			}
			if strings.ReplaceAll(strings.Join(got, ""), " ", "") != strings.NewReplacer("\n", "", " ", "", "\u3000", "").Replace(c.in) {
				t.Errorf("%q became %q", c.in, got)
			}
		})
	}
}

// What may not begin and end a line, written out once more and independently of the code:
// JIS X 4051, table 2, as far as this font has it.
const (
	neverFirst = "、。，．・：；？！」』）〕】》〉］｝’”ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞヽヾ｡｣､･ｰｯﾞﾟ％℃"
	neverLast  = "「『（〔【《〈［｛‘“￥＄｢"
)

// failing is what testing and rapid have in common here.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkLines holds for every text and every width that has room for the widest character.
func checkLines(t failing, f *pdfFace, text string, limit int) {
	t.Helper()
	whole := f.drawable(text)
	for paragraph := range strings.SplitSeq(whole, "\n") {
		lines := f.lines(paragraph, limit)
		rest := []rune(paragraph)
		for i, l := range lines {
			if l.width != f.width(l.text) || l.width > limit && utf8.RuneCountInString(l.text) > 1 {
				t.Fatalf("%q is %d wide (said %d), the box %d", l.text, f.width(l.text), l.width, limit)
			}
			// The spaces at the end of the line before are dropped, and an indent may be. A
			// space that carries a mark begins a line like a letter.
			line := []rune(l.text)
			rest = rest[max(0, spaces(rest)-spaces(line)):]
			if !slices.Equal(line, rest[:min(len(line), len(rest))]) {
				t.Fatalf("line %d of %q is %q", i, paragraph, l.text)
			}
			rest = rest[len(line):]
			if spaces(rest) == len(rest) || len(line) == 0 {
				continue // the paragraph ends here, with spaces perhaps
			}
			first, last := rest[0], line[len(line)-1]
			if strings.ContainsRune(neverFirst, first) || strings.ContainsRune(neverLast, last) || isASCIIWord(first) && isASCIIWord(last) {
				for at := 1; at < len(line); at++ {
					before := []rune(trimSpaces(string(line[:at])))
					if a, b := line[at-1], line[at]; mayBreak(a, b) && len(before) > 0 && !strings.ContainsRune(lineEndForbidden, before[len(before)-1]) {
						t.Fatalf("line %d of %q ends between %q and %q, though it could between %q and %q", i, paragraph, last, first, a, b)
					}
				}
			}
		}
		if strings.TrimSpace(string(rest)) != "" {
			t.Fatalf("%q lost %q", paragraph, string(rest))
		}
	}
}

func spaces(text []rune) int {
	if n := slices.IndexFunc(text, func(r rune) bool { return !isSpace(r) }); n >= 0 {
		return n
	}
	return len(text)
}

func isASCIIWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

func TestLinesOfAnything(t *testing.T) {
	f := regular(t)
	japanese := rapid.StringOf(rapid.RuneFrom([]rune("漢字かなカナ、。，「」（）『』ーっゃッ々・！？ abcXYZ019-/.:　￥％\u00a0")))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(japanese, hostileText()).Draw(t, "text")
		checkLines(t, f, text, rapid.IntRange(1000, 12000).Draw(t, "limit"))
	})
}

func FuzzPDFLines(f *testing.F) {
	face := regular(f)
	for _, s := range []string{"漢字。漢字「漢字」", "https://example.co.jp/a/b", "が\u3099\u309a", "  a b\u3000", "𠮷👨‍👩‍👧🇯🇵", "（（（", "ーーー"} {
		f.Add(s, 3000)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		checkLines(t, face, text, 1000+max(0, limit%20000))
	})
}

func TestDrawable(t *testing.T) {
	f := regular(t)
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "端末を紛失した。\n次 & <1>", "端末を紛失した。\n次 & <1>"},
		{"beyond the plane that fpdf knows", "𠮷田 𩸽", "〓田 〓"},
		{"an emoji", "連絡済み📞。", "連絡済み〓。"},
		{"a family is one sign", "a👨‍👩‍👧b", "a〓b"},
		{"with a tone of skin", "👍🏽👍", "〓〓"},
		{"flags are two letters each", "🇯🇵🇺🇸", "〓〓"},
		{"variation selectors leave the letter", "葛\U000E0100飾 ⚠\ufe0f", "葛飾 〓"},
		{"marks typed apart are joined", "か\u3099é", "がé"},
		{"a name's own form is kept", "神\ufa19 か\u3099", "神\ufa19 が"},
		{"what joins or hides is left out", "a\u200bb\u200dc\ufeffd\u2060e\u200ff\u00adg", "abcdefg"},
		{"overrides of direction were made visible before", "\u202efdp.exe", "〈U+202E〉fdp.exe"},
		{"a tab", "a\tb", "a    b"},
		{"spaces of other widths", "a\u2003b\u202fc", "a\u3000b\u00a0c"},
		{"a hyphen where no line ends", "a\u2011b", "a‐b"},
		{"letters the font lacks", "שלום", "〓〓〓〓"},
		{"glyphs that fpdf cannot draw", "\u02da\u0385", "〓〓"},
		{"bytes that are no text", "a\xffb", "a〓b"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := f.drawable(c.in); got != c.want {
				t.Errorf("drawable(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestDrawableIsDrawableAndStable(t *testing.T) {
	f := regular(t)
	rapid.Check(t, func(t *rapid.T) {
		in := hostileText().Draw(t, "text")
		got := f.drawable(in)
		if i := strings.IndexFunc(got, func(r rune) bool { return !f.has(r) && r != '\n' }); i >= 0 {
			t.Fatalf("%q has something that the font lacks at byte %d", got, i)
		}
		if again := f.drawable(got); again != got {
			t.Fatalf("a second pass changed %q to %q", got, again)
		}
	})
}

// Every sentence of the program can be printed.
func TestTheFontHasEveryCharacterOfOurTexts(t *testing.T) {
	texts, err := LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := pdfFaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		for _, key := range texts.Keys() {
			for _, f := range faces {
				if s := texts.Say(lang, key); f.drawable(s) != s {
					t.Errorf("%s %s: %q would be printed as %q", lang, key, s, f.drawable(s))
				}
			}
		}
	}
}
