package procedure

import (
	"slices"

	"hikeshi/workflows/incident"
)

// Book is one edition of all procedures. Build makes it; it never changes afterwards.
type Book struct {
	// Version is the first 12 hexadecimal digits of the SHA-256 of the content. It changes
	// with any word, number or condition, and with nothing else: comments, line breaks and
	// the order of tables in a file do not count.
	Version string

	tables      map[incident.Category]map[incident.Level][]incident.Step
	supplements map[incident.Category]map[incident.Level][]incident.Step
	firstAid    map[incident.Category][]FirstAid
	kinds       map[incident.Kind][]FirstAid
	handover    []incident.Words
	conditions  map[string]*Condition
}

// Plan is the procedure of one category at one level.
type Plan struct {
	Category incident.Category
	// Effect is leak or damage for a virus, and empty for every other category.
	Effect  incident.Category
	Level   incident.Level
	Version string
	// Steps are those of the table, numbered from 1.
	Steps []incident.Step
	// Supplements stand outside of the table; their N is 0.
	Supplements []incident.Step
}

// Keys of the refusals. The sentences are in templates/.
const (
	RefusedUnassessed      = "procedure.unassessed"       // look up the working level instead
	RefusedUnknownLevel    = "procedure.unknown_level"    // not 0 to 3
	RefusedUnknownCategory = "procedure.unknown_category" // not one of incident.Categories
	RefusedUnknownEffect   = "procedure.unknown_effect"   // a virus' effect is leak or damage
	RefusedLeakBelow2      = "procedure.leak_below_2"     // Min is the lowest level there is
)

// Refused says why there is no procedure for what was asked. It is a value, not an error:
// whoever shows it looks up the sentence for Key and fills in the rest.
type Refused struct {
	Key      string
	Category incident.Category
	Effect   incident.Category
	Level    incident.Level
	// Min is the lowest level the category has; only for RefusedLeakBelow2.
	Min incident.Level
}

// Lookup gives the plan of a category at a level (§9.4). A virus follows the table of its
// effect, leak or damage, and damage when the effect is empty; for the other categories the
// effect is not read, because an incident may keep one from the time it was a virus. An
// unassessed level is refused: callers pass the working level.
func (b *Book) Lookup(c, effect incident.Category, l incident.Level) (Plan, *Refused) {
	refuse := func(key string) (Plan, *Refused) {
		return Plan{}, &Refused{Key: key, Category: c, Effect: effect, Level: l}
	}
	if !slices.Contains(incident.Categories, c) {
		return refuse(RefusedUnknownCategory)
	}
	follows := c
	if c == incident.Virus {
		if effect == "" {
			effect = incident.Damage
		}
		if effect != incident.Leak && effect != incident.Damage {
			return refuse(RefusedUnknownEffect)
		}
		follows = effect
	} else {
		effect = ""
	}
	switch {
	case l == incident.Unassessed:
		return refuse(RefusedUnassessed)
	case !l.Confirmed():
		return refuse(RefusedUnknownLevel)
	case follows == incident.Leak && l < incident.Level2:
		_, refused := refuse(RefusedLeakBelow2)
		refused.Min = incident.Level2
		return Plan{}, refused
	}
	return Plan{
		Category: c, Effect: effect, Level: l, Version: b.Version,
		Steps:       slices.Clone(b.tables[follows][l]),
		Supplements: slices.Clone(b.supplements[follows][l]),
	}, nil
}

// All gives the steps in the order in which an incident carries them: each supplement comes
// before the first step that restores, and before the first step of its own phase or a later
// one, because restoring and repairing overwrite what they are to preserve.
func (p Plan) All() []incident.Step {
	all := slices.Clone(p.Steps)
	for _, extra := range p.Supplements {
		at := slices.IndexFunc(all, func(s incident.Step) bool {
			return s.N > 0 && (s.Kind == incident.StepRestore || !s.Phase.Before(extra.Phase))
		})
		if at < 0 {
			at = len(all)
		}
		all = slices.Insert(all, at, extra)
	}
	return all
}

// Holds reports whether a condition holds for the answers known so far; see Condition.Holds.
// An empty condition always holds. A condition that this edition cannot read, such as one an
// old incident brought along, is Unknown: it keeps its step in view rather than dropping it.
func (b *Book) Holds(when string, f incident.Facts) Tri {
	if when == "" {
		return Yes
	}
	c := b.conditions[when]
	if c == nil {
		var fault *ConditionFault
		if c, fault = Compile(when); fault != nil {
			return Unknown
		}
	}
	return c.Holds(f)
}

// FirstAid is what the discoverer of such an event does and avoids. A kind that is not in the
// book gets the first aid of an unknown kind, so nobody is left without any.
func (b *Book) FirstAid(k incident.Kind) []FirstAid {
	if aid, ok := b.kinds[k]; ok {
		return slices.Clone(aid)
	}
	return slices.Clone(b.kinds[incident.KindUnknown])
}

// CategoryFirstAid is the first aid of a category whatever the kind: for a virus the seven
// steps of §9.4. A category that is not in the book gets that of incident.Other.
func (b *Book) CategoryFirstAid(c incident.Category) []FirstAid {
	if aid, ok := b.firstAid[c]; ok {
		return slices.Clone(aid)
	}
	return slices.Clone(b.firstAid[incident.Other])
}

// Handover lists the conditions under which an employee leaves a virus to the system
// administrator (§9.4).
func (b *Book) Handover() []incident.Words { return slices.Clone(b.handover) }
