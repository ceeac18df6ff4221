package discord

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Whoever owns the server, and whoever has a role with Administrator, sees every channel, whatever
// it denies (Discord, "Permission Overwrites"). Where one of them was left out of an incident,
// nothing is said in its channel: those who belong in it are told by direct messages.

// powersFresh is how long is known who they are.
const powersFresh = time.Minute

// powers is who sees everything in the server.
type powers struct {
	owner   string
	roles   []string // with Administrator
	threads []string // that may manage threads, and so see the private ones
	at      time.Time
}

// mighty asks who sees everything in the server.
func (s *sender) mighty(ctx context.Context) (powers, error) {
	s.mu.Lock()
	known := s.powers
	s.mu.Unlock()
	if time.Since(known.at) < powersFresh {
		return known, nil
	}
	var g struct {
		Owner string            `json:"owner_id"`
		Roles []*discordgo.Role `json:"roles"`
	}
	if err := s.api.do(ctx, turn{patience: -1}, "GET", "guilds/"+url.PathEscape(s.config.Guild), nil, &g); err != nil {
		return powers{}, err
	}
	known = powers{owner: g.Owner, at: time.Now()}
	for _, r := range g.Roles {
		switch {
		case r == nil:
		case r.Permissions&discordgo.PermissionAdministrator != 0:
			known.roles = append(known.roles, r.ID)
		case r.Permissions&discordgo.PermissionManageThreads != 0:
			known.threads = append(known.threads, r.ID)
		}
	}
	s.mu.Lock()
	s.powers = known
	s.mu.Unlock()
	return known, nil
}

// seesAll says whether somebody sees a channel, or a private thread, in which he was not let.
func (s *sender) seesAll(ctx context.Context, user string, thread bool) (bool, error) {
	who, err := s.lately(ctx, user)
	switch {
	case errors.Is(err, chat.ErrGone):
		return false, nil
	case err != nil:
		return false, err
	case who.Outside:
		return false, nil
	}
	might, err := s.mighty(ctx)
	if err != nil {
		return false, err
	}
	has := func(roles []string) bool {
		return slices.Contains(roles, s.config.Guild) || // what everybody has
			slices.ContainsFunc(who.Roles, func(r string) bool { return slices.Contains(roles, r) })
	}
	return user == might.owner || has(might.roles) || thread && has(might.threads), nil
}

// overseers looks who of those that were left out sees the channel all the same. Until that is
// known nothing is said there; but it is known within seconds, and so it is not said elsewhere at once.
func (k *keeping) overseers(ctx context.Context) error {
	k.seeing = nil
	var errs []error
	for _, user := range k.place.Out {
		sees, err := k.seesAll(ctx, user, k.place.Thread != "")
		if err != nil {
			errs = append(errs, err)
		}
		if sees {
			k.seeing = append(k.seeing, user)
		}
		k.stays, k.unsure = k.stays || sees, k.unsure || err != nil
	}
	if k.stays || k.unsure {
		k.want.Topic = "" // it says what happened
	}
	return errors.Join(errs...)
}

// overseen says whether somebody who was left out sees a channel that is not kept accordingly yet.
// Then nothing more is said in it.
func (s *sender) overseen(ctx context.Context, p place, user string) error {
	sees, err := s.seesAll(ctx, user, p.Thread != "")
	if err != nil || !sees {
		return err
	}
	return s.lose(ctx, p.ID)
}
