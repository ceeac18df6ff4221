package discord

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Who writes to the bot by its name in a channel of the server is answered in his direct messages,
// for nothing of it is others' business. Where he takes none, a line in that channel beckons him:
// it says nothing of what he wrote, nor what became of it, and its button shows the answer to him
// alone. It is taken away when he has been shown it, and when it has hung there for a day.

const (
	beckonPrefix = "beckon/" // channel/message of his → beckoned
	// beckonFor is how long such a line hangs in a channel: by then he has read it, or found
	// another way.
	beckonFor = 24 * time.Hour
)

// beckoned is the line that hangs in a channel.
type beckoned struct {
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// unwritable says that somebody cannot be written to directly.
func unwritable(err error) bool {
	return refused(err, codeCannotSend, codeOpeningTooFast, codeNoMutual)
}

// beckon lets somebody know in the channel where he wrote that there is an answer for him. All
// our processes do so at once, and of what they say under one key the first stands.
//
// Where Discord lets the bot begin no conversation at the moment, it is no setting of his.
func (f *Front) beckon(ctx context.Context, s *stage, why error) error {
	row := beckonPrefix + s.channel + "/" + s.message
	if f.config.Memory != nil {
		if there, err := f.config.Memory.Recall(ctx, row); err == nil && there != nil {
			return nil
		}
	}
	person := "<@" + s.user + ">"
	says := f.draw.say("discord.beckon.not_now", "person", person)
	if refused(why, codeCannotSend, codeNoMutual) {
		says = f.draw.say("discord.beckon", "person", person)
	}
	p := payload{
		Content:    says,
		Embeds:     []*discordgo.MessageEmbed{},
		Components: grid(f.draw.buttons([]chat.Button{{Label: f.draw.say("discord.beckon.show"), Action: action(button{kind: reveal, draft: s.message}), Style: chat.Primary}}, "")),
		Mentions:   mentions{Parse: []string{}, Users: []string{s.user}},
	}
	id, err := f.sender.post(ctx, s.channel, keyOf(s.channel, "beckon "+s.message, ""), p, nil, line{patience: -1, answer: true})
	if err != nil || f.config.Memory == nil {
		return err
	}
	raw, err := json.Marshal(beckoned{Message: within(id, s.channel), At: f.clock().UTC()})
	if err == nil {
		err = f.config.Memory.Remember(context.WithoutCancel(ctx), row, raw)
	}
	if err != nil {
		f.log.Warn("that somebody was told in a channel that there is an answer could not be noted; it hangs there until he has read it", "error", err)
	}
	return nil
}

// answerHere shows somebody the answer to what he wrote in a channel, when he presses there: the
// message is handled again under its own key, so that the desk does nothing twice.
func (f *Front) answerHere(ctx context.Context, desk Desk, s *stage, id string, r chat.Request) (shown bool) {
	looking, cancel := context.WithTimeout(ctx, f.patience.call)
	var m message
	err := f.api.do(looking, turn{urgent: true, patience: -1}, http.MethodGet, "channels/"+s.channel+"/messages/"+id, nil, &m)
	cancel()
	switch {
	case refused(err, codeUnknownMessage):
		f.tell(ctx, s, saysAnswerGone)
		f.unbeckon(ctx, s.channel, id, s.on)
		return true
	case err != nil:
		f.log.Warn("a message that is to be answered could not be looked up", "error", err)
		f.failed(ctx, s, r)
		return false
	case m.Author == nil || m.Author.ID != s.user:
		f.tell(ctx, s, saysAnswerOthers)
		return true
	}
	m.ID, m.ChannelID = id, s.channel
	text, hidden, _ := f.named(&m)
	if hidden {
		f.tell(ctx, s, saysRoleNamed)
		f.unbeckon(ctx, s.channel, id, s.on)
		return true
	}
	if shown = f.answerWritten(ctx, desk, s, &m, asLine(text), r); shown {
		f.unbeckon(ctx, s.channel, id, s.on)
	}
	return shown
}

// unbeckon takes the line away; false: it may still hang there.
func (f *Front) unbeckon(ctx context.Context, channel, id, beckon string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	err := f.api.do(ctx, turn{patience: -1}, http.MethodDelete, "channels/"+channel+"/messages/"+beckon, nil, nil)
	if err != nil && !denied(err) { // where it may not be looked at any more, nobody can take it away
		f.log.Warn("that there was an answer for somebody could not be taken out of a channel; trying again later", "error", err)
		return false
	}
	if f.config.Memory == nil {
		return true
	}
	if err := f.config.Memory.Remember(ctx, beckonPrefix+channel+"/"+id, nil); err != nil {
		f.log.Warn("that there was an answer for somebody could not be forgotten; trying again later", "error", err)
		return false
	}
	return true
}

// takeBeckonsAway takes the lines away that nobody has pressed on.
func (f *Front) takeBeckonsAway(ctx context.Context, now time.Time) error {
	all, err := f.config.Memory.All(ctx, beckonPrefix)
	if err != nil {
		return err
	}
	var left error
	for row, raw := range all {
		var b beckoned
		channel, id, _ := strings.Cut(strings.TrimPrefix(row, beckonPrefix), "/")
		if json.Unmarshal(raw, &b) == nil && now.Sub(b.At) < beckonFor {
			continue
		}
		if isID(b.Message) && !f.unbeckon(ctx, channel, id, b.Message) {
			left = errors.New("a line still hangs in a channel")
		} else if !isID(b.Message) {
			left = errors.Join(left, f.config.Memory.Remember(ctx, row, nil))
		}
	}
	return left
}
