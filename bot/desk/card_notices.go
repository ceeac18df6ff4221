package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// handoverCard asks somebody to take the lead, with all that he needs to decide it.
func (v voice) handoverCard(in *incident.Incident, m workflows.Message) chat.Card {
	card := v.base(in, m, chat.Urgent)
	card.Whole = v.wholeTold(m)
	waits := in.Handover != nil && in.Handover.To == m.To
	if waits {
		text := v.withReason(v.say("handover.ask", "person", v.person(in, in.Handover.From)), in.Handover.Reason)
		card.Blocks = append(card.Blocks, chat.Block{Text: text})
		card.Buttons = v.handoverButtons(in)
	} else {
		card.Tone = chat.Plain
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("handover.over", "lead", v.lead(in))})
	}
	card.Blocks = append(card.Blocks, v.summary(in)...)
	card.Buttons = append(card.Buttons, v.handoverButton(in), v.pageLink(in))
	return card
}

func (v voice) handoverButtons(in *incident.Incident) []chat.Button {
	return []chat.Button{
		{Label: v.say("button.accept"), Action: v.act(string(incident.WordAccept), in.ID, in.Seq, ""), Style: chat.Primary},
		{Label: v.say("button.refuse"), Action: v.act(actRefuse, in.ID, in.Seq, "")},
	}
}

// summary is what somebody new has to know: where it stands, what is done, what is open.
func (v voice) summary(in *incident.Incident) []chat.Block {
	blocks := []chat.Block{
		{Text: v.phaseLine(in)},
		{Fields: v.facts(in)},
		{Heading: v.field(incident.FieldEvent), Text: clip(in.Fields[incident.FieldEvent].Value, cardText)},
	}
	var done, open []chat.Item
	for _, s := range in.Steps {
		item := chat.Item{Mark: v.stepMark(in, s), Text: v.stepLine(s), Small: v.stepSmall(in, s)}
		if s.Settled() {
			done = append(done, item)
		} else if in.Applies(v.procedures(in), s) != incident.No {
			open = append(open, item)
		}
	}
	if done != nil {
		blocks = append(blocks, chat.Block{Heading: v.say("summary.done"), Items: done})
	}
	if open != nil {
		blocks = append(blocks, chat.Block{Heading: v.say("summary.open"), Items: open})
	}
	var filled []chat.Pair
	for _, f := range in.NeededFields(in.Phase) {
		if value, ok := in.Fields[f]; ok && f != incident.FieldEvent {
			filled = append(filled, chat.Pair{Label: v.field(f), Value: clip(v.fieldValue(f, value), cardText)})
		}
	}
	if filled != nil {
		blocks = append(blocks, chat.Block{Fields: filled})
	}
	blocks = append(blocks, v.textLine(in)...)
	if parties := v.partiesLine(in); parties != "" {
		blocks = append(blocks, chat.Block{Items: []chat.Item{{Text: parties, Buttons: []chat.Button{v.partiesButton(in)}}}})
	}
	return append(blocks, v.nextBlocks(in)...)
}

func (v voice) toldCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Notice)
	card.Blocks = []chat.Block{{Text: v.say("feed.line", "person", v.author(in, r), "text", v.entry(in, r))}}
	if m.Kind == incident.NoticeVoided {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("notice.voided.text")})
		card.Buttons = v.approveButtons(in)
	} else {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("notice.refused.text", "lead", v.lead(in))})
		card.Buttons = []chat.Button{v.formButton("button.handover", formHandover, in, "")}
	}
	card.Buttons = append(card.Buttons, v.pageLink(in))
	return card
}

func (v voice) proposalCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Urgent)
	card.Blocks = []chat.Block{
		{Text: v.say("feed.line", "person", v.author(in, r), "text", v.entry(in, r))},
		{Fields: v.facts(in)},
	}
	if in.Proposed == nil {
		card.Tone = chat.Plain
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("proposal.decided", "level", v.workingLevel(in))})
	}
	card.Buttons = append(v.proposalButtons(in), v.pageLink(in))
	return card
}

func (v voice) proposalButtons(in *incident.Incident) []chat.Button {
	if in.Proposed == nil || in.Phase.Ended() {
		return nil
	}
	l := in.Proposed.Level
	return []chat.Button{
		{Label: v.say("button.raise", "level", v.level(l)), Action: v.act(string(incident.WordLevel), in.ID, in.Seq, l.String()), Style: chat.Primary},
		v.formButton("button.keep_level", formLevel, in, in.WorkingLevel().String()),
	}
}

