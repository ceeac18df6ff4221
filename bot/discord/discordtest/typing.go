package discordtest

import (
	"fmt"
	"slices"
	"strings"
)

// Choice is something that the app offers while a person types.
type Choice struct{ Name, Value string }

// Autocomplete types into an option of a slash command and gives what the app offers. filled
// are options that stand there already.
func (p *Person) Autocomplete(channel, path, option, entered string, filled ...map[string]string) []Choice {
	p.g.t.Helper()
	d, why := p.typing(channel, path, option, entered, filled)
	if d == nil {
		p.fail("cannot type into %q of %q in %q: %s", option, path, channel, why)
		return nil
	}
	p.start(d)
	d.Await()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	var out []Choice
	for _, c := range d.it.choices {
		name := text(c, "name")
		if s := text(c, "name_localizations", p.locale()); s != "" {
			name = s
		}
		out = append(out, Choice{name, fmt.Sprint(dig(c, "value"))})
	}
	return out
}

func (p *Person) typing(channel, path, option, entered string, filled []map[string]string) (*Delivery, string) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.at(channel)
	if c == nil {
		return nil, "he does not see the channel"
	}
	t, why := p.lookUp(c, path)
	if why != "" {
		return nil, why
	}
	focus := named(list(t.leaf()["options"]), option)
	if focus["autocomplete"] != true {
		return nil, "the app is not asked there"
	}
	var values []any
	for _, v := range list(t.leaf()["options"]) {
		o := object(v)
		if text(o, "name") == text(focus, "name") {
			values = append(values, obj{"name": text(o, "name"), "type": o["type"], "value": entered, "focused": true})
			continue
		}
		for _, f := range filled {
			for name, s := range f {
				if goesBy(o, name) {
					values = append(values, obj{"name": text(o, "name"), "type": o["type"], "value": s})
				}
			}
		}
	}
	d := p.interaction(byTyping, t.String()+" "+option+":", c, nil, t.data(c.guild, values))
	d.it.takes = number(focus, "type")
	return d, ""
}

// Commands are the names of the slash commands that the person finds in a channel, with their
// subcommands, as his client lists them.
func (p *Person) Commands(channel string) []string {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.at(channel)
	if c == nil {
		return nil
	}
	var out []string
	var gather func(prefix string, o obj)
	gather = func(prefix string, o obj) {
		name := text(o, "name")
		if s := text(o, "name_localizations", p.locale()); s != "" {
			name = s
		}
		leaf := true
		for _, v := range list(o["options"]) {
			if n := number(v, "type"); n == optionSub || n == optionGroup {
				leaf = false
				gather(prefix+name+" ", object(v))
			}
		}
		if leaf {
			out = append(out, prefix+name)
		}
	}
	for _, o := range p.commands(c, commandChat) {
		gather("/", o)
	}
	slices.Sort(out)
	return out
}

// Line types a whole line of /incident, with the command's name before it or not: into the
// subcommand that takes nothing but one required text or, when there is nothing in it, into the
// first that needs nothing. Where there are no commands, as in direct messages, it is written
// as a message.
func (p *Person) Line(channel, line string) *Delivery {
	p.g.t.Helper()
	p.g.mu.Lock()
	c := p.at(channel)
	var path, option, name string
	if c != nil {
		path, option, name = p.whole(c, line)
	}
	p.g.mu.Unlock()
	if c != nil && path == "" && c.guild == "" {
		p.DM(line)
		p.g.mu.Lock()
		defer p.g.mu.Unlock()
		return p.g.engine.last[p.ID]
	}
	if path == "" {
		p.fail("finds no command in %q that takes %q", channel, line)
		return nil
	}
	line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "/"+name))
	if option == "" {
		return p.Command(channel, path, nil)
	}
	return p.Command(channel, path, map[string]string{option: line})
}

// whole finds the subcommand that takes a whole line; mu is held.
func (p *Person) whole(c *channel, line string) (path, option, name string) {
	for _, command := range p.commands(c, commandChat) {
		name = text(command, "name")
		empty := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "/"+name)) == ""
		for _, v := range list(command["options"]) {
			takes := list(dig(v, "options"))
			needs := slices.ContainsFunc(takes, func(o any) bool { return dig(o, "required") == true })
			switch {
			case number(v, "type") != optionSub:
			case empty && !needs:
				return name + " " + text(v, "name"), "", name
			case !empty && len(takes) == 1 && needs && number(takes[0], "type") == optionString && len(list(dig(takes[0], "choices"))) == 0:
				return name + " " + text(v, "name"), text(takes[0], "name"), name
			}
		}
	}
	return "", "", ""
}
