package clock

import "time"

// WorkingDay reports whether the day of t in Tokyo is none of: Saturday, Sunday, a public
// holiday (振替休日 and 国民の休日 too), 29 December to 3 January (the closed days of
// authorities, 行政機関の休日に関する法律 1条).
func WorkingDay(t time.Time) bool { return computed.Open(t) }

// computed is the calendar without an official list.
var computed = &Calendar{}
