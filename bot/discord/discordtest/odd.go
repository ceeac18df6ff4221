package discordtest

import (
	"fmt"
	"slices"
	"strings"
)

// Odd is something that the app can be told although no client of today has it sent: a kind of
// interaction or component that is newer than the app, or what is missing although it is always
// there.
type Odd struct {
	Name string

	p       *Person
	event   string
	channel *channel
	payload obj
	it      *interaction
}

// Send tells the app. Nothing is expected of it, and nothing waited for.
func (o *Odd) Send() *Delivery {
	d := &Delivery{What: "odd: " + o.Name, event: o.event, channel: o.channel, payload: o.payload, it: o.it}
	if o.it != nil {
		d.ID, o.it.odd = o.it.id, true
	}
	o.p.start(d)
	return d
}

// Raw sends an interaction of a kind (2 a command, 3 a component, 4 typing, 5 a form) after it
// was changed. It does not wait.
func (p *Person) Raw(channel string, kind int, change func(payload map[string]any)) *Delivery {
	p.g.t.Helper()
	return p.odd(channel, fmt.Sprint("raw ", kind), kind, change).Send()
}

// Event tells the app of an event of the gateway, whatever is in it.
func (g *Guild) Event(name string, payload map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dispatch(name, nil, clone(payload))
}

// Frame sends a text over every connection to the gateway, whatever is in it. Another text than
// that of an event has no number, and is not sent again to who comes back.
func (g *Guild) Frame(text string) {
	g.each(func(s *socket) { s.push(frame{raw: []byte(text)}) })
}

// odd makes an ordinary interaction and changes it.
func (p *Person) odd(where, name string, kind int, change func(obj)) *Odd {
	p.g.t.Helper()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.at(where)
	if c == nil {
		p.g.t.Fatalf("%s does not see %q", p.ID, where)
		return nil
	}
	m := &message{author: p.g.botID, channel: c.id, content: "odd", id: p.g.snowflake(), at: p.g.now()}
	data := obj{}
	switch kind {
	case byCommand, byTyping:
		m = nil
		data = obj{"id": p.g.snowflake(), "name": "incident", "type": 1, "options": []any{
			obj{"name": "report", "type": 1, "options": []any{obj{"name": "text", "type": 3, "value": "odd", "focused": kind == byTyping}}},
		}}
	case byComponent:
		data = obj{"custom_id": "odd", "component_type": 2, "id": 2}
	case byModal:
		data = obj{"custom_id": "odd", "components": []any{
			obj{"type": 18, "id": 1, "component": obj{"type": 4, "id": 2, "custom_id": "odd", "value": "odd"}},
		}}
	}
	d := p.interaction(kind, "odd: "+name, c, m, data)
	before := d.it
	change(d.payload)
	payload := clone(d.payload)
	delete(p.g.engine.all, before.id)
	delete(p.g.engine.tokens, before.token)
	before.id, before.token = text(payload, "id"), text(payload, "token")
	before.kind = number(payload, "type")
	p.g.engine.all[before.id], p.g.engine.tokens[before.token] = before, before
	return &Odd{Name: name, p: p, event: d.event, payload: payload, it: before}
}

