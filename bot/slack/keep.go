package slack

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
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
	before, _ := json.Marshal(p)
	k := &keeping{sender: s, want: want, place: &p, line: line{ticket: want.Channel, patience: placePatience}}
	err = k.keep(ctx)
	if after, _ := json.Marshal(p); string(after) != string(before) {
		err = errors.Join(err, s.rememberPlace(ctx, want.Channel, p))
	}
	return k.kept(ctx), err
}

// keeping is one call of Keep.
type keeping struct {
	*sender
	want  chat.Place
	place *place
	line  line
	stays bool // somebody who does not belong in it could not be taken out
	lost  bool
	alien []chat.UserID // members who are not on Slack
}

func (k *keeping) keep(ctx context.Context) error {
	p := k.place
	p.Ended = k.want.Ended
	p.Members = nil
	for _, m := range k.want.Members {
		if user, ok := slackUser(m); ok {
			p.Members = append(p.Members, user)
		} else {
			k.alien = append(k.alien, m)
		}
	}
	switch {
	case p.Ended && (p.ID == "" && p.Intent.IsZero() || p.Archived):
		return nil // over before there was one, or put away already
	case p.Ended && p.ID == "":
		if err := k.takeLate(ctx); err != nil || p.ID == "" {
			return err
		}
	}
	if p.Archived {
		if err := k.reopen(ctx); err != nil {
			return err
		}
	}
	if p.ID == "" {
		if err := k.create(ctx); err != nil || p.ID == "" {
			return err
		}
	}
	if err := k.findAgain(ctx); err != nil || k.lost {
		return err
	}
	// Who does not belong goes before anybody comes; archiving ends everything else.
	var errs []error
	for _, effect := range []func(context.Context) error{k.kick, k.invite, k.topic, k.pin, k.bookmarks} {
		errs = append(errs, effect(ctx))
	}
	if p.Ended && !k.lost {
		errs = append(errs, k.archive(ctx))
	}
	return errors.Join(errs...)
}

func (k *keeping) kept(ctx context.Context) chat.Kept {
	p := k.place
	kept := chat.Kept{ID: chat.PlaceID(p.ID), Problem: p.Problem}
	if p.ID != "" {
		kept.Link = k.link(ctx, p.ID, "")
	}
	if p.ID == "" || p.Archived {
		return kept
	}
	switch {
	case k.lost:
		kept.Problem = chat.ProblemRefused
	case k.stays:
		kept.Problem = chat.ProblemStays
	case p.Leaving.IsZero() && !p.Ended:
		kept.NoCard = k.want.Pinned != "" && within(k.want.Pinned, p.ID) == ""
	}
	for _, user := range p.Members {
		if a, ok := p.Absent[user]; ok {
			kept.Missing = append(kept.Missing, chat.Missing{User: userID(user), Why: a.Why})
		}
	}
	for _, who := range k.alien {
		kept.Missing = append(kept.Missing, chat.Missing{User: who, Why: chat.ProblemGone})
	}
	return kept
}

// findAgain looks whether a channel that was lost is ours again.
func (k *keeping) findAgain(ctx context.Context) error {
	lost, err := k.sender.lost(ctx, k.place.ID)
	if err != nil || !lost {
		return err
	}
	var c *sl.Channel
	err = k.call(ctx, k.line.turn("conversations.info", ""), func(ctx context.Context) (err error) {
		c, err = k.client.GetConversationInfoContext(ctx, &sl.GetConversationInfoInput{ChannelID: k.place.ID})
		return err
	})
	if err != nil && code(err) == "" {
		return err
	}
	if k.lost = err != nil || c.IsArchived || open(c); k.lost {
		return nil
	}
	return k.config.Memory.Remember(ctx, lostPrefix+k.place.ID, nil)
}

// open says whether others can read a channel than those who were brought into it: somebody of
// the workspace has made it public, or shares it with another company (Slack Connect).
func open(c *sl.Channel) bool { return !c.IsPrivate || c.IsExtShared }

// watch looks at what Slack says of the channel beside an effect. Nothing is said any more in
// one that is open.
func (k *keeping) watch(ctx context.Context, c *sl.Channel) error {
	if c == nil || c.ID != k.place.ID || !open(c) {
		return nil
	}
	k.lost = true
	return k.lose(ctx, k.place.ID)
}

