package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	sl "github.com/slack-go/slack"

	"hikeshi/templates"
)

// inspector refuses what Slack refuses. Its numbers are written out once more, so that a wrong
// limit is not checked against itself.
type inspector struct {
	surface string // message, modal or home
	faults  []string
	actions map[string]bool
	blocks  map[string]bool
}

func (c *inspector) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

type object = map[string]any

func (c *inspector) str(o object, key string, least, most int) {
	v, ok := o[key].(string)
	if !ok && least == 0 {
		return
	}
	if n := len(utf16.Encode([]rune(v))); n < least || n > most {
		c.fault("%v.%s has %d characters, not %d to %d", o["type"], key, n, least, most)
	}
}

func (c *inspector) only(o object, keys ...string) {
	for k := range o {
		if !strings.Contains(" "+strings.Join(keys, " ")+" ", " "+k+" ") {
			c.fault("%v has an unknown field %s", o["type"], k)
		}
	}
}

// allowed is all that may stand in mrkdwn: a bold label without control characters, or a date.
var allowed = regexp.MustCompile("^(\\*[^*_~`<>&:@#\\n]+\\*|<!date\\^-?[0-9]+\\^\\{date_short_pretty\\} \\{time\\}\\|[^<>|\\n]+>)$")

func (c *inspector) text(at string, v any, most int, markdown bool) {
	o, ok := v.(object)
	if !ok {
		c.fault("%s: no text object", at)
		return
	}
	c.only(o, "type", "text", "emoji", "verbatim")
	text, _ := o["text"].(string)
	if n := len(utf16.Encode([]rune(text))); n > most {
		c.fault("%s: %d characters, at most %d", at, n, most)
	}
	if strings.TrimSpace(text) == "" {
		c.fault("%s: empty", at)
	}
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x07\x1b") {
		c.fault("%s: control characters", at)
	}
	switch o["type"] {
	case "plain_text":
		if o["emoji"] == true {
			c.fault("%s: :words: would become pictures", at)
		}
	case "mrkdwn":
		if !markdown {
			c.fault("%s: only plain_text", at)
		}
		if !allowed.MatchString(text) || o["verbatim"] != true {
			c.fault("%s: mrkdwn %q", at, text)
		}
	default:
		c.fault("%s: type %v", at, o["type"])
	}
}

func (c *inspector) list(o object, key string, least, most int) []object {
	raw, _ := o[key].([]any)
	if len(raw) < least || len(raw) > most {
		c.fault("%v.%s has %d elements, not %d to %d", o["type"], key, len(raw), least, most)
	}
	var out []object
	for _, r := range raw {
		e, ok := r.(object)
		if !ok {
			c.fault("%v.%s: no object", o["type"], key)
			continue
		}
		out = append(out, e)
	}
	return out
}

func (c *inspector) options(o object, most int) {
	values := map[string]bool{}
	for _, opt := range c.list(o, "options", 1, most) {
		c.option(opt)
		v, _ := opt["value"].(string)
		if values[v] {
			c.fault("option %q twice", v)
		}
		values[v] = true
	}
	initial := c.list(o, "initial_options", 0, most)
	if i, ok := o["initial_option"].(object); ok {
		initial = append(initial, i)
	}
	for _, i := range initial {
		c.option(i)
		if v, _ := i["value"].(string); !values[v] && !strings.Contains(fmt.Sprint(o["type"]), "external") {
			c.fault("initial option %q is none of the options", v)
		}
	}
}

func (c *inspector) option(o object) {
	c.only(o, "text", "value", "description")
	c.text("option", o["text"], 75, false)
	c.str(o, "value", 1, 75)
	if d := o["description"]; d != nil {
		c.text("option description", d, 75, false)
	}
}

func (c *inspector) element(e object) {
	c.str(e, "action_id", 1, 255)
	id, _ := e["action_id"].(string)
	number := func(key string, from, to int) {
		if v, ok := e[key].(float64); ok && (v < float64(from) || v > float64(to)) {
			c.fault("%v.%s is %v", e["type"], key, v)
		}
	}
	switch e["type"] {
	case "button":
		c.only(e, "type", "text", "action_id", "url", "value", "confirm", "style")
		c.text("button", e["text"], 75, false)
		c.str(e, "value", 0, 2000)
		c.str(e, "url", 0, 3000)
		if s := e["style"]; s != nil && s != "primary" && s != "danger" {
			c.fault("style %v", s)
		}
		if conf, ok := e["confirm"].(object); ok {
			c.only(conf, "title", "text", "confirm", "deny", "style")
			c.text("confirm title", conf["title"], 100, false)
			c.text("confirm text", conf["text"], 300, false)
			c.text("confirm yes", conf["confirm"], 30, false)
			c.text("confirm no", conf["deny"], 30, false)
		}
		if c.actions[id] {
			c.fault("action_id %s twice", id)
		}
		c.actions[id] = true
		if _, ok := readButton(&sl.BlockAction{ActionID: id, Value: fmt.Sprint(e["value"])}); !ok {
			c.fault("the button %s %v cannot be read back", id, e["value"])
		}
	case "plain_text_input":
		c.only(e, "type", "action_id", "initial_value", "multiline", "max_length")
		number("max_length", 1, 3000)
		c.str(e, "initial_value", 0, int(e["max_length"].(float64)))
	case "radio_buttons", "checkboxes":
		c.options(e, 10)
	case "static_select", "multi_static_select":
		c.text("placeholder", e["placeholder"], 150, false)
		c.options(e, 100)
	case "external_select", "multi_external_select":
		c.text("placeholder", e["placeholder"], 150, false)
		if e["options"] != nil || e["min_query_length"] != 0.0 {
			c.fault("external select: %v", e)
		}
		for _, i := range c.list(e, "initial_options", 0, 100) {
			c.option(i)
		}
	case "datepicker":
		if v, ok := e["initial_date"].(string); ok && !regexp.MustCompile(`^\d{4}-\d\d-\d\d$`).MatchString(v) {
			c.fault("initial_date %s", v)
		}
	case "datetimepicker":
		number("initial_date_time", 1_000_000_000, 9_999_999_999)
	case "number_input":
		if v, ok := e["initial_value"].(string); ok {
			if _, err := strconv.ParseInt(v, 10, 64); err != nil {
				c.fault("initial number %s", v)
			}
		}
	case "file_input":
		number("max_files", 1, 10)
	default:
		c.fault("element %v", e["type"])
	}
}

