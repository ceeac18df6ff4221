package discordtest

import "unicode/utf8"

// The types of components that this server knows
// (discord.com/developers/docs/components/reference, "Component Types"). Those of messages
// with IS_COMPONENTS_V2 and the newest ones of modals are refused, as an unknown type is.
const (
	typeRow         = 1
	typeButton      = 2
	typeSelect      = 3 // of strings
	typeInput       = 4
	typeUsers       = 5
	typeRoles       = 6
	typeMentionable = 7
	typeChannels    = 8
	typeText        = 10
	typeLabel       = 18
	typeUpload      = 19
)

// Styles of buttons.
const styleLink, stylePremium = 5, 6

// rows checks the action rows of a message and gives their number: five rows of five buttons or
// one select ("Action Row").
func (c *messageCheck) rows(p obj) int {
	l := c.items("", p, "components", 0, 5)
	c.objects("components", l, func(at string, row obj) {
		if kindOf(row) != typeRow {
			c.bad(inside(at, "type"), "UNION_TYPE_CHOICES", "Value of field %q must be one of (1,).", "type")
			return
		}
		c.only(at, row, "type", "id", "components")
		c.number(at, row)
		width := 0
		c.objects(inside(at, "components"), c.items(at, row, "components", 1, 5), func(at string, o obj) {
			switch kindOf(o) {
			case typeButton:
				width++
				c.button(at, o)
			case typeSelect, typeUsers, typeRoles, typeMentionable, typeChannels:
				width += 5
				c.menu(at, o, false)
			default:
				c.bad(inside(at, "type"), "UNION_TYPE_CHOICES", "Value of field %q must be one of (2, 3, 5, 6, 7, 8).", "type")
				return
			}
			c.number(at, o)
		})
		if width > 5 && len(list(row["components"])) <= 5 {
			c.bad(inside(at, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
		}
	})
	return len(l)
}

// number checks the id, which is unique within a message ("Anatomy of a Component").
func (c *messageCheck) number(at string, o obj) {
	n, ok := c.whole(at, o, "id", 0, 1<<31-1)
	if !ok || n == 0 {
		return
	}
	if c.numbers[n] {
		c.bad(inside(at, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
	}
	c.numbers[n] = true
}

// customID: 1 to 100 characters, each once in a message ("Custom ID").
func (c *messageCheck) customID(at string, o obj) {
	id := c.id(at, o, "custom_id", 100)
	if id == "" {
		return
	}
	if first, there := c.ids[id]; there {
		c.bad(inside(at, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated: %q of %s", id, first)
	}
	c.ids[id] = at
}

func (c *messageCheck) button(at string, o obj) {
	c.only(at, o, "type", "id", "style", "label", "emoji", "custom_id", "sku_id", "url", "disabled")
	style := c.choice(inside(at, "style"), o["style"], 1, 2, 3, 4, 5, 6)
	label := c.text(at, o, "label", 0, 80)
	c.yes(at, o, "disabled")
	_, hasID := o["custom_id"]
	_, hasURL := o["url"]
	if o["emoji"] != nil {
		c.emoji(inside(at, "emoji"), o["emoji"])
	} else if label == "" && style != stylePremium {
		c.bad(at, "BUTTON_COMPONENT_LABEL_EMOJI_REQUIRED", "A label or emoji is required")
	}
	switch {
	case style == stylePremium:
		c.bad(inside(at, "style"), "BASE_TYPE_CHOICES", "this server sells nothing")
	case style == styleLink && hasID, style != styleLink && hasURL:
		c.bad(at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified, and only a link has a url")
	case style == styleLink:
		if u, there := c.raw(at, o, "url", true); there {
			c.address(inside(at, "url"), u, 512, "http", "https", "discord")
		}
	default:
		c.customID(at, o)
	}
}

// emoji takes an emoji of Unicode by its name, or one of a guild by its ID.
func (c *messageCheck) emoji(at string, v any) {
	o, ok := v.(obj)
	if !ok {
		c.bad(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
		return
	}
	if id, _ := o["id"].(string); id != "" {
		c.snowflake(inside(at, "id"), id)
		return
	}
	name, _ := o["name"].(string)
	if r, _ := utf8.DecodeRuneInString(name); name == "" || r < 0xa9 && len(name) == utf8.RuneCountInString(name) {
		c.bad(inside(at, "name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji: %q", name)
	}
}

// menu checks a select, in a message or in a label of a modal ("String Select", "User Select").
func (c *messageCheck) menu(at string, o obj, modal bool) {
	c.only(at, o, "type", "id", "custom_id", "options", "placeholder", "min_values", "max_values", "required", "disabled", "channel_types", "default_values")
	c.customID(at, o)
	c.text(at, o, "placeholder", 0, 150)
	if c.yes(at, o, "disabled") && modal {
		c.bad(inside(at, "disabled"), "COMPONENT_DISABLED_INVALID", "Modals cannot have disabled components")
	}
	least, most := c.span(at, o, 25, modal)
	if kindOf(o) != typeSelect {
		if v := list(o["default_values"]); len(v) > 0 && (len(v) < least || len(v) > most) {
			c.bad(inside(at, "default_values"), "BASE_TYPE_BAD_LENGTH", "Must be between %d and %d in length.", least, most)
		}
		if len(list(o["options"])) > 0 {
			c.bad(inside(at, "options"), "BASE_TYPE_CHOICES", "only a string select has options")
		}
		return
	}
	values := map[string]bool{}
	chosen := 0
	options := c.items(at, o, "options", 1, 25)
	c.objects(inside(at, "options"), options, func(at string, o obj) {
		c.only(at, o, "label", "value", "description", "emoji", "default")
		c.text(at, o, "label", 1, 100)
		c.text(at, o, "description", 0, 100)
		value := c.id(at, o, "value", 100)
		if value != "" && values[value] {
			c.bad(inside(at, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used: %q", value)
		}
		values[value] = true
		if o["emoji"] != nil {
			c.emoji(inside(at, "emoji"), o["emoji"])
		}
		if c.yes(at, o, "default") {
			chosen++
		}
	})
	if len(options) > 0 && most > len(options) {
		c.bad(inside(at, "max_values"), "BASE_TYPE_MAX", "Value should be less than or equal to the number of options, %d.", len(options))
	}
	if chosen > most {
		c.bad(inside(at, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "The number of defaults is more than %d", most)
	}
}

// span checks how many may be chosen; at least one where the answer is required, which in a
// modal is so unless it says otherwise.
func (c *messageCheck) span(at string, o obj, limit int, modal bool) (least, most int) {
	least, most = 1, 1
	n, given := c.whole(at, o, "min_values", 0, limit)
	if given {
		least = n
	}
	if n, ok := c.whole(at, o, "max_values", 1, limit); ok {
		most = n
	}
	c.yes(at, o, "required")
	switch {
	case modal && given && least == 0 && o["required"] != false:
		c.bad(inside(at, "min_values"), "COMPONENT_REQUIRED_MIN_VALUES", "must be at least 1, for the component is required")
	case least > most:
		c.bad(inside(at, "min_values"), "BASE_TYPE_MAX", "Value should be less than or equal to max_values, %d.", most)
	}
	return least, most
}

// checkModal says what Discord objects to in a form (interactions/receiving-and-responding,
// "Modal"): a title of 45 characters, 1 to 5 components.
func checkModal(p obj) *problem {
	c := newMessageCheck(newResponse, nil)
	c.answer(p, "custom_id", "title", "components")
	c.id("", p, "custom_id", 100)
	c.text("", p, "title", 1, 45)
	c.objects("components", c.items("", p, "components", 1, 5), func(at string, o obj) {
		c.number(at, o)
		switch kindOf(o) {
		case typeLabel:
			c.label(at, o)
		case typeText: // "Text Display" gives no limit; a message with components has 4,000 characters
			c.text(at, o, "content", 1, 4000)
		case typeRow: // deprecated, with one text input
			c.objects(inside(at, "components"), c.items(at, o, "components", 1, 1), func(at string, o obj) {
				if kindOf(o) != typeInput {
					c.bad(inside(at, "type"), "UNION_TYPE_CHOICES", "Value of field %q must be one of (4,).", "type")
					return
				}
				c.number(at, o)
				c.text(at, o, "label", 1, 45)
				c.input(at, o)
			})
		default:
			c.bad(inside(at, "type"), "UNION_TYPE_CHOICES", "Value of field %q must be one of (1, 10, 18).", "type")
		}
	})
	return c.found
}

// label: a text of 45 characters and one of 100, around one component ("Label").
func (c *messageCheck) label(at string, o obj) {
	c.only(at, o, "type", "id", "label", "description", "component")
	c.text(at, o, "label", 1, 45)
	c.text(at, o, "description", 0, 100)
	at = inside(at, "component")
	child, ok := o["component"].(obj)
	if !ok {
		c.required(at)
		return
	}
	c.number(at, child)
	switch kindOf(child) {
	case typeInput:
		if child["label"] != nil {
			c.bad(inside(at, "label"), "TEXT_INPUT_LABEL_INVALID", "the label stands around the input")
		}
		c.input(at, child)
	case typeSelect, typeUsers, typeRoles, typeMentionable, typeChannels:
		c.menu(at, child, true)
	case typeUpload: // 0 to 10 files ("File Upload")
		c.only(at, child, "type", "id", "custom_id", "min_values", "max_values", "required")
		c.customID(at, child)
		c.span(at, child, 10, true)
	default:
		c.bad(inside(at, "type"), "UNION_TYPE_CHOICES", "Value of field %q must be one of (3, 4, 5, 6, 7, 8, 19).", "type")
	}
}

// input checks a text input ("Text Input"): 4,000 characters, its placeholder 100.
func (c *messageCheck) input(at string, o obj) {
	c.only(at, o, "type", "id", "custom_id", "style", "label", "min_length", "max_length", "required", "value", "placeholder")
	c.customID(at, o)
	c.choice(inside(at, "style"), o["style"], 1, 2)
	c.text(at, o, "placeholder", 0, 100)
	c.yes(at, o, "required")
	least, most := 0, 4000
	if n, ok := c.whole(at, o, "min_length", 0, 4000); ok {
		least = n
	}
	if n, ok := c.whole(at, o, "max_length", 1, 4000); ok {
		most = n
	}
	if least > most {
		c.bad(inside(at, "min_length"), "BASE_TYPE_MAX", "Value should be less than or equal to max_length, %d.", most)
	}
	if s, there := c.raw(at, o, "value", false); there {
		c.length(inside(at, "value"), s, 0, most)
	}
}
