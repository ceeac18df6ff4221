package courier

import (
	"context"
	"errors"
	"fmt"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// keep has an incident's channel made as it ought to be. Where no front end keeps channels
// there is nothing to do.
func (c *Courier) keep(ctx context.Context, m workflows.Message) (kept workflows.PlaceKept, res workflows.Sent) {
	defer func() { c.unworded(m, recover(), &res) }()
	fe, _, err := c.Route(m)
	keeper, ok := fe.(chat.Keeper)
	if errors.Is(err, chat.ErrGone) || err == nil && (!ok || c.Place == nil) {
		return kept, workflows.Sent{OK: true, At: c.Service.Now()}
	}
	if err != nil {
		return kept, c.failed(m, "", err)
	}
	// A channel's topic says what happened, and its members who works on it.
	if err := c.mayKeep(ctx, fe.Name()); err != nil {
		return kept, c.failed(m, fe.Name(), err)
	}
	want, missing, err := c.Place(ctx, m)
	if err != nil {
		return kept, c.failed(m, fe.Name(), err)
	}
	waits := false
	if want.Ended {
		if waits, err = c.endWaits(ctx, m, &want); err != nil {
			return kept, c.failed(m, fe.Name(), Ours(err))
		}
	}
	made, err := keeper.Keep(ctx, want)
	kept = workflows.PlaceKept{ID: string(made.ID), Link: made.Link, Problem: string(made.Problem), Missing: missing, NoCard: made.NoCard}
	for _, x := range made.Missing {
		who := incident.PersonID("")
		if c.Person != nil {
			who = c.Person(x.User)
		}
		if who == "" {
			who = incident.PersonID(x.User) // nobody's any more
		}
		elsewhere := c.Elsewhere != nil && c.Elsewhere(fe.Name(), who)
		kept.Missing = append(kept.Missing, workflows.PlaceMissing{Person: who, Why: string(x.Why), Elsewhere: elsewhere})
	}
	if err == nil && waits {
		err = &chat.Later{Wait: firstWait}
	}
	if err != nil {
		return kept, c.failed(m, fe.Name(), err)
	}
	kept.Ended = want.Ended
	c.later.over(m.ID)
	return kept, workflows.Sent{OK: true, At: c.Service.Now(), Frontend: fe.Name(), Message: string(made.ID)}
}

// mayKeep refuses while others read along by a front end, or while nothing gets through by it.
// What becomes of a channel says nothing about that in turn: it takes a dozen requests, each of
// which may wait for its place in the pace of the platform, and so longer than a message that
// hangs; and it must not take the place of a message that is tried to see whether it is back.
func (c *Courier) mayKeep(ctx context.Context, name string) error {
	switch closed, err := c.closed(ctx, name); {
	case err != nil:
		return Ours(err)
	case closed:
		return errClosed
	case c.fronts.down(name, c.Service.Now()):
		return &chat.Later{Wait: downWait}
	}
	return nil
}

// endWaits reports whether the end of a channel has to wait: an archived one takes no more
// messages, and so those under way, and those put off or to be tried again, come first. They
// may wait for the channel in turn, such as until somebody is taken out of it: before its end
// it is kept as it ought to be. Where it is not made yet, or put away already, nothing can be
// said in it: then the end is what they wait for.
func (c *Courier) endWaits(ctx context.Context, m workflows.Message, want *chat.Place) (bool, error) {
	before, known, err := c.Service.PlaceOf(ctx, m.Incident, m.Front)
	if err != nil {
		return false, fmt.Errorf("what is remembered of the channel: %w", err)
	}
	if !known || before.Ended || before.ID == "" && before.Problem == "" {
		return false, nil
	}
	waits, err := c.Service.ChannelWaits(ctx, m.Incident, m.Front)
	if err != nil {
		return false, fmt.Errorf("what is still to be said in the channel: %w", err)
	}
	want.Ended = !waits
	return waits, nil
}
