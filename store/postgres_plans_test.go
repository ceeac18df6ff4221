package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// wholeTable is how PostgreSQL calls a walk through a table.
const wholeTable = "Seq Scan on"

// With 100,000 messages, most of which have long been sent, PostgreSQL finds what is asked for
// many times a second by an index, both when it knows the values and when it plans for any.
func TestPostgresPlans(t *testing.T) {
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, newPostgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range []string{
		"SET search_path = " + schemaName,
		`INSERT INTO messages (key, kind, incident, person, seq, urgent, day, created, state, due, next, first_sent, joined)
			SELECT 'k' || n, CASE WHEN n % 4 = 0 THEN 'page' ELSE 'feed' END, 'INC-2026-' || n / 20, CASE WHEN n % 2 = 0 THEN 'p' || n % 50 ELSE '' END, n,
				CASE WHEN n % 4 = 0 THEN 1 ELSE 0 END, '', n, 'sent', n, CASE WHEN n > 99000 THEN n END, CASE WHEN n > 99000 THEN 0 ELSE n END,
				CASE WHEN n % 4 = 0 THEN n / 12 ELSE 0 END FROM generate_series(1, 100000) n`,
		`INSERT INTO memories (frontend, name, value) SELECT 'slack', (CASE WHEN n % 2 = 0 THEN 'place/' ELSE 'user/' END) || n, '' FROM generate_series(1, 20000) n`,
		`INSERT INTO timers (key, kind, incident, due, round, day, attempt, owner, next) SELECT 'round:' || n, 'round', 'INC-2026-' || n, n, 1, '', 0, '', n FROM generate_series(1, 20000) n`,
		`INSERT INTO incidents (id, seq, phase, level, reported_at, changed_at, state) SELECT 'INC-2026-' || n, 1, CASE WHEN n > 19000 THEN 'reported' ELSE 'closed' END, 0, n, n, '{}' FROM generate_series(1, 20000) n`,
		"UPDATE messages SET state = 'failed' WHERE id % 2000 = 0 AND next IS NULL",
		"ANALYZE incidents", "ANALYZE messages", "ANALYZE memories", "ANALYZE timers",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if plan := explained(t, conn, `SELECT count(*) FROM messages WHERE sent = $1`, []any{"x"}); !strings.Contains(plan, wholeTable) {
		t.Fatalf("a walk through the table is not seen in\n%s", plan)
	}
	const now = int64(99100)
	q := newQueries(postgresDialect)
	for name, asked := range map[string]struct {
		query string
		args  []any
	}{
		"claim what is urgent":        {q.claimUrgent, []any{"a", now + 60, now, int64(10)}},
		"claim messages":              {q.claimMessages, []any{"a", now + 60, now, int64(10)}},
		"claim what comes last":       {q.claimLast, []any{"a", now + 60, now, int64(10)}},
		"claim timers":                {q.claimTimers, []any{"a", now + 60, now, int64(10)}},
		"claim pages to join":         {q.claimPages, []any{"a", now + 60, now, "p4", int64(99004), ""}},
		"part joined pages":           {q.partPages, []any{int64(8250)}},
		"lock joined pages":           {q.lockGroup, []any{int64(8250)}},
		"claim joined pages":          {q.claimGroup, []any{"a", now + 60, now, int64(8250), int64(99004), int64(0)}},
		"are joined pages in hand":    {busyGroup, []any{int64(8250), int64(99004), now}},
		"hasten what waits":           {hastenMessages, []any{now, "INC-2026-4950", ""}},
		"does a channel wait":         {channelWaits, []any{"INC-2026-4950", ""}},
		"when is the next due":        {nextDue, nil},
		"recall a channel":            {selectMemory, []any{"slack", "place/10"}},
		"recall all that begins so":   {selectMemories, []any{"slack", "place/9", "place/9\U0010ffff"}},
		"what was leased after all":   {leasedMessages, []any{"a", now}},
		"the messages of an incident": {ofIncident + said + latest, []any{int64(0), int64(100), "INC-2026-4950"}},
		"what a person has received":  {ofPerson + arrived + said + latest, []any{int64(0), int64(100), "p4"}},
		"what is open":                {openRows, nil},
		"one that is open":            {openRow, []any{"INC-2026-19900"}},
		"how far messages have come":  {states(), slices.Repeat([]any{"INC-2026-4950", "k99000"}, atOnce)},
		"the oldest timer":            {waitsTimer, []any{now}},
		"the oldest urgent message":   {waitsUrgent, []any{now}},
		"the oldest other message":    {waitsPlain, []any{now}},
		"what was given up":           {undelivered, []any{int64(1 << 40), int64(1 << 40), int64(20)}},
		"send it again":               {sendAgain, []any{now, int64(2000)}},
		"what a channel holds":        {ofChannel + said + latest, []any{int64(0), int64(100), "INC-2026-4950", "", "@discord"}},
		"what he has of one incident": {ofPersonIncident + said + latest, []any{int64(0), int64(100), "INC-2026-4950", "p4"}},
	} {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			if _, err := conn.Exec(ctx, "SET plan_cache_mode = "+mode); err != nil {
				t.Fatal(err)
			}
			plan := explained(t, conn, asked.query, asked.args)
			if strings.Contains(plan, wholeTable) {
				t.Errorf("%s (%s) looks through a whole table:\n%s", name, mode, plan)
			}
		}
	}
}

// explained is how PostgreSQL carries out a prepared statement.
func explained(t *testing.T, conn *pgx.Conn, query string, args []any) string {
	t.Helper()
	ctx := t.Context()
	if _, err := conn.Exec(ctx, "PREPARE asked AS "+query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var values []string
	for _, a := range args {
		if s, ok := a.(string); ok {
			values = append(values, "'"+s+"'")
		} else {
			values = append(values, fmt.Sprint(a))
		}
	}
	execute := "EXECUTE asked"
	if len(values) > 0 {
		execute += "(" + strings.Join(values, ", ") + ")"
	}
	rows, err := conn.Query(ctx, "EXPLAIN "+execute, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if _, err := conn.Exec(ctx, "DEALLOCATE asked"); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
