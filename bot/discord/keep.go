package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// Keep makes an incident's channel as it ought to be, and says how it is. Each effect stands
// alone: what fails is told, and tried again with the next call; what was done is remembered
// and found again where the answer was lost.
func (s *sender) Keep(ctx context.Context, want chat.Place) (chat.Kept, error) {
	release, err := s.keeping.take(ctx, want.Channel)
	if err != nil {
		return chat.Kept{}, err
	}
	defer release()
	p, err := s.recallPlace(ctx, want.Channel)
	if err != nil {
		return chat.Kept{}, err
	}
	k := &keeping{sender: s, want: want, place: &p, line: line{ticket: want.Channel, patience: placePatience}}
	k.remembered, _ = json.Marshal(p)
	err = errors.Join(k.keep(ctx), k.remember(ctx))
	return k.kept(), err
}

// keeping is one call of Keep.
type keeping struct {
	*sender
	want   chat.Place
	place  *place
	line   line
	there  channel // as Discord says it is
	stays  bool    // somebody who does not belong in it could not be taken out
	unsure bool    // Discord has not said so far whether somebody stays
	lost   bool
	seeing []string      // who was left out and sees it whatever it denies
	alien  []chat.UserID // members who are not on Discord

	remembered []byte // the place as it was remembered last
}

// remember remembers the place as it is now, where anything of it has changed.
func (k *keeping) remember(ctx context.Context) error {
	now, err := json.Marshal(k.place)
	if err != nil || bytes.Equal(now, k.remembered) {
		return err
	}
	if err := k.rememberPlace(ctx, k.want.Channel, *k.place); err != nil {
		return err
	}
	k.remembered = now
	return nil
}

// channel is what matters of a channel, a category or a thread.
type channel struct {
	ID         string                           `json:"id"`
	Type       discordgo.ChannelType            `json:"type"`
	Name       string                           `json:"name"`
	Topic      string                           `json:"topic"`
	Parent     string                           `json:"parent_id"`
	Owner      string                           `json:"owner_id"` // of a thread
	Overwrites []*discordgo.PermissionOverwrite `json:"permission_overwrites"`
	Thread     *struct {
		Archived bool `json:"archived"`
		Locked   bool `json:"locked"`
	} `json:"thread_metadata"`
}

func (k *keeping) keep(ctx context.Context) error {
	p := k.place
	p.Ended = k.want.Ended
	p.Members, p.Out = nil, nil
	for _, u := range k.want.Out {
		if user, ok := discordUser(u); ok {
			p.Out = append(p.Out, user)
		}
	}
	for _, m := range k.want.Members {
		if user, ok := discordUser(m); ok {
			p.Members = append(p.Members, user)
		} else {
			k.alien = append(k.alien, m)
		}
	}
	switch {
	case p.Ended && p.ID == "" && p.Mark == "":
		return nil // over before there was one
	case p.Ended && p.Archived:
		return k.shutArchived(ctx)
	}
	if _, err := k.auth(ctx); err != nil { // it lets itself in, too
		return err
	}
	if p.Ended && p.ID == "" {
		if err := k.takeLate(ctx); err != nil || p.ID == "" {
			return err
		}
	}
	if p.Archived {
		if err := k.reopen(ctx); err != nil {
			return err
		}
	}
	seen := k.overseers(ctx)
	if p.ID == "" {
		if err := k.create(ctx); err != nil || p.ID == "" {
			return errors.Join(seen, err)
		}
		if p.Thread != "" {
			seen = k.overseers(ctx)
		}
	}
	if err := k.look(ctx); err != nil || k.lost {
		return errors.Join(seen, err)
	}
	// Who does not belong goes before anybody comes; archiving ends everything else.
	errs := []error{seen, k.shut(ctx)}
	if k.lost {
		return errors.Join(errs...)
	}
	for _, effect := range []func(context.Context) error{k.invite, k.topic, k.links, k.pin, k.unbar} {
		errs = append(errs, effect(ctx))
	}
	if p.Ended && !k.lost {
		errs = append(errs, k.archive(ctx))
	}
	return errors.Join(errs...)
}

