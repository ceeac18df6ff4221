package procedure_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

func TestLookupRefusesWhatHasNoProcedure(t *testing.T) {
	book := build(t, sample())
	for _, tt := range []struct {
		name             string
		category, effect incident.Category
		level            incident.Level
		want             procedure.Refused
	}{
		{"an unassessed level", "damage", "", incident.Unassessed,
			procedure.Refused{Key: "procedure.unassessed", Category: "damage", Level: incident.Unassessed}},
		{"a level there is not", "damage", "", 4, procedure.Refused{Key: "procedure.unknown_level", Category: "damage", Level: 4}},
		{"a category there is not", "fire", "", 2, procedure.Refused{Key: "procedure.unknown_category", Category: "fire", Level: 2}},
		{"a virus whose effect is neither leak nor damage", "virus", "other", 2,
			procedure.Refused{Key: "procedure.unknown_effect", Category: "virus", Effect: "other", Level: 2}},
		{"a leak at level 1", "leak", "", 1, procedure.Refused{Key: "procedure.leak_below_2", Category: "leak", Level: 1, Min: 2}},
		{"a leak at level 0", "leak", "", 0, procedure.Refused{Key: "procedure.leak_below_2", Category: "leak", Level: 0, Min: 2}},
		{"a virus that leaks at level 1", "virus", "leak", 1,
			procedure.Refused{Key: "procedure.leak_below_2", Category: "virus", Effect: "leak", Level: 1, Min: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, refused := book.Lookup(tt.category, tt.effect, tt.level)
			if refused == nil {
				t.Fatalf("not refused: %+v", plan)
			}
			if diff := cmp.Diff(tt.want, *refused); diff != "" {
				t.Error(diff)
			}
			if _, again := book.JSON(tt.category, tt.effect, tt.level); again == nil || *again != tt.want {
				t.Errorf("JSON refuses with %+v", again)
			}
		})
	}
}

func TestLookupFollowsTheEffectOfAVirusOnly(t *testing.T) {
	book := build(t, sample())
	for _, tt := range []struct {
		category, effect, wantEffect incident.Category
		wantKeys                     []string
	}{
		{"virus", "", "damage", []string{"report", "contain", "restore_data"}},
		{"virus", "damage", "damage", []string{"report", "contain", "restore_data"}},
		{"virus", "leak", "leak", []string{"report", "contain", "publish"}},
		{"leak", "", "", []string{"report", "contain", "publish"}},
		{"leak", "damage", "", []string{"report", "contain", "publish"}},
	} {
		plan, refused := book.Lookup(tt.category, tt.effect, incident.Level3)
		if refused != nil {
			t.Fatalf("%s/%s: refused: %+v", tt.category, tt.effect, *refused)
		}
		if plan.Category != tt.category || plan.Effect != tt.wantEffect || plan.Level != incident.Level3 || plan.Version != book.Version {
			t.Errorf("%s/%s: got %s/%s level %s version %q", tt.category, tt.effect, plan.Category, plan.Effect, plan.Level, plan.Version)
		}
		if diff := cmp.Diff(tt.wantKeys, keys(plan.Steps)); diff != "" {
			t.Errorf("%s/%s: %s", tt.category, tt.effect, diff)
		}
	}
}

