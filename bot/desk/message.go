package desk

import (
	"context"
	"errors"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Card renders a message as the incident is now, so that a message that was late, or is
// shown again, is not an outdated one. It is workflows.ErrNotFound when the receiver may not
// see it any more, and workflows.ErrSettled when there is nothing to say any more.
func (d *Desk) Card(ctx context.Context, m workflows.Message) (chat.Card, error) {
	v := d.voice()
	if m.Kind == incident.NoticeDigest {
		card, err := v.digestCard(ctx, m)
		return shown(v.resent(card, m)), err
	}
	if m.Kind == incident.NoticeAudit {
		card, err := v.auditCard(ctx, m)
		return shown(v.resent(card, m)), err
	}
	if m.Kind == incident.NoticeCompromised {
		card, err := v.markCard(ctx, m)
		return shown(v.resent(card, m)), err
	}
	if m.Kind == incident.NoticeLinkCode || m.Kind == incident.NoticeLinkAsk || m.Kind == incident.NoticeLinked {
		card, err := v.linkCard(ctx, m)
		return shown(v.resent(card, m)), err
	}
	in, access, err := d.service.ForMessage(ctx, m)
	if errors.Is(err, workflows.ErrNotFound) && m.Kind == incident.NoticePage && m.By() == incident.ByChat && !m.FirstSent.IsZero() {
		return v.takenBack(m), nil
	}
	if err != nil {
		return chat.Card{}, err
	}
	entry := func(seq int64) (incident.Record, error) { return d.service.Entry(ctx, m.Incident, seq) }
	card, err := v.messageCard(ctx, in, access, m, entry)
	return shown(v.resent(card, m)), err
}

// takenBack stands in the place of a page whose receiver may not see any more what it told.
func (v voice) takenBack(m workflows.Message) chat.Card {
	return chat.Card{Key: m.Key, Mark: v.mark(), Title: v.say("page.taken_back.title"), Blocks: []chat.Block{{Text: v.say("page.taken_back")}}}
}

// resent marks a message of which an earlier try may have arrived.
func (v voice) resent(c chat.Card, m workflows.Message) chat.Card {
	switch {
	case m.Resent && c.Mark != "":
		c.Mark = v.say("mark.both", "a", c.Mark, "b", v.say("mark.resent"))
	case m.Resent:
		c.Mark = v.say("mark.resent")
	}
	return c
}

// entryReader reads an entry of the incident that a message is about.
type entryReader func(seq int64) (incident.Record, error)

// messageCard renders one message; entry reads the entry it is about.
func (v voice) messageCard(ctx context.Context, in *incident.Incident, access workflows.Access, m workflows.Message, entry entryReader) (chat.Card, error) {
	// What a reporter who does not work on the incident may be told.
	switch m.Kind {
	case incident.NoticeReporter:
		return v.reporterCard(in, m.To), nil
	case incident.NoticePhones:
		return v.phonesCard(in), nil
	case incident.NoticeQuestion:
		r, err := entry(m.Seq)
		return v.questionCard(in, m, r), err
	case incident.NoticeEnded, incident.NoticeReopened:
		return v.endCard(in, access, m), nil
	}
	if access != workflows.AccessFull {
		return chat.Card{}, workflows.ErrNotFound
	}
	if m.Kind == incident.NoticeOffer || m.By() == incident.ByMail && m.Kind == incident.NoticeWaited {
		return v.offerLetter(ctx, in, m)
	}
	switch m.Kind {
	case incident.NoticeCard:
		card := v.incidentCard(in)
		untold, err := v.reporterUntold(ctx, in)
		card.Blocks = append(untold, card.Blocks...)
		return card, err
	case incident.NoticePage:
		return v.pageCard(in, m), nil
	case incident.NoticeHandover:
		return v.handoverCard(in, m), nil
	case incident.NoticeWaited:
		return v.waitedCard(in, m), nil
	case incident.NoticeApprove:
		return v.approveCard(in, m), nil
	case incident.NoticeAbsent:
		return v.absentCard(ctx, in, m)
	case incident.NoticeReport:
		if in.ReportOutdated(m.Notice) {
			return chat.Card{}, workflows.ErrSettled
		}
		return v.reportCard(in, m), nil
	case incident.NoticePlace: // said to nobody
		return chat.Card{}, workflows.ErrNotFound
	}
	r, err := entry(m.Seq)
	if err != nil {
		return chat.Card{}, err
	}
	switch m.Kind {
	case incident.NoticeRefused, incident.NoticeVoided:
		return v.toldCard(in, m, r), nil
	case incident.NoticeProposal:
		return v.proposalCard(in, m, r), nil
	case incident.NoticeUnreached:
		return v.unreachedCard(in, m, r), nil
	case incident.NoticeAlarm:
		return v.alarmCard(in, m, r), nil
	case incident.NoticeAssigned:
		return v.assignedCard(in, m, r), nil
	case incident.NoticeClocks:
		return v.clocksNotice(ctx, in, m, r)
	case incident.NoticeSign:
		return v.signCard(in, m, r, entry)
	case incident.NoticeSigned:
		return v.signedCard(in, m, r)
	case incident.NoticeHead:
		return v.headCard(in, m, r), nil
	}
	return v.feedCard(in, m, r), nil
}

func (v voice) base(in *incident.Incident, m workflows.Message, tone chat.Tone) chat.Card {
	name := in.Title
	if m.To != "" {
		name = called(in, v.access(in, m.To), m.To)
	}
	return chat.Card{Key: m.Key, Tone: tone, Mark: v.mark(), Title: v.say("notice."+string(m.Kind)+".title", "id", string(in.ID), "title", name)}
}

// feedCard is one entry of the record in one line.
func (v voice) feedCard(in *incident.Incident, m workflows.Message, r incident.Record) chat.Card {
	card := chat.Card{Key: m.Key, Mark: v.mark()}
	text := v.say("feed.line", "person", v.author(in, r), "text", clip(v.entry(in, r), cardText))
	if v.undone(in, r.Seq) {
		card.Blocks = []chat.Block{{Text: v.say("feed.undone", "text", text), Small: true}}
		return card
	}
	card.Blocks = []chat.Block{{Text: text}}
	if note := v.occurredNote(r); note != "" {
		card.Blocks = append(card.Blocks, chat.Block{Text: note, Small: true})
	}
	switch e := r.Event.(type) {
	case incident.Informed:
		card.Tone = chat.Notice
		if !in.Phase.Ended() {
			card.Buttons = []chat.Button{v.formButton("button.fact_form", formFact, in, ""), v.formButton("button.ask", formAsk, in, "")}
		}
	case incident.RoundPassed:
		card.Tone = chat.Urgent
		if list := v.toPhone(in); e.Exhausted && len(list) > 0 {
			card.Blocks = append(card.Blocks, v.phoneBlock(list)...)
		}
	case incident.LevelProposed:
		card.Tone = chat.Notice
		card.Buttons = v.proposalButtons(in)
	case incident.IncidentClosed, incident.IncidentDismissed, incident.MergedIntoOther:
		card.Tone = chat.Good
	}
	return card
}

func (v voice) undone(in *incident.Incident, seq int64) bool {
	for _, u := range in.Undone {
		if u == seq {
			return true
		}
	}
	return false
}

// pageCard calls a person, and after an answer shows everywhere who has taken it.
func (v voice) pageCard(in *incident.Incident, m workflows.Message) chat.Card {
	card := v.base(in, m, chat.Urgent)
	card.Whole = v.wholeTold(m)
	page, ok := v.pageOf(in, m)
	open := ok && page.Status == incident.PageOpen && !in.Phase.Ended()
	if !in.Chased() { // level 0 hurries nobody
		card.Tone, card.Title = chat.Notice, v.say("page.quiet.title", "id", string(in.ID), "title", in.Title)
	}
	if !open {
		card.Tone, card.Title = chat.Plain, v.say("page.answered.title", "id", string(in.ID), "title", in.Title)
	}
	if ok && m.Seq < page.Seq {
		// A newer message has called the same person again: one of them tells it all.
		card.Tone, card.Title = chat.Plain, v.say("page.answered.title", "id", string(in.ID), "title", in.Title)
		card.Blocks = []chat.Block{{Text: v.say("page.again", "at", v.when(page.At))}}
		card.Buttons = []chat.Button{v.pageLink(in)}
		return card
	}
	fields := []chat.Pair{
		{Label: v.field(incident.FieldEvent), Value: clip(in.Fields[incident.FieldEvent].Value, cardText)},
		{Label: v.say("label.level"), Value: v.say("level.why", "level", v.workingLevel(in), "why", v.levelWhy(in))},
		{Label: v.say("label.phase"), Value: v.phase(in.Phase)},
		{Label: v.say("label.lead"), Value: v.lead(in), Gap: in.Lead == ""},
		{Label: v.say("label.reporter"), Value: v.reporterPhone(in)},
	}
	if roles := page.Asked(); len(roles) > 0 {
		fields = append(fields, chat.Pair{Label: v.say("label.asked_as"), Value: v.roles(roles)})
	}
	if open {
		if why := v.pageWhy(in, page); why != "" {
			card.Blocks = append(card.Blocks, chat.Block{Text: why})
		}
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("page.ask")})
	} else {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.pageAnswer(in, page)})
	}
	card.Blocks = append(card.Blocks, chat.Block{Fields: fields})
	if items := v.responders(in); len(items) > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("responders.heading"), Items: items})
	}
	if in.Phase.Ended() {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.endText(in)})
	} else if v.service.Contacts().Holds(m.To, incident.Representative) {
		card.Blocks = append(card.Blocks, v.nextBriefly(in)...)
	}
	if open {
		card.Buttons = v.callButtons(in)
	}
	card.Buttons = append(card.Buttons, v.pageLink(in))
	return card
}

