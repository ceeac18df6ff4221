package contact

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"hikeshi/workflows/incident"
)

// Period is a time of absence as somebody writes it: from one day to another, both included.
// A year that was left out is told from today only when it is known (On).
type Period struct{ from, to day }

// day is a day of the calendar; year 0 was not written.
type day struct{ year, month, day int }

// What is wrong with a period.
var (
	// ErrPeriodShape: it cannot be read as days.
	ErrPeriodShape = errors.New("not a period of days")
	// ErrPeriodDay: one of its days does not exist, such as 11/31.
	ErrPeriodDay = errors.New("no such day")
	// ErrPeriodOrder: it ends before it begins.
	ErrPeriodOrder = errors.New("the period ends before it begins")
)

// keepsPast is for how many days a period without a year is still taken for one that has
// ended, and not for the next of its kind: a list is read again after the holidays, and
// 12/29-1/3 must not become a year's notice of the next ones.
const keepsPast = 90

const writtenDay = `(?:([0-9]{4})[/-])?([0-9]{1,2})[/-]([0-9]{1,2})`

var (
	periodShape = regexp.MustCompile(`^` + writtenDay + `(?:([~/-])(?:` + writtenDay + `|([0-9]{1,2})))?$`)
	nearMark    = regexp.MustCompile(` *([~/-]) *`)
	inWords     = strings.NewReplacer("\u301c", "~", "年", "/", "月", "/", "日", "", "から", "~", "まで", "")
)

// ReadPeriod reads a period as people write it: 2026-12-29/2027-01-03, 2026/12/29-2027/1/3,
// 12/29-1/3, 12/29-31, 12月29日〜1月3日 or one day, in any width. The error is one of
// ErrPeriodShape, ErrPeriodDay and ErrPeriodOrder.
func ReadPeriod(s string) (Period, error) {
	plain := inWords.Replace(hyphenated(norm.NFKC.String(s)))
	plain = nearMark.ReplaceAllString(strings.TrimSpace(plain), "$1")
	m := periodShape.FindStringSubmatch(plain)
	if m == nil || ambiguous(plain, m) {
		return Period{}, ErrPeriodShape
	}
	p := Period{from: dayOf(m[1], m[2], m[3])}
	switch {
	case m[4] == "":
		p.to = p.from
	case m[8] != "": // 12/29-31
		p.to = day{p.from.year, p.from.month, atoi(m[8])}
	default:
		p.to = dayOf(m[5], m[6], m[7])
	}
	if !p.from.exists() || !p.to.exists() || m[1] == "0000" || m[5] == "0000" {
		return Period{}, ErrPeriodDay
	}
	switch {
	case p.to.year == 0 && p.from.year != 0:
		if p.to.year = p.from.year; p.to.before(p.from) {
			p.to.year++
		}
	case p.from.year == 0 && p.to.year != 0:
		if p.from.year = p.to.year; p.to.before(p.from) {
			p.from.year--
		}
	case m[8] != "" && p.to.before(p.from):
		return Period{}, ErrPeriodOrder // 12/29-3 is a slip, not 11 months
	case p.from.year != 0 && p.to.before(p.from):
		return Period{}, ErrPeriodOrder
	}
	if !p.from.exists() || !p.to.exists() || p.to.year > maxYear { // 2/29 beside the year of another day
		return Period{}, ErrPeriodDay
	}
	return p, nil
}

// ambiguous reports whether the mark between two days is the one inside of them, where that may
// mean something else: 12/29/31, 1/2/3/4. With both years it cannot.
func ambiguous(plain string, m []string) bool {
	first, _, _ := strings.Cut(plain, m[3]+m[4])
	return m[4] != "" && strings.Contains(first, m[4]) && (m[4] == "/" || m[1] == "" || m[5] == "")
}

// maxYear is the last year that a day of four digits can be written in.
const maxYear = 9999

func atoi(digits string) int {
	n, _ := strconv.Atoi(digits) // at most four digits, by the pattern
	return n
}

func dayOf(year, month, d string) day { return day{atoi(year), atoi(month), atoi(d)} }

func (d day) before(other day) bool {
	return slices.Compare([]int{d.year, d.month, d.day}, []int{other.year, other.month, other.day}) < 0
}

// exists reports whether there is such a day; without a year, in some year.
func (d day) exists() bool {
	year := d.year
	if year == 0 {
		year = 2000 // has a 29 February
	}
	t := time.Date(year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	return int(t.Month()) == d.month && t.Day() == d.day
}

func (d day) date() string { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) }

// String is the period as a contact list has it: 2026-12-29/2027-01-03, or 12/29-1/3 where
// the year is left out.
func (p Period) String() string {
	if p.from.year != 0 {
		return written(p.from.date(), p.to.date())
	}
	s := fmt.Sprintf("%d/%d", p.from.month, p.from.day)
	if p.to != p.from {
		s += fmt.Sprintf("-%d/%d", p.to.month, p.to.day)
	}
	return s
}

func written(from, to string) string {
	if from == to {
		return from
	}
	return from + "/" + to
}

// On dates a period: without a year it is the one that lasts, the one that has ended not more
// than keepsPast days ago, or else the next. today is any instant of the day, in Asia/Tokyo.
func (p Period) On(today time.Time) Absence {
	if p.from.year != 0 {
		return Absence{From: p.from.date(), To: p.to.date()}
	}
	local := today.In(incident.Tokyo)
	earliest := local.AddDate(0, 0, -keepsPast).Format(time.DateOnly)
	across := p.to.before(p.from)
	for year := max(local.Year()-2, 1); ; year++ {
		from, to := p.from, p.to
		from.year, to.year = year, year
		if across {
			to.year++
		}
		if from.exists() && to.exists() && to.date() >= earliest || year >= maxYear-1 {
			return Absence{From: from.date(), To: to.date()}
		}
	}
}

// Day is the day of an instant in Asia/Tokyo, as absences name it.
func Day(at time.Time) string { return at.In(incident.Tokyo).Format(time.DateOnly) }
