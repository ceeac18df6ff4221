package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// PassOver notes in a restored database that the morning's overview of today was sent, if its
// hour has passed: the server from before the restore may have sent it, and nobody misses
// one of a morning on which everything was looked at anyway. It needs no service.
func PassOver(ctx context.Context, store Store, now time.Time) error {
	day := now.In(incident.Tokyo)
	due := time.Date(day.Year(), day.Month(), day.Day(), digestHour, 0, 0, 0, incident.Tokyo)
	if due.After(now) || !clock.WorkingDay(due) {
		return nil
	}
	out, err := json.Marshal(Outcome{})
	if err != nil {
		return err
	}
	key := "timer:digest:" + due.Format(time.DateOnly)
	err = store.Write(ctx, func(tx Tx) error {
		if _, done, err := tx.Done(ctx, key); done || err != nil {
			return err
		}
		return tx.Save(ctx, Change{At: now, Request: &DoneRequest{Key: key, Outcome: out}})
	})
	if err != nil {
		return fmt.Errorf("pass over the overview of today: %w", err)
	}
	return nil
}