func (k *keeping) kept() chat.Kept {
	p := k.place
	kept := chat.Kept{ID: chat.PlaceID(p.ID), Problem: p.Problem, Link: k.link(p.ID, "")}
	if p.ID == "" || p.Archived {
		return kept
	}
	switch {
	case k.lost:
		kept.Problem = chat.ProblemRefused
	case k.stays:
		kept.Problem = chat.ProblemStays
	case len(p.Barred) > 0:
		kept.Problem = chat.ProblemCategory
	}
	kept.NoCard = !k.lost && !k.stays && !k.unsure && !p.Ended && k.want.Pinned != "" && within(k.want.Pinned, p.ID) == ""
	for _, user := range p.Members {
		if a, ok := p.Absent[user]; ok {
			kept.Missing = append(kept.Missing, chat.Missing{User: userID(user), Why: a.Why})
		}
	}
	for _, user := range k.seeing {
		kept.Missing = append(kept.Missing, chat.Missing{User: userID(user), Why: chat.ProblemSeesAll})
	}
	for _, who := range k.alien {
		kept.Missing = append(kept.Missing, chat.Missing{User: who, Why: chat.ProblemGone})
	}
	return kept
}

// do makes a call at the pace of channels.
func (k *keeping) do(ctx context.Context, what, method, path string, body, into any) error {
	return k.api.do(ctx, k.line.turn(what), method, path, body, into)
}

func (k *keeping) at(path string) string { return "channels/" + k.place.ID + path }

// look asks Discord how the channel is. Whether it was lost before does not matter: what is
// true is what Discord says now.
func (k *keeping) look(ctx context.Context) error {
	k.there = channel{}
	if err := k.do(ctx, "look", "GET", k.at(""), nil, &k.there); err != nil {
		return k.gone(ctx, err)
	}
	if k.place.Thread != "" {
		return k.lookInThread(ctx)
	}
	if k.there.Type != discordgo.ChannelTypeGuildText {
		k.lost = true // somebody made it a channel that everybody can subscribe to
		return k.lose(ctx, k.place.ID)
	}
	who, err := k.auth(ctx)
	if err != nil {
		return err
	}
	k.place.Invited = nil
	for _, o := range k.there.Overwrites {
		if o.Type == discordgo.PermissionOverwriteTypeMember && o.Allow&sees != 0 && o.ID != who.User {
			k.place.Invited = append(k.place.Invited, o.ID)
		}
	}
	return nil
}

// gone notes that the channel is lost, where an effect finds it so.
func (k *keeping) gone(ctx context.Context, err error) error {
	if refused(err, codeUnknownChannel, codeMissingAccess) {
		k.lost = true
		return k.lose(ctx, k.place.ID)
	}
	return err
}

func (k *keeping) topic(ctx context.Context) error {
	if k.lost || k.place.Thread != "" || k.want.Topic == "" || k.want.Topic == k.place.Topic {
		return nil
	}
	// Name and topic of a channel are changed twice in ten minutes at most (seen by operators of
	// bots; Discord publishes no number), whatever the rest of it allows.
	t := k.line.turn("topic")
	t.as = "topic"
	err := k.api.do(ctx, t, "PATCH", k.at(""), map[string]any{"topic": k.marked(k.want.Topic)}, nil)
	if err != nil {
		return k.gone(ctx, err)
	}
	k.place.Topic = k.want.Topic
	return nil
}

// marked is a topic with our mark behind it, within what Discord takes.
func (k *keeping) marked(topic string) string {
	mark := " [" + k.want.Channel + " " + k.place.Mark + "]"
	return strings.TrimSpace(fit.Clip(fit.OneLine(topic), maxTopic-fit.Units(mark)) + mark)
}

func (k *keeping) pin(ctx context.Context) error {
	id := within(k.want.Pinned, k.place.ID)
	if k.lost || id == "" || id == k.place.Pinned {
		return nil
	}
	if err := k.pinned(ctx, id); err != nil {
		return k.gone(ctx, err)
	}
	k.place.Pinned = id
	return nil
}

// pinned pins a message. One that is not there any more, and one too many, are as good as done.
func (k *keeping) pinned(ctx context.Context, id string) error {
	err := k.do(ctx, "pin "+id, "PUT", k.at("/messages/pins/"+id), nil, nil)
	if refused(err, codeUnknownMessage, codeMaxPins) {
		return nil
	}
	return err
}

