package main

import (
	"bytes"
	"encoding/csv"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The days of the law are counted a second time, in another way: from a table of holidays
// in the form of the Cabinet Office's syukujitsu.csv, walking one day after the other. Nothing
// here knows the program's own calendar, nor the library it is built on.
//
// testdata/calendar/fixed_to_2027.csv is what is officially fixed: those years agree row by row
// with the Cabinet Office's file as it stands since the notice of February 2026 (here in UTF-8,
// there in Shift_JIS). computed_from_2028.csv is made by hand from 国民の祝日に関する法律 (2条;
// 3条2項 振替休日; 3条3項 国民の休日) as it stands in 2026, with the equinoxes that the National
// Astronomical Observatory expects; it is not official.

// jst is written out: the test must not lean on the server's zone files.
var jst = time.FixedZone("+09:00", 9*60*60)

// holidayTable is a list of days and what they are called; 振替休日 and 国民の休日 are both 休日
// there, as in the official file.
type holidayTable map[string]string // 2006-01-02 → name

// fixedThrough is the last year whose equinox days are official.
const fixedThrough = 2027

func readHolidays(t *testing.T) holidayTable {
	t.Helper()
	table, last := holidayTable{}, ""
	for _, file := range []string{"fixed_to_2027.csv", "computed_from_2028.csv"} {
		body, err := os.ReadFile(filepath.Join("testdata", "calendar", file))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !slices.Equal(rows[0], []string{"国民の祝日・休日月日", "国民の祝日・休日名称"}) {
			t.Fatalf("%s begins with %v", file, rows[0])
		}
		for _, row := range rows[1:] {
			day, err := time.Parse("2006/1/2", row[0])
			if err != nil || row[1] == "" {
				t.Fatalf("%s: %v: %v", file, row, err)
			}
			d := day.Format(time.DateOnly)
			if d <= last {
				t.Fatalf("%s: %s stands after %s", file, d, last)
			}
			if official := file == "fixed_to_2027.csv"; official != (day.Year() <= fixedThrough) {
				t.Fatalf("%s: %s is in the wrong file", file, d)
			}
			table[d], last = row[1], d
		}
	}
	return table
}

// closed reports whether authorities are closed: Saturday, Sunday, a holiday of the table, and
// 29 December to 3 January (行政機関の休日に関する法律 1条1項).
func (h holidayTable) closed(day time.Time) bool {
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		return true
	}
	d := day.Format(time.DateOnly)
	return h[d] != "" || d[5:] >= "12-29" || d[5:] <= "01-03"
}

func next(day time.Time) time.Time { return day.AddDate(0, 0, 1) }

// dayNumber walks to the n-th day; the day of awareness is the first (施行規則8条 and the guideline,
// 通則編 3-5-3: 当該事態を知った日を1日目).
func dayNumber(aware time.Time, n int) time.Time {
	day := aware
	for count := 1; count < n; count++ {
		day = next(day)
	}
	return day
}

// open walks on to the first day on which authorities are open (行政機関の休日に関する法律 2条).
func (h holidayTable) open(day time.Time) time.Time {
	for h.closed(day) {
		day = next(day)
	}
	return day
}

// working walks to the n-th working day after the day itself, which never counts.
func (h holidayTable) working(day time.Time, n int) time.Time {
	for n > 0 {
		if day = next(day); !h.closed(day) {
			n--
		}
	}
	return day
}

// equinoxNear reports whether a day that is not officially fixed could be a holiday, or not
// be one, if an equinox fell a day earlier or later, or with it the day off beside it.
func equinoxNear(day time.Time) bool {
	d := day.Format("01-02")
	return day.Year() > fixedThrough && (d >= "03-19" && d <= "03-23" || d >= "09-20" && d <= "09-25")
}

