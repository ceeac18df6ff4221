package workflows

import (
	"context"
	"time"

	"hikeshi/workflows/incident"
)

// Auditing is what the auditor reads. It is asked every minute by every process, and must
// look neither at incidents that have ended nor through all messages or timers.
type Auditing interface {
	// OpenRows lists the incidents that have not ended, each with its timers. A row that cannot
	// be read is among them with the error, and keeps none of the others from being listed.
	OpenRows(ctx context.Context) ([]OpenRow, error)
	// MessageStates says of each message of a list how far it has come; "" is one that is not
	// there, and one that has arrived stays so, should a later wording of it have been given up.
	// The answers are in the order of the questions.
	MessageStates(ctx context.Context, keys []MessageKey) ([]MessageState, error)
	// Overdue gives of the timers, the urgent messages and the others the one that has waited
	// longest to be claimed, where that was due, or its lease has run out, before an instant.
	Overdue(ctx context.Context, before time.Time) ([]DueRow, error)
	// Undelivered lists messages that were given up, the newest first.
	Undelivered(ctx context.Context, q UndeliveredQuery) ([]Message, error)
}

// OpenRow is an incident that has not ended, as the auditor sees it.
type OpenRow struct {
	ID incident.ID
	// Incident is nil where the row cannot be read; Err says why.
	Incident *incident.Incident
	Err      error
	// The timers of its calls, of the reminders of its notification clocks, and of an offer of
	// the lead.
	Round, Clocks, Offer RowTimer
}

// RowTimer is a timer of an incident. Due is when it is due, zero where there is none. It may
// be claimed at Next; Leased says that somebody has it in hand until then. UTC.
type RowTimer struct {
	Due, Next time.Time
	Leased    bool
}

// MessageKey names a message.
type MessageKey struct {
	Incident incident.ID
	Key      string
}

// DueRow is a timer or a message that nobody has claimed.
type DueRow struct {
	Message  bool // else a timer
	Urgent   bool
	Key      string
	Incident incident.ID
	Next     time.Time // since when it may be claimed; UTC
}

// UndeliveredQuery chooses messages that were given up: those about incidents that are still
// open, and of the others those that were made after Since.
type UndeliveredQuery struct {
	Since  time.Time
	Before int64 // only those with a smaller ID; 0: from the newest
	Limit  int   // 0: all
}
