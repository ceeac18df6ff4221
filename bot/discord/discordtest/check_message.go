package discordtest

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Flags besides those of state.go (discord.com/developers/docs/resources/message, "Message
// Flags").
const (
	flagQuiet        = 1 << 12 // SUPPRESS_NOTIFICATIONS
	flagComponentsV2 = 1 << 15
)

// sort says what is done with a message, for Discord allows more here than there.
type sort int

const (
	newMessage  sort = iota // POST /channels/{id}/messages
	editMessage             // PATCH of any message: what is not named stays
	newResponse             // a callback of type 4, or a follow-up: may be ephemeral
)

// messageCheck is one message's payload under examination. files are the names of what was
// uploaded with it, by the number in files[n].
type messageCheck struct {
	flaws
	sort     sort
	files    map[string]string
	ids      map[string]string // custom IDs and where they stand
	numbers  map[int]bool      // of components
	embedded int               // characters of all embeds
}

func newMessageCheck(of sort, files []upload) *messageCheck {
	c := &messageCheck{sort: of, files: map[string]string{}, ids: map[string]string{}, numbers: map[int]bool{}}
	for i, f := range files {
		id := f.id
		if id == "" {
			id = fmt.Sprint("unnamed ", i)
		}
		c.files[id] = f.name
	}
	return c
}

// messageFields are what a message can be made of in each way (resources/message, "Create
// Message" and "Edit Message"; interactions/receiving-and-responding).
var messageFields = map[sort][]string{
	newMessage: {
		"content", "nonce", "enforce_nonce", "tts", "embeds", "allowed_mentions", "message_reference", "components", "sticker_ids",
		"attachments", "flags", "poll",
	},
	editMessage: {"content", "embeds", "allowed_mentions", "components", "attachments", "flags"},
	newResponse: {"content", "tts", "embeds", "allowed_mentions", "components", "attachments", "flags", "poll"},
}

// check goes through the payload; it says whether nothing would be shown, which of an edit is
// not known.
func (c *messageCheck) check(p obj) (empty bool) {
	if c.sort == newMessage {
		c.only("", p, messageFields[c.sort]...)
	} else {
		c.answer(p, messageFields[c.sort]...)
	}
	// Message content: 2,000 characters (resources/message, "Create Message").
	content := c.text("", p, "content", 0, 2000)
	embeds := c.embeds(p)
	rows := c.rows(p)
	c.mentions(p)
	c.attachments(p)
	c.flagsOf(p)
	c.nonce(p)
	c.yes("", p, "tts")
	if len(list(p["sticker_ids"])) > 0 || p["poll"] != nil {
		c.bad("sticker_ids", "BASE_TYPE_CHOICES", "this server knows no stickers and polls")
	}
	return c.sort != editMessage && content == "" && embeds == 0 && rows == 0 && len(c.files) == 0
}

// mentions checks who may be notified (resources/message, "Allowed Mentions Object").
func (c *messageCheck) mentions(p obj) {
	const at = "allowed_mentions"
	v := p[at]
	if v == nil {
		return
	}
	o, ok := v.(obj)
	if !ok {
		c.bad(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
		return
	}
	c.only(at, o, "parse", "users", "roles", "replied_user")
	parsed := map[string]bool{}
	for i, k := range c.items(at, o, "parse", 0, 3) {
		s, _ := k.(string)
		if s != "users" && s != "roles" && s != "everyone" {
			c.bad(fmt.Sprintf("%s.parse.%d", at, i), "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone').")
		}
		parsed[s] = true
	}
	for _, kind := range []string{"users", "roles"} {
		l := c.items(at, o, kind, 0, 100)
		seen := map[any]bool{}
		for i, id := range l {
			c.snowflake(fmt.Sprintf("%s.%s.%d", at, kind, i), id)
			if seen[id] {
				c.bad(inside(at, kind), "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
			}
			seen[id] = true
		}
		if parsed[kind] && len(l) > 0 {
			c.bad(at, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "parse:[%q] and %s: [ids...] are mutually exclusive.", kind, kind)
		}
	}
	c.yes(at, o, "replied_user")
}

var attachmentFields = []string{
	"id", "filename", "title", "description", "content_type", "size", "url", "proxy_url", "height", "width", "ephemeral",
	"duration_secs", "waveform", "flags",
}

// attachments checks that what is named was uploaded or is there already (reference,
// "Uploading Files"); ten files to a message, 1,024 characters to a description.
func (c *messageCheck) attachments(p obj) {
	if len(c.files) > 10 {
		c.bad("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
	}
	for n, name := range c.files {
		if strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 260 {
			c.bad("attachments."+n+".filename", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 260 in length.")
		}
	}
	l := c.items("", p, "attachments", 0, 10)
	seen := map[string]bool{}
	c.objects("attachments", l, func(at string, o obj) {
		id := fmt.Sprint(o["id"])
		if n, ok := o["id"].(float64); ok {
			id = fmt.Sprintf("%.0f", n)
		}
		switch {
		case o["id"] == nil:
			c.required(inside(at, "id"))
		case seen[id]:
			c.bad(inside(at, "id"), "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
		case c.files[id] == "" && c.sort != editMessage: // an edit names what stays
			c.bad(inside(at, "id"), "ATTACHMENT_NOT_FOUND", "Attachment data not found: %s", id)
		}
		seen[id] = true
		c.only(at, o, attachmentFields...)
		c.text(at, o, "filename", 0, 260)
		c.text(at, o, "description", 0, 1024)
	})
}

// flagsOf refuses flags that cannot be set here. A message in a channel is never ephemeral: a
// bot that asks for it would show to all what it meant for one.
func (c *messageCheck) flagsOf(p obj) {
	v, ok := c.whole("", p, "flags", 0, 1<<30)
	if !ok {
		return
	}
	allowed := SuppressEmbeds
	switch c.sort {
	case newMessage:
		allowed |= flagQuiet
	case newResponse:
		allowed |= flagQuiet | Ephemeral
	}
	if v&flagComponentsV2 != 0 {
		c.bad("flags", "BASE_TYPE_CHOICES", "this server knows no IS_COMPONENTS_V2")
	}
	if rest := v &^ (allowed | flagComponentsV2); rest != 0 {
		c.bad("flags", "BITFIELD_TYPE_INVALID_FLAGS", "The flags %d cannot be set here.", rest)
	}
}

// nonce: a number or a text of at most 25 characters (resources/message, "Create Message").
func (c *messageCheck) nonce(p obj) {
	switch v := p["nonce"].(type) {
	case nil:
		if c.yes("", p, "enforce_nonce") {
			c.required("nonce")
		}
	case float64:
	case string:
		if n := utf8.RuneCountInString(v); n > 25 {
			c.bad("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length, not %d.", n)
		}
	default:
		c.bad("nonce", "STRING_TYPE_CONVERT", "Could not interpret %q as string.", fmt.Sprint(v))
	}
	c.yes("", p, "enforce_nonce")
}

// embeds checks every part of the embeds (resources/message, "Embed Limits") and counts them.
func (c *messageCheck) embeds(p obj) int {
	l := c.items("", p, "embeds", 0, 10)
	c.objects("embeds", l, c.embed)
	if c.embedded > 6000 {
		c.bad("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000: %d", c.embedded)
	}
	return len(l)
}

func (c *messageCheck) embed(at string, o obj) {
	before := c.embedded
	c.only(at, o, "title", "type", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "video", "provider", "author", "fields")
	shown := func(at string, o obj, name string, least, most int) {
		c.embedded += utf8.RuneCountInString(c.text(at, o, name, least, most))
	}
	shown(at, o, "title", 0, 256)
	shown(at, o, "description", 0, 4096)
	c.objects(inside(at, "fields"), c.items(at, o, "fields", 0, 25), func(at string, f obj) {
		c.only(at, f, "name", "value", "inline")
		shown(at, f, "name", 1, 256)
		shown(at, f, "value", 1, 1024)
		c.yes(at, f, "inline")
	})
	pictures := 0
	for _, part := range []string{"footer", "author", "image", "thumbnail"} {
		v := o[part]
		if v == nil {
			continue
		}
		s, ok := v.(obj)
		if !ok {
			c.bad(inside(at, part), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
			continue
		}
		picture := "icon_url"
		switch part {
		case "footer":
			shown(inside(at, part), s, "text", 1, 2048)
		case "author":
			shown(inside(at, part), s, "name", 1, 256)
		default:
			picture = "url"
			pictures++
		}
		if u, there := c.raw(inside(at, part), s, picture, picture == "url"); there && u != "" {
			c.address(inside(inside(at, part), picture), u, 2048, "http", "https", "attachment")
		}
	}
	if u, there := c.raw(at, o, "url", false); there && u != "" {
		c.address(inside(at, "url"), u, 2048, "http", "https")
	}
	c.whole(at, o, "color", 0, 0xffffff)
	if s, there := c.raw(at, o, "timestamp", false); there && s != "" {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			c.bad(inside(at, "timestamp"), "DATE_TIME_TYPE_PARSE", "Could not parse %s. Should be ISO8601.", s)
		}
	}
	if c.embedded == before && pictures == 0 {
		c.required(inside(at, "description"))
	}
}