// The table by hand is what the law says, rule by rule.
func TestTheTableOfHolidaysFollowsTheLaw(t *testing.T) {
	table, lawful := readHolidays(t), holidayTable{}
	// 国立天文台, expected days of 春分 and 秋分, as March and September days from 2024 on.
	equinoxes := [][2]int{{20, 22}, {20, 23}, {20, 23}, {21, 23}, {20, 22}, {20, 23}, {20, 23}, {21, 23}, {20, 22}, {20, 23}}
	for i, equinox := range equinoxes {
		year := 2024 + i
		put := func(month time.Month, day int, name string) {
			lawful[time.Date(year, month, day, 0, 0, 0, 0, jst).Format(time.DateOnly)] = name
		}
		monday := func(month time.Month, n int) int { // the n-th Monday of a month
			for day := 1; ; day++ {
				if time.Date(year, month, day, 0, 0, 0, 0, jst).Weekday() == time.Monday {
					return day + 7*(n-1)
				}
			}
		}
		// 2条, as amended to 2018 (天皇誕生日 2月23日, スポーツの日).
		put(1, 1, "元日")
		put(1, monday(1, 2), "成人の日")
		put(2, 11, "建国記念の日") // 建国記念の日となる日を定める政令
		put(2, 23, "天皇誕生日")
		put(3, equinox[0], "春分の日")
		put(4, 29, "昭和の日")
		put(5, 3, "憲法記念日")
		put(5, 4, "みどりの日")
		put(5, 5, "こどもの日")
		put(7, monday(7, 3), "海の日")
		put(8, 11, "山の日")
		put(9, monday(9, 3), "敬老の日")
		put(9, equinox[1], "秋分の日")
		put(10, monday(10, 2), "スポーツの日")
		put(11, 3, "文化の日")
		put(11, 23, "勤労感謝の日")
	}
	days := func(visit func(day time.Time, named bool, before, after bool)) {
		named := func(day time.Time) bool { n := lawful[day.Format(time.DateOnly)]; return n != "" && n != "休日" }
		for day := time.Date(2024, 1, 1, 0, 0, 0, 0, jst); day.Year() < 2034; day = next(day) {
			visit(day, named(day), named(day.AddDate(0, 0, -1)), named(next(day)))
		}
	}
	pending := false // 3条2項: a holiday on a Sunday waits for the first day that is none
	days(func(day time.Time, named, _, _ bool) {
		switch {
		case named && day.Weekday() == time.Sunday:
			pending = true
		case !named && pending:
			lawful[day.Format(time.DateOnly)], pending = "休日", false
		}
	})
	days(func(day time.Time, named, before, after bool) { // 3条3項: between two holidays
		if !named && before && after {
			lawful[day.Format(time.DateOnly)] = "休日"
		}
	})
	for day := time.Date(2024, 1, 1, 0, 0, 0, 0, jst); day.Year() < 2034; day = next(day) {
		if d := day.Format(time.DateOnly); table[d] != lawful[d] {
			t.Errorf("%s is %q in the table, %q by the law", d, table[d], lawful[d])
		}
	}
	// The days off of 2026 to 2031 as the facts of the law list them.
	var off []string
	for d, name := range table {
		if name == "休日" && d >= "2026" && d < "2032" {
			off = append(off, d)
		}
	}
	slices.Sort(off)
	want := strings.Fields(`2026-05-06 2026-09-22 2027-03-22 2029-02-12 2029-04-30 2029-09-24
		2030-05-06 2030-08-12 2030-11-04 2031-02-24 2031-05-06 2031-11-24`)
	if !slices.Equal(off, want) {
		t.Errorf("the days off are %v, want %v", off, want)
	}
}

// A second method that asked the first one would prove nothing.
func TestTheSecondMethodStandsAlone(t *testing.T) {
	files, err := filepath.Glob("clocks_*_test.go")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range []string{"clocks_calendar_test.go", "clocks_dates_test.go", "clocks_told_test.go", "clocks_reminded_test.go", "clocks_walk_test.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); strings.Contains(path, "workflows/clock") || strings.Contains(path, "rickar") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
