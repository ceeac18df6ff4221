package clock_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// officialHeading is the first line of the Cabinet Office's file.
const officialHeading = "国民の祝日・休日月日,国民の祝日・休日名称\n"

// official is what is officially fixed, in UTF-8 and with LF.
func official(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "bot", "testdata", "calendar", "fixed_to_2027.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(body), officialHeading) {
		t.Fatalf("it begins with %.60q", body)
	}
	return string(body)
}

func shiftJIS(t testing.TB, text string) []byte {
	t.Helper()
	out, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// yearOf makes a list of a year that has enough holidays to be believed: the first of each month
// and the third of January, and whatever else is asked for.
func yearOf(year string, more ...string) string {
	var b strings.Builder
	for _, d := range []string{"1/1", "1/3", "2/1", "3/1", "4/1", "5/1", "6/1", "7/1", "8/1", "9/1", "10/1", "11/1", "12/1"} {
		b.WriteString(year + "/" + d + ",休日\n")
	}
	for _, d := range more {
		b.WriteString(year + "/" + d + ",休日\n")
	}
	return b.String()
}

func listed(t testing.TB, text []byte) clock.Holidays {
	t.Helper()
	list, wrong := clock.ReadHolidays(text)
	if wrong != nil {
		t.Fatalf("line %d: %v", wrong.Line, wrong.What)
	}
	return list
}

// The official file as it comes, and as people save it again.
func TestTheOfficialListIsRead(t *testing.T) {
	text := official(t)
	crlf := strings.ReplaceAll(text, "\n", "\r\n")
	for name, body := range map[string][]byte{
		"Shift_JIS with CRLF, as published":  shiftJIS(t, crlf),
		"Shift_JIS with LF":                  shiftJIS(t, text),
		"UTF-8":                              []byte(text),
		"UTF-8 with a mark and CRLF (Excel)": []byte("\uFEFF" + crlf),
		"no newline at the end":              []byte(strings.TrimSuffix(text, "\n")),
		"no heading":                         []byte(strings.TrimPrefix(text, officialHeading)),
		"with quotes":                        []byte(strings.ReplaceAll(text, "元日", `"元日"`)),
		"dates with zeros":                   []byte(strings.ReplaceAll(text, "/1/1,", "/01/01,")),
		"empty lines between":                []byte(strings.ReplaceAll(text, "元日\n", "元日\n\n")),
		"blanks around a date":               []byte(strings.ReplaceAll(text, "/1/1,", "/1/1 ,")),
		"a third column":                     []byte(strings.ReplaceAll(text, "元日", "元日,")),
	} {
		t.Run(name, func(t *testing.T) {
			list := listed(t, body)
			if first, last := list.Years(); first != 2024 || last != 2027 {
				t.Fatalf("%d to %d", first, last)
			}
			// All days of these years, against the list line by line.
			c := clock.WithHolidays(list)
			for day := time.Date(2024, 1, 1, 0, 0, 0, 0, incident.Tokyo); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
				mmdd := day.Format("01-02")
				closed := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday || mmdd >= "12-29" || mmdd <= "01-03" ||
					strings.Contains(text, "\n"+day.Format("2006/1/2")+",")
				if c.Open(day) == closed {
					t.Errorf("%s: open %t", day.Format(time.DateOnly), !closed)
				}
			}
		})
	}
}

