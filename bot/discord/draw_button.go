package discord

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// What a button of ours does. It begins its custom_id; a chat.Action stands there unchanged,
// and none begins with ~.
const (
	press  = ""         // tells the desk: the custom_id is the chat.Action
	sure   = "~sure:"   // asks a question before it: the rest is the chat.Action
	stop   = "~no:"     // does not do it: the rest is the chat.Action
	more   = "~more:"   // shows a page of the whole card: page:chat.Action
	form   = "~form:"   // opens a form, at its first page: the rest is its draft
	next   = "~next:"   // opens a page of a form: page:draft
	send   = "~send:"   // submits what is there of a form: the rest is its draft
	reveal = "~answer:" // shows the answer to a message that its author wrote: the rest is its ID
	long   = "~long:"   // what is longer than a custom_id may be: a digest of it, which we remember
)

// meantPrefix is the row of what a button means that says less. Before there was a time in it, it
// was the text alone under oldMeantPrefix: a process of that version, which may run beside this one
// while they are exchanged, must not find a row there that it takes for the text.
const (
	meantPrefix    = "means/"
	oldMeantPrefix = "id/"
)

// maxPages bounds what a page number may be, so that it stays one.
const maxPages = 100_000

// button is what a custom_id means.
type button struct {
	kind   string
	action chat.Action // press, sure, stop, more
	page   int         // more, next; from 1
	draft  string      // form, next, send; of reveal the message's ID
}

// id is the custom_id that means it, however long.
func (b button) id() string {
	switch b.kind {
	case press, sure, stop:
		return b.kind + string(b.action)
	case more:
		return more + strconv.Itoa(b.page) + ":" + string(b.action)
	case next:
		return next + strconv.Itoa(b.page) + ":" + b.draft
	}
	return b.kind + b.draft
}

// readID tells what a custom_id means; ok is false for what is none of ours, and for ~long:,
// which sender.button reads.
func readID(customID string) (b button, ok bool) {
	if customID == "" || len(customID) > maxLongID {
		return button{}, false
	}
	if customID[0] != '~' {
		return button{kind: press, action: chat.Action(customID)}, true
	}
	for _, kind := range []string{sure, stop, form, send, more, next, reveal} {
		rest, found := strings.CutPrefix(customID, kind)
		if !found || rest == "" {
			continue
		}
		switch kind {
		case sure, stop:
			return button{kind: kind, action: chat.Action(rest)}, rest[0] != '~'
		case form, send:
			return button{kind: kind, draft: rest}, true
		case reveal:
			return button{kind: kind, draft: rest}, isID(rest)
		}
		number, rest, found := strings.Cut(rest, ":")
		page, err := strconv.Atoi(number)
		if !found || rest == "" || err != nil || page < 1 || page > maxPages || strconv.Itoa(page) != number {
			return button{}, false
		}
		if kind == next {
			return button{kind: kind, page: page, draft: rest}, true
		}
		return button{kind: kind, page: page, action: chat.Action(rest)}, rest[0] != '~'
	}
	return button{}, false
}

// customID is the custom_id of a button, within what Discord takes: what is longer is kept
// under a digest.
func (d drawing) customID(b button) string {
	id := b.id()
	if len(id) <= maxCustomID {
		return id
	}
	short := long + digest(id)
	if d.keep != nil {
		d.keep(short, id)
	}
	return short
}

// drawnButton is a button as Discord shows it.
type drawnButton = discordgo.Button

// buttons draws buttons; number says of which point they are. What there is nothing to press
// of is left out.
func (d drawing) buttons(buttons []chat.Button, number string) []drawnButton {
	var out []drawnButton
	for _, b := range buttons {
		if e, ok := d.button(b, number); ok {
			out = append(out, e)
		}
	}
	return out
}

func (d drawing) button(b chat.Button, number string) (drawnButton, bool) {
	label := fit.OneLine(b.Label)
	if blank(label) {
		label = d.say("discord.draw.unnamed")
	}
	if number != "" {
		label = d.say("discord.draw.number_button", "number", number, "label", label)
	}
	if b.Page != "" {
		url := d.url(b.Page)
		return link(label, url), url != ""
	}
	means := button{kind: press, action: b.Action}
	switch own, ok := readID(string(b.Action)); {
	case ok && (own.draft != "" || own.kind == stop): // of a form of ours that is on its way, or a question
		means = own
	case b.Action == "" || len(b.Action) > maxCustomID || b.Action[0] == '~' || !utf8.ValidString(string(b.Action)):
		return drawnButton{}, false
	}
	if question := strings.TrimSpace(fit.Clean(b.Confirm)); means.kind == press && !blank(question) {
		means.kind = sure
		if d.keep != nil {
			d.keep(askID(b.Action), question)
		}
	}
	style := discordgo.SecondaryButton
	switch b.Style {
	case chat.Primary:
		style = discordgo.PrimaryButton
	case chat.Danger:
		style = discordgo.DangerButton
	}
	return drawnButton{Label: fit.Clip(label, maxLabel), Style: style, CustomID: d.customID(means)}, true
}

