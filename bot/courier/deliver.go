package courier

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// deliver sends one parcel and records what became of it. A stop of the program does not
// break off a try that is under way: its outcome is worth a second.
func (c *Courier) deliver(ctx context.Context, p parcel, l *lane) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	defer context.AfterFunc(c.sends, cancel)()
	go c.renew(ctx, slices.Clone(p.claimed))
	m := p.claimed[0]
	if m.Kind == incident.NoticePlace {
		slow := time.AfterFunc(slowAfter, l.free)
		kept, res := c.keep(ctx, m)
		slow.Stop()
		c.recorded(m, c.Service.RecordPlace(context.WithoutCancel(ctx), m, c.Owner, kept, res))
		return
	}
	// Nobody waits for the end of a try that hangs.
	calls := slices.Clone(p.claimed)
	slow := time.AfterFunc(slowAfter, func() {
		p.slow(c.Service.Now())
		l.free()
		for c.meansFailed(ctx, calls, incident.TroubleSlow, false) != nil {
			select {
			case <-ctx.Done(): // told again with the end of the try
				return
			case <-time.After(firstWait):
			}
		}
	})
	res, why := c.send(ctx, &p)
	slow.Stop()
	if len(p.claimed) == 0 {
		return
	}
	failed := p.claimed
	givenUp := res.Retry.IsZero()
	switch {
	case why == "" && res.Waited:
		failed, why = late(p.claimed, res.Retry), incident.TroubleSlow
	case why == incident.TroubleOurs && !givenUp: // the means may well work
		failed = late(p.claimed, res.Retry)
	}
	if why != "" && c.meansFailed(ctx, failed, why, givenUp) != nil && givenUp {
		res.Retry = c.Service.Now().Add(firstWait) // what was not passed on must not end here
	}
	if res.Retry.IsZero() { // arrived, given up or dropped: it is not tried again
		for _, m := range p.claimed {
			c.told.over(m.ID)
		}
	}
	if len(p.claimed) == 1 {
		c.recorded(m, c.Service.FinishMessage(context.WithoutCancel(ctx), p.claimed[0], c.Owner, res))
		return
	}
	c.recorded(m, c.Service.FinishMessages(context.WithoutCancel(ctx), p.claimed, c.Owner, res))
}

// renew keeps the lease on what is being sent until ctx ends. What it fails to keep is sent again by
// somebody.
func (c *Courier) renew(ctx context.Context, list []workflows.Message) {
	every := time.NewTicker(renewEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if err := c.Service.RenewMessages(ctx, list, c.Owner, lease); err != nil && ctx.Err() == nil {
			c.Log.Warn("a lease could not be renewed; trying again", "component", "courier", "message", list[0].ID, "error", err)
		}
	}
}

func (c *Courier) recorded(m workflows.Message, err error) {
	if err != nil && !errors.Is(err, workflows.ErrConflict) {
		c.Log.Error("what became of a message could not be recorded; it may be sent again", "component", "courier", "message", m.ID, "error", err)
	}
}

// send tries once, and says in a word why that failed, where another means might not. A panic in
// wording one message must not end the calls of a whole company, nor come back with each
// restart: it counts as a failed try, and as one that will fail again.
func (c *Courier) send(ctx context.Context, p *parcel) (sent workflows.Sent, why incident.MeansTrouble) {
	m := p.claimed[0]
	defer func() {
		if c.unworded(m, recover(), &sent) {
			why = incident.TroubleOurs
			_ = c.meansFailed(ctx, p.claimed, why, false) // told again with the end of the try
		}
	}()
	frontend, id, err := c.tries(ctx, p)
	if err == nil {
		c.later.over(m.ID)
		return workflows.Sent{OK: true, At: c.Service.Now(), Frontend: frontend, Message: string(id)}, ""
	}
	if len(p.claimed) == 0 {
		return sent, ""
	}
	if id != "" {
		return c.partly(p.claimed[0], frontend, id, err), ""
	}
	sent = c.failed(p.claimed[0], frontend, err)
	switch {
	case errors.Is(err, errClosed):
		return sent, incident.TroubleCompromised
	case sent.Waited, sent.Dropped, c.sends.Err() != nil:
		return sent, ""
	}
	return sent, trouble(err)
}

