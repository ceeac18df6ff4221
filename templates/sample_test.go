package templates

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func TestTheSampleCompanyIsReadyForAnIncident(t *testing.T) {
	rows, faults := contact.Parse(SampleContacts())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	people := contact.Merge(nil, rows, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if len(people) != 10 {
		t.Errorf("%d people", len(people))
	}
	d := contact.NewDirectory(people)
	for _, r := range incident.Roles {
		if r != incident.DepartmentLead && len(d.Holders(r, "")) == 0 {
			t.Errorf("nobody is %s", r)
		}
	}
	for _, department := range []string{"経営", "管理部", "営業部", "製造部"} {
		if !slices.Contains(d.Departments(), department) || len(d.Holders(incident.DepartmentLead, department)) != 1 {
			t.Errorf("%s has no lead", department)
		}
	}
	var ordinary []string
	for _, p := range people {
		if len(p.Duties) == 0 {
			ordinary = append(ordinary, p.Department)
		}
	}
	if !slices.Equal(ordinary, []string{"営業部", "製造部"}) {
		t.Errorf("employees without a duty in %v", ordinary)
	}
	if found := contact.Check(d); len(found) > 0 {
		t.Errorf("the check finds %+v", found)
	}
}

func TestSampleContactsCannotBeSpoiled(t *testing.T) {
	SampleContacts()[0] = 'x'
	if _, faults := contact.Parse(SampleContacts()); len(faults) > 0 {
		t.Error(faults)
	}
}
