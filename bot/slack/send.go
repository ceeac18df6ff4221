package slack

import (
	"context"
	"errors"
	"strings"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fan"
	"hikeshi/bot/fit"
)

const (
	// How long a delivery waits in line itself. Beyond it the courier is told when to come
	// back, so that its lanes stay free. A page that waited here would leave those behind that
	// are called for meanwhile; put off, it goes out with them in one message.
	ordinaryPatience = 250 * time.Millisecond
	urgentPatience   = 50 * time.Millisecond
	// urgentTicket is the ticket of every page to one person: whichever comes at its turn
	// brings the others along. Under tickets of their own, the turns of those that went with
	// another would stay empty, and the next page would wait behind them.
	urgentTicket = "page"
	// fanPatience is how long each direct message in the place of a channel waits in line:
	// once some have it, the rest cannot be put off any more.
	fanPatience = 8 * time.Second
	// unmade is how long a delivery waits for a channel that is not made yet.
	unmade = 2 * time.Second
	// keyEvent is the event type of the metadata that our messages carry.
	keyEvent = "hikeshi"
)

// Send brings a delivery to a person's direct messages or to an incident's channel. One card
// is kept current per key: where an earlier try may have arrived, it is looked for first.
func (s *sender) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	if d.To.Channel != "" {
		return s.sendToPlace(ctx, d)
	}
	user, ok := slackUser(d.To.User)
	if !ok {
		return "", &refusal{method: "conversations.open", code: "user_not_found"}
	}
	return s.putDirect(ctx, user, d, lineOf(d))
}

// putDirect brings a delivery to a person's direct messages. Slack would let us write to
// somebody of another company, too, where both share a channel (Slack Connect).
func (s *sender) putDirect(ctx context.Context, user string, d chat.Delivery, l line) (chat.MessageID, error) {
	if who, _ := s.people.get(user); who.Outside {
		return "", &refusal{method: "conversations.open", code: "user_not_visible"}
	}
	dm, err := s.dm(ctx, user, l)
	if err != nil {
		return "", err
	}
	// With no message known there may be one all the same: an update follows a first try.
	d.Again = d.Again || d.Update != "" && within(d.Update, dm) == ""
	id, err := s.put(ctx, dm, d, l)
	if !refused(err, "channel_not_found") {
		return id, err
	}
	// What is remembered was of another workspace, or another bot.
	if err := s.forgetDM(ctx, user); err != nil {
		return "", err
	}
	if dm, err = s.dm(ctx, user, l); err != nil {
		return "", err
	}
	return s.put(ctx, dm, d, l)
}

func (s *sender) forgetDM(ctx context.Context, user string) error {
	s.mu.Lock()
	delete(s.dms, user)
	s.mu.Unlock()
	return s.config.Memory.Remember(ctx, "dm/"+user, nil)
}

// line is how a caller waits.
type line struct {
	urgent   bool
	ticket   string
	patience time.Duration
}

func lineOf(d chat.Delivery) line {
	l := line{urgent: d.Urgent, ticket: d.Key, patience: ordinaryPatience}
	if d.Urgent {
		l.patience, l.ticket = urgentPatience, urgentTicket
	}
	return l
}

func (l line) turn(method, conversation string) turn {
	t := turn{method: method, conversation: conversation, urgent: l.urgent, patience: l.patience}
	if l.ticket != "" {
		t.ticket = l.ticket + " " + conversation
	}
	return t
}

// dm is a person's direct conversation. It never changes, so that it is opened once.
func (s *sender) dm(ctx context.Context, user string, l line) (string, error) {
	if id := s.knownDM(ctx, user); id != "" {
		return id, nil
	}
	t := l.turn("conversations.open", "")
	t.ticket += user
	var ch *sl.Channel
	err := s.call(ctx, t, func(ctx context.Context) (err error) {
		ch, _, _, err = s.client.OpenConversationContext(ctx, &sl.OpenConversationParameters{Users: []string{user}})
		return err
	})
	if err != nil {
		return "", err
	}
	if err := s.config.Memory.Remember(ctx, "dm/"+user, []byte(ch.ID)); err != nil {
		s.config.Log.Warn("a direct conversation could not be remembered; it is opened again", "component", "slack", "error", err)
	}
	s.noteDM(user, ch.ID)
	return ch.ID, nil
}

