package discord

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// What becomes of a form is said to its person: where it says that it is not sent yet, as far as that
// can be edited, and, where nobody waits for an answer (form_wait.go), in his direct messages.

// maxShownAt bounds how many places of one form are remembered: the newest.
const maxShownAt = 10

// answersUpdate is a first answer that takes the place of the message whose button was pressed
// ("Interaction Callback Type").
const answersUpdate = 7

// shownAt is where a form says that it is not sent yet: a message that can be edited by the
// token of an interaction, for 15 minutes, or one of the direct messages.
type shownAt struct {
	App     string    `json:"app,omitempty"`
	Token   string    `json:"token,omitempty"`
	Channel string    `json:"channel,omitempty"` // of direct messages
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// formCard shows a card of a form that is not sent yet, and remembers where. Who is quick, or
// whom Discord showed it long before it told us, may have sent the form by then.
func (f *Front) formCard(ctx context.Context, s *stage, at *sheet, card chat.Card) error {
	err := f.cards(ctx, s, []chat.Card{card})
	if err != nil || s.shown.Message == "" {
		return err
	}
	if sent := f.sheets.shown(at, s.shown); sent != nil {
		f.replace(ctx, []shownAt{s.shown}, f.sentCard(sent.Receipt))
	}
	return nil
}

// shown remembers where a form says that it is not sent yet, beside whatever is typed meanwhile.
// What it gives is sent already, and the place untrue.
func (s *sheets) shown(at *sheet, place shownAt) (sent *sheet) {
	key := sheetKey(at.By, at.Draft)
	s.mu.Lock()
	here := s.by[key]
	if here != nil && !here.Done {
		here = here.clone()
		here.Cards = places(here.Cards, []shownAt{place})
		s.by[key] = here
	}
	s.mu.Unlock()
	switch {
	case here == nil:
	case here.Done:
		return here
	case s.memory != nil:
		s.later(func(ctx context.Context) { s.write(ctx, key) })
	}
	return nil
}

// places are those of both, each once, the newest of them.
func places(a, b []shownAt) []shownAt {
	out := slices.Clone(a)
	for _, p := range b {
		if !slices.ContainsFunc(out, func(o shownAt) bool { return o.Token == p.Token && o.Message == p.Message }) {
			out = append(out, p)
		}
	}
	return slices.Clip(out[max(0, len(out)-maxShownAt):])
}

// receiptOf is what is said of a form that was accepted: how the answer begins.
func receiptOf(reply chat.Reply) string {
	if len(reply.Cards) == 0 {
		return ""
	}
	return fit.Clip(fit.OneLine(reply.Cards[0].Title), maxPairValue)
}

// sentCard stands where a form said that it was not sent yet.
func (f *Front) sentCard(receipt string) chat.Card {
	card := f.sentence(saysFormSent, chat.Good)
	if !blank(receipt) {
		card.Title = f.draw.say("discord.form_sent.as", "receipt", receipt)
	}
	return card
}

// sentAlready answers who goes on with a form that was sent. What he typed into a window that
// was still open is not in it.
func (f *Front) sentAlready(ctx context.Context, s *stage, at *sheet, typed string) (shown bool) {
	card := f.sentCard(at.Receipt)
	if typed != "" {
		card.Tone = chat.Notice
		card.Blocks = append([]chat.Block{{Text: f.draw.say("discord.form.sent_without")}}, f.typed(typed)...)
	}
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("that a form was sent already could not be shown", "error", err)
		return false
	}
	return true
}

// accepted puts what became of a form in the place of the cards that say that it is not sent yet.
func (f *Front) accepted(ctx context.Context, s *stage, r chat.Request, reply chat.Reply) (places []shownAt, card chat.Card) {
	at, _ := f.sheets.get(ctx, s.user, r.Draft)
	if at == nil {
		at = &sheet{Draft: r.Draft, By: s.user}
	}
	card = f.sentCard(receiptOf(reply))
	places = f.sheets.done(at, receiptOf(reply), f.clock())
	if s.on == "" || slices.ContainsFunc(places, func(p shownAt) bool { return p.At.Add(f.patience.token).After(f.clock()) }) {
		return places, card
	}
	// Its token is over. The message that he pressed can still be answered in its own place.
	if err := f.update(ctx, s, card); err != nil && !errors.Is(err, errNotFirst) && !errors.Is(err, errTaken) {
		f.log.Warn("that a form was sent could not be shown where it was asked for", "error", err)
	}
	return places, card
}

// update puts a card in the place of the message whose button was pressed, which a first answer
// alone can do.
func (f *Front) update(ctx context.Context, s *stage, card chat.Card) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over != nil:
		return s.over
	case s.state != unanswered, s.on == "", s.token == "":
		return errNotFirst
	}
	b := s.body(f.draw.message(card))
	b.Flags = 0 // stays what it was
	return f.first(ctx, s, callback{Type: answersUpdate, Data: b}, answered)
}

// replace edits the cards of a form, as far as they can be.
func (f *Front) replace(ctx context.Context, places []shownAt, card chat.Card) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	s := &stage{direct: true}
	b := s.body(f.draw.message(card))
	for _, p := range places {
		path := "channels/" + p.Channel + "/messages/" + p.Message
		if p.Token != "" {
			if f.clock().Sub(p.At) > f.patience.token {
				continue
			}
			path = "webhooks/" + p.App + "/" + p.Token + "/messages/" + p.Message
		}
		err := f.api.do(ctx, turn{free: p.Token != "", urgent: true, patience: -1}, http.MethodPatch, path, b, nil)
		if err != nil && !replaced(err) && !refused(err, codeUnknownWebhook, codeInvalidWebhook) {
			f.log.Warn("what became of a form could not be shown where it was asked for", "error", err)
		}
	}
}

