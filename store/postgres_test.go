package store

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"hikeshi/store/pgtest"
	"hikeshi/store/storetest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// migrated is the database of which tests get copies: quicker than migrating each.
var migrated = sync.OnceValue(func() error {
	s := pgtest.SharedServer()
	return s.Template("template_store", func(url string) error {
		_, _, err := Migrate(context.Background(), url)
		return err
	})
})

// newPostgres gives the address of a migrated database without any rows.
func newPostgres(t testing.TB) string {
	t.Helper()
	s := pgtest.Shared(t)
	if err := migrated(); err != nil {
		t.Fatal(err)
	}
	return s.Copy(t, "template_store")
}

func openURL(t testing.TB, url string, opts ...Option) workflows.Store {
	t.Helper()
	s, err := Open(context.Background(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// byHandPostgres runs a statement as somebody with psql would. The suite writes ? and
// integers; the placeholders get their numbers here.
func byHandPostgres(t testing.TB, url, statement string, args ...any) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SET search_path = "+schemaName); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, withNumbers(statement, 0), args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestPostgres runs the suite on a real server.
func TestPostgres(t *testing.T) {
	pgtest.Shared(t)
	var mu sync.Mutex
	urls := map[workflows.Store]string{}
	opened := func(t testing.TB, url string) workflows.Store {
		s := openURL(t, url)
		mu.Lock()
		defer mu.Unlock()
		urls[s] = url
		return s
	}
	of := func(s workflows.Store) string {
		mu.Lock()
		defer mu.Unlock()
		return urls[s]
	}
	storetest.Run(t, storetest.Database{
		Open:  func(t testing.TB) workflows.Store { return opened(t, newPostgres(t)) },
		Again: func(t testing.TB, s workflows.Store) workflows.Store { return opened(t, of(s)) },
		Exec: func(t testing.TB, s workflows.Store, statement string, args ...any) {
			byHandPostgres(t, of(s), statement, args...)
		},
	})
}

func TestPostgresRefuses(t *testing.T) {
	server := pgtest.Shared(t)
	url := newPostgres(t)
	newer := newPostgres(t)
	byHandPostgres(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	foreign := server.Empty(t)
	for _, statement := range []string{`CREATE SCHEMA hikeshi`, `CREATE TABLE hikeshi.goose_db_version (id int, version_id bigint, is_applied boolean, tstamp timestamp)`, `INSERT INTO hikeshi.goose_db_version VALUES (1, 7, true, now())`} {
		byHandPostgres(t, foreign, statement)
	}
	for _, c := range []struct {
		name, url string
		options   []Option
		words     []string
	}{
		{"no server", "postgres://hikeshi:geheim@127.0.0.1:1/x", nil, []string{"cannot be reached", "the host, the port"}},
		{"no database", strings.Replace(url, "/t", "/none", 1), nil, []string{"no database of the name", "createdb"}},
		{"no user", strings.Replace(url, "hikeshi@", "nobody:geheim@", 1), nil, []string{"refuses the user or the password"}},
		{"not an address", "postgres://hikeshi:ge heim%zz@db/x", nil, []string{"not an address", "postgres://USER:PASSWORD@HOST"}},
		{"a newer version's", newer, nil, []string{"newer version", "schema 9999"}},
		{"another program's", foreign, nil, []string{"belongs to another program"}},
		{"empty, for reading", server.Empty(t), []Option{WithReadOnly()}, []string{"holds nothing of hikeshi yet", "start the server once"}},
		{"empty, without migration", server.Empty(t), []Option{WithoutMigration()}, []string{"older version", "hikeshi migrate"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(t.Context(), c.url, c.options...)
			refusal(t, "open", err, c.words...)
			if err != nil && strings.Contains(err.Error(), "heim") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

// The state of an incident is compressed by what costs least, where the server knows it; an address
// that asks for something else has it.
func TestPostgresCompresses(t *testing.T) {
	var known bool
	url := newPostgres(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), `SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'`).Scan(&known); err != nil {
		t.Fatal(err)
	}
	inOptions := url + "&options=-c%20default_toast_compression%3Dpglz"
	for address, want := range map[string]string{url: "lz4", url + "&default_toast_compression=pglz": "pglz", inOptions: "pglz"} {
		if !known {
			want = "pglz"
		}
		id := incident.ID("INC-" + strconv.Itoa(len(address)))
		s := openURL(t, address)
		err := s.Write(t.Context(), func(tx workflows.Tx) error {
			return tx.Save(t.Context(), workflows.Change{Incidents: []workflows.SavedIncident{{
				Row: &incident.Incident{ID: id, Seq: 1, Title: strings.Repeat("社用PCを電車に置き忘れた。", 500)},
			}}})
		})
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := conn.QueryRow(t.Context(), `SELECT pg_column_compression(state) FROM hikeshi.incidents WHERE id = $1`, string(id)).Scan(&got); err != nil || got != want {
			t.Errorf("compressed by %q, want %q: %v", got, want, err)
		}
	}
}

// The next connection may be to a server that does not know it, or through a pooler that lets nobody
// in with what it does not know: nobody asks for it to connect, and who cannot have it goes on without.
func TestPostgresConnectsWithoutCompressing(t *testing.T) {
	url := newPostgres(t)
	config, err := postgresConfig(url, options{migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := preparePostgres(t.Context(), config.ConnConfig, options{migrate: true}); err != nil {
		t.Fatal(err)
	}
	if v, asked := config.ConnConfig.RuntimeParams[compression]; asked {
		t.Errorf("it connects with %s=%s", compression, v)
	}
	conn, err := pgx.ConnectConfig(t.Context(), config.ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT 1/0`); err == nil {
		t.Fatal("divided by nothing")
	}
	if err := compressLightly(t.Context(), conn.PgConn()); err != nil { // the server refuses everything now
		t.Errorf("refused, and no connection: %v", err)
	}
	if _, err := conn.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Errorf("what follows: %v", err)
	}
}

func TestShown(t *testing.T) {
	for address, want := range map[string]string{
		"sqlite:data/x.db": "sqlite:data/x.db",
		"postgres://hikeshi:geheim@db.example.co.jp:5433/incidents?sslmode=require": "postgres://hikeshi@db.example.co.jp:5433/incidents",
		"postgres://db.example.co.jp/incidents?user=hikeshi&password=geheim":        "postgres://hikeshi@db.example.co.jp:5432/incidents",
		"postgres://hikeshi:7/geheim@db:5432/x":                                     "postgres://…",
		"host=db password=geheim":                                                   "…",
		"mysql://u:geheim@h/x":                                                      "…",
		"postgresql://hikeshi:ge%zzheim@db/x":                                       "postgres://…",
		"postgres://hikeshi:geheim@a.example.co.jp,b.example.co.jp/incidents":       "postgres://hikeshi@a.example.co.jp:5432/incidents",
	} {
		if got := Shown(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}

// TestPostgresAtOnce starts several processes on a database without tables.
func TestPostgresAtOnce(t *testing.T) { openAtOnce(t, pgtest.Shared(t).Empty(t), 4) }
