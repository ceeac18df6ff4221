package web

import (
	"testing"
	"time"
)

// Who chooses another person while an address of the calendar is being made, which may take long,
// keeps no other page of the browser waiting.
func TestAnotherPersonKeepsNoPageWaiting(t *testing.T) {
	s := &session{who: "a"}
	s.calendar.path = "of a"
	s.calendar.mu.Lock() // it is being made
	became := make(chan struct{})
	go func() {
		s.become("b", "B")
		close(became)
	}()
	asked := make(chan struct{})
	go func() {
		for s.person() != "b" { // as every page asks
		}
		close(asked)
	}()
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Error("the other pages wait")
	}
	s.calendar.mu.Unlock()
	<-became
	<-asked
	if s.calendar.path != "" {
		t.Errorf("what was made for the one before is kept: %q", s.calendar.path)
	}
}
