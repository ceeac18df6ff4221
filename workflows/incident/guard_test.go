package incident_test

import (
	"fmt"
	"testing"

	"hikeshi/workflows/incident"
)

// tampering is an incident of the damage table, led by the lead, level confirmed.
func tampering(t *testing.T, l incident.Level, f incident.Facts) *scene {
	t.Helper()
	s := reported(t, incident.Report{What: incident.KindTampering, Facts: f})
	s.do(leader, incident.Take{})
	s.do(leader, incident.SetLevel{Level: l})
	return s
}

func fill(s *scene, fields ...incident.Field) {
	s.t.Helper()
	for _, f := range fields {
		value := "記入済み"
		if f.IsTime() {
			value = "2026-11-22 1:30"
		}
		s.do(leader, incident.SetField{Field: f, Value: value})
	}
}

// finish does or waives what the guard names until the incident can move on.
func finish(s *scene) {
	s.t.Helper()
	for _, m := range s.in.MissingForAdvance(s.rules) {
		switch m.What {
		case incident.MissingField:
			fill(s, incident.Field(m.Ref))
		case incident.MissingStep:
			s.do(leader, incident.DoStep{Step: m.Ref})
		case incident.MissingFact:
			s.do(leader, incident.Waive{Step: m.Ref, Reason: "該当しない"})
		default:
			s.t.Fatalf("cannot mend %v", m)
		}
	}
}

// toFinalReport walks an incident to 最終報告.
func toFinalReport(s *scene) *scene {
	s.t.Helper()
	for s.in.Phase != incident.FinalReport {
		finish(s)
		s.do(leader, incident.Advance{From: s.in.Phase})
	}
	return s
}

func missing(ms []incident.Missing) string {
	var out []string
	for _, m := range ms {
		if m.Ref == "" {
			out = append(out, string(m.What))
		} else {
			out = append(out, string(m.What)+":"+m.Ref)
		}
	}
	return fmt.Sprint(out)
}

func TestWhatHoldsAPhase(t *testing.T) {
	// Damaged data is known, damaged devices are ruled out, paper is not known.
	facts := incident.Facts{incident.FactDamagedData: incident.Yes, incident.FactDamagedDevice: incident.No, incident.FactPersonalData: incident.No}
	s := reported(t, incident.Report{What: incident.KindTampering, Facts: facts})
	s.do(leader, incident.Take{})
	hold := func(want string) {
		t.Helper()
		if got := missing(s.in.MissingForAdvance(s.rules)); got != want {
			t.Errorf("%s: missing %s, want %s", s.in.Phase, got, want)
		}
		if want == "[]" {
			return
		}
		ref := s.refused(leader, incident.Advance{}, "refuse.guard")
		if got := missing(ref.Missing); got != want || ref.Args["phase"] != s.in.Phase {
			t.Errorf("%s: the refusal lists %s of %v, want %s", s.in.Phase, got, ref.Args["phase"], want)
		}
	}
	hold("[level]")
	s.do(leader, incident.SetLevel{Level: l2})
	hold("[]")
	s.do(leader, incident.Advance{From: incident.Reported})

	hold("[field:occurred_at field:affected_systems field:scope step:contain step:tell_staff]")
	s.do(admin, incident.DoStep{Step: "contain", Result: "回線を切った"})
	s.do(leader, incident.Waive{Step: "tell_staff", Reason: "影響は1部署のみ"})
	s.do(admin, incident.SetField{Field: incident.FieldOccurredAt, Unknown: true, Reason: "記録がない"})
	s.do(admin, incident.SetField{Field: incident.FieldAffectedSystems, Value: "受注サーバー"})
	hold("[field:scope]")
	fill(s, incident.FieldScope)
	hold("[]")
	s.do(leader, incident.Advance{From: incident.Containment})

	// Evidence first: the condition holds because data were damaged.
	hold("[field:cause field:background step:preserve_evidence]")
	s.do(admin, incident.DoStep{Step: "preserve_evidence"})
	fill(s, incident.FieldCause, incident.FieldBackground)
	s.do(leader, incident.Advance{})

	// Device: 該当なし. Paper: the question is open.
	hold("[field:prevention step:restore_data fact:restore_paper step:remedy]")
	s.refused(admin, incident.DoStep{Step: "restore_device"}, "refuse.step_not_applicable")
	s.refused(leader, incident.Waive{Step: "restore_device", Reason: "x"}, "refuse.step_not_applicable")
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactDamagedPaper: incident.No}})
	hold("[field:prevention step:restore_data step:remedy]")
	s.do(admin, incident.DoStep{Step: "restore_data"})
	s.do(admin, incident.DoStep{Step: "remedy"})
	fill(s, incident.FieldPrevention)
	s.do(leader, incident.Advance{})

	if s.in.Phase != incident.FinalReport {
		t.Fatalf("stands in %s", s.in.Phase)
	}
	s.refused(leader, incident.Advance{}, "refuse.close_instead")
}

