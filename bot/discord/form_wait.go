package discord

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// Some forms must not lie about unsent: Discord's own button below a window says 「送信」, and
// whoever has pressed it may believe that all is said. What was typed into such a form
// (chat.Form.Waits) is sent on as it stands, if its person does not go on with it.
//
// The sheet in the memory is the timer: whichever process is there by then hands it in, under
// the request ID of the form, so that the desk takes it once.

// waits lets the time run, or run anew, in which a form is to be gone on with.
func (s *sheet) waits(now time.Time) {
	if s.Waits > 0 {
		s.Due = now.Add(s.Waits)
	}
}

// watchForms hands in what waited long enough, until ctx ends.
func (f *Front) watchForms(ctx context.Context) {
	for {
		if desk := f.desk.Load(); desk != nil {
			for _, at := range f.sheets.due(ctx, f.clock()) {
				f.beginHandIn(*desk, at)
			}
		}
		if !pauseFor(ctx, f.patience.forms) {
			return
		}
	}
}

func (f *Front) beginHandIn(desk Desk, at *sheet) {
	key := "due/" + sheetKey(at.By, at.Draft)
	if fresh, _ := f.seen.Begin(key, f.clock()); !fresh {
		return // it is under way
	}
	if !f.work.Start(0, func(ctx context.Context) {
		defer f.seen.End(key, false)
		defer f.stumble()
		f.handIn(ctx, desk, at)
	}) {
		f.seen.End(key, false) // the next time
	}
}

// due are the sheets whose time is over. It takes over what other processes have written.
func (s *sheets) due(ctx context.Context, now time.Time) []*sheet {
	all := map[string][]byte{}
	if s.memory != nil {
		looking, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		var err error
		if all, err = s.memory.All(looking, sheetPrefix); err != nil && ctx.Err() == nil {
			s.log.Warn("forms that wait could not be looked through; what is known here goes on", "error", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, raw := range all {
		var kept sheet
		if json.Unmarshal(raw, &kept) != nil || key != sheetKey(kept.By, kept.Draft) {
			continue
		}
		here := s.by[key]
		switch {
		case here != nil && here.rest:
			here.with(&kept)
		case here == nil && !kept.Done && !kept.Due.IsZero():
			s.set(key, &kept)
		case here != nil && !here.Done && (kept.Done || kept.Kept.After(here.Kept)):
			kept.form = here.form
			s.by[key] = kept.clone()
		}
	}
	var out []*sheet
	for _, at := range s.by {
		if !at.Done && !at.rest && !at.Due.IsZero() && !now.Before(at.Due) {
			out = append(out, at.clone())
		}
	}
	return out
}

// waiting is the newest sheet of a person that waits to be sent on, beside one; nil: there is
// none. It asks no memory: a window would come too late.
func (s *sheets) waiting(user, beside string) *sheet {
	s.mu.Lock()
	defer s.mu.Unlock()
	var newest *sheet
	for _, at := range s.by {
		if at.By == user && at.Draft != beside && !at.Done && !at.Due.IsZero() && (newest == nil || at.Kept.After(newest.Kept)) {
			newest = at
		}
	}
	if newest == nil {
		return nil
	}
	return newest.clone()
}

// handIn sends what stands in a sheet whose person did not go on. What cannot be read, or is
// refused, is left out of its own input and kept as words in the report's.
func (f *Front) handIn(ctx context.Context, desk Desk, at *sheet) {
	s := &stage{user: at.By, channel: at.Place, at: f.clock()}
	was := at.clone()
	var form *chat.Form
	if form = at.form; form == nil {
		looking, cancel := context.WithTimeout(ctx, f.patience.call)
		if got, err := f.draftOf(looking, desk, s, at.Draft); err == nil {
			form = &got
		}
		cancel()
	}
	if form != nil {
		at.form = form
		at.completed(*form)
		f.leaveOut(at, *form, func(i chat.Input) bool { return at.Wrong[i.Name] != "" })
	}
	reply, ok := f.handed(ctx, desk, at)
	if ok && !reply.Failed && reply.Form != nil && f.leaveOut(at, *reply.Form, func(i chat.Input) bool { return i.Error != "" }) {
		reply, ok = f.handed(ctx, desk, at)
	}
	switch {
	case !ok || reply.Failed:
		f.handInLater(ctx, desk, s, at)
	case reply.Accepted:
		f.handedIn(ctx, s, at, was, reply)
	default:
		f.notHandedIn(ctx, desk, s, at, reply)
	}
}

// handed is the desk's reply to a sheet; false: there is none.
func (f *Front) handed(ctx context.Context, desk Desk, at *sheet) (chat.Reply, bool) {
	ctx, cancel := context.WithTimeout(ctx, f.patience.desk)
	defer cancel()
	r := f.request(ctx, at, chat.Request{
		From: userID(at.By), Name: at.Name, Place: chat.PlaceID(at.Place), At: at.At,
	})
	replied := make(chan chat.Reply, 1)
	go func() {
		defer close(replied)
		defer f.stumble()
		replied <- desk.Handle(ctx, r)
	}()
	reply, ok := <-replied
	return reply, ok
}

// leaveOut takes the answers to some inputs away, and adds them to the first text of several
// lines that has to be answered, so that nothing typed is lost; false: nothing was taken away.
func (f *Front) leaveOut(at *sheet, form chat.Form, wrong func(chat.Input) bool) (some bool) {
	story := -1
	for n, i := range form.Inputs {
		if i.Kind == chat.Lines && !wrong(i) && (story < 0 || i.Required && !form.Inputs[story].Required) {
			story = n
		}
	}
	if story < 0 {
		return false
	}
	for _, i := range form.Inputs {
		typed := strings.TrimSpace(at.Values[i.Name])
		if !wrong(i) || i.Kind == chat.Upload || i.Kind == chat.Fixed {
			continue
		}
		some = true
		delete(at.Wrong, i.Name)
		delete(at.Values, i.Name)
		if typed == "" {
			continue
		}
		i.Value = typed
		if i.Kind == chat.Choice || i.Kind == chat.Choices {
			typed = shownChoice(i)
		}
		text := f.draw.say("discord.form.left_out", "label", fit.OneLine(i.Label), "typed", typed)
		if name := form.Inputs[story].Name; !strings.Contains(at.Values[name], text) {
			at.Values[name] = strings.TrimSpace(at.Values[name] + "\n" + text)
		}
	}
	return some
}

// phoneBlocks are whom to phone, from memory.
func (f *Front) phoneBlocks(desk Desk, user string) []chat.Block {
	card, ok := desk.Emergency(userID(user))
	if !ok {
		return []chat.Block{{Text: f.draw.say("discord.form.phone")}}
	}
	return card.Blocks
}

// waitBlocks say of a form that waits how long it does.
func (f *Front) waitBlocks(at *sheet) []chat.Block {
	minutes := strconv.Itoa(max(1, int(at.Waits.Round(time.Minute)/time.Minute)))
	return []chat.Block{{Text: wrongSign + " " + f.draw.say("discord.form.waits", "minutes", minutes)}}
}

// offerCard offers what somebody has begun before he begins anew.
func (f *Front) offerCard(desk Desk, at *sheet, form chat.Form) chat.Card {
	pages := len(pagesOf(form))
	card := f.unsentCard(desk, at, form, min(max(at.Page, 1), pages), pages)
	card.Blocks = append([]chat.Block{{Text: f.draw.say("discord.form.offer")}}, card.Blocks...)
	card.Buttons = append(card.Buttons, chat.Button{Label: f.draw.say("discord.form.offer_new"), Action: action(pageButton(form.Draft, 1))})
	return card
}
