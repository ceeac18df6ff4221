package incident_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

const (
	none = incident.Unassessed
	l0   = incident.Level0
	l1   = incident.Level1
	l2   = incident.Level2
	l3   = incident.Level3
)

// What the reporter says, and what follows for the level (§9.2), the category (§9.4) and who
// is called first.
func TestWhatAReportMeans(t *testing.T) {
	personal := []incident.PersonID{privacy, salesHead}
	no := func(f incident.Facts) incident.Facts { f[incident.FactPersonalData] = incident.No; return f }
	for _, tt := range []struct {
		name      string
		what      incident.Kind
		facts     incident.Facts
		suggested incident.Level
		working   incident.Level
		floor     incident.Level
		category  incident.Category
		effect    incident.Category
		called    []incident.PersonID
	}{
		{"one line, nothing known", "", nil, none, l2, l0, "other", "", append(people(leader, admin), personal...)},
		{"customers are touched", incident.KindServiceStop, yes(incident.FactOutsiders), l3, l3, l3, "damage", "", append(people(president, leader, admin), personal...)},
		{"personal information", incident.KindMisdelivery, yes(incident.FactPersonalData), l3, l3, l3, "leak", "", append(people(president, leader, admin), personal...)},
		{"individual numbers are personal information", incident.KindLoss, yes(incident.FactMyNumber), l3, l3, l3, "leak", "", append(people(president, leader, admin), personal...)},
		{"confidential information", incident.KindTheft, no(yes(incident.FactConfidential)), l2, l2, l2, "leak", "", people(leader, admin)},
		{"confidential information that is damaged", incident.KindTampering, no(yes(incident.FactConfidential)), l2, l2, l2, "damage", "", people(leader, admin)},
		{"a leak without anything known of it", incident.KindUnauthorizedAccess, nil, none, l2, l2, "leak", "", append(people(leader, admin), personal...)},
		{"the business has stopped", incident.KindServiceStop, no(yes(incident.FactBusinessStopped)), l2, l2, l0, "damage", "", people(leader, admin)},
		{"only staff's work", incident.KindMalfunction, no(yes(incident.FactStaffWork)), l1, l2, l0, "damage", "", people(leader, admin)},
		{"a virus does damage until known better", incident.KindVirus, no(incident.Facts{}), none, l2, l0, "virus", "damage", people(leader, admin)},
		{"a strange PC", incident.KindPCAbnormal, no(incident.Facts{}), none, l2, l0, "virus", "damage", people(leader, admin)},
		{"a near miss by its kind", incident.KindNearMiss, no(incident.Facts{}), l0, l0, l0, "other", "", people(admin)},
		{"a near miss, personal data unknown", incident.KindNearMiss, nil, l0, l0, l0, "other", "", append(people(admin), personal...)},
		{"a near miss of a leak is other, level 0", incident.KindMisdelivery, no(yes(incident.FactNearMiss)), l0, l0, l0, "other", "", people(admin)},
		{"a near miss of a virus keeps the first aid of a virus", incident.KindVirus, no(yes(incident.FactNearMiss)), l0, l0, l0, "virus", "damage", people(admin)},
		{"a near miss that touched customers is none", incident.KindMisdelivery, yes(incident.FactNearMiss, incident.FactOutsiders), l3, l3, l3, "leak", "", append(people(president, leader, admin), personal...)},
		{"a near miss that stops staff's work is none", incident.KindNearMiss, no(yes(incident.FactStaffWork)), l1, l2, l0, "other", "", people(leader, admin)},
		{"a rule was broken", incident.KindRuleBreach, no(incident.Facts{}), none, l2, l0, "other", "", people(leader, admin)},
		{"a complaint", incident.KindComplaint, no(incident.Facts{}), none, l2, l0, "other", "", people(leader, admin)},
		{"a suspicious mail", incident.KindSuspiciousMail, no(incident.Facts{}), none, l2, l0, "other", "", people(leader, admin)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			events := s.do(hanako, incident.Report{Text: "見つけました", What: tt.what, Facts: tt.facts})
			in := s.in
			if got, _ := incident.Suggest(in.Facts); got != tt.suggested {
				t.Errorf("suggests %s, want %s", got, tt.suggested)
			}
			if got := in.WorkingLevel(); got != tt.working || in.Level != none || !in.Provisional() {
				t.Errorf("working level %s (level %s), want %s", got, in.Level, tt.working)
			}
			if got, _ := in.Floor(); got != tt.floor {
				t.Errorf("floor %s, want %s", got, tt.floor)
			}
			if in.Category != tt.category || in.Effect != tt.effect {
				t.Errorf("category %s/%s, want %s/%s", in.Category, in.Effect, tt.category, tt.effect)
			}
			equal(t, "called", called(events), people(tt.called...))
			if want := (incident.PlanKey{Category: tt.category, Effect: tt.effect, Level: tt.working}); in.Plan != want || len(in.Steps) == 0 {
				t.Errorf("%d steps of %v, want %v", len(in.Steps), in.Plan, want)
			}
			if first := in.Steps[0]; first.Key != "report" || !first.Done || first.By != hanako {
				t.Errorf("the report itself is not done: %+v", first)
			}
			if in.Phase != incident.Reported || in.Fields[incident.FieldEvent].Value != "見つけました" || !in.Discovered().Equal(night) {
				t.Errorf("phase %s, fields %v", in.Phase, in.Fields)
			}
		})
	}
}

