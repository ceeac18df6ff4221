package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/incident"
)

// inPhase brings an incident of the damage table to a phase.
func inPhase(t *testing.T, p incident.Phase) *scene {
	t.Helper()
	s := tampering(t, l1, impersonal)
	for s.in.Phase != p {
		finish(s)
		s.do(leader, incident.Advance{})
	}
	return s
}

func TestDismissAndReopen(t *testing.T) {
	for _, p := range []incident.Phase{incident.Reported, incident.Containment, incident.Investigation} {
		s := inPhase(t, p)
		s.do(admin, incident.SetLevel{Level: l3})
		s.do(leader, incident.HandOver{To: affairs})
		s.refused(leader, incident.Dismiss{Reason: "　"}, "refuse.reason_needed")
		s.refused(leader, incident.Reopen{Reason: "x"}, "refuse.not_ended")
		s.do(leader, incident.Dismiss{Reason: "検知の誤り"})
		if s.in.Phase != incident.Dismissed || s.in.EndReason != "検知の誤り" || len(s.in.OpenPages()) > 0 || s.in.Proposed != nil || s.in.Handover != nil {
			t.Errorf("from %s: %s, open %v", p, s.in.Phase, open(s))
		}
		s.refused(leader, incident.Dismiss{Reason: "x"}, "refuse.ended")
		s.refused(leader, incident.Reopen{}, "refuse.reason_needed")
		s.do(president, incident.Reopen{Reason: "被害が見つかった"})
		if s.in.Phase != p || s.in.EndReason != "" {
			t.Errorf("reopened to %s, it left %s", s.in.Phase, p)
		}
	}
	for _, p := range []incident.Phase{incident.Recovery, incident.FinalReport} {
		inPhase(t, p).refused(leader, incident.Dismiss{Reason: "x"}, "refuse.dismiss_phase")
	}
}

func TestReopeningCallsWhoNeverAnswered(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(leader, incident.Dismiss{Reason: "誤報"})
	events := s.do(leader, incident.Reopen{Reason: "本当だった"})
	equal(t, "called", called(events), people(admin)) // the lead has it already
}

func closed(t *testing.T) *scene {
	t.Helper()
	s := inPhase(t, incident.FinalReport)
	s.do(leader, incident.SetPrevention{Text: "多要素認証", Owner: admin, Due: "2026-12-24"})
	s.do(leader, incident.Approve{})
	s.do(leader, incident.Close{})
	return s
}

func TestAfterTheEnd(t *testing.T) {
	s := closed(t)
	for _, c := range []incident.Command{
		incident.Take{}, incident.Advance{}, incident.Back{Reason: "x"}, incident.SetLevel{Level: l2}, incident.Categorise{Category: incident.Other, Reason: "x"},
		incident.Assign{Person: affairs}, incident.HandOver{To: affairs}, incident.DoStep{Step: "contain"}, incident.Waive{Step: "contain", Reason: "x"},
		incident.Undo{}, incident.SetField{Field: incident.FieldCause, Value: "x"}, incident.SetFacts{Facts: yes(incident.FactVirus)},
		incident.Approve{}, incident.Close{}, incident.Dismiss{Reason: "x"}, incident.Merge{Into: "INC-2026-0002"}, incident.Ask{Text: "x"},
	} {
		s.refused(leader, c, "refuse.ended")
	}
	s.do(leader, incident.Note{Text: "後日談"})
	s.do(hanako, incident.Inform{Text: "追加"})
	s.do(leader, incident.RecordEvidence{Name: "ログ", Where: "金庫"})
	s.do(leader, incident.SetPrevention{N: 1, Text: "多要素認証", Owner: admin, Due: "2026-12-24", Done: true})
	s.do(leader, incident.Restrict{Exclude: []incident.PersonID{affairs}, Reason: "x"})
	if s.in.Approval == nil || !s.in.Actions[0].Done || s.in.Phase != incident.Closed {
		t.Errorf("%s, approval %+v, actions %+v", s.in.Phase, s.in.Approval, s.in.Actions)
	}
	s.do(leader, incident.Reopen{Reason: "再発"})
	if s.in.Phase != incident.Investigation || s.in.Approval != nil {
		t.Errorf("reopened to %s, approval %+v", s.in.Phase, s.in.Approval)
	}
}

