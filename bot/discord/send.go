package discord

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

const (
	// How long a delivery waits in line itself. Beyond it the courier is told when to come
	// back, so that its lanes stay free. A page that waited here would leave those behind that
	// are called for meanwhile; put off, it goes out with them in one message.
	ordinaryPatience = 250 * time.Millisecond
	urgentPatience   = 50 * time.Millisecond
	// urgentTicket is the ticket of every page to one person: whichever comes at its turn
	// brings the others along. Under tickets of their own, the turns of those that went with
	// another would stay empty, and the next page would wait behind them.
	urgentTicket = "page"
	// oldEdits is how long an update of an old message is put off: Discord bounds how many
	// there may be (code 30046), and does not say until when.
	oldEdits = time.Minute
)

// payload is a message as Discord takes it.
type payload struct {
	Content     string                       `json:"content"`
	Embeds      []*discordgo.MessageEmbed    `json:"embeds"`
	Components  []discordgo.MessageComponent `json:"components"`
	Mentions    mentions                     `json:"allowed_mentions"`
	Nonce       string                       `json:"nonce,omitempty"`
	Enforce     bool                         `json:"enforce_nonce,omitempty"`
	Attachments []attached                   `json:"attachments,omitempty"`
}

// mentions are whom a message notifies: nobody, whatever is typed in it, but whom we name.
type mentions struct {
	Parse []string `json:"parse"`
	Users []string `json:"users,omitempty"`
}

// attached names one of the files that come with a message.
type attached struct {
	ID       int    `json:"id"`
	Filename string `json:"filename"`
}

// nobody is the mentions of a message that notifies nobody by what is in it.
func nobody() mentions { return mentions{Parse: []string{}} }

func (s *sender) payload(c chat.Card) payload {
	p := payload{Mentions: nobody()}
	p.Content, p.Embeds, p.Components = s.draw.message(c)
	if p.Embeds == nil {
		p.Embeds = []*discordgo.MessageEmbed{} // an update takes away what was there
	}
	if p.Components == nil {
		p.Components = []discordgo.MessageComponent{}
	}
	return p
}

// posted is what matters of a message that Discord shows us.
type posted struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content string `json:"content"`
	Embeds  []struct {
		Description string `json:"description"`
	} `json:"embeds"`
	Attachments []struct {
		Filename string `json:"filename"`
	} `json:"attachments"`
}

// says reports whether a message says what a payload says.
func (p posted) says(want payload) bool {
	if len(p.Embeds) != len(want.Embeds) || !alike(p.Content, want.Content) || len(p.Attachments) != len(want.Attachments) {
		return false
	}
	for i, e := range p.Embeds {
		if !alike(e.Description, want.Embeds[i].Description) {
			return false
		}
	}
	for i, a := range p.Attachments {
		if a.Filename != want.Attachments[i].Filename {
			return false
		}
	}
	return true
}

// words is a digest of what a message says, by which it is known again.
func (p posted) words() string {
	said := []string{p.Content}
	for _, e := range p.Embeds {
		said = append(said, e.Description)
	}
	for _, a := range p.Attachments {
		said = append(said, a.Filename)
	}
	return digestOf(said)
}

func (p payload) words() string {
	said := []string{p.Content}
	for _, e := range p.Embeds {
		said = append(said, e.Description)
	}
	for _, a := range p.Attachments {
		said = append(said, a.Filename)
	}
	return digestOf(said)
}

// digestOf leaves aside the blanks, as alike does.
func digestOf(said []string) string {
	for i, text := range said {
		said[i] = strings.Join(strings.Fields(text), " ")
	}
	return digest(strings.Join(said, "\n"))
}

// alike leaves aside the blanks that Discord takes from texts.
func alike(a, b string) bool {
	return a == b || slices.Equal(strings.Fields(a), strings.Fields(b))
}

// Send brings a delivery to a person's direct messages or to an incident's channel. One card
// is kept current per key: where an earlier try may have arrived, it is looked for first.
func (s *sender) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	if d.To.Channel != "" {
		return s.sendToPlace(ctx, d)
	}
	user, ok := discordUser(d.To.User)
	if !ok {
		return "", noSuchUser
	}
	id, err := s.putDirect(ctx, user, d, lineOf(d))
	if refused(err, codeCannotSend, codeOpeningTooFast, codeNoMutual) {
		s.callInChannel(ctx, user, d)
	}
	if err == nil && d.Document == nil {
		s.updateCalls(ctx, user, d)
	}
	return id, err
}

