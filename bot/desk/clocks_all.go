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
	card := chat.Card{Key: "clocks", Mark: v.mark(), Title: v.say("clocks.all"), Whole: v.act(string(incident.WordClock), "", 0, "")}
	if len(all) == 0 {
		card.Blocks = []chat.Block{{Text: v.say("clocks.all_none")}}
		card.Buttons = []chat.Button{{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")}}
		return chat.Reply{Cards: []chat.Card{card}}
	}
	var items []chat.Item
	for i, r := range all {
		if i == maxClocks {
			break
		}
		if r.clock.Overdue(v.now) {
			card.Tone = chat.Urgent
		}
		items = append(items, v.runningItem(r))
	}
	card.Blocks = []chat.Block{v.adviceBlock(), {Heading: v.say("clocks.open", "count", number(len(all))), Items: items}}
	if len(all) > maxClocks {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("clocks.more", "count", number(len(all)-maxClocks)), Small: true})
	}
	card.Buttons = []chat.Button{{Label: v.say("button.clocks_page"), Page: PathClocks}}
	return chat.Reply{Cards: []chat.Card{card}}
}

func (v voice) allClocksButton() chat.Button {
	return chat.Button{Label: v.say("button.clocks_all"), Action: v.act(string(incident.WordClock), "", 0, "")}
}
