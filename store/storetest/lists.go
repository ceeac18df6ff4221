package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var lists = []testCase{
	{"WhoFindsWhat", whoFindsWhat},
	{"Paging", inPages},
	{"AllIDs", allIDs},
}

func listed(t testing.TB, s workflows.Store, q workflows.IncidentQuery) []incident.ID {
	t.Helper()
	rows := got(s.Incidents(t.Context(), q))(t)
	ids := make([]incident.ID, 0, len(rows))
	for _, in := range rows {
		ids = append(ids, in.ID)
	}
	return ids
}

func whoFindsWhat(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	one := c.report(t, yamada, "山田の報告").Row.ID
	two := c.report(t, suzuki, "鈴木の報告").Row.ID
	finds := func(what string, p incident.PersonID, want ...incident.ID) {
		t.Helper()
		same(t, what, listed(t, s, workflows.IncidentQuery{Person: p}), append([]incident.ID{}, want...))
	}
	finds("his own report", yamada, one)
	finds("the circle", sato, two, one)
	finds("the circle, and his own", suzuki, two, one)
	finds("a stranger", "nakamura")

	c.add(t, one, sato, incident.Joined{Person: "nakamura", Why: incident.WhyAdded})
	finds("who was brought in", "nakamura", one)
	c.add(t, one, sato, incident.Joined{Person: "nakamura", Why: incident.WhyAdded}, incident.LeftCircle{Person: "nakamura"})
	finds("who joined and left at once", "nakamura")
	c.add(t, one, sato, incident.Joined{Person: "nakamura", Why: incident.WhyAdded})
	c.add(t, one, sato, incident.LeftCircle{Person: "nakamura"}, incident.Joined{Person: "nakamura", Why: incident.WhyPaged})
	finds("who left and was called at once", "nakamura", one)
	c.add(t, one, sato, incident.LeftCircle{Person: "nakamura"})
	finds("who left", "nakamura")

	// A reporter who was in the circle leaves it: the report stays his own.
	c.add(t, one, sato, incident.Joined{Person: yamada, Why: incident.WhyAdded})
	c.add(t, one, sato, incident.LeftCircle{Person: yamada})
	finds("a reporter who left the circle", yamada, one)

	c.carry(t, two, sato, incident.Dismiss{Reason: "事故ではなかった"})
	finds("what ended stays", suzuki, two, one)
	open := func(p incident.PersonID) []incident.ID {
		return listed(t, s, workflows.IncidentQuery{Person: p, OpenOnly: true})
	}
	same(t, "open ones of a person", open(suzuki), []incident.ID{one})
	same(t, "open ones of everybody", open(""), []incident.ID{one})
	same(t, "ended ones of a person", listed(t, s, workflows.IncidentQuery{Person: suzuki, EndedOnly: true}), []incident.ID{two})
	same(t, "open ones of a stranger", open("nakamura"), []incident.ID{})
	c.carry(t, two, sato, incident.Reopen{Reason: "やはり事故だった"})
	ended := func(p incident.PersonID) []incident.ID {
		return listed(t, s, workflows.IncidentQuery{Person: p, EndedOnly: true})
	}
	same(t, "ended ones", ended(""), []incident.ID{})
	same(t, "open again", open(""), []incident.ID{two, one})
	same(t, "everybody's", listed(t, s, workflows.IncidentQuery{}), []incident.ID{two, one})
}

func inPages(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	var want []incident.ID
	for i := range 23 {
		if i%4 == 3 {
			c.now = c.now.Add(-time.Second) // two at the same microsecond: the number decides
		}
		want = append(want, c.report(t, []incident.PersonID{yamada, "nakamura"}[i%2], fmt.Sprintf("報告 %d", i)).Row.ID)
	}
	slices.Reverse(want)
	for _, q := range []workflows.IncidentQuery{{}, {OpenOnly: true}, {Person: sato}, {Person: "nakamura"}, {Person: sato, OpenOnly: true}} {
		all := listed(t, s, q)
		if q.Person != "nakamura" {
			same(t, fmt.Sprintf("%+v", q), all, want)
		} else if len(all) != 11 {
			t.Errorf("%+v: %d incidents, want 11", q, len(all))
		}
		for _, limit := range []int{1, 4, 23, 100} {
			var pages []incident.ID
			page := q
			page.Limit = limit
			for {
				next := listed(t, s, page)
				if len(next) > limit {
					t.Fatalf("%+v: %d rows", page, len(next))
				}
				if len(next) == 0 {
					break
				}
				pages = append(pages, next...)
				page.Before = next[len(next)-1]
			}
			same(t, fmt.Sprintf("%+v, page by page", page), pages, all)
		}
	}
	_, err := s.Incidents(t.Context(), workflows.IncidentQuery{Before: "INC-2026-0404"})
	is(t, "after an unknown one", err, workflows.ErrNotFound)
}

func allIDs(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	one, two, three := c.report(t, yamada, "一").Row.ID, c.report(t, yamada, "二").Row.ID, c.report(t, yamada, "三").Row.ID
	db.Exec(t, s, `DELETE FROM entries WHERE incident = $1`, string(one))
	db.Exec(t, s, `DELETE FROM members WHERE incident = $1`, string(two))
	db.Exec(t, s, `DELETE FROM incidents WHERE id = $1`, string(two))
	same(t, "with a row or an entry", got(s.AllIDs(t.Context()))(t), []incident.ID{one, two, three})
}
