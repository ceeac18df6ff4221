package workflows_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// BenchmarkAudit is one look at 1,000 open incidents in a database of 100,000 messages, as
// every process takes it each minute.
func BenchmarkAudit(b *testing.B) {
	p := open(b, pgtest.Database(b, filepath.Join(b.TempDir(), "test.db"), store.Migrate), &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)})
	defer p.store.Close()
	quiet, err := workflows.New(context.Background(), workflows.Options{Store: p.store, Clock: p.clock, Book: p.service.Book(), Practice: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	p.service = quiet
	for i := range 1000 {
		p.loss(b, fmt.Sprint("r", i))
	}
	p.deliver(b)
	p.harm(b, `INSERT INTO messages (key, kind, incident, person, seq, urgent, day, created, state, due, first_sent)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)
		SELECT 'feed:' || incidents.id || ':x' || n.i, 'feed', incidents.id, '', n.i, 0, '', 1, 'sent', 1, 1 FROM incidents, n`)
	b.ResetTimer()
	for b.Loop() {
		a, err := p.service.Audit(context.Background())
		if err != nil || a.Open != 1000 || len(a.Found) > 0 || len(a.Repaired) > 0 {
			b.Fatal(a.Open, a.Found, a.Repaired, err)
		}
	}
}
