package paging_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// beginMany has the n-th report within the hour of somebody made whom the contact list does not
// know, with its people called.
func beginMany(t rapid.TB, town *town, policy *paging.Policy, earlier int, at time.Time, excluded ...person) *call {
	t.Helper()
	return beginKnown(t, town, policy, incident.Report{Text: "x", What: incident.KindUnknown, Exclude: excluded, Earlier: earlier}, at)
}

func beginKnown(t rapid.TB, town *town, policy *paging.Policy, report incident.Report, at time.Time) *call {
	t.Helper()
	c := &call{t: t, town: town, policy: policy, in: incident.New("INC-2026-0009"), start: at.UTC(), now: at.UTC()}
	if refused := c.do(guest, report); refused != nil {
		t.Fatalf("a report is refused: %+v", refused)
	}
	return c
}

const guest person = "slack:U0GUEST"

func (c *call) called() (people []person) {
	for _, p := range c.in.Pages {
		people = append(people, p.Person)
	}
	slices.Sort(people)
	return people
}

// The first reports of somebody unlisted call everybody; of further ones within the hour the lead
// alone is called, with his deputies and the representative where nobody answers; and everybody as
// soon as somebody says by the level that there is something to it.
func TestManyReportsOfOneGuest(t *testing.T) {
	policy := paging.Usual()
	for earlier := range incident.FreeReports {
		if c := beginMany(t, newTown(), policy, earlier, sunday); len(c.called()) < 2 || c.in.Curbed() {
			t.Errorf("report %d calls %v", earlier+1, c.called())
		}
	}
	begin := func() *call {
		t.Helper()
		c := beginMany(t, newTown(), policy, incident.FreeReports, sunday)
		if got := c.called(); !slices.Equal(got, []person{"lead"}) || c.in.Frequent != incident.FreeReports+1 {
			t.Fatalf("one too many calls %v (%d)", got, c.in.Frequent)
		}
		return c
	}
	c := begin()
	for range 20 {
		if c.in.Exhausted {
			break
		}
		c.pass(1)
	}
	if got := c.called(); !c.in.Exhausted || !slices.Contains(got, "lead3") || !slices.Contains(got, "boss") || slices.Contains(got, "privacy") {
		t.Errorf("while nobody answers %v are called: %q", got, c.log)
	}
	c = begin()
	if refused := c.do("lead", incident.Take{}); refused != nil {
		t.Fatal(refused)
	}
	if got := c.called(); !slices.Equal(got, []person{"lead"}) || !c.in.Attended(c.town) {
		t.Errorf("once he has taken it %v are called", got)
	}
	if refused := c.do("lead", incident.SetLevel{Level: incident.Level3, Reason: "x"}); refused != nil {
		t.Fatal(refused)
	}
	for _, p := range []person{"boss", "admin", "privacy"} {
		if !slices.Contains(c.called(), p) {
			t.Errorf("confirmed at level 3, %v are called", c.called())
		}
	}
}

