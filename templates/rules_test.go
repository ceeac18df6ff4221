package templates_test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// What each rule of the program is, as a second hand wrote it down from the facts of the law:
// how it counts, whose it is, how well it is founded, and whether a statute asks for it.
var shippedRules = map[string]string{
	"ppc-preliminary":      "target 3/5, incident_lead, S, law, passes, 施行規則7条・8条1項",
	"ppc-final":            "days 30/60, incident_lead, S, law, passes, 施行規則7条・8条2項",
	"ppc-individuals":      "none, privacy_manager, S, law, passes, 施行規則10条、番号法29条の4第2項",
	"ppc-entruster":        "target 3/5, incident_lead, S, law, 26条1項ただし書、施行規則9条",
	"mynumber-preliminary": "target 3/5, incident_lead, S, law, passes, 番号法29条の4第1項",
	"mynumber-final":       "days 30/60, incident_lead, S, law, passes, 番号法29条の4第1項",
	"ipa-virus":            "working_days 5, system_admin, P, voluntary, 任意の届出",
	"ipa-access":           "working_days 5, system_admin, P, voluntary, 任意の届出",
	"police":               "none, incident_lead, P, voluntary, 任意",
	"jpcert":               "none, system_admin, S, voluntary, 任意",
	"pmark-preliminary":    "target 3/5, privacy_manager, S, プライバシーマーク付与に関する規約",
	"pmark-final":          "days 30/60, privacy_manager, S, プライバシーマーク付与に関する規約",
	"gdpr33":               "hours 72, incident_lead, S, 33条",
	"card-acquirer":        "target 1/0, incident_lead, S, 加盟店契約",
	"contract":             "hours 0, incident_lead, G, 契約",
	"recovery":             "hours 0, system_admin, G, 目標復旧時間",
}

func shown(r clock.Rule) string {
	parts := []string{string(r.Count)}
	switch r.Count {
	case clock.Target:
		parts[0] += " " + strconv.Itoa(r.Target) + "/" + strconv.Itoa(r.Limit)
	case clock.Days:
		parts[0] += " " + strconv.Itoa(r.N) + "/" + strconv.Itoa(r.LongerN)
	case clock.Hours, clock.WorkingDays:
		parts[0] += " " + strconv.Itoa(r.N)
	case clock.None:
	}
	parts = append(parts, string(r.Owner), string(r.Mark))
	if r.Law {
		parts = append(parts, "law")
	}
	if r.Passes {
		parts = append(parts, "passes")
	}
	if r.Voluntary {
		parts = append(parts, "voluntary")
	}
	return strings.Join(parts, ", ")
}

