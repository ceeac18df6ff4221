package discordtest

import "maps"

// commandsPerDay is how many commands may be made new in a guild within a day (Discord,
// "Registering a Command": 200; JSON error 30034).
const commandsPerDay = 200

func getCommands(g *Guild, s *server, in *request) (any, *problem) {
	if in.id("application") != g.appID {
		return nil, no(403, 20012, "You are not authorized to perform this action on this application")
	}
	return shownCommands(s.commands, in.query.Get("with_localizations") == "true"), nil
}

func getGlobalCommands(g *Guild, in *request) (any, *problem) {
	if in.id("application") != g.appID {
		return nil, no(403, 20012, "You are not authorized to perform this action on this application")
	}
	return shownCommands(g.commands, in.query.Get("with_localizations") == "true"), nil
}

// shownCommands leaves the localizations out unless they are asked for.
func shownCommands(commands []obj, full bool) []any {
	out := []any{}
	for _, c := range commands {
		c = clone(c)
		if !full {
			delete(c, "name_localizations")
			delete(c, "description_localizations")
			for _, o := range list(c["options"]) {
				plain(o)
			}
		}
		out = append(out, c)
	}
	return out
}

func plain(v any) {
	o, _ := v.(obj)
	delete(o, "name_localizations")
	delete(o, "description_localizations")
	for _, name := range []string{"options", "choices"} {
		for _, v := range list(o[name]) {
			plain(v)
		}
	}
}

func putCommands(g *Guild, s *server, in *request) (any, *problem) {
	commands, p := g.overwriteCommands(in, s.commands, s.id)
	if p != nil {
		return nil, p
	}
	s.commands = commands
	return shownCommands(commands, true), nil
}

func putGlobalCommands(g *Guild, in *request) (any, *problem) {
	commands, p := g.overwriteCommands(in, g.commands, "")
	if p != nil {
		return nil, p
	}
	g.commands = commands
	return shownCommands(commands, true), nil
}

// overwriteCommands takes the place of all commands; those of the same name and type keep their
// ID (Discord, "Bulk Overwrite Guild Application Commands").
func (g *Guild) overwriteCommands(in *request, before []obj, guild string) ([]obj, *problem) {
	if in.id("application") != g.appID {
		return nil, no(403, 20012, "You are not authorized to perform this action on this application")
	}
	if in.list == nil {
		return nil, invalid("body", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	}
	if p := g.checkCommands(in.list, guild == ""); p != nil {
		return nil, p
	}
	var next []obj
	fresh := 0
	for _, v := range in.list {
		o := obj{
			"application_id": g.appID, "type": 1.0, "default_member_permissions": nil, "nsfw": false, "dm_permission": true,
			"name_localizations": nil, "description": "", "description_localizations": nil, "integration_types": []any{0}, "contexts": nil,
		}
		maps.Copy(o, clone(v.(obj)))
		if guild != "" {
			o["guild_id"] = guild
		}
		delete(o, "id")
		for _, old := range before {
			if old["name"] == o["name"] && old["type"] == o["type"] {
				o["id"] = old["id"]
			}
		}
		if o["id"] == nil {
			o["id"] = g.snowflake()
			fresh++
		}
		o["version"] = g.snowflake()
		next = append(next, clone(o))
	}
	if g.limits.commands[guild]+fresh > commandsPerDay {
		return nil, no(400, 30034, "Max number of daily application command creates has been reached (200)")
	}
	g.limits.commands[guild] += fresh
	return next, nil
}

// Commands are the commands that the company's server has, as Discord keeps them.
func (g *Guild) Commands() []map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return clone(g.home.commands)
}
