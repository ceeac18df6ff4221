package desk

import (
	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// reporterCard is what the discoverer sees of the own report: the number, what to do and
// not to do, whom to phone, who has taken it, what is asked, and the end. Nothing else.
func (v voice) reporterCard(in *incident.Incident, p incident.PersonID) chat.Card {
	card := chat.Card{Key: "reporter:" + string(in.ID) + ":" + string(p), Tone: chat.Good, Mark: v.mark(), Title: v.say("reporter.title", "id", string(in.ID)), Whole: v.act(actOwn, in.ID, 0, "")}
	fields := []chat.Pair{
		{Label: v.field(incident.FieldEvent), Value: in.TitleFor(p)},
		{Label: v.say("label.phase"), Value: v.phase(in.Phase)},
	}
	if in.Phase.Ended() {
		card.Tone, card.Title = chat.Plain, v.reporterEndTitle(in)
		if in.MergedInto != "" {
			fields = fields[:1] // it goes on elsewhere: its phase would say that all is over
		}
		card.Blocks = []chat.Block{{Text: v.reporterEnd(in)}, {Fields: fields}}
		card.Buttons = []chat.Button{v.informEnded(in)}
		return card
	}
	fields = append(fields,
		chat.Pair{Label: v.say("label.level"), Value: v.workingLevel(in)},
		chat.Pair{Label: v.say("label.comes"), Value: v.whoComes(in), Gap: len(v.coming(in)) == 0},
	)
	card.Blocks = append(card.Blocks, chat.Block{Fields: fields})
	if open := openQuestions(in); len(open) > 0 {
		card.Tone = chat.Notice
		var items []chat.Item
		for _, q := range open {
			items = append(items, chat.Item{
				Text: q.Text, Small: v.say("question.from", "person", v.person(in, q.By), "at", v.when(q.At)),
				Buttons: []chat.Button{v.formButton("button.answer", formInform, in, "")},
			})
		}
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("question.heading"), Items: items})
	}
	if !incident.Containment.Before(in.Phase) {
		card.Blocks = append(card.Blocks, v.aidBlock(v.service.Rules(in).Book, in.Kind, in.Category)...)
	}
	card.Blocks = append(card.Blocks, v.phoneBlock(v.phones(in, v.rolesToPhone(in), nil, false))...)
	card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("reporter.next.heading"), Text: v.reporterNext(in)})
	card.Buttons = []chat.Button{
		{Label: v.say("button.inform"), Action: v.openAct(formInform, in.ID, in.Seq, ""), Style: chat.Primary},
		v.formButton("button.alarm", formAlarm, in, ""),
		v.formButton("button.detail", formDetail, in, ""),
		v.formButton("button.attach", formAttach, in, ""),
	}
	return card
}

func (v voice) reporterNext(in *incident.Incident) string {
	switch {
	case incident.Containment.Before(in.Phase):
		return v.say("reporter.next.later")
	case len(v.coming(in)) > 0:
		return v.say("reporter.next.taken")
	case in.WorkingLevel() == incident.Level0:
		return v.say("reporter.next.level0")
	}
	return v.say("reporter.next.called")
}

func (v voice) reporterEndTitle(in *incident.Incident) string {
	if in.MergedInto != "" {
		return v.say("reporter.merged.title", "id", string(in.ID), "into", string(in.MergedInto))
	}
	return v.say("reporter.ended.title", "id", string(in.ID))
}

// informEnded lets a reporter add something where it goes on.
func (v voice) informEnded(in *incident.Incident) chat.Button {
	if in.MergedInto != "" {
		return chat.Button{Label: v.say("button.inform"), Action: v.openAct(formInform, in.MergedInto, 0, "")}
	}
	return v.formButton("button.inform", formInform, in, "")
}

// reporterEnd tells the reporter how it ended, without what only the circle may read.
func (v voice) reporterEnd(in *incident.Incident) string {
	at := v.when(in.PhaseSince[in.Phase])
	switch {
	case in.MergedInto != "":
		return v.say("reporter.end.merged", "at", at)
	case in.Phase == incident.Dismissed:
		return v.say("reporter.end.dismissed", "at", at)
	}
	return v.say("reporter.end.closed", "at", at)
}

// phonesCard says whom to phone now, when nobody has answered, and that people are called again;
// once somebody has, that there is no need to phone any more.
func (v voice) phonesCard(in *incident.Incident) chat.Card {
	card := chat.Card{Key: "phones:" + string(in.ID), Mark: v.mark()}
	if in.Phase.Ended() || in.Attended(v.service.People()) {
		card.Title = v.say("phones.over.title", "id", string(in.ID))
		state := v.whoComes(in)
		switch {
		case in.Phase.Ended():
			state = v.phase(in.Phase)
		case len(v.coming(in)) == 0:
			state = v.lead(in)
		}
		card.Blocks = []chat.Block{{Text: v.say("phones.over", "state", state)}}
		return card
	}
	plan := v.service.Rules(in).Paging.At(in.CalledLevel(), in.Level.Confirmed(), v.now)
	roles := append(v.rolesToPhone(in), incident.Representative)
	card.Tone, card.Title = chat.Urgent, v.say("phones.title", "id", string(in.ID))
	card.Blocks = append([]chat.Block{{Text: v.say("phones.text")}}, v.phoneBlock(v.phones(in, roles, nil, true))...)
	if plan.Again > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("phones.again", "minutes", number(int(plan.Again.Minutes()))), Small: true})
	}
	return card
}
