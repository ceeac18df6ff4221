package desk

import (
	"context"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
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
	card := v.allClocksCard(all, maxClocks)
	// The address of a calendar lasts, and stays in nobody's messages: it is made on the page.
	pages := v.answerLinks || strings.HasPrefix(string(v.r.From), "web:")
	if len(all) > 0 || pages {
		card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.clocks_page"), Page: PathClocks})
	}
	if pages {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("calendar.mention"), Small: true})
	}
	return chat.Reply{Cards: []chat.Card{card}}
}

// allClocksCard lists clocks, at most so many.
func (v voice) allClocksCard(all []running, most int) chat.Card {
	card := chat.Card{Key: "clocks", Mark: v.mark(), Title: v.say("clocks.all"), Whole: v.act(string(incident.WordClock), "", 0, "")}
	if len(all) == 0 {
		card.Blocks = []chat.Block{{Text: v.say("clocks.all_none")}}
		card.Buttons = []chat.Button{{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")}}
		return card
	}
	var items []chat.Item
	certain, unsure := bySureness(all)
	for i, r := range certain {
		if i < most {
			items = append(items, v.runningItem(r))
		}
	}
	for _, r := range all {
		if r.clock.Overdue(v.now) {
			card.Tone = chat.Urgent
		}
	}
	card.Blocks = []chat.Block{v.adviceBlock()}
	left := max(0, len(certain)-most)
	if items != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("clocks.open", "count", number(len(certain))), Items: items})
	}
	items, count := nil, 0
	for i, group := range unsure {
		count += len(group)
		if i < most {
			items = append(items, v.unsureItem(group))
		} else {
			left += len(group)
		}
	}
	if items != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("clocks.unsure", "count", number(count)), Items: items})
	}
	if left > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("clocks.more", "count", number(left)), Small: true})
	}
	return card
}

// bySureness parts what is certain from what is provisional, the latter by incident: a report
// of which little is known has a dozen that a few answers settle together.
func bySureness(all []running) (certain []running, unsure [][]running) {
	at := map[incident.ID]int{}
	for _, r := range all {
		if !r.clock.Provisional {
			certain = append(certain, r)
			continue
		}
		i, there := at[r.in.ID]
		if !there {
			i = len(unsure)
			at[r.in.ID], unsure = i, append(unsure, nil)
		}
		unsure[i] = append(unsure[i], r)
	}
	return certain, unsure
}

// unsureItem lists the provisional clocks of one incident in a line each, the nearest first.
func (v voice) unsureItem(group []running) chat.Item {
	var lines []string
	for _, r := range group {
		lines = append(lines, v.say("clocks.unsure_line", "clock", v.ruleTitle(r.clock.Rule), "until", report.Until(r.clock.Duty, v.say)))
	}
	in := group[0].in
	return chat.Item{
		Mark: v.left(group[0].clock.Duty), Text: clip(title(in), 80), Small: strings.Join(lines, "\n"), Buttons: append(v.legalButtons(in), v.clocksButton(in)),
	}
}

func (v voice) allClocksButton() chat.Button {
	return chat.Button{Label: v.say("button.clocks_all"), Action: v.act(string(incident.WordClock), "", 0, "")}
}

// ClocksPage shows every open clock that the reader may see.
type ClocksPage struct {
	Room     Room
	Card     chat.Card
	Calendar CalendarLine
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
	calendar, err := v.calendarLine()
	if err != nil {
		return ClocksPage{}, err
	}
	return shown(ClocksPage{Room: room, Card: v.allClocksCard(all, len(all)), Calendar: calendar}), nil
}

// digestClocks are the clocks that come next for one person, for the morning's overview.
func (v voice) digestClocks(ctx context.Context, who incident.PersonID) ([]chat.Block, error) {
	all, err := v.runningClocks(ctx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var items []chat.Item
	certain, unsure := bySureness(all)
	for _, r := range v.ofDigest(certain, who) {
		item := v.clockItem(r.in, r.clock)
		item.Text, item.Buttons = v.say("clocks.of", "clock", item.Text, "incident", string(r.in.ID)), nil
		items = append(items, item)
	}
	if n := len(all) - len(certain); n > 0 {
		next := unsure[0][0]
		items = append(items, chat.Item{Mark: v.left(next.clock.Duty), Text: v.say("clocks.unsure_count", "count", number(n), "incidents", number(len(unsure)), "clock", v.ruleTitle(next.clock.Rule))})
	}
	items[len(items)-1].Buttons = []chat.Button{v.allClocksButton()}
	return []chat.Block{{Heading: v.say("clocks.title_all", "count", number(len(all))), Items: items}, v.adviceBlock()}, nil
}

// digestMost is how many clocks the morning's overview names.
const digestMost = 5

// ofDigest picks what the morning's overview names: first the clocks of which the reader himself is
// reminded. Of what a statute asks for without a day (本人への通知: 速やかに, 個人情報保護法 26条2項)
// nothing else reminds him, so that it is named however many others have a day.
func (v voice) ofDigest(all []running, who incident.PersonID) []running {
	var own, others []running
	for _, r := range all {
		if slices.Contains(r.in.ClockOwners(v.service.People(), r.clock.Duty, v.now), who) {
			own = append(own, r)
		} else {
			others = append(others, r)
		}
	}
	named := slices.Concat(own, others)
	named = named[:min(len(named), digestMost)]
	for _, r := range own[min(len(own), digestMost):] {
		if r.clock.Law && v.nearest(r.clock.Duty).IsZero() {
			named = append(named, r)
		}
	}
	return named
}
