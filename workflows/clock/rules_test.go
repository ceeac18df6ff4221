package clock_test

import (
	"strings"
	"testing"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// The rules of these tests are written from the articles themselves, so that a wrong word in a
// file of templates/rules cannot make them pass: 個人情報の保護に関する法律施行規則 7条, 8条, and
// the 報告規則 of 番号法29条の4, 2条, 3条.
const (
	appi     = "personal_data and not encrypted_safe and (special_care or financial_damage or wrongful_purpose or persons > 1000)"
	myNumber = "my_number and not encrypted_safe and (my_number_system or wrongful_purpose or viewable_by_many or my_number_persons > 100)"
)

var usualReminders = clock.Reminders{Mornings: 3, Morning: 9 * 60, LastDay: []clock.Minute{15 * 60}}

// rule is a sound rule, changed by what a test is about.
func rule(id incident.Rule, change func(*clock.Rule)) clock.Rule {
	w := incident.Words{JA: string(id), EN: string(id)}
	r := clock.Rule{
		ID: id, Title: w, Whom: w, Basis: w, Why: w, Source: "https://example.jp/", Checked: "2026-11-22", Mark: clock.Primary,
		Applies: appi, Count: clock.Days, N: 30, Remind: usualReminders, Owner: incident.IncidentLead, Law: true,
	}
	if change != nil {
		change(&r)
	}
	return r
}

// ofTheLaw are the duties of the two laws, one that only a contract asks for, and one that the
// company aims at.
func ofTheLaw() clock.Source {
	longer := func(r *clock.Rule) { r.LongerN, r.LongerWhen = 60, "wrongful_purpose" }
	prompt := func(r *clock.Rule) { r.Count, r.N, r.Target, r.Limit = clock.Target, 0, 3, 5 }
	return clock.Source{
		Rules: []clock.Rule{
			rule("ppc-preliminary", prompt),
			rule("ppc-final", longer),
			rule("ppc-individuals", func(r *clock.Rule) { r.Count, r.N, r.Remind = clock.None, 0, clock.Reminders{} }),
			rule("mynumber-final", func(r *clock.Rule) { longer(r); r.Applies = myNumber }),
			rule("ipa-virus", func(r *clock.Rule) {
				r.Count, r.N, r.Applies, r.Law = clock.WorkingDays, 5, "virus or ransomware", false
			}),
			rule("contract", func(r *clock.Rule) {
				r.Count, r.N, r.Applies, r.Each, r.Law = clock.Hours, 0, "personal_data or confidential", clock.Contracts, false
				r.Remind = clock.Reminders{HoursBefore: []int{24, 6, 1}}
			}),
		},
		Contracts: []clock.Own{{Name: "みなと商事", Hours: 24, Source: "業務委託契約書 第12条"}},
	}
}

// book makes the book of a company of which nothing is known, from rules that must be sound.
func book(t testing.TB, src clock.Source) *clock.Book {
	t.Helper()
	for _, r := range src.Rules {
		if wrong := r.Check(); wrong != nil {
			t.Fatalf("%s: %+v", r.ID, wrong)
		}
	}
	return src.For(company.Profile{})
}

// said reads facts as they are told to the command line.
func said(line string) incident.Facts {
	f := incident.Facts{}
	for _, one := range strings.Fields(line) {
		k, v, _ := strings.Cut(one, "=")
		f[incident.FactKey(k)] = incident.Answer(v)
	}
	return f
}

// at reads an instant.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// asked gives the duties by their rules.
func asked(b *clock.Book, f incident.Facts, aware time.Time) map[incident.Rule]incident.Duty {
	all := map[incident.Rule]incident.Duty{}
	for _, d := range b.Duties(f, aware, aware) {
		all[d.Rule] = d
	}
	return all
}