// Once somebody else has judged it in any way, everybody whom the level asks for is called, and
// stays so; what neither judges it nor comes from anybody but the reporter or the bot does not.
func TestWhoeverJudgesAReportCallsEverybody(t *testing.T) {
	usual := []person{"admin", "lead", "privacy"}
	for name, c := range map[string]struct {
		acts []incident.Command
		want []person
	}{
		"taken":                    {[]incident.Command{incident.Take{}}, []person{"lead"}},
		"noted":                    {[]incident.Command{incident.Take{}, incident.Note{Text: "x"}, incident.Ask{Text: "x"}}, []person{"lead"}},
		"personal data":            {[]incident.Command{incident.Take{}, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes}}}, []person{"admin", "boss", "lead", "privacy"}},
		"the business has stopped": {[]incident.Command{incident.Take{}, incident.SetFacts{Facts: incident.Facts{incident.FactBusinessStopped: incident.Yes}}}, usual},
		"before it is taken":       {[]incident.Command{incident.SetFacts{Facts: incident.Facts{incident.FactStaffWork: incident.Yes}}}, usual},
		"a leak":                   {[]incident.Command{incident.Categorise{Category: incident.Leak, Reason: "x"}}, usual},
		"somebody is affected":     {[]incident.Command{incident.SetParty{Name: "客先", Kind: incident.PartyOrgs}}, usual},
		"dismissed":                {[]incident.Command{incident.Dismiss{Reason: "x"}}, []person{"lead"}},
		"dismissed by mistake":     {[]incident.Command{incident.Dismiss{Reason: "x"}, incident.Reopen{Reason: "x"}}, usual},
	} {
		t.Run(name, func(t *testing.T) {
			k := beginMany(t, newTown(), paging.Usual(), incident.FreeReports, sunday)
			for _, act := range c.acts {
				if refused := k.do("lead", act); refused != nil {
					t.Fatalf("%+v", refused)
				}
			}
			if got := k.called(); !slices.Equal(got, c.want) {
				t.Errorf("%v are called, want %v: %q", got, c.want, k.log)
			}
		})
	}
	k := beginMany(t, newTown(), paging.Usual(), incident.FreeReports, sunday)
	k.apply(incident.FactSet{Fact: incident.FactBusinessStopped, Answer: incident.Yes}, guest)
	k.apply(incident.FactSet{Fact: incident.FactStaffWork, Answer: incident.Yes}, "")
	if !k.in.Curbed() {
		t.Error("what the reporter or the bot says ends it")
	}
}

// Of a report that is itself level 3 by its answers everybody is told, however many there are of it.
func TestAGraveReportIsNotHeldBack(t *testing.T) {
	for _, fact := range []incident.FactKey{incident.FactPersonalData, incident.FactMyNumber, incident.FactOutsiders} {
		k := beginKnown(t, newTown(), paging.Usual(), incident.Report{Text: "x", Facts: incident.Facts{fact: incident.Yes}, Earlier: 3 * incident.FreeReports}, sunday)
		if got := k.called(); k.in.Curbed() || !slices.Equal(got, []person{"admin", "boss", "lead", "privacy"}) {
			t.Errorf("%s: %v are called", fact, got)
		}
	}
	k := beginKnown(t, newTown(), paging.Usual(), incident.Report{Text: "x", Facts: incident.Facts{incident.FactConfidential: incident.Yes}, Earlier: incident.FreeReports}, sunday)
	if got := k.called(); !slices.Equal(got, []person{"lead"}) {
		t.Errorf("below level 3 %v are called", got)
	}
	k = beginKnown(t, newTown(), paging.Usual(), incident.Report{Text: "x", What: incident.KindNearMiss, Earlier: incident.FreeReports}, sunday)
	k.do("admin", incident.SetFacts{Facts: incident.Facts{incident.FactNearMiss: incident.No}})
	if got := k.called(); !slices.Equal(got, []person{"admin", "lead", "privacy"}) {
		t.Errorf("of what is more than a near miss after all %v are called", got)
	}
}