// knownDM is a person's direct conversation where it was opened before; else empty.
func (s *sender) knownDM(ctx context.Context, user string) string {
	s.mu.Lock()
	id := s.dms[user]
	s.mu.Unlock()
	if id != "" {
		return id
	}
	b, err := s.config.Memory.Recall(ctx, "dm/"+user)
	if err != nil || len(b) == 0 {
		return ""
	}
	s.noteDM(user, string(b))
	return string(b)
}

func (s *sender) noteDM(user, conversation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dms[user] = conversation
}

// put brings a delivery to a conversation: its document, or its card, updated where it stands
// there already.
func (s *sender) put(ctx context.Context, conversation string, d chat.Delivery, l line) (chat.MessageID, error) {
	if d.Document != nil {
		return s.putDocument(ctx, conversation, d, l)
	}
	again := d.Again
	if ts := within(d.Update, conversation); ts != "" {
		err := s.update(ctx, conversation, ts, d, l)
		if err == nil {
			return messageID(conversation, ts), nil
		}
		if !replaced(err) {
			return "", err
		}
		again = true // an earlier try may have put another in its place
	}
	if again {
		ts, err := s.find(ctx, conversation, d.Key, l)
		switch {
		case err == nil && ts != "" && ts != within(d.Update, conversation):
			if err = s.update(ctx, conversation, ts, d, l); err == nil {
				return messageID(conversation, ts), nil
			}
			if !replaced(err) {
				return "", err
			}
		case code(err) != "" && !errors.Is(err, chat.ErrUnsure) && !errors.Is(err, chat.ErrGone):
			// We are not allowed to look: a message twice is better than none.
		case err != nil:
			return "", err
		}
	}
	return s.post(ctx, conversation, d, l)
}

// replaced says that a message cannot be updated any more, so that a new one takes its place:
// somebody deleted it, or the workspace bounds how long messages may be edited.
func replaced(err error) bool {
	return refused(err, "message_not_found", "cant_update_message", "edit_window_closed")
}

func (s *sender) post(ctx context.Context, conversation string, d chat.Delivery, l line) (chat.MessageID, error) {
	var ts string
	options := s.options(d)
	err := s.call(ctx, l.turn("chat.postMessage", conversation), func(ctx context.Context) (err error) {
		_, ts, err = s.client.PostMessageContext(ctx, conversation, options...)
		return err
	})
	if err != nil {
		return "", err
	}
	return messageID(conversation, ts), nil
}

func (s *sender) update(ctx context.Context, conversation, ts string, d chat.Delivery, l line) error {
	options := s.options(d)
	return s.call(ctx, l.turn("chat.update", conversation), func(ctx context.Context) error {
		_, _, _, err := s.client.UpdateMessageContext(ctx, conversation, ts, options...)
		return err
	})
}

func (s *sender) options(d chat.Delivery) []sl.MsgOption {
	blocks, fallback := s.draw.message(d.Card)
	options := []sl.MsgOption{
		sl.MsgOptionBlocks(blocks...),
		sl.MsgOptionText(fallback, false),
		// What people typed may hold links: nothing fetches them, nothing shows what is behind.
		sl.MsgOptionDisableLinkUnfurl(), sl.MsgOptionDisableMediaUnfurl(),
	}
	if d.Key != "" {
		options = append(options, sl.MsgOptionMetadata(sl.SlackMetadata{
			EventType: keyEvent, EventPayload: map[string]any{"key": d.Key},
		}))
	}
	return options
}

// direct brings a card to somebody's direct messages right now, outside of the courier.
func (s *sender) direct(ctx context.Context, who chat.UserID, c chat.Card) error {
	return s.atOnce(ctx, who, s.post, chat.Delivery{Card: c})
}