// alarmCard tells the lead that it may be a false alarm; only he decides.
func (v voice) alarmCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Notice)
	card.Blocks = []chat.Block{
		{Text: v.say("feed.line", "person", v.author(in, r), "text", v.entry(in, r))},
		{Text: v.say("notice.alarm.text")},
	}
	if !in.Phase.Ended() {
		dismiss := v.formButton("button.dismiss_alarm", formDismiss, in, "")
		card.Buttons = []chat.Button{dismiss, {Label: v.say("button.continue"), Action: v.act(actContinue, in.ID, in.Seq, "")}}
	}
	card.Buttons = append(card.Buttons, v.pageLink(in))
	return card
}

func (v voice) questionCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Notice)
	e, _ := r.Event.(incident.Asked)
	card.Blocks = []chat.Block{{Text: v.text(e.Text)}, {Text: v.say("question.from", "person", v.author(in, r), "at", v.when(r.At)), Small: true}}
	for _, q := range in.Questions {
		if q.Seq == m.Seq && q.Answered {
			card.Tone = chat.Good
			card.Blocks = append(card.Blocks, chat.Block{Text: v.say("question.answered")})
			return card
		}
	}
	if v.undone(in, m.Seq) {
		card.Tone = chat.Plain
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("question.withdrawn")})
		return card
	}
	answer := v.formButton("button.answer", formInform, in, "")
	answer.Style = chat.Primary
	card.Buttons = []chat.Button{answer}
	return card
}

func (v voice) approveCard(in *incident.Incident, m workflows.Message) chat.Card {
	card := v.base(in, m, chat.Notice)
	card.Whole = v.wholeTold(m)
	if in.Approval != nil {
		card.Tone = chat.Good
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("approve.done", "person", v.person(in, in.Approval.By), "at", v.when(in.Approval.At))})
	} else if !in.Phase.Ended() {
		role := in.WorkingLevel().Responsible()
		name := v.role(role)
		if role != incident.IncidentLead && !v.service.Contacts().Holds(m.To, role) {
			name = v.say("role.deputy", "value", name)
		}
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("approve.ask", "role", name)})
		card.Buttons = v.approveButtons(in)
		card.Buttons[len(card.Buttons)-1].Style = chat.Primary
	}
	card.Blocks = append(card.Blocks, chat.Block{Fields: v.facts(in)})
	card.Blocks = append(card.Blocks, v.nextBeside(in, incident.MissingApproval)...)
	card.Buttons = append(card.Buttons, v.pageLink(in))
	return card
}

func (v voice) assignedCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Notice)
	card.Blocks = []chat.Block{{Text: v.say("notice.assigned.text", "person", v.author(in, r))}}
	if e, ok := r.Event.(incident.Assigned); ok {
		if s, ok := in.StepByKey(e.Step); ok {
			item := chat.Item{Mark: v.stepMark(in, s), Text: v.stepLine(s), Small: v.stepSmall(in, s)}
			if v.stepDue(in, s) {
				item.Buttons = v.stepDueButtons(in, s)
			}
			card.Blocks = append(card.Blocks, chat.Block{Items: []chat.Item{item}})
		}
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: v.subLine(in), Small: true})
	card.Buttons = []chat.Button{v.pageLink(in)}
	return card
}

// endCard tells everybody who knew of it that it ended, or goes on after all.
func (v voice) endCard(in *incident.Incident, access workflows.Access, m workflows.Message) chat.Card {
	card := v.base(in, m, chat.Plain)
	full := access == workflows.AccessFull
	switch {
	case m.Kind == incident.NoticeReopened && !in.Phase.Ended():
		card.Tone = chat.Notice
		card.Blocks = []chat.Block{{Text: v.say("notice.reopened.text", "phase", v.phase(in.Phase))}}
	case !in.Phase.Ended():
		card.Blocks = []chat.Block{{Text: v.say("notice.ended.not_now", "phase", v.phase(in.Phase))}}
	case full:
		card.Blocks = []chat.Block{{Text: v.endText(in)}}
		// Those that ended with this entry: what answers had ended before was told then.
		ended := func(c incident.Clock) bool { return c.Status == incident.ClockLapsed && c.Seq > m.Seq }
		if names := v.firmLaw(in, ended); in.Phase == incident.Dismissed && names != "" {
			card.Blocks = append(card.Blocks, chat.Block{Text: v.say("end.dismissed.clocks", "clocks", names)})
		}
	default:
		card.Title = v.reporterEndTitle(in)
		card.Blocks = []chat.Block{{Text: v.reporterEnd(in)}}
	}
	switch {
	case full && in.MergedInto != "":
		card.Buttons = []chat.Button{v.goesOn(in), v.pageLink(in)}
	case full:
		card.Buttons = []chat.Button{v.pageLink(in)}
	default:
		card.Buttons = []chat.Button{v.informEnded(in)}
	}
	return card
}

