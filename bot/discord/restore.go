package discord

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Whoever works on an incident and is taken out of its channel by hand, or kept from writing there, does
// not hear what is said in it. He is let in again as soon as Discord tells of it. Where somebody, or his
// bot, goes on taking people out, that ends after a while: they are told by themselves.

const (
	// restoreMost is how often in restoreWithin people are let in again into one channel. Whoever
	// deletes the rights of a whole team by hand does so one by one.
	restoreMost   = 20
	restoreWithin = time.Hour
)

// belongs says whether somebody works on the incident and was let into its channel.
func (p *place) belongs(user string) bool {
	return slices.Contains(p.Members, user) && slices.Contains(p.Invited, user)
}

// displaced says whether a channel keeps out, or from writing, somebody who belongs there and was let in.
func displaced(p place, overwrites []*discordgo.PermissionOverwrite) bool {
	return !p.Ended && !p.Archived && slices.ContainsFunc(p.Members, func(u string) bool {
		return p.belongs(u) && !mayWrite(overwrites, u)
	})
}

// restore lets those in again who were in the channel or about to come, belong there, and are not in it any more.
func (k *keeping) restore(ctx context.Context, were []string) error {
	who, err := k.auth(ctx)
	if err != nil {
		return err
	}
	out := slices.DeleteFunc(slices.Clone(k.place.Members), func(u string) bool {
		return u == who.User || !slices.Contains(were, u) || slices.Contains(k.place.Invited, u) && k.fits(u)
	})
	if len(out) == 0 {
		return nil
	}
	again, untold := k.restored.may(k.place.ID, out, time.Now())
	if again {
		return k.letIn(ctx, out)
	}
	if len(untold) > 0 {
		k.config.Log.Error("people are taken out of an incident's channel as often as they are let in; they are told so", "component", "discord")
	}
	for _, user := range out {
		if !slices.Contains(k.place.Invited, user) {
			k.miss(user, chat.ProblemRefused)
		}
	}
	for _, user := range untold {
		k.tellDisplaced(ctx, user)
	}
	return nil
}

// tellDisplaced tells somebody that he cannot follow the incident in its channel any more.
func (k *keeping) tellDisplaced(ctx context.Context, user string) {
	card := chat.Card{Tone: chat.Urgent, Title: k.draw.say("discord.keep.displaced.title"), Blocks: []chat.Block{
		{Text: k.draw.say("discord.keep.displaced", "incident", strings.ToUpper(k.want.Channel))},
	}}
	if _, err := k.direct(ctx, userID(user), "displaced "+k.place.ID, card); err != nil {
		k.config.Log.Warn("somebody could not be told that he is kept out of a channel", "component", "discord", "error", err)
	}
}

// restored is how often people were let in again of late.
type restored struct {
	mu sync.Mutex
	by map[string]*rounds // by channel
}

type rounds struct {
	at   []time.Time
	told []string // that they are not let in again
}

// may says whether people may be let in again into a channel; where not, who of them is to be told
// that.
func (r *restored) may(channel string, users []string, now time.Time) (again bool, untold []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, of := range r.by {
		of.at = slices.DeleteFunc(of.at, func(at time.Time) bool { return now.Sub(at) >= restoreWithin })
	}
	maps.DeleteFunc(r.by, func(_ string, of *rounds) bool { return len(of.at) == 0 })
	of := r.by[channel]
	if of == nil {
		of = &rounds{}
		if r.by == nil {
			r.by = map[string]*rounds{}
		}
		r.by[channel] = of
	}
	if len(of.at) < restoreMost {
		of.at, of.told = append(of.at, now), nil
		return true, nil
	}
	untold = slices.DeleteFunc(slices.Clone(users), func(u string) bool { return slices.Contains(of.told, u) })
	of.told = append(of.told, untold...)
	return false, untold
}
