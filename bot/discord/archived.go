package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"
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
func (f *Front) threadChanged(ctx context.Context, raw []byte) error {
	var c channel
	if json.Unmarshal(raw, &c) != nil || c.Thread == nil {
		return nil
	}
	return f.putRight(ctx, c.ID, hands{}, func(p place, _ string) bool {
		if p.Archived {
			return !c.Thread.Archived || !c.Thread.Locked
		}
		return !p.Ended && (c.Thread.Archived || c.Thread.Locked)
	})
}

// The types of the messages by which Discord says in a thread that somebody was added to it, and that
// he was removed from it ("Message Types": RECIPIENT_ADD, RECIPIENT_REMOVE). Their author did it.
const (
	recipientAdded   = 1
	recipientRemoved = 2
)

// moved is such a message.
type moved struct {
	Type      int    `json:"type"`
	ChannelID string `json:"channel_id"`
	Author    struct {
		ID string `json:"id"`
	} `json:"author"`
	Mentions []struct {
		ID string `json:"id"`
	} `json:"mentions"`
}

// removes says whether the message tells that somebody was removed by another. Who left by himself
// stays out, as on Slack; that is why the event, which names nobody who did it, says too little.
func (m moved) removes(user, bot string) bool {
	return m.Type == recipientRemoved && isID(m.Author.ID) && m.Author.ID != user && m.Author.ID != bot
}

// threadLeft is somebody who was removed from a thread by hand.
func (f *Front) threadLeft(ctx context.Context, raw []byte) error {
	var m moved
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	me, err := f.auth(ctx)
	if err != nil {
		return err
	}
	var by hands
	for _, who := range m.Mentions {
		if m.removes(who.ID, me.User) {
			by.gone = append(by.gone, who.ID)
		}
	}
	return f.putRight(ctx, m.ChannelID, by, func(p place, _ string) bool {
		return !p.Ended && slices.ContainsFunc(by.gone, p.belongs)
	})
}

// threadJoined is somebody who was added to a thread by hand. Discord says so by an event only to
// bots that may know of all members, and by a message in the thread to every other.
func (f *Front) threadJoined(ctx context.Context, raw []byte) error {
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
		return nil
	}
	id, came := e.ID, []string(nil)
	if e.ChannelID != "" {
		if e.Type != recipientAdded {
			return nil
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
		return nil
	}
	return f.putRight(ctx, id, hands{came: came}, func(p place, bot string) bool {
		return slices.ContainsFunc(came, func(u string) bool {
			return u != bot && !slices.Contains(p.Members, u) && !slices.Contains(p.Inviting, u)
		})
	})
}

// threadSeen looks at a thread as a session begins: somebody may have opened it, or brought somebody
// into it, while there was none. Without the intent for members Discord says in the thread alone
// who was brought in, and of each who is asked for whether he is still there.
func (f *Front) threadSeen(ctx context.Context, raw []byte) error {
	if err := f.threadChanged(ctx, raw); err != nil {
		return err
	}
	var c channel
	if json.Unmarshal(raw, &c) != nil {
		return nil
	}
	incident, err := f.whose(ctx, c.ID)
	if err != nil || incident == "" {
		return err
	}
	p, err := f.recallPlace(ctx, incident)
	if err != nil || p.ID != c.ID || p.Thread == "" {
		return err
	}
	by, err := f.handsOn(ctx, p)
	if err != nil {
		f.log.Error("whether somebody was brought into a thread meanwhile, or taken out of it, could not be looked up", "error", err)
		if !denied(err) {
			f.doubts.Add(c.ID, time.Now()) // Discord may say it the next time
		}
	}
	if len(by.came)+len(by.gone) == 0 {
		return nil
	}
	return f.putRight(ctx, c.ID, by, func(place, string) bool { return true })
}

// handsOn are those who are in the thread of an incident, were brought into it by hand, and do not
// belong there, and those who belong there and were removed. Of whom it cannot be looked up whether
// he is there, it is believed that he came.
func (f *Front) handsOn(ctx context.Context, p place) (by hands, err error) {
	me, err := f.auth(ctx)
	if err != nil {
		return by, err
	}
	var said []moved
	err = f.api.do(ctx, turn{patience: -1}, "GET", "channels/"+p.ID+"/messages?limit="+strconv.Itoa(lookPage), nil, &said)
	if err != nil {
		return by, err
	}
	asked := []string{me.User}
	var errs []error
	for _, m := range said { // the newest first: what was done to somebody last counts
		for _, who := range m.Mentions {
			if m.Type != recipientAdded && m.Type != recipientRemoved || !isID(who.ID) || slices.Contains(asked, who.ID) {
				continue
			}
			asked = append(asked, who.ID)
			ours := slices.Contains(slices.Concat(p.Members, p.Inviting), who.ID)
			if ours == (m.Type == recipientAdded) || ours && !(p.belongs(who.ID) && m.removes(who.ID, me.User)) {
				continue
			}
			err := f.api.do(ctx, turn{patience: -1}, "GET", "channels/"+p.ID+"/thread-members/"+who.ID, nil, nil)
			switch out := refused(err, codeUnknownMember, codeUnknownUser); {
			case out && ours:
				by.gone = append(by.gone, who.ID)
			case !out && !ours:
				by.came = append(by.came, who.ID)
				fallthrough
			case !out:
				errs = append(errs, err)
			}
		}
	}
	return by, errors.Join(errs...)
}
