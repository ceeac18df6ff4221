package desk

import (
	"errors"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// accepted answers a command that was carried out: what is recorded now, and what is next.
func (v *visit) accepted(out workflows.Outcome, t task) chat.Reply {
	if r, ok := t.do.(incident.Report); ok {
		return v.reported(out, r)
	}
	reply := chat.Reply{Accepted: true}
	switch t.do.(type) {
	case incident.Take, incident.AcceptHandover:
		reply.Channel = v.Channel(out.Incident)
	}
	in, access, err := v.service.Incident(v.ctx, v.who.ID, out.Incident)
	if err != nil {
		// It is recorded all the same; what follows from it shows when it can be read again.
		if !errors.Is(err, workflows.ErrNotFound) {
			v.log.WarnContext(v.ctx, "an accepted command could not be shown", "component", "desk", "incident", string(out.Incident), "error", err)
		}
		reply.Cards = []chat.Card{v.doneCard(out.Incident, v.say("done.recorded"))}
		return reply
	}
	if access != workflows.AccessFull {
		return v.doneForReporter(in, out, t)
	}
	if t.sent != nil {
		if _, legal := legalTopic(t.sent.draft.form); legal {
			return v.legalSaved(in, out, t)
		}
	}
	card := v.doneCard(in.ID, v.say("done.title", "id", string(in.ID)))
	lines := v.recorded(in, out)
	if len(lines) == 0 {
		card.Tone, card.Title = chat.Plain, v.say("done.already.title", "id", string(in.ID))
		lines = []chat.Item{{Text: v.say("done.already")}}
	}
	card.Blocks = []chat.Block{{Items: lines}}
	if _, ok := t.do.(incident.SetFacts); ok {
		card.Blocks = append(card.Blocks, v.disputeBlocks(in)...)
	}
	switch t.do.(type) {
	case incident.Take, incident.Advance, incident.Back, incident.SetLevel, incident.Categorise, incident.DoStep, incident.Waive,
		incident.SetField, incident.SetFacts, incident.SetPrevention, incident.Approve, incident.Undo, incident.Reopen:
		card.Blocks = append(card.Blocks, v.nextBlocks(in)...)
		if missing := v.next(in); len(missing) == 0 {
			card.Buttons = append(card.Buttons, v.goOn(in)...)
		}
	}
	if _, asked := t.do.(incident.HandOver); asked {
		card.Buttons = append(card.Buttons, v.handoverButton(in))
	}
	card.Buttons = append(card.Buttons, v.pageLink(in))
	reply.Cards = []chat.Card{card}
	return reply
}

func (v voice) doneCard(id incident.ID, title string) chat.Card {
	return chat.Card{Key: "done:" + string(id), Tone: chat.Good, Mark: v.mark(), Title: title}
}

// doneForReporter answers a reporter, who sees nothing of the record.
func (v *visit) doneForReporter(in *incident.Incident, out workflows.Outcome, t task) chat.Reply {
	card := v.doneCard(in.ID, v.say("done.informed.title", "id", string(in.ID)))
	text := v.say("done.informed")
	if i, ok := t.do.(incident.Inform); ok && i.FalseAlarm {
		text = v.say("done.alarm")
	}
	if out.First == 0 {
		text = v.say("done.already")
	}
	card.Blocks = []chat.Block{{Text: text}}
	if i, ok := t.do.(incident.Inform); ok {
		card.Blocks = append(card.Blocks, chat.Block{Text: clip(i.Text, cardText), Small: true})
	}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

// recorded says the entries a command wrote, without those that only follow from others.
func (v *visit) recorded(in *incident.Incident, out workflows.Outcome) []chat.Item {
	if out.First == 0 {
		return nil
	}
	records, err := v.service.Record(v.ctx, v.who.ID, in.ID, out.First)
	if err != nil {
		return []chat.Item{{Text: v.say("done.recorded")}}
	}
	var items []chat.Item
	for _, r := range records {
		if r.Seq > out.Seq {
			break
		}
		if told(r.Event) {
			items = append(items, v.entryItem(in, r))
		}
	}
	return items
}

// told tells what a person did from what only follows from it.
func told(e incident.Event) bool {
	switch e.(type) {
	case incident.Planned, incident.Joined, incident.LeftCircle, incident.PageStopped:
		return false
	}
	return true
}

func (v voice) entryItem(in *incident.Incident, r incident.Record) chat.Item {
	return chat.Item{Mark: v.say("entry.number", "seq", number(int(r.Seq))), Text: v.entry(in, r), Small: v.occurredNote(r)}
}

// reported is the first answer to a report: number, first aid, whom to phone, what is next.
func (v *visit) reported(out workflows.Outcome, r incident.Report) chat.Reply {
	in, _, err := v.service.Incident(v.ctx, v.who.ID, out.Incident)
	if err != nil {
		v.log.WarnContext(v.ctx, "an accepted report could not be shown", "component", "desk", "incident", string(out.Incident), "error", err)
		card := chat.Card{Key: "reporter:" + string(out.Incident) + ":" + string(v.who.ID), Tone: chat.Good, Mark: v.mark(), Title: v.say("reporter.title", "id", string(out.Incident))}
		card.Blocks = append(v.aidBlock(v.service.Book(), r.What, r.What.Category()), v.emergencyPhones(r.Exclude)...)
		return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
	}
	card := v.reporterCard(in, v.who.ID)
	if notes := v.understood(in); notes != "" {
		card.Blocks = append([]chat.Block{{Text: notes}}, card.Blocks...)
	}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

// understood says what the level is for now, and why, in the first answer.
func (v voice) understood(in *incident.Incident) string {
	return strings.TrimSpace(v.say("reporter.level", "level", v.workingLevel(in), "why", v.levelWhy(in)))
}
