package clock_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// asks are the questions that the duties of the two laws ask.
var asks = []incident.FactKey{
	incident.FactPersonalData, incident.FactEncryptedSafe, incident.FactSpecialCare, incident.FactFinancialDamage, incident.FactCards,
	incident.FactWrongfulPurpose, incident.FactRansomware, incident.FactUnauthorizedAccess, incident.FactVirus, incident.FactConfidential,
	incident.FactMyNumber, incident.FactMyNumberSystem, incident.FactViewableByMany, incident.FactPersons, incident.FactMyNumberPersons,
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

// drawn draws what there is to know in the end, and what of it is known so far.
func drawn(t *rapid.T) (known, all incident.Facts) {
	known, all = incident.Facts{}, incident.Facts{}
	number := rapid.SampledFrom([]int{0, 1, 100, 101, 1000, 1001})
	persons := number.Draw(t, "persons")
	for _, k := range asks {
		switch k {
		case incident.FactPersons:
			all[k] = incident.Answer(strconv.Itoa(persons))
		case incident.FactMyNumberPersons: // they are among the persons
			all[k] = incident.Answer(strconv.Itoa(min(persons, number.Draw(t, "my_number_persons"))))
		default:
			all[k] = usually(t, k)
		}
		switch rapid.SampledFrom([]string{"known", "known", "known", "unknown", "absent"}).Draw(t, string(k)+" is") {
		case "known":
			known[k] = all[k]
		case "unknown":
			known[k] = incident.Unknown
		default:
			if k == incident.FactMyNumberSystem { // absent it is no: nobody is asked about it first
				known[k] = incident.Unknown
			}
		}
	}
	if len(clock.Consider(all).Contradictions) > 0 {
		t.Skip("nobody can know both")
	}
	return known, all
}

// What is not known opens a clock, marks it, and never makes it end later than it would with
// whatever the answers turn out to be.
func TestTheUnknownNeverLengthens(t *testing.T) {
	b := book(t, ofTheLaw())
	rapid.Check(t, func(t *rapid.T) {
		known, all := drawn(t)
		aware := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 3*365*24).Draw(t, "hours")) * time.Hour)
		early, late := asked(b, known, aware), asked(b, all, aware)
		for id, d := range late {
			e, there := early[id]
			switch {
			case !there:
				t.Fatalf("%s is owed in the end, and nobody was told: %v", id, known)
			case e.DueAt.After(d.DueAt), e.Target > d.Target, e.Raw > d.Raw, e.Due > d.Due:
				t.Fatalf("%s ends on %s while something is unknown, and on %s when all is known: %v", id, e.Due, d.Due, known)
			case d.Provisional:
				t.Fatalf("%s is provisional with every answer there: %v", id, all)
			}
		}
		for id, e := range early {
			if _, there := late[id]; !there && !e.Provisional {
				t.Fatalf("%s was certain, and is not owed: %v, %v", id, known, all)
			}
			if !slices.ContainsFunc(e.Because, func(k incident.FactKey) bool { return known.Get(k) == incident.Unknown }) && e.Provisional {
				t.Fatalf("%s is provisional and does not say which answer is missing: %v, %v", id, known, e.Because)
			}
		}
	})
}

// With every answer there the tables of the law decide, written out here once more.
func TestWithEveryAnswerTheTableDecides(t *testing.T) {
	b := book(t, ofTheLaw())
	rapid.Check(t, func(t *rapid.T) {
		_, all := drawn(t)
		is := func(k incident.FactKey) bool { return all[k] == incident.Yes }
		count := func(k incident.FactKey) int { n, _ := strconv.Atoi(string(all[k])); return n }
		hostile := is(incident.FactWrongfulPurpose) || is(incident.FactRansomware) || is(incident.FactUnauthorizedAccess)
		// 施行規則7条1号〜4号; 報告規則2条1号〜4号.
		items := is(incident.FactSpecialCare) || is(incident.FactFinancialDamage) || is(incident.FactCards) || hostile || count(incident.FactPersons) > 1000
		situations := is(incident.FactMyNumberSystem) || hostile || is(incident.FactViewableByMany) || count(incident.FactMyNumberPersons) > 100
		duties := asked(b, all, time.Date(2026, time.June, 1, 3, 0, 0, 0, time.UTC))
		for id, owed := range map[incident.Rule]bool{
			"ppc-final":      is(incident.FactPersonalData) && !is(incident.FactEncryptedSafe) && items,
			"mynumber-final": is(incident.FactMyNumber) && !is(incident.FactEncryptedSafe) && situations,
		} {
			d, there := duties[id]
			want := "2026-06-30" // day 30 of 1 June
			if hostile {
				want = "2026-07-30" // day 60
			}
			if there != owed || there && d.Raw != want {
				t.Fatalf("%s: %t %s, want %t %s: %v", id, there, d.Raw, owed, want, all)
			}
		}
	})
}
