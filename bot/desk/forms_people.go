package desk

import (
	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

func assignSpec() formSpec {
	return formSpec{
		probe: incident.Assign{},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.personInput(inputPerson, true, in), v.stepInput(false, in, k.arg)}
		},
		take: func(v *visit, _ draft, in *incident.Incident, a *answers) {
			a.then(incident.Assign{Person: v.one(a, inputPerson), Step: a.step(in)})
		},
	}
}

// step reads a chosen step, or one typed by its number.
func (a *answers) step(in *incident.Incident) string {
	step := a.get(inputStep)
	if in == nil || step == "" {
		return step
	}
	return findStep(in, step)
}

func handoverSpec() formSpec {
	return formSpec{
		probe: incident.HandOver{},
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.personInput(inputPerson, true, in), v.lines(inputReason, false)}
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.HandOver{To: v.one(a, inputPerson), Reason: a.Values[inputReason]})
		},
	}
}

func restrictSpec() formSpec {
	return formSpec{
		probe: incident.Restrict{},
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.excludeInput(in), v.lines(inputReason, false)}
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Restrict{Exclude: v.several(a, inputExclude), Reason: a.Values[inputReason]})
		},
	}
}

func askSpec() formSpec {
	return formSpec{
		probe: incident.Ask{},
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.lines(inputText, true)}
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Ask{Text: a.Values[inputText]})
		},
	}
}
