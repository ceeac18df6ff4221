package slacktest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// where says in which blocks an element may stand.
var where = map[string][]string{
	"button": {"section", "actions"}, "overflow": {"section", "actions"},
	"image":         {"section", "context"},
	"static_select": {"section", "actions", "input"}, "external_select": {"section", "actions", "input"},
	"users_select": {"section", "actions", "input"}, "conversations_select": {"section", "actions", "input"},
	"channels_select":     {"section", "actions", "input"},
	"multi_static_select": {"section", "input"}, "multi_external_select": {"section", "input"},
	"multi_users_select": {"section", "input"}, "multi_conversations_select": {"section", "input"},
	"multi_channels_select": {"section", "input"},
	"checkboxes":            {"section", "actions", "input"}, "radio_buttons": {"section", "actions", "input"},
	"datepicker": {"section", "actions", "input"}, "timepicker": {"section", "actions", "input"},
	"datetimepicker":   {"actions", "input"},
	"plain_text_input": {"input"}, "number_input": {"input"}, "email_text_input": {"input"},
	"url_text_input": {"input"}, "file_input": {"input"}, "rich_text_input": {"input"},
}

// elementFields are the properties of each kind of element besides type and action_id.
var elementFields = map[string][]string{
	"button":                {"text", "url", "value", "style", "confirm", "accessibility_label"},
	"overflow":              {"options", "confirm"},
	"image":                 {"image_url", "slack_file", "alt_text"},
	"static_select":         {"placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load"},
	"external_select":       {"placeholder", "initial_option", "min_query_length", "confirm", "focus_on_load"},
	"multi_static_select":   {"placeholder", "options", "option_groups", "initial_options", "confirm", "focus_on_load", "max_selected_items"},
	"multi_external_select": {"placeholder", "initial_options", "min_query_length", "confirm", "focus_on_load", "max_selected_items"},
	"checkboxes":            {"options", "initial_options", "confirm", "focus_on_load"},
	"radio_buttons":         {"options", "initial_option", "confirm", "focus_on_load"},
	"datepicker":            {"placeholder", "initial_date", "confirm", "focus_on_load"},
	"timepicker":            {"placeholder", "initial_time", "confirm", "focus_on_load", "timezone"},
	"datetimepicker":        {"initial_date_time", "confirm", "focus_on_load"},
	"plain_text_input":      {"placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load"},
	"number_input":          {"placeholder", "initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config", "focus_on_load"},
	"email_text_input":      {"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"},
	"url_text_input":        {"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"},
	"file_input":            {"filetypes", "max_files"},
}

func (c *check) element(at string, v any, block string) {
	e, ok := v.(obj)
	if !ok {
		c.bad(at, "missing element")
		return
	}
	kind := text(e, "type")
	if !slices.Contains(where[kind], block) {
		c.bad(at+"/type", "unsupported type %q in %s", kind, block)
		return
	}
	if kind == "file_input" && c.surface != inModal {
		c.bad(at+"/type", "file_input belongs in a modal")
	}
	if names, listed := elementFields[kind]; listed {
		c.only(at, e, append(slices.Clone(names), "type", "action_id"))
	}
	if v, there := e["action_id"]; there {
		s, _ := v.(string)
		c.length(at+"/action_id", s, 1, 255)
	}
	if e["placeholder"] != nil {
		c.text(at+"/placeholder", e["placeholder"], "plain_text", 150)
	}
	if e["confirm"] != nil {
		c.confirm(at+"/confirm", e["confirm"])
	}
	if e["focus_on_load"] == true {
		if c.focused {
			c.bad(at+"/focus_on_load", "only one element can be focused")
		}
		c.focused = true
	}
	c.elementOf(at, kind, e)
}

