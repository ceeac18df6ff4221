package slack

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hikeshi/bot/intake"
)

// maxUnderWay bounds the deliveries worked on at once. What finds no room is not acknowledged,
// so that Slack delivers it again or tells the person itself: never taken in and forgotten.
const maxUnderWay = 1000

// Front is the front end: what comes in, and through its sender what goes out.
type Front struct {
	*sender
	config   Config
	draw     drawing
	log      *slog.Logger
	desk     atomic.Pointer[Desk]
	patience patience
	clock    func() time.Time
	work     *intake.Work
	seen     *intake.Seen
	homes    *homes
	quotes   *quotes
	reach    reach
	looked   looked
	unsigned atomic.Int64 // when an unsigned request was last written to the log, in Unix seconds
}

// patience is how long is waited for what. A test waits less.
type patience struct {
	lookup    time.Duration // for users.info, before a person goes by the name in the payload
	received  time.Duration // for the desk, before a command is acknowledged with a sentence
	submitted time.Duration // for the desk, before the form's window says that it is waiting
	settle    time.Duration // for an acknowledgement to be carried out, before a call that builds on it
	suggested time.Duration // for the options of a search: Slack shows nothing after 3 s
	answered  time.Duration // for an acknowledgement, before HTTP answers without one
	emergency time.Duration // for the desk, before whom to phone is shown
	desk      time.Duration // for the desk in all
	call      time.Duration // for one call that shows an answer
	whole     time.Duration // for a form opened from memory to become whole
	between   time.Duration // between two looks at it
	home      time.Duration // between two versions of one person's Home tab
	publish   time.Duration // between two views.publish in all
	ping      time.Duration // without a ping of Slack, before a socket counts as stalled
	backoff   time.Duration // the first wait after a socket could not be opened
	grace     time.Duration // for what is under way when the program ends
	room      time.Duration // for room among the deliveries worked on
	doubt     time.Duration // before it is looked again who is in a channel, while the database does not answer
}

// Slack waits 3 s for an acknowledgement, and a trigger_id lives as long (Slack, "Handling
// user interaction"); views.publish is Tier 4, 100 calls a minute (Slack, "Rate limits"); Slack
// pings a socket every few seconds, its own clients give one up after 30 s without.
var standard = patience{
	lookup:    1500 * time.Millisecond,
	received:  300 * time.Millisecond,
	submitted: 700 * time.Millisecond,
	settle:    300 * time.Millisecond,
	suggested: 2500 * time.Millisecond,
	answered:  2500 * time.Millisecond,
	emergency: 10 * time.Second,
	desk:      2 * time.Minute,
	call:      15 * time.Second,
	whole:     20 * time.Second,
	between:   time.Second,
	home:      2 * time.Second,
	publish:   700 * time.Millisecond,
	ping:      30 * time.Second,
	backoff:   time.Second,
	grace:     5 * time.Second, // the whole program stops within 7, sends and recording among it
	room:      2 * time.Second,
	doubt:     2 * time.Second,
}

var (
	errNoToken  = errors.New("slack: there is no bot token")
	errNoSecret = errors.New("slack: there is neither an app token (Socket Mode) nor a signing secret (HTTP)")
)

// New makes a front end. It calls nothing yet.
func New(c Config) (*Front, error) {
	switch {
	case c.BotToken == "":
		return nil, errNoToken
	case c.AppToken == "" && c.SigningSecret == "":
		return nil, errNoSecret
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	d := drawing{
		say:       func(key string, pairs ...string) string { return c.Say(c.Lang, key, pairs...) },
		publicURL: c.PublicURL,
	}
	f := &Front{
		sender: newSender(c, d), config: c, draw: d, log: c.Log.With("component", "slack"),
		patience: standard, clock: time.Now, work: intake.NewWork(maxUnderWay), seen: intake.NewSeen(),
		homes: newHomes(), quotes: newQuotes(c.Memory),
	}
	f.reach.again = make(chan struct{}, 1)
	return f, nil
}

// Use sets who is asked. Until then nothing is taken in.
func (f *Front) Use(d Desk) { f.desk.Store(&d) }

// Run takes in what comes over Socket Mode and keeps the Home tabs current, until ctx ends.
// Then nothing more is taken in, and what is under way is finished within a few seconds: a
// delivery that was not acknowledged comes again, here or at another process.
func (f *Front) Run(ctx context.Context) error {
	open, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	var parts sync.WaitGroup
	if f.config.AppToken != "" {
		for range sockets {
			parts.Go(func() { f.listen(open) })
		}
	}
	parts.Go(func() { f.learn(ctx) })
	parts.Go(func() { f.keepHomes(ctx) })
	parts.Go(func() { f.quotes.sweep(ctx, f.clock, f.log) })
	parts.Go(func() { f.sweep(ctx) })
	parts.Go(func() { f.guard(ctx) })
	<-ctx.Done()
	// The sockets stay open meanwhile: they carry the acknowledgements.
	if !f.work.Finish(f.patience.grace) {
		f.log.Warn("not everything under way was finished in time")
	}
	hangUp()
	parts.Wait()
	f.http.CloseIdleConnections()
	return nil
}

// Live reports whether Slack reaches us and lets us answer, and since when that is so; zero: it
// never did.
func (f *Front) Live() (ok bool, since time.Time) {
	if at := f.people.refusedSince(); !at.IsZero() {
		if !f.people.everTaken() {
			return false, time.Time{}
		}
		return false, at
	}
	return f.reach.live(f.config.AppToken == "")
}