// handedIn says that a form was sent on as it was: where it says that it is not sent yet, and in
// his direct messages. What he has typed into it while it was sent is not in it.
func (f *Front) handedIn(ctx context.Context, s *stage, at, was *sheet, reply chat.Reply) {
	receipt := receiptOf(reply)
	beside := ""
	if newer := f.sheets.since(ctx, at); newer != nil && !newer.Done {
		beside, at.Cards = newer.beside(was, at.form), places(at.Cards, newer.Cards)
	}
	places := f.sheets.done(at, receipt, f.clock())
	card := f.sentCard(receipt)
	card.Blocks = []chat.Block{{Text: f.draw.say("discord.form.sent_on")}}
	if beside != "" {
		card.Tone = chat.Notice
		card.Blocks = append(append(card.Blocks, chat.Block{Text: f.draw.say("discord.form.sent_beside")}), f.typed(beside)...)
	}
	f.replace(ctx, places, card)
	cards := slices.Clone(reply.Cards)
	if len(cards) == 0 {
		cards = []chat.Card{card}
	} else {
		cards[0].Blocks = append(card.Blocks, cards[0].Blocks...)
	}
	if _, err := f.bring(ctx, s, at, "sent", cards); err != nil {
		f.log.Error("that a form was sent on could not be brought to its person", "error", err)
	}
}

// notHandedIn says why the desk does not take a form, with all that was typed. It does not wait
// any more once he has been told: else the form would end in silence.
func (f *Front) notHandedIn(ctx context.Context, desk Desk, s *stage, at *sheet, reply chat.Reply) {
	cards := reply.Cards
	if reply.Form != nil {
		cards = append([]chat.Card{f.refusedCard(at, *reply.Form)}, cards...)
	} else if len(cards) == 0 {
		cards = []chat.Card{f.sentence(saysFailed, chat.Urgent)}
	}
	cards = slices.Clone(cards)
	if reply.Form == nil {
		cards[0].Blocks = append(slices.Clone(cards[0].Blocks), f.typed(typedIn(chat.Request{Kind: chat.Submitted, Values: at.Values}))...)
	}
	cards[0].Tone = chat.Urgent
	cards[0].Blocks = append(slices.Clone(cards[0].Blocks), f.phoneBlocks(desk, at.By)...)
	places, err := f.bring(ctx, s, at, "refused", cards)
	if err != nil {
		f.log.Error("that a form was not taken could not be brought to its person; trying again", "error", err)
		return
	}
	at.Due, at.Cards = time.Time{}, append(at.Cards, places...)
	f.sheets.settle(ctx, at, f.clock())
}

// handInLater says once that a form could not be sent on yet, and whom to phone. It is tried
// again.
func (f *Front) handInLater(ctx context.Context, desk Desk, s *stage, at *sheet) {
	f.log.Error("a form that waited could not be sent on; trying again")
	if at.Told {
		return
	}
	card := f.sentence(saysWaitFailed, chat.Urgent)
	card.Blocks = append(card.Blocks, f.typed(typedIn(chat.Request{Kind: chat.Submitted, Values: at.Values}))...)
	card.Blocks = append(card.Blocks, f.phoneBlocks(desk, at.By)...)
	card.Buttons = []chat.Button{{Label: f.draw.say("discord.form.send_again"), Action: action(button{kind: send, draft: at.Draft}), Style: chat.Primary}}
	places, err := f.bring(ctx, s, at, "failed", []chat.Card{card})
	if err != nil {
		return // he is told with the next try
	}
	at.Told, at.Cards = true, append(at.Cards, places...)
	f.sheets.settle(ctx, at, f.clock())
}

// bring brings cards to a person's direct messages, each once, whichever process does it; where
// that fails, to where his form was asked for. It gives where they stand. An error says that he has
// not seen all of them and may later: brought again, they are not there twice.
func (f *Front) bring(ctx context.Context, s *stage, at *sheet, what string, cards []chat.Card) (places []shownAt, unseen error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*f.patience.call)
	defer cancel()
	for n, c := range cards {
		d := chat.Delivery{Key: name + ":form:" + at.Draft + ":" + at.By + ":" + what + ":" + strconv.Itoa(n), Again: true, Card: c}
		err := repeated(ctx, func(int) error {
			id, err := f.putDirect(ctx, at.By, d, line{patience: -1})
			if channel, message, ok := strings.Cut(string(id), "/"); ok && err == nil {
				places = append(places, shownAt{Channel: channel, Message: message, At: f.clock()})
			}
			return err
		})
		if err == nil {
			continue
		}
		f.log.Warn("what became of a form could not be brought to the direct messages", "error", err)
		if !f.showAt(ctx, s, at.Cards, c) && !f.forGood(err) {
			unseen = err
		}
	}
	return places, unseen
}

// showAt shows a card at the newest of the places that a token still opens; false: at none.
func (f *Front) showAt(ctx context.Context, s *stage, places []shownAt, c chat.Card) bool {
	for _, p := range slices.Backward(places) {
		if p.Token == "" || f.clock().Sub(p.At) > f.patience.token {
			continue
		}
		again := &stage{app: p.App, token: p.Token, user: s.user, at: p.At, state: answered}
		err := f.post(ctx, again, again.body(f.draw.message(c)))
		if err != nil {
			f.log.Error("what became of a form could not be shown", "error", err)
		}
		return err == nil
	}
	return false
}

// forGood reports whether Discord has refused something as it will again.
func (f *Front) forGood(err error) bool { return denied(err) && !f.deadToken(err) }
