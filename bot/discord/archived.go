package discord

import (
	"context"
	"encoding/json"
	"slices"
)

// The channel of an incident that is over is still read by those who were in it. Who may not any
// more, because he was left out afterwards, left the company or has another account, is taken out
// of it like of any other; for everybody else nothing is asked of Discord.

// shutArchived takes out of a channel that was put away who does not belong in it any more.
func (k *keeping) shutArchived(ctx context.Context) error {
	p := k.place
	if !slices.ContainsFunc(slices.Concat(p.Invited, p.Inviting), func(u string) bool { return !slices.Contains(p.Members, u) }) {
		return nil
	}
	if _, err := k.auth(ctx); err != nil {
		return err
	}
	if err := k.look(ctx); err != nil || k.lost {
		return err
	}
	if err := k.shut(ctx); err != nil || k.lost {
		return err
	}
	return k.lock(ctx)
}

// putAway says that a thread is in the archive.
func (k *keeping) putAway() bool { return k.there.Thread != nil && k.there.Thread.Archived }

// lock puts a thread away again that is to be so and is open.
func (k *keeping) lock(ctx context.Context) error {
	if t := k.there.Thread; k.place.Thread == "" || t == nil || t.Archived && t.Locked {
		return nil
	}
	return k.close(ctx)
}

// threadChanged is a thread that somebody has put away while its incident goes on, or opened while
// it is over.
func (f *Front) threadChanged(ctx context.Context, raw []byte) {
	var c channel
	if json.Unmarshal(raw, &c) != nil || c.Thread == nil {
		return
	}
	if incident := f.incidentOf(ctx, c.ID); incident != "" {
		f.putRight(ctx, incident, c.ID, nil, func(p place, _ string) bool {
			if p.Archived {
				return !c.Thread.Archived || !c.Thread.Locked
			}
			return !p.Ended && (c.Thread.Archived || c.Thread.Locked)
		})
	}
}

// recipientAdded is the type of the message by which Discord says in a thread that somebody was
// added to it ("Message Types").
const recipientAdded = 1

// threadJoined is somebody who was added to a thread by hand. Discord says so by an event only to
// bots that may know of all members, and by a message in the thread to every other.
func (f *Front) threadJoined(ctx context.Context, raw []byte) {
	var e struct {
		ID    string `json:"id"` // of the thread, where it is an event
		Added []struct {
			User string `json:"user_id"`
		} `json:"added_members"`
		Type      int    `json:"type"`
		ChannelID string `json:"channel_id"`
		Mentions  []struct {
			ID string `json:"id"`
		} `json:"mentions"`
	}
	if json.Unmarshal(raw, &e) != nil {
		return
	}
	id, came := e.ID, []string(nil)
	if e.ChannelID != "" {
		if e.Type != recipientAdded {
			return
		}
		id = e.ChannelID
	}
	for _, m := range e.Mentions {
		came = append(came, m.ID)
	}
	for _, m := range e.Added {
		came = append(came, m.User)
	}
	came = slices.DeleteFunc(came, func(u string) bool { return !isID(u) })
	if len(came) == 0 {
		return
	}
	if incident := f.incidentOf(ctx, id); incident != "" {
		f.putRight(ctx, incident, id, came, func(p place, bot string) bool {
			return slices.ContainsFunc(came, func(u string) bool {
				return u != bot && !slices.Contains(p.Members, u) && !slices.Contains(p.Inviting, u)
			})
		})
	}
}
