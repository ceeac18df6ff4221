// Package workflows is what the bot can do: Service.Do carries out one command, whoever
// gave it and by whatever way — a button, a form, a line, the command line of the server or
// a due timer — in one transaction: has this been done? load the incident, decide, apply,
// compute the next timers and messages, save all with a version check, commit. Nothing is
// sent inside it. The queries beside it show what a person may see, and nothing else.
//
// It owns the Store interface that databases fill and the Clock. It imports only its own
// pure subpackages; it knows no front end, no text of the product and no SQL. Beside
// the numbers (INC-2026-0001) it decides nothing itself: decisions are workflows/incident's.
package workflows

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/edition"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

// Clock tells the time. In practice it can be moved on; live it never is.
type Clock interface {
	Now() time.Time
}

// Service carries out commands and answers queries. It is safe for concurrent use.
type Service struct {
	store    Store
	clock    Clock
	current  atomic.Pointer[edition.Edition]
	editions editions
	log      *slog.Logger
	practice bool
	places   []string // see platforms.go
	clocks   atomic.Pointer[incident.Clocks]
	redrawn  atomic.Pointer[string] // rules and day of the last Redraw of everything
	people   atomic.Pointer[people]
	answers  atomic.Pointer[[]byte] // the key of the answer links
	reaches  func(contact.Person, incident.Means) bool
	changed  func(Changed)
	observer Observer
	auditing auditing
}

// Options of a service.
type Options struct {
	Store  Store
	Clock  Clock
	Book   *procedure.Book
	Paging *paging.Policy // nil: paging.Usual
	// Log is told of an edition that an incident began with and that is gone; nil: the program's.
	Log      *slog.Logger
	Practice bool // numbers TRN-…, everything marked 訓練
	// Places are the front ends that keep a channel for each incident, by their names: they are
	// told when one has to change, and reports are brought there as files.
	Places []string
	// Reaches reports whether a means can bring anything to somebody of the contact list, as
	// this house is set up; nil: chat reaches everybody, and there is nothing else.
	Reaches func(contact.Person, incident.Means) bool
	// Clocks are the rules of the notification clocks; nil: none is ever started.
	Clocks incident.Clocks
	// Changed is called after each commit, outside of the transaction; it must not block.
	Changed func(Changed)
	// Observer is told what happens, for figures; nil: nobody is.
	Observer Observer
}

// Changed says what a commit touched, for those who show it live or have work to do.
type Changed struct {
	Incident incident.ID
	Work     bool // messages or timers may be due
}

// New makes a service and reads the contact list.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{store: o.Store, clock: o.Clock, log: o.Log, practice: o.Practice, reaches: o.Reaches, changed: o.Changed, observer: o.Observer}
	if s.log == nil {
		s.log = slog.Default()
	}
	first, err := edition.New(o.Book, o.Paging)
	if err != nil {
		return nil, err
	}
	s.current.Store(first)
	s.clocks.Store(&o.Clocks)
	if s.observer == nil {
		s.observer = unobserved{}
	}
	if s.changed == nil {
		s.changed = func(Changed) {}
	}
	if err := s.ReloadContacts(ctx); err != nil {
		return nil, err
	}
	if len(o.Places) > 0 {
		known, err := s.knownPlaces(ctx)
		if err != nil {
			return nil, fmt.Errorf("read which platforms there were: %w", err)
		}
		s.places = orderPlaces(o.Places, known)
	}
	return s, nil
}

// Now is the service's time, UTC, to the microsecond that is stored.
func (s *Service) Now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// Practice reports whether everything is 訓練.
func (s *Service) Practice() bool { return s.practice }

// Command is one thing to carry out.
type Command struct {
	// Key is what the person did, not its delivery: the same key is carried out once, and
	// answered the same when it comes again.
	Key      string
	Incident incident.ID // empty for a report
	By       incident.Actor
	Bot      bool
	Source   incident.Source
	Do       incident.Command
	// Seen is the Seq of the incident as the person saw it; 0: unknown. A decision about
	// something that changed meanwhile is refused with what changed.
	Seen int64
	// Occurred is when it happened, where it is written down later; zero: now. UTC.
	Occurred time.Time
	// Anyway reports again what the same person reported with the same text minutes ago.
	Anyway bool
	// Timer is removed in the same transaction.
	Timer string
}

