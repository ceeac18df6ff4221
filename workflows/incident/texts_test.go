package incident_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

func text1(k incident.TextKind) incident.ProposeText {
	return incident.ProposeText{What: k, Text: "お客様各位\n\nお詫びとお知らせ"}
}

func toldOf(s *scene, k incident.NoticeKind) (out []incident.PersonID) {
	for _, n := range s.told {
		if n.Kind == k {
			out = append(out, n.To)
		}
	}
	slices.Sort(out)
	return out
}

func status(t *testing.T, s *scene, k incident.TextKind, version int, want incident.TextStatus) {
	t.Helper()
	if got, ok := s.in.Text(k, version); !ok || got.Status != want {
		t.Errorf("version %d of %s is %+v, want %s", version, k, got, want)
	}
}

func TestATextGoesOutAfterTheRepresentativesYes(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextIndividuals))
	equal(t, "asked", toldOf(s, incident.NoticeSign), people(president))
	if n := s.told[slices.IndexFunc(s.told, func(n incident.Notice) bool { return n.Kind == incident.NoticeSign })]; !n.Urgent || n.Means != "" {
		t.Errorf("asked by %+v", n)
	}
	publish := incident.PublishText{What: incident.TextIndividuals, Version: 1, Where: "https://example.jp/news"}
	s.refused(privacy, publish, "refuse.outside_not_approved")
	s.refused(leader, incident.ApproveText{What: incident.TextIndividuals, Version: 1}, "refuse.not_allowed")
	s.refused(president, incident.ApproveText{What: incident.TextPress, Version: 1}, "refuse.outside_unknown")

	s.now = s.now.Add(10 * time.Minute)
	e := of[incident.OutsideApproved](s.do(president, incident.ApproveText{What: incident.TextIndividuals, Version: 1, Comment: "結構です"}))
	if len(e) != 1 || e[0].Role != incident.Representative || e[0].Deputy || e[0].Own {
		t.Errorf("%+v", e)
	}
	equal(t, "hears of it", toldOf(s, incident.NoticeSigned), people(privacy))
	s.refused(president, incident.ApproveText{What: incident.TextIndividuals, Version: 1}, "refuse.outside_settled")

	s.now = s.now.Add(time.Hour)
	early := publish
	early.When = s.now.Add(-2 * time.Hour).In(incident.Tokyo).Format("2006/1/2 15:04")
	s.refused(privacy, early, "refuse.outside_early")
	late := publish
	late.When = s.now.Add(time.Hour).In(incident.Tokyo).Format("2006/1/2 15:04")
	s.refused(privacy, late, "refuse.outside_future")
	bad := publish
	bad.When = "きのう"
	s.refused(privacy, bad, "refuse.time_bad")
	publish.When = s.now.Add(-30 * time.Minute).In(incident.Tokyo).Format("2006/1/2 15:04")
	s.do(privacy, publish)
	got, _ := s.in.Text(incident.TextIndividuals, 1)
	if got.Status != incident.TextPublished || got.Publication.Where != "https://example.jp/news" || !got.Publication.At.Equal(s.now.Add(-30*time.Minute).Truncate(time.Minute)) {
		t.Errorf("%+v %+v", got, got.Publication)
	}
	s.refused(privacy, publish, "refuse.outside_settled")
}

// Within the minute of the approval, people type a time that lies a few seconds before it.
func TestPublishedInTheMinuteOfTheApproval(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	s.now = s.now.Truncate(time.Minute).Add(time.Minute + 40*time.Second)
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	s.now = s.now.Add(10 * time.Second)
	s.do(privacy, incident.PublishText{What: incident.TextPress, Version: 1, Where: "店頭", When: s.now.In(incident.Tokyo).Format("2006/1/2 15:04")})
	status(t, s, incident.TextPress, 1, incident.TextPublished)
}

