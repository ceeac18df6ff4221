package procedure

import (
	"fmt"
	"slices"
	"strings"

	"hikeshi/workflows/incident"
)

// Build checks a source as a whole and makes the book. With any problem there is no book:
// half a procedure at night is worse than the edition that was in force before.
func Build(src Source) (*Book, []Problem) {
	c := &check{conditions: map[string]*Condition{}}
	b := &Book{
		tables:      map[incident.Category]map[incident.Level][]incident.Step{},
		supplements: map[incident.Category]map[incident.Level][]incident.Step{},
		firstAid:    map[incident.Category][]FirstAid{},
		kinds:       map[incident.Kind][]FirstAid{},
		conditions:  c.conditions,
	}
	for _, s := range src.Sheets {
		c.sheet = string(s.Category)
		if _, twice := b.firstAid[s.Category]; twice {
			c.fault("", fmt.Sprintf("the category %q has two sheets", s.Category), "keep one")
			continue
		}
		if !c.name("", "a category", string(s.Category), asStrings(incident.Categories)) {
			continue
		}
		b.tables[s.Category] = c.tables(s)
		b.supplements[s.Category] = c.supplements(s, b.tables[s.Category])
		b.firstAid[s.Category] = c.firstAid("first_aid", s.Section, s.FirstAid)
		b.handover = append(b.handover, c.handover(s)...)
	}
	for _, category := range incident.Categories {
		if _, ok := b.firstAid[category]; !ok {
			c.sheet = string(category)
			c.fault("", fmt.Sprintf("the category %q has no sheet", category), "add it")
		}
	}
	c.sheet = KindsSheet
	b.kinds = c.kinds(src)
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	b.Version = b.version()
	return b, nil
}

// check collects every problem of a source instead of stopping at the first.
type check struct {
	sheet      string
	problems   []Problem
	conditions map[string]*Condition
}

func (c *check) fault(path, what, remedy string) {
	c.problems = append(c.problems, Problem{Sheet: c.sheet, Path: path, What: what, Remedy: remedy})
}

// name checks a value against the names there are and reports whether it is one of them.
func (c *check) name(path, noun, value string, known []string) bool {
	what, remedy, ok := among(noun, value, known)
	if !ok {
		c.fault(path, what, remedy)
	}
	return ok
}

func (c *check) words(path string, w incident.Words) {
	if strings.TrimSpace(w.JA) == "" {
		c.fault(path+".ja", "the Japanese text is missing", "write it under ja")
	}
	if strings.TrimSpace(w.EN) == "" {
		c.fault(path+".en", "the English text is missing", "write it under en")
	}
}

func (c *check) tables(s Sheet) map[incident.Level][]incident.Step {
	tables := map[incident.Level][]incident.Step{}
	kinds := map[string]incident.StepKind{}
	for i, t := range s.Tables {
		path := fmt.Sprintf("tables[%d]", i)
		if len(t.Steps) == 0 {
			c.fault(path+".steps", "the table has no steps", "write at least one under steps")
		}
		steps := c.steps(path, s.Section, t.Steps, kinds)
		switch {
		case !c.level(path+".level", s.Category, t.Level):
		case tables[t.Level] != nil:
			c.fault(path+".level", fmt.Sprintf("level %d has two tables", t.Level), "keep one")
		default:
			tables[t.Level] = steps
		}
	}
	for _, l := range levels[s.Category] {
		if tables[l] == nil && !slices.ContainsFunc(s.Tables, func(t Table) bool { return t.Level == l }) {
			c.fault("tables", fmt.Sprintf("level %d has no table", l), "add a table with level: "+l.String())
		}
	}
	return tables
}

func (c *check) level(path string, category incident.Category, l incident.Level) bool {
	known := levels[category]
	if slices.Contains(known, l) {
		return true
	}
	var digits []string
	for _, k := range known {
		digits = append(digits, k.String())
	}
	remedy := "write one of " + strings.Join(digits, ", ")
	switch {
	case len(known) == 0:
		c.fault(path, "a virus has no table of its own, it follows the table of its effect", "change damage.yaml or leak.yaml instead")
	case l == incident.Unassessed:
		c.fault(path, "the level is missing", remedy)
	case category == incident.Leak && l.Confirmed():
		c.fault(path, "every leak is at least level 2", remedy)
	default:
		c.fault(path, fmt.Sprintf("%d is not a level", l), remedy)
	}
	return false
}

func (c *check) steps(path, section string, steps []incident.Step, kinds map[string]incident.StepKind) []incident.Step {
	checked := make([]incident.Step, 0, len(steps))
	seen := map[string]bool{}
	for i, s := range steps {
		at := fmt.Sprintf("%s.steps[%d]", path, i)
		if s.N != i+1 {
			c.fault(at+".n", fmt.Sprintf("step %d of the table has the number %d", i+1, s.N), fmt.Sprintf("write n: %d", i+1))
		}
		if seen[s.Key] {
			c.fault(at+".key", fmt.Sprintf("two steps of the table have the key %q", s.Key), "give each its own")
		}
		seen[s.Key] = true
		checked = append(checked, c.step(at, section, s, kinds))
	}
	return checked
}

