package contact

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
)

func TestMergeKeepsKnownPeople(t *testing.T) {
	old := Person{ID: "p-old", Name: "田中 一", Department: "営業部", Email: "tanaka@example.co.jp", SlackID: "U0000001", DiscordID: "123456789012345678", Active: true}
	other := Person{ID: "p-other", Name: "佐藤 二", Department: "製造部", Email: "president@example.co.jp", SlackID: "U0000002", Active: true}
	gone := Person{ID: "p-gone", Name: "鈴木 三", Department: "管理部", Email: "suzuki@example.co.jp"}
	const fresh = "(new)"
	for _, c := range []struct {
		name string
		row  Row
		want incident.PersonID
	}{
		{"same mail, other name", Row{Name: "山田 一", Department: "製造部", Email: "TANAKA@example.co.jp"}, "p-old"},
		{"same Slack ID, other mail and department", Row{Name: "田中 一", Department: "製造部", Email: "new@example.co.jp", SlackID: "U0000001"}, "p-old"},
		{"same Discord ID only", Row{Name: "田中", DiscordID: "123456789012345678"}, "p-old"},
		{"same name and department, other spaces", Row{Name: "田中一", Department: "営業部"}, "p-old"},
		{"same name and department, other mail", Row{Name: "田中 一", Department: "営業部", Email: "new@example.co.jp"}, "p-old"},
		{"same name, other department", Row{Name: "田中 一", Department: "製造部"}, fresh},
		{"nobody known", Row{Name: "渡辺 四", Email: "watanabe@example.co.jp"}, fresh},
		{"comes back", Row{Name: "鈴木 三", Email: "suzuki@example.co.jp"}, "p-gone"},
		{"inherits an address", Row{Name: "渡辺 四", Email: "president@example.co.jp", SlackID: "U0000009"}, fresh},
	} {
		t.Run(c.name, func(t *testing.T) {
			merged := Merge([]Person{old, other, gone}, []Row{c.row}, today)
			got := merged[0].ID
			if !slices.Contains(ids{"p-old", "p-other", "p-gone"}, got) {
				got = fresh
			}
			if got != c.want {
				t.Errorf("is %s, want %s", got, c.want)
			}
			if merged[0].Name != c.row.Name || !merged[0].Active {
				t.Errorf("the new details are not taken: %+v", merged[0])
			}
			for _, p := range merged[1:] {
				if p.Active {
					t.Errorf("%s is no longer listed, but active", p.ID)
				}
			}
		})
	}
}

func TestMergeGivesAnEntryToTheSameName(t *testing.T) {
	current := []Person{
		{ID: "p-1", Name: "田中 一", Department: "営業部", Email: "a@example.co.jp", Active: true},
		{ID: "p-2", Name: "佐藤 二", Department: "営業部", Email: "b@example.co.jp", Active: true},
	}
	merged := Merge(current, []Row{
		{Name: "佐藤 二", Department: "営業部", Email: "a@example.co.jp"}, // the two changed desks
		{Name: "田中 一", Department: "営業部", Email: "b@example.co.jp"},
	}, today)
	if len(merged) != 2 || merged[0].ID != "p-2" || merged[1].ID != "p-1" {
		t.Errorf("%+v", merged)
	}
}

func TestNewIDs(t *testing.T) {
	row := []Row{{Name: "田中", Email: "tanaka@example.co.jp"}}
	first := Merge(nil, row, today)[0].ID
	if !regexp.MustCompile(`^p-[0-9a-f]{8}$`).MatchString(string(first)) {
		t.Errorf("the ID is %q", first)
	}
	if again := Merge(nil, []Row{{Name: "田中 一", Email: "Tanaka@example.co.jp"}}, today)[0].ID; again != first {
		t.Errorf("the same mail gave %q and %q", first, again)
	}
	// Somebody unlike holds the ID already.
	second := Merge([]Person{{ID: first, Name: "佐藤", Department: "x"}}, row, today)[0].ID
	if !regexp.MustCompile(`^p-[0-9a-f]{10}$`).MatchString(string(second)) {
		t.Errorf("the longer ID is %q", second)
	}
	taken := make(map[incident.PersonID]bool)
	for range 200 {
		id := newID(Person{Name: "田中"}, taken)
		if taken[id] {
			t.Fatalf("%q is given twice", id)
		}
		taken[id] = true
	}
}

func TestMergeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyPeople().Draw(t, "before")
		rows, faults := Parse(Export(anyPeople().Draw(t, "after")))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		once := Merge(before, rows, today)
		if diff := cmp.Diff(once, Merge(once, rows, today)); diff != "" {
			t.Fatalf("the same list again changes: %s", diff)
		}
		seen := make(map[incident.PersonID]bool)
		for _, p := range once {
			if seen[p.ID] {
				t.Fatalf("%s stands twice", p.ID)
			}
			seen[p.ID] = true
		}
		for _, p := range before {
			if !seen[p.ID] {
				t.Fatalf("%s was removed", p.ID)
			}
		}
		if !Compare(once, once).Empty() {
			t.Fatal("a list differs from itself")
		}
		c := Compare(before, once)
		was, is := NewDirectory(before), NewDirectory(once)
		if got := len(was.People()) + len(c.Added) - len(c.Removed); got != len(is.People()) {
			t.Fatalf("%d people by the changes, %d in the list", got, len(is.People()))
		}
	})
}

func TestCompare(t *testing.T) {
	before := []Person{
		{ID: "p-1", Name: "田中", Phone: "110", Active: true, Duties: []Duty{{incident.Press, "", 0}}},
		{ID: "p-2", Name: "佐藤", Active: true},
		{ID: "p-3", Name: "鈴木"},
		{ID: "p-4", Name: "高橋", Active: true},
	}
	after := []Person{
		{ID: "p-1", Name: "田中 一", Phone: "110", Active: true, Duties: []Duty{{incident.Press, "", 1}}},
		{ID: "p-3", Name: "鈴木", Active: true},
		{ID: "p-4", Name: "高橋", Active: true},
		{ID: "p-5", Name: "伊藤", Active: true},
		{ID: "p-2", Name: "佐藤"},
	}
	want := Changes{
		Added:   []Person{after[1], after[3]},
		Changed: []Change{{before[0], after[0], []string{"name", "role"}}},
		Removed: []Person{before[1]},
	}
	if diff := cmp.Diff(want, Compare(before, after)); diff != "" {
		t.Error(diff)
	}
}

func TestPeopleAreStoredWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := anyPeople().Draw(t, "list")
		stored, err := json.Marshal(people)
		if err != nil {
			t.Fatal(err)
		}
		var back []Person
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(people, back); diff != "" {
			t.Fatal(diff)
		}
	})
}
