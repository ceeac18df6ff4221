package clock_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

func compiled(t testing.TB, text string) *clock.Condition {
	t.Helper()
	c, wrong := clock.Compile(text)
	if wrong != nil {
		t.Fatalf("%s: %+v", text, wrong)
	}
	return c
}

// Three outcomes, and the facts that decide them.
func TestConditions(t *testing.T) {
	const yes, no, open = incident.Yes, incident.No, incident.Unknown
	for _, c := range []struct {
		text, facts string
		want        incident.Answer
		because     string
	}{
		{"virus", "virus=yes", yes, "virus"},
		{"virus", "virus=no", no, ""},
		{"virus", "", open, "virus"},
		{"virus", "virus=unknown", open, "virus"},
		{"virus", "virus=1", open, "virus"}, // nothing but yes and no answers it
		{"not virus", "virus=no", yes, "virus"},
		{"!virus", "virus=yes", no, ""},
		{"not not virus", "virus=yes", yes, "virus"},
		// What decides alone decides.
		{"virus and cards", "virus=no", no, ""},
		{"virus and cards", "cards=no", no, ""},
		{"virus && cards", "virus=yes", open, "virus cards"},
		{"virus or cards", "cards=yes", yes, "cards"},
		{"virus || cards", "virus=no", open, "cards"}, // the no says nothing of what is open
		{"virus or cards", "virus=no cards=no", no, ""},
		{"virus or cards", "virus=yes cards=yes", yes, "virus cards"},
		{"cards or virus", "virus=yes cards=yes", yes, "cards virus"},
		{"virus and (cards or pmark)", "virus=yes cards=no pmark=yes", yes, "virus pmark"},
		{"virus and not (cards or pmark)", "virus=yes cards=no pmark=no", yes, "virus cards pmark"},
		{"virus and virus", "virus=yes", yes, "virus"},
		// Counts.
		{"persons > 1000", "persons=1000", no, ""},
		{"persons > 1000", "persons=1001", yes, "persons"},
		{"persons >= 1000", "persons=1000", yes, "persons"},
		{"persons < 10", "persons=9", yes, "persons"},
		{"persons <= 10", "persons=10", yes, "persons"},
		{"persons <= 10", "persons=11", no, ""},
		{"persons == 10", "persons=10", yes, "persons"},
		{"persons == 10", "persons=11", no, ""},
		{"persons > 1000", "", open, "persons"},
		{"persons > 1000", "persons=many", open, "persons"},
		{"persons > 1000", "persons=-5000", open, "persons"},
		// At least as many as there are with a My Number.
		{"persons > 1000", "my_number_persons=1001", yes, "persons"},
		{"persons >= 1001", "my_number_persons=1001", yes, "persons"},
		{"persons > 1000", "my_number_persons=1000", open, "persons"},
		{"persons < 1000", "my_number_persons=1001", open, "persons"},
		{"my_number_persons > 100", "persons=1001", open, "my_number_persons"},
	} {
		got, because := compiled(t, c.text).Holds(said(c.facts))
		var names []string
		for _, k := range because {
			names = append(names, string(k))
		}
		if got != c.want || strings.Join(names, " ") != c.because {
			t.Errorf("%s with %s: %s because of %v", c.text, c.facts, got, names)
		}
	}
}

// A fault says where in the text it is, in characters, what is wrong, and what to write.
func TestConditionsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		what   string
		meant  string
	}{
		{"virus and personal_dat", 10, "overlay.name_unknown", "personal_data"},
		{"virus and weather", 10, "overlay.name_unknown", ""},
		{"virus & cards", 6, "overlay.when_unreadable", ""},
		{"virus and", 8, "overlay.when_unreadable", ""},
		{"(virus", 5, "overlay.when_unreadable", ""},
		{"", 0, "overlay.when_unreadable", ""},
		{"persons", 0, "overlay.applies_count", ""},
		{"virus and persons", 10, "overlay.applies_count", ""},
		{"virus > 5", 0, "overlay.applies_switch", ""},
		{"persons > 5.5", 8, "overlay.applies_compare", ""},
		{"persons > virus", 8, "overlay.applies_compare", ""},
		{"5 < persons", 2, "overlay.applies_compare", ""},
		{"persons + 1 > 5", 12, "overlay.applies_compare", ""},
		{"persons + 1", 8, "overlay.when_word", ""},
		{"virus in [1]", 6, "overlay.when_word", ""},
		{"virus == true", 6, "overlay.applies_compare", ""},
		{"true", 0, "overlay.applies_only_facts", ""},
		{"-virus", 0, "overlay.applies_only_facts", ""},
		{"len(virus)", 0, "overlay.applies_only_facts", ""},
		{"virus ? cards : pmark", 0, "overlay.applies_only_facts", ""},
		{"virus; cards", 0, "overlay.applies_only_facts", ""},
		{"let x = 1; x", 0, "overlay.applies_only_facts", ""},
		{strings.Repeat("(", 600), 0, "overlay.when_long", ""},
		{"個人情報 and virus", 0, "", ""},
	} {
		got, wrong := clock.Compile(c.text)
		if wrong == nil {
			t.Errorf("%.40q is taken", c.text)
			continue
		}
		if got != nil {
			t.Errorf("%.40q: a condition beside the fault", c.text)
		}
		if wrong.Offset != c.offset || c.what != "" && wrong.What.Key != c.what || wrong.What.Key == "" || wrong.Remedy.Key == "" {
			t.Errorf("%.40q: at %d, %v; %v", c.text, wrong.Offset, wrong.What, wrong.Remedy)
		}
		if c.meant != "" && !slices.Contains(wrong.Remedy.Args, c.meant) {
			t.Errorf("%.40q: %v", c.text, wrong.Remedy)
		}
	}
}

