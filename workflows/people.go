package workflows

import (
	"context"
	"fmt"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// people is the contact list in memory, with what was told of absences beside it, and the
// version it has in the store. Who is away, and who stands in, it answers by Away.
type people struct {
	*contact.Directory
	version int64
	reaches func(contact.Person, incident.Means) bool
}

// Known reports whether a person is listed and still active.
func (p *people) Known(id incident.PersonID) bool {
	person, ok := p.Person(id)
	return ok && person.Active
}

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

// ReloadContacts reads the list and the absences from the store.
func (s *Service) ReloadContacts(ctx context.Context) error {
	list, version, err := s.store.Contacts(ctx)
	if err != nil {
		return fmt.Errorf("read the contact list: %w", err)
	}
	// After the list: absences that were told meanwhile belong to a later version, and the next
	// look at it reads both again.
	away, err := s.store.Absences(ctx)
	if err != nil {
		return err
	}
	told := map[incident.PersonID][]contact.Absence{}
	for _, a := range away {
		told[a.Person] = append(told[a.Person], a.Absence)
	}
	s.people.Store(&people{Directory: contact.NewDirectory(list).WithTold(told), version: version, reaches: s.reaches})
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
	if err := s.ReloadContacts(ctx); err != nil || !s.places {
		return changes, err
	}
	// Also when nothing changed: an import that broke off here is mended by the next.
	return changes, s.movePlaces(ctx)
}
