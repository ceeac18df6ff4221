package discord

import (
	"context"
	"errors"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// slash is the command as people on every platform know it.
const slash = "/incident"

// The names of the commands on a message, which show what they do: in the language of the
// installation, and in the other one where a client asks for it.
const (
	pointReport = "discord.command.report_message"
	pointNote   = "discord.command.note_message"
)

// The words that a typed command can have. Everything they say becomes one line, which the desk
// reads as it reads a line from anywhere: there is one grammar. Discord takes 25 of them
// ("Application Command Object"), so that the rest goes by line.
var words = []word{
	{name: "report", called: "word.report", says: "discord.command.report", takes: []param{textParam}},
	{name: "status", called: "word.status", says: "discord.command.status", takes: []param{incidentParam}},
	{name: "list", called: "word.list", says: "discord.command.list"},
	{name: "take", called: "word.take", says: "discord.command.take", takes: []param{incidentParam}},
	{name: "decline", called: "word.decline", says: "discord.command.decline", takes: []param{reasonParam, incidentParam}},
	{name: "advance", called: "word.advance", says: "discord.command.advance", takes: []param{incidentParam}},
	{name: "level", called: "word.level", says: "discord.command.level", takes: []param{levelParam, reasonParam, incidentParam}},
	{name: "step", called: "word.step", says: "discord.command.step", takes: []param{stepParam, resultParam, incidentParam}},
	{name: "note", called: "word.note", says: "discord.command.note", takes: []param{textParam, incidentParam}},
	{name: "field", called: "word.field", says: "discord.command.field", takes: []param{textParam, incidentParam}},
	{name: "fact", called: "word.fact", says: "discord.command.fact", takes: []param{textParam, incidentParam}},
	{name: "clock", called: "word.clock", says: "discord.command.clock", takes: []param{incidentParam}},
	{name: "attach", called: "word.attach", says: "discord.command.attach", takes: []param{incidentParam}},
	{name: "file", called: "word.file", says: "discord.command.file", takes: []param{textParam, incidentParam}},
	{name: "assign", called: "word.assign", says: "discord.command.assign", takes: []param{personParam, stepParam, incidentParam}},
	{name: "handover", called: "word.handover", says: "discord.command.handover", takes: []param{personParam, reasonParam, incidentParam}},
	{name: "ask", called: "word.ask", says: "discord.command.ask", takes: []param{textParam, incidentParam}},
	{name: "inform", called: "word.inform", says: "discord.command.inform", takes: []param{textParam, incidentParam}},
	{name: "doc", called: "word.doc", says: "discord.command.doc", takes: []param{incidentParam}},
	{name: "close", called: "word.close", says: "discord.command.close", takes: []param{incidentParam}},
	{name: "contacts", called: "word.contacts", says: "discord.command.contacts"},
	{name: "who", called: "word.who", says: "discord.command.who", takes: []param{incidentParam}},
	{name: "help", called: "word.help", says: "discord.command.help"},
	{name: "link", called: "word.link", says: "discord.command.link", takes: []param{textParam}},
	{name: anyLine, called: "discord.word.line", says: "discord.command.line", takes: []param{lineParam}},
}

// anyLine is the word that takes any line.
const anyLine = "line"

// word is a subcommand: a word of the desk's, and what may follow it.
type word struct {
	name   string
	called string  // the key of its names
	says   string  // the key of its description
	takes  []param // in the order in which they stand in the line
}

// param is something that follows a word.
type param struct {
	name         string
	called, says string // as of a word
	required     bool
	choices      []string
	completes    chat.Completion
}

// What follows words. Without an incident it is the channel's, or the only open one.
var (
	textParam     = param{name: "text", called: "discord.option.text.name", says: "discord.option.text"}
	lineParam     = param{name: "text", called: "discord.option.text.name", says: "discord.option.text", required: true, completes: chat.CompleteWord}
	reasonParam   = param{name: "reason", called: "discord.option.reason.name", says: "discord.option.reason"}
	resultParam   = param{name: "result", called: "discord.option.result.name", says: "discord.option.result"}
	levelParam    = param{name: "level", called: "discord.option.level.name", says: "discord.option.level", choices: []string{"0", "1", "2", "3"}}
	stepParam     = param{name: "step", called: "discord.option.step.name", says: "discord.option.step", completes: chat.CompleteStep}
	personParam   = param{name: "person", called: "discord.option.person.name", says: "discord.option.person", completes: chat.CompletePerson}
	incidentParam = param{name: incidentName, called: "discord.option.incident.name", says: "discord.option.incident", completes: chat.CompleteIncident}
)

const incidentName = "incident"

func wordNamed(name string) (word, bool) {
	for _, w := range words {
		if w.name == name {
			return w, true
		}
	}
	return word{}, false
}

// spoken is the line that a typed command says, without /incident, in the installation's language:
// it is shown again to whoever typed it. ok is false for one that we do not have.
func (d drawing) spoken(options []option) (text string, ok bool) {
	if len(options) == 0 {
		return "", true // an older registration of ours, without words
	}
	w, ok := wordNamed(options[0].Name)
	if !ok {
		return "", false
	}
	given := map[string]string{}
	for _, o := range options[0].Options {
		given[o.Name] = o.text()
	}
	if w.name == anyLine {
		return strings.TrimSpace(strings.TrimPrefix(given["text"], slash)), true
	}
	called, _, _ := strings.Cut(d.say(w.called), ",")
	said := []string{strings.TrimSpace(called)}
	if w.name == "report" && given["text"] == "" {
		return "", true // the form
	}
	if given[incidentName] != "" {
		said = append(said, given[incidentName])
	}
	for _, p := range w.takes {
		if p.name != incidentName && given[p.name] != "" {
			said = append(said, given[p.name])
		}
	}
	return strings.Join(said, " "), true
}

// Completing words.

const (
	// maxChoices is how many may be offered ("Autocomplete"), maxChoice how long each may be
	// ("Application Command Option Choice").
	maxChoices = 25
	maxChoice  = 100
)

type offered struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// complete offers what may be meant by the word that somebody is typing. What does not come in
// time is not offered.
func (f *Front) complete(ctx context.Context, desk Desk, s *stage, i *interaction, readable bool) {
	offers := []offered{}
	if readable && i.GuildID == f.config.Guild && i.Data.Name == slash[1:] && i.Data.Type <= commandTyped {
		offers = f.offers(ctx, desk, s, i)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.call)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := f.first(ctx, s, callback{Type: answersChoices, Data: map[string][]offered{"choices": offers}}, answered)
	// Somebody types faster, or another process was faster.
	if err != nil && !refused(err, codeUnknownInteraction) && !errors.Is(err, errTaken) {
		f.log.Warn("words could not be completed", "error", err)
	}
}

func (f *Front) offers(ctx context.Context, desk Desk, s *stage, i *interaction) []offered {
	of, typed, incident := typing(i.Data.Options)
	if of == "" {
		return []offered{}
	}
	ctx, cancel := context.WithTimeout(ctx, max(0, f.patience.completed-f.clock().Sub(s.at)))
	defer cancel()
	channel := f.channelOf(ctx, s)
	if incident != "" {
		channel = strings.ToLower(incident) // its channel has its name
	}
	found := make(chan []chat.Option, 1)
	go func() {
		defer close(found)
		defer f.stumble()
		options, err := desk.Complete(ctx, s.who(), channel, of, typed, maxChoices)
		if err != nil {
			f.log.Warn("words could not be looked up", "error", err)
		}
		found <- options
	}()
	out := []offered{}
	select {
	case options := <-found:
		taken := map[string]bool{}
		for _, o := range options {
			label := fit.Clip(fit.OneLine(o.Label), maxChoice)
			if !blank(label) && !blank(o.Value) && fit.Units(o.Value) <= maxChoice && !taken[label] && len(out) < maxChoices {
				taken[label] = true
				out = append(out, offered{Name: label, Value: o.Value})
			}
		}
	case <-ctx.Done():
	}
	return out
}

// typing tells what is being typed: which kind of word, how far, and the incident that was
// named before it.
func typing(options []option) (of chat.Completion, typed, incident string) {
	if len(options) == 0 {
		return "", "", ""
	}
	w, ok := wordNamed(options[0].Name)
	if !ok {
		return "", "", ""
	}
	for _, o := range options[0].Options {
		if !o.Focused {
			if o.Name == incidentName {
				incident = o.text()
			}
			continue
		}
		for _, p := range w.takes {
			if p.name == o.Name {
				of, typed = p.completes, o.text()
			}
		}
	}
	if of == chat.CompleteWord {
		typed = strings.TrimSpace(strings.TrimPrefix(typed, slash))
		if strings.ContainsAny(typed, " \u3000") {
			return "", "", "" // the word is there already; what follows is free
		}
	}
	return of, typed, incident
}
