package templates

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Printable makes a text that somebody typed or pasted fit for paper: what a reader could not
// see is made visible, and nothing else changes. Every renderer passes every text through it,
// so that the same incident reads the same in each format.
//
//   - CR LF, CR, U+0085, U+2028 and U+2029 become a line feed; line feeds and tabs stay.
//   - Control characters (C0, DEL, C1) and those that reorder what follows (U+202A to U+202E,
//     U+2066 to U+2069: a file name such as "exe.pdf" read backwards) become their number,
//     as 〈U+202E〉. XML 1.0 section 2.2 forbids most of them, and a report must show that
//     they were there. The brackets are in every Japanese font; the Unicode pictures of
//     controls are not.
//   - Bytes that are no UTF-8, lone surrogates among them, and noncharacters become U+FFFD.
//
// The result is valid UTF-8, allowed in XML 1.0, and unchanged by a second pass.
func Printable(s string) string {
	first := strings.IndexFunc(s, func(r rune) bool { return !printsAsItIs(r) })
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:first])
	rest := s[first:]
	for i, r := range rest {
		switch {
		case r == utf8.RuneError, isNoncharacter(r):
			b.WriteRune(utf8.RuneError)
		case printsAsItIs(r):
			b.WriteRune(r)
		case r == '\r':
			if !strings.HasPrefix(rest[i+1:], "\n") {
				b.WriteByte('\n')
			}
		case r == 0x85, r == 0x2028, r == 0x2029:
			b.WriteByte('\n')
		default:
			fmt.Fprintf(&b, "〈U+%04X〉", r)
		}
	}
	return b.String()
}

// printsAsItIs is false also for U+FFFD, which is how a range over a string reports a byte
// that is no UTF-8.
func printsAsItIs(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\n' || r == '\t'
	case r < 0x7f:
		return true
	case r < 0xa0:
		return false
	case r < 0x2028:
		return true
	case r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return false
	}
	return r != utf8.RuneError && !isNoncharacter(r)
}

// isNoncharacter names the 66 code points of Unicode section 23.7, of which XML forbids U+FFFE
// and U+FFFF and discourages the others.
func isNoncharacter(r rune) bool {
	return r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}
