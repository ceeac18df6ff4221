package discordtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of channels: in a guild, categories included and threads not (JSON error 30013); in a
// category (Discord, "Create Guild Channel"; CHANNEL_PARENT_MAX_CHANNELS); overwrites of one
// channel (JSON error 30060); active threads of a guild (Discord, "Threads": 1,000; JSON error
// 160006).
const (
	maxChannels   = 500
	maxInCategory = 50
	maxOverwrites = 1000
	maxThreads    = 1000
)

// channelRoutes are what is done with channels and their overwrites.
var channelRoutes = map[string]route{
	GetChannel:      inChannel(getChannel),
	ChangeChannel:   inChannel(changeChannel),
	DeleteChannel:   inChannel(deleteChannel),
	PutOverwrite:    inChannel(putOverwrite),
	DeleteOverwrite: inChannel(deleteOverwrite),
	"POST /channels/{channel}/typing": inChannel(func(g *Guild, c *channel, in *request) (any, *problem) {
		return nil, g.needs(c, SendMessages)
	}),
}

// inChannel finds the channel of a route, and refuses those that the bot does not see.
func inChannel(do func(*Guild, *channel, *request) (any, *problem)) route {
	return func(g *Guild, in *request) (any, *problem) {
		c := g.channels[in.id("channel")]
		if c == nil {
			return nil, no(404, 10003, "Unknown Channel")
		}
		if p := g.needs(c, ViewChannel); p != nil {
			return nil, p
		}
		return do(g, c, in)
	}
}

func getChannel(g *Guild, c *channel, _ *request) (any, *problem) {
	o := g.channelJSON(c)
	if c.thread() && contains(c.members, g.botID) { // "a thread member object is included"
		o["member"] = g.threadMemberJSON(c, g.botID, false)
	}
	return o, nil
}

func listChannels(g *Guild, s *server, _ *request) (any, *problem) {
	out := []any{}
	for _, id := range s.channelIDs {
		// What the bot does not see is left out since 2026-11-16 (Discord, "Channel Obfuscation
		// for Users and Bots"), and counts towards the limits all the same.
		if g.may(g.botID, g.channels[id])&ViewChannel != 0 {
			out = append(out, g.channelJSON(g.channels[id]))
		}
	}
	return out, nil
}

func createChannel(g *Guild, s *server, in *request) (any, *problem) {
	if p := g.needsInGuild(s, ManageChannels); p != nil {
		return nil, p
	}
	if p := in.only("name", "type", "topic", "position", "permission_overwrites", "parent_id", "nsfw", "rate_limit_per_user",
		"default_auto_archive_duration", "default_thread_rate_limit_per_user"); p != nil {
		return nil, p
	}
	kind := number(in.body, "type")
	if kind != Text && kind != Category {
		return nil, invalid("type", "BASE_TYPE_CHOICES", "this Discord knows text channels and categories only")
	}
	c := &channel{guild: s.id, kind: kind, position: len(s.channelIDs)}
	if p := g.describe(c, in.body, true); p != nil {
		return nil, p
	}
	if v, there := in.body["permission_overwrites"]; there {
		overwrites, p := g.readOverwrites(s, nil, v)
		if p != nil {
			return nil, p
		}
		c.overwrites = overwrites
	} else if parent := g.channels[c.parent]; parent != nil {
		c.overwrites = slices.Clone(parent.overwrites) // a new channel begins in step with its category
	}
	if len(s.channelIDs) >= maxChannels {
		return nil, no(400, 30013, "Maximum number of server channels reached (500)")
	}
	g.settle(s, c)
	return made{g.channelJSON(c)}, nil
}

// settle puts a channel into a guild and tells the application; mu is held.
func (g *Guild) settle(s *server, c *channel) {
	c.id, c.created = g.snowflake(), g.now()
	g.channels[c.id] = c
	s.channelIDs = append(s.channelIDs, c.id)
	g.dispatch("CHANNEL_CREATE", c, g.channelTold(c))
	g.touch()
}

// describe reads name, topic, category and the like; mu is held.
func (g *Guild) describe(c *channel, body obj, fresh bool) *problem {
	if v, there := body["name"]; there || fresh {
		name, _ := v.(string)
		if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
			return invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
		}
		c.name = channelName(c.kind, name)
	}
	if v, there := body["topic"]; there {
		topic, _ := v.(string)
		if c.kind != Text || utf8.RuneCountInString(topic) > 1024 {
			return invalid("topic", "BASE_TYPE_MAX_LENGTH", "Must be 1024 or fewer in length, of a text channel.")
		}
		c.topic = topic
	}
	if v, there := body["rate_limit_per_user"]; there {
		n, _ := v.(float64)
		if n < 0 || n > 21600 {
			return invalid("rate_limit_per_user", "NUMBER_TYPE_MAX", "int value should be 0 to 21600.")
		}
		c.slow = int(n)
	}
	if v, there := body["position"].(float64); there {
		c.position = int(v)
	}
	if v, there := body["parent_id"]; there {
		return g.move(c, v)
	}
	return nil
}

