package discordtest

import (
	"slices"
	"time"
)

// messageRoutes are what is done with messages, pins, reactions and direct messages.
var messageRoutes = map[string]route{
	ListMessages:                            inChannel(listMessages),
	GetMessage:                              onMessage(func(g *Guild, _ *channel, m *message, _ *request) (any, *problem) { return g.toBot(m), nil }, ReadMessageHistory),
	CreateMessage:                           inChannel(createMessage),
	EditMessage:                             onMessage(changeMessage, 0),
	DeleteMessage:                           onMessage(deleteMessage, 0),
	"GET /channels/{channel}/messages/pins": inChannel(listPins),
	PinMessage:                              onMessage(pin, PinMessages),
	UnpinMessage:                            onMessage(unpin, PinMessages),
	React:                                   onMessage(react, ReadMessageHistory),
	"DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me": onMessage(unreact, 0),
	"GET /channels/{channel}/messages/{message}/reactions/{emoji}":        onMessage(reacted, ReadMessageHistory),
	OpenDM:      openDM,
	RefreshURLs: refreshURLs,
}

// nonceFor is how long a nonce is remembered: "the past few minutes" (Discord, "Create
// Message", enforce_nonce). Discord gives no number.
const nonceFor = 5 * time.Minute

// maxRequest is what a request with a message may be (Discord, "Create Message": 25 MiB), and
// maxFile what one file may be without Nitro or boosts (Discord, "Uploading Files": 10 MiB).
const (
	maxRequest = 25 << 20
	maxFile    = 10 << 20
)

// onMessage finds the message of a route. What is for one person alone is not to be found here.
func onMessage(do func(*Guild, *channel, *message, *request) (any, *problem), want Permission) route {
	return inChannel(func(g *Guild, c *channel, in *request) (any, *problem) {
		if p := g.needs(c, want); p != nil {
			return nil, p
		}
		m := c.message(in.id("message"))
		if m == nil || m.onlyFor != "" {
			return nil, no(404, 10008, "Unknown Message")
		}
		return do(g, c, m, in)
	})
}

func listMessages(g *Guild, c *channel, in *request) (any, *problem) {
	limit, p := in.number("limit", 50, 1, 100)
	if p != nil {
		return nil, p
	}
	before, after, around := in.query.Get("before"), in.query.Get("after"), in.query.Get("around")
	if around != "" || before != "" && after != "" {
		return nil, invalid("around", "INVALID", "one of before and after is spoken here")
	}
	out := []any{}
	if g.may(g.botID, c)&ReadMessageHistory == 0 {
		return out, nil
	}
	all := slices.DeleteFunc(slices.Clone(c.messages), func(m *message) bool {
		return m.onlyFor != "" || before != "" && older(m.id, before) >= 0 || after != "" && older(m.id, after) <= 0
	})
	if after != "" {
		all = all[:min(limit, len(all))] // the oldest of those that came after it
	} else {
		all = all[max(0, len(all)-limit):]
	}
	for _, m := range slices.Backward(all) { // the newest first
		out = append(out, g.toBot(m))
	}
	return out, nil
}

// tooBig refuses what is too big to be sent.
func tooBig(in *request) *problem {
	sum := 0
	for _, f := range in.files {
		if sum += len(f.body); len(f.body) > maxFile {
			return no(413, 40005, "Request entity too large").because("%s has %d bytes", f.name, len(f.body))
		}
	}
	if sum > maxRequest {
		return no(413, 40005, "Request entity too large").because("%d bytes", sum)
	}
	return nil
}

// mayWrite refuses what the bot may not write in a channel; mu is held.
func (g *Guild) mayWrite(c *channel, in *request) *problem {
	want := SendMessages
	if len(list(in.body["embeds"])) > 0 {
		want |= EmbedLinks
	}
	if len(in.files) > 0 {
		want |= AttachFiles
	}
	switch {
	case c.kind == Category:
		return no(400, 50008, "Cannot send messages in a non-text channel")
	case c.kind == DM:
		return g.mayWriteTo(c.dm)
	case c.thread() && c.locked && g.may(g.botID, c)&ManageThreads == 0:
		return no(403, 160005, "Thread is locked").excuse()
	case c.archived && c.locked:
		// "Sending a message will automatically unarchive the thread, unless the thread has been
		// locked by a moderator" (Discord, "Active & Archived Threads").
		return no(400, 50083, "Thread is archived")
	}
	return g.needs(c, want)
}