func TestAChangedTextNeedsANewApproval(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	s.do(privacy, text1(incident.TextCustomers)) // another kind is no matter of this one
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	s.do(affairsIn(s), text1(incident.TextPress))
	status(t, s, incident.TextPress, 1, incident.TextSuperseded)
	status(t, s, incident.TextPress, 2, incident.TextProposed)
	status(t, s, incident.TextCustomers, 1, incident.TextProposed)
	equal(t, "asked, and told that the first one is no more", toldOf(s, incident.NoticeSign), people(president, president))
	s.refused(affairs, incident.PublishText{What: incident.TextPress, Version: 1, Where: "x"}, "refuse.outside_settled")
	s.refused(affairs, incident.PublishText{What: incident.TextPress, Version: 2, Where: "x"}, "refuse.outside_not_approved")
	t.Run("taken back, the approved one may go out", func(t *testing.T) {
		seq := s.last("outside_proposed")
		if _, ref := s.decide(incident.Undo{Seq: seq}, s.target(affairs, seq)); ref != nil {
			t.Fatal(ref)
		}
		status(t, s, incident.TextPress, 1, incident.TextApproved)
		status(t, s, incident.TextPress, 2, incident.TextWithdrawn)
		s.do(privacy, text1(incident.TextPress))
		status(t, s, incident.TextPress, 3, incident.TextProposed) // no number is given twice
	})
}

// Asked again, whoever approves gets a message of its own, and the one before is worded anew:
// taking back a yes, and taking back the version that had replaced one which waited.
func TestATextIsAskedAboutAgainInAMessageOfItsOwn(t *testing.T) {
	signs := func(s *scene) (out []incident.Notice) {
		for _, n := range s.told {
			if n.Kind == incident.NoticeSign && n.To == president {
				out = append(out, n)
			}
		}
		return out
	}
	undo := func(s *scene, by incident.PersonID, kind incident.EventKind) int64 {
		s.t.Helper()
		seq := s.last(kind)
		if _, ref := s.decide(incident.Undo{Seq: seq}, s.target(by, seq)); ref != nil {
			s.t.Fatal(ref)
		}
		return s.last("outside_set_back")
	}
	renewed := func(s *scene, version int, before, now int64) {
		s.t.Helper()
		list := signs(s)
		if len(list) != 2 || list[0].Seq != now || !list[0].Urgent || list[1].Seq != before || list[1].Urgent || list[0].Key == list[1].Key {
			s.t.Fatalf("asked by %+v, want anew by entry %d, and %d worded anew", list, now, before)
		}
		got, _ := s.in.Text(incident.TextPress, version)
		if asked, there := s.in.TextAsked(before); !there || got.AskedBy() != now || asked.Version != version || got.Status != incident.TextProposed {
			s.t.Errorf("%+v, asked by %d", got, before)
		}
	}
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	first := s.last("outside_proposed")
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	second := undo(s, president, "outside_approved")
	renewed(s, 1, first, second)
	s.do(president, incident.RefuseText{What: incident.TextPress, Version: 1, Reason: "件数が古い"})
	if list := signs(s); len(list) != 1 || list[0].Seq != second || list[0].Urgent {
		t.Errorf("the refusal is shown in %+v", list)
	}
	third := undo(s, president, "outside_refused")
	renewed(s, 1, second, third)
	s.do(privacy, text1(incident.TextPress))
	newer := s.last("outside_proposed")
	fourth := undo(s, privacy, "outside_proposed")
	if list := signs(s); len(list) != 3 || list[0].Seq != fourth || !list[0].Urgent || list[1].Seq != third || list[2].Seq != newer {
		t.Errorf("asked again about the version before by %+v", list)
	}
	if got, _ := s.in.Text(incident.TextPress, 1); got.AskedBy() != fourth {
		t.Errorf("%+v", got)
	}
	if folded := asJSON(t, incident.Fold(s.in.ID, s.records)); folded != asJSON(t, s.in) {
		t.Errorf("folded to %s", folded)
	}
}

