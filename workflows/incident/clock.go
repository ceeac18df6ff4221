package incident

import (
	"iter"
	"slices"
	"time"
)

// Rule names the rule of a notification duty, such as ppc-preliminary: who has to be told of
// something, by when. A rule that a company wrote for one of its contracts or systems carries
// that one's name behind a colon: contract:みなと商事.
type Rule string

// RuleEntruster is the duty of a processor (委託先) to tell the 委託元, which releases it from
// the report and from telling the individuals (個人情報保護法 26条1項ただし書, 施行規則9条).
const RuleEntruster Rule = "ppc-entruster"

// Clocks is what the core asks of the rules of notification (package clock). The rules in
// force are asked, not those an incident began with: a rule that was corrected, or a law that
// changed, holds for an open incident at once, and its record says what changed.
type Clocks interface {
	// Duties gives the duties of an incident of which the company became aware at an instant
	// and of which so much is known, in the order in which they are shown. now decides only
	// which edition of a law is in force and nothing of the days.
	Duties(f Facts, aware, now time.Time) []Duty
	// Version is the content hash of the rules.
	Version() string
}

// Duty is that somebody has to be told by a day: one clock. Days are days in Tokyo, written
// 2006-01-02, and empty where there is none; instants are UTC.
type Duty struct {
	Rule  Rule `json:"rule"`
	Owner Role `json:"owner"`
	// Law says that a statute asks for it (個人情報保護法, 番号法): only the lead may judge that
	// it need not be done, or that telling the 委託元 is enough, and the representative is shown it.
	Law bool `json:"law,omitempty"`
	// Passes says that telling the 委託元 in its place is enough (個人情報保護法 26条1項ただし書).
	Passes bool `json:"passes,omitempty"`
	// Voluntary says that nobody has to: there is no deadline, and a target is the company's own
	// (IPA, JPCERT/CC and the police; facts of the rules).
	Voluntary bool `json:"voluntary,omitempty"`
	// Provisional says that an answer is missing that decides whether it applies.
	Provisional bool `json:"provisional,omitempty"`
	// Because are the facts that decide it. What is kept are those of the day it was drawn;
	// answers that change nothing else change them (Reasons).
	Because []FactKey `json:"because,omitempty"`
	Aware   time.Time `json:"aware"`
	// Target is the day the company aims at, Due the last day, Raw the last day before it was
	// moved over days on which authorities are closed.
	Target string `json:"target,omitempty"`
	Due    string `json:"due,omitempty"`
	Raw    string `json:"raw,omitempty"`
	// DueAt is the last instant: of a day its last second in Tokyo; of a duty in hours the
	// instant itself; zero where there is none.
	DueAt time.Time `json:"due_at,omitzero"`
	// HolidayOpen says that a day rests on a holiday that is not officially fixed yet.
	HolidayOpen bool `json:"holiday_open,omitempty"`
	// Remind are the instants at which the owner is reminded, ascending. They follow from the
	// rule, and are no part of the record.
	Remind []time.Time `json:"-"`
}

// Rolled reports whether the last day was moved to the next open one.
func (d Duty) Rolled() bool { return d.Raw != d.Due }

// counted reports whether two duties count the same days.
func (d Duty) counted(o Duty) bool {
	return d.Aware.Equal(o.Aware) && d.Target == o.Target && d.Due == o.Due && d.DueAt.Equal(o.DueAt)
}

// same reports whether two duties ask the same of the same people. An answer that only makes a
// reason firmer is none that anybody has to be told of, nor is that a rule says by now how
// voluntary it is: what has to be done, and by when, is what it was.
func (d Duty) same(o Duty) bool {
	return d.Rule == o.Rule && d.Owner == o.Owner && d.Law == o.Law && d.Passes == o.Passes &&
		d.Provisional == o.Provisional && d.Aware.Equal(o.Aware) &&
		d.Target == o.Target && d.Due == o.Due && d.Raw == o.Raw && d.DueAt.Equal(o.DueAt) &&
		d.HolidayOpen == o.HolidayOpen
}

// Reasons gives the facts that decide a duty of an incident by what is known now.
func (in *Incident) Reasons(clocks Clocks, d Duty, now time.Time) []FactKey {
	if clocks != nil && !in.Phase.Ended() {
		for _, fresh := range in.duties(clocks, now) {
			if fresh.Rule == d.Rule {
				return fresh.Because
			}
		}
	}
	return d.Because
}

// ClockStatus says how far a clock has come.
type ClockStatus string

