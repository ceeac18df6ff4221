package templates

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

//go:embed rules/*.yaml
var ruleFiles embed.FS

const (
	// rulesFolder holds the rules of notification, one a file. The overlay may replace each,
	// and add others under names of its own.
	rulesFolder   = "rules"
	contractsFile = rulesFolder + "/contracts.yaml"
	systemsFile   = rulesFolder + "/systems.yaml"
	// HolidaysFile is the official list of public holidays, where the company has put a newer
	// one than the program computes.
	HolidaysFile = rulesFolder + "/syukujitsu.csv"
)

// The shape of rules/<rule>.yaml.
type ruleFile struct {
	ID          string            `yaml:"id"`
	Title       incident.Words    `yaml:"title"`
	Whom        incident.Words    `yaml:"whom"`
	Basis       incident.Words    `yaml:"basis"`
	Source      string            `yaml:"source"`
	Checked     string            `yaml:"checked"`
	Mark        string            `yaml:"mark"`
	From        string            `yaml:"from"`
	To          string            `yaml:"to"`
	Applies     string            `yaml:"applies"`
	Start       string            `yaml:"start"`
	Count       string            `yaml:"count"`
	Days        int               `yaml:"days"`
	WorkingDays int               `yaml:"working_days"`
	Hours       int               `yaml:"hours"`
	Longer      longerFile        `yaml:"longer"`
	Target      int               `yaml:"target"`
	Limit       int               `yaml:"limit"`
	Remind      remindFile        `yaml:"remind"`
	Owner       string            `yaml:"owner"`
	Draft       string            `yaml:"draft"`
	Law         bool              `yaml:"law"`
	Passes      bool              `yaml:"passes"`
	Voluntary   bool              `yaml:"voluntary"`
	Each        string            `yaml:"each"`
	Why         incident.Words    `yaml:"why"`
	Because     []becauseFactFile `yaml:"because"`
}

type longerFile struct {
	Days int    `yaml:"days"`
	When string `yaml:"when"`
}

type remindFile struct {
	Mornings    int      `yaml:"mornings"`
	Morning     string   `yaml:"morning"`
	LastDay     []string `yaml:"last_day"`
	HoursBefore []int    `yaml:"hours_before"`
}

type becauseFactFile struct {
	Fact string `yaml:"fact"`
	JA   string `yaml:"ja"`
	EN   string `yaml:"en"`
}

// The shape of rules/contracts.yaml and rules/systems.yaml.
type contractsSheet struct {
	Contracts []ownFile `yaml:"contracts"`
}

type systemsSheet struct {
	Systems []ownFile `yaml:"systems"`
}

type ownFile struct {
	Name    string `yaml:"name"`
	Hours   int    `yaml:"hours"`
	Applies string `yaml:"applies"`
	Source  string `yaml:"source"`
	Checked string `yaml:"checked"`
}

// LoadRules reads the rules of notification: the embedded ones, each replaced by the overlay's
// file of the same name, and whatever else the overlay has under "rules/". The error is Faults.
func LoadRules(overlay fs.FS) (clock.Source, error) {
	src, faults := loadRules(overlay)
	if err := append(faults, straysIn(overlay, rulesFolder)...).asError(); err != nil {
		return clock.Source{}, err
	}
	return src, nil
}

var ownRule = regexp.MustCompile(`^rules/[^/.~][^/]*\.yaml$`)

// isRule tells a file that is read as a rule, or as the list of contracts or systems.
func isRule(name string) bool { return ownRule.MatchString(name) && !passedOver(path.Base(name)) }

// ruleNames lists the files of rules, of ours and of the overlay, sorted.
func ruleNames(overlay fs.FS) []string {
	var names []string
	for _, from := range []fs.FS{ruleFiles, overlay} {
		if from == nil {
			continue
		}
		found, err := fs.Glob(from, rulesFolder+"/*.yaml")
		if err != nil {
			panic(err) // the pattern above is wrong
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !isRule(name) })
}

