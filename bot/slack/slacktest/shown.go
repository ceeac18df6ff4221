package slacktest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Message is a message as a person sees it.
type Message struct {
	Channel, TS, Thread string
	User                string
	Ephemeral           bool
	Edited              bool
	Fallback            string // the text that stands beside the blocks: notifications show it
	Blocks              []any
	Key                 string // of the metadata, which nobody sees
	Files               []string

	mark int64
}

// Text is everything that can be read, a line for each text.
func (m Message) Text() string {
	lines := readable(m.Blocks, nil, nil)
	if len(m.Blocks) == 0 {
		lines = append(lines, unescaped(m.Fallback))
	}
	for _, f := range m.Files {
		lines = append(lines, "📎 "+f)
	}
	return strings.Join(lines, "\n")
}

// Buttons are the labels of the buttons, in order.
func (m Message) Buttons() []string { return labels(m.Blocks) }

// Input is a question of a modal, with what stands in it.
type Input struct {
	Block, Action, Kind, Label, Hint string
	Value                            string   // as a person reads it
	Values                           []string // the values behind chosen options
	Options                          []string // labels, where they are listed
	Error                            string
	Required                         bool
}

// Modal is the modal that lies on top, or a Home tab.
type Modal struct {
	ID, Title, Submit, Close string
	CallbackID, Metadata     string
	Depth                    int // how many modals are open
	Blocks                   []any
	Inputs                   []Input
	Errors                   map[string]string // by block

	text string
}

// Text is everything that can be read, with what stands in the inputs and the errors.
func (m *Modal) Text() string {
	if m == nil {
		return ""
	}
	return m.text
}

// Buttons are the labels of the buttons in it; those of the frame are Submit and Close.
func (m *Modal) Buttons() []string {
	if m == nil {
		return nil
	}
	return labels(m.Blocks)
}

// Input finds an input by its label, action or block.
func (m *Modal) Input(name string) Input {
	if m != nil {
		for _, in := range m.Inputs {
			if named(in.Label, in.Action, in.Block, name) {
				return in
			}
		}
	}
	return Input{}
}

// named says whether an input goes by a name: its label, or its action or block, alone or
// with something before or behind a separator.
func named(label, action, block, name string) bool {
	if name == label {
		return true
	}
	for _, id := range []string{action, block} {
		if id == name || slices.Contains(strings.FieldsFunc(id, func(r rune) bool { return strings.ContainsRune(":|/.#~", r) }), name) {
			return true
		}
	}
	return false
}

// Look is what the person sees in a channel, oldest first: nothing where he is not in.
func (p *Person) Look(channel string) []Message {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	c := p.w.find(channel)
	if c == nil {
		return nil
	}
	member := c.has(p.ID) || !c.private && !c.im
	var out []Message
	for _, m := range c.messages {
		if m.onlyFor == p.ID || m.onlyFor == "" && member {
			out = append(out, p.w.seen(m))
		}
	}
	return out
}

// Direct is the ID of the person's conversation with the app.
func (p *Person) Direct() string {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.direct(p.ID).id
}

// Whispers are the ephemeral messages that were shown to the person in channels.
func (p *Person) Whispers() []Message {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	var out []Message
	for _, c := range p.w.everyChannel() {
		for _, m := range c.messages {
			if !c.im && m.onlyFor == p.ID {
				out = append(out, p.w.seen(m))
			}
		}
	}
	return out
}

// DMs is what stands in the person's conversation with the app.
func (p *Person) DMs() []Message { return p.Look(p.Direct()) }

func (w *Workspace) seen(m *message) Message {
	out := Message{
		Channel: m.channel, TS: m.ts, Thread: m.thread, User: m.user, Ephemeral: m.onlyFor != "", Edited: m.edited,
		Fallback: m.text, Key: text(m.metadata, "event_payload", "key"), mark: m.mark,
	}
	if m.blocks != nil {
		out.Blocks = m.blocks // never changed, only replaced
	}
	for _, id := range m.files {
		out.Files = append(out.Files, w.uploads[id].name)
	}
	return out
}

// HomeView is the person's Home tab; nil: the app has published none.
func (p *Person) HomeView() *Modal {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.look(p.w.homes[p.ID], 0)
}

// Modal is the modal on top; nil: none is open.
func (p *Person) Modal() *Modal {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.look(p.w.top(p.ID), len(p.w.modals[p.ID]))
}

// top is the modal that lies on top of a person's; mu is held.
func (w *Workspace) top(user string) *view {
	if stack := w.modals[user]; len(stack) > 0 {
		return stack[len(stack)-1]
	}
	return nil
}

