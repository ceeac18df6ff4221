package slack

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
)

// cameIn is somebody who has joined an incident's channel. Any member can bring in anybody on
// Slack; who does not belong there reads everything that is said. So he is taken out again, and
// whoever brought him in is told how it is done: through the incident, which knows who may not.
func (f *Front) cameIn(ctx context.Context, h *happened) {
	e := &h.Event
	channel := f.incidentOf(ctx, e.Channel)
	if channel == "" || f.ourselves(ctx, e.User) {
		return
	}
	f.once("slack:join:"+e.Channel+":"+e.User+":"+e.EventTS, func() bool {
		p, err := f.recallPlace(ctx, channel)
		if err != nil {
			f.log.Error("whether somebody belongs in a channel could not be looked up", "error", err)
			return false
		}
		if p.ID != e.Channel || slices.Contains(p.Members, e.User) {
			return true
		}
		out, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
		defer cancel()
		err = f.now(out, "conversations.kick", func(ctx context.Context) error {
			return f.client.KickUserFromConversationContext(ctx, e.Channel, e.User)
		})
		switch {
		case refused(err, "not_in_channel", "user_not_found"):
			return true // gone already
		case err != nil:
			// Nothing more is said there, but to each by himself, until the channel is looked at again.
			f.log.Error("somebody who does not belong in a channel could not be taken out", "error", err)
			if err := f.lose(out, e.Channel); err != nil {
				f.log.Error("that nothing is to be said in a channel could not be noted", "error", err)
			}
			return false
		}
		if e.Inviter == "" || f.ourselves(ctx, e.Inviter) {
			return true
		}
		card := f.sentence(saysJoined, chat.Notice)
		card.Blocks = []chat.Block{{Text: f.draw.say("slack.joined", "person", f.called(out, e.User), "channel", "#"+p.Name)}}
		if err := f.direct(out, userID(e.Inviter), card); err != nil {
			f.log.Warn("a sentence could not be shown", "error", err)
		}
		return true
	})
}

// called is a person's name, as far as Slack gives it.
func (f *Front) called(ctx context.Context, user string) string {
	if who, err := f.user(ctx, user); err == nil && who.Name != "" {
		return who.Name
	}
	return user
}
