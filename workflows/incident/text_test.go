package incident_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hikeshi/workflows/incident"
)

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 22, 2, 7, 0, 0, incident.Tokyo)
	for typed, want := range map[string]string{ // in Tokyo
		"2026-11-22T02:07:00+09:00": "2026-11-22 02:07", "2026-11-21T17:07:00Z": "2026-11-22 02:07", "2026-11-21T17:07:00.25Z": "2026-11-22 02:07",
		"2026-11-22T02:07": "2026-11-22 02:07", "2026-11-22 2:07": "2026-11-22 02:07", "2026/11/22 2:07:30": "2026-11-22 02:07",
		"2026.11.22 2:07": "2026-11-22 02:07", "2026-11-22": "2026-11-22 00:00", "2026/1/2 3:04": "2026-01-02 03:04",
		"２０２６／１１／２２　２：０７": "2026-11-22 02:07", "  2026-11-22   2:07 ": "2026-11-22 02:07",
		"2026年11月22日2時7分": "2026-11-22 02:07", "2026年11月22日 2時7分30秒": "2026-11-22 02:07", "2026年11月22日": "2026-11-22 00:00",
		"2026年11月22日2時": "2026-11-22 02:00", "2026年11月22日午後2時半": "2026-11-22 14:30", "2026/11/22 午前0:15": "2026-11-22 00:15",
		"2026/11/22 午前12時5分": "2026-11-22 00:05", "2026/11/22 午後12時5分": "2026-11-22 12:05",
		"11/22 2:07": "2026-11-22 02:07", "11/22 2:09": "2026-11-22 02:09", "11/22 2:10": "2026-11-22 02:10", "11/23 1:00": "2026-11-23 01:00", "11月21日23時": "2026-11-21 23:00",
		"12/31 23:59": "2026-12-31 23:59", "5/22 9:00": "2026-05-22 09:00", "2/29 1:00": "2024-02-29 01:00",
		"2:07": "2026-11-22 02:07", "2時7分": "2026-11-22 02:07", "2:10": "2026-11-21 02:10", "23:50": "2026-11-21 23:50", "午後11時50分": "2026-11-21 23:50",
		"1970-01-01 9:00": "1970-01-01 09:00",
	} {
		got, ok := incident.ParseTime(typed, now.UTC())
		if local := got.In(incident.Tokyo).Format("2006-01-02 15:04"); !ok || local != want {
			t.Errorf("%q is read as %s (%v), want %s", typed, local, ok, want)
		}
	}
	newYear := time.Date(2027, 1, 5, 9, 0, 0, 0, incident.Tokyo)
	if got, ok := incident.ParseTime("12/28 17:30", newYear); !ok || got.In(incident.Tokyo).Year() != 2026 {
		t.Errorf("in January, 12/28 is read as %s", got)
	}
	for _, typed := range []string{"", " ", "昨夜", "25:00", "2:60", "2026-13-01", "2026-02-29", "2/30 1:00", "1969-12-31", "0001-01-01T00:00:00Z", "午後13時", "13", "2026", "11/22", "2026-11-22T02:07+", "２時頃"} {
		if got, ok := incident.ParseTime(typed, now.UTC()); ok {
			t.Errorf("%q is read as %s", typed, got)
		}
	}
}

// Whatever is read is UTC, is read again from its own stamp, and a time without a year is
// never in the future.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026-11-22T02:07:00+09:00", "11/22 2:07", "2:07", "２０２６年１１月２２日 午後２時半", "2/29 1:00", "午前12時", "9999-12-31", "-1-2-3 4:5"} {
		f.Add(s)
	}
	now := night
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := incident.ParseTime(s, now)
		if !ok {
			return
		}
		if got.Location() != time.UTC || got.Unix() < 0 {
			t.Errorf("%q is read as %s", s, got)
		}
		again, ok := incident.ParseTime(got.Format(time.RFC3339), now)
		if !ok || !again.Equal(got.Truncate(time.Second)) {
			t.Errorf("%q is read as %s, and that as %s (%v)", s, got, again, ok)
		}
		if !strings.ContainsAny(s, "-/年./－．") && len([]rune(s)) < 9 && got.After(now.Add(2*time.Minute)) {
			t.Errorf("%q is read as %s, in the future", s, got)
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		" a\r\nb\rc\n ": "a\nb\nc", "tab\tstays": "tab\tstays", "a\x00b": "a\ufffdb", "\xffa": "\ufffda", "\u3000全角\u3000": "全角",
		"invoice\u202efdp.exe": "invoice\u202efdp.exe", // evidence of what was typed
	} {
		if got := incident.Clean(in); got != want {
			t.Errorf("%q is cleaned to %q, want %q", in, got, want)
		}
	}
	for s, want := range map[string]bool{
		"a": true, "あ": true, "！": true, "😱": true, "1": true, "\u200b\u200ba": true, "¥": true,
		"": false, " \n\t\u3000": false, "\u200b\u2060\ufeff": false, "\u202e\u202c": false, "\x00": false, "\u3164": false, "\u2800": false, "\ufffd": false, "\u0301": false,
	} {
		if got := incident.Visible(s); got != want {
			t.Errorf("Visible(%q) is %v", s, got)
		}
	}
}

func TestTitle(t *testing.T) {
	for in, want := range map[string]string{
		"一行だけ": "一行だけ", "\n \u200b\n 三行目 \n四行目": "三行目", "": "",
		strings.Repeat("あ", 60): strings.Repeat("あ", 60), strings.Repeat("あ", 61): strings.Repeat("あ", 59) + "…",
	} {
		got := incident.Title(in)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("the title of %q is %q, want %q", in, got, want)
		}
	}
}
