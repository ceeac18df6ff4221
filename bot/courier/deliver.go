package courier

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// deliver sends one parcel and records what became of it. A stop of the program does not
// break off a try that is under way: its outcome is worth a second.
func (c *Courier) deliver(ctx context.Context, p parcel) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	defer context.AfterFunc(c.sends, cancel)()
	m := p.claimed[0]
	if m.Kind == incident.NoticePlace {
		kept, res := c.keep(ctx, m)
		c.recorded(m, c.Service.RecordPlace(context.WithoutCancel(ctx), m, c.Owner, kept, res))
		return
	}
	res := c.send(ctx, &p)
	if len(p.claimed) == 0 {
		return
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

// send tries once. A panic in wording one message must not end the calls of a whole company,
// nor come back with each restart: it counts as a failed try.
func (c *Courier) send(ctx context.Context, p *parcel) (sent workflows.Sent) {
	m := p.claimed[0]
	defer c.unworded(m, &sent)
	if !m.Known() {
		return c.failed(m, "", workflows.ErrNewer)
	}
	fe, to, err := c.Route(m)
	if err != nil {
		return c.failed(m, "", err)
	}
	d := chat.Delivery{Key: m.Key, To: to, Urgent: m.Urgent, Again: m.Resent, About: string(m.Incident), Update: updates(m, fe)}
	if len(p.shown) > 1 {
		err = c.addJoined(ctx, p, fe, &d)
		if len(p.claimed) == 0 {
			return sent
		}
	} else {
		d.Card, err = c.Render(ctx, m)
	}
	if err == nil && m.Kind == incident.NoticeReport && c.Attach != nil {
		d.Document, err = c.Attach(ctx, m)
	}
	if err != nil {
		return c.failed(p.claimed[0], fe.Name(), err)
	}
	id, err := fe.Send(ctx, d)
	if err != nil {
		return c.failed(p.claimed[0], fe.Name(), err)
	}
	c.later.over(m.ID)
	return workflows.Sent{OK: true, At: c.Service.Now(), Frontend: fe.Name(), Message: string(id)}
}

// unworded turns a panic into a failed try.
func (c *Courier) unworded(m workflows.Message, sent *workflows.Sent) {
	if r := recover(); r != nil {
		c.Log.Error("a message could not be worded", "component", "courier", "message", m.ID, "kind", string(m.Kind), "stack", string(debug.Stack()))
		*sent = c.failed(m, "", errors.New("panic"))
	}
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
