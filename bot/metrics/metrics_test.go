package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"hikeshi/bot/metrics"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var now = time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)

// asked are figures in which everything has happened once.
func asked(t *testing.T, backlog func(context.Context) (workflows.Backlog, error)) (m *metrics.Metrics, failed *error) {
	t.Helper()
	m, failed = metrics.New(), new(error)
	m.Watch(metrics.Sources{
		Backlog: backlog, Now: func() time.Time { return now }, Streams: func() int { return 3 },
		Ready:  func(context.Context) map[string]bool { return map[string]bool{"database": true, "courier": false} },
		Down:   func() map[string]bool { return map[string]bool{"slack": true, "mail": false} },
		Failed: func(err error) { *failed = err },
	})
	m.Doing(incident.WordReport)(workflows.EndAccepted)
	m.Doing(incident.WordClose)(workflows.EndRefused)
	m.Claimed(workflows.ClaimedMessages, 4)
	m.Fired(workflows.TimerRound, 7*time.Second)
	m.Fired(workflows.TimerRound, -time.Second)
	page := workflows.Message{Notice: incident.Notice{Kind: incident.NoticePage, Urgent: true, To: "p-yamamoto", Incident: "TRN-2026-0001"}}
	m.Tried(page, workflows.Sent{OK: true, Frontend: "web"}, 2*time.Second)
	m.Tried(page, workflows.Sent{Frontend: "web", Retry: now}, 0)
	m.Tried(page, workflows.Sent{Error: "unreachable"}, 0)
	page.FirstSent = now
	m.Tried(page, workflows.Sent{OK: true, Frontend: "web"}, 0)
	m.Answered("GET /incidents/{id}", 404, time.Millisecond, false)
	m.Answered("GET /events", 200, time.Hour, true)
	return m, failed
}

func some(context.Context) (workflows.Backlog, error) {
	return workflows.Backlog{
		Open: []workflows.OpenCount{
			{Phase: incident.Containment, Level: incident.Level2, Count: 2}, {Phase: incident.Reported, Level: incident.Unassessed, Count: 1},
		},
		Pending: 5, OldestPending: now.Add(-90 * time.Second), Undelivered: 1, Timers: 2, NextTimer: now.Add(time.Minute),
	}, nil
}

func page(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1"
	m.Handler(metrics.Access{}).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	return w.Body.String()
}

