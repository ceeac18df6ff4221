package workflows

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"hikeshi/workflows/incident"
)

// PlaceKept is what became of keeping an incident's channel.
type PlaceKept struct {
	ID      string         `json:"id,omitempty"` // empty: there is no channel
	Link    string         `json:"link,omitempty"`
	Problem string         `json:"problem,omitempty"` // why there is none, or why it is not as it ought to be
	Missing []PlaceMissing `json:"missing,omitempty"` // who belongs in it and is not there
	Ended   bool           `json:"ended,omitempty"`   // it was put away, with its incident
}

// PlaceMissing is a person who could not be brought into a channel.
type PlaceMissing struct {
	Person incident.PersonID `json:"person"`
	Why    string            `json:"why"`
}

// trouble reports whether there is something that people have to be told of. That there is no
// channel is none without a problem: the incident was over before.
func (k PlaceKept) trouble() bool { return k.Problem != "" || k.ID != "" && len(k.Missing) > 0 }

func (k PlaceKept) sameTrouble(o PlaceKept) bool {
	return (k.ID == "") == (o.ID == "") && k.Problem == o.Problem && slices.Equal(k.Missing, o.Missing)
}

// places is the name under which it is remembered what became of the channels.
const places = "place"

// placeTold is a row of it.
type placeTold struct {
	PlaceKept
	// Told are those who have heard that there is no channel.
	Told []incident.PersonID `json:"told,omitempty"`
}

// PlaceOf gives what became of keeping an incident's channel; ok is false before the first
// time. Who may know is the caller's to ask.
func (s *Service) PlaceOf(ctx context.Context, id incident.ID) (kept PlaceKept, ok bool, err error) {
	value, err := s.store.Recall(ctx, places, string(id))
	if err != nil || value == nil {
		return PlaceKept{}, false, err
	}
	told, err := decodePlace(value)
	return told.PlaceKept, err == nil, err
}

func decodePlace(value []byte) (told placeTold, err error) {
	if value == nil {
		return told, nil
	}
	if err := json.Unmarshal(value, &told); err != nil {
		return placeTold{}, fmt.Errorf("what is remembered of a channel: %w", err)
	}
	return told, nil
}

// RecordPlace finishes a claimed notice that has a channel kept, and remembers in the same
// transaction what became of it. Where something is amiss that was not known before, people
// are told: in the channel, or each of the circle where there is none. What waited for the
// channel is due as soon as it is there.
//
// With a try that is not over (res is not OK) kept may be known in part: only a channel is
// taken from it.
func (s *Service) RecordPlace(ctx context.Context, m Message, owner string, kept PlaceKept, res Sent) error {
	now := s.Now()
	again := false
	err := s.store.Write(ctx, func(tx Tx) error {
		again = false
		if err := tx.FinishMessage(ctx, m, owner, res); err != nil {
			return err
		}
		value, err := tx.Recall(ctx, places, string(m.Incident))
		if err != nil {
			return err
		}
		before, err := decodePlace(value)
		if err != nil {
			return err
		}
		after := placeTold{PlaceKept: kept, Told: before.Told}
		slices.SortFunc(after.Missing, func(a, b PlaceMissing) int { return cmp.Compare(a.Person, b.Person) })
		if !res.OK {
			if kept.ID == "" {
				return nil
			}
			after.Problem, after.Missing, after.Ended = before.Problem, before.Missing, before.Ended
		}
		c := Change{At: now}
		if res.OK && after.trouble() {
			if c.Messages, err = s.absent(ctx, tx, m.Incident, before, &after); err != nil {
				return err
			}
		}
		if before.ID != after.ID {
			c.Hasten = m.Incident
		}
		value, err = json.Marshal(after)
		if err != nil {
			return err
		}
		if err := tx.Remember(ctx, places, string(m.Incident), value); err != nil {
			return err
		}
		if c.Messages == nil && c.Hasten == "" {
			return nil
		}
		again = true
		return tx.Save(ctx, c)
	})
	if err != nil {
		return err
	}
	s.finished(m, res)
	if again {
		s.changed(Changed{Incident: m.Incident, Work: true})
	}
	return nil
}

// absent says who is told of a channel that is not as it ought to be. Where there is none,
// whoever joins the circle later is told, too, and nobody twice of the same.
func (s *Service) absent(ctx context.Context, tx Tx, id incident.ID, before placeTold, after *placeTold) (notices []incident.Notice, err error) {
	changed := !after.sameTrouble(before.PlaceKept)
	if after.ID != "" {
		after.Told = nil
		if changed {
			notices = []incident.Notice{{Kind: incident.NoticeAbsent, Key: "absent:" + string(id), Incident: id}}
		}
		return notices, nil
	}
	in, err := tx.Incident(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	dir := s.people.Load()
	var told []incident.PersonID
	for _, m := range in.Circle {
		if !in.CanRead(dir, m.Person) {
			continue
		}
		told = append(told, m.Person)
		if changed || !slices.Contains(before.Told, m.Person) {
			notices = append(notices, incident.Notice{Kind: incident.NoticeAbsent, Key: fmt.Sprintf("absent:%s:%s", id, m.Person), Incident: id, To: m.Person})
		}
	}
	after.Told = told
	return notices, nil
}

// ChannelWaits reports whether anything is still on its way to an incident's channel beside
// what keeps the channel itself.
func (s *Service) ChannelWaits(ctx context.Context, id incident.ID) (bool, error) {
	return s.store.ChannelWaits(ctx, id)
}

// movePlaces has every open incident's channel looked at anew, when the people have changed:
// accounts, and who is active.
func (s *Service) movePlaces(ctx context.Context) error {
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true})
	if err != nil || len(rows) == 0 {
		return err
	}
	c := Change{At: s.Now()}
	for _, in := range rows {
		c.Messages = append(c.Messages, incident.PlaceNotice(in))
	}
	if err := s.store.Write(ctx, func(tx Tx) error { return tx.Save(ctx, c) }); err != nil {
		return fmt.Errorf("have the channels looked at: %w", err)
	}
	s.changed(Changed{Work: true})
	return nil
}

// Share brings the report as it is now into the incident's channel, for somebody who sees
// all of the incident; to everybody else it does not exist: ErrNotFound. The same key is
// done once.
func (s *Service) Share(ctx context.Context, key string, who incident.PersonID, id incident.ID, f incident.ReportFormat) error {
	if key == "" {
		return errors.New("a request without a key cannot be done once")
	}
	if !slices.Contains(incident.ReportFormats, f) {
		return fmt.Errorf("a report of unknown form %q", f)
	}
	_, access, err := s.Incident(ctx, who, id)
	if err != nil {
		return err
	}
	if access != AccessFull {
		return ErrNotFound
	}
	stored, err := json.Marshal(Outcome{Incident: id})
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(key))
	notice := incident.SharedReport(id, hex.EncodeToString(sum[:8]), f)
	for try := 0; ; try++ {
		err = s.store.Write(ctx, func(tx Tx) error {
			if _, done, err := tx.Done(ctx, key); err != nil || done {
				return err
			}
			now := s.Now()
			return tx.Save(ctx, Change{At: now, Messages: []incident.Notice{notice}, Request: &DoneRequest{Key: key, By: who, Incident: id, Outcome: stored}})
		})
		if errors.Is(err, ErrUnsure) && try < 5 {
			continue // if it counted, its key is there
		}
		break
	}
	if errors.Is(err, ErrDone) {
		return nil // the second delivery ran beside the first
	}
	if err != nil {
		return fmt.Errorf("share a report: %w", err)
	}
	s.changed(Changed{Incident: id, Work: true})
	return nil
}