// partly is what became of a message that some have already: it has arrived, and the others are
// tried for as long as it would be tried at all.
func (c *Courier) partly(m workflows.Message, frontend string, id chat.MessageID, err error) workflows.Sent {
	res := workflows.Sent{OK: true, At: c.Service.Now(), Frontend: frontend, Message: string(id)}
	if _, waits := errors.AsType[*chat.Later](err); m.Attempt >= tries && !waits && c.sends.Err() == nil {
		c.Log.Warn("a message has not reached everybody; it is not tried again", "component", "courier", "message", m.ID, "kind", string(m.Kind), "reason", reason(err))
		return res
	}
	rest := c.failed(m, frontend, err)
	res.Retry, res.Waited, res.Error = rest.Retry, rest.Waited, rest.Error
	return res
}

// errSettled says that of a parcel nothing is left to send.
var errSettled = errors.New("nothing is left to send")

// try hands a parcel to its front end, or to the one of an address. The platform is asked for nothing, not even for an account,
// before it is known that it may be asked and how it has been doing.
func (c *Courier) try(ctx context.Context, p *parcel, by *address) (frontend string, id chat.MessageID, err error) {
	m := p.claimed[0]
	if !m.Known() {
		return "", "", workflows.ErrNewer
	}
	way := ""
	var t *try
	came := unasked
	defer func() { t.end(came, c.Service.Now()) }()
	switch {
	case by != nil:
		way = by.front.Name()
	case c.Way != nil:
		way = c.Way(m)
	}
	if way != "" {
		if t, err = c.approach(ctx, p, way); err != nil {
			return way, "", err
		}
	}
	came = lost // also of a panic
	fe, to, err := c.address(m, by)
	if err != nil {
		came = c.outcome(err)
		return way, "", err
	}
	came = unasked
	if fe.Name() != way {
		t.end(moot, c.Service.Now())
		if t, err = c.approach(ctx, p, fe.Name()); err != nil {
			return fe.Name(), "", err
		}
	}
	d, err := c.delivery(ctx, p, fe, to)
	if err != nil {
		return fe.Name(), "", err
	}
	came = lost
	id, err = fe.Send(ctx, d)
	if came = c.outcome(err); id != "" {
		came = got
	}
	return fe.Name(), id, err
}

func (c *Courier) address(m workflows.Message, by *address) (chat.Frontend, chat.Target, error) {
	if by != nil {
		return by.front, by.to, nil
	}
	return c.Route(m)
}

// delivery is what a front end is to bring. Where wording it fails, the front end has no part in
// that.
func (c *Courier) delivery(ctx context.Context, p *parcel, fe chat.Frontend, to chat.Target) (d chat.Delivery, err error) {
	m := p.claimed[0]
	d = chat.Delivery{Key: m.Key, To: to, Urgent: m.Urgent, Again: m.Resent || p.unsure, About: string(m.Incident), Update: updates(m, fe)}
	if len(p.shown) > 1 {
		err = c.addJoined(ctx, p, fe, &d)
		if len(p.claimed) == 0 {
			return d, errSettled
		}
	} else {
		err = c.word(ctx, &d, p.shown)
	}
	if err == nil && m.Kind == incident.NoticeReport && c.Attach != nil {
		d.Document, err = c.Attach(ctx, m)
	}
	return d, Ours(err)
}

// approach begins a try by a front end, unless it is marked, or has not answered others. Of a front
// end that is down, a call does not wait to hear so once more.
func (c *Courier) approach(ctx context.Context, p *parcel, name string) (*try, error) {
	if closed, err := c.closed(ctx, name); err != nil {
		return nil, Ours(err)
	} else if closed {
		return nil, errClosed
	}
	now := c.Service.Now()
	var untold error
	if c.fronts.down(name, now) {
		untold = c.meansFailed(ctx, p.claimed, incident.TroubleDown, false)
	}
	t, wait := c.fronts.try(name, p.claimed[0].Urgent, now)
	switch {
	case wait > 0 && untold != nil:
		return nil, &chat.Later{Wait: silentWait} // nobody has been called in its place so far
	case wait > 0:
		return nil, &chat.Later{Wait: wait}
	}
	p.trying.Store(t)
	return t, nil
}

