package fault

import (
	"slices"
	"strings"
)

// Among checks that a name is one of those known. Otherwise it says so and what to write:
// the name that was probably meant, or all there are. noun is the key of what it names.
func Among(noun, name string, known []string) (what, remedy Saying, ok bool) {
	if slices.Contains(known, name) {
		return Saying{}, Saying{}, true
	}
	oneOf := Say("mend.one_of", "known", strings.Join(known, ", "))
	if name == "" {
		return Say("overlay.name_missing").With("noun", noun), oneOf, false
	}
	what = Say("overlay.name_unknown", "value", name).With("noun", noun)
	if meant := Nearest(name, known); meant != "" {
		return what, Say("mend.meant", "meant", meant), false
	}
	return what, oneOf, false
}

// Nearest gives the known word within two edits (a letter added, left out or changed) of a
// mistyped one, the closest first, and "" when none is that close.
func Nearest(word string, known []string) string {
	best, meant := 3, ""
	for _, k := range known {
		// Two edits turn any two letters into any others: that is no resemblance.
		if d := edits(word, k); d < best && d < len([]rune(k)) && d < len([]rune(word)) {
			best, meant = d, k
		}
	}
	return meant
}

// edits is the Levenshtein distance in characters.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return 3 // further apart than Nearest looks, whatever the letters
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			change := diagonal
			if x[i] != y[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
