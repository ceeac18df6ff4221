package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"hikeshi/workflows/incident"
)

// tell has each finding told once a day, whichever process is the first to find it.
func (s *Service) tell(ctx context.Context, a Audited) error {
	day := a.At.In(incident.Tokyo).Format(time.DateOnly)
	told := map[string]bool{}
	for _, f := range a.Found {
		key := auditKey(f, day)
		if told[key] {
			continue
		}
		told[key] = true
		if s.auditing.told[key] {
			continue
		}
		first, err := s.tellOnce(ctx, f, day, a.At)
		if err != nil {
			return err
		}
		if first {
			s.log.ErrorContext(ctx, "the audit found what it cannot mend", "component", "audit", "kind", string(f.Kind), "incident", string(f.Incident))
		}
	}
	s.auditing.told = told // what is not found any more is told again if it comes back on another day
	return nil
}

// tellOnce saves the notices of a finding, unless that was done today.
func (s *Service) tellOnce(ctx context.Context, f Finding, day string, now time.Time) (first bool, err error) {
	outcome, err := json.Marshal(Outcome{Incident: f.Incident})
	if err != nil {
		return false, err
	}
	to, err := s.toTell(ctx, f, now)
	if err != nil {
		return false, err
	}
	key, dir := auditKey(f, day), s.people.Load()
	err = s.store.Write(ctx, func(tx Tx) error {
		first = false
		if _, done, err := tx.Done(ctx, key); done || err != nil {
			return err
		}
		first = true
		c := Change{At: now, Request: &DoneRequest{Key: key, Incident: f.Incident, Outcome: outcome}}
		for _, p := range to {
			c.Messages = append(c.Messages, auditNotices(f, day, p, dir)...)
		}
		return tx.Save(ctx, c)
	})
	if errors.Is(err, ErrDone) || errors.Is(err, ErrUnsure) {
		return false, nil // another process was quicker; or the next look tells
	}
	if first && err == nil && len(to) > 0 {
		s.changed(Changed{Work: true})
	}
	return first, err
}

// toTell gives who hears of a finding: who holds システム管理者, or stands in for him, else who
// leads and represents. Whoever is left out of an incident hears nothing of it, not even that
// there is one. Where everybody is away, they hear of it all the same.
func (s *Service) toTell(ctx context.Context, f Finding, now time.Time) ([]incident.PersonID, error) {
	var in *incident.Incident
	if f.Incident != "" {
		var err error
		if in, err = s.readable(ctx, f.Incident); err != nil {
			return nil, err
		}
	}
	dir := s.people.Load()
	var away []incident.PersonID
	for _, role := range []incident.Role{incident.SystemAdmin, incident.IncidentLead, incident.Representative} {
		for _, line := range [][]incident.PersonID{dir.Holders(role, ""), dir.Deputies(role, "")} {
			var to []incident.PersonID
			for _, p := range line {
				deputy, gone := dir.Away(p, now)
				if gone {
					away = append(away, p)
					p = deputy
				}
				if p != "" && (in == nil || !in.IsExcluded(p)) && !slices.Contains(to, p) {
					to = append(to, p)
				}
			}
			if to != nil {
				return to, nil
			}
		}
	}
	away = slices.DeleteFunc(away, func(p incident.PersonID) bool { return in != nil && in.IsExcluded(p) })
	if len(away) == 0 {
		s.log.ErrorContext(ctx, "nobody can be told of what the audit found", "component", "audit", "kind", string(f.Kind), "incident", string(f.Incident))
	}
	return away, nil
}

// readable gives an incident without asking who reads it; nil for one that is gone, or whose
// row cannot be read. Other errors are the database's.
func (s *Service) readable(ctx context.Context, id incident.ID) (*incident.Incident, error) {
	in, err := s.store.Incident(ctx, id)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnreadable) {
		return nil, nil //nolint:nilnil // there is none to give, and that is no error
	}
	return in, err
}

// ForAudit gives the incident of an auditor's notice where its receiver may read it, and nil
// where he knows its number alone. ErrNotFound: he has been left out of it since.
func (s *Service) ForAudit(ctx context.Context, n incident.Notice) (*incident.Incident, error) {
	if err := s.fresh(ctx, s.store); err != nil || n.Incident == "" {
		return nil, err
	}
	in, err := s.readable(ctx, n.Incident)
	switch {
	case err != nil || in == nil:
		return nil, err
	case in.IsExcluded(n.To):
		return nil, ErrNotFound
	case s.AccessOf(in, n.To) != AccessFull:
		return nil, nil //nolint:nilnil // the number alone
	}
	return in, s.Recall(ctx, in)
}
