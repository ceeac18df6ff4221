package discordtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Where a person presses, besides a channel by its ID or name and "" for his direct messages.
const (
	Direct  = "dm"      // the same as ""
	Whisper = "whisper" // the newest message that is shown to him alone, wherever
	Visible = "visible" // the newest message that he sees anywhere
)

// spot is a button or a select where it stands.
type spot struct {
	message *message
	part    obj
}

// Press presses the button with a label of the newest message at a place that has one. A
// label that begins and ends with / is a regular expression. beside is a text of the message;
// where the line that holds it begins with a number, it is the button with that number, whose
// label may be given without it. Empty: the first such button.
func (p *Person) Press(where, label, beside string) *Delivery {
	p.g.t.Helper()
	d, why := p.press(where, label, beside)
	if d == nil {
		p.fail("cannot press [%s] in %q: %s", label, where, why)
		return nil
	}
	return p.do(d)
}

// PressAgain presses a button that stood in a message once, by its custom ID, as a client does
// that has not heard yet that the message is another now.
func (p *Person) PressAgain(channel, message, customID string) *Delivery {
	p.g.t.Helper()
	p.g.mu.Lock()
	c := p.at(channel)
	if c == nil || c.message(message) == nil {
		p.g.mu.Unlock()
		p.fail("sees no message %s in %q", message, channel)
		return nil
	}
	d := p.component(&spot{c.message(message), obj{"type": 2.0, "id": 2.0, "custom_id": customID}}, nil)
	p.g.mu.Unlock()
	return p.do(d)
}

// CanPress says whether there is such a button.
func (p *Person) CanPress(where, label, beside string) bool {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	s, _ := p.spotOf(where, label, beside)
	return s != nil
}

// WaitPress waits for the button and presses it.
func (p *Person) WaitPress(where, label, beside string) *Delivery {
	p.g.t.Helper()
	p.Wait(fmt.Sprintf("a button [%s] in %q", label, where), func() bool { return p.CanPress(where, label, beside) })
	return p.Press(where, label, beside)
}

func (p *Person) press(where, label, beside string) (*Delivery, string) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	s, why := p.spotOf(where, label, beside)
	if s == nil {
		return nil, why
	}
	switch {
	case number(s.part, "style") == styleLink:
		return nil, "it is a link to " + text(s.part, "url")
	case s.part["disabled"] == true:
		return nil, "it is disabled"
	}
	return p.component(s, nil), ""
}

// component is the delivery of a press, or of a choice; mu is held.
func (p *Person) component(s *spot, with obj) *Delivery {
	data := obj{"custom_id": s.part["custom_id"], "component_type": s.part["type"], "id": s.part["id"]}
	for k, v := range with {
		data[k] = v
	}
	what := text(s.part, "label")
	if what == "" {
		what = text(s.part, "custom_id")
	}
	return p.interaction(byComponent, what, p.g.channels[s.message.channel], s.message, data)
}

// pattern makes a label, or a regular expression between two /, a test of labels.
func pattern(label string) func(string) bool {
	if len(label) > 2 && strings.HasPrefix(label, "/") && strings.HasSuffix(label, "/") {
		return regexp.MustCompile(label[1 : len(label)-1]).MatchString
	}
	return func(s string) bool { return s == label }
}

// A number before or behind a label, and at the beginning of a line.
var (
	numberOfLabel = regexp.MustCompile(`^\D{0,5}?(\d+)[.):：）．]?\s*|\s*[（(#]?(\d+)[)）]?$`)
	numberOfLine  = regexp.MustCompile(`^(?:• ?)?(?:［[^］]*］)?\D{0,4}?(\d+)[.):：）．\s]`)
)

// spotOf finds a button; mu is held.
func (p *Person) spotOf(where, label, beside string) (*spot, string) {
	match := pattern(label)
	var seen []string
	for _, m := range p.messages(where) {
		spots := buttonsOf(m)
		whole := p.g.reading(m)
		for _, s := range spots {
			seen = append(seen, text(s.part, "label"))
		}
		if !strings.Contains(whole, beside) {
			continue
		}
		if n := lineNumber(whole, beside); n != "" {
			for _, s := range spots {
				name := text(s.part, "label")
				found := numberOfLabel.FindStringSubmatch(name)
				if found != nil && (found[1] == n || found[2] == n) && (match(name) || match(numberOfLabel.ReplaceAllString(name, ""))) {
					return &s, ""
				}
			}
		}
		for _, s := range spots {
			if match(text(s.part, "label")) {
				return &s, ""
			}
		}
	}
	return nil, fmt.Sprintf("there are only %q", seen)
}