// Odds are odd things that this person may seem to do in a channel, or in his direct messages
// when it is empty.
func (p *Person) Odds(channel string) []*Odd {
	p.g.t.Helper()
	var out []*Odd
	add := func(kind int, name string, change func(o obj)) {
		out = append(out, p.odd(channel, fmt.Sprintf("%s (%d)", name, kind), kind, change))
	}
	// set puts a value deep inside of the payload; a step that is no object becomes one.
	set := func(path string, v any) func(obj) {
		return func(o obj) {
			steps := strings.Split(path, ".")
			for _, s := range steps[:len(steps)-1] {
				next, ok := o[s].(obj)
				if !ok {
					next = obj{}
					o[s] = next
				}
				o = next
			}
			last := steps[len(steps)-1]
			if v == gone {
				delete(o, last)
			} else {
				o[last] = v
			}
		}
	}
	deep := any(obj{"type": 18, "component": nil})
	nested := any(obj{"name": "a", "type": 2})
	for range 200 {
		deep = obj{"type": 1, "components": []any{deep}}
		nested = obj{"name": "a", "type": 2, "options": []any{nested}}
	}
	long := strings.Repeat("長", 5000)
	for _, kind := range []int{byCommand, byComponent, byTyping, byModal} {
		for _, v := range []any{nil, gone, obj{}, []any{}, "data", 5.0, true} {
			add(kind, fmt.Sprintf("data is %v", v), set("data", v))
		}
		for _, v := range []any{nil, gone, obj{}, "member"} {
			add(kind, fmt.Sprintf("member and user are %v", v), func(o obj) { set("member", v)(o); set("user", v)(o) })
		}
		add(kind, "member without user", set("member.user", nil))
		add(kind, "of user and member the wrong one", func(o obj) {
			if u := dig(o, "member", "user"); u != nil {
				delete(o, "member")
				o["user"] = u
			} else {
				o["member"] = obj{"user": o["user"]}
				delete(o, "user")
			}
		})
		for _, v := range []any{nil, gone, "", "x", 7.0} {
			add(kind, fmt.Sprintf("channel_id is %v", v), func(o obj) { set("channel_id", v)(o); delete(o, "channel") })
		}
		for _, v := range []any{nil, gone, "", "1", 7.0} {
			add(kind, fmt.Sprintf("guild_id is %v", v), set("guild_id", v))
		}
		for _, v := range []any{nil, gone, "", "xx-YY", 7.0} {
			add(kind, fmt.Sprintf("locale is %v", v), set("locale", v))
		}
		add(kind, "fields of tomorrow", func(o obj) { o["quantum"] = obj{"a": []any{1, nil}}; set("data.quantum", true)(o) })
		add(kind, "version 2", set("version", 2))
		add(kind, "context 9", set("context", 9))
		add(kind, "a user with a name of 5,000 letters", func(o obj) { set("member.nick", long)(o); set("user.global_name", long)(o) })
	}
	for _, n := range []int{0, 1, 6, 99, -1} {
		add(byCommand, fmt.Sprintf("an interaction of type %d", n), set("type", n))
	}
	for _, v := range []any{nil, gone, "", "~", "\x00", "\n", long, 7.0, obj{}} {
		add(byComponent, fmt.Sprintf("custom_id is %.20v", v), set("data.custom_id", v))
		add(byModal, fmt.Sprintf("custom_id is %.20v", v), set("data.custom_id", v))
	}
	for _, v := range []any{nil, gone, 0, 99, -1, "3"} {
		add(byComponent, fmt.Sprintf("component_type is %v", v), set("data.component_type", v))
	}
	many := make([]any, 2000)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, v := range []any{nil, "a", obj{}, []any{nil}, []any{7}, many} {
		add(byComponent, fmt.Sprintf("values are %.20v", v), func(o obj) { set("data.component_type", 3)(o); set("data.values", v)(o) })
	}
	for _, v := range []any{nil, gone, obj{}, obj{"id": nil}, "message"} {
		add(byComponent, fmt.Sprintf("message is %v", v), set("message", v))
	}
	child := func(v any) []any { return []any{obj{"type": 18, "id": 1, "component": v}} }
	for name, v := range map[string]any{
		"null": nil, "gone": gone, "a text": "a", "an object": obj{}, "of null": []any{nil}, "of texts": []any{"a"}, "of empty objects": []any{obj{}},
		"of an unknown type": []any{obj{"type": 99, "component": obj{}}}, "nested deeply": []any{deep},
		"a label around nothing": child(nil), "a label around a text": child("a"), "a label around an unknown type": child(obj{"type": 99, "custom_id": "odd", "values": []any{"a"}}),
		"a checkbox": child(obj{"type": 23, "custom_id": "odd", "value": true}), "a radio group": child(obj{"type": 21, "custom_id": "odd", "value": nil}),
		"a value of null": child(obj{"type": 4, "custom_id": "odd", "value": nil}), "a value of a number": child(obj{"type": 4, "custom_id": "odd", "value": 5}),
		"a value far too long": child(obj{"type": 4, "custom_id": "odd", "value": strings.Repeat(long, 10)}),
		"a custom_id of null":  child(obj{"type": 4, "custom_id": nil, "value": "a"}), "values of null": child(obj{"type": 3, "custom_id": "odd", "values": nil}),
		"values of numbers": child(obj{"type": 3, "custom_id": "odd", "values": []any{1, nil, obj{}}}), "a file that is not resolved": child(obj{"type": 19, "custom_id": "odd", "values": []any{"404"}}),
		"the same input twice": append(child(obj{"type": 4, "custom_id": "odd", "value": "a"}), child(obj{"type": 4, "custom_id": "odd", "value": "b"})...),
		"an empty row":         []any{obj{"type": 1, "components": []any{}}}, "a row of null": []any{obj{"type": 1, "components": nil}}, "texts only": []any{obj{"type": 10, "id": 1}},
	} {
		add(byModal, "components are "+name, set("data.components", v))
	}
	for name, v := range map[string]any{
		"null": nil, "a list": []any{}, "files of null": obj{"attachments": obj{"7": nil}},
		"a file without an address":      obj{"attachments": obj{"7": obj{"id": "7", "filename": "a", "size": -1, "url": nil}}},
		"a file that leads elsewhere":    obj{"attachments": obj{"7": obj{"id": "7", "filename": "../../etc/passwd", "size": 1, "url": "http://127.0.0.1:1/a"}}},
		"a file of 9 exabytes":           obj{"attachments": obj{"7": obj{"id": "7", "filename": "", "size": 9e18, "url": "https://cdn.discordapp.com/attachments/1/7/a"}}},
		"a file without anything of its": obj{"attachments": obj{"7": obj{}}},
	} {
		add(byModal, "resolved is "+name, func(o obj) {
			set("data.components", child(obj{"type": 19, "custom_id": "odd", "values": []any{"7"}}))(o)
			set("data.resolved", v)(o)
		})
	}
	for _, kind := range []int{byCommand, byTyping} {
		for name, v := range map[string]any{
			"null": nil, "gone": gone, "a text": "a", "of null": []any{nil}, "of texts": []any{"a"}, "of empty objects": []any{obj{}}, "nested deeply": []any{nested},
			"an unknown type":      []any{obj{"name": "report", "type": 99, "value": obj{}}},
			"a value of an object": []any{obj{"name": "report", "type": 1, "options": []any{obj{"name": "text", "type": 3, "value": obj{}, "focused": true}}}},
			"a value of null":      []any{obj{"name": "report", "type": 1, "options": []any{obj{"name": "text", "type": 3, "value": nil, "focused": true}}}},
			"a value of a number":  []any{obj{"name": "report", "type": 1, "options": []any{obj{"name": "text", "type": 4, "value": 1e300, "focused": true}}}},
			"far too long":         []any{obj{"name": "report", "type": 1, "options": []any{obj{"name": "text", "type": 3, "value": strings.Repeat(long, 10), "focused": true}}}},
			"focused twice": []any{obj{"name": "report", "type": 1, "options": []any{
				obj{"name": "text", "type": 3, "value": "a", "focused": true}, obj{"name": "text", "type": 3, "value": "b", "focused": true},
			}}},
		} {
			add(kind, "options are "+name, set("data.options", v))
		}
		for _, v := range []any{nil, gone, "", "nobody", 7.0, long} {
			add(kind, fmt.Sprintf("the command is %.20v", v), set("data.name", v))
		}
	}
	for name, v := range map[string]any{
		"null": nil, "empty": obj{}, "without messages": obj{"messages": nil}, "without the message": obj{"messages": obj{"8": obj{}}},
		"a message of null": obj{"messages": obj{"7": nil}}, "a message without anything": obj{"messages": obj{"7": obj{}}},
		"a message of a number":       obj{"messages": obj{"7": obj{"id": "7", "content": 5, "author": nil, "timestamp": "yesterday", "attachments": []any{nil}}}},
		"a message without an author": obj{"messages": obj{"7": obj{"id": "7", "channel_id": "x", "content": "odd", "timestamp": "2026-01-02T03:04:05+00:00"}}},
	} {
		for _, kind := range []int{2, 3, 4, 9} {
			add(byCommand, fmt.Sprintf("a command of type %d, resolved is %s", kind, name), func(o obj) {
				set("data", obj{"id": "1", "name": "odd", "type": kind, "target_id": "7", "resolved": v})(o)
			})
		}
	}
	slices.SortFunc(out, func(a, b *Odd) int { return strings.Compare(a.Name, b.Name) })
	return append(out, p.oddEvents(channel)...)
}

