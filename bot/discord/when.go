package discord

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// The layouts of chat.Input's values.
const (
	layoutMoment = "2006-01-02T15:04"
	layoutDay    = time.DateOnly
)

var (
	spelledDay   = regexp.MustCompile(`^(?:(\d{4}) ?[-/.年] ?)?(\d{1,2}) ?[-/.月] ?(\d{1,2})( ?日)?( ?\((?:[日月火水木金土]|[a-z]{3})\))?([ t,、]*)`)
	spelledClock = regexp.MustCompile(`^(午前|午後|am|pm)?(\d{1,2})(?:[:時](\d{1,2})分?(?::?\d{1,2}秒?)?|時(半)?)(am|pm)?$`)
)

// ways of saying a day, by how many days it lies from today. The longer ones come first.
var nearDays = []struct {
	word string
	days int
}{
	{"一昨日", -2}, {"おととい", -2}, {"昨日", -1}, {"きのう", -1}, {"昨夜", -1}, {"yesterday", -1},
	{"本日", 0}, {"今日", 0}, {"きょう", 0}, {"today", 0}, {"明日", 1}, {"あした", 1}, {"tomorrow", 1},
}

// folded is what was typed with its width, its case and its spaces made alike.
func folded(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}

// readMoment reads a date and time as people type it, in Asia/Tokyo: 2026-11-27 14:30,
// 2026/11/27 14:30, 11月27日14時半, 昨日 23:50, 23:50. A day without a year is the nearest one; a
// time alone is the last such one, but for a clock that is a little ahead. ok is false for
// anything else, and for a day alone.
func readMoment(typed string, now time.Time) (value string, ok bool) {
	now = now.In(tokyo)
	day, rest, dated := cutDay(folded(typed), now)
	hour, minute, ok := readClock(rest)
	if !ok {
		return "", false
	}
	if !dated {
		day = now
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, tokyo)
	if !dated && at.After(now.Add(15*time.Minute)) {
		at = at.AddDate(0, 0, -1)
	}
	return at.Format(layoutMoment), true
}

// readDay reads a day as people type it.
func readDay(typed string, now time.Time) (value string, ok bool) {
	day, rest, ok := cutDay(folded(typed), now.In(tokyo))
	if !ok || rest != "" {
		return "", false
	}
	return day.Format(layoutDay), true
}

// cutDay takes a day off the front.
func cutDay(s string, now time.Time) (day time.Time, rest string, ok bool) {
	for _, near := range nearDays {
		if rest, ok := strings.CutPrefix(s, near.word); ok {
			return now.AddDate(0, 0, near.days), strings.TrimLeft(strings.TrimPrefix(rest, "の"), " ,、"), true
		}
	}
	m := spelledDay.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, s, false
	}
	rest = s[len(m[0]):]
	if m[4]+m[5]+m[6] == "" && rest != "" {
		return time.Time{}, s, false // where does the day end?
	}
	month, _ := strconv.Atoi(m[2])
	date, _ := strconv.Atoi(m[3])
	years := []int{now.Year(), now.Year() - 1, now.Year() + 1}
	if m[1] != "" {
		year, _ := strconv.Atoi(m[1])
		years = []int{year}
	}
	for _, year := range years {
		on := time.Date(year, time.Month(month), date, 0, 0, 0, 0, tokyo)
		if int(on.Month()) != month || on.Day() != date {
			continue // 2月30日
		}
		if day.IsZero() || now.Sub(on).Abs() < now.Sub(day).Abs() {
			day = on
		}
	}
	if day.IsZero() {
		return day, s, false
	}
	return day, rest, true
}

func readClock(s string) (hour, minute int, ok bool) {
	m := spelledClock.FindStringSubmatch(strings.ReplaceAll(s, " ", ""))
	if m == nil {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		minute, _ = strconv.Atoi(m[3])
	}
	if m[4] != "" {
		minute = 30
	}
	switch half := m[1] + m[5]; {
	case half == "":
	case hour > 12:
		return 0, 0, false
	case half == "午後" || half == "pm":
		hour = hour%12 + 12
	default: // 午前12時 is midnight
		hour %= 12
	}
	return hour, minute, hour < 24 && minute < 60
}

// shownMoment is a date and time as people write it.
func shownMoment(value string) string {
	if t, err := time.ParseInLocation(layoutMoment, value, tokyo); err == nil {
		return t.Format("2006-01-02 15:04")
	}
	return value
}
