// Package paging decides who is called next, how and when: a policy, the calls of an incident
// as they stand, and an instant in, the next attempts out. It owns the policy of calls (Policy)
// as data of the company, by level and hour, and the rules by which a call goes on: first the
// means of a person one after the other, then who stands in, then the next role, then everybody
// again.
//
// It is pure: it reads no clock, no list and no file, and changes nothing. What comes of an
// attempt is an event of workflows/incident, whose Decide asks here through incident.Pager; so
// a page has one path, whether a report, a timer, a button or a failed mail leads to it. It
// imports incident's vocabulary and the calendar, nothing else of ours.
package paging

import (
	"slices"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// Policy says who is called at each level, by what, and how long a call waits. It never
// changes once it is in force; many goroutines may read it at once.
type Policy struct {
	// Hours are the company's names for parts of the week, such as night.
	Hours []Hours `json:"hours,omitempty"`
	// Unconfirmed stands in for what the working level says while nobody has confirmed it: it
	// may be a 3. Whom to call is the level's all the same.
	Unconfirmed Plan `json:"unconfirmed"`
	Level3      Plan `json:"level_3"`
	Level2      Plan `json:"level_2"`
	Level1      Plan `json:"level_1"`
	// Level0 has no waits: it is a message, and nobody is chased for a ヒヤリハット.
	Level0 Plan `json:"level_0"`
}

// Plan is what holds at one level. Empty parts of Unconfirmed and of a Shift are those of the
// level; an empty list that is there (as only Personal, Everyone and Later may be) is an answer of
// its own: nobody.
type Plan struct {
	// Call are the roles that are called first, Personal those called as well where personal
	// information is concerned or that is not known.
	Call     []incident.Role `json:"call,omitempty"`
	Personal []incident.Role `json:"personal,omitzero"`
	// Everyone are the roles of which each holder has to answer; of the others one is enough.
	Everyone []incident.Role `json:"everyone,omitzero"`
	// Later are roles that are called when nobody at all has answered for some rounds.
	Later []Later `json:"later,omitzero"`
	// Means are used one after the other; those that stand together are used at once.
	Means [][]incident.Means `json:"means,omitempty"`
	// Wait is how long a call stays unanswered before the next means or the next person.
	Wait time.Duration `json:"wait,omitempty"`
	// Silence is how long somebody who has taken a call may write nothing before he is called
	// again; 0: for good.
	Silence time.Duration `json:"silence,omitempty"`
	// Again is how long a chain that found nobody rests before it starts again, AgainLed the
	// same while somebody leads the incident and only lacks company.
	Again    time.Duration `json:"again,omitempty"`
	AgainLed time.Duration `json:"again_led,omitempty"`
	// At are other ways at some hours; the first whose hours it is counts.
	At []Shift `json:"at,omitempty"`
}

// Later is a role called after Rounds rounds that nobody at all answered.
type Later struct {
	Role   incident.Role `json:"role"`
	Rounds int           `json:"rounds"`
}

// Shift is what holds at some hours.
type Shift struct {
	Hours string `json:"hours"` // the name of Hours
	Plan
}

// Hours is a part of the week in Asia/Tokyo.
type Hours struct {
	Name string `json:"name"`
	// Days are mon to sun, workday and holiday (every day that is no working day); empty: every
	// day. A stretch over midnight belongs to the day it begins on.
	Days []string `json:"days,omitempty"`
	// From and To are minutes since midnight, To excluded; both 0: the whole day. To before
	// From ends on the next day.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
}

// weekdays are the days by their names in a policy, as time.Weekday counts them.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Days lists the names that Hours.Days may hold.
var Days = append(slices.Clone(weekdays[1:]), weekdays[0], "workday", "holiday")

// Covers reports whether an instant lies in these hours.
func (h Hours) Covers(t time.Time) bool {
	t = t.In(incident.Tokyo)
	minute := t.Hour()*60 + t.Minute()
	switch {
	case h.From == h.To:
		return h.on(t)
	case h.From < h.To:
		return minute >= h.From && minute < h.To && h.on(t)
	}
	return minute >= h.From && h.on(t) || minute < h.To && h.on(t.AddDate(0, 0, -1))
}

func (h Hours) on(day time.Time) bool {
	if len(h.Days) == 0 {
		return true
	}
	kind := "holiday"
	if clock.WorkingDay(day) {
		kind = "workday"
	}
	return slices.Contains(h.Days, weekdays[day.Weekday()]) || slices.Contains(h.Days, kind)
}

// At gives what holds at a level and an instant. A level that nobody has confirmed is waited
// for as Unconfirmed says.
func (p *Policy) At(level incident.Level, confirmed bool, t time.Time) Plan {
	plan := p.level(level)
	shifts := plan.At
	if !confirmed && level != incident.Level0 {
		plan = plan.with(p.Unconfirmed)
		// An hour that only the level knows does not lengthen what is not confirmed.
		shifts = p.Unconfirmed.At
	}
	plan.At = nil
	for _, s := range shifts {
		i := slices.IndexFunc(p.Hours, func(h Hours) bool { return h.Name == s.Hours })
		if i >= 0 && p.Hours[i].Covers(t) {
			return plan.with(s.Plan)
		}
	}
	return plan
}

func (p *Policy) level(l incident.Level) Plan {
	switch l {
	case incident.Level3:
		return p.Level3
	case incident.Level1:
		return p.Level1
	case incident.Level0:
		return p.Level0
	}
	return p.Level2
}

// with gives a plan in which whatever o says stands in for what p says.
func (p Plan) with(o Plan) Plan {
	if o.Call != nil {
		p.Call = o.Call
	}
	if o.Personal != nil {
		p.Personal = o.Personal
	}
	if o.Everyone != nil {
		p.Everyone = o.Everyone
	}
	if o.Later != nil {
		p.Later = o.Later
	}
	if o.Means != nil {
		p.Means = o.Means
	}
	for _, d := range []struct{ to, from *time.Duration }{
		{&p.Wait, &o.Wait}, {&p.Silence, &o.Silence}, {&p.Again, &o.Again}, {&p.AgainLed, &o.AgainLed},
	} {
		if *d.from != 0 {
			*d.to = *d.from
		}
	}
	return p
}

// Roles gives who is to be told, in order.
func (p Plan) Roles(personal incident.Answer) []incident.Role {
	roles := slices.Clone(p.Call)
	if personal == incident.No {
		return roles
	}
	for _, r := range p.Personal {
		if !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	return roles
}