// Outcome is what came of a command.
type Outcome struct {
	Incident incident.ID          `json:"incident,omitempty"`
	Seq      int64                `json:"seq,omitempty"`   // of the incident afterwards
	First    int64                `json:"first,omitempty"` // Seq of the first new entry; 0: nothing changed
	Kinds    []incident.EventKind `json:"kinds,omitempty"` // of the new entries
	Refusal  *incident.Refusal    `json:"refusal,omitempty"`
	Same     incident.ID          `json:"same,omitempty"` // a report with the same text that was not repeated
	Changes  []incident.EventKind `json:"changes,omitempty"`
	Repeated bool                 `json:"-"` // this request had been carried out before
}

// Accepted reports whether the command was carried out.
func (o Outcome) Accepted() bool { return o.Refusal == nil && o.Same == "" }

// Did reports whether an event of this kind came of the command.
func (o Outcome) Did(k incident.EventKind) bool { return slices.Contains(o.Kinds, k) }

// repeatWindow is how long the same text by the same person is asked about instead of
// opening a second incident.
const repeatWindow = 10 * time.Minute

// Do carries out one command in one transaction. The error is a fault of ours or of the
// database; a refusal is an Outcome.
func (s *Service) Do(ctx context.Context, c Command) (out Outcome, err error) {
	if c.Key == "" {
		return Outcome{}, errors.New("a command without a key cannot be done once")
	}
	ending, ended := EndFailed, s.observer.Doing(c.Do.Word())
	defer func() { ended(ending) }() // also of a panic
	if out, err = s.once(ctx, c); err == nil {
		ending = endingOf(out)
	}
	return out, err
}

// once tries until the command was carried out, or is known not to be.
func (s *Service) once(ctx context.Context, c Command) (out Outcome, err error) {
	var unsure error
	for try := 0; ; try++ {
		var changed []incident.ID
		err = s.store.Write(ctx, func(tx Tx) (err error) {
			out, changed, err = s.do(ctx, tx, c)
			return err
		})
		// Each of these tries follows another import of the list: a report is not lost over several
		// in a row.
		if errors.Is(err, errOldContacts) && try < 20 {
			// Read outside of the transaction: inside it this would ask for a second connection
			// while others wait for the first, and nobody would get on.
			if err = s.ReloadContacts(ctx); err == nil {
				continue
			}
		}
		if errors.Is(err, ErrConflict) && incident.Additive(c.Do) && try < 5 {
			continue
		}
		if errors.Is(err, ErrConflict) {
			return Outcome{Incident: c.Incident, Refusal: &incident.Refusal{Key: "refuse.conflict"}}, nil
		}
		if errors.Is(err, ErrDone) && try < 5 {
			continue // the second delivery ran beside the first: now it finds the outcome
		}
		if errors.Is(err, ErrUnsure) && try < 5 {
			unsure = ErrUnsure
			continue // if it was committed, its key is there now, and the outcome with it
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("%s: %w", c.Do.Word(), errors.Join(err, unsure))
		}
		if unsure != nil && out.Incident != "" && changed == nil {
			changed = []incident.ID{out.Incident} // it was committed, and nobody was told
		}
		for _, id := range changed {
			s.changed(Changed{Incident: id, Work: true})
		}
		return out, nil
	}
}

// errOldContacts says that the list in memory is not the one stored.
var errOldContacts = errors.New("the contact list was changed")

func (s *Service) do(ctx context.Context, tx Tx, c Command) (Outcome, []incident.ID, error) {
	out, change, err := s.prepare(ctx, tx, c, s.Now())
	if err != nil || change == nil {
		return out, nil, err
	}
	if err := tx.Save(ctx, *change); err != nil {
		return Outcome{}, nil, err
	}
	var ids []incident.ID
	for _, i := range change.Incidents {
		ids = append(ids, i.Row.ID)
	}
	return out, ids, nil
}

