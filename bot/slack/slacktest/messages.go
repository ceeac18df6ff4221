package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

type message struct {
	channel, ts, thread string
	user                string
	onlyFor             string // an ephemeral message: for this person
	text                string
	blocks              []any
	metadata            obj
	files               []string
	edited              bool
	mark                int64 // grows with every change, so that the newest can be found
}

func (w *Workspace) shownMessage(m *message, metadata bool) obj {
	o := obj{"type": "message", "user": m.user, "text": m.text, "ts": m.ts, "team": w.TeamID}
	if m.user == w.BotUser {
		o["bot_id"], o["app_id"] = "B0BOT", w.AppID
	} else {
		o["client_msg_id"] = "m-" + m.ts
	}
	if m.thread != "" {
		o["thread_ts"] = m.thread
	}
	if m.blocks != nil {
		o["blocks"] = m.blocks
	}
	if metadata && m.metadata != nil {
		o["metadata"] = m.metadata
	}
	if m.edited {
		o["edited"] = obj{"user": m.user, "ts": m.ts}
	}
	if len(m.files) > 0 {
		var files []obj
		for _, id := range m.files {
			files = append(files, w.shownFile(w.uploads[id]))
		}
		o["files"], o["upload"] = files, true
	}
	return o
}

// said is what chat.postMessage and its like are given.
type said struct {
	text     string
	blocks   []any
	hasText  bool
	hasBlock bool
	metadata obj
	hasMeta  bool
}

// metadataBytes is how much metadata a message carries; Slack names no number for
// metadata_too_large, so this is a careful one.
const metadataBytes = 8000

// readSaid reads what a method posts. Answers to a response_url and acknowledgements are
// not measured as a whole: the same blocks pass there (slackapi/bolt-js issue 2867).
func (w *Workspace) readSaid(a args, measured bool) (said, *problem) {
	s := said{text: a.str("text"), hasText: a.has("text")}
	// chat.postMessage truncates after 40,000 characters and refuses far beyond; nothing that
	// long is meant.
	if utf8.RuneCountInString(s.text) > 40000 {
		return s, no("msg_too_long")
	}
	if a.has("attachments") {
		if v, _ := a.json("attachments"); len(list(v)) > 0 {
			return s, no("invalid_attachments").because("attachments are legacy")
		}
	}
	if a.has("blocks") && a.str("blocks") != "" || a.body != nil && a.has("blocks") {
		v, ok := a.json("blocks")
		blocks, isList := v.([]any)
		if !ok || !isList && v != nil {
			return s, no("invalid_blocks_format")
		}
		c := newCheck(inMessage)
		c.blocks(blocks)
		c.tooLong = c.tooLong && measured
		if p := c.problem("invalid_blocks"); p != nil {
			return s, p
		}
		s.blocks, s.hasBlock = blocks, true
	}
	if a.has("metadata") {
		v, ok := a.json("metadata")
		o, isObj := v.(obj)
		if !ok || !isObj {
			return s, no("invalid_metadata_format")
		}
		// slack-go sends empty metadata along to a response_url, and Slack minds it not.
		if len(o) > 0 && (text(o, "event_type") != "" || o["event_payload"] != nil) {
			if _, ok := o["event_payload"].(obj); !ok || text(o, "event_type") == "" {
				return s, no("invalid_metadata_schema")
			}
			if raw, _ := json.Marshal(o); len(raw) > metadataBytes {
				return s, no("metadata_too_large")
			}
			s.metadata = o
		}
		s.hasMeta = true
	}
	return s, nil
}

func chatPostMessage(w *Workspace, a args) (obj, *problem) {
	id := a.str("channel")
	if u := w.users[id]; u != nil { // a user ID stands for the direct messages with him
		if u.Deleted || u.Bot || u.TeamID != w.TeamID {
			return nil, no("channel_not_found").because("%s", id)
		}
		id = w.direct(id).id
	}
	c, p := w.enter(id)
	if p != nil {
		return nil, p
	}
	s, p := w.readSaid(a, true)
	if p != nil {
		return nil, p
	}
	if strings.TrimSpace(s.text) == "" && len(s.blocks) == 0 {
		return nil, no("no_text")
	}
	for _, name := range []string{"username", "icon_emoji", "icon_url"} {
		if a.str(name) != "" {
			if p := w.needs("chat:write.customize"); p != nil {
				return nil, p
			}
		}
	}
	if ts := a.str("thread_ts"); ts != "" && c.message(ts) == nil {
		return nil, no("thread_not_found").because("%s", ts)
	}
	m := &message{user: w.BotUser, thread: a.str("thread_ts"), text: s.text, blocks: s.blocks, metadata: s.metadata}
	w.post(c, m)
	return obj{"channel": c.id, "ts": m.ts, "message": w.shownMessage(m, true)}, nil
}

