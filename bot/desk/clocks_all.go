package desk

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// running is an open clock with its incident.
type running struct {
	in    *incident.Incident
	clock incident.Clock
}

// runningClocks lists every open clock of the open incidents that a person may see whole, the
// nearest first. Of one that he only reported, or may not see, there is none.
func (v voice) runningClocks(ctx context.Context, who incident.PersonID) ([]running, error) {
	mine, _, err := v.service.Incidents(ctx, who, workflows.Listing{OpenOnly: true})
	if err != nil {
		return nil, err
	}
	var all []running
	for _, l := range mine {
		if l.Access != workflows.AccessFull {
			continue
		}
		for _, c := range l.OpenClocks() {
			all = append(all, running{l.Incident, c})
		}
	}
	slices.SortStableFunc(all, func(a, b running) int { return v.compareClocks(a.clock, b.clock) })
	return all, nil
}

func (v voice) runningItem(r running) chat.Item {
	item := v.clockItem(r.in, r.clock)
	item.Text = v.say("clocks.of", "clock", item.Text, "incident", clip(title(r.in), 80))
	return item
}

// noClocks says that nothing is to be done, unless nothing counts the days here: then it must not
// look as if nothing were owed.
func (v voice) noClocks(key string) string {
	if v.service.Clocks() == nil {
		return v.say("clocks.off")
	}
	return v.say(key)
}

// maxClocks is how many clocks a card lists; the page has all.
const maxClocks = 20

// showAllClocks answers 期限: every open clock that the person may see.
func (v *visit) showAllClocks() chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	all, err := v.runningClocks(v.ctx, v.who.ID)
	if err != nil {
		return v.fault(err, task{})
	}
	card := v.allClocksCard(all, maxClocks)
	if len(all) > 0 {
		card.Buttons = []chat.Button{{Label: v.say("button.clocks_page"), Page: PathClocks}}
	}
	return chat.Reply{Cards: []chat.Card{card}}
}

// allClocksCard lists clocks, at most so many.
func (v voice) allClocksCard(all []running, most int) chat.Card {
	card := chat.Card{Key: "clocks", Mark: v.mark(), Title: v.say("clocks.all"), Whole: v.act(string(incident.WordClock), "", 0, "")}
	if len(all) == 0 {
		card.Blocks = []chat.Block{{Text: v.noClocks("clocks.all_none")}}
		card.Buttons = []chat.Button{{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")}}
		return card
	}
	var items []chat.Item
	for i, r := range all {
		if r.clock.Overdue(v.now) {
			card.Tone = chat.Urgent
		}
		if i < most {
			items = append(items, v.runningItem(r))
		}
	}
	card.Blocks = []chat.Block{v.adviceBlock(), {Heading: v.say("clocks.open", "count", number(len(all))), Items: items}}
	if len(all) > most {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("clocks.more", "count", number(len(all)-most)), Small: true})
	}
	return card
}

func (v voice) allClocksButton() chat.Button {
	return chat.Button{Label: v.say("button.clocks_all"), Action: v.act(string(incident.WordClock), "", 0, "")}
}

// ClocksPage shows every open clock that the reader may see.
type ClocksPage struct {
	Room Room
	Card chat.Card
}

// Clocks is the page of all open clocks; workflows.ErrNotFound for who is not on the contact list.
func (d *Desk) Clocks(ctx context.Context, who chat.UserID) (ClocksPage, error) {
	v := d.visit(ctx, who, "")
	if !v.known {
		return ClocksPage{}, workflows.ErrNotFound
	}
	room, err := v.room()
	if err != nil {
		return ClocksPage{}, err
	}
	all, err := v.runningClocks(ctx, v.who.ID)
	if err != nil {
		return ClocksPage{}, err
	}
	return shown(ClocksPage{Room: room, Card: v.allClocksCard(all, len(all))}), nil
}

// digestClocks are the clocks that come next for one person, for the morning's overview.
func (v voice) digestClocks(ctx context.Context, who incident.PersonID) ([]chat.Block, error) {
	all, err := v.runningClocks(ctx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var items []chat.Item
	for i, r := range all {
		if i == digestMost {
			break
		}
		item := v.runningItem(r)
		item.Buttons = nil
		items = append(items, item)
	}
	items[len(items)-1].Buttons = []chat.Button{v.allClocksButton()}
	return []chat.Block{{Heading: v.say("clocks.open", "count", number(len(all))), Items: items}, v.adviceBlock()}, nil
}

// digestMost is how many clocks the morning's overview names.
const digestMost = 5
