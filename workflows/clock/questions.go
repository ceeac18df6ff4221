package clock

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"hikeshi/workflows/incident"
)

// Consider completes the answers as Consider does, and by what the company has said of itself.
func (b *Book) Consider(given incident.Facts) Considered {
	c := Consider(given)
	c.of(b.profile)
	if k := incident.FactMyNumberPersons; c.Facts.Get(incident.FactMyNumber) == incident.No && c.Facts.Get(k) == incident.Unknown {
		c.follow(k, leastCount, incident.FactMyNumber)
	}
	return c
}

// Follows reports whether nobody need be asked a question: its answer follows from another one,
// or the company has given it once for all. given are the answers that were considered.
func (c Considered) Follows(given incident.Facts, k incident.FactKey) bool {
	switch {
	case given.Get(k) != incident.Unknown, c.Facts.Get(k) == incident.Unknown:
		return false
	case k == incident.FactMyNumberSystem:
		return false // supposed, until somebody says so
	case k == incident.FactPersons:
		return !slices.Contains(c.From[k], incident.FactPersonsMax) // the largest number is no count
	}
	return true
}

// Disputed reports whether an answer contradicts another one.
func (c Considered) Disputed(k incident.FactKey) bool {
	return slices.ContainsFunc(c.Contradictions, func(x Contradiction) bool { return x.Taken == k || x.Against == k })
}

// The least and the most that a count can be (the core takes no larger one).
const leastCount, mostCount = "0", "2000000000"

// Matters reports whether the answer to a question can change which duties there are, by when,
// or why, while the other answers stay as they are.
func Matters(rules incident.Clocks, given incident.Facts, k incident.FactKey, aware, now time.Time) bool {
	with := func(a incident.Answer) []incident.Duty {
		f := maps.Clone(given)
		if f == nil {
			f = incident.Facts{}
		}
		f[k] = a
		return rules.Duties(f, aware, now)
	}
	if k.Numeric() {
		return !reflect.DeepEqual(with(leastCount), with(mostCount))
	}
	return !reflect.DeepEqual(with(incident.No), with(incident.Yes))
}
