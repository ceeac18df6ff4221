package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// submitted is a sent form. Its window closes unless the acknowledgement says otherwise, so
// the desk is waited for a moment; after that the window says that it is waiting, with what
// was typed, and the answer takes its place.
func (f *Front) submitted(ctx context.Context, desk Desk, d delivery, c *sl.InteractionCallback, team string) {
	v := c.View
	on, err := readSheet(v.PrivateMetadata)
	if err != nil || on.Draft == "" {
		d.ack(updated(f.draw.cardView([]chat.Card{f.sentence(saysFormGone, chat.Notice)}, "", 0)))
		return
	}
	values, files := readValues(on, v.State)
	r := chat.Request{
		ID: "slack:view:" + on.Draft, Kind: chat.Submitted, From: userID(c.User.ID), Name: nameIn(c),
		Channel: on.Channel, Draft: on.Draft, Values: values, Files: f.files(ctx, files, on.Quote), At: d.at,
	}
	s := stage{user: c.User.ID, trigger: "", view: v.ID, quote: on.Quote, round: on.Round + 1, at: d.at}
	title := ""
	if v.Title != nil {
		title = v.Title.Text
	}
	// A refused form is sent again under the same draft; only the same sending is a repeat.
	key := r.ID + ":" + c.User.ID + ":" + sending(c, d)
	fresh, acked := f.seen.Begin(key, f.clock())
	if !fresh {
		if acked == nil {
			acked = f.waiting(title, typedIn(r))
		}
		d.ack(acked)
		return
	}
	shown := false
	defer func() { f.seen.End(key, shown) }()
	ack := func(body any) {
		f.seen.Acked(key, body)
		d.ack(body)
	}

	type outcome struct {
		reply chat.Reply
		sent  chat.Request
		state int
	}
	const (
		answered = iota
		failed
		refusedAlready
	)
	done := make(chan outcome, 1)
	inTime := make(chan struct{}) // closed once the acknowledgement is out
	go func() {
		out := outcome{sent: r, state: failed}
		defer func() { done <- out }()
		defer f.stumble()
		called, ok := f.admitLater(ctx, s, c, team, inTime)
		if !ok {
			out.state = refusedAlready
			return
		}
		out.sent.Name = called
		if on.Quote != nil {
			out.sent.Quote = f.quotes.quote(ctx, c.User.ID, on)
		}
		if reply, ok := f.handle(ctx, desk, s, out.sent); ok {
			out.reply, out.state = reply, answered
		}
	}()
	timer := time.NewTimer(max(0, f.patience.submitted-f.clock().Sub(d.at)))
	defer timer.Stop()
	select {
	case out := <-done:
		if out.state == answered {
			shown = f.showInAck(ctx, desk, s, out.sent, on, out.reply, ack) && !out.reply.Failed
			return
		}
		ack(f.waiting(title, typedIn(r)))
		f.settle(ctx, f.clock())
		close(inTime)
		if out.state == failed {
			f.failed(ctx, s, r)
		}
	case <-timer.C:
		ack(f.waiting(title, typedIn(r)))
		waits := f.clock()
		close(inTime)
		switch out := <-done; out.state {
		case answered:
			f.settle(ctx, waits)
			err := f.show(ctx, desk, s, out.sent, out.reply)
			if err != nil {
				f.log.Error("an answer could not be shown", "request", string(r.Kind), "error", err)
			}
			shown = err == nil && !out.reply.Failed
		case failed:
			f.failed(ctx, s, r)
		default:
			shown = true
		}
	}
}

// settle waits until Slack has surely carried out an acknowledgement that changes the window.
// It goes another way than the call that shows the answer: overtaken by it, the window would
// say for ever that it is waiting.
func (f *Front) settle(ctx context.Context, acked time.Time) {
	if left := f.patience.settle - f.clock().Sub(acked); left > 0 {
		pauseFor(ctx, left)
	}
}

