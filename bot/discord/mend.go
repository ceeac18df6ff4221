package discord

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Whoever manages the server may change our own categories, and the channel for threads: open them
// to everybody, or take the bot out of them. An incident's channel is private whatever its category
// says. But in one from which the bot is kept out none can be made, and somebody who sees it may
// come to believe that what stands below it is for everybody.
//
// What can be put right is put right before the next channel is made. What cannot is left alone,
// and another one is made in its place; the incident says so, and doctor, until somebody has mended
// it.

const (
	// shutFor is how long no other one is made after the bot was kept out of one that it had just
	// made: each that is made in vain stays, and there is room for so many channels only.
	shutFor = 24 * time.Hour
	// maxShut is how many such ones there may be. Then one of them has to be opened or deleted first.
	maxShut = 10
)

// barred is a category, or a channel for threads, that we cannot use.
type barred struct {
	Row string `json:"row"` // the kind's
	ID  string `json:"id"`
}

// step is one call that puts something right.
type step struct {
	method, id string // of the overwrite
	body       any
}

// amends are what is to be done so that a channel that several incidents share is as we made it.
// The bot comes first: where everybody is denied before it is let in, it has shut itself out.
func (s *sender) amends(of kind, there []*discordgo.PermissionOverwrite) (out []step) {
	want := s.sharedOverwrites(of)
	everyone, bot := want[0], want[1]
	for _, w := range []*discordgo.PermissionOverwrite{bot, everyone} {
		if !slices.ContainsFunc(there, func(o *discordgo.PermissionOverwrite) bool { return o != nil && o.ID == w.ID && covers(o, w) }) {
			out = append(out, step{http.MethodPut, w.ID, overwrite{Type: w.Type, Allow: w.Allow, Deny: w.Deny}})
		}
	}
	for _, o := range there {
		switch {
		case o == nil, o.ID == everyone.ID, o.ID == bot.ID:
		case of == threads, o.Allow&sees != 0: // in the channel for threads nobody is more than others
			out = append(out, step{http.MethodDelete, o.ID, nil})
		}
	}
	return out
}

// covers says whether an overwrite allows and denies at least what another does.
func covers(o, want *discordgo.PermissionOverwrite) bool {
	return o.Type == want.Type && o.Allow&want.Allow == want.Allow && o.Deny&want.Deny == want.Deny &&
		o.Allow&want.Deny == 0 && o.Deny&(want.Allow|discordgo.PermissionManageChannels|discordgo.PermissionManageRoles) == 0
}

// state is how a channel is that several incidents share.
type state int

const (
	sound   state = iota // as we made it, or put right
	shut                 // it cannot be put right
	deleted              // there is nothing to be put right: whoever goes on with it hears that
)

// mend puts right a channel that several incidents share.
func (k *keeping) mend(ctx context.Context, of kind, id string) (state, error) {
	var there channel
	err := k.do(ctx, "mend "+of.row+" "+id, http.MethodGet, "channels/"+id, nil, &there)
	switch {
	case refused(err, codeUnknownChannel):
		return deleted, nil
	case denied(err) && !k.deadToken(err):
		return shut, nil
	case err != nil:
		return sound, err
	}
	for _, step := range k.amends(of, there.Overwrites) {
		err := k.do(ctx, "mend "+of.row+" "+id+" "+step.id, step.method, "channels/"+id+"/permissions/"+step.id, step.body, nil)
		switch {
		case err == nil, refused(err, codeUnknownOverwrite):
		case denied(err) && !k.deadToken(err):
			return shut, nil
		default:
			return sound, err
		}
	}
	return sound, nil
}

