package discord

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

func anyForm() *rapid.Generator[chat.Form] {
	kinds := []chat.InputKind{chat.Line, chat.Lines, chat.Choice, chat.Choices, chat.DateTime, chat.Date, chat.Number, chat.Fixed, chat.Upload}
	return rapid.Custom(func(t *rapid.T) chat.Form {
		f := chat.Form{
			Draft: rapid.SampledFrom([]string{"report|||abcdefghijklmnop", strings.Repeat("d", 98)}).Draw(t, "draft"), Title: anyText(200).Draw(t, "title"),
			Intro: anyText(20_000).Draw(t, "intro"), Error: anyText(4000).Draw(t, "error"), Submit: anyText(100).Draw(t, "submit"),
		}
		f.Inputs = many(t, rapid.Custom(func(t *rapid.T) chat.Input {
			i := chat.Input{
				Label: anyText(4000).Draw(t, "label"), Hint: anyText(4000).Draw(t, "hint"), Error: anyText(4000).Draw(t, "wrong"),
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Required: rapid.Bool().Draw(t, "required"),
				Max: rapid.SampledFrom([]int{0, 0, 300, 3999, 4000, 4001, 20_000}).Draw(t, "max"),
			}
			i.Options = many(t, rapid.Custom(func(t *rapid.T) chat.Option {
				return chat.Option{Value: strings.ToValidUTF8(anyText(300).Draw(t, "value"), ""), Label: anyText(300).Draw(t, "label")}
			}), "options", 60)
			for n := range i.Options {
				i.Options[n].Value += strconv.Itoa(n / 2)
			}
			i.Value = rapid.OneOf(anyText(30_000), rapid.SampledFrom([]string{"", "2026-11-22T01:45", "2026-12-01", "120", "0001-01-01T00:00"})).Draw(t, "value")
			if len(i.Options) > 0 && rapid.Bool().Draw(t, "chosen") {
				i.Value = rapid.SampledFrom(i.Options).Draw(t, "option").Value
			}
			return i
		}), "inputs", 45)
		odd := rapid.SampledFrom([]string{"in", "in", "in", "a.b|", strings.Repeat("長", 240), ""}).Draw(t, "name")
		for n := range f.Inputs {
			f.Inputs[n].Name = odd
			if odd != "" && n > 0 {
				f.Inputs[n].Name += strconv.Itoa(n)
			}
		}
		return f
	})
}

// objections are what Discord would refuse in a window.
func objections(t *rapid.T, w window) (wrong []string) {
	var m map[string]any
	raw, err := json.Marshal(w)
	if err != nil || json.Unmarshal(raw, &m) != nil {
		t.Fatal(err)
	}
	text := func(o map[string]any, name string, least, most int) string {
		s, _ := o[name].(string)
		if n := fit.Units(s); n < least || n > most || !utf8.ValidString(s) || least > 0 && blank(s) {
			wrong = append(wrong, fmt.Sprintf("%s has %d characters", name, n))
		}
		return s
	}
	text(m, "title", 1, 45)
	text(m, "custom_id", 1, 100)
	parts, _ := m["components"].([]any)
	if len(parts) < 1 || len(parts) > 5 {
		wrong = append(wrong, fmt.Sprintf("%d components", len(parts)))
	}
	ids := map[string]bool{}
	for _, p := range parts {
		o, _ := p.(map[string]any)
		if o["type"] == 10.0 {
			text(o, "content", 1, 4000)
			continue
		}
		text(o, "label", 1, 45)
		text(o, "description", 0, 100)
		c, _ := o["component"].(map[string]any)
		id := text(c, "custom_id", 1, 100)
		if ids[id] {
			wrong = append(wrong, "the same custom_id twice")
		}
		ids[id] = true
		switch c["type"] {
		case 4.0:
			most, _ := c["max_length"].(float64)
			if most < 1 || most > 4000 {
				wrong = append(wrong, fmt.Sprintf("max_length %v", most))
			}
			value := text(c, "value", 0, int(most))
			text(c, "placeholder", 0, 100)
			if c["style"] == 1.0 && strings.Contains(value, "\n") {
				wrong = append(wrong, "a line with several lines")
			}
		case 3.0:
			options, _ := c["options"].([]any)
			if len(options) < 1 || len(options) > 25 {
				wrong = append(wrong, fmt.Sprintf("%d options", len(options)))
			}
			values, chosen := map[string]bool{}, 0
			for _, v := range options {
				o, _ := v.(map[string]any)
				text(o, "label", 1, 100)
				text(o, "description", 0, 100)
				value := text(o, "value", 1, 100)
				if values[value] {
					wrong = append(wrong, "the same value twice")
				}
				values[value] = true
				if o["default"] == true {
					chosen++
				}
			}
			if most := c["max_values"].(float64); chosen > int(most) || int(most) > len(options) {
				wrong = append(wrong, fmt.Sprintf("%d chosen of at most %v", chosen, most))
			}
		case 19.0:
		default:
			wrong = append(wrong, fmt.Sprintf("a component of type %v", c["type"]))
		}
	}
	return wrong
}

