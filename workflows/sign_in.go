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
)

// SignIn is a door into the web pages. Its times are the machine's: a practice clock that is
// moved on must not let anybody in longer, nor throw everybody out.
type SignIn struct {
	Digest  string // SHA-256 of a random token, in hex; the token itself is never stored
	Kind    SignInKind
	Person  string // whose it is, as the web pages name him
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
	// SweepSignIns removes what has expired.
	SweepSignIns(ctx context.Context, now time.Time) error
}
