package slacktest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Person is somebody with a Slack client. What cannot be done in a client ends the test.
type Person struct {
	ID string

	w *Workspace
}

// Person gives the person with an ID. He need not have an account yet.
func (w *Workspace) Person(id string) *Person { return &Person{ID: id, w: w} }

func (p *Person) fail(format string, args ...any) {
	p.w.t.Helper()
	p.w.t.Fatalf("%s: "+format, append([]any{p.ID}, args...)...)
}

// do sends what the person did, and waits as his client does.
func (p *Person) do(d *Delivery) *Delivery {
	d.User = p.ID
	p.w.mu.Lock()
	if p.w.last == nil {
		p.w.last = map[string]*Delivery{}
	}
	p.w.last[p.ID] = d
	p.w.mu.Unlock()
	p.w.send(d).Await()
	return d
}

// Repeat lets the platform deliver the person's last request again: the same payload under a
// new envelope.
func (p *Person) Repeat() *Delivery {
	p.w.mu.Lock()
	last := p.w.last[p.ID]
	p.w.mu.Unlock()
	if last == nil {
		p.fail("has done nothing that could be repeated")
		return nil
	}
	d := &Delivery{Kind: last.Kind, What: last.What, User: p.ID, payload: last.payload, accepts: last.accepts, again: true}
	p.w.send(d).Await()
	return d
}

// who is the person as interactions carry him; mu is held.
func (p *Person) who() obj {
	u := p.w.users[p.ID]
	if u == nil {
		p.w.t.Errorf("%s has no account", p.ID)
		u = &User{ID: p.ID, Name: p.ID, TeamID: p.w.TeamID}
	}
	return obj{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID}
}

// interaction begins the payload of an interaction; mu is held.
func (p *Person) interaction(kind string) obj {
	return obj{
		"type": kind, "token": "legacy", "api_app_id": p.w.AppID, "user": p.who(), "enterprise": nil,
		"team": obj{"id": p.w.TeamID, "domain": "fake"}, "is_enterprise_install": false,
		"action_ts": fmt.Sprintf("%d.%06d", time.Now().Unix(), time.Now().Nanosecond()/1000),
	}
}

// find gives a channel by its ID or name; mu is held.
func (w *Workspace) find(channel string) *channel {
	if c := w.channels[channel]; c != nil {
		return c
	}
	for _, id := range w.channelIDs {
		if w.channels[id].name == channel {
			return w.channels[id]
		}
	}
	return nil
}

// at gives the place of an action: a channel by ID or name that the person can see, or his
// direct messages when it is empty; mu is held.
func (p *Person) at(where string) *channel {
	if where == "" {
		return p.w.direct(p.ID)
	}
	c := p.w.find(where)
	if c == nil || (c.private || c.im) && !c.has(p.ID) {
		return nil
	}
	return c
}

func placeName(c *channel) string {
	switch {
	case c.im:
		return "directmessage"
	case c.private:
		return "privategroup"
	}
	return c.name
}

// Slash types the slash command with a text, in a channel or, when it is empty, in the direct
// messages.
func (p *Person) Slash(channel, text string) *Delivery {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.at(channel)
	if c == nil {
		p.w.mu.Unlock()
		p.fail("is not in the channel %q", channel)
		return nil
	}
	user := p.who()
	d := &Delivery{Kind: "slash_commands", What: p.w.Command + " " + text, accepts: true, payload: obj{
		"token": "legacy", "team_id": p.w.TeamID, "team_domain": "fake", "channel_id": c.id, "channel_name": placeName(c),
		"user_id": p.ID, "user_name": user["username"], "command": p.w.Command, "text": escaped(text), "api_app_id": p.w.AppID,
		"is_enterprise_install": "false", "response_url": p.w.newResponse(p.ID, c.id, nil), "trigger_id": p.w.newTrigger(p.ID, ""),
	}}
	d.then = func(answer obj) { p.answered(c, answer) }
	p.w.mu.Unlock()
	return p.do(d)
}

