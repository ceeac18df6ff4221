package workflows

import (
	"context"
	"errors"
	"time"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Errors that a Store wraps.
var (
	// ErrConflict says that the incident changed between reading and saving.
	ErrConflict = errors.New("the incident was changed meanwhile")
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrDone says that the request was carried out by somebody else meanwhile.
	ErrDone = errors.New("the request was already done")
	// ErrUnsure says that the connection was lost while a transaction was being committed:
	// it counts as a whole or not at all, and only looking again can tell which.
	ErrUnsure = errors.New("the connection was lost during the commit")
	// ErrNewer says that a newer version, on the same database, has written what this one does
	// not know: it is left to a server of that version.
	ErrNewer = incident.ErrNewer
	// ErrUnreadable says that what stands in a row cannot be read.
	ErrUnreadable = errors.New("the row cannot be read")
	// ErrSettled says that a message need not be sent any more.
	ErrSettled = errors.New("there is nothing to say any more")
)

// Store keeps everything: incidents with their records, requests already done, timers,
// messages, drafts of forms, contacts and settings. Times are stored in UTC to the
// microsecond. Every implementation passes the same suite.
type Store interface {
	// Write runs f in one transaction. What f saved is on disk when Write returns nil, and
	// nothing of it is there when it does not — but for ErrUnsure, where it may be there all
	// the same. f may be called again, after a conflict that the database resolves by
	// repeating or on a new connection; it must have no effect but on tx. What f saves may
	// reach the database only after f, so that its failure is Write's and not the save's.
	Write(ctx context.Context, f func(tx Tx) error) error

	// Incident gives a row; ErrNotFound.
	Incident(ctx context.Context, id incident.ID) (*incident.Incident, error)
	// Incidents lists rows, newest report first.
	Incidents(ctx context.Context, q IncidentQuery) ([]*incident.Incident, error)
	// Records gives the entries of an incident from a sequence number on, in order, with
	// their texts. Limit 0 is all.
	Records(ctx context.Context, id incident.ID, from int64, limit int) ([]incident.Record, error)
	// Evidence gives the entries as they are stored, in the order of insertion, for verify.
	Evidence(ctx context.Context, id incident.ID) ([]incident.Record, [][]byte, error)
	// AllIDs lists every incident that has a row or an entry.
	AllIDs(ctx context.Context) ([]incident.ID, error)
	// Counters gives the highest number handed out per series, such as "TRN-2026": 3.
	Counters(ctx context.Context) (map[string]int, error)

	// Contacts gives the people and the version of the list, which grows with each change.
	Contacts(ctx context.Context) ([]contact.Person, int64, error)
	// ContactsVersion says whether the list in memory is still the one stored.
	ContactsVersion(ctx context.Context) (int64, error)
	// ReplaceContacts sets the whole list at once.
	ReplaceContacts(ctx context.Context, people []contact.Person) error

	// Messages lists the messages of one target, oldest first: a person's own, or an
	// incident's channel when the person is empty.
	Messages(ctx context.Context, q MessageQuery) ([]Message, error)

	// SaveDraft keeps what a person typed into a form; Draft gives it back to the same
	// person; ErrNotFound. Under the same ID everybody has a draft of his own.
	SaveDraft(ctx context.Context, d Draft) error
	Draft(ctx context.Context, by incident.PersonID, id string) (Draft, error)

	// ClaimTimers leases up to n due timers to owner; a lease that ran out is claimed again.
	ClaimTimers(ctx context.Context, now time.Time, owner string, lease time.Duration, n int) ([]Timer, error)
	// ReleaseTimer sets a claimed timer's next try.
	ReleaseTimer(ctx context.Context, t Timer, owner string, due time.Time) error
	// ClaimMessages leases up to n messages that are due, urgent ones first; urgentOnly
	// leaves the others, so that pages have lanes of their own.
	ClaimMessages(ctx context.Context, now time.Time, owner string, lease time.Duration, n int, urgentOnly bool) ([]Message, error)
	// ClaimJoined leases to owner what goes out as one message with the page m, which owner
	// has claimed: the other due pages to its receiver that were never tried, or those that
	// went out with it before. ErrConflict: the lease on m was lost.
	ClaimJoined(ctx context.Context, m Message, now time.Time, owner string, lease time.Duration) (Joined, error)
	// RenewMessages has the leases on claimed messages run out a lease after now. One that was
	// lost, or is over, stays as it is.
	RenewMessages(ctx context.Context, m []Message, now time.Time, owner string, lease time.Duration) error
	// FinishMessage records what became of a claimed message. It changes nothing when the
	// lease was lost meanwhile (ErrConflict).
	FinishMessage(ctx context.Context, m Message, owner string, res Sent) error
	// FinishMessages records what became of claimed messages that were sent as one. Of those
	// whose lease was lost it changes nothing (ErrConflict, when that is all of them).
	FinishMessages(ctx context.Context, m []Message, owner string, res Sent) error
	// ChannelWaits reports whether anything is still to be said in an incident's channel on a
	// platform (Notice.Front), a try under way among it.
	ChannelWaits(ctx context.Context, id incident.ID, front string) (bool, error)
	// NextDue says when the next timer or message is due or its lease runs out; ok is false
	// when there is none.
	NextDue(ctx context.Context) (t time.Time, ok bool, err error)
	// NextTimer is NextDue for timers alone.
	NextTimer(ctx context.Context) (t time.Time, ok bool, err error)

	// Setting and SetSetting keep small values of the program itself; "" where there is none.
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
	// KeepSetting keeps a value unless there is one under the name, and gives the one that is
	// there then: of several processes that do it at once, all get the same.
	KeepSetting(ctx context.Context, name, value string) (string, error)

	// Listen calls f with what other processes on the database have changed, soon after they
	// did, until the context ends. After a gap in listening f is called with Work and no
	// incident: anything may have changed. Where there can be no other process it just waits.
	Listen(ctx context.Context, f func(Changed)) error

	// SaveEdition keeps an edition of the rules under its version; one that is there already
	// stays as it is. Edition gives it back, byte for byte; ErrNotFound.
	SaveEdition(ctx context.Context, version string, body []byte, at time.Time) error
	Edition(ctx context.Context, version string) (body []byte, err error)
	// Backlog counts what is under way and what waits. It is asked every few seconds and
	// must not walk through what has ended.
	Backlog(ctx context.Context) (Backlog, error)
	// Facts describes the database itself.
	Facts(ctx context.Context) (Facts, error)
	// What the auditor reads.
	Auditing

	// Absences lists what people have told of their absences themselves, by person and then by
	// day, ended ones too. An import of the contact list leaves them as they are.
	Absences(ctx context.Context) ([]Absence, error)

	// The bytes of attached files.
	Files
	// What front ends remember, and who is signed in on the web pages.
	Memories
	SignIns

	// Ping checks that the database answers.
	Ping(ctx context.Context) error
	Close() error
}

// Tx is one write transaction.
type Tx interface {
	// Done gives the stored outcome of a request; ok is false when it was not done yet.
	Done(ctx context.Context, key string) (outcome []byte, ok bool, err error)
	// SameReport finds the incident that a person reported with the same text since.
	SameReport(ctx context.Context, by incident.PersonID, digest string, since time.Time) (incident.ID, bool, error)
	// Reports counts what a person has reported since.
	Reports(ctx context.Context, by incident.PersonID, since time.Time) (int, error)
	// Incident reads a row and keeps others from changing it until the transaction ends.
	Incident(ctx context.Context, id incident.ID) (*incident.Incident, error)
	// Records as in Store.
	Records(ctx context.Context, id incident.ID, from int64, limit int) ([]incident.Record, error)
	// LastBy gives the last entry of a person that is one of kinds and not among except; ErrNotFound.
	LastBy(ctx context.Context, id incident.ID, by incident.PersonID, kinds []incident.EventKind, except []int64) (incident.Record, error)
	// ContactsVersion says whether the list in memory is still the one stored.
	ContactsVersion(ctx context.Context) (int64, error)
	// Edition as in Store.
	Edition(ctx context.Context, version string) (body []byte, err error)
	// NextNumber hands out the next number of a series, from 1, without gaps: it is taken
	// back when the transaction fails.
	NextNumber(ctx context.Context, series string) (int, error)
	// FinishMessage as in Store.
	FinishMessage(ctx context.Context, m Message, owner string, res Sent) error
	// Turn keeps whoever asks for the same one waiting until this transaction ends: of two that
	// read what the other one changes, the second reads it afterwards.
	Turn(ctx context.Context, name string) error
	// Recall and Remember as in Store.
	Recall(ctx context.Context, frontend, name string) ([]byte, error)
	Remember(ctx context.Context, frontend, name string, value []byte) error
	// OpenRow is one of OpenRows; ErrNotFound for one that is not there or has ended.
	OpenRow(ctx context.Context, id incident.ID) (OpenRow, error)
	// MessageStates as in Auditing.
	MessageStates(ctx context.Context, keys []MessageKey) ([]MessageState, error)
	// SendAgain makes a message that was given up due at once, as if it had never been tried.
	// again is false for one that was not given up.
	SendAgain(ctx context.Context, id int64, at time.Time) (again bool, err error)
	// Foresee reads at once what is about to be asked for: Done of the keys and Incident of the
	// incidents answer from it, each one time, with the rows kept from others from here on. What
	// is wrong with an incident, Incident says.
	Foresee(ctx context.Context, keys []string, ids []incident.ID) error
	// Save writes everything one command caused.
	Save(ctx context.Context, c Change) error
}

// Change is everything that one command writes, in one go, so that a database may send it
// in one round trip.
type Change struct {
	At        time.Time
	Request   *DoneRequest
	Requests  []DoneRequest // of several commands, each of an incident of its own, that are saved together
	Incidents []SavedIncident
	Messages  []incident.Notice // an existing key is refreshed: sent again as an update
	Timers    []Timer           // an existing key is replaced
	Cancel    []string          // keys of timers to remove
	Absences  *AbsenceChange    // nil: none
	// Contacts is the version of the contact list on which a change rests that says whose an
	// account is. It grows with it, so that every process looks again. Another version there:
	// ErrConflict. 0: nothing of that kind has changed.
	Contacts int64
	// Hasten makes what waits to be said in the channel of an incident due at once, on the
	// platform HastenOn (Notice.Front).
	Hasten   incident.ID
	HastenOn string
}

// SavedIncident is a row with its new entries.
type SavedIncident struct {
	Row    *incident.Incident
	Before int64 // the Seq that was read; 0 for a new one. Another Seq there: ErrConflict
	Sealed []Sealed
	// Joined and Left change who finds the incident in his list.
	Joined, Left []incident.PersonID
}

// Sealed is an entry with its canonical body and the bodies of its texts.
type Sealed struct {
	Record incident.Record
	Body   []byte
	Texts  []incident.Text
}

// DoneRequest remembers that a request was carried out, and how it ended. Digest is of a
// report's text, to recognise the same report.
type DoneRequest struct {
	Key      string
	By       incident.PersonID
	Incident incident.ID
	Digest   string
	Outcome  []byte
}

// TimerKind says what a due timer does.
type TimerKind string

// The kinds of timers.
const (
	TimerRound  TimerKind = "round"  // the wait for an answer to pages
	TimerOffer  TimerKind = "offer"  // the wait for an answer to an offer of the lead
	TimerDigest TimerKind = "digest" // the morning's overview
	TimerClocks TimerKind = "clocks" // somebody is to be reminded of a notification duty
)

// Timer is something that is to happen at an instant. A due timer is one more command.
type Timer struct {
	Key      string
	Kind     TimerKind
	Incident incident.ID
	Due      time.Time
	Round    int    // of TimerRound; of the other timers of an incident the Seq they follow from
	Day      string // of TimerDigest: 2006-01-02 in Tokyo
	Attempt  int
}

// Message is a notice on its way, or arrived.
type Message struct {
	ID int64
	incident.Notice
	Created  time.Time
	Revision int // grows each time the message is to be refreshed
	Attempt  int // of this revision, from 1 when claimed
	// What became of it.
	State     MessageState
	FirstSent time.Time // zero: never arrived
	LastSent  time.Time
	Frontend  string
	Sent      string // the front end's message ID
	Resent    bool   // an earlier try may have arrived
	InHand    bool   // a try is under way, or was cut short and nobody took it up yet
	Error     string
	// Joined is the same for pages that were tried as one message; 0: tried alone, or never.
	Joined int64
}

// Joined is what goes out as one message.
type Joined struct {
	// Claimed are leased, the page that was asked with among them; Shown are all that the
	// message shows, by ID.
	Claimed, Shown []Message
	// Busy says that somebody else has the message in hand: nothing more was claimed, and the
	// page has to wait.
	Busy bool
}

// MessageState says how far a message has come.
type MessageState string

// The states of a message.
const (
	MessagePending MessageState = "pending"
	MessageSent    MessageState = "sent"
	MessageFailed  MessageState = "failed" // given up; the reason stands in Error
	// MessageDropped was not sent, because by then there was nothing to say any more: a call by
	// phone that somebody had answered meanwhile.
	MessageDropped MessageState = "dropped"
)

// Sent is what became of a try.
type Sent struct {
	OK       bool // it has arrived; with Retry, not with everybody yet
	At       time.Time
	Frontend string
	Message  string
	Error    string    // a short reason without any personal data
	Retry    time.Time // zero with OK false: given up
	Unsure   bool      // the try may have arrived all the same
	Waited   bool      // nothing was tried, and no try is counted: due again at Retry
	Dropped  bool      // with OK false: there is nothing to say any more, and nobody misses it
	// Then are saved in the same transaction, when it is over: with OK, or given up.
	Then []incident.Notice
}

// IncidentQuery chooses incidents.
type IncidentQuery struct {
	Person    incident.PersonID // whose circle or own reports; empty: everybody's
	OpenOnly  bool
	EndedOnly bool        // closed or dismissed
	Before    incident.ID // for paging: those listed after this one
	Limit     int         // 0: all
	// Unreadable gives a row whose state cannot be read as Unreadable, with what stands beside
	// its state; otherwise one such row is the error of all.
	Unreadable bool
}

// MessageQuery chooses messages.
type MessageQuery struct {
	Person   incident.PersonID // a person's own messages
	Incident incident.ID       // with Person empty: the channel; with both: only of this incident
	Front    string            // with Person empty: of which platform the channel is (Notice.Front)
	All      bool              // every message about Incident, whoever it went to
	Sent     bool              // only those that have arrived
	Places   bool              // with those that keep channels, which are said to nobody
	After    int64             // only those with an ID above
	Limit    int               // the latest; 0: all
}

// Draft is what somebody has typed into a form that was not accepted yet. ID and By name it.
type Draft struct {
	ID     string
	By     incident.PersonID
	Form   string // which form, with its incident, as the desk names it
	Values map[string]string
	Saved  time.Time
	Done   bool // submitted and accepted
}
