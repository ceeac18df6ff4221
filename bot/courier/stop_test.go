package courier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
)

// A platform that does not answer must not keep the program from stopping: the try is broken
// off, its lease given back at once, and the message sent again, marked.
func TestABrokenOffTryLeavesNoLease(t *testing.T) {
	b := newBench(t)
	trying := make(chan string, 100)
	b.platform.answer = func(ctx context.Context, d chat.Delivery) error {
		trying <- d.Key
		<-ctx.Done()
		return ctx.Err()
	}
	b.report("r1")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.courier.Run(ctx); close(done) }()
	<-trying
	stop()
	select {
	case <-done:
		t.Fatal("it did not wait for the try under way")
	default:
	}
	b.courier.BreakOff()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for a platform that does not answer")
	}
	tried := map[string]bool{}
	for len(trying) > 0 {
		tried[<-trying] = true
	}
	b.platform.answer = nil
	// The clock has not moved: whoever comes next need not wait for a lease to run out.
	b.courier = b.newCourier("second")
	b.drain()
	pages := 0
	for _, d := range b.platform.sent {
		if tried[d.Key] && !d.Again {
			t.Errorf("%s may have arrived before, but is not marked", d.Key)
		}
		if strings.HasPrefix(d.Key, "page:") {
			pages++
		}
	}
	if pages < 3 {
		t.Errorf("%d calls arrived after the stop, want every one", pages)
	}
	pending, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: "TRN-2026-0001", All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pending {
		if m.State != workflows.MessageSent {
			t.Errorf("%s is %s", m.Key, m.State)
		}
	}
}

func TestACourierThatTurnsSaysSo(t *testing.T) {
	b := newBench(t)
	if at := b.courier.Turned(); !at.IsZero() {
		t.Errorf("it turned at %v without running", at)
	}
	before := time.Now()
	b.drain()
	if at := b.courier.Turned(); at.Before(before) || time.Since(at) > time.Minute {
		t.Errorf("it turned at %v, by the machine's clock %v", at, before)
	}
}
