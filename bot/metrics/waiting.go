package metrics

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// askWithin bounds the query behind the figures: whoever reads them gives up after some
// seconds, and a database that cannot count by then has other troubles.
const askWithin = 3 * time.Second

// waiting are the figures of what is under way, counted when somebody asks.
type waiting struct{ Sources }

var (
	openDesc        = desc("hikeshi_incidents_open", "Incidents that have not ended, by phase and confirmed level.", "phase", "level")
	pendingDesc     = desc("hikeshi_messages_pending", "Messages on their way.")
	oldestDesc      = desc("hikeshi_messages_oldest_pending_seconds", "For how long the oldest message on its way has been waiting; 0 where none is.")
	undeliveredDesc = desc("hikeshi_messages_undelivered", "Messages about open incidents that were given up.")
	timersDesc      = desc("hikeshi_timers_waiting", "Timers that are still to come.")
	overdueDesc     = desc("hikeshi_timers_overdue_seconds", "For how long the earliest timer has been due; 0 where none is.")
	readableDesc    = desc("hikeshi_backlog_readable", "1 where the database could count what waits; 0: the figures of what waits are missing.")
	streamsDesc     = desc("hikeshi_live_streams", "Open pages that are told of changes.")
	downDesc        = desc("hikeshi_frontend_down", "1 where the last tries by a front end have all failed, as far as this process has tried; calls go by the other means.", "frontend")
	readyDesc       = desc("hikeshi_component_ready", "1 where a part of the program works, as /readyz says.", "component")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe lists the figures.
func (w *waiting) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{openDesc, pendingDesc, oldestDesc, undeliveredDesc, timersDesc, overdueDesc, readableDesc, streamsDesc, readyDesc, downDesc} {
		out <- d
	}
}

// Collect counts.
func (w *waiting) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	gauge(streamsDesc, float64(w.Streams()))
	each := func(d *prometheus.Desc, of map[string]bool) {
		for _, name := range slices.Sorted(maps.Keys(of)) {
			gauge(d, truth(of[name]), name)
		}
	}
	each(readyDesc, w.Ready(ctx))
	if w.Down != nil {
		each(downDesc, w.Down())
	}
	b, err := w.Backlog(ctx)
	gauge(readableDesc, truth(err == nil))
	if err != nil {
		w.Failed(err)
		return
	}
	now := w.Now()
	for _, o := range b.Open {
		gauge(openDesc, float64(o.Count), string(o.Phase), o.Level.String())
	}
	gauge(pendingDesc, float64(b.Pending))
	gauge(oldestDesc, since(b.OldestPending, now))
	gauge(undeliveredDesc, float64(b.Undelivered))
	gauge(timersDesc, float64(b.Timers))
	gauge(overdueDesc, since(b.NextTimer, now))
}

// since is for how many seconds something has been so; 0 where it is not, or not yet.
func since(t, now time.Time) float64 {
	if t.IsZero() || t.After(now) {
		return 0
	}
	return now.Sub(t).Seconds()
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func statusText(status int) string { return strconv.Itoa(status) }
