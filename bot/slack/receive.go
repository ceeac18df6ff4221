package slack

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// kind is what Slack delivers.
type kind string

const (
	commands     kind = "commands"
	interactions kind = "interactions"
	events       kind = "events"
)

// The names that the app's manifest gives its command and its shortcuts.
const (
	slash          = "/incident"
	shortcutReport = "report_incident"
	shortcutQuote  = "report_message"
	shortcutNote   = "note_message"
)

// delivery is one thing that Slack has delivered, whichever way it came.
type delivery struct {
	kind kind
	body json.RawMessage
	at   time.Time
	ack  func(body any) // nil: nothing but the acknowledgement
}

// take begins to work on a delivery; false: there is no room, and it is not acknowledged.
func (f *Front) take(d delivery) bool {
	desk := f.desk.Load()
	if desk == nil {
		return false
	}
	var once sync.Once
	ack := d.ack
	d.ack = func(body any) { once.Do(func() { ack(body) }) }
	return f.work.Start(f.patience.room, func(ctx context.Context) {
		defer d.ack(nil) // also what cannot be read: it would come again and again
		defer f.stumble()
		switch d.kind {
		case commands:
			f.command(ctx, *desk, d)
		case interactions:
			f.interaction(ctx, *desk, d)
		case events:
			f.event(ctx, *desk, d)
		}
	})
}

// stumble keeps one delivery that panics from ending the program.
func (f *Front) stumble() {
	if r := recover(); r != nil {
		f.log.Error("a delivery stopped with a panic", "stack", string(debug.Stack()))
	}
}

// command is /incident.
func (f *Front) command(ctx context.Context, desk Desk, d delivery) {
	var c sl.SlashCommand
	if json.Unmarshal(d.body, &c) != nil || c.UserID == "" {
		return
	}
	text := strings.TrimSpace(f.spoken(c.Text))
	key := "slack:cmd:" + c.TeamID + ":" + c.UserID + ":" + c.TriggerID
	s := stage{user: c.UserID, channel: c.ChannelID, responseURL: c.ResponseURL, trigger: c.TriggerID, at: d.at}
	if text == "" || f.seen.Has(key) {
		d.ack(nil)
	} else {
		// What is answered at once needs no sentence before it, which would stay above it.
		waits := time.AfterFunc(f.patience.received, func() {
			d.ack(sl.Msg{ResponseType: sl.ResponseTypeEphemeral, Text: f.draw.say("slack.received")})
		})
		defer waits.Stop()
		s.heard = func() { d.ack(nil) }
	}
	command := c.Command
	if command == "" {
		command = slash
	}
	f.once(key, func() bool {
		called, ok := f.admit(ctx, s, c.UserID, c.UserName, c.TeamID)
		if !ok {
			return true
		}
		return f.answer(ctx, desk, s, chat.Request{
			ID: key, Kind: chat.Said, From: userID(c.UserID), Name: called, Place: chat.PlaceID(c.ChannelID),
			Channel: f.incidentOf(ctx, c.ChannelID), Text: strings.TrimSpace(command + " " + text), At: d.at,
		})
	})
}

// incidentOf is the incident channel that a conversation is; empty for every other one.
func (f *Front) incidentOf(ctx context.Context, channelID string) string {
	if channelID == "" || channelID[0] == 'D' { // direct messages are no incident's
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, f.patience.lookup) // else it is asked which
	defer cancel()
	name, ok := f.channelOf(ctx, channelID)
	if !ok {
		return ""
	}
	return name
}

// once handles what is new, and what could not be shown the time before.
func (f *Front) once(key string, handle func() (shown bool)) {
	if fresh, _ := f.seen.Begin(key, f.clock()); !fresh {
		return
	}
	shown := false
	defer func() { f.seen.End(key, shown) }()
	shown = handle()
}

// admit looks a person up before the desk is asked, because the desk goes by the address that
// Slack has verified. It waits a moment only: somebody whom Slack is slow to name reports
// under the name that came with the delivery. Who is not of this workspace is told so.
func (f *Front) admit(ctx context.Context, s stage, id, called, team string) (name string, ok bool) {
	type found struct {
		who person
		err error
	}
	got := make(chan found, 1)
	go func() {
		// Slow or not, the next time he is known.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
		defer cancel()
		who, err := f.user(ctx, id)
		got <- found{who, err}
	}()
	timer := time.NewTimer(f.patience.lookup)
	defer timer.Stop()
	select {
	case r := <-got:
		if r.err == nil {
			switch {
			case r.who.Bot:
				return "", false
			case r.who.Outside, r.who.Gone:
				f.betrayed(ctx, s, r.who)
				f.tell(ctx, s, saysStranger)
				return "", false
			case r.who.Name != "":
				called = r.who.Name
			}
			return called, true
		}
		if errors.Is(r.err, chat.ErrGone) { // Slack knows him, and does not count him among us
			f.tell(ctx, s, saysStranger)
			return "", false
		}
		f.log.Warn("a person could not be looked up", "error", r.err)
	case <-timer.C:
	case <-ctx.Done():
	}
	// Nobody has said whether he is of this workspace: go by what Slack has signed.
	asking, cancel := context.WithTimeout(ctx, f.patience.lookup)
	defer cancel()
	if me, err := f.auth(asking); err == nil && team != "" && team != me.Team && team != me.Enterprise {
		f.tell(ctx, s, saysStranger)
		return "", false
	}
	return called, true
}

// betrayed leaves an incident's channel in which somebody of another company is at work:
// somebody of ours has let him in (Slack Connect).
func (f *Front) betrayed(ctx context.Context, s stage, who person) {
	if !who.Outside || f.incidentOf(ctx, s.channel) == "" {
		return
	}
	if err := f.lose(ctx, s.channel); err != nil {
		f.log.Error("that outsiders are in an incident's channel could not be noted", "error", err)
	}
}

