package workflows

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hikeshi/workflows/edition"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

// editions holds in memory every edition that was asked for. There are as many as the company
// has changed its rules, so none is ever dropped. A nil entry is one that is gone.
type editions struct {
	mu sync.RWMutex
	by map[string]*edition.Edition
}

func (e *editions) get(version string) (found *edition.Edition, known bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	found, known = e.by[version]
	return found, known
}

func (e *editions) put(version string, ed *edition.Edition) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.by == nil {
		e.by = map[string]*edition.Edition{}
	}
	e.by[version] = ed
}

// InForce is the edition that a new incident begins with.
func (s *Service) InForce() *edition.Edition { return s.current.Load() }

// Book gives the procedures in force.
func (s *Service) Book() *procedure.Book { return s.InForce().Book }

// Keep stores the edition in force, so that the incidents that begin with it find it again
// after the next change. A server does so before it takes reports.
func (s *Service) Keep(ctx context.Context) error {
	if err := s.keep(ctx, s.InForce()); err != nil {
		return err
	}
	return s.keepPlaces(ctx)
}

func (s *Service) keep(ctx context.Context, e *edition.Edition) error {
	if err := s.store.SaveEdition(ctx, e.Version(), e.Encode(), s.Now()); err != nil {
		return fmt.Errorf("store the edition of the rules: %w", err)
	}
	s.editions.put(e.Version(), e)
	return nil
}

// Use stores new rules and puts them in force for the incidents that begin from now on. With
// an error the old ones stay.
func (s *Service) Use(ctx context.Context, book *procedure.Book, calls *paging.Policy) error {
	e, err := edition.New(book, calls)
	if err != nil {
		return err
	}
	if err := s.keep(ctx, e); err != nil {
		return err
	}
	s.current.Store(e)
	return nil
}

// Rules gives the edition that an incident began with, as Recall has read it; that in force
// for one that is gone and for an incident that has not begun.
func (s *Service) Rules(in *incident.Incident) *edition.Edition {
	now := s.InForce()
	if in == nil || in.Procedure == "" || in.Procedure == now.Version() {
		return now
	}
	if e, _ := s.editions.get(in.Procedure); e != nil {
		return e
	}
	return now
}

// Recall reads the editions of incidents into memory, where Rules finds them. The queries do
// it with what they give.
func (s *Service) Recall(ctx context.Context, rows ...*incident.Incident) error {
	for _, in := range rows {
		// Rules that a newer version has written are not worked by here; to show what is known of
		// the incident, those in force do.
		if _, err := s.editionOf(ctx, in, s.store); err != nil && !errors.Is(err, ErrNewer) {
			return err
		}
	}
	return nil
}

// editionOf gives the edition that an incident began with, read once. An edition that is not
// there, or was changed in the database, is replaced by the one in force, and that is logged:
// an incident of a version that stored none must go on.
func (s *Service) editionOf(ctx context.Context, in *incident.Incident, stored interface {
	Edition(ctx context.Context, version string) ([]byte, error)
}) (*edition.Edition, error) {
	version := in.Procedure
	now := s.InForce()
	// Before there were editions, an incident kept the version of the procedures alone.
	if version == "" || version == now.Version() || version == now.Book.Version {
		return now, nil
	}
	if e, known := s.editions.get(version); e != nil {
		return e, nil
	} else if known {
		return now, nil
	}
	body, err := stored.Edition(ctx, version)
	var e *edition.Edition
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, fmt.Errorf("read the edition %s of the rules: %w", version, err)
	default:
		e, err = edition.Decode(version, body)
	}
	if errors.Is(err, ErrNewer) {
		return nil, err
	}
	s.editions.put(version, e)
	if e == nil {
		s.log.WarnContext(ctx, "the rules that an incident began with are gone; those in force are used", "incident", string(in.ID), "edition", version, "version", now.Version(), "error", err)
		return now, nil
	}
	return e, nil
}
