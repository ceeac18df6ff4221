package templates

import (
	"strings"
	"unicode"
)

// pdfLine is one line as it is drawn; its width is in thousandths of the type size.
type pdfLine struct {
	text  string
	width int
}

// lines breaks a drawable text into lines no wider than limit, in thousandths of the type
// size. Line feeds of the text are kept. Elsewhere a line ends where Japanese typesetting
// allows it (JIS X 4051): what may not begin a line takes the character before it along, and
// what may not end one goes down. Words and numbers in Latin letters stay whole. Only where a
// line has no such place at all is it cut, in a long address after a slash or a dot if
// possible. Spaces at the end of a line hang beyond it and are not drawn.
func (f *pdfFace) lines(text string, limit int) []pdfLine {
	var out []pdfLine
	for line := range strings.SplitSeq(text, "\n") {
		out = f.fill(out, line, limit)
	}
	return out
}

func (f *pdfFace) fill(out []pdfLine, line string, limit int) []pdfLine {
	if width := f.width(line); width <= limit {
		text := trimSpaces(line)
		if len(text) < len(line) {
			width = f.width(text)
		}
		return append(out, pdfLine{text, width})
	}
	rest := []rune(line)
	for begun := false; len(rest) > 0; {
		end := f.lineEnd(rest, limit)
		text := trimSpaces(string(rest[:end]))
		rest = rest[end:]
		if text == "" && len(rest) > 0 && !begun {
			begun = true // an indent too wide to keep beside the word that follows
			continue
		}
		begun = true
		out = append(out, pdfLine{text, f.width(text)})
	}
	return out
}

// lineEnd tells how many characters the first line takes; at least one.
func (f *pdfFace) lineEnd(rest []rune, limit int) int {
	width, last, before := 0, 0, 0
	ink := ' ' // the last character that is no space
	for i, r := range rest {
		// A bracket that opens does not end a line before a space either.
		if i > 0 && mayBreak(rest[i-1], r) && !cannotEnd(ink) {
			last, before = i, last
		}
		if !isSpace(r) {
			ink = r
		}
		width += int(f.widths[r])
		switch {
		case width <= limit, isSpace(r):
		case last == 0:
			return cutWord(rest, i)
		case before > last/2 && isRemnant(rest[last:]):
			return before
		default:
			return last
		}
	}
	return len(rest)
}

// isRemnant tells a single character, with its full stop perhaps, that should not be left for
// a line of its own.
func isRemnant(rest []rune) bool {
	return len(rest) == 1 || len(rest) == 2 && cannotBegin(rest[1])
}

// longestWord is the width of the longest part of a text in which no line may end, in
// thousandths of the type size.
func (f *pdfFace) longestWord(text string) int {
	longest, width, spaces := 0, 0, 0
	last, ink := '\n', ' '
	for _, r := range text {
		if last == '\n' || r == '\n' || mayBreak(last, r) && !cannotEnd(ink) {
			width, spaces = 0, 0
		}
		switch {
		case r == '\n':
		case isSpace(r):
			spaces += int(f.widths[r])
		default:
			width, spaces, ink = width+spaces+int(f.widths[r]), 0, r
			longest = max(longest, width)
		}
		last = r
	}
	return longest
}

// cutWord says where to cut a word of which only the first fitting characters have room.
func cutWord(rest []rune, fitting int) int {
	for i := fitting; i > fitting/2 && i > 0; i-- {
		if strings.ContainsRune(`/\.-_?&=:@,`, rest[i-1]) && mayPart(rest[i-1], rest[i]) {
			return i
		}
	}
	for i := fitting; i > 0; i-- {
		if mayPart(rest[i-1], rest[i]) {
			return i
		}
	}
	return max(1, fitting)
}

// mayBreak tells whether a line may end between two characters.
func mayBreak(a, b rune) bool {
	switch {
	case isSpace(b), a == noBreakSpace, b == noBreakSpace:
		return false
	case isSpace(a) && b < 0x80:
		return true // such as the dot of " .exe"
	case !mayPart(a, b):
		return false
	}
	return !(isWord(a) && isWord(b))
}

// mayPart tells whether a line may end between two characters of a word that has to be cut.
func mayPart(a, b rune) bool {
	return !cannotEnd(a) && !cannotBegin(b) && !(a == b && strings.ContainsRune("…‥—―〳〵", a))
}

const noBreakSpace = '\u00a0'

func isSpace(r rune) bool { return r == ' ' || r == '\u3000' }

func trimSpaces(s string) string { return strings.TrimRight(s, " \u3000") }

// isWord tells the characters of words and numbers in alphabets: everything before U+2000 but
// the signs that Japanese text uses like its own.
func isWord(r rune) bool { return r > ' ' && r < 0x2000 && !strings.ContainsRune("×÷±§¶", r) }

// lineStartForbidden are 行頭禁則文字 (JIS X 4051): closing brackets, hyphens, dividing marks,
// middle dots, full stops and commas, iteration marks, the long vowel mark, small kana, and
// signs that follow a number.
const lineStartForbidden = `)]}）］｝〕〉》」』】〙〗〟’”｠»` + `‐–〜～゠` + `!?！？‼⁇⁈⁉` + `・：；:;` + `。．、，.,` +
	`ヽヾゝゞ々〻ー` + `ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎゕゖㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ` +
	`｡｣､･ｰｧｨｩｪｫｬｭｮｯﾞﾟ゛゜` + `%％‰℃°′″`

// lineEndForbidden are 行末禁則文字: opening brackets, and signs before a number.
const lineEndForbidden = `([{（［｛〔〈《「『【〘〖〝‘“｟«｢` + `￥¥＄£＃№`

// Marks that are drawn over the character before them begin no line either.
var forbiddenAtStart, forbiddenAtEnd = runeSet(lineStartForbidden, unicode.Mn, unicode.Me), runeSet(lineEndForbidden)

// runeBits has a bit for each code point of the Basic Multilingual Plane: every character of
// every document is looked up twice.
type runeBits [1 << 16 / 64]uint64

func runeSet(chars string, tables ...*unicode.RangeTable) *runeBits {
	set := new(runeBits)
	for _, r := range chars {
		set[r/64] |= 1 << (r % 64)
	}
	for _, table := range tables {
		for _, span := range table.R16 {
			for r := int(span.Lo); r <= int(span.Hi); r += int(span.Stride) {
				set[r/64] |= 1 << (r % 64)
			}
		}
	}
	return set
}

func (s *runeBits) has(r rune) bool { return r < 1<<16 && s[r/64]&(1<<(r%64)) != 0 }

func cannotBegin(r rune) bool { return forbiddenAtStart.has(r) }

func cannotEnd(r rune) bool { return forbiddenAtEnd.has(r) }
