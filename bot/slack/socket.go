package slack

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	sl "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

const (
	// sockets are the connections held at once: Slack closes each about once an hour to refresh
	// it, and meanwhile the other one receives. Ten are allowed (Slack, "Using Socket Mode").
	sockets = 2
	// maxFrame bounds one message of a socket; a view has at most 250 kB (Slack, "Views").
	maxFrame = 4 << 20
	// longestBackoff is the longest wait between two tries to connect.
	longestBackoff = 2 * time.Minute
	// maxReopened connections within reopenedIn, and a socket waits before the next: Slack lets
	// one open and closes it at once, and the library would open the next without a pause.
	maxReopened = 5
	reopenedIn  = 20 * time.Second
)

// reach is whether Slack reaches us. since is zero until it did for the first time.
type reach struct {
	mu    sync.Mutex
	open  int
	since time.Time
	again chan struct{} // holds one when a socket has opened, or it is to be looked who is in the channels
}

// changed counts a socket that has opened or closed.
func (l *reach) changed(now time.Time, by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.open > 0
	l.open += by
	if before != (l.open > 0) {
		l.since = now
	}
	if by > 0 {
		l.look()
	}
}

// look has it looked at once who is in the channels.
func (l *reach) look() {
	select {
	case l.again <- struct{}{}:
	default: // it is told already
	}
}

func (l *reach) live(always bool) (bool, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return always || l.open > 0, l.since
}

// listen holds one socket open until ctx ends, for ever trying again.
func (f *Front) listen(ctx context.Context) {
	wait := f.patience.backoff
	for ctx.Err() == nil {
		held := f.clock()
		err := f.hold(ctx)
		if ctx.Err() != nil {
			return
		}
		if f.clock().Sub(held) > reopenedIn {
			wait = f.patience.backoff
		}
		code := answerCode(err)
		dead := slices.Contains(deadToken, code)
		if dead {
			wait = max(wait, refusedAgain) // somebody has to mend it first
		}
		// Half of it by chance: many processes that lost Slack at once do not return at once.
		pause := wait/2 + rand.N(wait/2+1)
		switch {
		case dead:
			f.tokenRefused(f.log, settingAppToken, code)
		case code != "":
			f.log.Error("Slack refuses to be connected to; hikeshi doctor says what to mend", "error", err, "wait", pause)
		default:
			f.log.Error("the connection to Slack was lost; trying again", "error", err, "wait", pause)
		}
		if !pauseFor(ctx, pause) {
			return
		}
		wait = min(2*wait, longestBackoff)
	}
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

// hold runs one client, which reconnects by itself, until it gives up or flaps.
func (f *Front) hold(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The library's log may hold what was typed.
	client := socketmode.New(f.api(), socketmode.OptionPingInterval(f.patience.ping), socketmode.OptionReadLimit(maxFrame),
		socketmode.OptionLog(log.New(io.Discard, "", 0)))
	var loop sync.WaitGroup
	loop.Go(func() { f.hear(ctx, cancel, client) })
	err := client.RunContext(ctx)
	cancel()
	loop.Wait()
	return err
}

// hear takes the events of one client.
func (f *Front) hear(ctx context.Context, cancel context.CancelFunc, client *socketmode.Client) {
	open := false
	is := func(now bool) {
		switch {
		case now && !open:
			f.reach.changed(f.clock(), 1)
		case !now && open:
			f.reach.changed(f.clock(), -1)
		}
		open = now
	}
	defer is(false)
	var opened []time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-client.Events:
			switch e.Type {
			case socketmode.EventTypeHello:
				is(true)
				f.refusals.Over(settingAppToken)
			case socketmode.EventTypeConnecting:
				is(false)
			case socketmode.EventTypeConnected:
				if opened = append(opened, f.clock()); len(opened) > maxReopened {
					opened = opened[1:]
				}
				if len(opened) == maxReopened && f.clock().Sub(opened[0]) < reopenedIn {
					cancel()
					return
				}
			case socketmode.EventTypeConnectionError:
				if c, ok := e.Data.(*sl.ConnectionErrorEvent); ok {
					f.log.Warn("Slack could not be connected to", "error", c.ErrorObj, "attempt", c.Attempt, "wait", c.Backoff)
				}
			case socketmode.EventTypeErrorBadMessage:
				// The library does not know every shape of an event; it is acknowledged all the
				// same, or Slack would repeat it and in the end send nothing more.
				if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
					var r socketmode.Request
					if json.Unmarshal(bad.Message, &r) == nil {
						f.enveloped(ctx, client, &r)
					}
				}
			default:
				if e.Request != nil {
					f.enveloped(ctx, client, e.Request)
				}
			}
		}
	}
}

// enveloped takes in one envelope. What finds no room is not acknowledged and comes again.
func (f *Front) enveloped(ctx context.Context, client *socketmode.Client, r *socketmode.Request) {
	if r.EnvelopeID == "" {
		return
	}
	kinds := map[string]kind{
		socketmode.RequestTypeSlashCommands: commands,
		socketmode.RequestTypeInteractive:   interactions,
		socketmode.RequestTypeEventsAPI:     events,
	}
	id, accepts := r.EnvelopeID, r.AcceptsResponsePayload
	f.take(delivery{kind: kinds[r.Type], body: r.Payload, at: f.clock(), ack: func(body any) {
		if !accepts {
			body = nil
		}
		ctx, cancel := context.WithTimeout(ctx, f.patience.answered)
		defer cancel()
		if err := client.AckCtx(ctx, id, body); err != nil && ctx.Err() == nil {
			f.log.Warn("an acknowledgement could not be sent", "error", err)
		}
	}})
}
