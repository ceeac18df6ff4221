package discord

import (
	"context"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// What is wrong with an answer: keys of ours.
const (
	wrongMoment = "discord.form.wrong_moment"
	wrongDay    = "discord.form.wrong_day"
	wrongChoice = "discord.form.wrong_choice"
)

// take puts what was answered on a page into the sheet. Everything typed is kept, also what
// cannot be read: then it stands in Wrong, too.
func (f *Front) takeAnswers(ctx context.Context, desk Desk, at *sheet, d *data, now time.Time) {
	if at.Wrong == nil {
		at.Wrong = map[string]string{}
	}
	for _, c := range d.answered() {
		how, name, ok := readAsked(c.CustomID)
		if !ok {
			continue
		}
		input := at.input(name)
		if input.Kind == chat.Fixed {
			continue // nobody may change it
		}
		typed := c.Value
		if at.unchanged(input, how, typed) {
			continue // two may be called alike
		}
		delete(at.Wrong, name)
		at.answered(name)
		before := at.Values[name]
		switch how {
		case askedFiles:
			at.chose(name, c.Values, d.Resolved.Attachments)
			continue
		case askedChoice, askedChoices:
			typed = at.chosen(input, c.Values)
		case askedMoment:
			typed = at.read(name, typed, wrongMoment, func() (string, bool) { return readMoment(typed, now) })
		case askedDay:
			typed = at.read(name, typed, wrongDay, func() (string, bool) { return readDay(typed, now) })
		case searchChoice:
			typed = at.read(name, typed, wrongChoice, func() (string, bool) { return f.searched(ctx, desk, at, input, name, typed) })
		case searchChoices:
			typed = at.read(name, typed, wrongChoice, func() (string, bool) {
				var out []string
				all := true
				for _, part := range parts(typed) {
					value, ok := f.searched(ctx, desk, at, input, name, part)
					all = all && ok
					out = append(out, value)
				}
				return strings.Join(out, ","), all
			})
		}
		if at.Values[name] = typed; typed != before {
			if at.Typed == nil {
				at.Typed = map[string]bool{}
			}
			at.Typed[name] = true
		}
	}
}

// input is an input of the form, by its name; one of no kind where the form is not known here.
func (s *sheet) input(name string) chat.Input {
	if s.form != nil {
		for _, i := range s.form.Inputs {
			if i.Name == name {
				return i
			}
		}
	}
	return chat.Input{}
}

// unchanged reports whether an answer that is a choice stands as it was shown.
func (s *sheet) unchanged(input chat.Input, how, typed string) bool {
	if how != searchChoice && how != searchChoices || input.Name == "" || s.Wrong[input.Name] != "" {
		return false
	}
	input.Value = s.Values[input.Name]
	return input.Value != "" && typed == fit.Clip(shownChoice(input), maxTyped)
}

// read gives a value that was typed as a text; what cannot be read stays as it was typed.
func (s *sheet) read(name, typed, wrong string, read func() (string, bool)) string {
	if strings.TrimSpace(typed) == "" {
		return ""
	}
	if value, ok := read(); ok {
		return value
	}
	s.Wrong[name] = wrong
	return typed
}

// chosen gives what was chosen in a list.
func (s *sheet) chosen(input chat.Input, carried []string) string {
	out := make([]string, 0, len(carried))
	for _, c := range carried {
		out = append(out, valueOf(input, c))
	}
	return strings.Join(out, ",")
}

// chose puts the files that were chosen in an input in the place of those before; choosing none
// again leaves them.
func (s *sheet) chose(input string, ids []string, by map[string]*attachment) {
	var chosen []fileRef
	for _, id := range ids {
		if a := by[id]; a != nil && len(chosen) < maxUploads {
			chosen = append(chosen, fileRef{Input: input, Name: a.name(), URL: a.URL})
		}
	}
	if chosen == nil {
		return
	}
	for _, other := range s.Files {
		if other.Input != input {
			chosen = append(chosen, other)
		}
	}
	s.Files = chosen
}

// searched finds which one of a long list a text means. Without the desk's answer the text goes
// on as it is: the desk will say if it means nothing.
func (f *Front) searched(ctx context.Context, desk Desk, at *sheet, input chat.Input, name, typed string) (string, bool) {
	typed = strings.TrimSpace(typed)
	var exact []string
	for _, o := range optionsOf(input) {
		if o.Value == typed {
			return o.Value, true
		}
		if fit.OneLine(o.Label) == typed {
			exact = append(exact, o.Value)
		}
	}
	if len(exact) == 1 {
		return exact[0], true
	}
	ctx, cancel := context.WithTimeout(ctx, f.patience.lookup)
	defer cancel()
	type found struct {
		options []chat.Option
		err     error
	}
	got := make(chan found, 1)
	go func() {
		defer f.stumble()
		options, err := desk.Suggest(ctx, userID(at.By), at.Draft, name, typed, 2)
		got <- found{options, err}
	}()
	select {
	case r := <-got:
		if r.err != nil {
			f.log.Warn("options could not be searched", "error", r.err)
			return typed, true
		}
		if len(r.options) == 1 {
			return r.options[0].Value, true
		}
		return typed, false
	case <-ctx.Done():
		return typed, true
	}
}

// parts are the names in a text that names several.
func parts(typed string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(typed, func(r rune) bool { return strings.ContainsRune(",、，;；\n", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
