package workflows_test

import (
	"strconv"
	"sync"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Many reports of one guest at the same moment: none is refused, and no more than the first few
// call everybody, however they are interleaved.
func TestReportsOfOneGuestAtOnceAreCounted(t *testing.T) {
	p := newPlace(t)
	guest := incident.Actor{ID: "slack:U0GUEST", Name: "客"}
	const many = incident.FreeReports + 5
	outs := make([]workflows.Outcome, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			outs[i] = p.do(t, workflows.Command{Key: "guest " + strconv.Itoa(i), By: guest, Source: incident.FromPerson, Do: incident.Report{Text: "画面がおかしい " + strconv.Itoa(i), Earlier: -1}})
		})
	}
	all.Wait()
	everybody, nth := 0, map[int]bool{}
	for _, out := range outs {
		if !out.Accepted() {
			t.Fatalf("refused: %+v", out)
		}
		in, err := p.store.Incident(t.Context(), out.Incident)
		if err != nil {
			t.Fatal(err)
		}
		if in.Frequent == 0 {
			everybody++
		} else if nth[in.Frequent] {
			t.Errorf("two are report %d", in.Frequent)
		}
		nth[in.Frequent] = true
	}
	if everybody != incident.FreeReports {
		t.Errorf("%d of %d call everybody", everybody, many)
	}
	out := p.do(t, workflows.Command{Key: "listed", By: p.person(t, "山本"), Source: incident.FromPerson, Do: incident.Report{Text: "x", Earlier: 99}})
	if in, err := p.store.Incident(t.Context(), out.Incident); err != nil || in.Frequent != 0 {
		t.Errorf("an employee's is held back: %v", err)
	}
}
