package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Absence is what somebody has told of a time during which a person is away. It lies beside
// the contact list, which an import replaces as a whole.
type Absence struct {
	Person incident.PersonID
	contact.Absence
	At time.Time // when it was told
}

// AbsenceChange is written in one go with the request that asked for it.
type AbsenceChange struct {
	// Contacts is the version of the contact list that the change rests on. It grows with it,
	// so that every process looks again. Another version there: ErrConflict.
	Contacts int64
	Drop     []Absence // by person and first day
	Save     []Absence // one of the same person and first day is replaced
}

// AbsenceDone is what came of telling an absence or of taking one back.
type AbsenceDone struct {
	Person  incident.PersonID `json:"person"`
	Absence contact.Absence   `json:"absence"`
	// Replaced are those told before that overlapped.
	Replaced []contact.Absence `json:"replaced,omitempty"`
	// StandsFor are the people who have named this person as their deputy for some of the days.
	StandsFor []incident.PersonID `json:"stands_for,omitempty"`
	Refusal   *incident.Refusal   `json:"-"`
	// Open are the incidents that the person leads or is called to, as far as whoever asked
	// may see them. Nothing about them changes by an absence.
	Open     []incident.ID `json:"-"`
	Repeated bool          `json:"-"` // this request had been carried out before
}

// tellsForOthers are the roles whose holders may tell the absence of somebody else: who has a
// fever calls the office, and nobody has the bot at hand.
var tellsForOthers = []incident.Role{incident.IncidentLead, incident.SecurityChief, incident.Representative}

// MayTellAbsence reports whether a person may tell, or take back, an absence of another.
func (s *Service) MayTellAbsence(by, of incident.PersonID) bool {
	people := s.people.Load()
	return people.Known(by) && (by == of || slices.ContainsFunc(tellsForOthers, func(r incident.Role) bool { return people.Holds(by, r) }))
}

// SetAbsence notes that a person is away for some days of Asia/Tokyo. What was told before and
// overlaps is replaced. The same key is done once. The error is a fault of ours or of the
// database; a refusal stands in what is given back.
func (s *Service) SetAbsence(ctx context.Context, key string, by, person incident.PersonID, a contact.Absence) (AbsenceDone, error) {
	a.Named = ""
	return s.changeAbsence(ctx, key, by, person, func(people *people, now time.Time) (AbsenceDone, AbsenceChange) {
		out := AbsenceDone{Person: person, Absence: a}
		if out.Refusal = refuseAbsence(people, person, a, now); out.Refusal != nil {
			return out, AbsenceChange{}
		}
		c := AbsenceChange{Save: []Absence{{Person: person, Absence: a, At: now}}}
		for _, x := range people.Absences(now.AddDate(-1, 0, 0)) {
			switch {
			case x.Person == person && x.Told && x.Overlaps(a):
				c.Drop = append(c.Drop, Absence{Person: person, Absence: x.Absence})
				if x.Absence != a {
					out.Replaced = append(out.Replaced, x.Absence)
				}
			case x.Deputy == person && x.Overlaps(a) && !slices.Contains(out.StandsFor, x.Person):
				out.StandsFor = append(out.StandsFor, x.Person)
			}
		}
		return out, c
	})
}

// DropAbsence takes back what was told of a person's absence that begins on a day.
func (s *Service) DropAbsence(ctx context.Context, key string, by, person incident.PersonID, from string) (AbsenceDone, error) {
	return s.changeAbsence(ctx, key, by, person, func(people *people, now time.Time) (AbsenceDone, AbsenceChange) {
		out := AbsenceDone{Person: person}
		for _, x := range people.Absences(now) {
			if x.Person != person || x.From != from {
				continue
			}
			if out.Absence = x.Absence; x.Told {
				return out, AbsenceChange{Drop: []Absence{{Person: person, Absence: x.Absence}}}
			}
			out.Refusal = &incident.Refusal{Key: "refuse.away_listed", Args: map[string]any{"days": x.Absence}}
		}
		if out.Refusal == nil {
			out.Refusal = &incident.Refusal{Key: "refuse.away_none"}
		}
		return out, AbsenceChange{}
	})
}

