package slack

import (
	"context"
	"errors"
	"slices"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// stage is where the one who asked is shown the answer.
type stage struct {
	user    string
	channel string
	at      time.Time // when his doing came in
	// responseURL takes five answers within half an hour that only he sees (Slack, "Handling
	// user interaction"); empty: there is none.
	responseURL string
	// ephemeral says that he can be shown something in the channel that only he sees, although
	// there is no responseURL.
	ephemeral bool
	trigger   string // opens one window within 3 s
	view      string // the window of ours that takes the answer
	// whole and page are asked for where a page of a card is wanted.
	whole chat.Action
	page  int
	quote *quoteRef // the message that a form is about
	round int       // how often the form has come back
	quiet bool      // nothing is to be said here now
	heard func()    // the desk has replied, or will not; nil: nobody waits for that
}

// answer asks the desk and shows what it says; settled means that the same, delivered again, is
// thrown away. Whoever waits too long is shown whom to phone,
// and the answer when it comes.
func (f *Front) answer(ctx context.Context, desk Desk, s stage, r chat.Request) (settled bool) {
	reply, ok := f.handle(ctx, desk, s, r)
	if s.heard != nil {
		s.heard()
	}
	if !ok {
		f.failed(ctx, s, r)
		return false
	}
	if err := f.show(ctx, desk, s, r, reply); err != nil {
		f.log.Error("an answer could not be shown", "request", string(r.Kind), "error", err)
		return false
	}
	return !reply.Failed
}

// handle is the desk's reply; false: it has none to give.
func (f *Front) handle(ctx context.Context, desk Desk, s stage, r chat.Request) (chat.Reply, bool) {
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
func (f *Front) phones(ctx context.Context, desk Desk, s stage, r chat.Request) {
	card, ok := desk.Emergency(r.From)
	if !ok {
		card = chat.Card{Key: "slow", Tone: chat.Urgent, Title: f.draw.say("slack.slow.title")}
	}
	card.Blocks = append([]chat.Block{{Text: f.draw.say("slack.slow")}}, card.Blocks...)
	if typed := typedIn(r); typed != "" {
		card.Blocks = append(card.Blocks, chat.Block{Heading: f.draw.say("slack.typed"), Text: typed})
	}
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("whom to phone could not be shown", "error", err)
	}
}

// show shows a reply to the one who asked, and to nobody else.
func (f *Front) show(ctx context.Context, desk Desk, s stage, r chat.Request, reply chat.Reply) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*f.patience.call)
	defer cancel()
	if reply.Form != nil {
		err := f.openForm(ctx, desk, s, r, *reply.Form)
		if len(reply.Cards) > 0 { // what a form has no place for: what is missing, whom to phone
			below := s
			below.view, below.trigger = "", ""
			err = errors.Join(err, f.cards(ctx, below, reply.Cards))
		}
		return err
	}
	f.quotes.done(ctx, r, reply)
	switch {
	case len(reply.Cards) == 0 && (s.view != "" || s.responseURL != ""):
		if !reply.Accepted {
			return nil
		}
		return f.cards(ctx, s, []chat.Card{f.sentence(saysDone, chat.Good)})
	case reply.Direct:
		var err error
		for _, c := range reply.Cards {
			err = errors.Join(err, f.direct(ctx, userID(s.user), c))
		}
		if err == nil && reply.Document != nil {
			if failed := f.hand(ctx, userID(s.user), *reply.Document); failed != nil {
				f.log.Error("a file could not be brought to who asked for it", "error", failed)
				err = f.direct(ctx, userID(s.user), f.sentence(saysNoFile, chat.Notice))
			}
		}
		if err == nil && (s.view != "" || s.responseURL != "" || s.ephemeral) {
			err = f.cards(ctx, s, []chat.Card{f.sentence(saysDirect, chat.Plain)})
		}
		return err
	}
	return f.cards(ctx, s, reply.Cards)
}

// failed says that there is no answer, with what was typed: a command is gone from where it
// was written.
func (f *Front) failed(ctx context.Context, s stage, r chat.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	card := f.sentence(saysFailed, chat.Urgent)
	if typed := typedIn(r); typed != "" {
		card.Blocks = append(card.Blocks, chat.Block{Heading: f.draw.say("slack.typed"), Text: typed})
	}
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("that there is no answer could not be shown", "error", err)
	}
}

// saying is a sentence of our own, with its title.
type saying struct{ title, text string }

