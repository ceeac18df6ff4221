package draft

import (
	"strconv"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// interimReport is the 第n報: the overview, the situation and the course (seed 001 §9.5).
var interimReport = form{where: "interim", parts: []part{
	{"interim_head", General, []item{
		{"issue", General, issue},
		{"as_of", General, func(r *reader) answer { return r.given(report.Instant(r.o.MadeAt, r.say), "as_of") }},
	}},
	{"interim_overview", Secondary, []item{
		{"event", Secondary, recorded(incident.FieldEvent)},
		{"discovered", Secondary, discovered},
		{"occurred", Secondary, recorded(incident.FieldOccurredAt)},
		{"damage", Secondary, recorded(incident.FieldScope)},
	}},
	{"interim_situation", Secondary, []item{
		{"phase", Secondary, phase},
		{"level", Secondary, level},
		{"systems", Secondary, recorded(incident.FieldAffectedSystems)},
		{"personal_data", Secondary, personalData},
		{"cause", Secondary, causeAndBackground},
		{"countermeasures", Secondary, countermeasures},
		{"next_steps", Secondary, nextSteps},
	}},
	{"interim_course", Secondary, []item{{"course", Secondary, course}}},
}}

func issue(r *reader) answer {
	if r.o.Number <= 0 {
		return r.fill("issue", "")
	}
	return known(r.say("draft.issue", "number", strconv.Itoa(r.o.Number)))
}

func phase(r *reader) answer {
	if r.in.Phase == "" {
		return r.unknown()
	}
	return known(r.say("phase." + string(r.in.Phase)))
}

func level(r *reader) answer {
	name := r.say("level." + r.in.WorkingLevel().String())
	if r.in.Provisional() {
		return answer{value: r.say("level.provisional", "value", name), state: Unknown}
	}
	return known(name)
}

// nextSteps is the nearest work that is not done: of this phase, or else of the next that has
// any.
func nextSteps(r *reader) answer {
	for _, phase := range incident.Phases {
		if phase.Before(r.in.Phase) || phase.Ended() {
			continue
		}
		var out []string
		for _, s := range r.in.Steps {
			if s.Phase == phase && !s.Settled() && s.Required != incident.Optional && r.applies(s) {
				out = append(out, r.say("draft.next", "step", r.step(r.in.Seq, s.Key), "role", r.say("role."+string(s.Role))))
			}
		}
		if out != nil {
			return known(lines(out...))
		}
	}
	return r.fill("next_steps", "")
}
