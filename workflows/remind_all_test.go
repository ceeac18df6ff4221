package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// A morning of several incidents: each is said once, however often the same claim is worked
// off, and one that cannot be read keeps the others from nothing.
func TestTheRemindersOfAMorningAreCarriedOutTogether(t *testing.T) {
	p := newPlace(t)
	p.service.UseClocks(rules(t).For(company.Profile{}))
	var ids []incident.ID
	for _, key := range []string{"1", "2", "3", "4"} {
		ids = append(ids, p.loss(t, key))
		p.must(t, ids[len(ids)-1], p.person(t, "佐藤"), "lead", incident.Take{})
	}
	p.clock.move(4*24*time.Hour - 30*time.Minute) // of the first day of three
	p.hand(t, `DELETE FROM timers WHERE kind <> 'clocks'`)
	p.hand(t, `UPDATE incidents SET state = 'damaged' WHERE id = $1`, string(ids[1]))
	timers, err := p.service.Claim(t.Context(), "w", time.Minute, 100)
	if err != nil || len(timers) != len(ids) {
		t.Fatalf("%d timers, %v", len(timers), err)
	}
	for range 2 { // the second time is a claim whose lease ran out meanwhile
		var failed []incident.ID
		p.service.FireAll(context.Background(), timers, func(x workflows.Timer, err error) {
			if !errors.Is(err, workflows.ErrUnreadable) {
				t.Error(err)
			}
			failed = append(failed, x.Incident)
		})
		if len(failed) != 1 || failed[0] != ids[1] {
			t.Errorf("failed: %v", failed)
		}
		for i, id := range ids {
			if i == 1 {
				continue
			}
			if got := p.entries(t, id, incident.ClocksReminded{}.Kind()); len(got) != 1 {
				t.Errorf("%s: reminded %d times", id, len(got))
			}
			if due, ok := p.incident(t, id).NextReminder(p.service.Clocks(), p.clock.Now()); !ok || !due.After(p.clock.Now()) {
				t.Errorf("%s: next at %v, %v", id, due, ok)
			}
		}
	}
	again, err := p.service.Claim(t.Context(), "other", time.Minute, 100)
	if err != nil || len(again) != 0 {
		t.Errorf("%d are still due, %v", len(again), err)
	}
}

// Of more reminders than one transaction takes, several go beside one another: every incident is
// reminded once, also when one of them cannot be read, and when two servers have the same claim.
func TestTheRemindersOfAMorningGoBesideOneAnother(t *testing.T) {
	const incidents = 300
	p := newPlace(t)
	p.service.UseClocks(rules(t).For(company.Profile{}))
	id := p.loss(t, "1")
	p.must(t, id, p.person(t, "佐藤"), "lead", incident.Take{})
	p.clock.move(4*24*time.Hour - 30*time.Minute)
	p.hand(t, `DELETE FROM timers WHERE kind <> 'clocks'`)
	p.copies(t, incidents)
	damaged := incident.ID(string(id) + "x150")
	p.hand(t, `UPDATE incidents SET state = 'damaged' WHERE id = $1`, string(damaged))
	timers, err := p.service.Claim(t.Context(), "w", time.Minute, 2*incidents)
	if err != nil || len(timers) != incidents {
		t.Fatalf("%d timers, %v", len(timers), err)
	}
	backwards := slices.Clone(timers)
	slices.Reverse(backwards)
	told := make(chan workflows.Timer, 2*incidents)
	done := make(chan bool)
	for _, list := range [][]workflows.Timer{timers, backwards} {
		go func() {
			p.service.FireAll(context.Background(), list, func(x workflows.Timer, _ error) { told <- x })
			done <- true
		}()
	}
	<-done
	<-done
	close(told)
	failed := 0
	for x := range told {
		if failed++; x.Incident != damaged {
			t.Errorf("%s failed", x.Incident)
		}
	}
	if failed != 2 {
		t.Errorf("%d failed", failed)
	}
	for _, x := range timers {
		if x.Incident == damaged {
			continue
		}
		if got := p.entries(t, x.Incident, incident.ClocksReminded{}.Kind()); len(got) != 1 {
			t.Errorf("%s: reminded %d times", x.Incident, len(got))
		}
	}
	if again, err := p.service.Claim(t.Context(), "other", time.Minute, 2*incidents); err != nil || len(again) != 0 {
		t.Errorf("%d are still due, %v", len(again), err)
	}
}

// copies makes so many of each incident that is there, the one that is there among them.
func (p *place) copies(t fataler, times int) {
	each := fmt.Sprintf(` WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `, times)
	p.hand(t, `INSERT INTO incidents (id, seq, phase, level, reported_at, changed_at, state)`+each+`
		SELECT o.id || 'x' || n.i, o.seq, o.phase, o.level, o.reported_at, o.changed_at, replace(o.state, o.id, o.id || 'x' || n.i) FROM incidents o, n`)
	p.hand(t, `INSERT INTO members (incident, person)`+each+` SELECT o.incident || 'x' || n.i, o.person FROM members o, n`)
	p.hand(t, `INSERT INTO timers (key, kind, incident, due, round, day, attempt, owner, next)`+each+`
		SELECT o.key || 'x' || n.i, o.kind, o.incident || 'x' || n.i, o.due, o.round, o.day, 0, '', o.next FROM timers o, n`)
}
