package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// The people of the suite's company.
const (
	tanaka incident.PersonID = "tanaka" // representative
	sato   incident.PersonID = "sato"   // incident lead
	suzuki incident.PersonID = "suzuki" // system administrator, deputy of the lead
	yamada incident.PersonID = "yamada" // an employee
)

type directory struct{}

func (directory) Away(incident.PersonID, time.Time) (incident.PersonID, bool) { return "", false }
func (directory) Reaches(_ incident.PersonID, m incident.Means) bool          { return m == incident.ByChat }
func (directory) Known(p incident.PersonID) bool {
	return p == tanaka || p == sato || p == suzuki || p == yamada
}

func (directory) Department(incident.PersonID) string { return "営業部" }

func (directory) Holders(r incident.Role, _ string) []incident.PersonID {
	return map[incident.Role][]incident.PersonID{
		incident.Representative: {tanaka}, incident.IncidentLead: {sato}, incident.SystemAdmin: {suzuki},
	}[r]
}

func (directory) Deputies(r incident.Role, _ string) []incident.PersonID {
	if r == incident.IncidentLead {
		return []incident.PersonID{suzuki}
	}
	return nil
}

// procedures are one table for everything.
type procedures struct{}

func (procedures) Steps(incident.Category, incident.Category, incident.Level) ([]incident.Step, bool) {
	return []incident.Step{
		{Key: "report", N: 1, Role: incident.Discoverer, Phase: incident.Reported, Kind: incident.StepReport, Required: incident.Always, Text: incident.Words{JA: "連絡する", EN: "Tell"}},
		{Key: "contain", N: 2, Role: incident.SystemAdmin, Phase: incident.Containment, Kind: incident.StepContain, Required: incident.Always, Text: incident.Words{JA: "被害を止める", EN: "Contain"}},
	}, true
}

func (procedures) Holds(string, incident.Facts) incident.Answer { return incident.Yes }
func (procedures) Version() string                              { return "suite" }

// clerk makes real events: it decides and seals as the service does, and saves.
type clerk struct {
	store workflows.Store
	now   time.Time
	salts int
}

func newClerk(s workflows.Store) *clerk { return &clerk{store: s, now: start} }

func (c *clerk) salt() string {
	c.salts++
	return fmt.Sprintf("%032x", c.salts)
}

// sealed appends events by somebody to an incident and gives what is to be saved.
func (c *clerk) sealed(t testing.TB, in *incident.Incident, by incident.PersonID, events ...incident.Event) workflows.SavedIncident {
	t.Helper()
	saved := workflows.SavedIncident{Row: in, Before: in.Seq}
	for _, e := range events {
		r := incident.Record{
			Incident: in.ID, Seq: in.Seq + 1, At: c.now, Occurred: c.now.Add(-90 * time.Second),
			By: by, ByName: incident.T("名前 " + string(by)), Source: incident.FromPerson, Event: e,
		}
		body, texts, err := incident.Seal(&r, in.Head, c.salt)
		must(t, err)
		in.Apply(r)
		saved.Sealed = append(saved.Sealed, workflows.Sealed{Record: r, Body: body, Texts: texts})
		switch e := e.(type) {
		case incident.Joined:
			saved.Joined = append(saved.Joined, e.Person)
		case incident.LeftCircle:
			saved.Left = append(saved.Left, e.Person)
		case incident.ReportReceived:
			saved.Joined = append(saved.Joined, e.Reporter)
		}
	}
	return saved
}

func (c *clerk) decide(t testing.TB, in *incident.Incident, by incident.PersonID, cmd incident.Command) []incident.Event {
	t.Helper()
	events, ref := incident.Decide(in, cmd, incident.Env{
		Now: c.now, By: incident.Actor{ID: by, Name: string(by), Department: "営業部"}, People: directory{}, Procedures: procedures{}, Paging: paging.Usual(),
	})
	if ref != nil {
		t.Fatalf("%s is refused: %s %v", cmd.Word(), ref.Key, ref.Args)
	}
	return events
}

// report opens an incident, a second after the one before.
func (c *clerk) report(t testing.TB, by incident.PersonID, text string) workflows.SavedIncident {
	t.Helper()
	c.now = c.now.Add(time.Second)
	var saved workflows.SavedIncident
	write(t, c.store, func(tx workflows.Tx) error {
		n, err := tx.NextNumber(context.Background(), "INC-2026")
		if err != nil {
			return err
		}
		in := incident.New(incident.ID(fmt.Sprintf("INC-2026-%04d", n)))
		events := c.decide(t, in, by, incident.Report{Text: text, What: incident.KindLoss})
		saved = c.sealed(t, in, by, events...)
		return tx.Save(context.Background(), workflows.Change{At: c.now, Incidents: []workflows.SavedIncident{saved}})
	})
	return saved
}

// carry carries out a command on an incident.
func (c *clerk) carry(t testing.TB, id incident.ID, by incident.PersonID, cmd incident.Command) workflows.SavedIncident {
	t.Helper()
	return c.change(t, id, by, func(in *incident.Incident) []incident.Event { return c.decide(t, in, by, cmd) })
}

// add appends events that no command of the suite causes.
func (c *clerk) add(t testing.TB, id incident.ID, by incident.PersonID, events ...incident.Event) workflows.SavedIncident {
	t.Helper()
	return c.change(t, id, by, func(*incident.Incident) []incident.Event { return events })
}

func (c *clerk) change(t testing.TB, id incident.ID, by incident.PersonID, events func(*incident.Incident) []incident.Event) workflows.SavedIncident {
	t.Helper()
	c.now = c.now.Add(time.Second)
	var saved workflows.SavedIncident
	write(t, c.store, func(tx workflows.Tx) error {
		in, err := tx.Incident(context.Background(), id)
		if err != nil {
			return err
		}
		saved = c.sealed(t, in, by, events(in)...)
		return tx.Save(context.Background(), workflows.Change{At: c.now, Incidents: []workflows.SavedIncident{saved}})
	})
	return saved
}
