package paging_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

type person = incident.PersonID

// town is a contact list small enough to read: people by their role and order.
type town struct {
	holders, deputies map[incident.Role][]person
	gone              []person                    // left the company
	away              map[person]person           // who is away, and who stands in
	means             map[person][]incident.Means // of whom it says nothing: chat, mail and phone
}

func newTown() *town {
	return &town{
		holders: map[incident.Role][]person{
			incident.Representative: {"boss"}, incident.IncidentLead: {"lead"}, incident.SystemAdmin: {"admin"}, incident.PrivacyManager: {"privacy"},
		},
		deputies: map[incident.Role][]person{
			incident.Representative: {"vice"}, incident.IncidentLead: {"lead2", "lead3"}, incident.SystemAdmin: {"admin2"},
		},
		away: map[person]person{}, means: map[person][]incident.Means{},
	}
}

func (c *town) Known(p person) bool      { return p != "" && !slices.Contains(c.gone, p) }
func (c *town) Department(person) string { return "" }
func (c *town) still(all []person) []person {
	return slices.DeleteFunc(slices.Clone(all), func(p person) bool { return !c.Known(p) })
}
func (c *town) Holders(r incident.Role, _ string) []person  { return c.still(c.holders[r]) }
func (c *town) Deputies(r incident.Role, _ string) []person { return c.still(c.deputies[r]) }
func (c *town) Away(p person, _ time.Time) (person, bool) {
	deputy, away := c.away[p]
	return deputy, away
}

func (c *town) Reaches(p person, m incident.Means) bool {
	if !c.Known(p) {
		return false
	}
	if means, told := c.means[p]; told {
		return slices.Contains(means, m)
	}
	return true
}

// noSteps are procedures without any: calls need none.
type noSteps struct{}

func (noSteps) Steps(incident.Category, incident.Category, incident.Level) ([]incident.Step, bool) {
	return nil, false
}
func (noSteps) Holds(string, incident.Facts) incident.Answer { return incident.Unknown }
func (noSteps) Version() string                              { return "none" }

// call is an incident whose calls are played.
type call struct {
	t      rapid.TB
	town   *town
	policy *paging.Policy
	in     *incident.Incident
	start  time.Time
	now    time.Time
	log    []string // "+5 admin phone" and what ends a chain
	after  func(before *incident.Incident, events []incident.Event)
}

// sunday is when a night begins, at 02:00 in Tokyo.
var sunday = time.Date(2026, 11, 22, 2, 0, 0, 0, incident.Tokyo)

// begin has an incident of a level reported and confirmed, and its people called.
func begin(t rapid.TB, town *town, policy *paging.Policy, level incident.Level, at time.Time, excluded ...person) *call {
	t.Helper()
	c := &call{t: t, town: town, policy: policy, in: incident.New("INC-2026-0001"), start: at.UTC(), now: at.UTC()}
	facts := incident.Facts{incident.FactPersonalData: incident.No}
	c.apply(incident.ReportReceived{What: incident.KindUnknown, Category: incident.Other, Facts: facts}, "")
	if len(excluded) > 0 {
		c.apply(incident.CircleRestricted{Excluded: excluded}, "")
	}
	if level.Confirmed() {
		c.apply(incident.LevelSet{From: incident.Unassessed, To: level}, "")
	}
	c.bot(incident.Recall{})
	return c
}

func (c *call) apply(e incident.Event, by person) {
	c.in.Apply(incident.Record{Incident: c.in.ID, Seq: c.in.Seq + 1, At: c.now, Occurred: c.now, By: by, Event: e})
}

func (c *call) bot(command incident.Command) { c.t.Helper(); c.do("", command) }

// do carries a command out, by somebody or by the bot.
func (c *call) do(by person, command incident.Command) (refused *incident.Refusal) {
	c.t.Helper()
	events, refused := incident.Decide(c.in, command, incident.Env{
		Now: c.now, Bot: by == "", By: incident.Actor{ID: by, Name: string(by)}, People: c.town, Procedures: noSteps{}, Paging: c.policy,
	})
	before := c.in.Snapshot()
	for _, e := range events {
		c.apply(e, by)
		c.write(e)
	}
	if c.after != nil {
		c.after(before, events)
	}
	return refused
}

func (c *call) write(e incident.Event) {
	since := "+" + fmt.Sprint(int(c.now.Sub(c.start)/time.Minute)) + " "
	by := func(means []incident.Means) string {
		words := make([]string, len(means))
		for i, m := range means {
			words[i] = string(m)
		}
		return " " + strings.Join(words, ",")
	}
	switch e := e.(type) {
	case incident.Paged:
		c.log = append(c.log, since+string(e.Person)+by(e.By)+" "+e.Because)
	case incident.CalledAgain:
		for _, p := range e.Calls {
			c.write(p)
		}
	case incident.MeansUsed:
		c.log = append(c.log, since+string(e.Person)+by(e.By)+" "+e.Because)
	case incident.RoundPassed:
		if e.Exhausted {
			c.log = append(c.log, since+"exhausted")
		}
	}
}

// pass lets what is due next happen, n times.
func (c *call) pass(n int) {
	c.t.Helper()
	for range n {
		due, ok := c.policy.Due(c.in, c.town)
		if !ok {
			c.t.Fatal("nothing is due")
		}
		c.now = due
		c.bot(incident.PassRound{Round: c.in.Round, Due: due})
	}
}

func (c *call) fail(p person, m incident.Means) {
	c.t.Helper()
	pg, _ := c.in.Page(p)
	c.bot(incident.FailMeans{Person: p, Page: pg.Seq, Means: m, Why: incident.TroubleRefused})
}
