package slack

import (
	"fmt"
	"testing"
	"time"
)

func TestWhatFailedIsHandledAgainAndNothingElse(t *testing.T) {
	s, now := newSeen(), time.Unix(1000, 0)
	if fresh, _ := s.begin("a", now); !fresh {
		t.Fatal("the first is new")
	}
	if fresh, ack := s.begin("a", now); fresh || ack != nil {
		t.Errorf("in flight: %v %v", fresh, ack)
	}
	s.acked("a", "errors")
	if fresh, ack := s.begin("a", now); fresh || ack != "errors" {
		t.Errorf("acknowledged: %v %v", fresh, ack)
	}
	s.end("a", true)
	if fresh, _ := s.begin("a", now.Add(seenFor-time.Second)); fresh {
		t.Error("what was answered is handled again")
	}
	s.begin("b", now)
	s.end("b", false)
	if fresh, _ := s.begin("b", now); !fresh {
		t.Error("what failed is not handled again")
	}
	if fresh, _ := s.begin("a", now.Add(seenFor)); !fresh {
		t.Error("it is kept longer than Slack repeats")
	}
}

func TestSeenIsBounded(t *testing.T) {
	s, now := newSeen(), time.Unix(1000, 0)
	for i := range maxSeen + 100 {
		s.begin(fmt.Sprint(i), now)
	}
	if len(s.by) > maxSeen || len(s.oldest) > maxSeen {
		t.Errorf("%d and %d are kept", len(s.by), len(s.oldest))
	}
	if s.has("0") || !s.has(fmt.Sprint(maxSeen+99)) {
		t.Error("the oldest go first")
	}
}
