package discord

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// pushpin is the reaction that puts a message into the record.
const pushpin = "📌"

// The types of messages that people write: an ordinary one, and an answer to another one
// ("Message Types").
const (
	typeOrdinary = 0
	typeAnswer   = 19
)

// written is a message to the bot: a direct one, or one in the server that names it, which is
// how something of several lines is said there (Discord's commands have one). Its files, and what is
// forwarded, come with a form, because what they are about needs to be said; what is written beside
// files is taken at once.
func (f *Front) written(ctx context.Context, desk Desk, raw []byte) {
	m, ok := readMessage(raw)
	if !ok {
		return
	}
	at := f.clock()
	key := name + ":msg:" + m.ChannelID + "/" + m.ID
	s := &stage{key: key, user: m.Author.ID, channel: m.ChannelID, direct: m.GuildID == "", at: at}
	text := m.Content
	hidden, fresh := false, false // fresh: nobody works on it, or has
	if m.GuildID != "" {
		var named bool
		if text, hidden, named = f.named(&m); !named || m.GuildID != f.config.Guild {
			return
		}
		s.message = m.ID
		text = asLine(text)
	} else {
		f.writesIn(m.Author.ID, m.ChannelID)
		defer func() {
			switch {
			case s.unshown:
				f.hearing.waits(m.ChannelID, m.ID, f.clock())
			case fresh:
				f.heard(ctx, m.ChannelID, m.ID)
			}
		}()
	}
	f.once(key, func() bool {
		fresh = true
		called, ok := f.admitUser(ctx, s, m.Author.ID, personOf(m.Author, "").Name)
		if !ok {
			return true
		}
		if hidden {
			f.tell(ctx, s, saysRoleNamed)
			return true
		}
		ctx := ctx
		if s.unsure {
			ctx = chat.Unsure(ctx)
		}
		r := chat.Request{
			From: s.who(), Name: called, Place: chat.PlaceID(m.ChannelID), Channel: f.channelOf(ctx, s),
		}
		return f.answerWritten(ctx, desk, s, &m, text, r)
	})
}

// asLine is what was written after the bot's name, as the command that it means.
func asLine(text string) string {
	return strings.TrimSpace(slash + " " + strings.TrimPrefix(text, slash))
}

// answerWritten answers a message to the bot, under the message's own key; r says who asks, and
// where.
func (f *Front) answerWritten(ctx context.Context, desk Desk, s *stage, m *message, text string, r chat.Request) (shown bool) {
	r.ID, r.Kind, r.Text, r.At = name+":msg:"+m.ChannelID+"/"+m.ID, chat.Said, text, instant(m.ID, s.at)
	if strings.TrimSpace(text) == "" {
		r.Kind, r.Text = chat.Quoted, ""
		if s.quote, r.Quote = f.quoteOf(chat.ForReport, "", m); r.Quote.Text == "" && len(r.Quote.Files) == 0 {
			f.tell(ctx, s, saysUnknown) // a sticker or a poll, and who sent it may believe that he has reported
			return !s.unshown
		}
	}
	shown = f.answer(ctx, desk, s, r)
	if r.Kind == chat.Said && len(m.Attachments) > 0 && !s.unshown {
		f.tell(ctx, s, saysFilesLeft)
		s.unshown = false // his answer is
	}
	return shown
}

// readMessage reads a message that a person wrote; false: it is none.
func readMessage(raw []byte) (m message, ok bool) {
	if json.Unmarshal(raw, &m) != nil || m.Author == nil || m.Author.Bot || m.Author.System || m.WebhookID != "" ||
		m.Type != typeOrdinary && m.Type != typeAnswer || !isID(m.ID) || !isID(m.ChannelID) || !isID(m.Author.ID) {
		return message{}, false
	}
	return m, true
}

// writer is who wrote to the bot, and is to be told what became of it; nil: nobody did.
func (f *Front) writer(raw []byte) *stage {
	m, ok := readMessage(raw)
	if !ok {
		return nil
	}
	_, _, named := f.named(&m)
	if m.GuildID != "" && (!named || m.GuildID != f.config.Guild) {
		return nil
	}
	s := &stage{user: m.Author.ID, channel: m.ChannelID, direct: m.GuildID == "", at: f.clock()}
	if !s.direct {
		s.message = m.ID
	}
	return s
}

