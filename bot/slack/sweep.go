package slack

import (
	"context"
	"errors"
	"strings"
	"time"
)

// What stands in the Memory, and until when it can matter:
//
//	quote rows  a quoted message: as long as its form may still be sent (quote.go)
//	lost/       that nothing is to be said in a channel: until its incident has another one
//
// The rest is bounded by what it is about and is never swept: place/ and channel/ by the incidents,
// any of which may be taken up again; dm/ by the people.

// sweepEvery is how long lies between two looks.
const sweepEvery = time.Hour

// sweep takes away what nobody needs any more. What fails is done the next time.
func (s *sender) sweep(ctx context.Context) {
	for s.config.Memory != nil {
		if err := s.forgetLost(ctx); err != nil && ctx.Err() == nil {
			s.config.Log.Warn("what nobody needs any more could not be taken away; trying again", "component", "slack", "error", err)
		}
		if !pauseFor(ctx, sweepEvery) {
			return
		}
	}
}

// forgetLost forgets of channels that their incident has another one by now.
func (s *sender) forgetLost(ctx context.Context) error {
	all, err := s.config.Memory.All(ctx, lostPrefix)
	if err != nil {
		return err
	}
	var errs []error
	for row := range all {
		id := strings.TrimPrefix(row, lostPrefix)
		incident, err := s.config.Memory.Recall(ctx, "channel/"+id)
		if err != nil || len(incident) == 0 {
			errs = append(errs, err)
			continue
		}
		p, err := s.recallPlace(ctx, string(incident))
		if err == nil && p.ID != "" && p.ID != id {
			err = s.config.Memory.Remember(ctx, row, nil)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