// unchanged submits a window as Discord does when nothing was changed in it.
func unchanged(t *rapid.T, w window) *data {
	var m struct {
		Components []struct {
			Component map[string]any `json:"component"`
		} `json:"components"`
	}
	raw, err := json.Marshal(w)
	if err != nil || json.Unmarshal(raw, &m) != nil {
		t.Fatal(err)
	}
	var parts []any
	for _, p := range m.Components {
		c := p.Component
		if c == nil {
			continue
		}
		answer := map[string]any{"type": c["type"], "custom_id": c["custom_id"]}
		if c["type"] == 4.0 {
			answer["value"] = c["value"]
		} else {
			values := []any{}
			options, _ := c["options"].([]any)
			for _, v := range options {
				if o, _ := v.(map[string]any); o["default"] == true {
					values = append(values, o["value"])
				}
			}
			answer["values"] = values
		}
		parts = append(parts, map[string]any{"type": 18, "component": answer})
	}
	var d data
	raw, err = json.Marshal(map[string]any{"custom_id": w.CustomID, "components": parts})
	if err != nil || json.Unmarshal(raw, &d) != nil {
		t.Fatal(err)
	}
	return &d
}

// What was in a form comes back as it was, on whichever page it stands; and what has to be
// answered stands on the first, as long as it has room.
func TestWhateverAFormIsDiscordTakesItAndNothingIsLost(t *testing.T) {
	d := pen(t, "ja", "https://hikeshi.example.jp")
	now := newClock()
	front := &Front{patience: standard, clock: now}
	rapid.Check(t, func(t *rapid.T) {
		f := anyForm().Draw(t, "form")
		at := &sheet{Draft: f.Draft, By: "1", Values: chat.Values{}, form: &f}
		at.completed(f)
		before := at.clone()
		pages := pagesOf(f)
		optional := false
		for n := range pages {
			w := d.window(at.filled(f), n+1)
			if wrong := objections(t, w); wrong != nil {
				t.Fatal(strings.Join(wrong, "\n"))
			}
			for _, i := range pages[n] {
				if i.Required && optional {
					t.Fatalf("%q has to be answered, and stands behind what has not", i.Name)
				}
				optional = optional || !i.Required
			}
			front.takeAnswers(t.Context(), &doorDesk{}, at, unchanged(t, w), now())
		}
		for _, i := range f.Inputs {
			got, was := at.Values[i.Name], before.Values[i.Name]
			if i.Kind == chat.Upload || i.Name == "" || got == was || got == fit.Clean(was) {
				continue
			}
			switch i.Kind {
			case chat.Choice, chat.Choices:
				// A choice that is none of the options cannot be shown; all others stay.
				for value := range strings.SplitSeq(was, ",") {
					for _, o := range optionsOf(i) {
						if o.Value == value && value == was && got != value {
							t.Fatalf("%q: %q came back as %q", i.Name, was, got)
						}
					}
				}
			case chat.DateTime, chat.Date:
				if strings.TrimSpace(fit.Clean(was)) != "" && got == "" {
					t.Fatalf("%q: %q is gone", i.Name, was)
				}
			default:
				t.Fatalf("%q: %d bytes came back as %d", i.Name, len(was), len(got))
			}
		}
	})
}
