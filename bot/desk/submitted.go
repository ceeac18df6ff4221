package desk

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// submitted answers a sent form.
func (v *visit) submitted() chat.Reply {
	k, ok := parseDraft(v.r.Draft)
	spec, known := specOf(k.form)
	if !ok || !known {
		reply := v.outdated()
		reply.Cards[0].Blocks = append(reply.Cards[0].Blocks, typedBlock(v.voice, allTyped(v.r.Values))...)
		return reply
	}
	return v.submit(k, spec, v.r.Values, false)
}

func (v *visit) submit(k draft, spec formSpec, values chat.Values, anyway bool) chat.Reply {
	var in *incident.Incident
	if k.id != "" {
		// Without it nothing is lost: the command meets the same difficulty, and says so.
		if got, access, err := v.service.Incident(v.ctx, v.who.ID, k.id); err == nil {
			if in = got; access != workflows.AccessFull {
				in = withoutRecord(got)
			}
		}
	}
	form := v.build(spec, k, in)
	fill(form, values)
	sent := &sentForm{draft: k, form: *form, values: values, before: in}
	a := &answers{Values: values}
	spec.take(v, k, in, a)
	if a.asOf > 0 {
		sent.draft.seen = a.asOf
		form.Draft = sent.draft.String()
		fill(form, values)
		sent.form = *form
	}
	quote := v.r.Quote
	if k.form != formReport {
		quote = nil
	}
	if quote != nil && len(a.do) > 0 {
		a.do[0] = v.withSource(a.do[0], *quote)
	}
	// Whoever gets hold of another's draft sends a form of his own.
	key := "draft:" + string(v.who.ID) + ":" + k.String()
	if spec.uploads && len(a.wrong) == 0 {
		return v.attach(task{key: key, id: k.id, do: incident.Attach{}, sent: sent}, a.get(inputWhere))
	}
	if spec.carry != nil {
		return spec.carry(v, key, sent, a)
	}
	if len(a.wrong) > 0 || len(a.do) == 0 {
		return v.wrongForm(sent, a.wrong)
	}
	if anyway {
		key += ":again"
	}
	var reply chat.Reply
	for i, do := range a.do {
		t := task{key: key, id: k.id, do: do, seen: k.seen, occurred: a.occurred, anyway: anyway, sent: sent}
		if i > 0 {
			t.key, t.seen = key+":"+strconv.Itoa(i), 0
		}
		next, id := v.carryFor(t)
		if !next.Accepted {
			return next
		}
		if quote != nil {
			next = v.reportQuoted(next, id, *quote, key, values[string(incident.FieldEvent)])
		}
		next.Cards = append(reply.Cards, next.Cards...)
		reply = next
	}
	err := v.service.SaveDraft(v.ctx, workflows.Draft{ID: k.String(), By: v.who.ID, Form: k.form, Done: true})
	if err != nil {
		v.log.WarnContext(v.ctx, "a draft could not be marked as done", "component", "desk", "form", k.form, "error", err)
	}
	return reply
}

// withSource adds to a report of a quoted message where it comes from, as long as there is
// room: what was typed is not cut for it.
func (v *visit) withSource(c incident.Command, q chat.Quote) incident.Command {
	r, ok := c.(incident.Report)
	lines := v.quoteLines(q)
	if !ok || lines == "" || !incident.Visible(r.Text) {
		return c
	}
	if text := incident.Clean(r.Text) + "\n\n" + lines; utf8.RuneCountInString(text) <= incident.MaxText {
		r.Text = text
	}
	return r
}

// wrongForm gives a form back whose answers cannot be read.
func (v *visit) wrongForm(sent *sentForm, wrong map[string]string) chat.Reply {
	form := sent.form
	form.Error = v.say("form.not_recorded")
	for i := range form.Inputs {
		form.Inputs[i].Error = wrong[form.Inputs[i].Name]
	}
	v.keepRefused(sent)
	return chat.Reply{Form: &form}
}

func (v *visit) keepRefused(sent *sentForm) {
	if err := v.keepValues(sent.draft, sent.values); err != nil {
		v.log.WarnContext(v.ctx, "a refused form could not be kept", "component", "desk", "form", sent.draft.form, "error", err)
	}
}

