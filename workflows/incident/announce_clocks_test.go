package incident_test

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

// What a statute certainly asked for does not vanish by an answer unseen.
func TestWhoHearsThatAStatuteAsksLess(t *testing.T) {
	no := incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.No}}
	s := certainWithClocks(t)
	s.do(admin, no)
	if got := clocksTold(s); !slices.Equal(got, []incident.PersonID{leader, president}) {
		t.Errorf("told of a certain one that is gone: %v", got)
	}
	s = reportedWithClocks(t, incident.Report{})
	s.do(admin, no)
	if got := clocksTold(s); got != nil {
		t.Errorf("told of a provisional one that was answered: %v", got)
	}
	s = reportedWithClocks(t, incident.Report{})
	s.now = s.now.AddDate(0, 0, 6)
	s.do(admin, no)
	if got := clocksTold(s); !slices.Equal(got, []incident.PersonID{leader, president}) {
		t.Errorf("told of a provisional one whose day had passed: %v", got)
	}
	s = certainWithClocks(t)
	s.do(leader, incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-20T09:00"})
	if got := clocksTold(s); got != nil {
		t.Errorf("told of an earlier day: %v", got)
	}
	s.do(leader, incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-21T09:00"})
	if got := clocksTold(s); !slices.Equal(got, []incident.PersonID{president}) {
		t.Errorf("told of a later day: %v", got)
	}
}

// One word of the lead ends every clock of a ヒヤリハット, those that nobody had made certain among
// them: the representative hears of it, and once.
func TestTheRepresentativeHearsThatNothingIsSaidToHaveHappened(t *testing.T) {
	nearMiss := incident.SetFacts{Facts: incident.Facts{incident.FactNearMiss: incident.Yes, incident.FactStaffWork: incident.No}}
	for name, lead := range map[string][]incident.Command{
		"by the answer":                {nearMiss},
		"by the level and the answer":  {incident.SetLevel{Level: l0}, nearMiss},
		"by the answer, and the level": {incident.SetLevel{Level: l1, Reason: "仕事が止まった"}, nearMiss, incident.SetLevel{Level: l0, Reason: "何も起きていなかった"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := reportedWithClocks(t, incident.Report{})
			for i, do := range lead {
				s.do(leader, do)
				told := slices.Contains(clocksTold(s), president)
				if last := i == len(lead)-1; told != last {
					t.Errorf("after %T the representative is told: %v", do, told)
				}
			}
			runs(t, s)
		})
	}
	s := reportedWithClocks(t, incident.Report{What: incident.KindNearMiss})
	if got := clocksTold(s); slices.Contains(got, president) {
		t.Errorf("told of a report that owed nothing from the beginning: %v", got)
	}
}

// While the representative is away, who stands in for him is shown what was judged, and sees the
// incident; and whoever was shown it hears that it was taken back.
func TestAJudgementIsShownToWhoIsThere(t *testing.T) {
	s := certainWithClocks(t)
	s.people.away[president] = ""
	deputy := s.in.Chain(s.people, incident.Representative)[1]
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockUnneeded, Reason: "暗号化していた"})
	if got := clocksTold(s); !slices.Equal(got, []incident.PersonID{deputy}) || !s.in.InCircle(deputy) {
		t.Errorf("shown to %v, in the circle %v", got, s.in.InCircle(deputy))
	}
	judged := s.last("clock_settled")
	wantKey(t, s.undo(leader, judged), "")
	var fresh, renewed bool
	for _, n := range s.told {
		if n.Kind == incident.NoticeClocks && n.To == deputy {
			fresh, renewed = fresh || n.Seq == s.last("clock_reopened"), renewed || n.Seq == judged
		}
	}
	if !fresh || !renewed {
		t.Errorf("told that it was taken back: %v; the older message renewed: %v", fresh, renewed)
	}
}

// The answer to a report shows no clocks: the lead who reports himself gets the message.
func TestTheLeadWhoReportsIsToldOfTheClocks(t *testing.T) {
	s := newScene(t)
	s.clocks = few{}
	s.do(leader, incident.Report{Text: "社用PCを電車に置き忘れた"})
	if got := clocksTold(s); !slices.Contains(got, leader) {
		t.Errorf("told: %v", got)
	}
}

// A morning that lies before the correction of 発覚日時 is not reminded of after it.
func TestNoReminderOfAMorningBeforeTheDaysWereSaid(t *testing.T) {
	s := certainWithClocks(t)
	s.do(leader, incident.SettleClock{Rule: incident.RuleEntruster, How: incident.ClockUnneeded, Reason: "委託されていない"})
	s.now = time.Date(2026, 11, 24, 10, 0, 0, 0, incident.Tokyo).UTC()
	s.do(admin, incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-20T09:00"})
	if e := s.bot(incident.RemindClocks{}); len(e) != 0 {
		t.Errorf("reminded at once: %v", kinds(e))
	}
	if at, ok := s.in.NextReminder(s.clocks, s.now); !ok || !at.Equal(time.Date(2026, 11, 25, 9, 0, 0, 0, incident.Tokyo)) {
		t.Errorf("the next is at %v", at.In(incident.Tokyo))
	}
}