func TestTheRulesAreThoseOfTheFacts(t *testing.T) {
	rules := loaded(t, nil).Rules.Rules
	var ids []string
	for _, r := range rules {
		ids = append(ids, string(r.ID))
		want, article := "", ""
		if i := strings.LastIndex(shippedRules[string(r.ID)], ", "); i >= 0 {
			want, article = shippedRules[string(r.ID)][:i], shippedRules[string(r.ID)][i+2:]
		}
		if got := shown(r); got != want {
			t.Errorf("%s: %s, want %s", r.ID, got, want)
		}
		if !strings.Contains(r.Basis.JA, article) {
			t.Errorf("%s rests on %s, want %s", r.ID, r.Basis.JA, article)
		}
		// 60 days are for a wrongful purpose alone (8条2項, 報告規則3条2項).
		if (r.LongerN == 60) != (r.LongerWhen == "wrongful_purpose") {
			t.Errorf("%s: %d days when %s", r.ID, r.LongerN, r.LongerWhen)
		}
		if r.Each == "" {
			if u, err := url.Parse(r.Source); err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") {
				t.Errorf("%s: the source is %q", r.ID, r.Source)
			}
		}
		// Both laws have asked for it since the same day: 令和2年法律44号.
		if r.Law && r.From != "2022-04-01" || r.To != "" {
			t.Errorf("%s is in force from %s to %s", r.ID, r.From, r.To)
		}
		if r.Law && len(r.Because) == 0 {
			t.Errorf("%s does not say in plain words why", r.ID)
		}
		// Reminded is who has a day to keep, and nobody else.
		hours, mornings := r.Count == clock.Hours, r.Count != clock.None && r.Count != clock.Hours
		if hours != (r.Remind.HoursBefore != nil) || mornings != (r.Remind.Mornings > 0) || mornings != slices.Equal(r.Remind.LastDay, []clock.Minute{15 * 60}) ||
			mornings && r.Remind.Morning != 9*60 {
			t.Errorf("%s: %+v", r.ID, r.Remind)
		}
		if want := map[bool]int{true: 3, false: 1}[r.ID != "card-acquirer"]; mornings && r.Remind.Mornings != want {
			t.Errorf("%s: %d mornings", r.ID, r.Remind.Mornings)
		}
	}
	slices.Sort(ids)
	var want []string
	for id := range shippedRules {
		want = append(want, id)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// asksOfTheLaw are the questions that decide the duties of the two laws.
var asksOfTheLaw = []incident.FactKey{
	incident.FactPersonalData, incident.FactEncryptedSafe, incident.FactSpecialCare, incident.FactFinancialDamage, incident.FactWrongfulPurpose,
	incident.FactRansomware, incident.FactUnauthorizedAccess, incident.FactMyNumber, incident.FactMyNumberSystem, incident.FactViewableByMany,
	incident.FactEntrusted, incident.FactPersons, incident.FactMyNumberPersons,
}

// usually draws what a question is mostly answered with: were yes and no even, nearly every
// case would be decided by one of the many grounds, and the others would never be looked at.
func usually(t *rapid.T, k incident.FactKey) incident.Answer {
	from := []incident.Answer{incident.No, incident.No, incident.No, incident.No, incident.Yes}
	if k == incident.FactPersonalData || k == incident.FactMyNumber || k == incident.FactEntrusted {
		from = []incident.Answer{incident.Yes, incident.Yes, incident.Yes, incident.Yes, incident.No}
	}
	return rapid.SampledFrom(from).Draw(t, string(k))
}

// The rules as they are shipped: with every answer there, the tables of the law decide
// (施行規則7条, 8条; 報告規則2条, 3条); and as long as answers are missing, each duty that may be
// owed is open, none is certain that may not be, and none ends later than it may have to.
func TestTheRulesAnswerAsTheLawDoes(t *testing.T) {
	// Nothing is known of the company: what it said of itself would answer questions.
	book := loaded(t, nil).Rules.For(company.Profile{})
	now := time.Date(2026, time.June, 1, 3, 0, 0, 0, time.UTC)
	asked := func(f incident.Facts) map[incident.Rule]incident.Duty {
		all := map[incident.Rule]incident.Duty{}
		for _, d := range book.Duties(f, now, now) {
			all[d.Rule] = d
		}
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		known, all := incident.Facts{}, incident.Facts{}
		number := rapid.SampledFrom([]int{1, 100, 101, 1000, 1001})
		persons := number.Draw(t, "persons")
		for _, k := range asksOfTheLaw {
			switch k {
			case incident.FactPersons:
				all[k] = incident.Answer(strconv.Itoa(persons))
			case incident.FactMyNumberPersons:
				all[k] = incident.Answer(strconv.Itoa(min(persons, number.Draw(t, "my_number_persons"))))
			default:
				all[k] = usually(t, k)
			}
			known[k] = incident.Unknown
			if rapid.IntRange(0, 3).Draw(t, string(k)+" is known") > 0 {
				known[k] = all[k]
			}
		}
		if len(clock.Consider(all).Contradictions) > 0 {
			t.Skip("nobody can know both")
		}
		is := func(k incident.FactKey) bool { return all[k] == incident.Yes }
		count := func(k incident.FactKey) int { n, _ := strconv.Atoi(string(all[k])); return n }
		hostile := is(incident.FactWrongfulPurpose) || is(incident.FactRansomware) || is(incident.FactUnauthorizedAccess)
		ppc := is(incident.FactPersonalData) && !is(incident.FactEncryptedSafe) &&
			(is(incident.FactSpecialCare) || is(incident.FactFinancialDamage) || hostile || count(incident.FactPersons) > 1000)
		myNumber := is(incident.FactMyNumber) && !is(incident.FactEncryptedSafe) &&
			(is(incident.FactMyNumberSystem) || hostile || is(incident.FactViewableByMany) || count(incident.FactMyNumberPersons) > 100)
		final := map[bool]string{false: "2026-06-30", true: "2026-07-30"}[hostile]
		in, early := asked(all), asked(known)
		for id, want := range map[incident.Rule]struct {
			owed        bool
			target, due string
		}{
			"ppc-preliminary":      {ppc, "2026-06-03", "2026-06-05"},
			"ppc-final":            {ppc, "", final},
			"ppc-individuals":      {ppc || myNumber, "", ""},
			"ppc-entruster":        {(ppc || myNumber) && is(incident.FactEntrusted), "2026-06-03", "2026-06-05"},
			"mynumber-preliminary": {myNumber, "2026-06-03", "2026-06-05"},
			"mynumber-final":       {myNumber, "", final},
		} {
			d, there := in[id]
			if there != want.owed || there && (d.Target != want.target || d.Due != want.due || d.Provisional) {
				t.Fatalf("%s: %t, %+v; want %+v: %v", id, there, d, want, all)
			}
			e, open := early[id]
			switch {
			case want.owed && !open:
				t.Fatalf("%s is not open while something is unknown: %v", id, known)
			case want.owed && (e.Target > d.Target || e.Due > d.Due || e.DueAt.After(d.DueAt)):
				t.Fatalf("%s ends on %s, and in the end on %s: %v", id, e.Due, d.Due, known)
			case !want.owed && open && !e.Provisional:
				t.Fatalf("%s is certain, and is not owed: %v, %v", id, known, all)
			}
		}
	})
}