// answered shows what the acknowledgement of a command says; mu is held.
func (p *Person) answered(c *channel, answer obj) {
	if len(answer) == 0 {
		return
	}
	s, bad := p.w.readSaid(args{body: answer}, false)
	if bad != nil {
		p.w.refuse("ack", bad.err, bad.detail)
		return
	}
	if s.text == "" && len(s.blocks) == 0 {
		return
	}
	m := &message{user: p.w.BotUser, onlyFor: p.ID, text: s.text, blocks: s.blocks}
	if answer["response_type"] == "in_channel" {
		m.onlyFor = ""
	}
	p.w.post(c, m)
}

// Post writes in a channel, by its ID or name, and gives the time of the message.
func (p *Person) Post(channel, text string) string {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.at(channel)
	if c == nil || c.archived || !c.has(p.ID) {
		p.w.mu.Unlock()
		p.fail("cannot write in %q", channel)
		return ""
	}
	m := &message{user: p.ID, text: escaped(text)}
	p.w.post(c, m)
	d := p.w.event(map[string]string{"im": "message.im", "groups": "message.groups", "channels": "message.channels"}[c.kind()], c, p.w.said(c, m))
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
	return m.ts
}

// escaped is a text as Slack passes it on.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func (w *Workspace) said(c *channel, m *message) obj {
	e := w.shownMessage(m, false)
	e["channel"], e["event_ts"] = c.id, m.ts
	e["channel_type"] = map[string]string{"im": "im", "groups": "group", "channels": "channel"}[c.kind()]
	return e
}

// event makes an event, or nil when the app has not subscribed to it or does not see the
// channel; mu is held.
func (w *Workspace) event(name string, c *channel, event obj) *Delivery {
	if !w.subscribed[name] || c != nil && !c.has(w.BotUser) {
		return nil
	}
	return &Delivery{Kind: "events_api", What: name, payload: obj{
		"token": "legacy", "team_id": w.TeamID, "api_app_id": w.AppID, "type": "event_callback", "event_id": w.id("Ev"),
		"event_time": time.Now().Unix(), "is_ext_shared_channel": false, "event": event,
		"authorizations": []obj{{"team_id": w.TeamID, "user_id": w.BotUser, "is_bot": true, "is_enterprise_install": false}},
	}}
}

// DM writes to the app.
func (p *Person) DM(text string) string {
	p.w.t.Helper()
	return p.Post("", text)
}

// React puts a reaction on a message, such as pushpin.
func (p *Person) React(channel, ts, reaction string) {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.at(channel)
	if c == nil || c.message(ts) == nil {
		p.w.mu.Unlock()
		p.fail("sees no message %s in %q", ts, channel)
		return
	}
	stamp := p.w.ts()
	d := p.w.event("reaction_added", c, obj{
		"type": "reaction_added", "user": p.ID, "reaction": reaction, "item_user": c.message(ts).user, "event_ts": stamp,
		"item": obj{"type": "message", "channel": c.id, "ts": ts},
	})
	if d != nil && !p.w.scopes["reactions:read"] {
		d = nil
	}
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
}

// Invite brings a colleague into a channel, as any member of it can.
func (p *Person) Invite(channel, user string) {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.at(channel)
	if c == nil || !c.has(p.ID) || c.has(user) {
		p.w.mu.Unlock()
		p.fail("cannot invite %s into %q", user, channel)
		return
	}
	c.members = append(c.members, user)
	d := p.w.event("member_joined_channel", c, obj{
		"type": "member_joined_channel", "user": user, "channel": c.id, "channel_type": "G", "team": p.w.TeamID,
		"inviter": p.ID, "event_ts": p.w.ts(),
	})
	p.w.touch()
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
}

