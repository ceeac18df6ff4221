package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// tellReplies tells the answers of the last act, after the line that caused them.
func (n *night) tellReplies() {
	for _, name := range slices.Sorted(maps.Keys(n.fresh)) {
		for _, c := range n.fresh[name] {
			n.tellCard(1, name+" ←", c)
		}
	}
	clear(n.fresh)
}

// tellNews tells every message that arrived or changed, after the time where time passes.
func (n *night) tellNews(timed int) {
	ctx := context.Background()
	ids, err := n.house.store.AllIDs(ctx)
	if err != nil {
		n.t.Fatal(err)
	}
	before := n.out.Len()
	if timed > 0 {
		n.tell(0, n.clock.now.In(incident.Tokyo).Format("15:04"))
	}
	start := n.out.Len()
	n.updates = nil
	for _, p := range n.house.desk.People(n.program.settings.Lang) {
		f, err := n.house.desk.Feed(ctx, p.User, "")
		if err != nil {
			n.t.Fatal(err)
		}
		for _, post := range f.Posts {
			n.news("DM "+p.Name, "dm/"+string(p.User)+"/"+post.Key, post.Card)
		}
	}
	for _, id := range ids {
		in, err := n.house.store.Incident(ctx, id)
		if err != nil {
			n.t.Fatal(err)
		}
		if len(in.Circle) == 0 {
			continue
		}
		ch := n.house.desk.Channel(id)
		f, err := n.house.desk.Feed(ctx, chat.UserID("web:"+string(in.Circle[0].Person)), ch)
		if err != nil {
			n.t.Fatal(err)
		}
		for _, post := range f.Posts {
			n.news("#"+ch, ch+"/"+post.Key, post.Card)
		}
	}
	if n.out.Len() == start {
		told := n.out.String()[:before]
		n.out.Reset()
		n.out.WriteString(told)
	}
}

// news tells a new message whole. Of one that was brought up to date it tells the lines that
// are new, once where several messages of a person got the same; of those
// that change with everything it tells nothing more.
func (n *night) news(where, key string, c chat.Card) {
	text := n.cardText(0, c)
	old, there := n.seen[key]
	n.seen[key] = text
	switch {
	case !there && strings.Contains(key, "/digest:") && n.sameDigest(text):
		n.tell(1, where+" ⇐ "+c.Title+" (as before)")
	case !there:
		n.tellCard(1, where+" ⇐", c)
	case old != text && !slices.ContainsFunc(living, func(k string) bool { return strings.Contains(key, "/"+k+":") }):
		update := where + " ↻ " + c.Title
		known := strings.Split(days.ReplaceAllString(old, ""), "\n")
		changed := false
		for l := range strings.SplitSeq(text, "\n") {
			if !slices.Contains(known, days.ReplaceAllString(l, "")) {
				update, changed = update+"\n        "+l, true
			}
		}
		if changed && !slices.Contains(n.updates, update) {
			n.updates = append(n.updates, update)
			for i, l := range strings.Split(update, "\n") {
				n.tell(max(1-i, 0), l)
			}
		}
	}
}

// sameDigest reports whether a morning's list says what the last one said to anybody, but for
// the days.
func (n *night) sameDigest(text string) bool {
	_, body, _ := strings.Cut(days.ReplaceAllString(text, ""), "\n")
	last := n.seen["digest"]
	n.seen["digest"] = body
	return body == last
}

// living are the messages that change with everything: how they are is told where they are
// looked at.
var living = []string{"card", "digest", "ended", "reopened"}

// days stand before a time as soon as it was not today, and go by while a clock runs: nothing to
// tell of.
var days = regexp.MustCompile(`[0-9]{1,2}/[0-9]{1,2}（.）|` + remaining + `(?:、` + remaining + `)?`)

// remaining is how much time a clock has left.
const remaining = `(?:(?:期限|目安)(?:まであと[0-9]+日|は明日|を[0-9]+日過ぎています)|本日が(?:期限|目安の日))`

