package slacktest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

func sortNewest(all []*message) {
	slices.SortFunc(all, func(a, b *message) int { return cmp.Compare(b.mark, a.mark) })
}

// input finds an element of the modal on top that takes a value; mu is held.
func (p *Person) input(name string) *spot {
	v := p.w.top(p.ID)
	if v == nil {
		return nil
	}
	for _, b := range list(v.body["blocks"]) {
		block, _ := b.(obj)
		for _, e := range elementsOf(block) {
			if v.value(block, e) != nil && named(text(block, "label", "text"), text(e, "action_id"), text(block, "block_id"), name) {
				return &spot{block: block, element: e, view: v}
			}
		}
	}
	return nil
}

// set puts a value into an input of the modal on top.
func (p *Person) set(name string, make func(s *spot) (obj, error)) {
	p.w.t.Helper()
	p.w.mu.Lock()
	s := p.input(name)
	if s == nil {
		modal := p.w.look(p.w.top(p.ID), 1)
		p.w.mu.Unlock()
		p.fail("there is no input %q in the modal:\n%s", name, modal.Text())
		return
	}
	val, err := make(s)
	if err != nil {
		p.w.mu.Unlock()
		p.fail("%q: %v", name, err)
		return
	}
	val["type"] = text(s.element, "type")
	s.view.typed[key(s.block, s.element)] = val
	delete(s.view.errors, text(s.block, "block_id"))
	p.w.touch()
	var d *Delivery
	// A menu outside of an input block reports at once, as an input with dispatch_action does.
	if kind := text(s.element, "type"); text(s.block, "type") != "input" || s.block["dispatch_action"] == true && !strings.HasSuffix(kind, "_input") {
		with := obj{}
		for k, v := range val {
			with[k] = v
		}
		d = p.action(s, with)
	}
	p.w.mu.Unlock()
	if d != nil {
		p.do(d)
	}
}

// Type types into an input, found by its name or label. Dates are 2006-01-02, dates with a
// time 2006-01-02T15:04 in Asia/Tokyo; empty takes out what stands there.
func (p *Person) Type(name, value string) {
	p.w.t.Helper()
	p.set(name, func(s *spot) (obj, error) {
		var filled any
		if value != "" {
			filled = value
		}
		switch kind := text(s.element, "type"); kind {
		case "plain_text_input", "number_input", "email_text_input", "url_text_input":
			return obj{"value": filled}, nil
		case "datepicker":
			if value != "" && !isDate.MatchString(value) {
				return nil, fmt.Errorf("%q is no date", value)
			}
			return obj{"selected_date": filled}, nil
		case "timepicker":
			return obj{"selected_time": filled}, nil
		case "datetimepicker":
			if value == "" {
				return obj{"selected_date_time": nil}, nil
			}
			t, err := time.ParseInLocation("2006-01-02T15:04", value, tokyo)
			return obj{"selected_date_time": float64(t.Unix())}, err
		default:
			return nil, fmt.Errorf("nothing can be typed into a %s", kind)
		}
	})
}

// Choose chooses options by label or value; none takes the choice back. In a menu that the
// app searches, the first is typed first.
func (p *Person) Choose(name string, options ...string) {
	p.w.t.Helper()
	p.w.mu.Lock()
	s := p.input(name)
	external := s != nil && strings.HasSuffix(text(s.element, "type"), "external_select")
	p.w.mu.Unlock()
	found := map[string]any{}
	if external {
		for _, o := range options {
			found[o] = p.pick(name, o)
		}
	}
	p.set(name, func(s *spot) (obj, error) {
		chosen := []any{}
		for _, want := range options {
			o := found[want]
			if !external {
				o = optionNamed(optionsOf(s.element), want)
			}
			if o == nil {
				var there []string
				for _, o := range optionsOf(s.element) {
					there = append(there, text(o, "text", "text"))
				}
				return nil, fmt.Errorf("there is no option %q, only %q", want, there)
			}
			chosen = append(chosen, o)
		}
		switch kind := text(s.element, "type"); kind {
		case "static_select", "external_select", "radio_buttons":
			switch {
			case len(chosen) > 1:
				return nil, fmt.Errorf("only one can be chosen")
			case len(chosen) == 0 && kind == "radio_buttons":
				return nil, fmt.Errorf("a choice cannot be taken back")
			case len(chosen) == 0:
				return obj{"selected_option": nil}, nil
			}
			return obj{"selected_option": chosen[0]}, nil
		case "multi_static_select", "multi_external_select", "checkboxes":
			return obj{"selected_options": chosen}, nil
		default:
			return nil, fmt.Errorf("nothing can be chosen in a %s", kind)
		}
	})
}