var (
	isDate   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	isNumber = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

func (c *check) elementOf(at, kind string, e obj) {
	switch kind {
	case "button":
		c.text(at+"/text", e["text"], "plain_text", 75)
		c.length(at+"/value", text(e, "value"), 0, 2000)
		if u, there := e["url"]; there {
			if s, _ := u.(string); !isURL(s) || utf8.RuneCountInString(s) > 3000 {
				c.bad(at+"/url", "must be a URL of at most 3000 characters")
			}
		}
		if s, there := e["style"]; there && s != "primary" && s != "danger" {
			c.bad(at+"/style", "must be primary or danger")
		}
		c.length(at+"/accessibility_label", text(e, "accessibility_label"), 0, 75)
	case "image":
		c.image(at, e)
	case "overflow":
		c.options(at, e, 5)
	case "static_select", "multi_static_select":
		c.options(at, e, 100)
	case "checkboxes", "radio_buttons":
		c.options(at, e, 10)
	case "external_select", "multi_external_select":
		for i, o := range append(list(e["initial_options"]), some(e["initial_option"])...) {
			c.option(fmt.Sprintf("%s/initial_options/%d", at, i), kind, o)
		}
	case "plain_text_input":
		c.plainInput(at, e)
	case "number_input":
		if _, ok := e["is_decimal_allowed"].(bool); !ok {
			c.bad(at+"/is_decimal_allowed", "missing required field")
		}
		for _, name := range []string{"initial_value", "min_value", "max_value"} {
			if v, there := e[name]; there {
				if s, ok := v.(string); !ok || !isNumber.MatchString(s) {
					c.bad(at+"/"+name, "must be a number in a string")
				}
			}
		}
	case "datepicker":
		if v, there := e["initial_date"]; there {
			if s, _ := v.(string); !isDate.MatchString(s) {
				c.bad(at+"/initial_date", "must be YYYY-MM-DD")
			}
		}
	case "datetimepicker":
		if v, there := e["initial_date_time"]; there {
			if n, ok := v.(float64); !ok || n < 1e9 || n >= 1e10 { // ten digits
				c.bad(at+"/initial_date_time", "must be a UNIX time of ten digits")
			}
		}
	case "file_input":
		if v, there := e["max_files"]; there {
			if n, ok := v.(float64); !ok || n < 1 || n > 10 {
				c.bad(at+"/max_files", "must be 1 to 10")
			}
		}
		if v, there := e["filetypes"]; there {
			c.items(at+"/filetypes", v, 1, 100)
		}
	}
}

func (c *check) plainInput(at string, e obj) {
	most := 3000.0
	if v, there := e["max_length"]; there {
		n, ok := v.(float64)
		if !ok || n < 1 || n > 3000 {
			c.bad(at+"/max_length", "must be 1 to 3000")
		} else {
			most = n
		}
	}
	if v, there := e["min_length"]; there {
		if n, ok := v.(float64); !ok || n < 0 || n > most {
			c.bad(at+"/min_length", "must be 0 to max_length")
		}
	}
	c.length(at+"/initial_value", text(e, "initial_value"), 0, int(most))
}

func (c *check) confirm(at string, v any) {
	o, ok := v.(obj)
	if !ok {
		c.bad(at, "must be an object")
		return
	}
	c.only(at, o, []string{"title", "text", "confirm", "deny", "style"})
	c.text(at+"/title", o["title"], "plain_text", 100)
	c.text(at+"/text", o["text"], "", 300)
	c.text(at+"/confirm", o["confirm"], "plain_text", 30)
	c.text(at+"/deny", o["deny"], "plain_text", 30)
	if s, there := o["style"]; there && s != "primary" && s != "danger" {
		c.bad(at+"/style", "must be primary or danger")
	}
}

func (c *check) options(at string, e obj, most int) {
	kind := text(e, "type")
	all := optionsOf(e)
	switch groups := list(e["option_groups"]); {
	case len(groups) > 0 && e["options"] != nil:
		c.bad(at, "options and option_groups exclude each other")
	case len(groups) > 0:
		c.items(at+"/option_groups", e["option_groups"], 1, 100)
		for i, g := range groups {
			at := fmt.Sprintf("%s/option_groups/%d", at, i)
			c.text(at+"/label", dig(g, "label"), "plain_text", 75)
			c.items(at+"/options", dig(g, "options"), 1, most)
		}
	default:
		c.items(at+"/options", e["options"], 1, most)
	}
	for i, o := range all {
		c.option(fmt.Sprintf("%s/options/%d", at, i), kind, o)
	}
	for _, o := range append(list(e["initial_options"]), some(e["initial_option"])...) {
		if !slices.ContainsFunc(all, func(other any) bool { return same(o, other) }) {
			c.bad(at+"/initial_option", "is not among the options")
		}
	}
	if v, there := e["initial_options"]; there {
		c.items(at+"/initial_options", v, 1, most)
	}
}

func (c *check) option(at, kind string, v any) {
	o, ok := v.(obj)
	if !ok {
		c.bad(at, "must be an object")
		return
	}
	c.only(at, o, []string{"text", "value", "description", "url"})
	texts := "plain_text"
	if kind == "checkboxes" || kind == "radio_buttons" {
		texts = ""
	}
	c.text(at+"/text", o["text"], texts, 75)
	c.length(at+"/value", text(o, "value"), 1, 150)
	if o["description"] != nil {
		c.text(at+"/description", o["description"], texts, 75)
	}
	if _, there := o["url"]; there && kind != "overflow" {
		c.bad(at+"/url", "only in an overflow menu")
	}
}

// same says whether two options are one: Slack compares them whole.
func same(a, b any) bool {
	x, _ := json.Marshal(trimmed(a))
	y, _ := json.Marshal(trimmed(b))
	return string(x) == string(y)
}

// trimmed is an option without what Slack fills in by itself.
func trimmed(o any) obj {
	return obj{"text": text(o, "text", "text"), "type": text(o, "text", "type"), "value": text(o, "value"), "about": text(o, "description", "text")}
}

func some(v any) []any {
	if v == nil {
		return nil
	}
	return []any{v}
}

func optionsOf(e obj) []any {
	all := slices.Clone(list(e["options"]))
	for _, g := range list(e["option_groups"]) {
		all = append(all, list(dig(g, "options"))...)
	}
	return all
}

// elementsOf are the interactive elements of a block.
func elementsOf(b obj) []obj {
	var out []obj
	for _, v := range append(append(some(b["accessory"]), some(b["element"])...), list(b["elements"])...) {
		if e, ok := v.(obj); ok && where[text(e, "type")] != nil {
			out = append(out, e)
		}
	}
	return out
}
