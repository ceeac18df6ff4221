package discordtest

import (
	"slices"
	"strings"
)

// at gives the place of an action: a channel by its ID or name that the person sees, or his
// direct messages with the bot when it is empty; mu is held.
func (p *Person) at(where string) *channel {
	if where == "" {
		return p.g.direct(p.ID)
	}
	c := p.g.find(where)
	if c == nil || p.g.may(p.ID, c)&ViewChannel == 0 {
		return nil
	}
	return c
}

// locale is the language of the person's client; mu is held.
func (p *Person) locale() string {
	if u := p.g.users[p.ID]; u != nil && u.locale != "" {
		return u.locale
	}
	return "ja"
}

// Speaks sets the language of the person's client, such as en-US; without it it is ja.
func (p *Person) Speaks(locale string) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	p.g.users[p.ID].locale = locale
}

// Direct is the ID of the person's direct messages with the bot.
func (p *Person) Direct() string {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	return p.g.direct(p.ID).id
}

// interaction makes something that the person does with the app, and its payload
// (interactions/receiving-and-responding, "Interaction Structure"); mu is held.
func (p *Person) interaction(kind int, what string, c *channel, m *message, data obj) *Delivery {
	g := p.g
	it := &interaction{
		id: g.snowflake(), token: "interaction-token." + random(), kind: kind, what: what, person: p.ID, channel: c, message: m,
		answered: make(chan struct{}), over: make(chan struct{}),
	}
	if kind == byCommand || kind == byComponent {
		delete(g.engine.forms, p.ID) // whoever acts elsewhere has closed the form that was open
	}
	owner := "0" // of the app's installation, in direct messages with its bot
	if c.guild != "" {
		owner = c.guild
	}
	it.metadata = obj{"id": it.id, "type": kind, "user": g.userJSON(p.ID), "authorizing_integration_owners": obj{"0": owner}}
	if target := text(data, "target_id"); target != "" {
		it.metadata["target_message_id"] = target
	}
	if m != nil {
		it.metadata["interacted_message_id"] = m.id
	}
	payload := obj{
		"id": it.id, "application_id": g.appID, "type": kind, "data": data, "token": it.token, "version": 1,
		"channel_id": c.id, "channel": g.channelJSON(c), "locale": p.locale(), "entitlements": []any{},
		"authorizing_integration_owners": obj{"0": owner}, "context": 1, "attachment_size_limit": 10 << 20,
		"app_permissions": g.may(g.botID, c).String(),
	}
	if c.guild == "" {
		payload["user"] = g.userJSON(p.ID)
	} else {
		s := g.servers[c.guild]
		member := g.memberJSON(s, p.ID)
		member["permissions"] = g.may(p.ID, c).String()
		payload["member"], payload["context"], payload["guild_id"], payload["guild_locale"] = member, 0, c.guild, "ja"
		payload["guild"] = obj{"id": c.guild, "locale": "ja", "features": []any{}}
	}
	if m != nil {
		payload["message"] = g.messageJSON(m)
	}
	g.engine.all[it.id], g.engine.tokens[it.token] = it, it
	return &Delivery{ID: it.id, What: what, g: g, event: "INTERACTION_CREATE", payload: clone(payload), it: it}
}

// Post writes in a channel, by its ID or name, and gives the ID of the message.
func (p *Person) Post(channel, text string) string {
	p.g.t.Helper()
	return p.post(channel, text, nil)
}

// Share posts a message with a file, and gives the ID of the message.
func (p *Person) Share(channel, text, name string, body []byte) string {
	p.g.t.Helper()
	return p.post(channel, text, []upload{{name: name, body: body}})
}

// DM writes to the bot.
func (p *Person) DM(text string) string {
	p.g.t.Helper()
	return p.Post("", text)
}

func (p *Person) post(channel, text string, files []upload) string {
	p.g.t.Helper()
	p.g.mu.Lock()
	c := p.at(channel)
	m := &message{author: p.ID}
	switch {
	case c == nil, p.g.may(p.ID, c)&SendMessages == 0, c.locked:
		p.g.mu.Unlock()
		p.fail("cannot write in %q", channel)
		return ""
	case len([]rune(text)) > 2000: // without Nitro the client sends no more
		p.g.mu.Unlock()
		p.fail("cannot write %d characters at once", len([]rune(text)))
		return ""
	}
	m.channel = c.id
	bad := p.g.compose(m, obj{"content": text}, files)
	var d *Delivery
	if bad == nil {
		p.g.place(c, m)
		d = &Delivery{What: "a message", event: "MESSAGE_CREATE", channel: c, payload: clone(p.g.told(c, m))}
	}
	p.g.mu.Unlock()
	if bad != nil {
		p.fail("cannot write in %q: %v", channel, bad)
		return ""
	}
	p.do(d)
	return m.id
}

// Forward forwards a message to another channel, or to the bot where to is empty, and gives the ID of
// the new message (Discord, "Message Reference Types": FORWARD).
func (p *Person) Forward(from, id, to string) string {
	p.g.t.Helper()
	p.g.mu.Lock()
	source, c := p.at(from), p.at(to)
	var m *message
	if source != nil {
		m = source.message(id)
	}
	if m == nil || m.system() || m.onlyFor != "" || c == nil || p.g.may(p.ID, c)&SendMessages == 0 || c.locked {
		p.g.mu.Unlock()
		p.fail("cannot forward message %s of %q to %q", id, from, to)
		return ""
	}
	forward := &message{
		author: p.ID, flags: hasSnapshot, snapshots: []any{p.g.snapshot(m)},
		reference: p.g.placed(source, obj{"type": 1, "message_id": m.id, "channel_id": source.id}),
	}
	if m.snapshots != nil { // what was forwarded is forwarded as it was
		forward.snapshots = m.snapshots
	}
	p.g.place(c, forward)
	d := &Delivery{What: "a forwarded message", event: "MESSAGE_CREATE", channel: c, payload: clone(p.g.told(c, forward))}
	p.g.mu.Unlock()
	p.do(d)
	return forward.id
}