// What a phase has to have is asked of every phase after it as well: a raise may add work to
// a phase that was already left, and nothing is done again after a step back.
func TestWhatARaiseAddsToAPhaseAlreadyLeft(t *testing.T) {
	s := tampering(t, l1, incident.Facts{incident.FactPersonalData: incident.No})
	s.do(leader, incident.Advance{})
	finish(s)
	s.do(leader, incident.Advance{})
	s.do(leader, incident.SetLevel{Level: l2, Reason: "受注が止まった"})
	if got := missing(s.in.MissingForAdvance(s.rules)); got != "[field:cause field:background step:tell_staff fact:preserve_evidence]" {
		t.Errorf("missing %s", got)
	}
	s.do(leader, incident.Back{Reason: "封じ込めが不十分"})
	if got := missing(s.in.MissingForAdvance(s.rules)); got != "[step:tell_staff]" {
		t.Errorf("after the step back: missing %s", got)
	}
}

func TestAuthorityAndPublishingHoldBackClosingOnly(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindMisdelivery, Facts: yes(incident.FactPersonalData)})
	s.do(leader, incident.Take{})
	s.do(leader, incident.SetLevel{Level: l3})
	toFinalReport(s)
	ref := s.refused(leader, incident.Close{}, "refuse.close_guard")
	if got := missing(ref.Missing); got != "[fact:report_police step:report_ppc step:publish actions approval]" {
		t.Errorf("missing %s", got)
	}
	s.do(leader, incident.DoStep{Step: "report_ppc"})
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactUnauthorizedAccess: incident.No, incident.FactRansomware: incident.No}})
	s.do(president, incident.DoStep{Step: "publish"})
	s.do(leader, incident.SetPrevention{Text: "宛先の確認"})
	ref = s.refused(leader, incident.Close{}, "refuse.close_guard")
	if got := missing(ref.Missing); got != "[action_owner:1 action_due:1 approval]" {
		t.Errorf("missing %s", got)
	}
	s.do(leader, incident.SetPrevention{N: 1, Text: "宛先の確認", Owner: salesHead, Due: "２０２６／１２／２４"})
	if a := s.in.Actions[0]; a.Due != "2026-12-24" {
		t.Errorf("due %q", a.Due)
	}
	s.refused(president, incident.Approve{}, "refuse.publication_needed")
	s.refused(president, incident.Approve{Publication: "maybe"}, "refuse.publication_needed")
	s.do(president, incident.Approve{Publication: incident.PublishAffected, Comment: "承認"})
	events := s.do(leader, incident.Close{Comment: "以上"})
	if fmt.Sprint(kinds(events)[:2]) != "[closed report_made]" || s.in.Phase != incident.Closed || s.in.Reports != 1 || s.in.EndReason != "以上" {
		t.Errorf("%v: %s, %d reports", kinds(events), s.in.Phase, s.in.Reports)
	}
}

