package incident_test

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

func pageOf(s *scene, p incident.PersonID) incident.Page {
	s.t.Helper()
	pg, ok := s.in.Page(p)
	if !ok {
		s.t.Fatalf("%s was not called", p)
	}
	return pg
}

func wantLead(s *scene, p incident.PersonID, how incident.LeadHow) {
	s.t.Helper()
	if s.in.Lead != p || s.in.LeadHow != how {
		s.t.Errorf("the lead is %q (%s), want %s (%s)", s.in.Lead, s.in.LeadHow, p, how)
	}
}

var impersonal = incident.Facts{incident.FactPersonalData: incident.No}

func TestWhoBecomesTheActingLead(t *testing.T) {
	t.Run("who holds the office", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Take{})
		wantLead(s, leader, incident.LeadOffice)
		s.refused(leader, incident.Take{}, "refuse.already_taken")
	})
	t.Run("others who answer do not", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(admin, incident.Take{})
		s.do(president, incident.Take{}) // of the circle, not called
		if s.in.Lead != "" {
			t.Errorf("the lead is %s", s.in.Lead)
		}
		if pg := pageOf(s, president); !pg.Uncalled || pg.Status != incident.PageAcknowledged {
			t.Errorf("%+v", pg)
		}
		equal(t, "leads", s.in.Leads(s.people), people(leader))
	})
	t.Run("the deputy who is called in his place", func(t *testing.T) {
		s := reported(t, incident.Report{})
		events := s.do(leader, incident.Decline{Reason: "出張中"})
		equal(t, "called", called(events), people(second))
		s.do(second, incident.Take{})
		wantLead(s, second, incident.LeadDeputy)
		s.do(leader, incident.Take{})
		wantLead(s, second, incident.LeadDeputy) // it was taken meanwhile
	})
	t.Run("not a deputy who was only brought in", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(admin, incident.Assign{Person: second})
		s.do(second, incident.Take{})
		if s.in.Lead != "" {
			t.Errorf("the lead is %s", s.in.Lead)
		}
	})
	t.Run("the representative as the last resort", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Decline{})
		events := s.do(second, incident.Decline{})
		equal(t, "called", called(events), people(president))
		s.do(president, incident.Take{})
		wantLead(s, president, incident.LeadLast)
	})
	t.Run("the representative where no lead is named", func(t *testing.T) {
		s := newScene(t)
		delete(s.people.holders, incident.IncidentLead)
		delete(s.people.deputies, incident.IncidentLead)
		events := s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
		equal(t, "called", called(events), people(president, admin))
		equal(t, "leads", s.in.Leads(s.people), people(president))
		s.do(president, incident.Take{})
		wantLead(s, president, incident.LeadLast)
	})
	t.Run("the office again when the lead has left the company", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		s.do(leader, incident.Take{})
		delete(s.people.active, leader)
		equal(t, "leads", s.in.Leads(s.people), people(second))
		events := s.do(admin, incident.Note{Text: "x"})
		equal(t, "called", called(events), people(second))
		s.do(second, incident.Take{})
		wantLead(s, second, incident.LeadDeputy)
	})
}

func TestDecline(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	s.refused(president, incident.Decline{}, "refuse.not_paged")
	equal(t, "called", called(s.do(admin, incident.Decline{})), people(admin2))
	if events := s.do(admin, incident.Decline{}); len(events) > 0 {
		t.Errorf("said twice: %v", kinds(events))
	}
	s.do(admin2, incident.Take{})
	if events := s.do(admin2, incident.Decline{Reason: "急用"}); len(of[incident.Paged](events)) != 1 {
		t.Errorf("nobody is called for who took it and cannot after all: %v", kinds(events))
	}
	s.do(leader, incident.Take{})
	s.refused(leader, incident.Decline{}, "refuse.already_taken") // he hands over

	t.Run("by everybody: the reporter is told whom to phone", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		for _, p := range []incident.PersonID{leader, admin, second, admin2, president} {
			s.do(p, incident.Decline{})
		}
		if told(s, incident.NoticePhones, hanako) {
			t.Error("told while one is still being called")
		}
		s.do(vice, incident.Decline{})
		if !s.in.Exhausted || !told(s, incident.NoticePhones, hanako) {
			t.Errorf("exhausted %v, told %+v", s.in.Exhausted, s.told)
		}
	})
}

