package courier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Who is on several chat platforms is reached by another when one fails, in the same try: before
// any other means is taken, and before the message is given up because he is gone from one.

// insteadAfter is how long a call may go without an answer where there is another platform. A
// platform that works answers within a second or two, and the other gets what is left of slowAfter.
const insteadAfter = 3 * time.Second

// address is where a try goes.
type address struct {
	front chat.Frontend
	to    chat.Target
}

// tries sends a parcel by the platform it is for, and by others of its person where that fails. The
// error is that of the try after which there is most left to do.
func (c *Courier) tries(ctx context.Context, p *parcel) (frontend string, id chat.MessageID, err error) {
	m := p.claimed[0]
	if c.Instead == nil || c.Way == nil || m.To == "" || m.By() != incident.ByChat {
		return c.try(ctx, p, nil)
	}
	tried := []string{c.Way(m)}
	var by *address
	for {
		fe, to, more := c.Instead(m, slices.Clone(tried))
		name, id, now := c.within(ctx, p, by, more && m.Calls())
		if now == nil {
			return name, id, nil
		}
		if by == nil || left(now) > left(err) {
			frontend, err = name, now
		}
		p.unsure = p.unsure || unsure(now)
		if len(p.claimed) == 0 || !more || !c.goesOn(ctx, m, now) {
			break
		}
		by = &address{fe, to}
		tried = append(tried, fe.Name())
	}
	if p.unsure && !unsure(err) && left(err) == leftRefused {
		err = fmt.Errorf("%w, and by another platform: %w", err, chat.ErrUnsure)
	}
	return frontend, "", err
}

// within is one try; a short one ends soon enough for another.
func (c *Courier) within(ctx context.Context, p *parcel, by *address, short bool) (frontend string, id chat.MessageID, err error) {
	if short {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, insteadAfter)
		defer cancel()
	}
	return c.try(ctx, p, by)
}

// goesOn reports whether another platform may get through where a try failed like this.
func (c *Courier) goesOn(ctx context.Context, m workflows.Message, err error) bool {
	later, waits := errors.AsType[*chat.Later](err)
	switch {
	case ctx.Err() != nil, isOurs(err):
		return false
	case errors.Is(err, workflows.ErrNotFound), errors.Is(err, workflows.ErrSettled), errors.Is(err, workflows.ErrNewer):
		return false
	case !m.FirstSent.IsZero() && !m.Calls() && !errors.Is(err, chat.ErrGone):
		return false // it stands there, and is brought up to date there
	case waits:
		return len(late([]workflows.Message{m}, c.Service.Now().Add(later.Wait))) > 0
	}
	return true
}

// What is left to do after a try that failed.
const (
	leftNothing = iota
	leftLater   // it was not tried
	leftRefused // it may be tried again
	leftUnsure  // it may have arrived
)

func left(err error) int {
	_, waits := errors.AsType[*chat.Later](err)
	switch {
	case errors.Is(err, chat.ErrGone):
		return leftNothing
	case waits, errors.Is(err, errClosed):
		return leftLater
	case unsure(err):
		return leftUnsure
	}
	return leftRefused
}
