package incident_test

import (
	"fmt"
	"slices"
	"testing"

	"hikeshi/workflows/incident"
)

func TestConfirmRaiseLower(t *testing.T) {
	noPersonal := incident.Facts{incident.FactPersonalData: incident.No}
	for _, tt := range []struct {
		name  string
		what  incident.Kind
		facts incident.Facts
		from  incident.Level
		to    incident.Level
		why   string
		key   string
	}{
		{"confirm", incident.KindTampering, nil, none, l1, "", ""},
		{"confirm lower than the answers point to", incident.KindServiceStop, yes(incident.FactBusinessStopped), none, l1, "", ""},
		{"raise", incident.KindTampering, nil, l1, l2, "", ""},
		{"lower", incident.KindTampering, nil, l2, l1, "影響なし", ""},
		{"lower without a reason", incident.KindTampering, nil, l2, l1, "", "refuse.reason_needed"},
		{"lower with an invisible reason", incident.KindTampering, nil, l2, l1, "\u200b ", "refuse.reason_needed"},
		{"the same", incident.KindTampering, nil, l2, l2, "x", "refuse.level_same"},
		{"back to not assessed", incident.KindTampering, nil, l2, none, "x", "refuse.level_unknown"},
		{"4", incident.KindTampering, nil, l2, 4, "x", "refuse.level_unknown"},
		{"a leak at 1", incident.KindLoss, noPersonal, none, l1, "x", "refuse.leak_below_2"},
		{"a leak at 0", incident.KindLoss, noPersonal, none, l0, "x", "refuse.leak_below_2"},
		{"a leak at 2", incident.KindLoss, noPersonal, none, l2, "", ""},
		{"personal information at 2", incident.KindTampering, yes(incident.FactPersonalData), none, l2, "x", "refuse.level_floor"},
		{"customers touched, lowered from 3", incident.KindTampering, yes(incident.FactOutsiders), l3, l2, "x", "refuse.level_floor"},
		{"confidential information at 1", incident.KindTampering, yes(incident.FactConfidential), none, l1, "x", "refuse.level_floor"},
		{"confidential information at 2", incident.KindTampering, yes(incident.FactConfidential), none, l2, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := reported(t, incident.Report{What: tt.what, Facts: tt.facts})
			if tt.from.Confirmed() {
				s.do(leader, incident.SetLevel{Level: tt.from})
			}
			c := incident.SetLevel{Level: tt.to, Reason: tt.why}
			if tt.key != "" {
				s.refused(leader, c, tt.key)
				return
			}
			s.do(leader, c)
			h := s.in.LevelHistory[len(s.in.LevelHistory)-1]
			if s.in.Level != tt.to || h.From != tt.from || h.To != tt.to || h.By != leader || s.in.Provisional() {
				t.Errorf("level %s, history %+v", s.in.Level, h)
			}
		})
	}
}

func TestWhatARaiseBringsAlong(t *testing.T) {
	s := tampering(t, l1, incident.Facts{incident.FactPersonalData: incident.No, incident.FactDamagedData: incident.Yes})
	s.do(admin, incident.Take{})
	s.do(admin, incident.DoStep{Step: "contain", Result: "切断"})
	s.do(leader, incident.Waive{Step: "restore_data", Reason: "控えなし"})
	events := s.do(leader, incident.SetLevel{Level: l3})
	equal(t, "called", called(events), people(president))
	if done, _ := s.in.StepByKey("contain"); !done.Done || done.By != admin || done.Reason != "切断" {
		t.Errorf("what was done is lost: %+v", done)
	}
	if w, _ := s.in.StepByKey("restore_data"); !w.Waived || w.Former {
		t.Errorf("what was waived is lost: %+v", w)
	}
	if _, ok := s.in.StepByKey("publish"); !ok {
		t.Error("the steps of level 3 are not there")
	}
	s.do(leader, incident.DoStep{Step: "publish"})
	s.do(leader, incident.SetLevel{Level: l1, Reason: "影響なし"})
	former, ok := s.in.StepByKey("publish")
	if !ok || !former.Former || !former.Done {
		t.Errorf("what was done at level 3 is not kept: %+v", former)
	}
	if _, ok := s.in.StepByKey("tell_staff"); ok {
		t.Error("an open step of level 3 stays at level 1")
	}
	for _, m := range s.in.MissingForClose(s.rules) {
		if m.Ref == "publish" {
			t.Error("a step of an earlier table holds back the closing")
		}
	}
}

