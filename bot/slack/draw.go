package slack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// tokyo is the zone of everything that is written out; Japan has no summer time.
var tokyo = time.FixedZone("JST", 9*60*60)

// message draws a card as a message, and the text of its notification.
func (d drawing) message(c chat.Card) (blocks []sl.Block, fallback string) {
	blocks = numbered(blocksOf(d.fit(d.card(c, aMessage), aMessage)))
	if len(blocks) == 0 {
		blocks = []sl.Block{section(d.say("slack.draw.empty"))}
	}
	return blocks, d.fallback(c)
}

// led puts the sign and the mark of a card without a title before its first words: alone in a
// line they would say nothing.
func (d drawing) led(c chat.Card) chat.Card {
	if !blank(fit.OneLine(c.Title)) || len(c.Blocks) == 0 || blank(c.Blocks[0].Text) || !blank(c.Blocks[0].Heading) {
		return c
	}
	c.Blocks = slices.Clone(c.Blocks)
	c.Blocks[0].Text = strings.TrimSpace(d.title(c) + " " + c.Blocks[0].Text)
	c.Tone, c.Mark = chat.Plain, ""
	return c
}

// signs say the tone of a card, beside its words. Slack shows no colour on a message.
var signs = map[chat.Tone]string{chat.Good: "✅", chat.Notice: "ℹ️", chat.Urgent: "🚨", chat.Refused: "⛔"}

// wrong stands before what is wrong with an answer.
const wrong = "⚠️ "

// title is what a card is about, with its tone and mark before it.
func (d drawing) title(c chat.Card) string {
	title := fit.OneLine(c.Title)
	if mark := fit.OneLine(c.Mark); !blank(mark) {
		title = d.say("slack.draw.mark", "mark", mark) + title
	}
	return strings.TrimSpace(signs[c.Tone] + " " + title)
}

// card draws a card in rows, however many there are.
func (d drawing) card(c chat.Card, on surface) drawn {
	c = d.led(c)
	out := drawn{card: c, tail: d.buttons(c.Buttons, on)}
	if title := d.title(c); !blank(title) {
		shown := fit.Clip(title, maxHeader)
		out.head = []row{d.row(sl.NewHeaderBlock(plain(shown)), on)}
		if shown != title {
			rest := "…" + title[len(strings.TrimSuffix(shown, "…")):]
			for _, text := range chunks(rest, maxSection) {
				out.body = append(out.body, d.row(section(text), on))
			}
		}
	}
	for i, b := range c.Blocks {
		out.body = append(out.body, d.block(b, on)...)
		if i == 0 && !blank(b.Text) && !b.Small && c.Tone != chat.Good && acts(c) && lines(c) > oneScreen {
			// What can be done stands beside what is asked, not a screen further down. Where
			// something has been done, what follows from it comes first.
			out.head, out.body, out.tail = append(append(out.head, out.body...), out.tail...), nil, nil
		}
	}
	return out
}

// block draws a part of a card.
func (d drawing) block(b chat.Block, on surface) []row {
	var rows []row
	if len(b.Fields) > 0 {
		rows = d.fields(b.Fields, on)
	}
	rows = append(d.text(fit.Clean(b.Text), b.Small, on), rows...)
	rows = append(rows, d.items(b.Items, b.Small, on)...)
	if blank(b.Heading) {
		return rows
	}
	heading := sl.NewSectionBlock(bold(b.Heading, maxSection), nil, nil)
	if len(rows) > 0 {
		if first, ok := rows[0].block.(*sl.SectionBlock); ok && first.Text == nil {
			heading.Fields = first.Fields
			rows = rows[1:]
		}
	}
	r := d.row(heading, on)
	r.holds = heading.Fields == nil && len(rows) > 0
	return append([]row{r}, rows...)
}

func (d drawing) text(text string, less bool, on surface) []row {
	var rows []row
	if less {
		for _, part := range chunks(text, maxContext) {
			rows = append(rows, d.row(small(part), on))
		}
		return rows
	}
	for _, part := range chunks(text, maxSection) {
		rows = append(rows, d.row(section(part), on))
	}
	return rows
}

