package workflows

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hikeshi/workflows/incident"
)

// Where an incident has a channel on several platforms, what goes to its channel is a message of
// its own on each: it is tried, brought up to date and recorded alone, and one platform that fails
// neither delays nor doubles anything on the other. The messages of one of them, which had its
// channels first, carry no name of a platform: those from before there was a second stay its own.

// placesSetting keeps the names of the platforms that the open incidents have channels on, that
// whose messages carry no name first.
const placesSetting = "places"

// onePlatform is the platform of the channels that were kept before several could be: there was no
// other, and which it is was not remembered.
const onePlatform = "slack"

// knownPlaces is what placesSetting keeps. Where the open incidents have their channels from a
// version that kept nothing there, it is what that version had.
func (s *Service) knownPlaces(ctx context.Context) (string, error) {
	known, err := s.store.Setting(ctx, placesSetting)
	if err != nil || known != "" {
		return known, err
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return "", err
	}
	for _, in := range rows {
		switch row, err := s.store.Recall(ctx, places, placeName(in.ID, "")); {
		case err != nil:
			return "", err
		case row != nil:
			return onePlatform, nil
		}
	}
	return "", nil
}

// orderPlaces puts that platform first whose messages carry no name. known is what placesSetting
// keeps.
func orderPlaces(places []string, known string) []string {
	if first, _, _ := strings.Cut(known, ","); slices.Contains(places, first) {
		rest := slices.DeleteFunc(slices.Clone(places), func(p string) bool { return p == first })
		return append([]string{first}, rest...)
	}
	return slices.Clone(places)
}

// fronts are the platforms, as notices name them.
func (s *Service) fronts() []string {
	fronts := []string{""}
	if len(s.places) > 1 {
		fronts = append(fronts, s.places[1:]...)
	}
	return fronts
}

// Platform is the name of the front end to whose channel a notice goes; empty: none keeps any.
func (s *Service) Platform(n incident.Notice) string {
	if n.Front != "" || len(s.places) == 0 {
		return n.Front
	}
	return s.places[0]
}

// everywhere has what goes to an incident's channel go to it on each platform, one beside the
// other: none waits for all that goes to another.
func (s *Service) everywhere(notices []incident.Notice) []incident.Notice {
	if len(s.places) < 2 {
		return notices
	}
	out := make([]incident.Notice, 0, 2*len(notices))
	for _, n := range notices {
		out = append(out, n)
		if n.To != "" || n.Incident == "" || n.Front != "" {
			continue
		}
		for _, front := range s.places[1:] {
			out = append(out, n.On(front))
		}
	}
	return out
}

// keepPlaces has the open incidents get their channels on a platform that was added to those
// there were, and remembers which there are.
func (s *Service) keepPlaces(ctx context.Context) error {
	if len(s.places) == 0 {
		return nil
	}
	known, err := s.knownPlaces(ctx)
	now := strings.Join(s.places, ",")
	if err != nil || known == now {
		return err
	}
	before := strings.Split(known, ",")
	var added []string
	for i, front := range s.fronts() {
		switch {
		case i == 0 && known != "" && before[0] != s.places[0]: // it goes on where another has stood
			added = append(added, front)
		case i > 0 && !slices.Contains(before[1:], front):
			added = append(added, front)
		}
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return err
	}
	c := Change{At: s.Now()}
	for _, in := range rows {
		for _, front := range added {
			c.Messages = append(c.Messages, incident.PlaceNotice(in).On(front), incident.CardNotice(in).On(front))
		}
	}
	if len(c.Messages) > 0 {
		if err := s.store.Write(ctx, func(tx Tx) error { return tx.Save(ctx, c) }); err != nil {
			return fmt.Errorf("have channels made on a platform that is new: %w", err)
		}
	}
	if err := s.store.SetSetting(ctx, placesSetting, now); err != nil {
		return fmt.Errorf("remember the platforms: %w", err)
	}
	return nil
}

// missedPlaces has the open incidents get their channels on every platform on which nothing was
// done for one. A server of an older version, which knows of one platform, may report incidents
// while this one runs already.
func (s *Service) missedPlaces(ctx context.Context) error {
	if len(s.places) == 0 {
		return nil
	}
	rows, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return err
	}
	var wanted [][]incident.Notice
	var keys []MessageKey
	for _, in := range rows {
		if in.Newer || in.Unreadable {
			continue // a server of the newer version looks after it; of what is damaged the audit tells
		}
		for _, front := range s.fronts() {
			place := incident.PlaceNotice(in).On(front)
			wanted = append(wanted, []incident.Notice{place, incident.CardNotice(in).On(front)})
			keys = append(keys, MessageKey{in.ID, place.Key})
		}
	}
	states, err := s.store.MessageStates(ctx, keys)
	if err != nil {
		return err
	}
	c := Change{At: s.Now()}
	for i, state := range states {
		if state == "" {
			c.Messages = append(c.Messages, wanted[i]...)
		}
	}
	if len(c.Messages) == 0 {
		return nil
	}
	if err := s.store.Write(ctx, func(tx Tx) error { return tx.Save(ctx, c) }); err != nil {
		return fmt.Errorf("have channels made that no server has: %w", err)
	}
	s.changed(Changed{Work: true})
	return nil
}
