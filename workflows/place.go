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
	// NoCard says that the incident's card went elsewhere while nothing could be said in the channel,
	// and that all can be said there now.
	NoCard bool `json:"-"`
}

// PlaceMissing is a person who could not be brought into a channel.
type PlaceMissing struct {
	Person incident.PersonID `json:"person"`
	Why    string            `json:"why"`
	// Elsewhere says that he is in the incident's channel on another platform, or that he is
	// named there already, and nobody need be told here. Of RecordPlace it is asked with what is
	// known without looking: that he has an account on another platform.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// WhyStays is the Why of who is in a channel in which he does not belong: that is said of each
// channel, wherever else he is.
const WhyStays = "stays"

// WhySeesAll is the Why of who may not see a channel and does, because he runs all of the platform.
const WhySeesAll = "sees_all"

// missing are those who are nowhere else.
func (k PlaceKept) missing() []PlaceMissing {
	return slices.DeleteFunc(slices.Clone(k.Missing), func(x PlaceMissing) bool { return x.Elsewhere })
}

// lacks reports whether somebody who belongs in a channel is not in it.
func (k PlaceKept) lacks(p incident.PersonID) bool {
	return k.ID == "" || slices.ContainsFunc(k.Missing, func(x PlaceMissing) bool { return x.Person == p })
}

// trouble reports whether there is something that people have to be told of. That there is no
// channel is none without a problem: the incident was over before.
func (k PlaceKept) trouble() bool { return k.Problem != "" || k.ID != "" && len(k.missing()) > 0 }

func (k PlaceKept) sameTrouble(o PlaceKept) bool {
	return (k.ID == "") == (o.ID == "") && k.Problem == o.Problem && slices.Equal(k.missing(), o.missing())
}

// places is the name under which it is remembered what became of the channels.
const places = "place"

// placeTold is a row of it.
type placeTold struct {
	PlaceKept
	// Told are those who have heard that there is no channel.
	Told []incident.PersonID `json:"told,omitempty"`
}

// placeName names what is remembered of an incident's channel on a platform.
func placeName(id incident.ID, front string) string {
	if front == "" {
		return string(id)
	}
	return string(id) + "@" + front
}

// PlaceOf gives what became of keeping an incident's channel on a platform (Notice.Front), and who
// is missing of those who are in no other one; ok is false before the first time. Who may know is
// the caller's to ask.
func (s *Service) PlaceOf(ctx context.Context, id incident.ID, front string) (kept PlaceKept, ok bool, err error) {
	value, err := s.store.Recall(ctx, places, placeName(id, front))
	if err != nil || value == nil {
		return PlaceKept{}, false, err
	}
	told, err := decodePlace(value)
	told.Missing = told.missing()
	if len(told.Missing) == 0 {
		told.Missing = nil
	}
	return told.PlaceKept, err == nil, err
}

// NoPlace gives what became of keeping an incident's channel on a platform that has none for it;
// where each has one, that of the first. front is the platform (Notice.Front).
func (s *Service) NoPlace(ctx context.Context, id incident.ID) (kept PlaceKept, front string, err error) {
	for i, f := range s.fronts() {
		k, known, err := s.PlaceOf(ctx, id, f)
		if err != nil {
			return PlaceKept{}, "", err
		}
		if i == 0 || known && k.ID == "" && k.Problem != "" {
			kept, front = k, f
		}
		if known && k.ID == "" && k.Problem != "" {
			break
		}
	}
	return kept, front, nil
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
// channel is due as soon as it is there, and so is a card that was brought elsewhere meanwhile.
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
		before, _, err := recallPlace(ctx, tx, m.Incident, m.Front)
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
		if res.OK {
			others, err := s.otherPlaces(ctx, tx, m)
			if err != nil {
				return err
			}
			for i, x := range after.Missing {
				after.Missing[i].Elsewhere = others.have(x)
			}
			if after.trouble() {
				if c.Messages, err = s.absent(ctx, tx, m, before, &after, others); err != nil {
					return err
				}
			}
		}
		if res.OK && kept.NoCard {
			c.Messages = append(c.Messages, incident.Notice{Kind: incident.NoticeCard, Key: "card:" + string(m.Incident), Incident: m.Incident}.On(m.Front))
		}
		if before.ID != after.ID {
			c.Hasten, c.HastenOn = m.Incident, m.Front
		}
		value, err := json.Marshal(after)
		if err != nil {
			return err
		}
		if err := tx.Remember(ctx, places, placeName(m.Incident, m.Front), value); err != nil {
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

func recallPlace(ctx context.Context, tx Tx, id incident.ID, front string) (told placeTold, known bool, err error) {
	value, err := tx.Recall(ctx, places, placeName(id, front))
	if err != nil || value == nil {
		return placeTold{}, false, err
	}
	told, err = decodePlace(value)
	return told, true, err
}

// elsewhere is what is known of an incident's channels on other platforms; nil for one that was
// never kept.
type elsewhere []*placeTold

func (s *Service) otherPlaces(ctx context.Context, tx Tx, m Message) (others elsewhere, err error) {
	for _, f := range s.fronts() {
		if f == m.Front {
			continue
		}
		told, known, err := recallPlace(ctx, tx, m.Incident, f)
		if err != nil {
			return nil, err
		}
		if !known {
			others = append(others, nil)
			continue
		}
		others = append(others, &told)
	}
	return others, nil
}

// have reports whether somebody who is missing in one channel need not be named there: he is in
// another, is expected in one that is about to be made, or is named in another. What is known of
// another may be older: then that one is kept next, and names him.
func (e elsewhere) have(x PlaceMissing) bool {
	return x.Why != WhyStays && x.Why != WhySeesAll && slices.ContainsFunc(e, func(o *placeTold) bool {
		if o == nil {
			return x.Elsewhere
		}
		named := slices.ContainsFunc(o.missing(), func(y PlaceMissing) bool { return y.Person == x.Person })
		return !o.lacks(x.Person) || o.ID != "" && named
	})
}

// absent says who is told of a channel that is not as it ought to be. Where there is none,
// whoever joins the circle later is told, too, and nobody twice of the same, nor who has the
// channel on another platform.
func (s *Service) absent(ctx context.Context, tx Tx, m Message, before placeTold, after *placeTold, others elsewhere) (notices []incident.Notice, err error) {
	id := m.Incident
	changed := !after.sameTrouble(before.PlaceKept)
	if after.ID != "" {
		after.Told = nil
		if changed {
			notices = []incident.Notice{incident.Notice{Kind: incident.NoticeAbsent, Key: "absent:" + string(id), Incident: id}.On(m.Front)}
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
	for _, c := range in.Circle {
		p := PlaceMissing{Person: c.Person}
		if i := slices.IndexFunc(after.Missing, func(x PlaceMissing) bool { return x.Person == c.Person }); i >= 0 {
			p = after.Missing[i]
		}
		if !in.CanRead(dir, c.Person) || others.have(p) {
			continue
		}
		told = append(told, c.Person)
		if changed || !slices.Contains(before.Told, c.Person) {
			notices = append(notices, incident.Notice{Kind: incident.NoticeAbsent, Key: fmt.Sprintf("absent:%s:%s", id, c.Person), Incident: id, To: c.Person})
		}
	}
	after.Told = told
	return notices, nil
}

// ChannelWaits reports whether anything is still on its way to an incident's channel on a platform
// (Notice.Front) beside what keeps the channel itself.
func (s *Service) ChannelWaits(ctx context.Context, id incident.ID, front string) (bool, error) {
	return s.store.ChannelWaits(ctx, id, front)
}

// movePlaces has every open incident's channel looked at anew, when the people have changed:
// accounts, and who is active. Those who are gone lose the channels of incidents that are over,
// too.
func (s *Service) movePlaces(ctx context.Context, gone ...incident.PersonID) error {
	moved, err := s.placesMoved(ctx)
	if err != nil {
		return err
	}
	over, err := s.placesOver(ctx, gone...)
	if err != nil {
		return err
	}
	return s.lookAtPlaces(ctx, append(moved, over...))
}

// placesOver are the notices by which the channels of incidents that are over are looked at anew
// in which some people may be.
func (s *Service) placesOver(ctx context.Context, of ...incident.PersonID) (out []incident.Notice, err error) {
	if len(s.places) == 0 {
		return nil, nil
	}
	seen := map[incident.ID]bool{}
	for _, p := range of {
		rows, err := s.store.Incidents(ctx, IncidentQuery{Person: p, EndedOnly: true, Unreadable: true})
		if err != nil {
			return nil, err
		}
		for _, in := range rows {
			if !seen[in.ID] && !in.Unreadable {
				out = append(out, incident.PlaceNotice(in))
			}
			seen[in.ID] = true
		}
	}
	return s.everywhere(out), nil
}

func (s *Service) lookAtPlaces(ctx context.Context, moved []incident.Notice) error {
	if len(moved) == 0 {
		return nil
	}
	c := Change{At: s.Now(), Messages: moved}
	if err := s.store.Write(ctx, func(tx Tx) error { return tx.Save(ctx, c) }); err != nil {
		return fmt.Errorf("have the channels looked at: %w", err)
	}
	s.changed(Changed{Work: true})
	return nil
}

// Arrived has the open incidents' channels on a platform looked at anew in which a person who
// belongs there is missing: he has come to that platform.
func (s *Service) Arrived(ctx context.Context, person incident.PersonID, platform string) error {
	if err := s.fresh(ctx, s.store); err != nil {
		return err
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return err
	}
	c := Change{At: s.Now()}
	for _, in := range rows {
		if in.Unreadable || !in.CanRead(s.people.Load(), person) {
			continue
		}
		for _, front := range s.fronts() {
			place := incident.PlaceNotice(in).On(front)
			if s.Platform(place) != platform {
				continue
			}
			value, err := s.store.Recall(ctx, places, placeName(in.ID, front))
			if err != nil {
				return err
			}
			if told, err := decodePlace(value); err != nil {
				return err
			} else if slices.ContainsFunc(told.Missing, func(x PlaceMissing) bool { return x.Person == person }) {
				c.Messages = append(c.Messages, place)
			}
		}
	}
	if len(c.Messages) == 0 {
		return nil
	}
	if err := s.store.Write(ctx, func(tx Tx) error { return tx.Save(ctx, c) }); err != nil {
		return fmt.Errorf("have the channels looked at for who has come: %w", err)
	}
	s.changed(Changed{Work: true})
	return nil
}

// placesMoved are the notices by which every open incident's channel is looked at anew.
func (s *Service) placesMoved(ctx context.Context) (out []incident.Notice, err error) {
	if len(s.places) == 0 {
		return nil, nil
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return nil, err
	}
	for _, in := range rows {
		if !in.Unreadable {
			out = append(out, incident.PlaceNotice(in))
		}
	}
	return s.everywhere(out), nil
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
	notices := s.everywhere([]incident.Notice{incident.SharedReport(id, hex.EncodeToString(sum[:8]), f)})
	for try := 0; ; try++ {
		err = s.store.Write(ctx, func(tx Tx) error {
			if _, done, err := tx.Done(ctx, key); err != nil || done {
				return err
			}
			now := s.Now()
			return tx.Save(ctx, Change{At: now, Messages: notices, Request: &DoneRequest{Key: key, By: who, Incident: id, Outcome: stored}})
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