// mayWriteTo refuses direct messages to those who do not take them; mu is held.
func (g *Guild) mayWriteTo(person string) *problem {
	u := g.users[person]
	common := slices.ContainsFunc(values(g.servers), func(s *server) bool { return s.members[person] != nil && s.members[g.botID] != nil })
	switch {
	case u == nil || u.closed || u.bot:
		return no(403, 50007, "Cannot send messages to this user")
	case !common:
		return no(403, 50278, "Cannot send messages to this user due to having no mutual guilds")
	}
	return nil
}

func createMessage(g *Guild, c *channel, in *request) (any, *problem) {
	if p := tooBig(in); p != nil {
		return nil, p
	}
	if p := g.checkMessage(in.body, in.files, false, false); p != nil {
		return nil, p
	}
	if p := g.mayWrite(c, in); p != nil {
		return nil, p
	}
	m := &message{author: g.botID, channel: c.id, nonce: in.body["nonce"]}
	key := nonceKey(g.botID, c.id, m.nonce)
	if enforce, _ := in.body["enforce_nonce"].(bool); enforce && m.nonce != nil {
		if n, there := g.nonces[key]; there && time.Since(n.at) < nonceFor {
			if before := c.message(n.message); before != nil {
				return g.messageJSON(before), nil
			}
		}
	}
	if ref, there := in.body["message_reference"].(obj); there {
		if p := g.refer(c, m, ref); p != nil {
			return nil, p
		}
	}
	if p := g.compose(m, in.body, in.files); p != nil {
		return nil, p
	}
	g.post(c, m)
	if m.nonce != nil {
		g.nonces[key] = nonce{m.id, time.Now()}
	}
	return g.messageJSON(m), nil
}

func nonceKey(author, channel string, nonce any) string {
	return author + " " + channel + " " + string(asJSON(nonce))
}

// refer makes a message a reply; mu is held.
func (g *Guild) refer(c *channel, m *message, ref obj) *problem {
	if p := only("message_reference", ref, "type", "message_id", "channel_id", "guild_id", "fail_if_not_exists"); p != nil {
		return p
	}
	if p := g.needs(c, ReadMessageHistory); p != nil {
		return no(403, 160002, "Cannot reply without permission to read message history")
	}
	fail, there := ref["fail_if_not_exists"].(bool)
	if c.message(text(ref, "message_id")) == nil && (fail || !there) {
		return invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message").excuse()
	}
	m.kind, m.reference = 19, obj{"type": 0, "message_id": ref["message_id"], "channel_id": c.id}
	return nil
}

func changeMessage(g *Guild, c *channel, m *message, in *request) (any, *problem) {
	if p := tooBig(in); p != nil {
		return nil, p
	}
	if p := g.checkMessage(in.body, in.files, true, false); p != nil {
		return nil, p
	}
	switch {
	case m.author != g.botID:
		return nil, no(403, 50005, "Cannot edit a message authored by another user")
	case m.system():
		return nil, no(403, 50021, "Cannot execute action on a system message")
	case c.archived:
		return nil, no(400, 50083, "Thread is archived")
	}
	if p := g.compose(m, in.body, in.files); p != nil {
		return nil, p
	}
	g.edited(c, m)
	return g.messageJSON(m), nil
}

func deleteMessage(g *Guild, c *channel, m *message, in *request) (any, *problem) {
	if p := in.bare(); p != nil {
		return nil, p
	}
	if m.author != g.botID {
		if p := g.needs(c, ManageMessages); p != nil || c.kind == DM {
			return nil, no(403, 50013, "Missing Permissions")
		}
	}
	if m.system() && m.kind != pinned { // which may be deleted (Discord, "Message Types")
		return nil, no(403, 50021, "Cannot execute action on a system message")
	}
	if c.archived {
		return nil, no(400, 50083, "Thread is archived")
	}
	g.unpost(c, m)
	return nil, nil
}

func openDM(g *Guild, in *request) (any, *problem) {
	if p := in.only("recipient_id"); p != nil {
		return nil, p
	}
	id := text(in.body, "recipient_id")
	switch {
	case id == "":
		return nil, invalid("recipient_id", "BASE_TYPE_REQUIRED", "This field is required")
	case g.users[id] == nil:
		return nil, no(400, 50033, "Invalid Recipient(s)").excuse() // the account was deleted
	case g.users[id].bot:
		return nil, no(400, 50007, "Cannot send messages to this user")
	case g.tooManyDMs:
		return nil, no(403, 40003, "You are opening direct messages too fast")
	}
	return g.channelJSON(g.direct(id)), nil
}
