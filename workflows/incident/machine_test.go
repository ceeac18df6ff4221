package incident

import (
	"slices"
	"strings"
	"testing"

	"github.com/looplab/fsm"
)

// Where every move leads from every phase, written from the flow of seed 001 §9.4 and §9.2;
// "-" is refused.
const phaseTable = `
                      reported     containment    investigation  recovery       final_report  closed         dismissed
advance               containment  investigation  recovery       final_report   -             -              -
back                  -            -              containment    investigation  recovery      -              -
close                 closed       -              -              -              closed        -              -
dismiss               dismissed    dismissed      dismissed      -              -             -              -
merge                 closed       closed         closed         closed         closed        -              -
reopen                -            -              -              -              -             investigation  -
reopen_reported       -            -              -              -              -             -              reported
reopen_containment    -            -              -              -              -             -              containment
reopen_investigation  -            -              -              -              -             -              investigation
reopen_recovery       -            -              -              -              -             -              -
reopen_               -            -              -              -              -             -              -
`

func TestEveryMoveFromEveryPhase(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(phaseTable), "\n")
	phases := strings.Fields(lines[0])
	if len(phases) != len(Phases) {
		t.Fatalf("the table has %d phases, there are %d", len(phases), len(Phases))
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, want := range cells[1:] {
			to, ok := nextPhase(Phase(phases[i]), cells[0])
			got := string(to)
			if !ok {
				got = "-"
			}
			if got != want {
				t.Errorf("%s from %s leads to %s, want %s", cells[0], phases[i], got, want)
			}
		}
	}
	// looplab/fsm takes any initial state; none of the moves may lead out of one it does not know.
	for _, from := range []Phase{"", "ghost", "Reported"} {
		for _, e := range phaseMoves() {
			if to, ok := nextPhase(from, e.Name); ok {
				t.Errorf("%s leads from %q to %s", e.Name, from, to)
			}
		}
	}
}

const levelTable = `
            unassessed  0        1        2        3
unassessed  -           confirm  confirm  confirm  confirm
0           -           -        raise    raise    raise
1           -           lower    -        raise    raise
2           -           lower    lower    -        raise
3           -           lower    lower    lower    -
`

func TestEveryLevelToEveryLevel(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(levelTable), "\n")
	level := func(s string) Level {
		for _, l := range append([]Level{Unassessed}, Levels...) {
			if l.String() == s {
				return l
			}
		}
		t.Fatalf("no level is called %q", s)
		return 0
	}
	targets := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, want := range cells[1:] {
			got, ok := levelMove(level(cells[0]), level(targets[i]))
			if !ok {
				got = "-"
			}
			if got != want {
				t.Errorf("from %s to %s is %s, want %s", cells[0], targets[i], got, want)
			}
		}
	}
	for _, strange := range []Level{-2, 4, 99} {
		if move, ok := levelMove(Level2, strange); ok {
			t.Errorf("from 2 to %d is %s", int(strange), move)
		}
	}
}

// A second line for the same event and source would silently win over the first.
func TestTheMachinesHaveNoDoubleAndNoStrangeLine(t *testing.T) {
	var phases, levels []string
	for _, p := range Phases {
		phases = append(phases, string(p))
	}
	for _, l := range append([]Level{Unassessed}, Levels...) {
		levels = append(levels, l.String())
	}
	for name, m := range map[string]struct {
		moves  fsm.Events
		states []string
	}{"phases": {phaseMoves(), phases}, "levels": {levelMoves(), levels}} {
		seen := map[string]bool{}
		reached := map[string]bool{}
		for _, e := range m.moves {
			if !slices.Contains(m.states, e.Dst) {
				t.Errorf("%s: %s leads to %q, which is no state", name, e.Name, e.Dst)
			}
			reached[e.Dst] = true
			for _, src := range e.Src {
				if !slices.Contains(m.states, src) {
					t.Errorf("%s: %s comes from %q, which is no state", name, e.Name, src)
				}
				if key := e.Name + " from " + src; seen[key] {
					t.Errorf("%s: %s stands there twice", name, key)
				} else {
					seen[key] = true
				}
				reached[src] = true
			}
		}
		for _, s := range m.states {
			if !reached[s] {
				t.Errorf("%s: nothing leads to or from %s", name, s)
			}
		}
	}
}

func TestEveryWordIsInThePermissionTable(t *testing.T) {
	for _, w := range AllWords {
		if len(permissions[w]) == 0 {
			t.Errorf("nobody may %s", w)
		}
	}
	if len(permissions) != len(AllWords) {
		t.Errorf("%d words have permissions, there are %d", len(permissions), len(AllWords))
	}
}
