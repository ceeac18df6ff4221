package desk

import (
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

func (v voice) input(name string, kind chat.InputKind, required bool) chat.Input {
	i := chat.Input{Name: name, Label: v.say("input." + name), Kind: kind, Required: required}
	if hint := "hint." + name; v.texts.Has(hint) {
		i.Hint = v.say(hint)
	}
	return i
}

func (v voice) line(name string, required bool) chat.Input {
	i := v.input(name, chat.Line, required)
	i.Max = 300
	return i
}

func (v voice) lines(name string, required bool) chat.Input {
	i := v.input(name, chat.Lines, required)
	i.Max = incident.MaxText
	return i
}

func (v voice) moment(name, value string) chat.Input {
	i := v.input(name, chat.DateTime, false)
	i.Value = value
	return i
}

// inputTime is an instant as a form takes it.
func (v voice) inputTime(t time.Time) string { return t.In(incident.Tokyo).Format("2006-01-02T15:04") }

// time reads an instant that was typed into a form; what cannot be read is blamed.
func (v *visit) time(a *answers, name string) time.Time {
	s := a.get(name)
	if s == "" {
		return time.Time{}
	}
	t, ok := incident.ParseTime(s, v.now)
	if !ok {
		a.blame(name, v.say("refuse.time_bad", "value", s))
	}
	return t
}

// day reads a day until which something is to be done, typed as a form's date or as people
// write it: without a year it is the next such day.
func (v *visit) day(a *answers, name string) string {
	s := a.get(name)
	if t, ok := incident.ParseTime(s, v.now); ok {
		return t.In(incident.Tokyo).Format(time.DateOnly)
	}
	local := v.now.In(incident.Tokyo)
	today := local.Format(time.DateOnly)
	for _, year := range []int{local.Year(), local.Year() + 1} {
		if t, ok := incident.ParseTime(number(year)+"/"+s, v.now); ok && t.In(incident.Tokyo).Format(time.DateOnly) >= today {
			return t.In(incident.Tokyo).Format(time.DateOnly)
		}
	}
	return s
}

// question asks for a fact in plain words.
func (v voice) question(k incident.FactKey, now incident.Answer) chat.Input {
	i := chat.Input{Name: string(k), Label: v.say("question." + string(k)), Kind: chat.Choice}
	if hint := "questionhint." + string(k); v.texts.Has(hint) {
		i.Hint = v.say(hint)
	}
	if k.Numeric() {
		i.Kind = chat.Number
		if now != incident.Unknown {
			i.Value = string(now)
		}
		return i
	}
	for _, a := range []incident.Answer{incident.Yes, incident.No, incident.Unknown} {
		i.Options = append(i.Options, chat.Option{Value: string(a), Label: v.say("choice." + string(a))})
	}
	i.Value = string(now)
	return i
}

func (v voice) kindInput() chat.Input {
	i := v.input(inputKind, chat.Choice, false)
	for _, k := range incident.Kinds {
		i.Options = append(i.Options, chat.Option{Value: string(k), Label: v.say("kind." + string(k))})
	}
	i.Value = string(incident.KindUnknown)
	return i
}

// personInput lets somebody be chosen. Its answer may also be a typed name: a front end
// whose lists are too short for the company asks for it in a line.
func (v *visit) personInput(name string, required bool, in *incident.Incident) chat.Input {
	i := v.input(name, chat.Choice, required)
	for _, p := range v.staff() {
		if in != nil && in.IsExcluded(p.ID) {
			continue
		}
		i.Options = append(i.Options, chat.Option{Value: string(p.ID), Label: v.choiceName(p.ID)})
	}
	return i
}

func (v voice) choiceName(id incident.PersonID) string {
	p, _ := v.service.Contacts().Person(id)
	label := p.Name
	if where := v.join(nonEmpty(p.Department, v.roles(v.service.Contacts().Roles(id)))); where != "" {
		label = v.say("person.choice", "name", p.Name, "where", where)
	}
	if r := []rune(label); len(r) > maxOption {
		label = string(r[:maxOption-1]) + "…"
	}
	return label
}

// maxOption is how long the label of a choice may be (Slack).
const maxOption = 75

// excludeInput offers those who would learn of an incident by their duty.
func (v *visit) excludeInput(in *incident.Incident) chat.Input {
	i := v.input(inputExclude, chat.Choices, false)
	for _, p := range v.staff() {
		duty := len(p.Duties) > 0 || in != nil && (in.InCircle(p.ID) || in.IsExcluded(p.ID))
		if duty && p.ID != v.who.ID {
			i.Options = append(i.Options, chat.Option{Value: string(p.ID), Label: v.choiceName(p.ID)})
		}
	}
	if in != nil {
		var now []string
		for _, p := range in.Excluded {
			now = append(now, string(p))
		}
		i.Value = strings.Join(now, ",")
	}
	return i
}

// one reads a chosen or typed person; nobody, or several, is blamed on the input.
func (v *visit) one(a *answers, name string) incident.PersonID {
	typed := a.get(name)
	found := v.people(typed)
	switch {
	case typed == "":
		return ""
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		a.blame(name, v.say("form.whom", "people", v.persons(nil, found)))
	default:
		a.blame(name, v.say("refuse.person_unknown"))
	}
	return ""
}

// several reads chosen or typed people, separated by commas.
func (v *visit) several(a *answers, name string) []incident.PersonID {
	var out []incident.PersonID
	for part := range strings.SplitSeq(strings.NewReplacer("、", ",", "，", ",", "\n", ",").Replace(a.get(name)), ",") {
		b := &answers{Values: chat.Values{name: part}}
		p := v.one(b, name)
		for at, what := range b.wrong {
			a.blame(at, what)
		}
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// stepInput offers the steps that are still open. Its answer may also be a step's number.
func (v *visit) stepInput(required bool, in *incident.Incident, chosen string) chat.Input {
	i := v.input(inputStep, chat.Choice, required)
	if in == nil {
		i.Kind, i.Value = chat.Line, chosen
		return i
	}
	for _, s := range in.Steps {
		if s.Settled() || s.Former || in.Applies(v.procedures(in), s) == incident.No {
			continue
		}
		label := []rune(v.stepName(s) + " " + s.Text.In(v.lang))
		if len(label) > maxOption {
			label = append(label[:maxOption-1], '…')
		}
		i.Options = append(i.Options, chat.Option{Value: s.Key, Label: string(label)})
	}
	i.Value = findStep(in, chosen)
	return i
}

func (v voice) levelInput(value string) chat.Input {
	i := v.input(inputLevel, chat.Choice, true)
	for _, l := range incident.Levels {
		i.Options = append(i.Options, chat.Option{
			Value: l.String(), Label: v.say("level.choice", "level", v.level(l), "meaning", v.say("levelmean."+l.String())),
		})
	}
	i.Value = value
	return i
}

func (v voice) categoryInput(name string, list []incident.Category, value string) chat.Input {
	i := v.input(name, chat.Choice, name == inputCategory)
	for _, c := range list {
		i.Options = append(i.Options, chat.Option{Value: string(c), Label: v.say("category." + string(c))})
	}
	i.Value = value
	return i
}
