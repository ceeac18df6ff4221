package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// digestHour is when the morning's overview goes out, Asia/Tokyo, on working days.
const digestHour = 9

// Claim leases due timers to owner.
func (s *Service) Claim(ctx context.Context, owner string, lease time.Duration, n int) ([]Timer, error) {
	timers, err := s.store.ClaimTimers(ctx, s.Now(), owner, lease, n)
	if len(timers) > 0 {
		s.observer.Claimed(ClaimedTimers, len(timers))
	}
	return timers, err
}

// Fire carries out a claimed timer: one more command, with the timer as its key.
func (s *Service) Fire(ctx context.Context, t Timer) error {
	late := s.Now().Sub(t.Due)
	if err := s.fire(ctx, t); err != nil {
		return err
	}
	s.observer.Fired(t.Kind, late)
	return nil
}

func (s *Service) fire(ctx context.Context, t Timer) error {
	key := timerKey(t)
	switch t.Kind {
	case TimerRound:
		_, err := s.Do(ctx, Command{
			Key: key, Incident: t.Incident, Bot: true, Source: incident.FromTimer,
			Do: incident.PassRound{Round: t.Round, Due: t.Due}, Timer: t.Key,
		})
		return err
	case TimerOffer:
		_, err := s.Do(ctx, Command{
			Key: key, Incident: t.Incident, Bot: true, Source: incident.FromTimer,
			Do: incident.PassOffer{Due: t.Due}, Timer: t.Key,
		})
		return err
	case TimerClocks:
		_, err := s.Do(ctx, reminding(t))
		return err
	case TimerDigest:
		return s.digest(ctx, t, "timer:"+t.Key)
	}
	return fmt.Errorf("timer of kind %q: %w", t.Kind, ErrNewer)
}

// timerKey is what a timer is done by once, each time that it falls due.
func timerKey(t Timer) string {
	return fmt.Sprintf("timer:%s:%d:%d", t.Key, t.Round, t.Due.UnixMicro())
}

// Postpone sets the next try of a timer that could not be carried out.
func (s *Service) Postpone(ctx context.Context, t Timer, owner string, wait time.Duration) error {
	return s.store.ReleaseTimer(ctx, t, owner, s.Now().Add(wait))
}

// Tick does the calendar's work that fell due after from, up to and including now: it inserts
// the morning's timer, and has the notification clocks follow the rules of the day. However
// often, and by however many processes, a day is ticked once. Of a pause of many days only the
// last digest is sent: nobody reads a week of overviews.
func (s *Service) Tick(ctx context.Context, from time.Time) error {
	return errors.Join(s.tickDigest(ctx, from), s.redrawToday(ctx), s.sweepLinks(ctx), s.missedPlaces(ctx))
}

func (s *Service) tickDigest(ctx context.Context, from time.Time) error {
	now := s.Now()
	day := now.In(incident.Tokyo)
	for range 8 {
		due := time.Date(day.Year(), day.Month(), day.Day(), digestHour, 0, 0, 0, incident.Tokyo)
		if !due.After(now) && clock.WorkingDay(due) {
			if !due.After(from) {
				return nil
			}
			name := due.Format(time.DateOnly)
			return s.store.Write(ctx, func(tx Tx) error {
				if _, done, err := tx.Done(ctx, "timer:digest:"+name); done || err != nil {
					return err
				}
				return tx.Save(ctx, Change{At: now, Timers: []Timer{{Key: "digest:" + name, Kind: TimerDigest, Due: due, Day: name}}})
			})
		}
		day = day.AddDate(0, 0, -1)
	}
	return nil
}

