package templates

import (
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/company"
	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

// Difference is one thing that the company has otherwise than the default.
type Difference struct {
	File string // where it is written
	What fault.Saying
}

// Differences tells what differs from the default, file by file. It names keys, fields and
// times; what somebody wrote stands in the file.
func (s *Set) Differences(from *Set) []Difference {
	var out []Difference
	tell := func(file string, what fault.Saying) { out = append(out, Difference{file, what}) }
	if was, is := from.Book, s.Book; was.Version != is.Version {
		for _, c := range incident.Categories {
			file := procedureFolder + "/" + string(c) + ".yaml"
			for _, l := range incident.Levels {
				old, _ := was.Lookup(c, "", l)
				now, _ := is.Lookup(c, "", l)
				if c != incident.Virus { // which has no tables of its own
					for _, what := range stepDifferences(l, old.All(), now.All()) {
						tell(file, what)
					}
				}
			}
			if !slices.Equal(was.CategoryFirstAid(c), is.CategoryFirstAid(c)) {
				tell(file, fault.Say("differs.first_aid"))
			}
			if c == incident.Virus && !slices.Equal(was.Handover(), is.Handover()) {
				tell(file, fault.Say("differs.handover"))
			}
		}
		var kinds []string
		for _, k := range incident.Kinds {
			if !slices.Equal(was.FirstAid(k), is.FirstAid(k)) {
				kinds = append(kinds, string(k))
			}
		}
		if kinds != nil {
			tell(procedureFolder+"/"+procedure.KindsSheet+".yaml", counted("differs.kinds", kinds))
		}
	}
	for _, lang := range Languages {
		var keys []string
		for _, key := range s.Texts.Keys() {
			if s.Texts.by[lang][key] != from.Texts.by[lang][key] {
				keys = append(keys, key)
			}
		}
		if keys != nil {
			tell(messageFolder+"/*."+lang+".yaml", counted("differs.messages", keys))
		}
	}
	for _, w := range pagingDifferences(from.Paging, s.Paging) {
		tell(pagingFile, w)
	}
	if fields := profileFields(from.Company, s.Company); fields != nil {
		tell(profileFile, fault.Say("differs.profile", "count", strconv.Itoa(len(fields)), "known", strings.Join(fields, ", ")))
	}
	return out
}

// mostNamed bounds a list of names in one line.
const mostNamed = 8

func counted(key string, names []string) fault.Saying {
	list := names
	if len(list) > mostNamed {
		list = append(slices.Clone(list[:mostNamed]), "…")
	}
	return fault.Say(key, "count", strconv.Itoa(len(names)), "known", strings.Join(list, ", "))
}

// stepDifferences compares two tables by the keys of their steps. That the numbers after an
// added step moved on is no difference of its own.
func stepDifferences(l incident.Level, was, is []incident.Step) (out []fault.Saying) {
	find := func(in []incident.Step, key string) int {
		return slices.IndexFunc(in, func(s incident.Step) bool { return s.Key == key })
	}
	say := func(key, step string, args ...string) {
		out = append(out, fault.Say(key, append([]string{"level", l.String(), "step", step}, args...)...))
	}
	var kept []int // where the old table has what both have, in the new order
	for _, s := range is {
		at := find(was, s.Key)
		if at < 0 {
			say("differs.step_added", s.Key)
			continue
		}
		kept = append(kept, at)
		if fields := stepFields(was[at], s); fields != nil {
			say("differs.step_changed", s.Key, "known", strings.Join(fields, ", "))
		}
	}
	for _, s := range was {
		if find(is, s.Key) < 0 {
			say("differs.step_removed", s.Key)
		}
	}
	if !slices.IsSorted(kept) {
		out = append(out, fault.Say("differs.step_order", "level", l.String()))
	}
	return out
}

func stepFields(was, is incident.Step) (fields []string) {
	for _, f := range []struct{ name, was, is string }{
		{"role", string(was.Role), string(is.Role)}, {"phase", string(was.Phase), string(is.Phase)}, {"kind", string(was.Kind), string(is.Kind)},
		{"required", string(was.Required), string(is.Required)}, {"when", was.When, is.When}, {"section", was.Section, is.Section},
		{"text.ja", was.Text.JA, is.Text.JA}, {"text.en", was.Text.EN, is.Text.EN},
	} {
		if f.was != f.is {
			fields = append(fields, f.name)
		}
	}
	if (was.N == 0) != (is.N == 0) {
		fields = append(fields, "n")
	}
	return fields
}

func profileFields(was, is company.Profile) (fields []string) {
	for _, f := range []struct{ name, was, is string }{
		{"name", was.Name, is.Name}, {"name_en", was.NameEN, is.NameEN}, {"address", was.Address, is.Address},
		{"corporate_number", was.CorporateNumber, is.CorporateNumber}, {"industry", was.Industry, is.Industry},
	} {
		if f.was != f.is {
			fields = append(fields, f.name)
		}
	}
	if !slices.Equal(was.Departments, is.Departments) {
		fields = append(fields, "departments")
	}
	for _, f := range company.Flags {
		if was.Is(f) != is.Is(f) {
			fields = append(fields, "flags."+string(f))
		}
	}
	return fields
}
