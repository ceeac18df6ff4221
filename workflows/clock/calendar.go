package clock

import (
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/jp"

	"hikeshi/workflows/incident"
)

// fixedThrough is the last year whose holidays are officially fixed: each February the
// equinox days of the next year are announced (暦要項, 国立天文台). February 2026 fixed 2027.
const fixedThrough = 2027

// Calendar tells on which days authorities are open, in Asia/Tokyo. The zero Calendar computes
// all holidays. Many goroutines may ask it at once.
type Calendar struct {
	official map[int]yearDays // by year, from the list of the 内閣府
}

// yearDays are the holidays of a year by their number in it, from 1.
type yearDays map[int]bool

// WithHolidays is a calendar in which the official list decides for the years it covers.
func WithHolidays(list Holidays) *Calendar { return &Calendar{official: list.years} }

// Open reports whether authorities work on the day of t in Tokyo; see WorkingDay.
func (c *Calendar) Open(t time.Time) bool { return c.open(dayOf(t), true) }

// dayOf is the beginning of the day of t in Tokyo.
func dayOf(t time.Time) time.Time {
	y, m, d := t.In(incident.Tokyo).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, incident.Tokyo)
}

// open without the equinoxes takes those that are not officially fixed for ordinary days.
func (c *Calendar) open(day time.Time, equinoxes bool) bool {
	switch day.Weekday() {
	case time.Saturday, time.Sunday:
		return false
	}
	if day.Month() == time.December && day.Day() >= 29 || day.Month() == time.January && day.Day() <= 3 {
		return false
	}
	if year, ok := c.official[day.Year()]; ok {
		return !year[day.YearDay()]
	}
	year := holidaysOf(day.Year())
	if !equinoxes && day.Year() > fixedThrough {
		return !year.fixed[day.YearDay()]
	}
	return !year.all[day.YearDay()]
}

// From gives the first open day from a day on, itself included. uncertain says that it would
// be another if an equinox that is not officially fixed yet were an ordinary day.
func (c *Calendar) From(day time.Time) (open time.Time, uncertain bool) {
	return c.twice(func(equinoxes bool) time.Time {
		at := dayOf(day)
		for !c.open(at, equinoxes) {
			at = at.AddDate(0, 0, 1)
		}
		return at
	})
}

// After gives the n-th open day after a day, which itself does not count.
func (c *Calendar) After(day time.Time, n int) (open time.Time, uncertain bool) {
	return c.twice(func(equinoxes bool) time.Time {
		at := dayOf(day)
		for left := n; left > 0; {
			at = at.AddDate(0, 0, 1)
			if c.open(at, equinoxes) {
				left--
			}
		}
		return at
	})
}

func (c *Calendar) twice(count func(equinoxes bool) time.Time) (time.Time, bool) {
	with, without := count(true), count(false)
	return with, !with.Equal(without)
}

// computedYear are the holidays of a year as the law gives them: all, and those that do not
// come from an equinox.
type computedYear struct{ all, fixed yearDays }

// The library mutates its holiday values while computing, so it is asked under a lock, and
// once a year.
var (
	mu    sync.Mutex
	years = map[int]computedYear{}
	every = calendarOf(func(*cal.Holiday) bool { return true })
	fixed = calendarOf(func(h *cal.Holiday) bool {
		return h != jp.VernalEquinoxDay && h != jp.AutumnalEquinoxDay && h != jp.NationalHolidayBetweenRespectForTheAgedDayAndAutumnalEquinoxDay
	})
)

func calendarOf(holds func(*cal.Holiday) bool) *cal.Calendar {
	c := &cal.Calendar{}
	for _, h := range jp.Holidays {
		if holds(h) {
			c.AddHoliday(h)
		}
	}
	return c
}

func holidaysOf(year int) computedYear {
	mu.Lock()
	defer mu.Unlock()
	if y, ok := years[year]; ok {
		return y
	}
	y := computedYear{all: yearDays{}, fixed: yearDays{}}
	var aged, equinox time.Time
	for day := time.Date(year, time.January, 1, 12, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		actual, observed, h := every.IsHoliday(day)
		y.all[day.YearDay()] = actual || observed
		if actual && h == jp.RespectForTheAgedDay {
			aged = day
		}
		if actual && h == jp.AutumnalEquinoxDay {
			equinox = day
		}
		actual, observed, _ = fixed.IsHoliday(day)
		y.fixed[day.YearDay()] = actual || observed
	}
	// 国民の祝日に関する法律 3条3項: a day between two holidays is one, too. The library knows
	// those of September as a list that ends in 2032.
	if !aged.IsZero() && aged.AddDate(0, 0, 2).Equal(equinox) {
		y.all[aged.YearDay()+1] = true
	}
	years[year] = y
	return y
}
