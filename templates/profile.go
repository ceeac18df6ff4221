package templates

import (
	"embed"
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"

	"hikeshi/workflows/company"
	"hikeshi/workflows/fault"
)

//go:embed profile.yaml
var profileFiles embed.FS

const profileFile = "profile.yaml"

// The shape of profile.yaml.
type profileSheet struct {
	Name            string          `yaml:"name"`
	NameEN          string          `yaml:"name_en"`
	Address         string          `yaml:"address"`
	CorporateNumber string          `yaml:"corporate_number"`
	Industry        string          `yaml:"industry"`
	Departments     []string        `yaml:"departments"`
	Flags           map[string]bool `yaml:"flags"`
}

// LoadProfile reads the company's profile.yaml. Without one in the overlay it is the sample
// company's in practice, and nobody's live: a made-up address must not get into a real
// report. The error is Faults.
func LoadProfile(overlay fs.FS, practice bool) (company.Profile, error) {
	p, faults := loadProfile(overlay, practice)
	if err := faults.asError(); err != nil {
		return company.Profile{}, err
	}
	return p, nil
}

func loadProfile(overlay fs.FS, practice bool) (company.Profile, Faults) {
	sample := overlay == nil
	if overlay != nil {
		_, err := fs.Stat(overlay, profileFile)
		sample = errors.Is(err, fs.ErrNotExist)
	}
	if sample && !practice {
		return company.Profile{}, nil
	}
	text, wrong := readFile(overlay, profileFiles, profileFile)
	if wrong != nil {
		return company.Profile{}, Faults{*wrong}
	}
	var sheet profileSheet
	file, wrong := parseYAML(profileFile, text, &sheet, keysOf(reflect.TypeFor[profileSheet]()))
	if wrong != nil {
		return company.Profile{}, Faults{*wrong}
	}
	p := company.Profile{
		Name: strings.TrimSpace(sheet.Name), NameEN: strings.TrimSpace(sheet.NameEN), Address: strings.TrimSpace(sheet.Address),
		CorporateNumber: company.Number(sheet.CorporateNumber), Industry: strings.TrimSpace(sheet.Industry), Flags: map[company.Flag]bool{}, Sample: sample,
	}
	for _, d := range sheet.Departments {
		p.Departments = append(p.Departments, strings.TrimSpace(d))
	}
	var faults Faults
	var known []string
	for _, f := range company.Flags {
		known = append(known, string(f))
	}
	for _, name := range slices.Sorted(maps.Keys(sheet.Flags)) {
		if slices.Contains(known, name) {
			p.Flags[company.Flag(name)] = sheet.Flags[name]
			continue
		}
		what, remedy := fault.Say("overlay.name_unknown", "value", name).With("noun", "noun.flag"), meantOr(name, known, "mend.one_of")
		line, column := file.keyAt("flags", name)
		faults = append(faults, Fault{File: profileFile, Line: line, Column: column, What: what, Remedy: remedy})
	}
	for _, problem := range p.Check() {
		faults = append(faults, file.problem(problem))
	}
	return p, faults
}
