//go:build unix

package workflows_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// The figures of the notification clocks, on either database, of 100,000 open clocks:
//
//	BenchmarkMorning       from nine o'clock until every reminder of the morning is written:
//	                       claimed, decided, recorded, with the messages to send and the next
//	                       timer of each incident. Target: < 2 s.
//	BenchmarkMorningOfAll  the same where all 10,000 incidents are due at the same instant, each
//	                       with its ten clocks.
//	BenchmarkNextDue…      what the courier asks to know how long it may sleep. Of 1,000 clocks
//	                       and of 100,000 it is to cost the same.
//	BenchmarkDigest        the overview of the morning for everybody, of 1,000 incidents with ten
//	                       clocks each: the sending of it is decided, and the messages written.
//	BenchmarkRedraw        the look at 10,000 incidents after the rules were read again, when
//	                       they ask for the same; BenchmarkRedrawChanged when they do not.
//
// make bench BENCH='Morning|NextDue|Digest|Redraw'
func BenchmarkMorning(b *testing.B)       { onBoth(b, benchmarkMorning) }
func BenchmarkMorningOfAll(b *testing.B)  { onBoth(b, benchmarkMorningOfAll) }
func BenchmarkDigest(b *testing.B)        { onBoth(b, benchmarkDigest) }
func BenchmarkRedraw(b *testing.B)        { onBoth(b, benchmarkRedraw) }
func BenchmarkRedrawChanged(b *testing.B) { onBoth(b, benchmarkRedrawChanged) }
func BenchmarkNextDueAmong1000Clocks(b *testing.B) {
	onBoth(b, func(b *testing.B, url string) { benchmarkNextDue(b, url, 100) })
}
func BenchmarkNextDueAmong100000Clocks(b *testing.B) {
	onBoth(b, func(b *testing.B, url string) { benchmarkNextDue(b, url, 10_000) })
}

const benchClocks = 10

func onBoth(b *testing.B, f func(b *testing.B, url string)) {
	b.Run("SQLite", func(b *testing.B) { f(b, "sqlite:"+filepath.Join(b.TempDir(), "test.db")) })
	b.Run("PostgreSQL", func(b *testing.B) { f(b, pgtest.StartPassing(b, pgtest.Durable...).Empty(b)) })
}

// quietPlace is a house with the rules as they are shipped.
func quietPlace(b *testing.B, url string) *place {
	p := open(b, url, &handClock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, incident.Tokyo)})
	b.Cleanup(func() { p.store.Close() })
	quiet, err := workflows.New(context.Background(), workflows.Options{
		Store: p.store, Clock: p.clock, Book: p.service.Book(), Practice: true, Log: slog.New(slog.DiscardHandler), Clocks: rules(b).For(company.Profile{}),
	})
	if err != nil {
		b.Fatal(err)
	}
	p.service = quiet
	return p
}

// report is an incident with ten open clocks and somebody who leads it.
func (p *place) report(b *testing.B, key string, more incident.Facts) incident.ID {
	f := incident.Facts{incident.FactEUPersons: incident.No, incident.FactCards: incident.No, incident.FactPMark: incident.No}
	maps.Copy(f, more)
	id := p.do(b, workflows.Command{Key: key, By: p.person(b, "山本"), Anyway: true, Do: incident.Report{Text: "名簿の入ったノートPCを電車に置き忘れた", What: incident.KindLoss, Facts: f}}).Incident
	p.must(b, id, p.person(b, "佐藤"), "take", incident.Take{})
	if n := len(p.incident(b, id).OpenClocks()); n != benchClocks {
		b.Fatalf("%d clocks", n)
	}
	return id
}

// manyClocks is a house of so many open incidents of which it became aware at the same instant.
func manyClocks(b *testing.B, url string, incidents int) *place {
	p := quietPlace(b, url)
	p.report(b, "first", nil)
	p.deliver(b)
	p.hand(b, `DELETE FROM timers WHERE kind <> 'clocks'`)
	p.copies(b, incidents)
	return p
}

// morning works until no timer is due any more.
func (p *place) morning(b *testing.B) (timers int) {
	ctx := context.Background()
	for n := 16; ; n = 256 { // as the courier does
		list, err := p.service.Claim(ctx, "bench", time.Minute, n)
		if err != nil {
			b.Fatal(err)
		}
		if len(list) == 0 {
			return timers
		}
		timers += len(list)
		p.service.FireAll(ctx, list, func(t workflows.Timer, err error) { b.Fatal(t, err) })
	}
}

// benchmarkMorningOfAll is the morning on which every incident has something to say: each of them
// open for months, with its reports overdue.
func benchmarkMorningOfAll(b *testing.B, url string) {
	const incidents = 10_000
	p := quietPlace(b, url)
	p.report(b, "first", nil)
	p.hand(b, `DELETE FROM timers WHERE kind <> 'clocks'`)
	p.clock.move(100 * 24 * time.Hour)
	p.morning(b) // what was missed of the one
	p.deliver(b)
	p.copies(b, incidents)
	timed(b, p, func(n int) bool { return n == incidents })
}

