package discordtest

import "slices"

// What an administrator of the server does, or the owner of the application in the portal.

// AddChannel makes a text channel that everybody sees.
func (g *Guild) AddChannel(name string) Channel { return g.add(&channel{kind: Text, name: name}) }

// AddHidden makes a text channel that only these members see, and those with Administrator.
func (g *Guild) AddHidden(name string, members ...string) Channel {
	c := &channel{kind: Text, name: name, overwrites: []overwrite{{id: g.home.id, role: true, deny: ViewChannel}}}
	for _, m := range members {
		c.overwrites = append(c.overwrites, overwrite{id: m, allow: ViewChannel})
	}
	return g.add(c)
}

// AddCategory makes a category.
func (g *Guild) AddCategory(name string) Channel { return g.add(&channel{kind: Category, name: name}) }

func (g *Guild) add(c *channel) Channel {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.guild = g.home.id
	g.settle(g.home, c)
	return g.asSeen(c)
}

// AddChannels fills the server with n channels, such as to its limit of 500.
func (g *Guild) AddChannels(n int) { g.fill(n, nil) }

// AddHiddenChannels fills the server with n channels that the bot does not see.
func (g *Guild) AddHiddenChannels(n int) {
	g.fill(n, []overwrite{{id: g.home.id, role: true, deny: ViewChannel}})
}

func (g *Guild) fill(n int, overwrites []overwrite) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range n {
		c := &channel{id: g.snowflake(), guild: g.home.id, kind: Text, name: "filler", created: g.now(), overwrites: overwrites}
		g.channels[c.id] = c
		g.home.channelIDs = append(g.home.channelIDs, c.id)
	}
	g.touch()
}

// ChangeChannel changes a channel or a thread by its name or ID, and tells the application.
func (g *Guild) ChangeChannel(name string, change func(*Channel)) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(name)
	if c == nil {
		g.t.Errorf("there is no channel %q", name)
		return
	}
	seen := g.asSeen(c)
	change(&seen)
	c.name, c.topic, c.parent, c.archived, c.locked, c.members = seen.Name, seen.Topic, seen.Parent, seen.Archived, seen.Locked, seen.Members
	c.overwrites = nil
	for _, o := range seen.Overwrites {
		c.overwrites = append(c.overwrites, overwrite{o.ID, o.Role, o.Allow, o.Deny})
	}
	event := "CHANNEL_UPDATE"
	if c.thread() {
		event = "THREAD_UPDATE"
	}
	g.dispatch(event, c, g.channelTold(c))
	g.touch()
}

// Overwrite lets a channel allow and deny something to a role or a member.
func (g *Guild) Overwrite(name string, o Overwrite) {
	g.t.Helper()
	g.ChangeChannel(name, func(c *Channel) {
		c.Overwrites = append(slices.DeleteFunc(c.Overwrites, func(other Overwrite) bool { return other.ID == o.ID }), o)
	})
}

// RemoveChannel deletes a channel, a category or a thread.
func (g *Guild) RemoveChannel(name string) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(name)
	if c == nil {
		g.t.Errorf("there is no channel %q", name)
		return
	}
	g.remove(c)
}

// RemoveMessage deletes a message.
func (g *Guild) RemoveMessage(channel, id string) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(channel)
	if c == nil || c.message(id) == nil {
		g.t.Errorf("there is no message %s in %q", id, channel)
		return
	}
	g.unpost(c, c.message(id))
}

// AddRole makes a role, and gives it to some members.
func (g *Guild) AddRole(name string, p Permission, members ...string) (id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := &role{id: g.snowflake(), name: name, permissions: p}
	g.home.roles = append(g.home.roles, r)
	g.dispatch("GUILD_ROLE_CREATE", nil, obj{"guild_id": g.home.id, "role": r.json(g.home)})
	g.revealing(func() {
		for _, m := range members {
			g.home.members[m].roles = append(g.home.members[m].roles, r.id)
			g.memberChanged(m)
		}
	})
	g.touch()
	return r.id
}

// Allow takes the place of what a role allows; "" means of @everyone, BotRole of the bot's.
func (g *Guild) Allow(id string, p Permission) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id == "" {
		id = g.home.id
	}
	r := g.home.role(id)
	g.revealing(func() {
		r.permissions = p
		g.dispatch("GUILD_ROLE_UPDATE", nil, obj{"guild_id": g.home.id, "role": r.json(g.home)})
	})
	g.touch()
}

// BotRole is the role that came with the bot.
func (g *Guild) BotRole() string { return g.home.botRole }

// Rename changes the displayed name of a member in the server; "" gives his own back.
func (g *Guild) Rename(user, nick string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.home.members[user].nick = nick
	g.memberChanged(user)
	g.touch()
}

func (g *Guild) memberChanged(user string) {
	o := g.memberJSON(g.home, user)
	o["guild_id"] = g.home.id
	g.dispatch("GUILD_MEMBER_UPDATE", nil, o)
}

// Kick takes a member out of the server. His account stays.
func (g *Guild) Kick(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.home.members, user)
	g.home.order = slices.DeleteFunc(g.home.order, func(id string) bool { return id == user })
	for _, t := range g.threads(g.home.id) {
		t.members = slices.DeleteFunc(t.members, func(id string) bool { return id == user })
	}
	g.dispatch("GUILD_MEMBER_REMOVE", nil, obj{"guild_id": g.home.id, "user": g.userJSON(user)})
	g.touch()
}

// Admit lets an account into the server: one that is new, or was kicked.
func (g *Guild) Admit(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.home.enter(&member{user: user, joined: g.now()})
	o := g.memberJSON(g.home, user)
	o["guild_id"] = g.home.id
	g.dispatch("GUILD_MEMBER_ADD", nil, o)
	g.touch()
}

// CloseDMs lets somebody take no direct messages from the application (50007), or take them
// again.
func (g *Guild) CloseDMs(user string, closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users[user].closed = closed
}

// TooManyDMs lets Discord say that direct messages are opened too fast (40003), or no more.
func (g *Guild) TooManyDMs(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tooManyDMs = on
}

// AddGuild lets another company invite the bot into its server. Its members may be ours too.
func (g *Guild) AddGuild(name string, members ...string) (id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.newServer(name)
	for _, m := range members {
		s.enter(&member{user: m, joined: g.now()})
	}
	c := &channel{guild: s.id, kind: Text, name: "general"}
	g.settle(s, c)
	g.dispatch("GUILD_CREATE", nil, g.created(s, IntentGuilds))
	g.touch()
	return s.id
}

// InGuild says whether the bot is in a guild.
func (g *Guild) InGuild(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.servers[id] != nil && g.servers[id].members[g.botID] != nil
}

// Expel takes the bot out of the company's server.
func (g *Guild) Expel() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave(g.home)
}

// Invite lets the bot into the company's server again, with a role of its own as before.
func (g *Guild) Invite() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.home.enter(&member{user: g.botID, roles: []string{g.home.botRole}, joined: g.now()})
	g.dispatch("GUILD_CREATE", nil, g.created(g.home, IntentGuilds))
	g.touch()
}

// ForgetNonces lets the few minutes pass in which a nonce is remembered.
func (g *Guild) ForgetNonces() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.nonces)
}

// Public says whether everybody may invite the bot.
func (g *Guild) Public(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.public = on
}