// What cannot be read names its line; a list that was cut off names the year.
func TestListsThatCannotBe(t *testing.T) {
	whole := yearOf("2026")
	for _, c := range []struct {
		name, text string
		line       int
		key, about string
	}{
		{"nothing", "", 0, "overlay.holidays_none", ""},
		{"a heading alone", officialHeading, 0, "overlay.holidays_none", ""},
		{"a page instead of the file", "<!DOCTYPE html>\n<html>\n", 2, "overlay.holidays_line", ""},
		{"another way to write a day", officialHeading + whole + "2026-12-31,休日\n", 15, "overlay.holidays_line", ""},
		{"a day that is none", officialHeading + whole + "2026/2/29,休日\n", 15, "overlay.holidays_line", ""},
		{"a month that is none", officialHeading + whole + "2026/13/1,休日\n", 15, "overlay.holidays_line", ""},
		{"two digits of a year", officialHeading + whole + "26/1/1,元日\n", 15, "overlay.holidays_line", ""},
		{"full-width digits", officialHeading + whole + "２０２６/1/1,元日\n", 15, "overlay.holidays_line", ""},
		{"no name", officialHeading + whole + "2026/12/31\n", 15, "overlay.holidays_line", ""},
		{"a name before the day", officialHeading + "元日,2026/1/1\n" + whole, 2, "overlay.holidays_line", ""},
		{"an open quote", officialHeading + whole + "2026/12/31,\"休日\n", 15, "overlay.holidays_line", ""},
		{"an open quote with lines behind it", officialHeading + "2026/1/1,\"元日\n" + whole, 2, "overlay.holidays_line", ""},
		{"tabs", officialHeading + "2026/1/1\t元日\n", 2, "overlay.holidays_line", ""},
		{"the bad line after an empty one and CRLF", strings.ReplaceAll(officialHeading+"\n2026/1/1,元日\nx,y\n", "\n", "\r\n"), 4, "overlay.holidays_line", ""},
		{"a year cut off", officialHeading + whole + "2027/1/1,元日\n", 0, "overlay.holidays_year", "2027"},
		{"a year left out", officialHeading + whole + yearOf("2028"), 0, "overlay.holidays_year", "2027"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for encoding, body := range map[string][]byte{"UTF-8": []byte(c.text), "Shift_JIS": shiftJIS(t, c.text)} {
				list, wrong := clock.ReadHolidays(body)
				if wrong == nil {
					t.Fatalf("%s: taken", encoding)
				}
				if first, last := list.Years(); first != 0 || last != 0 {
					t.Errorf("%s: years %d to %d beside a fault", encoding, first, last)
				}
				if wrong.Line != c.line || wrong.What.Key != c.key || c.about != "" && wrong.What.Args[1] != c.about {
					t.Errorf("%s: line %d, %v", encoding, wrong.Line, wrong.What)
				}
			}
		})
	}
	for name, body := range map[string][]byte{"UTF-16": {0xFF, 0xFE, '2', 0, '0', 0, 0xE9}, "an image": {0x89, 'P', 'N', 'G', 0xFF, 0xD8}, "half a letter": append(shiftJIS(t, whole), 0x8B)} {
		if _, wrong := clock.ReadHolidays(body); wrong == nil || wrong.What.Key != "overlay.holidays_encoding" {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}

// A newer list decides for the years it covers, and only for these.
func TestANewerListDecides(t *testing.T) {
	// 17 March 2028 becomes a holiday, 20 March 2028 (春分の日) none.
	newer := clock.WithHolidays(listed(t, []byte(yearOf("2028", "3/17"))))
	usual := &clock.Calendar{}
	for day, want := range map[string][2]bool{ // with the list, and without
		"2028-03-17": {false, true},
		"2028-03-20": {true, false},
		"2029-03-20": {false, false}, // not covered
		"2028-12-29": {false, false}, // 行政機関の休日 are no matter of the list
		"2028-01-02": {false, false},
		"2028-03-18": {false, false}, // a Saturday
	} {
		at := time.Date(2028, 1, 1, 12, 0, 0, 0, incident.Tokyo)
		if d, err := time.ParseInLocation(time.DateOnly, day, incident.Tokyo); err == nil {
			at = d
		}
		if newer.Open(at) != want[0] || usual.Open(at) != want[1] {
			t.Errorf("%s: %t, %t", day, newer.Open(at), usual.Open(at))
		}
	}
}

// A date that was moved by an equinox of a year that is not fixed yet is not certain; the
// official list makes it so. 20 March 2028 and 22 September 2028 are expected equinoxes.
func TestDatesThatRestOnAnEquinox(t *testing.T) {
	computed := book(t, ofTheLaw())
	src := ofTheLaw()
	src.Holidays = listed(t, []byte(yearOf("2028", "3/20", "9/22")))
	official := src.For(company.Profile{})
	for _, c := range []struct {
		aware, due string
		uncertain  bool
	}{
		{"2028-02-20T10:00:00+09:00", "2028-03-21", true},  // day 30 is 20 March
		{"2028-02-18T10:00:00+09:00", "2028-03-21", true},  // Saturday 18 March, over the equinox
		{"2028-02-16T10:00:00+09:00", "2028-03-16", false}, // before it
		{"2028-02-21T10:00:00+09:00", "2028-03-21", false}, // after it
		{"2028-08-24T10:00:00+09:00", "2028-09-25", true},  // Friday 22 September
		{"2027-02-19T10:00:00+09:00", "2027-03-23", false}, // 20 to 22 March 2027 are fixed
	} {
		facts := said(settled + "special_care=yes")
		d := asked(computed, facts, at(t, c.aware))["ppc-final"]
		if d.Due != c.due || d.HolidayOpen != c.uncertain {
			t.Errorf("%s: %s, uncertain %t", c.aware, d.Due, d.HolidayOpen)
		}
		if d = asked(official, facts, at(t, c.aware))["ppc-final"]; d.Due != c.due || d.HolidayOpen {
			t.Errorf("%s with the official list: %s, uncertain %t", c.aware, d.Due, d.HolidayOpen)
		}
	}
	if computed.Version() == official.Version() {
		t.Error("a list of holidays is no part of the version")
	}
}

// FuzzHolidays: any file is read or refused with its line, and never stops the program; what is
// read covers the years it says.
func FuzzHolidays(f *testing.F) {
	text := official(f)
	for _, seed := range [][]byte{
		[]byte(text), shiftJIS(f, text), []byte("\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n")), []byte(yearOf("2026")), []byte(yearOf("1955")),
		[]byte(officialHeading), {}, []byte("2026/1/1"), []byte("2026/1/1,\"元日"), {0x8B}, []byte("0000/1/1,x\n"), []byte("9999/12/31,x\n"), []byte(",\n,\n"),
		[]byte("\"\"\n\"\n"), []byte("2026/1/1,元日\x00"), bytes.Repeat([]byte(","), 1000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, wrong := clock.ReadHolidays(body)
		first, last := list.Years()
		if wrong != nil {
			if first != 0 || last != 0 || wrong.Line < 0 || wrong.Line > bytes.Count(body, []byte("\n"))+bytes.Count(body, []byte("\r"))+1 || wrong.What.Key == "" || wrong.Remedy.Key == "" {
				t.Fatalf("%q: %+v beside %d to %d", body, wrong, first, last)
			}
			return
		}
		// Nine holidays a year are 9 lines of 10 bytes: a list cannot cover more years than it has room for.
		if first > last || last-first+1 > len(body)/(9*len("1/1/1,x"))+1 {
			t.Fatalf("%q: %d to %d", body, first, last)
		}
		c := clock.WithHolidays(list)
		day := time.Date(first, time.January, 1, 0, 0, 0, 0, incident.Tokyo)
		if open, _ := c.From(day); open.Before(day) || !c.Open(open) {
			t.Fatalf("%q: the first open day of %d is %s", body, first, open)
		}
	})
}
