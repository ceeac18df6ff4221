package slack

import (
	"strings"
	"unicode"
	"unicode/utf16"

	sl "github.com/slack-go/slack"
)

// Whatever somebody typed is shown as plain_text: there is no mention, link, formatting or
// emoji in it, whatever it looks like, and nothing invisible has to be put between its
// characters, so that what is copied from a card is what was typed. mrkdwn is left for what
// is ours alone: headings and labels in bold, and times in Slack's date format.

// units counts a text as Slack might at most.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// clean leaves out what Slack does not take: broken UTF-8 and control characters.
func clean(s string) string {
	fine := true
	for _, r := range s {
		if r == unicode.ReplacementChar || r != '\n' && r != '\t' && unicode.IsControl(r) {
			fine = false
			break
		}
	}
	if fine {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// oneLine is a text for a place that has one line.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// blank reports whether Slack would call a text empty, and refuse it.
func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && unicode.IsGraphic(r) }) < 0
}

// continues reports whether r belongs to the character before it, so that a cut between them
// would change what is read: an accent, a dakuten, the next person of a family.
func continues(before, r rune) bool {
	const joiner = '\u200d'
	switch {
	case unicode.Is(unicode.M, r), r == joiner, before == joiner:
		return true
	case r >= 0x1f3fb && r <= 0x1f3ff: // skin tones
		return true
	case r >= 0xe0020 && r <= 0xe007f: // the letters of a flag of a region
		return true
	case r == '\uff9e', r == '\uff9f': // halfwidth dakuten
		return true
	case r >= '\u1160' && r <= '\u11ff': // the rest of a Hangul syllable
		return true
	}
	return before == '\r' && r == '\n'
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// cut gives how many bytes of a text fit, without breaking a character in two; of a single
// character that is longer than all the room, whole code points.
func cut(s string, room int, cost func(rune) int) int {
	used, whole, flags := 0, 0, 0
	before := rune(-1)
	for i, r := range s {
		starts := !continues(before, r)
		if regional(r) {
			flags++
			starts = starts && flags%2 == 1
		} else {
			flags = 0
		}
		if starts {
			whole = i
		}
		if used += cost(r); used > room {
			if whole == 0 {
				return i
			}
			return whole
		}
		before = r
	}
	return len(s)
}

// clip shortens a text that is too long, and says so by its end.
func clip(s string, room int) string {
	if units(s) <= room {
		return s
	}
	return s[:cut(s, room-1, utf16.RuneLen)] + "…"
}

// chunks parts a text, if possible between two lines. What is empty is left out.
func chunks(s string, room int) []string {
	var out []string
	for s != "" {
		n := cut(s, room, utf16.RuneLen)
		if n < len(s) {
			if at := strings.LastIndexByte(s[:n], '\n'); at > n/2 {
				n = at
			}
		}
		if n == 0 {
			n = len(s) // cannot be: there is room for a code point
		}
		if !blank(s[:n]) {
			out = append(out, s[:n])
		}
		s = strings.TrimPrefix(s[n:], "\n")
	}
	return out
}

// plain is a text in which nothing means anything.
func plain(s string) *sl.TextBlockObject {
	return sl.NewTextBlockObject(sl.PlainTextType, s, false, false)
}

// bold is a heading or label of ours. One in which a character could be read as formatting
// is shown plain.
func bold(s string, room int) *sl.TextBlockObject {
	s = clip(oneLine(s), room-2)
	if strings.ContainsAny(s, "*_~`<>&:@#") {
		return plain(s)
	}
	return sl.NewTextBlockObject(sl.MarkdownType, "*"+s+"*", false, true)
}

var escaping = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes a text harmless where Slack reads control sequences (Slack, "Formatting text":
// &, < and > are escaped).
func escape(s string) string { return escaping.Replace(s) }

// escaped is a text clipped to what it is long when escaped.
func escaped(s string, room int) string {
	cost := func(r rune) int {
		switch r {
		case '&':
			return len("&amp;")
		case '<', '>':
			return len("&lt;")
		}
		return utf16.RuneLen(r)
	}
	if n := cut(s, room, cost); n < len(s) {
		s = s[:cut(s, room-1, cost)] + "…"
	}
	return escape(s)
}
