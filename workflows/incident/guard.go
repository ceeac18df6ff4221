package incident

import (
	"slices"
	"strconv"
)

// MissingForAdvance lists everything that holds the incident in its phase, all at once:
// the fields and the required steps of this phase and of those before it (a raise may have
// added steps to a phase already left), and a confirmed level to leave 発見報告.
func (in *Incident) MissingForAdvance(p Procedures) []Missing {
	missing := in.missingLevel()
	missing = append(missing, in.missingFields(in.Phase)...)
	for _, s := range in.Steps {
		if s.Former || in.Phase.Before(s.Phase) || s.Kind == StepAuthority || s.Kind == StepPublish {
			continue // authority and publish steps hold back closing, never a phase
		}
		missing = append(missing, in.missingStep(p, s)...)
	}
	return missing
}

// MissingForClose lists everything that holds back 終結. At level 0 an incident is closed
// from 発見報告 once the expected damage is recorded and the system administrator has
// looked at it (seed 001 §9.4, level 0).
func (in *Incident) MissingForClose(p Procedures) []Missing {
	if in.Phase == Reported {
		missing := append(in.missingLevel(), in.missingFields(Reported)...)
		for _, s := range in.Steps {
			if !s.Former && (s.Phase == Reported || s.Kind == StepAuthority || s.Kind == StepPublish) {
				missing = append(missing, in.missingStep(p, s)...)
			}
		}
		missing = append(missing, in.missingClocks()...)
		return append(missing, in.missingApproval()...)
	}
	missing := in.missingLevel()
	missing = append(missing, in.missingFields(FinalReport)...)
	for _, s := range in.Steps {
		if !s.Former {
			missing = append(missing, in.missingStep(p, s)...)
		}
	}
	missing = append(missing, in.missingActions()...)
	missing = append(missing, in.missingClocks()...)
	return append(missing, in.missingApproval()...)
}

func (in *Incident) missingClocks() (out []Missing) {
	for c := range in.running() {
		out = append(out, Missing{MissingClock, string(c.Rule)})
	}
	return out
}

func (in *Incident) missingLevel() []Missing {
	if !in.Level.Confirmed() {
		return []Missing{{MissingLevel, ""}}
	}
	if floor, _ := in.Floor(); in.Level < floor {
		return []Missing{{MissingFloor, floor.String()}}
	}
	return nil
}

// NeededFields lists the fields that must be filled before a phase can be left.
func (in *Incident) NeededFields(upTo Phase) []Field {
	var out []Field
	for _, f := range Fields {
		if upTo.Before(f.Phase()) {
			continue
		}
		if f == FieldExpectedDamage && in.WorkingLevel() != Level0 {
			continue
		}
		out = append(out, f)
	}
	return out
}

func (in *Incident) missingFields(upTo Phase) []Missing {
	var out []Missing
	for _, f := range in.NeededFields(upTo) {
		if _, ok := in.Fields[f]; !ok {
			out = append(out, Missing{MissingField, string(f)})
		}
	}
	return out
}

// Applies says whether a step's condition holds: yes, no (該当なし), or not known yet.
func (in *Incident) Applies(p Procedures, s StepState) Answer {
	if s.When == "" {
		return Yes
	}
	return p.Holds(s.When, in.Facts)
}

func (in *Incident) missingStep(p Procedures, s StepState) []Missing {
	if s.Settled() || s.Required == Optional {
		return nil
	}
	switch in.Applies(p, s) {
	case No:
		return nil
	case Unknown:
		return []Missing{{MissingFact, s.Key}}
	default:
		return []Missing{{MissingStep, s.Key}}
	}
}

func (in *Incident) missingActions() []Missing {
	if len(in.Actions) == 0 {
		return []Missing{{MissingActions, ""}}
	}
	var out []Missing
	for _, a := range in.Actions {
		if a.Owner == "" {
			out = append(out, Missing{MissingActionOwner, strconv.Itoa(a.N)})
		}
		if a.Due == "" {
			out = append(out, Missing{MissingActionDue, strconv.Itoa(a.N)})
		}
	}
	return out
}

func (in *Incident) missingApproval() []Missing {
	if in.Approval == nil || in.WorkingLevel() == Level3 && in.Approval.Publication == "" {
		return []Missing{{MissingApproval, ""}}
	}
	return nil
}

// isUndone reports whether an entry was taken back.
func (in *Incident) isUndone(seq int64) bool { return slices.Contains(in.Undone, seq) }
