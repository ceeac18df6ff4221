package discord

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// What Discord takes in a form's window ("Modal", "Label", "Text Input", "String Select", "File
// Upload").
const (
	maxAsked       = 5     // components
	maxFormTitle   = 45    // title
	maxAskedLabel  = 45    // label
	maxDescription = 100   // description
	maxPlaceholder = 100   // of a text; 150 of a list
	maxTyped       = 4_000 // max_length, value
	maxOptions     = 25    // options
	maxOption      = 100   // label, value and description of one
	maxUploads     = 10    // max_values
	maxNote        = 4_000 // content of a text between them
)

// window is a form's window.
type window struct {
	CustomID   string                       `json:"custom_id"`
	Title      string                       `json:"title"`
	Components []discordgo.MessageComponent `json:"components"`
}

// How an input is asked, which stands before its name: what comes back is understood without
// the form.
const (
	askedText     = "l" // a text
	askedMoment   = "d" // a text that says a date and time
	askedDay      = "t" // a text that says a day
	askedChoice   = "c" // one of a list
	askedChoices  = "m" // several of a list
	searchChoice  = "s" // a text that says which one of a list too long for Discord
	searchChoices = "z" // a text that says which ones
	askedFiles    = "u" // files
)

// howAsked is how an input is asked.
func howAsked(i chat.Input) string {
	switch i.Kind {
	case chat.Choice, chat.Choices:
		options := len(optionsOf(i))
		several := i.Kind == chat.Choices
		switch {
		case options == 0:
			return askedText // the desk reads names, too
		case options > maxOptions && several:
			return searchChoices
		case options > maxOptions:
			return searchChoice
		case several:
			return askedChoices
		}
		return askedChoice
	case chat.DateTime:
		return askedMoment
	case chat.Date:
		return askedDay
	case chat.Upload:
		return askedFiles
	}
	return askedText
}

// askedID is the custom_id of an input.
func askedID(how, name string) string { return how + "." + name }

// readAsked tells which input a custom_id is of, and how it is asked.
func readAsked(customID string) (how, name string, ok bool) {
	how, name, ok = strings.Cut(customID, ".")
	return how, name, ok && name != "" && len(how) == 1 && strings.Contains(askedText+askedMoment+askedDay+askedChoice+askedChoices+searchChoice+searchChoices+askedFiles, how)
}

// askable reports whether an input can be asked in a window: a text longer than one can hold
// stays as it is.
func askable(i chat.Input) bool {
	switch {
	case i.Kind == chat.Fixed, i.Name == "", !utf8.ValidString(i.Name), len(askedID(askedText, i.Name)) > maxCustomID:
		return false
	case howAsked(i) == askedText:
		return fit.Units(fit.Clean(i.Value)) <= maxTyped
	}
	return true
}

// pagesOf parts the inputs of a form into pages: what has to be answered stands first, so that
// the first page alone can be sent. Where something is shown that cannot be changed, there is
// room for it on the first page.
func pagesOf(f chat.Form) [][]chat.Input {
	var must, may []chat.Input // the first page has to say that it is not the only one, too
	seen := map[string]bool{}
	shows := false
	for _, i := range f.Inputs {
		shows = shows || i.Kind == chat.Fixed
		switch {
		case !askable(i) || seen[i.Name]:
		case i.Required:
			must = append(must, i)
		default:
			may = append(may, i)
		}
		seen[i.Name] = true
	}
	room := maxAsked
	if (shows || len(must)+len(may) > maxAsked) && len(must) < maxAsked {
		room--
	}
	var pages [][]chat.Input
	for all := append(must, may...); len(all) > 0; room = maxAsked {
		n := min(room, len(all))
		pages = append(pages, all[:n:n])
		all = all[n:]
	}
	if pages == nil {
		pages = [][]chat.Input{nil}
	}
	return pages
}

// pageWith is the page on which an input stands, from 1; 0: on none.
func pageWith(pages [][]chat.Input, name string) int {
	for n, page := range pages {
		for _, i := range page {
			if i.Name == name {
				return n + 1
			}
		}
	}
	return 0
}

