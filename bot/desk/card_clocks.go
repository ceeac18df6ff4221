package desk

import (
	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// clocksCard lists the clocks of one incident, what is still to be done first.
func (v voice) clocksCard(in *incident.Incident) chat.Card {
	card := chat.Card{Key: "clocks:" + string(in.ID), Mark: v.mark(), Title: v.say("clocks.title", "id", string(in.ID)), Whole: v.act(string(incident.WordClock), in.ID, 0, "")}
	var open, unsure, done []chat.Item
	for _, c := range v.openClocks(in) {
		if c.Overdue(v.now) {
			card.Tone = chat.Urgent
		}
		if c.Provisional {
			unsure = append(unsure, v.clockItem(in, c))
		} else {
			open = append(open, v.clockItem(in, c))
		}
	}
	for _, c := range in.Clocks {
		if !c.Open() && c.Status != incident.ClockLapsed {
			done = append(done, v.clockItem(in, c))
		}
	}
	done = append(done, v.lapsedItem(in)...)
	legal, asks := v.legalBlocks(in)
	if asks {
		card.Blocks, legal = legal, nil
	}
	if open == nil && unsure == nil && in.Phase.Ended() {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("clocks.ended")})
	} else if open == nil && unsure == nil {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("clocks.none")})
	} else {
		card.Blocks = append(card.Blocks, v.adviceBlock())
	}
	if open != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("clocks.open", "count", number(len(open))), Items: open})
	}
	if unsure != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("clocks.unsure", "count", number(len(unsure))), Items: unsure})
	}
	if done != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("clocks.done"), Items: done})
	}
	card.Blocks = append(card.Blocks, legal...)
	if v.drafts != nil {
		card.Buttons = append(card.Buttons, v.draftsButton(in))
	}
	card.Buttons = append(card.Buttons, v.allClocksButton(), v.pageLink(in))
	return card
}

// lapsedItem names those that nothing asks for any more in one line: a report that leaves
// everything open starts a dozen, and the answers end most of them.
func (v voice) lapsedItem(in *incident.Incident) []chat.Item {
	var names []string
	small := ""
	for _, c := range in.Clocks {
		if c.Status == incident.ClockLapsed {
			names, small = append(names, v.ruleTitle(c.Rule)), v.clockBrief(in, c)
		}
	}
	if names == nil {
		return nil
	}
	return []chat.Item{{Mark: v.say("clockstatus." + string(incident.ClockLapsed)), Text: v.join(names), Small: small}}
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

// manyClocks is how many clocks a list of missing things, or the notice of those that began,
// names one by one; what is more stands in one line, and behind its button.
const manyClocks = 3

// clocksMissing is the same for many of them.
func (v voice) clocksMissing(in *incident.Incident, count int) chat.Item {
	item := chat.Item{Mark: v.say("state.open"), Buttons: []chat.Button{v.clocksButton(in)}}
	if open := v.openClocks(in); len(open) > 0 {
		item.Text = v.say("missing.clocks", "count", number(count), "clock", v.ruleTitle(open[0].Rule), "left", v.left(open[0].Duty))
	}
	return item
}
