package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// The figures to compare, for each database: what the disk allows at best
// (Benchmark…BareInsert), a report with everything that follows from it (Benchmark…DoReport,
// at most three times as long), and a note on a short and on a long record (at most half as
// much again).

// durable is the server of the benchmarks: one that waits for its disk.
var durable struct {
	sync.Once
	server *pgtest.Server
}

func postgres(b *testing.B) string {
	b.Helper()
	durable.Do(func() { durable.server = pgtest.StartPassing(b, pgtest.Durable...) })
	return durable.server.Empty(b)
}

func sqlite(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "company.db") }

// BenchmarkPostgresBareInsert is the same transaction of two rows as BenchmarkBareInsert,
// through the same driver as the program's, with BEGIN and COMMIT as anybody writes it.
func BenchmarkPostgresBareInsert(b *testing.B) {
	ctx := b.Context()
	conn, err := pgx.Connect(ctx, postgres(b))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `CREATE TABLE bare (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL); CREATE INDEX bare_name ON bare (name)`); err != nil {
		b.Fatal(err)
	}
	body := strings.Repeat("x", 280)
	n := 0
	for b.Loop() {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for range 2 {
				n++
				if _, err := tx.Exec(ctx, `INSERT INTO bare (name, body) VALUES ($1, $2)`, fmt.Sprintf("INC-2026-%09d", n*7919%1000003), body); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPostgresDoReport(b *testing.B) { benchmarkReport(b, postgres(b)) }
func BenchmarkPostgresDoAt10(b *testing.B)   { benchmarkNote(b, postgres(b), 10, 512) }
func BenchmarkPostgresDoAt1000(b *testing.B) { benchmarkNote(b, postgres(b), 1000, 8) }

// BenchmarkBareInsert is a transaction of two indexed rows of 300 bytes, durable on the
// same disk with the same driver.
func BenchmarkBareInsert(b *testing.B) {
	ctx := b.Context()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+
		"?_txlock=immediate&_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE bare (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL); CREATE INDEX bare_name ON bare (name)`); err != nil {
		b.Fatal(err)
	}
	insert, err := db.PrepareContext(ctx, `INSERT INTO bare (name, body) VALUES ($1, $2)`)
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	body := strings.Repeat("x", 280)
	n := 0
	for b.Loop() {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		in := tx.StmtContext(ctx, insert) //nolint:sqlclosecheck // ends with the transaction
		for range 2 {
			n++
			if _, err := in.ExecContext(ctx, fmt.Sprintf("INC-2026-%09d", n*7919%1000003), body); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDoReport(b *testing.B) { benchmarkReport(b, sqlite(b)) }

func benchmarkReport(b *testing.B, url string) {
	c := newCompany(b, url)
	n := 0
	for b.Loop() {
		n++
		c.report(b, n)
	}
}

func BenchmarkDoAt10(b *testing.B)   { benchmarkNote(b, sqlite(b), 10, 512) }
func BenchmarkDoAt1000(b *testing.B) { benchmarkNote(b, sqlite(b), 1000, 8) }

// benchmarkNote writes notes on incidents whose records have about as many entries as asked
// for: each in turn gets a few more.
func benchmarkNote(b *testing.B, url string, entries, incidents int64) {
	c := newCompany(b, url)
	var ids []incident.ID
	for n := range incidents {
		id := c.report(b, int(n))
		ids = append(ids, id)
		for seq := c.seq(b, id); seq < entries; seq = c.note(b, id) {
		}
	}
	n := 0
	for b.Loop() {
		c.note(b, ids[n%len(ids)])
		n++
	}
}

// BenchmarkList10000 is the first page of the list of somebody who sees all of ten thousand
// incidents (target: below 20 ms); BenchmarkListOne10000 that of somebody who sees one of them,
// the oldest.
func BenchmarkList10000(b *testing.B)            { benchmarkList(b, sqlite(b), false) }
func BenchmarkListOne10000(b *testing.B)         { benchmarkList(b, sqlite(b), true) }
func BenchmarkPostgresList10000(b *testing.B)    { benchmarkList(b, postgres(b), false) }
func BenchmarkPostgresListOne10000(b *testing.B) { benchmarkList(b, postgres(b), true) }

func benchmarkList(b *testing.B, url string, one bool) {
	c := newCompany(b, url)
	viewer, want := c.leader.ID, 50
	if one {
		for _, p := range c.Contacts().People() {
			if p.Name == "山本 結衣" {
				viewer, want = p.ID, 1
				c.leader = incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
			}
		}
		c.report(b, 0)
		p, _ := c.Contacts().Person(c.Contacts().Holders(incident.IncidentLead, "")[0])
		c.leader = incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
	}
	for n := range 10_000 {
		c.report(b, n+1)
	}
	for b.Loop() {
		list, _, err := c.Incidents(context.Background(), viewer, workflows.Listing{Limit: 50})
		if err != nil || len(list) != want {
			b.Fatalf("%d incidents, %v", len(list), err)
		}
	}
}

// BenchmarkClaimAmong1000000 claims a due timer and finds the next instant while a million
// others wait; BenchmarkClaimAmong100 is what to compare it with.
func BenchmarkClaimAmong100(b *testing.B)          { benchmarkClaim(b, sqlite(b), 100) }
func BenchmarkClaimAmong1000000(b *testing.B)      { benchmarkClaim(b, sqlite(b), 1_000_000) }
func BenchmarkPostgresClaimAmong100(b *testing.B)  { benchmarkClaim(b, postgres(b), 100) }
func BenchmarkPostgresClaimAmong100k(b *testing.B) { benchmarkClaim(b, postgres(b), 100_000) }

func benchmarkClaim(b *testing.B, url string, waiting int) {
	ctx := b.Context()
	s, err := store.Open(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	var later []workflows.Timer
	for n := range waiting {
		later = append(later, workflows.Timer{Key: fmt.Sprintf("round:INC-2026-%07d", n), Kind: workflows.TimerRound, Due: now.Add(time.Hour + time.Duration(n)*time.Millisecond)})
	}
	save := func(timers ...workflows.Timer) {
		if err := s.Write(ctx, func(tx workflows.Tx) error { return tx.Save(ctx, workflows.Change{At: now, Timers: timers}) }); err != nil {
			b.Fatal(err)
		}
	}
	for part := range slices.Chunk(later, 1000) {
		save(part...)
	}
	for b.Loop() {
		save(workflows.Timer{Key: "due", Kind: workflows.TimerRound, Due: now})
		if claimed, err := s.ClaimTimers(ctx, now, "b", time.Minute, 10); err != nil || len(claimed) != 1 {
			b.Fatalf("claimed %v: %v", claimed, err)
		}
		if next, ok, err := s.NextDue(ctx); err != nil || !ok || !next.Equal(now.Add(time.Minute)) {
			b.Fatalf("next due %s: %v", next, err)
		}
	}
}

// company is a service over a database on the disk, with the sample company.
type company struct {
	*workflows.Service
	store  workflows.Store
	leader incident.Actor
	tick   time.Time
	keys   int
}

func (c *company) Now() time.Time { return c.tick }

func newCompany(tb testing.TB, url string) *company {
	tb.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		tb.Fatal(err)
	}
	rows, faults := contact.Parse(templates.SampleContacts())
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	c := &company{store: s, tick: time.Date(2026, 11, 22, 1, 7, 0, 123456000, time.UTC)}
	if c.Service, err = workflows.New(ctx, workflows.Options{Store: s, Clock: c, Book: book}); err != nil {
		tb.Fatal(err)
	}
	if _, err := c.ImportContacts(ctx, rows); err != nil {
		tb.Fatal(err)
	}
	p, _ := c.Contacts().Person(c.Contacts().Holders(incident.IncidentLead, "")[0])
	c.leader = incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
	return c
}

func (c *company) do(tb testing.TB, cmd workflows.Command) workflows.Outcome {
	tb.Helper()
	c.keys++
	c.tick = c.tick.Add(time.Millisecond)
	cmd.Key, cmd.By, cmd.Source = fmt.Sprintf("key-%d", c.keys), c.leader, incident.FromPerson
	out, err := c.Do(context.Background(), cmd)
	if err != nil {
		tb.Fatal(err)
	}
	if !out.Accepted() {
		tb.Fatalf("refused: %+v", out.Refusal)
	}
	return out
}

func (c *company) report(tb testing.TB, n int) incident.ID {
	tb.Helper()
	return c.do(tb, workflows.Command{Do: incident.Report{
		Text: fmt.Sprintf("社用のノートPCを電車に置き忘れました。顧客の名簿が入っていたかもしれません。(%d)", n),
		What: incident.KindLoss,
	}}).Incident
}

func (c *company) note(tb testing.TB, id incident.ID) int64 {
	tb.Helper()
	return c.do(tb, workflows.Command{Incident: id, Do: incident.Note{Text: "遺失物係に電話し、届いていないことを確かめた。"}}).Seq
}

func (c *company) seq(tb testing.TB, id incident.ID) int64 {
	tb.Helper()
	in, err := c.store.Incident(context.Background(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return in.Seq
}
