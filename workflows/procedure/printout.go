package procedure

import "hikeshi/workflows/incident"

// Printout is a plan as "procedure --json" prints it. Its keys are fixed: other programs
// read them. It holds the steps of the table only; supplements are not part of it.
type Printout struct {
	Category incident.Category `json:"category"`
	Effect   incident.Category `json:"effect"`
	Level    int               `json:"level"`
	Version  string            `json:"version"`
	Steps    []PrintedStep     `json:"steps"`
	FirstAid []PrintedFirstAid `json:"first_aid"`
}

// PrintedStep is a step without what only an incident needs.
type PrintedStep struct {
	N        int                  `json:"n"`
	Role     incident.Role        `json:"role"`
	Phase    incident.Phase       `json:"phase"`
	Kind     incident.StepKind    `json:"kind"`
	Required incident.Requirement `json:"required"`
	When     string               `json:"when"`
	Text     incident.Words       `json:"text"`
}

// PrintedFirstAid is a line of the category's first aid.
type PrintedFirstAid struct {
	N    int            `json:"n"`
	Text incident.Words `json:"text"`
}

// JSON gives what to marshal for a category, effect and level; it refuses what Lookup refuses.
func (b *Book) JSON(c, effect incident.Category, l incident.Level) (Printout, *Refused) {
	plan, refused := b.Lookup(c, effect, l)
	if refused != nil {
		return Printout{}, refused
	}
	aid := b.CategoryFirstAid(c)
	out := Printout{
		Category: plan.Category, Effect: plan.Effect, Level: int(plan.Level), Version: plan.Version,
		Steps:    make([]PrintedStep, 0, len(plan.Steps)),
		FirstAid: make([]PrintedFirstAid, 0, len(aid)),
	}
	for _, s := range plan.Steps {
		out.Steps = append(out.Steps, PrintedStep{
			N: s.N, Role: s.Role, Phase: s.Phase, Kind: s.Kind, Required: s.Required, When: s.When, Text: s.Text,
		})
	}
	for _, a := range aid {
		out.FirstAid = append(out.FirstAid, PrintedFirstAid{N: a.N, Text: a.Text})
	}
	return out, nil
}
