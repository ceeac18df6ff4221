package desk

import (
	"errors"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// showStatus answers 状況: to a reporter his own card, to the representative the page of one
// screen, to everybody else of the circle the incident's card.
func (v *visit) showStatus(in *incident.Incident) chat.Reply {
	return chat.Reply{Cards: []chat.Card{v.statusCard(in)}}
}

func (v *visit) statusCard(in *incident.Incident) chat.Card {
	switch {
	case v.access(in, v.who.ID) != workflows.AccessFull:
		return v.reporterCard(in, v.who.ID)
	case v.service.Contacts().Holds(v.who.ID, incident.Representative):
		return v.bossCard(in)
	}
	return v.incidentCard(in)
}

// bossCard is the incident on one screen: what, level and why, who holds it, what is next.
func (v voice) bossCard(in *incident.Incident) chat.Card {
	card := chat.Card{Key: "boss:" + string(in.ID), Mark: v.mark(), Title: title(in), Whole: v.act(wordStatus, in.ID, 0, ""), Blocks: []chat.Block{{Fields: append([]chat.Pair{
		{Label: v.say("label.phase"), Value: v.phase(in.Phase)},
	}, v.facts(in)...)}}}
	if in.Phase.Ended() {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("ended.heading"), Text: v.endText(in)})
		card.Buttons = v.endedButtons(in)
		return card
	}
	if in.WorkingLevel() == incident.Level3 {
		card.Tone = chat.Urgent
	}
	if event := in.Fields[incident.FieldEvent]; event.Value != "" && event.Value != in.Title {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.field(incident.FieldEvent), Text: clip(event.Value, cardText)})
	}
	if items := v.responders(in); len(items) > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("responders.heading"), Items: items})
	}
	card.Blocks = append(card.Blocks, v.clockLine(in)...)
	card.Blocks = append(card.Blocks, v.textLine(in)...)
	card.Blocks = append(card.Blocks, v.nextBriefly(in)...)
	card.Buttons = v.mainButtons(in)
	return card
}

// showMenu answers with every word as a button, grouped.
func (v *visit) showMenu(in *incident.Incident) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	return chat.Reply{Cards: []chat.Card{{
		Key: "menu:" + string(in.ID), Mark: v.mark(), Title: v.say("menu.title", "id", string(in.ID)), Whole: v.act(actMenu, in.ID, 0, ""), Blocks: []chat.Block{{Items: v.menu(in)}},
	}}}
}

// showWho answers 誰: who is called, who has taken it, who may see it.
func (v *visit) showWho(in *incident.Incident) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	card := chat.Card{Key: "circle:" + string(in.ID), Mark: v.mark(), Title: v.say("circle.title", "id", string(in.ID)), Whole: v.act(wordWho, in.ID, 0, "")}
	card.Blocks = []chat.Block{{Fields: []chat.Pair{{Label: v.say("label.lead"), Value: v.lead(in), Gap: in.Lead == ""}}}}
	if items := v.responders(in); len(items) > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("responders.heading"), Items: items})
	}
	card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("circle.heading"), Fields: v.circle(in)})
	card.Buttons = []chat.Button{v.formButton("button.assign", formAssign, in, ""), v.formButton("button.handover", formHandover, in, "")}
	return chat.Reply{Cards: []chat.Card{card}}
}

func (v voice) circle(in *incident.Incident) []chat.Pair {
	var pairs []chat.Pair
	for _, m := range in.Circle {
		why := v.say("why." + string(m.Why))
		if m.Role != "" {
			why = v.say("why.with_role", "why", why, "role", v.role(m.Role))
		}
		if p, ok := v.service.Contacts().Person(m.Person); ok && p.Phone != "" {
			why = v.say("why.with_phone", "why", why, "phone", p.Phone)
		}
		pairs = append(pairs, chat.Pair{Label: v.person(in, m.Person), Value: v.withAbsence(m.Person, why)})
	}
	return pairs
}

// showReports answers 報告書 with the downloads.
func (v *visit) showReports(in *incident.Incident) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	card := chat.Card{Key: "reports:" + string(in.ID), Mark: v.mark(), Title: v.say("reports.title", "id", string(in.ID)), Whole: v.act(string(incident.WordDoc), in.ID, 0, "")}
	text := v.say("reports.text")
	if in.Approval == nil {
		text = v.say("reports.draft")
	}
	card.Blocks = []chat.Block{{Text: text}}
	card.Buttons = append(v.documentButtons(in), v.shareButtons(in)...)
	return chat.Reply{Cards: []chat.Card{card}}
}

