package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"hikeshi/workflows/incident"
)

// Merge carries a parsed list over the list in force. Known people keep their PersonID,
// new ones get one that depends on nothing but their details, and those who are no longer
// listed stay as inactive. The result is in the order of the parsed list, the inactive after it.
// today is any instant of the day, in Asia/Tokyo, from which absences without a year are told.
//
// A person is known by mail address, Slack ID, Discord ID, or name and department. Where
// several claim one entry, the one with the same name has it; and an address that passed
// to somebody with another name and another chat ID (president@…) does not make the
// successor the predecessor.
func Merge(current []Person, parsed []Row, today time.Time) []Person {
	listed, cells := assemble(parsed)
	owner := match(current, listed)
	taken := make(map[incident.PersonID]bool, len(current)+len(listed))
	for _, p := range current {
		taken[p.ID] = true
	}
	claimed := make([]bool, len(current))
	out := make([]Person, 0, len(current)+len(listed))
	for i, p := range listed {
		if c := owner[i]; c >= 0 {
			p.ID = current[c].ID
			claimed[c] = true
		} else {
			p.ID = newID(p, taken)
			taken[p.ID] = true
		}
		out = append(out, p)
	}
	setAbsences(out, cells, today)
	for c, p := range current {
		if !claimed[c] {
			p = p.clone()
			p.Active = false
			out = append(out, p)
		}
	}
	return out
}

// assemble makes people without an ID of the rows, each with a row that has what is known of
// the person.
func assemble(rows []Row) (people []Person, cells []Row) {
	rows, _ = reconcile(rows)
	persons, _ := recognise(rows)
	for _, members := range persons {
		p := rows[members[0]].person()
		for _, m := range members {
			if rows[m].Role != "" {
				p.Duties = append(p.Duties, Duty{rows[m].Role, rows[m].Note, rows[m].Order})
			}
		}
		people, cells = append(people, p), append(cells, rows[members[0]])
	}
	return people, cells
}

// match gives for each listed person the index of the same person in current, or -1. Each
// round asks less than the one before; an entry once claimed is gone.
func match(current, listed []Person) []int {
	owner := slices.Repeat([]int{-1}, len(listed))
	claimed := make([]bool, len(current))
	rounds := []func(now, then Person) bool{}
	for _, c := range idColumns {
		rounds = append(rounds, func(now, then Person) bool {
			return sameID(c, now, then) && fold(now.Name) == fold(then.Name)
		})
	}
	rounds = append(rounds, sameNameAndDepartment)
	for _, c := range idColumns {
		rounds = append(rounds, func(now, then Person) bool {
			return sameID(c, now, then) && !otherID(now, then)
		})
	}
	keys := matchKeys()
	for n, same := range rounds {
		places := make(map[string][]int)
		for _, active := range []bool{true, false} { // who is on the list goes before who left
			for c, p := range current {
				if k := keys[n](p); k != "" && !claimed[c] && p.Active == active {
					places[k] = append(places[k], c)
				}
			}
		}
		for i, p := range listed {
			if owner[i] >= 0 {
				continue
			}
			for _, c := range places[keys[n](p)] {
				if !claimed[c] && same(p, current[c]) {
					owner[i], claimed[c] = c, true
					break
				}
			}
		}
	}
	return owner
}

// matchKeys gives for each round of match the text under which its pairs are looked up.
func matchKeys() []func(p Person) string {
	var byID []func(p Person) string
	for _, c := range idColumns {
		byID = append(byID, func(p Person) string { return fold(p.id(c)) })
	}
	byName := func(p Person) string { return fold(p.Name) }
	return slices.Concat(byID, []func(p Person) string{byName}, byID)
}

func (p Person) id(c column) string {
	switch c {
	case colEmail:
		return p.Email
	case colSlack:
		return p.SlackID
	default:
		return p.DiscordID
	}
}

func sameID(c column, a, b Person) bool { return a.id(c) != "" && fold(a.id(c)) == fold(b.id(c)) }

// sameNameAndDepartment is not shaken by another mail address: people change it.
func sameNameAndDepartment(a, b Person) bool {
	return fold(a.Name) == fold(b.Name) && fold(a.Department) == fold(b.Department)
}

// otherID reports another name together with a different ID of some kind.
func otherID(a, b Person) bool {
	if fold(a.Name) == fold(b.Name) {
		return false
	}
	return slices.ContainsFunc(idColumns, func(c column) bool {
		return a.id(c) != "" && b.id(c) != "" && fold(a.id(c)) != fold(b.id(c))
	})
}

// newID derives an ID from what identifies a person: the same file gives the same IDs on
// every machine. An ID in use, also of a person who left, makes it longer.
func newID(p Person, taken map[incident.PersonID]bool) incident.PersonID {
	key := "name\x00" + fold(p.Name) + "\x00" + fold(p.Department)
	for _, c := range idColumns {
		if id := p.id(c); id != "" {
			key = string(c) + "\x00" + fold(id)
			break
		}
	}
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte(key))
		digits := hex.EncodeToString(sum[:])
		for length := 8; length <= len(digits); length += 2 {
			if id := incident.PersonID("p-" + digits[:length]); !taken[id] {
				return id
			}
		}
		key += "\x00" + strconv.Itoa(n)
	}
}
