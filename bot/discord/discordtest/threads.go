package discordtest

import (
	"slices"
	"unicode/utf8"
)

// threadRoutes are what is done with threads.
var threadRoutes = map[string]route{
	CreateThread:     inChannel(createThread),
	AddThreadMember:  inChannel(addThreadMember),
	DropThreadMember: inChannel(dropThreadMember),
	"GET /channels/{channel}/thread-members/{user}": inChannel(func(g *Guild, c *channel, in *request) (any, *problem) {
		id := in.id("user")
		if id == "@me" {
			id = g.botID
		}
		if !contains(c.members, id) {
			return nil, no(404, 10007, "Unknown Member")
		}
		return g.threadMemberJSON(c, id, in.query.Get("with_member") == "true"), nil
	}),
	"GET /channels/{channel}/thread-members":                     inChannel(threadMembers),
	"GET /channels/{channel}/threads/archived/private":           inChannel(archivedThreads),
	"GET /channels/{channel}/users/@me/threads/archived/private": inChannel(archivedThreads),
}

// archiveAfter are the minutes after which a thread may go into the archive by itself (Discord,
// "Thread Metadata Object").
var archiveAfter = []int{60, 1440, 4320, 10080}

// createThread begins a thread without a message: private unless the type says otherwise
// (Discord, "Start Thread without Message").
func createThread(g *Guild, c *channel, in *request) (any, *problem) {
	if c.kind != Text {
		return nil, no(400, 50024, "Cannot execute action on this channel type")
	}
	if p := in.only("name", "auto_archive_duration", "type", "invitable", "rate_limit_per_user"); p != nil {
		return nil, p
	}
	kind := PrivateThread
	if v, there := in.body["type"].(float64); there {
		kind = int(v)
	}
	want := CreatePrivateThreads
	switch kind {
	case PrivateThread:
	case PublicThread:
		want = CreatePublicThreads
	default:
		return nil, invalid("type", "BASE_TYPE_CHOICES", "Value must be one of (10, 11, 12).")
	}
	if p := g.needs(c, want); p != nil {
		return nil, p
	}
	active := 0
	for _, t := range g.threads(c.guild) {
		if !t.archived {
			active++
		}
	}
	if active >= maxThreads {
		return nil, no(400, 160006, "Maximum number of active threads reached").excuse()
	}
	t := &channel{
		guild: c.guild, kind: kind, parent: c.id, owner: g.botID, members: []string{g.botID}, autoArchive: 4320, invitable: true,
	}
	if p := describeThread(t, in.body, true); p != nil {
		return nil, p
	}
	t.id, t.created = g.snowflake(), g.now()
	t.archiveAt = t.created
	g.channels[t.id] = t
	o := g.channelJSON(t)
	o["newly_created"] = true
	g.dispatch("THREAD_CREATE", t, o)
	return made{g.channelJSON(t)}, nil
}

func describeThread(t *channel, body obj, fresh bool) *problem {
	if v, there := body["name"]; there || fresh {
		name, _ := v.(string)
		if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
			return invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
		}
		t.name = name
	}
	if v, there := body["auto_archive_duration"]; there {
		n, _ := v.(float64)
		if !slices.Contains(archiveAfter, int(n)) {
			return invalid("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080).")
		}
		t.autoArchive = int(n)
	}
	if v, there := body["invitable"]; there {
		yes, ok := v.(bool)
		if !ok || t.kind != PrivateThread {
			return invalid("invitable", "INVALID", "only of private threads")
		}
		t.invitable = yes
	}
	if v, there := body["rate_limit_per_user"]; there {
		n, _ := v.(float64)
		if n < 0 || n > 21600 {
			return invalid("rate_limit_per_user", "NUMBER_TYPE_MAX", "int value should be 0 to 21600.")
		}
		t.slow = int(n)
	}
	return nil
}