func TestAClockHoldsBackClosing(t *testing.T) {
	s := toFinalReport(tampering(t, l1, incident.Facts{incident.FactPersonalData: incident.No}))
	s.do(leader, incident.SetPrevention{Text: "多要素認証", Owner: admin, Due: "2026-12-24"})
	s.do(leader, incident.Approve{})
	s.clocks = oneDuty{incident.Duty{Rule: "police", Owner: incident.IncidentLead}}
	s.bot(incident.RedrawClocks{})
	ref := s.refused(leader, incident.Close{}, "refuse.close_guard")
	if got := missing(ref.Missing); got != "[clock:police]" {
		t.Errorf("missing %s", got)
	}
	s.do(leader, incident.SettleClock{Rule: "police", How: incident.ClockUnneeded, Reason: "被害がない"})
	s.do(leader, incident.Close{})
}

func TestLevelZeroIsClosedWhereItWasReported(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindNearMiss, Facts: incident.Facts{incident.FactPersonalData: incident.No}})
	s.refused(leader, incident.Close{}, "refuse.close_guard")
	s.refused(admin, incident.Approve{}, "refuse.approve_phase")
	s.do(leader, incident.SetLevel{Level: l0})
	ref := s.refused(admin, incident.Close{}, "refuse.close_guard")
	if got := missing(ref.Missing); got != "[field:expected_damage approval]" {
		t.Errorf("missing %s", got)
	}
	s.do(admin, incident.SetField{Field: incident.FieldExpectedDamage, Value: "顧客名簿の流出"})
	s.refused(leader, incident.Approve{}, "refuse.not_allowed") // it is the system administrator's look
	s.do(admin, incident.Approve{})
	if a := s.in.Approval; a.Role != incident.SystemAdmin || a.Deputy {
		t.Errorf("approved as %+v", a)
	}
	s.do(admin, incident.Close{})
	if s.in.Phase != incident.Closed || s.in.Left != incident.Reported {
		t.Errorf("%s from %s", s.in.Phase, s.in.Left)
	}

	t.Run("not once it is more than that", func(t *testing.T) {
		s := reported(t, incident.Report{What: incident.KindNearMiss, ExpectedDamage: "なし"})
		s.do(leader, incident.SetLevel{Level: l0})
		s.do(admin, incident.Approve{})
		s.do(admin, incident.SetFacts{Facts: yes(incident.FactOutsiders)})
		if s.in.Approval != nil {
			t.Error("the approval of level 0 stands")
		}
		ref := s.refused(leader, incident.Close{}, "refuse.close_guard")
		if got := missing(ref.Missing); got != "[floor:3 step:publish approval]" {
			t.Errorf("missing %s", got)
		}
	})
	t.Run("the expected damage is asked at level 0 only", func(t *testing.T) {
		s := tampering(t, l2, nil)
		s.refused(admin, incident.SetField{Field: incident.FieldExpectedDamage, Value: "x"}, "refuse.field_not_at_level")
	})
}

// Closing from a phase in the middle is refused with what stands between.
func TestClosingFromTheMiddle(t *testing.T) {
	s := tampering(t, l2, nil)
	s.do(leader, incident.Advance{})
	ref := s.refused(leader, incident.Close{}, "refuse.close_guard")
	if len(ref.Missing) == 0 || ref.Args["to"] != incident.FinalReport {
		t.Errorf("missing %s on the way to %v", missing(ref.Missing), ref.Args["to"])
	}
}

func TestStaleAndImpossibleMoves(t *testing.T) {
	s := tampering(t, l2, nil)
	s.refused(leader, incident.Back{Reason: "x"}, "refuse.no_phase_before")
	s.do(leader, incident.Advance{From: incident.Reported})
	ref := s.refused(leader, incident.Advance{From: incident.Reported}, "refuse.phase_stale")
	if ref.Args["phase"] != incident.Containment {
		t.Errorf("stands in %v", ref.Args["phase"])
	}
	s.refused(leader, incident.Back{Reason: "x"}, "refuse.no_phase_before")
	finish(s)
	s.do(leader, incident.Advance{})
	s.refused(leader, incident.Back{Reason: "\u200b"}, "refuse.reason_needed")
	s.do(leader, incident.Back{Reason: "封じ込めが漏れていた"})
	if s.in.Phase != incident.Containment {
		t.Errorf("stands in %s", s.in.Phase)
	}
}

