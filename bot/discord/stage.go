package discord

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Discord's codes about answers to interactions ("Opcodes and Status Codes", JSON).
const (
	codeUnknownWebhook     = 10015 // the token is over
	codeUnknownInteraction = 10062 // it was not answered within three seconds
	codeAcknowledged       = 40060 // it was answered already
	codeInvalidWebhook     = 50027 // the token is over, too
)

// How an interaction is answered first ("Interaction Callback Type").
const (
	answersMessage  = 4
	answersLater    = 5 // a message that says that it is being worked on; the answer takes its place
	answersChoices  = 8
	answersWithForm = 9
)

// ephemeral is the flag of a message that one person alone sees, and that goes when he leaves.
const ephemeral = int(discordgo.MessageFlagsEphemeral)

// How far an interaction is answered.
type progress int

const (
	unanswered progress = iota
	deferred            // Discord says that it is being worked on
	answered
)

// stage is where the one who asked is shown the answer: by the token of an interaction, else in
// his direct messages.
type stage struct {
	key            string // of what he did: the same in all our processes
	id, app, token string
	user           string
	channel        string
	direct         bool      // in direct messages: there nothing need be hidden
	unsure         bool      // Discord could not say whether he is still in the server
	patient        bool      // no window has to be opened: there is time to ask Discord that
	at             time.Time // when his doing came in
	// whole and page are asked for where a page of a card is wanted.
	whole chat.Action
	page  int
	quote *quoteRef // the message that a form is about
	on    string    // the message whose button was pressed
	// message is what he wrote in a channel of the server, where there is no token to answer by.
	message string
	shown   shownAt // where the last answer stands
	unshown bool    // something was not to be brought to his direct messages, and may be later

	mu    sync.Mutex // held over each call: answers keep their order
	state progress
	tried progress // what a first answer would have made of it that nobody knows about
	over  error    // nothing can be shown by the token any more
}

func newStage(i *interaction, at time.Time) *stage {
	s := &stage{key: i.ID, id: i.ID, app: i.AppID, token: i.Token, channel: i.ChannelID, direct: i.GuildID == "", at: at}
	if i.Type == didPress { // a window, too, is of the message that it was opened from
		s.on = i.at()
	}
	if u := i.user(); u != nil {
		s.user = u.ID
	}
	return s
}

func (s *stage) who() chat.UserID { return userID(s.user) }

var (
	errNowhere = errors.New("discord: nothing is open that could take an answer")
	// errTaken says that another of our processes answers: Discord brings everything to each.
	errTaken    = errors.New("discord: another process has answered")
	errNotFirst = errors.New("discord: a form must be the first answer")
)

// body is a message as Discord takes it. Nobody is ever notified by it.
type body struct {
	Content    string                       `json:"content"`
	Embeds     []*discordgo.MessageEmbed    `json:"embeds"`
	Components []discordgo.MessageComponent `json:"components"`
	Flags      int                          `json:"flags,omitempty"`
	Mentions   mentions                     `json:"allowed_mentions"`
}

func (s *stage) body(content string, embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) body {
	b := body{Content: content, Embeds: embeds, Components: rows, Mentions: nobody()}
	if b.Embeds == nil {
		b.Embeds = []*discordgo.MessageEmbed{}
	}
	if b.Components == nil {
		b.Components = []discordgo.MessageComponent{}
	}
	if !s.direct {
		b.Flags = ephemeral
	}
	return b
}