// putDirect brings a delivery to a person's direct messages.
func (s *sender) putDirect(ctx context.Context, user string, d chat.Delivery, l line) (chat.MessageID, error) {
	// Who left the server may be reachable all the same, where he and the bot share another one.
	if s.outside(ctx, user) {
		return "", &refusal{route: routeOf("POST", "users/@me/channels"), code: codeUnknownMember}
	}
	dm, err := s.dm(ctx, user, l)
	if err != nil {
		return "", err
	}
	// With no message known there may be one all the same: an update follows a first try.
	d.Again = d.Again || d.Update != "" && within(d.Update, dm) == ""
	id, err := s.put(ctx, dm, d, l)
	if !refused(err, codeUnknownChannel, codeMissingAccess) {
		return id, err
	}
	// What is remembered was of another bot.
	if err := s.forgetDM(ctx, user); err != nil {
		return "", err
	}
	if dm, err = s.dm(ctx, user, l); err != nil {
		return "", err
	}
	return s.put(ctx, dm, d, l)
}

func (s *sender) forgetDM(ctx context.Context, user string) error {
	s.mu.Lock()
	delete(s.dms, user)
	s.mu.Unlock()
	return s.config.Memory.Remember(ctx, "dm/"+user, nil)
}

// line is how a caller waits.
type line struct {
	urgent   bool
	ticket   string
	patience time.Duration
	// answer says that somebody is answered: all our processes do it at the same time, and of what
	// they say under one key the first stands.
	answer bool
}

func lineOf(d chat.Delivery) line {
	l := line{urgent: d.Urgent, ticket: d.Key, patience: ordinaryPatience}
	if d.Urgent {
		l.patience, l.ticket = urgentPatience, urgentTicket
	}
	return l
}

// turn is the turn of a call; what tells it from others of the same ticket.
func (l line) turn(what string) turn {
	t := turn{urgent: l.urgent, patience: l.patience}
	if l.ticket != "" {
		t.ticket = l.ticket + " " + what
	}
	return t
}

// dm is a person's direct conversation. It never changes, so that it is opened once.
func (s *sender) dm(ctx context.Context, user string, l line) (string, error) {
	if id := s.knownDM(ctx, user); id != "" {
		return id, nil
	}
	var c struct {
		ID string `json:"id"`
	}
	err := s.api.do(ctx, l.turn("dm "+user), "POST", "users/@me/channels", map[string]string{"recipient_id": user}, &c)
	if err != nil {
		return "", err
	}
	if err := s.config.Memory.Remember(ctx, "dm/"+user, []byte(c.ID)); err != nil {
		s.config.Log.Warn("a direct conversation could not be remembered; it is opened again", "component", "discord", "error", err)
	}
	s.writesIn(user, c.ID)
	return c.ID, nil
}

// knownDM is a person's direct conversation where it was opened before; else empty.
func (s *sender) knownDM(ctx context.Context, user string) string {
	s.mu.Lock()
	id := s.dms[user]
	s.mu.Unlock()
	if id != "" {
		return id
	}
	b, err := s.config.Memory.Recall(ctx, "dm/"+user)
	if err != nil || !isID(string(b)) {
		return ""
	}
	s.writesIn(user, string(b))
	return string(b)
}

// writesIn notes the direct conversation with somebody, such as where he has written to the bot: to
// answer him there it need not be opened, which Discord lets a bot do only so often.
func (s *sender) writesIn(user, conversation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dms[user] = conversation
}

// put brings a delivery to a conversation: its document, or its card, updated where it stands
// there already.
func (s *sender) put(ctx context.Context, conversation string, d chat.Delivery, l line) (chat.MessageID, error) {
	if d.Document != nil {
		return s.putDocument(ctx, conversation, d, l)
	}
	p := s.payload(d.Card)
	again, replaces := d.Again, within(d.Update, conversation)
	if replaces != "" {
		err := s.update(ctx, conversation, replaces, p, l)
		if err == nil {
			return messageID(conversation, replaces), nil
		}
		if !replaced(err) {
			return "", err
		}
		again = true // an earlier try may have put another in its place
	}
	key := keyOf(conversation, d.Key, replaces)
	if again {
		id, err := s.find(ctx, conversation, key, s.tries(d, p), l)
		switch {
		case err == nil && id != "" && id != replaces:
			if err = s.update(ctx, conversation, id, p, l); err == nil {
				return messageID(conversation, id), nil
			}
			if !replaced(err) {
				return "", err
			}
			key = keyOf(conversation, d.Key, id) // by the old one Discord would give us what is deleted
		case refused(err, codeMissingAccess, codeMissingPermissions):
			// We are not allowed to look: a message twice is better than none.
		case err != nil:
			return "", err
		}
	}
	return s.post(ctx, conversation, key, p, nil, l)
}

