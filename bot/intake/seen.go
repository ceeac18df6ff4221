package intake

import (
	"sync"
	"time"
)

// Slack repeats an event up to an hour after the first try (Slack, "Events API", retries).
const (
	seenFor = 2 * time.Hour
	maxSeen = 20_000
	// maxAcks bounds what of them holds the answer that was acknowledged with, of up to 20 kB:
	// somebody presses again within a minute or not at all.
	maxAcks = 500
)

// Seen knows what was delivered already, so that a repeat is not shown twice. It is no more
// than courtesy: what must happen once, the desk does once. What failed, or whose answer
// could not be shown, is handled again.
type Seen struct {
	mu     sync.Mutex
	by     map[string]*sight
	oldest []string // in the order they came
	acks   []string // those that hold what they were acknowledged with
}

// sight is one delivery that is in flight or answered.
type sight struct {
	at  time.Time
	ack any // what a form's submission was acknowledged with
}

// NewSeen knows nothing yet.
func NewSeen() *Seen { return &Seen{by: map[string]*sight{}} }

// Begin reports whether a delivery is to be handled: it is new, or the one before failed. Of
// another it gives what that was acknowledged with, nil while it is in flight.
func (s *Seen) Begin(key string, now time.Time) (handle bool, ack any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.oldest) > 0 {
		first := s.by[s.oldest[0]]
		if first != nil && len(s.oldest) < maxSeen && now.Sub(first.at) < seenFor {
			break
		}
		delete(s.by, s.oldest[0])
		s.oldest = s.oldest[1:]
	}
	if old := s.by[key]; old != nil {
		return false, old.ack
	}
	s.by[key] = &sight{at: now}
	s.oldest = append(s.oldest, key)
	return true, nil
}

// Acked keeps what a submission was acknowledged with: its person waits for just that when
// the first acknowledgement was lost.
func (s *Seen) Acked(key string, body any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.by[key]
	if at == nil {
		return
	}
	if at.ack = body; body == nil {
		return
	}
	if s.acks = append(s.acks, key); len(s.acks) > maxAcks {
		if first := s.by[s.acks[0]]; first != nil {
			first.ack = nil
		}
		s.acks = s.acks[1:]
	}
}

// End says how it went.
func (s *Seen) End(key string, shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !shown {
		delete(s.by, key) // its place in oldest is passed over
	}
}

// Has reports whether it was begun and not given up.
func (s *Seen) Has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[key] != nil
}
