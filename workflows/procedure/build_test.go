package procedure_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

func TestBuildRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*procedure.Source)
		sheet string
		path  string
		what  string
	}{
		{"a role nobody has", func(s *procedure.Source) { damageStep(s).Role = "boss" }, "damage", "tables[1].steps[1].role", `"boss" is no role`},
		{"no role", func(s *procedure.Source) { damageStep(s).Role = "" }, "damage", "tables[1].steps[1].role", "the role is missing"},
		{"a phase in which nothing is left to do", func(s *procedure.Source) { damageStep(s).Phase = incident.Closed }, "damage", "tables[1].steps[1].phase", `"closed" is no phase`},
		{"a kind there is not", func(s *procedure.Source) { damageStep(s).Kind = "fix" }, "damage", "tables[1].steps[1].kind", `"fix" is no kind of step`},
		{"a requirement there is not", func(s *procedure.Source) { damageStep(s).Required = "never" }, "damage", "tables[1].steps[1].required", `"never" is no requirement`},
		{"if without a condition", func(s *procedure.Source) { damageStep(s).Required = incident.If }, "damage", "tables[1].steps[1].when", "needs its condition"},
		{"always with a condition", func(s *procedure.Source) { damageStep(s).When = "virus" }, "damage", "tables[1].steps[1].required", "cannot have a condition"},
		{"an unreadable condition", func(s *procedure.Source) { damageStep(s).Required, damageStep(s).When = "if", "virs" }, "damage", "tables[1].steps[1].when", `"virs" is no fact`},
		{"a blank Japanese text", func(s *procedure.Source) { damageStep(s).Text.JA = " \n" }, "damage", "tables[1].steps[1].text.ja", "Japanese text is missing"},
		{"no English text", func(s *procedure.Source) { damageStep(s).Text.EN = "" }, "damage", "tables[1].steps[1].text.en", "English text is missing"},
		{"a gap in the numbers", func(s *procedure.Source) { damageStep(s).N = 3 }, "damage", "tables[1].steps[1].n", "step 2 of the table has the number 3"},
		{"a key twice in a table", func(s *procedure.Source) { damageStep(s).Key = "report" }, "damage", "tables[1].steps[1].key", `two steps of the table have the key "report"`},
		{"a key with spaces", func(s *procedure.Source) { damageStep(s).Key = "do it" }, "damage", "tables[1].steps[1].key", `"do it" does not name the work`},
		{"a key that stands for other work at another level", func(s *procedure.Source) { damageStep(s).Kind = incident.StepTell }, "damage", "tables[2].steps[1].kind", `"contain" is of kind "tell" at another level`},
		{"a table without steps", func(s *procedure.Source) { sheetOf(s, "damage").Tables[1].Steps = nil }, "damage", "tables[1].steps", "no steps"},
		{"a level twice", func(s *procedure.Source) { sheetOf(s, "damage").Tables[1].Level = 0 }, "damage", "tables[1].level", "level 0 has two tables"},
		{"a level missing", func(s *procedure.Source) { sheetOf(s, "damage").Tables = sheetOf(s, "damage").Tables[1:] }, "damage", "tables", "level 0 has no table"},
		{"a table without its level", func(s *procedure.Source) { sheetOf(s, "damage").Tables[1].Level = incident.Unassessed }, "damage", "tables[1].level", "the level is missing"},
		{"a level there is not", func(s *procedure.Source) { sheetOf(s, "damage").Tables[1].Level = 7 }, "damage", "tables[1].level", "7 is not a level"},
		{"a leak below level 2", func(s *procedure.Source) { sheetOf(s, "leak").Tables[0].Level = 1 }, "leak", "tables[0].level", "every leak is at least level 2"},
		{"a table of a virus", func(s *procedure.Source) { sheetOf(s, "virus").Tables = sheetOf(s, "damage").Tables[:1] }, "virus", "tables[0].level", "no table of its own"},
		{"a category without a sheet", func(s *procedure.Source) { s.Sheets = s.Sheets[1:] }, "leak", "", `"leak" has no sheet`},
		{"a category twice", func(s *procedure.Source) { s.Sheets = append(s.Sheets, s.Sheets[0]) }, "leak", "", "two sheets"},
		{"a category there is not", func(s *procedure.Source) { s.Sheets = append(s.Sheets, procedure.Sheet{Category: "leek"}) }, "leek", "", `"leek" is no category`},
		{"no first aid", func(s *procedure.Source) { sheetOf(s, "leak").FirstAid = nil }, "leak", "first_aid", "first aid is missing"},
		{"first aid without words", func(s *procedure.Source) { sheetOf(s, "leak").FirstAid = []procedure.FirstAid{{}} }, "leak", "first_aid[0].text.ja", "Japanese text is missing"},
		{"a virus nobody hands over", func(s *procedure.Source) { sheetOf(s, "virus").Handover = nil }, "virus", "handover", "handing a virus over"},
		{"handing over a leak", func(s *procedure.Source) { sheetOf(s, "leak").Handover = []incident.Words{words("x")} }, "leak", "handover", "only a virus"},
		{"no section", func(s *procedure.Source) { sheetOf(s, "damage").Section = "" }, "damage", "tables[1].steps[1].section", "section of the rules"},
		{"a supplement with a number", func(s *procedure.Source) { sheetOf(s, "damage").Supplements[0].Step.N = 1 }, "damage", "supplements[0]", "has no number"},
		{"a supplement for no level", func(s *procedure.Source) { sheetOf(s, "damage").Supplements[0].Levels = nil }, "damage", "supplements[0].levels", "levels of the supplement are missing"},
		{"a supplement for a level there is not", func(s *procedure.Source) { sheetOf(s, "damage").Supplements[0].Levels[1] = 9 }, "damage", "supplements[0].levels[1]", "9 is not a level"},
		{"a supplement with the key of a step", func(s *procedure.Source) { sheetOf(s, "damage").Supplements[0].Step.Key = "contain" }, "damage", "supplements[0].key", `another step with the key "contain"`},
		{"a kind without first aid", func(s *procedure.Source) { s.Kinds = s.Kinds[1:] }, "first_aid", "kinds", `"virus" has no first aid`},
		{"a kind twice", func(s *procedure.Source) { s.Kinds = append(s.Kinds, s.Kinds[0]) }, "first_aid", "kinds[14].kind", `"virus" is there twice`},
		{"a kind of event there is not", func(s *procedure.Source) { s.Kinds[2].Kind = "misdelivry" }, "first_aid", "kinds[2].kind", `"misdelivry" is no kind of event`},
		{"first aid without a section", func(s *procedure.Source) { s.KindsSection = "" }, "first_aid", "section", "section of the rules"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := sample()
			tt.spoil(&src)
			book, problems := procedure.Build(src)
			if book != nil {
				t.Fatal("the book was made in spite of it")
			}
			if !slices.ContainsFunc(problems, func(p procedure.Problem) bool {
				return p.Sheet == tt.sheet && p.Path == tt.path && strings.Contains(english(t, p.What), tt.what) && english(t, p.Remedy) != ""
			}) {
				t.Errorf("no such problem among %+v", problems)
			}
		})
	}
}

