package workflows_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

func rules(t fataler) clock.Source {
	t.Helper()
	src, err := templates.LoadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func (p *place) tick(t fataler) {
	t.Helper()
	if err := p.service.Tick(context.Background(), p.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

func (p *place) incident(t fataler, id incident.ID) *incident.Incident {
	t.Helper()
	in, err := p.store.Incident(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// entries lists what the record says of one kind.
func (p *place) entries(t fataler, id incident.ID, kind incident.EventKind) (out []incident.Event) {
	t.Helper()
	records, err := p.store.Records(context.Background(), id, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Event.Kind() == kind {
			out = append(out, r.Event)
		}
	}
	return out
}

func TestOpenIncidentsFollowTheRules(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1") // before the program knew of clocks
	src := rules(t)
	book := src.For(company.Profile{})
	fewer := src
	fewer.Rules = slices.DeleteFunc(slices.Clone(src.Rules), func(r clock.Rule) bool { return r.ID == "jpcert" })
	drawn := incident.ClocksDrawn{}.Kind()
	for i, step := range []struct {
		what string
		book *clock.Book
		open bool
	}{
		{"clocks come into use", book, true},
		{"a rule is taken out", fewer.For(company.Profile{}), false},
		{"the rules before are read again", book, true},
	} {
		p.service.UseClocks(step.book)
		other := open(t, p.url, p.clock)
		other.service.UseClocks(step.book)
		var both sync.WaitGroup
		for _, s := range []*place{p, other, p} {
			both.Go(func() { s.tick(t) })
		}
		both.Wait()
		if err := other.store.Close(); err != nil {
			t.Fatal(err)
		}
		if n := len(p.entries(t, id, drawn)); n != i+1 {
			t.Fatalf("%s: %d entries", step.what, n)
		}
		if c, there := p.incident(t, id).Clock("jpcert"); !there || c.Open() != step.open {
			t.Fatalf("%s: %+v", step.what, c)
		}
	}
}

func TestAnotherEditionOfALawIsFollowedFromItsFirstDay(t *testing.T) {
	p := newPlace(t)
	src := rules(t)
	first := p.clock.Now().In(incident.Tokyo).AddDate(0, 0, 2).Format(time.DateOnly)
	for i, r := range src.Rules {
		if r.ID == "jpcert" {
			src.Rules[i].From = first
		}
	}
	p.service.UseClocks(src.For(company.Profile{}))
	id := p.loss(t, "1")
	for day := range 3 {
		p.tick(t)
		if _, there := p.incident(t, id).Clock("jpcert"); there != (day == 2) {
			t.Errorf("day %d: %v", day, there)
		}
		p.clock.move(24 * time.Hour)
	}
}

// A reminder fell due, its clock was settled before it was said, and that was taken back: it
// is due at the same instant once more, and must be said.
func TestAReminderOfWhatIsOpenAgainIsSaid(t *testing.T) {
	p := newPlace(t)
	p.service.UseClocks(rules(t).For(company.Profile{}))
	id := p.loss(t, "1")
	lead := p.person(t, "佐藤")
	p.must(t, id, lead, "lead", incident.Take{})
	due, ok := p.incident(t, id).NextReminder(p.service.Clocks(), p.clock.Now())
	if !ok {
		t.Fatal("no reminder")
	}
	p.clock.move(due.Sub(p.clock.Now()))
	timers, err := p.service.Claim(t.Context(), "w", time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	var settled []int64
	for _, c := range p.incident(t, id).OpenClocks() {
		settled = append(settled, p.must(t, id, lead, "settle "+string(c.Rule), incident.SettleClock{Rule: c.Rule, How: incident.ClockFiled}).First)
	}
	for _, x := range timers {
		if err := p.service.Fire(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	reminded := incident.ClocksReminded{}.Kind()
	if got := p.entries(t, id, reminded); got != nil {
		t.Fatalf("reminded of what is settled: %+v", got)
	}
	for _, seq := range settled {
		p.must(t, id, lead, "back", incident.Undo{Seq: seq, Reason: "提出前でした"})
	}
	p.fire(t)
	if got := p.entries(t, id, reminded); len(got) != 1 {
		t.Fatalf("reminded %d times", len(got))
	}
	if left := p.fire(t); left != 0 {
		t.Errorf("%d timers are still due", left)
	}
}

func (p *place) must(t fataler, id incident.ID, by incident.Actor, key string, do incident.Command) workflows.Outcome {
	t.Helper()
	out := p.do(t, workflows.Command{Key: key + p.clock.Now().String() + string(do.Word()) + time.Now().String(), Incident: id, By: by, Do: do})
	if !out.Accepted() {
		t.Fatalf("%s: %+v", key, out.Refusal)
	}
	return out
}

func TestTheAuditWritesEveryTimerAnew(t *testing.T) {
	p := newPlace(t)
	p.service.UseClocks(rules(t).For(company.Profile{}))
	id := p.loss(t, "1")
	lead := p.person(t, "佐藤")
	p.must(t, id, lead, "lead", incident.Take{})
	p.must(t, id, lead, "offer", incident.HandOver{To: p.person(t, "伊藤").ID})
	p.expect(t, "nothing is wrong", "", "")
	for _, kind := range []workflows.TimerKind{workflows.TimerClocks, workflows.TimerOffer} {
		for what, harm := range map[string]string{"gone": `DELETE FROM timers WHERE kind = $1`, "late": `UPDATE timers SET due = due + 86400000000, next = next + 86400000000 WHERE kind = $1`} {
			p.hand(t, harm, string(kind))
			p.expect(t, what+" "+string(kind), "timer "+string(id), "")
			p.expect(t, "and again", "", "")
		}
	}
}
