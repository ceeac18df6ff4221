package slack

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// drawing turns cards and forms into Block Kit. It is pure: the same card is the same message.
type drawing struct {
	say       func(key string, pairs ...string) string
	publicURL string // the base of links to the web pages; empty: there are none
}

// row is one block of a card.
type row struct {
	block sl.Block
	holds bool // a heading: not without what comes after it
	size  int  // as the surface counts it
}

// surface is what a card is drawn on.
type surface struct {
	blocks int
	room   int
	size   func(sl.Block) int
}

var (
	aMessage = surface{blocks: maxMessageBlocks, room: maxMessage, size: characters}
	aView    = surface{blocks: maxViewBlocks, room: maxView - viewReserve, size: weight}
)

// action_ids are unique in what is shown; a number takes the place of so many characters.
const idRoom = 8

// characters is how long a block is, as a message counts it.
func characters(b sl.Block) int {
	var s bytes.Buffer
	enc := json.NewEncoder(&s)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b); err != nil {
		return maxMessage + 1
	}
	n := s.Len()
	if n > utf8.UTFMax && !ascii(s.Bytes()) {
		n = fit.Units(s.String())
	}
	return n + idRoom*buttonsOf(b)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// weight is how many bytes a block has, as a view counts it.
func weight(b sl.Block) int {
	out, err := json.Marshal(b)
	if err != nil {
		return maxView + 1
	}
	return len(out) + 1 + idRoom*buttonsOf(b)
}

func buttonsOf(b sl.Block) int {
	switch b := b.(type) {
	case *sl.ActionBlock:
		return len(b.Elements.ElementSet)
	case *sl.SectionBlock:
		if b.Accessory != nil {
			return 1
		}
	}
	return 0
}

// numbered makes the action_ids of the buttons unique.
func numbered(blocks []sl.Block) []sl.Block {
	n := 0
	name := func(e sl.BlockElement) {
		if b, ok := e.(*sl.ButtonBlockElement); ok && b != nil {
			n++
			b.ActionID += ":" + strconv.Itoa(n)
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *sl.ActionBlock:
			for _, e := range b.Elements.ElementSet {
				name(e)
			}
		case *sl.SectionBlock:
			if b.Accessory != nil {
				name(b.Accessory.ButtonElement)
			}
		}
	}
	return blocks
}

func total(rows []row) int {
	n := 0
	for _, r := range rows {
		n += r.size
	}
	return n
}

func blocksOf(rows ...[]row) []sl.Block {
	var out []sl.Block
	for _, part := range rows {
		for _, r := range part {
			out = append(out, r.block)
		}
	}
	return out
}

// drawn is a card as rows.
type drawn struct {
	card             chat.Card
	head, body, tail []row
}

func (c drawn) count() int { return len(c.head) + len(c.body) + len(c.tail) }
func (c drawn) size() int  { return total(c.head) + total(c.body) + total(c.tail) }

// fit gives the rows of a card that have room, with a way to the others. Its title and its
// buttons come first: they are what it is about and what can be done.
func (d drawing) fit(c drawn, on surface) []row {
	if c.count() <= on.blocks && c.size() <= on.room {
		return append(append(append([]row{}, c.head...), c.body...), c.tail...)
	}
	more := d.more(c.card, on)
	blocks, room := on.blocks-1, on.room-more.size
	head := fitting(c.head, blocks, room)
	blocks, room = blocks-len(head), room-total(head)
	tail := fitting(c.tail, max(1, blocks/2), room/2)
	if len(c.body) == 0 {
		tail = fitting(c.tail, blocks, room) // there is nothing else to leave room for
	}
	body := fitting(c.body, blocks-len(tail), room-total(tail))
	out := append(append([]row{}, head...), body...)
	return append(append(out, more), tail...)
}

// fitting gives the rows that have room, and no heading at the end.
func fitting(rows []row, blocks, room int) []row {
	n := 0
	for n < len(rows) && n < blocks && rows[n].size <= room {
		room -= rows[n].size
		n++
	}
	if n < len(rows) {
		for n > 0 && rows[n-1].holds {
			n--
		}
	}
	return rows[:n]
}

// more is the way to what did not fit.
func (d drawing) more(c chat.Card, on surface) row {
	say, button := d.say("slack.draw.more_nowhere"), (*sl.ButtonBlockElement)(nil)
	if c.Whole != "" && len(c.Whole) <= maxButtonValue-idRoom {
		say, button = d.say("slack.draw.more"), d.turn(c.Whole, 1, d.say("slack.draw.more_button"))
	} else if url := d.pageOf(c); url != "" {
		say, button = d.say("slack.draw.more_page"), d.link(d.say("slack.draw.more_page_button"), url)
	}
	if button == nil {
		return d.row(small(say), on)
	}
	return d.row(sl.NewSectionBlock(plain(fit.Clip(say, maxSection)), nil, sl.NewAccessory(button)), on)
}

// pageOf is the web page of a card.
func (d drawing) pageOf(c chat.Card) string {
	for _, b := range c.Buttons {
		if url := d.url(b.Page); url != "" {
			return url
		}
	}
	return ""
}

func (d drawing) row(b sl.Block, on surface) row { return row{block: b, size: on.size(b)} }

func section(text string) *sl.SectionBlock { return sl.NewSectionBlock(plain(text), nil, nil) }

func small(text string) *sl.ContextBlock {
	return sl.NewContextBlock("", plain(fit.Clip(text, maxContext)))
}
