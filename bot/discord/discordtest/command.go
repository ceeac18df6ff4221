package discordtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// goesBy says whether a command or an option has a name: its own, or that in a language.
func goesBy(o any, name string) bool {
	if text(o, "name") == name {
		return true
	}
	for _, other := range object(dig(o, "name_localizations")) {
		if other == name {
			return true
		}
	}
	return false
}

func named(options []any, name string) obj {
	for _, o := range options {
		if goesBy(o, name) {
			return object(o)
		}
	}
	return nil
}

// commands are those that the app has where somebody is: of the guild, and the global ones,
// which alone are available in direct messages (interactions/application-commands, "Registering
// a Command"); mu is held.
func (p *Person) commands(c *channel, kind int) []obj {
	var all, out []obj
	context := 1.0 // direct messages with the bot
	if c.guild != "" {
		context = 0
		if p.g.may(p.ID, c)&UseCommands == 0 {
			return nil
		}
		all = p.g.servers[c.guild].commands
	}
	for _, o := range p.g.commands {
		if contexts, set := o["contexts"].([]any); !set || slices.Contains(contexts, any(context)) {
			all = append(all[:len(all):len(all)], o)
		}
	}
	for _, o := range all {
		if number(o, "type") == kind {
			out = append(out, o)
		}
	}
	return out
}

// commandNamed finds a command; mu is held.
func (p *Person) commandNamed(c *channel, kind int, name string) (obj, string) {
	var there []string
	for _, o := range p.commands(c, kind) {
		if goesBy(o, name) {
			return o, ""
		}
		there = append(there, text(o, "name"))
	}
	return nil, fmt.Sprintf("there is no command %q, only %q", name, there)
}

// typed is a slash command with what leads to its last part.
type typed struct {
	command obj
	path    []obj // groups and subcommands
}

// leaf is the part that takes the values.
func (t typed) leaf() obj {
	if n := len(t.path); n > 0 {
		return t.path[n-1]
	}
	return t.command
}

func (t typed) String() string {
	s := "/" + text(t.command, "name")
	for _, o := range t.path {
		s += " " + text(o, "name")
	}
	return s
}

// data is what the app is told of it, with the values.
func (t typed) data(guild string, values []any) obj {
	for i := len(t.path) - 1; i >= 0; i-- {
		values = []any{obj{"name": text(t.path[i], "name"), "type": t.path[i]["type"], "options": orEmpty(values)}}
	}
	o := obj{"id": t.command["id"], "name": t.command["name"], "type": commandChat, "options": orEmpty(values)}
	if guild != "" {
		o["guild_id"] = guild
	}
	return o
}

// lookUp finds a slash command by its words, the command's own name before them or not; mu is
// held.
func (p *Person) lookUp(c *channel, path string) (typed, string) {
	words := strings.Fields(strings.TrimPrefix(path, "/"))
	if len(words) == 0 {
		return typed{}, "no command is named"
	}
	if command, _ := p.commandNamed(c, commandChat, words[0]); command != nil {
		return walk(command, words[1:])
	}
	_, why := p.commandNamed(c, commandChat, words[0])
	for _, o := range p.commands(c, commandChat) {
		if t, bad := walk(o, words); bad == "" {
			return t, ""
		}
	}
	return typed{}, why
}

func walk(command obj, words []string) (typed, string) {
	t := typed{command: command}
	for {
		var below []any
		for _, o := range list(t.leaf()["options"]) {
			if n := number(o, "type"); n == optionSub || n == optionGroup {
				below = append(below, o)
			}
		}
		switch {
		case len(below) == 0 && len(words) == 0:
			return t, ""
		case len(below) == 0:
			return t, fmt.Sprintf("%s has no %q", t, words[0])
		case len(words) == 0:
			return t, fmt.Sprintf("%s cannot be sent without one of its subcommands", t)
		}
		next := named(below, words[0])
		if next == nil {
			return t, fmt.Sprintf("%s has no %q", t, words[0])
		}
		t.path, words = append(t.path, next), words[1:]
	}
}

// Command sends a slash command in a channel, by its ID or name: the words of its path, such as
// "incident report" or "report", and its options by name in any language. A value is given as
// it is typed, that of an option with choices as it is called.
func (p *Person) Command(channel, path string, options map[string]string) *Delivery {
	p.g.t.Helper()
	d, why := p.command(channel, path, options)
	if d == nil {
		p.fail("cannot send %q in %q: %s", path, channel, why)
		return nil
	}
	return p.do(d)
}