// React puts a reaction on a message, such as 📌.
func (p *Person) React(channel, message, emoji string) {
	p.g.t.Helper()
	p.react(channel, message, emoji, true)
}

// Unreact takes it back.
func (p *Person) Unreact(channel, message, emoji string) {
	p.g.t.Helper()
	p.react(channel, message, emoji, false)
}

func (p *Person) react(channel, id, emoji string, on bool) {
	p.g.t.Helper()
	p.g.mu.Lock()
	c := p.at(channel)
	var m *message
	if c != nil {
		m = c.message(id)
	}
	if m == nil || m.onlyFor != "" {
		p.g.mu.Unlock()
		p.fail("sees no message %s in %q that could be reacted to", id, channel)
		return
	}
	i := slices.IndexFunc(m.reactions, func(r reaction) bool { return r.emoji == emoji })
	if i < 0 {
		if p.g.may(p.ID, c)&AddReactions == 0 {
			p.g.mu.Unlock()
			p.fail("may not react in %q", channel)
			return
		}
		m.reactions = append(m.reactions, reaction{emoji: emoji})
		i = len(m.reactions) - 1
	}
	r := &m.reactions[i]
	if has := contains(r.users, p.ID); has == on {
		p.g.mu.Unlock()
		p.fail("has reacted with %s already: %v", emoji, has)
		return
	}
	event := "MESSAGE_REACTION_ADD"
	payload := p.g.placed(c, obj{
		"user_id": p.ID, "channel_id": c.id, "message_id": m.id, "message_author_id": m.author, "emoji": emojiJSON(emoji), "burst": false, "type": 0,
	})
	if on {
		r.users = append(r.users, p.ID)
		if c.guild != "" {
			payload["member"] = p.g.memberJSON(p.g.servers[c.guild], p.ID)
		}
	} else {
		event = "MESSAGE_REACTION_REMOVE"
		delete(payload, "message_author_id")
		if r.users = slices.DeleteFunc(r.users, func(id string) bool { return id == p.ID }); len(r.users) == 0 {
			m.reactions = slices.Delete(m.reactions, i, i+1)
		}
	}
	p.g.mu.Unlock()
	p.do(&Delivery{What: emoji, event: event, channel: c, payload: clone(payload)})
}

// MessageCommand runs a command from the menu of a message, by its name in any language.
func (p *Person) MessageCommand(name, channel, message string) *Delivery {
	p.g.t.Helper()
	p.g.mu.Lock()
	c := p.at(channel)
	if c == nil || c.message(message) == nil || c.message(message).onlyFor != "" {
		p.g.mu.Unlock()
		p.fail("sees no message %s in %q", message, channel)
		return nil
	}
	command, why := p.commandNamed(c, commandMessage, name)
	if command == nil {
		p.g.mu.Unlock()
		p.fail("%s", why)
		return nil
	}
	m := c.message(message)
	d := p.interaction(byCommand, name, c, nil, obj{
		"id": command["id"], "name": command["name"], "type": commandMessage, "guild_id": c.guild, "target_id": m.id,
		"resolved": obj{"messages": obj{m.id: p.g.messageJSON(m)}},
	})
	p.g.mu.Unlock()
	return p.do(d)
}

// Dismiss puts away what was shown to the person alone, as a restart of his client does.
func (p *Person) Dismiss() {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	for _, c := range p.g.channels {
		for _, m := range c.messages {
			m.dismissed = m.dismissed || m.onlyFor == p.ID
		}
	}
	delete(p.g.engine.forms, p.ID)
	p.g.touch()
}

// Wait waits until something is so for the person.
func (p *Person) Wait(what string, cond func() bool) {
	p.g.t.Helper()
	p.g.Wait(p.ID+": "+what, cond)
}

// WaitText waits until the person sees a message with a text in a channel, or in his direct
// messages when it is empty, and gives the newest.
func (p *Person) WaitText(channel, text string) (found Message) {
	p.g.t.Helper()
	p.Wait("a message with "+text+" in "+channel, func() bool {
		for _, m := range p.Look(channel) {
			if strings.Contains(m.Text(), text) {
				found = m
			}
		}
		return found.ID != ""
	})
	return found
}

// WaitWhisper waits for a text in what is shown to the person alone, and gives the newest.
func (p *Person) WaitWhisper(text string) (found Message) {
	p.g.t.Helper()
	p.Wait("a whisper with "+text, func() bool {
		for _, m := range p.Whispers() {
			if strings.Contains(m.Text(), text) {
				found = m
			}
		}
		return found.ID != ""
	})
	return found
}

// WaitModal waits until a form is open that holds a text, and gives it.
func (p *Person) WaitModal(text string) (found *Modal) {
	p.g.t.Helper()
	p.Wait("a form with "+text, func() bool {
		found = p.Modal()
		return found != nil && strings.Contains(found.Text(), text)
	})
	return found
}
