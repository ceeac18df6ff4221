// Package courier does what is due: it claims due timers and outgoing messages by lease,
// carries the timers out through the service, has the messages rendered, sends them through
// the front ends, and records what became of each. A lease that runs out (a crash, a
// machine that vanished) is claimed again by whoever runs, so that nothing is lost; a message
// whose try may have arrived is sent again and marked 再送.
//
// A lease is short, and renewed while the try goes on: so a call that was open at a SIGKILL is
// repeated within seconds, by any server on the same database, and nobody has to know which of
// them are alive. Who could not renew it for that long may find that another has sent the
// message again: twice is better than not at all.
//
// Pages overtake everything: they are claimed first, and lanes are kept for them that no
// ordinary message may use, however slowly a platform answers. While a platform answers at
// once, one message is under way at a time, so that a crash leaves open of one whether it
// arrived, and not of a dozen; only when answers take long are more sent beside it. The
// courier decides nothing about incidents and words nothing; what is due it knows by no
// clock but the service's, so that a moved practice clock works.
//
// What only a newer version knows how to say or do, which works on the same database while one
// takes over from the other, is left to it: due again a second later, and no try is counted.
//
// Where a front end joins pages, those to one person that are due together are one message
// and one claim. What a front end puts off because its platform asks to wait was not tried:
// it is due again later and holds nobody up.
//
// A call that does not get through by one means goes on by the next at once, while the courier
// goes on trying the first (means.go). A front end that is down, or that hangs, keeps no lane
// from the others (fronts.go), and one that is marked as compromised is asked for nothing. A
// fault of our own is no failure of a means (ours.go).
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const (
	// lanes is how many sends may be under way at once; pageLanes of them are for pages only. They
	// are enough for what may hang of two front ends at once, with some left for the third: see
	// silentPages.
	lanes     = 24
	pageLanes = 16
	// pace is how long the next message waits for the one under way to end. Four pages to a
	// platform that takes half a second are out after 0.65 s; of one that hangs, no more than
	// lanes are waited for.
	pace = 50 * time.Millisecond
	// sendTimeout bounds one try. A platform answers within seconds or not at all.
	sendTimeout = 20 * time.Second
	// lease is how long a claim of a message holds, unless it is renewed: longer than the longest
	// transaction that claims, renews or records it (the store bounds it to 8 s). renewEvery
	// leaves two tries at that.
	lease      = 10 * time.Second
	renewEvery = 3 * time.Second
	// TimerLease is how long a claim of a timer holds. A timer sends nothing: it is one command,
	// done within milliseconds, and its key sees to it that it is done once, even if the lease
	// runs out under it. So the lease need be no longer than the longest transaction (the store
	// bounds it to 8 s), and of a server that died, another acts soon.
	TimerLease = 10 * time.Second
	// Retries wait firstWait, then twice as long each time, up to longWait; a page never
	// waits longer than pageWait, and is never given up.
	firstWait = 2 * time.Second
	longWait  = 10 * time.Minute
	pageWait  = 30 * time.Second
	// tries is when an ordinary message is given up: with the waits above, after about two hours.
	tries = 20
	// leftToOthers is how soon something is due again that a server of a newer version, on the
	// same database, has to do (incident.ErrNewer).
	leftToOthers = time.Second
	// idle is the longest sleep: whatever a wake-up missed is found then.
	idle = 30 * time.Second
)