func TestAllPutsEvidenceBeforeRestoring(t *testing.T) {
	evidence := step(0, "preserve_evidence", incident.SystemAdmin, incident.Investigation, incident.StepInvestigate)
	report := step(1, "report", incident.Discoverer, incident.Reported, incident.StepReport)
	for _, tt := range []struct {
		name  string
		table []incident.Step
		want  []string
	}{
		{"before the first of two that restore",
			[]incident.Step{report, step(2, "a", incident.SystemAdmin, incident.Recovery, incident.StepRestore), step(3, "b", incident.SystemAdmin, incident.Recovery, incident.StepRestore)},
			[]string{"report", "preserve_evidence", "a", "b"}},
		{"before restoring even where a table restores at first",
			[]incident.Step{report, step(2, "a", incident.SystemAdmin, incident.Containment, incident.StepRestore), step(3, "b", incident.SystemAdmin, incident.Investigation, incident.StepInvestigate)},
			[]string{"report", "preserve_evidence", "a", "b"}},
		{"before the investigation",
			[]incident.Step{report, step(2, "a", incident.SystemAdmin, incident.Containment, incident.StepContain), step(3, "b", incident.SystemAdmin, incident.Investigation, incident.StepInvestigate)},
			[]string{"report", "a", "preserve_evidence", "b"}},
		{"at the end where nothing comes later",
			[]incident.Step{report, step(2, "a", incident.SystemAdmin, incident.Containment, incident.StepContain)},
			[]string{"report", "a", "preserve_evidence"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := procedure.Plan{Steps: tt.table, Supplements: []incident.Step{evidence}}
			if diff := cmp.Diff(tt.want, keys(plan.All())); diff != "" {
				t.Error(diff)
			}
			if len(plan.Steps) != len(tt.table) {
				t.Error("the plan's own steps changed")
			}
		})
	}

	t.Run("several supplements keep their order", func(t *testing.T) {
		second := evidence
		second.Key = "second"
		plan := procedure.Plan{
			Steps:       []incident.Step{report, step(2, "a", incident.SystemAdmin, incident.Recovery, incident.StepRestore)},
			Supplements: []incident.Step{evidence, second},
		}
		if diff := cmp.Diff([]string{"report", "preserve_evidence", "second", "a"}, keys(plan.All())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestABookCannotBeChangedThroughWhatItGives(t *testing.T) {
	book := build(t, sample())
	plan, _ := book.Lookup(incident.Damage, "", incident.Level3)
	plan.Steps[0].Text.JA = "changed"
	plan.Supplements[0].Text.JA = "changed"
	book.FirstAid(incident.KindLoss)[0].Text.JA = "changed"
	book.CategoryFirstAid(incident.Leak)[0].Text.JA = "changed"
	book.Handover()[0].JA = "changed"

	again, _ := book.Lookup(incident.Damage, "", incident.Level3)
	for _, got := range []incident.Words{
		again.Steps[0].Text, again.Supplements[0].Text, book.FirstAid(incident.KindLoss)[0].Text,
		book.CategoryFirstAid(incident.Leak)[0].Text, book.Handover()[0],
	} {
		if got.JA == "changed" {
			t.Error("a reader changed the book")
		}
	}
}

func TestFirstAidNeverIsEmpty(t *testing.T) {
	book := build(t, sample())
	for _, k := range append(slices.Clone(incident.Kinds), "earthquake") {
		if len(book.FirstAid(k)) == 0 {
			t.Errorf("kind %q has no first aid", k)
		}
	}
	for _, c := range append(slices.Clone(incident.Categories), "fire") {
		if len(book.CategoryFirstAid(c)) == 0 {
			t.Errorf("category %q has no first aid", c)
		}
	}
	if got := book.FirstAid("earthquake"); got[0].Text != book.FirstAid(incident.KindUnknown)[0].Text {
		t.Errorf("a kind nobody knows gets %q", got[0].Text.EN)
	}
	aid := book.CategoryFirstAid(incident.Leak)
	if aid[0].N != 1 || aid[1].N != 2 || aid[0].Avoid || !aid[1].Avoid || aid[0].Section != "rules" {
		t.Errorf("numbers, avoid or section are lost: %+v", aid)
	}
}

func TestStepsInheritTheSectionOfTheirSheet(t *testing.T) {
	src := sample()
	sheetOf(&src, incident.Damage).Supplements[0].Step.Section = "logs"
	plan, _ := build(t, src).Lookup(incident.Damage, "", incident.Level3)
	if plan.Steps[0].Section != "rules" || plan.Supplements[0].Section != "logs" {
		t.Errorf("got %q and %q", plan.Steps[0].Section, plan.Supplements[0].Section)
	}
}

func TestJSONHasExactlyTheAgreedKeys(t *testing.T) {
	book := build(t, sample())
	printout, refused := book.JSON(incident.Virus, "", incident.Level0)
	if refused != nil {
		t.Fatal(*refused)
	}
	printout.Version = "0123456789ab"
	got, err := json.Marshal(printout)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"category":"virus","effect":"damage","level":0,"version":"0123456789ab",` +
		`"steps":[{"n":1,"role":"discoverer","phase":"reported","kind":"report","required":"always","when":"","text":{"ja":"reportを行う","en":"do report"}}],` +
		`"first_aid":[{"n":1,"text":{"ja":"unplugを行う","en":"do unplug"}}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func keys(steps []incident.Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Key)
	}
	return all
}
