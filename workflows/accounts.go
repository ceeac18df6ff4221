package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// An account of a chat platform is somebody's of the contact list because the list says so, or
// because it was linked to him (/incident link). What the list says always wins: a link is as
// good as nothing while its person has left, is an outside contact, or has another account of
// that platform in the list, and while the list gives the account to somebody. It is removed with
// the next import that says so.

// Account is an account of a chat platform.
type Account struct {
	Platform string `json:"platform"` // the name of its front end
	ID       string `json:"id"`       // as the platform has it
	Name     string `json:"name"`     // how the platform calls it; typed by its owner, and no proof of anything
}

// Link says that an account is somebody's.
type Link struct {
	Account
	Person incident.PersonID `json:"person"`
	// By is who has confirmed it; empty: a code that went to his mail address.
	By incident.PersonID `json:"by,omitempty"`
	At time.Time         `json:"at"` // UTC
	// Until is when it was taken back, and by whom; zero: it was not. EndedBy is empty where the
	// contact list did it.
	Until   time.Time         `json:"until,omitzero"`
	EndedBy incident.PersonID `json:"ended_by,omitempty"`
}

// Linked are the platforms whose accounts can be linked.
var Linked = []string{"slack", "discord"}

// links is where they are remembered, beside what front ends remember. The names in it begin
// with one of these.
const (
	links       = "links"
	linkAccount = "account/"
)

// accounts are the links in force, in both directions.
type accounts struct {
	all    []Link
	byUser map[string]Link // platform/ID
	of     map[string]Link // platform/person
}

func (a Account) name() string { return a.Platform + "/" + a.ID }

// userID is how a platform's user is called who is not on the list.
func (a Account) userID() incident.PersonID { return incident.PersonID(a.Platform + ":" + a.ID) }

// readLinks gives every link there is, in force or not.
func readLinks(ctx context.Context, m Memories) ([]Link, error) {
	kept, err := m.AllRemembered(ctx, links, linkAccount)
	if err != nil {
		return nil, fmt.Errorf("read the linked accounts: %w", err)
	}
	var out []Link
	for _, value := range kept {
		var l Link
		if err := json.Unmarshal(value, &l); err != nil {
			return nil, fmt.Errorf("read the linked accounts: %w", err)
		}
		out = append(out, l)
	}
	return out, nil
}

// newAccounts takes of all links those in force. Of two accounts of one person the later counts.
func newAccounts(dir *contact.Directory, all []Link) accounts {
	out := accounts{all: all, byUser: map[string]Link{}, of: map[string]Link{}}
	for _, l := range all {
		if !l.Until.IsZero() || !l.stands(dir) {
			continue
		}
		of := l.Platform + "/" + string(l.Person)
		if other, twice := out.of[of]; twice {
			if other.At.After(l.At) || other.At.Equal(l.At) && other.ID > l.ID {
				continue
			}
			delete(out.byUser, other.name())
		}
		out.byUser[l.name()], out.of[of] = l, l
	}
	return out
}

// stands reports whether the contact list says nothing against a link.
func (l Link) stands(dir *contact.Directory) bool {
	_, listed := dir.ByUser(l.Platform, l.ID)
	return !listed && linkable(dir, l.Platform, l.Person)
}

// against are the links that were not taken back, and against which the contact list speaks.
func (a accounts) against(dir *contact.Directory) (out []Link) {
	for _, l := range a.all {
		if l.Until.IsZero() && !l.stands(dir) {
			out = append(out, l)
		}
	}
	return out
}

// linkable reports whether an account of a platform can be linked to a person: he works here, and
// the list knows no account of his there.
func linkable(dir *contact.Directory, platform string, id incident.PersonID) bool {
	p, ok := dir.Person(id)
	return ok && p.Active && !p.Outsider() && listedAccount(p, platform) == ""
}

// listedAccount is the account that the contact list gives a person on a platform.
func listedAccount(p contact.Person, platform string) string {
	switch platform {
	case "slack":
		return p.SlackID
	case "discord":
		return p.DiscordID
	}
	return ""
}

// Account gives the account of a person on a platform, in the platform's own spelling: the one of
// the contact list, else the one that was linked. It reads what is in memory (Freshen).
func (s *Service) Account(person incident.PersonID, platform string) (id string, ok bool) {
	people := s.people.Load()
	p, listed := people.Person(person)
	if !listed || !p.Active {
		return "", false
	}
	if id := listedAccount(p, platform); id != "" {
		return id, true
	}
	l, ok := people.accounts.of[platform+"/"+string(person)]
	return l.ID, ok
}

// AccountsEver gives every account on a platform that is or was a person's: that of the contact list,
// whether or not he still works here, and all that were linked to him and to nobody after him, but
// for what is somebody else's by now. Whoever was left out of something reads by an account whether or not it counts as
// his, and ending the link is in his own hands. It reads what is in memory (Freshen).
func (s *Service) AccountsEver(person incident.PersonID, platform string) (out []string) {
	people := s.people.Load()
	if p, listed := people.Person(person); listed {
		if id := listedAccount(p, platform); id != "" {
			out = append(out, id)
		}
	}
	for _, l := range people.accounts.all {
		if l.Platform != platform || l.Person != person || slices.Contains(out, l.ID) {
			continue
		}
		if owner, known := people.byAccount(platform, l.ID); !known || owner == person {
			out = append(out, l.ID)
		}
	}
	return out
}

// ByAccount gives whose an account is, by the contact list or by a link; nobody's of whom is not
// on the list any more. Beside chat platforms it knows web (where the ID is the person's own) and
// mail (the address). It reads what is in memory (Freshen).
func (s *Service) ByAccount(platform, id string) (incident.PersonID, bool) {
	return s.people.Load().byAccount(platform, id)
}

func (p *people) byAccount(platform, id string) (incident.PersonID, bool) {
	if who, ok := p.ByUser(platform, id); ok {
		return who, true
	}
	l, ok := p.accounts.byUser[platform+"/"+id]
	return l.Person, ok
}

// LinksOf gives the accounts that are linked to a person, by platform.
func (s *Service) LinksOf(person incident.PersonID) (out []Link) {
	people := s.people.Load()
	for _, platform := range Linked {
		if l, ok := people.accounts.of[platform+"/"+string(person)]; ok {
			out = append(out, l)
		}
	}
	return out
}