// interaction is a button, a form, a search or a shortcut.
func (f *Front) interaction(ctx context.Context, desk Desk, d delivery) {
	var c sl.InteractionCallback
	if json.Unmarshal(d.body, &c) != nil || c.User.ID == "" {
		return
	}
	team := c.User.TeamID
	if team == "" {
		team = c.Team.ID
	}
	switch c.Type {
	case sl.InteractionTypeBlockActions:
		d.ack(nil)
		f.pressed(ctx, desk, d, &c, team)
	case sl.InteractionTypeViewSubmission:
		f.submitted(ctx, desk, d, &c, team)
	case sl.InteractionTypeBlockSuggestion:
		f.suggest(ctx, desk, d, &c)
	case sl.InteractionTypeShortcut:
		d.ack(nil)
		if c.CallbackID != shortcutReport {
			return
		}
		s := stage{user: c.User.ID, trigger: c.TriggerID, at: d.at}
		key := "slack:cmd:" + c.Team.ID + ":" + c.User.ID + ":" + c.TriggerID
		f.once(key, func() bool {
			called, ok := f.admit(ctx, s, c.User.ID, nameIn(&c), team)
			return !ok || f.answer(ctx, desk, s, chat.Request{
				ID: key, Kind: chat.Said, From: userID(c.User.ID), Name: called, Text: slash, At: d.at,
			})
		})
	case sl.InteractionTypeMessageAction:
		d.ack(nil)
		f.pointed(ctx, desk, d, &c, team)
	}
}

func nameIn(c *sl.InteractionCallback) string {
	for _, n := range []string{c.User.RealName, c.User.Profile.DisplayName, c.User.Name} {
		if n != "" {
			return n
		}
	}
	return ""
}

// pressed is a button of a card, wherever it stands.
func (f *Front) pressed(ctx context.Context, desk Desk, d delivery, c *sl.InteractionCallback, team string) {
	channel := c.Channel.ID
	if channel == "" {
		channel = c.Container.ChannelID
	}
	s := stage{user: c.User.ID, channel: channel, responseURL: c.ResponseURL, trigger: c.TriggerID, at: d.at}
	at := channel + ":" + c.Container.MessageTs
	switch c.View.Type {
	case sl.VTModal:
		s.view, at = c.View.ID, c.View.ID
	case sl.VTHomeTab:
		at = c.View.ID
		f.homes.opened(c.User.ID, f.clock())
		defer f.homes.changed(c.User.ID)
	}
	for _, a := range c.ActionCallback.BlockActions {
		b, ok := readButton(a)
		if !ok || b.kind == link {
			continue
		}
		// The whole button, so that two pages of one card are two presses.
		key := "slack:press:" + at + ":" + a.ActionID + ":" + a.Value + ":" + c.User.ID + ":" + c.TriggerID
		f.once(key, func() bool {
			called, ok := f.admit(ctx, s, c.User.ID, nameIn(c), team)
			if !ok {
				return true
			}
			switch b.kind {
			case form:
				return f.reopen(ctx, desk, s, b.draft)
			case more:
				s.whole, s.page = b.action, b.page
			}
			return f.answer(ctx, desk, s, chat.Request{
				ID: "slack:press:" + at + ":" + string(b.action) + ":" + c.User.ID + ":" + c.TriggerID, Kind: chat.Pressed,
				From: userID(c.User.ID), Name: called, Place: chat.PlaceID(channel), Channel: f.incidentOf(ctx, channel),
				Action: b.action, At: instant(a.ActionTs, d.at),
			})
		})
	}
}

// instant reads Slack's seconds with six decimals.
func instant(ts string, otherwise time.Time) time.Time {
	seconds, part, _ := strings.Cut(ts, ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return otherwise
	}
	micro, err := strconv.ParseInt((part + "000000")[:6], 10, 64)
	if err != nil || micro < 0 {
		micro = 0
	}
	return time.Unix(n, micro*1000).UTC()
}

// maxAck is what an acknowledgement may hold: Slack drops one of 20 kB without a word
// (slack-go, socketmode.maxResponseSize). Some room is for the envelope around it.
const maxAck = 19 << 10

// maxSuggested is how many options a search may answer with (Slack, "Select menu element").
const maxSuggested = 100

// suggest searches the options of a form's input while somebody types.
func (f *Front) suggest(ctx context.Context, desk Desk, d delivery, c *sl.InteractionCallback) {
	none := sl.OptionsResponse{Options: []*sl.OptionBlockObject{}}
	on, err := readSheet(c.View.PrivateMetadata)
	input, _, ok := inputOf(c.BlockID)
	who, _ := f.people.get(c.User.ID) // looked up when he got the form
	if err != nil || !ok || who.Outside || who.Gone || who.Bot {
		d.ack(none)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, f.patience.suggested)
	defer cancel()
	found := make(chan []chat.Option, 1)
	go func() {
		defer close(found)
		defer f.stumble()
		options, err := desk.Suggest(ctx, userID(c.User.ID), on.Draft, input, c.Value, maxSuggested)
		if err != nil {
			f.log.Warn("options could not be searched", "error", err)
		}
		found <- options
	}()
	select {
	case options := <-found:
		answer := f.draw.suggestions(options[:min(len(options), maxSuggested)])
		for len(answer.Options) > 0 && !fits(answer) {
			answer.Options = answer.Options[:len(answer.Options)-1]
		}
		d.ack(answer)
	case <-ctx.Done():
		d.ack(none)
	}
}

// fits reports whether an acknowledgement arrives.
func fits(ack any) bool {
	raw, err := json.Marshal(ack)
	return err == nil && len(raw) < maxAck
}
