package incident_test

import (
	"testing"

	"hikeshi/workflows/incident"
)

// Who looks at a ヒヤリハット alone does not make one of an incident: every clock would end, and the
// lead and the representative would hear nothing.
func TestOnlyTheLeadSaysAfterTheReportThatNothingHasHappened(t *testing.T) {
	nearMiss := incident.SetFacts{Facts: incident.Facts{incident.FactNearMiss: incident.Yes, incident.FactStaffWork: incident.No}}
	for _, what := range []incident.Kind{incident.KindUnknown, incident.KindVirus, incident.KindTampering, incident.KindLoss} {
		t.Run(string(what), func(t *testing.T) {
			s := reportedWithClocks(t, incident.Report{What: what})
			before := running(s)
			ref := s.refused(admin, nearMiss, "refuse.near_miss") // the office leads until somebody has taken it
			if ref.Args["fact"] != incident.FactNearMiss {
				t.Errorf("blamed: %v", ref.Args)
			}
			s.do(leader, incident.Take{})
			s.do(admin, incident.Take{})
			s.refused(admin, nearMiss, "refuse.near_miss")
			s.refused(president, nearMiss, "refuse.near_miss")
			s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactNearMiss: incident.No, incident.FactStaffWork: incident.No}})
			s.refused(admin, nearMiss, "refuse.near_miss")
			s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactNearMiss: incident.Unknown}})
			runs(t, s, before...)
			s.do(leader, nearMiss)
			if what == incident.KindLoss { // until he has ruled out the leak as well
				runs(t, s, before...)
				return
			}
			runs(t, s)
			s.do(admin, incident.SetFacts{Facts: yes(incident.FactNearMiss)}) // it is said already
		})
	}
}

func TestAnotherAnswerMakesNoNearMissEither(t *testing.T) {
	for name, c := range map[string]struct {
		reported incident.Facts
		fact     incident.FactKey
		answer   incident.Answer
	}{
		"nobody's work stands still":   {yes(incident.FactStaffWork, incident.FactNearMiss), incident.FactStaffWork, incident.No},
		"whether it does is not known": {yes(incident.FactBusinessStopped, incident.FactNearMiss), incident.FactBusinessStopped, incident.Unknown},
		"no personal information":      {yes(incident.FactPersonalData, incident.FactNearMiss), incident.FactPersonalData, incident.No},
	} {
		t.Run(name, func(t *testing.T) {
			s := reportedWithClocks(t, incident.Report{What: incident.KindTampering, Facts: c.reported})
			before := running(s)
			set := incident.SetFacts{Facts: incident.Facts{c.fact: c.answer, incident.FactOutsiders: incident.No}}
			if ref := s.refused(admin, set, "refuse.near_miss"); ref.Args["fact"] == incident.FactNearMiss {
				t.Errorf("blamed: %v", ref.Args)
			}
			runs(t, s, before...)
			// Where something else stands against it, it is an answer like any other.
			set.Facts[incident.FactOutsiders] = incident.Yes
			s.do(admin, set)
			s.refused(admin, incident.SetFacts{Facts: incident.Facts{incident.FactOutsiders: incident.No}}, "refuse.near_miss")
			s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactOutsiders: incident.No}})
			runs(t, s)
		})
	}
}

// What the system administrator has said against a ヒヤリハット stands until the lead takes it back.
func TestOnlyTheLeadTakesBackThatSomethingHasHappened(t *testing.T) {
	for _, fact := range []incident.FactKey{incident.FactNearMiss, incident.FactStaffWork} {
		t.Run(string(fact), func(t *testing.T) {
			s := reportedWithClocks(t, incident.Report{What: incident.KindNearMiss})
			answer := incident.Yes
			if fact == incident.FactNearMiss {
				answer = incident.No
			}
			s.do(admin, incident.SetFacts{Facts: incident.Facts{fact: answer}})
			runs(t, s, "ppc-preliminary?", "ppc-entruster?", "ipa-virus?")
			wantKey(t, s.undo(admin, s.last("fact_set")), "refuse.near_miss")
			wantKey(t, s.undo(leader, s.last("fact_set")), "")
			runs(t, s)
			s.do(admin, incident.SetLevel{Level: l0})
			s.do(admin, incident.Approve{})
		})
	}
}

// At a level 0 that the lead has confirmed clocks run until it is said that nothing happened.
func TestAConfirmedLevelZeroIsNoNearMissYet(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{What: incident.KindTampering})
	s.do(leader, incident.SetLevel{Level: l0})
	s.refused(admin, incident.SetFacts{Facts: yes(incident.FactNearMiss)}, "refuse.near_miss")
	s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactVirus: incident.No, incident.FactOutsiders: incident.No}})
	runs(t, s, "ppc-preliminary?", "ppc-entruster?")
	s.do(leader, incident.SetFacts{Facts: yes(incident.FactNearMiss)})
	runs(t, s)
}

// What an incident owed goes on in the one that it is merged into, though that one was taken for
// a ヒヤリハット.
func TestAMergeIntoANearMissEndsNoClock(t *testing.T) {
	owes := []string{"ppc-preliminary?", "ppc-entruster?", "ipa-virus?"}
	for name, c := range map[string]struct {
		level incident.Level // that was confirmed of the ヒヤリハット
		other incident.Report
		lead  []incident.Command // of the other one, before the merge
		runs  []string
	}{
		"not looked at yet":                       {none, incident.Report{What: incident.KindTampering}, nil, owes},
		"looked at":                               {l0, incident.Report{What: incident.KindTampering}, nil, owes},
		"said not to be one":                      {l0, incident.Report{Facts: incident.Facts{incident.FactNearMiss: incident.No}}, nil, owes},
		"one as well, raised meanwhile":           {l0, incident.Report{What: incident.KindNearMiss}, []incident.Command{incident.SetLevel{Level: l1}}, owes},
		"one as well, which did interrupt work":   {none, incident.Report{What: incident.KindNearMiss, Facts: yes(incident.FactStaffWork)}, nil, owes},
		"one as well":                             {none, incident.Report{What: incident.KindNearMiss}, nil, nil},
		"one as well, and both of them looked at": {l0, incident.Report{What: incident.KindNearMiss}, []incident.Command{incident.SetLevel{Level: l0}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, again := reportedWithClocks(t, incident.Report{What: incident.KindNearMiss}), anotherReport(t, c.other)
			if c.level.Confirmed() {
				s.do(admin, incident.SetLevel{Level: c.level})
			}
			for _, do := range c.lead {
				again.do(leader, do)
			}
			merged(t, s, again)
			runs(t, s, c.runs...)
			if c.runs == nil {
				return
			}
			if c.level.Confirmed() {
				s.refused(admin, incident.SetFacts{Facts: yes(incident.FactNearMiss)}, "refuse.near_miss")
				s.refused(admin, incident.Close{}, "refuse.close_guard")
			}
			if e := s.records[s.last("clocks_drawn")-1].Event.(incident.ClocksDrawn); e.Because != incident.DrawnMerged {
				t.Errorf("said to be because of %s", e.Because)
			}
			if got := clocksTold(s); len(got) == 0 {
				t.Error("nobody is told")
			}
		})
	}
}
