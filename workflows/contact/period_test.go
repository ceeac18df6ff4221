package contact

import (
	"errors"
	"testing"
	"time"
)

// today of the tests: the end of a year, early in the morning in Tokyo, where it is not the
// day of UTC.
var today = time.Date(2026, 12, 19, 16, 0, 0, 0, time.UTC)

func TestPeriods(t *testing.T) {
	for _, c := range []struct{ typed, from, to string }{
		{"2026-12-29/2027-01-03", "2026-12-29", "2027-01-03"},
		{"2026/12/29-2027/1/3", "2026-12-29", "2027-01-03"},
		{"2026/12/29 - 2027/1/3", "2026-12-29", "2027-01-03"},
		{"2026-12-29-2027-01-03", "2026-12-29", "2027-01-03"},
		{"12/29-1/3", "2026-12-29", "2027-01-03"},
		{"12-29/1-3", "2026-12-29", "2027-01-03"},
		{"１２／２９－１／３", "2026-12-29", "2027-01-03"},
		{"12/29〜1/3", "2026-12-29", "2027-01-03"},
		{"12/29～1/3", "2026-12-29", "2027-01-03"},
		{"12/29ー1/3", "2026-12-29", "2027-01-03"},
		{"12月29日から1月3日まで", "2026-12-29", "2027-01-03"},
		{"2026年12月29日〜2027年1月3日", "2026-12-29", "2027-01-03"},
		{"12/29-31", "2026-12-29", "2026-12-31"},
		{"12/29", "2026-12-29", "2026-12-29"},
		{"2027-02-01", "2027-02-01", "2027-02-01"},
		{"2026/12/29-1/3", "2026-12-29", "2027-01-03"}, // the one year tells the other
		{"12/29-2027/1/3", "2026-12-29", "2027-01-03"},
		{"2025-12-29/2026-01-03", "2025-12-29", "2026-01-03"}, // over, and harmless
		// Without a year: what lasts, what ended lately, or else what comes.
		{"12/20", "2026-12-20", "2026-12-20"},
		{"12/1-12/20", "2026-12-01", "2026-12-20"},
		{"12/1-12/5", "2026-12-01", "2026-12-05"},
		{"9/21", "2026-09-21", "2026-09-21"},
		{"9/20", "2027-09-20", "2027-09-20"},
		{"1/10-1/12", "2027-01-10", "2027-01-12"},
		{"2/29", "2028-02-29", "2028-02-29"},
		{"11/1-2/28", "2026-11-01", "2027-02-28"},
	} {
		p, err := ReadPeriod(c.typed)
		if err != nil {
			t.Errorf("%s: %v", c.typed, err)
			continue
		}
		if a := p.On(today); a.From != c.from || a.To != c.to {
			t.Errorf("%s is %s to %s, want %s to %s", c.typed, a.From, a.To, c.from, c.to)
		}
	}
	// In January the holidays that are just over are not those of next winter.
	for day, want := range map[string]string{"2027-01-02": "2026-12-29", "2027-01-05": "2026-12-29", "2027-04-03": "2026-12-29", "2027-04-04": "2027-12-29"} {
		at, err := time.ParseInLocation(time.DateOnly, day, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := ReadPeriod("12/29-1/3"); p.On(at).From != want {
			t.Errorf("on %s it is %s", day, p.On(at).From)
		}
	}
}

func TestWhatIsNoPeriod(t *testing.T) {
	for typed, want := range map[string]error{
		"": ErrPeriodShape, "年末": ErrPeriodShape, "12": ErrPeriodShape, "12/29/31": ErrPeriodShape, "1/2/3/4": ErrPeriodShape, "12-29-31": ErrPeriodShape, "0000-01-01": ErrPeriodDay,
		"12/2 9/3": ErrPeriodShape, "12/29 1/3": ErrPeriodShape, "12/2 3": ErrPeriodShape, "26/12/29-27/1/3": ErrPeriodShape,
		"11/31": ErrPeriodDay, "13/1": ErrPeriodDay, "0/1": ErrPeriodDay, "2026-02-29": ErrPeriodDay, "2026/2/1-2/29": ErrPeriodDay,
		"2026-12-29/2026-12-28": ErrPeriodOrder, "2027/1/3-2026/12/29": ErrPeriodOrder, "12/29-3": ErrPeriodOrder,
	} {
		if p, err := ReadPeriod(typed); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v, want %v", typed, p, err, want)
		}
	}
}

// A period that is read can be written and read again, and always is a time of days.
func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"12/29-1/3", "2026-12-29/2027-01-03", "１２／２９〜３１", "2/29", "2月1日から", "12/29-2027/1/3", "9999/12/31-1/1", "0000/1/1", "0001-01-01"} {
		f.Add(s, int64(0))
	}
	f.Fuzz(func(t *testing.T, s string, hours int64) {
		now := today.Add(time.Duration(hours%(24*365*60)) * time.Hour)
		p, err := ReadPeriod(s)
		if err != nil {
			if !errors.Is(err, ErrPeriodShape) && !errors.Is(err, ErrPeriodDay) && !errors.Is(err, ErrPeriodOrder) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := ReadPeriod(p.String())
		if err != nil || again != p {
			t.Fatalf("%q became %q and then %v, %v", s, p, again, err)
		}
		a := p.On(now)
		from, err := time.Parse(time.DateOnly, a.From)
		if err != nil {
			t.Fatalf("%q begins on %q", s, a.From)
		}
		if to, err := time.Parse(time.DateOnly, a.To); err != nil || to.Before(from) {
			t.Fatalf("%q is %s to %s", s, a.From, a.To)
		}
		if p.from.year == 0 && (a.To < Day(now.AddDate(0, 0, -keepsPast-1)) || a.From > Day(now.AddDate(9, 0, 0))) {
			t.Fatalf("%q is told on %s to be %s to %s", s, Day(now), a.From, a.To)
		}
		if dated, err := ReadPeriod(a.Written()); err != nil || dated.On(now) != a {
			t.Fatalf("%q is written as %q, which is %v, %v", s, a.Written(), dated, err)
		}
	})
}
