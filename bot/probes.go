package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"hikeshi/bot/metrics"
	"hikeshi/bot/phone"
	"hikeshi/bot/slack"
)

// Where those ask who look after the program.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

// probeWithin bounds the answer to a probe on a slow connection.
const probeWithin = 10 * time.Second

// probes answers who looks after the program, and hands everything else on: to Slack's front
// end what Slack sends and to the phone hook what its gateway brings, which are known by their
// signatures and not by the name they call this host by, and the rest to the room. It counts every request, and writes a line for each that
// failed: the route that answered, never the path, in which numbers and tokens stand.
type probes struct {
	room    http.Handler
	slack   http.Handler // what Slack sends over HTTP; nil: nothing
	phone   http.Handler // what the phone gateway brings; nil: nothing
	parts   func(context.Context) map[string]bool
	metrics *metrics.Metrics
	figures http.Handler
	log     *slog.Logger
}

func (p *probes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	seen := &answered{ResponseWriter: w}
	route := "-" // refused before any route was looked for
	defer func() {
		took := time.Since(begun)
		p.metrics.Answered(route, seen.code(), took, route == "GET /events")
		// Who is not signed in, or mistypes a path, is no fault of anything.
		if c := seen.code(); c >= 400 && c != http.StatusNotFound && c != http.StatusUnauthorized {
			p.log.Info("a web request was not answered as asked", "component", "web", "route", route, "status", c, "took", took)
		}
	}()
	switch r.URL.Path {
	case healthPath:
		route = healthPath
		probe(seen)
		seen.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = seen.Write([]byte("ok\n"))
	case readyPath:
		route = readyPath
		probe(seen)
		p.ready(seen, r)
	case metricsPath:
		route = metricsPath
		probe(seen)
		p.figures.ServeHTTP(seen, r)
	default:
		if signed := p.signed(r.URL.Path); signed != nil {
			route = r.URL.Path
			// Not every ResponseWriter has deadlines; a server's own always does.
			_ = http.NewResponseController(seen).SetReadDeadline(begun.Add(probeWithin))
			signed.ServeHTTP(seen, r)
			return
		}
		p.room.ServeHTTP(seen, r)
		if r.Pattern != "" { // set by the room's router
			route = r.Pattern
		}
	}
}

// signed takes what is known by its signature; nil: nothing is at this path.
func (p *probes) signed(path string) http.Handler {
	switch path {
	case slack.PathCommands, slack.PathInteractions, slack.PathEvents:
		return p.slack
	case phone.AnswerPath:
		return p.phone
	}
	return nil
}

// probe prepares the answer to a program.
func probe(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(probeWithin))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// ready says which parts work and which do not, and no more: anybody may ask.
func (p *probes) ready(w http.ResponseWriter, r *http.Request) {
	parts := p.parts(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if !ready(parts) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(readyAnswer{Ready: ready(parts), Parts: parts})
}

// readyAnswer is the body of /readyz.
type readyAnswer struct {
	Ready bool            `json:"ready"`
	Parts map[string]bool `json:"parts"`
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// Unwrap lets streams flush and set deadlines.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
