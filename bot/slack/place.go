package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

const (
	// askAgain is how long a refusal of Slack's is taken as its answer before it is asked
	// again, so that a setting that was mended works without a restart.
	askAgain = 10 * time.Minute
	// skew is how far Slack's clock may be behind ours.
	skew = time.Minute
	// names is how many names are tried for one channel.
	names = 50
	// placePatience is how long an effect waits in line; beyond it the rest of the channel
	// is kept later.
	placePatience = 2 * time.Second
)

// place is what is remembered of an incident's channel.
type place struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"` // as Slack calls it; the incident's name may have been taken
	// Intent is when we set out to make it: what is created after it, by us, under Tried, is
	// ours even where the answer was lost.
	Intent time.Time `json:"intent,omitzero"`
	Tried  int       `json:"tried,omitempty"` // names that are somebody else's

	Members   []string           `json:"members,omitempty"` // Slack IDs of who belongs in it
	Invited   []string           `json:"invited,omitempty"` // whom we brought in
	Absent    map[string]absence `json:"absent,omitempty"`  // who could not be brought in
	Topic     string             `json:"topic,omitempty"`
	Pinned    string             `json:"pinned,omitempty"`
	Bookmarks map[string]string  `json:"bookmarks,omitempty"` // label → address
	Ended     bool               `json:"ended,omitempty"`     // its incident is over
	Archived  bool               `json:"archived,omitempty"`

	Problem chat.Problem `json:"problem,omitempty"` // why there is none
	Asked   time.Time    `json:"asked,omitzero"`    // when Slack said so
}

type absence struct {
	Why chat.Problem `json:"why"`
	At  time.Time    `json:"at"`
}

func (s *sender) recallPlace(ctx context.Context, channel string) (place, error) {
	var p place
	b, err := s.config.Memory.Recall(ctx, "place/"+channel)
	if err != nil || b == nil {
		return p, err
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("what is remembered of a channel: %w", err)
	}
	return p, nil
}

// rememberPlace holds also when the caller's time is over: what was done on Slack is done.
func (s *sender) rememberPlace(ctx context.Context, channel string, p place) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
	defer cancel()
	return s.config.Memory.Remember(ctx, "place/"+channel, b)
}

// channelOf is the incident channel that a channel of Slack's is; ok is false where it is none.
func (s *sender) channelOf(ctx context.Context, id string) (channel string, ok bool) {
	s.mu.Lock()
	channel, ok = s.channels[id]
	s.mu.Unlock()
	if ok {
		return channel, true
	}
	b, err := s.config.Memory.Recall(ctx, "channel/"+id)
	if err != nil {
		s.config.Log.Warn("whose channel it is could not be looked up; it is taken as none", "component", "slack", "error", err)
		return "", false
	}
	if len(b) == 0 {
		return "", false
	}
	s.mu.Lock()
	s.channels[id] = string(b)
	s.mu.Unlock()
	return string(b), true
}

// A channel is lost when somebody took us out of it, archived or deleted it while its
// incident goes on. It is noted apart from the place, which only Keep writes.
func (s *sender) lose(ctx context.Context, id string) error {
	return s.config.Memory.Remember(ctx, "lost/"+id, []byte(time.Now().UTC().Format(time.RFC3339)))
}

func (s *sender) lost(ctx context.Context, id string) (bool, error) {
	b, err := s.config.Memory.Recall(ctx, "lost/"+id)
	return len(b) > 0, err
}

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
	if p.Ended && (p.ID == "" || p.Archived) {
		return nil // over before there was one, or put away already
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
		candidate := k.want.Channel
		if p.Tried > 0 {
			candidate += "-" + strconv.Itoa(p.Tried+1)
		}
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
		default:
			return err
		}
	}
	p.Problem, p.Asked = chat.ProblemRefused, time.Now().UTC()
	return nil
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
	if k.lost = err != nil || c.IsArchived || !c.IsPrivate; k.lost {
		return nil
	}
	return k.config.Memory.Remember(ctx, "lost/"+k.place.ID, nil)
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
	err := k.call(ctx, k.line.turn("conversations.setTopic", ""), func(ctx context.Context) error {
		_, err := k.client.SetTopicOfConversationContext(ctx, k.place.ID, topic)
		return err
	})
	if err != nil {
		return k.channelGone(ctx, err)
	}
	k.place.Topic = topic
	return nil
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
