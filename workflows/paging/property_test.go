package paging_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

var (
	somePeople = []person{"a", "b", "c", "d", "e", "f"}
	someRoles  = []incident.Role{incident.Representative, incident.IncidentLead, incident.SystemAdmin, incident.PrivacyManager}
)

func subset[T any](t *rapid.T, of []T, least int, what string) []T {
	picked := rapid.Permutation(of).Draw(t, what)
	return picked[:rapid.IntRange(least, len(of)).Draw(t, what+" count")]
}

func minutes(t *rapid.T, low, high int, what string) time.Duration {
	return time.Duration(rapid.IntRange(low, high).Draw(t, what)) * time.Minute
}

func anyPlan(t *rapid.T, whole bool) (p paging.Plan) {
	some := func(what string) bool { return whole || rapid.Bool().Draw(t, what) }
	if some("call") {
		p.Call = subset(t, someRoles, 1, "call")
	}
	if some("personal") {
		p.Personal = subset(t, someRoles, 0, "personal")
	}
	if rapid.Bool().Draw(t, "everyone wanted") {
		p.Everyone = subset(t, someRoles, 0, "everyone")
	}
	if rapid.Bool().Draw(t, "later wanted") {
		p.Later = []paging.Later{{Role: rapid.SampledFrom(someRoles).Draw(t, "later"), Rounds: rapid.IntRange(1, 3).Draw(t, "rounds")}}
	}
	if some("means") {
		all := subset(t, incident.AllMeans, 1, "means")
		cut := rapid.IntRange(1, len(all)).Draw(t, "together")
		p.Means = [][]incident.Means{all[:cut]}
		if cut < len(all) {
			p.Means = append(p.Means, all[cut:])
		}
	}
	if some("waits") {
		p.Wait, p.Again, p.AgainLed = minutes(t, 1, 90, "wait"), minutes(t, 1, 90, "again"), minutes(t, 1, 90, "again led")
	}
	if rapid.Bool().Draw(t, "silence matters") {
		p.Silence = minutes(t, 1, 200, "silence")
	}
	return p
}

func anyPolicy(t *rapid.T) *paging.Policy {
	p := &paging.Policy{Hours: []paging.Hours{{Name: "night", From: 22 * 60, To: 7 * 60}}, Unconfirmed: anyPlan(t, false)}
	for _, l := range []*paging.Plan{&p.Level3, &p.Level2, &p.Level1, &p.Level0} {
		*l = anyPlan(t, true)
		if rapid.Bool().Draw(t, "at night") {
			l.At = []paging.Shift{{Hours: "night", Plan: anyPlan(t, false)}}
		}
	}
	return p
}

func anyTown(t *rapid.T) *town {
	c := &town{holders: map[incident.Role][]person{}, deputies: map[incident.Role][]person{}, away: map[person]person{}, means: map[person][]incident.Means{}}
	for _, r := range someRoles {
		line := subset(t, somePeople, 0, "line")
		cut := rapid.IntRange(0, len(line)).Draw(t, "holders")
		c.holders[r], c.deputies[r] = line[:cut], line[cut:]
	}
	for _, p := range somePeople {
		c.means[p] = subset(t, incident.AllMeans, 0, "reached by")
		if rapid.IntRange(0, 4).Draw(t, "absence") == 0 {
			c.away[p] = rapid.SampledFrom(append([]person{""}, somePeople...)).Draw(t, "stands in")
			if c.away[p] == p {
				c.away[p] = ""
			}
		}
	}
	return c
}

