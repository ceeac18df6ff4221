package incident_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/templates"
	profile "hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// lawful are the shipped rules, for a company of which nothing is known.
func lawful(t testing.TB) incident.Clocks {
	t.Helper()
	src, err := templates.LoadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	return src.For(profile.Profile{})
}

func lawsRunning(in *incident.Incident) (out []incident.Rule) {
	for _, c := range in.OpenClocks() {
		if c.Law {
			out = append(out, c.Rule)
		}
	}
	return out
}

// answers are such that mostly few of the grounds hold: with many of them, none decides alone.
func answers(t *rapid.T, name string) incident.Facts {
	f := incident.Facts{}
	for _, k := range incident.FactKeys {
		from := []incident.Answer{incident.No, incident.No, incident.No, incident.No, incident.No, incident.No, incident.Yes, incident.Unknown}
		switch {
		case k == incident.FactPersonalData || k == incident.FactMyNumber:
			from = []incident.Answer{incident.Yes, incident.Yes, incident.Yes, incident.No, ""}
		case k.Numeric():
			from = []incident.Answer{"", "", incident.Unknown, "0", "5", "101", "1001"}
		}
		if a := pick(t, name+" "+string(k), from); a != "" {
			f[k] = a
		}
	}
	return f
}

func absorbed(t testing.TB, clocks incident.Clocks, here, there incident.Facts) (s *scene, before []incident.Rule) {
	t.Helper()
	s = newScene(t)
	s.clocks = clocks
	s.do(hanako, incident.Report{Text: "社用PCを電車に置き忘れた", Facts: here})
	before = lawsRunning(s.in)
	s.bot(incident.Absorb{From: "INC-2026-0002", Text: "同じ件", Facts: there, Aware: s.now})
	return s, before
}

// What a statute asks for is never gone after a merge, whatever the other report says: only
// a person may judge that.
func TestAMergeEndsNoDutyOfALaw(t *testing.T) {
	clocks := lawful(t)
	rapid.Check(t, func(rt *rapid.T) {
		here, there := answers(rt, "here"), answers(rt, "there")
		s, before := absorbed(t, clocks, here, there)
		after := lawsRunning(s.in)
		for _, rule := range before {
			if !slices.Contains(after, rule) {
				rt.Fatalf("%s is gone: %v with %v", rule, here, there)
			}
		}
	})
}

func TestTheAnswerThatReleasesIsNotTakenOverInAMerge(t *testing.T) {
	clocks := lawful(t)
	personal := func(k incident.FactKey, a incident.Answer) incident.Facts {
		return incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactSpecialCare: incident.No, incident.FactFinancialDamage: incident.No,
			incident.FactWrongfulPurpose: incident.No, incident.FactRansomware: incident.No, incident.FactUnauthorizedAccess: incident.No,
			incident.FactVirus: incident.No, incident.FactMyNumber: incident.No, k: a}
	}
	for name, c := range map[string]struct {
		here, there, want incident.Answer
		of                incident.FactKey
	}{
		"encrypted, says only the other":     {incident.No, incident.Yes, incident.No, incident.FactEncryptedSafe},
		"not encrypted, says the other":      {incident.Yes, incident.No, incident.No, incident.FactEncryptedSafe},
		"the other says nothing":             {incident.Yes, incident.Unknown, incident.Yes, incident.FactEncryptedSafe},
		"a few persons for an unknown count": {incident.Unknown, "5", incident.Unknown, incident.FactPersons},
		"many persons for an unknown count":  {incident.Unknown, "1200", "1200", incident.FactPersons},
	} {
		s, _ := absorbed(t, clocks, personal(c.of, c.here), personal(c.of, c.there))
		if got := s.in.Facts.Get(c.of); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
