package slacktest

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

type channel struct {
	id, name       string
	private, im    bool
	with           string // im: the person
	creator        string
	created        time.Time
	archived       bool
	outside        bool // shared with another company
	topic, purpose string
	members        []string
	messages       []*message // oldest first
	pinned         []string   // message times, in the order of pinning
	bookmarks      []obj
}

func (c *channel) has(user string) bool { return slices.Contains(c.members, user) }

func (c *channel) message(ts string) *message {
	for _, m := range c.messages {
		if m.ts == ts && m.onlyFor == "" {
			return m
		}
	}
	return nil
}

// kind is the part of a scope that goes with the channel.
func (c *channel) kind() string {
	switch {
	case c.im:
		return "im"
	case c.private:
		return "groups"
	}
	return "channels"
}

// reach finds a channel as the app sees it: what is private exists only for those in it.
func (w *Workspace) reach(id string) (*channel, *problem) {
	c := w.channels[id]
	if c == nil || (c.private || c.im) && !c.has(w.BotUser) {
		return nil, no("channel_not_found").because("%s", id)
	}
	return c, nil
}

// enter is reach for what only a member may do in a channel that is not archived.
func (w *Workspace) enter(id string) (*channel, *problem) {
	c, p := w.reach(id)
	switch {
	case p != nil:
		return nil, p
	case !c.has(w.BotUser):
		return nil, no("not_in_channel").because("%s", id)
	case c.archived:
		return nil, no("is_archived").because("%s", id)
	}
	return c, nil
}

func (w *Workspace) shownChannel(c *channel) obj {
	o := obj{
		"id": c.id, "created": c.created.Unix(), "creator": c.creator, "is_archived": c.archived,
		"is_im": c.im, "is_org_shared": false, "updated": c.created.UnixMilli(),
	}
	if c.im {
		o["user"], o["is_user_deleted"] = c.with, w.users[c.with].Deleted
		return o
	}
	o["name"], o["name_normalized"] = c.name, c.name
	o["is_channel"], o["is_group"], o["is_private"] = !c.private, c.private, c.private
	o["is_mpim"], o["is_general"], o["is_member"] = false, false, c.has(w.BotUser)
	o["is_shared"], o["is_ext_shared"] = c.outside, c.outside
	o["topic"] = obj{"value": c.topic, "creator": "", "last_set": 0}
	o["purpose"] = obj{"value": c.purpose, "creator": "", "last_set": 0}
	return o
}

// channelName is what Slack takes: at most 80 of lower case, digits, - and _ (other scripts'
// letters too, which this product never sends).
var channelName = regexp.MustCompile(`^[a-z0-9_-]{1,80}$`)

func conversationsCreate(w *Workspace, a args) (obj, *problem) {
	private := a.yes("is_private")
	scope := "channels:manage"
	if private {
		scope = "groups:write"
	} else {
		w.refuse("conversations.create", "public_channel", a.str("name"))
	}
	if p := w.needs(scope); p != nil {
		return nil, p
	}
	name := a.str("name")
	switch {
	case name == "":
		return nil, no("invalid_name_required")
	case utf8.RuneCountInString(name) > 80:
		return nil, no("invalid_name_maxlength").because("%s", name)
	case !channelName.MatchString(name):
		return nil, no("invalid_name_specials").because("%s", name)
	case w.forbidden:
		return nil, no("restricted_action")
	}
	for _, id := range w.channelIDs {
		if w.channels[id].name == name { // archived ones keep their names
			return nil, no("name_taken").because("%s", name)
		}
	}
	c := w.newChannel(name, private, w.BotUser)
	return obj{"channel": w.shownChannel(c)}, nil
}

// newChannel makes a channel with its members, the first of whom made it; mu is held.
func (w *Workspace) newChannel(name string, private bool, members ...string) *channel {
	c := &channel{id: w.id("C"), name: name, private: private, creator: members[0], created: w.clock(), members: members}
	w.channels[c.id] = c
	w.channelIDs = append(w.channelIDs, c.id)
	return c
}

