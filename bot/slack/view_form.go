package slack

import (
	"strconv"
	"strings"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// of is the sheet of a form: its draft, and what of it cannot be changed.
func (s sheet) of(f chat.Form) sheet {
	s.Draft, s.Fixed, s.Long = f.Draft, map[string]string{}, map[string]string{}
	for _, i := range f.Inputs {
		if i.Kind == chat.Fixed && i.Name != "" {
			s.Fixed[i.Name] = i.Value
			continue
		}
		if len(i.Options) > maxOptions {
			continue // they are looked up; the sheet has no room for so many
		}
		for _, o := range i.Options {
			if carried := optionValue(o.Value); carried != o.Value && carried != noValue {
				s.Long[carried] = o.Value
			}
		}
	}
	return s
}

// formView asks a form. One that Slack cannot ask whole is not asked at all, for an answer
// that leaves something out might take it away: it says where to fill it in.
func (d drawing) formView(f chat.Form, s sheet) sl.ModalViewRequest {
	s = s.of(f)
	metadata, err := s.encode()
	if err != nil {
		return d.elsewhere(f)
	}
	// Long lists are made ones that are searched, the longest first, until the view is small
	// enough.
	search := map[string]bool{}
	for {
		rows, ok := d.asked(f, s, search)
		if !ok || len(rows) > aView.blocks {
			return d.elsewhere(f)
		}
		if total(rows) <= aView.room {
			v := d.view(viewForm, f.Title, blocksOf(rows))
			v.PrivateMetadata = metadata
			submit := fit.OneLine(f.Submit)
			if blank(submit) {
				submit = d.say("slack.draw.submit")
			}
			v.Submit = plain(fit.Clip(submit, maxTitle))
			return v
		}
		name := longestList(f, search)
		if name == "" {
			return d.elsewhere(f)
		}
		search[name] = true
	}
}

func longestList(f chat.Form, search map[string]bool) (name string) {
	most := maxRadios
	for _, i := range f.Inputs {
		if (i.Kind == chat.Choice || i.Kind == chat.Choices) && len(i.Options) > most && !search[i.Name] {
			name, most = i.Name, len(i.Options)
		}
	}
	return name
}

// above is what stands before the questions.
func (d drawing) above(f chat.Form) []row {
	var rows []row
	if title := fit.OneLine(f.Title); fit.Units(title) > maxTitle {
		rows = append(rows, d.text(title, false, aView)...)
	}
	if !blank(f.Error) {
		rows = append(rows, d.text(wrong+fit.Clean(f.Error), false, aView)...)
	}
	return append(rows, d.text(fit.Clean(f.Intro), false, aView)...)
}

// asked draws the questions; ok is false where one of them cannot be asked.
func (d drawing) asked(f chat.Form, s sheet, search map[string]bool) (rows []row, ok bool) {
	rows = d.above(f)
	seen := map[string]bool{}
	for n := 0; n < len(f.Inputs); n++ {
		i := f.Inputs[n]
		if i.Kind == chat.Fixed {
			from := n
			for n+1 < len(f.Inputs) && f.Inputs[n+1].Kind == chat.Fixed {
				n++
			}
			rows = append(rows, d.fixed(f.Inputs[from:n+1])...)
			continue
		}
		if !askable(i) || seen[i.Name] {
			return nil, false
		}
		seen[i.Name] = true
		blocks, ok := d.question(i, s, search[i.Name])
		if !ok {
			return nil, false
		}
		for _, b := range blocks {
			rows = append(rows, d.row(b, aView))
		}
	}
	return rows, true
}

// fixed shows what cannot be changed. Many are one text: a form has only so many blocks, and
// they are carried whole in any case.
func (d drawing) fixed(inputs []chat.Input) []row {
	if len(inputs) <= joinedFixed {
		var pairs []chat.Pair
		for _, i := range inputs {
			pairs = append(pairs, chat.Pair{Label: i.Label, Value: fit.Clip(i.Value, maxSection)})
		}
		return d.fields(pairs, aView)
	}
	var lines []string
	for _, i := range inputs {
		lines = append(lines, d.say("slack.draw.item_marked", "mark", fit.OneLine(i.Label), "text", fit.Clean(i.Value)))
	}
	return d.text(fit.Clip(strings.Join(lines, "\n"), 4*maxSection), false, aView)
}

// question draws one input, with what is wrong with it before it.
func (d drawing) question(i chat.Input, s sheet, search bool) (blocks []sl.Block, ok bool) {
	if !blank(i.Error) {
		blocks = append(blocks, section(fit.Clip(wrong+fit.Clean(i.Error), maxSection)))
	}
	label := strings.TrimSpace(fit.Clean(i.Label))
	if blank(label) {
		label = i.Name
	}
	if blank(label) {
		label = d.say("slack.draw.blank")
	}
	input := func(label, hint string, part int, e sl.BlockElement) *sl.InputBlock {
		b := sl.NewInputBlock(blockID(i.Name, s.Round, part), plain(fit.Clip(label, maxLabel)), nil, e).WithOptional(!i.Required || part > 1)
		if !blank(hint) {
			b.Hint = plain(fit.Clip(hint, maxLabel))
		}
		return b
	}
	hint := strings.TrimSpace(fit.Clean(i.Hint))
	if parts := split(i); parts != nil {
		if len(parts) > maxParts {
			if s.Quote == nil {
				return nil, false
			}
			parts = parts[:maxParts] // the desk has the quoted message itself
		}
		note := d.say("slack.draw.part_hint", "parts", strconv.Itoa(len(parts)))
		hint = strings.TrimSpace(hint + "\n" + note)
		for n, text := range parts {
			e := d.typed(chat.Input{Kind: i.Kind, Value: text})
			e.MaxLength = maxTyped
			shown := d.say("slack.draw.part", "label", fit.Clip(label, maxSection/2), "part", strconv.Itoa(n+1), "parts", strconv.Itoa(len(parts)))
			blocks = append(blocks, input(shown, hint, n+1, e))
			hint = ""
		}
		return blocks, true
	}
	e, shown := d.element(i, search)
	if !shown && !blank(i.Value) {
		blocks = append(blocks, section(d.say("slack.draw.before", "value", fit.Clip(fit.Clean(i.Value), maxSection/2))))
	}
	return append(blocks, input(label, hint, 0, e)), true
}

// elsewhere says that a form is to be filled in on the web pages.
func (d drawing) elsewhere(f chat.Form) sl.ModalViewRequest {
	rows := fitting(d.above(f), aView.blocks-1, aView.room/2)
	say := section(d.say("slack.draw.elsewhere"))
	if url := d.url("/"); url != "" {
		say.Accessory = sl.NewAccessory(d.link(d.say("slack.draw.elsewhere_button"), url))
	}
	return d.view(viewForm, f.Title, numbered(append(blocksOf(rows), say)))
}
