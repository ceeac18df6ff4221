package discord

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// intents are what the gateway is asked for: who the server is, 📌, and what is written to the
// bot, in direct messages or with its name. None is privileged: what people write among
// themselves comes without its text, and is not for us; the text of a message that somebody
// points at comes with the pointing.
const intents = discordgo.IntentGuilds | discordgo.IntentGuildMessages | discordgo.IntentGuildMessageReactions | discordgo.IntentDirectMessages

// longestBackoff is the longest wait between two tries to connect.
const longestBackoff = 2 * time.Minute

// reach is whether Discord reaches us. since is zero until it did for the first time.
type reach struct {
	mu    sync.Mutex
	open  bool
	since time.Time
}

func (l *reach) is(open bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != open {
		l.open, l.since = open, now
	}
}

func (l *reach) live() (bool, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.since
}

// gatewayLine is one session of the gateway. discordgo speaks the protocol, one connection after the
// other, and goes on with the session where the last one ended (RESUME); when to connect is
// decided here, for the library would hold on to a session for ever.
type gatewayLine struct {
	session *discordgo.Session
	mu      sync.Mutex
	wire    *wire         // the newest connection
	lost    chan struct{} // closed when the library has given it up
	// givenUp says that nobody waits for it any more: what it opens or brings later is not ours.
	givenUp bool
	permit  permit // to begin a session
	odd     func() // is told of each message that is left out
}

// newLine is a session that has not begun.
func (f *Front) newLine() *gatewayLine {
	client := *f.api.http
	client.Timeout = f.patience.open
	l := &gatewayLine{session: newSession(f.config.Token, &client), odd: func() {
		f.log.Error("a message of Discord cannot be read; it is left out")
	}}
	s := l.session
	s.Identify.Intents = intents
	s.Compress = false               // a wire reads plain messages
	s.ShouldReconnectOnError = false // nobody could end it
	s.SyncEvents = true              // in the order in which they came
	s.Dialer = &websocket.Dialer{
		HandshakeTimeout:  f.patience.open,
		NetDialContext:    l.dial(false),
		NetDialTLSContext: l.dial(true),
	}
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) {
		if !l.isGivenUp() {
			f.happened(e)
		}
	})
	s.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.lost != nil {
			close(l.lost)
			l.lost = nil
		}
	})
	return l
}

func (l *gatewayLine) dial(secure bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		w, err := dialWire(ctx, address, secure)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.givenUp {
			return nil, errors.Join(errGivenUp, w.Close())
		}
		w.permit, w.odd = &l.permit, l.odd
		l.wire = w
		return w, nil
	}
}

// expect forgets the last connection and says by what the loss of the next one is known.
func (l *gatewayLine) expect() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wire, l.lost, l.givenUp = nil, make(chan struct{}), false
	return l.lost
}

// giveUp leaves what is being opened to itself; it ends with its connection.
func (l *gatewayLine) giveUp() {
	l.mu.Lock()
	l.givenUp = true
	l.mu.Unlock()
	l.cut()
}

func (l *gatewayLine) isGivenUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.givenUp
}

// newest is the newest connection; nil: none was made.
func (l *gatewayLine) newest() *wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wire
}

// cut breaks the connection off. Discord keeps the session, which a farewell would end.
func (l *gatewayLine) cut() {
	if w := l.newest(); w != nil {
		_ = w.Close()
	}
}

var (
	errStuck   = errors.New("discord gateway: the session is stuck")
	errOpen    = errors.New("discord gateway: no session was opened in time")
	errSilent  = errors.New("discord gateway: nothing was heard for too long")
	errGivenUp = errors.New("discord gateway: nobody waits for it any more")
	errLost    = errors.New("discord gateway: the connection ended")
)

