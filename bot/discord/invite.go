package discord

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// What is allowed in an incident's channel (Discord, "Permissions"). The bot may only give what
// it has itself.
const (
	sees = discordgo.PermissionViewChannel
	// writes is what somebody who belongs there may do, whatever the server allows everybody.
	writes = sees | discordgo.PermissionReadMessageHistory | discordgo.PermissionSendMessages |
		discordgo.PermissionEmbedLinks | discordgo.PermissionAttachFiles
	reads = sees | discordgo.PermissionReadMessageHistory
)

// overwrites are who may what in a channel: everybody nothing, the bot and its members all that
// they need, or only to read.
func (s *sender) overwrites(users []string, closed bool) []*discordgo.PermissionOverwrite {
	s.mu.Lock()
	bot := s.identity.User
	s.mu.Unlock()
	everyone := &discordgo.PermissionOverwrite{ID: s.config.Guild, Type: discordgo.PermissionOverwriteTypeRole, Deny: sees}
	if closed {
		everyone.Deny |= discordgo.PermissionSendMessages
	}
	out := []*discordgo.PermissionOverwrite{everyone, {ID: bot, Type: discordgo.PermissionOverwriteTypeMember, Allow: writes}}
	for _, user := range users {
		if user != bot {
			out = append(out, member(user, closed))
		}
	}
	return out
}

func member(user string, closed bool) *discordgo.PermissionOverwrite {
	o := &discordgo.PermissionOverwrite{ID: user, Type: discordgo.PermissionOverwriteTypeMember, Allow: writes}
	if closed {
		o.Allow, o.Deny = reads, discordgo.PermissionSendMessages
	}
	return o
}

// strangers are the roles and members that a channel lets in beside the bot and its members;
// everyone says that it does not deny everybody.
func (s *sender) strangers(overwrites []*discordgo.PermissionOverwrite, bot string, members []string) (strangers []*discordgo.PermissionOverwrite, everyone bool) {
	everyone = true
	for _, o := range overwrites {
		switch {
		case o == nil:
		case o.Type == discordgo.PermissionOverwriteTypeRole && o.ID == s.config.Guild:
			everyone = o.Deny&sees == 0 || o.Allow&sees != 0
		case o.Allow&sees == 0, o.ID == bot, o.Type == discordgo.PermissionOverwriteTypeMember && slices.Contains(members, o.ID):
		default:
			strangers = append(strangers, o)
		}
	}
	return strangers, everyone
}

