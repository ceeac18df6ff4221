package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// printedClocks is what "clocks --json" prints; other programs read it.
type printedClocks struct {
	Aware  string          `json:"aware"`
	Facts  json.RawMessage `json:"facts"`
	Clocks []printedClock  `json:"clocks"`
}

type printedClock struct {
	Rule               string        `json:"rule"`
	Title              printedPhrase `json:"title"`
	Source             string        `json:"source"`
	TargetOn           *string       `json:"target_on"`
	DueOn              *string       `json:"due_on"`
	DueAt              *string       `json:"due_at"`
	RawDueOn           *string       `json:"raw_due_on"`
	Rolled             bool          `json:"rolled"`
	Provisional        bool          `json:"provisional"`
	ProvisionalHoliday bool          `json:"provisional_holiday"`
	Reason             printedPhrase `json:"reason"`
}

// dates are what a clock counts, as one line: target, last day, last instant, last day before
// it was moved, "-" for none.
func (c printedClock) dates() string {
	var line []string
	for _, d := range []*string{c.TargetOn, c.DueOn, c.DueAt, c.RawDueOn} {
		if d == nil {
			line = append(line, "-")
			continue
		}
		line = append(line, *d)
	}
	return strings.Join(line, " ")
}

// clockSetting is where "clocks" is asked: the settings of the company beside the built-in ones.
type clockSetting []string

