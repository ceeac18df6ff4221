package clock

import (
	"hikeshi/workflows/incident"
	"sync"
	"testing"
	"time"
)

// The days are taken from the official calendar, not computed: 国民の祝日, 振替休日,
// 国民の休日, and the days around the new year.
func TestWorkingDay(t *testing.T) {
	honolulu := time.FixedZone("HST", -10*60*60)
	for _, c := range []struct {
		at   string
		want bool
		why  string
	}{
		{"2026-11-20T09:00:00+09:00", true, "a Friday"},
		{"2026-11-21T09:00:00+09:00", false, "a Saturday"},
		{"2026-11-22T23:59:00+09:00", false, "a Sunday"},
		{"2026-11-23T09:00:00+09:00", false, "勤労感謝の日"},
		{"2026-11-24T00:00:00+09:00", true, "the Tuesday after"},
		{"2026-05-06T09:00:00+09:00", false, "振替休日 of a Sunday 憲法記念日"},
		{"2026-05-07T09:00:00+09:00", true, "the Thursday after"},
		{"2026-09-22T09:00:00+09:00", false, "国民の休日 between two holidays"},
		{"2027-03-22T09:00:00+09:00", false, "振替休日 of a Sunday 春分の日"},
		{"2026-12-28T09:00:00+09:00", true, "the last working day of authorities"},
		{"2026-12-29T09:00:00+09:00", false, "the closed days begin"},
		{"2027-01-03T09:00:00+09:00", false, "the last closed day"},
		{"2027-01-04T09:00:00+09:00", true, "the first working day"},
		{"2026-11-23T15:00:00Z", true, "midnight of the 24th in Tokyo"},
		{"2026-11-23T14:59:59Z", false, "still the 23rd in Tokyo"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, zone := range []*time.Location{time.UTC, honolulu, incident.Tokyo} {
			if got := WorkingDay(at.In(zone)); got != c.want {
				t.Errorf("%s (%s), asked in %s: %t", c.at, c.why, zone, got)
			}
		}
	}
}

// The holiday library mutates its values while computing: asked by many at once, it must
// still answer right.
func TestWorkingDayAskedByMany(t *testing.T) {
	var wg sync.WaitGroup
	for year := range 10 {
		wg.Go(func() {
			for range 50 {
				if WorkingDay(time.Date(2026+year, time.November, 3, 9, 0, 0, 0, incident.Tokyo)) {
					t.Errorf("文化の日 of %d is a working day", 2026+year)
				}
			}
		})
	}
	wg.Wait()
}