// tries are what an earlier try may have said: with the mark of a repeat or without.
func (s *sender) tries(d chat.Delivery, p payload) []payload {
	if d.Card.Mark == "" {
		return []payload{p}
	}
	d.Card.Mark = ""
	first := payload{}
	first.Content, first.Embeds, _ = s.draw.message(d.Card)
	return []payload{p, first}
}

// replaced says that a message cannot be updated any more, so that a new one takes its place:
// somebody deleted it, or another bot wrote it.
func replaced(err error) bool { return refused(err, codeUnknownMessage, codeNotOurs) }

// post writes a message, under a nonce: of two with the same within a few minutes Discord makes
// one, and gives the first (Discord, "Create Message": enforce_nonce).
func (s *sender) post(ctx context.Context, conversation, key string, p payload, files []chat.Document, l line) (chat.MessageID, error) {
	p.Nonce, p.Enforce = key, key != ""
	var body any = p
	if files != nil {
		body = with{payload: p, files: files}
	}
	earlier := !l.answer && s.setOut(ctx, key, p)
	var made posted
	if err := s.api.do(ctx, l.turn("post "+conversation), "POST", "channels/"+conversation+"/messages", body, &made); err != nil {
		return "", err
	}
	if l.answer {
		return messageID(conversation, made.ID), nil
	}
	s.arrived(ctx, key, made.ID)
	if earlier && files == nil && !made.says(p) {
		// It is what an earlier try has said.
		l.patience = max(l.patience, callTimeout)
		if err := s.update(ctx, conversation, made.ID, p, l); err != nil && !replaced(err) {
			return "", err
		}
	}
	return messageID(conversation, made.ID), nil
}

func (s *sender) update(ctx context.Context, conversation, id string, p payload, l line) error {
	p.Nonce, p.Enforce = "", false
	err := s.api.do(ctx, l.turn("update "+id), "PATCH", "channels/"+conversation+"/messages/"+id, p, nil)
	if refused(err, codeOldEdits) {
		return &chat.Later{Wait: oldEdits}
	}
	return err
}

// direct brings a card to somebody's direct messages right now, outside of the courier. Under one
// key it is brought once within minutes, whichever of our processes does it.
func (s *sender) direct(ctx context.Context, who chat.UserID, key string, c chat.Card) (chat.MessageID, error) {
	return s.atOnce(ctx, who, chat.Delivery{Key: key, Card: c})
}

// hand brings a file there.
func (s *sender) hand(ctx context.Context, who chat.UserID, key string, doc chat.Document) error {
	_, err := s.atOnce(ctx, who, chat.Delivery{Key: key, Document: &doc, Card: chat.Card{Title: doc.Name}})
	return err
}

// atOnce tries it again where Discord is busy or out of reach: somebody waits for it, and no courier
// comes back to it.
func (s *sender) atOnce(ctx context.Context, who chat.UserID, d chat.Delivery) (id chat.MessageID, err error) {
	user, ok := discordUser(who)
	if !ok {
		return "", noSuchUser
	}
	ctx, cancel := context.WithTimeout(ctx, 3*callTimeout)
	defer cancel()
	err = repeated(ctx, func(int) (err error) {
		id, err = s.putDirect(ctx, user, d, line{patience: -1, answer: true})
		return err
	})
	return id, err
}

// messageID names a message: its conversation and its ID there.
func messageID(conversation, id string) chat.MessageID {
	return chat.MessageID(conversation + "/" + id)
}

// within is the message of a conversation among those that an ID names; empty: none is.
func within(id chat.MessageID, conversation string) string {
	for one := range strings.SplitSeq(string(id), ",") {
		if c, m, ok := strings.Cut(one, "/"); ok && c == conversation && isID(m) {
			return m
		}
	}
	return ""
}