// merged plays both halves, as the service does in one transaction.
func merged(t *testing.T, first, again *scene) {
	t.Helper()
	env := again.env(leader)
	env.Other = first.in
	if _, ref := again.decide(incident.Merge{Into: first.in.ID}, env); ref != nil {
		t.Fatalf("refused: %s", ref.Key)
	}
	first.bot(incident.Absorb{From: again.in.ID, Reporters: again.in.Reporters, Text: again.in.Title, Facts: again.in.Facts, NearMiss: again.in.NearMiss()})
}

func anotherReport(t *testing.T, r incident.Report) *scene {
	t.Helper()
	s := newScene(t)
	s.in = incident.New("INC-2026-0002")
	r.Text = "同じ件を見ました"
	s.do(jiro, r)
	return s
}

func TestMerge(t *testing.T) {
	first := reported(t, incident.Report{What: incident.KindTampering, Facts: incident.Facts{
		incident.FactPersonalData: incident.No, incident.FactOutsiders: incident.No, incident.FactPersons: "200",
	}})
	again := anotherReport(t, incident.Report{What: incident.KindNearMiss, Facts: incident.Facts{
		incident.FactOutsiders: incident.Yes, incident.FactPersonalData: incident.No, incident.FactPersons: "90", incident.FactStaffWork: incident.No,
	}})
	merged(t, first, again)

	if again.in.Phase != incident.Closed || again.in.MergedInto != first.in.ID || len(again.in.OpenPages()) > 0 {
		t.Errorf("%s, merged into %q, open %v", again.in.Phase, again.in.MergedInto, open(again))
	}
	if !first.in.ReportedBy(jiro) || !first.in.ReportedBy(hanako) || first.in.Reporters[1].Department != affairDept || fmt.Sprint(first.in.Merged) != "[INC-2026-0002]" {
		t.Errorf("reporters %+v, merged %v", first.in.Reporters, first.in.Merged)
	}
	// The graver answer counts; a near miss of the one says nothing about the other.
	for k, want := range map[incident.FactKey]incident.Answer{
		incident.FactOutsiders: incident.Yes, incident.FactPersons: "200", incident.FactNearMiss: incident.Unknown,
		incident.FactPersonalData: incident.No, incident.FactStaffWork: incident.Unknown,
	} {
		if got := first.in.Facts.Get(k); got != want {
			t.Errorf("%s is %s, want %s", k, got, want)
		}
	}
	equal(t, "called by what the second reporter knew", called(first.events()), people(president, leader, admin))
	if got := []string{first.in.Title, first.in.TitleFor(hanako), first.in.TitleFor(jiro), first.in.TitleFor(leader), first.in.TitleFor("")}; got[0] != got[1] || got[2] != "同じ件を見ました" || got[0] == got[2] || got[3]+got[4] != "" {
		t.Errorf("titles %q", got)
	}
	for _, r := range []incident.PersonID{hanako, jiro} {
		if !told(first, incident.NoticeReporter, r) {
			t.Errorf("%s is not kept informed", r)
		}
	}
	if !told(again, incident.NoticeEnded, jiro) || !told(again, incident.NoticeHead, auditor) {
		t.Errorf("told of the end: %+v", again.told)
	}
	first.do(jiro, incident.Inform{Text: "まだ続いています"})
	ref := again.refused(jiro, incident.Inform{Text: "まだ続いています"}, "refuse.merged")
	if ref.Args["id"] != first.in.ID {
		t.Errorf("he is sent to %v", ref.Args["id"])
	}
	again.refused(leader, incident.Reopen{Reason: "x"}, "refuse.merged")
	again.do(leader, incident.Note{Text: "統合の経緯"})
	again.do(leader, incident.Restrict{Exclude: []incident.PersonID{suspect}, Reason: "本人に関わる"})

	t.Run("of a third report, that had taken in a second", func(t *testing.T) {
		big := reported(t, incident.Report{What: incident.KindTampering})
		big.in.ID = "INC-2026-0003"
		merged(t, big, first)
		if len(big.in.Reporters) != 2 || !big.in.ReportedBy(jiro) || big.in.TitleFor(jiro) != "同じ件を見ました" {
			t.Errorf("reporters %+v", big.in.Reporters)
		}
	})
	t.Run("the larger number counts", func(t *testing.T) {
		big := reported(t, incident.Report{Facts: incident.Facts{incident.FactPersons: "90"}})
		merged(t, big, anotherReport(t, incident.Report{Facts: incident.Facts{incident.FactPersons: "1000"}}))
		if got := big.in.Facts.Get(incident.FactPersons); got != "1000" {
			t.Errorf("%s persons", got)
		}
	})
}

