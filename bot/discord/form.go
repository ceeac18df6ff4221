package discord

import (
	"context"
	"errors"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// A form is asked in pages of five: Discord's windows hold no more. The first page holds
// everything that has to be answered. Between two pages stands a message with a button, for a
// window cannot follow a window; and everything typed so far is kept until it is sent.

// showForm opens a form that the desk gave. A refused one is said, with a button that opens it
// again.
func (f *Front) showForm(ctx context.Context, desk Desk, s *stage, r chat.Request, form chat.Form) error {
	at := &sheet{Draft: form.Draft, By: s.user, Values: chat.Values{}, Channel: r.Channel, form: &form}
	if r.Kind == chat.Submitted { // only then is there one: a form that is new waits for no memory
		if old, err := f.sheets.get(ctx, s.user, form.Draft); err == nil && old != nil {
			at.Files, at.Quote, at.Channel = old.Files, old.Quote, old.Channel
			at.Typed, at.Cards, at.Page = old.Typed, old.Cards, old.Page
		}
	}
	if s.quote != nil && r.Quote != nil {
		at.Quote = &keptQuote{Ref: *s.quote, Text: r.Quote.Text}
	}
	if r.Kind == chat.Submitted {
		at.Name, at.Place, at.At = r.Name, string(r.Place), r.At
	} else {
		f.sheets.anew(s.user, form.Draft)
	}
	at.completed(form)
	if r.Kind == chat.Submitted {
		at.waits(f.clock())
	}
	f.sheets.keep(at, f.clock())
	if r.Kind == chat.Submitted {
		card := f.refusedCard(at, form)
		card.Tone = toneOf(at, card.Tone)
		card.Blocks = append(card.Blocks, f.stillWaits(desk, at)...)
		return f.formCard(ctx, s, at, card)
	}
	if form.Waits > 0 {
		if begun := f.sheets.waiting(s.user, form.Draft); begun != nil {
			return f.formCard(ctx, s, begun, f.offerCard(desk, begun, form))
		}
	}
	return f.openPage(ctx, s, at, form, 1)
}

// openPage opens a page of a form. Where it is too late for a window, a button opens it.
func (f *Front) openPage(ctx context.Context, s *stage, at *sheet, form chat.Form, page int) error {
	err := f.modal(ctx, s, f.draw.window(at.filled(form), page))
	switch {
	case err == nil, errors.Is(err, errTaken):
		return nil
	case !errors.Is(err, errNotFirst) && !errors.Is(err, errNowhere):
		f.log.Warn("a form could not be opened at once", "error", err)
	}
	card := chat.Card{
		Key: "form", Tone: chat.Notice, Title: form.Title, Blocks: []chat.Block{{Text: f.draw.say("discord.form.late")}},
		Buttons: []chat.Button{{Label: f.draw.say("discord.form.open"), Action: action(pageButton(at.Draft, page)), Style: chat.Primary}},
	}
	return f.formCard(ctx, s, at, card)
}

func pageButton(draft string, page int) button {
	if page == 1 {
		return button{kind: form, draft: draft}
	}
	return button{kind: next, page: page, draft: draft}
}

// reopen opens a page of a form by its draft, with what was typed into it.
func (f *Front) reopen(ctx context.Context, desk Desk, s *stage, draft string, page int) (shown bool) {
	at, form, err := f.sheetOf(ctx, desk, s, draft)
	switch {
	case errors.Is(err, errSentForm):
		return f.sentAlready(ctx, s, at, "")
	case errors.Is(err, errLateForm), err != nil && s.unsure: // the desk shows it to nobody who may have left
		card := f.sentence(saysFormLate, chat.Notice)
		card.Buttons = []chat.Button{{Label: f.draw.say("discord.form.open"), Action: action(pageButton(draft, page)), Style: chat.Primary}}
		if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
			f.log.Error("a sentence could not be shown", "error", err)
		}
		return false
	case err != nil:
		f.log.Warn("a form could not be opened again", "error", err)
		card := f.sentence(saysFormGone, chat.Notice)
		if at != nil {
			card.Blocks = append(card.Blocks, f.typed(typedIn(chat.Request{Kind: chat.Submitted, Values: at.Values}))...)
		}
		if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
			f.log.Error("a sentence could not be shown", "error", err)
		}
		return false
	}
	if !at.Due.IsZero() { // whoever writes is not hurried
		at.waits(f.clock())
		f.sheets.keep(at, f.clock())
	}
	if err := f.openPage(ctx, s, at, form, page); err != nil {
		f.log.Error("a form could not be shown", "error", err)
		return false
	}
	return true
}

