package courier_test

import (
	"context"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
)

// A platform that does not answer holds every lane; a timer that falls due then is acted on all
// the same, for its command sends nothing.
func TestATimerWaitsForNoLane(t *testing.T) {
	b := newBench(t)
	hold, held := make(chan struct{}), make(chan struct{}, 100)
	b.platform.answer = func(context.Context, chat.Delivery) error {
		held <- struct{}{}
		<-hold
		return nil
	}
	for _, key := range []string{"r1", "r2", "r3", "r4"} {
		b.report(key)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.courier.Run(ctx); close(done) }()
	for n := 0; n < 12; n++ { // all lanes
		select {
		case <-held:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d sends are under way", n)
		}
	}
	timer := workflows.Timer{Key: "digest:2026-11-24", Kind: workflows.TimerDigest, Day: "2026-11-24", Due: b.clock.Now().Add(200 * time.Millisecond)}
	if err := b.store.Write(ctx, func(tx workflows.Tx) error {
		return tx.Save(ctx, workflows.Change{At: b.clock.Now(), Timers: []workflows.Timer{timer}})
	}); err != nil {
		t.Fatal(err)
	}
	b.courier.Wake()
	<-time.After(timer.Due.Sub(b.clock.Now()) / 2) // it has looked, and sleeps by what it has seen
	b.clock.move(200 * time.Millisecond)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(10 * time.Second); ; { // asleep, the courier would wake after half a minute
		done := false
		if err := b.store.Write(ctx, func(tx workflows.Tx) (err error) {
			_, done, err = tx.Done(ctx, "timer:"+timer.Key)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Error("the timer waits for the platform")
			close(hold)
			stop()
			return
		}
	}
	close(hold)
	stop()
	<-done
}
