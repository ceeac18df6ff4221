package discordtest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// rightToken says whether a token is the bot's, with the word before it or without.
func (g *Guild) rightToken(token string) bool { return strings.TrimPrefix(token, "Bot ") == g.token }

// identify begins a session (Discord, "Identify"); mu is held.
func (g *Guild) identify(s *socket, d any) (websocket.StatusCode, string) {
	intents, there := dig(d, "intents").(float64)
	asked := Intent(intents)
	shard, sharded := dig(d, "shard").([]any)
	switch {
	case s.session != nil:
		return closeTwice, "Already authenticated."
	case !g.rightToken(text(d, "token")):
		return closeWrongToken, "Authentication failed."
	case !there || asked&^known != 0 || asked < 0:
		return closeUnknownIntents, "Invalid intent(s)."
	case asked&privileged&^g.portal != 0:
		return closeIntents, "Disallowed intent(s)."
	case property(d, "os") == "" || property(d, "browser") == "":
		return closeDecode, "Error while decoding payload."
	case sharded && (len(shard) != 2 || shard[0] != 0.0 || shard[1] != 1.0):
		return closeShard, "Invalid shard."
	}
	now := time.Now()
	if now.Sub(g.gateway.identified) < g.gateway.pace {
		s.send(opInvalidSession, false)
		return 0, ""
	}
	g.gateway.identified = now
	g.gateway.identifies++
	s.compress, _ = dig(d, "compress").(bool)
	n := &session{id: g.snowflake() + random(), intents: asked, socket: s}
	g.gateway.sessions[n.id], s.session = n, n
	var guilds []any
	servers := slices.SortedFunc(maps.Values(g.servers), func(a, b *server) int { return older(a.id, b.id) })
	servers = slices.DeleteFunc(servers, func(s *server) bool { return s.members[g.botID] == nil })
	for _, one := range servers {
		guilds = append(guilds, obj{"id": one.id, "unavailable": true})
	}
	g.give(n, "READY", obj{
		"v": 9, "user": g.userJSON(g.botID), "guilds": orEmpty(guilds), "session_id": n.id, "session_type": "normal",
		"resume_gateway_url": g.wsURL() + "/gw", "application": obj{"id": g.appID, "flags": g.appFlags()},
		"private_channels": []any{}, "presences": []any{}, "relationships": []any{}, "user_settings": obj{}, "_trace": []any{"fake"},
	})
	if asked&IntentGuilds != 0 {
		for _, one := range servers {
			g.give(n, "GUILD_CREATE", g.created(one, asked))
		}
	}
	return 0, ""
}

// property reads a property of the connection. Their names once began with a dollar sign
// (Discord, "Updated Connection Property Field Names", 2022-06-17), and discordgo's still do.
func property(d any, name string) string {
	if s := text(d, "properties", name); s != "" {
		return s
	}
	return text(d, "properties", "$"+name)
}

func (g *Guild) wsURL() string { return "ws" + strings.TrimPrefix(g.server.URL, "http") }

// created is the payload of GUILD_CREATE; mu is held.
func (g *Guild) created(s *server, asked Intent) obj {
	o := g.guildJSON(s)
	channels, threads, members := []any{}, []any{}, []any{}
	for _, id := range s.channelIDs {
		channels = append(channels, g.channelTold(g.channels[id]))
		if o["system_channel_id"] == nil && g.channels[id].kind == Text {
			o["system_channel_id"] = id // where Discord itself speaks: the first one, until somebody chooses another
		}
	}
	for _, c := range g.threads(s.id) {
		if !c.archived && g.may(g.botID, c)&ViewChannel != 0 {
			threads = append(threads, g.channelJSON(c))
		}
	}
	for _, id := range s.order {
		if s.members[id] != nil && (id == g.botID || asked&IntentGuildMembers != 0) {
			members = append(members, g.memberJSON(s, id))
		}
	}
	o["joined_at"], o["large"], o["unavailable"], o["member_count"] = stamp(s.members[g.botID].joined), false, false, len(s.members)
	o["channels"], o["threads"], o["members"], o["presences"], o["voice_states"] = channels, threads, members, []any{}, []any{}
	o["guild_scheduled_events"], o["stage_instances"], o["soundboard_sounds"] = []any{}, []any{}, []any{}
	return o
}

