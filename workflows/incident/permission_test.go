package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/incident"
)

// One command of every word, made so that nothing but a missing right can stop it from being
// looked at.
var oneOfEach = map[incident.Word]incident.Command{
	incident.WordReport:    incident.Report{Text: "別件"},
	incident.WordTake:      incident.Take{},
	incident.WordDecline:   incident.Decline{},
	incident.WordAdvance:   incident.Advance{},
	incident.WordBack:      incident.Back{Reason: "理由"},
	incident.WordLevel:     incident.SetLevel{Level: incident.Level3, Reason: "理由"},
	incident.WordCategory:  incident.Categorise{Category: incident.Damage, Reason: "理由"},
	incident.WordAssign:    incident.Assign{Person: affairs},
	incident.WordHandover:  incident.HandOver{To: affairs},
	incident.WordAccept:    incident.AcceptHandover{},
	incident.WordStep:      incident.DoStep{Step: "contain"},
	incident.WordClock:     incident.SettleClock{Rule: "none"},
	incident.WordRemind:    incident.RemindClocks{},
	incident.WordText:      incident.ProposeText{What: incident.TextPress, Text: "お知らせ"},
	incident.WordSign:      incident.ApproveText{What: incident.TextPress, Version: 1},
	incident.WordParty:     incident.SetParty{Kind: incident.PartyOrgs, Name: "みなと商事"},
	incident.WordWaive:     incident.Waive{Step: "contain", Reason: "理由"},
	incident.WordNote:      incident.Note{Text: "記録"},
	incident.WordCorrect:   incident.Correct{Seq: 1, Text: "訂正"},
	incident.WordUndo:      incident.Undo{},
	incident.WordField:     incident.SetField{Field: incident.FieldScope, Value: "1台"},
	incident.WordFact:      incident.SetFacts{Facts: yes(incident.FactWideScope)},
	incident.WordFile:      incident.RecordEvidence{Name: "ログ", Where: "金庫"},
	incident.WordAttach:    screenshot,
	incident.WordAction:    incident.SetPrevention{Text: "暗号化"},
	incident.WordDoc:       incident.MakeReport{},
	incident.WordApprove:   incident.Approve{Publication: incident.PublishNone},
	incident.WordClose:     incident.Close{},
	incident.WordDismiss:   incident.Dismiss{Reason: "理由"},
	incident.WordReopen:    incident.Reopen{Reason: "理由"},
	incident.WordMerge:     incident.Merge{Into: "INC-2026-0002"},
	incident.WordRestrict:  incident.Restrict{Exclude: []incident.PersonID{affairs}, Reason: "理由"},
	incident.WordAsk:       incident.Ask{Text: "質問"},
	incident.WordInform:    incident.Inform{Text: "追加"},
	incident.WordAbsorb:    incident.Absorb{From: "INC-2026-0002", Text: "別の報告"},
	incident.WordPassRound: incident.PassRound{},
	incident.WordMeans:     incident.FailMeans{},
	incident.WordRecall:    incident.Recall{},
	incident.WordPassOffer: incident.PassOffer{},
}

// Y may; p may propose a raise instead; n sees the incident (or the own report) and is told
// that he may not; . learns nothing, not even that it exists.
//
// Before anybody took it, level not confirmed, press left out by the reporter. Called are the
// lead, the system administrator, the privacy manager and the reporter's department lead.
const beforeAnybodyTookIt = `
           president vice leader second admin admin2 privacy sales_head affairs auditor hanako outsider suspect U0STRANGER
report     Y         Y    Y      Y      Y     Y      Y       Y          Y       Y       Y      Y        Y       Y
take       Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
decline    n         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
advance    Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
back       Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
level      p         .    Y      .      p     .      p       p          .       n       n      .        .       .
category   n         .    Y      .      n     .      n       n          .       n       n      .        .       .
assign     n         .    Y      .      Y     .      n       n          .       n       n      .        .       .
handover   Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
accept     n         .    n      .      n     .      n       n          .       n       n      .        .       .
step       Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
waive      n         .    Y      .      n     .      n       n          .       n       n      .        .       .
note       Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
correct    Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
undo       Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
field      Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
fact       Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
file       Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
attach     Y         .    Y      .      Y     .      Y       Y          .       n       Y      .        .       .
action     Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
doc        Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
approve    Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
close      Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
dismiss    n         .    Y      .      n     .      n       n          .       n       n      .        .       .
reopen     Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
merge      n         .    Y      .      n     .      n       n          .       n       n      .        .       .
restrict   Y         .    Y      .      n     .      n       n          .       n       n      .        .       .
ask        Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
inform     n         .    n      .      n     .      n       n          .       n       Y      .        .       .
absorb     n         .    n      .      n     .      n       n          .       n       n      .        .       .
round      n         .    n      .      n     .      n       n          .       n       n      .        .       .
means      n         .    n      .      n     .      n       n          .       n       n      .        .       .
recall     n         .    n      .      n     .      n       n          .       n       n      .        .       .
offer      n         .    n      .      n     .      n       n          .       n       n      .        .       .
clock      Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
remind     n         .    n      .      n     .      n       n          .       n       n      .        .       .
texts      Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
sign       Y         .    n      .      n     .      n       n          .       n       n      .        .       .
party      Y         .    Y      .      Y     .      Y       Y          .       n       n      .        .       .
`

