package desk

import (
	"regexp"
	"slices"
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

func stepSpec() formSpec {
	return formSpec{
		probe: incident.DoStep{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.stepInput(true, in, k.arg), v.lines(inputResult, false)}
		},
		take: func(_ *visit, _ draft, in *incident.Incident, a *answers) {
			a.then(incident.DoStep{Step: a.step(in), Result: a.Values[inputResult]})
		},
	}
}

func waiveSpec() formSpec {
	return formSpec{
		probe: incident.Waive{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.stepInput(true, in, k.arg), v.lines(inputReason, true)}
		},
		take: func(_ *visit, _ draft, in *incident.Incident, a *answers) {
			a.then(incident.Waive{Step: a.step(in), Reason: a.Values[inputReason]})
		},
	}
}

func noteSpec() formSpec {
	return formSpec{
		probe: incident.Note{},
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.lines(inputText, true), v.moment(inputOccurred, "")}
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			a.occurred = v.time(a, inputOccurred)
			if a.occurred.After(v.now) {
				a.blame(inputOccurred, v.say("refuse.time_future", "field", v.say("input."+inputOccurred)))
			}
			a.then(incident.Note{Text: a.Values[inputText]})
		},
	}
}

func (v voice) seqInput(value string, required bool) chat.Input {
	i := v.input(inputSeq, chat.Number, required)
	i.Value = value
	return i
}

// correctSpec shows the present wording, so that only what is wrong has to be changed.
func correctSpec() formSpec {
	return formSpec{
		probe: incident.Correct{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			text := v.lines(inputText, true)
			seq, ok := sequence(k.arg)
			if ok && in != nil && in.CanRead(v.service.People(), v.who.ID) {
				if r, err := v.service.Entry(v.ctx, in.ID, seq); err == nil {
					text.Value = originalText(r.Event)
				}
			}
			return []chat.Input{v.seqInput(k.arg, true), text}
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			seq, ok := sequence(a.get(inputSeq))
			if !ok {
				a.blame(inputSeq, v.say("refuse.entry_unknown", "seq", a.get(inputSeq)))
			}
			a.then(incident.Correct{Seq: seq, Text: a.Values[inputText]})
		},
	}
}

// originalText is the text of an entry that can be corrected.
func originalText(e incident.Event) string {
	switch e := e.(type) {
	case incident.NoteAdded:
		return e.Text.Body
	case incident.Informed:
		return e.Text.Body
	case incident.ReportReceived:
		return e.Text.Body
	}
	return ""
}

func undoSpec() formSpec {
	return formSpec{
		probe: incident.Undo{},
		inputs: func(v *visit, k draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.seqInput(k.arg, false), v.lines(inputReason, false)}
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			var seq int64
			if typed := a.get(inputSeq); typed != "" {
				var ok bool
				if seq, ok = sequence(typed); !ok {
					a.blame(inputSeq, v.say("refuse.entry_unknown", "seq", typed))
				}
			}
			a.then(incident.Undo{Seq: seq, Reason: a.Values[inputReason]})
		},
	}
}

func fieldSpec() formSpec {
	return formSpec{
		probe: incident.SetField{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			which := v.input(inputField, chat.Choice, true)
			for _, f := range incident.Fields {
				if in == nil || f != incident.FieldExpectedDamage || in.WorkingLevel() == incident.Level0 {
					which.Options = append(which.Options, chat.Option{Value: string(f), Label: v.field(f)})
				}
			}
			f := incident.Field(k.arg)
			if slices.Contains(incident.Fields, f) {
				// The input below fits this field: a time is asked as a time.
				which = chat.Input{Name: inputField, Label: v.say("input." + inputField), Kind: chat.Fixed, Value: v.field(f)}
			}
			value, unknown, reason := v.lines(inputValue, false), v.input(inputUnknown, chat.Choice, false), v.lines(inputReason, false)
			for _, a := range []incident.Answer{incident.No, incident.Yes} {
				unknown.Options = append(unknown.Options, chat.Option{Value: string(a), Label: v.say("unknown." + string(a))})
			}
			unknown.Value = string(incident.No)
			if f.IsTime() {
				value.Kind, value.Max = chat.DateTime, 0
			}
			if in != nil {
				now := in.Fields[f]
				value.Value, reason.Value = now.Value, now.Reason
				if now.Unknown {
					unknown.Value = string(incident.Yes)
				}
				if t, ok := incident.ParseTime(now.Value, v.now); ok && f.IsTime() {
					value.Value = v.inputTime(t)
				}
			}
			return []chat.Input{which, value, unknown, reason}
		},
		take: func(v *visit, k draft, _ *incident.Incident, a *answers) {
			f := incident.Field(k.arg)
			if !slices.Contains(incident.Fields, f) {
				f = incident.Field(a.get(inputField))
			}
			if !slices.Contains(incident.Fields, f) {
				found, ok := named(v, string(f), "field.", incident.Fields)
				if ok {
					f = found
				}
			}
			if a.get(inputUnknown) == string(incident.Yes) {
				a.then(incident.SetField{Field: f, Unknown: true, Reason: a.Values[inputReason]})
				return
			}
			a.then(incident.SetField{Field: f, Value: a.Values[inputValue]})
		},
	}
}