// errLateForm says that a form could not be looked up in time for a window.
var errLateForm = errors.New("discord: a form was not found in time")

// errSentForm says that a form was sent already.
var errSentForm = errors.New("discord: a form was sent already")

// sheetOf gives what somebody has typed into a form, and the form: from the process, else from
// the memory and the desk, as long as there is time for a window.
func (f *Front) sheetOf(ctx context.Context, desk Desk, s *stage, draft string) (*sheet, chat.Form, error) {
	ctx, cancel := context.WithTimeout(ctx, max(0, f.deferAfter()-f.clock().Sub(s.at)))
	defer cancel()
	return f.sheetWithin(ctx, desk, s, draft)
}

// sheetWithin is sheetOf as long as ctx allows, for where no window has to be opened.
func (f *Front) sheetWithin(ctx context.Context, desk Desk, s *stage, draft string) (*sheet, chat.Form, error) {
	at, err := f.sheets.get(ctx, s.user, draft)
	if err != nil {
		return nil, chat.Form{}, errors.Join(errLateForm, err)
	}
	if at != nil && at.Done {
		return at, chat.Form{}, errSentForm
	}
	if at != nil && at.form != nil && !at.form.Partial {
		return at, *at.form, nil
	}
	form, err := f.draftOf(ctx, desk, s, draft)
	switch {
	case err != nil && at != nil && at.form != nil:
		return at, *at.form, nil // a part of it is better than nothing
	case err != nil && ctx.Err() != nil:
		return at, chat.Form{}, errors.Join(errLateForm, err)
	case err != nil:
		return at, chat.Form{}, err
	}
	if at == nil {
		at = &sheet{Draft: draft, By: s.user, Values: chat.Values{}, Channel: f.channelOf(ctx, s), Kept: f.clock()}
	}
	at.completed(form)
	at.form = &form
	f.sheets.put(at)
	return at, form, nil
}

// draftOf asks the desk for a form, no longer than ctx says.
func (f *Front) draftOf(ctx context.Context, desk Desk, s *stage, draft string) (chat.Form, error) {
	type got struct {
		form chat.Form
		err  error
	}
	done := make(chan got, 1)
	go func() {
		defer f.stumble()
		form, err := desk.Draft(ctx, s.who(), draft)
		done <- got{form, err}
	}()
	select {
	case g := <-done:
		return g.form, g.err
	case <-ctx.Done():
		return chat.Form{}, ctx.Err()
	}
}

// submitted is a page of a form that was sent.
func (f *Front) submitted(ctx context.Context, desk Desk, s *stage, i *interaction, r chat.Request) (shown bool) {
	looking, cancel := context.WithTimeout(ctx, f.patience.lookup)
	b, ok := f.button(looking, i.Data.CustomID)
	cancel()
	if !ok || b.kind != next {
		card := f.sentence(saysUnknown, chat.Notice)
		card.Blocks = append(card.Blocks, f.typed(answersIn(&i.Data))...)
		if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
			f.log.Error("a sentence could not be shown", "error", err)
		}
		return true
	}
	// No window has to be opened: it may take longer than Discord waits for a first answer.
	looking, cancel = context.WithTimeout(ctx, f.patience.emergency)
	stop := context.AfterFunc(f.work.Ending, cancel) // what was typed is kept first of all
	at, form, err := f.sheetWithin(looking, desk, s, b.draft)
	stop()
	cancel()
	if errors.Is(err, errSentForm) {
		return f.sentAlready(ctx, s, at, answersIn(&i.Data))
	}
	if at == nil {
		// What was typed is kept also where nothing is known of the form just now.
		at = &sheet{Draft: b.draft, By: s.user, Values: chat.Values{}, Channel: r.Channel, rest: errors.Is(err, errLateForm)}
	}
	f.takeAnswers(ctx, desk, at, &i.Data, r.At)
	at.Name, at.Place, at.At, at.Page = r.Name, string(r.Place), r.At, b.page
	at.waits(f.clock())
	kept := f.sheets.keep(at, f.clock())
	pages := 0 // nobody knows how many: only he can say that it is all
	if err == nil {
		pages = len(pagesOf(form))
	} else {
		f.log.Warn("a form could not be looked up while it was sent", "error", err)
	}
	if at.rest {
		return f.later(ctx, s, at)
	}
	if err == nil && len(at.Wrong) == 0 && b.page >= pages {
		return f.submit(ctx, desk, s, at, r)
	}
	select {
	case <-kept: // so that it is true when it is said
	case <-time.After(f.patience.lookup):
	}
	card := f.unsentCard(desk, at, form, b.page, pages)
	if len(at.Wrong) > 0 {
		card = f.unreadCard(at, form)
		card.Tone = toneOf(at, card.Tone)
		card.Blocks = append(card.Blocks, f.stillWaits(desk, at)...)
	}
	if err := f.formCard(ctx, s, at, card); err != nil {
		f.log.Error("that a form is not sent yet could not be shown", "error", err)
		return false
	}
	return true
}

