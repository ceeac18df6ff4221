package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hikeshi/bot/chat"
)

// act does what a line says, in the name of its person.
func (n *night) act(ctx context.Context, line string) {
	var req chat.Request
	var name string
	switch {
	case fills.MatchString(line):
		m := fills.FindStringSubmatch(line)
		name = m[1]
		req = chat.Request{Kind: chat.Submitted, Draft: n.form(name).Draft, Values: n.values(name, m[2])}
	case types.MatchString(line):
		m := types.FindStringSubmatch(line)
		n.draft(ctx, m[1], m[2])
		return
	case presses.MatchString(line):
		m := presses.FindStringSubmatch(line)
		name = m[1]
		b := n.button(ctx, name, m[3], m[4], m[5])
		if m[2] != "" {
			n.kept[name] = b.Action
			return
		}
		req = chat.Request{Kind: chat.Pressed, Action: b.Action, Channel: channelName(m[3])}
	case stale.MatchString(line):
		name = stale.FindStringSubmatch(line)[1]
		req = chat.Request{Kind: chat.Pressed, Action: n.kept[name]}
	case again.MatchString(line):
		name = again.FindStringSubmatch(line)[1]
		req = n.last[name]
	case pages.MatchString(line):
		m := pages.FindStringSubmatch(line)
		n.page(ctx, m[1], m[2])
		return
	case looks.MatchString(line):
		m := looks.FindStringSubmatch(line)
		n.look(ctx, m[1], channelName(m[2]))
		return
	case speaks.MatchString(line):
		m := speaks.FindStringSubmatch(line)
		name = m[1]
		req = chat.Request{Kind: chat.Said, Text: m[3], Channel: channelName(m[2])}
	default:
		n.t.Fatalf("nobody understands %q", line)
	}
	if req.ID == "" {
		n.said++
		req.ID = fmt.Sprintf("night-%d", n.said)
	}
	p := n.who(name)
	req.From, req.Name, req.At = p.User, p.Name, n.clock.now
	n.last[name] = req
	n.answered(name, n.house.desk.Handle(ctx, req))
}

// answered keeps an answer: its form is open now, its buttons can be pressed.
func (n *night) answered(name string, rep chat.Reply) {
	if len(rep.Cards) == 0 && rep.Form == nil && rep.Page == "" {
		n.t.Errorf("%q is answered with nothing", n.script)
	}
	n.forms[name], n.replies[name] = rep.Form, rep.Cards
	cards := slices.Clone(rep.Cards)
	if f := rep.Form; f != nil {
		n.drafts[name] = f.Draft
		cards = append(cards, n.formCard(name, f))
	}
	if rep.Page != "" {
		cards = append(cards, chat.Card{Title: "→ " + rep.Page})
	}
	n.fresh[name] = cards
}

func channelName(id string) string { return strings.ToLower(id) }

func (n *night) form(name string) *chat.Form {
	n.t.Helper()
	if n.forms[name] == nil {
		n.t.Fatalf("no form is open for %s at %q", name, n.script)
	}
	return n.forms[name]
}

// values are the form as it stands, with what the line fills in.
func (n *night) values(name, text string) chat.Values {
	v := chat.Values{}
	inputs := n.form(name).Inputs
	for _, in := range inputs {
		v[in.Name] = in.Value
	}
	for pair := range strings.SplitSeq(text, "; ") {
		k, val, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if !ok {
			continue
		}
		i := slices.IndexFunc(inputs, func(in chat.Input) bool { return in.Name == k })
		if i < 0 {
			n.t.Fatalf("the form has no input %q at %q", k, n.script)
		}
		v[k] = chosen(inputs[i], strings.ReplaceAll(val, `\n`, "\n"))
	}
	return v
}

// chosen finds an option by what it says; what fits none is sent as it is.
func chosen(in chat.Input, val string) string {
	if in.Kind == chat.Choices {
		var all []string
		for part := range strings.SplitSeq(val, ",") {
			all = append(all, chosen(chat.Input{Kind: chat.Choice, Options: in.Options}, part))
		}
		return strings.Join(all, ",")
	}
	var found []string
	for _, o := range in.Options {
		if o.Value == val || o.Label == val {
			return o.Value
		}
		if val != "" && strings.Contains(o.Label, val) {
			found = append(found, o.Value)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return val
}

// draft keeps what somebody typed without sending it; without text it opens the form again.
func (n *night) draft(ctx context.Context, name, text string) {
	p := n.who(name)
	if text != "" {
		if err := n.house.desk.SaveDraft(ctx, p.User, n.form(name).Draft, n.values(name, text)); err != nil {
			n.t.Fatalf("%s: %v", n.script, err)
		}
		n.forms[name] = nil
		return
	}
	f, err := n.house.desk.Draft(ctx, p.User, n.drafts[name])
	if err != nil {
		n.t.Fatalf("%s: %v", n.script, err)
	}
	n.answered(name, chat.Reply{Form: &f})
}

// button finds a button by its label, and by the line it stands beside: in the last answer,
// else in the newest message of the place that has it.
func (n *night) button(ctx context.Context, name, channel, label, beside string) chat.Button {
	n.t.Helper()
	p := n.who(name)
	var cards []chat.Card
	if channel == "" {
		cards = append(cards, n.replies[name]...)
	}
	f, err := n.house.desk.Feed(ctx, p.User, channelName(channel))
	if err != nil {
		n.t.Fatalf("%s: %v", n.script, err)
	}
	for _, post := range slices.Backward(f.Posts) {
		cards = append(cards, post.Card)
	}
	if f.Pinned != nil {
		cards = append(cards, *f.Pinned)
	}
	var labels []string
	for _, c := range cards {
		for _, b := range buttons(c) {
			if b.Label == label && b.Action != "" && strings.Contains(b.beside, beside) {
				return b.Button
			}
			labels = append(labels, b.Label+" "+b.beside)
		}
	}
	n.t.Fatalf("%s sees no button %q at %q; there are:\n%s", p.Name, label, n.script, strings.Join(labels, "\n"))
	return chat.Button{}
}

type buttonBeside struct {
	chat.Button
	beside string
}

func buttons(c chat.Card) []buttonBeside {
	var out []buttonBeside
	for _, b := range c.Buttons {
		out = append(out, buttonBeside{b, c.Title})
	}
	for _, bl := range c.Blocks {
		for _, i := range bl.Items {
			for _, b := range i.Buttons {
				out = append(out, buttonBeside{b, i.Text})
			}
		}
	}
	return out
}
