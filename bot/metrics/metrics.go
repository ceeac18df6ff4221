// Package metrics counts what the program does, in the form that Prometheus reads. It owns
// the names of the figures, their labels and who may read them (access.go).
//
// A label is a word of the program: a command, a phase, a route. It must never be a person,
// an incident's number or anything typed: figures are kept for months, by people who may not
// see incidents. It decides nothing, and reading it costs one short query.
package metrics

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Metrics are the figures of one program. It is a workflows.Observer, and safe for
// concurrent use.
type Metrics struct {
	registry  *prometheus.Registry
	commands  *prometheus.CounterVec
	took      *prometheus.HistogramVec
	claims    *prometheus.CounterVec
	lateness  *prometheus.HistogramVec
	tries     *prometheus.CounterVec
	delay     *prometheus.HistogramVec
	requests  *prometheus.CounterVec
	answering *prometheus.HistogramVec
	found     *prometheus.GaugeVec
	repairs   *prometheus.CounterVec
	audited   prometheus.Gauge
}

var _ workflows.Observer = (*Metrics)(nil)

// The bounds of the histograms, in seconds. A report is to be answered within a second; a
// person is called within some; the wait for an answer to a call is minutes.
var (
	quick = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	slow  = []float64{.1, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600}
)

// New makes the figures, all at zero.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hikeshi_commands_total", Help: "Commands by word and how they ended: accepted, refused, asked, repeated, failed.",
		}, []string{"word", "result"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hikeshi_command_duration_seconds", Help: "Time to carry out one command, with its commit.", Buckets: quick,
		}, []string{"word"}),
		claims: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hikeshi_claims_total", Help: "Due timers and messages that were leased to be worked off.",
		}, []string{"what"}),
		lateness: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hikeshi_timer_lateness_seconds", Help: "How long after it was due a timer was carried out.", Buckets: slow,
		}, []string{"kind"}),
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hikeshi_message_tries_total", Help: "Tries to send a message and what came of them: sent, retried, given_up, dropped.",
		}, []string{"kind", "frontend", "result"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hikeshi_message_delay_seconds", Help: "Time from the event to the first arrival of a message; calls are urgent.", Buckets: slow,
		}, []string{"urgent"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hikeshi_http_requests_total", Help: "Web requests by route and status.",
		}, []string{"route", "status"}),
		answering: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hikeshi_http_request_duration_seconds", Help: "Time to answer a web request; live streams are left out.", Buckets: quick,
		}, []string{"route"}),
		found: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hikeshi_audit_findings", Help: "What the last audit of this process found and could not mend, by finding.",
		}, []string{"finding"}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hikeshi_audit_repairs_total", Help: "What the audit found and mended, by finding.",
		}, []string{"finding"}),
		audited: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hikeshi_audit_last_timestamp_seconds", Help: "When this process last audited everything that is open, by the clock of its machine; 0: never.",
		}),
	}
	m.registry.MustRegister(
		m.commands, m.took, m.claims, m.lateness, m.tries, m.delay, m.requests, m.answering, m.found, m.repairs, m.audited,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build(),
	)
	// What an alarm watches is there from the beginning, at zero.
	for _, end := range workflows.Endings {
		m.commands.WithLabelValues(string(incident.WordReport), string(end))
	}
	m.took.WithLabelValues(string(incident.WordReport))
	for _, k := range workflows.FindingKinds {
		m.found.WithLabelValues(string(k))
		if k.Repairable() {
			m.repairs.WithLabelValues(string(k))
		}
	}
	m.delay.WithLabelValues(urgency(true))
	m.delay.WithLabelValues(urgency(false))
	return m
}

// build says which program this is.
func build() prometheus.Collector {
	version, revision, goVersion := "unknown", "unknown", "unknown"
	if b, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = b.Main.Version, b.GoVersion
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "hikeshi_build_info", Help: "Always 1; the labels say which program is running.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "go": goVersion},
	})
	g.Set(1)
	return g
}

// Doing times a command and counts how it ended.
func (m *Metrics) Doing(w incident.Word) func(workflows.Ending) {
	begun := time.Now()
	return func(end workflows.Ending) {
		m.took.WithLabelValues(string(w)).Observe(time.Since(begun).Seconds())
		m.commands.WithLabelValues(string(w), string(end)).Inc()
	}
}

// Claimed counts leases.
func (m *Metrics) Claimed(what workflows.Claimed, n int) {
	m.claims.WithLabelValues(string(what)).Add(float64(n))
}

// Fired tells how late a timer was.
func (m *Metrics) Fired(kind workflows.TimerKind, late time.Duration) {
	m.lateness.WithLabelValues(string(kind)).Observe(max(late, 0).Seconds())
}

// Tried counts a try, and how long the person waited when it was the one that arrived.
func (m *Metrics) Tried(msg workflows.Message, res workflows.Sent, waited time.Duration) {
	result := "sent"
	switch {
	case res.OK && res.Retry.IsZero():
	case res.Dropped:
		result = "dropped"
	case res.Retry.IsZero():
		result = "given_up"
	default:
		result = "retried"
	}
	m.tries.WithLabelValues(string(msg.Kind), res.Frontend, result).Inc()
	if res.OK && msg.FirstSent.IsZero() {
		m.delay.WithLabelValues(urgency(msg.Urgent)).Observe(max(waited, 0).Seconds())
	}
}

// Audited shows what the last audit has left, and counts what it has mended.
func (m *Metrics) Audited(a workflows.Audited) {
	left := map[workflows.FindingKind]int{}
	for _, f := range a.Found {
		left[f.Kind]++
	}
	for _, k := range workflows.FindingKinds {
		m.found.WithLabelValues(string(k)).Set(float64(left[k]))
	}
	for _, f := range a.Repaired {
		m.repairs.WithLabelValues(string(f.Kind)).Inc()
	}
	m.audited.SetToCurrentTime()
}

func urgency(urgent bool) string {
	if urgent {
		return "yes"
	}
	return "no"
}

// Answered counts a web request. The route is the pattern that answered, never the path.
func (m *Metrics) Answered(route string, status int, took time.Duration, stream bool) {
	m.requests.WithLabelValues(route, statusText(status)).Inc()
	if !stream {
		m.answering.WithLabelValues(route).Observe(took.Seconds())
	}
}

// Sources are what is asked when somebody reads the figures.
type Sources struct {
	Backlog func(context.Context) (workflows.Backlog, error)
	Now     func() time.Time // of the service, which practice can move on
	Streams func() int
	Ready   func(context.Context) map[string]bool
	// Down says of each front end in use whether nothing gets through by it; nil: not known.
	Down func() map[string]bool
	// Failed is told of an error of Backlog.
	Failed func(error)
}

// Watch adds the figures that are read from elsewhere. It is called once.
func (m *Metrics) Watch(s Sources) { m.registry.MustRegister(&waiting{s}) }
