package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"hikeshi/bot/chat"
)

const (
	// lookBack is how long it is remembered which message a delivery became. Tries of one message
	// follow each other within minutes; a process that was away for longer than this has more to
	// say than a message twice.
	lookBack = 3 * 24 * time.Hour
	// lookPage is how many messages are looked through at once (Discord, "Get Channel Messages":
	// 100 at most), lookPages how often.
	lookPage  = 100
	lookPages = 5
	// skew is how far Discord's clock may be behind ours.
	skew = time.Minute
	// maxKeys is how many keys of deliveries are known in the process.
	maxKeys = 10_000
)

// Discord gives no key with a message, but takes one (nonce) and keeps it for some minutes. For
// what is tried again later we remember when we set out and with which words, and which message it
// became; where the answer was lost, the message is known by those words, whatever it would say
// by now.

// tried is what is remembered of a message.
type tried struct {
	At time.Time `json:"at"`
	ID string    `json:"id,omitempty"`
	// Says are digests of what each try was about to say, the newest last.
	Says []string `json:"says,omitempty"`
}

// maxSays is how many tries of a message that say something else are told apart: the courier tells
// each until one has arrived, and a card changes every few minutes at most.
const maxSays = 50

// keyOf is the nonce of a delivery in a conversation; replaces is the message whose place it
// takes, because that one is gone. Empty: it has none.
func keyOf(conversation, key, replaces string) string {
	if key == "" {
		return ""
	}
	return digest(conversation + "\n" + key + "\n" + replaces)
}

// setOut remembers that a message is about to be written, and what it will say, and says whether it
// may have been written already. A database that does not answer does not hold up a page: within minutes the nonce
// says the same.
func (s *sender) setOut(ctx context.Context, key string, p payload) (earlier bool) {
	if key == "" {
		return false
	}
	words := p.words()
	s.mu.Lock()
	before, known := s.keys[key]
	if len(s.keys) >= maxKeys && !known {
		clear(s.keys)
	}
	s.keys[key] = words
	s.mu.Unlock()
	if known && before == words {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	// An earlier process may have set out before.
	b, err := s.config.Memory.Recall(ctx, "sent/"+key)
	if err != nil {
		return true
	}
	t := tried{At: time.Now().UTC()}
	if earlier = b != nil; earlier && json.Unmarshal(b, &t) != nil {
		return true
	}
	if t.ID == "" && !slices.Contains(t.Says, words) {
		t.Says = append(t.Says, words)
		t.Says = t.Says[max(0, len(t.Says)-maxSays):]
		s.rememberTry(ctx, key, t)
	}
	return earlier || known
}

// arrived remembers which message it became.
func (s *sender) arrived(ctx context.Context, key, id string) {
	if key == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	s.rememberTry(ctx, key, tried{At: time.Now().UTC(), ID: id})
}

func (s *sender) rememberTry(ctx context.Context, key string, t tried) {
	b, err := json.Marshal(t)
	if err == nil {
		err = s.config.Memory.Remember(ctx, "sent/"+key, b)
	}
	if err != nil {
		s.config.Log.Warn("which message a delivery became could not be remembered; if it is tried again, it may be shown twice", "component", "discord", "error", err)
	}
}

// forgetTries forgets what is older than anybody asks for.
func (s *sender) forgetTries(ctx context.Context, now time.Time) error {
	all, err := s.config.Memory.All(ctx, "sent/")
	if err != nil {
		return err
	}
	for name, b := range all {
		var t tried
		if json.Unmarshal(b, &t) == nil && now.Sub(t.At) < lookBack {
			continue
		}
		if err := s.config.Memory.Remember(ctx, name, nil); err != nil {
			return err
		}
	}
	return nil
}

// find is the message that an earlier try has written in a conversation; empty: there is none.
func (s *sender) find(ctx context.Context, conversation, key string, says []payload, l line) (string, error) {
	if key == "" {
		return "", nil
	}
	b, err := s.config.Memory.Recall(ctx, "sent/"+key)
	if err != nil || b == nil {
		return "", err // nobody set out for it
	}
	var t tried
	if err := json.Unmarshal(b, &t); err != nil {
		return "", fmt.Errorf("what is remembered of a message: %w", err)
	}
	if t.ID != "" {
		return t.ID, nil
	}
	me, err := s.auth(ctx)
	if err != nil {
		return "", err
	}
	after := snowflake(t.At.Add(-skew))
	for range lookPages {
		var page []posted
		query := url.Values{"after": {after}, "limit": {strconv.Itoa(lookPage)}}
		if err := s.api.do(ctx, l.turn("look "+conversation), "GET", "channels/"+conversation+"/messages?"+query.Encode(), nil, &page); err != nil {
			return "", err
		}
		for _, m := range page {
			// Only our own: others could write a message that looks like it.
			if m.Author.ID == me.User {
				known := false
				for _, want := range says {
					if m.says(want) {
						known = true
					}
				}
				if known = known || slices.Contains(t.Says, m.words()); known {
					s.arrived(ctx, key, m.ID) // by its words it is not known any more once it is brought up to date
					return m.ID, nil
				}
			}
			if later(m.ID, after) {
				after = m.ID
			}
		}
		if len(page) < lookPage {
			break
		}
	}
	return "", nil
}

// snowflake is the least ID of what is made at an instant (Discord, "Snowflakes": milliseconds
// since 2015, 22 bits for the rest).
func snowflake(at time.Time) string {
	const epoch = 1_420_070_400_000
	return strconv.FormatInt(max(0, at.UnixMilli()-epoch)<<22, 10)
}

// later says that an ID was given after another.
func later(id, than string) bool {
	return len(id) > len(than) || len(id) == len(than) && id > than
}

// guild is a path below the server of the company.
func (s *sender) guild(path string) string {
	return "guilds/" + url.PathEscape(s.config.Guild) + "/" + path
}

// link leads to a channel, or to a message of it (id not empty).
func (s *sender) link(channel, id string) string {
	if channel == "" {
		return ""
	}
	link := "https://discord.com/channels/" + url.PathEscape(s.config.Guild) + "/" + url.PathEscape(channel)
	if id != "" {
		link += "/" + url.PathEscape(id)
	}
	return link
}

// messageAt is a message of a channel or thread, with its author and files.
func (s *sender) messageAt(ctx context.Context, channel, id string) (m message, err error) {
	if !isID(channel) || !isID(id) {
		return m, fmt.Errorf("discord messages: no such message: %w", chat.ErrGone)
	}
	err = s.api.do(ctx, turn{patience: -1}, "GET", "channels/"+channel+"/messages/"+id, nil, &m)
	return m, err
}
