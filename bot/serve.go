package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/bot/desk"
	"hikeshi/bot/mail"
	"hikeshi/bot/metrics"
	"hikeshi/bot/phone"
	"hikeshi/bot/slack"
	"hikeshi/bot/web"
	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// house is everything wired together: what serve runs, and what transcripts run without
// listening.
type house struct {
	*opened
	desk    *desk.Desk
	web     *web.Server
	courier *courier.Courier
	// platforms are the chat platforms that are set up, in the order in which people are called by
	// them; slack is one of them, nil without it.
	platforms []chatPlatform
	slack     *slack.Front
	mail      *mail.Mail   // nil: mail is not set up
	phone     *phone.Phone // nil: the phone hook is not
	log       *slog.Logger
	lang      string
	pages     string // where people reach the web pages; empty: they do not
	inForce   atomic.Pointer[templates.Set]
	metrics   *metrics.Metrics
	// refused holds what is to be said of tokens that a platform does not take.
	refused chan sentence
}

// wire connects the parts and loads the sample company into an empty practice room.
func (p *program) wire(ctx context.Context, o *opened, log *slog.Logger) (*house, error) {
	h := &house{opened: o, metrics: metrics.New(), log: log, lang: p.settings.Lang, pages: p.settings.pagesURL(), refused: make(chan sentence, 4)}
	// A form with faults stops the start, not the report of the night.
	forms, err := templates.LoadReportForms(p.overlay())
	if err != nil {
		return nil, err
	}
	h.inForce.Store(&templates.Set{Texts: o.texts, Book: o.book, Paging: o.paging, Company: o.company, Clocks: o.rules, Forms: forms})
	// The service tells of changes before those who listen are made.
	var live atomic.Pointer[house]
	o.service, err = workflows.New(ctx, workflows.Options{
		Store: o.store, Clock: o.clock, Book: o.book, Paging: o.paging, Clocks: o.clocks(), Log: log, Practice: p.settings.practice(),
		Places: p.settings.platforms(), Reaches: p.reachesBy(func() *workflows.Service { return o.service }), Observer: h.metrics,
		Changed: func(c workflows.Changed) {
			if h := live.Load(); h != nil {
				h.changed(c)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	if err := o.service.Keep(ctx); err != nil {
		return nil, err
	}
	if err := loadSample(ctx, o.service); err != nil {
		return nil, err
	}
	if err := p.join(h); err != nil {
		return nil, err
	}
	if err := p.means(h); err != nil {
		return nil, err
	}
	lang := p.settings.Lang
	d := desk.Config{
		Service: o.service, Texts: o.texts, Lang: lang, Company: o.company.In(lang), AnswerLinks: p.settings.PublicURL != "", Log: log,
		Mail: p.settings.mail(),
		Down: func(name string) bool { return h.courier != nil && h.courier.Down(name) },
		Documents: func(_ context.Context, in *incident.Incident, records []incident.Record, kind desk.Kind, lang, format string) (string, string, []byte, error) {
			now := o.service.Now()
			body, err := renderDocument(h.now(), in, records, kind, lang, format, now)
			name := fmt.Sprintf("%s-v%d.%s", in.ID, in.Reports, format)
			if kind == desk.KindHandover {
				name = fmt.Sprintf("%s-%s.%s", in.ID, kind, format)
			}
			return name, mediaTypes[format], body, err
		},
		Drafts: func(in *incident.Incident, records []incident.Record, kind draft.Kind, lang string) draft.Draft {
			return draft.Of(kind, in, records, draftOptions(h.now(), in, lang, o.service.Now()))
		},
		Register: func(_ context.Context, lang, chosen string, incidents iter.Seq2[workflows.Told, error]) (string, string, []byte, error) {
			body, _, err := p.register(h.now(), lang, chosen, incidents)
			return registerName(o.service.Now()), templates.XlsxType, body, err
		},
	}
	var passes *web.Passes
	if !p.settings.practice() {
		passes = o.passes()
		passes.Known = h.stillHere(passes.Known)
	}
	if d.Platforms = p.settings.platforms(); len(d.Platforms) > 0 {
		d.Email, d.Places = h.email, true
		if passes != nil && h.pages != "" {
			d.SignIn = func(ctx context.Context, _ chat.UserID, person incident.PersonID) (string, time.Time, error) {
				return passes.Link(ctx, desk.User(person))
			}
		}
	}
	h.desk = desk.New(d)
	config := web.Config{
		Desk: h.desk, NotFound: workflows.ErrNotFound, Say: h.say, Lang: lang, Practice: p.settings.practice(), SignIn: passes, Platforms: d.Platforms, Answers: h.desk, Calendars: h.desk, Banner: h.banner,
		Clock: o.service.Now, Listen: p.settings.Listen, PublicURL: p.settings.PublicURL, Log: log,
	}
	if c, ok := o.clock.(*practiceClock); ok {
		config.Move = func(ctx context.Context, d time.Duration) error { return h.moveOn(ctx, c, d) }
	}
	h.web = web.New(config)
	c := courier.Config{
		Service: o.service, Render: h.desk.Card, RenderJoined: h.desk.JoinedCard, Call: h.desk.Call, Closed: h.closed, Way: h.way, Route: h.route, Joins: h.joins, Owner: owner(), Log: log,
	}
	if len(h.platforms) > 0 {
		c.Place, c.Person, c.Attach, c.Instead, c.Elsewhere = h.place, h.person, h.attach, h.instead, h.elsewhere
	}
	for _, x := range h.platforms {
		x.use(h.desk)
	}
	h.courier = courier.New(c)
	live.Store(h)
	return h, nil
}

// changed shows what a commit of this process or of another has changed, and has the work
// done that follows from it.
func (h *house) changed(c workflows.Changed) {
	h.web.Changed(string(c.Incident))
	channel := ""
	if c.Incident != "" && len(h.platforms) > 0 {
		channel = h.desk.Channel(c.Incident)
	}
	for _, x := range h.platforms {
		if x.changed != nil {
			x.changed(channel)
		}
	}
	if c.Work {
		h.courier.Wake()
	}
}

var mediaTypes = map[string]string{
	"pdf":  "application/pdf",
	"md":   "text/markdown; charset=utf-8",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

// moveOn moves the practice clock on and lets happen what falls due on the way, tick by
// tick: an hour of practice must bring the same calls as an hour of a real night. Ticks at which
// nothing can be due are passed over.
func (h *house) moveOn(ctx context.Context, c *practiceClock, d time.Duration) error {
	const tick = 5 * time.Minute
	for left := d; left > 0; {
		quiet, err := h.quiet(ctx)
		if err != nil {
			return err
		}
		by := min(max(tick, quiet.Truncate(tick)), left)
		if err := h.step(ctx, func() error { return c.Move(ctx, by) }); err != nil {
			return err
		}
		left -= by
	}
	h.courier.Wake()
	h.web.Changed("")
	return nil
}

// quiet is how long nothing falls due: no timer, no message, no morning with its overview, and
// no midnight, after which another edition of a law may be in force.
func (h *house) quiet(ctx context.Context) (time.Duration, error) {
	now := h.service.Now()
	local := now.In(incident.Tokyo)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, incident.Tokyo)
	next := midnight.AddDate(0, 0, 1)
	if morning := midnight.Add(9 * time.Hour); morning.After(now) {
		next = morning
	}
	due, ok, err := h.service.NextDue(ctx)
	if ok && due.Before(next) {
		next = due
	}
	return next.Sub(now), err
}

// step moves the clock and does what is due then, the calendar's work of that day among it:
// what fell due on a day before is over, as it is for a server that was not running then.
func (h *house) step(ctx context.Context, move func() error) error {
	return h.courier.Step(ctx, func() error {
		if err := move(); err != nil {
			return err
		}
		now := h.service.Now().In(incident.Tokyo)
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, incident.Tokyo)
		return h.service.Tick(ctx, today)
	})
}

// owner names this process in leases.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	// In containers the host and the number of the process may be those of another, too.
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}

// startWatched is how long somebody is taken to look at what a start prints.
const startWatched = time.Minute

// tellRefused has it said that a platform does not take a token. It never waits.
func (h *house) tellRefused(key string, pairs ...string) {
	select {
	case h.refused <- sentence{key, pairs}:
	default: // the log has it
	}
}

func (p *program) serve(ctx context.Context) (err error) {
	log := p.log()
	given := p.settings
	p.settings = given.inUse()
	if given.phoneUnused() {
		p.settings = p.settings.withoutPhone()
	}
	if path, ok := strings.CutPrefix(p.settings.database(), "sqlite:"); ok {
		if err := makeFolder(path); err != nil {
			return err
		}
	}
	unlock, err := store.Lock(p.settings.database())
	if locked := (*store.Locked)(nil); errors.As(err, &locked) {
		return say("cli.serve.locked", "database", locked.Path, "process", locked.Process)
	}
	if err != nil {
		return err
	}
	defer unlock()
	changed, stopListening := listenForReload()
	defer stopListening()
	o, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.store.Close()) }()
	h, err := p.wire(ctx, o, log)
	if err != nil {
		return err
	}
	// By the machine's clock: what practice has moved on is no age of a file. What cannot be
	// swept now waits for the next start; it is in nobody's way.
	if n, err := o.service.SweepFiles(ctx, time.Now()); err != nil {
		log.WarnContext(ctx, "files that no entry names could not be removed", "component", "server", "error", err)
	} else if n > 0 {
		log.InfoContext(ctx, "files of uploads that were cut short were removed", "component", "server", "count", n)
	}
	d, err := p.goOnDuty(ctx, h, log)
	if err != nil {
		return err
	}
	follow, unfollow := h.following(ctx, log)
	defer unfollow()
	key := "cli.serve.live"
	if p.settings.practice() {
		key = "cli.serve.practice"
	}
	fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, key, "address", "http://"+d.address, "database", store.Shown(p.settings.database())))
	for _, s := range slices.Concat(given.slackSaid(d.address), given.discordSaid(d.address), given.mailSaid(), given.phoneSaid()) {
		fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, s.key, s.pairs...))
	}

	begun, said := time.Now(), map[string]bool{}
	for running := true; running; {
		select {
		case s := <-h.refused:
			// Later nobody watches the start any more, and the log tells it.
			if !said[s.key] && time.Since(begun) < startWatched {
				said[s.key] = true
				fmt.Fprintln(p.out, h.say(p.settings.Lang, s.key, s.pairs...))
			}
		case err = <-d.served:
			running = false
		case <-changed:
			running = p.reload(ctx, h, log)
			follow()
		case <-ctx.Done():
			running = false
			fmt.Fprintln(p.out, h.say(p.settings.Lang, "cli.serve.stopping"))
		}
	}
	return errors.Join(err, d.end(p.settings.PublicURL != ""))
}
