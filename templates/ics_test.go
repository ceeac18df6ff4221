package templates_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	ical "github.com/emersion/go-ical"
	"pgregory.net/rapid"

	"hikeshi/templates"
)

// fataler is a test or one try of a property.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// readICS reads a calendar with a library that has no part in writing it, after its lines were
// looked at as octets.
func readICS(t fataler, b []byte) *ical.Calendar {
	t.Helper()
	if !bytes.HasSuffix(b, []byte("END:VCALENDAR\r\n")) {
		t.Fatalf("it ends in %q", b[max(0, len(b)-20):])
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(b, []byte("\r\n")), []byte("\r\n")) {
		// RFC 5545, section 3.1: 75 octets without the line break, and no letter cut in two.
		if len(line) > 75 || len(line) == 0 || !utf8.Valid(line) || bytes.ContainsAny(line, "\r\n") {
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
	d := ical.NewDecoder(bytes.NewReader(b))
	cal, err := d.Decode()
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if _, err := d.Decode(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one calendar: %v", err)
	}
	return cal
}

func textOf(t fataler, props ical.Props, name string) string {
	t.Helper()
	if len(props[name]) != 1 {
		t.Fatalf("%s stands there %d times", name, len(props[name]))
	}
	s, err := props.Text(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

var made = time.Date(2026, 11, 22, 1, 2, 3, 456, time.UTC)

func icsOf(t fataler, c templates.Calendar) []byte {
	t.Helper()
	b, err := c.ICS()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

func TestACalendarIsWrittenAsTheStandardHasIt(t *testing.T) {
	c := templates.Calendar{Name: "届出の期限", Lang: "ja", Made: made, Every: time.Hour, Dates: []templates.Date{
		{UID: "a@hikeshi", Text: "目安【暫定】：個人情報保護委員会への速報（INC-2026-0001）", Note: "一行目\n二行目、a;b,c\\n", Day: "2026-11-24", Open: true, Sequence: 7, Changed: made, URL: "https://hikeshi.example.co.jp/incidents/INC-2026-0001"},
		{UID: "b@hikeshi", Text: "期限：GDPR（INC-2026-0001）", At: time.Date(2026, 11, 25, 9, 0, 0, 0, time.FixedZone("", 9*3600)), Sequence: 8, Changed: made},
	}}
	const want = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//hikeshi//hikeshi//JA
CALSCALE:GREGORIAN
METHOD:PUBLISH
NAME:届出の期限
X-WR-CALNAME:届出の期限
X-WR-TIMEZONE:Asia/Tokyo
REFRESH-INTERVAL;VALUE=DURATION:PT1H
X-PUBLISHED-TTL:PT1H
BEGIN:VTIMEZONE
TZID:Asia/Tokyo
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
TZNAME:JST
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:a@hikeshi
DTSTAMP:20261122T010203Z
SEQUENCE:7
LAST-MODIFIED:20261122T010203Z
SUMMARY:目安【暫定】：個人情報保護委員会への速報（INC-
 2026-0001）
DESCRIPTION:一行目\n二行目、a\;b\,c\\n
URL:https://hikeshi.example.co.jp/incidents/INC-2026-0001
STATUS:TENTATIVE
CLASS:PRIVATE
TRANSP:TRANSPARENT
DTSTART;VALUE=DATE:20261124
END:VEVENT
BEGIN:VEVENT
UID:b@hikeshi
DTSTAMP:20261122T010203Z
SEQUENCE:8
LAST-MODIFIED:20261122T010203Z
SUMMARY:期限：GDPR（INC-2026-0001）
STATUS:CONFIRMED
CLASS:PRIVATE
TRANSP:TRANSPARENT
DTSTART:20261125T000000Z
END:VEVENT
END:VCALENDAR
`
	b := icsOf(t, c)
	if got := strings.ReplaceAll(string(b), "\r\n", "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	cal := readICS(t, b)
	events := cal.Events()
	if len(events) != 2 || textOf(t, events[0].Props, ical.PropDescription) != "一行目\n二行目、a;b,c\\n" {
		t.Errorf("%+v", events)
	}
	if at, err := events[0].DateTimeStart(time.UTC); err != nil || !at.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("begins at %v, %v", at, err)
	}
	if end, err := events[0].DateTimeEnd(time.UTC); err != nil || !end.Equal(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("ends at %v, %v: not one whole day", end, err)
	}
	// One without dates is a calendar all the same (section 3.6).
	if empty := readICS(t, icsOf(t, templates.Calendar{Name: "空", Lang: "en", Made: made})); len(empty.Children) != 1 || len(empty.Events()) != 0 {
		t.Errorf("%+v", empty)
	}
	if _, err := (templates.Calendar{Dates: []templates.Date{{UID: "x", Day: "24 Nov"}}}).ICS(); err == nil {
		t.Error("what is no day is written")
	}
}

// Any text comes back as it was from a reader that did not write it, and begins nothing of its
// own: only what no text can hold is left out.
func TestAnyTextStandsInACalendar(t *testing.T) {
	held := func(s string) string {
		s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cc, r) && r != '\t' && r != '\n' {
				return -1
			}
			return r
		}, s)
	}
	any := rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		// What is hardest: all that has a meaning in a calendar, and letters of two to four octets.
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
			",", ";", `\`, `\n`, `\N`, "\n", "\r", "\r\n", "\r\n ", "\t", " ", "  ", ":", `"`, "é", "期", "𠮷", "👨‍👩‍👧", "<", ">", "END:VEVENT", "\r\nEND:VCALENDAR\r\n", "\x00", "\xff", "\u2028", "\ufeff",
			"長い長い長い長い長い長い長い長い長い題名", "x",
		}), 0, 60), func(s []string) string { return strings.Join(s, "") }),
	)
	rapid.Check(t, func(t *rapid.T) {
		name, text, note := any.Draw(t, "name"), any.Draw(t, "text"), any.Draw(t, "note")
		cal := readICS(t, icsOf(t, templates.Calendar{Name: name, Lang: "ja", Made: made, Every: time.Hour, Dates: []templates.Date{
			{UID: "a@hikeshi", Text: text, Note: note, Day: "2026-11-24", Changed: made},
			{UID: "b@hikeshi", Text: note, Day: "2026-11-25", Changed: made},
		}}))
		events := cal.Events()
		if len(events) != 2 || len(cal.Children) != 3 {
			t.Fatalf("%d events in %d components", len(events), len(cal.Children))
		}
		if got, want := textOf(t, cal.Props, "X-WR-CALNAME"), held(name); got != want {
			t.Fatalf("name %q, want %q", got, want)
		}
		if got, want := textOf(t, events[0].Props, ical.PropSummary), held(text); got != want {
			t.Fatalf("text %q, want %q", got, want)
		}
		if note != "" {
			if got, want := textOf(t, events[0].Props, ical.PropDescription), held(note); got != want {
				t.Fatalf("note %q, want %q", got, want)
			}
		}
		if got, want := textOf(t, events[1].Props, ical.PropSummary), held(note); got != want {
			t.Fatalf("second text %q, want %q", got, want)
		}
	})
}
