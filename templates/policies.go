package templates

import (
	"embed"
	"io/fs"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

//go:embed policies/*.yaml
var policyFiles embed.FS

const (
	policyFolder = "policies"
	pagingFile   = policyFolder + "/paging.yaml"
)

// The shape of policies/paging.yaml. What is a pointer or a list tells what is not written from
// what is empty.
type pagingSheet struct {
	Hours       []hoursSheet `yaml:"hours"`
	Unconfirmed *planSheet   `yaml:"unconfirmed"`
	Level3      *planSheet   `yaml:"level_3"`
	Level2      *planSheet   `yaml:"level_2"`
	Level1      *planSheet   `yaml:"level_1"`
	Level0      *planSheet   `yaml:"level_0"`
}

type planSheet struct {
	Call     []string     `yaml:"call"`
	Personal []string     `yaml:"personal"`
	Everyone []string     `yaml:"everyone"`
	Later    []laterSheet `yaml:"later"`
	Means    [][]string   `yaml:"means"`
	Wait     *string      `yaml:"wait"`
	Silence  *string      `yaml:"silence"`
	Again    *string      `yaml:"again"`
	AgainLed *string      `yaml:"again_led"`
	At       []shiftSheet `yaml:"at"`
}

type laterSheet struct {
	Role   string `yaml:"role"`
	Rounds int    `yaml:"rounds"`
}

type shiftSheet struct {
	Hours string `yaml:"hours"`
	// At is refused: hours within hours would be more than anybody keeps in his head.
	At any `yaml:"at"`
	// The rest is as in planSheet.
	Call     []string     `yaml:"call"`
	Personal []string     `yaml:"personal"`
	Everyone []string     `yaml:"everyone"`
	Later    []laterSheet `yaml:"later"`
	Means    [][]string   `yaml:"means"`
	Wait     *string      `yaml:"wait"`
	Silence  *string      `yaml:"silence"`
	Again    *string      `yaml:"again"`
	AgainLed *string      `yaml:"again_led"`
}

type hoursSheet struct {
	Name string   `yaml:"name"`
	Days []string `yaml:"days"`
	From *string  `yaml:"from"`
	To   *string  `yaml:"to"`
}

func (s shiftSheet) plan() planSheet {
	return planSheet{
		Call: s.Call, Personal: s.Personal, Everyone: s.Everyone, Later: s.Later, Means: s.Means,
		Wait: s.Wait, Silence: s.Silence, Again: s.Again, AgainLed: s.AgainLed,
	}
}

// LoadPaging reads the policy of calls: the embedded one, or the overlay's policies/paging.yaml
// in its place. The error is Faults.
func LoadPaging(overlay fs.FS) (*paging.Policy, error) {
	p, faults := loadPaging(overlay)
	if err := append(faults, straysIn(overlay, policyFolder)...).asError(); err != nil {
		return nil, err
	}
	return p, nil
}

func loadPaging(overlay fs.FS) (*paging.Policy, Faults) {
	text, wrong := readFile(overlay, policyFiles, pagingFile)
	if wrong != nil {
		return nil, Faults{*wrong}
	}
	if onlyWaits(text) {
		return loadWaits(text)
	}
	var sheet pagingSheet
	file, wrong := parseYAML(pagingFile, text, &sheet, keysOf(reflect.TypeFor[pagingSheet]()))
	if wrong != nil {
		return nil, Faults{*wrong}
	}
	r := &pagingReading{file: file}
	p := &paging.Policy{Hours: r.hours(sheet.Hours)}
	for _, l := range []struct {
		key   string
		sheet *planSheet
		plan  *paging.Plan
		needs bounds
	}{
		{"unconfirmed", sheet.Unconfirmed, &p.Unconfirmed, bounds{wait: true, chased: true}},
		{"level_3", sheet.Level3, &p.Level3, bounds{people: true, wait: true, again: true, chased: true}},
		{"level_2", sheet.Level2, &p.Level2, bounds{people: true, wait: true, again: true, chased: true}},
		{"level_1", sheet.Level1, &p.Level1, bounds{people: true, wait: true, again: true, chased: true}},
		{"level_0", sheet.Level0, &p.Level0, bounds{people: true}},
	} {
		if l.sheet == nil {
			r.missing("", l.key)
			continue
		}
		*l.plan = r.plan(l.key, *l.sheet, l.needs)
		for i, s := range l.sheet.At {
			l.plan.At = append(l.plan.At, r.shift(index(l.key+".at", i), s, l.needs))
		}
	}
	if len(r.faults) == 0 {
		r.together(p)
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return p, nil
}

// onlyWaits reports whether a file is as they were before policies said whom to call and by
// what.
func onlyWaits(text []byte) bool {
	file, wrong := readYAML(pagingFile, text)
	if wrong != nil {
		return false
	}
	m, ok := file.root.(*ast.MappingNode)
	return ok && slices.ContainsFunc(m.Values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == "waits" })
}

// callable are the roles that a policy may call: people of the company.
func callable() []string {
	var names []string
	for _, r := range incident.Roles {
		if r != incident.OutsideContact {
			names = append(names, string(r))
		}
	}
	return names
}

func (r *pagingReading) tell(path string, what, remedy fault.Saying) {
	r.faults = append(r.faults, r.file.problem(fault.Problem{Path: path, What: what, Remedy: remedy}))
}

// missing tells that a key is not written below path.
func (r *pagingReading) missing(path, key string) {
	line, column := r.file.at(path, 0)
	r.faults = append(r.faults, Fault{
		File: pagingFile, Line: line, Column: column,
		What: fault.Say("overlay.key_missing", "value", key), Remedy: fault.Say("mend.add_key", "value", key),
	})
}
