package discord

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// pieces are what texts are made of: what people type, and what they should not.
var pieces = []string{
	"事故", "お客様の名簿", "a", " ", "\n", "\r\n", "\t", "　", "<", ">", "&", "*", "_", "~", "`", "|", "||", "\\", "#", "-", "1.", "@", ":smile:", "@everyone", "@here", "<@123456>",
	"<@&123456>", "<#123456>", "<t:0:R>", "[a](https://evil.example)", "https://example.com/a_b", "が", "か\u3099", "👨\u200d👩\u200d👧", "🇯🇵", "𠮷", "\u0300", "\x00", "\x1b[1m", "\xff", "\ufeff", "\u200b", "\u2028", "{mark}", "・",
	"\u3164", "\u2800", "```", "-# ", "> ", "## ",
}

func anyText(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var s strings.Builder
		for range rapid.IntRange(0, 4).Draw(t, "pieces") {
			s.WriteString(rapid.SampledFrom(pieces).Draw(t, "piece"))
		}
		times := rapid.SampledFrom([]int{1, 1, 1, 1, 20, 80, 400, 3000, 8000}).Draw(t, "times")
		out := strings.Repeat(s.String(), times)
		if len(out) > most {
			out = out[:most]
		}
		return out
	})
}

func anyButton() *rapid.Generator[chat.Button] {
	return rapid.Custom(func(t *rapid.T) chat.Button {
		return chat.Button{
			Label: anyText(600).Draw(t, "label"), Action: chat.Action(strings.ToValidUTF8(anyText(110).Draw(t, "action"), "")),
			Style:   rapid.SampledFrom([]chat.Style{"", chat.Primary, chat.Danger, "odd"}).Draw(t, "style"),
			Confirm: anyText(2000).Draw(t, "confirm"), Page: rapid.SampledFrom([]string{"", "", "", "/incidents/INC-2026-0001", "no path", "/" + strings.Repeat("x", 3000)}).Draw(t, "page"),
		}
	})
}

func many[T any](t *rapid.T, g *rapid.Generator[T], name string, most int) []T {
	n := rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 12, most}).Draw(t, name)
	if n > 12 {
		// The same few over and over: what matters is how many there are.
		few := rapid.SliceOfN(g, 3, 3).Draw(t, name)
		out := make([]T, n)
		for i := range out {
			out[i] = few[i%len(few)]
		}
		return out
	}
	return rapid.SliceOfN(g, n, n).Draw(t, name)
}

func anyCard() *rapid.Generator[chat.Card] {
	return rapid.Custom(func(t *rapid.T) chat.Card {
		c := chat.Card{
			Tone: rapid.SampledFrom([]chat.Tone{"", chat.Good, chat.Notice, chat.Urgent, chat.Refused}).Draw(t, "tone"),
			Mark: anyText(100).Draw(t, "mark"), Title: anyText(9000).Draw(t, "title"),
			Whole: chat.Action(rapid.SampledFrom([]string{"", "show|INC-2026-0001||whole", "show|" + strings.Repeat("x", 95)}).Draw(t, "whole")),
		}
		for range rapid.IntRange(0, 3).Draw(t, "blocks") {
			b := chat.Block{Heading: anyText(4000).Draw(t, "heading"), Small: rapid.Bool().Draw(t, "small")}
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				b.Text = anyText(60_000).Draw(t, "text")
			case 1:
				b.Fields = many(t, rapid.Custom(func(t *rapid.T) chat.Pair {
					p := chat.Pair{Label: anyText(3000).Draw(t, "label"), Value: anyText(9000).Draw(t, "value")}
					if rapid.Bool().Draw(t, "at") {
						p.At = time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "unix"), 0)
					}
					return p
				}), "fields", 200)
			default:
				b.Items = many(t, rapid.Custom(func(t *rapid.T) chat.Item {
					return chat.Item{
						Mark: anyText(60).Draw(t, "mark"), Text: anyText(9000).Draw(t, "text"), Small: anyText(3000).Draw(t, "less"),
						Buttons: many(t, anyButton(), "buttons", 30),
					}
				}), "items", 300)
			}
			c.Blocks = append(c.Blocks, b)
		}
		c.Buttons = many(t, anyButton(), "buttons", 40)
		return c
	})
}

