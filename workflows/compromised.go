package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// Platforms are those that can be marked as compromised: read by others, so that nothing may go
// out to them and nothing that comes from them counts. The names are those of the front ends.
var Platforms = []string{"slack", "discord", "mail"}

// Mark says that a platform is marked as compromised, or that the mark was lifted.
type Mark struct {
	Platform string            `json:"platform"`
	On       bool              `json:"on"`
	By       incident.PersonID `json:"by,omitempty"` // empty: by the command line of the server
	At       time.Time         `json:"at"`           // UTC
}

// marks is where they are remembered, beside what front ends remember.
const marks = "compromised"

// DoorConsole is the way in of who gives a command on the server itself.
const DoorConsole = "console"

// Marks gives what is known of platforms that were ever marked, by their names.
func (s *Service) Marks(ctx context.Context) (map[string]Mark, error) {
	kept, err := s.store.AllRemembered(ctx, marks, "")
	if err != nil {
		return nil, fmt.Errorf("read which platforms are marked: %w", err)
	}
	out := map[string]Mark{}
	for name, value := range kept {
		var m Mark
		if err := json.Unmarshal(value, &m); err != nil {
			return nil, fmt.Errorf("read which platforms are marked: %w", err)
		}
		out[name] = m
	}
	return out, nil
}

// Compromised gives the platforms that are marked now. It reads one small table, whatever any
// process has written last, and may be asked for each message.
func (s *Service) Compromised(ctx context.Context) (map[string]Mark, error) {
	all, err := s.Marks(ctx)
	for name, m := range all {
		if !m.On {
			delete(all, name)
		}
	}
	return all, err
}

// markers may mark a platform and lift the mark: whoever holds one of these roles, or stands in.
var markers = []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.SecurityChief, incident.Representative}

// MayMark reports whether a person may mark a platform.
func (s *Service) MayMark(p incident.PersonID) bool {
	dir := s.people.Load()
	return dir.Known(p) && slices.ContainsFunc(markers, func(r incident.Role) bool { return slices.Contains(dir.Chain(r, ""), p) })
}

// Compromise marks a platform as compromised, or lifts the mark, and has everybody with a duty
// and everybody who works on an open incident told by a way that does not lead over it. key is
// what the person did; door is the front end by which he asks, DoorConsole on the server itself.
// A mark is lifted by another door only: whoever has got hold of the platform must not. Who did it
// and when is kept with the requests that were done.
func (s *Service) Compromise(ctx context.Context, key string, who incident.PersonID, platform string, on bool, door string) (out Outcome, err error) {
	if !slices.Contains(Platforms, platform) {
		return refused("", "refuse.mark_platform", nil), nil
	}
	if err := s.fresh(ctx, s.store); err != nil {
		return Outcome{}, err
	}
	switch {
	case door != DoorConsole && !s.MayMark(who):
		return refused("", "refuse.mark_role", nil), nil
	case !on && door == platform:
		return refused("", "refuse.mark_door", nil), nil
	}
	for try := 0; ; try++ {
		err = s.store.Write(ctx, func(tx Tx) (err error) {
			out, err = s.mark(ctx, tx, key, Mark{Platform: platform, On: on, By: who, At: s.Now()})
			return err
		})
		if !errors.Is(err, ErrDone) && !errors.Is(err, ErrUnsure) || try == 5 {
			break
		}
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("mark a platform: %w", err)
	}
	// At the console the command itself says so, to the one who gave it.
	if out.Accepted() && !out.Repeated && door != DoorConsole {
		s.log.WarnContext(ctx, "a platform is marked as compromised, or is not any more", "component", "workflows", "kind", platform, "reason", state(on), "person", string(who))
	}
	s.changed(Changed{Work: true})
	return out, nil
}

