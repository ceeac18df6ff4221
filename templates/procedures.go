package templates

import (
	"embed"
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
// has under "procedures/" that one instead. overlay may be nil. The error is Faults: one for
// each mistake; with any, there is no book.
func LoadProcedures(overlay fs.FS) (*procedure.Book, error) {
	book, faults := loadProcedures(overlay)
	if err := append(faults, straysIn(overlay, procedureFolder)...).asError(); err != nil {
		return nil, err
	}
	return book, nil
}

func loadProcedures(overlay fs.FS) (*procedure.Book, Faults) {
	var (
		faults Faults
		src    procedure.Source
	)
	read := map[string]*yamlFile{}
	for _, sheet := range procedureSheets {
		file, wrong := readSheet(overlay, sheet, &src)
		if wrong != nil {
			faults = append(faults, *wrong)
			continue
		}
		read[sheet] = file
	}
	book, problems := procedure.Build(src)
	for _, p := range problems {
		if file, ok := read[p.Sheet]; ok { // otherwise it only follows from the file's own fault
			faults = append(faults, file.problem(p.Problem))
		}
	}
	return book, faults
}

// readSheet reads one file, the overlay's if it has it, and adds it to the source.
func readSheet(overlay fs.FS, sheet string, src *procedure.Source) (*yamlFile, *Fault) {
	name := path.Join(procedureFolder, sheet+".yaml")
	text, wrong := readFile(overlay, procedureFiles, name)
	if wrong != nil {
		return nil, wrong
	}
	if sheet == procedure.KindsSheet {
		var kinds kindsFile
		file, wrong := parseYAML(name, text, &kinds, keysOf(reflect.TypeFor[kindsFile]()))
		if wrong != nil {
			return nil, wrong
		}
		src.KindsSection, src.Kinds = strings.TrimSpace(kinds.Section), kinds.aid()
		return file, nil
	}
	var s sheetFile
	file, wrong := parseYAML(name, text, &s, keysOf(reflect.TypeFor[sheetFile]()))
	if wrong != nil {
		return nil, wrong
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
