package incident_test

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

func certainWithClocks(t *testing.T) *scene {
	return reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.No}})
}

// reasoned gives as a reason whatever was answered.
type reasoned struct{ few }

func (r reasoned) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	duties := r.few.Duties(f, aware, now)
	for i := range duties {
		for _, k := range incident.FactKeys {
			if f.Get(k) != incident.Unknown {
				duties[i].Because = append(duties[i].Because, k)
			}
		}
	}
	return duties
}

// An answer that moves no day and changes nobody's duty is no news of a clock; what it has to do
// with it is said all the same to whoever looks.
func TestAnAnswerThatChangesNoDutyDrawsNothing(t *testing.T) {
	s := certainWithClocks(t)
	s.clocks = reasoned{}
	before, _ := s.in.Clock("ppc-preliminary")
	events := s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersons: "1200", incident.FactSpecialCare: incident.Yes}})
	if e := of[incident.ClocksDrawn](events); len(e) != 0 {
		t.Errorf("drawn anew: %+v", e)
	}
	if told := clocksTold(s); told != nil {
		t.Errorf("told: %v", told)
	}
	after, _ := s.in.Clock("ppc-preliminary")
	if !slices.Equal(after.Because, before.Because) {
		t.Errorf("the record of it changed: %v, %v", before.Because, after.Because)
	}
	fresh := s.in.Reasons(s.clocks, after.Duty, s.now)
	if !slices.Contains(fresh, incident.FactPersons) || !slices.Contains(fresh, incident.FactSpecialCare) {
		t.Errorf("the reasons are %v", fresh)
	}
	// Without rules, or of a duty they do not know any more, what was recorded is all there is.
	if got := s.in.Reasons(nil, after.Duty, s.now); !slices.Equal(got, before.Because) {
		t.Errorf("without rules: %v", got)
	}
	gone := after.Duty
	gone.Rule = "gdpr33"
	if got := s.in.Reasons(s.clocks, gone, s.now); !slices.Equal(got, before.Because) {
		t.Errorf("of a rule that is gone: %v", got)
	}
}

// Who is in charge of what changed is told, unless it was he who changed it; and the
// representative, as it is not certain any more.
func TestWhoChangedAClockIsNotToldOfIt(t *testing.T) {
	for _, c := range []struct {
		by   incident.PersonID
		told []incident.PersonID
	}{{leader, []incident.PersonID{president}}, {admin, []incident.PersonID{leader, president}}, {privacy, []incident.PersonID{leader, president}}} {
		s := certainWithClocks(t)
		e := of[incident.ClocksDrawn](s.do(c.by, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Unknown}}))
		if len(e) != 1 || len(e[0].Changed) != 1 {
			t.Fatalf("%+v", e)
		}
		if got := clocksTold(s); !slices.Equal(got, c.told) {
			t.Errorf("%s answered, and told were %v, want %v", c.by, got, c.told)
		}
	}
}

// Who is away and has named nobody: the next of his role is reminded, as he is called; where
// nobody of it is there, he finds it when he is back.
func TestTheNextOfARoleIsReminded(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactVirus: incident.Yes, incident.FactPersonalData: incident.No}})
	virus, _ := s.in.Clock("ipa-virus")
	owners := func(want ...incident.PersonID) {
		t.Helper()
		if got := s.in.ClockOwners(s.people, virus.Duty, s.now); !slices.Equal(got, want) {
			t.Errorf("the owner is %v, want %v", got, want)
		}
	}
	owners(admin)
	s.people.away[admin] = ""
	owners(admin2)
	s.people.away[admin2] = ""
	owners(admin)
	chiefs := s.in.ClockChiefs(s.people, s.now)
	if !slices.Equal(chiefs, []incident.PersonID{leader, president}) {
		t.Errorf("chiefs: %v", chiefs)
	}
	s.people.away[president] = ""
	deputy := s.in.Chain(s.people, incident.Representative)[1]
	if got := s.in.ClockChiefs(s.people, s.now); !slices.Equal(got, slices.Compact([]incident.PersonID{leader, deputy})) {
		t.Errorf("without the representative: %v, his deputy is %s", got, deputy)
	}
}

// The instants that somebody chose stay as long as the days do.
func TestChosenRemindersStayWithTheDays(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	at := s.now.Add(30 * time.Hour)
	s.do(leader, incident.PlanReminders{Rule: "ppc-preliminary", At: []time.Time{at}})
	chosen := func() bool {
		c, _ := s.in.Clock("ppc-preliminary")
		return c.Chosen && len(c.Own) == 1 && c.Own[0].Equal(at.UTC().Truncate(time.Second))
	}
	if e := of[incident.ClocksDrawn](s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})); len(e) != 1 || !chosen() {
		t.Errorf("an answer that makes it certain took them away: %+v", e)
	}
	s.do(leader, incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-20T09:00"})
	if chosen() {
		t.Error("the days moved, and the instants for the old ones stay")
	}
}

// A report of the same thing that came later changes no awareness.
func TestALaterReportMovesNoClock(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	before, _ := s.in.Clock("ppc-preliminary")
	s.now = s.now.Add(50 * time.Hour)
	env := s.env(nobody)
	env.Bot = true
	events, ref := s.decide(incident.Absorb{From: "INC-2026-0002", Text: "名簿がない", Aware: s.now}, env)
	if ref != nil {
		t.Fatal(ref.Key)
	}
	after, _ := s.in.Clock("ppc-preliminary")
	if after.Due != before.Due || !s.in.Aware().Equal(before.Aware) || len(of[incident.ClocksDrawn](events)) != 0 {
		t.Errorf("due %s, then %s; %v", before.Due, after.Due, kinds(events))
	}
}
