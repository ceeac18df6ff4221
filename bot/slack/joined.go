package slack

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/intake"
)

// cameIn is somebody who has joined an incident's channel. Any member can bring in anybody on
// Slack; who does not belong there reads everything that is said. So he is taken out again, and
// whoever brought him in is told how it is done: through the incident, which knows who may not.
func (f *Front) cameIn(ctx context.Context, h *happened) {
	e := &h.Event
	looking, cancel := context.WithTimeout(ctx, f.patience.lookup)
	channel, err := f.whose(looking, e.Channel)
	cancel()
	if err != nil {
		f.doubt(e.Channel, err)
		return
	}
	if channel == "" || f.ourselves(ctx, e.User) {
		return
	}
	f.once("slack:join:"+e.Channel+":"+e.User+":"+e.EventTS, func() bool {
		p, err := f.recallPlace(ctx, channel)
		if err != nil {
			f.doubt(e.Channel, err)
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
		case refused(err, "not_in_channel", "user_not_found") && f.looked.took(e.Channel, e.User): // out already
		case refused(err, "not_in_channel", "user_not_found"):
			return true // gone by himself
		case err != nil:
			f.log.Error("somebody who does not belong in a channel could not be taken out at once", "error", err)
			if !f.takeOut(ctx, channel, e.Channel, []string{e.User}) {
				return false
			}
			f.looked.took(e.Channel, e.User)
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

// doubt notes that somebody came into a channel of whom it could not be looked up whether he belongs
// there. Slack tells it once; so nothing is said there until it was looked who is in it.
func (f *Front) doubt(conversation string, err error) {
	f.log.Error("whether somebody belongs in a channel could not be looked up; nothing is said there until it can be", "error", err)
	f.doubts.Add(conversation, time.Now())
	f.reach.look()
}

// doubted says whether it is to be looked who is in a channel. For a moment what is to be said there
// waits for it; after that nobody waits any longer.
func (s *sender) doubted(conversation string) (is, waits bool) {
	since, is := s.doubts.About(conversation)
	return is, is && time.Since(since) < leaving
}

// guardEvery is how long lies between two looks at who is in the channels; guardAgain the wait after
// one that failed.
const (
	guardEvery = time.Hour
	guardAgain = time.Minute
)

// guard looks who is in the incidents' channels: at the start, whenever Slack reaches us again, and
// from time to time. What happens while it does not reach us it tells only for a few minutes.
func (f *Front) guard(ctx context.Context) {
	for f.config.Memory != nil {
		f.looked.forget(f.clock())
		wait := guardEvery
		if err := f.lookAround(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("who is in the channels could not be looked up everywhere; trying again", "error", err)
			wait = guardAgain
			if errors.Is(err, errUnknown) {
				wait = f.patience.doubt // everything that is to be said waits for it
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-f.reach.again:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// lookAround takes out of the channels of open incidents who does not belong there.
func (f *Front) lookAround(ctx context.Context) error {
	open := f.doubts.Open()
	rows, err := f.config.Memory.All(ctx, placePrefix)
	if err != nil {
		f.doubts.Postpone(time.Now())
		return errors.Join(errUnknown, err)
	}
	if len(rows) == 0 {
		f.settleDoubts(open, nil)
		return nil
	}
	me, err := f.auth(ctx)
	if err != nil {
		return err
	}
	var errs []error
	var unseen []string
	for row, b := range rows {
		var p place
		if json.Unmarshal(b, &p) != nil || p.ID == "" || p.Archived { // what cannot be read, Keep says
			continue
		}
		in, err := f.membersOf(ctx, p.ID)
		switch {
		case refused(err, "channel_not_found", "not_in_channel", "is_archived"):
			continue // found out when it is kept
		case err != nil:
			errs, unseen = append(errs, err), append(unseen, p.ID)
			continue
		}
		in = slices.DeleteFunc(in, func(u string) bool { return u == me.User || slices.Contains(p.Members, u) })
		if len(in) > 0 {
			f.takeOut(ctx, strings.TrimPrefix(row, placePrefix), p.ID, in)
		}
	}
	f.settleDoubts(open, unseen)
	return errors.Join(errs...)
}

// errUnknown says that it is not known which channels there are.
var errUnknown = errors.New("slack: the channels could not be looked up")

// settleDoubts ends the doubts about channels but for those into which Slack did not let us look.
func (f *Front) settleDoubts(open []intake.Doubt, unseen []string) {
	for _, d := range open {
		if !slices.Contains(unseen, d.ID) {
			f.doubts.Settle(d)
		}
		if d.ID != "" {
			continue
		}
		for _, id := range unseen {
			f.doubts.Add(id, time.Now())
		}
	}
}

// membersOf are who is in a channel, us among them.
func (s *sender) membersOf(ctx context.Context, conversation string) (all []string, err error) {
	ask := &sl.GetUsersInConversationParameters{ChannelID: conversation, Limit: lookPage}
	for {
		var page []string
		err := s.call(ctx, turn{method: "conversations.members", patience: -1}, func(ctx context.Context) (err error) {
			page, ask.Cursor, err = s.client.GetUsersInConversationContext(ctx, ask)
			return err
		})
		if err != nil {
			return nil, err
		}
		if all = append(all, page...); ask.Cursor == "" {
			return all, nil
		}
	}
}

// takeOut takes out of an incident's channel who does not belong there. Where that fails (false),
// nothing more is said there, but to each by himself, until he is out.
func (f *Front) takeOut(ctx context.Context, incident, conversation string, users []string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.desk)
	defer cancel()
	f.looked.takes(conversation, users, f.clock()) // before he is out, or it is told in between
	stays, err := f.tidy(ctx, incident, conversation, users)
	if err == nil && !stays {
		return true
	}
	f.log.Error("somebody who does not belong in a channel could not be taken out", "error", err)
	if err := f.lose(ctx, conversation); err != nil {
		f.doubt(conversation, err)
	}
	return false
}

// looked are those who are taken out because they were seen in a channel: whoever brought them in is
// told when Slack says who that was.
type looked struct {
	mu sync.Mutex
	at map[string]time.Time // by channel and user
}

func (l *looked) takes(conversation string, users []string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = map[string]time.Time{}
	}
	for _, u := range users {
		l.at[conversation+":"+u] = now
	}
}

// took reports whether somebody was seen in a channel, once.
func (l *looked) took(conversation, user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := conversation + ":" + user
	_, ok := l.at[key]
	delete(l.at, key)
	return ok
}

// forget forgets of whom nothing was told within the time of a look.
func (l *looked) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.at, func(_ string, at time.Time) bool { return now.Sub(at) > guardEvery })
}

// tidy takes out of an incident's channel those who are in it and do not belong there. They are
// remembered like those whom we have brought in, so that whoever stays is tried again with each Keep.
func (s *sender) tidy(ctx context.Context, incident, conversation string, users []string) (stays bool, err error) {
	release, err := s.keeping.take(ctx, incident)
	if err != nil {
		return false, err
	}
	defer release()
	p, err := s.recallPlace(ctx, incident)
	if err != nil || p.ID != conversation {
		return false, err
	}
	k := &keeping{sender: s, want: chat.Place{Channel: incident}, place: &p, line: line{ticket: incident + " tidy", patience: -1}}
	for _, u := range users {
		if !slices.Contains(p.Members, u) && !slices.Contains(p.Invited, u) {
			p.Invited = append(p.Invited, u)
		}
	}
	err = k.kick(ctx)
	return k.stays, errors.Join(err, s.rememberPlace(ctx, incident, p))
}

// called is a person's name, as far as Slack gives it.
func (f *Front) called(ctx context.Context, user string) string {
	if who, err := f.user(ctx, user); err == nil && who.Name != "" {
		return who.Name
	}
	return user
}