// A record of the time when the old message was edited folds to the row of that time.
func TestASetBackOfBeforeFoldsAsItDid(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	s.record([]incident.Event{incident.OutsideSetBack{What: incident.TextPress, Version: 1, To: incident.TextProposed}}, s.env(president))
	got, _ := s.in.Text(incident.TextPress, 1)
	if got.Asked != nil || got.AskedBy() != got.Seq || got.Status != incident.TextProposed {
		t.Errorf("%+v", got)
	}
	if body := s.bodies[len(s.bodies)-1]; strings.Contains(string(body), "asks") {
		t.Errorf("written as %s", body)
	}
}

func affairsIn(s *scene) incident.PersonID {
	s.t.Helper()
	s.do(leader, incident.Assign{Person: affairs})
	return affairs
}

func TestSentBack(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	s.refused(president, incident.RefuseText{What: incident.TextPress, Version: 1}, "refuse.reason_needed")
	s.do(president, incident.RefuseText{What: incident.TextPress, Version: 1, Reason: "件数が古い"})
	equal(t, "hears of it", toldOf(s, incident.NoticeSigned), people(privacy))
	got, _ := s.in.Text(incident.TextPress, 1)
	if got.Status != incident.TextRefused || got.Refusal.Reason != "件数が古い" {
		t.Errorf("%+v", got)
	}
	s.refused(president, incident.ApproveText{What: incident.TextPress, Version: 1}, "refuse.outside_settled")
	seq := s.last("outside_refused")
	if _, ref := s.decide(incident.Undo{Seq: seq}, s.target(president, seq)); ref != nil {
		t.Fatal(ref)
	}
	status(t, s, incident.TextPress, 1, incident.TextProposed)
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	// While it is not out, the yes does not bind: it may be sent back all the same.
	s.do(president, incident.RefuseText{What: incident.TextPress, Version: 1, Reason: "待ってください"})
	s.refused(privacy, incident.PublishText{What: incident.TextPress, Version: 1, Where: "x"}, "refuse.outside_settled")
	seq = s.last("outside_refused")
	if _, ref := s.decide(incident.Undo{Seq: seq}, s.target(president, seq)); ref != nil {
		t.Fatal(ref)
	}
	status(t, s, incident.TextPress, 1, incident.TextApproved)
}

// What the representative has sent back stays so: the lead, who may take back what others have
// recorded, may not decide this in his place, nor take his approval away.
func TestTheLeadDoesNotOverruleTheRepresentative(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(leader, incident.Assign{Person: vice})
	s.do(privacy, text1(incident.TextPress))
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	undo := func(by incident.PersonID, kind incident.EventKind) *incident.Refusal {
		seq := s.last(kind)
		env := s.target(by, seq)
		if may := s.in.MayTakeBack(s.people, by, env.Target); may != (by != leader) {
			t.Errorf("%s may take %s back: %t", by, kind, may)
		}
		_, ref := s.decide(incident.Undo{Seq: seq}, env)
		return ref
	}
	if ref := undo(leader, "outside_approved"); ref == nil || ref.Key != "refuse.not_allowed" {
		t.Errorf("the approval: %v", ref)
	}
	s.do(president, incident.RefuseText{What: incident.TextPress, Version: 1, Reason: "待ってください"})
	if ref := undo(leader, "outside_refused"); ref == nil || ref.Key != "refuse.not_allowed" {
		t.Errorf("the refusal: %v", ref)
	}
	status(t, s, incident.TextPress, 1, incident.TextRefused)
	// His deputy may, and what was approved before the refusal has to be approved anew.
	if ref := undo(vice, "outside_refused"); ref != nil {
		t.Fatal(ref)
	}
	status(t, s, incident.TextPress, 1, incident.TextProposed)
	s.refused(privacy, incident.PublishText{What: incident.TextPress, Version: 1, Where: "x"}, "refuse.outside_not_approved")
}