// prepare does all of a command but to save it; change is nil where there is nothing to save.
func (s *Service) prepare(ctx context.Context, tx Tx, c Command, now time.Time) (out Outcome, change *Change, err error) {
	if stored, ok, err := tx.Done(ctx, c.Key); err != nil {
		return Outcome{}, nil, err
	} else if ok {
		if err := json.Unmarshal(stored, &out); err != nil {
			return Outcome{}, nil, fmt.Errorf("stored outcome: %w", err)
		}
		out.Repeated = true
		return out, nil, nil
	}
	if v, err := tx.ContactsVersion(ctx); err != nil {
		return Outcome{}, nil, err
	} else if v != s.people.Load().version {
		return Outcome{}, nil, errOldContacts
	}
	w := &work{s: s, tx: tx, c: c, now: now, change: Change{At: now}}
	if clocks := s.Clocks(); clocks != nil {
		w.clocks = &onceAsked{Clocks: clocks}
	}
	if out, err = w.carryOut(ctx); err != nil {
		return Outcome{}, nil, err
	}
	if !out.Accepted() {
		// While this delivery waited for the one before it to end, that one may have done what
		// was asked, and then this one is refused for it.
		if _, done, err := tx.Done(ctx, c.Key); err != nil {
			return Outcome{}, nil, err
		} else if done {
			return Outcome{}, nil, ErrDone
		}
		// A refusal is not remembered: the same request may succeed when what was missing
		// has been mended. A timer that was refused has nothing left to do.
		if c.Timer == "" {
			return out, nil, nil
		}
		return out, &Change{At: now, Cancel: []string{c.Timer}}, nil
	}
	stored, err := json.Marshal(out)
	if err != nil {
		return Outcome{}, nil, err
	}
	w.change.Request = &DoneRequest{Key: c.Key, By: c.By.ID, Incident: out.Incident, Digest: w.digest, Outcome: stored}
	if c.Timer != "" && !slices.ContainsFunc(w.change.Timers, func(t Timer) bool { return t.Key == c.Timer }) {
		w.change.Cancel = append(w.change.Cancel, c.Timer)
	}
	return out, &w.change, nil
}

// work is one try of one command.
type work struct {
	s      *Service
	tx     Tx
	c      Command
	rules  *edition.Edition // that the incident began with
	clocks incident.Clocks  // in force; nil: none
	now    time.Time
	change Change
	digest string
}

func (w *work) carryOut(ctx context.Context) (Outcome, error) {
	if r, ok := w.c.Do.(incident.Report); ok {
		return w.report(ctx, r)
	}
	in, err := w.tx.Incident(ctx, w.c.Incident)
	if errors.Is(err, ErrNotFound) {
		return refused(w.c.Incident, "refuse.unknown_incident", map[string]any{"id": w.c.Incident}), nil
	}
	if err != nil {
		return Outcome{}, err
	}
	if in.Newer {
		return Outcome{}, fmt.Errorf("%s: %w", in.ID, ErrNewer)
	}
	if w.rules, err = w.s.editionOf(ctx, in, w.tx); err != nil {
		return Outcome{}, err
	}
	env := w.env()
	if out, stale, err := w.stale(ctx, in); stale || err != nil {
		return out, err
	}
	switch do := w.c.Do.(type) {
	case incident.Undo:
		err = w.target(ctx, &env, in, do.Seq)
	case incident.Correct:
		err = w.target(ctx, &env, in, do.Seq)
	case incident.Merge:
		env.Other, err = w.tx.Incident(ctx, do.Into)
		if errors.Is(err, ErrNotFound) {
			env.Other, err = nil, nil
		} else if err == nil && env.Other.Newer {
			err = fmt.Errorf("%s: %w", do.Into, ErrNewer)
		}
	}
	if err != nil {
		return Outcome{}, err
	}
	out, err := w.decide(in, w.c.Do, env)
	if err != nil || !out.Accepted() {
		return out, err
	}
	if _, ok := w.c.Do.(incident.Merge); ok {
		return w.absorb(ctx, in, env, out)
	}
	return out, nil
}

func refused(id incident.ID, key string, args map[string]any) Outcome {
	return Outcome{Incident: id, Refusal: &incident.Refusal{Key: key, Args: args}}
}

func (w *work) env() incident.Env {
	return incident.Env{
		Now: w.now, By: w.c.By, Bot: w.c.Bot,
		People: w.s.people.Load(), Procedures: w.rules, Paging: w.rules.Paging, Clocks: w.clocks,
	}
}