func TestTakingAPageStopsItEverywhere(t *testing.T) {
	s := newScene(t)
	s.people.holders[incident.SystemAdmin] = []incident.PersonID{admin, admin2}
	s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
	equal(t, "open", open(s), people(leader, admin, admin2))
	s.do(admin2, incident.Take{})
	equal(t, "open", open(s), people(leader))
	if pg := pageOf(s, admin); pg.Status != incident.PageEnded {
		t.Errorf("%+v", pg)
	}
	// Somebody who takes it without having been called ends the pages of his role as well.
	s.now = s.now.Add(time.Minute)
	events := s.do(admin2, incident.Decline{})
	equal(t, "called again", called(events), people(admin))
}

func open(s *scene) []incident.PersonID {
	var ps []incident.PersonID
	for _, p := range s.in.OpenPages() {
		ps = append(ps, p.Person)
	}
	return people(ps...)
}

func TestHandover(t *testing.T) {
	led := func(t *testing.T) *scene {
		s := reported(t, incident.Report{Facts: impersonal})
		s.do(leader, incident.Take{})
		return s
	}
	t.Run("counts when the receiver accepts", func(t *testing.T) {
		s := led(t)
		s.do(leader, incident.HandOver{To: affairs, Reason: "交代"})
		wantLead(s, leader, incident.LeadOffice)
		if !s.in.InCircle(affairs) || !told(s, incident.NoticeHandover, affairs) {
			t.Errorf("the receiver sees nothing: %+v", s.told)
		}
		s.refused(leader, incident.HandOver{To: affairs}, "refuse.handover_already")
		s.refused(admin, incident.AcceptHandover{}, "refuse.handover_none")
		s.do(affairs, incident.AcceptHandover{})
		wantLead(s, affairs, incident.LeadHandover)
		s.refused(affairs, incident.AcceptHandover{}, "refuse.handover_none")
		s.refused(leader, incident.SetLevel{Level: l0}, "refuse.raise_needs_higher") // his rights went along
		s.do(affairs, incident.SetLevel{Level: l1})
	})
	t.Run("refused: the lead stays and hears it", func(t *testing.T) {
		s := led(t)
		s.do(leader, incident.HandOver{To: admin})
		s.do(admin, incident.AcceptHandover{Refuse: true, Reason: "手一杯"})
		wantLead(s, leader, incident.LeadOffice)
		if s.in.Handover != nil || !told(s, incident.NoticeRefused, leader) {
			t.Errorf("handover %+v, told %+v", s.in.Handover, s.told)
		}
	})
	t.Run("offered to one who is called: taking the page accepts it", func(t *testing.T) {
		s := led(t)
		s.do(leader, incident.HandOver{To: admin})
		s.do(admin, incident.Take{})
		wantLead(s, admin, incident.LeadHandover)
		if pageOf(s, admin).Status != incident.PageAcknowledged {
			t.Error("his page stays open")
		}
	})
	t.Run("offered to one who has answered before", func(t *testing.T) {
		s := led(t)
		s.do(admin, incident.Take{})
		s.do(leader, incident.HandOver{To: admin})
		s.do(admin, incident.Take{})
		wantLead(s, admin, incident.LeadHandover)
	})
	t.Run("declining the page refuses it, and the next of the page's role is called", func(t *testing.T) {
		s := led(t)
		s.do(leader, incident.HandOver{To: admin})
		events := s.do(admin, incident.Decline{Reason: "病院"})
		equal(t, "called", called(events), people(admin2))
		if s.in.Handover != nil {
			t.Error("the offer stands")
		}
	})
	t.Run("offered to another instead", func(t *testing.T) {
		s := led(t)
		s.do(leader, incident.HandOver{To: admin})
		s.do(leader, incident.HandOver{To: affairs})
		s.refused(admin, incident.AcceptHandover{}, "refuse.handover_none")
		s.do(affairs, incident.AcceptHandover{})
	})
	t.Run("taken back by the office", func(t *testing.T) {
		s := led(t)
		s.do(leader, incident.HandOver{To: affairs})
		s.do(affairs, incident.AcceptHandover{})
		s.refused(admin, incident.HandOver{To: admin}, "refuse.not_allowed")
		s.do(leader, incident.HandOver{To: leader})
		wantLead(s, leader, incident.LeadOffice)
		s.do(president, incident.HandOver{To: president})
		wantLead(s, president, incident.LeadLast)
	})
	t.Run("offered by the representative over the lead's head: he hears the answer", func(t *testing.T) {
		s := led(t)
		s.do(president, incident.HandOver{To: affairs})
		s.do(affairs, incident.AcceptHandover{Refuse: true})
		if !told(s, incident.NoticeRefused, president) || !told(s, incident.NoticeRefused, leader) {
			t.Errorf("told %+v", s.told)
		}
	})
	t.Run("to whom it cannot go", func(t *testing.T) {
		s := reported(t, incident.Report{Exclude: []incident.PersonID{suspect}})
		s.do(leader, incident.Take{})
		s.refused(leader, incident.HandOver{To: leader}, "refuse.handover_self")
		s.refused(leader, incident.HandOver{To: passerby}, "refuse.person_unknown")
		s.refused(leader, incident.HandOver{To: nobody}, "refuse.person_unknown")
		s.refused(leader, incident.HandOver{To: suspect}, "refuse.person_excluded")
	})
}

