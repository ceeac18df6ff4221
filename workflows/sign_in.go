package workflows

import (
	"context"
	"time"
)

// SignInKind says what a sign-in is.
type SignInKind string

// The kinds of sign-ins.
const (
	SignInLink    SignInKind = "link"    // signs in once
	SignInSession SignInKind = "session" // of a browser that is signed in
	// SignInCalendar lets a calendar program read somebody's clocks, and nothing else.
	SignInCalendar SignInKind = "calendar"
)

// SignIn is a door into the web pages. Its times are the machine's: a practice clock that is
// moved on must not let anybody in longer, nor throw everybody out. Those of a calendar are the
// service's.
type SignIn struct {
	Digest  string // SHA-256 of a random token, in hex; the token itself is never stored
	Kind    SignInKind
	Person  string // whose it is, as the web pages name him; of a calendar his ID in the contact list
	Expires time.Time
	Created time.Time
}

// SignIns keep the links and sessions of the web pages. One that has expired does not exist:
// ErrNotFound.
type SignIns interface {
	// SaveSignIn keeps a new link or session.
	SaveSignIn(ctx context.Context, x SignIn) error
	// TakeSignIn uses a link up: of several who bring the same one, one gets it.
	TakeSignIn(ctx context.Context, digest string, now time.Time) (SignIn, error)
	// Session gives a session that is in force.
	Session(ctx context.Context, digest string, now time.Time) (SignIn, error)
	// TouchSession lets a session that is in force last until another instant.
	TouchSession(ctx context.Context, digest string, now, expires time.Time) error
	// DropSignIn ends one session, or takes a link back; one that is not there is no error.
	DropSignIn(ctx context.Context, digest string) error
	// Calendar gives a calendar that is in force; of several of one person only the newest is.
	Calendar(ctx context.Context, digest string, now time.Time) (SignIn, error)
	// CalendarOf gives the calendar of a person that is in force.
	CalendarOf(ctx context.Context, person string, now time.Time) (SignIn, error)
	// SaveCalendar keeps a person's new calendar in the place of every other of his. before is
	// the digest of the one in force until then, empty for none; ErrConflict where it is another.
	SaveCalendar(ctx context.Context, x SignIn, before string) error
	// TouchCalendar lets a calendar that is in force last until another instant.
	TouchCalendar(ctx context.Context, digest string, now, expires time.Time) error
	// DropCalendars ends the calendars of a person.
	DropCalendars(ctx context.Context, person string) error
	// SweepSignIns removes what has expired.
	SweepSignIns(ctx context.Context, now time.Time) error
}