func TestEveryKindHasItsCategory(t *testing.T) {
	want := map[incident.Kind]incident.Category{
		"service_stop": "damage", "malfunction": "damage", "tampering": "damage",
		"misdelivery": "leak", "loss": "leak", "theft": "leak", "unauthorized_access": "leak",
		"virus": "virus", "pc_abnormal": "virus",
		"rule_breach": "other", "complaint": "other", "near_miss": "other", "suspicious_mail": "other", "unknown": "other",
	}
	for _, k := range incident.Kinds {
		if k.Category() != want[k] {
			t.Errorf("%s is %s, want %s", k, k.Category(), want[k])
		}
	}
	if len(incident.Kinds) != len(want) {
		t.Errorf("%d kinds, want %d", len(incident.Kinds), len(want))
	}
}

func TestWhoIsToldFirst(t *testing.T) {
	first := func(l incident.Level, personal incident.Answer) []incident.Role {
		return paging.Usual().At(l, l.Confirmed(), night).Roles(personal)
	}
	for _, tt := range []struct {
		level incident.Level
		want  string
	}{
		{l3, "[representative incident_lead system_admin]"},
		{l2, "[incident_lead system_admin]"},
		{l1, "[system_admin incident_lead]"},
		{l0, "[system_admin]"},
		{none, "[incident_lead system_admin]"},
	} {
		if got := fmt.Sprint(first(tt.level, incident.No)); got != tt.want {
			t.Errorf("level %s: %s, want %s", tt.level, got, tt.want)
		}
		for _, personal := range []incident.Answer{incident.Yes, incident.Unknown} {
			want := strings.TrimSuffix(tt.want, "]") + " privacy_manager department_lead]"
			if got := fmt.Sprint(first(tt.level, personal)); got != want {
				t.Errorf("level %s, personal information %s: %s, want %s", tt.level, personal, got, want)
			}
		}
	}
}

func TestAReportFromOutsideTheContactList(t *testing.T) {
	s := newScene(t)
	events := s.do(passerby, incident.Report{Text: "知らない人からメールが来た"})
	equal(t, "called", called(events), people(leader, admin, privacy)) // no department, no department lead
	s.do(passerby, incident.Inform{Text: "添付は開いていません"})
	if s.in.CanRead(s.people, passerby) {
		t.Error("a reporter reads more than the own report")
	}
}

