package draft

import (
	"strconv"
	"strings"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// answer is what becomes of a field.
type answer struct {
	value   string
	choices []Choice
	state   State
	ask     string
}

func known(text string) answer { return answer{value: text, state: Known} }

func (r *reader) unknown() answer { return answer{value: r.say("draft.unknown"), state: Unknown} }

// fill leaves a field to a person; value is what is known of it.
func (r *reader) fill(ask, value string) answer {
	return answer{value: value, state: ToFill, ask: r.say("draft.ask." + ask)}
}

func leave(ask string) func(*reader) answer {
	return func(r *reader) answer { return r.fill(ask, "") }
}

// given is a value that the company or its contact list has, or something to fill in.
func (r *reader) given(text, ask string) answer {
	if text == "" {
		return r.fill(ask, "")
	}
	return known(text)
}

// lines joins what there is.
func lines(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

// field is what was recorded in an item of the report; empty where there is nothing that can
// be handed in. An erased text is none.
func (r *reader) field(f incident.Field) string {
	v, ok := r.in.Fields[f]
	if !ok || v.Unknown || v.Value == "" {
		return ""
	}
	if f.IsTime() {
		t, ok := incident.ParseTime(v.Value, r.in.ReportedAt)
		if !ok {
			return ""
		}
		return report.Instant(t, r.say)
	}
	return r.typed(v.Value)
}

// recorded is an item of the report as a field.
func recorded(f incident.Field) func(*reader) answer {
	return func(r *reader) answer {
		if text := r.field(f); text != "" {
			return known(text)
		}
		return r.unknown()
	}
}

// causeAndBackground are the two items of the report that say why it happened, each under its
// name.
func causeAndBackground(r *reader) answer {
	var out []string
	for _, f := range []incident.Field{incident.FieldCause, incident.FieldBackground} {
		if text := r.field(f); text != "" {
			out = append(out, r.say("draft.labelled", "label", r.say("field."+string(f)), "text", text))
		}
	}
	if out == nil {
		return r.unknown()
	}
	return known(strings.Join(out, "\n"))
}

// discovered is when the company became aware. The report itself is the latest that can be.
func discovered(r *reader) answer {
	if r.in.Discovered().IsZero() {
		return r.unknown()
	}
	return known(report.Instant(r.in.Discovered(), r.say))
}

func (r *reader) contact(role incident.Role) Contact { return r.o.Contacts[role] }

// person is a contact under one heading: department, name, phone, mail.
func person(role incident.Role) func(*reader) answer {
	return func(r *reader) answer {
		c := r.contact(role)
		if c.Name == "" {
			return r.fill("contact", r.company())
		}
		return known(lines(r.company(), strings.TrimSpace(c.Department+" "+c.Name), c.Phone, c.Email))
	}
}

func contactOf(role incident.Role, of func(Contact) string) func(*reader) answer {
	return func(r *reader) answer { return r.given(of(r.contact(role)), "contact") }
}

func (r *reader) company() string { return r.o.Company.In(r.o.Lang) }

func profile(ask string, of func(company.Profile) string) func(*reader) answer {
	return func(r *reader) answer { return r.given(of(r.o.Company), ask) }
}

// business is who reports, in one field.
func business(r *reader) answer {
	p := r.o.Company
	number := ""
	if p.CorporateNumber != "" { // 13 digits say nothing by themselves
		number = r.say("draft.labelled", "label", r.say("draft.field.corporate_number"), "text", p.CorporateNumber)
	}
	text := lines(r.company(), p.Address, number)
	if r.company() == "" || p.Address == "" {
		return r.fill("company", text)
	}
	return known(text)
}

// count reads a number of people as it was given: that the possible maximum decides whether to
// report makes it no number that is known.
func (r *reader) count(k incident.FactKey) (int, bool) { return clock.Count(r.in.Facts, k) }

// people prints a number of people: 1,200人.
func (r *reader) people(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return r.say("draft.persons", "count", digits)
}

// pick is a field of boxes. ask is what a person has to do where nothing can be ticked.
func (r *reader) pick(ask string, choices ...Choice) answer {
	a := answer{choices: choices, state: ToFill, ask: r.say("draft.ask." + ask)}
	for _, c := range choices {
		if c.Ticked == incident.Yes {
			a.state, a.ask = Known, ""
		}
	}
	for _, c := range choices {
		if c.Ticked == incident.Unknown {
			a.state = Unknown
		}
	}
	return a
}

// left is what a person still has to do, with the boxes of which nobody knows yet whether they
// apply.
func (r *reader) left(a answer) string {
	var open []string
	for _, c := range a.choices {
		if c.Ticked == incident.Unknown {
			open = append(open, c.Text)
		}
	}
	if open == nil {
		return a.ask
	}
	unclear := r.say("draft.ask.unclear", "choices", strings.Join(open, r.say("separator")))
	if a.ask == "" {
		return unclear
	}
	return r.say("draft.ask.also", "ask", a.ask, "unclear", unclear)
}

// choice is a box by the key of its text.
func (r *reader) choice(key string, ticked incident.Answer) Choice {
	return Choice{Text: r.say("draft.choice." + key), Ticked: ticked}
}

// when ticks a box, or leaves it.
func when(holds bool) incident.Answer {
	if holds {
		return incident.Yes
	}
	return incident.No
}

// open has a person look through boxes of which the record cannot say all.
func (a answer) open(r *reader, ask string) answer {
	a.state, a.ask = ToFill, r.say("draft.ask."+ask)
	return a
}

// with puts a text below the boxes.
func (a answer) with(text string) answer {
	a.value = lines(a.value, text)
	return a
}