// Config is what a courier works with.
type Config struct {
	Service *workflows.Service
	// Render words a message as its incident is now. workflows.ErrNotFound: its receiver may
	// not see it any more, and it is given up. workflows.ErrSettled: there is nothing to say
	// any more, and it is dropped.
	Render func(ctx context.Context, m workflows.Message) (chat.Card, error)
	// Route says by which front end, and whom there, a message reaches; an error that wraps
	// chat.ErrGone: by none.
	Route func(m workflows.Message) (chat.Frontend, chat.Target, error)
	// RenderJoined words several pages to one person, as one card; nil: pages are never joined.
	RenderJoined func(ctx context.Context, m []workflows.Message) (chat.Card, error)
	// Way names the front end that Route is going to ask, and asks no platform itself. By it is
	// known, before anything is asked of a platform, whether it may be and whether it answers.
	// nil: what Route says, which asks none then.
	Way func(m workflows.Message) string
	// Instead says by which other chat platform a message reaches its person where those that were
	// tried, by their names, did not get through; ok is false for none. It asks no platform. nil:
	// there is one at most.
	Instead func(m workflows.Message, tried []string) (fe chat.Frontend, to chat.Target, ok bool)
	// Joins says whether a page goes to a front end on which pages are joined. It must ask no
	// platform, which may hang: every other message would wait for it. nil: as Route says, which
	// has to answer at once then.
	Joins func(m workflows.Message) bool
	// Call words pages for mail and phone; workflows.ErrSettled: they need not be sent any more.
	Call func(ctx context.Context, m ...workflows.Message) (*chat.Call, error)
	// Closed reports whether nothing may go out by a front end, because others read it; nil: none
	// ever is.
	Closed func(ctx context.Context, frontend string) (bool, error)
	// Attach makes the file that a message brings (incident.NoticeReport); a nil document: none.
	Attach func(ctx context.Context, m workflows.Message) (*chat.Document, error)
	// Place says how the channel of a message's incident ought to be, and who belongs in it
	// without an account that could be brought there; Person tells whose account one is, ""
	// for nobody's. Both are nil where no front end keeps channels.
	Place  func(ctx context.Context, m workflows.Message) (chat.Place, []workflows.PlaceMissing, error)
	Person func(u chat.UserID) incident.PersonID
	// Elsewhere reports whether somebody has an account on another platform than a front end's, as
	// far as is known without asking; nil: there is no other.
	Elsewhere func(frontend string, p incident.PersonID) bool
	Owner     string // names this process in leases
	Log       *slog.Logger
}

// Courier works off what is due until its context ends.
type Courier struct {
	Config
	wake  chan struct{}
	lanes chan struct{} // every send takes one
	slow  chan struct{} // ordinary sends take one of these as well
	// turn is held by whoever claims: Run for one round, Step until nothing is due.
	turn sync.Mutex
	// turned is when there was last a look for work, on the machine's clock: a practice clock
	// says nothing about whether the loop is alive.
	turned atomic.Int64
	// reminding says that the last round found nothing but reminders, and more may wait.
	reminding bool
	// sends ends when the tries under way are to be broken off.
	sends    context.Context
	breakOff context.CancelFunc

	mu    sync.Mutex
	under int           // sends under way
	last  int64         // number of the last of them
	begun time.Time     // when it was begun, by this machine's clock; zero: it has ended
	calm  chan struct{} // closed when the last of them has ended

	later  putOff
	fronts fronts
	told   told
}

// New makes a courier; Run starts it.
func New(c Config) *Courier {
	sends, breakOff := context.WithCancel(context.Background())
	return &Courier{
		Config:   c,
		wake:     make(chan struct{}, 1),
		lanes:    make(chan struct{}, lanes),
		slow:     make(chan struct{}, lanes-pageLanes),
		sends:    sends,
		breakOff: breakOff,
	}
}

// BreakOff ends the tries under way, for a stop that cannot wait for them. Each is recorded
// as unsure and due at once, so that no lease stays behind and whoever comes next sends it
// again, marked.
func (c *Courier) BreakOff() { c.breakOff() }

// Late is how long without a turn the courier counts as stuck: a sleep, and a claim that the
// database lets wait.
const Late = 2 * idle

// Turned is when the courier last looked for work, zero before the first time.
func (c *Courier) Turned() time.Time {
	if at := c.turned.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Wake tells the courier that something may be due. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and returns when the sends under way have ended too.
func (c *Courier) Run(ctx context.Context) {
	defer func() { <-c.quiet() }()
	for ctx.Err() == nil {
		c.turn.Lock()
		worked, err := c.round(ctx)
		c.turn.Unlock()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.Log.Error("what is due could not be claimed; trying again", "component", "courier", "error", err)
			c.sleep(ctx, firstWait)
		case !worked:
			c.sleep(ctx, c.untilNext(ctx))
		}
	}
}

// Step lets move happen while no send is under way, and then works until nothing is due any
// more and every send has ended: for the practice clock, and for tests and transcripts where
// time stands still. It may run beside Run. Without the pause before it, a moved clock would
// let the leases of sends under way run out, and they would be repeated.
func (c *Courier) Step(ctx context.Context, move func() error) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	if err := c.await(ctx); err != nil {
		return err
	}
	if err := move(); err != nil {
		return err
	}
	return c.drain(ctx)
}

// Drain works until nothing is due any more and every send has ended.
func (c *Courier) Drain(ctx context.Context) error {
	return c.Step(ctx, func() error { return nil })
}

