package workflows

import (
	"time"

	"hikeshi/workflows/incident"
)

// Observer is told what the service does, for figures: how much, how it ended, how late.
// It learns no text and no person. Its methods are called from many goroutines, outside of
// any transaction, and must not block.
type Observer interface {
	// Doing is called when a command begins; what it returns, when it has ended.
	Doing(w incident.Word) (ended func(Ending))
	// Claimed says how many due timers or messages were leased.
	Claimed(what Claimed, n int)
	// Fired says that a due timer was carried out, and how long after it was due.
	Fired(kind TimerKind, late time.Duration)
	// Tried says what became of one try to send a message. waited is how long the message
	// had been on its way when it arrived for the first time, 0 otherwise.
	Tried(m Message, res Sent, waited time.Duration)
	// Audited says what the auditor found and mended.
	Audited(a Audited)
}

// Ending is how a command ended.
type Ending string

// The endings of a command.
const (
	EndAccepted Ending = "accepted"
	EndRefused  Ending = "refused"
	EndAsked    Ending = "asked"    // the same report as minutes ago: the person is asked first
	EndRepeated Ending = "repeated" // had been carried out before
	EndFailed   Ending = "failed"   // a fault of ours or of the database
)

// Endings are all of them.
var Endings = []Ending{EndAccepted, EndRefused, EndAsked, EndRepeated, EndFailed}

func endingOf(out Outcome) Ending {
	switch {
	case out.Repeated:
		return EndRepeated
	case out.Refusal != nil:
		return EndRefused
	case out.Same != "":
		return EndAsked
	}
	return EndAccepted
}

// Claimed is what a lease is about.
type Claimed string

// What is leased.
const (
	ClaimedTimers   Claimed = "timers"
	ClaimedMessages Claimed = "messages"
)

// unobserved is the observer where nobody looks.
type unobserved struct{}

func (unobserved) Doing(incident.Word) func(Ending)   { return func(Ending) {} }
func (unobserved) Claimed(Claimed, int)               {}
func (unobserved) Fired(TimerKind, time.Duration)     {}
func (unobserved) Tried(Message, Sent, time.Duration) {}
func (unobserved) Audited(Audited)                    {}
