package main

import (
	"fmt"
	"slices"
	"time"
)

// This is the second method of TestRemindersOverAFullCase: whom the reminders of its ten weeks
// ought to reach, of what and on which morning, from the table of holidays, by walking from day
// to day, and from what the company's people did. Nothing of the program is asked for it.

// walkTable are the clocks as the law, the contract and the company set them, and who looks
// after each.
var walkTable = []struct {
	rule, title, owner string
	counted            string // limit N | rolled N | working N | hours N | none
}{
	{"ppc-preliminary", "個人情報保護委員会への速報", "lead", "limit 5"},
	{"ppc-final", "個人情報保護委員会への確報", "lead", "rolled"},
	{"ppc-individuals", "本人への通知", "privacy", "none"},
	{"ppc-entruster", "委託元への通知", "lead", "limit 5"},
	{"mynumber-preliminary", "マイナンバーの漏えい等の速報", "lead", "limit 5"},
	{"mynumber-final", "マイナンバーの漏えい等の確報", "lead", "rolled"},
	{"ipa-virus", "IPAへのコンピュータウイルスの届出", "admin", "working 5"},
	{"ipa-access", "IPAへの不正アクセスの届出", "admin", "working 5"},
	{"police", "警察への相談・通報", "lead", "none"},
	{"jpcert", "JPCERT/CCへの報告", "admin", "none"},
	{"contract:見本商事", "契約による連絡（見本商事）", "lead", "hours 48"},
	{"recovery:受注システム", "復旧の目標（受注システム）", "admin", "hours 8"},
}

const walkOwn = `contracts:
  - {name: 見本商事, hours: 48, source: 業務委託契約書 第12条}
`

const walkSystems = `systems:
  - {name: 受注システム, hours: 8, source: 事業継続計画 3章}
`

// The roles of the sample company, first the holder and then the deputies in their order.
var walkRoles = map[string][]string{
	"lead": {"佐藤", "鈴木"}, "admin": {"鈴木", "渡辺"}, "privacy": {"高橋", "佐藤"}, "representative": {"田中", "佐藤"},
}

// walkAbsences are days, both included, and who was named in the place; nobody: whoever is next.
var walkAbsences = []struct{ who, from, to, deputy string }{
	{"鈴木", "2026-11-09", "2026-11-09", ""},
	{"佐藤", "2026-12-29", "2027-01-03", "鈴木"},
	{"田中", "2027-01-06", "2027-01-07", ""},
}

func walkTime(stamp string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", stamp, jst)
	if err != nil {
		panic(err)
	}
	return at
}

// walkPresent gives who is told in somebody's place on a day.
func walkPresent(role string, at time.Time) string {
	day := at.In(jst).Format(time.DateOnly)
	away := func(who string) (deputy string, is bool) {
		for _, a := range walkAbsences {
			if a.who == who && a.from <= day && day <= a.to {
				return a.deputy, true
			}
		}
		return "", false
	}
	for _, who := range walkRoles[role] {
		deputy, is := away(who)
		if !is {
			return who
		}
		if deputy != "" {
			return deputy
		}
	}
	panic("nobody is there")
}

// walkCase is one incident as its people lived through it. until says when a clock was settled
// or went with its incident, open when it ran: from inclusive, to exclusive.
type walkCase struct {
	id    string
	aware time.Time
	days  int // of the final reports: 30, or 60 with a wrongful purpose
	open  map[string][][2]string
	own   map[string][]string // the instants somebody chose, in the place of the rule's
}

// walkPause is a morning on which no server ran: what fell due in it is said when it runs again.
var walkPause = [2]string{"2026-11-07 08:00", "2026-11-07 10:20"}

// reminders are all that a case brings, as "when to whom of which incident what".
func (c walkCase) reminders(table holidayTable, end time.Time) (out []string) {
	for _, clock := range walkTable {
		slots, due := c.slots(table, clock.counted)
		if own, chosen := c.own[clock.rule]; chosen {
			slots = nil
			for _, stamp := range own {
				slots = append(slots, walkTime(stamp))
			}
		}
		runs := func(at time.Time) bool {
			for _, span := range c.open[clock.rule] {
				if at.After(walkTime(span[0])) && at.Before(walkTime(span[1])) {
					return true
				}
			}
			return false
		}
		say := func(at time.Time, who, mark string) {
			said := at
			if !at.Before(walkTime(walkPause[0])) && at.Before(walkTime(walkPause[1])) {
				said = walkTime(walkPause[1])
			}
			out = append(out, fmt.Sprintf("%s %s %s %s%s", said.In(jst).Format("2006-01-02 15:04"), who, c.id, clock.title, mark))
		}
		for _, at := range slots {
			if runs(at) {
				say(at, walkPresent(clock.owner, at), "")
			}
		}
		if due.IsZero() {
			continue // nothing is owed by a day
		}
		for morning := walkNine(due); morning.Before(end); morning = next(morning) {
			if !morning.After(due) || !runs(morning) {
				continue
			}
			people := []string{walkPresent("lead", morning)}
			if chief := walkPresent("representative", morning); chief != people[0] {
				people = append(people, chief)
			}
			for _, who := range people {
				say(morning, who, "（期限切れ）")
			}
		}
	}
	slices.Sort(out)
	return out
}

func walkNine(day time.Time) time.Time {
	y, m, d := day.In(jst).Date()
	return time.Date(y, m, d, 9, 0, 0, 0, jst)
}

// slots are the instants before the end of a clock, and its last instant: nine o'clock on each
// of the last three days and three in the afternoon of the last one; of hours, as the rule for
// them has it, a day, six hours and one hour before. What lies before awareness is none.
func (c walkCase) slots(table holidayTable, counted string) (slots []time.Time, due time.Time) {
	first := walkNine(c.aware)
	var kind string
	var n int
	if _, err := fmt.Sscan(counted+" 0", &kind, &n); err != nil {
		panic(err)
	}
	var last time.Time
	switch kind {
	case "none":
		return nil, due
	case "hours":
		due = c.aware.Add(time.Duration(n) * time.Hour)
		for _, before := range []time.Duration{24, 6, 1} {
			if at := due.Add(-before * time.Hour); at.After(c.aware) {
				slots = append(slots, at)
			}
		}
		return slots, due
	case "limit":
		last = dayNumber(first, n)
	case "rolled":
		last = table.open(dayNumber(first, c.days))
	case "working":
		last = table.working(first, n)
	}
	for _, at := range []time.Time{last.AddDate(0, 0, -2), last.AddDate(0, 0, -1), last, last.Add(6 * time.Hour)} {
		if at.After(c.aware) {
			slots = append(slots, at)
		}
	}
	if kind == "working" {
		return slots, due // the company's own aim: nobody calls it overdue
	}
	return slots, last.Add(15 * time.Hour)
}
