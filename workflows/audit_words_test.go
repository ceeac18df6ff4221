package workflows_test

import (
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A message of the auditor names the timer that is missing; that of calls, and of every version
// before, has none in its key.
func TestTheMessageKnowsWhichTimerIsMissing(t *testing.T) {
	for timer, want := range map[workflows.TimerKind]string{
		"": "audit.timer", workflows.TimerRound: "audit.timer", workflows.TimerOffer: "audit.timer.offer", workflows.TimerClocks: "audit.timer.clocks",
	} {
		n := incident.Notice{Key: workflows.KeyOfTimer("INC-2026-0001", timer, "2026-11-22") + ":p-sato:mail", Incident: "INC-2026-0001"}
		if f := workflows.FindingOf(n); f.Kind != workflows.FindingTimer || f.Words() != want {
			t.Errorf("%q: %s, want %s", n.Key, f.Words(), want)
		}
	}
}
