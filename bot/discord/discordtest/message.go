package discordtest

import (
	"fmt"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
)

// What Discord itself says in a channel: that somebody was added to a thread or removed by
// another, that a thread's name was changed, that a message was pinned (Discord, "Message
// Types").
const (
	recipientAdd    = 1
	recipientRemove = 2
	nameChange      = 4
	pinned          = 6
)

// system says whether Discord itself said it.
func (m *message) system() bool {
	return slices.Contains([]int{recipientAdd, recipientRemove, nameChange, pinned}, m.kind)
}

// compose puts into a message what a body asks for, after checkMessage has found nothing wrong
// with it. What the body leaves out stays as it is; of the files that are there, those stay that
// the body's attachments name (Discord, "Editing Message Attachments"). mu is held.
func (g *Guild) compose(m *message, body obj, files []upload) *problem {
	next := *m
	next.read = nil
	if v, there := body["content"]; there {
		s, _ := v.(string)
		next.content = strings.TrimSpace(s)
	}
	if v, there := body["embeds"]; there {
		next.embeds = nil
		for _, e := range clone(list(v)) {
			if e, ok := e.(obj); ok {
				e["type"] = "rich"
				next.embeds = append(next.embeds, e)
			}
		}
	}
	if v, there := body["components"]; there {
		next.components = numbered(clone(list(v)))
	}
	if v, there := body["flags"]; there {
		const set = SuppressEmbeds | 1<<12 | 1<<15 // SUPPRESS_NOTIFICATIONS, IS_COMPONENTS_V2
		n, _ := v.(float64)
		next.flags = next.flags&^set | int(n)&set
	}
	if p := g.attach(&next, body, files); p != nil {
		return p
	}
	if next.content == "" && len(next.embeds) == 0 && len(next.components) == 0 && len(next.attachments) == 0 {
		return no(400, 50006, "Cannot send an empty message")
	}
	_, allowed := body["allowed_mentions"]
	if _, there := body["content"]; there || allowed {
		g.mention(&next, body["allowed_mentions"])
	}
	*m = next
	return nil
}

// attach keeps the files that stay and adds those that came; mu is held.
func (g *Guild) attach(m *message, body obj, files []upload) *problem {
	named := map[string]obj{}
	if v, there := body["attachments"]; there {
		var keep []*attachment
		for i, v := range list(v) {
			a, _ := v.(obj)
			id := fmt.Sprint(a["id"])
			if n, ok := a["id"].(float64); ok {
				id = fmt.Sprintf("%.0f", n)
			}
			if slices.ContainsFunc(files, func(u upload) bool { return u.id == id }) {
				named[id] = a
				continue
			}
			at := slices.IndexFunc(m.attachments, func(a *attachment) bool { return a.id == id })
			if at < 0 {
				return invalid(fmt.Sprintf("attachments.%d.id", i), "ATTACHMENT_NOT_FOUND", "no attachment %s", id)
			}
			keep = append(keep, m.attachments[at])
		}
		m.attachments = keep
	}
	m.attachments = slices.Clone(m.attachments)
	for _, u := range files {
		a := g.newFile(u)
		a.ephemeral = m.flags&Ephemeral != 0
		if o := named[u.id]; o != nil && u.id != "" {
			a.about = text(o, "description")
			if name := text(o, "filename"); name != "" {
				a.name = fileName(name)
			}
		}
		a.channel = m.channel
		m.attachments = append(m.attachments, a)
	}
	return nil
}

// newFile keeps a file on the CDN; mu is held.
func (g *Guild) newFile(u upload) *attachment {
	a := &attachment{id: g.snowflake(), name: fileName(u.name), kind: u.kind, body: u.body}
	if called := path.Base(u.name); called != a.name { // Discord, "Attachment Object": title
		a.title = strings.TrimSuffix(called, path.Ext(called))
	}
	if a.kind == "" || a.kind == "application/octet-stream" {
		if kind := mime.TypeByExtension(path.Ext(a.name)); kind != "" {
			a.kind = kind
		}
	}
	g.files[a.id] = a
	return a
}

var notInNames = regexp.MustCompile(`[^\p{L}\p{N}._-]+`)

// fileName is a name as Discord keeps it: spaces and signs become underscores.
func fileName(name string) string { return notInNames.ReplaceAllString(path.Base(name), "_") }

