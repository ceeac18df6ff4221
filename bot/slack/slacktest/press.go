package slacktest

import (
	"fmt"
	"regexp"
	"strings"
)

// Where a person presses, besides a channel by its ID or name and "" for his direct messages.
const (
	Home    = "home"    // the Home tab
	InModal = "modal"   // the modal on top
	DM      = "dm"      // the same as ""
	Visible = "visible" // the newest message he sees anywhere
)

// spot is a button or menu where it stands.
type spot struct {
	block, element obj
	beside         string // what can be read in its block and in the one before
	message        *message
	view           *view
}

// Press presses the button with a label of the newest message at a place that has one. A
// label that begins and ends with / is a regular expression. beside is a text that stands in
// the button's block, the one before it, or else its message; empty: the first such button.
func (p *Person) Press(where, label, beside string) *Delivery {
	p.w.t.Helper()
	d, why := p.press(where, label, beside)
	if d == nil {
		p.fail("cannot press [%s] in %q: %s", label, where, why)
		return nil
	}
	return p.do(d)
}

// CanPress says whether there is such a button.
func (p *Person) CanPress(where, label, beside string) bool {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	s, _ := p.spotOf(where, label, beside)
	return s != nil
}

// WaitPress waits for the button and presses it.
func (p *Person) WaitPress(where, label, beside string) *Delivery {
	p.w.t.Helper()
	p.Wait(fmt.Sprintf("a button [%s] in %q", label, where), func() bool { return p.CanPress(where, label, beside) })
	return p.Press(where, label, beside)
}

func (p *Person) press(where, label, beside string) (*Delivery, string) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	s, why := p.spotOf(where, label, beside)
	if s == nil {
		return nil, why
	}
	return p.action(s, obj{}), ""
}

// action is the delivery of an action at a spot; mu is held.
func (p *Person) action(s *spot, with obj) *Delivery {
	payload := p.interaction("block_actions")
	act := obj{
		"type": s.element["type"], "action_id": s.element["action_id"], "block_id": s.block["block_id"], "action_ts": payload["action_ts"],
	}
	delete(payload, "action_ts")
	for _, name := range []string{"text", "value", "style"} {
		if v, there := s.element[name]; there {
			act[name] = v
		}
	}
	for k, v := range with {
		act[k] = v
	}
	payload["actions"] = []any{act}
	if s.view != nil {
		payload["container"] = obj{"type": "view", "view_id": s.view.id}
		payload["view"] = p.w.shownView(s.view)
		source := ""
		if s.view.kind == inModal {
			source = s.view.id
		}
		payload["trigger_id"] = p.w.newTrigger(p.ID, source)
	} else {
		c := p.w.channels[s.message.channel]
		payload["trigger_id"] = p.w.newTrigger(p.ID, "")
		payload["container"] = obj{"type": "message", "message_ts": s.message.ts, "channel_id": c.id, "is_ephemeral": s.message.onlyFor != ""}
		payload["channel"] = obj{"id": c.id, "name": placeName(c)}
		payload["state"] = obj{"values": obj{}}
		payload["response_url"] = p.w.newResponse(p.ID, c.id, s.message)
		if s.message.onlyFor == "" { // an ephemeral message is not sent along
			payload["message"] = p.w.shownMessage(s.message, false)
		}
	}
	return &Delivery{Kind: "interactive", What: text(s.element, "action_id"), payload: copied(payload).(obj)}
}

// spotOf finds a button; mu is held.
func (p *Person) spotOf(where, label, beside string) (*spot, string) {
	match := func(s string) bool { return s == label }
	if len(label) > 2 && strings.HasPrefix(label, "/") && strings.HasSuffix(label, "/") {
		match = regexp.MustCompile(label[1 : len(label)-1]).MatchString
	}
	var seen []string
	all := p.buttons(where) // of one message each, the newest first
	for _, spots := range all {
		for _, s := range spots {
			name := text(s.element, "text", "text")
			seen = append(seen, name)
			if match(name) && strings.Contains(s.beside, beside) {
				return &s, ""
			}
		}
	}
	for _, spots := range all {
		whole := ""
		if len(spots) > 0 && spots[0].message != nil {
			whole = p.w.seen(spots[0].message).Text()
		}
		for _, s := range spots {
			whole += "\n" + s.beside
		}
		for _, s := range spots {
			if match(text(s.element, "text", "text")) && strings.Contains(whole, beside) {
				return &s, ""
			}
		}
	}
	return nil, fmt.Sprintf("there are only %q", seen)
}

// buttons are the buttons at a place, by message, the newest message first; mu is held.
func (p *Person) buttons(where string) [][]spot {
	switch where {
	case Home:
		return [][]spot{spotsOf(p.w.homes[p.ID], nil)}
	case InModal:
		return [][]spot{spotsOf(p.w.top(p.ID), nil)}
	case DM:
		where = ""
	}
	var all []*message
	for _, c := range p.w.channels {
		if where != Visible && c != p.w.placeOf(p, where) {
			continue
		}
		for _, m := range c.messages {
			if m.onlyFor == p.ID || m.onlyFor == "" && c.has(p.ID) {
				all = append(all, m)
			}
		}
	}
	sortNewest(all)
	var out [][]spot
	for _, m := range all {
		out = append(out, spotsOf(nil, m))
	}
	return out
}

// placeOf is at, but also finds a channel of which the person sees only what is for him alone.
func (w *Workspace) placeOf(p *Person, where string) *channel {
	if where == "" {
		return w.direct(p.ID)
	}
	return w.find(where)
}

func spotsOf(v *view, m *message) []spot {
	var blocks []any
	switch {
	case v != nil:
		blocks = list(v.body["blocks"])
	case m != nil:
		blocks = m.blocks
	}
	var out []spot
	before := ""
	for _, b := range blocks {
		block, _ := b.(obj)
		own := strings.Join(readable([]any{b}, nil, nil), "\n")
		beside := own
		if text(block, "type") == "actions" {
			beside = before + "\n" + own
		}
		for _, e := range elementsOf(block) {
			if text(e, "type") == "button" {
				out = append(out, spot{block: block, element: e, beside: beside, message: m, view: v})
			}
		}
		if text(block, "type") != "actions" {
			before = own
		}
	}
	return out
}
