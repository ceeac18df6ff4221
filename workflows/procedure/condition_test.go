package procedure_test

import (
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

func TestHolds(t *testing.T) {
	book := build(t, sample())
	for _, tt := range []struct {
		when  string
		facts incident.Facts
		want  procedure.Tri
	}{
		{"", nil, "yes"},
		{"wide_scope", nil, "unknown"},
		{"wide_scope", incident.Facts{"wide_scope": "yes"}, "yes"},
		{"wide_scope", incident.Facts{"wide_scope": "no"}, "no"},
		{"wide_scope", incident.Facts{"wide_scope": "unknown"}, "unknown"},
		{"wide_scope", incident.Facts{"wide_scope": "perhaps"}, "unknown"},
		{"personal_data or my_number", incident.Facts{"personal_data": "yes"}, "yes"},
		{"personal_data or my_number", incident.Facts{"personal_data": "no"}, "unknown"},
		{"personal_data or my_number", incident.Facts{"personal_data": "no", "my_number": "no"}, "no"},
		{"personal_data || my_number", incident.Facts{"my_number": "yes"}, "yes"},
		{"personal_data and my_number", incident.Facts{"personal_data": "yes"}, "unknown"},
		{"personal_data and my_number", incident.Facts{"personal_data": "no"}, "no"},
		{"personal_data && my_number", incident.Facts{"personal_data": "yes", "my_number": "yes"}, "yes"},
		{"wide_scope and (virus or ransomware)", incident.Facts{"wide_scope": "yes", "virus": "no"}, "unknown"},
		{"wide_scope and (virus or ransomware)", incident.Facts{"wide_scope": "no", "virus": "yes"}, "no"},
		{"damaged_data", incident.Facts{"damaged_data": "no"}, "no"}, // one the book has compiled
		{"a fact of an older edition", incident.Facts{}, "unknown"},
		{"gone_fact", incident.Facts{"gone_fact": "yes"}, "unknown"},
	} {
		if got := book.Holds(tt.when, tt.facts); got != tt.want {
			t.Errorf("%q with %v: got %s, want %s", tt.when, tt.facts, got, tt.want)
		}
	}
}

// One more answer may settle a condition but never turn a settled one over, and what is
// settled with answers missing is settled the same way by every way of giving them.
func TestASettledConditionStaysSettled(t *testing.T) {
	names := []string{"personal_data", "my_number", "ransomware", "wide_scope"}
	var draw func(t *rapid.T, depth int) string
	draw = func(t *rapid.T, depth int) string {
		if depth == 0 || rapid.Bool().Draw(t, "leaf") {
			return rapid.SampledFrom(names).Draw(t, "fact")
		}
		op := rapid.SampledFrom([]string{" and ", " or "}).Draw(t, "op")
		return "(" + draw(t, depth-1) + op + draw(t, depth-1) + ")"
	}
	rapid.Check(t, func(t *rapid.T) {
		when := draw(t, 3)
		condition, fault := procedure.Compile(when)
		if fault != nil {
			t.Fatalf("%q is refused: %+v", when, *fault)
		}
		partly, fully := incident.Facts{}, incident.Facts{}
		for _, n := range names {
			k := incident.FactKey(n)
			fully[k] = rapid.SampledFrom([]incident.Answer{incident.Yes, incident.No}).Draw(t, n)
			if rapid.Bool().Draw(t, "known "+n) {
				partly[k] = fully[k]
			}
		}
		before, after := condition.Holds(partly), condition.Holds(fully)
		if after == procedure.Unknown {
			t.Fatalf("%q is unknown with every answer given: %v", when, fully)
		}
		if before != procedure.Unknown && before != after {
			t.Fatalf("%q went from %s with %v to %s with %v", when, before, partly, after, fully)
		}
	})
}

func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct {
		when   string
		offset int
		what   string
		remedy string
	}{
		{"personal_dta", 0, `"personal_dta" is no fact`, "did you mean personal_data?"},
		{"wide_scope or my_nummber", 14, `"my_nummber" is no fact`, "did you mean my_number?"},
		{"earthquake", 0, `"earthquake" is no fact`, "write one of personal_data, outsiders"},
		{"not personal_data", 0, `"not" cannot be used`, "for which the step is needed"},
		{"wide_scope and !virus", 15, `"!" cannot be used`, "for which the step is needed"},
		{"persons", 0, `"persons" is a count`, "answered by yes or no"},
		{"persons > 100", 8, `">" cannot be used`, `"and" and "or" only`},
		{"personal_data == true", 14, `"==" cannot be used`, `"and" and "or" only`},
		{"true", 0, "only name facts", "leave the condition out"},
		{"wide_scope ? virus : my_number", 0, "only name facts", "leave the condition out"},
		{"len([1]) > 0", 9, `">" cannot be used`, `"and" and "or" only`},
		{"any([virus], #)", 0, "only name facts", "leave the condition out"},
		{"virus; wide_scope", 0, "only name facts", "leave the condition out"},
		{"let x = virus; x", 0, "only name facts", "leave the condition out"},
		{"wide_scope and", 0, "cannot be read", "such as: personal_data or my_number"},
		{"電子データ and )", 10, "cannot be read", "such as: personal_data or my_number"},
		{strings.Repeat("(", 301), 0, "longer than 300", "split the step"},
	} {
		condition, fault := procedure.Compile(tt.when)
		if fault == nil {
			t.Errorf("%q is accepted: %v", tt.when, condition)
			continue
		}
		if what, remedy := english(t, fault.What), english(t, fault.Remedy); !strings.Contains(what, tt.what) || !strings.Contains(remedy, tt.remedy) {
			t.Errorf("%q: got %q; %q", tt.when, what, remedy)
		}
		if tt.when != "wide_scope and" && fault.Offset != tt.offset {
			t.Errorf("%q: the fault is at %d, want %d", tt.when, fault.Offset, tt.offset)
		}
	}
}

func TestHoldsFromManyGoroutines(t *testing.T) {
	book := build(t, sample())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if got := book.Holds("damaged_data", incident.Facts{"damaged_data": "yes"}); got != procedure.Yes {
					t.Errorf("got %s", got)
				}
			}
		})
	}
	all.Wait()
}
