package desk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

// order is what a typed word asks for: a command, a form for what is still missing, or a
// question about it.
type order struct {
	do       incident.Command
	occurred time.Time
	form     string
	arg      string            // of the form
	values   chat.Values       // typed already
	wrong    map[string]string // input → what is wrong with what was typed
	reply    *chat.Reply
}

// but says what is wrong with an input of the form that an order opens.
func (o order) but(input, sentence string) order {
	o.wrong = map[string]string{input: sentence}
	return o
}

func formOf(name, arg string, pairs ...string) order {
	o := order{form: name, arg: arg}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			if o.values == nil {
				o.values = chat.Values{}
			}
			o.values[pairs[i]] = pairs[i+1]
		}
	}
	return o
}

// order reads the arguments of a word. What is missing or not understood opens the form,
// with what was typed in it: never an error where a form can ask.
func (v *visit) order(r reading, in *incident.Incident) order {
	rest := r.rest
	switch incident.Word(r.word) {
	case incident.WordTake:
		return order{do: incident.Take{}}
	case incident.WordDecline:
		return order{do: incident.Decline{Reason: rest}}
	case incident.WordAccept:
		return order{do: incident.AcceptHandover{}}
	case incident.WordAdvance:
		return order{do: incident.Advance{From: in.Phase}}
	case incident.WordClose:
		if rest != "" {
			return formOf(formClose, "", inputComment, rest) // "close call with …" is no order to close
		}
		// What holds the closing back is said first: nobody fills in a form in vain.
		if (v.beforeClosing(in) != "" || v.unfinishedTexts(in) != "") && v.closable(in) {
			return formOf(formClose, "")
		}
		return order{do: incident.Close{}}
	case incident.WordBack:
		return withText(rest, formBack, inputReason, func(s string) incident.Command { return incident.Back{Reason: s} })
	case incident.WordDismiss:
		return withText(rest, formDismiss, inputReason, func(s string) incident.Command { return incident.Dismiss{Reason: s} })
	case incident.WordReopen:
		return withText(rest, formReopen, inputReason, func(s string) incident.Command { return incident.Reopen{Reason: s} })
	case incident.WordAsk:
		return withText(rest, formAsk, inputText, func(s string) incident.Command { return incident.Ask{Text: s} })
	case incident.WordInform:
		return withText(rest, formInform, inputText, func(s string) incident.Command { return incident.Inform{Text: s} })
	case incident.WordNote:
		if rest == "" {
			return formOf(formNote, "")
		}
		t := v.note(task{}, rest)
		return order{do: t.do, occurred: t.occurred}
	case incident.WordLevel:
		return v.orderLevel(rest)
	case incident.WordCategory:
		return v.orderCategory(rest)
	case incident.WordAssign, incident.WordHandover:
		return v.orderPerson(r, in)
	case incident.WordStep:
		step, result := cut(rest)
		if key := findStep(in, step); step != "" && hasStep(in, key) {
			return order{do: incident.DoStep{Step: key, Result: result}}
		}
		return v.unknownStep(formOf(formStep, "", inputResult, rest), step)
	case incident.WordWaive:
		step, reason := cut(rest)
		if key := findStep(in, step); step != "" && hasStep(in, key) {
			if reason == "" {
				return formOf(formWaive, key)
			}
			return order{do: incident.Waive{Step: key, Reason: reason}}
		}
		return v.unknownStep(formOf(formWaive, "", inputReason, rest), step)
	case incident.WordCorrect:
		first, text := cut(rest)
		if seq, ok := sequence(first); ok && text != "" {
			return order{do: incident.Correct{Seq: seq, Text: text}}
		} else if ok {
			return formOf(formCorrect, strconv.FormatInt(seq, 10))
		}
		return formOf(formCorrect, "", inputText, rest)
	case incident.WordUndo:
		first, reason := cut(rest)
		if seq, ok := sequence(first); ok {
			return order{do: incident.Undo{Seq: seq, Reason: reason}}
		}
		return order{do: incident.Undo{Reason: rest}}
	case incident.WordField:
		return v.orderField(rest)
	case incident.WordFact:
		return v.orderFact(rest)
	case incident.WordAttach:
		return formOf(formAttach, "", inputWhere, rest)
	case incident.WordFile:
		if rest == "" {
			return formOf(formAttach, "")
		}
		name, where := cut(rest)
		if where == "" {
			return formOf(formFile, "", inputName, name)
		}
		return order{do: incident.RecordEvidence{Name: name, Where: where}}
	case incident.WordAction:
		return v.orderAction(rest, in)
	case incident.WordApprove:
		return v.orderApprove(rest, in)
	case incident.WordMerge:
		return v.orderMerge(rest)
	case incident.WordRestrict:
		return formOf(formRestrict, "", inputReason, rest)
	}
	reply := v.showHelp()
	return order{reply: &reply}
}

