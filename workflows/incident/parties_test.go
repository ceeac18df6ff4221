package incident_test

import (
	"testing"

	"hikeshi/workflows/incident"
)

func TestWhoIsAffectedAndWhatTheyWereTold(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, incident.SetParty{Kind: incident.PartyPersons, Name: "会員", Count: "１，２００"})
	s.do(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: "みなと商事"})
	s.do(privacy, incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicMeasure, incident.TopicFact, incident.TopicFact}, How: "郵送", On: "2026/11/22"})
	s.do(privacy, incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicRestore}, How: "メール"})
	p, _ := s.in.Party(1)
	fact, _ := p.ToldOf(incident.TopicFact)
	restore, _ := p.ToldOf(incident.TopicRestore)
	if p.Count != 1200 || len(p.Told) != 2 || fact.On != "2026-11-22" || fact.How != "郵送" || restore.How != "メール" || len(p.Told[0].Topics) != 2 {
		t.Errorf("%+v", p)
	}
	if other, _ := s.in.Party(2); other.Count != 0 {
		t.Errorf("%+v", other)
	}
	s.do(privacy, incident.SetParty{N: 2, Kind: incident.PartyOrgs, Name: "みなと商事株式会社", Count: "1"})
	if events := s.do(privacy, incident.SetParty{N: 2, Kind: incident.PartyOrgs, Name: "みなと商事株式会社", Count: "1"}); len(events) != 0 {
		t.Errorf("the same again is an entry: %v", kinds(events))
	}
	s.do(privacy, incident.RemoveParty{N: 2, Reason: "影響がなかった"})
	if got := s.in.AffectedParties(); len(got) != 1 || got[0].N != 1 {
		t.Errorf("%+v", got)
	}
	s.refused(privacy, incident.TellParty{N: 2, Topics: incident.Topics, How: "電話"}, "refuse.party_unknown")
	s.do(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: "別の会社"})
	if _, ok := s.in.Party(3); !ok {
		t.Error("a number was given twice")
	}
}

func TestPartiesAsTheyCannotBe(t *testing.T) {
	s := reported(t, incident.Report{})
	s.do(privacy, incident.SetParty{Kind: incident.PartyPersons, Name: "会員"})
	for key, c := range map[string]incident.Command{
		"refuse.party_kind":       incident.SetParty{Kind: "ghosts", Name: "x"},
		"refuse.text_empty":       incident.SetParty{Kind: incident.PartyOrgs},
		"refuse.party_count":      incident.SetParty{Kind: incident.PartyOrgs, Name: "x", Count: "約千人"},
		"refuse.party_topics":     incident.TellParty{N: 1, How: "電話"},
		"refuse.party_unknown":    incident.TellParty{N: 7, How: "電話"},
		"refuse.party_day_future": incident.TellParty{N: 1, Topics: incident.Topics, How: "電話", On: "2026-11-23"},
		"refuse.party_day_early":  incident.TellParty{N: 1, Topics: incident.Topics, How: "電話", On: "2026-11-20"},
		"refuse.date_bad":         incident.TellParty{N: 1, Topics: incident.Topics, How: "電話", On: "きのう"},
		"refuse.reason_needed":    incident.RemoveParty{N: 1},
	} {
		s.refused(privacy, c, key)
	}
	s.refused(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: "x", Count: "0"}, "refuse.party_count")
	s.refused(auditor, incident.SetParty{Kind: incident.PartyOrgs, Name: "x"}, "refuse.not_allowed")
}

func TestPartiesUndone(t *testing.T) {
	s := reported(t, incident.Report{})
	undo := func(seq int64) string {
		if _, ref := s.decide(incident.Undo{Seq: seq}, s.target(privacy, seq)); ref != nil {
			return ref.Key
		}
		return ""
	}
	must := func(seq int64) {
		t.Helper()
		if key := undo(seq); key != "" {
			t.Fatalf("entry %d: %s", seq, key)
		}
	}
	s.do(privacy, incident.SetParty{Kind: incident.PartyPersons, Name: "会員", Count: "10"})
	added := s.last("party_set")
	s.do(privacy, incident.SetParty{N: 1, Kind: incident.PartyOrgs, Name: "取引先", Count: "3"})
	if key := undo(added); key != "refuse.entry_overtaken" {
		t.Errorf("under a change: %q", key)
	}
	changed := s.last("party_set")
	must(changed)
	if p, _ := s.in.Party(1); p.Name != "会員" || p.Count != 10 || p.Kind != incident.PartyPersons {
		t.Errorf("%+v", p)
	}
	s.do(privacy, incident.TellParty{N: 1, Topics: incident.Topics[:1], How: "電話"})
	first := s.last("party_told")
	s.do(privacy, incident.TellParty{N: 1, Topics: incident.Topics[:1], How: "郵送"})
	must(s.last("party_told"))
	if p, _ := s.in.Party(1); len(p.Told) != 1 || p.Told[0].How != "電話" {
		t.Errorf("%+v", p)
	}
	s.do(privacy, incident.RemoveParty{N: 1, Reason: "誤り"})
	if key := undo(first); key != "refuse.entry_overtaken" {
		t.Errorf("of a removed one: %q", key)
	}
	must(s.last("party_removed"))
	if p, _ := s.in.Party(1); p.Removed || p.Reason != "" {
		t.Errorf("%+v", p)
	}
	must(first)
	if p, _ := s.in.Party(1); len(p.Told) != 0 {
		t.Errorf("%+v", p)
	}
	s.do(privacy, incident.SetParty{Kind: incident.PartyOrgs, Name: "新しい"})
	must(s.last("party_set"))
	if len(s.in.AffectedParties()) != 1 {
		t.Errorf("%+v", s.in.Parties)
	}
}

// Who signs must have seen whom it touches; that they were told follows from his yes.
func TestAnApprovalCoversWhoIsAffected(t *testing.T) {
	for _, c := range []struct {
		event incident.Event
		want  bool
	}{
		{incident.PartySet{}, true}, {incident.PartyRemoved{}, true}, {incident.PartyRestored{}, true},
		{incident.PartyTold{}, false}, {incident.OutsidePublished{}, false}, {incident.OutsideProposed{}, false},
	} {
		if got := incident.ChangesReport(c.event); got != c.want {
			t.Errorf("%s changes what was approved: %v", c.event.Kind(), got)
		}
	}
}
