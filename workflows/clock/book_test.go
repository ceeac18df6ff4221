package clock_test

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// settled answers every question so that nobody has to be told.
const settled = "personal_data=yes encrypted_safe=no special_care=no financial_damage=no wrongful_purpose=no ransomware=no " +
	"unauthorized_access=no virus=no persons=1 my_number=no viewable_by_many=no "

// Whether the final reports are due and in how many days, by the tables of the law: 0 never;
// a number below zero, as long as an answer is missing.
func TestDaysByWhatIsKnown(t *testing.T) {
	b := book(t, ofTheLaw())
	for _, c := range []struct {
		facts         string
		ppc, myNumber int
	}{
		{"", 0, 0},
		// 施行規則7条4号: 1,000人を超える. 報告規則2条4号: 100人を超える.
		{"persons=999", 0, 0}, {"persons=1000", 0, 0}, {"persons=1001", 30, 0}, {"persons=0", -30, 0},
		{"my_number=yes my_number_persons=100", 0, 0}, {"my_number=yes my_number_persons=101", 0, 30},
		{"persons=unknown", -30, 0}, {"my_number=yes", 0, -30},
		// The largest possible number decides while the number is open (通則編ガイドライン 3-5-3-1).
		{"persons=unknown persons_max=1000", 0, 0}, {"persons=unknown persons_max=1001", 30, 0},
		{"persons=600 persons_max=1001", 30, 0}, {"persons=600 persons_max=1000", 0, 0},
		// 7条1号〜3号: one person is enough, and 60 days are 3号's alone (8条2項).
		{"special_care=yes", 30, 0}, {"financial_damage=yes", 30, 0}, {"wrongful_purpose=yes", 60, 0},
		{"persons=unknown wrongful_purpose=yes", 60, 0}, {"persons=0 wrongful_purpose=yes", 60, 0},
		// Overlaps: 60 where 3号 is among them.
		{"special_care=yes financial_damage=yes", 30, 0}, {"special_care=yes wrongful_purpose=yes", 60, 0},
		{"financial_damage=yes wrongful_purpose=yes", 60, 0}, {"persons=1001 wrongful_purpose=yes", 60, 0},
		{"persons=1001 special_care=yes financial_damage=yes wrongful_purpose=yes", 60, 0},
		{"wrongful_purpose=yes my_number=yes my_number_persons=1", 60, 60},
		{"wrongful_purpose=yes my_number=yes my_number_persons=5000", 60, 60},
		{"my_number=yes my_number_persons=1 viewable_by_many=yes", 0, 30},
		{"my_number=yes my_number_persons=1 my_number_system=yes", 0, 30},
		{"my_number=yes my_number_persons=1 my_number_system=unknown", 0, -30},
		// What is not known opens, and never lengthens.
		{"wrongful_purpose=unknown", -30, 0}, {"special_care=yes wrongful_purpose=unknown", 30, 0},
		{"wrongful_purpose=unknown my_number=yes my_number_persons=101", -30, 30},
		// Ransomware and intrusion are such acts, whatever is said of the purpose.
		{"wrongful_purpose=unknown ransomware=yes", 60, 0}, {"wrongful_purpose=unknown unauthorized_access=yes", 60, 0},
		{"wrongful_purpose=no ransomware=yes", 60, 0}, {"wrongful_purpose=no unauthorized_access=yes", 60, 0},
		{"wrongful_purpose=no ransomware=unknown", 0, 0}, {"virus=yes", 0, 0},
		{"cards=yes", 30, 0}, {"cards=yes financial_damage=unknown", 30, 0}, {"cards=yes wrongful_purpose=yes", 60, 0}, {"cards=unknown", 0, 0},
		// 高度な暗号化等: none of the four; not known to be safe, it is reported.
		{"wrongful_purpose=yes special_care=yes persons=5000 encrypted_safe=yes my_number=yes my_number_persons=500", 0, 0},
		{"wrongful_purpose=yes encrypted_safe=unknown", -60, 0}, {"special_care=yes encrypted_safe=unknown", -30, 0},
		{"persons=1000 encrypted_safe=unknown", 0, 0}, {"persons=unknown encrypted_safe=unknown", -30, 0},
		// Those whose My Number it is are among the persons.
		{"my_number=yes my_number_persons=1001 persons=unknown", 30, 30}, {"my_number=yes my_number_persons=1001 persons=5", 30, 30},
		{"my_number=yes my_number_persons=1000 persons=unknown", -30, 30},
		// No personal data answers the rest, but a My Number is personal data.
		{"personal_data=no persons=5000 special_care=yes wrongful_purpose=yes", 0, 0},
		{"personal_data=no special_care=unknown persons=unknown encrypted_safe=unknown my_number=unknown", 0, 0},
		{"personal_data=no my_number=yes my_number_persons=101", 0, 30},
		{"personal_data=no my_number=yes my_number_persons=1001", 30, 30},
		{"personal_data=unknown", 0, 0}, {"personal_data=unknown special_care=yes", -30, 0},
	} {
		t.Run(c.facts, func(t *testing.T) {
			aware := at(t, "2026-06-01T09:00:00+09:00")
			duties := asked(b, said(settled+c.facts), aware)
			for id, want := range map[incident.Rule]int{"ppc-final": c.ppc, "mynumber-final": c.myNumber} {
				got := 0
				if d, there := duties[id]; there {
					last, err := time.Parse(time.DateOnly, d.Raw)
					if err != nil {
						t.Fatal(err)
					}
					got = int(last.Sub(time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)).Hours()) / 24
					if d.Provisional {
						got = -got
					}
				}
				if got != want {
					t.Errorf("%s: %d days, want %d", id, got, want)
				}
			}
			// The first report and the notice are owed where the final report is.
			for _, id := range []incident.Rule{"ppc-preliminary", "ppc-individuals"} {
				d, there := duties[id]
				if there != (c.ppc != 0) || d.Provisional != (c.ppc < 0) {
					t.Errorf("%s: %t, provisional %t", id, there, d.Provisional)
				}
			}
			if d := duties["ppc-individuals"]; d.Due+d.Target+d.Raw != "" || !d.DueAt.IsZero() || d.Remind != nil {
				t.Errorf("the notice to the individuals has a day: %+v", d)
			}
		})
	}
}

