package discord

import (
	"testing"
	"time"
)

func TestDatesAsPeopleTypeThem(t *testing.T) {
	now := time.Date(2026, 11, 27, 1, 10, 0, 0, tokyo)
	for typed, want := range map[string]string{
		"2026-11-26T14:30": "2026-11-26T14:30",
		"2026-11-26 14:30": "2026-11-26T14:30",
		"2026/11/26 14:30": "2026-11-26T14:30",
		"２０２６／１１／２６　１４：３０":     "2026-11-26T14:30",
		"2026年11月26日 14時30分":   "2026-11-26T14:30",
		"2026年11月26日14時半":      "2026-11-26T14:30",
		"11月26日(木) 14時":        "2026-11-26T14:00",
		"11/26 14:30":          "2026-11-26T14:30",
		"11/6 9:05":            "2026-11-06T09:05",
		"11.26 午後2時30分":        "2026-11-26T14:30",
		"11/26 午後 2:30":        "2026-11-26T14:30",
		"11/26 2:30pm":         "2026-11-26T14:30",
		"11/26 午前12時":          "2026-11-26T00:00",
		"11/26 午後12時5分":        "2026-11-26T12:05",
		"昨日 23:50":             "2026-11-26T23:50",
		"きのうの23時50分":           "2026-11-26T23:50",
		"一昨日、8:00":             "2026-11-25T08:00",
		"今日 0:30":              "2026-11-27T00:30",
		"yesterday 8:00":       "2026-11-26T08:00",
		"明日 9:00":              "2026-11-28T09:00",
		"23:50":                "2026-11-26T23:50",
		"01:05":                "2026-11-27T01:05",
		"１：０５":                 "2026-11-27T01:05",
		"1:20":                 "2026-11-27T01:20", // a clock that is a little ahead
		"0時半":                  "2026-11-27T00:30",
		"12/31 23:59":          "2026-12-31T23:59",
		"2026-11-26 14:30:59":  "2026-11-26T14:30",
		"2026-11-26T14:30:59":  "2026-11-26T14:30",
		" 2026-11-26  14:30\n": "2026-11-26T14:30",
		"":                     "",
		"きのうの夜":                "",
		"2026-11-26":           "",
		"11/26":                "",
		"25:00":                "",
		"12:60":                "",
		"13月1日 10:00":          "",
		"2月30日 10:00":          "",
		"11/714:30":            "",
		"午後13時":                "",
		"二時ごろ":                 "",
		"2026-11-26 14:30 ごろ":  "",
		"14":                   "",
		"1430":                 "",
	} {
		got, ok := readMoment(typed, now)
		if got != want || ok != (want != "") {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	for typed, want := range map[string]string{
		"2026-12-01": "2026-12-01", "2026/12/1": "2026-12-01", "１２月１日": "2026-12-01", "12/1": "2026-12-01", "1/5": "2027-01-05",
		"明日": "2026-11-28", "今日": "2026-11-27", "2028年2月29日": "2028-02-29", "12/1(火)": "2026-12-01",
		"": "", "来週": "", "12/1 10:00": "", "2026-02-29": "", "12": "", "0/0": "",
	} {
		got, ok := readDay(typed, now)
		if got != want || ok != (want != "") {
			t.Errorf("the day %q is read as %q", typed, got)
		}
	}
	january := time.Date(2027, 1, 3, 9, 0, 0, 0, tokyo)
	if got, _ := readMoment("12/28 18:00", january); got != "2026-12-28T18:00" {
		t.Errorf("in January 12/28 is %q", got)
	}
}

func FuzzMoment(f *testing.F) {
	f.Add("2026/11/26 14:30")
	f.Add("昨日の23時半")
	f.Add("午後2:5am")
	now := time.Date(2026, 11, 27, 1, 10, 0, 0, tokyo)
	f.Fuzz(func(t *testing.T, typed string) {
		if value, ok := readMoment(typed, now); ok {
			if _, err := time.Parse(layoutMoment, value); err != nil {
				t.Fatalf("%q became %q", typed, value)
			}
			if again, ok := readMoment(shownMoment(value), now); !ok || again != value {
				t.Fatalf("%q became %q, and that %q", typed, value, again)
			}
		}
		if value, ok := readDay(typed, now); ok {
			if _, err := time.Parse(layoutDay, value); err != nil {
				t.Fatalf("%q became %q", typed, value)
			}
		}
	})
}