func (s *scene) events() []incident.Event {
	var es []incident.Event
	for _, r := range s.records {
		es = append(es, r.Event)
	}
	return es
}

func TestMergesThatAreRefused(t *testing.T) {
	left := func(ps ...incident.PersonID) incident.Report { return incident.Report{Exclude: ps} }
	for _, tt := range []struct {
		name         string
		first, again incident.Report
		prepare      func(first, again *scene)
		none         bool
		into         incident.ID
		key          string
	}{
		{"into itself", incident.Report{}, incident.Report{}, nil, false, "INC-2026-0002", "refuse.merge_self"},
		{"into one that there is not", incident.Report{}, incident.Report{}, nil, true, "INC-2026-0009", "refuse.merge_not_seen"},
		{"into one that he may not see", left(leader), incident.Report{}, nil, false, "", "refuse.merge_not_seen"},
		{"into one that has ended", incident.Report{}, incident.Report{}, func(first, _ *scene) { first.do(leader, incident.Dismiss{Reason: "x"}) }, false, "", "refuse.merge_ended"},
		{"a restricted one into one that the suspect can see", incident.Report{}, left(suspect), nil, false, "", "refuse.merge_not_seen"},
		{"into a restricted one, of whose number the suspect would be told", left(affairs), incident.Report{}, func(_, again *scene) { again.do(leader, incident.Assign{Person: affairs}) }, false, "", "refuse.merge_not_seen"},
		{"into a restricted one that leaves the reporter out", left(jiro), incident.Report{}, nil, false, "", "refuse.merge_not_seen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, again := reported(t, tt.first), anotherReport(t, tt.again)
			if tt.prepare != nil {
				tt.prepare(first, again)
			}
			env := again.env(leader)
			if !tt.none {
				env.Other = first.in
			}
			into := first.in.ID
			if tt.into != "" {
				into = tt.into
			}
			_, ref := again.decide(incident.Merge{Into: into}, env)
			if ref == nil || ref.Key != tt.key {
				t.Errorf("got %v, want %s", ref, tt.key)
			}
		})
	}
	t.Run("both leave the same people out", func(t *testing.T) {
		merged(t, reported(t, left(suspect)), anotherReport(t, left(suspect)))
	})
}

func TestRestrict(t *testing.T) {
	t.Run("whom it cannot leave out", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.refused(leader, incident.Restrict{Exclude: []incident.PersonID{admin}}, "refuse.reason_needed")
		s.refused(leader, incident.Restrict{Exclude: []incident.PersonID{leader}, Reason: "x"}, "refuse.restrict_self")
		s.refused(leader, incident.Restrict{Exclude: []incident.PersonID{passerby}, Reason: "x"}, "refuse.person_unknown")
		s.refused(president, incident.Restrict{Exclude: []incident.PersonID{leader, second, vice}, Reason: strings.Repeat("x", 20001)}, "refuse.text_long")
		s.refused(admin, incident.Restrict{Exclude: []incident.PersonID{suspect}, Reason: "x"}, "refuse.not_allowed")
	})
	t.Run("the lead: the office falls to the deputy, who is called and has to say yes", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		s.do(leader, incident.Take{})
		s.do(leader, incident.HandOver{To: affairs})
		s.do(leader, incident.Assign{Person: leader, Step: "contain"})
		events := s.do(president, incident.Restrict{Exclude: []incident.PersonID{leader}, Reason: "本人に関わる"})
		equal(t, "called", called(events), people(second))
		if s.in.Lead != "" || s.in.Handover != nil || s.in.InCircle(leader) || !slices.Contains(kinds(events), "left") {
			t.Errorf("lead %q, handover %+v, %v", s.in.Lead, s.in.Handover, kinds(events))
		}
		if st, _ := s.in.StepByKey("contain"); st.Assigned != "" {
			t.Errorf("the step is still %s's", st.Assigned)
		}
		equal(t, "leads", s.in.Leads(s.people), people(second))
		for _, n := range s.told {
			// What called him shows nothing any more.
			if n.To == leader && (n.Kind != incident.NoticePage || n.Urgent || n.Seq >= s.in.Seq-int64(len(events))) {
				t.Errorf("he is told: %+v", n)
			}
		}
		s.refused(leader, incident.Note{Text: "x"}, "refuse.unknown_incident")
		s.do(second, incident.Take{})
		wantLead(s, second, incident.LeadDeputy)
	})
	t.Run("who had taken his role: the next is called", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		s.do(admin, incident.Take{})
		events := s.do(leader, incident.Restrict{Exclude: []incident.PersonID{admin}, Reason: "本人に関わる"})
		equal(t, "called", called(events), people(admin2))
	})
	t.Run("the representative, even at level 3", func(t *testing.T) {
		s := tampering(t, l3, impersonal)
		events := s.do(leader, incident.Restrict{Exclude: []incident.PersonID{president}, Reason: "本人に関わる"})
		equal(t, "called", called(events), people(vice))
		s.refused(president, incident.Approve{}, "refuse.unknown_incident")
	})
	t.Run("the reporter", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Restrict{Exclude: []incident.PersonID{hanako}, Reason: "自作自演の疑い"})
		s.refused(hanako, incident.Inform{Text: "どうなりましたか"}, "refuse.unknown_incident")
		s.do(leader, incident.SetLevel{Level: l2})
		s.do(leader, incident.Advance{})
		if told(s, incident.NoticeReporter, hanako) {
			t.Errorf("told %+v", s.told)
		}
	})
	t.Run("lifted", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Restrict{Exclude: []incident.PersonID{admin}, Reason: "x"})
		events := s.do(leader, incident.Restrict{})
		if !s.in.InCircle(admin) || len(s.in.Excluded) > 0 {
			t.Errorf("%v", kinds(events))
		}
	})
	t.Run("everybody who could lead", func(t *testing.T) {
		s := newScene(t)
		s.people.deputies = nil
		s.do(hanako, incident.Report{Text: "x"})
		s.do(president, incident.HandOver{To: president})
		s.do(president, incident.Assign{Person: affairs})
		s.do(president, incident.HandOver{To: affairs})
		s.do(affairs, incident.AcceptHandover{})
		// The handed-over lead may stay alone: he leads.
		s.do(affairs, incident.Restrict{Exclude: []incident.PersonID{leader, president}, Reason: "x"})
		equal(t, "leads", s.in.Leads(s.people), people(affairs))
	})
}

