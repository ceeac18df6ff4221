package workflows

import (
	"context"
	"fmt"
	"strings"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// people is the contact list in memory, with what was told of absences and which accounts were
// linked beside it, and the version it has in the store. Who is away, and who stands in, it answers by Away.
type people struct {
	*contact.Directory
	accounts accounts
	version  int64
	reaches  func(contact.Person, incident.Means) bool
}

// Known reports whether a person is listed and still active.
func (p *people) Known(id incident.PersonID) bool { return p.Active(id) }

// Department gives where a person belongs, "" for somebody who is not listed.
func (p *people) Department(id incident.PersonID) string {
	person, _ := p.Person(id)
	return person.Department
}

// Reaches reports whether a means can bring anything to a person. Without anybody who knows
// better that is chat alone, for everybody who is listed.
func (p *people) Reaches(id incident.PersonID, m incident.Means) bool {
	person, ok := p.Person(id)
	if !ok || !person.Active {
		return false
	}
	if p.reaches == nil {
		return m == incident.ByChat
	}
	return p.reaches(person, m)
}

// Contacts gives the contact list in force.
func (s *Service) Contacts() *contact.Directory { return s.people.Load().Directory }

// People gives the contact list as the core sees it.
func (s *Service) People() incident.Directory { return s.people.Load() }

// Callable shows a contact list as the core sees it, without a service: for whoever wants to know
// who would be called. reaches is as in Options.
func Callable(list *contact.Directory, reaches func(contact.Person, incident.Means) bool) incident.Directory {
	return &people{Directory: list, reaches: reaches}
}

// Name gives how a person is called: as listed, else as the incident's reporter was
// called then, else the ID.
func (s *Service) Name(in *incident.Incident, id incident.PersonID) string {
	if p, ok := s.people.Load().Person(id); ok {
		return p.Name
	}
	if in != nil {
		for _, r := range in.Reporters {
			if r.ID == id {
				return r.Name
			}
		}
	}
	return string(id)
}

// KnownAs gives how somebody is called whom the record names: as it does. unlisted says that it is an
// account of nobody on the contact list: its name is its owner's choice, and may be that of somebody
// who is listed. An account that has become somebody's by now is called as he is.
func (s *Service) KnownAs(id incident.PersonID, recorded string) (name string, unlisted bool) {
	platform, account, is := strings.Cut(string(id), ":")
	if !is {
		return recorded, false
	}
	people := s.people.Load()
	if _, listed := people.Person(id); listed {
		return recorded, false
	}
	if p, linked := people.byAccount(platform, account); linked {
		if person, listed := people.Person(p); listed {
			return person.Name, false
		}
	}
	return recorded, true
}

// ReloadContacts reads the list, the absences and the linked accounts from the store.
func (s *Service) ReloadContacts(ctx context.Context) error {
	list, version, err := s.store.Contacts(ctx)
	if err != nil {
		return fmt.Errorf("read the contact list: %w", err)
	}
	// After the list: absences that were told meanwhile, and accounts that were linked, belong to a
	// later version, and the next look at it reads all again.
	away, err := s.store.Absences(ctx)
	if err != nil {
		return err
	}
	told := map[incident.PersonID][]contact.Absence{}
	for _, a := range away {
		told[a.Person] = append(told[a.Person], a.Absence)
	}
	linked, err := readLinks(ctx, s.store)
	if err != nil {
		return err
	}
	dir := contact.NewDirectory(list).WithTold(told)
	s.people.Store(&people{Directory: dir, accounts: newAccounts(dir, linked), version: version, reaches: s.reaches})
	return nil
}

// Freshen has the contact list be that of the store. Commands and queries see to it themselves;
// whoever looks somebody up without one asks for it.
func (s *Service) Freshen(ctx context.Context) error { return s.fresh(ctx, s.store) }

// fresh reloads the list when another process has replaced it (an import beside a running
// server): who may see and do what, and whom to phone, must never rest on yesterday's list.
func (s *Service) fresh(ctx context.Context, stored interface {
	ContactsVersion(ctx context.Context) (int64, error)
}) error {
	v, err := stored.ContactsVersion(ctx)
	if err != nil || v == s.people.Load().version {
		return err
	}
	return s.ReloadContacts(ctx)
}

// ImportContacts merges a read file into the list and replaces it at once.
func (s *Service) ImportContacts(ctx context.Context, rows []contact.Row) (contact.Changes, error) {
	current, _, err := s.store.Contacts(ctx)
	if err != nil {
		return contact.Changes{}, err
	}
	merged := contact.Merge(current, rows, s.Now())
	if err := s.store.ReplaceContacts(ctx, merged); err != nil {
		return contact.Changes{}, fmt.Errorf("replace the contact list: %w", err)
	}
	changes := contact.Compare(current, merged)
	if err := s.ReloadContacts(ctx); err != nil {
		return changes, err
	}
	if err := s.dropLinks(ctx); err != nil || len(s.places) == 0 {
		return changes, err
	}
	// Also when nothing changed: an import that broke off here is mended by the next.
	return changes, s.movePlaces(ctx, left(current, merged)...)
}

// left are those who were on the contact list before and are not any more.
func left(before, after []contact.Person) (out []incident.PersonID) {
	active := map[incident.PersonID]bool{}
	for _, p := range after {
		active[p.ID] = p.Active
	}
	for _, p := range before {
		if p.Active && !active[p.ID] {
			out = append(out, p.ID)
		}
	}
	return out
}
