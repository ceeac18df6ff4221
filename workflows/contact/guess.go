package contact

import (
	"strings"
	"unicode/utf8"

	"hikeshi/workflows/incident"
)

// longestGuess bounds the length of a text for which a near name is looked up, in runes:
// the distance costs the product of both lengths.
const longestGuess = 40

// suggestRole names the titles or ids that may have been meant, every one when nothing is near.
// Whoever writes ids is answered with ids.
func suggestRole(value string) string {
	byID := ascii(value)
	var names, known []string
	for _, t := range roleTitles {
		if byID {
			names = append(names, string(t.role))
			known = append(known, string(t.role))
			continue
		}
		names = append(names, t.titles[0])
		known = append(known, t.titles...)
	}
	if near := nearest(value, known); len(near) > 0 {
		return strings.Join(near, " / ")
	}
	return strings.Join(names, " / ")
}

// suggestColumn names the column that may have been meant, every one when nothing is near.
func suggestColumn(value string) string {
	say := japaneseHeader
	if ascii(value) {
		say = func(c column) string { return string(c) }
	}
	if c, ok := headerHints[foldLabel(value)]; ok {
		return say(c)
	}
	names := make([]string, 0, len(columnNames))
	for _, n := range columnNames {
		names = append(names, say(n.column))
	}
	if near := nearest(value, names); len(near) > 0 {
		return strings.Join(near, " / ")
	}
	return strings.Join(names, " / ")
}

// severalRoles gives the roles of a cell that holds more than one, nil otherwise.
func severalRoles(value string) []incident.Role {
	parts := strings.FieldsFunc(value, func(r rune) bool {
		return strings.ContainsRune(",;/&+|\u3001\uff0c\uff1b\uff0f\uff06\uff0b\u30fb\uff65", r)
	})
	if len(parts) < 2 {
		return nil
	}
	roles := make([]incident.Role, 0, len(parts))
	for _, p := range parts {
		r, ok := roleByName[foldLabel(p)]
		if !ok {
			return nil
		}
		roles = append(roles, r)
	}
	return roles
}

// nearest gives the names within about a third of its length of value, the nearest first only;
// failing that, the names that contain it or are contained in it.
func nearest(value string, names []string) []string {
	v := foldLabel(value)
	n := utf8.RuneCountInString(v)
	if n < 2 || n > longestGuess {
		return nil
	}
	var near, within []string
	best := 1 << 30
	for _, name := range names {
		f := foldLabel(name)
		if strings.Contains(f, v) || strings.Contains(v, f) {
			within = append(within, name)
		}
		d := distance([]rune(v), []rune(f))
		if d > max(1, min(3, (n+1)/3)) || d > best {
			continue
		}
		if d < best {
			best, near = d, nil
		}
		near = append(near, name)
	}
	if len(near) > 0 {
		return near
	}
	return within
}

// distance is the Levenshtein distance in runes.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