// shut takes out who does not belong there and denies the channel to everybody. Only when that
// is so is anything said in it.
func (k *keeping) shut(ctx context.Context) error {
	who, err := k.auth(ctx)
	if err != nil {
		return err
	}
	if k.place.Thread != "" {
		return k.kickFromThread(ctx, who.User)
	}
	strangers, everyone := k.strangers(k.there.Overwrites, who.User, k.place.Members)
	if everyone {
		// Nothing is said in it before it is denied: that must be known first.
		if err := k.lose(ctx, k.place.ID); err != nil {
			return err
		}
		deny := overwrite{Type: discordgo.PermissionOverwriteTypeRole, Deny: sees}
		if k.place.Archived {
			deny.Deny |= discordgo.PermissionSendMessages
		}
		err := k.do(ctx, "everyone", "PUT", k.at("/permissions/"+k.config.Guild), deny, nil)
		if err != nil {
			k.lost = true
			if denied(err) {
				return nil // it stays as it is; those who belong there are told by direct messages
			}
			return err
		}
	}
	if !k.fits(who.User) { // somebody took from us what we need there
		err := k.let(ctx, who.User)
		if denied(err) {
			k.lost = true
			return k.lose(ctx, k.place.ID)
		}
		if err != nil {
			return err
		}
	}
	if err := k.leaves(ctx, len(strangers) > 0 || k.unsure); err != nil {
		return err
	}
	var errs []error
	for _, o := range strangers {
		err := k.do(ctx, "kick "+o.ID, "DELETE", k.at("/permissions/"+o.ID), nil, nil)
		switch {
		case err == nil, refused(err, codeUnknownOverwrite):
			k.out(o.ID)
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

// leaves notes that somebody is being taken out, before he is: until then nothing is said there. A
// try that failed does not begin the time anew.
func (k *keeping) leaves(ctx context.Context, somebody bool) error {
	switch {
	case !somebody:
		k.place.Leaving = time.Time{}
		return nil
	case k.place.Leaving.IsZero():
		k.place.Leaving = time.Now().UTC()
	}
	return k.remember(ctx)
}

func (k *keeping) out(user string) {
	k.place.Invited = without(k.place.Invited, user)
	k.place.Inviting = without(k.place.Inviting, user)
}

// secured notes that nobody else reads along, or that somebody stays. Where Discord did not say,
// what was known of that holds.
func (k *keeping) secured(ctx context.Context) error {
	if k.unsure {
		k.place.Stays = k.place.Stays || k.stays
	} else {
		k.place.Leaving, k.place.Stays = time.Time{}, k.stays
	}
	if !k.stays && !k.unsure {
		k.place.Inviting = slices.DeleteFunc(k.place.Inviting, func(u string) bool { return !slices.Contains(k.place.Members, u) })
	}
	k.place.Safe = true
	maps.DeleteFunc(k.place.Absent, func(user string, _ absence) bool { return !slices.Contains(k.place.Members, user) })
	lost, err := k.sender.lost(ctx, k.place.ID)
	if err != nil || !lost {
		return err
	}
	return k.config.Memory.Remember(ctx, lostPrefix+k.place.ID, nil)
}

// overwrite is the body of a permission overwrite (Discord, "Edit Channel Permissions").
type overwrite struct {
	Type  discordgo.PermissionOverwriteType `json:"type"`
	Allow int64                             `json:"allow,string"`
	Deny  int64                             `json:"deny,string"`
}

// invite lets in who belongs there.
func (k *keeping) invite(ctx context.Context) error { return k.letIn(ctx, k.place.Members) }

// letIn lets people in, one by one. Who cannot come is remembered with the reason.
func (k *keeping) letIn(ctx context.Context, users []string) error {
	if k.lost {
		return nil
	}
	who, err := k.auth(ctx)
	if err != nil {
		return err
	}
	var come []string
	var errs []error
	for _, user := range users {
		if user == who.User || slices.Contains(k.place.Invited, user) && k.fits(user) {
			continue
		}
		why, err := k.absent(ctx, user)
		switch {
		case err != nil:
			errs = append(errs, err)
		case why != "":
			k.miss(user, why)
		default:
			come = append(come, user)
		}
	}
	if err := k.setOutFor(ctx, come); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, user := range come {
		err := k.let(ctx, user)
		switch {
		case err == nil:
			if !slices.Contains(k.place.Invited, user) {
				k.place.Invited = append(k.place.Invited, user)
			}
			k.place.Inviting = without(k.place.Inviting, user)
			delete(k.place.Absent, user)
		case refused(err, codeUnknownChannel, codeMissingAccess):
			return errors.Join(append(errs, k.gone(ctx, err))...)
		case refused(err, codeUnknownUser):
			k.miss(user, chat.ProblemGone)
		case refused(err, codeUnknownMember):
			k.miss(user, chat.ProblemOutside)
		case denied(err):
			k.miss(user, chat.ProblemRefused)
		default:
			// Nobody was refused: the next one would fare the same.
			return errors.Join(append(errs, err)...)
		}
	}
	return errors.Join(errs...)
}

func (k *keeping) let(ctx context.Context, user string) error {
	if k.place.Thread != "" {
		return k.do(ctx, "let "+user, "PUT", k.at("/thread-members/"+user), nil, nil)
	}
	o := member(user, false)
	return k.do(ctx, "let "+user, "PUT", k.at("/permissions/"+user), overwrite{Type: o.Type, Allow: o.Allow, Deny: o.Deny}, nil)
}

// fits says whether somebody who was let in can write as well: somebody may have been denied it
// by hand, or before the incident was taken up again.
func (k *keeping) fits(user string) bool {
	if k.place.Thread != "" {
		return true
	}
	return mayWrite(k.there.Overwrites, user)
}

// mayWrite says whether a channel lets somebody in, to read and to write.
func mayWrite(overwrites []*discordgo.PermissionOverwrite, user string) bool {
	for _, o := range overwrites {
		if o != nil && o.Type == discordgo.PermissionOverwriteTypeMember && o.ID == user {
			return o.Allow&writes == writes && o.Deny&writes == 0
		}
	}
	return false
}

// absent is why somebody cannot be let in; "" where nothing speaks against it. Discord would
// take an overwrite for somebody who is not in the server, and nobody would come.
func (k *keeping) absent(ctx context.Context, user string) (chat.Problem, error) {
	who, ok := k.people.get(user)
	// What was found holds for a while, unless he has come into the server since.
	if a, out := k.place.Absent[user]; out && time.Since(a.At) < askAgain && (who.Outside || !who.at.After(a.At)) {
		return a.Why, nil
	}
	if !ok || who.Outside || time.Since(who.at) > peopleFresh {
		asked, err := k.ask(ctx, user)
		if err != nil && !errors.Is(err, chat.ErrGone) {
			return "", err
		}
		who.person = asked
		if err != nil {
			return chat.ProblemGone, nil
		}
	}
	switch {
	case who.Gone:
		return chat.ProblemGone, nil
	case who.Outside:
		return chat.ProblemOutside, nil
	}
	return "", nil
}

// setOutFor notes whom we are about to let in, before anybody can come.
func (k *keeping) setOutFor(ctx context.Context, users []string) error {
	more := slices.DeleteFunc(slices.Clone(users), func(u string) bool { return slices.Contains(k.place.Inviting, u) })
	if len(more) == 0 {
		return nil
	}
	k.place.Inviting = append(k.place.Inviting, more...)
	return k.remember(ctx)
}

func without(users []string, one string) []string {
	return slices.DeleteFunc(users, func(u string) bool { return u == one })
}

func (k *keeping) miss(user string, why chat.Problem) {
	k.place.Inviting = without(k.place.Inviting, user)
	if a, ok := k.place.Absent[user]; ok && a.Why == why && time.Since(a.At) < askAgain {
		return
	}
	if k.place.Absent == nil {
		k.place.Absent = map[string]absence{}
	}
	k.place.Absent[user] = absence{Why: why, At: time.Now().UTC()}
}
