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
	defer c.unworded(m, &res)
	fe, _, err := c.Route(m)
	keeper, ok := fe.(chat.Keeper)
	if errors.Is(err, chat.ErrGone) || err == nil && (!ok || c.Place == nil) {
		return kept, workflows.Sent{OK: true, At: c.Service.Now()}
	}
	if err != nil {
		return kept, c.failed(m, "", err)
	}
	want, missing, err := c.Place(ctx, m)
	if err != nil {
		return kept, c.failed(m, fe.Name(), err)
	}
	if want.Ended {
		// An archived channel takes no more messages: those under way, and those put off or to
		// be tried again, come first.
		waits, err := c.Service.ChannelWaits(ctx, m.Incident)
		if err != nil {
			return kept, c.failed(m, fe.Name(), fmt.Errorf("what is still to be said in the channel: %w", err))
		}
		if waits {
			return kept, c.failed(m, fe.Name(), &chat.Later{Wait: firstWait})
		}
	}
	made, err := keeper.Keep(ctx, want)
	kept = workflows.PlaceKept{ID: string(made.ID), Link: made.Link, Problem: string(made.Problem), Missing: missing}
	for _, x := range made.Missing {
		who := incident.PersonID("")
		if c.Person != nil {
			who = c.Person(x.User)
		}
		if who == "" {
			who = incident.PersonID(x.User) // nobody's any more
		}
		kept.Missing = append(kept.Missing, workflows.PlaceMissing{Person: who, Why: string(x.Why)})
	}
	if err != nil {
		return kept, c.failed(m, fe.Name(), err)
	}
	c.later.over(m.ID)
	return kept, workflows.Sent{OK: true, At: c.Service.Now(), Frontend: fe.Name(), Message: string(made.ID)}
}
