package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Whoever may manage the server can let anybody into an incident's channel, take out of it who works
// on the incident, and delete it. Who does not belong there reads everything that is said. So he is
// taken out again as soon as Discord tells of it, and it is said there how it is done: through the
// incident, which knows who may not. Who belongs there is let in again (restore.go).

// channelChanged is a channel whose permissions or name somebody has changed. An error says, here and
// with the other looks, that it has to be looked at again.
func (f *Front) channelChanged(ctx context.Context, raw []byte) error {
	var c channel
	if json.Unmarshal(raw, &c) != nil {
		return nil
	}
	return f.putRight(ctx, c.ID, hands{}, func(p place, bot string) bool {
		strangers, everyone := f.strangers(c.Overwrites, bot, slices.Concat(p.Members, p.Invited, p.Inviting))
		return len(strangers) > 0 || everyone || !p.Leaving.IsZero() || c.Type != discordgo.ChannelTypeGuildText || displaced(p, c.Overwrites)
	})
}

// everywhere are the channels of a server, and its threads that are not put away.
type everywhere struct {
	Channels []json.RawMessage `json:"channels"`
	Threads  []json.RawMessage `json:"threads"`
}

// channelsSeen looks at every channel and thread of the server, such as when a session begins with it:
// what was changed while there was none is told by nothing else.
func (f *Front) channelsSeen(ctx context.Context, all everywhere) error {
	for _, c := range all.Channels {
		if err := f.channelChanged(ctx, c); err != nil {
			return err
		}
	}
	for _, c := range all.Threads {
		if err := f.threadSeen(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// putRight puts the channel of an incident right where something is wrong about it. Where that fails
// nothing more is said there, but to each by himself, until it is.
func (f *Front) putRight(ctx context.Context, id string, by hands, wrong func(p place, bot string) bool) error {
	incident, err := f.whose(ctx, id)
	if err != nil || incident == "" {
		return err
	}
	p, err := f.recallPlace(ctx, incident)
	if err != nil || p.ID != id {
		return err
	}
	me, err := f.auth(ctx)
	if err == nil && !wrong(p, me.User) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.desk)
	defer cancel()
	out, err := f.tidy(ctx, incident, id, by)
	if err != nil {
		f.log.Error("a channel that somebody has changed could not be put right; trying again", "error", err)
		f.doubts.Add(id, time.Now())
		return f.lose(ctx, id)
	}
	f.sayOut(ctx, p, out)
	return nil
}

// sayOut says in a channel who was taken out of it, and how somebody is brought in.
func (f *Front) sayOut(ctx context.Context, p place, out []string) {
	var names []string
	for _, user := range out {
		if who, err := f.member(ctx, user); err == nil && who.Name != "" {
			names = append(names, who.Name)
		}
	}
	if len(names) == 0 || p.Archived && p.Thread != "" { // a message would take the thread out of the archive
		return
	}
	card := chat.Card{Tone: chat.Notice, Title: f.draw.say("discord.keep.taken_out.title"), Blocks: []chat.Block{
		{Text: f.draw.say("discord.keep.taken_out", "people", strings.Join(names, f.draw.say("discord.keep.and")))},
	}}
	key := keyOf(p.ID, "taken out "+strings.Join(out, " "), "")
	if _, err := f.sender.post(ctx, p.ID, key, f.payload(card), nil, line{patience: -1, answer: true}); err != nil {
		f.log.Warn("a sentence could not be shown", "error", err)
	}
}

// hands are what Discord said that was done to a thread by hand; it may not tell who is in it.
type hands struct {
	came []string // are in it now
	gone []string // were taken out by somebody else
}

// tidy takes out of an incident's channel who does not belong in it, denies it to everybody again,
// and lets those in again who do belong there. It gives the people who were taken out.
func (s *sender) tidy(ctx context.Context, incident, id string, by hands) (out []string, err error) {
	release, err := s.keeping.take(ctx, incident)
	if err != nil {
		return nil, err
	}
	defer release()
	p, err := s.recallPlace(ctx, incident)
	if err != nil || p.ID != id {
		return nil, err
	}
	k := &keeping{sender: s, want: chat.Place{Channel: incident}, place: &p, line: line{ticket: incident + " tidy", patience: -1}}
	k.remembered, _ = json.Marshal(p)
	var before []string
	were := slices.Concat(p.Invited, p.Inviting)
	if err = k.look(ctx); err == nil && !k.lost {
		if p.Thread != "" {
			p.heard(by)
			were = by.gone // whoever else is not in it has left by himself
		}
		before = slices.Clone(p.Invited)
		err = errors.Join(k.overseers(ctx), k.shut(ctx))
		switch {
		case k.lost:
		case p.Archived:
			err = errors.Join(err, k.lock(ctx))
		case !p.Ended:
			err = errors.Join(err, k.restore(ctx, were))
		}
	}
	for _, user := range before {
		if !slices.Contains(p.Invited, user) {
			out = append(out, user)
		}
	}
	return out, errors.Join(err, k.remember(ctx))
}

// heard notes who is in a thread as Discord said it.
func (p *place) heard(by hands) {
	for _, user := range by.came {
		if !slices.Contains(p.Invited, user) {
			p.Invited = append(p.Invited, user)
		}
	}
	for _, user := range by.gone {
		if slices.Contains(p.Members, user) {
			p.Invited = without(p.Invited, user)
		}
	}
}

// channelDeleted is a channel or thread that is gone for good.
func (f *Front) channelDeleted(ctx context.Context, raw []byte) error {
	var c channel
	if json.Unmarshal(raw, &c) != nil {
		return nil
	}
	incident, err := f.whose(ctx, c.ID)
	if err != nil || incident == "" {
		return err
	}
	p, err := f.recallPlace(ctx, incident)
	if err != nil || p.ID != c.ID || p.Archived {
		return err
	}
	f.log.Warn("the channel of an incident was deleted; those who belong in it are told by direct messages")
	return f.lose(ctx, c.ID)
}
