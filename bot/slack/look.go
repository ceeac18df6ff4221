package slack

import (
	"context"
	"fmt"
	"strconv"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

const (
	// lookBack is how far back an earlier try is looked for. Tries of one message follow each
	// other within minutes; a process that was away for longer than this has more to say than
	// a message twice.
	lookBack = 24 * time.Hour
	// lookPage is how many messages are looked through at once (conversations.history: 999 at
	// most, no more than 200 recommended), lookPages how often.
	lookPage  = 200
	lookPages = 5
)

// find is the message with our key in a conversation; empty: there is none.
func (s *sender) find(ctx context.Context, conversation, key string, l line) (string, error) {
	if key == "" {
		return "", nil
	}
	ask := &sl.GetConversationHistoryParameters{
		ChannelID: conversation, Limit: lookPage, IncludeAllMetadata: true,
		Oldest: strconv.FormatInt(time.Now().Add(-lookBack).Unix(), 10),
	}
	for range lookPages {
		var page *sl.GetConversationHistoryResponse
		t := l.turn("conversations.history", "")
		t.ticket += conversation
		err := s.call(ctx, t, func(ctx context.Context) (err error) {
			page, err = s.client.GetConversationHistoryContext(ctx, ask)
			return err
		})
		if err != nil {
			return "", err
		}
		for _, m := range page.Messages {
			// Only our own: others could write a message that claims to be it.
			if m.Metadata.EventType == keyEvent && m.Metadata.EventPayload["key"] == key && s.wrote(ctx, m) {
				return m.Timestamp, nil
			}
		}
		if ask.Cursor = page.ResponseMetaData.NextCursor; ask.Cursor == "" {
			break
		}
	}
	return "", nil
}

// wrote says whether a message is the bot's own.
func (s *sender) wrote(ctx context.Context, m sl.Message) bool {
	me, err := s.auth(ctx)
	return err == nil && (m.User == me.User || m.BotID != "" && m.BotID == me.Bot)
}

// message is one message of a conversation, also of a thread, with its author and files.
func (s *sender) message(ctx context.Context, channel, ts string) (sl.Message, error) {
	t := turn{method: "conversations.history", patience: -1} // somebody waits for it
	var page *sl.GetConversationHistoryResponse
	err := s.call(ctx, t, func(ctx context.Context) (err error) {
		page, err = s.client.GetConversationHistoryContext(ctx, &sl.GetConversationHistoryParameters{
			ChannelID: channel, Latest: ts, Inclusive: true, Limit: 1,
		})
		return err
	})
	if err != nil {
		return sl.Message{}, err
	}
	for _, m := range page.Messages {
		if m.Timestamp == ts {
			return m, nil
		}
	}
	// The answers of a thread do not stand in the history of the channel.
	var thread []sl.Message
	t.method = "conversations.replies"
	err = s.call(ctx, t, func(ctx context.Context) (err error) {
		thread, _, _, err = s.client.GetConversationRepliesContext(ctx, &sl.GetConversationRepliesParameters{
			ChannelID: channel, Timestamp: ts, Oldest: ts, Latest: ts, Inclusive: true, Limit: 10,
		})
		return err
	})
	if err != nil {
		return sl.Message{}, err
	}
	for _, m := range thread {
		if m.Timestamp == ts {
			return m, nil
		}
	}
	return sl.Message{}, fmt.Errorf("slack conversations.replies: no such message: %w", chat.ErrGone)
}
