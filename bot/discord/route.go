package discord

import (
	"slices"
	"strings"
)

// route is a kind of call and what its bucket is counted for: a channel, a server, a webhook.
type route struct {
	kind string // such as POST channels/*/messages
	of   string // the ID of the channel, server or webhook; empty: of the bot as a whole
}

func (r route) String() string { return r.kind }

// routeOf tells the route of a path below /api/v9/. What stands in an error or a lane's name
// has no token of an interaction in it.
func routeOf(method, path string) route {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	of := ""
	for i := range parts {
		switch {
		case i == 1 && slices.Contains([]string{"channels", "guilds", "webhooks", "interactions"}, parts[0]):
			of, parts[i] = parts[i], "*"
		case i == 2 && slices.Contains([]string{"webhooks", "interactions"}, parts[0]):
			parts[i] = "*"
		case i > 1 && parts[i-1] == "reactions", isID(parts[i]):
			parts[i] = "*"
		}
	}
	return route{kind: method + " " + strings.Join(parts, "/"), of: of}
}

func isID(s string) bool {
	return len(s) > 0 && strings.Trim(s, "0123456789") == ""
}