func loadRules(overlay fs.FS) (clock.Source, Faults) {
	var (
		src    clock.Source
		faults Faults
		files  []*yamlFile
	)
	for _, name := range ruleNames(overlay) {
		if name == contractsFile || name == systemsFile {
			continue
		}
		rule, file, wrong := readRule(overlay, name)
		faults = append(faults, wrong...)
		if file == nil {
			continue
		}
		for i, other := range src.Rules {
			if other.ID == rule.ID && rule.ID != "" && other.Overlaps(&rule) {
				faults = append(faults, file.problem(fault.Problem{
					Path: "id", What: fault.Say("overlay.rule_twice", "value", string(rule.ID), "file", files[i].name), Remedy: fault.Say("mend.rule_twice"),
				}))
			}
		}
		src.Rules, files = append(src.Rules, rule), append(files, file)
	}
	var contracts contractsSheet
	src.Contracts, faults = loadOwn(overlay, contractsFile, "contracts", &contracts, func() []ownFile { return contracts.Contracts }, faults)
	var systems systemsSheet
	src.Systems, faults = loadOwn(overlay, systemsFile, "systems", &systems, func() []ownFile { return systems.Systems }, faults)
	var wrong *Fault
	if src.Holidays, wrong = loadHolidays(overlay); wrong != nil {
		faults = append(faults, *wrong)
	}
	return src, faults
}

func readRule(overlay fs.FS, name string) (clock.Rule, *yamlFile, Faults) {
	text, wrong := readFile(overlay, ruleFiles, name)
	if wrong != nil {
		return clock.Rule{}, nil, Faults{*wrong}
	}
	var sheet ruleFile
	file, wrong := parseYAML(name, text, &sheet, keysOf(reflect.TypeFor[ruleFile]()))
	if wrong != nil {
		return clock.Rule{}, nil, Faults{*wrong}
	}
	var faults Faults
	tell := func(p fault.Problem) { faults = append(faults, file.problem(p)) }
	rule := sheet.rule(tell)
	for _, p := range rule.Check() {
		tell(p)
	}
	return rule, file, faults
}

func (r ruleFile) rule(tell func(fault.Problem)) clock.Rule {
	if what, remedy, ok := fault.Among("noun.start", r.Start, []string{"aware"}); !ok {
		tell(fault.Problem{Path: "start", What: what, Remedy: remedy})
	}
	clockTime := func(path, text string) clock.Minute {
		t, err := time.Parse("15:04", strings.TrimSpace(text))
		if err != nil {
			tell(fault.Problem{Path: path, What: fault.Say("overlay.rule_time", "value", text), Remedy: fault.Say("mend.rule_time")})
		}
		return clock.Minute(t.Hour()*60 + t.Minute())
	}
	out := clock.Rule{
		ID: incident.Rule(strings.TrimSpace(r.ID)), Title: trimmed(r.Title), Whom: trimmed(r.Whom), Basis: trimmed(r.Basis),
		Source: strings.TrimSpace(r.Source), Checked: r.Checked, Mark: clock.Mark(r.Mark), From: r.From, To: r.To,
		Applies: strings.TrimSpace(r.Applies), Count: clock.Counting(r.Count), LongerN: r.Longer.Days, LongerWhen: strings.TrimSpace(r.Longer.When),
		Target: r.Target, Limit: r.Limit, Owner: incident.Role(r.Owner), Draft: r.Draft, Law: r.Law, Passes: r.Passes, Voluntary: r.Voluntary,
		Each: clock.Each(r.Each), Why: trimmed(r.Why),
		Remind: clock.Reminders{Mornings: r.Remind.Mornings, HoursBefore: r.Remind.HoursBefore},
	}
	lengths := map[clock.Counting]int{clock.Days: r.Days, clock.WorkingDays: r.WorkingDays, clock.Hours: r.Hours}
	out.N = lengths[out.Count]
	if slices.Contains(clock.Countings, out.Count) {
		r.otherLengths(lengths, tell)
	}
	if r.Draft != "" {
		if what, remedy, ok := fault.Among("noun.draft", r.Draft, draftNames()); !ok {
			tell(fault.Problem{Path: "draft", What: what, Remedy: remedy})
		}
	}
	if r.Remind.Mornings > 0 {
		out.Remind.Morning = clockTime("remind.morning", r.Remind.Morning)
	}
	for i, at := range r.Remind.LastDay {
		out.Remind.LastDay = append(out.Remind.LastDay, clockTime("remind.last_day["+strconv.Itoa(i)+"]", at))
	}
	for _, b := range r.Because {
		out.Because = append(out.Because, clock.FactWords{Fact: incident.FactKey(b.Fact), Words: trimmed(incident.Words{JA: b.JA, EN: b.EN})})
	}
	return out
}