// window draws a page of a form; one that is not there is the nearest one.
func (d drawing) window(f chat.Form, page int) window {
	pages := pagesOf(f)
	page = min(max(page, 1), len(pages))
	title := fit.OneLine(f.Title)
	if blank(title) {
		title = d.say("discord.form.title")
	}
	if len(pages) > 1 {
		at := " " + d.pageAt(page, len(pages))
		title = fit.Clip(title, maxFormTitle-fit.Units(at)) + at
	}
	w := window{CustomID: d.customID(button{kind: next, page: page, draft: f.Draft}), Title: fit.Clip(title, maxFormTitle), Components: []discordgo.MessageComponent{}}
	asked := pages[page-1]
	if note := d.note(f, page); !blank(note) && len(asked) < maxAsked {
		w.Components = append(w.Components, discordgo.TextDisplay{Content: note})
	}
	for _, i := range asked {
		w.Components = append(w.Components, d.question(i))
	}
	if len(w.Components) == 0 {
		w.Components = append(w.Components, discordgo.TextDisplay{Content: escape(title)})
	}
	return w
}

// pageAt is where one is in a form.
func (d drawing) pageAt(page, pages int) string {
	return strconv.Itoa(page) + "/" + strconv.Itoa(pages)
}

// note is what stands above the questions, as far as there is room: what is wrong, what cannot
// be changed, and what the form is for.
func (d drawing) note(f chat.Form, page int) string {
	var lines []string
	if f.Error != "" {
		lines = append(lines, wrongSign+" "+escape(fit.Clean(f.Error)))
	}
	if page == 1 {
		if len(pagesOf(f)) > 1 {
			lines = append(lines, d.say("discord.form.goes_on"))
		}
		for _, i := range f.Inputs {
			if i.Kind == chat.Fixed {
				lines = append(lines, "**"+escape(fit.OneLine(i.Label))+"**\n"+escape(fit.Clean(i.Value)))
			}
		}
		for _, i := range f.Inputs {
			if i.Kind != chat.Fixed && i.Name != "" && !askable(i) {
				lines = append(lines, d.say("discord.form.stays", "label", escape(fit.OneLine(i.Label))))
			}
		}
		lines = append(lines, escape(fit.Clean(f.Intro)))
	}
	return fit.Clip(strings.TrimSpace(strings.Join(lines, "\n")), maxNote)
}

// wrongSign stands before what is wrong: colours alone say nothing.
const wrongSign = "⚠️"

// question asks one input.
func (d drawing) question(i chat.Input) discordgo.Label {
	label := fit.OneLine(i.Label)
	if blank(label) {
		label = i.Name
	}
	var below []string
	if i.Error != "" {
		below = append(below, wrongSign+" "+fit.OneLine(i.Error))
	}
	if fit.Units(label) > maxAskedLabel {
		below = append(below, label)
	}
	if hint := fit.OneLine(i.Hint); hint != "" {
		below = append(below, hint)
	}
	how := howAsked(i)
	out := discordgo.Label{
		Label:       fit.Clip(label, maxAskedLabel),
		Description: fit.Clip(strings.Join(below, " "), maxDescription),
	}
	id := askedID(how, i.Name)
	switch how {
	case askedChoice, askedChoices:
		out.Component = d.list(i, id, how == askedChoices)
	case askedFiles:
		least := 0
		if i.Required {
			least = 1
		}
		out.Component = discordgo.FileUpload{CustomID: id, MinValues: &least, MaxValues: maxUploads, Required: &i.Required}
	default:
		out.Component = d.line(i, id, how)
	}
	return out
}

