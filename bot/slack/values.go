package slack

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// The layouts of chat.Input's values.
const (
	layoutMoment = "2006-01-02T15:04"
	layoutDay    = time.DateOnly
)

// readValues gives the answers of a submitted form, and the files that were chosen in it.
// Every input that was asked is there, and what stood fixed in the form as it was.
func readValues(s sheet, state *sl.ViewState) (chat.Values, []fileRef) {
	values, files := chat.Values{}, []fileRef(nil)
	parts := map[string]map[int]string{}
	if state != nil {
		for _, block := range slices.Sorted(maps.Keys(state.Values)) {
			name, part, ok := inputOf(block)
			if !ok {
				continue
			}
			for _, id := range slices.Sorted(maps.Keys(state.Values[block])) {
				a := state.Values[block][id]
				for _, f := range a.Files {
					if f.ID != "" {
						files = append(files, fileRef{Input: name, ID: f.ID, Name: f.Name})
					}
				}
				if a.Type == sl.ActionType(sl.METFileInput) {
					continue // its value comes as files
				}
				if parts[name] == nil {
					parts[name] = map[int]string{}
				}
				parts[name][part] = s.answer(a)
			}
		}
	}
	for name, by := range parts {
		var whole strings.Builder
		for _, part := range slices.Sorted(maps.Keys(by)) {
			whole.WriteString(by[part])
		}
		values[name] = whole.String()
	}
	for name, value := range s.Fixed {
		values[name] = value
	}
	return values, files
}

// answer is what was typed or chosen in one element.
func (s sheet) answer(a sl.BlockAction) string {
	switch {
	case a.SelectedDateTime != 0:
		return time.Unix(a.SelectedDateTime, 0).In(tokyo).Format(layoutMoment)
	case a.SelectedDate != "":
		return a.SelectedDate
	case a.SelectedOption.Value != "":
		return s.valueOf(a.SelectedOption.Value)
	case len(a.SelectedOptions) > 0:
		var out []string
		for _, o := range a.SelectedOptions {
			if value := s.valueOf(o.Value); value != "" {
				out = append(out, value)
			}
		}
		return strings.Join(out, ",")
	}
	return a.Value
}

// inputErrors gives what is wrong with each answer by its block, for an answer that leaves the
// form open as it is; all is false where that would not say everything.
func inputErrors(f chat.Form, s sheet) (byBlock map[string]string, all bool) {
	byBlock, all = map[string]string{}, blank(f.Error)
	s = s.of(f)
	for _, i := range f.Inputs {
		if blank(i.Error) {
			continue
		}
		part := 0
		if split(i) != nil {
			part = 1
		}
		if i.Kind == chat.Fixed || !askable(i) {
			all = false
			continue
		}
		byBlock[blockID(i.Name, s.Round, part)] = fit.Clip(fit.Clean(i.Error), maxLabel)
	}
	return byBlock, all && len(byBlock) > 0
}

// askable reports whether an input can be a block of Slack.
func askable(i chat.Input) bool {
	return i.Name != "" && fit.Clean(i.Name) == i.Name && fit.Units(blockID(i.Name, 1_000_000, 0)) <= maxID
}

// written reports whether an input is answered in words. A list without options is: the desk
// reads names, too. So is a number, for Slack's own input takes neither １２００ nor
// 「千二百くらい」, which is what people know at night.
func written(i chat.Input) bool {
	switch i.Kind {
	case chat.Choice:
		return len(i.Options) == 0
	case chat.Choices:
		return !slices.ContainsFunc(i.Options, func(o chat.Option) bool { return o.Value != "" })
	case chat.DateTime, chat.Date, chat.Fixed, chat.Upload:
		return false
	}
	return true
}

// split parts a text that is too long for one input; nil: it is not. A cut stands between two
// characters that are seen, for a space or a line's end at the border of an input may get lost.
func split(i chat.Input) []string {
	value := fit.Clean(i.Value)
	if !written(i) || fit.Units(value) <= maxTyped {
		return nil
	}
	var out []string
	for rest := value; rest != ""; {
		n := fit.Cut(rest, maxTyped, utf16.RuneLen)
		if n < len(rest) {
			n = seam(rest, n)
		}
		out, rest = append(out, rest[:n]), rest[n:]
	}
	return out
}

// seam moves a cut back to between two characters that are seen, where there is one near.
func seam(s string, n int) int {
	after, _ := utf8.DecodeRuneInString(s[n:])
	for at := n; at > n/2; {
		before, size := utf8.DecodeLastRuneInString(s[:at])
		if !unicode.IsSpace(before) && !unicode.IsSpace(after) && fit.Between(before, after) {
			return at
		}
		after, at = before, at-size
	}
	return n
}