func (p *Person) command(channel, path string, options map[string]string) (*Delivery, string) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.at(channel)
	if c == nil {
		return nil, "he does not see the channel"
	}
	// Without the right to write there is no field to type a command into.
	if p.g.may(p.ID, c)&SendMessages == 0 || c.locked {
		return nil, "he cannot write there"
	}
	t, why := p.lookUp(c, path)
	if why != "" {
		return nil, why
	}
	values, resolved, err := p.values(t, options)
	if err != nil {
		return nil, err.Error()
	}
	data := t.data(c.guild, values)
	if len(resolved) > 0 {
		data["resolved"] = resolved
	}
	return p.interaction(byCommand, t.String(), c, nil, data), ""
}

// values makes the values of a command, in the order in which its options stand; mu is held.
func (p *Person) values(t typed, options map[string]string) (values []any, resolved obj, err error) {
	resolved = obj{}
	left := map[string]string{}
	for name, value := range options {
		left[name] = value
	}
	for _, v := range list(t.leaf()["options"]) {
		o := object(v)
		value, given := "", false
		for name, s := range left {
			if goesBy(o, name) {
				value, given = s, true
				delete(left, name)
			}
		}
		if !given {
			if o["required"] == true {
				return nil, nil, fmt.Errorf("the option %q is required", text(o, "name"))
			}
			continue
		}
		val, err := p.value(o, value, resolved)
		if err != nil {
			return nil, nil, fmt.Errorf("the option %q: %w", text(o, "name"), err)
		}
		values = append(values, obj{"name": text(o, "name"), "type": o["type"], "value": val})
	}
	if len(left) > 0 {
		return nil, nil, fmt.Errorf("%s has no options %q", t, sortedKeys(left))
	}
	return values, resolved, nil
}

// value makes a value of what was typed into an option, as the client does.
func (p *Person) value(o obj, s string, resolved obj) (any, error) {
	kind := number(o, "type")
	if choices := list(o["choices"]); len(choices) > 0 {
		for _, c := range choices {
			if goesBy(c, s) || dig(c, "value") == s {
				return dig(c, "value"), nil
			}
		}
		return nil, fmt.Errorf("%q is none of its choices", s)
	}
	switch kind {
	case optionString:
		s = strings.TrimSpace(strings.ReplaceAll(s, "\n", " ")) // one line is typed
		least, most := number(o, "min_length"), number(o, "max_length")
		if most == 0 {
			most = 6000
		}
		if n := utf8.RuneCountInString(s); n < least || n > most || n == 0 {
			return nil, fmt.Errorf("%d characters, allowed are %d to %d", n, max(1, least), most)
		}
		return s, nil
	case optionInteger, optionNumber:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || kind == optionInteger && n != float64(int64(n)) {
			return nil, fmt.Errorf("%q is no number", s)
		}
		if least, set := o["min_value"].(float64); set && n < least {
			return nil, fmt.Errorf("%v is less than %v", n, least)
		}
		if most, set := o["max_value"].(float64); set && n > most {
			return nil, fmt.Errorf("%v is more than %v", n, most)
		}
		return n, nil
	case optionBoolean:
		return strconv.ParseBool(s)
	case optionUser:
		id := p.somebody(s)
		if id == "" {
			return nil, fmt.Errorf("nobody is called %q", s)
		}
		p.resolve(id, resolved)
		return id, nil
	}
	return nil, fmt.Errorf("nothing can be given to an option of type %d here", kind)
}

// somebody finds a member of the guild by his ID or displayed name; mu is held.
func (p *Person) somebody(name string) string {
	for _, id := range p.g.home.order {
		if p.g.home.members[id] != nil && (id == name || p.g.displayed(p.g.home.id, id) == name) {
			return id
		}
	}
	return ""
}

// resolve adds somebody to the resolved data; mu is held.
func (p *Person) resolve(id string, resolved obj) {
	for _, kind := range []string{"users", "members"} {
		if resolved[kind] == nil {
			resolved[kind] = obj{}
		}
	}
	resolved["users"].(obj)[id] = p.g.userJSON(id)
	m := p.g.memberJSON(p.g.home, id)
	delete(m, "user")
	resolved["members"].(obj)[id] = m
}
