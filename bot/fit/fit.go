// Package fit makes texts fit into the places of Slack and Discord: it counts them, leaves out what
// neither takes, and cuts them without breaking a character that people see in two.
//
// It knows no platform's limits and no markup. It must not import anything but the standard library.
package fit

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// Units counts a text as a platform might at most.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Clean leaves out what the platforms do not take: broken UTF-8 and control characters.
func Clean(s string) string {
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

// OneLine is a text for a place that has one line.
func OneLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

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

// Cut gives how many bytes of a text fit, without breaking a character in two; of a single
// character that is longer than all the room, whole code points.
func Cut(s string, room int, cost func(rune) int) int {
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

// Clip shortens a text that is too long, and says so by its end.
func Clip(s string, room int) string {
	if Units(s) <= room {
		return s
	}
	return s[:Cut(s, room-1, utf16.RuneLen)] + "…"
}

// Between reports whether a cut between two code points breaks no character that people see.
func Between(before, after rune) bool {
	return !continues(before, after) && !(regional(before) && regional(after))
}
