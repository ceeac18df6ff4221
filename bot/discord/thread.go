package discord

import (
	"context"
	"errors"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// Near Discord's limit of channels an incident gets a private thread of one channel of ours, in
// which nobody posts. Only who was added to a private thread sees it, and those who may manage
// threads.

// lookInThread asks who is in the thread.
func (k *keeping) lookInThread(ctx context.Context) error {
	if k.there.Type != discordgo.ChannelTypeGuildPrivateThread {
		k.lost = true
		return k.lose(ctx, k.place.ID)
	}
	if t := k.there.Thread; t != nil && (t.Archived || t.Locked) && !k.place.Archived {
		// Nobody wrote in it for a week, or somebody put it away by hand.
		if err := k.do(ctx, "reopen", "PATCH", k.at(""), map[string]any{"archived": false, "locked": false}, nil); err != nil {
			return k.gone(ctx, err)
		}
	}
	var in []struct {
		User string `json:"user_id"`
	}
	switch err := k.do(ctx, "thread", "GET", k.at("/thread-members"), nil, &in); {
	case refused(err, codeMissingAccess):
		return nil // without the intent for members it is not told: it goes by what is remembered
	case err != nil:
		return k.gone(ctx, err)
	}
	who, err := k.auth(ctx)
	if err != nil {
		return err
	}
	k.place.Invited = nil
	for _, m := range in {
		if m.User != who.User {
			k.place.Invited = append(k.place.Invited, m.User)
		}
	}
	return nil
}

// kickFromThread takes out who does not belong there.
func (k *keeping) kickFromThread(ctx context.Context, bot string) error {
	var strangers []string
	for _, user := range k.place.Invited {
		if user != bot && !slices.Contains(k.place.Members, user) {
			strangers = append(strangers, user)
		}
	}
	if err := k.leaves(ctx, len(strangers) > 0 || k.unsure); err != nil {
		return err
	}
	if len(strangers) > 0 && k.putAway() {
		// In a thread that is put away nobody can be taken out.
		if err := k.do(ctx, "reopen", "PATCH", k.at(""), map[string]any{"archived": false, "locked": true}, nil); err != nil {
			return k.gone(ctx, err)
		}
		k.there.Thread.Archived = false
	}
	var errs []error
	for _, user := range strangers {
		err := k.do(ctx, "kick "+user, "DELETE", k.at("/thread-members/"+user), nil, nil)
		switch {
		case err == nil, refused(err, codeUnknownMember, codeUnknownUser):
			k.out(user)
		case refused(err, codeUnknownChannel, codeMissingAccess):
			return k.gone(ctx, err)
		case denied(err):
			k.stays = true
		default:
			k.unsure = true // he may be out; it is tried again
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, k.secured(ctx))...)
}
