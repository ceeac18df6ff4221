// Package clock knows the Japanese calendar: which days are working days, in Asia/Tokyo,
// whatever zone the server runs in. It is pure: now is handed in.
package clock

import (
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/jp"
)

// tokyo is fixed: Japan has had no other offset since 1951.
var tokyo = time.FixedZone("JST", 9*60*60)

var (
	// The library mutates its holiday values while computing, so the calendar is built once
	// and asked under a lock.
	mu       sync.Mutex
	calendar = func() *cal.BusinessCalendar {
		c := cal.NewBusinessCalendar()
		c.AddHoliday(jp.Holidays...)
		return c
	}()
)

// WorkingDay reports whether the day of t in Tokyo is none of: Saturday, Sunday, a public
// holiday (振替休日 and 国民の休日 too), 29 December to 3 January (the closed days of
// authorities, 行政機関の休日に関する法律 1条).
func WorkingDay(t time.Time) bool {
	t = t.In(tokyo)
	if t.Month() == time.December && t.Day() >= 29 || t.Month() == time.January && t.Day() <= 3 {
		return false
	}
	mu.Lock()
	defer mu.Unlock()
	return calendar.IsWorkday(time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC))
}
