package clock

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"hikeshi/workflows/fault"
)

// Holidays is the official list of public holidays (内閣府 syukujitsu.csv), 振替休日 and
// 国民の休日 included. The zero Holidays covers no year.
type Holidays struct {
	years map[int]yearDays
}

// Years gives the first and the last year that the list covers; 0 and 0 without any.
func (h Holidays) Years() (first, last int) {
	for y := range h.years {
		if first == 0 || y < first {
			first = y
		}
		last = max(last, y)
	}
	return first, last
}

// fewestHolidays is what a whole year has at least: nine in 1955, where the official list
// begins, and thirteen or more since 1995. A year with fewer is one that was cut off.
const (
	fewestHolidays      = 9
	fewestHolidaysSince = 13 // from 1996 on, with 海の日
)

// HolidayFault is what is wrong with a list, and in which line (from 1; 0: the whole).
type HolidayFault struct {
	Line         int
	What, Remedy fault.Saying
}

// ReadHolidays reads the official list: Shift_JIS or UTF-8, a heading, and a line for each
// holiday such as 2026/1/1,元日. It covers the years from its first to its last.
func ReadHolidays(text []byte) (Holidays, *HolidayFault) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if !utf8.Valid(text) {
		decoded, err := japanese.ShiftJIS.NewDecoder().Bytes(text)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return Holidays{}, &HolidayFault{What: fault.Say("overlay.holidays_encoding"), Remedy: fault.Say("mend.holidays")}
		}
		text = decoded
	}
	out := Holidays{years: map[int]yearDays{}}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.FieldsPerRecord = -1
	for first := true; ; first = false {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 0
			var at *csv.ParseError
			if errors.As(err, &at) {
				line = at.StartLine // an open quote ends where the file does
			}
			return Holidays{}, &HolidayFault{Line: line, What: fault.Say("overlay.holidays_line"), Remedy: fault.Say("mend.holidays")}
		}
		line, _ := rows.FieldPos(0)
		day, err := time.Parse("2006/1/2", strings.TrimSpace(row[0]))
		switch {
		case err != nil && first: // the heading
			continue
		case err != nil, len(row) < 2:
			return Holidays{}, &HolidayFault{Line: line, What: fault.Say("overlay.holidays_line"), Remedy: fault.Say("mend.holidays")}
		}
		if out.years[day.Year()] == nil {
			out.years[day.Year()] = yearDays{}
		}
		out.years[day.Year()][day.YearDay()] = true
	}
	if len(out.years) == 0 {
		return Holidays{}, &HolidayFault{What: fault.Say("overlay.holidays_none"), Remedy: fault.Say("mend.holidays")}
	}
	first, last := out.Years()
	for y := first; y <= last; y++ {
		fewest := fewestHolidays
		if y > 1995 {
			fewest = fewestHolidaysSince
		}
		if len(out.years[y]) < fewest {
			return Holidays{}, &HolidayFault{What: fault.Say("overlay.holidays_year", "value", strconv.Itoa(y)), Remedy: fault.Say("mend.holidays")}
		}
	}
	return out, nil
}
