package discordtest

import "slices"

// messageJSON is a message as Discord gives it; mu is held.
func (g *Guild) messageJSON(m *message) obj {
	o := obj{
		"id": m.id, "type": m.kind, "channel_id": m.channel, "author": g.userJSON(m.author), "content": m.content,
		"timestamp": stamp(m.at), "edited_timestamp": nil, "tts": false, "mention_everyone": m.everyone, "mention_roles": append([]string{}, m.roles...),
		"mentions": []any{}, "attachments": []any{}, "embeds": orEmpty(m.embeds), "components": orEmpty(m.components),
		"pinned": !m.pinned.IsZero(), "flags": m.flags,
	}
	if !m.edited.IsZero() {
		o["edited_timestamp"] = stamp(m.edited)
	}
	var mentions, files []any
	for _, id := range m.mentions {
		mentions = append(mentions, g.userJSON(id))
	}
	for _, a := range m.attachments {
		files = append(files, g.attachmentJSON(a))
	}
	o["mentions"], o["attachments"] = orEmpty(mentions), orEmpty(files)
	if m.nonce != nil {
		o["nonce"] = m.nonce
	}
	if m.reference != nil {
		o["message_reference"] = m.reference
	}
	if m.snapshots != nil {
		o["message_snapshots"] = m.snapshots
	}
	if m.interaction != nil {
		o["interaction_metadata"], o["application_id"], o["webhook_id"] = m.interaction, g.appID, g.appID
	} else if m.author == g.botID {
		o["application_id"] = g.appID
	}
	var reactions []any
	for _, r := range m.reactions {
		reactions = append(reactions, obj{
			"emoji": emojiJSON(r.emoji), "count": len(r.users), "me": contains(r.users, g.botID), "me_burst": false,
			"count_details": obj{"normal": len(r.users), "burst": 0}, "burst_colors": []any{},
		})
	}
	if reactions != nil {
		o["reactions"] = reactions
	}
	return o
}

func emojiJSON(name string) obj { return obj{"id": nil, "name": name} }

func (g *Guild) attachmentJSON(a *attachment) obj {
	url := g.fileURL(a)
	o := obj{"id": a.id, "filename": a.name, "size": len(a.body), "url": url, "proxy_url": url, "content_type": a.kind}
	if a.about != "" {
		o["description"] = a.about
	}
	if a.title != "" {
		o["title"] = a.title
	}
	if a.ephemeral {
		o["ephemeral"] = true
	}
	return o
}

func orEmpty(l []any) []any {
	if l == nil {
		return []any{}
	}
	return l
}

// toBot is a message as the application reads it over REST. Without the message content intent
// in the portal what other people wrote is empty (Discord, "Message Content Intent"); mu is held.
func (g *Guild) toBot(m *message) obj {
	o := g.messageJSON(m)
	if g.portal&IntentMessageContent == 0 && !g.ours(m) {
		empty(o)
	}
	return o
}

// ours says whether the bot reads a message without the message content intent: it is its own,
// it mentions the bot, or it is a direct message to it; mu is held.
func (g *Guild) ours(m *message) bool {
	c := g.channels[m.channel]
	return m.author == g.botID || c != nil && c.kind == DM || contains(m.mentions, g.botID)
}

// empty takes out of a message what the message content intent lets through.
func empty(o obj) {
	o["content"], o["embeds"], o["attachments"], o["components"] = "", []any{}, []any{}, []any{}
	if forwarded := clone(list(o["message_snapshots"])); len(forwarded) > 0 {
		for _, s := range forwarded {
			if m, ok := dig(s, "message").(obj); ok {
				empty(m)
			}
		}
		o["message_snapshots"] = forwarded
	}
}

// snapshot is a message as it is forwarded: without who wrote it, and where ("Message Snapshot
// Structure"); mu is held.
func (g *Guild) snapshot(m *message) obj {
	o, whole := obj{}, clone(g.messageJSON(m))
	for _, field := range []string{
		"type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "mentions", "mention_roles", "components",
	} {
		o[field] = whole[field]
	}
	return obj{"message": o}
}