func (n *night) look(ctx context.Context, name, channel string) {
	f, err := n.house.desk.Feed(ctx, n.who(name).User, channel)
	if err != nil {
		n.fresh[name] = []chat.Card{{Title: "(" + err.Error() + ")"}}
		return
	}
	var cards []chat.Card
	if f.Pinned != nil {
		cards = append(cards, *f.Pinned)
	}
	for _, p := range f.Posts {
		cards = append(cards, p.Card)
	}
	n.fresh[name] = append(cards, chat.Card{Title: f.Title + "｜" + f.Sub + "｜" + f.Hint})
}

// page tells an incident's page: to the circle all of it, to a reporter the own card.
func (n *night) page(ctx context.Context, name, id string) {
	pg, err := n.house.desk.Incident(ctx, n.who(name).User, id)
	if err != nil {
		n.fresh[name] = []chat.Card{{Title: "(" + err.Error() + ")"}}
		return
	}
	if !pg.Full {
		n.fresh[name] = []chat.Card{pg.Card}
		return
	}
	c := chat.Card{Title: pg.Title}
	list := func(heading string, lines ...string) {
		b := chat.Block{Heading: heading}
		for _, l := range lines {
			b.Items = append(b.Items, chat.Item{Text: l})
		}
		c.Blocks = append(c.Blocks, b)
	}
	words := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "｜")
	}
	rows := func(count int, row func(i int) string) []string {
		var out []string
		for i := range count {
			out = append(out, row(i))
		}
		return out
	}
	list("phases", rows(len(pg.Phases), func(i int) string { p := pg.Phases[i]; return words(p.Name, p.State, p.Since) })...)
	c.Blocks = append(c.Blocks, chat.Block{Heading: "level", Fields: pg.Level})
	list("level history", rows(len(pg.History), func(i int) string { h := pg.History[i]; return words(h.At, h.From, h.To, h.By, h.Reason) })...)
	list("steps", rows(len(pg.Steps), func(i int) string {
		s := pg.Steps[i]
		return words(s.N, s.State, s.Phase, s.Role, s.Text, s.Who, s.At, s.Reason) + buttonText(s.Buttons)
	})...)
	list("fields", rows(len(pg.Fields), func(i int) string {
		f := pg.Fields[i]
		return words(f.Name, f.Value, f.By, f.At) + buttonText(f.Buttons)
	})...)
	c.Blocks = append(c.Blocks, chat.Block{Heading: "missing", Items: pg.Missing}, chat.Block{Heading: "facts", Fields: pg.Facts}, chat.Block{Heading: "actions", Items: pg.Actions})
	list("log", rows(len(pg.Log), func(i int) string {
		l := pg.Log[i]
		return words(fmt.Sprint(l.Seq), l.Occurred, l.Recorded, l.Who, l.Text, l.Undone, l.Correction) + buttonText(l.Buttons)
	})...)
	list("messages", rows(len(pg.Messages), func(i int) string {
		m := pg.Messages[i]
		return words(m.At, m.To, m.What, m.State, m.Answer)
	})...)
	c.Blocks = append(c.Blocks, chat.Block{Heading: "people", Fields: pg.People})
	list("reports", rows(len(pg.Reports), func(i int) string { return pg.Reports[i].Label + " " + pg.Reports[i].Path })...)
	c.Buttons = pg.More
	n.fresh[name] = []chat.Card{c}
}

func (n *night) tell(indent int, text string) {
	n.out.WriteString(strings.Repeat("    ", indent) + visible(text) + "\n")
}

func (n *night) tellCard(indent int, who string, c chat.Card) {
	n.tell(indent, who+" "+strings.TrimLeft(n.cardText(indent+1, c), " "))
}

// Actions longer than this do not fit into a button, titles longer than that not into a form.
const (
	maxAction = 100
	maxTitle  = 24
)

