package desk

import (
	"errors"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

const formAway = wordAway

const (
	inputAwayFrom   = "away_from"
	inputAwayTo     = "away_to"
	inputAwayDeputy = "away_deputy"
)

// awaySpec asks for an absence. It is about no incident: carry takes the place of commands.
func awaySpec() formSpec {
	return formSpec{
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			from, to, deputy := v.input(inputAwayFrom, chat.Date, true), v.input(inputAwayTo, chat.Date, false), v.personInput(inputAwayDeputy, false, nil)
			inputs := []chat.Input{from, to, deputy}
			if !v.service.MayTellAbsence(v.who.ID, "") {
				inputs[2].Options = slices.DeleteFunc(deputy.Options, func(o chat.Option) bool { return o.Value == string(v.who.ID) })
			} else {
				person := v.personInput(inputPerson, true, nil)
				person.Value = string(v.who.ID)
				inputs = append([]chat.Input{person}, inputs...)
			}
			return inputs
		},
		take: func(*visit, draft, *incident.Incident, *answers) {},
		carry: func(v *visit, key string, sent *sentForm, a *answers) chat.Reply {
			o := awayOrder{person: v.who.ID}
			if _, asked := a.Values[inputPerson]; asked && v.service.MayTellAbsence(v.who.ID, "") {
				o.person = v.one(a, inputPerson)
			}
			o.absence.From = v.awayDay(a, inputAwayFrom)
			if o.absence.To = o.absence.From; a.get(inputAwayTo) != "" {
				o.absence.To = v.awayDay(a, inputAwayTo)
			}
			o.absence.Deputy = v.one(a, inputAwayDeputy)
			if len(a.wrong) > 0 {
				return v.wrongForm(sent, a.wrong)
			}
			reply := v.setAway(key, o, sent, "")
			if reply.Accepted {
				err := v.service.SaveDraft(v.ctx, workflows.Draft{ID: sent.draft.String(), By: v.who.ID, Form: formAway, Done: true})
				if err != nil {
					v.log.WarnContext(v.ctx, "a draft could not be marked as done", "component", "desk", "form", formAway, "error", err)
				}
			}
			return reply
		},
	}
}

// awayDay reads a day of the form, picked or typed: where a front end has no calendar, people
// write 12/29.
func (v *visit) awayDay(a *answers, input string) string {
	p, err := contact.ReadPeriod(strings.TrimSpace(a.get(input)))
	if err != nil {
		if errors.Is(err, contact.ErrPeriodOrder) {
			err = contact.ErrPeriodShape
		}
		a.blame(input, v.say(periodWrong(err)))
		return ""
	}
	day := p.On(v.now)
	if day.From != day.To {
		a.blame(input, v.say("refuse.away_one_day"))
	}
	return day.From
}
