package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/incident"
)

// heard lists who is told what of the last command; the channel is "#". A message that is
// only brought up to date (a page that was sent before) is marked with ~.
func heard(s *scene, before int64) string {
	var out []string
	for _, n := range s.told {
		to := string(n.To)
		if to == "" {
			to = "#"
		}
		mark := ""
		if n.Kind == incident.NoticePage && n.Seq <= before {
			mark = "~"
		}
		out = append(out, mark+string(n.Kind)+"→"+to)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestWhoIsToldWhat(t *testing.T) {
	type step struct {
		by   incident.PersonID
		c    incident.Command
		want string
	}
	start := step{hanako, incident.Report{Text: "x", What: incident.KindTampering, Facts: impersonal}, "card→# page→admin page→leader reporter→hanako"}
	take := step{leader, incident.Take{}, "card→# feed→# feed→# reporter→hanako ~page→admin ~page→leader"}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a report is its card, not a stream of entries", []step{start}},
		{"taking it shows everywhere", []step{start, take}},
		{"declining calls the next", []step{start, {admin, incident.Decline{}, "card→# feed→# page→admin2 reporter→hanako ~page→admin ~page→leader"}}},
		{"later entries are said in the channel", []step{start,
			{leader, incident.SetField{Field: incident.FieldScope, Value: "x"}, "card→# feed→#"},
			{leader, incident.DoStep{Step: "contain"}, "card→# feed→#"},
			{leader, incident.Note{Text: "x"}, "card→# feed→#"},
			{leader, incident.RecordEvidence{Name: "x", Where: "y"}, "card→# feed→#"},
			{hanako, screenshot, "card→# feed→#"}}},
		{"a question goes to the reporter, the answer to the channel", []step{start,
			{leader, incident.Ask{Text: "x"}, "card→# feed→# question→hanako"},
			{hanako, incident.Inform{Text: "x"}, "card→# feed→#"},
			{hanako, incident.Inform{Text: "x", FalseAlarm: true}, "alarm→leader card→# feed→#"}}},
		{"a raise calls the representative", []step{start, take,
			{leader, incident.SetLevel{Level: l3}, "card→# feed→# page→president ~page→admin ~page→leader"}}},
		{"a proposal tells the lead and calls", []step{start, take,
			{admin, incident.SetLevel{Level: l3}, "card→# feed→# page→president proposal→leader"}}},
		{"a move is shown to the reporter", []step{start, take,
			{leader, incident.SetLevel{Level: l1}, "card→# feed→# ~page→admin ~page→leader"},
			{leader, incident.Advance{}, "card→# feed→# reporter→hanako"}}},
		{"a handover asks the receiver", []step{start, take,
			{leader, incident.HandOver{To: affairs}, "card→# feed→# handover→affairs"},
			{affairs, incident.AcceptHandover{Refuse: true}, "card→# feed→# refused→leader"},
			{leader, incident.HandOver{To: affairs}, "card→# feed→# handover→affairs"},
			{affairs, incident.AcceptHandover{}, "card→# feed→# reporter→hanako ~page→admin ~page→leader"}}},
		{"work that is given to somebody", []step{start, take,
			{leader, incident.Assign{Person: affairs, Step: "contain"}, "assigned→affairs card→# feed→# page→affairs"},
			{leader, incident.Assign{Person: leader, Step: "contain"}, "card→# feed→#"}}},
		{"everybody who was told hears of the dismissal", []step{start, take,
			{leader, incident.Assign{Person: affairs}, "card→# feed→# page→affairs"},
			{leader, incident.Dismiss{Reason: "x"}, "card→# ended→admin ended→affairs ended→hanako ended→leader ended→president ended→sales_head feed→# reporter→hanako ~page→admin ~page→affairs ~page→leader"},
			{leader, incident.Reopen{Reason: "x"}, "card→# feed→# page→admin reopened→admin reopened→affairs reopened→hanako reopened→leader reopened→president reopened→sales_head reporter→hanako ~page→admin ~page→affairs ~page→leader"}}},
		{"who is left out hears nothing more", []step{start, take,
			{leader, incident.Assign{Person: suspect}, "card→# feed→# page→suspect"},
			{leader, incident.Restrict{Exclude: []incident.PersonID{suspect}, Reason: "x"}, "card→# feed→# ~page→admin ~page→leader ~page→suspect"},
			{leader, incident.Dismiss{Reason: "x"}, "card→# ended→admin ended→hanako ended→leader ended→president ended→sales_head feed→# reporter→hanako ~page→admin ~page→leader"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			for _, st := range tt.steps {
				before := s.in.Seq
				s.do(st.by, st.c)
				if got := heard(s, before); got != st.want {
					t.Errorf("%s: %T\n got %s\nwant %s", st.by, st.c, got, st.want)
				}
			}
		})
	}
}

func TestTheApproversHear(t *testing.T) {
	s := tampering(t, l1, impersonal)
	toFinalReport(s)
	if !told(s, incident.NoticeApprove, leader) {
		t.Errorf("the lead is not asked to approve level 1: %s", heard(s, s.in.Seq))
	}
	s.do(leader, incident.SetLevel{Level: l3})
	if !told(s, incident.NoticeApprove, president) || told(s, incident.NoticeApprove, leader) {
		t.Errorf("who has to approve now: %s", heard(s, s.in.Seq))
	}
	s.do(leader, incident.Assign{Person: vice})
	s.do(vice, incident.Approve{Publication: incident.PublishNone})
	s.do(leader, incident.SetField{Field: incident.FieldCause, Value: "x"})
	for _, p := range []incident.PersonID{president, vice} {
		if !told(s, incident.NoticeVoided, p) {
			t.Errorf("%s does not hear that the approval is void: %s", p, heard(s, s.in.Seq))
		}
	}
}

func TestTheAuditorGetsTheHead(t *testing.T) {
	s := closed(t)
	for _, n := range s.told {
		if n.Kind == incident.NoticeHead && n.To == auditor {
			return
		}
	}
	t.Errorf("not told: %s", heard(s, s.in.Seq))
}

// The same key refreshes a message; a new one is a new message.
func TestTheKeysOfMessages(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	key := func(kind incident.NoticeKind, to incident.PersonID) string {
		for _, n := range s.told {
			if n.Kind == kind && n.To == to {
				return n.Key
			}
		}
		return "none"
	}
	card, page, mine := key(incident.NoticeCard, nobody), key(incident.NoticePage, admin), key(incident.NoticeReporter, hanako)
	if card != "card:INC-2026-0001" || mine != "reporter:INC-2026-0001:hanako" || page != fmt.Sprintf("page:INC-2026-0001:%d:admin", pageOf(s, admin).Seq) {
		t.Errorf("keys %s, %s, %s", card, mine, page)
	}
	s.do(leader, incident.Take{})
	if key(incident.NoticeCard, nobody) != card || key(incident.NoticePage, admin) != page || key(incident.NoticeReporter, hanako) != mine {
		t.Errorf("the messages are not brought up to date: %+v", s.told)
	}
	feed := key(incident.NoticeFeed, nobody)
	s.do(leader, incident.Note{Text: "x"})
	if again := key(incident.NoticeFeed, nobody); again == feed || again == "none" {
		t.Errorf("the entry %s replaces %s", again, feed)
	}
	// A page that is sent again is a new message; the old one is brought up to date.
	s.pass() // admin2
	s.pass() // the representative
	s.pass() // his deputy
	s.pass() // all again
	var pages []string
	for _, n := range s.told {
		if n.To == admin {
			pages = append(pages, n.Key)
		}
	}
	if len(pages) != 2 || pages[1] != page || pages[0] == page {
		t.Errorf("pages of admin: %v, the first was %s", pages, page)
	}
	if key(incident.NoticePhones, hanako) != "none" {
		t.Error("the reporter is told to phone though the lead has taken it")
	}

	t.Run("the phone numbers are one message, however many rounds pass", func(t *testing.T) {
		s := reported(t, incident.Report{Facts: impersonal})
		keys := map[string]bool{}
		for range 6 {
			s.pass()
			for _, n := range s.told {
				if n.Kind == incident.NoticePhones {
					keys[n.Key] = true
				}
			}
		}
		if len(keys) != 1 {
			t.Errorf("%v", keys)
		}
	})
}

// Nothing of an incident may stand in what is stored beside it: a notice names it, no more.
func TestANoticeCarriesNoText(t *testing.T) {
	s := reported(t, incident.Report{Text: "秘密の本文"})
	s.do(leader, incident.Note{Text: "秘密の記録"})
	if got := asJSON(t, s.told); strings.Contains(got, "秘密") {
		t.Error(got)
	}
}
