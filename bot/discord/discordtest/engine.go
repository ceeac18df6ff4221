package discordtest

import (
	"slices"
	"time"
)

// Types of interactions and of what answers them
// (discord.com/developers/docs/interactions/receiving-and-responding).
const (
	byCommand   = 2
	byComponent = 3
	byTyping    = 4 // autocomplete
	byModal     = 5

	answerMessage  = 4
	answerLater    = 5 // a message that says that something is coming
	answerSilently = 6 // the component's message stays, and may be changed later
	answerUpdate   = 7
	answerChoices  = 8
	answerModal    = 9
)

// engine is what is known of interactions: tokens, answers, forms that are open.
type engine struct {
	all    map[string]*interaction // by ID
	tokens map[string]*interaction
	forms  map[string]*form     // on top of a person's client
	last   map[string]*Delivery // what each person did last

	within time.Duration // of the first answer
	lives  time.Duration // of a token

	answers []Answer
	lost    []string
	held    bool
	queue   []*Delivery
	twice   bool
}

// "Interaction tokens are valid for 15 minutes … you must send an initial response within 3
// seconds" (receiving-and-responding, "Interaction Callback").
func (e *engine) init() {
	e.all, e.tokens = map[string]*interaction{}, map[string]*interaction{}
	e.forms, e.last = map[string]*form{}, map[string]*Delivery{}
	e.within, e.lives = 3*time.Second, 15*time.Minute
}

// interaction is one thing that a person did with the app.
type interaction struct {
	id, token string
	kind      int
	what      string // for those who read: /incident report
	person    string
	channel   *channel
	message   *message // whose component it was, also before a form
	form      *form    // that was submitted
	takes     int      // autocomplete: the type of the option
	metadata  obj      // what a message that answers says of it

	issued   time.Time // when the person did it
	sent     time.Time // when it left for the app; zero: not yet
	brought  int       // how often
	first    int       // the type of the first answer; 0: none
	answered chan struct{}
	over     chan struct{} // closed when it is answered, or the person was told that it is not
	odd      bool          // nobody expects an answer
	took     time.Duration
	choices  []any
	original *message
	loading  bool
	others   []string // follow-ups
}

// Answer is the first answer to something that a person did.
type Answer struct {
	Kind int // 4 a message, 5 later, 6 silently later, 7 an update, 8 choices, 9 a form
	What string
	User string
	Took time.Duration // since it left for the app
}

// AnswerWithin takes the place of the three seconds in which the first answer must come.
func AnswerWithin(d time.Duration) Option { return func(g *Guild) { g.engine.within = d } }

// TokensLive takes the place of the 15 minutes that the token of an interaction lives.
func TokensLive(d time.Duration) Option { return func(g *Guild) { g.engine.lives = d } }

// AgeTokens lets time pass for every interaction that there is.
func (g *Guild) AgeTokens(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, it := range g.engine.all {
		it.issued = it.issued.Add(-d)
		if !it.sent.IsZero() {
			it.sent = it.sent.Add(-d)
		}
	}
}

// Answers are the first answers in the order in which they came.
func (g *Guild) Answers() []Answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.engine.answers)
}

// Slowest is the longest time from sending something to its first answer.
func (g *Guild) Slowest() time.Duration {
	var most time.Duration
	for _, a := range g.Answers() {
		most = max(most, a.Took)
	}
	return most
}

// Lost is what the app never answered: the person was told that it did not respond.
func (g *Guild) Lost() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.engine.lost)
}

// fits says how an interaction may be answered. A form answers everything but a form; a
// component's message can be changed by it, and by the form that it opened.
func (it *interaction) fits(answer int) bool {
	switch it.kind {
	case byTyping:
		return answer == answerChoices
	case byCommand:
		return answer == answerMessage || answer == answerLater || answer == answerModal
	case byComponent:
		return answer == answerMessage || answer == answerLater || answer == answerSilently || answer == answerUpdate || answer == answerModal
	case byModal:
		return answer == answerMessage || answer == answerLater || it.message != nil && (answer == answerSilently || answer == answerUpdate)
	}
	return false
}

// late refuses an answer that comes after the three seconds. It is a mistake of the app unless
// the event itself reached it late.
func (g *Guild) late(it *interaction) *problem {
	p := no(404, 10062, "Unknown interaction").because("%s was answered after %v", it.what, time.Since(it.issued).Round(time.Millisecond))
	if it.sent.IsZero() || it.sent.Sub(it.issued) > g.engine.within/3 || it.brought > 1 || it.kind == byTyping {
		return p.excuse() // and who types on has forgotten what was typed before
	}
	return p
}

