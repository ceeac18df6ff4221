package incident

import (
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters one free text may have. It is ample for a report typed by
// hand, and it keeps one entry from filling the record.
const MaxText = 20000

// linesOf gives the lines of a text that have something to read on them, trimmed.
func linesOf(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); Visible(line) && !yield(line) {
				return
			}
		}
	}
}

// Visible reports whether a text shows anything at all: letters, digits, signs. Blank, control,
// zero-width and bidirectional marks show nothing, nor do accents without a letter, the
// letters that Unicode leaves blank, and the sign that stands for what could not be read.
func Visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !strings.ContainsRune(blankSigns, r)
	})
}

// The fillers of Hangul, the blank of Braille, and the replacement character.
const blankSigns = "\u115f\u1160\u3164\uffa0\u2800\ufffd"

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Clean makes a typed text fit to be kept: valid UTF-8, lines ended by \n, without the
// control characters that no document can hold. Bidirectional marks stay: they are evidence
// of what was typed (a file name that lies about its ending), and every renderer shows them.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = lineEnds.Replace(s)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return utf8.RuneError
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// Tokyo is where days begin and typed times without a zone belong.
var Tokyo = time.FixedZone("JST", 9*60*60) // Japan has had no other offset since 1951

// narrow turns full-width digits and signs into ASCII, as Japanese keyboards produce both.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		}
		return r
	}, s)
}

// ParseTime reads an instant as people type it: RFC 3339, 2026-11-22T02:07, 2026/11/22 2:07,
// 2026年11月22日午後2時7分, a day alone (its beginning), 11/22 2:07 (of this year or an earlier
// one, whichever such day is nearest: in January 12/28 was last year, but tomorrow's date is a
// slip and not a year ago), or 2:07 (today, or yesterday when that would be in the future).
// Without a zone it is Asia/Tokyo. ok is false otherwise, and before 1970: that is a slip of
// the hand.
func ParseTime(s string, now time.Time) (t time.Time, ok bool) {
	s = strings.TrimSpace(narrow(s))
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), t.Unix() >= 0
	}
	s, half := plainTime(s)
	for _, layout := range []string{"2006-1-2 15:4:5", "2006-1-2 15:4", "2006-1-2"} {
		if t, err := time.ParseInLocation(layout, s, Tokyo); err == nil {
			t, ok := half.of(t)
			return t.UTC(), ok && t.Unix() >= 0
		}
	}
	local, limit := now.In(Tokyo), now.Add(clockSlack)
	if t, err := time.ParseInLocation("1-2 15:4", s, Tokyo); err == nil {
		t, ok := half.of(t)
		var nearest time.Time
		// Nine years back there is a February 29, whatever the year.
		for y := local.Year(); ok && y > local.Year()-9; y-- {
			on := time.Date(y, t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, Tokyo)
			if on.Day() == t.Day() && (nearest.IsZero() || now.Sub(on).Abs() < now.Sub(nearest).Abs()) {
				nearest = on
			}
		}
		return nearest.UTC(), !nearest.IsZero()
	}
	if t, err := time.ParseInLocation("15:4", s, Tokyo); err == nil {
		t, ok := half.of(t)
		t = time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, Tokyo)
		if t.After(limit) {
			t = t.AddDate(0, 0, -1)
		}
		return t.UTC(), ok
	}
	return time.Time{}, false
}

var typedTime = strings.NewReplacer(
	"年", "-", "月", "-", "日", " ", "時半", ":30", "時", ":", "分", ":", "秒", "",
	"午前", " ", "午後", " ", "/", "-", ".", "-", "T", " ",
)

// plainTime turns the Japanese ways of writing a time into one, and says which half of the
// day was named.
func plainTime(s string) (string, halfDay) {
	half := wholeDay
	switch {
	case strings.Contains(s, "午前"):
		half = forenoon
	case strings.Contains(s, "午後"):
		half = afternoon
	}
	if strings.HasSuffix(s, "時") {
		s += "00"
	}
	s = strings.TrimSuffix(typedTime.Replace(s), ":")
	return strings.Join(strings.Fields(s), " "), half
}

// halfDay is 午前 or 午後, where one was named.
type halfDay int

const (
	wholeDay halfDay = iota
	forenoon
	afternoon
)

// of moves a time of the twelve-hour clock to its half of the day; ok is false for one that
// no such clock shows.
func (h halfDay) of(t time.Time) (time.Time, bool) {
	switch {
	case h == wholeDay:
		return t, true
	case t.Hour() > 12:
		return t, false
	case h == forenoon && t.Hour() == 12:
		return t.Add(-12 * time.Hour), true
	case h == afternoon && t.Hour() < 12:
		return t.Add(12 * time.Hour), true
	}
	return t, true
}