// move puts a channel under a category, or under none; mu is held.
func (g *Guild) move(c *channel, v any) *problem {
	id, _ := v.(string)
	if id == "" && v != nil {
		return invalid("parent_id", "NUMBER_TYPE_COERCE", "Value is not snowflake.")
	}
	if id == "" || id == c.parent {
		c.parent = id
		return nil
	}
	parent := g.channels[id]
	switch {
	case c.kind == Category, parent != nil && parent.kind != Category:
		return invalid("parent_id", "CHANNEL_PARENT_INVALID_TYPE", "Not a category")
	case parent == nil || parent.guild != c.guild:
		return invalid("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist").excuse() // it was deleted
	}
	if p := g.needs(parent, ManageChannels); p != nil {
		return p
	}
	in := 0
	for _, other := range g.servers[c.guild].channelIDs {
		if g.channels[other].parent == id {
			in++
		}
	}
	if in >= maxInCategory {
		return invalid("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", "Maximum number of channels in category reached (50)").excuse()
	}
	c.parent = id
	return nil
}

// channelName is a name as Discord keeps it: text channels and threads of text in small letters
// and without spaces.
func channelName(kind int, name string) string {
	if kind != Text {
		return name
	}
	return strings.Join(strings.Fields(strings.ToLower(name)), "-")
}

func changeChannel(g *Guild, c *channel, in *request) (any, *problem) {
	switch {
	case c.kind == DM:
		return nil, no(400, 50003, "Cannot execute action on a DM channel")
	case c.thread():
		return changeThread(g, c, in)
	}
	if p := g.needs(c, ManageChannels); p != nil {
		return nil, p
	}
	if p := in.only("name", "topic", "position", "permission_overwrites", "parent_id", "nsfw", "rate_limit_per_user",
		"default_auto_archive_duration", "default_thread_rate_limit_per_user", "type", "flags"); p != nil {
		return nil, p
	}
	next := *c
	if p := g.describe(&next, in.body, false); p != nil {
		return nil, p
	}
	if v, there := in.body["permission_overwrites"]; there {
		if p := g.needs(c, ManageRoles); p != nil {
			return nil, p
		}
		overwrites, p := g.readOverwrites(g.servers[c.guild], c, v)
		if p != nil {
			return nil, p
		}
		next.overwrites = overwrites
	}
	*c = next
	g.dispatch("CHANNEL_UPDATE", c, g.channelTold(c))
	return g.channelJSON(c), nil
}

func deleteChannel(g *Guild, c *channel, in *request) (any, *problem) {
	want := ManageChannels
	switch {
	case c.kind == DM:
		return g.channelJSON(c), nil // it is only closed
	case c.thread():
		want = ManageThreads
	}
	if p := g.needs(c, want); p != nil {
		return nil, p
	}
	o := g.channelJSON(c)
	g.remove(c)
	return o, nil
}

// remove deletes a channel or a thread for good; mu is held.
func (g *Guild) remove(c *channel) {
	name := "CHANNEL_DELETE"
	if c.thread() {
		name = "THREAD_DELETE"
	}
	g.dispatch(name, c, g.channelTold(c))
	s := g.servers[c.guild]
	s.channelIDs = slices.DeleteFunc(s.channelIDs, func(id string) bool { return id == c.id })
	delete(g.channels, c.id)
	for _, other := range g.channels {
		if other.parent != c.id {
			continue
		}
		if other.thread() {
			delete(g.channels, other.id)
			continue
		}
		other.parent = "" // deleting a category does not delete what stands in it
		g.dispatch("CHANNEL_UPDATE", other, g.channelTold(other))
	}
	g.touch()
}

