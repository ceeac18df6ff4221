package procedure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/fault"
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
			c.fault("", fault.Say("overlay.category_twice", "value", string(s.Category)), fault.Say("mend.keep_one"))
			continue
		}
		if !c.name("", "noun.category", string(s.Category), asStrings(incident.Categories)) {
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
			c.fault("", fault.Say("overlay.category_missing", "value", string(category)), fault.Say("mend.add_it"))
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

func (c *check) fault(path string, what, remedy fault.Saying) {
	c.problems = append(c.problems, Problem{c.sheet, fault.Problem{Path: path, What: what, Remedy: remedy}})
}

// name checks a value against the names there are and reports whether it is one of them.
func (c *check) name(path, noun, value string, known []string) bool {
	what, remedy, ok := fault.Among(noun, value, known)
	if !ok {
		c.fault(path, what, remedy)
	}
	return ok
}

func (c *check) words(path string, w incident.Words) {
	if strings.TrimSpace(w.JA) == "" {
		c.fault(path+".ja", fault.Say("overlay.ja_missing"), fault.Say("mend.under_ja"))
	}
	if strings.TrimSpace(w.EN) == "" {
		c.fault(path+".en", fault.Say("overlay.en_missing"), fault.Say("mend.under_en"))
	}
}

func (c *check) tables(s Sheet) map[incident.Level][]incident.Step {
	tables := map[incident.Level][]incident.Step{}
	kinds := map[string]incident.StepKind{}
	for i, t := range s.Tables {
		path := fmt.Sprintf("tables[%d]", i)
		if len(t.Steps) == 0 {
			c.fault(path+".steps", fault.Say("overlay.table_empty"), fault.Say("mend.one_step"))
		}
		steps := c.steps(path, s.Section, t.Steps, kinds)
		switch {
		case !c.level(path+".level", s.Category, t.Level):
		case tables[t.Level] != nil:
			c.fault(path+".level", fault.Say("overlay.level_twice", "level", t.Level.String()), fault.Say("mend.keep_one"))
		default:
			tables[t.Level] = steps
		}
	}
	for _, l := range levels[s.Category] {
		if tables[l] == nil && !slices.ContainsFunc(s.Tables, func(t Table) bool { return t.Level == l }) {
			c.fault("tables", fault.Say("overlay.level_no_table", "level", l.String()), fault.Say("mend.add_table", "level", l.String()))
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
	remedy := fault.Say("mend.one_of", "known", strings.Join(digits, ", "))
	switch {
	case len(known) == 0:
		c.fault(path, fault.Say("overlay.virus_table"), fault.Say("mend.effect_files"))
	case l == incident.Unassessed:
		c.fault(path, fault.Say("overlay.level_missing"), remedy)
	case category == incident.Leak && l.Confirmed():
		c.fault(path, fault.Say("overlay.leak_level"), remedy)
	default:
		c.fault(path, fault.Say("overlay.not_level", "value", strconv.Itoa(int(l))), remedy)
	}
	return false
}

func (c *check) steps(path, section string, steps []incident.Step, kinds map[string]incident.StepKind) []incident.Step {
	checked := make([]incident.Step, 0, len(steps))
	seen := map[string]bool{}
	for i, s := range steps {
		at := fmt.Sprintf("%s.steps[%d]", path, i)
		if s.N != i+1 {
			c.fault(at+".n", fault.Say("overlay.step_number", "n", strconv.Itoa(i+1), "value", strconv.Itoa(s.N)), fault.Say("mend.step_number", "n", strconv.Itoa(i+1)))
		}
		if seen[s.Key] {
			c.fault(at+".key", fault.Say("overlay.step_key_twice", "value", s.Key), fault.Say("mend.own_key"))
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
		c.fault(at+".key", fault.Say("overlay.step_key_shape", "value", s.Key), fault.Say("mend.step_key_shape"))
	} else if before, ok := kinds[s.Key]; ok && before != s.Kind {
		c.fault(at+".kind", fault.Say("overlay.step_key_kind", "value", s.Key, "kind", string(before)), fault.Say("mend.same_kind"))
	} else {
		kinds[s.Key] = s.Kind
	}
	c.name(at+".role", "noun.role", string(s.Role), asStrings(actingRoles))
	c.name(at+".phase", "noun.phase", string(s.Phase), asStrings(workPhases))
	c.name(at+".kind", "noun.step_kind", string(s.Kind), asStrings(incident.StepKinds))
	c.name(at+".required", "noun.requirement", string(s.Required), asStrings(requirements))
	c.when(at, s)
	c.words(at+".text", s.Text)
	if s.Section == "" {
		s.Section = section
	}
	if strings.TrimSpace(s.Section) == "" {
		c.fault(at+".section", fault.Say("overlay.step_section"), fault.Say("mend.section"))
	}
	return s
}

func (c *check) when(at string, s incident.Step) {
	switch {
	case s.When == "" && s.Required == incident.If:
		c.fault(at+".when", fault.Say("overlay.when_missing"), fault.Say("mend.when"))
		return
	case s.When == "":
		return
	case s.Required == incident.Always:
		c.fault(at+".required", fault.Say("overlay.when_always"), fault.Say("mend.when_always"))
	}
	condition, wrong := Compile(s.When)
	if wrong != nil {
		c.problems = append(c.problems, Problem{c.sheet, fault.Problem{
			Path: at + ".when", Offset: wrong.Offset, What: wrong.What, Remedy: wrong.Remedy,
		}})
		return
	}
	c.conditions[s.When] = condition
}

func (c *check) supplements(s Sheet, tables map[incident.Level][]incident.Step) map[incident.Level][]incident.Step {
	all := map[incident.Level][]incident.Step{}
	for i, extra := range s.Supplements {
		at := fmt.Sprintf("supplements[%d]", i)
		if extra.Step.N != 0 {
			c.fault(at, fault.Say("overlay.supplement_number"), fault.Say("mend.supplement_number"))
		}
		step := c.step(at, s.Section, extra.Step, map[string]incident.StepKind{})
		if len(extra.Levels) == 0 {
			c.fault(at+".levels", fault.Say("overlay.supplement_levels"), fault.Say("mend.supplement_levels"))
		}
		for j, l := range extra.Levels {
			path := fmt.Sprintf("%s.levels[%d]", at, j)
			if !c.level(path, s.Category, l) {
				continue
			}
			if slices.ContainsFunc(slices.Concat(tables[l], all[l]), func(o incident.Step) bool { return o.Key == step.Key }) {
				c.fault(at+".key", fault.Say("overlay.supplement_key", "level", l.String(), "value", step.Key), fault.Say("mend.own_key"))
				continue
			}
			all[l] = append(all[l], step)
		}
	}
	return all
}

func (c *check) firstAid(path, section string, aid []FirstAid) []FirstAid {
	if len(aid) == 0 {
		c.fault(path, fault.Say("overlay.aid_missing"), fault.Say("mend.aid"))
	}
	checked := make([]FirstAid, 0, len(aid))
	for i, a := range aid {
		c.words(fmt.Sprintf("%s[%d].text", path, i), a.Text)
		a.N, a.Section = i+1, section
		checked = append(checked, a)
	}
	if len(aid) > 0 && strings.TrimSpace(section) == "" {
		c.fault("section", fault.Say("overlay.aid_section"), fault.Say("mend.section"))
	}
	return checked
}

func (c *check) handover(s Sheet) []incident.Words {
	switch {
	case s.Category == incident.Virus && len(s.Handover) == 0:
		c.fault("handover", fault.Say("overlay.handover_missing"), fault.Say("mend.handover"))
	case s.Category != incident.Virus && len(s.Handover) > 0:
		c.fault("handover", fault.Say("overlay.handover_elsewhere"), fault.Say("mend.handover_move"))
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
			c.fault(at+".kind", fault.Say("overlay.kind_twice", "value", string(k.Kind)), fault.Say("mend.keep_one"))
			continue
		}
		if c.name(at+".kind", "noun.event_kind", string(k.Kind), asStrings(incident.Kinds)) {
			all[k.Kind] = c.firstAid(at+".first_aid", src.KindsSection, k.FirstAid)
		}
	}
	for _, k := range incident.Kinds {
		if _, ok := all[k]; !ok {
			c.fault("kinds", fault.Say("overlay.kind_missing", "value", string(k)), fault.Say("mend.kinds"))
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