// sendSheet sends what is there of a form.
func (f *Front) sendSheet(ctx context.Context, desk Desk, s *stage, draft string, r chat.Request) (shown bool) {
	looking, cancel := context.WithTimeout(ctx, f.patience.desk)
	defer cancel()
	at, err := f.sheets.get(looking, s.user, draft)
	switch {
	case err != nil:
		f.log.Error("what was typed into a form could not be looked up", "error", err)
		return f.later(ctx, s, &sheet{Draft: draft})
	case at == nil:
		f.tell(ctx, s, saysFormGone)
		return true
	case at.Done:
		return f.sentAlready(ctx, s, at, "")
	case at.rest:
		return f.later(ctx, s, at)
	}
	return f.submit(ctx, desk, s, at, r)
}

// later says that a form cannot be sent now, because a part of it cannot be looked up.
func (f *Front) later(ctx context.Context, s *stage, at *sheet) (shown bool) {
	card := f.sentence(saysFormLate, chat.Urgent)
	card.Blocks = append(card.Blocks, f.typed(typedIn(chat.Request{Kind: chat.Submitted, Values: at.Values}))...)
	card.Buttons = []chat.Button{{Label: f.draw.say("discord.form.send_again"), Action: action(button{kind: send, draft: at.Draft}), Style: chat.Primary}}
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("a sentence could not be shown", "error", err)
	}
	return false
}

// submit hands a form to the desk.
func (f *Front) submit(ctx context.Context, desk Desk, s *stage, at *sheet, r chat.Request) (shown bool) {
	return f.answer(ctx, desk, s, f.request(ctx, at, r))
}

// request is what the desk is asked with a form.
func (f *Front) request(ctx context.Context, at *sheet, r chat.Request) chat.Request {
	r.Kind, r.ID, r.Draft, r.Channel = chat.Submitted, name+":form:"+at.Draft, at.Draft, at.Channel
	r.Values, r.Files = at.clone().Values, f.files(ctx, at)
	if at.Quote != nil {
		quote := at.Quote.quote()
		r.Quote = &quote
	}
	return r
}

// unsentCard says that a form is not sent yet, and asks for the next page; pages is 0 where the
// form could not be looked up.
func (f *Front) unsentCard(desk Desk, at *sheet, form chat.Form, page, pages int) chat.Card {
	following := min(page+1, pages)
	if pages == 0 {
		card := f.sentence(saying{"discord.form.unsent_unknown.title", "discord.form.unsent_unknown"}, toneOf(at, chat.Notice))
		card.Blocks = append(card.Blocks, f.typed(typedIn(chat.Request{Kind: chat.Submitted, Values: at.Values}))...)
		card.Blocks = append(card.Blocks, f.stillWaits(desk, at)...)
		card.Buttons = []chat.Button{
			{Label: f.draw.say("discord.form.next_unknown"), Action: action(pageButton(at.Draft, page+1)), Style: chat.Primary},
			{Label: f.draw.say("discord.form.send"), Action: action(button{kind: send, draft: at.Draft})},
		}
		return card
	}
	tone, blocks, label, phones := chat.Notice, []chat.Block{{Text: f.draw.say("discord.form.unsent")}}, "discord.form.send", []chat.Block(nil)
	if at.Waits > 0 {
		tone, blocks, label, phones = chat.Urgent, f.waitBlocks(at), "discord.form.send_now", f.phoneBlocks(desk, at.By)
	}
	return chat.Card{
		Key: "form", Tone: tone, Title: f.draw.say("discord.form.unsent.title", "form", fit.OneLine(form.Title)),
		Blocks: append(append(blocks, f.answersOf(at, form)...), phones...),
		Buttons: []chat.Button{
			{Label: f.draw.say(label), Action: action(button{kind: send, draft: at.Draft}), Style: chat.Primary},
			{Label: f.draw.say("discord.form.next", "at", f.draw.pageAt(following, pages)), Action: action(pageButton(at.Draft, following))},
		},
	}
}

// toneOf is the tone of a card that says that a form is not sent.
func toneOf(at *sheet, otherwise chat.Tone) chat.Tone {
	if at.Due.IsZero() {
		return otherwise
	}
	return chat.Urgent
}

