package discord

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
)

// answer asks the desk and shows what it says; settled means that the same, delivered again, is
// thrown away. Whoever waits too long is shown whom to phone, and the answer when it comes.
func (f *Front) answer(ctx context.Context, desk Desk, s *stage, r chat.Request) (settled bool) {
	reply, ok := f.handle(ctx, desk, s, r)
	if !ok {
		f.failed(ctx, s, r)
		return false
	}
	s.unshown = false // of what was said meanwhile
	if err := f.show(ctx, desk, s, r, reply); err != nil {
		f.log.Error("an answer could not be shown", "request", string(r.Kind), "error", err)
		return false
	}
	return !reply.Failed
}

// handle is the desk's reply; false: it has none to give.
func (f *Front) handle(ctx context.Context, desk Desk, s *stage, r chat.Request) (chat.Reply, bool) {
	ctx, cancel := context.WithTimeout(ctx, f.patience.desk)
	defer cancel()
	replied := make(chan chat.Reply, 1)
	go func() {
		defer close(replied)
		defer f.stumble()
		replied <- desk.Handle(ctx, r)
	}()
	timer := time.NewTimer(max(0, f.patience.emergency-f.clock().Sub(s.at)))
	defer timer.Stop()
	for {
		select {
		case reply, ok := <-replied:
			return reply, ok
		case <-timer.C:
			f.phones(ctx, desk, s, r)
		}
	}
}

// phones shows whom to phone, because the desk has not answered. What was typed stays in
// sight.
func (f *Front) phones(ctx context.Context, desk Desk, s *stage, r chat.Request) {
	card, ok := desk.Emergency(r.From)
	if !ok {
		card = chat.Card{Key: "slow", Tone: chat.Urgent, Title: f.draw.say("discord.slow.title")}
	}
	card.Blocks = append([]chat.Block{{Text: f.draw.say("discord.slow")}}, card.Blocks...)
	card.Blocks = append(card.Blocks, f.typed(typedIn(r))...)
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("whom to phone could not be shown", "error", err)
	}
}

// typed shows again what somebody typed.
func (f *Front) typed(text string) []chat.Block {
	if text == "" {
		return nil
	}
	return []chat.Block{{Heading: f.draw.say("discord.typed"), Text: text}}
}

// show shows a reply to the one who asked, and to nobody else.
func (f *Front) show(ctx context.Context, desk Desk, s *stage, r chat.Request, reply chat.Reply) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*f.patience.call)
	defer cancel()
	if reply.Form != nil {
		err := f.showForm(ctx, desk, s, r, *reply.Form)
		if len(reply.Cards) > 0 { // what a form has no place for: what is missing, whom to phone
			err = errors.Join(err, f.cards(ctx, s, reply.Cards))
		}
		return err
	}
	if r.Kind == chat.Submitted && reply.Accepted {
		places, card := f.accepted(ctx, s, r, reply)
		defer f.replace(ctx, places, card) // the answer itself comes first
	}
	switch {
	case len(reply.Cards) == 0:
		reply.Cards = []chat.Card{f.nothing(reply)}
	case reply.Direct:
		// Every process of ours has its own, such as a link that signs in: he is to get one.
		if !f.claim(s) {
			return nil
		}
		err := f.directly(ctx, s, reply.Cards)
		if err == nil && reply.Document != nil {
			if failed := f.hand(ctx, s.who(), s.key+" document", *reply.Document); failed != nil {
				f.log.Error("a file could not be brought to who asked for it", "error", failed)
				err = f.directly(ctx, s, []chat.Card{f.sentence(saysNoFile, chat.Notice)})
			}
		}
		if s.token == "" {
			return err
		}
		if err != nil { // his direct messages are closed: he is told where he asked
			f.log.Warn("an answer could not be brought to the direct messages", "error", err)
			return f.cards(ctx, s, reply.Cards)
		}
		return f.cards(ctx, s, []chat.Card{f.sentence(saysDirect, chat.Plain)})
	}
	if r.Kind == chat.Submitted && !reply.Accepted && !asksOn(reply) {
		return f.givenBack(ctx, s, r, reply)
	}
	return f.cards(ctx, s, reply.Cards)
}

// asksOn reports whether an answer has buttons of its own to go on by.
func asksOn(reply chat.Reply) bool {
	return slices.ContainsFunc(reply.Cards, func(c chat.Card) bool { return len(c.Buttons) > 0 })
}

// givenBack says why a form was not taken where the desk does not give it back, such as to somebody
// of whom it is not known whether he is still in the server. Its window is gone: he has what he
// typed in sight, and a button that sends it again.
func (f *Front) givenBack(ctx context.Context, s *stage, r chat.Request, reply chat.Reply) error {
	if err := f.cards(ctx, s, reply.Cards[:len(reply.Cards)-1]); err != nil {
		return err
	}
	return f.formCard(ctx, s, &sheet{Draft: r.Draft, By: s.user}, f.unsent(reply.Cards[len(reply.Cards)-1], r))
}