// numbered gives every component an id, as Discord does (Discord, "Component Reference").
func numbered(components []any) []any {
	next := 0.0
	taken := map[float64]bool{}
	var walk func(v any, set bool)
	walk = func(v any, set bool) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one, set)
			}
		case obj:
			n, there := v["id"].(float64)
			there = there && n != 0
			switch {
			case isComponent(v) && there:
				taken[n] = true
			case isComponent(v) && set:
				for next++; taken[next]; next++ {
				}
				v["id"] = next
			}
			for _, name := range []string{"components", "component", "accessory"} {
				walk(v[name], set)
			}
		}
	}
	walk(components, false)
	walk(components, true)
	return components
}

func isComponent(v obj) bool { _, ok := v["type"].(float64); return ok }

var (
	mentioned     = regexp.MustCompile(`<@!?(\d+)>`)
	mentionedRole = regexp.MustCompile(`<@&(\d+)>`)
)

// mention notes whom a message notifies: who is named in its content and allowed to be
// (Discord, "Allowed Mentions Object"); mu is held.
func (g *Guild) mention(m *message, allowed any) {
	m.mentions, m.everyone = nil, false
	parse, users := texts(dig(allowed, "parse")), texts(dig(allowed, "users"))
	for _, found := range mentioned.FindAllStringSubmatch(m.content, -1) {
		id := found[1]
		if g.users[id] == nil || contains(m.mentions, id) {
			continue
		}
		if allowed == nil || contains(parse, "users") || contains(users, id) {
			m.mentions = append(m.mentions, id)
		}
	}
	c := g.channels[m.channel]
	m.roles = nil
	for _, found := range mentionedRole.FindAllStringSubmatch(m.content, -1) {
		id := found[1]
		if c == nil || g.servers[c.guild] == nil || g.servers[c.guild].role(id) == nil || contains(m.roles, id) {
			continue
		}
		// No role here is mentionable by everybody.
		if may := g.may(m.author, c)&MentionEveryone != 0; may && (allowed == nil || contains(parse, "roles") || contains(texts(dig(allowed, "roles")), id)) {
			m.roles = append(m.roles, id)
		}
	}
	if strings.Contains(m.content, "@everyone") || strings.Contains(m.content, "@here") {
		m.everyone = (allowed == nil || contains(parse, "everyone")) && c != nil && g.may(m.author, c)&MentionEveryone != 0
	}
}

// post puts a message into a channel and tells the application; mu is held. What is for one
// person alone (onlyFor) is told to nobody.
func (g *Guild) post(c *channel, m *message) {
	g.place(c, m)
	if m.onlyFor == "" {
		g.tell("MESSAGE_CREATE", c, m)
	}
}

// place puts a message into a channel and tells nobody; mu is held.
func (g *Guild) place(c *channel, m *message) {
	m.id, m.channel, m.at = g.snowflake(), c.id, g.now()
	for _, a := range m.attachments {
		a.channel = c.id
	}
	if c.thread() && m.onlyFor == "" {
		g.wake(c)
		if !contains(c.members, m.author) {
			c.members = append(c.members, m.author)
		}
	}
	c.messages = append(c.messages, m)
	g.touch()
}

// edited says that a message was changed; mu is held.
func (g *Guild) edited(c *channel, m *message) {
	m.edited = g.now()
	if m.onlyFor == "" {
		g.tell("MESSAGE_UPDATE", c, m)
	}
	g.touch()
}

// unpost takes a message away; mu is held.
func (g *Guild) unpost(c *channel, m *message) {
	c.messages = slices.DeleteFunc(c.messages, func(other *message) bool { return other == m })
	if m.onlyFor == "" {
		g.dispatch("MESSAGE_DELETE", c, g.placed(c, obj{"id": m.id, "channel_id": c.id}))
	}
	g.touch()
}

// tell gives an event of a message to the application; mu is held.
func (g *Guild) tell(event string, c *channel, m *message) int {
	return g.dispatch(event, c, g.told(c, m))
}

// told is a message as events carry it; mu is held.
func (g *Guild) told(c *channel, m *message) obj {
	o := g.placed(c, g.messageJSON(m))
	if s := g.servers[c.guild]; s != nil && s.members[m.author] != nil {
		member := g.memberJSON(s, m.author)
		delete(member, "user") // "the user field is not included in a message event"
		o["member"] = member
	}
	return o
}

// placed adds the guild where something happened; none in direct messages.
func (g *Guild) placed(c *channel, o obj) obj {
	if c.guild != "" {
		o["guild_id"] = c.guild
	}
	return o
}

// wake takes a thread out of the archive, as Discord does when something is sent into it
// (Discord, "Threads"); mu is held.
func (g *Guild) wake(c *channel) {
	if c.archived {
		c.archived, c.archiveAt = false, g.now()
		g.dispatch("THREAD_UPDATE", c, g.channelJSON(c))
	}
}
