// Package courier does what is due: it claims due timers and outgoing messages by lease,
// carries the timers out through the service, has the messages rendered, sends them through
// the front ends, and records what became of each. A lease that runs out (a crash, a
// machine that vanished) is claimed again by whoever runs, so that nothing is lost; a message
// whose try may have arrived is sent again and marked 再送.
//
// Pages overtake everything: they are claimed first, and lanes are kept for them that no
// ordinary message may use, however slowly a platform answers. While a platform answers at
// once, one message is under way at a time, so that a crash leaves open of one whether it
// arrived, and not of a dozen; only when answers take long are more sent beside it. The
// courier decides nothing about incidents and words nothing; what is due it knows by no
// clock but the service's, so that a moved practice clock works.
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
)

const (
	// lanes is how many sends may be under way at once; pageLanes of them are for pages only.
	lanes     = 12
	pageLanes = 4
	// pace is how long the next message waits for the one under way to end. Four pages to a
	// platform that takes half a second are out after 0.65 s; of one that hangs, no more than
	// lanes are waited for.
	pace = 50 * time.Millisecond
	// sendTimeout bounds one try. A platform answers within seconds or not at all.
	sendTimeout = 20 * time.Second
	// lease is how long a claim holds: longer than a try with its recording, so that a slow
	// send is not sent twice by ourselves.
	lease = 60 * time.Second
	// Retries wait firstWait, then twice as long each time, up to longWait; a page never
	// waits longer than pageWait, and is never given up.
	firstWait = 2 * time.Second
	longWait  = 10 * time.Minute
	pageWait  = 30 * time.Second
	// tries is when an ordinary message is given up: with the waits above, after about two hours.
	tries = 20
	// idle is the longest sleep: whatever a wake-up missed is found then.
	idle = 30 * time.Second
)

