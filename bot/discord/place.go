package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hikeshi/bot/chat"
)

const (
	// askAgain is how long a refusal of Discord's is taken as its answer before it is asked
	// again, so that a setting that was mended works without a restart.
	askAgain = 10 * time.Minute
	// placePatience is how long an effect waits in line; beyond it the rest of the channel
	// is kept later.
	placePatience = 2 * time.Second
	// leaving is how long taking somebody out may take, with its recording: the courier's try, a
	// few more where Discord does not answer, and a start of the program. Beyond it nobody waits
	// any longer for what is to be said.
	leaving = 30 * time.Second
)

// place is what is remembered of an incident's channel.
type place struct {
	ID string `json:"id,omitempty"`
	// Thread is the channel that it is a private thread of; empty: it is a channel itself.
	Thread string `json:"thread,omitempty"`
	// Mark is what we write into its topic before we make it: a channel with it is ours even
	// where the answer was lost. Nobody else can know it before.
	Mark string `json:"mark,omitempty"`
	// Threading is the channel in which we set out to make it as a thread.
	Threading string `json:"threading,omitempty"`

	Members []string `json:"members,omitempty"` // Discord IDs of who belongs in it
	Invited []string `json:"invited,omitempty"` // who was let in
	Out     []string `json:"out,omitempty"`     // who may not see it
	// Inviting is whom we set out to let in: somebody who is taken out of the circle before we
	// hear that he is in is taken out of the channel all the same.
	Inviting []string           `json:"inviting,omitempty"`
	Absent   map[string]absence `json:"absent,omitempty"` // who could not be let in
	// Leaving is since when somebody is being taken out, or since when Discord is asked whether
	// somebody who was left out sees it: until that is known nothing is said in it.
	Leaving  time.Time `json:"leaving,omitzero"`
	Safe     bool      `json:"safe,omitempty"` // Discord has said that everybody else is kept out
	Topic    string    `json:"topic,omitempty"`
	Pinned   string    `json:"pinned,omitempty"`
	Links    linked    `json:"links,omitzero"`
	Ended    bool      `json:"ended,omitempty"`    // its incident is over
	Archived bool      `json:"archived,omitempty"` // nobody but us writes in it any more
	// Stays says that somebody who does not belong in it could not be taken out: nothing is said
	// in it until he is.
	Stays bool `json:"stays,omitempty"`

	// Barred are those of our categories in which it could not be made.
	Barred []barred `json:"barred,omitempty"`

	Problem chat.Problem `json:"problem,omitempty"` // why there is none
	Asked   time.Time    `json:"asked,omitzero"`    // when Discord said so
}

// linked is the message with the links of a channel, and what it says.
type linked struct {
	Message string `json:"message,omitempty"`
	Says    string `json:"says,omitempty"`
	Pinned  bool   `json:"pinned,omitempty"`
}

type absence struct {
	Why chat.Problem `json:"why"`
	At  time.Time    `json:"at"`
}

// takesOut says whether what is to be said waits for somebody to be taken out. A process that has just
// begun takes him out as well, however long ago the one before it was to do so.
func (s *sender) takesOut(p place) bool {
	since := p.Leaving
	if s.began.After(since) {
		since = s.began
	}
	return !p.Leaving.IsZero() && time.Since(since) < leaving
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

// rememberPlace holds also when the caller's time is over: what was done on Discord is done.
func (s *sender) rememberPlace(ctx context.Context, channel string, p place) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
	defer cancel()
	return s.config.Memory.Remember(ctx, "place/"+channel, b)
}

// incidentOf is the incident channel that a channel of Discord is; empty where it is none, and where
// that cannot be looked up.
func (s *sender) incidentOf(ctx context.Context, channelID string) string {
	channel, err := s.whose(ctx, channelID)
	if err != nil {
		s.config.Log.Warn("whose channel it is could not be looked up; it is taken as none", "component", "discord", "error", err)
	}
	return channel
}

// whose is the incident channel that a channel of Discord is; empty where it is none.
func (s *sender) whose(ctx context.Context, channelID string) (string, error) {
	if !isID(channelID) {
		return "", nil
	}
	s.mu.Lock()
	channel, ok := s.channels[channelID]
	none := time.Since(s.others[channelID]) < otherFresh
	s.mu.Unlock()
	if ok || none {
		return channel, nil
	}
	b, err := s.config.Memory.Recall(ctx, "channel/"+channelID)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b) == 0 {
		if now := time.Now(); now.Sub(instant(channelID, now)) > otherAge {
			if len(s.others) >= maxOthers {
				clear(s.others)
			}
			s.others[channelID] = now
		}
		return "", nil
	}
	s.channels[channelID] = string(b)
	return string(b), nil
}

const (
	// otherFresh is how long a channel counts as no incident's without being looked up again: what
	// people do there need not wait for the memory.
	otherFresh = time.Minute
	// otherAge is how old such a channel is: one just made may become an incident's in a moment, by
	// what another process does.
	otherAge = 10 * time.Minute
	// maxOthers is how many are kept: every channel that a server can have.
	maxOthers = maxInGuild
)

// Holds says whether what is said in an incident's channel would still reach somebody who does
// not belong in it any more, because the channel is not kept accordingly yet. While he is being
// taken out, and once it is known that he cannot be, nothing is said there: then he is not reached.
func (s *sender) Holds(ctx context.Context, channel string, who chat.UserID) (bool, error) {
	user, ok := discordUser(who)
	if !ok {
		return false, nil
	}
	p, err := s.recallPlace(ctx, channel)
	switch {
	case err != nil:
		return false, err
	case slices.Contains(p.Members, user):
		return true, nil
	case p.ID == "" || p.Archived || p.Stays, !p.Leaving.IsZero() && slices.Contains(p.Out, user):
		return false, nil
	}
	lost, err := s.lost(ctx, p.ID)
	switch {
	case err != nil || lost:
		return false, err
	case slices.Contains(slices.Concat(p.Invited, p.Inviting), user):
		return true, nil
	}
	return false, s.overseen(ctx, p, user)
}

const lostPrefix = "lost/"

// A channel is lost when somebody took it from us, deleted it, or opened it to others, while
// its incident goes on. It is noted apart from the place, which only Keep writes.
func (s *sender) lose(ctx context.Context, id string) error {
	return s.config.Memory.Remember(ctx, lostPrefix+id, []byte(time.Now().UTC().Format(time.RFC3339)))
}

func (s *sender) lost(ctx context.Context, id string) (bool, error) {
	b, err := s.config.Memory.Recall(ctx, lostPrefix+id)
	return len(b) > 0, err
}
