package discordtest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// form is a modal as it is open in a person's client.
type form struct {
	by     *interaction // that it answers
	body   obj
	inputs []*input
	errors map[string]string // what the client itself objects to
	failed bool              // sent, and the app did not respond: the client keeps it open
}

// input is a question of a form.
type input struct {
	label, about string
	part         obj // the text input, select or upload
	row          int // which of the form's components it stands in
	value        string
	values       []string // chosen
	files        []*attachment
}

func newForm(by *interaction, body obj) *form {
	f := &form{by: by, body: clone(body), errors: map[string]string{}}
	f.body["components"] = numbered(list(f.body["components"]))
	for i, v := range list(f.body["components"]) {
		o := object(v)
		in := &input{row: i}
		switch kindOf(o) {
		case typeLabel:
			in.label, in.about, in.part = text(o, "label"), text(o, "description"), object(o["component"])
		case typeRow:
			in.part = object(list(o["components"])[0])
			in.label = text(in.part, "label")
		default:
			continue
		}
		in.value = in.lines(text(in.part, "value"))
		for _, v := range list(in.part["options"]) {
			if dig(v, "default") == true {
				in.values = append(in.values, text(v, "value"))
			}
		}
		f.inputs = append(f.inputs, in)
	}
	return f
}

// lines is a text as it stands in the input: one of a single line holds no line breaks.
func (in *input) lines(s string) string {
	if number(in.part, "style") == 1 {
		return strings.NewReplacer("\r", "", "\n", "").Replace(s)
	}
	return s
}

func (in *input) id() string { return text(in.part, "custom_id") }

func (in *input) needed() bool { return in.part["required"] != false }

// shown is what stands in it, as it is read.
func (in *input) shown() string {
	switch kindOf(in.part) {
	case typeInput:
		return in.value
	case typeUpload:
		var names []string
		for _, a := range in.files {
			names = append(names, a.name)
		}
		return strings.Join(names, ", ")
	}
	var labels []string
	for _, want := range in.values {
		label := want
		for _, v := range list(in.part["options"]) {
			if text(v, "value") == want {
				label = text(v, "label")
			}
		}
		labels = append(labels, label)
	}
	return strings.Join(labels, ", ")
}

// Input is a question of a form, with what stands in it.
type Input struct {
	ID, Label, Hint, Placeholder string
	Kind                         int      // 4 text, 3 select, 19 upload
	Long                         bool     // a text of several lines
	Value                        string   // as a person reads it
	Values                       []string // behind chosen options
	Options                      []string // labels
	Least, Most                  int      // characters, choices or files; 0: no limit of its own
	Error                        string   // of the client itself
	Required                     bool
}

// Modal is the form that is open.
type Modal struct {
	Title, CustomID string
	Inputs          []Input
	Notes           []string // texts between the inputs
	Errors          map[string]string
	Failed          bool // it was sent, and the app did not respond

	lines []string
}

// Text is everything that can be read, with what stands in the inputs.
func (m *Modal) Text() string {
	if m == nil {
		return ""
	}
	return strings.Join(m.lines, "\n")
}

// Input finds an input by its label or custom ID.
func (m *Modal) Input(name string) Input {
	if m != nil {
		for _, in := range m.Inputs {
			if isNamed(in.Label, in.ID, name) {
				return in
			}
		}
	}
	return Input{}
}

// isNamed says whether an input goes by a name: its label, or its custom ID, alone or with
// something before or behind a separator.
func isNamed(label, id, name string) bool {
	return name == label || name == id || slices.Contains(strings.FieldsFunc(id, func(r rune) bool { return strings.ContainsRune(":|/.#~", r) }), name)
}

// Modal is the form that is open; nil: none is.
func (p *Person) Modal() *Modal {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	return p.g.engine.forms[p.ID].look()
}

