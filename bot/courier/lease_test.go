package courier_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// A try that takes longer than a lease is not repeated by another server while it goes on.
func TestALongTryKeepsItsLease(t *testing.T) {
	if os.Getenv("HIKESHI_TEST_DATABASE") == "postgres" {
		t.Skip("in a bubble of time nothing is heard of a server; what is tested here asks none")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWays(t)
		w.live(wallClock{})
		begun := map[string]int{}
		mu := make(chan struct{}, 1)
		w.by[incident.ByChat].answer = func(_ context.Context, d chat.Delivery) error {
			mu <- struct{}{}
			if begun[d.Key]++; d.Again {
				t.Errorf("%s was sent again", d.Key)
			}
			<-mu
			<-time.After(18 * time.Second)
			return nil
		}
		w.report("r1")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{}, 2)
		for _, c := range []interface{ Run(context.Context) }{w.courier, w.another("second")} {
			go func() { c.Run(ctx); ended <- struct{}{} }()
		}
		<-time.After(time.Minute)
		stop()
		<-ended
		<-ended
		if len(begun) < 3 {
			t.Errorf("sent only %v", begun)
		}
	})
}
