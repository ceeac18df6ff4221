package slack

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

const (
	quotePrefix = "quote/"
	// quoteFor is how long a quoted message is kept for a form that is never sent.
	quoteFor  = 24 * time.Hour
	maxQuotes = 500
)

// quotes keep the words of quoted messages while their forms are open: a view carries 3,000
// bytes of its own (private_metadata), a message up to 40,000 characters. They are forgotten
// when the form is accepted, or after a day.
type quotes struct {
	memory chat.Memory
	mu     sync.Mutex
	by     map[string]keptQuote
}

// keptQuote is a quoted message under the draft of the form that it opened.
type keptQuote struct {
	Ref  quoteRef  `json:"ref"`
	By   string    `json:"by"` // who pointed at it: his form alone comes back with it
	Text string    `json:"text"`
	Kept time.Time `json:"kept"`
}

func newQuotes(m chat.Memory) *quotes { return &quotes{memory: m, by: map[string]keptQuote{}} }

// keep keeps a quote; a memory that does not answer costs no more than the copy after a restart.
func (q *quotes) keep(ctx context.Context, by, draft string, ref quoteRef, quote chat.Quote, log *slog.Logger) {
	k := keptQuote{Ref: ref, By: by, Text: quote.Text, Kept: time.Now()}
	q.mu.Lock()
	if len(q.by) >= maxQuotes {
		for old := range q.by { // any: the memory has them all
			delete(q.by, old)
			break
		}
	}
	q.by[draft] = k
	q.mu.Unlock()
	raw, err := json.Marshal(k)
	if err == nil && q.memory != nil {
		go func() { // the form is not to wait for it
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if err := q.memory.Remember(ctx, quotePrefix+draft, raw); err != nil {
				log.Warn("a quoted message could not be kept", "error", err)
			}
		}()
	}
}

// of gives what was kept under a draft, to whom it belongs.
func (q *quotes) of(ctx context.Context, by, draft string) (keptQuote, bool) {
	k, ok := q.kept(ctx, draft)
	if !ok || k.By != by {
		return keptQuote{}, false
	}
	return k, true
}

func (q *quotes) kept(ctx context.Context, draft string) (keptQuote, bool) {
	q.mu.Lock()
	k, ok := q.by[draft]
	q.mu.Unlock()
	if ok || q.memory == nil {
		return k, ok
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	raw, err := q.memory.Recall(ctx, quotePrefix+draft)
	if err != nil || raw == nil || json.Unmarshal(raw, &k) != nil {
		return keptQuote{}, false
	}
	return k, true
}

// quote is the message that a sent form is about.
func (q *quotes) quote(ctx context.Context, by string, on sheet) *chat.Quote {
	k, _ := q.of(ctx, by, on.Draft)
	out := quoted(*on.Quote, k.Text)
	return &out
}

// done forgets the quote of a form that was accepted.
func (q *quotes) done(ctx context.Context, r chat.Request, reply chat.Reply) {
	if r.Kind != chat.Submitted || r.Quote == nil || !reply.Accepted {
		return
	}
	q.mu.Lock()
	delete(q.by, r.Draft)
	q.mu.Unlock()
	if q.memory != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = q.memory.Remember(ctx, quotePrefix+r.Draft, nil) // else it goes within a day
	}
}

// sweep forgets the quotes of forms that were never sent.
func (q *quotes) sweep(ctx context.Context, clock func() time.Time, log *slog.Logger) {
	for q.memory != nil {
		all, err := q.memory.All(ctx, quotePrefix)
		if err != nil && ctx.Err() == nil {
			log.Warn("old quotes could not be looked through", "error", err)
		}
		for name, raw := range all {
			var k keptQuote
			if json.Unmarshal(raw, &k) != nil || clock().Sub(k.Kept) > quoteFor {
				_ = q.memory.Remember(ctx, name, nil) // else the next time
			}
		}
		if !pauseFor(ctx, time.Hour) {
			return
		}
	}
}

// quoteOf is a message as it is handed on, and as a form carries it.
func (f *Front) quoteOf(ctx context.Context, what chat.QuoteFor, channel string, m sl.Msg, called string) (quoteRef, chat.Quote) {
	ref := quoteRef{For: string(what), Channel: channel, TS: m.Timestamp, User: m.User, Name: called, Link: f.link(ctx, channel, m.Timestamp)}
	if ref.Name == "" {
		ref.Name = m.Username
	}
	if ref.Name == "" && m.User != "" {
		looking, cancel := context.WithTimeout(ctx, f.patience.lookup)
		defer cancel()
		if who, err := f.user(looking, m.User); err == nil {
			ref.Name = who.Name
		}
	}
	for _, file := range m.Files {
		ref.Files = append(ref.Files, fileRef{Input: chat.QuotedFile, ID: file.ID, Name: file.Name})
	}
	return ref, quoted(ref, f.plain(m.Text))
}

func quoted(ref quoteRef, text string) chat.Quote {
	q := chat.Quote{For: chat.QuoteFor(ref.For), Text: text, Name: ref.Name, At: instant(ref.TS, time.Time{}), Link: ref.Link}
	if ref.User != "" {
		q.From = userID(ref.User)
	}
	for _, file := range ref.Files {
		q.Files = append(q.Files, file.Name)
	}
	return q
}

// pointed is a shortcut on a message.
func (f *Front) pointed(ctx context.Context, desk Desk, d delivery, c *sl.InteractionCallback, team string) {
	what := chat.ForReport
	id := "slack:quote:" + c.Channel.ID + ":" + c.Message.Timestamp + ":" + c.User.ID + ":" + c.TriggerID
	switch c.CallbackID {
	case shortcutQuote:
	case shortcutNote:
		what, id = chat.ForNote, noteKey(c.Channel.ID, c.Message.Timestamp)
	default:
		return
	}
	s := stage{user: c.User.ID, channel: c.Channel.ID, responseURL: c.ResponseURL, trigger: c.TriggerID, at: d.at}
	f.once(id+":"+c.User.ID+":"+c.TriggerID, func() bool {
		called, ok := f.admit(ctx, s, c.User.ID, nameIn(c), team)
		if !ok {
			return true
		}
		ref, quote := f.quoteOf(ctx, what, c.Channel.ID, c.Message.Msg, "")
		s.quote = &ref
		return f.answer(ctx, desk, s, chat.Request{
			ID: id, Kind: chat.Quoted, From: userID(c.User.ID), Name: called, Place: chat.PlaceID(c.Channel.ID),
			Channel: f.incidentOf(ctx, c.Channel.ID), Quote: &quote, At: instant(c.ActionTs, d.at),
		})
	})
}