// outcome says what the end of a request says about its front end.
func (c *Courier) outcome(err error) outcome {
	_, later := errors.AsType[*chat.Later](err)
	switch {
	case err == nil:
		return got
	case isOurs(err), c.sends.Err() != nil:
		return unasked
	case later, errors.Is(err, chat.ErrGone):
		return moot
	}
	return lost
}

func (c *Courier) closed(ctx context.Context, frontend string) (bool, error) {
	if c.Closed == nil {
		return false, nil
	}
	return c.Closed(ctx, frontend)
}

// unworded turns a panic into a failed try; false: there was none.
func (c *Courier) unworded(m workflows.Message, panicked any, sent *workflows.Sent) bool {
	if panicked == nil {
		return false
	}
	c.Log.Error("a message could not be worded", "component", "courier", "message", m.ID, "kind", string(m.Kind), "stack", string(debug.Stack()))
	*sent = c.failed(m, "", Ours(errors.New("panic")))
	return true
}

// updates is the message to bring up to date. What another front end has posted means
// nothing to this one.
func updates(m workflows.Message, fe chat.Frontend) chat.MessageID {
	if m.Frontend != fe.Name() {
		return ""
	}
	return chat.MessageID(m.Sent)
}

func (c *Courier) failed(m workflows.Message, frontend string, err error) workflows.Sent {
	now := c.Service.Now()
	if errors.Is(err, errClosed) {
		return workflows.Sent{At: now, Frontend: frontend, Waited: true, Retry: untilOpen(now)}
	}
	if later, ok := errors.AsType[*chat.Later](err); ok {
		res := workflows.Sent{At: now, Frontend: frontend, Waited: true, Retry: now}
		if c.sends.Err() == nil {
			res.Retry = c.later.put(m, now, later)
		}
		return res
	}
	if errors.Is(err, workflows.ErrNewer) {
		c.Log.Warn("a message is left to a server of a newer version", "component", "courier", "message", m.ID, "kind", string(m.Kind))
		return workflows.Sent{At: now, Frontend: frontend, Waited: true, Retry: now.Add(leftToOthers)}
	}
	c.later.over(m.ID)
	if errors.Is(err, workflows.ErrSettled) {
		return workflows.Sent{At: now, Frontend: frontend, Dropped: true}
	}
	res := workflows.Sent{At: now, Frontend: frontend, Error: reason(err)}
	if c.sends.Err() != nil { // broken off: it may have arrived
		res.Error, res.Unsure, res.Retry = "stopped", true, now
		return res
	}
	gone := errors.Is(err, chat.ErrGone) || errors.Is(err, workflows.ErrNotFound)
	if gone || !m.Urgent && m.Attempt >= tries {
		c.Log.Warn("a message was given up", "component", "courier", "message", m.ID, "kind", string(m.Kind), "attempt", m.Attempt, "reason", res.Error)
		return res
	}
	limit := longWait
	switch {
	case m.Urgent && isOurs(err):
		limit = oursWait
	case m.Urgent:
		limit = pageWait
	}
	wait := backoff(m.Attempt, limit)
	res.Retry = now.Add(wait)
	res.Unsure = !isOurs(err) && unsure(err) // the request went out; the answer did not come
	c.Log.Warn("a message could not be sent; trying again", "component", "courier", "message", m.ID, "kind", string(m.Kind), "attempt", m.Attempt, "wait", wait, "reason", res.Error)
	return res
}

func unsure(err error) bool {
	return errors.Is(err, chat.ErrUnsure) || errors.Is(err, context.DeadlineExceeded)
}

// reason names a failure without the text of the error, which may quote what was sent.
func reason(err error) string {
	switch {
	case errors.Is(err, chat.ErrGone):
		return "unreachable"
	case errors.Is(err, workflows.ErrNotFound):
		return "not_allowed_any_more"
	case isOurs(err):
		return "ours"
	case unsure(err):
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
