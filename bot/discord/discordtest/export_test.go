package discordtest

// Say writes a message for somebody, whatever his client allows.
func (g *Guild) Say(user, channel, text string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(channel)
	if channel == "" {
		c = g.direct(user)
	}
	m := &message{author: user, channel: c.id}
	if p := g.compose(m, obj{"content": text}, nil); p != nil {
		g.t.Errorf("cannot be said: %v", p)
	}
	g.post(c, m)
	return m.id
}

// Direct are the direct messages with somebody.
func (g *Guild) Direct(user string) []Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asSeen(g.direct(user)).Messages
}

// Pinned puts 📌 on a message for somebody.
func (g *Guild) Pinned(user, channel, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(channel)
	g.react(c, c.message(id), "📌", user)
}
