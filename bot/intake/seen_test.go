package intake

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

func TestWhatFailedIsHandledAgainAndNothingElse(t *testing.T) {
	s, now := NewSeen(), time.Unix(1000, 0)
	if fresh, _ := s.Begin("a", now); !fresh {
		t.Fatal("the first is new")
	}
	if fresh, ack := s.Begin("a", now); fresh || ack != nil {
		t.Errorf("in flight: %v %v", fresh, ack)
	}
	s.Acked("a", "errors")
	if fresh, ack := s.Begin("a", now); fresh || ack != "errors" {
		t.Errorf("acknowledged: %v %v", fresh, ack)
	}
	s.End("a", true)
	if fresh, _ := s.Begin("a", now.Add(seenFor-time.Second)); fresh {
		t.Error("what was answered is handled again")
	}
	s.Begin("b", now)
	s.End("b", false)
	if fresh, _ := s.Begin("b", now); !fresh {
		t.Error("what failed is not handled again")
	}
	if fresh, _ := s.Begin("a", now.Add(seenFor)); !fresh {
		t.Error("it is kept longer than Slack repeats")
	}
}

func TestSeenIsBounded(t *testing.T) {
	s, now := NewSeen(), time.Unix(1000, 0)
	for i := range maxSeen + 100 {
		s.Begin(fmt.Sprint(i), now)
	}
	if len(s.by) > maxSeen || len(s.oldest) > maxSeen {
		t.Errorf("%d and %d are kept", len(s.by), len(s.oldest))
	}
	if s.Has("0") || !s.Has(fmt.Sprint(maxSeen+99)) {
		t.Error("the oldest go first")
	}
}

// Answers of up to 20 kB are kept for a few hundred forms, not for every delivery of hours.
func TestAnswersAreNotKeptWithoutBound(t *testing.T) {
	s, now := NewSeen(), time.Now()
	for i := range 3 * maxAcks {
		key := strconv.Itoa(i)
		s.Begin(key, now)
		s.Acked(key, "answer")
		s.End(key, true)
	}
	held := 0
	for _, at := range s.by {
		if at.ack != nil {
			held++
		}
	}
	if fresh, ack := s.Begin(strconv.Itoa(3*maxAcks-1), now); held != maxAcks || fresh || ack != "answer" || len(s.acks) != maxAcks {
		t.Errorf("%d answers are held; the last one: %v %v", held, fresh, ack)
	}
	if fresh, _ := s.Begin("0", now); fresh {
		t.Error("an old delivery counts as new")
	}
}