// Whatever the policy, the people, the absences and the answers: nobody is forgotten, nothing
// runs in circles, and the order of the policy holds.
func TestNobodySleepsThroughIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, policy := anyTown(t), anyPolicy(t)
		level := rapid.SampledFrom([]incident.Level{incident.Unassessed, incident.Level1, incident.Level2, incident.Level3}).Draw(t, "level")
		excluded := subset(t, somePeople, 0, "excluded")
		if len(excluded) > 2 {
			excluded = excluded[:2]
		}
		k := begin(t, c, policy, level, sunday.Add(minutes(t, 0, 7*24*60, "begins")), excluded...)
		k.after = func(before *incident.Incident, events []incident.Event) { orderHolds(t, k, before, events) }
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			watched(t, k)
			due, ok := policy.Due(k.in, c)
			act := rapid.IntRange(0, 10).Draw(t, "act")
			if act < 5 && ok {
				k.now = later(k.now, due)
				k.bot(incident.PassRound{Round: k.in.Round, Due: due})
				next, ok := policy.Due(k.in, c)
				// A lead who falls silent shortens the waits of others, so that a second round may be
				// due at once; never more than that.
				if ok && !next.After(k.now) {
					k.bot(incident.PassRound{Round: k.in.Round, Due: next})
					next, ok = policy.Due(k.in, c)
				}
				if ok && !next.After(k.now) {
					t.Fatalf("what was done at %s is due again at %s: %q", k.now, next, k.log)
				}
				if most := k.now.Add(400 * 24 * time.Hour); ok && next.After(most) {
					t.Fatalf("the next is due only at %s", next)
				}
				continue
			}
			if ok { // some time before anything is due
				k.now = later(k.now, k.now.Add(due.Sub(k.now)/2))
			}
			who := rapid.SampledFrom(somePeople).Draw(t, "who")
			switch act {
			case 5:
				k.do(who, incident.Take{})
			case 6:
				k.do(who, incident.Decline{})
			case 7:
				if pg, called := k.in.Page(who); called {
					m := rapid.SampledFrom(incident.AllMeans).Draw(t, "means")
					k.bot(incident.FailMeans{Person: who, Page: pg.Seq, Means: m, Why: incident.TroubleDown})
				}
			case 8:
				k.do(who, incident.SetLevel{Level: rapid.SampledFrom(incident.Levels[1:]).Draw(t, "new level"), Reason: "x"})
			case 9:
				if lead := k.in.ActingLead(c); lead != "" && k.do(lead, incident.HandOver{To: who}) == nil && k.in.Handover != nil {
					k.do(who, incident.AcceptHandover{})
				}
			default:
				if !slices.Contains(c.gone, who) && len(c.gone) < 2 {
					c.gone = append(c.gone, who)
					k.bot(incident.Recall{}) // as the auditor does
				}
			}
		}
		watched(t, k)
		comesToItsEnd(t, k)
		leadIsMissed(t, k)
	})
}

// comesToItsEnd: if nobody answers from now on, everybody has been called before long, and that is
// said, whenever each of them was called: only then are the reporters told whom to phone.
func comesToItsEnd(t *rapid.T, k *call) {
	for range 12 * len(somePeople) {
		due, ok := k.policy.Due(k.in, k.town)
		if k.in.Exhausted || k.in.Attended(k.town) || !ok {
			return
		}
		k.now = later(k.now, due)
		k.bot(incident.PassRound{Round: k.in.Round, Due: due})
	}
	t.Fatalf("nobody answers, and the chain never comes to its end: %q", k.log)
}