func (f *form) look() *Modal {
	if f == nil {
		return nil
	}
	m := &Modal{Title: text(f.body, "title"), CustomID: text(f.body, "custom_id"), Errors: map[string]string{}, Failed: f.failed}
	m.lines = []string{m.Title}
	inputs := f.inputs
	for i, v := range list(f.body["components"]) {
		if kindOf(object(v)) == typeText {
			m.Notes = append(m.Notes, text(v, "content"))
			m.lines = append(m.lines, text(v, "content"))
			continue
		}
		if len(inputs) == 0 || inputs[0].row != i {
			continue
		}
		in := inputs[0]
		inputs = inputs[1:]
		one := Input{
			ID: in.id(), Label: in.label, Hint: in.about, Placeholder: text(in.part, "placeholder"), Kind: kindOf(in.part),
			Long: number(in.part, "style") == 2, Value: in.shown(), Values: slices.Clone(in.values), Options: optionLabels(in.part),
			Least: number(in.part, "min_values") + number(in.part, "min_length"), Most: number(in.part, "max_values") + number(in.part, "max_length"),
			Error: f.errors[in.id()], Required: in.needed(),
		}
		m.Inputs = append(m.Inputs, one)
		m.lines = append(m.lines, one.Label)
		for _, s := range []string{one.Hint, one.Value} {
			if s != "" {
				m.lines = append(m.lines, s)
			}
		}
		if one.Error != "" {
			m.Errors[one.ID] = one.Error
			m.lines = append(m.lines, "⚠ "+one.Error)
		}
	}
	if f.failed {
		m.lines = append(m.lines, "⚠ Something went wrong. Try again.")
	}
	return m
}

// set changes an input of the open form.
func (p *Person) set(name string, change func(in *input) error) {
	p.g.t.Helper()
	p.g.mu.Lock()
	f := p.g.engine.forms[p.ID]
	var found *input
	if f != nil {
		for _, in := range f.inputs {
			if found == nil && isNamed(in.label, in.id(), name) {
				found = in
			}
		}
	}
	modal := f.look()
	if found == nil {
		p.g.mu.Unlock()
		p.fail("there is no input %q in the form:\n%s", name, modal.Text())
		return
	}
	err := change(found)
	delete(f.errors, found.id())
	p.g.touch()
	p.g.mu.Unlock()
	if err != nil {
		p.fail("%q: %v", name, err)
	}
}

// Type types into an input of the open form, found by its label or custom ID, in the place of
// what stands there.
func (p *Person) Type(name, value string) {
	p.g.t.Helper()
	p.set(name, func(in *input) error {
		if kindOf(in.part) != typeInput {
			return fmt.Errorf("nothing can be typed into a component of type %d", kindOf(in.part))
		}
		in.value = in.lines(value)
		return nil
	})
}

// Choose chooses options of a select in the open form, by label or value; none takes the
// choice back.
func (p *Person) Choose(name string, options ...string) {
	p.g.t.Helper()
	p.set(name, func(in *input) error {
		if len(options) == 0 {
			in.values = nil
			return nil
		}
		with, err := p.chosen(in.part, options)
		if err == nil {
			in.values = texts(with["values"])
		}
		return err
	})
}

// Fill puts a value of any kind into an input: typed, or chosen by value or label, several ones
// joined by commas.
func (p *Person) Fill(name, value string) {
	p.g.t.Helper()
	kind := p.Modal().Input(name).Kind
	switch {
	case kind == 0 || kind == typeInput:
		p.Type(name, value)
	case p.Modal().Input(name).Most <= 1 && value != "":
		p.Choose(name, value)
	default:
		p.Choose(name, strings.FieldsFunc(value, func(r rune) bool { return r == ',' })...)
	}
}

// Attach chooses a file in a file upload, beside those that are chosen already.
func (p *Person) Attach(name, file string, body []byte) {
	p.g.t.Helper()
	p.set(name, func(in *input) error {
		if kindOf(in.part) != typeUpload {
			return fmt.Errorf("no file can be chosen in a component of type %d", kindOf(in.part))
		}
		if most := max(1, number(in.part, "max_values")); len(in.files) >= most {
			return fmt.Errorf("no more than %d files can be chosen", most)
		}
		// Without Nitro a file is 10 MiB at most (reference, "Uploading Files").
		if len(body) > 10<<20 {
			return fmt.Errorf("%s is too big", file)
		}
		a := p.g.newFile(upload{name: file, body: slices.Clone(body)})
		a.ephemeral = true
		a.channel = p.g.engine.forms[p.ID].by.channel.id
		in.files = append(in.files, a)
		return nil
	})
}