// lineNumber is the number before the line that holds a text; empty: there is none.
func lineNumber(whole, beside string) string {
	if beside == "" {
		return ""
	}
	for line := range strings.SplitSeq(whole, "\n") {
		if found := numberOfLine.FindStringSubmatch(line); found != nil && strings.Contains(line, beside) {
			return found[1]
		}
	}
	return ""
}

// messages are those that the person sees at a place, the newest first; mu is held.
func (p *Person) messages(where string) []*message {
	if where == Direct {
		where = ""
	}
	var all []*message
	for _, c := range p.g.channels {
		switch where {
		case Visible, Whisper:
		case "":
			if c.kind != DM || c.dm != p.ID {
				continue
			}
		default:
			if c != p.g.find(where) {
				continue
			}
		}
		for _, m := range c.messages {
			if p.sees(c, m) && (where != Whisper || m.onlyFor != "") {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b *message) int { return older(b.id, a.id) })
	return all
}

// sees says whether a message is before the person's eyes; mu is held.
func (p *Person) sees(c *channel, m *message) bool {
	if m.onlyFor != "" {
		return m.onlyFor == p.ID && !m.dismissed
	}
	return p.g.may(p.ID, c)&(ViewChannel|ReadMessageHistory) == ViewChannel|ReadMessageHistory
}

// parts are the components of a message's rows.
func parts(components []any) []obj {
	var out []obj
	for _, row := range components {
		for _, o := range list(dig(row, "components")) {
			out = append(out, object(o))
		}
	}
	return out
}

func buttonsOf(m *message) []spot {
	var out []spot
	for _, o := range parts(m.components) {
		if kindOf(o) == typeButton {
			out = append(out, spot{m, o})
		}
	}
	return out
}

// Pick chooses options, by label or value, in the select of a message that goes by its
// placeholder or custom ID; empty: the newest select there is.
func (p *Person) Pick(where, menu string, options ...string) *Delivery {
	p.g.t.Helper()
	d, why := p.pick(where, menu, options)
	if d == nil {
		p.fail("cannot choose %q of %q in %q: %s", options, menu, where, why)
		return nil
	}
	return p.do(d)
}

func (p *Person) pick(where, menu string, options []string) (*Delivery, string) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	for _, m := range p.messages(where) {
		for _, o := range parts(m.components) {
			if kind := kindOf(o); kind != typeSelect && kind != typeUsers || menu != "" && menu != text(o, "placeholder") && menu != text(o, "custom_id") {
				continue
			}
			if o["disabled"] == true {
				return nil, "it is disabled"
			}
			with, err := p.chosen(o, options)
			if err != nil {
				return nil, err.Error()
			}
			return p.component(&spot{m, o}, with), ""
		}
	}
	return nil, "there is none"
}

// chosen makes the values of a select, and what resolves them; mu is held.
func (p *Person) chosen(o obj, options []string) (obj, error) {
	values, resolved := []any{}, obj{}
	for _, want := range options {
		switch kindOf(o) {
		case typeSelect:
			v, there := optionOf(o, want)
			if !there {
				return nil, fmt.Errorf("there is no option %q, only %q", want, optionLabels(o))
			}
			values = append(values, v)
		case typeUsers:
			id := p.somebody(want)
			if id == "" {
				return nil, fmt.Errorf("nobody is called %q", want)
			}
			values = append(values, id)
			p.resolve(id, resolved)
		default:
			return nil, fmt.Errorf("nothing can be chosen in a component of type %d here", kindOf(o))
		}
	}
	least, most := 1, 1
	if n, set := o["min_values"].(float64); set {
		least = int(n)
	}
	if n, set := o["max_values"].(float64); set {
		most = int(n)
	}
	if len(values) > most || len(values) < least && (len(values) > 0 || o["required"] != false) {
		return nil, fmt.Errorf("%d to %d can be chosen", least, most)
	}
	out := obj{"values": values}
	if len(resolved) > 0 {
		out["resolved"] = resolved
	}
	return out, nil
}

// optionOf finds an option by its value, else by its label.
func optionOf(o obj, want string) (value string, ok bool) {
	for _, by := range []string{"value", "label"} {
		for _, v := range list(o["options"]) {
			if text(v, by) == want {
				return text(v, "value"), true
			}
		}
	}
	return "", false
}

func optionLabels(o obj) []string {
	var out []string
	for _, v := range list(o["options"]) {
		out = append(out, text(v, "label"))
	}
	return out
}