func TestRoundsThatNobodyAnswers(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	if due, round, ok := s.next(); !ok || round != 0 || !due.Equal(night.Add(5*time.Minute)) {
		t.Errorf("an unconfirmed level is chased at %s (round %d, %v)", due, round, ok)
	}
	// Working level 2: after one unanswered round the deputies, and the representative.
	equal(t, "called in round 1", called(s.pass()), people(second, admin2, president))
	if told(s, incident.NoticePhones, hanako) {
		t.Error("the reporter is told to phone while people are being called")
	}
	equal(t, "called in round 2", called(s.pass()), people(vice))
	// Nobody is left: the numbers for the reporter, and everybody once more after a rest.
	equal(t, "called again", called(s.pass()), people(leader, admin, second, admin2, president, vice))
	if !s.in.Exhausted || !told(s, incident.NoticePhones, hanako) {
		t.Errorf("exhausted %v, told %+v", s.in.Exhausted, s.told)
	}
	if due, round, _ := s.next(); round != 3 || !due.Equal(s.now.Add(15*time.Minute)) {
		t.Errorf("the chain starts again at %s (round %d)", due, round)
	}
	for range 50 {
		s.pass()
	}
	if n := len(s.in.Pages); n != 6 {
		t.Errorf("a night without an answer leaves %d pages in the row", n)
	}
	s.do(second, incident.Take{})
	wantLead(s, second, incident.LeadDeputy)
	if s.in.Exhausted {
		t.Error("still exhausted")
	}
	equal(t, "open once somebody acts", open(s), people(admin, admin2, vice)) // vice in the place of the administrators; the representative was called for want of anybody
	s.do(admin, incident.Take{})
	equal(t, "open", open(s), nil)
}

// In a small company the same few people stand in every line: whoever is being called as one
// thing is called as the other as well, on one page.
func TestOnePersonInTwoLines(t *testing.T) {
	s := newScene(t)
	s.people.deputies[incident.IncidentLead] = []incident.PersonID{admin}
	s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
	equal(t, "called in the lead's place", called(s.do(leader, incident.Decline{})), people(admin))
	if pg := pageOf(s, admin); len(pg.Roles) != 2 || pg.Status != incident.PageOpen {
		t.Errorf("called as %v", pg.Roles)
	}
	s.do(admin, incident.Take{})
	wantLead(s, admin, incident.LeadDeputy)
	equal(t, "open", open(s), nil)
}

// Who is called for one role more when his next means is due is called once, by all of them: the
// means would otherwise bring a page that is over.
func TestOneRoleMoreAndAFurtherMeans(t *testing.T) {
	s := newScene(t)
	s.people.deputies[incident.IncidentLead] = []incident.PersonID{admin}
	s.people.means[admin] = []incident.Means{incident.ByChat, incident.ByPhone}
	s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
	events := s.pass()
	if used := of[incident.MeansUsed](events); len(used) > 0 {
		t.Errorf("a page that is over goes on: %+v", used)
	}
	if pg := pageOf(s, admin); len(pg.Roles) != 2 || !slices.Equal(pg.By, []incident.Means{incident.ByChat, incident.ByPhone}) {
		t.Errorf("called as %v by %v", pg.Roles, pg.By)
	}
	for _, n := range s.told {
		if n.Kind == incident.NoticePage && n.Means == incident.ByPhone && n.Seq != pageOf(s, admin).Seq {
			t.Errorf("the phone brings %s", n.Key)
		}
	}
}