// The day of awareness in Tokyo is day 1 (通則編ガイドライン 3-5-3-4), whatever zone the server is in and
// the instant was written in.
func TestTheDayBeginsInTokyo(t *testing.T) {
	b := book(t, ofTheLaw())
	honolulu, err := time.LoadLocation("Pacific/Honolulu")
	if err != nil {
		t.Fatal(err)
	}
	here := time.Local
	defer func() { time.Local = here }()
	for _, server := range []*time.Location{time.UTC, honolulu, incident.Tokyo} {
		time.Local = server
		for _, c := range []struct{ aware, target, limit, final, sixty string }{
			{"2027-06-01T00:00:00+09:00", "2027-06-03", "2027-06-05", "2027-06-30", "2027-07-30"},
			{"2027-06-01T00:30:00+09:00", "2027-06-03", "2027-06-05", "2027-06-30", "2027-07-30"},
			{"2027-06-01T23:59:00+09:00", "2027-06-03", "2027-06-05", "2027-06-30", "2027-07-30"},
			{"2027-05-31T23:59:59+09:00", "2027-06-02", "2027-06-04", "2027-06-29", "2027-07-29"},
			{"2027-05-31T14:59:59Z", "2027-06-02", "2027-06-04", "2027-06-29", "2027-07-29"},
			{"2027-05-31T15:00:00Z", "2027-06-03", "2027-06-05", "2027-06-30", "2027-07-30"},
			{"2027-05-31T05:30:00-10:00", "2027-06-03", "2027-06-05", "2027-06-30", "2027-07-30"},
		} {
			for _, zone := range []*time.Location{time.UTC, honolulu, time.Local} {
				aware := at(t, c.aware).In(zone)
				duties := asked(b, said(settled+"special_care=yes"), aware)
				first, last := duties["ppc-preliminary"], duties["ppc-final"]
				if first.Target != c.target || first.Due != c.limit || last.Due != c.final {
					t.Errorf("server in %s, %s: %s, %s, %s", server, aware, first.Target, first.Due, last.Due)
				}
				if got := asked(b, said(settled+"wrongful_purpose=yes"), aware)["ppc-final"].Due; got != c.sixty {
					t.Errorf("server in %s, %s: 60 days end on %s", server, aware, got)
				}
				// 23:59:59 in Tokyo is the last second.
				if want := at(t, c.final+"T23:59:59+09:00"); !last.DueAt.Equal(want) || last.DueAt.Location() != time.UTC {
					t.Errorf("server in %s, %s: ends at %s", server, aware, last.DueAt)
				}
			}
		}
	}
}

