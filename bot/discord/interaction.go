package discord

import (
	"encoding/json"
	"strings"

	"github.com/bwmarrin/discordgo"
)

// What people do ("Interaction Type"), and the kinds of commands ("Application Command Types").
const (
	didCommand  = 2
	didPress    = 3
	didComplete = 4
	didSubmit   = 5

	commandTyped   = 1
	commandMessage = 3
)

// interaction is something that somebody did, as far as it is looked at. discordgo's own type
// gives up a payload whole that has a component it does not know; here it costs that component
// alone.
type interaction struct {
	ID        string            `json:"id"`
	AppID     string            `json:"application_id"`
	Type      int               `json:"type"`
	Token     string            `json:"token"`
	GuildID   string            `json:"guild_id"`
	ChannelID string            `json:"channel_id"`
	Member    *discordgo.Member `json:"member"`
	User      *discordgo.User   `json:"user"` // in direct messages
	Message   *struct {
		ID string `json:"id"`
	} `json:"message"`
	Data data `json:"-"`
}

// data is what an interaction is about.
type data struct {
	Name       string      `json:"name"` // of the command
	Type       int         `json:"type"` // of the command
	TargetID   string      `json:"target_id"`
	Options    []option    `json:"options"`
	CustomID   string      `json:"custom_id"`
	Components []component `json:"components"`
	Resolved   struct {
		Messages    map[string]*message    `json:"messages"`
		Attachments map[string]*attachment `json:"attachments"`
	} `json:"resolved"`
}

// option is a word of a typed command.
type option struct {
	Name    string   `json:"name"`
	Type    int      `json:"type"`
	Value   any      `json:"value"`
	Options []option `json:"options"`
	Focused bool     `json:"focused"`
}

// component is a part of a submitted form.
type component struct {
	Type       int         `json:"type"`
	CustomID   string      `json:"custom_id"`
	Value      string      `json:"value"`
	Values     []string    `json:"values"`
	Component  *component  `json:"component"`
	Components []component `json:"components"`
}

// UnmarshalJSON reads a component; one of another shape is none.
func (c *component) UnmarshalJSON(raw []byte) error {
	type plain component
	var p plain
	if json.Unmarshal(raw, &p) == nil {
		*c = component(p)
	}
	return nil
}

// attachment is a file on Discord.
type attachment struct {
	ID       string `json:"id"`
	Filename string `json:"filename"`
	Title    string `json:"title"` // what it was called, where Discord made another name of it
	URL      string `json:"url"`
	Size     int64  `json:"size"`
}

// name is what a file was called.
func (a *attachment) name() string {
	if a.Title == "" {
		return a.Filename
	}
	ending := ""
	if i := strings.LastIndexByte(a.Filename, '.'); i >= 0 {
		ending = a.Filename[i:]
	}
	if strings.HasSuffix(a.Title, ending) {
		return a.Title
	}
	return a.Title + ending
}

// readInteraction reads a payload. ok is false where it cannot be answered at all; readable is
// false where it can, and nobody knows what it says.
func readInteraction(raw []byte) (i *interaction, ok, readable bool) {
	var head struct {
		ID    string `json:"id"`
		AppID string `json:"application_id"`
		Token string `json:"token"`
		Type  any    `json:"type"`
	}
	if json.Unmarshal(raw, &head) != nil || !isID(head.ID) || head.Token == "" {
		return nil, false, false
	}
	i = &interaction{}
	var what struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(raw, i) != nil || json.Unmarshal(raw, &what) != nil {
		i = &interaction{ID: head.ID, AppID: head.AppID, Token: head.Token}
		if kind, ok := head.Type.(float64); ok && kind == didComplete {
			i.Type = didComplete // it is answered otherwise than everything else
		}
		return i, true, false
	}
	if len(what.Data) > 0 && json.Unmarshal(what.Data, &i.Data) != nil {
		return i, true, false
	}
	return i, true, i.user() != nil && isID(i.user().ID)
}

// user is who did it; nil: the payload does not say.
func (i *interaction) user() *discordgo.User {
	if i.Member != nil && i.Member.User != nil {
		return i.Member.User
	}
	return i.User
}

// named is how Discord calls him.
func (i *interaction) named() string {
	if u := i.user(); u != nil {
		nick := ""
		if i.Member != nil {
			nick = i.Member.Nick
		}
		return personOf(u, nick).Name
	}
	return ""
}

// at is the message it was done on; empty: on none.
func (i *interaction) at() string {
	if i.Message == nil {
		return ""
	}
	return i.Message.ID
}

// answered are the fields of a submitted form, wherever they stand: below a label, as Discord
// asks for now, or in a row.
func (d *data) answered() []component {
	var out []component
	var walk func(c component, depth int)
	walk = func(c component, depth int) {
		if depth > 4 || len(out) > 100 {
			return
		}
		if c.CustomID != "" {
			out = append(out, c)
		}
		if c.Component != nil {
			walk(*c.Component, depth+1)
		}
		for _, in := range c.Components {
			walk(in, depth+1)
		}
	}
	for _, c := range d.Components {
		walk(c, 0)
	}
	return out
}

// text is an option's value as it was typed or chosen.
func (o *option) text() string {
	switch v := o.Value.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case float64:
		b, _ := json.Marshal(v) // of what was JSON
		return string(b)
	}
	return ""
}
