package templates_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

func defaultProcedures(t testing.TB) *procedure.Book {
	t.Helper()
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// row is a step as the design's table has it: key, role, phase, kind, required, when.
type row [6]string

// The tables of seed 001 §9.4, by hand.
var (
	leak3 = []row{
		{"report", "discoverer", "reported", "report", "always", ""},
		{"contain", "incident_lead", "containment", "contain", "always", ""},
		{"prepare_victims", "incident_lead", "containment", "prepare", "always", ""},
		{"prepare_inquiries", "incident_lead", "containment", "prepare", "always", ""},
		{"prepare_press", "incident_lead", "containment", "prepare", "if", "wide_scope"},
		{"report_police", "incident_lead", "containment", "authority", "if", "unauthorized_access or ransomware"},
		{"report_ppc", "incident_lead", "containment", "authority", "if", "personal_data or my_number"},
		{"publish", "representative", "final_report", "publish", "always", ""},
	}
	leak2 = []row{
		{"report", "discoverer", "reported", "report", "always", ""},
		{"investigate", "system_admin", "investigation", "investigate", "always", ""},
		{"tell_staff", "system_admin", "investigation", "tell", "always", ""},
	}
	damage3 = []row{
		{"report", "discoverer", "reported", "report", "always", ""},
		{"contain", "system_admin", "containment", "contain", "always", ""},
		{"tell_staff", "incident_lead", "containment", "tell", "always", ""},
		{"restore_data", "system_admin", "recovery", "restore", "if", "damaged_data"},
		{"restore_device", "system_admin", "recovery", "restore", "if", "damaged_device"},
		{"restore_paper", "department_lead", "recovery", "restore", "if", "damaged_paper"},
		{"remedy", "system_admin", "recovery", "remedy", "always", ""},
		{"publish", "representative", "final_report", "publish", "always", ""},
	}
	damage1 = []row{
		{"report", "discoverer", "reported", "report", "always", ""},
		{"contain", "system_admin", "containment", "contain", "always", ""},
		{"restore_data", "system_admin", "recovery", "restore", "if", "damaged_data"},
		{"restore_device", "system_admin", "recovery", "restore", "if", "damaged_device"},
		{"restore_paper", "department_lead", "recovery", "restore", "if", "damaged_paper"},
		{"remedy", "system_admin", "recovery", "remedy", "always", ""},
	}
	damage0 = []row{{"report", "discoverer", "reported", "report", "always", ""}}
)

// other gives the five stages of §9.4 with what a level requires of the middle three and of
// publishing.
func other(work, publish string) []row {
	return []row{
		{"report", "discoverer", "reported", "report", "always", ""},
		{"contain", "incident_lead", "containment", "contain", work, ""},
		{"investigate", "incident_lead", "investigation", "investigate", work, ""},
		{"restore", "system_admin", "recovery", "restore", work, ""},
		{"publish", "representative", "final_report", "publish", publish, ""},
	}
}

func TestTheTablesOfTheRules(t *testing.T) {
	book := defaultProcedures(t)
	for _, tt := range []struct {
		category, effect incident.Category
		level            incident.Level
		want             []row
	}{
		{"leak", "", 3, leak3},
		{"leak", "", 2, leak2},
		{"damage", "", 3, damage3},
		{"damage", "", 2, damage3[:7]},
		{"damage", "", 1, damage1},
		{"damage", "", 0, damage0},
		{"virus", "", 3, damage3},
		{"virus", "", 0, damage0},
		{"virus", "damage", 1, damage1},
		{"virus", "leak", 3, leak3},
		{"virus", "leak", 2, leak2},
		{"other", "", 3, other("always", "always")},
		{"other", "", 2, other("always", "optional")},
		{"other", "", 1, other("always", "optional")},
		{"other", "", 0, other("optional", "optional")},
	} {
		t.Run(string(tt.category+"/"+tt.effect)+"/"+tt.level.String(), func(t *testing.T) {
			plan, refused := book.Lookup(tt.category, tt.effect, tt.level)
			if refused != nil {
				t.Fatalf("refused: %+v", *refused)
			}
			var got []row
			for i, s := range plan.Steps {
				got = append(got, row{s.Key, string(s.Role), string(s.Phase), string(s.Kind), string(s.Required), s.When})
				if s.N != i+1 || s.Section != "001 §9.4" {
					t.Errorf("step %d has the number %d and the section %q", i+1, s.N, s.Section)
				}
				checkWords(t, s.Text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEvidenceIsPreservedBeforeAnythingIsRestored(t *testing.T) {
	book := defaultProcedures(t)
	for _, tt := range []struct {
		category incident.Category
		level    incident.Level
		before   string // the key it stands before; empty: there is none
	}{
		{"leak", 3, "publish"}, {"leak", 2, "investigate"},
		{"damage", 3, "restore_data"}, {"damage", 2, "restore_data"}, {"damage", 1, "restore_data"}, {"damage", 0, ""},
		{"virus", 3, "restore_data"},
		{"other", 3, "investigate"}, {"other", 2, "investigate"}, {"other", 1, "investigate"}, {"other", 0, ""},
	} {
		plan, refused := book.Lookup(tt.category, "", tt.level)
		if refused != nil {
			t.Fatalf("%s %s: %+v", tt.category, tt.level, *refused)
		}
		all := plan.All()
		at := slices.IndexFunc(all, func(s incident.Step) bool { return s.Key == "preserve_evidence" })
		if tt.before == "" {
			if at >= 0 {
				t.Errorf("%s %s: nothing is investigated, but evidence is preserved", tt.category, tt.level)
			}
			continue
		}
		if at < 0 || at == len(all)-1 || all[at+1].Key != tt.before {
			t.Errorf("%s %s: evidence is not preserved right before %s", tt.category, tt.level, tt.before)
			continue
		}
		s := all[at]
		checkWords(t, s.Text)
		if s.N != 0 || s.Role != incident.SystemAdmin || s.Kind != incident.StepInvestigate || s.Section != "001 §3.8.6" {
			t.Errorf("%s %s: got %+v", tt.category, tt.level, s)
		}
		if got := book.Holds(s.When, nil); s.Required != incident.If || got != procedure.Unknown {
			t.Errorf("%s %s: with nothing known yet it does not hold its phase back (%s, %s)", tt.category, tt.level, s.Required, got)
		}
	}
}

func TestAKeyIsTheSameWorkAtEveryLevel(t *testing.T) {
	book := defaultProcedures(t)
	for _, tt := range []struct {
		category  incident.Category
		low, high incident.Level
		shared    []string
	}{
		{"damage", 1, 3, []string{"report", "contain", "restore_data", "restore_device", "restore_paper", "remedy"}},
		{"damage", 0, 1, []string{"report"}},
		{"leak", 2, 3, []string{"report"}},
		{"other", 0, 3, []string{"report", "contain", "investigate", "restore", "publish"}},
	} {
		low, _ := book.Lookup(tt.category, "", tt.low)
		high, _ := book.Lookup(tt.category, "", tt.high)
		var shared []string
		for _, s := range low.Steps {
			if slices.ContainsFunc(high.Steps, func(o incident.Step) bool {
				return o.Key == s.Key && o.Role == s.Role && o.Phase == s.Phase && o.Kind == s.Kind && o.When == s.When
			}) {
				shared = append(shared, s.Key)
			}
		}
		if diff := cmp.Diff(tt.shared, shared); diff != "" {
			t.Errorf("%s %s and %s: %s", tt.category, tt.low, tt.high, diff)
		}
	}
}

func TestFirstAidIsThereForEveryKindAndCategory(t *testing.T) {
	book := defaultProcedures(t)
	unknown := book.FirstAid(incident.KindUnknown)
	for _, k := range incident.Kinds {
		aid := book.FirstAid(k)
		if len(aid) < 3 || len(aid) > 7 {
			t.Errorf("%s: %d lines are not a short list", k, len(aid))
		}
		if k != incident.KindUnknown && cmp.Equal(aid, unknown) {
			t.Errorf("%s has no first aid of its own", k)
		}
		if !slices.ContainsFunc(aid, func(a procedure.FirstAid) bool { return a.Avoid }) {
			t.Errorf("%s: nothing says what not to do", k)
		}
		for i, a := range aid {
			if a.N != i+1 {
				t.Errorf("%s: line %d has the number %d", k, i+1, a.N)
			}
			checkWords(t, a.Text)
		}
	}
	for _, c := range incident.Categories {
		printout, refused := book.JSON(c, "", incident.Level3)
		if refused != nil || len(printout.FirstAid) == 0 {
			t.Fatalf("%s: %v, %d lines", c, refused, len(printout.FirstAid))
		}
		for _, a := range printout.FirstAid {
			checkWords(t, a.Text)
		}
	}
}

// The order is the point: the network first, never the power, and nobody scans on their own.
func TestFirstAidForAPCIsolatesFirst(t *testing.T) {
	book := defaultProcedures(t)
	for _, k := range []incident.Kind{incident.KindVirus, incident.KindPCAbnormal} {
		for i, want := range []struct {
			avoid bool
			ja    string
		}{{false, "LANケーブル"}, {false, "Wi-Fi"}, {true, "電源"}, {true, "検査"}, {false, "電話"}} {
			a := book.FirstAid(k)[i]
			if a.Avoid != want.avoid || !strings.Contains(a.Text.JA, want.ja) {
				t.Errorf("%s, line %d: want %q, got %+v", k, i+1, want.ja, a)
			}
		}
	}

	seven := book.CategoryFirstAid(incident.Virus)
	if len(seven) != 7 {
		t.Fatalf("a virus has %d steps of first aid, not seven", len(seven))
	}
	for i, want := range []string{"ネットワークから切り離", "システム管理者に連絡", "定義ファイル", "検査", "取り除", "もう一度検査", "報告"} {
		if !strings.Contains(seven[i].Text.JA, want) {
			t.Errorf("step %d does not say %q: %s", i+1, want, seven[i].Text.JA)
		}
		// Scanning and cleaning wait until ransomware and unauthorized access are ruled out.
		waits := strings.HasPrefix(seven[i].Text.JA, "指示を受けたら") && strings.HasPrefix(seven[i].Text.EN, "When told to") ||
			strings.HasPrefix(seven[i].Text.JA, "指示があるまで、検査も駆除もしないでください") && strings.Contains(seven[i].Text.JA, "不正アクセスでもないと確かめて指示したら") &&
				strings.HasPrefix(seven[i].Text.EN, "Do not scan or clean until you are told to")
		if waits != (i >= 2 && i <= 5) {
			t.Errorf("step %d waits for the system administrator: %t", i+1, waits)
		}
	}
	if got := book.Handover(); len(got) != 3 {
		t.Errorf("there are %d conditions for handing over, not three", len(got))
	} else {
		for _, w := range got {
			checkWords(t, w)
		}
	}
}

func TestTheOverlayReplacesOneFile(t *testing.T) {
	text, err := os.ReadFile("procedures/leak.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before := defaultProcedures(t)
	changed := strings.Replace(string(text), "role: representative", "role: press", 1)

	book, err := templates.LoadProcedures(fstest.MapFS{
		"procedures/leak.yaml":  {Data: []byte(changed)},
		"procedures/README.md":  {Data: []byte("notes of the operator")},
		"procedures/.leak.yaml": {Data: []byte("an editor's leftover")},
	})
	if err != nil {
		t.Fatal(err)
	}
	leak, _ := book.Lookup(incident.Leak, "", incident.Level3)
	if got := leak.Steps[7].Role; got != incident.Press {
		t.Errorf("the overlay's leak.yaml is not read: step 8 is %s's", got)
	}
	damage, _ := book.Lookup(incident.Damage, "", incident.Level3)
	damageBefore, _ := before.Lookup(incident.Damage, "", incident.Level3)
	if diff := cmp.Diff(damageBefore.Steps, damage.Steps); diff != "" {
		t.Errorf("damage changed, too: %s", diff)
	}
	if book.Version == before.Version {
		t.Error("the version did not change")
	}

	// The layout of a file is not its content.
	noted := strings.ReplaceAll("\uFEFF# our own note\n\n"+string(text), "\n", "\r\n")
	same, err := templates.LoadProcedures(fstest.MapFS{"procedures/leak.yaml": {Data: []byte(noted)}})
	if err != nil {
		t.Fatal(err)
	}
	if same.Version != before.Version {
		t.Errorf("a comment and Windows line ends changed the version from %s to %s", before.Version, same.Version)
	}
}

func TestAnEmptyOverlayLeavesTheDefaults(t *testing.T) {
	for name, overlay := range map[string]fs.FS{"an empty folder": fstest.MapFS{}, "a folder that is not there": os.DirFS(t.TempDir() + "/none")} {
		book, err := templates.LoadProcedures(overlay)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if want := defaultProcedures(t).Version; book.Version != want {
			t.Errorf("%s: got version %s, want %s", name, book.Version, want)
		}
	}
}

// faultsOf takes a loader's error apart.
func faultsOf(t testing.TB, err error) []templates.Fault {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("not a joined error: %v", err)
	}
	var all []templates.Fault
	for _, e := range joined.Unwrap() {
		var f templates.Fault
		if !errors.As(e, &f) {
			t.Fatalf("not a fault: %v", e)
		}
		all = append(all, f)
	}
	return all
}

// checkWords checks that both languages are there and each is what it says.
func checkWords(t *testing.T, w incident.Words) {
	t.Helper()
	japanese := func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }
	if !strings.ContainsFunc(w.JA, japanese) {
		t.Errorf("no Japanese: %q", w.JA)
	}
	if w.EN == "" || strings.ContainsFunc(w.EN, japanese) {
		t.Errorf("no English: %q", w.EN)
	}
}