// The first report is never moved, the final one to the next open day, hours not at all.
func TestWhatIsMoved(t *testing.T) {
	b := book(t, ofTheLaw())
	for _, c := range []struct{ aware, id, target, due, raw string }{
		{"2026-09-01T10:00:00+09:00", "ppc-final", "", "2026-09-30", "2026-09-30"},
		{"2026-11-30T10:00:00+09:00", "ppc-final", "", "2027-01-04", "2026-12-29"},
		{"2026-12-30T10:00:00+09:00", "ppc-preliminary", "2027-01-01", "2027-01-03", "2027-01-03"},
		{"2026-12-25T08:00:00+09:00", "ipa-virus", "2027-01-07", "", ""},
		{"2026-12-31T10:00:00+09:00", "contract:みなと商事", "", "2027-01-01", "2027-01-01"},
	} {
		d := asked(b, said(settled+"special_care=yes virus=yes"), at(t, c.aware))[incident.Rule(c.id)]
		if d.Target != c.target || d.Due != c.due || d.Raw != c.raw || d.Rolled() != (c.due != c.raw) {
			t.Errorf("%s of %s: %q %q %q", c.id, c.aware, d.Target, d.Due, d.Raw)
		}
	}
	d := asked(b, said("confidential=yes"), at(t, "2026-12-31T10:20:30+09:00"))["contract:みなと商事"]
	if want := at(t, "2027-01-01T10:20:30+09:00"); !d.DueAt.Equal(want) {
		t.Errorf("24 hours end at %s", d.DueAt)
	}
}

// Beside 60 days the day of 30 stays in sight: it may be the one that counts when the purpose
// was found later.
func TestTheShorterDayStaysInSight(t *testing.T) {
	b := book(t, ofTheLaw())
	aware := at(t, "2026-11-30T10:00:00+09:00")
	for _, c := range []struct {
		facts, id, day string
		days           int
	}{
		{"wrongful_purpose=yes", "ppc-final", "2027-01-04", 30}, // 29 December is moved, as it would be by itself
		{"special_care=yes", "ppc-final", "", 0},
		{"wrongful_purpose=yes", "ppc-preliminary", "", 0},
		{"wrongful_purpose=yes", "ppc-individuals", "", 0},
		{"wrongful_purpose=yes my_number=yes my_number_persons=1", "mynumber-final", "2027-01-04", 30},
	} {
		d := asked(b, said(settled+c.facts), aware)[incident.Rule(c.id)]
		if day, days := b.Shorter(d, aware); day != c.day || days != c.days {
			t.Errorf("%s with %s: %q, %d days", c.id, c.facts, day, days)
		}
	}
	if day, _ := b.Shorter(incident.Duty{Rule: "nobody", Aware: aware}, aware); day != "" {
		t.Errorf("a rule that is no more has %s", day)
	}
}