// stillWaits says of a form that waits how long it does, where something else is wrong with it,
// and whom to phone.
func (f *Front) stillWaits(desk Desk, at *sheet) []chat.Block {
	if at.Due.IsZero() {
		return nil
	}
	return append(f.waitBlocks(at), f.phoneBlocks(desk, at.By)...)
}

// unreadCard says what of a page cannot be read. Everything typed is in sight.
func (f *Front) unreadCard(at *sheet, form chat.Form) chat.Card {
	var wrong []chat.Pair
	fix := map[string]bool{}
	for _, i := range form.Inputs {
		if key, ok := at.Wrong[i.Name]; ok {
			wrong = append(wrong, chat.Pair{Label: i.Label, Value: f.draw.say(key, "typed", at.Values[i.Name])})
			fix[i.Name] = true
		}
	}
	if wrong == nil { // the form is not known here
		for n, key := range at.Wrong {
			wrong = append(wrong, chat.Pair{Label: f.draw.say("discord.typed"), Value: f.draw.say(key, "typed", at.Values[n])})
		}
	}
	return chat.Card{
		Key: "form", Tone: chat.Refused, Title: f.draw.say("discord.form.unread.title", "form", fit.OneLine(form.Title)),
		Blocks:  append([]chat.Block{{Text: f.draw.say("discord.form.unread")}, {Fields: wrong}}, f.answersOf(at, form)...),
		Buttons: f.fixButtons(at, form, fix),
	}
}

// refusedCard says why the desk refused a form. Everything typed is in sight.
func (f *Front) refusedCard(at *sheet, form chat.Form) chat.Card {
	var wrong []chat.Pair
	fix := map[string]bool{}
	for _, i := range form.Inputs {
		if i.Error != "" {
			wrong = append(wrong, chat.Pair{Label: i.Label, Value: i.Error})
			fix[i.Name] = true
		}
	}
	card := chat.Card{Key: "form", Tone: chat.Refused, Title: f.draw.say("discord.form.unsent.title", "form", fit.OneLine(form.Title))}
	if form.Error != "" {
		card.Blocks = append(card.Blocks, chat.Block{Text: form.Error})
	}
	if wrong != nil {
		card.Blocks = append(card.Blocks, chat.Block{Fields: wrong})
	}
	card.Blocks = append(card.Blocks, f.answersOf(at, form)...)
	card.Buttons = f.fixButtons(at, form, fix)
	if wrong == nil {
		card.Buttons = append(card.Buttons, chat.Button{Label: f.draw.say("discord.form.send_again"), Action: action(button{kind: send, draft: at.Draft})})
	}
	return card
}

// fixButtons open the pages on which something is to be mended; every page where it is not
// known which.
func (f *Front) fixButtons(at *sheet, form chat.Form, fix map[string]bool) []chat.Button {
	pages := pagesOf(form)
	wanted := map[int]bool{}
	for input := range fix {
		if n := pageWith(pages, input); n > 0 {
			wanted[n] = true
		}
	}
	var out []chat.Button
	for n := 1; n <= len(pages); n++ {
		if len(wanted) > 0 && !wanted[n] {
			continue
		}
		b := chat.Button{Label: f.draw.say("discord.form.fix", "at", f.draw.pageAt(n, len(pages))), Action: action(pageButton(at.Draft, n))}
		if out == nil {
			b.Style = chat.Primary
		}
		out = append(out, b)
	}
	return out
}

// answersOf shows what is in a form, so that whoever goes on later knows where he was: what was
// typed or chosen, not what it came with.
func (f *Front) answersOf(at *sheet, form chat.Form) []chat.Block {
	var pairs []chat.Pair
	for _, i := range form.Inputs {
		value := at.Values[i.Name]
		if !at.Typed[i.Name] && !i.Required || i.Kind == chat.Upload || i.Kind == chat.Fixed || strings.TrimSpace(value) == "" {
			continue
		}
		i.Value = value
		switch i.Kind {
		case chat.DateTime:
			value = shownMoment(value)
		case chat.Choice, chat.Choices:
			value = shownChoice(i)
		}
		pairs = append(pairs, chat.Pair{Label: i.Label, Value: value})
	}
	for _, file := range at.Files {
		pairs = append(pairs, chat.Pair{Label: at.input(file.Input).Label, Value: file.Name})
	}
	if pairs == nil {
		return nil
	}
	return []chat.Block{{Heading: f.draw.say("discord.typed"), Fields: pairs}}
}

// answersIn is all that was typed into a page.
func answersIn(d *data) string {
	out := ""
	for _, c := range d.answered() {
		if c.Value != "" {
			out += c.Value + "\n"
		}
		for _, v := range c.Values {
			out += v + "\n"
		}
	}
	return out
}
