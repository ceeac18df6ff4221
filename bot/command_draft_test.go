package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// A draft names nobody from whom the incident is kept: the next of the line stands in his place,
// and nobody in that of the representative.
func TestDraftsNameNobodyWhoIsKeptOut(t *testing.T) {
	person := func(id string, duties ...contact.Duty) contact.Person {
		return contact.Person{ID: incident.PersonID(id), Name: id, Active: true, Duties: duties}
	}
	list := contact.NewDirectory([]contact.Person{
		person("yamada", contact.Duty{Role: incident.Representative}),
		person("ito", contact.Duty{Role: incident.Representative, Order: 1}, contact.Duty{Role: incident.PrivacyManager, Order: 1}),
		person("kato", contact.Duty{Role: incident.PrivacyManager}, contact.Duty{Role: incident.PrivacyDesk}),
	})
	for name, c := range map[string]struct {
		excluded []incident.PersonID
		want     map[incident.Role]string
	}{
		"nobody is":          {nil, map[incident.Role]string{incident.Representative: "yamada", incident.PrivacyManager: "kato", incident.PrivacyDesk: "kato"}},
		"the manager is":     {[]incident.PersonID{"kato"}, map[incident.Role]string{incident.Representative: "yamada", incident.PrivacyManager: "ito"}},
		"the representative": {[]incident.PersonID{"yamada"}, map[incident.Role]string{incident.PrivacyManager: "kato", incident.PrivacyDesk: "kato"}},
	} {
		in := incident.New("INC-2026-0001")
		in.Excluded = c.excluded
		got := map[incident.Role]string{}
		for role, who := range draftContacts(list, in) {
			got[role] = who.Name
			if who != (draft.Contact{Name: who.Name}) {
				t.Errorf("%s: %+v", name, who)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
