package workflows

import (
	"context"
	"iter"
	"slices"

	"hikeshi/workflows/incident"
)

// incidentPage is how many incidents are read at a time where all of them are gone through.
const incidentPage = 100

// Told is an incident with its whole record.
type Told struct {
	*incident.Incident
	Records []incident.Record
}

// EachIncident goes through incidents with their records, newest report first. It reads them
// page by page, so that a company's whole history is never in memory. It asks nobody's
// rights: it is for who holds the database in his hands. An error ends it.
func EachIncident(ctx context.Context, store Store, q IncidentQuery) iter.Seq2[Told, error] {
	return eachIncident(ctx, store, q, func(*incident.Incident) bool { return true })
}

func eachIncident(ctx context.Context, store Store, q IncidentQuery, chosen func(*incident.Incident) bool) iter.Seq2[Told, error] {
	return func(yield func(Told, error) bool) {
		q.Limit = incidentPage
		for {
			rows, err := store.Incidents(ctx, q)
			if err != nil {
				yield(Told{}, err)
				return
			}
			for _, in := range rows {
				q.Before = in.ID
				if !chosen(in) {
					continue
				}
				records, err := store.Records(ctx, in.ID, 1, 0)
				if err != nil {
					yield(Told{}, err)
					return
				}
				// What was recorded since the row was read belongs to the next time.
				for len(records) > 0 && records[len(records)-1].Seq > in.Seq {
					records = records[:len(records)-1]
				}
				if !yield(Told{in, records}, nil) {
					return
				}
			}
			if len(rows) < incidentPage {
				return
			}
		}
	}
}

// ReadsAll reports whether a person reads every incident that does not leave him out: the
// auditor and his deputies.
func (s *Service) ReadsAll(p incident.PersonID) bool {
	return slices.Contains(s.people.Load().Chain(incident.Auditor, ""), p)
}

// Readable goes through every incident that a person may see all of, newest report first,
// with their records. The rights are those of Incidents and Record.
func (s *Service) Readable(ctx context.Context, viewer incident.PersonID) iter.Seq2[Told, error] {
	return func(yield func(Told, error) bool) {
		if err := s.fresh(ctx, s.store); err != nil {
			yield(Told{}, err)
			return
		}
		if !s.people.Load().Known(viewer) {
			return
		}
		q := IncidentQuery{Person: viewer}
		if s.ReadsAll(viewer) {
			q.Person = ""
		}
		full := func(in *incident.Incident) bool { return s.AccessOf(in, viewer) == AccessFull }
		eachIncident(ctx, s.store, q, full)(yield)
	}
}