// digest sends the morning's overview to everyone who has an open incident.
func (s *Service) digest(ctx context.Context, t Timer, key string) error {
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return err
	}
	var readers []incident.PersonID
	dir := s.people.Load()
	for _, in := range rows {
		for _, m := range in.Circle {
			if in.CanRead(dir, m.Person) && !slices.Contains(readers, m.Person) {
				readers = append(readers, m.Person)
			}
		}
	}
	out, err := json.Marshal(Outcome{})
	if err != nil {
		return err
	}
	err = s.store.Write(ctx, func(tx Tx) error {
		if _, done, err := tx.Done(ctx, key); err != nil {
			return err
		} else if done {
			return tx.Save(ctx, Change{At: s.Now(), Cancel: []string{t.Key}})
		}
		c := Change{At: s.Now(), Request: &DoneRequest{Key: key, Outcome: out}, Cancel: []string{t.Key}}
		for _, p := range readers {
			c.Messages = append(c.Messages, incident.Notice{Key: fmt.Sprintf("digest:%s:%s", t.Day, p), Kind: incident.NoticeDigest, To: p, Day: t.Day})
		}
		return tx.Save(ctx, c)
	})
	if errors.Is(err, ErrDone) {
		return nil // another process was quicker
	}
	if err == nil && len(readers) > 0 {
		s.changed(Changed{Work: true})
	}
	return err
}

// ClaimMessages leases messages that are due to owner, pages first or pages only.
func (s *Service) ClaimMessages(ctx context.Context, owner string, lease time.Duration, n int, urgentOnly bool) ([]Message, error) {
	messages, err := s.store.ClaimMessages(ctx, s.Now(), owner, lease, n, urgentOnly)
	if len(messages) > 0 {
		s.observer.Claimed(ClaimedMessages, len(messages))
	}
	return messages, err
}

// ClaimJoined leases what goes out as one message with a claimed page.
func (s *Service) ClaimJoined(ctx context.Context, m Message, owner string, lease time.Duration) (Joined, error) {
	j, err := s.store.ClaimJoined(ctx, m, s.Now(), owner, lease)
	if n := len(j.Claimed) - 1; n > 0 {
		s.observer.Claimed(ClaimedMessages, n)
	}
	return j, err
}

// RenewMessages keeps the leases on claimed messages for longer. One that was lost stays lost.
func (s *Service) RenewMessages(ctx context.Context, list []Message, owner string, lease time.Duration) error {
	return s.store.RenewMessages(ctx, list, s.Now(), owner, lease)
}

// FinishMessage records what became of a claimed message, and shows it live. A card that has
// arrived for the first time in a channel is known there from now on, and can be pinned.
func (s *Service) FinishMessage(ctx context.Context, m Message, owner string, res Sent) error {
	if len(s.places) > 0 && res.OK && m.Kind == incident.NoticeCard && m.To == "" && m.Sent != res.Message {
		in, err := s.store.Incident(ctx, m.Incident)
		if err != nil {
			return err
		}
		res.Then = append(res.Then, incident.PlaceNotice(in).On(m.Front))
	}
	res = s.byMail(m, res)
	if lostToReporter(m, res) {
		// The card says that he does not hear, and how to reach him.
		res.Then = append(res.Then, s.everywhere([]incident.Notice{{Kind: incident.NoticeCard, Key: "card:" + string(m.Incident), Incident: m.Incident}})...)
	}
	if err := s.store.FinishMessage(ctx, m, owner, res); err != nil {
		return err
	}
	s.finished(m, res)
	return nil
}

// FinishMessages records what became of claimed messages that were sent as one.
func (s *Service) FinishMessages(ctx context.Context, list []Message, owner string, res Sent) error {
	if err := s.store.FinishMessages(ctx, list, owner, res); err != nil {
		return err
	}
	for _, m := range list {
		s.finished(m, res)
	}
	return nil
}

// finished tells those who watch what became of a try.
func (s *Service) finished(m Message, res Sent) {
	if res.Waited && !res.OK {
		return // nothing was tried
	}
	var waited time.Duration
	if res.OK && m.FirstSent.IsZero() {
		waited = res.At.Sub(m.Created)
	}
	s.observer.Tried(m, res, waited)
	s.changed(Changed{Incident: m.Incident})
}

// NextTimer says when the next timer is due, or the lease on one runs out.
func (s *Service) NextTimer(ctx context.Context) (time.Time, bool, error) {
	return s.store.NextTimer(ctx)
}

// NextDue says when there is something to do next.
func (s *Service) NextDue(ctx context.Context) (time.Time, bool, error) { return s.store.NextDue(ctx) }
