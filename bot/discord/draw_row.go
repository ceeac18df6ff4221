package discord

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// fit gives what of a card has room in one message, with a way to the rest. What can be done
// comes first; then the text, as far as there is room, with the buttons of its points.
func (d drawing) fit(c drawn) (embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) {
	if p := whole(c.body); p.size <= maxEmbedsText && len(c.buttons)+len(p.buttons) <= maxButtons {
		return p.embeds(c.card.Tone), grid(c.buttons, p.buttons)
	}
	say, way := d.more(c.card)
	own := c.buttons[:min(len(c.buttons), maxButtons-1)]
	p := page{}
	for _, r := range c.body {
		text := r
		text.buttons = nil
		if !p.fits(text, maxEmbedsText-fit.Units(say)-len("\n\n"), 0) {
			break
		}
		p.add(text)
		for _, b := range r.buttons {
			if len(own)+len(p.buttons) < maxButtons-1 {
				p.buttons = append(p.buttons, b)
			}
		}
	}
	p.trim()
	p.add(row{text: say, gap: true})
	return p.embeds(c.card.Tone), grid(own, p.buttons, way)
}

// page is what of a card stands in one message.
type page struct {
	rows    []row
	buttons []drawnButton
	size    int
}

func whole(rows []row) page {
	p := page{}
	for _, r := range rows {
		p.add(r)
	}
	return p
}

func (p *page) add(r row) {
	p.rows = append(p.rows, r)
	p.buttons = append(p.buttons, r.buttons...)
	p.size += r.size()
}

func (p *page) fits(r row, room, taken int) bool {
	return p.size+r.size() <= room && taken+len(p.buttons)+len(r.buttons) <= maxButtons
}

// trim leaves no heading at the end; it gives how many rows it took away.
func (p *page) trim() (n int) {
	for len(p.rows) > 0 && p.rows[len(p.rows)-1].holds && len(p.rows[len(p.rows)-1].buttons) == 0 {
		p.size -= p.rows[len(p.rows)-1].size()
		p.rows = p.rows[:len(p.rows)-1]
		n++
	}
	return n
}

func (p *page) embeds(t chat.Tone) []*discordgo.MessageEmbed {
	var out []*discordgo.MessageEmbed
	var text strings.Builder
	length := 0
	flush := func() {
		if length > 0 {
			out = append(out, &discordgo.MessageEmbed{Description: text.String(), Color: colours[t]})
			text.Reset()
			length = 0
		}
	}
	for _, r := range p.rows {
		if length+r.size() > maxText {
			flush()
		}
		if length > 0 {
			text.WriteByte('\n')
			if r.gap {
				text.WriteByte('\n')
			}
		}
		text.WriteString(r.text)
		length += r.size()
	}
	flush()
	return out
}

// more is the way to what did not fit.
func (d drawing) more(c chat.Card) (say string, way []drawnButton) {
	if c.Whole != "" && len(c.Whole) <= maxCustomID {
		return less(escape(d.say("discord.draw.more"))), []drawnButton{d.turn(c.Whole, 1, d.say("discord.draw.more_button"))}
	}
	if url := d.pageURL(c); url != "" {
		return less(escape(d.say("discord.draw.more_page"))), []drawnButton{link(d.say("discord.draw.more_page_button"), url)}
	}
	return less(escape(d.say("discord.draw.more_nowhere"))), nil
}

// pageURL is the web page of a card.
func (d drawing) pageURL(c chat.Card) string {
	for _, b := range c.Buttons {
		if url := d.url(b.Page); url != "" {
			return url
		}
	}
	return ""
}

// leaf draws a page of whole cards, from 1; the nearest where there is none of that number.
// again is how they are asked for again.
func (d drawing) leaf(cards []chat.Card, again chat.Action, number int) (content string, embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) {
	return d.open(cards, again).page(number)
}

// book is whole cards on pages.
type book struct {
	drawing
	again chat.Action
	title string
	tone  chat.Tone
	pages []page
}

func (d drawing) open(cards []chat.Card, again chat.Action) book {
	b := book{drawing: d, again: again}
	var all []row
	for i, c := range cards {
		one := d.card(c)
		if i == 0 {
			b.title, b.tone = one.title, c.Tone
		} else if one.title != "" {
			all = append(all, row{text: one.title, gap: true, holds: true})
		}
		all = append(all, one.body...)
		for own := range slices.Chunk(one.buttons, maxItemButtons) {
			all = append(all, row{text: escape(d.say("discord.draw.actions")), gap: true, buttons: own})
		}
	}
	b.pages = parted(all)
	return b
}

func (b book) page(number int) (content string, embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) {
	number = max(1, min(number, len(b.pages)))
	p := b.pages[number-1]
	var ways []drawnButton
	if number > 1 {
		ways = append(ways, b.turn(b.again, number-1, b.say("discord.draw.page_before")))
	}
	if number < len(b.pages) {
		ways = append(ways, b.turn(b.again, number+1, b.say("discord.draw.page_after")))
	}
	if len(b.pages) > 1 {
		p.rows = slices.Clip(p.rows)
		p.add(row{text: less(escape(b.say("discord.draw.page", "page", strconv.Itoa(number), "pages", strconv.Itoa(len(b.pages))))), gap: true})
	}
	embeds = p.embeds(b.tone)
	if content = b.title; content == "" && len(embeds) == 0 {
		content = b.say("discord.draw.empty")
	}
	return content, embeds, grid(p.buttons, ways)
}

// parted puts rows on pages: none breaks a row in two, or leaves a heading at its end.
func parted(rows []row) []page {
	var pages []page
	p := page{}
	for i := 0; i < len(rows); {
		if len(p.rows) == 0 || p.fits(rows[i], maxEmbedsText-pageReserve, 2) {
			p.add(rows[i])
			i++
			continue
		}
		if n := p.trim(); len(p.rows) > 0 {
			i -= n
		} else {
			p = whole(rows[i-n : i]) // nothing but headings: they stand as they are
		}
		pages = append(pages, p)
		p = page{}
	}
	return append(pages, p)
}