// documentButtons are the downloads: the report in every format, and the handover summary.
func (v voice) documentButtons(in *incident.Incident) []chat.Button {
	var buttons []chat.Button
	for _, f := range Formats {
		buttons = append(buttons, chat.Button{Label: v.say("format." + f), Page: PathDocument(in.ID, KindReport, f)})
	}
	return append(buttons, v.handoverButton(in))
}

func (v voice) handoverButton(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("format.handover"), Page: PathDocument(in.ID, KindHandover, Formats[0])}
}

// showList answers 一覧: a part of it, from the newest or from behind an incident.
func (v *visit) showList(before incident.ID) chat.Reply {
	var lost damaged
	mine, more, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{OpenOnly: true, Before: before, Limit: maxListed, Unreadable: lost.note})
	if errors.Is(err, workflows.ErrNotFound) {
		return v.outdated() // the last one of the part before is not his to see any more
	}
	if err != nil {
		return v.fault(err, task{})
	}
	card := chat.Card{Key: "list", Mark: v.mark(), Title: v.say("list.title"), Whole: v.act(wordList, before, 0, "")}
	if len(mine) == 0 && lost == nil {
		card.Blocks = []chat.Block{{Text: v.say("list.empty")}}
		card.Buttons = []chat.Button{{Label: v.say("button.report"), Action: v.openAct(formReport, "", 0, ""), Style: chat.Primary}}
		return chat.Reply{Cards: []chat.Card{card}}
	}
	var items []chat.Item
	for _, l := range mine {
		items = append(items, chat.Item{
			Text: titleFor(l.Incident, l.Access, v.who.ID), Small: v.stateLine(l.Incident),
			Buttons: []chat.Button{{Label: v.say("button.open"), Action: v.act(wordStatus, l.ID, 0, "")}},
		})
	}
	if items != nil {
		card.Blocks = []chat.Block{{Items: items}}
	}
	if said := v.unreadable(lost); said != "" {
		card.Blocks = append([]chat.Block{{Text: said}}, card.Blocks...)
	}
	if more {
		card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.list_more"), Action: v.act(wordList, mine[len(mine)-1].ID, 0, ""), Style: chat.Primary})
	}
	card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.list_page"), Page: PathIncidents})
	return chat.Reply{Cards: []chat.Card{card}}
}

// maxListed is how many incidents a card lists at once.
const maxListed = 20

// showContacts answers 連絡先. Phone numbers are for those on the list.
func (v *visit) showContacts() chat.Reply {
	card := chat.Card{Key: "contacts", Mark: v.mark(), Title: v.say("phonebook.title"), Whole: v.act(wordContacts, "", 0, "")}
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	var pairs []chat.Pair
	for _, row := range v.contactRows() {
		name := row.Name
		if row.Order != "" {
			name = v.say("phonebook.ordered", "name", name, "order", row.Order)
		}
		pairs = append(pairs, chat.Pair{Label: row.Role, Value: strings.Join(nonEmpty(name, row.Phone), "　")})
	}
	if pairs == nil {
		card.Blocks = []chat.Block{{Text: v.say("phones.none")}}
	} else {
		card.Blocks = []chat.Block{{Fields: pairs}}
	}
	card.Buttons = []chat.Button{{Label: v.say("button.contacts_page"), Page: PathContacts}}
	return chat.Reply{Cards: []chat.Card{card}}
}

// showHelp answers ヘルプ: how to report, and every word with what it does.
func (v *visit) showHelp() chat.Reply {
	card := chat.Card{Key: "help", Mark: v.mark(), Title: v.say("help.title"), Whole: v.act(wordHelp, "", 0, ""), Blocks: []chat.Block{{Text: v.say("help.text")}}}
	var pairs []chat.Pair
	for _, w := range Words {
		pairs = append(pairs, chat.Pair{Label: slash + " " + v.word(w), Value: v.help(w)})
	}
	card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("help.words"), Fields: pairs})
	card.Buttons = []chat.Button{
		{Label: v.say("button.report"), Action: v.openAct(formReport, "", 0, ""), Style: chat.Primary},
		{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")},
		{Label: v.say("button.contacts"), Action: v.act(wordContacts, "", 0, "")},
		v.awayListButton(),
	}
	if v.canLink() {
		card.Buttons = append(card.Buttons, v.linkListButton())
	}
	if v.known && v.service.MayMark(v.who.ID) {
		card.Buttons = append(card.Buttons, chat.Button{Label: v.marksLabel(), Action: v.act(wordCompromised, "", 0, "")})
	}
	return chat.Reply{Cards: []chat.Card{card}}
}