// timed measures mornings, one after the other.
func timed(b *testing.B, p *place, right func(timers int) bool) {
	var cpu time.Duration
	rounds, fired := 0, 0
	for b.Loop() {
		b.StopTimer()
		local := p.clock.Now().In(incident.Tokyo)
		nine := time.Date(local.Year(), local.Month(), local.Day()+1, 9, 0, 0, 0, incident.Tokyo)
		for due, ok, err := p.service.NextTimer(context.Background()); ok && due.Before(nine); due, ok, err = p.service.NextTimer(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			p.clock.move(due.Sub(p.clock.Now())) // what is due in between is not measured
			p.morning(b)
		}
		p.clock.move(nine.Sub(p.clock.Now()))
		busy := cpuTime(b)
		b.StartTimer()
		n := p.morning(b)
		b.StopTimer()
		if cpu += cpuTime(b) - busy; !right(n) {
			b.Fatalf("%d timers", n)
		}
		rounds, fired = rounds+1, fired+n
		p.hand(b, `UPDATE messages SET state = 'sent', next = NULL WHERE next IS NOT NULL`)
		b.StartTimer()
	}
	b.ReportMetric(cpu.Seconds()/float64(rounds), "cpu-s/op")
	b.ReportMetric(float64(fired)/float64(rounds), "incidents")
}

// benchmarkMorning is a morning of 100,000 open clocks as they are: of incidents of which the
// company became aware on each of the last sixty days, whose reports are filed when they are due.
func benchmarkMorning(b *testing.B, url string) {
	const days = 60
	p := quietPlace(b, url)
	lead := p.person(b, "佐藤")
	var first []incident.ID
	clocks := 0
	for n := range days {
		first = append(first, p.report(b, fmt.Sprint(n), incident.Facts{incident.FactRansomware: incident.Yes}))
		p.clock.move(24 * time.Hour)
	}
	for _, id := range first {
		for _, c := range p.incident(b, id).OpenClocks() {
			last := c.DueAt
			if last.IsZero() && c.Target != "" {
				last, _ = time.ParseInLocation(time.DateOnly, c.Target, incident.Tokyo)
			}
			if last.IsZero() || last.After(p.clock.Now()) {
				clocks++
				continue
			}
			p.must(b, id, lead, "file "+string(c.Rule), incident.SettleClock{Rule: c.Rule, How: incident.ClockFiled})
		}
	}
	p.deliver(b)
	p.hand(b, `DELETE FROM timers WHERE kind <> 'clocks'`)
	p.copies(b, 100_000/clocks)
	timed(b, p, func(n int) bool { return n > 1000 })
}

func benchmarkDigest(b *testing.B, url string) {
	p := manyClocks(b, url, 1000)
	p.hand(b, `DELETE FROM timers`)
	for b.Loop() {
		b.StopTimer()
		p.clock.move(24 * time.Hour)
		for !clock.WorkingDay(p.clock.Now().In(incident.Tokyo)) {
			p.clock.move(24 * time.Hour)
		}
		p.service.UseClocks(nil) // the look at the rules of the day is BenchmarkRedraw
		if err := p.service.Tick(context.Background(), p.clock.Now().Add(-24*time.Hour)); err != nil {
			b.Fatal(err)
		}
		p.service.UseClocks(rules(b).For(company.Profile{}))
		b.StartTimer()
		if n := p.morning(b); n != 1 {
			b.Fatalf("%d timers", n)
		}
	}
}

func benchmarkNextDue(b *testing.B, url string, incidents int) {
	p := manyClocks(b, url, incidents)
	for b.Loop() {
		if _, ok, err := p.service.NextDue(context.Background()); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

func benchmarkRedraw(b *testing.B, url string) {
	p := manyClocks(b, url, 10_000)
	for b.Loop() {
		if err := p.service.Redraw(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkRedrawChanged takes a rule out and puts it back, in turns: every record says so.
func benchmarkRedrawChanged(b *testing.B, url string) {
	p := manyClocks(b, url, 10_000)
	src := rules(b)
	fewer := src
	fewer.Rules = slices.DeleteFunc(slices.Clone(src.Rules), func(r clock.Rule) bool { return r.ID == "jpcert" })
	books := []*clock.Book{fewer.For(company.Profile{}), src.For(company.Profile{})}
	for n := 0; b.Loop(); n++ {
		p.service.UseClocks(books[n%2])
		if err := p.service.Redraw(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// cpuTime is what this process has computed so far: on a machine that has other work as well it
// says more than the time that passed. A PostgreSQL beside it is not in it.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