// gone stands for a field that is not there.
const gone = "\x00gone"

// oddEvents are odd messages and reactions.
func (p *Person) oddEvents(where string) []*Odd {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.at(where)
	var out []*Odd
	add := func(event, name string, payload obj) {
		out = append(out, &Odd{Name: event + " " + name, p: p, event: event, payload: clone(payload)})
	}
	whole := p.g.told(c, &message{id: p.g.snowflake(), channel: c.id, author: p.ID, content: "odd", at: p.g.now()})
	for _, field := range sortedKeys(whole) {
		for _, v := range []any{nil, gone, "", 7.0, []any{nil}} {
			o := clone(whole)
			o["id"] = p.g.snowflake()
			if v == gone {
				delete(o, field)
			} else {
				o[field] = v
			}
			add("MESSAGE_CREATE", fmt.Sprintf("with %s %v", field, v), o)
		}
	}
	add("MESSAGE_CREATE", "without anything", obj{})
	reaction := p.g.placed(c, obj{"user_id": p.ID, "channel_id": c.id, "message_id": p.g.snowflake(), "emoji": emojiJSON("📌"), "member": obj{}})
	for _, field := range sortedKeys(reaction) {
		for _, v := range []any{nil, gone, "", 7.0, obj{}} {
			o := clone(reaction)
			if v == gone {
				delete(o, field)
			} else {
				o[field] = v
			}
			add("MESSAGE_REACTION_ADD", fmt.Sprintf("with %s %v", field, v), o)
			add("MESSAGE_REACTION_REMOVE", fmt.Sprintf("with %s %v", field, v), o)
		}
	}
	add("MESSAGE_REACTION_ADD", "without anything", obj{})
	add("MESSAGE_REACTION_REMOVE", "without anything", obj{})
	add("SOMETHING_NEW", "that nobody knows", obj{"a": nil})
	// Not GUILD_CREATE and GUILD_UPDATE: discordgo falls over them before the app is asked (Frame).
	for _, event := range []string{"CHANNEL_UPDATE", "CHANNEL_DELETE", "GUILD_DELETE", "GUILD_MEMBER_REMOVE", "THREAD_UPDATE", "MESSAGE_DELETE"} {
		add(event, "without anything", obj{})
	}
	return out
}
