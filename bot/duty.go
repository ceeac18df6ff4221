package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"hikeshi/bot/courier"
	"hikeshi/bot/journal"
	"hikeshi/bot/metrics"
)

const (
	// stopWithin bounds how long a stop waits for requests and sends under way. With what
	// follows it is less than the 10 s after which "docker stop" kills.
	stopWithin = 7 * time.Second
	// announceStop is how long a server behind a proxy still takes requests after it has
	// begun to say that it is not ready, so that the proxy turns elsewhere first.
	announceStop = time.Second
	// releaseWithin bounds the recording of sends that were broken off. What cannot be
	// recorded then is claimed again when its lease has run out.
	releaseWithin = time.Second
)

// duty is a server at work: it listens, and what is due is done.
type duty struct {
	house     *house
	log       *slog.Logger
	address   string
	server    *http.Server
	served    chan error // how serving ended, when it ends by itself
	calendar  *courier.Calendar
	readiness *readiness
	stopWork  context.CancelFunc
	worked    chan struct{} // closed when the courier has ended
	listened  chan struct{} // and when nobody listens to other processes any more
	hangUp    context.CancelFunc
	talked    chan struct{} // and when nothing of the chat platforms is under way any more
}

// goOnDuty listens and begins to work. ctx bounds only the beginning.
func (p *program) goOnDuty(ctx context.Context, h *house, log *slog.Logger) (*duty, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.settings.Listen)
	if err != nil {
		return nil, errors.New(h.texts.Say(p.settings.Lang, "cli.serve.taken", "address", p.settings.Listen))
	}
	d := &duty{house: h, log: log, address: listener.Addr().String(), served: make(chan error, 1), worked: make(chan struct{}), listened: make(chan struct{}), talked: make(chan struct{})}
	if d.calendar, err = courier.NewCalendar(h.service, h.courier.Wake, log); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	d.readiness = &readiness{
		service: h.service, turned: h.courier.Turned, ticked: d.calendar.Ticked, audited: d.calendar.Audited, log: log,
		write: func(ctx context.Context) error {
			return h.store.SetSetting(ctx, readySetting, time.Now().UTC().Format(time.RFC3339))
		},
	}
	var receive http.Handler
	d.readiness.platforms = map[string]func() (bool, time.Time){}
	for _, x := range h.platforms {
		d.readiness.platforms[x.name()] = x.front.Live
	}
	if h.slack != nil {
		receive = h.slack.Handler()
	}
	rung, err := p.rung(h)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	h.metrics.Watch(metrics.Sources{
		Backlog: h.service.Backlog, Now: h.service.Now, Streams: h.web.Streams, Ready: d.readiness.parts, Down: h.down,
		Failed: func(err error) { uncounted(log, err) },
	})
	d.server = &http.Server{
		Handler: &probes{
			room: h.web.Handler(), slack: receive, phone: rung, parts: d.readiness.parts, metrics: h.metrics, log: log,
			figures: h.metrics.Handler(metrics.Access{Token: p.settings.MetricsToken, Public: p.settings.PublicURL != ""}),
		},
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: journal.ServerLog(log),
	}
	// Open pages are told after the listener has closed: they come back to the next server.
	d.server.RegisterOnShutdown(h.web.Stop)

	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	d.stopWork = stopWork
	go func() { h.courier.Run(work); close(d.worked) }()
	talk, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	d.hangUp = hangUp
	var talks sync.WaitGroup
	for _, x := range h.platforms {
		talks.Go(func() {
			if err := x.front.Run(talk); err != nil {
				log.Error("a chat platform is not listened to any more", "component", x.name(), "error", err)
			}
		})
	}
	go func() { talks.Wait(); close(d.talked) }()
	go func() {
		defer close(d.listened)
		if err := h.store.Listen(work, h.changed); err != nil {
			log.Warn("nobody listens to other servers; what they change is seen later", "component", "server", "error", err)
		}
	}()
	d.calendar.Start()
	d.readiness.accepting.Store(true)
	go func() { d.served <- d.server.Serve(listener) }()
	log.Info("started", "component", "server", "mode", p.settings.Mode, "address", d.address, "settings", p.logged())
	return d, nil
}

func uncounted(log *slog.Logger, err error) {
	log.Error("what waits could not be counted", "component", "metrics", "error", err)
}

// end stops in this order: it says that it is not ready, takes no new requests from the web
// and from the chat platforms, lets those under way finish and tells the open pages to come back, takes up
// no new work, and lets the sends under way finish. What has not finished within stopWithin is
// broken off: nobody was told that it was accepted, and no lease stays behind.
func (d *duty) end(behindProxy bool) error {
	begun := time.Now()
	d.readiness.accepting.Store(false)
	bounded, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if behindProxy {
		pause(bounded, announceStop)
	}
	d.hangUp()
	err := d.server.Shutdown(bounded)
	if errors.Is(err, context.DeadlineExceeded) {
		d.log.Warn("requests were broken off at the stop", "component", "server")
		err = d.server.Close()
	}
	select {
	case <-d.talked:
	case <-bounded.Done():
		d.log.Warn("what came from the chat platforms was broken off at the stop", "component", "server")
	}
	if cerr := d.calendar.Stop(); cerr != nil {
		d.log.Warn("the calendar's work was broken off; it is done at the next start", "component", "calendar", "error", cerr)
	}
	d.stopWork()
	select {
	case <-d.worked:
	case <-bounded.Done():
		d.log.Warn("sends were broken off at the stop; they are tried again at the next start", "component", "server")
		d.house.courier.BreakOff()
		last, cancel := context.WithTimeout(context.Background(), releaseWithin)
		defer cancel()
		select {
		case <-d.worked:
		case <-last.Done():
			d.log.Error("sends could not be broken off; they are tried again when their leases have run out", "component", "server")
		}
	}
	<-d.listened
	d.house.letGo()
	d.log.Info("stopped", "component", "server", "took", time.Since(begun))
	return err
}

// pause waits, but no longer than ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