// changeThread needs ManageThreads, but for taking one that is not locked out of the archive
// (Discord, "Modify Channel", "JSON Params (Thread)").
func changeThread(g *Guild, t *channel, in *request) (any, *problem) {
	if p := in.only("name", "archived", "auto_archive_duration", "locked", "invitable", "rate_limit_per_user", "flags", "applied_tags"); p != nil {
		return nil, p
	}
	next := *t
	for name, into := range map[string]*bool{"archived": &next.archived, "locked": &next.locked} {
		if v, there := in.body[name]; there {
			yes, ok := v.(bool)
			if !ok {
				return nil, invalid(name, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
			}
			*into = yes
		}
	}
	want := ManageThreads
	if _, there := in.body["archived"]; there && len(in.body) == 1 && !next.archived && !t.locked {
		want = SendMessages
	}
	if p := g.needs(t, want); p != nil {
		return nil, p
	}
	if _, there := in.body["archived"]; t.archived && (!there || next.archived) {
		return nil, no(400, 50083, "Thread is archived")
	}
	if p := describeThread(&next, in.body, false); p != nil {
		return nil, p
	}
	if next.archived != t.archived {
		next.archiveAt = g.now()
	}
	renamed := next.name != t.name
	*t = next
	g.dispatch("THREAD_UPDATE", t, g.channelJSON(t))
	if renamed && !t.archived {
		g.post(t, &message{author: g.botID, kind: nameChange, content: t.name})
	}
	return g.channelJSON(t), nil
}

// whom reads the member of a thread's route; mu is held.
func (g *Guild) whom(t *channel, in *request) (string, *problem) {
	if !t.thread() {
		return "", no(400, 50024, "Cannot execute action on this channel type")
	}
	if p := in.bare(); p != nil {
		return "", p
	}
	if t.archived {
		return "", no(400, 50083, "Thread is archived")
	}
	if id := in.id("user"); id != "@me" {
		return id, nil
	}
	return g.botID, nil
}

// addThreadMember "requires the ability to send messages in the thread" (Discord, "Add Thread
// Member"). Who does not see the channel of the thread cannot be added.
func addThreadMember(g *Guild, t *channel, in *request) (any, *problem) {
	id, p := g.whom(t, in)
	if p != nil {
		return nil, p
	}
	if p := g.needs(t, SendMessages); p != nil {
		return nil, p
	}
	switch parent := g.channels[t.parent]; {
	case g.users[id] == nil:
		return nil, no(404, 10013, "Unknown User")
	case g.servers[t.guild].members[id] == nil:
		return nil, no(404, 10007, "Unknown Member")
	case g.may(id, parent)&ViewChannel == 0:
		return nil, no(403, 50001, "Missing Access").because("%s does not see the channel of the thread", id)
	case t.locked && g.may(g.botID, t)&ManageThreads == 0:
		return nil, no(403, 160005, "Thread is locked").excuse()
	}
	if !contains(t.members, id) {
		t.members = append(slices.Clone(t.members), id)
		g.threadMembersChanged(t, []any{g.threadMemberJSON(t, id, false)}, nil)
		if id != g.botID {
			g.post(t, &message{author: g.botID, kind: recipientAdd, mentions: []string{id}})
		}
	}
	return nil, nil
}

func dropThreadMember(g *Guild, t *channel, in *request) (any, *problem) {
	id, p := g.whom(t, in)
	if p != nil {
		return nil, p
	}
	if id != g.botID && !(t.kind == PrivateThread && t.owner == g.botID) {
		if p := g.needs(t, ManageThreads); p != nil {
			return nil, p
		}
	}
	if contains(t.members, id) {
		t.members = slices.DeleteFunc(slices.Clone(t.members), func(m string) bool { return m == id })
		g.threadMembersChanged(t, nil, []any{id})
		if id != g.botID {
			g.post(t, &message{author: g.botID, kind: recipientRemove, mentions: []string{id}})
		}
	}
	return nil, nil
}

// TakeOutOfThread is somebody who removes another from a thread, or leaves it himself. His client says so
// in the thread.
func (p *Person) TakeOutOfThread(name, other string) {
	p.g.t.Helper()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	t := p.at(name)
	if t == nil || !t.thread() || !contains(t.members, other) {
		p.g.t.Errorf("%s cannot be removed from %q", other, name)
		return
	}
	p.g.post(t, &message{author: p.ID, kind: recipientRemove, mentions: []string{other}}) // whoever says something comes in
	t.members = slices.DeleteFunc(slices.Clone(t.members), func(m string) bool { return m == other })
	p.g.threadMembersChanged(t, nil, []any{other})
	p.g.touch()
}

// AddToThread is somebody in a thread who brings another into it. Its client says so in the thread.
func (p *Person) AddToThread(name, other string) {
	p.g.t.Helper()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	t := p.at(name)
	if t == nil || !t.thread() || contains(t.members, other) {
		p.g.t.Errorf("%s cannot be brought into %q", other, name)
		return
	}
	t.archived = false
	t.members = append(slices.Clone(t.members), other)
	p.g.threadMembersChanged(t, []any{p.g.threadMemberJSON(t, other, false)}, nil)
	p.g.post(t, &message{author: p.ID, kind: recipientAdd, mentions: []string{other}})
	p.g.touch()
}

// threadMembersChanged tells who came and went. Without the intent for members it is told of the
// bot itself alone (Discord, "Thread Members Update"); mu is held.
func (g *Guild) threadMembersChanged(t *channel, added, removed []any) {
	ofBot := slices.ContainsFunc(added, func(m any) bool { return text(m, "user_id") == g.botID }) || slices.Contains(removed, any(g.botID))
	if g.portal&IntentGuildMembers == 0 && !ofBot {
		return
	}
	g.dispatch("THREAD_MEMBERS_UPDATE", t, obj{
		"id": t.id, "guild_id": t.guild, "member_count": len(t.members), "added_members": orEmpty(added), "removed_member_ids": orEmpty(removed),
	})
}

// threadMembers is "restricted according to whether the GUILD_MEMBERS privileged intent is
// enabled" (Discord, "List Thread Members").
func threadMembers(g *Guild, t *channel, in *request) (any, *problem) {
	if !t.thread() {
		return nil, no(400, 50024, "Cannot execute action on this channel type")
	}
	if g.portal&IntentGuildMembers == 0 {
		return nil, no(403, 50001, "Missing Access").because("the intent GUILD_MEMBERS is off in the portal")
	}
	limit, p := in.number("limit", 100, 1, 100)
	if p != nil {
		return nil, p
	}
	with := in.query.Get("with_member") == "true"
	ids := slices.Clone(t.members)
	slices.SortFunc(ids, older)
	out := []any{}
	for _, id := range ids {
		if with && (len(out) >= limit || older(id, in.query.Get("after")) <= 0) {
			continue // only with members the list comes in pages
		}
		if g.servers[t.guild].members[id] != nil {
			out = append(out, g.threadMemberJSON(t, id, with))
		}
	}
	return out, nil
}

func activeThreads(g *Guild, s *server, _ *request) (any, *problem) {
	return g.threadList(g.threads(s.id), func(t *channel) bool { return !t.archived }), nil
}

func archivedThreads(g *Guild, c *channel, in *request) (any, *problem) {
	want := ReadMessageHistory
	if in.route == "GET /channels/{channel}/threads/archived/private" {
		want |= ManageThreads
	}
	if p := g.needs(c, want); p != nil {
		return nil, p
	}
	o := g.threadList(g.threads(c.guild), func(t *channel) bool {
		return t.archived && t.parent == c.id && t.kind == PrivateThread
	})
	o["has_more"] = false
	return o, nil
}

func (g *Guild) threadList(all []*channel, want func(*channel) bool) obj {
	threads, members := []any{}, []any{}
	for _, t := range all {
		if !want(t) || g.may(g.botID, t)&ViewChannel == 0 {
			continue
		}
		threads = append(threads, g.channelJSON(t))
		if contains(t.members, g.botID) {
			members = append(members, g.threadMemberJSON(t, g.botID, false))
		}
	}
	return obj{"threads": threads, "members": members}
}