// channelGone notes that the channel is lost, where an effect finds it so.
func (k *keeping) channelGone(ctx context.Context, err error) error {
	switch {
	case refused(err, "is_archived") && k.place.Ended:
		k.lost, k.place.Archived = true, true // by us: the answer was lost
		return nil
	case refused(err, "channel_not_found", "not_in_channel", "is_archived"):
		k.lost = true
		return k.lose(ctx, k.place.ID)
	}
	return err
}

func (k *keeping) topic(ctx context.Context) error {
	topic := clipTopic(k.want.Topic)
	if k.lost || topic == "" || topic == k.place.Topic {
		return nil
	}
	var c *sl.Channel
	err := k.call(ctx, k.line.turn("conversations.setTopic", ""), func(ctx context.Context) (err error) {
		c, err = k.client.SetTopicOfConversationContext(ctx, k.place.ID, topic)
		return err
	})
	if err != nil {
		return k.channelGone(ctx, err)
	}
	k.place.Topic = topic
	return k.watch(ctx, c)
}

// clipTopic keeps a topic within 250 characters (Slack, conversations.setTopic: too_long).
func clipTopic(topic string) string {
	const most = 250
	if r := []rune(topic); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return topic
}

func (k *keeping) pin(ctx context.Context) error {
	ts := within(k.want.Pinned, k.place.ID)
	if k.lost || ts == "" || ts == k.place.Pinned {
		return nil
	}
	err := k.call(ctx, k.line.turn("pins.add", ""), func(ctx context.Context) error {
		return k.client.AddPinContext(ctx, k.place.ID, sl.NewRefToMessage(k.place.ID, ts))
	})
	if err != nil && !refused(err, "already_pinned") {
		return k.channelGone(ctx, err)
	}
	k.place.Pinned = ts
	return nil
}

// bookmarks adds each link once, under its label, and sets one right whose address changed.
func (k *keeping) bookmarks(ctx context.Context) error {
	missing := slices.ContainsFunc(k.want.Links, func(l chat.Link) bool { return k.place.Bookmarks[l.Label] != l.URL })
	if k.lost || !missing {
		return nil
	}
	var there []sl.Bookmark
	err := k.call(ctx, k.line.turn("bookmarks.list", ""), func(ctx context.Context) (err error) {
		there, err = k.client.ListBookmarksContext(ctx, k.place.ID)
		return err
	})
	if err != nil {
		return k.channelGone(ctx, err)
	}
	var errs []error
	for _, l := range k.want.Links {
		err := k.bookmark(ctx, l, there)
		if err == nil {
			if k.place.Bookmarks == nil {
				k.place.Bookmarks = map[string]string{}
			}
			k.place.Bookmarks[l.Label] = l.URL
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (k *keeping) bookmark(ctx context.Context, l chat.Link, there []sl.Bookmark) error {
	i := slices.IndexFunc(there, func(b sl.Bookmark) bool { return b.Title == l.Label })
	switch {
	case i < 0:
		return k.call(ctx, k.line.turn("bookmarks.add", ""), func(ctx context.Context) error {
			_, err := k.client.AddBookmarkContext(ctx, k.place.ID, sl.AddBookmarkParameters{Title: l.Label, Type: "link", Link: l.URL})
			return err
		})
	case there[i].Link == l.URL:
		return nil
	}
	return k.call(ctx, k.line.turn("bookmarks.edit", ""), func(ctx context.Context) error {
		_, err := k.client.EditBookmarkContext(ctx, k.place.ID, there[i].ID, sl.EditBookmarkParameters{Link: l.URL})
		return err
	})
}

func (k *keeping) archive(ctx context.Context) error {
	// Who was brought in must be known when the incident is taken up again; once the channel
	// is archived, nothing of it can be asked any more.
	if err := k.rememberPlace(ctx, k.want.Channel, *k.place); err != nil {
		return err
	}
	err := k.call(ctx, k.line.turn("conversations.archive", ""), func(ctx context.Context) error {
		return k.client.ArchiveConversationContext(ctx, k.place.ID)
	})
	if err != nil && !refused(err, "already_archived", "is_archived") {
		return err
	}
	k.place.Archived = true
	return nil
}