func TestWhatComesWithAReport(t *testing.T) {
	s := newScene(t)
	s.do(hanako, incident.Report{
		Text: "  委託先から連絡\n詳細は未定 ", What: incident.KindLoss, Contractor: "配送会社・顧客名簿",
		ExpectedDamage: "名簿の流出", DiscoveredAt: night.Add(-time.Hour), OccurredAt: night.Add(-2 * time.Hour),
		Facts: incident.Facts{incident.FactPersons: "１，２００ "}, Practice: true,
	})
	in := s.in
	if in.Contractor != "配送会社・顧客名簿" || !in.Facts.Is(incident.FactAtContractor) || !in.Practice {
		t.Errorf("contractor %q, facts %v", in.Contractor, in.Facts)
	}
	if in.Title != "委託先から連絡" || in.Fields[incident.FieldEvent].Value != "委託先から連絡\n詳細は未定" {
		t.Errorf("title %q, event %q", in.Title, in.Fields[incident.FieldEvent].Value)
	}
	if in.Facts.Get(incident.FactPersons) != "1200" {
		t.Errorf("persons %q", in.Facts.Get(incident.FactPersons))
	}
	for f, want := range map[incident.Field]string{
		incident.FieldDiscoveredAt: "2026-11-21T16:07:00Z", incident.FieldOccurredAt: "2026-11-21T15:07:00Z",
		incident.FieldExpectedDamage: "名簿の流出",
	} {
		if got := in.Fields[f].Value; got != want {
			t.Errorf("%s is %q, want %q", f, got, want)
		}
	}
	s = reported(t, incident.Report{What: incident.KindUnauthorizedAccess})
	if !s.in.Facts.Is(incident.FactUnauthorizedAccess) {
		t.Error("the kind does not say that there was an unauthorized access")
	}
	s = reported(t, incident.Report{What: incident.KindVirus})
	if !s.in.Facts.Is(incident.FactVirus) {
		t.Error("the kind does not say that there was a virus")
	}
}

func TestReportsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    incident.Report
		key  string
	}{
		{"nothing", incident.Report{}, "refuse.text_empty"},
		{"blanks", incident.Report{Text: " \n\t　"}, "refuse.text_empty"},
		{"a zero-width space", incident.Report{Text: "\u200b\u200b\ufeff"}, "refuse.text_empty"},
		{"a direction mark", incident.Report{Text: "\u202e"}, "refuse.text_empty"},
		{"control characters", incident.Report{Text: "\x00\x07\x1b"}, "refuse.text_empty"},
		{"a Hangul filler", incident.Report{Text: "\u3164\u115f\uffa0"}, "refuse.text_empty"},
		{"accents without a letter", incident.Report{Text: "\u0301\ufe0f"}, "refuse.text_empty"},
		{"bytes that are no text", incident.Report{Text: "\xff\xfe"}, "refuse.text_empty"},
		{"20,001 characters", incident.Report{Text: strings.Repeat("あ", 20001)}, "refuse.text_long"},
		{"a kind there is not", incident.Report{Text: "x", What: "fire"}, "refuse.kind_unknown"},
		{"a fact there is not", incident.Report{Text: "x", Facts: incident.Facts{"weather": "yes"}}, "refuse.fact_unknown"},
		{"an answer there is not", incident.Report{Text: "x", Facts: incident.Facts{incident.FactOutsiders: "maybe"}}, "refuse.fact_answer"},
		{"a number that is none", incident.Report{Text: "x", Facts: incident.Facts{incident.FactPersons: "多数"}}, "refuse.fact_answer"},
		{"a negative number", incident.Report{Text: "x", Facts: incident.Facts{incident.FactPersons: "-1"}}, "refuse.fact_answer"},
		{"discovered tomorrow", incident.Report{Text: "x", DiscoveredAt: night.Add(24 * time.Hour)}, "refuse.time_future"},
		{"occurs tomorrow", incident.Report{Text: "x", OccurredAt: night.Add(24 * time.Hour)}, "refuse.time_future"},
		{"occurred after it was discovered", incident.Report{Text: "x", DiscoveredAt: night.Add(-2 * time.Hour), OccurredAt: night.Add(-time.Hour)}, "refuse.time_order"},
		{"leaving oneself out", incident.Report{Text: "x", Exclude: []incident.PersonID{hanako}}, "refuse.restrict_self"},
		{"leaving out nobody knows whom", incident.Report{Text: "x", Exclude: []incident.PersonID{passerby}}, "refuse.person_unknown"},
		{"leaving out everybody who could lead", incident.Report{Text: "x", Exclude: []incident.PersonID{leader, second, president, vice}}, "refuse.restrict_nobody_left"},
	} {
		t.Run(tt.name, func(t *testing.T) { newScene(t).refused(hanako, tt.r, tt.key) })
	}
	t.Run("20,000 characters are not too many", func(t *testing.T) {
		newScene(t).do(hanako, incident.Report{Text: strings.Repeat("あ", 20000)})
	})
	t.Run("a clock two minutes fast is not the future", func(t *testing.T) {
		newScene(t).do(hanako, incident.Report{Text: "x", DiscoveredAt: night.Add(2 * time.Minute)})
	})
}

