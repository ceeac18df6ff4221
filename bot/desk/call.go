package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Call words pages to one person for a means that others can read or hear: number, level, whom
// to phone, and how to answer; nothing of what happened, nor who reported it. The gravest of
// them is named. It is workflows.ErrSettled when none of them has to be brought any more.
func (d *Desk) Call(ctx context.Context, messages ...workflows.Message) (*chat.Call, error) {
	type page struct {
		m  workflows.Message
		in *incident.Incident
	}
	var pages []page
	for _, m := range messages {
		in, err := d.service.Called(ctx, m)
		if errors.Is(err, workflows.ErrSettled) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(pages, func(p page) bool { return p.in.ID == in.ID }) {
			pages = append(pages, page{m, in})
		}
	}
	if pages == nil {
		return nil, workflows.ErrSettled
	}
	slices.SortStableFunc(pages, func(a, b page) int { return byUrgency(a.in, b.in) })
	v, m, in := d.voice(), pages[0].m, pages[0].in
	again, err := d.service.CalledBefore(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("whether somebody was called before: %w", err)
	}
	c := chat.Call{
		Incident: string(in.ID), More: len(pages) - 1, Level: in.WorkingLevel().String(), Unsure: in.Provisional(),
		Practice: d.service.Practice(), Again: again, Lang: v.lang, Phones: v.callPhones(in, m.To),
	}
	marks, err := d.service.Compromised(ctx)
	if err != nil {
		return nil, err
	}
	c.Avoid = v.platformNames(v.unsafe(marks))
	for _, p := range pages {
		if page, _ := p.in.Page(m.To); slices.Contains(page.Failed, incident.ByChat) {
			c.Down = v.platformNames(v.chats(m.To))
		}
	}
	if d.answerLinks {
		if c.Answer, c.Expires, err = d.service.AnswerToken(ctx, m.To, m.Incident, m.Seq); err != nil {
			return nil, err
		}
		c.AnswerPage = PathAnswer(c.Answer)
	}
	c.Text = v.callText(in, c, m.By())
	c = shown(c)
	return &c, nil
}

// callText are the sentences of a call that are read out.
func (v voice) callText(in *incident.Incident, c chat.Call, by incident.Means) string {
	first := "call.text.first"
	if c.Again {
		first = "call.text.again"
	}
	said := []string{v.say(first)}
	if c.Practice {
		said = append(said, v.say("call.text.practice"))
	}
	said = append(said, v.say("call.text.number", "id", c.Incident, "level", v.workingLevel(in)))
	if c.More > 0 {
		said = append(said, v.say("call.text.more", "count", number(c.More)))
	}
	switch {
	case c.Avoid != "":
		said = append(said, v.say("call.text.avoid", "platform", c.Avoid))
	case c.Down != "":
		said = append(said, v.say("call.text.down", "platform", c.Down, "means", v.say("means."+string(by))))
	}
	if len(c.Phones) > 0 {
		p := c.Phones[0]
		said = append(said, v.say("call.text.phone", "role", p.Role, "name", p.Name, "phone", p.Number))
	}
	text := said[0]
	for _, s := range said[1:] {
		text = v.say("call.text.two", "first", text, "second", s)
	}
	return text
}

// callPhones lists whom somebody who is called can phone: who leads; while nobody does, those who
// are called for the lead and for the system administrator, and last those who would be.
func (v voice) callPhones(in *incident.Incident, to incident.PersonID) []chat.Phone {
	people := v.service.Contacts()
	listed := func(p incident.PersonID) bool {
		person, ok := people.Person(p)
		return ok && person.Active && person.Phone != "" && p != to && !in.IsExcluded(p)
	}
	var list []phone
	add := func(p incident.PersonID, r incident.Role) {
		person, _ := people.Person(p)
		list = append(list, phone{person: person, role: r, deputy: !people.Holds(p, r)})
	}
	if listed(in.Lead) {
		add(in.Lead, incident.IncidentLead)
	}
	for _, r := range []incident.Role{incident.IncidentLead, incident.SystemAdmin} {
		for _, p := range in.OpenPages() {
			there := slices.ContainsFunc(list, func(o phone) bool { return o.person.ID == p.Person })
			if in.Lead == "" && slices.Contains(p.Roles, r) && listed(p.Person) && !there {
				add(p.Person, r)
			}
		}
	}
	if list == nil {
		list = v.phones(in, []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.Representative}, []incident.PersonID{to}, false)
	}
	out := make([]chat.Phone, 0, len(list))
	for _, p := range list {
		role := v.role(p.role)
		if p.deputy {
			role = v.say("role.deputy", "value", role)
		}
		out = append(out, chat.Phone{Name: p.person.Name, Role: role, Number: p.person.Phone})
	}
	return out
}
