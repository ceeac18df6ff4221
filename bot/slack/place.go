package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hikeshi/bot/chat"
)

const (
	// askAgain is how long a refusal of Slack's is taken as its answer before it is asked
	// again, so that a setting that was mended works without a restart.
	askAgain = 10 * time.Minute
	// placePatience is how long an effect waits in line; beyond it the rest of the channel
	// is kept later.
	placePatience = 2 * time.Second
	// leaving is how long taking somebody out may take, with its recording: the courier's try, a
	// few more where Slack does not answer, and a start of the program. Beyond it nobody waits any
	// longer for what is to be said.
	leaving = 30 * time.Second
)

// placePrefix begins the names under which channels are remembered, before that of the incident's.
const placePrefix = "place/"

// place is what is remembered of an incident's channel.
type place struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"` // as Slack calls it; the incident's name may have been taken
	// Intent is when we set out to make it: what is created after it, by us, under Tried, is
	// ours even where the answer was lost.
	Intent time.Time `json:"intent,omitzero"`
	Tried  int       `json:"tried,omitempty"` // names that are somebody else's

	Members []string `json:"members,omitempty"` // Slack IDs of who belongs in it
	Invited []string `json:"invited,omitempty"` // whom we brought in
	// Inviting is whom we set out to bring in: somebody who is taken out of the circle before
	// we hear that he came is taken out of the channel all the same.
	Inviting  []string           `json:"inviting,omitempty"`
	Absent    map[string]absence `json:"absent,omitempty"` // who could not be brought in
	Leaving   time.Time          `json:"leaving,omitzero"` // since when somebody is being taken out
	Topic     string             `json:"topic,omitempty"`
	Pinned    string             `json:"pinned,omitempty"`
	Bookmarks map[string]string  `json:"bookmarks,omitempty"` // label → address
	Ended     bool               `json:"ended,omitempty"`     // its incident is over
	Archived  bool               `json:"archived,omitempty"`
	// Stays says that somebody who does not belong in it could not be taken out: nothing is said
	// in it until he is.
	Stays bool `json:"stays,omitempty"`

	Problem chat.Problem `json:"problem,omitempty"` // why there is none
	Asked   time.Time    `json:"asked,omitzero"`    // when Slack said so
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
	b, err := s.config.Memory.Recall(ctx, placePrefix+channel)
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
	return s.config.Memory.Remember(ctx, placePrefix+channel, b)
}

// channelOf is the incident channel that a channel of Slack's is; ok is false where it is none, and
// where that cannot be looked up.
func (s *sender) channelOf(ctx context.Context, id string) (channel string, ok bool) {
	channel, err := s.whose(ctx, id)
	if err != nil {
		s.config.Log.Warn("whose channel it is could not be looked up; it is taken as none", "component", "slack", "error", err)
	}
	return channel, channel != ""
}

// whose is the incident channel that a channel of Slack's is; empty where it is none.
func (s *sender) whose(ctx context.Context, id string) (string, error) {
	s.mu.Lock()
	channel, ok := s.channels[id]
	s.mu.Unlock()
	if ok {
		return channel, nil
	}
	b, err := s.config.Memory.Recall(ctx, "channel/"+id)
	if err != nil || len(b) == 0 {
		return "", err
	}
	s.mu.Lock()
	s.channels[id] = string(b)
	s.mu.Unlock()
	return string(b), nil
}

// Holds says whether what is said in an incident's channel would still reach somebody who does
// not belong in it any more, because the channel is not kept accordingly yet. While he is being
// taken out, and once it is known that he cannot be, nothing is said there: then he is not reached.
func (s *sender) Holds(ctx context.Context, channel string, who chat.UserID) (bool, error) {
	user, ok := slackUser(who)
	if !ok {
		return false, nil
	}
	p, err := s.recallPlace(ctx, channel)
	switch {
	case err != nil:
		return false, err
	case slices.Contains(p.Members, user):
		return true, nil
	case p.ID == "" || p.Archived || p.Stays || !p.Leaving.IsZero() || !slices.Contains(slices.Concat(p.Invited, p.Inviting), user):
		return false, nil
	}
	lost, err := s.lost(ctx, p.ID)
	return !lost, err
}

const lostPrefix = "lost/"

// A channel is lost when somebody took us out of it, archived or deleted it, or opened it to
// others, while its incident goes on. It is noted apart from the place, which only Keep writes.
func (s *sender) lose(ctx context.Context, id string) error {
	return s.config.Memory.Remember(ctx, lostPrefix+id, []byte(time.Now().UTC().Format(time.RFC3339)))
}

func (s *sender) lost(ctx context.Context, id string) (bool, error) {
	b, err := s.config.Memory.Recall(ctx, lostPrefix+id)
	return len(b) > 0, err
}
