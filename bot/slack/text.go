package slack

import (
	"strings"
	"unicode"
	"unicode/utf16"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/fit"
)

// Whatever somebody typed is shown as plain_text: there is no mention, link, formatting or
// emoji in it, whatever it looks like, and nothing invisible has to be put between its
// characters, so that what is copied from a card is what was typed. mrkdwn is left for what
// is ours alone: headings and labels in bold, and times in Slack's date format.

// blank reports whether Slack would call a text empty, and refuse it.
func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && unicode.IsGraphic(r) }) < 0
}

// chunks parts a text, if possible between two lines. What is empty is left out.
func chunks(s string, room int) []string {
	var out []string
	for s != "" {
		n := fit.Cut(s, room, utf16.RuneLen)
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
	s = fit.Clip(fit.OneLine(s), room-2)
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
	if n := fit.Cut(s, room, cost); n < len(s) {
		s = s[:fit.Cut(s, room-1, cost)] + "…"
	}
	return escape(s)
}
