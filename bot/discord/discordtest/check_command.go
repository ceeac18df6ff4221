package discordtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Types of application commands and of their options
// (discord.com/developers/docs/interactions/application-commands).
const (
	commandChat, commandUser, commandMessage = 1, 2, 3

	optionSub, optionGroup                        = 1, 2
	optionString, optionInteger, optionBoolean    = 3, 4, 5
	optionUser, optionChannel, optionRole         = 6, 7, 8
	optionMentionable, optionNumber, optionUpload = 9, 10, 11
)

// commandName is the form of the names of slash commands and options ("Application Command
// Naming"); letters that have a lower case stand in it.
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// locales are the languages of Discord (reference, "Locales").
var locales = strings.Fields("id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko")

// checkCommands says what is wrong with the commands that a guild shall have, all together: 100
// slash commands, 15 of users and of messages, each name once for each type ("Registering a
// Command"). global says that they are not a guild's, so that they may be for direct messages.
func (g *Guild) checkCommands(commands []any, global bool) *problem {
	c := &commandCheck{global: global}
	counts, seen := map[int]int{}, map[string]bool{}
	c.objects("", commands, func(at string, o obj) {
		kind := c.command(at, o)
		counts[kind]++
		name := fmt.Sprint(kind, " ", o["name"])
		if seen[name] {
			c.bad(inside(at, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
		}
		seen[name] = true
	})
	for kind, most := range map[int]int{commandChat: 100, commandUser: 15, commandMessage: 15} {
		if counts[kind] > most {
			return no(400, 30032, fmt.Sprintf("Maximum number of application commands reached (%d).", most))
		}
	}
	return c.found
}

type commandCheck struct {
	flaws
	global bool
	size   int // characters of what counts towards 8,000
}

func (c *commandCheck) command(at string, o obj) int {
	c.only(at, o, "id", "application_id", "guild_id", "version", "type", "name", "name_localizations", "description", "description_localizations",
		"options", "default_member_permissions", "default_permission", "dm_permission", "nsfw", "integration_types", "contexts")
	kind := commandChat
	if o["type"] != nil {
		kind = c.choice(inside(at, "type"), o["type"], commandChat, commandUser, commandMessage)
	}
	c.size = 0
	c.name(at, o, kind == commandChat)
	if s, ok := o["default_member_permissions"]; ok && s != nil {
		c.snowflake(inside(at, "default_member_permissions"), s)
	}
	for _, v := range list(o["contexts"]) {
		if v != 0.0 && !(v == 1.0 && c.global) {
			c.bad(inside(at, "contexts"), "BASE_TYPE_CHOICES", "a command of a guild is not available in direct messages")
		}
	}
	if kind != commandChat { // they have no description and no options
		if s, _ := o["description"].(string); s != "" || len(object(o["description_localizations"])) > 0 {
			c.bad(inside(at, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", "Context menu commands cannot have description")
		}
		if len(list(o["options"])) > 0 {
			c.bad(inside(at, "options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", "Context menu commands cannot have options")
		}
		return kind
	}
	c.described(at, o)
	c.options(at, o, 0)
	// "Slash Commands": 8,000 characters for names, descriptions and values, the longest of the
	// languages counted.
	if c.size > 8000 {
		c.bad(at, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000): %d", c.size)
	}
	return kind
}

// name checks a name in every language. strict is for slash commands and options.
func (c *commandCheck) name(at string, o obj, strict bool) {
	check := func(at, s string) {
		switch {
		case strict && (!commandName.MatchString(s) || strings.ToLower(s) != s):
			c.bad(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid: %q", s)
		case !strict:
			c.length(at, strings.TrimSpace(s), 1, 32)
		}
	}
	s, there := c.raw(at, o, "name", true)
	if there {
		check(inside(at, "name"), s)
	}
	c.size += max(utf8.RuneCountInString(s), c.localised(at, o, "name_localizations", check))
}

func (c *commandCheck) described(at string, o obj) {
	s := c.text(at, o, "description", 1, 100)
	c.size += max(utf8.RuneCountInString(s), c.localised(at, o, "description_localizations", func(at, s string) {
		c.length(at, strings.TrimSpace(s), 1, 100)
	}))
}

// localised checks a text in other languages and gives the longest one's length.
func (c *commandCheck) localised(at string, o obj, name string, check func(at, s string)) (longest int) {
	if o[name] == nil {
		return 0
	}
	m, ok := o[name].(obj)
	if !ok {
		c.bad(inside(at, name), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
	}
	for _, l := range sortedKeys(m) {
		if !slices.Contains(locales, l) {
			c.bad(inside(at, name), "BASE_TYPE_CHOICES", "%q is no locale", l)
		}
		s, isText := m[l].(string)
		if !isText && m[l] != nil {
			c.bad(inside(inside(at, name), l), "STRING_TYPE_CONVERT", "Could not interpret %q as string.", fmt.Sprint(m[l]))
			continue
		}
		if isText {
			check(inside(inside(at, name), l), s)
			longest = max(longest, utf8.RuneCountInString(s))
		}
	}
	return longest
}

// options checks the options of a command (depth 0), of a group (1) or of a subcommand (2).
func (c *commandCheck) options(at string, o obj, depth int) {
	l := c.items(at, o, "options", 0, 25)
	nests, takes, optional := false, false, false
	c.objects(inside(at, "options"), l, func(at string, option obj) {
		c.only(at, option, "type", "name", "name_localizations", "description", "description_localizations", "required", "choices", "options",
			"channel_types", "min_value", "max_value", "min_length", "max_length", "autocomplete")
		kind := c.choice(inside(at, "type"), option["type"], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
		c.name(at, option, true)
		c.described(at, option)
		required := c.yes(at, option, "required")
		switch kind {
		case optionGroup, optionSub:
			nests = true
			if kind == optionGroup && depth > 0 || depth > 1 {
				c.bad(inside(at, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command groups and sub-commands cannot be nested here")
				return
			}
			if required {
				c.bad(inside(at, "required"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "A sub-command cannot be required")
			}
			if kind == optionGroup {
				c.options(at, option, 1)
			} else {
				c.options(at, option, 2)
			}
			return
		case -1:
			return
		}
		takes = true
		if depth == 1 {
			c.bad(inside(at, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group holds only sub-commands")
		}
		if required && optional {
			c.bad(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
		}
		optional = optional || !required
		c.parameter(at, kind, option)
	})
	if nests && takes {
		c.bad(inside(at, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and sub-command group option types are mutually exclusive to all other types")
	}
	c.unique(inside(at, "options"), l)
}

// unique refuses a name that two options share in any language.
func (c *commandCheck) unique(at string, options []any) {
	languages := map[string]bool{"": true}
	for _, v := range options {
		for l := range object(object(v)["name_localizations"]) {
			languages[l] = true
		}
	}
	for _, l := range sortedKeys(languages) {
		seen := map[string]bool{}
		for i, v := range options {
			o := object(v)
			name, _ := o["name"].(string)
			if s, ok := object(o["name_localizations"])[l].(string); ok {
				name = s
			}
			if seen[name] {
				c.bad(fmt.Sprintf("%s.%d.name", at, i), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists in %q: %q", l, name)
			}
			seen[name] = true
		}
	}
}

// parameter checks an option that takes a value.
func (c *commandCheck) parameter(at string, kind int, o obj) {
	of := func(kinds ...int) bool { return slices.Contains(kinds, kind) }
	if len(list(o["options"])) > 0 {
		c.bad(inside(at, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only sub-commands and groups have options")
	}
	choices := c.items(at, o, "choices", 0, 25)
	if len(choices) > 0 && !of(optionString, optionInteger, optionNumber) {
		c.bad(inside(at, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "Choices are for texts and numbers")
	}
	c.choices(inside(at, "choices"), choices, kind)
	if c.yes(at, o, "autocomplete") && (len(choices) > 0 || !of(optionString, optionInteger, optionNumber)) {
		c.bad(inside(at, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", "Autocomplete is for texts and numbers without choices")
	}
	if !of(optionString) && (o["min_length"] != nil || o["max_length"] != nil) || !of(optionInteger, optionNumber) && (o["min_value"] != nil || o["max_value"] != nil) {
		c.bad(at, "APPLICATION_COMMAND_OPTIONS_BOUNDS_INVALID", "Lengths are for texts, least and most values for numbers")
	}
	least, _ := c.whole(at, o, "min_length", 0, 6000)
	if most, ok := c.whole(at, o, "max_length", 1, 6000); ok && least > most {
		c.bad(inside(at, "min_length"), "BASE_TYPE_MAX", "Value should be less than or equal to max_length, %d.", most)
	}
	if len(list(o["channel_types"])) > 0 && !of(optionChannel) {
		c.bad(inside(at, "channel_types"), "APPLICATION_COMMAND_OPTIONS_CHANNEL_TYPES_INVALID", "Channel types are for channels")
	}
}

// choices checks what can be chosen: a name and a text of 1 to 100 characters, or a number.
func (c *commandCheck) choices(at string, l []any, kind int) {
	seen := map[string]bool{}
	c.objects(at, l, func(at string, o obj) {
		c.only(at, o, "name", "name_localizations", "value")
		name := c.text(at, o, "name", 1, 100)
		c.size += max(utf8.RuneCountInString(name), c.localised(at, o, "name_localizations", func(at, s string) {
			c.length(at, strings.TrimSpace(s), 1, 100)
		}))
		if seen[name] {
			c.bad(inside(at, "name"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", "Option choice name already exists: %q", name)
		}
		seen[name] = true
		if kind == optionString {
			c.size += utf8.RuneCountInString(c.id(at, o, "value", 100))
		} else if _, ok := o["value"].(float64); !ok {
			c.bad(inside(at, "value"), "NUMBER_TYPE_COERCE", "Value %q is not a number.", fmt.Sprint(o["value"]))
		} else {
			c.size += len(fmt.Sprint(o["value"]))
		}
	})
}

// checkSuggestions says what Discord objects to in the answer to an autocompletion for an
// option of a type: at most 25 choices (interactions/receiving-and-responding, "Autocomplete").
// Two of one name are refused here, and taken by Discord: whoever chooses the second gets the
// first (discord-api-docs, issue 8565).
func checkSuggestions(p obj, kind int) *problem {
	c := &commandCheck{}
	c.answer(p, "choices")
	if p["choices"] == nil {
		c.required("choices")
	}
	c.choices("choices", c.items("", p, "choices", 0, 25), kind)
	return c.found
}

func object(v any) obj {
	o, _ := v.(obj)
	return o
}
