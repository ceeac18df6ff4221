package templates

import (
	"reflect"
	"strings"
	"time"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/paging"
)

// The shape of policies/paging.yaml before it said whom to call and by what.
type waitsSheet struct {
	Waits struct {
		Unconfirmed *string `yaml:"unconfirmed"`
		Level3      *string `yaml:"level_3"`
		Level2      *string `yaml:"level_2"`
		Level1      *string `yaml:"level_1"`
	} `yaml:"waits"`
	Again struct {
		NobodyActs    *string `yaml:"nobody_acts"`
		SomebodyLeads *string `yaml:"somebody_leads"`
	} `yaml:"again"`
}

// loadWaits reads a file of the waits alone. A company that has set its own must not find the
// server silent after an update: it gets the people and the means of the usual policy, and its
// own waits. Once it writes more than waits, it writes the new shape.
func loadWaits(text []byte) (policy *paging.Policy, faults Faults) {
	var p paging.Waits
	var sheet waitsSheet
	file, wrong := parseYAML(pagingFile, text, &sheet, keysOf(reflect.TypeFor[waitsSheet]()))
	if wrong != nil {
		return nil, Faults{*wrong}
	}
	tell := func(path string, what, remedy fault.Saying) {
		faults = append(faults, file.problem(fault.Problem{Path: path, What: what, Remedy: remedy}))
	}
	waits := []struct {
		path    string
		written *string
		wait    *time.Duration
	}{
		{"waits.unconfirmed", sheet.Waits.Unconfirmed, &p.Unconfirmed},
		{"waits.level_3", sheet.Waits.Level3, &p.Level3},
		{"waits.level_2", sheet.Waits.Level2, &p.Level2},
		{"waits.level_1", sheet.Waits.Level1, &p.Level1},
		{"again.nobody_acts", sheet.Again.NobodyActs, &p.Again},
		{"again.somebody_leads", sheet.Again.SomebodyLeads, &p.AgainLed},
	}
	for _, w := range waits {
		_, key, _ := strings.Cut(w.path, ".")
		if w.written == nil {
			tell(w.path, fault.Say("overlay.key_missing", "value", key), fault.Say("mend.add_key", "value", key))
			continue
		}
		d, err := time.ParseDuration(strings.TrimSpace(*w.written))
		switch {
		case err != nil:
			tell(w.path, fault.Say("overlay.wait_shape", "value", *w.written), fault.Say("mend.wait"))
		case d < shortestWait || d > longestWait:
			tell(w.path, fault.Say("overlay.wait_range", "value", *w.written, "min", "1m", "max", "24h"), fault.Say("mend.wait_range"))
		default:
			*w.wait = d
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	for i := 1; i < 3; i++ { // level 3 and 2, each with the one below
		if above, below := waits[i], waits[i+1]; *above.wait > *below.wait {
			tell(above.path, fault.Say("overlay.wait_order", "above", above.path, "below", below.path), fault.Say("mend.wait_order"))
		}
	}
	policy = paging.Usual()
	policy.Unconfirmed.Wait = p.Unconfirmed
	for _, l := range []struct {
		plan *paging.Plan
		wait time.Duration
	}{{&policy.Level3, p.Level3}, {&policy.Level2, p.Level2}, {&policy.Level1, p.Level1}} {
		l.plan.Wait, l.plan.Again, l.plan.AgainLed = l.wait, p.Again, p.AgainLed
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return policy, nil
}