// report opens a new incident, unless the same person sent the same text minutes ago.
func (w *work) report(ctx context.Context, r incident.Report) (Outcome, error) {
	r.Practice = w.s.practice
	w.rules = w.s.current.Load() // a new incident begins with the edition in force
	sum := sha256.Sum256([]byte(incident.Clean(r.Text)))
	w.digest = hex.EncodeToString(sum[:16])
	if !w.c.Anyway {
		same, ok, err := w.tx.SameReport(ctx, w.c.By.ID, w.digest, w.now.Add(-repeatWindow))
		if err != nil {
			return Outcome{}, err
		}
		if ok {
			return Outcome{Same: same}, nil
		}
	}
	if !w.s.people.Load().Known(w.c.By.ID) {
		// One after the other, so that none of many at once is overlooked.
		if err := w.tx.Turn(ctx, "reports "+string(w.c.By.ID)); err != nil {
			return Outcome{}, err
		}
		var err error
		if r.Earlier, err = w.tx.Reports(ctx, w.c.By.ID, w.now.Add(-incident.FrequentWithin)); err != nil {
			return Outcome{}, err
		}
	} else {
		r.Earlier = 0
	}
	w.c.Do = r
	in := incident.New("")
	events, ref := incident.Decide(in, r, w.env())
	if ref != nil {
		return Outcome{Refusal: ref}, nil
	}
	prefix := "INC"
	if w.s.practice {
		prefix = "TRN"
	}
	series := fmt.Sprintf("%s-%d", prefix, w.now.In(incident.Tokyo).Year())
	n, err := w.tx.NextNumber(ctx, series)
	if err != nil {
		return Outcome{}, err
	}
	in.ID = numbered(series, n)
	return w.record(in, events)
}

// stale refuses a decision about something that changed since the person saw it.
func (w *work) stale(ctx context.Context, in *incident.Incident) (Outcome, bool, error) {
	if w.c.Seen == 0 || w.c.Seen >= in.Seq || incident.Additive(w.c.Do) {
		return Outcome{}, false, nil
	}
	records, err := w.tx.Records(ctx, in.ID, w.c.Seen+1, 0)
	if err != nil {
		return Outcome{}, false, err
	}
	var changes []incident.EventKind
	for _, r := range records {
		if r.By != w.c.By.ID && w.overlooked(r.Event) && !slices.Contains(changes, r.Event.Kind()) {
			changes = append(changes, r.Event.Kind())
		}
	}
	if changes == nil {
		return Outcome{}, false, nil
	}
	if !in.CanRead(w.s.people.Load(), w.c.By.ID) {
		return refused(in.ID, "refuse.unknown_incident", map[string]any{"id": in.ID}), true, nil
	}
	out := refused(in.ID, "refuse.conflict", nil)
	out.Seq, out.Changes = in.Seq, changes
	return out, true, nil
}

// overlooked reports whether the decision at hand would overlook an entry: who signs must
// have seen what he signs, everybody else the moves of the incident.
func (w *work) overlooked(e incident.Event) bool {
	switch w.c.Do.(type) {
	case incident.Approve:
		return decisive(e) || incident.ChangesReport(e)
	}
	return decisive(e)
}

// decisive tells the entries that a decision must not overlook.
func decisive(e incident.Event) bool {
	switch e.(type) {
	case incident.PhaseMoved, incident.LevelSet, incident.Recategorised, incident.IncidentClosed,
		incident.IncidentDismissed, incident.IncidentReopened, incident.MergedIntoOther, incident.Approved, incident.ApprovalVoided,
		incident.CircleRestricted, incident.LeadTaken, incident.HandoverOffered:
		return true
	}
	return false
}

// target loads the entry that an undo or a correction names; seq 0 is the person's last.
func (w *work) target(ctx context.Context, env *incident.Env, in *incident.Incident, seq int64) error {
	if seq == 0 {
		var kinds []incident.EventKind
		for _, e := range incident.Events {
			if incident.CanUndo(e.Kind()) {
				kinds = append(kinds, e.Kind())
			}
		}
		r, err := w.tx.LastBy(ctx, in.ID, w.c.By.ID, kinds, slices.Concat(in.Undone, in.Restored))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		env.Target = &r
		return err
	}
	records, err := w.tx.Records(ctx, in.ID, seq, 1)
	if err != nil {
		return err
	}
	if len(records) == 1 && records[0].Seq == seq {
		env.Target = &records[0]
	}
	return nil
}