func conversationsInvite(w *Workspace, a args) (obj, *problem) {
	c, p := w.managed(a)
	if p != nil {
		return nil, p
	}
	ids := strings.FieldsFunc(a.str("users"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(ids) == 0 {
		return nil, no("no_user")
	}
	if len(ids) > 100 { // conversations.invite: up to 100 users
		return nil, no("too_many_users")
	}
	var wrong []obj
	first := ""
	for _, id := range ids {
		if err := w.invitable(c, id); err != "" {
			if first == "" {
				first = err
			}
			wrong = append(wrong, obj{"user": id, "ok": false, "error": err})
		}
	}
	if first != "" && !a.yes("force") { // one wrong user: nobody is invited
		return nil, &problem{err: first, detail: strings.Join(ids, ","), with: obj{"errors": wrong}}
	}
	for _, id := range ids {
		if w.invitable(c, id) == "" {
			c.members = append(c.members, id)
		}
	}
	return obj{"channel": w.shownChannel(c)}, nil
}

// invitable gives the error with which Slack refuses to invite a user.
func (w *Workspace) invitable(c *channel, id string) string {
	u := w.users[id]
	switch {
	case u == nil || u.Deleted || strings.HasPrefix(id, "S"): // a user group is no user
		return "user_not_found"
	case id == w.BotUser:
		return "cant_invite_self"
	case c.has(id):
		return "already_in_channel"
	case u.SingleChannelGuest:
		return "ura_max_channels"
	case u.Guest:
		return "user_is_restricted"
	case u.TeamID != w.TeamID:
		return "cant_invite"
	}
	return ""
}

func (w *Workspace) managed(a args) (*channel, *problem) {
	c, p := w.enter(a.str("channel"))
	if p != nil {
		return nil, p
	}
	if c.im {
		return nil, no("method_not_supported_for_channel_type")
	}
	scope := "channels:manage"
	if c.private {
		scope = "groups:write"
	}
	return c, w.needs(scope)
}

func conversationsKick(w *Workspace, a args) (obj, *problem) {
	c, p := w.managed(a)
	if p != nil {
		return nil, p
	}
	id := a.str("user")
	switch {
	case w.users[id] == nil:
		return nil, no("user_not_found").because("%s", id)
	case id == w.BotUser:
		return nil, no("cant_kick_self")
	case !c.has(id):
		return nil, no("not_in_channel").because("%s", id)
	}
	c.members = slices.DeleteFunc(c.members, func(m string) bool { return m == id })
	return obj{"errors": obj{}}, nil
}

func conversationsOpen(w *Workspace, a args) (obj, *problem) {
	if id := a.str("channel"); id != "" {
		c, p := w.reach(id)
		if p != nil {
			return nil, p
		}
		return obj{"channel": w.shownChannel(c), "already_open": true, "no_op": true}, nil
	}
	id := a.str("users")
	u := w.users[id]
	switch {
	case id == "":
		return nil, no("users_list_not_supplied")
	case u == nil:
		return nil, no("user_not_found").because("%s", id)
	case u.Deleted:
		return nil, no("user_disabled").because("%s", id)
	case u.Bot:
		return nil, no("cannot_dm_bot").because("%s", id)
	case u.TeamID != w.TeamID:
		return nil, no("user_not_visible").because("%s", id)
	}
	c := w.direct(id)
	answer := obj{"channel": obj{"id": c.id}, "already_open": true, "no_op": true}
	if a.yes("return_im") {
		answer["channel"] = w.shownChannel(c)
	}
	return answer, nil
}

// direct is a person's conversation with the app; mu is held.
func (w *Workspace) direct(user string) *channel {
	for _, c := range w.channels {
		if c.im && c.with == user {
			return c
		}
	}
	c := &channel{id: w.id("D"), im: true, with: user, creator: w.BotUser, created: w.clock(), members: []string{w.BotUser, user}}
	w.channels[c.id] = c
	return c
}

// read is reach with the scope for reading what stands behind it: read or history.
func (w *Workspace) read(id, what string) (*channel, *problem) {
	c, p := w.reach(id)
	if p != nil {
		return nil, p
	}
	return c, w.needs(c.kind() + ":" + what)
}

func conversationsInfo(w *Workspace, a args) (obj, *problem) {
	c, p := w.read(a.str("channel"), "read")
	if p != nil {
		return nil, p
	}
	o := w.shownChannel(c)
	if a.yes("include_num_members") {
		o["num_members"] = len(c.members)
	}
	return obj{"channel": o}, nil
}

func conversationsMembers(w *Workspace, a args) (obj, *problem) {
	c, p := w.read(a.str("channel"), "read")
	if p != nil {
		return nil, p
	}
	ids, next := page(c.members, a, 100, 1000)
	return obj{"members": slices.Clone(ids), "response_metadata": cursor(next)}, nil
}

func conversationsList(w *Workspace, a args) (obj, *problem) {
	return w.listed(a, func(c *channel) bool { return !c.private || c.has(w.BotUser) })
}

func usersConversations(w *Workspace, a args) (obj, *problem) {
	who := a.str("user")
	if who == "" {
		who = w.BotUser
	}
	return w.listed(a, func(c *channel) bool { return c.has(who) && (!c.private || c.has(w.BotUser)) })
}

func (w *Workspace) listed(a args, show func(*channel) bool) (obj, *problem) {
	types := a.str("types")
	if types == "" {
		types = "public_channel"
	}
	want := map[string]bool{}
	for t := range strings.SplitSeq(types, ",") {
		kind := map[string]string{"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}[strings.TrimSpace(t)]
		if kind == "" {
			return nil, no("invalid_types").because("%s", t)
		}
		if p := w.needs(kind + ":read"); p != nil {
			return nil, p
		}
		want[kind] = true
	}
	var all []*channel
	for _, c := range w.everyChannel() {
		if want[c.kind()] && show(c) && !(a.yes("exclude_archived") && c.archived) {
			all = append(all, c)
		}
	}
	some, next := page(all, a, 100, 1000)
	out := []obj{}
	for _, c := range some {
		out = append(out, w.shownChannel(c))
	}
	return obj{"channels": out, "response_metadata": cursor(next)}, nil
}

func (w *Workspace) everyChannel() []*channel {
	var all []*channel
	for _, c := range w.channels {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *channel) int { return strings.Compare(a.id[1:], b.id[1:]) })
	return all
}

func conversationsSetTopic(w *Workspace, a args) (obj, *problem) {
	c, p := w.managed(a)
	if p != nil {
		return nil, p
	}
	if utf8.RuneCountInString(a.str("topic")) > 250 { // conversations.setTopic: 250 characters
		return nil, no("too_long").because("topic")
	}
	c.topic = a.str("topic")
	return obj{"channel": w.shownChannel(c)}, nil
}

func conversationsSetPurpose(w *Workspace, a args) (obj, *problem) {
	c, p := w.managed(a)
	if p != nil {
		return nil, p
	}
	if utf8.RuneCountInString(a.str("purpose")) > 250 { // conversations.setPurpose: 250 characters
		return nil, no("too_long").because("purpose")
	}
	c.purpose = a.str("purpose")
	return obj{"channel": w.shownChannel(c)}, nil
}

func conversationsArchive(w *Workspace, a args) (obj, *problem) {
	if c, p := w.reach(a.str("channel")); p == nil && c.archived {
		return nil, no("already_archived")
	}
	c, p := w.managed(a)
	if p != nil {
		return nil, p
	}
	c.archived = true
	return nil, nil
}

func conversationsUnarchive(w *Workspace, a args) (obj, *problem) {
	c, p := w.reach(a.str("channel"))
	switch {
	case p != nil:
		return nil, p
	case !c.archived:
		return nil, no("not_archived")
	case !c.has(w.BotUser):
		return nil, no("not_in_channel")
	}
	if p := w.needs("groups:write"); p != nil {
		return nil, p
	}
	c.archived = false
	return nil, nil
}