func (w *Workspace) look(v *view, depth int) *Modal {
	if v == nil {
		return nil
	}
	m := &Modal{
		ID: v.id, Title: text(v.body, "title", "text"), Submit: text(v.body, "submit", "text"), Close: text(v.body, "close", "text"),
		CallbackID: text(v.body, "callback_id"), Metadata: text(v.body, "private_metadata"), Depth: depth,
		Errors: map[string]string{},
	}
	for k, e := range v.errors {
		m.Errors[k] = e
	}
	blocks := list(v.body["blocks"]) // never changed, only replaced
	m.Blocks = blocks
	for _, b := range blocks {
		block, _ := b.(obj)
		for _, e := range elementsOf(block) {
			val := v.value(block, e)
			if val == nil {
				continue
			}
			id := text(block, "block_id")
			in := Input{
				Block: id, Action: text(e, "action_id"), Kind: text(e, "type"), Label: text(block, "label", "text"),
				Hint: text(block, "hint", "text"), Error: v.errors[id], Required: text(block, "type") == "input" && block["optional"] != true,
			}
			in.Value, in.Values = w.reading(val)
			for _, o := range optionsOf(e) {
				in.Options = append(in.Options, text(o, "text", "text"))
			}
			m.Inputs = append(m.Inputs, in)
		}
	}
	lines := readable(blocks, func(block, element obj) string {
		if val := v.value(block, element); val != nil {
			shown, _ := w.reading(val)
			return shown
		}
		return ""
	}, v.errors)
	m.text = strings.Join(append([]string{m.Title}, lines...), "\n")
	return m
}

// reading gives a value of a view's state as it is read, and the values of chosen options.
func (w *Workspace) reading(val obj) (shown string, values []string) {
	var chosen []any
	switch {
	case val["selected_option"] != nil:
		chosen = some(val["selected_option"])
	case val["selected_options"] != nil:
		chosen = list(val["selected_options"])
	}
	var texts []string
	for _, o := range chosen {
		texts = append(texts, text(o, "text", "text"))
		values = append(values, text(o, "value"))
	}
	for _, f := range list(val["files"]) {
		if id := text(f, "id"); w.uploads[id] != nil {
			texts = append(texts, w.uploads[id].name)
		}
	}
	for _, name := range []string{"value", "selected_date", "selected_time"} {
		if s, ok := val[name].(string); ok {
			texts = append(texts, s)
		}
	}
	if n, ok := val["selected_date_time"].(float64); ok {
		texts = append(texts, time.Unix(int64(n), 0).In(tokyo).Format("2006-01-02T15:04"))
	}
	return strings.Join(texts, ", "), values
}

var tokyo = time.FixedZone("JST", 9*60*60)

// readable gives the lines of blocks. shown gives what stands in an element, errors what is
// said at a block.
func readable(blocks []any, shown func(block, element obj) string, errors map[string]string) []string {
	var lines []string
	add := func(v any) {
		if s := text(v, "text"); s != "" {
			if text(v, "type") == "mrkdwn" {
				s = unescaped(s)
			}
			lines = append(lines, s)
		}
	}
	for _, b := range blocks {
		block, _ := b.(obj)
		if s, ok := block["text"].(string); ok { // markdown
			lines = append(lines, s)
		}
		add(block["text"])
		add(block["label"])
		for _, f := range list(block["fields"]) {
			add(f)
		}
		for _, v := range append(append(some(block["accessory"]), some(block["element"])...), list(block["elements"])...) {
			e, _ := v.(obj)
			switch kind := text(e, "type"); kind {
			case "button":
				lines = append(lines, "["+text(e, "text", "text")+"]")
			case "plain_text", "mrkdwn":
				add(e)
			case "image":
				lines = append(lines, text(e, "alt_text"))
			case "rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list":
				lines = append(lines, rich(e))
			default:
				if shown != nil {
					if s := shown(block, e); s != "" {
						lines = append(lines, "〔"+s+"〕")
					}
				}
			}
		}
		add(block["hint"])
		if e := errors[text(block, "block_id")]; e != "" {
			lines = append(lines, "⚠ "+e)
		}
	}
	return lines
}

func rich(e obj) string {
	var b strings.Builder
	for _, v := range list(e["elements"]) {
		o, _ := v.(obj)
		if s, ok := o["text"].(string); ok {
			b.WriteString(s)
		} else {
			b.WriteString(rich(o))
		}
	}
	return b.String()
}

// A date, and a link with a label: what a client shows of them is behind the last bar.
var angles = regexp.MustCompile(`<([^<>]*)>`)

func unescaped(s string) string {
	s = angles.ReplaceAllStringFunc(s, func(a string) string {
		inner := a[1 : len(a)-1]
		if i := strings.LastIndex(inner, "|"); i >= 0 {
			return inner[i+1:]
		}
		return strings.TrimPrefix(inner, "!")
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

func labels(blocks []any) []string {
	var out []string
	for _, b := range blocks {
		block, _ := b.(obj)
		for _, e := range elementsOf(block) {
			if text(e, "type") == "button" {
				out = append(out, text(e, "text", "text"))
			}
		}
	}
	return out
}

// Texts joins what can be read in messages.
func Texts(messages []Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Text())
	}
	return strings.Join(out, "\n")
}

func (m Message) String() string { return fmt.Sprintf("%s/%s: %s", m.Channel, m.TS, m.Text()) }