// headCard gives the auditor the head of the chain, to compare later.
func (v voice) headCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := v.base(in, m, chat.Plain)
	card.Blocks = []chat.Block{
		{Text: v.say("head.text")},
		{Fields: []chat.Pair{
			{Label: v.say("head.entries"), Value: number(int(r.Seq))},
			{Label: v.say("head.digest"), Value: r.Digest},
			{Label: v.say("head.at"), Value: v.instant(r.At), At: r.At},
		}},
	}
	card.Buttons = []chat.Button{v.pageLink(in)}
	return card
}

// digestCard is the morning's overview of one person: the open incidents, the own steps,
// and what waits for an answer.
func (v voice) digestCard(ctx context.Context, m workflows.Message) (chat.Card, error) {
	card := chat.Card{Key: m.Key, Mark: v.mark(), Title: v.say("notice.digest.title", "day", v.due(m.Day)), Whole: v.act(actDigest, "", 0, m.Day)}
	if m.Day != v.now.In(incident.Tokyo).Format(time.DateOnly) {
		// Seen later it would tell of today under the date of another day.
		card.Blocks = []chat.Block{{Text: v.say("digest.past")}}
		card.Buttons = []chat.Button{{Label: v.say("button.list_page"), Page: PathIncidents}}
		return card, nil
	}
	mine, _, err := v.service.Incidents(ctx, m.To, workflows.Listing{OpenOnly: true})
	if err != nil {
		return chat.Card{}, err
	}
	mine = slices.DeleteFunc(mine, func(l workflows.Listed) bool { return l.Access != workflows.AccessFull })
	var items []chat.Item
	for i, l := range mine {
		if i == maxListed {
			card.Blocks = append(card.Blocks, chat.Block{Text: v.say("list.more", "count", number(len(mine)-maxListed)), Small: true})
			card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")})
			break
		}
		items = append(items, chat.Item{
			Text: title(l.Incident), Small: strings.Join(append([]string{v.subLine(l.Incident)}, v.waiting(l.Incident, m.To)...), "\n"),
			Buttons: []chat.Button{{Label: v.say("button.open"), Action: v.act(wordStatus, l.ID, 0, "")}},
		})
	}
	if items == nil {
		card.Blocks = []chat.Block{{Text: v.say("digest.none")}}
		return card, nil
	}
	card.Blocks = append([]chat.Block{{Text: v.say("digest.text", "count", number(len(mine)))}, {Items: items}}, card.Blocks...)
	clocks, err := v.digestClocks(ctx, m.To)
	if err != nil {
		return chat.Card{}, err
	}
	card.Blocks = append(card.Blocks, clocks...)
	card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.list_page"), Page: PathIncidents})
	return card, nil
}

// waiting lists what an incident waits for from one person.
func (v voice) waiting(in *incident.Incident, p incident.PersonID) []string {
	var out []string
	if page, ok := in.Page(p); ok && page.Status == incident.PageOpen {
		out = append(out, v.say("waiting.page", "at", v.when(page.At)))
	}
	if in.Handover != nil && in.Handover.To == p {
		out = append(out, v.say("waiting.handover", "person", v.person(in, in.Handover.From)))
	}
	for _, s := range in.Steps {
		if v.stepDue(in, s) && v.stepOf(in, s, p) {
			out = append(out, v.say("waiting.step", "step", clip(v.stepLine(s), 80)))
		}
	}
	if in.Phase == incident.FinalReport && in.Approval == nil && in.May(v.service.People(), p, incident.WordApprove) {
		out = append(out, v.say("waiting.approve"))
	}
	return out
}
