package slacktest

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// view is a modal or a Home tab.
type view struct {
	id, user, kind string
	hash           string
	body           obj            // as it was sent
	typed          map[string]obj // values by block and action, of what the person changed
	errors         map[string]string
	previous, root string
	externalID     string
	mark           int64
	closed         bool
}

// trigger lets the app open a modal once, within three seconds of what the person did.
type trigger struct {
	user string
	at   time.Time
	used bool
	view string // the modal it came from
}

// triggerLife is how long a trigger lives (docs.slack.dev/interactivity: "expires in three seconds").
const triggerLife = 3 * time.Second

func (w *Workspace) newTrigger(user, view string) string {
	w.counter++
	id := fmt.Sprintf("%d.%d.%s", 1000000+w.counter, w.counter, random())
	w.triggers[id] = &trigger{user: user, at: time.Now(), view: view}
	return id
}

// AgeTriggers makes every trigger so much older, so that a test need not wait.
func (w *Workspace) AgeTriggers(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.triggers {
		t.at = t.at.Add(-by)
	}
}

func (w *Workspace) take(a args) (*trigger, *problem) {
	id := a.str("trigger_id")
	t := w.triggers[id]
	switch {
	case id == "":
		return nil, no("invalid_arguments").because("missing required field: trigger_id")
	case t == nil:
		return nil, no("invalid_trigger_id")
	case t.used:
		return nil, no("exchanged_trigger_id")
	case time.Since(t.at) > triggerLife:
		return nil, no("expired_trigger_id")
	}
	return t, nil
}

// viewBytes is how big a view may be (views.open: view_too_large, 250 kB).
const viewBytes = 250_000

// checkView refuses what is no proper view of the kind.
func checkView(v any, kind string) (obj, *problem) {
	o, ok := v.(obj)
	if !ok {
		return nil, no("invalid_arguments").because("missing required field: view")
	}
	if raw, _ := json.Marshal(o); len(raw) > viewBytes {
		return nil, no("view_too_large")
	}
	c := newCheck(kind)
	if got := text(o, "type"); got != kind {
		c.bad("/view/type", "must be %q, not %q", kind, got)
	}
	names := []string{"type", "blocks", "private_metadata", "callback_id", "external_id"}
	if kind == inModal {
		names = append(names, "title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")
		c.text("/view/title", o["title"], "plain_text", 24)
		for _, name := range []string{"submit", "close"} {
			if o[name] != nil {
				c.text("/view/"+name, o[name], "plain_text", 24)
			}
		}
	}
	c.only("/view", o, names)
	c.length("/view/private_metadata", text(o, "private_metadata"), 0, 3000)
	c.length("/view/callback_id", text(o, "callback_id"), 0, 255)
	c.length("/view/external_id", text(o, "external_id"), 0, 255)
	blocks, ok := o["blocks"].([]any)
	if !ok {
		c.bad("/view/blocks", "missing required field: blocks")
	}
	c.blocks(blocks)
	for _, b := range blocks {
		if kind == inModal && text(b, "type") == "input" && o["submit"] == nil {
			c.bad("/view/submit", "is required where there is an input block")
			break
		}
	}
	return o, c.problem("invalid_arguments")
}

func (w *Workspace) newView(user, kind string, body obj) (*view, *problem) {
	ext := text(body, "external_id")
	for _, v := range w.views {
		if ext != "" && v.externalID == ext && !v.closed {
			return nil, no("duplicate_external_id")
		}
	}
	v := &view{id: w.id("V"), user: user, kind: kind, externalID: ext, typed: map[string]obj{}}
	v.root = v.id
	w.views[v.id] = v
	w.setView(v, body)
	return v, nil
}

// setView puts a new body into a view. What was typed stays where block and action are the
// same (views.update: input keeps its value under the same block_id and action_id).
func (w *Workspace) setView(v *view, body obj) {
	v.body = body
	w.named(list(body["blocks"]))
	kept := map[string]obj{}
	for _, b := range list(body["blocks"]) {
		block, _ := b.(obj)
		for _, e := range elementsOf(block) {
			key := text(block, "block_id") + "\x00" + text(e, "action_id")
			if val := v.typed[key]; val != nil && val["type"] == text(e, "type") {
				kept[key] = val
			}
		}
	}
	v.typed, v.errors = kept, nil
	w.counter++
	v.mark = w.counter
	v.hash = fmt.Sprintf("%d.%s", w.counter, random()[:8])
	w.touch()
}

