package slack

import (
	"slices"
	"strings"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// answerID is the action_id of every input: its block says which one it is.
const answerID = "answer"

// element draws what is answered in; shown is false where it cannot show the input's value.
func (d drawing) element(i chat.Input, search bool) (e sl.BlockElement, shown bool) {
	if written(i) {
		return d.typed(i), true
	}
	switch i.Kind {
	case chat.Choice:
		return d.choice(i, search)
	case chat.Choices:
		return d.choices(i, search)
	case chat.DateTime:
		return moment(i.Value)
	case chat.Date:
		p := sl.NewDatePickerBlockElement(answerID)
		if _, err := time.Parse(layoutDay, i.Value); err == nil {
			p.InitialDate = i.Value
		}
		return p, p.InitialDate != ""
	}
	return sl.NewFileInputBlockElement(answerID).WithMaxFiles(maxUploads), true
}

// typed draws a text of at most maxTyped units.
func (d drawing) typed(i chat.Input) *sl.PlainTextInputBlockElement {
	e := sl.NewPlainTextInputBlockElement(nil, answerID)
	e.Multiline = i.Kind == chat.Lines || strings.Contains(i.Value, "\n")
	e.InitialValue = fit.Clean(i.Value)
	e.MaxLength = maxTyped
	if i.Max > 0 {
		// What is there already must have room, or Slack would refuse to show it.
		e.MaxLength = min(max(i.Max, fit.Units(e.InitialValue)), maxTyped)
	}
	return e
}

func moment(value string) (sl.BlockElement, bool) {
	p := sl.NewDateTimePickerBlockElement(answerID)
	if t, err := time.ParseInLocation(layoutMoment, value, tokyo); err == nil && t.Unix() >= minPickedTime && t.Unix() <= maxPickedTime {
		p.InitialDateTime = t.Unix()
	}
	return p, p.InitialDateTime != 0
}

// options draws options; two of the same value are one.
func (d drawing) options(options []chat.Option) []*sl.OptionBlockObject {
	var out []*sl.OptionBlockObject
	seen := map[string]bool{}
	for _, o := range options {
		value := optionValue(o.Value)
		if seen[value] {
			continue
		}
		seen[value] = true
		out = append(out, d.option(value, o))
	}
	return out
}

// option draws an option; what its label has no room for stands below it.
func (d drawing) option(value string, o chat.Option) *sl.OptionBlockObject {
	label := fit.OneLine(o.Label)
	if blank(label) {
		label = fit.OneLine(o.Value)
	}
	if blank(label) {
		label = d.say("slack.draw.none")
	}
	out := sl.NewOptionBlockObject(value, plain(fit.Clip(label, maxOption)), nil)
	if shown := out.Text.Text; shown != label {
		if rest := strings.TrimSpace(label[len(strings.TrimSuffix(shown, "…")):]); !blank(rest) {
			out.Description = plain(fit.Clip(rest, maxOption))
		}
	}
	return out
}

// suggestions answers a search in a long list.
func (d drawing) suggestions(options []chat.Option) sl.OptionsResponse {
	out := d.options(options)
	return sl.OptionsResponse{Options: out[:min(len(out), maxOptions)]}
}

// choice draws one of several.
func (d drawing) choice(i chat.Input, search bool) (sl.BlockElement, bool) {
	options := d.options(i.Options)
	search = search || len(options) > maxOptions
	few := len(options) <= fewOptions
	empty := func(o *sl.OptionBlockObject) bool { return o.Value == noValue }
	// Slack lets nobody take a choice back: where there need be none, there is one for none.
	// Not where one is chosen from the start, as 分からない is, and all are in sight.
	if !i.Required && !slices.ContainsFunc(options, empty) && (i.Value == "" || !few) && !search && len(options) < maxOptions {
		options = append([]*sl.OptionBlockObject{d.option(noValue, chat.Option{})}, options...)
	}
	var chosen *sl.OptionBlockObject
	for _, o := range options {
		if o.Value == optionValue(i.Value) && (i.Value != "" || slices.ContainsFunc(i.Options, func(o chat.Option) bool { return o.Value == "" })) {
			chosen = o
		}
	}
	shown := chosen != nil || i.Value == ""
	if few && !search {
		e := sl.NewRadioButtonsBlockElement(answerID, options...)
		e.InitialOption = chosen
		return e, shown
	}
	e := sl.NewOptionsSelectBlockElement(sl.OptTypeStatic, plain(fit.Clip(d.say("slack.draw.choose"), maxPlaceholder)), answerID, options...)
	e.InitialOption = chosen
	if search {
		// Slack asks for the options while somebody types (block_suggestion), from nothing on.
		none := 0
		e.Type, e.Options, e.MinQueryLength = sl.OptTypeExternal, nil, &none
	}
	return e, shown
}

// choices draws any of several.
func (d drawing) choices(i chat.Input, search bool) (sl.BlockElement, bool) {
	options := slices.DeleteFunc(d.options(i.Options), func(o *sl.OptionBlockObject) bool { return o.Value == noValue })
	var chosen []*sl.OptionBlockObject
	wanted := map[string]bool{}
	for value := range strings.SplitSeq(i.Value, ",") {
		if value != "" {
			wanted[optionValue(value)] = true
		}
	}
	for _, o := range options {
		if wanted[o.Value] {
			chosen = append(chosen, o)
		}
	}
	shown := len(chosen) == len(wanted)
	switch {
	case len(options) <= maxRadios && !search:
		e := sl.NewCheckboxGroupsBlockElement(answerID, options...)
		e.InitialOptions = chosen
		return e, shown
	}
	e := sl.NewOptionsMultiSelectBlockElement(sl.MultiOptTypeStatic, plain(fit.Clip(d.say("slack.draw.choose"), maxPlaceholder)), answerID, options...)
	e.InitialOptions = chosen
	if search || len(options) > maxOptions {
		none := 0
		e.Type, e.Options, e.MinQueryLength = sl.MultiOptTypeExternal, nil, &none
	}
	return e, shown
}