// line asks for a text.
func (d drawing) line(i chat.Input, id, how string) discordgo.TextInput {
	t := discordgo.TextInput{CustomID: id, Style: discordgo.TextInputShort, Required: &i.Required, MaxLength: maxTyped}
	value := fit.Clean(i.Value)
	switch how {
	case askedMoment:
		value, t.Placeholder, t.MaxLength = shownMoment(value), d.say("discord.form.moment"), 100
	case askedDay:
		t.Placeholder, t.MaxLength = d.say("discord.form.day"), 100
	case searchChoice, searchChoices:
		value, t.Placeholder = shownChoice(i), d.say("discord.form.search")
		if how == searchChoices {
			t.Placeholder = d.say("discord.form.search_several")
		}
	default:
		if i.Max > 0 {
			t.MaxLength = min(i.Max, maxTyped)
		}
	}
	if i.Kind == chat.Lines || strings.Contains(value, "\n") { // a single line would lose them
		t.Style = discordgo.TextInputParagraph
	}
	t.Placeholder = fit.Clip(t.Placeholder, maxPlaceholder)
	if fit.Units(value) > maxTyped { // no more than the labels of many choices
		value = fit.Clip(value, maxTyped)
	}
	// What is there already must have room, or Discord would refuse to show it.
	t.MaxLength = min(max(t.MaxLength, fit.Units(value)), maxTyped)
	t.Value = value
	return t
}

// list asks for one or several of a list.
func (d drawing) list(i chat.Input, id string, several bool) discordgo.SelectMenu {
	least := 0
	if i.Required {
		least = 1
	}
	menu := discordgo.SelectMenu{MenuType: discordgo.StringSelectMenu, CustomID: id, MinValues: &least, MaxValues: 1, Required: &i.Required}
	menu.Placeholder = fit.Clip(d.say("discord.form.choose"), maxPlaceholder)
	chosen := map[string]bool{i.Value: true}
	options := optionsOf(i)
	if several {
		chosen = map[string]bool{}
		for value := range strings.SplitSeq(i.Value, ",") {
			chosen[value] = true
		}
		menu.MaxValues = len(options)
	}
	for _, o := range options {
		label := fit.OneLine(o.Label)
		if blank(label) {
			label = fit.OneLine(o.Value)
		}
		if blank(label) {
			label = d.say("discord.form.unnamed")
		}
		shown := discordgo.SelectMenuOption{Label: fit.Clip(label, maxOption), Value: optionValue(o.Value), Default: chosen[o.Value]}
		if rest, cut := strings.CutPrefix(label, strings.TrimSuffix(shown.Label, "…")); cut && rest != "" {
			shown.Description = fit.Clip(strings.TrimSpace(rest), maxOption)
		}
		menu.Options = append(menu.Options, shown)
	}
	return menu
}

// optionsOf are what can be chosen: none twice, and not nothing, which is chosen by choosing
// nothing.
func optionsOf(i chat.Input) []chat.Option {
	var out []chat.Option
	seen := map[string]bool{"": true}
	for _, o := range i.Options {
		if !seen[o.Value] {
			seen[o.Value] = true
			out = append(out, o)
		}
	}
	return out
}

// optionValue gives what carries an option's value: itself, or its digest.
func optionValue(value string) string {
	if len(value) <= maxOption && value[0] != '~' && utf8.ValidString(value) && strings.TrimSpace(value) != "" {
		return value
	}
	return "~" + digest(value)
}

// valueOf is the value again. One whose form is not known any more stays its digest.
func valueOf(i chat.Input, carried string) string {
	for _, o := range i.Options {
		if o.Value != "" && optionValue(o.Value) == carried {
			return o.Value
		}
	}
	return carried
}

// shownChoice is what is chosen, as it is called.
func shownChoice(i chat.Input) string {
	if i.Kind != chat.Choices {
		return labelOf(i, i.Value)
	}
	var out []string
	for value := range strings.SplitSeq(i.Value, ",") {
		if value != "" {
			out = append(out, labelOf(i, value))
		}
	}
	return strings.Join(out, "、")
}

// labelOf is what a value is called; itself where that is not known.
func labelOf(i chat.Input, value string) string {
	for _, o := range i.Options {
		if o.Value == value && o.Value != "" && !blank(o.Label) {
			return fit.OneLine(o.Label)
		}
	}
	return fit.Clean(value)
}