// fields draws labels and values side by side; a long value stands below its label.
func (d drawing) fields(pairs []chat.Pair, on surface) []row {
	var rows []row
	var side []*sl.TextBlockObject
	flush := func() {
		if side != nil {
			rows = append(rows, d.row(sl.NewSectionBlock(nil, side, nil), on))
			side = nil
		}
	}
	for _, p := range pairs {
		value := fit.Clean(p.Value)
		switch {
		case blank(p.Label) && blank(value) && p.At.IsZero():
			continue
		case blank(p.Label) && p.At.IsZero():
			flush()
			rows = append(rows, d.text(value, false, on)...)
			continue
		case fit.Units(value) > maxPairValue && p.At.IsZero():
			flush()
			r := d.row(sl.NewSectionBlock(bold(p.Label, maxSection), nil, nil), on)
			r.holds = true
			rows = append(append(rows, r), d.text(value, false, on)...)
			continue
		}
		label, shown := plain(d.say("slack.draw.blank")), plain(value)
		if !blank(p.Label) {
			label = bold(p.Label, maxPairValue)
		}
		switch {
		case !p.At.IsZero():
			shown = stamp(p.At, value)
		case blank(value):
			shown = plain(d.say("slack.draw.blank"))
		}
		if side = append(side, label, shown); len(side) == 2*pairsARow {
			flush()
		}
	}
	flush()
	return rows
}

// stamp is an instant in the reader's own zone (Slack, "Formatting text": date formatting),
// written out in Tokyo's where that does not work.
func stamp(at time.Time, said string) *sl.TextBlockObject {
	if said = fit.OneLine(said); blank(said) {
		said = inTokyo(at)
	}
	said = strings.ReplaceAll(escaped(said, maxPairValue), "|", "/")
	return sl.NewTextBlockObject(sl.MarkdownType, fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", at.Unix(), said), false, true)
}

// items draws a list. Points without buttons share a block, for there are only so many.
func (d drawing) items(items []chat.Item, less bool, on surface) []row {
	var rows []row
	var lines []string
	length := 0
	flush := func() {
		rows = append(rows, d.text(strings.Join(lines, "\n"), less, on)...)
		lines, length = nil, 0
	}
	room := maxSection
	if less {
		room = maxContext
	}
	for _, i := range items {
		text, pressable := d.item(i), d.buttons(i.Buttons, on)
		if blank(text) && len(pressable) == 0 {
			continue
		}
		if len(pressable) == 0 {
			if n := fit.Units(text) + 1; length+n > room {
				flush()
			}
			lines, length = append(lines, text), length+fit.Units(text)+1
			continue
		}
		flush()
		parts := chunks(text, maxSection)
		alone, single := pressable[0].block.(*sl.ActionBlock)
		if single = single && len(pressable) == 1 && len(alone.Elements.ElementSet) == 1; single && len(parts) == 1 {
			rows = append(rows, d.row(sl.NewSectionBlock(plain(parts[0]), nil, sl.NewAccessory(alone.Elements.ElementSet[0])), on))
			continue
		}
		for n, part := range parts {
			r := d.row(section(part), on)
			r.holds = n == len(parts)-1
			rows = append(rows, r)
		}
		rows = append(rows, pressable...)
	}
	flush()
	return rows
}

// item is a point of a list in words.
func (d drawing) item(i chat.Item) string {
	text, mark, less := strings.TrimSpace(fit.Clean(i.Text)), fit.OneLine(i.Mark), strings.TrimSpace(fit.Clean(i.Small))
	switch {
	case !blank(mark):
		text = d.say("slack.draw.item_marked", "mark", mark, "text", text)
	case !blank(text):
		text = d.say("slack.draw.item", "text", text)
	}
	if blank(less) {
		return text
	}
	return strings.TrimSpace(text + "\n" + d.say("slack.draw.item_small", "text", strings.ReplaceAll(less, "\n", "\n　　")))
}