// The reporter may say that it was nothing; it tells the lead, it never closes.
func TestAFalseAlarmIsTheLeadsToJudge(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(leader, incident.Take{})
	s.do(leader, incident.Ask{Text: "画面はどうなっていますか"})
	if !told(s, incident.NoticeQuestion, hanako) {
		t.Errorf("told %+v", s.told)
	}
	s.do(hanako, incident.Inform{Text: "誤報かもしれません", FalseAlarm: true, Answers: []int64{s.in.Questions[0].Seq}})
	if s.in.Phase != incident.Reported || !told(s, incident.NoticeAlarm, leader) || s.in.Questions[0].Answered {
		t.Errorf("%s, told %+v", s.in.Phase, s.told)
	}
	s.refused(leader, incident.Inform{Text: "x"}, "refuse.not_allowed")
	s.refused(hanako, incident.Inform{Text: " "}, "refuse.text_empty")
}

// Only the questions that stood before the reporter count as answered, and each only once.
func TestAnAnswerIsToTheQuestionsThatWereShown(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(leader, incident.Take{})
	var asked []int64
	for _, text := range []string{"画面はどうなっていますか", "いつからですか", "だれが使っていますか"} {
		s.do(leader, incident.Ask{Text: text})
		asked = append(asked, s.in.Seq)
	}
	for _, c := range []struct {
		name    string
		say     incident.Inform
		records []int64
		open    []int64
	}{
		{"a word about nothing that was asked", incident.Inform{Text: "電源は切りました"}, nil, asked},
		{"an answer", incident.Inform{Text: "8時から", Answers: []int64{asked[1]}}, asked[1:2], []int64{asked[0], asked[2]}},
		{"one that came too late, and a number that is no question", incident.Inform{Text: "9時から", Answers: []int64{asked[1], 1, asked[2], asked[2]}}, asked[2:], asked[:1]},
	} {
		s.do(hanako, c.say)
		var records, open []int64
		for _, e := range s.events() {
			if i, ok := e.(incident.Informed); ok {
				records = i.Answers
			}
		}
		for _, q := range s.in.Questions {
			if !q.Answered {
				open = append(open, q.Seq)
			}
		}
		if !slices.Equal(records, c.records) || !slices.Equal(open, c.open) {
			t.Errorf("%s: recorded as an answer to %v, want %v; open %v, want %v", c.name, records, c.records, open, c.open)
		}
	}
}