// otherLengths tells of lengths that do not go with the way of counting.
func (r ruleFile) otherLengths(lengths map[clock.Counting]int, tell func(fault.Problem)) {
	wrong := func(path string) {
		tell(fault.Problem{Path: path, What: fault.Say("overlay.rule_length", "value", path, "count", r.Count), Remedy: fault.Say("mend.rule_length")})
	}
	for _, l := range []clock.Counting{clock.Days, clock.WorkingDays, clock.Hours} {
		if l != clock.Counting(r.Count) && lengths[l] != 0 {
			wrong(string(l))
		}
	}
	if clock.Counting(r.Count) == clock.Target {
		return
	}
	switch {
	case r.Target != 0:
		wrong("target")
	case r.Limit != 0:
		wrong("limit")
	}
}

func draftNames() (names []string) {
	for _, k := range draft.Kinds {
		names = append(names, string(k))
	}
	return names
}

// loadOwn reads the company's list of contracts or of systems.
func loadOwn(overlay fs.FS, name, key string, sheet any, entries func() []ownFile, faults Faults) ([]clock.Own, Faults) {
	text, wrong := readFile(overlay, ruleFiles, name)
	if wrong != nil {
		return nil, append(faults, *wrong)
	}
	file, wrong := parseYAML(name, text, sheet, keysOf(reflect.TypeOf(sheet)))
	if wrong != nil {
		return nil, append(faults, *wrong)
	}
	var own []clock.Own
	named := map[string]bool{}
	for i, e := range entries() {
		one := clock.Own{Name: strings.TrimSpace(e.Name), Hours: e.Hours, Applies: strings.TrimSpace(e.Applies), Source: strings.TrimSpace(e.Source), Checked: e.Checked}
		at := key + "[" + strconv.Itoa(i) + "]"
		for _, p := range one.Check() {
			p.Path = at + "." + p.Path
			faults = append(faults, file.problem(p))
		}
		if named[one.Name] && one.Name != "" {
			faults = append(faults, file.problem(fault.Problem{Path: at + ".name", What: fault.Say("overlay.own_twice", "value", one.Name), Remedy: fault.Say("mend.own_twice")}))
		}
		named[one.Name] = true
		own = append(own, one)
	}
	return own, faults
}

// loadHolidays reads the official list of public holidays, if the company has put one there.
func loadHolidays(overlay fs.FS) (clock.Holidays, *Fault) {
	if overlay == nil {
		return clock.Holidays{}, nil
	}
	text, err := fs.ReadFile(overlay, HolidaysFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return clock.Holidays{}, nil
	case err != nil:
		return clock.Holidays{}, &Fault{File: HolidaysFile, What: fault.Say("overlay.file_unreadable"), Remedy: fault.Say("mend.file")}
	case len(text) > maxYAML:
		return clock.Holidays{}, &Fault{File: HolidaysFile, What: fault.Say("overlay.too_large"), Remedy: fault.Say("mend.too_large")}
	}
	list, wrong := clock.ReadHolidays(text)
	if wrong == nil {
		return list, nil
	}
	f := &Fault{File: HolidaysFile, Line: wrong.Line, What: wrong.What, Remedy: wrong.Remedy}
	if f.Line > 0 {
		f.Column = 1
	}
	return clock.Holidays{}, f
}