func (s *Service) mark(ctx context.Context, tx Tx, key string, m Mark) (Outcome, error) {
	if stored, done, err := tx.Done(ctx, key); err != nil {
		return Outcome{}, err
	} else if done {
		var out Outcome
		err := json.Unmarshal(stored, &out)
		out.Repeated = true
		return out, err
	}
	kept, err := tx.Recall(ctx, marks, m.Platform)
	if err != nil {
		return Outcome{}, err
	}
	var before Mark
	if kept != nil {
		if err := json.Unmarshal(kept, &before); err != nil {
			return Outcome{}, err
		}
	}
	if before.On == m.On {
		key := "refuse.mark_off"
		if m.On {
			key = "refuse.mark_on"
		}
		return refused("", key, nil), nil
	}
	value, err := json.Marshal(m)
	if err != nil {
		return Outcome{}, err
	}
	// What the request did is kept whole: it is the trail of who said so, and when.
	done, err := json.Marshal(struct {
		Outcome
		Mark Mark `json:"mark"`
	}{Mark: m})
	if err != nil {
		return Outcome{}, err
	}
	notices, err := s.markNotices(ctx, m)
	if err != nil {
		return Outcome{}, err
	}
	if err := tx.Remember(ctx, marks, m.Platform, value); err != nil {
		return Outcome{}, err
	}
	return Outcome{}, tx.Save(ctx, Change{At: m.At, Request: &DoneRequest{Key: key, By: m.By, Outcome: done}, Messages: notices})
}

// markNotices tells everybody who has to know, by markedBy. Whom none of it reaches has to be
// phoned: see Untold.
func (s *Service) markNotices(ctx context.Context, m Mark) (out []incident.Notice, err error) {
	people, err := s.markReaders(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		by, ok := s.markedBy(m.Platform, p)
		if !ok {
			continue
		}
		n := incident.Notice{Key: fmt.Sprintf("compromised:%s:%s:%d:%s", m.Platform, state(m.On), m.At.UnixMicro(), p), Kind: incident.NoticeCompromised, To: p}
		if by != incident.ByChat {
			n.Means = by
		}
		out = append(out, n)
	}
	return out, nil
}

// markedBy is how somebody is told of a platform: by mail, where that is not the one, or by a chat
// platform that is not; ok is false where nothing but the platform itself may reach him.
func (s *Service) markedBy(platform string, p incident.PersonID) (by incident.Means, ok bool) {
	dir := s.people.Load()
	switch {
	case platform == string(incident.ByMail):
		return incident.ByChat, dir.Reaches(p, incident.ByChat)
	case dir.Reaches(p, incident.ByMail):
		return incident.ByMail, true
	}
	return incident.ByChat, slices.ContainsFunc(s.places, func(other string) bool {
		_, there := s.Account(p, other)
		return there && other != platform
	})
}

// Untold lists those who have to know whether a platform is marked, and whom the notice of it
// cannot reach: they have to be phoned.
func (s *Service) Untold(ctx context.Context, platform string) (out []incident.PersonID, err error) {
	people, err := s.markReaders(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(people, func(p incident.PersonID) bool {
		_, told := s.markedBy(platform, p)
		return told
	}), nil
}

// markReaders are everybody with a duty, and who works on an open incident.
func (s *Service) markReaders(ctx context.Context) (people []incident.PersonID, err error) {
	dir := s.people.Load()
	for _, p := range dir.People() {
		for _, d := range p.Duties {
			if p.Active && d.Role != incident.OutsideContact && !slices.Contains(people, p.ID) {
				people = append(people, p.ID)
			}
		}
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return nil, err
	}
	for _, in := range rows {
		for _, c := range in.Circle {
			if dir.Known(c.Person) && !slices.Contains(people, c.Person) {
				people = append(people, c.Person)
			}
		}
	}
	return people, nil
}

func state(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// MarkOf gives the platform of a notice of kind compromised, and whether it tells of the mark or
// of its end.
func MarkOf(n incident.Notice) (platform string, on, ok bool) {
	parts := strings.SplitN(n.Key, ":", 5)
	if n.Kind != incident.NoticeCompromised || len(parts) != 5 {
		return "", false, false
	}
	return parts[1], parts[2] == "on", true
}