// A fact learned later counts before somebody has had the time to raise.
func TestAFactRaisesTheWorkingLevelAtOnce(t *testing.T) {
	s := tampering(t, l1, incident.Facts{incident.FactPersonalData: incident.No})
	events := s.do(admin, incident.SetFacts{Facts: yes(incident.FactOutsiders)})
	if s.in.Level != l1 || s.in.WorkingLevel() != l3 || !s.in.Provisional() {
		t.Errorf("level %s, working %s", s.in.Level, s.in.WorkingLevel())
	}
	equal(t, "called", called(events), people(president))
	if got := missing(s.in.MissingForAdvance(s.rules)); got != "[floor:3]" {
		t.Errorf("missing %s", got)
	}
	events = s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Unknown}})
	equal(t, "called when personal information is in doubt again", called(events), people(privacy, salesHead))
}

// A ヒヤリハット that is said of a leak afterwards needs a second word of the lead: until he has
// ruled the leak out, it stays one.
func TestANearMissOfALeakHasToBeRuledOut(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindLoss, Facts: impersonal})
	s.do(leader, incident.SetFacts{Facts: yes(incident.FactNearMiss)})
	if got := s.in.WorkingLevel(); got != l2 {
		t.Errorf("working level %s", got)
	}
	s.do(leader, incident.Categorise{Category: incident.Other, Reason: "車内で見つかった"})
	if got := s.in.WorkingLevel(); got != l0 {
		t.Errorf("working level %s once it is ruled out", got)
	}
}

func TestAnswersThatChangeNothing(t *testing.T) {
	s := reported(t, incident.Report{Facts: yes(incident.FactOutsiders)})
	if events := s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactOutsiders: incident.Yes, incident.FactRansomware: incident.Unknown, incident.FactVirus: ""}}); len(events) > 0 {
		t.Errorf("%v", kinds(events))
	}
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactOutsiders: incident.Unknown}})
	if got := s.in.Facts.Get(incident.FactOutsiders); got != incident.Unknown {
		t.Errorf("taken back to %s", got)
	}
	s.refused(leader, incident.SetFacts{Facts: incident.Facts{"weather": incident.Yes}}, "refuse.fact_unknown")
	s.refused(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersons: "2000000001"}}, "refuse.fact_answer")
}

func TestAnybodyOfTheCircleMayProposeARaise(t *testing.T) {
	s := tampering(t, l1, incident.Facts{incident.FactPersonalData: incident.No})
	s.refused(admin, incident.SetLevel{Level: l1}, "refuse.raise_needs_higher")
	s.refused(admin, incident.SetLevel{Level: l0}, "refuse.raise_needs_higher")
	s.refused(hanako, incident.SetLevel{Level: l3}, "refuse.not_allowed")
	s.refused(outsider, incident.SetLevel{Level: l3}, "refuse.unknown_incident")

	events := s.do(admin, incident.SetLevel{Level: l3, Reason: "顧客に影響"})
	equal(t, "called at once", called(events), people(president))
	if s.in.Level != l1 || s.in.Proposed == nil || s.in.Proposed.Level != l3 || s.in.Proposed.By != admin {
		t.Errorf("level %s, proposed %+v", s.in.Level, s.in.Proposed)
	}
	if !told(s, incident.NoticeProposal, leader) || told(s, incident.NoticeProposal, admin) {
		t.Errorf("told: %+v", s.told)
	}
	// It is chased like what it asks for, not like the level there is.
	if got := s.paging.Wait(s.in, s.now).Minutes(); got != 5 {
		t.Errorf("waits %v minutes", got)
	}
	s.refused(admin, incident.SetLevel{Level: l3}, "refuse.raise_needs_higher")
	s.refused(president, incident.SetLevel{Level: l2}, "refuse.raise_needs_higher")

	t.Run("turned down, with a reason", func(t *testing.T) {
		s := replay(t, s)
		s.refused(leader, incident.SetLevel{Level: l1}, "refuse.reason_needed")
		s.do(leader, incident.SetLevel{Level: l1, Reason: "顧客に影響なし"})
		if s.in.Proposed != nil || s.in.Level != l1 {
			t.Errorf("level %s, proposed %+v", s.in.Level, s.in.Proposed)
		}
		s.refused(leader, incident.SetLevel{Level: l1, Reason: "x"}, "refuse.level_same")
	})
	t.Run("followed half of the way", func(t *testing.T) {
		s := replay(t, s)
		s.do(leader, incident.SetLevel{Level: l2})
		if s.in.Proposed != nil {
			t.Errorf("still proposed: %+v", s.in.Proposed)
		}
	})
	t.Run("a proposal of two levels before anybody confirmed", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.refused(admin, incident.SetLevel{Level: l2}, "refuse.raise_needs_higher") // 仮 is 2 already
		s.do(admin, incident.SetLevel{Level: l3})
	})
}

