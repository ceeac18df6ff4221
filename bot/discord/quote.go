package discord

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// message is a message that somebody wrote, as far as it is looked at.
type message struct {
	ID          string            `json:"id"`
	ChannelID   string            `json:"channel_id"`
	GuildID     string            `json:"guild_id"`
	Type        int               `json:"type"`
	Content     string            `json:"content"`
	WebhookID   string            `json:"webhook_id"`
	Author      *discordgo.User   `json:"author"`
	Member      *discordgo.Member `json:"member"`
	Mentions    []*discordgo.User `json:"mentions"`
	Roles       []string          `json:"mention_roles"`
	Attachments []attachment      `json:"attachments"`
	Embeds      []struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Fields      []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"fields"`
	} `json:"embeds"`
	// Snapshots are what was forwarded with it: all that such a message says. Who wrote it is not told
	// ("Message Snapshot Structure").
	Snapshots []struct {
		Message *message `json:"message"`
	} `json:"message_snapshots"`
}

// parts are a message and what was forwarded with it.
func (m *message) parts() []*message {
	all := []*message{m}
	for _, s := range m.Snapshots {
		if s.Message != nil {
			all = append(all, s.Message)
		}
	}
	return all
}

// quoteRef is the message that a form was opened from.
type quoteRef struct {
	For     string    `json:"for"`
	Channel string    `json:"channel"`
	Message string    `json:"message"`
	User    string    `json:"user,omitempty"`
	Name    string    `json:"name,omitempty"`
	Link    string    `json:"link,omitempty"`
	Files   []fileRef `json:"files,omitempty"`
}

// keptQuote is a quoted message with its words, as the sheet of its form keeps it.
type keptQuote struct {
	Ref  quoteRef `json:"ref"`
	Text string   `json:"text"`
}

func (k *keptQuote) quote() chat.Quote {
	q := chat.Quote{
		For: chat.QuoteFor(k.Ref.For), Text: k.Text, Name: k.Ref.Name, At: instant(k.Ref.Message, time.Time{}), Link: k.Ref.Link,
	}
	if k.Ref.User != "" {
		q.From = userID(k.Ref.User)
	}
	for _, file := range k.Ref.Files {
		q.Files = append(q.Files, file.Name)
	}
	return q
}

// quoteOf is a message as it is handed on, and as a form keeps it. guild is where it stands;
// empty for direct messages.
func (f *Front) quoteOf(what chat.QuoteFor, guild string, m *message) (*quoteRef, *chat.Quote) {
	ref := &quoteRef{For: string(what), Channel: m.ChannelID, Message: m.ID}
	if guild == "" {
		guild = "@me"
	}
	ref.Link = "https://discord.com/channels/" + guild + "/" + m.ChannelID + "/" + m.ID
	if m.Author != nil {
		if m.WebhookID == "" && isID(m.Author.ID) {
			ref.User = m.Author.ID
		}
		nick := ""
		if m.Member != nil {
			nick = m.Member.Nick
		}
		ref.Name = personOf(m.Author, nick).Name
		if k, ok := f.people.get(m.Author.ID); ok && k.Name != "" {
			ref.Name = k.Name
		}
	}
	for _, part := range m.parts() {
		for _, a := range part.Attachments {
			ref.Files = append(ref.Files, fileRef{Input: chat.QuotedFile, Name: a.name(), URL: a.URL})
		}
	}
	quote := (&keptQuote{Ref: *ref, Text: f.plain(m)}).quote()
	return ref, &quote
}

// pointed is a command on a message.
func (f *Front) pointed(ctx context.Context, desk Desk, s *stage, i *interaction, r chat.Request) (shown bool) {
	m := i.Data.Resolved.Messages[i.Data.TargetID]
	what, known := tongues{f.config.Say, f.config.Lang}.points()[i.Data.Name]
	if m == nil || !known || !isID(i.Data.TargetID) {
		f.tell(ctx, s, saysUnknown)
		return true
	}
	m.ID = i.Data.TargetID
	if m.ChannelID == "" {
		m.ChannelID = i.ChannelID
	}
	r.Kind = chat.Quoted
	s.quote, r.Quote = f.quoteOf(what, i.GuildID, m)
	if what == chat.ForNote {
		r.ID = noteKey(m.ChannelID, m.ID)
	} else {
		r.ID = name + ":quote:" + m.ChannelID + "/" + m.ID + ":" + s.user + ":" + i.ID
	}
	return f.answer(ctx, desk, s, r)
}

// noteKey is the same for 📌 and for the command, and for whoever uses them: a message stands
// in the record once.
func noteKey(channel, id string) string { return name + ":note:" + channel + "/" + id }

// marked is what Discord shows as something else than it is written: people, roles, channels,
// emoji, times, commands (Discord, "Message Formatting").
var marked = regexp.MustCompile(`<(@[!&]?|#|/|a?:|t:)([^<>\n]{1,100})>`)

// plain is a message as its author saw it, with what he forwarded by it. What a program posts stands in
// its embeds.
func (f *Front) plain(m *message) string {
	var lines []string
	for _, part := range m.parts() {
		lines = append(lines, f.lines(part)...)
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" }), "\n")
}

// lines are what a message says itself.
func (f *Front) lines(m *message) []string {
	names := map[string]string{}
	for _, u := range m.Mentions {
		if u != nil {
			names[u.ID] = personOf(u, "").Name
		}
	}
	text := marked.ReplaceAllStringFunc(m.Content, func(whole string) string {
		p := marked.FindStringSubmatch(whole)
		sign, what := p[1], p[2]
		switch sign {
		case "@", "@!":
			if k, ok := f.people.get(what); ok && k.Name != "" {
				return "@" + k.Name
			}
			if n := names[what]; n != "" {
				return "@" + n
			}
			return "@" + what
		case ":", "a:":
			emoji, _, _ := strings.Cut(what, ":")
			return ":" + emoji + ":"
		case "t:":
			seconds, _, _ := strings.Cut(what, ":")
			if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n > -1<<40 && n < 1<<40 {
				return time.Unix(n, 0).In(tokyo).Format("2006-01-02 15:04 JST")
			}
		case "/":
			command, _, _ := strings.Cut(what, ":")
			return "/" + command
		}
		return whole
	})
	lines := []string{text}
	for _, e := range m.Embeds {
		lines = append(lines, e.Title, e.Description)
		for _, field := range e.Fields {
			lines = append(lines, f.draw.say("discord.field", "label", field.Name, "value", field.Value))
		}
	}
	return lines
}