// Whatever the policy, the people and the answers: a report that is one of many of a guest calls
// somebody whenever there is anybody, never more at once than the lead's line, and comes to its
// end where nobody answers; nobody is held back once somebody else has judged it, or where the
// answers are those of level 3.
func TestAGuestDoesNotRingEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, policy := anyTown(t), anyPolicy(t)
		excluded := subset(t, somePeople, 0, "excluded")
		if len(excluded) > 2 {
			excluded = excluded[:2]
		}
		if !slices.ContainsFunc(somePeople, func(p person) bool { return c.Known(p) && !slices.Contains(excluded, p) }) {
			return
		}
		at := sunday.Add(minutes(t, 0, 7*24*60, "begins"))
		earlier := rapid.IntRange(0, 3*incident.FreeReports).Draw(t, "earlier")
		k := &call{t: t, town: c, policy: policy, in: incident.New("INC-2026-0009"), start: at.UTC(), now: at.UTC()}
		fact := incident.Facts{rapid.SampledFrom(someFacts).Draw(t, "reported"): incident.Yes}
		if refused := k.do(guest, incident.Report{Text: "x", What: incident.KindUnknown, Facts: fact, Exclude: excluded, Earlier: earlier}); refused != nil {
			return // nobody is left who could act
		}
		if k.in.Curbed() != (earlier >= incident.FreeReports && k.in.WorkingLevel() == incident.Level2) {
			t.Fatalf("after %d reports at level %s it is curbed: %v", earlier, k.in.WorkingLevel(), k.in.Curbed())
		}
		k.after = func(before *incident.Incident, events []incident.Event) {
			orderHolds(t, k, before, events)
			if k.in.Curbed() {
				onlyTheLine(t, k, before, events)
			}
		}
		if k.in.Curbed() {
			for _, p := range k.in.Pages {
				onlyRoles(t, k, p.Roles)
			}
		}
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			watched(t, k)
			due, ok := policy.Due(k.in, c)
			who := rapid.SampledFrom(somePeople).Draw(t, "who")
			switch act := rapid.IntRange(0, 10).Draw(t, "act"); {
			case act < 6 && ok:
				k.now = later(k.now, due)
				k.bot(incident.PassRound{Round: k.in.Round, Due: due})
			case act == 6:
				k.do(who, incident.Take{})
			case act == 7:
				k.do(who, incident.Decline{})
			case act == 8:
				k.do(who, incident.SetLevel{Level: rapid.SampledFrom(incident.Levels[1:]).Draw(t, "new level"), Reason: "x"})
				if (k.in.Level.Confirmed() || k.in.Proposed != nil) && k.in.Curbed() {
					t.Fatal("it is curbed though somebody has judged it")
				}
			case act == 9:
				seq := k.in.Seq
				k.do(who, incident.SetFacts{Facts: incident.Facts{rapid.SampledFrom(someFacts).Draw(t, "fact"): rapid.SampledFrom([]incident.Answer{incident.Yes, incident.No}).Draw(t, "answer")}})
				if k.in.Seq > seq && k.in.Curbed() {
					t.Fatal("it is curbed though somebody has answered a question")
				}
			}
		}
		watched(t, k)
		comesToItsEnd(t, k)
	})
}

var someFacts = []incident.FactKey{incident.FactPersonalData, incident.FactConfidential, incident.FactBusinessStopped}

// onlyRoles: called for the one role that a curbed incident calls, or in somebody's place.
func onlyRoles(t *rapid.T, k *call, roles []incident.Role) {
	for _, r := range roles {
		plan := k.policy.At(k.in.CalledLevel(), k.in.Level.Confirmed(), k.now)
		all := plan.Roles(k.in.Facts.Get(incident.FactPersonalData))
		want := incident.IncidentLead
		if !slices.Contains(all, want) {
			want = all[0]
		}
		laterOn := slices.ContainsFunc(plan.Later, func(l paging.Later) bool { return l.Role == r })
		if r != want && r != incident.IncidentLead && r != incident.Representative && !laterOn { // who leads is called when he falls silent
			t.Fatalf("called for %s, and the lead's is %s of %v: %q", r, want, all, k.log)
		}
	}
}

// onlyTheLine holds of everything that goes out: whoever was called before goes on being called for
// what he was called for.
func onlyTheLine(t *rapid.T, k *call, before *incident.Incident, events []incident.Event) {
	for _, e := range each(events) {
		if p, ok := e.(incident.Paged); ok {
			had, _ := before.Page(p.Person)
			onlyRoles(t, k, slices.DeleteFunc(slices.Clone(p.Roles), func(r incident.Role) bool { return slices.Contains(had.Roles, r) }))
		}
	}
}
