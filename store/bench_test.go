package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// The figures to compare: what the disk allows at best (BenchmarkBareInsert), a report with
// everything that follows from it (BenchmarkDoReport, at most three times as long), and a
// note on a short and on a long record (at most half as much again).

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
		in := tx.StmtContext(ctx, insert)
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

func BenchmarkDoReport(b *testing.B) {
	c := newCompany(b)
	n := 0
	for b.Loop() {
		n++
		c.report(b, n)
	}
}

func BenchmarkDoAt10(b *testing.B)   { benchmarkNote(b, 10) }
func BenchmarkDoAt1000(b *testing.B) { benchmarkNote(b, 1000) }

// benchmarkNote writes notes on incidents whose records have about as many entries as asked
// for: each in turn gets a few more, and all together stay within a tenth of it.
func benchmarkNote(b *testing.B, entries int) {
	c := newCompany(b)
	few := 64
	if entries > 100 {
		few = 8
	}
	var ids []incident.ID
	for n := range few {
		id := c.report(b, n)
		ids = append(ids, id)
		for seq := c.seq(b, id); seq < int64(entries); seq = c.note(b, id) {
		}
	}
	n := 0
	b.ResetTimer()
	for b.Loop() {
		c.note(b, ids[n%few])
		n++
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

func newCompany(tb testing.TB) *company {
	tb.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(tb.TempDir(), "company.db"))
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