// absorb is the other half of a merge, in the same transaction.
func (w *work) absorb(ctx context.Context, in *incident.Incident, env incident.Env, out Outcome) (Outcome, error) {
	records, err := w.tx.Records(ctx, in.ID, 1, 1)
	if err != nil {
		return Outcome{}, err
	}
	text := in.Title
	if len(records) == 1 {
		if r, ok := records[0].Event.(incident.ReportReceived); ok {
			text = r.Text.Body
		}
	}
	other := env.Other
	env.Other, env.Bot = nil, true
	if w.rules, err = w.s.editionOf(ctx, other, w.tx); err != nil {
		return Outcome{}, err
	}
	env.Procedures, env.Paging = w.rules, w.rules.Paging
	res, err := w.decide(other, incident.Absorb{From: in.ID, Reporters: in.Reporters, Text: text, Facts: in.Facts, Aware: in.Aware(), NearMiss: in.NearMiss()}, env)
	if err != nil || !res.Accepted() {
		return res, err
	}
	return out, nil
}

func (w *work) decide(in *incident.Incident, c incident.Command, env incident.Env) (Outcome, error) {
	events, ref := incident.Decide(in, c, env)
	if ref != nil {
		return Outcome{Incident: in.ID, Seq: in.Seq, Refusal: ref}, nil
	}
	return w.record(in, events)
}

// record seals the events, applies them, and notes what follows from them.
func (w *work) record(in *incident.Incident, events []incident.Event) (Outcome, error) {
	out := Outcome{Incident: in.ID, Seq: in.Seq}
	if len(events) == 0 {
		if w.c.Timer != "" {
			// The timer that was claimed may have been replaced since: what is to come is
			// written anew, so that it is not removed with the one that is spent.
			w.reschedule(in, in)
		}
		return out, nil
	}
	var before *incident.Incident
	if in.Seq > 0 {
		before = in.Snapshot()
	}
	occurred := w.now
	if !w.c.Occurred.IsZero() && w.c.Occurred.Before(w.now) {
		occurred = w.c.Occurred.UTC().Truncate(time.Microsecond)
	}
	saved := SavedIncident{Row: in, Before: in.Seq}
	out.First = in.Seq + 1
	records := make([]incident.Record, 0, len(events))
	saved.Sealed = make([]Sealed, 0, len(events))
	name := incident.T(w.c.By.Name)
	for _, e := range events {
		r := incident.Record{
			Incident: in.ID, Seq: in.Seq + 1, At: w.now, Occurred: occurred,
			By: w.c.By.ID, ByName: name, Source: w.c.Source, Event: e,
		}
		body, texts, err := incident.Seal(&r, in.Head, newSalt)
		if err != nil {
			return Outcome{}, err
		}
		in.Apply(r)
		name = r.ByName // salted once for all entries of a command: its text is kept once
		saved.Sealed = append(saved.Sealed, Sealed{Record: r, Body: body, Texts: texts})
		records = append(records, r)
		out.Kinds = append(out.Kinds, e.Kind())
		switch e := e.(type) {
		case incident.Joined:
			saved.Joined = append(saved.Joined, e.Person)
		case incident.LeftCircle:
			saved.Left = append(saved.Left, e.Person)
		case incident.ReportReceived:
			if e.Reporter != "" {
				saved.Joined = append(saved.Joined, e.Reporter)
			}
		case incident.ReportMerged:
			saved.Joined = append(saved.Joined, e.Reporters...)
		}
	}
	out.Seq = in.Seq
	w.change.Incidents = append(w.change.Incidents, saved)
	var notices []incident.Notice
	if len(w.s.places) > 0 && incident.MovesPlace(before, in) {
		// The channel first, then what is said in it.
		notices = append(notices, incident.PlaceNotice(in))
	}
	notices = append(notices, incident.Announce(before, in, records, w.s.people.Load())...)
	if len(w.s.places) > 0 {
		notices = append(notices, incident.AnnounceReport(in, records)...)
	}
	w.change.Messages = append(w.change.Messages, w.s.everywhere(notices)...)
	w.reschedule(before, in)
	return out, nil
}

func newSalt() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}
