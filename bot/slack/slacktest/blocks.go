package slacktest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The surfaces that blocks stand on.
const (
	inMessage = "message"
	inModal   = "modal"
	inHome    = "home"
)

// check goes through blocks and keeps what is wrong with them, with JSON pointers as Slack
// gives. Numbers are those of docs.slack.dev/reference/block-kit. Characters are code points.
type check struct {
	surface  string
	wrong    []string
	blockIDs map[string]bool
	focused  bool
	total    int // characters of all texts
	tooLong  bool
}

func newCheck(surface string) *check { return &check{surface: surface, blockIDs: map[string]bool{}} }

func (c *check) bad(at, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

func (c *check) problem(err string) *problem {
	switch {
	case len(c.wrong) > 0:
		return no(err).because("%s", strings.Join(c.wrong, "; "))
	case c.tooLong:
		return no("msg_blocks_too_long").because("%d characters", c.total)
	}
	return nil
}

// messageCharacters is how much text the blocks of one message hold together. It is not in
// the reference; Slack answers msg_blocks_too_long from about 13,200 characters on, containers
// counted in (slackapi/bolt-js issue 2509: "12,000 text characters with a buffer"; 2867 saw
// 11,341 refused, so whoever stays well below is on the safe side).
const messageCharacters = 12000

func (c *check) blocks(blocks []any) {
	most := 100
	if c.surface == inMessage {
		most = 50
	}
	if len(blocks) > most {
		c.bad("/blocks", "no more than %d items allowed", most)
	}
	for i, b := range blocks {
		at := "/blocks/" + strconv.Itoa(i)
		o, ok := b.(obj)
		if !ok {
			c.bad(at, "must be an object")
			continue
		}
		c.block(at, o)
	}
	c.tooLong = c.surface == inMessage && c.total > messageCharacters
}

// blockFields are the properties of each kind of block; others are refused, as Slack does.
var blockFields = map[string][]string{
	"section":   {"text", "fields", "accessory", "expand"},
	"header":    {"text"},
	"divider":   {},
	"context":   {"elements"},
	"actions":   {"elements"},
	"input":     {"label", "element", "hint", "optional", "dispatch_action"},
	"image":     {"image_url", "slack_file", "alt_text", "title"},
	"rich_text": {"elements"},
	"markdown":  {"text"},
}

func (c *check) block(at string, b obj) {
	kind := text(b, "type")
	fields, known := blockFields[kind]
	if !known {
		c.bad(at+"/type", "unsupported type: %q", kind)
		return
	}
	c.only(at, b, append(fields, "type", "block_id"))
	if v, there := b["block_id"]; there {
		id, _ := v.(string)
		c.length(at+"/block_id", id, 1, 255)
		if c.blockIDs[id] {
			c.bad(at+"/block_id", "block_id %q already exists", id)
		}
		c.blockIDs[id] = true
	}
	switch kind {
	case "section":
		if b["text"] == nil && b["fields"] == nil {
			c.bad(at, "missing required field: text or fields")
		}
		if b["text"] != nil {
			c.text(at+"/text", b["text"], "", 3000)
		}
		if b["fields"] != nil {
			fields := c.items(at+"/fields", b["fields"], 1, 10)
			for i, f := range fields {
				c.text(fmt.Sprintf("%s/fields/%d", at, i), f, "", 2000)
			}
		}
		if e := b["accessory"]; e != nil {
			c.element(at+"/accessory", e, "section")
		}
	case "header":
		c.text(at+"/text", b["text"], "plain_text", 150)
	case "context":
		for i, e := range c.items(at+"/elements", b["elements"], 1, 10) {
			at := fmt.Sprintf("%s/elements/%d", at, i)
			if text(e, "type") == "image" {
				c.element(at, e, "context")
			} else {
				c.text(at, e, "", 3000)
			}
		}
	case "actions":
		actionIDs := map[string]bool{}
		for i, e := range c.items(at+"/elements", b["elements"], 1, 25) {
			at := fmt.Sprintf("%s/elements/%d", at, i)
			c.element(at, e, "actions")
			if id := text(e, "action_id"); id != "" {
				if actionIDs[id] {
					c.bad(at+"/action_id", "action_id %q already exists in the block", id)
				}
				actionIDs[id] = true
			}
		}
	case "input":
		if c.surface == inMessage {
			c.bad(at, "input blocks do not belong in a message")
		}
		c.text(at+"/label", b["label"], "plain_text", 2000)
		if b["hint"] != nil {
			c.text(at+"/hint", b["hint"], "plain_text", 2000)
		}
		c.element(at+"/element", b["element"], "input")
	case "image":
		c.image(at, b)
		if b["title"] != nil {
			c.text(at+"/title", b["title"], "plain_text", 2000)
		}
	case "markdown":
		s, _ := b["text"].(string)
		c.length(at+"/text", s, 1, 12000)
		c.total += utf8.RuneCountInString(s)
	case "rich_text":
		c.items(at+"/elements", b["elements"], 0, 1000)
	}
}

func (c *check) only(at string, o obj, names []string) {
	for name := range o {
		if !slices.Contains(names, name) {
			c.bad(at, "no such property allowed: %s", name)
		}
	}
}

func (c *check) items(at string, v any, least, most int) []any {
	l, ok := v.([]any)
	switch {
	case !ok:
		c.bad(at, "must be an array")
	case len(l) < least:
		c.bad(at, "no fewer than %d items allowed", least)
	case len(l) > most:
		c.bad(at, "no more than %d items allowed", most)
	}
	return l
}

func (c *check) length(at, s string, least, most int) {
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		c.bad(at, "must be more than %d characters", least-1)
	case n > most:
		c.bad(at, "must be less than %d characters", most+1)
	}
}

// text checks a text object; kind is the only type allowed, or empty for both.
func (c *check) text(at string, v any, kind string, most int) {
	o, ok := v.(obj)
	if !ok {
		c.bad(at, "missing text object")
		return
	}
	got := text(o, "type")
	if got != "plain_text" && got != "mrkdwn" || kind != "" && got != kind {
		c.bad(at+"/type", "invalid text type %q", got)
	}
	c.only(at, o, []string{"type", "text", "emoji", "verbatim"})
	if _, there := o["emoji"]; there && got == "mrkdwn" {
		c.bad(at+"/emoji", "emoji is for plain_text")
	}
	if _, there := o["verbatim"]; there && got == "plain_text" {
		c.bad(at+"/verbatim", "verbatim is for mrkdwn")
	}
	s, isText := o["text"].(string)
	if !isText {
		c.bad(at+"/text", "must be a string")
	}
	c.length(at+"/text", s, 1, most)
	c.total += utf8.RuneCountInString(s)
}

func (c *check) image(at string, o obj) {
	c.length(at+"/alt_text", text(o, "alt_text"), 1, 2000)
	if u := text(o, "image_url"); o["slack_file"] == nil && (!isURL(u) || len(u) > 3000) {
		c.bad(at+"/image_url", "must be a URL of at most 3000 characters")
	}
}
