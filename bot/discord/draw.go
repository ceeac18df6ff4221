package discord

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// drawing turns cards into a message: its title as the content, which notifications and screen
// readers begin with, the rest as embeds and buttons. It is pure but for keep: the same card is
// the same message.
type drawing struct {
	say       func(key string, pairs ...string) string
	publicURL string // the base of links to the web pages; empty: there are none
	// keep is told what a custom_id stands for that says less than it means; nil: nobody wants
	// to know.
	keep func(short, whole string)
}

// tokyo is the zone of everything that is written out; Japan has no summer time.
var tokyo = time.FixedZone("JST", 9*60*60)

// message draws a card. What does not fit can be asked for by a button.
func (d drawing) message(c chat.Card) (content string, embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) {
	drawn := d.card(c)
	embeds, rows = d.fit(drawn)
	if content = drawn.title; content == "" && len(embeds) == 0 {
		content = d.say("discord.draw.empty")
	}
	return content, embeds, rows
}

// signs say the tone of a card, beside its words. Its colour only adds to them.
var signs = map[chat.Tone]string{chat.Good: "✅", chat.Notice: "ℹ️", chat.Urgent: "🚨", chat.Refused: "⛔"}

var colours = map[chat.Tone]int{chat.Good: 0x2e7d32, chat.Notice: 0x1565c0, chat.Urgent: 0xc62828, chat.Refused: 0xc62828}

// drawn is a card in rows, however many there are.
type drawn struct {
	card    chat.Card
	title   string // the content, escaped
	body    []row
	buttons []drawnButton // of the card as a whole
}

// row is a part of a card: a few lines of Markdown, with the buttons that belong to them.
type row struct {
	text    string
	buttons []drawnButton
	holds   bool // a heading: not without what comes after it
	gap     bool // begins after an empty line
}

func (r row) size() int { return fit.Units(r.text) + len("\n\n") }

// led puts the sign and the mark of a card without a title before its first words: alone in a
// line they would say nothing.
func (d drawing) led(c chat.Card) (chat.Card, bool) {
	if !blank(fit.OneLine(c.Title)) || len(c.Blocks) == 0 || blank(c.Blocks[0].Text) || !blank(c.Blocks[0].Heading) {
		return c, false
	}
	c.Blocks = slices.Clone(c.Blocks)
	c.Blocks[0].Text = strings.TrimSpace(d.title(c) + " " + c.Blocks[0].Text)
	return c, true
}

// title is what a card is about, with its tone and mark before it.
func (d drawing) title(c chat.Card) string {
	title := fit.OneLine(c.Title)
	if mark := fit.OneLine(c.Mark); !blank(mark) {
		title = d.say("discord.draw.mark", "mark", mark) + title
	}
	return strings.TrimSpace(signs[c.Tone] + " " + title)
}

// card draws a card in rows.
func (d drawing) card(c chat.Card) drawn {
	out := drawn{card: c}
	c, led := d.led(c)
	if title := d.title(c); !led && !blank(title) {
		shown := title
		if n := fit.Cut(title, maxShown, costOf); n < len(title) {
			n = fit.Cut(title, maxShown-1, costOf)
			shown = title[:n] + "…"
			for _, text := range chunks("…"+title[n:], maxRow) {
				out.body = append(out.body, row{text: text})
			}
		}
		out.title = "**" + escape(shown) + "**"
	}
	numbered := numbers(c)
	for _, b := range c.Blocks {
		rows := d.block(b, numbered)
		if len(rows) > 0 {
			rows[0].gap = true
		}
		out.body = append(out.body, rows...)
	}
	out.buttons = d.buttons(c.Buttons, "")
	for _, text := range chunks(strings.Join(d.unclipped(c.Buttons), "\n"), maxRow) {
		out.body = append(out.body, row{text: less(text)})
	}
	return out
}

// numbers counts the points with buttons of a card, where there are several: Discord shows all
// buttons below the text, so that each says by a number which point it is of.
type numbering struct {
	needed bool
	last   int
	own    map[string]bool // the numbers of their own that points go by
}

func numbers(c chat.Card) *numbering {
	n := 0
	for _, b := range c.Blocks {
		for _, i := range b.Items {
			if len(i.Buttons) > 0 {
				n++
			}
		}
	}
	return &numbering{needed: n > 1}
}

func (n *numbering) next() string {
	if !n.needed {
		return ""
	}
	n.last++
	return strconv.Itoa(n.last)
}

// ownNumber begins a point that has a number of its own, such as a step.
var ownNumber = regexp.MustCompile(`^([0-9]{1,3})(?:．|\. )`)

