package desk

import (
	"context"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// unreachedCard tells the lead that nothing brings a call to somebody, and how to reach him all
// the same.
func (v voice) unreachedCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Urgent)
	card.Buttons = []chat.Button{v.pageLink(in)}
	e, ok := r.Event.(incident.Unreached)
	if !ok {
		return card
	}
	roles := v.say("unreached.roles_none")
	page, called := in.Page(e.Person)
	if called && len(page.Roles) > 0 {
		roles = v.roles(page.Roles)
	}
	phone := v.say("unreached.no_phone")
	if p, listed := v.service.Contacts().Person(e.Person); listed && p.Phone != "" {
		phone = v.say("unreached.phone", "phone", p.Phone)
	}
	card.Blocks = []chat.Block{{Text: v.say("unreached.text", "name", v.person(in, e.Person), "roles", roles)}, {Text: phone}}
	if called && page.Status != incident.PageOpen || in.Phase.Ended() {
		card.Tone = chat.Plain // he has answered since, or nobody needs him any more
		card.Blocks = append(card.Blocks, chat.Block{Text: v.pageAnswer(in, page)})
	}
	return card
}

// reporterUntold says on the incident's card which reporters hear nothing of it, and how to reach
// them: they were promised to hear.
func (v voice) reporterUntold(ctx context.Context, in *incident.Incident) ([]chat.Block, error) {
	if in.Phase.Ended() {
		return nil, nil
	}
	list, err := v.service.ReportersUnreached(ctx, in)
	if err != nil {
		return nil, err
	}
	var blocks []chat.Block
	for _, r := range list {
		phone := v.say("unreached.no_phone")
		if p, listed := v.service.Contacts().Person(r.ID); listed && p.Phone != "" {
			phone = v.say("unreached.phone", "phone", p.Phone)
		}
		blocks = append(blocks, chat.Block{Text: v.say("reporter.untold", "name", v.named(r.ID, r.Name), "phone", phone)})
	}
	return blocks, nil
}