// refuseAbsence says what is wrong with an absence; nil: nothing.
func refuseAbsence(people *people, person incident.PersonID, a contact.Absence, now time.Time) *incident.Refusal {
	refuse := func(key string, args map[string]any) *incident.Refusal {
		return &incident.Refusal{Key: key, Args: args}
	}
	for _, day := range []string{a.From, a.To} {
		if t, err := time.Parse(time.DateOnly, day); err != nil || t.Format(time.DateOnly) != day {
			return refuse("refuse.away_days", nil)
		}
	}
	today := contact.Day(now)
	deputy, listed := people.Person(a.Deputy)
	switch {
	case a.To < a.From:
		return refuse("refuse.away_order", nil)
	case a.To < today:
		return refuse("refuse.away_past", map[string]any{"days": a})
	case a.To > contact.Day(now.In(incident.Tokyo).AddDate(1, 0, 0)):
		return refuse("refuse.away_far", map[string]any{"days": a})
	case a.Deputy == "":
		return nil
	case a.Deputy == person:
		return refuse("refuse.away_self", nil)
	case !listed || !deputy.Active:
		return refuse("refuse.away_deputy_unknown", nil)
	}
	for _, x := range people.Absences(now) {
		if x.Person == a.Deputy && x.Overlaps(a) {
			return refuse("refuse.away_deputy_away", map[string]any{"person": a.Deputy, "days": x.Absence})
		}
	}
	return nil
}

// changeAbsence decides on the list in memory, which is the one stored when the transaction
// begins, and saves on top of it: of two changes at once the second decides anew.
func (s *Service) changeAbsence(ctx context.Context, key string, by, person incident.PersonID,
	decide func(*people, time.Time) (AbsenceDone, AbsenceChange),
) (out AbsenceDone, err error) {
	if key == "" {
		return AbsenceDone{}, errors.New("a request without a key cannot be done once")
	}
	for try := 0; ; try++ {
		err = s.store.Write(ctx, func(tx Tx) (err error) {
			out, err = s.absenceOnce(ctx, tx, key, by, person, decide)
			return err
		})
		if err == nil {
			break
		}
		old := errors.Is(err, errOldContacts) || errors.Is(err, ErrConflict)
		if try == 5 || !old && !errors.Is(err, ErrDone) && !errors.Is(err, ErrUnsure) {
			return AbsenceDone{}, fmt.Errorf("change an absence: %w", err)
		}
		if old {
			// Outside of the transaction, as in once.
			if err := s.ReloadContacts(ctx); err != nil {
				return AbsenceDone{}, err
			}
		}
	}
	if out.Refusal != nil {
		return out, nil
	}
	if err := s.fresh(ctx, s.store); err != nil {
		return out, err
	}
	out.Open, err = s.openFor(ctx, by, person)
	return out, err
}

func (s *Service) absenceOnce(ctx context.Context, tx Tx, key string, by, person incident.PersonID,
	decide func(*people, time.Time) (AbsenceDone, AbsenceChange),
) (AbsenceDone, error) {
	stored, done, err := tx.Done(ctx, key)
	if err != nil {
		return AbsenceDone{}, err
	}
	if done {
		var out AbsenceDone
		if err := json.Unmarshal(stored, &out); err != nil {
			return AbsenceDone{}, fmt.Errorf("stored outcome: %w", err)
		}
		out.Repeated = true
		return out, nil
	}
	people := s.people.Load()
	if v, err := tx.ContactsVersion(ctx); err != nil {
		return AbsenceDone{}, err
	} else if v != people.version {
		return AbsenceDone{}, errOldContacts
	}
	out := AbsenceDone{Person: person}
	switch {
	case !people.Known(by):
		out.Refusal = &incident.Refusal{Key: "refuse.not_known"}
	case !people.Known(person):
		out.Refusal = &incident.Refusal{Key: "refuse.person_unknown"}
	case !s.MayTellAbsence(by, person):
		out.Refusal = &incident.Refusal{Key: "refuse.away_other"}
	}
	if out.Refusal != nil {
		return out, nil
	}
	now := s.Now()
	out, change := decide(people, now)
	if out.Refusal != nil {
		return out, nil
	}
	outcome, err := json.Marshal(out)
	if err != nil {
		return AbsenceDone{}, err
	}
	change.Contacts = people.version
	return out, tx.Save(ctx, Change{At: now, Absences: &change, Request: &DoneRequest{Key: key, By: by, Outcome: outcome}})
}

// openFor lists the open incidents that wait for a person, the newest first, as far as another
// sees all of them.
func (s *Service) openFor(ctx context.Context, viewer, person incident.PersonID) ([]incident.ID, error) {
	list, _, err := s.Incidents(ctx, viewer, Listing{OpenOnly: true})
	if err != nil {
		return nil, err
	}
	var open []incident.ID
	for _, l := range list {
		page, called := l.Page(person)
		if l.Access == AccessFull && (l.Lead == person || called && page.Status == incident.PageOpen) {
			open = append(open, l.ID)
		}
	}
	return open, nil
}

// Absences lists what of all absences is not over, for anybody on the contact list, those
// first that begin first. To everybody else there is none.
func (s *Service) Absences(ctx context.Context, viewer incident.PersonID) ([]contact.Absent, error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return nil, err
	}
	people := s.people.Load()
	if !people.Known(viewer) {
		return nil, nil
	}
	return people.Absences(s.Now()), nil
}
