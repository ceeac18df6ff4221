package desk

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// clocksCard lists the clocks of one incident, what is still to be done first.
func (v voice) clocksCard(in *incident.Incident) chat.Card {
	card := chat.Card{Key: "clocks:" + string(in.ID), Mark: v.mark(), Title: v.say("clocks.title", "id", string(in.ID)), Whole: v.act(string(incident.WordClock), in.ID, 0, "")}
	var open, done []chat.Item
	for _, c := range v.openClocks(in) {
		if c.Overdue(v.now) {
			card.Tone = chat.Urgent
		}
		open = append(open, v.clockItem(in, c))
	}
	for _, c := range in.Clocks {
		if !c.Open() {
			done = append(done, v.clockItem(in, c))
		}
	}
	if open == nil {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.noClocks("clocks.none")})
	} else {
		card.Blocks = append(card.Blocks, v.adviceBlock(), chat.Block{Heading: v.say("clocks.open", "count", number(len(open))), Items: open})
	}
	if done != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("clocks.done"), Items: done})
	}
	if !in.Phase.Ended() {
		card.Buttons = append(card.Buttons, v.formButton("button.fact_form", formFact, in, ""))
	}
	card.Buttons = append(card.Buttons, v.allClocksButton(), v.pageLink(in))
	return card
}

// showClocks answers 期限 for one incident, or for one of its clocks.
func (v *visit) showClocks(in *incident.Incident, arg string) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	card := v.clocksCard(in)
	if c, ok := in.Clock(findRule(in, arg)); arg != "" && ok {
		card.Key, card.Whole, card.Tone = card.Key+":"+short(string(c.Rule)), v.act(string(incident.WordClock), in.ID, 0, string(c.Rule)), chat.Plain
		card.Blocks = []chat.Block{{Items: []chat.Item{v.clockDetail(in, c)}}, v.adviceBlock()}
		card.Buttons = []chat.Button{v.clocksButton(in), v.pageLink(in)}
	}
	return chat.Reply{Cards: []chat.Card{card}}
}

// clocksNotice tells one person of clocks: those he is in charge of that began or changed, a
// reminder of some, what is overdue, or that somebody judged one 不要.
func (v voice) clocksNotice(_ context.Context, in *incident.Incident, m workflows.Message, r incident.Record) (chat.Card, error) {
	card := v.base(in, m, chat.Notice)
	card.Whole = v.wholeTold(m)
	card.Buttons = []chat.Button{v.clocksButton(in), v.pageLink(in)}
	var rules []incident.Rule
	text := ""
	switch e := r.Event.(type) {
	case incident.ClocksDrawn:
		for _, d := range slices.Concat(e.Started, e.Changed) {
			if slices.Contains(in.ClockOwners(v.service.People(), d, r.At), m.To) {
				rules = append(rules, d.Rule)
			}
		}
		text = v.say("notice.clocks.drawn", "because", v.tongue(in, nil).DrawnBecause(e))
	case incident.ClocksReminded:
		text = v.say("notice.clocks.remind")
		for _, x := range e.List {
			if !slices.Contains(x.To, m.To) {
				continue
			}
			rules = append(rules, x.Rule)
			c, _ := in.Clock(x.Rule)
			switch {
			case x.Overdue:
				card.Tone, text = chat.Urgent, v.say("notice.clocks.late")
				card.Title = v.say("notice.clocks.overdue", "id", string(in.ID))
			case card.Tone != chat.Urgent && c.Open() && !c.DueAt.IsZero() && v.daysTo(c.DueAt) == 0:
				card.Tone, card.Title = chat.Urgent, v.say("notice.clocks.today", "id", string(in.ID))
			}
		}
	case incident.ClockSettled:
		card.Title = v.say("notice.clocks.unneeded", "id", string(in.ID))
		text = v.say("notice.clocks.judged", "person", v.author(in, r))
		rules = []incident.Rule{e.Rule}
	}
	var clocks []incident.Clock
	for _, rule := range rules {
		if c, ok := in.Clock(rule); ok {
			clocks = append(clocks, c)
		}
	}
	if len(clocks) == 0 {
		return chat.Card{}, workflows.ErrSettled // somebody else is in charge now
	}
	slices.SortStableFunc(clocks, v.compareClocks)
	_, judged := r.Event.(incident.ClockSettled)
	if !judged && (in.Phase.Ended() || !slices.ContainsFunc(clocks, incident.Clock.Open)) {
		card.Tone, card.Title = chat.Plain, v.say("clocks.title", "id", string(in.ID))
		text = v.say("notice.clocks.over")
	}
	card.Blocks = []chat.Block{{Text: text}}
	var items []chat.Item
	for _, c := range clocks {
		items = append(items, v.clockItem(in, c))
	}
	card.Blocks = append(card.Blocks, chat.Block{Items: items}, v.adviceBlock(), chat.Block{Text: v.subLine(in), Small: true})
	return card, nil
}

// clockMissing is a clock that holds back the closing.
func (v voice) clockMissing(in *incident.Incident, rule incident.Rule) chat.Item {
	item := chat.Item{Mark: v.say("state.open")}
	c, ok := in.Clock(rule)
	if !ok {
		item.Text = v.say("missing.clock", "clock", v.ruleTitle(rule), "until", v.say("text.unknown", "value", ""))
		return item
	}
	item.Text = v.say("missing.clock", "clock", v.ruleTitle(rule), "until", report.Until(c.Duty, v.say))
	item.Buttons = []chat.Button{
		v.formButton("button.clock_filed", formFiled, in, string(rule)), v.formButton("button.clock_unneeded", formUnneeded, in, string(rule)),
		{Label: v.say("button.clock"), Action: v.act(string(incident.WordClock), in.ID, 0, string(rule))},
	}
	return item
}

// manyClocks is how many clocks a list of missing things names one by one; what is more stands
// in one line, and behind its button.
const manyClocks = 3

// clocksMissing is the same for many of them.
func (v voice) clocksMissing(in *incident.Incident, count int) chat.Item {
	item := chat.Item{Mark: v.say("state.open"), Buttons: []chat.Button{v.clocksButton(in)}}
	if open := v.openClocks(in); len(open) > 0 {
		item.Text = v.say("missing.clocks", "count", number(count), "clock", v.ruleTitle(open[0].Rule), "left", v.left(open[0].Duty))
	}
	return item
}
