package discordtest

import "strconv"

// Permission is a set of permissions (Discord, "Bitwise Permission Flags").
type Permission uint64

// The permissions that matter here.
const (
	Administrator        Permission = 1 << 3
	ManageChannels       Permission = 1 << 4
	ManageGuild          Permission = 1 << 5
	AddReactions         Permission = 1 << 6
	ViewChannel          Permission = 1 << 10
	SendMessages         Permission = 1 << 11
	ManageMessages       Permission = 1 << 13
	EmbedLinks           Permission = 1 << 14
	AttachFiles          Permission = 1 << 15
	ReadMessageHistory   Permission = 1 << 16
	MentionEveryone      Permission = 1 << 17
	ManageRoles          Permission = 1 << 28
	UseCommands          Permission = 1 << 31
	ManageThreads        Permission = 1 << 34
	CreatePublicThreads  Permission = 1 << 35
	CreatePrivateThreads Permission = 1 << 36
	SendInThreads        Permission = 1 << 38
	PinMessages          Permission = 1 << 51
	everything           Permission = 1<<53 - 1
)

// String is how Discord writes it.
func (p Permission) String() string { return strconv.FormatUint(uint64(p), 10) }

// DefaultEveryone is what everybody may do in a new server.
const DefaultEveryone = AddReactions | ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadMessageHistory |
	MentionEveryone | UseCommands | CreatePublicThreads | CreatePrivateThreads | SendInThreads

// DefaultBot is what the bot's role allows when it was invited with what it needs.
const DefaultBot = ManageChannels | ManageRoles | ViewChannel | SendMessages | EmbedLinks | AttachFiles |
	ReadMessageHistory | ManageThreads | CreatePrivateThreads | SendInThreads | ManageMessages | PinMessages | AddReactions

// may computes what somebody may do in a guild, leaving channels aside (Discord, "Permission
// Hierarchy"); mu is held.
func (s *server) may(user string) Permission {
	m := s.members[user]
	if m == nil {
		return 0
	}
	if user == s.owner {
		return everything
	}
	p := s.roles[0].permissions
	for _, id := range m.roles {
		if r := s.role(id); r != nil {
			p |= r.permissions
		}
	}
	if p&Administrator != 0 {
		return everything
	}
	return p
}

// may computes what somebody may do in a channel: what the guild gives, less and more by the
// overwrites of @everyone, of his roles together, and of himself (Discord, "Permission
// Overwrites"). A thread has its channel's permissions; a private one is for its members and
// for those with ManageThreads. mu is held.
func (g *Guild) may(user string, c *channel) Permission {
	if c.kind == DM {
		if user == c.dm || user == g.botID {
			return ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadMessageHistory | AddReactions | UseCommands | PinMessages
		}
		return 0
	}
	if c.thread() {
		parent := g.channels[c.parent]
		if parent == nil {
			return 0
		}
		p := g.may(user, parent)
		if c.kind == PrivateThread && p&ManageThreads == 0 && !contains(c.members, user) {
			return 0
		}
		if p&SendInThreads != 0 {
			p |= SendMessages
		} else {
			p &^= SendMessages
		}
		return p
	}
	s := g.servers[c.guild]
	p := s.may(user)
	if p == everything || p == 0 {
		return p
	}
	var allow, deny Permission
	for _, o := range c.overwrites {
		switch {
		case o.role && o.id == s.id:
			p = p&^o.deny | o.allow
		case o.role && contains(s.members[user].roles, o.id):
			allow, deny = allow|o.allow, deny|o.deny
		}
	}
	p = p&^deny | allow
	for _, o := range c.overwrites {
		if !o.role && o.id == user {
			p = p&^o.deny | o.allow
		}
	}
	if p&ViewChannel == 0 {
		return 0 // who does not see a channel may do nothing in it ("Implicit Permissions")
	}
	return p
}

// needs refuses what the bot may not do in a channel: 50001 when it does not see it, else
// 50013; mu is held.
func (g *Guild) needs(c *channel, want Permission) *problem {
	p := g.may(g.botID, c)
	if p&ViewChannel == 0 {
		return no(403, 50001, "Missing Access")
	}
	if p&want != want {
		return no(403, 50013, "Missing Permissions").because("in %s", c.id)
	}
	return nil
}

// needsInGuild refuses what the bot may not do in a guild; mu is held.
func (g *Guild) needsInGuild(s *server, want Permission) *problem {
	if s.members[g.botID] == nil {
		return no(403, 50001, "Missing Access")
	}
	if s.may(g.botID)&want != want {
		return no(403, 50013, "Missing Permissions")
	}
	return nil
}

// CanSee says whether somebody sees a channel, by its name or ID.
func (g *Guild) CanSee(user, channel string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(channel)
	return c != nil && g.may(user, c)&ViewChannel != 0
}