// unsent is a card with what was typed into a form, and the button that sends that again.
func (f *Front) unsent(card chat.Card, r chat.Request) chat.Card {
	card.Blocks = append(slices.Clone(card.Blocks), f.typed(typedIn(r))...)
	card.Buttons = append(slices.Clone(card.Buttons), chat.Button{
		Label: f.draw.say("discord.form.send_again"), Action: action(button{kind: send, draft: r.Draft}), Style: chat.Primary,
	})
	return card
}

// nothing is what stands in the place of an answer without cards: Discord wants one.
func (f *Front) nothing(reply chat.Reply) chat.Card {
	card := f.sentence(saysNothing, chat.Plain)
	if reply.Accepted {
		card = f.sentence(saysDone, chat.Good)
	}
	if reply.Channel != "" {
		card.Blocks = append(card.Blocks, chat.Block{Text: f.draw.say("discord.channel", "channel", reply.Channel)})
	}
	if reply.Page != "" {
		card.Blocks = nil
		card.Title = f.draw.say("discord.page.title")
		card.Buttons = []chat.Button{{Label: f.draw.say("discord.page"), Page: reply.Page}}
		if f.config.PublicURL == "" {
			card.Blocks = []chat.Block{{Text: f.draw.say("discord.page.none")}}
		}
	}
	return card
}

// failed says that there is no answer, with what was typed: a command is gone from where it
// was written.
func (f *Front) failed(ctx context.Context, s *stage, r chat.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	s.unshown = false
	card := f.sentence(saysFailed, chat.Urgent)
	if r.Kind == chat.Submitted {
		card = f.unsent(card, r)
	} else {
		card.Blocks = append(card.Blocks, f.typed(typedIn(r))...)
	}
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("that there is no answer could not be shown", "error", err)
	}
}

// action is a button of ours as a card carries it.
func action(b button) chat.Action { return chat.Action(b.id()) }

// tell says one sentence of ours.
func (f *Front) tell(ctx context.Context, s *stage, what saying) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	if err := f.cards(ctx, s, []chat.Card{f.sentence(what, chat.Notice)}); err != nil {
		f.log.Error("a sentence could not be shown", "error", err)
	}
}

// cards shows cards where the person is looking; where that fails, in his direct messages.
func (f *Front) cards(ctx context.Context, s *stage, cards []chat.Card) error {
	var bodies []body
	if s.whole != "" {
		bodies = append(bodies, s.body(f.draw.leaf(cards, s.whole, s.page)))
	} else {
		for _, c := range cards {
			bodies = append(bodies, s.body(f.draw.message(c)))
		}
	}
	for n, b := range bodies {
		err := f.post(ctx, s, b)
		if err == nil {
			continue
		}
		if errors.Is(err, errTaken) {
			return nil // he is shown it by another process
		}
		if !errors.Is(err, errNowhere) { // who wrote in his direct messages is answered there
			f.log.Warn("an answer goes to the direct messages instead", "error", err)
		}
		if s.whole == "" {
			cards = cards[n:]
		}
		if s.user == "" {
			return err
		}
		return f.directly(ctx, s, cards)
	}
	return nil
}

// directly shows cards in the direct messages of the one who asked. Another process of ours may do
// the same at this moment: what has the same place and key among what is said to one thing that
// he did is said once.
func (f *Front) directly(ctx context.Context, s *stage, cards []chat.Card) (err error) {
	for n, c := range cards {
		key := strings.Join([]string{s.key, strconv.Itoa(n), c.Key, string(c.Tone)}, " ")
		id, failed := f.direct(ctx, s.who(), key, c)
		if channel, message, ok := strings.Cut(string(id), "/"); ok {
			s.shown = shownAt{Channel: channel, Message: message, At: s.at}
		}
		s.unshown = s.unshown || failed != nil && !f.forGood(failed)
		err = errors.Join(err, failed)
	}
	if s.message != "" && unwritable(err) {
		return f.beckon(ctx, s, err)
	}
	return err
}

// typedIn is all that somebody typed, so that he has it in sight.
func typedIn(r chat.Request) string {
	if r.Kind != chat.Submitted {
		return r.Text
	}
	names := make([]string, 0, len(r.Values))
	for n := range r.Values {
		names = append(names, n)
	}
	slices.Sort(names)
	out := ""
	for _, n := range names {
		if v := r.Values[n]; v != "" {
			out += v + "\n"
		}
	}
	return out
}