// cardText prints a card as a person reads it, and blames what nobody could read.
func (n *night) cardText(indent int, c chat.Card) string {
	var b strings.Builder
	pad := strings.Repeat("    ", indent)
	line := func(s string) {
		for l := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
			b.WriteString(pad + l + "\n")
		}
	}
	title := c.Title
	if c.Mark != "" {
		title = "【" + c.Mark + "】" + title
	}
	if c.Tone != chat.Plain {
		title = "〈" + string(c.Tone) + "〉" + title
	}
	line(title)
	for _, bl := range c.Blocks {
		if bl.Heading != "" {
			line("■ " + bl.Heading)
		}
		if bl.Text != "" {
			line(bl.Text)
		}
		for _, f := range bl.Fields {
			line("・" + f.Label + ": " + f.Value)
		}
		for _, i := range bl.Items {
			s := "－ " + i.Text
			if i.Mark != "" {
				s = "－ [" + i.Mark + "] " + i.Text
			}
			if i.Small != "" {
				s += "（" + i.Small + "）"
			}
			line(s + buttonText(i.Buttons))
		}
	}
	if len(c.Buttons) > 0 {
		line(strings.TrimSpace(buttonText(c.Buttons)))
	}
	for _, bt := range buttons(c) {
		if bt.Label == "" || len(bt.Action) > maxAction || bt.Action == "" && bt.Page == "" {
			n.t.Errorf("%q shows a button %q that cannot be pressed (%q)", n.script, bt.Label, bt.Action)
		}
	}
	text := strings.TrimRight(b.String(), "\n")
	if m := unsaid.FindString(text); m != "" && !strings.Contains(n.script, m) {
		n.t.Errorf("%q shows %q, which is no text for people", n.script, m)
	}
	return text
}

// unsaid is a message key that has no text, or a placeholder that nothing was put in.
var unsaid = regexp.MustCompile(`\{[a-z_]+\}|(?:^|[^a-zA-Z0-9@./_-])[a-z]{3,}\.(?:[a-z_]{3,}|[0-9])(?:[^a-zA-Z@/-]|$)`)

func buttonText(bs []chat.Button) string {
	var s string
	for _, b := range bs {
		s += " [" + b.Label
		if b.Confirm != "" {
			s += "（" + b.Confirm + "）"
		}
		s += "]"
	}
	return s
}

// formCard prints a form: what it asks, what stands there, and what is wrong with it. Of one
// that comes back it tells what is new.
func (n *night) formCard(name string, f *chat.Form) chat.Card {
	c := formAsCard(f)
	key := "form/" + name + "/" + f.Draft
	old, again := n.seen[key]
	n.seen[key] = n.cardText(0, c)
	if again {
		for i, b := range c.Blocks {
			c.Blocks[i].Items = slices.DeleteFunc(slices.Clone(b.Items), func(it chat.Item) bool {
				one := chat.Card{Blocks: []chat.Block{{Items: []chat.Item{it}}}}
				return slices.Contains(strings.Split(old, "\n"), strings.TrimSpace(n.cardText(0, one)))
			})
		}
	}
	return c
}

func formAsCard(f *chat.Form) chat.Card {
	c := chat.Card{Title: "〔" + f.Title + "〕"}
	if utf8.RuneCountInString(f.Title) > maxTitle {
		c.Title += " {title_too_long}"
	}
	if f.Error != "" {
		c.Blocks = append(c.Blocks, chat.Block{Text: "！" + f.Error})
	}
	c.Blocks = append(c.Blocks, chat.Block{Text: f.Intro})
	var items []chat.Item
	for _, in := range f.Inputs {
		label := in.Label
		if in.Required {
			label += " *"
		}
		value := in.Value
		for _, o := range in.Options {
			if o.Value == in.Value {
				value = o.Label
			}
		}
		it := chat.Item{Mark: in.Name, Text: label + " = " + value}
		if in.Hint != "" {
			it.Text += " ／ " + in.Hint
		}
		if in.Error != "" {
			it.Small = "\n！" + in.Error
		}
		items = append(items, it)
	}
	c.Blocks = append(c.Blocks, chat.Block{Items: items}, chat.Block{Text: "〔" + f.Submit + "〕"})
	return c
}

var digests = regexp.MustCompile(`[0-9a-f]{64}`)

// tooLong is where a line of a transcript is cut; nothing the product words is as long.
const tooLong = 900

// visible makes a text fit for a file that people compare: marks that show nothing are
// named, digests, which are salted, are masked, and endless lines are cut.
func visible(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(digests.ReplaceAllString(text, "(digest)"), "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if r := []rune(l); len(r) > tooLong {
			l = fmt.Sprintf("%s…（%d文字）", string(r[:60]), len(r))
		}
		for _, r := range l {
			if unicode.In(r, unicode.Cf) || unicode.IsControl(r) && r != '\t' {
				fmt.Fprintf(&b, "⟦U+%04X⟧", r)
				continue
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
