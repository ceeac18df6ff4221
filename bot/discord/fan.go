package discord

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

const (
	// fanPatience is how long each direct message in the place of a channel waits in line:
	// once some have it, the rest cannot be put off any more.
	fanPatience = 8 * time.Second
	// fanWide is how many of them are sent at once.
	fanWide = 6
	// unmade is how long a delivery waits for a channel that is not made yet.
	unmade = 2 * time.Second
)

// sendToPlace brings a delivery to an incident's channel, or, where there can be none, to the
// direct messages of those who belong in it.
func (s *sender) sendToPlace(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	p, err := s.recallPlace(ctx, d.To.Channel)
	switch {
	case err != nil:
		return "", err
	case p.Ended && (p.ID == "" || p.Archived):
		return "", &refusal{route: routeOf("POST", "channels/*/messages"), code: codeArchivedThread}
	case p.Problem != "":
		return s.fan(ctx, p, d)
	case p.ID == "" || p.Archived: // Archived: taken up again, and not open yet
		return "", &chat.Later{Wait: max(unmade, s.api.pace.promised("POST", s.guild("channels"), d.To.Channel+" create")+time.Second)}
	}
	lost, err := s.lost(ctx, p.ID)
	if err != nil {
		return "", err
	}
	// Somebody who does not belong there any more, such as one who is left out, must not read
	// on: he goes first.
	switch {
	case s.takesOut(p):
		return "", &chat.Later{Wait: unmade}
	case lost || p.Stays || !p.Leaving.IsZero():
		return s.fan(ctx, p, d)
	case !p.Safe: // nobody has looked yet who is in it
		return "", &chat.Later{Wait: unmade}
	}
	// Meanwhile it may have been said in direct messages: in the channel it stands from before.
	d.Again = d.Again || d.Update != "" && within(d.Update, p.ID) == ""
	id, err := s.put(ctx, p.ID, d, lineOf(d))
	if refused(err, channelGone...) && !p.Ended {
		// Somebody took the channel from us, or deleted it: those who belong in it must not miss
		// what happens.
		if err := s.lose(ctx, p.ID); err != nil {
			return "", err
		}
		return s.fan(ctx, p, d)
	}
	return id, err
}

// channelGone are the codes of a channel in which we cannot say anything any more.
var channelGone = []int{codeUnknownChannel, codeMissingAccess, codeMissingPermissions, codeThreadLocked, codeArchivedThread}

// fan brings a delivery to the direct messages of everybody who belongs in a channel that
// does not exist. It has arrived when somebody has it; who could not be reached gets it with
// the next update.
func (s *sender) fan(ctx context.Context, p place, d chat.Delivery) (chat.MessageID, error) {
	if len(p.Members) == 0 {
		return "", noSuchUser
	}
	if blank(fit.OneLine(d.Card.Title)) {
		d.Card.Title = strings.ToUpper(d.To.Channel) // nothing else says there which incident it is
	}
	ids, errs := make([]string, len(p.Members)), make([]error, len(p.Members))
	bring := func(i int, l line) {
		id, err := s.putDirect(ctx, p.Members[i], d, l)
		ids[i], errs[i] = string(id), err
	}
	bring(0, lineOf(d))
	if later := (*chat.Later)(nil); errors.As(errs[0], &later) {
		return "", errs[0] // nobody has it: all of it can wait
	}
	// From now on it cannot be put off any more. One after the other they would not all be
	// reached within the courier's try.
	l := lineOf(d)
	l.patience = fanPatience
	var all sync.WaitGroup
	some := make(chan struct{}, fanWide)
	for i := 1; i < len(p.Members); i++ {
		some <- struct{}{}
		all.Go(func() {
			defer func() { <-some }()
			bring(i, l)
		})
	}
	all.Wait()
	failed := errors.Join(errs...)
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	if len(ids) > 0 {
		if failed != nil {
			s.config.Log.Warn("a message in the place of a channel did not reach everybody", "component", "discord", "error", failed)
		}
		return chat.MessageID(strings.Join(ids, ",")), nil
	}
	for _, err := range errs {
		if !errors.Is(err, chat.ErrGone) {
			return "", err // it may get better by repeating
		}
	}
	return "", failed
}