var (
	saysFailed    = saying{"slack.failed.title", "slack.failed"}
	saysDone      = saying{"slack.done.title", "slack.done"}
	saysDirect    = saying{"slack.direct.title", "slack.direct"}
	saysStranger  = saying{"slack.stranger.title", "slack.stranger"}
	saysUnread    = saying{"slack.unread.title", "slack.unread"}
	saysFormGone  = saying{"slack.form_gone.title", "slack.form_gone"}
	saysFilesLeft = saying{"slack.files_left.title", "slack.files_left"}
	saysHome      = saying{"slack.home.title", "slack.home"}
	saysNoFile    = saying{"slack.no_file.title", "slack.no_file"}
	saysJoined    = saying{"slack.joined.title", "slack.joined"}
)

func (f *Front) sentence(s saying, tone chat.Tone) chat.Card {
	return chat.Card{Key: s.text, Tone: tone, Title: f.draw.say(s.title), Blocks: []chat.Block{{Text: f.draw.say(s.text)}}}
}

// tell says one sentence of ours.
func (f *Front) tell(ctx context.Context, s stage, what saying) {
	if s.quiet {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	if err := f.cards(ctx, s, []chat.Card{f.sentence(what, chat.Notice)}); err != nil {
		f.log.Error("a sentence could not be shown", "error", err)
	}
}

// cards shows cards where the person is looking; where that fails, in his direct messages.
func (f *Front) cards(ctx context.Context, s stage, cards []chat.Card) error {
	if len(cards) == 0 {
		return nil
	}
	err := f.cardsAt(ctx, s, cards)
	if err == nil {
		return nil
	}
	if !errors.Is(err, errNowhere) { // who wrote in his direct messages is answered there
		f.log.Warn("an answer goes to the direct messages instead", "error", err)
	}
	err = nil
	for _, c := range cards {
		err = errors.Join(err, f.direct(ctx, userID(s.user), c))
	}
	return err
}

var errNowhere = errors.New("slack: nothing is open that could take an answer")

// mostByURL is how many messages a response_url takes.
const mostByURL = 4 // of 5: one is left for what may follow, such as the answer after the phones

func (f *Front) cardsAt(ctx context.Context, s stage, cards []chat.Card) error {
	switch {
	case s.view != "":
		_, err := f.update(ctx, s.view, "", f.window(s, cards))
		return err
	case s.trigger != "" && (s.whole != "" || s.responseURL == "" && !s.ephemeral):
		_, err := f.open(ctx, s, f.window(s, cards))
		if err == nil || s.responseURL == "" {
			return err
		}
	}
	if s.responseURL == "" && !s.ephemeral {
		return errNowhere
	}
	if len(cards) > mostByURL {
		return errNowhere
	}
	for _, c := range cards {
		blocks, text := f.draw.message(c)
		if err := f.whisper(ctx, s, blocks, text); err != nil {
			return err
		}
	}
	return nil
}

// window shows cards in a window of their own; what does not fit is asked for page by page.
func (f *Front) window(s stage, cards []chat.Card) sl.ModalViewRequest {
	whole := s.whole
	if whole == "" && len(cards) == 1 {
		whole = cards[0].Whole
	}
	return f.draw.cardView(cards, whole, s.page)
}

// whisper shows something in the channel that only the one who asked sees.
func (f *Front) whisper(ctx context.Context, s stage, blocks []sl.Block, text string) error {
	if s.responseURL != "" {
		return f.postEphemeralURL(ctx, s.responseURL, blocks, text)
	}
	return f.now(ctx, "chat.postEphemeral", func(ctx context.Context) error {
		_, err := f.client.PostEphemeralContext(ctx, s.channel, s.user, sl.MsgOptionBlocks(blocks...), sl.MsgOptionText(text, false))
		return err
	})
}

// open opens a window. A trigger that was used was used for this very window: the answer to
// the first try was lost.
func (f *Front) open(ctx context.Context, s stage, v sl.ModalViewRequest) (opened sl.View, err error) {
	err = f.now(ctx, "views.open", func(ctx context.Context) error {
		resp, err := f.client.OpenViewContext(ctx, s.trigger, v)
		if resp != nil {
			opened = resp.View
		}
		return err
	})
	if refused(err, "exchanged_trigger_id") {
		return sl.View{}, nil
	}
	return opened, err
}

// update puts another view into a window; with a hash only if nothing else has done so since.
func (f *Front) update(ctx context.Context, view, hash string, v sl.ModalViewRequest) (updated sl.View, err error) {
	for range 3 {
		err = f.now(ctx, "views.update", func(ctx context.Context) error {
			resp, err := f.client.UpdateViewContext(ctx, v, "", hash, view)
			if resp != nil {
				updated = resp.View
			}
			return err
		})
		later := (*chat.Later)(nil)
		if !errors.As(err, &later) || !pauseFor(ctx, later.Wait) {
			break
		}
	}
	return updated, err
}

// openForm opens a form, or puts it into the window that is open. Where it is too late for
// that, a button opens it: nothing typed is lost, the desk has it under its draft.
func (f *Front) openForm(ctx context.Context, desk Desk, s stage, r chat.Request, form chat.Form) error {
	if r.Quote != nil && s.quote != nil {
		f.quotes.keep(ctx, s.user, form.Draft, *s.quote, *r.Quote, f.log)
	}
	on := sheet{Draft: form.Draft, Quote: s.quote, Round: s.round, Channel: r.Channel}
	v := f.draw.formView(form, on)
	var opened sl.View
	err := errNowhere
	switch {
	case s.view != "":
		opened, err = f.update(ctx, s.view, "", v)
	case s.trigger != "":
		opened, err = f.open(ctx, s, v)
	}
	if err != nil {
		return f.offerForm(ctx, s, form, typedIn(r))
	}
	if form.Partial && opened.ID != "" {
		f.complete(desk, s, form, on, opened)
	}
	return nil
}

// offerForm shows a button that opens a form.
func (f *Front) offerForm(ctx context.Context, s stage, form chat.Form, typed string) error {
	card := chat.Card{Title: form.Title}
	if form.Error != "" {
		card.Tone, card.Blocks = chat.Refused, []chat.Block{{Text: form.Error}}
		for _, in := range form.Inputs {
			if in.Error != "" {
				card.Blocks = append(card.Blocks, chat.Block{Fields: []chat.Pair{{Label: in.Label, Value: in.Error}}})
			}
		}
		if typed != "" {
			card.Blocks = append(card.Blocks, chat.Block{Heading: f.draw.say("slack.typed"), Text: typed})
		}
	}
	blocks, text := f.draw.message(card)
	if len(blocks) >= maxMessageBlocks {
		blocks = blocks[:maxMessageBlocks-1]
	}
	blocks = append(blocks, f.draw.reopenButton(form.Draft))
	if s.responseURL != "" || s.ephemeral {
		if err := f.whisper(ctx, s, blocks, text); err == nil {
			return nil
		}
	}
	l := line{urgent: true, patience: -1} // somebody waits for it
	dm, err := f.dm(ctx, s.user, l)
	if err != nil {
		return err
	}
	return f.call(ctx, l.turn("chat.postMessage", dm), func(ctx context.Context) error {
		_, _, err := f.client.PostMessageContext(ctx, dm, sl.MsgOptionBlocks(blocks...), sl.MsgOptionText(text, false))
		return err
	})
}

// complete makes a form whole that was opened from memory, unless its person has gone on.
func (f *Front) complete(desk Desk, s stage, form chat.Form, on sheet, opened sl.View) {
	f.work.Start(0, func(context.Context) {
		defer f.stumble()
		ctx, cancel := context.WithTimeout(f.work.Ending, f.patience.whole)
		defer cancel()
		for pauseFor(ctx, f.patience.between) {
			whole, err := desk.Draft(ctx, userID(s.user), form.Draft)
			if err != nil || whole.Partial {
				continue
			}
			// Slack keeps what was typed into an input that is there before and after.
			if _, err := f.update(ctx, opened.ID, opened.Hash, f.draw.formView(whole, on)); err != nil && !refused(err, "hash_conflict", "not_found") {
				f.log.Warn("a form could not be made whole", "error", err)
			}
			return
		}
	})
}

// reopen opens a form by its draft, with what was typed into it.
func (f *Front) reopen(ctx context.Context, desk Desk, s stage, draft string) (shown bool) {
	looking, cancel := context.WithTimeout(ctx, f.patience.suggested)
	defer cancel()
	form, err := desk.Draft(looking, userID(s.user), draft)
	if err != nil {
		f.log.Warn("a form could not be opened again", "error", err)
		f.tell(ctx, s, saysFormGone)
		return false
	}
	if kept, ok := f.quotes.of(ctx, s.user, draft); ok {
		s.quote = &kept.Ref
	}
	if err := f.openForm(ctx, desk, s, chat.Request{}, form); err != nil {
		f.log.Error("a form could not be shown", "error", err)
		return false
	}
	return true
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