// channelJSON is a channel as Discord gives it; mu is held.
func (g *Guild) channelJSON(c *channel) obj {
	o := obj{"id": c.id, "type": c.kind, "flags": 0, "last_message_id": nil}
	if n := len(c.messages); n > 0 {
		o["last_message_id"] = c.messages[n-1].id
	}
	switch {
	case c.kind == DM:
		o["recipients"] = []any{g.userJSON(c.dm)}
		return o
	case c.thread():
		o["owner_id"], o["message_count"], o["member_count"], o["rate_limit_per_user"] = c.owner, len(c.messages), len(c.members), c.slow
		o["total_message_sent"] = len(c.messages)
		meta := obj{
			"archived": c.archived, "locked": c.locked, "auto_archive_duration": c.autoArchive,
			"archive_timestamp": stamp(c.archiveAt), "create_timestamp": stamp(c.created),
		}
		if c.kind == PrivateThread {
			meta["invitable"] = c.invitable
		}
		o["thread_metadata"] = meta
	default:
		overwrites := []any{}
		for _, w := range c.overwrites {
			overwrites = append(overwrites, w.json())
		}
		o["permission_overwrites"], o["position"], o["nsfw"] = overwrites, c.position, false
		if c.kind == Text {
			o["topic"], o["rate_limit_per_user"] = nil, c.slow
			if c.topic != "" {
				o["topic"] = c.topic
			}
		}
	}
	o["guild_id"], o["name"], o["parent_id"] = c.guild, c.name, nil
	if c.parent != "" {
		o["parent_id"] = c.parent
	}
	return o
}

// obfuscated is the flag of a channel of which the gateway says only that it is there.
const obfuscated = 1 << 17

// channelTold is a channel as the gateway tells of it: of one that the bot does not see only
// where it stands (Discord, "Obfuscated Channels", since 2026-11-16); mu is held.
func (g *Guild) channelTold(c *channel) obj {
	o := g.channelJSON(c)
	if c.guild == "" || c.thread() || g.may(g.botID, c)&ViewChannel != 0 {
		return o
	}
	o["name"], o["flags"], o["last_message_id"] = "___hidden___", obfuscated, nil
	o["permission_overwrites"] = []any{overwrite{id: c.guild, role: true, deny: ViewChannel}.json()}
	if c.kind == Text {
		o["topic"], o["rate_limit_per_user"] = nil, 0
	}
	return o
}

// revealing tells of the channels that the bot comes to see, or sees no more, while something
// is done; mu is held.
func (g *Guild) revealing(do func()) {
	before := map[string]bool{}
	for _, id := range g.home.channelIDs {
		before[id] = g.may(g.botID, g.channels[id])&ViewChannel != 0
	}
	do()
	for _, id := range g.home.channelIDs {
		if c := g.channels[id]; before[id] != (g.may(g.botID, c)&ViewChannel != 0) {
			g.dispatch("CHANNEL_UPDATE", c, g.channelTold(c))
		}
	}
}

func (w overwrite) json() obj {
	kind := 1
	if w.role {
		kind = 0
	}
	return obj{"id": w.id, "type": kind, "allow": w.allow.String(), "deny": w.deny.String()}
}

// threadMemberJSON is a member of a thread; mu is held.
func (g *Guild) threadMemberJSON(c *channel, user string, with bool) obj {
	o := obj{"id": c.id, "user_id": user, "join_timestamp": stamp(c.created), "flags": 0}
	if with {
		o["member"] = g.memberJSON(g.servers[c.guild], user)
	}
	return o
}

func (r *role) json(s *server) obj {
	o := obj{
		"id": r.id, "name": r.name, "permissions": r.permissions.String(), "managed": r.managed, "mentionable": false, "hoist": false,
		"color": 0, "flags": 0, "position": slices.IndexFunc(s.roles, func(other *role) bool { return other.id == r.id }),
	}
	if r.bot != "" {
		o["tags"] = obj{"bot_id": r.bot}
	}
	return o
}

// guildJSON is a guild as Discord gives it; mu is held.
func (g *Guild) guildJSON(s *server) obj {
	roles := []any{}
	for _, r := range s.roles {
		roles = append(roles, r.json(s))
	}
	return obj{
		"id": s.id, "name": s.name, "owner_id": s.owner, "icon": nil, "roles": roles, "features": []any{}, "emojis": []any{}, "stickers": []any{},
		"preferred_locale": "ja", "afk_timeout": 300, "system_channel_id": nil, "verification_level": 1, "mfa_level": 0, "premium_tier": 0,
		"default_message_notifications": 0, "explicit_content_filter": 0, "nsfw_level": 0, "system_channel_flags": 0, "rules_channel_id": nil,
		"description": nil, "max_members": 500000, "premium_progress_bar_enabled": false, "vanity_url_code": nil,
	}
}