// step checks one step. kinds remembers what a key stood for in the sheet so far: the same
// key is the same work at every level, and stays done when the level rises.
func (c *check) step(at, section string, s incident.Step, kinds map[string]incident.StepKind) incident.Step {
	if !isKey(s.Key) {
		c.fault(at+".key", fmt.Sprintf("the key %q does not name the work", s.Key), "use small letters, digits and _ and begin with a letter, such as restore_data")
	} else if before, ok := kinds[s.Key]; ok && before != s.Kind {
		c.fault(at+".kind", fmt.Sprintf("the key %q is of kind %q at another level", s.Key, before), "use the same kind, or another key for other work")
	} else {
		kinds[s.Key] = s.Kind
	}
	c.name(at+".role", "a role", string(s.Role), asStrings(actingRoles))
	c.name(at+".phase", "a phase of the work", string(s.Phase), asStrings(workPhases))
	c.name(at+".kind", "a kind of step", string(s.Kind), asStrings(incident.StepKinds))
	c.name(at+".required", "a requirement", string(s.Required), asStrings(requirements))
	c.when(at, s)
	c.words(at+".text", s.Text)
	if s.Section == "" {
		s.Section = section
	}
	if strings.TrimSpace(s.Section) == "" {
		c.fault(at+".section", "the section of the rules the step comes from is missing", "write section at the top of the file")
	}
	return s
}

func (c *check) when(at string, s incident.Step) {
	switch {
	case s.When == "" && s.Required == incident.If:
		c.fault(at+".when", "a step that is required if something holds needs its condition", "write it under when, or write required: always")
		return
	case s.When == "":
		return
	case s.Required == incident.Always:
		c.fault(at+".required", "a step that is always required cannot have a condition", "write required: if, or leave when out")
	}
	condition, fault := Compile(s.When)
	if fault != nil {
		c.problems = append(c.problems, Problem{
			Sheet: c.sheet, Path: at + ".when", Offset: fault.Offset, What: fault.What, Remedy: fault.Remedy,
		})
		return
	}
	c.conditions[s.When] = condition
}

func (c *check) supplements(s Sheet, tables map[incident.Level][]incident.Step) map[incident.Level][]incident.Step {
	all := map[incident.Level][]incident.Step{}
	for i, extra := range s.Supplements {
		at := fmt.Sprintf("supplements[%d]", i)
		if extra.Step.N != 0 {
			c.fault(at, "a supplement has no number", "leave n out")
		}
		step := c.step(at, s.Section, extra.Step, map[string]incident.StepKind{})
		if len(extra.Levels) == 0 {
			c.fault(at+".levels", "the levels of the supplement are missing", "list them, such as levels: [2, 3]")
		}
		for j, l := range extra.Levels {
			path := fmt.Sprintf("%s.levels[%d]", at, j)
			if !c.level(path, s.Category, l) {
				continue
			}
			if slices.ContainsFunc(slices.Concat(tables[l], all[l]), func(o incident.Step) bool { return o.Key == step.Key }) {
				c.fault(at+".key", fmt.Sprintf("level %d has another step with the key %q", l, step.Key), "give each its own")
				continue
			}
			all[l] = append(all[l], step)
		}
	}
	return all
}

func (c *check) firstAid(path, section string, aid []FirstAid) []FirstAid {
	if len(aid) == 0 {
		c.fault(path, "the first aid is missing", "write at least one line of what to do")
	}
	checked := make([]FirstAid, 0, len(aid))
	for i, a := range aid {
		c.words(fmt.Sprintf("%s[%d].text", path, i), a.Text)
		a.N, a.Section = i+1, section
		checked = append(checked, a)
	}
	if len(aid) > 0 && strings.TrimSpace(section) == "" {
		c.fault("section", "the section of the rules the first aid comes from is missing", "write section at the top of the file")
	}
	return checked
}

func (c *check) handover(s Sheet) []incident.Words {
	switch {
	case s.Category == incident.Virus && len(s.Handover) == 0:
		c.fault("handover", "the conditions for handing a virus over to the system administrator are missing", "list them under handover")
	case s.Category != incident.Virus && len(s.Handover) > 0:
		c.fault("handover", "only a virus has conditions for handing over", "move them to virus.yaml")
	}
	for i, w := range s.Handover {
		c.words(fmt.Sprintf("handover[%d]", i), w)
	}
	return s.Handover
}

func (c *check) kinds(src Source) map[incident.Kind][]FirstAid {
	all := map[incident.Kind][]FirstAid{}
	for i, k := range src.Kinds {
		at := fmt.Sprintf("kinds[%d]", i)
		if _, twice := all[k.Kind]; twice {
			c.fault(at+".kind", fmt.Sprintf("the kind %q is there twice", k.Kind), "keep one")
			continue
		}
		if c.name(at+".kind", "a kind of event", string(k.Kind), asStrings(incident.Kinds)) {
			all[k.Kind] = c.firstAid(at+".first_aid", src.KindsSection, k.FirstAid)
		}
	}
	for _, k := range incident.Kinds {
		if _, ok := all[k]; !ok {
			c.fault("kinds", fmt.Sprintf("the kind %q has no first aid", k), "add it under kinds")
		}
	}
	return all
}

var (
	// actingRoles may do a step: whoever reports, and everybody a contact list may name.
	actingRoles = append([]incident.Role{incident.Discoverer}, incident.Roles...)
	// workPhases are those in which there is something left to do.
	workPhases = slices.DeleteFunc(slices.Clone(incident.Phases), incident.Phase.Ended)

	requirements = []incident.Requirement{incident.Always, incident.If, incident.Optional}
)

func asStrings[T ~string](names []T) []string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = string(n)
	}
	return words
}

// isKey reports whether a key can stand in a database and in a URL as it is.
func isKey(key string) bool {
	for i, r := range key {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return key != ""
}