func withText(text, form, input string, do func(string) incident.Command) order {
	if !incident.Visible(incident.Clean(text)) {
		return formOf(form, "", input, text)
	}
	return order{do: do(text)}
}

// unknownStep says so where a number was typed that no step has.
func (v *visit) unknownStep(o order, step string) order {
	if _, numbered := sequence(step); numbered {
		return o.but(inputStep, v.say("refuse.step_unknown"))
	}
	return o
}

func hasStep(in *incident.Incident, key string) bool {
	_, ok := in.StepByKey(key)
	return ok
}

func sequence(s string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(fold(s), "#"), 10, 64)
	return n, err == nil && n > 0
}

var (
	clockTime = regexp.MustCompile(`^[0-9]{1,2}:[0-9]{2}$`)
	dayOfYear = regexp.MustCompile(`^([0-9]{4}[/-])?[0-9]{1,2}[/-][0-9]{1,2}$`)
)

// note makes an entry of a text; a leading time says when it happened.
func (v *visit) note(t task, text string) task {
	t.do = incident.Note{Text: text}
	first, rest := cut(text)
	stamp := fold(first)
	if dayOfYear.MatchString(stamp) {
		second, after := cut(rest)
		if !clockTime.MatchString(fold(second)) {
			return t
		}
		stamp, rest = stamp+" "+fold(second), after
	} else if !clockTime.MatchString(stamp) {
		return t
	}
	if at, ok := incident.ParseTime(stamp, v.now); ok && incident.Visible(rest) && !at.After(v.now) {
		t.do, t.occurred = incident.Note{Text: rest}, at
	}
	return t
}

func (v *visit) orderLevel(rest string) order {
	first, reason := cut(rest)
	for _, l := range incident.Levels {
		if f := fold(first); f == l.String() || f == fold(v.level(l)) {
			return order{do: incident.SetLevel{Level: l, Reason: reason}}
		}
	}
	return formOf(formLevel, "", inputReason, rest)
}

func (v *visit) orderCategory(rest string) order {
	first, after := cut(rest)
	c, ok := named(v, first, "category.", incident.Categories)
	if !ok {
		return formOf(formCategory, "", inputReason, rest)
	}
	do := incident.Categorise{Category: c, Reason: after}
	if c == incident.Virus {
		next, more := cut(after)
		if e, ok := named(v, next, "category.", []incident.Category{incident.Leak, incident.Damage}); ok {
			do.Effect, do.Reason = e, more
		}
	}
	if do.Reason == "" {
		return formOf(formCategory, string(c), inputEffect, string(do.Effect))
	}
	return order{do: do}
}

// named finds which of several things a token names: by its English id or by its name in
// any language; a part of a name is enough where it fits one only.
func named[T ~string](v *visit, token, prefix string, list []T) (T, bool) {
	token = fold(token)
	var found []T
	for _, x := range list {
		for _, lang := range templates.Languages {
			name := fold(v.texts.Say(lang, prefix+string(x)))
			if token == string(x) || token == name {
				return x, true
			}
			if len([]rune(token)) >= 2 && strings.Contains(name, token) && !slices.Contains(found, x) {
				found = append(found, x)
			}
		}
	}
	var none T
	if len(found) == 1 {
		return found[0], true
	}
	return none, false
}