// numbered is by what the buttons of a point go. One whose words begin with a number of its own
// goes by that, so that no two numbers stand beside each other: its words say which it is. Where
// two would go by the same, the second one is counted as all others are.
func (d drawing) numbered(i chat.Item, n *numbering) (number string, own bool) {
	number = n.next()
	m := ownNumber.FindStringSubmatch(fit.OneLine(i.Text))
	if number == "" || m == nil || n.own[m[1]] {
		return number, false
	}
	if n.own == nil {
		n.own = map[string]bool{}
	}
	n.own[m[1]] = true
	return d.say("discord.draw.step", "number", m[1]), true
}

// block draws a part of a card.
func (d drawing) block(b chat.Block, n *numbering) []row {
	rows := d.text(fit.Clean(b.Text), b.Small)
	rows = append(rows, d.fields(b.Fields)...)
	rows = append(rows, d.items(b.Items, b.Small, n)...)
	if blank(b.Heading) {
		return rows
	}
	return append([]row{{text: bold(b.Heading, maxRow), holds: len(rows) > 0}}, rows...)
}

func (d drawing) text(text string, small bool) []row {
	var rows []row
	for _, part := range chunks(text, maxRow) {
		if small {
			part = less(part)
		}
		rows = append(rows, row{text: part})
	}
	return rows
}

// fields draws labels and values, a pair in a line; a long value stands below its label.
func (d drawing) fields(pairs []chat.Pair) []row {
	var rows []row
	for _, p := range pairs {
		label, value := fit.OneLine(p.Label), strings.TrimSpace(fit.Clean(p.Value))
		switch {
		case blank(label) && blank(value) && p.At.IsZero():
			continue
		case !p.At.IsZero():
			value = stamp(p.At, value)
		case blank(value):
			value = escape(d.say("discord.draw.blank"))
		case fit.Units(value) > maxPairValue || strings.Contains(value, "\n"):
			if !blank(label) {
				rows = append(rows, row{text: bold(label, maxRow), holds: true})
			}
			rows = append(rows, d.text(value, false)...)
			continue
		default:
			value = escape(value)
		}
		if !blank(label) {
			value = d.say("discord.draw.pair", "label", bold(label, maxPairValue), "value", value)
		}
		rows = append(rows, row{text: value})
	}
	return rows
}

// stamp is an instant as it is written, in Tokyo's time, and beside it in the reader's own zone
// (Discord, "Message Formatting": timestamps).
func stamp(at time.Time, said string) string {
	if said = fit.OneLine(said); blank(said) {
		said = inTokyo(at)
	}
	said = escaped(said, maxPairValue)
	if y := at.Year(); y < 1970 || y > 9999 {
		return said
	}
	return fmt.Sprintf("%s (<t:%d:f>)", said, at.Unix())
}

func inTokyo(at time.Time) string { return at.In(tokyo).Format("2006-01-02 15:04 JST") }

// items draws a list.
func (d drawing) items(items []chat.Item, small bool, n *numbering) []row {
	var rows []row
	for _, i := range items {
		number, own := "", false
		if len(i.Buttons) > 0 {
			number, own = d.numbered(i, n)
		}
		text, buttons := d.item(i), d.buttons(i.Buttons, number)
		if blank(text) && len(buttons) == 0 {
			continue
		}
		parts := chunks(text, maxRow)
		if len(parts) == 0 {
			parts = []string{escape(d.say("discord.draw.item", "text", d.say("discord.draw.blank")))}
		}
		if number != "" && !own {
			parts[0] = d.say("discord.draw.number", "number", number, "text", parts[0])
		}
		for n, part := range parts {
			if small && len(buttons) == 0 {
				part = less(part)
			}
			rows = append(rows, row{text: part, holds: n < len(parts)-1})
		}
		last := &rows[len(rows)-1]
		for chunk := range slices.Chunk(buttons, maxItemButtons) {
			if last.buttons != nil {
				rows = append(rows, row{text: escape(d.say("discord.draw.number_more", "number", number))})
				last = &rows[len(rows)-1]
			}
			last.buttons = chunk
		}
		for _, text := range chunks(strings.Join(d.unclipped(i.Buttons), "\n"), maxRow) {
			rows = append(rows, row{text: less(text)})
		}
	}
	return rows
}

// item is a point of a list in words.
func (d drawing) item(i chat.Item) string {
	text, mark, more := strings.TrimSpace(fit.Clean(i.Text)), fit.OneLine(i.Mark), strings.TrimSpace(fit.Clean(i.Small))
	switch {
	case !blank(mark):
		text = d.say("discord.draw.item_marked", "mark", mark, "text", text)
	case !blank(text):
		text = d.say("discord.draw.item", "text", text)
	}
	if blank(more) {
		return text
	}
	return strings.TrimSpace(text + "\n" + d.say("discord.draw.item_small", "text", strings.ReplaceAll(more, "\n", "\n　　")))
}