// callback takes the first answer to an interaction: POST
// /interactions/{interaction}/{token}/callback. mu is held.
func (g *Guild) callback(in *request) (any, *problem) {
	it := g.engine.all[in.id("interaction")]
	if it == nil || it.token != in.id("token") {
		return nil, no(404, 10062, "Unknown interaction").because("there was none, or its token is another")
	}
	age := time.Since(it.issued)
	switch {
	case it.first == 0 && age > g.engine.within, age > g.engine.lives:
		return nil, g.late(it)
	case it.first != 0:
		p := no(400, 40060, "Interaction has already been acknowledged.").because("%s", it.what)
		if it.brought > 1 {
			p.excuse()
		}
		return nil, p
	}
	p := in.only("type", "data")
	if p == nil {
		p = tooBig(in)
	}
	if p != nil {
		return nil, p
	}
	kind := number(in.body, "type")
	if !it.fits(kind) {
		p := invalid("type", "BASE_TYPE_CHOICES", "an interaction of type %d cannot be answered with %d", it.kind, kind)
		if it.kind < byCommand || it.kind > byModal {
			p.excuse() // nobody knows what would fit
		}
		return nil, p
	}
	data := object(in.body["data"])
	p = g.checkAnswer(it, kind, data, in.files)
	if p == nil {
		p = g.carryOut(it, kind, data, in.files)
	}
	if p != nil {
		return nil, p.within("data")
	}
	it.first, it.took = kind, time.Since(it.sent)
	g.engine.answers = append(g.engine.answers, Answer{kind, it.what, it.person, it.took})
	if it.form != nil && g.engine.forms[it.person] == it.form {
		delete(g.engine.forms, it.person) // it was taken: the client closes it
	}
	if kind == answerModal {
		g.engine.forms[it.person] = newForm(it, data)
	}
	close(it.answered)
	if in.query.Get("with_response") == "true" {
		return g.calledBack(it), nil
	}
	return nil, nil
}

// within moves the places of a form error to inside of a field.
func (p *problem) within(field string) *problem {
	if p.errors != nil {
		p.errors = obj{field: p.errors}
	}
	return p
}

func (g *Guild) checkAnswer(it *interaction, kind int, data obj, files []upload) *problem {
	if kind != answerMessage && kind != answerUpdate && len(files) > 0 {
		return invalid("attachments", "UNKNOWN_FIELD", "files belong to a message")
	}
	switch kind {
	case answerMessage:
		return g.checkMessage(data, files, false, true)
	case answerUpdate:
		if it.channel.message(it.message.id) == nil {
			return no(404, 10008, "Unknown Message")
		}
		return g.checkMessage(data, files, true, true)
	case answerLater:
		f := &flaws{}
		f.answer(data, "flags")
		if n, ok := f.whole("", data, "flags", 0, 1<<30); ok && n&^Ephemeral != 0 {
			f.bad("flags", "BITFIELD_TYPE_INVALID_FLAGS", "only EPHEMERAL can be set here")
		}
		return f.found
	case answerSilently:
		f := &flaws{}
		f.answer(data)
		return f.found
	case answerChoices:
		return checkSuggestions(data, it.takes)
	case answerModal:
		return checkModal(data)
	}
	return nil
}

// carryOut does what the first answer says, or nothing; mu is held.
func (g *Guild) carryOut(it *interaction, kind int, data obj, files []upload) (p *problem) {
	switch kind {
	case answerMessage:
		it.original, p = g.answerWith(it, data, files)
	case answerLater:
		m := g.newAnswer(it, number(data, "flags")&Ephemeral|Loading)
		g.post(it.channel, m)
		it.original, it.loading = m, true
	case answerSilently:
		it.original = it.message
	case answerUpdate:
		it.original, p = it.message, g.change(it.message, data, files)
	case answerChoices:
		it.choices = list(data["choices"])
	}
	return p
}

// newAnswer begins a message that answers an interaction: one of the bot, whatever the bot may
// do in the channel. What is ephemeral is for the person alone.
func (g *Guild) newAnswer(it *interaction, flags int) *message {
	m := &message{channel: it.channel.id, author: g.botID, flags: flags, interaction: it.metadata}
	switch {
	case it.message != nil:
		m.kind = 19 // REPLY
		m.reference = g.placed(it.channel, obj{"type": 0, "channel_id": it.channel.id, "message_id": it.message.id})
	case it.kind == byCommand && it.metadata["target_message_id"] != nil:
		m.kind = 23 // CONTEXT_MENU_COMMAND
	case it.kind == byCommand:
		m.kind = 20 // CHAT_INPUT_COMMAND
	}
	if flags&Ephemeral != 0 {
		m.onlyFor = it.person
	}
	return m
}

