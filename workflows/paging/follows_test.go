package paging_test

import (
	"slices"
	"testing"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// What is said of the end of a wait comes true: somebody new is called, or the same people again.
func TestWhoFollowsIsKnownBefore(t *testing.T) {
	people := func(in *incident.Incident) (out []person) {
		for _, pg := range in.Pages {
			if !slices.Contains(out, pg.Person) {
				out = append(out, pg.Person)
			}
		}
		return out
	}
	seen := map[bool]int{}
	for _, level := range []incident.Level{incident.Level1, incident.Level2, incident.Level3} {
		town, policy := newTown(), paging.Usual()
		c := begin(t, town, policy, level, sunday)
		for range 20 {
			due, ok := policy.Round(c.in, town)
			if !ok {
				t.Fatalf("level %s: nobody is waited for", level)
			}
			follows, before := policy.Follows(c.in, town, due), len(people(c.in))
			c.pass(1)
			if after := len(people(c.in)); follows != (after > before) {
				t.Errorf("level %s at %s: somebody follows: %v; %d were called before, %d after", level, due, follows, before, after)
			}
			seen[follows]++
		}
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("seen %v", seen)
	}
}
