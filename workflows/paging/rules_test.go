package paging_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

func means(m ...incident.Means) []incident.Means { return m }

// one is a policy that calls the lead alone, so that a chain can be read.
func one() *paging.Policy {
	p := paging.Usual()
	for _, l := range []*paging.Plan{&p.Level3, &p.Level2, &p.Level1} {
		l.Call, l.Personal, l.Later = []incident.Role{incident.IncidentLead}, nil, nil
	}
	return p
}

const chatMail = " chat,mail "

// Given a company and a policy, when this happens at night, then these calls go out.
func TestWhoIsCalledNext(t *testing.T) {
	took := func(c *call, p person) {
		if refused := c.do(p, incident.Take{}); refused != nil {
			c.t.Fatalf("%s cannot take it: %s", p, refused.Key)
		}
	}
	declines := func(c *call, p person) {
		if refused := c.do(p, incident.Decline{}); refused != nil {
			c.t.Fatalf("%s cannot decline: %s", p, refused.Key)
		}
	}
	handOver := func(c *call, from, to person) {
		if refused := c.do(from, incident.HandOver{To: to}); refused != nil {
			c.t.Fatalf("%s cannot hand over: %s", from, refused.Key)
		}
		if refused := c.do(to, incident.AcceptHandover{}); refused != nil {
			c.t.Fatalf("%s cannot accept: %s", to, refused.Key)
		}
	}
	for _, tt := range []struct {
		name   string
		given  func(c *town, p *paging.Policy)
		level  incident.Level
		policy *paging.Policy
		when   func(c *call)
		want   []string
	}{
		{"his means first, then who stands in", nil, incident.Level3, one(), func(c *call) { c.pass(4) },
			[]string{"+0 lead" + chatMail + "recall", "+5 lead phone waited", "+10 lead2" + chatMail + "round", "+15 lead2 phone waited", "+20 lead3" + chatMail + "round"}},
		{"the waits of level 2", nil, incident.Level2, one(), func(c *call) { c.pass(2) },
			[]string{"+0 lead" + chatMail + "recall", "+15 lead phone waited", "+30 lead2" + chatMail + "round"}},
		{"the waits of level 1", nil, incident.Level1, one(), func(c *call) { c.pass(1) },
			[]string{"+0 lead" + chatMail + "recall", "+60 lead phone waited"}},
		{"unconfirmed it may be a 3", nil, incident.Unassessed, one(), func(c *call) { c.pass(1) },
			[]string{"+0 lead" + chatMail + "recall", "+5 lead phone waited"}},
		{"level 0 is told", nil, incident.Level0, paging.Usual(), func(c *call) {
			if due, ok := c.policy.Due(c.in, c.town); ok {
				c.t.Errorf("somebody is chased at %s", due)
			}
		}, []string{"+0 admin" + chatMail + "recall"}},
		{"level 0 rings nobody: nothing else reaches him", func(c *town, _ *paging.Policy) { c.means["admin"] = means(incident.ByPhone) }, incident.Level0, paging.Usual(), func(*call) {},
			[]string{"+0 admin  recall", "+0 admin2" + chatMail + "report"}},
		{"level 0 rings nobody: nothing else got through", nil, incident.Level0, paging.Usual(), func(c *call) {
			c.fail("admin", incident.ByChat)
			c.fail("admin", incident.ByMail)
		}, []string{"+0 admin" + chatMail + "recall", "+0 admin2" + chatMail + "report"}},
		{"a means that fails is followed at once", nil, incident.Level3, one(), func(c *call) {
			c.fail("lead", incident.ByChat)
			c.fail("lead", incident.ByMail)
		}, []string{"+0 lead" + chatMail + "recall", "+0 lead phone failed"}},
		{"nothing reaches him any more: his deputy at once", func(c *town, _ *paging.Policy) { c.means["lead"] = means(incident.ByMail) }, incident.Level3, one(),
			func(c *call) { c.fail("lead", incident.ByMail) },
			[]string{"+0 lead mail recall", "+0 lead2" + chatMail + "unreached"}},
		{"nothing ever reached him: his deputy at once", func(c *town, _ *paging.Policy) { c.means["lead"] = means() }, incident.Level3, one(), func(*call) {},
			[]string{"+0 lead  recall", "+0 lead2" + chatMail + "unreached"}},
		{"a means outside of the policy is better than none", func(c *town, p *paging.Policy) {
			c.means["lead"], p.Level3.Means = means(incident.ByPhone), [][]incident.Means{{incident.ByChat}}
		}, incident.Level3, one(), func(*call) {}, []string{"+0 lead phone recall"}},
		{"away: the one he named", func(c *town, _ *paging.Policy) { c.away["lead"] = "neighbour" }, incident.Level3, one(), func(c *call) { c.pass(2) },
			[]string{"+0 neighbour" + chatMail + "recall", "+5 neighbour phone waited", "+10 lead2" + chatMail + "round"}},
		{"away: else the next of the chain", func(c *town, _ *paging.Policy) { c.away["lead"] = "" }, incident.Level3, one(), func(*call) {},
			[]string{"+0 lead2" + chatMail + "recall"}},
		{"everybody is away: called all the same", func(c *town, _ *paging.Policy) { c.away["lead"], c.away["lead2"], c.away["lead3"] = "", "", "" }, incident.Level3, one(), func(*call) {},
			[]string{"+0 lead" + chatMail + "recall"}},
		{"declined: the next at once", nil, incident.Level3, one(), func(c *call) { declines(c, "lead") },
			[]string{"+0 lead" + chatMail + "recall", "+0 lead2" + chatMail + "deputy"}},
		{"declined by all: the whole line again", func(c *town, _ *paging.Policy) {
			delete(c.deputies, incident.IncidentLead)
			delete(c.deputies, incident.Representative)
		}, incident.Level3, one(), func(c *call) {
			declines(c, "lead")
			declines(c, "boss")
			c.pass(1)
		}, []string{"+0 lead" + chatMail + "recall", "+0 boss" + chatMail + "deputy", "+0 exhausted", "+15 exhausted", "+15 lead chat,mail,phone round", "+15 boss chat,mail,phone round"}},
		{"nobody is left, and again every quarter of an hour", func(c *town, _ *paging.Policy) {
			delete(c.holders, incident.Representative)
			delete(c.deputies, incident.Representative)
			delete(c.deputies, incident.IncidentLead)
		}, incident.Level1, one(), func(c *call) { c.pass(4) },
			[]string{"+0 lead" + chatMail + "recall", "+60 lead phone waited", "+120 exhausted", "+120 lead chat,mail,phone round",
				"+135 exhausted", "+135 lead chat,mail,phone round", "+150 exhausted", "+150 lead chat,mail,phone round"}},
		{"one of a role is enough", func(c *town, _ *paging.Policy) { c.holders[incident.IncidentLead] = []person{"lead", "co"} }, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			if pg, _ := c.in.Page("co"); pg.Status != incident.PageEnded {
				c.t.Errorf("the other is %s", pg.Status)
			}
		}, []string{"+0 lead" + chatMail + "recall", "+0 co" + chatMail + "recall"}},
		{"everyone of a role is wanted", func(c *town, p *paging.Policy) {
			c.holders[incident.IncidentLead] = []person{"lead", "co"}
			p.Level3.Everyone = []incident.Role{incident.IncidentLead}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			c.pass(1)
		}, []string{"+0 lead" + chatMail + "recall", "+0 co" + chatMail + "recall", "+5 co phone waited"}},
		{"a role for later, when nobody at all has answered", func(_ *town, p *paging.Policy) {
			p.Level3.Later = []paging.Later{{Role: incident.PrivacyManager, Rounds: 2}}
		}, incident.Level3, one(), func(c *call) { c.pass(2) },
			[]string{"+0 lead" + chatMail + "recall", "+5 lead phone waited", "+10 lead2" + chatMail + "round", "+10 privacy" + chatMail + "round"}},
		{"not when somebody has", func(_ *town, p *paging.Policy) {
			p.Level3.Call = []incident.Role{incident.IncidentLead, incident.SystemAdmin}
			p.Level3.Later = []paging.Later{{Role: incident.PrivacyManager, Rounds: 1}}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			c.pass(1)
		}, []string{"+0 lead" + chatMail + "recall", "+0 admin" + chatMail + "recall", "+5 admin phone waited"}},
		{"who takes it and writes nothing is called again", nil, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			c.pass(1)
		}, []string{"+0 lead" + chatMail + "recall", "+60 lead chat,mail,phone silent"}},
		{"who writes is left alone for the whole time", nil, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			c.now = c.now.Add(50 * time.Minute)
			c.do("lead", incident.Note{Text: "調査中"})
			if due, ok := c.policy.Due(c.in, c.town); ok {
				c.t.Errorf("called again at %s", due)
			}
		}, []string{"+0 lead" + chatMail + "recall"}},
		{"a successor falls silent: who handed over, in the order of the line, and once", func(c *town, _ *paging.Policy) {
			delete(c.deputies, incident.Representative)
			c.deputies[incident.IncidentLead] = []person{"lead2"}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			handOver(c, "lead", "admin")
			c.pass(8)
		}, []string{"+0 lead" + chatMail + "recall", "+60 admin chat,mail,phone silent",
			"+65 lead" + chatMail + "round", "+70 lead phone waited", "+75 lead2" + chatMail + "round", "+80 lead2 phone waited",
			"+85 boss" + chatMail + "round", "+90 boss phone waited",
			"+95 exhausted", "+95 admin chat,mail,phone silent", "+95 lead chat,mail,phone round", "+95 lead2 chat,mail,phone round", "+95 boss chat,mail,phone round"}},
		{"handed the lead after he took another call, and something was written: watched from then on", func(_ *town, p *paging.Policy) {
			p.Level3.Call = []incident.Role{incident.IncidentLead, incident.SystemAdmin}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			took(c, "admin")
			c.now = c.now.Add(20 * time.Minute)
			c.do("lead", incident.Note{Text: "調査中"})
			c.now = c.now.Add(10 * time.Minute)
			handOver(c, "lead", "admin")
			c.pass(1)
		}, []string{"+0 lead" + chatMail + "recall", "+0 admin" + chatMail + "recall", "+90 admin chat,mail,phone silent"}},
		{"handed the lead after he took another call, and he writes: left alone", func(_ *town, p *paging.Policy) {
			p.Level3.Call = []incident.Role{incident.IncidentLead, incident.SystemAdmin}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			took(c, "admin")
			handOver(c, "lead", "admin")
			c.now = c.now.Add(10 * time.Minute)
			c.do("admin", incident.Note{Text: "引き継ぎました"})
			if due, ok := c.policy.Due(c.in, c.town); ok {
				c.t.Errorf("called again at %s", due)
			}
		}, []string{"+0 lead" + chatMail + "recall", "+0 admin" + chatMail + "recall"}},
		{"asked for the lead besides, and cannot: he goes on with what he took, and the next is asked", func(c *town, p *paging.Policy) {
			p.Level3.Call = []incident.Role{incident.IncidentLead, incident.SystemAdmin}
			c.deputies[incident.IncidentLead] = []person{"admin"}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			took(c, "admin")
			c.pass(2)
			if pg, _ := c.in.Page("admin"); !pg.Besides() || !slices.Equal(pg.Asked(), []incident.Role{incident.IncidentLead}) || !slices.Equal(pg.Taken(), []incident.Role{incident.SystemAdmin}) {
				c.t.Errorf("asked besides: %+v", pg)
			}
			declines(c, "admin")
			if pg, _ := c.in.Page("admin"); pg.Status != incident.PageAcknowledged || !slices.Equal(pg.Roles, []incident.Role{incident.SystemAdmin}) {
				c.t.Errorf("what he took is not his any more: %+v", pg)
			}
			took(c, "boss")
			if c.in.Lead != "boss" {
				c.t.Errorf("%s leads", c.in.Lead)
			}
		}, []string{"+0 lead" + chatMail + "recall", "+0 admin" + chatMail + "recall", "+60 lead chat,mail,phone silent", "+65 admin" + chatMail + "round", "+65 boss" + chatMail + "deputy"}},
		{"he handed the lead over, is asked for it again, and cannot: the next at once; and anew when it is missed again", func(c *town, _ *paging.Policy) {
			c.deputies[incident.IncidentLead] = []person{"lead2"}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			handOver(c, "lead", "admin")
			c.pass(2)
			declines(c, "lead")
			if pg, _ := c.in.Page("lead"); pg.Status != incident.PageAcknowledged || !pg.Spared {
				c.t.Errorf("asked for what he handed over: %+v", pg)
			}
			took(c, "admin")
			if pg, _ := c.in.Page("lead"); pg.Spared {
				c.t.Error("the lead is back, and he would not be asked when it is missed again")
			}
		}, []string{"+0 lead" + chatMail + "recall", "+60 admin chat,mail,phone silent", "+65 lead" + chatMail + "round", "+65 lead2" + chatMail + "deputy"}},
		{"the representative took his own call, and the lead falls silent: he is asked for the lead", func(c *town, p *paging.Policy) {
			p.Level3.Call = []incident.Role{incident.IncidentLead, incident.Representative}
			delete(c.deputies, incident.IncidentLead)
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			took(c, "boss")
			c.pass(2)
			took(c, "boss")
			if c.in.Lead != "boss" {
				c.t.Errorf("%s leads", c.in.Lead)
			}
		}, []string{"+0 lead" + chatMail + "recall", "+0 boss" + chatMail + "recall", "+60 lead chat,mail,phone silent", "+65 boss" + chatMail + "round"}},
		{"a successor falls silent: nobody is asked for it after he is back", nil, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			handOver(c, "lead", "admin")
			c.pass(2)
			c.do("admin", incident.Note{Text: "調査中"})
			if pg, _ := c.in.Page("lead"); pg.Status != incident.PageAcknowledged {
				c.t.Errorf("who handed over is asked for the lead, or has lost what he took: %s", pg.Status)
			}
		}, []string{"+0 lead" + chatMail + "recall", "+60 admin chat,mail,phone silent", "+65 lead" + chatMail + "round"}},
		{"everyone has taken it, and a successor falls silent: his call rings, and the others are asked", func(c *town, p *paging.Policy) {
			c.holders[incident.IncidentLead] = []person{"lead", "co"}
			p.Level3.Everyone = []incident.Role{incident.IncidentLead}
		}, incident.Level3, one(), func(c *call) {
			took(c, "lead")
			took(c, "co")
			handOver(c, "lead", "admin")
			c.pass(1)
			if !c.in.Silent("admin") {
				c.t.Error("his call is over, and he has not answered it")
			}
			c.pass(3)
		}, []string{"+0 lead" + chatMail + "recall", "+0 co" + chatMail + "recall", "+60 admin chat,mail,phone silent",
			"+65 lead" + chatMail + "round", "+70 lead phone waited", "+75 co" + chatMail + "round"}},
		{"a role for later waits for who has its turn", func(c *town, p *paging.Policy) {
			c.holders[incident.IncidentLead], c.deputies[incident.IncidentLead] = nil, nil
			c.away["boss"], c.means["vice"] = "", means()
			p.Level3.Call = []incident.Role{incident.IncidentLead, incident.PrivacyManager}
			p.Level3.Silence = 7 * time.Minute
			p.Level3.Later = []paging.Later{{Role: incident.Representative, Rounds: 1}}
		}, incident.Level3, one(), func(c *call) {
			took(c, "boss") // away, and called all the same: nothing reaches his deputy
			c.pass(4)
		}, []string{"+0 vice  recall", "+0 privacy" + chatMail + "recall", "+0 boss" + chatMail + "unreached", "+5 privacy phone waited",
			"+7 boss chat,mail,phone silent", "+12 vice  round"}},
		{"a raise calls the new people at once", nil, incident.Level2, paging.Usual(), func(c *call) {
			took(c, "lead")
			c.now = c.now.Add(time.Minute)
			if refused := c.do("lead", incident.SetLevel{Level: incident.Level3, Reason: "顧客に影響"}); refused != nil {
				c.t.Fatal(refused.Key)
			}
		}, []string{"+0 lead" + chatMail + "recall", "+0 admin" + chatMail + "recall", "+1 boss" + chatMail + "level"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newTown()
			if tt.given != nil {
				tt.given(c, tt.policy)
			}
			played := begin(t, c, tt.policy, tt.level, sunday)
			tt.when(played)
			if diff := cmp.Diff(tt.want, played.log); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHoursCover(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2026, 12, d, h, m, 0, 0, incident.Tokyo) }
	night := paging.Hours{From: 22 * 60, To: 7 * 60}
	weeknight := paging.Hours{Days: []string{"workday"}, From: 22 * 60, To: 7 * 60}
	for _, tt := range []struct {
		name  string
		hours paging.Hours
		at    time.Time
		want  bool
	}{
		{"before it begins", night, day(1, 21, 59), false},
		{"its first minute", night, day(1, 22, 0), true},
		{"midnight", night, day(2, 0, 0), true},
		{"its last minute", night, day(2, 6, 59), true},
		{"its end", night, day(2, 7, 0), false},
		{"told in UTC", night, day(2, 2, 0).UTC(), true},
		{"the night of a Friday is of the Friday", weeknight, day(5, 2, 0), true},
		{"the night of a Saturday is none of a working day", weeknight, day(6, 2, 0), false},
		{"the night before a Monday", weeknight, day(7, 2, 0), false},
		{"the evening of the Monday", weeknight, day(7, 23, 0), true},
		{"New Year's closing days are holidays", paging.Hours{Days: []string{"holiday"}}, day(29, 12, 0), true},
		{"the day before is none", paging.Hours{Days: []string{"holiday"}}, day(28, 12, 0), false},
		{"a day by its name", paging.Hours{Days: []string{"tue"}}, day(29, 12, 0), true},
		{"another day", paging.Hours{Days: []string{"mon"}}, day(29, 12, 0), false},
		{"until the end of the day", paging.Hours{From: 9 * 60, To: 24 * 60}, day(1, 23, 59), true},
	} {
		if got := tt.hours.Covers(tt.at); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// What holds at some hours stands in for what holds else; what it does not say stays.
func TestThePlanOfAnHour(t *testing.T) {
	p := paging.Usual()
	p.Hours = []paging.Hours{{Name: "night", From: 22 * 60, To: 7 * 60}, {Name: "holiday", Days: []string{"holiday"}}}
	p.Level1.At = []paging.Shift{
		{Hours: "night", Plan: paging.Plan{Wait: 8 * time.Hour, Personal: []incident.Role{}}},
		{Hours: "holiday", Plan: paging.Plan{Wait: 4 * time.Hour}},
	}
	saturday := time.Date(2026, 12, 5, 12, 0, 0, 0, incident.Tokyo)
	for at, want := range map[time.Time]time.Duration{
		saturday: 4 * time.Hour, saturday.Add(12 * time.Hour): 8 * time.Hour, saturday.AddDate(0, 0, 2): time.Hour,
	} {
		plan := p.At(incident.Level1, true, at)
		if plan.Wait != want || len(plan.Call) != 2 || plan.Silence != p.Level1.Silence {
			t.Errorf("at %s: %+v", at, plan)
		}
		if roles := plan.Roles(incident.Unknown); (want == 8*time.Hour) != (len(roles) == 2) {
			t.Errorf("at %s: told are %v", at, roles)
		}
		if wait := p.At(incident.Level1, false, at).Wait; wait != 5*time.Minute {
			t.Errorf("at %s, unconfirmed: %s", at, wait)
		}
	}
}

// Given that the one who was named in an absent lead's place is left out, the line goes on.
func TestWhoIsLeftOutStandsInForNobody(t *testing.T) {
	c := newTown()
	c.away["lead"] = "suspect"
	played := begin(t, c, one(), incident.Level3, sunday, "suspect", "lead2")
	if diff := cmp.Diff([]string{"+0 lead3" + chatMail + "recall"}, played.log); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Given that everybody who still waits to be answered has left the company, and the others have
// declined, the others are called again: an open page of nobody must not stand in their way.
func TestAPageOfSomebodyWhoLeftHoldsNothingUp(t *testing.T) {
	c := newTown()
	delete(c.deputies, incident.IncidentLead)
	delete(c.deputies, incident.Representative)
	played := begin(t, c, one(), incident.Level3, sunday)
	c.gone = []person{"lead"}
	played.pass(1)
	if refused := played.do("boss", incident.Decline{}); refused != nil {
		t.Fatal(refused.Key)
	}
	played.pass(1)
	if diff := cmp.Diff([]string{"+0 lead" + chatMail + "recall", "+5 boss" + chatMail + "round", "+10 exhausted", "+10 boss chat,mail,phone round"}, played.log); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is shown in advance is what happens: the same calls, at the same instants.
func TestPlayShowsWhatHappens(t *testing.T) {
	for _, level := range incident.Levels {
		c, policy := newTown(), paging.Usual()
		c.means["admin"], c.away["privacy"] = means(), "neighbour"
		course, err := policy.Play(paging.Case{Level: level, Confirmed: true, At: sunday, Personal: incident.No}, c, noSteps{})
		if err != nil {
			t.Fatal(err)
		}
		played := begin(t, c, policy, level, sunday)
		for {
			due, ok := policy.Due(played.in, c)
			if !ok || !course.ExhaustedAt.IsZero() && due.After(course.ExhaustedAt.Add(course.Again)) {
				break
			}
			played.pass(1)
		}
		var want []string
		for _, pg := range played.log {
			if pg[len(pg)-len("exhausted"):] != "exhausted" {
				want = append(want, pg[:len(pg)-len(lastWord(pg))])
			}
		}
		shown := &call{t: t, start: sunday.UTC()}
		for _, s := range course.Steps {
			shown.now = s.At
			shown.write(incident.Paged{Person: s.Person, By: s.Means})
		}
		if diff := cmp.Diff(want, shown.log); diff != "" {
			t.Errorf("level %s (-happens +shown):\n%s", level, diff)
		}
		if chased := level != incident.Level0; chased != (course.Again == 15*time.Minute) || chased == course.ExhaustedAt.IsZero() {
			t.Errorf("level %s: exhausted at %s, again every %s", level, course.ExhaustedAt, course.Again)
		}
	}
	for _, none := range []paging.Case{{Level: incident.Level1, At: sunday}, {Level: incident.Level2, Confirmed: true, Personal: incident.Yes, At: sunday}} {
		if _, err := paging.Usual().Play(none, newTown(), noSteps{}); !errors.Is(err, paging.ErrNoSuchCase) {
			t.Errorf("%+v: %v", none, err)
		}
	}
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

func TestHoles(t *testing.T) {
	ready := means(incident.ByMail, incident.ByPhone)
	whole := func(c *town) {
		c.deputies[incident.PrivacyManager] = []person{"privacy2"}
	}
	for _, tt := range []struct {
		name  string
		spoil func(c *town)
		level incident.Level
		want  []paging.Hole
	}{
		{"none", func(*town) {}, incident.Level3, nil},
		{"nobody holds a role", func(c *town) { delete(c.holders, incident.SystemAdmin); delete(c.deputies, incident.SystemAdmin) }, incident.Level3,
			[]paging.Hole{{Key: paging.HoleRoleEmpty, Role: incident.SystemAdmin}}},
		{"no deputy", func(c *town) { delete(c.deputies, incident.SystemAdmin) }, incident.Level3,
			[]paging.Hole{{Key: paging.HoleNoDeputy, Role: incident.SystemAdmin, Person: "admin"}}},
		{"everybody of a role is away", func(c *town) { c.away["admin"], c.away["admin2"] = "", "" }, incident.Level3,
			[]paging.Hole{{Key: paging.HoleAllAway, Role: incident.SystemAdmin}}},
		{"one who is called later has no deputy", func(c *town) { delete(c.deputies, incident.Representative) }, incident.Level2,
			[]paging.Hole{{Key: paging.HoleNoDeputy, Role: incident.Representative, Person: "boss"}}},
		{"nothing reaches somebody", func(c *town) { c.means["lead2"] = means() }, incident.Level3, []paging.Hole{{Key: paging.HoleUnreached, Person: "lead2"}}},
		{"nobody has a number", func(c *town) {
			for _, p := range []person{"boss", "vice", "lead", "lead2", "lead3", "admin", "admin2", "privacy", "privacy2"} {
				c.means[p] = means(incident.ByChat, incident.ByMail)
			}
		}, incident.Level3, []paging.Hole{{Key: paging.HoleNight}, {Key: paging.HolePhone}}},
		{"nobody has an address", func(c *town) {
			for _, p := range []person{"boss", "vice", "lead", "lead2", "lead3", "admin", "admin2", "privacy", "privacy2"} {
				c.means[p] = means(incident.ByChat, incident.ByPhone)
			}
		}, incident.Level3, []paging.Hole{{Key: paging.HoleMail}}},
		{"one person is everything", func(c *town) {
			for _, r := range []incident.Role{incident.Representative, incident.IncidentLead, incident.SystemAdmin, incident.PrivacyManager} {
				c.holders[r], c.deputies[r] = []person{"boss"}, nil
			}
		}, incident.Level1, []paging.Hole{
			{Key: paging.HoleNoDeputy, Role: incident.SystemAdmin, Person: "boss"}, {Key: paging.HoleNoDeputy, Role: incident.IncidentLead, Person: "boss"},
			{Key: paging.HoleNoDeputy, Role: incident.PrivacyManager, Person: "boss"}, {Key: paging.HoleSingle, Person: "boss"},
		}},
		{"level 0 wakes nobody and needs no deputy", func(c *town) { delete(c.deputies, incident.SystemAdmin) }, incident.Level0, nil},
		{"nobody at all", func(c *town) { c.holders, c.deputies = nil, nil }, incident.Level0, []paging.Hole{
			{Key: paging.HoleNobody}, {Key: paging.HoleRoleEmpty, Role: incident.SystemAdmin}, {Key: paging.HoleRoleEmpty, Role: incident.PrivacyManager},
		}},
	} {
		c := newTown()
		whole(c)
		tt.spoil(c)
		supposed := paging.Case{Level: tt.level, Confirmed: true, At: sunday}
		course, err := paging.Usual().Play(supposed, c, noSteps{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, paging.Usual().Holes(supposed, course, c, ready)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func BenchmarkPlay(b *testing.B) {
	c, policy := newTown(), paging.Usual()
	for b.Loop() {
		if _, err := policy.Play(paging.Case{Level: incident.Level3, Confirmed: true, At: sunday}, c, noSteps{}); err != nil {
			b.Fatal(err)
		}
	}
}
