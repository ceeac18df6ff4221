package slacktest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wrong gives what the client itself objects to in the modal, by block; mu is held.
func wrong(v *view) map[string]string {
	errors := map[string]string{}
	for _, b := range list(v.body["blocks"]) {
		block, _ := b.(obj)
		e, _ := block["element"].(obj)
		if text(block, "type") != "input" || e == nil {
			continue
		}
		id, val := text(block, "block_id"), v.value(block, e)
		if empty(val) {
			if block["optional"] != true {
				errors[id] = "Please complete this required field."
			}
			continue
		}
		s, _ := val["value"].(string)
		bound := func(name string) (float64, bool) {
			switch v := e[name].(type) {
			case float64:
				return v, true
			case string:
				n, err := strconv.ParseFloat(v, 64)
				return n, err == nil
			}
			return 0, false
		}
		switch text(e, "type") {
		case "plain_text_input":
			most, set := bound("max_length")
			if !set {
				most = 3000
			}
			least, _ := bound("min_length")
			if n := float64(runes(s)); n > most || n < least {
				errors[id] = fmt.Sprintf("Must be %v to %v characters.", least, most)
			}
		case "number_input":
			n, err := strconv.ParseFloat(s, 64)
			least, hasLeast := bound("min_value")
			most, hasMost := bound("max_value")
			switch {
			case err != nil || e["is_decimal_allowed"] != true && strings.Contains(s, "."):
				errors[id] = "Enter a valid number."
			case hasLeast && n < least || hasMost && n > most:
				errors[id] = "The number is out of range."
			}
		}
	}
	return errors
}

// Submit sends the modal on top, unless the client itself objects. It gives nil then, and the
// errors stand in the modal.
func (p *Person) Submit() *Delivery {
	p.w.t.Helper()
	p.w.mu.Lock()
	v := p.w.top(p.ID)
	if v == nil || v.body["submit"] == nil {
		modal := p.w.look(v, 1)
		p.w.mu.Unlock()
		p.fail("no modal that could be sent is open, but:\n%s", modal.Text())
		return nil
	}
	if objections := wrong(v); len(objections) > 0 {
		v.errors = objections
		p.w.touch()
		p.w.mu.Unlock()
		return nil
	}
	v.errors = nil
	payload := p.interaction("view_submission")
	delete(payload, "action_ts")
	payload["view"] = copied(p.w.shownView(v))
	payload["trigger_id"], payload["response_urls"] = p.w.newTrigger(p.ID, v.id), []any{}
	d := &Delivery{Kind: "interactive", What: "view_submission " + text(v.body, "callback_id"), accepts: true, payload: payload}
	d.then = func(answer obj) { p.submitted(v, answer) }
	p.w.mu.Unlock()
	return p.do(d)
}

// submitted does what the answer to a submission says; mu is held.
func (p *Person) submitted(v *view, answer obj) {
	action := text(answer, "response_action")
	if v.closed && action != "clear" {
		return // closed by hand meanwhile
	}
	refuse := func(bad *problem) { p.w.refuse("ack", bad.err, bad.detail) }
	switch action {
	case "":
		if len(answer) > 0 {
			refuse(no("invalid_response_action").because("%v", answer))
		}
		p.drop(v)
	case "clear":
		p.w.closeAll(p.ID)
	case "errors":
		errors, _ := answer["errors"].(obj)
		inputs := map[string]bool{}
		for _, b := range list(v.body["blocks"]) {
			if text(b, "type") == "input" {
				inputs[text(b, "block_id")] = true
			}
		}
		v.errors = map[string]string{}
		for id, e := range errors {
			s, _ := e.(string)
			if !inputs[id] || s == "" {
				refuse(no("invalid_errors").because("%q is no input block of the view, or says nothing", id))
			}
			v.errors[id] = s
		}
		if len(errors) == 0 {
			refuse(no("invalid_errors").because("none"))
		}
	case "update", "push":
		body, bad := checkView(answer["view"], inModal)
		if bad == nil && action == "push" {
			_, bad = p.w.push(p.ID, body)
		}
		if bad != nil {
			refuse(bad)
			return
		}
		if action == "update" {
			p.w.setView(v, body)
		}
	default:
		refuse(no("invalid_response_action").because("%s", action))
	}
}

// drop takes a modal from the stack, with those that lie on it; mu is held.
func (p *Person) drop(v *view) {
	stack := p.w.modals[p.ID]
	if i := slices.Index(stack, v); i >= 0 {
		for _, over := range stack[i:] {
			over.closed = true
		}
		p.w.modals[p.ID] = stack[:i]
	}
}

// CloseModal closes the modal on top; the app is told when it asked for it.
func (p *Person) CloseModal() {
	p.w.mu.Lock()
	v := p.w.top(p.ID)
	if v == nil {
		p.w.mu.Unlock()
		return
	}
	var d *Delivery
	if v.body["notify_on_close"] == true {
		payload := p.interaction("view_closed")
		delete(payload, "action_ts")
		payload["view"], payload["is_cleared"] = copied(p.w.shownView(v)), false
		d = &Delivery{Kind: "interactive", What: "view_closed", payload: payload}
	}
	p.drop(v)
	p.w.touch()
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
}