func (c *inspector) block(b object) {
	if id, ok := b["block_id"].(string); ok {
		c.str(b, "block_id", 1, 255)
		if c.blocks[id] {
			c.fault("block_id %s twice", id)
		}
		c.blocks[id] = true
	}
	switch b["type"] {
	case "header":
		c.text("header", b["text"], 150, false)
	case "divider":
	case "section":
		c.only(b, "type", "text", "fields", "accessory", "block_id")
		fields := c.list(b, "fields", 0, 10)
		if b["text"] == nil && len(fields) == 0 {
			c.fault("a section of nothing")
		}
		if b["text"] != nil {
			c.text("section", b["text"], 3000, true)
		}
		for _, f := range fields {
			c.text("field", f, 2000, true)
		}
		if a, ok := b["accessory"].(object); ok {
			c.element(a)
		}
	case "context":
		for _, e := range c.list(b, "elements", 1, 10) {
			c.text("context", e, 2000, false)
		}
	case "actions":
		for _, e := range c.list(b, "elements", 1, 25) {
			c.element(e)
		}
	case "input":
		if c.surface != "modal" {
			c.fault("an input in a %s", c.surface)
		}
		c.only(b, "type", "block_id", "label", "hint", "element", "optional")
		c.text("label", b["label"], 2000, false)
		if b["hint"] != nil {
			c.text("hint", b["hint"], 2000, false)
		}
		e, _ := b["element"].(object)
		c.element(e)
	default:
		c.fault("block %v", b["type"])
	}
}

// inspect gives what Slack would refuse in a message ([]sl.Block) or a view.
func inspect(surface string, payload any) []string {
	c := &inspector{surface: surface, actions: map[string]bool{}, blocks: map[string]bool{}}
	raw, err := json.Marshal(payload)
	if err != nil {
		return []string{err.Error()}
	}
	var view object
	if surface == "message" {
		view = object{}
		var blocks []any
		if err := json.Unmarshal(raw, &blocks); err != nil {
			return []string{err.Error()}
		}
		view["blocks"] = blocks
		text, most := 0, 12_000
		walk(blocks, func(s string) { text += len(utf16.Encode([]rune(s))) })
		if text > most {
			c.fault("%d characters in a message", text)
		}
	} else if err := json.Unmarshal(raw, &view); err != nil {
		return []string{err.Error()}
	}
	most := map[string]int{"message": 50, "modal": 100, "home": 100}[surface]
	asks := false
	for _, b := range c.list(view, "blocks", 1, most) {
		c.block(b)
		asks = asks || b["type"] == "input"
	}
	if len(raw) > 250_000 {
		c.fault("%d bytes", len(raw))
	}
	if surface == "modal" {
		c.only(view, "type", "title", "close", "submit", "blocks", "private_metadata", "callback_id")
		c.text("title", view["title"], 24, false)
		c.text("close", view["close"], 24, false)
		if view["submit"] != nil {
			c.text("submit", view["submit"], 24, false)
		} else if asks {
			c.fault("inputs without a submit button")
		}
		if m, _ := view["private_metadata"].(string); len(m) > 3000 {
			c.fault("private_metadata has %d bytes", len(m))
		}
	}
	return c.faults
}

// walk gives every text in a payload.
func walk(v any, see func(string)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, see)
		}
	case object:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			e := v[k]
			if s, ok := e.(string); ok && k == "text" {
				see(s)
			} else {
				walk(e, see)
			}
		}
	}
}

// shownText is everything that can be read, one text a line.
func shownText(t testing.TB, payload any) string {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	var out []string
	walk(v, func(s string) { out = append(out, s) })
	return strings.Join(out, "\n")
}

func sound(t testing.TB, surface string, payload any) {
	t.Helper()
	if faults := inspect(surface, payload); faults != nil {
		t.Fatalf("Slack would refuse the %s:\n%s", surface, strings.Join(faults, "\n"))
	}
}

func pen(t testing.TB, lang, publicURL string) drawing {
	t.Helper()
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return drawing{say: func(key string, pairs ...string) string { return texts.Say(lang, key, pairs...) }, publicURL: publicURL}
}