// optionNamed finds an option by its value, else by its label.
func optionNamed(options []any, want string) any {
	for _, o := range options {
		if text(o, "value") == want {
			return o
		}
	}
	for _, o := range options {
		if text(o, "text", "text") == want {
			return o
		}
	}
	return nil
}

// pick searches an option in a menu that the app fills, by what is wanted and then by nothing.
func (p *Person) pick(name, want string) any {
	p.w.t.Helper()
	for _, typed := range []string{want, ""} {
		if o := optionNamed(p.suggested(name, typed), want); o != nil {
			return o
		}
	}
	return nil
}

// Suggest types into a menu that the app fills and gives the labels it offers.
func (p *Person) Suggest(name, typed string) []string {
	p.w.t.Helper()
	var out []string
	for _, o := range p.suggested(name, typed) {
		out = append(out, text(o, "text", "text"))
	}
	return out
}

func (p *Person) suggested(name, typed string) []any {
	p.w.t.Helper()
	p.w.mu.Lock()
	s := p.input(name)
	if s == nil || !strings.HasSuffix(text(s.element, "type"), "external_select") {
		p.w.mu.Unlock()
		p.fail("there is no menu %q that could be searched", name)
		return nil
	}
	least := 3 // external_select: min_query_length, 3 when it is not set
	if n, ok := s.element["min_query_length"].(float64); ok {
		least = int(n)
	}
	if runes(typed) < least {
		p.w.mu.Unlock()
		return nil
	}
	payload := p.interaction("block_suggestion")
	delete(payload, "action_ts")
	payload["container"] = obj{"type": "view", "view_id": s.view.id}
	payload["view"] = copied(p.w.shownView(s.view))
	payload["action_id"], payload["block_id"], payload["value"] = s.element["action_id"], s.block["block_id"], typed
	var options []any
	d := &Delivery{Kind: "interactive", What: "block_suggestion " + name, accepts: true, payload: payload, User: p.ID}
	d.then = func(answer obj) {
		c := newCheck(inModal)
		options = list(answer["options"])
		for i, o := range options {
			c.option(fmt.Sprintf("/options/%d", i), "external_select", o)
		}
		if len(options) > 100 {
			c.bad("/options", "no more than 100 items allowed")
		}
		if bad := c.problem("invalid_options"); bad != nil {
			p.w.refuse("ack", bad.err, bad.detail)
			options = nil
		}
	}
	p.w.mu.Unlock()
	p.w.send(d).Await()
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return options
}

// Fill puts a value of any kind into an input: typed, or chosen by value or label, several
// ones joined by commas.
func (p *Person) Fill(name, value string) {
	p.w.t.Helper()
	p.w.mu.Lock()
	kind := ""
	if s := p.input(name); s != nil {
		kind = text(s.element, "type")
	}
	p.w.mu.Unlock()
	switch {
	case strings.Contains(kind, "multi_") || kind == "checkboxes":
		p.Choose(name, strings.FieldsFunc(value, func(r rune) bool { return r == ',' })...)
	case strings.HasSuffix(kind, "_select") || kind == "radio_buttons":
		if value == "" {
			p.Choose(name)
		} else {
			p.Choose(name, value)
		}
	default:
		p.Type(name, value)
	}
}

// Attach chooses a file in a file input, beside those that are chosen already.
func (p *Person) Attach(name, file string, body []byte) {
	p.w.t.Helper()
	p.set(name, func(s *spot) (obj, error) {
		if text(s.element, "type") != "file_input" {
			return nil, fmt.Errorf("no file can be chosen in a %s", text(s.element, "type"))
		}
		files := slices.Clone(list(s.view.value(s.block, s.element)["files"]))
		most := 10
		if n, ok := s.element["max_files"].(float64); ok {
			most = int(n)
		}
		if len(files) >= most {
			return nil, fmt.Errorf("no more than %d files can be chosen", most)
		}
		if types := list(s.element["filetypes"]); len(types) > 0 && !slices.Contains(types, any(strings.ToLower(file[strings.LastIndex(file, ".")+1:]))) {
			return nil, fmt.Errorf("%s is none of %v", file, types)
		}
		f := p.w.newFile(p.ID, file, body)
		f.ofApp = true
		return obj{"files": append(files, copied(p.w.shownFile(f)))}, nil
	})
}
