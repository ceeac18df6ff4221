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
// zero-width and bidirectional marks show nothing.
func Visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\u3164' && r != '\u2800'
	})
}

// Clean makes a typed text fit to be kept: valid UTF-8, lines ended by \n, without the
// control characters that no document can hold. Bidirectional marks stay: they are evidence
// of what was typed (a file name that lies about its ending), and every renderer shows them.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
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
// 11/22 2:07 (the latest such day that is not in the future), or 2:07 (today, or yesterday
// when that would be in the future). Without a zone it is Asia/Tokyo. ok is false otherwise.
func ParseTime(s string, now time.Time) (t time.Time, ok bool) {
	s = strings.TrimSpace(narrow(s))
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), true
	}
	s = strings.NewReplacer("年", "-", "月", "-", "日", " ", "時", ":", "分", "", "/", "-", "T", " ").Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range []string{"2006-1-2 15:04:05", "2006-1-2 15:04", "2006-1-2"} {
		if t, err := time.ParseInLocation(layout, s, Tokyo); err == nil {
			return t.UTC(), true
		}
	}
	local := now.In(Tokyo)
	if t, err := time.ParseInLocation("1-2 15:04", s, Tokyo); err == nil {
		t = time.Date(local.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, Tokyo)
		if t.After(now.Add(clockSlack)) {
			t = t.AddDate(-1, 0, 0)
		}
		return t.UTC(), true
	}
	if t, err := time.ParseInLocation("15:04", s, Tokyo); err == nil {
		t = time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, Tokyo)
		if t.After(now.Add(clockSlack)) {
			t = t.AddDate(0, 0, -1)
		}
		return t.UTC(), true
	}
	return time.Time{}, false
}