var factNames = regexp.MustCompile(`[a-z_]+`)

// ordinaryFacts are the questions of this form. Those that decide only who has to be notified
// have forms of their own (legalTopics).
var ordinaryFacts = slices.DeleteFunc(slices.Clone(incident.FactKeys), incident.FactKey.Legal)

// factSpec asks the questions of one step's condition, one question, or all others.
func factSpec() formSpec {
	return formSpec{
		probe: incident.SetFacts{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			asked := ordinaryFacts
			if slices.Contains(incident.FactKeys, incident.FactKey(k.arg)) {
				asked = []incident.FactKey{incident.FactKey(k.arg)}
			}
			if in != nil && k.arg != "" {
				if s, ok := in.StepByKey(findStep(in, k.arg)); ok {
					asked = nil
					for _, name := range factNames.FindAllString(s.When, -1) {
						if key := incident.FactKey(name); slices.Contains(incident.FactKeys, key) && !slices.Contains(asked, key) {
							asked = append(asked, key)
						}
					}
				}
			}
			var inputs []chat.Input
			for _, key := range asked {
				now := incident.Unknown
				if in != nil {
					now = in.Facts.Get(key)
				}
				inputs = append(inputs, v.question(key, now))
			}
			return inputs
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			facts := incident.Facts{}
			for _, k := range incident.FactKeys {
				if _, asked := a.Values[string(k)]; !asked {
					continue
				}
				facts[k] = incident.Answer(a.get(string(k)))
				if k.Numeric() {
					facts[k], _ = v.factGiven(a, k) // what cannot be read is blamed, and nothing is recorded
				}
			}
			a.then(incident.SetFacts{Facts: facts})
		},
	}
}

func fileSpec() formSpec {
	return formSpec{
		probe: incident.RecordEvidence{},
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.line(inputName, true), v.lines(inputWhere, true)}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.RecordEvidence{Name: a.Values[inputName], Where: a.Values[inputWhere]})
		},
	}
}

func actionSpec() formSpec {
	return formSpec{
		probe: incident.SetPrevention{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			text, owner, due, done := v.lines(inputText, true), v.personInput(inputOwner, false, in), v.input(inputDue, chat.Date, false), v.input(inputDone, chat.Choice, false)
			for _, a := range []incident.Answer{incident.No, incident.Yes} {
				done.Options = append(done.Options, chat.Option{Value: string(a), Label: v.say("done." + string(a))})
			}
			done.Value = string(incident.No)
			if in != nil {
				for _, a := range in.Actions {
					if number(a.N) == k.arg {
						text.Value, owner.Value, due.Value = a.Text, string(a.Owner), a.Due
						if a.Done {
							done.Value = string(incident.Yes)
						}
					}
				}
			}
			return []chat.Input{text, owner, due, done}
		},
		take: func(v *visit, k draft, _ *incident.Incident, a *answers) {
			n := 0
			if k.arg != "" {
				n, _ = strconv.Atoi(k.arg)
			}
			a.then(incident.SetPrevention{
				N: n, Text: a.Values[inputText], Owner: v.one(a, inputOwner), Due: v.day(a, inputDue), Done: a.get(inputDone) == string(incident.Yes),
			})
		},
	}
}