// usable is the newest of a kind that we can use, put right where it has to be, or made anew; mu of
// its row is held.
func (k *keeping) usable(ctx context.Context, of kind) (string, error) {
	h, err := k.takeBack(ctx, of)
	for err == nil {
		fresh := len(h.IDs) == 0
		if fresh && !h.Shut.IsZero() && (time.Since(h.Shut) < shutFor || len(h.Barred) >= maxShut) {
			return "", errShut
		}
		var id string
		if id, err = k.sharedID(ctx, of); err != nil {
			break
		}
		var is state
		if is, err = k.mend(ctx, of, id); err != nil {
			break
		}
		if is != shut {
			return id, k.open(ctx, of)
		}
		k.config.Log.Warn("the bot is kept out of a category of its own", "component", "discord")
		h, err = k.bar(ctx, of, id, fresh)
	}
	return "", err
}

// open notes that there is one that can be used.
func (k *keeping) open(ctx context.Context, of kind) error {
	h, err := k.recallShared(ctx, of)
	if err != nil || h.Shut.IsZero() {
		return err
	}
	h.Shut = time.Time{}
	return k.rememberShared(ctx, of, h)
}

// takeBack looks for those from which the bot was kept out and is no more: the last of them is
// used again. One that was deleted is forgotten.
func (k *keeping) takeBack(ctx context.Context, of kind) (shared, error) {
	h, err := k.recallShared(ctx, of)
	if err != nil {
		return h, err
	}
	before := len(h.Barred)
	h.Barred = slices.DeleteFunc(h.Barred, func(id string) bool {
		is, err := k.mend(ctx, of, id)
		if err != nil || is == shut {
			return false // asked again the next time
		}
		if is == sound {
			h.IDs = append(h.IDs, id)
		}
		return true
	})
	if len(h.Barred) == before {
		return h, nil
	}
	h.Shut = time.Time{} // somebody has seen to it
	return h, k.rememberShared(ctx, of, h)
}

// errShut says that the bot is kept out of everything that it makes.
var errShut = errors.New("discord: the bot is kept out of what it has made")

// bar notes that one cannot be used, here and for doctor; fresh: it was just made.
func (k *keeping) bar(ctx context.Context, of kind, id string, fresh bool) (shared, error) {
	h, err := k.recallShared(ctx, of)
	if err != nil {
		return h, err
	}
	h.IDs, h.Barred = without(h.IDs, id), append(without(h.Barred, id), id)
	if fresh {
		h.Shut = time.Now().UTC()
	}
	if err := k.rememberShared(ctx, of, h); err != nil {
		return h, err
	}
	k.place.Barred = append(k.place.Barred, barred{of.row, id})
	return h, k.remember(ctx)
}

// unbar looks whether somebody has put right, or taken away, what this incident found shut.
func (k *keeping) unbar(ctx context.Context) error {
	var errs []error
	k.place.Barred = slices.DeleteFunc(k.place.Barred, func(b barred) bool {
		at := slices.IndexFunc(sharedKinds, func(of kind) bool { return of.row == b.Row })
		if at < 0 {
			return true
		}
		is, err := k.mend(ctx, sharedKinds[at], b.ID)
		errs = append(errs, err)
		return err == nil && is != shut
	})
	return errors.Join(errs...)
}

// shared tells which of our categories are not as we made them. It changes nothing.
func (k *checkup) shared(ctx context.Context) {
	if k.config.Memory == nil {
		return
	}
	s := &sender{config: k.config, api: k.api, people: newPeople(), identity: identity{User: k.app.Bot.ID}}
	for _, of := range sharedKinds {
		h, err := s.recallShared(ctx, of)
		if err != nil {
			return // that nothing can be read there is said already
		}
		for _, id := range slices.Concat(h.Barred, h.IDs[max(0, len(h.IDs)-1):]) {
			var there channel
			name := k.config.Say(k.config.Lang, of.name)
			switch err := k.get(ctx, "channels/"+id, &there); {
			case refused(err, codeUnknownChannel):
			case denied(err) && !s.deadToken(err):
				k.fault("discord.check.shared_shut", "name", name, "id", id)
			case err == nil && len(s.amends(of, there.Overwrites)) > 0:
				k.note("discord.check.shared_changed", "name", there.Name)
			}
		}
	}
}
