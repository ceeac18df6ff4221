package desk

import (
	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// cardText is how much of a free text a card shows.
const cardText = 600

// incidentCard is the incident's card in its channel: the same for everybody there, always
// as it is now. What a button may not do is said when it is pressed.
func (v voice) incidentCard(in *incident.Incident) chat.Card {
	card := chat.Card{Key: "card:" + string(in.ID), Mark: v.mark(), Title: title(in), Whole: v.act(actCard, in.ID, 0, "")}
	if in.WorkingLevel() == incident.Level3 && !in.Phase.Ended() {
		card.Tone = chat.Urgent
	}
	card.Blocks = append(card.Blocks,
		chat.Block{Text: v.phaseLine(in)},
		chat.Block{Fields: v.facts(in)},
	)
	if curbed := v.curbed(in); curbed != "" {
		card.Blocks = append(card.Blocks, chat.Block{Text: curbed})
	}
	if in.Phase.Ended() {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("ended.heading"), Text: v.endText(in)})
		card.Blocks = append(card.Blocks, v.textLine(in)...)
		card.Buttons = v.endedButtons(in)
		return card
	}
	if event := in.Fields[incident.FieldEvent]; event.Value != "" && event.Value != in.Title {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.field(incident.FieldEvent), Text: clip(event.Value, cardText)})
	}
	card.Blocks = append(card.Blocks, v.clockLine(in)...)
	card.Blocks = append(card.Blocks, v.textLine(in)...)
	card.Blocks = append(card.Blocks, v.nextAboveSteps(in)...)
	if items := v.responders(in); len(items) > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("responders.heading"), Items: items})
	}
	if in.Proposed != nil {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.proposalText(in)})
	}
	if len(in.Steps) > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("steps.heading"), Items: v.steps(in)})
	}
	policy := v.service.Rules(in).Paging
	if due, ok := policy.Round(in, v.service.People()); ok && due.After(v.now) {
		key := "next.again"
		if policy.Follows(in, v.service.People(), due) {
			key = "next.round"
		}
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say(key, "at", v.when(due)), Small: true})
	}
	card.Buttons = v.mainButtons(in)
	return card
}

// facts are the short facts of a card.
func (v voice) facts(in *incident.Incident) []chat.Pair {
	pairs := []chat.Pair{
		{Label: v.say("label.level"), Value: v.say("level.why", "level", v.workingLevel(in), "why", v.levelWhy(in))},
		{Label: v.say("label.lead"), Value: v.lead(in), Gap: in.Lead == ""},
		{Label: v.say("label.category"), Value: v.category(in)},
		{Label: v.say("label.reporter"), Value: v.reporters(in)},
		{Label: v.say("label.reported_at"), Value: v.when(in.ReportedAt), At: in.ReportedAt},
	}
	if in.Contractor != "" {
		pairs = append(pairs, chat.Pair{Label: v.say("input.contractor"), Value: clip(in.Contractor, cardText)})
	}
	if in.Handover != nil {
		pairs = append(pairs, chat.Pair{Label: v.say("label.handover"), Value: v.say("handover.waits", "person", v.person(in, in.Handover.To), "at", v.when(in.Handover.At))})
	}
	if len(in.Excluded) > 0 {
		pairs = append(pairs, chat.Pair{Label: v.say("label.restricted"), Value: v.say("restricted.some", "count", number(len(in.Excluded)))})
	}
	return pairs
}

func (v voice) reporters(in *incident.Incident) string {
	var names []string
	for _, r := range in.Reporters {
		name := v.named(r.ID, r.Name)
		if r.Department != "" {
			name = v.say("person.of", "name", name, "of", r.Department)
		}
		names = append(names, name)
	}
	return v.join(names)
}

func (v voice) proposalText(in *incident.Incident) string {
	p := in.Proposed
	return v.withReason(v.say("proposal.text", "person", v.person(in, p.By), "level", v.level(p.Level), "at", v.when(p.At)), p.Reason)
}

// endText says how an incident ended.
func (v voice) endText(in *incident.Incident) string {
	at := v.when(in.PhaseSince[in.Phase])
	switch {
	case in.MergedInto != "":
		return v.say("end.merged", "id", string(in.MergedInto), "at", at)
	case in.Phase == incident.Dismissed:
		return v.withReason(v.say("end.dismissed", "at", at), in.EndReason)
	}
	closed := v.say("end.closed", "at", at)
	if in.EndReason != "" {
		closed += "\n" + v.say("log.part.comment", "text", in.EndReason)
	}
	return closed
}