// readOverwrites reads a channel's overwrites as a whole; mu is held.
func (g *Guild) readOverwrites(s *server, c *channel, v any) ([]overwrite, *problem) {
	l, ok := v.([]any)
	if !ok && v != nil {
		return nil, invalid("permission_overwrites", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	}
	if len(l) > maxOverwrites {
		return nil, no(400, 30060, "Maximum number of channel permission overwrites reached (1000)")
	}
	var out []overwrite
	for i, v := range l {
		o, _ := v.(obj)
		w, p := g.readOverwrite(s, c, fmt.Sprintf("permission_overwrites.%d", i), text(o, "id"), o)
		if p != nil {
			return nil, p
		}
		if slices.ContainsFunc(out, func(other overwrite) bool { return other.id == w.id }) {
			return nil, invalid(fmt.Sprintf("permission_overwrites.%d.id", i), "DUPLICATE", "%s stands there twice", w.id)
		}
		out = append(out, w)
	}
	return out, nil
}

// readOverwrite reads one overwrite. "Only permissions your bot has in the guild or parent
// channel can be allowed/denied"; ManageRoles only by administrators (Discord, "Edit Channel
// Permissions", "Create Guild Channel"). mu is held.
func (g *Guild) readOverwrite(s *server, c *channel, at, id string, o obj) (overwrite, *problem) {
	if p := only(at, o, "id", "type", "allow", "deny"); p != nil {
		return overwrite{}, p
	}
	kind, ok := o["type"].(float64)
	if !ok || kind != 0 && kind != 1 {
		return overwrite{}, invalid(at+".type", "BASE_TYPE_CHOICES", "Value must be one of (0, 1).")
	}
	w := overwrite{id: id, role: kind == 0}
	for name, into := range map[string]*Permission{"allow": &w.allow, "deny": &w.deny} {
		switch v := o[name].(type) {
		case nil:
		case string:
			n, err := strconv.ParseUint(v, 10, 64)
			if err != nil {
				return overwrite{}, invalid(at+"."+name, "NUMBER_TYPE_COERCE", "%q is no set of permissions", v)
			}
			*into = Permission(n)
		default: // numbers are of API v6 and v7
			return overwrite{}, invalid(at+"."+name, "BASE_TYPE_STRING", "must be a number in a string")
		}
	}
	switch {
	case w.role && s.role(id) == nil:
		return overwrite{}, no(404, 10011, "Unknown Role")
	case !w.role && g.users[id] == nil:
		return overwrite{}, no(404, 10013, "Unknown User")
	}
	has := s.may(g.botID)
	if c != nil {
		has |= g.may(g.botID, c)
	}
	if (w.allow|w.deny)&^has != 0 || (w.allow|w.deny)&ManageRoles != 0 && s.may(g.botID) != everything {
		return overwrite{}, no(403, 50013, "Missing Permissions").because("%s allows or denies what the bot has not", at)
	}
	return w, nil
}

func putOverwrite(g *Guild, c *channel, in *request) (any, *problem) {
	if c.kind == DM || c.thread() {
		return nil, no(400, 50024, "Cannot execute action on this channel type")
	}
	if p := g.needs(c, ManageRoles); p != nil {
		return nil, p
	}
	id := in.id("overwrite")
	if in.body == nil {
		return nil, invalid("type", "BASE_TYPE_REQUIRED", "This field is required")
	}
	if sent, there := in.body["id"]; there && sent != id { // discordgo sends it along
		return nil, invalid("id", "INVALID", "is not the one of the path")
	}
	w, p := g.readOverwrite(g.servers[c.guild], c, "overwrite", id, in.body)
	if p != nil {
		return nil, p
	}
	at := slices.IndexFunc(c.overwrites, func(other overwrite) bool { return other.id == id })
	switch {
	case at >= 0:
		c.overwrites = slices.Clone(c.overwrites)
		c.overwrites[at] = w
	case len(c.overwrites) >= maxOverwrites:
		return nil, no(400, 30060, "Maximum number of channel permission overwrites reached (1000)")
	default:
		c.overwrites = append(slices.Clone(c.overwrites), w)
	}
	g.dispatch("CHANNEL_UPDATE", c, g.channelTold(c))
	return nil, nil
}

func deleteOverwrite(g *Guild, c *channel, in *request) (any, *problem) {
	if c.kind == DM || c.thread() {
		return nil, no(400, 50024, "Cannot execute action on this channel type")
	}
	if p := g.needs(c, ManageRoles); p != nil {
		return nil, p
	}
	if p := in.bare(); p != nil {
		return nil, p
	}
	at := slices.IndexFunc(c.overwrites, func(other overwrite) bool { return other.id == in.id("overwrite") })
	if at < 0 {
		return nil, no(404, 10009, "Unknown Overwrite").excuse()
	}
	c.overwrites = slices.Delete(slices.Clone(c.overwrites), at, at+1)
	g.dispatch("CHANNEL_UPDATE", c, g.channelTold(c))
	return nil, nil
}
