package discord

import (
	"context"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fan"
	"hikeshi/bot/fit"
)

const (
	// fanPatience is how long each direct message in the place of a channel waits in line:
	// once some have it, the rest cannot be put off any more.
	fanPatience = 8 * time.Second
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
	doubted, waits := s.doubted(p.ID)
	switch {
	case s.takesOut(p), waits && !lost:
		return "", &chat.Later{Wait: unmade}
	case lost || p.Stays || !p.Leaving.IsZero() || doubted:
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
// does not exist.
func (s *sender) fan(ctx context.Context, p place, d chat.Delivery) (chat.MessageID, error) {
	if len(p.Members) == 0 {
		return "", noSuchUser
	}
	if blank(fit.OneLine(d.Card.Title)) {
		d.Card.Title = strings.ToUpper(d.To.Channel) // nothing else says there which incident it is
	}
	return fan.Fan{
		Members: len(p.Members),
		Has: func(i int) chat.MessageID {
			dm := s.knownDM(ctx, p.Members[i])
			return messageIDOr(dm, within(d.Update, dm))
		},
		Bring: func(i int, longer bool) (chat.MessageID, error) {
			l := lineOf(d)
			if longer {
				l.patience = fanPatience
			}
			return s.putDirect(ctx, p.Members[i], d, l)
		},
		Never: func(err error) {
			s.config.Log.Warn("a message in the place of a channel did not reach everybody", "component", "discord", "error", err)
		},
	}.Out(d)
}