func (c *Courier) drain(ctx context.Context) error {
	for {
		worked, err := c.round(ctx)
		if err != nil {
			return err
		}
		if err := c.await(ctx); err != nil {
			return err
		}
		if !worked {
			return nil
		}
	}
}

func (c *Courier) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-c.wake:
	case <-t.C:
	}
}

// soonest is the least sleep, should something stay due that could not be claimed.
const soonest = 10 * time.Millisecond

// untilNext is how long there is nothing to do. Messages wait for a lane and for the one under
// way; a timer waits for nobody.
func (c *Courier) untilNext(ctx context.Context) time.Duration {
	hold, busy := c.pause(), false
	switch {
	case len(c.lanes) == cap(c.lanes):
		hold, busy = idle, true // what is due has to wait for a lane; the send that ends wakes us
	case len(c.slow) == cap(c.slow):
		// What is due may have to wait for one of those lanes; a page that comes in wakes us.
		hold, busy = 5*pace, true
	case hold > 0:
		busy = true
	}
	next, ok, err := c.Service.NextDue(ctx)
	if err != nil || !ok {
		return idle
	}
	now := c.Service.Now()
	wait := max(next.Sub(now), hold)
	if busy && next.Sub(now) < hold {
		if timer, ok, err := c.Service.NextTimer(ctx); err == nil && ok {
			wait = min(wait, timer.Sub(now))
		}
	}
	return min(max(wait, soonest), idle)
}

// round claims once what is due and starts it. worked is false when nothing was claimed.
// Whoever calls it holds the turn.
func (c *Courier) round(ctx context.Context) (worked bool, err error) {
	c.turned.Store(time.Now().UnixNano())
	timers, err := c.Service.Claim(ctx, c.Owner, TimerLease, c.many())
	if err != nil {
		return false, fmt.Errorf("claim timers: %w", err)
	}
	c.fire(ctx, timers)
	urgentOnly := len(c.slow) == cap(c.slow)
	if len(c.lanes) == cap(c.lanes) || c.pause() > 0 {
		return len(timers) > 0, nil // a send that ends wakes us
	}
	// One at a time: what is claimed and not begun would be marked 再送 after a crash, though
	// nobody can have received it.
	messages, err := c.Service.ClaimMessages(ctx, c.Owner, lease, 1, urgentOnly)
	if err != nil {
		return false, fmt.Errorf("claim messages: %w", err)
	}
	for _, m := range messages {
		p, ok := c.gather(ctx, m)
		if !ok {
			continue
		}
		l := c.begin(m.Urgent)
		go func() {
			defer l.end()
			c.deliver(ctx, p, l)
		}()
	}
	return len(timers)+len(messages) > 0, nil
}

// How many timers are claimed at once: few, so that no page waits for all of them, unless there
// are only reminders, which are carried out together.
const (
	timersAtOnce    = 16
	remindersAtOnce = 256
)

func (c *Courier) many() int {
	if c.reminding {
		return remindersAtOnce
	}
	return timersAtOnce
}

func (c *Courier) fire(ctx context.Context, timers []workflows.Timer) {
	c.reminding = len(timers) >= timersAtOnce && !slices.ContainsFunc(timers, func(t workflows.Timer) bool { return t.Kind != workflows.TimerClocks })
	c.Service.FireAll(ctx, timers, func(t workflows.Timer, err error) { c.again(ctx, t, err) })
}

// again has a timer that could not be carried out tried once more.
func (c *Courier) again(ctx context.Context, t workflows.Timer, err error) {
	wait := backoff(t.Attempt, pageWait)
	switch {
	case ctx.Err() != nil:
		wait = 0 // the program is stopping: whoever comes next does it at once
	case errors.Is(err, workflows.ErrNewer):
		wait = leftToOthers
		c.Log.Warn("a due timer is left to a server of a newer version", "component", "courier", "timer", string(t.Kind), "incident", string(t.Incident))
	default:
		c.Log.Error("a due timer failed; trying again", "component", "courier", "timer", string(t.Kind), "incident", string(t.Incident), "wait", wait, "error", err)
	}
	if err := c.Service.Postpone(context.WithoutCancel(ctx), t, c.Owner, wait); err != nil {
		c.Log.Error("its next try could not be noted; the lease will run out", "component", "courier", "timer", string(t.Kind), "incident", string(t.Incident), "error", err)
	}
}
