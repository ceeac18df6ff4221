package discordtest

import (
	"slices"
	"time"
)

// Channel is a channel, a category or a thread as an administrator sees it.
type Channel struct {
	ID, Name, Topic  string
	Kind             int    // Text, Category, PrivateThread …
	Parent           string // the category, or the channel of a thread
	Overwrites       []Overwrite
	Owner            string   // of a thread
	Members          []string // of a thread
	Archived, Locked bool     // of a thread
	Pinned           []string // messages
	Messages         []Message
}

// Overwrite is what a channel allows and denies to a role or a member.
type Overwrite struct {
	ID          string
	Role        bool
	Allow, Deny Permission
}

// Message is a message.
type Message struct {
	ID, Channel, Author string
	Content             string
	At                  time.Time
	Edited              bool
	Embeds, Components  []any // JSON
	Attachments         []Attachment
	Flags               int
	Kind                int
	Nonce               string
	Mentions            []string // whom it notified
	Pinned              bool
	Reactions           map[string][]string // who, by emoji
	OnlyFor             string              // ephemeral: who sees it

	text string // what can be read
}

// Attachment is a file of a message.
type Attachment struct {
	ID, Name, Kind, About, URL string
	Body                       []byte
}

// seen is a message as a test reads it; mu is held.
func (g *Guild) seen(m *message) Message {
	out := Message{
		ID: m.id, Channel: m.channel, Author: m.author, Content: m.content, At: m.at, Edited: !m.edited.IsZero(),
		Embeds: m.embeds, Components: m.components, // never changed, only replaced
		Flags: m.flags, Kind: m.kind,
		Mentions: slices.Clone(m.mentions), Pinned: !m.pinned.IsZero(), OnlyFor: m.onlyFor, Reactions: map[string][]string{},
		text: g.reading(m),
	}
	if s, ok := m.nonce.(string); ok {
		out.Nonce = s
	}
	for _, a := range m.attachments {
		out.Attachments = append(out.Attachments, Attachment{a.id, a.name, a.kind, a.about, g.fileURL(a), a.body})
	}
	for _, r := range m.reactions {
		out.Reactions[r.emoji] = slices.Clone(r.users)
	}
	return out
}

// asSeen is a channel as a test reads it; mu is held.
func (g *Guild) asSeen(c *channel) Channel {
	out := Channel{
		ID: c.id, Name: c.name, Topic: c.topic, Kind: c.kind, Parent: c.parent, Owner: c.owner,
		Members: slices.Clone(c.members), Archived: c.archived, Locked: c.locked,
	}
	for _, o := range c.overwrites {
		out.Overwrites = append(out.Overwrites, Overwrite{o.id, o.role, o.allow, o.deny})
	}
	for _, m := range c.messages {
		if m.onlyFor != "" {
			continue
		}
		out.Messages = append(out.Messages, g.seen(m))
		if !m.pinned.IsZero() {
			out.Pinned = append(out.Pinned, m.id)
		}
	}
	return out
}

// Channels are the channels and threads of the company's server in the order in which they
// were made, categories included.
func (g *Guild) Channels() []Channel {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []Channel
	for _, id := range g.home.channelIDs {
		out = append(out, g.asSeen(g.channels[id]))
	}
	for _, c := range g.threads(g.home.id) {
		out = append(out, g.asSeen(c))
	}
	slices.SortStableFunc(out, func(a, b Channel) int { return older(a.ID, b.ID) })
	return out
}

// Channel finds a channel by name or ID.
func (g *Guild) Channel(name string) (Channel, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(name)
	if c == nil {
		return Channel{}, false
	}
	return g.asSeen(c), true
}

// WaitChannel waits for a channel to exist.
func (g *Guild) WaitChannel(name string) (c Channel) {
	g.t.Helper()
	g.Wait("the channel "+name, func() bool {
		var ok bool
		c, ok = g.Channel(name)
		return ok
	})
	return c
}