// GlobalShortcut runs a shortcut from the menu.
func (p *Person) GlobalShortcut(callbackID string) *Delivery {
	p.w.mu.Lock()
	payload := p.interaction("shortcut")
	payload["callback_id"], payload["trigger_id"] = callbackID, p.w.newTrigger(p.ID, "")
	p.w.mu.Unlock()
	return p.do(&Delivery{Kind: "interactive", What: callbackID, payload: payload})
}

// MessageShortcut runs a shortcut on a message.
func (p *Person) MessageShortcut(callbackID, channel, ts string) *Delivery {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.at(channel)
	if c == nil || c.message(ts) == nil {
		p.w.mu.Unlock()
		p.fail("sees no message %s in %q", ts, channel)
		return nil
	}
	payload := p.interaction("message_action")
	payload["callback_id"], payload["trigger_id"] = callbackID, p.w.newTrigger(p.ID, "")
	payload["response_url"] = p.w.newResponse(p.ID, c.id, nil)
	payload["channel"] = obj{"id": c.id, "name": placeName(c)}
	payload["message_ts"], payload["message"] = ts, copied(p.w.shownMessage(c.message(ts), false))
	p.w.mu.Unlock()
	return p.do(&Delivery{Kind: "interactive", What: callbackID, payload: payload})
}

// OpenHome opens the app's Home tab.
func (p *Person) OpenHome() {
	p.w.mu.Lock()
	e := obj{"type": "app_home_opened", "user": p.ID, "channel": p.w.direct(p.ID).id, "tab": "home", "event_ts": p.w.ts()}
	if v := p.w.homes[p.ID]; v != nil {
		e["view"] = copied(p.w.shownView(v))
	}
	d := p.w.event("app_home_opened", nil, e)
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
}

// Share posts a message with a file in a channel, as a person does, and gives its time.
func (p *Person) Share(channel, text, name string, body []byte) string {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.at(channel)
	if c == nil || !c.has(p.ID) {
		p.w.mu.Unlock()
		p.fail("cannot write in %q", channel)
		return ""
	}
	f := p.w.newFile(p.ID, name, body)
	m := &message{user: p.ID, text: escaped(text), files: []string{f.id}}
	p.w.post(c, m)
	f.shares[c.id] = []string{m.ts}
	e := p.w.said(c, m)
	e["subtype"] = "file_share"
	d := p.w.event(map[string]string{"im": "message.im", "groups": "message.groups", "channels": "message.channels"}[c.kind()], c, e)
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
	return m.ts
}

func (w *Workspace) newFile(user, name string, body []byte) *file {
	f := &file{
		id: w.id("F"), name: name, title: name, user: user, length: len(body), body: slices.Clone(body), arrived: true, complete: true,
		shares: map[string][]string{},
	}
	w.uploads[f.id] = f
	return f
}

// Wait waits until something is so for the person.
func (p *Person) Wait(what string, cond func() bool) {
	p.w.t.Helper()
	p.w.Wait(p.ID+": "+what, cond)
}

// WaitText waits until the person sees a message with a text in a channel, or in his direct
// messages when it is empty, and gives the newest.
func (p *Person) WaitText(channel, text string) (found Message) {
	p.w.t.Helper()
	if channel == "" {
		channel = p.Direct()
	}
	p.Wait(fmt.Sprintf("a message with %q in %s", text, channel), func() bool {
		for _, m := range p.Look(channel) {
			if strings.Contains(m.Text(), text) {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

// WaitModal waits until a modal lies on top that holds a text, and gives it.
func (p *Person) WaitModal(text string) (found *Modal) {
	p.w.t.Helper()
	p.Wait(fmt.Sprintf("a modal with %q", text), func() bool {
		found = p.Modal()
		return found != nil && strings.Contains(found.Text(), text)
	})
	return found
}

// WaitHome waits until the Home tab holds a text, and gives it.
func (p *Person) WaitHome(text string) (found *Modal) {
	p.w.t.Helper()
	p.Wait(fmt.Sprintf("a Home tab with %q", text), func() bool {
		found = p.HomeView()
		return found != nil && strings.Contains(found.Text(), text)
	})
	return found
}