// appFlags say which privileged intents the portal allows to an application in fewer than 100
// guilds (Discord, "Application Flags": the …_LIMITED ones).
func (g *Guild) appFlags() int {
	flags := 0
	for intent, bit := range map[Intent]int{IntentGuildPresences: 13, IntentGuildMembers: 15, IntentMessageContent: 19} {
		if g.portal&intent != 0 {
			flags |= 1 << bit
		}
	}
	return flags
}

// resume goes on with a session: the events that were missed, in order, then RESUMED (Discord,
// "Resuming"); mu is held.
func (g *Guild) resume(s *socket, d any) (websocket.StatusCode, string) {
	seq, there := dig(d, "seq").(float64)
	switch {
	case s.session != nil:
		return closeTwice, "Already authenticated."
	case !g.rightToken(text(d, "token")):
		return closeWrongToken, "Authentication failed."
	case !there:
		return closeDecode, "Error while decoding payload."
	}
	n := g.gateway.sessions[text(d, "session_id")]
	if len(g.gateway.refusals) > 0 {
		again := g.gateway.refusals[0]
		g.gateway.refusals = g.gateway.refusals[1:]
		if !again && n != nil {
			delete(g.gateway.sessions, n.id)
		}
		g.gateway.refused++
		s.send(opInvalidSession, again)
		return 0, ""
	}
	if n == nil {
		g.gateway.refused++
		s.send(opInvalidSession, false)
		return 0, ""
	}
	if int(seq) > n.seq || seq < 0 {
		delete(g.gateway.sessions, n.id)
		return closeSeq, "Invalid seq."
	}
	if old := n.socket; old != nil {
		old.end(closeUnknownError, "resumed elsewhere")
		old.session = nil
	}
	n.socket, s.session = s, n
	g.gateway.resumes++
	from := int(seq) - g.gateway.again
	g.gateway.again = 0
	for _, e := range n.log {
		if e.seq > from {
			s.dispatch(e)
		}
	}
	g.give(n, "RESUMED", obj{"_trace": []any{"fake"}})
	return 0, ""
}

// membersEvery is how often all members of a guild may be asked for (Discord, "Rate Limit for
// Request Guild Members", 2025-08-14).
const membersEvery = 30 * time.Second

// members answers a request for members (Discord, "Request Guild Members"); mu is held.
func (g *Guild) members(s *socket, d any) {
	home := g.servers[text(d, "guild_id")]
	if ids := texts(dig(d, "guild_id")); len(ids) == 1 {
		home = g.servers[ids[0]]
	}
	if home == nil || home.members[g.botID] == nil {
		return
	}
	query, asked := dig(d, "query").(string)
	if asked && query == "" && number(d, "limit") == 0 {
		if s.session.intents&IntentGuildMembers == 0 {
			g.blame("gateway", "all members are given with the intent GUILD_MEMBERS only")
			return
		}
		if wait := time.Until(g.gateway.listed[home.id].Add(membersEvery)); wait > 0 {
			g.give(s.session, "RATE_LIMITED", obj{
				"opcode": opMembers, "retry_after": wait.Seconds(), "meta": obj{"guild_id": home.id, "nonce": text(d, "nonce")},
			})
			return
		}
		g.gateway.listed[home.id] = time.Now()
	}
	ids := texts(dig(d, "user_ids"))
	if one := text(d, "user_ids"); one != "" {
		ids = []string{one}
	}
	found, missing := []any{}, []any{}
	for _, id := range home.order {
		if home.members[id] != nil && (contains(ids, id) || asked && strings.HasPrefix(strings.ToLower(g.displayed(home.id, id)), strings.ToLower(query))) {
			found = append(found, g.memberJSON(home, id))
		}
	}
	for _, id := range ids {
		if home.members[id] == nil {
			missing = append(missing, id)
		}
	}
	// 1,000 members in a chunk (Discord, "Guild Members Chunk").
	count := max(1, (len(found)+999)/1000)
	for i := range count {
		g.give(s.session, "GUILD_MEMBERS_CHUNK", obj{
			"guild_id": home.id, "members": found[min(i*1000, len(found)):min((i+1)*1000, len(found))], "chunk_index": i, "chunk_count": count,
			"not_found": missing, "nonce": text(d, "nonce"),
		})
	}
}