// Level 3, the lead's deputy leads, the lead is offered to the system administrator. The
// representative's deputy was not brought in: he learns nothing.
const theDeputyLeads = `
           president vice leader second admin admin2 privacy sales_head affairs auditor hanako outsider suspect U0STRANGER
take       Y         .    Y      Y      Y     .      Y       Y          .       n       n      .        .       .
decline    Y         .    Y      Y      Y     .      Y       Y          .       n       n      .        .       .
advance    Y         .    n      Y      n     .      n       n          .       n       n      .        .       .
back       Y         .    n      Y      n     .      n       n          .       n       n      .        .       .
level      p         .    p      Y      p     .      p       p          .       n       n      .        .       .
category   n         .    n      Y      n     .      n       n          .       n       n      .        .       .
assign     n         .    n      Y      Y     .      n       n          .       n       n      .        .       .
handover   Y         .    Y      Y      n     .      n       n          .       n       n      .        .       .
accept     n         .    n      n      Y     .      n       n          .       n       n      .        .       .
waive      n         .    n      Y      n     .      n       n          .       n       n      .        .       .
note       Y         .    Y      Y      Y     .      Y       Y          .       n       n      .        .       .
approve    Y         .    n      n      n     .      n       n          .       n       n      .        .       .
close      Y         .    n      Y      n     .      n       n          .       n       n      .        .       .
dismiss    n         .    n      Y      n     .      n       n          .       n       n      .        .       .
reopen     Y         .    n      Y      n     .      n       n          .       n       n      .        .       .
merge      n         .    n      Y      n     .      n       n          .       n       n      .        .       .
restrict   Y         .    n      Y      n     .      n       n          .       n       n      .        .       .
sign       Y         .    n      n      n     .      n       n          .       n       n      .        .       .
inform     n         .    n      n      n     .      n       n          .       n       Y      .        .       .
`

// The same, with the representative's deputy brought in: he acts for him (代行).
const theViceIsIn = `
           president vice leader second admin
approve    Y         Y    n      n      n
sign       Y         Y    n      n      n
texts      Y         Y    Y      Y      Y
advance    Y         Y    n      Y      n
close      Y         Y    n      Y      n
reopen     Y         Y    n      Y      n
restrict   Y         Y    n      Y      n
handover   Y         n    Y      Y      n
level      p         p    p      Y      p
dismiss    n         n    n      Y      n
take       Y         Y    Y      Y      Y
`

// Level 0: the system administrator answers for it; the lead still leads.
const levelZero = `
           president vice leader second admin admin2 privacy sales_head auditor hanako outsider
approve    n         .    n      .      Y     .      n       n          n       n      .
close      n         .    Y      .      Y     .      n       n          n       n      .
advance    n         .    Y      .      Y     .      n       n          n       n      .
level      p         .    Y      .      p     .      p       p          n       n      .
waive      n         .    Y      .      n     .      n       n          n       n      .
restrict   Y         .    Y      .      n     .      n       n          n       n      .
note       Y         .    Y      .      Y     .      Y       Y          n       n      .
`

