package courier

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// parcel is what one try sends: a message, or several pages to one person as one.
type parcel struct {
	claimed []workflows.Message // what becomes of the try is recorded of each
	shown   []workflows.Message // what the message shows, by ID; also what is not due
	trying  *atomic.Pointer[try]
	unsure  bool // a try by another platform may have arrived
}

// slow says that the front end has not answered so far, if it was asked at all.
func (p *parcel) slow(now time.Time) {
	if t := p.trying.Load(); t != nil {
		t.slow(now)
	}
}

// gather claims what goes out with a claimed message. A page that arrived stands where it
// stands: one that comes later rings anew, as a message of its own. It is done before the
// next claim, so that the next one finds what is left. ok is false when nothing is to be sent.
func (c *Courier) gather(ctx context.Context, m workflows.Message) (p parcel, ok bool) {
	one := []workflows.Message{m}
	p = parcel{claimed: one, shown: one, trying: &atomic.Pointer[try]{}}
	if m.Kind != incident.NoticePage || m.To == "" || !m.Urgent && m.Joined == 0 || !c.joins(m) {
		return p, true
	}
	j, err := c.Service.ClaimJoined(ctx, m, c.Owner, lease)
	if errors.Is(err, workflows.ErrConflict) {
		return p, false
	}
	if err != nil || j.Busy {
		if err != nil {
			c.Log.Error("pages could not be joined; trying again", "component", "courier", "message", m.ID, "error", err)
		}
		now := c.Service.Now()
		res := workflows.Sent{At: now, Waited: true, Retry: c.later.put(m, now, &chat.Later{Wait: firstWait})}
		// The try it waits for may hang.
		_ = c.meansFailed(ctx, late(one, res.Retry), incident.TroubleSlow, false) // told again while it waits
		c.recorded(m, c.Service.FinishMessage(context.WithoutCancel(ctx), m, c.Owner, res))
		return p, false
	}
	p.claimed, p.shown = j.Claimed, j.Shown
	return p, true
}

// joins reports whether a message goes to a front end on which pages are joined. Every claim
// waits for the answer.
func (c *Courier) joins(m workflows.Message) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false // it shows when the message is sent
		}
	}()
	if c.RenderJoined == nil {
		return false
	}
	if c.Joins != nil {
		return c.Joins(m)
	}
	fe, _, err := c.Route(m)
	_, joins := fe.(chat.Joiner)
	return err == nil && joins
}

// addJoined makes the delivery of several pages. Its key is that of the first, whichever of
// them are due; those that their receiver may not see any more are left out, and finished. It
// leaves nothing in p.claimed when nothing is left to send.
func (c *Courier) addJoined(ctx context.Context, p *parcel, fe chat.Frontend, d *chat.Delivery) (err error) {
	d.Key, d.Urgent, d.Again, d.Update = p.shown[0].Key, false, p.unsure, ""
	var latest workflows.Message
	for _, m := range p.shown {
		if updates(m, fe) != "" && !m.LastSent.Before(latest.LastSent) {
			latest, d.Update = m, chat.MessageID(m.Sent)
		}
	}
	for _, m := range p.claimed {
		d.Urgent, d.Again = d.Urgent || m.Urgent, d.Again || m.Resent
	}
	var shown []workflows.Message
	for _, m := range p.shown {
		err := c.visible(ctx, m)
		if errors.Is(err, workflows.ErrNotFound) || errors.Is(err, workflows.ErrSettled) {
			c.leaveOut(ctx, p, m, fe, err)
			continue
		}
		if err != nil {
			return err
		}
		shown = append(shown, m)
	}
	if len(p.claimed) == 0 || len(shown) == 0 {
		p.claimed = nil
		return nil
	}
	d.About, d.Parts = about(shown)
	return c.word(ctx, d, shown)
}

// leaveOut finishes a page that its receiver may not see any more.
func (c *Courier) leaveOut(ctx context.Context, p *parcel, m workflows.Message, fe chat.Frontend, err error) {
	i := slices.IndexFunc(p.claimed, func(o workflows.Message) bool { return o.ID == m.ID })
	if i < 0 {
		return // not due
	}
	c.recorded(m, c.Service.FinishMessage(context.WithoutCancel(ctx), p.claimed[i], c.Owner, c.failed(m, fe.Name(), err)))
	p.claimed = slices.Delete(p.claimed, i, i+1)
}

// about is the incident that pages are of; where they are of several, it is none, and each stands
// in the parts.
func about(pages []workflows.Message) (incident string, parts []chat.Part) {
	for _, m := range pages {
		parts = append(parts, chat.Part{Key: m.Key, About: string(m.Incident)})
	}
	if slices.ContainsFunc(parts, func(x chat.Part) bool { return x.About != parts[0].About }) {
		return "", parts
	}
	return parts[0].About, nil
}
