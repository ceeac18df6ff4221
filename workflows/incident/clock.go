package incident

import (
	"slices"
	"time"
)

// Rule names the rule of a notification duty, such as ppc-preliminary: who has to be told of
// something, by when. A rule that a company wrote for one of its contracts or systems carries
// that one's name behind a colon: contract:みなと商事.
type Rule string

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
	// it need not be done, and the representative is shown it.
	Law bool `json:"law,omitempty"`
	// Passes says that telling the 委託元 in its place is enough (個人情報保護法 26条1項ただし書).
	Passes bool `json:"passes,omitempty"`
	// Provisional says that an answer is missing that decides whether it applies.
	Provisional bool `json:"provisional,omitempty"`
	// Because are the facts that decide it, as the person who has to act is told.
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
	// Remind are the instants at which the owner is reminded, ascending.
	Remind []time.Time `json:"remind,omitempty"`
}

// Rolled reports whether the last day was moved to the next open one.
func (d Duty) Rolled() bool { return d.Raw != d.Due }

// Last is the instant from which the duty is overdue: its end, or else the end of the day the
// company aims at; ok is false where there is neither.
func (d Duty) Last() (at time.Time, ok bool) {
	if !d.DueAt.IsZero() {
		return d.DueAt, true
	}
	day, err := time.ParseInLocation(time.DateOnly, d.Target, Tokyo)
	if err != nil {
		return time.Time{}, false
	}
	return day.AddDate(0, 0, 1).Add(-time.Second).UTC(), true
}

// same reports whether two duties ask the same of the same people.
func (d Duty) same(o Duty) bool {
	return d.Rule == o.Rule && d.Owner == o.Owner && d.Law == o.Law && d.Passes == o.Passes &&
		d.Provisional == o.Provisional && slices.Equal(d.Because, o.Because) && d.Aware.Equal(o.Aware) &&
		d.Target == o.Target && d.Due == o.Due && d.Raw == o.Raw && d.DueAt.Equal(o.DueAt) &&
		d.HolidayOpen == o.HolidayOpen && slices.EqualFunc(d.Remind, o.Remind, time.Time.Equal)
}
