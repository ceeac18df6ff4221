package desk

import (
	"slices"
	"strings"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	drafting "hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// The forms of texts for people outside.
const (
	formText     = string(incident.WordText) // propose one
	formSendBack = "sendback"                // 差し戻し
	formPublish  = "publish"                 // it went out
)

const (
	inputOutsideKind  = "outside_kind"
	inputOutsideText  = "outside_text"
	inputOutsideWhich = "outside_which"
	inputOutsideWhen  = "outside_when"
	inputOutsideWhere = "outside_where"
	inputOutsideNote  = "outside_note" // what there is to know of the text that it begins with
	inputUnfinished   = "unfinished"
)

// textSpec proposes a text. The argument names the kind, and a version that it begins with.
func textSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, _ *incident.Incident) incident.Command {
			kind, _ := textOf(k.arg)
			return incident.ProposeText{What: kind}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			kind := v.input(inputOutsideKind, chat.Choice, true)
			for _, t := range incident.TextKinds {
				kind.Options = append(kind.Options, chat.Option{Value: string(t), Label: v.outside(t)})
			}
			chosen, version := textOf(k.arg)
			kind.Value = string(chosen)
			inputs := []chat.Input{kind}
			before, note := "", ""
			if _, typed := v.r.Values[inputOutsideText]; !typed { // what was typed goes back as it is
				before, note = v.textBefore(in, chosen, version)
			}
			if note != "" {
				i := v.input(inputOutsideNote, chat.Fixed, false)
				i.Value = v.say(note)
				inputs = append(inputs, i)
			}
			if note != noteUnread {
				text := v.lines(inputOutsideText, true)
				text.Value = before
				inputs = append(inputs, text)
			}
			return inputs
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			text, shown := a.Values[inputOutsideText]
			if !shown { // it was opened without it: see noteUnread
				a.blame(inputOutsideText, v.say("outside.check"))
				a.blame(inputOutsideNote, v.say("outside.wait"))
			}
			if left := v.leftBlank(text); left != "" {
				a.blame(inputOutsideText, v.say("outside.blank", "blank", left))
			}
			a.then(incident.ProposeText{What: incident.TextKind(a.get(inputOutsideKind)), Text: text})
		},
	}
}

// leftBlank finds what a draft left for a person to fill in, in whichever language it was made.
func (v voice) leftBlank(text string) string {
	for _, lang := range templates.Languages {
		for _, blank := range []string{"draft.blank", "draft.blank.company", "draft.blank.day"} {
			if left := v.texts.Say(lang, blank); strings.Contains(text, left) {
				return left
			}
		}
		// What is left to do stands in a printed draft behind a mark, with or without a hint.
		todo := v.texts.Say(lang, "draft.todo", "text", v.texts.Say(lang, "draft.state.to_fill"))
		if _, size := utf8.DecodeLastRuneInString(todo); strings.Contains(text, todo[:len(todo)-size]) {
			return todo
		}
	}
	return ""
}

// What a form of a text says of the text that it begins with.
const (
	// noteUnread: it cannot be read now. The form asks for no text at all then: an input that stood
	// empty would be taken for a version, or a draft, without a word, and Slack puts nothing into one
	// that is open when the form is made whole.
	noteUnread = "outside.unread"
	noteErased = "outside.erased" // it was erased out of the record
)

// textBefore is what a new text begins with: the version that is to be changed, or else the
// draft. in is nil while the incident cannot be read. note is the key of what to say about it.
func (v *visit) textBefore(in *incident.Incident, k incident.TextKind, version int) (text, note string) {
	if in == nil {
		return "", noteUnread
	}
	t, ok := in.Text(k, version)
	if version == 0 || !ok {
		return v.textDrafted(in, k)
	}
	r, err := v.service.Entry(v.ctx, in.ID, t.Seq)
	if err != nil {
		v.log.WarnContext(v.ctx, "a text could not be read for its form", "component", "desk", "incident", string(in.ID), "error", err)
		return "", noteUnread
	}
	e, _ := r.Event.(incident.OutsideProposed)
	if e.Text.Erased {
		return "", noteErased
	}
	return e.Text.Body, ""
}

func (v *visit) textDrafted(in *incident.Incident, k incident.TextKind) (text, note string) {
	if v.drafts == nil || !slices.Contains(incident.TextKinds, k) {
		return "", ""
	}
	records, err := v.service.Record(v.ctx, v.who.ID, in.ID, 1)
	if err != nil {
		v.log.WarnContext(v.ctx, "a text could not be drafted for its form", "component", "desk", "incident", string(in.ID), "error", err)
		return "", noteUnread
	}
	return v.drafts(in, records, drafting.Kind(k), v.lang).Plain(), ""
}

// unread reports whether a form of a text was opened without it.
func unread(f *chat.Form) bool {
	shows := func(name string) bool {
		return slices.ContainsFunc(f.Inputs, func(i chat.Input) bool { return i.Name == name })
	}
	return shows(inputOutsideNote) && !shows(inputOutsideText)
}

// proposeButtons open the form of each kind of text, with its draft in it.
func (v voice) proposeButtons(in *incident.Incident) (buttons []chat.Button) {
	for _, k := range incident.TextKinds {
		b := v.formButton("button.text_new", formText, in, string(k))
		b.Label = v.say("button.text_of", "text", v.outside(k))
		buttons = append(buttons, b)
	}
	return buttons
}

// whichText shows what a form is about.
func (v *visit) whichText(k draft, in *incident.Incident) chat.Input {
	i := v.input(inputOutsideWhich, chat.Fixed, false)
	kind, version := textOf(k.arg)
	i.Value = v.textName(incident.OutsideText{What: kind, Version: version})
	if in == nil {
		return i
	}
	if t, ok := in.Text(kind, version); ok {
		i.Value = v.say("outside.unfinished", "text", v.textName(t), "status", v.textStatus(t.Status))
	}
	return i
}

func sendBackSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, _ *incident.Incident) incident.Command {
			kind, version := textOf(k.arg)
			return incident.RefuseText{What: kind, Version: version}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.whichText(k, in), v.lines(inputReason, true)}
		},
		take: func(_ *visit, k draft, _ *incident.Incident, a *answers) {
			kind, version := textOf(k.arg)
			a.then(incident.RefuseText{What: kind, Version: version, Reason: a.Values[inputReason]})
		},
	}
}

func publishSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, _ *incident.Incident) incident.Command {
			kind, version := textOf(k.arg)
			return incident.PublishText{What: kind, Version: version}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.whichText(k, in), v.moment(inputOutsideWhen, v.inputTime(v.now)), v.line(inputOutsideWhere, true)}
		},
		take: func(_ *visit, k draft, _ *incident.Incident, a *answers) {
			kind, version := textOf(k.arg)
			a.then(incident.PublishText{What: kind, Version: version, When: a.get(inputOutsideWhen), Where: a.Values[inputOutsideWhere]})
		},
	}
}
