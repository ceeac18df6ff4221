package paging

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hikeshi/workflows/incident"
)

// Case is an incident that is only supposed, to see who would be called.
type Case struct {
	Level incident.Level
	// Confirmed says that somebody has confirmed the level. Before, an incident counts as 2 at
	// least, unless it is reported as a near miss.
	Confirmed bool
	// At is when it is reported.
	At time.Time
	// Personal says whether personal information is concerned; empty is unknown.
	Personal incident.Answer
	// Department is the reporter's: its lead may be called.
	Department string
}

// ErrNoSuchCase says that there can be no incident like that: one that nobody has confirmed is
// none of level 1, and one with personal information is of level 3.
var ErrNoSuchCase = errors.New("there is no incident of this level with these answers")

// Course is how the calls of an incident go while nobody ever answers.
type Course struct {
	Steps []Step
	// ExhaustedAt is when nobody is left to call: the channel and the reporter get the phone
	// numbers, and everybody is called once more. Zero: at level 0 nobody is waited for.
	ExhaustedAt time.Time
	// Again is how long after that everybody is called again, and so on for good.
	Again time.Duration
}

// Step is one call of a person.
type Step struct {
	At     time.Time
	Person incident.PersonID
	Roles  []incident.Role
	Means  []incident.Means // none: nothing reaches him
	Why    string           // one of Whys
}

// Why somebody is called in a course.
const (
	WhyFirst     = "first"     // he is told first
	WhyStandsIn  = "stands_in" // for somebody who is away
	WhyNext      = "next"      // nobody before him has answered
	WhyMeans     = "means"     // he has not answered by the means before
	WhyUnreached = "unreached" // nothing reaches who should have been called
	WhyAgain     = "again"     // nobody was left
)

// Whys lists every reason.
var Whys = []string{WhyFirst, WhyStandsIn, WhyNext, WhyMeans, WhyUnreached, WhyAgain}

// longestCourse is more rounds than the chains of any company have; the waits of a policy are
// a day at most.
const longestCourse = 1000

// Play lets the calls of a supposed incident run in memory, by incident.Decide itself, so that
// what it shows is what happens: until nobody is left, and once more. The error is
// ErrNoSuchCase or a fault of the rules.
func (p *Policy) Play(c Case, dir incident.Directory, rules incident.Procedures) (Course, error) {
	in, err := c.incident()
	if err != nil {
		return Course{}, err
	}
	var out Course
	now := c.At.UTC()
	decide := func(command incident.Command) error {
		events, refused := incident.Decide(in, command, incident.Env{Now: now, Bot: true, People: dir, Procedures: rules, Paging: p})
		if refused != nil {
			return fmt.Errorf("play the calls of an incident: %s", refused.Key)
		}
		for _, e := range events {
			before := in.Snapshot()
			apply(in, now, e)
			switch e := e.(type) {
			case incident.RoundPassed:
				if e.Exhausted && out.ExhaustedAt.IsZero() {
					out.ExhaustedAt = now
				}
			case incident.Paged:
				out.Steps = append(out.Steps, Step{At: now, Person: e.Person, Roles: slices.Clone(e.Roles), Means: e.By, Why: why(e, before, dir)})
			case incident.CalledAgain:
				for _, c := range e.Calls {
					out.Steps = append(out.Steps, Step{At: now, Person: c.Person, Roles: slices.Clone(c.Roles), Means: c.By, Why: why(c, before, dir)})
				}
			case incident.MeansUsed:
				pg, _ := in.Page(e.Person)
				out.Steps = append(out.Steps, Step{At: now, Person: e.Person, Roles: slices.Clone(pg.Roles), Means: e.By, Why: WhyMeans})
			}
		}
		return nil
	}
	// Everybody is called as if the report had just come in.
	if err := decide(incident.Recall{}); err != nil {
		return Course{}, err
	}
	for range longestCourse {
		due, ok := p.Due(in, dir)
		if !ok {
			return out, nil
		}
		last := out.ExhaustedAt
		now = due
		if err := decide(incident.PassRound{Round: in.Round, Due: due}); err != nil {
			return Course{}, err
		}
		if !last.IsZero() {
			out.Again = now.Sub(last)
			return out, nil
		}
	}
	return Course{}, errors.New("play the calls of an incident: they come to no end")
}

// incident is the supposed one, before anybody is called.
func (c Case) incident() (*incident.Incident, error) {
	facts := incident.Facts{}
	if c.Personal != "" {
		facts[incident.FactPersonalData] = c.Personal
	}
	if !c.Confirmed {
		switch c.Level {
		case incident.Level3:
			facts[incident.FactOutsiders] = incident.Yes
		case incident.Level0:
			facts[incident.FactNearMiss] = incident.Yes
		}
	}
	in, at := incident.New("INC-0000-0000"), c.At.UTC()
	apply(in, at, incident.ReportReceived{Department: c.Department, What: incident.KindUnknown, Category: incident.Other, Facts: facts})
	if c.Confirmed {
		apply(in, at, incident.LevelSet{From: incident.Unassessed, To: c.Level})
	}
	if in.WorkingLevel() != c.Level {
		return nil, ErrNoSuchCase
	}
	return in, nil
}

func apply(in *incident.Incident, now time.Time, e incident.Event) {
	in.Apply(incident.Record{Incident: in.ID, Seq: in.Seq + 1, At: now, Occurred: now, Event: e})
}

// why says in one of Whys why somebody is called.
func why(e incident.Paged, before *incident.Incident, dir incident.Directory) string {
	switch {
	case e.Because == incident.BecauseUnreached:
		return WhyUnreached
	case e.Because == incident.BecauseRound && before.Exhausted:
		return WhyAgain
	case e.Because == incident.BecauseRound:
		return WhyNext
	}
	inPlace := func(r incident.Role) bool { return slices.Contains(before.Office(dir, r), e.Person) }
	if !slices.ContainsFunc(e.Roles, inPlace) {
		return WhyStandsIn
	}
	return WhyFirst
}