// admitLater is admit for a form: its window can be told something only after the
// acknowledgement.
func (f *Front) admitLater(ctx context.Context, s stage, c *sl.InteractionCallback, team string, acked <-chan struct{}) (string, bool) {
	quiet := s
	quiet.quiet = true
	called, ok := f.admit(ctx, quiet, c.User.ID, nameIn(c), team)
	if !ok {
		f.work.Start(0, func(ctx context.Context) {
			select {
			case <-acked:
				f.tell(ctx, s, saysStranger)
			case <-ctx.Done():
			}
		})
	}
	return called, ok
}

// sending tells one sending of a form from the next.
func sending(c *sl.InteractionCallback, d delivery) string {
	if c.TriggerID != "" {
		return c.TriggerID
	}
	sum := sha256.Sum256(d.body)
	return hex.EncodeToString(sum[:])
}

func updated(v sl.ModalViewRequest) *sl.ViewSubmissionResponse {
	return sl.NewUpdateViewSubmissionResponse(&v)
}

// waiting is the acknowledgement that something was received and nothing is decided.
func (f *Front) waiting(title, typed string) *sl.ViewSubmissionResponse {
	if w := updated(f.draw.waitingView(title, typed)); fits(w) {
		return w
	}
	runes := []rune(typed)
	for n := len(runes) / 2; n > 0; n /= 2 {
		if w := updated(f.draw.waitingView(title, string(runes[:n])+"…")); fits(w) {
			return w
		}
	}
	return updated(f.draw.waitingView(title, ""))
}

// showInAck shows a reply by the acknowledgement of the form that it answers.
func (f *Front) showInAck(ctx context.Context, desk Desk, s stage, r chat.Request, on sheet, reply chat.Reply, ack func(any)) (shown bool) {
	if reply.Form != nil {
		if wrong, all := inputErrors(*reply.Form, on); all && len(wrong) > 0 && reply.Form.Draft == on.Draft && len(reply.Cards) == 0 {
			if body := sl.NewErrorsViewSubmissionResponse(wrong); fits(body) {
				ack(body)
				return true
			}
		}
		body := updated(f.draw.formView(*reply.Form, sheet{Draft: reply.Form.Draft, Quote: s.quote, Round: s.round, Channel: r.Channel}))
		if fits(body) && !reply.Form.Partial && len(reply.Cards) == 0 {
			ack(body)
			return true
		}
	} else if !reply.Direct {
		if len(reply.Cards) == 0 {
			ack(nil)
			f.quotes.done(ctx, r, reply)
			return true
		}
		if body := updated(f.window(s, reply.Cards)); fits(body) {
			ack(body)
			f.quotes.done(ctx, r, reply)
			return true
		}
	}
	title := f.draw.say("slack.view")
	if reply.Form != nil {
		title = reply.Form.Title
	}
	ack(f.waiting(title, typedIn(r)))
	f.settle(ctx, f.clock())
	err := f.show(ctx, desk, s, r, reply)
	if err != nil {
		f.log.Error("an answer could not be shown", "request", string(r.Kind), "error", err)
	}
	return err == nil
}

// files are what was chosen in a form, and what hangs on the message it is about; each is
// asked of Slack only when its turn comes.
func (f *Front) files(ctx context.Context, chosen []fileRef, quote *quoteRef) chat.Files {
	if quote != nil {
		for _, q := range quote.Files {
			q.Input = chat.QuotedFile
			chosen = append(chosen, q)
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	return func(yield func(chat.File, error) bool) {
		// One that stands still must not hold the form for ever.
		ctx, cancel := context.WithTimeout(ctx, f.patience.desk)
		defer cancel()
		for _, c := range chosen {
			name, body, err := f.openFile(ctx, c.ID)
			if errors.Is(err, chat.ErrGone) { // deleted: the others are there all the same
				if !yield(chat.File{Input: c.Input, Name: c.Name}, errors.Join(errFile, err)) {
					return
				}
				continue
			}
			if err != nil {
				yield(chat.File{}, errors.Join(errFile, err))
				return
			}
			if name == "" {
				name = c.Name
			}
			more := yield(chat.File{Input: c.Input, Name: name, Body: body}, nil)
			_ = body.Close()
			if !more {
				return
			}
		}
	}
}

var errFile = errors.New("slack: a file did not come")
