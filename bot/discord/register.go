package discord

import (
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// maxDescribed is how long a description may be ("Application Command Object").
const maxDescribed = 100

// optionTypes ("Application Command Option Type").
const (
	optionWord = 1
	optionText = 3
)

// registered is a command as Discord keeps it, as far as we say anything of it.
type registered struct {
	Type         int               `json:"type,omitempty"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description,omitempty"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Options      []registeredParam `json:"options,omitempty"`
}

type registeredParam struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Choices      []offered         `json:"choices,omitempty"`
	Options      []registeredParam `json:"options,omitempty"`
}

// locales are Discord's names of our languages ("Locales").
var locales = map[string][]string{"ja": {"ja"}, "en": {"en-US", "en-GB"}}

// tongues are texts in every language.
type tongues struct {
	say  func(lang, key string, pairs ...string) string
	lang string // of the installation
}

// all gives a text in each locale of ours, and the one that stands for all others.
func (t tongues) all(key string) (base string, by map[string]string) {
	by = map[string]string{}
	for lang, names := range locales {
		text := fit.Clip(fit.OneLine(t.say(lang, key)), maxDescribed)
		for _, l := range names {
			by[l] = text
		}
		if lang == t.lang {
			base = text
		}
	}
	return base, by
}

// typeable is how a command or an option may be called ("Application Command Naming").
var typeable = regexp.MustCompile(`^[-_'\p{L}\p{N}]{1,32}$`)

// called gives the names of something in the languages in which it is called otherwise. What
// Discord does not take as a name goes by the English one.
func (t tongues) called(name, key string) map[string]string {
	out := map[string]string{}
	for lang, names := range locales {
		text, _, _ := strings.Cut(t.say(lang, key), ",")
		text = strings.TrimSpace(text)
		if text == name || !typeable.MatchString(text) || strings.ToLower(text) != text {
			continue
		}
		for _, l := range names {
			out[l] = text
		}
	}
	return out
}

// commands are the commands that the company's server is to have.
func (t tongues) commands() []registered {
	c := registered{Type: commandTyped, Name: slash[1:]}
	c.Description, c.Descriptions = t.all("discord.command")
	for _, w := range words {
		sub := registeredParam{Type: optionWord, Name: w.name, Names: t.called(w.name, w.called)}
		sub.Description, sub.Descriptions = t.all(w.says)
		for _, p := range inOrder(w.takes) {
			o := registeredParam{
				Type: optionText, Name: p.name, Names: t.called(p.name, p.called), Required: p.required, Autocomplete: p.completes != "",
			}
			o.Description, o.Descriptions = t.all(p.says)
			for _, choice := range p.choices {
				o.Choices = append(o.Choices, offered{Name: choice, Value: choice})
			}
			sub.Options = append(sub.Options, o)
		}
		c.Options = append(c.Options, sub)
	}
	out := []registered{c}
	for _, key := range []string{pointReport, pointNote} {
		m := registered{Type: commandMessage}
		m.Name, m.Names = t.all(key)
		m.Name, m.Names = fit.Clip(m.Name, 32), shorter(m.Names, 32)
		out = append(out, m)
	}
	return out
}

func shorter(by map[string]string, most int) map[string]string {
	for l, text := range by {
		by[l] = fit.Clip(text, most)
	}
	return by
}

// inOrder puts what is required first, as Discord asks for.
func inOrder(params []param) []param {
	var first, rest []param
	for _, p := range params {
		if p.required {
			first = append(first, p)
		} else {
			rest = append(rest, p)
		}
	}
	return append(first, rest...)
}

// points tells what a command on a message is for, by its name in any language.
func (t tongues) points() map[string]chat.QuoteFor {
	out := map[string]chat.QuoteFor{}
	for key, what := range map[string]chat.QuoteFor{pointReport: chat.ForReport, pointNote: chat.ForNote} {
		for lang := range locales {
			out[fit.Clip(fit.OneLine(t.say(lang, key)), 32)] = what
		}
	}
	return out
}

// same reports whether what Discord has is what it is to have.
func same(have, want []registered) bool {
	return reflect.DeepEqual(byName(have), byName(want))
}

// byName gives commands in one shape, whatever was left out of them because it says nothing.
func byName(commands []registered) map[string]registered {
	out := map[string]registered{}
	for _, c := range commands {
		if c.Type == 0 {
			c.Type = commandTyped
		}
		raw, err := json.Marshal(c) // leaves out what is empty
		if err != nil {
			continue // a plain struct
		}
		var plain registered
		if json.Unmarshal(raw, &plain) == nil {
			out[c.Name] = plain
		}
	}
	return out
}

// register brings the commands of the server up to date, until it has succeeded once, and again when
// the bot comes back into the server: Discord forgets them when it is taken out.
func (f *Front) register(ctx context.Context) {
	wait := f.patience.register
	for {
		var again <-chan time.Time // never: they are there
		switch err := f.registerNow(ctx); {
		case ctx.Err() != nil:
			return
		case err == nil:
		case deadToken(err):
			f.tokenRefused()
			again = time.After(wait)
		case denied(err):
			f.log.Error("the commands could not be registered; hikeshi doctor says what to mend", "error", err)
			again = time.After(wait)
		default:
			f.log.Warn("the commands could not be registered; trying again", "error", err, "wait", wait)
			again = time.After(wait)
		}
		select {
		case <-again:
			wait = min(2*wait, time.Hour)
		case <-f.home.back:
			wait = f.patience.register
		case <-ctx.Done():
			return
		}
	}
}

func (f *Front) registerNow(ctx context.Context) error {
	me, err := f.auth(ctx)
	if err != nil {
		return err
	}
	path := "applications/" + me.Application + "/guilds/" + f.config.Guild + "/commands"
	var have []registered
	if err := f.api.do(ctx, turn{patience: -1}, "GET", path+"?with_localizations=true", nil, &have); err != nil {
		return err
	}
	want := tongues{f.config.Say, f.config.Lang}.commands()
	if same(have, want) {
		return nil
	}
	return f.api.do(ctx, turn{patience: -1}, "PUT", path, want, nil)
}