// Each entry can be taken back in its turn, the last one first.
func TestUndoneStepByStep(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	s.do(privacy, incident.PublishText{What: incident.TextPress, Version: 1, Where: "ホームページ"})
	proposed, approved, published := s.last("outside_proposed"), s.last("outside_approved"), s.last("outside_published")
	undo := func(by incident.PersonID, seq int64) *incident.Refusal {
		_, ref := s.decide(incident.Undo{Seq: seq}, s.target(by, seq))
		return ref
	}
	for seq, by := range map[int64]incident.PersonID{proposed: leader, approved: president} {
		if ref := undo(by, seq); ref == nil || ref.Key != "refuse.entry_overtaken" {
			t.Errorf("entry %d: %v", seq, ref)
		}
	}
	if ref := undo(admin, published); ref == nil || ref.Key != "refuse.not_allowed" {
		t.Errorf("by anybody: %v", ref)
	}
	for _, step := range []struct {
		by   incident.PersonID
		seq  int64
		then incident.TextStatus
	}{{privacy, published, incident.TextApproved}, {president, approved, incident.TextProposed}, {leader, proposed, incident.TextWithdrawn}} {
		if ref := undo(step.by, step.seq); ref != nil {
			t.Fatalf("entry %d: %v", step.seq, ref)
		}
		status(t, s, incident.TextPress, 1, step.then)
	}
	if got, _ := s.in.Text(incident.TextPress, 1); got.Approval != nil || got.Publication != nil {
		t.Errorf("%+v", got)
	}
}

func TestNobodyApprovesHisOwnText(t *testing.T) {
	t.Run("the only one does", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(president, text1(incident.TextPress))
		equal(t, "asked", toldOf(s, incident.NoticeSign), people(president))
		if e := of[incident.OutsideApproved](s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})); !e[0].Own {
			t.Errorf("%+v", e)
		}
	})
	t.Run("his deputy sees the incident", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Assign{Person: vice})
		s.do(president, text1(incident.TextPress))
		equal(t, "asked", toldOf(s, incident.NoticeSign), people(vice))
		ref := s.refused(president, incident.ApproveText{What: incident.TextPress, Version: 1}, "refuse.outside_own")
		if ref.Args["person"] != vice {
			t.Errorf("sent to %v", ref.Args)
		}
		if e := of[incident.OutsideApproved](s.do(vice, incident.ApproveText{What: incident.TextPress, Version: 1})); !e[0].Deputy || e[0].Own {
			t.Errorf("%+v", e)
		}
	})
	t.Run("the deputy proposes", func(t *testing.T) {
		s := reported(t, incident.Report{})
		s.do(leader, incident.Assign{Person: vice})
		s.do(vice, text1(incident.TextPress))
		equal(t, "asked", toldOf(s, incident.NoticeSign), people(president))
		s.refused(vice, incident.ApproveText{What: incident.TextPress, Version: 1}, "refuse.outside_own")
	})
}

func TestWhileTheRepresentativeIsAwayHisDeputyIsAsked(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(leader, incident.Assign{Person: vice})
	s.people.away[president] = vice
	s.do(privacy, text1(incident.TextPress))
	equal(t, "asked", toldOf(s, incident.NoticeSign), people(vice))
}

// Nobody of his line who sees the incident is there: his deputy is let in to approve it.
func TestWhileTheRepresentativeIsAwayHisDeputyIsLetInToApprove(t *testing.T) {
	s := reported(t, incident.Report{})
	if s.in.InCircle(vice) {
		t.Fatal("the deputy sees it already")
	}
	s.people.away[president] = ""
	s.do(privacy, text1(incident.TextPress))
	equal(t, "asked", toldOf(s, incident.NoticeSign), people(vice))
	if e := of[incident.OutsideApproved](s.do(vice, incident.ApproveText{What: incident.TextPress, Version: 1})); len(e) != 1 || !e[0].Deputy {
		t.Errorf("%+v", e)
	}
}