// 09:00 on each of the last three days and 15:00 on the last, in Tokyo; nothing before
// awareness, and nothing when it is over.
func TestWhenSomebodyIsReminded(t *testing.T) {
	b := book(t, ofTheLaw())
	for _, c := range []struct {
		aware, id string
		want      []string
	}{
		{"2026-11-30T10:00:00+09:00", "ppc-preliminary", []string{"12-02 09:00", "12-03 09:00", "12-04 09:00", "12-04 15:00"}},
		{"2026-11-30T10:00:00+09:00", "ppc-final", []string{"01-02 09:00", "01-03 09:00", "01-04 09:00", "01-04 15:00"}},
		{"2026-11-30T10:00:00+09:00", "ppc-individuals", nil},
		// The company's own day is reminded of as well.
		{"2026-06-03T08:00:00+09:00", "ipa-virus", []string{"06-08 09:00", "06-09 09:00", "06-10 09:00", "06-10 15:00"}},
		// The one 24 hours before the end would be at the moment of awareness itself.
		{"2026-12-31T10:00:00+09:00", "contract:みなと商事", []string{"01-01 04:00", "01-01 09:00"}},
	} {
		d := asked(b, said(settled+"special_care=yes virus=yes"), at(t, c.aware))[incident.Rule(c.id)]
		var got []string
		for _, when := range d.Remind {
			got = append(got, when.In(incident.Tokyo).Format("01-02 15:04"))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %v", c.id, c.aware, got)
		}
	}
	// Two rules that count alike, and of which one is lengthened by something else.
	src := ofTheLaw()
	src.Rules = append(src.Rules, rule("pmark-final", func(r *clock.Rule) { r.LongerN, r.LongerWhen = 60, "my_number" }))
	apart := asked(book(t, src), said(settled+"wrongful_purpose=yes"), at(t, "2026-06-01T10:00:00+09:00"))
	if apart["ppc-final"].Due != "2026-07-30" || apart["pmark-final"].Due != "2026-06-30" {
		t.Errorf("%s, %s", apart["ppc-final"].Due, apart["pmark-final"].Due)
	}
	// Two rules that count alike have reminders of their own, so that whoever changes one
	// does not change the other.
	duties := asked(b, said(settled+"special_care=yes my_number=yes my_number_persons=101"), at(t, "2026-06-01T10:00:00+09:00"))
	one, other := duties["ppc-final"].Remind, duties["mynumber-final"].Remind
	if len(one) == 0 || len(one) != len(other) || &one[0] == &other[0] {
		t.Errorf("%v, %v", one, other)
	}
}

// What decides a duty is named, with what it was concluded from.
func TestWhatDecides(t *testing.T) {
	b := book(t, ofTheLaw())
	for _, c := range []struct {
		facts, id string
		want      []incident.FactKey
	}{
		{"persons=1001", "ppc-final", []incident.FactKey{"personal_data", "encrypted_safe", "persons"}},
		{"wrongful_purpose=unknown ransomware=yes", "ppc-final", []incident.FactKey{"personal_data", "encrypted_safe", "wrongful_purpose", "ransomware"}},
		{"persons=unknown persons_max=2000", "ppc-final", []incident.FactKey{"personal_data", "encrypted_safe", "persons", "persons_max"}},
		{"persons=unknown", "ppc-final", []incident.FactKey{"personal_data", "encrypted_safe", "persons"}},
	} {
		if got := asked(b, said(settled+c.facts), at(t, "2026-06-01T10:00:00+09:00"))[incident.Rule(c.id)].Because; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.facts, got)
		}
	}
}