// hand brings a file there.
func (s *sender) hand(ctx context.Context, who chat.UserID, doc chat.Document) error {
	return s.atOnce(ctx, who, s.putDocument, chat.Delivery{Document: &doc, Card: chat.Card{Title: doc.Name}})
}

func (s *sender) atOnce(ctx context.Context, who chat.UserID, put func(context.Context, string, chat.Delivery, line) (chat.MessageID, error), d chat.Delivery) error {
	user, ok := slackUser(who)
	if !ok {
		return &refusal{method: "conversations.open", code: "user_not_found"}
	}
	l := line{patience: -1} // somebody waits for it
	dm, err := s.dm(ctx, user, l)
	if err != nil {
		return err
	}
	_, err = put(ctx, dm, d, l)
	return err
}

// sendToPlace brings a delivery to an incident's channel, or, where there can be none, to the
// direct messages of those who belong in it.
func (s *sender) sendToPlace(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	p, err := s.recallPlace(ctx, d.To.Channel)
	switch {
	case err != nil:
		return "", err
	case p.Ended && (p.ID == "" || p.Archived):
		return "", &refusal{method: "chat.postMessage", code: "is_archived"}
	case p.Problem != "":
		return s.fan(ctx, p, d)
	case p.ID == "" || p.Archived: // Archived: taken up again, and not open yet
		return "", &chat.Later{Wait: max(unmade, s.pace.promised("conversations.create", d.To.Channel)+time.Second)}
	}
	// Somebody who does not belong there any more, such as one who is left out, must not read
	// on: he goes first.
	doubted, waits := s.doubted(p.ID)
	if s.takesOut(p) || waits {
		return "", &chat.Later{Wait: unmade}
	}
	if lost, err := s.lost(ctx, p.ID); err != nil {
		return "", err
	} else if lost || p.Stays || !p.Leaving.IsZero() || doubted {
		return s.fan(ctx, p, d)
	}
	// Meanwhile it may have been said in direct messages: in the channel it stands from before.
	d.Again = d.Again || d.Update != "" && within(d.Update, p.ID) == ""
	id, err := s.put(ctx, p.ID, d, lineOf(d))
	if refused(err, "channel_not_found", "not_in_channel", "is_archived") && !p.Ended {
		// Somebody took us out of it, or archived or deleted it: those who belong in it must
		// not miss what happens.
		if err := s.lose(ctx, p.ID); err != nil {
			return "", err
		}
		return s.fan(ctx, p, d)
	}
	return id, err
}

// fan brings a delivery to the direct messages of everybody who belongs in a channel that
// does not exist.
func (s *sender) fan(ctx context.Context, p place, d chat.Delivery) (chat.MessageID, error) {
	if len(p.Members) == 0 {
		return "", &refusal{method: "conversations.open", code: "users_not_found"}
	}
	if blank(fit.OneLine(d.Card.Title)) {
		d.Card.Title = strings.ToUpper(d.To.Channel) // nothing else says there which incident it is
	}
	return fan.Fan{
		Members: len(p.Members),
		Has: func(i int) chat.MessageID {
			dm := s.knownDM(ctx, p.Members[i])
			if ts := within(d.Update, dm); ts != "" {
				return messageID(dm, ts)
			}
			return ""
		},
		Bring: func(i int, longer bool) (chat.MessageID, error) {
			l := lineOf(d)
			if longer {
				l.patience = fanPatience
			}
			return s.putDirect(ctx, p.Members[i], d, l)
		},
		Never: func(err error) {
			s.config.Log.Warn("a message in the place of a channel did not reach everybody", "component", "slack", "error", err)
		},
	}.Out(d)
}

// messageID names a message: its conversation and its time there, which is its identity.
func messageID(conversation, ts string) chat.MessageID {
	return chat.MessageID(conversation + ":" + ts)
}

// within is the message of a conversation among those that an ID names; empty: none is.
func within(id chat.MessageID, conversation string) string {
	for one := range strings.SplitSeq(string(id), ",") {
		if c, ts, ok := strings.Cut(one, ":"); ok && c == conversation {
			return ts
		}
	}
	return ""
}