func TestAReportThatLeavesPeopleOut(t *testing.T) {
	for _, tt := range []struct {
		name    string
		exclude []incident.PersonID
		called  []incident.PersonID
		leads   []incident.PersonID
	}{
		{"somebody without a part", []incident.PersonID{suspect}, people(leader, admin, privacy, salesHead), people(leader)},
		{"the lead: the deputy is called", []incident.PersonID{leader, leader}, people(second, admin, privacy, salesHead), people(second)},
		{"the whole line of the lead: the representative", []incident.PersonID{leader, second}, people(president, admin, privacy, salesHead), people(president)},
		{"the representative", []incident.PersonID{president}, people(leader, admin, privacy, salesHead), people(leader)},
		{"the system administrators", []incident.PersonID{admin, admin2}, people(leader, president, privacy, salesHead), people(leader)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			events := s.do(hanako, incident.Report{Text: "横領の疑い", Exclude: tt.exclude})
			equal(t, "called", called(events), tt.called)
			equal(t, "leads", s.in.Leads(s.people), tt.leads)
			for _, p := range tt.exclude {
				if s.in.InCircle(p) || s.in.CanRead(s.people, p) {
					t.Errorf("%s sees it", p)
				}
				for _, n := range s.told {
					if n.To == p {
						t.Errorf("%s is told: %+v", p, n)
					}
				}
				s.refused(p, incident.Note{Text: "x"}, "refuse.unknown_incident")
			}
		})
	}
}

// With nobody to call, the reporter hears at once that he has to phone.
func TestAReportThatReachesNobody(t *testing.T) {
	s := newScene(t)
	s.people.holders, s.people.deputies, s.people.departments = nil, nil, nil
	events := s.do(hanako, incident.Report{Text: "誰かいますか"})
	if r := of[incident.RoundPassed](events); len(r) != 1 || !r[0].Exhausted {
		t.Errorf("nobody was called, and nothing says so: %v", kinds(events))
	}
	if !told(s, incident.NoticePhones, hanako) {
		t.Errorf("the reporter is not told whom to phone: %+v", s.told)
	}
}

func told(s *scene, kind incident.NoticeKind, to incident.PersonID) bool {
	for _, n := range s.told {
		if n.Kind == kind && n.To == to {
			return true
		}
	}
	return false
}

// A decision has to be far quicker than the disk it waits for: well under 100 µs.
func BenchmarkDecideReport(b *testing.B) {
	s := newScene(b)
	env := s.env(hanako)
	r := incident.Report{Text: "社用PCを電車に置き忘れた", What: incident.KindLoss, Facts: yes(incident.FactPersonalData)}
	b.ReportAllocs()
	for b.Loop() {
		in := incident.New("INC-2026-0001")
		events, ref := incident.Decide(in, r, env)
		if ref != nil {
			b.Fatal(ref.Key)
		}
		for i, e := range events {
			in.Apply(incident.Record{Incident: in.ID, Seq: int64(i + 1), At: env.Now, Occurred: env.Now, By: hanako, Event: e})
		}
	}
}
