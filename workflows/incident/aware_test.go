package incident_test

import (
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

// The company knew when it was told: nobody moves an end that has passed into the future again.
func TestAwarenessIsNotLaterThanTheReport(t *testing.T) {
	s := certainWithClocks(t)
	reported := s.now
	s.now = s.now.AddDate(0, 0, 6)
	before, _ := s.in.Clock("ppc-preliminary")
	if !before.Overdue(s.now) {
		t.Fatalf("due %s is not overdue", before.Due)
	}
	aware := func(at time.Time) incident.SetField {
		return incident.SetField{Field: incident.FieldDiscoveredAt, Value: at.In(incident.Tokyo).Format("2006-01-02T15:04")}
	}
	for _, p := range []incident.PersonID{leader, admin} {
		s.refused(p, aware(s.now.Add(-time.Hour)), "refuse.aware_after_report")
	}
	// Earlier anybody who works on it may say; later again only the lead, whatever the way.
	s.do(admin, aware(reported.Add(-48*time.Hour)))
	early := s.last("field_set")
	s.refused(admin, aware(reported.Add(-time.Hour)), "refuse.aware_later")
	s.refused(admin, incident.SetField{Field: incident.FieldDiscoveredAt, Unknown: true, Reason: "x"}, "refuse.aware_later")
	wantKey(t, s.undo(admin, early), "refuse.aware_later")
	s.do(admin, aware(reported.Add(-72*time.Hour)))
	s.do(leader, aware(reported.Add(-time.Hour)))
	if c, _ := s.in.Clock("ppc-preliminary"); c.Due != before.Due {
		t.Errorf("due %s, want %s", c.Due, before.Due)
	}
}
