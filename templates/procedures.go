package templates

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

//go:embed procedures/*.yaml
var procedureFiles embed.FS

const procedureFolder = "procedures"

// procedureSheets lists the files by what they hold: a category each, and the first aid by kind.
var procedureSheets = func() []string {
	var sheets []string
	for _, c := range incident.Categories {
		sheets = append(sheets, string(c))
	}
	return append(sheets, procedure.KindsSheet)
}()

// The shape of procedures/<category>.yaml.
type sheetFile struct {
	Section     string           `yaml:"section"`
	Tables      []tableFile      `yaml:"tables"`
	Supplements []supplementFile `yaml:"supplements"`
	FirstAid    []firstAidFile   `yaml:"first_aid"`
	Handover    []incident.Words `yaml:"handover"`
}

type tableFile struct {
	Level *int       `yaml:"level"`
	Steps []stepFile `yaml:"steps"`
}

type stepFile struct {
	N        int            `yaml:"n"`
	Key      string         `yaml:"key"`
	Role     string         `yaml:"role"`
	Phase    string         `yaml:"phase"`
	Kind     string         `yaml:"kind"`
	Required string         `yaml:"required"`
	When     string         `yaml:"when"`
	Section  string         `yaml:"section"`
	Text     incident.Words `yaml:"text"`
}

type supplementFile struct {
	Levels []int    `yaml:"levels"`
	Step   stepFile `yaml:",inline"`
}

type firstAidFile struct {
	Avoid bool           `yaml:"avoid"`
	Text  incident.Words `yaml:"text"`
}

// The shape of procedures/first_aid.yaml.
type kindsFile struct {
	Section string        `yaml:"section"`
	Kinds   []kindAidFile `yaml:"kinds"`
}

type kindAidFile struct {
	Kind     string         `yaml:"kind"`
	FirstAid []firstAidFile `yaml:"first_aid"`
}

// LoadProcedures reads the procedures: the embedded ones, and for every file that the overlay
// has under "procedures/" that one instead. overlay may be nil. The error joins a Fault for
// each mistake; with any, there is no book.
func LoadProcedures(overlay fs.FS) (*procedure.Book, error) {
	faults := strayFiles(overlay)
	var src procedure.Source
	read := map[string]*yamlFile{}
	for _, sheet := range procedureSheets {
		file, fault := readSheet(overlay, sheet, &src)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		read[sheet] = file
	}
	book, problems := procedure.Build(src)
	for _, p := range problems {
		file, ok := read[p.Sheet]
		if !ok {
			continue // its own fault is already told; that it is missing only follows from it
		}
		line, column := file.at(p.Path, p.Offset)
		faults = append(faults, Fault{File: file.name, Line: line, Column: column, Problem: p.What, Remedy: p.Remedy})
	}
	if len(faults) == 0 {
		return book, nil
	}
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	all := make([]error, len(faults))
	for i, f := range faults {
		all[i] = f
	}
	return nil, errors.Join(all...)
}

// strayFiles finds YAML files in the overlay that would never be read: a company whose own
// procedure is silently ignored would learn it in the night it needs it.
func strayFiles(overlay fs.FS) []Fault {
	if overlay == nil {
		return nil
	}
	entries, err := fs.ReadDir(overlay, procedureFolder)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return []Fault{{File: procedureFolder, Problem: "the folder cannot be read", Remedy: "check that it is a folder and its permissions"}}
	}
	var known []string
	for _, sheet := range procedureSheets {
		known = append(known, sheet+".yaml")
	}
	var faults []Fault
	for _, e := range entries {
		ext := path.Ext(e.Name())
		if strings.HasPrefix(e.Name(), ".") || ext != ".yaml" && ext != ".yml" || slices.Contains(known, e.Name()) {
			continue
		}
		remedy := "name it one of " + strings.Join(known, ", ")
		if meant := procedure.Nearest(e.Name(), known); meant != "" {
			remedy = "did you mean " + meant + "?"
		}
		faults = append(faults, Fault{File: path.Join(procedureFolder, e.Name()), Problem: "no procedure is read from a file of this name", Remedy: remedy})
	}
	return faults
}