// callButtons answer a call.
func (v voice) callButtons(in *incident.Incident) []chat.Button {
	return []chat.Button{
		{Label: v.say("button.take"), Action: v.act(string(incident.WordTake), in.ID, in.Seq, ""), Style: chat.Primary},
		{Label: v.say("button.decline"), Action: v.act(string(incident.WordDecline), in.ID, in.Seq, "")},
	}
}

// toPhone lists who has not answered his call: they are the ones to phone. Where nobody could
// be called at all it is everybody who should have been.
func (v voice) toPhone(in *incident.Incident) []phone {
	if len(in.Pages) == 0 {
		return v.phones(in, append(v.rolesToPhone(in), incident.Representative), nil, true)
	}
	var list []phone
	for _, page := range in.OpenPages() {
		p, ok := v.service.Contacts().Person(page.Person)
		if !ok || p.Phone == "" || len(page.Roles) == 0 || in.IsExcluded(page.Person) {
			continue
		}
		holds := v.service.Contacts().Holds(page.Person, page.Roles[0])
		list = append(list, phone{person: p, role: page.Roles[0], deputy: !holds})
	}
	return list
}

// pageOf is the page a message is about.
func (v voice) pageOf(in *incident.Incident, m workflows.Message) (incident.Page, bool) {
	for _, p := range in.Pages {
		if p.Person == m.To && p.Seq == m.Seq {
			return p, true
		}
	}
	return in.Page(m.To)
}

func (v voice) pageAnswer(in *incident.Incident, p incident.Page) string {
	switch p.Status {
	case incident.PageAcknowledged:
		return v.say("page.you_took", "at", v.when(p.Reply))
	case incident.PageDeclined:
		return v.say("page.you_declined", "at", v.when(p.Reply))
	}
	if len(v.coming(in)) > 0 {
		return v.say("page.taken", "who", v.whoComes(in))
	}
	return v.say("page.ended")
}

// reporterPhone names the reporter, with the number where it is known: a responder calls back.
func (v voice) reporterPhone(in *incident.Incident) string {
	name := v.reporters(in)
	if p, ok := v.service.Contacts().Person(in.Reporter().ID); ok && p.Phone != "" {
		return v.say("person.phone", "name", name, "phone", p.Phone)
	}
	return name
}
