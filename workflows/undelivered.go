package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hikeshi/workflows/incident"
)

// ReasonHidden is the Error of a message whose receiver may not see any more what it tells:
// nobody misses it, and that there is one would tell who was left out.
const ReasonHidden = "not_allowed_any_more"

// keptInSight is how long a message that was given up is shown when its incident has ended:
// by then somebody has had a week to tell its receiver in another way.
const keptInSight = 7 * 24 * time.Hour

// resenders are the roles whose holders see what could not be delivered, and have it sent
// again: who mends accounts and lists, and who has to know that somebody did not hear.
var resenders = []incident.Role{incident.SystemAdmin, incident.IncidentLead, incident.SecurityChief, incident.Representative}

// Lost is a message that was given up, as somebody may see it.
type Lost struct {
	Message
	// Title is that of its incident, empty for who may not read it and where it is about none.
	Title string
}

// MayResend reports whether a person sees what could not be delivered.
func (s *Service) MayResend(p incident.PersonID) bool {
	dir := s.people.Load()
	if p == "" || !dir.Known(p) {
		return false
	}
	for _, r := range resenders {
		if dir.Holds(p, r) {
			return true
		}
	}
	return false
}

// Undelivered lists messages that were given up, the newest first: all about incidents that
// are still open, and of the others those of the last week. before is the ID of the last one
// of the part before, 0 for the first; more says that there are others behind. Nothing is
// among them of an incident that leaves the viewer out. ErrNotFound for who may not see any.
func (s *Service) Undelivered(ctx context.Context, viewer incident.PersonID, before int64, limit int) (list []Lost, more bool, err error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return nil, false, err
	}
	if !s.MayResend(viewer) {
		return nil, false, ErrNotFound
	}
	q := UndeliveredQuery{Since: s.Now().Add(-keptInSight), Before: before}
	if limit > 0 {
		q.Limit = limit + 1
	}
	seen := map[incident.ID]sight{}
	for {
		rows, err := s.store.Undelivered(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, m := range rows {
			x, known := seen[m.Incident]
			if !known && m.Incident != "" {
				if x, err = s.sightOf(ctx, viewer, m.Incident); err != nil {
					return nil, false, err
				}
				seen[m.Incident] = x
			}
			if x.hidden {
				continue
			}
			if limit > 0 && len(list) == limit {
				return list, true, nil
			}
			list = append(list, Lost{Message: m, Title: x.title})
		}
		if q.Limit == 0 || len(rows) < q.Limit {
			return list, false, nil
		}
		q.Before = rows[len(rows)-1].ID // some of them are not for the viewer
	}
}

// sight is what somebody sees of the incident of a message.
type sight struct {
	hidden bool
	title  string
}

// sightOf shows of an incident that cannot be read, or is gone, its number alone.
func (s *Service) sightOf(ctx context.Context, viewer incident.PersonID, id incident.ID) (sight, error) {
	in, err := s.readable(ctx, id)
	switch {
	case err != nil:
		return sight{}, err
	case in == nil:
		return sight{}, nil
	case in.IsExcluded(viewer):
		return sight{hidden: true}, nil
	case s.AccessOf(in, viewer) == AccessFull:
		return sight{title: in.Title}, nil
	}
	return sight{}, nil
}

// AllUndelivered is Undelivered for the one at the server's console, who holds the database in
// his hands.
func (s *Service) AllUndelivered(ctx context.Context) ([]Message, error) {
	return s.store.Undelivered(ctx, UndeliveredQuery{Since: s.Now().Add(-keptInSight)})
}

// SendAgain has messages that were given up sent again, as if they had never been tried; with
// no ids, all that the person sees in Undelivered. The key is that of what the person did: the
// same key again sends nothing, and gives the same number. ErrNotFound for who may not.
func (s *Service) SendAgain(ctx context.Context, key string, by incident.PersonID, ids []int64) (sent int, err error) {
	seen, _, err := s.Undelivered(ctx, by, 0, 0)
	if err != nil {
		return 0, err
	}
	var wanted []int64
	for _, l := range seen {
		if len(ids) == 0 || containsID(ids, l.ID) {
			wanted = append(wanted, l.ID)
		}
	}
	return s.sendAgain(ctx, key, by, wanted)
}

// SendAllAgain is SendAgain at the server's console: of the given ids, or of all.
func (s *Service) SendAllAgain(ctx context.Context, key string, ids []int64) (sent int, err error) {
	if len(ids) == 0 {
		list, err := s.AllUndelivered(ctx)
		if err != nil {
			return 0, err
		}
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	return s.sendAgain(ctx, key, "", ids)
}

func containsID(ids []int64, id int64) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

// resent is the stored outcome of sending again.
type resent struct {
	Sent int `json:"sent"`
}

func (s *Service) sendAgain(ctx context.Context, key string, by incident.PersonID, ids []int64) (int, error) {
	if key == "" {
		return 0, errors.New("sending again without a key cannot be done once")
	}
	key = "resend:" + key
	var out resent
	for try := 0; ; try++ {
		err := s.store.Write(ctx, func(tx Tx) error {
			out = resent{}
			if stored, done, err := tx.Done(ctx, key); err != nil {
				return err
			} else if done {
				return json.Unmarshal(stored, &out)
			}
			now := s.Now()
			for _, id := range ids {
				again, err := tx.SendAgain(ctx, id, now)
				if err != nil {
					return err
				}
				if again {
					out.Sent++
				}
			}
			if out.Sent == 0 {
				return nil // nothing was done, and nothing has to be remembered of it
			}
			stored, err := json.Marshal(out)
			if err != nil {
				return err
			}
			return tx.Save(ctx, Change{At: now, Request: &DoneRequest{Key: key, By: by, Outcome: stored}})
		})
		if (errors.Is(err, ErrDone) || errors.Is(err, ErrUnsure)) && try < 5 {
			continue // the key tells how it ended
		}
		if err != nil {
			return 0, fmt.Errorf("send again: %w", err)
		}
		if out.Sent > 0 {
			s.changed(Changed{Work: true})
		}
		return out.Sent, nil
	}
}

// ReasonUnreachable is the Error of a message whose receiver's account takes none.
const ReasonUnreachable = "unreachable"

// lostToReporter reports whether a try was the last to bring a reporter his card.
func lostToReporter(m Message, res Sent) bool {
	return m.Kind == incident.NoticeReporter && !res.OK && !res.Dropped && !res.Waited && res.Retry.IsZero() && res.Error == ReasonUnreachable
}

// ReportersUnreached are the reporters of an incident to whom their own card could not be brought:
// what they were promised to hear has to be told them in another way.
func (s *Service) ReportersUnreached(ctx context.Context, in *incident.Incident) (out []incident.Reporter, err error) {
	for _, r := range in.Reporters {
		if r.ID == "" {
			continue
		}
		list, err := s.store.Messages(ctx, MessageQuery{Person: r.ID, Incident: in.ID})
		if err != nil {
			return nil, fmt.Errorf("look whether a reporter hears: %w", err)
		}
		for _, m := range list {
			if m.Kind == incident.NoticeReporter && m.State == MessageFailed && m.Error == ReasonUnreachable {
				out = append(out, r)
			}
		}
	}
	return out, nil
}