// mainButtons are the buttons of the card, the expected next thing first. The rest stands
// behind one button, grouped.
func (v voice) mainButtons(in *incident.Incident) []chat.Button {
	var buttons []chat.Button
	if len(v.coming(in)) == 0 {
		buttons = append(buttons, chat.Button{Label: v.say("button.take"), Action: v.act(string(incident.WordTake), in.ID, in.Seq, ""), Style: chat.Primary})
	}
	if !in.Level.Confirmed() {
		level := v.formButton("button.level", formLevel, in, in.WorkingLevel().String())
		if len(buttons) == 0 {
			level.Style = chat.Primary
		}
		buttons = append(buttons, level)
	}
	on := v.goOn(in)
	if len(buttons) > 0 {
		for i := range on {
			on[i].Style = chat.Normal
		}
	}
	buttons = append(buttons, on...)
	if len(v.coming(in)) > 0 {
		buttons = append(buttons, chat.Button{Label: v.say("button.take"), Action: v.act(string(incident.WordTake), in.ID, in.Seq, "")})
	}
	return append(buttons,
		v.formButton("button.note", formNote, in, ""),
		chat.Button{Label: v.say("button.menu"), Action: v.act(actMenu, in.ID, in.Seq, "")},
		v.pageLink(in),
	)
}

func (v voice) endedButtons(in *incident.Incident) []chat.Button {
	if in.MergedInto != "" { // it cannot be taken up again
		return []chat.Button{
			v.goesOn(in),
			{Label: v.say("button.doc"), Action: v.act(string(incident.WordDoc), in.ID, in.Seq, "")},
			v.formButton("button.note", formNote, in, ""),
			v.pageLink(in),
		}
	}
	return []chat.Button{
		{Label: v.say("button.doc"), Action: v.act(string(incident.WordDoc), in.ID, in.Seq, "")},
		v.formButton("button.note", formNote, in, ""),
		v.formButton("button.reopen", formReopen, in, ""),
		v.pageLink(in),
	}
}

// goesOn leads to the incident with which a merged one goes on; who may not see it is told so.
func (v voice) goesOn(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.goes_on", "id", string(in.MergedInto)), Action: v.act(actCard, in.MergedInto, 0, ""), Style: chat.Primary}
}

// menu groups every word as a button.
func (v voice) menu(in *incident.Incident) []chat.Item {
	group := func(name string, buttons ...chat.Button) chat.Item {
		return chat.Item{Text: v.say(name), Buttons: buttons}
	}
	f := func(label, form string) chat.Button { return v.formButton(label, form, in, "") }
	do := func(label, word string) chat.Button {
		return chat.Button{Label: v.say(label), Action: v.act(word, in.ID, in.Seq, "")}
	}
	if in.Phase.Ended() {
		return []chat.Item{
			group("menu.record", f("button.note", formNote), f("button.attach", formAttach), f("button.file", formFile), f("button.correct", formCorrect), f("button.action", formAction)),
			group("menu.outside", v.textsButton(in), v.partiesButton(in)),
			group("menu.end", f("button.reopen", formReopen), f("button.restrict", formRestrict), do("button.doc", string(incident.WordDoc))),
		}
	}
	papers := []chat.Button{do("button.doc", string(incident.WordDoc))}
	if v.drafts != nil {
		papers = append(papers, v.draftsButton(in))
	}
	flow := append(v.goOn(in), f("button.back", formBack), f("button.level", formLevel), f("button.category", formCategory))
	flow[0].Style = chat.Normal
	return []chat.Item{
		group("menu.flow", flow...),
		group("menu.people",
			do("button.take", string(incident.WordTake)), do("button.decline", string(incident.WordDecline)),
			f("button.assign", formAssign), f("button.handover", formHandover), f("button.ask", formAsk), do("button.who", wordWho)),
		group("menu.work", f("button.step_form", formStep), f("button.waive_form", formWaive), f("button.field_form", formField), f("button.fact_form", formFact), f("button.action", formAction)),
		group("menu.record", f("button.note", formNote), f("button.attach", formAttach), f("button.file", formFile), f("button.correct", formCorrect), f("button.undo", formUndo)),
		group("menu.outside", v.textsButton(in), v.partiesButton(in)),
		group("menu.end", append(papers,
			f("button.approve", formApprove), f("button.close", formClose),
			f("button.dismiss", formDismiss), f("button.merge", formMerge), f("button.restrict", formRestrict))...),
	}
}