// listen holds one connection open until ctx ends, for ever trying again: with the session it
// has while Discord knows it, else with a new one.
func (f *Front) listen(ctx context.Context) {
	wait := f.patience.backoff
	var l *gatewayLine
	var begun beginnings
	for ctx.Err() == nil {
		fresh := l == nil
		if fresh {
			if !f.mayBegin(ctx, &begun) {
				return
			}
			l = f.newLine()
			l.permit.given.Store(true)
		}
		began := f.clock()
		opened, err := f.hold(ctx, l)
		if l.permit.used.Swap(false) {
			begun.began(began)
		}
		if ctx.Err() != nil {
			return
		}
		if f.clock().Sub(began) > longestBackoff {
			wait = f.patience.backoff
		}
		var pause time.Duration
		switch w := l.newest(); {
		case errors.Is(err, errStuck), w != nil && w.invalid.Load(), l.permit.asked.Load():
			// Discord wants a second or up to five between the two (Discord, "Resuming").
			l, pause = nil, f.patience.invalid+rand.N(4*f.patience.invalid+1)
		case opened:
			pause = rand.N(f.patience.backoff/4 + 1) // it can go on where it was
			if fresh {
				wait = f.patience.backoff
			}
		default:
			// Half of it by chance: many processes that lost Discord at once do not return at once.
			pause = wait/2 + rand.N(wait/2+1)
			wait = min(2*wait, longestBackoff)
		}
		switch {
		case deadToken(err):
			// Somebody has to mend it first.
			pause = max(pause, f.patience.knock/2+rand.N(f.patience.knock/2+1))
			f.tokenRefused()
		case final(err):
			f.log.Error("Discord refuses to be connected to; hikeshi doctor says what to mend", "error", err, "wait", pause)
		default:
			f.log.Warn("the connection to Discord was lost; trying again", "error", err, "wait", pause)
		}
		if !pauseFor(ctx, pause) {
			return
		}
	}
}

// final reports whether Discord said that connecting again will not help ("Gateway Close Event
// Codes": shards, version, intents; for the token see deadToken).
func final(err error) bool {
	return websocket.IsCloseError(err, 4010, 4011, 4012, 4013, 4014)
}

func pauseFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hold connects and stays connected until the connection is lost or ctx ends; opened says
// whether Discord took the session. errStuck: the library does not let go of it any more, and
// another one has to take its place.
func (f *Front) hold(ctx context.Context, l *gatewayLine) (opened bool, err error) {
	lost := l.expect()
	done := make(chan error, 1)
	go func() { done <- l.session.Open() }()
	timer := time.NewTimer(f.patience.open)
	defer timer.Stop()
	select {
	case err = <-done:
		if err != nil {
			return false, err
		}
	case <-timer.C:
		return false, f.abandon(l, done, errOpen)
	case <-ctx.Done():
		return false, f.abandon(l, done, ctx.Err())
	}
	f.refusals.Over(settingToken)
	f.reach.is(true, f.clock())
	defer func() { f.reach.is(false, f.clock()) }()
	w := l.newest()
	look := time.NewTicker(f.patience.look)
	defer look.Stop()
	for err == nil {
		select {
		case <-lost:
			err = errLost
		case <-w.ended:
			err = errLost
		case <-look.C:
			if w.silent(f.clock(), f.patience.silence) {
				l.cut()
				err = errSilent
			}
		case <-ctx.Done():
			w.farewell.Store(true)
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				_ = l.session.Close() // that it could not say so any more is all the same
			}()
			select {
			case <-closed:
			case <-time.After(f.patience.let):
				l.cut()
			}
			err = ctx.Err()
		}
	}
	f.reach.is(false, f.clock())
	return true, f.gone(l, w, lost, err)
}

// abandon ends the opening of a session; done is how it ends.
func (f *Front) abandon(l *gatewayLine, done <-chan error, why error) error {
	l.giveUp()
	timer := time.NewTimer(f.patience.let)
	defer timer.Stop()
	select {
	case err := <-done:
		if err == nil { // just then
			_ = l.session.Close()
		}
		return why
	case <-timer.C:
		return errors.Join(errStuck, why)
	}
}

// gone waits until the library is through with a connection: it ends by itself what it has
// begun, and only then can the session be opened again.
func (f *Front) gone(l *gatewayLine, w *wire, lost <-chan struct{}, why error) error {
	timer := time.NewTimer(f.patience.let)
	defer timer.Stop()
	select {
	case <-lost:
	case <-timer.C:
		l.giveUp()
		return errors.Join(errStuck, why)
	}
	// After INVALID_SESSION it forgets the session, and then reads once more. After RECONNECT
	// it may not read again, and forgets nothing.
	timer.Reset(f.patience.settle)
	select {
	case <-w.ended:
	case <-timer.C:
	}
	return why
}
