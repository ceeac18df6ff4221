package discordtest

import (
	"slices"
	"strings"
	"time"
)

// server is a guild's state. A server of another company is kept in the same way.
type server struct {
	id, name, owner string
	roles           []*role // the first is @everyone, whose ID is the guild's
	botRole         string  // the role that came with the bot; empty: the bot is not in it
	members         map[string]*member
	order           []string // of members, as they came
	channelIDs      []string // as they were made, without threads
	commands        []obj    // of the application, as Discord gives them
}

type role struct {
	id, name    string
	permissions Permission
	managed     bool
	bot         string // whose own it is
}

// user is an account.
type user struct {
	id, name, shown string // name is unique; shown is what the client displays
	bot             bool
	closed          bool   // takes no direct messages from members of servers
	locale          string // of the client; empty: ja
}

// member is an account in a server.
type member struct {
	user   string
	nick   string
	roles  []string
	joined time.Time
}

// The types of channels (Discord, "Channel Types").
const (
	Text          = 0
	DM            = 1
	Category      = 4
	PublicThread  = 11
	PrivateThread = 12
)

// channel is a channel, a category, a thread or direct messages.
type channel struct {
	id, guild, name, topic string
	kind                   int
	parent                 string // the category, or the channel of a thread
	position               int
	slow                   int // seconds between a person's messages
	overwrites             []overwrite
	messages               []*message // oldest first
	dm                     string     // direct messages: the person
	owner                  string     // of a thread
	members                []string   // of a thread
	archived, locked       bool       // of a thread
	invitable              bool       // of a private thread
	autoArchive            int        // of a thread, in minutes
	created, archiveAt     time.Time  // archiveAt: when a thread went into the archive or came out
}

func (c *channel) thread() bool { return c.kind == PublicThread || c.kind == PrivateThread }

func (c *channel) message(id string) *message {
	i := slices.IndexFunc(c.messages, func(m *message) bool { return m.id == id })
	if i < 0 {
		return nil
	}
	return c.messages[i]
}

type overwrite struct {
	id          string
	role        bool // else of a member
	allow, deny Permission
}

// message is a message as everybody sees it, or one person alone (ephemeral).
type message struct {
	id, channel, author string
	kind                int // 0; 6: somebody pinned something; 20 and 23: answers to commands
	content             string
	at                  time.Time
	edited              time.Time
	flags               int
	nonce               any
	embeds, components  []any // JSON as Discord gives it
	attachments         []*attachment
	mentions            []string // whom it really notified: of allowed_mentions too
	roles               []string // likewise
	everyone            bool
	reference           obj
	snapshots           []any     // of what was forwarded
	pinned              time.Time // zero: it is not
	reactions           []reaction
	onlyFor             string // ephemeral: the one person who sees it
	interaction         obj    // interaction_metadata
	dismissed           bool   // ephemeral messages: put away by the person
	read                *reading
}

type reaction struct {
	emoji string
	users []string
}

// attachment is a file on the CDN.
type attachment struct {
	id, name, kind, about string
	title                 string // what it was called, without its ending, where the name is another
	body                  []byte
	channel               string
	ephemeral             bool
}

// nonce is what was sent with a nonce, and when.
type nonce struct {
	message string
	at      time.Time
}

// Flags of messages (Discord, "Message Flags").
const (
	SuppressEmbeds = 1 << 2
	Ephemeral      = 1 << 6
	Loading        = 1 << 7
	hasSnapshot    = 1 << 14
)

// person's names; mu is held.
func (g *Guild) displayed(guild, id string) string {
	if s := g.servers[guild]; s != nil {
		if m := s.members[id]; m != nil && m.nick != "" {
			return m.nick
		}
	}
	u := g.users[id]
	switch {
	case u == nil:
		return id
	case u.shown != "":
		return u.shown
	}
	return u.name
}

func (s *server) role(id string) *role {
	for _, r := range s.roles {
		if r.id == id {
			return r
		}
	}
	return nil
}

// newServer makes a guild with the bot and its owner in it; mu is held, or nobody else is there.
func (g *Guild) newServer(name string) *server {
	s := &server{id: g.snowflake(), name: name, members: map[string]*member{}}
	s.roles = []*role{{id: s.id, name: "@everyone", permissions: DefaultEveryone}}
	bot := &role{id: g.snowflake(), name: "hikeshi", permissions: DefaultBot, managed: true, bot: g.botID}
	s.roles, s.botRole = append(s.roles, bot), bot.id
	owner := &user{id: g.snowflake(), name: "owner", shown: "所有者"}
	g.users[owner.id], s.owner = owner, owner.id
	g.servers[s.id] = s
	s.enter(&member{user: owner.id, joined: g.now()})
	s.enter(&member{user: g.botID, roles: []string{bot.id}, joined: g.now()})
	return s
}

func (s *server) enter(m *member) {
	if s.members[m.user] == nil {
		s.order = append(s.order, m.user)
	}
	s.members[m.user] = m
}

// find gives a channel of the company's server by its ID or name; mu is held.
func (g *Guild) find(name string) *channel {
	if c := g.channels[name]; c != nil {
		return c
	}
	for _, id := range g.home.channelIDs {
		if g.channels[id].name == name {
			return g.channels[id]
		}
	}
	for _, c := range g.threads(g.home.id) {
		if c.name == name {
			return c
		}
	}
	return nil
}

// threads are a guild's threads, oldest first; mu is held.
func (g *Guild) threads(guild string) []*channel {
	var out []*channel
	for _, c := range g.channels {
		if c.thread() && c.guild == guild {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *channel) int { return older(a.id, b.id) })
	return out
}

// direct gives the direct messages between a person and the bot; mu is held.
func (g *Guild) direct(person string) *channel {
	for _, c := range g.channels {
		if c.kind == DM && c.dm == person {
			return c
		}
	}
	c := &channel{id: g.snowflake(), kind: DM, dm: person}
	g.channels[c.id] = c
	return c
}

// older compares snowflakes by age.
func older(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