func TestTheFiguresSayWhatHappened(t *testing.T) {
	m, failed := asked(t, some)
	text := page(t, m)
	for _, line := range []string{
		`hikeshi_commands_total{result="accepted",word="report"} 1`,
		`hikeshi_commands_total{result="failed",word="report"} 0`,
		`hikeshi_commands_total{result="refused",word="close"} 1`,
		`hikeshi_command_duration_seconds_count{word="close"} 1`,
		`hikeshi_claims_total{what="messages"} 4`,
		`hikeshi_timer_lateness_seconds_sum{kind="round"} 7`,
		`hikeshi_timer_lateness_seconds_count{kind="round"} 2`,
		`hikeshi_message_tries_total{frontend="web",kind="page",result="sent"} 2`,
		`hikeshi_message_tries_total{frontend="web",kind="page",result="retried"} 1`,
		`hikeshi_message_tries_total{frontend="",kind="page",result="given_up"} 1`,
		`hikeshi_message_delay_seconds_sum{urgent="yes"} 2`,
		`hikeshi_message_delay_seconds_count{urgent="yes"} 1`,
		`hikeshi_http_requests_total{route="GET /incidents/{id}",status="404"} 1`,
		`hikeshi_http_requests_total{route="GET /events",status="200"} 1`,
		`hikeshi_incidents_open{level="2",phase="containment"} 2`,
		`hikeshi_incidents_open{level="unassessed",phase="reported"} 1`,
		`hikeshi_messages_pending 5`, `hikeshi_messages_oldest_pending_seconds 90`, `hikeshi_messages_undelivered 1`,
		`hikeshi_timers_waiting 2`, `hikeshi_timers_overdue_seconds 0`, `hikeshi_backlog_readable 1`, `hikeshi_live_streams 3`,
		`hikeshi_component_ready{component="courier"} 0`, `hikeshi_component_ready{component="database"} 1`,
		`hikeshi_frontend_down{frontend="slack"} 1`, `hikeshi_frontend_down{frontend="mail"} 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, begin := range []string{"go_goroutines ", "hikeshi_build_info{"} {
		if !strings.Contains(text, "\n"+begin) {
			t.Errorf("no figure %s", begin)
		}
	}
	for _, never := range []string{"yamamoto", "TRN-2026", `duration_seconds_count{route="GET /events"}`} {
		if strings.Contains(text, never) {
			t.Errorf("%s is among the figures", never)
		}
	}
	if *failed != nil {
		t.Error(*failed)
	}
}

func TestTheFiguresAreNamedAsPrometheusWants(t *testing.T) {
	m, _ := asked(t, some)
	problems, err := promlint.New(strings.NewReader(page(t, m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A database that cannot count takes its own figures away, and no others.
func TestADatabaseThatCannotCount(t *testing.T) {
	gone := errors.New("gone")
	m, failed := asked(t, func(context.Context) (workflows.Backlog, error) { return workflows.Backlog{}, gone })
	text := page(t, m)
	if !strings.Contains(text, "\nhikeshi_backlog_readable 0\n") || strings.Contains(text, "hikeshi_messages_pending") || !strings.Contains(text, "\nhikeshi_claims_total{") {
		t.Error(text)
	}
	if !errors.Is(*failed, gone) {
		t.Errorf("told of %v", *failed)
	}
}

func TestWhoMayReadTheFigures(t *testing.T) {
	const token = "long-enough-to-be-one"
	for name, c := range map[string]struct {
		access metrics.Access
		from   string
		host   string
		header []string
		want   int
	}{
		"this machine":                     {from: "127.0.0.1:5", want: 200},
		"this machine by IPv6":             {from: "[::1]:5", host: "[::1]:8119", want: 200},
		"this machine, mapped":             {from: "[::ffff:127.0.0.1]:5", want: 200},
		"another machine":                  {from: "192.0.2.7:5", want: 403},
		"nobody knows who":                 {from: "@", want: 403},
		"by a proxy":                       {from: "127.0.0.1:5", header: []string{"X-Forwarded-For", "192.0.2.7"}, want: 403},
		"by a proxy of RFC 7239":           {from: "127.0.0.1:5", header: []string{"Forwarded", "for=192.0.2.7"}, want: 403},
		"by nginx":                         {from: "127.0.0.1:5", header: []string{"X-Real-IP", "192.0.2.7"}, want: 403},
		"by a cache":                       {from: "127.0.0.1:5", header: []string{"Via", "1.1 x"}, want: 403},
		"by another site's name":           {from: "127.0.0.1:5", host: "evil.example:8119", want: 403},
		"a public room":                    {access: metrics.Access{Public: true}, from: "127.0.0.1:5", want: 403},
		"a token nobody asks for":          {from: "192.0.2.7:5", header: []string{"Authorization", "Bearer " + token}, want: 403},
		"with the token":                   {access: metrics.Access{Token: token}, from: "192.0.2.7:5", host: "hikeshi.example.co.jp", header: []string{"Authorization", "Bearer " + token}, want: 200},
		"with the token, public":           {access: metrics.Access{Token: token, Public: true}, from: "127.0.0.1:5", header: []string{"Authorization", "Bearer " + token, "X-Forwarded-For", "192.0.2.7"}, want: 200},
		"without the token":                {access: metrics.Access{Token: token}, from: "127.0.0.1:5", want: 401},
		"with another token":               {access: metrics.Access{Token: token}, from: "127.0.0.1:5", header: []string{"Authorization", "Bearer " + token + "x"}, want: 401},
		"with the beginning of the token":  {access: metrics.Access{Token: token}, from: "127.0.0.1:5", header: []string{"Authorization", "Bearer " + token[:5]}, want: 401},
		"with the token as a password":     {access: metrics.Access{Token: token}, from: "127.0.0.1:5", header: []string{"Authorization", "Basic " + token}, want: 401},
		"with the token and nothing else":  {access: metrics.Access{Token: token}, from: "127.0.0.1:5", header: []string{"Authorization", token}, want: 401},
		"with an empty token of an empty ": {access: metrics.Access{}, from: "192.0.2.7:5", header: []string{"Authorization", "Bearer "}, want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			host := c.host
			if host == "" {
				host = "127.0.0.1:8119"
			}
			r := httptest.NewRequest(http.MethodGet, "http://"+host+"/metrics", nil)
			r.RemoteAddr = c.from
			for i := 0; i < len(c.header); i += 2 {
				r.Header.Set(c.header[i], c.header[i+1])
			}
			w := httptest.NewRecorder()
			metrics.New().Handler(c.access).ServeHTTP(w, r)
			body, err := io.ReadAll(w.Body)
			if err != nil || w.Code != c.want || (c.want == 200) != strings.Contains(string(body), "hikeshi_build_info") || c.want != 200 && len(body) > 0 {
				t.Errorf("%d, want %d; %d bytes", w.Code, c.want, len(body))
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (c.want == 401) != (challenge != "") {
				t.Errorf("challenge %q", challenge)
			}
		})
	}
}
