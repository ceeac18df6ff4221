package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Whoever may manage the server can let anybody into an incident's channel, and delete it. Who
// does not belong there reads everything that is said. So he is taken out again as soon as
// Discord tells of it, and it is said there how it is done: through the incident, which knows
// who may not.

// channelChanged is a channel whose permissions or name somebody has changed.
func (f *Front) channelChanged(ctx context.Context, raw []byte) {
	var c channel
	if json.Unmarshal(raw, &c) != nil {
		return
	}
	if incident := f.incidentOf(ctx, c.ID); incident != "" {
		f.putRight(ctx, incident, c.ID, nil, func(p place, bot string) bool {
			strangers, everyone := f.strangers(c.Overwrites, bot, slices.Concat(p.Members, p.Invited, p.Inviting))
			return len(strangers) > 0 || everyone || c.Type != discordgo.ChannelTypeGuildText
		})
	}
}

// channelsSeen looks at every channel and thread of the server as a session begins with it: what was
// changed while there was none is told by nothing else.
func (f *Front) channelsSeen(ctx context.Context, raw []byte) {
	var g struct {
		Channels []json.RawMessage `json:"channels"`
		Threads  []json.RawMessage `json:"threads"` // that are not put away
	}
	if json.Unmarshal(raw, &g) != nil {
		return
	}
	for _, c := range g.Channels {
		f.channelChanged(ctx, c)
	}
	for _, c := range g.Threads {
		f.threadSeen(ctx, c)
	}
}

// putRight puts a channel right where something is wrong about it. Where that fails nothing more
// is said there, but to each by himself, until the channel is kept the next time.
// came are those of whom Discord said that they are in it now.
func (f *Front) putRight(ctx context.Context, incident, id string, came []string, wrong func(p place, bot string) bool) {
	p, err := f.recallPlace(ctx, incident)
	if err != nil {
		f.log.Error("whether somebody belongs in a channel could not be looked up", "error", err)
		return
	}
	if p.ID != id {
		return
	}
	me, err := f.auth(ctx)
	if err == nil && !wrong(p, me.User) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.desk)
	defer cancel()
	out, err := f.tidy(ctx, incident, id, came)
	if err != nil {
		f.log.Error("a channel that somebody has opened could not be put right", "error", err)
		if err := f.lose(ctx, id); err != nil {
			f.log.Error("that nothing is to be said in a channel could not be noted", "error", err)
		}
		return
	}
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
	key := keyOf(id, "taken out "+strings.Join(out, " "), "")
	if _, err := f.sender.post(ctx, id, key, f.payload(card), nil, line{patience: -1, answer: true}); err != nil {
		f.log.Warn("a sentence could not be shown", "error", err)
	}
}

// tidy takes out of an incident's channel who does not belong in it, and denies it to everybody
// again. It gives the people who were taken out.
func (s *sender) tidy(ctx context.Context, incident, id string, came []string) (out []string, err error) {
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
	if err = k.look(ctx); err == nil && !k.lost {
		if p.Thread != "" { // Discord may not tell who is in it
			for _, user := range came {
				if !slices.Contains(p.Invited, user) {
					p.Invited = append(p.Invited, user)
				}
			}
		}
		before = slices.Clone(p.Invited)
		err = errors.Join(k.overseers(ctx), k.shut(ctx))
		if p.Archived && !k.lost {
			err = errors.Join(err, k.lock(ctx))
		}
	}
	for _, user := range before {
		if !slices.Contains(p.Invited, user) {
			out = append(out, user)
		}
	}
	return out, errors.Join(err, k.remember(ctx))
}

// channelDeleted is a channel or thread that is gone for good.
func (f *Front) channelDeleted(ctx context.Context, raw []byte) {
	var c channel
	if json.Unmarshal(raw, &c) != nil {
		return
	}
	incident := f.incidentOf(ctx, c.ID)
	if incident == "" {
		return
	}
	p, err := f.recallPlace(ctx, incident)
	if err == nil && p.ID == c.ID && !p.Archived {
		f.log.Warn("the channel of an incident was deleted; those who belong in it are told by direct messages")
		err = f.lose(ctx, c.ID)
	}
	if err != nil {
		f.log.Error("that a channel was deleted could not be noted", "error", err)
	}
}
