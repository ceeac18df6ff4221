package discordtest

import (
	"slices"
	"strings"
	"time"
)

// guildRoutes are what the application asks about itself, its guilds and their members.
var guildRoutes = map[string]route{
	"GET /gateway":     func(g *Guild, _ *request) (any, *problem) { return obj{"url": g.wsURL() + "/gw/"}, nil },
	"GET /gateway/bot": gatewayBot,
	GetMe: func(g *Guild, _ *request) (any, *problem) {
		o := g.userJSON(g.botID)
		o["verified"], o["mfa_enabled"], o["locale"], o["flags"] = true, false, "ja", 0
		return o, nil
	},
	"GET /users/{user}": func(g *Guild, in *request) (any, *problem) {
		if g.users[in.id("user")] == nil {
			return nil, no(404, 10013, "Unknown User")
		}
		return g.userJSON(in.id("user")), nil
	},
	"GET /users/@me/guilds":            myGuilds,
	"DELETE /users/@me/guilds/{guild}": leaveGuild,
	"GET /applications/@me":            application,
	"GET /oauth2/applications/@me":     application,
	"GET /guilds/{guild}":              inGuild(getGuild),
	"GET /guilds/{guild}/roles": inGuild(func(g *Guild, s *server, _ *request) (any, *problem) {
		return g.guildJSON(s)["roles"], nil
	}),
	GetMember: inGuild(func(g *Guild, s *server, in *request) (any, *problem) {
		id := in.id("user")
		switch {
		case g.users[id] == nil:
			return nil, no(404, 10013, "Unknown User")
		case s.members[id] == nil:
			return nil, no(404, 10007, "Unknown Member")
		}
		return g.memberJSON(s, id), nil
	}),
	ListMembers:                          inGuild(listMembers),
	"GET /guilds/{guild}/members/search": inGuild(searchMembers),
	ListChannels:                         inGuild(listChannels),
	CreateChannel:                        inGuild(createChannel),
	"GET /guilds/{guild}/threads/active": inGuild(activeThreads),
	GetCommands:                          inGuild(getCommands),
	PutCommands:                          inGuild(putCommands),
	"GET /applications/{application}/commands": getGlobalCommands,
	"PUT /applications/{application}/commands": putGlobalCommands,
}

// inGuild finds the guild of a route; a guild that the bot is not in does not exist for it.
func inGuild(do func(*Guild, *server, *request) (any, *problem)) route {
	return func(g *Guild, in *request) (any, *problem) {
		s := g.servers[in.id("guild")]
		if s == nil {
			return nil, no(404, 10004, "Unknown Guild")
		}
		if s.members[g.botID] == nil {
			return nil, no(403, 50001, "Missing Access")
		}
		return do(g, s, in)
	}
}

func gatewayBot(g *Guild, _ *request) (any, *problem) {
	remaining, reset := max(0, 1000-g.gateway.identifies), 24*time.Hour
	if g.gateway.remaining != nil {
		remaining, reset = *g.gateway.remaining, g.gateway.resetAfter
	}
	return obj{
		"url": g.wsURL() + "/gw/", "shards": 1,
		"session_start_limit": obj{"total": 1000, "remaining": remaining, "reset_after": reset.Milliseconds(), "max_concurrency": 1},
	}, nil
}

func application(g *Guild, _ *request) (any, *problem) {
	return obj{
		"id": g.appID, "name": "hikeshi", "icon": nil, "description": "", "bot_public": g.public, "bot_require_code_grant": false,
		"verify_key": random(), "flags": g.appFlags(), "team": nil, "summary": "", "bot": g.userJSON(g.botID),
		"owner": g.userJSON(g.home.owner), "approximate_guild_count": len(g.servers), "redirect_uris": []any{}, "interactions_endpoint_url": nil,
	}, nil
}

func myGuilds(g *Guild, in *request) (any, *problem) {
	if _, p := in.number("limit", 200, 1, 200); p != nil {
		return nil, p
	}
	out := []any{}
	for _, s := range g.servers {
		if s.members[g.botID] != nil {
			out = append(out, obj{
				"id": s.id, "name": s.name, "icon": nil, "banner": nil, "owner": s.owner == g.botID, "permissions": s.may(g.botID).String(),
				"features": []any{},
			})
		}
	}
	slices.SortFunc(out, func(a, b any) int { return older(text(a, "id"), text(b, "id")) })
	return out, nil
}

func leaveGuild(g *Guild, in *request) (any, *problem) {
	s := g.servers[in.id("guild")]
	if s == nil || s.members[g.botID] == nil {
		return nil, no(404, 10004, "Unknown Guild")
	}
	g.leave(s)
	return nil, nil
}

// leave takes the bot out of a guild; mu is held.
func (g *Guild) leave(s *server) {
	delete(s.members, g.botID)
	s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == g.botID })
	s.commands = nil
	g.dispatch("GUILD_DELETE", nil, obj{"id": s.id}) // no "unavailable": it was removed
}

func getGuild(g *Guild, s *server, in *request) (any, *problem) {
	o := g.guildJSON(s)
	if in.query.Get("with_counts") == "true" {
		o["approximate_member_count"], o["approximate_presence_count"] = len(s.members), 1
	}
	return o, nil
}

// listMembers needs the privileged intent in the portal (Discord, "List Guild Members"; at most
// 1,000 at once).
func listMembers(g *Guild, s *server, in *request) (any, *problem) {
	if g.portal&IntentGuildMembers == 0 {
		return nil, no(403, 50001, "Missing Access").because("the intent GUILD_MEMBERS is off in the portal")
	}
	limit, p := in.number("limit", 1, 1, 1000)
	if p != nil {
		return nil, p
	}
	ids := slices.Clone(s.order)
	slices.SortFunc(ids, older)
	out := []any{}
	for _, id := range ids {
		if len(out) < limit && older(id, in.query.Get("after")) > 0 {
			out = append(out, g.memberJSON(s, id))
		}
	}
	return out, nil
}

// searchMembers finds those whose name or nickname begins with a text.
func searchMembers(g *Guild, s *server, in *request) (any, *problem) {
	limit, p := in.number("limit", 1, 1, 1000)
	if p != nil {
		return nil, p
	}
	query := strings.ToLower(in.query.Get("query"))
	if query == "" {
		return nil, invalid("query", "BASE_TYPE_REQUIRED", "This field is required")
	}
	out := []any{}
	for _, id := range s.order {
		u := g.users[id]
		name := strings.HasPrefix(strings.ToLower(u.name), query) || strings.HasPrefix(strings.ToLower(s.members[id].nick), query) ||
			strings.HasPrefix(strings.ToLower(u.shown), query)
		if len(out) < limit && name {
			out = append(out, g.memberJSON(s, id))
		}
	}
	return out, nil
}