// contracts are those of a company with two, of a day and of 100 hours.
func contracts(t *testing.T) clockSetting {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	const list = `contracts:
  - {name: 見本商事, hours: 24, source: 業務委託契約書 第12条}
  - {name: Sample Ltd., hours: 100, source: 基本契約書 第8条, applies: personal_data and not encrypted_safe}
`
	if err := os.WriteFile(filepath.Join(folder, "rules", "contracts.yaml"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	return clockSetting{"HIKESHI_CONFIG=" + folder}
}

// asked runs the command in this process and reads what it prints.
func (s clockSetting) asked(t *testing.T, aware string, facts ...string) map[string]printedClock {
	t.Helper()
	args := []string{"clocks", "--aware", aware, "--suppose", "--json"}
	for _, f := range facts {
		args = append(args, "--fact", f)
	}
	var out, errs bytes.Buffer
	if code := run(context.Background(), args, append([]string{"HIKESHI_DATA=" + t.TempDir()}, s...), &out, &errs); code != 0 || errs.Len() > 0 {
		t.Fatalf("%v: exit %d: %s", args, code, errs.String())
	}
	return clocksIn(t, out.Bytes(), aware)
}

// clocksIn reads what was printed and refuses a key too many or too few.
func clocksIn(t *testing.T, body []byte, aware string) map[string]printedClock {
	t.Helper()
	var p printedClocks
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	var raw struct{ Clocks []map[string]json.RawMessage }
	var whole map[string]json.RawMessage
	if json.Unmarshal(body, &raw) != nil || json.Unmarshal(body, &whole) != nil {
		t.Fatalf("%s", body)
	}
	wantKeys(t, whole, "aware", "clocks", "facts")
	said, err := time.Parse(time.RFC3339, p.Aware)
	meant, err2 := time.Parse(time.RFC3339, aware)
	if err != nil || err2 != nil || !said.Equal(meant) {
		t.Errorf("aware of it at %s, said %q", aware, p.Aware)
	}
	clocks := map[string]printedClock{}
	for i, c := range p.Clocks {
		wantKeys(t, raw.Clocks[i], "due_at", "due_on", "provisional", "provisional_holiday", "raw_due_on", "reason", "rolled", "rule", "source", "target_on", "title")
		if _, twice := clocks[c.Rule]; twice {
			t.Errorf("%s is there twice", c.Rule)
		}
		if c.Title.JA == "" || c.Title.EN == "" || c.Source == "" || c.Reason.JA == "" || c.Reason.EN == "" {
			t.Errorf("%s does not say all of what it is: %+v", c.Rule, c)
		}
		moved := c.DueOn != nil && c.RawDueOn != nil && *c.DueOn != *c.RawDueOn
		if c.Rolled != moved {
			t.Errorf("%s says %v of having been moved: %s", c.Rule, c.Rolled, c.dates())
		}
		clocks[c.Rule] = c
	}
	return clocks
}

// What everybody has to be told of, once with 30 days and once with 60: the wrongful purpose
// alone makes the difference (施行規則8条2項, 番号法の報告規則3条2項).
var (
	ordinary = []string{
		"personal_data=yes", "special_care=yes", "wrongful_purpose=no", "encrypted_safe=no", "entrusted=no", "eu_persons=yes",
		"my_number=yes", "my_number_persons=101", "viewable_by_many=no", "virus=yes", "ransomware=no", "unauthorized_access=no",
	}
	wrongful = append(slices.DeleteFunc(slices.Clone(ordinary), func(f string) bool {
		return strings.HasPrefix(f, "wrongful_purpose=")
	}), "wrongful_purpose=yes")
)

// hardDays are the days of awareness in Tokyo on which counting goes wrong, by what the 5th,
// 30th or 60th day falls on.
var hardDays = strings.Fields(`
	2024-10-31 2024-11-30 2024-12-01 2024-12-05 2024-12-06 2025-10-31 2025-11-30 2025-12-04 2025-12-05 2025-12-06
	2026-10-31 2026-11-05 2026-11-30 2026-12-04 2026-12-05 2027-10-31 2027-11-30 2027-12-04 2027-12-05 2028-10-31
	2028-11-30 2028-12-05 2029-10-31 2029-11-30 2029-12-06 2030-10-31 2030-11-05 2030-11-30 2030-12-05 2030-12-06
	2031-10-31 2031-11-05 2031-11-30 2031-12-05 2031-12-06 2032-10-31 2032-11-30 2032-12-05
	2024-12-27 2024-12-28 2025-12-26 2025-12-29 2026-12-31 2028-12-29 2031-01-01 2031-12-30
	2024-03-05 2024-04-04 2024-04-26 2025-03-05 2025-04-04 2026-03-04 2026-04-03 2026-05-01 2027-03-03 2027-04-02
	2028-03-05 2028-04-04 2029-02-28 2029-03-30 2030-03-05 2030-04-04 2031-04-04 2031-05-01 2032-03-03 2032-04-02
	2026-07-22 2026-07-25 2026-08-21 2026-08-24 2026-09-18 2032-07-21 2032-07-24 2032-08-20 2032-08-23 2032-09-17
	2027-01-20 2027-01-21 2027-02-19 2027-02-20 2027-02-21 2027-03-19 2028-01-20 2028-02-18 2028-02-20 2029-08-26
	2024-01-01 2024-01-31 2024-02-29 2028-01-01 2028-01-31 2028-02-29 2032-01-01 2032-01-31 2032-02-29 2025-01-30
	2024-09-04 2024-10-04 2029-01-12 2030-10-04 2031-09-24 2031-10-24 2025-06-30 2026-09-01 2027-05-31 2027-06-01
`)

// toldAt is one way to give an awareness on the command line: at a time of the day in Tokyo,
// written in a zone.
type toldAt struct {
	time string
	zone *time.Location
}

// tellings are the first minute of a day, half an hour later and the last second, each in three
// zones; in two of them the day before is written.
func tellings() (all []toldAt) {
	for _, zone := range []*time.Location{jst, time.UTC, time.FixedZone("-10:00", -10*60*60)} {
		for _, at := range []string{"00:00:00", "00:30:00", "23:59:59"} {
			all = append(all, toldAt{at, zone})
		}
	}
	return all
}

// Every hard day: each clock is what the walk through the table says. A few days are told in
// every way; the others take turns, so that 30 and 60 days are never told the same way.
func TestClocksAgreeWithWalkingTheTable(t *testing.T) {
	if len(hardDays) < 60 {
		t.Fatalf("only %d days", len(hardDays))
	}
	table, ways := readHolidays(t), tellings()
	inEveryWay := []string{"2025-11-30", "2026-07-25", "2028-02-20", "2032-01-31"}
	for i, d := range hardDays {
		t.Run(d, func(t *testing.T) {
			if slices.Contains(inEveryWay, d) || os.Getenv("HIKESHI_SOAK") != "" {
				for _, way := range ways {
					walked(t, table, d, way, 30)
					walked(t, table, d, way, 60)
				}
				return
			}
			walked(t, table, d, ways[i%len(ways)], 30)
			walked(t, table, d, ways[(i+4)%len(ways)], 60)
		})
	}
}

// All 3,288 days of nine years, the ways to tell taking turns.
func TestClocksAgreeOnEveryDaySoak(t *testing.T) {
	if os.Getenv("HIKESHI_SOAK") == "" {
		t.Skip("HIKESHI_SOAK=1 walks every day of 2024 to 2032")
	}
	table, ways := readHolidays(t), tellings()
	i := 0
	for day := time.Date(2024, 1, 1, 0, 0, 0, 0, jst); day.Year() < 2033; day = next(day) {
		walked(t, table, day.Format(time.DateOnly), ways[i%len(ways)], 30)
		walked(t, table, day.Format(time.DateOnly), ways[(i+4)%len(ways)], 60)
		i++
	}
}

// walked compares what is printed of one day of awareness with the walk.
func walked(t *testing.T, table holidayTable, day string, way toldAt, days int) {
	t.Helper()
	inTokyo := day + "T" + way.time + "+09:00"
	at, err := time.Parse(time.RFC3339, inTokyo)
	if err != nil {
		t.Fatal(err)
	}
	facts := ordinary
	if days == 60 {
		facts = wrongful
	}
	aware := at.In(way.zone).Format(time.RFC3339)
	got := contracts(t).asked(t, aware, facts...)
	for rule, line := range expected(table, inTokyo, days) {
		clock, ok := got[rule]
		if !ok {
			t.Errorf("%s, %d days: no %s", aware, days, rule)
			continue
		}
		if clock.dates() != line {
			t.Errorf("%s, %d days, %s:\n got %s\nwant %s", aware, days, rule, clock.dates(), line)
		}
		checkUnfixed(t, table, inTokyo, days, clock)
	}
}

// expected is the second method: the day of awareness is read off the text, never converted.
func expected(table holidayTable, inTokyo string, days int) map[string]string {
	aware, err := time.ParseInLocation(time.DateOnly, inTokyo[:10], jst)
	if err != nil {
		panic(err)
	}
	on := func(day time.Time) string { return day.Format(time.DateOnly) }
	end := func(day time.Time) string { return on(day) + "T23:59:59+09:00" }
	preliminary := fmt.Sprintf("%s %s %s %s", on(dayNumber(aware, 3)), on(dayNumber(aware, 5)), end(dayNumber(aware, 5)), on(dayNumber(aware, 5)))
	last := dayNumber(aware, days)
	final := fmt.Sprintf("- %s %s %s", on(table.open(last)), end(table.open(last)), on(last))
	// Hours go round the clock: 24 are the same time of the next day in Tokyo.
	at, err := time.Parse(time.RFC3339, inTokyo)
	if err != nil {
		panic(err)
	}
	hours := func(n time.Duration) string {
		end := at.Add(n*time.Hour).Format("2006-01-02T15:04:05") + "+09:00"
		return fmt.Sprintf("- %s %s %s", end[:10], end, end[:10])
	}
	return map[string]string{
		"ppc-preliminary": preliminary, "mynumber-preliminary": preliminary,
		"ppc-final": final, "mynumber-final": final,
		"ppc-individuals": "- - - -",
		"ipa-virus":       on(table.working(aware, 5)) + " - - -",
		"gdpr33":          hours(72),
		"contract:見本商事":   hours(24), "contract:Sample Ltd.": hours(100),
	}
}

// checkUnfixed holds a date against the days on which an equinox of a year that is not fixed
// yet may fall: a date that was moved over one says so, and one far from all says nothing.
func checkUnfixed(t *testing.T, table holidayTable, inTokyo string, days int, c printedClock) {
	t.Helper()
	var from, to time.Time
	aware, err := time.ParseInLocation(time.DateOnly, inTokyo[:10], jst)
	if err != nil {
		t.Fatal(err)
	}
	switch c.Rule {
	case "ppc-final", "mynumber-final":
		from = dayNumber(aware, days)
		to = table.open(from)
	case "ipa-virus":
		from, to = next(aware), table.working(aware, 5)
	default: // nothing is moved
		if c.ProvisionalHoliday {
			t.Errorf("%s of %s rests on no holiday at all", c.Rule, inTokyo)
		}
		return
	}
	near, over := false, false
	for day := from; !day.After(to); day = next(day) {
		near = near || equinoxNear(day)
		w := day.Weekday()
		over = over || equinoxNear(day) && day.Before(to) && w != time.Saturday && w != time.Sunday && table.equinoxDay(day)
	}
	if over && !c.ProvisionalHoliday {
		t.Errorf("%s of %s was moved over an equinox that is not fixed, and does not say so: %s", c.Rule, inTokyo, c.dates())
	}
	if !near && c.ProvisionalHoliday {
		t.Errorf("%s of %s is said to rest on a day that is not fixed: %s", c.Rule, inTokyo, c.dates())
	}
}

// equinoxDay reports whether a day is off because of an equinox: the day itself, or the day
// off that it makes beside it.
func (h holidayTable) equinoxDay(day time.Time) bool {
	equinox := func(d time.Time) bool {
		n := h[d.Format(time.DateOnly)]
		return n == "春分の日" || n == "秋分の日"
	}
	return equinox(day) || h[day.Format(time.DateOnly)] == "休日" && (equinox(day.AddDate(0, 0, -1)) || equinox(next(day)))
}

// The examples of the law's facts, and days counted by hand on a calendar on the wall.
func TestClocksCountedByHand(t *testing.T) {
	for _, c := range []struct {
		aware, rule string
		days        int
		want        string
	}{
		// As the facts give them.
		{"2026-09-01T10:00:00+09:00", "ppc-final", 30, "- 2026-09-30 2026-09-30T23:59:59+09:00 2026-09-30"},
		{"2026-11-30T10:00:00+09:00", "ppc-final", 30, "- 2027-01-04 2027-01-04T23:59:59+09:00 2026-12-29"},
		{"2027-06-01T00:30:00+09:00", "ppc-final", 30, "- 2027-06-30 2027-06-30T23:59:59+09:00 2027-06-30"},
		{"2027-05-31T15:30:00Z", "ppc-final", 30, "- 2027-06-30 2027-06-30T23:59:59+09:00 2027-06-30"},
		{"2026-11-30T10:00:00+09:00", "ppc-preliminary", 30, "2026-12-02 2026-12-04 2026-12-04T23:59:59+09:00 2026-12-04"},
		// 29 December 2024 is a Sunday and 4 January 2025 a Saturday; so it is in 2030.
		{"2024-11-30T12:00:00+09:00", "ppc-final", 30, "- 2025-01-06 2025-01-06T23:59:59+09:00 2024-12-29"},
		{"2030-11-30T12:00:00+09:00", "ppc-final", 30, "- 2031-01-06 2031-01-06T23:59:59+09:00 2030-12-29"},
		// 4 January 2026 is a Sunday.
		{"2025-11-30T12:00:00+09:00", "mynumber-final", 30, "- 2026-01-05 2026-01-05T23:59:59+09:00 2025-12-29"},
		{"2025-10-31T12:00:00+09:00", "mynumber-final", 60, "- 2026-01-05 2026-01-05T23:59:59+09:00 2025-12-29"},
		// 28 December is a working day like any other.
		{"2026-11-29T12:00:00+09:00", "ppc-final", 30, "- 2026-12-28 2026-12-28T23:59:59+09:00 2026-12-28"},
		// Saturday 2 May 2026 to Wednesday 6 May, the day off for 3 May.
		{"2026-04-03T12:00:00+09:00", "ppc-final", 30, "- 2026-05-07 2026-05-07T23:59:59+09:00 2026-05-02"},
		// Saturday 19 September 2026 to Wednesday 23, with the 国民の休日 of the 22nd.
		{"2026-08-21T12:00:00+09:00", "ppc-final", 30, "- 2026-09-24 2026-09-24T23:59:59+09:00 2026-09-19"},
		{"2032-07-24T12:00:00+09:00", "ppc-final", 60, "- 2032-09-23 2032-09-23T23:59:59+09:00 2032-09-21"},
		// 21 March 2027 is a Sunday: the 22nd is off.
		{"2027-02-20T12:00:00+09:00", "ppc-final", 30, "- 2027-03-23 2027-03-23T23:59:59+09:00 2027-03-21"},
		// Leap days: a Thursday in 2024, a Sunday in 2032.
		{"2024-01-31T23:59:00+09:00", "ppc-final", 30, "- 2024-02-29 2024-02-29T23:59:59+09:00 2024-02-29"},
		{"2032-01-31T23:59:00+09:00", "ppc-final", 30, "- 2032-03-01 2032-03-01T23:59:59+09:00 2032-02-29"},
		// A first report is never moved: day 5 is 3 January.
		{"2026-12-30T08:00:00+09:00", "ppc-preliminary", 30, "2027-01-01 2027-01-03 2027-01-03T23:59:59+09:00 2027-01-03"},
		// Working days: Thursday, Friday; Monday to Wednesday, over the weekend.
		{"2026-06-03T08:00:00+09:00", "ipa-virus", 30, "2026-06-10 - - -"},
		{"2026-12-25T08:00:00+09:00", "ipa-virus", 30, "2027-01-07 - - -"},
		// Hours stop for nothing.
		{"2026-12-30T08:15:07+09:00", "gdpr33", 30, "- 2027-01-02 2027-01-02T08:15:07+09:00 2027-01-02"},
		{"2028-02-28T23:30:00Z", "gdpr33", 30, "- 2028-03-03 2028-03-03T08:30:00+09:00 2028-03-03"},
		{"2026-12-30T08:00:00+09:00", "ppc-individuals", 60, "- - - -"},
	} {
		t.Run(c.aware+" "+c.rule, func(t *testing.T) {
			facts := ordinary
			if c.days == 60 {
				facts = wrongful
			}
			if got := clockSetting(nil).asked(t, c.aware, facts...)[c.rule]; got.dates() != c.want {
				t.Errorf("got %s\nwant %s", got.dates(), c.want)
			}
		})
	}
}

// The server's own zone changes nothing: the real program, in UTC and in Honolulu.
func TestClocksOnAServerInAnotherZone(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	binary, table, company := builtProgram(t), readHolidays(t), contracts(t)
	for _, zone := range []string{"UTC", "Pacific/Honolulu"} {
		for _, at := range []string{"00:00:00", "00:30:00", "23:59:59"} {
			for _, day := range []string{"2027-06-01", "2024-01-31"} {
				aware := day + "T" + at + "+09:00"
				args := []string{"clocks", "--aware", aware, "--suppose", "--json"}
				for _, f := range wrongful {
					args = append(args, "--fact", f)
				}
				c := exec.CommandContext(t.Context(), binary, args...)
				c.Env = append([]string{"TZ=" + zone, "HIKESHI_DATA=" + t.TempDir()}, company...)
				out, err := c.Output()
				if err != nil {
					t.Fatal(zone, aware, err)
				}
				got := clocksIn(t, out, aware)
				for rule, line := range expected(table, aware, 60) {
					if got[rule].dates() != line {
						t.Errorf("in %s, aware %s, %s:\n got %s\nwant %s", zone, aware, rule, got[rule].dates(), line)
					}
				}
			}
		}
	}
}