// callback is a first answer.
type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// deferLater lets Discord say that something is being worked on, if it is not answered by then.
// The returned function ends the waiting for that.
func (f *Front) deferLater(s *stage) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer f.stumble()
		if pauseFor(ctx, f.deferAfter()-f.clock().Sub(s.at)) {
			if err := f.putOff(s); err != nil && !errors.Is(err, errTaken) {
				f.log.Warn("that something is being worked on could not be shown", "error", err)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// deferAfter is how long the desk has before a deferral leaves: the longer the way to Discord is,
// the less, for the three seconds end where the answer arrives.
func (f *Front) deferAfter() time.Duration {
	left := f.patience.arrived - time.Duration(f.way.Load())
	return min(f.patience.answered, max(left, f.patience.answered/4))
}

// went notes how long a first answer was on its way. It follows the newest ones, slower ones at once.
func (f *Front) went(took time.Duration) {
	for {
		old := f.way.Load()
		if f.way.CompareAndSwap(old, max(int64(took), (7*old+int64(took))/8)) {
			return
		}
	}
}

func (f *Front) putOff(s *stage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != unanswered || s.over != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.patience.call)
	defer cancel()
	later := callback{Type: answersLater}
	if !s.direct {
		later.Data = map[string]int{"flags": ephemeral}
	}
	return f.first(ctx, s, later, deferred)
}

// claim says whether it is for this process to answer: Discord takes one first answer, and brings
// what is done to all of them. What has no token belongs to each.
func (f *Front) claim(s *stage) bool {
	if s.token != "" {
		if err := f.putOff(s); err != nil && !errors.Is(err, errTaken) {
			f.log.Warn("that something is being worked on could not be shown", "error", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !errors.Is(s.over, errTaken)
}

// first gives the first answer, which makes of the interaction what becomes says; mu is held.
func (f *Front) first(ctx context.Context, s *stage, c callback, becomes progress) error {
	for n := 0; ; n++ {
		began := f.clock()
		try, cancel := ctx, context.CancelFunc(func() {})
		if n == 0 {
			try, cancel = context.WithTimeout(ctx, f.patience.first)
		}
		err := f.api.do(try, turn{free: true, urgent: true, apart: n > 0}, "POST", "interactions/"+s.id+"/"+s.token+"/callback", c, nil)
		cancel()
		switch {
		case err == nil:
			f.went(f.clock().Sub(began))
			s.state = becomes
			return nil
		case refused(err, codeAcknowledged) && s.tried != unanswered:
			// The answer that nobody knew about has arrived.
			if s.state = s.tried; s.state != becomes {
				return errNotFirst
			}
			return nil
		case refused(err, codeAcknowledged):
			s.over = errTaken
			return errTaken
		case refused(err, codeUnknownInteraction):
			if s.tried != unanswered { // it may be answered, and it may be too late: ask by the token
				s.state = s.tried
				return errNotFirst
			}
			s.over = errNowhere
			return err
		case denied(err):
			return err
		}
		if errors.Is(err, chat.ErrUnsure) {
			s.tried = becomes
			f.went(f.clock().Sub(began)) // at least
		}
		if n == maxTries-1 || !again(ctx, err) {
			return err
		}
	}
}

// maxTries is how often a call is made that somebody waits for.
const maxTries = 5

// repeated makes a call again, as long as ctx allows, where Discord did not refuse it: it is busy, or
// out of reach. The call is one that may be made twice.
func repeated(ctx context.Context, call func(n int) error) error {
	for n := 0; ; n++ {
		err := call(n)
		if err == nil || denied(err) || n == maxTries-1 || !again(ctx, err) {
			return err
		}
	}
}

// again waits before a call is made again; false: it is not to be.
func again(ctx context.Context, err error) bool {
	wait := 100 * time.Millisecond
	if later := (*chat.Later)(nil); errors.As(err, &later) {
		wait = later.Wait
	}
	if at, ok := ctx.Deadline(); ok && time.Until(at) < wait {
		return false
	}
	return pauseFor(ctx, wait)
}

// place is where a message stands that its token shows.
func (s *stage) place(message string) shownAt {
	return shownAt{App: s.app, Token: s.token, Message: message, At: s.at}
}

// post shows a message to the one who asked, and to nobody else.
func (f *Front) post(ctx context.Context, s *stage, b body) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over != nil:
		return s.over
	case s.token == "" || f.clock().Sub(s.at) > f.patience.token:
		return errNowhere
	}
	if s.state == unanswered {
		err := f.first(ctx, s, callback{Type: answersMessage, Data: b}, answered)
		if err == nil {
			s.shown = s.place("@original")
		}
		if !errors.Is(err, errNotFirst) {
			return err
		}
		// A deferral that nobody knew about has arrived: this takes its place.
	}
	hook := "webhooks/" + s.app + "/" + s.token
	for n := 0; ; n++ {
		var err error
		var made posted
		if s.state == deferred {
			edited := b
			edited.Flags = 0 // stays what the deferral said
			err = f.api.do(ctx, turn{free: true, urgent: true}, "PATCH", hook+"/messages/@original", edited, nil)
			if err == nil {
				s.state = answered
				made.ID = "@original"
			}
		} else {
			err = f.api.do(ctx, turn{free: true, urgent: true}, "POST", hook, b, &made)
		}
		switch {
		case err == nil:
			s.shown = s.place(made.ID)
			return nil
		case refused(err, codeUnknownWebhook, codeInvalidWebhook):
			s.over = errNowhere
			return err
		case denied(err), errors.Is(err, chat.ErrUnsure) && s.state != deferred:
			return err // twice would be worse than by another way
		case n == maxTries-1 || !again(ctx, err):
			return err
		}
	}
}

// modal opens a form's window, which nothing but a first answer can do.
func (f *Front) modal(ctx context.Context, s *stage, m window) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over != nil:
		return s.over
	case s.token == "":
		return errNowhere
	case s.state != unanswered:
		return errNotFirst
	}
	return f.first(ctx, s, callback{Type: answersWithForm, Data: m}, answered)
}

// instant is when an ID was made (Discord, "Snowflakes": milliseconds since 2015).
func instant(id string, otherwise time.Time) time.Time {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return otherwise
	}
	return time.UnixMilli(n>>22 + 1420070400000).UTC()
}