// replay is the same scene once more, so that two endings can be tried.
func replay(t *testing.T, s *scene) *scene {
	t.Helper()
	c := *s
	c.t = t
	c.in = incident.Fold(s.in.ID, s.records)
	c.records, c.bodies = slices.Clone(s.records), slices.Clone(s.bodies)
	return &c
}

func TestCategorise(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindVirus, Facts: incident.Facts{incident.FactPersonalData: incident.No}})
	s.do(leader, incident.SetLevel{Level: l1})
	s.do(leader, incident.Advance{})
	s.do(admin, incident.DoStep{Step: "contain"})
	for _, tt := range []struct {
		c   incident.Categorise
		key string
	}{
		{incident.Categorise{Category: "fire", Reason: "x"}, "refuse.category_unknown"},
		{incident.Categorise{Category: incident.Virus, Reason: "x"}, "refuse.category_same"},
		{incident.Categorise{Category: incident.Virus, Effect: incident.Damage, Reason: "x"}, "refuse.category_same"},
		{incident.Categorise{Category: incident.Virus, Effect: incident.Other, Reason: "x"}, "refuse.effect_unknown"},
		{incident.Categorise{Category: incident.Leak, Reason: " "}, "refuse.reason_needed"},
	} {
		s.refused(leader, tt.c, tt.key)
	}
	s.do(leader, incident.Categorise{Category: incident.Virus, Effect: incident.Leak, Reason: "外部へ送信"})
	if s.in.Effect != incident.Leak || s.in.WorkingLevel() != l2 || s.in.Plan != (incident.PlanKey{Category: "virus", Effect: "leak", Level: l2}) {
		t.Errorf("effect %s, working level %s, plan %v", s.in.Effect, s.in.WorkingLevel(), s.in.Plan)
	}
	if c, _ := s.in.StepByKey("contain"); !c.Done || !c.Former {
		t.Errorf("what was done is lost: %+v", c)
	}
	s.do(leader, incident.Categorise{Category: incident.Damage, Effect: incident.Leak, Reason: "流出はなかった"})
	if c, _ := s.in.StepByKey("contain"); !c.Done || c.Former || c.By != admin {
		t.Errorf("the step comes back done: %+v", c)
	}
	if s.in.Effect != "" || s.in.WorkingLevel() != l1 {
		t.Errorf("effect %q, working level %s", s.in.Effect, s.in.WorkingLevel())
	}
}

// Whoever acts in a step needs to know; whose steps do not apply does not.
func TestTheCircleFollowsTheSteps(t *testing.T) {
	facts := incident.Facts{incident.FactPersonalData: incident.No, incident.FactDamagedPaper: incident.No}
	s := reported(t, incident.Report{What: incident.KindTampering, Facts: facts})
	equal(t, "circle", circle(s.in), people(leader, president, admin))
	s.do(leader, incident.SetFacts{Facts: yes(incident.FactDamagedPaper)})
	equal(t, "circle once paper is damaged", circle(s.in), people(leader, president, admin, salesHead))
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Unknown}})
	if !s.in.InCircle(privacy) {
		t.Error("the privacy manager does not see it, though personal information may be concerned")
	}
	s.do(leader, incident.SetFacts{Facts: facts})
	if got := fmt.Sprint(circle(s.in)); got != fmt.Sprint(people(leader, president, admin, salesHead, privacy)) {
		t.Errorf("who was let in does not stay: %s", got)
	}
}

// Level 0 is the system administrator's: he is the only one who is told of it.
func TestWhoConfirmsANearMiss(t *testing.T) {
	nearMiss := incident.Report{What: incident.KindNearMiss, Facts: impersonal}
	s := reported(t, nearMiss)
	s.do(admin, incident.Take{})
	s.refused(hanako, incident.SetLevel{Level: l0}, "refuse.not_allowed")
	s.refused(admin, incident.Close{}, "refuse.close_guard")
	s.do(admin, incident.SetField{Field: incident.FieldExpectedDamage, Value: "名簿が社外に渡った"})
	s.do(admin, incident.SetLevel{Level: l0})
	s.refused(admin, incident.SetLevel{Level: l0}, "refuse.raise_needs_higher") // the rest is the lead's
	s.do(admin, incident.Approve{})
	s.do(admin, incident.Close{})
	if s.in.Phase != incident.Closed {
		t.Errorf("it is %s", s.in.Phase)
	}
	for name, r := range map[string]incident.Report{
		"what is no near miss":         {Facts: impersonal},
		"what may be more than it was": {What: incident.KindNearMiss, Facts: incident.Facts{incident.FactOutsiders: incident.Yes}},
	} {
		t.Run(name, func(t *testing.T) {
			s := reported(t, r)
			s.refused(admin, incident.SetLevel{Level: l0}, "refuse.raise_needs_higher")
		})
	}
}