func TestWhoApproves(t *testing.T) {
	for _, tt := range []struct {
		name    string
		level   incident.Level
		exclude []incident.PersonID
		by      incident.PersonID
		role    incident.Role
		deputy  bool
		key     string
	}{
		{"level 3: the representative", l3, nil, president, incident.Representative, false, ""},
		{"level 3: the deputy for him", l3, nil, vice, incident.Representative, true, ""},
		{"level 3: not the lead", l3, nil, leader, "", false, "refuse.not_allowed"},
		{"level 3: his deputy when he is left out", l3, []incident.PersonID{president}, vice, incident.Representative, true, ""},
		{"level 3: the lead when the whole line is left out", l3, []incident.PersonID{president, vice}, leader, incident.Representative, true, ""},
		{"level 2: the lead", l2, nil, leader, incident.IncidentLead, false, ""},
		{"level 2: the representative stands above him", l2, nil, president, incident.Representative, false, ""},
		{"level 2: not the representative's deputy", l2, nil, vice, "", false, "refuse.not_allowed"},
		{"level 2: not the system administrator", l2, nil, admin, "", false, "refuse.not_allowed"},
		{"level 1: the lead", l1, nil, leader, incident.IncidentLead, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tampering(t, tt.level, incident.Facts{incident.FactPersonalData: incident.No})
			s.do(leader, incident.Assign{Person: vice})
			if tt.exclude != nil {
				s.do(leader, incident.Restrict{Exclude: tt.exclude, Reason: "本人に関わる"})
			}
			toFinalReport(s)
			c := incident.Approve{Publication: incident.PublishNone}
			if tt.key != "" {
				s.refused(tt.by, c, tt.key)
				return
			}
			s.do(tt.by, c)
			if a := s.in.Approval; a.By != tt.by || a.Role != tt.role || a.Deputy != tt.deputy {
				t.Errorf("approved as %+v", a)
			}
		})
	}
}

func TestWhatVoidsAnApproval(t *testing.T) {
	for _, tt := range []struct {
		name  string
		by    incident.PersonID
		c     incident.Command
		voids bool
	}{
		{"a field", leader, incident.SetField{Field: incident.FieldCause, Value: "別の原因"}, true},
		{"a fact", leader, incident.SetFacts{Facts: yes(incident.FactDamagedPaper)}, true},
		{"the level", leader, incident.SetLevel{Level: l2, Reason: "x"}, true},
		{"the category", leader, incident.Categorise{Category: incident.Other, Reason: "x"}, true},
		{"an action", leader, incident.SetPrevention{Text: "研修"}, true},
		{"a step back", leader, incident.Back{Reason: "x"}, true},
		{"a note", leader, incident.Note{Text: "x"}, false},
		{"a question", leader, incident.Ask{Text: "x"}, false},
		{"a new version of the same", leader, incident.MakeReport{}, false},
		{"somebody brought in", leader, incident.Assign{Person: affairs}, false},
		{"a proposal", admin, incident.SetLevel{Level: l3}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := toFinalReport(tampering(t, l1, incident.Facts{incident.FactPersonalData: incident.No}))
			s.do(leader, incident.Approve{})
			events := s.do(tt.by, tt.c)
			voided := of[incident.ApprovalVoided](events)
			if got := len(voided) == 1 && s.in.Approval == nil; got != tt.voids {
				t.Errorf("%v: approval %+v", kinds(events), s.in.Approval)
			}
			if tt.name == "a proposal" {
				s.do(leader, incident.SetLevel{Level: l1, Reason: "影響なし"})
				if s.in.Approval == nil {
					t.Error("turning a proposal down voids the approval")
				}
			}
			if tt.voids && !told(s, incident.NoticeVoided, leader) {
				t.Errorf("who approved is not told: %+v", s.told)
			}
		})
	}
}
