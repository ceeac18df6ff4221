package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Other programs read what "procedure --json" prints: its keys, its order and the table of
// seed 001 §9.4 are fixed. The table stands here a second time, written by hand.

// printedProcedure has exactly the keys that may be printed.
type printedProcedure struct {
	Category string            `json:"category"`
	Effect   string            `json:"effect"`
	Level    int               `json:"level"`
	Version  string            `json:"version"`
	Steps    []printedStep     `json:"steps"`
	FirstAid []printedFirstAid `json:"first_aid"`
}

type printedStep struct {
	N        int           `json:"n"`
	Role     string        `json:"role"`
	Phase    string        `json:"phase"`
	Kind     string        `json:"kind"`
	Required string        `json:"required"`
	When     string        `json:"when"`
	Text     printedPhrase `json:"text"`
}

type printedFirstAid struct {
	N    int           `json:"n"`
	Text printedPhrase `json:"text"`
}

type printedPhrase struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// The tables: every step as role, phase and the fact its condition names ("" for none).
var (
	leak3 = []string{
		"discoverer reported", "incident_lead containment", "incident_lead containment", "incident_lead containment",
		"incident_lead containment wide_scope", "incident_lead containment unauthorized_access", "incident_lead containment personal_data",
		"representative final_report",
	}
	leak2   = []string{"discoverer reported", "system_admin investigation", "system_admin investigation"}
	damage3 = []string{
		"discoverer reported", "system_admin containment", "incident_lead containment",
		"system_admin recovery damaged_data", "system_admin recovery damaged_device", "department_lead recovery damaged_paper",
		"system_admin recovery", "representative final_report",
	}
	damage2 = damage3[:7]
	damage1 = []string{
		"discoverer reported", "system_admin containment",
		"system_admin recovery damaged_data", "system_admin recovery damaged_device", "department_lead recovery damaged_paper",
		"system_admin recovery",
	}
	damage0 = []string{"discoverer reported"}
	// §9.4 ①–⑤, at every level.
	other = []string{"discoverer reported", "incident_lead containment", "incident_lead investigation", "system_admin recovery", "representative final_report"}
)

func TestProcedureJSON(t *testing.T) {
	for _, c := range []struct {
		category, effect, shown string // shown is the effect that is printed
		levels                  [4][]string
	}{
		{"leak", "", "", [4][]string{2: leak2, 3: leak3}},
		{"damage", "", "", [4][]string{damage0, damage1, damage2, damage3}},
		{"virus", "leak", "leak", [4][]string{2: leak2, 3: leak3}},
		{"virus", "damage", "damage", [4][]string{damage0, damage1, damage2, damage3}},
		{"virus", "", "damage", [4][]string{damage0, damage1, damage2, damage3}},
		{"other", "", "", [4][]string{other, other, other, other}},
	} {
		for level, want := range c.levels {
			t.Run(fmt.Sprintf("%s %s %d", c.category, c.effect, level), func(t *testing.T) {
				args := []string{"procedure", "--category", c.category, "--level", fmt.Sprint(level), "--json"}
				if c.effect != "" {
					args = append(args, "--effect", c.effect)
				}
				var out, errs bytes.Buffer
				code := run(context.Background(), args, []string{"HIKESHI_DATA=" + t.TempDir()}, &out, &errs)
				if want == nil {
					if code == 0 || out.Len() > 0 || !strings.Contains(errs.String(), "レベル2以上") {
						t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
					}
					return
				}
				if code != 0 || errs.Len() > 0 {
					t.Fatalf("exit %d: %s", code, errs.String())
				}
				got := decodeStrictly(t, out.Bytes())
				if got.Category != c.category || got.Effect != c.shown || got.Level != level || len(got.Version) < 12 {
					t.Errorf("it calls itself %s/%s/%d, version %q", got.Category, got.Effect, got.Level, got.Version)
				}
				checkSteps(t, got.Steps, want)
				for i, a := range got.FirstAid {
					if a.N != i+1 || a.Text.JA == "" || a.Text.EN == "" {
						t.Errorf("first aid %d is %+v", i+1, a)
					}
				}
				if c.category == "virus" && len(got.FirstAid) != 7 {
					t.Errorf("%d lines of first aid for a virus, want the seven steps of §9.4", len(got.FirstAid))
				}
			})
		}
	}
}

func checkSteps(t *testing.T, got []printedStep, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d steps, want %d", len(got), len(want))
	}
	for i, s := range got {
		parts := append(strings.Fields(want[i]), "")
		if s.N != i+1 || s.Role != parts[0] || s.Phase != parts[1] {
			t.Errorf("step %d is %s in %s, want %s", s.N, s.Role, s.Phase, want[i])
		}
		if s.Text.JA == "" || s.Text.EN == "" || s.Kind == "" {
			t.Errorf("step %d says nothing: %+v", s.N, s)
		}
		if conditional := parts[2] != ""; conditional != (s.Required == "if") || conditional != strings.Contains(" "+s.When+" ", " "+parts[2]+" ") && s.When != "" {
			t.Errorf("step %d is required %q when %q, want %s", s.N, s.Required, s.When, want[i])
		}
	}
}

// decodeStrictly refuses a key too many, a key too few, and anything after the object.
func decodeStrictly(t *testing.T, body []byte) printedProcedure {
	t.Helper()
	var p printedProcedure
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if d.More() {
		t.Error("something follows the object")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, raw, "category", "effect", "first_aid", "level", "steps", "version")
	var steps, aid []map[string]json.RawMessage
	if json.Unmarshal(raw["steps"], &steps) != nil || json.Unmarshal(raw["first_aid"], &aid) != nil {
		t.Fatalf("no lists of objects: %s", body)
	}
	for _, s := range steps {
		wantKeys(t, s, "kind", "n", "phase", "required", "role", "text", "when")
		var text map[string]json.RawMessage
		if err := json.Unmarshal(s["text"], &text); err != nil {
			t.Fatal(err)
		}
		wantKeys(t, text, "en", "ja")
	}
	for _, a := range aid {
		wantKeys(t, a, "n", "text")
	}
	return p
}

func wantKeys(t *testing.T, object map[string]json.RawMessage, want ...string) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
		t.Errorf("the keys are %v, want %v", got, want)
	}
}