// post puts a message into a channel; mu is held.
func (w *Workspace) post(c *channel, m *message) {
	m.channel, m.ts = c.id, w.ts()
	w.named(m.blocks)
	w.counter++
	m.mark = w.counter
	c.messages = append(c.messages, m)
	w.touch()
}

// named gives blocks and elements without an ID one, as Slack does.
func (w *Workspace) named(blocks []any) {
	for _, b := range blocks {
		block, _ := b.(obj)
		if block == nil {
			continue
		}
		if text(block, "block_id") == "" {
			block["block_id"] = w.id("b")
		}
		for _, e := range elementsOf(block) {
			if text(e, "action_id") == "" {
				e["action_id"] = w.id("a")
			}
		}
	}
}

func chatPostEphemeral(w *Workspace, a args) (obj, *problem) {
	c, p := w.enter(a.str("channel"))
	if p != nil {
		return nil, p
	}
	user := a.str("user")
	if !c.has(user) {
		return nil, no("user_not_in_channel").because("%s", user)
	}
	s, p := w.readSaid(a, true)
	if p != nil {
		return nil, p
	}
	if strings.TrimSpace(s.text) == "" && len(s.blocks) == 0 {
		return nil, no("no_text")
	}
	m := &message{user: w.BotUser, onlyFor: user, text: s.text, blocks: s.blocks}
	w.post(c, m)
	return obj{"message_ts": m.ts}, nil
}

func (w *Workspace) own(a args, cant string) (*channel, *message, *problem) {
	c, p := w.enter(a.str("channel"))
	if p != nil {
		return nil, nil, p
	}
	m := c.message(a.str("ts"))
	switch {
	case m == nil:
		return nil, nil, no("message_not_found").because("%s", a.str("ts"))
	case m.user != w.BotUser:
		return nil, nil, no(cant)
	}
	return c, m, nil
}

func chatUpdate(w *Workspace, a args) (obj, *problem) {
	_, m, p := w.own(a, "cant_update_message")
	if p != nil {
		return nil, p
	}
	s, p := w.readSaid(a, true)
	if p != nil {
		return nil, p
	}
	if !s.hasText && !s.hasBlock {
		return nil, no("no_text")
	}
	w.change(m, s)
	return obj{"channel": m.channel, "ts": m.ts, "text": m.text, "message": w.shownMessage(m, true)}, nil
}

// change replaces what was sent along and keeps the rest (chat.update: what is not included
// is retained); mu is held.
func (w *Workspace) change(m *message, s said) {
	if s.hasText {
		m.text = s.text
	}
	if s.hasBlock {
		w.named(s.blocks)
		m.blocks = s.blocks
	}
	if s.hasMeta {
		m.metadata = s.metadata
	}
	m.edited = true
	w.counter++
	m.mark = w.counter
	w.touch()
}

func chatDelete(w *Workspace, a args) (obj, *problem) {
	c, m, p := w.own(a, "cant_delete_message")
	if p != nil {
		return nil, p
	}
	c.messages = slices.DeleteFunc(c.messages, func(o *message) bool { return o == m })
	c.pinned = slices.DeleteFunc(c.pinned, func(ts string) bool { return ts == m.ts })
	return obj{"channel": c.id, "ts": m.ts}, nil
}

func chatGetPermalink(w *Workspace, a args) (obj, *problem) {
	c, p := w.reach(a.str("channel"))
	if p != nil {
		return nil, p
	}
	ts := a.str("message_ts")
	if c.message(ts) == nil {
		return nil, no("message_not_found").because("%s", ts)
	}
	return obj{"channel": c.id, "permalink": permalink(c.id, ts)}, nil
}

func permalink(channel, ts string) string {
	return fmt.Sprintf("https://fake.slack.com/archives/%s/p%s", channel, strings.ReplaceAll(ts, ".", ""))
}
