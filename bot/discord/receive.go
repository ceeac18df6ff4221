package discord

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"strings"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// happened takes in an event of the gateway. It is called in the order of the events, and
// nothing more is heard meanwhile.
func (f *Front) happened(e *discordgo.Event) {
	defer f.stumble()
	if e == nil || len(e.RawData) == 0 || f.desk.Load() == nil {
		return
	}
	raw := e.RawData
	switch e.Type {
	case "READY":
		f.ready(raw)
		f.began(raw)
		f.wasAway()
		f.start(f.catchUp)
	case "INTERACTION_CREATE":
		f.take(raw)
	case "THREAD_UPDATE":
		f.watch(raw, f.threadChanged)
	case "THREAD_MEMBERS_UPDATE":
		f.watch(raw, f.threadJoined)
	case "MESSAGE_CREATE":
		if !f.hear(raw) {
			f.turnAway(f.writer(raw))
		}
		var m struct {
			Type int `json:"type"`
		}
		switch err := json.Unmarshal(raw, &m); {
		case err != nil: // no message of ours to look at
		case m.Type == recipientAdded:
			f.watch(raw, f.threadJoined)
		case m.Type == recipientRemoved:
			f.watch(raw, f.threadLeft)
		}
	case "MESSAGE_REACTION_ADD":
		f.start(func(ctx context.Context, desk Desk) { f.reacted(ctx, desk, raw) })
	case "MESSAGE_REACTION_REMOVE":
		f.unreacted(raw)
	case "GUILD_CREATE":
		if guildIn(raw, "id") == f.config.Guild {
			f.inHome(true)
			f.headcount.began(raw)
			f.rolesSeen(raw)
			f.watchAll(raw)
		}
		f.start(func(ctx context.Context, _ Desk) { f.entered(ctx, raw) })
	case "GUILD_DELETE":
		f.guildLost(raw)
	case "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE":
		f.roleSeen(raw)
	case "CHANNEL_CREATE":
		if guildIn(raw, "guild_id") == f.config.Guild {
			f.headcount.changed(raw, true)
		}
	case "CHANNEL_UPDATE":
		f.watch(raw, f.channelChanged)
	case "CHANNEL_DELETE", "THREAD_DELETE":
		f.headcount.changed(raw, false)
		f.watch(raw, f.channelDeleted)
	}
}

// guildIn is the server that an event is about.
func guildIn(raw []byte, field string) string {
	var e map[string]json.RawMessage
	var id string
	if json.Unmarshal(raw, &e) != nil || json.Unmarshal(e[field], &id) != nil {
		return ""
	}
	return id
}

// start works on something for which nobody holds a window open; false: it found no room. It is
// not waited for: nothing more is heard meanwhile, and the gateway takes silence for a dead line.
func (f *Front) start(do func(ctx context.Context, desk Desk)) bool {
	desk := *f.desk.Load()
	if f.work.Start(0, func(ctx context.Context) {
		defer f.stumble()
		do(ctx, desk)
	}) {
		return true
	}
	if f.work.Ending.Err() == nil {
		f.log.Error("something that came in found no room")
	}
	return false
}

// turnAway tells somebody that there is no room, and whom to phone; nil: nobody is to be told.
func (f *Front) turnAway(s *stage) {
	if s == nil || f.work.Ending.Err() != nil && s.token == "" {
		return
	}
	desk := *f.desk.Load()
	if !f.away.Start(0, func(ctx context.Context) {
		defer f.stumble()
		card, ok := desk.Emergency(s.who())
		busy := f.sentence(saysBusy, chat.Urgent)
		if ok {
			card.Blocks = append(busy.Blocks, card.Blocks...)
			busy = card
		}
		if err := f.cards(ctx, s, []chat.Card{busy}); err != nil {
			f.log.Error("that there is no room could not be shown", "error", err)
		}
	}) {
		f.log.Error("that there is no room could not be said: there is none for that, either")
	}
}

