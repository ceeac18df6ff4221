package templates_test

import (
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

// BenchmarkDuties asks the rules of a company for what an incident owes, as every command and
// every card of it does several times.
func BenchmarkDuties(b *testing.B) {
	set := loaded(b, nil)
	aware := time.Date(2026, time.November, 30, 1, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		facts incident.Facts
	}{
		{"unknown", incident.Facts{}},
		{"full", incident.Facts{
			incident.FactPersonalData: incident.Yes, incident.FactRansomware: incident.Yes, incident.FactVirus: incident.Yes,
			incident.FactPersons: "1200", incident.FactMyNumber: incident.Yes, incident.FactMyNumberPersons: "30",
			incident.FactEntrusted: incident.Yes, incident.FactEncryptedSafe: incident.No, incident.FactCards: incident.No,
		}},
		{"none", incident.Facts{incident.FactPersonalData: incident.No, incident.FactVirus: incident.No, incident.FactRansomware: incident.No, incident.FactUnauthorizedAccess: incident.No, incident.FactWrongfulPurpose: incident.No}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set.Clocks.Duties(c.facts, aware, aware.Add(time.Hour))
			}
		})
	}
}
