package slack

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// pushpin is the reaction that puts a message into the record: 📌.
const pushpin = "pushpin"

// happened is an event of the Events API, as far as it is looked at.
type happened struct {
	TeamID string `json:"team_id"`
	Event  struct {
		Type        string    `json:"type"`
		Subtype     string    `json:"subtype"`
		User        string    `json:"user"`
		UserTeam    string    `json:"user_team"`
		BotID       string    `json:"bot_id"`
		Channel     string    `json:"channel"`
		ChannelType string    `json:"channel_type"`
		Text        string    `json:"text"`
		TS          string    `json:"ts"`
		EventTS     string    `json:"event_ts"`
		Tab         string    `json:"tab"`
		Reaction    string    `json:"reaction"`
		Inviter     string    `json:"inviter"`
		Files       []sl.File `json:"files"`
		Item        struct {
			Type    string `json:"type"`
			Channel string `json:"channel"`
			TS      string `json:"ts"`
		} `json:"item"`
	} `json:"event"`
}

// event is something that happened in the workspace.
func (f *Front) event(ctx context.Context, desk Desk, d delivery) {
	// message.channel is a text, app_home_opened's too; of another event it may be an object.
	var h happened
	err := json.Unmarshal(d.body, &h)
	d.ack(nil)
	e := &h.Event
	if err != nil || e.User == "" || e.BotID != "" {
		return
	}
	switch {
	case e.Type == "app_home_opened" && e.Tab == "home":
		f.homes.opened(e.User, f.clock())
		f.homes.changed(e.User)
	case e.Type == "message" && e.ChannelType == "im" && (e.Subtype == "" || e.Subtype == "file_share"):
		f.written(ctx, desk, d, &h)
	case e.Type == "member_joined_channel":
		f.cameIn(ctx, &h)
	case e.Type == "reaction_added" && e.Reaction == pushpin && e.Item.Type == "message":
		f.pinned(ctx, desk, d, &h)
	}
}

// ourselves reports whether the bot did it.
func (f *Front) ourselves(ctx context.Context, user string) bool {
	ctx, cancel := context.WithTimeout(ctx, f.patience.lookup)
	defer cancel()
	me, err := f.auth(ctx)
	return err == nil && me.User == user
}

// written is a direct message to the bot. Its files come with a form, because what is
// attached needs to be said; what is written beside them is taken at once.
func (f *Front) written(ctx context.Context, desk Desk, d delivery, h *happened) {
	e := &h.Event
	key := "slack:msg:" + e.Channel + ":" + e.TS
	if e.TS == "" || f.ourselves(ctx, e.User) {
		return
	}
	s := stage{user: e.User, at: d.at}
	f.once(key, func() bool {
		called, ok := f.admit(ctx, s, e.User, "", h.team())
		if !ok {
			return true
		}
		r := chat.Request{
			ID: key, Kind: chat.Said, From: userID(e.User), Name: called, Place: chat.PlaceID(e.Channel),
			Text: f.plain(e.Text), At: instant(e.TS, d.at),
		}
		if strings.TrimSpace(r.Text) == "" && len(e.Files) > 0 {
			ref, quote := f.quoteOf(ctx, chat.ForReport, e.Channel, sl.Msg{User: e.User, Timestamp: e.TS, Files: e.Files}, called)
			r.Kind, r.Text, r.Quote, s.quote = chat.Quoted, "", &quote, &ref
		}
		shown := f.answer(ctx, desk, s, r)
		if r.Kind == chat.Said && len(e.Files) > 0 {
			f.tell(ctx, s, saysFilesLeft)
		}
		return shown
	})
}

func (h *happened) team() string {
	if h.Event.UserTeam != "" {
		return h.Event.UserTeam
	}
	return h.TeamID
}

// pinned is 📌 on a message of an incident's channel: it goes into the record, once, whoever
// sets it.
func (f *Front) pinned(ctx context.Context, desk Desk, d delivery, h *happened) {
	e := &h.Event
	channel := f.incidentOf(ctx, e.Item.Channel)
	if channel == "" || e.Item.TS == "" || f.ourselves(ctx, e.User) {
		return
	}
	s := stage{user: e.User, channel: e.Item.Channel, ephemeral: true, at: d.at}
	f.once("slack:pin:"+e.Item.Channel+":"+e.Item.TS+":"+e.User+":"+e.EventTS, func() bool {
		called, ok := f.admit(ctx, s, e.User, "", h.team())
		if !ok {
			return true
		}
		looking, cancel := context.WithTimeout(ctx, f.patience.call)
		defer cancel()
		m, err := f.message(looking, e.Item.Channel, e.Item.TS)
		if err != nil {
			f.log.Warn("a message marked for the record could not be read", "error", err)
			f.tell(ctx, s, saysUnread)
			return false
		}
		ref, quote := f.quoteOf(looking, chat.ForNote, e.Item.Channel, m.Msg, "")
		s.quote = &ref
		return f.answer(ctx, desk, s, chat.Request{
			ID: noteKey(e.Item.Channel, e.Item.TS), Kind: chat.Quoted, From: userID(e.User), Name: called,
			Place: chat.PlaceID(e.Item.Channel), Channel: channel, Quote: &quote, At: instant(e.EventTS, d.at),
		})
	})
}

// noteKey is the same for 📌 and for the shortcut, and for whoever uses them: a message stands
// in the record once.
func noteKey(channel, ts string) string { return "slack:note:" + channel + ":" + ts }

// entities are what Slack writes for three signs ("Formatting text for app surfaces").
var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// marked is what stands in angle brackets in a message: people, channels, links, dates.
var marked = regexp.MustCompile(`<([^<>|]+)(?:\|([^<>]*))?>`)

// plain is a message as its author saw it.
func (f *Front) plain(text string) string { return f.readable(text, false) }

// spoken is what was typed after the command, as its author saw it, but for the people
// mentioned: whom a mention means, the desk knows by the contact list.
func (f *Front) spoken(text string) string { return f.readable(text, true) }

func (f *Front) readable(text string, mentions bool) string {
	text = marked.ReplaceAllStringFunc(text, func(m string) string {
		parts := marked.FindStringSubmatch(m)
		what, label := parts[1], parts[2]
		switch {
		case what[0] == '@' && mentions:
			return m
		case what[0] == '@':
			if label == "" {
				label = what[1:]
				if who, ok := f.people.get(label); ok && who.Name != "" {
					label = who.Name
				}
			}
			return "@" + label
		case what[0] == '#' && label != "":
			return "#" + label
		case what[0] == '#':
			return what
		case what[0] == '!' && label != "":
			return label
		case what[0] == '!':
			return "@" + what[1:]
		case label == "" || strings.HasSuffix(what, label):
			return strings.TrimPrefix(what, "mailto:")
		}
		return label + " (" + what + ")" // where it really leads is evidence
	})
	return entities.Replace(text)
}
