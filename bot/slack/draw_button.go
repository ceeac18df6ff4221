package slack

import (
	"strconv"
	"strings"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// What a button of ours does. It begins the action_id; the value says what with.
const (
	press = "press" // tells the desk: the value is the chat.Action
	more  = "more"  // shows a page of the whole card: page|chat.Action
	form  = "form"  // opens a form again: the value is its draft
	link  = "link"  // leads to a web page; Slack tells us all the same, and waits to be acknowledged
)

// button is a button that somebody pressed.
type button struct {
	kind   string
	action chat.Action // press, more
	page   int         // more; from 1
	draft  string      // form
}

// maxPages bounds what a page number may be, so that it stays one.
const maxPages = 100_000

// readButton tells what was pressed; ok is false for what is no button of ours.
func readButton(a *sl.BlockAction) (b button, ok bool) {
	if a == nil || len(a.Value) > maxButtonValue {
		return button{}, false
	}
	kind, _, _ := strings.Cut(a.ActionID, ":")
	switch kind {
	case press:
		return button{kind: kind, action: chat.Action(a.Value)}, a.Value != ""
	case more:
		number, whole, found := strings.Cut(a.Value, "|")
		page, err := strconv.Atoi(number)
		if !found || whole == "" || err != nil || page < 1 || page > maxPages {
			return button{}, false
		}
		return button{kind: kind, action: chat.Action(whole), page: page}, true
	case form:
		return button{kind: kind, draft: a.Value}, a.Value != ""
	case link:
		return button{kind: kind}, true
	}
	return button{}, false
}

// button draws a button; nil where there is nothing to press.
func (d drawing) button(b chat.Button) *sl.ButtonBlockElement {
	label := fit.OneLine(b.Label)
	if blank(label) {
		label = d.say("slack.draw.unnamed")
	}
	var e *sl.ButtonBlockElement
	switch {
	case b.Page != "":
		url := d.url(b.Page)
		if url == "" {
			return nil
		}
		e = d.link(label, url)
	case b.Action == "" || fit.Units(string(b.Action)) > maxButtonValue:
		return nil
	default:
		e = sl.NewButtonBlockElement(press, string(b.Action), plain(fit.Clip(label, maxButton)))
	}
	switch b.Style {
	case chat.Primary:
		e.Style = sl.StylePrimary
	case chat.Danger:
		e.Style = sl.StyleDanger
	}
	if !blank(b.Confirm) {
		e.Confirm = sl.NewConfirmationBlockObject(
			plain(fit.Clip(d.say("slack.draw.confirm"), maxConfirmTitle)), plain(fit.Clip(fit.Clean(b.Confirm), maxConfirm)),
			plain(fit.Clip(label, maxConfirmLabel)), plain(fit.Clip(d.say("slack.draw.cancel"), maxConfirmLabel)))
		if b.Style == chat.Danger {
			e.Confirm.Style = sl.StyleDanger
		}
	}
	return e
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

func (d drawing) link(label, url string) *sl.ButtonBlockElement {
	return sl.NewButtonBlockElement(link, "", plain(fit.Clip(label, maxButton))).WithURL(url)
}

// turn is a button that shows a page of the whole card.
func (d drawing) turn(whole chat.Action, page int, label string) *sl.ButtonBlockElement {
	return sl.NewButtonBlockElement(more, strconv.Itoa(page)+"|"+string(whole), plain(fit.Clip(label, maxButton)))
}

// reopenButton opens a form by its draft: a form that is not asked for within three seconds
// cannot be opened any more (Slack, "Modals": trigger_id).
func (d drawing) reopenButton(draft string) sl.Block {
	b := sl.NewButtonBlockElement(form, draft, plain(fit.Clip(d.say("slack.draw.reopen_button"), maxButton)))
	b.Style = sl.StylePrimary
	return numbered([]sl.Block{sl.NewSectionBlock(plain(fit.Clip(d.say("slack.draw.reopen"), maxSection)), nil, sl.NewAccessory(b))})[0]
}

// unclipped says in full what buttons can only begin to say.
func (d drawing) unclipped(buttons []chat.Button) []string {
	var out []string
	for _, b := range buttons {
		if d.button(b) == nil {
			continue
		}
		if label := fit.OneLine(b.Label); fit.Units(label) > maxButton {
			out = append(out, d.say("slack.draw.button_whole", "label", label))
		}
		if confirm := fit.Clean(b.Confirm); fit.Units(confirm) > maxConfirm {
			out = append(out, confirm)
		}
	}
	return out
}

// buttons draws buttons in rows, after what they can only begin to say.
func (d drawing) buttons(buttons []chat.Button, on surface) []row {
	var out []row
	for _, text := range chunks(strings.Join(d.unclipped(buttons), "\n"), maxContext) {
		r := d.row(small(text), on)
		r.holds = true
		out = append(out, r)
	}
	var elements []sl.BlockElement
	size := 0
	flush := func() {
		if elements != nil {
			out = append(out, d.row(sl.NewActionBlock("", elements...), on))
			elements, size = nil, 0
		}
	}
	for _, b := range buttons {
		e := d.button(b)
		if e == nil {
			continue
		}
		n := on.size(sl.NewActionBlock("", e))
		if len(elements) == maxElements || size+n > maxActions {
			flush()
		}
		elements, size = append(elements, e), size+n
	}
	flush()
	return out
}
