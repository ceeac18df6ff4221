package desk

import (
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// specOf gives a form by its name.
func specOf(name string) (formSpec, bool) {
	switch name {
	case formReport:
		return reportSpec(), true
	case formDetail:
		return detailSpec(), true
	case formInform:
		return informSpec(), true
	case formAlarm:
		return alarmSpec(), true
	case formBack:
		return reasonSpec(incident.Back{}, func(r string) incident.Command { return incident.Back{Reason: r} }), true
	case formDismiss:
		return reasonSpec(incident.Dismiss{}, func(r string) incident.Command { return incident.Dismiss{Reason: r} }), true
	case formReopen:
		return reasonSpec(incident.Reopen{}, func(r string) incident.Command { return incident.Reopen{Reason: r} }), true
	case formDecline:
		return declineSpec(), true
	case formLevel:
		return levelSpec(), true
	case formCategory:
		return categorySpec(), true
	case formApprove:
		return approveSpec(), true
	case formClose:
		return closeSpec(), true
	case formMerge:
		return mergeSpec(), true
	case formAssign:
		return assignSpec(), true
	case formHandover:
		return handoverSpec(), true
	case formRestrict:
		return restrictSpec(), true
	case formAsk:
		return askSpec(), true
	case formStep:
		return stepSpec(), true
	case formWaive:
		return waiveSpec(), true
	case formNote:
		return noteSpec(), true
	case formCorrect:
		return correctSpec(), true
	case formUndo:
		return undoSpec(), true
	case formField:
		return fieldSpec(), true
	case formFact:
		return factSpec(), true
	case formFile:
		return fileSpec(), true
	case formAttach:
		return attachSpec(), true
	case formAction:
		return actionSpec(), true
	case formAway:
		return awaySpec(), true
	case formLinkMail:
		return linkMailSpec(), true
	case formLinkCode:
		return linkCodeSpec(), true
	case formLinkName:
		return linkNameSpec(), true
	case formFiled:
		return filedSpec(), true
	case formPassed:
		return passedSpec(), true
	case formUnneeded:
		return unneededSpec(), true
	case formReminders:
		return remindersSpec(), true
	case formText:
		return textSpec(), true
	case formSendBack:
		return sendBackSpec(), true
	case formPublish:
		return publishSpec(), true
	case formParty:
		return partySpec(), true
	case formPartyTold:
		return partyToldSpec(), true
	case formPartyGone:
		return partyGoneSpec(), true
	}
	if t, ok := legalTopic(name); ok {
		return legalSpec(t), true
	}
	return formSpec{}, false
}

// reasonSpec asks for a reason and nothing else.
func reasonSpec(probe incident.Command, do func(reason string) incident.Command) formSpec {
	return formSpec{
		probe: probe,
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.lines(inputReason, true)}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(do(a.Values[inputReason]))
		},
	}
}

func declineSpec() formSpec {
	return formSpec{
		probe: incident.Decline{},
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.lines(inputReason, false)}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Decline{Reason: a.Values[inputReason]})
		},
	}
}

func levelSpec() formSpec {
	return formSpec{
		probe: incident.SetLevel{Level: incident.Unassessed},
		inputs: func(v *visit, k draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.levelInput(k.arg), v.lines(inputReason, false)}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			l := incident.Unassessed
			if n, err := strconv.Atoi(fold(a.get(inputLevel))); err == nil {
				l = incident.Level(n)
			}
			a.then(incident.SetLevel{Level: l, Reason: a.Values[inputReason]})
		},
	}
}

func categorySpec() formSpec {
	return formSpec{
		probe: incident.Categorise{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			value := k.arg
			if value == "" && in != nil {
				value = string(in.Category)
			}
			return []chat.Input{
				v.categoryInput(inputCategory, incident.Categories, value),
				v.categoryInput(inputEffect, []incident.Category{incident.Damage, incident.Leak}, ""),
				v.lines(inputReason, true),
			}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Categorise{
				Category: incident.Category(a.get(inputCategory)), Effect: incident.Category(a.get(inputEffect)), Reason: a.Values[inputReason],
			})
		},
	}
}

func approveSpec() formSpec {
	return formSpec{
		probe: incident.Approve{},
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			var inputs []chat.Input
			if in == nil || in.WorkingLevel() == incident.Level3 {
				i := v.input(inputPublication, chat.Choice, in != nil)
				for _, p := range incident.Publications {
					i.Options = append(i.Options, chat.Option{Value: string(p), Label: v.say("publication." + string(p))})
				}
				inputs = append(inputs, i)
			}
			return append(inputs, v.lines(inputComment, false))
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Approve{Publication: incident.Publication(a.get(inputPublication)), Comment: a.Values[inputComment]})
		},
	}
}

func closeSpec() formSpec {
	return formSpec{
		probe: incident.Close{},
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			comment := v.lines(inputComment, false)
			if in == nil {
				return []chat.Input{comment}
			}
			var inputs []chat.Input
			for _, fixed := range []struct{ name, text string }{{inputAgain, v.beforeClosing(in)}, {inputUnfinished, v.unfinishedTexts(in)}} {
				if fixed.text != "" {
					i := v.input(fixed.name, chat.Fixed, false)
					i.Value = fixed.text
					inputs = append(inputs, i)
				}
			}
			return append(inputs, comment)
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Close{Comment: a.Values[inputComment]})
		},
	}
}

// mergeSpec offers the other open incidents of the person; a typed number does as well.
func mergeSpec() formSpec {
	return formSpec{
		probe: incident.Merge{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			i := v.input(inputInto, chat.Line, true)
			if in == nil {
				return []chat.Input{i}
			}
			var err error
			if i.Options, err = v.mergeOptions(k.id, maxMerge); err != nil {
				return []chat.Input{i}
			}
			if len(i.Options) > 0 {
				i.Kind = chat.Choice
			}
			return []chat.Input{i}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			into, _ := fullNumber(a.get(inputInto))
			a.then(incident.Merge{Into: incident.ID(into)})
		},
	}
}

// mergeOptions are the other open incidents of the person, the newest first; most 0 is all.
func (v *visit) mergeOptions(but incident.ID, most int) ([]chat.Option, error) {
	listing := workflows.Listing{OpenOnly: true}
	if most > 0 {
		listing.Limit = most + 1
	}
	mine, _, err := v.service.Incidents(v.ctx, v.who.ID, listing)
	if err != nil {
		return nil, err
	}
	var options []chat.Option
	for _, l := range mine {
		if l.ID != but && (most == 0 || len(options) < most) {
			options = append(options, chat.Option{Value: string(l.ID), Label: clip(titleFor(l.Incident, l.Access, v.who.ID), maxOption)})
		}
	}
	return options, nil
}

// maxMerge is how many incidents a choice offers: one more than a list of Slack's can hold, by
// which it is known that the list is longer, and searched (Suggest) instead of shown.
const maxMerge = 101
