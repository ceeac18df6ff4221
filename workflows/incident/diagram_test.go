package incident_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"hikeshi/workflows/incident"
)

var update = flag.Bool("update", false, "write the diagrams of the READMEs and the golden files anew")

var diagrams = []struct {
	marker string
	draw   func() (string, error)
	lines  int // of moves: one for each event and source of the machine, and the beginning
	states []string
}{
	{"phase-machine", incident.PhaseDiagram, 4 + 3 + 2 + 3 + 5 + 1 + 3 + 1, []string{"reported", "containment", "investigation", "recovery", "final_report", "closed", "dismissed"}},
	{"level-machine", incident.LevelDiagram, 4 + 6 + 6 + 1, []string{"unassessed", "0", "1", "2", "3"}},
}

// What Mermaid reads as one move; an identifier with a hyphen or a blank would end it.
var mermaidMove = regexp.MustCompile(`^    (\[\*\]|[a-z_0-9]+) --> ([a-z_0-9]+)(: [a-z_0-9]+)?$`)

func TestDiagramsAreMermaid(t *testing.T) {
	for _, d := range diagrams {
		text, err := d.draw()
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
		if lines[0] != "stateDiagram-v2" {
			t.Errorf("%s begins with %q", d.marker, lines[0])
		}
		seen := map[string]bool{}
		for _, line := range lines[1:] {
			m := mermaidMove.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("%s: Mermaid does not read %q", d.marker, line)
				continue
			}
			seen[m[1]], seen[m[2]] = true, true
		}
		if len(lines)-1 != d.lines {
			t.Errorf("%s draws %d moves, the machine has %d", d.marker, len(lines)-1, d.lines)
		}
		for _, s := range d.states {
			if !seen[s] {
				t.Errorf("%s does not show %s", d.marker, s)
			}
		}
		if len(seen) != len(d.states)+1 { // and [*]
			t.Errorf("%s shows %d states, there are %d", d.marker, len(seen)-1, len(d.states))
		}
	}
}

// The READMEs show the machines as they are. go test ./workflows/incident -run Diagram -update
// writes them between the markers.
func TestDiagramsOfTheREADMEs(t *testing.T) {
	for _, file := range []string{"../../README.md", "../../README.ja.md"} {
		was, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		now := was
		for _, d := range diagrams {
			text, err := d.draw()
			if err != nil {
				t.Fatal(err)
			}
			from, to := fmt.Appendf(nil, "<!-- %s -->", d.marker), fmt.Appendf(nil, "<!-- /%s -->", d.marker)
			head, rest, ok := bytes.Cut(now, from)
			_, tail, closed := bytes.Cut(rest, to)
			if !ok || !closed {
				t.Errorf("%s has no place for the diagram: write %s and %s on lines of their own where it belongs, then run go test ./workflows/incident -run Diagram -update", file, from, to)
				continue
			}
			now = bytes.Join([][]byte{head, from, []byte("\n```mermaid\n" + text + "```\n"), to, tail}, nil)
		}
		switch {
		case bytes.Equal(now, was):
		case *update:
			if err := os.WriteFile(file, now, 0o644); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s shows other machines than the program has: run go test ./workflows/incident -run Diagram -update and look at the difference", file)
		}
	}
}