// shownView is the view as payloads and answers carry it.
func (w *Workspace) shownView(v *view) obj {
	o := obj{
		"id": v.id, "team_id": w.TeamID, "type": v.kind, "blocks": v.body["blocks"], "hash": v.hash,
		"private_metadata": text(v.body, "private_metadata"), "callback_id": text(v.body, "callback_id"),
		"external_id": v.externalID, "app_id": w.AppID, "bot_id": "B0BOT", "app_installed_team_id": w.TeamID,
		"root_view_id": v.root, "previous_view_id": nil, "title": v.body["title"], "submit": v.body["submit"],
		"close": v.body["close"], "clear_on_close": v.body["clear_on_close"] == true,
		"notify_on_close": v.body["notify_on_close"] == true, "state": obj{"values": v.values()},
	}
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	return o
}

func viewsOpen(w *Workspace, a args) (obj, *problem) {
	t, p := w.take(a)
	if p != nil {
		return nil, p
	}
	arg, _ := a.json("view")
	body, p := checkView(arg, inModal)
	if p != nil {
		return nil, p
	}
	v, p := w.newView(t.user, inModal, body)
	if p != nil {
		return nil, p
	}
	t.used = true
	w.closeAll(t.user)
	w.modals[t.user] = []*view{v}
	return obj{"view": w.shownView(v)}, nil
}

func (w *Workspace) closeAll(user string) {
	for _, v := range w.modals[user] {
		v.closed = true
	}
	w.modals[user] = nil
}

func viewsPush(w *Workspace, a args) (obj, *problem) {
	t, p := w.take(a)
	if p != nil {
		return nil, p
	}
	arg, _ := a.json("view")
	body, p := checkView(arg, inModal)
	if p != nil {
		return nil, p
	}
	stack := w.modals[t.user]
	if t.view == "" || len(stack) == 0 {
		return nil, no("invalid_trigger_id").because("the trigger is not from a modal that is open")
	}
	v, p := w.push(t.user, body)
	if p != nil {
		return nil, p
	}
	t.used = true
	return obj{"view": w.shownView(v)}, nil
}

// push puts a modal on those that are open: three at most (docs.slack.dev/surfaces/modals).
func (w *Workspace) push(user string, body obj) (*view, *problem) {
	stack := w.modals[user]
	if len(stack) >= 3 {
		return nil, no("push_limit_reached")
	}
	v, p := w.newView(user, inModal, body)
	if p != nil {
		return nil, p
	}
	v.previous, v.root = stack[len(stack)-1].id, stack[0].id
	w.modals[user] = append(stack, v)
	return v, nil
}

func viewsUpdate(w *Workspace, a args) (obj, *problem) {
	var v *view
	switch id, ext := a.str("view_id"), a.str("external_id"); {
	case id != "":
		v = w.views[id]
	case ext != "":
		for _, o := range w.views {
			if o.externalID == ext && !o.closed {
				v = o
			}
		}
	default:
		return nil, no("invalid_arguments").because("missing required field: view_id or external_id")
	}
	if v == nil || v.closed {
		return nil, no("not_found")
	}
	arg, _ := a.json("view")
	body, p := checkView(arg, v.kind)
	if p != nil {
		return nil, p
	}
	if hash := a.str("hash"); hash != "" && hash != v.hash {
		return nil, no("hash_conflict")
	}
	w.setView(v, body)
	return obj{"view": w.shownView(v)}, nil
}

func viewsPublish(w *Workspace, a args) (obj, *problem) {
	user := a.str("user_id")
	u := w.users[user]
	switch {
	case u == nil || u.Deleted:
		return nil, no("user_not_found").because("%s", user)
	case u.Bot || u.TeamID != w.TeamID:
		return nil, no("not_enabled").because("%s has no Home tab", user)
	}
	arg, _ := a.json("view")
	body, p := checkView(arg, inHome)
	if p != nil {
		return nil, p
	}
	v := w.homes[user]
	if hash := a.str("hash"); hash != "" && (v == nil || hash != v.hash) {
		return nil, no("hash_conflict")
	}
	if v == nil {
		if v, p = w.newView(user, inHome, body); p != nil {
			return nil, p
		}
		w.homes[user] = v
	} else {
		w.setView(v, body)
	}
	return obj{"view": w.shownView(v)}, nil
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// Trigger makes a trigger as if the person had just done something.
func (w *Workspace) Trigger(user string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newTrigger(user, "")
}
