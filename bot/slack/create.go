package slack

import (
	"context"
	"errors"
	"strconv"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

const (
	// skew is how far Slack's clock may be behind ours.
	skew = time.Minute
	// names is how many names are tried for one channel.
	names = 50
)

// create makes a private channel of our own, or finds the one we made when the answer was
// lost. A name that is taken is left to whom it belongs to, and the next one tried.
func (k *keeping) create(ctx context.Context) error {
	p := k.place
	if p.Problem != "" && time.Since(p.Asked) < askAgain {
		return nil
	}
	for p.Tried < names {
		t := k.line.turn("conversations.create", "")
		t.ticket = k.want.Channel
		if err := k.pace.wait(ctx, t); err != nil {
			return err
		}
		candidate := k.candidate()
		earlier := p.Intent
		if earlier.IsZero() {
			p.Intent = time.Now().UTC()
			if err := k.rememberPlace(ctx, k.want.Channel, *p); err != nil {
				return err // without it, a channel whose answer is lost would be nobody's
			}
		}
		var made *sl.Channel
		err := k.now(ctx, "conversations.create", func(ctx context.Context) (err error) {
			made, err = k.client.CreateConversationContext(ctx, sl.CreateConversationParams{ChannelName: candidate, IsPrivate: true})
			return err
		})
		switch {
		case err == nil && made.IsPrivate:
			return k.own(ctx, *made)
		case err == nil:
			// Slack made a public one: nothing is ever said there.
			p.Problem, p.Asked, p.Intent, p.Tried = chat.ProblemRefused, time.Now().UTC(), time.Time{}, p.Tried+1
			return nil
		case refused(err, "name_taken"):
			if !earlier.IsZero() {
				mine, err := k.findOwn(ctx, candidate, earlier)
				if err != nil {
					return err
				}
				if mine != nil {
					return k.own(ctx, *mine)
				}
			}
			p.Intent, p.Tried = time.Time{}, p.Tried+1
		case refused(err, forbidden...):
			p.Problem, p.Asked, p.Intent = chat.ProblemForbidden, time.Now().UTC(), time.Time{}
			return nil
		case code(err) != "" && !errors.Is(err, chat.ErrUnsure) && !refused(err, deadToken...):
			// Slack has decided, for a reason of its own: to go on waiting for the channel would
			// keep from everybody what is said in it.
			p.Problem, p.Asked, p.Intent = chat.ProblemRefused, time.Now().UTC(), time.Time{}
			return nil
		default:
			return err
		}
	}
	p.Problem, p.Asked = chat.ProblemRefused, time.Now().UTC()
	return nil
}

// candidate is the name that is tried next.
func (k *keeping) candidate() string {
	if k.place.Tried == 0 {
		return k.want.Channel
	}
	return k.want.Channel + "-" + strconv.Itoa(k.place.Tried+1)
}

// takeLate takes the channel that we made when the answer was lost, where there is one: the incident
// is over, and no other channel is made, but what was made must not stay open.
func (k *keeping) takeLate(ctx context.Context) error {
	mine, err := k.findOwn(ctx, k.candidate(), k.place.Intent)
	if err != nil || mine == nil {
		return err
	}
	return k.own(ctx, *mine)
}

// own notes a channel as this incident's: first whose it is, so that no other takes it.
func (k *keeping) own(ctx context.Context, c sl.Channel) error {
	if err := k.config.Memory.Remember(context.WithoutCancel(ctx), "channel/"+c.ID, []byte(k.want.Channel)); err != nil {
		return err
	}
	p := k.place
	p.ID, p.Name, p.Intent, p.Problem, p.Asked = c.ID, c.Name, time.Time{}, "", time.Time{}
	return k.rememberPlace(ctx, k.want.Channel, *p)
}

// findOwn finds a channel that we made after we set out to, for this incident and for no
// other. Whatever is not surely that is a stranger's.
func (k *keeping) findOwn(ctx context.Context, name string, since time.Time) (*sl.Channel, error) {
	me, err := k.auth(ctx)
	if err != nil {
		return nil, err
	}
	ask := &sl.GetConversationsForUserParameters{Types: []string{"private_channel"}, ExcludeArchived: true, Limit: lookPage}
	for {
		var page []sl.Channel
		t := k.line.turn("users.conversations", "")
		t.patience = callTimeout
		err := k.call(ctx, t, func(ctx context.Context) (err error) {
			page, ask.Cursor, err = k.client.GetConversationsForUserContext(ctx, ask)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if c.Name != name || !c.IsPrivate || c.IsArchived || c.Creator != me.User || c.Created.Time().Before(since.Add(-skew)) {
				continue
			}
			owner, err := k.config.Memory.Recall(ctx, "channel/"+c.ID)
			if err != nil {
				return nil, err
			}
			if len(owner) == 0 || string(owner) == k.want.Channel {
				return &c, nil
			}
		}
		if ask.Cursor == "" {
			return nil, nil
		}
	}
}

// reopen opens the archived channel of an incident that is taken up again. Slack takes a bot
// out of a channel that it archives and then refuses it (not_in_channel): there a new channel
// is made, under the next free name. The old one stays archived.
func (k *keeping) reopen(ctx context.Context) error {
	p := k.place
	err := k.call(ctx, k.line.turn("conversations.unarchive", ""), func(ctx context.Context) error {
		return k.client.UnArchiveConversationContext(ctx, p.ID)
	})
	if err == nil || refused(err, "not_archived") {
		p.Archived = false
		return nil
	}
	if code(err) == "" || errors.Is(err, chat.ErrUnsure) {
		return err
	}
	*p = place{Members: p.Members, Tried: p.Tried}
	return nil
}