// Config is what a courier works with.
type Config struct {
	Service *workflows.Service
	// Render words a message as its incident is now. workflows.ErrNotFound: its receiver may
	// not see it any more, and it is dropped.
	Render func(ctx context.Context, m workflows.Message) (chat.Card, error)
	// Route says by which front end, and whom there, a message reaches; an error that wraps
	// chat.ErrGone: by none.
	Route func(m workflows.Message) (chat.Frontend, chat.Target, error)
	Owner string // names this process in leases
	Log   *slog.Logger
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
	// sends ends when the tries under way are to be broken off.
	sends    context.Context
	breakOff context.CancelFunc

	mu    sync.Mutex
	under int           // sends under way
	begun time.Time     // the last of them, by this machine's clock
	calm  chan struct{} // closed when the last of them has ended
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

// await waits until no send is under way.
func (c *Courier) await(ctx context.Context) error {
	select {
	case <-c.quiet():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quiet is closed as soon as no send is under way.
func (c *Courier) quiet() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	return c.calm
}

func (c *Courier) begin(m workflows.Message) {
	c.lanes <- struct{}{}
	if !m.Urgent {
		c.slow <- struct{}{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 {
		c.calm = make(chan struct{})
	}
	c.under++
	c.begun = time.Now()
}

// pause is how long to wait until the next send may begin.
func (c *Courier) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under == 0 {
		return 0
	}
	return pace - time.Since(c.begun)
}

func (c *Courier) end(m workflows.Message) {
	<-c.lanes
	if !m.Urgent {
		<-c.slow
	}
	c.mu.Lock()
	if c.under--; c.under == 0 {
		close(c.calm)
	}
	c.mu.Unlock()
	c.Wake()
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

func (c *Courier) untilNext(ctx context.Context) time.Duration {
	next, ok, err := c.Service.NextDue(ctx)
	if err != nil || !ok {
		return idle
	}
	if len(c.lanes) == cap(c.lanes) {
		return idle // what is due has to wait for a lane; the send that ends wakes us
	}
	if len(c.slow) == cap(c.slow) {
		// What is due may have to wait for one of those lanes; a page that comes in wakes us.
		return min(max(next.Sub(c.Service.Now()), 5*pace), idle)
	}
	// At least a moment, should something stay due that could not be claimed.
	return min(max(next.Sub(c.Service.Now()), c.pause(), 10*time.Millisecond), idle)
}

// round claims once what is due and starts it. worked is false when nothing was claimed.
// Whoever calls it holds the turn.
func (c *Courier) round(ctx context.Context) (worked bool, err error) {
	c.turned.Store(time.Now().UnixNano())
	timers, err := c.Service.Claim(ctx, c.Owner, lease, 16)
	if err != nil {
		return false, fmt.Errorf("claim timers: %w", err)
	}
	for _, t := range timers {
		c.turned.Store(time.Now().UnixNano())
		c.fire(ctx, t)
	}
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
		c.begin(m)
		go func() {
			defer c.end(m)
			c.deliver(ctx, m)
		}()
	}
	return len(timers)+len(messages) > 0, nil
}

func (c *Courier) fire(ctx context.Context, t workflows.Timer) {
	err := c.Service.Fire(ctx, t)
	if err == nil {
		return
	}
	wait := backoff(t.Attempt, pageWait)
	if ctx.Err() != nil {
		wait = 0 // the program is stopping: whoever comes next does it at once
	} else {
		c.Log.Error("a due timer failed; trying again", "component", "courier", "timer", string(t.Kind), "incident", string(t.Incident), "wait", wait, "error", err)
	}
	if err := c.Service.Postpone(context.WithoutCancel(ctx), t, c.Owner, wait); err != nil {
		c.Log.Error("its next try could not be noted; the lease will run out", "component", "courier", "timer", string(t.Kind), "incident", string(t.Incident), "error", err)
	}
}

// deliver sends one message and records what became of it. A stop of the program does not
// break off a try that is under way: its outcome is worth a second.
func (c *Courier) deliver(ctx context.Context, m workflows.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	defer context.AfterFunc(c.sends, cancel)()
	res := c.send(ctx, m)
	if err := c.Service.FinishMessage(context.WithoutCancel(ctx), m, c.Owner, res); err != nil && !errors.Is(err, workflows.ErrConflict) {
		c.Log.Error("what became of a message could not be recorded; it may be sent again", "component", "courier", "message", m.ID, "error", err)
	}
}

// send tries once. A panic in wording one message must not end the calls of a whole company,
// nor come back with each restart: it counts as a failed try.
func (c *Courier) send(ctx context.Context, m workflows.Message) (sent workflows.Sent) {
	defer func() {
		if r := recover(); r != nil {
			c.Log.Error("a message could not be worded", "component", "courier", "message", m.ID, "kind", string(m.Kind), "stack", string(debug.Stack()))
			sent = c.failed(m, "", errors.New("panic"))
		}
	}()
	fe, to, err := c.Route(m)
	if err != nil {
		return c.failed(m, "", err)
	}
	card, err := c.Render(ctx, m)
	if err != nil {
		return c.failed(m, fe.Name(), err)
	}
	id, err := fe.Send(ctx, chat.Delivery{
		Key: m.Key, To: to, Card: card, Urgent: m.Urgent, Again: m.Resent, Update: chat.MessageID(m.Sent),
	})
	if err != nil {
		return c.failed(m, fe.Name(), err)
	}
	return workflows.Sent{OK: true, At: c.Service.Now(), Frontend: fe.Name(), Message: string(id)}
}

func (c *Courier) failed(m workflows.Message, frontend string, err error) workflows.Sent {
	res := workflows.Sent{At: c.Service.Now(), Frontend: frontend, Error: reason(err)}
	if c.sends.Err() != nil { // broken off: it may have arrived
		res.Error, res.Unsure, res.Retry = "stopped", true, c.Service.Now()
		return res
	}
	gone := errors.Is(err, chat.ErrGone) || errors.Is(err, workflows.ErrNotFound)
	if gone || !m.Urgent && m.Attempt >= tries {
		c.Log.Warn("a message was given up", "component", "courier", "message", m.ID, "kind", string(m.Kind), "attempt", m.Attempt, "reason", res.Error)
		return res
	}
	limit := longWait
	if m.Urgent {
		limit = pageWait
	}
	wait := backoff(m.Attempt, limit)
	res.Retry = c.Service.Now().Add(wait)
	res.Unsure = errors.Is(err, context.DeadlineExceeded) // the request went out; the answer did not come
	c.Log.Warn("a message could not be sent; trying again", "component", "courier", "message", m.ID, "kind", string(m.Kind), "attempt", m.Attempt, "wait", wait, "reason", res.Error)
	return res
}

// reason names a failure without the text of the error, which may quote what was sent.
func reason(err error) string {
	switch {
	case errors.Is(err, chat.ErrGone):
		return "unreachable"
	case errors.Is(err, workflows.ErrNotFound):
		return "not_allowed_any_more"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	default:
		return "refused"
	}
}

// backoff doubles from firstWait up to limit, with a quarter of jitter either way, so that
// many messages that failed together do not come back together.
func backoff(attempt int, limit time.Duration) time.Duration {
	d := limit
	if attempt < 20 {
		d = min(firstWait<<max(attempt-1, 0), limit)
	}
	return d*3/4 + rand.N(d/2)
}