// TestWhateverACardIsDiscordTakesIt also says that nothing of a card is lost: with the pages of
// the whole every button can be pressed, and means what it meant.
func TestWhateverACardIsDiscordTakesIt(t *testing.T) {
	b := newBench(t)
	room := b.AddChannel("room")
	linked, plain := b.draw, b.draw
	plain.publicURL = ""
	var first string
	put := func(t *rapid.T, content string, embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) {
		p := payload{Content: content, Embeds: embeds, Components: rows, Mentions: nobody()}
		if embeds == nil {
			p.Embeds = []*discordgo.MessageEmbed{}
		}
		if rows == nil {
			p.Components = []discordgo.MessageComponent{}
		}
		var made posted
		if err := b.api.do(b.t.Context(), turn{free: true}, "POST", "channels/"+room.ID+"/messages", p, &made); err != nil {
			t.Fatalf("%v: %q", err, b.Mistakes())
		}
		if first == "" {
			first = made.ID
		} else if err := b.api.do(b.t.Context(), turn{free: true}, "PATCH", "channels/"+room.ID+"/messages/"+first, p, nil); err != nil {
			t.Fatalf("an update: %v: %q", err, b.Mistakes())
		}
		if made.ID != first {
			b.RemoveMessage(room.ID, made.ID)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard().Draw(t, "card")
		d := rapid.SampledFrom([]drawing{linked, plain}).Draw(t, "pen")
		content, embeds, rows := d.message(c)
		put(t, content, embeds, rows)
		whole := chat.Action("show|INC-2026-0001||whole")
		seen := map[string]bool{}
		pages := d.open([]chat.Card{c, c}, whole)
		for n := 1; ; n++ {
			content, embeds, rows := pages.page(n)
			if n < 4 || n > len(pages.pages)-2 {
				put(t, content, embeds, rows)
			}
			next := false
			for _, e := range pressable(rows) {
				seen[e.CustomID] = true
				at, ok := b.button(b.t.Context(), e.CustomID)
				if e.URL == "" && !ok {
					t.Fatalf("%q means nothing", e.CustomID)
				}
				next = next || at.kind == more && at.page == n+1
			}
			if !next {
				break
			}
			if n > len(pages.pages) {
				t.Fatal("there is no end of pages")
			}
		}
		all := slices.Clone(c.Buttons)
		for _, block := range c.Blocks {
			for _, i := range block.Items {
				all = append(all, i.Buttons...)
			}
		}
		for _, one := range all {
			if e, ok := d.button(one, ""); ok && e.CustomID != "" && !seen[e.CustomID] {
				t.Fatalf("a button is on no page: %q", e.CustomID)
			}
		}
	})
	b.clean()
}

func pressable(rows []discordgo.MessageComponent) (out []drawnButton) {
	for _, r := range rows {
		row, _ := r.(discordgo.ActionsRow)
		for _, e := range row.Components {
			if e, ok := e.(drawnButton); ok {
				out = append(out, e)
			}
		}
	}
	return out
}

// TestNothingTypedMeansAnything: a text that is escaped is read back as it was typed, and no
// sign in it begins anything.
func TestNothingTypedMeansAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := fit.Clean(anyText(3000).Draw(t, "text"))
		for _, part := range append(chunks(s, 200), escape(s), escaped(s, 100)) {
			if fit.Units(part) > 2*fit.Units(s)+1 {
				t.Fatalf("%q became %q", s, part)
			}
			if at := meaning.FindStringIndex(unslashed(part)); at != nil {
				t.Fatalf("%q in %q of %q means something", unslashed(part)[at[0]:at[1]], part, s)
			}
		}
		for _, part := range chunks(s, 200) {
			if fit.Units(part) > 200 {
				t.Fatalf("a part has %d characters", fit.Units(part))
			}
		}
		if got := shown(escape(s)); got != s {
			t.Fatalf("%q is shown as %q", s, got)
		}
	})
}

// meaning is what Discord's Markdown begins with, where no backslash stands before it.
var meaning = regexp.MustCompile("(?m)[*_~`|<@\\[\\]]|^[ \\t]*(#|>|-|\\+|[0-9]+\\.)|https?://|:[a-z_+-]")

// unslashed leaves out what stands behind a backslash, with the backslash.
func unslashed(s string) string {
	return regexp.MustCompile(`(?s)\\[^0-9A-Za-z\s]`).ReplaceAllString(s, "␀")
}

// shown is a text as Discord shows it: a backslash before a sign is not.
func shown(s string) string {
	return regexp.MustCompile(`(?s)\\([^0-9A-Za-z\s])`).ReplaceAllString(s, "$1")
}