// shaped draws a condition.
func shaped(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 4).Draw(t, "shape")
	if depth == 0 {
		kind %= 2
	}
	switch kind {
	case 0:
		return rapid.SampledFrom([]string{"virus", "cards", "pmark", "special_care"}).Draw(t, "fact")
	case 1:
		return rapid.SampledFrom([]string{"persons > 10", "persons <= 10", "persons == 5", "my_number_persons >= 10"}).Draw(t, "count")
	case 2:
		return "not (" + shaped(t, depth-1) + ")"
	case 3:
		return "(" + shaped(t, depth-1) + " and " + shaped(t, depth-1) + ")"
	}
	return "(" + shaped(t, depth-1) + " or " + shaped(t, depth-1) + ")"
}

// A yes or a no stays one whatever is learned later, and is reached when all is known.
func TestAnOutcomeStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := shaped(t, 4)
		c, wrong := clock.Compile(text)
		if wrong != nil {
			if utf8.RuneCountInString(text) > 500 {
				t.Skip("too long")
			}
			t.Fatalf("%s: %+v", text, wrong)
		}
		known, all := incident.Facts{}, incident.Facts{}
		for _, k := range []incident.FactKey{"virus", "cards", "pmark", "special_care", "persons", "my_number_persons"} {
			from := []incident.Answer{incident.Yes, incident.No}
			if k == "persons" {
				from = []incident.Answer{"10", "11", "12"}
			}
			if k == "my_number_persons" { // never more than the persons
				from = []incident.Answer{"0", "5", "10"}
			}
			all[k] = rapid.SampledFrom(from).Draw(t, string(k))
			if rapid.Bool().Draw(t, "known") {
				known[k] = all[k]
			}
		}
		before, _ := c.Holds(known)
		after, because := c.Holds(all)
		if after != incident.Yes && after != incident.No {
			t.Fatalf("%s with %v: %s", text, all, after)
		}
		if before != incident.Unknown && before != after {
			t.Fatalf("%s: %s with %v, and %s with %v", text, before, known, after, all)
		}
		// Those that decide it are enough by themselves.
		if after == incident.Yes {
			alone := incident.Facts{}
			for _, k := range because {
				alone[k] = all[k]
			}
			if slices.Contains(because, "persons") {
				alone["my_number_persons"] = all["my_number_persons"]
			}
			if got, _ := c.Holds(alone); got != incident.Yes {
				t.Fatalf("%s: because of %v it is %s", text, because, got)
			}
		}
	})
}

// FuzzCondition: whatever stands in a company's file is read or refused, and never stops the
// program; what was read gives the same outcome each time, and names only facts it has.
func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		appi, myNumber, "virus", "not not virus", "virus and", "virus ? a : b", "persons > 1000 and persons", "\x00", "個人情報", "virus ?? cards",
		"map(1..9, {#})", "let x = virus; x", "persons > 99999999999999999999", "persons > 0x10", "persons > 1_000", "virus\n\tor\r\ncards", "//", "virus /* */ or cards",
		`"a" in ["b"]`, "((((((((((virus))))))))))", "not(virus)and(cards)", "persons >= -1", "virus | cards", "{virus: 1}", "persons > 1000 > 5", "virus == cards", "$env", "#",
	} {
		f.Add(seed, "yes", "1001")
	}
	f.Fuzz(func(t *testing.T, text, answer, count string) {
		c, wrong := clock.Compile(text)
		if (c == nil) == (wrong == nil) {
			t.Fatalf("%q: %v and %+v", text, c, wrong)
		}
		if wrong != nil {
			if wrong.Offset < 0 || wrong.Offset > utf8.RuneCountInString(text) || wrong.What.Key == "" || wrong.Remedy.Key == "" {
				t.Fatalf("%q: %+v", text, wrong)
			}
			return
		}
		facts := incident.Facts{}
		for i, k := range incident.FactKeys {
			switch {
			case k.Numeric():
				facts[k] = incident.Answer(count)
			case i%3 == 0:
				facts[k] = incident.Answer(answer)
			case i%3 == 1:
				facts[k] = incident.No
			}
		}
		got, because := c.Holds(facts)
		again, same := c.Holds(facts)
		if got != again || !slices.Equal(because, same) {
			t.Fatalf("%q: %s %v, and again %s %v", text, got, because, again, same)
		}
		if got != incident.Yes && got != incident.No && got != incident.Unknown {
			t.Fatalf("%q: %q", text, got)
		}
		if (got == incident.No) != (because == nil) {
			t.Fatalf("%q: %s because of %v", text, got, because)
		}
		for _, k := range because {
			if !strings.Contains(text, string(k)) {
				t.Fatalf("%q: because of %s", text, k)
			}
		}
	})
}
