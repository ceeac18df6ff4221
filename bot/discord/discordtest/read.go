package discordtest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Look is what the person sees in a channel, by its ID or name, or in his direct messages when
// it is empty, oldest first: nothing where he may not look.
func (p *Person) Look(channel string) []Message {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.g.direct(p.ID)
	if channel != "" && channel != Direct {
		c = p.g.find(channel)
	}
	if c == nil {
		return nil
	}
	var out []Message
	for _, m := range c.messages {
		if p.sees(c, m) {
			out = append(out, p.g.seen(m))
		}
	}
	return out
}

// DMs is what stands in the person's direct messages with the bot.
func (p *Person) DMs() []Message { return p.Look("") }

// Whispers are what is shown to the person alone, wherever, oldest first.
func (p *Person) Whispers() []Message {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	var out []Message
	for _, m := range slices.Backward(p.messages(Whisper)) {
		out = append(out, p.g.seen(m))
	}
	return out
}

// Text is everything that can be read, a line for each text.
func (m Message) Text() string { return m.text }

// Loading says that the bot has promised an answer that is not there yet.
func (m Message) Loading() bool { return m.Flags&Loading != 0 }

// Buttons are the labels of the buttons, in order.
func (m Message) Buttons() []string {
	var out []string
	for _, o := range parts(m.Components) {
		if kindOf(o) == typeButton {
			out = append(out, text(o, "label"))
		}
	}
	return out
}

// ButtonID is the custom ID of the button with a label; empty: there is none.
func (m Message) ButtonID(label string) string {
	for _, o := range parts(m.Components) {
		if text(o, "label") == label {
			return text(o, "custom_id")
		}
	}
	return ""
}

// Texts joins what can be read in messages.
func Texts(messages []Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Text())
	}
	return strings.Join(out, "\n")
}

func (m Message) String() string { return m.Channel + "/" + m.ID + ": " + m.Text() }

// reading is everything that can be read in a message, as a client shows it; mu is held. It is
// kept until the message changes: hundreds of people may look for something again and again.
func (g *Guild) reading(m *message) string {
	if m.read == nil || m.read.loading != (m.flags&Loading != 0) {
		m.read = &reading{g.readAll(m), m.flags&Loading != 0}
	}
	return m.read.text
}

// reading is what was read of a message, while an answer was promised or was there.
type reading struct {
	text    string
	loading bool
}

func (g *Guild) readAll(m *message) string {
	var lines []string
	// add takes a text of Markdown, or one that is shown as it is.
	add := func(s string, marked bool) {
		if marked {
			s = g.rendered(s)
		}
		if s != "" {
			lines = append(lines, s)
		}
	}
	if m.flags&Loading != 0 {
		add("…", false)
	}
	add(m.content, true)
	for _, e := range m.embeds {
		add(text(e, "author", "name"), false)
		add(text(e, "title"), true)
		add(text(e, "description"), true)
		for _, f := range list(dig(e, "fields")) {
			add(text(f, "name"), true)
			add(text(f, "value"), true)
		}
		add(text(e, "footer", "text"), false)
	}
	for _, a := range m.attachments {
		add("📎 "+a.name, false)
	}
	for _, s := range m.snapshots {
		add(text(s, "message", "content"), true)
		for _, a := range list(dig(s, "message", "attachments")) {
			add("📎 "+text(a, "filename"), false)
		}
	}
	for _, o := range parts(m.components) {
		switch kindOf(o) {
		case typeButton:
			s := text(o, "label")
			if e := text(o, "emoji", "name"); e != "" {
				s = strings.TrimSpace(e + " " + s)
			}
			add("["+s+"]", false)
		default:
			add("〔"+text(o, "placeholder")+"〕", false)
		}
	}
	return strings.Join(lines, "\n")
}

var tokyo = time.FixedZone("JST", 9*60*60)

// What a client replaces (reference, "Message Formatting"): people, roles, channels, commands,
// emoji and times.
var (
	references = regexp.MustCompile(`<(@!?|@&|#|:\w+:|/[^:>]+:|t:)(-?\d+)(?::([tTdDfFsSR]))?>`)
	links      = regexp.MustCompile(`\[([^\]\n]+)\]\(<?(https?://[^)\s>]+)>?\)`)
	linePrefix = regexp.MustCompile(`(?m)^(?:#{1,3} |-# |> |>>> )`)
)

// rendered is a text of Markdown as it is read: marks are gone, what is escaped stands there.
func (g *Guild) rendered(s string) string {
	// What is escaped and what stands in code is taken out first, so that nothing else touches it.
	var kept []string
	keep := func(s string) string {
		kept = append(kept, s)
		return string(rune(0xF0000 + len(kept) - 1)) // of a private plane
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		next := i + n
		switch {
		case r == '\\' && next < len(s) && s[next] < utf8.RuneSelf && strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", rune(s[next])):
			b.WriteString(keep(s[next : next+1]))
			i = next + 1
			continue
		case r == '`':
			fence := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
			if end := strings.Index(s[i+fence:], s[i:i+fence]); end >= 0 {
				b.WriteString(keep(s[i+fence : i+fence+end]))
				i += fence + end + fence
				continue
			}
		}
		b.WriteString(s[i:next])
		i = next
	}
	s = references.ReplaceAllStringFunc(b.String(), g.referred)
	s = links.ReplaceAllString(s, "$1")
	s = linePrefix.ReplaceAllString(s, "")
	for _, mark := range []string{"**", "__", "~~", "||"} {
		s = unmarked(s, mark)
	}
	s = unmarked(unmarked(s, "*"), "_")
	b.Reset()
	for _, r := range s {
		if i := int(r) - 0xF0000; i >= 0 && i < len(kept) {
			b.WriteString(kept[i])
		} else {
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// unmarked takes pairs of a mark away. Underscores inside of words are none.
func unmarked(s, mark string) string {
	for from := 0; ; {
		i := index(s, mark, from)
		if i < 0 {
			return s
		}
		j := index(s, mark, i+len(mark))
		if j < 0 {
			return s
		}
		if j == i+len(mark) { // nothing between them
			from = j + len(mark)
			continue
		}
		s = s[:i] + s[i+len(mark):j] + s[j+len(mark):]
		from = j - len(mark)
	}
}

func index(s, mark string, from int) int {
	for from <= len(s) {
		i := strings.Index(s[from:], mark)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(mark):])
		if mark != "_" || !isWord(before) || !isWord(after) {
			return i
		}
		from = i + len(mark)
	}
	return -1
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// referred is what a client shows for a reference; mu is held.
func (g *Guild) referred(s string) string {
	found := references.FindStringSubmatch(s)
	kind, id, style := found[1], found[2], found[3]
	switch {
	case kind == "t:":
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return s
		}
		at := time.Unix(n, 0).In(tokyo)
		switch style {
		case "R":
			return at.Format("2006-01-02 15:04") + " (R)"
		case "t":
			return at.Format("15:04")
		case "d", "D":
			return at.Format("2006-01-02")
		}
		return at.Format("2006-01-02 15:04")
	case strings.HasPrefix(kind, "@&"):
		if r := g.home.role(id); r != nil {
			return "@" + r.name
		}
		return "@unknown-role"
	case strings.HasPrefix(kind, "@"):
		if g.users[id] == nil {
			return "<@" + id + ">"
		}
		return "@" + g.displayed(g.home.id, id)
	case kind == "#":
		if c := g.channels[id]; c != nil {
			return "#" + c.name
		}
		return "#unknown"
	}
	return strings.TrimSuffix(kind, ":")
}