func TestContradictionsAreShown(t *testing.T) {
	for facts, want := range map[string][]clock.Contradiction{
		"ransomware=yes wrongful_purpose=no":                         {{Taken: "ransomware", Against: "wrongful_purpose"}},
		"personal_data=yes cards=yes financial_damage=no":            {{Taken: "cards", Against: "financial_damage"}},
		"cards=yes financial_damage=no":                              {{Taken: "cards", Against: "financial_damage"}},
		"personal_data=no cards=yes financial_damage=no":             nil,
		"personal_data=yes cards=yes financial_damage=unknown":       nil,
		"unauthorized_access=yes ransomware=yes wrongful_purpose=no": {{Taken: "ransomware", Against: "wrongful_purpose"}, {Taken: "unauthorized_access", Against: "wrongful_purpose"}},
		"ransomware=yes wrongful_purpose=unknown":                    nil,
		"ransomware=yes":                             nil,
		"ransomware=no wrongful_purpose=yes":         nil,
		"personal_data=no my_number=yes":             {{Taken: "my_number", Against: "personal_data"}},
		"personal_data=no persons=5":                 {{Taken: "personal_data", Against: "persons"}},
		"personal_data=no persons=0 special_care=no": nil,
		"my_number=no my_number_persons=5":           {{Taken: "my_number", Against: "my_number_persons"}},
		"persons=1001 persons_max=1000":              {{Taken: "persons", Against: "persons_max"}},
		"persons=1000 persons_max=1001":              nil,
		"personal_data=yes persons=0":                {{Taken: "personal_data", Against: "persons"}},
		"personal_data=yes persons=0 persons_max=0":  {{Taken: "personal_data", Against: "persons"}, {Taken: "personal_data", Against: "persons_max"}},
		"personal_data=yes persons=0 persons_max=50": {{Taken: "personal_data", Against: "persons"}},
		"personal_data=no my_number=yes persons=0":   {{Taken: "my_number", Against: "personal_data"}, {Taken: "my_number", Against: "persons"}},
		"my_number=yes my_number_persons=0":          {{Taken: "my_number", Against: "my_number_persons"}},
		"my_number=yes my_number_persons=unknown":    nil,
		"my_number=no my_number_persons=0":           nil,
		"my_number_persons=0":                        nil,
		"persons=0":                                  nil,
	} {
		given := said(facts)
		c := clock.Consider(given)
		if !slices.Equal(c.Contradictions, want) {
			t.Errorf("%s: %v", facts, c.Contradictions)
		}
		if again := said(facts); len(again) != len(given) {
			t.Errorf("%s: what was given is changed: %v", facts, given)
		}
	}
	for facts, want := range map[string]incident.Answer{"personal_data=yes persons=0": incident.Unknown, "personal_data=yes persons=0 persons_max=50": "50", "persons=0": "0"} {
		if got := clock.Consider(said(facts)).Facts.Get(incident.FactPersons); got != want {
			t.Errorf("%s: the number is %s, want %s", facts, got, want)
		}
	}
	for facts, want := range map[string]incident.Answer{"my_number=yes my_number_persons=0": incident.Unknown, "my_number=no my_number_persons=0": "0", "my_number_persons=0": "0"} {
		if got := clock.Consider(said(facts)).Facts.Get(incident.FactMyNumberPersons); got != want {
			t.Errorf("%s: the number of My Numbers is %s, want %s", facts, got, want)
		}
	}
	if got := clock.Consider(said("ransomware=yes wrongful_purpose=no")).Facts.Get(incident.FactWrongfulPurpose); got != incident.Yes {
		t.Errorf("a purpose that was denied beside ransomware counts as %s", got)
	}
}

// The company's own circumstances switch off what cannot apply; an answer in the incident
// goes before them.
func TestTheCompanySwitchesOff(t *testing.T) {
	src := ofTheLaw()
	aware := at(t, "2026-06-01T10:00:00+09:00")
	none := src.For(company.Profile{Flags: map[company.Flag]bool{company.MyNumberHolder: false}})
	if _, there := asked(none, incident.Facts{}, aware)["mynumber-final"]; there {
		t.Error("a company without My Numbers has their clock")
	}
	if d, there := asked(none, said(settled+"my_number=yes my_number_persons=101"), aware)["mynumber-final"]; !there || d.Provisional {
		t.Errorf("an answer counts for less than the profile: %+v", d)
	}
	holder := src.For(company.Profile{Flags: map[company.Flag]bool{company.MyNumberHolder: true}})
	if d, there := asked(holder, incident.Facts{}, aware)["mynumber-final"]; !there || !d.Provisional {
		t.Errorf("that a company has My Numbers says nothing of the incident: %+v", d)
	}
	if none.Version() == holder.Version() {
		t.Error("two companies have one version of the rules")
	}
}

// An edition of a law holds on its first and last day in Tokyo, and not on the days beside.
func TestEditions(t *testing.T) {
	src := clock.Source{Rules: []clock.Rule{
		rule("ppc-final", func(r *clock.Rule) { r.N, r.To = 20, "2027-03-31" }),
		rule("ppc-final", func(r *clock.Rule) { r.From = "2027-04-01" }),
	}}
	b := book(t, src)
	aware := at(t, "2027-03-31T09:00:00+09:00")
	for now, want := range map[string]string{"2027-03-31T23:59:59+09:00": "2027-04-19", "2027-04-01T00:00:00+09:00": "2027-04-30", "2027-03-31T15:00:00Z": "2027-04-30"} {
		duties := b.Duties(said(settled+"special_care=yes"), aware, at(t, now))
		if len(duties) != 1 || duties[0].Due != want {
			t.Errorf("now %s: %+v", now, duties)
		}
		if r, ok := b.Rule("ppc-final", at(t, now)); !ok || (r.N == 20) != (want == "2027-04-19") {
			t.Errorf("now %s: the rule of %d days", now, r.N)
		}
	}
	if _, ok := b.Rule("nobody", aware); ok {
		t.Error("there is a rule of nobody")
	}
}
