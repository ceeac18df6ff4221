package report

import (
	"strconv"
	"time"

	"hikeshi/workflows/incident"
)

// Instant prints an instant to the minute in Japan time: 2026年11月22日（日） 02:07, or
// 22 Nov 2026 (Sun) 02:07 JST. The zero instant is the empty text.
func Instant(t time.Time, say Say) string {
	if t.IsZero() {
		return ""
	}
	return calendar("time.instant", t, say)
}

// Day prints a day as the record keeps it (2006-01-02 in Tokyo): 2026年11月22日（日）, or
// 22 Nov 2026 (Sun). What is no such day is shown as it stands.
func Day(day string, say Say) string {
	t, err := time.ParseInLocation(time.DateOnly, day, incident.Tokyo)
	if err != nil {
		return day
	}
	return calendar("time.day", t, say)
}

func calendar(key string, t time.Time, say Say) string {
	t = t.In(incident.Tokyo)
	return say(key,
		"year", strconv.Itoa(t.Year()),
		"month", say("time.month."+strconv.Itoa(int(t.Month()))),
		"day", strconv.Itoa(t.Day()),
		"weekday", say("time.weekday."+strconv.Itoa(int(t.Weekday()))),
		"clock", t.Format("15:04"),
	)
}
