package desk_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/templates"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// truth is everything there is to know of an incident, without contradictions.
func truth(t *rapid.T, flags map[company.Flag]bool) incident.Facts {
	f := incident.Facts{}
	yes := rapid.Bool()
	for _, k := range slices.Concat(incident.LegalFacts, []incident.FactKey{
		incident.FactPersonalData, incident.FactMyNumber, incident.FactRansomware, incident.FactUnauthorizedAccess, incident.FactVirus, incident.FactConfidential,
	}) {
		f[k] = incident.No
		if yes.Draw(t, string(k)) {
			f[k] = incident.Yes
		}
	}
	for k, flag := range map[incident.FactKey]company.Flag{
		incident.FactCards: company.HandlesCards, incident.FactPMark: company.PMark, incident.FactEUPersons: company.EUCustomers,
		incident.FactMyNumber: company.MyNumberHolder, incident.FactEntrusted: company.Entrusted,
	} {
		if has, said := flags[flag]; said && !has {
			f[k] = incident.No
		} else if said && k == incident.FactPMark {
			f[k] = incident.Yes
		}
	}
	delete(f, incident.FactPersonsMax) // everything is known
	few := rapid.SampledFrom([]int{1, 100, 101, 1000, 1001}).Draw(t, "my_number_persons")
	f[incident.FactMyNumberPersons] = incident.Answer(fmt.Sprint(few))
	f[incident.FactPersons] = incident.Answer(fmt.Sprint(few + rapid.SampledFrom([]int{0, 1, 900}).Draw(t, "more")))
	if f[incident.FactRansomware] == incident.Yes || f[incident.FactUnauthorizedAccess] == incident.Yes {
		f[incident.FactWrongfulPurpose] = incident.Yes
	}
	if f[incident.FactPersonalData] == incident.No {
		for _, k := range []incident.FactKey{incident.FactMyNumber, incident.FactSpecialCare, incident.FactFinancialDamage, incident.FactEUPersons, incident.FactCards} {
			f[k] = incident.No
		}
		f[incident.FactPersons] = "0"
	}
	if f[incident.FactMyNumber] == incident.No {
		f[incident.FactMyNumberPersons], f[incident.FactMyNumberSystem], f[incident.FactViewableByMany] = "0", incident.No, incident.No
	}
	return f
}

func owed(rules incident.Clocks, f incident.Facts, at time.Time) string {
	var lines []string
	for _, d := range rules.Duties(f, at, at) {
		lines = append(lines, fmt.Sprint(d.Rule, " ", d.Target, " ", d.Due, " ", d.DueAt, " ", d.Provisional, " ", d.Passes))
	}
	return strings.Join(lines, "\n")
}

// Whoever answers only what is asked, in any order, has answered enough: what is left out would
// change nothing, and no clock stays provisional.
func TestWhatIsLeftOutWouldChangeNothing(t *testing.T) {
	set, err := templates.Load(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	set.Rules.Contracts = []clock.Own{{Name: "みなと商事", Hours: 24, Source: "契約書"}}
	b := newBench(t, "ja")
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, incident.Tokyo).UTC()
	rapid.Check(t, func(t *rapid.T) {
		flags := map[company.Flag]bool{}
		for _, f := range []company.Flag{company.HandlesCards, company.PMark, company.EUCustomers, company.MyNumberHolder, company.Entrusted} {
			if said := rapid.IntRange(0, 2).Draw(t, string(f)); said > 0 {
				flags[f] = said == 1
			}
		}
		rules := set.Rules.For(company.Profile{Flags: flags})
		all := truth(t, flags)
		b.service.UseClocks(rules)
		in := &incident.Incident{ID: "INC-2026-0001", Phase: incident.Containment, ReportedAt: at, Facts: incident.Facts{}}
		if known := rapid.SampledFrom([]incident.FactKey{"", incident.FactPersonalData, incident.FactVirus, incident.FactRansomware}).Draw(t, "known"); known != "" {
			in.Facts[known] = all[known]
		}
		for asked := 0; ; asked++ {
			open := b.desk.LegalOpen(in)
			if len(open) == 0 {
				break
			}
			if asked > len(incident.FactKeys) {
				t.Fatalf("asked without end: %v", open)
			}
			k := rapid.SampledFrom(open).Draw(t, "answered")
			in.Facts[k] = all[k]
		}
		whole := maps.Clone(all)
		if all[incident.FactMyNumberSystem] == incident.Yes {
			// Nobody is asked it before somebody looks: it is supposed not to be so.
			whole[incident.FactMyNumberSystem] = incident.No
		}
		if got, want := owed(rules, in.Facts, at), owed(rules, whole, at); got != want {
			t.Fatalf("answered %v of %v:\n%s\nwhere all answers give\n%s", in.Facts, whole, got, want)
		}
	})
}

func BenchmarkWhatIsStillToBeAsked(b *testing.B) {
	set, err := templates.Load(nil, false)
	if err != nil {
		b.Fatal(err)
	}
	bench := newBench(b, "ja")
	bench.service.UseClocks(set.Rules.For(company.Profile{}))
	in := &incident.Incident{ID: "INC-2026-0001", Phase: incident.Containment, ReportedAt: bench.clock.Now(), Facts: incident.Facts{}}
	for b.Loop() {
		if len(bench.desk.LegalOpen(in)) == 0 {
			b.Fatal("nothing is asked")
		}
	}
}