// named takes the bot's own name, or that of its role, off a message; ok is false for a message that
// does not begin with it. Of a message that names the role alone Discord keeps the text from us, as
// a rule ("Message Content Intent"): hidden says so, and that he who wrote it meant the bot.
func (f *Front) named(m *message) (rest string, hidden, ok bool) {
	f.mu.Lock()
	me := f.identity.User
	f.mu.Unlock()
	role := f.role.get()
	text := strings.TrimSpace(m.Content)
	for sign, id := range map[string]string{"<@": me, "<@!": me, "<@&": role} {
		if rest, ok := strings.CutPrefix(text, sign+id+">"); ok && id != "" {
			return strings.TrimSpace(rest), false, true
		}
	}
	hidden = text == "" && len(m.Attachments) == 0 && role != "" && slices.Contains(m.Roles, role)
	return "", hidden, hidden
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

// reacted is a reaction. 📌 on a message of an incident's channel puts it into the record, once,
// whoever sets it. There is nothing that could be answered here, so that he is answered in his
// direct messages.
func (f *Front) reacted(ctx context.Context, desk Desk, raw []byte) {
	e, ok := f.readPin(raw)
	if !ok {
		return
	}
	at := f.clock()
	key := e.key()
	s := &stage{key: key, user: e.UserID, channel: e.ChannelID, at: at}
	channel := f.channelOf(ctx, s)
	if channel == "" {
		return
	}
	f.once(key, func() bool {
		f.met(e.Member)
		called, ok := f.admitUser(ctx, s, e.UserID, "")
		if !ok {
			return true
		}
		looking, cancel := context.WithTimeout(ctx, f.patience.call)
		defer cancel()
		m, err := f.messageAt(looking, e.ChannelID, e.MessageID)
		m.ID, m.ChannelID = e.MessageID, e.ChannelID
		if err != nil {
			f.log.Warn("a message marked for the record could not be read", "error", err)
		}
		ref, quote := f.quoteOf(chat.ForNote, e.GuildID, &m)
		if err != nil || quote.Text == "" && len(quote.Files) == 0 {
			// Without the privileged intent Discord keeps the text from us, but not where the
			// command on the message is used.
			f.tell(ctx, s, saysUnread)
			return false
		}
		s.quote = ref
		return f.answer(ctx, desk, s, chat.Request{
			ID: noteKey(e.ChannelID, e.MessageID), Kind: chat.Quoted, From: s.who(), Name: called,
			Place: chat.PlaceID(e.ChannelID), Channel: channel, Quote: quote, At: at,
		})
	})
}

// unreacted is a 📌 that is taken away. Set again, it is another time: what was not recorded then
// may be now.
func (f *Front) unreacted(raw []byte) {
	if e, ok := f.readPin(raw); ok {
		f.seen.End(e.key(), false)
	}
}

// pin is a 📌 on a message of the company's server.
type pin struct {
	UserID    string            `json:"user_id"`
	ChannelID string            `json:"channel_id"`
	MessageID string            `json:"message_id"`
	GuildID   string            `json:"guild_id"`
	Member    *discordgo.Member `json:"member"`
	Emoji     struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"emoji"`
}

func (e *pin) key() string { return name + ":pin:" + e.ChannelID + "/" + e.MessageID + ":" + e.UserID }

// readPin reads a reaction; false: it is no 📌 of a person in the company's server.
func (f *Front) readPin(raw []byte) (e pin, ok bool) {
	if json.Unmarshal(raw, &e) != nil || e.Emoji.ID != "" || e.Emoji.Name != pushpin || e.GuildID != f.config.Guild ||
		!isID(e.UserID) || !isID(e.ChannelID) || !isID(e.MessageID) || e.Member != nil && e.Member.User != nil && e.Member.User.Bot {
		return pin{}, false
	}
	return e, true
}

// entered is a server that the bot is in. It works for one company alone: in another server it
// says so, once.
func (f *Front) entered(ctx context.Context, raw []byte) {
	var g struct {
		ID     string `json:"id"`
		System string `json:"system_channel_id"`
	}
	if json.Unmarshal(raw, &g) != nil || !isID(g.ID) || g.ID == f.config.Guild {
		return
	}
	f.log.Error("the bot is in another server than the one in the settings; nothing is taken in from there")
	key := "refused/" + g.ID
	if f.config.Memory == nil || !isID(g.System) {
		return
	}
	told, err := f.config.Memory.Recall(ctx, key)
	if err != nil || told != nil {
		return
	}
	calling, cancel := context.WithTimeout(ctx, f.patience.call)
	defer cancel()
	content := f.draw.say(saysElsewhere.title) + "\n" + f.draw.say(saysElsewhere.text)
	p := payload{Content: content, Embeds: []*discordgo.MessageEmbed{}, Components: []discordgo.MessageComponent{}, Mentions: nobody()}
	if _, err := f.sender.post(calling, g.System, keyOf(g.System, key, ""), p, nil, line{patience: -1, answer: true}); err != nil {
		f.log.Warn("that the bot works for one server only could not be said in another", "error", err)
		return
	}
	if err := f.config.Memory.Remember(ctx, key, []byte(f.clock().UTC().Format("2006-01-02"))); err != nil {
		f.log.Warn("that another server was told could not be noted", "error", err)
	}
}
