package templates

import (
	"embed"
	"io/fs"
	"reflect"
	"strings"
	"time"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/paging"
)

//go:embed policies/*.yaml
var policyFiles embed.FS

const (
	policyFolder = "policies"
	pagingFile   = policyFolder + "/paging.yaml"
)

// The shape of policies/paging.yaml.
type pagingSheet struct {
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

// The bounds of a wait: below a minute nobody can answer, above a day it is none.
const (
	shortestWait = time.Minute
	longestWait  = 24 * time.Hour
)

// LoadPaging reads how long calls wait: the embedded policy, or the overlay's
// policies/paging.yaml in its place. The error is Faults.
func LoadPaging(overlay fs.FS) (*paging.Policy, error) {
	p, faults := loadPaging(overlay)
	if err := append(faults, straysIn(overlay, policyFolder)...).asError(); err != nil {
		return nil, err
	}
	return p, nil
}

func loadPaging(overlay fs.FS) (policy *paging.Policy, faults Faults) {
	var p paging.Waits
	text, wrong := readFile(overlay, policyFiles, pagingFile)
	if wrong != nil {
		return nil, Faults{*wrong}
	}
	var sheet pagingSheet
	file, wrong := parseYAML(pagingFile, text, &sheet, keysOf(reflect.TypeFor[pagingSheet]()))
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
	return policy, faults
}
