package discordtest

import (
	"slices"
	"strings"
	"time"
)

// maxPins is how many messages a channel may have pinned (JSON error 30003), maxReactions how
// many different reactions a message may have (JSON error 30010).
const (
	maxPins      = 250
	maxReactions = 20
)

// listPins gives the newest pin first (Discord, "Get Channel Pins": 50 at most).
func listPins(g *Guild, c *channel, in *request) (any, *problem) {
	limit, p := in.number("limit", 50, 1, 50)
	if p != nil {
		return nil, p
	}
	pins := slices.DeleteFunc(slices.Clone(c.messages), func(m *message) bool { return m.pinned.IsZero() })
	slices.SortFunc(pins, func(a, b *message) int { return b.pinned.Compare(a.pinned) })
	if before, err := time.Parse(time.RFC3339, in.query.Get("before")); err == nil {
		pins = slices.DeleteFunc(pins, func(m *message) bool { return !m.pinned.Before(before) })
	}
	items := []any{}
	if g.may(g.botID, c)&ReadMessageHistory != 0 {
		for _, m := range pins[:min(limit, len(pins))] {
			items = append(items, obj{"pinned_at": stamp(m.pinned), "message": g.toBot(m)})
		}
	}
	return obj{"items": items, "has_more": len(pins) > limit}, nil
}

func pin(g *Guild, c *channel, m *message, in *request) (any, *problem) {
	if p := in.bare(); p != nil {
		return nil, p
	}
	if m.system() {
		return nil, no(403, 50021, "Cannot execute action on a system message")
	}
	if !m.pinned.IsZero() {
		return nil, nil
	}
	n := 0
	for _, other := range c.messages {
		if !other.pinned.IsZero() {
			n++
		}
	}
	if n >= maxPins {
		return nil, no(400, 30003, "Maximum number of pins reached (250)")
	}
	g.pin(c, m, g.botID)
	return nil, nil
}

// pin pins a message for somebody, and says so in the channel; mu is held.
func (g *Guild) pin(c *channel, m *message, who string) {
	m.pinned = g.now()
	g.dispatch("CHANNEL_PINS_UPDATE", c, g.placed(c, obj{"channel_id": c.id, "last_pin_timestamp": stamp(m.pinned)}))
	g.tell("MESSAGE_UPDATE", c, m)
	g.post(c, &message{author: who, kind: pinned, reference: obj{"type": 0, "message_id": m.id, "channel_id": c.id}})
}

func unpin(g *Guild, c *channel, m *message, in *request) (any, *problem) {
	if p := in.bare(); p != nil {
		return nil, p
	}
	m.pinned = time.Time{}
	g.dispatch("CHANNEL_PINS_UPDATE", c, g.placed(c, obj{"channel_id": c.id, "last_pin_timestamp": nil}))
	return nil, nil
}

// isEmoji says whether a reaction is a single emoji of Unicode: custom ones are not spoken here.
func isEmoji(s string) bool {
	return s != "" && len(s) <= 40 && !strings.ContainsAny(s, ":abcdefghijklmnopqrstuvwxyz ")
}

func react(g *Guild, c *channel, m *message, in *request) (any, *problem) {
	if p := in.bare(); p != nil {
		return nil, p
	}
	emoji := in.id("emoji")
	if !isEmoji(emoji) {
		return nil, no(400, 10014, "Unknown Emoji")
	}
	if c.archived {
		return nil, no(400, 50083, "Thread is archived")
	}
	there := slices.ContainsFunc(m.reactions, func(r reaction) bool { return r.emoji == emoji })
	switch {
	case !there && len(m.reactions) >= maxReactions:
		return nil, no(400, 30010, "Maximum number of reactions reached (20)")
	case !there:
		if p := g.needs(c, AddReactions); p != nil {
			return nil, p
		}
	}
	g.react(c, m, emoji, g.botID)
	return nil, nil
}

// react puts somebody's reaction on a message, and says to how many sessions it was told; mu is
// held.
func (g *Guild) react(c *channel, m *message, emoji, who string) int {
	at := slices.IndexFunc(m.reactions, func(r reaction) bool { return r.emoji == emoji })
	switch {
	case at < 0:
		m.reactions = append(m.reactions, reaction{emoji, []string{who}})
	case contains(m.reactions[at].users, who):
		return 0
	default:
		m.reactions[at].users = append(m.reactions[at].users, who)
	}
	g.touch()
	o := g.placed(c, obj{
		"user_id": who, "channel_id": c.id, "message_id": m.id, "emoji": emojiJSON(emoji), "burst": false, "type": 0, "message_author_id": m.author,
	})
	if s := g.servers[c.guild]; s != nil && s.members[who] != nil {
		o["member"] = g.memberJSON(s, who)
	}
	return g.dispatch("MESSAGE_REACTION_ADD", c, o)
}

// unreact takes it away again; mu is held.
func (g *Guild) unreact(c *channel, m *message, emoji, who string) {
	at := slices.IndexFunc(m.reactions, func(r reaction) bool { return r.emoji == emoji && contains(r.users, who) })
	if at < 0 {
		return
	}
	m.reactions[at].users = slices.DeleteFunc(m.reactions[at].users, func(u string) bool { return u == who })
	if len(m.reactions[at].users) == 0 {
		m.reactions = slices.Delete(m.reactions, at, at+1)
	}
	g.touch()
	g.dispatch("MESSAGE_REACTION_REMOVE", c, g.placed(c, obj{
		"user_id": who, "channel_id": c.id, "message_id": m.id, "emoji": emojiJSON(emoji), "burst": false, "type": 0,
	}))
}

func unreact(g *Guild, c *channel, m *message, in *request) (any, *problem) {
	if p := in.bare(); p != nil {
		return nil, p
	}
	g.unreact(c, m, in.id("emoji"), g.botID)
	return nil, nil
}

func reacted(g *Guild, _ *channel, m *message, in *request) (any, *problem) {
	limit, p := in.number("limit", 25, 1, 100)
	if p != nil {
		return nil, p
	}
	out := []any{}
	for _, r := range m.reactions {
		if r.emoji != in.id("emoji") {
			continue
		}
		for _, id := range r.users {
			if len(out) < limit && older(id, in.query.Get("after")) > 0 {
				out = append(out, g.userJSON(id))
			}
		}
	}
	return out, nil
}
