package slack

import (
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// fallback is the text beside the blocks. It stands in the notification, and a screen reader
// reads it and nothing of the blocks (Slack, chat.postMessage, "Accessibility considerations"):
// so it says what the card says, from the beginning.
func (d drawing) fallback(c chat.Card) string {
	c = d.led(c)
	lines := []string{fit.Clip(d.title(c), maxHeader)}
	for _, b := range c.Blocks {
		lines = append(lines, d.words(b)...)
	}
	text := strings.Join(slices.DeleteFunc(lines, blank), "\n")
	if blank(text) {
		text = d.say("slack.draw.empty")
	}
	return escaped(strings.TrimSpace(text), maxFallback)
}

// words are what a part of a card says, line by line.
func (d drawing) words(b chat.Block) []string {
	lines := []string{fit.OneLine(b.Heading), fit.Clean(b.Text)}
	for _, p := range b.Fields {
		label, value := fit.OneLine(p.Label), fit.Clean(p.Value)
		if blank(value) && !p.At.IsZero() {
			value = inTokyo(p.At)
		}
		if !blank(label) && !blank(value) {
			value = d.say("slack.draw.pair", "label", label, "value", value)
		}
		lines = append(lines, value)
	}
	for _, i := range b.Items {
		lines = append(lines, d.item(i))
	}
	return lines
}

func inTokyo(at time.Time) string { return at.In(tokyo).Format("2006-01-02 15:04 JST") }

// oneScreen is about how many lines a telephone shows at once, and lineWidth how many
// characters of Japanese there are in one.
const (
	oneScreen = 20
	lineWidth = 24
)

// lines is about how long a card is on a telephone, without its title and buttons.
func lines(c chat.Card) int {
	n := 0
	count := func(text string) {
		for line := range strings.Lines(fit.Clean(text)) {
			n += 1 + (fit.Units(line)-1)/lineWidth
		}
	}
	for _, b := range c.Blocks {
		count(b.Heading)
		count(b.Text)
		for _, p := range b.Fields {
			count(p.Label)
			count(p.Value)
		}
		for _, i := range b.Items {
			count(i.Mark + i.Text)
			count(i.Small)
			n += min(len(i.Buttons), 1)
		}
	}
	return n
}

// acts reports whether something can be done from a card, beside looking elsewhere.
func acts(c chat.Card) bool {
	return slices.ContainsFunc(c.Buttons, func(b chat.Button) bool { return b.Action != "" })
}
