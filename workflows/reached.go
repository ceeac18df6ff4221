package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hikeshi/workflows/incident"
)

// Called gives the incident of a page that is brought by mail or phone. It is ErrSettled when
// its person need not be called by it any more: he has answered, nobody needs him, he may not see
// the incident any more, or a newer page calls him by the same means. Such a page is not sent
// late: it would ring somebody for nothing.
func (s *Service) Called(ctx context.Context, m Message) (*incident.Incident, error) {
	in, access, err := s.Incident(ctx, m.To, m.Incident)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrSettled
	}
	if err != nil {
		return nil, err
	}
	page, called := in.Page(m.To)
	switch {
	case access != AccessFull, !called, page.Status != incident.PageOpen, in.Phase.Ended():
		return nil, ErrSettled
	case m.Seq < page.Seq && slices.Contains(page.Used(), m.By()):
		return nil, ErrSettled
	}
	return in, nil
}

// CalledBefore reports whether an earlier call to the person of a page has reached him, and he
// did not answer it.
func (s *Service) CalledBefore(ctx context.Context, m Message) (bool, error) {
	list, err := s.store.Messages(ctx, MessageQuery{Person: m.To, Incident: m.Incident, Sent: true})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, func(o Message) bool {
		return o.Kind == incident.NoticePage && o.ID != m.ID && o.Created.Before(m.Created)
	}), nil
}

// Unheard reports whether a message to somebody about an entry was to be sent and has never reached
// him by any means, nor can any more without being worded anew: of what it told, the next one to him
// need not say that it is over. Where there was none at all, or a try of it may have arrived or is
// under way, as one that a platform lets wait, it is false.
func (s *Service) Unheard(ctx context.Context, kind incident.NoticeKind, id incident.ID, seq int64, p incident.PersonID) (bool, error) {
	list, err := s.store.Messages(ctx, MessageQuery{Person: p, Incident: id})
	if err != nil {
		return false, fmt.Errorf("look whether somebody heard of an entry: %w", err)
	}
	unheard := false
	for _, m := range list {
		if m.Kind != kind || m.Seq != seq {
			continue
		}
		if !m.FirstSent.IsZero() || m.Resent || m.InHand {
			return false, nil
		}
		unheard = true
	}
	return unheard, nil
}

// By is the means by which a message reaches its person.
func (m Message) By() incident.Means {
	if m.Means == "" {
		return incident.ByChat
	}
	return m.Means
}

// Calls reports whether a message calls somebody, and has to get through at once.
func (m Message) Calls() bool { return m.Kind == incident.NoticePage && m.Urgent && m.To != "" }

// MeansFailed records that a means did not get through with a page, so that the next is taken at
// once. It is done once for a message, however often it is told; a page that was answered
// meanwhile needs no other means, and nothing is recorded.
func (s *Service) MeansFailed(ctx context.Context, m Message, why incident.MeansTrouble) error {
	out, err := s.Do(ctx, Command{
		Key: fmt.Sprintf("means:%d", m.ID), Incident: m.Incident, Bot: true, Source: incident.FromTimer,
		Do: incident.FailMeans{Person: m.To, Page: m.Seq, Means: m.By(), Why: why},
	})
	if err != nil {
		return fmt.Errorf("record a means that failed: %w", err)
	}
	if out.Refusal != nil && out.Refusal.Key == "refuse.conflict" {
		// Many write to the incident at once: nothing was recorded, and it is worth another try.
		return fmt.Errorf("record a means that failed: %w", ErrConflict)
	}
	return nil
}