// orderPerson reads 担当 and 引継ぎ: a name of up to three words, then the rest.
func (v *visit) orderPerson(r reading, in *incident.Incident) order {
	tokens := strings.Fields(r.rest)
	var several []incident.PersonID
	person, after, asked := incident.PersonID(""), r.rest, ""
	for n := min(3, len(tokens)); n > 0; n-- {
		name := strings.Join(tokens[:n], " ")
		found := v.people(name)
		if len(found) == 1 {
			person, after = found[0], strings.Join(tokens[n:], " ")
			break
		}
		if len(found) > 1 {
			several, asked, after = found, name, strings.Join(tokens[n:], " ")
			break
		}
	}
	if several != nil && slices.Contains(several, v.forced) {
		person = v.forced
	} else if several != nil {
		reply := v.askWho(in, asked, several, r)
		return order{reply: &reply}
	}
	if incident.Word(r.word) == incident.WordHandover {
		switch {
		case person != "":
			return order{do: incident.HandOver{To: person, Reason: after}}
		case len(tokens) == 1: // one word alone is meant as a name
			return formOf(formHandover, "", inputPerson, r.rest).but(inputPerson, v.say("refuse.person_unknown"))
		}
		return formOf(formHandover, "", inputReason, r.rest)
	}
	if person == "" && r.rest != "" {
		return formOf(formAssign, "", inputPerson, r.rest).but(inputPerson, v.say("refuse.person_unknown"))
	} else if person == "" {
		return formOf(formAssign, "")
	}
	step, more := cut(after)
	if w, digits, ok := v.vocabulary.lookup(fold(step)); ok && w == string(incident.WordStep) {
		step, more = cut(digits + " " + more)
	}
	key := findStep(in, step)
	if more != "" || step != "" && !hasStep(in, key) {
		return formOf(formAssign, "", inputPerson, string(person), inputStep, key)
	}
	return order{do: incident.Assign{Person: person, Step: key}}
}

func (v *visit) orderField(rest string) order {
	first, value := cut(rest)
	f, ok := named(v, first, "field.", incident.Fields)
	switch {
	case !ok:
		return formOf(formField, "", inputValue, rest)
	case value == "":
		return formOf(formField, string(f))
	}
	if a, reason := cut(value); v.isUnknown(a) {
		if reason == "" {
			return formOf(formField, string(f), inputUnknown, string(incident.Yes))
		}
		return order{do: incident.SetField{Field: f, Unknown: true, Reason: reason}}
	}
	return order{do: incident.SetField{Field: f, Value: value}}
}

func (v *visit) isUnknown(token string) bool {
	for _, lang := range templates.Languages {
		if f := fold(token); f == fold(v.texts.Say(lang, "answer.unknown")) || f == string(incident.Unknown) {
			return true
		}
	}
	return false
}

func (v *visit) orderFact(rest string) order {
	first, after := cut(rest)
	k, ok := named(v, first, "factword.", incident.FactKeys) // 社外 is no part of 社外秘
	if !ok {
		k, ok = named(v, first, "fact.", incident.FactKeys)
	}
	if !ok {
		return formOf(formFact, "")
	}
	token, more := cut(after)
	if k.Numeric() && token != "" && more == "" {
		count, ok := v.readCount(token)
		if !ok {
			count = incident.Answer(token) // refused, with what can be answered
		}
		return order{do: incident.SetFacts{Facts: incident.Facts{k: count}}}
	}
	a, ok := named(v, token, "answer.", []incident.Answer{incident.Yes, incident.No, incident.Unknown})
	if !ok || more != "" {
		return formOf(formFact, string(k))
	}
	return order{do: incident.SetFacts{Facts: incident.Facts{k: a}}}
}

func (v *visit) orderAction(rest string, in *incident.Incident) order {
	first, after := cut(rest)
	n, numbered := sequence(first)
	if !numbered {
		return formOf(formAction, "", inputText, rest)
	}
	i := slices.IndexFunc(in.Actions, func(a incident.Prevention) bool { return int64(a.N) == n })
	if i < 0 {
		return formOf(formAction, "", inputText, rest)
	}
	a := in.Actions[i]
	done := []string{"done"}
	for _, lang := range templates.Languages {
		done = append(done, fold(v.texts.Say(lang, "state.done")))
	}
	if slices.Contains(done, fold(after)) {
		return order{do: incident.SetPrevention{N: a.N, Text: a.Text, Owner: a.Owner, Due: a.Due, Done: true}}
	}
	return formOf(formAction, number(a.N), inputText, after)
}

func (v *visit) orderApprove(rest string, in *incident.Incident) order {
	first, comment := cut(rest)
	if p, ok := named(v, first, "publication.", incident.Publications); ok {
		return order{do: incident.Approve{Publication: p, Comment: comment}}
	}
	if rest == "" || in.WorkingLevel() == incident.Level3 {
		return formOf(formApprove, "", inputComment, rest)
	}
	return order{do: incident.Approve{Comment: rest}}
}

func (v *visit) orderMerge(rest string) order {
	first, more := cut(rest)
	if into, ok := fullNumber(first); ok && more == "" {
		return order{do: incident.Merge{Into: incident.ID(into)}}
	}
	return formOf(formMerge, "", inputInto, rest)
}