// links keeps one message with the links of the channel, pinned: Discord has no bookmarks.
func (k *keeping) links(ctx context.Context) error {
	var buttons []drawnButton
	for _, l := range k.want.Links {
		if fit.Units(l.URL) <= maxURL && len(buttons) < maxButtons && !blank(fit.OneLine(l.Label)) {
			buttons = append(buttons, link(fit.OneLine(l.Label), l.URL))
		}
	}
	if k.lost || k.stays || k.unsure || len(buttons) == 0 {
		return nil
	}
	p := payload{Content: "**" + escape(k.draw.say("discord.keep.links")) + "**", Embeds: []*discordgo.MessageEmbed{}, Components: grid(buttons), Mentions: nobody()}
	if topic := fit.OneLine(k.want.Topic); k.place.Thread != "" && !blank(topic) {
		p.Content += "\n" + escaped(topic, maxShown-fit.Units(p.Content))
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	says, l := digest(string(b)), &k.place.Links
	switch {
	case l.Message == "":
		id, err := k.postLinks(ctx, "", p)
		if err != nil {
			return k.gone(ctx, err)
		}
		*l = linked{Message: within(id, k.place.ID), Says: says}
	case l.Says != says:
		err := k.update(ctx, k.place.ID, l.Message, p, k.line)
		if replaced(err) {
			id, err := k.postLinks(ctx, l.Message, p)
			if err != nil {
				return k.gone(ctx, err)
			}
			*l = linked{Message: within(id, k.place.ID)}
		} else if err != nil {
			return k.gone(ctx, err)
		}
		l.Says = says
	}
	if l.Pinned {
		return nil
	}
	if err := k.pinned(ctx, l.Message); err != nil {
		return k.gone(ctx, err)
	}
	l.Pinned = true
	return nil
}

// postLinks posts the links, unless an earlier try has: then it is brought up to date.
func (k *keeping) postLinks(ctx context.Context, replaces string, p payload) (chat.MessageID, error) {
	key := keyOf(k.place.ID, "links", replaces)
	id, err := k.find(ctx, k.place.ID, key, []payload{p}, k.line)
	if err != nil {
		return "", err
	}
	if id != "" {
		if err = k.update(ctx, k.place.ID, id, p, k.line); !replaced(err) {
			return messageID(k.place.ID, id), err
		}
		key = keyOf(k.place.ID, "links", id)
	}
	return k.post(ctx, k.place.ID, key, p, nil, k.line)
}

// archive puts the channel away: those who were in it can read it, and nobody but us writes in
// it any more.
func (k *keeping) archive(ctx context.Context) error {
	// Who was let in must be known when the incident is taken up again.
	if err := k.remember(ctx); err != nil {
		return err
	}
	err := k.close(ctx)
	switch {
	case refused(err, codeUnknownChannel): // gone with its incident
	case err != nil:
		return err
	}
	k.place.Archived = true
	return nil
}

func (k *keeping) close(ctx context.Context) error {
	if k.place.Thread != "" {
		return k.do(ctx, "archive", "PATCH", k.at(""), map[string]any{"archived": true, "locked": true}, nil)
	}
	body := map[string]any{"permission_overwrites": k.overwrites(k.still(), true)}
	return k.in(ctx, archives, func(category string) error {
		if category != "" {
			body["parent_id"] = category
		} else {
			delete(body, "parent_id") // there is no room to put it elsewhere
		}
		return k.do(ctx, "archive", "PATCH", k.at(""), body, nil)
	})
}

// reopen opens the channel of an incident that is taken up again. Where it was deleted
// meanwhile, a new one is made.
func (k *keeping) reopen(ctx context.Context) error {
	p := k.place
	var err error
	if p.Thread != "" {
		err = k.do(ctx, "reopen", "PATCH", k.at(""), map[string]any{"archived": false, "locked": false}, nil)
	} else {
		body := map[string]any{"permission_overwrites": k.overwrites(k.still(), false)}
		err = k.in(ctx, categories, func(category string) error {
			if category != "" {
				body["parent_id"] = category
			} else {
				delete(body, "parent_id")
			}
			return k.do(ctx, "reopen", "PATCH", k.at(""), body, nil)
		})
		if errors.Is(err, errShut) {
			delete(body, "parent_id")
			err = k.do(ctx, "reopen", "PATCH", k.at(""), body, nil)
		}
	}
	switch {
	case err == nil:
		p.Archived = false
		return nil
	case refused(err, codeUnknownChannel, codeMissingAccess):
		*p = place{Members: p.Members, Out: p.Out}
		return nil
	}
	return err
}

// still are who was let in and belongs there; who is not in it is let in one by one.
func (k *keeping) still() []string {
	return slices.DeleteFunc(slices.Clone(k.place.Invited), func(u string) bool { return !slices.Contains(k.place.Members, u) })
}

// asked says whether Discord's refusal is still taken as its answer.
func (p *place) asked() bool { return p.Problem != "" && time.Since(p.Asked) < askAgain }
