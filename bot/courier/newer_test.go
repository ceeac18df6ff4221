package courier_test

import (
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A newer server on the same database says and does things that this one does not know. They
// are left to it: nothing is sent, no try is counted and no person is told of a failure.
func TestWhatANewerServerKnowsIsLeftToIt(t *testing.T) {
	b := newBench(t)
	id := b.report("r1")
	b.drain()
	sent := len(b.platform.sent)
	to := b.person("佐藤").ID
	save := func(c workflows.Change) {
		t.Helper()
		c.At = b.clock.Now()
		if err := b.store.Write(t.Context(), func(tx workflows.Tx) error { return tx.Save(t.Context(), c) }); err != nil {
			t.Fatal(err)
		}
	}
	kind := incident.Notice{Key: "later:1", Kind: "later", Incident: id, To: to, Urgent: true}
	means := incident.Notice{Key: "page:later", Kind: incident.NoticePage, Incident: id, To: to, Seq: 1, Urgent: true, Means: "drum"}
	timer := workflows.Timer{Key: "later", Kind: "later", Incident: id, Due: b.clock.Now()}
	save(workflows.Change{Messages: []incident.Notice{kind, means}, Timers: []workflows.Timer{timer}})
	for range 3 {
		b.drain()
		b.clock.move(time.Second)
	}
	if n := len(b.platform.sent); n != sent {
		t.Fatalf("it sent %+v", b.platform.sent[sent:])
	}
	list, err := b.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, m := range list {
		if m.Key == kind.Key || m.Key == means.Key {
			left++
			if m.State != workflows.MessagePending || m.Attempt != 0 || m.Error != "" || m.Resent {
				t.Errorf("%s is %s after %d tries, error %q", m.Key, m.State, m.Attempt, m.Error)
			}
		}
	}
	if left != 2 {
		t.Fatalf("%d of the two messages are there", left)
	}

	// The newer server comes by a second later at the latest.
	timers, err := b.store.ClaimTimers(t.Context(), b.clock.Now().Add(time.Second), "newer", time.Minute, 10)
	if err != nil || len(timers) != 1 || timers[0].Key != timer.Key || !timers[0].Due.Equal(timer.Due) {
		t.Errorf("the newer one claims %+v, %v", timers, err)
	}
	messages, err := b.store.ClaimMessages(t.Context(), b.clock.Now().Add(time.Second), "newer", time.Minute, 10, true)
	if err != nil || len(messages) != 2 {
		t.Errorf("the newer one claims %+v, %v", messages, err)
	}
}