// readSheet reads one file, the overlay's if it has it, and adds it to the source.
func readSheet(overlay fs.FS, sheet string, src *procedure.Source) (*yamlFile, *Fault) {
	name := path.Join(procedureFolder, sheet+".yaml")
	text, err := []byte(nil), fs.ErrNotExist
	if overlay != nil {
		text, err = fs.ReadFile(overlay, name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		text, err = procedureFiles.ReadFile(name)
	}
	if err != nil {
		return nil, &Fault{File: name, Problem: "the file cannot be opened", Remedy: "check that it is a file and its permissions"}
	}
	if sheet == procedure.KindsSheet {
		var kinds kindsFile
		file, fault := parseYAML(name, text, &kinds, keysOf(reflect.TypeFor[kindsFile]()))
		if fault != nil {
			return nil, fault
		}
		src.KindsSection, src.Kinds = strings.TrimSpace(kinds.Section), kinds.aid()
		return file, nil
	}
	var s sheetFile
	file, fault := parseYAML(name, text, &s, keysOf(reflect.TypeFor[sheetFile]()))
	if fault != nil {
		return nil, fault
	}
	src.Sheets = append(src.Sheets, s.sheet(incident.Category(sheet)))
	return file, nil
}

func (s sheetFile) sheet(c incident.Category) procedure.Sheet {
	out := procedure.Sheet{Category: c, Section: strings.TrimSpace(s.Section), FirstAid: firstAid(s.FirstAid)}
	for _, t := range s.Tables {
		table := procedure.Table{Category: c, Level: incident.Unassessed}
		if t.Level != nil {
			table.Level = incident.Level(*t.Level)
		}
		for _, st := range t.Steps {
			table.Steps = append(table.Steps, st.step())
		}
		out.Tables = append(out.Tables, table)
	}
	for _, e := range s.Supplements {
		extra := procedure.Supplement{Step: e.Step.step()}
		for _, l := range e.Levels {
			extra.Levels = append(extra.Levels, incident.Level(l))
		}
		out.Supplements = append(out.Supplements, extra)
	}
	for _, w := range s.Handover {
		out.Handover = append(out.Handover, trimmed(w))
	}
	return out
}

func (s stepFile) step() incident.Step {
	return incident.Step{
		Key: s.Key, N: s.N, Role: incident.Role(s.Role), Phase: incident.Phase(s.Phase), Kind: incident.StepKind(s.Kind),
		Required: incident.Requirement(s.Required), When: strings.TrimSpace(s.When),
		Text: trimmed(s.Text), Section: strings.TrimSpace(s.Section),
	}
}

func (k kindsFile) aid() []procedure.KindAid {
	var all []procedure.KindAid
	for _, a := range k.Kinds {
		all = append(all, procedure.KindAid{Kind: incident.Kind(a.Kind), FirstAid: firstAid(a.FirstAid)})
	}
	return all
}

func firstAid(lines []firstAidFile) []procedure.FirstAid {
	var all []procedure.FirstAid
	for _, l := range lines {
		all = append(all, procedure.FirstAid{Avoid: l.Avoid, Text: trimmed(l.Text)})
	}
	return all
}

// trimmed drops the line break a YAML block leaves at the end of a text.
func trimmed(w incident.Words) incident.Words {
	return incident.Words{JA: strings.TrimSpace(w.JA), EN: strings.TrimSpace(w.EN)}
}

// keysOf lists every key a file of this shape may have, to name the one that was meant.
func keysOf(t reflect.Type) []string {
	var keys []string
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return keysOf(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if tag := field.Tag.Get("yaml"); !strings.HasPrefix(tag, ",") {
				keys = append(keys, tag)
			}
			keys = append(keys, keysOf(field.Type)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
