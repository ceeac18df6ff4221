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
	m := p.claimed[0]
	if m.Kind == incident.NoticePlace {
		kept, res := c.keep(ctx, m)
		c.recorded(m, c.Service.RecordPlace(context.WithoutCancel(ctx), m, c.Owner, kept, res))
		return
	}
	// Nobody waits for the end of a try that hangs.
	calls := slices.Clone(p.claimed)
	slow := time.AfterFunc(slowAfter, func() {
		p.slow(c.Service.Now())
		l.free()
		_ = c.meansFailed(ctx, calls, incident.TroubleSlow, false) // told again with the end of the try
	})
	res, why := c.send(ctx, &p)
	slow.Stop()
	if len(p.claimed) == 0 {
		return
	}
	failed := p.claimed
	if res.Waited && why == "" {
		failed, why = late(p.claimed, res.Retry), incident.TroubleSlow
	}
	givenUp := res.Retry.IsZero()
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

func (c *Courier) recorded(m workflows.Message, err error) {
	if err != nil && !errors.Is(err, workflows.ErrConflict) {
		c.Log.Error("what became of a message could not be recorded; it may be sent again", "component", "courier", "message", m.ID, "error", err)
	}
}

// send tries once, and says in a word why that failed, where another means might not. A panic in
// wording one message must not end the calls of a whole company, nor come back with each
// restart: it counts as a failed try.
func (c *Courier) send(ctx context.Context, p *parcel) (sent workflows.Sent, why incident.MeansTrouble) {
	m := p.claimed[0]
	defer func() {
		if c.unworded(m, recover(), &sent) {
			why = incident.TroubleRefused
		}
	}()
	give := func(frontend string, err error) (workflows.Sent, incident.MeansTrouble) {
		sent := c.failed(p.claimed[0], frontend, err)
		if sent.Waited || sent.Dropped || c.sends.Err() != nil {
			return sent, ""
		}
		return sent, trouble(err)
	}
	if !m.Known() {
		return give("", workflows.ErrNewer)
	}
	fe, to, err := c.Route(m)
	if err != nil {
		return give("", err)
	}
	if closed, err := c.closed(ctx, fe.Name()); err != nil {
		return give(fe.Name(), err)
	} else if closed {
		sent := c.failed(m, fe.Name(), &chat.Later{Wait: closedWait})
		return sent, incident.TroubleCompromised
	}
	d := chat.Delivery{Key: m.Key, To: to, Urgent: m.Urgent, Again: m.Resent, About: string(m.Incident), Update: updates(m, fe)}
	if len(p.shown) > 1 {
		err = c.addJoined(ctx, p, fe, &d)
		if len(p.claimed) == 0 {
			return sent, ""
		}
	} else {
		err = c.word(ctx, &d, p.shown)
	}
	if err == nil && m.Kind == incident.NoticeReport && c.Attach != nil {
		d.Document, err = c.Attach(ctx, m)
	}
	if err != nil {
		return give(fe.Name(), err)
	}
	id, err := c.try(ctx, p, fe, d)
	if err != nil {
		return give(fe.Name(), err)
	}
	c.later.over(m.ID)
	return workflows.Sent{OK: true, At: c.Service.Now(), Frontend: fe.Name(), Message: string(id)}, ""
}

// try hands a delivery to a front end, unless that is down and asked by others already. Of a
// front end that is down, a call does not wait to hear so once more.
func (c *Courier) try(ctx context.Context, p *parcel, fe chat.Frontend, d chat.Delivery) (id chat.MessageID, err error) {
	now := c.Service.Now()
	if c.fronts.down(fe.Name(), now) {
		_ = c.meansFailed(ctx, p.claimed, incident.TroubleDown, false) // told again with the end of the try
	}
	t, ok := c.fronts.try(fe.Name(), now)
	if !ok {
		return "", &chat.Later{Wait: downWait}
	}
	p.trying.Store(t)
	came := lost // also of a panic
	defer func() { t.end(came, c.Service.Now()) }()
	id, err = fe.Send(ctx, d)
	_, later := errors.AsType[*chat.Later](err)
	switch {
	case err == nil:
		came = got
	case later, errors.Is(err, chat.ErrGone), c.sends.Err() != nil:
		came = moot
	}
	return id, err
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
	*sent = c.failed(m, "", errors.New("panic"))
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
	if m.Urgent {
		limit = pageWait
	}
	wait := backoff(m.Attempt, limit)
	res.Retry = now.Add(wait)
	res.Unsure = unsure(err) // the request went out; the answer did not come
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