// url leads to a path of the web pages; empty where there is no way.
func (d drawing) url(path string) string {
	if d.publicURL == "" || !strings.HasPrefix(path, "/") {
		return ""
	}
	url := strings.TrimRight(d.publicURL, "/") + path
	if fit.Units(url) > maxURL || fit.OneLine(url) != url {
		return ""
	}
	return url
}

func link(label, url string) drawnButton {
	return drawnButton{Label: fit.Clip(label, maxLabel), Style: discordgo.LinkButton, URL: url}
}

// turn is a button that shows a page of the whole card.
func (d drawing) turn(whole chat.Action, page int, label string) drawnButton {
	return drawnButton{Label: fit.Clip(label, maxLabel), Style: discordgo.SecondaryButton, CustomID: d.customID(button{kind: more, page: page, action: whole})}
}

// unclipped says in full what buttons can only begin to say.
func (d drawing) unclipped(buttons []chat.Button) []string {
	var out []string
	for _, b := range buttons {
		if label := fit.OneLine(b.Label); fit.Units(label) > maxLabel-numberRoom {
			if _, ok := d.button(b, ""); ok {
				out = append(out, d.say("discord.draw.button_whole", "label", label))
			}
		}
	}
	return out
}

// grid puts groups of buttons into rows. Each group begins a row of its own where there are
// enough. Of two that mean the same the first stands: Discord refuses a message with both.
func grid(groups ...[]drawnButton) []discordgo.MessageComponent {
	seen := map[string]bool{}
	rows, all := [][]drawnButton{}, []drawnButton{}
	for _, g := range groups {
		var own []drawnButton
		for _, b := range g {
			if b.CustomID != "" && seen[b.CustomID] {
				continue
			}
			seen[b.CustomID] = true
			own = append(own, b)
		}
		rows = append(rows, slices.Collect(slices.Chunk(own, maxARow))...)
		all = append(all, own...)
	}
	if len(rows) > maxRows {
		rows = slices.Collect(slices.Chunk(all, maxARow))
	}
	var out []discordgo.MessageComponent
	for _, r := range rows[:min(len(rows), maxRows)] {
		row := discordgo.ActionsRow{}
		for _, b := range r {
			row.Components = append(row.Components, b)
		}
		out = append(out, row)
	}
	return out
}

// digest is a short name for a text that nobody can find another text for.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// askID is under which name the question before an action is remembered.
func askID(a chat.Action) string { return sure + digest(string(a)) }

// button tells what a custom_id means, also where it was too long for Discord.
func (s *sender) button(ctx context.Context, customID string) (button, bool) {
	if strings.HasPrefix(customID, long) && len(customID) <= maxCustomID {
		whole, err := s.kept(ctx, customID)
		if err != nil {
			s.config.Log.Error("what a button means could not be looked up", "component", "discord", "error", err)
		}
		if customID != long+digest(whole) {
			return button{}, false
		}
		customID = whole
	}
	return readID(customID)
}

// question is what is asked before an action is carried out; empty where it is not known any
// more.
func (s *sender) question(ctx context.Context, a chat.Action) string {
	q, err := s.kept(ctx, askID(a))
	if err != nil {
		s.config.Log.Warn("the question before an action could not be looked up", "component", "discord", "error", err)
	}
	return q
}

// note keeps what a button means in this process at once, and over restarts when there is time
// for it: a card is drawn also while the database does not answer.
func (s *sender) note(short, whole string) {
	now := time.Now().UTC()
	s.mu.Lock()
	before := s.short[short]
	known := before.Is == whole && now.Sub(before.At) < meantFresh
	if !known {
		if len(s.short) >= maxShort {
			clear(s.short)
		}
		s.short[short] = meant{whole, now}
	}
	s.mu.Unlock()
	if known || s.config.Memory == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		row, err := json.Marshal(meant{whole, now})
		if err == nil {
			err = s.config.Memory.Remember(ctx, meantPrefix+short, row)
		}
		if err != nil {
			s.config.Log.Warn("what a button means could not be remembered; after a restart it is not known", "component", "discord", "error", err)
			s.mu.Lock()
			delete(s.short, short)
			s.mu.Unlock()
		}
	}()
}

func (s *sender) kept(ctx context.Context, short string) (string, error) {
	s.mu.Lock()
	m, ok := s.short[short]
	s.mu.Unlock()
	if ok {
		return m.Is, nil
	}
	for _, prefix := range []string{meantPrefix, oldMeantPrefix} {
		b, err := s.config.Memory.Recall(ctx, prefix+short)
		if err != nil || len(b) > 0 {
			return readMeant(b).Is, err
		}
	}
	return "", nil
}
