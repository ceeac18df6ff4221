package discord

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"hikeshi/bot/fit"
)

// Whatever somebody typed is escaped where Discord reads Markdown: there is no mention, link,
// formatting or emoji in it, whatever it looks like. A backslash before a sign shows the sign
// and nothing else, and is not copied from a card; an address is text that nobody presses by
// mistake. Labels of buttons and footers know no Markdown and stay as they are.

// blank reports whether Discord might call a text empty, and refuse it.
func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && unicode.IsGraphic(r) && !invisible(r) }) < 0
}

// invisible are graphic characters that nobody sees: the fillers of Hangul, the empty Braille
// cell, and marks that stand on nothing.
func invisible(r rune) bool {
	return r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2800' || unicode.Is(unicode.M, r)
}

// special are the signs that begin something in Discord's Markdown, somewhere in a line or at
// its beginning (Discord, "Markdown Text 101" and "Message Formatting").
const special = "\\*_~`|<>@#[]:-+."

// costOf is how long a character is at most when it is escaped.
func costOf(r rune) int {
	if r < 0x80 && strings.ContainsRune(special, r) {
		return 2
	}
	return utf16.RuneLen(r)
}

// escape makes a text harmless where Discord reads Markdown.
func escape(s string) string {
	var out strings.Builder
	start := true // nothing but blanks, quotes and digits since the beginning of the line
	digits := 0   // of a number there
	for i := 0; i < len(s); i++ {
		c := s[i]
		var after byte
		if i+1 < len(s) {
			after = s[i+1]
		}
		escaped := false
		switch c {
		case '\\', '*', '_', '~', '`', '|', '<', '@', '[', ']':
			escaped = true
		case '#', '>', '-', '+':
			escaped = start && digits == 0
		case '.':
			escaped = start && digits > 0 // a numbered list
		case ':':
			// An emoji's name, or the address of a link.
			escaped = after == '/' || after == '_' || after == '+' || after == '-' || 'a' <= after|0x20 && after|0x20 <= 'z' || '0' <= after && after <= '9' && !digit(s, i-1)
		}
		if escaped {
			out.WriteByte('\\')
		}
		out.WriteByte(c)
		switch {
		case c == '\n':
			start, digits = true, 0
		case start && digits == 0 && (c == ' ' || c == '\t'):
		case start && c >= '0' && c <= '9':
			digits++
		default:
			start, digits = false, 0
		}
	}
	return out.String()
}

func digit(s string, i int) bool { return i >= 0 && s[i] >= '0' && s[i] <= '9' }

// escaped is a text escaped and clipped to what has room then.
func escaped(s string, room int) string {
	if n := fit.Cut(s, room, costOf); n < len(s) {
		s = s[:fit.Cut(s, room-1, costOf)] + "…"
	}
	return escape(s)
}

// chunks parts a text, if possible between two lines, and escapes each part. What is empty is
// left out.
func chunks(s string, room int) []string {
	var out []string
	for s != "" {
		n := fit.Cut(s, room, costOf)
		if n < len(s) {
			if at := strings.LastIndexByte(s[:n], '\n'); at > n/2 {
				n = at
			}
		}
		if n == 0 {
			n = len(s) // cannot be: there is room for a code point
		}
		if !blank(s[:n]) {
			out = append(out, escape(s[:n]))
		}
		s = strings.TrimPrefix(s[n:], "\n")
	}
	return out
}

// bold is a heading or label in bold.
func bold(s string, room int) string {
	s = escaped(fit.OneLine(s), room-4)
	return "**" + s + "**"
}

// less is a text shown small: each of its lines (Discord, "Markdown Text 101": subtext).
func less(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if !blank(l) {
			lines[i] = "-# " + strings.TrimLeft(l, " \t")
		}
	}
	return strings.Join(lines, "\n")
}