// refusedForm gives a refused form back under the same draft, the error at the answer that
// caused it. What a form cannot show, the missing things and their buttons, comes as a card.
func (v *visit) refusedForm(in *incident.Incident, out workflows.Outcome, t task) chat.Reply {
	ref := out.Refusal
	form := t.sent.form
	sentence := v.sentence(in, ref)
	form.Error = v.say("form.refused", "why", sentence)
	if at := slices.IndexFunc(form.Inputs, func(i chat.Input) bool { return i.Name == blamed(ref, form) }); at >= 0 {
		form.Error = v.say("form.not_recorded")
		// The form may call a field otherwise than the record does, and it is looked for in the form.
		if f, ok := ref.Args["field"].(incident.Field); ok && ref.Key == "refuse.time_future" && form.Inputs[at].Name == string(f) {
			sentence = v.say(ref.Key, "field", v.say("form.input_named", "label", form.Inputs[at].Label))
		}
		form.Inputs[at].Error = sentence
	}
	v.keepRefused(t.sent)
	reply := chat.Reply{Form: &form}
	if len(ref.Missing) > 0 || len(out.Changes) > 0 {
		t.sent = nil
		reply.Cards = v.refused(out, t).Cards
	}
	return reply
}

// blamed is the input that a refusal is about; "" where there is none.
func blamed(ref *incident.Refusal, form chat.Form) string {
	has := func(name string) bool {
		return slices.ContainsFunc(form.Inputs, func(i chat.Input) bool { return i.Name == name })
	}
	key := strings.TrimPrefix(ref.Key, "refuse.")
	switch key {
	case "text_empty", "text_long":
		what, _ := ref.Args["what"].(string)
		switch what {
		case "evidence_name":
			return inputName
		case "evidence_where":
			return inputWhere
		case "field":
			return inputValue
		case "note", "question", "addition", "action", "correction":
			return inputText
		}
		return what
	case "time_bad", "field_empty":
		if has(inputOutsideWhen) {
			return inputOutsideWhen
		}
		return inputValue
	case "outside_future", "outside_early":
		return inputOutsideWhen
	case "outside_kind":
		return inputOutsideKind
	case "party_kind", "party_count", "party_topics":
		return key
	case "time_future":
		if f, ok := ref.Args["field"].(incident.Field); ok && has(string(f)) {
			return string(f)
		}
		return inputValue
	case "time_order":
		if has(string(incident.FieldOccurredAt)) {
			return string(incident.FieldOccurredAt)
		}
		return inputValue
	case "fact_answer", "near_miss":
		k, _ := ref.Args["fact"].(incident.FactKey)
		return string(k)
	case "person_unknown", "person_excluded", "handover_self", "handover_already":
		for _, name := range []string{inputPerson, inputOwner, inputExclude} {
			if has(name) {
				return name
			}
		}
	case "restrict_self", "restrict_nobody_left":
		return inputExclude
	case "reason_needed":
		return inputReason
	case "level_unknown", "level_same", "level_floor", "leak_below_2", "raise_needs_higher":
		return inputLevel
	case "category_unknown", "category_same":
		return inputCategory
	case "effect_unknown":
		return inputEffect
	case "step_unknown", "step_settled", "step_not_applicable":
		return inputStep
	case "field_unknown", "field_not_at_level":
		return inputField
	case "entry_unknown", "entry_fixed", "entry_undone", "entry_overtaken", "nothing_to_undo":
		return inputSeq
	case "date_bad":
		if has(inputOn) {
			return inputOn
		}
		return inputDue
	case "clock_day_future", "clock_day_early", "party_day_future", "party_day_early":
		return inputOn
	case "file_unknown":
		return inputEvidence
	case "remind_past", "remind_late":
		return inputTimes
	case "publication_needed":
		return inputPublication
	case "merge_self", "merge_ended", "merge_not_seen":
		return inputInto
	case "kind_unknown":
		return inputKind
	}
	return ""
}

func allTyped(values chat.Values) string {
	var names, lines []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if s := strings.TrimSpace(values[name]); s != "" {
			lines = append(lines, s)
		}
	}
	return strings.Join(lines, "\n")
}