// ready learns from the beginning of a session who we are.
func (f *Front) ready(raw []byte) {
	var r struct {
		User        *discordgo.User `json:"user"`
		Application *struct {
			ID string `json:"id"`
		} `json:"application"`
	}
	if json.Unmarshal(raw, &r) != nil || r.User == nil || r.Application == nil || !isID(r.User.ID) || !isID(r.Application.ID) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.identity = identity{User: r.User.ID, Application: r.Application.ID}
}

// stumble keeps one thing that panics from ending the program.
func (f *Front) stumble() {
	if r := recover(); r != nil {
		f.log.Error("something that came in stopped with a panic", "stack", string(debug.Stack()))
	}
}

// take begins to work on an interaction. Each is answered within three seconds, whatever it is
// and whoever sent it.
func (f *Front) take(raw []byte) {
	at := f.clock()
	i, ok, readable := readInteraction(raw)
	if !ok {
		return
	}
	key := name + ":" + i.ID
	if fresh, _ := f.seen.Begin(key, at); !fresh {
		return // delivered again while, or after, it was answered
	}
	s := newStage(i, at)
	desk := *f.desk.Load()
	if f.work.Start(0, func(ctx context.Context) {
		shown := false
		defer func() { f.seen.End(key, shown) }()
		defer f.stumble()
		shown = f.interacted(ctx, desk, s, i, readable)
	}) {
		return
	}
	f.seen.End(key, false)
	f.turnAway(s)
}

// interacted works on an interaction; shown is false where the same, delivered again, is to be
// worked on again.
func (f *Front) interacted(ctx context.Context, desk Desk, s *stage, i *interaction, readable bool) (shown bool) {
	if i.Type == didComplete {
		f.complete(ctx, desk, s, i, readable)
		return true
	}
	if !readable {
		f.tell(ctx, s, saysUnknown)
		return true
	}
	if i.GuildID != "" && i.GuildID != f.config.Guild {
		f.log.Warn("somebody used the bot in another server than the one in the settings")
		f.tell(ctx, s, saysElsewhere)
		return true
	}
	waiting := f.deferLater(s)
	defer waiting()
	called, ok := f.admit(ctx, s, i)
	if !ok {
		return true
	}
	if s.unsure {
		ctx = chat.Unsure(ctx)
	}
	r := chat.Request{
		ID: name + ":" + i.ID, From: s.who(), Name: called, Place: chat.PlaceID(i.ChannelID), At: instant(i.ID, s.at),
		Claim: func() bool { return f.claim(s) },
	}
	text, ok := f.draw.spoken(i.Data.Options)
	typed := i.Type == didCommand && i.Data.Type <= commandTyped && i.Data.Name == slash[1:]
	if !typed || text != "" { // the form for a report is the same wherever it is opened
		r.Channel = f.channelOf(ctx, s)
	}
	switch {
	case i.Type == didCommand && i.Data.Type == commandMessage:
		return f.pointed(ctx, desk, s, i, r)
	case typed:
		if !ok {
			f.tell(ctx, s, saysUnknown)
			return true
		}
		r.Kind, r.Text = chat.Said, strings.TrimSpace(slash+" "+text)
		return f.answer(ctx, desk, s, r)
	case i.Type == didPress:
		return f.pressed(ctx, desk, s, i, r)
	case i.Type == didSubmit:
		return f.submitted(ctx, desk, s, i, r)
	}
	f.tell(ctx, s, saysUnknown)
	return true
}

// channelOf is the incident channel that something was done in; empty for every other place.
func (f *Front) channelOf(ctx context.Context, s *stage) string {
	if s.direct || s.channel == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, f.patience.lookup) // else it is asked which
	defer cancel()
	return f.incidentOf(ctx, s.channel)
}

// admit looks at who it is. Who is in the server comes with the payload; who writes in his
// direct messages may have left it.
func (f *Front) admit(ctx context.Context, s *stage, i *interaction) (called string, ok bool) {
	u := i.user()
	if u.Bot || u.System {
		return "", false
	}
	called = i.named()
	if i.GuildID != "" && i.Member != nil {
		f.met(i.Member)
		return called, true
	}
	s.patient = i.Type == didSubmit || i.Type == didPress && !opensPage(i.Data.CustomID)
	return f.admitUser(ctx, s, u.ID, called)
}

