package desk

import (
	"context"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// An offer of the lead beside the chat: the mail to who is asked, what he may answer by its link,
// and what who offered it is told when no answer comes.

// offered reports whether somebody is asked to take the lead.
func offered(in *incident.Incident, p incident.PersonID) bool {
	return in.Handover != nil && in.Handover.To == p && !in.Phase.Ended()
}

// offerLetter words the offer, or that nobody has answered it, for a mail, which others can read:
// number, level, whom to phone and how to answer, and nothing of what happened. It is
// workflows.ErrSettled when the offer was answered.
func (v voice) offerLetter(ctx context.Context, in *incident.Incident, m workflows.Message) (chat.Card, error) {
	h := in.Handover
	asks := m.Kind == incident.NoticeOffer
	if h == nil || in.Phase.Ended() || asks && h.To != m.To || !asks && (h.From != m.To || !h.Waited) {
		return chat.Card{}, workflows.ErrSettled
	}
	card := v.base(in, m, chat.Urgent)
	facts := chat.Block{Fields: []chat.Pair{
		{Label: v.say("mail.call.incident"), Value: string(in.ID)}, {Label: v.say("mail.call.level"), Value: v.workingLevel(in)},
	}}
	if !asks {
		card.Blocks = append(v.waitedBlocks(in, h), facts)
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("offer.mail.nothing"), Small: true})
		return card, nil
	}
	card.Blocks = []chat.Block{{Text: v.say("offer.mail", "person", v.person(in, h.From))}, facts}
	marks, err := v.service.Compromised(ctx)
	if err != nil {
		return chat.Card{}, err
	}
	how := "offer.mail.by_chat"
	if closed := v.unsafe(marks); closed != nil {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("mail.call.avoid", "platform", v.platformNames(closed))})
		if len(closed) == len(v.platforms) {
			how = "offer.mail.by_phone"
		}
	}
	if v.answerLinks {
		token, expires, err := v.service.AnswerToken(ctx, m.To, m.Incident, m.Seq)
		if err != nil {
			return chat.Card{}, err
		}
		how = "offer.mail.by_link"
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say(how)}, chat.Block{Text: v.say("mail.call.until", "at", v.instant(expires))})
		card.Buttons = []chat.Button{{Label: v.say("offer.mail.link"), Page: PathAnswer(token)}}
	} else {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say(how)})
	}
	card.Blocks = append(card.Blocks, v.phoneOf(h.From)...)
	card.Blocks = append(card.Blocks, chat.Block{Text: v.say("offer.mail.nothing"), Small: true})
	if v.answerLinks {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("mail.call.yours"), Small: true})
	}
	return card, nil
}

// waitedCard tells who offered the lead that no answer came.
func (v voice) waitedCard(in *incident.Incident, m workflows.Message) chat.Card {
	card := v.base(in, m, chat.Urgent)
	card.Buttons = []chat.Button{v.formButton("button.handover", formHandover, in, ""), v.pageLink(in)}
	if h := in.Handover; h != nil && h.From == m.To && h.Waited && !in.Phase.Ended() {
		card.Blocks = v.waitedBlocks(in, h)
		return card
	}
	card.Tone = chat.Plain
	card.Blocks = []chat.Block{{Text: v.say("handover.over", "lead", v.lead(in))}}
	return card
}

func (v voice) waitedBlocks(in *incident.Incident, h *incident.Handover) []chat.Block {
	text := chat.Block{Text: v.say("offer.waited", "person", v.person(in, h.To), "at", v.when(h.At), "lead", v.lead(in))}
	return append([]chat.Block{text}, v.phoneOf(h.To)...)
}

// phoneOf gives the number of one person, or says that there is none.
func (v voice) phoneOf(p incident.PersonID) []chat.Block {
	listed, ok := v.service.Contacts().Person(p)
	if !ok || !listed.Active || listed.Phone == "" {
		return []chat.Block{{Heading: v.say("phones.heading"), Text: v.say("offer.no_phone", "person", v.person(nil, p))}}
	}
	line := v.say("person.phone", "name", listed.Name, "phone", listed.Phone)
	return []chat.Block{{Heading: v.say("phones.heading"), Items: []chat.Item{{Text: line}}}}
}