// Who was asked while the representative was away reads that it is decided when he has done it.
func TestTheMessageOfWhoWasAskedIsBroughtUpToDate(t *testing.T) {
	s := reported(t, incident.Report{})
	s.people.away[president] = vice
	s.do(privacy, text1(incident.TextPress))
	delete(s.people.away, president)
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	if got := toldOf(s, incident.NoticeSign); !slices.Contains(got, vice) {
		t.Errorf("brought up to date: %v", got)
	}
}

func TestWithNoRepresentativeTheLeadApprovesAsTheLead(t *testing.T) {
	s := reported(t, incident.Report{Exclude: []incident.PersonID{president, vice}})
	s.do(privacy, text1(incident.TextPress))
	if e := of[incident.OutsideApproved](s.do(leader, incident.ApproveText{What: incident.TextPress, Version: 1})); e[0].Role != incident.IncidentLead || e[0].Deputy {
		t.Errorf("%+v", e)
	}
}

func TestWhatIsSaidOfAPartyIsShort(t *testing.T) {
	s := reported(t, incident.Report{})
	long := strings.Repeat("あ", 301)
	s.refused(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: long}, "refuse.text_long")
	s.do(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: long[:900]})
	s.refused(privacy, incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicFact}, How: long}, "refuse.text_long")
	s.do(privacy, text1(incident.TextPress))
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	s.refused(privacy, incident.PublishText{What: incident.TextPress, Version: 1, Where: long}, "refuse.text_long")
}

func TestWithTheWholeLineLeftOutTheLeadApproves(t *testing.T) {
	s := reported(t, incident.Report{Exclude: []incident.PersonID{president, vice}})
	s.do(privacy, text1(incident.TextPress))
	equal(t, "asked", toldOf(s, incident.NoticeSign), people(leader))
	if e := of[incident.OutsideApproved](s.do(leader, incident.ApproveText{What: incident.TextPress, Version: 1})); len(e) != 1 {
		t.Errorf("%+v", e)
	}
}

func TestWhatIsNoText(t *testing.T) {
	s := reported(t, incident.Report{})
	s.refused(privacy, incident.ProposeText{What: "song", Text: "x"}, "refuse.outside_kind")
	s.refused(privacy, incident.ProposeText{What: incident.TextPress, Text: " \u200b "}, "refuse.text_empty")
	s.refused(auditor, text1(incident.TextPress), "refuse.not_allowed")
	s.refused(outsider, text1(incident.TextPress), "refuse.unknown_incident")
	for range 100 {
		s.do(privacy, text1(incident.TextPress))
	}
	s.refused(privacy, text1(incident.TextPress), "refuse.too_many")
}

func TestMostIsToldAfterTheEnd(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, text1(incident.TextPress))
	s.do(leader, incident.Dismiss{Reason: "該当しない"})
	if got := s.in.UnfinishedTexts(); len(got) != 1 {
		t.Errorf("unfinished: %+v", got)
	}
	s.do(president, incident.ApproveText{What: incident.TextPress, Version: 1})
	s.do(privacy, incident.PublishText{What: incident.TextPress, Version: 1, Where: "店頭"})
	s.do(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: "みなと商事"})
	s.do(privacy, incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicFact}, How: "電話"})
	if len(s.in.UnfinishedTexts()) != 0 {
		t.Error("still unfinished")
	}
}

func TestATextIsNotInTheRow(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, incident.ProposeText{What: incident.TextPress, Text: "だれにも見せない言葉"})
	got, _ := s.in.Text(incident.TextPress, 1)
	if got.Length != 10 {
		t.Errorf("%d characters", got.Length)
	}
	if row := asJSON(t, s.in); strings.Contains(row, "だれにも") {
		t.Error("the text stands in the row")
	}
}
