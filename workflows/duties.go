package workflows

import (
	"maps"
	"time"

	"hikeshi/workflows/incident"
)

// onceAsked are the rules of notification during one command, which asks them for the same
// several times: what is owed, whom to remind, and when the next reminder is due.
type onceAsked struct {
	incident.Clocks
	facts      incident.Facts
	aware, now time.Time
	duties     []incident.Duty
	asked      bool
}

// Duties gives what was given before where it was asked of the same. Nobody may change it.
func (o *onceAsked) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	if !o.asked || !o.aware.Equal(aware) || !o.now.Equal(now) || !maps.Equal(o.facts, f) {
		o.duties = o.Clocks.Duties(f, aware, now)
		o.facts, o.aware, o.now, o.asked = maps.Clone(f), aware, now, true
	}
	return o.duties
}
