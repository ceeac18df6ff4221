package store_test

import (
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The files testdata/schemaN.db.gz were written by the last version with schema N: a closed
// incident with all that belongs to one, and one that was just reported.

func previous(t *testing.T, packed string) string {
	t.Helper()
	f, err := os.Open(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "previous.db")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUpgrade opens databases of earlier versions: nothing of them is lost or doubted, and
// work goes on with the next number.
func TestUpgrade(t *testing.T) {
	packed, err := filepath.Glob("testdata/schema*.db.gz")
	if err != nil || len(packed) == 0 {
		t.Fatalf("no databases of earlier versions: %v", err)
	}
	for _, file := range packed {
		var schema int64
		if _, err := fmt.Sscanf(filepath.Base(file), "schema%d.db.gz", &schema); err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprintf("SQLite %d", schema), func(t *testing.T) {
			upgraded(t, "sqlite:"+previous(t, file), schema)
		})
		t.Run(fmt.Sprintf("PostgreSQL %d", schema), func(t *testing.T) {
			upgraded(t, asPostgres(t, previous(t, file), schema), schema)
		})
	}
}

func upgraded(t *testing.T, url string, schema int64) {
	ctx := t.Context()
	from, to, err := store.Migrate(ctx, url)
	if err != nil || from != schema || to < from {
		t.Fatalf("migrated from %d to %d: %v; want from %d", from, to, err, schema)
	}
	c := newCompany(t, url)
	v, err := workflows.Verify(ctx, c.store)
	if err != nil || len(v.Breaches) > 0 || v.Incidents != 2 || v.Entries < 50 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	rows, err := c.store.Incidents(ctx, workflows.IncidentQuery{})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d incidents, %v", len(rows), err)
	}
	if rows[1].Phase != incident.Closed || rows[0].Phase != incident.Reported {
		t.Errorf("phases %s and %s", rows[1].Phase, rows[0].Phase)
	}
	sent, err := c.store.Messages(ctx, workflows.MessageQuery{Incident: rows[1].ID, All: true, Sent: true})
	if err != nil || len(sent) < 10 {
		t.Errorf("%d messages had arrived, %v", len(sent), err)
	}
	if err := c.store.Remember(ctx, "slack", "a", []byte("b")); err != nil {
		t.Error(err)
	}
	for _, m := range sent {
		if m.Joined != 0 {
			t.Errorf("%s was joined before there was such a thing", m.Key)
		}
	}
	c.tick = rows[0].ReportedAt.AddDate(0, 0, 1)
	if seq := c.note(t, rows[0].ID); seq != rows[0].Seq+1 {
		t.Errorf("a note became entry %d, want %d", seq, rows[0].Seq+1)
	}
	c.report(t, 1)
	if v, err = workflows.Verify(ctx, c.store); err != nil || len(v.Breaches) > 0 || v.Incidents != 3 {
		t.Errorf("verify after more work: %+v, %v", v, err)
	}
}

// asPostgres brings the rows of a SQLite file into a PostgreSQL database of the same schema.
func asPostgres(t *testing.T, path string, schema int64) string {
	t.Helper()
	ctx := context.Background()
	url := pgtest.Shared(t).Empty(t)
	if err := store.MigrateTo(ctx, url, schema); err != nil {
		t.Fatal(err)
	}
	from, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close(ctx)
	for _, table := range tables(t, from) {
		copyTable(t, from, to, table)
	}
	return url
}

func copyTable(t *testing.T, from *sql.DB, to *pgx.Conn, table string) {
	t.Helper()
	ctx := context.Background()
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Exec(ctx, "DELETE FROM hikeshi."+table); err != nil {
		t.Fatal(err)
	}
	var all [][]any
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := to.CopyFrom(ctx, pgx.Identifier{"hikeshi", table}, columns, pgx.CopyFromRows(all)); err != nil {
		t.Fatalf("%s: %v", table, err)
	}
	if columns[0] == "id" && (table == "entries" || table == "messages") {
		if _, err := to.Exec(ctx, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('hikeshi.%s', 'id'), max(id)) FROM hikeshi.%s`, table, table)); err != nil {
			t.Fatal(err)
		}
	}
}

func tables(t *testing.T, db *sql.DB) (names []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), `SELECT name FROM sqlite_schema WHERE type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "sqlite_") && name != "goose_db_version" {
			names = append(names, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}
