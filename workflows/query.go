package workflows

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"hikeshi/workflows/incident"
)

// Access says how much of an incident somebody sees.
type Access int

// Nothing; the own report only; everything.
const (
	AccessNone Access = iota
	AccessReporter
	AccessFull
)

// AccessOf says how much of an incident a person may see. The circle and the auditor see
// all of it, a reporter the own report, whoever is left out nothing.
func (s *Service) AccessOf(in *incident.Incident, p incident.PersonID) Access {
	switch {
	case in.CanRead(s.people.Load(), p):
		return AccessFull
	case in.ReportedBy(p) && !in.IsExcluded(p):
		return AccessReporter
	default:
		return AccessNone
	}
}

// Incident gives an incident to somebody who may see it, with how much he may see. To
// everybody else it does not exist: ErrNotFound, the same as for a number never given out.
func (s *Service) Incident(ctx context.Context, viewer incident.PersonID, id incident.ID) (*incident.Incident, Access, error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return nil, AccessNone, err
	}
	in, err := s.store.Incident(ctx, id)
	if err != nil {
		return nil, AccessNone, err
	}
	access := s.AccessOf(in, viewer)
	if access == AccessNone {
		return nil, AccessNone, ErrNotFound
	}
	return in, access, s.Recall(ctx, in)
}

// Listed is a line of somebody's list.
type Listed struct {
	*incident.Incident
	Access Access
}

// Listing chooses a part of somebody's list.
type Listing struct {
	OpenOnly, EndedOnly bool
	Before              incident.ID // the last of the part before; empty: from the newest
	Limit               int         // 0: all
	// Unreadable is told of each that cannot be read, and so cannot be listed; nil: nobody is.
	Unreadable func(incident.ID)
}

// Incidents lists what a person may see, newest first: the circle's and the own reports; an
// auditor's list has every incident that does not leave him out. more says that there are
// others behind the last one. A Before that the viewer may not see is ErrNotFound.
func (s *Service) Incidents(ctx context.Context, viewer incident.PersonID, l Listing) (list []Listed, more bool, err error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return nil, false, err
	}
	if !s.people.Load().Known(viewer) {
		return nil, false, nil
	}
	if l.Before != "" {
		if _, _, err := s.Incident(ctx, viewer, l.Before); err != nil {
			return nil, false, err
		}
	}
	q := IncidentQuery{Person: viewer, OpenOnly: l.OpenOnly, EndedOnly: l.EndedOnly, Before: l.Before, Unreadable: true}
	if s.ReadsAll(viewer) {
		q.Person = ""
	}
	if l.Limit > 0 {
		q.Limit = l.Limit + 1
	}
	for {
		rows, err := s.store.Incidents(ctx, q)
		if err != nil {
			return nil, false, err
		}
		if err := s.Recall(ctx, rows...); err != nil {
			return nil, false, err
		}
		for _, in := range rows {
			if in.Unreadable {
				if l.Unreadable != nil {
					l.Unreadable(in.ID)
				}
				continue
			}
			a := s.AccessOf(in, viewer)
			if a == AccessNone {
				continue
			}
			if l.Limit > 0 && len(list) == l.Limit {
				return list, true, nil
			}
			list = append(list, Listed{in, a})
		}
		if q.Limit == 0 || len(rows) < q.Limit {
			return list, false, nil
		}
		q.Before = rows[len(rows)-1].ID // some of them leave the viewer out
	}
}

// Numbered gives the incidents among those a person may see that have a number, whatever
// their year, the newest first.
func (s *Service) Numbered(ctx context.Context, viewer incident.PersonID, n int) ([]Listed, error) {
	series, err := s.store.Counters(ctx)
	if err != nil {
		return nil, err
	}
	var found []Listed
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(series))) {
		if n < 1 || n > series[name] {
			continue
		}
		in, access, err := s.Incident(ctx, viewer, numbered(name, n))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, Listed{in, access})
	}
	return found, nil
}

// numbered is the nth incident of a series.
func numbered(series string, n int) incident.ID {
	return incident.ID(fmt.Sprintf("%s-%04d", series, n))
}

// Record gives the entries of an incident from a sequence number on. Only who sees the
// whole incident sees the record.
func (s *Service) Record(ctx context.Context, viewer incident.PersonID, id incident.ID, from int64) ([]incident.Record, error) {
	_, access, err := s.Incident(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	if access != AccessFull {
		return nil, ErrNotFound
	}
	return s.store.Records(ctx, id, from, 0)
}

// Entry gives one entry without asking who reads it: it is for rendering a message whose
// receiver was decided when it was announced. ErrNotFound.
func (s *Service) Entry(ctx context.Context, id incident.ID, seq int64) (incident.Record, error) {
	rs, err := s.store.Records(ctx, id, seq, 1)
	if err != nil {
		return incident.Record{}, err
	}
	if len(rs) == 0 || rs[0].Seq != seq {
		return incident.Record{}, ErrNotFound
	}
	return rs[0], nil
}

// Channel gives the messages in an incident's channel, oldest first.
func (s *Service) Channel(ctx context.Context, viewer incident.PersonID, id incident.ID, limit int) ([]Message, error) {
	if _, access, err := s.Incident(ctx, viewer, id); err != nil {
		return nil, err
	} else if access != AccessFull {
		return nil, ErrNotFound
	}
	return s.store.Messages(ctx, MessageQuery{Incident: id, Sent: true, Limit: limit})
}

// Direct gives the messages a person has received, oldest first.
func (s *Service) Direct(ctx context.Context, viewer incident.PersonID, limit int) ([]Message, error) {
	if viewer == "" {
		return nil, nil
	}
	return s.store.Messages(ctx, MessageQuery{Person: viewer, Sent: true, Limit: limit})
}

// Sent gives every message about an incident, whoever it went to.
func (s *Service) Sent(ctx context.Context, viewer incident.PersonID, id incident.ID) ([]Message, error) {
	if _, access, err := s.Incident(ctx, viewer, id); err != nil {
		return nil, err
	} else if access != AccessFull {
		return nil, ErrNotFound
	}
	return s.store.Messages(ctx, MessageQuery{Incident: id, All: true})
}

// ForMessage gives the incident a message is about, if its receiver may still see it; a
// receiver who was left out meanwhile gets nothing: ErrNotFound. A report that was overtaken
// is not sent: ErrSettled.
func (s *Service) ForMessage(ctx context.Context, m Message) (*incident.Incident, Access, error) {
	if m.To != "" {
		return s.Incident(ctx, m.To, m.Incident)
	}
	in, err := s.store.Incident(ctx, m.Incident)
	if err != nil {
		return nil, AccessNone, err
	}
	if in.ReportOutdated(m.Notice) {
		return nil, AccessNone, ErrSettled
	}
	return in, AccessFull, s.Recall(ctx, in)
}

// SaveDraft keeps what somebody typed into a form.
func (s *Service) SaveDraft(ctx context.Context, d Draft) error {
	d.Saved = s.Now()
	return s.store.SaveDraft(ctx, d)
}

// Draft gives a person's own draft; another's does not exist for him: ErrNotFound.
func (s *Service) Draft(ctx context.Context, by incident.PersonID, id string) (Draft, error) {
	return s.store.Draft(ctx, by, id)
}

// Ready checks that commands can be carried out.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }
