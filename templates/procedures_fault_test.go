package templates_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

// Each case changes one thing in a default file. The wanted faults name the place in the
// changed file, where an editor jumps to.
func TestAFaultNamesItsPlaceAndWhatWasMeant(t *testing.T) {
	for _, tt := range []struct {
		name, file, old, new string
		want                 []string
	}{
		{"a mistyped role", "leak", "role: incident_lead", "role: incident_laed",
			[]string{`procedures/leak.yaml:23:15: "incident_laed" is no role; did you mean incident_lead?`}},
		{"a mistyped phase", "leak", "phase: containment", "phase: containmnt",
			[]string{`procedures/leak.yaml:24:16: "containmnt" is no phase of the work; did you mean containment?`}},
		{"a mistyped kind", "leak", "kind: prepare", "kind: prepares",
			[]string{`procedures/leak.yaml:34:15: "prepares" is no kind of step; did you mean prepare?`}},
		{"a mistyped fact", "leak", "when: personal_data or my_number", "when: personal_data or mynumber",
			[]string{`procedures/leak.yaml:74:32: "mynumber" is no fact; did you mean my_number?`}},
		{"a mistyped fact in quotes", "leak", "when: personal_data or my_number", `when: "personal_data or mynumber"`,
			[]string{`procedures/leak.yaml:74:33: "mynumber" is no fact; did you mean my_number?`}},
		{"a condition that says not", "leak", "when: wide_scope", "when: not wide_scope",
			[]string{`procedures/leak.yaml:54:15: "not" cannot be used in a condition, because a question nobody has answered yet could then remove the step; name the facts for which the step is needed`}},
		{"a mistyped key", "leak", "required: always", "requird: always",
			[]string{`procedures/leak.yaml:17:9: the key "requird" is not known; did you mean required?`}},
		{"a key twice", "leak", "kind: report\n", "kind: report\n        kind: report\n",
			[]string{`procedures/leak.yaml:17:9: the key "kind" is written twice; keep one`}},
		{"a text left out", "leak", "          en: Decide who takes questions and where, and agree on the answers.\n", "",
			[]string{`procedures/leak.yaml:46:11: the English text is missing; write it under en`}},
		{"a word for a number", "leak", "n: 4", "n: four",
			[]string{`procedures/leak.yaml:39:12: a text does not belong here; write a whole number`}},
		{"a fraction", "leak", "level: 2", "level: 2.5",
			[]string{`procedures/leak.yaml:88:12: "2.5" is not a whole number; write it without a fraction`}},
		{"a level a leak cannot have", "leak", "level: 2", "level: 1", []string{
			`procedures/leak.yaml:10:3: level 2 has no table; add a table with level: 2`,
			`procedures/leak.yaml:88:12: every leak is at least level 2; write one of 2, 3`,
		}},
		{"two faults in one file", "leak", "role: representative\n        phase: final_report", "role: boss\n        phase: final_reprot", []string{
			`procedures/leak.yaml:80:15: "boss" is no role; write one of discoverer, representative, incident_lead, system_admin, security_chief, department_lead, privacy_manager, privacy_desk, educator, auditor, press, outside_contact`,
			`procedures/leak.yaml:81:16: "final_reprot" is no phase of the work; did you mean final_report?`,
		}},
		{"a colon without quotes", "other", "en: Find out what", "en: Find: out what",
			[]string{`procedures/other.yaml:38:15: the file is not valid YAML here (mapping value is not allowed in this context); check the indentation, and put a text that holds a colon in quotes`}},
		{"an anchor", "virus", "handover:", "handover: &all",
			[]string{`procedures/virus.yaml:32:11: anchors (&, *, <<) cannot be used here; write the value out where it belongs`}},
		{"a second part", "virus", "handover:", "---\nhandover:",
			[]string{`procedures/virus.yaml:33:1: the file has a second part after ---; remove the --- and what follows`}},
		{"a kind of event nobody knows", "first_aid", "kind: complaint", "kind: complain", []string{
			`procedures/first_aid.yaml:6:3: the kind "complaint" has no first aid; add it under kinds`,
			`procedures/first_aid.yaml:226:11: "complain" is no kind of event; did you mean complaint?`,
		}},
		{"a list where a text belongs", "damage", "kind: report", "kind: [report]",
			[]string{`procedures/damage.yaml:15:15: a list does not belong here; write a text`}},
		{"a text without its languages", "virus", "ja: ウイルス対策ソフトで取り除けないとき\n    en: The antivirus software cannot remove the virus", "ウイルス対策ソフトで取り除けないとき",
			[]string{`procedures/virus.yaml:33:5: a text does not belong here; write keys and their values`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := os.ReadFile("procedures/" + tt.file + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), tt.old) {
				t.Fatalf("%s.yaml has no %q", tt.file, tt.old)
			}
			changed := strings.Replace(string(text), tt.old, tt.new, 1)
			checkFaults(t, fstest.MapFS{"procedures/" + tt.file + ".yaml": {Data: []byte(changed)}}, tt.want)
		})
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		overlay fstest.MapFS
		want    []string
	}{
		{"an empty file", fstest.MapFS{"procedures/leak.yaml": {Data: []byte("# nothing yet\n")}},
			[]string{`procedures/leak.yaml: the file is empty; fill it in, or delete it to use the default`}},
		{"Shift_JIS", fstest.MapFS{"procedures/leak.yaml": {Data: []byte("section: \x89\xce")}},
			[]string{`procedures/leak.yaml:1:10: the file is not UTF-8; save it again with the encoding UTF-8`}},
		{"a folder of that name", fstest.MapFS{"procedures/leak.yaml/notes": {}},
			[]string{`procedures/leak.yaml: the file cannot be opened; check that it is a file and its permissions`}},
		{"a mistyped name", fstest.MapFS{"procedures/leek.yaml": {Data: []byte("x")}},
			[]string{`procedures/leek.yaml: no file of this name is used; did you mean procedures/leak.yaml?`}},
		{"another ending", fstest.MapFS{"procedures/leak.yml": {Data: []byte("x")}},
			[]string{`procedures/leak.yml: no file of this name is used; did you mean procedures/leak.yaml?`}},
		{"a name like none", fstest.MapFS{"procedures/earthquake.yaml": {Data: []byte("x")}},
			[]string{`procedures/earthquake.yaml: no file of this name is used; name it one of procedures/leak.yaml, procedures/damage.yaml, procedures/virus.yaml, procedures/other.yaml, procedures/first_aid.yaml`}},
		{"faults in two files", fstest.MapFS{
			"procedures/virus.yaml": {Data: []byte("sektion: x\n")},
			"procedures/other.yaml": {Data: []byte("- x\n")},
		}, []string{
			`procedures/other.yaml:1:1: a list does not belong here; write keys and their values`,
			`procedures/virus.yaml:1:1: the key "sektion" is not known; did you mean section?`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkFaults(t, tt.overlay, tt.want) })
	}
}

func checkFaults(t *testing.T, overlay fstest.MapFS, want []string) {
	t.Helper()
	book, err := templates.LoadProcedures(overlay)
	if err == nil {
		t.Fatal("the file is accepted")
	}
	if book != nil {
		t.Error("there is a book in spite of the faults")
	}
	faultsOf(t, err)
	if got := err.Error(); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// Whatever stands in a file, the loader answers with a sound book or with faults that can be
// found and mended. One half of the inputs is a whole file; the other is a default file with a
// piece cut out and another put in, which stays close enough to a procedure to get past YAML.
func FuzzProcedureYAML(f *testing.F) {
	files := []string{"leak", "damage", "virus", "other", "first_aid"}
	var defaults []string
	for _, name := range files {
		text, err := os.ReadFile("procedures/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		defaults = append(defaults, string(text))
	}
	for which, text := range defaults {
		for _, word := range []string{"role: ", "when: ", "ja: ", "level: ", "kind: "} {
			if at := strings.Index(text, word); at >= 0 {
				f.Add(uint8(which), uint16(at+len(word)), uint16(4), "")
				f.Add(uint8(which), uint16(at+len(word)), uint16(0), "not x and ")
				f.Add(uint8(which), uint16(at+len(word)), uint16(0), `"" # `)
				f.Add(uint8(which), uint16(at+len(word)), uint16(0), "boss # ")
			}
		}
	}
	for _, odd := range []string{
		"", "a", "- a", "a: &a [*a]", "a: &a\n  b: *a", "section: {<<: x}", "? a\n: b", "n: .inf", "tables: [{level: 1e400}]",
		"section: !!binary x", "%YAML 1.2\n---\na: b", "tables:\n- level: 3\n  steps:\n  - {n: 1, role: discoverer, text: {ja: '', en: x}}", "section: |\n\x00",
		"tables: [[[[[[[[", "kinds:\n\t- a", "tables:\n - steps:\n   - when: ((((virus", "section: \"\\", "a: 'b", "null: null", "1: 2", "tables: ~",
	} {
		f.Add(uint8(len(files)), uint16(0), uint16(0), odd)
	}
	f.Fuzz(func(t *testing.T, which uint8, at, cut uint16, put string) {
		i := int(which) % len(files)
		name, text := "procedures/"+files[i]+".yaml", put
		if int(which)/len(files)%2 == 0 {
			from := int(at) % len(defaults[i])
			text = defaults[i][:from] + put + defaults[i][min(from+int(cut)%64, len(defaults[i])):]
		}
		book, err := templates.LoadProcedures(fstest.MapFS{name: {Data: []byte(text)}})
		if err != nil {
			for _, fault := range faultsOf(t, err) {
				if fault.File != name || fault.Line < 0 || (fault.Line > 0) != (fault.Column > 0) || fault.What.Key == "" || fault.Remedy.Key == "" || strings.ContainsAny(fault.Error(), "\n\r") {
					t.Errorf("a fault nobody can find: %+v", fault)
				}
			}
			return
		}
		roles := map[incident.Role]bool{incident.Discoverer: true}
		for _, r := range incident.Roles {
			roles[r] = true
		}
		for _, c := range incident.Categories {
			for _, l := range incident.Levels {
				plan, refused := book.Lookup(c, "", l)
				if refused != nil {
					continue
				}
				if len(plan.Steps) == 0 {
					t.Errorf("%s %s: a table without steps", c, l)
				}
				for _, s := range plan.All() {
					if strings.TrimSpace(s.Text.JA) == "" || strings.TrimSpace(s.Text.EN) == "" || !roles[s.Role] {
						t.Errorf("%s %s: accepted %+v", c, l, s)
					}
				}
			}
		}
		for _, k := range incident.Kinds {
			for _, a := range book.FirstAid(k) {
				if strings.TrimSpace(a.Text.JA) == "" || strings.TrimSpace(a.Text.EN) == "" {
					t.Errorf("%s: accepted %+v", k, a)
				}
			}
		}
	})
}