func TestWhatARoundLeavesAlone(t *testing.T) {
	t.Run("a timer that is late by a round", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.pass()
		if events := s.bot(incident.PassRound{Round: 0}); len(events) > 0 {
			t.Errorf("%v", kinds(events))
		}
	})
	t.Run("an incident that has ended", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Dismiss{Reason: "訓練の通知だった"})
		if _, _, ok := s.next(); ok {
			t.Error("somebody is still waited for")
		}
		if events := s.bot(incident.PassRound{Round: 0}); len(events) > 0 {
			t.Errorf("%v", kinds(events))
		}
	})
	t.Run("level 0: a message that nobody chases", func(t *testing.T) {
		s := reported(t, incident.Report{What: incident.KindNearMiss})
		if _, _, ok := s.next(); ok {
			t.Error("it is chased")
		}
		for _, n := range s.told {
			if n.Kind == incident.NoticePage && n.Urgent {
				t.Errorf("%s is got out of bed", n.To)
			}
		}
	})
	t.Run("who was only brought in", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		s.do(leader, incident.Take{})
		s.do(admin, incident.Take{})
		s.do(leader, incident.Assign{Person: affairs})
		// The lead and the administrator are asked again when they write nothing; nobody else.
		if due, _, ok := s.next(); !ok || !due.Equal(s.now.Add(30*time.Minute)) {
			t.Errorf("chased at %s", due)
		}
	})
	t.Run("who was called a moment ago has the whole wait", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		s.do(leader, incident.Take{})
		s.now = s.now.Add(4 * time.Minute)
		s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Unknown}})
		due, _, _ := s.next()
		if !due.Equal(night.Add(5 * time.Minute)) {
			t.Errorf("calling two more puts the first off to %s", due)
		}
		equal(t, "called", called(s.pass()), people(admin2)) // the administrator's deputy, nobody for privacy
		if due, _, _ := s.next(); !due.Equal(night.Add(9 * time.Minute)) {
			t.Errorf("next at %s", due)
		}
	})
	t.Run("the representative at level 1, and once somebody acts", func(t *testing.T) {
		s := tampering(t, l2, impersonal)
		equal(t, "called", called(s.pass()), people(admin2))
		equal(t, "called for the administrator who never answers", called(s.pass()), people(president))
	})
}

func TestHowLongAPageWaits(t *testing.T) {
	for _, tt := range []struct {
		level incident.Level
		want  time.Duration
	}{{l3, 5 * time.Minute}, {l2, 15 * time.Minute}, {l1, time.Hour}, {l0, 0}, {none, 5 * time.Minute}} {
		s := reported(t, incident.Report{What: incident.KindMalfunction, Facts: impersonal})
		if tt.level.Confirmed() {
			s.do(leader, incident.SetLevel{Level: tt.level})
		}
		if got := s.paging.Wait(s.in, s.now); got != tt.want {
			t.Errorf("level %s waits %s, want %s", tt.level, got, tt.want)
		}
	}
}

func TestAssign(t *testing.T) {
	s := tampering(t, l2, impersonal)
	s.refused(leader, incident.Assign{Person: passerby}, "refuse.person_unknown")
	s.refused(leader, incident.Assign{Person: affairs, Step: "dance"}, "refuse.step_unknown")
	s.refused(leader, incident.Assign{Person: affairs, Step: "report"}, "refuse.step_settled")
	events := s.do(admin, incident.Assign{Person: affairs, Step: "contain"})
	equal(t, "called", called(events), people(affairs))
	if st, _ := s.in.StepByKey("contain"); st.Assigned != affairs || !s.in.InCircle(affairs) {
		t.Errorf("%+v", st)
	}
	if !told(s, incident.NoticeAssigned, affairs) {
		t.Errorf("told %+v", s.told)
	}
	if events := s.do(admin, incident.Assign{Person: affairs}); len(of[incident.Paged](events)) > 0 {
		t.Error("called twice")
	}
	s.do(affairs, incident.Decline{Reason: "休暇"})
	equal(t, "asked again", called(s.do(admin, incident.Assign{Person: affairs})), people(affairs))
}