// answerWith posts a message that answers an interaction; mu is held.
func (g *Guild) answerWith(it *interaction, body obj, files []upload) (*message, *problem) {
	m := g.newAnswer(it, number(body, "flags")&Ephemeral)
	if p := g.compose(m, body, files); p != nil {
		return nil, p
	}
	if m.onlyFor != "" {
		m.mentions, m.everyone = nil, false // nobody else hears of it
	}
	g.post(it.channel, m)
	return m, nil
}

// change edits a message by an answer; mu is held.
func (g *Guild) change(m *message, body obj, files []upload) *problem {
	if p := g.compose(m, body, files); p != nil {
		return p
	}
	m.flags &^= Loading
	g.edited(g.channels[m.channel], m)
	return nil
}

// calledBack is the answer to a callback with with_response; mu is held.
func (g *Guild) calledBack(it *interaction) obj {
	did := obj{"id": it.id, "type": it.kind}
	resource := obj{"type": it.first}
	if it.first == answerMessage || it.first == answerLater {
		did["response_message_id"] = it.original.id
		did["response_message_loading"] = it.original.flags&Loading != 0
		did["response_message_ephemeral"] = it.original.onlyFor != ""
	}
	if it.first == answerMessage || it.first == answerUpdate {
		resource["message"] = g.messageJSON(it.original)
	}
	return obj{"interaction": did, "resource": resource}
}

// followUp takes what is done with an interaction's token: POST /webhooks/{application}/{token}
// and GET, PATCH and DELETE …/messages/{message}, where message is an ID or "@original"; in.method
// says which. mu is held.
func (g *Guild) followUp(in *request) (any, *problem) {
	it := g.engine.tokens[in.id("token")]
	switch {
	case it == nil || in.id("application") != g.appID || it.first == 0:
		return nil, no(404, 10015, "Unknown Webhook").because("no interaction that was answered has this token")
	case time.Since(it.issued) > g.engine.lives:
		return nil, no(401, 50027, "Invalid Webhook Token").because("%s is too long ago", it.what)
	case it.first == answerChoices:
		return nil, no(404, 10015, "Unknown Webhook").because("suggestions are no message")
	}
	if p := tooBig(in); p != nil {
		return nil, p
	}
	if in.route == FollowUp {
		return g.followWith(it, in)
	}
	m, p := g.answerOf(it, in.id("message"))
	if p != nil {
		return nil, p
	}
	switch in.route {
	case GetAnswer:
		return g.messageJSON(m), in.bare()
	case DeleteAnswer:
		if p := in.bare(); p != nil {
			return nil, p
		}
		g.unpost(it.channel, m)
		return nil, nil
	}
	p = g.checkMessage(in.body, in.files, true, true)
	if p == nil {
		p = g.change(m, in.body, in.files)
	}
	if p != nil {
		return nil, p
	}
	it.loading = it.loading && m != it.original
	return g.messageJSON(m), nil
}

// followWith sends one more message. Directly after a deferral it takes the place of what was
// promised, and stays as ephemeral as that was ("Create Followup Message").
func (g *Guild) followWith(it *interaction, in *request) (any, *problem) {
	if p := g.checkMessage(in.body, in.files, false, true); p != nil {
		return nil, p
	}
	if it.loading {
		body := clone(in.body)
		delete(body, "flags")
		if p := g.change(it.original, body, in.files); p != nil {
			return nil, p
		}
		it.loading = false
		return g.messageJSON(it.original), nil
	}
	m, p := g.answerWith(it, in.body, in.files)
	if p != nil {
		return nil, p
	}
	it.others = append(it.others, m.id)
	return g.messageJSON(m), nil
}

// answerOf finds a message that a token may touch: the original answer, or a follow-up.
func (g *Guild) answerOf(it *interaction, id string) (*message, *problem) {
	gone := no(404, 10008, "Unknown Message")
	if id == "@original" {
		if it.original == nil || it.channel.message(it.original.id) == nil {
			return nil, gone
		}
		return it.original, nil
	}
	m := it.channel.message(id)
	if m == nil || m != it.original && !contains(it.others, id) {
		return nil, gone
	}
	return m, nil
}