func TestWhoMayDoWhat(t *testing.T) {
	press := []incident.PersonID{suspect}
	deputy := func(t *testing.T) *scene {
		s := reported(t, incident.Report{What: incident.KindTampering, Facts: yes(incident.FactPersonalData), Exclude: press})
		s.do(leader, incident.Decline{})
		s.do(second, incident.Take{})
		s.do(second, incident.HandOver{To: admin})
		return s
	}
	for _, tt := range []struct {
		name  string
		build func(t *testing.T) *scene
		table string
		all   bool // every word and every person stands in the table
	}{
		{"before anybody took it", func(t *testing.T) *scene {
			return reported(t, incident.Report{What: incident.KindTampering, Exclude: press})
		}, beforeAnybodyTookIt, true},
		{"the deputy leads", deputy, theDeputyLeads, false},
		{"the vice is in", func(t *testing.T) *scene {
			s := deputy(t)
			s.do(second, incident.Assign{Person: vice})
			return s
		}, theViceIsIn, false},
		{"level 0", func(t *testing.T) *scene {
			s := reported(t, incident.Report{What: incident.KindNearMiss})
			s.do(leader, incident.SetLevel{Level: incident.Level0})
			return s
		}, levelZero, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.build(t)
			lines := strings.Split(strings.TrimSpace(tt.table), "\n")
			people := strings.Fields(lines[0])
			if tt.all && len(lines)-1 != len(oneOfEach) {
				t.Errorf("%d words in the table, there are %d", len(lines)-1, len(oneOfEach))
			}
			for _, line := range lines[1:] {
				cells := strings.Fields(line)
				c := oneOfEach[incident.Word(cells[0])]
				if c == nil || len(cells) != len(people)+1 {
					t.Fatalf("cannot read %q", line)
				}
				for i, want := range cells[1:] {
					p := incident.PersonID(people[i])
					if got := standing(s, p, c); got != want {
						t.Errorf("%s by %s: got %s, want %s", cells[0], p, got, want)
					}
					if may := s.in.May(s.people, p, incident.Word(cells[0])); may != (want == "Y") {
						t.Errorf("May(%s, %s) is %v, the table says %s", p, cells[0], may, want)
					}
				}
			}
		})
	}
}

// standing tries a command and says whether the person was allowed to, whatever else came of it.
func standing(s *scene, p incident.PersonID, c incident.Command) string {
	s.t.Helper()
	in := s.in
	if c.Word() == incident.WordLevel { // something to raise to, for who may only propose
		in = in.Snapshot()
		in.Level, in.Facts = incident.Level1, nil
		if s.in.Level == incident.Level0 {
			in.Level = incident.Level0
		}
	}
	events, ref := incident.Decide(in, c, s.env(p))
	switch {
	case ref == nil && len(of[incident.LevelProposed](events)) > 0:
		return "p"
	case ref == nil:
		return "Y"
	}
	switch ref.Key {
	case "refuse.unknown_incident":
		if ref.Args["id"] != s.in.ID || len(ref.Args) != 1 {
			s.t.Errorf("an outsider is told %v", ref.Args)
		}
		return "."
	case "refuse.not_allowed", "refuse.handover_none", "refuse.not_paged":
		return "n"
	}
	return "Y"
}

func TestEveryWordHasACommand(t *testing.T) {
	for _, w := range incident.AllWords {
		if w == incident.WordPropose {
			continue // the same command as level, from who may not decide it
		}
		if c := oneOfEach[w]; c == nil || c.Word() != w {
			t.Errorf("%s has no command of its own: %v", w, c)
		}
	}
}

func TestWhoMayRead(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindLoss, Exclude: []incident.PersonID{suspect}})
	want := map[incident.PersonID]bool{
		president: true, leader: true, admin: true, privacy: true, salesHead: true, auditor: true,
		vice: false, second: false, admin2: false, affairs: false, hanako: false, outsider: false,
		suspect: false, passerby: false, nobody: false,
	}
	for p, may := range want {
		if got := s.in.CanRead(s.people, p); got != may {
			t.Errorf("CanRead(%q) is %v", p, got)
		}
	}
	t.Run("an auditor who is left out reads nothing", func(t *testing.T) {
		s.do(leader, incident.Restrict{Exclude: []incident.PersonID{auditor}, Reason: "本人に関わる"})
		if s.in.CanRead(s.people, auditor) {
			t.Error("he reads it")
		}
		s.refused(auditor, incident.Note{Text: "x"}, "refuse.unknown_incident")
	})
	t.Run("who has left the company reads nothing", func(t *testing.T) {
		delete(s.people.active, admin)
		if s.in.CanRead(s.people, admin) {
			t.Error("he reads it")
		}
		s.refused(admin, incident.Note{Text: "x"}, "refuse.unknown_incident")
	})
}

// A timer and the other half of a merge are the bot's own: no person may forge them, and the
// bot may do nothing else.
func TestTheBotsWords(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindVirus})
	for w, c := range oneOfEach {
		if w == incident.WordReport {
			continue
		}
		env := s.env(leader)
		env.Bot = true
		_, ref := incident.Decide(s.in, c, env)
		own := slices.Contains([]incident.Word{incident.WordAbsorb, incident.WordPassRound, incident.WordMeans, incident.WordRecall, incident.WordPassOffer, incident.WordRemind}, w)
		if own && ref != nil {
			t.Errorf("the bot may not %s: %s", w, ref.Key)
		}
		if !own && (ref == nil || ref.Key != "refuse.not_allowed") {
			t.Errorf("the bot may %s: %v", w, fmt.Sprint(ref))
		}
	}
}