// CloseModal closes the form. The app is not told.
func (p *Person) CloseModal() {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	delete(p.g.engine.forms, p.ID)
	p.g.touch()
}

// objections are what the client itself objects to, by custom ID.
func (f *form) objections() map[string]string {
	out := map[string]string{}
	for _, in := range f.inputs {
		n, least, most := 0, 0, 0
		switch kindOf(in.part) {
		case typeInput:
			n, least, most = utf8.RuneCountInString(in.value), number(in.part, "min_length"), 4000
			if m := number(in.part, "max_length"); m > 0 {
				most = m
			}
			if strings.TrimSpace(in.value) == "" {
				n = 0
			}
		case typeUpload:
			n, least, most = len(in.files), 1, max(1, number(in.part, "max_values"))
		default:
			n, least, most = len(in.values), 1, max(1, number(in.part, "max_values"))
		}
		if m, set := in.part["min_values"].(float64); set {
			least = int(m)
		}
		switch {
		case n == 0 && in.needed():
			out[in.id()] = "This field is required"
		case n > 0 && n < least, n > most:
			out[in.id()] = fmt.Sprintf("Must be between %d and %d.", least, most)
		}
	}
	return out
}

// submission is what the app is told of the form; mu is held.
func (f *form) submission(g *Guild) obj {
	inputs, resolved := f.inputs, obj{}
	components := []any{}
	for i, v := range list(f.body["components"]) {
		o := object(v)
		if len(inputs) == 0 || inputs[0].row != i {
			components = append(components, obj{"type": o["type"], "id": o["id"]})
			continue
		}
		in := inputs[0]
		inputs = inputs[1:]
		part := obj{"type": in.part["type"], "id": in.part["id"], "custom_id": in.part["custom_id"]}
		switch kindOf(in.part) {
		case typeInput:
			part["value"] = in.value
		case typeUpload:
			ids := []any{}
			for _, a := range in.files {
				ids = append(ids, a.id)
				if resolved["attachments"] == nil {
					resolved["attachments"] = obj{}
				}
				resolved["attachments"].(obj)[a.id] = g.attachmentJSON(a)
			}
			part["values"] = ids
		default:
			values := []any{}
			for _, s := range in.values {
				values = append(values, s)
				if kindOf(in.part) == typeUsers {
					(&Person{ID: f.by.person, g: g}).resolve(s, resolved)
				}
			}
			part["values"] = values
		}
		if kindOf(o) == typeRow {
			components = append(components, obj{"type": typeRow, "id": o["id"], "components": []any{part}})
		} else {
			components = append(components, obj{"type": typeLabel, "id": o["id"], "component": part})
		}
	}
	data := obj{"custom_id": f.body["custom_id"], "components": components}
	if len(resolved) > 0 {
		data["resolved"] = resolved
	}
	return data
}

// Submit sends the form, unless the client itself objects: it gives nil then, and the errors
// stand in the form. Whatever the app answers closes it; when it does not respond, the form
// stays open and can be sent again.
func (p *Person) Submit() *Delivery {
	p.g.t.Helper()
	p.g.mu.Lock()
	f := p.g.engine.forms[p.ID]
	if f == nil {
		p.g.mu.Unlock()
		p.fail("no form is open")
		return nil
	}
	if f.errors = f.objections(); len(f.errors) > 0 {
		p.g.touch()
		p.g.mu.Unlock()
		return nil
	}
	f.failed = false
	d := p.interaction(byModal, "form "+text(f.body, "title"), f.by.channel, f.by.message, f.submission(p.g))
	d.it.form = f
	p.g.mu.Unlock()
	p.do(d)
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	f.failed = d.it.first == 0 && !d.it.issued.IsZero()
	p.g.touch()
	return d
}