// A clock runs until somebody settles it, or until its rule asks nothing any more.
const (
	ClockOpen     ClockStatus = "open"
	ClockFiled    ClockStatus = "filed"    // 届出済み
	ClockPassed   ClockStatus = "passed"   // the 委託元 was told in its place
	ClockUnneeded ClockStatus = "unneeded" // judged 不要, with a reason
	ClockLapsed   ClockStatus = "lapsed"   // what is known now does not ask for it, or the incident was 非該当
)

// Clock is a duty of an incident with what became of it.
type Clock struct {
	Duty
	Status ClockStatus `json:"status"`
	Since  time.Time   `json:"since"` // when it was started here; UTC
	Seq    int64       `json:"seq"`   // of the entry that last changed it
	// Reminded is up to which instant its reminders are done. UTC.
	Reminded time.Time `json:"reminded"`
	// Own are the instants somebody chose in the place of the rule's; Chosen says that he did.
	Own    []time.Time `json:"own,omitempty"`
	Chosen bool        `json:"chosen,omitempty"`
	// What was said when it was settled. On is a day in Tokyo; File is the entry of the evidence.
	By      PersonID  `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
	On      string    `json:"on,omitempty"`
	Receipt string    `json:"receipt,omitempty"`
	To      string    `json:"to,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	File    int64     `json:"file,omitempty"`
	With    int64     `json:"with,omitempty"` // the entry that settled another clock and this one along with it
}

// Open reports whether something is still to be done.
func (c Clock) Open() bool { return c.Status == ClockOpen }

// Overdue reports whether the last instant of an open clock has passed. A target that was
// missed is not overdue: nobody but the company itself has set it.
func (c Clock) Overdue(now time.Time) bool {
	return c.Open() && !c.DueAt.IsZero() && now.After(c.DueAt)
}

// Clock gives the clock of a rule.
func (in *Incident) Clock(r Rule) (Clock, bool) {
	if i := in.clockAt(r); i >= 0 {
		return in.Clocks[i], true
	}
	return Clock{}, false
}

func (in *Incident) clockAt(r Rule) int {
	return slices.IndexFunc(in.Clocks, func(c Clock) bool { return c.Rule == r })
}

// OpenClocks lists the clocks that still run.
func (in *Incident) OpenClocks() (out []Clock) {
	for c := range in.running() {
		out = append(out, *c)
	}
	return out
}

// running goes through the clocks that still run where they stand: a clock is large, and each
// decision looks at all of them several times.
func (in *Incident) running() iter.Seq[*Clock] {
	return func(yield func(*Clock) bool) {
		for i := range in.Clocks {
			if c := &in.Clocks[i]; c.Open() && !yield(c) {
				return
			}
		}
	}
}

// Aware is when the company became aware (知った時), which starts the clocks: of several
// reports of the same thing the earliest. UTC.
func (in *Incident) Aware() time.Time {
	at := in.Discovered()
	if !in.MergedAware.IsZero() && in.MergedAware.Before(at) {
		return in.MergedAware
	}
	return at
}

// ClockOwners gives who is reminded of a duty: who stands first for its role, or in his absence
// his deputy; the lead where nobody holds the role.
func (in *Incident) ClockOwners(dir Directory, d Duty, at time.Time) []PersonID {
	if d.Owner != IncidentLead {
		if people := in.Office(dir, d.Owner); people != nil {
			return in.present(dir, d.Owner, people, at)
		}
	}
	return in.present(dir, IncidentLead, in.Leads(dir), at)
}

// ClockChiefs gives who hears daily of an overdue duty: the lead and the representative.
func (in *Incident) ClockChiefs(dir Directory, at time.Time) []PersonID {
	out := in.present(dir, IncidentLead, in.Leads(dir), at)
	for _, p := range in.present(dir, Representative, in.Office(dir, Representative), at) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// present puts into the place of those who are away whom they have named. Where nobody is left,
// it is the first of the role's deputies who is there, and if there is none, those who are
// away all the same: they read it when they are back.
func (in *Incident) present(dir Directory, role Role, people []PersonID, at time.Time) []PersonID {
	if out := in.there(dir, people, at); len(out) > 0 {
		return out
	}
	if out := in.there(dir, in.Chain(dir, role), at); len(out) > 0 {
		return out[:1]
	}
	return people
}

func (in *Incident) there(dir Directory, people []PersonID, at time.Time) (out []PersonID) {
	for _, p := range people {
		if deputy, away := dir.Away(p, at); away {
			p = deputy
		}
		if p != "" && dir.Known(p) && !in.IsExcluded(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