// opensPage reports whether a button opens a page of a form: a window must be the first answer, and
// what was typed into it before is there whoever it is.
func opensPage(customID string) bool {
	b, _ := readID(customID)
	return b.kind == form || b.kind == next
}

// admitUser looks somebody up. It waits a moment only: somebody whom Discord is slow to name
// goes by what came with the payload, and what he may do is decided by the desk all the same. In
// his direct messages he may do everything only where Discord has said within the last minute that
// he is in the server: he may have been taken out of it. There it waits longer for that where no
// window has to be opened, for else he would be turned away with what he has typed.
func (f *Front) admitUser(ctx context.Context, s *stage, id, called string) (string, bool) {
	who, err := f.whoIs(ctx, s, id)
	switch {
	case errors.Is(err, chat.ErrGone):
		f.tell(ctx, s, saysStranger)
		return "", false
	case err != nil:
		f.log.Warn("a person could not be looked up", "error", err)
		s.unsure = s.direct
		return called, true
	case who.Bot:
		return "", false
	case who.Outside, who.Gone:
		f.tell(ctx, s, saysStranger)
		return "", false
	case who.Name != "":
		called = who.Name
	}
	return called, true
}

func (f *Front) whoIs(ctx context.Context, s *stage, id string) (person, error) {
	patience := f.patience.lookup
	if s.direct && s.patient {
		patience = f.patience.surely
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch {
	case s.direct && s.patient:
		return f.surely(ctx, f.patience.first, id)
	case s.direct:
		return f.lately(ctx, id)
	}
	return f.member(ctx, id)
}

// pressed is a button of a card, wherever it stands.
func (f *Front) pressed(ctx context.Context, desk Desk, s *stage, i *interaction, r chat.Request) (shown bool) {
	looking, cancel := context.WithTimeout(ctx, f.patience.lookup)
	b, ok := f.button(looking, i.Data.CustomID)
	cancel()
	if !ok {
		f.tell(ctx, s, saysUnknown)
		return true
	}
	switch b.kind {
	case form:
		return f.reopen(ctx, desk, s, b.draft, 1)
	case next:
		return f.reopen(ctx, desk, s, b.draft, b.page)
	case send:
		return f.sendSheet(ctx, desk, s, b.draft, r)
	case reveal:
		return f.answerHere(ctx, desk, s, b.draft, r)
	case sure:
		return f.askSure(ctx, s, b.action)
	case stop:
		return f.stopped(ctx, s)
	case more:
		s.whole, s.page = b.action, b.page
	}
	r.Kind, r.Action = chat.Pressed, b.action
	return f.answer(ctx, desk, s, r)
}

// stopped says that nothing was done, in the place of the question.
func (f *Front) stopped(ctx context.Context, s *stage) (shown bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	card := f.sentence(saysStopped, chat.Plain)
	err := f.update(ctx, s, card)
	if err != nil && !errors.Is(err, errTaken) {
		err = f.cards(ctx, s, []chat.Card{card})
	}
	if err != nil && !errors.Is(err, errTaken) {
		f.log.Error("that nothing was done could not be shown", "error", err)
		return false
	}
	return true
}

// askSure asks before an action that is hard to take back: Discord has no question of its own.
func (f *Front) askSure(ctx context.Context, s *stage, a chat.Action) (shown bool) {
	looking, cancel := context.WithTimeout(ctx, f.patience.lookup)
	question := f.question(looking, a)
	cancel()
	card := chat.Card{
		Key: "sure", Tone: chat.Notice, Title: f.draw.say("discord.sure.title"), Blocks: []chat.Block{{Text: f.draw.say("discord.sure")}},
		Buttons: []chat.Button{
			{Label: f.draw.say("discord.sure.yes"), Action: a, Style: chat.Danger},
			{Label: f.draw.say("discord.sure.no"), Action: action(button{kind: stop, action: a})},
		},
	}
	if question != "" {
		card.Title = f.draw.say("discord.sure.what", "question", fit.OneLine(question))
	}
	if err := f.cards(ctx, s, []chat.Card{card}); err != nil {
		f.log.Error("a question could not be asked", "error", err)
		return false
	}
	return true
}