// leadIsMissed: when the chain comes to its end while the lead is silent, nobody of his line has
// been left with a call that he answered before, and does not know that the lead lies there.
func leadIsMissed(t *rapid.T, k *call) {
	ends := 0
	for range 12 * len(somePeople) {
		lead := k.in.ActingLead(k.town)
		due, ok := k.policy.Due(k.in, k.town)
		if lead == "" || !k.in.Silent(lead) || !ok {
			return
		}
		round := k.in.Round
		k.now = later(k.now, due)
		k.bot(incident.PassRound{Round: round, Due: due})
		if k.in.Round == round || !k.in.Exhausted {
			continue
		}
		// A round that is over for the others may find the silent lead's own wait still running.
		if ends++; ends < 2 {
			continue
		}
		for _, p := range slices.Concat(k.in.Chain(k.town, incident.IncidentLead), k.in.Chain(k.town, incident.Representative)) {
			if pg, _ := k.in.Page(p); pg.Status == incident.PageAcknowledged && !pg.Spared && k.town.Known(p) {
				t.Fatalf("the lead is silent, and %s, who took his own call, is not asked for it: %q", p, k.log)
			}
		}
		return
	}
	t.Fatalf("the lead is silent, and the chain never comes to its end: %q", k.log)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// watched: an open incident that is chased is attended, or something follows by itself.
func watched(t *rapid.T, k *call) {
	if _, ok := k.policy.Due(k.in, k.town); !ok && !k.in.Attended(k.town) {
		t.Fatalf("nobody acts and nothing follows: %+v", k.in.Pages)
	}
	if len(k.in.Pages) > len(somePeople) {
		t.Fatalf("%d pages for %d people", len(k.in.Pages), len(somePeople))
	}
}

// orderHolds checks what went out: to whom, by what, and after whom.
func orderHolds(t *rapid.T, k *call, before *incident.Incident, events []incident.Event) {
	if len(events) > 8*len(somePeople)+8 {
		t.Fatalf("%d events at once: %v", len(events), kindsOf(events))
	}
	exhausted := slices.ContainsFunc(events, func(e incident.Event) bool { r, ok := e.(incident.RoundPassed); return ok && r.Exhausted })
	again := func(p person) bool { // called once more, by everything there is
		return slices.ContainsFunc(events, func(e incident.Event) bool {
			c, ok := e.(incident.CalledAgain)
			return ok && slices.ContainsFunc(c.Calls, func(c incident.Paged) bool { return c.Person == p })
		})
	}
	plan := k.policy.At(k.in.CalledLevel(), k.in.Level.Confirmed(), k.now)
	for _, e := range each(events) {
		switch e := e.(type) {
		case incident.Paged:
			if k.in.IsExcluded(e.Person) || !k.town.Known(e.Person) {
				t.Fatalf("%s is called, who is left out or has left", e.Person)
			}
			if e.Because != incident.BecauseSilent && !exhausted && !again(e.Person) {
				want := rungsOf(plan, k.town, e.Person)
				n := len(first(want))
				further := func(m incident.Means) bool { // due just now for the page that this one replaces
					pg, called := before.Page(e.Person)
					return called && pg.Status == incident.PageOpen && !slices.Contains(pg.By, m) && slices.Contains(slices.Concat(want...), m)
				}
				if len(e.By) < n || fmt.Sprint(e.By[:n]) != fmt.Sprint(first(want)) || slices.ContainsFunc(e.By[n:], func(m incident.Means) bool { return !further(m) }) {
					t.Fatalf("%s is called by %v of %v", e.Person, e.By, want)
				}
				nobodyPassedOver(t, k, before, e)
			}
		case incident.MeansUsed:
			pg, _ := before.Page(e.Person)
			for _, m := range e.By {
				if !k.town.Reaches(e.Person, m) || slices.Contains(pg.By, m) {
					t.Fatalf("%s is called by %s, which was used or does not reach him", e.Person, m)
				}
			}
			for _, rung := range rungsOf(plan, k.town, e.Person) {
				left := slices.DeleteFunc(slices.Clone(rung), func(m incident.Means) bool { return slices.Contains(pg.By, m) })
				if len(left) > 0 {
					if fmt.Sprint(left) != fmt.Sprint(e.By) {
						t.Fatalf("%s is called by %v before %v", e.Person, e.By, left)
					}
					break
				}
			}
		}
	}
}

// each gives the calls of one entry as if they were of one each.
func each(events []incident.Event) (out []incident.Event) {
	for _, e := range events {
		again, ok := e.(incident.CalledAgain)
		if !ok {
			out = append(out, e)
		}
		for _, c := range again.Calls {
			out = append(out, c)
		}
	}
	return out
}

// nobodyPassedOver: whoever stands before him in the line of the role for which he is called now
// and is there was called, too.
func nobodyPassedOver(t *rapid.T, k *call, before *incident.Incident, e incident.Paged) {
	had, _ := before.Page(e.Person)
	for _, r := range e.Roles {
		line := k.in.Chain(k.town, r)
		at := slices.Index(line, e.Person)
		if at < 0 || slices.Contains(had.Roles, r) || standsInFor(k.town, e.Person) {
			continue // called in somebody's place, or for this role before
		}
		// After some rounds a policy calls all who hold a role: nobody of them waits for another's turn.
		plan := k.policy.At(k.in.CalledLevel(), k.in.Level.Confirmed(), k.now)
		joins := slices.Contains(k.in.Office(k.town, r), e.Person) &&
			slices.ContainsFunc(plan.Later, func(l paging.Later) bool { return l.Role == r && before.Round+1 >= l.Rounds })
		for _, p := range line[:at] {
			_, called := k.in.Page(p)
			if _, away := k.town.away[p]; !called && !away {
				t.Fatalf("%s is called as %s, and %s before him was not", e.Person, r, p)
			}
			pg, _ := before.Page(p)
			begun := later(pg.At, pg.ByAt)
			if !joins && e.Because == incident.BecauseRound && pg.Status == incident.PageOpen && !pg.Unreached && slices.Contains(pg.Roles, r) && !before.Exhausted &&
				begun.Add(k.policy.At(k.in.CalledLevel(), k.in.Level.Confirmed(), begun).Wait).After(k.now) {
				t.Fatalf("%s is called as %s, and %s before him, called at %s, still has time: %q", e.Person, r, p, begun, k.log)
			}
		}
	}
}

func standsInFor(c *town, p person) bool {
	for _, deputy := range c.away {
		if deputy == p {
			return true
		}
	}
	return false
}

// rungsOf is, told anew, how a person can be reached: as the policy orders it, else by whatever
// reaches him.
func rungsOf(plan paging.Plan, c *town, p person) (out [][]incident.Means) {
	for _, together := range plan.Means {
		var rung []incident.Means
		for _, m := range together {
			if c.Reaches(p, m) {
				rung = append(rung, m)
			}
		}
		if rung != nil {
			out = append(out, rung)
		}
	}
	if out != nil {
		return out
	}
	var rest []incident.Means
	for _, m := range incident.AllMeans {
		if c.Reaches(p, m) {
			rest = append(rest, m)
		}
	}
	if rest != nil {
		out = append(out, rest)
	}
	return out
}

func first(rungs [][]incident.Means) []incident.Means {
	if len(rungs) == 0 {
		return nil
	}
	return rungs[0]
}

func kindsOf(events []incident.Event) (out []incident.EventKind) {
	for _, e := range events {
		out = append(out, e.Kind())
	}
	return out
}