func TestBuildTellsEveryProblemAtOnce(t *testing.T) {
	src := sample()
	damageStep(&src).Role = "sytem_admin"
	sheetOf(&src, incident.Leak).FirstAid[0].Text.EN = ""
	src.Kinds[3].FirstAid = nil
	_, problems := procedure.Build(src)
	var sheets []string
	for _, p := range problems {
		sheets = append(sheets, p.Sheet)
	}
	for _, want := range []string{"damage", "leak", "first_aid"} {
		if !slices.Contains(sheets, want) {
			t.Errorf("nothing about %s in %+v", want, problems)
		}
	}
	if i := slices.Index(sheets, "damage"); i >= 0 && english(t, problems[i].Remedy) != "did you mean system_admin?" {
		t.Errorf("got the remedy %q", english(t, problems[i].Remedy))
	}
}

func TestNearest(t *testing.T) {
	known := []string{"damage", "leak", "if", "always", "社外秘情報"}
	for word, want := range map[string]string{
		"damge": "damage", "dmg": "", "leek": "leak", "laek": "leak", "damage": "damage",
		"is": "if", "xy": "", "": "", "allways": "always", "社外祕情報": "社外秘情報",
	} {
		if got := fault.Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestVersionFollowsEveryWordAndNothingElse(t *testing.T) {
	version := build(t, sample()).Version
	if !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(version) {
		t.Fatalf("got %q", version)
	}

	reordered := sample()
	slices.Reverse(reordered.Sheets)
	slices.Reverse(reordered.Kinds)
	slices.Reverse(sheetOf(&reordered, incident.Damage).Tables)
	if got := build(t, reordered).Version; got != version {
		t.Errorf("the order of the file changed the version to %q", got)
	}

	for name, change := range map[string]func(*procedure.Source){
		"a Japanese text":      func(s *procedure.Source) { damageStep(s).Text.JA += "。" },
		"an English text":      func(s *procedure.Source) { damageStep(s).Text.EN += "." },
		"a role":               func(s *procedure.Source) { damageStep(s).Role = incident.Press },
		"a phase":              func(s *procedure.Source) { damageStep(s).Phase = incident.Recovery },
		"a key":                func(s *procedure.Source) { damageStep(s).Key = "stop" },
		"a requirement":        func(s *procedure.Source) { damageStep(s).Required = incident.Optional },
		"a condition":          func(s *procedure.Source) { damageStep(s).Required, damageStep(s).When = incident.If, "virus" },
		"a section":            func(s *procedure.Source) { damageStep(s).Section = "other rules" },
		"a step less":          func(s *procedure.Source) { t := &sheetOf(s, "leak").Tables[1]; t.Steps = t.Steps[:2] },
		"a supplement":         func(s *procedure.Source) { sheetOf(s, "damage").Supplements[0].Step.Text.JA += "。" },
		"a supplement's level": func(s *procedure.Source) { sheetOf(s, "damage").Supplements[0].Levels = []incident.Level{3} },
		"first aid":            func(s *procedure.Source) { sheetOf(s, "virus").FirstAid[0].Text.EN += "." },
		"what to avoid":        func(s *procedure.Source) { s.Kinds[5].FirstAid[0].Avoid = true },
		"first aid of a kind":  func(s *procedure.Source) { s.Kinds[13].FirstAid[0].Text.JA += "。" },
		"handing over":         func(s *procedure.Source) { sheetOf(s, "virus").Handover[0].JA += "。" },
	} {
		src := sample()
		change(&src)
		if build(t, src).Version == version {
			t.Errorf("%s changed, the version did not", name)
		}
	}
}

// damageStep is the second step of damage at level 1.
func damageStep(s *procedure.Source) *incident.Step {
	return &sheetOf(s, incident.Damage).Tables[1].Steps[1]
}
